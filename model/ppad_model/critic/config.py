"""What determines a critic, all that the paper leaves open included. Nothing heavy is imported here."""

from __future__ import annotations

import math
from typing import Literal

from pydantic import Field

from ppad.rubric import Rubric
from ppad.schema import StageConfig
from ppad_model.training.config import LearningConfig

REMARKS = "remarks"
"""The section for what belongs to no attribute."""


class CriticSettings(StageConfig):
    """What is chosen freely; all of it is an option of `ppad critic train --set critic.…`.

    Attributes:
        head_site: what the scores are read from: the `visual` encoder's merged tokens (the paper's), or the language model's last
            hidden state at the end of the prompt (`text`), which has seen the description.
        head_width: of the regression head.
        use_description: show the artwork's description, as quoted data.
        use_rubric: explain the attributes of the rubric.
        conditioned: name the scores in a second prompt, before the critique: the rated ones while training, then the head's own.
        jitter: standard deviation of what is added to the rated scores there, as a share of the scale, so that the text learns to
            live with a head that errs.
        merger: `trained` along with head and adapters, or `frozen` like the rest of the visual encoder.
        rank, alpha, dropout: of the adapters (LoRA) on attention and MLP of the language model; alpha/rank scales updates.
        bits: 4 holds the frozen weights in NF4 (bitsandbytes, on a GPU); 16 is bfloat16; 32 is float32. 0 chooses 16 on a GPU
            that has it, else 32.
        picture_tokens: merged visual tokens of a picture at most; larger pictures are scaled down.
        max_frames: key frames of a process that are shown, evenly, with the first and the last.
        description_tokens, paragraph_tokens: of a description and of a paragraph at most; what is longer is cut.
        score_weight: λ, the weight of the score's loss beside the text's.
    """

    head_site: Literal["visual", "text"] = "visual"
    head_width: int = Field(default=512, ge=1, le=65536)
    use_description: bool = True
    use_rubric: bool = True
    conditioned: bool = False
    jitter: float = Field(default=0.05, ge=0, le=1)
    merger: Literal["trained", "frozen"] = "trained"
    rank: int = Field(default=16, ge=1, le=1024)
    alpha: float = Field(default=32, gt=0)
    dropout: float = Field(default=0.05, ge=0, lt=1)
    bits: Literal[0, 4, 16, 32] = 0
    picture_tokens: int = Field(default=256, ge=1, le=16384)
    max_frames: int = Field(default=10, ge=1, le=256)
    description_tokens: int = Field(default=512, ge=1, le=16384)
    paragraph_tokens: int = Field(default=160, ge=1, le=4096)
    score_weight: float = Field(default=1.0, ge=0)


class BaseFacts(StageConfig):
    """Which weights the critic stands on.

    Attributes:
        name: hub id, or folder; revision: commit on the hub, None for a folder.
        digest: SHA-256 over the names and contents of its weight files.
        kind: `model_type` of its configuration.
        token_side: pixels that a merged token is wide and high.
        random: whether its weights mean nothing, since PPAD made them.
    """

    name: str
    revision: str | None
    digest: str
    kind: str
    token_side: int
    random: bool


class CriticConfig(CriticSettings):
    """The settings, and what follows from the data and the machine; kept in `config.json` of the weights.

    Attributes:
        rubric: by which it scores and writes; the whole definition.
        base: what it stands on.
        means, spreads: of the training scores of each attribute, which make z-scores; a spread is at least 1 % of the scale.
        sections: attributes, and `remarks`, that the training critiques speak of; it writes a paragraph on each. All attributes,
            where it has seen no critique.
        critiques: that it has learned from.
    """

    rubric: Rubric
    base: BaseFacts
    means: tuple[float, ...]
    spreads: tuple[float, ...]
    sections: tuple[str, ...]
    critiques: int

    @property
    def attributes(self) -> tuple[str, ...]:
        """Ids of what is scored, in the order of the scores."""
        return self.rubric.attribute_ids

    @property
    def is_of_processes(self) -> bool:
        """Whether whole processes are judged, frame by frame; else finished pictures."""
        return self.rubric.subject == "process"

    @property
    def max_pixels(self) -> int:
        """Of a picture, when it is shown."""
        return self.picture_tokens * self.base.token_side**2

    @property
    def image_size(self) -> int:
        """Side of a square of so many pixels."""
        return math.ceil(math.sqrt(self.max_pixels))


class CriticTraining(LearningConfig):
    """Settings of `ppad critic train`.

    Attributes:
        base: preset, hub id or folder of what it stands on; `tiny` is made for the run.
        revision: commit, branch or tag of a hub id.
        rubric: of the dataset.
        critic: the critic's own settings.
    """

    base: str
    revision: str | None = None
    rubric: Rubric
    critic: CriticSettings = CriticSettings()
