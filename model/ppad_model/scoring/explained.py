"""The picture of an explanation: where in the frames each score came from, and which experts had a part in it (Figure 6)."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from numpy.typing import NDArray

from ppad.errors import ConfigError
from ppad.media.images import Pixels, Size, resize
from ppad.plotting.canvas import ACCENT, INK, MUTED, PAPER, Canvas
from ppad.plotting.fonts import Lettering, Style
from ppad.plotting.labels import count, wrap
from ppad.plotting.layout import Box, display_size
from ppad_model.data.pictures import to_square
from ppad_model.evaluation.words import figure
from ppad_model.ppjudge.config import JudgeConfig
from ppad_model.ppjudge.explain import Explanation
from ppad_model.scoring.scored import Judge, Scored

Floats = NDArray[np.float64]

WIDTH, MARGIN, LEFT, _GUTTER, _GAP = 1600, 56, 230, 40, 12
_INNER = WIDTH - 2 * MARGIN
_CELL_HEIGHT = 110
LOWERS = "#2f6690"
_STRONGEST = 0.8
"""Opacity of the largest effect of a row."""
DEPTH_COLORS = ("#dde4ea", "#b4c2cf", "#8a9fb2", "#5f7a92", "#345672", "#1d3850")

TITLE = Style(30, INK, "bold")
BODY = Style(16, MUTED)
HEADING = Style(17, INK, "bold")
NAME = Style(15, INK, "bold")
SMALL = Style(13, MUTED)
NUMBER = Style(14, INK, "bold")

HOW = (
    "Colour says what a part of a frame did to the score: orange raised it, blue lowered it, to first order (gradient times "
    "input of every patch). Each row has a scale of its own. Below a frame: the sum over its parts, in points. It tells what the "
    "model went by, not what is right."
)


@dataclass(frozen=True, slots=True)
class Effects:
    """What had a part in the scores of one process: A attributes, T frames, g × g patches, L blocks, D depths.

    Attributes:
        patches: (A, T, g, g) points.
        depths: (D,) levels of the routed experts.
        experts: how many experts have each depth.
        use: (L, D) shares of the routing weight.
        by_depth: (A, D) points.
    """

    patches: Floats
    depths: tuple[int, ...]
    experts: tuple[int, ...]
    use: Floats
    by_depth: Floats

    @classmethod
    def of(cls, found: Explanation, config: JudgeConfig) -> Effects:
        """Those of the first process of an explanation."""
        return cls(
            patches=found.patch_effect[0].double().cpu().numpy(),
            depths=found.depths,
            experts=tuple(config.routed_depths[depth] for depth in found.depths),
            use=found.use[0].double().cpu().numpy(),
            by_depth=found.expert_effect[0].double().cpu().numpy(),
        )


def judge_config(judge: Judge) -> JudgeConfig:
    """The settings of a model that can be explained.

    Raises:
        ConfigError: it is no PPJudge.
    """
    if not isinstance(judge.config, JudgeConfig):
        raise ConfigError(f"{judge.config.model} cannot be explained.", "--explain is for PPJudge and its ablations.")
    return judge.config


def explanation_sheet(scored: Scored, effects: Effects) -> Pixels:
    """Draw the picture.

    Returns:
        (H, 1600, 3) uint8, sRGB.
    """
    lettering = Lettering.of([scored.name, HOW])
    how = wrap(HOW, _INNER, lambda part: lettering.width(part, BODY), 4)
    grid = _Grid.of(scored)
    top = MARGIN + 56 + 24 * len(how) + 20
    experts_top = top + 34 + len(effects.patches) * grid.row + 30
    height = experts_top + (_experts_height(effects) if effects.depths else 0) + MARGIN
    canvas = Canvas(WIDTH, height, lettering)
    (title,) = wrap(f"{scored.name}: why these scores", _INNER, lambda part: lettering.width(part, TITLE), 1)
    canvas.text(MARGIN, MARGIN + 22, title, TITLE)
    for number, line in enumerate(how):
        canvas.text(MARGIN, MARGIN + 56 + 24 * number, line, BODY)
    grid.draw(canvas, effects.patches, top)
    if effects.depths:
        canvas.rule(MARGIN, experts_top - 16, _INNER)
        _draw_experts(canvas, scored.judge, effects, experts_top)
    return canvas.pixels()


def experts_sheet(judge: Judge, effects: Sequence[Effects]) -> Pixels:
    """Figure 6: use and effect of the experts by depth, the mean over several processes. (H, 1600, 3) uint8, sRGB.

    Args:
        effects: of each process; the model has routed experts.
    """
    mean = dataclasses.replace(
        effects[0],
        use=np.mean([one.use for one in effects], axis=0),
        by_depth=np.mean([one.by_depth for one in effects], axis=0),
    )
    title = f"{judge.run.name}: experts by depth, mean over {count(len(effects), 'process', 'processes')}"
    canvas = Canvas(WIDTH, MARGIN + 60 + _experts_height(mean) + MARGIN, Lettering.of([title]))
    canvas.text(MARGIN, MARGIN + 22, title, TITLE)
    _draw_experts(canvas, judge, mean, MARGIN + 60)
    return canvas.pixels()


@dataclass(frozen=True, slots=True)
class _Grid:
    """One row an attribute, one column a frame."""

    scored: Scored
    pictures: tuple[Pixels, ...]
    cell: Size
    column: float

    @classmethod
    def of(cls, scored: Scored) -> _Grid:
        config = scored.judge.config
        seen = [look.pixels for look in scored.looks]
        if config.fit == "pad":  # effects are those of the square that the model saw
            seen = [to_square(pixels, 4 * config.image_size, "pad") for pixels in seen]
        column = (_INNER - LEFT - _GUTTER + _GAP) / max(len(seen), 3)
        cell = display_size(Size(seen[0].shape[1], seen[0].shape[0]), Size(int(column - _GAP), _CELL_HEIGHT))
        return cls(scored, tuple(_faint(resize(pixels, cell)) for pixels in seen), cell, column)

    @property
    def row(self) -> int:
        return self.cell.height + 38

    def draw(self, canvas: Canvas, patches: Floats, top: int) -> None:
        for place, number in enumerate(self.scored.numbers):
            canvas.text(self._middle(place), top + 14, str(number), NUMBER, align="center")
        for line, attribute in enumerate(self.scored.judge.attributes):
            row_top, effect = top + 34 + line * self.row, patches[line]
            largest = float(np.abs(effect).max())
            canvas.text(MARGIN, row_top + 18, attribute.name, NAME)
            canvas.text(MARGIN, row_top + 40, f"score {self.scored.scores[attribute.id]:.1f}", SMALL)
            canvas.text(MARGIN, row_top + 58, f"darkest: ±{largest:.2g} points", SMALL)
            for place, picture in enumerate(self.pictures):
                left = round(self._middle(place) - self.cell.width / 2)
                canvas.picture(left, row_top, overlaid(picture, effect[place], largest))
                total = float(effect[place].sum())
                canvas.text(
                    self._middle(place), row_top + self.cell.height + 18, figure(total, signed=True), SMALL, align="center"
                )

    def _middle(self, place: int) -> float:
        return MARGIN + LEFT + _GUTTER + place * self.column + (self.column - _GAP) / 2


def overlaid(picture: Pixels, effect: Floats, largest: float) -> Pixels:
    """A picture under the colour of its parts' effects.

    Args:
        picture: (H, W, 3) uint8.
        effect: (g, g).
        largest: the effect that is drawn strongest; 0 draws nothing.
    """
    if largest <= 0:
        return picture
    height, width = picture.shape[:2]
    rows, columns = (np.arange(size) * len(effect) // size for size in (height, width))
    spread = effect[rows][:, columns, None] / largest
    color = np.where(spread > 0, _rgb(ACCENT), _rgb(LOWERS))
    opacity = _STRONGEST * np.abs(spread)
    blended: Pixels = np.round(picture * (1 - opacity) + color * opacity).astype(np.uint8)
    return blended


def _draw_experts(canvas: Canvas, judge: Judge, effects: Effects, top: int) -> None:
    height = _experts_height(effects)
    _draw_use(canvas, effects, Box(MARGIN, top, 620, height))
    _draw_effects(canvas, judge, effects, Box(MARGIN + 720, top, _INNER - 720, height))


def _draw_use(canvas: Canvas, effects: Effects, box: Box) -> None:
    """How each block spread its tokens over experts of each depth, beside what even use would be."""
    canvas.text(box.left, box.top + 16, "Use of experts, by their depth", HEADING)
    canvas.text(box.left, box.top + 38, "share of the routing weight in each block, over all frames", SMALL)
    even = np.array(effects.experts) / sum(effects.experts)
    lines = [*((f"block {number + 1}", use) for number, use in enumerate(effects.use)), ("even use", even)]
    axes = canvas.axes(Box(box.left + 90, box.top + 60, box.width - 90, 30 * len(lines)))
    axes.set_xlim(0, 1)
    axes.set_ylim(len(lines) - 0.5, -0.5)
    for line, (_, shares) in enumerate(lines):
        starts = np.cumsum(shares) - shares
        for number, (start, share) in enumerate(zip(starts, shares, strict=True)):
            axes.barh(line, share, left=start, height=0.72, color=_depth_color(number), edgecolor=PAPER, linewidth=0.8)
    axes.set_xticks([])
    axes.set_yticks(range(len(lines)), [name for name, _ in lines])
    _plain_labels(canvas, axes)
    left, baseline = box.left + 90.0, box.top + 60 + 30 * len(lines) + 24
    for number, (depth, experts) in enumerate(zip(effects.depths, effects.experts, strict=True)):
        words = f"depth {depth} ({experts})"
        canvas.text(left, baseline, "■", Style(15, _depth_color(number)))
        canvas.text(left + 18, baseline, words, SMALL)
        left += 34 + canvas.lettering.width(words, SMALL)


def _draw_effects(canvas: Canvas, judge: Judge, effects: Effects, box: Box) -> None:
    """What the experts of each depth did to each score."""
    canvas.text(box.left, box.top + 16, "Effect of the experts on each score, by their depth", HEADING)
    canvas.text(box.left, box.top + 38, "points that the score would lose, to first order, if they kept silent", SMALL)
    names = [attribute.name for attribute in judge.attributes]
    axes = canvas.axes(Box(box.left + 190, box.top + 84, box.width - 190, 30 * len(names)))
    largest = max(float(np.abs(effects.by_depth).max()), 1e-9)
    colors = LinearSegmentedColormap.from_list("effect", [LOWERS, PAPER, ACCENT])
    axes.imshow(effects.by_depth, cmap=colors, vmin=-largest, vmax=largest, aspect="auto")
    for (line, number), value in np.ndenumerate(effects.by_depth):
        color = PAPER if abs(value) > 0.6 * largest else INK
        font = canvas.lettering.font(SMALL)
        axes.text(number, line, figure(value, signed=True), ha="center", va="center", color=color, fontproperties=font)
    axes.set_yticks(range(len(names)), names)
    axes.set_xticks(range(len(effects.depths)), [f"depth {depth}" for depth in effects.depths])
    axes.xaxis.tick_top()
    _plain_labels(canvas, axes)


def _experts_height(effects: Effects) -> int:
    return max(60 + 30 * (len(effects.use) + 1) + 40, 84 + 30 * len(effects.by_depth) + 10)


def _plain_labels(canvas: Canvas, axes: Axes) -> None:
    axes.tick_params(length=0, colors=MUTED, pad=6)
    for spine in axes.spines.values():
        spine.set_visible(False)
    for label in [*axes.get_xticklabels(), *axes.get_yticklabels()]:
        label.set_fontproperties(canvas.lettering.font(SMALL))


def _faint(pixels: Pixels) -> Pixels:
    """The picture in pale grey, on which colours of effects are seen."""
    grey = pixels.mean(axis=2, keepdims=True)
    pale: Pixels = np.round(0.62 * grey.repeat(3, axis=2) + 0.38 * 255).astype(np.uint8)
    return pale


def _depth_color(number: int) -> str:
    return DEPTH_COLORS[min(number, len(DEPTH_COLORS) - 1)]


def _rgb(color: str) -> Floats:
    return np.array([int(color[place : place + 2], 16) for place in (1, 3, 5)], np.float64)
