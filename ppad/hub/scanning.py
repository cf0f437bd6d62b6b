"""Looking through one file before it is published: digest, texts, pictures, and what it says of licences and people."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from ppad.hub.names import Forbidden, shown
from ppad.media.metadata import picture_metadata
from ppad.schema import SIMULATED, Problem
from ppad.stages import Job, Progress
from ppad.storage import open_parquet
from ppad.storage.digests import sha256_of

PICTURES = (".jpg", ".jpeg", ".png", ".webp", ".gif", ".tif", ".tiff", ".bmp")
WEIGHTS = (".safetensors", ".whl")
PEOPLE = ("artist_id", "rater_id")
"""Columns of pseudonyms."""

_FIX = "Replace it in the source and build again; what is no such thing is let through by --allow."


@dataclass(slots=True)
class Scan:
    """What was found in a file.

    Attributes:
        problems: that keep it from being published.
        licences: number of processes that people painted, by the licence that their rows give; "" for none.
        raters: pseudonyms of people who rated, simulated ones left out.
    """

    problems: list[Problem] = field(default_factory=list)
    licences: Counter[str] = field(default_factory=Counter)
    raters: set[str] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class Target:
    """A file to look through: where it is, and its path in the repository."""

    source: Path
    name: str


@dataclass(frozen=True, slots=True)
class ScanFile:
    """The work on one file."""

    forbidden: Forbidden

    def __call__(self, job: Job, progress: Progress) -> Mapping[str, Any]:
        target: Target = job.payload
        scan = Scan()
        if target.source.suffix == ".parquet":
            self._parquet(target, scan, progress)
        elif target.source.suffix.lower() in PICTURES:
            scan.problems += _metadata_problems(target.name, [target.source.read_bytes()])
        elif target.source.suffix not in WEIGHTS:
            self._text(target, scan)
        return {"scan": scan, "sha256": sha256_of(target.source)}

    def _text(self, target: Target, scan: Scan) -> None:
        try:
            texts = [target.source.read_text("utf-8")]
        except UnicodeDecodeError:
            scan.problems.append(
                Problem(target.name, "is neither text, nor a picture, nor Parquet: it cannot be looked through.", "Leave it out.")
            )
            return
        scan.problems += self._texts(target.name, texts)

    def _parquet(self, target: Target, scan: Scan, progress: Progress) -> None:
        with open_parquet(target.source) as file:
            raw = file.schema_arrow.metadata or {}
            notes = [part.decode("utf-8", "replace") for pair in raw.items() for part in pair]
            scan.problems += self._texts(f"{target.name}: metadata", notes)
            for number in range(file.num_row_groups):
                self._row_group(target.name, file, number, scan)
                progress((number + 1) / file.num_row_groups)

    def _row_group(self, name: str, file: pq.ParquetFile, number: int, scan: Scan) -> None:
        table = file.read_row_group(number, use_threads=False)
        for column in table.column_names:
            for path, leaf in _leaves(column, table[column].combine_chunks()):
                place = f"{name}: {path}"
                if pa.types.is_string(leaf.type) or pa.types.is_large_string(leaf.type):
                    values = [value for value in pc.unique(leaf).to_pylist() if value]
                    scan.problems += self._texts(place, values)
                    if column in PEOPLE:
                        scan.problems += self._people(place, values)
                elif pa.types.is_binary(leaf.type) or pa.types.is_large_binary(leaf.type):
                    scan.problems += _metadata_problems(place, (value for value in leaf.to_pylist() if value))
        if {"origin", "provenance"} <= set(table.column_names):
            origins = zip(table["origin"].to_pylist(), table["provenance"].to_pylist(), strict=True)
            scan.licences.update((origin or {}).get("licence") or "" for kind, origin in origins if kind == "real")
        if "rater_id" in table.column_names:
            scan.raters |= {rater for rater in table["rater_id"].to_pylist() if rater and not rater.startswith(SIMULATED)}

    def _texts(self, place: str, texts: list[str]) -> Iterator[Problem]:
        found: dict[str, list[str]] = {}
        for text in texts:
            for kind, words in self.forbidden.found_in(text):
                found.setdefault(kind, []).append(words)
        for kind, all_words in found.items():
            yield Problem(place, f"holds {kind}: {shown(all_words)}.", _FIX)

    def _people(self, place: str, values: list[str]) -> Iterator[Problem]:
        odd = [value for value in values if self.forbidden.names_a_person(value)]
        if odd:
            yield Problem(place, f"looks like a name, not a pseudonym: {shown(odd)}.", "Use pseudonyms with a number in them.")


def _metadata_problems(place: str, pictures: Any) -> Iterator[Problem]:
    kinds = Counter(kind for data in pictures for kind in picture_metadata(data))
    if kinds:
        named = ", ".join(f"{kind} in {count}" for kind, count in sorted(kinds.items()))
        yield Problem(place, f"has pictures with metadata: {named}.", "Store pictures without EXIF, XMP and comments.")


def _leaves(path: str, array: pa.Array) -> Iterator[tuple[str, pa.Array]]:
    """The values in a column of any nesting, with a path that names them."""
    if pa.types.is_list(array.type) or pa.types.is_large_list(array.type):
        yield from _leaves(path, array.flatten())
    elif pa.types.is_struct(array.type):
        for number in range(array.type.num_fields):
            yield from _leaves(f"{path}.{array.type.field(number).name}", pc.struct_field(array, [number]))
    elif pa.types.is_dictionary(array.type):
        yield path, array.dictionary
    else:
        yield path, array
