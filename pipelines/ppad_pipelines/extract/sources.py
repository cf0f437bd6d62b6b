"""What the command line names, as painting processes to extract: files, folders, globs, numbered stills."""

from __future__ import annotations

import glob
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from ppad.errors import LocalOnlyError, NoInputsError, NotFoundError, UnreadableMediaError
from ppad.media.sequences import is_still, natural_key, numbered_sequences
from ppad.media.suffixes import VIDEO_SUFFIXES
from ppad.storage import DigestCache
from ppad.storage.digests import content_sha256
from ppad.storage.names import readable_stem
from ppad.storage.remote import RemotePath, place


@dataclass(frozen=True, slots=True)
class Source:
    """One painting process as it lies on disk: a recording, or the stills of a sequence in painting order."""

    files: tuple[Path, ...]
    is_alone: bool = True
    """False for one of several series of stills in one folder: then the folder does not name it."""

    @property
    def path(self) -> Path:
        """The recording, or the folder of the stills, or of several series there the first still of this one."""
        return self.files[0].parent if len(self.files) > 1 and self.is_alone else self.files[0]

    @property
    def label(self) -> str:
        """What reports call it: the path as it was given."""
        return printable(str(self.path))

    @property
    def bytes(self) -> int:
        """Size on disk; 0 where it cannot be read."""
        return sum(file.stat().st_size for file in self.files if file.exists())

    def stamps(self) -> tuple[tuple[int, int], ...]:
        """Size and time of change of each file: while they stay, so does the content.

        Raises:
            UnreadableMediaError: a file is gone.
        """
        try:
            return tuple((stat.st_size, stat.st_mtime_ns) for stat in map(os.stat, self.files))
        except OSError as error:
            raise UnreadableMediaError(f"{self.path.name} cannot be read: {error.strerror}.", "Check the file.") from error

    def sha256(self, digests: DigestCache) -> str:
        """Digest of the content: of the file, or of the digests of the stills in their order.

        Raises:
            MediaError: a file is empty or cannot be read.
        """
        return content_sha256([digests.sha256(file) for file in self.files])


@dataclass(frozen=True, slots=True)
class Found:
    """What a search gave.

    Attributes:
        sources: the processes, in natural order, each once.
        ignored: files in searched folders that are no recording and in no numbered sequence, by kind.
    """

    sources: list[Source]
    ignored: dict[str, int]


def find_sources(arguments: Sequence[str], leave_out: Iterable[Path] = ()) -> Found:
    """Find the painting processes that the arguments name.

    A file named outright is always taken; stills of one folder that are named together, as by a glob, make up a
    sequence. A folder is searched through: recordings by their suffix, and pictures whose
    names differ only in their numbers as one sequence each. Hidden files and folders are passed by.

    Args:
        leave_out: files that are something else (reference images).

    Raises:
        NotFoundError: an argument names nothing.
        LocalOnlyError: an argument names something in a store.
        NoInputsError: nothing to extract was found.
    """
    skip = {Path(os.path.realpath(path)) for path in leave_out}
    sources: dict[tuple[Path, ...], Source] = {}
    ignored: dict[str, int] = {}
    paths = _expanded(arguments)
    named = _named([path for path in paths if not path.is_dir()])
    for path in paths:
        for source in _inside(path, skip, ignored) if path.is_dir() else named.get(path, []):
            sources.setdefault(tuple(Path(os.path.realpath(file)) for file in source.files), source)
    if not sources:
        seen = ", ".join(f"{count} {kind}" for kind, count in sorted(ignored.items())) or "nothing"
        raise NoInputsError(f"No recording was found; the folders hold {seen}.", "Name videos, or folders of numbered stills.")
    return Found(list(sources.values()), ignored)


def printable(text: str) -> str:
    """Text that can be written as UTF-8: bytes of a file name that are none are shown as �."""
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def process_id(source: Source, sha256: str) -> str:
    """The id of a source's process: readable stem and the first 12 digits of its content digest."""
    name = source.path.name if source.path == source.files[0].parent else source.path.stem
    return f"{readable_stem(name)}-{sha256[:12]}"


def _expanded(arguments: Sequence[str]) -> list[Path]:
    paths: list[Path] = []
    for argument in arguments:
        path = place(argument)
        if isinstance(path, RemotePath):
            raise LocalOnlyError(f"Recordings are decoded from a disk, but {path} is in a store.", "Copy it here first.")
        if path.exists():
            paths.append(path)
            continue
        matches = [Path(match) for match in glob.glob(argument, recursive=True)]  # noqa: PTH207 - absolute patterns too
        if not matches:
            raise NotFoundError(f"There is no file, folder or match for {argument}.", "Check the path.")
        paths.extend(sorted(matches, key=lambda match: natural_key(str(match))))
    return paths


def _named(files: Sequence[Path]) -> dict[Path, list[Source]]:
    """The sources of files that were named outright, by the first file of each."""
    folders: dict[Path, list[Path]] = {}
    for file in dict.fromkeys(files):
        if is_still(file):
            folders.setdefault(file.parent, []).append(file)
    found: dict[Path, list[Source]] = {}
    in_sequence: set[Path] = set()
    for stills in folders.values():
        sequences = numbered_sequences(stills)
        found |= {sequence[0]: [Source(tuple(sequence), len(sequences) == 1)] for sequence in sequences}
        in_sequence.update(file for sequence in sequences for file in sequence)
    return found | {file: [Source((file,))] for file in files if file not in in_sequence}


def _inside(folder: Path, skip: set[Path], ignored: dict[str, int]) -> list[Source]:
    sources: list[Source] = []
    for here, folders, names in os.walk(folder):
        folders[:] = sorted((name for name in folders if not name.startswith(".")), key=natural_key)
        files = [Path(here, name) for name in sorted(names, key=natural_key) if not name.startswith(".")]
        sources.extend(_in_folder([file for file in files if Path(os.path.realpath(file)) not in skip], ignored))
    return sources


def _in_folder(files: list[Path], ignored: dict[str, int]) -> list[Source]:
    stills = [file for file in files if is_still(file)]
    recordings = [file for file in files if file.suffix.lower() in VIDEO_SUFFIXES and file not in stills]
    sequences = numbered_sequences(stills)
    in_sequence = {file for sequence in sequences for file in sequence}
    for file in files:
        if file not in in_sequence and file not in recordings:
            kind = "single pictures" if file in stills else f"{file.suffix.lower() or 'unnamed'} files"
            ignored[kind] = ignored.get(kind, 0) + 1
    return [Source((file,)) for file in recordings] + [Source(tuple(sequence), len(sequences) == 1) for sequence in sequences]
