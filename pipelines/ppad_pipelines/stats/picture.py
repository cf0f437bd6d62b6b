"""Collections side by side in one picture: curves with bands of quantiles, stages, and how far they are apart."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import FixedLocator, FuncFormatter, MaxNLocator

from ppad.media.images import Pixels
from ppad.plotting.canvas import HAIRLINE, INK, MUTED, Canvas
from ppad.plotting.fonts import DPI, Lettering, Style
from ppad.plotting.labels import count
from ppad.plotting.layout import Box
from ppad_pipelines.stats.distances import Apart
from ppad_pipelines.stats.measures import CURVES, GRID, NUMBERS, TITLES, Axis, Profile

WIDTH = 1600
COLORS = ("#3f6285", "#c2441c", "#4f7a45", "#7d4f8c", "#8a6d1f", "#2f7f7f")
"""The first is the reference's."""

_MARGIN, _COLUMNS, _GAP = 56, 3, 76
_CURVE_HEIGHT = 232
_TITLE, _NAME, _HEAD = Style(30, INK, "bold"), Style(17, INK, "bold"), Style(17, INK, "bold")
_NOTE, _SMALL = Style(13.5, MUTED), Style(12.5, MUTED)
_HAIR = 72 / DPI
_STAGES = ("laying_in", "developing", "finishing")
_SHADES = (0.95, 0.6, 0.3)
_POINTS = ("revisit_rate", "setbacks", "covered", "largest_step")


def comparison(profiles: Sequence[Profile], distances: Sequence[Sequence[Apart]], axis: Axis) -> Pixels:
    """Draw collections over one another.

    Args:
        profiles: the reference first; none of them empty.
        distances: of each collection after the first, from the reference.

    Returns:
        (H, 1600, 3) uint8, sRGB.
    """
    rows = -(-len(CURVES) // _COLUMNS)
    legend = 30 * len(profiles)
    top = _MARGIN + 60 + legend
    block = _CURVE_HEIGHT + 110 + 20 * len(distances)
    lower = top + rows * block + 18
    height = lower + max(38 * len(profiles) + 90, 170) + _MARGIN - 20
    canvas = Canvas(WIDTH, height, Lettering.of([profile.name for profile in profiles]))
    canvas.text(_MARGIN, _MARGIN + 18, "The course of painting", _TITLE)
    _legend(canvas, profiles, distances)
    width = (WIDTH - 2 * _MARGIN - (_COLUMNS - 1) * _GAP - 40) // _COLUMNS
    for number, curve in enumerate(CURVES):
        row, column = divmod(number, _COLUMNS)
        box = Box(_MARGIN + 40 + column * (width + _GAP), top + row * block + 62, width, _CURVE_HEIGHT)
        canvas.text(box.left - 40, box.top - 40, curve.title, _HEAD)
        canvas.text(box.left - 40, box.top - 19, curve.meaning, _SMALL)
        _curves(canvas, box, number, profiles)
        _distances(canvas, box, curve.id, distances)
    canvas.rule(_MARGIN, lower - 20, WIDTH - 2 * _MARGIN)
    _stages(canvas, Box(_MARGIN, lower + 16, 700, 34), profiles, axis)
    _numbers(canvas, Box(_MARGIN + 860, lower + 16, WIDTH - 2 * _MARGIN - 860, 120), profiles)
    return canvas.pixels()


def _legend(canvas: Canvas, profiles: Sequence[Profile], distances: Sequence[Sequence[Apart]]) -> None:
    for number, profile in enumerate(profiles):
        baseline = _MARGIN + 58 + 30 * number
        axes = canvas.axes(Box(_MARGIN, baseline - 11, 30, 8))
        axes.set_axis_off()
        axes.axhspan(0, 1, color=COLORS[number % len(COLORS)])
        canvas.text(_MARGIN + 42, baseline, profile.name, _NAME)
        words = count(len(profile), "process", "processes")
        if profile.left_out:
            words += f", {profile.left_out} left out (nothing changes, or no clock)"
        if number:
            mean = float(np.mean([one.relative for one in distances[number - 1]]))
            words += f"   ·   on average {mean:.2f} spreads from {profiles[0].name}"
        canvas.text(_MARGIN + 54 + canvas.lettering.width(profile.name, _NAME), baseline, words, _NOTE)
    canvas.text(WIDTH - _MARGIN, _MARGIN + 18, "line: median   ·   dark band: half   ·   light band: 8 of 10", _NOTE, "right")


def _curves(canvas: Canvas, box: Box, number: int, profiles: Sequence[Profile]) -> None:
    axes = canvas.axes(box)
    tops = []
    for place, profile in enumerate(profiles):
        color = COLORS[place % len(COLORS)]
        tenth, quarter, half, three, nine = np.quantile(profile.curves[:, number], (0.1, 0.25, 0.5, 0.75, 0.9), axis=0)
        axes.fill_between(GRID, tenth, nine, color=color, alpha=0.12, linewidth=0)
        axes.fill_between(GRID, quarter, three, color=color, alpha=0.22, linewidth=0)
        axes.plot(GRID, half, color=color, linewidth=2.0, solid_capstyle="round")
        tops.append(float(nine.max()))
    axes.set_xlim(0, 1)
    axes.set_ylim(0, 1.08 * max(*tops, 1e-3))
    axes.xaxis.set_major_locator(FixedLocator([0, 0.5, 1]))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: {0.0: "start", 0.5: "half", 1.0: "end"}[value]))
    axes.yaxis.set_major_locator(MaxNLocator(4))
    axes.grid(visible=True, axis="y", color=HAIRLINE, linewidth=_HAIR, alpha=0.7)
    axes.set_axisbelow(True)
    _ticks(axes, canvas)


