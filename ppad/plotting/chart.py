"""The curves below the frames: why each frame was chosen."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import FixedLocator, FuncFormatter, MaxNLocator
from numpy.typing import NDArray

from ppad.plotting.canvas import ACCENT, CURVE, FILL, HAIRLINE, INK, MUTED, Canvas
from ppad.plotting.curve import since_last_key
from ppad.plotting.fonts import DPI, Style
from ppad.plotting.labels import clock, percent, position_ticks, thin_labels
from ppad.plotting.layout import Box
from ppad.storage import Trace

TITLE = Style(16, INK, "bold")
NOTE = Style(13.5, MUTED)
MARK = Style(13, ACCENT, "bold")
LIMIT = Style(13.5, INK)
_LEFT, _RIGHT = 62, 130
_HAIR = 72 / DPI

Curve = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class TraceChart:
    """Two curves over the recording: change since the last key frame, and change from sample to sample."""

    trace: Trace
    frame_change: list[float]
    is_clock: bool

    height = 470

    def draw(self, canvas: Canvas, box: Box) -> None:
        title = "Change since the last key frame"
        canvas.text(box.left, box.top + 14, title, TITLE)
        explained = "frames are kept where it passes the threshold, and the last state; measured at the marks, estimated between"
        canvas.text(box.left + canvas.lettering.width(title, TITLE) + 14, box.top + 14, explained, NOTE)
        upper = Box(box.left + _LEFT, box.top + 54, box.width - _LEFT - _RIGHT, 190)
        lower = Box(upper.left, upper.top + upper.height + 62, upper.width, 110)
        canvas.text(box.left, lower.top - 16, "Change from one sample to the next", TITLE)
        self._since_last_key(canvas, upper)
        self._between_samples(canvas, lower)

    def _since_last_key(self, canvas: Canvas, box: Box) -> None:
        trace, axes = self.trace, self._over_time(canvas, box)
        axes.tick_params(labelbottom=False)
        curve = since_last_key(trace, self.frame_change)
        times, values = _in_parts(np.asarray(trace.time_s), curve, trace.chosen)
        axes.fill_between(times, values, color=FILL, linewidth=0)
        axes.plot(times, values, color=CURVE, linewidth=1.2)
        top = 1.12 * max(float(curve.max()), trace.threshold, 1e-4)
        _share_axis(axes, canvas, top)
        chosen = [trace.time_s[position] for position in trace.chosen]
        axes.vlines(chosen, 0, top, color=HAIRLINE, linewidth=_HAIR, zorder=0, clip_on=False)
        axes.plot(chosen, self.frame_change, "o", color=ACCENT, markersize=4, clip_on=False)
        self._threshold(canvas, axes, box, top)
        _numbers(canvas, box, [self._place(box, seconds) for seconds in chosen])

    def _between_samples(self, canvas: Canvas, box: Box) -> None:
        trace, axes = self.trace, self._over_time(canvas, box)
        top = 1.12 * max(*trace.change, 1e-4)
        axes.fill_between(trace.time_s, trace.change, color=CURVE, linewidth=0.3)
        axes.vlines(
            [trace.time_s[position] for position in trace.chosen],
            0,
            top,
            color=ACCENT,
            linewidth=_HAIR,
            alpha=0.55,
            clip_on=False,
        )
        _share_axis(axes, canvas, top)
        if trace.threshold <= top:
            self._threshold(canvas, axes, box, top)

    def _over_time(self, canvas: Canvas, box: Box) -> Axes:
        axes = canvas.axes(box)
        low, high = self._ends()
        axes.set_xlim(low, high)
        ticks = position_ticks(low, high, 11, is_clock=self.is_clock)
        axes.xaxis.set_major_locator(FixedLocator(ticks))
        whole = all(tick == round(tick) for tick in ticks)
        axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: self._position_label(value, whole=whole)))
        return axes

    def _position_label(self, value: float, *, whole: bool) -> str:
        if not self.is_clock:
            return f"{value:g}"
        return clock(value).removesuffix(".0") if whole else clock(value)

    def _threshold(self, canvas: Canvas, axes: Axes, box: Box, top: float) -> None:
        axes.axhline(self.trace.threshold, color=INK, linewidth=0.8, linestyle=(0, (5, 4)))
        middle = box.top + box.height * (1 - self.trace.threshold / top)
        canvas.text(box.left + box.width + 10, middle + 5, f"threshold {percent(self.trace.threshold)}", LIMIT)

    def _ends(self) -> tuple[float, float]:
        low, high = self.trace.time_s[0], self.trace.time_s[-1]
        return (low, high) if high > low else (low - 0.5, low + 0.5)

    def _place(self, box: Box, seconds: float) -> float:
        low, high = self._ends()
        return box.left + box.width * (seconds - low) / (high - low)


@dataclass(frozen=True, slots=True)
class BarChart:
    """The change of each key frame, where nothing is known of what lay between."""

    frame_change: list[float]

    height = 250

    def draw(self, canvas: Canvas, box: Box) -> None:
        canvas.text(box.left, box.top + 14, "Change since the previous key frame", TITLE)
        area = Box(box.left + _LEFT, box.top + 40, box.width - _LEFT, 170)
        axes = canvas.axes(area)
        number = len(self.frame_change)
        axes.set_xlim(0.5, number + 0.5)
        axes.bar(range(1, number + 1), self.frame_change, width=min(0.7, 0.05 * number), color=CURVE)
        axes.set_xticks([])
        _share_axis(axes, canvas, 1.12 * max(*self.frame_change, 1e-4))
        _numbers(canvas, area, [area.left + area.width * (k + 0.5) / number for k in range(number)], below=True)


def _in_parts(times: Curve, values: Curve, chosen: list[int]) -> tuple[Curve, Curve]:
    """The curve broken after each key frame, where the count begins anew at 0."""
    after = np.repeat(np.asarray(chosen) + 1, 2)
    return np.insert(times, after, np.repeat(times[chosen], 2)), np.insert(values, after, [np.nan, 0.0] * len(chosen))


def _share_axis(axes: Axes, canvas: Canvas, top: float) -> None:
    """A vertical axis of shares from 0 to 1, written as percentages."""
    axes.set_ylim(0, top)
    axes.yaxis.set_major_locator(MaxNLocator(3))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{100 * value:.3g} %"))
    axes.grid(visible=True, axis="y", color=HAIRLINE, linewidth=_HAIR, alpha=0.6)
    axes.set_axisbelow(True)
    _tick_style(axes, canvas)


def _tick_style(axes: Axes, canvas: Canvas) -> None:
    """Plain ticks; to be called last, since it makes the labels."""
    axes.tick_params(length=0, colors=MUTED, pad=5)
    for label in [*axes.get_xticklabels(), *axes.get_yticklabels()]:
        label.set_fontproperties(canvas.lettering.font(NOTE))


def _numbers(canvas: Canvas, box: Box, places: list[float], *, below: bool = False) -> None:
    """Number the key frames along the edge of a chart, as many as there is room for."""
    words = [str(number) for number in range(1, len(places) + 1)]
    style = NOTE if below else MARK
    baseline = box.top + box.height + 22 if below else box.top - 8
    for kept in thin_labels(places, [canvas.lettering.width(word, style) for word in words], gap=6):
        canvas.text(places[kept], baseline, words[kept], style, align="center")
