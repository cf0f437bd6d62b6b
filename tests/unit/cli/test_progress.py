"""How a run shows itself when its output is piped, and as JSON."""

from __future__ import annotations

import json

import pytest

from ppad.cli.progress import RunView, print_json, print_report, warn
from ppad.errors import DiskFullError
from ppad.stages import Failure, Job, Report, Skipped

JOB = Job("castle-0123456789ab", "videos/castle.mp4", None)
FAILURE = Failure("videos/b[1].mp4", "extract", "media-empty", "b[1].mp4 is empty.", "Copy it again.")
SUMMARY = {"key frames": 14, "notes": ["cut off: ends at 3.0 s of the 9.0 s that it claims"]}


def shown(capsys: pytest.CaptureFixture[str]) -> list[str]:
    """Lines on standard error; nothing stands on standard output."""
    captured = capsys.readouterr()
    assert captured.out == ""
    return captured.err.splitlines()


def test_each_item_gets_a_line_with_its_place_in_the_run(capsys: pytest.CaptureFixture[str]) -> None:
    with RunView("Extracting", 3, "recordings") as view:
        view.planned(JOB)
        view.progress(JOB.id, 0.5)
        view.done(JOB, SUMMARY, 2.04)
        view.failed(FAILURE, None)
        view.skipped(Skipped("x", "videos/c.mp4", "duplicate of videos/castle.mp4"))
    assert shown(capsys) == [
        "[1/3] videos/castle.mp4: 14 key frames in 2.0 s; cut off: ends at 3.0 s of the 9.0 s that it claims",
        "[2/3] videos/b[1].mp4: failed, b[1].mp4 is empty. Copy it again. [media-empty]",
        "[3/3] videos/c.mp4: skipped, duplicate of videos/castle.mp4",
    ]


def test_an_item_that_was_done_before_gets_no_line(capsys: pytest.CaptureFixture[str]) -> None:
    with RunView("Extracting", 2, "recordings") as view:
        view.skipped(Skipped("x", "videos/c.mp4", "done"))
        view.done(JOB, {"key frames": 14}, 1.0)
    assert shown(capsys) == ["[2/2] videos/castle.mp4: 14 key frames in 1.0 s"]


def test_a_failed_job_is_named_by_its_error(capsys: pytest.CaptureFixture[str]) -> None:
    with RunView("Extracting", 1) as view:
        view.planned(JOB)
        view.failed(FAILURE, JOB)
    assert shown(capsys) == ["[1/1] videos/b[1].mp4: failed, b[1].mp4 is empty. Copy it again. [media-empty]"]


def test_without_a_known_total_lines_carry_no_count(capsys: pytest.CaptureFixture[str]) -> None:
    with RunView("Building", None) as view:
        view.done(JOB, {"rows": 3}, 0.0)
    assert shown(capsys) == ["videos/castle.mp4: 3 rows in 0.0 s"]


def test_only_what_went_wrong_is_shown_where_each_item_is_not_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    with RunView("Building", 2, each=False) as view:
        view.done(JOB, {"rows": 3}, 0.0)
        view.failed(FAILURE, JOB)
    assert shown(capsys) == ["[2/2] videos/b[1].mp4: failed, b[1].mp4 is empty. Copy it again. [media-empty]"]


def test_a_quiet_run_shows_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    with RunView("Extracting", 1, quiet=True) as view:
        view.planned(JOB)
        view.failed(FAILURE, JOB)
    assert shown(capsys) == []


@pytest.fixture
def report() -> Report:
    skipped = [Skipped("a", "a.mp4", "done"), Skipped("b", "b.mp4", "done"), Skipped("c", "c.mp4", "duplicate of a.mp4")]
    return Report("extract", done=[(JOB, SUMMARY)], skipped=skipped, failed=[FAILURE])


def test_a_report_counts_by_reason_and_code(report: Report, capsys: pytest.CaptureFixture[str]) -> None:
    print_report(report, "Collection: [out]")
    assert [line.split() for line in shown(capsys)] == [
        ["done", "1"],
        ["already", "done", "2"],
        ["skipped", "1", "duplicate"],
        ["failed", "1", "media-empty"],
        ["Collection:", "[out]"],
    ]


def test_what_stopped_a_run_is_said(report: Report, capsys: pytest.CaptureFixture[str]) -> None:
    report.fatal = DiskFullError("No space is left.", "Free space.")
    print_report(report, "Collection: out")
    assert "error [disk-full] No space is left. Free space." in shown(capsys)


def test_a_report_for_scripts_is_one_json_object_on_standard_output(report: Report, capsys: pytest.CaptureFixture[str]) -> None:
    print_report(report, "Collection: out", as_json=True, extra={"dataset": "out"})
    captured = capsys.readouterr()
    assert captured.err == ""
    data = json.loads(captured.out)
    assert data["done"] == [{"id": JOB.id, "input": JOB.label, **SUMMARY}]
    assert data["skipped"][2] == {"id": "c", "label": "c.mp4", "reason": "duplicate of a.mp4"}
    assert data["failed"][0]["code"] == "media-empty"
    assert (data["stage"], data["stopped_by"], data["dataset"]) == ("extract", None, "out")


def test_a_report_for_scripts_names_the_code_that_stopped_it(report: Report, capsys: pytest.CaptureFixture[str]) -> None:
    report.fatal = DiskFullError("No space is left.", "Free space.")
    print_report(report, "", as_json=True)
    assert json.loads(capsys.readouterr().out)["stopped_by"] == "disk-full"


def test_a_remark_stands_on_standard_error(capsys: pytest.CaptureFixture[str]) -> None:
    warn("The column 'artist[s]' is not used.")
    assert shown(capsys) == ["note The column 'artist[s]' is not used."]


def test_json_is_written_as_it_is_read(capsys: pytest.CaptureFixture[str]) -> None:
    print_json({"name": "Größe"})
    assert capsys.readouterr().out == '{\n  "name": "Größe"\n}\n'


def test_on_a_terminal_each_running_item_has_a_bar_that_goes_when_it_is_done(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "200")
    with RunView("Extracting", 1, "recordings") as view:
        view.planned(JOB)
        view.progress(JOB.id, 0.5)
        view._bars.refresh()
        assert "50%" in capsys.readouterr().err
        view.done(JOB, {"key frames": 14}, 1.0)
        view._bars.refresh()
        last = capsys.readouterr().err
    assert "videos/castle.mp4: 14 key frames in 1.0 s" in last
    assert "1/1" in last
    assert "50%" not in last.splitlines()[-1]