def _ticks(axes: Axes, canvas: Canvas) -> None:
    axes.tick_params(length=0, colors=MUTED, pad=5)
    for label in [*axes.get_xticklabels(), *axes.get_yticklabels()]:
        label.set_fontproperties(canvas.lettering.font(_SMALL))


def _distances(canvas: Canvas, box: Box, statistic: str, distances: Sequence[Sequence[Apart]]) -> None:
    """A line a comparison, in the colour of the collection; bold where chance would hardly give as much."""
    for number, several in enumerate(distances, start=1):
        one = next(one for one in several if one.statistic == statistic)
        words = f"W₁ {one.distance:.3f}   95 %: {one.low:.3f}–{one.high:.3f}   by chance: {one.chance:.3f}"
        style = Style(13, COLORS[number % len(COLORS)], "bold" if one.distance > one.chance else "normal")
        canvas.text(box.left, box.top + box.height + 24 + 20 * number, words, style)


def _stages(canvas: Canvas, box: Box, profiles: Sequence[Profile], axis: Axis) -> None:
    """Mean shares of the stages, a bar a collection."""
    over = "of the key frames" if axis == "frames" else "of the time"
    canvas.text(box.left, box.top + 8, f"Stages, mean share {over}", _HEAD)
    words = ", ".join(TITLES[stage] for stage in _STAGES)
    canvas.text(box.left + box.width, box.top + 8, f"dark to light: {words}", _SMALL, align="right")
    places = [index for index, one in enumerate(NUMBERS) if one.id in _STAGES]
    for number, profile in enumerate(profiles):
        top = box.top + 30 + 38 * number
        axes = canvas.axes(Box(box.left, top, box.width, 24))
        axes.set_axis_off()
        axes.set_xlim(0, 1)
        axes.set_ylim(0, 1)
        left = 0.0
        for place, shade in zip(places, _SHADES, strict=True):
            share = float(profile.numbers[:, place].mean())
            axes.axvspan(left, left + share, color=COLORS[number % len(COLORS)], alpha=shade, linewidth=0)
            left += share


def _numbers(canvas: Canvas, box: Box, profiles: Sequence[Profile]) -> None:
    """Median and middle half of single numbers, one row each, all from 0 to the largest."""
    canvas.text(box.left, box.top + 8, "Single numbers: median and middle half", _HEAD)
    step = 30
    for row, statistic in enumerate(_POINTS):
        top = box.top + 26 + row * step
        canvas.text(box.left + 118, top + step / 2 + 4, TITLES[statistic], _NOTE, align="right")
        place = [one.id for one in NUMBERS].index(statistic)
        axes = canvas.axes(Box(box.left + 132, top, box.width - 190, step))
        axes.set_axis_off()
        most = max(float(np.quantile(profile.numbers[:, place], 0.75)) for profile in profiles)
        axes.set_xlim(0, 1.05 * max(most, 1e-3))
        axes.axhline(0, color=HAIRLINE, linewidth=_HAIR, zorder=0)
        axes.set_ylim(-1, 1)
        for number, profile in enumerate(profiles):
            y = 0.35 - 0.7 * number / max(1, len(profiles) - 1) if len(profiles) > 1 else 0.0
            quarter, half, three = np.quantile(profile.numbers[:, place], (0.25, 0.5, 0.75))
            color = COLORS[number % len(COLORS)]
            axes.plot([quarter, three], [y, y], color=color, linewidth=3, alpha=0.4, solid_capstyle="butt")
            axes.plot([half], [y], "o", color=color, markersize=5, clip_on=False)
        canvas.text(box.left + box.width - 48, top + step / 2 + 4, f"{max(most, 1e-3):.2g}", _SMALL)
