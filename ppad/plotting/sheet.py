"""The contact sheet of one process: reference, key frames in order, and the curves that explain the choice."""

from __future__ import annotations

from dataclasses import dataclass

from ppad.media.images import Pixels, Size
from ppad.plotting.canvas import INK, MUTED, Canvas
from ppad.plotting.chart import BarChart, TraceChart
from ppad.plotting.curve import is_usable
from ppad.plotting.facts import duration_s, facts, frame_places, maker, notes, title_of
from ppad.plotting.fonts import Lettering, Style
from ppad.plotting.labels import count, percent, plain_line, wrap
from ppad.plotting.layout import Box, Grid, grid_of
from ppad.plotting.pictures import shown
from ppad.schema import ProcessRecord, process_to_row
from ppad.storage import Trace

WIDTH = 1600
MARGIN = 56
GRID_HEIGHT = 960
REFERENCE = Size(280, 420)
_GUTTER = 44
_INNER = WIDTH - 2 * MARGIN
_SPACE = 9

TITLE = Style(30, INK, "bold")
DIGEST = Style(18, MUTED)
BODY = Style(16, MUTED)
WARNING = Style(16, "#a1461c")
PROMPT = Style(18, INK)
HEADING = Style(13.5, MUTED, "bold")
NUMBER = Style(14, INK, "bold")
CAPTION = Style(13.5, MUTED)


def contact_sheet(record: ProcessRecord, trace: Trace | None) -> Pixels:
    """Draw the contact sheet of a process.

    Args:
        record: a process that keeps the contract.
        trace: how its key frames were chosen; without one, the changes between key frames are drawn as bars.

    Returns:
        (H, 1600, 3) uint8, sRGB; the same pixels for the same process and fonts.

    Raises:
        UnreadableMediaError, EmptyFileError, MediaTooLargeError: a stored picture is damaged.
    """
    head = Heading.of(record, trace)
    lettering = Lettering.of([head.title, record.prompt or "", *head.facts, *head.notes, head.maker])
    head_lines = head.lines(lettering)
    pictures = Pictures.of(record, lettering)
    chart = _chart_of(record, trace)
    body_top = MARGIN + 40 + 25 * len(head_lines) + 22
    chart_top = body_top + pictures.height + 48
    height = chart_top + chart.height + MARGIN
    canvas = Canvas(WIDTH, height, lettering)
    head.draw(canvas, head_lines)
    pictures.draw(canvas, body_top)
    canvas.rule(MARGIN, chart_top - 28, _INNER)
    chart.draw(canvas, Box(MARGIN, chart_top, _INNER, chart.height))
    canvas.text(WIDTH - MARGIN, height - 26, head.maker, CAPTION, align="right")
    return canvas.pixels()


@dataclass(frozen=True, slots=True)
class Heading:
    """The words at the top and bottom of a sheet."""

    title: str
    digest: str
    facts: list[str]
    notes: list[str]
    maker: str

    @classmethod
    def of(cls, record: ProcessRecord, trace: Trace | None) -> Heading:
        """The words for a process."""
        row = process_to_row(record)
        title, digest = title_of(record.process_id)
        said = [record.provenance.source_name, *facts(row, duration_s(record.frame_time_s, trace))]
        return cls(
            title, digest, [plain_line(fact) for fact in said], [plain_line(note) for note in notes(row)], plain_line(maker(row))
        )

    def lines(self, lettering: Lettering) -> list[tuple[str, Style]]:
        """The lines below the title; they say so where a font is lacking."""
        warnings = list(self.notes)
        if lettering.missing:
            lacking = count(len(lettering.missing), "character has", "characters have")
            warnings.append(f"{lacking} no font on this computer; the Noto fonts cover most scripts.")
        texts = [("   ·   ".join(self.facts), BODY, 3), *((warning, WARNING, 2) for warning in warnings)]
        return [(line, style) for text, style, most in texts for line in _wrapped(text, style, _INNER, most, lettering)]

    def draw(self, canvas: Canvas, lines: list[tuple[str, Style]]) -> None:
        """Write the title and the lines below it."""
        (title,) = _wrapped(self.title, TITLE, _INNER - 200, 1, canvas.lettering)
        canvas.text(MARGIN, MARGIN + 22, title, TITLE)
        canvas.text(MARGIN + canvas.lettering.width(title, TITLE) + 14, MARGIN + 22, self.digest, DIGEST)
        for number, (line, style) in enumerate(lines):
            canvas.text(MARGIN, MARGIN + 58 + 25 * number, line, style)


