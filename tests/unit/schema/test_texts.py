"""JSON and YAML from outside: a value, or a ValueError, whatever the text."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ppad.cli.settings import read_settings
from ppad.errors import ConfigError
from ppad.rubric import load_rubric
from ppad.schema import StageConfig, json_value, yaml_value

NO_YAML = [
    "a: [1", "day: 2024-13-45", "day: !!timestamp yesterday", "n: !!int ''", "n: !!float x", "b: !!bool maybe", "=",
    "n: " + "9" * 5000, "[" * 3000, 'word: "\\ud800"', "a: !!python/object/apply:os.getcwd []",
    "a: !!timestamp 2001-11-23 00:00:00 +99:99",
]  # fmt: skip
"""Texts that PyYAML answers with seven kinds of exception."""

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@pytest.mark.parametrize("text", NO_YAML, ids=lambda text: text[:20])
def test_what_is_no_yaml_is_a_value_error(text: str) -> None:
    with pytest.raises(ValueError, match=r"\S"):
        yaml_value(text)


@pytest.mark.parametrize("text", NO_YAML, ids=lambda text: text[:20])
def test_settings_and_rubrics_that_are_no_yaml_are_refused_in_a_sentence(tmp_path: Path, text: str) -> None:
    (tmp_path / "own.yaml").write_text(text)
    with pytest.raises(ConfigError, match="is not YAML"):
        StageConfig.load(tmp_path / "own.yaml")
    with pytest.raises(ConfigError, match="is not YAML"):
        load_rubric(tmp_path / "own.yaml")
    with pytest.raises(ConfigError, match="a value that is no YAML"):
        read_settings([f"key={text}"])


def test_a_rubric_in_another_encoding_is_refused(tmp_path: Path) -> None:
    (tmp_path / "own.yaml").write_bytes(b"title: Gr\xfc\xdfe\n")
    with pytest.raises(ConfigError, match="is not YAML"):
        load_rubric(tmp_path / "own.yaml")


def test_a_few_lines_of_yaml_that_stand_for_a_billion_values_are_shown_in_a_few_words() -> None:
    class Settings(StageConfig):
        size: int = 0

    levels = "".join(f"l{level}: &l{level} [{', '.join([f'*l{level - 1}'] * 9)}]\n" for level in range(1, 10))
    bomb = yaml_value(f"l0: &l0 [x]\n{levels}")["l9"]
    with pytest.raises(ConfigError) as caught:
        Settings.load(size=bomb)
    assert len(caught.value.message) < 500


@pytest.mark.parametrize(
    "text", ["", "{", "[" * 100_000, '"\\ud800"', '{"\\uDFFF": 1}', "9" * 5000, "nan"], ids=lambda text: text[:9]
)
def test_what_is_no_json_is_a_value_error(text: str) -> None:
    with pytest.raises(ValueError, match=r"\S"):
        json_value(text)


def test_a_whole_surrogate_pair_is_a_letter() -> None:
    assert json_value('"\\ud83d\\ude00"') == "😀"


@given(JSON)
def test_json_gives_back_what_was_written(value: Any) -> None:
    assert json_value(json.dumps(value)) == value
    assert json_value(json.dumps(value, ensure_ascii=False)) == value


@given(st.text(alphabet=st.sampled_from("{}[]:,-?!&*|>'\"%@`#=~ \n\tabc019.+\\ud8<\u0085\u2028"), max_size=40))
def test_any_text_is_a_value_or_a_value_error(text: str) -> None:
    with contextlib.suppress(ValueError):
        json.dumps(yaml_value(text), default=str).encode()
    with contextlib.suppress(ValueError):
        json.dumps(json_value(text), ensure_ascii=False).encode()
