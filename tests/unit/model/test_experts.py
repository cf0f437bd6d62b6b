"""Experts of different depths."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from fixtures.plain_judge import silu
from ppad_model.ppjudge.experts import RoutedExperts, SharedExperts
from ppad_model.ppjudge.routing import Routing

DEPTHS = (3, 2, 2, 1, 1, 1)


def experts(depths: tuple[int, ...] = DEPTHS, hidden: int = 8, rank: int = 2) -> RoutedExperts:
    made = RoutedExperts(hidden, depths, rank).double()
    torch.nn.init.normal_(made.down)
    torch.nn.init.normal_(made.up)
    return made


def chosen(count: int, total: int = len(DEPTHS), k: int = 2) -> Routing:
    weights = torch.rand(count, k, dtype=torch.float64)
    return Routing(torch.stack([torch.randperm(total)[:k] for _ in range(count)]), weights / weights.sum(1, keepdim=True))


def in_loops(made: RoutedExperts, x: torch.Tensor, routing: Routing) -> np.ndarray:
    """Token by token, expert by expert, level by level."""
    out = np.zeros(x.shape)
    down, up = made.down.detach().numpy(), made.up.detach().numpy()
    for row, token in enumerate(x.detach().numpy()):
        for expert, weight in zip(routing.experts[row].tolist(), routing.weights[row].tolist(), strict=True):
            h = token
            for level in range(made.depths[expert]):
                first = (sum(made.counts[:level]) + expert) * made.rank
                rows = slice(first, first + made.rank)
                h = h + up[rows].T @ silu(down[rows] @ h)
            out[row] += weight * (h - token)
    return out


@pytest.mark.parametrize("way", ["by_expert", "by_gates"])
def test_a_token_gets_the_weighted_changes_of_its_experts(way: str) -> None:
    made, x, routing = experts(), torch.randn(11, 8, dtype=torch.float64), chosen(11)
    np.testing.assert_allclose(getattr(made, way)(x, routing).detach(), in_loops(made, x, routing), atol=1e-12)


@given(st.integers(1, 40), st.lists(st.integers(1, 4), min_size=2, max_size=7), st.integers(0, 2**16))
def test_both_ways_give_the_same_numbers_and_gradients(count: int, depths: list[int], seed: int) -> None:
    torch.manual_seed(seed)
    made = experts(tuple(sorted(depths, reverse=True)))
    routing = chosen(count, len(depths))
    results = []
    for way in (made.by_expert, made.by_gates):
        x = torch.randn(count, 8, dtype=torch.float64, generator=torch.Generator().manual_seed(seed)).requires_grad_()
        weights = routing.weights.clone().requires_grad_()
        out = way(x, Routing(routing.experts, weights))
        results.append([out, *torch.autograd.grad(out.square().sum(), [x, weights, made.down, made.up])])
    for one, two in zip(*results, strict=True):
        torch.testing.assert_close(one, two, atol=1e-9, rtol=1e-7)


def test_no_token_is_dropped_however_many_choose_one_expert() -> None:
    made, x = experts(), torch.randn(500, 8, dtype=torch.float64)
    crowd = Routing(torch.zeros(500, 1, dtype=torch.int64), torch.ones(500, 1, dtype=torch.float64))
    out = made.by_expert(x, crowd)
    assert (out.abs().sum(1) > 0).all()
    torch.testing.assert_close(
        out, torch.cat([made.by_expert(x[i : i + 1], Routing(crowd.experts[:1], crowd.weights[:1])) for i in range(500)])
    )


def test_every_used_expert_learns_and_no_other() -> None:
    made, x = experts(), torch.randn(4, 8, dtype=torch.float64)
    used = Routing(torch.tensor([[0, 3]] * 4), torch.full((4, 2), 0.5, dtype=torch.float64))
    made.by_expert(x, used).square().sum().backward()
    assert made.down.grad is not None
    levels = [(level, expert) for level, count in enumerate(made.counts) for expert in range(count)]
    learned = {place for place, rows in zip(levels, made.down.grad.split(made.rank), strict=True) if rows.abs().sum() > 0}
    assert learned == {(0, 0), (1, 0), (2, 0), (0, 3)}


def test_the_shared_experts_are_a_sum_of_single_ones() -> None:
    both = SharedExperts(8, 2, 3)
    torch.nn.init.normal_(both.down)
    torch.nn.init.normal_(both.up)
    x = torch.randn(5, 8)
    each = [torch.nn.functional.silu(x @ both.down[rows].T) @ both.up[rows] for rows in (slice(0, 3), slice(3, 6))]
    torch.testing.assert_close(both(x), each[0] + each[1])


@pytest.mark.parametrize("way", ["by_expert", "by_gates"])
def test_under_mixed_precision_both_ways_work_and_learn(way: str) -> None:
    made, x = experts().float(), torch.randn(9, 8, requires_grad=True)
    routing = chosen(9)
    routing = Routing(routing.experts, routing.weights.float())
    with torch.autocast("cpu", torch.bfloat16):
        out = getattr(made, way)(x, routing)
    torch.testing.assert_close(out.float(), made.by_gates(x, routing), atol=0.3, rtol=0.1)
    out.float().square().sum().backward()
    assert made.down.grad is not None
    assert made.down.grad.isfinite().all()
