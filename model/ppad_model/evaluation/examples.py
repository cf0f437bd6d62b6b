"""A sheet of examples, as the paper's Figure 4: frames of processes, what was rated and what was predicted, best and worst."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ppad.media.images import Pixels, Size, decode_image, resize
from ppad.media.pictures import decode_frames
from ppad.plotting.canvas import ACCENT, CURVE, HAIRLINE, INK, MUTED, Canvas
from ppad.plotting.facts import title_of
from ppad.plotting.fonts import DPI, Lettering, Style
from ppad.plotting.labels import plain_line, wrap
from ppad.plotting.layout import Box, display_size, evenly_chosen
from ppad.storage import Dataset
from ppad_model.evaluation.rows import Rows

Floats = NDArray[np.float64]

WIDTH, MARGIN = 1600, 56
EACH = 4
"""Examples of the best, and of the worst."""
MOST_FRAMES = 6
_REFERENCE, _FRAMES, _BARS = 190, 880, 340
_ROW, _HEAD = 200, 40
_HAIR = 72 / DPI

TITLE = Style(26, INK, "bold")
BODY = Style(16, MUTED)
HEADING = Style(18, INK, "bold")
NAME = Style(14, INK, "bold")
SMALL = Style(12.5, MUTED)


@dataclass(frozen=True, slots=True)
class Example:
    """One process with both scores.

    Attributes:
        error: mean absolute error over its rated attributes, points.
        rated, predicted: (A,).
    """

    process_id: str
    source: str
    error: float
    rated: Floats
    predicted: Floats


def choose_examples(rows: Rows, predicted: Floats, each: int = EACH) -> tuple[list[Example], list[Example]]:
    """The processes that were scored best, and worst, by mean absolute error; of equals the first by id."""
    errors = np.nanmean(np.abs(predicted - rows.rated), axis=1)
    order = sorted(range(len(rows)), key=lambda row: (errors[row], rows.ids[row]))
    found = [Example(rows.ids[row], rows.origins[row], float(errors[row]), rows.rated[row], predicted[row]) for row in order]
    each = min(each, len(found) // 2)
    return found[:each], found[::-1][:each]


def example_sheet(
    title: str, shorts: Sequence[str], best: Sequence[Example], worst: Sequence[Example], dataset: Dataset,
    scale: tuple[float, float], notice: str,
) -> Pixels:  # fmt: skip
    """Draw the sheet: (H, 1600, 3) uint8.

    Args:
        shorts: short names of the attributes.
        scale: lowest and highest score.
    """
    parts = [("Nearest to the raters", best), ("Farthest from the raters", worst)]
    height = MARGIN + 70 + sum(_HEAD + len(found) * _ROW for _, found in parts) + 40
    prompts = [plain_line(dataset.read(one.process_id).process.prompt or "") for one in (*best, *worst)]
    canvas = Canvas(WIDTH, height, Lettering.of([title, notice, *shorts, *prompts, *(one.process_id for one in (*best, *worst))]))
    canvas.text(MARGIN, MARGIN + 10, f"{title}: examples", TITLE)
    canvas.text(
        MARGIN, MARGIN + 40, "Circle: mean of the raters. Dot: the run. The shorter the line between them, the better.", BODY
    )
    top = MARGIN + 70
    for heading, found in parts:
        canvas.text(MARGIN, top + 22, heading, HEADING)
        top += _HEAD
        for one in found:
            _draw(canvas, one, dataset, shorts, scale, top)
            top += _ROW
    canvas.text(WIDTH - MARGIN, height - 16, notice, SMALL, align="right")
    return canvas.pixels()


def _draw(canvas: Canvas, one: Example, dataset: Dataset, shorts: Sequence[str], scale: tuple[float, float], top: int) -> None:
    process = dataset.read(one.process_id).process
    name, digest = title_of(one.process_id)
    canvas.text(MARGIN, top + 14, name, NAME)
    said = f"{digest}   ·   {one.source}   ·   off by {one.error:.2f} points on average"
    canvas.text(MARGIN + canvas.lettering.width(name, NAME) + 12, top + 14, said, SMALL)
    body = top + 26
    if process.reference_image is not None:
        picture = decode_image(process.reference_image.bytes, 2 * _REFERENCE, "The reference")
        canvas.picture(MARGIN, body, _fitted(picture, Size(_REFERENCE, _ROW - 60)))
    for number, line in enumerate(_lines(canvas, plain_line(process.prompt or ""))):
        canvas.text(MARGIN, body + 14 + 17 * number, line, SMALL)
    chosen = evenly_chosen(len(process.frames), MOST_FRAMES)
    width = (_FRAMES + 8) / len(chosen)
    for place, frame in enumerate(decode_frames(process, 256, select=chosen)):
        canvas.picture(round(MARGIN + _REFERENCE + 26 + place * width), body, _fitted(frame, Size(int(width - 8), _ROW - 60)))
    _dumbbells(canvas, one, shorts, scale, Box(WIDTH - MARGIN - _BARS + 80, body, _BARS - 80, _ROW - 58))


def _dumbbells(canvas: Canvas, one: Example, shorts: Sequence[str], scale: tuple[float, float], box: Box) -> None:
    """Both scores of every attribute on one line."""
    axes = canvas.axes(box)
    axes.set_xlim(*scale)
    axes.set_ylim(len(shorts) - 0.5, -0.5)
    axes.set_yticks(range(len(shorts)), shorts)
    ticks = np.linspace(*scale, 4)
    axes.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
    axes.grid(visible=True, axis="x", color=HAIRLINE, linewidth=_HAIR)
    axes.set_axisbelow(True)
    axes.spines["bottom"].set_visible(False)
    axes.tick_params(length=0, colors=MUTED, pad=5)
    for label in [*axes.get_xticklabels(), *axes.get_yticklabels()]:
        label.set_fontproperties(canvas.lettering.font(SMALL))
    for line, (rated, predicted) in enumerate(zip(one.rated, one.predicted, strict=True)):
        axes.plot([rated, predicted], [line, line], color=CURVE, linewidth=1.4)
        axes.plot([rated], [line], "o", color="white", markeredgecolor=INK, markersize=6.5, clip_on=False)
        axes.plot([predicted], [line], "o", color=ACCENT, markersize=5.5, clip_on=False)


def _fitted(pixels: Pixels, room: Size) -> Pixels:
    return resize(pixels, display_size(Size(pixels.shape[1], pixels.shape[0]), room))


def _lines(canvas: Canvas, prompt: str) -> list[str]:
    return wrap(prompt, _REFERENCE, lambda part: canvas.lettering.width(part, SMALL), 7) if prompt else []
