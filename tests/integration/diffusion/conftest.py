"""The diffusion engines on tiny random checkpoints in the published layouts: written once, converted on first use."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from fixtures.tiny_checkpoints import write_paints_undo, write_processpainter, write_stable_diffusion
from fixtures.tiny_engines import painter_config, undo_config
from ppad_pipelines.synth.diffusion import paints_undo, processpainter
from ppad_pipelines.synth.engine import Engine


@pytest.fixture(scope="session", autouse=True)
def one_thread() -> Iterator[None]:
    """Tiny networks only wait for each other on several."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="package")
def checkpoints(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder of published checkpoints; converted copies are kept beside them."""
    folder = tmp_path_factory.mktemp("checkpoints")
    write_paints_undo(folder / "undo")
    write_stable_diffusion(folder / "base")
    write_processpainter(folder / "painter")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PPAD_CACHE", str(folder / "cache"))
        patch.setenv("HF_HUB_OFFLINE", "1")
        yield folder


@pytest.fixture(scope="package")
def undo(checkpoints: Path) -> Engine:
    return paints_undo.load(undo_config(checkpoints / "undo"))


@pytest.fixture(scope="package")
def painter(checkpoints: Path) -> Engine:
    return processpainter.load(painter_config(checkpoints))
