"""The Parquet shards of a dataset: which there are, what their footers say, and the reading of one row group."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa

from ppad.errors import ContractError, NotFoundError
from ppad.schema import SPLITS, dataset_columns, read_metadata
from ppad.schema.checks import check_schema
from ppad.storage.parquet import Footer, open_parquet
from ppad.storage.remote import RemotePath
from ppad.storage.sums import SUMS_FILE

_SHARD = re.compile(r"^(?P<split>[a-z0-9_]+)-(?P<number>\d{5})-of-(?P<total>\d{5})\.parquet$")


@dataclass(frozen=True, slots=True)
class RowGroup:
    """The unit that is read from disk at once.

    Attributes:
        path: the shard.
        number: position within the shard, from 0.
        rows: number of rows.
        bytes: size of its columns, uncompressed.
        footer: of a shard in a store.
    """

    path: Path
    number: int
    rows: int
    bytes: int
    footer: Footer | None = field(default=None, compare=False, repr=False)

    def read(self, columns: Sequence[str]) -> pa.Table:
        """These columns of its rows.

        Raises:
            NotFoundError, ContractError: the shard has gone, or is damaged.
        """
        # The file is opened each time: a local footer costs a millisecond, and no handle crosses a thread or a fork.
        with open_parquet(self.path, self.footer) as file:
            return file.read_row_group(self.number, columns=list(columns), use_threads=False)


@dataclass(frozen=True, slots=True)
class Shard:
    """What the footer of one shard says."""

    path: Path
    schema: pa.Schema
    groups: tuple[RowGroup, ...]
    footer: Footer | None = None


def find_shards(root: Path) -> dict[str, list[Path]]:
    """The shards of each split, in order, from the names of the files alone.

    Raises:
        NotFoundError: the folder holds no dataset.
        ContractError: a shard is missing, or a build in a store is not finished.
    """
    found: dict[str, dict[int, Path]] = {}
    totals: dict[str, set[int]] = {}
    for path in sorted((root / "data").glob("[!.]*.parquet")):
        match = _SHARD.match(path.name)
        if match is not None:
            found.setdefault(match["split"], {})[int(match["number"])] = path
            totals.setdefault(match["split"], set()).add(int(match["total"]))
    if not found:
        raise _no_dataset(root)
    if isinstance(root, RemotePath) and not (root / SUMS_FILE).is_file():
        raise ContractError(f"{root} is not finished: it has no {SUMS_FILE}.", "Run the same ppad build again.")
    for split, shards in found.items():
        _refuse_gaps(root, split, set(shards), totals[split])
    usual = [split for split in SPLITS if split in found] + [split for split in found if split not in SPLITS]
    return {split: [found[split][number] for number in sorted(found[split])] for split in usual}


def read_footer(path: Path) -> Shard:
    """The schema and row groups of a shard; no row is read.

    Raises:
        NotFoundError: the shard has gone.
        ContractError: it is damaged, follows a newer contract, or lacks columns of the contract.
    """
    with open_parquet(path) as file:
        schema = file.schema_arrow
        groups = [file.metadata.row_group(number) for number in range(file.num_row_groups)]
        footer = Footer(path.stat().st_size, file.metadata) if isinstance(path, RemotePath) else None
        shape = [RowGroup(path, number, group.num_rows, group.total_byte_size, footer) for number, group in enumerate(groups)]
    read_metadata(schema, path.name)
    problems = check_schema(schema, dataset_columns(attribute_ids(schema)), path.name)
    if problems:
        raise ContractError(f"{problems[0].place}: {problems[0].message}", "Build the dataset again: ppad build")
    return Shard(path, schema, tuple(shape), footer)


def attribute_ids(schema: pa.Schema) -> tuple[str, ...]:
    """The attributes that a dataset has scores for: a column each, with `_std` and `_adjusted` beside it."""
    names = set(schema.names)
    return tuple(name for name in schema.names if {f"{name}_std", f"{name}_adjusted"} <= names)


def _refuse_gaps(root: Path, split: str, numbers: set[int], totals: set[int]) -> None:
    if len(totals) > 1:
        raise ContractError(
            f"{root / 'data'} mixes shards of two builds of split {split}.", "Build the dataset again: ppad build"
        )
    total = totals.pop()
    missing = sorted(set(range(total)) - numbers)
    if missing:
        name = f"{split}-{missing[0]:05d}-of-{total:05d}.parquet"
        raise ContractError(f"{root / 'data'} lacks {len(missing)} of {total} shards, first {name}.", "Copy the dataset again.")


def _no_dataset(root: Path) -> NotFoundError:
    if (root / "processes").is_dir():
        return NotFoundError(f"{root} is a collection, not a dataset.", f"Make a dataset of it: ppad build {root} --out DATASET")
    return NotFoundError(
        f"{root} is not a dataset: it has no data/SPLIT-00000-of-00001.parquet.", "Make one: ppad build COLLECTION --out DATASET"
    )
