"""What a critic costs: vision passes, tokens a second, memory with and without checkpointing, the head alone.

    python -m benchmarks.critic [--size tiny|small|2b] [--device cpu|cuda] [--dtype float32|bfloat16] [--batch 4]

Weights are random, `2b` has the sizes of Qwen2-VL-2B; what a step costs does not depend on their values. Every figure comes from
a process of its own. With `--size 2b` the figures are carried over to 7B, with the arithmetic shown.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.common import Calm, Contender, machine_facts, measure, peak_mb, print_table

TEXT = {
    "tiny": None,
    "small": {
        "hidden_size": 256, "intermediate_size": 768, "num_hidden_layers": 6, "num_attention_heads": 8, "num_key_value_heads": 2,
        "mrope_section": [4, 6, 6],
    },
    "2b": {
        "hidden_size": 1536, "intermediate_size": 8960, "num_hidden_layers": 28, "num_attention_heads": 12,
        "num_key_value_heads": 2, "vocab_size": 151936, "mrope_section": [16, 24, 24],
    },
}  # fmt: skip
VISION = {
    "small": {"depth": 6, "embed_dim": 160, "num_heads": 4, "hidden_size": 256, "patch_size": 14, "mlp_ratio": 4},
    "2b": {"depth": 32, "embed_dim": 1280, "num_heads": 16, "hidden_size": 1536, "patch_size": 14, "mlp_ratio": 4},
}
PICTURES = {"tiny": 16, "small": 64, "2b": 256}
"""Merged tokens of the picture."""
LANGUAGE_7B, LANGUAGE_2B, VISION_ALL, EMBEDDING_7B = 6.53e9, 1.31e9, 0.665e9, 0.545e9
"""Weights of the language models' layers, of the visual encoder that both have, and of 7B's embedding and output layer, each."""


@dataclass(frozen=True)
class Setting:
    """What is measured."""

    size: str
    device: str
    dtype: str
    batch: int
    tokens: int
    rounds: int


def make_base(folder: Path) -> None:
    """The tiny base, whose tokenizer all sizes have."""
    from ppad.critique import layout
    from ppad.rubric import load_rubric
    from ppad_model.critic.tiny import make_tiny_base

    make_tiny_base(folder, [layout(load_rubric("artwork-5"))], 0)


def make_critic(setting: Setting, made: Path | None = None, **changes: Any) -> tuple[Any, Any]:
    """A critic of random weights on the device, and what makes its batches; `made` is of `make_base`."""
    import torch

    from ppad.rubric import load_rubric
    from ppad_model.critic.base import find_base
    from ppad_model.critic.batches import GatherWorks
    from ppad_model.critic.config import CriticConfig
    from ppad_model.critic.model import Critic

    rubric = load_rubric("artwork-5")
    scales = list(rubric.scales.values())
    with tempfile.TemporaryDirectory() as folder:
        if made is None:
            make_base(Path(folder) / "base")
        base = find_base(str(made or Path(folder) / "base"))
        tokens = base.tokens()
        network = base.network(32) if setting.size == "tiny" else random_network(setting, base)
        patch = network.config.vision_config.patch_size
        config = CriticConfig(
            rubric=rubric, base=base.facts.model_copy(update={"token_side": 2 * patch}), sections=rubric.attribute_ids,
            critiques=1, means=tuple((low + high) / 2 for low, high in scales),
            spreads=tuple((high - low) / 4 for low, high in scales),
            bits=32, picture_tokens=PICTURES[setting.size], paragraph_tokens=setting.tokens, **changes,
        )  # fmt: skip
        pictures = base.pictures(config.max_pixels)
    pictures.patch_size = patch
    torch.manual_seed(0)
    return Critic(config, network).to(setting.device), GatherWorks(config, tokens, pictures)


def random_network(setting: Setting, base: Any) -> Any:
    """A network of a published size, with the tiny base's tokenizer."""
    import torch
    import transformers

    own = transformers.AutoConfig.from_pretrained(base.folder)
    text = dict(TEXT[setting.size] or {})
    sections = text.pop("mrope_section")
    rope = {"rope_type": "default", "rope_theta": 1e6, "mrope_section": sections}
    text = {"vocab_size": own.text_config.vocab_size} | text | {"rope_parameters": rope, "tie_word_embeddings": True}
    marks = {name: getattr(own, name) for name in ("image_token_id", "video_token_id", "vision_start_token_id")}
    config = transformers.Qwen2VLConfig(text_config=text, vision_config=VISION[setting.size], tie_word_embeddings=True, **marks)
    with torch.device(setting.device):
        network = transformers.Qwen2VLForConditionalGeneration(config)
    return network.to(getattr(torch, setting.dtype))


