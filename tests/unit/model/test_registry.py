"""The list of models, and the one interface that all of them have."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
import torch

import ppad_model
from fixtures.judges import drawn_frames
from ppad.errors import ConfigError, NotFoundError
from ppad_model import build_model, load_model, model_names
from ppad_model.assessor import Assessor
from ppad_model.registry import MODELS, model_class, model_config

ON_THE_CPU = ("ppjudge-tiny", "mean-frame-vit-tiny", "final-frame-vit-tiny", "gru-tiny", "hand-ridge", "constant", "mode")
LARGE = ("ppjudge-paper", "saan", "artclip", "aacp-style", "laion", "mean-frame-vit", "final-frame-vit", "gru")


def drawn(name: str, batch: int = 2, count: int = 3) -> tuple[Assessor, torch.Tensor]:
    model = build_model(name).eval()
    return model, drawn_frames(batch, count, model.config.image_size)


@pytest.mark.parametrize("name", MODELS)
def test_the_list_says_how_many_parameters_a_model_has(name: str) -> None:
    with torch.device("meta"):
        model = model_class(name)(model_config(name))
    assert model.counted_parameters() == MODELS[name].parameters
    beside = re.match(r"[\d,]+", MODELS[name].beside)
    assert sum(model.uncounted_parameters().values()) == (int(beside[0].replace(",", "")) if beside else 0)


def test_three_counts_are_those_of_table_2_and_one_comes_near() -> None:
    assert round(MODELS["ppjudge-paper"].parameters / 1e6, 2) == 17.21
    assert MODELS["saan"].parameters == 30_823_880
    assert MODELS["artclip"].parameters == 149_620_737
    assert MODELS["aacp-style"].parameters / 1e6 == pytest.approx(62.17, abs=0.2)


@pytest.mark.parametrize("name", ON_THE_CPU)
def test_every_model_takes_the_same_and_gives_eight_scores(name: str) -> None:
    model, frames = drawn(name)
    out = model(frames, ["a boat", None], lengths=[2, 3])
    assert out.scores.shape == (2, 8)
    assert ((out.scores >= 1) & (out.scores <= 10)).all()
    losses = model.loss(out, torch.full((2, 8), 7.0))
    assert losses.score.item() == pytest.approx((out.raw - 0.7).square().mean().item(), rel=1e-5)


@pytest.mark.parametrize("name", ON_THE_CPU)
def test_for_every_model_padding_and_neighbours_change_nothing(name: str) -> None:
    model, frames = drawn(name, count=4)
    together = model(frames, None, lengths=[2, 4])
    alone = model(frames[:1, :2])
    torch.testing.assert_close(together.scores[:1], alone.scores, atol=1e-4, rtol=0)
    if together.curve is not None:
        torch.testing.assert_close(together.curve[:1, :2], alone.curve, atol=1e-4, rtol=0)
        torch.testing.assert_close(together.curve[0, 1], together.scores[0], atol=1e-5, rtol=0)


@pytest.mark.parametrize("name", ON_THE_CPU)
def test_every_model_is_saved_and_loaded_by_its_name_to_the_bit(name: str, tmp_path: Path) -> None:
    model, frames = drawn(name)
    model.save_pretrained(tmp_path)
    again = load_model(tmp_path)
    assert type(again) is type(model)
    assert again.config == model.config
    assert torch.equal(again(frames).raw, model(frames).raw)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["saan", "aacp-style", "mean-frame-vit", "gru"])
def test_the_large_ones_run_too(name: str) -> None:
    model, frames = drawn(name, batch=1, count=2)
    with torch.no_grad():
        assert model(frames).curve.isfinite().all()


def test_an_unknown_model_or_setting_is_refused_with_a_guess() -> None:
    with pytest.raises(NotFoundError, match="Did you mean 'saan'"):
        build_model("sann")
    with pytest.raises(ConfigError, match="did you mean 'penalty'"):
        build_model("hand-ridge", penalti=3)


def test_every_preset_is_a_model() -> None:
    assert "ppjudge-tiny/table5-a1" in model_names()
    assert build_model("ppjudge-tiny/table5-a1", blocks=1).config.model == "ppjudge-tiny/table5-a1"


def test_the_facade_exports_what_it_lists_and_loads_nothing_heavy() -> None:
    assert [name for name in ppad_model.__all__ if getattr(ppad_model, name).__name__ != name] == []
    with pytest.raises(AttributeError, match="no attribute 'Nothing'"):
        _ = ppad_model.Nothing
    code = (
        "import sys, ppad_model, ppad_model.listing, ppad_model.registry; "
        "print(sorted({name.split('.')[0] for name in sys.modules} & {'torch', 'transformers', 'matplotlib', 'accelerate'}))"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip() == "[]"


def test_ppad_models_lists_them_for_people_and_for_scripts() -> None:
    run = [sys.executable, "-m", "ppad", "models"]
    listed = json.loads(subprocess.run([*run, "--json"], capture_output=True, text=True, check=True).stdout)
    assert [model["name"] for model in listed] == list(MODELS)
    assert all({"name", "parameters", "input", "needs"} <= set(model) for model in listed)
    shown = subprocess.run(run, capture_output=True, text=True, check=True).stdout
    assert "17,207,176" in shown
    assert "table5-a1" in shown
