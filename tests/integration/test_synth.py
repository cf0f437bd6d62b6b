"""`ppad synth strokes`: processes from prompts and paintings, resumable, honest about what they are."""

from __future__ import annotations

import io
import json
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from PIL import Image

from fixtures.runs import Silent, contents, extract
from ppad.errors import ConfigError, LicenceError, NotFoundError
from ppad.schema import check_process_rows, process_to_row
from ppad.stages import Executor, InProcess, Report, WorkerProcesses
from ppad.storage import Collection
from ppad.storage.folder_checks import collection_problems
from ppad_pipelines.synth import work
from ppad_pipelines.synth.inputs import Motif, find_motifs, motifs_from_images
from ppad_pipelines.synth.quality import Rejection
from ppad_pipelines.synth.registry import ENGINES, config_class, engine_entry
from ppad_pipelines.synth.run import plan_of, refuse_unread_licences, synthesize
from ppad_pipelines.synth.strokes.engine import StrokesConfig
from ppad_pipelines.synth.strokes.extras import Extras
from ppad_pipelines.synth.strokes.recording import Take

PROMPTS = [Motif(name=words, prompt=words) for words in ("a house by the sea", "a forest", "starry night")]
SMALL = StrokesConfig(size=96, frames=6)


def paint(motifs: list[Motif], out: Path, executor: Executor | None = None, **settings: object) -> Report:
    extras = settings.pop("extras", Extras())
    return synthesize("strokes", SMALL, motifs, out, executor or InProcess(), Silent(), extras=extras, **settings)  # type: ignore[arg-type]


def test_each_prompt_becomes_a_process_that_follows_the_contract(tmp_path: Path) -> None:
    report = paint(PROMPTS, tmp_path / "c")
    records = list(Collection.open(tmp_path / "c"))
    assert (len(report.done), len(records)) == (3, 3)
    assert all(check_process_rows([process_to_row(record)], record.process_id) == [] for record in records)
    assert {record.origin for record in records} == {"prompt"}
    assert {len(record.frames) for record in records} == {6}


def test_a_process_says_that_nobody_painted_it_in_its_row_and_in_the_file(tmp_path: Path) -> None:
    paint(PROMPTS[:1], tmp_path / "c")
    collection = Collection.open(tmp_path / "c")
    (process_id,) = collection.ids()
    provenance = collection.read(process_id).provenance
    assert provenance.notes is not None
    assert provenance.notes[0] == "synthetic: no person painted this"
    assert "semantic_fidelity: none (words of the prompt chose a drawn motif)" in provenance.notes
    assert (provenance.engine, provenance.licence) == ("strokes 2", "Apache-2.0")
    assert pq.read_schema(collection.path_of(process_id)).metadata[b"ppad.origin"] == b"prompt"


def test_a_finished_painting_becomes_an_inversion_with_itself_as_reference(real_data: Path, tmp_path: Path) -> None:
    painting = real_data / "paintings" / "fullcolor" / "monet_cliffs.png"
    paint(motifs_from_images([painting]), tmp_path / "c")
    (record,) = Collection.open(tmp_path / "c")
    assert (record.origin, record.reference_kind, record.prompt) == ("inversion", "image", None)
    assert record.reference_image is not None
    first, last, reference = (
        np.asarray(Image.open(io.BytesIO(data)).convert("RGB").resize((32, 24))).astype(float)
        for data in (record.frames[0].bytes, record.frames[-1].bytes, record.reference_image.bytes)
    )
    assert np.abs(last - reference).mean() < 0.35 * np.abs(first - reference).mean()


def test_a_second_run_paints_nothing_and_variants_are_new_processes(tmp_path: Path) -> None:
    paint(PROMPTS, tmp_path / "c")
    again = paint(PROMPTS, tmp_path / "c")
    assert (len(again.done), [item.reason for item in again.skipped]) == (0, ["done"] * 3)
    more = paint(PROMPTS, tmp_path / "c", variants=2)
    assert (len(more.done), len(more.skipped)) == (3, 3)


