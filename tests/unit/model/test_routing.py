"""Which experts a token passes."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from ppad_model.ppjudge.routing import Router


def router(experts: int = 30, top_k: int = 4, gate: str = "sigmoid", step: float = 1e-3, hidden: int = 16) -> Router:
    made = Router(hidden, experts, top_k, gate, step)
    torch.nn.init.normal_(made.weight)
    return made


@given(st.integers(1, 50), st.integers(0, 2**16), st.sampled_from(["sigmoid", "softmax"]))
def test_every_token_gets_exactly_four_different_experts_whose_weights_sum_to_1(count: int, seed: int, gate: str) -> None:
    torch.manual_seed(seed)
    routing = router(gate=gate)(torch.randn(count, 16))
    assert routing.experts.shape == routing.weights.shape == (count, 4)
    assert all(len(set(row)) == 4 for row in routing.experts.tolist())
    assert torch.allclose(routing.weights.sum(1), torch.ones(count))
    assert (routing.weights > 0).all()


def test_the_four_are_those_of_the_highest_affinity_and_weighted_by_it() -> None:
    """Affinities σ(0), σ(1), σ(2), σ(3), σ(4): the last four are chosen."""
    made = router(experts=5, hidden=1)
    made.weight.data = torch.arange(5.0)[:, None]
    routing = made(torch.ones(1, 1))
    affinity = torch.sigmoid(torch.arange(5.0))
    found = dict(zip(routing.experts[0].tolist(), routing.weights[0].tolist(), strict=True))
    assert found == pytest.approx({number: (affinity[number] / affinity[1:].sum()).item() for number in (1, 2, 3, 4)})


def test_the_bias_changes_the_choice_but_never_the_weights_of_what_is_chosen() -> None:
    made = router(experts=5, hidden=1)
    made.weight.data = torch.arange(5.0)[:, None]
    made.bias[0], made.bias[4] = 1.0, -1.0
    routing = made(torch.ones(1, 1))
    assert set(routing.experts[0].tolist()) == {0, 1, 2, 3}
    affinity = torch.sigmoid(torch.arange(4.0))
    assert sorted(routing.weights[0].tolist()) == pytest.approx((affinity / affinity.sum()).tolist())


def test_rebalancing_moves_the_bias_by_one_step_towards_the_idle() -> None:
    made = router(experts=3, top_k=1, step=0.25, hidden=1).train()
    made.weight.data = torch.tensor([[2.0], [1.0], [0.0]])
    made(torch.ones(9, 1))  # all nine go to the first
    made.rebalance()
    assert made.bias.tolist() == [-0.25, 0.25, 0.25]
    assert made.load is None


def test_training_balances_a_router_that_prefers_two_experts() -> None:
    made = router(experts=8, top_k=2, step=0.005).train()
    made.weight.data[:2] += 0.5 * torch.randn(16)  # two experts that many tokens like
    tokens = torch.randn(512, 16) + 0.7

    def most_loaded() -> float:
        made(tokens)
        assert made.load is not None
        return (made.load.max() / made.load.mean()).item()

    before = most_loaded()
    for _ in range(400):
        made(tokens)
        made.rebalance()
    assert before > 1.8
    assert most_loaded() < 1.15


def test_padding_counts_for_no_load() -> None:
    made = router().train()
    made(torch.randn(6, 16), torch.tensor([True, True, False, False, True, False]))
    assert made.load is not None
    assert made.load.sum() == 3 * 4


def test_assessing_counts_nothing() -> None:
    made = router().eval()
    made(torch.randn(6, 16))
    assert made.load is None


def test_half_precision_chooses_as_full_precision_does() -> None:
    made, tokens = router(), torch.randn(64, 16).bfloat16()
    assert torch.equal(made(tokens.float()).experts, made(tokens).experts)
