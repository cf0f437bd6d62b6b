"""The models there are, by name. Each is loaded only when it is asked for."""

from __future__ import annotations

import difflib
import importlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ppad.errors import NotFoundError
from ppad_model.ppjudge.presets import preset, preset_names
from ppad_model.settings import AssessorConfig

if TYPE_CHECKING:
    from ppad_model.assessor import Assessor


@dataclass(frozen=True, slots=True)
class Entry:
    """A model that can be asked for.

    Attributes:
        summary: one line.
        load: "module:attr" of its class, an `Assessor`.
        config: "module:attr" of its settings.
        parameters: counted as published; a test compares them with the network.
        sees: what it looks at, at what size.
        needs: weights that it begins from where they are on this machine, and random otherwise; or what else it needs.
        changes: settings that differ from the class's defaults.
        beside: parameters beyond the published count, and what they are.
    """

    summary: str
    load: str
    config: str
    parameters: int
    sees: str
    needs: str = "nothing"
    changes: dict[str, Any] = field(default_factory=dict)
    beside: str = ""


_JUDGE = "ppad_model.ppjudge.model:PPJudge", "ppad_model.ppjudge.config:JudgeConfig"
_CONFIGS = "ppad_model.baselines.config"
_SAAN = "ppad_model.baselines.saan:Saan", f"{_CONFIGS}:BackboneConfig"
_ARTCLIP = "ppad_model.baselines.clip_towers:ArtClip", f"{_CONFIGS}:BackboneConfig"
_LAION = "ppad_model.baselines.clip_towers:LaionPredictor", f"{_CONFIGS}:BackboneConfig"
_AACP = "ppad_model.baselines.aacp:AacpStyle", f"{_CONFIGS}:BaselineConfig"
_VIT = "ppad_model.baselines.vit:FrameVit", f"{_CONFIGS}:VitConfig"
_GRU = "ppad_model.baselines.gru:DifferenceGru", f"{_CONFIGS}:GruConfig"
_RIDGE = "ppad_model.baselines.closed_form:Ridge", f"{_CONFIGS}:RidgeConfig"
_CONSTANT = "ppad_model.baselines.closed_form:Constant", f"{_CONFIGS}:ConstantConfig"
_PROMPTS = "nothing; CLIP (openai/clip-vit-base-patch16) for prompts, if it is here"

_TINY_VIT: dict[str, Any] = {"image_size": 64, "patch_size": 8, "hidden": 64, "layers": 3, "heads": 4}

MODELS: dict[str, Entry] = {
    "ppjudge-paper": Entry(
        "PPJudge as the paper has it.", *_JUDGE, 17_207_176, "10 frames of 256 px, a picture or a prompt", _PROMPTS,
        beside="262,656 for the projection of prompts",
    ),
    "ppjudge-tiny": Entry(
        "PPJudge for the CPU.", *_JUDGE, 475_816, "10 frames of 64 px, a picture or a prompt", _PROMPTS,
        beside="32,832 for the projection of prompts",
    ),
    "saan": Entry(
        "SAAN on each frame, averaged.", *_SAAN, 30_823_880, "10 frames of 256 px",
        "microsoft/resnet-50 and timm/vgg19.tv_in1k; random without",
    ),
    "artclip": Entry(
        "ArtCLIP on each frame, averaged.", *_ARTCLIP, 149_620_737, "10 frames of 224 px",
        "openai/clip-vit-base-patch16; random without", {"image_size": 224}, "6,152 for the head of eight outputs",
    ),
    "aacp-style": Entry(
        "A reading of AACP, whose code is not public, on each frame, averaged.", *_AACP, 62_012_937, "10 frames of 224 px",
        changes={"image_size": 224},
    ),
    "laion": Entry(
        "LAION's aesthetic predictor, version 2, on each frame, averaged.", *_LAION, 304_894_296, "10 frames of 224 px",
        "openai/clip-vit-large-patch14; random without", {"image_size": 224},
    ),
    "mean-frame-vit": Entry(
        "ViT-S/16 on each frame, averaged: no order.", *_VIT, 21_668_744, "10 frames of 224 px",
        "facebook/dino-vits16; random without",
    ),
    "final-frame-vit": Entry(
        "ViT-S/16 on the final frame alone: no process.", *_VIT, 21_668_744, "the last frame, 224 px",
        "facebook/dino-vits16; random without", {"frames": "final"},
    ),
    "mean-frame-vit-tiny": Entry("The same for the CPU.", *_VIT, 167_176, "10 frames of 64 px", changes=_TINY_VIT),
    "final-frame-vit-tiny": Entry(
        "The same for the CPU.", *_VIT, 167_176, "the last frame, 64 px", changes=_TINY_VIT | {"frames": "final"}
    ),
    "gru": Entry("A GRU on the frames and what changed between them.", *_GRU, 1_376_872, "10 frames of 128 px"),
    "gru-tiny": Entry(
        "The same for the CPU.", *_GRU, 209_848, "10 frames of 64 px", changes={"image_size": 64, "width": 16, "hidden": 64}
    ),
    "hand-ridge": Entry("Ridge regression on hand-made features.", *_RIDGE, 0, "10 frames of 128 px, a reference picture"),
    "constant": Entry("The training mean of each attribute.", *_CONSTANT, 0, "nothing"),
    "mode": Entry("The most frequent training score of each attribute.", *_CONSTANT, 0, "nothing", changes={"statistic": "mode"}),
}  # fmt: skip


