"""The critic's network: a vision-language model, adapters, and a head that reads scores from what it sees. Vision runs once.

B  works    P  pictures of all    D  width of a token    A  attributes    see `batches.py` for the tensors of a batch
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any, ClassVar

from ppad_model.critic.adapters import add_adapters
from ppad_model.critic.batches import UNLEARNED, WorkBatch
from ppad_model.critic.config import CriticConfig
from ppad_model.critic.head import ScoreHead, TemporalEncoder
from ppad_model.packages import F, Tensor, nn, torch
from ppad_model.trainable import Examined, Trainable
from ppad_model.training.sharding import cut, on_any_rank, whole


@dataclass(frozen=True, slots=True)
class Read:
    """What the language model made of a batch.

    Attributes:
        states: (B, L, D), last hidden states.
        cache: keys and values, where they were asked for.
        positions: (3, B, L), temporal, vertical and horizontal place of each token.
    """

    states: Tensor
    cache: Any
    positions: Tensor


class Critic(Trainable):
    """Scores works and says why.

    Args:
        network: of Qwen2-VL's kind, without adapters; it is changed in place.
    """

    loss_terms: ClassVar[tuple[str, ...]] = ("score_loss", "text_loss")
    error_name: ClassVar[str] = "loss"

    def __init__(self, config: CriticConfig, network: Any) -> None:
        super().__init__()
        self.config = config
        add_adapters(network, config)
        self.network = network
        width, is_sequence = network.config.text_config.hidden_size, config.is_of_processes and config.head_site == "visual"
        self.temporal = TemporalEncoder(width) if is_sequence else None
        self.head = ScoreHead(self.temporal.width if self.temporal else width, len(config.attributes), config.head_width)
        self._cast = network.dtype != torch.float32
        for name in ("means", "spreads"):
            self.register_buffer(name, torch.tensor(getattr(config, name), dtype=torch.float32), persistent=False)
        for place, name in enumerate(("lows", "highs")):
            ends = [scale[place] for scale in config.rubric.scales.values()]
            self.register_buffer(name, torch.tensor(ends, dtype=torch.float32), persistent=False)

    def save_pretrained(self, folder: Any) -> None:
        """Settings and the weights that were trained; see `saving`."""
        from ppad_model.critic.saving import save_critic

        save_critic(self, folder)

    def size(self) -> int:
        """Parameters, the base's included."""
        return sum(weight.numel() for weight in self.parameters())

    def use_checkpointing(self) -> None:
        """Keep no activations within layers while training, but compute them twice: less memory, more time."""
        self.network.activation_checkpointing_enable()

    def units(self) -> list[nn.Module]:
        """What is gathered at a time where the weights are shared out over ranks (`training.sharding`): layers, large tables."""
        network = self.network.model
        tables = [network.language_model.embed_tokens, self.network.lm_head]
        is_tied = tables[0].weight is tables[1].weight
        return [*network.visual.blocks, *network.language_model.layers, *([] if is_tied else tables)]

    def see(self, batch: WorkBatch) -> Any:
        """The one vision pass: merged tokens as transformers gives them, one (n, D) a picture in `pooler_output`."""
        with self._arithmetic():
            return self.network.model.get_image_features(batch.patches, batch.grids, return_dict=True)

    def read(self, batch: WorkBatch, seen: Any, *, keeps: bool = False) -> Read:
        """Read text and pictures.

        Args:
            seen: of `see`.
            keeps: whether to keep keys and values to go on from.
        """
        model = self.network.model
        positions, _ = model.get_rope_index(
            input_ids=batch.tokens, mm_token_type_ids=batch.kinds, image_grid_thw=batch.grids, attention_mask=batch.mask
        )
        with self._arithmetic():
            out = model(
                input_ids=batch.tokens,
                attention_mask=batch.mask,
                position_ids=positions,
                mm_encoder_outputs={"image": seen},
                use_cache=keeps,
            )
        return Read(out.last_hidden_state, out.past_key_values, positions)

    def write_on(self, tokens: Tensor, mask: Tensor, positions: Tensor, cache: Any) -> Tensor:
        """The logits of the token after each of these, (B, vocabulary) float32.

        Args:
            tokens: (B, n) further tokens; mask: (B, all so far); positions: (B, n); cache: keys and values so far, which grows.
        """
        with self._arithmetic():
            out = self.network.model(
                input_ids=tokens,
                attention_mask=mask,
                position_ids=positions.expand(3, *positions.shape),
                cache=cache,
                use_cache=True,
            )
            return self.logits(out.last_hidden_state[:, -1])

    def logits(self, states: Tensor) -> Tensor:
        """Of the next token: (…, D) to (…, vocabulary) float32."""
        with self._arithmetic():
            logits: Tensor = self.network.lm_head(states).float()
        return logits

    def score(self, batch: WorkBatch, seen: Any, read: Read | None = None) -> Tensor:
        """z-scores, (B, A).

        Args:
            read: of `read`; the `text` head needs it, the `visual` one never looks at it.
        """
        with torch.autocast(batch.tokens.device.type, enabled=False):
            if self.config.head_site == "text" and read is not None:
                states = read.states[torch.arange(len(batch), device=batch.tokens.device), batch.read_at]
                scores: Tensor = self.head(states)
                return scores
            vectors = torch.stack([tokens.float().mean(dim=0) for tokens in seen.pooler_output])
            if self.temporal is None:
                return self.head(vectors[batch.counts.cumsum(0) - 1])
            return self.head(self.temporal(_padded(vectors, batch.counts), batch.counts, batch.references))

    def on_scale(self, scores: Tensor) -> Tensor:
        """z-scores as scores within the scales."""
        found: Tensor = scores * self.spreads + self.means
        return torch.minimum(torch.maximum(found, self.lows), self.highs)

    def step_losses(self, batch: WorkBatch) -> Tensor:
        """See `Trainable`: λ·score + text, the score's and the text's loss."""
        _, score, text = self._losses(batch)
        return torch.stack((self.config.score_weight * score.mean() + text.mean(), score.mean(), text.mean()))

    def examine(self, batch: WorkBatch) -> Examined:
        """See `Trainable`; errors are the loss of each work."""
        scores, score, text = self._losses(batch)
        return Examined(self.on_scale(scores), self.config.score_weight * score + text)

    def learned_state(self) -> Mapping[str, Tensor]:
        """What is trained: head, merger and adapters; in full, on all ranks together where they are sharded."""
        return whole(self._learned())

    def load_learned_state(self, state: Mapping[str, Tensor]) -> None:
        """Take over what `learned_state` gave.

        Raises:
            RuntimeError: a weight is missing, is too many, or has another shape.
        """
        own = self._learned()
        if own.keys() != state.keys():
            odd = sorted(own.keys() ^ state.keys())
            raise RuntimeError(f"{len(odd)} weights are missing or too many, {odd[0]} first")
        self.load_state_dict({name: cut(value, own[name]) for name, value in state.items()}, strict=False)

    def _learned(self) -> dict[str, Tensor]:
        return {name: weight.detach() for name, weight in self.named_parameters() if weight.requires_grad}

    def _losses(self, batch: WorkBatch) -> tuple[Tensor, Tensor, Tensor]:
        """z-scores (B, A), and the losses of each work (B,), 0 where it has no score, or no critique."""
        seen, learned = self.see(batch), batch.labels != UNLEARNED
        # Ranks of a sharded critic gather its layers together: all read where one has something to read.
        needs_text = self.config.head_site == "text" or on_any_rank(bool(learned.any()), self, batch.tokens.device)
        read = self.read(batch, seen) if needs_text else None
        scores = self.score(batch, seen, read)
        known = batch.targets.isfinite()
        aims = ((batch.targets - self.means) / self.spreads).where(known, scores.detach())
        score = F.smooth_l1_loss(scores, aims, reduction="none").sum(dim=1) / known.sum(dim=1).clamp(min=1)
        if read is None:
            return scores, score, torch.zeros_like(score)
        return scores, score, self._text_loss(read.states[:, :-1], batch.labels[:, 1:], learned[:, 1:])

    def _text_loss(self, states: Tensor, labels: Tensor, learned: Tensor) -> Tensor:
        """(B,) mean cross-entropy over the learned tokens of each work; only their logits are computed."""
        each = F.cross_entropy(self.logits(states[learned]), labels[learned], reduction="none")
        rows = learned.nonzero()[:, 0]
        sums = torch.zeros(len(labels), device=each.device).index_add(0, rows, each)
        return sums / learned.sum(dim=1).clamp(min=1)

    def _arithmetic(self) -> Any:
        """Weights of bfloat16 beside trained ones of float32 meet in bfloat16."""
        return torch.autocast(self.means.device.type, torch.bfloat16) if self._cast else nullcontext()


def _padded(vectors: Tensor, counts: Tensor) -> Tensor:
    """(P, D), one after the other, to (B, T, D) with 0 behind the last of each work."""
    parts = torch.split(vectors, counts.tolist())
    return torch.nn.utils.rnn.pad_sequence(list(parts), batch_first=True)
