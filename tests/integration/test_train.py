"""`ppad train` on small drawn datasets: it learns, goes on after any stop, and runs on several ranks."""

from __future__ import annotations

import csv
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch

from fixtures.rated_datasets import drawn_process, process_id, write_rated
from ppad.errors import ConfigError, ContractError
from ppad.storage import Dataset
from ppad_model import load_model
from ppad_model.frames import process_frames
from ppad_model.training import trainer as trainer_module
from ppad_model.training.config import TrainConfig, train_config
from ppad_model.training.logs import read_log
from ppad_model.training.run import Outcome, train
from ppad_model.training.trainer import Means, Trainer
from ppad_model.training.view import TrainingView

SMALL = {"image_size": 16, "hidden": 16, "blocks": 2, "heads": 2, "text_encoder": "hash", "style_encoder": "label-code"}


@pytest.fixture(scope="module", autouse=True)
def one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_rated(tmp_path_factory.mktemp("train"), {"pretrain": 24, "train": 16, "test_real": 4})


def settings(model: str = "ppjudge-tiny", **changes: Any) -> TrainConfig:
    given = {"settings": SMALL if model.startswith("ppjudge") else {}, "pretrain_epochs": 3, "train_epochs": 2, "batch_size": 6}
    return train_config(model, **(given | changes))


def run(dataset: Path, out: Path, config: TrainConfig, checkpoint_steps: int = 2) -> Outcome:
    return train(dataset, config, Means(out, checkpoint_steps=checkpoint_steps), "cpu", TrainingView(quiet=True))


def ppad_train(dataset: Path, out: Path, *more: str) -> list[str]:
    small = [part for key, value in SMALL.items() for part in ("--set", f"settings.{key}={value}")]
    return [
        sys.executable,
        "-m",
        "ppad",
        "train",
        str(dataset),
        "--out",
        str(out),
        "--device",
        "cpu",
        "--threads",
        "1",
        *small,
        *more,
    ]


ENVIRONMENT = os.environ | {"OMP_NUM_THREADS": "1", "COLUMNS": "200", "NO_COLOR": "1"}


def test_a_run_leaves_a_model_its_card_its_logs_and_its_curves(dataset: Path, tmp_path: Path) -> None:
    outcome = run(dataset, tmp_path / "run", settings())
    made = {path.name for path in (tmp_path / "run").iterdir()}
    assert made >= {
        "config.json",
        "model.safetensors",
        "README.md",
        "train.json",
        "steps.csv",
        "epochs.csv",
        "curves.png",
        "last.pt",
    }
    assert any((tmp_path / "run" / "tensorboard").iterdir())
    epochs = read_log(tmp_path / "run" / "epochs.csv")
    assert [(row["phase"], row["epoch"]) for row in epochs] == [
        *(("pretrain", str(number)) for number in range(4)),
        *(("train", str(number)) for number in range(3)),
    ]
    card = (tmp_path / "run" / "README.md").read_text()
    assert "| pretrain | 20 | 4 |" in card
    assert outcome.validation is not None
    assert f"mean squared error {outcome.validation.mse:.3f}" in card


def test_the_kept_weights_are_the_best_of_the_last_phase(dataset: Path, tmp_path: Path) -> None:
    outcome = run(dataset, tmp_path / "run", settings())
    errors = [float(row["validation_mse"]) for row in read_log(tmp_path / "run" / "epochs.csv") if row["phase"] == "train"]
    assert outcome.validation is not None
    assert outcome.validation.mse == pytest.approx(min(errors), rel=1e-6)


def test_a_judge_learns_how_dark_a_painting_gets(dataset: Path, tmp_path: Path) -> None:
    """Unseen processes: the scores run from 1 to 10; saying the same of all would err by 6 points² or more."""
    config = settings(pretrain_epochs=25, pretrain_learning_rate=5e-3, train_epochs=0)
    run(dataset, tmp_path / "run", config, checkpoint_steps=10**6)
    judge = load_model(tmp_path / "run")
    errors = []
    for record in (Dataset.open(dataset).read(process_id("test_real", number)) for number in range(4)):
        expected = drawn_process("test_real", int(record.process.process_id[-12:], 16))[1]
        with torch.no_grad():
            scores = judge(process_frames(record.process, judge.config)[None], record.process.prompt).scores
        errors.append((scores - expected).square().mean().item())
    assert sum(errors) / 4 < 1.5


