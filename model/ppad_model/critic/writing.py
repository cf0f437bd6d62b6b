"""`ppad critic write`: on the terminal while critiques are written, or into a file that is gone on with."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rich.console import Console
from rich.text import Text

from ppad.errors import PpadError
from ppad.rubric import Rubric
from ppad.stages import Job, Skipped
from ppad.stages.jobs import failure_of
from ppad.stages.runner import Listener as StageListener
from ppad.stages.runner import Report
from ppad_model.critic.config import REMARKS
from ppad_model.critic.decoding import Listener
from ppad_model.critic.examples import ReadWork, Work
from ppad_model.critic.predicting import Written, write_works
from ppad_model.critic.prompt import heading
from ppad_model.critic.results import Results, result_row
from ppad_model.critic.saving import CriticRun
from ppad_model.critic.subjects import Subject
from ppad_model.devices import fitting_threads
from ppad_model.scoring.subjects import Given

STAGE = "critic write"


@dataclass(frozen=True, slots=True)
class Told:
    """What the command line tells of the works: what they were painted from, and a description in place of their own."""

    given: Given = Given()
    description: str | None = None


class Desk:
    """A critic at work.

    Args:
        device: where it works.
        base: where its base is now; None for where it was.

    Raises:
        WeightsError: the base is not on this machine or another one.
    """

    def __init__(self, run: CriticRun, told: Told, device: str, base: str | None = None) -> None:
        self.run, self._told = run, told
        self._critic, self._gather = run.load(device, base)
        self._read = ReadWork(run.config)
        self._digest = run.run.digest()

    @property
    def digest(self) -> str:
        """Of the weights."""
        return self._digest

    def read(self, subject: Subject) -> Work:
        """Load a subject.

        Raises:
            MediaError, NotFoundError, ContractError: it cannot be used.
        """
        return self._read.of_process(subject.load(self._told.given, self._told.description))

    def write(self, works: Sequence[Work], listener: Listener | None = None, *, text: bool = True) -> list[Written]:
        """Judge some works at once."""
        with fitting_threads(self._critic.means.device, self._critic.size()):
            return write_works(self._critic, self._gather, works, text=text, listener=listener)

    def row(self, subject: Subject, written: Written) -> dict[str, Any]:
        """What was written, as data."""
        return result_row(subject.label, written, self.run.config.rubric, self._digest)


def write_all(
    desk: Desk, subjects: Sequence[Subject], batch: int, view: StageListener, results: Results | None = None, *, text: bool = True
) -> tuple[Report, list[dict[str, Any]]]:
    """Judge subjects, some at a time; one that cannot be read fails alone.

    Args:
        results: keeps the critiques as they come, and has those of an earlier run.

    Returns:
        the account, and the critiques of all subjects, earlier ones too.

    Raises:
        DiskFullError, NotWritableError: the place refuses.
    """
    report, rows = Report(STAGE), {} if results is None else dict(results.rows)
    waiting: list[tuple[Job, Work]] = []
    for number, subject in enumerate(subjects):
        if subject.label in rows:
            item = Skipped(subject.label, subject.label, "done")
            report.skipped.append(item)
            view.skipped(item)
        else:
            _take(desk, subject, waiting, report, view)
        if waiting and (len(waiting) == batch or number == len(subjects) - 1):
            made = _write_some(desk, waiting, report, view, text=text)
            if results is not None:
                results.add(made)
            rows |= {row["input"]: row for row in made}
            waiting.clear()
    if results is not None:
        results.finish()
    return report, [rows[subject.label] for subject in subjects if subject.label in rows]


def _take(desk: Desk, subject: Subject, waiting: list[tuple[Job, Work]], report: Report, view: StageListener) -> None:
    job = Job(subject.label, subject.label, subject)
    view.planned(job)
    try:
        waiting.append((job, desk.read(subject)))
    except PpadError as error:
        failure = failure_of(STAGE, job.label, error)
        report.failed.append(failure)
        view.failed(failure, job)


def _write_some(
    desk: Desk, waiting: Sequence[tuple[Job, Work]], report: Report, view: StageListener, *, text: bool
) -> list[dict[str, Any]]:
    began = time.perf_counter()
    written = desk.write([work for _, work in waiting], text=text)
    seconds = (time.perf_counter() - began) / len(waiting)
    rows = [desk.row(job.payload, one) for (job, _), one in zip(waiting, written, strict=True)]
    for (job, _), row in zip(waiting, rows, strict=True):
        report.done.append((job, {"scores": row["scores"]}))
        view.done(job, {}, seconds)
    return rows


class Aloud(Listener):
    """Prints a critique while it is written: heading, score, paragraph."""

    def __init__(self, console: Console, rubric: Rubric) -> None:
        self._console, self._rubric = console, rubric
        self._scores: Mapping[str, float] = {}
        self._section, self._printed = "", ""

    def scored(self, row: int, scores: Mapping[str, float]) -> None:
        self._scores = scores

    def heard(self, row: int, section: str, text: str, *, ended: bool) -> None:
        if section != self._section:
            self._section, self._printed = section, ""
            self._say(Text(f"{heading(self._rubric, section)} ", style="bold"))
            self._say(Text(self._score(section)))
        # A citation is shown when it is whole: one of a frame that is not there is left out.
        shown = text if ended else text[: text.rfind("[")] if text.rfind("[") > text.rfind("]") else text
        if len(shown) > len(self._printed):
            self._say(Text(shown[len(self._printed) :]))
            self._printed = shown
        if ended:
            self._console.print()

    def _score(self, section: str) -> str:
        if section == REMARKS:
            return ""
        high = self._rubric.scale_of(section).high
        return f"{self._scores[section]:.1f}".removesuffix(".0") + f"/{high}. "

    def _say(self, text: Text) -> None:
        self._console.print(text, end="", soft_wrap=True)
