"""How a run shows itself: bars on a terminal, plain lines when piped, one JSON object for scripts."""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict
from types import TracebackType
from typing import Any, Self

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.table import Table

from ppad.stages import Failure, Job, Report, Skipped


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
        self._finished = 0
        self._tasks: dict[str, TaskID] = {}
        self._bars = Progress(
            TextColumn("[bold]{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[rate]}"),
            TimeElapsedColumn(),
            TextColumn("·"),
            TimeRemainingColumn(),
            console=self._console,
            transient=True,
        )
        self._all = self._bars.add_task(f"{verb} {unit}", total=total, rate="", visible=self._fancy)

    def __enter__(self) -> Self:
        if self._fancy:
            self._bars.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._fancy:
            self._bars.stop()

    def planned(self, job: Job) -> None:
        if self._fancy:
            self._tasks[job.id] = self._bars.add_task(f"  {escape(job.label[-40:])}", total=100, rate="", visible=False)

    def progress(self, job_id: str, share: float) -> None:
        if job_id in self._tasks:
            self._bars.update(self._tasks[job_id], completed=int(100 * share), visible=True)

    def done(self, job: Job, summary: Mapping[str, Any], seconds: float) -> None:
        words = ", ".join(f"{value} {name}" for name, value in summary.items() if isinstance(value, int | float | str))
        notes = "".join(f"; {note}" for note in summary.get("notes", ()))
        self._finish(job, f"{job.label}: {words} in {seconds:.1f} s{notes}" if self._each else "")

    def skipped(self, item: Skipped) -> None:
        if item.reason != "done":
            self._line(f"{item.label}: skipped, {item.reason}")
        self._advance()

    def failed(self, failure: Failure, job: Job | None) -> None:
        text = f"[red]failed[/] {escape(failure.message)} {escape(failure.fix)} [dim]\\[{failure.code}][/]"
        if job is None:
            self._line(text, markup=True)
            self._advance()
        else:
            self._finish(job, text, markup=True)

    def _finish(self, job: Job, text: str, *, markup: bool = False) -> None:
        if job.id in self._tasks:
            self._bars.remove_task(self._tasks.pop(job.id))
        if text:
            self._line(text, markup=markup)
        self._advance()

    def _advance(self) -> None:
        self._finished += 1
        task = self._bars.tasks[0]
        rate = f"{60 * task.speed:.1f}/min" if task.speed else ""
        self._bars.update(self._all, advance=1, rate=rate)

    def _line(self, text: str, *, markup: bool = False) -> None:
        if self._quiet:
            return
        count = f"[{self._finished + 1}/{self._total}] " if self._total and not self._fancy else ""
        self._console.print((escape(count) if markup else count) + text, markup=markup, soft_wrap=True)


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
        table.add_row("skipped", f"{count}  [dim]{escape(reason)}[/]")
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
