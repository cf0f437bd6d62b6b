"""What the ratings of a campaign say about scores and raters: the statistics of `ppad.agreement`, put together for a report."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec

import numpy as np
from numpy.typing import NDArray

from ppad.agreement.alpha import krippendorff_alpha
from ppad.agreement.bias import Fit, fit
from ppad.agreement.campaign import Campaign, Sample
from ppad.agreement.components import crossed, variance_components
from ppad.agreement.estimates import UNKNOWN, Estimate
from ppad.agreement.flags import Flag, flag_drifts, flag_habits, flag_wholes
from ppad.agreement.halo import Halo, correlations, halo
from ppad.agreement.icc import crossed_block, intraclass_correlations
from ppad.agreement.itu import rejected_by_bt500
from ppad.agreement.raters import Habits, consensus, drift, habits
from ppad.agreement.reliability import Overlap, Reliability, reliability
from ppad.agreement.repeats import Repeats, pairs, repeats
from ppad.agreement.scores import ItemScores, connected_parts, item_scores
from ppad.errors import MissingExtraError

if find_spec("scipy") is None:
    raise MissingExtraError.of("scipy", "ratings")

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

FEWEST_REPEATS = 30
"""Pairs below which taste is not told from chance."""


@dataclass(frozen=True, slots=True)
class AttributeFindings:
    """One attribute.

    Attributes:
        name: its id; `scale`, its lowest and highest score.
        counts: how often each score of the scale was given, among the ratings that count.
        cannot_judge: share of these ratings without a score.
        mean, std: of all scores.
        reliability: variance components and G coefficients; unknown where the design says nothing.
        ordinal, interval: Krippendorff's alpha.
        judged: alpha of whether it can be judged: do raters leave out the same processes?
        icc: intraclass correlations of the crossed block, by name; empty where there is none.
        block: items and raters of that block.
        repeats: test-retest.
        components: variances by effect (item, rater, item × rater, occasion, residual); None with too few repeats.
        habits: of each rater of the campaign; None for those without a score.
        rejected: raters whom the screening of BT.500 would reject.
        processes: (I,) which processes of the campaign were scored, and `items`, their scores.
        departures: (N,) score minus what the others say, for each rating of the campaign; NaN where it does not count.
    """

    name: str
    scale: tuple[int, int]
    counts: list[int]
    cannot_judge: float
    mean: float
    std: float
    reliability: Reliability
    ordinal: Estimate
    interval: Estimate
    judged: Estimate
    icc: Mapping[str, Estimate]
    block: tuple[int, int]
    repeats: Repeats
    components: Mapping[str, float] | None
    habits: list[Habits | None]
    rejected: list[int]
    processes: Ints
    items: ItemScores
    departures: Floats

    @property
    def is_comparable(self) -> bool:
        """Whether raters and items could be told apart: some items have several raters, and not all scores are equal."""
        return bool(np.isfinite(self.reliability.mean.value))


@dataclass(frozen=True, slots=True)
class Findings:
    """The whole campaign.

    Attributes:
        attributes: in the rubric's order.
        halo: of each rater; `drift`, of each rater's departures, the mean over attributes; points of a 1–10 scale.
        flags: who stands out, in what.
        parts: number of parts of the design that share no rater; 1 where all scores can be compared.
        together: (A, A) correlations of the attributes' item scores, and `apart`, of the raters' departures from one another.
    """

    campaign: Campaign
    attributes: list[AttributeFindings]
    halo: list[Halo]
    drift: list[Estimate]
    flags: list[Flag]
    parts: int
    together: Floats
    apart: Floats


def attribute_findings(campaign: Campaign, name: str, *, draws: int, seed: int) -> AttributeFindings:
    """The findings of one attribute.

    Args:
        draws: resamples for intervals of alpha; a fifth as many for those of the variance components.
    """
    sample, scale = campaign.sample(name), campaign.scales[name]
    scores = campaign.column(name)
    asked = campaign.counts
    fitted = fit(sample.items, sample.raters, sample.scores) if sample.can_be_fitted else None
    alphas = {
        level: krippendorff_alpha(sample.items, sample.scores, level, draws=draws, seed=seed) for level in ("ordinal", "interval")
    }
    block = _block(campaign, name)
    again = _pairs(campaign, scores)
    return AttributeFindings(
        name=name,
        scale=scale,
        counts=[int(np.sum(sample.scores == score)) for score in range(scale[0], scale[1] + 1)],
        cannot_judge=float(np.mean(np.isnan(scores[asked]))) if asked.any() else float("nan"),
        mean=float(sample.scores.mean()) if len(sample.scores) else float("nan"),
        std=float(sample.scores.std(ddof=1)) if len(sample.scores) > 1 else float("nan"),
        reliability=_reliability(sample, draws, seed),
        ordinal=alphas["ordinal"],
        interval=alphas["interval"],
        judged=_judged(campaign, scores, draws, seed),
        icc=intraclass_correlations(block) if min(block.shape) > 1 else {},
        block=(block.shape[0], block.shape[1]),
        repeats=repeats(scores[again[0]], scores[again[1]]),
        components=components_of(campaign, name),
        habits=_habits(campaign, sample, fitted),
        rejected=_rejected(sample),
        processes=sample.processes,
        items=item_scores(sample.items, sample.raters, sample.scores),
        departures=_departures(campaign, sample, fitted),
    )


def components_of(campaign: Campaign, name: str) -> dict[str, float] | None:
    """Variances of one attribute by effect; None where too few scores were repeated to tell taste from chance."""
    sample, scores = campaign.sample(name), campaign.column(name)
    again = _pairs(campaign, scores)
    enough = sample.can_be_fitted and len(again[0]) >= FEWEST_REPEATS
    return _components(campaign, sample, scores, again) if enough else None


def put_together(campaign: Campaign, attributes: list[AttributeFindings], *, seed: int) -> Findings:
    """The findings of the campaign, from those of its attributes."""
    counts = campaign.counts
    departures = np.stack([one.departures for one in attributes], axis=1)
    haloes = halo(campaign.rater[counts], campaign.scores[counts], departures[counts], seed=seed)
    haloes += [Halo(UNKNOWN, float("nan"), UNKNOWN)] * (len(campaign.raters) - len(haloes))
    flags = [flag for one in attributes for flag in flag_habits(one.name, [habit or _NOBODY for habit in one.habits], one.scale)]
    drifts = [drift(*departures_of(campaign, attributes, rater)) for rater in range(len(campaign.raters))]
    flags += flag_drifts(drifts, (1, 10))
    flags += flag_wholes(
        {
            "halo": np.array([one.departures.value for one in haloes]),
            "cannot-judge": left_out(campaign),
            "fast": median_seconds(campaign),
        }
    )
    means = np.full((len(campaign.processes), len(attributes)), np.nan)
    for column, one in enumerate(attributes):
        means[one.processes, column] = one.items.mean
    parts = connected_parts(campaign.item[counts], campaign.rater[counts])
    return Findings(
        campaign=campaign,
        attributes=attributes,
        halo=haloes,
        drift=drifts,
        flags=flags,
        parts=len(np.unique(parts)),
        together=correlations(means),
        apart=correlations(departures[counts]),
    )


def left_out(campaign: Campaign) -> Floats:
    """(R,) share of the scores that each rater left out as "cannot judge"."""
    missing = np.isnan(campaign.scores).mean(axis=1)
    return _by_rater(campaign, missing, lambda values: float(np.mean(values)))


def median_seconds(campaign: Campaign) -> Floats:
    """(R,) median seconds of active work on an item; NaN where it is not known."""
    return _by_rater(campaign, campaign.active_s, lambda values: float(np.median(values)))


def departures_of(campaign: Campaign, attributes: Sequence[AttributeFindings], rater: int) -> tuple[Floats, Floats]:
    """When a rater rated, and how far they departed from the others then: mean over attributes, points of a 1–10 scale."""
    all_of_them = np.stack([9 / (one.scale[1] - one.scale[0]) * one.departures for one in attributes], axis=1)
    rows = np.flatnonzero((campaign.rater == rater) & np.isfinite(all_of_them).any(axis=1))
    return campaign.when[rows], np.nanmean(all_of_them[rows], axis=1) if len(rows) else np.empty(0)


SOURCES = ("item", "rater", "item × rater", "residual")
"""What the differences between scores come from."""


def shares_of(one: AttributeFindings) -> dict[str, float]:
    """Shares of the sources in the variance of single scores. Without repeats, taste and chance are one: `residual`."""
    if one.components is not None:
        variances = {source: one.components[source] for source in SOURCES}
    else:
        known = one.reliability
        variances = {"item": known.item.value, "rater": known.rater.value, "residual": known.error.value}
    total = sum(variances.values())
    return {source: variance / total for source, variance in variances.items()}


def severities(findings: Findings, rater: int) -> Floats:
    """A rater's severity in each attribute where it is known, in points of a 1–10 scale."""
    found = [
        9 / (one.scale[1] - one.scale[0]) * habit.severity.value
        for one in findings.attributes
        if (habit := one.habits[rater]) is not None
    ]
    return np.array(found)


