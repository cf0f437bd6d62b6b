"""The short of an analysis, for the terminal."""

from __future__ import annotations

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from ppad.rubric import Rubric
from ppad_annotation.ratings.findings import Findings
from ppad_annotation.ratings.words import GOAL, between, needed, number, share, summary, verdict

ROOMY = 110
"""Columns of a terminal from which attributes are written with their whole names."""


def print_findings(findings: Findings, rubric: Rubric) -> None:
    """A table of the attributes, and the summary, on standard output.

    `again` is the share of equal scores where a rater saw a process twice, `for 0.8` the raters a process that this needs.
    """
    console = Console(highlight=False)
    names = {one.id: one.name for one in rubric.attributes}
    roomy = console.width >= ROOMY
    labels = {one.id: one.name if roomy else one.short for one in rubric.attributes}
    table = Table(box=None, padding=(0, 2, 0, 0))
    table.add_column("attribute", no_wrap=True)
    for title in ("mean", "reliability", "adjusted", "alpha", "again", f"for {GOAL}"):
        table.add_column(title, justify="right", no_wrap=True)
    if roomy:
        table.add_column("", no_wrap=True)
    for one in findings.attributes:
        cells = [
            labels[one.name],
            number(one.mean, 1),
            between(one.reliability.mean),
            number(one.reliability.adjusted.value),
            number(one.ordinal.value),
            share(one.repeats.same),
            needed(one, adjusted=False) if one.is_comparable else "–",
        ]
        known = verdict(one.reliability.mean) if one.is_comparable else "not known"
        table.add_row(*cells, *([f"[dim]{known}[/]"] if roomy else []))
    console.print(table)
    for point in summary(findings, names):
        mark = "[yellow]![/]" if point.attention else "·"
        console.print(f"{mark} {escape(point.found)} [dim]{escape(point.do)}[/]".rstrip(), soft_wrap=True)