def test_the_bytes_depend_neither_on_workers_nor_on_order(tmp_path: Path, fixed_clock: None) -> None:
    paint(PROMPTS, tmp_path / "one")
    paint(PROMPTS[::-1], tmp_path / "two", WorkerProcesses(2))
    assert contents(tmp_path / "one") == contents(tmp_path / "two")


def test_a_broken_picture_costs_only_itself(tmp_path: Path) -> None:
    Image.new("RGB", (40, 30), "teal").save(tmp_path / "good.png")
    (tmp_path / "broken.png").write_bytes(b"no picture")
    report = paint(motifs_from_images([tmp_path / "good.png", tmp_path / "broken.png"]), tmp_path / "c")
    assert (len(report.done), [failure.code for failure in report.failed]) == (1, ["media-unreadable"])


def test_extraction_of_a_stroke_recording_finds_its_rounds(tmp_path: Path) -> None:
    take = Take(seconds=6.0, pause_s=0.8, hand=True)
    paint(PROMPTS[1:2], tmp_path / "c", extras=Extras(videos=tmp_path / "v", logs=tmp_path / "l", take=take))
    (video,) = (tmp_path / "v").glob("*.mp4")
    known = json.loads(video.with_suffix(".json").read_text())
    extract([video], tmp_path / "e", occlusion=True, min_frames=5, max_frames=12)
    (record,) = Collection.open(tmp_path / "e")
    assert record.frame_index is not None
    found = {known["phase"][rank] for rank in record.frame_index}
    assert {"underpainting", "block-in", "forms"} <= found
    assert np.mean([known["has_hand"][rank] for rank in record.frame_index]) < 0.2
    (log,) = (tmp_path / "l").glob("*.parquet")
    assert pq.read_table(log).num_rows == known["strokes_done"][-1]


def test_the_log_and_the_recording_can_be_asked_for_later(tmp_path: Path) -> None:
    take = Take(seconds=1.0, pause_s=0.1)
    paint(PROMPTS[:1], tmp_path / "c")
    later = paint(PROMPTS[:1], tmp_path / "c", extras=Extras(videos=tmp_path / "v", logs=tmp_path / "l", take=take))
    assert len(later.done) == 1
    again = paint(PROMPTS[:1], tmp_path / "c", extras=Extras(videos=tmp_path / "v", logs=tmp_path / "l", take=take))
    assert [item.reason for item in again.skipped] == ["done"]


def test_the_stroke_engine_goes_on_from_a_painters_own_frames(tmp_path: Path) -> None:
    y, x = np.mgrid[0:60, 0:80]
    finished = np.stack([y * 4, x * 3, 255 - y * 2], axis=-1).astype(np.uint8)
    begun = np.full_like(finished, 200)
    begun[:, :40] = finished[:, :40]
    Image.fromarray(finished).save(tmp_path / "hill.png")
    (tmp_path / "begun").mkdir()
    for number, frame in enumerate((np.full_like(finished, 200), begun)):
        Image.fromarray(frame).save(tmp_path / "begun" / f"step-{number}.png")
    report = synthesize(
        "strokes", SMALL, find_motifs(None, None, [tmp_path / "hill.png"], tmp_path / "begun"), tmp_path / "c", InProcess(),
        Silent(), codec="png",
    )  # fmt: skip
    (record,) = Collection.open(tmp_path / "c")
    assert report.failed == []
    frames = [np.asarray(Image.open(io.BytesIO(frame.bytes))) for frame in record.frames]
    assert np.array_equal(frames[0], np.full_like(finished, 200))
    assert np.array_equal(frames[1], begun)
    assert "2 frames by the painter, kept as given" in (record.provenance.notes or [])
    distances = [float(np.abs(frame.astype(int) - finished).mean()) for frame in frames]
    assert distances[-1] < 0.4 * distances[1]
    painted = np.abs(frames[2].astype(int) - begun).mean(axis=(0, 2))
    assert painted[:30].mean() < 0.5 * painted[50:].mean()  # what was finished is left alone


def blank_and_good(folder: Path) -> list[Motif]:
    """A white picture, on which watercolour leaves the paper as it is, and one that gives a good process."""
    Image.new("RGB", (40, 30), "white").save(folder / "blank.png")
    Image.fromarray(
        np.kron(np.random.default_rng(0).integers(0, 256, (3, 4, 3), dtype=np.uint8), np.ones((10, 10, 1), np.uint8))
    ).save(folder / "good.png")
    return motifs_from_images([folder / "blank.png", folder / "good.png"])


