"""Keys and values that attention remembers."""

from __future__ import annotations

import torch

from ppad_model.ppjudge.memory import Memory


def tokens(count: int, value: float) -> torch.Tensor:
    return torch.full((1, 1, count, 2), value)


def test_what_is_added_stands_behind_what_was_there() -> None:
    memory = Memory.of(tokens(2, 0), tokens(2, 10)).extended(tokens(1, 1), tokens(1, 11)).extended(tokens(1, 2), tokens(1, 12))
    assert memory.keys[0, 0, :, 0].tolist() == [0, 0, 1, 2]
    assert memory.values[0, 0, :, 0].tolist() == [10, 10, 11, 12]


def test_two_ways_on_from_one_memory_do_not_touch_each_other() -> None:
    start = Memory.of(tokens(2, 0), tokens(2, 0)).extended(tokens(1, 5), tokens(1, 5))
    one = start.extended(tokens(1, 1), tokens(1, 1))
    other = start.extended(tokens(1, 2), tokens(1, 2))
    assert one.keys[0, 0, :, 0].tolist() == [0, 0, 5, 1]
    assert other.keys[0, 0, :, 0].tolist() == [0, 0, 5, 2]
    assert start.keys[0, 0, :, 0].tolist() == [0, 0, 5]


def test_going_on_seldom_copies() -> None:
    """Room doubles: 100 additions of one token move the buffer 7 times (room for 2, 4, … 128)."""
    memory, buffers = Memory.of(tokens(1, 0), tokens(1, 0)), set()
    for _ in range(100):
        memory = memory.extended(tokens(1, 1), tokens(1, 1))
        buffers.add(memory.keys.data_ptr())
    assert len(buffers) <= 7
