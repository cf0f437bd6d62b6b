"""The short of an analysis, for the terminal."""

from __future__ import annotations

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from ppad.rubric import Rubric
from ppad_annotation.ratings.findings import Findings
from ppad_annotation.ratings.words import between, needed, number, share, summary, verdict


def print_findings(findings: Findings, rubric: Rubric) -> None:
    """A table of the attributes, and the summary, on standard output."""
    console = Console(highlight=False)
    names = {one.id: one.name for one in rubric.attributes}
    table = Table(box=None, padding=(0, 2, 0, 0))
    table.add_column("attribute")
    for title in ("mean", "reliability of the mean", "adjusted", "alpha", "same again", "raters for 0.8"):
        table.add_column(title, justify="right")
    table.add_column("")
    for one in findings.attributes:
        table.add_row(
            names[one.name],
            number(one.mean, 1),
            between(one.reliability.mean),
            number(one.reliability.adjusted.value),
            number(one.ordinal.value),
            share(one.repeats.same),
            needed(one, adjusted=False) if one.is_comparable else "–",
            f"[dim]{verdict(one.reliability.mean)}[/]" if one.is_comparable else "[dim]not known[/]",
        )
    console.print(table)
    for point in summary(findings, names):
        mark = "[yellow]![/]" if point.attention else "·"
        console.print(f"{mark} {escape(point.found)} [dim]{escape(point.do)}[/]".rstrip(), soft_wrap=True)
