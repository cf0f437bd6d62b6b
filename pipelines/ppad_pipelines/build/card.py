"""The dataset card: `README.md` with the header that Hugging Face reads."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from importlib import resources
from typing import Any

import jinja2
import yaml

from ppad import __version__
from ppad.schema import CONTRACT_VERSION, SIMULATED, SPLITS
from ppad_pipelines.build.plan import Plan
from ppad_pipelines.build.splits import TEST_SHARE_REAL, TEST_SHARE_SYNTHETIC

SPLIT_MEANINGS = {
    "pretrain": "synthetic processes for training",
    "train": "processes that people painted, for training",
    "test_real": "processes that people painted, held out",
    "test_synthetic": "synthetic processes, held out",
}
_HUB_LICENCE = re.compile(r"[a-z0-9][a-z0-9.+-]*")
_SIZES = ((1_000, "n<1K"), (10_000, "1K<n<10K"), (100_000, "10K<n<100K"), (1_000_000, "100K<n<1M"))


@dataclass(frozen=True, slots=True)
class SplitCount:
    """How much a split holds; `raters` counts the people who rated something in it."""

    split: str
    rows: int
    frames: int
    groups: int
    rated: int
    raters: int
    megabytes: float


def split_counts(plan: Plan) -> list[SplitCount]:
    """The numbers of every split, empty ones included."""
    return [_split_count(plan, split) for split in SPLITS]


def description(plan: Plan) -> str:
    """What the dataset is, in two or three sentences."""
    rated = f" {len(plan.scores)} of them are rated by the rubric {plan.rubric.id}." if plan.scores else ""
    notice = "" if plan.declared is None else f" {plan.declared.notice}"
    if plan.rubric.subject == "artwork":
        return f"{len(plan.facts)} finished artworks: a picture each, the last frame.{rated}{notice}"
    frames = sum(fact.frames for fact in plan.facts.values())
    return (
        f"{len(plan.facts)} painting processes: a reference and {frames} key frames of the canvas, first stroke to last."
        f"{rated}{notice}"
    )


def render_card(plan: Plan) -> str:
    """The text of `README.md`."""
    environment = jinja2.Environment(
        undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=True, autoescape=False
    )
    environment.filters["cell"] = _cell
    template = environment.from_string(resources.files(__package__).joinpath("card.md.jinja").read_text("utf-8"))
    facts = plan.facts.values()
    return template.render(
        header=yaml.safe_dump(header(plan), sort_keys=False, allow_unicode=True, width=1000),
        plan=plan,
        description=description(plan),
        counts=split_counts(plan),
        meanings=SPLIT_MEANINGS,
        sources=_tally((fact.origin, fact.tool, fact.engine, fact.model or "–", fact.licence or "not given") for fact in facts),
        groups=len({placement.group_id for placement in plan.placements.values()}),
        raters=len(_raters(plan)),
        simulated=sum(name.startswith(SIMULATED) for name in _raters(plan)),
        test_real=TEST_SHARE_REAL,
        test_synthetic=TEST_SHARE_SYNTHETIC,
        contract=CONTRACT_VERSION,
        version=__version__,
    )


def header(plan: Plan) -> dict[str, Any]:
    """The header of the card: licence, size, and which files are which split."""
    present = [count.split for count in split_counts(plan) if count.rows]
    files = [{"split": split, "path": f"data/{split}-*.parquet"} for split in present]
    configs: list[dict[str, Any]] = [{"config_name": "default", "default": True, "data_files": files}]
    if plan.ratings:
        configs.append({"config_name": "ratings", "data_files": [{"split": "ratings", "path": "ratings/*.parquet"}]})
    return {
        "pretty_name": plan.config.name,
        **_licence(plan.config.licence),
        "size_categories": [next((name for limit, name in _SIZES if len(plan.facts) < limit), "n>1M")],
        "tags": ["painting-process", "key-frames", "aesthetic-assessment", "ppad"],
        "configs": configs,
    }


def _licence(licence: str | None) -> dict[str, str]:
    if licence is None:
        return {"license": "unknown"}
    if _HUB_LICENCE.fullmatch(licence.lower()):
        return {"license": licence.lower()}
    return {"license": "other", "license_name": licence}


def _raters(plan: Plan) -> set[str]:
    return {row["rater_id"] for row in plan.ratings}


def _split_count(plan: Plan, split: str) -> SplitCount:
    inside = {process_id for process_id, placement in plan.placements.items() if placement.split == split}
    facts = [plan.facts[process_id] for process_id in inside]
    return SplitCount(
        split=split,
        rows=len(inside),
        frames=sum(fact.frames for fact in facts),
        groups=len({plan.placements[process_id].group_id for process_id in inside}),
        rated=len(inside & set(plan.scores)),
        raters=len({row["rater_id"] for row in plan.ratings if row["process_id"] in inside}),
        megabytes=round(sum(fact.size for fact in facts) / 1e6, 1),
    )


def _tally(rows: Iterable[tuple[str, ...]]) -> list[tuple[str, ...]]:
    return [(*row, str(count)) for row, count in sorted(Counter(rows).items())]


def _cell(text: object) -> str:
    """Text that may stand in a cell of a Markdown table."""
    return " ".join(str(text).split()).replace("|", "\\|")
