"""A training from a plan to a run's folder."""

from __future__ import annotations

import json
from contextlib import nullcontext
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from ppad.storage import write_text
from ppad_model.assessor import Assessor
from ppad_model.baselines.closed_form import ClosedForm
from ppad_model.data import ReadExample, Rows, Share, Source, open_source
from ppad_model.packages import torch
from ppad_model.ppjudge.config import JudgeConfig
from ppad_model.registry import model_class
from ppad_model.seen import write_seen
from ppad_model.settings import AssessorConfig
from ppad_model.styles import StyleEncoder, style_encoder
from ppad_model.training.card import training_card
from ppad_model.training.checkpoint import Checkpoint, Position
from ppad_model.training.curves import draw_curves
from ppad_model.training.devices import Accelerator, Machine, fitting_threads, make_accelerator, share_of
from ppad_model.training.fitting import fit_closed_form
from ppad_model.training.folder import RunFolder
from ppad_model.training.manifest import FINISHED, manifest_values, write_manifest
from ppad_model.training.phases import seen_by
from ppad_model.training.planning import Plan
from ppad_model.training.trainer import PhaseData, Trainer
from ppad_model.training.validating import Validation, validate_alone
from ppad_model.training.view import PlannedPhase, View


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a training left.

    Attributes:
        manifest: the content of its `run.json`.
        was_done: it had been finished before.
    """

    manifest: dict[str, Any]
    was_done: bool


def run_training(plan: Plan, out: Path, machine: Machine, *, quiet: bool = False) -> Outcome:
    """Train, or go on where a killed training of the same plan was; alone, or as one rank of those that `torchrun` started.

    Raises:
        LossError: a loss is no number.
        OutOfMemoryError: a micro-batch is too large for the GPU.
        WeightsError: a model insists on weights that are not here.
        MediaError, ContractError: a process cannot be read.
        LockedError, DiskFullError, NotWritableError: the place refuses.
    """
    accelerator = make_accelerator(machine, plan.config.precision)
    is_main = accelerator.is_main_process
    folder = RunFolder(out)
    with folder.writing() if is_main else nullcontext():
        accelerator.wait_for_everyone()
        if not is_main:
            folder.bring()
        last = folder.last()
        if last is not None and last.position.phase == len(plan.phases):
            return Outcome(json.loads(folder.manifest.read_text("utf-8")), was_done=True)
        torch.manual_seed(plan.config.seed)
        model = model_class(plan.config.model).fresh(plan.model)
        record = _Record(folder, plan, model, is_main=is_main, is_new=last is None)
        with View(quiet=quiet or not is_main) as view, fitting_threads(accelerator, model.counted_parameters()):
            data = _open_data(plan, model.config, machine, view, share_of(accelerator))
            if isinstance(model, ClosedForm):
                _fit(model, data[-1], folder, accelerator, record, view)
            else:
                Trainer(model, data, plan.config, machine, accelerator, folder, view, record.validated).run(last)
        record.finish()
        return Outcome(record.values, was_done=False)


class _Record:
    """Keeps `run.json`, the card, and what was seen; on the first rank alone."""

    def __init__(self, folder: RunFolder, plan: Plan, model: Assessor, *, is_main: bool, is_new: bool) -> None:
        self._folder, self._plan, self._model, self._is_main = folder, plan, model, is_main
        self.values = manifest_values(
            plan.config, model.config, model.counted_parameters(), plan.phases, plan.digest, plan.dataset.metadata
        )
        if not is_new:
            before = json.loads(folder.manifest.read_text("utf-8"))
            self.values |= {key: before[key] for key in ("begun_at", "validation")}
        elif is_main:
            write_manifest(folder.root, self.values)
            write_seen(folder.root, seen_by(plan.phases))

    def validated(self, found: Validation) -> None:
        """The weights that were just kept reached this."""
        self.values["validation"] = found.plain()
        self._write()

    def finish(self) -> None:
        self.values["state"] = FINISHED
        self._write()
        if self._is_main and not isinstance(self._model, ClosedForm):
            draw_curves(self._folder.root)

    def _write(self) -> None:
        if self._is_main:
            write_manifest(self._folder.root, self.values)
            write_text(self._folder.best / "README.md", training_card(self._model.config, self._plan, self.values))


def _open_data(plan: Plan, model: AssessorConfig, machine: Machine, view: View, share: Share) -> list[PhaseData]:
    styles, width = _styles(model)
    read = ReadExample(model, styles, width, adjusted=plan.config.adjusted_scores)

    def source(rows: Rows) -> Source:
        seen = partial(view.decoded, total=len(rows))
        return open_source(rows, read, model, memory_bytes=machine.memory_bytes, threads=machine.threads, seen=seen)

    data = [PhaseData(phase, source(phase.learn), source(phase.held) if len(phase.held) else None) for phase in plan.phases]
    for one in data:
        config = one.phase.config
        view.expect(PlannedPhase(one.phase.name, config, len(one.learn.step_sizes(config.batch, share)), len(one.phase.learn)))
    return data


def _styles(model: AssessorConfig) -> tuple[StyleEncoder | None, int]:
    """What names the style of a painting, and the width of its embeddings; nothing for a model without a style loss."""
    if not isinstance(model, JudgeConfig) or not model.style_weight:
        return None, 0
    return style_encoder(model.style_encoder, model.style_dim), model.style_dim


def _fit(model: ClosedForm, data: PhaseData, folder: RunFolder, accelerator: Accelerator, record: _Record, view: View) -> None:
    """Fit to the processes of the last phase: the real ones, where there are some."""
    fit_closed_form(model, data.learn, view)
    if not accelerator.is_main_process:
        return
    folder.write_best(model)
    if data.held is not None:
        record.validated(validate_alone(model, data.held))
    folder.write_checkpoint(Checkpoint(Position(phase=data.phase.number + 1), model.state_dict(), None, None, None))
