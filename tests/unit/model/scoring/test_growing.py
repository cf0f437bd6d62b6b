"""Scores that grow with a process are those of a full pass, at the price of what is new."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from fixtures.judged import SMALL
from ppad_model import PPJudge
from ppad_model.assessor import Assessor
from ppad_model.registry import build_model
from ppad_model.scoring.growing import GrowingScores


@pytest.fixture(params=["ppjudge", "gru"])
def model(request: pytest.FixtureRequest) -> Assessor:
    if request.param == "ppjudge":
        return PPJudge.from_preset("tiny", **SMALL).eval()
    return build_model("gru-tiny", image_size=16, width=4, hidden=8).eval()


def frames(count: int, seed: int = 0) -> list[torch.Tensor]:
    generator = torch.Generator().manual_seed(seed)
    return [torch.randint(0, 256, (3, 16, 16), dtype=torch.uint8, generator=generator) for _ in range(count)]


def full_pass(model: Assessor, seen: list[torch.Tensor], reference: torch.Tensor | None) -> np.ndarray:
    with torch.inference_mode():
        return np.array(model(torch.stack(seen)[None], [reference]).scores[0].tolist())


def test_each_point_is_the_full_pass_over_the_frames_so_far(model: Assessor) -> None:
    seen, (reference,) = frames(5), frames(1, seed=9)
    curve = GrowingScores(model, reference)(list(enumerate(seen)))
    assert curve.shape == (5, 8)
    for count in range(1, 6):
        assert curve[count - 1] == pytest.approx(full_pass(model, seen[:count], reference), abs=1e-4)


def test_one_more_frame_costs_one_step(model: Assessor) -> None:
    seen, scores = frames(4), GrowingScores(model, None)
    scores(list(enumerate(seen[:3])))
    assert scores.steps == 3
    scores(list(enumerate(seen)))
    assert scores.steps == 4
    scores(list(enumerate(seen)))
    assert scores.steps == 4


def test_a_process_that_is_told_again_differently_is_scored_anew_from_where_it_differs(model: Assessor) -> None:
    seen, scores = frames(6), GrowingScores(model, None)
    scores([(number, seen[number]) for number in (0, 1, 2, 3)])
    curve = scores([(number, seen[number]) for number in (0, 1, 4, 5)])
    assert scores.steps == 4 + 2
    assert curve[-1] == pytest.approx(full_pass(model, [seen[number] for number in (0, 1, 4, 5)], None), abs=1e-4)
    shorter = scores([(0, seen[0])])
    assert shorter[0] == pytest.approx(full_pass(model, seen[:1], None), abs=1e-4)
    assert scores.steps == 6
