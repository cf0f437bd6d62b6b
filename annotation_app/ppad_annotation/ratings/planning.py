"""How many raters, processes and repeats a campaign needs: the power simulator behind `ppad ratings simulate`."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table

from ppad.agreement.campaign import Campaign
from ppad.agreement.power import (
    Precision,
    detectable_between_groups,
    detectable_difference,
    interval_width,
    noise_uncertainty,
    precision,
)
from ppad.agreement.reliability import reliability
from ppad.agreement.simulation import USUAL_RANGE, Panel
from ppad.errors import ConfigError
from ppad.rubric import Rubric, load_rubric
from ppad.storage import write_text
from ppad.storage.ratings import read_ratings
from ppad_annotation.ratings.findings import components_of
from ppad_annotation.ratings.report import FIGURES, PAGE, refuse_foreign
from ppad_annotation.ratings.words import GOAL, between, number

SCALE = (1, 10)
GROUP = 100
"""Processes in each of two groups that are compared."""
BLOCKS = (10, 20, 30, 50, 100)
"""Sizes of a calibration round."""
REPEATS = (10, 20, 50, 100, 200)
"""Repeats a rater."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What a campaign of this size and this panel can find out.

    Attributes:
        panel: what raters and processes are like; points of a 1–10 scale.
        source: where the panel comes from, in words.
        raters, processes: size of the campaign.
        rows: precision for each number of raters a process.
    """

    panel: Panel
    source: str
    raters: int
    processes: int
    rows: list[Precision]

    @property
    def single(self) -> float:
        """Reliability of one rater's score."""
        noise = self.panel.rater**2 + self.panel.taste**2 + self.panel.residual**2
        return self.panel.item**2 / (self.panel.item**2 + noise)

    def enough(self, *, adjusted: bool) -> int | None:
        """The smallest number of raters that reaches the goal; None where none of those tried does."""
        reached = [row.each for row in self.rows if _reliability(row, adjusted=adjusted) >= GOAL]
        return min(reached, default=None)


def plan_campaign(panel: Panel, source: str, *, raters: int, processes: int, each: Sequence[int], draws: int, seed: int) -> Plan:
    """Simulate campaigns.

    Raises:
        ConfigError: the campaign is too small.
    """
    if raters < 2 or processes < 10:
        raise ConfigError(f"{raters} raters and {processes} processes are too few.", "Give at least 2 and 10.")
    numbers = [number for number in each if number <= raters]
    rows = precision(panel, SCALE, items=processes, raters=raters, each=numbers, draws=draws, seed=seed)
    return Plan(panel, source, raters, processes, rows)


def panel_of(campaign: Campaign, rubric: Rubric, attribute: str | None) -> tuple[Panel, str]:
    """The panel that ratings show, in points of a 1–10 scale, and where it comes from in words.

    Args:
        attribute: whose variances to take; the mean over all by default.

    Raises:
        ConfigError: there is no such attribute, or no attribute has enough ratings.
    """
    if attribute is not None and attribute not in rubric.attribute_ids:
        raise ConfigError(f"There is no attribute {attribute!r}.", f"Use one of {', '.join(rubric.attribute_ids)}.")
    found = []
    for name in [attribute] if attribute else rubric.attribute_ids:
        sample = campaign.sample(name)
        if sample.can_be_fitted:
            unit = USUAL_RANGE / (campaign.scales[name][1] - campaign.scales[name][0])
            known = reliability(sample.items, sample.raters, sample.scores, draws=1)
            parts = components_of(campaign, name) or {"item × rater": 0.0, "residual": known.error.value}
            found.append([unit**2 * one for one in (known.item.value, known.rater.value, *_noise(known.error.value, parts))])
    if not found:
        raise ConfigError("The ratings do not say how raters differ.", "Give ratings where processes have several raters.")
    item, rater, taste, residual = np.sqrt(np.mean(found, axis=0))
    what = f"of {attribute}" if attribute else f"over {len(found)} attributes"
    return Panel(
        item=float(item), rater=float(rater), taste=float(taste), residual=float(residual)
    ), f"estimated from ratings, {what}"


def panel_from_files(files: Sequence[Path], rubric: str, attribute: str | None) -> tuple[Panel, str]:
    """`panel_of` the ratings in files.

    Raises:
        NotFoundError, ConfigError, ContractError: the files cannot be used, or do not say enough.
    """
    known = load_rubric(rubric)
    return panel_of(Campaign.of(read_ratings(files, known), known.scales), known, attribute)


def print_plan(plan: Plan) -> None:
    """The tables, on standard output."""
    console = Console(highlight=False)
    console.print(f"[dim]{_panel_words(plan)}[/]")
    table = Table(box=None, padding=(0, 2, 0, 0))
    for title in HEADS:
        table.add_column(title, justify="right")
    for row in table_rows(plan):
        table.add_row(*row)
    console.print(table)
    for sentence in sentences(plan):
        console.print(sentence, soft_wrap=True)


