"""Whether a machine sees the folders of a run."""

from __future__ import annotations

import threading
from pathlib import Path

from ppad.storage.atomic import remove_leftovers
from ppad_pipelines.cluster.marks import Mark, marked, unseen


def test_a_marked_folder_is_made_and_seen_and_nothing_stays_in_it(tmp_path: Path) -> None:
    folder = tmp_path / "collection"
    with marked([folder, folder]) as marks:
        assert len(marks) == 1
        assert unseen(marks, 0) == ()
        assert len(list(folder.iterdir())) == 1
    assert list(folder.iterdir()) == []


def test_a_folder_of_the_same_name_elsewhere_is_not_the_folder(tmp_path: Path) -> None:
    assert unseen([Mark(tmp_path, ".tmp-0123456789abcdef-seen-by-all-nodes")], 0) == (tmp_path,)


def test_a_folder_that_can_only_be_read_is_to_be_there(tmp_path: Path) -> None:
    assert unseen([Mark(tmp_path, None), Mark(tmp_path / "missing", None)], 0) == (tmp_path / "missing",)


def test_a_file_in_the_way_of_a_folder_is_not_taken_for_it(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with marked([tmp_path / "file"]) as marks:
        assert unseen(marks, 0) == (tmp_path / "file",)


def test_a_mark_that_comes_late_is_waited_for(tmp_path: Path) -> None:
    late = threading.Timer(0.3, (tmp_path / "mark").touch)
    late.start()
    assert unseen([Mark(tmp_path, "mark")], 60) == ()
    late.join()


def test_a_mark_that_a_kill_left_is_removed_like_other_leftovers(tmp_path: Path) -> None:
    with marked([tmp_path]):
        assert len(list(tmp_path.iterdir())) == 1
        remove_leftovers(tmp_path)
        assert list(tmp_path.iterdir()) == []