WASHES = StrokesConfig(size=64, frames=5, medium="watercolour")


def wash(motifs: list[Motif], out: Path, **settings: object) -> Report:
    return synthesize("strokes", WASHES, motifs, out, InProcess(), Silent(), **settings)  # type: ignore[arg-type]


def test_what_is_rejected_is_named_in_the_ledger_and_not_painted_again(tmp_path: Path) -> None:
    motifs = blank_and_good(tmp_path)
    report = wash(motifs, tmp_path / "c")
    assert (len(report.done), [item.reason for item in report.skipped], report.exit_code) == (1, ["rejected: blank"], 0)
    (reject,) = Collection(tmp_path / "c").rejects()
    assert (reject["reason"], reject["input"], reject["engine"]) == ("blank", str(tmp_path / "blank.png"), "strokes 2")
    assert reject["measured"] > reject["limit"]
    assert not (tmp_path / "c" / "processes" / f"{reject['process_id']}.parquet").exists()
    again = wash(motifs, tmp_path / "c")
    assert sorted(item.reason for item in again.skipped) == ["done", "rejected: blank"]
    assert again.done == []
    assert collection_problems(tmp_path / "c") == []


def test_a_rejected_seed_is_followed_by_others_and_each_is_noted(tmp_path: Path) -> None:
    motifs = blank_and_good(tmp_path)[:1]
    wash(motifs, tmp_path / "c")
    report = wash(motifs, tmp_path / "c", retries=2)
    assert len(report.skipped) == 2  # the first seed was known
    seeds = [reject["seed"] for reject in Collection(tmp_path / "c").rejects()]
    assert len(set(seeds)) == 3
    assert [item.reason for item in wash(motifs, tmp_path / "c", retries=2).skipped] == ["rejected: blank"]


def test_a_process_that_passes_at_a_later_seed_is_kept_and_known(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    verdicts = iter([Rejection("stalled", 0.5, 0.4), None])
    monkeypatch.setattr(work, "first_rejection", lambda *_: next(verdicts))
    paint(PROMPTS[:1], tmp_path / "c", retries=3)
    (record,) = Collection.open(tmp_path / "c")
    (reject,) = Collection(tmp_path / "c").rejects()
    assert record.provenance.seed != reject["seed"]
    again = paint(PROMPTS[:1], tmp_path / "c", retries=3)
    assert [(item.id, item.reason) for item in again.skipped] == [(record.process_id, "done")]


def test_without_filters_everything_is_kept_and_leaves_the_ledger(tmp_path: Path) -> None:
    motifs = blank_and_good(tmp_path)
    wash(motifs, tmp_path / "c")
    report = wash(motifs, tmp_path / "c", is_filtered=False)
    assert (len(report.done), len(Collection(tmp_path / "c"))) == (1, 2)
    assert Collection(tmp_path / "c").rejects() == []


def test_recordings_of_an_engine_that_makes_none_are_refused(tmp_path: Path) -> None:
    config = config_class(engine_entry("paints-undo"))()
    with pytest.raises(ConfigError, match="neither recordings nor logs"):
        plan_of(
            "paints-undo", config, PROMPTS, Collection(tmp_path), allowed_licences=["openrail"], extras=Extras(videos=tmp_path)
        )


def test_an_unknown_engine_is_refused_with_a_guess() -> None:
    with pytest.raises(NotFoundError, match="Did you mean 'strokes'"):
        engine_entry("stroke")


def test_weights_that_restrict_use_wait_for_their_licence_to_be_named() -> None:
    refuse_unread_licences("x", ["AGPL-3.0"], ["AGPL-3.0"])
    with pytest.raises(LicenceError, match="add: --allow-license openrail"):
        refuse_unread_licences("x", ["AGPL-3.0", "openrail"], ["AGPL-3.0"])


def test_every_engine_of_the_registry_resolves() -> None:
    for entry in ENGINES.values():
        assert config_class(entry).model_fields
        assert entry.summary.endswith(".")
