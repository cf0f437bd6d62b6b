"""What critics say of the evaluated rows: some rows a job, each result a file, so that a killed evaluation can go on."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ppad.critique import Critique, parse
from ppad.errors import PpadError
from ppad.schema import canonical_json
from ppad.stages import Failure, Job, Planned, Progress, failure_of
from ppad.storage import Dataset
from ppad_model.critic.batches import GatherWorks
from ppad_model.critic.model import Critic
from ppad_model.critic.predicting import write_rows
from ppad_model.critic.saving import CriticRun
from ppad_model.devices import fitting_threads
from ppad_model.evaluation.predicting import STAGE, plan_rows, read_results, write_result

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Spoken:
    """What a critic says of n rows, in their order.

    Attributes:
        scores: (n, A) on each attribute's scale, in the dataset's order; NaN for a row that could not be read.
        critiques: n; None for such a row, without words where none were asked for.
        failed: the rows that could not be read.
    """

    scores: Floats
    critiques: tuple[Critique | None, ...]
    failed: tuple[Failure, ...]


@dataclass(frozen=True)
class Writing:
    """The work of one critic on the rows of a dataset.

    Args:
        ids: of the rows, in the order in which they are measured.
        digest: of the dataset.
        folder: where results lie.
        device: where the critic works.
        text: whether it writes, or scores alone.
        base: where the base is now; None for where it was.
    """

    run: CriticRun
    dataset: Dataset
    ids: tuple[str, ...]
    digest: str
    folder: Path
    device: str = "cpu"
    text: bool = True
    base: str | None = None

    def plan(self) -> Iterator[Planned]:
        """Some rows a job; what an earlier evaluation left of the same weights and rows is not done again."""
        return plan_rows(self.run.run.name, self.ids, self._file)

    def __call__(self, job: Job, progress: Progress) -> Mapping[str, Any]:
        """Judge some rows; a row that cannot be read costs itself alone."""
        said, failed = dict[str, Any](), list[Failure]()
        critic, gather = self._critic
        with fitting_threads(critic.means.device, sum(one.numel() for one in critic.parameters())):
            for number, process_id in enumerate(job.payload, start=1):
                try:
                    record = self.dataset.read(process_id)
                    (found,) = write_rows(critic, gather, [record], text=self.text)
                    said[process_id] = {"scores": found.scores, "text": found.text(critic) if self.text else ""}
                except PpadError as error:
                    failed.append(failure_of(STAGE, process_id, error))
                progress(number / len(job.payload))
        write_result(self._file(job.payload), said, failed)
        return {"rows": len(said)}

    def result(self) -> Spoken:
        """What the critic says of all rows; all jobs are done."""
        said, failed = read_results(self.ids, self._file)
        names = self.dataset.attribute_ids
        scores = [[said[one]["scores"][name] if one in said else np.nan for name in names] for one in self.ids]
        critiques = [parse(said[one]["text"], self.run.config.rubric) if one in said else None for one in self.ids]
        return Spoken(np.array(scores, np.float64), tuple(critiques), tuple(failed))

    @cached_property
    def _critic(self) -> tuple[Critic, GatherWorks]:
        return self.run.load(self.device, self.base)

    @cached_property
    def _weights(self) -> str:
        return self.run.run.digest()

    def _file(self, part: Sequence[str]) -> Path:
        """The result of some rows: named by all that determines it."""
        key = [self._weights, self.run.config.base.model_dump(mode="json"), self.digest, list(part), self.device, self.text]
        return self.folder / f"{hashlib.sha256(canonical_json(key).encode()).hexdigest()[:24]}.json"
