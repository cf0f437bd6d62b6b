"""A picture to paint whose every object is known: planes behind, things in layers and groups, each of named parts.

Coordinates are shares of the picture's longer side: x from 0 left to 1 right, y from 0 top to `HEIGHT` bottom.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ppad_pipelines.simulate.colors import oklab
from ppad_pipelines.simulate.things import LandC, Motif, Part, Place, Plane, Points, Thing, library

HEIGHT = 0.75
MOST_THINGS = 15
_STRANGERS = 0.4
"""Share of a motif's things that do not belong to a scene."""
_LARGE = 0.7
"""Height, in usual heights, of a thing that can stand alone."""
_NEAREST = 0.14
"""Distance in OKLab that the first colour of a body keeps from what is behind it."""

_ORDER: tuple[tuple[Place, bool], ...] = (
    ("middle", False), ("middle", False), ("near", False), ("air", False), ("far", False),
    ("near", True), ("far", False), ("middle", True), ("air", False), ("near", False),
    ("far", True), ("middle", False), ("near", True), ("middle", True), ("far", False),
)  # fmt: skip
"""The layer of the first, second, … thing, and whether it joins the one before it in its layer as a group."""
_UNIT: Mapping[Place, float] = {"far": 0.125, "middle": 0.195, "near": 0.26, "air": 0.17}
"""Usual height of a thing in each layer."""
_DEPTH: Mapping[Place, int] = {"air": 1, "far": 4, "middle": 5, "near": 7}
_PLANE_DEPTH = {"upper": 0, "far_plane": 2, "lower": 3, "near_plane": 6}
_LIGHT_TONE, _DARK_TONE, _TONE_CHROMA = 0.82, 0.44, 0.10
"""The two tones of a flat picture: lightnesses, and the chroma that they come close to."""
_SEEN_FROM = {"far_plane": 4, "near_plane": 8}
"""Number of things from which the picture has a range in the distance, and a strip at the front."""
_BEHIND = {"far_plane": "upper", "lower": "upper", "near_plane": "lower"}

Color = NDArray[np.float32]
"""(3,) OKLab."""


@dataclass(frozen=True, slots=True)
class Palette:
    """Colour of all paints together: hue moved, degrees; chroma times; lightness added."""

    hue: float
    chroma: float
    lightness: float


@dataclass(frozen=True)
class Piece:
    """One outlined area of a body, in the picture's coordinates."""

    paint: str
    corners: Points
    turn: float
    grain: str | None
    is_detail: bool
    shade: float


@dataclass(frozen=True)
class Body:
    """A plane or a thing.

    Attributes:
        name: what it is.
        depth: its layer, from the background on: what is nearer covers it.
        is_thing: False for planes.
        seed: of its chance.
        foot: (x, y) of the middle of its foot.
        pieces: parts, then details, in the order of painting.
        colors: OKLab of each paint.
    """

    name: str
    depth: int
    is_thing: bool
    seed: tuple[int, ...]
    foot: tuple[float, float]
    pieces: tuple[Piece, ...]
    colors: Mapping[str, Color]


@dataclass(frozen=True)
class Scene:
    """What is to be painted, and what is painted of it.

    Attributes:
        reference: the bodies of the reference, from the background on.
        painted: those of the painting: in the places of things that are not kept stand others.
    """

    reference: tuple[Body, ...]
    painted: tuple[Body, ...]


def make_scene(seed: int, motif: str, things: int, kept: int, palette: Palette) -> Scene:
    """The scene of a seed with that many things, of which the painting keeps some.

    Args:
        things: 1 to `MOST_THINGS`; a scene with fewer holds the first of those of a scene with more.
        kept: 0 to `things`.
    """
    place = library().motifs[motif]
    rng = np.random.default_rng([seed, 0])
    horizon = HEIGHT * float(rng.uniform(*place.horizon))
    planes = _planes(place, horizon, seed, palette)
    visible = [body for name, body in planes.items() if things >= _SEEN_FROM.get(name, 1)]
    stands = _stands(seed, things, horizon)
    cast, strangers = (_assigned(names, stands) for names in _casts(place.things, seed))
    colors = [_first_color(planes["upper" if stand.place == "air" else "lower"]) for stand in stands]
    lost = set(np.random.default_rng([seed, 3]).permutation(things)[: things - kept].tolist())
    original = [_thing_body((seed, 10 + n, 0), cast[n], stands[n], palette, colors[n]) for n in range(things)]
    others = [_thing_body((seed, 10 + n, 1), strangers[n], stands[n], palette, colors[n]) for n in range(things)]
    painted = [others[n] if n in lost else original[n] for n in range(things)]
    return Scene(_from_the_back(visible + original), _from_the_back(visible + painted))


@dataclass(frozen=True, slots=True)
class _Stand:
    place: Place
    x: float
    y: float
    height: float


