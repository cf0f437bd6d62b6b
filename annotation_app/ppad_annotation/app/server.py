"""Serving the app: one process, until it is told to stop."""

from __future__ import annotations

import contextlib
import logging
import logging.config
import os
import socket
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ppad.errors import NotWritableError
from ppad_annotation.app.critic import Critiques
from ppad_annotation.service.database import Database

_log = logging.getLogger("ppad.annotate")


def serve(
    db: Database,
    *,
    host: str = "127.0.0.1",
    port: int = 7860,
    tls_certificate: Path | None = None,
    tls_key: Path | None = None,
    behind_proxy: bool = False,
    proxies: Sequence[str] = ("127.0.0.1",),
    critic: Critiques | None = None,
) -> None:
    """Serve a campaign until SIGINT or SIGTERM; requests under way are finished first.

    Args:
        host: address to listen on; 0.0.0.0 for every network of this machine.
        port: 0 for any that is free.
        tls_certificate: certificate chain, PEM: the app then speaks HTTPS itself.
        behind_proxy: a proxy in front speaks HTTPS: cookies are for HTTPS only, and its X-Forwarded headers are believed.
        proxies: the addresses that such headers are believed from.
        critic: what raters may read of an item once they have rated it.

    Raises:
        NotWritableError: the address is taken, or not one of this machine's.
    """
    import uvicorn

    os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"  # Gradio asks before any of its objects could be told
    from ppad_annotation.app.application import build_app

    secure = tls_certificate is not None or behind_proxy
    with contextlib.closing(_listen(host, port)) as listener:
        app = build_app(db, secure, critic)
        settings = uvicorn.Config(
            app,
            ssl_certfile=tls_certificate,
            ssl_keyfile=tls_key,
            proxy_headers=behind_proxy,
            forwarded_allow_ips=list(proxies),
            **_SETTINGS,
        )
        logging.config.dictConfig(_LOGGING)
        scheme = "https" if tls_certificate else "http"
        _log.info("Raters log in at %s://%s:%d", scheme, host, listener.getsockname()[1])
        uvicorn.Server(settings).run(sockets=[listener])


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        raise NotWritableError(f"Cannot listen on {host}:{port}: {error.strerror}.", "Choose another --port.") from error
    listener.listen(1024)
    return listener


_LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s: %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "loggers": {
        "uvicorn": {"handlers": ["console"], "level": "WARNING", "propagate": False},
        "ppad.annotate": {"handlers": ["console"], "level": "INFO", "propagate": False},
    },
}

_SETTINGS: dict[str, Any] = {
    "workers": 1,
    "server_header": False,
    "access_log": False,  # who looked at what, and when, is nobody's business
    "log_config": None,
    "timeout_keep_alive": 75,
    "timeout_graceful_shutdown": 20,
}
