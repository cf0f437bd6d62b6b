"""What `ppad evaluate` leaves and prints, on drawn datasets and judges of random weights."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
import typer
from PIL import Image
from typer.testing import CliRunner, Result

from fixtures.judged import NAMES, NOTICE, process_id, write_rated, write_run
from fixtures.runs import contents
from ppad.agreement.estimates import Estimate
from ppad.errors import ConfigError, LeakError, NotWritableError, RunError
from ppad.storage import Dataset
from ppad_model.evaluation.command import evaluate
from ppad_model.evaluation.words import figure, interval, p_value, plain_estimate

NAN = float("nan")
app = typer.Typer()
app.command()(evaluate)


def run_command(*arguments: object) -> Result:
    result = CliRunner().invoke(app, [*map(str, arguments), "--draws", "100", "--device", "cpu"])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a simulated dataset, two runs that were trained on it, and the results of both."""
    folder = tmp_path_factory.mktemp("evaluated")
    held = {27: "medium", 26: "medium", 25: "medium"}
    root = write_rated(folder / "dataset", {"pretrain": 4, "test_synthetic": 24}, origin="simulated", held=held)
    for number, name in enumerate(("one", "other")):
        write_run(folder / name, root, train=range(4), seed=number)
    result = run_command(folder / "one", folder / "other", root, "--out", folder / "results")
    assert result.exit_code == 0, result.output
    (folder / "printed.txt").write_text(result.output)
    return folder


def figures(place: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((place / "results" / "evaluation.json").read_text())
    return found


def test_the_folder_holds_a_page_pictures_and_figures(place: Path) -> None:
    names = {path.name for path in (place / "results").iterdir() if path.is_file()}
    pictures = {f"{kind}-{run}.png" for kind in ("scatter", "calibration", "examples") for run in ("one", "other")}
    assert names == {"index.html", "evaluation.json", "predictions.parquet", *pictures}
    for name in pictures:
        with Image.open(place / "results" / name) as picture:
            assert picture.width == 1600


def test_the_predictions_of_every_run_and_process_stand_in_a_table_beside_the_ratings(place: Path) -> None:
    rows = pq.read_table(place / "results" / "predictions.parquet").to_pylist()
    assert len(rows) == 2 * 24
    first = rows[0]
    assert (first["run"], first["process_id"], first["origin"], first["held_out"]) == ("one", process_id(4), "simulated", "")
    (stored,) = Dataset.open(place / "dataset").table("test_synthetic", ["detail_depth"]).slice(0, 1).to_pylist()
    assert first["detail_depth_rated"] == stored["detail_depth"]
    assert 1 <= first["detail_depth"] <= 10


def test_the_page_opens_from_the_disk_alone_and_says_what_the_data_are(place: Path) -> None:
    page = (place / "results" / "index.html").read_text("utf-8")
    assert page.count("Simulated, known controls; not PPAD; not comparable with the paper&#39;s numbers.") >= 1
    assert not re.search(r'(?:src|href)="(?!data:|#)', page)
    assert page.count("data:image/png;base64,") == 6
    assert ">n/a<" in page  # correlations of constants
    assert not re.search(r">\s*(?:nan|inf|None)\b", page, re.IGNORECASE)
    for words in ("against the truth", "held out: medium", "the raters' ceiling", "final frame alone", "rounded ACC"):
        assert words in page


def test_the_figures_are_json_without_nan_and_hold_every_table(place: Path) -> None:
    found = figures(place)
    assert found["notice"] == NOTICE
    assert found["attributes"] == list(NAMES)
    assert [(table["source"], table["target"]) for table in found["tables"]] == [
        ("simulated", "rated"), ("simulated, held out: medium", "rated"),
        ("simulated", "true"), ("simulated, held out: medium", "true"),
    ]  # fmt: skip
    (constant,) = [line for line in found["tables"][0]["lines"] if line["kind"] == "constant"]
    assert constant["figures"]["srcc"] == dict.fromkeys([*NAMES, "mean"])
    assert constant["figures"]["mse"]["consistency"]["value"] > 0
    pairs = {(one["first"], one["second"]) for one in found["tables"][0]["differences"]}
    assert pairs == {("one", "one, final frame alone"), ("other", "other, final frame alone"), ("one", "other")}
    assert (found["metrics"]["mse"]["range"], found["metrics"]["mse"]["higher_is_better"]) == ([0, None], False)
    few = found["tables"][1]["lines"][0]["figures"]["srcc"]["consistency"]
    assert few["low"] is few["high"] is None  # three components are too few for an interval


def test_the_terminal_shows_the_main_tables_whole_and_the_rest_in_short(place: Path) -> None:
    text = (place / "printed.txt").read_text()
    assert NOTICE in " ".join(text.split())
    assert "simulated: 21 processes, 21 components" in text
    assert "Apart, means over the attributes" in text
    assert "simulated, held out: medium, against the truth (3)" in text
    assert "nan" not in text.lower()
    for metric in ("SRCC", "PCC", "MSE", "rounded ACC"):
        assert metric in text


def test_the_same_command_leaves_the_same_bytes_and_prints_what_the_file_holds(place: Path) -> None:
    before = contents(place / "results")
    result = run_command(place / "one", place / "other", place / "dataset", "--out", place / "results", "--json")
    assert contents(place / "results") == before
    printed = json.loads(result.stdout)
    assert printed.pop("page").endswith("index.html")
    assert printed == figures(place)


def test_a_leak_is_refused_before_a_figure_is_printed_or_written(place: Path, tmp_path: Path) -> None:
    run = write_run(tmp_path / "leaky", place / "dataset", train=[5])
    with pytest.raises(LeakError):
        run_command(run, place / "dataset", "--out", tmp_path / "out")
    assert not (tmp_path / "out").exists()
    result = run_command(run, place / "dataset", "--out", tmp_path / "out", "--allow-leak", "seen")
    assert result.exit_code == 0
    sentence = f"Leak, allowed by name: leaky was trained on 1 of the evaluated processes: {process_id(5)}."
    assert sentence in (tmp_path / "out" / "index.html").read_text()
    assert sentence in " ".join(result.output.split())
    assert json.loads((tmp_path / "out" / "evaluation.json").read_text())["leaks"][0]["kind"] == "seen"


def test_a_dry_run_audits_and_writes_nothing(place: Path, tmp_path: Path) -> None:
    result = run_command(place / "one", place / "dataset", "--dry-run", "--json", "--out", tmp_path / "out")
    assert json.loads(result.stdout)["sources"] == {"simulated": 21, "simulated, held out: medium": 3}
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        (["one"], ConfigError, "A run and a dataset are needed"),
        (["nowhere", "dataset"], RunError, "There is no folder"),
        (["dataset", "dataset"], RunError, "is no training run"),
        (["one", "dataset", "--allow-leak", "all"], ConfigError, "no kind of leak 'all'"),
    ],
)
def test_wrong_arguments_are_named(place: Path, arguments: list[str], error: type[Exception], words: str) -> None:
    paths = [argument if argument.startswith("-") or argument == "all" else place / argument for argument in arguments]
    with pytest.raises(error, match=words):
        run_command(*paths)


