"""Block-causal attention: the tokens of a frame see each other, the frames before, and the reference; nothing later."""

from __future__ import annotations

from collections.abc import Sequence

from ppad_model.packages import F, Tensor, nn, torch
from ppad_model.ppjudge.memory import Memory
from ppad_model.ppjudge.positions import Rotation

FEW = 200
"""Tokens up to which one masked product takes less time than one for each frame (training on one core, 10 frames)."""


class BlockCausalAttention(nn.Module):
    """Multi-head attention, without biases, with rotated queries and keys.

    Frames are attended to one after another, each to a slice of the keys: the exact work, without a mask. Very small frames
    are attended to together, masked: twice the products, in one call. The full pass and the incremental step are this one
    function; the step just finds the earlier frames in its memory.

    Args:
        hidden: width of the tokens.
        heads: number of heads.
    """

    def __init__(self, hidden: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.qkv = nn.Linear(hidden, 3 * hidden, bias=False)
        self.out = nn.Linear(hidden, hidden, bias=False)

    def forward(
        self, x: Tensor, rotate: Rotation, parts: Sequence[int], memory: Memory | None = None, visible: Tensor | None = None
    ) -> tuple[Tensor, Memory]:
        """Attend.

        Args:
            x: (B, n, hidden), the tokens of one or more frames; the reference comes before the first.
            rotate: their rotation.
            parts: how many tokens each of them has; they sum to n.
            memory: keys and values of what came before; None at the beginning.
            visible: (B, keys) bool, False for padding among all keys, those of the memory included; None where all count.

        Returns:
            (B, n, hidden), and the memory of these tokens, too.
        """
        query, key, value = self.qkv(x).unflatten(-1, (3, self.heads, -1)).permute(2, 0, 3, 1, 4)
        query, key = rotate(query), rotate(key)
        before = 0 if memory is None else memory.used
        memory = Memory.of(key, value) if memory is None else memory.extended(key, value)
        mask = None if visible is None else visible[:, None, None, :]
        attend = _together if len(parts) > 1 and memory.used <= FEW else _one_by_one
        attended = attend(query, memory.keys, memory.values, parts, before, mask)
        return self.out(attended.transpose(1, 2).flatten(2)), memory


def _one_by_one(query: Tensor, keys: Tensor, values: Tensor, parts: Sequence[int], before: int, mask: Tensor | None) -> Tensor:
    """Each frame to the keys that it knows; `before` of them came earlier."""
    attended, begin = [], 0
    for count in parts:
        end = begin + count
        known = before + end
        own = query[:, :, begin:end]
        seen = None if mask is None else mask[..., :known]
        attended.append(F.scaled_dot_product_attention(own, keys[:, :, :known], values[:, :, :known], attn_mask=seen))
        begin = end
    return torch.cat(attended, dim=2)


def _together(query: Tensor, keys: Tensor, values: Tensor, parts: Sequence[int], before: int, mask: Tensor | None) -> Tensor:
    """The same, of all frames at once: what a frame does not know yet is masked."""
    frame = torch.cat([torch.full((count,), number, device=query.device) for number, count in enumerate(parts)])
    known = F.pad(frame[:, None] >= frame, (before, 0), value=True)
    return F.scaled_dot_product_attention(query, keys, values, attn_mask=known if mask is None else known & mask)
