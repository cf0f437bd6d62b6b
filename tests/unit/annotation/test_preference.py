"""Preference mode: two assessments, blind sides, and the tally."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from fixtures.campaigns import add_raters, answer, at, claimed, drawn_collection
from ppad.errors import ConfigError, InvalidFormError
from ppad.rubric import load_rubric
from ppad_annotation.service.chain import verify
from ppad_annotation.service.config import CampaignConfig
from ppad_annotation.service.database import Database
from ppad_annotation.service.importing import create_campaign
from ppad_annotation.service.pairs import read_pairs
from ppad_annotation.service.preference import shares, tally
from ppad_annotation.service.queue import Done, claim
from ppad_annotation.service.ratings import submit, withdraw
from ppad_annotation.service.revisiting import own_ratings
from ppad_annotation.service.views import Assignment

RUBRIC = load_rubric("ppad-8")


def assessments(folder: Path, sources: dict[str, int], items: int) -> list[Path]:
    """Tables in which each source gives every process the same consistency."""
    files = []
    for source, score in sources.items():
        lines = [
            {"process_id": f"drawn-{number:012x}", "scores": {"consistency": score}, "critique": f"It is a {score}."}
            for number in range(items)
        ]
        file = folder / f"{source}.jsonl"
        file.write_text("".join(json.dumps(line) + "\n" for line in lines))
        files.append(file)
    return files


def begin_preference(db: Database, folder: Path, items: int = 4, raters_per_item: int = 2, **sources: int) -> Database:
    """A campaign that compares sources; by default a judge, who says 9, with a baseline, who says 2."""
    files = assessments(folder, sources or {"judge": 9, "baseline": 2}, items)
    config = CampaignConfig(mode="preference", long_side=64, repeats=0, gold=0, balanced=False, raters_per_item=raters_per_item)
    source = drawn_collection(folder / "collection", items + 1)  # one process has no assessments
    create_campaign(db, config, source, at(), pairs=read_pairs(files, RUBRIC))
    return db


def side_of(item: Assignment, score: int) -> str:
    """On which side the assessment with this score is shown."""
    assert item.sides is not None
    return "left" if item.sides[0].scores["consistency"] == score else "right"


def vote(db: Database, rater: str, minute: int, choice: str) -> Assignment:
    """Claim an item and choose a side, `both`, or the side that shows 9 (`judge`)."""
    item = claimed(db, rater, at(minute))
    side = side_of(item, 9) if choice == "judge" else choice
    submit(db, answer(db, item, scores={}, cannot_judge=(), choice=side), rater, at(minute))
    return item


def test_raters_see_two_assessments_without_their_authors(empty_db: Database, folder: Path) -> None:
    db = begin_preference(empty_db, folder)
    (ada,) = add_raters(db, 1)
    item = claimed(db, ada)
    assert item.sides is not None
    assert {side.scores["consistency"] for side in item.sides} == {2, 9}
    assert {side.critique for side in item.sides} == {"It is a 2.", "It is a 9."}
    assert "judge" not in repr(item) and "baseline" not in repr(item)


def test_sides_are_drawn_for_each_rater_and_item(sqlite_db: Database, folder: Path) -> None:
    db = begin_preference(sqlite_db, folder, items=24)
    ada, bob = add_raters(db, 2)
    sides = {person: [side_of(vote(db, person, minute, "both"), 9) for minute in range(24)] for person in (ada, bob)}
    assert all(0 < found.count("left") < 24 for found in sides.values())
    assert sides[ada] != sides[bob]


def test_votes_count_for_the_source_whichever_side_it_was_on(empty_db: Database, folder: Path) -> None:
    db = begin_preference(empty_db, folder)
    ada, bob = add_raters(db, 2)
    for minute in range(4):
        vote(db, ada, minute, "judge")
    for minute in range(4):
        vote(db, bob, minute, "both" if minute else "judge")
    assert isinstance(claim(db, ada, at(9)), Done)
    (found,) = tally(db)
    assert (found.a, found.b, found.processes, found.raters) == ("baseline", "judge", 4, 2)
    assert found.counts == {"a": 0, "b": 5, "both": 3}
    assert found.shares["b"].value == 5 / 8
    assert found.shares["b"].low <= 5 / 8 <= found.shares["b"].high
    assert verify(db).events == 8


def test_a_vote_taken_back_comes_back_on_the_side_that_was_chosen(empty_db: Database, folder: Path) -> None:
    db = begin_preference(empty_db, folder)
    (ada,) = add_raters(db, 1)
    for minute in range(3):
        item = vote(db, ada, minute, "left")
        head = claimed(db, ada, at(minute))
        last = own_ratings(db, ada, 5)[0].event
        assert last.choice == "left"
        withdraw(db, item.id, f"00000000-0000-0000-0000-00000000000{minute}", last.event_id, ada, at(minute))
        back = claimed(db, ada, at(minute))
        assert back.id == item.id != head.id
        assert back.draft is not None and back.draft["choice"] == "left"
        submit(db, answer(db, back, scores={}, cannot_judge=(), choice="right"), ada, at(minute))


def test_three_sources_make_three_pairs_that_share_their_pictures(sqlite_db: Database, folder: Path) -> None:
    db = begin_preference(sqlite_db, folder, items=1, raters_per_item=1, a=9, b=2, c=5)
    (ada,) = add_raters(db, 1)
    for minute in range(3):
        vote(db, ada, minute, "both")
    assert isinstance(claim(db, ada, at(4)), Done)
    assert len(list(db.media.rglob("*.pack"))) == 1
    assert [(one.a, one.b) for one in tally(db)] == [("a", "b"), ("a", "c"), ("b", "c")]


@pytest.mark.parametrize(
    "changes",
    [
        {"choice": None},
        {"choice": "a"},
        {"choice": "left", "scores": {"consistency": 3}},
        {"choice": "left", "cannot_judge": ("x",)},
    ],
)
def test_a_vote_is_a_side_or_both(sqlite_db: Database, folder: Path, changes: dict[str, object]) -> None:
    db = begin_preference(sqlite_db, folder)
    (ada,) = add_raters(db, 1)
    with pytest.raises(InvalidFormError):
        submit(db, answer(db, claimed(db, ada), **({"scores": {}, "cannot_judge": ()} | changes)), ada, at())


def test_intervals_widen_when_votes_hang_together_by_process() -> None:
    spread = np.array([[5, 5, 0]] * 40)
    clumped = np.array([[10, 0, 0], [0, 10, 0]] * 20)
    wide, narrow = shares(clumped)["a"], shares(spread)["a"]
    assert wide.value == narrow.value == 0.5
    assert (narrow.low, narrow.high) == (0.5, 0.5)
    # 40 processes that are all or nothing: standard error √(.25 / 40) = .079
    assert wide.low == pytest.approx(0.5 - 1.96 * 0.079, abs=0.03)
    assert wide.high == pytest.approx(0.5 + 1.96 * 0.079, abs=0.03)


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        ("not json", "line 1 is not JSON"),
        ('{"scores": {"consistency": 3}}', "there is no process_id"),
        ('{"process_id": "a", "scores": {"beauty": 3}}', "unknown attributes beauty"),
        ('{"process_id": "a", "scores": {"consistency": "x"}}', "could not convert"),
        ('{"process_id": "a", "source": "a|b", "scores": {}}', "holds '|'"),
        ('{"process_id": "a", "scores": {}}\n{"process_id": "a", "scores": {}}', "assesses a twice"),
        ('{"process_id": "a", "scores": {}}', "No process has two"),
    ],
)
def test_a_malformed_table_of_assessments_is_refused(folder: Path, lines: str, words: str) -> None:
    (folder / "judge.jsonl").write_text(lines)
    with pytest.raises(ConfigError, match=words.replace("|", r"\|")):
        read_pairs([folder / "judge.jsonl"], RUBRIC)


def test_assessments_are_read_from_csv_too(folder: Path) -> None:
    (folder / "all.csv").write_text("process_id,source,consistency,critique\np,one,3.5,Fine.\np,two,,\n")
    (pair,) = read_pairs([folder / "all.csv"], RUBRIC)["p"]
    assert (pair.a.scores, pair.a.critique, pair.b.scores, pair.b.critique) == ({"consistency": 3.5}, "Fine.", {}, None)
