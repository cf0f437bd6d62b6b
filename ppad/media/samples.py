"""Small versions of frames, kept on disk: thousands of them, of any length of recording, cost no memory."""

from __future__ import annotations

import errno
import os
import tempfile
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self, overload

import numpy as np
from numpy.typing import NDArray

from ppad.media.images import Pixels, Size


class SampleStore:
    """A fixed number of equally large samples in an anonymous temporary file.

    Several threads may write different samples at once. The file has no name, so nothing is left behind by a kill.

    Args:
        folder: where the file is made; it needs `count · 3 · width · height` bytes there.
    """

    def __init__(self, folder: Path, count: int, size: Size) -> None:
        self._file = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115 - closed by `close`
        self._shape = (size.height, size.width, 3)
        self._bytes = size.height * size.width * 3
        self._filled = np.zeros(count, dtype=bool)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._file.close()

    def put(self, slot: int, sample: Pixels) -> None:
        """Keep a sample, (H, W, 3) uint8, in a slot."""
        if sample.shape != self._shape:
            raise ValueError(f"a sample of shape {sample.shape} does not fit {self._shape}")
        written = os.pwrite(self._file.fileno(), sample.tobytes(), slot * self._bytes)
        if written < self._bytes:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        self._filled[slot] = True

    def get(self, slot: int) -> Pixels:
        """The sample in a slot, as an array of its own."""
        sample = np.zeros(self._shape, dtype=np.uint8)
        os.preadv(self._file.fileno(), [sample.data], slot * self._bytes)
        return sample

    def drop(self, slot: int) -> None:
        """Forget the sample in a slot."""
        self._filled[slot] = False

    @property
    def filled(self) -> NDArray[np.int64]:
        """The slots that hold a sample, rising."""
        return np.flatnonzero(self._filled)


class SampleView(Sequence[Pixels]):
    """Some slots of a store as a sequence, with pixels that are no canvas painted over.

    Args:
        slots: (N,) the slots, in order.
        ignore: (H, W) pixels that are left out of every comparison, or None.
    """

    def __init__(self, store: SampleStore, slots: NDArray[np.int64], ignore: NDArray[np.bool_] | None = None) -> None:
        self._store = store
        self._slots = slots
        self._ignore = ignore

    def __len__(self) -> int:
        return len(self._slots)

    @overload
    def __getitem__(self, index: int) -> Pixels: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Pixels]: ...
    def __getitem__(self, index: int | slice) -> Pixels | Sequence[Pixels]:
        if isinstance(index, slice):
            return SampleView(self._store, self._slots[index], self._ignore)
        sample = self._store.get(int(self._slots[index]))
        if self._ignore is not None:
            sample[self._ignore] = 0
        return sample
