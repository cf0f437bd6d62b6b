"""Collections of any size for `benchmarks.scale`, cheap to make, and a build of one as a contender."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import numpy as np
from PIL import Image

from benchmarks.common import Contender
from ppad.cli.progress import RunView
from ppad.rubric import load_rubric
from ppad.schema import Picture, ProcessRecord, Provenance
from ppad.stages import InProcess
from ppad.storage import Collection
from ppad_pipelines.build.config import BuildConfig
from ppad_pipelines.build.plan import make_plan
from ppad_pipelines.build.run import run_build
from ppad_pipelines.build.survey import THUMBNAIL, Facts

FRAMES = 12
_SIZE = (512, 384)
_BANK = 16


def make_collection(root: Path, processes: int) -> Collection:
    """Processes of 12 key frames, some half a megabyte each: a final frame of its own, earlier ones out of a few."""
    collection = Collection(root)
    made = set(collection.ids())
    bank = [_picture(np.random.default_rng([7, number])) for number in range(_BANK)]
    for number in range(processes):
        if _name(number) not in made:
            collection.write(_record(number, bank), "0" * 12)
    return collection


def build(collection: Path, out: Path) -> Contender:
    """A build in one process, where all that it remembers is."""
    return Contender(f"build of {collection.name}", _open_build, (collection, out), limit_s=3600)


def plan(count: int) -> Contender:
    """All that a build decides before it writes, of so many processes; near-duplicates are most of it."""
    return Contender(f"plan of {count}", _open_plan, (count,), limit_s=3600)


def _open_build(collection: Path, out: Path) -> Callable[[], int]:
    view = partial(RunView, quiet=True)
    return lambda: len(run_build([collection], out, [], BuildConfig(), InProcess(), view).plan.facts)


def _open_plan(count: int) -> Callable[[], int]:
    facts = [_facts(number) for number in range(count)]
    rubric = load_rubric("ppad-8")
    return lambda: len(make_plan(facts, [], rubric, BuildConfig()).shards)


def _facts(number: int) -> Facts:
    """Of a process of a megabyte whose final frame is a field of nine colours, of any brightness."""
    random = np.random.default_rng(number)
    level = int(random.integers(0, 156))
    field = Image.fromarray(random.integers(level, level + 100, (3, 3, 3), dtype=np.uint8))
    return Facts(
        process_id=_name(number), path=Path(f"collection/processes/{_name(number)}.parquet"), sha256=f"{number:064x}",
        size=1_000_000, origin="real", reference_kind="none", frames=FRAMES, prompt=None, artist_id=None, style=None,
        reference_sha256=None, source_sha256=f"{number:064x}", created_at="2026-01-01T00:00:00Z", tool="benchmark 1",
        engine="drawn", model=None, licence=None,
        thumbnail=field.resize((THUMBNAIL, THUMBNAIL), Image.Resampling.BICUBIC).tobytes(),
    )  # fmt: skip


def _record(number: int, bank: Sequence[bytes]) -> ProcessRecord:
    last = _picture(np.random.default_rng([8, number]))
    frames = [bank[(number + index) % _BANK] for index in range(FRAMES - 1)] + [last]
    return ProcessRecord(
        process_id=_name(number),
        origin="real",
        reference_kind="none",
        frames=[Picture(bytes=data, path=f"{index:04d}.jpg") for index, data in enumerate(frames)],
        frame_change=[0.0] + [0.1] * (FRAMES - 1),
        width=_SIZE[0],
        height=_SIZE[1],
        provenance=Provenance(
            tool="benchmark", version="1", engine="drawn", config_json="{}", source_name=f"{number}.mp4",
            source_sha256=f"{number:064x}", created_at="2026-01-01T00:00:00Z",
        ),
    )  # fmt: skip


def _name(number: int) -> str:
    return f"painting-{number:012x}"


def _picture(random: np.random.Generator) -> bytes:
    """Soft patches of colour with the grain of a canvas: about 0.2 bytes a pixel as JPEG."""
    soft = Image.fromarray(random.integers(30, 226, (6, 8, 3), dtype=np.uint8)).resize(_SIZE, Image.Resampling.BICUBIC)
    grainy = np.asarray(soft) + random.integers(-9, 10, (_SIZE[1], _SIZE[0], 1), dtype=np.int16)
    buffer = io.BytesIO()
    Image.fromarray(grainy.clip(0, 255).astype(np.uint8)).save(buffer, "JPEG", quality=90)
    return buffer.getvalue()
