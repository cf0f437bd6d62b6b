"""A run of extraction from sources to a collection: what the command does, for scripts and notebooks too."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ppad.keyframes.config import ExtractConfig
from ppad.stages import UNSEEN, Executor, Listener, Report, run_stage
from ppad.stages.accounts import keep_account
from ppad.storage import Collection
from ppad_pipelines.extract.plan import STAGE, ExtractPlan
from ppad_pipelines.extract.sidecar import EMPTY, Sidecar
from ppad_pipelines.extract.sources import Source
from ppad_pipelines.extract.work import ExtractWork


def extract_sources(
    sources: Sequence[Source],
    out: Path,
    config: ExtractConfig,
    executor: Executor,
    listener: Listener = UNSEEN,
    *,
    sidecar: Sidecar = EMPTY,
    overwrite: bool = False,
    cores: int = 1,
) -> Report:
    """Extract key frames of every source into the collection at `out`.

    What is there already is skipped; what fails goes to `failures.jsonl`, from which it goes again once it succeeds. A
    run that is killed at any moment is continued by the same call, to the same collection that an unbroken run gives.

    Args:
        cores: threads to share among the sources; a single long recording gets them all.

    Raises:
        LockedError: another run is writing to the collection.
        DiskFullError, NotWritableError: the collection cannot be begun.
    """
    collection = Collection(out)
    threads = max(1, cores // max(1, len(sources)))
    report = Report(STAGE)
    with collection.writing():
        plan = ExtractPlan(collection, sources, sidecar, config, overwrite=overwrite)
        try:
            run_stage(STAGE, ExtractWork(out, config, threads), plan, executor, listener, report)
        finally:
            keep_account(collection, report)
    return report
