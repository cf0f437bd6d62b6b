"""A run of synthesis may be killed at any moment: the next one gives what an unbroken one would."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
from PIL import Image

from fixtures.runs import contents


def command(folder: Path, out: Path) -> list[str]:
    arguments = ["synth", "strokes", "--images", str(folder), "--out", str(out), "--size", "96", "--frames", "5"]
    return [sys.executable, "-m", "ppad", *arguments, "--medium", "watercolour", "--workers", "2"]


def environment() -> dict[str, str]:
    return os.environ | {"SOURCE_DATE_EPOCH": "1767225600"}


def test_a_run_killed_at_any_moment_resumes_to_the_same_bytes(tmp_path: Path) -> None:
    """Six pictures, one white, on which watercolour leaves no trace, and one that is broken."""
    folder = tmp_path / "pictures"
    folder.mkdir()
    for number in range(6):
        noise = np.random.default_rng(number).integers(0, 256, (6, 8, 3), dtype=np.uint8)
        Image.fromarray(noise).resize((160, 120), Image.Resampling.BICUBIC).save(folder / f"{number}.png")
    Image.new("RGB", (160, 120), "white").save(folder / "blank.png")
    (folder / "broken.png").write_bytes(b"no picture")
    unbroken = tmp_path / "unbroken"
    assert subprocess.run(command(folder, unbroken), env=environment(), capture_output=True, check=False).returncode == 1
    assert {"failures.jsonl", "rejects.jsonl"} <= contents(unbroken).keys()
    chance = random.Random(5)
    for attempt in range(2):
        out = tmp_path / f"collection-{attempt}"
        run = subprocess.Popen(command(folder, out), env=environment(), stderr=subprocess.DEVNULL, start_new_session=True)
        while run.poll() is None and not any((out / "processes").glob("[!.]*.parquet")):
            time.sleep(0.02)
        time.sleep(chance.random() * 0.3)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(run.pid, signal.SIGKILL)
        run.wait()
        again = subprocess.run(command(folder, out), env=environment(), capture_output=True, check=False)
        assert again.returncode == 1, again.stderr.decode()
        assert contents(out) == contents(unbroken)
