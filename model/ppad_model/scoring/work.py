"""The stage behind `ppad score`: each process is read, scored, drawn and written."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from ppad.media.images import Pixels, encode_image
from ppad.stages import Job, Progress
from ppad.storage import write_bytes, write_text
from ppad_model.assessor import Assessor
from ppad_model.data import ReadExample
from ppad_model.ppjudge.explain import explain
from ppad_model.ppjudge.model import PPJudge
from ppad_model.scoring.explained import Effects, experts_sheet, explanation_sheet, judge_config
from ppad_model.scoring.picture import score_sheet
from ppad_model.scoring.scored import Judge, Scored, score_subject
from ppad_model.scoring.subjects import Given, Place

STAGE = "score"


@dataclass(frozen=True)
class Scoring:
    """The work of a job, whose payload is a `Place`.

    Args:
        out: folder of the results.
        given: a reference from the command line.
        explain: draw why, too.
        threads: that decode a recording.
        explained: what was explained so far.
    """

    judge: Judge
    out: Path
    given: Given
    explain: bool = False
    device: str = "cpu"
    threads: int = 1
    explained: list[Effects] = field(default_factory=list)

    def plan(self, places: Sequence[Place]) -> list[Job]:
        """One job a process."""
        return [Job(place.name, place.label, place) for place in places]

    def __call__(self, job: Job, progress: Progress) -> Mapping[str, Any]:
        """Score one process; see `Work`."""
        place: Place = job.payload
        subject = place.load(self.given, self.threads, lambda share: progress(0.6 * share))
        frames, reference = ReadExample(self.judge.config).pictures(subject.process)
        scored = score_subject(subject, self.judge, self.model, frames.to(self.device), _on(reference, self.device))
        progress(0.8)
        files = write_scored(scored, self.out)
        if self.explain and isinstance(self.model, PPJudge):
            found = explain(self.model, frames.to(self.device)[None], [_on(reference, self.device)])
            effects = Effects.of(found, judge_config(self.judge))
            self.explained.append(effects)
            files |= {"explanation": self._write(f"{scored.name}-explained.png", explanation_sheet(scored, effects))}
        return {"scores": {name: round(score, 2) for name, score in scored.scores.items()}, "files": files}

    def write_experts(self) -> str | None:
        """Draw the experts over all explained processes; None where there are not several, or no routed experts."""
        if len(self.explained) < 2 or not self.explained[0].depths:
            return None
        return self._write("experts.png", experts_sheet(self.judge, self.explained))

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
        """The model, loaded once."""
        return self.judge.run.load(self.device)


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
