"""A run of synthesis: from motifs to a collection, for the command, scripts and notebooks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ppad.errors import ConfigError, LicenceError
from ppad.media.images import Codec
from ppad.stages import Executor, Failure, Job, Listener, Report, Skipped, run_stage
from ppad.stages.accounts import keep_account
from ppad.storage import Collection
from ppad_pipelines.synth.engine import EngineConfig
from ppad_pipelines.synth.inputs import Motif
from ppad_pipelines.synth.plan import STAGE, SynthPlan
from ppad_pipelines.synth.registry import engine_entry
from ppad_pipelines.synth.strokes.extras import Extras
from ppad_pipelines.synth.work import SynthWork, loaded_engine

NO_EXTRAS = Extras()


def synthesize(
    engine: str,
    config: EngineConfig,
    motifs: Sequence[Motif],
    out: Path,
    executor: Executor,
    listener: Listener,
    *,
    seed: int = 0,
    variants: int = 1,
    retries: int = 0,
    batch: int | None = None,
    codec: Codec = "jpeg",
    is_filtered: bool = True,
    allowed_licences: Sequence[str] = (),
    extras: Extras = NO_EXTRAS,
) -> Report:
    """Make a process of each motif, and as many variants of it as are asked for.

    What is there already is skipped, and so is what the filters rejected before. A run that is killed at any moment is
    continued by the same call.

    Args:
        retries: further seeds for a process that the filters reject.
        batch: processes painted at once; None for the engine's own number.
        is_filtered: whether the engine's filters decide what is kept.

    Raises:
        NotFoundError: there is no such engine.
        ConfigError: extras are wanted of an engine that has none.
        LicenceError: the weights' licence was not named as allowed.
        LockedError, DiskFullError, NotWritableError: the collection cannot be begun.
    """
    entry = engine_entry(engine)
    collection = Collection(out)
    plan = plan_of(
        engine, config, motifs, collection, seed=seed, variants=variants, retries=retries, batch=batch,
        is_filtered=is_filtered, allowed_licences=allowed_licences, extras=extras,
    )  # fmt: skip
    report = Report(STAGE)
    with collection.writing():
        filters = entry.filters if is_filtered else ()
        work = SynthWork(out, engine, config.to_json(), codec, extras, filters)
        try:
            run_stage(STAGE, work, plan, executor, _Ledger(collection, listener), report)
        finally:
            tried = {order.motif.label for job, _ in report.done for order in job.payload}
            _split_batches(report)
            _tidy_ledger(collection)
            keep_account(collection, report, tried)
    return report


def plan_of(
    engine: str,
    config: EngineConfig,
    motifs: Sequence[Motif],
    collection: Collection,
    *,
    seed: int = 0,
    variants: int = 1,
    retries: int = 0,
    batch: int | None = None,
    is_filtered: bool = True,
    allowed_licences: Sequence[str] = (),
    extras: Extras = NO_EXTRAS,
) -> SynthPlan:
    """What a run would do; see `synthesize`. Nothing is written."""
    entry = engine_entry(engine)
    refuse_unread_licences(engine, entry.licences.needing_consent, allowed_licences)
    if extras.are_wanted and engine != "strokes":
        raise ConfigError(f"{engine} gives neither recordings nor logs of strokes.", "Leave out --videos and --logs.")
    facts = loaded_engine(engine, config.to_json()).facts
    rejected = {reject["process_id"]: reject["reason"] for reject in collection.rejects()} if is_filtered else {}
    return SynthPlan(
        collection, motifs, facts.name, facts.model_sha256, config.determining(), entry.takes, seed, rejected,
        is_whole=extras.are_there, variants=variants, retries=retries, batch=batch or entry.batch,
    )  # fmt: skip


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


class _Ledger:
    """A listener that writes down what was rejected as soon as it is known, and passes everything on."""

    def __init__(self, collection: Collection, listener: Listener) -> None:
        self._collection = collection
        self.planned, self.progress = listener.planned, listener.progress
        self.skipped, self.failed = listener.skipped, listener.failed
        self._done = listener.done

    def done(self, job: Job, summary: Mapping[str, Any], seconds: float) -> None:
        self._collection.add_rejects(summary["rejected"])
        self._done(job, summary, seconds)


def _split_batches(report: Report) -> None:
    """Account for what was rejected or failed within batches that were done."""
    for _, summary in report.done:
        report.skipped += [Skipped(one["process_id"], one["input"], f"rejected: {one['reason']}") for one in summary["rejected"]]
        report.failed += [Failure(**failure) for failure in summary["failed"]]
    report.done = [(job, _for_people(summary)) for job, summary in report.done if summary["key frames"]]


def _for_people(summary: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in summary.items() if name not in ("rejected", "failed")}


def _tidy_ledger(collection: Collection) -> None:
    """One line a process, sorted, without those that were kept after all."""
    rejects = collection.rejects()
    if rejects:
        kept = set(collection.ids())
        collection.write_rejects([reject for reject in rejects if reject["process_id"] not in kept])
