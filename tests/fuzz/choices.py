"""Decisions read from bytes: the same bytes make the same input, and a fuzzer that changes a byte changes a decision."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")

NUMBERS = (0, 1, 2, -1, 127, 128, 255, 256, 32767, 65535, 2**31 - 1, -(2**31), 2**32 - 1, 2**53 + 1, 2**63 - 1, -(2**63))
REALS = (0.0, -0.0, 0.5, 1.0, -1.0, 1e-9, 1e9, 1e308, -1e308, 5e-324, float("inf"), float("-inf"), float("nan"))
WORDS = (
    "", " ", "x", "real", "train", "main", "ppad-8", "1", "7.5", "-3", "9" * 20, "9" * 5000, "nan", "NaN", "١", "²", "\0", "\n",
    "a" * 300, "../../etc/passwd", "/dev/zero", "s3://bucket/key", "painted-0123456789ab", "\u202eevil", "e\u0301" * 40,
    "界" * 90, "😀",
    "<script>alert(1)</script>", "$x^{$", "{{7*7}}", "[bold]x[/", "2026-01-01T00:00:00Z", "0001-01-01T00:00:00+14:00",
)  # fmt: skip


class Choices:
    """Reads decisions from bytes, in order; where they run out, every decision is the first or the least."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    @property
    def left(self) -> bool:
        """Whether bytes are left."""
        return self._at < len(self._data)

    def taken(self, count: int) -> bytes:
        """The next bytes, fewer at the end."""
        found = self._data[self._at : self._at + count]
        self._at += len(found)
        return found

    def rest(self) -> bytes:
        """All that is left."""
        return self.taken(len(self._data))

    def whole(self, low: int, high: int) -> int:
        """A whole number from `low` to `high`, both included."""
        span = high - low + 1
        return low + int.from_bytes(self.taken((span.bit_length() + 7) // 8), "little") % span

    def flag(self) -> bool:
        """Yes or no."""
        return self.whole(0, 1) == 1

    def one(self, of: Sequence[T]) -> T:
        """One of some things."""
        return of[self.whole(0, len(of) - 1)]

    def number(self) -> int:
        """A whole number at the edge of something, or near it."""
        return self.one(NUMBERS) + self.whole(-2, 2)

    def real(self) -> float:
        """A real number, mostly an odd one."""
        return self.one(REALS) if self.flag() else self.whole(-1000, 1000) / 8

    def text(self) -> str:
        """A word that has broken something somewhere, or whatever the bytes say."""
        return self.one(WORDS) if self.flag() else self.taken(self.whole(0, 40)).decode("utf-8", "replace")


def edited(whole: bytes, choices: Choices, most: int = 6) -> bytes:
    """Bytes with some edits: flips, numbers, cuts, copies."""
    data = bytearray(whole)
    for _ in range(most):
        if not choices.left or not data:
            break
        at = choices.whole(0, len(data) - 1)
        match choices.whole(0, 7):
            case 0:
                data[at] ^= 1 << choices.whole(0, 7)
            case 1:
                data[at] = choices.whole(0, 255)
            case 2:
                data[at : at + 4] = (choices.number() & 0xFFFFFFFF).to_bytes(4, choices.one(("little", "big")))
            case 3:
                del data[at : at + choices.whole(1, 64)]
            case 4:
                del data[at:]
            case 5:
                data[at:at] = choices.taken(choices.whole(1, 32))
            case 6:
                source = choices.whole(0, len(data) - 1)
                data[at:at] = data[source : source + choices.whole(1, 256)]
            case 7:
                length = choices.whole(1, 64)
                data[at : at + length] = bytes([choices.one((0, 0xFF))]) * len(data[at : at + length])
    return bytes(data)
