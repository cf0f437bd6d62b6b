"""Feedback while someone paints, as a process of its own: updates as stills come, and Ctrl-C as its usual end."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

from fixtures.judged import write_rated, write_run
from fixtures.paintings import grid_painting
from ppad.media.images import encode_image


def test_stills_are_scored_as_they_come_and_ctrl_c_leaves_the_final_scores(tmp_path: Path) -> None:
    run = write_run(tmp_path / "run", write_rated(tmp_path / "dataset", {"train": 2}))
    canvas = tmp_path / "canvas"
    canvas.mkdir()
    first, second, *_ = grid_painting(cells=2, frames_per_cell=1, pause=0)
    (canvas / "step1.png").write_bytes(encode_image(first, "png"))
    command = [sys.executable, "-m", "ppad", "score", str(run), str(canvas), "--follow", "--out", str(tmp_path / "out")]
    followed = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=os.environ | {"OMP_NUM_THREADS": "1"})
    assert followed.stderr is not None
    said = [followed.stderr.readline(), followed.stderr.readline()]
    partial = json.loads((tmp_path / "out" / "canvas.json").read_text())
    (canvas / "step2.png").write_bytes(encode_image(second, "png"))
    said.append(followed.stderr.readline())
    followed.send_signal(signal.SIGINT)
    _, rest = followed.communicate(timeout=120)
    assert "Following canvas; Ctrl-C ends." in said[0]
    assert ["1 key frame " in said[1], "2 key frames" in said[2]] == [True, True]
    assert followed.returncode == 0, rest
    final = json.loads((tmp_path / "out" / "canvas.json").read_text())
    assert (partial["final"], final["final"]) == (False, True)
    assert [frame["place"] for frame in final["frames"]] == ["step1.png", "step2.png"]
