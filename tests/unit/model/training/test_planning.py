"""Which processes each phase has, and what a run that was begun accepts."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from fixtures.learnable import SMALL_MODEL, process_id, write_learnable
from fixtures.trainings import QUICK, plan_of, train
from ppad.errors import ConfigError, NotWritableError, RubricError, RunError, UnratedError
from ppad.storage import Dataset
from ppad_model.runs import Run
from ppad_model.training.checkpoint import Checkpoint, Position
from ppad_model.training.devices import Machine
from ppad_model.training.planning import make_plan


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """15 synthetic and 15 real processes in pairs; the eighth pair has one of each."""
    return write_learnable(tmp_path_factory.mktemp("planning") / "d", {"pretrain": 15, "train": 15, "test_real": 4}, group=2)


def test_each_phase_learns_from_its_split_in_order(dataset: Path, tmp_path: Path) -> None:
    plan = plan_of(dataset, tmp_path)
    assert [(phase.name, phase.number, phase.learn.split) for phase in plan.phases] == [
        ("pretrain", 0, "pretrain"),
        ("train", 1, "train"),
    ]
    assert all(len(phase.learn) + len(phase.held) == 15 for phase in plan.phases)


def test_what_is_held_out_in_one_phase_is_learned_from_in_none(dataset: Path, tmp_path: Path) -> None:
    for seed in range(10):
        first, second = plan_of(dataset, tmp_path, seed=seed).phases
        held = set(first.held.groups) | set(second.held.groups)
        assert held
        assert not held & (set(first.learn.groups) | set(second.learn.groups))


def test_a_phase_without_epochs_is_left_out(dataset: Path, tmp_path: Path) -> None:
    (phase,) = plan_of(dataset, tmp_path, pretrain={"epochs": 0}).phases
    assert (phase.name, phase.number) == ("train", 0)


def test_a_dataset_of_one_kind_trains_that_phase(tmp_path: Path) -> None:
    for split in ("pretrain", "train"):
        root = write_learnable(tmp_path / split, {split: 6, "test_real": 2})
        assert [phase.name for phase in plan_of(root, tmp_path / "run").phases] == [split]


def test_a_larger_share_of_synthetic_processes_holds_the_smaller_one(dataset: Path, tmp_path: Path) -> None:
    shares = [
        set(phase.learn.ids + phase.held.ids)
        if (phase := plan_of(dataset, tmp_path, synthetic_share=share).phases[0]).name == "pretrain"
        else set()
        for share in (0.3, 0.6, 1.0)
    ]
    assert shares[0] <= shares[1] <= shares[2]
    assert len(shares[2]) == 15
    assert 0 < len(shares[1]) < 15


def test_a_dataset_without_ratings_says_what_to_do(tmp_path: Path) -> None:
    root = write_learnable(tmp_path / "d", {"pretrain": 2, "train": 2}, rated=False)
    with pytest.raises(UnratedError, match=r"none of its processes was rated\. Gather ratings \(ppad annotate\).*ppad simulate"):
        plan_of(root, tmp_path / "run")


def test_a_dataset_of_tests_alone_says_that(tmp_path: Path) -> None:
    root = write_learnable(tmp_path / "d", {"test_real": 4})
    with pytest.raises(UnratedError, match="nothing to learn from: only test_real"):
        plan_of(root, tmp_path / "run")


def test_attributes_and_scale_are_the_datasets(dataset: Path, tmp_path: Path) -> None:
    plan = plan_of(dataset, tmp_path, model_settings={"attributes": ["color_depth", "consistency"]})
    assert plan.model.attributes == ("color_depth", "consistency")
    assert plan.phases[0].learn.targets.shape[1] == 2
    with pytest.raises(RubricError, match="has no scores of charm"):
        plan_of(dataset, tmp_path, model_settings={"attributes": ["charm"]})


def test_a_run_goes_on_with_its_own_settings_and_refuses_others(dataset: Path, tmp_path: Path) -> None:
    train(dataset, tmp_path / "run", pretrain={"epochs": 1}, train={"epochs": 0})
    again = make_plan(Dataset.open(dataset), tmp_path / "run", {}, Machine())
    assert (again.config.pretrain.epochs, again.config.model_settings["hidden"], again.reasons) == (1, 16, ())
    assert make_plan(Dataset.open(dataset), tmp_path / "run", {"model": "tiny", "seed": 0}, Machine()).config == again.config
    with pytest.raises(ConfigError, match=r"was begun with other settings: seed 0, not 4; pretrain\.epochs 1, not 2\."):
        make_plan(Dataset.open(dataset), tmp_path / "run", {"seed": 4, "pretrain": {"epochs": 2}}, Machine())
    other = write_learnable(tmp_path / "other", {"pretrain": 8})
    with pytest.raises(RunError, match="was begun on another dataset"):
        make_plan(Dataset.open(other), tmp_path / "run", {}, Machine())


def test_a_damaged_run_file_is_named(dataset: Path, tmp_path: Path) -> None:
    (tmp_path / "run.json").write_text("{}")
    with pytest.raises(RunError, match=r"run\.json is damaged"):
        make_plan(Dataset.open(dataset), tmp_path, QUICK, Machine())


def test_a_folder_of_something_else_is_left_alone(dataset: Path, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(NotWritableError, match="holds something else than a training"):
        train(dataset, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]


def test_a_checkpoint_comes_back_as_it_was(tmp_path: Path) -> None:
    import torch

    state = {"weight": torch.arange(3.0)}
    before = Checkpoint(
        Position(1, 2, 3, 40, 5, best=0.5, stale=1), state, None, {"state": {}, "param_groups": [{"lr": 0.1}]}, None
    )
    before.write(tmp_path / "last.pt")
    after = Checkpoint.read(tmp_path / "last.pt")
    assert after.position == before.position
    assert after.optimizer == before.optimizer
    assert torch.equal(after.model["weight"], state["weight"])


def test_a_run_knows_what_it_has_seen(dataset: Path, tmp_path: Path) -> None:
    train(dataset, tmp_path / "run", pretrain={"epochs": 1}, train={"epochs": 1})
    run = Run.open(tmp_path / "run")
    seen = run.seen()
    assert seen is not None
    assert {row.process_id for row in seen} == {process_id(number) for number in range(30)}
    assert {(row.use, row.phase) for row in seen} == {("train", 0), ("validation", 0), ("train", 1), ("validation", 1)}
    assert run.manifest.state == "finished"
    assert run.manifest.labels["consistency"].mean == pytest.approx(5.5, abs=1.5)
    assert run.load().config.hidden == SMALL_MODEL["hidden"]  # type: ignore[attr-defined]
    assert json.loads((tmp_path / "run" / "run.json").read_text())["versions"]["torch"]
