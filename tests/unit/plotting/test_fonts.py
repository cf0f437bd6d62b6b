"""Letters for every script."""

import pytest

from ppad.plotting.fonts import BASE, REPLACEMENT, Lettering, Style

NOWHERE = "\u0378"  # not assigned: no font has it
PLAIN = Style(16, "black")


def test_latin_greek_and_cyrillic_need_no_other_font() -> None:
    assert Lettering.of(["Peär", "Αχλάδι", "Груша"]) == Lettering((BASE,), frozenset())


def test_a_character_without_a_font_is_named_and_replaced() -> None:
    lettering = Lettering.of([f"a{NOWHERE}b"])
    assert lettering.missing == {NOWHERE}
    assert lettering.clean(f"a{NOWHERE}b") == f"a{REPLACEMENT}b"


@pytest.mark.parametrize("text", ["画家", "ภาพ", f"{NOWHERE}", "$\\frac{x}{0}$"])
def test_any_text_can_be_measured_without_a_warning(text: str) -> None:
    assert Lettering.of([text]).width(text, PLAIN) > 0


def test_a_wider_text_measures_wider() -> None:
    lettering = Lettering.of(["ab"])
    assert lettering.width("ab", PLAIN) > lettering.width("a", PLAIN) > lettering.width("", PLAIN) == 0
