"""The agreement report as one HTML file that opens without a server or a network."""

from __future__ import annotations

import base64
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import numpy as np
from markupsafe import Markup

from ppad.plotting.page import page_environment
from ppad.rubric import Rubric
from ppad_annotation.ratings import charts
from ppad_annotation.ratings.findings import AttributeFindings, Findings, left_out, median_seconds, severities
from ppad_annotation.ratings.words import (
    ADVICE,
    GOAL,
    between,
    flag_sentence,
    makeup_sentence,
    needed,
    number,
    share,
    signed,
    summary,
    verdict,
)

MOST_RATERS = 40
"""Raters that a chart shows; of more, those who stand out and the most severe and lenient."""
WORST = 12
"""Processes that are listed as those on which raters agree least."""

Strip = Callable[[str], bytes | None]
"""The film strip of a process as JPEG; None where it is not at hand."""


@dataclass(frozen=True, slots=True)
class Disagreed:
    """A process on which raters agree least: what they gave, and in which attribute they differ most."""

    process_id: str
    title: str
    attribute: str
    scores: list[int]
    error: float
    strip: str | None


def report_page(findings: Findings, rubric: Rubric, *, name: str, excluded: int, strip: Strip) -> str:
    """The page; every text in it is escaped.

    Args:
        name: what the ratings are called.
        excluded: ratings that recorded decisions left out.
        strip: makes the pictures of the processes that raters disagree about.
    """
    names = {one.id: one.name for one in rubric.attributes}
    shown = shown_raters(findings)
    html = (
        page_environment("ppad_annotation.ratings")
        .get_template("report.html")
        .render(
            name=name,
            facts=_facts(findings, rubric, excluded),
            points=summary(findings, names),
            attributes=[_attribute_row(one, names[one.name]) for one in findings.attributes],
            goal=GOAL,
            charts=_charts(findings, names, shown),
            makeup=makeup_sentence(findings),
            has_taste=any(one.components is not None for one in findings.attributes),
            raters=[_rater_row(findings, rater, names) for rater in range(len(findings.campaign.raters))],
            hidden=len(findings.campaign.raters) - len(shown),
            severities=_severity_table(findings, names),
            attribute_names=[names[one.name] for one in findings.attributes],
            together=_matrix(findings.together),
            apart=_matrix(findings.apart),
            repeats=[_repeats_row(one, names[one.name]) for one in findings.attributes if one.repeats.count],
            worst=disagreed(findings, names, strip),
            advice={flag.kind: ADVICE[flag.kind] for flag in findings.flags},
        )
    )
    return html.encode("utf-8", "replace").decode()


def shown_raters(findings: Findings) -> list[int]:
    """The raters that charts show, from severe to lenient."""
    campaign = findings.campaign
    level = {rater: values.mean() if len(values := severities(findings, rater)) else 0.0 for rater in range(len(campaign.raters))}
    flagged = {flag.rater for flag in findings.flags}
    chosen = sorted(level, key=lambda rater: (rater not in flagged, -abs(level[rater])))[:MOST_RATERS]
    return sorted(chosen, key=lambda rater: level[rater])


def disagreed(findings: Findings, names: Mapping[str, str], strip: Strip) -> list[Disagreed]:
    """The processes on which raters agree least, by the largest standard error of their scores; each process once."""
    campaign = findings.campaign
    worst: dict[int, tuple[float, AttributeFindings, int]] = {}
    for one in findings.attributes:
        unit = 9 / (one.scale[1] - one.scale[0])
        for place, process in enumerate(one.processes):
            error = unit * one.items.std[place] if one.items.count[place] > 1 else math.nan
            if math.isfinite(error) and error > worst.get(int(process), (0.0,))[0]:
                worst[int(process)] = (float(error), one, place)
    ordered = sorted(worst.items(), key=lambda pair: (-pair[1][0], pair[0]))[:WORST]
    found = []
    for process, (_, one, place) in ordered:
        process_id = campaign.processes[process]
        given = campaign.column(one.name)[campaign.counts & (campaign.item == process)]
        picture = strip(process_id)
        found.append(
            Disagreed(
                process_id=process_id,
                title=process_id.rpartition("-")[0] or process_id,
                attribute=names[one.name],
                scores=sorted(int(score) for score in given if np.isfinite(score)),
                error=float(one.items.error[place]),
                strip=None if picture is None else base64.b64encode(picture).decode(),
            )
        )
    return found


def _charts(findings: Findings, names: Mapping[str, str], raters: Sequence[int]) -> dict[str, Markup]:
    return {
        "reliability": charts.reliability_chart(findings, names),
        "makeup": charts.makeup_chart(findings, names),
        "distribution": charts.distribution_chart(findings, names),
        "severity": charts.severity_chart(findings, raters),
        "drift": charts.drift_chart(findings, raters),
        "halo": charts.halo_chart(findings, raters),
        "repeats": charts.repeats_chart(findings, names),
        "errors": charts.error_chart(findings, names),
    }


