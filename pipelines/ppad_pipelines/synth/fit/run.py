"""Fitting the stroke planner to a reference: what is painted anew, searched, checked on what was held out, and said."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from ppad.errors import ConfigError, NoInputsError
from ppad.schema import canonical_json
from ppad.stages import Executor, Listener
from ppad.storage import Collection, write_text
from ppad.storage.digests import sha256_of
from ppad_pipelines.stats.measures import CURVES, NUMBERS, TITLES, Measured
from ppad_pipelines.synth.fit.search import PaintMotifs, Record, search
from ppad_pipelines.synth.fit.space import DEFAULTS, space_of
from ppad_pipelines.synth.fit.target import (
    STAGE_NAMES,
    Motif,
    Painted,
    Target,
    measured_painting,
    measured_reference,
    target_of,
)
from ppad_pipelines.synth.strokes.engine import MEDIA, NAME
from ppad_pipelines.synth.strokes.habits import Habits
from ppad_pipelines.synth.strokes.media import Medium

FEWEST = 4
"""Processes with a course that a reference must have: two to fit, two to hold out."""
_TITLES = TITLES | {name: f"{TITLES[name.removesuffix('_by_clock')]}, by the clock" for name in STAGE_NAMES}


@dataclass(frozen=True, slots=True)
class Wish:
    """How a fit is made.

    Attributes:
        medium: what is painted with; `any` takes the one whose usual habits come nearest.
        side: longer side at which everything is painted and measured, pixels.
        evaluations: habits that are tried, about.
        most: processes of the reference that are used, half of them held out.
        seed: of the choice, and of the search.
    """

    medium: str = "oil"
    side: int = 160
    evaluations: int = 96
    most: int = 32
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Fitted:
    """What came of a fit.

    Attributes:
        fitted_to, held_out: numbers of processes.
        before, after: distances in spreads on what was held out, by statistic: of usual habits, of the fitted ones.
    """

    medium: Medium
    habits: Habits
    fitted_to: int
    held_out: int
    before: dict[str, float]
    after: dict[str, float]

    @property
    def means(self) -> tuple[float, float]:
        """Mean distance before and after."""
        return float(np.mean(list(self.before.values()))), float(np.mean(list(self.after.values())))

    def rows(self) -> list[tuple[str, float, float]]:
        """Title of each statistic, with its distance before and after."""
        return [(_TITLES[name], self.before[name], self.after[name]) for name in self.before]

    def to_data(self) -> dict[str, Any]:
        """As JSON values."""
        before, after = self.means
        return {
            "medium": self.medium,
            "settings": settings_of(self.medium, self.habits),
            "fitted_to": self.fitted_to,
            "held_out": self.held_out,
            "before": {"mean": before, **self.before},
            "after": {"mean": after, **self.after},
        }


def record_file(out: Path) -> Path:
    """Where the evaluations of a search are written down."""
    return out.with_name(f"{out.stem}.search.jsonl")


def fit_planner(references: Sequence[Path], out: Path, wish: Wish, executor: Executor, listener: Listener) -> Fitted:
    """Fit habits to reference collections, and write them as settings of the stroke engine.

    Half of the processes are held out: the distances that are told are of those. A fit that is killed is continued by the same
    call.

    Raises:
        NotFoundError: a reference is no collection.
        NoInputsError: too few of its processes show a painting.
        WorkError: habits could not be tried.
        DiskFullError, NotWritableError: the place refuses.
    """
    motifs, held_out, measured = chosen(references, wish)
    has_clock = all(one.times is not None for one in measured.values())

    def reference(of: Sequence[Motif]) -> Painted:
        return Painted.of([measured[motif.process_id] for motif in of], has_clock=has_clock)

    media = MEDIA if wish.medium == "any" else (next(medium for medium in MEDIA if medium == wish.medium),)
    targets = {medium: _target(motifs, reference(motifs), medium, wish.side, has_clock=has_clock) for medium in media}
    medium = min(media, key=lambda name: targets[name][1])
    target = targets[medium][0]
    record = Record(record_file(out), _fingerprint(motifs, medium, wish.side))
    habits = search(
        target, medium, wish.side, space_of(medium, has_clock=has_clock), record, executor, listener,
        evaluations=wish.evaluations, seed=wish.seed,
    )  # fmt: skip
    fitted = _checked(held_out, reference(held_out), medium, habits, wish.side, len(motifs))
    write_text(out, as_yaml(fitted, references, wish))
    return fitted


def chosen(references: Sequence[Path], wish: Wish) -> tuple[list[Motif], list[Motif], dict[str, Measured]]:
    """Processes to fit to, processes to hold out, and what their painters did.

    Raises:
        NotFoundError: a reference is no collection.
        NoInputsError: too few of its processes show a painting.
    """
    everything = []
    for root in references:
        collection = Collection.open(root)
        everything += [(root, process_id) for process_id in collection.ids()]
    everything.sort(key=lambda pair: hashlib.sha256(f"{wish.seed} {pair[1]}".encode()).hexdigest())
    motifs: list[Motif] = []
    measured: dict[str, Measured] = {}
    for root, process_id in everything:
        if len(motifs) == wish.most:
            break
        frames = len(Collection(root).light_row(process_id)["frame_change"])
        motif = Motif(root, process_id, frames)
        one = measured_reference(motif, wish.side)
        if not one.is_static and process_id not in measured:
            motifs.append(motif)
            measured[process_id] = one
    if len(motifs) < FEWEST:
        raise NoInputsError(
            f"{len(motifs)} processes of the reference show a painting, and {FEWEST} are needed.", "Give more recordings."
        )
    return motifs[::2], motifs[1::2], measured


def settings_of(medium: Medium, habits: Habits) -> dict[str, Any]:
    """Habits as settings of `ppad synth strokes`."""
    return {"medium": medium, **{name: value for name, value in asdict(habits).items() if value is not None}}


def as_yaml(fitted: Fitted, references: Sequence[Path], wish: Wish) -> str:
    """The settings, and above them where they come from."""
    before, after = fitted.means
    names = ", ".join(path.resolve().name for path in references)
    head = [
        f"# Habits of the stroke planner ({NAME}), fitted to {names}: {fitted.fitted_to} processes, seed {wish.seed}.",
        f"# Mean distance of {fitted.held_out} held-out processes, in spreads: {before:.3f} before, {after:.3f} after.",
        "# Use: ppad synth strokes --config THIS_FILE …",
    ]
    return "\n".join(head) + "\n" + yaml.safe_dump(settings_of(fitted.medium, fitted.habits), sort_keys=False)


def refuse_unknown_medium(medium: str) -> None:
    """Refuse a medium that there is not.

    Raises:
        ConfigError: names those that there are.
    """
    if medium != "any" and medium not in MEDIA:
        raise ConfigError(f"There is no medium {medium!r}.", f"Choose one of: {', '.join(MEDIA)}, any.")


def _target(motifs: Sequence[Motif], reference: Painted, medium: Medium, side: int, *, has_clock: bool) -> tuple[Target, float]:
    """The target in a medium, and how far its usual habits are from it."""
    work = PaintMotifs(tuple(motifs), medium, side, has_clock)
    usual = _painted(work, DEFAULTS)
    target = target_of(motifs, reference, usual)
    return target, target.distance(usual)


def _painted(work: PaintMotifs, habits: Habits) -> Painted:
    measured = [measured_painting(motif, work.medium, habits, work.side) for motif in work.motifs]
    return Painted.of(measured, has_clock=work.has_clock)


def _checked(motifs: Sequence[Motif], reference: Painted, medium: Medium, habits: Habits, side: int, fitted_to: int) -> Fitted:
    """Distances before and after on processes that the search did not see."""
    work = PaintMotifs(tuple(motifs), medium, side, reference.by_clock is not None)
    usual = _painted(work, DEFAULTS)
    target = target_of(motifs, reference, usual)
    names = [statistic.id for statistic in (*CURVES, *NUMBERS)] + list(STAGE_NAMES if work.has_clock else ())
    before, after = (target.distances(painted) for painted in (usual, _painted(work, habits)))
    pairs = (dict(zip(names, map(float, values), strict=True)) for values in (before, after))
    return Fitted(medium, habits, fitted_to, len(motifs), *pairs)


def _fingerprint(motifs: Sequence[Motif], medium: Medium, side: int) -> str:
    """Of everything that an evaluation depends on besides the habits."""
    files = [sha256_of(Collection(motif.root).path_of(motif.process_id)) for motif in motifs]
    return hashlib.sha256(canonical_json([NAME, medium, side, files]).encode()).hexdigest()
