"""How the app says no: a status, and the sentence, the fix and the code that every error of PPAD has."""

from __future__ import annotations

import logging

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from ppad.errors import (
    ConfigError,
    ConflictError,
    DatabaseUnusableError,
    NotAllowedError,
    NotFoundError,
    PpadError,
    StorageError,
)

_log = logging.getLogger("ppad.annotate")

_STATUS: list[tuple[type[PpadError], int]] = [
    (NotAllowedError, 403),
    (NotFoundError, 404),
    (ConflictError, 409),
    (ConfigError, 422),
    (DatabaseUnusableError, 503),
    (StorageError, 503),  # a full disk: the page keeps what was sent, and tries again
]


class RefusedError(Exception):
    """A request that is refused before it reaches the service."""

    def __init__(self, status: int, code: str, message: str, fix: str) -> None:
        super().__init__(message)
        self.status = status
        self.answer = {"code": code, "message": message, "fix": fix}


def add_handlers(app: FastAPI) -> None:
    """Answer every error in one form; what was not foreseen goes to the log and nothing of it to the browser."""

    @app.exception_handler(RefusedError)
    def refused(_request: Request, error: RefusedError) -> JSONResponse:
        return JSONResponse(error.answer, error.status)

    @app.exception_handler(PpadError)
    def known(_request: Request, error: PpadError) -> JSONResponse:
        status = next((status for kind, status in _STATUS if isinstance(error, kind)), 422)
        if status == 503:
            _log.error("%s: %s", error.code, error)
            return JSONResponse({"code": error.code, "message": "The server is busy.", "fix": "Try again in a moment."}, status)
        return JSONResponse({"code": error.code, "message": error.message, "fix": error.fix}, status)

    @app.exception_handler(RequestValidationError)
    def malformed(_request: Request, _error: RequestValidationError) -> JSONResponse:
        answer = {"code": "form-invalid", "message": "The request is malformed.", "fix": "Load the page again."}
        return JSONResponse(answer, 422)

    @app.exception_handler(HTTPException)
    def plain(_request: Request, error: HTTPException) -> JSONResponse:
        code = {404: "not-found", 405: "not-allowed"}.get(error.status_code, "refused")
        answer = {"code": code, "message": "There is nothing here.", "fix": "Go back to the start page."}
        return JSONResponse(answer, error.status_code, headers=error.headers)

    @app.exception_handler(Exception)
    def unforeseen(request: Request, error: Exception) -> JSONResponse:
        _log.error("%s %s failed", request.method, request.url.path, exc_info=error)
        return JSONResponse({"code": "unexpected", "message": "Something went wrong.", "fix": "Try again."}, 500)
