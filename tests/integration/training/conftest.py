"""What trainings are tried on: a dataset, and a training of it that nobody interrupted."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from fixtures.learnable import write_learnable
from fixtures.trainings import train

SPLITS = {"pretrain": 14, "train": 10}


@pytest.fixture(scope="module", autouse=True)
def one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_learnable(tmp_path_factory.mktemp("train") / "dataset", SPLITS)


@pytest.fixture(scope="module")
def whole(dataset: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A training of both phases that nobody interrupted."""
    run = tmp_path_factory.mktemp("whole") / "run"
    train(dataset, run)
    return run
