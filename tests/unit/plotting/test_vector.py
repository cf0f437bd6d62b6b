"""Charts inside a page."""

from __future__ import annotations

from xml.etree import ElementTree

from ppad.plotting.canvas import ACCENT, INK
from ppad.plotting.vector import Chart


def drawn(label: str = "A rising line") -> str:
    chart = Chart(300, 120, label)
    axes = chart.axes(40, 10, 240, 80)
    axes.plot([1, 2, 3], [1, 4, 2], "o-", color=ACCENT)
    chart.text(10, 14, "<b>Height</b> & more", INK)
    return str(chart.svg())


def test_a_chart_is_one_svg_element_with_its_size_and_a_name() -> None:
    root = ElementTree.fromstring(drawn())
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    assert (root.get("viewBox"), root.get("role"), root.get("aria-label")) == ("0 0 300 120", "img", "A rising line")


def test_its_colours_are_those_of_the_page() -> None:
    svg = drawn()
    assert "var(--accent)" in svg
    assert ACCENT not in svg
    assert INK not in svg


def test_its_words_are_text_in_the_font_of_the_page_and_escaped() -> None:
    svg = drawn()
    assert "&lt;b&gt;Height&lt;/b&gt; &amp; more" in svg
    assert "font-family" not in svg
    assert 'aria-label="&lt;i&gt;"' in drawn("<i>")


def test_two_charts_of_a_page_share_no_identifier_and_a_chart_is_always_the_same() -> None:
    def identifiers(svg: str) -> set[str]:
        return {name for element in ElementTree.fromstring(svg).iter() if (name := element.get("id"))}

    assert identifiers(drawn("one"))
    assert not identifiers(drawn("one")) & identifiers(drawn("two"))
    assert drawn("one") == drawn("one")
