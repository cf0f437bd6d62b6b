"""Where and how the app is served."""

from __future__ import annotations

from pathlib import Path
from typing import Self

from pydantic import Field, model_validator

from ppad.schema import StageConfig


class ServeConfig(StageConfig):
    """Settings of `ppad annotate serve`."""

    host: str = Field("127.0.0.1", description="address to listen on; 0.0.0.0 for every network of this machine")
    port: int = Field(7860, ge=0, le=65535, description="port to listen on; 0 for any that is free")
    tls_certificate: Path | None = Field(None, description="certificate chain, PEM; the app then speaks HTTPS itself")
    tls_key: Path | None = Field(None, description="private key of the certificate, PEM")
    trusted_proxies: tuple[str, ...] = Field((), description="addresses of proxies whose X-Forwarded headers are believed")
    https_outside: bool = Field(False, description="a proxy in front speaks HTTPS: cookies are for HTTPS only")
    stop_seconds: int = Field(20, ge=1, description="time that requests under way get when the server stops")

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if (self.tls_certificate is None) != (self.tls_key is None):
            raise ValueError("a certificate needs its key: give both tls_certificate and tls_key")
        for file in (self.tls_certificate, self.tls_key):
            if file is not None and not file.is_file():
                raise ValueError(f"there is no file {file}")
        return self

    @property
    def secure(self) -> bool:
        """Whether browsers reach the app by HTTPS."""
        return self.tls_certificate is not None or self.https_outside
