"""The restore drill: a campaign that goes on is backed up, lost, and brought back; what is damaged is refused."""

from __future__ import annotations

import json
import shutil
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from filelock import FileLock
from sqlalchemy import make_url, text

from fixtures.campaigns import add_raters, at, begin, claimed, rate
from fixtures.postgresql import fresh_database
from ppad.errors import BackupError, ConfigError, LockedError, NotFoundError, RubricChangedError
from ppad_annotation.service.backup import backup, read_manifest, restore
from ppad_annotation.service.chain import verify
from ppad_annotation.service.database import Database
from ppad_annotation.service.exporting import rating_events
from ppad_annotation.service.media import frame_bytes
from ppad_annotation.service.postgresql_tools import dump
from ppad_annotation.service.workspace import URL_VARIABLE, Workspace


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request: pytest.FixtureRequest, folder: Path) -> Iterator[tuple[Workspace, Database, str | None]]:
    """A campaign's folder, its database with two ratings, and the URL of an empty database to restore into."""
    workspace, empty = Workspace(folder / "campaign"), None
    url = None
    if request.param == "postgresql":
        server = request.getfixturevalue("postgresql_server")
        url, empty = fresh_database(server), fresh_database(server)
    db = begin(workspace.make(url), folder, items=2)
    (ada,) = add_raters(db, 1)
    for minute in range(2):
        rate(db, ada, at(minute), critique="沉稳")
    yield workspace, db, empty
    db.close()


def test_a_campaign_comes_back_whole(place: tuple[Workspace, Database, str | None], folder: Path) -> None:
    workspace, db, empty = place
    saved = backup(workspace, db, folder / "backups", at(5))
    history = list(rating_events(db))
    rate_more(db)
    db.close()
    shutil.rmtree(workspace.root)
    again = Workspace(folder / "again")
    health = restore(saved, again, empty)
    assert (health.chain.events, health.problems) == (2, [])
    restored = again.open()
    assert list(rating_events(restored)) == history
    media_id = claimed_by_new_rater(restored)
    assert frame_bytes(restored, media_id, "rater-new")[1] == "image/jpeg"
    rate(restored, "rater-new", at(30))
    assert verify(restored).events == 3
    restored.close()
    assert (again.root.stat().st_mode & 0o077, saved.stat().st_mode & 0o077) == (0, 0)


def rate_more(db: Database) -> None:
    """What happens after the backup is not in it."""
    with db.write() as session:
        session.execute(text("UPDATE rater SET login = 'renamed'"))


def claimed_by_new_rater(db: Database) -> str:
    """A media id of the item that a rater gets who joins after the restore."""
    from ppad_annotation.service.tables import Rater

    with db.write() as session:
        session.add(Rater(id="rater-new", login="new", password_hash="!", role="rater", created_at=at()))
    return claimed(db, "rater-new", at(20)).item.frames[0]


def test_a_backup_is_taken_while_raters_work(place: tuple[Workspace, Database, str | None], folder: Path) -> None:
    workspace, db, empty = place
    stop = threading.Event()
    failures: list[BaseException] = []

    def work() -> None:
        try:
            while not stop.is_set():
                rate_more(db)
        except BaseException as error:  # noqa: BLE001 - whatever it is, the test must see it
            failures.append(error)

    thread = threading.Thread(target=work)
    thread.start()
    saved = backup(workspace, db, folder / "backups", at(5))
    stop.set()
    thread.join()
    assert failures == []
    assert restore(saved, Workspace(folder / "again"), empty).problems == []


def test_pictures_are_copied_once_and_old_backups_go(place: tuple[Workspace, Database, str | None], folder: Path) -> None:
    workspace, db, _ = place
    backups = folder / "backups"
    made = [backup(workspace, db, backups, at(minute), keep=2) for minute in range(3)]
    assert [path.exists() for path in made] == [False, True, True]
    assert len(list((backups / "media").rglob("*.pack"))) == 2
    assert read_manifest(made[2]).pictures == 2


def test_what_a_killed_backup_left_is_no_backup_and_goes(place: tuple[Workspace, Database, str | None], folder: Path) -> None:
    workspace, db, empty = place
    saved = backup(workspace, db, folder / "backups", at(5))
    (saved / "manifest.json").unlink()
    with pytest.raises(BackupError, match="no finished backup"):
        restore(saved, Workspace(folder / "again"), empty)
    backup(workspace, db, folder / "backups", at(6))
    assert not saved.exists()


def test_two_backups_at_once_are_refused(place: tuple[Workspace, Database, str | None], folder: Path) -> None:
    workspace, db, _ = place
    backup(workspace, db, folder / "backups", at(5))
    with FileLock(folder / "backups" / ".lock"), pytest.raises(LockedError):
        backup(workspace, db, folder / "backups", at(6))
    with pytest.raises(BackupError, match="exists"):
        backup(workspace, db, folder / "backups", at(5))


def test_nothing_is_restored_over_a_campaign(place: tuple[Workspace, Database, str | None], folder: Path) -> None:
    workspace, db, _ = place
    saved = backup(workspace, db, folder / "backups", at(5))
    with pytest.raises(BackupError, match="holds a campaign already"):
        restore(saved, workspace)
    if not db.is_sqlite:
        with pytest.raises(BackupError, match="not empty"):
            restore(saved, Workspace(folder / "again"), db.engine.url.render_as_string())
    assert not (folder / "again" / "campaign.yaml").exists()


