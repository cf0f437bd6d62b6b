"""The commands as a user types them: the demo, what README and the guide show, wrong input."""

from __future__ import annotations

import json
import os
import re
import shlex
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from fixtures.paintings import write_painting
from ppad.storage import Collection

ROOT = Path(__file__).parents[2]


def ppad(*arguments: object, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Run the `ppad` command."""
    command = [sys.executable, "-m", "ppad", *map(str, arguments)]
    environment = os.environ | {"COLUMNS": "120", "NO_COLOR": "1"}
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False, env=environment)


def python_blocks(page: Path) -> list[str]:
    """The Python examples of a page."""
    return re.findall(r"```python\n(.*?)```", page.read_text("utf-8"), re.DOTALL)


def cells_of(notebook: Path) -> list[str]:
    """The code of a notebook."""
    return ["".join(cell["source"]) for cell in json.loads(notebook.read_text("utf-8"))["cells"] if cell["cell_type"] == "code"]


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which `ppad demo` was run."""
    folder = tmp_path_factory.mktemp("demo")
    result = ppad("demo", cwd=folder)
    assert result.returncode == 0, result.stderr
    return folder


def test_the_demo_makes_a_collection_a_page_a_dataset_and_a_judge_that_was_measured_and_scores(demo: Path) -> None:
    output = demo / "demo-output"
    assert len(list((output / "collection" / "processes").glob("*.parquet"))) == 3
    assert (output / "page" / "index.html").stat().st_size > 1000
    assert {path.name for path in (output / "dataset").iterdir()} >= {"README.md", "croissant.json", "data", "SHA256SUMS"}
    assert "All of these raters are simulated" in (output / "dataset" / "README.md").read_text()
    assert "All raters are simulated" in (output / "agreement" / "index.html").read_text()
    assert ppad("check", output / "dataset").returncode == 0
    assert "All raters are simulated" in (output / "run" / "evaluation" / "dataset" / "index.html").read_text()
    scored = json.loads((output / "scores" / "landscape-1.json").read_text())
    assert (output / "scores" / "landscape-1.png").stat().st_size > 10_000
    assert len(scored["scores"]) == 8
    assert "All raters are simulated" in " ".join(scored["run"]["notices"])


def test_the_demo_run_again_does_nothing_twice(demo: Path) -> None:
    again = ppad("demo", cwd=demo)
    assert again.returncode == 0
    assert re.search(r"already done\s+3", again.stderr)


@pytest.mark.parametrize(
    "page",
    [
        "README.md",
        "docs/extract.md",
        "docs/build.md",
        "docs/ratings.md",
        "docs/train.md",
        "docs/import-artworks.md",
        "docs/critic-evaluate.md",
        "docs/object-storage.md",
    ],
)
def test_the_python_on_a_page_runs_on_what_the_demo_made(demo: Path, page: str) -> None:
    blocks = python_blocks(ROOT / page)
    assert blocks
    for number, block in enumerate(blocks):
        script = demo / f"block_{number}.py"
        script.write_text(block)
        offline = os.environ | {"HF_HUB_OFFLINE": "1", "HF_HOME": str(demo / "hf")}
        result = subprocess.run([sys.executable, str(script)], cwd=demo, capture_output=True, text=True, check=False, env=offline)
        assert result.returncode == 0, f"{block}\n{result.stderr}"
        assert result.stdout.strip()


def test_the_notebook_runs_from_top_to_bottom_on_what_the_demo_made(demo: Path) -> None:
    (demo / "notebook.py").write_text("\n".join(cells_of(ROOT / "docs" / "notebooks" / "first-look.ipynb")))
    environment = os.environ | {"HF_HUB_OFFLINE": "1", "MPLBACKEND": "agg"}
    command = [sys.executable, "notebook.py"]
    result = subprocess.run(command, cwd=demo, capture_output=True, text=True, check=False, env=environment)
    assert result.returncode == 0, result.stderr
    assert "Half of the canvas was touched by key frame" in result.stdout
    assert len(re.findall(r"^\w+_\w+ +\d\.\d$", result.stdout, re.MULTILINE)) == 7


def test_the_tutorial_leads_from_an_empty_folder_to_scores(tmp_path: Path) -> None:
    page = (ROOT / "docs" / "tutorial.md").read_text("utf-8")
    for name, language in (("films.csv", "csv"), ("motifs.txt", "text")):
        block = re.search(rf"```{language}\n(.*?)```", page, re.DOTALL)
        assert block is not None
        (tmp_path / name).write_text(block.group(1))
    commands = re.findall(r"^\$ ppad (.*)$", page, re.MULTILINE)
    assert [shlex.split(command)[0] for command in commands] == (
        "doctor synth extract show synth annotate annotate ratings build train evaluate score".split()
    )
    for command in commands[1:]:  # `ppad doctor` has a test of its own
        result = ppad(*shlex.split(command), cwd=tmp_path)
        assert result.returncode == 0, f"{command}\n{result.stderr}"
    (scored,) = (tmp_path / "scores").glob("*.json")
    assert len(json.loads(scored.read_text())["scores"]) == 8
    (process,) = map(Collection.open(tmp_path / "collection").read, Collection.open(tmp_path / "collection").ids())
    assert ("seven key frames" in page, len(process.frames)) == (True, 7)


def test_help_names_the_settings_with_an_example() -> None:
    text = ppad("extract", "--help").stdout
    for words in ("Example:", "ppad extract videos/ --out collection", "--min-frames", "--occlusion", "--crop", "--dry-run"):
        assert words in text


def test_a_dry_run_says_what_would_be_done_and_writes_nothing(tmp_path: Path) -> None:
    write_painting(tmp_path / "videos.mp4", cells=4)
    result = ppad("extract", tmp_path / "videos.mp4", "--out", tmp_path / "c", "--dry-run", "--json")
    (line,) = json.loads(result.stdout)
    assert (line["action"], result.returncode) == ("extract", 0)
    assert re.fullmatch(r"videos-[0-9a-f]{12}", line["id"])
    assert not (tmp_path / "c").exists()


def test_json_holds_the_whole_report(tmp_path: Path) -> None:
    write_painting(tmp_path / "good.mp4", cells=6)
    (tmp_path / "empty.mp4").write_bytes(b"")
    result = ppad("extract", tmp_path / "good.mp4", tmp_path / "empty.mp4", "--out", tmp_path / "c", "--json")
    report = json.loads(result.stdout)
    assert result.returncode == 1
    assert report["done"][0]["key frames"] >= 6
    assert [failure["code"] for failure in report["failed"]] == ["media-empty"]


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["extract", "nowhere.mp4", "--out", "c"], "not-found", "There is no file, folder or match for nowhere.mp4."),
        (["extract", ".", "--out", "c"], "no-inputs", "No recording was found"),
        (
            ["extract", "v.mp4", "--out", "c", "--min-frames", "9", "--max-frames", "4"],
            "config-invalid",
            "min_frames (9) is above",
        ),
        (["extract", "v.mp4", "--out", "c", "--crop", "all"], "config-invalid", "x,y,width,height"),
        (["extract", "v.mp4", "--out", "c", "--config", "bad.yaml"], "config-invalid", "did you mean 'min_frames'?"),
        (["extract", "v.mp4", "--out", "c", "--metadata", "none.csv"], "not-found", "There is no metadata table"),
        (["extract", "v.mp4", "--out", "c", "--on", "cloud"], "not-found", "There is no executor 'cloud'."),
        (["show", "nowhere"], "not-found", "nowhere"),
        (["check", "nowhere"], "not-found", "nowhere"),
        (["build", "nowhere", "--out", "d"], "not-found", "nowhere"),
        (["ratings", "agreement", "nowhere.parquet"], "not-found", "nowhere.parquet"),
        (["ratings", "import", "nowhere.csv", "--out", "d/r.parquet", "--pseudonyms", "none"], "not-found", "nowhere.csv"),
        (["ratings", "simulate", "--raters", "1"], "config-invalid", "1 raters and 1000 processes are too few"),
        (["score", "nowhere", "v.mp4"], "run-unusable", "There is no folder nowhere."),
        (["evaluate", "nowhere", "d"], "run-unusable", "There is no folder nowhere."),
    ],
)
def test_wrong_input_is_one_sentence_with_a_code_and_no_traceback(
    tmp_path: Path, arguments: list[str], code: str, words: str
) -> None:
    if "v.mp4" in arguments:
        write_painting(tmp_path / "v.mp4", cells=2)
    (tmp_path / "bad.yaml").write_text("min_frame: 4\n")
    result = ppad(*arguments, cwd=tmp_path)
    assert result.returncode == 2
    assert f"[{code}]" in result.stderr
    assert words in " ".join(result.stderr.split())
    assert "Traceback" not in result.stderr
    assert not (tmp_path / "c").exists()


