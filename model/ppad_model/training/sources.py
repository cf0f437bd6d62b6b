"""The phases of a training with the sources of their examples."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from ppad.storage import DatasetRecord
from ppad_model.data import Rows, Share, Source, open_source
from ppad_model.data.rows import PictureSize
from ppad_model.training.devices import Machine
from ppad_model.training.phases import Phase
from ppad_model.training.trainer import PhaseData
from ppad_model.training.view import PlannedPhase, View


def open_phases(
    phases: Sequence[Phase], read: Callable[[DatasetRecord], Any], size: PictureSize, machine: Machine, view: View, share: Share
) -> list[PhaseData]:
    """Open the sources, and tell the view what to expect.

    Args:
        read: makes an example of a row.
        size: of its pictures.
    """

    def source(rows: Rows) -> Source[Any]:
        seen = partial(view.decoded, total=len(rows))
        return open_source(rows, read, size, memory_bytes=machine.memory_bytes, threads=machine.threads, seen=seen)

    data = [PhaseData(phase, source(phase.learn), source(phase.held) if len(phase.held) else None) for phase in phases]
    for one in data:
        config = one.phase.config
        view.expect(PlannedPhase(one.phase.name, config, len(one.learn.step_sizes(config.batch, share)), len(one.phase.learn)))
    return data
