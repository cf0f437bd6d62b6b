"""The run behind `ppad ratings agreement`: read, analyse attribute by attribute, write the page and its figures."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, is_dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ppad.agreement.campaign import Campaign
from ppad.errors import ConfigError, NotWritableError, PpadError
from ppad.rubric import Rubric
from ppad.stages import Executor, InProcess, Job, Listener, Progress, choose_executor, run_stage
from ppad.storage import Collection, open_parquet, write_text
from ppad.storage.ratings import read_exclusions, read_ratings, without_excluded
from ppad_annotation.ratings.findings import AttributeFindings, Findings, attribute_findings, put_together

LARGE = 10_000
"""Ratings from which worker processes pay."""

PAGE, FIGURES = "index.html", "agreement.json"
_SIGN = '<meta name="generator" content="ppad ratings agreement">'


@dataclass(frozen=True, slots=True)
class Analysed:
    """What an analysis found, and how many ratings recorded decisions left out of it."""

    findings: Findings
    excluded: int


@dataclass(frozen=True, slots=True)
class AnalyseAttribute:
    """The work of a job: the findings of one attribute."""

    draws: int
    seed: int

    def __call__(self, job: Job, progress: Progress) -> Mapping[str, Any]:
        return {"findings": attribute_findings(job.payload, job.id, draws=self.draws, seed=self.seed)}


def analyse(
    files: Sequence[Path],
    rubric: Rubric,
    exclusions: Path | None,
    executor: Executor,
    listener: Listener,
    *,
    draws: int,
    seed: int,
) -> Analysed:
    """Read ratings and find out how far their raters agree.

    Args:
        exclusions: a table of recorded decisions to leave ratings out.
        draws: resamples for intervals.

    Raises:
        NotFoundError, ConfigError, ContractError, RatingsError: the ratings or the exclusions cannot be used.
    """
    ratings = read_ratings(files, rubric)
    standing = ratings if exclusions is None else without_excluded(ratings, read_exclusions(exclusions))
    campaign = Campaign.of(standing, rubric.scales)
    if not campaign.counts.any():
        raise ConfigError("There is no rating that counts.", "Give ratings of the kinds main, extra or calibration.")
    size = float(len(campaign.item))
    jobs = [Job(name, name, campaign, size) for name in rubric.attribute_ids]
    report = run_stage("agreement", AnalyseAttribute(draws, seed), jobs, executor, listener)
    if report.failed:
        failure = report.failed[0]
        raise PpadError(failure.message, failure.fix)
    found: dict[str, AttributeFindings] = {job.id: summary["findings"] for job, summary in report.done}
    return Analysed(
        put_together(campaign, [found[name] for name in rubric.attribute_ids], seed=seed), len(ratings) - len(standing)
    )


def executor_for(files: Sequence[Path], workers: int | None) -> Executor:
    """Worker processes where there is work for them; starting them takes longer than a small campaign."""
    if workers is None:
        rows = 0
        for file in files:
            with open_parquet(file) as parquet:
                rows += parquet.metadata.num_rows
        if rows < LARGE:
            return InProcess()
    return choose_executor("local", workers)


def write_report(
    analysed: Analysed, rubric: Rubric, out: Path, *, name: str, collections: Sequence[Collection], settings: Mapping[str, Any]
) -> None:
    """Write `index.html` and `agreement.json`.

    Args:
        name: what the ratings are called.
        collections: where pictures of processes are, for those that raters disagree about.
        settings: of the analysis, for the JSON file.

    Raises:
        NotWritableError: another program's page is there, or the place refuses.
        DiskFullError: no space is left.
    """
    from ppad_annotation.ratings.page import report_page

    refuse_foreign(out)

    def strip(process_id: str) -> bytes | None:
        return _film_strip(process_id, collections)

    page = report_page(analysed.findings, rubric, name=name, excluded=analysed.excluded, strip=strip)
    figures = {"settings": dict(settings), **as_data(analysed)}
    write_text(out / FIGURES, json.dumps(figures, indent=1, ensure_ascii=False, allow_nan=False) + "\n")
    write_text(out / PAGE, page)


def refuse_foreign(out: Path) -> None:
    """Never replace a page that something else wrote.

    Raises:
        NotWritableError: the folder holds such a page, or is a file.
    """
    if out.is_file():
        raise NotWritableError(f"{out} is a file.", "Give --out a folder.")
    page = out / PAGE
    if page.exists() and _SIGN not in page.read_text("utf-8", errors="replace")[:2000]:
        raise NotWritableError(f"{page} was not written by ppad ratings agreement.", "Choose another --out.")


def as_data(analysed: Analysed) -> dict[str, Any]:
    """The findings as JSON values; what is not known is null. Lists of items and raters follow `processes` and `raters`."""
    found = analysed.findings
    return {
        "ratings": len(found.campaign.item),
        "excluded": analysed.excluded,
        "parts": found.parts,
        "raters": list(found.campaign.raters),
        "attributes": [_attribute(one, found.campaign.processes) for one in found.attributes],
        "halo": [_plain(one) for one in found.halo],
        "drift": [_plain(one) for one in found.drift],
        "flags": [{**_plain(flag), "rater": found.campaign.raters[flag.rater]} for flag in found.flags],
        "together": _plain(found.together),
        "apart": _plain(found.apart),
    }


def _attribute(one: AttributeFindings, processes: Sequence[str]) -> dict[str, Any]:
    values = {name: getattr(one, name) for name in one.__dataclass_fields__ if name not in ("departures", "processes", "items")}
    items = {name: _plain(getattr(one.items, name)) for name in one.items.__dataclass_fields__}
    return {**_plain(values), "items": {"process_id": [processes[number] for number in one.processes], **items}}


def _plain(value: Any) -> Any:
    """A value as JSON has it."""
    if is_dataclass(value) and not isinstance(value, type):
        return _plain(asdict(value))
    if isinstance(value, Mapping):
        return {name: _plain(one) for name, one in value.items()}
    if isinstance(value, np.ndarray):
        return _plain(value.tolist())
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    if isinstance(value, float):
        return float(f"{value:.6g}") if math.isfinite(value) else None
    return value


def _film_strip(process_id: str, collections: Sequence[Collection]) -> bytes | None:
    """The film strip of a process; None where no collection has it, or its pictures cannot be read."""
    from ppad.plotting.strip import film_strip

    for collection in collections:
        if collection.path_of(process_id).is_file():
            try:
                return film_strip(collection.read(process_id))
            except PpadError:
                return None
    return None
