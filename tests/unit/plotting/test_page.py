"""The page of a collection."""

from html.parser import HTMLParser

import pytest

from ppad.plotting.page import Card, card_of, collection_page, path_in_url
from ppad.schema import process_to_row
from ppad.storage import Trace

HOSTILE = "<script>alert(1)</script><img src=x onerror='alert(2)'>\"' {{ 7*7 }}"
FAILURE = {"input": "a.mp4", "stage": "extract", "code": "media-empty", "message": "a.mp4 is empty.", "fix": "Copy it again."}


class Seen(HTMLParser):
    """The tags, attributes and texts that a browser would see."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.values: list[tuple[str, str]] = []
        self.texts: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.values += [(name, value or "") for name, value in attrs]

    def handle_data(self, data: str) -> None:
        if data.strip():
            self.texts.append(data.strip())

    def all_of(self, name: str) -> list[str]:
        return [value for found, value in self.values if found == name]


def page_of(process, name: str = "Studies", failures=(), **columns) -> Seen:
    record = process(**columns)
    return Seen(collection_page(name, [card_of(record.process_id, process_to_row(record), None)], failures))


def test_a_card_tells_what_the_page_sorts_by(process) -> None:
    card = card_of("pears-0123456789ab", process_to_row(process()), Trace([0.0, 6.0], [0.0, 0.1], 0.1, [0, 1]))
    assert (card.frames, card.duration, card.total_change) == (4, 6.0, pytest.approx(0.12))


def test_a_strip_knows_the_number_and_time_of_its_frames(process) -> None:
    card = card_of("pears-0123456789ab", process_to_row(process(frames=3)), None)
    assert card.strip == [(1, "0:00.0"), (2, "0:01.5"), (3, "0:03.0")]


def test_the_times_of_the_frames_are_in_the_page_for_hovering(process) -> None:
    assert page_of(process, frames=2).all_of("data-at") == ["1 · 0:00.0|2 · 0:01.5"]


def test_a_page_counts_what_it_shows(process) -> None:
    seen = page_of(process, failures=[FAILURE])
    first = seen.texts.index("1 process")
    assert seen.texts[first : first + 3] == ["1 process", "4 key frames", "1 failed"]


def test_what_a_limit_left_out_is_said() -> None:
    assert "12 more not shown" in Seen(collection_page("Studies", [], [], left_out=12)).texts


def test_a_failure_is_listed_with_its_code_and_fix(process) -> None:
    texts = page_of(process, failures=[FAILURE]).texts
    assert [texts[texts.index("a.mp4") + k] for k in range(4)] == ["a.mp4", "a.mp4 is empty.", "Copy it again.", "media-empty"]


def test_an_empty_collection_has_a_page() -> None:
    assert "No painting process is here yet." in Seen(collection_page("Studies", [], [])).texts


@pytest.mark.parametrize("column", ["prompt", "category", "style", "artist_id"])
def test_a_hostile_text_is_shown_as_text(process, column: str) -> None:
    kind = "prompt" if column == "prompt" else "none"
    seen = page_of(process, reference_kind=kind, **{column: HOSTILE})
    assert HOSTILE in seen.texts
    assert seen.tags.count("script") == 1
    assert "onerror" not in [name for name, _ in seen.values]


def test_hostile_names_notes_and_failures_are_shown_as_text(process) -> None:
    failure = dict.fromkeys(FAILURE, HOSTILE)
    seen = page_of(
        process, name=HOSTILE, failures=[failure], provenance={"notes": [HOSTILE], "source_name": HOSTILE, "config_json": HOSTILE}
    )
    assert seen.texts.count(HOSTILE) == 8
    assert seen.tags.count("script") == 1


def test_the_page_asks_for_nothing_outside_its_folder(process) -> None:
    seen = page_of(process, reference_kind="image", reference_image=process().frames[0])
    addresses = seen.all_of("src") + seen.all_of("href")
    assert len(addresses) >= 3
    assert not [address for address in addresses if ":" in address or address.startswith("/")]


def test_every_picture_has_a_description_and_loads_late(process) -> None:
    seen = page_of(process, reference_kind="image", reference_image=process().frames[0])
    assert seen.tags.count("img") == 3  # the reference, the strip, and the viewer
    assert seen.all_of("loading") == ["lazy", "lazy"]
    assert seen.all_of("alt") == [
        "Reference of pears",
        "Contact sheet of pears: 4 of 4 key frames, from 0:00.0 to 0:04.5",
        "",
    ]


def test_a_file_name_is_quoted_in_an_address() -> None:
    assert path_in_url("a b#%<\udcff>") == "a%20b%23%25%3C%FF%3E"


def test_a_file_name_that_is_no_unicode_does_not_stop_the_page(process) -> None:
    card: Card = card_of("odd\udcff", process_to_row(process()), None)
    assert "sheets/odd%FF.png" in Seen(collection_page("Studies", [card], [])).all_of("href")
