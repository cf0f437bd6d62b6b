"""Trainings from a dataset to a run: they learn, and agree on several ranks."""

from __future__ import annotations

import json
import math
import os
import socket
import subprocess
import sys
from dataclasses import replace
from itertools import chain, islice
from pathlib import Path
from typing import Any

import pytest
import torch

from fixtures.learnable import write_learnable
from fixtures.trainings import QUICK, loss_curve, plan_of, train, train_in_child, weights
from ppad.errors import LockedError, LossError, UnreadableMediaError
from ppad_model import PPJudge
from ppad_model.data import ReadExample, Share, StreamSource
from ppad_model.ppjudge.routing import Router
from ppad_model.registry import load_model
from ppad_model.training import trainer
from ppad_model.training.checkpoint import Checkpoint
from ppad_model.training.devices import Machine
from ppad_model.training.folder import RunFolder
from ppad_model.training.journal import EPOCHS_FILE, read_log


def test_a_run_has_the_files_that_the_guide_names(whole: Path) -> None:
    names = {str(path.relative_to(whole)) for path in whole.rglob("*") if path.is_file() and path.parent.name != "tensorboard"}
    assert names == {
        "run.json", "seen.parquet", "steps.csv", "epochs.csv", "curves.png", "last.pt", ".lock",
        "best/config.json", "best/model.safetensors", "best/README.md",
    }  # fmt: skip
    assert list((whole / "tensorboard").iterdir())


def test_the_card_says_what_it_was_trained_on_and_what_it_cannot_show(whole: Path) -> None:
    card = (whole / "best" / "README.md").read_text("utf-8")
    wanted = [
        "| pretrain | dataset, split pretrain | 12 | 2 | 3 |",
        "These are 2 processes: the figures say little.",
        "MSE of the training mean",
        "## What it cannot show",
        "`train.learning_rate`",
        "Prompts are hashed words",
        "Styles are codes of the dataset's own labels",
    ]
    assert [words for words in wanted if words not in card] == []


def test_the_kept_weights_are_those_of_the_best_validation(whole: Path) -> None:
    rows = [row for row in read_log(whole / EPOCHS_FILE) if row["phase"] == "train"]
    errors = [float(row["mse"]) for row in rows]
    best = [number for number, row in enumerate(rows) if row["best"] == "1"][-1]
    assert errors[best] == min(errors)
    manifest = json.loads((whole / "run.json").read_text("utf-8"))
    assert sum(manifest["validation"]["mse"].values()) / 8 == pytest.approx(min(errors))
    assert rows[0]["epoch"] == "0"  # a later phase first measures what it begins from


def test_a_run_is_a_model_to_load(whole: Path) -> None:
    for model in (load_model(whole), PPJudge.from_pretrained(whole)):
        assert model.config.attributes[0] == "consistency"
        assert model.state_dict().keys() == weights(whole).keys()


def test_a_finished_run_is_left_as_it_is(whole: Path, dataset: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in whole.rglob("*")}
    assert train(dataset, whole).was_done
    assert {path: path.stat().st_mtime_ns for path in whole.rglob("*")} == before


def test_the_size_of_micro_batches_and_streaming_change_the_curve_by_rounding_alone(
    whole: Path, dataset: Path, tmp_path: Path
) -> None:
    train(dataset, tmp_path / "run", Machine(micro_batch=1))
    assert [float(row[3]) for row in loss_curve(tmp_path / "run")] == pytest.approx(
        [float(row[3]) for row in loss_curve(whole)], rel=1e-3
    )
    train(dataset, tmp_path / "streamed", Machine(memory_bytes=0))
    assert len(loss_curve(tmp_path / "streamed")) == len(loss_curve(whole))


def test_it_overfits_sixteen_processes(tmp_path: Path) -> None:
    dataset = write_learnable(tmp_path / "d", {"train": 16})
    changes = {
        "validation": 0.0,
        "average": 0.0,
        "mirror": 0.0,
        "train": {"epochs": 250, "batch": 8, "learning_rate": 5e-3, "weight_decay": 0.0},
    }
    train(dataset, tmp_path / "run", **changes)
    last = [float(row[4]) for row in loss_curve(tmp_path / "run")[-2:]]
    assert 100 * sum(last) / 2 < 0.01  # squared points of the scale: the network works in tenths


def test_experts_are_used_evenly_after_a_training_that_balances_and_unevenly_after_one_that_does_not(tmp_path: Path) -> None:
    dataset = write_learnable(tmp_path / "d", {"train": 16})
    uneven = []
    for step in (0.02, 0.0):
        changes = {"model_settings": {"balance_step": step}, "train": {"epochs": 40, "learning_rate": 5e-3}}
        train(dataset, tmp_path / f"run-{step}", validation=0.0, average=0.0, **changes)
        uneven.append(largest_share(load_model(tmp_path / f"run-{step}"), dataset))
    assert uneven[0] < uneven[1] - 0.1, uneven  # even would be 0.4: two of five experts each


