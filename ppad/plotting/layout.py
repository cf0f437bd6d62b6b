"""Where things go on a sheet: plain arithmetic, in pixels, from the top left corner."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

from ppad.media.images import Size


class Box(NamedTuple):
    """A rectangle: its top left corner and its size."""

    left: int
    top: int
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Grid:
    """Frames of one size in rows from left to right.

    Attributes:
        frame: size at which each frame is drawn.
        columns, rows: shape of the grid; the last row may be short.
        gap: room between two columns, and below each caption.
        caption: room for the words below each frame.
    """

    frame: Size
    columns: int
    rows: int
    gap: int
    caption: int

    @property
    def height(self) -> int:
        """Height of all rows with their captions."""
        return self.rows * (self.frame.height + self.caption + self.gap) - self.gap

    def place(self, number: int) -> Box:
        """Where the frame with that number, from 0, is drawn; relative to the grid."""
        row, column = divmod(number, self.columns)
        left = column * (self.frame.width + self.gap)
        return Box(left, row * (self.frame.height + self.caption + self.gap), *self.frame)


def display_size(stored: Size, room: Size) -> Size:
    """The size at which a picture is shown: scaled down to fit, or enlarged by a whole number so that its pixels stay sharp."""
    enlargement = min(room.width // stored.width, room.height // stored.height)
    if enlargement >= 1:
        return Size(stored.width * enlargement, stored.height * enlargement)
    scale = min(room.width / stored.width, room.height / stored.height)
    return Size(max(1, math.floor(stored.width * scale)), max(1, math.floor(stored.height * scale)))


def grid_of(frames: int, stored: Size, width: int, height: int, gap: int = 20, caption: int = 30, smallest: int = 56) -> Grid:
    """The grid that shows the frames as large as its room allows, in the fewest rows at that size.

    Args:
        frames: how many, at least 1.
        stored: size of the stored frames.
        width: room for the grid.
        height: room that the grid should not exceed; very many frames do.
        smallest: width below which no column is made.
    """
    most = max(1, min(frames, (width + gap) // (smallest + gap)))
    grids = [_with_columns(columns, frames, stored, width, height, gap, caption) for columns in range(1, most + 1)]
    fitting = [grid for grid in grids if grid.height <= height] or [min(grids, key=lambda grid: grid.height)]
    best = max(fitting, key=lambda grid: (grid.frame.width * grid.frame.height, -grid.rows))
    return Grid(best.frame, math.ceil(frames / best.rows), best.rows, gap, caption)


def _with_columns(columns: int, frames: int, stored: Size, width: int, height: int, gap: int, caption: int) -> Grid:
    cell = (width - gap * (columns - 1)) // columns
    return Grid(display_size(stored, Size(cell, height)), columns, math.ceil(frames / columns), gap, caption)


def evenly_chosen(total: int, at_most: int) -> list[int]:
    """Positions spread evenly over a sequence, its first and last among them."""
    if total <= at_most:
        return list(range(total))
    return [round(step * (total - 1) / (at_most - 1)) for step in range(at_most)]
