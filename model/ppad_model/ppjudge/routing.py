"""Which experts a token passes: sigmoid affinities, the best k of them renormalised, a bias that balances the load.

The paper gives no balancing; this is DeepSeek-V3's without auxiliary loss: the bias takes part in the selection alone, never
in the weights, and after each optimizer step moves by a fixed amount towards the experts that had too little.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ppad_model.packages import F, Tensor, nn, torch


@dataclass(frozen=True, slots=True)
class Routing:
    """The choice for n tokens.

    Attributes:
        experts: (n, k) int64, distinct within a row.
        weights: (n, k), each row sums to 1.
    """

    experts: Tensor
    weights: Tensor


class Router(nn.Module):
    """Chooses k of the experts for each token, in float32 at least.

    Args:
        hidden: width of the tokens.
        experts: how many there are.
        top_k: how many a token passes.
        gate: `sigmoid` or `softmax`.
        balance_step: what the bias moves in `rebalance`.
    """

    bias: Tensor

    def __init__(self, hidden: int, experts: int, top_k: int, gate: Literal["sigmoid", "softmax"], balance_step: float) -> None:
        super().__init__()
        self.top_k, self.gate, self.balance_step = top_k, gate, balance_step
        self.weight = nn.Parameter(torch.empty(experts, hidden))
        self.register_buffer("bias", torch.zeros(experts))
        self.load: Tensor | None = (
            None  # tokens of each expert since the last rebalancing; no buffer, so that DDP leaves it alone
        )

    def forward(self, x: Tensor, counted: Tensor | None = None) -> Routing:
        """Choose.

        Args:
            x: (n, hidden).
            counted: (n,) bool, tokens that count for the load; None for all.
        """
        with torch.autocast(x.device.type, enabled=False):
            exact = torch.promote_types(x.dtype, torch.float32)
            logits = F.linear(x.to(exact), self.weight.to(exact))
            affinity = logits.sigmoid() if self.gate == "sigmoid" else logits.softmax(-1)
        chosen = (affinity + self.bias).topk(self.top_k, dim=-1, sorted=False).indices
        weights = affinity.gather(-1, chosen)
        if self.training:
            self._count(chosen if counted is None else chosen[counted])
        return Routing(chosen, weights / weights.sum(-1, keepdim=True))

    @torch.no_grad()
    def rebalance(self) -> None:
        """Move the bias by the sign of what each expert lacks, or has too much, of an even share; begin to count anew."""
        if self.load is not None:
            self.bias += self.balance_step * (self.load.mean() - self.load).sign()
            self.load = None

    @torch.no_grad()
    def _count(self, chosen: Tensor) -> None:
        load = torch.bincount(chosen.flatten(), minlength=len(self.bias)).to(self.bias.dtype)
        self.load = load if self.load is None else self.load + load
