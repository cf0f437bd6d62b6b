"""Folders of converted weights."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from ppad.errors import NotWritableError, WeightsError
from ppad_pipelines.synth.diffusion.converted import RECORD, Conversion, kept_copy, read_record, write_record, write_whole


def converted_folder(folder: Path) -> Path:
    (folder / "unet").mkdir(parents=True)
    save_file({"weight": torch.zeros(2)}, folder / "unet" / "model.safetensors")
    write_record(folder, Conversion("paints-undo", "someone/model", "0a1b", "ab" * 32, {"style": "x"}))
    return folder


def test_the_record_says_where_the_weights_come_from(tmp_path: Path) -> None:
    record = read_record(converted_folder(tmp_path), "paints-undo")
    assert (record.repo, record.revision, record.sha256, record.details) == ("someone/model", "0a1b", "ab" * 32, {"style": "x"})
    assert list(record.files) == ["unet/model.safetensors"]


def test_weights_that_changed_since_their_conversion_are_refused(tmp_path: Path) -> None:
    folder = converted_folder(tmp_path)
    save_file({"weight": torch.ones(2)}, folder / "unet" / "model.safetensors")
    save_file({"weight": torch.ones(2)}, folder / "unet" / "other.safetensors")
    with pytest.raises(WeightsError, match=r"changed since their conversion: unet/model\.safetensors, unet/other\.safetensors"):
        read_record(folder, "paints-undo")


def test_weights_of_another_engine_are_refused(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match=r"are those of paints-undo\. Give those of processpainter\."):
        read_record(converted_folder(tmp_path), "processpainter")


def test_weights_of_another_format_are_refused(tmp_path: Path) -> None:
    file = converted_folder(tmp_path) / RECORD
    file.write_text(json.dumps(json.loads(file.read_text()) | {"format": 0}))
    with pytest.raises(WeightsError, match="converted by another version"):
        read_record(tmp_path, "paints-undo")


@pytest.mark.parametrize("text", ["", "[]", '{"format": 1}'])
def test_a_damaged_record_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / RECORD).write_text(text)
    with pytest.raises(WeightsError, match="is damaged"):
        read_record(tmp_path, "paints-undo")


def test_published_weights_are_converted_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PPAD_CACHE", str(tmp_path))
    calls: list[Path] = []

    def convert(folder: Path) -> None:
        calls.append(folder)
        converted_folder(folder)

    copies = {kept_copy("paints-undo", "ab" * 32, convert) for _ in range(2)}
    assert copies == {tmp_path / "paints-undo-1-abababababababab"}
    assert len(calls) == 1


def test_a_conversion_that_fails_leaves_nothing(tmp_path: Path) -> None:
    def fail(folder: Path) -> None:
        (folder / "half").touch()
        raise WeightsError("broken.", "Fix it.")

    with pytest.raises(WeightsError):
        write_whole(tmp_path / "target", fail)
    assert list(tmp_path.iterdir()) == []


def test_what_a_killed_conversion_left_is_replaced(tmp_path: Path) -> None:
    (tmp_path / ".target.part").mkdir()
    (tmp_path / ".target.part" / "half").touch()
    write_whole(tmp_path / "target", lambda folder: (folder / "whole").touch())
    assert [path.name for path in (tmp_path / "target").iterdir()] == ["whole"]
    assert [path.name for path in tmp_path.iterdir()] == ["target"]


def test_a_folder_that_holds_something_is_not_written_over(tmp_path: Path) -> None:
    (tmp_path / "mine").touch()
    with pytest.raises(NotWritableError, match="is not empty"):
        write_whole(tmp_path, lambda folder: None)
