"""A unit of the design becomes process files."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from ppad import __version__
from ppad.media.images import encode_image
from ppad.schema import Picture, ProcessRecord, Provenance, canonical_json
from ppad.signals import rms_distance
from ppad.stages import Job, Planned, Progress, Skipped
from ppad.storage import Collection, timestamp
from ppad_pipelines.simulate.config import ENGINE
from ppad_pipelines.simulate.design import HELD_OUT, PARTS, Process
from ppad_pipelines.simulate.hands import MEDIA
from ppad_pipelines.simulate.recipe import GROUNDS, Recipe, Simulated, simulate
from ppad_pipelines.simulate.things import library
from ppad_pipelines.simulate.truth import NOTICE, severities, true_score

LICENCE = "CC0-1.0"
"""Of what the program paints."""


def plan_units(collection: Collection, processes: Sequence[Process]) -> Iterator[Planned]:
    """A job for each unit of which a process is missing; twins are made together, since they share their paint."""
    existing = set(collection.ids())
    units: dict[int, list[Process]] = {}
    for process in processes:
        units.setdefault(process.unit, []).append(process)
    for members in units.values():
        missing = tuple(process for process in members if process.id not in existing)
        for process in members:
            if process not in missing:
                yield Skipped(process.id, process.id, "done")
        if missing:
            label = missing[0].id + (f" and {len(missing) - 1} more" if len(missing) > 1 else "")
            yield Job(missing[0].id, label, missing, float(sum(process.recipe.frames for process in missing)))


@dataclass(frozen=True, slots=True)
class SimulateWork:
    """Makes the processes of a unit.

    Args:
        root: folder of the collection.
    """

    root: Path

    @property
    def places(self) -> tuple[Path, ...]:
        """Folders that all workers must see."""
        return (Collection(self.root).root,)

    def __call__(self, job: Job, progress: Progress) -> Mapping[str, Any]:
        members: Sequence[Process] = job.payload
        collection, frames = Collection(self.root), 0
        for number, process in enumerate(members, start=1):
            made = simulate(process.recipe)
            collection.write(record_of(process, made), process.identity[:12])
            frames += len(made.frames)
            progress(number / len(members))
        return {"processes": len(members), "key frames": frames}


def record_of(process: Process, made: Simulated) -> ProcessRecord:
    """The row of a simulated process."""
    recipe = process.recipe
    pictures = [Picture(bytes=encode_image(frame), path=f"{process.id}/{i:04d}.jpg") for i, frame in enumerate(made.frames)]
    height, width = made.frames[0].shape[:2]
    config = {"engine": ENGINE, "part": process.part, "held_out": process.held, "recipe": recipe.to_plain()}
    return ProcessRecord(
        process_id=process.id,
        origin="simulated",
        reference_kind="image",
        reference_image=Picture(bytes=encode_image(made.reference), path="reference.jpg"),
        frames=pictures,
        frame_change=[0.0, *(rms_distance(one, other) for one, other in pairwise(made.frames))],
        width=width,
        height=height,
        category=recipe.motif,
        style=recipe.medium,
        provenance=Provenance(
            tool="ppad",
            version=__version__,
            engine=ENGINE,
            config_json=canonical_json(config),
            source_name=f"unit {process.unit}" if process.unit >= 0 else "example",
            source_sha256=process.identity,
            created_at=timestamp(),
            licence=LICENCE,
            seed=recipe.scene,
            notes=[NOTICE, "synthetic: no person painted this"],
        ),
        controls=controls_of(process),
    )


def controls_of(process: Process) -> dict[str, float]:
    """Severities, true scores, nuisances, and where the process stands in the design, as numbers."""
    found = severities(process.recipe)
    return {
        **{f"true_{name}": true_score(value) for name, value in found.items()},
        **{f"severity_{name}": value for name, value in found.items()},
        **{f"nuisance_{name}": value for name, value in nuisances(process.recipe).items()},
        "unit": float(process.unit),
        "member": float(process.member),
        "part": float(PARTS.index(process.part)),
        **{f"ood_{name}": float(process.held == name) for name in HELD_OUT},
    }


def nuisances(recipe: Recipe) -> dict[str, float]:
    """What varies between processes and says nothing of a severity; names as their number in the list of all."""
    return {
        "motif": float(list(library().motifs).index(recipe.motif)),
        "medium": float(list(MEDIA).index(recipe.medium)),
        "ground": float(list(GROUNDS).index(recipe.ground)),
        "brush": recipe.brush,
        "light": recipe.light,
        **{f"palette_{name}": value for name, value in asdict(recipe.palette).items()},
        "outlined": float(recipe.outlined),
        "frames": float(recipe.frames),
        "pace": recipe.pace,
        "hue_total": recipe.jumps.hue_total,
    }
