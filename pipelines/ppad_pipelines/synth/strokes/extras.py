"""What the stroke engine can give besides key frames: a recording of the painting, and the log of every stroke."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from ppad.media.encode import write_video
from ppad.media.images import Pixels
from ppad.storage import atomic_path, write_rows, write_text
from ppad_pipelines.synth.engine import Request
from ppad_pipelines.synth.strokes.engine import StrokesConfig, begun_canvas, medium_of, motif
from ppad_pipelines.synth.strokes.media import MANNERS
from ppad_pipelines.synth.strokes.painter import Stroke
from ppad_pipelines.synth.strokes.process import paint_process
from ppad_pipelines.synth.strokes.recording import RATE, Shot, Take, record

STROKES_SCHEMA = pa.schema(
    [
        ("phase", pa.string()),
        ("region", pa.int32()),
        ("points_xy_px", pa.list_(pa.float32())),
        ("width_px", pa.float32()),
        ("color_srgb", pa.list_(pa.float32())),
        ("opacity", pa.float32()),
        ("soft", pa.float32()),
        ("is_masked", pa.bool_()),
    ]
)


@dataclass(frozen=True, slots=True)
class Extras:
    """What is wanted of the stroke engine besides processes.

    Attributes:
        videos: folder for recordings of the painting, or None.
        logs: folder for the log of every stroke, or None.
        take: how the recordings are made.
    """

    videos: Path | None = None
    logs: Path | None = None
    take: Take = Take()

    @property
    def are_wanted(self) -> bool:
        """Whether there is anything to give."""
        return self.videos is not None or self.logs is not None

    @property
    def places(self) -> tuple[Path, ...]:
        """The folders that are written to."""
        return tuple(folder for folder in (self.videos, self.logs) if folder is not None)

    def video_of(self, process_id: str) -> Path | None:
        """Where the recording of a process goes; the facts about it lie beside it."""
        return None if self.videos is None else self.videos / f"{process_id}.mp4"

    def log_of(self, process_id: str) -> Path | None:
        """Where the log of a process goes."""
        return None if self.logs is None else self.logs / f"{process_id}.strokes.parquet"

    def are_there(self, process_id: str) -> bool:
        """Whether all that is wanted for a process has been made."""
        video, log = self.video_of(process_id), self.log_of(process_id)
        return (video is None or video.with_suffix(".json").exists()) and (log is None or log.exists())


def write_extras(extras: Extras, request: Request, config: StrokesConfig) -> None:
    """Paint a process again for its recording and its log, where they are wanted.

    Raises:
        DiskFullError, NotWritableError: the place refuses.
    """
    video, log = extras.video_of(request.id), extras.log_of(request.id)
    if video is None and log is None:
        return
    picture, manner = motif(request, config.size), MANNERS[medium_of(config.medium, request.seed)]
    begun = begun_canvas(request, picture)
    if video is not None:
        shots = record(picture, manner, request.seed, extras.take, config.habits(), begun)
        write_recording(video, shots, picture.shape)
    if log is not None:
        painted = paint_process(picture, manner, request.seed, config.frames, habits=config.habits(), begun=begun)
        write_stroke_log(log, painted.strokes)


def write_recording(path: Path, shots: Iterable[Shot], shape: tuple[int, ...]) -> None:
    """Write the painting as a video, and beside it (`.json`) what is known of each of its frames.

    Args:
        shape: of the picture, (H, W, …): it is trimmed to even sides, as video needs.
    """
    height, width = shape[0] // 2 * 2, shape[1] // 2 * 2
    known: list[Shot] = []

    def frames() -> Iterator[Pixels]:
        for shot in shots:
            known.append(Shot(shot.pixels[:0], shot.phase, shot.strokes_done, shot.has_hand))
            yield shot.pixels[:height, :width]

    with atomic_path(path) as part:
        write_video(part, frames(), RATE, options={"crf": "20", "preset": "veryfast"})
    facts = {
        "rate": RATE,
        "phase": [shot.phase for shot in known],
        "strokes_done": [shot.strokes_done for shot in known],
        "has_hand": [shot.has_hand for shot in known],
    }
    write_text(path.with_suffix(".json"), json.dumps(facts) + "\n")


def write_stroke_log(path: Path, strokes: list[Stroke]) -> None:
    """Write every stroke, in painting order, as Parquet."""
    rows: list[dict[str, Any]] = [
        {
            "phase": stroke.phase,
            "region": stroke.region,
            "points_xy_px": stroke.points.ravel().tolist(),
            "width_px": stroke.width,
            "color_srgb": list(stroke.color),
            "opacity": stroke.opacity,
            "soft": stroke.soft,
            "is_masked": stroke.is_masked,
        }
        for stroke in strokes
    ]
    write_rows(path, rows, STROKES_SCHEMA)
