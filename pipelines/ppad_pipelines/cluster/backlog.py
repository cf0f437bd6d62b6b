"""Jobs that wait for a worker of the cluster, and how many of them go together."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterator, Sequence

from ppad.stages import Job

BATCH_S = 1.0
"""Work that is given to a worker at once, seconds: some hundred times what handing it over costs."""
LARGEST_BATCH = 200
MOST_LOSSES = 3
"""Nodes that a job may be lost with: the next one may be lost because of it."""


class Backlog:
    """Draws jobs no earlier than workers need them, and takes back what a lost node had.

    Args:
        jobs: the jobs, drawn lazily.
    """

    def __init__(self, jobs: Iterator[Job]) -> None:
        self._jobs = jobs
        self._waiting: deque[Job] = deque()
        self._losses: Counter[str] = Counter()
        self._seconds, self._done = 0.0, 0

    def waiting(self, wanted: int) -> int:
        """How many jobs wait: as many as are wanted, or all that are left."""
        while len(self._waiting) < wanted and (job := next(self._jobs, None)) is not None:
            self._waiting.append(job)
        return len(self._waiting)

    def take(self) -> list[Job]:
        """Jobs for one worker: one, or so many small ones that they take some `BATCH_S`; none where none are left."""
        size = round(BATCH_S * self._done / max(self._seconds, 1e-9)) if self._done else 1
        size = min(max(size, 1), LARGEST_BATCH)
        return [self._waiting.popleft() for _ in range(min(size, self.waiting(size)))]

    def took(self, seconds: float) -> None:
        """Learn from a job that was done."""
        self._seconds, self._done = self._seconds + seconds, self._done + 1

    def take_back(self, jobs: Sequence[Job]) -> Job | None:
        """Jobs without an outcome whose node is lost, the one that was being done first; they are the next to be taken.

        Returns:
            That first job, where it was lost too often: it does not wait again.
        """
        if not jobs:
            return None
        self._losses[jobs[0].id] += 1
        given_up = self._losses[jobs[0].id] >= MOST_LOSSES
        self._waiting.extendleft(reversed(jobs[1:] if given_up else jobs))
        return jobs[0] if given_up else None