class StoppedError(Exception):
    """The power went off."""


@pytest.mark.parametrize(
    ("moment", "call"), [("_step", 1), ("_step", 3), ("_step", 6), ("_step", 13), ("_validate", 3), ("_keep", 5), ("_save", 9)]
)
def test_a_run_that_is_cut_anywhere_goes_on_as_if_nothing_had_been(
    dataset: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, moment: str, call: int
) -> None:
    """Nine steps of the first phase, four of the second; a checkpoint every second step, and after each epoch."""
    whole, cut, config = tmp_path / "whole", tmp_path / "cut", settings()
    run(dataset, whole, config)
    assert len(read_log(whole / "steps.csv")) == 3 * 3 + 2 * 2
    original = getattr(Trainer, moment)
    calls = iter(range(1, 100))

    def failing(self: Trainer, *arguments: Any) -> Any:
        if next(calls) == call:
            raise StoppedError
        return original(self, *arguments)

    monkeypatch.setattr(Trainer, moment, failing)
    with pytest.raises(StoppedError):
        run(dataset, cut, config)
    monkeypatch.undo()
    run(dataset, cut, config)
    assert (cut / "steps.csv").read_bytes() == (whole / "steps.csv").read_bytes()
    assert (cut / "model.safetensors").read_bytes() == (whole / "model.safetensors").read_bytes()
    kept = ("phase", "epoch", "loss", "validation_mse", "validation_srcc")
    one, two = ([[row[name] for name in kept] for row in read_log(path / "epochs.csv")] for path in (cut, whole))
    assert one == two


