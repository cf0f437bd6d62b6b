"""The stage behind the page."""

import os
import pickle
from pathlib import Path

import pytest

from ppad.plotting.show import DrawProcess, Gallery


def test_the_work_travels_to_a_worker(tmp_path: Path) -> None:
    work = DrawProcess(tmp_path, Gallery(tmp_path / "page"))
    assert pickle.loads(pickle.dumps(work)) == work


@pytest.mark.parametrize("moved_s", [-86_400, 86_400])
def test_a_sheet_is_drawn_again_once_its_process_was_written_anew_whatever_the_clock_said(tmp_path: Path, moved_s: int) -> None:
    gallery, file = Gallery(tmp_path), tmp_path / "pears.parquet"
    for path in (file, gallery.strip("pears")):
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"x")
    written = file.stat().st_mtime_ns
    gallery.keep_sheet("pears", b"x", written)
    assert gallery.is_current("pears", file)
    os.utime(file, ns=(written + moved_s * 10**9,) * 2)
    assert not gallery.is_current("pears", file)


def test_a_sheet_without_its_strip_is_drawn_again(tmp_path: Path) -> None:
    gallery, file = Gallery(tmp_path), tmp_path / "pears.parquet"
    file.write_bytes(b"x")
    gallery.keep_sheet("pears", b"x", file.stat().st_mtime_ns)
    assert not gallery.is_current("pears", file)
