"""Every odd file ends in a correct process or in one clear line: never in a crash, and never in silence."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from fixtures.runs import extract, keyframe_count
from ppad.storage import Collection

DAMAGED = {
    "media-empty": {"derived_empty.mp4"},
    "media-no-video": {"filetype_fixture.m4a", "nasa_13013.mp4.audio.mp3", "sine_mono_s16.wav"},
    "media-too-few-frames": {
        "cmyk.jpg", "filetype_fixture-imovie.mp4", "filetype_fixture.avi", "filetype_fixture.mkv", "filetype_fixture.webm",
        "filetype_fixture.wmv.asf", "frame_exceeds_screen.gif", "gradient_interlaced.png", "grayscale_16bit.png", "rgba.png",
        "testsrc2_mpeg4.mp4", "transparent.gif",
    },
    "media-unreadable": {
        "corrupt.jpg", "derived_text_named.mp4", "derived_truncated_50pct_krita_undo.mp4",
        "derived_truncated_60pct_nasa_13013.mp4", "filetype_fixture-corrupt.mkv", "filetype_fixture-corrupt.png",
        "filetype_fixture-isom.mp4", "filetype_fixture-isomv2.mp4", "filetype_fixture-json.webp",
        "filetype_fixture-moov.mov", "heapbof.png", "sigsegv.png", "INSPECTION.csv",
        "pyscenedetect_counter_description.txt",
    },
}  # fmt: skip


@pytest.fixture(scope="module")
def odd(real_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Collection:
    """The collection of all odd files, each named outright."""
    out = tmp_path_factory.mktemp("odd") / "collection"
    files = sorted(str(path) for path in (real_data / "odd_media").iterdir())
    extract(files, out)
    return Collection.open(out)


def test_every_file_that_cannot_be_used_has_one_line_with_its_code(odd: Collection) -> None:
    failures = odd.failures()
    by_code: dict[str, set[str]] = {}
    for failure in failures:
        by_code.setdefault(failure["code"], set()).add(Path(failure["input"]).name)
    assert by_code == DAMAGED
    assert len(failures) == sum(len(names) for names in DAMAGED.values())


def test_every_line_says_what_is_wrong_and_what_to_do(odd: Collection) -> None:
    for failure in odd.failures():
        assert set(failure) == {"input", "stage", "code", "message", "fix"}
        assert Path(failure["input"]).name.split(".")[0] in failure["message"]
        assert failure["fix"].endswith((".", "OUT.mp4", "track?"))


def test_every_other_file_is_a_process(odd: Collection, real_data: Path) -> None:
    files = {path.name for path in (real_data / "odd_media").iterdir()}
    extracted = {odd.light_row(process_id)["provenance"]["source_name"] for process_id in odd.ids()}
    assert extracted == files - set().union(*DAMAGED.values())


def test_what_was_decoded_before_damage_is_used_and_said_so(odd: Collection) -> None:
    notes = {row["provenance"]["source_name"]: row["provenance"]["notes"] or [] for row in map(odd.light_row, odd.ids())}
    assert notes["derived_bitflips_krita_undo.mp4"] == [
        "damaged: 250 of 725 sampled frames could not be decoded and were left out"
    ]
    assert notes["derived_truncated_50pct_krita_color_mix.gif"] == ["cut off: ends at 2.5 s, without the mark that ends a GIF"]


@pytest.mark.parametrize(
    ("name", "size"),
    [
        ("nasa_13013_rotated", (270, 480)),
        ("testsrc2_odd_height_and_width_444", (321, 241)),
        ("testsrc2-444-12bit", (321, 241)),
        ("bt2020_10bit", (320, 240)),
        ("pyscenedetect_counter", (1024, 576)),
    ],
)
def test_frames_come_out_upright_at_their_size(odd: Collection, name: str, size: tuple[int, int]) -> None:
    (process_id,) = (i for i in odd.ids() if i.startswith(name.replace("_", "-") + "-") and "vp9" not in i)
    row = odd.light_row(process_id)
    assert (row["width"], row["height"]) == size


def test_times_count_from_the_first_frame_wherever_the_clock_starts(odd: Collection) -> None:
    (process_id,) = (i for i in odd.ids() if i.startswith("test-non-zero-start"))
    times = odd.light_row(process_id)["frame_time_s"]
    assert times[0] == 0.0
    assert times[-1] == pytest.approx(11 / 30, abs=1e-3)


def test_the_numbered_frames_of_a_counter_keep_their_times(odd: Collection) -> None:
    (process_id,) = (i for i in odd.ids() if i.startswith("pyscenedetect-counter"))
    row = odd.light_row(process_id)
    assert row["frame_time_s"] == [pytest.approx(index / 10) for index in row["frame_index"]]


def test_the_summary_counts_processes_and_failures(odd: Collection) -> None:
    counts = json.loads(odd.summary_file.read_text())["counts"]
    assert counts == {"processes": 26, "failures": 30}
    assert all(keyframe_count(odd, process_id) >= 2 for process_id in odd.ids())
