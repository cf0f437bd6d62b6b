"""What the figures mean, in words, and what to do about it: for people who teach painting, not statistics."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ppad.agreement.estimates import Estimate
from ppad.agreement.flags import Flag
from ppad.agreement.reliability import raters_for
from ppad.plotting.labels import count
from ppad.schema import SIMULATED
from ppad_annotation.ratings.findings import AttributeFindings, Findings, severities, shares_of

GOAL = 0.8
"""Reliability that is aimed for: below it, ranks and correlations with scores are noticeably blurred."""
BANDS = ((0.0, "poor"), (0.5, "moderate"), (0.75, "good"), (0.9, "excellent"))
"""Where words for reliability begin (Koo & Li, Journal of Chiropractic Medicine 15, 2016)."""

FEW_PROCESSES = 30
FEW_RATERS = 4


@dataclass(frozen=True, slots=True)
class Point:
    """A line of the summary: what was found, what to do (or nothing), and whether it needs attention."""

    found: str
    do: str = ""
    attention: bool = False


def number(value: float, digits: int = 2) -> str:
    """A figure, or a dash where it is not known."""
    return "–" if not math.isfinite(value) else f"{value:.{digits}f}".replace("-", "−")


def signed(value: float, digits: int = 2) -> str:
    """A difference with its sign, or a dash where it is not known."""
    return "–" if not math.isfinite(value) else f"{value:+.{digits}f}".replace("-", "−")


def between(estimate: Estimate, digits: int = 2) -> str:
    """A figure with its interval: `0.82 (0.79–0.85)`."""
    if not math.isfinite(estimate.value):
        return "–"
    if not math.isfinite(estimate.low):
        return number(estimate.value, digits)
    return f"{number(estimate.value, digits)} ({number(estimate.low, digits)}–{number(estimate.high, digits)})"


def share(value: float) -> str:
    """A share as a whole percentage."""
    return "–" if not math.isfinite(value) else f"{100 * value:.0f}\N{NO-BREAK SPACE}%"


def verdict(estimate: Estimate) -> str:
    """Words for a reliability, from the lower to the upper end of its interval: `moderate to good`."""
    low, high = _band(estimate.low), _band(estimate.high)
    return low if low == high else f"{low} to {high}"


def summary(findings: Findings, names: Mapping[str, str]) -> list[Point]:
    """The report in some lines, most important first."""
    points = [*_warnings(findings)]
    known = [one for one in findings.attributes if one.is_comparable]
    if known:
        points += [_reliability_point(findings, known, names), _severity_point(findings, known)]
    points += [*_repeats_points(findings), _flags_point(findings), *_cannot_judge_points(findings, names)]
    return points


def flag_sentence(flag: Flag, names: Mapping[str, str]) -> str:
    """What a flag says of its rater."""
    value, usual = number(abs(flag.value), 1), number(flag.usual)
    said = {
        "severe": f"gives {value} points less than the panel",
        "lenient": f"gives {value} points more than the panel",
        "noisy": f"scatters by ±{number(flag.value, 1)} points (usual ±{number(flag.usual, 1)})",
        "disagrees": f"hardly follows the others: correlation {number(flag.value)} (usual {usual})",
        "timid": f"uses {share(flag.value)} of the range that the others use",
        "bold": f"uses {share(flag.value)} of the range that the others use",
        "drifts": f"became {value} points {'milder' if flag.value > 0 else 'stricter'} from first to last",
        "halo": f"lets one impression colour all attributes: correlation {number(flag.value)} (usual {usual})",
        "cannot-judge": f"left out {share(flag.value)} of the scores (usual {share(flag.usual)})",
        "fast": f"needs {number(flag.value, 0)} s for a process (usual {number(flag.usual, 0)} s)",
    }[flag.kind]
    return said if flag.attribute is None else f"{said} in {names[flag.attribute]}"


ADVICE: Mapping[str, str] = {
    "severe": "Severity alone does no harm where all rate alike many processes: the adjusted score takes it out.",
    "lenient": "As with severity: the adjusted score takes it out.",
    "noisy": "Look at some of their ratings together; ask whether they hurry, or read a question in another way.",
    "disagrees": "Check that they rate the right thing and know the scale; compare their calibration round with the others'.",
    "timid": "Show examples of the lowest and the highest scores again.",
    "bold": "Show examples of scores between the ends again.",
    "drifts": "Repeat the calibration round, and look at their newest ratings beside their first.",
    "halo": "Ask them to judge one attribute at a time, each from its own question.",
    "cannot-judge": "Ask what they miss: frames that are too few or too small, or a question that does not fit.",
    "fast": "Look at some ratings: a process cannot be seen in full so quickly.",
}
"""What to do about each kind of flag. Nobody is left out by a flag."""


def severity_spread(findings: Findings) -> float:
    """Standard deviation of the raters' mean severities, points of a 1–10 scale."""
    means = [values.mean() for rater in range(len(findings.campaign.raters)) if len(values := severities(findings, rater))]
    return float(np.std(means, ddof=1)) if len(means) > 1 else float("nan")


def needed(one: AttributeFindings, *, adjusted: bool) -> str:
    """Raters a process needs for the goal."""
    found = one.reliability
    raters = raters_for(GOAL, np.array([found.item.value, found.rater.value, found.error.value]), adjusted=adjusted)
    return "–" if raters is None else str(raters) if raters <= 50 else "> 50"


