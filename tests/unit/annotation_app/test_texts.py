"""Both languages say the same things, and every key that is asked for exists."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from fixtures.campaigns import NOON
from ppad.rubric import builtin_rubrics, load_rubric
from ppad_annotation.app.guidance import shown_rubric
from ppad_annotation.app.messages import LANGUAGES, messages, say
from ppad_annotation.service.campaigns import Campaign
from ppad_annotation.service.config import CampaignConfig
from ppad_annotation.service.guidance import shipped_guidance

APP = Path(__file__).parents[3] / "annotation_app" / "ppad_annotation" / "app"
PLACE = re.compile(r"\{(\w+)\}")
CODE = "\n".join(
    path.read_text("utf-8")
    for pattern in ("**/*.py", "static/*.js", "static/*.html", "pages/**/*.html")
    for path in APP.glob(pattern)
)


def test_all_languages_have_the_same_keys() -> None:
    assert {language: sorted(messages(language)) for language in LANGUAGES} == dict.fromkeys(LANGUAGES, sorted(messages("en")))


def test_a_message_has_the_same_places_in_all_languages() -> None:
    for key, english in messages("en").items():
        for language in LANGUAGES:
            assert set(PLACE.findall(messages(language)[key])) == set(PLACE.findall(english)), (language, key)


def test_no_message_is_empty_or_left_in_english() -> None:
    same = {key for key, text in messages("zh").items() if text == messages("en")[key]}
    assert all(text.strip() for language in LANGUAGES for text in messages(language).values())
    assert {key for key in same if re.search(r"[a-z]{3}", messages("en")[key])} == set()


def test_every_key_that_the_code_names_exists() -> None:
    named = re.findall(r"""(?:\bt|\bsay)\(["']([a-z_]+\.[\w.-]+)["']|data-(?:text|label)=["']([\w.]+)["']""", CODE)
    keys = {one or other for one, other in named}
    known = set(messages("en"))
    assert len(keys) > 100
    assert {key for key in keys if not key.endswith("_") and key not in known and f"{key}.one" not in known} == set()


def test_every_message_is_used() -> None:
    """A key is used by its name, or through a template such as `reason.${reason}`."""
    starts = set(re.findall(r"[`\"']([a-z]+\.[a-z_]*)(?:\$\{|[\"'] ~)", CODE)) | {
        "help.",
        "admin.col_",
        "admin.kind_",
        "admin.habit_",
        "admin.mode_",
    }
    unused = [
        key
        for key in messages("en")
        if key.removeprefix("admin.").removesuffix(".one").removesuffix(".other") not in CODE
        and not any(key.startswith(start) for start in starts)
    ]
    assert unused == []


def test_a_message_is_filled() -> None:
    assert say("en", "login.locked", minutes=3) == "Too many wrong passwords. Try again in 3 min."


@pytest.mark.parametrize("rubric_id", builtin_rubrics())
def test_every_rubric_that_ships_is_whole_in_every_language(rubric_id: str) -> None:
    rubric, guidance = load_rubric(rubric_id), shipped_guidance(rubric_id)
    assert set(guidance) == set(LANGUAGES)
    for language, text in guidance.items():
        assert set(text.attributes) == set(rubric.attribute_ids)
        for attribute in rubric.attributes:
            words, scale = text.attributes[attribute.id], rubric.scale_of(attribute.id)
            assert [scale.low <= example.score <= scale.high for example in words.examples] == [True] * 3
            if language != "en":
                assert words.name
                assert words.question
                assert words.low
                assert words.high


def test_the_rubrics_own_words_stand_where_no_others_ship() -> None:
    rubric = load_rubric("ppad-8")
    shipped = Campaign("c", CampaignConfig(), rubric, shipped_guidance("ppad-8"), NOON)
    shown = shown_rubric(shipped, "en")
    assert shown["attributes"][0]["question"] == rubric.attributes[0].question
    assert len(shown["attributes"][0]["examples"]) == 3
    own = Campaign("c", CampaignConfig(), rubric, shipped_guidance("of-a-lab"), NOON)
    assert shown_rubric(own, "zh")["attributes"][0] == shown["attributes"][0] | {"examples": []}
