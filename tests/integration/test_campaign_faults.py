"""A campaign on a disk that fills up or cannot be written: what was acknowledged is there, and goes on when the disk does."""

from __future__ import annotations

import shutil
import threading
from pathlib import Path

import pytest

from fixtures.campaigns import add_raters, answer, at, begin, claimed, drawn_collection, rate
from fixtures.faults import Disk, ppad
from ppad.errors import DatabaseUnusableError, DiskFullError, NotWritableError
from ppad_annotation.service import database
from ppad_annotation.service.backup import backup, restore
from ppad_annotation.service.checking import check
from ppad_annotation.service.database import Database
from ppad_annotation.service.drafts import save_draft
from ppad_annotation.service.exporting import rating_events
from ppad_annotation.service.queue import claim
from ppad_annotation.service.ratings import submit
from ppad_annotation.service.workspace import Workspace


def begun(place: Path, items: int = 6) -> tuple[Workspace, Database, str]:
    """A campaign with a rater, who has rated one item."""
    workspace = Workspace(place / "campaign")
    db = begin(workspace.make(), place, items=items)
    (ada,) = add_raters(db, 1)
    rate(db, ada)
    return workspace, db, ada


def test_a_rating_that_finds_the_disk_full_is_refused_as_a_whole_and_taken_once_there_is_room(small_disk: Disk) -> None:
    _, db, ada = begun(small_disk.place)
    mine = claimed(db, ada, at(1))
    given = answer(db, mine, critique="Warm. " * 500)
    before = [event["event_id"] for event in rating_events(db)]
    small_disk.leave(0)
    for _ in range(3):
        with pytest.raises(DiskFullError, match="what was acknowledged is safe"):
            submit(db, given, ada, at(2))
        with pytest.raises(DiskFullError):
            save_draft(db, mine.id, ada, {"critique": "w" * 3000}, at(2))
    assert [event["event_id"] for event in rating_events(db)] == before
    assert check(db).problems == []
    small_disk.clear()
    assert submit(db, given, ada, at(3)).event_id == given.event_id
    assert [event["event_id"] for event in rating_events(db)] == [*before, given.event_id]
    assert check(db).problems == []
    db.close()


def test_a_campaign_on_a_read_only_disk_can_be_looked_at_and_refuses_the_rest_in_a_sentence(small_disk: Disk) -> None:
    workspace, db, ada = begun(small_disk.place)
    db.close()
    small_disk.be("ro")
    said = ppad("annotate status {campaign}", campaign=workspace.root)
    with pytest.raises(DatabaseUnusableError, match="writable"):
        claim(workspace.connect(workspace.database), ada, at(1))
    small_disk.be("rw")
    assert (said.code, "0 of 6 complete" in said.text) == (0, True)
    db = workspace.open()
    rate(db, ada, at(2))
    assert check(db).problems == []
    db.close()


@pytest.mark.parametrize("fate", ["moved", "replaced"])
def test_nothing_is_acknowledged_into_a_database_that_is_no_longer_there(tmp_path: Path, fate: str) -> None:
    """An admin moves a campaign, or restores one over it, while raters work: what is written would be nowhere."""
    workspace, db, ada = begun(tmp_path)
    mine = claimed(db, ada, at(1))
    file, aside = workspace.root / "campaign.sqlite", tmp_path / "aside.sqlite"
    file.rename(aside)
    if fate == "replaced":
        shutil.copyfile(aside, file)
    given = answer(db, mine)
    for _ in range(2):
        with pytest.raises(DatabaseUnusableError, match=r"moved, removed or replaced .* nothing was stored"):
            submit(db, given, ada, at(2))
    aside.replace(file)
    assert submit(db, given, ada, at(3)).event_id == given.event_id
    assert len(list(rating_events(db))) == 2
    db.close()


