"""Experts of different depths (heterogeneous mixture of experts).

A level is a bottleneck with a residual: u(h) = h + W_up·SiLU(W_down·h), without biases. An expert of depth d applies d levels
of its own, and returns what they changed: E(x) = u_d(…u_1(x)…) - x. The paper gives the depths, not the width: with 512 → 16 →
512 the model has the 17.21 M parameters that the paper reports.

Experts are numbered by descending depth, and all levels lie in two parameters: first levels of all experts, second levels of
those that have one, and so on. The experts of a level are then a prefix, and optimizers and DDP see two tensors that every
batch uses, whichever experts it chose.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import accumulate

from ppad_model.packages import F, Tensor, nn, torch
from ppad_model.ppjudge.routing import Routing

Level = tuple[Tensor, Tensor]
"""W_down and the transpose of W_up, both (rank, hidden)."""


class RoutedExperts(nn.Module):
    """The experts among which tokens are distributed. None has a capacity: no token is dropped.

    Args:
        hidden: width of the tokens.
        depths: levels of each expert, descending.
        rank: width of the bottleneck.
    """

    def __init__(self, hidden: int, depths: Sequence[int], rank: int) -> None:
        super().__init__()
        self.depths, self.rank = tuple(depths), rank
        self.counts = tuple(sum(depth > level for depth in depths) for level in range(max(depths)))
        self.down = nn.Parameter(torch.empty(sum(depths) * rank, hidden))
        self.up = nn.Parameter(torch.empty(sum(depths) * rank, hidden))

    def forward(self, x: Tensor, routing: Routing) -> Tensor:
        """Σ over the chosen experts of weight · E(x).

        Args:
            x: (n, hidden).
            routing: for the same n tokens.
        """
        if x.is_cuda or torch.compiler.is_compiling():
            return self.by_gates(x, routing)
        return self.by_expert(x, routing)

    def by_expert(self, x: Tensor, routing: Routing) -> Tensor:
        """Each expert works on the tokens that chose it: the least work, in shapes that depend on the choice."""
        order = routing.experts.flatten().argsort()
        counts = torch.bincount(routing.experts.flatten(), minlength=len(self.depths)).tolist()
        tokens = (order // routing.experts.shape[1]).split(counts)
        weights = routing.weights.flatten()[order, None].to(x.dtype).split(counts)
        out = torch.zeros_like(x)
        for levels, token, weight in zip(self._experts(), tokens, weights, strict=True):
            change = _weighted_change(x.index_select(0, token), levels, weight)
            out.index_add_(0, token, change.to(out.dtype))
        return out

    def by_gates(self, x: Tensor, routing: Routing) -> Tensor:
        """Every expert works on every token, and a gate of zero closes it: more work, in few steps and shapes that never change.

        CUDA graphs and compilers need such shapes; on a CPU it is slower but for a handful of tokens.

        With s_l = SiLU(W_down,l·h_{l-1}) and h_l = x + Σ_{k≤l} W_up,k·s_k, all that a level takes from those before are products
        of rank × rank: W_down,l·h_{l-1} = W_down,l·x + Σ_{k<l} (W_down,l·W_up,k)·s_k.
        """
        gates = x.new_zeros(len(x), len(self.depths)).scatter(1, routing.experts, routing.weights.to(x.dtype))
        sizes = [count * self.rank for count in self.counts]
        downs, ups = self.down.split(sizes), self.up.split(sizes)
        hidden: list[Tensor] = []  # s_l: (n, experts of the level, rank)
        for level, inner in enumerate(F.linear(x, self.down).split(sizes, dim=-1)):
            count = self.counts[level]
            inner = inner.unflatten(-1, (count, self.rank))
            for earlier in range(level):
                up = ups[earlier].unflatten(0, (-1, self.rank))[:count]
                coupling = up @ downs[level].unflatten(0, (count, self.rank)).transpose(1, 2)
                inner = inner + torch.einsum("ner,ers->nes", hidden[earlier][:, :count], coupling)
            hidden.append(F.silu(inner))
        gated = [(s * gates[:, : s.shape[1], None]).flatten(1) for s in hidden]
        return torch.cat(gated, dim=-1) @ self.up

    def _experts(self) -> Iterator[list[Level]]:
        """The levels of each expert."""
        starts = [0, *accumulate(self.counts)]
        downs, ups = self.down.split(self.rank), self.up.split(self.rank)
        for number, depth in enumerate(self.depths):
            places = [starts[level] + number for level in range(depth)]
            yield [(downs[place], ups[place]) for place in places]


def _weighted_change(x: Tensor, levels: Sequence[Level], weight: Tensor) -> Tensor:
    """weight · E(x) for the tokens of one expert, (n, hidden)."""
    (down, up), *further = levels
    inner = F.silu(F.linear(x, down))
    if not further:  # more than half of all: the weight costs least in the bottleneck
        return (inner * weight) @ up
    change = inner @ up
    for down, up in further:
        change = torch.addmm(change, F.silu(F.linear(x + change, down)), up)
    return change * weight


class SharedExperts(nn.Module):
    """The experts that every token passes: of one level each, so that their sum is one dense layer of all their bottlenecks.

    Args:
        hidden: width of the tokens.
        count: number of experts.
        rank: width of a bottleneck.
    """

    def __init__(self, hidden: int, count: int, rank: int) -> None:
        super().__init__()
        self.down = nn.Parameter(torch.empty(count * rank, hidden))
        self.up = nn.Parameter(torch.empty(count * rank, hidden))

    def forward(self, x: Tensor) -> Tensor:
        """O_se: the sum of what the shared experts change.

        Args:
            x: (…, hidden).
        """
        return F.silu(F.linear(x, self.down)) @ self.up
