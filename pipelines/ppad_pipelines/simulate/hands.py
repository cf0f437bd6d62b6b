"""The hand that paints, as numbers, so that one manner can be any share of the way to another."""

from __future__ import annotations

from dataclasses import dataclass, fields


@dataclass(frozen=True, slots=True)
class Hand:
    """How strokes are laid. Every number may be mixed with that of another hand.

    Attributes:
        width: of the brush, in usual widths.
        length: of a stroke, in widths; 1 is a dab.
        hatch: 0: strokes follow the form; 1: all run in one slanting direction.
        wander: spread of directions, degrees.
        gaps: share of the ground that is left between strokes, about.
        bristle: contrast of the marks of bristles or of the paper's tooth, 0–1.
        soft: blur of edges, in widths of the brush.
        jitter: spread of a stroke's lightness, 0–1.
        cover: opacity of the paint, 0–1.
        contour: opacity of dark lines around things, 0–1.
    """

    width: float
    length: float
    hatch: float
    wander: float
    gaps: float
    bristle: float
    soft: float
    jitter: float
    cover: float
    contour: float

    def towards(self, other: Hand, share: float) -> Hand:
        """The manner at a share, 0–1, of the way to another."""
        return Hand(**{f.name: (1 - share) * getattr(self, f.name) + share * getattr(other, f.name) for f in fields(Hand)})


MEDIA: dict[str, Hand] = {
    "oil": Hand(width=1.0, length=5, hatch=0, wander=12, gaps=0.0, bristle=0.40, soft=0.02, jitter=0.022, cover=0.98, contour=0),
    "gouache": Hand(width=1.3, length=4, hatch=0, wander=4, gaps=0.0, bristle=0.05, soft=0.0, jitter=0.008, cover=1.0, contour=0),
    "watercolour": Hand(
        width=1.7, length=3, hatch=0, wander=25, gaps=0.02, bristle=0.18, soft=0.05, jitter=0.02, cover=0.86, contour=0.12
    ),
    "crayon": Hand(
        width=0.55, length=9, hatch=0.35, wander=7, gaps=0.10, bristle=0.50, soft=0.0, jitter=0.03, cover=0.95, contour=0.35
    ),
    "pastel": Hand(
        width=0.9, length=3.5, hatch=0.15, wander=30, gaps=0.12, bristle=0.60, soft=0.10, jitter=0.035, cover=0.95, contour=0.05
    ),
}
"""What paintings end in."""

FOREIGN: dict[str, Hand] = {
    "dots": Hand(width=0.55, length=0.2, hatch=0, wander=90, gaps=0.30, bristle=0.0, soft=0.0, jitter=0.10, cover=1.0, contour=0),
    "hatching": Hand(
        width=0.24, length=16, hatch=1, wander=4, gaps=0.75, bristle=0.0, soft=0.0, jitter=0.05, cover=1.0, contour=0.9
    ),
    "slabs": Hand(
        width=2.2, length=1.6, hatch=0.9, wander=60, gaps=0.0, bristle=0.2, soft=0.0, jitter=0.13, cover=1.0, contour=0
    ),
}
"""Manners that a painting may start in and then leave."""

SEEN = Hand(width=1.2, length=4, hatch=0, wander=6, gaps=0.0, bristle=0.0, soft=0.0, jitter=0.006, cover=1.0, contour=0)
"""The manner of references: what is to be painted, without a painter's handwriting."""
