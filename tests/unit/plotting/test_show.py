"""The stage behind the page."""

import os
import pickle
from pathlib import Path

from ppad.plotting.show import DrawProcess, Gallery


def test_the_work_travels_to_a_worker(tmp_path: Path) -> None:
    work = DrawProcess(tmp_path, Gallery(tmp_path / "page"))
    assert pickle.loads(pickle.dumps(work)) == work


def test_a_sheet_as_old_as_its_process_is_drawn_again(tmp_path: Path) -> None:
    gallery, file = Gallery(tmp_path), tmp_path / "pears.parquet"
    for path in (file, gallery.sheet("pears"), gallery.strip("pears")):
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"x")
        os.utime(path, (1000, 1000))
    assert not gallery.is_current("pears", file)
    os.utime(gallery.sheet("pears"), (1001, 1001))
    assert gallery.is_current("pears", file)


def test_a_sheet_without_its_strip_is_drawn_again(tmp_path: Path) -> None:
    gallery, file = Gallery(tmp_path), tmp_path / "pears.parquet"
    for path, time in ((file, 1000), (gallery.sheet("pears"), 1001)):
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"x")
        os.utime(path, (time, time))
    assert not gallery.is_current("pears", file)
