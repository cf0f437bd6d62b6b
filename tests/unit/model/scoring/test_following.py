"""Following what grows: updates after key frames, an end, and the scores of a full pass."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch

from fixtures.judged import SMALL
from fixtures.paintings import grid_painting
from ppad.errors import NotFoundError, ShrunkError, TooFewFramesError, UnreadableMediaError
from ppad.media.encode import write_video
from ppad.media.images import Pixels, encode_image
from ppad_model import PPJudge
from ppad_model.data.pictures import as_tensor, to_square
from ppad_model.scoring.following import Patience, Update, follow
from ppad_model.scoring.growing import GrowingScores
from ppad_model.scoring.watching import Look, WatchedRecording, WatchedStills


class Told:
    """Something that shows one more state of the canvas at each look, and the last ones at the end."""

    name, is_noisy = "told", False

    def __init__(self, states: list[Pixels], at_the_end: int = 0) -> None:
        self._states, self._held, self.notes = states, at_the_end, list[str]()

    def poll(self, *, ended: bool = False) -> Iterator[Look]:
        count = len(self._states) if ended else int(len(self._states) > self._held)
        for _ in range(count):
            yield Look("", None, self._states.pop(0))


class Clock:
    """Moves by a second whenever it is looked at."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        self.seconds += 1
        return self.seconds


@pytest.fixture(scope="module")
def judge() -> PPJudge:
    torch.manual_seed(0)
    return PPJudge.from_preset("tiny", **SMALL).eval()


def followed(judge: PPJudge, watched: Told) -> list[Update]:
    patience = Patience(0, 3, threading.Event(), Clock())
    return list(follow(watched, GrowingScores(judge, None), judge.config, patience))


def full_pass(judge: PPJudge, looks: tuple[Look, ...]) -> np.ndarray:
    config = judge.config
    frames = torch.stack([as_tensor(to_square(look.pixels, config.image_size, config.fit)) for look in looks])
    with torch.inference_mode():
        return np.array(judge(frames[None], None).scores[0].tolist())


@pytest.mark.parametrize("cells", [3, 12])
def test_the_final_scores_are_those_of_a_full_pass_over_the_same_frames(judge: PPJudge, cells: int) -> None:
    states = list(grid_painting(cells=cells, frames_per_cell=1, pause=1))
    *updates, last = followed(judge, Told(states))
    assert last.is_final
    assert not any(update.is_final for update in updates)
    assert last.looked_at == 2 * cells + 2
    assert 2 <= len(last.looks) <= judge.config.max_frames
    assert last.curve[-1] == pytest.approx(full_pass(judge, last.looks), abs=1e-4)
    for count in range(1, len(last.looks)):
        assert last.curve[count - 1] == pytest.approx(full_pass(judge, last.looks[:count]), abs=1e-4)


def test_there_is_an_update_after_each_key_frame_and_none_after_a_pause(judge: PPJudge) -> None:
    updates = followed(judge, Told(list(grid_painting(cells=3, frames_per_cell=1, pause=2))))
    assert [len(update.looks) for update in updates] == [1, 2, 3, 4, 4]


def test_what_was_held_back_comes_at_the_end(judge: PPJudge) -> None:
    states = list(grid_painting(cells=3, frames_per_cell=1, pause=0))
    last = followed(judge, Told(states.copy(), at_the_end=2))[-1]
    assert last.looked_at == 4
    assert (last.looks[-1].pixels == states[-1]).all()


def test_nothing_or_a_single_state_is_no_process(judge: PPJudge) -> None:
    with pytest.raises(TooFewFramesError, match="told showed no state of the canvas"):
        followed(judge, Told([]))
    with pytest.raises(TooFewFramesError, match="a single state"):
        followed(judge, Told([np.zeros((8, 8, 3), np.uint8)]))


def test_ctrl_c_ends_the_waiting() -> None:
    stop = threading.Event()
    patience = Patience(60, None, stop)
    stop.set()
    assert not patience.wait(news=True)


def test_patience_ends_when_nothing_is_new_for_long_enough() -> None:
    patience = Patience(0, 3, threading.Event(), Clock())
    assert [patience.wait(news=news) for news in (False, True, False, False, False)] == [True, True, True, False, False]


def save(folder: Path, name: str, level: int) -> Path:
    file = folder / name
    file.write_bytes(encode_image(np.full((12, 16, 3), level, np.uint8), "png"))
    return file


def levels(looks: Iterator[Look]) -> list[int]:
    return [int(look.pixels[0, 0, 0]) for look in looks]


