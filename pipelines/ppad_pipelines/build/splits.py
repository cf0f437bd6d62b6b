"""Which split each process goes to: decided for whole groups of processes that share something, by their ids and a seed."""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from ppad.schema.prompts import normalised_prompt
from ppad_pipelines.build.near_duplicates import near_duplicates
from ppad_pipelines.build.survey import Facts

TEST_SHARE_REAL = 0.2
TEST_SHARE_SYNTHETIC = 0.1
"""Shares of the processes that go to test: 80/20 for real ones, 90/10 for synthetic ones (PPJudge, ACM MM 2025)."""


@dataclass(frozen=True, slots=True)
class Placement:
    """Where a process goes, with whom, and why.

    Attributes:
        marks: further columns of the audit, the same for all processes of a dataset.
    """

    split: str
    group_id: str
    why: str
    marks: Mapping[str, str] = field(default_factory=dict)


class Groups:
    """Disjoint sets of the numbers 0 … count - 1 (union-find)."""

    def __init__(self, count: int) -> None:
        self._parent = list(range(count))

    def root(self, item: int) -> int:
        """The smallest member of the item's set."""
        while self._parent[item] != item:
            self._parent[item] = self._parent[self._parent[item]]
            item = self._parent[item]
        return item

    def join(self, one: int, other: int) -> None:
        """Make one set of two."""
        low, high = sorted((self.root(one), self.root(other)))
        self._parent[high] = low


def place(facts: Sequence[Facts], seed: int) -> dict[str, Placement]:
    """The placement of each process, by its id; the order of `facts` does not matter."""
    facts = sorted(facts, key=lambda fact: fact.process_id)
    groups = Groups(len(facts))
    ties: list[list[str]] = [[] for _ in facts]
    for (what, _), holders in _shared_keys(facts).items():
        for holder in holders:
            groups.join(holders[0], holder)
            ties[holder].append(f"{what} as {_others(len(holders) - 1)}")
    for one, other in near_duplicates([fact.thumbnail for fact in facts]):
        groups.join(one, other)
        ties[one].append(f"nearly the same final frame as {facts[other].process_id}")
        ties[other].append(f"nearly the same final frame as {facts[one].process_id}")
    members: dict[str, list[int]] = defaultdict(list)
    for index in range(len(facts)):
        members[facts[groups.root(index)].process_id].append(index)
    in_test = choose_test({group: [facts[i].is_real for i in found] for group, found in members.items()}, seed)
    return {
        facts[i].process_id: _placement(facts[i], group, len(found), ties[i], test=group in in_test)
        for group, found in members.items()
        for i in found
    }


def choose_test(groups: Mapping[str, Sequence[bool]], seed: int) -> set[str]:
    """The groups that go to test: taken in the order of a seeded hash while each kind's quota is not exceeded.

    Args:
        groups: for each group id, whether each of its processes is real.
    """
    count = Counter(is_real for kinds in groups.values() for is_real in kinds)
    room = {True: _rounded(TEST_SHARE_REAL * count[True]), False: _rounded(TEST_SHARE_SYNTHETIC * count[False])}
    chosen = set()
    for group in sorted(groups, key=lambda group: seeded_key(seed, "group", group)):
        needed = Counter(groups[group])
        if all(needed[kind] <= room[kind] for kind in room):
            chosen.add(group)
            room = {kind: room[kind] - needed[kind] for kind in room}
    return chosen


def seeded_key(seed: int, purpose: str, text: str) -> bytes:
    """A sort key that puts texts in an order that looks random and depends on nothing but the seed and the text."""
    return hashlib.sha256(f"{seed}/{purpose}/{text}".encode()).digest()


def _shared_keys(facts: Sequence[Facts]) -> dict[tuple[str, str], list[int]]:
    """The processes that hold each thing which more than one of them holds."""
    holders: dict[tuple[str, str], list[int]] = defaultdict(list)
    for index, fact in enumerate(facts):
        for key in dict.fromkeys(_keys(fact)):
            holders[key].append(index)
    return {key: found for key, found in holders.items() if len(found) > 1}


def _keys(fact: Facts) -> Iterator[tuple[str, str]]:
    # A reference may be the very file that another process was made from, so both are one kind of key.
    if fact.reference_sha256:
        yield "the same reference or source file", fact.reference_sha256
    if fact.source_sha256:
        yield "the same reference or source file", fact.source_sha256
    if fact.prompt:
        yield "the same prompt", normalised_prompt(fact.prompt)
    if fact.artist_id:
        yield "the same artist", fact.artist_id


def _placement(fact: Facts, group: str, size: int, ties: Sequence[str], *, test: bool) -> Placement:
    if test:
        split, reason = ("test_real" if fact.is_real else "test_synthetic"), "drawn for test"
    else:
        split, reason = ("train" if fact.is_real else "pretrain"), "not drawn for test"
    if size == 1:
        return Placement(split, group, f"shares nothing; {reason}")
    return Placement(split, group, f"{', '.join(dict.fromkeys(ties))}; group of {size} {reason}")


def _others(count: int) -> str:
    return f"{count} other{'s' if count != 1 else ''}"


def _rounded(value: float) -> int:
    return int(value + 0.5)
