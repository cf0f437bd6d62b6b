"""The design: which processes there are, what they have in common, what they are labelled with."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from dataclasses import replace

import pytest

from ppad.rubric import load_rubric
from ppad.schema.checks import PROCESS_ID
from ppad_pipelines.simulate.design import ATTRIBUTES, HELD_OUT, PARTS, Process, design, examples
from ppad_pipelines.simulate.history import Jumps, Undoing
from ppad_pipelines.simulate.truth import MEANINGS, STABILITIES, severities, true_score
from ppad_pipelines.simulate.work import controls_of
from tests.unit.simulate.recipes import recipe


@pytest.fixture(scope="module")
def processes() -> list[Process]:
    return design(640, seed=0, size=64)


def twins(processes: list[Process], part: str) -> list[list[Process]]:
    units: dict[int, list[Process]] = defaultdict(list)
    for process in processes:
        if process.part == part:
            units[process.unit].append(process)
    return [members for members in units.values() if len(members) == 2]


def differing(members: list[Process]) -> set[str]:
    one, other = (severities(process.recipe) for process in members)
    return {name for name in one if one[name] != other[name]}


def test_the_attributes_are_those_of_the_rubric_each_with_a_meaning() -> None:
    assert ATTRIBUTES == load_rubric("ppad-8").attribute_ids == tuple(MEANINGS) == tuple(severities(recipe()))


@pytest.mark.parametrize(
    ("changes", "attribute", "severity"),
    [
        ({"things": 10, "kept": 4}, "consistency", 0.6),
        ({"manner": 0.3}, "style_stability", 0.3),
        ({"jumps": Jumps(140.0, 0.7, (0.5, 0.5, 0.5))}, "color_stability", 0.7),
        ({"layout": 0.9}, "composition_stability", 0.9),
        ({"undoings": (Undoing(0.6, 0.3, is_local=True), Undoing(0.8, 0.3, is_local=False))}, "process_stability", 0.5),
        ({"frames": 5, "order": (0, 3, 1, 2, 4)}, "process_stability", 0.5 / 1.2),
        ({"details": 0.25}, "detail_depth", 0.75),
        ({"colors": 0.5}, "color_depth", 0.5),
        ({"things": 8, "kept": 8}, "composition_depth", 0.5),
    ],
)
def test_a_severity_is_read_from_what_made_the_process_and_no_other_one_moves(
    changes: dict[str, object], attribute: str, severity: float
) -> None:
    found = severities(recipe(**changes))
    assert found.pop(attribute) == pytest.approx(severity)
    assert {name: value for name, value in found.items() if value and name != "composition_depth"} == {}


def test_the_true_score_runs_from_ten_to_one() -> None:
    assert [true_score(severity) for severity in (0.0, 0.5, 1.0)] == [10.0, 5.5, 1.0]


def test_a_larger_design_begins_with_a_smaller_one_and_another_seed_gives_other_processes() -> None:
    small, large = design(50, 3, 64), design(90, 3, 64)
    assert [process.id for process in small] == [process.id for process in large[:50]]
    assert not {process.id for process in small} & {process.id for process in design(50, 4, 64)}


def test_ids_differ_and_follow_the_contract(processes: list[Process]) -> None:
    assert len({process.id for process in processes}) == 640
    assert all(re.fullmatch(PROCESS_ID, process.id) for process in processes)


def test_parts_and_held_out_kinds_have_their_shares(processes: list[Process]) -> None:
    parts = Counter(process.part for process in processes)
    assert [parts[part] for part in PARTS] == [256, 128, 64, 64, 64, 64]
    held = Counter(process.held for process in processes if process.held)
    assert all(15 <= held[kind] <= 36 for kind in HELD_OUT)
    assert 0.07 < sum(process.is_test and not process.held for process in processes) / 640 < 0.13


def test_what_is_held_out_is_never_seen_in_training(processes: list[Process]) -> None:
    training = [process.recipe for process in processes if not process.is_test]
    held = {kind: [process.recipe for process in processes if process.held == kind] for kind in HELD_OUT}
    assert {recipe.medium for recipe in held["medium"]} & {recipe.medium for recipe in training} == set()
    assert {recipe.motif for recipe in held["motif"]} & {recipe.motif for recipe in training} == set()
    assert min(recipe.frames for recipe in held["length"]) > max(recipe.frames for recipe in training)
    assert {recipe.foreign for recipe in held["fault"]} & {recipe.foreign for recipe in training} == set()
    assert all(recipe.mirror for recipe in held["fault"])
    assert not any(recipe.mirror for recipe in training)


def test_scenes_belong_to_one_unit_and_units_to_one_split(processes: list[Process]) -> None:
    units = defaultdict(set)
    for process in processes:
        units[process.unit].add((process.recipe.scene, process.is_test, process.held))
    assert all(len(found) == 1 for found in units.values())
    assert len({scene for found in units.values() for scene, _, _ in found}) == len(units)


def test_twins_differ_in_what_they_claim_and_in_nothing_else(processes: list[Process]) -> None:
    assert all(differing(members) <= set(STABILITIES) for members in twins(processes, "same-end"))
    assert all(differing(members) == {"color_stability"} for members in twins(processes, "step-ramp"))
    for going_back, straight in twins(processes, "same-frames"):
        assert replace(going_back.recipe, order=None) == straight.recipe
        assert sorted(going_back.recipe.order or ()) == list(range(straight.recipe.frames))
    contrasts = [differing(members) for members in twins(processes, "contrast")]
    assert all(len(found) == 1 for found in contrasts)
    assert set.union(*contrasts) == set(ATTRIBUTES)


def test_colours_move_wherever_they_are_said_to_jump(processes: list[Process]) -> None:
    jumping = [process.recipe for process in processes if severities(process.recipe)["color_stability"] > 0]
    assert min(abs(recipe.jumps.hue_total) for recipe in jumping) >= 110
    still = [process for process in processes if process.recipe.jumps.hue_total == 0]
    assert {process.part for process in still} == {"same-frames", "contrast"}


def test_the_card_has_a_low_and_a_high_example_of_each_attribute_that_are_no_rows_of_the_dataset(
    processes: list[Process],
) -> None:
    pairs = examples(0, 64)
    assert [differing(list(pair)) for pair in pairs] == [{name} for name in ATTRIBUTES]
    for name, (low, high) in zip(ATTRIBUTES, pairs, strict=True):
        assert severities(low.recipe)[name] > 0.9
        assert severities(high.recipe)[name] == 0
    assert not {process.id for pair in pairs for process in pair} & {process.id for process in processes}


def test_controls_name_severities_truths_nuisances_and_the_place_in_the_design(processes: list[Process]) -> None:
    process = next(process for process in processes if process.held == "medium")
    controls = controls_of(process)
    assert controls["severity_detail_depth"] == severities(process.recipe)["detail_depth"]
    assert controls["true_detail_depth"] == true_score(controls["severity_detail_depth"])
    assert (controls["ood_medium"], controls["ood_motif"]) == (1.0, 0.0)
    assert controls["nuisance_frames"] == process.recipe.frames
    assert all(isinstance(value, float) for value in controls.values())
