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
        reach: how far this round goes, 0–1. Washes: share of the way to the final tone; hatching: the darkest tone.
        pressure: factor on the opacity of a stroke.
        is_flat: whether each part of the picture is filled with one colour.
        is_masked: whether strokes stay within the outline of their part.
        is_outline: whether lines are drawn along edges instead of tones laid in areas.
    """

    name: str
    brush: float
    tolerance: float
    length: int
    palette: int = 0
    reach: float = 1.0
    pressure: float = 1.0
    is_flat: bool = False
    is_masked: bool = False
    is_outline: bool = False


@dataclass(frozen=True, slots=True)
class Manner:
    """How a medium behaves.

    Attributes:
        grounds: colours that the empty canvas may have, sRGB 0–1; white paper first.
        opacity: of one stroke, 0–1.
        glazes: whether paint darkens what lies under it instead of covering it.
        light_first: whether light colours come before dark ones within a round.
        bristle: contrast of the marks of bristles within a stroke, 0–1; with it, strokes have ragged ends.
        grain: how much the tooth of the paper breaks a stroke, 0–1.
        rim: how much darker a wash dries at its edge, 0–1.
        jitter: spread of a stroke's colour about what is seen, 0–1.
        soft: blur of a stroke's edge in the first round, in widths of the brush; wet paper.
        has_sketch: whether a line drawing comes first.
        is_drawn: whether tones are hatched with lines instead of laid in areas.
        has_color: False for graphite and ink.
        parts: how many parts a picture is seen in.
        passes: the rounds, broad to fine.
    """

    grounds: tuple[Color, ...]
    opacity: float
    glazes: bool
    light_first: bool
    bristle: float
    grain: float
    rim: float
    jitter: float
    soft: float
    has_sketch: bool
    is_drawn: bool
    has_color: bool
    parts: int
    passes: tuple[Pass, ...]


WHITE: Color = (0.985, 0.98, 0.965)

MANNERS: dict[Medium, Manner] = {
    "oil": Manner(
        grounds=((0.93, 0.90, 0.84), (0.78, 0.66, 0.52), (0.70, 0.64, 0.58), (0.62, 0.52, 0.44)),
        opacity=0.94, glazes=False, light_first=False, bristle=0.30, grain=0.0, rim=0.0, jitter=0.03, soft=0.0,
        has_sketch=True, is_drawn=False, has_color=True, parts=9,
        passes=(
            Pass("underpainting", 0.080, 0.02, 7, palette=9),
            Pass("block-in", 0.042, 0.045, 8),
            Pass("forms", 0.021, 0.050, 8),
            Pass("details", 0.0105, 0.052, 9),
            Pass("accents", 0.0055, 0.070, 8),
        ),
    ),
    "watercolour": Manner(
        grounds=(WHITE,),
        opacity=0.55, glazes=True, light_first=True, bristle=0.0, grain=0.35, rim=0.5, jitter=0.02, soft=0.16,
        has_sketch=True, is_drawn=False, has_color=True, parts=9,
        passes=(
            Pass("first wash", 0.110, 0.03, 8, palette=6, reach=0.45),
            Pass("second wash", 0.055, 0.035, 8, palette=14, reach=0.72),
            Pass("forms", 0.027, 0.045, 8, reach=0.90),
            Pass("details", 0.013, 0.055, 8),
            Pass("accents", 0.0065, 0.075, 7),
        ),
    ),
    "pencil": Manner(
        grounds=(WHITE, (0.955, 0.945, 0.925)),
        opacity=0.72, glazes=True, light_first=False, bristle=0.0, grain=0.45, rim=0.0, jitter=0.0, soft=0.0,
        has_sketch=True, is_drawn=True, has_color=False, parts=9,
        passes=(
            Pass("light hatching", 0.0046, 0.05, 22, reach=0.24, pressure=0.5),
            Pass("half tones", 0.0042, 0.06, 16, reach=0.46, pressure=0.65),
            Pass("shadows", 0.0039, 0.06, 12, reach=0.70, pressure=0.85),
            Pass("darks", 0.0036, 0.06, 9, reach=0.92),
            Pass("contours", 0.0030, 0.0, 40, is_outline=True),
        ),
    ),
    "ink": Manner(
        grounds=(WHITE, (0.97, 0.95, 0.90)),
        opacity=0.96, glazes=True, light_first=False, bristle=0.0, grain=0.06, rim=0.0, jitter=0.0, soft=0.0,
        has_sketch=True, is_drawn=True, has_color=False, parts=9,
        passes=(
            Pass("outlines", 0.0028, 0.0, 40, is_outline=True),
            Pass("open hatching", 0.0024, 0.12, 26, reach=0.34),
            Pass("cross hatching", 0.0024, 0.10, 18, reach=0.62),
            Pass("darks", 0.0026, 0.10, 12, reach=0.95),
        ),
    ),
    "digital": Manner(
        grounds=((1.0, 1.0, 1.0), (0.86, 0.87, 0.89)),
        opacity=1.0, glazes=False, light_first=False, bristle=0.0, grain=0.0, rim=0.0, jitter=0.006, soft=0.0,
        has_sketch=True, is_drawn=False, has_color=True, parts=28,
        passes=(
            Pass("flats", 0.060, 0.01, 9, is_flat=True, is_masked=True),
            Pass("shadows and lights", 0.034, 0.04, 8, palette=24, is_masked=True),
            Pass("forms", 0.018, 0.045, 8, palette=32),
            Pass("details", 0.009, 0.052, 8),
            Pass("highlights", 0.0048, 0.075, 8),
        ),
    ),
}  # fmt: skip
