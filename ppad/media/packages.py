"""PyAV, imported in one place; or the sentence that says how to get it."""

from ppad.errors import MissingExtraError

try:
    import av as av
    import av.error
    from av.container import InputContainer as InputContainer
    from av.video.reformatter import Interpolation as Interpolation
    from av.video.reformatter import VideoReformatter as VideoReformatter
    from av.video.stream import VideoStream as VideoStream
except ImportError as error:
    raise MissingExtraError.of("av", "extract") from error

__all__ = ["InputContainer", "Interpolation", "VideoReformatter", "VideoStream", "av"]
