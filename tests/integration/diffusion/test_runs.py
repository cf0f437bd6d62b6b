"""Runs with the diffusion engines: what identifies a process, what is written of it, what a batch that fails costs."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import torch

from fixtures.runs import Silent
from fixtures.tiny_engines import painter_config, picture, undo_config
from ppad.errors import LicenceError
from ppad.media.images import encode_image
from ppad.schema import ProcessRecord
from ppad.stages import InProcess, Report
from ppad.storage import Collection
from ppad_pipelines.synth import work
from ppad_pipelines.synth.engine import EngineConfig
from ppad_pipelines.synth.inputs import Motif, find_motifs
from ppad_pipelines.synth.registry import engine_entry
from ppad_pipelines.synth.run import synthesize
from ppad_pipelines.synth.strokes.engine import StrokesConfig

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")  # diffusers with NumPy 2

LICENCES = ("openrail", "AGPL-3.0", "creativeml-openrail-m")


def boat(folder: Path, number: int = 0) -> list[Motif]:
    """A finished painting, as a motif."""
    path = folder / f"boat-{number}.png"
    path.write_bytes(encode_image(picture(number, 37, 23), "png"))
    return find_motifs(None, None, [path], None)


def run(engine: str, config: EngineConfig, motifs: Sequence[Motif], out: Path, **settings: Any) -> Report:
    # What tiny random networks paint is noise, which the filters would not keep.
    settings = {"allowed_licences": LICENCES, "is_filtered": False} | settings
    return synthesize(engine, config, motifs, out, InProcess(), Silent(), **settings)


def only(collection: Path) -> ProcessRecord:
    (record,) = Collection.open(collection)
    return record


def test_a_run_needs_the_licence_and_writes_what_made_each_process(checkpoints: Path, tmp_path: Path) -> None:
    motifs, config = boat(tmp_path), undo_config(checkpoints / "undo")
    with pytest.raises(LicenceError, match="--allow-license openrail"):
        run("paints-undo", config, motifs, tmp_path / "out", allowed_licences=[])
    assert len(run("paints-undo", config, motifs, tmp_path / "out").done) == 1
    process = only(tmp_path / "out")
    assert (process.origin, process.width, process.height, len(process.frames)) == ("inversion", 20, 32, 3)
    assert process.provenance.engine == "paints-undo 1"
    assert process.provenance.licence == "code Apache-2.0; weights openrail"
    assert len(process.provenance.model_sha256 or "") == 64
    assert "synthetic: no person painted this" in (process.provenance.notes or [])
    assert len(run("paints-undo", config, motifs, tmp_path / "out").skipped) == 1


def test_a_process_keeps_its_id_wherever_the_weights_lie_and_however_they_are_run(checkpoints: Path, tmp_path: Path) -> None:
    shutil.copytree(checkpoints / "undo", tmp_path / "elsewhere" / "copy")
    motifs = boat(tmp_path)
    here, there = undo_config(checkpoints / "undo"), undo_config(tmp_path / "elsewhere" / "copy", at_once=1, device="auto")
    run("paints-undo", here, motifs, tmp_path / "out")
    assert [item.reason for item in run("paints-undo", there, motifs, tmp_path / "out").skipped] == ["done"]
    assert len(run("paints-undo", undo_config(checkpoints / "undo", guidance=4), motifs, tmp_path / "out").done) == 1


def test_the_settings_of_a_process_hold_no_place_on_this_machine(checkpoints: Path, tmp_path: Path) -> None:
    run("paints-undo", undo_config(checkpoints / "undo"), boat(tmp_path), tmp_path / "undo")
    run("processpainter", painter_config(checkpoints), find_motifs("a boat", None, [], None), tmp_path / "painter")
    for folder, words in (("undo", {"operation_steps", "guidance"}), ("painter", {"frames", "style"})):
        made = only(tmp_path / folder).provenance.config_json
        assert str(checkpoints) not in made
        assert str(tmp_path) not in made
        settings = json.loads(made)["settings"]
        assert words <= settings.keys()
        assert not {"model", "revision", "base", "base_revision", "ip_adapter", "offload", "at_once", "device"} & settings.keys()


def test_provenance_says_what_was_given_and_on_what_it_ran(checkpoints: Path, tmp_path: Path) -> None:
    (tmp_path / "motifs.txt").write_text("a boat\n")
    run("processpainter", painter_config(checkpoints), find_motifs(None, tmp_path / "motifs.txt", [], None), tmp_path / "words")
    words = json.loads(only(tmp_path / "words").provenance.config_json)
    assert words["inputs"] == {"prompt": "a boat", "prompt_source": "motifs.txt"}
    assert (words["device"], words["dtype"], words["scheduler"]) == ("cpu", "float32", "ddim")
    assert words.keys() >= {"torch", "diffusers", "transformers", "base_repo"}
    run("paints-undo", undo_config(checkpoints / "undo"), boat(tmp_path), tmp_path / "picture")
    made = only(tmp_path / "picture").provenance
    parent = json.loads(made.config_json)["inputs"]["parent_image"]
    assert (parent["name"], parent["sha256"], made.source_name) == ("boat-0.png", made.source_sha256, "boat-0.png")


def test_first_frames_lead_to_the_painting_that_bears_the_name_of_their_folder(checkpoints: Path, tmp_path: Path) -> None:
    for number in (0, 1):
        boat(tmp_path, number)
    (tmp_path / "begun" / "boat-1").mkdir(parents=True)
    (tmp_path / "begun" / "boat-1" / "step.png").write_bytes(encode_image(picture(9, 37, 23), "png"))
    motifs = find_motifs(None, None, [tmp_path / "boat-0.png", tmp_path / "boat-1.png"], tmp_path / "begun")
    run("paints-undo", undo_config(checkpoints / "undo"), motifs, tmp_path / "out")
    notes = {record.provenance.source_name: record.provenance.notes or [] for record in Collection.open(tmp_path / "out")}
    assert "1 frame by the painter, kept as given" in notes["boat-1.png"]
    assert not any("by the painter" in note for note in notes["boat-0.png"])


def test_a_picture_that_is_broken_costs_only_itself_in_a_batch(checkpoints: Path, tmp_path: Path) -> None:
    motifs = [*boat(tmp_path, 0), *boat(tmp_path, 1)]
    (tmp_path / "broken.png").write_bytes(b"no picture")
    motifs += find_motifs(None, None, [tmp_path / "broken.png"], None)
    report = run("paints-undo", undo_config(checkpoints / "undo"), motifs, tmp_path / "out", batch=3)
    assert len(Collection.open(tmp_path / "out")) == 2
    assert [failure.code for failure in report.failed] == ["media-unreadable"]
    assert [failure["input"] for failure in Collection.open(tmp_path / "out").failures()] == [str(tmp_path / "broken.png")]
    assert report.exit_code == 1


def test_a_batch_that_does_not_fit_into_memory_is_halved_until_it_does(
    checkpoints: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = painter_config(checkpoints)
    engine: Any = work.loaded_engine("processpainter", config.to_json())
    sizes: list[int] = []
    stock = type(engine.text_pipeline).__call__

    def small(self: Any, **settings: Any) -> Any:
        sizes.append(len(settings["prompt"]))
        if sizes[-1] > 1:
            raise torch.OutOfMemoryError("CUDA out of memory.")
        return stock(self, **settings)

    monkeypatch.setattr(type(engine.text_pipeline), "__call__", small)
    motifs = [Motif(words, words) for words in ("a boat", "a tree", "the lake")]
    report = run("processpainter", config, motifs, tmp_path / "out", batch=3)
    assert sizes[:3] == [3, 1, 2]
    assert (len(Collection.open(tmp_path / "out")), report.failed) == (3, [])


def test_not_a_number_is_a_reason_to_reject(checkpoints: Path, tmp_path: Path) -> None:
    config = undo_config(checkpoints / "undo", steps=3)
    engine: Any = work.loaded_engine("paints-undo", config.to_json())
    engine.pipeline.vae.decoder.conv_out.bias.data.fill_(float("nan"))
    report = run("paints-undo", config, boat(tmp_path), tmp_path / "out", is_filtered=True)
    assert [item.reason for item in report.skipped] == ["rejected: nan"]
    assert [(reject["reason"], reject["engine"]) for reject in Collection(tmp_path / "out").rejects()] == [
        ("nan", "paints-undo 1")
    ]
    work.loaded_engine.cache_clear()


def test_paints_undo_may_change_its_mind_and_processpainter_may_not() -> None:
    assert "going-back" not in engine_entry("paints-undo").filters
    assert "going-back" in engine_entry("processpainter").filters


@pytest.mark.parametrize(
    ("engine", "motif"), [("paints-undo", Motif("a", "a")), ("strokes", Motif("p", partial=(Path("x.png"),)))]
)
def test_what_an_engine_cannot_take_is_said_for_each_motif(checkpoints: Path, tmp_path: Path, engine: str, motif: Motif) -> None:
    config = undo_config(checkpoints / "undo") if engine == "paints-undo" else StrokesConfig(size=64)
    report = run(engine, config, [motif], tmp_path / "out")
    assert [failure.code for failure in report.failed] == ["config-invalid"]
    assert report.failed[0].message.startswith(f"The engine {engine} takes ")
    assert report.exit_code == 2
