"""All figures of what was written: nearness to the raters' critiques, agreement with the scores, length and repetition."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ppad.agreement.estimates import Estimate
from ppad.critique import Critique
from ppad_model.critic.evaluation.encoder import SentenceEncoder
from ppad_model.critic.evaluation.nearness import most_central, nearness
from ppad_model.critic.evaluation.reading import Reader, learn_readers, read_scores
from ppad_model.critic.evaluation.wording import copied, distinct, lengths, repetition, shared_budget
from ppad_model.evaluation.metrics import METRICS
from ppad_model.evaluation.resampling import cluster_counts, resampled_mean
from ppad_model.evaluation.rows import Rows, Source
from ppad_model.evaluation.tables import Line, Predictions, make_table

Floats = NDArray[np.float64]

RATERS = "the raters"
NEARNESS = ("matched", "mismatched", "generic", "over mismatched", "over generic")
PEARSON = tuple(metric for metric in METRICS if metric.name == "pcc")


@dataclass(frozen=True, slots=True)
class Told:
    """What raters wrote.

    Attributes:
        measured: for each of the n measured works, its critiques.
        others: critiques of works that share nothing with these: what a generic text and readers are learned from.
    """

    measured: tuple[Sequence[Critique], ...]
    others: tuple[Critique, ...]


@dataclass(frozen=True, slots=True)
class Texts:
    """The figures of one author: a critic, or the raters.

    Attributes:
        name: of the author.
        written, empty: works that were written about, and those of them without a word.
        nearness: by name in `NEARNESS`, with p of "no difference" for the last two; nothing without an encoder. For the
            raters `matched` is each critique's nearness to those of the other raters.
        agreement: Pearson's correlation of the scores with those read from the words, one an attribute and their mean; None
            without an encoder.
        words, repeated: words of a critique, and the share of its 4-grams that it repeats.
        distinct: by n, the share of different n-grams among as many as all authors wrote.
        copied: share of the critiques that are another one's word for word.
        values: (n,) nearness of each work's critique, for pairs of runs.
    """

    name: str
    written: int
    empty: int
    nearness: Mapping[str, tuple[Estimate, float]]
    agreement: tuple[Estimate, ...] | None
    words: Estimate
    repeated: Estimate
    distinct: Mapping[int, float]
    copied: float
    values: Floats


def measure_texts(
    rows: Rows, written: Mapping[str, Sequence[Critique]], scores: Mapping[str, Floats], told: Told,
    encoder: SentenceEncoder | None, *, draws: int, seed: int,
) -> tuple[list[Texts], str]:  # fmt: skip
    """The figures of each run and of the raters, and the generic critique that was the floor, if there is an encoder.

    Args:
        rows: n measured works; `rated` and the scores on one scale for all attributes.
        written: by run, n critiques.
        scores: by run, (n, A).
    """
    counts = cluster_counts(rows.clusters, draws, seed)
    first = [found[0].prose for found in told.measured if found]
    authors = {name: [one.prose for one in found] for name, found in written.items()} | {RATERS: first}
    budgets = {size: shared_budget(list(authors.values()), size) for size in (1, 2)}
    found = [
        _wording(name, texts, budgets, counts if name != RATERS else counts[:, [bool(one) for one in told.measured]])
        for name, texts in authors.items()
    ]
    if encoder is None or not any(told.measured):
        return found, ""
    meaning = _Meaning(rows, told, encoder, counts, draws, seed)
    measured = [
        meaning.of_raters(one) if one.name == RATERS else meaning.of_run(one, written[one.name], scores[one.name])
        for one in found
    ]
    return measured, meaning.generic


def _wording(name: str, texts: Sequence[str], budgets: Mapping[int, int], counts: Floats) -> Texts:
    return Texts(
        name=name,
        written=len(texts),
        empty=sum(not text for text in texts),
        nearness={},
        agreement=None,
        words=resampled_mean(lengths(texts), counts)[0],
        repeated=resampled_mean(repetition(texts), counts)[0],
        distinct={size: distinct(texts, size, budget) for size, budget in budgets.items()},
        copied=copied(texts),
        values=np.full(len(texts), np.nan),
    )


class _Meaning:
    """What an encoder makes of the raters' critiques, and measures those of runs by."""

    def __init__(self, rows: Rows, told: Told, encoder: SentenceEncoder, counts: Floats, draws: int, seed: int) -> None:
        self._rows, self._told, self._encoder, self._counts = rows, told, encoder, counts
        self._draws, self._seed = draws, seed
        self._said = [encoder.encode([one.prose for one in found]) for found in told.measured]
        learned = told.others or tuple(one for found in told.measured for one in found)
        embedded = encoder.encode([one.prose for one in learned])
        central = most_central(embedded)
        self.generic = learned[central].prose
        self._generic = embedded[central]
        self._readers: list[Reader | None] = learn_readers(self._about(told.others), self._scores(told.others))

    def of_run(self, texts: Texts, written: Sequence[Critique], scores: Floats) -> Texts:
        """With nearness and agreement of what a run wrote."""
        found = nearness(self._encoder.encode([one.prose for one in written]), self._said, self._rows.clusters, self._generic)
        columns = {
            "matched": found.matched,
            "mismatched": found.mismatched,
            "generic": found.generic,
            "over mismatched": found.matched - found.mismatched,
            "over generic": found.matched - found.generic,
        }
        read = read_scores(self._readers, self._about(written))
        near = {name: resampled_mean(values, self._counts) for name, values in columns.items()}
        return replace(texts, nearness=near, agreement=self._agreement(read, scores), values=found.matched)

    def of_raters(self, texts: Texts) -> Texts:
        """With how near the raters' critiques are to one another's, and how well their scores can be read from their words."""
        nothing = np.zeros((len(self._said), self._generic.size))
        found = nearness(nothing, self._said, self._rows.clusters, self._generic)
        read = [
            read_scores(self._readers, self._about(one)).mean(axis=0) if one else self._unsaid() for one in self._told.measured
        ]
        gave = [self._scores(one).mean(axis=0) if one else self._unsaid() for one in self._told.measured]
        near = {"matched": resampled_mean(found.human, self._counts)}
        return replace(texts, nearness=near, agreement=self._agreement(np.array(read), np.array(gave)))

    def _agreement(self, read: Floats, scores: Floats) -> tuple[Estimate, ...]:
        rows = replace(self._rows, rated=scores, true=None)
        everything = Source("all", np.arange(len(rows)))
        words = [Predictions("words", "run", read)]
        table = make_table(rows, everything, words, metrics=PEARSON, draws=self._draws, seed=self._seed)
        line: Line = table.lines[0]
        return line.figures["pcc"]

    def _about(self, critiques: Sequence[Critique]) -> list[Floats]:
        """What each critique says of each attribute; all it says, where it is not taken apart."""
        texts = [[one.passages[name].prose or one.prose for one in critiques] for name in self._rows.attributes]
        return [self._encoder.encode(column) for column in texts]

    def _scores(self, critiques: Sequence[Critique]) -> Floats:
        return np.array([[_known(one.scores[name]) for name in self._rows.attributes] for one in critiques], np.float64).reshape(
            len(critiques), len(self._rows.attributes)
        )

    def _unsaid(self) -> Floats:
        return np.full(len(self._rows.attributes), np.nan)


def _known(score: float | None) -> float:
    return float("nan") if score is None else score
