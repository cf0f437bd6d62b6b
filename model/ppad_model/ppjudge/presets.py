"""Presets of PPJudge: the paper's model, a small one for the CPU, and every row of the paper's ablations.

A preset is a size, a row, or both: `paper`, `tiny`, `table5-a1`, `tiny/table5-a1`. A row alone has the paper's size.
"""

from __future__ import annotations

import difflib
from typing import Any

from ppad.errors import NotFoundError
from ppad_model.ppjudge.config import JudgeConfig

Changes = dict[str, Any]

SIZES: dict[str, Changes] = {
    "paper": {},
    "tiny": {
        "image_size": 64, "patch_size": 8, "hidden": 64, "blocks": 3, "heads": 4, "rank": 16, "classifier": (64, 32),
    },
}  # fmt: skip

_HOMOGENEOUS: Changes = {"routed_depths": {2: 30}}
"""Depth 2 throughout has the parameters of the mixture within 2 %, so that depth, not size, is compared."""
_NO_STYLE: Changes = {"style_weight": 0.0}

ROWS: dict[str, Changes] = {
    # Table 3: the ladder. Each rung adds one idea.
    "table3-base": {"position": "rope"} | _HOMOGENEOUS | _NO_STYLE,
    "table3-angular": _HOMOGENEOUS | _NO_STYLE,
    "table3-depth": _NO_STYLE,
    "table3-style": {},
    # Table 4: shared + routed experts that a token passes.
    "table4-1+2": {"shared_experts": 1, "top_k": 2},
    "table4-2+2": {"top_k": 2},
    "table4-2+4": {},
    "table4-2+6": {"top_k": 6},
    "table4-4+4": {"shared_experts": 4},
    # Table 5: depths of the routed experts.
    "table5-a1": {"routed_depths": {1: 30}},
    "table5-a2": {"routed_depths": {2: 30}},
    "table5-a3": {"routed_depths": {1: 6, 2: 6, 3: 6, 4: 6, 5: 6}},
    "table5-ours": {},
    # Comparators that are not in the paper.
    "mrope": {"position": "mrope"},
    "dense": {"shared_experts": 10, "routed_depths": {}, "top_k": 0},  # as many active parameters, rounded up to a level
}


def preset_names() -> tuple[str, ...]:
    """All presets."""
    return (*SIZES, *ROWS, *(f"{size}/{row}" for size in SIZES if size != "paper" for row in ROWS))


def preset(name: str = "paper", **changes: Any) -> JudgeConfig:
    """The settings of a preset.

    Args:
        name: a size, a row, or `size/row`.
        changes: settings that differ.

    Raises:
        NotFoundError: there is no such preset.
        ConfigError: a change is unknown or out of range.
    """
    if name not in preset_names():
        close = difflib.get_close_matches(name, preset_names(), n=1)
        guess = f"Did you mean {close[0]!r}? " if close else ""
        raise NotFoundError(
            f"There is no preset {name!r}.", f"{guess}Sizes: {', '.join(SIZES)}; rows: {', '.join(ROWS)}; or size/row."
        )
    first, _, second = name.partition("/")
    size, row = (first, second) if first in SIZES else ("paper", first)
    return JudgeConfig.load(**{"model": f"ppjudge-{name}"} | SIZES[size] | ROWS.get(row, {}) | changes)