def test_a_run_without_weights_or_with_a_damaged_file_is_refused(place: Path, tmp_path: Path) -> None:
    run = write_run(tmp_path / "run", place / "dataset", state="unfinished")
    (run / "best" / "model.safetensors").unlink()
    with pytest.raises(RunError, match="is unfinished and has no weights yet"):
        run_command(run, place / "dataset")
    (run / "run.json").write_text('{"format": 2}')
    with pytest.raises(RunError, match="'format'"):
        run_command(run, place / "dataset")
    (run / "run.json").write_text("{")
    with pytest.raises(RunError, match="is no JSON"):
        run_command(run, place / "dataset")


def test_a_page_of_something_else_is_never_replaced(place: Path, tmp_path: Path) -> None:
    (tmp_path / "index.html").write_text("<html>mine</html>")
    with pytest.raises(NotWritableError, match="was not written by ppad evaluate"):
        run_command(place / "one", place / "dataset", "--out", tmp_path)
    assert (tmp_path / "index.html").read_text() == "<html>mine</html>"


def test_what_says_nothing_is_written_as_such() -> None:
    assert figure(NAN) == p_value(NAN) == "n/a"
    assert interval(Estimate(0.5, NAN, NAN)) == ""
    assert plain_estimate(Estimate(NAN, 0.1, 0.2)) is None
    assert figure(-0.004) == "0.00"
    assert figure(-0.126) == "−0.13"
    assert figure(0.5, signed=True) == "+0.50"
    assert p_value(0.004) == "p < 0.01"
