"""What is to be done, and what is there already."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from fixtures.records import record
from ppad.keyframes.config import ExtractConfig
from ppad.stages import Failure, Job, Planned, Skipped
from ppad.storage import Collection
from ppad_pipelines.extract.plan import OTHER_SETTINGS, ExtractPlan
from ppad_pipelines.extract.sidecar import EMPTY, Facts, Sidecar
from ppad_pipelines.extract.sources import Source


class Place:
    """A folder of stand-ins for recordings, and the collection that they go into."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.collection = Collection(root / "collection")

    def source(self, name: str, content: str) -> Source:
        path = self.root / name
        path.write_text(content)
        return Source((path,))

    def plan(self, *sources: Source, sidecar: Sidecar = EMPTY, overwrite: bool = False, **settings: Any) -> list[Planned]:
        return list(ExtractPlan(self.collection, sources, sidecar, ExtractConfig.load(**settings), overwrite=overwrite))

    def finish(self, item: Planned) -> None:
        """Write the process of a job, as a worker does."""
        assert isinstance(item, Job)
        self.collection.write(record(process_id=item.id), item.payload.job_hash)


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


def test_a_new_recording_is_a_job_with_an_id_from_its_content(place: Place) -> None:
    (item,) = place.plan(place.source("My Castle.mp4", "castle"))
    assert isinstance(item, Job)
    assert item.id == "my-castle-913a53d7df2f"
    assert item.label.endswith("My Castle.mp4")
    assert item.size == 6
    assert item.payload.source_sha256.startswith("913a53d7df2f")


def test_what_is_done_is_skipped(place: Place) -> None:
    castle = place.source("castle.mp4", "castle")
    place.finish(*place.plan(castle))
    (item,) = place.plan(castle)
    assert isinstance(item, Skipped)
    assert item.reason == "done"


def test_the_same_content_under_another_name_is_done_too(place: Place) -> None:
    place.finish(*place.plan(place.source("castle.mp4", "castle")))
    (item,) = place.plan(place.source("renamed.mp4", "castle"))
    assert isinstance(item, Skipped)
    assert item.id.startswith("castle-")


def test_a_duplicate_within_a_run_is_named(place: Place) -> None:
    first, second = place.source("a.mp4", "castle"), place.source("b.mp4", "castle")
    job, skipped = place.plan(first, second)
    assert isinstance(job, Job)
    assert isinstance(skipped, Skipped)
    assert skipped.reason == f"duplicate of {first.label}"


@pytest.mark.parametrize(
    "change", [{"min_frames": 4}, {"sidecar": Sidecar({"castle.mp4": Facts(style="Cubism")}, {})}], ids=["settings", "metadata"]
)
def test_what_was_done_otherwise_is_skipped_with_how_to_make_it_again(place: Place, change: dict[str, Any]) -> None:
    castle = place.source("castle.mp4", "castle")
    place.finish(*place.plan(castle))
    (item,) = place.plan(castle, **change)
    assert isinstance(item, Skipped)
    assert item.reason == OTHER_SETTINGS


def test_what_was_done_with_other_settings_is_made_again_on_demand_under_its_id(place: Place) -> None:
    place.finish(*place.plan(place.source("castle.mp4", "castle")))
    (item,) = place.plan(place.source("renamed.mp4", "castle"), overwrite=True, min_frames=4)
    assert isinstance(item, Job)
    assert item.id.startswith("castle-")


def test_what_was_done_with_the_same_settings_is_not_made_again(place: Place) -> None:
    castle = place.source("castle.mp4", "castle")
    place.finish(*place.plan(castle))
    (item,) = place.plan(castle, overwrite=True)
    assert isinstance(item, Skipped)


def test_a_process_whose_file_is_damaged_is_made_again(place: Place) -> None:
    castle = place.source("castle.mp4", "castle")
    (job,) = place.plan(castle)
    place.finish(job)
    path = place.collection.path_of(job.id)  # type: ignore[union-attr]
    path.write_bytes(path.read_bytes()[:-20])
    (item,) = place.plan(castle)
    assert isinstance(item, Job)


@pytest.mark.parametrize(("content", "code"), [("", "media-empty"), (None, "media-unreadable")])
def test_what_cannot_be_read_is_a_failure_and_the_rest_goes_on(place: Place, content: str | None, code: str) -> None:
    bad = place.source("bad.mp4", content or "")
    if content is None:
        bad.path.unlink()
    failure, job = place.plan(bad, place.source("castle.mp4", "castle"))
    assert isinstance(failure, Failure)
    assert (failure.input, failure.stage, failure.code) == (bad.label, "extract", code)
    assert isinstance(job, Job)


def test_another_reference_of_the_same_name_makes_other_facts(place: Place) -> None:
    reference = place.root / "ref.png"
    sidecar = Sidecar({"castle.mp4": Facts(reference=str(reference))}, {})
    castle = place.source("castle.mp4", "castle")
    hashes = set()
    for content in ("one", "another"):
        reference.write_text(content)
        (item,) = place.plan(castle, sidecar=sidecar)
        assert isinstance(item, Job)
        hashes.add(item.payload.job_hash)
    assert len(hashes) == 2


def test_items_come_in_the_order_of_the_sources(place: Place) -> None:
    sources = [place.source(f"{number}.mp4", str(number)) for number in range(40)]
    assert [item.label for item in place.plan(*sources)] == [source.label for source in sources]  # type: ignore[union-attr]


def test_sources_are_read_only_a_little_ahead(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[Path] = []
    monkeypatch.setattr("ppad.storage.digests.sha256_of", lambda path: (read.append(path), f"{path.name:0>64}")[1])
    sources = [place.source(f"{number}.mp4", str(number)) for number in range(60)]
    plan = iter(ExtractPlan(place.collection, sources, EMPTY, ExtractConfig()))
    next(plan)
    assert len(read) <= 10
    assert len(list(plan)) == 59


def test_a_dry_run_writes_nothing(place: Place) -> None:
    sources = [place.source("castle.mp4", "castle")]
    assert len(list(ExtractPlan(place.collection, sources, EMPTY, ExtractConfig(), remember=False))) == 1
    assert not place.collection.root.exists()
