"""Every process's statistics as one Parquet file, for notebooks."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa

from ppad.storage import write_rows
from ppad_pipelines.stats.measures import CURVES, NUMBERS, Profile

SCHEMA = pa.schema(
    [
        ("collection", pa.string()),
        ("process_id", pa.string()),
        *((statistic.id, pa.float64()) for statistic in NUMBERS),
        *((statistic.id, pa.list_(pa.float64())) for statistic in CURVES),
    ]
)


def write_table(path: Path, profiles: Sequence[Profile]) -> None:
    """Write one row a process: the numbers, and the curves at 21 places from the start to the end.

    Raises:
        DiskFullError, NotWritableError: the place refuses.
    """
    rows = [
        {
            "collection": profile.name,
            "process_id": process_id,
            **{statistic.id: float(numbers[place]) for place, statistic in enumerate(NUMBERS)},
            **{statistic.id: curves[place].tolist() for place, statistic in enumerate(CURVES)},
        }
        for profile in profiles
        for process_id, curves, numbers in zip(profile.ids, profile.curves, profile.numbers, strict=True)
    ]
    write_rows(path, rows, SCHEMA)
