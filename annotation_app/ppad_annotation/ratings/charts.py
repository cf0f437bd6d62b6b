"""The charts of the agreement report. Each shows one thing and is read from left to right; numbers stand in tables beside."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from markupsafe import Markup
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator, MultipleLocator

from ppad.agreement.estimates import Estimate
from ppad.agreement.power import Precision
from ppad.agreement.raters import drift_curve, order_of
from ppad.plotting.canvas import ACCENT, CURVE, FILL, HAIRLINE, INK, MUTED, PAPER
from ppad.plotting.vector import FONT_PX, Chart
from ppad_annotation.ratings.findings import Findings, departures_of, severities, shares_of
from ppad_annotation.ratings.words import BANDS, GOAL, signed

WIDTH = 900
NOTHING = Markup("")
"""Stands for a chart that the data are too few for."""
_LABELS = 190
"""Room for the names at the left."""
_ROW = 34


def reliability_chart(findings: Findings, names: Mapping[str, str]) -> Markup:
    """A row for each attribute: reliability of the mean and of the adjusted score with their intervals, and alpha."""
    known = [one for one in findings.attributes if one.is_comparable]
    if not known:
        return NOTHING
    chart, axes = _rows(len(known), "Reliability of each attribute, with intervals", top=34)
    for (start, word), end in zip(BANDS, [*(start for start, _ in BANDS[1:]), 1.0], strict=True):
        axes.text((start + end) / 2, -0.95, word, color=MUTED, fontsize=FONT_PX, ha="center", va="center")
        if start:
            axes.axvline(start, color=HAIRLINE, linewidth=1, zorder=0)
    for row, one in enumerate(known):
        _dot(axes, row - 0.16, one.reliability.mean, INK, "o")
        _dot(axes, row + 0.16, one.reliability.adjusted, CURVE, "o")
        if np.isfinite(one.ordinal.value):
            axes.plot([one.ordinal.value], [row], "D", color=ACCENT, markersize=5, zorder=3)
    axes.set_xlim(0, 1)
    axes.xaxis.set_major_locator(MultipleLocator(0.1))
    _names(axes, [names[one.name] for one in known])
    return chart.svg()


def makeup_chart(findings: Findings, names: Mapping[str, str]) -> Markup:
    """A bar for each attribute: what share of the differences between scores comes from what."""
    known = [one for one in findings.attributes if one.is_comparable]
    if not known:
        return NOTHING
    chart, axes = _rows(len(known), "What the differences between scores come from, attribute by attribute")
    shades = {"item": (CURVE, 1.0), "rater": (ACCENT, 1.0), "item × rater": (ACCENT, 0.45), "residual": (MUTED, 0.4)}
    for row, one in enumerate(known):
        left = 0.0
        for source, share in shares_of(one).items():
            color, alpha = shades[source]
            axes.barh(row, share, left=left, height=0.62, color=color, alpha=alpha, linewidth=0)
            if share > 0.06:
                ink = INK if alpha < 1 else PAPER
                axes.text(left + share / 2, row, f"{100 * share:.0f} %", color=ink, fontsize=FONT_PX, ha="center", va="center")
            left += share
    axes.set_xlim(0, 1)
    axes.set_xticks([])
    axes.spines["bottom"].set_visible(False)
    _names(axes, [names[one.name] for one in known])
    return chart.svg()


def distribution_chart(findings: Findings, names: Mapping[str, str]) -> Markup:
    """Small multiples: how often each score was given."""
    attributes, columns = findings.attributes, 4
    rows = -(-len(attributes) // columns)
    width, height, gap = 196, 92, 38
    chart = Chart(WIDTH, rows * (height + gap + 34), "How often each score was given, attribute by attribute")
    for number, one in enumerate(attributes):
        left, top = (number % columns) * (width + gap), (number // columns) * (height + gap + 34) + 26
        axes = chart.axes(left, top, width, height)
        low, high = one.scale
        counts = np.array(one.counts) / max(1, sum(one.counts))
        scores = np.arange(low, high + 1)
        axes.bar(scores, counts, width=0.8, color=CURVE, linewidth=0)
        axes.axvline(one.mean, color=ACCENT, linewidth=1.5)
        axes.set_xlim(low - 0.7, high + 0.7)
        axes.set_ylim(0, max(float(counts.max()) * 1.1, 1e-3))
        axes.set_yticks([])
        axes.set_xticks(scores if len(scores) <= 10 else np.linspace(low, high, 5).round())
        chart.text(left, top - 10, names[one.name], bold=True)
        chart.text(left + width, top - 10, f"{one.mean:.1f}", ACCENT, align="right")
    return chart.svg()


def severity_chart(findings: Findings, raters: Sequence[int]) -> Markup:
    """A row for each rater: their severity in every attribute, and the mean over attributes."""
    if not any(one.is_comparable for one in findings.attributes):
        return NOTHING
    chart, axes = _rows(len(raters), "Severity of each rater: small dots for attributes, a large one for their mean")
    axes.axvline(0, color=MUTED, linewidth=1, zorder=0)
    reach = 0.5
    for row, rater in enumerate(raters):
        values = severities(findings, rater)
        if len(values):
            axes.plot(values, np.full(len(values), row), "o", color=CURVE, markersize=5, alpha=0.55, markeredgewidth=0)
            axes.plot([values.mean()], [row], "o", color=INK, markersize=8)
            reach = max(reach, float(np.abs(values).max()))
    axes.set_xlim(-1.12 * reach, 1.12 * reach)
    axes.xaxis.set_major_locator(MaxNLocator(7, steps=[1, 2, 5, 10]))
    axes.xaxis.set_major_formatter(lambda value, _: signed(value, 1) if abs(value) > 1e-9 else "as the panel")
    _names(axes, [findings.campaign.raters[rater] for rater in raters])
    return chart.svg()


def drift_chart(findings: Findings, raters: Sequence[int]) -> Markup:
    """Small multiples: each rater's level over their work, the mean over attributes, beside their own usual level."""
    curves = [_level(findings, rater) for rater in raters]
    if all(len(middles) < 2 for middles, _, _ in curves):
        return NOTHING
    columns, margin, width, height, gap = 5, 40, 150, 70, 26
    rows = max(1, -(-len(raters) // columns))
    chart = Chart(WIDTH, rows * (height + 58), "Level of each rater from their first to their last rating")
    reach = max([0.6, *(float(np.nanmax(np.abs(means))) for _, means, _ in curves if len(means))])
    half = np.floor(10 * reach) / 10
    for number, (rater, (middles, means, errors)) in enumerate(zip(raters, curves, strict=True)):
        left, top = margin + (number % columns) * (width + gap), (number // columns) * (height + 58) + 24
        axes = chart.axes(left, top, width, height)
        axes.spines["bottom"].set_visible(False)
        axes.axhline(0, color=HAIRLINE, linewidth=1)
        axes.fill_between(middles, means - 1.96 * errors, means + 1.96 * errors, color=FILL, linewidth=0)
        axes.plot(middles, means, "-", color=CURVE, linewidth=2)
        axes.set_xlim(0, 1)
        axes.set_ylim(-1.15 * reach, 1.15 * reach)
        axes.set_xticks([0, 1], ["first", "last"])
        axes.get_xticklabels()[0].set_horizontalalignment("left")
        axes.get_xticklabels()[1].set_horizontalalignment("right")
        axes.set_yticks([-half, 0, half], [signed(-half, 1), "0", signed(half, 1)] if number % columns == 0 else [""] * 3)
        chart.text(left, top - 8, findings.campaign.raters[rater][-22:], bold=True)
    return chart.svg()


def halo_chart(findings: Findings, raters: Sequence[int]) -> Markup:
    """A row for each rater: how alike their departures are in all attributes."""
    if not any(np.isfinite(findings.halo[rater].departures.value) for rater in raters):
        return NOTHING
    chart, axes = _rows(len(raters), "Halo of each rater: correlation of their departures over attributes, with intervals")
    axes.axvline(0, color=MUTED, linewidth=1, zorder=0)
    for row, rater in enumerate(raters):
        _dot(axes, row, findings.halo[rater].departures, INK, "o")
    axes.set_xlim(-0.2, 1)
    axes.xaxis.set_major_locator(MultipleLocator(0.2))
    axes.xaxis.set_major_formatter(lambda value, _: "no halo" if abs(value) < 1e-9 else f"{value:.1f}")
    _names(axes, [findings.campaign.raters[rater] for rater in raters])
    return chart.svg()


def repeats_chart(findings: Findings, names: Mapping[str, str]) -> Markup:
    """A bar for each attribute: shares of repeated scores that are equal, a point apart, and further."""
    known = [one for one in findings.attributes if one.repeats.count]
    chart, axes = _rows(len(known), "Scores given a second time: equal, one point apart, further apart")
    for row, one in enumerate(known):
        same, close = one.repeats.same, one.repeats.close
        for left, share, color, alpha in (
            (0, same, CURVE, 1.0),
            (same, close - same, CURVE, 0.45),
            (close, 1 - close, ACCENT, 0.7),
        ):
            axes.barh(row, share, left=left, height=0.62, color=color, alpha=alpha, linewidth=0)
            if share > 0.05:
                ink = INK if alpha < 1 else PAPER
                axes.text(left + share / 2, row, f"{100 * share:.0f} %", color=ink, fontsize=FONT_PX, ha="center", va="center")
    axes.set_xlim(0, 1)
    axes.set_xticks([])
    axes.spines["bottom"].set_visible(False)
    _names(axes, [names[one.name] for one in known])
    return chart.svg()


def error_chart(findings: Findings, names: Mapping[str, str]) -> Markup:
    """A row for each attribute: the standard errors of the items' scores, middle half and nine tenths."""
    known = [one for one in findings.attributes if np.isfinite(one.items.error).any()]
    if not known:
        return NOTHING
    chart, axes = _rows(len(known), "Standard errors of the scores of the processes, attribute by attribute")
    top = 0.5
    for row, one in enumerate(known):
        errors = one.items.error[np.isfinite(one.items.error)]
        ends = np.quantile(errors, (0.05, 0.25, 0.5, 0.75, 0.95))
        top = max(top, float(ends[-1]))
        axes.plot(ends[[0, -1]], [row, row], "-", color=CURVE, linewidth=1.5)
        axes.plot(ends[[1, 3]], [row, row], "-", color=CURVE, linewidth=9, solid_capstyle="butt", alpha=0.55)
        axes.plot([ends[2]], [row], "o", color=INK, markersize=6)
    axes.set_xlim(0, 1.1 * top)
    axes.xaxis.set_major_locator(MaxNLocator(6, steps=[1, 2, 5, 10]))
    axes.xaxis.set_major_formatter(lambda value, _: f"±{value:g}" if value else "0")
    _names(axes, [names[one.name] for one in known])
    return chart.svg()


def reliability_by_raters_chart(rows: Sequence[Precision]) -> Markup:
    """Reliability of mean and adjusted score by the number of raters a process."""
    chart, axes = _by_raters(rows, "Reliability by the number of raters a process")
    _curve(axes, rows, [row.reliability for row in rows], INK)
    _curve(axes, rows, [row.adjusted_reliability for row in rows], CURVE)
    axes.axhline(GOAL, color=ACCENT, linewidth=1, linestyle=(0, (5, 4)))
    axes.set_ylim(0, 1)
    return chart.svg()


def error_by_raters_chart(rows: Sequence[Precision]) -> Markup:
    """Error of mean and adjusted score by the number of raters a process."""
    chart, axes = _by_raters(rows, "Error of a score by the number of raters a process, points")
    _curve(axes, rows, [row.error for row in rows], INK)
    _curve(axes, rows, [row.adjusted_error for row in rows], CURVE)
    axes.set_ylim(0, 1.15 * max(row.error.high for row in rows))
    axes.yaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 5, 10]))
    axes.yaxis.set_major_formatter(lambda value, _: f"±{value:g}" if value else "0")
    return chart.svg()


