"""The ids of an item's pictures, and where each lies in the item's pack.

A media id is the random id of an assignment and the number of the picture: it tells no more than the page that shows it, and
a blind repeat of an item has other ids than the first time.
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


def frame_ids(assignment_id: str, layout: Mapping[str, Any]) -> Iterator[str]:
    """Media ids of the frames, in painting order."""
    return (f"{assignment_id}{number}" for number in range(len(layout["frames"])))


def reference_id(assignment_id: str, layout: Mapping[str, Any]) -> str | None:
    """Media id of the reference; None for none."""
    return f"{assignment_id}{_REFERENCE}" if layout["reference"] else None


def split_media_id(media_id: str) -> tuple[str, str]:
    """The assignment's id and the name of the picture within its item."""
    return media_id[:_KEY], media_id[_KEY:]


def extent(layout: Mapping[str, Any], name: str) -> tuple[int, int] | None:
    """Offset and length of a picture in its pack, bytes; None for an unknown name."""
    if name == _REFERENCE:
        found = layout["reference"]
    elif name in map(str, range(len(layout["frames"]))):
        found = layout["frames"][int(name)]
    else:
        found = None
    return None if not found else (found[0], found[1])
