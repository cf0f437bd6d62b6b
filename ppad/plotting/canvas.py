"""A sheet of paper, drawn on in pixels from its top left corner: words and curves by matplotlib, pictures laid on as they are."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle
from matplotlib.transforms import IdentityTransform

from ppad.media.images import Pixels
from ppad.plotting.fonts import DPI, Lettering, Style, quiet_search
from ppad.plotting.layout import Box

PAPER = "#fbfaf8"
INK = "#24221f"
MUTED = "#77716a"
HAIRLINE = "#d8d3cb"
ACCENT = "#c2441c"
CURVE = "#6d8296"
FILL = "#dde4ea"


class Canvas:
    """A sheet of a given size.

    Args:
        width, height: of the sheet, pixels.
        lettering: the fonts to write with.
    """

    def __init__(self, width: int, height: int, lettering: Lettering) -> None:
        self.width = width
        self.height = height
        self.lettering = lettering
        self._pictures: list[tuple[int, int, Pixels]] = []
        self._figure = Figure(figsize=(width / DPI, height / DPI), dpi=DPI, facecolor=PAPER)
        self._agg = FigureCanvasAgg(self._figure)

    def text(self, left: float, baseline: float, text: str, style: Style, align: str = "left") -> None:
        """Write one line; `left` is its left end, middle or right end, as `align` says."""
        self._figure.text(
            left / self.width,
            1 - baseline / self.height,
            self.lettering.clean(text),
            fontproperties=self.lettering.font(style),
            color=style.color,
            horizontalalignment=align,
            verticalalignment="baseline",
            parse_math=False,
            usetex=False,
        )

    def rule(self, left: float, top: float, width: float) -> None:
        """A horizontal hairline."""
        y = self.height - top - 0.5
        self._figure.add_artist(
            Line2D([left, left + width], [y, y], color=HAIRLINE, linewidth=72 / DPI, transform=IdentityTransform())
        )

    def picture(self, left: int, top: int, pixels: Pixels) -> None:
        """Lay a picture on the sheet, pixel for pixel, in a hairline frame.

        Args:
            pixels: (H, W, 3) uint8; it must lie within the sheet.
        """
        height, width = pixels.shape[:2]
        self._figure.add_artist(
            Rectangle(
                (left - 1, self.height - top - height - 1),
                width + 2,
                height + 2,
                facecolor=HAIRLINE,
                edgecolor="none",
                antialiased=False,
                transform=IdentityTransform(),
            )
        )
        self._pictures.append((left, top, pixels))

    def axes(self, box: Box) -> Axes:
        """Axes without a frame, whose data area is the box."""
        bottom = self.height - box.top - box.height
        axes = self._figure.add_axes(
            (box.left / self.width, bottom / self.height, box.width / self.width, box.height / self.height), facecolor="none"
        )
        for side, spine in axes.spines.items():
            spine.set_visible(side == "bottom")
            spine.set_color(HAIRLINE)
            spine.set_linewidth(72 / DPI)
        return axes

    def pixels(self) -> Pixels:
        """The finished sheet: (height, width, 3) uint8, sRGB."""
        with quiet_search():
            self._agg.draw()
        sheet = np.asarray(self._agg.buffer_rgba())[..., :3].copy()
        for left, top, pixels in self._pictures:
            height, width = pixels.shape[:2]
            sheet[top : top + height, left : left + width] = pixels
        return sheet
