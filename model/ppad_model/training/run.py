"""A training from a plan to a run's folder."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from ppad.schema import json_value
from ppad_model.baselines.closed_form import ClosedForm
from ppad_model.data import ReadExample, Share
from ppad_model.devices import fitting_threads
from ppad_model.packages import torch
from ppad_model.ppjudge.config import JudgeConfig
from ppad_model.registry import model_class
from ppad_model.settings import AssessorConfig
from ppad_model.styles import StyleEncoder, style_encoder
from ppad_model.training.card import training_card
from ppad_model.training.checkpoint import Checkpoint, Position
from ppad_model.training.devices import Accelerator, Machine, make_accelerator, share_of
from ppad_model.training.fitting import fit_closed_form
from ppad_model.training.folder import RunFolder
from ppad_model.training.manifest import manifest_values
from ppad_model.training.planning import Plan
from ppad_model.training.record import Record
from ppad_model.training.sources import open_phases
from ppad_model.training.step import mirroring
from ppad_model.training.trainer import PhaseData, Trainer
from ppad_model.training.validating import validate_alone
from ppad_model.training.view import View


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
            return Outcome(json_value(folder.manifest.read_text("utf-8")), was_done=True)
        torch.manual_seed(plan.config.seed)
        model = model_class(plan.config.model).fresh(plan.model)
        values = manifest_values(
            plan.config.model,
            plan.config,
            model.config,
            model.counted_parameters(),
            plan.phases,
            plan.digest,
            plan.dataset.metadata,
        )
        card = partial(training_card, model.config, plan)
        record = Record(folder, values, plan.phases, card, is_main=is_main, is_new=last is None)
        with View(quiet=quiet or not is_main) as view, fitting_threads(accelerator.device, model.counted_parameters()):
            data = _open_data(plan, model.config, machine, view, share_of(accelerator))
            if isinstance(model, ClosedForm):
                _fit(model, data[-1], folder, accelerator, record, view)
            else:
                gather = mirroring(plan.config.mirror, plan.config.seed)
                Trainer(model, gather, data, plan.config, machine, accelerator, folder, view, record.validated).run(last)
        record.finish(draws=not isinstance(model, ClosedForm))
        return Outcome(record.values, was_done=False)


def _open_data(plan: Plan, model: AssessorConfig, machine: Machine, view: View, share: Share) -> list[PhaseData]:
    styles, width = _styles(model)
    read = ReadExample(model, styles, width, adjusted=plan.config.adjusted_scores)
    return open_phases(plan.phases, read, model, machine, view, share)


def _styles(model: AssessorConfig) -> tuple[StyleEncoder | None, int]:
    """What names the style of a painting, and the width of its embeddings; nothing for a model without a style loss."""
    if not isinstance(model, JudgeConfig) or not model.style_weight:
        return None, 0
    return style_encoder(model.style_encoder, model.style_dim), model.style_dim


def _fit(model: ClosedForm, data: PhaseData, folder: RunFolder, accelerator: Accelerator, record: Record, view: View) -> None:
    """Fit to the processes of the last phase: the real ones, where there are some."""
    fit_closed_form(model, data.learn, view)
    if not accelerator.is_main_process:
        return
    folder.write_best(model)
    if data.held is not None:
        record.validated(validate_alone(model, data.held, mirroring(0, 0)))
    folder.write_checkpoint(Checkpoint(Position(phase=data.phase.number + 1), model.state_dict(), None, None, None))
