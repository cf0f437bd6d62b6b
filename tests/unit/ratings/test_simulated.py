"""Ratings that nobody gave say so; plans say what a campaign can find out."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from ppad.agreement.campaign import Campaign
from ppad.agreement.simulation import Panel
from ppad.errors import ConfigError, NotWritableError
from ppad.storage.ratings import read_ratings
from ppad_annotation.ratings.planning import panel_of, plan_campaign, sentences, write_plan
from ppad_annotation.ratings.simulating import HABITS, simulated_ratings, write_simulated
from tests.unit.build.samples import RUBRIC, process_id
from tests.unit.ratings.sources import collection_of

SETTINGS = {"raters": 4, "each": 2, "calibration": 1, "repeats": 1.0, "seed": 0}
MANY = sorted(process_id(f"p{number}") for number in range(300))


def test_simulated_ratings_follow_the_contract_and_say_that_they_are_simulated(tmp_path: Path) -> None:
    out = tmp_path / "simulated.parquet"
    count = write_simulated(out, [collection_of(tmp_path)], RUBRIC, HABITS, SETTINGS)
    rows = read_ratings([out], RUBRIC)
    assert len(rows) == count == 4 + 2 + 2  # one process by all, the other by two, who see it again
    assert all(row["rater_id"].startswith("simulated-") for row in rows)
    assert pq.read_schema(out).metadata[b"ppad.simulated"] == b"true"


def test_the_same_settings_give_the_same_bytes(tmp_path: Path) -> None:
    collection = collection_of(tmp_path)
    files = [tmp_path / "1.parquet", tmp_path / "2.parquet", tmp_path / "3.parquet"]
    for file, seed in zip(files, (0, 0, 1), strict=True):
        write_simulated(file, [collection], RUBRIC, HABITS, SETTINGS | {"seed": seed})
    one, again, other = (file.read_bytes() for file in files)
    assert one == again != other


def test_raters_work_at_a_human_pace(tmp_path: Path) -> None:
    rows = simulated_ratings(MANY, RUBRIC, HABITS, raters=5, each=2, calibration=0, repeats=0, seed=0)
    campaign = Campaign.of(rows, RUBRIC.scales)
    assert np.median(campaign.active_s) == pytest.approx(75, rel=0.1)
    own = np.sort(campaign.when[campaign.rater == 0])
    assert np.diff(own).mean() == pytest.approx(campaign.active_s[campaign.rater == 0].mean(), rel=0.05)


@pytest.mark.parametrize(
    ("changes", "said"),
    [({"each": 5}, "5 of 4 raters cannot rate each process"), ({"calibration": 3}, "3 calibration items of 2 processes")],
)
def test_settings_that_do_not_fit_are_refused(tmp_path: Path, changes: dict[str, int], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        write_simulated(tmp_path / "s.parquet", [collection_of(tmp_path)], RUBRIC, HABITS, SETTINGS | changes)
    with pytest.raises(ConfigError, match="no process to rate"):
        write_simulated(tmp_path / "s.parquet", [], RUBRIC, HABITS, SETTINGS)
    assert not (tmp_path / "s.parquet").exists()


def test_the_panel_is_recovered_from_ratings() -> None:
    panel = Panel(item=1.5, rater=0.6, taste=0.8, residual=0.5)
    rows = simulated_ratings(MANY, RUBRIC, panel, raters=30, each=4, calibration=0, repeats=0.3, seed=3)
    found, source = panel_of(Campaign.of(rows, RUBRIC.scales), RUBRIC, None)
    assert source == "estimated from ratings, over 8 attributes"
    # Rounding to whole points adds a variance of 1/12 to chance.
    expected = [1.5, 0.6, 0.8, (0.25 + 1 / 12) ** 0.5]
    assert [found.item, found.rater, found.taste, found.residual] == pytest.approx(expected, abs=0.12)


def test_ratings_that_do_not_overlap_say_nothing_of_a_panel() -> None:
    rows = simulated_ratings(MANY[:20], RUBRIC, Panel(), raters=4, each=1, calibration=0, repeats=0, seed=0)
    campaign = Campaign.of(rows, RUBRIC.scales)
    with pytest.raises(ConfigError, match="do not say how raters differ"):
        panel_of(campaign, RUBRIC, None)
    with pytest.raises(ConfigError, match="no attribute 'beauty'"):
        panel_of(campaign, RUBRIC, "beauty")


def test_a_plan_says_how_many_raters_reach_the_goal(tmp_path: Path) -> None:
    plan = plan_campaign(Panel(), "a usual panel", raters=10, processes=200, each=range(1, 7), draws=4, seed=0)
    assert [row.each for row in plan.rows] == [1, 2, 3, 4, 5, 6]
    assert plan.enough(adjusted=True) == 3
    mean = plan.enough(adjusted=False)
    assert mean is not None
    assert mean > 3
    assert f"the mean needs {mean} raters a process and the adjusted score needs 3 raters a process" in sentences(plan)[0]
    write_plan(plan, tmp_path / "plan")
    figures = json.loads((tmp_path / "plan" / "agreement.json").read_text())
    assert figures["simulated"] is True
    assert figures["by_raters"][2]["each"] == 3
    page = (tmp_path / "plan" / "index.html").read_text()
    assert page.count("<svg") == 2
    assert sentences(plan)[1] in page


def test_a_goal_that_is_out_of_reach_is_said_to_be() -> None:
    plan = plan_campaign(Panel(item=0.3), "a usual panel", raters=5, processes=100, each=(1, 2), draws=2, seed=0)
    assert "the mean needs more than 2 raters a process" in sentences(plan)[0]


def test_a_page_of_something_else_is_not_replaced(tmp_path: Path) -> None:
    (tmp_path / "index.html").write_text("<h1>My garden</h1>")
    plan = plan_campaign(Panel(), "a usual panel", raters=3, processes=20, each=(1,), draws=2, seed=0)
    with pytest.raises(NotWritableError, match="was not written by ppad ratings"):
        write_plan(plan, tmp_path)
    assert (tmp_path / "index.html").read_text() == "<h1>My garden</h1>"
