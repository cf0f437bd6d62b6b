"""The app put together: our own routes, Gradio's pages behind their doors, and the layers around them."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator

from fastapi import FastAPI
from starlette.middleware.cors import CORSMiddleware

from ppad_annotation.app import api, login, media
from ppad_annotation.app.admin.agreement import Agreement
from ppad_annotation.app.admin.page import admin_page
from ppad_annotation.app.critic import Critiques
from ppad_annotation.app.gradio_mount import CALLING, READING, Door, Doors, mount
from ppad_annotation.app.headers import BodyLimit, SecurityHeaders
from ppad_annotation.app.messages import LANGUAGES
from ppad_annotation.app.rating_page import rating_page
from ppad_annotation.app.refusals import add_handlers
from ppad_annotation.app.static_files import FOLDER, add_static_files
from ppad_annotation.service.database import Database

_MODULES = [
    "main.js",
    *sorted(file.name for file in FOLDER.glob("*.js") if file.name not in ("main.js", "difference-worker.js", "admin.js")),
]
RATING = Door("/rate", "rater", READING, scripts=_MODULES, styles=("tokens.css", "rate.css"))

BOARDS = {
    code: Door(f"/admin/{code}", "admin", CALLING, scripts=("admin.js",), styles=("tokens.css", "admin.css"))
    for code in LANGUAGES
}


def build_app(db: Database, secure: bool = False, critic: Critiques | None = None) -> FastAPI:
    """The whole web app over one open database.

    Args:
        secure: browsers reach it by HTTPS: cookies never travel without.
        critic: what raters may read of an item once they have rated it; None for nothing.
    """
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None, lifespan=_lifespan)
    app.state.db, app.state.secure, app.state.critic = db, secure, critic
    add_handlers(app)
    for part in (login, media, api):
        app.include_router(part.router)
    add_static_files(app)
    mount(app, RATING, rating_page())
    app.state.agreement = agreement = Agreement(db)
    for language, door in BOARDS.items():
        mount(app, door, admin_page(db, language, agreement, secure))
    app.add_middleware(Doors, doors=(RATING, *BOARDS.values()))
    app.add_middleware(BodyLimit)
    app.add_middleware(CORSMiddleware, allow_origins=[])  # or Gradio would let other sites read its answers
    app.add_middleware(SecurityHeaders, secure=secure)
    return app


@contextlib.asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    yield
    app.state.agreement.stop()
    app.state.db.close()
