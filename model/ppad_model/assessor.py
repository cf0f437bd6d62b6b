"""The one interface of all models: PPJudge, its ablations and the baselines. Whoever trains or evaluates knows only this."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Self

from ppad.errors import ContractError, NotFoundError, WeightsError
from ppad.schema import json_value
from ppad.storage import write_bytes, write_text
from ppad_model.card import model_card
from ppad_model.inputs import Lengths, Reference
from ppad_model.losses import Losses, score_loss
from ppad_model.packages import SafetensorError, Tensor, huggingface_hub, nn, safetensors, torch
from ppad_model.runs import BEST, WEIGHTS_FILE
from ppad_model.settings import AssessorConfig
from ppad_model.trainable import Examined, Trainable

if TYPE_CHECKING:
    from ppad_model.data import Batch

CONFIG_FILE = "config.json"


@dataclass(frozen=True, slots=True)
class Assessment:
    """What a model says of B processes.

    Attributes:
        raw: (B, A), as the network works: y / `high`, not limited to the scale. Losses take this.
        low, high: the scale.
        raw_curve: (B, T, A), the same of the process up to each frame; NaN behind its last. None where a model has no such curve.
        style: (B, L, D), E_se of each block (Eq. 4), while training; None otherwise.
    """

    raw: Tensor
    low: float
    high: float
    raw_curve: Tensor | None = None
    style: Tensor | None = None

    @property
    def scores(self) -> Tensor:
        """(B, A) on the scale, in the order of the config's attributes."""
        return self._on_scale(self.raw)

    @property
    def curve(self) -> Tensor | None:
        """(B, T, A) on the scale: how the scores grew, frame by frame."""
        return None if self.raw_curve is None else self._on_scale(self.raw_curve)

    def _on_scale(self, raw: Tensor) -> Tensor:
        return (raw.float() * self.high).clamp(self.low, self.high)


