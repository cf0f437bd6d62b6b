"""The engine that works on any machine: paints an image, or a drawn scene, stroke by stroke; needs no weights."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import get_args

import numpy as np
from pydantic import Field

from ppad.errors import ConfigError
from ppad.media.images import Pixels, Size, fit_within, resize
from ppad.schema import StageConfig
from ppad.signals.raster import Picture
from ppad_pipelines.synth.engine import EngineFacts, Licences, Progress, Request, Synthesis
from ppad_pipelines.synth.strokes.media import MANNERS, Medium
from ppad_pipelines.synth.strokes.process import paint_process
from ppad_pipelines.synth.strokes.scene import draw_scene

NAME = "strokes 1"
MEDIA = get_args(Medium)


class StrokesConfig(StageConfig):
    """Settings of the stroke engine.

    Attributes:
        medium: what is painted with; `any` lets the seed choose.
        size: longer side of the frames, pixels.
        frames: key frames to keep, the empty ground and the finished painting among them.
    """

    medium: Medium | str = Field(default="oil", pattern=f"^({'|'.join((*MEDIA, 'any'))})$")
    size: int = Field(default=512, ge=32, le=4096)
    frames: int = Field(default=12, ge=2, le=60)


@dataclass(frozen=True)
class StrokeEngine:
    """Paints requests one by one; see `Engine`."""

    config: StrokesConfig

    @property
    def facts(self) -> EngineFacts:
        """It has no weights, and says of a prompt that only words chose the motif."""
        return EngineFacts(NAME, Licences(code="Apache-2.0"), details={"numpy": np.__version__})

    def paint(self, requests: Sequence[Request], progress: Progress) -> list[Synthesis]:
        """One process a request; partial frames cannot be continued.

        Raises:
            ConfigError: a request gives the painter's own frames.
        """
        results = []
        for number, request in enumerate(requests):
            results.append(self._paint(request, lambda share, number=number: progress((number + share) / len(requests))))  # type: ignore[misc]
        return results

    def _paint(self, request: Request, progress: Progress) -> Synthesis:
        if request.partial:
            raise ConfigError("The stroke engine cannot continue a painter's own frames.", "Use paints-undo or processpainter.")
        picture = motif(request, self.config.size)
        medium = medium_of(self.config.medium, request.seed)
        painted = paint_process(picture, MANNERS[medium], request.seed, self.config.frames, progress)
        notes = [f"medium: {medium}", f"strokes: {len(painted.strokes)}", f"residual: {painted.residual:.3f}"]
        if request.image is None:
            notes.append("semantic_fidelity: none (words of the prompt chose a drawn motif)")
        return Synthesis(painted.frames, painted.progress, notes)


def load(config: StageConfig) -> StrokeEngine:
    """The engine with these settings."""
    assert isinstance(config, StrokesConfig)  # noqa: S101 - for the type checker: the registry pairs them
    return StrokeEngine(config)


def motif(request: Request, size: int) -> Picture:
    """(H, W, 3) float32: what is painted, its longer side at most `size` pixels."""
    if request.image is None:
        return draw_scene(request.prompt or "", size, max(1, round(size * 0.75)), request.seed)
    return scaled_to(request.image, size).astype(np.float32) / np.float32(255)


def scaled_to(pixels: Pixels, long_side: int) -> Pixels:
    """Pixels whose longer side is at most `long_side`."""
    return resize(pixels, fit_within(Size(pixels.shape[1], pixels.shape[0]), long_side))


def medium_of(wanted: str, seed: int) -> Medium:
    """The medium of a process: the one that is asked for, or the seed's choice."""
    if wanted != "any":
        return next(medium for medium in MEDIA if medium == wanted)
    return MEDIA[int(np.random.default_rng(seed).integers(len(MEDIA)))]
