"""Scatter and calibration of one run: predicted against rated, one panel an attribute."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray

from ppad.media.images import Pixels
from ppad.plotting.canvas import ACCENT, CURVE, HAIRLINE, INK, MUTED, Canvas
from ppad.plotting.fonts import DPI, Lettering, Style
from ppad.plotting.layout import Box
from ppad_model.evaluation.metrics import METRICS
from ppad_model.evaluation.resampling import cluster_counts
from ppad_model.evaluation.rows import Rows
from ppad_model.evaluation.words import figure

Floats = NDArray[np.float64]

WIDTH, MARGIN = 1600, 56
_COLUMNS, _SIDE, _GAP, _HEAD, _FOOT = 4, 316, 74, 40, 48
_TOP = 150
_HAIR = 72 / DPI
SOURCE_COLORS = (CURVE, ACCENT, "#5d8a4e", "#8a5a9e", "#b58a1c", "#3b3a38")
SMALLEST_BIN, MOST_BINS = 10, 10
"""A point of the calibration stands for at least so many rows; there are at most so many."""

TITLE = Style(26, INK, "bold")
BODY = Style(16, MUTED)
NAME = Style(16, INK, "bold")
SMALL = Style(13, MUTED)


@dataclass(frozen=True, slots=True)
class Panels:
    """The rows and the predictions of one run for them.

    Attributes:
        title: of the plot.
        names: of the attributes, as people read them.
        predicted: (n, A) on the scale.
        low, high: the scale.
        notice: what has to be said.
    """

    title: str
    names: Sequence[str]
    rows: Rows
    predicted: Floats
    low: float
    high: float
    notice: str

    def scatter(self) -> Pixels:
        """Each row as a point: (H, 1600, 3) uint8."""
        sources = [source for source in self.rows.sources() if source.name != "all"]
        lettering = Lettering.of([self.title, self.notice, *self.names, *(source.name for source in sources)])
        how = "One point a process. Across: the raters' mean. Up: predicted. On the line, both agree."
        canvas = self._canvas(f"{self.title}: predicted against rated", how, lettering)
        left = float(MARGIN)
        for number, source in enumerate(sources if len(sources) > 1 else []):
            canvas.text(left, _TOP - 26, "●", Style(15, _color(number)))
            canvas.text(left + 18, _TOP - 26, source.name, SMALL)
            left += 44 + lettering.width(source.name, SMALL)
        for column, axes in self._panels(canvas):
            for number, source in enumerate(sources):
                x, y = self.rows.rated[source.rows, column], self.predicted[source.rows, column]
                axes.plot(x, y, "o", color=_color(number), markersize=4, alpha=0.45, markeredgewidth=0, clip_on=False)
        return canvas.pixels()

    def calibration(self) -> Pixels:
        """Rows of like predictions together: what was rated, on the average: (H, 1600, 3) uint8."""
        lettering = Lettering.of([self.title, self.notice, *self.names])
        how = "Processes of like predictions together. Across: predicted. Up: the raters' mean, with its 95 % interval."
        canvas = self._canvas(f"{self.title}: calibration", how, lettering)
        usual = np.array([not held for held in self.rows.held])
        rows, predicted = (self.rows.take(usual), self.predicted[usual]) if usual.any() else (self.rows, self.predicted)
        for column, axes in self._panels(canvas):
            points = list(binned(predicted[:, column], rows.rated[:, column], rows.clusters))
            for point in points:
                axes.plot([point.predicted] * 2, [point.low, point.high], color=CURVE, linewidth=1.4)
            axes.plot([p.predicted for p in points], [p.rated for p in points], "o-", color=ACCENT, markersize=5, linewidth=1)
        return canvas.pixels()

    def _canvas(self, title: str, how: str, lettering: Lettering) -> Canvas:
        lines = -(-len(self.names) // _COLUMNS)
        canvas = Canvas(WIDTH, _TOP + lines * (_HEAD + _SIDE + _FOOT) + 30, lettering)
        canvas.text(MARGIN, MARGIN + 10, title, TITLE)
        canvas.text(MARGIN, MARGIN + 40, how, BODY)
        canvas.text(WIDTH - MARGIN, canvas.height - 20, self.notice, SMALL, align="right")
        return canvas

    def _panels(self, canvas: Canvas) -> Iterator[tuple[int, Axes]]:
        """The panel of each attribute, with its name and its rank correlation."""
        for number, name in enumerate(self.names):
            line, column = divmod(number, _COLUMNS)
            left = MARGIN + 24 + column * (_SIDE + _GAP)
            top = _TOP + line * (_HEAD + _SIDE + _FOOT)
            known = np.isfinite(self.rows.rated[:, number])
            srcc = METRICS[0](self.predicted[known, number], self.rows.rated[known, number])
            canvas.text(left, top + 20, name, NAME)
            canvas.text(left + _SIDE, top + 20, f"SRCC {figure(srcc)}", SMALL, align="right")
            axes = self._square(canvas, Box(left, top + _HEAD, _SIDE, _SIDE))
            yield number, axes

    def _square(self, canvas: Canvas, box: Box) -> Axes:
        axes = canvas.axes(box)
        axes.set_xlim(self.low, self.high)
        axes.set_ylim(self.low, self.high)
        ticks = np.linspace(self.low, self.high, 5 if (self.high - self.low) % 4 == 0 else 4)
        axes.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
        axes.set_yticks(ticks, [f"{tick:g}" for tick in ticks])
        axes.grid(visible=True, color=HAIRLINE, linewidth=_HAIR)
        axes.set_axisbelow(True)
        axes.plot([self.low, self.high], [self.low, self.high], color=INK, linewidth=0.8, linestyle=(0, (5, 4)))
        axes.tick_params(length=0, colors=MUTED, pad=5)
        for label in [*axes.get_xticklabels(), *axes.get_yticklabels()]:
            label.set_fontproperties(canvas.lettering.font(SMALL))
        return axes


@dataclass(frozen=True, slots=True)
class Point:
    """Rows of like predictions: the means of what was predicted and of what was rated, with a 95 % interval."""

    predicted: float
    rated: float
    low: float
    high: float
    count: int


def binned(predicted: Floats, rated: Floats, clusters: Sequence[str], draws: int = 400) -> Iterator[Point]:
    """Rows in bins of equally many, by their predictions; the intervals come from resampled clusters.

    Args:
        predicted, rated: (n,); rows without a rating are left out.
        clusters: (n,).
    """
    known = np.flatnonzero(np.isfinite(rated))
    order = known[np.argsort(predicted[known], kind="stable")]
    for part in np.array_split(order, max(1, min(MOST_BINS, len(order) // SMALLEST_BIN))):
        if not len(part):
            return
        counts = cluster_counts([clusters[row] for row in part], draws)
        drawn = (counts * rated[part]).sum(axis=1) / np.maximum(counts.sum(axis=1), 1)
        low, high = np.quantile(drawn, (0.025, 0.975)) if len(drawn) else (np.nan, np.nan)
        yield Point(float(predicted[part].mean()), float(rated[part].mean()), float(low), float(high), len(part))


def _color(number: int) -> str:
    return SOURCE_COLORS[number % len(SOURCE_COLORS)]
