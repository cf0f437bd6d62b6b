"""Rows into row groups into shards."""

from __future__ import annotations

from ppad_pipelines.build.sharding import cut, shards_of


def test_items_are_cut_where_the_limit_would_be_exceeded() -> None:
    assert cut([4, 4, 2, 9, 30, 1], lambda size: size, limit=10) == [[4, 4, 2], [9], [30], [1]]


def test_shards_are_numbered_and_every_row_stands_once() -> None:
    sizes = {f"p{n:02}": 10 for n in range(10)}
    shards = shards_of("train", sizes, seed=0, shard_bytes=40, row_group_bytes=20)
    assert [shard.name for shard in shards] == [f"data/train-0000{n}-of-00003.parquet" for n in range(3)]
    assert [[len(group) for group in shard.row_groups] for shard in shards] == [[2, 2], [2, 2], [2]]
    assert sorted(name for shard in shards for group in shard.row_groups for name in group) == sorted(sizes)


def test_rows_are_shuffled_by_the_seed_alone() -> None:
    sizes = {f"p{n:02}": 10 for n in range(10)}
    backwards = dict(reversed(sizes.items()))

    def order(of: dict[str, int], seed: int) -> list[str]:
        return [
            name
            for shard in shards_of("train", of, seed=seed, shard_bytes=1e9, row_group_bytes=1e9)
            for name in shard.row_groups[0]
        ]

    assert order(sizes, 0) == order(backwards, 0)
    assert order(sizes, 0) != sorted(sizes)
    assert order(sizes, 0) != order(sizes, 1)


def test_a_split_without_rows_has_no_shards() -> None:
    assert shards_of("train", {}, seed=0, shard_bytes=40, row_group_bytes=20) == []
