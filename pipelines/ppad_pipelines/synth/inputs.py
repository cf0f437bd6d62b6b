"""What is to be painted: prompts from a file, finished paintings from a folder, a painter's own first frames."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from ppad.errors import ConfigError, NoInputsError, NotFoundError, SidecarError
from ppad.media.sequences import STILL_SUFFIXES, natural_key, numbered_sequences


@dataclass(frozen=True, slots=True)
class Motif:
    """One thing to paint, as it lies on disk.

    Attributes:
        name: readable stem of the id.
        prompt: words, or None.
        image: the finished painting, or None.
        partial: the painter's own frames, in painting order.
        prompt_source: where the prompt stands: the name of a file, or of an option.
    """

    name: str
    prompt: str | None = None
    image: Path | None = None
    partial: tuple[Path, ...] = ()
    prompt_source: str = "--prompt"

    @property
    def kind(self) -> str:
        """What is given: `prompt`, `image`, `partial` or `image and partial`; words may be given with each."""
        given = [name for name, value in (("image", self.image), ("partial", self.partial)) if value]
        return " and ".join(given) or "prompt"

    @property
    def label(self) -> str:
        """What reports call it."""
        return str(self.image or (self.partial[0].parent if self.partial else self.prompt))


def find_motifs(prompt: str | None, prompts: Path | None, images: Sequence[Path], partial: Path | None) -> list[Motif]:
    """Everything that is to be painted. With pictures given, the prompt says what they show.

    Raises:
        NotFoundError, SidecarError, ConfigError: see the functions below.
        NoInputsError: there is nothing.
    """
    if images or partial is not None:
        if prompts is not None:
            raise ConfigError(
                "A file of prompts does not go with pictures.", "Give --prompt, or paint the prompts by themselves."
            )
        beginnings = [] if partial is None else motifs_from_partials(partial, prompt)
        motifs = joined(motifs_from_images(images, prompt), beginnings)
    else:
        motifs = motifs_from_prompts(prompt, prompts)
    if not motifs:
        raise NoInputsError(
            "There is nothing to paint.", "Give --prompt TEXT, --prompts FILE, --images FOLDER or --partial FOLDER."
        )
    return motifs


def motifs_from_prompts(prompt: str | None, file: Path | None) -> list[Motif]:
    """One motif a prompt: from the command line, or from a text file with one a line (empty lines and `#` lines are passed by).

    Raises:
        NotFoundError: the file does not exist.
        SidecarError: it is not UTF-8 text.
    """
    motifs = [Motif(prompt, prompt)] if prompt is not None and prompt.strip() else []
    if file is not None:
        if not file.is_file():
            raise NotFoundError(f"There is no file of prompts {file}.", "Check the path given to --prompts.")
        try:
            lines = file.read_text("utf-8-sig").splitlines()
        except UnicodeDecodeError as error:
            raise SidecarError(f"{file.name} is not UTF-8 text (byte {error.start}).", "Save it as UTF-8.") from error
        texts = [line.strip() for line in lines if line.strip() and not line.lstrip().startswith("#")]
        motifs += [Motif(text, text, prompt_source=file.name) for text in texts]
    return motifs


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
    """One motif a series of numbered stills in a folder or its sub-folders; a single still is a beginning, too.

    Raises:
        NotFoundError: the folder does not exist.
    """
    if not folder.is_dir():
        raise NotFoundError(f"There is no folder {folder}.", "Check the path given to --partial.")
    motifs = []
    for place in [folder, *sorted(path for path in folder.rglob("*") if path.is_dir())]:
        pictures = sorted(path for path in place.iterdir() if _is_picture(path))
        for series in [pictures] if len(pictures) == 1 else numbered_sequences(pictures):
            motifs.append(Motif(place.name, prompt, partial=tuple(series)))
    return motifs


def joined(paintings: Sequence[Motif], beginnings: Sequence[Motif]) -> list[Motif]:
    """Finished paintings with the first frames that lead to them: one of each, or folders named like the pictures.

    Raises:
        ConfigError: first frames are of no painting.
    """
    if not paintings or not beginnings:
        return [*paintings, *beginnings]
    if len(paintings) == len(beginnings) == 1:
        return [replace(paintings[0], partial=beginnings[0].partial)]
    begun = {motif.name.casefold(): motif for motif in beginnings}
    strange = sorted(set(begun) - {motif.name.casefold() for motif in paintings})
    if strange:
        raise ConfigError(
            f"First frames belong to no painting: {', '.join(strange)}.", "Name their folder like the finished painting's file."
        )
    return [
        replace(motif, partial=begun[motif.name.casefold()].partial) if motif.name.casefold() in begun else motif
        for motif in paintings
    ]


def _is_picture(path: Path) -> bool:
    return path.is_file() and path.suffix.lower() in STILL_SUFFIXES and not path.name.startswith(".")
