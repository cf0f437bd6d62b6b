"""A run of the simulation of artworks: pictures, ratings with critiques, and the dataset."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from importlib import resources
from pathlib import Path
from typing import Any

import jinja2

from ppad import __version__
from ppad.media.images import encode_image
from ppad.rubric import Rubric, load_rubric
from ppad.schema import Picture, ProcessRecord, Provenance, canonical_json
from ppad.stages import Executor, Job, Planned, Progress, Report, Skipped, run_stage
from ppad.storage import Collection, timestamp
from ppad.storage.publishing import refuse_foreign
from ppad.storage.ratings import write_ratings
from ppad_pipelines.build.config import BuildConfig
from ppad_pipelines.build.declared import Declared
from ppad_pipelines.build.run import MARKER, Outcome, View, run_build
from ppad_pipelines.build.splits import TEST_SHARE_REAL, Placement
from ppad_pipelines.simulate.artworks.picture import paint
from ppad_pipelines.simulate.artworks.recipe import ENGINE, MEANINGS, NOTICE, RUBRIC, Artwork, draw_artwork
from ppad_pipelines.simulate.artworks.words import describe, said
from ppad_pipelines.simulate.config import ArtworksConfig
from ppad_pipelines.simulate.raters import draw_raters, rating_rows
from ppad_pipelines.simulate.run import RATINGS_FILE, STAGE

LICENCE = "CC0-1.0"


@dataclass(frozen=True, slots=True)
class SimulatedArtworks:
    """What a run did: the account of it, and what the build did; None where it could not begin."""

    artworks: Sequence[Artwork]
    report: Report
    built: Outcome | None = None


def run_artworks(out: Path, collection: Path, config: ArtworksConfig, executor: Executor, view: View) -> SimulatedArtworks:
    """Make a dataset of simulated artworks by way of a collection and ratings.

    Args:
        out: folder of the dataset.
        collection: folder of the artworks one by one, and of the ratings; what is there already is not made again.

    Raises:
        NotWritableError: `out` is something else than a dataset, or a place refuses.
        LockedError: another run is writing to one of the folders.
    """
    refuse_foreign(out, MARKER)
    rubric = load_rubric(RUBRIC)
    artworks = [draw_artwork(number, config.seed, config.size) for number in range(config.n)]
    store = Collection(collection)
    with store.writing(), view("Painting", len(artworks), "artworks") as listener:
        report = run_stage(STAGE, PaintArtwork(collection, rubric), _plan(store, artworks), executor, listener)
        store.write_failures([asdict(failure) for failure in report.failed])
        store.write_summary()
    if report.failed or report.fatal is not None:
        return SimulatedArtworks(artworks, report)
    ratings = collection / RATINGS_FILE
    write_ratings(
        ratings, list(_ratings(artworks, rubric, config)), rubric, config.hash(), {"simulated": "true", "notice": NOTICE}
    )
    settings = BuildConfig(rubric=RUBRIC, seed=config.seed, licence=config.licence, name=config.name)
    built = run_build([collection], out, [ratings], settings, executor, view, declared=_declared(artworks, config))
    report.failed += built.report.failed
    report.fatal = built.report.fatal
    return SimulatedArtworks(artworks, report, built)


@dataclass(frozen=True, slots=True)
class PaintArtwork:
    """Paints one artwork into the collection at `root`."""

    root: Path
    rubric: Rubric

    def __call__(self, job: Job, progress: Progress) -> Mapping[str, Any]:
        artwork: Artwork = job.payload
        Collection(self.root).write(record_of(artwork, self.rubric), artwork.identity[:12])
        return {"artworks": 1}


def record_of(artwork: Artwork, rubric: Rubric) -> ProcessRecord:
    """The row of a simulated artwork."""
    return ProcessRecord(
        process_id=artwork.id,
        origin="simulated",
        reference_kind="none",
        frames=[Picture(bytes=encode_image(paint(artwork)), path=f"{artwork.id}.jpg")],
        frame_change=[0.0],
        width=artwork.size,
        height=artwork.size,
        description=describe(artwork),
        provenance=Provenance(
            tool="ppad",
            version=__version__,
            engine=ENGINE,
            config_json=canonical_json({"engine": ENGINE, "recipe": asdict(artwork)}),
            source_name=artwork.id,
            source_sha256=artwork.identity,
            created_at=timestamp(),
            licence=LICENCE,
            seed=artwork.scene,
            notes=[NOTICE],
        ),
        controls={f"true_{name}": score for name, score in artwork.true_scores(rubric).items()},
    )


def _plan(store: Collection, artworks: Sequence[Artwork]) -> Iterator[Planned]:
    existing = set(store.ids())
    for artwork in artworks:
        if artwork.id in existing:
            yield Skipped(artwork.id, artwork.id, "done")
        else:
            yield Job(artwork.id, artwork.id, artwork, 1.0)


def _ratings(artworks: Sequence[Artwork], rubric: Rubric, config: ArtworksConfig) -> Iterator[dict[str, Any]]:
    by_id = {artwork.id: artwork for artwork in artworks}
    truths = {name: artwork.true_scores(rubric) for name, artwork in by_id.items()}
    raters = draw_raters(config.seed, config.raters, config.noise)
    for row in rating_rows(truths, raters, config.raters_each, config.seed, rubric):
        yield row | said(by_id[row["process_id"]], row, rubric)


def _declared(artworks: Sequence[Artwork], config: ArtworksConfig) -> Declared:
    """Every artwork is a group of its own: the build would tie plain pictures that look alike by chance."""
    placements = {artwork.id: _placement(artwork.id) for artwork in artworks}
    environment = jinja2.Environment(undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True, autoescape=False)
    template = environment.from_string(resources.files(__package__).joinpath("card.md.jinja").read_text("utf-8"))
    test = sum(placement.split == "test_synthetic" for placement in placements.values())
    return Declared(placements, NOTICE, template.render(notice=NOTICE, config=config, meanings=MEANINGS, test=test))


def _placement(artwork_id: str) -> Placement:
    share = int(hashlib.sha256(f"split/{artwork_id}".encode()).hexdigest()[:8], 16) / 2**32
    if share < TEST_SHARE_REAL:
        return Placement("test_synthetic", artwork_id, "an artwork of its own; held out by the hash of its id")
    return Placement("pretrain", artwork_id, "an artwork of its own; for training by the hash of its id")
