"""What must hold before something is published: a licence, consent, a whole card, files as they were built."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ppad.hub.contents import CARD, Contents, Kind
from ppad.schema import Problem, yaml_value

_HEADER: Mapping[Kind, tuple[str, ...]] = {
    "dataset": ("pretty_name", "license", "size_categories", "tags", "configs"),
    "model": ("license", "library_name", "tags"),
    "space": ("title", "sdk", "app_port", "license"),
}
_SECTIONS: Mapping[Kind, tuple[str, ...]] = {
    "dataset": ("Load it", "A row", "Provenance and licences", "Files"),
    "model": ("Training data", "What it cannot show", "Training settings"),
    "space": (),
}


@dataclass(frozen=True, slots=True)
class Consent:
    """What the publisher states: that the artists, and the raters, agreed to this publication."""

    artists: bool = False
    raters: bool = False


def gate_problems(
    contents: Contents, licences: Counter[str], raters: Collection[str], digests: Mapping[str, str], consent: Consent
) -> list[Problem]:
    """Everything that keeps the contents from being published, besides what a look into the files finds.

    Args:
        licences: number of processes that people painted, by the licence of each; "" for none.
        raters: pseudonyms of the people who rated.
        digests: SHA-256 of each file, by its path.
    """
    return [
        *_card_problems(contents.card(), contents.kind),
        *_licence_problems(licences),
        *_consent_problems(licences, raters, consent),
        *_digest_problems(contents, digests),
    ]


def _card_problems(card: str, kind: Kind) -> Iterator[Problem]:
    header = _header(card)
    if not header:
        yield Problem(CARD, "has no header between lines of three hyphens.", "Build it again, or write the header.")
        return
    missing = [key for key in _HEADER[kind] if header.get(key) in (None, "", [], {})]
    if missing:
        yield Problem(CARD, f"says nothing of {', '.join(missing)}.", "Add it to the card's header.")
    if header.get("license") == "unknown":
        yield Problem(CARD, "names no licence.", "Build again with one: ppad build … --licence CC-BY-4.0")
    titles = {line.lstrip("#").strip() for line in card.splitlines() if line.startswith("## ")}
    lacking = [title for title in _SECTIONS[kind] if not any(found.startswith(title) for found in titles)]
    if lacking:
        yield Problem(CARD, f"lacks the sections {', '.join(lacking)}.", "Add them, or make the card again.")


def _header(card: str) -> dict[str, Any]:
    if not card.startswith("---\n"):
        return {}
    try:
        header = yaml_value(card.split("---\n")[1])
    except ValueError:
        return {}
    return header if isinstance(header, dict) else {}


def _licence_problems(licences: Counter[str]) -> Iterator[Problem]:
    if licences[""]:
        yield Problem(
            "data",
            f"{licences['']} of {licences.total()} processes that people painted name no licence.",
            "Give each its licence: ppad extract … --metadata TABLE with a column licence --overwrite, and build again.",
        )


def _consent_problems(licences: Counter[str], raters: Collection[str], consent: Consent) -> Iterator[Problem]:
    if licences.total() and not consent.artists:
        yield Problem(
            "data",
            f"{licences.total()} processes were painted by people.",
            "If they all agreed to this, say so: --artists-agreed",
        )
    if raters and not consent.raters:
        yield Problem("ratings", f"{len(raters)} people rated.", "If they all agreed to this, say so: --raters-agreed")


def _digest_problems(contents: Contents, digests: Mapping[str, str]) -> Iterator[Problem]:
    for name, digest in sorted(contents.noted.items()):
        if name not in contents.files:
            yield Problem(name, "is missing.", "Build the dataset again.")
        elif digests.get(name, digest) != digest:
            yield Problem(name, "has other bytes than SHA256SUMS says.", "Build the dataset again.")
    for name in sorted(set(contents.files) - set(contents.noted) if contents.noted else ()):
        if name not in (CARD, "croissant.json"):
            yield Problem(name, "is not in SHA256SUMS.", "Delete it, or build the dataset again.")
