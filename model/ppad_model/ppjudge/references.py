"""The reference slot: tokens of what the painter worked from, which every frame sees."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ppad_model.packages import Tensor, nn, torch
from ppad_model.ppjudge.config import JudgeConfig
from ppad_model.texts import TextEncoder, text_encoder

_IMAGE, _PROMPT, _NONE = range(3)

Embed = Callable[[Tensor], Tensor]
"""Pictures (N, 3, S, S) to tokens (N, m, hidden)."""


class ReferenceTokens(nn.Module):
    """Pictures pass the patches of the frames, prompts the states of a frozen text encoder; no reference is one learned token.

    Args:
        config: settings of PPJudge, with the text encoder's name.
    """

    def __init__(self, config: JudgeConfig) -> None:
        super().__init__()
        self.config = config
        self.kind = nn.Parameter(torch.empty(3, config.hidden))
        self.prompt = nn.Linear(config.text_dim, config.hidden)
        self._text: TextEncoder | None = None

    def forward(self, references: Sequence[Tensor | str | None], embed: Embed) -> tuple[Tensor, Tensor | None]:
        """Tokens of the references of a batch.

        Args:
            references: (3, S, S), prompt or None for each process.
            embed: turns pictures to tokens.

        Returns:
            (B, R, hidden), and which of them are real, (B, R) bool; None where all are.
        """
        if all(isinstance(item, Tensor) for item in references):
            return embed(torch.stack([item for item in references if isinstance(item, Tensor)])) + self.kind[_IMAGE], None
        rows = [self._one(item, embed) for item in references]
        tokens = nn.utils.rnn.pad_sequence(rows, batch_first=True)
        counts = torch.tensor([len(row) for row in rows], device=tokens.device)
        if len({len(row) for row in rows}) == 1:
            return tokens, None
        return tokens, torch.arange(tokens.shape[1], device=tokens.device) < counts[:, None]

    def _one(self, item: Tensor | str | None, embed: Embed) -> Tensor:
        if item is None:
            return self.kind[_NONE][None]
        if isinstance(item, Tensor):
            return embed(item[None])[0] + self.kind[_IMAGE]
        if self._text is None:
            self._text = text_encoder(self.config.text_encoder, self.config.text_dim)
        return self.prompt(self._text(item).to(self.kind)) + self.kind[_PROMPT]