def _stands(seed: int, things: int, horizon: float) -> list[_Stand]:
    """Where things stand. The fewer there are, the larger they are."""
    rng = np.random.default_rng([seed, 1])
    larger = 1.0 + 0.8 * (1 - (things - 1) / (MOST_THINGS - 1))
    stands: list[_Stand] = []
    for number, (place, joins) in enumerate(_ORDER):
        size, y_at, x_draws, offset = rng.uniform(0.85, 1.15), rng.random(), rng.uniform(0.08, 0.92, 12), rng.uniform(0.5, 0.75)
        height = float(_UNIT[place] * size * larger)
        y = _foot(place, y_at, horizon, height)
        same = [stand for stand in stands if stand.place == place]
        if number == 0:
            x = float(rng.choice([0.32, 0.68]))
        elif joins and same:
            x = same[-1].x + (1 if same[-1].x < 0.5 else -1) * offset * (same[-1].height + height) / 2
        else:
            x = max(x_draws.tolist(), key=lambda at: min((_apart(at, y, stand) for stand in stands), default=0.0))
        stands.append(_Stand(place, float(np.clip(x, 0.08, 0.92)), y, height))
    return stands[:things]


def _apart(x: float, y: float, stand: _Stand) -> float:
    """How clear of a thing another one would stand; height counts for more, since things are seen from the side."""
    return abs(x - stand.x) + 1.5 * abs(y - stand.y)


def _foot(place: Place, share: float, horizon: float, height: float) -> float:
    below = HEIGHT - horizon
    if place == "air":
        return float(max(height + 0.02, horizon * (0.42 + 0.3 * share)))
    low, high = {"far": (0.06, 0.16), "middle": (0.34, 0.52), "near": (0.74, 0.93)}[place]
    return float(horizon + below * (low + (high - low) * share))


def _casts(names: Sequence[str], seed: int) -> tuple[list[str], list[str]]:
    """Most things of a motif play in a scene; the others are what a painting may show instead. Each place has one of both."""
    rng = np.random.default_rng([seed, 2])
    shuffled = [names[i] for i in rng.permutation(len(names))]
    able = {place: [name for name in shuffled if place in library().things[name].places] for place in _UNIT}
    strangers: list[str] = []
    for here in able.values():
        wanted = max(1, round(_STRANGERS * len(here)))
        for name in here:
            if sum(one in strangers for one in here) >= wanted:
                break
            # A thing of several places may be the last that one of them has left.
            if name not in strangers and not any(set(there) <= {*strangers, name} for there in able.values() if name in there):
                strangers.append(name)
    return [name for name in shuffled if name not in strangers], strangers


def _assigned(names: Sequence[str], stands: Sequence[_Stand]) -> list[Thing]:
    """A thing for each stand: the one that is there least often so far; the first is a large one."""
    found: list[Thing] = []
    for number, stand in enumerate(stands):
        able = [library().things[name] for name in names if stand.place in library().things[name].places]
        if number == 0:
            able = [thing for thing in able if thing.height >= _LARGE] or able
        found.append(min(able, key=lambda thing: sum(other.name == thing.name for other in found)))
    return found


def _thing_body(key: tuple[int, ...], thing: Thing, stand: _Stand, palette: Palette, behind: Color) -> Body:
    rng = np.random.default_rng([*key, 1])
    facing = -1 if rng.random() < 0.5 else 1
    pieces = tuple(_placed(part, thing, stand, facing, rng) for part in _details_last(thing.parts))
    colors = _colors({part.paint for part in thing.parts}, palette, rng)
    shift = _contrast(colors[thing.parts[0].paint], behind)
    return Body(thing.name, _DEPTH[stand.place], True, key, (stand.x, stand.y), pieces, {n: c + shift for n, c in colors.items()})


def _contrast(color: Color, behind: Color) -> Color:
    """What makes a colour stand out against what is behind it: lightness, where it is too near."""
    if float(np.linalg.norm(color - behind)) >= _NEAREST:
        return np.zeros(3, dtype=np.float32)
    lighter = color[0] >= behind[0] if 0.35 < behind[0] < 0.75 else behind[0] <= 0.35
    return np.array([_NEAREST if lighter else -_NEAREST, 0, 0], dtype=np.float32)


def _details_last(parts: Sequence[Part]) -> list[Part]:
    return sorted(parts, key=lambda part: part.is_detail)


def _placed(part: Part, thing: Thing, stand: _Stand, facing: int, rng: np.random.Generator) -> Piece:
    height = stand.height * thing.height
    width = height * thing.aspect
    corners = part.corners
    if part.rough:
        centre = corners.mean(axis=0)
        wobble = 1 + part.rough * _ring_noise(len(corners), rng)
        corners = centre + (corners - centre) * wobble[:, None]
    x = stand.x + facing * (corners[:, 0] - 0.5) * width
    y = stand.y - corners[:, 1] * height
    turn = part.turn if facing > 0 else 180 - part.turn
    return Piece(part.paint, np.stack([x, y], axis=1).astype(np.float32), turn, part.grain, part.is_detail, part.shade)


