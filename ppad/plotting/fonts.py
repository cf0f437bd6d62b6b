"""Letters for every script: matplotlib's own typeface, and fonts of this computer for what it lacks."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from matplotlib.backends.backend_agg import RendererAgg
from matplotlib.font_manager import FontEntry, FontProperties, findfont, findSystemFonts, fontManager
from matplotlib.ft2font import FT2Font

BASE = "DejaVu Sans"
REPLACEMENT = "\N{REPLACEMENT CHARACTER}"
DPI = 128
"""A power of two: sizes in inches are then exact, and a sheet has exactly the pixels that were asked for."""


@dataclass(frozen=True, slots=True)
class Style:
    """How words look: size in pixels, colour, weight."""

    size: float
    color: str
    weight: str = "normal"


@dataclass(frozen=True, slots=True)
class Lettering:
    """The fonts of one sheet.

    Attributes:
        families: font families, tried in order for each character.
        missing: characters that no font has; they are written as U+FFFD.
    """

    families: tuple[str, ...]
    missing: frozenset[str]

    @classmethod
    def of(cls, texts: Iterable[str]) -> Lettering:
        """Fonts for the characters of these texts: the base, and as few others as needed."""
        wanted = {char for text in texts for char in text if not char.isspace()}
        families, missing = _cover(frozenset(_lacking(findfont(BASE), wanted)))
        return cls((BASE, *families), missing)

    def clean(self, text: str) -> str:
        """The text with what cannot be written replaced."""
        return "".join(REPLACEMENT if char in self.missing else char for char in text)

    def font(self, style: Style) -> FontProperties:
        """The font of a style."""
        return FontProperties(family=list(self.families), size=style.size * 72 / DPI, weight=style.weight)

    def width(self, text: str, style: Style) -> float:
        """Width of a line of text, in pixels."""
        if not text:
            return 0.0
        with quiet_search():
            return float(_ruler().get_text_width_height_descent(self.clean(text), self.font(style), False)[0])


@contextlib.contextmanager
def quiet_search() -> Iterator[None]:
    """Keep matplotlib from logging that a fallback font lacks a weight: it has the letters, which is what it was taken for."""
    log = logging.getLogger("matplotlib.font_manager")
    log.addFilter(_is_no_weight_remark)
    try:
        yield
    finally:
        log.removeFilter(_is_no_weight_remark)


def _is_no_weight_remark(record: logging.LogRecord) -> bool:
    return "font weight" not in str(record.msg)


@lru_cache(maxsize=1)
def _ruler() -> RendererAgg:
    return RendererAgg(1, 1, DPI)


@lru_cache(maxsize=256)
def _cover(wanted: frozenset[str]) -> tuple[tuple[str, ...], frozenset[str]]:
    """Families that have these characters, and the characters that none has."""
    families, left = _search(set(wanted), fontManager.ttflist)
    if left:
        more, left = _search(left, _new_fonts())
        families += more
    return tuple(families), frozenset(left)


def _search(wanted: set[str], fonts: Iterable[FontEntry]) -> tuple[list[str], set[str]]:
    """Families that have these characters, those made for many scripts first, and the characters that are left over.

    The order does not depend on the disk, so that equal computers draw equal sheets.
    """
    families: list[str] = []
    for font in sorted(
        filter(_is_regular, fonts), key=lambda font: (not font.name.startswith("Noto Sans"), font.name, font.fname)
    ):
        left = _lacking(font.fname, wanted) if wanted else wanted
        if len(left) < len(wanted):
            families.append(font.name)
            wanted = left
    return families, wanted


def _is_regular(font: FontEntry) -> bool:
    """Upright, of usual weight, and with real letters."""
    return font.style == "normal" and font.weight in (400, 500, "normal") and not font.name.startswith("Last Resort")


def _new_fonts() -> list[FontEntry]:
    """Fonts that were installed after matplotlib last looked; it is told of them."""
    known = {Path(font.fname) for font in fontManager.ttflist}
    before = len(fontManager.ttflist)
    for file in sorted(findSystemFonts()):
        if Path(file) not in known:
            with contextlib.suppress(OSError, RuntimeError):
                fontManager.addfont(file)
    return list(fontManager.ttflist[before:])


def _lacking(font_file: str, wanted: set[str]) -> set[str]:
    """The characters that a font cannot draw; bitmap fonts (coloured emoji) cannot be drawn at all."""
    with contextlib.suppress(OSError, RuntimeError):
        font = FT2Font(font_file)
        if font.scalable:
            return {char for char in wanted if not font.get_char_index(ord(char))}
    return wanted
