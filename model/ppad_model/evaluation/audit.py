"""The leak audit: has a model seen what it is measured on? It comes before any figure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ppad.errors import LeakError
from ppad.storage import Dataset
from ppad_model.seen import Known, Seen, Use, group_ids, known_processes

LEAKS = ("seen", "chosen", "tied", "unknown")
"""Kinds of leaks, by which they are allowed."""

_MEANING = {
    "seen": "{run} was trained on {count} of the evaluated processes",
    "chosen": "{run} chose its weights by {count} of the evaluated processes",
    "tied": "{count} of the evaluated processes share something with what {run} was trained on",
    "unknown": "{run} does not say what it was trained on, so that any of the {count} evaluated processes may have been seen",
}


@dataclass(frozen=True, slots=True)
class Leak:
    """Evaluated processes that a run had a part of.

    Attributes:
        run: name of the run.
        kind: `seen` (fitted to), `chosen` (validated on), `tied` (of one component, reference, source, prompt or artist with one
            of these), or `unknown` (the run does not say).
        ids: the evaluated processes; each stands under the first kind that holds.
        example: one of them, with what it shares; empty for `unknown`.
    """

    run: str
    kind: str
    ids: tuple[str, ...]
    example: str

    def sentence(self) -> str:
        """What is wrong, in words."""
        said = _MEANING[self.kind].format(run=self.run, count=len(self.ids))
        return f"{said}: {self.example}" if self.example else said


def find_leaks(run: str, seen: Sequence[Seen] | None, dataset: Dataset, ids: Sequence[str]) -> list[Leak]:
    """All leaks between a run and the evaluated processes.

    Args:
        run: name of the run.
        seen: what it was trained on; None where it does not say.
        ids: of the evaluated processes.

    Raises:
        ContractError: the dataset is damaged.
    """
    if seen is None:
        return [Leak(run, "unknown", tuple(ids), "")]
    uses = {
        row.process_id: row.use for row in sorted(seen, key=lambda row: row.use != "validation")
    }  # what was trained on counts first
    shared = _ties(seen, dataset)
    found: dict[str, list[tuple[str, str]]] = {kind: [] for kind in LEAKS}
    for known in known_processes(dataset, ids):
        kind, example = _kind(known, uses, shared)
        if kind:
            found[kind].append((known.process_id, example))
    return [Leak(run, kind, tuple(name for name, _ in leaks), leaks[0][1]) for kind, leaks in found.items() if leaks]


def refuse_leaks(leaks: Sequence[Leak], allowed: Sequence[str]) -> None:
    """Refuse leaks of kinds that were not allowed by name.

    Raises:
        LeakError: there are some.
    """
    refused = [leak for leak in leaks if leak.kind not in allowed]
    if refused:
        sentence = "; ".join(leak.sentence() for leak in refused)
        kinds = " ".join(f"--allow-leak {kind}" for kind in dict.fromkeys(leak.kind for leak in refused))
        raise LeakError(f"{sentence}.", f"Evaluate on rows held out of the training, or say that you know: {kinds}")


def _kind(known: Known, uses: Mapping[str, Use], shared: Mapping[tuple[str, str], str]) -> tuple[str, str]:
    """The first kind of leak that holds for a process, with an example in words; empty for none."""
    use = uses.get(known.process_id)
    if use is not None:
        return "seen" if use == "train" else "chosen", known.process_id
    for tie in (("the component", known.group_id), *known.ties()):
        if tie in shared:
            return "tied", f"{known.process_id} has {tie[0]} of {shared[tie]}"
    return "", ""


def _ties(seen: Sequence[Seen], dataset: Dataset) -> dict[tuple[str, str], str]:
    """What could tie a process to those that were seen, and to which. Components are those of the evaluated dataset."""
    shared = {tie: row.process_id for row in seen for tie in row.ties()}
    groups = group_ids(dataset)
    return shared | {("the component", groups[row.process_id]): row.process_id for row in seen if row.process_id in groups}
