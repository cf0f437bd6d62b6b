"""`ppad show` from the command line."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from ppad.cli.main import command_line
from ppad.errors import ContractError, NotFoundError, NotWritableError, UsageError
from ppad.media.images import encode_image, read_image
from ppad.schema import Picture, ProcessRecord, Provenance
from ppad.storage import Collection, Trace

IDS = ["apple-00000000000a", "boat-00000000000b"]
TRACE = Trace([0.0, 1.0, 2.0], [0.0, 0.05, 0.06], 0.04, [0, 1, 2])


def record(process_id: str) -> ProcessRecord:
    """Three grey frames; the first process has a reference."""
    frames = [Picture(bytes=encode_image(np.full((30, 40, 3), 80 * k, np.uint8)), path=f"{k}.jpg") for k in range(3)]
    has_reference = process_id == IDS[0]
    return ProcessRecord(
        process_id=process_id,
        origin="real",
        reference_kind="image" if has_reference else "none",
        reference_image=frames[-1] if has_reference else None,
        frames=frames,
        frame_time_s=[0.0, 1.0, 2.0],
        frame_index=[0, 25, 50],
        frame_change=[0.0, 0.05, 0.06],
        width=40,
        height=30,
        provenance=Provenance(
            tool="ppad",
            version="0.1.0",
            engine="key frames",
            config_json="{}",
            source_name="a.mp4",
            source_sha256="0" * 64,
            created_at="2026-01-01T00:00:00Z",
        ),
    )


@pytest.fixture
def collection(tmp_path: Path) -> Collection:
    """Two processes, and one recording that failed."""
    made = Collection(tmp_path / "studies")
    with made.writing():
        for process_id in IDS:
            made.write(record(process_id), "0123456789ab", TRACE)
            old = made.path_of(process_id).stat().st_mtime - 60
            os.utime(made.path_of(process_id), (old, old))
        failure = {
            "input": "b.mp4",
            "stage": "extract",
            "code": "media-empty",
            "message": "b.mp4 is empty.",
            "fix": "Copy it again.",
        }
        made.write_failures([failure])
        made.write_summary()
    return made


@pytest.fixture(autouse=True)
def in_this_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """Draw without worker processes: they are the stage runner's own subject, and slow to start."""
    from ppad.stages import InProcess

    monkeypatch.setattr("ppad.cli.show.choose_executor", lambda on, workers: InProcess())


def show(*arguments: object) -> tuple[int, str]:
    """Exit code and standard output; an error of PPAD is raised."""
    result = CliRunner().invoke(command_line(), ["show", *map(str, arguments)], catch_exceptions=False)
    return result.exit_code, result.stdout


def test_a_collection_gets_a_page_beside_it(collection: Collection) -> None:
    assert show(collection.root)[0] == 0
    folder = collection.root.with_name("studies-show")
    assert sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*.*")) == [
        "index.html",
        f"references/{IDS[0]}.jpg",
        *(f"sheets/{name}.png" for name in IDS),
        *(f"strips/{name}.jpg" for name in IDS),
    ]


def test_nothing_is_written_into_the_collection(collection: Collection) -> None:
    before = sorted(collection.root.rglob("*"))
    show(collection.root, "--limit", 1)
    assert sorted(collection.root.rglob("*")) == before


def test_the_page_lists_what_failed(collection: Collection, tmp_path: Path) -> None:
    show(collection.root, "--limit", 1, "--out", tmp_path / "page")
    assert "b.mp4 is empty." in (tmp_path / "page" / "index.html").read_text("utf-8")


def test_sheets_of_processes_that_did_not_change_are_kept(collection: Collection) -> None:
    show(collection.root)
    os.utime(collection.path_of(IDS[1]))
    future = collection.path_of(IDS[1]).stat().st_mtime + 60
    os.utime(collection.path_of(IDS[1]), (future, future))
    _, out = show(collection.root, "--json")
    assert [item["id"] for item in json.loads(out)["done"]] == [IDS[1]]
    assert [item["id"] for item in json.loads(out)["skipped"]] == [IDS[0]]


def test_a_second_run_writes_the_same_page(collection: Collection) -> None:
    page = collection.root.with_name("studies-show") / "index.html"
    show(collection.root, "--limit", 1)
    first = page.read_bytes()
    show(collection.root, "--limit", 1)
    assert page.read_bytes() == first


def test_a_limit_shows_the_first_processes_and_says_so(collection: Collection, tmp_path: Path) -> None:
    show(collection.root, "--limit", 1, "--out", tmp_path / "page")
    assert len(list((tmp_path / "page" / "sheets").iterdir())) == 1
    assert "1 more not shown" in (tmp_path / "page" / "index.html").read_text("utf-8")