def test_a_finished_run_is_not_trained_again(dataset: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = run(dataset, tmp_path, settings())
    monkeypatch.setattr(Trainer, "_step", lambda *_: pytest.fail("trained again"))
    assert run(dataset, tmp_path, settings()).validation == first.validation


def test_accumulation_changes_the_memory_and_not_the_result(dataset: Path, tmp_path: Path) -> None:
    losses = []
    for parts in (1, 3):
        config = settings(settings=SMALL | {"style_weight": 0}, accumulation=parts, train_epochs=0, pretrain_epochs=2)
        run(dataset, tmp_path / str(parts), config)
        losses.append([float(row["loss"]) for row in read_log(tmp_path / str(parts) / "steps.csv")])
    assert losses[0] == pytest.approx(losses[1], rel=1e-4)


def test_without_a_better_error_a_phase_ends_early(dataset: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trainer_module, "validate", lambda found: trainer_module.Validation(5.0, None))
    run(dataset, tmp_path, settings(pretrain_epochs=9, train_epochs=0, patience=2))
    assert [row["epoch"] for row in read_log(tmp_path / "epochs.csv")] == ["0", "1", "2"]


@pytest.mark.parametrize("model", ["constant", "hand-ridge", "gru-tiny", "final-frame-vit-tiny"])
def test_every_kind_of_baseline_trains_by_the_same_command(dataset: Path, tmp_path: Path, model: str) -> None:
    outcome = run(dataset, tmp_path, settings(model, pretrain_epochs=1, train_epochs=1))
    assert outcome.validation is not None
    assert load_model(tmp_path).config.model == model


def test_a_folder_begun_with_other_settings_or_data_is_refused(dataset: Path, tmp_path: Path) -> None:
    run(dataset, tmp_path / "run", settings(pretrain_epochs=1, train_epochs=0))
    with pytest.raises(ConfigError, match="begun with other settings: batch_size"):
        run(dataset, tmp_path / "run", settings(pretrain_epochs=1, train_epochs=0, batch_size=5))
    other = write_rated(tmp_path / "other", {"pretrain": 8})
    with pytest.raises(ConfigError, match="begun with other settings: dataset"):
        run(other, tmp_path / "run", settings(pretrain_epochs=1, train_epochs=0))


def test_a_damaged_checkpoint_is_named(dataset: Path, tmp_path: Path) -> None:
    run(dataset, tmp_path, settings(pretrain_epochs=1, train_epochs=0))
    (tmp_path / "last.pt").write_bytes(b"broken")
    with pytest.raises(ContractError, match=r"last\.pt cannot be read"):
        run(dataset, tmp_path, settings(pretrain_epochs=1, train_epochs=0))


@pytest.mark.slow
def test_killed_with_sigkill_the_command_goes_on_to_the_same_bytes(dataset: Path, tmp_path: Path) -> None:
    more = ("--epochs", "30,2", "--batch-size", "6", "--checkpoint-steps", "4")
    subprocess.run(ppad_train(dataset, tmp_path / "whole", *more), check=True, capture_output=True, env=ENVIRONMENT)
    for steps in (7, 40):
        killed = subprocess.Popen(ppad_train(dataset, tmp_path / "cut", *more), stderr=subprocess.DEVNULL, env=ENVIRONMENT)
        while len(read_log(tmp_path / "cut" / "steps.csv")) < steps:
            assert killed.poll() is None
            time.sleep(0.02)
        killed.send_signal(signal.SIGKILL)
        killed.wait()
    subprocess.run(ppad_train(dataset, tmp_path / "cut", *more), check=True, capture_output=True, env=ENVIRONMENT)
    for name in ("steps.csv", "model.safetensors"):
        assert (tmp_path / "cut" / name).read_bytes() == (tmp_path / "whole" / name).read_bytes()


@pytest.mark.slow
def test_two_ranks_train_one_model_together(dataset: Path, tmp_path: Path) -> None:
    """Both learn from their halves of a batch: what comes out is one model, near that of a single rank."""
    command = ppad_train(dataset, tmp_path / "two", "--epochs", "3,1", "--batch-size", "6")
    launcher = [sys.executable, "-m", "torch.distributed.run", "--nproc-per-node", "2", "--master-port", "0", "-m"]
    done = subprocess.run([*launcher, *command[2:]], capture_output=True, text=True, check=False, env=ENVIRONMENT)
    assert done.returncode == 0, done.stderr
    assert done.stderr.count("pretrain 3/3") == 1  # one rank speaks
    subprocess.run(ppad_train(dataset, tmp_path / "one", "--epochs", "3,1", "--batch-size", "6"), check=True, env=ENVIRONMENT)
    one, two = ([float(row["loss"]) for row in csv.DictReader((tmp_path / name / "steps.csv").open())] for name in ("one", "two"))
    assert len(one) == len(two)
    assert sum(two) / len(two) == pytest.approx(sum(one) / len(one), rel=0.2)
    assert json.loads((tmp_path / "two" / "train.json").read_text())["ranks"] == 2


@pytest.mark.slow
def test_the_command_says_what_it_does_and_what_it_cannot(dataset: Path, tmp_path: Path) -> None:
    planned = subprocess.run([*ppad_train(dataset, tmp_path / "run"), "--dry-run"], capture_output=True, text=True, check=True)
    assert [phase["training"] for phase in json.loads(planned.stdout)["phases"]] == [20, 14]
    assert not (tmp_path / "run").exists()
    empty = write_rated(tmp_path / "unrated", {"train": 4}, rated=False)
    for arguments, code in (
        ([str(empty)], "no-ratings"),
        ([str(dataset), "--model", "ppjuge"], "not-found"),
        ([str(dataset), "--epochs", "many"], "config-invalid"),
        ([str(dataset), "--set", "pace=3"], "config-invalid"),
    ):
        command = [sys.executable, "-m", "ppad", "train", *arguments, "--out", str(tmp_path / "run")]
        failed = subprocess.run(command, capture_output=True, text=True, check=False, env=ENVIRONMENT)
        assert (failed.returncode, f"[{code}]" in failed.stderr) == (2, True)
        assert "Traceback" not in failed.stderr
