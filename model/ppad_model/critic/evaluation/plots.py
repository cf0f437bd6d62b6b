"""The picture of nearness: what was written, between the floors and what the raters reach among themselves."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ppad.media.images import Pixels
from ppad.plotting.canvas import ACCENT, CURVE, HAIRLINE, INK, MUTED, Canvas
from ppad.plotting.fonts import DPI, Lettering, Style
from ppad.plotting.layout import Box
from ppad_model.critic.evaluation.texts import RATERS, Texts

WIDTH, MARGIN = 1600, 56
_TOP, _LINE, _NAMES = 130, 52, 460
_HAIR = 72 / DPI
_COLORS = {"matched": ACCENT, "mismatched": MUTED, "generic": CURVE}
_MEANINGS = {
    "matched": "critiques of the work itself",
    "mismatched": "the same critiques beside other works",
    "generic": "one critique for all works",
}

TITLE = Style(26, INK, "bold")
BODY = Style(16, MUTED)
NAME = Style(16, INK)
SMALL = Style(13, MUTED)


def nearness_plot(texts: Sequence[Texts], notice: str) -> Pixels:
    """A line for each author and kind of pairing, with its 95 % interval: (H, 1600, 3) uint8."""
    lines = [
        (f"{one.name}: {_MEANINGS[kind] if one.name != RATERS else 'one another'}", kind, one.nearness[kind][0])
        for one in texts
        for kind in _MEANINGS
        if kind in one.nearness and np.isfinite(one.nearness[kind][0].value)
    ]
    height = _TOP + _LINE * len(lines) + 90
    canvas = Canvas(WIDTH, height, Lettering.of([notice, *(name for name, _, _ in lines)]))
    canvas.text(MARGIN, MARGIN + 10, "How near critiques are to the raters' in meaning", TITLE)
    canvas.text(MARGIN, MARGIN + 40, "Mean cosine of sentence embeddings over works, with its 95 % interval.", BODY)
    axes = canvas.axes(Box(MARGIN + _NAMES, _TOP, WIDTH - 2 * MARGIN - _NAMES, _LINE * len(lines)))
    axes.set_ylim(len(lines) - 0.5, -0.5)
    ends = [end for _, _, one in lines for end in (one.value, one.low, one.high) if np.isfinite(end)]
    low, high = min(ends, default=0.0), max(ends, default=1.0)
    axes.set_xlim(max(-1.0, low - 0.05), min(1.0, high + 0.05))
    axes.set_yticks([])
    axes.grid(visible=True, axis="x", color=HAIRLINE, linewidth=_HAIR)
    axes.set_axisbelow(True)
    axes.tick_params(length=0, colors=MUTED, pad=6)
    for label in axes.get_xticklabels():
        label.set_fontproperties(canvas.lettering.font(SMALL))
    for place, (name, kind, one) in enumerate(lines):
        canvas.text(MARGIN, _TOP + _LINE * (place + 0.5) + 6, name, NAME)
        axes.plot([one.low, one.high], [place, place], color=_COLORS[kind], linewidth=2)
        axes.plot([one.value], [place], "o", color=_COLORS[kind], markersize=7)
    canvas.text(WIDTH - MARGIN, height - 18, notice, SMALL, align="right")
    return canvas.pixels()
