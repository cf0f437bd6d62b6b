"""The whole of a dataset before a byte is written: what goes where, and a key that stands for it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import pyarrow as pa

from ppad.rubric import Rubric
from ppad.schema import CONTRACT_VERSION, SIMULATED, SPLITS, canonical_json, config_hash, dataset_schema, with_metadata
from ppad.storage.ratings import Exclusion, Rating, rubric_metadata, without_excluded
from ppad_pipelines.build.config import BuildConfig
from ppad_pipelines.build.declared import Declared
from ppad_pipelines.build.scores import scores_by_process
from ppad_pipelines.build.sharding import Shard, shards_of
from ppad_pipelines.build.splits import Placement, place
from ppad_pipelines.build.survey import Facts

MB = 1_000_000


@dataclass(frozen=True, slots=True)
class Plan:
    """What a dataset will hold.

    Attributes:
        facts: the processes, by id, sorted.
        placements: split, group and reason of each.
        scores: score columns of those that were rated.
        ratings: the single ratings of these processes that count, sorted.
        exclusions: the decisions by which others are left out, and `excluded`, how many these are.
        unknown: ids of rated processes that are in no collection.
        shards: the files, in the order of splits.
        settings: hash of the settings, as files carry it.
        key: stands for every byte of the dataset.
        declared: what its producer decided; None where nobody did.
    """

    config: BuildConfig
    rubric: Rubric
    facts: Mapping[str, Facts]
    placements: Mapping[str, Placement]
    scores: Mapping[str, Mapping[str, float | int | None]]
    ratings: Sequence[Rating]
    exclusions: Sequence[Exclusion]
    excluded: int
    unknown: Sequence[str]
    shards: Sequence[Shard]
    settings: str
    key: str
    declared: Declared | None = None

    def added(self, process_id: str) -> dict[str, Any]:
        """The columns that a dataset row has beyond its collection row, those that are not null."""
        scores = self.scores.get(process_id, {"n_raters": 0})
        return {**scores, "split": self.placements[process_id].split, "style_label": self.facts[process_id].style}

    def metadata(self) -> dict[str, str]:
        """What the dataset's Parquet files say besides kind, version and settings: the rubric, and what a producer declares."""
        return rubric_metadata(self.rubric) | self.notice

    @property
    def notice(self) -> dict[str, str]:
        """The sentence that stands in every file, as metadata, and that whoever learns from it repeats: declared by the
        producer, or due to simulated raters."""
        if self.declared is not None:
            return {"notice": self.declared.notice}
        raters = {row["rater_id"] for row in self.ratings}
        simulated = sum(rater.startswith(SIMULATED) for rater in raters)
        if not simulated:
            return {}
        share = "All" if simulated == len(raters) else f"{simulated} of {len(raters)}"
        return {"notice": f"{share} raters are simulated: these scores say nothing about the paintings."}

    def schema(self) -> pa.Schema:
        """The schema of a shard, with its metadata."""
        return with_metadata(dataset_schema(self.rubric.attribute_ids), "dataset", self.settings, self.metadata())


def make_plan(
    facts: Sequence[Facts],
    ratings: Sequence[Rating],
    rubric: Rubric,
    config: BuildConfig,
    exclusions: Sequence[Exclusion] = (),
    declared: Declared | None = None,
) -> Plan:
    """Decide everything: a pure function of what was found, the settings, and what a producer declares.

    Args:
        facts: at least one process; no id twice.
        exclusions: recorded decisions to leave ratings out.

    Raises:
        RatingsError: a decision is about no rating.
        ConfigError: the declared placements have a group in training and in test.
    """
    by_id = {fact.process_id: fact for fact in sorted(facts, key=lambda fact: fact.process_id)}
    standing = without_excluded(ratings, exclusions)
    known = [row for row in standing if row["process_id"] in by_id]
    if declared is None:
        placements = place(list(by_id.values()), config.seed)
    else:
        declared.check()
        placements = {process_id: declared.placements[process_id] for process_id in by_id}
    # The rubric counts by what it asks, not by the path of its file.
    settings = config_hash(canonical_json({**config.model_dump(mode="json"), "rubric": rubric.digest()}))
    return Plan(
        config=config,
        rubric=rubric,
        facts=by_id,
        placements=placements,
        scores=scores_by_process(known, rubric.scales),
        ratings=known,
        exclusions=exclusions,
        excluded=len(ratings) - len(standing),
        unknown=sorted({row["process_id"] for row in ratings} - set(by_id)),
        shards=_shards(by_id, placements, config),
        settings=settings,
        key=_key(by_id, known, exclusions, settings, declared),
        declared=declared,
    )


def _shards(facts: Mapping[str, Facts], placements: Mapping[str, Placement], config: BuildConfig) -> list[Shard]:
    shards = []
    for split in SPLITS:
        sizes = {process_id: fact.size for process_id, fact in facts.items() if placements[process_id].split == split}
        shards += shards_of(
            split,
            sizes,
            seed=config.seed,
            shard_bytes=config.shard_mb * MB,
            row_group_bytes=config.row_group_mb * MB,
        )
    return shards


def _key(
    facts: Mapping[str, Facts],
    ratings: Sequence[Rating],
    exclusions: Sequence[Exclusion],
    settings: str,
    declared: Declared | None,
) -> str:
    versions = [CONTRACT_VERSION, pa.__version__]
    processes = [[process_id, fact.sha256] for process_id, fact in facts.items()]
    content: list[object] = [versions, settings, processes, ratings, [asdict(one) for one in exclusions]]
    if declared is not None:
        placed = {process_id: asdict(placement) for process_id, placement in declared.placements.items()}
        content += [placed, declared.notice, declared.card, declared.key]
    return hashlib.sha256(canonical_json(content).encode()).hexdigest()[:12]
