"""Numbers and sentences as people read them, and labels that leave each other room."""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Callable, Sequence

ELLIPSIS = "…"
_JOINERS = "\u200c\u200d"  # several scripts spell with them
_CLOCK_STEPS_S = (0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400)


def clock(seconds: float) -> str:
    """A time of a recording: `m:ss.s`, or `h:mm:ss.s` from an hour on."""
    tenths = round(max(0.0, seconds) * 10)
    minutes, rest = divmod(tenths, 600)
    hours, minutes_of_hour = divmod(minutes, 60)
    if hours:
        return f"{hours}:{minutes_of_hour:02}:{rest // 10:02}.{rest % 10}"
    return f"{minutes}:{rest // 10:02}.{rest % 10}"


def percent(share: float) -> str:
    """A share from 0 to 1 as a percentage with two significant digits: `0.3 %`, `5.2 %`, `48 %`."""
    value = 100 * share
    digits = 0 if value >= 9.95 or value == 0 else 1 if value >= 0.095 else 2
    return f"{value:.{digits}f} %"


def count(number: int, one: str, many: str | None = None) -> str:
    """A number with its noun: `1 key frame`, `12 key frames`."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def position_ticks(low: float, high: float, at_most: int, *, is_clock: bool) -> list[float]:
    """Round positions for the ticks of an axis: steps of a clock, or whole numbers 1, 2, 5, 10, …

    Args:
        low, high: the ends of the axis, in seconds or as an index.
        at_most: the largest number of ticks, at least 2.
    """
    smallest = max(high - low, 1e-9) / (at_most - 1)
    power = 10 ** max(0, math.floor(math.log10(smallest)))
    steps = _CLOCK_STEPS_S if is_clock else (power, 2 * power, 5 * power)
    largest = 3600 * math.ceil(smallest / 3600) if is_clock else 10 * power
    step = next((step for step in steps if step >= smallest), largest)
    first = math.ceil(low / step - 1e-9)
    return [round(tick * step, 6) for tick in range(first, math.floor(high / step + 1e-9) + 1)]


def thin_labels(centres: Sequence[float], widths: Sequence[float], gap: float) -> list[int]:
    """Which labels on one line to write, so that none touches another: the first, the last, and what fits between.

    Args:
        centres: middle of each label, rising, in pixels.
        widths: width of each label, in pixels.
        gap: room between two labels, in pixels.

    Returns:
        Positions of the labels to write, rising.
    """
    kept: list[int] = []
    last = len(centres) - 1

    def clear(left: int, right: int) -> bool:
        return centres[right] - widths[right] / 2 - (centres[left] + widths[left] / 2) >= gap

    for label in range(last):
        if not kept or (clear(kept[-1], label) and clear(label, last)):
            kept.append(label)
    return [label for label in kept if clear(label, last)] + [last] if last >= 0 else []


def wrap(text: str, width: float, measure: Callable[[str], float], max_lines: int) -> list[str]:
    """Break a text into lines: between words, between ideographs, and inside a word that is longer than a line.

    Args:
        width: room of a line, in the unit of `measure`.
        measure: width of a string.
        max_lines: more than that end in an ellipsis.
    """
    lines: list[str] = [""]
    parts = (part for piece in _pieces(text) for part in ([piece] if measure(piece.rstrip()) <= width else piece))
    for part in parts:
        if lines[-1] and measure((lines[-1] + part).rstrip()) > width:
            lines.append("")
        lines[-1] += part if lines[-1] else part.lstrip()
        if len(lines) > max_lines:
            lines = [*lines[: max_lines - 1], _shorten(lines[max_lines - 1], width, measure)]
            break
    return [line.rstrip() for line in lines if line.strip()]


def plain_line(text: str) -> str:
    """A text on one line: control and direction characters, which could hide or reorder what is written, become spaces."""
    return " ".join("".join(" " if _is_hidden(char) else char for char in text).split())


def _is_hidden(char: str) -> bool:
    return unicodedata.category(char) in ("Cc", "Cf", "Cs") and char not in _JOINERS


def _pieces(text: str) -> list[str]:
    """Words with the space after them; ideographs one by one."""
    pieces: list[str] = []
    is_open = False
    for char in text:
        alone = unicodedata.east_asian_width(char) in ("W", "F")
        if is_open and not alone:
            pieces[-1] += char
        else:
            pieces.append(char)
        is_open = not alone and not char.isspace()
    return pieces


def _shorten(line: str, width: float, measure: Callable[[str], float]) -> str:
    line = line.rstrip()
    while line and measure(line + ELLIPSIS) > width:
        line = line[:-1].rstrip()
    return line + ELLIPSIS
