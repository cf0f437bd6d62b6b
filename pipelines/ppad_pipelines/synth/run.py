"""A run of synthesis: from motifs to a collection, for the command, scripts and notebooks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from ppad.errors import LicenceError
from ppad.schema import StageConfig
from ppad.stages import Executor, Listener, Report, run_stage
from ppad.storage import Collection
from ppad_pipelines.synth.inputs import Motif
from ppad_pipelines.synth.plan import STAGE, SynthPlan
from ppad_pipelines.synth.registry import engine_entry
from ppad_pipelines.synth.strokes.recording import Take
from ppad_pipelines.synth.work import Codec, SynthWork, loaded_engine


@dataclass(frozen=True, slots=True)
class Extras:
    """What the stroke engine gives besides processes.

    Attributes:
        videos: folder for recordings of the painting, or None.
        logs: folder for the log of every stroke, or None.
        take: how the recordings are made.
    """

    videos: Path | None = None
    logs: Path | None = None
    take: Take = Take()


def synthesize(
    engine: str,
    config: StageConfig,
    motifs: Sequence[Motif],
    out: Path,
    executor: Executor,
    listener: Listener,
    *,
    seed: int = 0,
    variants: int = 1,
    batch: int | None = None,
    codec: Codec = "jpeg",
    allowed_licences: Sequence[str] = (),
    extras: Extras = Extras(),
) -> Report:
    """Make a process of each motif, and as many variants of it as are asked for.

    Raises:
        NotFoundError: there is no such engine.
        LicenceError: the weights' licence was not named as allowed.
        LockedError, DiskFullError, NotWritableError: the collection cannot be begun.
    """
    entry = engine_entry(engine)
    refuse_unread_licences(engine, entry.licences.needing_consent, allowed_licences)
    facts = loaded_engine(engine, config.to_json()).facts
    collection = Collection(out)
    with collection.writing():
        plan = SynthPlan(
            collection, motifs, facts.name, facts.model_sha256, config, seed, variants, batch or entry.batch
        )  # fmt: skip
        work = SynthWork(out, engine, config.to_json(), codec, extras.videos, extras.logs, extras.take)
        report = run_stage(STAGE, work, plan, executor, listener)
        tried = {motif.label for motif in motifs}
        earlier = [failure for failure in collection.failures() if failure["input"] not in tried]
        collection.write_failures([*earlier, *(asdict(failure) for failure in report.failed)])
        collection.write_summary()
    return report


def refuse_unread_licences(engine: str, needed: Sequence[str], allowed: Sequence[str]) -> None:
    """The licence gate.

    Raises:
        LicenceError: a licence that restricts use is not among those that were allowed by name.
    """
    missing = [name for name in needed if name not in allowed]
    if missing:
        flags = " ".join(f"--allow-license {name}" for name in missing)
        raise LicenceError(
            f"The weights of {engine} are under {' and '.join(missing)}, which restricts their use.",
            f"Read it; if you agree, add: {flags}",
        )
