"""The training loop: phases, epochs, steps, validation, checkpoints; the same for every model that has gradients."""

from __future__ import annotations

import math
import time
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ppad.storage import Dataset
from ppad_model.assessor import WEIGHTS_FILE, Assessor
from ppad_model.packages import Tensor, safetensors, torch
from ppad_model.training.average import WeightAverage
from ppad_model.training.checkpoint import Checkpoint, Progress, random_states, restore_random
from ppad_model.training.config import TrainConfig
from ppad_model.training.examples import Batch, ExampleMaker
from ppad_model.training.feed import Feed
from ppad_model.training.logs import EpochRow, RunLog
from ppad_model.training.packages import Accelerator, gather_object
from ppad_model.training.plan import Phase
from ppad_model.training.validation import Validation, predict, validate
from ppad_model.training.view import TrainingView


@dataclass(frozen=True, slots=True)
class Means:
    """What a run needs besides its settings; nothing of it changes a number of the result.

    Attributes:
        run: folder of the run.
        threads: that decode pictures, on each rank.
        checkpoint_steps: optimizer steps after which a checkpoint is written, besides the one after each epoch.
        cache_bytes: budget of decoded pictures that are kept, on each rank.
    """

    run: Path
    threads: int = 1
    checkpoint_steps: int = 500
    cache_bytes: int = 10**9


