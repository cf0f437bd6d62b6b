"""The agreement report: what it finds, what it says, and what it lets through."""

from __future__ import annotations

import json
from collections.abc import Sequence
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ppad.agreement.campaign import Campaign
from ppad.agreement.simulation import Panel
from ppad.errors import ConfigError, NotWritableError, RatingsError
from ppad.rubric import Rubric, load_rubric
from ppad.stages import InProcess
from ppad.stages.runner import UNSEEN
from ppad.storage import Collection
from ppad.storage.ratings import write_ratings
from ppad_annotation.ratings.findings import Findings, attribute_findings, put_together
from ppad_annotation.ratings.page import report_page, shown_raters
from ppad_annotation.ratings.report import Analysed, analyse, as_data, refuse_foreign, write_report
from ppad_annotation.ratings.simulating import simulated_ratings
from ppad_annotation.ratings.words import flag_sentence, summary, verdict
from tests.unit.build.samples import RUBRIC, process_id
from tests.unit.ratings.sources import CASTLE, HARBOUR, collection_of

NAMES = {one.id: one.name for one in RUBRIC.attributes}
PROCESSES = sorted(process_id(f"p{number}") for number in range(60))
HOSTILE = "<script>alert(1)</script>\"'&"


def drawn(rubric: Rubric = RUBRIC, processes: Sequence[str] = PROCESSES, **settings: Any) -> list[dict[str, Any]]:
    """Ratings of a calm panel whose raters nobody calls simulated."""
    values: dict[str, Any] = {"raters": 8, "each": 3, "calibration": 12, "repeats": 0.25, "seed": 1, **settings}
    rows = simulated_ratings(processes, rubric, values.pop("panel", Panel(rater=0.4)), **values)
    return [{**row, "rater_id": f"r{row['rater_id'][-2:]}"} for row in rows]


def findings_of(rows: Sequence[dict[str, Any]], rubric: Rubric = RUBRIC) -> Findings:
    campaign = Campaign.of(rows, rubric.scales)
    each = [attribute_findings(campaign, name, draws=20, seed=0) for name in rubric.attribute_ids]
    return put_together(campaign, each, seed=0)


def page_of(findings: Findings, rubric: Rubric = RUBRIC, **options: Any) -> str:
    return report_page(findings, rubric, name="round 1", excluded=0, **{"strip": lambda _: None, **options})


@pytest.fixture(scope="module")
def found() -> Findings:
    return findings_of(drawn())


@pytest.fixture(scope="module")
def page(found: Findings) -> str:
    return page_of(found)


def said(findings: Findings) -> str:
    return " ".join(f"{point.found} {point.do}" for point in summary(findings, NAMES))


