"""What a critic stands on: a model of Qwen2-VL's kind in its published layout, on this machine. Nothing is downloaded."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ppad.errors import ConfigError, MissingExtraError, WeightsError
from ppad.schema import json_value
from ppad.storage.digests import sha256_of
from ppad_model.critic.config import BaseFacts
from ppad_model.critic.findings import PUBLISHED
from ppad_model.critic.packages import PictureProcessor, has_bitsandbytes
from ppad_model.critic.tokens import Tokens
from ppad_model.packages import SafetensorError, huggingface_hub, torch, transformers
from ppad_model.weights import quiet_loading

TINY = "tiny"
TINY_MARK = "ppad_made"
"""Key of a configuration that PPAD made, with weights that mean nothing."""
KINDS = {"qwen2_vl": "Qwen2VLForConditionalGeneration", "qwen2_5_vl": "Qwen2_5_VLForConditionalGeneration"}
_BLOB = re.compile(r"[0-9a-f]{64}")
_DAMAGE = (OSError, ValueError, RuntimeError, KeyError, TypeError, SafetensorError)


@dataclass(frozen=True, slots=True)
class Base:
    """A base that was found.

    Attributes:
        folder: of its files.
    """

    folder: Path
    facts: BaseFacts

    def tokens(self) -> Tokens:
        """Its tokenizer.

        Raises:
            WeightsError: it is damaged or of another kind.
        """
        try:
            return Tokens(transformers.AutoTokenizer.from_pretrained(self.folder, local_files_only=True))
        except _DAMAGE as error:
            raise _damaged(self.folder, "tokenizer", error) from error

    def pictures(self, max_pixels: int) -> Any:
        """What makes patches of pictures of at most so many pixels, by Pillow alone.

        Raises:
            WeightsError: its settings are damaged.
        """
        try:
            least = min(PictureProcessor.from_pretrained(self.folder).size["shortest_edge"], max_pixels)
            return PictureProcessor.from_pretrained(self.folder, size={"shortest_edge": least, "longest_edge": max_pixels})
        except _DAMAGE as error:
            raise _damaged(self.folder, "settings of pictures", error) from error

    def network(self, bits: int) -> Any:
        """The network with its weights.

        Args:
            bits: 32, 16, or 4 on a GPU.

        Raises:
            WeightsError: its weights are damaged.
            MissingExtraError, ConfigError: 4 bits are not possible here.
        """
        kind = getattr(transformers, KINDS[self.facts.kind])
        options: dict[str, Any] = {"dtype": torch.float32 if bits == 32 else torch.bfloat16}
        if bits == 4:
            options["quantization_config"] = _four_bits()
        try:
            with quiet_loading():
                network, report = kind.from_pretrained(self.folder, local_files_only=True, output_loading_info=True, **options)
        except _DAMAGE as error:
            raise _damaged(self.folder, "weights", error) from error
        lacking = sorted(report["missing_keys"])
        if lacking:
            raise WeightsError(f"{self.folder} lacks the weights {lacking[0]} and {len(lacking) - 1} more.", "Download it again.")
        return network


def find_base(name: str, revision: str | None = None) -> Base:
    """A base by its preset, hub id or folder.

    Raises:
        WeightsError: it is not on this machine, or of another kind.
    """
    name = PUBLISHED.get(name, name)
    folder = Path(name) if Path(name).is_dir() else _cached(name, revision)
    if folder is None:
        wanted = f"{name} --revision {revision}" if revision else name
        raise WeightsError(
            f"{name} is not on this machine.",
            f"Download it where there is a network: hf download {wanted}; or take --preset tiny, which needs no weights.",
        )
    values = _configuration(folder)
    kind = values.get("model_type")
    if kind not in KINDS:
        raise WeightsError(
            f"{folder} is of the kind {kind!r}.", f"Use one of {', '.join(KINDS)}: {', '.join(PUBLISHED.values())}."
        )
    vision = values.get("vision_config") or {}
    side = int(vision.get("patch_size", 14)) * int(vision.get("spatial_merge_size", 2))
    is_folder = Path(name).is_dir()
    return Base(
        folder,
        BaseFacts(
            name=TINY if TINY_MARK in values else str(folder.resolve()) if is_folder else name,
            revision=None if is_folder else folder.name,
            digest=weights_digest(folder),
            kind=kind,
            token_side=side,
            random=TINY_MARK in values,
        ),
    )


def weights_digest(folder: Path) -> str:
    """SHA-256 over the names and contents of a folder's weight files; the hub's cache names files by their contents.

    Raises:
        WeightsError: there are none.
    """
    digest = hashlib.sha256()
    files = sorted(folder.glob("*.safetensors"))
    if not files:
        raise WeightsError(f"{folder} holds no weights: no *.safetensors.", "Download it again.")
    for file in files:
        blob = file.resolve().name
        digest.update(f"{file.name} {blob if _BLOB.fullmatch(blob) else sha256_of(file)}\n".encode())
    return digest.hexdigest()


def refuse_other_base(found: BaseFacts, trained: BaseFacts, weights: Path) -> None:
    """Refuse adapters on a base that they were not trained on.

    Raises:
        WeightsError: the contents differ.
    """
    if found.digest != trained.digest:
        raise WeightsError(
            f"The adapter in {weights} does not fit {found.name}: it was trained on {trained.name}, whose weights have the "
            f"digest {trained.digest[:12]}, not {found.digest[:12]}.",
            "Use the base that it was trained on; --base names where it is.",
        )


def _cached(name: str, revision: str | None) -> Path | None:
    try:
        found = huggingface_hub.try_to_load_from_cache(name, "config.json", revision=revision)
    except huggingface_hub.errors.HFValidationError:
        return None
    return Path(found).parent if isinstance(found, str) else None


def _configuration(folder: Path) -> dict[str, Any]:
    file = folder / "config.json"
    try:
        values = json_value(file.read_text("utf-8"))
        if not isinstance(values, dict):
            raise ValueError("config.json holds no object")
    except (OSError, ValueError) as error:
        raise WeightsError(f"{folder} is no model in its published layout: {error}", "Name a folder with config.json.") from error
    return values


def _four_bits() -> Any:
    if not has_bitsandbytes():
        raise MissingExtraError(
            "Weights in 4 bits need the package bitsandbytes, which is not installed.", "Run: pip install bitsandbytes"
        )
    if not torch.cuda.is_available():
        raise ConfigError("Weights in 4 bits need a GPU.", "Use --set critic.bits=32, or 16.")
    return transformers.BitsAndBytesConfig(
        load_in_4bit=True,
        bnb_4bit_quant_type="nf4",
        bnb_4bit_use_double_quant=True,
        bnb_4bit_compute_dtype=torch.bfloat16,
        llm_int8_skip_modules=["visual", "lm_head"],
    )


def _damaged(folder: Path, what: str, error: BaseException) -> WeightsError:
    return WeightsError(f"The {what} in {folder} cannot be loaded: {error}", "Download them again.")
