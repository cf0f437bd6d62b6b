"""`ppad ratings` as a user types it: in, looked at, planned, built."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from tests.e2e.test_commands import ppad
from tests.unit.build.samples import RUBRIC, process_id, record, write_collection
from tests.unit.ratings.sources import scores, write_table


@pytest.fixture
def studio(tmp_path: Path) -> Path:
    """A folder with a collection of six processes and a table of what four raters said of them."""
    names = [f"work{number}" for number in range(6)]
    write_collection(tmp_path / "painted", [record(name) for name in names])
    rows = [
        {"video": f"{name}.mp4", "Expertin": person, **scores(3 + place % 5, consistency=2 + (place + shift) % 7)}
        for place, name in enumerate(names)
        for shift, person in enumerate(("Ada", "Berthe", "Camille", "Dora"))
    ]
    write_table(tmp_path / "scores.csv", rows)
    return tmp_path


def test_a_table_becomes_ratings_a_report_and_the_scores_of_a_dataset(studio: Path) -> None:
    take_in = ["ratings", "import", "scores.csv", "--collection", "painted", "--column", "rater_id=Expertin"]
    result = ppad(*take_in, "--key", "keys/raters.json", "--out", "in/ratings.parquet", cwd=studio)
    assert result.returncode == 0, result.stderr
    assert "24 ratings of 6 processes by 4 raters: wrote in/ratings.parquet." in result.stderr
    raters = set(pq.read_table(studio / "in" / "ratings.parquet").column("rater_id").to_pylist())
    assert len(raters) == 4
    assert all(name.startswith("rater-") for name in raters)

    result = ppad("ratings", "agreement", "in/ratings.parquet", "--out", "report", "--draws", "40", cwd=studio)
    assert result.returncode == 0, result.stderr
    assert "Consistency" in result.stdout
    assert "With 6 processes and 4 raters all figures are rough" in result.stdout
    assert (studio / "report" / "index.html").exists()

    (studio / "decisions.csv").write_text(f"rater_id,reason\n{min(raters)},left the project\n")
    build = ["build", "painted", "--ratings", "in/ratings.parquet", "--exclusions", "decisions.csv", "--out", "dataset"]
    result = ppad(*build, cwd=studio)
    assert result.returncode == 0, result.stderr
    rows = pq.read_table(studio / "dataset" / "data", columns=["process_id", "n_raters", "detail_depth"]).to_pylist()
    assert {row["n_raters"] for row in rows} == {3}
    assert {row["process_id"]: row["detail_depth"] for row in rows}[process_id("work4")] == 7
    assert ppad("check", studio / "dataset").returncode == 0


def test_reports_are_json_on_request(studio: Path) -> None:
    ppad("ratings", "import", "scores.csv", "--collection", "painted", "--column", "rater_id=Expertin",
         "--pseudonyms", "none", "--out", "r.parquet", cwd=studio)  # fmt: skip
    figures = json.loads(ppad("ratings", "agreement", "r.parquet", "--draws", "20", "--json", cwd=studio).stdout)
    assert figures["raters"] == ["Ada", "Berthe", "Camille", "Dora"]
    assert [one["name"] for one in figures["attributes"]] == list(RUBRIC.attribute_ids)
    plan = json.loads(ppad("ratings", "simulate", "--processes", "50", "--each", "2", "--draws", "2", "--json").stdout)
    assert [row["each"] for row in plan["by_raters"]] == [1, 2]


def test_problems_of_an_import_are_one_sentence_and_nothing_is_written(studio: Path) -> None:
    (studio / "scores.csv").write_text("video,rater,consistency\nwork0.mp4,r1,11\nmoon.mp4,r1,4\n")
    result = ppad(
        "ratings", "import", "scores.csv", "--collection", "painted", "--pseudonyms", "none", "--out", "o/r.parquet", cwd=studio
    )
    words = " ".join(result.stderr.split())
    assert result.returncode == 2
    assert "[ratings-invalid]" in words
    assert "row 1: consistency is '11', not a whole number from 1 to 10; row 2: 'moon.mp4' is in no collection" in words
    assert not (studio / "o").exists()


def test_simulated_ratings_say_so_and_worker_processes_find_the_same(studio: Path) -> None:
    write = ["ratings", "simulate", "--collection", "painted", "--raters", "4", "--each", "3", "--write", "s.parquet"]
    assert ppad(*write, cwd=studio).returncode == 0
    run = ["ratings", "agreement", "s.parquet", "--draws", "20"]
    assert "All raters are simulated" in ppad(*run, cwd=studio).stdout
    assert ppad(*run, "--json", cwd=studio).stdout == ppad(*run, "--json", "--workers", "2", cwd=studio).stdout
    assert ppad("check", studio / "s.parquet").returncode == 0
