"""Items and their pictures: taken in once, blind, whole, and shown to those who may see them."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from filelock import FileLock
from PIL import Image
from sqlalchemy import select

from fixtures.campaigns import add_raters, add_real_rater, answer, at, begin, claimed, drawn_collection, drawn_process
from fixtures.runs import Silent
from ppad.errors import (
    ConfigError,
    LockedError,
    NoInputsError,
    NotAllowedError,
    NotFoundError,
    RubricChangedError,
    UnreadableMediaError,
)
from ppad.media.images import encode_image
from ppad.rubric import load_rubric
from ppad.schema import Picture
from ppad.stages import Job, Progress
from ppad.storage import Collection
from ppad_annotation.service import board, campaigns, packing
from ppad_annotation.service.campaigns import campaign, require_same_rubric
from ppad_annotation.service.config import CampaignConfig
from ppad_annotation.service.database import Database
from ppad_annotation.service.guidance import RubricText
from ppad_annotation.service.importing import create_campaign
from ppad_annotation.service.media import frame_bytes
from ppad_annotation.service.ratings import submit
from ppad_annotation.service.references import read_references
from ppad_annotation.service.tables import Item

SMALL = CampaignConfig(long_side=64, repeats=0, gold=0, balanced=False)


def opened(data: bytes) -> Image.Image:
    """A picture as a browser opens it."""
    return Image.open(io.BytesIO(data))


def with_metadata(pixels: np.ndarray[Any, Any], **saving: Any) -> bytes:
    """A JPEG that tells who made it."""
    exif = Image.Exif()
    exif[0x013B] = "Jane Doe"
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "JPEG", exif=exif, comment=b"from SourceWorld", **saving)
    return buffer.getvalue()


def test_pictures_tell_nothing_of_their_source(sqlite_db: Database, folder: Path) -> None:
    """One process comes as small PNG, the other as large JPEG with a camera's metadata."""
    rng = np.random.default_rng(0)
    small = [rng.integers(0, 255, (24, 32, 3), np.uint8) for _ in range(2)]
    large = [rng.integers(0, 255, (300, 400, 3), np.uint8) for _ in range(2)]
    collection = Collection(folder / "collection")
    sources = {
        "synthetic": [encode_image(pixels, "png") for pixels in small],
        "camera": [with_metadata(pixels, quality=70, progressive=True) for pixels in large],
    }
    with collection.writing():
        for number, (name, pictures) in enumerate(sources.items()):
            frames = [Picture(bytes=data, path=f"{name}.x") for data in pictures]
            drawn = replace(drawn_process(number, frames=2), frames=frames, reference_kind="image", reference_image=frames[0])
            collection.write(drawn, "0" * 12)
    create_campaign(sqlite_db, SMALL, collection.root, at())
    (ada,) = add_raters(sqlite_db, 1)
    shown = []
    for minute in range(2):
        item = claimed(sqlite_db, ada, at(minute))
        assert item.item.reference is not None
        for media_id in (*item.item.frames, item.item.reference):
            data, mime = frame_bytes(sqlite_db, media_id, ada)
            picture = opened(data)
            assert b"Jane" not in data and b"Source" not in data and not picture.getexif() and "comment" not in picture.info
            shown.append(
                (mime, picture.format, picture.size, picture.mode, str(picture.quantization), picture.info.get("progressive"))
            )
            assert not any(name in media_id for name in sources)
        submit(sqlite_db, answer(sqlite_db, item), ada, at(minute))
    assert len(set(shown)) == 1
    assert shown[0][:4] == ("image/jpeg", "JPEG", (64, 48), "RGB")


def test_what_a_rater_receives_names_no_process(empty_db: Database, folder: Path) -> None:
    db = begin(empty_db, folder, items=2)
    (ada,) = add_raters(db, 1)
    text = repr(claimed(db, ada))
    assert "drawn" not in text
    assert "main" not in text


def test_a_picture_is_shown_to_those_who_hold_or_held_its_item(empty_db: Database, folder: Path) -> None:
    db = begin(empty_db, folder, items=1, raters_per_item=1)
    ada, bob = add_raters(db, 2)
    boss = add_real_rater(db, "boss", "admin").id
    mine = claimed(db, ada)
    media_id = mine.item.frames[0]
    submit(db, answer(db, mine), ada, at())
    assert frame_bytes(db, media_id, ada) == frame_bytes(db, media_id, boss)
    with pytest.raises(NotAllowedError):
        frame_bytes(db, media_id, bob)