def test_a_still_is_taken_when_it_stayed_the_same_between_two_looks(tmp_path: Path) -> None:
    watched = WatchedStills(tmp_path)
    save(tmp_path, "step2.png", 20)
    assert levels(watched.poll()) == []
    assert levels(watched.poll()) == [20]
    assert levels(watched.poll()) == []
    save(tmp_path, "step10.png", 100)
    (tmp_path / "step11.png").write_bytes(encode_image(np.full((12, 16, 3), 110, np.uint8), "png")[:40])  # half-written
    watched_twice = [levels(watched.poll()), levels(watched.poll())]
    assert watched_twice == [[], [100]]


def test_stills_come_in_natural_order_and_none_overtakes_one_that_is_being_written(tmp_path: Path) -> None:
    watched = WatchedStills(tmp_path)
    for number in (9, 10, 11):
        save(tmp_path, f"step{number}.png", number)
    assert levels(watched.poll()) == []
    save(tmp_path, "step9.png", 90)  # still being written
    assert levels(watched.poll()) == []
    assert levels(watched.poll(ended=True)) == [90, 10, 11]


def test_late_and_damaged_stills_are_passed_by_with_a_note(tmp_path: Path) -> None:
    watched = WatchedStills(tmp_path)
    save(tmp_path, "b2.png", 2)
    assert levels(watched.poll(ended=True)) == [2]
    save(tmp_path, "b1.png", 1)
    (tmp_path / "b3.png").write_bytes(b"no picture")
    assert levels(watched.poll(ended=True)) == []
    assert [note.split(":")[0] for note in watched.notes] == ["b1.png was passed by", "b3.png was passed by"]


@pytest.mark.parametrize("lose", ["remove", "change", "folder"])
def test_a_still_that_goes_or_changes_after_it_was_scored_ends_with_an_error(tmp_path: Path, lose: str) -> None:
    folder = tmp_path / "stills"
    folder.mkdir()
    watched, file = WatchedStills(folder), save(folder, "a1.png", 1)
    list(watched.poll(ended=True))
    if lose == "change":
        file.write_bytes(file.read_bytes() + b"more")
    else:
        file.unlink()
    if lose == "folder":
        folder.rmdir()
    with pytest.raises(ShrunkError):
        list(watched.poll())


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Matroska file of 28 frames at 10 a second, a key picture each second."""
    file = tmp_path_factory.mktemp("recording") / "painting.mkv"
    frames = list(grid_painting(cells=5, frames_per_cell=3, pause=2, size=(64, 48)))
    write_video(file, frames, 10, options={"crf": "18", "preset": "ultrafast", "g": "10"})
    return file


def test_a_growing_recording_gives_each_moment_once_in_order(recording: Path, tmp_path: Path) -> None:
    data, file = recording.read_bytes(), tmp_path / "growing.mkv"
    file.write_bytes(data[:60])
    watched, seconds = WatchedRecording(file, 0.5), list[float]()
    for share in (0.02, 0.4, 0.4, 0.8, 1.0):
        file.write_bytes(data[: int(share * len(data))])
        seconds += [look.seconds or 0.0 for look in watched.poll()]
    seconds += [look.seconds or 0.0 for look in watched.poll(ended=True)]
    assert seconds == sorted(set(seconds))
    assert seconds[0] == 0
    assert seconds[-1] == pytest.approx(2.7)
    assert np.diff(seconds)[:-1].min() >= 0.5 - 1e-6
    assert len(seconds) == 7


def test_a_recording_that_shrinks_or_goes_ends_with_an_error(recording: Path, tmp_path: Path) -> None:
    file = tmp_path / "growing.mkv"
    file.write_bytes(recording.read_bytes())
    watched = WatchedRecording(file, 0.5)
    list(watched.poll())
    file.write_bytes(recording.read_bytes()[:1000])
    with pytest.raises(ShrunkError, match="shrank from"):
        list(watched.poll())
    file.unlink()
    with pytest.raises(ShrunkError, match="is gone"):
        list(watched.poll())


def test_a_recording_that_can_never_be_read_says_how_to_record(tmp_path: Path) -> None:
    file = tmp_path / "open.mp4"
    file.write_bytes(b"\0" * 500)
    watched = WatchedRecording(file, 0.5)
    assert list(watched.poll()) == []
    with pytest.raises(UnreadableMediaError, match="Record as Matroska"):
        list(watched.poll(ended=True))
    with pytest.raises(NotFoundError, match="There is no file"):
        WatchedRecording(tmp_path / "none.mkv", 0.5)
