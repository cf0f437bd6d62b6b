"""How long `ppad simulate` takes from nothing to a checked dataset, and how large it is.

python -m benchmarks.simulate [--n 2000] [--size 128] [--workers 2]
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.common import Calm, Contender, Cost, Run, machine_facts, measure, print_table, verdict

GOAL_MINUTES, GOAL_N = 10, 2000


def opened(out: str, n: int, size: int, workers: int) -> Run:
    """The whole command, in a process of its own."""
    numbers = f"--n {n} --size {size} --workers {workers} --json".split()
    command = [sys.executable, "-m", "ppad", "simulate", "--out", out, *numbers]
    return lambda: subprocess.run(command, check=True, capture_output=True).returncode


def print_cost(cost: Cost, calm: Calm, folder: Path, n: int, workers: int) -> None:
    """One row, and what the machine did besides."""
    sizes = [sum(file.stat().st_size for file in (folder / name).rglob("*.*")) / 1e6 for name in ("d", "d-collection")]
    within = cost.cpu_s / workers * GOAL_N / n / 60
    heads = ("s", "CPU-s", "CPU-s a process", f"minutes for {GOAL_N} on free cores", "goal", "dataset, MB", "collection, MB")
    row = (cost.wall_s, cost.cpu_s, cost.cpu_s / n, within, verdict(within, GOAL_MINUTES, at_most=True), *sizes)
    cells = [one if isinstance(one, str) else f"{one:.3g}" for one in row]
    print_table(f"{n} processes, {workers} workers", ("", *heads), [["ppad simulate", *cells]])
    print(f"\n{machine_facts(('numpy', 'opencv-python-headless', 'pyarrow', 'pillow'))}; {calm}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--n", type=int, default=GOAL_N, help="processes")
    parser.add_argument("--size", type=int, default=128, help="longer side, pixels")
    parser.add_argument("--workers", type=int, default=2)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="ppad-simulate-") as folder:
        calm = Calm()
        out = str(Path(folder) / "d")
        cost = measure(Contender("ppad simulate", opened, (out, options.n, options.size, options.workers), limit_s=7200))
        print_cost(cost, calm, Path(folder), options.n, options.workers)


if __name__ == "__main__":
    main()
