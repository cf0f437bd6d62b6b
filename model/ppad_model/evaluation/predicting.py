"""What models say of the evaluated rows: some rows a job, each result a file, so that a killed evaluation can go on."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ppad.errors import PpadError, RunError
from ppad.schema import canonical_json, json_value
from ppad.stages import Failure, Job, Planned, Progress, Skipped, failure_of
from ppad.storage import Dataset, write_text
from ppad_model.assessor import Assessor
from ppad_model.data import Example, ReadExample, collate
from ppad_model.data.sources import ahead
from ppad_model.packages import Tensor, torch
from ppad_model.runs import Run

Floats = NDArray[np.float64]

STAGE = "evaluate"
AT_ONCE = 16
"""Rows of a job."""


FileOf = Callable[[Sequence[str]], Path]
"""The result of some rows: a file that is named by all that determines it."""


def plan_rows(run: str, ids: Sequence[str], file_of: FileOf) -> Iterator[Planned]:
    """Some rows a job; what an earlier evaluation left of the same weights and rows is not done again."""
    for start in range(0, len(ids), AT_ONCE):
        part = ids[start : start + AT_ONCE]
        label, file = f"{run}, rows {start + 1}–{start + len(part)}", file_of(part)
        yield Skipped(file.stem, label, "done") if file.is_file() else Job(file.stem, label, part, float(len(part)))


def write_result(file: Path, said: Mapping[str, Any], failed: Sequence[Failure]) -> None:
    """Keep what was said of the rows of a job, by id, and what of them could not be read."""
    write_text(file, canonical_json({"said": said, "failed": [asdict(failure) for failure in failed]}))


def read_results(ids: Sequence[str], file_of: FileOf) -> tuple[dict[str, Any], list[Failure]]:
    """What all jobs left."""
    said, failed = dict[str, Any](), list[Failure]()
    for start in range(0, len(ids), AT_ONCE):
        file = file_of(ids[start : start + AT_ONCE])
        if file.is_file():
            content = json_value(file.read_text("utf-8"))
            said |= content["said"]
            failed += [Failure(**failure) for failure in content["failed"]]
    return said, failed


@dataclass(frozen=True, slots=True)
class Said:
    """What a run says of rows: n of them, in the order of `ids`.

    Attributes:
        scores: (n, A) on the scale, of the whole process; NaN for a row that could not be read.
        final: (n, A), of its final frame alone.
        failed: the rows that could not be read.
    """

    scores: Floats
    final: Floats
    failed: tuple[Failure, ...]


@dataclass(frozen=True)
class Predicting:
    """The work of one run on the rows of a dataset.

    Args:
        ids: of the rows, in the order in which they are measured.
        digest: of the dataset.
        folder: where results lie.
        device: where the model works.
    """

    run: Run
    dataset: Dataset
    ids: tuple[str, ...]
    digest: str
    folder: Path
    device: str = "cpu"

    def plan(self) -> Iterator[Planned]:
        """Some rows a job; what an earlier evaluation left of the same weights and rows is not done again."""
        return plan_rows(self.run.name, self.ids, self._file)

    def __call__(self, job: Job, progress: Progress) -> Mapping[str, Any]:
        """Predict some rows; see `Work`."""
        said, failed = dict[str, list[list[float]]](), list[Failure]()
        examples = list[Example]()
        for number, found in enumerate(ahead(self._read, job.payload, os.cpu_count() or 1)):
            examples += [found] if isinstance(found, Example) else []
            failed += [found] if isinstance(found, Failure) else []
            progress(0.5 * (number + 1) / len(job.payload))
        if examples:
            whole = self._assess(examples)
            final = self._assess([_final_frame(example) for example in examples])
            for example, *rows in zip(examples, whole, final, strict=True):
                if np.isfinite(rows).all():
                    said[example.process_id] = [[round(float(value), 6) for value in row] for row in rows]
                else:
                    failed.append(failure_of(STAGE, example.process_id, _no_number(self.run)))
        write_result(self._file(job.payload), said, failed)
        return {"rows": len(said)}

    def result(self) -> Said:
        """What the run says of all rows, in the order of the dataset's attributes; all jobs are done."""
        own = self.run.config().attributes
        order = [own.index(name) for name in self.dataset.attribute_ids]
        said, failed = read_results(self.ids, self._file)
        table = np.full((len(self.ids), 2, len(own)), np.nan)
        for number, process_id in enumerate(self.ids):
            if process_id in said:
                table[number] = said[process_id]
        return Said(table[:, 0, order], table[:, 1, order], tuple(failed))

    @cached_property
    def _model(self) -> Assessor:
        return self.run.load(self.device)

    @cached_property
    def _reader(self) -> ReadExample:
        return ReadExample(self._model.config)

    @cached_property
    def _weights(self) -> str:
        return self.run.digest()

    def _file(self, part: Sequence[str]) -> Path:
        """The result of some rows: named by all that determines it."""
        key = hashlib.sha256(canonical_json([self._weights, self.digest, list(part), self.device]).encode()).hexdigest()
        return self.folder / f"{key[:24]}.json"

    def _read(self, process_id: str) -> Example | Failure:
        try:
            return self._reader(self.dataset.read(process_id))
        except PpadError as error:
            return failure_of(STAGE, process_id, error)

    @torch.inference_mode()
    def _assess(self, examples: Sequence[Example]) -> Floats:
        batch = collate(examples).to(self.device)
        scores: Tensor = self._model(batch.frames, batch.reference, lengths=batch.lengths).scores
        found: Floats = scores.double().cpu().numpy()
        return found


def _no_number(run: Run) -> RunError:
    return RunError(f"{run.name} gives scores that are no numbers.", "Its training diverged: train again with a lower rate.")


def _final_frame(example: Example) -> Example:
    return Example(example.process_id, example.frames[-1:], example.reference, example.targets, example.style)
