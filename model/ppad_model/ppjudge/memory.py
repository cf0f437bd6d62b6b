"""What attention remembers of the frames so far: keys and values, in a buffer that grows by doubling."""

from __future__ import annotations

from dataclasses import dataclass

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

    buffer: _Buffer | None = None
    used: int = 0

    def extended(self, keys: Tensor, values: Tensor) -> Memory:
        """This memory and further tokens.

        Args:
            keys, values: (B, heads, n, d).
        """
        end = self.used + keys.shape[2]
        buffer = self.buffer
        if buffer is None or buffer.filled != self.used or buffer.keys.shape[2] < end:
            buffer = self._moved(keys, values, room=max(end, 2 * self.used))
        buffer.keys[:, :, self.used : end] = keys
        buffer.values[:, :, self.used : end] = values
        buffer.filled = end
        return Memory(buffer, end)

    @property
    def keys(self) -> Tensor:
        """(B, heads, used, d)."""
        assert self.buffer is not None
        return self.buffer.keys[:, :, : self.used]

    @property
    def values(self) -> Tensor:
        """(B, heads, used, d)."""
        assert self.buffer is not None
        return self.buffer.values[:, :, : self.used]

    def _moved(self, keys: Tensor, values: Tensor, room: int) -> _Buffer:
        batch, heads, _, width = keys.shape
        buffer = _Buffer(keys.new_empty(batch, heads, room, width), values.new_empty(batch, heads, room, width), self.used)
        if self.buffer is not None:
            buffer.keys[:, :, : self.used] = self.keys
            buffer.values[:, :, : self.used] = self.values
        return buffer
