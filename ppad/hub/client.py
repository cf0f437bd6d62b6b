"""The few calls of the Hub that are used, with its refusals as sentences. The token is the library's affair, not read here."""

from __future__ import annotations

import contextlib
import os
import re
import tempfile
import warnings
from collections.abc import Iterable, Iterator
from pathlib import Path

from ppad.errors import ConfigError, MissingExtraError, NotFoundError
from ppad.hub.contents import Kind
from ppad.storage.remote import RemotePath
from ppad.storage.store_errors import remote_errors

KINDS: tuple[Kind, ...] = ("dataset", "model", "space")
_REPOSITORY = re.compile(r"[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*")


class Hub:
    """One repository.

    Args:
        repository: `organisation/name`.

    Raises:
        ConfigError: it is no such name.
        MissingExtraError: huggingface_hub is not installed.
    """

    def __init__(self, repository: str) -> None:
        if not _REPOSITORY.fullmatch(repository):
            raise ConfigError(f"{repository!r} is no name of a repository.", "Write it as ORG/NAME.")
        try:
            import huggingface_hub
        except ImportError as error:
            raise MissingExtraError.of("huggingface_hub", "hub") from error
        self.repository = repository
        self._library = huggingface_hub
        self._api = huggingface_hub.HfApi(endpoint=os.environ.get("HF_ENDPOINT"), library_name="ppad")

    def url(self, kind: Kind) -> str:
        """Where people see the repository."""
        return f"{self._api.endpoint}/{'' if kind == 'model' else f'{kind}s/'}{self.repository}"

    def upload(self, kind: Kind, files: Iterable[tuple[str, Path | bytes]], message: str, *, private: bool) -> str:
        """Make the repository what the files say, in one commit; what was sent before is not sent again.

        Args:
            private: of a new repository; an existing one stays as it is.

        Returns:
            the commit.
        """
        with self._errors():
            space = {"space_sdk": "docker"} if kind == "space" else {}
            self._api.create_repo(self.repository, repo_type=kind, private=private, exist_ok=True, **space)
            wanted = dict(files)
            present = set(self._api.list_repo_files(self.repository, repo_type=kind))
            gone = sorted(present - set(wanted) - {".gitattributes"})
            operations = [
                *(
                    self._library.CommitOperationAdd(path_in_repo=name, path_or_fileobj=source)
                    for name, source in sorted(wanted.items())
                ),
                *(self._library.CommitOperationDelete(path_in_repo=name) for name in gone),
            ]
            with warnings.catch_warnings():
                warnings.filterwarnings("ignore", "It seems that you are about to commit a data file", UserWarning)
                done = self._api.create_commit(self.repository, operations, commit_message=message, repo_type=kind)
        return str(done.oid)

    def find(self, kinds: Iterable[Kind] = KINDS) -> tuple[Kind, str]:
        """The kind of the repository, and its newest commit.

        Raises:
            NotFoundError: there is none of these kinds, or none that may be seen.
        """
        for kind in kinds:
            with self._errors(), contextlib.suppress(self._library.errors.RepositoryNotFoundError):
                return kind, str(self._api.repo_info(self.repository, repo_type=kind).sha)
        raise NotFoundError(
            f"The Hub has no {self.repository} that you may see.", "Check the name; for a private one log in: hf auth login"
        )

    def download(self, kind: Kind, commit: str, folder: Path) -> None:
        """Bring all files of a commit into a folder; what is there already, whole or in part, is not fetched again."""
        with self._errors():
            self._api.snapshot_download(self.repository, repo_type=kind, revision=commit, local_dir=folder, max_workers=4)

    def read(self, kind: Kind, commit: str, name: str) -> bytes:
        """One file of a commit; no bytes where it has no such file."""
        with self._errors(), tempfile.TemporaryDirectory(prefix="ppad-") as folder:
            try:
                path = self._api.hf_hub_download(self.repository, name, repo_type=kind, revision=commit, local_dir=folder)
            except self._library.errors.EntryNotFoundError:
                return b""
            return Path(path).read_bytes()

    @contextlib.contextmanager
    def _errors(self) -> Iterator[None]:
        not_found = self._library.errors.RepositoryNotFoundError
        try:
            with remote_errors(RemotePath("hf:", *self.repository.split("/")), apart=not_found):
                yield
        except self._library.errors.HfHubHTTPError as error:
            if isinstance(error, not_found):
                raise
            code = error.response.status_code if error.response is not None else "no answer"
            raise ConfigError(
                f"The Hub refuses {self.repository}: {code}.", "Check the name, the files and your rights there."
            ) from error
