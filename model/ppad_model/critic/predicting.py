"""Scores and critiques of works: vision once, the prompt once, then token by token."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from ppad.critique import Critique, render
from ppad.schema import ProcessRecord
from ppad.storage import DatasetRecord
from ppad_model.critic.batches import GatherWorks
from ppad_model.critic.decoding import Listener, Writer, critique_of
from ppad_model.critic.examples import ReadWork, Work
from ppad_model.critic.model import Critic
from ppad_model.critic.prompt import answer_begins
from ppad_model.packages import torch


@dataclass(frozen=True, slots=True)
class Written:
    """What a critic says of a work.

    Attributes:
        id: of the work.
        scores: on their scales, of all attributes.
        critique: the same scores to one decimal, with the paragraphs.
        frames: of the process; 1 of a finished picture.
    """

    id: str
    scores: dict[str, float]
    critique: Critique
    frames: int

    def text(self, critic: Critic) -> str:
        """The critique in its written form, which `ppad.critique.parse` reads."""
        return render(self.critique, critic.config.rubric)


def write_rows(
    critic: Critic,
    gather: GatherWorks,
    records: Iterable[DatasetRecord | ProcessRecord],
    *,
    batch: int = 1,
    text: bool = True,
) -> Iterator[Written]:
    """Judge rows of a dataset or of a collection, in their order.

    Args:
        batch: works at a time.
        text: write critiques; else only score, which is one vision pass and no token, where the head reads there.

    Raises:
        MediaError, ContractError: a picture cannot be read.
    """
    read = ReadWork(critic.config)
    works = (read.of_process(record.process if isinstance(record, DatasetRecord) else record) for record in records)
    while part := list(islice(works, batch)):
        yield from write_works(critic, gather, part, text=text)


@torch.no_grad()
def write_works(
    critic: Critic, gather: GatherWorks, works: Sequence[Work], *, text: bool = True, listener: Listener | None = None
) -> list[Written]:
    """Judge some works at once, on the critic's device; see `write_rows`.

    Args:
        listener: told of scores, and while paragraphs grow.
    """
    config = critic.config
    prompts = gather.prompts(works).to(critic.means.device)
    seen = critic.see(prompts)
    read = critic.read(prompts, seen, keeps=text) if text or config.head_site == "text" else None
    scores = [
        dict(zip(config.attributes, row, strict=True)) for row in critic.on_scale(critic.score(prompts, seen, read)).tolist()
    ]
    listener = listener or Listener()
    for number, one in enumerate(scores):
        listener.scored(number, one)
    writer = Writer(critic, gather.tokens, listener)
    rows = writer.rows([_begin(critic, gather, one) for one in scores], [work.shown.total for work in works])
    if text and read is not None:
        writer.write(rows, prompts.mask, read.positions[:, :, -1].amax(dim=0) + 1, read.cache)
    return [
        Written(work.work_id, one, critique_of(row, one, config), work.shown.total)
        for work, one, row in zip(works, scores, rows, strict=True)
    ]


def _begin(critic: Critic, gather: GatherWorks, scores: dict[str, float]) -> list[int]:
    """The tokens between prompt and critique."""
    told = scores if critic.config.conditioned else None
    return gather.tokens.encode_parts(answer_begins(critic.config, told), ())
