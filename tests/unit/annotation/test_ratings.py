"""Ratings: stored once, revised in one line, never overwritten."""

from __future__ import annotations

from pathlib import Path

from fixtures.campaigns import add_raters, answer, at, begin
from ppad_annotation.service.chain import verify
from ppad_annotation.service.database import Database
from ppad_annotation.service.exporting import current_ratings
from ppad_annotation.service.media import frame_bytes
from ppad_annotation.service.queue import Done, claim
from ppad_annotation.service.ratings import submit


def test_three_raters_finish_a_campaign(empty_db: Database, tmp_path: Path) -> None:
    db = begin(empty_db, tmp_path, items=4, raters_per_item=2)
    raters = add_raters(db, 3)
    rated = 0
    while any([isinstance(rate_or_done(db, rater), str) for rater in raters]):
        rated += 1
    assert len(list(current_ratings(db))) == 8
    assert verify(db).events == 8


def rate_or_done(db: Database, rater: str) -> str | Done:
    found = claim(db, rater, at())
    if isinstance(found, Done):
        return found
    data, mime = frame_bytes(db, found.item.frames[0], rater)
    assert mime == "image/jpeg" and data[:2] == b"\xff\xd8"
    return submit(db, answer(db, found), rater, at()).event_id
