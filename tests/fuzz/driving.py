"""Driving a target without a fuzzer: its seeds, then inputs that Hypothesis makes up, the same in every run."""

from __future__ import annotations

from types import ModuleType

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.fuzz.choices import Choices, edited

SHORT, EDITS = 160, 24
"""Bytes of an input that is made of decisions, and of those that change a seed."""


def drive(target: ModuleType, examples: int) -> None:
    """Run the seeds of a target, and so many more inputs; each must keep the promises.

    Raises:
        AssertionError, Exception: a promise is broken, by an input that Hypothesis made as small as it could.
    """
    seeds = list(target.seeds())
    for seed in seeds:
        target.target(seed)
    changed = st.tuples(st.sampled_from(seeds), st.binary(min_size=3, max_size=EDITS)).map(
        lambda made: made[0][:2] + edited(made[0][2:], Choices(made[1]))
    )

    @settings(max_examples=examples, derandomize=True, database=None, deadline=None, phases=(Phase.generate, Phase.shrink),
              suppress_health_check=list(HealthCheck))  # fmt: skip
    @given(st.binary(max_size=SHORT) | changed)
    def run(data: bytes) -> None:
        target.target(data)

    run()
