"""Devices and memory."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
import torch

from ppad.errors import ConfigError, OutOfMemoryError
from ppad_pipelines.synth.diffusion.configs import PaintsUndoConfig
from ppad_pipelines.synth.diffusion.devices import choose_placement, in_chunks, memory_watched, place


def test_the_cpu_works_in_full_precision() -> None:
    placement = choose_placement(PaintsUndoConfig(device="cpu"))
    assert (placement.device, placement.dtype) == ("cpu", torch.float32)


def test_the_autoencoder_stays_in_full_precision() -> None:
    placement = choose_placement(PaintsUndoConfig(device="cpu", dtype="bfloat16"))
    assert placement.dtypes == {"default": torch.bfloat16, "vae": torch.float32}


def test_a_device_that_is_not_there_is_refused_with_the_fix(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 1)
    with pytest.raises(ConfigError, match=r"no device cuda:1 here.*--device cpu"):
        choose_placement(PaintsUndoConfig(device="cuda:1"))


def test_the_cpu_has_nothing_to_offload_from() -> None:
    with pytest.raises(ConfigError, match="Offloading needs a device"):
        choose_placement(PaintsUndoConfig(device="cpu", offload="model"))


@pytest.mark.parametrize(
    "error",
    [
        torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB"),
        RuntimeError("MPS backend out of memory (MPS allocated: 9 GB)"),
        RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 99 bytes."),
        MemoryError(),
    ],
)
def test_running_out_of_memory_is_one_error_on_every_device(error: Exception) -> None:
    with pytest.raises(OutOfMemoryError, match="smaller --size"), memory_watched():
        raise error


def test_other_errors_pass() -> None:
    with pytest.raises(RuntimeError, match="shapes"), memory_watched():
        raise RuntimeError("shapes do not match")


def test_where_memory_runs_out_fewer_items_are_done_at_once() -> None:
    sizes: list[int] = []

    def work(chunk: Sequence[int], before: int) -> list[int]:
        if len(chunk) > 2:
            raise torch.OutOfMemoryError("out of memory")
        sizes.append(len(chunk))
        assert chunk[0] == before
        return [item * 10 for item in chunk]

    assert in_chunks(range(7), 6, work) == [0, 10, 20, 30, 40, 50, 60]
    assert sizes == [1] * 7  # 6 and 3 did not fit, and nothing says that 2 would


def test_where_not_even_one_item_fits_it_is_said() -> None:
    def work(chunk: Sequence[int], before: int) -> list[int]:
        raise torch.OutOfMemoryError("out of memory")

    with pytest.raises(OutOfMemoryError):
        in_chunks(range(4), 4, work)


def test_the_denoising_network_is_compiled_when_asked_for() -> None:
    compiled: list[torch.nn.Module] = []

    class Network(torch.nn.Linear):
        def compile(self) -> None:
            compiled.append(self)

    class Pipeline:
        unet = Network(1, 1)

        def set_progress_bar_config(self, *, disable: bool) -> None:
            assert disable

        def to(self, device: str) -> None:
            assert device == "cpu"

    for wanted in (False, True):
        config = PaintsUndoConfig(device="cpu", compile=wanted)
        place(Pipeline(), config, choose_placement(config))
        assert compiled == [Pipeline.unet] * wanted