_NOBODY = Habits(0, float("nan"), float("nan"), UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN)


def _by_rater(campaign: Campaign, values: Floats, figure: Callable[[Floats], float]) -> Floats:
    known = np.isfinite(values)
    found = np.full(len(campaign.raters), np.nan)
    for rater in np.unique(campaign.rater[known]):
        found[rater] = figure(values[known & (campaign.rater == rater)])
    return found


def _reliability(sample: Sample, draws: int, seed: int) -> Reliability:
    if not sample.can_be_fitted:
        return Reliability(UNKNOWN, UNKNOWN, UNKNOWN, Overlap(float("nan"), float("nan")), UNKNOWN, UNKNOWN, UNKNOWN)
    return reliability(sample.items, sample.raters, sample.scores, draws=max(1, draws // 5), seed=seed)


def _judged(campaign: Campaign, scores: Floats, draws: int, seed: int) -> Estimate:
    rows = np.flatnonzero(campaign.counts)
    _, items = np.unique(campaign.item[rows], return_inverse=True)
    return krippendorff_alpha(items, np.isfinite(scores[rows]).astype(np.float64), "nominal", draws=draws, seed=seed)


def _block(campaign: Campaign, name: str) -> Floats:
    """The table of the calibration round; of everything, where there was none."""
    calibration = campaign.kind == "calibration"
    sample = campaign.sample(name, calibration if calibration.any() else None)
    return crossed_block(sample.items, sample.raters, sample.scores)


def _pairs(campaign: Campaign, scores: Floats) -> tuple[Ints, Ints]:
    """Rows of the first and second score where a rater judged a process twice."""
    known = np.flatnonzero(np.isfinite(scores))
    first, again = pairs(campaign.item[known], campaign.rater[known], campaign.replicate[known])
    return known[first], known[again]


def _components(campaign: Campaign, sample: Sample, scores: Floats, again: tuple[Ints, Ints]) -> dict[str, float]:
    rows = np.unique(np.concatenate([sample.rows, *again]))
    items, raters = campaign.item[rows], campaign.rater[rows]
    effects = {
        "item": _numbered(items),
        "rater": _numbered(raters),
        "item × rater": crossed(items, raters),
        "occasion": _numbered(campaign.replicate[rows]),
    }
    return variance_components(items, effects, scores[rows])


def _habits(campaign: Campaign, sample: Sample, fitted: Fit | None) -> list[Habits | None]:
    found: list[Habits | None] = [None] * len(campaign.raters)
    if fitted is not None:
        each = habits(sample.items, sample.raters, sample.scores, campaign.when[sample.rows], fitted)
        for rater, one in zip(sample.people, each, strict=True):
            found[rater] = one
    return found


def _rejected(sample: Sample) -> list[int]:
    if len(sample.people) < 2:
        return []
    return [int(rater) for rater in sample.people[rejected_by_bt500(sample.items, sample.raters, sample.scores)]]


def _departures(campaign: Campaign, sample: Sample, fitted: Fit | None) -> Floats:
    found = np.full(len(campaign.item), np.nan)
    if fitted is not None:
        said = consensus(sample.items, sample.raters, sample.scores, fitted).predicted
        found[sample.rows] = sample.scores - said
    return found


def _numbered(labels: Ints) -> Ints:
    return np.unique(labels, return_inverse=True)[1].astype(np.int64)
