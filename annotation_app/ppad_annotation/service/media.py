"""The campaign's own copy of the pictures.

Pictures are copied at import, not read from the collection while raters work: what a rater saw stays what it was for the
years of a dataset, whatever becomes of the collection; the server decodes nothing that came from outside; and a picture
goes out as it lies. Each is decoded, scaled to one long side and encoded anew in one way, so that neither metadata, names,
dimensions nor the encoder's marks tell where an item comes from. All pictures of an item lie in one pack, written whole or
not at all: 25,000 files instead of half a million.
"""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import select

from ppad.errors import NotAllowedError, NotFoundError
from ppad_annotation.service.database import Database
from ppad_annotation.service.ids import is_id
from ppad_annotation.service.layouts import extent, split_media_id
from ppad_annotation.service.tables import Assignment, Item, Rater

MIME = "image/jpeg"


def pack_path(media: Path, media_key: str) -> Path:
    """The file that holds the pictures of an item."""
    return media / media_key[:1] / f"{media_key}.pack"


def frame_bytes(db: Database, media_id: str, rater_id: str) -> tuple[bytes, str]:
    """A picture of an item that the rater holds or held; an admin may see all.

    Returns:
        The encoded picture and its MIME type.

    Raises:
        NotAllowedError: it is not for this rater, or there is none; which of the two is not said.
        NotFoundError: its pack is gone from the disk.
    """
    key, name = split_media_id(media_id)
    if not is_id(key):
        raise _not_yours()
    with db.read() as session:
        rater = session.get(Rater, rater_id)
        item = session.scalar(select(Item).where(Item.media_key == key))
        given = rater is not None and item is not None and rater.disabled_at is None and rater.role == "admin"
        if not given and rater is not None and item is not None and rater.disabled_at is None:
            mine = select(Assignment.id).where(Assignment.item_id == item.id, Assignment.rater_id == rater_id)
            given = session.scalar(mine.limit(1)) is not None
    place = extent(item.layout, name) if given and item is not None else None
    if place is None:
        raise _not_yours()
    return _read(pack_path(db.media, key), *place), MIME


def _not_yours() -> NotAllowedError:
    return NotAllowedError("This picture is not yours to see.", "Load the page again.")


def _read(pack: Path, offset: int, length: int) -> bytes:
    try:
        with pack.open("rb") as file:
            file.seek(offset)
            data = file.read(length)
    except OSError as error:
        raise NotFoundError(f"The pack {pack.name} cannot be read.", "Restore the folder of pictures.") from error
    if len(data) != length:
        raise NotFoundError(f"The pack {pack.name} is too short.", "Restore the folder of pictures.")
    return data
