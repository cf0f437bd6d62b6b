"""The card of a trained critic: data, figures, every choice, and what it can and cannot show."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import yaml

from ppad_model.critic.config import CriticConfig
from ppad_model.critic.planning import CriticPlan
from ppad_model.training.card import figures_table

RANDOM = """**It stands on random weights, which PPAD made for this run. It can show that data, training, saving and writing work,
and it can learn its training works by heart. It cannot see or speak as the published model does: its scores of new works rest on
colour and coarse layout at best, and its sentences are pieces of those that it was trained on. Judge no artwork by it.**"""


def critic_card(config: CriticConfig, plan: CriticPlan, manifest: Mapping[str, Any]) -> str:
    """A README for the weights."""
    return "\n".join(
        [_head(config, manifest), _data(plan, manifest), _figures(plan, manifest), _limits(config, plan), _settings(config)]
    )


def _head(config: CriticConfig, manifest: Mapping[str, Any]) -> str:
    header = {"library_name": "ppad", "tags": ["art-critique", config.base.kind], "license": "apache-2.0"}
    if not config.base.random:
        header["base_model"] = config.base.name
    what = "painting processes" if config.is_of_processes else "finished artworks"
    scales = ", ".join(f"{name} ({low} to {high})" for name, (low, high) in config.rubric.scales.items())
    warning = f"\n{RANDOM}\n" if config.base.random else ""
    revision = f", revision {config.base.revision}" if config.base.revision else ""
    return f"""---
{yaml.safe_dump(header, sort_keys=True).strip()}
---

# Critic of {what}
{warning}
Scores {scales} and writes a paragraph on each. It is {config.base.name}{revision} with adapters and a regression head:
{int(manifest["parameters"]):,} parameters in all. `model.safetensors` holds what was trained; the base stays where it is.

    ppad critic write RUN picture.jpg
"""


def _data(plan: CriticPlan, manifest: Mapping[str, Any]) -> str:
    rows = "\n".join(
        f"| {phase['name']} | {phase['dataset']}, split {', '.join(phase['splits'])} | {phase['train']:,} "
        f"| {phase['validation']:,} |"
        for phase in manifest["phases"]
    )
    notices = "".join(f"\n**{notice}**\n" for notice in dict.fromkeys(phase["notice"] for phase in manifest["phases"]) if notice)
    return f"""## Training data
{notices}
{len(plan.learned):,} critiques; {plan.silent:,} works have scores and no critique, and taught the head alone. Validation works
are whole components: none shares a source, prompt or artist with what was learned from. They chose the weights, so that their
figures are a little too good; `ppad critic evaluate` measures on the test splits.

| phase | dataset | learned from | validation |
| --- | --- | --- | --- |
{rows}
"""


def _figures(plan: CriticPlan, manifest: Mapping[str, Any]) -> str:
    if not manifest["validation"]:
        return "## Figures\n\nNothing was held out, so that nothing is known of new works.\n"
    held = plan.phases[-1].held
    return f"## Scores of the {len(held)} validation works\n\n{figures_table(manifest, held)}\n"


def _limits(config: CriticConfig, plan: CriticPlan) -> str:
    limits = [
        "It has learned what these raters said of these works, not what a work is worth.",
        "Scores and words come from different parts of the network: a paragraph need not agree with the score beside it.",
        f"A picture is scaled down to {config.max_pixels:,} pixels: finer detail is hidden from it.",
    ]
    if config.head_site == "visual":
        limits.append("Its scores follow from the pictures alone: no description or prompt can change them, for better or worse.")
    if not config.critiques:
        limits.append("It has seen no critique: its paragraphs mean nothing.")
    if plan.unrated:
        limits.append(f"{plan.unrated:,} works without scores took no part.")
    return "## What it cannot show\n\n" + "\n".join(f"- {limit}" for limit in limits) + "\n"


def _settings(config: CriticConfig) -> str:
    values = config.model_dump(mode="json", exclude={"rubric", "base", "means", "spreads"})
    lines = [f"| `{name}` | {', '.join(value) if isinstance(value, list) else value} |" for name, value in values.items()]
    lines += [f"| `base.{name}` | {value} |" for name, value in config.base.model_dump().items()]
    return "## Settings\n\n| setting | value |\n| --- | --- |\n" + "\n".join(lines) + "\n"
