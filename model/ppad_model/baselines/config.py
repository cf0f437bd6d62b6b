"""The settings of the baselines."""

from __future__ import annotations

from pydantic import Field

from ppad_model.settings import AssessorConfig


class BaselineConfig(AssessorConfig):
    """Settings of a baseline without a backbone."""


class BackboneConfig(BaselineConfig):
    """Settings of a baseline whose backbone was published with weights.

    Attributes:
        weights: what the backbone begins from, `published` or `random`; auto takes the published ones where they are here.
    """

    weights: str = Field(default="auto", pattern="^(auto|published|random)$")


class VitConfig(BackboneConfig):
    """Settings of the vision transformers on single frames.

    Attributes:
        frames: what is looked at: the mean over all frames' embeddings, or the final frame alone.
        patch_size, hidden, layers, heads: shape of the transformer; the published weights fit the default.
    """

    frames: str = Field(default="mean", pattern="^(mean|final)$")
    image_size: int = Field(default=224, ge=16, le=1024)
    patch_size: int = Field(default=16, ge=2)
    hidden: int = Field(default=384, ge=8)
    layers: int = Field(default=12, ge=1)
    heads: int = Field(default=6, ge=1)


class GruConfig(BaselineConfig):
    """Settings of the recurrent baseline.

    Attributes:
        width: channels of the first convolution; each further one has twice as many.
        hidden: width of the GRU.
    """

    image_size: int = Field(default=128, ge=16, le=1024)
    width: int = Field(default=32, ge=4)
    hidden: int = Field(default=256, ge=8)


class RidgeConfig(BaselineConfig):
    """Settings of the ridge regression on hand-made features.

    Attributes:
        penalty: weight of the squared coefficients, for features of deviation 1.
    """

    image_size: int = Field(default=128, ge=32, le=1024)
    penalty: float = Field(default=10.0, gt=0)


class ConstantConfig(BaselineConfig):
    """Settings of the constant predictions.

    Attributes:
        statistic: of the training scores of each attribute: `mean`, or `mode` of the rounded ones.
    """

    image_size: int = Field(default=32, ge=16, le=1024)
    statistic: str = Field(default="mean", pattern="^(mean|mode)$")