def test_a_picture_that_is_not_there_cannot_be_told_from_one_that_is_not_ones_own(empty_db: Database, folder: Path) -> None:
    db = begin(empty_db, folder, items=1, raters_per_item=1)
    ada, bob = add_raters(db, 2)
    media_id = claimed(db, ada).item.frames[0]
    key = media_id[:22]
    hostile = ["", "x", "../../campaign.sqlite", "\x00" * 23, "A" * 22 + "0", "ä" * 23, "a" * 5000]
    hostile += [key + name for name in ("", "3", "-1", "00", "1e0", "r", "²", "٣", " 0", "0 ", "r0", "9" * 400)]
    messages = set()
    for person, asked in [(ada, one) for one in hostile] + [(bob, media_id), ("nobody", media_id)]:
        with pytest.raises(NotAllowedError) as caught:
            frame_bytes(db, asked, person)
        messages.add(str(caught.value))
    assert len(messages) == 1


def test_a_pack_that_is_gone_or_cut_is_an_error_with_a_fix(sqlite_db: Database, folder: Path) -> None:
    db = begin(sqlite_db, folder, items=1)
    (ada,) = add_raters(db, 1)
    media_id = claimed(db, ada).item.frames[-1]
    (pack,) = db.media.rglob("*.pack")
    pack.write_bytes(pack.read_bytes()[:-1])
    with pytest.raises(NotFoundError, match="too short"):
        frame_bytes(db, media_id, ada)
    pack.unlink()
    with pytest.raises(NotFoundError, match="cannot be read"):
        frame_bytes(db, media_id, ada)


def test_an_import_again_takes_in_only_what_is_new(empty_db: Database, folder: Path) -> None:
    db = begin(empty_db, folder, items=3, raters_per_item=2)
    ada, _ = add_raters(db, 2)
    for minute in range(3):
        submit(db, answer(db, claimed(db, ada, at(minute))), ada, at(minute))
    again = create_campaign(db, campaign(db).config, drawn_collection(folder / "collection", 5), at(9))
    assert (len(again.done), len(again.skipped)) == (2, 3)
    cover = board.coverage(db)
    assert (cover.items, cover.slots, cover.open) == (5, 10, 7)
    claimed(db, ada, at(10))  # she had reached the end of the queue, and it has grown


