"""`processpainter` end to end on tiny checkpoints in the published layouts: converted, painted with, saved, reloaded.

The networks have the real classes and a thousandth of the size, so that what they paint is noise; everything else is tested.
The same requests in one batch give the same bits each time. In another batch, matrix products round otherwise: independence of
the batch is tested in double precision, where rounding does not reach the 8-bit frames, and anything else would.
"""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from fixtures.tiny_checkpoints import write_ip_adapter, write_processpainter
from fixtures.tiny_engines import farthest, in_double_precision, paint, painter_config, picture, request, same
from ppad.errors import SynthesisError, WeightsError
from ppad_pipelines.synth.diffusion import processpainter
from ppad_pipelines.synth.engine import Engine
from ppad_pipelines.synth.registry import convert_weights, engine_entry

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")  # diffusers with NumPy 2


def test_a_prompt_becomes_a_process(painter: Engine) -> None:
    [made] = paint(painter, request(prompt="a boat"))
    assert [frame.shape for frame in made.frames] == [(32, 32, 3)] * 4
    assert made.progress == [0.25, 0.5, 0.75, 1.0]
    assert made.notes == ["4 frames by the model"]


def test_prompt_and_seed_decide(painter: Engine) -> None:
    made = paint(
        painter,
        request(prompt="a boat"),
        request(prompt="a tree"),
        request(prompt="a boat", seed=6),
        request(prompt="a boat"),
    )
    assert [farthest(made[0], other) > 1 for other in made[1:]] == [True, True, False]


def test_a_finished_painting_leads_and_gives_the_size(painter: Engine) -> None:
    one, other = paint(painter, request(image=picture(0, 37, 23)), request(image=picture(1, 37, 23)))
    assert {frame.shape for frame in one.frames} == {(32, 20, 3)}
    assert farthest(one, other) > 1


def test_the_painters_own_frames_are_kept_and_continued(painter: Engine) -> None:
    own = [picture(seed, 32, 24) for seed in (0, 1)]
    [made] = paint(painter, request(partial=own))
    assert len(made.frames) == 2 + 3
    assert all(map(np.array_equal, made.frames[:2], own))
    assert made.notes == ["2 frames by the painter, kept as given", "3 frames by the model"]
    [other] = paint(painter, request(partial=[own[0], picture(2, 32, 24)]))
    assert not np.array_equal(made.frames[2], other.frames[2])


def test_a_beginning_and_an_end_are_joined(painter: Engine) -> None:
    begun, joined = paint(painter, request(partial=[picture(0)]), request(partial=[picture(0)], image=picture(1)))
    assert len(joined.frames) == 4
    assert not np.array_equal(begun.frames[3], joined.frames[3])


def test_weights_converted_to_a_folder_and_loaded_again_paint_the_same_to_the_bit(
    painter: Engine, checkpoints: Path, tmp_path: Path
) -> None:
    target = tmp_path / "converted"
    convert_weights(engine_entry("processpainter"), str(checkpoints / "painter"), target, painter_config(checkpoints))
    reloaded = processpainter.load(painter_config(checkpoints, model=str(target)))
    for asked in (request(prompt="a boat"), request(image=picture(0))):
        assert same(paint(reloaded, asked)[0], paint(painter, asked)[0])
    assert reloaded.facts == painter.facts


def test_a_process_does_not_depend_on_its_batch(checkpoints: Path) -> None:
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


def test_the_same_batch_gives_the_same_bits(painter: Engine) -> None:
    requests = [request(1, prompt="a boat"), request(2, image=picture(2)), request(3, image=picture(3))]
    assert all(map(same, paint(painter, *requests), paint(painter, *requests)))


def test_chance_elsewhere_does_not_change_a_process(painter: Engine) -> None:
    """The stock pipeline encodes given pictures with a draw from the global random state."""
    made = []
    for seed in (0, 1):
        torch.manual_seed(seed)
        made += paint(painter, request(image=picture(0)))
    assert same(*made)


