"""Looking at every process before anything is written."""

from __future__ import annotations

from pathlib import Path

import pytest

from ppad.errors import ContractError, NotFoundError
from ppad.schema import Picture
from ppad.stages import Failure, Job, Skipped
from ppad_pipelines.build.survey import Facts, one_each, survey_jobs, survey_process
from tests.unit.build.samples import process_id, record, source, write_collection


def survey(root: Path) -> list[Facts]:
    return [survey_process(job, lambda _: None)["facts"] for job in survey_jobs([root])]


def test_the_facts_of_a_process_are_read(tmp_path: Path) -> None:
    picture = record("other").frames[0]
    root = write_collection(tmp_path / "c", [record("a", reference_kind="image", reference_image=picture, style="Cubism")])
    (facts,) = survey(root)
    assert (facts.process_id, facts.frames, facts.is_real, facts.style) == (process_id("a"), 3, True, "Cubism")
    assert len(facts.thumbnail) == 16 * 16 * 3
    assert facts.reference_sha256 is not None


def test_a_collection_that_is_named_twice_counts_once(tmp_path: Path) -> None:
    root = write_collection(tmp_path / "c", [record("a"), record("b")])
    assert len(survey_jobs([root, tmp_path / "c" / ".." / "c"])) == 2


def test_a_folder_that_is_no_collection_is_named(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match="is not a collection"):
        survey_jobs([tmp_path])


def test_a_damaged_file_is_an_error_of_that_file(tmp_path: Path) -> None:
    root = write_collection(tmp_path / "c", [record("a")])
    file = root / "processes" / f"{process_id('a')}.parquet"
    file.write_bytes(file.read_bytes()[:-100])
    with pytest.raises(ContractError, match="is damaged or no Parquet file"):
        survey_process(Job("x", "x", file), lambda _: None)


def test_a_file_under_another_name_than_its_process_is_refused(tmp_path: Path) -> None:
    root = write_collection(tmp_path / "c", [record("a")])
    file = root / "processes" / f"{process_id('a')}.parquet"
    renamed = file.rename(file.with_name(f"{process_id('b')}.parquet"))
    with pytest.raises(ContractError, match=f"holds the process '{process_id('a')}'"):
        survey_process(Job("x", "x", renamed), lambda _: None)


def test_a_final_frame_that_is_no_picture_is_refused(tmp_path: Path) -> None:
    frames = [*record("a").frames[:2], Picture(bytes=b"no picture", path="2.jpg")]
    root = write_collection(tmp_path / "c", [record("a", frames=frames)])
    with pytest.raises(ContractError, match="It holds no picture"):
        survey(root)


def test_of_one_process_in_two_collections_the_one_made_last_is_kept(tmp_path: Path) -> None:
    early = write_collection(tmp_path / "early", [record("a")])
    late = write_collection(tmp_path / "late", [source(record("a"), created_at="2026-02-02T00:00:00Z")])
    for order in ([early, late], [late, early]):
        facts, left_out = one_each(fact for root in order for fact in survey(root))
        assert [fact.created_at for fact in facts] == ["2026-02-02T00:00:00Z"]
        name = f"{process_id('a')}.parquet"
        assert left_out == [Skipped(process_id("a"), f"early/{name}", f"duplicate of late/{name}")]


def test_one_id_for_two_sources_leaves_both_out(tmp_path: Path) -> None:
    one = write_collection(tmp_path / "one", [record("a"), record("b")])
    two = write_collection(tmp_path / "two", [source(record("a"), source_sha256="f" * 64)])
    facts, left_out = one_each([*survey(one), *survey(two)])
    assert [fact.process_id for fact in facts] == [process_id("b")]
    assert [item.code for item in left_out if isinstance(item, Failure)] == ["contract-broken"] * 2
