"""The loop: phases, epochs, steps; the best weights kept, the position always on disk."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from typing import Any

from ppad.errors import LossError, OutOfMemoryError
from ppad_model.data import Share, Source
from ppad_model.packages import nn, torch
from ppad_model.trainable import AnyBatch, Gather, Trainable
from ppad_model.training.averaging import Average
from ppad_model.training.checkpoint import Checkpoint, Position
from ppad_model.training.config import LearningConfig
from ppad_model.training.devices import Accelerator, Machine, share_of
from ppad_model.training.feeding import Ahead
from ppad_model.training.folder import RunFolder
from ppad_model.training.journal import Journal
from ppad_model.training.phases import Phase
from ppad_model.training.sharding import is_sharded, on_any_rank, whole
from ppad_model.training.step import (
    Learner,
    Measured,
    learn,
    learning_rate,
    load_optimizer,
    make_optimizer,
    micro_batches,
    seed_step,
)
from ppad_model.training.validating import Validation, validate
from ppad_model.training.view import View

LOOK_EVERY = 20
"""Steps between two looks at the losses on a GPU, which would have to wait for each; the CPU is looked at after every step."""


@dataclass(frozen=True, slots=True)
class PhaseData:
    """A phase, and where its examples come from.

    Attributes:
        held: None where nothing is held out.
    """

    phase: Phase
    learn: Source[Any]
    held: Source[Any] | None


class Trainer:
    """Trains a model through its phases, from the start or from a checkpoint.

    Args:
        model: on the CPU; its weights are trained in place.
        gather: makes batches for it.
        run: where weights and logs go; written by the first rank alone.
        validated: told of each validation that made weights the best, after they were written.
    """

    def __init__(
        self,
        model: Trainable,
        gather: Gather,
        data: list[PhaseData],
        config: LearningConfig,
        machine: Machine,
        accelerator: Accelerator,
        run: RunFolder,
        view: View,
        validated: Callable[[Validation], None],
    ) -> None:
        self._gather, self._data, self._config = gather, data, config
        self._machine, self._accelerator = machine, accelerator
        self._run, self._view, self._validated = run, view, validated
        self._share: Share = share_of(accelerator)
        self._is_sharded = is_sharded(model)
        self._inner = model if self._is_sharded else model.to(accelerator.device)
        learner = Learner(self._inner)
        self._learner: nn.Module = learner if self._is_sharded else accelerator.prepare_model(learner)
        self._average: Average | None = None
        self._optimizer: Any = None
        self._at = Position(world=self._share.world)
        self._written = time.monotonic()
        self._look_every = LOOK_EVERY if accelerator.device.type == "cuda" else 1

    def run(self, checkpoint: Checkpoint | None) -> None:
        """Train to the end.

        Raises:
            LossError: a loss or a gradient is no number.
            OutOfMemoryError: the GPU's memory is too small for a micro-batch.
            MediaError, ContractError: a process cannot be read.
            DiskFullError, NotWritableError: the place refuses.
        """
        if checkpoint is not None:
            self._at = checkpoint.position.with_ranks(self._share.world)
            self._inner.load_learned_state(checkpoint.model)
        with self._run.journal(self._inner, self._at, writes=self._accelerator.is_main_process) as journal:
            try:
                while self._at.phase < len(self._data):
                    self._begin_phase(checkpoint, journal)
                    checkpoint = None
                    self._run_phase(journal)
            except torch.OutOfMemoryError as error:
                raise OutOfMemoryError(
                    f"The GPU's memory does not hold {self._machine.micro_batch} processes at once.",
                    f"Use --micro-batch {max(1, self._machine.micro_batch // 2)}; the steps stay as large.",
                ) from error

    def _begin_phase(self, checkpoint: Checkpoint | None, journal: Journal | None) -> None:
        """Optimizer and average as they were, or new ones; a later phase first measures what it begins from."""
        phase = self._now.phase
        self._optimizer = self._accelerator.prepare_optimizer(make_optimizer(self._inner, phase.config))
        self._average = Average(self._inner, self._config.average) if self._config.average else None
        if checkpoint is not None and checkpoint.optimizer is not None:
            load_optimizer(self._optimizer, checkpoint.optimizer)
            if self._average is not None and checkpoint.average is not None:
                self._average.load(checkpoint.average)
            if self._accelerator.scaler is not None and checkpoint.scaler is not None:
                self._accelerator.scaler.load_state_dict(checkpoint.scaler)
        elif phase.number > 0:
            self._validate(journal)

    def _run_phase(self, journal: Journal | None) -> None:
        config = self._now.phase.config
        while self._at.epoch < config.epochs:
            self._epoch(self._sizes, journal)
            self._at = self._at.next_epoch()
            self._validate(journal)
            self._write(always=False)
            if config.patience and self._at.stale >= config.patience:
                self._view.note(f"No better validation for {self._at.stale} epochs: the phase {self._now.phase.name} ends.")
                break
        self._end_phase()

    def _end_phase(self) -> None:
        """What follows begins from the best weights; the checkpoint says so, and forgets optimizer and average."""
        self._accelerator.wait_for_everyone()
        self._inner.load_learned_state(self._run.best_state())
        self._optimizer = self._average = None
        if self._accelerator.scaler is not None:
            self._accelerator.free_memory()  # or it would unscale the gradients of this phase's optimizer in the next
        self._at = self._at.next_phase()
        self._write(always=True)

    def _epoch(self, sizes: list[int], journal: Journal | None) -> None:
        self._learner.train()
        looks = _Looks(self._look_every)
        clip, passes = self._config.clip, self._most_batches if self._is_sharded else 0
        with Ahead(self._batches) as feed:
            for step in range(self._at.step, len(sizes)):
                rate = self._set_rate(step, sizes)
                batches = next(feed)
                seed_step(self._config.seed, self._at.steps, self._share.rank)
                measured = learn(self._learner, batches, sizes[step], self._optimizer, clip, self._accelerator, passes)
                if self._average is not None:
                    self._average.follow()
                self._at = replace(self._at, step=step + 1, steps=self._at.steps + 1)
                row = {"step": self._at.steps, "phase": self._now.phase.name, "epoch": self._at.epoch + 1, "learning_rate": rate}
                if looks.add(row, measured, sizes[step]) or step == len(sizes) - 1:
                    self._look(looks, feed.waited_s, journal)
                    self._write(always=False)

    def _batches(self) -> Iterator[list[AnyBatch]]:
        """This rank's micro-batches of each step of the epoch, from where it is."""
        phase, at = self._now.phase, self._at
        epoch = sum(before.phase.config.epochs for before in self._data[: at.phase]) + at.epoch
        parts = self._now.learn.epoch(phase.config.batch, self._config.seed, epoch, self._shared, at.step)
        count = self._most_batches
        for part in parts:
            batches = [self._gather(some, epoch) for some in micro_batches(part, count)]
            yield [batch.pinned() for batch in batches] if self._accelerator.device.type == "cuda" else batches

    def _look(self, looks: _Looks, waited: float, journal: Journal | None) -> None:
        """Read the losses of the steps since the last look; log them, and stop where one is no number."""
        for row, measured in looks.read(self._accelerator, ("loss", *self._inner.loss_terms, "gradient"), waited):
            # With fp16, a gradient that overflows is a step that the scaler leaves out.
            is_number = math.isfinite(row["loss"]) and (math.isfinite(row["gradient"]) or self._accelerator.scaler is not None)
            if not is_number:
                raise _no_number(row, measured.ids)
            self._view.step(self._at, row)
            if journal is not None:
                journal.step(row)

    def _validate(self, journal: Journal | None) -> None:
        """Measure the weights on the held-out processes; keep them where they are the best so far, or nothing is held out."""
        with nullcontext() if self._average is None else self._average.in_place():
            found = self._measured()
            error = found.error if found is not None else None
            is_best = error is None or self._at.best is None or error < self._at.best
            self._at = replace(self._at, best=error if is_best else self._at.best, stale=0 if is_best else self._at.stale + 1)
            if is_best and (error is not None or self._is_due or self._at.epoch == self._now.phase.config.epochs):
                self._keep()
        if found is not None:
            self._at = replace(self._at, validations=self._at.validations + 1)
            if is_best:
                self._validated(found)
            if journal is not None:
                journal.epoch(self._epoch_row(found, is_best=is_best))
        self._view.validated(self._at, self._inner.error_name, error, is_best=is_best)

    def _measured(self) -> Validation | None:
        """The weights on the held-out processes; None where nothing is held out."""
        if self._now.held is None:
            return None
        return validate(self._inner, self._now.held, self._gather, self._machine.micro_batch, self._accelerator)

    def _keep(self) -> None:
        """The first rank writes the weights as the best ones; the others help to gather them, where they are sharded."""
        if self._accelerator.is_main_process:
            self._run.write_best(self._inner)
        elif self._is_sharded:
            self._inner.learned_state()

    def _epoch_row(self, found: Validation, *, is_best: bool) -> dict[str, Any]:
        row: dict[str, Any] = {
            "step": self._at.steps,
            "phase": self._now.phase.name,
            "epoch": self._at.epoch,
            "best": int(is_best),
        }
        for metric in ("mse", "srcc"):
            row[metric] = found.mean(metric)
            row |= {f"{metric}_{name}": value for name, value in found.figures[metric].items()}
        return row

    def _write(self, *, always: bool) -> None:
        """Put the position on disk, where it is time; only after a look, so that it holds no weights without a number."""
        if not always and not self._is_due:
            return
        if self._accelerator.is_main_process or self._is_sharded:
            checkpoint = self._checkpoint()
            if self._accelerator.is_main_process:
                self._run.write_checkpoint(checkpoint)
        self._written = time.monotonic()

    def _checkpoint(self) -> Checkpoint:
        """All as one process would have it; gathered on all ranks together where it is sharded."""
        scaler = self._accelerator.scaler
        return Checkpoint(
            self._at,
            dict(self._inner.learned_state()),
            None if self._average is None else whole(self._average.state()),
            None if self._optimizer is None else whole(self._optimizer.state_dict()),
            None if scaler is None else scaler.state_dict(),
        )

    @property
    def _is_due(self) -> bool:
        """Whether it is time for a checkpoint."""
        is_due = time.monotonic() - self._written >= self._machine.checkpoint_s
        return on_any_rank(is_due, self._inner, self._accelerator.device)

    @property
    def _most_batches(self) -> int:
        """Micro-batches that a rank has in a step of the epoch, at most."""
        return math.ceil(math.ceil(max(self._sizes) / self._share.world) / self._machine.micro_batch)

    def _set_rate(self, step: int, sizes: list[int]) -> float:
        config = self._now.phase.config
        rate = learning_rate(config, self._at.epoch * len(sizes) + step, config.epochs * len(sizes))
        for group in self._optimizer.param_groups:
            group["lr"] = rate
        return rate

    @property
    def _now(self) -> PhaseData:
        return self._data[self._at.phase]

    @property
    def _sizes(self) -> list[int]:
        return self._now.learn.step_sizes(self._now.phase.config.batch, self._shared)

    @property
    def _shared(self) -> Share:
        """This rank's share of the epoch."""
        return replace(self._share, earlier=self._at.earlier)


