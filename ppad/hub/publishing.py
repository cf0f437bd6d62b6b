"""From a folder to a repository: look through every file, ask every gate, and only then send."""

from __future__ import annotations

import hashlib
import itertools
import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ppad.errors import PublishError
from ppad.hub.client import Hub
from ppad.hub.contents import Contents, with_sums
from ppad.hub.gates import Consent, gate_problems
from ppad.hub.names import Forbidden
from ppad.hub.scanning import ScanFile, Target
from ppad.schema import Problem
from ppad.stages import Executor, Job, Listener, run_stage


@dataclass(frozen=True, slots=True)
class Review:
    """What would be published, and what keeps it from being.

    Attributes:
        digests: SHA-256 of each file, by its path.
        sizes: bytes of each.
        licences: number of processes that people painted, by licence.
    """

    contents: Contents
    digests: dict[str, str]
    sizes: dict[str, int]
    licences: Counter[str]
    problems: list[Problem]


def review(contents: Contents, forbidden: Forbidden, consent: Consent, executor: Executor, listener: Listener) -> Review:
    """Look through all files and ask every gate. Nothing is sent."""
    with tempfile.TemporaryDirectory(prefix="ppad-") as folder:
        targets = list(_targets(contents, Path(folder)))
        sizes = {target.name: target.source.stat().st_size for target in targets}
        jobs = [Job(target.name, target.name, target, float(sizes[target.name])) for target in targets]
        report = run_stage("publish", ScanFile(forbidden), jobs, executor, listener)
    found = {job.id: summary for job, summary in report.done}
    scans = [found[name]["scan"] for name in sorted(found)]
    digests = {name: str(found[name]["sha256"]) for name in sorted(found)}
    licences: Counter[str] = sum((scan.licences for scan in scans), Counter())
    raters = set(itertools.chain.from_iterable(scan.raters for scan in scans))
    problems = [Problem(failure.input, failure.message, failure.fix) for failure in report.failed]
    problems += itertools.chain.from_iterable(scan.problems for scan in scans)
    problems += gate_problems(contents, licences, raters, digests, consent)
    return Review(contents, digests, sizes, licences, problems)


def publish(review: Review, hub: Hub, *, private: bool) -> str:
    """Send what was reviewed, in one commit.

    Returns:
        the commit.

    Raises:
        PublishError: the review found problems.
        CredentialsError, AccessError, NetworkError: the Hub refuses, or does not answer.
    """
    if review.problems:
        raise PublishError(
            f"{len(review.problems)} things keep this from being published; first: {review.problems[0].message}",
            "Run without --upload to see all of them.",
        )
    files = with_sums(review.contents, review.digests)
    key = hashlib.sha256("".join(review.digests.values()).encode()).hexdigest()[:12]
    return hub.upload(review.contents.kind, files, f"Publish with PPAD ({key})", private=private)


def _targets(contents: Contents, folder: Path) -> Iterator[Target]:
    """Every file where it can be read; what is made for the repository lies in the folder for that."""
    for name, source in contents.files.items():
        if isinstance(source, bytes):
            path = folder / name.replace("/", "-")
            path.write_bytes(source)
            yield Target(path, name)
        else:
            yield Target(source, name)
