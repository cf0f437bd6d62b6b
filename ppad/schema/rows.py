"""Between a typed record and the plain dictionary that Arrow reads and writes."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from ppad.schema.columns import columns_of
from ppad.schema.process import Picture, ProcessRecord, Provenance


def process_to_row(record: ProcessRecord) -> dict[str, Any]:
    """The record as a row of `PROCESS_SCHEMA`."""
    row = {name: getattr(record, name) for name in columns_of(ProcessRecord)}
    row["reference_image"] = _picture_row(record.reference_image)
    row["frames"] = [_picture_row(frame) for frame in record.frames]
    row["provenance"] = dataclasses.asdict(record.provenance)
    row["controls"] = _controls_row(record.controls)
    return row


def process_from_row(row: Mapping[str, Any]) -> ProcessRecord:
    """The record of a row; columns beyond the contract of a collection (a dataset has more) are left out.

    Raises:
        TypeError: a frame is null, or a record or list that every row needs.
    """
    values: dict[str, Any] = {
        name: row.get(name) if col.optional else row[name] for name, col in columns_of(ProcessRecord).items()
    }
    values["reference_image"] = None if row["reference_image"] is None else _picture(row["reference_image"])
    values["frames"] = [_picture(frame) for frame in row["frames"]]
    values["provenance"] = Provenance(**row["provenance"])
    values["controls"] = _controls(row["controls"])
    return ProcessRecord(**values)


def _picture_row(picture: Picture | None) -> dict[str, Any] | None:
    return None if picture is None else {"bytes": picture.bytes, "path": picture.path}


def _picture(row: Mapping[str, Any]) -> Picture:
    return Picture(bytes=row["bytes"], path=row["path"])


def _controls_row(controls: Mapping[str, float] | None) -> list[dict[str, Any]] | None:
    return None if controls is None else [{"key": key, "value": value} for key, value in controls.items()]


def _controls(row: list[dict[str, Any]] | None) -> dict[str, float] | None:
    return None if row is None else {pair["key"]: pair["value"] for pair in row}
