"""A critic on disk: settings and what was trained; or merged, as a model of transformers with a head beside it."""

from __future__ import annotations

import json
from pathlib import Path

from ppad.errors import ContractError, NotFoundError, RunError, WeightsError
from ppad.schema import json_value
from ppad.storage import storage_errors, write_bytes, write_text
from ppad.storage.atomic import make_folder
from ppad_model.critic.adapters import merge_adapters
from ppad_model.critic.base import TINY, Base, find_base, refuse_other_base
from ppad_model.critic.batches import GatherWorks
from ppad_model.critic.config import CriticConfig
from ppad_model.critic.model import Critic
from ppad_model.packages import SafetensorError, Tensor, safetensors
from ppad_model.runs import CRITIC, WEIGHTS_FILE, Run
from ppad_model.training.folder import BASE_FOLDER

CONFIG_FILE, HEAD_FILE, MERGED_FILE = "config.json", "critic_head.safetensors", "critic.json"


def save_critic(critic: Critic, folder: Path) -> None:
    """Write the settings and what was trained; each file whole at any moment.

    Raises:
        DiskFullError, NotWritableError: the place refuses.
    """
    write_text(folder / CONFIG_FILE, json.dumps(critic.config.model_dump(mode="json"), indent=2, ensure_ascii=False) + "\n")
    write_bytes(folder / WEIGHTS_FILE, _bytes(dict(critic.learned_state())))


class CriticRun:
    """A run of `ppad critic train` as others find it.

    Args:
        run: the run; its weights are `run.weights`.
    """

    def __init__(self, run: Run, config: CriticConfig) -> None:
        self.run, self.config = run, config

    @classmethod
    def open(cls, folder: Path) -> CriticRun:
        """A run with weights to use.

        Raises:
            RunError: the folder is no run of a critic, or its training has left no weights yet.
            ContractError, ConfigError: its settings are damaged.
        """
        run = Run.open(folder)
        if run.manifest.model != CRITIC:
            raise RunError(
                f"{folder} is a run of {run.manifest.model}, no critic.", "Use 'ppad score' and 'ppad evaluate' for it."
            )
        return cls(run, read_critic_config(run.weights))

    def base(self, place: str | None = None) -> Base:
        """What it stands on.

        Args:
            place: where the base is now: hub id or folder; None for where it was.

        Raises:
            WeightsError: it is not on this machine, or is another one.
        """
        trained = self.config.base
        own = self.run.folder / BASE_FOLDER
        found = find_base(place or (str(own) if trained.name == TINY else trained.name), None if place else trained.revision)
        refuse_other_base(found.facts, trained, self.run.weights)
        return found

    def load(self, device: str = "cpu", base: str | None = None) -> tuple[Critic, GatherWorks]:
        """The critic, ready to judge, and what makes batches for it.

        Raises:
            WeightsError: the base is not on this machine or another one, or a file is damaged.
            MissingExtraError, ConfigError: 4 bits are not possible here.
        """
        found = self.base(base)
        critic = open_critic(found, self.config)
        load_trained(critic, self.run.weights)
        gather = GatherWorks(self.config, found.tokens(), found.pictures(self.config.max_pixels))
        return (critic if self.config.bits == 4 else critic.to(device)).eval(), gather


def open_critic(base: Base, config: CriticConfig) -> Critic:
    """An untrained critic on a base; errors as `Base.network`."""
    return Critic(config, base.network(config.bits))


def read_critic_config(folder: Path) -> CriticConfig:
    """The settings of a saved critic.

    Raises:
        NotFoundError: the folder holds none.
        ContractError: the file is damaged.
        ConfigError: a setting is unknown or out of range.
    """
    file = folder / CONFIG_FILE
    if not file.is_file():
        raise NotFoundError(
            f"{folder} holds no critic: there is no {CONFIG_FILE}.", "Name the folder of a run: ppad critic train."
        )
    try:
        values = json_value(file.read_text("utf-8"))
    except ValueError as error:
        raise ContractError(f"{file} is no JSON: {error}", "Copy the run again.") from error
    if not isinstance(values, dict):
        raise ContractError(f"{file} is not the settings of a critic.", "Copy the run again.")
    return CriticConfig.load(**values)


def load_trained(critic: Critic, folder: Path) -> None:
    """Take over what was trained, tensor for tensor.

    Raises:
        WeightsError: the file is damaged, or does not fit the base.
    """
    file = folder / WEIGHTS_FILE
    try:
        critic.load_learned_state(safetensors.load_file(file))
    except (OSError, SafetensorError, RuntimeError) as error:
        raise WeightsError(
            f"The adapter in {file} does not fit {critic.config.base.name}: {error}",
            "Copy the run again, or name its base: --base",
        ) from error


def merge_critic(run: CriticRun, out: Path, base: str | None = None) -> None:
    """Write the base with the adapters merged into its weights, as transformers and other tools open it; the head lies beside.

    Raises:
        WeightsError: the base is not on this machine or another one, or the critic holds its weights in 4 bits.
        DiskFullError, NotWritableError: the place refuses.
    """
    if run.config.bits == 4:
        raise WeightsError(
            "Weights of 4 bits cannot be merged without loss.", "Train with --set critic.bits=16, or use the adapters."
        )
    found = run.base(base)
    critic, gather = run.load(base=base)
    merge_adapters(critic.network)
    make_folder(out)
    with storage_errors(out):
        critic.network.save_pretrained(out)
        gather.tokens.save(out)
        found.pictures(run.config.max_pixels).save_pretrained(out)
    head = {name: value for name, value in critic.state_dict().items() if not name.startswith("network.")}
    write_bytes(out / HEAD_FILE, _bytes(head))
    write_text(out / MERGED_FILE, json.dumps(run.config.model_dump(mode="json"), indent=2, ensure_ascii=False) + "\n")


def _bytes(state: dict[str, Tensor]) -> bytes:
    kept = {name: value.detach().cpu().contiguous() for name, value in state.items()}
    data: bytes = safetensors.save(kept, metadata={"format": "pt"})
    return data
