"""One recording becomes one process: drawn paintings whose strokes are known, and recordings that lack something."""

from __future__ import annotations

import hashlib
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from fixtures.paintings import Pixels, grid_painting, numbered_frames, read_number, write_painting
from fixtures.videos import with_burst
from ppad.errors import CropError, MediaError, TooFewFramesError
from ppad.keyframes.config import ExtractConfig
from ppad.media.encode import write_video
from ppad.media.images import decode_image, encode_image, image_size
from ppad.schema import ProcessRecord, check_process_rows, process_to_row
from ppad.stages import Job
from ppad.storage import Collection
from ppad_pipelines.extract.sidecar import Facts
from ppad_pipelines.extract.sources import Source
from ppad_pipelines.extract.work import ExtractWork, Recipe

ID = "castle-0123456789ab"


def extract(
    tmp_path: Path, *files: Path, facts: Facts | None = None, threads: int = 1, shares: list[float] | None = None, **settings: Any
) -> ProcessRecord:
    """The process that the work makes of these files."""
    recipe = Recipe(Source(files), facts or Facts(), "f" * 64, "0" * 12, Source(files).stamps())
    root = tmp_path / "collection"
    work = ExtractWork(root, ExtractConfig.load(**settings), threads)
    report = (lambda share: None) if shares is None else shares.append
    work(Job(ID, files[0].name, recipe), report)
    record = Collection(root).read(ID)
    assert check_process_rows([process_to_row(record)], ID) == []
    return record


def covered_cells(record: ProcessRecord, cells: int = 16) -> list[int]:
    """How many of the cells of a grid painting each key frame shows, whole or in part."""
    frames = [decode_image(frame.bytes) for frame in record.frames]
    return [round(cells * float((frame.min(axis=2) < 235).mean()) + 0.4) for frame in frames]


