"""The order in which a training stream visits the rows of a split: arithmetic on row counts, without any reading.

    N  rows of the split          G  its row groups
    M  rows of one consumer       W  window: row groups that its neighbouring rows are drawn from

Only raw bits of PCG64 are used, whose stream NumPy keeps for ever: an order is the same on every machine and version.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Indices = NDArray[np.int64]

_GROUPS, _ROWS, _WINDOW = range(3)


def stream_order(
    group_rows: Sequence[int], *, seed: int, epoch: int, consumer: int, consumers: int, window: int
) -> tuple[Indices, Indices]:
    """The rows that one of several consumers visits in an epoch.

    Row groups are drawn in random order and laid end to end, each with its rows in random order; every consumer takes a
    stretch of equal length (±1 row), so that together they visit each row once; rows then move among W row groups.

    Args:
        group_rows: (G,) number of rows of each row group.
        seed, epoch: at least 0; another epoch is another order.
        consumer: which of the `consumers`, from 0.
        window: W, at least 1.

    Returns:
        The row group of each visited row, (M,), and its position within that row group, (M,). At no point are more than
        W row groups between their first and their last row. With W ≥ G, every order is equally likely.
    """
    counts = np.asarray(group_rows, dtype=np.int64)
    total = int(counts.sum())
    drawn = np.argsort(_random_bits(seed, epoch, _GROUPS, len(counts)), kind="stable")
    turn = np.repeat(np.arange(len(counts)), counts[drawn])
    shuffled = np.lexsort((_random_bits(seed, epoch, _ROWS, total), turn))
    rows = shuffled - np.repeat(np.cumsum(counts[drawn]) - counts[drawn], counts[drawn])
    mine = slice(consumer * total // consumers, (consumer + 1) * total // consumers)
    chance = (_random_bits(seed, epoch, _WINDOW, total)[mine] >> np.uint64(11)) * 2.0**-53
    order = np.argsort(_moments(turn[mine], chance, window), kind="stable")
    return drawn[turn[mine]][order], rows[mine][order]


def _moments(turn: Indices, chance: NDArray[np.floating], window: int) -> NDArray[np.float64]:
    """When each row is visited: a random moment while its row group is open.

    The k-th row group opens at k-W+1 and closes at k+1, so that W are open at any time; the first W open together at 0,
    and the last W close together, so that rows are mixed at the ends too.
    """
    if not len(turn):
        return np.empty(0)
    k = turn - turn[0]
    last = int(k[-1]) + 1
    opens = np.maximum(k - window + 1, 0)
    closes = np.where(k < last - window, k + 1, last)
    moments: NDArray[np.float64] = opens + (closes - opens) * chance
    return moments


def _random_bits(seed: int, epoch: int, purpose: int, count: int) -> NDArray[np.uint64]:
    bits = np.random.PCG64(np.random.SeedSequence((seed, epoch, purpose))).random_raw(count)
    return np.asarray(bits, dtype=np.uint64)
