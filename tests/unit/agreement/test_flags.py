"""Who stands out, and who does not."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from ppad.agreement.estimates import UNKNOWN, Estimate
from ppad.agreement.flags import flag_drifts, flag_habits, flag_wholes, robust_z, z_limit
from ppad.agreement.raters import Habits

SCALE = (1, 10)


def usual(number: int) -> Habits:
    """A rater of a usual panel; the number decides small differences."""
    small = 0.1 * (number % 5 - 2)
    return Habits(
        count=200,
        mean=6.0,
        spread=1.5,
        severity=Estimate(small, small - 0.2, small + 0.2),
        slope=Estimate(1.0 + small / 2, 0.85, 1.15),
        noise=Estimate(0.8 + small / 4, 0.7, 0.9),
        agreement=Estimate(0.7 + small / 4, 0.6, 0.8),
        drift=Estimate(small, small - 0.4, small + 0.4),
    )


def flags(**changes: Estimate) -> list[tuple[int, str]]:
    """Flags of a panel of twelve in which rater 3 differs from the usual."""
    panel = [usual(number) for number in range(12)]
    panel[3] = replace(panel[3], **changes)
    return [(flag.rater, flag.kind) for flag in flag_habits("consistency", panel, SCALE)]


def test_a_usual_panel_has_no_flags() -> None:
    assert flags() == []


def test_each_habit_that_stands_out_is_named() -> None:
    assert flags(severity=Estimate(-2.0, -2.2, -1.8)) == [(3, "severe")]
    assert flags(severity=Estimate(2.0, 1.8, 2.2)) == [(3, "lenient")]
    assert flags(noise=Estimate(1.9, 1.8, 2.0)) == [(3, "noisy")]
    assert flags(agreement=Estimate(0.05, -0.1, 0.2)) == [(3, "disagrees")]
    assert flags(slope=Estimate(0.4, 0.3, 0.5)) == [(3, "timid")]
    assert flags(slope=Estimate(1.8, 1.6, 2.0)) == [(3, "bold")]


def test_what_stands_out_must_matter_too() -> None:
    panel = [replace(usual(0), severity=Estimate(0.001 * number, 0, 0)) for number in range(12)]
    panel[3] = replace(panel[3], severity=Estimate(0.3, 0.2, 0.4))  # far from the others, and a third of a point
    assert flag_habits("consistency", panel, SCALE) == []


def test_a_drift_must_matter_and_leave_its_interval_behind() -> None:
    drifts = [Estimate(0.3, 0.2, 0.4), Estimate(-0.8, -1.0, -0.6), Estimate(1.2, -0.4, 2.8), UNKNOWN]
    assert [(flag.rater, flag.kind, flag.value) for flag in flag_drifts(drifts, SCALE)] == [(1, "drifts", -0.8)]


def test_a_rater_of_whom_nothing_is_known_is_not_flagged() -> None:
    assert flags(severity=UNKNOWN, slope=UNKNOWN, noise=UNKNOWN, agreement=UNKNOWN, drift=UNKNOWN) == []


def test_raters_stand_out_as_a_whole() -> None:
    seconds = np.array([70.0, 75, 80, 72, 78, 12])
    left_out = np.array([0.01, 0.02, 0.015, 0.01, 0.4, np.nan])
    impression = np.array([0.1, 0.12, 0.7, 0.09, 0.11, 0.1])
    found = flag_wholes({"fast": seconds, "cannot-judge": left_out, "halo": impression})
    assert [(flag.rater, flag.kind) for flag in found] == [(5, "fast"), (4, "cannot-judge"), (2, "halo")]
    assert (found[0].value, found[0].usual) == (12.0, 73.5)


def test_severity_of_a_fifth_of_the_scale_is_named_in_any_panel() -> None:
    spread = [
        replace(usual(0), severity=Estimate(value, value - 0.2, value + 0.2)) for value in (-2.0, -1.2, -0.3, 0.4, 1.1, 1.9)
    ]
    found = [(flag.rater, flag.kind) for flag in flag_habits("consistency", spread, SCALE)]
    assert found == [(5, "lenient"), (0, "severe")]


@pytest.mark.parametrize("raters", [8, 15, 40])
def test_normal_panels_are_flagged_once_in_a_hundred(raters: int) -> None:
    rng = np.random.default_rng(raters)
    flagged = [np.abs(robust_z(rng.normal(size=raters))).max() > z_limit(raters) for _ in range(3000)]
    assert np.mean(flagged) < 0.02


def test_a_robust_z_is_not_moved_by_the_outlier_itself() -> None:
    assert robust_z(np.array([1.0, 2, 3, 4, 1000]))[:4].round(2).tolist() == [-1.35, -0.67, 0.0, 0.67]
    assert robust_z(np.array([5.0, 5, 5, 9, np.nan]))[:4].tolist() == [0, 0, 0, np.inf]
    assert np.isnan(robust_z(np.array([np.nan]))).all()
