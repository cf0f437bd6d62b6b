"""`paints-undo` end to end on a tiny checkpoint in the published layout: converted, painted with, saved, reloaded.

The networks have the real classes and a thousandth of the size, so that what they paint is noise; everything else is tested.
The same requests in one batch give the same bits each time. In another batch, matrix products round otherwise: independence of
the batch is tested in double precision, where rounding does not reach the 8-bit frames, and anything else would.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from fixtures.tiny_checkpoints import write_paints_undo
from fixtures.tiny_engines import farthest, in_double_precision, paint, picture, request, same, undo_config
from ppad.errors import OutOfMemoryError, SynthesisError, WeightsError
from ppad_pipelines.synth.diffusion import paints_undo
from ppad_pipelines.synth.diffusion.configs import PaintsUndoConfig
from ppad_pipelines.synth.engine import Engine
from ppad_pipelines.synth.registry import convert_weights, engine_entry

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")  # diffusers with NumPy 2


def test_a_finished_painting_is_taken_apart_from_the_first_stroke_to_itself(undo: Engine) -> None:
    image = picture(0)
    [made] = paint(undo, request(image=image))
    assert len(made.frames) == 3
    assert made.progress == pytest.approx([0.001, 0.6, 1.0])
    assert np.array_equal(made.frames[-1], image)
    assert made.notes == ["2 frames by the model", "the last frame is the given painting"]


def test_weights_converted_to_a_folder_and_loaded_again_paint_the_same_to_the_bit(
    undo: Engine, checkpoints: Path, tmp_path: Path
) -> None:
    target = tmp_path / "converted"
    convert_weights(engine_entry("paints-undo"), str(checkpoints / "undo"), target, PaintsUndoConfig())
    reloaded = paints_undo.load(undo_config(target))
    asked = request(image=picture(0), prompt="a boat")
    assert same(paint(reloaded, asked)[0], paint(undo, asked)[0])
    assert reloaded.facts == undo.facts


def test_a_process_does_not_depend_on_its_batch(checkpoints: Path) -> None:
    """Pictures of two sizes, one with the painter's own frame; five states, two at once."""
    engine = in_double_precision(paints_undo.load(undo_config(checkpoints / "undo", at_once=2)))
    requests = [
        request(1, image=picture(1), seed=1),
        request(2, image=picture(2, 20, 32), prompt="a boat", seed=2),
        request(3, image=picture(3), partial=[picture(4)], seed=3),
    ]
    together = paint(engine, *requests)
    assert all(same(made, paint(engine, asked)[0]) for made, asked in zip(together, requests, strict=True))


def test_the_same_batch_gives_the_same_bits(undo: Engine) -> None:
    requests = [request(1, image=picture(1)), request(2, image=picture(2, 20, 32), prompt="a boat")]
    assert all(map(same, paint(undo, *requests), paint(undo, *requests)))


def test_all_steps_share_one_noise_so_that_a_state_does_not_depend_on_the_others(checkpoints: Path) -> None:
    engines = [
        in_double_precision(paints_undo.load(undo_config(checkpoints / "undo", operation_steps=steps)))
        for steps in ((400,), (400, 700, 999))
    ]
    alone, among = (paint(engine, request(image=picture(0)))[0].frames for engine in engines)
    assert np.array_equal(alone[0], among[2])


def test_another_seed_another_painting_and_another_step_give_other_states(undo: Engine) -> None:
    first, again, elsewhere = paint(undo, request(image=picture(0)), request(image=picture(0), seed=6), request(image=picture(9)))
    assert not np.array_equal(first.frames[0], again.frames[0])
    assert not np.array_equal(first.frames[0], elsewhere.frames[0])
    assert not np.array_equal(first.frames[0], first.frames[1])


def test_the_painters_own_frames_are_kept_in_place_of_the_first_steps(undo: Engine) -> None:
    own = picture(7)
    plain, begun = paint(undo, request(image=picture(0)), request(image=picture(0), partial=[own]))
    assert np.array_equal(begun.frames[0], own)
    assert int(np.abs(begun.frames[1].astype(int) - plain.frames[1]).max()) <= 1  # in another batch
    assert begun.progress == plain.progress
    assert begun.notes[0] == "1 frame by the painter, kept as given"


def test_more_of_the_painters_frames_than_steps_need_no_model(undo: Engine) -> None:
    own = [picture(seed) for seed in range(4)]
    [made] = paint(undo, request(image=picture(9), partial=own))
    assert all(map(np.array_equal, made.frames, [*own, picture(9)]))
    assert made.progress == sorted(made.progress)


