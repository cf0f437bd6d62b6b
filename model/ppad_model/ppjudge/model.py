"""PPJudge: Scores = M(P | R), eight scores of a painting process P given its reference R.

Notation: B processes, T frames, m tokens a frame, R tokens of the reference, A attributes, L blocks.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Self

from ppad.errors import ShapeError
from ppad_model.assessor import Assessment, Assessor
from ppad_model.clip import CLIP_B16
from ppad_model.inputs import Lengths, Reference, align_frames, split_reference, unit_range
from ppad_model.losses import Losses, score_loss, style_alphas, style_loss
from ppad_model.packages import Tensor, nn, torch
from ppad_model.ppjudge.block import Block
from ppad_model.ppjudge.config import JudgeConfig
from ppad_model.ppjudge.memory import Memory
from ppad_model.ppjudge.positions import Positions, Rotation
from ppad_model.ppjudge.presets import preset
from ppad_model.ppjudge.references import ReferenceTokens
from ppad_model.ppjudge.routing import Router
from ppad_model.weights import local_folder


@dataclass(frozen=True, slots=True)
class JudgeState:
    """A process so far. It never changes: a step gives a new one, and several steps may begin at one state.

    Attributes:
        frames: how many were seen.
        memories: what each block's attention remembers.
        visible: (B, R) bool, real tokens of the reference; None where all are.
        pooled: (B, hidden), the sum over the frames so far of the mean of their tokens.
    """

    frames: int
    memories: tuple[Memory, ...]
    visible: Tensor | None
    pooled: Tensor


class PPJudge(Assessor):
    """The judge of the paper; `from_preset("paper")` has its 17.21 M parameters.

    The projection of prompts is not among them: the paper counts none.
    """

    config_class: ClassVar[type[JudgeConfig]] = JudgeConfig
    config: JudgeConfig
    _beside: ClassVar[tuple[str, ...]] = ("reference.prompt",)

    def __init__(self, config: JudgeConfig) -> None:
        config = _with_encoders(config)
        super().__init__(config)
        self.positions = Positions.of(config)
        self.patches = nn.Conv2d(3, config.hidden, config.patch_size, stride=config.patch_size)
        self.reference = ReferenceTokens(config)
        self.blocks = nn.ModuleList(Block(config) for _ in range(config.blocks))
        self.norm = nn.RMSNorm(config.hidden, eps=1e-6)
        self.style_projection = nn.Linear(config.hidden, config.style_dim, bias=False)
        wide, narrow = config.classifier
        self.classifier = nn.Sequential(
            nn.Linear(config.hidden, wide),
            nn.SiLU(),
            nn.Linear(wide, narrow),
            nn.SiLU(),
            nn.Linear(narrow, len(config.attributes)),
        )
        self._initialize()

    @classmethod
    def from_preset(cls, name: str = "paper", **changes: Any) -> Self:
        """A model with random weights.

        Args:
            name: `paper`, `tiny`, a row of the paper's ablations, or `size/row` (`preset_names()` lists them).
            changes: settings that differ.

        Raises:
            NotFoundError: there is no such preset.
            ConfigError: a change is unknown or out of range.
        """
        return cls(preset(name, **changes))

    def forward(
        self, frames: Tensor, reference: Reference = None, *, lengths: Lengths = None, mask: Tensor | None = None
    ) -> Assessment:
        """Assess processes: as `Assessor.forward`. One pass also gives the scores up to each frame, `curve`."""
        frames, counts = align_frames(frames, lengths, mask, self.config)
        batch, count = frames.shape[:2]
        tokens, visible = self._reference_tokens(reference, batch)
        slot, m = tokens.shape[1], self.config.tokens
        x = torch.cat((tokens, self._embed(frames.flatten(0, 1)).reshape(batch, count * m, -1)), dim=1)
        angles = torch.cat((self.positions.reference_angles(slot, x.device), self.positions.frame_angles(1, count, x.device)))
        rotate, parts = Rotation.of(angles, x.dtype), [slot] + [m] * count
        real = None if counts is None else torch.arange(count, device=x.device) < counts[:, None]
        seen = _join(visible, None, (batch, slot, count * m), x.device)
        counted = _join(visible, None if real is None else real.repeat_interleave(m, 1), (batch, slot, count * m), x.device)
        styles = []
        for block in self.blocks:
            x, shared, _ = block(x, rotate, parts, None, seen, counted)
            if self.training:
                styles.append(self._style(shared[:, slot:].unflatten(1, (count, m)).mean(2), real))
        pooled = self.norm(x[:, slot:]).unflatten(1, (count, m)).mean(2)
        if self.config.readout == "all_frames":
            pooled = pooled.cumsum(1) / torch.arange(1, count + 1, device=x.device)[:, None]
        raw_curve = self.classifier(pooled)
        if counts is None or real is None:
            return self._assessment(raw_curve[:, -1], raw_curve, styles)
        raw = raw_curve[torch.arange(batch, device=x.device), counts - 1]
        return self._assessment(raw, raw_curve.masked_fill(~real[..., None], torch.nan), styles)

    @torch.no_grad()
    def start(self, reference: Reference = None, batch_size: int | None = None) -> JudgeState:
        """The state before the first frame.

        Args:
            reference: as `forward` takes it.
            batch_size: number of processes; 1 where the reference does not tell.

        Raises:
            ShapeError: the number of references differs from it, or a picture does not fit.
            WeightsError: a prompt needs a CLIP that is not on this machine.
        """
        if reference is None or isinstance(reference, str):
            batch = 1 if batch_size is None else batch_size
        else:
            batch = len(reference) if batch_size is None else batch_size
        x, visible = self._reference_tokens(reference, batch)
        slot = x.shape[1]
        rotate = Rotation.of(self.positions.reference_angles(slot, x.device), x.dtype)
        memories = []
        for block in self.blocks:
            x, _, memory = block(x, rotate, [slot], None, visible)
            memories.append(memory)
        return JudgeState(0, tuple(memories), visible, x.new_zeros(batch, self.config.hidden))

    @torch.no_grad()
    def step(self, state: JudgeState, frame: Tensor) -> tuple[JudgeState, Tensor]:
        """See one more frame: the scores are those of the full pass up to here, at the price of this frame.

        Args:
            state: of `start`, or of the step before.
            frame: (B, 3, S, S), as frames are in `forward`.

        Returns:
            the new state, and the scores, (B, A) on the scale.

        Raises:
            ShapeError: the frame does not fit the model or the state.
        """
        batch, size = len(state.pooled), self.config.image_size
        if frame.shape != (batch, 3, size, size):
            raise ShapeError(
                f"The frame has shape {tuple(frame.shape)}; {(batch, 3, size, size)} is expected.",
                "Give one frame for each process of the state.",
            )
        x, m, t = self._embed(frame), self.config.tokens, state.frames + 1
        rotate = Rotation.of(self.positions.frame_angles(t, 1, x.device), x.dtype)
        slot = 0 if state.visible is None else state.visible.shape[1]
        seen = _join(state.visible, None, (batch, slot, t * m), x.device)
        memories = []
        for block, memory in zip(self.blocks, state.memories, strict=True):
            x, _, memory = block(x, rotate, [m], memory, seen)
            memories.append(memory)
        pooled = self.norm(x).mean(1)
        together = state.pooled + pooled
        raw = self.classifier(together / t if self.config.readout == "all_frames" else pooled)
        return JudgeState(t, tuple(memories), state.visible, together), self._assessment(raw, None, []).scores

    def loss(self, out: Assessment, targets: Tensor, styles: Tensor | None = None) -> Losses:
        """L = L_style + λ·L_score, Eq. 8; the style term has a factor of its own, 1 in the paper."""
        score = score_loss(out.raw, targets / self.config.score_high)
        style = torch.zeros_like(score)
        if out.style is not None and styles is not None and self.config.style_weight:
            alphas = style_alphas(self.config.blocks, self.config.style_alpha_max, self.config.style_alpha_growth)
            style = style_loss(out.style, styles, alphas.to(score.device))
        return Losses(self.config.style_weight * style + self.config.score_weight * score, score, style)

    def after_step(self) -> None:
        """Balance the experts' load, over all ranks together."""
        routers = [module for module in self.modules() if isinstance(module, Router) and module.load is not None]
        if routers and torch.distributed.is_available() and torch.distributed.is_initialized():
            loads = torch.stack([router.load for router in routers if router.load is not None])
            torch.distributed.all_reduce(loads)
            for router, load in zip(routers, loads, strict=True):
                router.load = load
        for router in routers:
            router.rebalance()

    def _embed(self, pictures: Tensor) -> Tensor:
        """Pictures (N, 3, S, S) to tokens (N, m, hidden): mean and deviation 0.5, as in the authors' loader."""
        scaled = unit_range(pictures, self.patches.weight.dtype) * 2 - 1
        return self.patches(scaled).flatten(2).transpose(1, 2)

    def _reference_tokens(self, reference: Reference, batch: int) -> tuple[Tensor, Tensor | None]:
        references = split_reference(reference, batch, self.config.image_size)
        return self.reference(references, self._embed)

    def _style(self, shared: Tensor, real: Tensor | None) -> Tensor:
        """E_se = W_proj·O_se, Eq. 4: the mean over the real frames of the shared experts' output, projected; (B, T, hidden)."""
        if real is None:
            return self.style_projection(shared.mean(1))
        return self.style_projection((shared * real[..., None]).sum(1) / real.sum(1, keepdim=True))

    def _assessment(self, raw: Tensor, raw_curve: Tensor | None, styles: Sequence[Tensor]) -> Assessment:
        style = torch.stack(list(styles), dim=1) if styles else None
        return Assessment(raw, self.config.score_low, self.config.score_high, raw_curve, style)

    def _initialize(self) -> None:
        """Normal weights of deviation 0.02, smaller with depth where a residual ends; the classifier starts at mid-scale."""
        outer = {name for name, _ in self.named_parameters() if name.endswith(("attention.out.weight", "shared.up", "routed.up"))}
        for name, parameter in self.named_parameters():
            if name.startswith("classifier") or "norm" in name:
                continue
            if name.endswith("bias"):
                nn.init.zeros_(parameter)
            else:
                nn.init.normal_(parameter, std=0.02 / (2 * self.config.blocks) ** 0.5 if name in outer else 0.02)
        last = self.classifier[-1]
        nn.init.normal_(last.weight, std=0.02)
        nn.init.constant_(last.bias, (self.config.score_low + self.config.score_high) / 2 / self.config.score_high)


def _with_encoders(config: JudgeConfig) -> JudgeConfig:
    """The settings with what `auto` stands for on this machine."""
    clip = local_folder(CLIP_B16) is not None
    found = {}
    if config.text_encoder == "auto":
        found["text_encoder"] = CLIP_B16 if clip and config.text_dim == 512 else "hash"
    if config.style_encoder == "auto":
        found["style_encoder"] = CLIP_B16 if clip and config.style_dim == 512 else "label-code"
    return config.model_copy(update=found)


def _join(reference: Tensor | None, frames: Tensor | None, shape: tuple[int, int, int], device: torch.device) -> Tensor | None:
    """Masks of the reference slot, (B, R), and of the frames' tokens, (B, n), as one; None counts as all, and two as none."""
    if reference is None and frames is None:
        return None
    batch, slot, count = shape
    parts = [
        mask if mask is not None else torch.ones(batch, size, dtype=torch.bool, device=device)
        for mask, size in ((reference, slot), (frames, count))
    ]
    return torch.cat(parts, dim=1)
