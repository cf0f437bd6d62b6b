"""A painter's habits: how somebody goes about a picture, in whatever medium. They are what `ppad synth fit` fits."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from ppad_pipelines.synth.strokes.media import Manner, Pass

Ground = Literal["any", "white", "toned"]


@dataclass(frozen=True, slots=True)
class Habits:
    """The planner's parameters; the defaults leave a medium as it is.

    Attributes:
        sketch: whether a line drawing comes first; None: where the medium has one.
        ground: white or toned, where the medium has both; any: the seed chooses among all.
        brush: factor on the widths of all brushes.
        taper: how fast brushes get finer from round to round: 0 keeps the first brush, 1 is the medium's way.
        tolerance: factor on the error below which a place is left alone: higher is looser.
        revisits: share of the strokes of a round that come late, when a finished part is looked at again.
        order_noise: scale of the Gumbel noise on the order of the parts; 0 always goes from the background to the foreground.
        stages: into how many groups of parts the later rounds are split: 1 goes over the whole picture round by round, more
            finish one group before the next.
        pace: by how much each round takes longer than the one before, in units of the first.
    """

    sketch: bool | None = None
    ground: Ground = "any"
    brush: float = 1.0
    taper: float = 1.0
    tolerance: float = 1.0
    revisits: float = 0.06
    order_noise: float = 0.12
    stages: int = 1
    pace: float = 0.35

    def manner(self, manner: Manner) -> Manner:
        """A medium as this painter uses it."""
        first = manner.passes[0].brush
        passes = tuple(
            replace(step, brush=self._width(step, first), tolerance=min(0.9, step.tolerance * self.tolerance))
            for step in manner.passes
        )
        has_sketch = manner.has_sketch if self.sketch is None else self.sketch
        return replace(manner, passes=passes, has_sketch=has_sketch, grounds=self._grounds(manner))

    def _width(self, step: Pass, first: float) -> float:
        return self.brush * first * (step.brush / first) ** self.taper

    def _grounds(self, manner: Manner) -> tuple[tuple[float, float, float], ...]:
        chosen = {"any": manner.grounds, "white": manner.grounds[:1], "toned": manner.grounds[1:]}[self.ground]
        return chosen or manner.grounds


USUAL = Habits()
