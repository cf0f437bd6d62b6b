"""A process with its scores, as the picture and the JSON file tell it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ppad.media.images import Pixels, decode_image
from ppad.media.pictures import decode_frames
from ppad.plotting.facts import frame_places
from ppad.rubric import Attribute, Rubric, builtin_rubrics, load_rubric
from ppad.schema import ProcessRecord, process_to_row
from ppad_model.assessor import Assessor
from ppad_model.data.pictures import choose_frames
from ppad_model.packages import Tensor
from ppad_model.runs import Run
from ppad_model.scoring.growing import GrowingScores
from ppad_model.scoring.subjects import Subject
from ppad_model.scoring.watching import LONG_SIDE, Look
from ppad_model.settings import AssessorConfig

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Judge:
    """The run whose model scores, with what pictures and files say of it.

    Attributes:
        digest: SHA-256 of its weights.
        config: of its model.
        attributes: as people read them, in the order of the scores.
        errors: by attribute, root of the mean squared error on the run's own validation rows, points, where it says.
    """

    run: Run
    digest: str
    config: AssessorConfig
    attributes: tuple[Attribute, ...]
    errors: Mapping[str, float]

    @classmethod
    def of(cls, run: Run) -> Judge:
        """What is to be said of a run."""
        config = run.config()
        name = run.manifest.rubric
        rubric = load_rubric(name) if name in builtin_rubrics() else None
        found = run.manifest.validation.get("mse", {})
        errors = {name: float(value) ** 0.5 for name, value in found.items() if value is not None}
        return cls(run, run.digest(), config, tuple(_attribute(rubric, name) for name in config.attributes), errors)


@dataclass(frozen=True)
class Scored:
    """A process and its scores: T frames, A attributes.

    Attributes:
        looks: the frames that the model saw.
        numbers: (T,) their numbers among the key frames, from 1.
        key_frames: how many key frames there are.
        reference: picture, prompt, or None.
        curve: (T, A) the scores up to each frame, on the scale.
        rated: what raters said, by attribute.
        notes: what a user should know.
        is_final: whether the process has ended.
    """

    name: str
    judge: Judge
    looks: tuple[Look, ...]
    numbers: tuple[int, ...]
    key_frames: int
    reference: Pixels | str | None
    curve: Floats
    rated: Mapping[str, float] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    is_final: bool = True

    @cached_property
    def scores(self) -> dict[str, float]:
        """The scores of the whole process, by attribute."""
        return dict(zip(self.judge.config.attributes, self.curve[-1].tolist(), strict=True))

    def to_json(self) -> dict[str, Any]:
        """What the file says."""
        run, names = self.judge.run, self.judge.config.attributes
        frames = [
            {
                "key_frame": number,
                "place": look.place,
                "seconds": look.seconds,
                "scores": {name: round(float(value), 4) for name, value in zip(names, row, strict=True)},
            }
            for number, look, row in zip(self.numbers, self.looks, self.curve, strict=True)
        ]
        return {
            "process": self.name,
            "final": self.is_final,
            "scores": {name: round(value, 4) for name, value in self.scores.items()},
            "scale": [self.judge.config.score_low, self.judge.config.score_high],
            "rated": dict(self.rated),
            "key_frames": self.key_frames,
            "reference": "none" if self.reference is None else "prompt" if isinstance(self.reference, str) else "image",
            "frames": frames,
            "run": {
                "name": run.name,
                "model": run.manifest.model,
                "weights_sha256": self.judge.digest,
                "card": run.card(),
                "notices": run.notices(),
                "validation_rmse": dict(self.judge.errors),
            },
            "notes": list(self.notes),
        }


def score_subject(subject: Subject, judge: Judge, model: Assessor, frames: Tensor, reference: Tensor | str | None) -> Scored:
    """Score a process, frame by frame.

    Args:
        frames, reference: of the process, as `ReadExample.pictures` gives them.

    Raises:
        MediaError: a picture cannot be read.
        WeightsError: the prompt needs a CLIP that is not on this machine.
    """
    process = subject.process
    chosen = choose_frames(len(process.frames), judge.config.max_frames)
    curve = GrowingScores(model, reference)(list(enumerate(frames)))
    places, times = frame_places(process_to_row(process)), process.frame_time_s
    pictures = decode_frames(process, LONG_SIDE, select=chosen)
    return Scored(
        name=subject.name,
        judge=judge,
        looks=tuple(
            Look(places[number], times[number] if times else None, picture)
            for number, picture in zip(chosen, pictures, strict=True)
        ),
        numbers=tuple(number + 1 for number in chosen),
        key_frames=len(process.frames),
        reference=_shown_reference(process),
        curve=curve,
        rated=subject.rated,
        notes=tuple(process.provenance.notes or ()),
    )


def _shown_reference(process: ProcessRecord) -> Pixels | str | None:
    if process.reference_image is not None:
        return decode_image(process.reference_image.bytes, LONG_SIDE, f"The reference of {process.process_id}")
    return process.prompt


def _attribute(rubric: Rubric | None, name: str) -> Attribute:
    """The attribute as the rubric has it; of an unknown rubric, its name alone."""
    for attribute in rubric.attributes if rubric is not None else ():
        if attribute.id == name:
            return attribute
    title = name.replace("_", " ").capitalize()
    return Attribute(id=name, name=title, short=title, aspect="", level="low", question="", low="", high="")
