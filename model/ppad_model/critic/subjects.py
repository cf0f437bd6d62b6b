"""What a critic is asked about: pictures, folders of pictures, recordings, rows of collections and datasets."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from ppad import __version__
from ppad.errors import NoInputsError, UnreadableMediaError
from ppad.media.images import image_size
from ppad.media.sequences import is_still, natural_key
from ppad.schema import Picture, ProcessRecord, Provenance
from ppad.storage import timestamp
from ppad_model.scoring.subjects import Given, Place, find_places, is_dataset


@dataclass(frozen=True, slots=True)
class Subject:
    """Something to judge. It is not looked at before it is loaded.

    Attributes:
        label: as it was named.
        still: a finished picture; place: anything else.
    """

    label: str
    still: Path | None = None
    place: Place | None = None

    def load(self, given: Given, description: str | None) -> ProcessRecord:
        """Read it.

        Args:
            given: what a process was painted from.
            description: in place of its own.

        Raises:
            MediaError: it cannot be used.
            NotFoundError, ContractError: the row has gone, or is damaged.
        """
        record = _artwork(self.still) if self.still is not None else self._place_record(given)
        return record if description is None else dataclasses.replace(record, description=description)

    def _place_record(self, given: Given) -> ProcessRecord:
        if self.place is None:
            raise NoInputsError(f"{self.label} is nothing to judge.", "Name a picture, or a process.")
        return self.place.load(given).process


def find_subjects(arguments: Sequence[str], dataset: Path | None, *, of_processes: bool) -> list[Subject]:
    """What the arguments name, in their order.

    Args:
        dataset: whose rows may be named by their ids.
        of_processes: whether processes are judged; else a picture is a work, and a folder holds works.

    Raises:
        NotFoundError: an argument names nothing.
        NoInputsError: a folder holds nothing to judge.
    """
    found: list[Subject] = []
    for argument in arguments:
        stills = [] if of_processes else list(_stills(Path(argument)))
        if stills:
            found += [Subject(str(path), still=path) for path in stills]
        else:
            found += [Subject(place.label, place=place) for place in find_places([argument], dataset)]
    return found


def _stills(path: Path) -> Iterator[Path]:
    """The pictures that a path names; none for a collection, a dataset or an id."""
    if path.is_file() and path.suffix != ".parquet":
        yield path
    elif path.is_dir() and not is_dataset(path) and not (path / "processes").is_dir():
        stills = [file for file in path.iterdir() if not file.name.startswith(".") and is_still(file)]
        if not stills:
            raise NoInputsError(f"{path} holds no pictures.", "Name a picture, a folder of pictures, or a collection.")
        yield from sorted(stills, key=lambda file: natural_key(file.name))


def _artwork(path: Path) -> ProcessRecord:
    """A picture file as the row that an import would make of it; its bytes are left as they are."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise UnreadableMediaError(f"{path.name} cannot be read: {error.strerror}.", "Check the file.") from error
    size = image_size(data, path.name)
    return ProcessRecord(
        process_id=path.name,
        origin="real",
        reference_kind="none",
        frames=[Picture(bytes=data, path=path.name)],
        frame_change=[0.0],
        width=size.width,
        height=size.height,
        provenance=Provenance(
            tool="ppad",
            version=__version__,
            engine="picture",
            config_json="{}",
            source_name=path.name,
            source_sha256="",
            created_at=timestamp(),
        ),
    )
