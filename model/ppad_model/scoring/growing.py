"""Scores of a process that grows frame by frame, and may be told again differently: what is the same is not computed again."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

import numpy as np
from numpy.typing import NDArray

from ppad_model.assessor import Assessor
from ppad_model.packages import Tensor, torch
from ppad_model.ppjudge.model import JudgeState, PPJudge

Floats = NDArray[np.float64]
Keyed = tuple[Hashable, Tensor]
"""A frame, (3, S, S) as the model takes it, and what it is known by: equal keys are equal frames."""


class GrowingScores:
    """Scores up to each frame of a process, by one model and for one reference.

    PPJudge keeps its state after every frame, so that one more frame costs one step. Other models look at all frames anew.

    Args:
        reference: (3, S, S), a prompt, or None.
    """

    def __init__(self, model: Assessor, reference: Tensor | str | None) -> None:
        self._model, self._reference = model, reference
        self._keys: list[Hashable] = []
        self._curve: list[Floats] = []
        self._states: list[JudgeState] = []
        self.steps = 0
        """Frames that were computed so far, repeated ones included."""

    def __call__(self, frames: Sequence[Keyed]) -> Floats:
        """(T, A) the scores up to each of these frames, on the scale. Frames that the last call began with cost nothing.

        Raises:
            WeightsError: the prompt needs a CLIP that is not on this machine.
        """
        same = 0
        while same < min(len(frames), len(self._keys)) and frames[same][0] == self._keys[same]:
            same += 1
        del self._keys[same:], self._curve[same:], self._states[same + 1 :]
        for place in range(same, len(frames)):
            self._curve.append(self._scored(frames, place))
            self._keys.append(frames[place][0])
            self.steps += 1
        return np.array(self._curve)

    def _scored(self, frames: Sequence[Keyed], place: int) -> Floats:
        if not isinstance(self._model, PPJudge):
            with torch.inference_mode():
                seen = torch.stack([frame for _, frame in frames[: place + 1]])[None]
                return _plain(self._model(seen, self._references()).scores)
        if not self._states:
            self._states.append(self._model.start(self._references(), batch_size=1))
        state, scores = self._model.step(self._states[-1], frames[place][1][None])
        self._states.append(state)
        return _plain(scores)

    def _references(self) -> list[Tensor | str | None]:
        return [self._reference]


def _plain(scores: Tensor) -> Floats:
    found: Floats = scores[0].double().cpu().numpy()
    return found
