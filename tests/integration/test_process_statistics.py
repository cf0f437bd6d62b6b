"""`ppad stats process`: collections measured, remembered, compared and drawn."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from PIL import Image

from fixtures.runs import Silent, extract
from ppad.stages import InProcess
from ppad.storage import Collection
from ppad_pipelines.stats.collecting import measure_collection
from ppad_pipelines.synth.inputs import Motif
from ppad_pipelines.synth.run import synthesize
from ppad_pipelines.synth.strokes.engine import StrokesConfig

WORDS = ("a house", "a boat on the sea", "a forest", "a desert", "a town at night")


def painted(out: Path, **settings: object) -> Path:
    config = StrokesConfig(size=96, frames=6, **settings)  # type: ignore[arg-type]
    synthesize("strokes", config, [Motif(words, words) for words in WORDS], out, InProcess(), Silent())
    return out


@pytest.fixture(scope="module")
def oil(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return painted(tmp_path_factory.mktemp("c") / "oil")


@pytest.fixture(scope="module")
def ink(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return painted(tmp_path_factory.mktemp("c") / "ink", medium="ink")


def stats(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "ppad", "stats", "process", *map(str, arguments)]
    environment = os.environ | {"COLUMNS": "160", "NO_COLOR": "1"}
    return subprocess.run(command, capture_output=True, text=True, check=False, env=environment)


def test_processes_are_measured_once_and_again_only_when_their_file_changes(oil: Path) -> None:
    first, _ = measure_collection(oil, InProcess(), Silent())
    again, later = measure_collection(oil, InProcess(), Silent())
    assert (len(first), len(later.done)) == (5, 0)
    assert [one.process_id for one in again] == Collection(oil).ids()
    path = Collection(oil).path_of(first[0].process_id)
    os.utime(path, ns=(1, 1))
    _, changed = measure_collection(oil, InProcess(), Silent())
    assert [job.id for job, _ in changed.done] == [first[0].process_id]


def test_oil_and_ink_differ_in_what_they_cover_and_a_collection_not_from_itself(oil: Path, ink: Path, tmp_path: Path) -> None:
    result = stats(oil, ink, oil, "--json", "--rounds", 40, "--out", tmp_path / "c.png", "--table", tmp_path / "t.parquet")
    assert result.returncode == 0, result.stderr
    data = json.loads(result.stdout)
    found = {(one["other"], one["statistic"]): one for one in data["distances"]}
    others = list(dict.fromkeys(other for other, _ in found))
    assert found[others[0], "coverage"]["distance"] > found[others[0], "coverage"]["chance"]
    assert all(one["distance"] == 0 for (other, _), one in found.items() if other == others[1])
    assert [collection["count"] for collection in data["collections"]] == [5, 5, 5]
    assert data["collections"][0]["curves"]["coverage"]["q50"][0] == 0
    picture = np.asarray(Image.open(io.BytesIO((tmp_path / "c.png").read_bytes())).convert("RGB"))
    assert picture.shape[1] == 1600
    for color in ((0x3F, 0x62, 0x85), (0xC2, 0x44, 0x1C)):
        assert (np.abs(picture.astype(int) - color).sum(axis=2) < 12).sum() > 300
    table = pq.read_table(tmp_path / "t.parquet")
    assert (table.num_rows, len(table["coverage"][0])) == (15, 21)


def test_a_recording_has_a_clock_and_stills_have_none(real_data: Path, tmp_path: Path) -> None:
    videos = real_data / "process_videos"
    extract([videos / "quickdraw_replay" / "dev_cat.mp4"], tmp_path / "c", size=256)
    extract([videos / "sequences" / "krita_flat_coloring"], tmp_path / "c", size=256)
    by_frames = json.loads(stats(tmp_path / "c", "--json", "--rounds", 20).stdout)["collections"][0]
    by_time = json.loads(stats(tmp_path / "c", "--json", "--rounds", 20, "--over", "time").stdout)["collections"][0]
    assert (by_frames["count"], by_frames["left_out"]) == (2, 0)
    assert (by_time["count"], by_time["left_out"]) == (1, 1)
    cat = next(one for one in by_frames["processes"] if "cat" in one["process_id"])
    assert 0 < cat["covered"] < 0.2  # thin lines
    assert cat["revisit_rate"] < 0.2


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["none"], "not-found"),
        (["OIL", "--over", "days"], "config-invalid"),
        (["OIL", "--out", "a.jpg"], "config-invalid"),
        (["EMPTY"], "no-inputs"),
    ],
)
def test_wrong_input_is_one_sentence_with_a_code(oil: Path, tmp_path: Path, arguments: list[str], code: str) -> None:
    (tmp_path / "empty" / "processes").mkdir(parents=True)
    places = {"OIL": oil, "EMPTY": tmp_path / "empty"}
    result = stats(*(places.get(argument, argument) for argument in arguments))
    assert result.returncode == 2
    assert f"[{code}]" in result.stderr
    assert "Traceback" not in result.stderr


def test_a_damaged_process_is_named_and_the_others_are_measured(oil: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy" / "processes"
    copy.mkdir(parents=True)
    for number, path in enumerate(sorted((oil / "processes").iterdir())):
        (copy / path.name).write_bytes(path.read_bytes() if number else b"PAR1 damaged PAR1")
    result = stats(tmp_path / "copy", "--json", "--rounds", 20)
    assert result.returncode == 1
    assert json.loads(result.stdout)["collections"][0]["count"] == 4


def test_a_dry_run_counts_and_writes_nothing(oil: Path, tmp_path: Path) -> None:
    result = stats(oil, "--dry-run", "--json", "--out", tmp_path / "c.png")
    assert json.loads(result.stdout) == {"would_measure": {str(oil): 5}}
    assert list(tmp_path.iterdir()) == []
