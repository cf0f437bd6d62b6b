"""Simulated artworks: what is visible follows from the recipe, and so do the scores and the words."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from fixtures.artworks import SIDE, artworks_dataset
from ppad.cli.check import CheckFile, check_path
from ppad.critique import of_rating
from ppad.rubric import load_rubric
from ppad.stages import InProcess
from ppad.storage import Dataset
from ppad.storage.ratings import read_ratings
from ppad_pipelines.simulate.artworks.picture import paint, things_of
from ppad_pipelines.simulate.artworks.recipe import MEANINGS, Artwork, draw_artwork
from ppad_pipelines.simulate.artworks.words import COUNTS, describe, said
from ppad_pipelines.simulate.colors import oklab_from_srgb

RUBRIC = load_rubric("artwork-5")
BEST = replace(draw_artwork(0, 0, SIDE), things=9, stars=9, harmony=1.0, brushwork=1.0, balance=1.0)
WORST = replace(BEST, things=2, stars=0, harmony=0.0, brushwork=0.0, balance=0.0)


def lab(artwork: Artwork) -> np.ndarray:
    return oklab_from_srgb(paint(artwork).astype(np.float32) / 255)


def test_the_scores_are_those_of_the_recipe_and_the_overall_score_is_their_mean() -> None:
    assert BEST.true_scores(RUBRIC) == {**dict.fromkeys(MEANINGS, 10.0), "overall": 100.0}
    assert WORST.true_scores(RUBRIC) == {**dict.fromkeys(MEANINGS, 1.0), "overall": 1.0}
    half = replace(BEST, stars=0, harmony=0.5).true_scores(RUBRIC)
    assert (half["originality"], half["color"], half["overall"]) == (1.0, 5.5, pytest.approx(1 + 99 * 3.5 / 5))


def test_each_quality_can_be_seen() -> None:
    plain = replace(WORST, things=5)
    steps = [np.abs(np.diff(lab(replace(plain, brushwork=value))[..., 0], axis=1)).mean() for value in (0.0, 1.0)]
    assert steps[1] > 3 * steps[0]
    chroma = [np.hypot(*lab(replace(plain, harmony=value))[..., 1:].transpose(2, 0, 1)).max() for value in (0.0, 1.0)]
    assert chroma[1] > 2 * chroma[0]
    heights = [np.mean([thing.y for thing in things_of(replace(plain, balance=value))]) for value in (0.0, 1.0)]
    assert heights[0] > heights[1] + 0.1
    dark = [(lab(replace(plain, things=count))[..., 0] < 0.55).mean() for count in (2, 9)]
    assert dark[1] > 2 * dark[0]
    hearts = [(lab(replace(plain, stars=count))[..., 0] > 0.9).sum() for count in (0, 5)]
    assert hearts[0] == 0 < hearts[1]


def test_an_artwork_depends_on_the_seed_and_its_number_alone() -> None:
    assert draw_artwork(3, 0, SIDE) == draw_artwork(3, 0, SIDE) != draw_artwork(3, 1, SIDE)
    assert (paint(BEST) == paint(BEST)).all()
    assert len({draw_artwork(number, 0, SIDE).id for number in range(50)}) == 50


def test_a_critique_names_what_is_visible_and_pins_it() -> None:
    artwork = replace(BEST, things=7, stars=2, balance=0.2)
    row = {"rater_id": "simulated-03", **dict(zip(RUBRIC.attribute_ids, (2, 9, 5, 3, 8, 60), strict=True))}
    row |= said(artwork, row, RUBRIC)
    critique = of_rating(row, RUBRIC)
    assert critique.scores == {name: float(row[name]) for name in RUBRIC.attribute_ids}
    assert COUNTS[7] in critique.passages["content"].text.casefold()
    assert [pin["attribute"] for pin in json.loads(row["pins"])] == ["composition", "originality"]
    left, top, width, height = json.loads(row["pins"])[0]["box"]
    assert 0 <= left <= left + width <= 1 and 0.3 < top < top + height <= 1
    assert row | said(artwork, row, RUBRIC) == row


def test_the_description_tells_no_quality() -> None:
    words = {describe(replace(BEST, things=things, stars=1, harmony=value, brushwork=value, balance=value))
             for things in (2, 9) for value in (0.0, 1.0)}  # fmt: skip
    assert len(words) == 1


def test_the_dataset_follows_the_contract_and_holds_two_critiques_a_work(tmp_path: Path) -> None:
    folder = artworks_dataset(tmp_path, 10)
    for path, kind in ((folder, "dataset"), (tmp_path / "collection", "collection")):
        assert check_path(path, kind, CheckFile(fast=False), InProcess(), quiet=True)[0] == []
    dataset = Dataset.open(folder)
    rows = read_ratings(sorted((folder / "ratings").glob("*.parquet")), RUBRIC)
    assert {name: sum(row["process_id"] == name for row in rows) for name in dataset.ids()} == dict.fromkeys(dataset.ids(), 2)
    assert all(row["critique"] and row["pins"] and row["rater_id"].startswith("simulated-") for row in rows)
    for record in dataset:
        assert len(record.process.frames) == 1
        assert record.process.description
        assert record.process.controls is not None
        assert abs(record.scores["texture"] - record.process.controls["true_texture"]) < 4  # type: ignore[operator]
    assert "finished artworks" in (folder / "README.md").read_text("utf-8")
