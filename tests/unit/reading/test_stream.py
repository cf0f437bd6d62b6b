"""Streams: every row once, in the drawn order, ahead of its use, and on from where they stopped."""

from __future__ import annotations

import itertools
import json
import threading
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ppad.errors import ConfigError, ContractError, NotFoundError, UnreadableMediaError
from ppad.media.pictures import decode_frames
from ppad.storage import Dataset, DatasetRecord, Stream
from ppad.storage import shards as shards_module
from tests.unit.reading.drawn_datasets import dataset_row, process_id, write_dataset, write_shard

LAYOUT = {"train": [[3, 2, 1], [4, 3], [2, 2]], "test_real": [[2]]}
"""17 rows of train in 7 row groups of 3 shards."""
TRAIN = [process_id(n) for n in range(17)]


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    return Dataset.open(write_dataset(tmp_path_factory.mktemp("stream") / "dataset", LAYOUT))


def ids(stream: Stream[DatasetRecord]) -> list[str]:
    return [record.process.process_id for record in stream]


def test_a_stream_visits_each_row_of_its_split_once(dataset: Dataset) -> None:
    assert sorted(ids(dataset.stream("train"))) == TRAIN


def test_a_stream_shuffles(dataset: Dataset) -> None:
    assert ids(dataset.stream("train")) != TRAIN


def test_the_same_settings_give_the_same_order(dataset: Dataset) -> None:
    assert ids(dataset.stream("train", seed=3, epoch=4)) == ids(dataset.stream("train", seed=3, epoch=4))


def test_the_window_changes_the_order_and_not_the_rows(dataset: Dataset) -> None:
    one, four = ids(dataset.stream("train", window=1)), ids(dataset.stream("train", window=4))
    assert one != four
    assert sorted(one) == sorted(four)


@pytest.mark.parametrize(("world", "workers"), [(1, 1), (2, 1), (1, 3), (2, 3), (5, 4)])
def test_ranks_and_workers_share_the_rows(dataset: Dataset, world: int, workers: int) -> None:
    parts = [
        ids(dataset.stream("train", rank=rank, world=world, worker=worker, workers=workers))
        for rank, worker in itertools.product(range(world), range(workers))
    ]
    assert sorted(itertools.chain(*parts)) == TRAIN


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(position=st.integers(0, 9), epoch=st.integers(0, 3), window=st.integers(1, 4), rank=st.integers(0, 1))
def test_a_resumed_stream_yields_exactly_the_rest(dataset: Dataset, position: int, epoch: int, window: int, rank: int) -> None:
    whole = ids(dataset.stream("train", epoch=epoch, window=window, rank=rank, world=2))
    stream = dataset.stream("train", epoch=epoch, window=window, rank=rank, world=2)
    taken = [record.process.process_id for record in itertools.islice(stream, position)]
    stream.close()
    assert taken + ids(dataset.resume(json.loads(json.dumps(stream.state)))) == whole


def test_the_state_counts_what_was_taken_and_not_what_was_read_ahead(dataset: Dataset) -> None:
    stream = dataset.stream("train").map(lambda record: record.n_raters, threads=3)
    next(stream)
    assert (stream.position, stream.state["position"], len(stream)) == (1, 1, 17)


def test_a_finished_stream_resumes_to_nothing(dataset: Dataset) -> None:
    stream = dataset.stream("train")
    assert len(ids(stream)) == 17
    assert ids(dataset.resume(stream.state)) == []


def test_a_closed_stream_goes_on_where_it_was(dataset: Dataset) -> None:
    whole = ids(dataset.stream("train"))
    stream = dataset.stream("train")
    first = next(stream).process.process_id
    stream.close()
    assert [first, *ids(stream)] == whole


@pytest.mark.parametrize("threads", [0, 1, 4])
def test_map_keeps_the_order_with_any_number_of_threads(dataset: Dataset, threads: int) -> None:
    mapped = dataset.stream("train").map(lambda record: record.process.process_id, threads=threads)
    assert list(mapped) == ids(dataset.stream("train"))


def test_maps_follow_one_another(dataset: Dataset) -> None:
    mapped = dataset.stream("test_real").map(lambda record: record.scores["consistency"]).map(lambda score: -(score or 0))
    assert sorted(mapped) == [-18.5, -17.5]


def test_a_mapped_stream_resumes_through_the_dataset(dataset: Dataset) -> None:
    mapped = dataset.stream("train").map(lambda record: record.process.process_id)
    first = next(mapped)
    assert [first, *dataset.resume(mapped.state).map(lambda record: record.process.process_id)] == ids(dataset.stream("train"))


def test_frames_arrive_decoded_at_the_wanted_size(dataset: Dataset) -> None:
    frames = next(dataset.stream("train").map(lambda record: decode_frames(record.process, long_side=16), threads=2))
    assert (frames.shape, frames.dtype) == ((3, 12, 16, 3), "uint8")


def test_without_threads_work_is_done_when_it_is_asked_for(dataset: Dataset) -> None:
    made: list[str] = []
    stream = dataset.stream("train").map(lambda record: made.append(record.process.process_id))
    next(stream)
    assert len(made) == 1


