"""The curves of a run as a picture: losses step by step, the error and the rank correlation of held-out processes."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

from ppad.storage import atomic_path
from ppad_model.training.journal import EPOCHS_FILE, STEPS_FILE, read_log

CURVES_FILE = "curves.png"
_SMOOTH = 0.95
_COLORS = {"pretrain": "#6d8296", "train": "#c2441c"}
_INK, _PAPER = "#24221f", "#fbfaf8"


def draw_curves(run: Path) -> None:
    """Draw what the logs of a run hold.

    Raises:
        MissingExtraError: matplotlib is not installed.
        DiskFullError, NotWritableError: the place refuses.
    """
    from matplotlib.figure import Figure

    steps, epochs = read_log(run / STEPS_FILE), read_log(run / EPOCHS_FILE)
    figure = Figure(figsize=(11, 3.4), dpi=120, facecolor=_PAPER)
    panels = figure.subplots(1, 3, gridspec_kw={"left": 0.05, "right": 0.99, "top": 0.9, "bottom": 0.16, "wspace": 0.16})
    _losses(panels[0], steps)
    _held_out(panels[1], epochs, "mse", "Held out: mean squared error")
    _held_out(panels[2], epochs, "srcc", "Held out: SRCC")
    for panel in panels:
        panel.set_xlabel("step")
        panel.set_facecolor(_PAPER)
        panel.spines[["top", "right"]].set_visible(False)
        panel.title.set_color(_INK)
    with atomic_path(run / CURVES_FILE) as temporary:
        figure.savefig(temporary, format="png")


def _losses(panel: Any, rows: Sequence[dict[str, str]]) -> None:
    panel.set_title("Training loss", loc="left", fontsize=10)
    panel.set_yscale("log")
    for phase, part in _phases(rows):
        xs, ys = [int(row["step"]) for row in part], [float(row["loss"]) for row in part]
        panel.plot(xs, ys, color=_COLORS.get(phase, _INK), alpha=0.25, linewidth=0.7)
        panel.plot(xs, _smoothed(ys), color=_COLORS.get(phase, _INK), linewidth=1.4, label=phase)
    if rows:
        panel.legend(frameon=False, fontsize=8)


def _held_out(panel: Any, rows: Sequence[dict[str, str]], metric: str, title: str) -> None:
    """The mean over attributes in the phase's colour, each attribute thin behind it, the weights in use marked."""
    panel.set_title(title, loc="left", fontsize=10)
    for phase, part in _phases(rows):
        xs = [int(row["step"]) for row in part]
        for name in part[0]:
            if name.startswith(f"{metric}_"):
                panel.plot(xs, [_number(row[name]) for row in part], color=_INK, alpha=0.18, linewidth=0.7)
        ys = [_number(row[metric]) for row in part]
        panel.plot(xs, ys, color=_COLORS.get(phase, _INK), linewidth=1.4, marker=".", markersize=3)
        best = [number for number, row in enumerate(part) if row["best"] == "1"]
        if best:
            panel.plot(xs[best[-1]], ys[best[-1]], "o", color=_COLORS.get(phase, _INK), markersize=6, fillstyle="none")


def _phases(rows: Sequence[dict[str, str]]) -> list[tuple[str, list[dict[str, str]]]]:
    return [(phase, list(part)) for phase, part in groupby(rows, key=lambda row: row["phase"])]


def _smoothed(values: Sequence[float]) -> list[float]:
    """A running mean in which the beginning counts as much as it should."""
    found, total, weight = [], 0.0, 0.0
    for value in values:
        total, weight = _SMOOTH * total + value, _SMOOTH * weight + 1
        found.append(total / weight)
    return found


def _number(text: str) -> float:
    return float(text) if text else float("nan")
