"""Real recordings: what holds for drawn paintings holds outside."""

from __future__ import annotations

import io
import itertools
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from fixtures.runs import extract
from ppad.schema import ProcessRecord
from ppad.storage import Collection

RECORDED_TWICE = (
    "flutter_drawing_board_1", "flutter_drawing_board_3", "flutter_drawing_board_6", "krita_color_mix", "krita_color_scumble2",
    "mixbox_palette_watercolor", "scribble_app_strokes",
)  # fmt: skip


def _one(real_data: Path, out: Path, name: str, **settings: object) -> ProcessRecord:
    extract([real_data / "process_videos" / name], out, **settings)
    collection = Collection.open(out)
    return collection.read(collection.ids()[0])


def _pixels(record: ProcessRecord) -> list[np.ndarray]:
    return [np.asarray(Image.open(io.BytesIO(frame.bytes)).convert("RGB")).astype(float) for frame in record.frames]


@pytest.mark.parametrize("name", RECORDED_TWICE)
def test_a_gif_and_its_variable_rate_mp4_show_the_same_moments(real_data: Path, tmp_path: Path, name: str) -> None:
    gif = _one(real_data, tmp_path / "gif", f"human/{name}.gif")
    mp4 = _one(real_data, tmp_path / "mp4", f"human_vfr_mp4/{name}.mp4")
    assert gif.frame_time_s is not None
    assert mp4.frame_time_s is not None
    assert abs(len(gif.frames) - len(mp4.frames)) <= 1
    near = [min(abs(time - other) for other in mp4.frame_time_s) <= 0.3 for time in gif.frame_time_s]
    assert np.mean(near) >= 0.8


def test_a_canvas_that_is_erased_gives_key_frames_like_one_that_is_painted(real_data: Path, tmp_path: Path) -> None:
    record = _one(real_data, tmp_path / "c", "human/flutter_drawing_board_6.gif")
    whiteness = [float((frame > 245).all(axis=2).mean()) for frame in _pixels(record)]
    assert len(record.frames) >= 8
    assert whiteness[-1] > whiteness[0] + 0.15


def test_a_drawing_grows_from_key_frame_to_key_frame(real_data: Path, tmp_path: Path) -> None:
    record = _one(real_data, tmp_path / "c", "quickdraw_replay/dev_castle.mp4")
    ink = [float((frame < 128).mean()) for frame in _pixels(record)]
    assert ink[0] == 0.0
    assert all(later > earlier for earlier, later in itertools.pairwise(ink))


def test_no_two_neighbouring_key_frames_are_alike(real_data: Path, tmp_path: Path) -> None:
    for name in ("quickdraw_replay/dev_owl.mp4", "human/krita_cumulative_undo.mp4", "neural/learningtopaint_lisa.gif"):
        record = _one(real_data, tmp_path / Path(name).stem, name)
        assert min(record.frame_change[1:]) > 0.01


def test_a_folder_of_stills_keeps_every_still_that_differs(real_data: Path, tmp_path: Path) -> None:
    record = _one(real_data, tmp_path / "c", "sequences/krita_clipping")
    assert len(record.frames) == 7
    assert record.frame_time_s is None
    assert record.frame_index == list(range(7))


def test_a_crop_leaves_the_toolbar_of_a_screen_recording_out(real_data: Path, tmp_path: Path) -> None:
    record = _one(real_data, tmp_path / "c", "human/flutter_drawing_board_1.gif", crop=(10, 120, 380, 400))
    assert (record.width, record.height) == (380, 400)
    top_rows = _pixels(record)[0][:5]
    assert top_rows.mean() > 200  # paper, not the dark bar of the app
