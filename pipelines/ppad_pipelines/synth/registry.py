"""The engines there are, by name. Each is loaded only when it is asked for."""

from __future__ import annotations

import difflib
import importlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ppad.errors import ConfigError, NotFoundError
from ppad_pipelines.synth.engine import Engine, EngineConfig, Licences
from ppad_pipelines.synth.quality import ALL_REASONS, WITH_CHANGES_OF_MIND


@dataclass(frozen=True, slots=True)
class Entry:
    """An engine that can be asked for.

    Attributes:
        summary: one line for the help.
        config: "module:attr" of its settings, an `EngineConfig`.
        load: "module:attr" of a function from settings to the loaded engine.
        takes: what may be given, see `Motif.kind`.
        licences: of code and weights; weights that restrict use need `--allow-license`.
        batch: requests painted at once by default.
        filters: reasons for which what it made is rejected, see `quality`.
        convert: "module:attr" of a function from a model, a target folder and settings to converted weights; None without.
    """

    summary: str
    config: str
    load: str
    takes: tuple[str, ...]
    licences: Licences
    batch: int = 1
    filters: tuple[str, ...] = ALL_REASONS
    convert: str | None = None


ENGINES: dict[str, Entry] = {
    "strokes": Entry(
        summary="Paints any image stroke by stroke, or a drawn scene from a prompt; needs no weights.",
        config="ppad_pipelines.synth.strokes.engine:StrokesConfig",
        load="ppad_pipelines.synth.strokes.engine:load",
        takes=("prompt", "image", "image and partial"),
        licences=Licences(code="Apache-2.0"),
    ),
    "paints-undo": Entry(
        summary="Takes a finished painting apart, back to its first strokes; published weights.",
        config="ppad_pipelines.synth.diffusion.configs:PaintsUndoConfig",
        load="ppad_pipelines.synth.diffusion.paints_undo:load",
        takes=("image", "image and partial"),
        licences=Licences(code="Apache-2.0", weights="openrail"),
        filters=WITH_CHANGES_OF_MIND,
        convert="ppad_pipelines.synth.diffusion.paints_undo_convert:convert",
    ),
    "processpainter": Entry(
        summary="Paints all key frames at once, from a prompt, a finished painting or first frames; published weights.",
        config="ppad_pipelines.synth.diffusion.configs:ProcessPainterConfig",
        load="ppad_pipelines.synth.diffusion.processpainter:load",
        takes=("prompt", "image", "partial", "image and partial"),
        licences=Licences(code="MIT", weights="AGPL-3.0", base="creativeml-openrail-m"),
        convert="ppad_pipelines.synth.diffusion.processpainter_convert:convert",
    ),
}


def engine_entry(name: str) -> Entry:
    """The engine of that name.

    Raises:
        NotFoundError: there is none; names the closest.
    """
    if name not in ENGINES:
        close = difflib.get_close_matches(name, ENGINES, n=1)
        guess = f"Did you mean {close[0]!r}? " if close else ""
        raise NotFoundError(f"There is no engine {name!r}.", f"{guess}Choose one of: {', '.join(ENGINES)}.")
    return ENGINES[name]


def config_class(entry: Entry) -> type[EngineConfig]:
    """The class of an engine's settings."""
    found: type[EngineConfig] = _resolve(entry.config)
    return found


def load_engine(entry: Entry, config: EngineConfig) -> Engine:
    """Load an engine with its weights.

    Raises:
        MissingExtraError: a package that it needs is not installed.
        SynthesisError: its weights cannot be used.
    """
    factory: Callable[[EngineConfig], Engine] = _resolve(entry.load)
    return factory(config)


def convert_weights(entry: Entry, model: str, target: Path, config: EngineConfig) -> None:
    """Write published weights into a new folder, in the form that the engine loads.

    Args:
        model: hub id or folder in the published layout.

    Raises:
        ConfigError: the engine has no weights.
        MissingExtraError: a package that it needs is not installed.
        WeightsError: the weights cannot be had, or are not in the published layout.
        DiskFullError, NotWritableError: the target is not empty, or the place refuses.
    """
    if entry.convert is None:
        raise ConfigError("This engine has no weights to convert.", "Choose paints-undo or processpainter.")
    convert: Callable[[str, Path, EngineConfig], None] = _resolve(entry.convert)
    convert(model, target, config)


def _resolve(place: str) -> Any:
    module, _, name = place.partition(":")
    return getattr(importlib.import_module(module), name)
