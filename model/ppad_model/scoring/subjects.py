"""What is to be scored: recordings, folders of stills, processes of a collection or a dataset."""

from __future__ import annotations

import dataclasses
import difflib
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ppad import __version__
from ppad.errors import NoInputsError, NotFoundError
from ppad.keyframes.config import ExtractConfig
from ppad.keyframes.selecting import choose_from, encoded_frames, stored_view
from ppad.media.images import encode_image, read_image
from ppad.media.opening import open_recording
from ppad.media.recording import ReportShare, ignore_share
from ppad.media.sequences import is_still, numbered_sequences
from ppad.schema import Picture, ProcessRecord, Provenance
from ppad.storage import Collection, Dataset, remote, timestamp


@dataclass(frozen=True, slots=True)
class Given:
    """A reference that the command line gives: a picture or a prompt, or neither to keep what the process has."""

    image: Path | None = None
    prompt: str | None = None

    def applied(self, process: ProcessRecord) -> ProcessRecord:
        """The process with this reference.

        Raises:
            MediaError: the picture cannot be read.
        """
        if self.image is not None:
            data = encode_image(read_image(self.image, ExtractConfig().size))
            picture = Picture(bytes=data, path="reference.jpg")
            return dataclasses.replace(process, reference_kind="image", reference_image=picture, prompt=None)
        if self.prompt is not None:
            return dataclasses.replace(process, reference_kind="prompt", reference_image=None, prompt=self.prompt)
        return process


@dataclass(frozen=True, slots=True)
class Subject:
    """A process to be scored.

    Attributes:
        name: of its files and in titles.
        rated: what raters said of it, by attribute; empty where nobody did.
    """

    name: str
    process: ProcessRecord
    rated: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a subject lies. It is not looked at before it is loaded.

    Attributes:
        name: of its files; label: as it was named.
        files: a recording, or stills in painting order; empty for a process.
        root: of the collection or dataset that holds it.
        process_id: there.
    """

    name: str
    label: str
    files: tuple[Path, ...] = ()
    root: Path | None = None
    process_id: str = ""

    def load(self, given: Given, threads: int = 1, progress: ReportShare = ignore_share) -> Subject:
        """Read it; of a recording, choose the key frames as `ppad extract` does.

        Raises:
            MediaError: it cannot be used.
            NotFoundError, ContractError: the process has gone, or is damaged.
        """
        if self.root is None:
            return Subject(self.name, given.applied(_extracted(self.files, threads, progress)))
        if is_dataset(self.root):
            record = Dataset.open(self.root).read(self.process_id)
            rated = {name: score for name, score in record.scores.items() if score is not None}
            return Subject(self.name, given.applied(record.process), rated)
        return Subject(self.name, given.applied(_collection(self.root).read(self.process_id)))


def find_places(arguments: Sequence[str], dataset: Path | None = None) -> list[Place]:
    """The processes that the arguments name, in their order.

    Args:
        arguments: recordings, folders of numbered stills, process files, collections, and ids of rows of the dataset.
        dataset: whose rows may be named.

    Raises:
        NotFoundError: an argument names nothing.
        NoInputsError: a folder holds nothing to score, or several series of stills.
    """
    places = [place for argument in arguments for place in _places(argument, dataset)]
    taken: dict[str, int] = {}
    for number, place in enumerate(places):
        taken[place.name] = taken.get(place.name, 0) + 1
        if taken[place.name] > 1:
            places[number] = dataclasses.replace(place, name=f"{place.name}-{taken[place.name]}")
    return places


def is_dataset(folder: Path) -> bool:
    """Whether a folder holds a dataset's shards."""
    return any((folder / "data").glob("*-*-of-*.parquet"))


def _places(argument: str, dataset: Path | None) -> Iterator[Place]:
    path = remote.place(argument)
    if path.is_dir():
        yield from _in_folder(path, argument)
    elif path.is_file() and path.suffix == ".parquet":
        yield Place(path.stem, argument, root=path.absolute().parent, process_id=path.stem)
    elif path.is_file():
        yield Place(path.stem, argument, files=(path,))
    elif dataset is not None:
        Dataset.open(dataset).index_of(argument)
        yield Place(argument, argument, root=dataset, process_id=argument)
    else:
        close = difflib.get_close_matches(path.name, _names(path.parent), n=1)
        guess = f"Did you mean {close[0]}? " if close else ""
        raise NotFoundError(
            f"There is no file or folder {argument}.", f"{guess}Name a row of a dataset by its id, with --dataset DATASET."
        )


def _in_folder(folder: Path, label: str) -> Iterator[Place]:
    if is_dataset(folder):
        raise NoInputsError(
            f"{folder} is a dataset.",
            f"Name rows of it: ppad score RUN ID --dataset {folder}; or measure: ppad evaluate RUN {folder}",
        )
    if (folder / "processes").is_dir():
        for process_id in Collection.open(folder).ids():
            yield Place(process_id, f"{label}/{process_id}", root=folder / "processes", process_id=process_id)
        return
    series = numbered_sequences([file for file in folder.iterdir() if not file.name.startswith(".") and is_still(file)])
    if len(series) != 1:
        found = f"{len(series)} series of numbered stills" if series else "no numbered stills"
        raise NoInputsError(
            f"{folder} holds {found}.", "Name a recording, a collection, or a folder with the stills of one process."
        )
    yield Place(folder.resolve().name, label, files=tuple(series[0]))


def _names(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()] if folder.is_dir() else []


def _collection(processes: Path) -> Collection:
    """The collection whose process files lie in this folder, whatever the folder is called."""
    collection = Collection(processes.parent)
    collection.processes = processes
    return collection


def _extracted(files: Sequence[Path], threads: int, progress: ReportShare) -> ProcessRecord:
    """The process that `ppad extract` would make of a recording with its usual settings."""
    recording, config = open_recording(files), ExtractConfig()
    chosen = choose_from(recording, config, Path(tempfile.gettempdir()), threads, progress)
    frames = encoded_frames(recording, chosen.ranks, config, threads)
    size = recording.view_size(stored_view(config))
    return ProcessRecord(
        process_id=recording.name,
        origin="real",
        reference_kind="none",
        frames=[Picture(bytes=data, path=f"{number:04d}.jpg") for number, data in enumerate(frames)],
        frame_time_s=[float(recording.times_s[rank]) for rank in chosen.ranks] if recording.has_clock else None,
        frame_index=chosen.ranks,
        frame_change=chosen.change,
        width=size.width,
        height=size.height,
        provenance=Provenance(
            tool="ppad",
            version=__version__,
            engine="not stored",
            config_json=config.to_json(),
            source_name=recording.name,
            source_sha256="",
            created_at=timestamp(),
            notes=chosen.notes or None,
        ),
    )