@dataclass(frozen=True, slots=True)
class Captions:
    """Number, place and change of every key frame, written alike below all of them.

    Attributes:
        stacked: the place stands below the number, because the columns are narrow.
        with_change: the columns are wide enough for the change since the previous frame.
    """

    places: list[str]
    changes: list[str]
    stacked: bool
    with_change: bool

    def draw(self, canvas: Canvas, number: int, frame: Box) -> None:
        """Write the caption of a frame, numbered from 0."""
        baseline, name = frame.top + frame.height + 20, str(number + 1)
        beside = canvas.lettering.width(name, NUMBER) + _SPACE
        canvas.text(frame.left, baseline, name, NUMBER)
        canvas.text(
            frame.left + (0 if self.stacked else beside), baseline + (18 if self.stacked else 0), self.places[number], CAPTION
        )
        if self.with_change:
            canvas.text(frame.left + frame.width, baseline, self.changes[number], CAPTION, align="right")


def grid_with_captions(record: ProcessRecord, width: int, lettering: Lettering) -> tuple[Grid, Captions]:
    """The grid of the key frames, and captions that fit its columns."""
    places = frame_places(process_to_row(record))
    changes = ["", *(percent(change) for change in record.frame_change[1:])]
    stored, total = Size(record.width, record.height), len(record.frames)
    place = max(lettering.width(text, CAPTION) for text in places)
    needed = lettering.width(str(total), NUMBER) + _SPACE + place
    change = max(lettering.width(text, CAPTION) for text in changes)
    grid = grid_of(total, stored, width, GRID_HEIGHT)
    if needed > grid.frame.width + grid.gap - _SPACE:
        grid = grid_of(total, stored, width, GRID_HEIGHT, caption=46, smallest=max(56, int(place)))
        return grid, Captions(places, changes, stacked=True, with_change=False)
    return grid, Captions(places, changes, stacked=False, with_change=needed + 2 * _SPACE + change <= grid.frame.width)


@dataclass(frozen=True, slots=True)
class Pictures:
    """The reference on the left, where there is one, and the grid of key frames."""

    record: ProcessRecord
    grid: Grid
    captions: Captions
    grid_left: int
    prompt_lines: list[str]
    reference: Pixels | None

    @classmethod
    def of(cls, record: ProcessRecord, lettering: Lettering) -> Pictures:
        """Lay the pictures of a process out."""
        has_reference = record.reference_kind != "none"
        left = MARGIN + (REFERENCE.width + _GUTTER if has_reference else 0)
        grid, captions = grid_with_captions(record, WIDTH - MARGIN - left, lettering)
        prompt = _wrapped(plain_line(record.prompt or ""), PROMPT, REFERENCE.width, 24, lettering)
        reference = None if record.reference_image is None else shown(record.reference_image.bytes, REFERENCE, "The reference")
        return cls(record, grid, captions, left, prompt, reference)

    @property
    def height(self) -> int:
        """Height of the taller of the two, headings included."""
        below = self.reference.shape[0] if self.reference is not None else 26 * len(self.prompt_lines)
        return 26 + max(below, self.grid.height)

    def draw(self, canvas: Canvas, top: int) -> None:
        """Draw them, headings first."""
        canvas.text(self.grid_left, top + 8, "Key frames", HEADING)
        if self.record.reference_kind != "none":
            canvas.text(MARGIN, top + 8, "Reference" if self.reference is not None else "Prompt", HEADING)
        if self.reference is not None:
            canvas.picture(MARGIN, top + 26, self.reference)
        for number, line in enumerate(self.prompt_lines):
            canvas.text(MARGIN, top + 44 + 26 * number, line, PROMPT)
        for number, picture in enumerate(self.record.frames):
            place = self.grid.place(number)
            frame = place._replace(left=self.grid_left + place.left, top=top + 26 + place.top)
            canvas.picture(frame.left, frame.top, shown(picture.bytes, self.grid.frame, f"Key frame {number + 1}"))
            self.captions.draw(canvas, number, frame)


def _chart_of(record: ProcessRecord, trace: Trace | None) -> TraceChart | BarChart:
    if trace is None or not is_usable(trace, len(record.frames)):
        return BarChart(record.frame_change)
    return TraceChart(trace, record.frame_change, is_clock=record.frame_time_s is not None)


def _wrapped(text: str, style: Style, width: int, max_lines: int, lettering: Lettering) -> list[str]:
    return wrap(text, width, lambda part: lettering.width(part, style), max_lines)
