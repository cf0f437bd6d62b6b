"""Small processes to draw sheets and pages of."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from ppad.media.images import encode_image
from ppad.schema import Picture, ProcessRecord, Provenance

MakeProcess = Callable[..., ProcessRecord]


@pytest.fixture
def process() -> MakeProcess:
    """Makes a process whose frame k is filled with the grey 10·k (mod 250); any column and the size can be set."""

    def make(name: str = "pears", frames: int = 4, width: int = 40, height: int = 30, **columns: Any) -> ProcessRecord:
        provenance = {
            "tool": "ppad",
            "version": "0.1.0",
            "engine": "key frames",
            "config_json": "{}",
            "source_name": f"{name}.mp4",
            "source_sha256": "0" * 64,
            "created_at": "2026-01-01T00:00:00Z",
            **columns.pop("provenance", {}),
        }
        values: dict[str, Any] = {
            "process_id": f"{name}-{hashlib.sha256(name.encode()).hexdigest()[:12]}",
            "origin": "real",
            "reference_kind": "none",
            "frames": [_grey(10 * number % 250, width, height) for number in range(frames)],
            "frame_time_s": [1.5 * number for number in range(frames)],
            "frame_index": None,
            "frame_change": [0.0] + [0.04] * (frames - 1),
            "width": width,
            "height": height,
            "provenance": Provenance(**provenance),
        }
        return ProcessRecord(**(values | columns))

    return make


def _grey(level: int, width: int, height: int) -> Picture:
    return Picture(bytes=encode_image(np.full((height, width, 3), level, np.uint8), "png"), path="frame.png")