@pytest.mark.parametrize("room", [0, 200_000])
def test_an_import_that_fills_the_disk_goes_on_with_what_is_missing(small_disk: Disk, tmp_path: Path, room: int) -> None:
    drawn_collection(tmp_path / "collection", 40)
    line = "annotate init {campaign} {collection} --raters-per-item 1 --workers 1"
    places = {"campaign": small_disk.place / "campaign", "collection": tmp_path / "collection"}
    small_disk.leave(room)
    said = ppad(line, **places)
    assert said.code in (1, 2)
    assert "[disk-full]" in said.text and "unexpected" not in said.text
    small_disk.clear()
    assert ppad(line, **places).code == 0
    db = Workspace(places["campaign"]).open()
    health = check(db)
    assert (health.counts["item"], health.counts["slot"], health.problems) == (40, 40, [])
    assert len(list((places["campaign"] / "media").rglob("*.pack"))) == 40
    db.close()


@pytest.mark.parametrize("room", [0, 60_000])
def test_a_backup_that_fills_the_disk_is_none_and_the_earlier_ones_stay(small_disk: Disk, tmp_path: Path, room: int) -> None:
    workspace, db, ada = begun(tmp_path)
    backups = small_disk.place / "backups"
    first = backup(workspace, db, backups, at(5))
    rate(db, ada, at(6))
    small_disk.leave(room)
    with pytest.raises(DiskFullError):
        backup(workspace, db, backups, at(7), keep=1)
    small_disk.clear()
    assert restore(first, Workspace(tmp_path / "again")).chain.events == 1
    assert restore(backup(workspace, db, backups, at(8), keep=1), Workspace(tmp_path / "newest")).chain.events == 2
    assert not first.exists()
    db.close()


@pytest.mark.parametrize("room", [0, 240_000])
def test_a_restore_that_fills_the_disk_can_be_done_again_in_the_same_folder(small_disk: Disk, tmp_path: Path, room: int) -> None:
    workspace, db, _ = begun(tmp_path)
    saved = backup(workspace, db, tmp_path / "backups", at(5))
    db.close()
    target = Workspace(small_disk.place / "restored")
    small_disk.leave(room)
    with pytest.raises(DiskFullError):
        restore(saved, target)
    assert not target.settings.exists()
    small_disk.clear()
    assert restore(saved, target).chain.events == 1
    assert sorted(path.name for path in target.root.iterdir()) == ["campaign.sqlite", "campaign.yaml", "media"]


def test_a_place_for_backups_that_cannot_be_written_is_named(small_disk: Disk, tmp_path: Path) -> None:
    workspace, db, _ = begun(tmp_path)
    backup(workspace, db, small_disk.place / "backups", at(5))
    small_disk.be("ro")
    with pytest.raises(NotWritableError, match="backups"):
        backup(workspace, db, small_disk.place / "backups", at(6))
    small_disk.be("rw")
    backup(workspace, db, small_disk.place / "backups", at(7))
    db.close()


def test_a_database_that_is_held_for_too_long_is_busy_and_nothing_is_lost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Slow storage: another process is at its commit for longer than anybody waits."""
    monkeypatch.setattr(database, "_BUSY_S", 0.2)
    workspace, db, ada = begun(tmp_path)
    mine = claimed(db, ada, at(1))
    other, hold, held = workspace.connect(workspace.database), threading.Event(), threading.Event()

    def commit_slowly() -> None:
        with other.write():
            held.set()
            hold.wait(30)

    thread = threading.Thread(target=commit_slowly)
    thread.start()
    held.wait(30)
    given = answer(db, mine)
    with pytest.raises(DatabaseUnusableError, match="locked"):
        submit(db, given, ada, at(2))
    hold.set()
    thread.join()
    assert submit(db, given, ada, at(3)).event_id == given.event_id
    assert check(db).problems == []
    other.close()
    db.close()


def test_ratings_that_find_no_room_are_exported_once_there_is_some(small_disk: Disk, tmp_path: Path) -> None:
    workspace, db, _ = begun(tmp_path)
    db.close()
    places = {"campaign": workspace.root, "out": small_disk.place / "ratings"}
    small_disk.leave(0)
    said = ppad("ratings export {campaign} --out {out}", **places)
    assert said.code == 2 and "[disk-full]" in said.text
    small_disk.clear()
    assert ppad("ratings export {campaign} --out {out}", **places).code == 0
    whole = {path.name: path.read_bytes() for path in places["out"].iterdir()}
    shutil.rmtree(places["out"])
    assert ppad("ratings export {campaign} --out {out}", **places).code == 0
    assert {path.name: path.read_bytes() for path in places["out"].iterdir()} == whole
