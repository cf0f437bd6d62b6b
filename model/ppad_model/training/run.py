"""`ppad train` without its command line: a dataset in, a run's folder out."""

from __future__ import annotations

import json
import platform
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from ppad.errors import ConfigError, LockedError, PpadError
from ppad.storage import Dataset, write_text
from ppad_model.assessor import Assessor
from ppad_model.baselines.closed_form import ClosedForm
from ppad_model.card import training_section
from ppad_model.packages import torch
from ppad_model.registry import build_model, load_model, model_config
from ppad_model.training.checkpoint import FILE as CHECKPOINT_FILE
from ppad_model.training.config import TrainConfig
from ppad_model.training.curves import draw_curves
from ppad_model.training.examples import Batch, ExampleMaker
from ppad_model.training.logs import EpochRow, RunLog
from ppad_model.training.packages import Accelerator, DistributedDataParallelKwargs
from ppad_model.training.plan import Phase, TrainingPlan, make_plan
from ppad_model.training.trainer import Means, Trainer
from ppad_model.training.validation import Validation, predict, validate
from ppad_model.training.view import TrainingView

RUN_FILE = "train.json"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run came to.

    Attributes:
        run: its folder, which holds the model.
        model: its name.
        plan: what it learned from.
        validation: error of the kept model on the processes that the last phase held out; None without any.
    """

    run: Path
    model: str
    plan: TrainingPlan
    validation: Validation | None


def train(dataset: Path, config: TrainConfig, means: Means, device: str, view: TrainingView) -> Outcome:
    """Train a model, or go on with a run that was stopped; under torchrun, on every rank.

    Args:
        dataset: the dataset's folder.
        config: settings.
        means: folder of the run, threads, checkpoints.
        device: `auto`, `cpu` or `cuda`.
        view: shows the run.

    Raises:
        NotFoundError, ContractError: the dataset cannot be read.
        NoRatingsError: nothing in it has a score.
        ConfigError: the settings do not fit, or differ from those that the run's folder was begun with.
        LockedError: another run works in the folder.
    """
    accelerator = _accelerator(config, device)
    opened = Dataset.open(dataset)
    plan = make_plan(opened, config, model_config(config.model, **config.settings).attributes)
    lock = FileLock(means.run / ".lock")
    if accelerator.is_main_process:
        means.run.mkdir(parents=True, exist_ok=True)
        try:
            lock.acquire(timeout=0)
        except Timeout as error:
            raise LockedError(f"Another run is training in {means.run}.", "Wait for it, or choose another --out.") from error
    try:
        return _train(accelerator, opened, plan, config, means, view)
    finally:
        lock.release()


def _train(
    accelerator: Accelerator, dataset: Dataset, plan: TrainingPlan, config: TrainConfig, means: Means, view: TrainingView
) -> Outcome:
    if accelerator.is_main_process:
        _begin(means.run, dataset, config, accelerator)
    accelerator.wait_for_everyone()
    for note in plan.notes:
        view.note(note)
    torch.manual_seed(config.seed)
    model = build_model(config.model, **config.settings)
    if isinstance(model, ClosedForm):
        if accelerator.is_main_process:
            _fit(model, plan.phases, dataset, means, view)
    else:
        Trainer(accelerator, model, plan.phases, config, dataset, means, view).run()
    accelerator.wait_for_everyone()
    return _finish(accelerator, dataset, plan, config, means)


def _fit(model: ClosedForm, phases: tuple[Phase, ...], dataset: Dataset, means: Means, view: TrainingView) -> None:
    """Fit a model that has no gradients: it sees every training process of the last phase once."""
    phase, make = phases[-1], ExampleMaker(model.config, means.cache_bytes)
    view.begin(phase, 1, 0)
    for one in sorted(phase.training, key=dataset.index_of):
        try:
            batch = Batch.of([make(dataset.read(one))])
        except PpadError as error:
            view.note(f"Left out: {error.message} [{error.code}]")
            continue
        model.observe(batch.frames, batch.references, batch.targets, lengths=batch.lengths)
    model.fit()
    model.save_pretrained(means.run)
    found = validate(predict(model, dataset, phase.validation, make, torch.device("cpu")))
    log = RunLog(means.run, 0, 0)
    log.epoch(EpochRow(0, phase.name, 1, None, found.mse if found else None, found.srcc if found else None, 0.0, 0.0, 0.0))
    log.close()


def _finish(accelerator: Accelerator, dataset: Dataset, plan: TrainingPlan, config: TrainConfig, means: Means) -> Outcome:
    """Validate the kept model once more as it will be loaded; draw the curves, write the card."""
    found = None
    if accelerator.is_main_process:
        model = load_model(means.run).to(accelerator.device)
        phase = plan.phases[-1]
        make = ExampleMaker(model.config, 0)
        found = validate(predict(model, dataset, phase.validation, make, accelerator.device))
        draw_curves(means.run)
        _write_card(model, plan, config, found, means.run)
    accelerator.wait_for_everyone()
    return Outcome(means.run, config.model, plan, found)


def _begin(run: Path, dataset: Dataset, config: TrainConfig, accelerator: Accelerator) -> None:
    """Note what the run is; refuse a folder that was begun with other settings, another dataset or other ranks."""
    wanted = {
        "config": config.model_dump(mode="json"), "dataset": dataset_identity(dataset), "ranks": accelerator.num_processes,
    }  # fmt: skip
    file = run / RUN_FILE
    if file.is_file():
        begun = json.loads(file.read_text("utf-8"))
        changed = [name for name in ("dataset", "ranks") if begun.get(name) != wanted[name]]
        old, new = begun.get("config", {}), wanted["config"]
        changed += sorted(name for name in old.keys() | new.keys() if old.get(name) != new.get(name))
        if changed:
            raise ConfigError(
                f"{run} was begun with other settings: {', '.join(changed)}.", "Choose another --out, or remove the folder."
            )
        return
    if (run / CHECKPOINT_FILE).exists():
        raise ConfigError(f"{run} holds a checkpoint, but no {RUN_FILE}.", "Choose another --out, or remove the folder.")
    packages = {name: version(name) for name in ("ppad", "torch", "accelerate", "transformers")}
    machine = {"device": str(accelerator.device), "precision": accelerator.mixed_precision, "python": platform.python_version()}
    write_text(file, json.dumps(wanted | {"machine": machine, "packages": packages}, indent=2) + "\n")


def dataset_identity(dataset: Dataset) -> dict[str, Any]:
    """What tells one dataset from another: rows by split, and the checksum of its checksums."""
    import hashlib

    sums = dataset.root / "SHA256SUMS"
    digest = hashlib.sha256(sums.read_bytes()).hexdigest() if sums.is_file() else None
    return {"rows": {split: dataset.count(split) for split in dataset.splits}, "sha256": digest}


def _write_card(model: Assessor, plan: TrainingPlan, config: TrainConfig, found: Validation | None, run: Path) -> None:
    phases = [(phase.name, len(phase.training), len(phase.validation)) for phase in plan.phases]
    error = None if found is None else (found.mse, found.srcc)
    write_text(
        run / "README.md", str(model.generate_model_card()) + training_section(phases, error, config.model_dump(mode="json"))
    )


def _accelerator(config: TrainConfig, device: str) -> Accelerator:
    has_cuda = torch.cuda.is_available()
    if device == "cuda" and not has_cuda:
        raise ConfigError("There is no device cuda here.", "Use --device cpu, or auto to take the best there is.")
    cpu = device == "cpu" or not has_cuda
    precision = config.precision if config.precision != "auto" else ("float32" if cpu else "bfloat16")
    names = {"float32": "no", "bfloat16": "bf16", "float16": "fp16"}
    ranks = DistributedDataParallelKwargs(find_unused_parameters=True, broadcast_buffers=False)
    return Accelerator(cpu=cpu, mixed_precision=names[precision], kwargs_handlers=[ranks])
