"""Words that must not be published are found wherever they stand, and nothing else is."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ppad.errors import ConfigError
from ppad.hub.names import Forbidden, read_names

HOME = "/" + "home"
"""Apart, since no text of the project may hold a path of a machine."""


def kinds(text: str, *names: str, allowed: tuple[str, ...] = ()) -> list[str]:
    return [kind for kind, _ in Forbidden(names, allowed).found_in(text)]


@pytest.mark.parametrize(
    "text",
    [
        f"recorded in {HOME}/anna/films/castle.mp4",
        "/Users/anna.k/Desktop",
        r"C:\Users\anna\film.mp4",
        r"\\server\share$\films",
        '{"source": "/mnt/nas3/day1"}',
        f"file://{HOME}/anna/x",
    ],
)
def test_a_path_of_a_machine_is_found(text: str) -> None:
    assert kinds(text) == ["a path of a machine"]


@pytest.mark.parametrize(
    "text",
    [
        "path/to/this/folder/data/*.parquet",
        f"https://example.org{HOME}/page",
        "castle-0123456789ab/0003.jpg",
        "org/model@v1.0",
        "a 3/4 view, and/or homework",
        "ratings: 1-10",
    ],
)
def test_what_only_looks_like_one_is_not(text: str) -> None:
    assert kinds(text, "Anna Kim") == []


def test_a_long_word_takes_no_longer_than_it_is_long() -> None:
    assert kinds("a" * 1_000_000) == []  # each letter as the beginning of an address would be a trillion steps


def test_names_in_another_encoding_are_refused_lest_they_be_overlooked(tmp_path: Path) -> None:
    (tmp_path / "names.txt").write_bytes(b"Jos\xe9\n")
    with pytest.raises(ConfigError, match=r"names\.txt is not UTF-8 text"):
        read_names(tmp_path / "names.txt")


def test_addresses_and_secrets_are_found() -> None:
    assert kinds("ask anna.kim@uni-example.ac.uk") == ["an e-mail address"]
    assert kinds("token=hf_" + "a1" * 15) == ["a secret"]
    assert kinds("-----BEGIN OPENSSH PRIVATE KEY-----") == ["a secret"]


@pytest.mark.parametrize(
    "text", ["by Anna Kim", "anna_kim_castle.mp4", "KIM, Anna", "(Anna-Kim)", "castle-anna-kim-0123456789ab"]
)
def test_a_name_is_found_in_any_spelling_that_files_have(text: str) -> None:
    assert kinds(text, "Anna Kim") == ["a name"]


def test_a_name_within_another_word_is_none() -> None:
    assert kinds("a kimono on a banana", "Kim", "Anna") == []


def test_a_name_in_an_alphabet_without_spaces_is_found_within_text() -> None:
    assert kinds("画家王小明的作品", "王小明") == ["a name"]


def test_what_is_allowed_may_stand() -> None:
    assert kinds("after Kim", "Kim", allowed=("kim",)) == []
    assert kinds("contact@lab.org", allowed=("contact@lab.org",)) == []


@pytest.mark.parametrize(("value", "is_name"), [
    ("artist-7", False), ("0f3a", False), ("rater-abcdefgh", False), ("Anna Kim", True), ("anna", True), ("a1@lab.org", True),
])  # fmt: skip
def test_a_pseudonym_has_a_number_and_no_space(value: str, is_name: bool) -> None:
    assert Forbidden().names_a_person(value) is is_name


@given(st.text(alphabet=st.characters(min_codepoint=97, max_codepoint=122), min_size=3, max_size=12), st.text(), st.text())
def test_a_name_between_any_two_texts_is_found(name: str, before: str, after: str) -> None:
    assert "a name" in kinds(f"{before} {name} {after}", name)


def test_names_are_read_one_a_line(tmp_path: Path) -> None:
    file = tmp_path / "names.txt"
    file.write_text("# artists\nAnna Kim\n\n  王小明 \n---\n", "utf-8")
    assert read_names(file) == ["Anna Kim", "王小明"]
