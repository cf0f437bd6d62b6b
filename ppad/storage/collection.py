"""A collection on disk: one Parquet file a painting process, what failed, and a summary that can always be rebuilt."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
from pydantic import TypeAdapter, ValidationError

from ppad.errors import ContractError, NotFoundError
from ppad.schema import (
    CONTRACT_VERSION,
    PROCESS_COLUMNS,
    PROCESS_SCHEMA,
    ProcessRecord,
    json_value,
    process_from_row,
    process_to_row,
    with_metadata,
)
from ppad.schema.checks import check_schema, check_values
from ppad.storage.atomic import make_folder, remove_leftovers, storage_errors, write_text
from ppad.storage.clock import timestamp
from ppad.storage.digests import DigestCache
from ppad.storage.locking import alone
from ppad.storage.parquet import file_metadata, only_row, open_parquet, write_rows
from ppad.storage.remote import RemotePath, place, working_folder

FAILURE_KEYS = ("input", "stage", "code", "message", "fix")
"""What a line of `failures.jsonl` holds."""

REJECT_KEYS: dict[str, tuple[type, ...]] = {
    "process_id": (str,), "input": (str,), "stage": (str,), "engine": (str,), "seed": (int,),
    "reason": (str,), "measured": (float, int), "limit": (float, int),
}  # fmt: skip
"""What a line of `rejects.jsonl` holds, and of which types."""

LIGHT_COLUMNS = tuple(name for name in PROCESS_SCHEMA.names if name not in ("frames", "reference_image"))
"""Columns without pictures: reading them touches a small part of a file."""


@dataclass(frozen=True, slots=True)
class Trace:
    """How key frames were chosen, kept beside the row for plots: never needed to use a process.

    Attributes:
        time_s: time of each sample, seconds (or its index, where there is no clock).
        change: distance of each sample to the one before, 0–1.
        threshold: the adaptive threshold, 0–1.
        chosen: positions of the key frames among the samples.
    """

    time_s: list[float]
    change: list[float]
    threshold: float
    chosen: list[int]

    def to_json(self) -> str:
        """Compact JSON, four significant digits for the changes."""
        return json.dumps(
            {
                "time_s": [round(value, 3) for value in self.time_s],
                "change": [float(f"{value:.4g}") for value in self.change],
                "threshold": self.threshold,
                "chosen": self.chosen,
            },
            separators=(",", ":"),
        )


_TRACE = TypeAdapter(Trace)


class Collection:
    """The folder that producers write and `build`, `show` and `check` read.

    Args:
        root: the folder, local or in a store. It need not exist before something is written.
    """

    def __init__(self, root: Path) -> None:
        self.root = root = place(root)
        self.processes = root / "processes"
        self.failures_file = root / "failures.jsonl"
        self.rejects_file = root / "rejects.jsonl"
        self.summary_file = root / "collection.json"
        self.work = working_folder("collections", root) if isinstance(root, RemotePath) else root / ".ppad"
        """Local working files (digests, samples): safe to delete, not part of the contract."""

    @classmethod
    def open(cls, root: Path) -> Collection:
        """An existing collection.

        Raises:
            NotFoundError: the folder is not a collection.
        """
        collection = cls(root)
        if not collection.processes.is_dir():
            raise NotFoundError(
                f"{collection.root} is not a collection: {_what_it_is(collection.root)}.", _how_to_get_one(collection.root)
            )
        return collection

    def __len__(self) -> int:
        return len(self.ids())

    def __iter__(self) -> Iterator[ProcessRecord]:
        return (self.read(process_id) for process_id in self.ids())

    def ids(self) -> list[str]:
        """Ids of all processes, sorted."""
        return sorted(path.stem for path in self.processes.glob("[!.]*.parquet"))

    def sizes(self) -> dict[str, int]:
        """Size of the file of each process, bytes, by id, sorted; in a store from one listing."""
        if isinstance(self.processes, RemotePath):
            files = self.processes.listed()
        else:
            files = {path.name: path.stat().st_size if path.exists() else 0 for path in self.processes.glob("[!.]*.parquet")}
        names = {name: size for name, size in files.items() if name.endswith(".parquet") and not name.startswith(".")}
        return {name.removesuffix(".parquet"): names[name] for name in sorted(names)}

    def path_of(self, process_id: str) -> Path:
        """The file of a process, whether or not it exists.

        Raises:
            NotFoundError: the id would lead out of the collection.
        """
        if not process_id or Path(process_id).name != process_id:
            raise NotFoundError(f"There is no process {process_id!r}.", "Collection.ids() lists them.")
        return self.processes / f"{process_id}.parquet"

    def read(self, process_id: str) -> ProcessRecord:
        """One process, pictures still encoded.

        Raises:
            NotFoundError: no process has this id.
            ContractError: its file is damaged, or lacks what every process has.
        """
        row = self._row(process_id, PROCESS_SCHEMA.names)
        try:
            return process_from_row(row)
        except TypeError as error:
            raise ContractError(f"{process_id}.parquet has a frame that is null.", "Extract the process again.") from error

    def light_row(self, process_id: str) -> dict[str, Any]:
        """One process without its pictures, as a dictionary of `LIGHT_COLUMNS`.

        Raises:
            NotFoundError, ContractError: as `read`.
        """
        return self._row(process_id, LIGHT_COLUMNS)

    def table(self, columns: list[str] | None = None) -> pa.Table:
        """All processes as one Arrow table, by default without the pictures.

        Raises:
            ContractError: a file is damaged, or lacks what every process has.
        """
        names = list(LIGHT_COLUMNS) if columns is None else columns
        schema = pa.schema([PROCESS_SCHEMA.field(name) for name in names])
        rows = [self._row(process_id, names) for process_id in self.ids()]
        return pa.Table.from_pylist(rows, schema=schema)

    def trace(self, process_id: str) -> Trace | None:
        """How the key frames of a process were chosen; None where no trace was kept that can be read.

        Raises:
            NotFoundError, ContractError: as `read`.
        """
        with open_parquet(self.path_of(process_id)) as file:
            raw = (file.schema_arrow.metadata or {}).get(b"ppad.trace")
        with contextlib.suppress(ValidationError):
            return None if raw is None else _TRACE.validate_json(raw)
        return None

    def config_hash(self, process_id: str) -> str:
        """Hash of the settings that a process was made with.

        Raises:
            NotFoundError, ContractError: as `read`.
        """
        return file_metadata(self.path_of(process_id)).config_hash

    def write(self, record: ProcessRecord, config: str, trace: Trace | None = None) -> None:
        """Write a process: whole or not at all, replacing one with the same id.

        Args:
            config: hash of the producer's settings.

        Raises:
            DiskFullError, NotWritableError: the place refuses.
        """
        extra = {"origin": record.origin} | ({} if trace is None else {"trace": trace.to_json()})
        schema = with_metadata(PROCESS_SCHEMA, "process", config, extra)
        write_rows(self.path_of(record.process_id), [process_to_row(record)], schema)

    def failures(self) -> list[dict[str, Any]]:
        """What could not be made, one dictionary an item: input, stage, code, message, fix."""
        return [line for line in _json_lines(self.failures_file) if is_failure(line)]

    def write_failures(self, failures: list[Mapping[str, Any]]) -> None:
        """Replace the list of failures, sorted by input, so that equal runs leave equal files."""
        ordered = sorted(failures, key=lambda failure: (failure["input"], failure["stage"]))
        write_text(self.failures_file, "".join(map(_json_line, ordered)))

    def rejects(self) -> list[dict[str, Any]]:
        """What was made and not kept, one dictionary a process: see `REJECT_KEYS`. The last word on a process counts."""
        found = {line["process_id"]: line for line in _json_lines(self.rejects_file) if is_reject(line)}
        return [found[process_id] for process_id in sorted(found)]

    def add_rejects(self, rejects: Sequence[Mapping[str, Any]]) -> None:
        """Write down what was just rejected, so that a run that is killed knows it when it goes on."""
        if rejects and isinstance(self.rejects_file, RemotePath):
            self.write_rejects([*self.rejects(), *rejects])  # an object cannot grow
        elif rejects:
            with storage_errors(self.rejects_file), self.rejects_file.open("a", encoding="utf-8") as file:
                file.write("\n" + "".join(map(_json_line, rejects)))  # a new line, should a kill have cut the last one short

    def write_rejects(self, rejects: Sequence[Mapping[str, Any]]) -> None:
        """Replace the ledger of rejects, sorted by process, so that equal runs leave equal files; none leave no file."""
        if not rejects:
            self.rejects_file.unlink(missing_ok=True)
            return
        write_text(self.rejects_file, "".join(map(_json_line, sorted(rejects, key=lambda reject: reject["process_id"]))))

    def write_summary(self) -> None:
        """Rebuild `collection.json` from what is there."""
        created = timestamp()
        with contextlib.suppress(OSError, ValueError, TypeError, KeyError):
            created = json_value(self.summary_file.read_text("utf-8"))["created"]
        counts = {"processes": len(self), "failures": len(self.failures())}
        summary = {"contract_version": CONTRACT_VERSION, "created": created, "counts": counts}
        write_text(self.summary_file, json.dumps(summary, indent=2) + "\n")

    def digests(self, *, remember: bool = True) -> DigestCache:
        """The digests of inputs that earlier runs remembered; new ones are added to them unless told otherwise."""
        return DigestCache(self.work / "digests.jsonl", remember=remember)

    @contextlib.contextmanager
    def writing(self) -> Iterator[None]:
        """Hold the collection for writing: one run at a time; what a killed run left half-made is removed.

        Raises:
            LockedError: another run is writing here.
            DiskFullError, NotWritableError: the place refuses.
        """
        with contextlib.ExitStack() as held:
            with storage_errors(self.root):
                make_folder(self.work)
                make_folder(self.processes)
                fix = "Wait for it, or choose another --out."
                lock = (self.root / ".ppad" if isinstance(self.root, RemotePath) else self.work) / "lock"
                held.enter_context(alone(lock, f"Another run is writing to {self.root}.", fix))
            for folder in (self.root, self.processes, self.work):
                remove_leftovers(folder)
            yield

    def _row(self, process_id: str, names: Sequence[str]) -> dict[str, Any]:
        place = f"{process_id}.parquet"
        columns = {name: PROCESS_COLUMNS[name] for name in names}
        with open_parquet(self.path_of(process_id)) as file:
            problems = check_schema(file.schema_arrow, columns, place)
            row = {} if problems else only_row(file, names, place)
        problems = problems or check_values(row, columns, place)
        if problems:
            raise ContractError(f"{place}: {problems[0].message}", "Run 'ppad check' on the collection to see all problems.")
        return row


def is_failure(line: object) -> bool:
    """Whether a line of `failures.jsonl` can be used."""
    return isinstance(line, dict) and all(isinstance(line.get(key), str) for key in FAILURE_KEYS)


def is_reject(line: object) -> bool:
    """Whether a line of `rejects.jsonl` can be used."""
    return isinstance(line, dict) and all(isinstance(line.get(key), types) for key, types in REJECT_KEYS.items())


def _json_lines(file: Path) -> Iterator[Any]:
    """The values in a file of one JSON value a line; a line cut short by a kill is passed by."""
    if not file.exists():
        return
    for line in file.read_text("utf-8", errors="replace").split("\n"):
        with contextlib.suppress(ValueError):
            yield json_value(line)


def _json_line(value: Mapping[str, Any]) -> str:
    return json.dumps(dict(value), ensure_ascii=False) + "\n"


def _what_it_is(root: Path) -> str:
    if not root.exists():
        return "it does not exist"
    if (root / "splits.parquet").is_file():
        return "it is a dataset"
    return "it has no folder 'processes'"


def _how_to_get_one(root: Path) -> str:
    if root.name == "processes" and root.is_dir():
        return f"Give the folder above: {root.parent}"
    if (root / "splits.parquet").is_file():
        return "Give the collection that it was built from."
    return "Make one: ppad extract VIDEOS --out DIR"