def model_names() -> tuple[str, ...]:
    """All names: those of the list, and `ppjudge-` with any preset."""
    return (*MODELS, *(name for preset_name in preset_names() if (name := f"ppjudge-{preset_name}") not in MODELS))


def model_config(name: str, **changes: Any) -> AssessorConfig:
    """The settings of a model.

    Raises:
        NotFoundError: there is no such model; names the closest.
        ConfigError: a change is unknown or out of range.
    """
    if name not in model_names():
        close = difflib.get_close_matches(name, model_names(), n=1)
        guess = f"Did you mean {close[0]!r}? " if close else ""
        raise NotFoundError(f"There is no model {name!r}.", f"{guess}'ppad models' lists them.")
    if name.startswith("ppjudge-"):
        return preset(name.removeprefix("ppjudge-"), **changes)
    entry = MODELS[name]
    config: type[AssessorConfig] = _resolve(entry.config)
    return config.load(**{"model": name} | entry.changes | changes)


def build_model(name: str, **changes: Any) -> Assessor:
    """An untrained model; a published backbone begins from its weights, where they are on this machine.

    Args:
        name: as `ppad models` lists it, or `ppjudge-` and a preset.
        changes: settings that differ.

    Raises:
        NotFoundError, ConfigError: as `model_config`.
        MissingExtraError: a package is not installed.
        WeightsError: the settings insist on published weights that are not here.
    """
    config = model_config(name, **changes)
    return model_class(name).fresh(config)


def load_model(folder: Path | str) -> Assessor:
    """The model that a training run, or `save_pretrained`, left in a folder, whatever it is; ready to assess.

    Raises:
        NotFoundError: there is no model in it.
        ContractError, ConfigError, WeightsError: a file is damaged, or does not fit.
    """
    from ppad_model.assessor import config_values

    name = str(config_values(Path(folder))["model"])
    return model_class(name).from_pretrained(folder)


def model_class(name: str) -> type[Assessor]:
    """The class of a model.

    Raises:
        NotFoundError: there is no such model.
        MissingExtraError: a package is not installed.
    """
    entry = MODELS.get("ppjudge-paper" if name.startswith("ppjudge-") else name)
    if entry is None:
        raise NotFoundError(f"There is no model {name!r}.", "It was saved by another version of PPAD.")
    found: type[Assessor] = _resolve(entry.load)
    return found


def _resolve(place: str) -> Any:
    module, _, name = place.partition(":")
    return getattr(importlib.import_module(module), name)
