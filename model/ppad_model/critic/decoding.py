"""Writing critiques: the program lays out the sections and writes their headings, the model fills in the paragraphs.

Every work is a row that takes one token a step: one that the program has for it, or else the likeliest that the model gives. A
paragraph ends with the line, or when it is long enough. So any model, a random one too, writes a critique that reads as one.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from ppad.critique import Critique, Passage, citations
from ppad_model.critic.config import REMARKS, CriticConfig
from ppad_model.critic.model import Critic
from ppad_model.critic.prompt import heading
from ppad_model.critic.tokens import Tokens
from ppad_model.packages import Tensor, torch

_CITED = re.compile(r" ?\[frame [^\]\[]*\]", re.IGNORECASE)


class Listener:
    """Follows what is written; this one does nothing."""

    def scored(self, row: int, scores: Mapping[str, float]) -> None:
        """The scores of a work are known, and its critique begins."""

    def heard(self, row: int, section: str, text: str, *, ended: bool) -> None:
        """A paragraph has grown to this."""


@dataclass(slots=True)
class Row:
    """A work whose critique is being written.

    Attributes:
        frames: that it may cite.
        waiting: tokens that the program has for it.
        sections: still to be written, after the present one.
        here: the present section; None before the first and after the last.
        tokens: of the present paragraph; texts: the paragraphs that are written.
    """

    frames: int
    waiting: deque[int]
    sections: deque[str]
    here: str | None = None
    tokens: list[int] = field(default_factory=list)
    texts: dict[str, str] = field(default_factory=dict)

    @property
    def is_done(self) -> bool:
        """Whether all sections are written."""
        return self.here is None and not self.sections and not self.waiting


class Writer:
    """Writes critiques of several works at a time.

    Args:
        listener: told while paragraphs grow.
    """

    def __init__(self, critic: Critic, tokens: Tokens, listener: Listener) -> None:
        self._critic, self._tokens, self._listener = critic, tokens, listener
        self._config: CriticConfig = critic.config

    def rows(self, begins: Sequence[Sequence[int]], frames: Sequence[int]) -> list[Row]:
        """The works as rows that begin with these tokens."""
        rows = [Row(count, deque(begin), deque(self._config.sections)) for begin, count in zip(begins, frames, strict=True)]
        for row in rows:
            self._next_section(row)
        return rows

    @torch.no_grad()
    def write(self, rows: Sequence[Row], mask: Tensor, positions: Tensor, cache: object) -> None:
        """Write on from a prompt that was read.

        Args:
            mask: (B, L) of the prompt; positions: (B,) place of the token after it.
            cache: keys and values of the prompt; it grows.
        """
        device = mask.device
        forbidden = torch.tensor([mark for mark in self._tokens.marks if mark != self._tokens.end], device=device)
        chosen = [self._tokens.end] * len(rows)  # not looked at: every row begins with the program's tokens
        while not all(row.is_done for row in rows):
            step = [self._step(number, row, chosen[number]) for number, row in enumerate(rows)]
            mask = torch.cat((mask, mask.new_ones(len(rows), 1)), dim=1)
            logits = self._critic.write_on(torch.tensor(step, device=device)[:, None], mask, positions[:, None], cache)
            chosen = logits.index_fill(1, forbidden, -torch.inf).argmax(dim=1).tolist()
            positions = positions + 1

    def _step(self, number: int, row: Row, chosen: int) -> int:
        """The next token of a row; what the model chose counts only where the program has none."""
        if row.waiting:
            return row.waiting.popleft()
        if row.here is None:
            return self._tokens.end
        row.tokens.append(chosen)
        text = self._tokens.decode(row.tokens)
        ended = chosen == self._tokens.end or "\n" in text or len(row.tokens) >= self._config.paragraph_tokens
        said = _present(_line(text), row.frames)
        self._listener.heard(number, row.here, said, ended=ended)
        if not ended:
            return chosen
        row.texts[row.here] = said
        self._next_section(row)
        if row.is_done:
            return self._tokens.end
        # The line is ended as in training, whatever the model ended it with.
        row.waiting.extendleft(reversed(self._tokens.encode("\n")))
        return row.waiting.popleft()

    def _next_section(self, row: Row) -> None:
        row.here = row.sections.popleft() if row.sections else None
        row.tokens = []
        if row.here is not None:
            row.waiting.extend(self._tokens.encode(heading(self._config.rubric, row.here)))


def critique_of(row: Row, scores: Mapping[str, float], config: CriticConfig) -> Critique:
    """The critique: scores of the head, paragraphs of the model."""
    passages = {name: Passage(round(score, 1), row.texts.get(name, "")) for name, score in scores.items()}
    return Critique({name: passages[name] for name in config.attributes}, row.texts.get(REMARKS, ""))


def _line(text: str) -> str:
    """The line, without what is no character, or not a whole one yet."""
    return " ".join(text.partition("\n")[0].replace("\N{REPLACEMENT CHARACTER}", "").split())


def _present(text: str, frames: int) -> str:
    """The text without citations of frames that are not there."""

    def kept(found: re.Match[str]) -> str:
        cited = list(citations(found[0]))
        return found[0] if cited and 0 <= cited[0].frame < frames else ""

    return _CITED.sub(kept, text).strip()
