"""Folders of converted weights: what they were made from, that they are still what was written, and where they are kept."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from filelock import FileLock

from ppad.errors import NotWritableError, WeightsError
from ppad.schema import json_value
from ppad.storage import storage_errors
from ppad.storage.digests import sha256_of

RECORD = "ppad-conversion.json"
FORMAT = 1
"""Counts up when a conversion gives other weights than it did: copies kept from before are not used any more."""


@dataclass(frozen=True, slots=True)
class Conversion:
    """Where converted weights come from.

    Attributes:
        engine: that can load them.
        repo, revision: of the published weights.
        sha256: one digest over the published weight files, which stands for the model wherever its copies are.
        details: what else went into them: base model, style, merged adapters.
        files: SHA-256 of each converted weight file.
    """

    engine: str
    repo: str
    revision: str | None
    sha256: str
    details: dict[str, Any] = field(default_factory=dict)
    files: dict[str, str] = field(default_factory=dict)


def is_converted(folder: Path) -> bool:
    """Whether a folder was written by a conversion."""
    return (folder / RECORD).is_file()


def write_record(folder: Path, conversion: Conversion) -> None:
    """Note what the weights of a folder were made from; the last step of a conversion."""
    record = asdict(conversion) | {"format": FORMAT, "files": _weight_digests(folder)}
    (folder / RECORD).write_text(json.dumps(record, indent=2) + "\n", "utf-8")


def read_record(folder: Path, engine: str) -> Conversion:
    """What the weights of a folder were made from.

    Raises:
        WeightsError: they are another engine's, of an older format, or not what was written.
    """
    again = "Convert the published weights again: ppad synth convert."
    try:
        record = json_value((folder / RECORD).read_text("utf-8"))
        written = record.pop("format")
        conversion = Conversion(**record)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise WeightsError(f"{folder.name}/{RECORD} is damaged.", again) from error
    if conversion.engine != engine:
        raise WeightsError(f"The weights in {folder.name} are those of {conversion.engine}.", f"Give those of {engine}.")
    if written != FORMAT:
        raise WeightsError(f"The weights in {folder.name} were converted by another version of PPAD.", again)
    found = _weight_digests(folder)
    changed = sorted(name for name in found.keys() | conversion.files.keys() if found.get(name) != conversion.files.get(name))
    if changed:
        raise WeightsError(f"Weights in {folder.name} changed since their conversion: {', '.join(changed)}.", again)
    return conversion


def kept_copy(engine: str, sha256: str, convert: Callable[[Path], None]) -> Path:
    """The converted copy of published weights in the cache; converted now if there is none yet, by one process only.

    Raises:
        DiskFullError, NotWritableError: the cache refuses.
    """
    target = cache_folder() / f"{engine}-{FORMAT}-{sha256[:16]}"
    with storage_errors(target):
        target.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(target.with_name(f".{target.name}.lock")):
            if not is_converted(target):
                write_whole(target, convert)
    return target


def write_whole(target: Path, write: Callable[[Path], None]) -> None:
    """Let `write` fill a folder, which appears under its name only when it is whole.

    Raises:
        DiskFullError, NotWritableError: there is something else under that name, or the place refuses.
    """
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise NotWritableError(f"{target} exists and is not empty.", "Choose a new folder.")
    part = target.with_name(f".{target.name}.part")
    with storage_errors(target):
        shutil.rmtree(part, ignore_errors=True)  # a killed conversion's
        part.mkdir(parents=True)
        try:
            write(part)
            part.rename(target)
        finally:
            shutil.rmtree(part, ignore_errors=True)


def cache_folder() -> Path:
    """Where converted copies are kept: `PPAD_CACHE`, or `ppad` in the user's cache."""
    home = os.environ.get("PPAD_CACHE")
    return Path(home) if home else Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "ppad"


def _weight_digests(folder: Path) -> dict[str, str]:
    return {path.relative_to(folder).as_posix(): sha256_of(path) for path in sorted(folder.rglob("*.safetensors"))}