def test_work_is_done_in_threads_before_it_is_asked_for(dataset: Dataset) -> None:
    """After one item, a stream with one thread has made two more: seen without timing, by waiting for the third."""
    third = threading.Event()
    made: list[str] = []

    def note(record: DatasetRecord) -> int:
        made.append(threading.current_thread().name)
        if len(made) == 3:
            third.set()
        return record.n_raters

    stream = dataset.stream("train").map(note, threads=1)
    next(stream)
    assert third.wait(timeout=60)
    assert all(name.startswith("ppad-make") for name in made)


def test_a_row_group_is_read_once_for_each_consumer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    dataset = Dataset.open(write_dataset(tmp_path, LAYOUT))
    reads: list[tuple[str, int]] = []
    read = shards_module.RowGroup.read

    def noted(group: shards_module.RowGroup, columns: Any) -> Any:
        if group.path.is_relative_to(tmp_path):
            reads.append((group.path.name, group.number))
        return read(group, columns)

    monkeypatch.setattr(shards_module.RowGroup, "read", noted)
    ids(dataset.stream("train", window=2))
    assert sorted(reads) == sorted({*reads})
    assert len(reads) == 7


def test_a_damaged_frame_is_named_and_the_stream_goes_on(tmp_path: Path) -> None:
    rows = [dataset_row(n, "train") for n in range(4)]
    rows[2]["frames"][1]["bytes"] = b"no picture"
    write_shard(tmp_path / "data" / "train-00000-of-00001.parquet", [rows])
    stream = Dataset.open(tmp_path).stream("train").map(lambda record: decode_frames(record.process))
    shapes, errors = [], []
    for _ in range(len(stream)):
        try:
            shapes.append(next(stream).shape)
        except UnreadableMediaError as error:
            errors.append(error.message)
    assert shapes == [(3, 24, 32, 3)] * 3
    assert errors == ["Frame 1 of painting-000000000002 holds no picture, whatever its name says."]


def test_the_state_of_another_dataset_is_refused(dataset: Dataset, tmp_path: Path) -> None:
    other = Dataset.open(write_dataset(tmp_path, {"train": [[2, 2]]}))
    with pytest.raises(ContractError, match=r"The state is not of this dataset's split train. Begin the epoch again"):
        dataset.resume(other.stream("train").state)


@pytest.mark.parametrize("change", [{"split": 3}, {"position": "1"}, {"extra": 1}])
def test_what_is_no_state_is_refused(dataset: Dataset, change: dict[str, Any]) -> None:
    with pytest.raises(ConfigError, match="The state is not that of a stream"):
        dataset.resume(dataset.stream("train").state | change)


def test_a_position_beyond_the_end_is_refused(dataset: Dataset) -> None:
    with pytest.raises(ConfigError, match="position is 18, but the stream has 17 rows"):
        dataset.resume(dataset.stream("train").state | {"position": 18})


@pytest.mark.parametrize(
    ("name", "value", "fix"),
    [
        ("rank", 2, "With world 1 it counts from 0"),
        ("worker", 1, "With workers 1 it counts from 0"),
        ("world", 0, "It must be at least 1"),
        ("window", 0, "It must be at least 1"),
        ("seed", -1, "It must be at least 0"),
        ("epoch", -1, "It must be at least 0"),
    ],
)
def test_numbers_out_of_range_are_refused(dataset: Dataset, name: str, value: int, fix: str) -> None:
    with pytest.raises(ConfigError, match=f"{name} is {value}. {fix}"):
        dataset.stream("train", **{name: value})


def test_a_negative_number_of_threads_is_refused(dataset: Dataset) -> None:
    with pytest.raises(ConfigError, match=r"threads is -1. It must be at least 0"):
        dataset.stream("train").map(lambda record: record, threads=-1)


def test_an_unknown_split_is_refused(dataset: Dataset) -> None:
    with pytest.raises(NotFoundError, match="has no split 'pretrain'"):
        dataset.stream("pretrain")


def test_a_stream_of_some_rows_visits_these_alone(dataset: Dataset) -> None:
    rows = [0, 1, 4, 9, 10, 16]
    streams = [dataset.stream("train", rank=rank, world=2, rows=rows) for rank in range(2)]
    assert [len(stream) for stream in streams] == [3, 3]
    assert sorted(itertools.chain(*map(ids, streams))) == [TRAIN[row] for row in rows]


def test_a_stream_of_some_rows_resumes_with_the_same_rows_only(dataset: Dataset) -> None:
    rows = [0, 1, 4, 9, 10, 16]
    whole = ids(dataset.stream("train", rows=rows))
    stream = dataset.stream("train", rows=rows)
    taken = [record.process.process_id for record in itertools.islice(stream, 2)]
    stream.close()
    assert taken + ids(dataset.resume(stream.state, rows).map(lambda record: record)) == whole
    for others in (None, [0, 1, 4, 9, 10, 15]):
        with pytest.raises(ContractError, match="The state is not of this dataset"):
            dataset.resume(stream.state, others)


@pytest.mark.parametrize("rows", [[-1, 2], [3, 3], [5, 4], [0, 17]])
def test_rows_that_do_not_rise_within_the_split_are_refused(dataset: Dataset, rows: list[int]) -> None:
    with pytest.raises(ConfigError, match="do not rise"):
        dataset.stream("train", rows=rows)