def test_a_dry_run_writes_nothing(collection: Collection) -> None:
    code, out = show(collection.root, "--dry-run", "--json")
    assert (code, json.loads(out)["would_draw"]) == (0, IDS)
    assert not collection.root.with_name("studies-show").exists()


def test_a_damaged_process_is_listed_and_the_others_are_shown(collection: Collection, tmp_path: Path) -> None:
    collection.path_of("<b>odd#").write_bytes(b"PAR1 but nothing else")
    code, _ = show(collection.root, "--out", tmp_path / "page")
    page = (tmp_path / "page" / "index.html").read_text("utf-8")
    assert code == 1
    assert "&lt;b&gt;odd#.parquet is damaged" in page
    assert "<b>odd" not in page
    assert page.count("<article") == 2


def test_a_damaged_picture_in_a_process_is_listed(collection: Collection, tmp_path: Path) -> None:
    broken = record(IDS[1])
    broken.frames[1] = Picture(bytes=b"no picture", path="x")
    collection.write(broken, "0123456789ab", TRACE)
    assert show(collection.root, "--out", tmp_path / "page")[0] == 1
    assert "Key frame 2 holds no picture" in (tmp_path / "page" / "index.html").read_text("utf-8")


def test_a_process_that_breaks_the_contract_is_named_with_the_fix(collection: Collection) -> None:
    broken = record(IDS[1])
    broken.frame_change.pop()
    collection.write(broken, "0123456789ab")
    with pytest.raises(ContractError, match=r"frame_change has 2 values for 3 frames\. Run 'ppad check'"):
        show(collection.path_of(IDS[1]))


def test_a_trace_that_cannot_be_read_does_not_stop_the_sheet(collection: Collection, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Trace, "to_json", lambda self: '{"time_s": [')
    collection.write(record(IDS[0]), "0123456789ab", TRACE)
    assert show(collection.root, "--limit", 1)[0] == 0


def test_one_process_file_gets_one_sheet(collection: Collection, tmp_path: Path) -> None:
    assert show(collection.path_of(IDS[0]), "--out", tmp_path / "apple.png")[0] == 0
    assert read_image(tmp_path / "apple.png").shape[1] == 1600


def test_the_sheet_of_one_file_goes_where_the_page_would_have_it(collection: Collection) -> None:
    _, out = show(collection.path_of(IDS[0]), "--json")
    assert json.loads(out)["sheet"] == str(collection.root.with_name("studies-show") / "sheets" / f"{IDS[0]}.png")


def test_the_sheet_of_a_file_outside_a_collection_lies_beside_it(collection: Collection, tmp_path: Path) -> None:
    lone = collection.path_of(IDS[0]).rename(tmp_path / f"{IDS[0]}.parquet")
    show(lone)
    assert lone.with_suffix(".png").exists()


def test_the_same_file_gives_the_same_bytes(collection: Collection, tmp_path: Path) -> None:
    for name in ("one.png", "two.png"):
        show(collection.path_of(IDS[0]), "--out", tmp_path / name)
    assert (tmp_path / "one.png").read_bytes() == (tmp_path / "two.png").read_bytes()


def test_a_page_that_something_else_wrote_is_not_replaced(collection: Collection, tmp_path: Path) -> None:
    (tmp_path / "index.html").write_text("<h1>My site</h1>")
    with pytest.raises(NotWritableError, match=r"was not written by ppad show\. Choose another --out"):
        show(collection.root, "--out", tmp_path)


def test_a_folder_that_is_no_collection_is_refused(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match="is not a collection"):
        show(tmp_path)


def test_a_file_of_another_kind_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.mp4").write_bytes(b"x")
    with pytest.raises(UsageError, match=r"Give a collection, or one of its files processes/\*.parquet"):
        show(tmp_path / "a.mp4")


def test_a_collection_cannot_be_written_into_one_picture(collection: Collection) -> None:
    with pytest.raises(UsageError, match="needs a folder"):
        show(collection.root, "--out", "all.png")


def test_without_matplotlib_the_command_says_what_to_install(collection: Collection) -> None:
    code = "import sys; sys.modules['matplotlib'] = None; sys.argv.insert(1, 'show'); from ppad.cli.main import main; main()"
    run = subprocess.run([sys.executable, "-c", code, str(collection.root)], capture_output=True, text=True, check=False)
    assert run.returncode == 2
    assert "pip install 'ppad[show]'" in run.stderr
