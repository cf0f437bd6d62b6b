"""The format of a written critique: what is rendered is read back, and any text is a critique."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ppad.critique import Citation, Critique, Passage, citations, cited, labels, layout, of_rating, parse, render
from ppad.errors import ContractError
from ppad.rubric import Attribute, Rubric, Scale, load_rubric

ARTWORK = load_rubric("artwork-5")
PROCESS = load_rubric("ppad-8")


def said(rubric: Rubric, **passages: Passage) -> Critique:
    """A critique of some attributes; the others have no score and no word."""
    return Critique({name: passages.get(name, Passage()) for name in rubric.attribute_ids})


def rubric_of(*names: str) -> Rubric:
    attributes = [
        Attribute(id=f"a{number}", name=name, short=f"A{number}", aspect="x", level="low", question="?", low="-", high="+")
        for number, name in enumerate(names)
    ]
    return Rubric(id="own", version=1, title="Own", subject="artwork", scale=Scale(low=0, high=5), attributes=tuple(attributes))


RUBRICS = (ARTWORK, PROCESS, rubric_of("Ton", "Ton"), rubric_of("Remarks"), rubric_of("Straße", "Ton hell", "Ton"))


def one_line(text: str) -> str:
    return " ".join(text.split())


@st.composite
def critiques(draw: st.DrawFn, rubric: Rubric) -> Critique:
    """Any critique whose texts are on one line and whose scores have one decimal: the form that `render` promises."""
    texts = st.text(max_size=60).map(one_line) | st.sampled_from(
        ["Colour: 3/10. x", "7/10. twice", "– not", "**", "*a*", "(5)", "Remarks: no", ". dot", "[frame 2: 1,2,3,4]", "5."]
    )
    passages = {}
    for name, (low, high) in rubric.scales.items():
        tenths = st.integers(10 * low, 10 * high).map(lambda value: value / 10)
        passages[name] = Passage(draw(st.none() | tenths), draw(texts))
    return Critique(passages, draw(texts))


def test_a_critique_has_a_line_for_each_attribute_with_score_and_paragraph() -> None:
    critique = said(ARTWORK, color=Passage(7, "Warm, with one accent."), overall=Passage(61.26, "Sound\n  work."))
    assert render(critique, ARTWORK).splitlines() == [
        "Originality: –/10.",
        "Colour: 7/10. Warm, with one accent.",
        "Texture: –/10.",
        "Composition: –/10.",
        "Content: –/10.",
        "Overall: 61.3/100. Sound work.",
    ]


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from([ARTWORK, PROCESS, rubric_of("Ton", "Ton"), rubric_of("Remarks"), rubric_of("Straße", "Ton: hell")]),
    st.data(),
)
def test_what_was_rendered_is_read_back_whatever_the_texts_hold(rubric: Rubric, data: st.DataObject) -> None:
    critique = data.draw(critiques(rubric))
    assert parse(render(critique, rubric), rubric) == critique


SCRAPS = ("Colour", "\n", ":", "7/10", " ", "**", "–", "(", ")", "Remarks", "overall", "12", ".", "color_depth", "[frame 1]", "x")


@settings(max_examples=150, deadline=None)
@given(st.sampled_from([ARTWORK, PROCESS]), st.text() | st.lists(st.sampled_from(SCRAPS), max_size=30).map("".join))
def test_any_text_is_a_critique_and_reading_it_again_changes_nothing(rubric: Rubric, text: str) -> None:
    critique = parse(text, rubric)
    assert tuple(critique.passages) == rubric.attribute_ids
    for name, (low, high) in rubric.scales.items():
        score = critique.scores[name]
        assert score is None or low <= score <= high
    assert parse(render(critique, rubric), rubric) == critique
    list(citations(text))


@pytest.mark.parametrize(
    ("text", "score", "rest"),
    [
        ("Colour: 7/10. Warm.", 7, "Warm."),
        ("colour: 7,5/10 – warm", 7.5, "– warm"),
        ("- **Colour:** 7 out of 10. Warm", 7, "Warm"),
        ("### 2. Colour (7/10)\nWarm.", 7, "Warm."),
        ("**Colour** (7): Warm.", 7, "Warm."),
        ("COLOR\n\n7\nWarm.\nAnd bright.", 7, "Warm. And bright."),
        ("Colour score: 7. Warm.", 7, "Warm."),
        ("Colour — 7/10, warm", 7, "warm"),
        ("Colour: 5 birds, all of them blue", None, "5 birds, all of them blue"),
        ("Colour: 14/10. Wild.", None, "14/10. Wild."),
        ("Colour: 7/100. Wild.", None, "7/100. Wild."),
        ("Colour: 2026 was warm", None, "2026 was warm"),
        ("Colour: cannot judge", None, "cannot judge"),
    ],
)
def test_headings_and_scores_are_known_in_the_ways_that_people_and_models_write_them(
    text: str, score: float | None, rest: str
) -> None:
    assert parse(text, ARTWORK).passages["color"] == Passage(score, rest)


def test_what_no_heading_claims_is_a_remark_and_a_second_heading_adds_to_the_first() -> None:
    critique = parse("A fine sheet.\nColour: 7/10. Warm.\nTexture: thin\nColour: 2/10. Dull too.\nRemarks: 3/10 of it", ARTWORK)
    assert critique.remarks == "A fine sheet. 3/10 of it"
    assert critique.passages["color"] == Passage(7, "Warm. Dull too.")
    assert critique.prose == "Warm. Dull too. thin A fine sheet. 3/10 of it"


def test_a_word_of_an_attribute_within_a_sentence_is_no_heading() -> None:
    assert parse("Colour and texture: both are fine", ARTWORK).remarks == "Colour and texture: both are fine"


def test_scores_off_the_scale_are_brought_to_its_end_when_rendered_and_nan_is_none() -> None:
    critique = said(ARTWORK, color=Passage(11.4), texture=Passage(-2), content=Passage(float("nan")))
    scores = parse(render(critique, ARTWORK), ARTWORK).scores
    assert (scores["color"], scores["texture"], scores["content"]) == (10, 1, None)


def test_citations_are_frames_from_zero_and_regions_as_shares() -> None:
    text = "The arm [frame 3: 10,20,35,40] moves [Frame 5], not [frame 0], [frame 2: 90,0,20,5] or [frame x]."
    assert list(citations(text)) == [Citation(2, (0.1, 0.2, 0.35, 0.4)), Citation(4), Citation(1)]
    assert said(PROCESS, consistency=Passage(3, text)).prose == "The arm moves , not [frame 0], or [frame x]."


def test_pins_of_the_app_come_back_as_pins_to_the_percent() -> None:
    pins = [
        {"attribute": "color", "frame": 0, "box": [0.101, 0.2, 0.349, 0.4], "note": "The sky."},
        {"attribute": None, "frame": 2},
        {"frame": 4, "box": None, "note": "  Late. "},
    ]
    row = dict.fromkeys(ARTWORK.attribute_ids) | {"color": 8, "critique": "Bright.", "pins": json.dumps(pins)}
    critique = of_rating(row, ARTWORK)
    assert critique.passages["color"] == Passage(8, "The sky. [frame 1: 10,20,35,40]")
    assert critique.remarks == "Bright. [frame 3] Late. [frame 5]"
    assert critique.pins() == [
        {"attribute": "color", "frame": 0, "box": [0.1, 0.2, 0.35, 0.4]},
        {"attribute": None, "frame": 2, "box": None},
        {"attribute": None, "frame": 4, "box": None},
    ]
    assert cited({"frame": 0, "box": [0.996, 0, 0.004, 1]}) == "[frame 1: 100,0,0,100]"


def test_a_rating_whose_text_has_the_format_is_taken_apart_and_its_own_scores_count() -> None:
    row = {"color": 4, "critique": "Colour: 9/10. Warm.\nContent: 3/10. Thin."}
    critique = of_rating(row, ARTWORK)
    assert (critique.passages["color"], critique.passages["content"]) == (Passage(4, "Warm."), Passage(3, "Thin."))


@pytest.mark.parametrize(
    ("pins", "wrong"),
    [
        ("{", "no JSON"),
        ("7", "no list"),
        ('[{"frame": 0}, {"box": null}]', "pin 2 is"),
        ('[{"frame": 0, "box": [0, 0, 2, 1]}]', "pin 1 is"),
    ],
)
def test_malformed_pins_are_named(pins: str, wrong: str) -> None:
    with pytest.raises(ContractError, match=wrong):
        of_rating({"critique": None, "pins": pins}, ARTWORK)


def test_names_that_do_not_tell_attributes_apart_give_way_to_ids() -> None:
    assert labels(ARTWORK)["color"] == "Colour"
    assert labels(rubric_of("Ton", "ton")) == {"a0": "a0", "a1": "a1"}
    assert labels(rubric_of("Ton: hell")) == {"a0": "a0"}


def test_the_layout_is_an_instruction_made_from_the_rubric() -> None:
    assert layout(rubric_of("Ton", "Linie")) == "Ton: <score>/5. <paragraph>\nLinie: <score>/5. <paragraph>"
