"""What a folder becomes in a repository of the Hub: which files, under which paths, with which card."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from ppad.errors import LocalOnlyError, NotFoundError, PublishError
from ppad.hub.space import space_files
from ppad.storage.collection import Collection
from ppad.storage.folder_checks import kind_of
from ppad.storage.publishing import EDITABLE
from ppad.storage.remote import RemotePath
from ppad.storage.sums import SUMS_FILE, files_below, read_sums

Kind = Literal["dataset", "model", "space"]
CARD = "README.md"
_MODEL_FILES = ("run.json", "seen.parquet", "epochs.csv", "curves.png")
"""Of a run what others need, besides its weights: what it was trained on, and how it went."""


@dataclass(frozen=True, slots=True)
class Contents:
    """The files of a repository.

    Attributes:
        kind: of the repository.
        files: by path in the repository, where each lies; or its bytes, where it is made for the repository.
        noted: digests that the folder itself notes.
    """

    kind: Kind
    files: Mapping[str, Path | bytes]
    noted: Mapping[str, str]

    def card(self) -> str:
        """The text of the card."""
        source = self.files.get(CARD, b"")
        return source.decode() if isinstance(source, bytes) else source.read_text("utf-8", errors="replace")


def contents_of(folder: Path, *, wheel: Path | None = None) -> Contents:
    """What would be published of a folder: a dataset, a run (as a model), or a collection (as a Space in which it is rated).

    Args:
        wheel: of PPAD, which a Space installs.

    Raises:
        NotFoundError: it is none of them.
        PublishError: it is not finished, or a Space lacks its wheel.
        LocalOnlyError: it is in a store.
    """
    if isinstance(folder, RemotePath):
        raise LocalOnlyError(f"{folder} is in a store; what is published is read from a disk.", "Copy it here first.")
    if (folder / "run.json").is_file():
        return _model(folder)
    kind = kind_of(folder)
    if kind == "dataset":
        return _dataset(folder)
    if kind == "collection":
        return _space(Collection(folder), wheel)
    raise NotFoundError(f"{folder} is one file.", "Give a dataset, a run, or a collection.")


def _dataset(folder: Path) -> Contents:
    if not (folder / SUMS_FILE).is_file():
        raise PublishError(f"{folder} has no {SUMS_FILE}.", "Build the dataset again: ppad build")
    names = [name for name in files_below(folder) if not _is_hidden(name)]
    # Whoever improves a card by hand need not note its digest.
    noted = {name: digest for name, digest in read_sums(folder).items() if name not in EDITABLE}
    return Contents("dataset", {name: folder / name for name in names}, noted)


def _model(folder: Path) -> Contents:
    best = folder / "best"
    if not (best / "model.safetensors").is_file():
        raise PublishError(f"The run {folder} has no weights yet.", "Let it train: ppad train … --out the same folder.")
    weights = {name: best / name for name in files_below(best) if not _is_hidden(name)}
    files: dict[str, Path | bytes] = {name: folder / name for name in _MODEL_FILES if (folder / name).is_file()}
    # At the top for from_pretrained, and in `best/` so that what is pulled is a run again; the Hub keeps equal files once.
    files |= weights
    files |= {f"best/{name}": path for name, path in weights.items()}
    return Contents("model", files, {})


def _space(collection: Collection, wheel: Path | None) -> Contents:
    if wheel is None:
        raise PublishError(
            f"{collection.root} is a collection: it would become a Space, which installs PPAD from a wheel.",
            "Give one: --wheel dist/ppad-….whl (python -m build --wheel makes it); or build a dataset: ppad build",
        )
    if not wheel.is_file() or wheel.suffix != ".whl":
        raise NotFoundError(f"There is no wheel {wheel}.", "Make it: python -m build --wheel")
    files: dict[str, Path | bytes] = dict(space_files(collection.root.resolve().name, wheel.name))
    files |= {f"collection/processes/{process_id}.parquet": collection.path_of(process_id) for process_id in collection.ids()}
    return Contents("space", {**files, wheel.name: wheel}, {})


def with_sums(contents: Contents, digests: Mapping[str, str]) -> Iterator[tuple[str, Path | bytes]]:
    """All files, `SHA256SUMS` among them, by path."""
    sums = "".join(f"{digests[name]}  {name}\n" for name in sorted(digests))
    yield from sorted({**contents.files, SUMS_FILE: sums.encode()}.items())


def _is_hidden(name: str) -> bool:
    return any(part.startswith(".") for part in name.split("/"))
