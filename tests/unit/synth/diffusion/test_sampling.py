"""Samplers over the published noise schedules."""

from __future__ import annotations

import numpy as np
import pytest

from ppad_pipelines.synth.diffusion.paints_undo_convert import BETAS as PAINTS_UNDO
from ppad_pipelines.synth.diffusion.processpainter_convert import BETAS as PROCESSPAINTER
from ppad_pipelines.synth.diffusion.sampling import make_scheduler

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")  # diffusers with NumPy 2


def test_paints_undo_goes_down_the_karras_ramp_of_its_published_sampler() -> None:
    """Published: rho 7 between the largest and smallest sigma of linear betas 0.00085–0.020, then zero."""
    alphas = np.cumprod(1 - np.linspace(0.00085, 0.020, 1000))
    low, high = (np.sqrt((1 - alphas[i]) / alphas[i]) ** (1 / 7) for i in (0, -1))
    ramp = (high + np.linspace(0, 1, 5) * (low - high)) ** 7

    scheduler = make_scheduler("dpmsolver++", PAINTS_UNDO)
    scheduler.set_timesteps(5)

    assert scheduler.sigmas.numpy() == pytest.approx([*ramp, 0], rel=1e-3)
    assert (scheduler.config.solver_order, scheduler.config.algorithm_type) == (2, "dpmsolver++")


def test_processpainter_samples_with_ddim_shifted_by_one() -> None:
    scheduler = make_scheduler("ddim", PROCESSPAINTER)
    scheduler.set_timesteps(50)
    assert scheduler.timesteps[0].item() == 981
    assert scheduler.betas[[0, -1]].tolist() == pytest.approx([0.00085, 0.012])
    assert scheduler.betas[500].item() == pytest.approx(0.00085 + 500 / 999 * (0.012 - 0.00085))
    assert scheduler.config.clip_sample is False
