"""What `ppad doctor` says of models: the GPU, and the published weights that models begin from."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ppad.cli.findings import Finding, finding
from ppad.errors import MissingExtraError
from ppad_model.registry import MODELS


def findings() -> Iterator[Finding]:
    """The device, then each set of published weights. Nothing is fetched."""
    try:
        from ppad_model.weights import local_folder
    except MissingExtraError as error:
        yield finding("missing", "GPU", "not looked for, without torch", error.fix)
        return
    yield _gpu()
    for weights, users in _published().items():
        what, found = f"weights {weights}", f"for {', '.join(users)}"
        if local_folder(weights) is None:
            yield finding(
                "missing", what, f"{found}: not on this machine", f"hf download {weights}; without it, as `ppad models` says."
            )
        else:
            yield finding("ok", what, found)


def _gpu() -> Finding:
    from ppad_model.packages import torch

    if torch.cuda.is_available():
        names = [torch.cuda.get_device_name(number) for number in range(torch.cuda.device_count())]
        return finding("ok", "GPU", f"{', '.join(names)} (torch {torch.__version__})")
    fix = "Small models train on the CPU; with a GPU in the machine, install a torch that is built for it."
    return finding("missing", "GPU", f"none that torch {torch.__version__} can use", fix)


def _published() -> dict[str, list[str]]:
    """Hub ids that the registry's models can use, each with these models."""
    found: dict[str, list[str]] = {}
    for name, entry in MODELS.items():
        for weights in re.findall(r"[\w-]+/[\w.-]+", entry.needs):
            found.setdefault(weights, []).append(name)
    return found