def _facts(findings: Findings, rubric: Rubric, excluded: int) -> list[str]:
    campaign = findings.campaign
    each = np.bincount(campaign.item[campaign.counts], minlength=len(campaign.processes))
    facts = [
        f"{len(campaign.item):,} ratings",
        f"{len(campaign.processes):,} processes",
        f"{len(campaign.raters):,} raters",
        f"{number(float(each[each > 0].mean()) if (each > 0).any() else math.nan, 1).removesuffix('.0')} raters a process",
        f"rubric {rubric.id} version {rubric.version}",
    ]
    known = campaign.when[np.isfinite(campaign.when)]
    if len(known):
        first, last = (datetime.fromtimestamp(float(moment), UTC).date().isoformat() for moment in (known.min(), known.max()))
        facts.append(first if first == last else f"{first} to {last}")
    return facts + ([f"{excluded:,} left out by recorded decisions"] if excluded else [])


def _attribute_row(one: AttributeFindings, name: str) -> dict[str, str]:
    found = one.reliability
    return {
        "name": name,
        "verdict": verdict(found.mean) if one.is_comparable else "not known",
        "mean": between(found.mean),
        "adjusted": between(found.adjusted),
        "ordinal": between(one.ordinal),
        "interval": between(one.interval),
        "single": between(one.icc["ICC(2,1)"]) if one.icc else "–",
        "block": between(one.icc["ICC(2,k)"]) if one.icc else "–",
        "size": f"{one.block[0]} × {one.block[1]}" if one.icc else "",
        "error": number(float(np.nanmedian(one.items.error)) if np.isfinite(one.items.error).any() else math.nan),
        "needed": needed(one, adjusted=False) if one.is_comparable else "–",
        "needed_adjusted": needed(one, adjusted=True) if one.is_comparable else "–",
        "cannot_judge": f"{100 * one.cannot_judge:.1f} %" if math.isfinite(one.cannot_judge) else "–",
    }


def _rater_row(findings: Findings, rater: int, names: Mapping[str, str]) -> dict[str, Any]:
    campaign = findings.campaign
    known = [habit for one in findings.attributes if (habit := one.habits[rater]) is not None]

    def mean(figure: str) -> str:
        values = [value for habit in known if math.isfinite(value := getattr(habit, figure).value)]
        return number(float(np.mean(values)) if values else math.nan)

    level = severities(findings, rater)
    rejected = [names[one.name] for one in findings.attributes if rater in one.rejected]
    return {
        "name": campaign.raters[rater],
        "ratings": f"{int(np.sum(campaign.rater == rater)):,}",
        "seconds": number(float(median_seconds(campaign)[rater]), 0),
        "severity": signed(float(level.mean()) if len(level) else math.nan),
        "slope": mean("slope"),
        "noise": mean("noise"),
        "agreement": mean("agreement"),
        "drift": signed(findings.drift[rater].value),
        "halo": number(findings.halo[rater].departures.value),
        "cannot_judge": share(float(left_out(campaign)[rater])),
        "flags": [flag_sentence(flag, names) for flag in findings.flags if flag.rater == rater],
        "rejected": rejected,
    }


def _severity_table(findings: Findings, names: Mapping[str, str]) -> list[dict[str, Any]]:
    """A row for each rater: severity in every attribute, with how strongly its cell is shaded."""
    rows: list[dict[str, Any]] = []
    for rater, name in enumerate(findings.campaign.raters):
        cells = []
        for one in findings.attributes:
            habit = one.habits[rater]
            value = math.nan if habit is None else habit.severity.value
            size = min(1.0, abs(value) / (0.25 * (one.scale[1] - one.scale[0]))) if math.isfinite(value) else 0.0
            title = "" if habit is None else f"{names[one.name]}: {between(habit.severity)}"
            cells.append(
                {
                    "text": signed(value, 1),
                    "shade": f"{100 * size:.0f}%",
                    "title": title,
                    "lenient": value > 0,
                }
            )
        rows.append({"name": name, "cells": cells})
    return rows


def _matrix(values: np.ndarray) -> list[list[dict[str, str]]]:
    """Cells of a table of correlations, shaded by their size."""
    return [
        [
            {"text": number(float(value)), "shade": f"{100 * max(0.0, float(value)) if math.isfinite(value) else 0:.0f}%"}
            for value in row
        ]
        for row in values
    ]


def _repeats_row(one: AttributeFindings, name: str) -> dict[str, str]:
    found = one.repeats
    return {
        "name": name,
        "count": f"{found.count:,}",
        "same": share(found.same),
        "close": share(found.close),
        "noise": between(found.noise),
        "shift": between(found.shift),
        "reliability": between(found.reliability),
    }
