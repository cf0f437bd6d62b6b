"""The ids of an item's pictures, and where each lies in the item's pack.

A media id is the random key of the item and the number of the picture: it tells no more than the page that shows it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

_REFERENCE = "r"
_KEY = 22


def pack_path(media: Path, media_key: str) -> Path:
    """The file that holds the pictures of an item."""
    return media / media_key[:1] / f"{media_key}.pack"


def frame_ids(media_key: str, layout: Mapping[str, Any]) -> Iterator[str]:
    """Media ids of the frames, in painting order."""
    return (f"{media_key}{number}" for number in range(len(layout["frames"])))


def reference_id(media_key: str, layout: Mapping[str, Any]) -> str | None:
    """Media id of the reference; None for none."""
    return f"{media_key}{_REFERENCE}" if layout["reference"] else None


def split_media_id(media_id: str) -> tuple[str, str]:
    """The item's key and the name of the picture within it."""
    return media_id[:_KEY], media_id[_KEY:]


def extent(layout: Mapping[str, Any], name: str) -> tuple[int, int] | None:
    """Offset and length of a picture in its pack, bytes; None for an unknown name."""
    if name == _REFERENCE:
        found = layout["reference"]
    elif name.isascii() and name.isdigit() and name == str(int(name)) and int(name) < len(layout["frames"]):
        found = layout["frames"][int(name)]
    else:
        found = None
    return None if not found else (found[0], found[1])
