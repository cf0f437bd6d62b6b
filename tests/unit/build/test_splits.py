"""Which processes go together, and to which split."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest

from ppad.schema.prompts import normalised_prompt
from ppad_pipelines.build.splits import choose_test, place
from ppad_pipelines.build.survey import Facts


def facts(name: str, **changes: Any) -> Facts:
    """A real process that shares nothing: its name decides source and thumbnail."""
    values: dict[str, Any] = {
        "process_id": name,
        "path": Path(f"{name}.parquet"),
        "sha256": name,
        "size": 100,
        "origin": "real",
        "reference_kind": "none",
        "frames": 3,
        "prompt": None,
        "artist_id": None,
        "style": None,
        "reference_sha256": None,
        "source_sha256": f"source of {name}",
        "thumbnail": random.Random(name).randbytes(768),
        "created_at": "2026-01-01T00:00:00Z",
        "tool": "ppad 0.1.0",
        "engine": "keyframes",
        "model": None,
        "licence": None,
    }
    return Facts(**{**values, **changes})


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"artist_id": "artist-1"}, "the same artist as 1 other"),
        ({"prompt": "A red boat"}, "the same prompt as 1 other"),
        ({"reference_sha256": "abc"}, "the same reference or source file as 1 other"),
        ({"source_sha256": "abc"}, "the same reference or source file as 1 other"),
        ({"thumbnail": b"\x80" * 768}, "nearly the same final frame as b"),
    ],
)
def test_two_processes_that_share_something_are_one_group_and_the_audit_says_what(changes: dict[str, Any], reason: str) -> None:
    placed = place([facts("a", **changes), facts("b", **changes), facts("c")], seed=0)
    assert placed["a"].group_id == placed["b"].group_id == "a"
    assert placed["c"].group_id == "c"
    assert placed["a"].why.startswith(f"{reason}; group of 2")
    assert placed["c"].why.startswith("shares nothing")


def test_a_reference_that_is_the_source_file_of_another_process_ties_the_two() -> None:
    placed = place([facts("a", reference_sha256="abc"), facts("b", origin="inversion", source_sha256="abc")], seed=0)
    assert placed["a"].group_id == placed["b"].group_id


def test_groups_grow_through_chains() -> None:
    chain = [
        facts("a", artist_id="artist-1"),
        facts("b", artist_id="artist-1", prompt="a boat"),
        facts("c", prompt="A boat!", reference_sha256="abc"),
        facts("d", reference_sha256="abc"),
        facts("e"),
    ]
    placed = place(chain, seed=0)
    assert [placed[name].group_id for name in "abcde"] == ["a", "a", "a", "a", "e"]


def test_a_missing_source_digest_ties_nothing() -> None:
    placed = place([facts("a", source_sha256=""), facts("b", source_sha256="")], seed=0)
    assert placed["a"].group_id != placed["b"].group_id


@pytest.mark.parametrize("other", ["A  Red boat.", "a red boat", "“A red, boat”", "ａ ｒｅｄ boat"])
def test_prompts_are_compared_without_case_punctuation_and_spacing(other: str) -> None:
    assert normalised_prompt(other) == "a red boat"


def test_a_prompt_of_signs_only_is_still_compared() -> None:
    assert normalised_prompt("🌊🌊") != normalised_prompt("🌋")


def test_a_group_of_real_and_synthetic_processes_goes_to_one_side() -> None:
    rows = [facts(f"{kind}-{n:03}", origin=kind, artist_id=f"artist-{n}") for n in range(100) for kind in ("real", "prompt")]
    placed = place(rows, seed=7)
    for number in range(100):
        sides = {placed[f"real-{number:03}"].split, placed[f"prompt-{number:03}"].split}
        assert sides in ({"train", "pretrain"}, {"test_real", "test_synthetic"})


def test_a_fifth_of_the_real_and_a_tenth_of_the_synthetic_processes_are_held_out() -> None:
    rows = [facts(f"real-{n:03}") for n in range(50)] + [facts(f"prompt-{n:03}", origin="prompt") for n in range(50)]
    splits = [placement.split for placement in place(rows, seed=0).values()]
    assert {split: splits.count(split) for split in set(splits)} == {
        "train": 40,
        "test_real": 10,
        "pretrain": 45,
        "test_synthetic": 5,
    }


def test_a_group_larger_than_the_quota_stays_in_training_and_smaller_ones_fill_the_quota() -> None:
    groups = {"large": [True] * 6, **{f"small-{n}": [True] for n in range(14)}}  # quota: 4 of 20
    for seed in range(20):
        chosen = choose_test(groups, seed)
        assert "large" not in chosen
        assert len(chosen) == 4


def test_another_seed_holds_out_other_processes() -> None:
    rows = [facts(f"real-{n:03}") for n in range(50)]
    held_out = [{name for name, at in place(rows, seed).items() if at.split == "test_real"} for seed in (0, 1)]
    assert held_out[0] != held_out[1]


def test_the_order_of_the_processes_changes_nothing() -> None:
    rows = [facts(f"real-{n:03}", artist_id=f"artist-{n % 9}") for n in range(40)]
    shuffled = random.Random(3).sample(rows, len(rows))
    assert place(shuffled, seed=5) == place(rows, seed=5)
