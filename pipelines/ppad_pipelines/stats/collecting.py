"""Measuring the processes of a collection: in workers, remembered between runs, so that a stopped one goes on."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ppad.media.images import decode_image
from ppad.schema import ProcessRecord, json_value, process_to_row
from ppad.signals import course_of
from ppad.signals.raster import shrunk
from ppad.stages import Executor, Job, Listener, Progress, Report, run_stage
from ppad.storage import Collection
from ppad_pipelines.stats.measures import Measured, times_of

STAGE = "stats"
SIDE = 256
"""Longer side of the frames that are measured, pixels."""
_FORMAT = 1
"""Counts up when the same frames give other measures: what was remembered is not used any more."""


@dataclass(frozen=True)
class MeasureProcess:
    """Measures one process of a collection."""

    root: Path

    def __call__(self, job: Job, progress: Progress) -> Mapping[str, Any]:
        """Decode its frames and follow their course; see `Work`."""
        record = Collection(self.root).read(job.id)
        return {"key frames": len(record.frames), "measured": measured_record(record, SIDE).to_json()}


def measured_record(record: ProcessRecord, side: int) -> Measured:
    """Decode the frames of a process and follow their course.

    Args:
        side: longer side at which they are measured, pixels.

    Raises:
        UnreadableMediaError, EmptyFileError, MediaTooLargeError: a stored picture is damaged.
    """
    frames = [shrunk(decode_image(picture.bytes, 2 * side, picture.path), side) for picture in record.frames]
    made = _progress_of(record.provenance.config_json)
    return Measured(record.process_id, course_of(frames), times_of(process_to_row(record), made))


def measure_collection(root: Path, executor: Executor, listener: Listener) -> tuple[list[Measured], Report]:
    """Measure every process of a collection; those measured before are taken from memory.

    Raises:
        NotFoundError: the folder is no collection.
    """
    collection = Collection.open(root)
    memory = _Memory(collection)
    jobs = [Job(process_id, process_id, None) for process_id in collection.ids() if process_id not in memory.known]
    report = run_stage(STAGE, MeasureProcess(root), jobs, executor, _Remembering(memory, listener))
    present = set(collection.ids())
    return [memory.known[process_id] for process_id in sorted(memory.known) if process_id in present], report


class _Memory:
    """Measures kept in the collection's working folder, by the state of each file; where it cannot be written, they are not."""

    def __init__(self, collection: Collection) -> None:
        self._collection = collection
        self._file = collection.work / f"courses-{_FORMAT}.jsonl"
        self.known = dict(self._load())

    def add(self, process_id: str, value: Mapping[str, Any]) -> None:
        self.known[process_id] = Measured.from_json(value)
        line = json.dumps([self._stamp(process_id), value])
        with contextlib.suppress(OSError):  # it only saves time
            self._file.parent.mkdir(exist_ok=True)
            with self._file.open("a", encoding="utf-8") as file:
                file.write("\n" + line)  # so that it never joins a line that a kill cut short

    def _load(self) -> Iterator[tuple[str, Measured]]:
        if not self._file.exists():
            return
        for line in self._file.read_text("utf-8", errors="replace").splitlines():
            with contextlib.suppress(ValueError, TypeError, KeyError):
                stamp, value = json_value(line)
                measured = Measured.from_json(value)
                if stamp == self._stamp(measured.process_id):
                    yield measured.process_id, measured

    def _stamp(self, process_id: str) -> Sequence[int] | None:
        try:
            found = self._collection.path_of(process_id).stat()
        except OSError:
            return None
        return [found.st_size, found.st_mtime_ns]


class _Remembering:
    """A listener that remembers each measure as it comes, and passes everything on."""

    def __init__(self, memory: _Memory, listener: Listener) -> None:
        self._memory = memory
        self.planned, self.progress = listener.planned, listener.progress
        self.skipped, self.failed = listener.skipped, listener.failed
        self._done = listener.done

    def done(self, job: Job, summary: Mapping[str, Any], seconds: float) -> None:
        self._memory.add(job.id, summary["measured"])
        self._done(job, {name: value for name, value in summary.items() if name != "measured"}, seconds)


def _progress_of(config_json: str) -> list[float] | None:
    """What an engine says of the time at each frame; None where it says nothing."""
    with contextlib.suppress(ValueError, TypeError):
        settings = json_value(config_json)
        if isinstance(settings, dict) and isinstance(settings.get("progress"), list):
            return [float(share) for share in settings["progress"]]
    return None
