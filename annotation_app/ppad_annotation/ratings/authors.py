"""Scores in the layout of PPJudge's authors: a JSON list with the folder of a process's pictures and its eight scores.

Their loader takes the pictures as the directory lists them, which is in no order; PPAD takes them in natural order, `2.png`
before `10.png`. Where the folders are at hand, the pictures' digests find the process whatever it is called.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ppad.errors import MediaError
from ppad.media.sequences import STILL_SUFFIXES, natural_key
from ppad.storage.digests import content_sha256, sha256_of
from ppad_annotation.ratings.intake import Draft, Intake

Json = Mapping[str, Any]

RATER = "ppjudge-authors"
"""Who rated, where the file does not say: it holds one score for each process."""

_PLACES: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "consistency": ("drawingAccuracy", ("imageConsistency", "promptConsistency")),
    "style_stability": ("drawingStability", ("styleStability",)),
    "color_stability": ("drawingStability", ("colorStability",)),
    "composition_stability": ("drawingStability", ("compositionStability",)),
    "process_stability": ("drawingStability", ("processStability",)),
    "detail_depth": ("drawingDepth", ("detailEnhancement",)),
    "color_depth": ("drawingDepth", ("colorDevelopment",)),
    "composition_depth": ("drawingDepth", ("compositionComplexity",)),
}
"""Where the score of each attribute of `ppad-8` stands in `valuationResults`."""


def is_authors_layout(entries: Sequence[Any]) -> bool:
    """Whether these are entries of the layout."""
    return bool(entries) and all(isinstance(one, dict) and {"images_path", "valuationResults"} <= set(one) for one in entries)


def read_entries(entries: Sequence[Json], folder: Path, rater: str = RATER) -> Intake:
    """The ratings of the layout.

    Args:
        folder: where relative paths of pictures begin.
        rater: who rated.
    """
    intake = Intake()
    unsorted: list[str] = []
    for number, entry in enumerate(entries, start=1):
        path = str(entry["images_path"]).replace("\\", "/").rstrip("/")
        pictures = _pictures(folder / path)
        if sorted(pictures, key=lambda one: one.name) != pictures:
            unsorted.append(path)
        scores = {name: _found(entry["valuationResults"], *place) for name, place in _PLACES.items()}
        intake.problems += [f"entry {number}: {name} is missing" for name, score in scores.items() if score is None]
        intake.drafts.append(Draft(f"entry {number}", path, rater, scores, sha256=_digest(pictures)))
    intake.notes.append(
        "The authors' loader takes pictures in the order in which a directory lists them; PPAD sorts them (2 before 10)."
    )
    if unsorted:
        intake.notes.append(
            f"In {len(unsorted)} of {len(entries)} folders sorting by letters gives another order, first {unsorted[0]}: "
            "scores were given to the true order, models trained with their loader saw another."
        )
    return intake


def _found(results: Any, group: str, names: tuple[str, ...]) -> Any:
    section = results.get(group) if isinstance(results, dict) else None
    return next((section[name] for name in names if name in section), None) if isinstance(section, dict) else None


def _pictures(folder: Path) -> list[Path]:
    """The pictures of a folder in natural order; none where it is not at hand."""
    try:
        files = list(folder.iterdir()) if folder.is_dir() else []
    except (OSError, ValueError):  # no folder can have such a name, or it cannot be read
        files = []
    stills = [one for one in files if one.suffix.lower() in STILL_SUFFIXES and not one.name.startswith(".")]
    return sorted(stills, key=lambda one: natural_key(one.name))


def _digest(pictures: Sequence[Path]) -> str | None:
    try:
        return content_sha256([sha256_of(picture) for picture in pictures]) if pictures else None
    except MediaError:
        return None
