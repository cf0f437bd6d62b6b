"""Every process once, in steps of equal work, whether from memory or streamed, alone or on several ranks."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fixtures.learnable import ATTRIBUTES, SMALL_MODEL, write_learnable
from ppad.errors import ConfigError, UnreadableMediaError
from ppad.storage import Dataset
from ppad_model.data import (
    MemorySource,
    ReadExample,
    Rows,
    Share,
    Source,
    StreamSource,
    batches_in_order,
    hold_out,
    open_rows,
    open_source,
)
from ppad_model.ppjudge.presets import preset

CONFIG = preset("tiny", **SMALL_MODEL)
READ = ReadExample(CONFIG)


@pytest.fixture(scope="module")
def rows(tmp_path_factory: pytest.TempPathFactory) -> Rows:
    """20 of 23 processes, in several row groups, behind another split."""
    root = write_learnable(tmp_path_factory.mktemp("sources") / "d", {"pretrain": 4, "train": 23})
    learn, held = hold_out(open_rows(Dataset.open(root), "train", ATTRIBUTES), 0.15, 0)
    assert len(held) == 3
    return learn


@pytest.fixture(scope="module", params=["memory", "stream"])
def source(rows: Rows, request: pytest.FixtureRequest) -> Source:
    return MemorySource(rows, READ, 2) if request.param == "memory" else StreamSource(rows, READ, 2, window=2)


def steps(source: Source, batch: int, epoch: int, share: Share, first: int = 0) -> list[list[str]]:
    return [[one.process_id for one in part] for part in source.epoch(batch, 7, epoch, share, first)]


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(batch=st.integers(4, 25), world=st.integers(1, 3), epoch=st.integers(0, 2))
def test_an_epoch_visits_each_process_once_in_steps_of_equal_work(source: Source, batch: int, world: int, epoch: int) -> None:
    parts = [steps(source, batch, epoch, Share(rank, world)) for rank in range(world)]
    assert sorted(itertools.chain(*itertools.chain(*parts))) == sorted(source.rows.ids)
    sizes = source.step_sizes(batch, Share(0, world))
    assert [sum(len(part[step]) for part in parts) for step in range(len(sizes))] == sizes
    assert max(sizes) <= batch + world - 1
    for step in range(len(sizes)):
        lengths = [len(part[step]) for part in parts]
        assert max(lengths) - min(lengths) <= 1
        assert min(lengths) >= 1


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(batch=st.integers(4, 9), worlds=st.lists(st.integers(1, 3), min_size=2, max_size=4), data=st.data())
def test_an_epoch_visits_each_process_once_while_the_number_of_ranks_changes(
    source: Source, batch: int, worlds: list[int], data: st.DataObject
) -> None:
    count = len(source.step_sizes(batch, Share()))
    changes = sorted(data.draw(st.sets(st.integers(1, count - 1), max_size=len(worlds) - 1))) if count > 1 else []
    began, visited, sizes, earlier = 0, list[str](), list[int](), tuple[tuple[int, int], ...]()
    for world, until in zip(worlds, [*changes, count], strict=False):
        parts = [steps(source, batch, 1, Share(rank, world, earlier), began)[: until - began] for rank in range(world)]
        visited += itertools.chain(*itertools.chain(*parts))
        sizes += [sum(len(part[step]) for part in parts) for step in range(until - began)]
        assert sizes == source.step_sizes(batch, Share(0, world, earlier))[:until]
        began, earlier = until, (*earlier, (world, until))
    assert began == count
    assert sorted(visited) == sorted(source.rows.ids)


def test_another_epoch_is_another_order(source: Source) -> None:
    assert steps(source, 5, 0, Share()) != steps(source, 5, 1, Share())


@pytest.mark.parametrize("first", [1, 3, 4, 5])
def test_an_epoch_goes_on_at_any_step(source: Source, first: int) -> None:
    whole = steps(source, 5, 1, Share(1, 2))
    assert len(whole) == 4
    assert steps(source, 5, 1, Share(1, 2), first) == whole[first:]


def test_in_memory_a_step_has_the_same_processes_on_any_number_of_ranks(rows: Rows) -> None:
    source = MemorySource(rows, READ, 1)
    alone = steps(source, 6, 0, Share())
    together = [steps(source, 6, 0, Share(rank, 3)) for rank in range(3)]
    assert [one + two + three for one, two, three in zip(*together, strict=True)] == alone


def test_both_sources_give_the_same_examples_in_order(rows: Rows) -> None:
    kept, streamed = (list(one.in_order(Share())) for one in (MemorySource(rows, READ, 2), StreamSource(rows, READ, 1)))
    assert [one.process_id for one in kept] == list(rows.ids) == [one.process_id for one in streamed]
    assert all(torch.equal(one.frames, other.frames) for one, other in zip(kept, streamed, strict=True))


def test_ranks_share_what_is_read_in_order(source: Source) -> None:
    parts = [[one.process_id for one in source.in_order(Share(rank, 3))] for rank in range(3)]
    assert list(itertools.chain(*parts)) == list(source.rows.ids)
    assert max(map(len, parts)) - min(map(len, parts)) <= 1


def test_batches_in_order_hold_every_process_once(source: Source) -> None:
    assert [len(batch) for batch in batches_in_order(source, 8)] == [8, 8, 4]
    assert list(itertools.chain(*(batch.ids for batch in batches_in_order(source, 8)))) == list(source.rows.ids)


def test_what_fits_is_kept_in_memory_and_what_does_not_is_streamed(rows: Rows) -> None:
    size = rows.picture_bytes(CONFIG)
    assert isinstance(open_source(rows, READ, CONFIG, memory_bytes=size, threads=1), MemorySource)
    assert isinstance(open_source(rows, READ, CONFIG, memory_bytes=size - 1, threads=1), StreamSource)


def test_memory_decodes_each_process_once(rows: Rows) -> None:
    seen: list[int] = []
    source = MemorySource(rows, READ, 2, seen.append)
    for epoch in range(3):
        steps(source, 5, epoch, Share())
    assert seen == list(range(1, 21))


def test_more_ranks_than_processes_of_a_step_are_refused(source: Source) -> None:
    with pytest.raises(ConfigError, match="20 processes of split train in steps of 2 are too few for 3 ranks"):
        steps(source, 2, 0, Share(0, 3))


@pytest.mark.parametrize("kind", [MemorySource, StreamSource])
def test_a_damaged_process_is_named_in_its_turn(tmp_path: Path, kind: type) -> None:
    dataset = Dataset.open(write_learnable(tmp_path / "d", {"train": 6}, damaged=3))
    source = kind(open_rows(dataset, "train", ATTRIBUTES), READ, 2)
    with pytest.raises(UnreadableMediaError, match="drawn-000000000003"):
        list(source.epoch(2, 0, 0, Share()))
