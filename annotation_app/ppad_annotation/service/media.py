"""The campaign's own copy of the pictures.

Pictures are copied at import, not read from the collection while raters work: what a rater saw stays what it was for the
years of a dataset, whatever becomes of the collection; the server decodes nothing that came from outside; and a picture
goes out as it lies. Each is decoded, scaled to one long side and encoded anew in one way, so that neither metadata, names,
dimensions nor the encoder's marks tell where an item comes from. All pictures of an item lie in one pack, written whole or
not at all: 25,000 files instead of half a million.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sqlalchemy import select

from ppad.errors import NotAllowedError, NotFoundError
from ppad_annotation.service.database import Database
from ppad_annotation.service.ids import is_id
from ppad_annotation.service.layouts import extent, pack_path, split_media_id
from ppad_annotation.service.tables import Assignment, Item, Rater

MIME = "image/jpeg"


def frame_bytes(db: Database, media_id: str, rater_id: str) -> tuple[bytes, str]:
    """A picture of an item that the rater holds or held; an admin may see all.

    Returns:
        The encoded picture and its MIME type.

    Raises:
        NotAllowedError: it is not for this rater, or there is none; which of the two is not said.
        NotFoundError: its pack is gone from the disk.
    """
    assignment_id, name = split_media_id(media_id)
    found = _pack_for(db, assignment_id, rater_id) if is_id(assignment_id) else None
    place = None if found is None else extent(found[1], name)
    if found is None or place is None:
        raise NotAllowedError("This picture is not yours to see.", "Load the page again.")
    return _read(pack_path(db.media, found[0]), *place), MIME


def _pack_for(db: Database, assignment_id: str, rater_id: str) -> tuple[str, dict[str, Any]] | None:
    """Key and layout of the pack of an assignment that this account may see; None for any other."""
    pictures = (
        select(Item.media_key, Item.layout).join(Assignment, Assignment.item_id == Item.id).where(Assignment.id == assignment_id)
    )
    with db.read() as session:
        rater = session.get(Rater, rater_id)
        if rater is None or rater.disabled_at is not None:
            return None
        if rater.role != "admin":
            pictures = pictures.where(Assignment.rater_id == rater_id)
        found = session.execute(pictures).one_or_none()
        return None if found is None else (found.media_key, found.layout)


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
