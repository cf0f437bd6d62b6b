"""What no model can exceed: the raters' own reliability, and where a simulated process has a truth, that truth itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ppad.agreement.campaign import Campaign
from ppad.agreement.estimates import UNKNOWN, Estimate
from ppad.agreement.reliability import Reliability, reliability
from ppad.storage import Dataset
from ppad.storage.ratings import read_ratings, rubric_of

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Ceiling:
    """The raters' ceiling of one attribute, over some rows.

    Attributes:
        spread: standard deviation of the raters' means over the rows, points: what a constant costs.
        reliability: G, reliability of the mean over raters: the share of its variance that comes from the processes.
        pcc: √G, the correlation of the raters' mean with what ever more raters would say: no model that knows it does better.
        mse: squared points by which the mean is expected to miss that: q·var_rater + var_error / k.
        raters: k, the harmonic mean of the raters a process.
    """

    spread: float
    reliability: Estimate
    pcc: Estimate
    mse: float
    raters: float


def ceiling_of(rated: Floats, found: Reliability | None) -> Ceiling:
    """The ceiling of an attribute.

    Args:
        rated: (n,) the raters' means; NaN where there is none.
        found: of the ratings behind them; None where they say nothing.
    """
    known = rated[np.isfinite(rated)]
    spread = float(known.std(ddof=1)) if len(known) > 1 else float("nan")
    if found is None:
        return Ceiling(spread, UNKNOWN, UNKNOWN, float("nan"), float("nan"))
    root = Estimate(*(float(np.sqrt(value)) for value in (found.mean.value, found.mean.low, found.mean.high)))
    k, q = found.overlap.k, found.overlap.q
    return Ceiling(spread, found.mean, root, q * found.rater.value + found.error.value / k, k)


def read_campaign(dataset: Dataset) -> Campaign | None:
    """The ratings that the dataset holds; None where it holds none.

    Raises:
        ConfigError: they are by a rubric that does not ship with PPAD.
        ContractError: a file is damaged.
    """
    files = sorted((dataset.root / "ratings").glob("ratings-*.parquet"))
    if not files:
        return None
    rubric = rubric_of(files)
    return Campaign.of(read_ratings(files, rubric), rubric.scales)


def ratings_reliability(
    campaign: Campaign | None, attribute: str, ids: Sequence[str], draws: int, seed: int = 0
) -> Reliability | None:
    """Reliability of the ratings of some processes; None where they say nothing of it.

    Args:
        draws: data sets drawn by the fitted model, for the intervals.
    """
    if campaign is None or attribute not in campaign.scales:
        return None
    wanted = np.isin(np.array(campaign.processes), list(ids))
    sample = campaign.sample(attribute, wanted[campaign.item])
    if not sample.can_be_fitted:
        return None
    return reliability(sample.items, sample.raters, sample.scores, draws=draws, seed=seed)
