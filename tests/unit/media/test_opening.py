"""What is opened as a recording, and what is refused without touching anything else."""

from __future__ import annotations

from pathlib import Path

import pytest

from fixtures.paintings import numbered_frames
from ppad.errors import MediaError, MediaTooLargeError, NoVideoError, UnreadableMediaError
from ppad.media.encode import write_video
from ppad.media.index import main_video, missing_decoders, open_container
from ppad.media.opening import open_recording
from ppad.media.video import Video


@pytest.fixture
def victim(tmp_path: Path) -> Path:
    """A sound recording that a playlist may point to."""
    path = tmp_path / "victim.mp4"
    write_video(path, numbered_frames(5))
    return path


PLAYLISTS = {
    "ffconcat": "ffconcat version 1.0\nfile {}\n",
    "m3u8": "#EXTM3U\n#EXT-X-TARGETDURATION:5\n#EXTINF:5,\n{}\n#EXT-X-ENDLIST\n",
    "m3u": "#EXTM3U\n#EXTINF:5,title\n{}\n",
    "xspf": '<?xml version="1.0"?><playlist><trackList><track><location>file://{}</location></track></trackList></playlist>',
    "sdp": "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=video 5004 RTP/AVP 96\na=rtpmap:96 H264/90000\n",
    "dash": '<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011"><Period><AdaptationSet><Representation>'
    "<BaseURL>{}</BaseURL></Representation></AdaptationSet></Period></MPD>",
}


@pytest.mark.parametrize("kind", PLAYLISTS)
@pytest.mark.parametrize("suffix", [".mp4", ".txt", ".own"])
def test_a_playlist_is_refused_under_any_name(tmp_path: Path, victim: Path, kind: str, suffix: str) -> None:
    path = tmp_path / f"list{'.' + kind if suffix == '.own' else suffix}"
    path.write_text(PLAYLISTS[kind].format(victim))
    with pytest.raises(UnreadableMediaError, match="is no recording that can be opened"):
        open_recording([path])


@pytest.mark.parametrize("text", ["just words\n" * 40, "GIF but not really", "\0" * 500, "{}", "#!/bin/sh\necho hello\n"])
def test_text_named_mp4_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "notes.mp4"
    path.write_text(text)
    with pytest.raises(MediaError, match=r"^notes\.mp4 "):
        open_recording([path])


def test_a_name_that_looks_like_an_address_is_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`concat:a|b` and `http:…` are file names like any other."""
    monkeypatch.chdir(tmp_path)
    for name in ("concat:a|b.mp4", "data:video.mp4", "-.mp4", "50%.mp4", "Größe #1.mp4"):
        write_video(Path("plain.mp4"), numbered_frames(3))
        Path("plain.mp4").rename(name)
        assert len(open_recording([Path(name)])) == 3


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnreadableMediaError, match=r"^gone\.mp4 "):
        open_recording([tmp_path / "gone.mp4"])


@pytest.mark.parametrize("name", ["filetype_fixture.m4a", "nasa_13013.mp4.audio.mp3", "sine_mono_s16.wav"])
def test_sound_is_named_as_sound(real_data: Path, name: str) -> None:
    with pytest.raises(NoVideoError) as caught:
        open_recording([real_data / "odd_media" / name])
    assert caught.value.message == f"{name} holds only sound."
    assert caught.value.fix == "Is it the recording, or its sound track?"


UNUSABLE = "derived_empty.mp4 derived_text_named.mp4 filetype_fixture-isom.mp4 filetype_fixture-moov.mov"


@pytest.mark.parametrize("name", UNUSABLE.split())
def test_what_holds_no_picture_ends_in_one_error(real_data: Path, name: str) -> None:
    with pytest.raises(MediaError, match=name):
        open_recording([real_data / "odd_media" / name])


def test_the_largest_video_stream_counts(real_data: Path) -> None:
    """Two video streams and two of sound: the one of 480×270, not that of 320×180."""
    path = real_data / "odd_media" / "nasa_13013.mp4"
    with open_container(path) as container:
        sizes = [(stream.width, stream.height) for stream in container.streams.video]
        assert len(sizes) == 2
        stream = main_video(container, path.name)
        assert (stream.width, stream.height) == max(sizes)


def test_frames_of_more_than_67_megapixels_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the bound lowered to 160×120 less one."""
    path = tmp_path / "video.mp4"
    write_video(path, numbered_frames(2))
    monkeypatch.setattr("ppad.media.index.MAX_PIXELS", 160 * 120 - 1)
    with pytest.raises(MediaTooLargeError, match="frames of 160×120 pixels"):
        Video(path)


def test_the_usual_codecs_can_be_decoded() -> None:
    assert missing_decoders() == []


def test_a_stream_for_which_there_is_no_decoder_is_no_video(victim: Path) -> None:
    victim.write_bytes(victim.read_bytes().replace(b"avc1", b"zzzz"))
    with pytest.raises(NoVideoError, match=r"victim\.mp4 holds no video stream"):
        open_recording([victim])
