"""A collection in numbers: quantiles over its processes, for JSON and for tables."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ppad_pipelines.stats.measures import CURVES, GRID, NUMBERS, Profile

_LEVELS = (0.1, 0.25, 0.5, 0.75, 0.9)


def summary_of(profile: Profile) -> dict[str, Any]:
    """Everything about a collection and each of its processes, as JSON values."""
    curves = {
        statistic.id: {
            "place": _list(GRID),
            **{f"q{round(100 * level)}": _list(values) for level, values in _quantiles(profile.curves[:, number])},
        }
        for number, statistic in enumerate(CURVES)
    }
    numbers = {
        statistic.id: {f"q{round(100 * level)}": _number(value) for level, value in _quantiles(profile.numbers[:, number])}
        for number, statistic in enumerate(NUMBERS)
    }
    processes = [
        {"process_id": process_id, **{statistic.id: _number(row[n]) for n, statistic in enumerate(NUMBERS)}}
        for process_id, row in zip(profile.ids, profile.numbers, strict=True)
    ]
    return {
        "name": profile.name,
        "count": len(profile),
        "left_out": profile.left_out,
        "curves": curves,
        "numbers": numbers,
        "processes": processes,
    }


def middles(profiles: Sequence[Profile]) -> dict[str, list[str]]:
    """Median and middle half of each statistic, as words, a cell a collection; of curves, of their means over the places."""
    rows = {
        statistic.id: [_middle(profile.curves[:, number].mean(axis=1)) for profile in profiles]
        for number, statistic in enumerate(CURVES)
    }
    rows |= {
        statistic.id: [_middle(profile.numbers[:, number]) for profile in profiles] for number, statistic in enumerate(NUMBERS)
    }
    return rows


def _middle(values: np.ndarray[Any, Any]) -> str:
    quarter, half, three = np.quantile(values, (0.25, 0.5, 0.75))
    return f"{half:.3f}  [dim]{quarter:.3f}–{three:.3f}[/]"


def _quantiles(values: np.ndarray[Any, Any]) -> list[tuple[float, Any]]:
    return list(zip(_LEVELS, np.quantile(values, _LEVELS, axis=0), strict=True))


def _list(values: np.ndarray[Any, Any]) -> list[float]:
    return [_number(value) for value in values]


def _number(value: float) -> float:
    return float(f"{value:.6g}")
