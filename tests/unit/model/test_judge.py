"""PPJudge as a whole: one pass and many steps, padding, order, presets, parameters, saving."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from fixtures.judges import drawn_frames, small_judge
from ppad.errors import ConfigError, ContractError, NotFoundError, ShapeError, WeightsError
from ppad_model import PPJudge, load_model, preset_names
from ppad_model.ppjudge.presets import preset

PICTURE, PROMPT = torch.rand(3, 32, 32), "a boat on the sea"


@pytest.mark.parametrize("reference", [None, PROMPT, [PICTURE, PICTURE.flip(1)], [PICTURE, PROMPT], [None, PROMPT]])
@pytest.mark.parametrize("preset_name", ["paper", "table3-base", "mrope", "dense"])
def test_frames_fed_one_by_one_get_the_scores_of_the_full_pass(preset_name: str, reference: object) -> None:
    judge, frames = small_judge(preset_name), drawn_frames(2, 5)
    curve = judge(frames, reference).curve
    state = judge.start(reference, batch_size=2)
    for t in range(5):
        state, scores = judge.step(state, frames[:, t])
        torch.testing.assert_close(scores, curve[:, t], atol=1e-5, rtol=0)
    assert curve.std(1).max() > 0.01  # the scores do move


@pytest.mark.parametrize("changes", [{"readout": "all_frames"}, {"gamma": 2.0}, {"gate": "softmax"}, {"kappa": 0.5}])
def test_so_they_do_under_other_readings_of_the_paper(changes: dict[str, object]) -> None:
    judge, frames = small_judge(**changes), drawn_frames(1, 4)
    curve, state = judge(frames, [PICTURE]).curve, judge.start([PICTURE])
    for t in range(4):
        state, scores = judge.step(state, frames[:, t])
        torch.testing.assert_close(scores, curve[:, t], atol=1e-5, rtol=0)


def test_two_ways_on_from_one_state_are_each_right() -> None:
    judge, frames = small_judge(), drawn_frames(2, 3)
    state, _ = judge.step(judge.start(PROMPT), frames[:1, 0])
    further = [judge.step(state, frames[row : row + 1, 1])[1] for row in (0, 1)]
    for row in (0, 1):
        whole = torch.stack((frames[0, 0], frames[row, 1]))[None]
        torch.testing.assert_close(further[row], judge(whole, PROMPT).scores, atol=1e-5, rtol=0)


@settings(max_examples=15)
@given(st.lists(st.integers(1, 6), min_size=1, max_size=4), st.integers(0, 3), st.integers(0, 2**16))
def test_padding_and_the_rest_of_the_batch_change_nothing(lengths: list[int], spare: int, seed: int) -> None:
    torch.manual_seed(seed)
    judge, frames = small_judge(), drawn_frames(len(lengths), max(lengths) + spare)
    together = judge(frames, PROMPT, lengths=lengths)
    for row, length in enumerate(lengths):
        alone = judge(frames[row : row + 1, :length], PROMPT)
        torch.testing.assert_close(together.scores[row], alone.scores[0], atol=1e-5, rtol=0)
        torch.testing.assert_close(together.curve[row, :length], alone.curve[0], atol=1e-5, rtol=0)
        assert together.curve[row, length:].isnan().all()


def test_what_stands_in_the_padding_changes_no_bit() -> None:
    judge, frames = small_judge(), drawn_frames(2, 5)
    other = frames.clone()
    other[1, 3:] = torch.nan
    assert torch.equal(judge(frames, PROMPT, lengths=[5, 3]).scores, judge(other, PROMPT, lengths=[5, 3]).scores)
    other[1, 3:] = frames[1, 3:].flip(0)
    assert torch.equal(judge(frames, PROMPT, lengths=[5, 3]).scores, judge(other, PROMPT, lengths=[5, 3]).scores)


def test_a_mask_finds_the_real_frames_wherever_they_are() -> None:
    judge, frames = small_judge(), drawn_frames(1, 5)
    mask = torch.tensor([[False, True, True, False, True]])
    torch.testing.assert_close(judge(frames, PROMPT, mask=mask).scores, judge(frames[:, [1, 2, 4]], PROMPT).scores)


def test_the_order_of_the_frames_matters() -> None:
    judge, frames = small_judge(), drawn_frames(1, 5)
    swapped = frames[:, [1, 0, 3, 2, 4]]  # the last frame stays
    assert (judge(frames, PROMPT).scores - judge(swapped, PROMPT).scores).abs().max() > 1e-3


def test_the_reference_matters_and_a_blank_prompt_is_none() -> None:
    judge, frames = small_judge(), drawn_frames(1, 3)
    scores = [judge(frames, reference).scores for reference in ([PICTURE], [PICTURE.flip(2)], PROMPT, "a house", None)]
    for number, one in enumerate(scores):
        assert all((one - other).abs().max() > 1e-4 for other in scores[:number])
    assert torch.equal(judge(frames, "  ").scores, scores[-1])


def test_bytes_and_numbers_from_0_to_1_are_the_same_frames() -> None:
    judge = small_judge()
    frames = torch.randint(0, 256, (1, 2, 3, 32, 32), dtype=torch.uint8)
    torch.testing.assert_close(judge(frames, PROMPT).scores, judge(frames / 255, PROMPT).scores)


def test_an_untrained_judge_says_the_middle_and_scores_stay_on_the_scale() -> None:
    frames = drawn_frames(4, 3)
    assert (small_judge(lively=False)(frames).scores - 5.5).abs().max() < 0.5
    judge = small_judge()
    with torch.no_grad():
        judge.classifier[-1].weight.mul_(100)
    scores = judge(frames).scores
    assert scores.shape == (4, 8)
    assert (scores.min(), scores.max()) == (1, 10)


@pytest.mark.parametrize(
    ("name", "millions"),
    [
        ("paper", 17.21),
        ("table3-base", 17.47),
        ("table5-a1", 13.54),
        ("table5-a2", 17.47),
        ("table5-a3", 21.40),
        ("table4-4+4", 17.47),
    ],
)
def test_the_parameters_are_those_of_the_paper_and_of_its_ablations(name: str, millions: float) -> None:
    with torch.device("meta"):
        judge = PPJudge.from_preset(name)
    assert round(judge.counted_parameters() / 1e6, 2) == millions
    assert judge.uncounted_parameters() == {"reference.prompt": 512 * 512 + 512}


def test_the_papers_preset_has_17_207_176_parameters_and_this_shape() -> None:
    config = preset("paper")
    assert (config.blocks, config.hidden, config.tokens, config.top_k, config.shared_experts) == (8, 512, 256, 4, 2)
    assert [config.depths.count(depth) for depth in (1, 2, 3, 4, 5)] == [16, 6, 4, 2, 2]
    with torch.device("meta"):
        assert PPJudge(config).counted_parameters() == 17_207_176


def test_every_row_of_tables_3_4_and_5_is_a_preset_that_runs() -> None:
    rows = [name for name in preset_names() if name.startswith("table")]
    assert len(rows) == 4 + 5 + 4
    for name in rows:
        assert small_judge(name)(drawn_frames(1, 2)).scores.isfinite().all()


def test_each_rung_of_table_3_changes_one_thing() -> None:
    rungs = [preset(f"table3-{name}").model_dump() for name in ("base", "angular", "depth", "style")]
    changed = [{key for key in one if one[key] != two[key] and key != "model"} for one, two in itertools.pairwise(rungs)]
    assert changed == [{"position"}, {"routed_depths"}, {"style_weight"}]


def test_saved_and_loaded_it_says_the_same_to_the_bit(tmp_path: Path) -> None:
    judge, frames = small_judge(), drawn_frames(2, 3)
    judge.blocks[0].router.bias[3] = 0.5
    judge.save_pretrained(tmp_path / "run")
    for again in (PPJudge.from_pretrained(tmp_path / "run"), load_model(tmp_path / "run")):
        assert isinstance(again, PPJudge)
        assert again.config == judge.config
        assert torch.equal(again(frames, PROMPT).raw, judge(frames, PROMPT).raw)


def test_in_half_precision_it_says_nearly_the_same_and_its_loss_is_exact_to_full_precision() -> None:
    judge, frames = small_judge(), drawn_frames(2, 3)
    full = judge(frames, PROMPT)
    half = judge.to(torch.bfloat16)(frames, PROMPT)
    assert half.raw.dtype == torch.bfloat16
    torch.testing.assert_close(half.scores, full.scores, atol=0.5, rtol=0)
    assert judge.loss(half, torch.full((2, 8), 7.0)).score.dtype == torch.float32


@pytest.mark.slow
def test_it_compiles_to_one_graph_without_a_break() -> None:
    """Shapes must not depend on the routing: compiled, every expert works on every token."""
    judge, frames, picture = small_judge(blocks=1), drawn_frames(1, 2), PICTURE[None]
    with torch.no_grad():
        compiled = torch.compile(judge, backend="eager", fullgraph=True)
        torch.testing.assert_close(compiled(frames, picture).raw, judge(frames, picture).raw, atol=1e-5, rtol=1e-5)


def test_loading_prints_nothing_and_the_card_says_what_was_done_without(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    small_judge().save_pretrained(tmp_path)
    PPJudge.from_pretrained(tmp_path)
    assert capfd.readouterr() == ("", "")
    card = (tmp_path / "README.md").read_text()
    assert card.startswith("---\n")
    assert "no CLIP was at hand" in card
    assert "| `kappa` | None |" in card


def test_a_damaged_or_foreign_folder_is_refused_with_its_reason(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match=r"no config\.json"):
        load_model(tmp_path)
    small_judge().save_pretrained(tmp_path)
    (tmp_path / "model.safetensors").write_bytes(b"\0" * 40)
    with pytest.raises(WeightsError, match="does not fit"):
        load_model(tmp_path)
    (tmp_path / "config.json").write_text('{"hidden": 512}')
    with pytest.raises(ContractError, match="not the settings of one of our models"):
        load_model(tmp_path)


def test_weights_of_another_shape_are_named(tmp_path: Path) -> None:
    small_judge().save_pretrained(tmp_path)
    text = (tmp_path / "config.json").read_text()
    (tmp_path / "config.json").write_text(text.replace('"rank": 4', '"rank": 5'))
    with pytest.raises(WeightsError, match=r"blocks\.0\.shared\.down"):
        PPJudge.from_pretrained(tmp_path)


@pytest.mark.parametrize(
    ("frames", "options", "words"),
    [
        (torch.rand(1, 2, 3, 32, 31), {}, "(B, T, 3, 32, 32) is expected"),
        (torch.rand(1, 3, 32, 32), {}, "(B, T, 3, 32, 32) is expected"),
        (torch.rand(2, 2, 3, 32, 32), {"lengths": [2]}, "for 2 processes"),
        (torch.rand(2, 2, 3, 32, 32), {"lengths": [2, 3]}, "do not lie between 1 and 2"),
        (torch.rand(1, 2, 3, 32, 32), {"mask": torch.zeros(1, 2, dtype=torch.bool)}, "do not lie between 1 and 2"),
        (torch.rand(1, 2, 3, 32, 32), {"mask": torch.ones(1, 3, dtype=torch.bool)}, "not (1, 2)"),
        (torch.rand(1, 2, 3, 32, 32), {"mask": torch.ones(1, 2, dtype=torch.bool), "lengths": [2]}, "Both lengths and a mask"),
        (torch.rand(2, 2, 3, 32, 32), {"reference": [PROMPT]}, "1 references for 2 processes"),
        (torch.rand(1, 2, 3, 32, 32), {"reference": torch.rand(1, 3, 16, 16)}, "not (3, 32, 32)"),
    ],
)
def test_what_does_not_fit_is_said_with_both_shapes(frames: torch.Tensor, options: dict[str, object], words: str) -> None:
    with pytest.raises(ShapeError) as caught:
        small_judge()(frames, **options)
    assert words in str(caught.value)
    assert caught.value.code == "input-shape"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"hiden": 64}, "did you mean 'hidden'?"),
        ({"patch_size": 7}, "no multiple of patch_size 7"),
        ({"heads": 3}, "does not give 3 heads"),
        ({"top_k": 31}, "does not choose among 30"),
        ({"position": "absolute"}, "'position'"),
        ({"style_dim": 8}, "'style_dim'"),
    ],
)
def test_settings_that_cannot_be_are_named(changes: dict[str, object], words: str) -> None:
    with pytest.raises(ConfigError) as caught:
        preset("paper", **changes)
    assert words in str(caught.value)


def test_an_unknown_preset_is_refused_with_a_guess() -> None:
    with pytest.raises(NotFoundError, match=r"Did you mean 'table5-a1'\?"):
        preset("table5-a1x")
    with pytest.raises(NotFoundError, match="There is no preset 'tiny/paper'"):
        preset("tiny/paper")
