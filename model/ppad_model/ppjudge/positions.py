"""Where a token stands: rotary position embedding (RoPE) with the temporal correction of Eq. 2, and M-RoPE beside it.

Notation: frame t = 1, 2, … (the reference is t = 0); token j = 1 … m within its frame, row by row; frequency
ω_i = base^(-2i/d) for the pair of channels i = 0 … d/2 - 1 of a head of width d.

Plain RoPE rotates pair i by p·ω_i, p = j + m·(t - 1). Eq. 2 adds θ_time(t) = -β·θ_base·(t/T)^γ. We differ from its letter in
one point: θ_base, RoPE's angle at position 0, is 0, and the correction would vanish; we take θ_base = ω_i, and write
β = κ·m·T, so that κ is a pure number. A token then stands at the effective position

    p_eff(t, j) = j + m·(t - 1) - κ·m·T·(t/T)^γ.

With γ = 1 the number of frames cancels, and κ = 1 - 1/m puts the same patch of the next frame at the next position. With
another γ, T is `max_frames`, fixed: a frame stands in one place, however many come after it, and what was cached stays true.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from ppad_model.packages import Tensor, torch
from ppad_model.ppjudge.config import JudgeConfig, PositionScheme


@dataclass(frozen=True, slots=True)
class Positions:
    """The rule that gives each token its rotation.

    Attributes:
        scheme: `rope`, `corrected` or `mrope`.
        grid: patches along a side; m = grid².
        head_dim: width d of a head.
        base: base of the frequencies.
        kappa, gamma: κ and γ; κ is 0 for plain RoPE.
        horizon: T of Eq. 2.
    """

    scheme: PositionScheme
    grid: int
    head_dim: int
    base: float
    kappa: float
    gamma: float
    horizon: int

    @classmethod
    def of(cls, config: JudgeConfig) -> Self:
        """The rule that a model's settings ask for."""
        return cls(
            config.position, config.grid, config.head_dim, config.rope_base, config.correction, config.gamma, config.max_frames
        )

    def effective(self, t: Tensor, j: Tensor) -> Tensor:
        """p_eff of tokens: Eq. 2 with γ and κ.

        Args:
            t, j: frame and place in the frame of each token, float64; they broadcast.
        """
        m = self.grid**2
        return j + m * (t - 1) - self.kappa * m * self.horizon * (t / self.horizon) ** self.gamma

    def frame_angles(self, first: int, count: int, device: torch.device | str = "cpu") -> Tensor:
        """Angles of the tokens of `count` frames from frame `first` on.

        Returns:
            (count · m, d/2) float64, radians.
        """
        t = torch.arange(first, first + count, dtype=torch.float64, device=device).repeat_interleave(self.grid**2)
        return self._angles(t, torch.arange(self.grid**2, dtype=torch.float64, device=device).repeat(count))

    def reference_angles(self, count: int, device: torch.device | str = "cpu") -> Tensor:
        """Angles of `count` tokens of the reference, at t = 0. A word of a prompt stands where the patch of its number would.

        Returns:
            (count, d/2) float64, radians.
        """
        place = torch.arange(count, dtype=torch.float64, device=device)
        return self._angles(torch.zeros_like(place), place)

    def _angles(self, t: Tensor, place: Tensor) -> Tensor:
        """Angles of tokens in frame t, at a place that counts from 0."""
        if self.scheme == "mrope":
            return self._by_axes(t, place // self.grid, place % self.grid)
        return self.effective(t, place + 1)[:, None] * self._frequencies(t.device)

    def _frequencies(self, device: torch.device | str) -> Tensor:
        pair = torch.arange(self.head_dim // 2, dtype=torch.float64, device=device)
        return self.base ** (-2 * pair / self.head_dim)

    def _by_axes(self, t: Tensor, row: Tensor, column: Tensor) -> Tensor:
        """M-RoPE (Qwen2-VL): a quarter of the pairs turns with time, the others half each with row and column."""
        pairs = self.head_dim // 2
        time = pairs // 4
        rows = (pairs - time) // 2
        axis = torch.tensor([0] * time + [1] * rows + [2] * (pairs - time - rows), device=t.device)
        return torch.stack((t, row, column), 1)[:, axis] * self._frequencies(t.device)


@dataclass(frozen=True, slots=True)
class Rotation:
    """Cosine and sine of the angles of a run of tokens, (n, d/2), in the precision of the network."""

    cos: Tensor
    sin: Tensor

    @classmethod
    def of(cls, angles: Tensor, dtype: torch.dtype) -> Self:
        """From angles in radians, (n, d/2) float64."""
        return cls(angles.cos().to(dtype), angles.sin().to(dtype))

    def __call__(self, x: Tensor) -> Tensor:
        """Turn the pairs of channels (i, i + d/2) of queries or keys.

        Args:
            x: (B, heads, n, d).
        """
        one, two = x.chunk(2, dim=-1)
        return torch.cat((one * self.cos - two * self.sin, two * self.cos + one * self.sin), dim=-1)
