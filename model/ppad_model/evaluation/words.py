"""Figures as people read them. What the rows do not say is n/a, never a number."""

from __future__ import annotations

import math
from typing import Any

from ppad.agreement.estimates import Estimate

UNSAID = "n/a"


def figure(value: float, *, signed: bool = False) -> str:
    """Two decimals, with a true minus."""
    if not math.isfinite(value):
        return UNSAID
    rounded = round(value, 2) + 0.0  # no -0.00
    return (f"{rounded:+.2f}" if signed else f"{rounded:.2f}").replace("-", "−")


def interval(estimate: Estimate, *, signed: bool = False) -> str:
    """The ends of the 95 % interval; nothing where there is none."""
    if not (math.isfinite(estimate.low) and math.isfinite(estimate.high)):
        return ""
    return f"{figure(estimate.low, signed=signed)} to {figure(estimate.high, signed=signed)}"


def p_value(p: float) -> str:
    """A p-value, or the bound that it lies below."""
    if not math.isfinite(p):
        return UNSAID
    return "p < 0.01" if p < 0.01 else f"p = {p:.2f}"


def plain(value: float) -> float | None:
    """For JSON, which has no NaN."""
    return float(value) if math.isfinite(value) else None


def plain_estimate(estimate: Estimate) -> dict[str, Any] | None:
    """For JSON; None where the rows do not say."""
    if not math.isfinite(estimate.value):
        return None
    return {name: plain(value) for name, value in (("value", estimate.value), ("low", estimate.low), ("high", estimate.high))}
