"""`ppad annotate` as a user types it."""

from __future__ import annotations

import contextlib
import csv
import io
import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from fixtures.campaigns import drawn_collection, rate
from fixtures.postgresql import memory_folder
from ppad.errors import PpadError
from ppad_annotation import command
from ppad_annotation.service.workspace import Workspace


def annotate(*arguments: object) -> Any:
    """Run `ppad annotate` in this process, which is far quicker; errors are in the result."""
    return CliRunner().invoke(command.annotate, [str(one) for one in arguments])


@pytest.fixture(scope="module")
def place() -> Iterator[Path]:
    """The current folder: it holds a collection of three, and a campaign of it with one rater, who has rated one item."""
    with tempfile.TemporaryDirectory(dir=memory_folder()) as name, contextlib.chdir(name):
        drawn_collection(Path("collection"), 3)
        begun = [sys.executable, "-m", "ppad", "annotate", "init", "campaign", "collection", "--raters-per-item", "1"]
        assert subprocess.run([*begun, "--workers", "1"], check=False).returncode == 0
        (rater,) = json.loads(annotate("raters", "add", "campaign", "Ada", "--json").stdout)
        db = Workspace(Path("campaign")).open()
        rate(db, rater["id"], datetime.now(UTC))
        db.close()
        yield Path(name)


def test_a_campaign_is_begun_filled_watched_saved_and_brought_back(place: Path) -> None:
    status = annotate("status", "campaign", "--verify", "--json")
    found = json.loads(status.stdout)
    assert (found["coverage"]["filled"], found["coverage"]["slots"], found["health"]["problems"]) == (1, 3, [])
    text = annotate("status", "campaign").stdout
    assert "1 of 3 complete" in text and "ada" in text
    assert "too few raters" not in text
    saved = json.loads(annotate("backup", "campaign", "--out", "backups", "--json").stdout)
    back = annotate("restore", saved["backup"], "again", "--json")
    assert json.loads(back.stdout)["events"] == 1
    assert annotate("status", "again", "--verify").exit_code == 0


def test_a_campaign_with_fewer_raters_than_an_item_asks_for_says_so(place: Path) -> None:
    annotate("init", "lonely", "collection", "--workers", "1")
    annotate("raters", "add", "lonely", "ada")
    assert re.search("too few raters +1, and each item asks for 3: add raters", annotate("status", "lonely").stdout)


def test_processes_that_cannot_be_compared_with_anything_are_counted_at_the_start(place: Path) -> None:
    drawn_collection(Path("prompted"), 2, prompt="A house by the lake.")
    assert "3 items have neither a reference nor a prompt" in annotate("init", "bare", "collection", "--workers", "1").stderr
    assert "neither" not in annotate("init", "told", "prompted", "--workers", "1").stderr


def test_passwords_are_printed_once_as_csv(place: Path) -> None:
    (place / "raters.csv").write_text("login,role\nbob,\ncy,admin\n")
    first = list(csv.DictReader(io.StringIO(annotate("raters", "import", "campaign", "raters.csv").stdout)))
    assert [(row["login"], row["role"], len(row["password"])) for row in first] == [("bob", "rater", 23), ("cy", "admin", 23)]
    assert annotate("raters", "import", "campaign", "raters.csv").stdout == "login,password,role,pseudonym\n"
    reset = annotate("raters", "reset", "campaign", "bob").stdout
    assert reset.splitlines()[1].split(",")[1] != first[0]["password"]
    assert "disabled" in annotate("raters", "disable", "campaign", "bob").stderr
    listed = annotate("raters", "list", "campaign").stdout
    assert "disabled" in listed and first[0]["password"] not in listed
    assert "enabled" in annotate("raters", "enable", "campaign", "bob").stderr


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["status", "nowhere"], "not-found", "Begin one: ppad annotate init"),
        (["init", "new", "nowhere"], "not-found", "nowhere is not a collection"),
        (["init", "new", "collection", "--rubric", "beauty"], "not-found", "There is no rubric 'beauty'"),
        (["init", "new", "collection", "--raters-per-item", "0"], "config-invalid", "raters_per_item"),
        (["init", "new", "collection", "--mode", "preference"], "config-invalid", "--assessments belong together"),
        (["init", "new", "collection", "--database", "postgresql://a:b@c/d"], "config-invalid", "holds a password"),
        (["init", "campaign", "collection", "--seed", "9"], "config-invalid", "another raters_per_item, seed"),
        (["extend", "campaign", "--ratings", "5"], "config-invalid", "--extra-budget"),
        (["restore", "collection", "new"], "backup-unusable", "no finished backup"),
        (["serve", "campaign", "--tls-key", "k.pem"], "config-invalid", "belong together"),
    ],
)  # fmt: skip
def test_wrong_input_is_one_sentence_with_a_code(place: Path, arguments: list[str], code: str, words: str) -> None:
    error = annotate(*arguments).exception
    assert isinstance(error, PpadError)
    assert error.code == code
    assert words in str(error)
    assert not (place / "new" / "campaign.sqlite").exists()


def test_a_dry_run_says_what_would_be_taken_in(place: Path) -> None:
    result = annotate("init", "dry", "collection", "--calibration", 1, "--dry-run", "--json")
    plan = json.loads(result.stdout)
    assert (plan["items"], plan["ratings"]) == (3, 6)
    assert "3 of them for all raters" in annotate("init", "dry", "collection", "--calibration", 99, "--dry-run").stderr
    assert not (place / "dry").exists()
