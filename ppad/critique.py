"""A written critique under a rubric: what it is, how it reads, and how it is found again in any text.

    Originality: 7/10. A view of the harbour that nobody else would paint. [frame 3: 10,20,35,40]
    Colour: 4/10. The greens fight one another.
    Overall: 58/100. Sound work with one good idea.
    Remarks: Seen in a photograph.

One line is one attribute of the rubric, in its order: name, score, a paragraph. Frames are cited within the paragraph, counted
from 1, with or without a region in whole percent of the picture: left, top, width, height. What belongs to no attribute comes
last, as remarks. The format follows from the rubric alone; reading is total, so that a model's text is a critique whatever it
says.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from ppad.errors import ContractError
from ppad.rubric import Rubric
from ppad.schema.ratings import pins_of

REMARKS, OTHER_REMARKS = "Remarks", "Further remarks"
"""What the remarks are called; the second where an attribute has the name of the first."""

NO_SCORE = "–"
"""Stands where a score would: cannot judge, or not said."""

_CITATION = re.compile(r"\[frame ([1-9]\d{0,5})(?:: ?(\d{1,3}), ?(\d{1,3}), ?(\d{1,3}), ?(\d{1,3}))?\]", re.IGNORECASE)
_NUMBER = r"(?P<score>\d{1,3}(?:[.,]\d{1,3})?)(?!\d)"
_OF = r"(?:/|out of)\s*(?P<of>\d{1,3})(?!\d)\s*\)?"
_ALONE = r"$|\)|(?=[.;](?:\s|$))"
_SCORE = re.compile(rf"\(?\s*(?:{NO_SCORE}|-|{_NUMBER})\s*(?:{_OF}|{_ALONE})\s*[.;:,]?\s*", re.IGNORECASE)
_MARKS = r"(?:[\s>#•-]|\*\s)*(?:\d{1,2}[.)]\s+)?(?P<emphasis>[*_]{1,3})?"
_PLAIN_NAME = re.compile(r"[^\W\d_][^\W_]*(?:[ -][^\W_]+)*")


@dataclass(frozen=True, slots=True)
class Citation:
    """A frame that a critique speaks of.

    Attributes:
        frame: number from 0, as pins of the annotation app have it.
        box: left, top, width, height as shares of the picture, 0–1, in whole percent; None for the whole frame.
    """

    frame: int
    box: tuple[float, float, float, float] | None = None


@dataclass(frozen=True, slots=True)
class Passage:
    """What is said of one attribute.

    Attributes:
        score: on the attribute's scale, to one decimal; None where there is none.
        text: a paragraph on one line, with its citations; may be empty.
    """

    score: float | None = None
    text: str = ""

    @property
    def prose(self) -> str:
        """The words without the citations."""
        return prose_of(self.text)

    @property
    def citations(self) -> tuple[Citation, ...]:
        """The frames that the paragraph cites, in its order."""
        return tuple(citations(self.text))


@dataclass(frozen=True, slots=True)
class Critique:
    """A critique under a rubric.

    Attributes:
        passages: one for each attribute of the rubric, by id, in its order.
        remarks: what belongs to no attribute.
    """

    passages: Mapping[str, Passage]
    remarks: str = ""

    @property
    def scores(self) -> dict[str, float | None]:
        """The score of each attribute."""
        return {name: passage.score for name, passage in self.passages.items()}

    @property
    def prose(self) -> str:
        """The words alone, without names, scores and citations: what texts are compared by."""
        texts = [*(passage.prose for passage in self.passages.values()), prose_of(self.remarks)]
        return " ".join(text for text in texts if text)

    def pins(self) -> list[dict[str, Any]]:
        """The citations as evidence pins of the annotation app: `attribute`, `frame` from 0, `box` as shares or None."""
        parts = [*((name, passage.text) for name, passage in self.passages.items()), (None, self.remarks)]
        found = [(name, one) for name, text in parts for one in citations(text)]
        return [{"attribute": name, "frame": one.frame, "box": None if one.box is None else list(one.box)} for name, one in found]


def labels(rubric: Rubric) -> dict[str, str]:
    """What a critique calls each attribute: by name, where the names tell them apart; else by id."""
    names = {one.id: one.name for one in rubric.attributes}
    distinct = len({REMARKS.casefold(), *(name.casefold() for name in names.values())}) == len(names) + 1
    plain = distinct and all(_PLAIN_NAME.fullmatch(name) for name in names.values())
    return names if plain else {name: name for name in rubric.attribute_ids}


def layout(rubric: Rubric) -> str:
    """The format as an instruction: a line for each attribute with its scale and a place for the paragraph."""
    lines = [f"{name}: <score>/{rubric.scale_of(key).high}. <paragraph>" for key, name in labels(rubric).items()]
    return "\n".join(lines)


def render(critique: Critique, rubric: Rubric) -> str:
    """The critique as text, which `parse` reads back.

    Texts come on one line and scores to one decimal, within their scales. Attributes that the critique lacks have no score.
    """
    lines = []
    for key, name in labels(rubric).items():
        passage, scale = critique.passages.get(key, Passage()), rubric.scale_of(key)
        lines.append(
            f"{name}: {_score_text(passage.score, scale.low, scale.high)}/{scale.high}. {_one_line(passage.text)}".rstrip()
        )
    remarks = _one_line(critique.remarks)
    return "\n".join([*lines, *([f"{_remarks_label(rubric)}: {remarks}"] if remarks else [])])


def parse(text: str, rubric: Rubric) -> Critique:
    """The critique in a text, whatever it is.

    Headings are known by name, id or short name in any case, with or without list marks, emphasis or a line of their own. A
    score counts with its scale (`7/10`, `7 out of 10`) or alone before a full stop or the end of the line; one off the scale is
    no score and stays in the text. What stands before the first heading is a remark; an attribute that comes twice keeps its
    first score and both texts.
    """
    scores: dict[str, float | None] = dict.fromkeys(rubric.attribute_ids)
    texts: dict[str, list[str]] = {name: [] for name in (*rubric.attribute_ids, "")}
    here, fresh = "", False
    for line in text.splitlines():
        key, rest = _headed(line, rubric)
        if key is not None:
            here, fresh = key, key != ""
        if fresh and rest.strip():
            score, rest = _scored(rest.strip(), rubric.scales[here])
            scores[here] = score if scores[here] is None else scores[here]
            fresh = False
        texts[here].append(rest)
    passages = {name: Passage(scores[name], _one_line(" ".join(texts[name]))) for name in rubric.attribute_ids}
    return Critique(passages, _one_line(" ".join(texts[""])))


def of_rating(row: Mapping[str, Any], rubric: Rubric) -> Critique:
    """The critique of a rating: its scores, its text and its pins.

    A text in this format is taken apart by attribute; any other is remarks. The row's scores go before those in the text. A pin
    becomes its note and a citation at the end of its attribute's paragraph.

    Args:
        row: of `ratings.parquet`: a score under each attribute's id, `critique`, `pins`.

    Raises:
        ContractError: the pins are malformed.
    """
    said = parse(row.get("critique") or "", rubric)
    texts = {name: passage.text for name, passage in said.passages.items()} | {"": said.remarks}
    for pin in _pins(row.get("pins")):
        where = pin.get("attribute") or ""
        texts[where if where in texts else ""] += f" {pin.get('note') or ''} {cited(pin)}"
    passages = {}
    for name, passage in said.passages.items():
        score = row.get(name)
        passages[name] = Passage(passage.score if score is None else float(score), _one_line(texts[name]))
    return Critique(passages, _one_line(texts[""]))


def prose_of(text: str) -> str:
    """A text without its citations, on one line."""
    return _one_line(_CITATION.sub(" ", text))


def citations(text: str) -> Iterator[Citation]:
    """The citations in a text, in its order; one whose region leaves the picture counts for its whole frame."""
    for found in _CITATION.finditer(text):
        left, top, width, height = (int(part or 0) for part in found.groups()[1:])
        fits = found[2] is not None and left + width <= 100 and top + height <= 100
        yield Citation(int(found[1]) - 1, (left / 100, top / 100, width / 100, height / 100) if fits else None)


def cited(pin: Mapping[str, Any]) -> str:
    """A pin of the annotation app as a citation, its region rounded to whole percent inside the picture."""
    box: Sequence[float] | None = pin.get("box")
    if box is None:
        return f"[frame {pin['frame'] + 1}]"
    left, top, right, bottom = (
        min(100, max(0, round(100 * edge))) for edge in (box[0], box[1], box[0] + box[2], box[1] + box[3])
    )
    return f"[frame {pin['frame'] + 1}: {left},{top},{right - left},{bottom - top}]"


def _remarks_label(rubric: Rubric) -> str:
    return OTHER_REMARKS if REMARKS.casefold() in labels(rubric) else REMARKS


def _headed(line: str, rubric: Rubric) -> tuple[str | None, str]:
    """The attribute that heads a line ("" for the remarks) and the rest of it; None and the line where it has no heading."""
    heading, keys = _headings(rubric)
    found = heading.match(line)
    key = None if found is None else keys.get(found["name"].casefold())
    return (None, line) if found is None or key is None else (key, (found["score"] or "") + line[found.end() :])


@lru_cache(maxsize=16)
def _headings(rubric: Rubric) -> tuple[re.Pattern[str], dict[str, str]]:
    """What a heading looks like, and the attribute of each spelling in any case."""
    spellings = {one.short: one.id for one in rubric.attributes} | {one.id: one.id for one in rubric.attributes}
    spellings |= {name: key for key, name in labels(rubric).items()} | {_remarks_label(rubric): ""}
    names = "|".join(re.escape(name) for name in sorted(spellings, key=len, reverse=True) if name.strip())
    score = r"(?P<score>\(\s*\d{1,3}(?:[.,]\d{1,3})?\s*(?:/\s*\d{1,3}\s*)?\)\s*)?"
    end = r"(?:[:：]|[–—]\s|(?=\s*$))"
    pattern = rf"{_MARKS}(?P<name>{names})(?:\s+score)?(?(emphasis)[*_]*)\s*{score}(?(emphasis)[*_]*){end}(?(emphasis)[*_]*)\s*"
    return re.compile(pattern, re.IGNORECASE), {name.casefold(): key for name, key in spellings.items()}


def _scored(line: str, scale: tuple[int, int]) -> tuple[float | None, str]:
    """The score at the head of a line and the rest of it; no score that the scale does not have."""
    found = _SCORE.match(line)
    if found is None or found["of"] not in (None, str(scale[1])):
        return None, line
    if found["score"] is None:
        return None, line[found.end() :] if found["of"] else line
    score = float(found["score"].replace(",", "."))
    return (round(score, 1), line[found.end() :]) if scale[0] <= score <= scale[1] else (None, line)


def _score_text(score: float | None, low: int, high: int) -> str:
    if score is None or not math.isfinite(score):
        return NO_SCORE
    return f"{min(high, max(low, score)):.1f}".removesuffix(".0")


def _pins(text: str | None) -> list[dict[str, Any]]:
    try:
        return pins_of(text)
    except ValueError as error:
        raise ContractError(f"The pins of a rating are malformed: {error}.", "Export the ratings again.") from error


def _one_line(text: str) -> str:
    return " ".join(text.split())
