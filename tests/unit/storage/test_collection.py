"""A collection on disk."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fixtures.records import record, records
from ppad.errors import ContractError, LockedError, NotFoundError
from ppad.schema import ProcessRecord
from ppad.storage import Collection, Trace

CONFIG = "0123456789ab"

FAILED = {"input": "a.mp4", "stage": "extract", "code": "media-empty", "message": "a.mp4 is empty.", "fix": "Copy it again."}


@pytest.fixture
def collection(tmp_path: Path) -> Collection:
    made = Collection(tmp_path / "collection")
    with made.writing():
        for name in ("windmill", "castle"):
            made.write(record(name), CONFIG)
    return made


@settings(max_examples=30, suppress_health_check=[HealthCheck.too_slow])
@given(written=records())
def test_every_column_comes_back_as_it_was_written(tmp_path_factory: pytest.TempPathFactory, written: ProcessRecord) -> None:
    collection = Collection(tmp_path_factory.mktemp("collection"))
    collection.write(written, CONFIG)
    assert collection.read(written.process_id) == written


def test_ids_are_sorted_and_iteration_follows_them(collection: Collection) -> None:
    assert collection.ids() == ["castle-0123456789ab", "windmill-0123456789ab"]
    assert len(collection) == 2
    assert [process.process_id for process in collection] == collection.ids()


def test_the_settings_of_a_process_are_known_from_its_file(collection: Collection) -> None:
    assert collection.config_hash("castle-0123456789ab") == CONFIG


def test_a_light_row_leaves_out_the_pictures(collection: Collection) -> None:
    row = collection.light_row("castle-0123456789ab")
    assert row["frame_change"] == [0.0, 0.25, 0.25]
    assert not {"frames", "reference_image"} & set(row)


def test_all_processes_are_one_table(collection: Collection) -> None:
    assert collection.table(["process_id", "width"]).to_pylist() == [
        {"process_id": "castle-0123456789ab", "width": 32},
        {"process_id": "windmill-0123456789ab", "width": 32},
    ]


def test_the_table_of_an_empty_collection_has_its_columns(tmp_path: Path) -> None:
    table = Collection(tmp_path).table()
    assert table.num_rows == 0
    assert "process_id" in table.column_names


def test_a_process_is_written_in_place_of_the_one_with_its_id(collection: Collection) -> None:
    collection.write(record("castle", frame_count=5), CONFIG)
    assert len(collection.read("castle-0123456789ab").frames) == 5
    assert len(collection) == 2


def test_the_same_record_gives_the_same_bytes(collection: Collection) -> None:
    path = collection.path_of("castle-0123456789ab")
    before = path.read_bytes()
    collection.write(record("castle"), CONFIG)
    assert path.read_bytes() == before


@given(st.lists(st.tuples(st.floats(0, 1e5), st.floats(0, 1)), min_size=1, max_size=20), st.floats(0, 1))
def test_how_key_frames_were_chosen_is_kept_to_the_millisecond_and_four_digits(
    tmp_path_factory: pytest.TempPathFactory, samples: list[tuple[float, float]], threshold: float
) -> None:
    times, change = [time for time, _ in samples], [step for _, step in samples]
    collection = Collection(tmp_path_factory.mktemp("collection"))
    collection.write(record(), CONFIG, Trace(times, change, threshold, [0, 3]))
    trace = collection.trace("castle-0123456789ab")
    assert trace is not None
    assert trace.time_s == pytest.approx(times, abs=0.00051)
    assert trace.change == pytest.approx(change, rel=0.0006)
    assert (trace.threshold, trace.chosen) == (threshold, [0, 3])


def test_a_process_without_a_trace_has_none(collection: Collection) -> None:
    assert collection.trace("castle-0123456789ab") is None


def rewritten(collection: Collection, change: Callable[[pa.Table], pa.Table]) -> Collection:
    """The collection with another table in the file of its castle."""
    path = collection.path_of("castle-0123456789ab")
    pq.write_table(change(pq.read_table(path)), path)
    return collection


@pytest.mark.parametrize("text", ["{}", "[", "[" * 100_000, '{"time_s":["x"],"change":[],"threshold":0,"chosen":[]}', "\ud800"])
def test_a_trace_that_cannot_be_read_is_as_good_as_none(collection: Collection, text: str) -> None:
    notes = {b"ppad.trace": text.encode("utf-8", "surrogatepass")}
    rewritten(collection, lambda table: table.replace_schema_metadata(notes))
    assert collection.trace("castle-0123456789ab") is None


@pytest.mark.parametrize("column", ["provenance", "frame_change", "width"])
def test_a_row_without_what_every_process_has_is_refused(collection: Collection, column: str) -> None:
    def emptied(table: pa.Table) -> pa.Table:
        place = table.schema.get_field_index(column)
        return table.set_column(place, table.schema.field(column), pa.nulls(1, table.schema.field(column).type))

    rewritten(collection, emptied)
    for read in (collection.read, collection.light_row):
        with pytest.raises(ContractError, match=f"castle-0123456789ab.parquet: {column} is null"):
            read("castle-0123456789ab")


def test_a_file_without_a_column_or_with_another_type_is_refused(collection: Collection) -> None:
    rewritten(collection, lambda table: table.drop_columns(["origin"]))
    with pytest.raises(ContractError, match="column origin is missing"):
        collection.light_row("castle-0123456789ab")


@pytest.mark.parametrize("count", [0, 2])
def test_a_file_that_does_not_hold_one_row_is_refused(collection: Collection, count: int) -> None:
    rewritten(collection, lambda table: pa.concat_tables([table] * count) if count else table.slice(0, 0))
    with pytest.raises(ContractError, match=f"holds {count} rows, not 1"):
        collection.read("castle-0123456789ab")


def test_a_frame_that_is_null_is_refused(collection: Collection) -> None:
    def with_null(table: pa.Table) -> pa.Table:
        place, field = table.schema.get_field_index("frames"), table.schema.field("frames")
        return table.set_column(place, field, pa.array([[None]], field.type))

    rewritten(collection, with_null)
    with pytest.raises(ContractError, match="has a frame that is null"):
        collection.read("castle-0123456789ab")


def test_an_unknown_id_is_refused(collection: Collection) -> None:
    with pytest.raises(NotFoundError, match=r"There is no file .*tower-000000000000\.parquet"):
        collection.read("tower-000000000000")


def test_a_folder_that_is_no_collection_is_refused_with_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError) as caught:
        Collection.open(tmp_path)
    assert caught.value.message == f"{tmp_path} is not a collection: it has no folder 'processes'."
    assert caught.value.fix == "Make one: ppad extract VIDEOS --out DIR"


@pytest.mark.parametrize("keep", [0, 3, 200, -300, -1])
def test_a_damaged_file_is_named(collection: Collection, keep: int) -> None:
    path = collection.path_of("castle-0123456789ab")
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(ContractError, match=r"castle-0123456789ab\.parquet is damaged or no Parquet file"):
        collection.read("castle-0123456789ab")


def test_failures_are_kept_sorted_by_input(collection: Collection) -> None:
    failures = [
        {"input": name, "stage": "extract", "code": "media-empty", "message": "m", "fix": "f"} for name in ("z", "ä", "a")
    ]
    collection.write_failures(failures)
    assert [failure["input"] for failure in collection.failures()] == ["a", "z", "ä"]
    collection.write_failures(list(reversed(failures)))
    assert [failure["input"] for failure in collection.failures()] == ["a", "z", "ä"]


def test_a_failure_line_that_a_kill_cut_short_is_passed_by(collection: Collection) -> None:
    collection.write_failures([FAILED])
    with collection.failures_file.open("a") as file:
        file.write('{"input": "b.mp4", "st')
    assert [failure["input"] for failure in collection.failures()] == ["a.mp4"]


@pytest.mark.parametrize("line", ["5", '{"input": "x"}', "[" * 100_000, "\ud7ff"])
def test_a_line_that_is_no_failure_is_passed_by(collection: Collection, line: str) -> None:
    collection.failures_file.write_text(line + "\n", encoding="utf-8")
    assert collection.failures() == []


def test_a_name_with_a_line_separator_stays_one_failure(collection: Collection) -> None:
    collection.write_failures([FAILED | {"input": "a\u2028b.mp4"}])
    assert [failure["input"] for failure in collection.failures()] == ["a\u2028b.mp4"]


@pytest.mark.parametrize("process_id", ["../x-0123456789ab", "a/b", ""])
def test_an_id_never_leads_out_of_the_collection(collection: Collection, process_id: str) -> None:
    with pytest.raises(NotFoundError):
        collection.path_of(process_id)


def test_a_file_of_the_user_that_looks_half_made_is_kept(collection: Collection) -> None:
    (collection.root / ".tmp-notes.txt").write_text("mine")
    with collection.writing():
        pass
    assert (collection.root / ".tmp-notes.txt").read_text() == "mine"


REJECTED = {
    "process_id": "castle-0123456789ab", "input": "a castle", "stage": "synth", "engine": "strokes 2", "seed": 7,
    "reason": "blank", "measured": 1.0, "limit": 0.985,
}  # fmt: skip


def test_rejects_are_kept_sorted_by_process_and_the_last_word_on_each_counts(collection: Collection) -> None:
    collection.add_rejects([REJECTED | {"process_id": "b-1"}, REJECTED | {"process_id": "a-1", "reason": "stalled"}])
    collection.add_rejects([REJECTED | {"process_id": "a-1"}])
    assert [(reject["process_id"], reject["reason"]) for reject in collection.rejects()] == [("a-1", "blank"), ("b-1", "blank")]
    collection.write_rejects(collection.rejects()[::-1])
    assert [line.split('"')[3] for line in collection.rejects_file.read_text().splitlines()] == ["a-1", "b-1"]


def test_a_line_of_rejects_that_a_kill_cut_short_costs_only_itself(collection: Collection) -> None:
    collection.add_rejects([REJECTED])
    with collection.rejects_file.open("a") as file:
        file.write('{"process_id": "hal')
    collection.add_rejects([REJECTED | {"process_id": "b-1"}])
    assert [reject["process_id"] for reject in collection.rejects()] == ["b-1", "castle-0123456789ab"]


def test_without_rejects_there_is_no_ledger(collection: Collection) -> None:
    collection.add_rejects([REJECTED])
    collection.write_rejects([])
    assert (collection.rejects(), collection.rejects_file.exists()) == ([], False)


def test_a_collection_without_failures_has_none(collection: Collection) -> None:
    assert collection.failures() == []


def test_the_summary_counts_what_is_there(collection: Collection, fixed_clock: None) -> None:
    collection.write_failures([FAILED])
    collection.write_summary()
    assert json.loads(collection.summary_file.read_text()) == {
        "contract_version": 1,
        "created": "2026-01-01T00:00:00Z",
        "counts": {"processes": 2, "failures": 1},
    }


def test_the_summary_keeps_the_time_at_which_the_collection_was_begun(
    collection: Collection, monkeypatch: pytest.MonkeyPatch
) -> None:
    for moment in ("1767225600", "1800000000"):
        monkeypatch.setenv("SOURCE_DATE_EPOCH", moment)
        collection.write_summary()
    assert json.loads(collection.summary_file.read_text())["created"] == "2026-01-01T00:00:00Z"


@pytest.mark.parametrize("damage", ["", "[]", '{"created"', "null", "\\xff"])
def test_a_damaged_summary_is_made_anew(collection: Collection, damage: str) -> None:
    collection.summary_file.write_text(damage)
    collection.write_summary()
    assert json.loads(collection.summary_file.read_text())["counts"]["processes"] == 2


def test_a_second_run_that_writes_is_refused(collection: Collection) -> None:
    with (
        collection.writing(),
        pytest.raises(LockedError, match="Another run is writing to"),
        Collection(collection.root).writing(),
    ):
        pytest.fail("both write")


def test_the_next_run_may_write_when_the_first_has_ended(collection: Collection) -> None:
    for _ in range(2):
        with collection.writing():
            pass


def test_a_run_that_ends_in_an_error_gives_the_collection_back(collection: Collection) -> None:
    with pytest.raises(ZeroDivisionError), collection.writing():
        raise ZeroDivisionError
    with collection.writing():
        pass


def test_what_a_killed_run_left_half_made_is_removed_by_the_next(collection: Collection) -> None:
    leftovers = [folder / ".tmp-00000000000000ff-x" for folder in (collection.root, collection.processes, collection.work)]
    for leftover in leftovers:
        leftover.touch()
    with collection.writing():
        assert not any(leftover.exists() for leftover in leftovers)
    assert len(collection) == 2


def test_a_half_made_file_is_no_process(collection: Collection) -> None:
    (collection.processes / ".tmp-00000000000000ff-tower.parquet").touch()
    assert len(collection) == 2
