"""The stage behind `ppad show`: draws the sheets of a collection, skips what is drawn already, and writes the page."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ppad.errors import ContractError, NotWritableError, PpadError
from ppad.media.images import encode_image
from ppad.plotting.page import REFERENCES, SHEETS, STRIPS, Card, card_of, collection_page
from ppad.plotting.sheet import contact_sheet
from ppad.plotting.strip import film_strip, thumbnail
from ppad.schema import ProcessRecord, check_process_rows, process_to_row
from ppad.stages import Failure, Job, Planned, Progress, Skipped, failure_of
from ppad.storage import Collection, write_bytes, write_text
from ppad.storage.remote import RemotePath

PAGE = "index.html"
_SIGN = '<meta name="generator" content="ppad show">'


@dataclass(frozen=True, slots=True)
class Gallery:
    """The folder with the page and its pictures."""

    root: Path

    def sheet(self, process_id: str) -> Path:
        """The contact sheet of a process."""
        return self.root / SHEETS / f"{process_id}.png"

    def strip(self, process_id: str) -> Path:
        """Its film strip."""
        return self.root / STRIPS / f"{process_id}.jpg"

    def reference(self, process_id: str) -> Path:
        """Its reference image, small."""
        return self.root / REFERENCES / f"{process_id}.jpg"

    def is_current(self, process_id: str, process_file: Path) -> bool:
        """Whether the pictures of a process are of its file as it is now. The sheet is written last, so it stands for all.

        It has the time of the file that it shows: a clock that was set back would make a newer file look older. In a store, which
        gives its own times, it is newer.
        """
        sheet = self.sheet(process_id)
        try:
            drawn, shown = sheet.stat().st_mtime_ns, process_file.stat().st_mtime_ns
            return (drawn > shown if isinstance(sheet, RemotePath) else drawn == shown) and self.strip(process_id).exists()
        except OSError:
            return False

    def keep_sheet(self, process_id: str, sheet: bytes, shown: int) -> None:
        """Write a sheet, with the time of the file that it shows, nanoseconds since 1970."""
        write_bytes(self.sheet(process_id), sheet)
        if not isinstance(self.root, RemotePath):
            os.utime(self.sheet(process_id), ns=(shown, shown))

    def refuse_foreign(self) -> None:
        """Never replace a page that something else wrote.

        Raises:
            NotWritableError: the folder holds such a page.
        """
        page = self.root / PAGE
        if not page.exists():
            return
        with page.open(encoding="utf-8", errors="replace") as file:
            is_ours = _SIGN in file.read(2000)
        if not is_ours:
            raise NotWritableError(f"{page} was not written by ppad show.", "Choose another --out.")


def draw_sheet(collection: Collection, process_id: str) -> tuple[ProcessRecord, bytes]:
    """A process and its contact sheet as PNG.

    Raises:
        NotFoundError, ContractError: there is no such process, or its file breaks the contract.
        UnreadableMediaError, EmptyFileError, MediaTooLargeError: a stored picture is damaged.
    """
    record = collection.read(process_id)
    problems = _problems(record, process_id)
    if problems:
        raise ContractError(f"{process_id}.parquet: {problems[0]}", "Run 'ppad check' on the collection to see all problems.")
    return record, encode_image(contact_sheet(record, collection.trace(process_id)), "png")


@dataclass(frozen=True, slots=True)
class DrawProcess:
    """The work of a job: the three pictures of one process."""

    collection: Path
    gallery: Gallery

    def __call__(self, job: Job, progress: Progress) -> Mapping[str, Any]:
        collection = Collection(self.collection)
        file = collection.path_of(job.id)
        shown = file.stat().st_mtime_ns if file.is_file() else 0
        record, sheet = draw_sheet(collection, job.id)
        progress(0.8)
        if record.reference_image is not None:
            write_bytes(self.gallery.reference(job.id), thumbnail(record.reference_image.bytes))
        write_bytes(self.gallery.strip(job.id), film_strip(record))
        self.gallery.keep_sheet(job.id, sheet, shown)
        return {"key frames": len(record.frames)}


def plan(collection: Collection, gallery: Gallery, ids: Sequence[str]) -> Iterator[Planned]:
    """What to draw, and what is drawn already."""
    for process_id in ids:
        file = collection.path_of(process_id)
        if gallery.is_current(process_id, file):
            yield Skipped(process_id, process_id, "done")
        else:
            yield Job(process_id, process_id, None)


def write_page(collection: Collection, gallery: Gallery, ids: Sequence[str], failed: Sequence[Failure]) -> None:
    """Write the page for these processes; what failed is listed with what to do.

    Args:
        failed: processes that could not be drawn.

    Raises:
        DiskFullError, NotWritableError: the place refuses.
    """
    unshown = {failure.input: failure for failure in failed}
    cards: list[Card] = []
    for process_id in ids:
        if process_id in unshown:
            continue
        try:
            cards.append(card_of(process_id, collection.light_row(process_id), collection.trace(process_id)))
        except PpadError as error:  # replaced or removed since its sheet was drawn
            unshown[process_id] = failure_of("show", process_id, error)
    failures = [*collection.failures(), *(asdict(failure) for failure in unshown.values())]
    name = collection.root.resolve().name or "Collection"
    page = collection_page(name, cards, failures, left_out=len(collection) - len(ids))
    write_text(gallery.root / PAGE, page)


def _problems(record: ProcessRecord, process_id: str) -> list[str]:
    return [problem.message for problem in check_process_rows([process_to_row(record)], process_id)]