HEADS = (
    "raters a process",
    "reliability of the mean",
    "of the adjusted score",
    "error of the mean",
    "of the adjusted score",
    "difference of two processes",
    f"of two groups of {GROUP}",
)


def table_rows(plan: Plan) -> list[list[str]]:
    """Cells under `HEADS`. Errors and differences in points; differences for the adjusted score."""
    return [
        [
            str(row.each),
            between(row.reliability),
            between(row.adjusted_reliability),
            f"±{number(row.error.value)}",
            f"±{number(row.adjusted_error.value)}",
            number(detectable_difference(row.adjusted_error.value), 1),
            number(detectable_between_groups(plan.panel.item, row.adjusted_error.value, GROUP)),
        ]
        for row in plan.rows
    ]


def sentences(plan: Plan) -> list[str]:
    """What the tables say."""
    mean, adjusted = plan.enough(adjusted=False), plan.enough(adjusted=True)
    most = plan.rows[-1].each
    reach = [
        f"{what} needs {f'{raters} raters a process' if raters else f'more than {most} raters a process'}"
        for what, raters in (("the mean", mean), ("the adjusted score", adjusted))
    ]
    block = number(interval_width(plan.single, plan.raters, 30) / 2)
    return [
        f"For a reliability of {GOAL}, {reach[0]} and {reach[1]}.",
        f"A calibration round of 30 processes tells the reliability of one rater ({number(plan.single)}) to within ±{block}.",
        f"50 repeats tell a rater's own scatter to within ±{100 * noise_uncertainty(50):.0f} % (standard error).",
    ]


def block_rows(plan: Plan) -> list[tuple[int, str]]:
    """Processes of a calibration round, and how far the reliability of one rater is then known (±)."""
    return [(size, number(interval_width(plan.single, plan.raters, size) / 2)) for size in BLOCKS]


def repeat_rows() -> list[tuple[int, str]]:
    """Repeats a rater, and the relative standard error of the rater's own scatter."""
    return [(count, f"{100 * noise_uncertainty(count):.0f} %") for count in REPEATS]


def write_plan(plan: Plan, out: Path) -> None:
    """Write `index.html` with a picture, and the figures as JSON.

    Raises:
        NotWritableError: another program's page is there, or the place refuses.
    """
    from ppad.plotting.page import page_environment
    from ppad_annotation.ratings.charts import error_by_raters_chart, reliability_by_raters_chart

    refuse_foreign(out)
    page = (
        page_environment("ppad_annotation.ratings")
        .get_template("power.html")
        .render(
            panel=_panel_words(plan),
            sentences=sentences(plan),
            reliability=reliability_by_raters_chart(plan.rows),
            errors=error_by_raters_chart(plan.rows),
            heads=HEADS,
            rows=table_rows(plan),
            blocks=block_rows(plan),
            repeats=repeat_rows(),
            goal=GOAL,
        )
    )
    write_text(out / FIGURES, json.dumps(as_data(plan), indent=1) + "\n")
    write_text(out / PAGE, page)


def as_data(plan: Plan) -> dict[str, Any]:
    """The figures as JSON values."""
    return {
        "simulated": True,
        "panel": asdict(plan.panel),
        "source": plan.source,
        "raters": plan.raters,
        "processes": plan.processes,
        "by_raters": [
            {
                **asdict(row),
                "detectable_difference": detectable_difference(row.adjusted_error.value),
                "detectable_between_groups": detectable_between_groups(plan.panel.item, row.adjusted_error.value, GROUP),
            }
            for row in plan.rows
        ],
        "group": GROUP,
        "calibration": [{"processes": size, "half_width": float(width)} for size, width in block_rows(plan)],
        "repeats": [{"repeats": count, "relative_error": noise_uncertainty(count)} for count in REPEATS],
    }


def _panel_words(plan: Plan) -> str:
    panel = plan.panel
    names = {"processes": panel.item, "severity": panel.rater, "taste": panel.taste, "chance": panel.residual}
    deviations = ", ".join(f"{name} {number(value)}" for name, value in names.items())
    return (
        f"Simulated: {plan.processes:,} processes, {plan.raters} raters. Standard deviations in points of a 1–10 scale, "
        f"{plan.source}: {deviations}."
    )


def _noise(error: float, parts: dict[str, float]) -> tuple[float, float]:
    """The variance of the error, divided into taste and chance as the components are."""
    both = parts["item × rater"] + parts["residual"]
    taste = parts["item × rater"] / both if both > 0 else 0.0
    return error * taste, error * (1 - taste)


def _reliability(row: Precision, *, adjusted: bool) -> float:
    return (row.adjusted_reliability if adjusted else row.reliability).value
