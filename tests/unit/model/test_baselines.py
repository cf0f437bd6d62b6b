"""The baselines' own parts, each against its definition written out once more."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from transformers import ResNetConfig, ResNetModel, ViTConfig, ViTModel

from fixtures.judges import drawn_frames
from ppad.errors import WeightsError
from ppad_model import build_model
from ppad_model.baselines import saan, vit
from ppad_model.baselines.closed_form import ClosedForm, Ridge
from ppad_model.baselines.features import COUNT, NAMES, process_features
from ppad_model.baselines.saan import NonLocalBlock, adain
from ppad_model.baselines.vgg import Vgg19

NAN = float("nan")


def feature(frames: torch.Tensor, name: str, reference: torch.Tensor | None = None) -> float:
    return process_features(frames, reference)[NAMES.index(name)].item()


def grey(*levels: float) -> torch.Tensor:
    """Frames of one grey each."""
    return torch.tensor(levels)[:, None, None, None].expand(-1, 3, 64, 64)


def test_adain_gives_the_content_the_statistics_of_the_style() -> None:
    content, style = torch.randn(2, 4, 5, 5) * 3 + 1, torch.randn(2, 4, 6, 6) * 0.5 - 2
    mixed = adain(content, style)
    torch.testing.assert_close(mixed.mean((2, 3)), style.mean((2, 3)), atol=1e-4, rtol=1e-4)
    torch.testing.assert_close(mixed.std((2, 3)), style.std((2, 3)), atol=1e-4, rtol=1e-3)


def test_the_non_local_block_begins_as_the_identity_and_is_attention_over_places() -> None:
    block, x = NonLocalBlock(8).eval(), torch.randn(2, 8, 4, 4)
    assert torch.equal(block(x), x)
    torch.nn.init.ones_(block.norm.weight)
    pooled = [torch.nn.functional.max_pool2d(layer(x), 2).flatten(2) for layer in (block.key, block.value)]
    weight = (block.query(x).flatten(2).transpose(1, 2) @ pooled[0]).softmax(-1)
    mixed = (weight @ pooled[1].transpose(1, 2)).transpose(1, 2).view(2, 4, 4, 4)
    torch.testing.assert_close(block(x), x + block.norm(block.out(mixed)))


def test_vgg_ends_at_relu4_1_with_the_names_of_the_usual_checkpoints() -> None:
    network = Vgg19()
    assert network(torch.rand(1, 3, 32, 48)).shape == (1, 512, 4, 6)
    assert [name for name in network.state_dict() if name.endswith("weight")] == [
        f"features.{place}.weight" for place in (0, 2, 5, 7, 10, 12, 14, 16, 19)
    ]


def test_constant_and_mode_say_the_mean_and_the_most_frequent_whole_score() -> None:
    targets = torch.tensor([[3.0, NAN], [3.4, 8.0], [9.0, 8.0]])
    for name, expected in (("constant", [15.4 / 3, 8.0]), ("mode", [3.0, 8.0])):
        model = build_model(name, attributes=("consistency", "detail_depth"))
        assert isinstance(model, ClosedForm)
        frames = drawn_frames(3, 2)
        model.observe(frames, None, targets)
        model.fit()
        assert model(frames).scores[0].tolist() == pytest.approx(expected)


def test_an_attribute_that_nobody_rated_stays_in_the_middle() -> None:
    model = build_model("constant")
    assert isinstance(model, ClosedForm)
    model.observe(drawn_frames(2, 2), None, torch.full((2, 8), NAN))
    model.fit()
    assert model(drawn_frames(1, 2)).scores.tolist() == [[5.5] * 8]


def test_ridge_is_the_least_squares_solution_with_penalty() -> None:
    """The same solution as that of the augmented least-squares problem."""
    model = build_model("hand-ridge", image_size=64, penalty=3.0)
    assert isinstance(model, Ridge)
    frames = drawn_frames(12, 3, 64) * torch.rand(12, 1, 1, 1, 1)
    targets = torch.rand(12, 8) * 9 + 1
    targets[4, 2] = NAN
    model.observe(frames[:5], None, targets[:5])
    model.observe(frames[5:], None, targets[5:])
    model.fit()
    features = np.stack([process_features(own, None).double().numpy() for own in frames])
    scaled = (features - features.mean(0)) / np.maximum(features.std(0), 1e-6)
    for attribute in (0, 2):
        known = np.isfinite(targets[:, attribute].numpy())
        x, y = scaled[known], targets[known, attribute].double().numpy() / 10
        center = x.mean(0)
        augmented = np.vstack([x - center, np.sqrt(3.0) * np.eye(COUNT)])
        slope, *_ = np.linalg.lstsq(augmented, np.concatenate([y - y.mean(), np.zeros(COUNT)]), rcond=None)
        expected = (scaled - center) @ slope + y.mean()
        np.testing.assert_allclose(model(frames).raw[:, attribute], expected, atol=1e-8)


def test_hand_made_features_measure_what_they_are_named_after() -> None:
    """Three greys: 0.2, 0.6, 0.4; the reference is 0.5."""
    frames = grey(0.2, 0.6, 0.4)
    assert feature(frames, "brightness, first") == pytest.approx(0.2)
    assert feature(frames, "brightness, rise of the first half") == pytest.approx(0.4)
    assert feature(frames, "mean change") == pytest.approx(0.3)
    assert feature(frames, "largest change") == pytest.approx(0.4)
    assert feature(frames, "share of the change in the first half") == pytest.approx(2 / 3)
    assert feature(frames, "detour") == pytest.approx(np.log1p(0.6 / 0.2))
    assert feature(frames, "share of steps towards the final frame") == pytest.approx(0.5)
    assert feature(frames, "repainted area") == 1.0
    assert feature(frames, "frames (log)") == pytest.approx(np.log(3))
    assert feature(frames, "contrast, mean") == pytest.approx(0, abs=1e-6)
    assert feature(frames, "distance at the end", grey(0.5)[0]) == pytest.approx(0.1)
    assert feature(frames, "has a picture") == 0


def test_a_straight_painting_makes_no_detour_and_repaints_nothing() -> None:
    frames = torch.ones(4, 3, 64, 64)
    for t in (1, 2, 3):
        frames[t:, :, :, 16 * (t - 1) : 16 * t] = 0.2
    assert feature(frames, "repainted area") == 0
    assert feature(frames, "share of steps towards the final frame") == 1


def test_a_single_frame_has_features_too() -> None:
    assert process_features(grey(0.3), None).isfinite().all()


def test_the_gru_knows_the_order_of_the_frames_and_the_mean_does_not() -> None:
    for name, knows in (("gru-tiny", True), ("mean-frame-vit-tiny", False)):
        model = build_model(name).eval()
        frames = drawn_frames(1, 4, 64)
        moved = (model(frames).raw - model(frames[:, [1, 0, 2, 3]]).raw).abs().max().item()
        assert (moved > 1e-4) == knows


def test_the_final_frame_baseline_looks_at_nothing_else() -> None:
    model, frames = build_model("final-frame-vit-tiny").eval(), drawn_frames(2, 4, 64)
    other = frames.clone()
    other[:, :3] = 0.5
    assert torch.equal(model(frames).raw, model(other).raw)
    assert torch.allclose(model(frames, lengths=[4, 2]).raw[1], model(frames[1:, :2]).raw[0], atol=1e-6)


def test_a_frozen_backbone_stays_as_it_is() -> None:
    frozen = {}
    for name in ("saan", "laion", "artclip"):
        with torch.device("meta"):
            model = build_model(name, weights="random")
        frozen[name] = {key.split(".")[0] for key, parameter in model.named_parameters() if not parameter.requires_grad}
    assert frozen == {"saan": {"style"}, "laion": {"clip"}, "artclip": {"clip"}}


def test_published_weights_are_taken_where_they_are_and_missed_where_they_must_be(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(WeightsError, match="facebook/dino-vits16"):
        build_model("mean-frame-vit", weights="published")
    assert build_model("mean-frame-vit").config.model_dump()["weights"] == "random"
    shape = ViTConfig(hidden_size=384, num_hidden_layers=12, num_attention_heads=6, intermediate_size=1536)
    published = ViTModel(shape, add_pooling_layer=False)
    published.save_pretrained(tmp_path)
    monkeypatch.setattr(vit, "VIT_S16", str(tmp_path))
    model: Any = build_model("mean-frame-vit")
    assert model.config.weights == "published"
    assert torch.equal(model.vit.embeddings.cls_token, published.embeddings.cls_token)


def test_saan_takes_its_backbones_from_published_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    resnet = ResNetModel(ResNetConfig())
    resnet.save_pretrained(tmp_path / "resnet")
    vgg = {name: torch.randn_like(value) for name, value in Vgg19().state_dict().items()}
    (tmp_path / "vgg").mkdir()
    save_file(vgg | {"head.fc.weight": torch.zeros(2)}, tmp_path / "vgg" / "model.safetensors")
    monkeypatch.setattr(saan, "RESNET50", str(tmp_path / "resnet"))
    monkeypatch.setattr(saan, "VGG19", str(tmp_path / "vgg"))
    model: Any = build_model("saan", weights="published")
    wanted = resnet.state_dict()
    for part in (model.specific, model.generic):
        assert all(torch.equal(value, wanted[name]) for name, value in part.state_dict().items())
    assert torch.equal(model.style.features[19].weight, vgg["features.19.weight"])


def test_a_published_network_of_another_shape_or_a_damaged_one_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(vit, "VIT_S16", str(tmp_path))
    small = ViTConfig(hidden_size=32, num_hidden_layers=1, num_attention_heads=2, intermediate_size=32)
    ViTModel(small, add_pooling_layer=False).save_pretrained(tmp_path)
    with pytest.raises(WeightsError, match="does not fit this network"):
        build_model("mean-frame-vit")
    (tmp_path / "model.safetensors").write_bytes(b"\0" * 20)
    with pytest.raises(WeightsError, match="cannot be loaded"):
        build_model("mean-frame-vit")
