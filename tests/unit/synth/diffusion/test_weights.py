"""Weight files: found, read as data only, and loaded with every key accounted for."""

from __future__ import annotations

import os
from pathlib import Path

import huggingface_hub
import pytest
import torch
from safetensors.torch import save_file

from ppad.errors import WeightsError
from ppad_pipelines.synth.diffusion.weights import digest_of, load_strict, locate, read_state, require


class Harmful:
    """A pickle of this would run a command when it is loaded."""

    def __init__(self, marker: Path) -> None:
        self.marker = marker

    def __reduce__(self) -> tuple[object, ...]:
        return os.mkdir, (str(self.marker),)


def test_a_pickle_with_code_is_refused_and_its_code_does_not_run(tmp_path: Path) -> None:
    torch.save({"weight": torch.zeros(1), "extra": Harmful(tmp_path / "ran")}, tmp_path / "model.ckpt")
    with pytest.raises(WeightsError, match=r"model\.ckpt holds more than weights and is refused: .*mkdir"):
        read_state(tmp_path / "model.ckpt")
    assert not (tmp_path / "ran").exists()


def test_a_pickle_of_weights_is_read(tmp_path: Path) -> None:
    torch.save({"weight": torch.nn.Parameter(torch.ones(2))}, tmp_path / "model.ckpt")
    assert read_state(tmp_path / "model.ckpt")["weight"].tolist() == [1, 1]


@pytest.mark.parametrize("name", ["model.ckpt", "model.safetensors"])
@pytest.mark.parametrize("kept", [0, 60])
def test_a_file_that_was_cut_off_is_named(tmp_path: Path, name: str, kept: int) -> None:
    path = tmp_path / name
    if name.endswith("ckpt"):
        torch.save({"weight": torch.ones(64)}, path)
    else:
        save_file({"weight": torch.ones(64)}, path)
    path.write_bytes(path.read_bytes()[:kept])
    with pytest.raises(WeightsError, match=name.replace(".", r"\.")):
        read_state(path)


def test_every_missing_and_unexpected_and_misshapen_key_is_named() -> None:
    module = torch.nn.Sequential(torch.nn.Linear(2, 3), torch.nn.Linear(3, 1))
    state = {"0.weight": torch.zeros(3, 2), "1.weight": torch.zeros(1, 4), "2.weight": torch.zeros(1), "3.note": "text"}
    with pytest.raises(WeightsError) as caught:
        load_strict(module, state, "net.ckpt")
    assert caught.value.message == (
        "net.ckpt does not fit: 2 missing: 0.bias, 1.bias; 2 unexpected: 2.weight, 3.note; "
        "1 of another shape: 1.weight (1, 4) for (1, 3)."
    )


def test_values_that_are_computed_may_be_missing() -> None:
    module = torch.nn.Linear(1, 1)
    module.register_buffer("pe", torch.tensor([5.0]))
    load_strict(module, {"weight": torch.ones(1, 1), "bias": torch.ones(1)}, "net.ckpt", formulas=["pe"])
    assert (module.pe.item(), module.weight.item()) == (5, 1)


def test_all_missing_files_are_named_at_once(tmp_path: Path) -> None:
    (tmp_path / "b.bin").touch()
    with pytest.raises(WeightsError, match=r"unet/a\.safetensors, c\.json missing"):
        require(tmp_path, {"a": ("unet/a.safetensors", "unet/a.bin"), "b": ("b.safetensors", "b.bin"), "c": ("c.json",)})


def test_without_a_network_it_is_said_which_files_to_put_where(monkeypatch: pytest.MonkeyPatch) -> None:
    def offline(*_args: object, **_kwargs: object) -> str:
        raise huggingface_hub.errors.LocalEntryNotFoundError("Cannot find an appropriate cached snapshot folder.")

    monkeypatch.setattr(huggingface_hub, "snapshot_download", offline)
    with pytest.raises(WeightsError) as caught:
        locate("someone/model", None, ["*"], ["unet/config.json", "unet/model.safetensors"])
    assert caught.value.message.startswith("someone/model is no folder here, and the hub does not give it: Cannot find")
    assert caught.value.fix == "Put these files into a folder and give it as the model: unet/config.json, unet/model.safetensors."


def test_a_snapshot_of_the_hub_knows_its_commit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    snapshot = tmp_path / "snapshots" / "0a1b2c"
    monkeypatch.setattr(huggingface_hub, "snapshot_download", lambda *_args, **_kwargs: str(snapshot))
    found = locate("someone/model", "main", ["*"], ["x"])
    assert (found.folder, found.repo, found.revision) == (snapshot, "someone/model", "0a1b2c")


def test_a_folder_is_known_by_its_name_and_not_by_its_place(tmp_path: Path) -> None:
    (tmp_path / "weights").mkdir()
    assert locate(str(tmp_path / "weights"), None, ["*"], ["x"]).repo == "weights"


def test_one_digest_stands_for_the_content_of_several_files_wherever_they_are(tmp_path: Path) -> None:
    for folder, text in (("one", "x"), ("two", "x"), ("three", "y")):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "a").write_text(text)
        (tmp_path / folder / "b").write_text("z")
    digests = [digest_of({name: tmp_path / folder / name for name in "ab"}) for folder in ("one", "two", "three")]
    assert digests[0] == digests[1] != digests[2]