@pytest.mark.parametrize(("height", "width"), [(37, 23), (3, 90), (1, 1)])
def test_a_picture_of_any_size_comes_back_at_its_size_or_fitted(undo: Engine, height: int, width: int) -> None:
    [made] = paint(undo, request(image=picture(0, height, width)))
    sizes = {frame.shape for frame in made.frames}
    assert sizes == {(37 * 32 // 37, round(23 * 32 / 37), 3) if height == 37 else (1, 32, 3) if width == 90 else (1, 1, 3)}


def test_the_last_state_may_be_the_models(checkpoints: Path) -> None:
    engine = paints_undo.load(undo_config(checkpoints / "undo", operation_steps=(0, 999), end_with_painting=False))
    [made] = paint(engine, request(image=picture(0)))
    assert (len(made.frames), made.progress[-1]) == (2, 1.0)
    assert not np.array_equal(made.frames[-1], picture(0))


@pytest.mark.parametrize(
    "settings", [{"scheduler": "ddim"}, {"scheduler": "euler"}, {"scheduler": "unipc"}, {"dtype": "bfloat16"}]
)
def test_samplers_and_precision_can_be_chosen(undo: Engine, checkpoints: Path, settings: dict[str, str]) -> None:
    engine = paints_undo.load(undo_config(checkpoints / "undo", **settings))
    [made] = paint(engine, request(image=picture(0)))
    assert farthest(made, paint(undo, request(image=picture(0)))[0]) > 0
    assert settings.items() <= engine.facts.details.items()


def test_guidance_of_one_is_without_a_negative_prompt(checkpoints: Path) -> None:
    engines = [
        paints_undo.load(undo_config(checkpoints / "undo", guidance=1, negative_prompt=words)) for words in ("bad", "worse")
    ]
    assert same(*(paint(engine, request(image=picture(0)))[0] for engine in engines))


def test_progress_rises_to_one(undo: Engine) -> None:
    shares: list[float] = []
    undo.paint([request(1, image=picture(0)), request(2, image=picture(1, 16, 32))], shares.append)
    assert shares == sorted(shares)
    assert (len(shares), shares[-1]) == (4, 1.0)


def test_a_request_without_a_finished_painting_is_refused(undo: Engine) -> None:
    with pytest.raises(SynthesisError, match="painting-1 has none"):
        paint(undo, request(prompt="a boat"))


def test_running_out_of_memory_is_told_apart(checkpoints: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    engine = paints_undo.load(undo_config(checkpoints / "undo"))

    def full(*_args: object, **_kwargs: object) -> None:
        raise torch.OutOfMemoryError("CUDA out of memory.")

    monkeypatch.setattr(engine.pipeline.unet, "forward", full)
    with pytest.raises(OutOfMemoryError):
        paint(engine, request(image=picture(0)))


def test_the_facts_are_enough_to_find_the_weights_again(undo: Engine) -> None:
    facts = undo.facts
    assert (facts.name, facts.model_repo, facts.model_revision) == ("paints-undo 1", "undo", None)
    assert facts.licences == engine_entry("paints-undo").licences
    assert len(facts.model_sha256 or "") == 64
    assert facts.details.keys() >= {"scheduler", "device", "dtype", "torch", "diffusers", "transformers"}


def test_a_network_with_missing_and_unexpected_keys_is_refused_naming_each(tmp_path: Path) -> None:
    write_paints_undo(tmp_path / "undo")
    file = tmp_path / "undo" / "unet" / "diffusion_pytorch_model.safetensors"
    state = load_file(file)
    state["stranger.weight"] = state.pop("conv_in.bias")
    state["add_embedding.linear_1.weight"] = torch.zeros(32, 128)
    save_file(state, file)
    with pytest.raises(WeightsError) as caught:
        paints_undo.load(undo_config(tmp_path / "undo"))
    assert caught.value.message == (
        "unet/diffusion_pytorch_model.safetensors does not fit: 1 missing: conv_in.bias; 1 unexpected: stranger.weight; "
        "1 of another shape: class_embedding.linear_1.weight (32, 128) for (32, 256)."
    )


@pytest.mark.parametrize(("part", "key"), [("vae", "decoder.conv_in.bias"), ("text_encoder", "text_model.final_layer_norm.bias")])
def test_other_parts_are_held_to_their_keys_too(tmp_path: Path, part: str, key: str) -> None:
    write_paints_undo(tmp_path / "undo")
    [file] = (tmp_path / "undo" / part).glob("*.safetensors")
    state = load_file(file)
    state["stranger"] = state.pop(key)
    save_file(state, file, metadata={"format": "pt"})
    with pytest.raises(WeightsError, match=rf"{part} does not fit: 1 missing: .*{key.removeprefix('text_model.')}; .*stranger"):
        paints_undo.load(undo_config(tmp_path / "undo"))


def test_all_missing_files_are_named(tmp_path: Path) -> None:
    write_paints_undo(tmp_path / "undo")
    shutil.rmtree(tmp_path / "undo" / "vae")
    (tmp_path / "undo" / "tokenizer" / "merges.txt").unlink()
    with pytest.raises(WeightsError, match=r"vae/config\.json, vae/diffusion_pytorch_model\.safetensors, tokenizer/merges\.txt"):
        paints_undo.load(undo_config(tmp_path / "undo"))
