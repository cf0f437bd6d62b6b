"""Weight files: finding them, reading them without running code from them, and loading them with every key accounted for."""

from __future__ import annotations

import hashlib
import pickle
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ppad.errors import WeightsError
from ppad.storage.digests import sha256_of
from ppad_pipelines.synth.diffusion.packages import SafetensorError, huggingface_hub, safetensors, torch

State = dict[str, Any]
"""Tensors by key."""

_DAMAGE = (OSError, EOFError, RuntimeError, ValueError, KeyError, TypeError, SafetensorError)


@dataclass(frozen=True, slots=True)
class Source:
    """A folder of weights and where it comes from.

    Attributes:
        folder: on this machine.
        repo: hub id, or the folder's name.
        revision: commit on the hub; None for a folder.
    """

    folder: Path
    repo: str
    revision: str | None


def locate(model: str, revision: str | None, patterns: Sequence[str], needed: Sequence[str]) -> Source:
    """The folder of a model: the one that is named, or a snapshot from the hub.

    Args:
        patterns: globs of the files that are downloaded.
        needed: what the folder must hold, in words, for whoever has to put it there by hand.

    Raises:
        WeightsError: there is no such folder, and the hub cannot be reached or has no such model.
    """
    if Path(model).is_dir():
        return Source(Path(model), Path(model).resolve().name, None)
    try:
        folder = Path(huggingface_hub.snapshot_download(model, revision=revision, allow_patterns=list(patterns)))
    except Exception as error:  # the hub's client has no common base for what names and networks can do
        raise WeightsError(
            f"{model} is no folder here, and the hub does not give it: {first_line(error).rstrip('.')}.",
            f"Put these files into a folder and give it as the model: {', '.join(needed)}.",
        ) from error
    return Source(folder, model, folder.name)


def in_cache(model: str) -> bool:
    """Whether a model of the hub was downloaded to this machine before. Nothing is fetched."""
    try:
        huggingface_hub.snapshot_download(model, local_files_only=True)
    except huggingface_hub.errors.LocalEntryNotFoundError:
        return False
    return True


def first_existing(folder: Path, names: Iterable[str]) -> Path | None:
    """The first of several files that exists; names may be globs."""
    for name in names:
        for path in sorted(folder.glob(name)):
            return path
    return None


def require(folder: Path, wanted: Mapping[str, Sequence[str]]) -> dict[str, Path]:
    """One file for each name.

    Args:
        wanted: for each name, the places where the file may be, best first; globs.

    Raises:
        WeightsError: files are missing; names all of them.
    """
    found = {name: first_existing(folder, places) for name, places in wanted.items()}
    missing = [wanted[name][0] for name, path in found.items() if path is None]
    if missing:
        raise WeightsError(
            f"The folder {folder.name} is not in the published layout: {', '.join(missing)} missing.",
            "Put the files there under these names.",
        )
    return {name: path for name, path in found.items() if path is not None}


def read_state(path: Path) -> State:
    """The tensors of a safetensors file or of a pickle; a pickle is read as data, never run.

    Raises:
        WeightsError: the file is damaged, or its pickle holds code.
    """
    try:
        if path.suffix == ".safetensors":
            return dict(safetensors.load_file(path))
        return dict(torch.load(path, map_location="cpu", weights_only=True))
    except pickle.UnpicklingError as error:
        raise WeightsError(
            f"{path.name} holds more than weights and is refused: {_forbidden(error)}.",
            "Get it from its publisher again, or have it as safetensors.",
        ) from error
    except _DAMAGE as error:
        raise WeightsError(f"{path.name} cannot be read: {first_line(error)}", "Download it again.") from error


def load_strict(module: Any, state: State, what: str, formulas: Sequence[str] = ()) -> None:
    """Load tensors into a module, every key accounted for.

    Args:
        formulas: ends of keys that the file may lack, because their values are computed and not learnt.

    Raises:
        WeightsError: keys are missing, unexpected or of another shape; names each of them.
    """
    wanted = module.state_dict()
    full = {**{key: value for key, value in wanted.items() if key.endswith(tuple(formulas))}, **state} if formulas else state
    problems = key_problems(
        [key for key in wanted if key not in full],
        [key for key in full if key not in wanted or not torch.is_tensor(full[key])],
        [
            f"{key} {tuple(full[key].shape)} for {tuple(wanted[key].shape)}"
            for key in wanted
            if torch.is_tensor(full.get(key)) and full[key].shape != wanted[key].shape
        ],
    )
    if problems:
        raise WeightsError(f"{what} does not fit: {problems}.", "Check that the file is of this model and whole.")
    module.load_state_dict(full)


def key_problems(missing: Sequence[str], unexpected: Sequence[str], misshapen: Sequence[str]) -> str:
    """Every key that is wrong, in words; empty if none is."""
    groups = (("missing", missing), ("unexpected", unexpected), ("of another shape", misshapen))
    return "; ".join(f"{len(keys)} {name}: {', '.join(sorted(keys))}" for name, keys in groups if keys)


def digest_of(files: Mapping[str, Path]) -> str:
    """One SHA-256 over several files: of their names and digests, whatever folder they are in."""
    lines = sorted(f"{name} {sha256_of(path)}\n" for name, path in files.items())
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def _forbidden(error: pickle.UnpicklingError) -> str:
    for line in str(error).splitlines():
        if "GLOBAL" in line or "global" in line:
            return line.strip().rstrip(".")[:200]
    return first_line(error).rstrip(".")


def first_line(error: BaseException) -> str:
    """What an error of a library says, cut to one line."""
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:300]
