"""One tiny base for all tests of a session, in one thread: many would mostly wait for each other."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import torch

from fixtures.critics import tiny_base
from ppad_model.critic.base import Base


@pytest.fixture(scope="session")
def base(tmp_path_factory: pytest.TempPathFactory) -> Base:
    return tiny_base(tmp_path_factory.mktemp("bases") / "base")


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)
