"""What leaves a campaign: files by the contract, under pseudonyms."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from fixtures.campaigns import add_raters, answer, at, begin, claimed, process_of, rate
from ppad.errors import NoInputsError, NotFoundError
from ppad.media.images import image_size
from ppad.rubric import load_rubric
from ppad.storage.checking import check_parquet
from ppad.storage.ratings import read_exclusions, read_ratings, without_excluded
from ppad_annotation.ratings.exporting import export_ratings, open_campaign
from ppad_annotation.service.database import Database
from ppad_annotation.service.exclusions import exclude_rater
from ppad_annotation.service.ratings import submit

RUBRIC = load_rubric("ppad-8")


@pytest.fixture
def database(empty_db: Database, folder: Path) -> Database:
    """A campaign of four items, not yet rated, on each kind of database."""
    return begin(empty_db, folder)


def test_ratings_history_and_decisions_are_written_by_the_contract(database: Database, tmp_path: Path) -> None:
    one, two, _ = add_raters(database, 3)
    first = rate(database, one, at(), 6, critique="Bold.", pins=[{"frame": 1, "attribute": "consistency"}])
    rate(database, two, at(2), 8)
    changed = answer(database, first.assignment_id, 4, prev_event=first.event_id)
    submit(database, changed, one, at(5))
    exclude_rater(database, two, "did not look", "mr", at(9))
    found = export_ratings(database, tmp_path / "out")
    assert (found.ratings, found.events, found.exclusions) == (2, 3, 1)
    rows = {row["rater_id"]: row for row in read_ratings([tmp_path / "out" / "ratings.parquet"], RUBRIC)}
    assert (rows[one]["detail_depth"], rows[one]["revision"], rows[two]["detail_depth"]) == (4, 1, 8)
    assert rows[one]["process_id"] == process_of(database, first.assignment_id)
    events = pq.read_table(tmp_path / "out" / "rating_events.parquet").to_pylist()
    assert [(event["event_type"], event["consistency"]) for event in events] == [("submit", 6), ("submit", 8), ("revise", 4)]
    assert json.loads(events[0]["pins"])[0]["frame"] == 1
    assert events[1]["prev_hash"] == events[0]["hash"]
    decisions = read_exclusions(tmp_path / "out" / "exclusions.csv")
    assert [row["rater_id"] for row in without_excluded(list(rows.values()), decisions)] == [one]


@pytest.mark.parametrize("name", ["ratings.parquet", "rating_events.parquet"])
def test_what_is_written_passes_the_check(database: Database, tmp_path: Path, name: str) -> None:
    rate(database, add_raters(database, 1)[0])
    export_ratings(database, tmp_path / "out")
    found = check_parquet(tmp_path / "out" / name, name, lambda data, place: tuple(image_size(data, name=place)))  # type: ignore[arg-type]
    assert found.problems == []


def test_names_for_logging_in_do_not_leave(database: Database, tmp_path: Path) -> None:
    (rater,) = add_raters(database, 1)
    claimed(database, rater)
    rate(database, rater)
    export_ratings(database, tmp_path / "out")
    (row,) = read_ratings([tmp_path / "out" / "ratings.parquet"], RUBRIC)
    assert row["rater_id"] == rater


def test_a_campaign_is_exported_by_the_url_of_its_database(database: Database, tmp_path: Path) -> None:
    (rater,) = add_raters(database, 1)
    rate(database, rater)
    export_ratings(database, tmp_path / "at-hand")
    by_url = open_campaign(database.engine.url.render_as_string(hide_password=False))
    export_ratings(by_url, tmp_path / "by-url")
    by_url.close()
    for name in ("ratings.parquet", "rating_events.parquet"):
        assert (tmp_path / "by-url" / name).read_bytes() == (tmp_path / "at-hand" / name).read_bytes()


def test_a_campaign_that_nobody_has_rated_is_not_exported(database: Database, tmp_path: Path) -> None:
    with pytest.raises(NoInputsError, match="no rating yet"):
        export_ratings(database, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_folder_without_a_campaign_is_named(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match="nowhere"):
        open_campaign(str(tmp_path / "nowhere"))
