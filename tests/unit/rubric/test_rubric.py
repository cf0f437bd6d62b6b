"""Rubrics as data: those that ship, and those that a lab brings."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from ppad.errors import ConfigError, NotFoundError
from ppad.rubric import Scale, builtin_rubrics, load_rubric


def definition(**changes: Any) -> dict[str, Any]:
    attribute = {
        "id": "harmony",
        "name": "Harmony",
        "short": "Harm.",
        "aspect": "colour",
        "level": "low",
        "question": "Do the colours agree?",
        "low": "No.",
        "high": "Yes.",
    }
    values = {
        "id": "own-1",
        "version": 1,
        "title": "Our own",
        "subject": "artwork",
        "scale": {"low": 1, "high": 5},
        "attributes": [attribute],
    }
    return values | changes


def written(folder: Path, values: object) -> Path:
    path = folder / "own.yaml"
    path.write_text(yaml.safe_dump(values))
    return path


def refusal(folder: Path, values: object) -> str:
    with pytest.raises(ConfigError) as caught:
        load_rubric(written(folder, values))
    return caught.value.message


def test_two_rubrics_ship() -> None:
    assert builtin_rubrics() == ("artwork-5", "ppad-8")


def test_the_eight_attributes_of_the_painting_process_are_rated_from_1_to_10() -> None:
    rubric = load_rubric("ppad-8")
    assert rubric.attribute_ids == (
        "consistency",
        "style_stability",
        "color_stability",
        "composition_stability",
        "process_stability",
        "detail_depth",
        "color_depth",
        "composition_depth",
    )
    assert [attribute.short for attribute in rubric.attributes] == [
        "Consis.", "S. S.", "Col. S.", "Com. S.", "Proc. S.", "D. D.", "Col. D.", "Com. D.",
    ]  # fmt: skip
    assert {rubric.scale_of(name) for name in rubric.attribute_ids} == {Scale(low=1, high=10)}
    assert rubric.subject == "process"


def test_a_finished_artwork_has_five_dimensions_from_1_to_10_and_an_overall_score_to_100() -> None:
    rubric = load_rubric("artwork-5")
    assert rubric.attribute_ids == ("originality", "color", "texture", "composition", "content", "overall")
    assert rubric.scale_of("color") == Scale(low=1, high=10)
    assert rubric.scale_of("overall") == Scale(low=1, high=100)


def test_a_lab_brings_its_own(tmp_path: Path) -> None:
    rubric = load_rubric(written(tmp_path, definition()))
    assert rubric.attribute_ids == ("harmony",)
    assert rubric.scale_of("harmony") == Scale(low=1, high=5)


def test_an_unknown_rubric_is_refused_with_those_that_ship() -> None:
    with pytest.raises(NotFoundError) as caught:
        load_rubric("ppad-9")
    assert str(caught.value) == "There is no rubric 'ppad-9'. Use artwork-5 or ppad-8, or the path of a YAML file."


def test_all_problems_of_a_definition_are_named(tmp_path: Path) -> None:
    message = refusal(tmp_path, definition(version=0, subject="poem", colour="red"))
    assert "'version': input should be greater than or equal to 1, not 0" in message
    assert "'subject': input should be 'process' or 'artwork', not 'poem'" in message
    assert "Unknown key 'colour'" in message


def test_a_missing_part_is_named(tmp_path: Path) -> None:
    values = definition()
    del values["title"], values["attributes"][0]["question"]
    message = refusal(tmp_path, values)
    assert "'title' is missing" in message
    assert "'attributes.0.question' is missing" in message


def test_two_attributes_of_one_id_are_refused(tmp_path: Path) -> None:
    (attribute,) = definition()["attributes"]
    assert "attribute ids must differ: harmony" in refusal(tmp_path, definition(attributes=[attribute, attribute]))


@pytest.mark.parametrize(("low", "high"), [(5, 5), (6, 5)])
def test_a_scale_that_does_not_rise_is_refused(tmp_path: Path, low: int, high: int) -> None:
    message = refusal(tmp_path, definition(scale={"low": low, "high": high}))
    assert f"the scale must rise: low {low}, high {high}" in message


def test_a_score_that_does_not_fit_a_byte_is_refused(tmp_path: Path) -> None:
    assert "less than or equal to 127" in refusal(tmp_path, definition(scale={"low": 1, "high": 128}))


@pytest.mark.parametrize("name", ["Harmony", "har mony", "1st", "a-b", ""])
def test_an_id_that_cannot_name_a_column_is_refused(tmp_path: Path, name: str) -> None:
    (attribute,) = definition()["attributes"]
    assert "attributes.0.id" in refusal(tmp_path, definition(attributes=[attribute | {"id": name}]))


def test_a_rubric_without_attributes_is_refused(tmp_path: Path) -> None:
    assert "'attributes'" in refusal(tmp_path, definition(attributes=[]))


@pytest.mark.parametrize("text", ["a: [1", "x: y: z"])
def test_a_definition_that_is_not_yaml_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "own.yaml").write_text(text)
    with pytest.raises(ConfigError, match="is not YAML"):
        load_rubric(tmp_path / "own.yaml")


@pytest.mark.parametrize("values", [None, [1, 2], "words"])
def test_a_definition_without_keys_is_refused(tmp_path: Path, values: object) -> None:
    assert refusal(tmp_path, values).startswith("Rubric ")


def test_rubrics_that_ask_the_same_have_one_digest(tmp_path: Path) -> None:
    rubric = load_rubric(written(tmp_path, definition()))
    again = load_rubric(written(tmp_path, dict(reversed(definition().items()))))
    other = load_rubric(written(tmp_path, definition(version=2)))
    assert rubric.digest() == again.digest() != other.digest()