def largest_share(model: Any, dataset: Path) -> float:
    """The share of tokens that the busiest expert gets, the mean over blocks."""
    from ppad.storage import Dataset
    from ppad_model.data import ReadExample, collate

    read = ReadExample(model.config)
    batch = collate([read(record) for record in Dataset.open(dataset)])
    shares = []
    model.train()
    with torch.no_grad():
        model(batch.frames, batch.reference, lengths=batch.lengths)
    for router in model.modules():
        if isinstance(router, Router) and router.load is not None:
            shares.append(float(router.load.max() / router.load.sum()) * router.top_k)
    return sum(shares) / len(shares)


def test_a_loss_that_is_no_number_is_named_and_stops_the_training(dataset: Path, tmp_path: Path) -> None:
    changes: dict[str, Any] = {"model_settings": {"score_weight": 1e38}, "train": {"epochs": 0}}
    with pytest.raises(
        LossError, match=r"Step \d+ \(phase pretrain, epoch \d+\) gave the loss (nan|inf|\S+) and .*its processes are drawn-0"
    ):
        train(dataset, tmp_path / "run", Machine(checkpoint_s=0.0), **changes)
    for row in loss_curve(tmp_path / "run"):
        assert math.isfinite(float(row[3]))
    if (tmp_path / "run" / "last.pt").is_file():
        kept = Checkpoint.read(tmp_path / "run" / "last.pt").model
        assert all(bool(tensor.isfinite().all()) for tensor in kept.values())


def test_a_phase_ends_early_where_validation_gets_no_better(dataset: Path, tmp_path: Path) -> None:
    changes = {"pretrain": {"epochs": 0}, "train": {"epochs": 50, "patience": 2, "learning_rate": 1e-9, "warmup": 0.0}}
    train(dataset, tmp_path / "run", average=0.0, **changes)
    assert 3 <= len(read_log(tmp_path / "run" / EPOCHS_FILE)) < 20


def test_two_trainings_do_not_write_to_one_folder(dataset: Path, tmp_path: Path) -> None:
    with RunFolder(tmp_path / "run").writing(), pytest.raises(LockedError):
        train(dataset, tmp_path / "run")


def test_a_damaged_process_stops_the_training_by_name(tmp_path: Path) -> None:
    root = write_learnable(tmp_path / "d", {"train": 8}, damaged=2)
    with pytest.raises(UnreadableMediaError, match="drawn-000000000002"):
        train(root, tmp_path / "run", validation=0.0)


@pytest.mark.parametrize("model", ["gru-tiny", "mean-frame-vit-tiny", "final-frame-vit-tiny", "hand-ridge", "constant", "mode"])
def test_baselines_train_by_the_same_command(dataset: Path, tmp_path: Path, model: str) -> None:
    settings = {"image_size": 32 if model == "hand-ridge" else 16}
    small = {"gru-tiny": {"width": 4, "hidden": 8}}.get(model, {"hidden": 16, "layers": 1, "heads": 2} if "vit" in model else {})
    changes = {key: value for key, value in QUICK.items() if key != "model_settings"} | {
        "model": model,
        "model_settings": settings | small,
    }
    from ppad.storage import Dataset
    from ppad_model.training.planning import make_plan
    from ppad_model.training.run import run_training

    plan = make_plan(Dataset.open(dataset), tmp_path / "run", changes, Machine())
    outcome = run_training(plan, tmp_path / "run", Machine(), quiet=True)
    assert outcome.manifest["state"] == "finished"
    assert load_model(tmp_path / "run").config.model == model
    assert run_training(plan, tmp_path / "run", Machine(), quiet=True).was_done


ENVIRONMENT = {"COLUMNS": "120", "NO_COLOR": "1", "OMP_NUM_THREADS": "1"}


def ppad(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "ppad", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False, env=os.environ | ENVIRONMENT)


