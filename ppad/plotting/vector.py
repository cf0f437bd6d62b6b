"""Charts inside a page: drawn by matplotlib, coloured by the page, so that they follow its light and its dark palette."""

from __future__ import annotations

import io
import re
from collections.abc import Mapping

import matplotlib
from markupsafe import Markup, escape
from matplotlib.axes import Axes
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure

from ppad.plotting.canvas import ACCENT, CURVE, FILL, HAIRLINE, INK, MUTED, PAPER

THEME: Mapping[str, str] = {
    INK: "var(--ink)",
    MUTED: "var(--muted)",
    HAIRLINE: "var(--line)",
    ACCENT: "var(--accent)",
    CURVE: "var(--curve)",
    FILL: "var(--fill)",
    PAPER: "var(--paper)",
}
"""What a chart's colours become: the variables of `palette.css`."""

FONT_PX = 13
_DPI = 72
"""A point is a pixel."""


class Chart:
    """A drawing of a given size, in pixels.

    Args:
        width, height: of the drawing.
        label: what it shows, for those who cannot see it; different for each chart of a page.
    """

    def __init__(self, width: int, height: int, label: str) -> None:
        self.width, self.height, self._label = width, height, label
        self._figure = Figure(figsize=(width / _DPI, height / _DPI), dpi=_DPI)
        FigureCanvasSVG(self._figure)

    def axes(self, left: float, top: float, width: float, height: float) -> Axes:
        """Axes whose data area is this box; a hairline below, plain ticks."""
        bottom = self.height - top - height
        axes = self._figure.add_axes((left / self.width, bottom / self.height, width / self.width, height / self.height))
        axes.set_facecolor("none")
        for side, spine in axes.spines.items():
            spine.set_visible(side == "bottom")
            spine.set_color(HAIRLINE)
            spine.set_linewidth(1)
        axes.tick_params(length=0, colors=MUTED, labelsize=FONT_PX, pad=5)
        axes.set_axisbelow(True)
        return axes

    def text(
        self, left: float, baseline: float, words: str, color: str = INK, *, align: str = "left", bold: bool = False
    ) -> None:
        """Write one line."""
        self._figure.text(
            left / self.width,
            1 - baseline / self.height,
            words,
            color=color,
            fontsize=FONT_PX,
            fontweight="bold" if bold else "normal",
            horizontalalignment=align,
            parse_math=False,
        )

    def svg(self) -> Markup:
        """The chart as an element of a page; its size follows the page, its colours the palette."""
        buffer = io.StringIO()
        with matplotlib.rc_context({"svg.fonttype": "none", "svg.hashsalt": self._label}):
            self._figure.savefig(buffer, format="svg", transparent=True, metadata={"Date": None, "Creator": None})
        text = buffer.getvalue()
        body = text[text.index(">", text.index("<svg")) + 1 :]
        body = re.sub(r"<metadata>.*?</metadata>|<style.*?</style>", "", body, flags=re.DOTALL)
        body = re.sub(r' id="(?![pmhC][0-9a-f]{6,})[^"]*"', "", body)  # of groups; those of clips and markers are referred to
        body = re.sub(r"font-family: [^;]*; ?", "", body)
        for color, variable in THEME.items():
            body = body.replace(color, variable)
        opening = (
            f'<svg class="chart" role="img" aria-label="{escape(self._label)}" viewBox="0 0 {self.width} {self.height}" '
            f'style="max-width: {self.width}px" xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink">'
        )
        return Markup(opening + " ".join(body.split()))  # matplotlib escapes what it writes