class Trainer:
    """Trains a model through phases; the run's folder keeps the best weights so far, a checkpoint and a log.

    Args:
        accelerator: device, ranks and precision.
        model: is trained in place.
        phases: what to do.
        config: how.
        dataset: where examples come from.
        means: what else is needed.
        view: shows the run.
    """

    def __init__(
        self,
        accelerator: Accelerator,
        model: Assessor,
        phases: tuple[Phase, ...],
        config: TrainConfig,
        dataset: Dataset,
        means: Means,
        view: TrainingView,
    ) -> None:
        self._accelerator, self._phases, self._config, self._dataset = accelerator, phases, config, dataset
        self._means, self._view = means, view
        self._make = ExampleMaker(model.config, means.cache_bytes)
        self._model = model.to(accelerator.device)
        self._average = WeightAverage(self._model, config.ema) if config.ema else None
        self._prepared: Any = accelerator.prepare(self._model)
        torch.manual_seed(config.seed * 1009 + accelerator.process_index)
        self._progress = Progress()
        self._optimizer_state: dict[str, Any] | None = None
        self._resume(Checkpoint.load(means.run))
        self._log = (
            RunLog(means.run, self._progress.total_steps, self._progress.epochs_done) if accelerator.is_main_process else None
        )

    def run(self) -> None:
        """Train, from where the run's checkpoint says, to the end."""
        while self._progress.phase < len(self._phases):
            self._run_phase(self._phases[self._progress.phase])
        if self._log is not None:
            self._log.close()

    def _run_phase(self, phase: Phase) -> None:
        optimizer, feed = self._new_optimizer(phase), self._feed(phase)
        steps = steps_per_epoch(len(phase.training), self._config, self._accelerator.num_processes)
        self._view.begin(phase, steps, self._progress.epoch)
        while self._progress.epoch <= phase.epochs and self._progress.waited < self._config.patience:
            self._run_epoch(phase, feed, optimizer, steps)
        self._accelerator.wait_for_everyone()
        best = safetensors.load_file(self._means.run / WEIGHTS_FILE)
        self._model.load_state_dict(best)
        if self._average is not None:
            self._average.begin_with(best)
        self._progress.next_phase()
        self._save(None)
        for reason, code in feed.skipped.items():
            self._view.note(f"Left out: {reason} [{code}]")

    def _run_epoch(self, phase: Phase, feed: Feed, optimizer: Any, steps: int) -> None:
        """One epoch; the epoch 0 only validates what the phase begins with."""
        progress, began, waited, losses = self._progress, time.perf_counter(), 0.0, []
        first = progress.step
        if progress.epoch > 0 and first < steps:
            accumulation = self._config.accumulation
            place = progress.places[self._accelerator.process_index] if progress.places else None
            batches = feed.batches(progress.epoch, (steps - first) * accumulation, place)
            for step in range(first, steps):
                asked = time.perf_counter()
                parts = [next(batches) for _ in range(accumulation)]
                waited += time.perf_counter() - asked
                rate = learning_rate(phase, self._config, (progress.epoch - 1) * steps + step, phase.epochs * steps)
                losses.append(self._step(phase, [batch for batch, _ in parts], optimizer, rate))
                self._after_step(step + 1, parts[-1][1], optimizer)
            batches.close()
        trained = time.perf_counter() - began
        found = self._validate(phase)
        self._keep(found)
        count = len(losses) * feed.batch_size * self._config.accumulation * feed.world
        row = EpochRow(
            total_step=progress.total_steps,
            phase=phase.name,
            epoch=progress.epoch,
            loss=sum(losses) / len(losses) if losses else None,
            validation_mse=found.mse if found else None,
            validation_srcc=found.srcc if found else None,
            processes_per_s=count / trained,
            waited=waited / trained,
            seconds=time.perf_counter() - began,
        )
        if self._log is not None:
            self._log.epoch(row)
        self._view.epoch(row, progress.best)
        progress.next_epoch()
        self._save(optimizer)

    def _step(self, phase: Phase, batches: list[Batch], optimizer: Any, rate: float) -> float:
        """One optimizer step on a batch in parts; the mean loss over all ranks."""
        self._prepared.train()
        for group in optimizer.param_groups:
            group["lr"] = rate
        terms = torch.zeros(3, device=self._accelerator.device)
        for number, part in enumerate(batches):
            is_last = number == len(batches) - 1
            with nullcontext() if is_last else self._accelerator.no_sync(self._prepared):
                terms += self._backward(part.to(self._accelerator.device), len(batches))
        norm = self._accelerator.clip_grad_norm_(self._model.parameters(), self._config.clip_norm)
        optimizer.step()
        optimizer.zero_grad()
        self._model.after_step()
        if self._average is not None:
            self._average.update(self._model, self._progress.total_steps)
        total, score, style = self._accelerator.reduce(terms, "mean").tolist()
        self._progress.total_steps += 1
        values = {
            "total_step": self._progress.total_steps, "phase": phase.name, "epoch": self._progress.epoch, "loss": total,
            "score_loss": score, "style_loss": style, "learning_rate": rate, "gradient_norm": float(norm),
        }  # fmt: skip
        if self._log is not None:
            self._log.step(values)
        return float(total)

    def _backward(self, batch: Batch, parts: int) -> Tensor:
        with self._accelerator.autocast():
            out = self._prepared(batch.frames, batch.references, lengths=batch.lengths)
        losses = self._model.loss(out, batch.targets, batch.styles)
        self._accelerator.backward(losses.total / parts)
        return torch.stack((losses.total, losses.score, losses.style)).detach() / parts

    def _after_step(self, step: int, place: dict[str, Any], optimizer: Any) -> None:
        self._progress.step = step
        self._view.step()
        if self._progress.total_steps % self._means.checkpoint_steps == 0:
            self._progress.places = gather_object([place])
            self._save(optimizer)

    def _validate(self, phase: Phase) -> Validation | None:
        """Error on the phase's held-out processes, the same on every rank."""
        rank, world = self._accelerator.process_index, self._accelerator.num_processes
        with self._accelerator.autocast():
            own = predict(self._judged(), self._dataset, phase.validation[rank::world], self._make, self._accelerator.device)
        return validate(gather_object(own))

    def _keep(self, found: Validation | None) -> None:
        """Keep the weights if they are the best of the phase, or if nothing can tell."""
        progress = self._progress
        if found is not None and found.mse >= progress.best:
            progress.waited += 1
            return
        progress.waited = 0
        if found is not None:
            progress.best = found.mse
        if self._accelerator.is_main_process:
            self._judged().save_pretrained(self._means.run)

    def _judged(self) -> Assessor:
        """The weights that are validated and kept."""
        return self._model if self._average is None else self._average.model

    def _feed(self, phase: Phase) -> Feed:
        world = self._accelerator.num_processes
        return Feed(
            self._dataset,
            phase.split,
            frozenset(phase.training),
            self._make,
            part_size(len(phase.training), self._config, world),
            seed=self._config.seed,
            rank=self._accelerator.process_index,
            world=world,
            threads=self._means.threads,
        )

    def _new_optimizer(self, phase: Phase) -> Any:
        if phase.optimizer == "adam":
            plain: Any = torch.optim.Adam(self._model.parameters(), phase.learning_rate)
        else:
            plain = torch.optim.AdamW(self._model.parameters(), phase.learning_rate, weight_decay=self._config.weight_decay)
        if self._optimizer_state is not None:
            plain.load_state_dict(self._optimizer_state)
            self._optimizer_state = None
        return self._accelerator.prepare(plain)

    def _save(self, optimizer: Any) -> None:
        """Write the checkpoint; without an optimizer the next phase makes a new one."""
        random = gather_object([random_states()])
        scaler = self._accelerator.scaler
        if self._accelerator.is_main_process:
            Checkpoint(
                progress=self._progress,
                world=self._accelerator.num_processes,
                model=self._model.state_dict(),
                average=None if self._average is None else self._average.model.state_dict(),
                optimizer=None if optimizer is None else optimizer.state_dict(),
                scaler=None if scaler is None else scaler.state_dict(),
                random=random,
            ).save(self._means.run)
        self._accelerator.wait_for_everyone()

    def _resume(self, checkpoint: Checkpoint | None) -> None:
        if checkpoint is None:
            return
        self._progress, self._optimizer_state = checkpoint.progress, checkpoint.optimizer
        self._model.load_state_dict(checkpoint.model)
        if self._average is not None and checkpoint.average is not None:
            self._average.begin_with(checkpoint.average)
        if self._accelerator.scaler is not None and checkpoint.scaler is not None:
            self._accelerator.scaler.load_state_dict(checkpoint.scaler)
        restore_random(checkpoint.random[self._accelerator.process_index])


def part_size(count: int, config: TrainConfig, world: int) -> int:
    """Processes that a rank takes at a time, for `count` training processes in all."""
    return max(1, min(config.batch_size, count) // (world * config.accumulation))


def steps_per_epoch(count: int, config: TrainConfig, world: int) -> int:
    """Optimizer steps of an epoch: as many whole batches as there are, at least one."""
    return max(1, count // (part_size(count, config, world) * world * config.accumulation))


def learning_rate(phase: Phase, config: TrainConfig, step: int, total: int) -> float:
    """Of an optimizer step of a phase, counted from 0: rising through the warm-up, then constant or falling as a cosine."""
    warm = min(1.0, (step + 1) / config.warmup_steps) if config.warmup_steps else 1.0
    fall = 0.5 * (1 + math.cos(math.pi * step / total)) if config.schedule == "cosine" else 1.0
    return phase.learning_rate * warm * fall