def test_a_damaged_backup_is_refused(place: tuple[Workspace, Database, str | None], folder: Path) -> None:
    workspace, db, empty = place
    saved = backup(workspace, db, folder / "backups", at(5))
    file = next(path for path in saved.iterdir() if path.name in ("campaign.sqlite", "campaign.dump"))
    data = file.read_bytes()
    file.write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
    with pytest.raises(BackupError, match="damaged"):
        restore(saved, Workspace(folder / "again"), empty)
    file.write_bytes(data)
    pack = next((folder / "backups" / "media").rglob("*.pack"))
    pack.write_bytes(b"other pictures")
    with pytest.raises(BackupError, match="missing or damaged"):
        restore(saved, Workspace(folder / "again"), empty)
    with pytest.raises(NotFoundError):
        Workspace(folder / "again").open()


def test_a_restored_database_is_checked_against_the_manifest(place: tuple[Workspace, Database, str | None], folder: Path) -> None:
    workspace, db, empty = place
    saved = backup(workspace, db, folder / "backups", at(5))
    manifest = json.loads((saved / "manifest.json").read_text())
    manifest["counts"]["rater"] = 7
    (saved / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(BackupError, match="not what was saved"):
        restore(saved, Workspace(folder / "again"), empty)


def test_a_database_that_does_not_hold_together_is_not_backed_up(
    place: tuple[Workspace, Database, str | None], folder: Path
) -> None:
    workspace, db, _ = place
    with db.write() as session:
        session.execute(text("UPDATE campaign SET open_slots = 99"))
    with pytest.raises(BackupError, match="99 open slots"):
        backup(workspace, db, folder / "backups", at(5))


def test_a_backup_of_sqlite_is_one_file(sqlite_db: Database, folder: Path) -> None:
    workspace = Workspace(folder)
    begin(sqlite_db, folder, items=1)
    workspace.name_database("campaign.sqlite")
    saved = backup(workspace, sqlite_db, folder / "backups", at(5), media=False)
    assert sorted(path.name for path in saved.iterdir()) == ["campaign.sqlite", "campaign.yaml", "manifest.json"]
    with closing(sqlite3.connect(saved / "campaign.sqlite")) as copy:
        assert copy.execute("PRAGMA journal_mode").fetchone() == ("delete",)
    assert read_manifest(saved).pictures == 0


def test_the_password_of_a_database_stays_out_of_the_folder(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    workspace = Workspace(folder / "campaign")
    with pytest.raises(ConfigError, match=URL_VARIABLE):
        workspace.make("postgresql://ppad:secret@db/ppad")
    workspace.make("postgresql://ppad@db/ppad").close()
    monkeypatch.setenv(URL_VARIABLE, "postgresql://ppad:secret@db/ppad")
    db = workspace.make("postgresql://ppad@db/ppad")
    assert db.engine.url.password == "secret"
    assert "secret" not in workspace.settings.read_text()
    Workspace(folder / "by-variable").make().close()
    assert Workspace(folder / "by-variable").database == "postgresql://ppad@db/ppad"
    with pytest.raises(ConfigError, match="names another database"):
        workspace.make("postgresql://ppad@elsewhere/ppad")


def test_a_password_reaches_pg_dump_by_the_environment_only(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = folder / "pg_dump"
    program.write_text('#!/bin/sh\necho "$@" > "$0.arguments"\necho "$PGPASSWORD" > "$0.password"\n')
    program.chmod(0o700)
    monkeypatch.setenv("PATH", str(folder), prepend=":")
    dump(make_url("postgresql+psycopg://ppad:secret@db:5433/ppad?sslmode=require"), folder / "out", "snapshot-1")
    arguments = (folder / "pg_dump.arguments").read_text()
    assert "--dbname=postgresql://ppad@db:5433/ppad?sslmode=require" in arguments
    assert "secret" not in arguments and "***" not in arguments
    assert (folder / "pg_dump.password").read_text() == "secret\n"


def test_what_pg_dump_complains_of_is_passed_on(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "pg_dump").write_text("#!/bin/sh\necho 'server version mismatch' >&2\nexit 1\n")
    (folder / "pg_dump").chmod(0o700)
    monkeypatch.setenv("PATH", str(folder), prepend=":")
    with pytest.raises(BackupError, match="server version mismatch"):
        dump(make_url("postgresql://db/ppad"), folder / "out", "snapshot-1")


def test_a_folder_without_a_campaign_says_how_to_begin_one(folder: Path) -> None:
    with pytest.raises(NotFoundError, match="ppad annotate init"):
        Workspace(folder).open()
    Workspace(folder / "new").make().close()
    with pytest.raises(NotFoundError, match="is empty"):
        Workspace(folder / "new").open()
    (folder / "new" / "campaign.yaml").write_text("nothing")
    with pytest.raises(ConfigError, match="does not say"):
        Workspace(folder / "new").open()


def test_a_changed_copy_of_the_rubric_is_refused_at_the_next_start(folder: Path) -> None:
    workspace = Workspace(folder / "campaign")
    definition = folder / "own.yaml"
    shipped = Path(__file__).parents[3] / "ppad" / "rubric" / "definitions" / "ppad-8.yaml"
    definition.write_text(shipped.read_text().replace("id: ppad-8", "id: our-8"))
    db = workspace.make()
    workspace.keep_rubric(str(definition))
    begin(db, folder, items=1, rubric=str(definition))
    workspace.open().close()
    workspace.rubric.write_text(workspace.rubric.read_text().replace("version: 1", "version: 2"))
    with pytest.raises(RubricChangedError):
        workspace.open()
    db.close()
