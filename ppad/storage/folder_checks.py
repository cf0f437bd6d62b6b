"""Checks of a collection or dataset as a whole: what its files say of each other."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from ppad.errors import ContractError, NotFoundError
from ppad.schema import SPLITS, Problem, json_value, yaml_value
from ppad.schema.versions import READABLE_VERSIONS
from ppad.storage.atomic import TEMP_PREFIX
from ppad.storage.checking import FileCheck
from ppad.storage.collection import FAILURE_KEYS, REJECT_KEYS, Collection, is_failure, is_reject
from ppad.storage.remote import RemotePath
from ppad.storage.sums import files_below, read_sums

SHARD = re.compile(rf"data/({'|'.join(SPLITS)})-(\d{{5}})-of-(\d{{5}})\.parquet")

_BUILD = "Build the dataset again."


def kind_of(path: Path) -> str:
    """What a path is: `file` (one Parquet file), `collection` or `dataset`.

    Raises:
        NotFoundError: it is none of them.
    """
    if path.suffix == ".parquet" and path.is_file():
        return "file"
    if (path / "processes").is_dir():
        return "collection"
    if (path / "data").is_dir() or (path / "splits.parquet").is_file():
        return "dataset"
    if not path.exists():
        raise NotFoundError(f"{path} does not exist.", "Check the path.")
    raise NotFoundError(
        f"{path} is neither a collection, nor a dataset, nor a .parquet file.",
        "A collection has a folder 'processes', a dataset a folder 'data'.",
    )


def collection_problems(root: Path) -> list[Problem]:
    """What is wrong with a collection besides its process files."""
    collection = Collection(root)
    return [
        *_summary_problems(collection),
        *_ledger_problems(collection.failures_file, is_failure, FAILURE_KEYS),
        *_ledger_problems(collection.rejects_file, is_reject, REJECT_KEYS),
        *_leftovers(root, root, collection.processes),
    ]


def _summary_problems(collection: Collection) -> Iterator[Problem]:
    place, fix = "collection.json", "Run the producer again; it rebuilds the file."
    try:
        summary = json_value(collection.summary_file.read_text("utf-8"))
        version, counts = summary["contract_version"], summary["counts"]
        noted = (counts["processes"], counts["failures"])
    except (OSError, ValueError, KeyError, TypeError):
        yield Problem(place, "is missing or damaged.", fix)
        return
    if version not in READABLE_VERSIONS:
        yield Problem(place, f"names contract version {version!r}.", "Run: pip install --upgrade ppad")
    present = (len(collection), len(collection.failures()) if _is_text(collection.failures_file) else 0)
    for name, said, there in zip(("processes", "failures"), noted, present, strict=True):
        if said != there:
            yield Problem(place, f"counts {said} {name}, there are {there}.", fix)


def _ledger_problems(file: Path, is_sound: Callable[[Any], bool], keys: Iterable[str]) -> Iterator[Problem]:
    """What is wrong with a file of one JSON object a line."""
    if not file.exists():
        return
    if not _is_text(file):
        yield Problem(file.name, "is no UTF-8 text.", "Run the producer again, or delete it.")
        return
    text = file.read_text("utf-8")
    for number, line in enumerate(text.removesuffix("\n").split("\n") if text else [], start=1):
        try:
            entry = json_value(line)
        except ValueError:
            entry = None
        if not is_sound(entry):
            fix = f"A line is a JSON object with {', '.join(keys)}."
            yield Problem(f"{file.name}: line {number}", "cannot be understood.", fix)


def _leftovers(root: Path, *folders: Path) -> Iterator[Problem]:
    for folder in folders if not isinstance(root, RemotePath) else ():
        for path in sorted(folder.glob(f"{TEMP_PREFIX}*")):
            place = path.relative_to(root).as_posix()
            yield Problem(place, "was left by a killed run.", "Run the producer again, or delete it.")


def _is_text(path: Path) -> bool:
    try:
        path.read_text("utf-8")
    except (OSError, UnicodeDecodeError):
        return False
    return True


def dataset_sums(root: Path) -> tuple[dict[str, str], list[Problem]]:
    """The noted digest of each file of a dataset, and files that are missing or not noted."""
    present = files_below(root)
    try:
        sums = read_sums(root)
    except ContractError as error:
        return {}, [Problem("SHA256SUMS", error.message, error.fix)]
    missing = [Problem(name, "is missing.", _BUILD) for name in sorted(set(sums) - set(present))]
    extra = [Problem(name, "is not in SHA256SUMS.", "Delete it, or build again.") for name in present if name not in sums]
    return sums, missing + extra


def dataset_problems(root: Path, found: Mapping[str, FileCheck]) -> list[Problem]:
    """What is wrong between the files of a dataset.

    Args:
        found: the check of each Parquet file, by its path relative to the dataset.
    """
    shards = {name: check for name, check in found.items() if name.startswith("data/")}
    placed = {process_id: (name, split) for name, check in shards.items() for process_id, split, _ in check.rows}
    return [
        *_text_problems(root),
        *_shard_name_problems(shards),
        *_duplicate_problems(shards),
        *_split_problems(placed, found.get("splits.parquet")),
        *_rating_problems(placed, found),
    ]


def _text_problems(root: Path) -> Iterator[Problem]:
    readers: dict[str, Callable[[str], Any]] = {"README.md": _card_header, "croissant.json": json_value}
    for name, read in readers.items():
        try:
            content: Any = read((root / name).read_text("utf-8"))
        except (OSError, ValueError):
            content = None
        if not isinstance(content, dict):
            yield Problem(name, "is missing or cannot be understood.", _BUILD)


def _card_header(text: str) -> Any:
    """The YAML block at the head of a dataset card."""
    return yaml_value(text.split("---\n")[1]) if text.startswith("---\n") else None


def _shard_name_problems(shards: Mapping[str, FileCheck]) -> Iterator[Problem]:
    numbers: dict[tuple[str, int], set[int]] = defaultdict(set)
    for name, check in shards.items():
        match = SHARD.fullmatch(name)
        if match is None:
            yield Problem(name, "is no name of a shard.", "It is data/SPLIT-00000-of-00001.parquet.")
            continue
        numbers[match[1], int(match[3])].add(int(match[2]))
        strangers = [process_id for process_id, split, _ in check.rows if split != match[1]]
        if strangers:
            yield Problem(name, f"holds {len(strangers)} rows of another split, {strangers[0]} among them.", _BUILD)
        if check.kind not in ("", "dataset"):
            yield Problem(name, f"is of the kind {check.kind!r}, not 'dataset'.", _BUILD)
    for (split, count), there in sorted(numbers.items()):
        missing = sorted(set(range(min(count, 100_000))) - there)
        if missing:
            yield Problem("data", f"lacks the {split} shards {missing[:10]} of {count}.", _BUILD)


def _duplicate_problems(shards: Mapping[str, FileCheck]) -> Iterator[Problem]:
    counts = Counter(process_id for check in shards.values() for process_id, _, _ in check.rows)
    for process_id, count in sorted(counts.items()):
        if count > 1:
            yield Problem("data", f"{process_id} stands in {count} rows.", _BUILD)


def _split_problems(placed: Mapping[str, tuple[str, str]], splits: FileCheck | None) -> Iterator[Problem]:
    place = "splits.parquet"
    if splits is None:
        yield Problem(place, "is missing.", _BUILD)
        return
    if splits.kind not in ("", "splits"):
        yield Problem(place, f"is of the kind {splits.kind!r}, not 'splits'.", _BUILD)
    audited = {process_id: split for process_id, split, _ in splits.rows}
    if len(audited) < len(splits.rows):
        yield Problem(place, "names a process twice.", _BUILD)
    for process_id in sorted(set(audited) - set(placed)):
        yield Problem(place, f"{process_id} is in no shard.", _BUILD)
    for process_id, (name, split) in sorted(placed.items()):
        if process_id not in audited:
            yield Problem(name, f"{process_id} is not in splits.parquet.", _BUILD)
        elif audited[process_id] != split:
            yield Problem(name, f"{process_id} is in {split}, splits.parquet says {audited[process_id]}.", _BUILD)
    sides: dict[str, set[bool]] = defaultdict(set)
    for _, split, group in splits.rows:
        sides[group].add(split.startswith("test"))
    for group in sorted(group for group, both in sides.items() if len(both) > 1):
        yield Problem(place, f"the group {group} is both in training and in test.", _BUILD)


def _rating_problems(placed: Mapping[str, Any], found: Mapping[str, FileCheck]) -> Iterator[Problem]:
    for name, check in found.items():
        if name.startswith("ratings/"):
            unknown = sorted({process_id for process_id, _, _ in check.rows} - set(placed))
            if unknown:
                yield Problem(name, f"rates processes that are in no shard: {len(unknown)}, {unknown[0]} among them.", _BUILD)
            if check.kind not in ("", "ratings"):
                yield Problem(name, f"is of the kind {check.kind!r}, not 'ratings'.", _BUILD)
