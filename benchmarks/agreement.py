"""How near the truth scores come, by each way of making them from ratings, on simulated campaigns whose truth is known.

    python -m benchmarks.agreement [--quick]

The design is that of a campaign of 25,000 processes, 15 raters and 3 raters a process, scaled down; scores are whole numbers from
1 to 10. Also: whether intervals cover the truth, and how long an analysis takes.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.common import machine_facts, print_table
from ppad.agreement.alpha import krippendorff_alpha
from ppad.agreement.bias import fit
from ppad.agreement.flags import flag_habits
from ppad.agreement.itu import alternating_projection, rejected_by_bt500
from ppad.agreement.raters import habits
from ppad.agreement.reliability import g_coefficient, reliability
from ppad.agreement.scores import item_scores
from ppad.agreement.simulation import Panel, allocate, simulate
from ppad.rubric import load_rubric
from ppad.storage.ratings import write_ratings
from ppad_annotation.ratings.simulating import HABITS, METADATA, simulated_ratings

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Method = Callable[[Ints, Ints, Floats], Floats]

SCALE = {"score": (1, 10)}
EACH = 3


@dataclass(frozen=True)
class Case:
    """A kind of campaign: its panel, and raters who are made careless (their scores are drawn at random)."""

    name: str
    panel: Panel
    careless: int = 0


USUAL = Panel()
CASES = (
    Case("usual panel", USUAL),
    Case("severity doubled", replace(USUAL, rater=1.6)),
    Case("severity halved", replace(USUAL, rater=0.4)),
    Case("slopes and drift", replace(USUAL, slope=0.25, drift=0.6)),
    Case("2 of 15 careless", USUAL, careless=2),
)


def mean(items: Ints, _: Ints, scores: Floats) -> Floats:
    """The contractual score."""
    return np.bincount(items, scores) / np.bincount(items)


def adjusted(items: Ints, raters: Ints, scores: Floats) -> Floats:
    """PPAD's adjusted score."""
    return item_scores(items, raters, scores).adjusted


def offset(items: Ints, raters: Ints, scores: Floats) -> Floats:
    """The mean after each rater's mean departure from the items' means is subtracted (ITU-T P.913, section 12.4)."""
    bias = mean(raters, items, scores - mean(items, raters, scores)[items])
    return mean(items, raters, scores - bias[raters])


def projection(items: Ints, raters: Ints, scores: Floats) -> Floats:
    """Alternating projection."""
    return alternating_projection(items, raters, scores).scores


def screened(items: Ints, raters: Ints, scores: Floats) -> Floats:
    """The mean without rejected raters; that of all where an item would be left with none."""
    kept = ~rejected_by_bt500(items, raters, scores)[raters]
    count = np.bincount(items[kept], minlength=int(items.max()) + 1)
    sums = np.bincount(items[kept], scores[kept], minlength=int(items.max()) + 1)
    return np.where(count > 0, sums / np.maximum(count, 1), mean(items, raters, scores))


def decided(items: Ints, raters: Ints, scores: Floats) -> Floats:
    """PPAD's adjusted score after whoever is flagged as noisy or in disagreement was left out, as a person could decide."""
    fitted = fit(items, raters, scores)
    found = flag_habits("score", habits(items, raters, scores, np.zeros(len(items)), fitted), SCALE["score"])
    out = {flag.rater for flag in found if flag.kind in ("noisy", "disagrees")}
    kept = ~np.isin(raters, list(out))
    rated, numbers = np.unique(items[kept], return_inverse=True)
    ranks = np.unique(raters[kept], return_inverse=True)[1]
    result = adjusted(items, raters, scores)
    again = item_scores(numbers, ranks, scores[kept]).adjusted
    result[rated] = np.where(np.isfinite(again), again, result[rated])
    return result


METHODS: dict[str, Method] = {
    "mean": mean,
    "PPAD, adjusted": adjusted,
    "PPAD, adjusted, without raters flagged as noisy": decided,
    "offsets subtracted (P.913)": offset,
    "alternating projection (P.910)": projection,
    "mean after BT.500 screening": screened,
}


def campaign(case: Case, count: int, raters: int, seed: int) -> tuple[Ints, Ints, Floats, Floats]:
    """Items, raters, scores and true scores of one simulated campaign."""
    rng = np.random.default_rng(seed)
    plan = allocate(count, raters, EACH, rng=rng)
    scores, truth = simulate(plan, case.panel, SCALE, rng)
    wild = plan.raters < case.careless
    scores[wild, 0] = rng.integers(1, 11, int(wild.sum()))
    return plan.items, plan.raters, scores[:, 0], truth[:, 0]