def works(setting: Setting) -> list[Any]:
    """Pictures that fill their tokens, with a critique each."""
    import numpy as np

    from ppad.critique import Critique, Passage
    from ppad.rubric import load_rubric
    from ppad_model.critic.examples import Work
    from ppad_model.critic.prompt import Shown

    chance, names = np.random.default_rng(0), load_rubric("artwork-5").attribute_ids
    side = int(PICTURES[setting.size] ** 0.5) * (16 if setting.size == "tiny" else 28)
    critique = Critique({name: Passage(5, "The colours are sure and carry the mood of the evening.") for name in names})
    shown = Shown("A harbour at dusk.", False, (), 1)
    return [
        Work(f"w{n}", (chance.integers(0, 255, (side, side, 3), dtype=np.uint8),), shown, (5.0,) * 5 + (50.0,), (critique,))
        for n in range(setting.batch)
    ]


def settle(setting: Setting) -> None:
    """Wait until the device is done."""
    if setting.device == "cuda":
        import torch

        torch.cuda.synchronize()


def writing(setting: Setting) -> Callable[[], dict[str, float]]:
    """Write critiques; counts vision passes and the tokens that the model chose."""
    import torch

    from ppad_model.critic.predicting import write_works

    if setting.device == "cpu":
        torch.set_num_threads(1)
    critic, gather = make_critic(setting)
    critic.eval()
    passes, steps = [], []
    critic.network.model.visual.register_forward_pre_hook(lambda *_: passes.append(1))
    critic.network.lm_head.register_forward_pre_hook(lambda *_: steps.append(1))
    batch = works(setting)

    def run() -> dict[str, float]:
        best = float("inf")
        for _ in range(setting.rounds):
            passes.clear(), steps.clear()
            settle(setting)
            began = time.perf_counter()
            write_works(critic, gather, batch)
            settle(setting)
            best = min(best, time.perf_counter() - began)
        return {"passes": len(passes), "seconds": best, "per_second": len(steps) * len(batch) / best}

    return run


