"""What determines a simulated artwork, and the scores that it makes true. A quality is never measured in pixels."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cached_property

import numpy as np

from ppad.rubric import Rubric
from ppad.schema import canonical_json

RUBRIC = "artwork-5"
ENGINE = "simulated artworks 1"
NOTICE = "Simulated artworks, known truth; no person painted or rated them; not comparable with published numbers."
FEWEST_THINGS, MOST_THINGS = 2, 9

MEANINGS: Mapping[str, tuple[str, str, str]] = {
    "originality": (
        "share of the things that are stars, which few artworks have many of, instead of discs",
        "discs, as everywhere",
        "nothing but stars",
    ),
    "color": (
        "purity of the things' colours, and how near their hues are",
        "muddy, from all around the circle",
        "pure, of one family",
    ),
    "texture": ("strength of the brushwork", "a dead, even surface", "every stroke can be seen"),
    "composition": (
        "how near the group of things is to the middle",
        "the group has sunk to the lower edge",
        "the group rests in the middle",
    ),
    "content": (f"number of things, {FEWEST_THINGS}–{MOST_THINGS}", f"{FEWEST_THINGS} things", f"{MOST_THINGS} things"),
}
"""What each quality is, and what the picture shows at 0 and at 1. The overall score is their mean."""


@dataclass(frozen=True)
class Artwork:
    """One simulated artwork.

    Attributes:
        scene: seed of what says nothing of a quality: where things stand within the group, single hues, the strokes.
        size: side of the picture, pixels.
        hue: of the ground, degrees in OKLCH.
        things, stars: how many things there are, and how many of them are stars.
        harmony, brushwork, balance: qualities, 0–1.
        lean: direction in which the group sinks from the middle, degrees; 90 is straight down.
    """

    scene: int
    size: int
    hue: float
    things: int
    stars: int
    harmony: float
    brushwork: float
    balance: float
    lean: float

    @property
    def qualities(self) -> dict[str, float]:
        """The five qualities, 0–1, by attribute."""
        return {
            "originality": self.stars / self.things,
            "color": self.harmony,
            "texture": self.brushwork,
            "composition": self.balance,
            "content": (self.things - FEWEST_THINGS) / (MOST_THINGS - FEWEST_THINGS),
        }

    def true_scores(self, rubric: Rubric) -> dict[str, float]:
        """The score of each attribute, on its scale: that of its quality, or of the mean of all where it has none."""
        known = self.qualities
        mean = sum(known.values()) / len(known)
        return {name: low + (high - low) * known.get(name, mean) for name, (low, high) in rubric.scales.items()}

    @cached_property
    def identity(self) -> str:
        """SHA-256 of all that determines the artwork."""
        return hashlib.sha256(canonical_json({"engine": ENGINE, **asdict(self)}).encode()).hexdigest()

    @property
    def id(self) -> str:
        """Its id in a collection."""
        return f"artwork-{self.identity[:12]}"


def draw_artwork(number: int, seed: int, size: int) -> Artwork:
    """The artwork of that number: it depends on the seed and its number alone, so that more of them begin with the same ones."""
    rng = np.random.default_rng([seed, 3_000_017, number])
    things = int(rng.integers(FEWEST_THINGS, MOST_THINGS + 1))
    harmony, brushwork, balance = (float(value) for value in rng.uniform(0, 1, 3).round(4))
    return Artwork(
        scene=int(rng.integers(2**31)),
        size=size,
        hue=float(round(rng.uniform(0, 360), 2)),
        things=things,
        stars=round(things * float(rng.uniform()) ** 1.5),
        harmony=harmony,
        brushwork=brushwork,
        balance=balance,
        lean=float(round(rng.uniform(30, 150), 2)),
    )