def print_recovery(count: int, raters: int, seeds: int) -> None:
    """RMSE to the truth and correlation with it, one row a method, one column a case."""
    rmse = {name: [] for name in METHODS}
    ranks = {name: [] for name in METHODS}
    for case in CASES:
        errors = {name: [] for name in METHODS}
        agreements = {name: [] for name in METHODS}
        for seed in range(seeds):
            items, people, scores, truth = campaign(case, count, raters, seed)
            for name, method in METHODS.items():
                found = method(items, people, scores)
                errors[name].append(float(np.sqrt(np.mean((found - truth) ** 2))))
                agreements[name].append(float(np.corrcoef(found, truth)[0, 1]))
        for name in METHODS:
            rmse[name].append(_with_interval(errors[name]))
            ranks[name].append(_with_interval(agreements[name]))
    heads = ["", *(case.name for case in CASES)]
    design = f"{count:,} processes, {raters} raters, {EACH} a process, {seeds} campaigns each"
    print_table(
        f"Root mean square error to the truth, points ({design})", heads, [[name, *cells] for name, cells in rmse.items()]
    )
    print_table("Correlation with the truth", heads, [[name, *cells] for name, cells in ranks.items()])


def print_coverage(seeds: int) -> None:
    """How often 95 % intervals of G coefficients hold the true value."""
    rows = []
    for count, raters in ((30, 5), (200, 12), (1000, 15)):
        hits = np.zeros(3)
        for seed in range(seeds):
            rng = np.random.default_rng(seed)
            plan = allocate(count, raters, EACH, rng=rng)
            effects = rng.normal(0, 1, count)[plan.items] + rng.normal(0, 0.8, raters)[plan.raters]
            found = reliability(plan.items, plan.raters, effects + rng.normal(0, 1, len(effects)), seed=seed)
            truths = [
                float(g_coefficient(np.array([1, 0.64, 1]), q, k))
                for q, k in ((1, 1), (found.overlap.q, found.overlap.k), (0, found.overlap.k))
            ]
            estimates = (found.single, found.mean, found.adjusted)
            hits += [one.low <= truth <= one.high for one, truth in zip(estimates, truths, strict=True)]
        rows.append([f"{count:,} processes, {raters} raters", *(f"{100 * hit / seeds:.0f} %" for hit in hits)])
    print_table(f"Intervals that hold the truth, of {seeds}", ["", "one rater", "mean, G(q,k)", "adjusted"], rows)


def print_speed(count: int, raters: int) -> None:
    """Seconds for one attribute of a campaign of full size."""
    import krippendorff

    items, people, scores, _ = campaign(CASES[0], count, raters, seed=0)
    values = np.zeros((count, 10))
    np.add.at(values, (items, scores.astype(int) - 1), 1)
    timed = {
        "adjusted scores and standard errors": lambda: item_scores(items, people, scores),
        "reliability, 200 resamples": lambda: reliability(items, people, scores),
        "alpha, 1,000 resamples": lambda: krippendorff_alpha(items, scores, "ordinal"),
        "krippendorff package, alpha once": lambda: krippendorff.alpha(value_counts=values, level_of_measurement="ordinal"),
        "alternating projection": lambda: alternating_projection(items, people, scores),
    }
    rows = []
    for name, run in timed.items():
        started = time.perf_counter()
        run()
        rows.append([name, f"{time.perf_counter() - started:.2f}"])
    print_table(f"Seconds for one attribute of {count:,} processes, {raters} raters", ["", "s"], rows)


def print_report(count: int, raters: int) -> None:
    """What `ppad ratings agreement` needs for the whole report of a campaign of full size: eight attributes, 1,000 resamples."""
    rubric = load_rubric("ppad-8")
    ids = [f"simulated-{number:012x}" for number in range(count)]
    rows = simulated_ratings(ids, rubric, HABITS, raters=raters, each=EACH, calibration=20, repeats=0.03, seed=0)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "ratings.parquet"
        write_ratings(file, rows, rubric, "0" * 12, METADATA)
        command = [sys.executable, "-m", "ppad", "ratings", "agreement", str(file), "--out", str(Path(folder) / "report")]
        before, started = os.times(), time.perf_counter()
        subprocess.run(command, check=True, capture_output=True)
        wall, after = time.perf_counter() - started, os.times()
    worked = after.children_user + after.children_system - before.children_user - before.children_system
    heads = ["", "seconds", "of processor time, all processes"]
    print_table(f"The whole report of {len(rows):,} ratings", heads, [["eight attributes", f"{wall:.0f}", f"{worked:.0f}"]])


def _with_interval(values: list[float]) -> str:
    """The mean over campaigns with the range of 95 % of them."""
    low, high = np.quantile(values, (0.025, 0.975))
    return f"{np.mean(values):.2f} ({low:.2f}–{high:.2f})"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="fewer and smaller campaigns")
    options = parser.parse_args()
    count, seeds = (500, 4) if options.quick else (2500, 20)
    print_recovery(count, 15, seeds)
    print_coverage(20 if options.quick else 100)
    print_speed(2500 if options.quick else 25_000, 15)
    print_report(2500 if options.quick else 25_000, 15)
    print(f"\n{machine_facts(['numpy', 'scipy', 'krippendorff'])}")


if __name__ == "__main__":
    main()