class Seen(HTMLParser):
    """The tags and the texts that a browser would see."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.texts: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def test_every_attribute_has_its_figures(found: Findings) -> None:
    one = found.attributes[0]
    assert sum(one.counts) == int(found.campaign.counts.sum())
    assert one.reliability.mean.low < one.reliability.mean.value < one.reliability.mean.high
    assert one.block == (12, 8)
    assert set(one.icc) == {"ICC(1,1)", "ICC(2,1)", "ICC(3,1)", "ICC(1,k)", "ICC(2,k)", "ICC(3,k)"}
    assert one.repeats.count == round(0.25 * 48 * 3)
    assert set(one.components or {}) == {"item", "rater", "item × rater", "occasion", "residual"}
    assert len(one.habits) == 8


def test_a_calm_panel_has_no_flags_and_the_summary_says_so(found: Findings) -> None:
    assert found.flags == []
    assert "No rater stands out." in said(found)
    assert "4 raters a process" in said(found)


def test_a_rater_who_is_made_severe_is_named_with_points() -> None:
    rows = [
        {**row, **({name: max(1, row[name] - 4) for name in RUBRIC.attribute_ids} if row["rater_id"] == "r03" else {})}
        for row in drawn()
    ]
    findings = findings_of(rows)
    flags = [flag for flag in findings.flags if findings.campaign.raters[flag.rater] == "r03"]
    assert {flag.kind for flag in flags} >= {"severe"}
    assert "points less than the panel in" in flag_sentence(flags[0], NAMES)
    assert "r03" in said(findings)


def test_simulated_raters_are_announced_first() -> None:
    rows = simulated_ratings(PROCESSES[:40], RUBRIC, Panel(), raters=4, each=2, calibration=0, repeats=0, seed=0)
    first = summary(findings_of(rows), NAMES)[0]
    assert first.found == "All raters are simulated: these figures say nothing about the paintings."
    assert first.attention


def test_groups_that_share_no_process_are_announced() -> None:
    rows = drawn(calibration=0)
    split = [{**row, "rater_id": f"{'a' if row['process_id'] < PROCESSES[40] else 'b'}{row['rater_id']}"} for row in rows]
    assert "fall into 2 groups that share no process" in said(findings_of(split))


def test_few_processes_are_announced_and_no_number_of_raters_is_advised() -> None:
    words = said(findings_of(drawn(processes=PROCESSES[:6], calibration=0)))
    assert "all figures are rough" in words
    assert "needs" not in words


def test_words_for_reliability_follow_the_ends_of_the_interval(found: Findings) -> None:
    from ppad.agreement.estimates import Estimate

    assert verdict(Estimate(0.82, 0.76, 0.88)) == "good"
    assert verdict(Estimate(0.7, 0.4, 0.95)) == "poor to excellent"


@pytest.mark.parametrize("score", [7, None])
def test_scores_that_are_all_alike_or_missing_make_a_report_too(score: int | None) -> None:
    findings = findings_of([{**row, **dict.fromkeys(RUBRIC.attribute_ids, score)} for row in drawn()])
    page = page_of(findings)
    assert "There are too few ratings to say." in page
    assert not any(one.is_comparable for one in findings.attributes)


def test_one_rater_makes_a_report_too() -> None:
    findings = findings_of(drawn(raters=1, each=1, calibration=0))
    assert "No rater stands out." in said(findings)
    assert "<h1>" in page_of(findings)


def test_a_rubric_with_scales_of_two_lengths() -> None:
    artwork = load_rubric("artwork-5")
    findings = findings_of(drawn(artwork), artwork)
    assert findings.attributes[-1].scale == (1, 100)
    assert max(abs(one.value) for one in findings.drift) < 2  # points of 1–10, also of the score to 100
    assert "Originality" in page_of(findings, artwork)


def test_the_page_is_one_file_without_scripts_or_addresses(page: str) -> None:
    assert page.count('<svg class="chart"') == 8
    assert "script" not in Seen(page).tags
    outside = page.replace('xmlns="http://www.w3.org/2000/svg"', "").replace('xmlns:xlink="http://www.w3.org/1999/xlink"', "")
    assert "http" not in outside.replace("http-equiv", "")


def test_the_page_follows_the_palette(page: str) -> None:
    charts = page[page.index("<main>") :]
    assert "var(--curve)" in charts
    assert "#24221f" not in charts


def test_names_of_raters_and_files_are_escaped() -> None:
    findings = findings_of([{**row, "rater_id": row["rater_id"] + HOSTILE} for row in drawn()])
    page = report_page(findings, RUBRIC, name=HOSTILE, excluded=3, strip=lambda _: None)
    seen = Seen(page)
    assert "script" not in seen.tags
    assert any(HOSTILE in text for text in seen.texts)
    assert "3 left out by recorded decisions" in page


def test_a_large_panel_shows_those_who_stand_out_and_lists_all() -> None:
    findings = findings_of(drawn(raters=60, each=20, calibration=0, repeats=0, processes=PROCESSES[:30]))
    assert len(shown_raters(findings)) == 40
    page = page_of(findings)
    assert "20 more raters are in the table" in page
    assert page.count("<td>r60</td>") == 1


def test_the_processes_that_raters_disagree_about_are_shown_with_their_strips(tmp_path: Path) -> None:
    rows = drawn(processes=sorted([CASTLE, HARBOUR, *PROCESSES]))
    rows = [
        {**row, "detail_depth": 1 + 9 * (number % 2)} if row["process_id"] == CASTLE else row
        for number, row in enumerate(sorted(rows, key=lambda row: (row["process_id"], row["rater_id"])))
    ]
    analysed = Analysed(findings_of(rows), 0)
    collection = Collection.open(collection_of(tmp_path))
    write_report(analysed, RUBRIC, tmp_path / "out", name="round 1", collections=[collection], settings={})
    page = (tmp_path / "out" / "index.html").read_text()
    first = page[page.index('<ol class="worst">') :][:600]
    assert "<b>castle</b> – Detail depth" in first
    assert "data:image/jpeg;base64," in first


def test_the_figures_are_json_without_nan(found: Findings, tmp_path: Path) -> None:
    write_report(Analysed(found, 0), RUBRIC, tmp_path, name="round 1", collections=[], settings={"draws": 20})
    text = (tmp_path / "agreement.json").read_text()
    assert "NaN" not in text
    figures = json.loads(text)
    assert figures["settings"] == {"draws": 20}
    first = figures["attributes"][0]
    assert first["reliability"]["mean"]["value"] == pytest.approx(found.attributes[0].reliability.mean.value, rel=1e-5)
    assert len(first["items"]["process_id"]) == len(first["items"]["error"]) == 60
    assert len(first["habits"]) == len(figures["raters"]) == 8


def analysed_files(files: list[Path], exclusions: Path | None = None) -> Analysed:
    return analyse(files, RUBRIC, exclusions, InProcess(), UNSEEN, draws=20, seed=0)


def test_ratings_that_a_decision_leaves_out_do_not_count(tmp_path: Path) -> None:
    ratings = tmp_path / "r.parquet"
    write_ratings(ratings, drawn(), RUBRIC, "0" * 12)
    decisions = tmp_path / "decisions.csv"
    decisions.write_text("rater_id,reason\nr03,did not look at the frames\n")
    found = analysed_files([ratings], decisions)
    assert "r03" not in found.findings.campaign.raters
    assert found.excluded == sum(row["rater_id"] == "r03" for row in drawn())


def test_a_decision_about_nobody_is_refused(tmp_path: Path) -> None:
    ratings = tmp_path / "r.parquet"
    write_ratings(ratings, drawn(), RUBRIC, "0" * 12)
    (tmp_path / "d.csv").write_text("rater_id,reason\nr99,left the project\n")
    with pytest.raises(RatingsError, match="The exclusion of r99's ratings is about no rating"):
        analysed_files([ratings], tmp_path / "d.csv")


def test_ratings_of_which_none_counts_are_refused(tmp_path: Path) -> None:
    write_ratings(tmp_path / "r.parquet", [{**row, "kind": "gold"} for row in drawn(repeats=0)], RUBRIC, "0" * 12)
    with pytest.raises(ConfigError, match="no rating that counts"):
        analysed_files([tmp_path / "r.parquet"])


def test_a_file_in_the_place_of_the_folder_is_not_replaced(tmp_path: Path) -> None:
    (tmp_path / "report").write_text("notes")
    with pytest.raises(NotWritableError, match="is a file"):
        refuse_foreign(tmp_path / "report")


def test_the_json_on_the_command_line_is_that_of_the_file(found: Findings) -> None:
    data = as_data(Analysed(found, 0))
    assert json.loads(json.dumps(data, allow_nan=False)) == data
    assert data["parts"] == 1
    assert np.shape(data["together"]) == (8, 8)
