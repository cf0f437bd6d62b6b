"""What may stand behind `--on ray://`."""

from __future__ import annotations

import pytest

from ppad.errors import ConfigError
from ppad_pipelines.cluster.address import Share, parse_address


@pytest.mark.parametrize(
    ("text", "address", "share"),
    [
        (None, None, Share(1, 0)),
        ("10.0.0.5:6379", "10.0.0.5:6379", Share(1, 0)),
        ("10.0.0.5:6379?cpus=4", "10.0.0.5:6379", Share(4, 0)),
        ("head:6379/?gpus=0.5&cpus=2", "head:6379", Share(2, 0.5)),
        ("?gpus=1", None, Share(1, 1)),
        ("?gpus=1&cpus=0", None, Share(0, 1)),
    ],
)
def test_an_address_and_a_workers_share_of_a_node_are_read(text: str | None, address: str | None, share: Share) -> None:
    assert parse_address(text) == (address, share)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("head:6379?gpu=1", "'gpu' is no option of --on ray. There are two: ray://HOST:PORT?cpus=2&gpus=1"),
        ("head:6379?gpus=one", "gpus=one is no number of gpus. Write a number from 0: gpus=1"),
        ("?cpus=-1", "cpus=-1 is no number of cpus. Write a number from 0: cpus=1"),
        ("?cpus=nan", "cpus=nan is no number of cpus. Write a number from 0: cpus=1"),
        ("?cpus=0", "A worker that takes neither CPUs nor GPUs has no place. Leave out cpus, or ask for a GPU."),
    ],
)
def test_what_cannot_be_understood_is_refused_with_the_fix(text: str, sentence: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse_address(text)
    assert str(caught.value) == sentence


@pytest.mark.parametrize(
    ("share", "room"), [(Share(1), 16), (Share(4), 4), (Share(1, 1), 2), (Share(2, 0.25), 8), (Share(0, 0.5), 4), (Share(32), 0)]
)
def test_a_cluster_of_16_cpus_and_2_gpus_has_room_for_as_many_workers_as_both_allow(share: Share, room: int) -> None:
    assert share.fits({"CPU": 16.0, "GPU": 2.0, "memory": 1e9}) == room
