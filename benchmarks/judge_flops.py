"""The floating-point operations that a pass of PPJudge cannot do without: those of its matrix products."""

from __future__ import annotations

from ppad_model import JudgeConfig


def pass_flops(config: JudgeConfig, frames: int, reference_tokens: int) -> float:
    """Of a full pass over a process."""
    own = [reference_tokens] + [config.tokens] * frames
    return (
        sum(frame_flops(config, tokens, sum(own[: place + 1])) for place, tokens in enumerate(own)) + _classifier(config) * frames
    )


def step_flops(config: JudgeConfig, frame: int, reference_tokens: int) -> float:
    """Of the incremental step that sees frame `frame` = 1, 2, …"""
    return frame_flops(config, config.tokens, reference_tokens + frame * config.tokens) + _classifier(config)


def frame_flops(config: JudgeConfig, tokens: int, keys: int) -> float:
    """Of the tokens of one frame, or of the reference, that attend to so many keys."""
    hidden = config.hidden
    embedding = 3 * config.patch_size**2 * hidden
    projections = 4 * hidden**2
    attention = 2 * keys * hidden
    return 2 * tokens * (embedding + config.blocks * (projections + attention + expert_products(config)))


def expert_products(config: JudgeConfig) -> float:
    """Products of one token with the router and its experts, an even load assumed."""
    routed = len(config.depths)
    levels = config.shared_experts + (config.top_k * sum(config.depths) / routed if routed else 0)
    return 2 * config.hidden * config.rank * levels + config.hidden * routed


def _classifier(config: JudgeConfig) -> float:
    wide, narrow = config.classifier
    return 2 * (config.hidden * wide + wide * narrow + narrow * len(config.attributes))
