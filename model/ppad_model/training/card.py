"""The card of a trained model: data, settings, figures, encoders, and what it cannot show."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ppad_model.card import model_card
from ppad_model.data import Rows
from ppad_model.settings import AssessorConfig
from ppad_model.training.config import TrainConfig
from ppad_model.training.planning import Plan

FEW = 100
"""Held-out processes below which their figures say little."""


def training_card(model: AssessorConfig, plan: Plan, manifest: Mapping[str, Any]) -> str:
    """A README for the weights: the model's own card, then what they were trained on and what they reached."""
    parts = [model_card(model, int(manifest["parameters"])), _data(plan, manifest), _figures(manifest, plan), _limits(plan)]
    return "\n".join([*parts, _settings(plan.config, manifest)])


def _data(plan: Plan, manifest: Mapping[str, Any]) -> str:
    rows = "\n".join(
        f"| {phase['name']} | {phase['dataset']}, split {', '.join(phase['splits'])} | {phase['train']:,} "
        f"| {phase['validation']:,} | {plan.config.phase(phase['name']).epochs} |"
        for phase in manifest["phases"]
    )
    notices = "".join(f"\n**{notice}**\n" for notice in dict.fromkeys(phase["notice"] for phase in manifest["phases"]) if notice)
    scores = "scores corrected for the raters' bias" if plan.config.adjusted_scores else "the means over the raters"
    return f"""## Training data
{notices}
Targets are {scores}. Validation processes are whole components: none shares a reference, source, prompt or artist with what was
learned from. They chose the weights, so that their figures are a little too good; `ppad evaluate` measures on the test splits.

| phase | dataset | learned from | validation | epochs at most |
| --- | --- | --- | --- | --- |
{rows}
"""


def _figures(manifest: Mapping[str, Any], plan: Plan) -> str:
    figures = manifest["validation"]
    if not figures:
        return "## Figures\n\nNothing was held out, so that nothing is known of new paintings.\n"
    held = plan.phases[-1].held
    warning = f"\nThese are {len(held)} processes: the figures say little.\n" if len(held) < FEW else ""
    return f"""## Figures on the {len(held)} validation processes
{warning}
{figures_table(manifest, held)}
"""


def figures_table(manifest: Mapping[str, Any], held: Rows) -> str:
    """What the weights reached on held-out rows, beside saying the training mean: a row an attribute, Markdown."""
    figures = manifest["validation"]
    rows = "\n".join(
        f"| {name} | {number(figures['srcc'][name])} | {number(figures['pcc'][name])} | {number(figures['mse'][name])} "
        f"| {number(label_error(held.targets[:, column], manifest['labels'].get(name)))} |"
        for column, name in enumerate(figures["mse"])
    )
    return f"| attribute | SRCC | PCC | MSE | MSE of the training mean |\n| --- | --- | --- | --- | --- |\n{rows}"


def label_error(targets: Any, label: Mapping[str, float] | None) -> float | None:
    """Mean squared error of saying the training mean of every process; targets (N,), NaN where there is none."""
    known = targets[targets == targets]
    return float(((known - label["mean"]) ** 2).mean()) if label is not None and len(known) else None


def _limits(plan: Plan) -> str:
    limits = [
        "It has learned what these raters said of these processes, not what a painting is worth.",
        "It was not shown kinds of painting, media or lengths that its dataset lacks; what it says of them is a guess.",
        f"It sees at most {plan.model.max_frames} key frames of {plan.model.image_size} pixels: finer detail is hidden from it.",
    ]
    if [phase.name for phase in plan.phases] == ["pretrain"]:
        limits.append("It has learned from synthetic processes alone: nobody painted any of them.")
    if plan.unrated:
        limits.append(f"{plan.unrated:,} processes without scores took no part.")
    return "## What it cannot show\n\n" + "\n".join(f"- {limit}" for limit in limits) + "\n"


def _settings(config: TrainConfig, manifest: Mapping[str, Any]) -> str:
    values = config.model_dump(mode="json")
    lines = [f"| `{name}` | {_plain(value)} |" for name, value in values.items() if not isinstance(value, dict)]
    for phase in manifest["phases"]:
        lines += [f"| `{phase['name']}.{name}` | {_plain(value)} |" for name, value in values[phase["name"]].items()]
    versions = ", ".join(f"{name} {version}" for name, version in manifest["versions"].items())
    return "## Training settings\n\n| setting | value |\n| --- | --- |\n" + "\n".join(lines) + f"\n\nVersions: {versions}.\n"


def number(value: float | None) -> str:
    """Three decimals; empty for None."""
    return "" if value is None else f"{value:.3f}"


def _plain(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)
