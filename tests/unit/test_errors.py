"""The tree of errors, their codes, and their way between processes."""

from __future__ import annotations

import inspect
import pickle
import re

import pytest

from ppad import errors
from ppad.errors import MissingExtraError, PpadError

CLASSES = [value for value in vars(errors).values() if inspect.isclass(value) and issubclass(value, PpadError)]
LEAVES = [kind for kind in CLASSES if not kind.__subclasses__()]


def drawn_tree() -> dict[str, tuple[str, str]]:
    """Of each class that the module's docstring draws: the class that it is drawn under, and its code."""
    drawn: dict[str, tuple[str, str]] = {}
    above: list[str] = []
    for line in (errors.__doc__ or "").splitlines():
        found = re.match(r"^([│├└─ ]*)(\w+Error)\b\s*([a-z-]+(?=$|:))?", line)
        if found:
            depth = len(found[1]) // 4
            above = [*above[:depth], found[2]]
            drawn[found[2]] = (above[depth - 1] if depth else "Exception", found[3] or "")
    return drawn


def test_the_tree_in_the_docstring_is_that_of_the_classes() -> None:
    assert {name: parent for name, (parent, _) in drawn_tree().items()} == {
        kind.__name__: kind.__base__.__name__ for kind in CLASSES
    }


def test_the_codes_in_the_docstring_are_those_of_the_classes() -> None:
    assert {name: code for name, (_, code) in drawn_tree().items() if code} == {kind.__name__: kind.code for kind in LEAVES}


def test_all_names_are_exported() -> None:
    assert sorted(errors.__all__) == sorted(kind.__name__ for kind in CLASSES)


def test_no_two_classes_share_a_code() -> None:
    codes = [kind.code for kind in CLASSES]
    assert len(set(codes)) == len(codes)
    assert all(re.fullmatch(r"[a-z]+(-[a-z]+)*", code) for code in codes)


@pytest.mark.parametrize("kind", CLASSES, ids=lambda kind: kind.__name__)
def test_an_error_keeps_its_message_and_fix_on_its_way_from_a_worker(kind: type[PpadError]) -> None:
    error = pickle.loads(pickle.dumps(kind("castle.mp4 is empty.", "Copy it again.")))
    assert type(error) is kind
    assert (error.message, error.fix) == ("castle.mp4 is empty.", "Copy it again.")


def test_an_error_reads_as_what_is_wrong_and_what_to_do() -> None:
    assert str(PpadError("castle.mp4 is empty.", "Copy it again.")) == "castle.mp4 is empty. Copy it again."


def test_a_missing_extra_says_the_line_to_type() -> None:
    assert str(MissingExtraError.of("av", "extract")) == (
        "This needs the package av, which is not installed. Run: pip install 'ppad[extract]'"
    )
