"""Pictures of items, to those who hold them."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from ppad_annotation.app.access import anyone
from ppad_annotation.service.media import frame_bytes

router = APIRouter()

_KEEP = "private, max-age=604800, immutable"
"""Pictures never change; a browser may keep them, a cache between may not."""


@router.get("/media/{media_id}")
def picture(media_id: str, request: Request) -> Response:
    """One picture; every refusal is the same, whether the picture exists or not."""
    session = anyone(request)
    data, mime = frame_bytes(request.app.state.db, media_id, session.rater_id)
    return Response(data, media_type=mime, headers={"cache-control": _KEEP})
