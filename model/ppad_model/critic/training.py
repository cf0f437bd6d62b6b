"""The training of a critic, from a plan to a run's folder; the loop is that of `ppad train`."""

from __future__ import annotations

import importlib.metadata
from collections.abc import Iterator
from contextlib import nullcontext
from functools import partial
from pathlib import Path

from ppad.critique import layout
from ppad.schema import json_value
from ppad_model.critic.base import TINY, Base, find_base
from ppad_model.critic.batches import GatherWorks
from ppad_model.critic.card import critic_card
from ppad_model.critic.config import CriticConfig
from ppad_model.critic.examples import ReadWork
from ppad_model.critic.planning import CriticPlan, critic_config
from ppad_model.critic.saving import open_critic
from ppad_model.critic.tiny import make_tiny_base
from ppad_model.devices import fitting_threads
from ppad_model.packages import torch
from ppad_model.runs import CRITIC
from ppad_model.training.devices import Machine, gpu_name, make_accelerator, share_of
from ppad_model.training.folder import BASE_FOLDER, RunFolder
from ppad_model.training.manifest import manifest_values
from ppad_model.training.record import Record
from ppad_model.training.run import Outcome
from ppad_model.training.sources import open_phases
from ppad_model.training.trainer import Trainer
from ppad_model.training.view import View


def train_critic(plan: CriticPlan, out: Path, machine: Machine, *, checkpointing: bool = False, quiet: bool = False) -> Outcome:
    """Train, or go on where a killed training of the same plan was; alone, or as one rank of those that `torchrun` started.

    Args:
        checkpointing: compute activations twice, to hold fewer.

    Raises:
        LossError: a loss is no number.
        OutOfMemoryError: a micro-batch is too large for the GPU.
        WeightsError: the base is not on this machine, or damaged.
        MissingExtraError, ConfigError: weights in 4 bits are not possible here.
        MediaError, ContractError: a work cannot be read.
        LockedError, DiskFullError, NotWritableError: the place refuses.
    """
    accelerator = make_accelerator(machine, plan.config.precision)
    is_main = accelerator.is_main_process
    folder = RunFolder(out)
    with folder.writing() if is_main else nullcontext():
        accelerator.wait_for_everyone()
        last = folder.last()
        if last is not None and last.position.phase == len(plan.phases):
            return Outcome(json_value(folder.manifest.read_text("utf-8")), was_done=True)
        if is_main and plan.config.base == TINY and not (out / BASE_FOLDER).is_dir():
            make_tiny_base(out / BASE_FOLDER, _texts(plan), plan.config.seed)
        accelerator.wait_for_everyone()
        base = find_base(str(out / BASE_FOLDER) if plan.config.base == TINY else plan.config.base, plan.config.revision)
        config = critic_config(plan, base.facts, plan.config.critic.bits or _bits(machine))
        torch.manual_seed(plan.config.seed)
        critic = open_critic(base, config)
        if checkpointing:
            critic.use_checkpointing()
        record = _record(plan, config, critic.size(), folder, is_main=is_main, is_new=last is None)
        with View(quiet=quiet or not is_main) as view, fitting_threads(accelerator.device, critic.size()):
            read = ReadWork(config, plan.critiques, adjusted=plan.config.adjusted_scores)
            data = open_phases(plan.phases, read, config, machine, view, share_of(accelerator))
            gather = _gather(base, config, plan.config.seed)
            Trainer(critic, gather, data, plan.config, machine, accelerator, folder, view, record.validated).run(last)
        record.finish()
        return Outcome(record.values, was_done=False)


def _gather(base: Base, config: CriticConfig, seed: int) -> GatherWorks:
    return GatherWorks(config, base.tokens(), base.pictures(config.max_pixels), seed)


def _record(plan: CriticPlan, config: CriticConfig, parameters: int, folder: RunFolder, *, is_main: bool, is_new: bool) -> Record:
    about = plan.phases, plan.digest, plan.dataset.metadata
    values = manifest_values(CRITIC, plan.config, config, parameters, *about)
    values["versions"]["peft"] = importlib.metadata.version("peft")
    card = partial(critic_card, config, plan)
    return Record(folder, values, plan.phases, card, is_main=is_main, is_new=is_new)


def _bits(machine: Machine) -> int:
    """Of frozen weights, where nothing was asked for."""
    return 16 if gpu_name(machine) is not None and torch.cuda.is_bf16_supported() else 32


def _texts(plan: CriticPlan) -> Iterator[str]:
    """What a tokenizer of its own should know: the rubric's words and the critiques."""
    rubric = plan.config.rubric
    yield layout(rubric)
    for attribute in rubric.attributes:
        yield f"{attribute.name}: {attribute.question} {attribute.low} {attribute.high}"
    for critique in plan.learned:
        yield from (f" {passage.text}" for passage in critique.passages.values())
        yield f" {critique.remarks}"
