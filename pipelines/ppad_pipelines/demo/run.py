"""The steps of the demo, each the real command on drawn recordings."""

from __future__ import annotations

import csv
import shlex
from collections.abc import Callable
from pathlib import Path

from ppad.cli.main import command_line
from ppad.errors import WorkError
from ppad.media.encode import write_video
from ppad.media.images import Size, encode_image
from ppad.storage import atomic_path, write_bytes
from ppad_pipelines.demo.painting import paint_frames, plan_strokes

SIZE = Size(640, 480)
SEEDS = (1, 2, 3)
"""One landscape each."""
REFERENCE = "finished-1.png"
"""The finished image of the first landscape."""
MOTIF = "a boat on the sea at sunset"

Say = Callable[[str], None]


def run_demo(out: Path, say: Say) -> None:
    """Paint recordings into `out/videos`, and run the commands of the README on them.

    Raises:
        WorkError: a command failed.
    """
    videos = out / "videos"
    say(f"Painting {len(SEEDS)} landscapes stroke by stroke into {videos} …")
    make_recordings(videos)
    collection, synthetic, dataset, ratings = (out / name for name in ("collection", "synthetic", "dataset", "simulated.parquet"))
    judge, scores, reference = str(out / "run"), str(out / "scores"), str(videos / REFERENCE)
    both = ["--collection", str(collection), "--collection", str(synthetic)]
    build = ["build", str(collection), str(synthetic), "--out", str(dataset)]
    for arguments in (
        ["extract", str(videos), "--out", str(collection), "--metadata", str(videos / "metadata.csv")],
        ["check", str(collection)],
        ["show", str(collection), "--out", str(out / "page")],
        ["synth", "strokes", "--prompt", MOTIF, "--variants", "3", "--medium", "any", "--size", "320", "--out", str(synthetic)],
        ["ratings", "simulate", *both, "--raters", "6", "--each", "4", "--repeats", "0.25", "--write", str(ratings)],
        ["ratings", "agreement", str(ratings), *both, "--out", str(out / "agreement"), "--draws", "200"],
        [*build, "--ratings", str(ratings), "--name", "ppad-demo", "--licence", "CC0-1.0"],
        ["check", str(dataset)],
        ["train", str(dataset), "--out", judge, "--preset", "tiny", "--epochs", "8", "--cpu"],
        ["evaluate", judge, str(dataset), "--device", "cpu"],
        ["score", judge, str(videos / f"landscape-{SEEDS[0]}.mp4"), "--reference", reference, "--out", scores, "--device", "cpu"],
    ):
        _run(arguments, say)
    say("\nThe raters are simulated: nobody has judged these paintings, and every page and card says so.")
    say("The judge has seen a handful of them, and was measured on one: it shows the way, and judges nothing.")
    pages = [str(out / page / "index.html") for page in ("page", "agreement", "run/evaluation/dataset")]
    say(f"In a browser: {', '.join(pages)}.")
    say(
        f"The scores of a recording: {out / 'scores' / f'landscape-{SEEDS[0]}.png'}; the dataset's card: {dataset / 'README.md'}."
    )


def make_recordings(folder: Path) -> None:
    """Paint a recording for each seed, and the table that says what they show; the first has its finished image as reference."""
    folder.mkdir(parents=True, exist_ok=True)
    known = {"category": "landscape", "style": "Naïve Art (Primitivism)", "licence": "CC0-1.0"}
    rows: list[dict[str, str]] = []
    for seed in SEEDS:
        video = folder / f"landscape-{seed}.mp4"
        if not video.exists():
            with atomic_path(video) as part:
                write_video(part, paint_frames(plan_strokes(seed), SIZE), 30, options={"preset": "veryfast"})
        rows.append(
            {"file": video.name, "artist_id": f"painter-{seed}", "prompt": "a house by a path under distant hills"} | known
        )
    *_, finished = paint_frames(plan_strokes(SEEDS[0]), SIZE)
    write_bytes(folder / REFERENCE, encode_image(finished, "png"))
    rows[0] = rows[0] | {"prompt": "", "reference": REFERENCE}
    with (folder / "metadata.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, ["file", "reference", "prompt", "artist_id", "category", "style", "licence"])
        writer.writeheader()
        writer.writerows(rows)


def _run(arguments: list[str], say: Say) -> None:
    """Run a command in this process, which has loaded its libraries already."""
    say(f"\n$ ppad {shlex.join(arguments)}")
    code = command_line(arguments)(arguments, prog_name="ppad", standalone_mode=False)
    if code:
        raise WorkError(f"'ppad {arguments[0]}' ended with {code}.", "See its message above.")
