"""The recordings that the benchmarks decode: a landscape painted by a visible hand, most with the noise of a camera.

They are made once, by FFmpeg with ordinary presets, and kept in a folder.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain, islice, pairwise
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

from ppad.media.encode import write_video
from ppad.media.images import Pixels, Size
from ppad_pipelines.demo.painting import GROUND, Stroke, lay_stroke, plan_strokes

RATE = 30
MASTER = Size(1280, 720)
_FRAMES_PER_STROKE = 12
_ONE_STROKE_IN = 2
_CAMERA_NOISE = "noise=alls=4:allf=t"


@dataclass(frozen=True)
class Recipe:
    """How a recording is encoded.

    Attributes:
        label: as tables show it.
        codec: FFmpeg's options for the encoder.
        size: of the picture; larger than the master means enlarged.
        share: part of the master that is encoded, 0–1.
        is_filmed: with the noise of a camera; without it, as a recording of a screen.
    """

    label: str
    codec: str
    size: Size = MASTER
    share: float = 1.0
    is_filmed: bool = True


H264_GOP_250 = "h264-gop250.mp4"
H264_GOP_30 = "h264-gop30.mp4"
H264_HD = "h264-1080p.mp4"

RECIPES = {
    H264_GOP_250: Recipe("H.264, GOP 250", "libx264 -preset medium -crf 23 -g 250"),
    H264_GOP_30: Recipe("H.264, GOP 30", "libx264 -preset medium -crf 23 -g 30"),
    "hevc.mp4": Recipe("HEVC", "libx265 -preset fast -crf 28 -tag:v hvc1 -x265-params log-level=error"),
    "vp9.webm": Recipe("VP9", "libvpx-vp9 -deadline realtime -cpu-used 6 -row-mt 1 -b:v 1M"),
    "av1.mp4": Recipe("AV1", "libsvtav1 -preset 8 -crf 35"),
    "h264-no-b.mp4": Recipe("H.264, no B pictures", "libx264 -preset medium -crf 23 -g 250 -bf 0"),
    "h264-4k.mp4": Recipe(
        "H.264, 4K screen", "libx264 -preset fast -crf 23 -g 60", Size(3840, 2160), share=1 / 3, is_filmed=False
    ),
    H264_HD: Recipe("H.264, 1080p", "libx264 -preset fast -crf 23 -g 60", Size(1920, 1080), share=1 / 5),
}


def make_video(folder: Path, name: str, seconds: int) -> Path:
    """A recording of `RECIPES`, from the folder if it is there already.

    Args:
        seconds: length of the master; recipes take a share of it.
    """
    recipe, path = RECIPES[name], folder / f"{seconds}s-{name}"
    if not path.exists():
        _encode(_master(folder, seconds), path, recipe, round(seconds * RATE * recipe.share))
    return path


def repeat_video(video: Path, times: int) -> Path:
    """The recording played several times in a row, as a file beside it."""
    if times == 1:
        return video
    path = video.with_stem(f"{video.stem}-{times}-times")
    if not path.exists():
        _run(f"-stream_loop {times - 1} -i", video, "-c copy", path)
    return path


def make_copies(video: Path, folder: Path, count: int) -> list[Path]:
    """Files that play alike but are not the same: each ends in a box of its own that players pass over (ISO 14496-12, 8.1.2)."""
    folder.mkdir(parents=True, exist_ok=True)
    data = video.read_bytes()
    copies = [folder / f"{number:04d}.mp4" for number in range(count)]
    for number, copy in enumerate(copies):
        copy.write_bytes(data + (12).to_bytes(4, "big") + b"free" + number.to_bytes(4, "big"))
    return copies


def make_tiny_video(path: Path) -> Path:
    """Eight frames of 96×64 pixels that are painted red from the left."""
    frames = np.full((8, 64, 96, 3), 255, np.uint8)
    for number, frame in enumerate(frames):
        frame[:, : 12 * number] = (200, 40, 40)
    write_video(path, frames)
    return path


def filmed_painting(strokes: list[Stroke], size: Size) -> Iterator[Pixels]:
    """Frames (H, W, 3) uint8 of a painting and the hand that paints it; without end: once finished, it begins anew."""
    while True:
        canvas = Image.new("RGB", size, GROUND)
        for stroke, following in pairwise([*strokes, strokes[0]]):
            lay_stroke(canvas, stroke)
            for step in range(_FRAMES_PER_STROKE):
                part = step / _FRAMES_PER_STROKE
                (x, y), (next_x, next_y) = stroke.points[-1], following.points[0]
                yield _with_hand(canvas, x + part * (next_x - x), y + part * (next_y - y))


def _with_hand(canvas: Image.Image, x: float, y: float) -> Pixels:
    """The canvas with a brush whose tip is at (x, y), in shares of the canvas, and a forearm that holds it."""
    shown = canvas.copy()
    draw, (width, height) = ImageDraw.Draw(shown), canvas.size
    tip, fist = (x * width, y * height), (x * width + 0.06 * width, y * height + 0.1 * height)
    draw.line([tip, fist], fill=(60, 45, 30), width=round(0.008 * width))
    draw.line([fist, (width * 1.02, height * 1.1)], fill=(208, 160, 130), width=round(0.07 * width))
    draw.ellipse(
        [fist[0] - 0.05 * width, fist[1] - 0.05 * width, fist[0] + 0.05 * width, fist[1] + 0.05 * width], fill=(222, 176, 148)
    )
    return np.asarray(shown)


def _master(folder: Path, seconds: int) -> Path:
    """The drawn frames, lossless: every recording is encoded from the same."""
    path = folder / f"{seconds}s-master.mkv"
    if path.exists():
        return path
    folder.mkdir(parents=True, exist_ok=True)
    temporary = path.with_suffix(".part.mkv")
    raw = f"-f rawvideo -pix_fmt rgb24 -s {MASTER.width}x{MASTER.height} -r {RATE} -i -"
    lossless = "-pix_fmt yuv420p -c:v libx264 -preset ultrafast -qp 0"
    with subprocess.Popen(_command(raw, lossless, temporary), stdin=subprocess.PIPE) as encoder:
        assert encoder.stdin is not None
        for frame in islice(filmed_painting(plan_strokes()[::_ONE_STROKE_IN], MASTER), seconds * RATE):
            encoder.stdin.write(frame.tobytes())
        encoder.stdin.close()
    if encoder.returncode:
        raise SystemExit("ffmpeg could not encode the master; is it built with libx264?")
    temporary.replace(path)
    return path


def _encode(master: Path, path: Path, recipe: Recipe, frames: int) -> None:
    temporary = path.with_name(f"part-{path.name}")
    scale = f"scale={recipe.size.width}:{recipe.size.height}:flags=lanczos"
    filters = f"{scale},{_CAMERA_NOISE}" if recipe.is_filmed else scale
    _run("-i", master, f"-frames:v {frames} -vf {filters} -pix_fmt yuv420p -c:v {recipe.codec}", temporary)
    temporary.replace(path)


def _run(*arguments: str | Path) -> None:
    subprocess.run(_command(*arguments), check=True, env=os.environ | {"SVT_LOG": "1"})  # or SVT-AV1 introduces itself


def _command(*arguments: str | Path) -> list[str]:
    """FFmpeg's arguments: options are split at spaces, paths are kept whole."""
    parts = [[str(argument)] if isinstance(argument, Path) else argument.split() for argument in arguments]
    return ["ffmpeg", "-v", "error", "-y", *chain.from_iterable(parts)]
