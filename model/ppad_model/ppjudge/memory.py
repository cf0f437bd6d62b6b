"""What attention remembers of the frames so far: keys and values, in a buffer that grows by doubling."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from ppad_model.packages import Tensor


@dataclass(slots=True)
class _Buffer:
    """Room for keys and values, (B, heads, room, d); `filled` tokens of it are written."""

    keys: Tensor
    values: Tensor
    filled: int


@dataclass(frozen=True, slots=True)
class Memory:
    """Keys and values of the first `used` tokens of a buffer.

    A memory never changes. Memories of one painting share a buffer: to extend the newest writes behind it, to extend an
    older one (a second way on from an earlier frame) copies first.
    """

    buffer: _Buffer
    used: int

    @classmethod
    def of(cls, keys: Tensor, values: Tensor) -> Self:
        """The memory of these tokens; nothing is copied.

        Args:
            keys, values: (B, heads, n, d).
        """
        return cls(_Buffer(keys, values, keys.shape[2]), keys.shape[2])

    def extended(self, keys: Tensor, values: Tensor) -> Memory:
        """This memory and further tokens.

        Args:
            keys, values: (B, heads, n, d).
        """
        end = self.used + keys.shape[2]
        buffer = self.buffer
        if buffer.filled != self.used or buffer.keys.shape[2] < end:
            buffer = self._moved(room=max(end, 2 * self.used))
        buffer.keys[:, :, self.used : end] = keys
        buffer.values[:, :, self.used : end] = values
        buffer.filled = end
        return Memory(buffer, end)

    @property
    def keys(self) -> Tensor:
        """(B, heads, used, d)."""
        return self.buffer.keys[:, :, : self.used]

    @property
    def values(self) -> Tensor:
        """(B, heads, used, d)."""
        return self.buffer.values[:, :, : self.used]

    def _moved(self, room: int) -> _Buffer:
        batch, heads, _, width = self.keys.shape
        shape = (batch, heads, room, width)
        buffer = _Buffer(self.keys.new_empty(shape), self.values.new_empty(shape), self.used)
        buffer.keys[:, :, : self.used] = self.keys
        buffer.values[:, :, : self.used] = self.values
        return buffer
