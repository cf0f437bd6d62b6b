"""Names of raters become pseudonyms."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest

from ppad.errors import ConfigError
from ppad_annotation.ratings.pseudonyms import load_pseudonyms

NAMES = ["Ada", "Berthe", "Camille", "Dora", "Edgar"]


def test_a_hash_is_the_same_for_a_name_under_a_key_and_another_under_another_key(tmp_path: Path) -> None:
    one = load_pseudonyms("hash", tmp_path / "keys" / "a.json", tmp_path / "ratings.parquet")
    one.save(tmp_path / "keys" / "a.json")
    again = load_pseudonyms("hash", tmp_path / "keys" / "a.json", tmp_path / "ratings.parquet")
    other = load_pseudonyms("hash", tmp_path / "keys" / "b.json", tmp_path / "ratings.parquet")
    assert again.of("Ada") == one.of("Ada") == one.of(" ada ")
    assert len({one.of(name) for name in NAMES} | {other.of(name) for name in NAMES}) == 10
    assert one.of("Ada").startswith("rater-")
    assert "ada" not in one.of("Ada").lower()


def test_the_key_file_of_a_hash_holds_no_name(tmp_path: Path) -> None:
    key = tmp_path / "keys" / "key.json"
    pseudonyms = load_pseudonyms("hash", key, tmp_path / "r.parquet")
    pseudonyms.learn(NAMES)
    pseudonyms.save(key)
    assert json.loads(key.read_text())["names"] == []


def test_the_key_file_can_be_read_by_its_owner_alone(tmp_path: Path) -> None:
    key = tmp_path / "keys" / "key.json"
    load_pseudonyms("hash", key, tmp_path / "r.parquet").save(key)
    assert stat.S_IMODE(key.stat().st_mode) == 0o600


def test_numbers_follow_chance_and_stay_as_they_are_when_others_come(tmp_path: Path) -> None:
    key = tmp_path / "keys" / "key.json"
    first = load_pseudonyms("numbers", key, tmp_path / "r.parquet")
    first.learn(NAMES)
    before = {name: first.of(name) for name in NAMES}
    assert sorted(before.values()) == ["rater-01", "rater-02", "rater-03", "rater-04", "rater-05"]
    first.save(key)
    later = load_pseudonyms("numbers", key, tmp_path / "r.parquet")
    later.learn(["Aaron", *NAMES])
    assert {name: later.of(name) for name in NAMES} == before
    assert later.of("Aaron") == "rater-06"


def test_numbers_are_not_in_the_order_of_the_names(tmp_path: Path) -> None:
    orders = set()
    for number in range(8):
        pseudonyms = load_pseudonyms("numbers", tmp_path / "keys" / f"{number}.json", tmp_path / "r.parquet")
        pseudonyms.learn(NAMES)
        orders.add(tuple(pseudonyms.names))
    assert len(orders) > 3


def test_none_leaves_names_as_they_are(tmp_path: Path) -> None:
    assert load_pseudonyms("none", None, tmp_path / "r.parquet").of("rater-7") == "rater-7"


@pytest.mark.parametrize("text", ["", "[]", '{"method": "hash"}', '{"method": "hash", "secret": "xyz", "names": []}'])
def test_a_file_that_is_no_key_is_refused(tmp_path: Path, text: str) -> None:
    key = tmp_path / "keys" / "key.json"
    key.parent.mkdir()
    key.write_text(text)
    with pytest.raises(ConfigError, match=r"key\.json is no key file of ppad"):
        load_pseudonyms("hash", key, tmp_path / "r.parquet")


def test_a_key_file_for_another_method_is_refused(tmp_path: Path) -> None:
    key = tmp_path / "keys" / "key.json"
    load_pseudonyms("hash", key, tmp_path / "r.parquet").save(key)
    with pytest.raises(ConfigError, match="is for --pseudonyms hash"):
        load_pseudonyms("numbers", key, tmp_path / "r.parquet")
