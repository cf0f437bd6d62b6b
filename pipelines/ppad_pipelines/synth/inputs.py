"""What is to be painted: prompts from a file, finished paintings from a folder, a painter's own first frames."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ppad.errors import NoInputsError, NotFoundError, SidecarError
from ppad.media.sequences import STILL_SUFFIXES, natural_key, numbered_sequences


@dataclass(frozen=True, slots=True)
class Motif:
    """One thing to paint, as it lies on disk.

    Attributes:
        name: readable stem of the id.
        prompt: words, or None.
        image: the finished painting, or None.
        partial: the painter's own frames, in painting order.
    """

    name: str
    prompt: str | None = None
    image: Path | None = None
    partial: tuple[Path, ...] = ()

    @property
    def label(self) -> str:
        """What reports call it."""
        return str(self.image or (self.partial[0].parent if self.partial else self.prompt))


def motifs_from_prompts(prompt: str | None, file: Path | None) -> list[Motif]:
    """One motif a prompt: from the command line, or from a text file with one a line (empty lines and `#` lines are passed by).

    Raises:
        NotFoundError: the file does not exist.
        SidecarError: it is not UTF-8 text.
    """
    prompts = [prompt] if prompt is not None else []
    if file is not None:
        if not file.is_file():
            raise NotFoundError(f"There is no file of prompts {file}.", "Check the path given to --prompts.")
        try:
            lines = file.read_text("utf-8-sig").splitlines()
        except UnicodeDecodeError as error:
            raise SidecarError(f"{file.name} is not UTF-8 text (byte {error.start}).", "Save it as UTF-8.") from error
        prompts += [line.strip() for line in lines if line.strip() and not line.lstrip().startswith("#")]
    return [Motif(name=text, prompt=text) for text in prompts if text.strip()]


def motifs_from_images(places: Sequence[Path], prompt: str | None = None) -> list[Motif]:
    """One motif a picture: files, or folders that are searched through.

    Raises:
        NotFoundError: a place does not exist.
    """
    motifs = []
    for place in places:
        if not place.exists():
            raise NotFoundError(f"There is no picture or folder {place}.", "Check the path given to --images.")
        files = [place] if place.is_file() else sorted(place.rglob("*"), key=lambda path: natural_key(str(path)))
        motifs += [Motif(file.stem, prompt, image=file) for file in files if _is_picture(file) or file == place]
    return motifs


def motifs_from_partials(folder: Path, prompt: str | None = None) -> list[Motif]:
    """One motif a series of numbered stills in a folder or its sub-folders.

    Raises:
        NotFoundError: the folder does not exist.
    """
    if not folder.is_dir():
        raise NotFoundError(f"There is no folder {folder}.", "Check the path given to --partial.")
    motifs = []
    for place in [folder, *sorted(path for path in folder.rglob("*") if path.is_dir())]:
        for series in numbered_sequences(path for path in place.iterdir() if _is_picture(path)):
            motifs.append(Motif(place.name, prompt, partial=tuple(series)))
    return motifs


def require_any(motifs: Sequence[Motif]) -> None:
    """Refuse to begin with nothing.

    Raises:
        NoInputsError: there are no motifs.
    """
    if not motifs:
        raise NoInputsError(
            "There is nothing to paint.", "Give --prompt TEXT, --prompts FILE, --images FOLDER or --partial FOLDER."
        )


def _is_picture(path: Path) -> bool:
    return path.is_file() and path.suffix.lower() in STILL_SUFFIXES and not path.name.startswith(".")