def _warnings(findings: Findings) -> list[Point]:
    campaign = findings.campaign
    points = []
    simulated = sum(name.startswith(SIMULATED) for name in campaign.raters)
    if simulated:
        who = "All raters are" if simulated == len(campaign.raters) else f"{simulated} of the raters are"
        points.append(Point(f"{who} simulated: these figures say nothing about the paintings.", attention=True))
    if findings.parts > 1:
        points.append(
            Point(
                f"The raters fall into {findings.parts} groups that share no process; their scores cannot be compared.",
                "Let some raters of each group rate processes of the others.",
                attention=True,
            )
        )
    if len(campaign.processes) < FEW_PROCESSES or len(campaign.raters) < FEW_RATERS:
        points.append(
            Point(
                f"With {count(len(campaign.processes), 'process', 'processes')} and {count(len(campaign.raters), 'rater')} "
                "all figures are rough: look at their intervals.",
                f"At least {FEW_PROCESSES} processes and {FEW_RATERS} raters say something about a panel.",
                attention=True,
            )
        )
    return points


def _reliability_point(findings: Findings, known: Sequence[AttributeFindings], names: Mapping[str, str]) -> Point:
    ordered = sorted(known, key=lambda one: one.reliability.mean.value)
    worst, best = ordered[0], ordered[-1]
    raters = worst.reliability.overlap.k
    found = (
        f"Reliability of the mean scores runs from {number(worst.reliability.mean.value)} ({names[worst.name]}, "
        f"{verdict(worst.reliability.mean)}) to {number(best.reliability.mean.value)} ({names[best.name]}, "
        f"{verdict(best.reliability.mean)}), with {number(raters, 1).removesuffix('.0')} raters a process."
    )
    below = [one for one in known if one.reliability.mean.value < GOAL]
    if not below:
        return Point(found, "The scores can be used as they are.")
    if len(findings.campaign.processes) < FEW_PROCESSES:
        return Point(found, attention=True)
    most = max(below, key=lambda one: raters_for(GOAL, _variances(one)) or 1000)
    return Point(
        found,
        f"For {GOAL:.1f} in {'all attributes' if len(below) > 1 else names[most.name]}, a process needs "
        f"{needed(most, adjusted=False)} raters, or {needed(most, adjusted=True)} if the adjusted score is used.".replace(
            "> ", "more than "
        ),
        attention=worst.reliability.mean.value < 0.5,
    )


def _severity_point(findings: Findings, known: Sequence[AttributeFindings]) -> Point:
    spread = severity_spread(findings)
    gain = float(np.mean([one.reliability.adjusted.value - one.reliability.mean.value for one in known]))
    found = f"Raters differ in severity by ±{number(spread, 1)} points (standard deviation)."
    if gain < 0.02:
        return Point(found, "It hardly touches the order of the processes: the mean serves.")
    return Point(found, f"The adjusted score takes that out, and gains {number(gain)} of reliability on average.")


def _repeats_points(findings: Findings) -> list[Point]:
    known = [one.repeats for one in findings.attributes if one.repeats.count]
    if not known:
        return [Point("No process was rated twice by the same rater.", "Plan 2–5 % blind repeats: they tell taste from chance.")]
    total = sum(one.count for one in known)
    same, close = (sum(getattr(one, what) * one.count for one in known) / total for what in ("same", "close"))
    found = f"Asked again, raters gave the same score in {share(same)} of cases, and one at most a point away in {share(close)}."
    return [Point(found, attention=close < 0.6)]


def _flags_point(findings: Findings) -> Point:
    people = sorted({flag.rater for flag in findings.flags})
    if not people:
        return Point("No rater stands out.")
    named = ", ".join(findings.campaign.raters[rater] for rater in people[:6])
    named += f" and {len(people) - 6} more" if len(people) > 6 else ""
    who = f"{count(len(people), 'rater')} {'stands' if len(people) == 1 else 'stand'} out in something: {named}."
    return Point(who, "Look at the table of raters. A flag excludes nobody; that is a decision to be recorded.", attention=True)


def _cannot_judge_points(findings: Findings, names: Mapping[str, str]) -> list[Point]:
    most = max(findings.attributes, key=lambda one: one.cannot_judge if math.isfinite(one.cannot_judge) else -1)
    if not most.cannot_judge > 0:
        return []
    overall = float(np.mean([one.cannot_judge for one in findings.attributes]))
    where = f"most in {names[most.name]} ({100 * most.cannot_judge:.1f} %)"
    found = f"{100 * overall:.1f} % of the scores were left out as “cannot judge”, {where}."
    agree = math.isfinite(most.judged.low) and most.judged.low > 0.2
    do = "Raters leave out the same processes: look at these." if agree else ""
    return [Point(found, do, attention=most.cannot_judge > 0.1)]


def makeup_sentence(findings: Findings) -> str:
    """What scores are made of, on average over the attributes."""
    known = [shares_of(one) for one in findings.attributes if one.is_comparable]
    if not known:
        return ""
    item, rater = (float(np.mean([one[source] for one in known])) for source in ("item", "rater"))
    return (
        f"Of the differences between single scores, {share(item)} come from the processes themselves and {share(rater)} from the "
        f"severity of the raters; the rest is what raters see differently, and chance."
    )


def _variances(one: AttributeFindings) -> np.ndarray:
    found = one.reliability
    return np.array([found.item.value, found.rater.value, found.error.value])


def _band(value: float) -> str:
    return next(word for start, word in reversed(BANDS) if value >= start or start == 0.0)
