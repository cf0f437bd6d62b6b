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
from ppad.errors import LicenceError, NoInputsError, NotFoundError, SidecarError
from ppad.schema import check_process_rows, process_to_row
from ppad.stages import Executor, InProcess, Report, WorkerProcesses
from ppad.storage import Collection
from ppad_pipelines.synth.inputs import Motif, find_motifs, motifs_from_images, motifs_from_prompts
from ppad_pipelines.synth.registry import ENGINES, config_class, engine_entry
from ppad_pipelines.synth.run import Extras, refuse_unread_licences, synthesize
from ppad_pipelines.synth.strokes.engine import StrokesConfig
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


def test_prompts_come_one_a_line(tmp_path: Path) -> None:
    (tmp_path / "p.txt").write_bytes("\ufeff# motifs\n\n a castle \n山水\n".encode())
    assert [motif.prompt for motif in motifs_from_prompts(None, tmp_path / "p.txt")] == ["a castle", "山水"]


@pytest.mark.parametrize(
    ("content", "error", "words"),
    [(b"caf\xe9\n", SidecarError, "not UTF-8 text (byte 3)"), (b"\n#\n", NoInputsError, "nothing to paint")],
)
def test_a_file_of_prompts_that_cannot_be_used_is_named(
    tmp_path: Path, content: bytes, error: type[Exception], words: str
) -> None:
    (tmp_path / "p.txt").write_bytes(content)
    with pytest.raises(error) as caught:
        find_motifs(None, tmp_path / "p.txt", [], None)
    assert words in str(caught.value)


def test_an_empty_prompt_is_nothing_to_paint() -> None:
    with pytest.raises(NoInputsError):
        find_motifs("  ", None, [], None)


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
