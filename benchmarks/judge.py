"""How fast PPJudge assesses, beside the models of the paper's Table 2 and a dense transformer of as many active parameters.

    python -m benchmarks.judge [--device cpu|cuda] [--dtype float32|bfloat16] [--threads 1] [--rounds 5] [--repeats 5]

A process of ten frames with a picture as reference, batch 1; then the tenth frame alone, after nine that were seen (a model
that averages frames only embeds it). Each round runs every contender in a process of its own, another one first each time;
tables show medians over the rounds. "× floor" is the time over that of the operations the task cannot do without, at the rate
of a large matrix product in the same round.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Sequence
from statistics import median

from benchmarks.common import Calm, Contender, Cost, machine_facts, measure_rounds, print_table, verdict
from benchmarks.judge_contenders import Setting, Timing, contender, expert_layer, one_more, product, whole_pass

MODELS = {
    "PPJudge": "ppjudge-paper",
    "dense transformer": "ppjudge-dense",
    "SAAN": "saan",
    "ArtCLIP": "artclip",
    "AACP-style": "aacp-style",
}
TOKENS = (2816, 256)
"""Tokens of a whole process with its reference, and of one frame."""
LAYERS = {"by expert": "by_expert", "by gates": "by_gates", "dense": "dense"}

Timings = dict[str, list[Timing]]


def contenders(setting: Setting) -> list[Contender]:
    """All that is timed in a round."""
    found = [contender("product", product, setting)]
    for title, name in MODELS.items():
        found += [contender(f"{title}, all", whole_pass, name, setting), contender(f"{title}, one", one_more, name, setting)]
    for title, kind in LAYERS.items():
        found += [contender(f"{title}, {count}", expert_layer, kind, count, setting) for count in TOKENS]
    return found


def ratio(of: Sequence[Timing], to: Sequence[Timing], seconds: Callable[[Timing], float]) -> float:
    """Median over the rounds of the ratio of times."""
    return median(seconds(one) / seconds(other) for one, other in zip(of, to, strict=True))


def times_floor(found: Timings, name: str, seconds: Callable[[Timing], float]) -> float:
    """Median over the rounds of the time over that of its operations at the rate of the product."""
    return median(
        seconds(own) / (own.gflop * seconds(limit) / limit.gflop)
        for own, limit in zip(found[name], found["product"], strict=True)
    )


def print_models(found: Timings, seconds: Callable[[Timing], float]) -> None:
    """Latency, throughput and memory of each model."""
    rows = []
    for title in MODELS:
        whole, one = found[f"{title}, all"], found[f"{title}, one"]
        rows.append(
            (
                title,
                *(f"{1000 * median(timing.wall_s for timing in timings):.0f}" for timings in (whole, one)),
                *(f"{1000 * median(timing.cpu_s for timing in timings):.0f}" for timings in (whole, one)),
                f"{10 / median(timing.wall_s for timing in whole):.1f}",
                f"{median(timing.gflop for timing in whole):.0f}",
                f"{times_floor(found, f'{title}, all', seconds):.2f}",
                f"{median(timing.peak_mb for timing in whole):.0f}",
                f"{ratio(whole, found['PPJudge, all'], seconds):.2f}",
                f"{ratio(one, found['PPJudge, one'], seconds):.2f}",
            )
        )
    heads = [
        "",
        "10 frames: ms",
        "1 more: ms",
        "10: CPU-ms",
        "1 more: CPU-ms",
        "frames/s",
        "GFLOP",
        "× floor",
        "peak MB",
        "10: × PPJudge",
        "1 more: × PPJudge",
    ]
    print_table("One process of ten frames, and its tenth frame alone", heads, rows)


def print_layers(found: Timings, seconds: Callable[[Timing], float]) -> None:
    """The experts of one block."""
    rows = []
    for title in LAYERS:
        cells = []
        for count in TOKENS:
            own, dense = found[f"{title}, {count}"], found[f"dense, {count}"]
            cells += [f"{1000 * median(map(seconds, own)):.2f}", f"{ratio(own, dense, seconds):.2f}"]
        rows.append((title, *cells))
    heads = ["experts of a block"]
    for count in TOKENS:
        heads += [f"{count} tokens: ms", "× dense"]
    print_table("Router, shared and routed experts, beside a dense layer of the same operations", heads, rows)


def print_goals(found: Timings, seconds: Callable[[Timing], float], device: str) -> None:
    """What was aimed at, and whether it was met."""
    whole = found["PPJudge, all"]
    layer = "by_gates" if device == "cuda" else "by_expert"
    title = next(name for name, kind in LAYERS.items() if kind == layer)
    step = ratio(found["PPJudge, one"], whole, seconds)
    experts = ratio(found[f"{title}, 2816"], found["dense, 2816"], seconds)
    rows = [
        ("incremental step / full pass", f"{step:.3f}", verdict(step, 1 / 6, at_most=True)),
        ("experts / dense layer, 2816 tokens", f"{experts:.2f}", verdict(experts, 1.5, at_most=True)),
    ]
    for name in ("SAAN", "ArtCLIP", "AACP-style"):
        times = ratio(found[f"{name}, all"], whole, seconds)
        rows.append((f"{name} / PPJudge, 10 frames", f"{times:.2f}", verdict(times, 1)))
    print_table("Goals", ["", "measured", "goal"], rows)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--device", choices=("cpu", "cuda"), default="cpu")
    parser.add_argument("--dtype", choices=("float32", "bfloat16"), default="float32")
    parser.add_argument("--threads", type=int, default=1, help="of the CPU")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--repeats", type=int, default=5, help="timed calls of each contender in a round")
    options = parser.parse_args()
    setting = Setting(options.device, options.dtype, options.threads, options.repeats)
    calm, started = Calm(), time.strftime("%d %B %Y")
    costs: dict[str, list[Cost]] = measure_rounds(contenders(setting), options.rounds)
    found: Timings = {name: [cost.result for cost in rounds] for name, rounds in costs.items()}

    def seconds(timing: Timing) -> float:
        """On the CPU, ratios compare CPU-seconds: other programs disturb them less."""
        return timing.wall_s if setting.device == "cuda" else timing.cpu_s

    print(f"{started}, {setting.device}, {setting.dtype}, {setting.threads} thread(s), {options.rounds} rounds")
    print(f"{machine_facts(('torch', 'transformers'))}; {calm}")
    print_models(found, seconds)
    print_layers(found, seconds)
    print_goals(found, seconds, setting.device)


if __name__ == "__main__":
    main()
