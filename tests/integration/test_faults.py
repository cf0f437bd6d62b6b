"""Whatever runs out, refuses or vanishes while a command works: a sentence says so, and the same command ends it afterwards.

`COMMANDS` are what writes, as users type it. Each is run on a disk that fills up, and on one that is read-only; once that is
mended, the command leaves to the byte what an undisturbed run leaves. Campaigns, stores and trainings have tests of their own.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from fixtures.faults import Disk, Said, faulty_executors, ppad
from fixtures.judged import process_id, write_rated, write_run
from fixtures.paintings import write_painting
from fixtures.runs import contents
from tests.unit.build.samples import record, write_collection

Left = Callable[[str], Mapping[str, bytes]]
COMMANDS = {
    "extract": "extract {inputs}/videos --out {out} --on inline",
    "synth": "synth strokes --images {inputs}/pictures --out {out} --size 64 --frames 4 --on inline",
    "build": "build {inputs}/collection --out {out}/dataset --shard-mb 0.1 --row-group-mb 0.04 --on inline",
    "show": "show {inputs}/collection --out {out} --limit 2 --workers 1",
    "score": f"score {{inputs}}/run {process_id(2)} --dataset {{inputs}}/rated --out {{out}} --device cpu",
    "import": "import {inputs}/table.csv --images {inputs}/pictures --rubric artwork-5 --pseudonyms none --out {out} --on inline",
}


@pytest.fixture(scope="module")
def inputs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the commands read."""
    folder = tmp_path_factory.mktemp("inputs")
    for number in range(3):
        write_painting(folder / "videos" / f"{number}.mp4", cells=5, frames_per_cell=2, size=(160, 120), seed=number, noise=4.0)
        noise = np.random.default_rng(number).integers(0, 256, (6, 8, 3), dtype=np.uint8)
        (folder / "pictures").mkdir(exist_ok=True)
        Image.fromarray(noise).resize((80, 60), Image.Resampling.BICUBIC).save(folder / "pictures" / f"{number}.png")
    write_collection(folder / "collection", [record(f"real{n:02}", artist_id=f"artist-{n}") for n in range(12)])
    write_rated(folder / "rated", {"pretrain": 2, "test_synthetic": 6}, origin="simulated")
    write_run(folder / "run", folder / "rated", train=range(2))
    rows = [f"{number}.png,{rater},7,8,6,5,4,62" for number in range(3) for rater in ("Anna", "Bo")]
    (folder / "table.csv").write_text("\n".join(["file,rater,originality,color,texture,composition,content,overall", *rows]))
    return folder


@pytest.fixture(scope="module")
def undisturbed(inputs: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Left]:
    """What a command leaves that nothing disturbs."""
    known: dict[str, Mapping[str, bytes]] = {}

    def left(name: str) -> Mapping[str, bytes]:
        if name not in known:
            out = tmp_path_factory.mktemp(name) / "place" / "out"
            said = run(name, inputs, out)
            assert said.code == 0, said.text
            known[name] = results(out.parent)
        return known[name]

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SOURCE_DATE_EPOCH", "1767225600")
        yield left


def run(name: str, inputs: Path, out: Path, on: str = "inline") -> Said:
    return ppad(COMMANDS[name].replace("--on inline", f"--on {on}"), inputs=inputs, out=out)


def results(place: Path) -> dict[str, bytes]:
    """Every file but hidden ones, which nobody reads."""
    return {name: data for name, data in contents(place).items() if not any(part.startswith(".") for part in name.split("/"))}


@pytest.mark.parametrize(("name", "share"), [("extract", 0.1), ("build", 0.1), *((name, 0.7) for name in COMMANDS)])
def test_a_disk_that_fills_up_is_named_and_once_it_is_free_the_command_ends_as_if_nothing_had_been(
    name: str, share: float, inputs: Path, undisturbed: Left, small_disk: Disk
) -> None:
    whole = undisturbed(name)
    small_disk.leave(round(share * sum(map(len, whole.values()))))
    said = run(name, inputs, small_disk.place / "out")
    assert said.code in (1, 2)
    assert "[disk-full]" in said.text and "Free space" in said.text
    assert "unexpected" not in said.text and "Traceback" not in said.text
    other = {Path(path).name for path, data in results(small_disk.place).items() if whole.get(path) != data}
    assert other <= {"failures.jsonl", "collection.json"}  # the account of what there is
    small_disk.clear()
    said = run(name, inputs, small_disk.place / "out")
    assert said.code == 0, said.text
    assert results(small_disk.place) == whole


@pytest.mark.parametrize("name", COMMANDS)
def test_a_disk_that_cannot_be_written_is_named_and_once_it_can_the_command_ends_as_if_nothing_had_been(
    name: str, inputs: Path, undisturbed: Left, small_disk: Disk
) -> None:
    small_disk.be("ro")
    said = run(name, inputs, small_disk.place / "out")
    small_disk.be("rw")
    assert said.code == 2
    assert "[not-writable]" in said.text and str(small_disk.place) in said.text
    assert "unexpected" not in said.text and "Traceback" not in said.text
    assert run(name, inputs, small_disk.place / "out").code == 0
    assert results(small_disk.place) == undisturbed(name)


@pytest.mark.parametrize("name", ["extract", "build"])
def test_a_worker_that_is_killed_while_it_writes_costs_its_item_and_the_next_run_makes_it(
    name: str, inputs: Path, undisturbed: Left, tmp_path: Path
) -> None:
    out = tmp_path / "place" / "out"
    with faulty_executors():
        said = run(name, inputs, out, f"killing://{tmp_path}/note")
    assert (tmp_path / "note").exists()
    assert said.code in (1, 2)
    assert "worker-died" in said.text
    assert all(undisturbed(name)[path] == data for path, data in results(out.parent).items() if "/processes/" in path)
    assert run(name, inputs, out).code == 0
    assert results(out.parent) == undisturbed(name)
    assert not list(out.rglob(".tmp-*"))


@pytest.mark.parametrize(
    ("name", "when", "file", "code"),
    [
        ("extract", 1, "videos/1.mp4", 1),
        ("synth", 1, "pictures/1.png", 1),
        ("import", 1, "pictures/1.png", 1),
        ("build", 1, f"collection/processes/{record('real03').process_id}.parquet", 1),
        ("build", 2, f"collection/processes/{record('real03').process_id}.parquet", 2),  # the plan stands: no dataset without it
    ],
)
def test_a_file_that_vanishes_between_plan_and_work_is_one_failed_item(
    name: str, when: int, file: str, code: int, inputs: Path, undisturbed: Left, tmp_path: Path
) -> None:
    copy, out = shutil.copytree(inputs, tmp_path / "inputs"), tmp_path / "place" / "out"
    with faulty_executors():
        said = run(name, copy, out, f"vanishing://{when}:{copy / file}")
    assert said.code == code, said.text
    assert "[media-unreadable]" in said.text and Path(file).name in said.text
    shutil.copy2(inputs / file, copy / file)
    assert run(name, copy, out).code == 0
    assert results(out.parent) == undisturbed(name)
