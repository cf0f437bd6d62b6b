"""How a run shows itself: bars on a terminal, plain lines when piped, one JSON object for scripts."""

from __future__ import annotations

import json
import sys
import threading
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from types import TracebackType
from typing import Any, Self

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.table import Table

from ppad.stages import Failure, Job, Report, Skipped


@dataclass(slots=True)
class _Running:
    """A job that a worker may have begun."""

    task: TaskID
    size: float
    began: float
    share: float = 0.0
    first_share: float = 0.0

    def begin(self, share: float) -> None:
        """Note when the first report came: before that, the job may have waited."""
        if self.share == 0.0:
            self.began, self.first_share = time.monotonic(), share


@dataclass(slots=True)
class _Account:
    """Numbers and sizes of jobs so far."""

    planned: int = 0
    finished: int = 0
    skipped: int = 0
    planned_size: float = 0.0
    finished_size: float = 0.0


class RunView:
    """Shows a run while it goes on; a context manager and the `Listener` of `run_stage`.

    Args:
        verb: what is done, as a title ("Extracting").
        total: number of items, where it is known.
        unit: what is counted ("videos").
        quiet: show nothing (with `--json`).
        each: print a line for each item that is done; without it only what went wrong gets one.
    """

    def __init__(self, verb: str, total: int | None, unit: str = "items", *, quiet: bool = False, each: bool = True) -> None:
        self._console = Console(stderr=True, highlight=False)
        self._fancy = self._console.is_terminal and not quiet
        self._quiet = quiet
        self._each = each
        self._total = total
        self._began = time.monotonic()
        self._lock = threading.Lock()  # progress comes from another thread than the rest
        self._running: dict[str, _Running] = {}
        self._account = _Account()
        self._bars = Progress(
            TextColumn("[bold]{task.description}"),
            BarColumn(),
            TextColumn("{task.fields[count]}"),
            TextColumn("{task.fields[rate]}"),
            TimeElapsedColumn(),
            TextColumn("· left"),
            TimeRemainingColumn(),
            console=self._console,
            transient=True,
        )
        self._all = self._bars.add_task(f"{verb} {unit}", total=None, count="", rate="", visible=self._fancy)

    def __enter__(self) -> Self:
        if self._fancy:
            self._bars.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._fancy:
            self._bars.stop()

    def planned(self, job: Job) -> None:
        with self._lock:
            task = self._bars.add_task(f"  {escape(job.label[-40:])}", total=1.0, count="", rate="", visible=False)
            self._running[job.id] = _Running(task, job.size, time.monotonic())
            self._account.planned += 1
            self._account.planned_size += job.size

    def progress(self, job_id: str, share: float) -> None:
        with self._lock:
            job = self._running.get(job_id)
            if job is None:  # its result was quicker than its last report
                return
            job.begin(share)
            job.share = share
            rate = f"{100 * (share - job.first_share) / max(1e-3, time.monotonic() - job.began):.0f} %/s"
            self._bars.update(job.task, completed=share, count=f"{share:.0%}", rate=rate, visible=self._fancy)
            self._update_all()

    def done(self, job: Job, summary: Mapping[str, Any], seconds: float) -> None:
        words = ", ".join(f"{value} {name}" for name, value in summary.items() if isinstance(value, int | float | str))
        notes = "".join(f"; {note}" for note in summary.get("notes", ()))
        self._finish(job, f"{escape(job.label)}: {escape(words)} in {seconds:.1f} s{escape(notes)}" if self._each else "")

    def skipped(self, item: Skipped) -> None:
        self._account.skipped += 1
        if item.reason != "done":
            self._line(f"{escape(item.label)}: skipped, {escape(item.reason)}")
        with self._lock:
            self._update_all()

    def failed(self, failure: Failure, job: Job | None) -> None:
        text = (
            f"{escape(failure.input)}: [red]failed[/], {escape(failure.message)} {escape(failure.fix)} [dim]\\[{failure.code}][/]"
        )
        self._finish(job, text)

    def _finish(self, job: Job | None, text: str) -> None:
        self._account.finished += 1
        if text:
            self._line(text)
        with self._lock:
            running = self._running.pop(job.id, None) if job is not None else None
            if running is not None:
                self._bars.remove_task(running.task)
                self._account.finished_size += running.size
            self._update_all()

    def _update_all(self) -> None:
        """The bar over all goes by the sizes of jobs: those not planned yet are taken for average ones."""
        account = self._account
        total = self._total if self._total is not None else account.skipped + account.planned
        mean = account.planned_size / account.planned if account.planned else 1.0
        waiting = max(0, total - account.skipped - account.planned) * mean
        size = account.finished_size + waiting + sum(job.size for job in self._running.values())
        done = account.finished_size + sum(job.size * job.share for job in self._running.values())
        per_minute = 60 * account.finished / max(1e-3, time.monotonic() - self._began)
        count = f"{account.skipped + account.finished}/{total}"
        rate = f"{per_minute:.1f}/min" if account.finished else ""
        self._bars.update(self._all, total=size or None, completed=done, count=count, rate=rate)

    def _line(self, markup: str) -> None:
        if self._quiet:
            return
        number = self._account.finished + self._account.skipped
        count = f"\\[{number}/{self._total}] " if self._total and not self._fancy else ""
        self._console.print(count + markup, soft_wrap=True)


def print_report(report: Report, outcome: str, *, as_json: bool = False, extra: Mapping[str, Any] | None = None) -> None:
    """Print what a run did: a table for people, or one JSON object on standard output.

    Args:
        outcome: the closing sentence.
        extra: further entries of the JSON object.
    """
    if as_json:
        print_json({**_as_data(report), **(extra or {})})
        return
    console = Console(stderr=True, highlight=False)
    table = Table(show_header=False, box=None, padding=(0, 2, 0, 0))
    table.add_row("done", str(len(report.done)))
    for reason, count in sorted(Counter(_reason_kind(item.reason) for item in report.skipped).items()):
        already = reason == "done"
        table.add_row("already done" if already else "skipped", str(count) if already else f"{count}  [dim]{escape(reason)}[/]")
    for code, count in sorted(Counter(failure.code for failure in report.failed).items()):
        table.add_row("[red]failed[/]", f"{count}  [dim]{code}[/]")
    console.print(table)
    if report.fatal is not None:
        console.print(f"[bold red]error[/] [dim]\\[{report.fatal.code}][/] {escape(str(report.fatal))}", soft_wrap=True)
    console.print(escape(outcome), soft_wrap=True)


def warn(sentence: str) -> None:
    """A remark on standard error that stops nothing."""
    Console(stderr=True, highlight=False, soft_wrap=True).print(f"[yellow]note[/] {escape(sentence)}")


def print_json(value: object) -> None:
    """One JSON value on standard output."""
    typer.echo(json.dumps(value, ensure_ascii=False, indent=2), file=sys.stdout)


def _reason_kind(reason: str) -> str:
    return reason.split(" of ")[0]


def _as_data(report: Report) -> dict[str, Any]:
    return {
        "stage": report.stage,
        "done": [{"id": job.id, "input": job.label, **summary} for job, summary in report.done],
        "skipped": [asdict(item) for item in report.skipped],
        "failed": [asdict(failure) for failure in report.failed],
        "stopped_by": None if report.fatal is None else report.fatal.code,
    }
