"""Which processes a phase learns from, and which choose its best weights."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass

import numpy as np

from ppad.errors import UnratedError
from ppad.storage import Dataset
from ppad_model.data import Rows, hold_out, open_rows
from ppad_model.seen import Seen, Use, known_processes
from ppad_model.training.config import PHASES, LearningConfig, PhaseConfig, PhaseName


@dataclass(frozen=True, slots=True)
class Phase:
    """One phase with its processes.

    Attributes:
        number: its place among the phases of this training, from 0.
        learn: what weights are fitted to.
        held: what the best weights are chosen by; may be empty.
    """

    name: PhaseName
    number: int
    config: PhaseConfig
    learn: Rows
    held: Rows


def rated_rows(dataset: Dataset, attributes: Sequence[str], *, adjusted: bool) -> dict[PhaseName, Rows]:
    """The rated rows of the two splits, those that there are.

    Raises:
        UnratedError: there is none.
        RubricError, ContractError: as `open_rows`.
    """
    found: dict[PhaseName, Rows] = {}
    for name in PHASES:
        if name in dataset.splits:
            rows = open_rows(dataset, name, attributes, adjusted=adjusted).rated()
            if len(rows):
                found[name] = rows
    if not found:
        raise _unrated(dataset)
    return found


def make_phases(rated: dict[PhaseName, Rows], config: LearningConfig) -> list[Phase]:
    """The phases that have processes and epochs.

    A component that is held out in one phase takes part in none: a synthetic twin of a real painting would give it away.

    Raises:
        UnratedError: no phase is left.
    """
    wanted = {name: rows for name, rows in rated.items() if config.phase(name).epochs}
    if "pretrain" in wanted:
        wanted["pretrain"] = _share(wanted["pretrain"], config.synthetic_share, config.seed)
    held = {group for rows in wanted.values() for group in hold_out(rows, config.validation, config.seed)[1].groups}
    phases: list[Phase] = []
    for name, rows in wanted.items():
        is_held = np.array([group in held for group in rows.groups], dtype=bool)
        learn = rows.take(~is_held)
        if len(learn):
            phases.append(Phase(name, len(phases), config.phase(name), learn, rows.take(is_held)))
    if not phases:
        raise UnratedError("No phase has a process to learn from.", "Set its epochs above 0, or build a larger dataset.")
    return phases


def seen_by(phases: Sequence[Phase]) -> Iterator[Seen]:
    """Every process that has a part in the training, with its ties to others."""
    for phase in phases:
        parts: tuple[tuple[Rows, Use], ...] = ((phase.learn, "train"), (phase.held, "validation"))
        for rows, use in parts:
            for known in known_processes(rows.dataset, rows.ids):
                yield Seen(**asdict(known), use=use, phase=phase.number)


def _share(rows: Rows, share: float, seed: int) -> Rows:
    """About that share of the rows, in whole components; a larger share holds those of a smaller one."""
    limit = share * 2**64

    def place(group: str) -> int:
        return int.from_bytes(hashlib.sha256(f"{seed}/share/{group}".encode()).digest()[:8], "big")

    return rows if share == 1 else rows.take(np.array([place(group) < limit for group in rows.groups], dtype=bool))


def _unrated(dataset: Dataset) -> UnratedError:
    """What to do about a dataset without ratings, in the words that fit it."""
    if not any(name in dataset.splits for name in PHASES):
        splits = ", ".join(dataset.splits)
        return UnratedError(
            f"{dataset.root} has nothing to learn from: only {splits}.", "Build it from more processes: ppad build"
        )
    return UnratedError(
        f"{dataset.root} has no scores: none of its processes was rated.",
        "Gather ratings (ppad annotate) and build it again with --ratings; or learn from a simulated one: ppad simulate.",
    )
