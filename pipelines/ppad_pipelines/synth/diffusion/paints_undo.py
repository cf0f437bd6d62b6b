"""The engine `paints-undo`: takes a finished painting apart, back to its first strokes."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ppad.errors import SynthesisError
from ppad.media.images import Pixels, resize
from ppad_pipelines.synth.diffusion import latents
from ppad_pipelines.synth.diffusion.components import quietly
from ppad_pipelines.synth.diffusion.configs import PaintsUndoConfig
from ppad_pipelines.synth.diffusion.converted import read_record
from ppad_pipelines.synth.diffusion.devices import Placement, choose_placement, in_chunks, memory_watched, place
from ppad_pipelines.synth.diffusion.facts import diffusion_facts
from ppad_pipelines.synth.diffusion.noise import initial_noise
from ppad_pipelines.synth.diffusion.packages import torch
from ppad_pipelines.synth.diffusion.padding import Canvas, canvas_for, fit, restore
from ppad_pipelines.synth.diffusion.paints_undo_convert import BETAS, NAME, converted
from ppad_pipelines.synth.diffusion.paints_undo_pipeline import PaintsUndoPipeline
from ppad_pipelines.synth.diffusion.sampling import make_scheduler
from ppad_pipelines.synth.diffusion.texts import counted, cut_note
from ppad_pipelines.synth.engine import EngineConfig, EngineFacts, Licences, Progress, Request, Synthesis

LICENCES = Licences(code="Apache-2.0", weights="openrail")


@dataclass(frozen=True, slots=True)
class State:
    """One state of one painting that is to be made.

    Attributes:
        order: the place of its request in the batch.
        operation_step: 0 (finished) to 999 (first stroke).
        canvas: how the painting lies in what the network works on.
        painting, noise: (4, h, w); noise is shared by all states of a painting.
        prompt: what the painting shows; empty if nobody said it.
    """

    order: int
    operation_step: int
    canvas: Canvas
    painting: Any
    noise: Any
    prompt: str


@dataclass(frozen=True)
class PaintsUndo:
    """See `Engine`. The weights are read when the first process is painted."""

    config: PaintsUndoConfig
    folder: Path
    placement: Placement
    facts: EngineFacts

    @functools.cached_property
    def pipeline(self) -> Any:
        """The pipeline, on its device."""
        with quietly():
            pipeline = PaintsUndoPipeline.from_pretrained(self.folder, dtype=self.placement.dtypes)
        pipeline.scheduler = make_scheduler(self.config.scheduler, BETAS)
        place(pipeline, self.config, self.placement)
        return pipeline

    def paint(self, requests: Sequence[Request], progress: Progress) -> list[Synthesis]:
        """One process a request; see `Engine`. All states of all paintings of a size go through the network together.

        Raises:
            SynthesisError: a request has no finished painting, or the model fails.
            OutOfMemoryError: not even one state fits into memory.
        """
        for request in requests:
            if request.image is None:
                raise SynthesisError(
                    f"paints-undo takes a finished painting apart, and {request.id} has none.", "Give one with --images."
                )
        with memory_watched(), quietly(), torch.no_grad():
            states = [state for order, request in enumerate(requests) for state in self._states(order, request)]
            frames = self._frames(states, progress)
            return [
                self._synthesis(request, [frame for state, frame in zip(states, frames, strict=True) if state.order == order])
                for order, request in enumerate(requests)
            ]

    def _states(self, order: int, request: Request) -> list[State]:
        """What is to be painted of a request: the operation steps that the painter's own frames do not stand for."""
        wanted = self.config.first_stroke_to_last()[len(request.partial) :]
        if request.image is None or not wanted:
            return []
        vae = self.pipeline.vae
        canvas = canvas_for(request.image, self.config.size, latents.size_multiple(vae, self.pipeline.unet))
        painting = latents.encode(vae, [fit(request.image, canvas)], self.pipeline._execution_device)[0]
        noise = initial_noise(request.seed, painting.shape)
        return [State(order, step, canvas, painting, noise, request.prompt or "") for step in wanted]

    def _frames(self, states: Sequence[State], progress: Progress) -> list[Pixels]:
        """A frame of each state, in the order of the states; those of one size go through the network together."""
        numbers = sorted(range(len(states)), key=lambda number: states[number].canvas.padded)
        frames: dict[int, Pixels] = {}
        for _, group in itertools.groupby(numbers, key=lambda number: states[number].canvas.padded):
            alike = list(group)
            made = in_chunks(
                [states[number] for number in alike],
                self.config.at_once,
                functools.partial(self._denoise, progress=_part_of(progress, len(frames), len(states))),
            )
            frames.update(zip(alike, made, strict=True))
        return [frames[number] for number in range(len(states))]

    def _denoise(self, states: Sequence[State], before: int, progress: Callable[[float], None]) -> list[Pixels]:
        """Frames of states of one size.

        Args:
            progress: told of states done, `before` those that were done before.
        """
        pipeline = self.pipeline
        text = torch.cat([pipeline.encode_text([state.prompt]) for state in states])
        negative = pipeline.encode_text([self.config.negative_prompt]).expand_as(text)
        made = pipeline(
            torch.stack([state.painting for state in states]),
            [state.operation_step for state in states],
            text,
            negative,
            torch.stack([state.noise for state in states]),
            self.config.steps,
            self.config.guidance,
            lambda share: progress(before + share * len(states)),
        )
        pixels = latents.decode(pipeline.vae, made)
        return [restore(frame, state.canvas) for frame, state in zip(pixels, states, strict=True)]

    def _synthesis(self, request: Request, made: list[Pixels]) -> Synthesis:
        assert request.image is not None  # noqa: S101 - refused before
        canvas = canvas_for(request.image, self.config.size, 1)
        kept = [resize(frame, canvas.picture) for frame in request.partial]
        last = [resize(request.image, canvas.picture)] if self.config.end_with_painting else []
        frames = [*kept, *made, *last]
        if len(frames) < 2:
            raise SynthesisError(f"{request.id} would have one frame.", "Ask for more operation steps.")
        progress = progress_of(self.config.first_stroke_to_last(), len(kept)) + [1.0] * len(last)
        notes = [f"{counted(len(made), 'frame')} by the model", *cut_note(self.pipeline.tokenizer, request.prompt or "")]
        if kept:
            notes.insert(0, f"{counted(len(kept), 'frame')} by the painter, kept as given")
        if last:
            notes.append("the last frame is the given painting")
        return Synthesis(frames, progress, notes)


def load(config: EngineConfig) -> PaintsUndo:
    """The engine with its weights found, converted where they must be, and checked.

    Raises:
        WeightsError: the weights cannot be had or used.
        ConfigError: there is no such device here.
    """
    assert isinstance(config, PaintsUndoConfig)  # noqa: S101 - for the type checker: the registry pairs them
    placement = choose_placement(config)
    folder = converted(config)
    facts = diffusion_facts(LICENCES, read_record(folder, NAME), config, placement)
    return PaintsUndo(config, folder, placement, facts)


def progress_of(operation_steps: Sequence[int], kept: int) -> list[float]:
    """Share of the painting that is done at each frame but the closing one, 0–1, rising.

    The painter's own frames stand for the first operation steps; where they are more than there are steps, they share the
    way to the last one.
    """
    shares = [(1000 - step) / 1000 for step in operation_steps]
    if kept <= len(shares):
        return shares
    return [float(share) for share in np.linspace(shares[0], shares[-1], kept)]


def _part_of(progress: Progress, before: int, total: int) -> Callable[[float], None]:
    """Told of states done in a group, says the share of all states, `before` of which other groups had."""
    return lambda done: progress((before + done) / total)