def test_the_version_is_one_line() -> None:
    assert re.fullmatch(r"ppad \d+\.\d+\.\d+\n", ppad("--version").stdout)


def test_the_help_lists_the_commands_in_the_order_of_use() -> None:
    text = ppad("--help").stdout
    places = [re.search(rf"│ {name} ", text) for name in ("demo", "extract", "build", "show", "check", "doctor")]
    assert all(places)
    assert [place.start() for place in places if place] == sorted(place.start() for place in places if place)


def test_ppad_alone_names_the_next_useful_command(tmp_path: Path) -> None:
    write_painting(tmp_path / "v.mp4", cells=2)
    result = ppad(cwd=tmp_path)
    assert result.returncode == 0
    assert "ppad extract . --out collection" in result.stdout


def test_an_unknown_command_is_refused_with_a_guess() -> None:
    result = ppad("extrct")
    assert result.returncode == 2
    assert "extract" in result.stderr


def test_debug_shows_the_traceback(tmp_path: Path) -> None:
    result = ppad("--debug", "extract", "nowhere.mp4", "--out", "c", cwd=tmp_path)
    assert "Traceback" in result.stderr


def test_a_typing_error_in_a_column_of_the_metadata_stops_the_run(tmp_path: Path) -> None:
    write_painting(tmp_path / "castle.mp4", cells=6)
    (tmp_path / "m.csv").write_text("file,styl,artist\ncastle.mp4,Cubism,Jane Doe\n")
    result = ppad("extract", tmp_path / "castle.mp4", "--out", tmp_path / "c", "--metadata", tmp_path / "m.csv")
    assert result.returncode == 2
    assert "column 'styl' is unknown: did you mean 'style'?" in " ".join(result.stderr.split())
    assert not (tmp_path / "c").exists()


