"""What the benchmarks share: measuring in fresh processes, in interleaved rounds, and printing Markdown."""

from __future__ import annotations

import multiprocessing
import os
import platform
import re
import resource
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from multiprocessing.connection import Connection
from pathlib import Path
from statistics import median
from typing import Any

Run = Callable[[], Any]
"""The work that is timed; its result travels back to the caller."""


@dataclass(frozen=True)
class Contender:
    """Something to be measured.

    Attributes:
        name: as tables show it.
        open: gets everything ready, imports included, and returns the run that is timed.
        arguments: of `open`; they travel to the process that runs it.
        limit_s: seconds after which it is stopped and counts as hung.
    """

    name: str
    open: Callable[..., Run]
    arguments: tuple[Any, ...] = ()
    limit_s: float = 600.0


@dataclass(frozen=True)
class Cost:
    """One run.

    Attributes:
        wall_s: seconds that passed.
        cpu_s: seconds of all cores together, child processes included.
        peak_mb: most memory the process itself ever held, megabytes (10⁶ bytes).
        result: what the run returned.
    """

    wall_s: float
    cpu_s: float
    peak_mb: float
    result: Any


class HungError(Exception):
    """A contender did not come back in its time."""


def measure(contender: Contender) -> Cost:
    """Run a contender once, in a process of its own.

    Raises:
        HungError: it exceeded its time and was stopped.
    """
    context = multiprocessing.get_context("spawn")
    receive, send = context.Pipe(duplex=False)
    process = context.Process(target=_child, args=(contender, send))
    process.start()
    send.close()
    if not receive.poll(contender.limit_s):
        process.kill()
        process.join()
        raise HungError(f"{contender.name} did not end within {contender.limit_s:.0f} s")
    try:
        cost: Cost = receive.recv()
    except EOFError:
        raise SystemExit(f"{contender.name} failed; its own message is above.") from None
    process.join()
    return cost


def measure_rounds(contenders: Sequence[Contender], rounds: int) -> dict[str, list[Cost]]:
    """Every contender once a round, another one first each time; what hangs is left out of the result."""
    costs: dict[str, list[Cost]] = {contender.name: [] for contender in contenders}
    for turn in range(rounds):
        first = turn % len(contenders)
        for contender in (*contenders[first:], *contenders[:first]):
            if contender.name not in costs:
                continue
            try:
                costs[contender.name].append(measure(contender))
            except HungError as hung:
                print(f"\n{hung}.", flush=True)
                del costs[contender.name]
    return costs


def times_faster(limit: Sequence[Cost], ours: Sequence[Cost]) -> float:
    """Median over the rounds of the ratio of wall times."""
    return median(a.wall_s / b.wall_s for a, b in zip(limit, ours, strict=True))


def times_cheaper(limit: Sequence[Cost], ours: Sequence[Cost]) -> float:
    """Median over the rounds of the ratio of CPU-seconds."""
    return median(a.cpu_s / b.cpu_s for a, b in zip(limit, ours, strict=True))


def median_wall(costs: Sequence[Cost]) -> float:
    """Seconds."""
    return median(cost.wall_s for cost in costs)


def median_cpu(costs: Sequence[Cost]) -> float:
    """CPU-seconds."""
    return median(cost.cpu_s for cost in costs)


def verdict(value: float, goal: float, *, at_most: bool = False) -> str:
    """The goal, and whether it is met: `≥ 2.0 ✓`."""
    is_met = value <= goal if at_most else value >= goal
    return f"{'≤' if at_most else '≥'} {goal:g} {'✓' if is_met else '✗'}"


def print_table(title: str, heads: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """A Markdown table under a title; all columns but the first hold numbers."""
    print(f"\n**{title}**\n")
    print(f"| {' | '.join(heads)} |")
    print("|---|" + "---:|" * (len(heads) - 1))
    for row in rows:
        print(f"| {' | '.join(row)} |", flush=True)


class Calm:
    """How calm the machine was: measures what other programs used of it from its making on."""

    def __init__(self) -> None:
        self._started, self._busy, self._own = time.perf_counter(), _busy_seconds(), _cpu_seconds()

    def __str__(self) -> str:
        available = (time.perf_counter() - self._started) * (os.cpu_count() or 1)
        others = _busy_seconds() - self._busy - (_cpu_seconds() - self._own)
        return f"other programs used {max(0.0, others / available):.0%} of it meanwhile"


def machine_facts(packages: Sequence[str], programs: Mapping[str, str] | None = None) -> str:
    """The machine, and versions of packages and other programs, in one line."""
    cpu = re.search(r"model name\s*:\s*(.+)", Path("/proc/cpuinfo").read_text())
    versions = [f"{name} {version(name)}" for name in packages] + [f"{name} {found}" for name, found in (programs or {}).items()]
    cores = len(os.sched_getaffinity(0))
    return f"{cores} cores ({cpu[1] if cpu else platform.machine()}), Python {platform.python_version()}, {', '.join(versions)}"


def ffmpeg_version() -> str:
    """Version of the `ffmpeg` program."""
    first_line = subprocess.run(["ffmpeg", "-version"], capture_output=True, text=True, check=True).stdout
    return first_line.split()[2]


def _child(contender: Contender, pipe: Connection) -> None:
    run = contender.open(*contender.arguments)
    started, cpu = time.perf_counter(), _cpu_seconds()
    result = run()
    wall, cpu = time.perf_counter() - started, _cpu_seconds() - cpu
    pipe.send(Cost(wall, cpu, peak_mb(), result))


def _cpu_seconds() -> float:
    """Of this process and the children it has waited for."""
    usages = (resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN))
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)


def _busy_seconds() -> float:
    """Of all cores and programs since the machine started."""
    user, nice, system = Path("/proc/stat").read_text().split()[1:4]
    return (int(user) + int(nice) + int(system)) / os.sysconf("SC_CLK_TCK")


def peak_mb() -> float:
    """The kernel's high-water mark of this process; `ru_maxrss` would begin with that of its parent."""
    mark = re.search(r"VmHWM:\s*(\d+) kB", Path("/proc/self/status").read_text())
    assert mark is not None
    return int(mark[1]) * 1024 / 1e6
