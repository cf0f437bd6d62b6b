"""Settings of the diffusion engines."""

from __future__ import annotations

import subprocess
import sys

import pytest

from ppad.errors import ConfigError
from ppad_pipelines.synth.diffusion.configs import PaintsUndoConfig, ProcessPainterConfig


def test_operation_steps_are_painted_from_the_first_stroke_to_the_last() -> None:
    config = PaintsUndoConfig(operation_steps=(400, 999, 0))
    assert config.first_stroke_to_last() == (999, 400, 0)


def test_a_count_spreads_operation_steps_evenly_from_the_first_stroke() -> None:
    assert PaintsUndoConfig(operation_steps=4).first_stroke_to_last() == (999, 750, 500, 250)


@pytest.mark.parametrize(("text", "steps"), [("999,400", (999, 400)), ("2", (999, 500))])
def test_operation_steps_may_be_written_as_on_a_command_line(text: str, steps: tuple[int, ...]) -> None:
    assert PaintsUndoConfig.load(operation_steps=text).first_stroke_to_last() == steps


@pytest.mark.parametrize("steps", [(1000,), (-1,), (), 0, "first", "400,", (400, 400)])
def test_impossible_operation_steps_are_refused(steps: object) -> None:
    with pytest.raises(ConfigError, match="operation_steps"):
        PaintsUndoConfig.load(operation_steps=steps)


def test_a_process_is_no_longer_than_the_position_code_of_the_motion_modules() -> None:
    assert ProcessPainterConfig(frames=24).frames == 24
    with pytest.raises(ConfigError, match="'frames'"):
        ProcessPainterConfig.load(frames=25)


@pytest.mark.parametrize("device", ["gpu", "cuda:x", "cuda1"])
def test_a_device_has_a_name_that_torch_knows(device: str) -> None:
    with pytest.raises(ConfigError, match="'device'"):
        PaintsUndoConfig.load(device=device)


def test_the_settings_are_read_without_torch() -> None:
    code = "import sys, ppad_pipelines.synth.diffusion.configs; print('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "False\n"