def _no_number(row: Mapping[str, Any], ids: Sequence[str]) -> LossError:
    named = ", ".join(ids[:8]) + (", …" if len(ids) > 8 else "")
    phase, rate = row["phase"], row["learning_rate"] / 3
    return LossError(
        f"Step {row['step']} (phase {phase}, epoch {row['epoch']}) gave the loss {row['loss']} and the gradient "
        f"{row['gradient']}; its processes are {named}.",
        f"Look at them (ppad check DATASET), or lower the rate in another --out: --set {phase}.learning_rate={rate:.1g}",
    )


class _Looks:
    """Steps whose losses are still on the device, and the time since the last look."""

    def __init__(self, every: int) -> None:
        self._every = every
        self._waiting: list[tuple[dict[str, Any], Measured]] = []
        self._began = time.perf_counter()
        self._waited = 0.0
        self._processes = 0

    def add(self, row: dict[str, Any], measured: Measured, processes: int) -> bool:
        """Note a step; True where it is time for a look."""
        self._waiting.append((row, measured))
        self._processes += processes
        return len(self._waiting) >= self._every

    def read(self, accelerator: Accelerator, names: Sequence[str], waited: float) -> Iterator[tuple[dict[str, Any], Measured]]:
        """The rows of these steps with their losses over all ranks; on all ranks together.

        Args:
            names: of the values that a step measures.
            waited: seconds that the epoch has waited for batches.
        """
        if not self._waiting:
            return
        values = accelerator.reduce(torch.stack([measured.values for _, measured in self._waiting]), "mean").tolist()
        seconds = time.perf_counter() - self._began
        speed = {"per_second": self._processes / seconds, "waiting": (waited - self._waited) / seconds}
        for (row, measured), numbers in zip(self._waiting, values, strict=True):
            yield row | dict(zip(names, numbers, strict=True)) | speed, measured
        self._waiting, self._processes = [], 0
        self._began, self._waited = time.perf_counter(), waited
