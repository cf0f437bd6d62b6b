"""The curves of a run as a picture: training loss by step, error and correlation on the held-out processes by epoch."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ppad.storage import atomic_path
from ppad_model.training.logs import EPOCHS_FILE, STEPS_FILE, read_log

FILE = "curves.png"
_PHASES = {"pretrain": "#4c72b0", "train": "#c44e52"}


def draw_curves(run: Path) -> None:
    """Draw the logs of a run into `curves.png`.

    Raises:
        DiskFullError, NotWritableError: the place refuses.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    steps, epochs = read_log(run / STEPS_FILE), read_log(run / EPOCHS_FILE)
    figure: Any = Figure(figsize=(10, 3.6), layout="constrained")
    FigureCanvasAgg(figure)
    loss, error, order = figure.subplots(1, 3)
    for phase, color in _PHASES.items():
        own = [row for row in steps if row["phase"] == phase]
        if own:
            x, y = [int(row["total_step"]) for row in own], [float(row["loss"]) for row in own]
            loss.plot(x, y, color=color, alpha=0.25, linewidth=0.8)
            loss.plot(x, _smooth(y), color=color, linewidth=1.6, label=phase)
        for axes, name in ((error, "validation_mse"), (order, "validation_srcc")):
            rated = [row for row in epochs if row["phase"] == phase and row[name]]
            if rated:
                axes.plot(
                    [int(row["total_step"]) for row in rated],
                    [float(row[name]) for row in rated],
                    "o-",
                    color=color,
                    markersize=3,
                )
    loss.set(title="Training loss", yscale="log")
    error.set(title="Held out: mean squared error, points²", ylim=(0, None))
    order.set(title="Held out: Spearman's correlation, mean", ylim=(-1, 1))
    if loss.has_data():
        loss.legend(frameon=False)
    for axes in (loss, error, order):
        axes.set_xlabel("optimizer step")
        axes.grid(alpha=0.3)
        axes.spines[["top", "right"]].set_visible(False)
    with atomic_path(run / FILE) as part:
        figure.savefig(part, dpi=120, format="png")


def _smooth(values: list[float], share: float = 0.05) -> list[float]:
    """An exponential average, so that the course shows through the noise of batches."""
    smoothed, average = [], values[0]
    for value in values:
        average += share * (value - average)
        smoothed.append(average)
    return smoothed