def ppad_on_two_nodes(*arguments: object) -> list[tuple[int, str]]:
    """What both of two machines with one rank each would end with: exit code, and what was said."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        place = ["--master-addr", "127.0.0.1", "--master-port", str(free.getsockname()[1])]
    nodes = [
        subprocess.Popen(
            [sys.executable, "-m", "torch.distributed.run", "--nnodes", "2", "--node-rank", str(node), *place,
             "--nproc-per-node", "1", "-m", "ppad", *map(str, arguments)],
            stderr=subprocess.PIPE, text=True, env=os.environ | ENVIRONMENT | {"GLOO_SOCKET_IFNAME": "lo"},
        )
        for node in range(2)
    ]  # fmt: skip
    try:
        said = [node.communicate(timeout=200)[1] for node in nodes]
        return [(node.returncode, words) for node, words in zip(nodes, said, strict=True)]
    finally:
        for node in nodes:
            node.kill()
            node.wait()


@pytest.fixture(scope="module")
def settings_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    import yaml

    file = tmp_path_factory.mktemp("settings") / "quick.yaml"
    file.write_text(yaml.safe_dump(json.loads(json.dumps(QUICK, default=list))))
    return file


def test_two_nodes_end_what_one_process_began_and_learn_what_it_learns_in_steps_as_large(
    whole: Path, dataset: Path, settings_file: Path, tmp_path: Path
) -> None:
    child = train_in_child(dataset, tmp_path / "run", Machine(checkpoint_s=0.0), {}, dies_at=7)
    child.join()
    begun = RunFolder(tmp_path / "run").last()
    assert begun is not None
    assert (begun.position.step, begun.position.world) == (2, 1)
    ended = ppad_on_two_nodes("train", dataset, "--out", tmp_path / "run", "--config", settings_file, "--cpu")
    assert [code for code, _ in ended] == [0, 0], ended
    assert [words.count("ppjudge-tiny is trained") for _, words in ended] == [1, 0]  # the first rank alone speaks
    alone, together = loss_curve(whole), loss_curve(tmp_path / "run")
    assert [row[:3] for row in together] == [row[:3] for row in alone]
    for column in (3, 4, 5, 6):  # losses, and the norm of the gradient
        assert [float(row[column]) for row in together] == pytest.approx(
            [float(row[column]) for row in alone], rel=2e-3, abs=1e-6
        )
    for name, tensor in weights(tmp_path / "run").items():
        torch.testing.assert_close(tensor, weights(whole)[name], rtol=1e-2, atol=2e-4)


def test_a_streamed_epoch_that_two_ranks_began_is_ended_by_one_with_the_processes_that_were_left(
    dataset: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A process takes two of three steps; the checkpoint is made to say that two ranks took them."""
    streaming = Machine(memory_bytes=0, checkpoint_s=0.0)
    child = train_in_child(dataset, tmp_path / "run", streaming, {}, dies_at=7)
    child.join()
    folder = RunFolder(tmp_path / "run")
    begun = folder.last()
    assert begun is not None
    assert (begun.position.epoch, begun.position.step) == (0, 2)
    replace(begun, position=replace(begun.position, world=2)).write(folder.checkpoint)
    taken: list[list[str]] = []

    def noting(learner: Any, batches: list[Any], *rest: Any) -> Any:
        taken.append([name for batch in batches for name in batch.ids])
        return learn(learner, batches, *rest)

    learn = trainer.learn
    monkeypatch.setattr(trainer, "learn", noting)
    train(dataset, tmp_path / "run", streaming)
    plan = plan_of(dataset, tmp_path / "run", streaming)
    phase, config = plan.phases[0], plan.config
    source = StreamSource(phase.learn, ReadExample(plan.model), 1)
    earlier = [islice(source.epoch(phase.config.batch, config.seed, 0, Share(rank, 2)), 2) for rank in range(2)]
    before = [example.process_id for part in chain(*earlier) for example in part]
    assert len(before) > 0
    assert sorted(before + taken[0]) == sorted(phase.learn.ids)  # the rest of the first epoch
    assert sorted(chain(*taken[1:4])) == sorted(phase.learn.ids)  # all of the second


def test_the_command_says_what_it_chose_shows_lines_when_piped_and_goes_on_without_options(
    dataset: Path, settings_file: Path, tmp_path: Path
) -> None:
    planned = ppad("train", dataset, "--out", tmp_path / "run", "--dry-run")
    assert "Model ppjudge-tiny, since there is no GPU; recipe small, since 24 processes are few." in planned.stderr
    assert not (tmp_path / "run").exists()
    first = ppad(
        "train", dataset, "--out", tmp_path / "run", "--config", settings_file, "--set", "pretrain.epochs=1", "--epochs", "2"
    )
    assert first.returncode == 0, first.stderr
    assert "train 2/2, loss " in first.stderr
    assert "processes/s, waiting " in first.stderr
    again = ppad("train", dataset, "--out", tmp_path / "run", "--json")
    assert (json.loads(again.stdout)["was_done"], again.returncode) == (True, 0)
    other = ppad("train", dataset, "--out", tmp_path / "run", "--seed", "5")
    assert other.returncode == 2
    assert "was begun with other settings: seed 0, not 5." in " ".join(other.stderr.split())
