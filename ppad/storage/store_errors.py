"""What object stores refuse, as sentences with a fix; their packages need not be here to be understood."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

from ppad.errors import AccessError, BucketError, CredentialsError, NetworkError, PpadError


@contextlib.contextmanager
def remote_errors(place: Path, apart: type[Exception] = FileExistsError) -> Iterator[None]:
    """Turn a store's refusals into sentences with a fix. That a file is missing, or there already, stays Python's own error.

    Args:
        apart: another kind of error that stays what it is.
    """
    try:
        yield
    except (PpadError, FileExistsError, apart):
        raise
    except FileNotFoundError as error:
        if "bucket does not exist" not in str(error).lower():
            raise
        raise _no_bucket(place) from error
    except Exception as error:
        named = _named(error, place)
        if named is None:
            raise
        raise named from error


_REFUSED = {"403", "401", "AccessDenied", "InvalidAccessKeyId", "SignatureDoesNotMatch", "ExpiredToken", "PermissionError"}
_NO_CREDENTIALS = {"NoCredentialsError", "PartialCredentialsError", "DefaultCredentialsError", "LocalTokenNotFoundError"}
_NO_ANSWER = {
    "ConnectionError", "TransportError", "HTTPClientError", "ClientConnectorError", "ClientPayloadError", "TimeoutError",
    "FSTimeoutError", "500", "502", "503", "504", "SlowDown", "InternalError", "ServiceUnavailable",
}  # fmt: skip


def _named(error: Exception, place: Path) -> PpadError | None:
    """The named error; stores tell theirs apart by class names and codes, and their packages need not be here to be asked."""
    signs = {sign for one in (error, error.__cause__, error.__context__) if one for sign in _signs(one)}
    if signs & _NO_CREDENTIALS:
        return CredentialsError(
            f"There are no credentials for {place}.",
            "Set them as the store's own tool wants them: docs/object-storage.md",
        )
    if "NoSuchBucket" in signs:
        return _no_bucket(place)
    if "RequestTimeTooSkewed" in signs:
        return AccessError(
            f"The store refuses access to {place}: the clock of this machine is wrong.",
            "Set it, and run the same command to go on.",
        )
    if signs & _REFUSED:
        return AccessError(f"The store refuses access to {place}.", "Check the credentials, and what they are allowed to do.")
    if signs & _NO_ANSWER:
        return NetworkError(
            f"The store of {place} does not answer.", "Check the network and the endpoint, and run the same command to go on."
        )
    return None


def _signs(error: BaseException) -> Iterator[str]:
    """Names of an error's classes, and the codes that the store sent with it."""
    yield from (kind.__name__ for kind in type(error).__mro__)
    answer = getattr(error, "response", None)
    if isinstance(answer, dict):  # botocore
        yield str(answer.get("Error", {}).get("Code"))
        yield str(answer.get("ResponseMetadata", {}).get("HTTPStatusCode"))
    yield str(getattr(answer, "status_code", getattr(error, "code", "")))


def _no_bucket(place: Path) -> BucketError:
    bucket = "//".join(place.parts[:2])
    return BucketError(f"There is no bucket {bucket}.", "Make it with the store's own tool, or check its name.")
