"""How good the key frames are, beside other ways of choosing them.

    python -m benchmarks.keyframes [--quick] [--data DIR]

On Quick, Draw! replays, whose stroke times are known, and on drawn landscapes. All methods are given the first and the
last frame. Uniform sampling takes as many key frames as PPAD in each recording; the fixed threshold is the one that takes
as many over all recordings together; PySceneDetect gives the first frame of each scene.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.common import machine_facts, print_table
from benchmarks.keyframes_clips import Clip, Version, landscape_clip, quickdraw_clips, versions_of
from benchmarks.keyframes_methods import FIXED, METHODS, PPAD, Chosen, Found, Ranks, choose_in_versions

ALIKE = 1.0
"""Key frames that differ by less, in 8-bit levels at 256 pixels, are alike."""
TOLERANCE = 0.02
"""A key frame is kept if the other version has one at this distance in the progress of the painting, or nearer."""


@dataclass(frozen=True)
class Shown:
    """A version of a clip and what was chosen in it.

    Attributes:
        version: its name.
        source: (G,) frame of the clip that each frame shows.
        chosen: by method.
    """

    version: str
    source: Ranks
    chosen: dict[str, Chosen]

    def frames_of(self, method: str) -> Ranks:
        """Key frames, as frames of the clip."""
        return self.source[self.chosen[method].ranks]


Family = list[tuple[Clip, list[Shown]]]
"""Clips with their versions; the first version is the clip as it is."""


def covered_share(steps: NDArray[np.float64], fair_count: int, least: float = 0.0) -> float:
    """Share of the whole that happens in steps of which none swallows too much.

    A step from one key frame to the next swallows too much if it holds more than twice the even share, 2 / (n − 1).

    Args:
        steps: (N − 1,) what happens in each step, as a share of the whole.
        fair_count: n, the same for all methods.
        least: what no step can be blamed for: a single stroke.
    """
    return float(steps[steps <= max(2 / (fair_count - 1), least) + 1e-9].sum())


def gini(values: NDArray[np.float64]) -> float:
    """Gini coefficient: 0 where all are equal, towards 1 where one has everything."""
    ordered = np.sort(values)
    places = 2 * np.arange(1, len(ordered) + 1) - len(ordered) - 1
    return float((places * ordered).sum() / (len(ordered) * ordered.sum()))


def kept_share(before: NDArray[np.float64], after: NDArray[np.float64]) -> float | None:
    """Share of key frames that two versions have in common, first and last left out; None if neither has any.

    Each key frame may be matched once, with one whose progress is within `TOLERANCE`; the share is that of the version
    with more key frames, so that key frames which come in addition count as much as those that are lost.

    Args:
        before, after: progress of the key frames, 0–1, rising.
    """
    left, right = before[1:-1], after[1:-1]
    if not max(len(left), len(right)):
        return None
    matches = position = 0
    for progress in left:
        while position < len(right) and right[position] < progress - TOLERANCE:
            position += 1
        if position < len(right) and right[position] <= progress + TOLERANCE:
            matches, position = matches + 1, position + 1
    return matches / max(len(left), len(right))


def print_quality(name: str, family: Family) -> None:
    """One row a method: how many, strokes told apart, evenness, the most alike."""
    rows = []
    for method in METHODS:
        clips = [(clip, shown[0].chosen[method], len(shown[0].chosen[PPAD].ranks)) for clip, shown in family]
        changes = [chosen.change for _, chosen, _ in clips]
        several = [change for change in changes if len(change) > 2]
        paint = [np.diff(clip.progress[chosen.ranks]) for clip, chosen, _ in clips]
        rows.append(
            [
                method,
                _range([len(chosen.ranks) for _, chosen, _ in clips]),
                _percent([covered_share(_strokes(clip, chosen), fair, 1 / len(clip.strokes)) for clip, chosen, fair in clips]),
                _percent([covered_share(steps, fair) for steps, (_, _, fair) in zip(paint, clips, strict=True)]),
                _percent([steps.max() for steps in paint]),
                f"{_mean([change.std() / change.mean() for change in several]):.2f}" if several else "–",
                f"{_mean([gini(change) for change in several]):.2f}" if several else "–",
                f"{min(change.min() for change in changes):.1f}",
                str(sum(int((change < ALIKE).sum()) for change in changes)),
            ]
        )
    heads = ["", "key frames", "strokes covered", "paint covered", "largest step", "change: CV", "Gini", "least change", "alike"]
    print_table(f"{name}: {len(family)} paintings", heads, rows)


def print_invariance(name: str, family: Family) -> None:
    """One row a method: share of the key frames that are the same in each version."""
    versions = [shown.version for shown in family[0][1][1:]]
    rows = []
    for method in METHODS:
        cells = []
        for number in range(1, len(versions) + 1):
            shares = [
                kept_share(clip.progress[shown[0].frames_of(method)], clip.progress[shown[number].frames_of(method)])
                for clip, shown in family
            ]
            cells.append(_percent([share for share in shares if share is not None]))
        rows.append([method, *cells])
    print_table(f"{name}: the same key frames", ["", *versions], rows)


def _strokes(clip: Clip, chosen: Chosen) -> NDArray[np.float64]:
    """(N − 1,) share of the strokes that are finished in each step."""
    return np.diff(np.searchsorted(clip.strokes, chosen.ranks, side="right")) / len(clip.strokes)


def _settle(found: Sequence[Sequence[Found]]) -> int:
    """Position of the fixed threshold that gives as many key frames as PPAD over all clips as they are."""
    wanted = sum(len(versions[0].by_method[PPAD].ranks) for versions in found)
    counts = np.array([[len(chosen.ranks) for chosen in versions[0].fixed] for versions in found]).sum(axis=0)
    return int(np.argmin(np.abs(counts - wanted)))


def _shown(version: Version, found: Found, tau: int) -> Shown:
    return Shown(version.name, version.source, {**found.by_method, FIXED: found.fixed[tau]})


def _mean(values: Sequence[float]) -> float:
    return float(np.mean(values))


def _range(counts: Sequence[int]) -> str:
    return f"{min(counts)}–{max(counts)}"


def _percent(shares: Sequence[float]) -> str:
    return f"{100 * _mean(shares):.0f} %" if shares else "–"


def _default_data() -> Path:
    return Path(os.environ.get("PPAD_TEST_DATA") or Path(__file__).parents[2] / "shared" / "data")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=_default_data(), help="folder with process_videos/quickdraw_replay")
    parser.add_argument("--quick", action="store_true", help="three replays and one landscape")
    options = parser.parse_args()
    replays, landscapes = (3, 1) if options.quick else (None, 4)
    with tempfile.TemporaryDirectory(prefix="ppad-keyframes-") as name, multiprocessing.get_context("spawn").Pool() as pool:
        folder = Path(name)
        drawings = quickdraw_clips(options.data)[:replays]
        clips = [*drawings, *(landscape_clip(folder, seed) for seed in range(landscapes))]
        versions = [versions_of(clip, folder) for clip in clips]
        found = pool.map(choose_in_versions, [[version.video for version in of_clip] for of_clip in versions], chunksize=1)
    tau = _settle(found)
    shown = [[_shown(*pair, tau) for pair in zip(*of_clip, strict=True)] for of_clip in zip(versions, found, strict=True)]
    everything = list(zip(clips, shown, strict=True))
    families = {"Quick, Draw! replays": everything[: len(drawings)], "Landscapes": everything[len(drawings) :]}
    for family, members in families.items():
        if members:
            print_quality(family, members)
            print_invariance(family, members)
    if not drawings:
        print(f"\nThere are no Quick, Draw! replays in {options.data}; name their place with --data.")
    print(f"\n{machine_facts(['av', 'scenedetect', 'numpy'])}")


if __name__ == "__main__":
    main()
