"""One transformer block: block-causal attention, then shared and routed experts, each with a residual."""

from __future__ import annotations

from collections.abc import Sequence

from ppad_model.packages import Tensor, nn
from ppad_model.ppjudge.attention import BlockCausalAttention
from ppad_model.ppjudge.config import JudgeConfig
from ppad_model.ppjudge.experts import RoutedExperts, SharedExperts
from ppad_model.ppjudge.memory import Memory
from ppad_model.ppjudge.positions import Rotation
from ppad_model.ppjudge.routing import Router


class Block(nn.Module):
    """Pre-norm: x + attention(norm(x)), then x + shared(norm(x)) + routed(norm(x))."""

    def __init__(self, config: JudgeConfig) -> None:
        super().__init__()
        self.attention_norm = nn.RMSNorm(config.hidden, eps=1e-6)
        self.attention = BlockCausalAttention(config.hidden, config.heads)
        self.experts_norm = nn.RMSNorm(config.hidden, eps=1e-6)
        self.shared = SharedExperts(config.hidden, config.shared_experts, config.rank)
        self.router = self.routed = None
        if config.depths:
            self.router = Router(config.hidden, len(config.depths), config.top_k, config.gate, config.balance_step)
            self.routed = RoutedExperts(config.hidden, config.depths, config.rank)

    def forward(
        self,
        x: Tensor,
        rotate: Rotation,
        parts: Sequence[int],
        memory: Memory | None = None,
        visible: Tensor | None = None,
        counted: Tensor | None = None,
    ) -> tuple[Tensor, Tensor, Memory]:
        """One block.

        Args:
            x, rotate, parts, memory, visible: as `BlockCausalAttention` takes them.
            counted: (B, n) bool, tokens that count for the experts' load; None for all.

        Returns:
            the tokens, (B, n, hidden); the output O_se of the shared experts, of the same shape; the memory.
        """
        attended, memory = self.attention(self.attention_norm(x), rotate, parts, memory, visible)
        x = x + attended
        normed = self.experts_norm(x)
        shared = self.shared(normed)
        x = x + shared
        if self.router is not None and self.routed is not None:
            flat = normed.flatten(0, 1)
            routing = self.router(flat, None if counted is None else counted.flatten())
            x = x + self.routed(flat, routing).view_as(x)
        return x, shared, memory