@pytest.fixture(scope="module")
def painting(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Sixteen cells, 160 frames at 30 a second, 128×96."""
    return write_painting(tmp_path_factory.mktemp("painting") / "Castle.mp4")


def test_the_key_frames_go_from_the_empty_to_the_finished_canvas_with_no_cell_left_to_guess(
    painting: Path, tmp_path: Path
) -> None:
    record = extract(tmp_path, painting, min_frames=4, max_frames=16)
    cells = covered_cells(record)
    assert (cells[0], cells[-1]) == (0, 16)
    assert 4 <= len(cells) <= 16
    assert all(1 <= step <= 4 for step in np.diff(cells))


def test_a_process_says_where_it_comes_from(painting: Path, tmp_path: Path, fixed_clock: None) -> None:
    record = extract(tmp_path, painting)
    assert (record.process_id, record.origin, record.reference_kind) == (ID, "real", "none")
    assert (record.width, record.height) == (128, 96)
    provenance = record.provenance
    assert (provenance.tool, provenance.source_name, provenance.source_sha256) == ("ppad", "Castle.mp4", "f" * 64)
    assert provenance.created_at == "2026-01-01T00:00:00Z"
    assert provenance.config_json == ExtractConfig().to_json()
    assert provenance.notes is None


def test_times_and_indices_are_those_of_the_source(painting: Path, tmp_path: Path) -> None:
    record = extract(tmp_path, painting)
    assert record.frame_index is not None
    assert (record.frame_index[0], record.frame_index[-1]) == (0, 164)
    assert record.frame_time_s == pytest.approx([index / 30 for index in record.frame_index], abs=1e-6)


def test_the_stored_frames_are_those_of_their_indices(tmp_path: Path) -> None:
    path = tmp_path / "numbered.mp4"
    write_video(path, numbered_frames(100), options={"preset": "ultrafast", "g": "30"})
    record = extract(tmp_path, path, min_frames=5, max_frames=12, codec="png")
    assert [read_number(decode_image(frame.bytes)) for frame in record.frames] == record.frame_index


def test_the_same_recording_gives_the_same_bytes_with_one_thread_and_with_two(
    painting: Path, tmp_path: Path, fixed_clock: None
) -> None:
    found = []
    for threads in (1, 2):
        extract(tmp_path / str(threads), painting, threads=threads)
        found.append(hashlib.sha256(Collection(tmp_path / str(threads) / "collection").path_of(ID).read_bytes()).hexdigest())
    assert found[0] == found[1]


def test_how_the_key_frames_were_chosen_is_kept_beside_them(painting: Path, tmp_path: Path) -> None:
    record = extract(tmp_path, painting)
    trace = Collection(tmp_path / "collection").trace(ID)
    assert trace is not None
    assert [trace.time_s[p] for p in trace.chosen] == pytest.approx(record.frame_time_s, abs=1e-3)
    assert len(trace.time_s) == len(trace.change) == 165
    assert 0 < trace.threshold < 1


def test_progress_rises_to_the_end(painting: Path, tmp_path: Path) -> None:
    shares: list[float] = []
    extract(tmp_path, painting, shares=shares)
    assert shares == sorted(shares)
    assert 0 < shares[0] < shares[-1] <= 1


def test_nothing_but_the_process_is_left(painting: Path, tmp_path: Path) -> None:
    extract(tmp_path, painting)
    files = [path.relative_to(tmp_path) for path in tmp_path.rglob("*") if path.is_file()]
    assert files == [Path(f"collection/processes/{ID}.parquet")]


@pytest.mark.parametrize(
    ("settings", "size"),
    [
        ({"size": 64}, (64, 48)),
        ({"size": 0}, (128, 96)),
        ({"crop": "32,24,64,48"}, (64, 48)),
        ({"rotate": 90}, (96, 128)),
        ({"rotate": 90, "crop": "0,0,96,64"}, (96, 64)),
    ],
    ids=str,
)
def test_frames_are_stored_as_the_settings_say(
    painting: Path, tmp_path: Path, settings: dict[str, Any], size: tuple[int, int]
) -> None:
    record = extract(tmp_path, painting, **settings)
    assert (record.width, record.height) == size
    assert {image_size(frame.bytes) for frame in record.frames} == {size}


def test_a_turn_is_clockwise(painting: Path, tmp_path: Path) -> None:
    """The first painted cell, left above, comes to stand right above."""
    last = decode_image(extract(tmp_path, painting, rotate=90).frames[1].bytes)
    assert last[4, -4].min() < 200
    assert last[-4, 4].min() > 235


@pytest.mark.parametrize(("codec", "head"), [("jpeg", b"\xff\xd8"), ("webp", b"RIFF"), ("png", b"\x89PNG")])
def test_frames_are_stored_in_the_wanted_codec(painting: Path, tmp_path: Path, codec: str, head: bytes) -> None:
    record = extract(tmp_path, painting, codec=codec)
    assert all(frame.bytes.startswith(head) for frame in record.frames)
    assert record.frames[3].path == f"{ID}/0003.{'jpg' if codec == 'jpeg' else codec}"


def test_a_crop_outside_the_picture_is_refused(painting: Path, tmp_path: Path) -> None:
    with pytest.raises(CropError, match="which is 128×96 upright"):
        extract(tmp_path, painting, crop="100,0,64,48")


def test_a_reference_image_is_stored_with_the_process(painting: Path, tmp_path: Path) -> None:
    reference = tmp_path / "ref.png"
    reference.write_bytes(encode_image(np.full((200, 400, 3), (200, 40, 40), dtype=np.uint8), "png"))
    record = extract(tmp_path, painting, facts=Facts(reference=str(reference), artist_id="artist-7", licence="CC0-1.0"), size=100)
    assert record.reference_kind == "image"
    assert record.reference_image is not None
    stored = decode_image(record.reference_image.bytes)
    assert stored.shape == (50, 100, 3)
    assert np.abs(stored[25, 50].astype(int) - [200, 40, 40]).max() <= 4
    assert (record.reference_image.path, record.artist_id, record.provenance.licence) == ("reference.jpg", "artist-7", "CC0-1.0")


def test_a_damaged_reference_image_is_refused_by_its_name(painting: Path, tmp_path: Path) -> None:
    (tmp_path / "ref.png").write_bytes(b"no picture")
    with pytest.raises(MediaError, match=r"^ref\.png holds no picture"):
        extract(tmp_path, painting, facts=Facts(reference=str(tmp_path / "ref.png")))


def test_a_prompt_is_stored_with_the_process(painting: Path, tmp_path: Path) -> None:
    record = extract(tmp_path, painting, facts=Facts(prompt="a castle at dusk", style="Impressionism", category="landscape"))
    assert (record.reference_kind, record.prompt, record.reference_image) == ("prompt", "a castle at dusk", None)
    assert (record.style, record.category) == ("Impressionism", "landscape")


def test_a_recording_in_which_nothing_happens_is_noted(tmp_path: Path) -> None:
    path = tmp_path / "still.mp4"
    write_video(path, [np.full((96, 128, 3), 180, dtype=np.uint8)] * 40)
    record = extract(tmp_path, path)
    assert record.provenance.notes == ["static: nothing visible changes"]
    assert record.frame_index == [0, 39]


def long_painting(path: Path) -> Path:
    """A painting of 165 frames with a closed key frame every 30."""
    options = {"preset": "ultrafast", "g": "30", "sc_threshold": "0"}
    write_video(path, grid_painting(size=(320, 240), noise=2.0), 30, options=options)
    return path


def test_a_damaged_recording_gives_what_is_sound_and_says_what_was_left_out(tmp_path: Path) -> None:
    path = with_burst(long_painting(tmp_path / "whole.mp4"), tmp_path / "damaged.mp4", seed=1)
    record = extract(tmp_path, path, min_frames=4, max_frames=16)
    (note,) = record.provenance.notes or []
    assert note.startswith("damaged: ")
    assert note.endswith(" of 165 sampled frames could not be decoded and were left out")
    trace = Collection(tmp_path / "collection").trace(ID)
    assert trace is not None
    assert len(trace.time_s) == 165 - int(note.split()[1])
    cells = covered_cells(record)
    assert (cells[0], cells[-1]) == (0, 16)


def test_a_cut_off_recording_gives_what_is_there_and_says_so(tmp_path: Path) -> None:
    whole = long_painting(tmp_path / "whole.mkv")
    path = tmp_path / "cut.mkv"
    path.write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
    record = extract(tmp_path, path, min_frames=4, max_frames=16)
    notes = record.provenance.notes or []
    assert notes[0].startswith("cut off: ends at ")
    assert covered_cells(record)[0] == 0
    assert 4 <= covered_cells(record)[-1] <= 12


def test_a_recording_of_one_frame_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "one.mp4"
    write_video(path, numbered_frames(1))
    with pytest.raises(TooFewFramesError, match=r"^one\.mp4 has a single frame\."):
        extract(tmp_path, path)


def test_a_recording_of_two_frames_is_a_process(tmp_path: Path) -> None:
    path = tmp_path / "two.mp4"
    write_video(path, numbered_frames(2))
    assert extract(tmp_path, path).frame_index == [0, 1]


@pytest.mark.parametrize("size", [(2, 2), (4, 2), (2, 400)])
def test_a_recording_of_a_few_pixels_is_a_process(tmp_path: Path, size: tuple[int, int]) -> None:
    path = tmp_path / "tiny.mkv"
    frames = [np.full((size[1], size[0], 3), level, dtype=np.uint8) for level in (0, 80, 160, 240)]
    write_video(path, frames, codec="ffv1", pixel_format="bgr0")
    record = extract(tmp_path, path)
    assert (record.width, record.height) == size
    assert len(record.frames) == 4


def test_stills_are_a_process_without_times(tmp_path: Path) -> None:
    canvases: list[Pixels] = list(grid_painting(9, frames_per_cell=1, pause=0))
    files = [tmp_path / f"step{number}.png" for number in range(len(canvases))]
    for file, canvas in zip(files, canvases, strict=True):
        Image.fromarray(canvas).save(file)
    record = extract(tmp_path, *files, min_frames=5, max_frames=10)
    assert record.frame_time_s is None
    assert record.frame_index is not None
    assert (record.frame_index[0], record.frame_index[-1]) == (0, 9)
    assert len(record.frames) >= 5


def test_a_clock_in_the_corner_moves_no_key_frame_when_it_is_masked(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    clean = [np.pad(frame, ((0, 0), (0, 64), (0, 0)), constant_values=255) for frame in grid_painting(9, frames_per_cell=2)]
    ticking = [frame.copy() for frame in clean]
    for frame in ticking:
        frame[:32, 160:] = rng.integers(0, 256)
    indices = []
    for name, frames, masked in (("clean", clean, False), ("plain", ticking, False), ("masked", ticking, True)):
        write_video(tmp_path / f"{name}.mp4", frames, options={"preset": "ultrafast", "crf": "10"})
        indices.append(extract(tmp_path / name, tmp_path / f"{name}.mp4", min_frames=3, mask_restless=masked).frame_index)
    assert indices[2] == indices[0]
    assert indices[1] != indices[0]


def test_the_work_travels_to_a_worker(tmp_path: Path) -> None:
    work = ExtractWork(tmp_path, ExtractConfig(crop=(0, 0, 5, 5)), 2)
    assert pickle.loads(pickle.dumps(work)) == work
    recipe = Recipe(Source((tmp_path / "a.mp4",)), Facts(style="Cubism"), "f" * 64, "0" * 12, ((1, 2),))
    assert pickle.loads(pickle.dumps(recipe)) == recipe


def test_a_recording_that_grows_while_it_is_read_is_refused(tmp_path: Path) -> None:
    video = write_painting(tmp_path / "growing.mp4", cells=4)
    source = Source((video,))
    recipe = Recipe(source, Facts(), "f" * 64, "0" * 12, source.stamps())
    with video.open("ab") as file:
        file.write(b"more")
    work = ExtractWork(tmp_path / "collection", ExtractConfig())
    with pytest.raises(MediaError, match="changed while it was read"):
        work(Job("growing-0123456789ab", "growing.mp4", recipe), lambda share: None)
    assert not (tmp_path / "collection" / "processes").exists()