def test_unused_columns_and_unmatched_rows_of_the_metadata_are_named(tmp_path: Path) -> None:
    write_painting(tmp_path / "castle.mp4", cells=6)
    (tmp_path / "m.csv").write_text("file,style,mood\ncastl.mp4,Fauvism,calm\ntower.mp4,Cubism,\n")
    result = ppad("extract", tmp_path / "castle.mp4", "--out", tmp_path / "c", "--metadata", tmp_path / "m.csv")
    text = " ".join(result.stderr.split())
    assert result.returncode == 0
    assert "Columns of the metadata that are not used: mood." in text
    assert "Rows of the metadata that match no recording: castl.mp4 (did you mean castle.mp4?), tower.mp4." in text


def test_ctrl_c_says_that_the_work_is_safe_and_keeps_the_summary(tmp_path: Path) -> None:
    for number in range(6):
        write_painting(tmp_path / "videos" / f"{number}.mp4", cells=12 + number, frames_per_cell=10, size=(480, 360))
    command = [sys.executable, "-m", "ppad", "extract", str(tmp_path / "videos"), "--out", str(tmp_path / "c")]
    run = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    assert run.stderr is not None
    first = run.stderr.readline()
    run.send_signal(signal.SIGINT)
    _, rest = run.communicate(timeout=60)
    assert "key frames" in first
    assert run.returncode == 130
    assert "What was finished is safe; run the same command to go on." in " ".join(rest.split())
    assert json.loads((tmp_path / "c" / "collection.json").read_text())["counts"]["processes"] >= 1


def test_doctor_names_what_is_installed() -> None:
    findings = {finding["what"]: finding for finding in json.loads(ppad("doctor", "--json").stdout)}
    assert findings["ppad[extract]"]["state"] == "ok"
    assert findings["GPU"]["found"]
    assert findings["decoders"]["found"].startswith("FFmpeg ")
