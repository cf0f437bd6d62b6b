"""The settings of extraction."""

from __future__ import annotations

import pytest

from ppad.errors import ConfigError
from ppad.keyframes.config import ExtractConfig


def refusal(**flags: object) -> str:
    with pytest.raises(ConfigError) as caught:
        ExtractConfig.load(**flags)
    return caught.value.message


def test_the_defaults_are_8_to_32_jpeg_frames_of_1024_pixels() -> None:
    config = ExtractConfig()
    assert (config.min_frames, config.max_frames, config.size, config.codec, config.quality) == (8, 32, 1024, "jpeg", 95)


def test_a_typo_is_named() -> None:
    assert refusal(min_frame=3) == "Unknown key 'min_frame', did you mean 'min_frames'?"


@pytest.mark.parametrize("crop", ["10,20,300,200", " 10, 20, 300, 200 ", (10, 20, 300, 200)])
def test_a_crop_is_four_numbers(crop: object) -> None:
    assert ExtractConfig.load(crop=crop).crop == (10, 20, 300, 200)


@pytest.mark.parametrize("crop", ["10,20,300", "10,20,300,-4", "a,b,c,d", "", "10 20 300 200"])
def test_a_crop_of_another_form_is_refused(crop: str) -> None:
    assert refusal(crop=crop) == f"'crop': give the crop as x,y,width,height in pixels, not {crop!r}."


def test_a_window_that_is_upside_down_is_refused() -> None:
    assert refusal(min_frames=9, max_frames=4) == "min_frames (9) is above max_frames (4)."


def test_a_stride_and_an_interval_exclude_one_another() -> None:
    assert refusal(every=5, seconds=2.0) == "give either every or seconds, not both."


@pytest.mark.parametrize(
    "flags",
    [
        {"min_frames": 1},
        {"max_frames": 1001},
        {"every": 0},
        {"seconds": 0},
        {"sensitivity": 0},
        {"sensitivity": 11},
        {"quality": 101},
        {"size": -1},
        {"rotate": 45},
        {"codec": "gif"},
        {"compare": "first"},
    ],
    ids=str,
)
def test_a_value_out_of_range_is_refused_by_its_name(flags: dict[str, object]) -> None:
    (name,) = flags
    assert refusal(**flags).startswith(f"'{name}': ")
