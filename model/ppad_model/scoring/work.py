"""The stage behind `ppad score`: each process is read, scored, drawn and written."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from ppad.media.images import Pixels, encode_image
from ppad.stages import Job, Progress, Report
from ppad.storage import write_bytes, write_text
from ppad_model.assessor import Assessor
from ppad_model.data import ReadExample
from ppad_model.devices import usual_device
from ppad_model.ppjudge.explain import explain
from ppad_model.ppjudge.model import PPJudge
from ppad_model.scoring.explained import Effects, experts_sheet, explanation_sheet, judge_config
from ppad_model.scoring.picture import score_sheet
from ppad_model.scoring.scored import Judge, Scored, score_subject
from ppad_model.scoring.subjects import Given, Place

STAGE = "score"
EFFECTS = "effects"
"""Entry of a summary: what had a part in the scores."""


@dataclass(frozen=True)
class Scoring:
    """The work of a job, whose payload is a `Place`.

    Args:
        out: folder of the results.
        given: a reference from the command line.
        explain: draw why, too.
        device: cpu or cuda; None for the GPU of the machine that scores, where there is one.
        threads: that decode a recording.
    """

    judge: Judge
    out: Path
    given: Given
    explain: bool = False
    device: str | None = None
    threads: int = 1

    @property
    def places(self) -> tuple[Path, ...]:
        """Folders that all workers must see."""
        return (self.out, self.judge.run.folder)

    def plan(self, places: Sequence[Place]) -> list[Job]:
        """One job a process."""
        return [Job(place.name, place.label, place) for place in places]

    def __call__(self, job: Job, progress: Progress) -> Mapping[str, Any]:
        """Score one process; see `Work`."""
        place: Place = job.payload
        subject = place.load(self.given, self.threads, lambda share: progress(0.6 * share))
        frames, reference = ReadExample(self.judge.config).pictures(subject.process)
        scored = score_subject(subject, self.judge, self.model, frames.to(self.used), _on(reference, self.used))
        progress(0.8)
        files = write_scored(scored, self.out)
        summary = {"scores": {name: round(score, 2) for name, score in scored.scores.items()}, "files": files}
        if self.explain and isinstance(self.model, PPJudge):
            found = explain(self.model, frames.to(self.used)[None], [_on(reference, self.used)])
            effects = Effects.of(found, judge_config(self.judge))
            files["explanation"] = self._write(f"{scored.name}-explained.png", explanation_sheet(scored, effects))
            summary[EFFECTS] = effects
        return summary

    def write_experts(self, explained: Sequence[Effects]) -> str | None:
        """Draw the experts over all explained processes; None where there are not several, or no routed experts."""
        if len(explained) < 2 or not explained[0].depths:
            return None
        return self._write("experts.png", experts_sheet(self.judge, explained))

    def _write(self, name: str, pixels: Pixels) -> str:
        write_bytes(self.out / name, encode_image(pixels, "png"))
        return str(self.out / name)

    def check_explicable(self) -> None:
        """Refuse to explain a model that cannot be explained.

        Raises:
            ConfigError: it is no PPJudge.
        """
        judge_config(self.judge)

    @cached_property
    def model(self) -> Assessor:
        """The model, loaded once a process."""
        return self.judge.run.load(self.used)

    @cached_property
    def used(self) -> str:
        """The device that is used."""
        return self.device or usual_device()


def in_order(report: Report, plan: Sequence[Job]) -> list[Effects]:
    """Put what was done into the order of the plan, and take out what only pictures need: the effects that were found."""
    order = {job.id: number for number, job in enumerate(plan)}
    report.done.sort(key=lambda done: order[done[0].id])
    effects = [summary[EFFECTS] for _, summary in report.done if EFFECTS in summary]
    report.done = [(job, {name: value for name, value in summary.items() if name != EFFECTS}) for job, summary in report.done]
    return effects


def write_scored(scored: Scored, out: Path) -> dict[str, str]:
    """Write picture and JSON; where they are.

    Raises:
        DiskFullError, NotWritableError: the place refuses.
    """
    picture, data = out / f"{scored.name}.png", out / f"{scored.name}.json"
    write_bytes(picture, encode_image(score_sheet(scored), "png"))
    write_text(data, json.dumps(scored.to_json(), indent=2, ensure_ascii=False) + "\n")
    return {"picture": str(picture), "json": str(data)}


def _on(reference: Any, device: str) -> Any:
    return reference if reference is None or isinstance(reference, str) else reference.to(device)
