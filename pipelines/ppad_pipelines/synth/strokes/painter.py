"""A painterly process: strokes planned round by round from broad to fine, laid one by one, each of them logged.

After Hertzmann, "Painterly Rendering with Curved Brush Strokes of Multiple Sizes" (SIGGRAPH 1998): curved strokes normal
to the gradient, placed where the canvas differs from what the brush can show. That renders well and is a poor process,
since a handful of broad strokes covers nearly all. Here a painter works from a line drawing and a coarse underpainting,
part by part from the background to the foreground, and comes back to some places.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ppad.signals.raster import Map, Picture, blurred, box_mean, gradients, kmeans, luminance
from ppad_pipelines.synth.strokes.brush import Brush
from ppad_pipelines.synth.strokes.media import Manner, Pass
from ppad_pipelines.synth.strokes.regions import Regions, find_regions

_REVISITS = 0.06
"""Share of the strokes of a round that come late, when the painter looks at a finished part again."""
_REGIONS = 9
_LINE_TONE = 0.18
"""Grey of graphite and ink, 0–1."""
_SKETCH = Pass("sketch", 0.0042, 0.0, 14)

Points = NDArray[np.float32]


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
    """

    phase: str
    region: int
    points: Points
    width: float
    color: tuple[float, float, float]
    opacity: float


