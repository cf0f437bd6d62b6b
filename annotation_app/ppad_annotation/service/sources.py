"""What there is to rate: the processes of collections, or finished pictures."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

from ppad.errors import NoInputsError, NotFoundError
from ppad.storage import Collection
from ppad.storage.names import readable_stem
from ppad_annotation.service.packing import Source

PICTURES = (".jpg", ".jpeg", ".png", ".webp", ".tif", ".tiff", ".bmp")


def find_sources(folders: Sequence[Path], subject: str) -> list[Source]:
    """Everything to rate in these folders, each process once.

    Args:
        subject: of the rubric: `process`, or `artwork`, which takes the last frame of each process, and folders of pictures too.

    Raises:
        NotFoundError: a folder is missing, or is no collection where one is needed.
        NoInputsError: the folders hold nothing to rate.
    """
    artworks = subject == "artwork"
    found: dict[str, Source] = {}
    for folder in folders:
        if artworks and folder.is_dir() and not (folder / "processes").is_dir():
            sources = _pictures(folder)
        else:
            root = Collection.open(folder).root.absolute()
            sources = [Source(name, root, last_only=artworks) for name in Collection(root).ids()]
        if not sources:
            raise NoInputsError(f"{folder} holds nothing to rate.", "Give a collection that holds processes.")
        for source in sources:
            found.setdefault(source.process_id, source)
    return list(found.values())


def _pictures(folder: Path) -> list[Source]:
    files = sorted(path for path in folder.rglob("*") if path.suffix.lower() in PICTURES and path.is_file())
    if not files:
        raise NotFoundError(f"{folder} holds no pictures and is no collection.", "Give a collection, or a folder of pictures.")
    return [Source(_picture_id(file), None, file.absolute()) for file in files]


def _picture_id(file: Path) -> str:
    with file.open("rb") as data:
        digest = hashlib.file_digest(data, "sha256").hexdigest()
    return f"{readable_stem(file.stem)}-{digest[:12]}"