def test_an_import_that_was_killed_goes_on_and_leaves_no_orphans(
    sqlite_db: Database, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = packing.PackWork.__call__
    calls = 0

    def dies_at_the_third(self: packing.PackWork, job: Job, progress: Progress) -> Any:
        nonlocal calls
        calls += 1
        found = real(self, job, progress)
        if calls == 3:
            raise KeyboardInterrupt
        return found

    source = drawn_collection(folder / "collection", 5)
    monkeypatch.setattr(packing.PackWork, "__call__", dies_at_the_third)
    with pytest.raises(KeyboardInterrupt):
        create_campaign(sqlite_db, SMALL, source, at())
    monkeypatch.undo()
    assert len(packs(sqlite_db)) == 3  # the third was written and not entered
    report = create_campaign(sqlite_db, SMALL, source, at())
    assert (len(report.done), len(report.skipped)) == (3, 2)
    with sqlite_db.read() as session:
        known = sorted(session.scalars(select(Item.media_key)))
    assert packs(sqlite_db) == known
    assert board.coverage(sqlite_db).slots == 15


def packs(db: Database) -> list[str]:
    """Keys of the packs on disk."""
    return sorted(path.stem for path in db.media.rglob("*.pack"))


def test_a_damaged_process_is_reported_and_the_others_are_taken_in(sqlite_db: Database, folder: Path) -> None:
    source = drawn_collection(folder / "collection", 2)
    broken = [Picture(bytes=b"no picture", path="0.jpg")] * 2
    Collection(source).write(replace(drawn_process(7, frames=2), frames=broken), "0" * 12)
    seen = Silent()
    report = create_campaign(sqlite_db, SMALL, source, at(), listener=seen)
    assert [failure.code for failure in report.failed] == [UnreadableMediaError.code]
    assert ("failed", "media-unreadable") in seen.events
    assert board.coverage(sqlite_db).items == 2


def test_two_imports_at_once_are_refused(sqlite_db: Database, folder: Path) -> None:
    begin(sqlite_db, folder, items=1)
    with FileLock(sqlite_db.media / ".lock"), pytest.raises(LockedError):
        create_campaign(sqlite_db, campaign(sqlite_db).config, folder / "collection", at())


def test_settings_and_rubric_are_frozen(empty_db: Database, folder: Path) -> None:
    db = begin(empty_db, folder, items=1)
    with pytest.raises(ConfigError, match="another raters_per_item, seed"):
        create_campaign(db, campaign(db).config.model_copy(update={"seed": 9, "raters_per_item": 5}), folder / "collection", at())


def test_a_changed_rubric_is_refused(sqlite_db: Database, folder: Path) -> None:
    definition = folder / "own.yaml"
    text = (Path(__file__).parents[3] / "ppad" / "rubric" / "definitions" / "ppad-8.yaml").read_text()
    definition.write_text(text.replace("id: ppad-8", "id: our-8"))
    source = drawn_collection(folder / "collection", 1)
    config = SMALL.model_copy(update={"rubric": str(definition)})
    create_campaign(sqlite_db, config, source, at())
    require_same_rubric(sqlite_db, str(definition))
    assert campaign(sqlite_db).rubric.id == "our-8"
    definition.write_text(definition.read_text().replace("How well does", "Does"))
    with pytest.raises(RubricChangedError):
        require_same_rubric(sqlite_db, str(definition))
    with pytest.raises(RubricChangedError):
        create_campaign(sqlite_db, config, source, at())


def test_raters_read_the_same_words_all_along_whatever_ppad_ships_meanwhile(
    sqlite_db: Database, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    db = begin(sqlite_db, folder, items=1)
    before = campaign(db).guidance["zh"]
    assert before.title == "绘画过程，八项属性"
    monkeypatch.setattr(campaigns, "shipped_guidance", lambda _: {"zh": RubricText(title="别的标题")})
    db.known = None
    create_campaign(db, campaign(db).config, folder / "collection", at())
    assert campaign(db).guidance["zh"] == before


def test_artworks_are_the_last_frames_of_processes_or_picture_files(sqlite_db: Database, folder: Path) -> None:
    pictures = folder / "pictures"
    (pictures / "deep").mkdir(parents=True)
    for number, name in enumerate(("Sea of Fog.png", "deep/night.JPG")):
        pixels = np.full((30, 60, 3), 50 * number, np.uint8)
        (pictures / name).write_bytes(encode_image(pixels, "png"))
    config = SMALL.model_copy(update={"rubric": "artwork-5"})
    create_campaign(sqlite_db, config, [drawn_collection(folder / "collection", 1, frames=4), pictures], at())
    (ada,) = add_raters(sqlite_db, 1)
    sizes = set()
    for minute in range(3):
        item = claimed(sqlite_db, ada, at(minute))
        assert (item.item.subject, len(item.item.frames), item.item.reference, item.locked) == ("artwork", 1, None, False)
        sizes.add(opened(frame_bytes(sqlite_db, item.item.frames[0], ada)[0]).size)
        scores = {name: 70 if name == "overall" else 7 for name in campaign(sqlite_db).rubric.attribute_ids}
        submit(sqlite_db, answer(sqlite_db, item, scores=scores, full_pass=False), ada, at(minute))
    assert sizes == {(64, 43), (64, 32)}
    with sqlite_db.read() as session:
        ids = sorted(session.scalars(select(Item.process_id)))
    assert [name.rsplit("-", 1)[0] for name in ids] == ["drawn", "night", "sea-of-fog"]


def test_processes_cannot_be_rated_from_picture_files(sqlite_db: Database, folder: Path) -> None:
    (folder / "pictures").mkdir()
    with pytest.raises(NotFoundError, match="not a collection"):
        create_campaign(sqlite_db, SMALL, folder / "pictures", at())
    with pytest.raises(NotFoundError):
        create_campaign(sqlite_db, SMALL.model_copy(update={"rubric": "artwork-5"}), folder / "pictures", at())
    (folder / "empty" / "processes").mkdir(parents=True)
    with pytest.raises(NoInputsError):
        create_campaign(sqlite_db, SMALL, folder / "empty", at())


def test_expert_scores_are_read_with_every_problem_named(folder: Path) -> None:
    rubric = load_rubric("ppad-8")
    table = folder / "experts.csv"
    table.write_text("process_id,role,consistency,comment\na-1,calibration,6.5,Mind the sky.\nb-1,gold,,\n", "utf-8-sig")
    found = read_references(table, rubric)
    assert (found["a-1"].role, found["a-1"].scores, found["a-1"].comment) == (
        "calibration",
        {"consistency": 6.5},
        "Mind the sky.",
    )
    assert (found["b-1"].scores, found["b-1"].comment) == ({}, None)
    table.write_text("process_id,role,consistency,beauty\na,x,11,1\n")
    with pytest.raises(ConfigError, match="column 'beauty' is unknown"):
        read_references(table, rubric)
    table.write_text("process_id,role,consistency\na,boss,5\nb,gold,11\nc,gold,x\n")
    with pytest.raises(ConfigError, match=r"line 2: the role is 'boss'.*line 3: consistency is 11.*line 4: could not convert"):
        read_references(table, rubric)
    table.write_text("process_id,role\na,gold\na,gold\n")
    with pytest.raises(ConfigError, match="more than one line"):
        read_references(table, rubric)
