"""The filters: each rejects what it is for, by name and number, and leaves painting alone."""

from __future__ import annotations

import numpy as np
import pytest

from ppad.media.images import Pixels
from ppad.signals.raster import Picture
from ppad_pipelines.synth.quality import ALL_REASONS, FILTERS, WITH_CHANGES_OF_MIND, Rejection, first_rejection
from ppad_pipelines.synth.strokes.media import MANNERS, Medium
from ppad_pipelines.synth.strokes.process import paint_process
from ppad_pipelines.synth.strokes.scene import draw_scene

MEDIA: list[Medium] = ["oil", "watercolour", "pencil", "ink", "digital"]


def growing(count: int = 8) -> list[Pixels]:
    """A canvas that is covered by squares of many colours, one column of them a frame."""
    colors = np.random.default_rng(0).integers(0, 256, (8, 8, 3), dtype=np.uint8)
    finished = np.kron(colors, np.ones((16, 16, 1), np.uint8))
    frames = []
    for number in range(count):
        frame = np.full_like(finished, 240)
        edge = 128 * number // (count - 1)
        frame[:, :edge] = finished[:, :edge]
        frames.append(frame)
    return frames


def shifted(frame: Pixels, *levels: int) -> Pixels:
    """Every pixel moved by the same levels of red, green and blue."""
    moved: Pixels = np.clip(frame.astype(int) + np.array(levels), 0, 255).astype(np.uint8)
    return moved


def reason_of(frames: list[Pixels], reasons: tuple[str, ...] = ALL_REASONS) -> str | None:
    rejection = first_rejection(frames, reasons)
    return None if rejection is None else rejection.reason


def test_a_canvas_that_is_covered_bit_by_bit_is_kept() -> None:
    assert reason_of(growing()) is None


@pytest.mark.parametrize("medium", MEDIA)
@pytest.mark.parametrize("frames", [2, 4, 12])
def test_what_the_stroke_engine_paints_is_kept(medium: Medium, frames: int) -> None:
    picture: Picture = draw_scene("a house by the sea at night", 96, 72, 1)
    assert reason_of(paint_process(picture, MANNERS[medium], 1, frames).frames) is None


def test_an_end_of_one_colour_is_blank() -> None:
    frames = growing()
    assert reason_of([*frames[:-1], np.full_like(frames[0], 90)]) == "blank"


def test_frames_that_repeat_are_duplicates() -> None:
    frames = growing(4)
    assert reason_of([frame for frame in frames for _ in range(2)]) == "duplicate-frames"


def test_a_standstill_is_named_though_noise_makes_every_frame_differ() -> None:
    frames = growing(6)
    rng = np.random.default_rng(1)
    noisy = [np.clip(frames[2] + rng.normal(0, 0.8, frames[2].shape), 0, 255).astype(np.uint8) for _ in range(8)]
    assert (
        reason_of([*frames[:3], *noisy, *frames[3:]], tuple(name for name in FILTERS if name != "duplicate-frames")) == "stalled"
    )


def test_everything_at_once_is_one_jump() -> None:
    frames = growing(40)
    assert reason_of([frames[0], frames[1], frames[2], frames[3], frames[-1]]) == "one-jump"


def test_a_frame_that_is_brighter_all_over_is_a_jump_of_brightness() -> None:
    frames = growing()
    frames[5] = shifted(frames[5] // 2 + 20, 70, 70, 70)
    assert reason_of([frame // 2 + 20 for frame in frames[:5]] + [frames[5]] + [frame // 2 + 20 for frame in frames[6:]]) == (
        "brightness-jump"
    )


def test_a_frame_with_a_tint_is_a_jump_of_colour() -> None:
    frames = [frame // 2 + 60 for frame in growing()]
    frames[-1] = shifted(frames[-1], 40, -18, 0)
    assert reason_of(frames) == "colour-jump"


def test_going_back_is_a_reason_except_for_engines_that_change_their_mind() -> None:
    frames = growing(9)
    back = [*frames[:7], *frames[2:6][::-1], *frames[5:]]
    assert reason_of(back) == "going-back"
    assert reason_of(back, WITH_CHANGES_OF_MIND) is None


def test_two_frames_are_too_few_to_judge_how_a_process_goes() -> None:
    frames = growing()
    assert reason_of([frames[0], frames[-1]]) is None


def test_a_rejection_says_what_was_measured_and_where_the_limit_is() -> None:
    rejection = first_rejection(growing(4)[:1] * 6 + growing(4)[1:], ["duplicate-frames"])
    assert rejection == Rejection("duplicate-frames", pytest.approx(5 / 8), 0.25)
    assert rejection.words == "duplicate-frames (0.625, limit 0.25)"


def test_only_the_filters_that_are_named_are_asked() -> None:
    frames = growing()
    assert first_rejection([*frames[:-1], np.full_like(frames[0], 90)], [name for name in FILTERS if name != "blank"]) is None