class Assessor(Trainable, huggingface_hub.PyTorchModelHubMixin, library_name="ppad"):  # type: ignore[call-arg]
    """Base of the models.

    Args:
        config: what determines the network; kept in the saved model.
    """

    config_class: ClassVar[type[AssessorConfig]]
    loss_terms: ClassVar[tuple[str, ...]] = ("score_loss", "style_loss")
    error_name: ClassVar[str] = "MSE"
    _beside: ClassVar[tuple[str, ...]] = ()
    """Submodules that the published parameter count leaves out."""

    def __init__(self, config: AssessorConfig) -> None:
        super().__init__()
        self.config = config

    @classmethod
    def fresh(cls, config: Any) -> Self:
        """An untrained model; a published backbone has its weights, where they are on this machine.

        Raises:
            WeightsError: the settings insist on published weights that are not here.
        """
        return cls(config)

    def forward(
        self, frames: Tensor, reference: Reference = None, *, lengths: Lengths = None, mask: Tensor | None = None
    ) -> Assessment:
        """Assess processes.

        Args:
            frames: (B, T, 3, S, S), key frames in painting order, sRGB from 0 to 1 or uint8; S is `config.image_size`.
            reference: pictures (B, 3, S, S), a prompt for all, one of (3, S, S), prompt or None for each process, or none.
            lengths: (B,) real frames of each, at the front; the rest is padding.
            mask: (B, T) bool instead: real frames wherever they are.

        Raises:
            ShapeError: a shape or a length does not fit.
            WeightsError: a prompt needs a CLIP that is not on this machine.
        """
        raise NotImplementedError

    def loss(self, out: Assessment, targets: Tensor, styles: Tensor | None = None) -> Losses:
        """What training minimises.

        Args:
            targets: (B, A) scores on the scale; NaN where there is none.
            styles: (B, D) style embeddings; NaN rows where unknown. Only PPJudge looks at them.
        """
        score = score_loss(out.raw, targets / self.config.score_high)
        return Losses(score, score, torch.zeros_like(score))

    def step_losses(self, batch: Batch) -> Tensor:
        """See `Trainable`."""
        out = self(batch.frames, batch.reference, lengths=batch.lengths)
        losses = self.loss(out, batch.targets, batch.styles)
        return torch.stack((losses.total, losses.score, losses.style))

    def examine(self, batch: Batch) -> Examined:
        """See `Trainable`."""
        return Examined(self(batch.frames, batch.reference, lengths=batch.lengths).scores)

    def counted_parameters(self) -> int:
        """Parameters, without the parts that the published count leaves out (`uncounted_parameters`)."""
        return _size(self.parameters()) - sum(self.uncounted_parameters().values())

    def uncounted_parameters(self) -> dict[str, int]:
        """The parts that the published count leaves out, and their parameters."""
        return {name: _size(self.get_submodule(name).parameters()) for name in self._beside}

    def _save_pretrained(self, save_directory: Path) -> None:
        """`save_pretrained` of the hub's mixin: settings and weights."""
        write_text(save_directory / CONFIG_FILE, json.dumps(self.config.model_dump(mode="json"), indent=2) + "\n")
        state = {name: value.detach().cpu().contiguous() for name, value in self.state_dict().items()}
        write_bytes(save_directory / WEIGHTS_FILE, safetensors.save(state, metadata={"format": "pt"}))

    @classmethod
    def _from_pretrained(cls, *, model_id: str, map_location: str = "cpu", **options: Any) -> Self:
        """`from_pretrained` of the hub's mixin: a folder, or a hub id; every weight must fit."""
        folder = Path(model_id)
        if not folder.is_dir():
            hub = {key: options[key] for key in ("revision", "cache_dir", "force_download", "local_files_only", "token")}
            files = [huggingface_hub.hf_hub_download(model_id, name, **hub) for name in (CONFIG_FILE, WEIGHTS_FILE)]
            folder = Path(files[0]).parent
        folder = weights_folder(folder)
        model = cls(read_config(folder, cls.config_class))
        _load_weights(model, folder / WEIGHTS_FILE)
        return model.to(map_location).eval()

    def generate_model_card(self, *args: Any, **options: Any) -> Any:
        """The card that `save_pretrained` writes where there is none yet."""
        return huggingface_hub.ModelCard(model_card(self.config, self.counted_parameters()))


def read_config(folder: Path, kind: type[AssessorConfig]) -> AssessorConfig:
    """The settings of a saved model.

    Raises:
        NotFoundError: the folder holds none.
        ContractError: the file is damaged.
        ConfigError: a setting is unknown or out of range.
    """
    return kind.load(**config_values(folder))


def config_values(folder: Path) -> dict[str, Any]:
    """The settings of a saved model as plain values; errors as `read_config`."""
    file = weights_folder(folder) / CONFIG_FILE
    if not file.is_file():
        raise NotFoundError(f"{folder} holds no saved model: there is no {CONFIG_FILE}.", "Name the folder of a training run.")
    try:
        values = json_value(file.read_text("utf-8"))
    except ValueError as error:
        raise ContractError(f"{file} is no JSON: {error}", "Copy the model again.") from error
    if not isinstance(values, dict) or "model" not in values:
        raise ContractError(f"{file} is not the settings of one of our models.", "Name the folder of a training run.")
    return values


def weights_folder(folder: Path) -> Path:
    """Where the weights of a folder are: in a training run, the best ones; in any other, there."""
    return folder / BEST if (folder / BEST / CONFIG_FILE).is_file() else folder


def _load_weights(model: nn.Module, file: Path) -> None:
    if not file.is_file():
        raise NotFoundError(f"{file.parent} has no {file.name}.", "Copy the model again.")
    try:
        state = safetensors.load_file(file)
        model.load_state_dict(state)
    except (SafetensorError, RuntimeError) as error:
        raise WeightsError(f"{file} does not fit its settings: {error}", "Copy the model again, both files.") from error


def _size(parameters: Iterable[Tensor]) -> int:
    return sum(parameter.numel() for parameter in parameters)
