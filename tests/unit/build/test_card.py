"""The dataset card and the Croissant description of a planned dataset."""

from __future__ import annotations

import json
import warnings
from pathlib import Path
from typing import Any

import mlcroissant
import pytest
import yaml

from ppad_pipelines.build.card import header, render_card
from ppad_pipelines.build.config import BuildConfig
from ppad_pipelines.build.croissant import croissant
from ppad_pipelines.build.plan import Plan, make_plan
from ppad_pipelines.build.survey import Facts
from tests.unit.build.samples import RUBRIC, process_id, rating
from tests.unit.build.test_splits import facts


def planned(*, rated: bool = False, config: BuildConfig | None = None, more: tuple[Facts, ...] = ()) -> Plan:
    rows = [facts(process_id(f"p{n:02}"), licence="CC-BY-4.0") for n in range(10)]
    ratings = [rating(f"p{n:02}", f"r{m}", 4 + (2 * n + 3 * m) % 5) for n in range(3) for m in range(2)] if rated else []
    return make_plan([*rows, *more], ratings, RUBRIC, config or BuildConfig())


def test_the_header_lists_the_splits_that_hold_something() -> None:
    configs = header(planned())["configs"]
    assert [entry["config_name"] for entry in configs] == ["default"]
    assert [entry["split"] for entry in configs[0]["data_files"]] == ["train", "test_real"]


def test_the_header_lists_ratings_where_there_are_some() -> None:
    assert header(planned(rated=True))["configs"][1]["data_files"] == [{"split": "ratings", "path": "ratings/*.parquet"}]


@pytest.mark.parametrize(
    ("licence", "expected"),
    [
        (None, {"license": "unknown"}),
        ("CC-BY-4.0", {"license": "cc-by-4.0"}),
        ("ask the painters", {"license": "other", "license_name": "ask the painters"}),
    ],
)
def test_the_licence_is_written_as_the_hub_reads_it(licence: str | None, expected: dict[str, str]) -> None:
    found = header(planned(config=BuildConfig(licence=licence)))
    assert {key: found[key] for key in found if key.startswith("license")} == expected


def test_the_card_starts_with_its_header_and_tells_the_numbers() -> None:
    card = render_card(planned(rated=True))
    assert yaml.safe_load(card.split("---\n")[1])["pretty_name"] == "painting-processes"
    assert "| `train` | processes that people painted, for training | 8 | 24 | 8 |" in card
    assert "| `consistency` | 1–10 |" in card
    assert "6 single ratings by 2 raters" in card
    assert "| real | ppad 0.1.0 | keyframes | – | CC-BY-4.0 | 10 |" in card


def test_text_from_outside_cannot_break_a_table() -> None:
    card = render_card(planned(more=(facts(process_id("q"), licence="mine | yours\nand theirs"),)))
    assert "| mine \\| yours and theirs | 1 |" in card


def test_the_loading_snippets_name_a_split_that_exists() -> None:
    assert 'dataset["train"][0]["frames"]' in render_card(planned())


@pytest.mark.parametrize("rated", [False, True])
def test_croissant_is_valid_without_errors_and_warnings(tmp_path: Path, rated: bool) -> None:
    (tmp_path / "croissant.json").write_text(json.dumps(croissant(planned(rated=rated))), encoding="utf-8")
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", category=DeprecationWarning)  # mlcroissant's own, about rdflib
        dataset: Any = mlcroissant.Dataset(str(tmp_path / "croissant.json"))
    assert dataset.metadata.ctx.issues.errors == set()
    assert dataset.metadata.ctx.issues.warnings == set()
    assert [records.id for records in dataset.metadata.record_sets] == (["processes", "ratings"] if rated else ["processes"])
