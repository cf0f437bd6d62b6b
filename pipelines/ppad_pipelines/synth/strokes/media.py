"""What distinguishes one medium from another, as numbers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Medium = Literal["oil", "watercolour", "pencil", "ink", "digital"]
Color = tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class Pass:
    """One round over the picture.

    Attributes:
        name: what a painter calls it.
        brush: width of the brush as a share of the picture's longer side.
        tolerance: mean colour error, 0–1, below which a place is left alone.
        length: longest stroke, in widths of the brush.
        palette: number of colours that this round is held to; 0 for all.
    """

    name: str
    brush: float
    tolerance: float
    length: int
    palette: int = 0


@dataclass(frozen=True, slots=True)
class Manner:
    """How a medium behaves.

    Attributes:
        grounds: colours that the empty canvas may have, sRGB 0–1.
        opacity: of one stroke, 0–1.
        glazes: whether paint darkens what lies under it instead of covering it.
        light_first: whether light colours come before dark ones within a round.
        bristle: contrast of the marks of bristles within a stroke, 0–1.
        jitter: spread of a stroke's colour about what is seen, 0–1.
        soft: blur of a stroke's edge, in widths of the brush.
        has_sketch: whether a line drawing comes first.
        is_drawn: whether tones are hatched with lines instead of laid in areas.
        has_color: False for graphite and ink.
        passes: the rounds, broad to fine.
    """

    grounds: tuple[Color, ...]
    opacity: float
    glazes: bool
    light_first: bool
    bristle: float
    jitter: float
    soft: float
    has_sketch: bool
    is_drawn: bool
    has_color: bool
    passes: tuple[Pass, ...]


PAPER: Color = (0.985, 0.98, 0.965)

MANNERS: dict[Medium, Manner] = {
    "oil": Manner(
        grounds=((0.78, 0.66, 0.52), (0.70, 0.64, 0.58), (0.93, 0.90, 0.84), (0.62, 0.52, 0.44)),
        opacity=0.93, glazes=False, light_first=False, bristle=0.34, jitter=0.035, soft=0.0,
        has_sketch=True, is_drawn=False, has_color=True,
        passes=(
            Pass("underpainting", 0.080, 0.02, 7, palette=9),
            Pass("block-in", 0.042, 0.045, 8),
            Pass("forms", 0.021, 0.050, 8),
            Pass("details", 0.0105, 0.052, 9),
            Pass("accents", 0.0055, 0.070, 8),
        ),
    ),
    "watercolour": Manner(
        grounds=(PAPER,),
        opacity=0.30, glazes=True, light_first=True, bristle=0.14, jitter=0.03, soft=0.10,
        has_sketch=True, is_drawn=False, has_color=True,
        passes=(
            Pass("first wash", 0.110, 0.02, 8, palette=6),
            Pass("second wash", 0.060, 0.035, 8),
            Pass("forms", 0.030, 0.045, 8),
            Pass("details", 0.014, 0.055, 8),
            Pass("accents", 0.0065, 0.075, 7),
        ),
    ),
    "pencil": Manner(
        grounds=(PAPER, (0.955, 0.945, 0.925)),
        opacity=0.34, glazes=True, light_first=True, bristle=0.55, jitter=0.02, soft=0.0,
        has_sketch=True, is_drawn=True, has_color=False,
        passes=(
            Pass("light hatching", 0.0060, 0.05, 16),
            Pass("half tones", 0.0050, 0.055, 12),
            Pass("shadows", 0.0045, 0.06, 9),
            Pass("darks", 0.0040, 0.07, 7),
        ),
    ),
    "ink": Manner(
        grounds=(PAPER, (0.97, 0.95, 0.90)),
        opacity=0.95, glazes=True, light_first=False, bristle=0.05, jitter=0.0, soft=0.0,
        has_sketch=True, is_drawn=True, has_color=False,
        passes=(
            Pass("open hatching", 0.0030, 0.16, 14),
            Pass("cross hatching", 0.0030, 0.19, 10),
            Pass("darks", 0.0034, 0.22, 7),
        ),
    ),
    "digital": Manner(
        grounds=((1.0, 1.0, 1.0), (0.86, 0.87, 0.89)),
        opacity=1.0, glazes=False, light_first=False, bristle=0.0, jitter=0.008, soft=0.0,
        has_sketch=True, is_drawn=False, has_color=True,
        passes=(
            Pass("flats", 0.070, 0.02, 8, palette=8),
            Pass("shadows and lights", 0.036, 0.04, 8, palette=18),
            Pass("forms", 0.018, 0.045, 8, palette=32),
            Pass("details", 0.009, 0.052, 8),
            Pass("highlights", 0.0048, 0.075, 8),
        ),
    ),
}  # fmt: skip
