"""The examples of the card: for each attribute a low and a high process side by side, and both as process files."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from ppad.media.images import Pixels, decode_image, encode_image
from ppad.schema import ProcessRecord
from ppad.storage import Collection, write_bytes
from ppad.storage.atomic import make_folder
from ppad_pipelines.simulate.design import ATTRIBUTES, Process

FOLDER = "examples"
_COLUMNS = 3
_GAP, _GUTTER = 3, 18
_PAPER = 255


def write_examples(folder: Path, source: Collection, pairs: Sequence[tuple[Process, Process]]) -> None:
    """Put the example processes, and a picture of each pair, into the folder of a dataset.

    Raises:
        NotFoundError, ContractError: an example is missing or damaged.
        DiskFullError, NotWritableError: the place refuses.
    """
    target = Collection(folder / FOLDER)
    make_folder(target.processes)
    for attribute, pair in zip(ATTRIBUTES, pairs, strict=True):
        for process in pair:
            write_bytes(target.path_of(process.id), source.path_of(process.id).read_bytes())
        blocks = [_block(source.read(process.id)) for process in pair]
        gutter = np.full((blocks[0].shape[0], _GUTTER, 3), _PAPER, np.uint8)
        picture = np.concatenate([blocks[0], gutter, blocks[1]], axis=1)
        write_bytes(folder / FOLDER / f"{attribute}.jpg", encode_image(picture, quality=90))
    write_bytes(target.summary_file, source.summary_file.read_bytes())  # its date stays: the same bytes again
    target.write_summary()


def _block(record: ProcessRecord) -> Pixels:
    """The reference, then the frames after the empty ground, row by row."""
    assert record.reference_image is not None  # noqa: S101 - for the type checker
    data = [record.reference_image.bytes, *(frame.bytes for frame in record.frames[1:])]
    cells = [_framed(decode_image(one, name=record.process_id)) for one in data]
    rows = [np.concatenate(cells[start : start + _COLUMNS], axis=1) for start in range(0, len(cells), _COLUMNS)]
    return np.concatenate(rows, axis=0)


def _framed(pixels: Pixels) -> Pixels:
    return np.pad(pixels, ((0, _GAP), (0, _GAP), (0, 0)), constant_values=_PAPER)
