"""A dataset as columns, and one process at a time."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest

import ppad.storage.shards as shards
from ppad.errors import ContractError, NotFoundError
from ppad.storage import Dataset
from tests.unit.reading.drawn_datasets import ATTRIBUTES, dataset_row, process, process_id, write_dataset, write_shard

LAYOUT = {"train": [[3, 2], [4]], "test_real": [[2]]}
"""11 rows: 0–8 in train (shards of 5 and 4), 9 and 10 in test_real."""


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_dataset(tmp_path_factory.mktemp("reading") / "dataset", LAYOUT)


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, int, tuple[str, ...]]]:
    """Every row group that is read from disk: shard, number, columns."""
    seen: list[tuple[str, int, tuple[str, ...]]] = []
    read = shards.RowGroup.read

    def noted(group: shards.RowGroup, columns: tuple[str, ...]) -> object:
        seen.append((group.path.name, group.number, tuple(columns)))
        return read(group, columns)

    monkeypatch.setattr(shards.RowGroup, "read", noted)
    return seen


def test_splits_come_in_the_contract_s_order(root: Path) -> None:
    assert Dataset.open(root).splits == ("train", "test_real")


def test_rows_are_counted_from_the_footers(root: Path, reads: list[object]) -> None:
    dataset = Dataset.open(root)
    assert (len(dataset), dataset.count("train"), dataset.count("test_real"), reads) == (11, 9, 2, [])


def test_attributes_are_those_with_scores(root: Path) -> None:
    assert Dataset.open(root).attribute_ids == ATTRIBUTES


def test_a_table_leaves_pictures_out(root: Path) -> None:
    dataset = Dataset.open(root)
    assert set(dataset.columns) - set(dataset.table("train").column_names) == {"frames", "reference_image"}


def test_a_table_has_the_columns_asked_for_in_their_order(root: Path) -> None:
    table = Dataset.open(root).table("test_real", ["n_raters", "consistency"])
    assert table.to_pydict() == {"n_raters": [3, 3], "consistency": [9.5, 10.5]}


def test_a_table_of_all_splits_follows_the_numbers_of_the_rows(root: Path) -> None:
    assert Dataset.open(root).table(columns=["process_id"])["process_id"].to_pylist() == [process_id(n) for n in range(11)]


@pytest.mark.parametrize(("index", "number"), [(0, 0), (4, 4), (5, 5), (10, 10), (-1, 10)])
def test_a_row_is_found_by_its_number(root: Path, index: int, number: int) -> None:
    assert Dataset.open(root)[index].process == process(number)


def test_a_record_carries_split_and_scores(root: Path) -> None:
    record = Dataset.open(root)[2]
    assert (record.split, record.n_raters) == ("train", 3)
    assert record.scores == dict.fromkeys(ATTRIBUTES, 2.5)
    assert record.scores_std == dict.fromkeys(ATTRIBUTES, 0.25)
    assert record.scores_adjusted == dict.fromkeys(ATTRIBUTES, 3.5)


def test_a_process_is_found_by_its_id(root: Path) -> None:
    assert Dataset.open(root).read(process_id(7)).process.process_id == process_id(7)


def test_iterating_gives_every_row_in_stored_order(root: Path) -> None:
    assert [record.process.process_id for record in Dataset.open(root)] == [process_id(n) for n in range(11)]


def test_a_row_reads_the_columns_asked_for_and_no_other(root: Path, reads: list[object]) -> None:
    assert Dataset.open(root).row(8, ["n_raters"]) == {"n_raters": 3}
    assert reads == [("train-00001-of-00002.parquet", 0, ("n_raters",))]


def test_random_access_reads_one_row_group_and_keeps_it(root: Path, reads: list[tuple[str, int, object]]) -> None:
    dataset = Dataset.open(root)
    assert [dataset[index].n_raters for index in (3, 4, 3)] == [3, 3, 3]
    assert [(name, number) for name, number, _ in reads] == [("train-00000-of-00002.parquet", 1)]


def test_the_cache_holds_no_more_than_its_bound(root: Path, reads: list[object]) -> None:
    dataset = Dataset.open(root, cache_bytes=1)
    assert dataset[0] == dataset[0]
    assert len(reads) == 2


def test_a_dataset_travels_to_another_process(root: Path) -> None:
    dataset = Dataset.open(root, cache_bytes=123)
    copy = pickle.loads(pickle.dumps(dataset))
    assert copy[1] == dataset[1]


def test_a_folder_without_shards_is_refused_with_the_fix(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match=r"is not a dataset.*Make one: ppad build COLLECTION --out DATASET"):
        Dataset.open(tmp_path)


def test_a_collection_is_told_apart_from_a_dataset(tmp_path: Path) -> None:
    (tmp_path / "processes").mkdir()
    with pytest.raises(NotFoundError, match=r"is a collection, not a dataset. Make a dataset of it: ppad build"):
        Dataset.open(tmp_path)


def test_a_missing_shard_is_named(tmp_path: Path) -> None:
    write_dataset(tmp_path, {"train": [[1], [1], [1]]})
    (tmp_path / "data" / "train-00001-of-00003.parquet").unlink()
    with pytest.raises(ContractError, match=r"lacks 1 of 3 shards, first train-00001-of-00003\.parquet"):
        Dataset.open(tmp_path)


def test_shards_of_two_builds_are_refused(tmp_path: Path) -> None:
    write_dataset(tmp_path, {"train": [[1], [1]]})
    (tmp_path / "data" / "train-00001-of-00002.parquet").rename(tmp_path / "data" / "train-00001-of-00003.parquet")
    with pytest.raises(ContractError, match="mixes shards of two builds of split train"):
        Dataset.open(tmp_path)


def test_a_missing_column_of_the_contract_is_named(tmp_path: Path) -> None:
    write_shard(tmp_path / "data" / "train-00000-of-00001.parquet", [[dataset_row(0, "train")]], drop="frame_change")
    with pytest.raises(ContractError, match=r"train-00000-of-00001\.parquet: column frame_change is missing"):
        Dataset.open(tmp_path).count("train")


def test_shards_with_other_scores_than_the_first_are_refused(tmp_path: Path) -> None:
    write_dataset(tmp_path, {"train": [[1], [1]]})
    write_shard(tmp_path / "data" / "train-00001-of-00002.parquet", [[dataset_row(1, "train")]], drop="consistency")
    with pytest.raises(ContractError, match=r"train-00001-of-00002\.parquet has other columns than the first shard"):
        Dataset.open(tmp_path).count("train")


def test_a_damaged_shard_is_named(tmp_path: Path) -> None:
    write_dataset(tmp_path, {"train": [[1]]})
    shard = tmp_path / "data" / "train-00000-of-00001.parquet"
    shard.write_bytes(shard.read_bytes()[:-20])
    with pytest.raises(ContractError, match=r"train-00000-of-00001\.parquet is damaged or no Parquet file"):
        Dataset.open(tmp_path).count("train")


def test_an_unknown_split_is_answered_with_those_there_are(root: Path) -> None:
    with pytest.raises(NotFoundError, match=r"has no split 'validation'. It has: train, test_real"):
        Dataset.open(root).count("validation")


def test_an_unknown_column_is_answered_with_the_nearest(root: Path) -> None:
    with pytest.raises(NotFoundError, match=r"has no column 'consistancy'. Did you mean 'consistency'"):
        Dataset.open(root).table("train", ["consistancy"])


def test_a_row_beyond_the_last_is_refused(root: Path) -> None:
    with pytest.raises(NotFoundError, match=r"has no row 11. Rows run from 0 to 10"):
        Dataset.open(root)[11]


def test_an_unknown_process_is_refused(root: Path) -> None:
    with pytest.raises(NotFoundError, match="has no process 'nobody-000000000000'"):
        Dataset.open(root).read("nobody-000000000000")
