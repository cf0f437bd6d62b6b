"""The engine that works on any machine: paints an image, or a drawn scene, stroke by stroke; needs no weights."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import get_args

import numpy as np
from pydantic import Field

from ppad.errors import SynthesisError
from ppad.media.images import Pixels, Size, fit_within, resize
from ppad.signals.raster import OPENCV_VERSION, Picture
from ppad_pipelines.synth.engine import EngineConfig, EngineFacts, Licences, Progress, Request, Synthesis
from ppad_pipelines.synth.strokes.habits import USUAL, Ground, Habits
from ppad_pipelines.synth.strokes.media import MANNERS, Medium
from ppad_pipelines.synth.strokes.process import PaintedProcess, paint_process
from ppad_pipelines.synth.strokes.scene import draw_scene

NAME = "strokes 2"
MEDIA = get_args(Medium)


class StrokesConfig(EngineConfig):
    """Settings of the stroke engine: the medium, the frames, and the painter's `Habits`.

    Attributes:
        medium: what is painted with; `any` lets the seed choose.
        size: longer side of the frames, pixels.
        frames: key frames to keep, the empty ground and the finished painting among them.
        sketch, ground, brush, taper, tolerance, revisits, order_noise, stages, pace: see `Habits`.
    """

    medium: Medium | str = Field(default="oil", pattern=f"^({'|'.join((*MEDIA, 'any'))})$")
    size: int = Field(default=512, ge=32, le=4096)
    frames: int = Field(default=12, ge=2, le=60)
    sketch: bool | None = USUAL.sketch
    ground: Ground = USUAL.ground
    brush: float = Field(default=USUAL.brush, ge=0.2, le=5)
    taper: float = Field(default=USUAL.taper, ge=0, le=2)
    tolerance: float = Field(default=USUAL.tolerance, ge=0.1, le=10)
    revisits: float = Field(default=USUAL.revisits, ge=0, le=1)
    order_noise: float = Field(default=USUAL.order_noise, ge=0, le=10)
    stages: int = Field(default=USUAL.stages, ge=1, le=16)
    pace: float = Field(default=USUAL.pace, ge=0, le=5)

    def habits(self) -> Habits:
        """How the painter goes about it."""
        return Habits(**{field.name: getattr(self, field.name) for field in fields(Habits)})


@dataclass(frozen=True)
class StrokeEngine:
    """Paints requests one by one; see `Engine`."""

    config: StrokesConfig

    @property
    def facts(self) -> EngineFacts:
        """It has no weights, and says of a prompt that only words chose the motif."""
        details = {"device": "cpu", "numpy": np.__version__, "opencv": OPENCV_VERSION}
        return EngineFacts(NAME, Licences(code="Apache-2.0"), details=details)

    def paint(self, requests: Sequence[Request], progress: Progress) -> list[Synthesis]:
        """One process a request.

        Raises:
            SynthesisError: a painter's own frames are to be continued, and nothing says to what end.
        """
        results = []
        for number, request in enumerate(requests):
            results.append(self._paint(request, lambda share, number=number: progress((number + share) / len(requests))))  # type: ignore[misc]
        return results

    def _paint(self, request: Request, progress: Progress) -> Synthesis:
        if request.partial and request.image is None:
            raise SynthesisError(
                f"The stroke engine needs a finished painting to go on to, and {request.id} has none.", "Give one with --images."
            )
        picture = motif(request, self.config.size)
        medium = medium_of(self.config.medium, request.seed)
        begun = begun_canvas(request, picture)
        painted = paint_process(picture, MANNERS[medium], request.seed, self.config.frames, progress, self.config.habits(), begun)
        notes = [f"medium: {medium}", f"strokes: {len(painted.strokes)}", f"residual: {painted.residual:.3f}"]
        if request.image is None:
            notes.append("semantic_fidelity: none (words of the prompt chose a drawn motif)")
        return _continued(request, painted, notes)


def load(config: EngineConfig) -> StrokeEngine:
    """The engine with these settings."""
    assert isinstance(config, StrokesConfig)  # noqa: S101 - for the type checker: the registry pairs them
    return StrokeEngine(config)


def motif(request: Request, size: int) -> Picture:
    """(H, W, 3) float32: what is painted, its longer side at most `size` pixels."""
    if request.image is None:
        return draw_scene(request.prompt or "", size, max(1, round(size * 0.75)), request.seed)
    return scaled_to(request.image, size).astype(np.float32) / np.float32(255)


def begun_canvas(request: Request, picture: Picture) -> Picture | None:
    """(H, W, 3) float32: the last of the painter's own frames, at the picture's size; None where there is none."""
    if not request.partial:
        return None
    return _at_size(request.partial[-1], picture.shape).astype(np.float32) / np.float32(255)


def _continued(request: Request, painted: PaintedProcess, notes: list[str]) -> Synthesis:
    """The process after the painter's own frames, the last of which it began with."""
    own = [_at_size(frame, painted.frames[0].shape) for frame in request.partial]
    if own:
        notes = [f"{len(own)} frames by the painter, kept as given", *notes]
    frames = [*own, *painted.frames[bool(own) :]]
    before = [0.0] * (len(frames) - len(painted.progress))
    return Synthesis(frames, [*before, *painted.progress], notes)


def _at_size(pixels: Pixels, shape: tuple[int, ...]) -> Pixels:
    return resize(pixels, Size(shape[1], shape[0]))


def scaled_to(pixels: Pixels, long_side: int) -> Pixels:
    """Pixels whose longer side is at most `long_side`."""
    return resize(pixels, fit_within(Size(pixels.shape[1], pixels.shape[0]), long_side))


def medium_of(wanted: str, seed: int) -> Medium:
    """The medium of a process: the one that is asked for, or the seed's choice."""
    if wanted != "any":
        return next(medium for medium in MEDIA if medium == wanted)
    return MEDIA[int(np.random.default_rng(seed).integers(len(MEDIA)))]
