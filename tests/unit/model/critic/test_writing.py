"""Critiques that are written: any model's parses, frames that are not there are not cited, files go on where they were."""

from __future__ import annotations

import io
import json
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from rich.console import Console

from fixtures.critics import ARTWORK, PROCESS, artwork, config_of, critic_on, process
from fixtures.records import record
from ppad.critique import parse, render
from ppad.errors import ConfigError, EmptyFileError, NoInputsError, UnreadableMediaError
from ppad.media.images import encode_image
from ppad.schema import Picture
from ppad_model.critic.base import Base
from ppad_model.critic.decoding import Listener, _line, _present
from ppad_model.critic.examples import ReadWork, sections_of
from ppad_model.critic.predicting import write_works
from ppad_model.critic.results import Results, result_row
from ppad_model.critic.subjects import find_subjects
from ppad_model.critic.writing import Aloud
from ppad_model.scoring.subjects import Given


def test_what_a_random_critic_writes_reads_as_a_critique(base: Base) -> None:
    for processes in (False, True):
        critic, gather = critic_on(base, processes=processes)
        rubric = PROCESS if processes else ARTWORK
        for written in write_works(critic, gather, [process(1), process(2)] if processes else [artwork(1), artwork(2)]):
            again = parse(render(written.critique, rubric), rubric)
            assert again.scores == {name: round(score, 1) for name, score in written.scores.items()}
            assert [p.text for p in again.passages.values()] == [p.text for p in written.critique.passages.values()]
            assert all(pin["frame"] < written.frames for pin in written.critique.pins())


def test_sections_that_the_training_critiques_lack_are_not_written(base: Base) -> None:
    critic, gather = critic_on(base, sections=("color", "remarks"))
    (written,) = write_works(critic, gather, [artwork(1)])
    assert [name for name, passage in written.critique.passages.items() if passage.text] in (["color"], [])
    assert set(written.critique.passages) == set(ARTWORK.attribute_ids)
    assert sections_of(artwork(1).critiques, ARTWORK) == ARTWORK.attribute_ids
    assert sections_of((), ARTWORK) == ARTWORK.attribute_ids


def test_citations_of_frames_that_are_not_there_are_left_out() -> None:
    text = "Good [frame 2] and late [frame 9: 1,2,3,4] and [frame x]."
    assert _present(text, 3) == "Good [frame 2] and late and."
    assert _line("a\tb\N{REPLACEMENT CHARACTER}\nc") == "a b"


def test_a_listener_hears_scores_first_and_paragraphs_as_they_grow(base: Base) -> None:
    heard: list[tuple[str, str, bool]] = []

    class Ear(Listener):
        def scored(self, row: int, scores: object) -> None:
            heard.append(("scores", "", True))

        def heard(self, row: int, section: str, text: str, *, ended: bool) -> None:
            heard.append((section, text, ended))

    critic, gather = critic_on(base)
    (written,) = write_works(critic, gather, [artwork(1)], listener=Ear())
    assert heard[0][0] == "scores"
    ends = {section: text for section, text, ended in heard[1:] if ended}
    assert ends == {name: passage.text for name, passage in written.critique.passages.items()}
    assert len(heard) > len(ends) + 1


def test_what_is_said_aloud_is_the_critique(base: Base) -> None:
    critic, gather = critic_on(base)
    screen = io.StringIO()
    (written,) = write_works(critic, gather, [artwork(1)], listener=Aloud(Console(file=screen, width=400), ARTWORK))
    assert parse(screen.getvalue(), ARTWORK) == parse(render(written.critique, ARTWORK), ARTWORK)


def results(base: Base, out: Path, names: list[str], critic: str = "abc") -> Results:
    file = Results(out, ARTWORK, critic)
    model, gather = critic_on(base)
    wanted = [name for name in names if name not in file.rows]
    for name, one in zip(wanted, write_works(model, gather, [artwork(1)] * len(wanted)), strict=True) if wanted else ():
        file.add([result_row(name, one, ARTWORK, critic)])
    return file


def test_a_file_of_critiques_goes_on_where_a_kill_left_it(base: Base, tmp_path: Path) -> None:
    out = tmp_path / "c.jsonl"
    results(base, out, ["a", "b"])
    whole = out.read_text("utf-8")
    out.write_text(whole + whole[:40], "utf-8")  # the third line was being written
    assert list(results(base, out, ["a", "b", "c"]).rows) == ["a", "b", "c"]
    rows = [json.loads(line) for line in out.read_text("utf-8").splitlines()]
    assert [row["input"] for row in rows] == ["a", "b", "c"]
    assert out.read_text("utf-8").startswith(whole)
    assert parse(rows[2]["text"], ARTWORK).scores == {one["attribute"]: one["score"] for one in rows[2]["critique"]}
    with pytest.raises(ConfigError, match="another critic"):
        results(base, out, ["a"], critic="other")


def test_a_table_of_critiques_is_whole_and_takes_in_further_ones(base: Base, tmp_path: Path) -> None:
    out = tmp_path / "c.parquet"
    results(base, out, ["a"]).finish()
    results(base, out, ["a", "b"]).finish()
    rows = pq.read_table(out).to_pylist()
    assert [row["input"] for row in rows] == ["a", "b"]
    assert rows[0]["overall"] == rows[1]["overall"]
    assert list(tmp_path.iterdir()) == [out]
    with pytest.raises(ConfigError, match=r"jsonl or \.parquet"):
        Results(tmp_path / "c.csv", ARTWORK, "abc")


def test_pictures_and_folders_of_pictures_are_works_for_a_critic_of_artworks(base: Base, tmp_path: Path) -> None:
    for name in ("2.png", "10.png"):
        (tmp_path / name).write_bytes(encode_image(artwork(1).pictures[0], "png"))
    (tmp_path / "notes.txt").write_text("no picture")
    found = find_subjects([str(tmp_path), str(tmp_path / "notes.txt")], None, of_processes=False)
    assert [Path(one.label).name for one in found] == ["2.png", "10.png", "notes.txt"]
    assert found[0].load(Given(), "A hut.").description == "A hut."
    with pytest.raises(UnreadableMediaError, match=r"notes\.txt holds no picture"):
        found[2].load(Given(), None)
    (tmp_path / "empty").mkdir()
    with pytest.raises(NoInputsError):
        find_subjects([str(tmp_path / "empty")], None, of_processes=False)


def read(base: Base, data: bytes) -> tuple[int, ...]:
    """Shape of the picture that a critic takes of these bytes."""
    one = record(frames=[Picture(bytes=data, path="a.png")], frame_change=[0.0])
    return ReadWork(config_of(base)).of_process(one).pictures[0].shape


def test_giant_pictures_are_scaled_and_impossible_ones_named(base: Base) -> None:
    height, width, _ = read(base, encode_image(np.zeros((3000, 6000, 3), np.uint8), "png"))
    assert height * width <= 1.05 * 9 * 16 * 16  # nine merged tokens of 16 pixels
    with pytest.raises(UnreadableMediaError, match="300 times as long as wide"):
        read(base, encode_image(np.zeros((4, 1200, 3), np.uint8), "png"))
    with pytest.raises(EmptyFileError):
        read(base, b"")
    with pytest.raises(UnreadableMediaError, match="holds no picture"):
        read(base, b"hello")
