"""The diffusion engines end to end on tiny random checkpoints in the published layouts: converted, painted with, saved, reloaded.

The networks have the real classes and a thousandth of the size, so that what they paint is noise; everything else is tested.
The same requests in one batch give the same bits each time. In another batch, matrix products round otherwise: independence of
the batch is tested in double precision, where rounding does not reach the 8-bit frames, and anything else would.
"""

from __future__ import annotations

import itertools
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from fixtures.runs import Silent
from fixtures.tiny_checkpoints import write_ip_adapter, write_paints_undo, write_processpainter, write_stable_diffusion
from ppad.errors import LicenceError, OutOfMemoryError, SynthesisError, WeightsError
from ppad.media.images import Pixels, encode_image
from ppad.stages import InProcess, Report
from ppad.storage import Collection
from ppad_pipelines.synth.diffusion import paints_undo, processpainter
from ppad_pipelines.synth.diffusion.configs import PaintsUndoConfig, ProcessPainterConfig
from ppad_pipelines.synth.engine import Engine, Request, Synthesis
from ppad_pipelines.synth.inputs import motifs_from_images
from ppad_pipelines.synth.registry import convert_weights, engine_entry
from ppad_pipelines.synth.run import synthesize

pytestmark = [
    pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning"),  # diffusers with NumPy 2
    pytest.mark.usefixtures("one_thread"),
]

STEPS = (999, 400)


@pytest.fixture(scope="module")
def one_thread() -> Iterator[None]:
    """Tiny networks only wait for each other on several."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def checkpoints(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder of published checkpoints; converted copies are kept beside them."""
    folder = tmp_path_factory.mktemp("checkpoints")
    write_paints_undo(folder / "undo")
    write_stable_diffusion(folder / "base")
    write_processpainter(folder / "painter")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PPAD_CACHE", str(folder / "cache"))
        patch.setenv("HF_HUB_OFFLINE", "1")
        yield folder


def undo_config(folder: Path, **settings: Any) -> PaintsUndoConfig:
    """Settings that end soon."""
    defaults = {"model": str(folder), "steps": 2, "size": 32, "operation_steps": STEPS, "device": "cpu"}
    return PaintsUndoConfig(**defaults | settings)


def painter_config(checkpoints: Path, **settings: Any) -> ProcessPainterConfig:
    """Settings that end soon."""
    defaults = {"model": str(checkpoints / "painter"), "base": str(checkpoints / "base"), "steps": 2, "size": 32, "frames": 4}
    return ProcessPainterConfig(**defaults | {"device": "cpu"} | settings)


@pytest.fixture(scope="module")
def undo(checkpoints: Path) -> Engine:
    return paints_undo.load(undo_config(checkpoints / "undo"))


@pytest.fixture(scope="module")
def painter(checkpoints: Path) -> Engine:
    return processpainter.load(painter_config(checkpoints))


def picture(seed: int, height: int = 32, width: int = 32) -> Pixels:
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)


def request(
    number: int = 1, prompt: str | None = None, image: Pixels | None = None, partial: Sequence[Pixels] = (), seed: int = 5
) -> Request:
    return Request(f"painting-{number}", prompt, image, tuple(partial), seed)


def paint(engine: Engine, *requests: Request) -> list[Synthesis]:
    return engine.paint(requests, lambda share: None)


def in_double_precision(engine: Any) -> Engine:
    """The engine, with 52 bits behind the point."""
    engine.pipeline.to(torch.float64)
    return engine


def same(one: Synthesis, other: Synthesis) -> bool:
    return len(one.frames) == len(other.frames) and all(map(np.array_equal, one.frames, other.frames))


def farthest(one: Synthesis, other: Synthesis) -> int:
    """The largest difference of 8-bit values."""
    return max(int(np.abs(a.astype(int) - b).max()) for a, b in zip(one.frames, other.frames, strict=True))


