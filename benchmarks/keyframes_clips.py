"""The paintings that `benchmarks.keyframes` judges by: every stroke is known, and so is the canvas of every frame.

Quick, Draw! replays are real drawings in real time; landscapes are drawn here. Each is also changed in ways that leave
the painting what it is.
"""

from __future__ import annotations

import json
import math
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ppad.media.encode import write_video
from ppad.media.images import Pixels, Size
from ppad_pipelines.demo.painting import GROUND, Stroke, lay_stroke, plan_strokes

LANDSCAPE = Size(1024, 768)
RATE = 25
PAUSE_FRAMES = 50
PAUSES_AT = (0.2, 0.35, 0.7)
"""Where the recording is made to pause, in shares of its length."""

_LONGEST_STROKE_FRAMES = 4


@dataclass(frozen=True)
class Clip:
    """A recording whose canvas is known.

    Attributes:
        progress: (F,) share of the paint that is on the canvas in each frame, 0–1, never falling.
        strokes: (S,) frame in which each stroke is complete.
    """

    name: str
    video: Path
    progress: NDArray[np.float64]
    strokes: NDArray[np.int64]


@dataclass(frozen=True)
class Version:
    """A clip played otherwise.

    Attributes:
        name: what was done.
        source: (G,) frame of the clip that each frame shows.
    """

    name: str
    video: Path
    source: NDArray[np.int64]


def quickdraw_clips(data: Path) -> list[Clip]:
    """The replays in the real data, whose JSON tells stroke times (seconds) and ink of every frame."""
    clips = []
    for file in sorted((data / "process_videos" / "quickdraw_replay").glob("*.json")):
        facts = json.loads(file.read_text())
        ink = np.maximum.accumulate(np.array(facts["ink_fraction_per_frame"]))
        ends = np.array([stroke["end_s"] for stroke in facts["strokes"]])
        strokes = np.minimum(np.ceil(ends * facts["fps"]).astype(np.int64), facts["frames"] - 1)
        clips.append(Clip(file.stem, file.with_suffix(".mp4"), ink / ink[-1], strokes))
    return clips


def landscape_clip(folder: Path, seed: int) -> Clip:
    """A landscape whose strokes take one to four frames each, with a pause after each of its parts."""
    strokes, rng = plan_strokes(seed), np.random.default_rng(seed)
    ends_part = np.array([a.part != b.part for a, b in zip(strokes, [*strokes[1:], strokes[0]], strict=True)])
    shown_for = rng.integers(1, _LONGEST_STROKE_FRAMES + 1, len(strokes)) + PAUSE_FRAMES // 2 * ends_part
    complete = PAUSE_FRAMES + np.concatenate([[0], np.cumsum(shown_for)[:-1]])
    video = folder / f"landscape-{seed}.mp4"
    write_video(video, _painted(strokes, shown_for), RATE, options={"crf": "20", "preset": "fast"})
    paint = np.cumsum([_area(stroke) for stroke in strokes]) / sum(_area(stroke) for stroke in strokes)
    done = np.searchsorted(complete, np.arange(PAUSE_FRAMES + shown_for.sum()), side="right")
    return Clip(video.stem, video, np.concatenate([[0.0], paint])[done], complete)


def versions_of(clip: Clip, folder: Path) -> list[Version]:
    """The clip as it is, and changed: with pauses, at double speed, at half the resolution, at CRF 35."""
    every = np.arange(len(clip.progress))
    starts = [int(share * len(every)) for share in PAUSES_AT]
    counts = np.ones(len(every), dtype=np.int64)
    counts[starts] += PAUSE_FRAMES
    shifted = [start + number * PAUSE_FRAMES for number, start in enumerate(starts)]
    pauses = ",".join(f"loop=loop={PAUSE_FRAMES}:size=1:start={start}" for start in shifted)
    evenly = f"setpts=N/({RATE}*TB)"
    made = {
        f"{len(starts)} pauses": (np.repeat(every, counts), f"{pauses},{evenly}", 18),
        "double speed": (every[::2], f"select=not(mod(n\\,2)),{evenly}", 18),
        "half resolution": (every, "scale=iw/2:-2:flags=area", 18),
        "CRF 35": (every, "null", 35),
    }
    versions = [Version("as it is", clip.video, every)]
    for name, (source, filters, crf) in made.items():
        video = folder / f"{clip.name}-{name.replace(' ', '-')}.mp4"
        _encode(clip.video, video, filters, crf)
        versions.append(Version(name, video, source))
    return versions


def _painted(strokes: list[Stroke], shown_for: NDArray[np.int64]) -> Iterator[Pixels]:
    canvas = Image.new("RGB", LANDSCAPE, GROUND)
    yield from [np.asarray(canvas)] * PAUSE_FRAMES
    for stroke, frames in zip(strokes, shown_for, strict=True):
        lay_stroke(canvas, stroke)
        yield from [np.asarray(canvas)] * int(frames)


def _area(stroke: Stroke) -> float:
    """Of the canvas that a stroke paints over, in squares of its width."""
    length = sum(math.dist(a, b) for a, b in pairwise(stroke.points))
    return stroke.width * (length + stroke.width)


def _encode(video: Path, out: Path, filters: str, crf: int) -> None:
    coding = ["-pix_fmt", "yuv420p", "-c:v", "libx264", "-preset", "fast", "-crf", str(crf), "-r", str(Fraction(RATE))]
    subprocess.run(["ffmpeg", "-v", "error", "-y", "-i", str(video), "-vf", filters, *coding, str(out)], check=True)