def _by_raters(rows: Sequence[Precision], label: str) -> tuple[Chart, Axes]:
    chart = Chart(WIDTH, 250, label)
    axes = chart.axes(56, 12, WIDTH - 90, 196)
    axes.set_xlim(rows[0].each - 0.4, rows[-1].each + 0.4)
    axes.set_xticks([row.each for row in rows])
    axes.grid(visible=True, axis="y", color=HAIRLINE, linewidth=1)
    chart.text(56 + (WIDTH - 90) / 2, 246, "raters a process", MUTED, align="center")
    return chart, axes


def _curve(axes: Axes, rows: Sequence[Precision], estimates: Sequence[Estimate], color: str) -> None:
    each = [row.each for row in rows]
    axes.fill_between(each, [one.low for one in estimates], [one.high for one in estimates], color=color, alpha=0.15, linewidth=0)
    axes.plot(each, [one.value for one in estimates], "o-", color=color, linewidth=2, markersize=6)


def _level(findings: Findings, rater: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    when, departures = departures_of(findings.campaign, findings.attributes, rater)
    places = order_of(when)
    if places.max(initial=0) == 0:
        return np.empty(0), np.empty(0), np.empty(0)
    return drift_curve(places, departures, bins=10)


def _rows(count: int, label: str, top: int = 8) -> tuple[Chart, Axes]:
    """A chart with named rows, the first at the top."""
    height = max(1, count) * _ROW
    chart = Chart(WIDTH, top + height + 30, label)
    axes = chart.axes(_LABELS, top, WIDTH - _LABELS - 24, height)
    axes.set_ylim(max(1, count) - 0.5, -0.5)
    return chart, axes


def _names(axes: Axes, names: Sequence[str]) -> None:
    axes.set_yticks(range(len(names)), [name if len(name) <= 26 else f"…{name[-25:]}" for name in names])
    for label in axes.get_yticklabels():
        label.set_color(INK)


def _dot(axes: Axes, row: float, estimate: Estimate, color: str, marker: str) -> None:
    if np.isfinite(estimate.value):
        axes.plot([estimate.low, estimate.high], [row, row], "-", color=color, linewidth=2, alpha=0.6)
        axes.plot([estimate.value], [row], marker, color=color, markersize=7)
