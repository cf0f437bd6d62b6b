"""Replacing a folder at once."""

from __future__ import annotations

from pathlib import Path

import pytest

from ppad.errors import LockedError, NotWritableError
from ppad.storage import publishing
from ppad.storage.publishing import building, swap
from ppad.storage.sums import write_sums

MARKER = "marker.txt"


def fill(folder: Path, text: str) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / MARKER).write_text(text)
    write_sums(folder)
    return folder


def content(folder: Path) -> str:
    return (folder / MARKER).read_text()


def hidden(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if path.name.startswith(".") and not path.name.endswith(".lock"))


@pytest.mark.parametrize("exchange", [True, False])
def test_a_swap_replaces_the_old_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, exchange: bool) -> None:
    if not exchange:
        monkeypatch.setattr(publishing, "_exchange", lambda one, other: False)
    old, new = fill(tmp_path / "set", "old"), fill(tmp_path / "made", "new")
    swap(new, old)
    assert content(old) == "new"
    assert [path.name for path in tmp_path.iterdir()] == ["set"]


def test_what_is_not_published_stays_for_the_next_run(tmp_path: Path) -> None:
    target = tmp_path / "set"
    with building(target, "key1", MARKER) as work:
        (work.folder / "half.txt").write_text("half")
    assert not target.exists()
    with building(target, "key1", MARKER) as work:
        assert (work.folder / "half.txt").read_text() == "half"
        fill(work.folder, "new")
        work.publish()
    assert content(target) == "new"
    assert hidden(target) == hidden(tmp_path) == []


def test_another_plan_starts_afresh_and_removes_the_stale_folder(tmp_path: Path) -> None:
    target = tmp_path / "set"
    with building(target, "key1", MARKER) as work:
        (work.folder / "half.txt").write_text("half")
    with building(target, "key2", MARKER) as work:
        assert not (work.folder / "half.txt").exists()
    assert hidden(tmp_path) == [".set.building-key2"]


def test_the_old_folder_under_the_building_name_is_not_taken_for_work_to_go_on_with(tmp_path: Path) -> None:
    fill(tmp_path / ".set.building-key1", "old")  # as a kill just after the exchange leaves it
    with building(tmp_path / "set", "key1", MARKER) as work:
        assert not (work.folder / MARKER).exists()


def test_half_written_files_of_a_killed_run_are_removed(tmp_path: Path) -> None:
    with building(tmp_path / "set", "key1", MARKER) as work:
        (work.folder / "data").mkdir()
        (work.folder / "data" / ".tmp-00000000000000ff-x.parquet").write_text("half")
    with building(tmp_path / "set", "key1", MARKER) as work:
        assert list((work.folder / "data").iterdir()) == []


def test_a_kill_between_the_two_renames_is_undone_at_the_next_start(tmp_path: Path) -> None:
    fill(tmp_path / ".set.replaced", "old")
    with building(tmp_path / "set", "key1", MARKER):
        assert content(tmp_path / "set") == "old"


def test_a_kill_after_the_two_renames_leaves_the_new_folder(tmp_path: Path) -> None:
    fill(tmp_path / ".set.replaced", "old")
    fill(tmp_path / "set", "new")
    with building(tmp_path / "set", "key1", MARKER):
        assert content(tmp_path / "set") == "new"
        assert hidden(tmp_path) == [".set.building-key1"]


def test_two_runs_for_one_folder_are_refused(tmp_path: Path) -> None:
    with (
        building(tmp_path / "set", "key1", MARKER),
        pytest.raises(LockedError, match="Another run is building"),
        building(tmp_path / "set", "key2", MARKER),
    ):
        pass


def test_an_empty_folder_may_be_replaced(tmp_path: Path) -> None:
    (tmp_path / "set").mkdir()
    with building(tmp_path / "set", "key1", MARKER) as work:
        fill(work.folder, "new")
        work.publish()
    assert content(tmp_path / "set") == "new"


def test_a_folder_of_another_kind_is_not_replaced(tmp_path: Path) -> None:
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "summer.jpg").write_text("mine")
    with (
        pytest.raises(NotWritableError, match="photos exists and is not a dataset of ppad"),
        building(tmp_path / "photos", "k", MARKER),
    ):
        pass
    assert (tmp_path / "photos" / "summer.jpg").exists()


def test_a_file_is_not_replaced(tmp_path: Path) -> None:
    (tmp_path / "set").write_text("mine")
    with pytest.raises(NotWritableError, match="set is a file"), building(tmp_path / "set", "k", MARKER):
        pass


def test_files_that_a_user_put_beside_the_data_are_not_lost(tmp_path: Path) -> None:
    target = fill(tmp_path / "set", "old")
    (target / ".git").mkdir()
    (target / ".git" / "HEAD").write_text("mine")
    with pytest.raises(NotWritableError, match=r"that were changed since: \.git/HEAD"), building(target, "k", MARKER):
        pass
