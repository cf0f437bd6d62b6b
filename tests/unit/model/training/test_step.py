"""One optimizer step: rates, weights of processes, chance; and the moving average beside a plain loop."""

from __future__ import annotations

import math

import pytest
import torch

from fixtures.learnable import ATTRIBUTES, SMALL_MODEL, write_learnable
from ppad.storage import Dataset
from ppad_model import PPJudge
from ppad_model.data import Batch, Example, MemorySource, ReadExample, Share, open_rows
from ppad_model.styles import LabelCodes
from ppad_model.training.averaging import Average
from ppad_model.training.config import PhaseConfig
from ppad_model.training.devices import Machine, make_accelerator
from ppad_model.training.step import Learner, learn, learning_rate, make_optimizer, micro_batches, mirroring, seed_step

WARM = PhaseConfig(epochs=1, learning_rate=0.1, schedule="cosine", warmup=0.2)


@pytest.fixture(scope="module")
def examples(tmp_path_factory: pytest.TempPathFactory) -> list[Example]:
    dataset = Dataset.open(write_learnable(tmp_path_factory.mktemp("step") / "d", {"train": 12}))
    read = ReadExample(PPJudge.from_preset("tiny", **SMALL_MODEL).config, LabelCodes(32), 32)
    return list(MemorySource(open_rows(dataset, "train", ATTRIBUTES), read, 1).in_order(Share()))


def test_the_rate_rises_evenly_and_falls_as_half_a_cosine() -> None:
    rates = [learning_rate(WARM, step, 20) for step in range(21)]
    assert rates[:4] == pytest.approx([0.025, 0.05, 0.075, 0.1])
    assert rates[4] == pytest.approx(0.1)
    assert rates[12] == pytest.approx(0.05)
    assert rates[20] == pytest.approx(0.0)


def test_a_constant_rate_stays() -> None:
    assert {learning_rate(PhaseConfig(epochs=1, learning_rate=1e-4), step, 9) for step in range(9)} == {1e-4}


def batches_of(examples: list[Example], count: int = 1) -> list[Batch]:
    return [mirroring(0.0, 0)(part, 0) for part in micro_batches(examples, count)]


def gradients(examples: list[Example], count: int) -> dict[str, torch.Tensor]:
    """The gradient of one step in `count` micro-batches, as plain descent of rate 1 shows it."""
    torch.manual_seed(0)
    model = PPJudge.from_preset("tiny", **SMALL_MODEL).train()
    before = {name: weight.detach().clone() for name, weight in model.named_parameters()}
    accelerator = make_accelerator(Machine(cpu=True), "no")
    batches = batches_of(examples, count)
    learn(Learner(model), batches, len(examples), torch.optim.SGD(model.parameters(), lr=1.0), 0.0, accelerator)
    return {name: before[name] - weight.detach() for name, weight in model.named_parameters()}


@pytest.mark.parametrize("count", [2, 3, 5])
def test_micro_batches_have_the_gradient_of_the_whole_step(examples: list[Example], count: int) -> None:
    whole, parts = gradients(examples, 1), gradients(examples, count)
    for name, gradient in whole.items():
        torch.testing.assert_close(parts[name], gradient, rtol=1e-4, atol=1e-6)


def test_the_gradient_is_clipped_to_its_norm_and_measured_before(examples: list[Example]) -> None:
    torch.manual_seed(0)
    model = PPJudge.from_preset("tiny", **SMALL_MODEL).train()
    before = [weight.detach().clone() for weight in model.parameters()]
    optimizer = torch.optim.SGD(model.parameters(), lr=1.0)
    measured = learn(
        Learner(model),
        batches_of(examples),
        12,
        optimizer,
        0.01,
        make_accelerator(Machine(cpu=True), "no"),
    )
    moved = math.sqrt(
        sum(float((old - new.detach()).square().sum()) for old, new in zip(before, model.parameters(), strict=True))
    )
    assert moved == pytest.approx(0.01, rel=1e-3)
    assert float(measured.values[3]) > 0.02


def test_the_average_is_that_of_a_plain_loop(examples: list[Example]) -> None:
    torch.manual_seed(0)
    model = PPJudge.from_preset("tiny", **SMALL_MODEL).train()
    average, optimizer = Average(model, 0.9), make_optimizer(model, WARM)
    plain: dict[str, torch.Tensor] = {}
    for step in range(30):
        learn(
            Learner(model),
            batches_of(examples),
            12,
            optimizer,
            1.0,
            make_accelerator(Machine(cpu=True), "no"),
        )
        average.follow()
        decay = min(0.9, (1 + step) / (10 + step))
        for name, weight in model.named_parameters():
            plain[name] = weight.detach().clone() if step == 0 else decay * plain[name] + (1 - decay) * weight.detach()
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    with average.in_place():
        for name, weight in model.named_parameters():
            torch.testing.assert_close(weight, plain[name], rtol=1e-4, atol=1e-6)
        for name, buffer in model.named_buffers():
            assert torch.equal(buffer, before[name]), name  # the bias that balances experts is that of the weights in training
    assert all(torch.equal(tensor, before[name]) for name, tensor in model.state_dict().items())


def test_chance_of_a_step_follows_from_its_number_alone() -> None:
    def drawn(*numbers: int) -> list[float]:
        seed_step(*numbers)
        return torch.rand(3).tolist()

    assert drawn(1, 5, 0) == drawn(1, 5, 0)
    assert len({tuple(drawn(*numbers)) for numbers in ((1, 5, 0), (1, 6, 0), (1, 5, 1), (2, 5, 0))}) == 4


def test_some_processes_are_mirrored_reference_and_all_others_in_another_epoch(examples: list[Example]) -> None:
    def mirrored(epoch: int) -> list[bool]:
        batch = mirroring(0.5, 0)(examples, epoch)
        found = []
        for row, example in enumerate(examples):
            frames = batch.frames[row, : len(example.frames)]
            is_mirrored = torch.equal(frames, example.frames.flip(-1))
            assert is_mirrored != torch.equal(frames, example.frames)
            reference = batch.reference[row]  # type: ignore[index]
            if isinstance(reference, torch.Tensor):
                assert torch.equal(reference, example.reference.flip(-1) if is_mirrored else example.reference)  # type: ignore[union-attr,arg-type]
            found.append(is_mirrored)
        return found

    assert 2 <= sum(mirrored(0)) <= 10
    assert mirrored(0) == mirrored(0) != mirrored(1)


def test_frozen_weights_are_left_to_themselves() -> None:
    model = PPJudge.from_preset("tiny", **SMALL_MODEL)
    model.patches.requires_grad_(False)
    held = {id(weight) for group in make_optimizer(model, WARM).param_groups for weight in group["params"]}
    assert id(model.patches.weight) not in held
    assert id(model.norm.weight) in held
