"""What stands behind `--on ray://`: where the cluster is, and what one worker takes of it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from urllib.parse import parse_qsl

from ppad.errors import ConfigError


@dataclass(frozen=True, slots=True)
class Share:
    """What one worker takes of a node: CPUs and GPUs, in the numbers that Ray counts; a GPU may be shared by parts."""

    cpus: float = 1.0
    gpus: float = 0.0

    def fits(self, resources: dict[str, float]) -> int:
        """How many such workers there is room for in what `ray.cluster_resources` lists."""
        rooms = [resources.get("CPU", 0.0) / self.cpus] if self.cpus else []
        rooms += [resources.get("GPU", 0.0) / self.gpus] if self.gpus else []
        return int(min(rooms, default=1.0))

    def __str__(self) -> str:
        return f"{self.cpus:g} CPUs" + (f" and {self.gpus:g} GPUs" if self.gpus else "")


def parse_address(text: str | None) -> tuple[str | None, Share]:
    """Take `HOST:PORT?cpus=2&gpus=0.5` apart; every part may be missing.

    Returns:
        The address of the cluster, None where none is named; and what a worker takes.

    Raises:
        ConfigError: an option is unknown, or no number; or a worker would take nothing.
    """
    address, _, query = (text or "").partition("?")
    asked = {"cpus": 1.0, "gpus": 0.0}
    for name, value in parse_qsl(query, keep_blank_values=True):
        if name not in asked:
            raise ConfigError(f"{name!r} is no option of --on ray.", "There are two: ray://HOST:PORT?cpus=2&gpus=1")
        asked[name] = _amount(name, value)
    if not any(asked.values()):
        raise ConfigError("A worker that takes neither CPUs nor GPUs has no place.", "Leave out cpus, or ask for a GPU.")
    return address.strip("/") or None, Share(**asked)


def _amount(name: str, value: str) -> float:
    try:
        amount = float(value)
    except ValueError:
        amount = math.nan
    if not 0 <= amount < math.inf:
        raise ConfigError(f"{name}={value} is no number of {name}.", f"Write a number from 0: {name}=1")
    return amount
