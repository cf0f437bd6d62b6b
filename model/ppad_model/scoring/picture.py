"""The picture of a scored process: its frames in a row, and below each of them how every score stood then.

One row an attribute: on the left its name, the score as a number and as a bar, and what was asked; on the right the curve, whose
points lie below their frames. A bar is read faster and more exactly than a radar, whose area depends on the order of its axes.
"""

from __future__ import annotations

from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from ppad.media.images import Pixels, Size, resize
from ppad.plotting.canvas import ACCENT, CURVE, FILL, HAIRLINE, INK, MUTED, Canvas
from ppad.plotting.fonts import DPI, Lettering, Style
from ppad.plotting.labels import count, plain_line, wrap
from ppad.plotting.layout import Box, display_size
from ppad.rubric import Attribute
from ppad_model.scoring.scored import Scored

WIDTH, MARGIN = 1600, 56
LEFT = 290
"""Width of the column with names and bars."""
_GUTTER, _GAP = 46, 10
_HEAD = 26
_ROW, _ROW_GAP = 96, 18
_STRIP_HEIGHT, _CAPTIONS = 240, 46
_INNER = WIDTH - 2 * MARGIN
_HAIR = 72 / DPI

TITLE = Style(30, INK, "bold")
BODY = Style(16, MUTED)
WARNING = Style(16, "#a1461c")
HEADING = Style(13.5, MUTED, "bold")
NAME = Style(17, INK, "bold")
SCORE = Style(22, ACCENT, "bold")
SMALL = Style(13, MUTED)
NUMBER = Style(14, INK, "bold")
PROMPT = Style(16, INK)


def score_sheet(scored: Scored) -> Pixels:
    """Draw the picture.

    Returns:
        (H, 1600, 3) uint8, sRGB; the same pixels for the same scores and fonts.
    """
    prompt = plain_line(scored.reference) if isinstance(scored.reference, str) else ""
    lines = _lines(scored)
    lettering = Lettering.of([scored.name, prompt, *(text for text, _ in lines), *(look.place for look in scored.looks)])
    wrapped = [(line, style) for text, style in lines for line in _wrap(text, style, _INNER, 3, lettering)]
    top = MARGIN + 62 + 24 * len(wrapped) + 14
    strip = Strip.of(scored, lettering)
    rows_top = top + strip.height + 30
    rows = len(scored.judge.attributes)
    canvas = Canvas(WIDTH, rows_top + rows * (_ROW + _ROW_GAP) + 46, lettering)
    (title,) = _wrap(scored.name, TITLE, _INNER, 1, lettering)
    canvas.text(MARGIN, MARGIN + 22, title, TITLE)
    for number, (line, style) in enumerate(wrapped):
        canvas.text(MARGIN, MARGIN + 56 + 24 * number, line, style)
    strip.draw(canvas, top)
    for number, attribute in enumerate(scored.judge.attributes):
        _row(canvas, scored, strip, attribute, rows_top + number * (_ROW + _ROW_GAP))
    canvas.text(MARGIN, canvas.height - 24, _legend(scored), SMALL)
    return canvas.pixels()


@dataclass(frozen=True, slots=True)
class Strip:
    """The reference on the left, and the frames on the right, one a column.

    Attributes:
        frame: size at which each frame is shown.
        column: width of a column with its gap.
        prompt: the prompt, in lines.
    """

    scored: Scored
    frame: Size
    column: float
    prompt: tuple[str, ...]
    reference: Pixels | None

    @classmethod
    def of(cls, scored: Scored, lettering: Lettering) -> Strip:
        """Lay them out."""
        column = (_INNER - LEFT - _GUTTER + _GAP) / max(len(scored.looks), 3)
        stored = Size(scored.looks[0].pixels.shape[1], scored.looks[0].pixels.shape[0])
        frame = display_size(stored, Size(int(column - _GAP), _STRIP_HEIGHT))
        reference, prompt = scored.reference, tuple[str, ...]()
        if isinstance(reference, str):
            prompt = tuple(_wrap(plain_line(reference), PROMPT, LEFT, 7, lettering))
            reference = None
        if reference is not None:
            room = Size(LEFT, max(frame.height + _CAPTIONS, 150))
            reference = resize(reference, display_size(Size(reference.shape[1], reference.shape[0]), room))
        return cls(scored, frame, column, prompt, reference)

    @property
    def height(self) -> int:
        """Height of the taller of the two, headings and captions included."""
        below = self.reference.shape[0] if self.reference is not None else 23 * len(self.prompt)
        return _HEAD + max(below, self.frame.height + _CAPTIONS)

    @property
    def left(self) -> int:
        """Left end of the frames."""
        return MARGIN + LEFT + _GUTTER

    def middle(self, place: int) -> float:
        """Middle of a column."""
        return self.left + place * self.column + (self.column - _GAP) / 2

    def draw(self, canvas: Canvas, top: int) -> None:
        """Draw both."""
        shown, total = len(self.scored.looks), self.scored.key_frames
        canvas.text(
            self.left, top + 8, "Key frames" if shown == total else f"{shown} of {total} key frames, evenly chosen", HEADING
        )
        if self.reference is not None or self.prompt:
            canvas.text(MARGIN, top + 8, "Prompt" if self.prompt else "Reference", HEADING)
        if self.reference is not None:
            canvas.picture(MARGIN, top + _HEAD, self.reference)
        for number, line in enumerate(self.prompt):
            canvas.text(MARGIN, top + _HEAD + 16 + 23 * number, line, PROMPT)
        for place, look in enumerate(self.scored.looks):
            middle, baseline = self.middle(place), top + _HEAD + self.frame.height + 20
            canvas.picture(round(middle - self.frame.width / 2), top + _HEAD, resize(look.pixels, self.frame))
            canvas.text(middle, baseline, str(self.scored.numbers[place]), NUMBER, align="center")
            (words,) = _wrap(look.place, SMALL, self.column - 4, 1, canvas.lettering) or [""]
            canvas.text(middle, baseline + 18, words, SMALL, align="center")


