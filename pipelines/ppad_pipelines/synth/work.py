"""A batch of orders becomes process files: paint, look at what came out, keep it or say why not."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from ppad.errors import NotFiniteError, OutOfMemoryError, PpadError
from ppad.media.images import Codec, read_image
from ppad.stages import Failure, Job, Progress, failure_of
from ppad.storage import Collection
from ppad_pipelines.synth.engine import Engine, EngineConfig, Request, Synthesis
from ppad_pipelines.synth.plan import STAGE, Attempt, Order
from ppad_pipelines.synth.quality import NOT_A_NUMBER, Rejection, first_rejection
from ppad_pipelines.synth.record import record_of
from ppad_pipelines.synth.registry import config_class, engine_entry, load_engine
from ppad_pipelines.synth.strokes.engine import StrokesConfig
from ppad_pipelines.synth.strokes.extras import Extras, write_extras

Reject = dict[str, Any]
"""A line of `rejects.jsonl`."""


@dataclass(slots=True)
class Account:
    """What came of the orders of a job."""

    processes: int = 0
    frames: int = 0
    notes: list[str] = field(default_factory=list)
    rejected: list[Reject] = field(default_factory=list)
    failed: list[Failure] = field(default_factory=list)

    def summary(self) -> dict[str, Any]:
        """For the report: numbers and notes for people, the rest for the run."""
        numbers = {"processes": self.processes} if self.processes > 1 else {}
        return {
            **numbers,
            "key frames": self.frames,
            "notes": self.notes,
            "rejected": self.rejected,
            "failed": [asdict(failure) for failure in self.failed],
        }


@dataclass(frozen=True)
class SynthWork:
    """Paints a batch into a collection.

    Args:
        root: folder of the collection.
        engine: name of the engine.
        config_json: its settings, as JSON; an engine is loaded once a process.
        codec: of the stored frames.
        extras: what the stroke engine gives besides.
        filters: reasons for which what was made is rejected.
    """

    root: Path
    engine: str
    config_json: str
    codec: Codec = "jpeg"
    extras: Extras = Extras()
    filters: tuple[str, ...] = ()

    @property
    def places(self) -> tuple[Path, ...]:
        """Folders that all workers must see."""
        return (Collection(self.root).root, *self.extras.places)

    def __call__(self, job: Job, progress: Progress) -> Mapping[str, Any]:
        """Paint the orders of a job; see `Work`.

        An order that fails costs only itself. One whose process is rejected goes on to its next seed, with the others that
        do.

        Raises:
            PpadError: there is one order, and it failed.
        """
        account = Account()
        waiting: list[tuple[Order, tuple[Attempt, ...]]] = [(order, order.attempts) for order in job.payload]
        while waiting:
            made = self._paint([(order, attempts[0]) for order, attempts in waiting], progress)
            again = []
            for (order, attempts), outcome in zip(waiting, made, strict=True):
                if isinstance(outcome, PpadError) and len(job.payload) == 1 and self._judge(outcome) is None:
                    raise outcome
                rejection = self._settle(order, attempts[0], outcome, account)
                if rejection is not None and len(attempts) > 1:
                    again.append((order, attempts[1:]))
            waiting = again
        return account.summary()

    def _paint(self, orders: Sequence[tuple[Order, Attempt]], progress: Progress) -> list[Synthesis | PpadError]:
        """What came of each order; a batch that fails is tried one by one, so that the others are not lost."""
        engine = loaded_engine(self.engine, self.config_json)
        try:
            return list(paint_backing_off(engine, [_request(*order) for order in orders], progress))
        except PpadError as error:
            if len(orders) == 1:
                return [error]
        return [outcome for order in orders for outcome in self._paint([order], progress)]

    def _settle(self, order: Order, attempt: Attempt, outcome: Synthesis | PpadError, account: Account) -> Rejection | None:
        """Keep a process, or note why not."""
        rejection = self._judge(outcome)
        if rejection is not None:
            account.rejected.append(self._reject(order, attempt, rejection))
            account.notes.append(f"rejected: {rejection.words}")
        elif isinstance(outcome, PpadError):
            account.failed.append(failure_of(STAGE, order.motif.label, outcome))
            account.notes.append(f"failed: {outcome.message}")
        else:
            self._keep(order, attempt, outcome)
            account.processes, account.frames = account.processes + 1, account.frames + len(outcome.frames)
        return rejection

    def _judge(self, outcome: Synthesis | PpadError) -> Rejection | None:
        if isinstance(outcome, Synthesis):
            return first_rejection(outcome.frames, self.filters)
        is_nan = isinstance(outcome, NotFiniteError) and NOT_A_NUMBER in self.filters
        return Rejection(NOT_A_NUMBER, 1.0, 0.0) if is_nan else None

    def _keep(self, order: Order, attempt: Attempt, synthesis: Synthesis) -> None:
        facts = loaded_engine(self.engine, self.config_json).facts
        determining = loaded_config(self.engine, self.config_json).determining()
        if self.extras.are_wanted:
            write_extras(self.extras, _request(order, attempt), StrokesConfig.model_validate_json(self.config_json))
        record = record_of(order, attempt, synthesis, facts, determining, self.codec)
        Collection(self.root).write(record, attempt.identity[:12])

    def _reject(self, order: Order, attempt: Attempt, rejection: Rejection) -> Reject:
        facts = loaded_engine(self.engine, self.config_json).facts
        return {
            "process_id": attempt.id,
            "input": order.motif.label,
            "stage": STAGE,
            "engine": facts.name,
            "seed": attempt.seed,
            **asdict(rejection),
        }


def paint_backing_off(engine: Engine, requests: Sequence[Request], progress: Progress) -> list[Synthesis]:
    """Paint a batch; where memory runs out, its halves one after the other, down to single requests.

    Raises:
        OutOfMemoryError: not even one request fits.
    """
    try:
        return engine.paint(requests, progress)
    except OutOfMemoryError:
        if len(requests) == 1:
            raise
    half = len(requests) // 2
    return [*paint_backing_off(engine, requests[:half], progress), *paint_backing_off(engine, requests[half:], progress)]


def loaded_config(name: str, config_json: str) -> EngineConfig:
    """The settings of an engine."""
    return config_class(engine_entry(name)).model_validate_json(config_json)


@functools.lru_cache(maxsize=1)
def loaded_engine(name: str, config_json: str) -> Engine:
    """An engine, loaded once a process."""
    return load_engine(engine_entry(name), loaded_config(name, config_json))


def _request(order: Order, attempt: Attempt) -> Request:
    source = order.motif
    image = None if source.image is None else read_image(source.image)
    return Request(attempt.id, source.prompt, image, tuple(read_image(path) for path in source.partial), attempt.seed)