class TestPaintsUndo:
    def test_a_finished_painting_is_taken_apart_from_the_first_stroke_to_itself(self, undo: Engine) -> None:
        image = picture(0)
        [made] = paint(undo, request(image=image))
        assert len(made.frames) == 3
        assert made.progress == pytest.approx([0.001, 0.6, 1.0])
        assert np.array_equal(made.frames[-1], image)
        assert made.notes == ["2 frames by the model", "the last frame is the given painting"]

    def test_weights_converted_to_a_folder_and_loaded_again_paint_the_same_to_the_bit(
        self, undo: Engine, checkpoints: Path, tmp_path: Path
    ) -> None:
        target = tmp_path / "converted"
        convert_weights(engine_entry("paints-undo"), str(checkpoints / "undo"), target, PaintsUndoConfig())
        reloaded = paints_undo.load(undo_config(target))
        asked = request(image=picture(0), prompt="a boat")
        assert same(paint(reloaded, asked)[0], paint(undo, asked)[0])
        assert reloaded.facts == undo.facts

    def test_a_process_does_not_depend_on_its_batch(self, checkpoints: Path) -> None:
        """Pictures of two sizes, one with the painter's own frame; five states, two at once."""
        engine = in_double_precision(paints_undo.load(undo_config(checkpoints / "undo", at_once=2)))
        requests = [
            request(1, image=picture(1), seed=1),
            request(2, image=picture(2, 20, 32), prompt="a boat", seed=2),
            request(3, image=picture(3), partial=[picture(4)], seed=3),
        ]
        together = paint(engine, *requests)
        assert all(same(made, paint(engine, asked)[0]) for made, asked in zip(together, requests, strict=True))

    def test_the_same_batch_gives_the_same_bits(self, undo: Engine) -> None:
        requests = [request(1, image=picture(1)), request(2, image=picture(2, 20, 32), prompt="a boat")]
        assert all(map(same, paint(undo, *requests), paint(undo, *requests)))

    def test_all_steps_share_one_noise_so_that_a_state_does_not_depend_on_the_others(self, checkpoints: Path) -> None:
        engines = [
            in_double_precision(paints_undo.load(undo_config(checkpoints / "undo", operation_steps=steps)))
            for steps in ((400,), (400, 700, 999))
        ]
        alone, among = (paint(engine, request(image=picture(0)))[0].frames for engine in engines)
        assert np.array_equal(alone[0], among[2])

    def test_another_seed_another_painting_and_another_step_give_other_states(self, undo: Engine) -> None:
        first, again, elsewhere = paint(
            undo, request(image=picture(0)), request(image=picture(0), seed=6), request(image=picture(9))
        )
        assert not np.array_equal(first.frames[0], again.frames[0])
        assert not np.array_equal(first.frames[0], elsewhere.frames[0])
        assert not np.array_equal(first.frames[0], first.frames[1])

    def test_the_painters_own_frames_are_kept_in_place_of_the_first_steps(self, undo: Engine) -> None:
        own = picture(7)
        plain, begun = paint(undo, request(image=picture(0)), request(image=picture(0), partial=[own]))
        assert np.array_equal(begun.frames[0], own)
        assert int(np.abs(begun.frames[1].astype(int) - plain.frames[1]).max()) <= 1  # in another batch
        assert begun.progress == plain.progress
        assert begun.notes[0] == "1 frame by the painter, kept as given"

    def test_more_of_the_painters_frames_than_steps_need_no_model(self, undo: Engine) -> None:
        own = [picture(seed) for seed in range(4)]
        [made] = paint(undo, request(image=picture(9), partial=own))
        assert all(map(np.array_equal, made.frames, [*own, picture(9)]))
        assert made.progress == sorted(made.progress)

    @pytest.mark.parametrize(("height", "width"), [(37, 23), (3, 90), (1, 1)])
    def test_a_picture_of_any_size_comes_back_at_its_size_or_fitted(self, undo: Engine, height: int, width: int) -> None:
        [made] = paint(undo, request(image=picture(0, height, width)))
        sizes = {frame.shape for frame in made.frames}
        assert sizes == {(37 * 32 // 37, round(23 * 32 / 37), 3) if height == 37 else (1, 32, 3) if width == 90 else (1, 1, 3)}

    def test_the_last_state_may_be_the_models(self, checkpoints: Path) -> None:
        engine = paints_undo.load(undo_config(checkpoints / "undo", operation_steps=(0, 999), end_with_painting=False))
        [made] = paint(engine, request(image=picture(0)))
        assert (len(made.frames), made.progress[-1]) == (2, 1.0)
        assert not np.array_equal(made.frames[-1], picture(0))

    @pytest.mark.parametrize(
        "settings", [{"scheduler": "ddim"}, {"scheduler": "euler"}, {"scheduler": "unipc"}, {"dtype": "bfloat16"}]
    )
    def test_samplers_and_precision_can_be_chosen(self, undo: Engine, checkpoints: Path, settings: dict[str, str]) -> None:
        engine = paints_undo.load(undo_config(checkpoints / "undo", **settings))
        [made] = paint(engine, request(image=picture(0)))
        assert farthest(made, paint(undo, request(image=picture(0)))[0]) > 0
        assert settings.items() <= engine.facts.details.items()

    def test_guidance_of_one_is_without_a_negative_prompt(self, checkpoints: Path) -> None:
        engines = [
            paints_undo.load(undo_config(checkpoints / "undo", guidance=1, negative_prompt=words)) for words in ("bad", "worse")
        ]
        assert same(*(paint(engine, request(image=picture(0)))[0] for engine in engines))

    def test_progress_rises_to_one(self, undo: Engine) -> None:
        shares: list[float] = []
        undo.paint([request(1, image=picture(0)), request(2, image=picture(1, 16, 32))], shares.append)
        assert shares == sorted(shares)
        assert (len(shares), shares[-1]) == (4, 1.0)

    def test_a_request_without_a_finished_painting_is_refused(self, undo: Engine) -> None:
        with pytest.raises(SynthesisError, match="painting-1 has none"):
            paint(undo, request(prompt="a boat"))

    def test_running_out_of_memory_is_told_apart(self, checkpoints: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        engine = paints_undo.load(undo_config(checkpoints / "undo"))

        def full(*_args: object, **_kwargs: object) -> None:
            raise torch.OutOfMemoryError("CUDA out of memory.")

        monkeypatch.setattr(engine.pipeline.unet, "forward", full)
        with pytest.raises(OutOfMemoryError):
            paint(engine, request(image=picture(0)))

    def test_the_facts_are_enough_to_find_the_weights_again(self, undo: Engine) -> None:
        facts = undo.facts
        assert (facts.name, facts.model_repo, facts.model_revision) == ("paints-undo 1", "undo", None)
        assert facts.licences == engine_entry("paints-undo").licences
        assert len(facts.model_sha256 or "") == 64
        assert facts.details.keys() >= {"scheduler", "device", "dtype", "torch", "diffusers", "transformers"}

    def test_a_network_with_missing_and_unexpected_keys_is_refused_naming_each(self, tmp_path: Path) -> None:
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

    @pytest.mark.parametrize(
        ("part", "key"), [("vae", "decoder.conv_in.bias"), ("text_encoder", "text_model.final_layer_norm.bias")]
    )
    def test_other_parts_are_held_to_their_keys_too(self, tmp_path: Path, part: str, key: str) -> None:
        write_paints_undo(tmp_path / "undo")
        [file] = (tmp_path / "undo" / part).glob("*.safetensors")
        state = load_file(file)
        state["stranger"] = state.pop(key)
        save_file(state, file, metadata={"format": "pt"})
        with pytest.raises(
            WeightsError, match=rf"{part} does not fit: 1 missing: .*{key.removeprefix('text_model.')}; .*stranger"
        ):
            paints_undo.load(undo_config(tmp_path / "undo"))

    def test_all_missing_files_are_named(self, tmp_path: Path) -> None:
        write_paints_undo(tmp_path / "undo")
        shutil.rmtree(tmp_path / "undo" / "vae")
        (tmp_path / "undo" / "tokenizer" / "merges.txt").unlink()
        with pytest.raises(
            WeightsError, match=r"vae/config\.json, vae/diffusion_pytorch_model\.safetensors, tokenizer/merges\.txt"
        ):
            paints_undo.load(undo_config(tmp_path / "undo"))


class TestProcessPainter:
    def test_a_prompt_becomes_a_process(self, painter: Engine) -> None:
        [made] = paint(painter, request(prompt="a boat"))
        assert [frame.shape for frame in made.frames] == [(32, 32, 3)] * 4
        assert made.progress == [0.25, 0.5, 0.75, 1.0]
        assert made.notes == ["4 frames by the model"]

    def test_prompt_and_seed_decide(self, painter: Engine) -> None:
        made = paint(
            painter,
            request(prompt="a boat"),
            request(prompt="a tree"),
            request(prompt="a boat", seed=6),
            request(prompt="a boat"),
        )
        assert [farthest(made[0], other) > 1 for other in made[1:]] == [True, True, False]

    def test_a_finished_painting_leads_and_gives_the_size(self, painter: Engine) -> None:
        one, other = paint(painter, request(image=picture(0, 37, 23)), request(image=picture(1, 37, 23)))
        assert {frame.shape for frame in one.frames} == {(32, 20, 3)}
        assert farthest(one, other) > 1

    def test_the_painters_own_frames_are_kept_and_continued(self, painter: Engine) -> None:
        own = [picture(seed, 32, 24) for seed in (0, 1)]
        [made] = paint(painter, request(partial=own))
        assert len(made.frames) == 2 + 3
        assert all(map(np.array_equal, made.frames[:2], own))
        assert made.notes == ["2 frames by the painter, kept as given", "3 frames by the model"]
        [other] = paint(painter, request(partial=[own[0], picture(2, 32, 24)]))
        assert not np.array_equal(made.frames[2], other.frames[2])

    def test_a_beginning_and_an_end_are_joined(self, painter: Engine) -> None:
        begun, joined = paint(painter, request(partial=[picture(0)]), request(partial=[picture(0)], image=picture(1)))
        assert len(joined.frames) == 4
        assert not np.array_equal(begun.frames[3], joined.frames[3])

    def test_weights_converted_to_a_folder_and_loaded_again_paint_the_same_to_the_bit(
        self, painter: Engine, checkpoints: Path, tmp_path: Path
    ) -> None:
        target = tmp_path / "converted"
        convert_weights(engine_entry("processpainter"), str(checkpoints / "painter"), target, painter_config(checkpoints))
        reloaded = processpainter.load(painter_config(checkpoints, model=str(target)))
        for asked in (request(prompt="a boat"), request(image=picture(0))):
            assert same(paint(reloaded, asked)[0], paint(painter, asked)[0])
        assert reloaded.facts == painter.facts

    def test_a_process_does_not_depend_on_its_batch(self, checkpoints: Path) -> None:
        """Prompts, given paintings of two sizes and a beginning, mixed."""
        engine = in_double_precision(processpainter.load(painter_config(checkpoints)))
        requests = [
            request(1, prompt="a boat", seed=1),
            request(2, image=picture(2), seed=2),
            request(3, prompt="a tree", seed=3),
            request(4, image=picture(4), prompt="a boat", seed=4),
            request(5, image=picture(5, 20, 32), seed=5),
            request(6, partial=[picture(6)], seed=6),
        ]
        together = paint(engine, *requests)
        assert all(same(made, paint(engine, asked)[0]) for made, asked in zip(together, requests, strict=True))

    def test_the_same_batch_gives_the_same_bits(self, painter: Engine) -> None:
        requests = [request(1, prompt="a boat"), request(2, image=picture(2)), request(3, image=picture(3))]
        assert all(map(same, paint(painter, *requests), paint(painter, *requests)))

    def test_chance_elsewhere_does_not_change_a_process(self, painter: Engine) -> None:
        """The stock pipeline encodes given pictures with a draw from the global random state."""
        made = []
        for seed in (0, 1):
            torch.manual_seed(seed)
            made += paint(painter, request(image=picture(0)))
        assert same(*made)

    def test_the_network_knows_the_given_painting_and_starts_from_its_noise(
        self, painter: Engine, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        calls: list[dict[str, Any]] = []
        pipeline = painter.pipeline
        stock = type(pipeline).__call__
        monkeypatch.setattr(
            type(pipeline), "__call__", lambda self, **settings: calls.append(settings) or stock(self, **settings)
        )
        paint(painter, request(image=picture(0)))
        paint(painter, request(image=picture(1)))

        first, second = calls
        assert first["controlnet_frame_indices"] == [3]
        assert torch.equal(first["latents"][:, :, :3], second["latents"][:, :, :3])
        assert not torch.equal(first["latents"][:, :, 3], second["latents"][:, :, 3])

    def test_progress_rises_to_one(self, painter: Engine) -> None:
        shares: list[float] = []
        painter.paint([request(1, prompt="a boat"), request(2, image=picture(0))], shares.append)
        assert shares == [0.25, 0.5, 0.75, 1.0]

    def test_a_prompt_that_is_too_long_is_noted(self, painter: Engine) -> None:
        [made] = paint(painter, request(prompt="a boat on the blue lake"))
        assert made.notes[1] == "the model read the first 14 of 18 tokens of the prompt"

    def test_a_request_for_nothing_is_refused(self, painter: Engine) -> None:
        with pytest.raises(SynthesisError, match="asks for nothing"):
            paint(painter, request())

    def test_without_a_reference_network_prompts_work_and_pictures_are_refused_with_the_fix(
        self, checkpoints: Path, tmp_path: Path
    ) -> None:
        write_processpainter(tmp_path / "painter", reference=False)
        engine = processpainter.load(painter_config(checkpoints, model=str(tmp_path / "painter")))
        assert len(paint(engine, request(prompt="a boat"))[0].frames) == 4
        with pytest.raises(WeightsError, match=r"Put ReferenceNet/character\.ckpt beside"):
            paint(engine, request(image=picture(0)))

    def test_a_style_that_is_not_there_is_refused_naming_its_file(self, checkpoints: Path) -> None:
        with pytest.raises(WeightsError, match=r"Motion_with_LoRA/speedpainting\.ckpt missing"):
            processpainter.load(painter_config(checkpoints, style="speedpainting"))

    def test_motion_weights_with_other_keys_are_refused_naming_each(self, checkpoints: Path, tmp_path: Path) -> None:
        file = write_processpainter(tmp_path / "painter") / "Motion_with_LoRA" / "character.ckpt"
        state = torch.load(file, weights_only=True)
        key = next(key for key in state if key.endswith("temporal_transformer.norm.weight"))
        state["conv_in.weight"] = state.pop(key)
        torch.save(state, file)
        found = key.replace(".temporal_transformer", "").replace(".", r"\.")
        with pytest.raises(
            WeightsError, match=rf"character\.ckpt does not fit: 1 missing: {found}; 1 unexpected: conv_in\.weight"
        ):
            processpainter.load(painter_config(checkpoints, model=str(tmp_path / "painter")))

    def test_the_domain_adapter_is_merged_where_there_is_one(self, painter: Engine, checkpoints: Path, tmp_path: Path) -> None:
        folder = write_processpainter(tmp_path / "painter")
        layer = "down_blocks.0.attentions.0.transformer_blocks.0.attn1.processor.to_q_lora"
        (folder / "DreamBooth_LoRA").mkdir()
        lora = {f"{layer}.down.weight": torch.ones(1, 8), f"{layer}.up.weight": torch.ones(8, 1)}
        torch.save(lora, folder / "DreamBooth_LoRA" / "v3_sd15_adapter.ckpt")
        engine = processpainter.load(painter_config(checkpoints, model=str(folder)))
        assert engine.facts.details["domain_adapter"] is True
        assert engine.facts.model_sha256 != painter.facts.model_sha256
        name = "down_blocks.0.attentions.0.transformer_blocks.0.attn1.to_q.weight"
        weights = [e.pipeline.unet.get_parameter(name) for e in (engine, painter)]
        assert torch.allclose(weights[0], weights[1] + 1)

    def test_an_ip_adapter_lets_the_painting_speak_as_a_prompt(self, painter: Engine, checkpoints: Path, tmp_path: Path) -> None:
        write_ip_adapter(tmp_path / "adapter")
        settings = {"ip_adapter": str(tmp_path / "adapter"), "ip_adapter_scale": 2.0}
        engine = in_double_precision(processpainter.load(painter_config(checkpoints, **settings)))
        requests = [request(1, image=picture(0)), request(2, image=picture(1))]
        made = paint(engine, *requests)
        assert farthest(made[0], paint(painter, requests[0])[0]) > 10
        assert all(same(one, paint(engine, asked)[0]) for one, asked in zip(made, requests, strict=True))
        assert engine.facts.model_sha256 != painter.facts.model_sha256
        with pytest.raises(SynthesisError, match="needs a finished painting"):
            paint(engine, request(prompt="a boat"))

    def test_every_combination_of_sampler_and_guidance_paints(self, checkpoints: Path) -> None:
        made = []
        for scheduler, guidance in itertools.product(("ddim", "dpmsolver++"), (1.0, 5.0)):
            engine = processpainter.load(painter_config(checkpoints, scheduler=scheduler, guidance=guidance))
            made += paint(engine, request(image=picture(0)))
        assert all(not same(one, other) for one, other in itertools.combinations(made, 2))

    def test_the_facts_name_all_three_licences_and_the_base(self, painter: Engine) -> None:
        facts = painter.facts
        assert (facts.licences.code, facts.licences.weights, facts.licences.base) == ("MIT", "AGPL-3.0", "creativeml-openrail-m")
        assert facts.licences == engine_entry("processpainter").licences
        assert (facts.model_repo, facts.details["base_repo"], facts.details["style"]) == ("painter", "base", "character")


def test_a_run_needs_the_licence_and_writes_what_made_each_process(checkpoints: Path, tmp_path: Path) -> None:
    (tmp_path / "boat.png").write_bytes(encode_image(picture(0, 37, 23), "png"))
    motifs = motifs_from_images([tmp_path / "boat.png"], None)

    def run(allowed: Sequence[str]) -> Report:
        config = undo_config(checkpoints / "undo")
        return synthesize("paints-undo", config, motifs, tmp_path / "out", InProcess(), Silent(), allowed_licences=allowed)

    with pytest.raises(LicenceError, match="--allow-license openrail"):
        run([])
    assert len(run(["openrail"]).done) == 1
    [process_id] = Collection(tmp_path / "out").ids()
    process = Collection(tmp_path / "out").read(process_id)
    assert (process.origin, process.width, process.height, len(process.frames)) == ("inversion", 20, 32, 3)
    assert process.provenance.engine == "paints-undo 1"
    assert process.provenance.licence == "code Apache-2.0; weights openrail"
    assert len(process.provenance.model_sha256 or "") == 64
    assert "synthetic: no person painted this" in (process.provenance.notes or [])
    assert len(run(["openrail"]).skipped) == 1
