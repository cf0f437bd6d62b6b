"""The leak audit: every way in which a run may know what it is measured on."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from fixtures.judged import process_id, write_rated, write_run
from ppad.errors import LeakError
from ppad.storage import Dataset
from ppad_model.evaluation.audit import Leak, find_leaks, refuse_leaks
from ppad_model.evaluation.rows import read_rows
from ppad_model.seen import read_seen

SPLITS = {"train": 4, "test_real": 4}  # processes 0 to 3, and 4 to 7


def leaks(root: Path, run: Path, dataset: Path | None = None) -> list[Leak]:
    data = Dataset.open(dataset or root)
    return find_leaks("run", read_seen(run), data, read_rows(data).ids)


def audit(folder: Path, *, train: Any = range(4), validation: Any = (), **drawing: Any) -> list[Leak]:
    root = write_rated(folder / "dataset", SPLITS, **drawing)
    return leaks(root, write_run(folder / "run", root, train=train, validation=validation))


def test_a_run_that_saw_only_the_training_split_has_no_leak(tmp_path: Path) -> None:
    assert audit(tmp_path) == []


def test_a_process_that_was_trained_on_is_seen(tmp_path: Path) -> None:
    (leak,) = audit(tmp_path, train=[0, 1, 5])
    assert (leak.kind, leak.ids) == ("seen", (process_id(5),))
    assert leak.sentence() == f"run was trained on 1 of the evaluated processes: {process_id(5)}"


def test_a_process_that_chose_the_weights_is_a_leak_of_its_own_kind(tmp_path: Path) -> None:
    (leak,) = audit(tmp_path, train=[0], validation=[6])
    assert (leak.kind, leak.ids) == ("chosen", (process_id(6),))


def test_a_process_that_was_both_counts_as_seen(tmp_path: Path) -> None:
    assert [leak.kind for leak in audit(tmp_path, train=[6], validation=[6])] == ["seen"]


def test_processes_of_one_component_are_tied(tmp_path: Path) -> None:
    (leak,) = audit(tmp_path, groups={2: 7, 7: 7})
    assert (leak.kind, leak.ids) == ("tied", (process_id(7),))
    assert f"has the component of {process_id(2)}" in leak.example


@pytest.mark.parametrize(
    ("shared", "words"),
    [
        ({"artist_id": "artist-1"}, "the artist"),
        ({"reference_kind": "prompt", "reference_image": None, "prompt": "A Red Boat!"}, "the prompt"),
    ],
)
def test_ties_that_no_audit_of_splits_knows_are_found_by_what_is_shared(
    tmp_path: Path, shared: dict[str, Any], words: str
) -> None:
    changes = {1: shared, 4: shared | ({"prompt": "a red  boat"} if "prompt" in shared else {})}
    (leak,) = audit(tmp_path, changes=changes)
    assert (leak.kind, leak.ids) == ("tied", (process_id(4),))
    assert words in leak.example


def test_a_leak_is_found_in_another_dataset_that_holds_the_same_painting(tmp_path: Path) -> None:
    trained = write_rated(tmp_path / "trained", {"train": 4})
    run = write_run(tmp_path / "run", trained, train=range(4))
    reference = trained.parent / "other"
    from fixtures.judged import drawn_process

    same = {"reference_image": drawn_process(3).reference_image}
    other = write_rated(reference, SPLITS, changes={6: same})
    (leak,) = leaks(trained, run, other)
    assert (leak.kind, leak.ids) == ("tied", (process_id(6),))
    assert "the reference or source file" in leak.example


def test_a_run_that_does_not_say_what_it_saw_is_unknown(tmp_path: Path) -> None:
    data = Dataset.open(write_rated(tmp_path / "dataset", SPLITS))
    (leak,) = find_leaks("run", None, data, read_rows(data).ids)
    assert leak.kind == "unknown"
    assert leak.sentence().startswith("run does not say what it was trained on")
    assert len(leak.ids) == 4


def test_leaks_are_refused_unless_their_kind_is_allowed_by_name() -> None:
    found = [Leak("run", "seen", ("a", "b"), "a"), Leak("run", "tied", ("c",), "c has the artist of a")]
    refuse_leaks([], [])
    refuse_leaks(found, ["seen", "tied"])
    with pytest.raises(LeakError, match="--allow-leak tied") as refused:
        refuse_leaks(found, ["seen"])
    assert (
        refused.value.message
        == "1 of the evaluated processes share something with what run was trained on: c has the artist of a."
    )
    assert "--allow-leak seen" not in refused.value.fix