def test_the_network_knows_the_given_painting_and_starts_from_its_noise(painter: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[dict[str, Any]] = []
    pipeline = painter.pipeline
    stock = type(pipeline).__call__
    monkeypatch.setattr(type(pipeline), "__call__", lambda self, **settings: calls.append(settings) or stock(self, **settings))
    paint(painter, request(image=picture(0)))
    paint(painter, request(image=picture(1)))

    first, second = calls
    assert first["controlnet_frame_indices"] == [3]
    assert torch.equal(first["latents"][:, :, :3], second["latents"][:, :, :3])
    assert not torch.equal(first["latents"][:, :, 3], second["latents"][:, :, 3])


def test_progress_rises_to_one(painter: Engine) -> None:
    shares: list[float] = []
    painter.paint([request(1, prompt="a boat"), request(2, image=picture(0))], shares.append)
    assert shares == [0.25, 0.5, 0.75, 1.0]


def test_a_prompt_that_is_too_long_is_noted(painter: Engine) -> None:
    [made] = paint(painter, request(prompt="a boat on the blue lake"))
    assert made.notes[1] == "the model read the first 14 of 18 tokens of the prompt"


def test_a_request_for_nothing_is_refused(painter: Engine) -> None:
    with pytest.raises(SynthesisError, match="asks for nothing"):
        paint(painter, request())


def test_without_a_reference_network_prompts_work_and_pictures_are_refused_with_the_fix(
    checkpoints: Path, tmp_path: Path
) -> None:
    write_processpainter(tmp_path / "painter", reference=False)
    engine = processpainter.load(painter_config(checkpoints, model=str(tmp_path / "painter")))
    assert len(paint(engine, request(prompt="a boat"))[0].frames) == 4
    with pytest.raises(WeightsError, match=r"Put ReferenceNet/character\.ckpt beside"):
        paint(engine, request(image=picture(0)))


def test_a_style_that_is_not_there_is_refused_naming_its_file(checkpoints: Path) -> None:
    with pytest.raises(WeightsError, match=r"Motion_with_LoRA/speedpainting\.ckpt missing"):
        processpainter.load(painter_config(checkpoints, style="speedpainting"))


def test_motion_weights_with_other_keys_are_refused_naming_each(checkpoints: Path, tmp_path: Path) -> None:
    file = write_processpainter(tmp_path / "painter") / "Motion_with_LoRA" / "character.ckpt"
    state = torch.load(file, weights_only=True)
    key = next(key for key in state if key.endswith("temporal_transformer.norm.weight"))
    state["conv_in.weight"] = state.pop(key)
    torch.save(state, file)
    found = key.replace(".temporal_transformer", "").replace(".", r"\.")
    with pytest.raises(WeightsError, match=rf"character\.ckpt does not fit: 1 missing: {found}; 1 unexpected: conv_in\.weight"):
        processpainter.load(painter_config(checkpoints, model=str(tmp_path / "painter")))


def test_the_domain_adapter_is_merged_where_there_is_one(painter: Engine, checkpoints: Path, tmp_path: Path) -> None:
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


def test_an_ip_adapter_lets_the_painting_speak_as_a_prompt(painter: Engine, checkpoints: Path, tmp_path: Path) -> None:
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


def test_every_combination_of_sampler_and_guidance_paints(checkpoints: Path) -> None:
    made = []
    for scheduler, guidance in itertools.product(("ddim", "dpmsolver++"), (1.0, 5.0)):
        engine = processpainter.load(painter_config(checkpoints, scheduler=scheduler, guidance=guidance))
        made += paint(engine, request(image=picture(0)))
    assert all(not same(one, other) for one, other in itertools.combinations(made, 2))


def test_the_facts_name_all_three_licences_and_the_base(painter: Engine) -> None:
    facts = painter.facts
    assert (facts.licences.code, facts.licences.weights, facts.licences.base) == ("MIT", "AGPL-3.0", "creativeml-openrail-m")
    assert facts.licences == engine_entry("processpainter").licences
    assert (facts.model_repo, facts.details["base_repo"], facts.details["style"]) == ("painter", "base", "character")
