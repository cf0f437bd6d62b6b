"""What the stroke engine can give besides key frames: a recording of the painting, and the log of every stroke."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa

from ppad.media.encode import write_video
from ppad.media.images import Pixels
from ppad.signals.raster import Picture
from ppad.storage import atomic_path, write_rows, write_text
from ppad_pipelines.synth.strokes.media import Manner
from ppad_pipelines.synth.strokes.painter import Stroke
from ppad_pipelines.synth.strokes.recording import RATE, Shot, Take, record

STROKES_SCHEMA = pa.schema(
    [
        ("phase", pa.string()),
        ("region", pa.int32()),
        ("points_xy_px", pa.list_(pa.float32())),
        ("width_px", pa.float32()),
        ("color_srgb", pa.list_(pa.float32())),
        ("opacity", pa.float32()),
    ]
)


def write_recording(path: Path, picture: Picture, manner: Manner, seed: int, take: Take) -> None:
    """Write the painting as a video, and beside it (`.json`) what is known of each of its frames.

    The picture is trimmed to even sides, as video needs. The strokes are those of the process with the same seed.
    """
    height, width = picture.shape[0] // 2 * 2, picture.shape[1] // 2 * 2
    known: list[Shot] = []

    def frames() -> Iterator[Pixels]:
        for shot in record(picture, manner, seed, take):
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
        }
        for stroke in strokes
    ]
    write_rows(path, rows, STROKES_SCHEMA)