def _row(canvas: Canvas, scored: Scored, strip: Strip, attribute: Attribute, top: int) -> None:
    """One attribute."""
    score = scored.scores[attribute.id]
    canvas.text(MARGIN, top + 17, attribute.name, NAME)
    canvas.text(MARGIN + LEFT, top + 18, f"{score:.1f}", SCORE, align="right")
    _bar(canvas, scored, attribute.id, Box(MARGIN, top + 28, LEFT, 14))
    for number, line in enumerate(_wrap(attribute.question, SMALL, LEFT, 2, canvas.lettering)):
        canvas.text(MARGIN, top + 60 + 17 * number, line, SMALL)
    _curve(canvas, scored, strip, attribute.id, Box(strip.left, top, WIDTH - MARGIN - strip.left, _ROW))


def _bar(canvas: Canvas, scored: Scored, name: str, box: Box) -> None:
    """The score of the whole process on its scale; how far it usually errs; and what raters said, where they did."""
    config, score = scored.judge.config, scored.scores[name]
    axes = _bare(canvas.axes(box))
    axes.set_xlim(config.score_low, config.score_high)
    axes.set_ylim(0, 1)
    axes.add_patch(Rectangle((config.score_low, 0.1), config.score_high - config.score_low, 0.8, color=FILL, linewidth=0))
    axes.add_patch(Rectangle((config.score_low, 0.1), score - config.score_low, 0.8, color=ACCENT, linewidth=0))
    error = scored.judge.errors.get(name)
    if error is not None:
        axes.plot([score - error, score + error], [0.5, 0.5], color=INK, linewidth=1.2, solid_capstyle="butt")
    if name in scored.rated:
        axes.plot([scored.rated[name]], [0.5], "D", color="white", markeredgecolor=INK, markersize=6, clip_on=False)


def _curve(canvas: Canvas, scored: Scored, strip: Strip, name: str, box: Box) -> None:
    """How the score stood after each frame."""
    config, curve = scored.judge.config, scored.curve[:, scored.judge.config.attributes.index(name)]
    axes = canvas.axes(box)
    axes.set_xlim(box.left, box.left + box.width)
    span = config.score_high - config.score_low
    axes.set_ylim(config.score_low - 0.06 * span, config.score_high + 0.06 * span)
    axes.set_xticks([])
    marks = [config.score_low, (config.score_low + config.score_high) / 2, config.score_high]
    axes.set_yticks(marks, [f"{mark:g}" for mark in marks])
    axes.tick_params(length=0, colors=MUTED, pad=6)
    for label in axes.get_yticklabels():
        label.set_fontproperties(canvas.lettering.font(SMALL))
    axes.grid(visible=True, axis="y", color=HAIRLINE, linewidth=_HAIR)
    axes.set_axisbelow(True)
    axes.spines["bottom"].set_visible(False)
    places = [strip.middle(place) for place in range(len(curve))]
    axes.plot(places, curve, color=CURVE, linewidth=1.6)
    axes.plot(places[:-1], curve[:-1], "o", color=CURVE, markersize=4.5)
    axes.plot(places[-1:], curve[-1:], "o", color=ACCENT, markersize=6.5, clip_on=False)


def _bare(axes: Axes) -> Axes:
    axes.set_xticks([])
    axes.set_yticks([])
    axes.spines["bottom"].set_visible(False)
    return axes


def _lines(scored: Scored) -> list[tuple[str, Style]]:
    """The lines below the title: what was scored, by what, and what has to be said of it."""
    run = scored.judge.run
    state = "" if scored.is_final else "still growing   ·   "
    said = [(f"{state}{count(scored.key_frames, 'key frame')}   ·   scored by {run.name}: {run.card()}", BODY)]
    said += [(f"Trained on: {notice}", WARNING) for notice in run.notices()]
    if scored.reference is None:
        said.append(
            ("No reference was given: the score of consistency has little to go by. Give --reference or --prompt.", WARNING)
        )
    return said + [(plain_line(note), WARNING) for note in scored.notes if note not in run.notices()]


def _legend(scored: Scored) -> str:
    """What bars and marks are."""
    config = scored.judge.config
    scale = f"Scores from {config.score_low:g} to {config.score_high:g}."
    said = [f"{scale} A curve shows the score of the process up to each frame; its last point is the bar."]
    if scored.judge.errors:
        said.append("Dark line: ± the usual error on the run's own validation rows.")
    if scored.rated:
        said.append("Diamond: mean of the raters.")
    return "  ".join(said)


def _wrap(text: str, style: Style, width: float, most: int, lettering: Lettering) -> list[str]:
    return wrap(text, width, lambda part: lettering.width(part, style), most)
