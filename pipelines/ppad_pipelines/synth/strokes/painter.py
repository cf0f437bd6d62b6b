"""A painterly process: strokes planned round by round from broad to fine, laid one by one, each of them logged.

After Hertzmann, "Painterly Rendering with Curved Brush Strokes of Multiple Sizes" (SIGGRAPH 1998): curved strokes normal
to the gradient, placed where the canvas differs from what the brush can show. That renders well and is a poor process,
since a handful of broad strokes covers nearly all. Here a painter works from a line drawing and a coarse underpainting,
part by part from the background to the foreground, and comes back to some places. Washes are laid light before dark, tones
of drawn media by even hatching that gets denser and darker.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ppad.signals.raster import Map, Picture, blurred, box_mean, gradients, kmeans, luminance
from ppad_pipelines.synth.strokes.brush import Brush
from ppad_pipelines.synth.strokes.contours import drawing
from ppad_pipelines.synth.strokes.habits import USUAL, Habits
from ppad_pipelines.synth.strokes.hatching import hatching
from ppad_pipelines.synth.strokes.media import Manner, Pass
from ppad_pipelines.synth.strokes.regions import Regions, find_regions
from ppad_pipelines.synth.strokes.tracing import Cells, Points, follow, strongest_places

SKETCH = "sketch"
_SKETCH_WIDTH = 0.0036
"""Share of the longer side."""
_SHARED = 2
"""Rounds that always go over the whole picture, before it is finished part by part."""
_LINE_TONE = 0.16
"""Grey of graphite and ink, 0–1."""


@dataclass(frozen=True, slots=True)
class Stroke:
    """One stroke, as the log keeps it.

    Attributes:
        phase: the round that it belongs to.
        region: the part of the picture, numbered from the background.
        points: (N, 2) x and y, pixels.
        width: of the brush, pixels.
        color: sRGB, 0–1.
        opacity: 0–1.
        soft: blur of its edge, in widths of the brush.
        is_masked: whether it stays within its part of the picture.
    """

    phase: str
    region: int
    points: Points
    width: float
    color: tuple[float, float, float]
    opacity: float
    soft: float = 0.0
    is_masked: bool = False


class Painter:
    """Paints one picture: lay the strokes of each of its `rounds`, and look at `canvas` in between.

    Args:
        picture: (H, W, 3) float32, sRGB 0–1: what is seen.
        seed: another seed is another hand.
        habits: how this painter goes about it.
        begun: (H, W, 3) float32, a canvas that somebody else began; its sketch and ground are what they are.
    """

    def __init__(self, picture: Picture, manner: Manner, seed: int, habits: Habits = USUAL, begun: Picture | None = None) -> None:
        self._manner = manner = habits.manner(manner)
        self._habits = habits
        self.picture: Picture = picture if manner.has_color else _stretched(luminance(picture))
        self._rng = np.random.default_rng(seed)
        self._long_side = max(picture.shape[:2])
        self._regions: Regions = find_regions(picture, manner.parts, seed, habits.order_noise)
        ground = manner.grounds[int(self._rng.integers(len(manner.grounds)))]
        self._has_sketch = manner.has_sketch and begun is None
        self.canvas: Picture = np.empty_like(picture)
        self.canvas[:] = np.asarray(ground, dtype=np.float32) if begun is None else begun
        self._brush = Brush(manner, self._rng)

    def rounds(self) -> Iterator[list[Stroke]]:
        """The strokes of each round, in order; a round is planned when those before it have been laid."""
        if self._has_sketch:
            yield self._sketch()
        passes = self._manner.passes
        for number, step in enumerate(passes[:_SHARED]):
            yield self._round(number, step, None)
        for group in self._groups():
            for number, step in enumerate(passes[_SHARED:], start=_SHARED):
                yield self._round(number, step, group)

    def time_shares(self) -> list[float]:
        """Share of the painting time that each of the `rounds` takes, with the habit's pace."""
        weights = [1.0 + self._habits.pace * number for number in range(len(self._manner.passes))]
        groups = len(self._groups())
        times = [0.6] * self._has_sketch + weights[:_SHARED] + [weight / groups for weight in weights[_SHARED:]] * groups
        return [time / sum(times) for time in times]

    def lay(self, stroke: Stroke) -> None:
        """Lay a stroke onto the canvas."""
        stencil = self._regions.labels == stroke.region if stroke.is_masked else None
        self._brush.lay(self.canvas, stroke.points, stroke.width, stroke.color, stroke.opacity, stroke.soft, stencil)

    def residual(self) -> float:
        """RMS difference of the canvas to what is seen, 0–1: the picture itself is never pasted in."""
        return float(np.sqrt(np.mean((self.canvas - self.picture) ** 2)))

    def _groups(self) -> list[NDArray[np.int64]]:
        """Parts that are finished together, the background's first."""
        count = max(1, min(self._habits.stages, self._regions.count))
        return np.array_split(np.arange(self._regions.count), count)

    def _sketch(self) -> list[Stroke]:
        """Thin lines along the edges, the large shapes first."""
        width = max(1.0, _SKETCH_WIDTH * self._long_side)
        opacity = 0.30 if self._manner.glazes and not self._manner.is_drawn else 0.5  # glazes never cover it
        color = (0.30, 0.25, 0.23) if self._manner.has_color else (0.35, 0.35, 0.36)
        return [self._stroke(SKETCH, line, width, color, opacity) for line in drawing(luminance(self.picture), self._rng)]

    def _round(self, number: int, step: Pass, group: NDArray[np.int64] | None) -> list[Stroke]:
        """The strokes of one pass, over the whole picture or over a group of parts."""
        if step.is_outline:
            strokes = self._outlines(step)
        elif self._manner.is_drawn:
            strokes = self._hatched(number, step)
        else:
            strokes = self._painted(number, step)
        if group is None or len(group) == self._regions.count:
            return strokes
        return [stroke for stroke in strokes if stroke.region in group]

    def _outlines(self, step: Pass) -> list[Stroke]:
        """Lines drawn over the sketch's, firmer."""
        width = max(1.0, step.brush * self._long_side)
        color = (_LINE_TONE, _LINE_TONE, _LINE_TONE)
        lines = drawing(luminance(self.picture), self._rng)
        strokes = [self._stroke(step.name, line, width, color, self._manner.opacity) for line in lines]
        return self._ordered(strokes, _heights(strokes, self._long_side))

    def _hatched(self, number: int, step: Pass) -> list[Stroke]:
        """Lines wherever the tone is darker than what is there, as far as this round goes."""
        width = max(1.0, step.brush * self._long_side)
        spacing = max(2.0, 1.9 * width)
        seen = blurred(luminance(self.picture), 1.2 * width)
        wanted = np.maximum(seen, np.float32(1 - step.reach))
        here = np.maximum(blurred(luminance(self.canvas), spacing), np.float32(0.05))
        lacking = 1 - np.clip(wanted / here, 0.02, 1)
        opacity = self._manner.opacity * step.pressure
        full = opacity * (1 - 0.5 * self._manner.grain) * (1 - _LINE_TONE) * width / spacing
        share = np.log1p(-lacking) / np.log1p(-full)
        share[here - wanted < step.tolerance] = 0
        angles = (0.85, -0.75, 1.5, 0.3)[number % 4] + self._rng.uniform(-0.35, 0.35, self._regions.count)
        longest = step.length * 2 * width
        lines = hatching(share.astype(np.float32), self._regions.labels, angles, spacing, longest, self._rng)
        color = (_LINE_TONE, _LINE_TONE, _LINE_TONE)
        strokes = [self._stroke(step.name, line.points, width, color, opacity, line.part) for line in lines]
        return self._ordered(strokes, [line.rank for line in lines])

    def _painted(self, number: int, step: Pass) -> list[Stroke]:
        """Strokes wherever the canvas differs from what this brush can show."""
        width = max(1.2, step.brush * self._long_side)
        seen = self._aim(step, width)
        error = np.abs(seen - self.canvas).mean(axis=2)
        if self._manner.glazes:
            error = np.maximum(0, (blurred(self.canvas, width * 0.4) - seen).mean(axis=2))
        spacing = max(2, round(width * (0.45 if step.is_flat else 0.65 if step.palette else 1.1)))
        seeds = strongest_places(box_mean(error, spacing), spacing, step.tolerance, self._rng)
        if not len(seeds):
            return []
        points, lengths = self._paths(seeds, seen, width, step)
        colors = self._colors(seen, seeds, step, lengths, width / spacing)
        soft = self._manner.soft if number == 0 else 0.25 * self._manner.soft
        strokes = [
            self._stroke(
                step.name, points[i, : lengths[i]], width, tuple(colors[i]), self._manner.opacity,
                soft=soft, is_masked=step.is_masked,
            )
            for i in range(len(points))
        ]  # fmt: skip
        ranks = [1 - sum(stroke.color) / 3 for stroke in strokes] if self._manner.light_first else None
        return self._ordered(strokes, ranks or _heights(strokes, self._long_side))

    def _aim(self, step: Pass, width: float) -> Picture:
        """What a round tries to show: the picture as this brush sees it."""
        if step.is_masked:  # the parts' edges stay sharp, whatever the brush
            flat = self._regions.flattened(self.picture)
            return flat if step.is_flat else flat + blurred(self.picture - flat, width * 0.5)
        seen = blurred(self.picture, width * 0.5)
        return 1 - np.float32(step.reach) * (1 - seen) if self._manner.glazes else seen

    def _paths(self, seeds: Cells, seen: Picture, width: float, step: Pass) -> tuple[Points, Cells]:
        """Along the forms, within one part, as long as the stroke's colour serves better than what is there."""
        gx, gy = self._directions(self.picture if step.is_flat else seen, width)
        labels, color = self._regions.labels, seen[seeds[:, 0], seeds[:, 1]]
        start = labels[seeds[:, 0], seeds[:, 1]]

        def may_go_on(number: int, y: Cells, x: Cells) -> NDArray[np.bool_]:
            stays = labels[y, x] == start
            if number == 1:
                return stays
            serves = np.abs(seen[y, x] - color).sum(axis=1) <= np.abs(seen[y, x] - self.canvas[y, x]).sum(axis=1) + 0.03
            return stays & serves

        points, lengths = follow(seeds, gx, gy, step.length, max(1.5, width * 0.95), may_go_on)
        dabs = lengths == 1  # where the brush has no room to move, it is pressed down
        points[dabs, 1] = points[dabs, 0] + 0.35 * (points[dabs, 1] - points[dabs, 0])
        lengths[dabs] = 2
        return points, lengths

    def _directions(self, seen: Picture, width: float) -> tuple[Map, Map]:
        """The gradient that strokes run normal to."""
        gx, gy = gradients(blurred(luminance(seen), width * 0.6))
        # Where nothing is seen to run anywhere, a slow field of the painter's own leads the brush.
        weak = 0.004
        field = blurred(self._rng.normal(0, 1, seen.shape[:2]).astype(np.float32), self._long_side * 0.12)
        field *= np.pi / max(1e-6, float(np.abs(field).max()))
        lead = np.maximum(0, weak - np.hypot(gx, gy))
        return gx + lead * np.sin(field), gy + lead * np.cos(field)

    def _colors(self, seen: Picture, seeds: Cells, step: Pass, lengths: Cells, density: float) -> Picture:
        """(N, 3) colours of the strokes: what is seen, held to the round's palette, a little off."""
        colors = seen[seeds[:, 0], seeds[:, 1]].astype(np.float32)
        if step.palette:
            sample = np.ascontiguousarray(seen[::6, ::6].reshape(-1, 3))
            _, palette = kmeans(sample, min(step.palette, len(sample)), int(self._rng.integers(1 << 30)))
            colors = palette[np.linalg.norm(colors[:, None] - palette[None], axis=2).argmin(axis=1)]
        if self._manner.glazes:
            layers = max(1.0, density**2 * (1 + 0.95 * float((lengths - 1).mean())))
            under = self.canvas[seeds[:, 0], seeds[:, 1]]
            wanted = np.clip(colors / np.maximum(under, 0.05), 0.02, 1.0) ** (1 / layers)
            colors = np.clip(1 - (1 - wanted) / self._manner.opacity, 0.02, 1.0)
        spread = self._manner.jitter
        jitter = self._rng.normal(0, spread, (len(colors), 1)) + self._rng.normal(0, spread / 2, colors.shape)
        return np.clip(colors + jitter, 0, 1).astype(np.float32)

    def _stroke(
        self, phase: str, points: Points, width: float, color: tuple[float, ...], opacity: float,
        region: int | None = None, soft: float = 0.0, is_masked: bool = False,
    ) -> Stroke:  # fmt: skip
        if region is None:
            height, breadth = self._regions.labels.shape
            x, y = points[len(points) // 2] if phase == SKETCH else points[0]
            region = int(self._regions.labels[min(height - 1, int(y)), min(breadth - 1, int(x))])
        swollen = width * float(self._rng.uniform(0.85, 1.15))
        r, g, b = (float(channel) for channel in color)
        return Stroke(phase, region, points, swollen, (r, g, b), opacity, soft, is_masked)

    def _ordered(self, strokes: list[Stroke], ranks: Sequence[float]) -> list[Stroke]:
        """Background to foreground, within a part by rank (0–1); some strokes come back late."""
        if not strokes:
            return []
        regions = np.array([stroke.region for stroke in strokes], dtype=np.float64)
        keys = regions + 0.9 * np.clip(np.asarray(ranks) + self._rng.normal(0, 0.08, len(strokes)), 0, 1)
        late = self._rng.random(len(strokes)) < self._habits.revisits
        keys[late] = self._regions.count + self._rng.random(int(late.sum()))
        return [strokes[i] for i in np.argsort(keys, kind="stable")]


def _heights(strokes: Sequence[Stroke], long_side: int) -> list[float]:
    """How far down each stroke begins, 0–1: a hand works downwards."""
    return [float(stroke.points[0, 1]) / long_side for stroke in strokes]


def _stretched(grey: Map) -> Picture:
    """(H, W, 3): the tones of a picture spread from paper to nearly black, as a drawing's are."""
    low, high = np.quantile(grey, (0.02, 0.97))
    spread = np.clip((grey - low) / max(high - low, 0.08), 0, 1)
    return np.repeat((0.04 + 0.96 * spread)[..., None], 3, axis=2).astype(np.float32)
