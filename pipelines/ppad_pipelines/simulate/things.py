"""The things and places that simulated paintings show, read from `things.yaml`."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from ppad.schema import yaml_value

Place = Literal["far", "middle", "near", "air"]
Points = NDArray[np.float32]
LandC = tuple[float, float, float]
"""Lightness 0–1, chroma, hue in degrees."""


@dataclass(frozen=True, slots=True)
class Grain:
    """A texture of short marks: direction and its spread, degrees; length and distance, shares of the longer side."""

    turn: float
    spread: float
    length: float
    apart: float


@dataclass(frozen=True)
class Part:
    """A piece of a thing.

    Attributes:
        paint: name of its colour.
        corners: (N, 2) of its outline, x from 0 left to 1 right, y from 0 foot to 1 top.
        rough: how far the outline wanders, as a share of its radius.
        turn: direction of the brush, degrees.
        grain: its texture, or None.
        is_detail: whether it is added when the thing stands.
        shade: added to its lightness.
    """

    paint: str
    corners: Points
    rough: float = 0.0
    turn: float = 0.0
    grain: str | None = None
    is_detail: bool = False
    shade: float = 0.0


@dataclass(frozen=True)
class Thing:
    """Something that may stand in a picture."""

    name: str
    height: float
    aspect: float
    places: tuple[Place, ...]
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Plane:
    """Something that runs through the whole picture: sky, land, a range of hills, a strip at the front.

    Attributes:
        rise: height of its upper edge, a share of the picture's longer side.
        wavy: whether that edge goes up and down.
    """

    paint: str
    turn: float
    grain: str
    rise: float = 0.0
    wavy: bool = True


@dataclass(frozen=True)
class Motif:
    """A kind of place, and what stands there."""

    name: str
    planes: Mapping[str, Plane]
    horizon: tuple[float, float]
    things: tuple[str, ...]


@dataclass(frozen=True)
class Library:
    """All there is to paint."""

    paints: Mapping[str, Sequence[LandC]]
    grains: Mapping[str, Grain]
    things: Mapping[str, Thing]
    motifs: Mapping[str, Motif]


@functools.cache
def library() -> Library:
    """The library that ships with PPAD."""
    raw = yaml_value(resources.files(__package__).joinpath("things.yaml").read_text("utf-8"))
    return Library(
        paints={name: [tuple(one) for one in found] for name, found in raw["paints"].items()},
        grains={name: Grain(**found) for name, found in raw["grains"].items()},
        things={name: _thing(name, found) for name, found in raw["things"].items()},
        motifs={name: _motif(name, found) for name, found in raw["motifs"].items()},
    )


def _thing(name: str, raw: Mapping[str, Any]) -> Thing:
    return Thing(name, raw["height"], raw["aspect"], tuple(raw["places"]), tuple(_part(part) for part in raw["parts"]))


def _motif(name: str, raw: Mapping[str, Any]) -> Motif:
    planes = {plane: Plane(**raw[plane]) for plane in ("upper", "far_plane", "lower", "near_plane")}
    low, high = raw["horizon"]
    return Motif(name, planes, (low, high), tuple(raw["things"]))


def _part(raw: Mapping[str, Any]) -> Part:
    rough = 0.0
    if "poly" in raw:
        corners = _numbers(raw["poly"])
    else:
        numbers = _numbers(raw.get("disc") or raw["blob"].rpartition(" ")[0])
        rough = float(raw["blob"].rpartition(" ")[2]) if "blob" in raw else 0.0
        angles = np.linspace(0, 2 * np.pi, 28, endpoint=False)
        corners = numbers[0] + numbers[1] * np.stack([np.cos(angles), np.sin(angles)], axis=1)
    rest = {name: raw[name] for name in ("turn", "grain", "shade") if name in raw}
    return Part(raw["paint"], corners.astype(np.float32), rough, is_detail="band" in raw, **rest)


def _numbers(text: str) -> Points:
    return np.array([[float(number) for number in pair.split(",")] for pair in text.split()], dtype=np.float32)