def _ring_noise(count: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """Smooth noise around a ring, about -1 to 1."""
    angles = np.linspace(0, 2 * np.pi, count, endpoint=False)
    return sum((rng.normal(0, 0.5) * np.sin(k * angles + rng.uniform(0, 2 * np.pi)) for k in (3, 5, 8)), np.zeros(count))


def _planes(motif: Motif, horizon: float, seed: int, palette: Palette) -> dict[str, Body]:
    """The planes of a scene by name; each stands out against the one behind it."""
    found: dict[str, Body] = {}
    for name, plane in motif.planes.items():
        body = _plane_body(name, plane, horizon, seed, palette)
        if name in _BEHIND:
            shift = _contrast(_first_color(body), _first_color(found[_BEHIND[name]]))
            body = replace(body, colors={paint: color + shift for paint, color in body.colors.items()})
        found[name] = body
    return found


def _first_color(body: Body) -> Color:
    return body.colors[body.pieces[0].paint]


def _plane_body(name: str, plane: Plane, horizon: float, seed: int, palette: Palette) -> Body:
    depth = _PLANE_DEPTH[name]
    key = (seed, 100 + depth)
    rng = np.random.default_rng([*key, 1])
    top, bottom = {
        "upper": (-0.02, horizon + 0.02),
        "far_plane": (horizon - plane.rise, horizon + 0.03),
        "lower": (horizon, HEIGHT + 0.02),
        "near_plane": (HEIGHT - plane.rise * 1.1, HEIGHT + 0.02),
    }[name]
    x = np.linspace(-0.03, 1.03, 34)
    crest = np.full(34, top)
    if plane.rise:
        waves = sum((rng.uniform(0.3, 1) / k * np.sin(2 * np.pi * (k * x * 1.3 + rng.random())) for k in (1, 2, 3)), 0 * x)
        crest = top + plane.rise * (0.5 - 0.5 * waves / np.abs(waves).max() * plane.wavy)
    outline = np.concatenate([np.stack([x, crest], axis=1), [[1.03, bottom], [-0.03, bottom]]]).astype(np.float32)
    pieces = [Piece(plane.paint, outline, plane.turn, plane.grain, False, 0.0)]
    for number in range(5):
        centre = (rng.uniform(0, 1), rng.uniform(crest.min() + 0.02, bottom - 0.02))
        radii = (rng.uniform(0.10, 0.22), rng.uniform(0.012, 0.03) * (1.6 if name == "upper" else 1.0))
        angles = np.linspace(0, 2 * np.pi, 24, endpoint=False)
        ring = np.stack([np.cos(angles), np.sin(angles)], axis=1) * radii * (1 + 0.25 * _ring_noise(24, rng))[:, None]
        shade = (0.06 if number % 2 else -0.06) * float(rng.uniform(0.8, 1.3))
        pieces.append(Piece(plane.paint, (ring + centre).astype(np.float32), plane.turn, None, True, shade))
    colors = _colors({plane.paint}, palette, rng)
    return Body(name, depth, False, key, (0.5, float(bottom)), tuple(pieces), colors)


def _colors(paints: set[str], palette: Palette, rng: np.random.Generator) -> dict[str, Color]:
    known = library().paints
    drawn = {paint: known[paint][int(rng.integers(len(known[paint])))] for paint in sorted(paints)}
    own = float(rng.normal(0, 6))
    return {paint: _mixed(color, palette, own) for paint, color in drawn.items()}


def _mixed(color: LandC, palette: Palette, own_hue: float) -> Color:
    lightness, chroma, hue = color
    return oklab(float(np.clip(lightness + palette.lightness, 0.2, 0.97)), chroma * palette.chroma, hue + palette.hue + own_hue)


def _from_the_back(bodies: Sequence[Body]) -> tuple[Body, ...]:
    return tuple(sorted(bodies, key=lambda body: (body.depth, body.foot[1])))


def flattened(bodies: Sequence[Body], share: float) -> tuple[Body, ...]:
    """The bodies in a smaller palette: at 1, every thing is in one of two tones and the planes in the first colours of theirs.

    Args:
        share: 0 keeps the colours as they are.
    """
    tones = _two_tones(bodies)
    return tuple(
        replace(body, colors={name: _towards_tone(color, tones, share) for name, color in body.colors.items()})
        if body.is_thing
        else body
        for body in bodies
    )


def _two_tones(bodies: Sequence[Body]) -> tuple[Color, Color]:
    """A light and a dark colour of the things, neither of them grey."""
    colors = np.array([color for body in bodies if body.is_thing for color in body.colors.values()])
    chroma = np.hypot(colors[:, 1], colors[:, 2])
    middle = colors[np.argsort(np.abs(chroma - _TONE_CHROMA), kind="stable")[0]]
    light, dark = middle.copy(), middle.copy()
    light[0], dark[0] = _LIGHT_TONE, _DARK_TONE
    dark[1:] = -dark[1:]
    return light, dark


def _towards_tone(color: Color, tones: tuple[Color, Color], share: float) -> Color:
    tone = tones[0] if color[0] >= 0.5 * (_LIGHT_TONE + _DARK_TONE) else tones[1]
    return (color + np.float32(share) * (tone - color)).astype(np.float32)
