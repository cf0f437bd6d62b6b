"""Serving the app: one process, until it is told to stop."""

from __future__ import annotations

import contextlib
import logging
import os
import socket
from typing import Any

from ppad.errors import NotWritableError
from ppad_annotation.app.settings import ServeConfig
from ppad_annotation.service.database import Database


def serve(db: Database, config: ServeConfig) -> None:
    """Serve a campaign until SIGINT or SIGTERM; requests under way are finished first.

    Raises:
        NotWritableError: the address is taken, or not one of this machine's.
    """
    import uvicorn

    os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")
    from ppad_annotation.app.application import build_app

    listener = _listen(config)
    with contextlib.closing(listener):
        settings = uvicorn.Config(build_app(db, config.secure), **_settings(config))
        address = f"{'https' if config.tls_certificate else 'http'}://{config.host}:{listener.getsockname()[1]}"
        logging.getLogger("ppad.annotate").info("Rating at %s", address)
        uvicorn.Server(settings).run(sockets=[listener])


def _settings(config: ServeConfig) -> dict[str, Any]:
    proxies = ",".join(config.trusted_proxies)
    return {
        "ssl_certfile": config.tls_certificate,
        "ssl_keyfile": config.tls_key,
        "proxy_headers": bool(proxies),
        "forwarded_allow_ips": proxies or None,
        "timeout_graceful_shutdown": config.stop_seconds,
        "timeout_keep_alive": 75,
        "server_header": False,
        "access_log": False,  # whose request it was, and for what, is nobody's business
        "log_config": _LOGGING,
        "workers": 1,
    }


def _listen(config: ServeConfig) -> socket.socket:
    family = socket.AF_INET6 if ":" in config.host else socket.AF_INET
    listener = socket.socket(family)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((config.host, config.port))
    except OSError as error:
        listener.close()
        raise NotWritableError(
            f"Cannot listen on {config.host}:{config.port}: {error.strerror}.", "Choose another --port."
        ) from error
    listener.listen(1024)
    return listener


_LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s: %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "loggers": {
        "uvicorn": {"handlers": ["console"], "level": "WARNING", "propagate": False},
        "ppad.annotate": {"handlers": ["console"], "level": "INFO", "propagate": False},
    },
}
