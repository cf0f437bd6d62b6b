"""The settings of PPJudge: every point that the paper fixes, and every one that it leaves open, with our default."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, field_validator, model_validator

from ppad_model.settings import AssessorConfig

PositionScheme = Literal["rope", "corrected", "mrope"]
Depth = Annotated[int, Field(ge=1, le=16)]
Count = Annotated[int, Field(ge=1, le=256)]


class JudgeConfig(AssessorConfig):
    """Settings of PPJudge. A trained model keeps them in its `config.json`.

    Attributes:
        patch_size: side of a patch, pixels; a frame has (image_size / patch_size)² tokens.
        hidden: width of the tokens.
        blocks: transformer blocks.
        heads: attention heads.
        position: `corrected` is Eq. 2; `rope` leaves the correction out; `mrope` turns by time, row and column apart.
        rope_base: base of the frequencies ω of the rotation.
        kappa: strength κ of the correction; None is 1 - 1/m (m tokens a frame): the next frame's patch is the next position.
        gamma: exponent γ of Eq. 2.
        shared_experts: experts that every token passes; each has one level.
        routed_depths: routed experts by their depth, {levels: experts}. Without any, the shared ones are a plain dense layer.
        rank: width of an expert's bottleneck.
        top_k: routed experts of a token.
        gate: affinity of token and expert: `sigmoid` (DeepSeek-V3) or `softmax` over the experts.
        balance_step: what the selection bias moves after an optimizer step; 0 never balances.
        readout: whose tokens the classifier sees: those of the last frame, or of all frames so far.
        classifier: widths of the two hidden layers of the classifier.
        score_weight: λ of Eq. 8.
        style_weight: factor of L_style; 0 trains without the style loss.
        style_alpha_max, style_alpha_growth: α_l rises exponentially from 0 to this; how steeply (Eq. 6).
        style_encoder: `label-code`, or a CLIP (hub id or folder) that names a picture's style (Eq. 3); auto takes what is here.
        style_dim: width of the style embeddings.
        text_encoder: `hash`, or a CLIP whose token states stand for a prompt; auto takes what is here.
        text_dim: width of its token states.
    """

    model: str = "ppjudge-paper"
    patch_size: int = Field(default=16, ge=2, le=64)
    hidden: int = Field(default=512, ge=8, le=4096)
    blocks: int = Field(default=8, ge=1, le=64)
    heads: int = Field(default=8, ge=1, le=64)

    position: PositionScheme = "corrected"
    rope_base: float = Field(default=10_000.0, gt=1)
    kappa: float | None = Field(default=None, ge=0, le=2)
    gamma: float = Field(default=1.0, gt=0, le=4)

    shared_experts: int = Field(default=2, ge=1, le=64)
    routed_depths: dict[Depth, Count] = Field(default={1: 16, 2: 6, 3: 4, 4: 2, 5: 2})
    rank: int = Field(default=16, ge=1, le=4096)
    top_k: int = Field(default=4, ge=0, le=64)
    gate: Literal["sigmoid", "softmax"] = "sigmoid"
    balance_step: float = Field(default=1e-3, ge=0, le=1)

    readout: Literal["last_frame", "all_frames"] = "last_frame"
    classifier: tuple[int, int] = (256, 128)

    score_weight: float = Field(default=10.0, ge=0)
    style_weight: float = Field(default=1.0, ge=0)
    style_alpha_max: float = Field(default=0.8, ge=0)
    style_alpha_growth: float = Field(default=1.0, gt=0, le=20)
    style_encoder: str = "auto"
    style_dim: int = Field(default=512, ge=32, le=4096)
    text_encoder: str = "auto"
    text_dim: int = Field(default=512, ge=8, le=4096)

    @field_validator("routed_depths")
    @classmethod
    def _in_order(cls, value: dict[int, int]) -> dict[int, int]:
        """One order, so that equal settings have one hash."""
        return dict(sorted(value.items()))

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if self.image_size % self.patch_size:
            raise ValueError(f"image_size {self.image_size} is no multiple of patch_size {self.patch_size}")
        if self.hidden % self.heads or self.head_dim % 2:
            raise ValueError(f"hidden {self.hidden} does not give {self.heads} heads of an even width")
        if self.position == "mrope" and self.head_dim < 8:
            raise ValueError(f"mrope needs heads of at least 8, not {self.head_dim}")
        if self.top_k > len(self.depths) or (self.depths and self.top_k == 0):
            raise ValueError(f"top_k {self.top_k} does not choose among {len(self.depths)} routed experts")
        return self

    @property
    def grid(self) -> int:
        """Patches along a side."""
        return self.image_size // self.patch_size

    @property
    def tokens(self) -> int:
        """Tokens of a frame, m."""
        return self.grid**2

    @property
    def head_dim(self) -> int:
        """Width of an attention head."""
        return self.hidden // self.heads

    @property
    def depths(self) -> tuple[int, ...]:
        """Levels of each routed expert; experts are numbered by descending depth."""
        return tuple(depth for depth in sorted(self.routed_depths, reverse=True) for _ in range(self.routed_depths[depth]))

    @property
    def correction(self) -> float:
        """κ as a number; 0 where there is no correction."""
        if self.position != "corrected":
            return 0.0
        return 1 - 1 / self.tokens if self.kappa is None else self.kappa
