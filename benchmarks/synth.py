"""How fast `ppad synth` paints: the stroke engine, and the batching of the diffusion engines beside plain diffusers.

    python -m benchmarks.synth [--rounds 3] [--only strokes scaling diffusion] [--size 512] [--processes 4]
                               [--device cpu|cuda] [--width 8] [--steps 3] [--picture 64] [--items 4]

Every measurement has a process of its own, imports and loading untimed; rounds are interleaved. The diffusion engines run on
*random* weights in the published layouts, `--width` channels in the first level (8: tiny; the published models have 320): what is
compared is the way they are called, not the models; on the CPU, one thread. Simulation has its own module, `benchmarks.simulate`.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median

from benchmarks import synth_contenders as contenders
from benchmarks.common import (
    Calm,
    Contender,
    Cost,
    machine_facts,
    measure_rounds,
    median_cpu,
    median_wall,
    print_table,
    times_faster,
    verdict,
)

MEDIA = ("oil", "watercolour", "pencil", "ink", "digital")
WORKERS = 2
GOAL_S = 1.5
"""CPU-seconds a process of 512² may take."""


@dataclass(frozen=True)
class Bench:
    """What a run is given.

    Attributes:
        rounds: how often everything is measured.
        size: of the stroke engine's pictures, pixels.
        processes: of the stroke engine, a medium.
        weights: of the diffusion engines.
    """

    rounds: int
    size: int
    processes: int
    weights: contenders.Weights
    width: int


def bench_strokes(bench: Bench) -> None:
    """One core, medium by medium."""
    costs = measure_rounds(
        [Contender(medium, contenders.open_strokes, (medium, bench.size, bench.processes)) for medium in MEDIA], bench.rounds
    )
    rows = []
    for medium, found in costs.items():
        each = median_cpu(found) / bench.processes
        strokes = round(found[0].result / bench.processes)
        rows.append([medium, f"{each:.2f}", verdict(each, GOAL_S, at_most=True), f"{1 / each:.2f}", f"{strokes:,}", _peak(found)])
    heads = ["", "CPU-s a process", "goal", "processes a second and core", "strokes", "peak MB"]
    print_table(f"Stroke engine, {bench.size} × {bench.size} px, 12 key frames, one core", heads, rows)


def bench_scaling(bench: Bench) -> None:
    """One worker process and two, their start included."""
    count = 8 * bench.processes
    names = {number: f"{number} worker{'s' if number > 1 else ''}" for number in (1, WORKERS)}
    costs = measure_rounds(
        [
            Contender(name, contenders.open_strokes_at_once, ("oil", bench.size // 2, count, number))
            for number, name in names.items()
        ],
        bench.rounds,
    )
    rows = [
        [name, f"{median_wall(costs[name]):.2f}", f"{count / median_wall(costs[name]):.2f}", f"{times:.2f}"]
        for name in names.values()
        for times in [times_faster(costs[names[1]], costs[name])]
    ]
    print_table(f"{count} processes of {bench.size // 2} px in oil", ["", "s", "processes a second", "× one worker"], rows)


def bench_diffusion(bench: Bench) -> None:
    """Our batches beside one call an item, with the same weights, scheduler and steps."""
    contenders.write_weights(bench.weights.folder, bench.width)
    plain, alone = "diffusers AnimateDiffPipeline, one call an item", "processpainter, one at a time"
    undo_alone, undo = "paints-undo, one state a call", "paints-undo, 8 states at once"
    batches = {f"processpainter, {batch} at once": batch for batch in (2, bench.weights.items)}
    costs = measure_rounds(
        [
            Contender(plain, contenders.open_plain_pipeline, (bench.weights,)),
            Contender(alone, contenders.open_engine, ("processpainter", bench.weights, 1)),
            *(Contender(n, contenders.open_engine, ("processpainter", bench.weights, b)) for n, b in batches.items()),
            Contender(undo_alone, contenders.open_engine, ("paints-undo", bench.weights, 1)),
            Contender(undo, contenders.open_engine, ("paints-undo", bench.weights, 8)),
        ],
        bench.rounds,
    )
    rows = []
    for name, found in costs.items():
        base = costs[undo_alone] if name.startswith("paints-undo") else costs[plain]
        rate = found[0].result["frames"] / median_wall(found)
        device = f"{median(cost.result['device_mb'] for cost in found):.0f}" if bench.weights.device != "cpu" else "–"
        rows.append([name, f"{rate:.2f}", f"{times_faster(base, found):.2f}", _peak(found), device])
    w = bench.weights
    title = f"{w.items} processes of {w.size} px, {w.steps} steps, random weights of width {bench.width}, {w.device}"
    print_table(title, ["", "frames a second", "× one call", "peak MB", "device MB"], rows)


def _peak(found: Sequence[Cost]) -> str:
    return f"{max(cost.peak_mb for cost in found):.0f}"


SECTIONS: dict[str, Callable[[Bench], None]] = {
    "strokes": bench_strokes,
    "scaling": bench_scaling,
    "diffusion": bench_diffusion,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", nargs="*", choices=SECTIONS, default=list(SECTIONS))
    parser.add_argument("--size", type=int, default=512, help="of the stroke engine's pictures, pixels")
    parser.add_argument("--processes", type=int, default=4, help="of the stroke engine, a medium")
    parser.add_argument("--device", default="cpu", help="of the diffusion engines")
    parser.add_argument("--width", type=int, default=8, help="channels of the random networks' first level")
    parser.add_argument("--steps", type=int, default=3, help="denoising steps")
    parser.add_argument("--picture", type=int, default=64, help="side of the diffusion engines' pictures, pixels")
    parser.add_argument("--items", type=int, default=4, help="processes of the diffusion engines")
    given = parser.parse_args()
    weights = contenders.Weights(contenders.default_folder(given.width), given.device, given.steps, given.picture, given.items)
    bench = Bench(given.rounds, given.size, given.processes, weights, given.width)
    calm = Calm()
    for name in given.only:
        SECTIONS[name](bench)
    print(f"\n{machine_facts(['numpy', 'opencv-python-headless', 'torch', 'diffusers'])}; {calm}.")


if __name__ == "__main__":
    main()
