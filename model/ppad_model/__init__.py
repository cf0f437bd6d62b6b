"""Models that judge how a painting came to be: PPJudge, its ablations and the baselines, behind one interface.

    from ppad_model import PPJudge

Importing the package loads nothing heavy; a name loads what it needs when it is first used.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ppad_model.assessor import Assessment as Assessment
    from ppad_model.assessor import Assessor as Assessor
    from ppad_model.ppjudge.config import JudgeConfig as JudgeConfig
    from ppad_model.ppjudge.model import JudgeState as JudgeState
    from ppad_model.ppjudge.model import PPJudge as PPJudge
    from ppad_model.ppjudge.presets import preset_names as preset_names
    from ppad_model.registry import build_model as build_model
    from ppad_model.registry import load_model as load_model
    from ppad_model.registry import model_names as model_names

_HOMES = {
    "Assessment": "assessor",
    "Assessor": "assessor",
    "JudgeConfig": "ppjudge.config",
    "JudgeState": "ppjudge.model",
    "PPJudge": "ppjudge.model",
    "build_model": "registry",
    "load_model": "registry",
    "model_names": "registry",
    "preset_names": "ppjudge.presets",
}

__all__ = [
    "Assessment",
    "Assessor",
    "JudgeConfig",
    "JudgeState",
    "PPJudge",
    "build_model",
    "load_model",
    "model_names",
    "preset_names",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