def scoring(setting: Setting) -> Callable[[], dict[str, float]]:
    """Score one picture: vision and head, no token."""
    import torch

    from ppad_model.critic.predicting import write_works

    if setting.device == "cpu":
        torch.set_num_threads(1)
    critic, gather = make_critic(setting)
    critic.eval()
    one = works(setting)[:1]

    def run() -> dict[str, float]:
        times = []
        for _ in range(3 + 5 * setting.rounds):
            settle(setting)
            began = time.perf_counter()
            write_works(critic, gather, one, text=False)
            settle(setting)
            times.append(time.perf_counter() - began)
        return {"ms": 1000 * sorted(times[3:])[len(times[3:]) // 2]}

    return run


def training(setting: Setting, checkpointing: bool) -> Callable[[], dict[str, float]]:
    """Take optimizer steps; works a second, and the most memory that was held."""
    import torch

    if setting.device == "cpu":
        torch.set_num_threads(1)
    critic, gather = make_critic(setting, dropout=0.0)
    if checkpointing:
        critic.use_checkpointing()
    critic.train()
    optimizer = torch.optim.AdamW([weight for weight in critic.parameters() if weight.requires_grad], lr=1e-4)
    batch = gather(works(setting), 0).to(setting.device)
    resting = peak_mb() if setting.device == "cpu" else torch.cuda.memory_allocated() / 1e6

    def run() -> dict[str, float]:
        best = float("inf")
        for _ in range(1 + setting.rounds):
            settle(setting)
            began = time.perf_counter()
            critic.step_losses(batch)[0].backward()
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)
            settle(setting)
            best = min(best, time.perf_counter() - began)
        peak = peak_mb() if setting.device == "cpu" else torch.cuda.max_memory_allocated() / 1e6
        return {"per_second": setting.batch / best, "peak_mb": peak, "above_mb": peak - resting, "tokens": batch.tokens.shape[1]}

    return run


def print_seven_billion(whole: dict[str, float], setting: Setting) -> None:
    """From 2B to 7B on paper: operations by the weights that each token passes, memory by its parts."""
    tokens, patches = whole["tokens"], 4 * PICTURES[setting.size]
    costs = [tokens * language + patches * VISION_ALL for language in (LANGUAGE_2B, LANGUAGE_7B)]
    rate = whole["per_second"] * costs[0] / costs[1]
    weights = (LANGUAGE_7B + VISION_ALL + 2 * EMBEDDING_7B) * (2 if setting.dtype == "bfloat16" else 4) / 1e6
    layers = 28 * 3584 / (28 * 1536)
    print(f"\nA work costs {tokens:.0f} tokens × weights of the language model's layers + {patches} patches × 0.665·10⁹.")
    print(f"2B: {costs[0]:.3g}, 7B: {costs[1]:.3g} multiply-adds, {costs[1] / costs[0]:.2f} times as many.")
    print(f"Works a second: {whole['per_second']:.2f} / {costs[1] / costs[0]:.2f} = {rate:.2f}.")
    print(
        f"Memory: weights {weights:,.0f} MB + activations {whole['above_mb']:,.0f} MB × {layers:.2f} (layers × width) = ", end=""
    )
    print(f"{weights + layers * whole['above_mb']:,.0f} MB; adapters of rank 16 and their optimizer add some 0.6 GB.")


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--size", choices=tuple(TEXT), default="tiny")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--dtype", choices=("float32", "bfloat16"), default="float32")
    parser.add_argument("--batch", type=int, default=4)
    parser.add_argument("--tokens", type=int, default=32)
    parser.add_argument("--rounds", type=int, default=3)
    setting = Setting(**vars(parser.parse_args()))
    calm = Calm()
    print(machine_facts(("torch", "transformers", "peft")))
    pictures = PICTURES[setting.size]
    print(f"Size {setting.size}, {setting.device}, {setting.dtype}, {setting.batch} works, {pictures} tokens a picture.")
    written = measure(Contender("writing", writing, (setting,))).result
    head = measure(Contender("head", scoring, (setting,))).result
    plain, saved = (measure(Contender("training", training, (setting, flag))).result for flag in (False, True))
    print_table(
        "Writing",
        ("", "measured"),
        [
            ("vision passes for scores and critiques of a batch", f"{written['passes']}"),
            ("tokens a second, headings included", f"{written['per_second']:.0f}"),
            ("seconds a batch", f"{written['seconds']:.2f}"),
            ("scores alone, one picture, ms", f"{head['ms']:.1f}"),
        ],
    )
    rows = [
        (name, f"{one['per_second']:.2f}", f"{one['peak_mb']:,.0f}", f"{one['above_mb']:,.0f}")
        for name, one in (("all activations kept", plain), ("checkpointing", saved))
    ]
    print_table(f"Training, {plain['tokens']} tokens a work", ("", "works a second", "peak MB", "above rest MB"), rows)
    if setting.size == "2b":
        print_seven_billion(plain, setting)
    print(f"\n{calm}.")


if __name__ == "__main__":
    main()
