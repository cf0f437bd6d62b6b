"""Files of every contract version so far, read by today's code."""

from __future__ import annotations

from pathlib import Path

import pyarrow.parquet as pq
import pytest

from ppad.media.images import decode_image
from ppad.rubric import load_rubric
from ppad.schema import process_from_row
from ppad.storage import file_metadata
from ppad.storage.checking import check_parquet
from ppad.storage.ratings import read_ratings

GOLDEN = Path(__file__).parent / "golden"
V1 = GOLDEN / "v1"
PAINTED = "painted-69eac68c8b5f"


def decoded_size(data: bytes, name: str) -> tuple[int, int]:
    height, width = decode_image(data, name=name).shape[:2]
    return width, height


@pytest.mark.parametrize("kind", ["process", "ratings", "dataset", "splits"])
def test_a_file_of_version_1_follows_the_contract(kind: str) -> None:
    path = V1 / f"{kind}.parquet"
    metadata = file_metadata(path)
    assert (metadata.kind, metadata.contract_version) == (kind, 1)
    problems = [problem.message for problem in check_parquet(path, path.name, decoded_size).problems]
    # The golden process lies under a plain name instead of its id.
    assert problems == ([f"holds the process '{PAINTED}'."] if kind == "process" else [])


@pytest.mark.parametrize("name", ["process", "dataset"])
def test_a_process_of_version_1_reads_as_it_was_written(name: str) -> None:
    (row,) = pq.read_table(V1 / f"{name}.parquet").to_pylist()
    process = process_from_row(row)
    assert (process.process_id, process.origin, process.artist_id, process.style) == (PAINTED, "real", "artist-1", "Cubism")
    assert (process.frame_time_s, process.frame_index) == ([0.0, 1.5, 3.0], [0, 45, 90])
    assert process.frame_change == [0.0, 0.25, 0.25]
    assert [decode_image(frame.bytes).shape for frame in process.frames] == [(24, 32, 3)] * 3
    assert process.reference_image is not None
    assert process.provenance.source_name == "painted.mp4"


def test_scores_of_version_1_read_as_they_were_written() -> None:
    (row,) = pq.read_table(V1 / "dataset.parquet").to_pylist()
    assert (row["split"], row["n_raters"], row["consistency"], row["style_label"]) == ("train", 2, 7.5, "Cubism")
    assert row["consistency_std"] == pytest.approx(1.5 * 2**0.5)


def test_ratings_of_version_1_read_as_they_were_written() -> None:
    rows = read_ratings([V1 / "ratings.parquet"], load_rubric("ppad-8"))
    found = [(row["rater_id"], row["replicate"], row["kind"], row["color_depth"], row["critique"]) for row in rows]
    assert found == [("r1", 0, "main", 6, None), ("r2", 0, "main", 9, "Bold."), ("r2", 1, "repeat", 8, None)]


def test_the_golden_files_are_small() -> None:
    sizes = {path.name: path.stat().st_size for path in GOLDEN.rglob("*.parquet")}
    assert max(sizes.values()) < 40_000
