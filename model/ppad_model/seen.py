"""What a model has seen: every process that had a part in its training, with all that another process could share with it.

The table `seen.parquet` of a run holds it, so that an evaluation can tell a leak without the datasets of the training.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

import pyarrow as pa

from ppad.errors import ContractError
from ppad.schema import canonical_json
from ppad.schema.prompts import normalised_prompt
from ppad.storage import Dataset, open_parquet, write_rows

SEEN_FILE = "seen.parquet"
Use = Literal["train", "validation"]

_COLUMNS = ("process_id", "prompt", "artist_id", "provenance", "reference_image")


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """A process and its ties to others.

    Attributes:
        group_id: its connected component in the dataset, from `splits.parquet`.
        source_sha256: of the recording or picture that it was made from; empty if unknown.
        reference_sha256: of the encoded reference; None without one.
        prompt: without case, punctuation and spacing; None without one.
        artist_id: pseudonym; None if unknown.
    """

    process_id: str
    group_id: str
    source_sha256: str
    reference_sha256: str | None
    prompt: str | None
    artist_id: str | None

    def ties(self) -> Iterator[tuple[str, str]]:
        """What ties it to others, with a word for the kind of tie: the ties by which `ppad build` keeps splits apart."""
        yield "the process", self.process_id
        # A reference may be the very file that another process was made from, so both are one kind of tie.
        for digest in (self.source_sha256, self.reference_sha256):
            if digest:
                yield "the reference or source file", digest
        if self.prompt:
            yield "the prompt", self.prompt
        if self.artist_id:
            yield "the artist", self.artist_id


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen(Known):
    """A process that had a part in a training.

    Attributes:
        use: whether weights were fitted to it, or chosen by it.
        phase: number of the phase of the training, from 0.
    """

    use: Use
    phase: int


def known_processes(dataset: Dataset, ids: Iterable[str]) -> Iterator[Known]:
    """These processes of a dataset with their ties; key frames are not read.

    Raises:
        NotFoundError: a process is not there.
        ContractError: a file is damaged.
    """
    groups = group_ids(dataset)
    for index in sorted(dataset.index_of(process_id) for process_id in ids):
        row = dataset.row(index, _COLUMNS)
        reference, process_id = row["reference_image"], row["process_id"]
        yield Known(
            process_id=process_id,
            group_id=groups[process_id],
            source_sha256=row["provenance"]["source_sha256"] or "",
            reference_sha256=None if reference is None else hashlib.sha256(reference["bytes"]).hexdigest(),
            prompt=normalised_prompt(row["prompt"]) if row["prompt"] else None,
            artist_id=row["artist_id"],
        )


def group_ids(dataset: Dataset) -> dict[str, str]:
    """The connected component of each process, from `splits.parquet`; without that file each process is its own.

    Raises:
        ContractError: the file is damaged, or lacks a process of the dataset.
    """
    ids, file = dataset.ids(), dataset.root / "splits.parquet"
    if not file.is_file():
        return {process_id: process_id for process_id in ids}
    with open_parquet(file) as parquet:
        table = parquet.read(columns=["process_id", "group_id"])
    groups = dict(zip(table["process_id"].to_pylist(), table["group_id"].to_pylist(), strict=True))
    missing = sorted(set(ids) - set(groups))
    if missing:
        raise ContractError(f"{file.name} lacks {missing[0]}.", "Build the dataset again: ppad build")
    return {process_id: groups[process_id] for process_id in ids}


def dataset_digest(dataset: Dataset) -> str:
    """SHA-256, hexadecimal, of the ids, splits and scores of all rows. Pictures are not read: an id stands for its own.

    Raises:
        ContractError: a shard is damaged.
    """
    table = dataset.table(columns=["process_id", "split", *dataset.attribute_ids, "n_raters"])
    return hashlib.sha256(canonical_json(table.to_pydict()).encode()).hexdigest()


def write_seen(run: Path, seen: Iterable[Seen]) -> None:
    """Write the table of a run, atomically.

    Raises:
        DiskFullError, NotWritableError: the place refuses.
    """
    write_rows(run / SEEN_FILE, [asdict(row) for row in seen], _SCHEMA)


def read_seen(run: Path) -> list[Seen]:
    """The table of a run.

    Raises:
        NotFoundError: the run has none.
        ContractError: the file is damaged, or of another kind.
    """
    with open_parquet(run / SEEN_FILE) as parquet:
        if not parquet.schema_arrow.equals(_SCHEMA):
            raise ContractError(f"{SEEN_FILE} of {run.name} has other columns than a run's.", "Train again.")
        rows: list[Mapping[str, Any]] = parquet.read().to_pylist()
    return [Seen(**row) for row in rows]


_SCHEMA = pa.schema(
    [
        (name, pa.string())
        for name in ("process_id", "group_id", "source_sha256", "reference_sha256", "prompt", "artist_id", "use")
    ]
    + [("phase", pa.int32())]
)