class Painter:
    """Paints one picture: lay the strokes of each of its `rounds`, and look at `canvas` in between.

    Args:
        picture: (H, W, 3) float32, sRGB 0–1: what is seen.
        seed: another seed is another hand.
    """

    def __init__(self, picture: Picture, manner: Manner, seed: int) -> None:
        self.picture: Picture = picture if manner.has_color else np.repeat(luminance(picture)[..., None], 3, axis=2)
        self._manner = manner
        self._rng = np.random.default_rng(seed)
        self._long_side = max(picture.shape[:2])
        self._regions: Regions = find_regions(picture, _REGIONS, seed)
        ground = manner.grounds[int(self._rng.integers(len(manner.grounds)))]
        self.canvas: Picture = np.empty_like(picture)
        self.canvas[:] = np.asarray(ground, dtype=np.float32)
        self._brush = Brush(manner, self._rng)

    def rounds(self) -> Iterator[list[Stroke]]:
        """The strokes of each round, in order; a round is planned when those before it have been laid."""
        if self._manner.has_sketch:
            yield self._sketch()
        for step in self._manner.passes:
            yield self._round(step)

    def lay(self, stroke: Stroke) -> None:
        """Lay a stroke onto the canvas."""
        self._brush.lay(self.canvas, stroke.points, stroke.width, stroke.color, stroke.opacity)

    def residual(self) -> float:
        """RMS difference of the canvas to what is seen, 0–1: the picture itself is never pasted in."""
        return float(np.sqrt(np.mean((self.canvas - self.picture) ** 2)))

    def _sketch(self) -> list[Stroke]:
        """Thin lines along the strong edges."""
        width = max(1.0, _SKETCH.brush * self._long_side)
        grey = blurred(luminance(self.picture), self._long_side * 0.006)
        gx, gy = gradients(grey)
        strength = np.hypot(gx, gy)
        seeds = self._seeds(strength, max(4, round(self._long_side / 40)), float(np.quantile(strength, 0.62)))
        points, lengths = self._traced(seeds, gx, gy, _SKETCH.length, 3.2 * width, still=float(np.quantile(strength, 0.60)))
        opacity = 0.25 if self._manner.glazes and not self._manner.is_drawn else 0.55  # glazes never cover it
        color = (0.30, 0.25, 0.23) if self._manner.has_color else (0.35, 0.35, 0.36)
        strokes = [
            self._stroke("sketch", points[i, : lengths[i]], width, color, opacity) for i in range(len(points)) if lengths[i] > 2
        ]
        return self._ordered(strokes)

    def _round(self, step: Pass) -> list[Stroke]:
        """Strokes wherever the canvas differs from what this brush can show."""
        width = max(1.2, step.brush * self._long_side)
        seen = blurred(self.picture, width * 0.5)
        error = np.abs(seen - self.canvas).mean(axis=2)
        if self._manner.glazes:
            error = np.maximum(0, (blurred(self.canvas, width * 0.8) - seen).mean(axis=2))
        spacing = max(2, round(width * (2.2 if self._manner.is_drawn else 0.85 if step.palette else 1.1)))
        seeds = self._seeds(box_mean(error, spacing), spacing, step.tolerance)
        if self._manner.is_drawn:
            seeds = self._thinned(seeds, seen, step, spacing / width)
        if not len(seeds):
            return []
        gx, gy = self._directions(seen, width, step)
        points, lengths = self._traced(seeds, gx, gy, step.length, max(1.5, width * 0.95), seen=seen)
        colors = self._colors(seen, seeds, step)
        dabs = lengths == 1  # where the brush has no room to move, it is pressed down
        points[dabs, 1] = points[dabs, 0] + 0.35 * (points[dabs, 1] - points[dabs, 0])
        lengths[dabs] = 2
        strokes = [
            self._stroke(step.name, points[i, : lengths[i]], width, tuple(colors[i]), self._manner.opacity)
            for i in range(len(points))
        ]
        return self._ordered(strokes)

    def _seeds(self, values: Map, spacing: int, least: float) -> NDArray[np.int64]:
        """(N, 2) rows and columns: the strongest place of each cell of a grid, where it is strong enough."""
        height, width = values.shape
        rows, columns = height // spacing, width // spacing
        if rows == 0 or columns == 0:
            return np.zeros((0, 2), dtype=np.int64)
        top, left = (height - rows * spacing) // 2, (width - columns * spacing) // 2
        cells = values[top : top + rows * spacing, left : left + columns * spacing]
        cells = cells.reshape(rows, spacing, columns, spacing).swapaxes(1, 2).reshape(rows * columns, -1)
        noisy = cells * self._rng.uniform(0.85, 1.0, cells.shape)
        best = noisy.argmax(axis=1)
        strong = cells.mean(axis=1) > least if least < 1 else cells.max(axis=1) > least
        place = np.arange(rows * columns)
        y = top + (place // columns) * spacing + best // spacing
        x = left + (place % columns) * spacing + best % spacing
        return np.stack([y, x], axis=1)[strong]

    def _thinned(self, seeds: NDArray[np.int64], seen: Picture, step: Pass, spacing: float) -> NDArray[np.int64]:
        """As many lines as the tone needs: where half of what all would darken is wanted, half of them."""
        y, x = seeds[:, 0], seeds[:, 1]
        wanted = 1 - seen[y, x].mean(axis=1) / np.maximum(blurred(self.canvas, 6.0)[y, x].mean(axis=1), 0.05)
        layers = 0.8 * step.length / spacing**2
        full = 1 - (1 - self._manner.opacity * (1 - _LINE_TONE)) ** layers
        return seeds[self._rng.random(len(seeds)) < wanted / full / (len(self._manner.passes) ** 0.5)]

    def _directions(self, seen: Picture, width: float, step: Pass) -> tuple[Map, Map]:
        """The gradient that strokes run normal to; hatching has a direction of its own for each round."""
        if self._manner.is_drawn:
            angle = {0: 0.8, 1: -0.7, 2: 1.5, 3: 0.35}[self._manner.passes.index(step) % 4]
            flat = np.ones(seen.shape[:2], dtype=np.float32)
            return flat * np.float32(np.sin(angle)), flat * np.float32(np.cos(angle))
        gx, gy = gradients(blurred(luminance(seen), width * 0.6))
        # Where nothing is seen to run anywhere, a slow field of the painter's own leads the brush.
        weak = 0.004
        field = blurred(self._rng.normal(0, 1, seen.shape[:2]).astype(np.float32), self._long_side * 0.12)
        field *= np.pi / max(1e-6, float(np.abs(field).max()))
        lead = np.maximum(0, weak - np.hypot(gx, gy))
        return gx + lead * np.sin(field), gy + lead * np.cos(field)

    def _traced(
        self,
        seeds: NDArray[np.int64],
        gx: Map,
        gy: Map,
        length: int,
        stride: float,
        seen: Picture | None = None,
        still: float | None = None,
    ) -> tuple[Points, NDArray[np.int64]]:
        """Follow all strokes at once, point by point.

        Returns:
            (N, length + 1, 2) points as x and y, and how many of them each stroke has.
        """
        height, width = gx.shape
        count = len(seeds)
        points = np.zeros((count, length + 1, 2), dtype=np.float32)
        points[:, 0] = seeds[:, ::-1]
        lengths = np.ones(count, dtype=np.int64)
        goes_on = np.ones(count, dtype=bool)
        y, x = seeds[:, 0].copy(), seeds[:, 1].copy()
        start_region = self._regions.labels[y, x]
        color = None if seen is None else seen[y, x]
        dx: Map = np.zeros(count, dtype=np.float32)
        dy: Map = np.zeros(count, dtype=np.float32)
        for number in range(1, length + 1):
            nx, ny = _unit(-gy[y, x], gx[y, x])
            turn = np.where(nx * dx + ny * dy < 0, np.float32(-1), np.float32(1))
            dx, dy = 0.65 * nx * turn + 0.35 * dx, 0.65 * ny * turn + 0.35 * dy
            dx, dy = _unit(dx, dy)
            place = points[:, number - 1] + stride * np.stack([dx, dy], axis=1)
            inside = (place[:, 0] >= 0) & (place[:, 0] < width) & (place[:, 1] >= 0) & (place[:, 1] < height)
            x = np.clip(place[:, 0], 0, width - 1).astype(np.int64)
            y = np.clip(place[:, 1], 0, height - 1).astype(np.int64)
            goes_on &= inside & (self._regions.labels[y, x] == start_region)
            if color is not None and seen is not None and number > 1:
                goes_on &= np.abs(seen[y, x] - color).sum(axis=1) <= np.abs(seen[y, x] - self.canvas[y, x]).sum(axis=1) + 0.03
            if still is not None:
                goes_on &= np.hypot(gx[y, x], gy[y, x]) > still
            points[:, number] = place
            lengths += goes_on
        return points, lengths

    def _colors(self, seen: Picture, seeds: NDArray[np.int64], step: Pass) -> Picture:
        """(N, 3) colours of the strokes: what is seen, held to the round's palette, a little off."""
        colors = seen[seeds[:, 0], seeds[:, 1]].astype(np.float32)
        if step.palette:
            sample = np.ascontiguousarray(seen[::6, ::6].reshape(-1, 3))
            _, palette = kmeans(sample, min(step.palette, len(sample)), int(self._rng.integers(1 << 30)))
            colors = palette[np.linalg.norm(colors[:, None] - palette[None], axis=2).argmin(axis=1)]
        if self._manner.glazes:
            under = self.canvas[seeds[:, 0], seeds[:, 1]]
            colors = np.clip(colors / np.maximum(under, 0.05), 0.02, 1.0)
        jitter = self._rng.normal(0, self._manner.jitter, (len(colors), 1)) + self._rng.normal(
            0, self._manner.jitter / 2, colors.shape
        )
        if self._manner.is_drawn:
            return np.full_like(colors, _LINE_TONE)
        return np.clip(colors + jitter, 0, 1).astype(np.float32)

    def _stroke(self, phase: str, points: Points, width: float, color: tuple[float, ...], opacity: float) -> Stroke:
        x, y = points[0]
        region = int(self._regions.labels[int(y), int(x)])
        swollen = width * float(self._rng.uniform(0.8, 1.15))
        r, g, b = (float(channel) for channel in color)
        return Stroke(phase, region, points, swollen, (r, g, b), opacity)

    def _ordered(self, strokes: list[Stroke]) -> list[Stroke]:
        """Background to foreground, within a part from its top or its light tones on; some strokes come back late."""
        if not strokes:
            return []
        regions = np.array([stroke.region for stroke in strokes], dtype=np.float64)
        if self._manner.light_first:
            within = 1 - np.array([sum(stroke.color) / 3 for stroke in strokes])
        else:
            within = np.array([float(stroke.points[0, 1]) for stroke in strokes]) / self._long_side
        keys = regions + 0.9 * np.clip(within + self._rng.normal(0, 0.08, len(strokes)), 0, 1)
        late = self._rng.random(len(strokes)) < _REVISITS
        keys[late] = self._regions.count + self._rng.random(int(late.sum()))
        return [strokes[i] for i in np.argsort(keys, kind="stable")]


def _unit(x: Map, y: Map) -> tuple[Map, Map]:
    """Vectors of length 1 with these directions."""
    norm = np.maximum(np.hypot(x, y), np.float32(1e-6))
    return (x / norm).astype(np.float32), (y / norm).astype(np.float32)
