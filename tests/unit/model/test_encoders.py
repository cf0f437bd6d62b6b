"""Prompts and styles, with a CLIP and without one."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from fixtures.judges import drawn_frames, small_judge
from fixtures.tiny_clip import DIM, write_clip
from ppad.errors import ConfigError, WeightsError
from ppad_model import PPJudge
from ppad_model.clip import Clip
from ppad_model.styles import STYLES, ClipStyles, LabelCodes, style_codes, style_encoder, style_number
from ppad_model.texts import hashed_words, text_encoder
from ppad_model.weights import local_folder


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_clip(tmp_path_factory.mktemp("clip") / "tiny")


def cosine(one: torch.Tensor, two: torch.Tensor) -> float:
    return torch.nn.functional.cosine_similarity(one, two, dim=-1).item()


@given(st.text(min_size=1, max_size=60).filter(lambda text: any(letter.isalnum() for letter in text)))
def test_any_prompt_becomes_vectors_of_size_1_and_always_the_same(prompt: str) -> None:
    vectors = hashed_words(prompt, 64)
    assert 1 <= len(vectors) <= 60
    torch.testing.assert_close(vectors.square().mean(1).sqrt(), torch.ones(len(vectors)))
    assert torch.equal(vectors, hashed_words(prompt, 64))


def test_a_hashed_word_stays_what_it_is_between_versions() -> None:
    """Trained models depend on it."""
    (vector,) = hashed_words("boat", 16)
    assert vector.nonzero().flatten().tolist() == [2, 7, 9]


def test_words_that_share_letters_are_alike_and_case_is_nothing() -> None:
    paint, painting, lake, shouted = hashed_words("paint painting lake PAINT", 512)
    assert torch.equal(paint, shouted)
    assert cosine(paint, painting) > 0.4 > cosine(paint, lake) + 0.2


def test_a_long_prompt_ends_after_77_words() -> None:
    assert len(hashed_words("one two " * 100, 32)) == 77


def test_a_clip_gives_the_states_of_a_prompts_tokens(clip: Path) -> None:
    states = text_encoder(str(clip), DIM)("a boat")
    assert states.shape == (7, DIM)  # its tokenizer knows letters: start, a, b, o, a, t, end
    assert torch.equal(states, text_encoder(str(clip), DIM)("a boat"))


def test_a_clip_of_another_width_or_none_at_all_is_refused_with_the_remedy(clip: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=f"Set text_dim to {DIM}"):
        text_encoder(str(clip), 64)
    with pytest.raises(ConfigError, match=f"Set style_dim to {DIM}"):
        style_encoder(str(clip), 64)
    with pytest.raises(WeightsError, match="hf download someone/nothing"):
        text_encoder("someone/nothing", 64)
    (tmp_path / "model.safetensors").write_bytes(b"")
    with pytest.raises(WeightsError, match="holds no CLIP"):
        Clip(tmp_path)


def test_weights_are_found_in_a_folder_or_in_the_hubs_cache_and_never_fetched(
    clip: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert local_folder(str(clip)) == clip
    assert local_folder(str(tmp_path)) is None
    assert local_folder("someone/nothing") is None
    assert local_folder("no name of a repository, is it?") is None
    snapshot = tmp_path / "models--some--clip" / "snapshots" / ("0" * 40)
    snapshot.mkdir(parents=True)
    (snapshot / "model.safetensors").write_bytes(b"x")
    (tmp_path / "models--some--clip" / "refs").mkdir()
    (tmp_path / "models--some--clip" / "refs" / "main").write_text("0" * 40)
    monkeypatch.setattr("ppad_model.weights.huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    assert local_folder("some/clip") == snapshot


def test_a_judge_with_a_clip_reads_prompts_with_it_and_says_so_in_its_settings(clip: Path, tmp_path: Path) -> None:
    judge = small_judge(text_encoder=str(clip), text_dim=DIM)
    frames = drawn_frames(1, 2)
    assert not torch.equal(judge(frames, "a boat").scores, judge(frames, "a coat").scores)
    judge.save_pretrained(tmp_path)
    again = PPJudge.from_pretrained(tmp_path)
    assert again.config.text_encoder == str(clip)
    assert torch.equal(again(frames, "a boat").scores, judge(frames, "a boat").scores)
    assert not any("clip" in name for name in judge.state_dict())


def test_without_its_clip_a_judge_still_takes_pictures_and_refuses_prompts(tmp_path: Path) -> None:
    judge = small_judge(text_encoder="someone/nothing")
    assert judge(drawn_frames(1, 2), [torch.rand(3, 32, 32)]).scores.shape == (1, 8)
    with pytest.raises(WeightsError, match="someone/nothing is not on this machine"):
        judge(drawn_frames(1, 2), "a boat")


def test_auto_is_the_hash_and_the_code_where_no_clip_is_here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ppad_model.ppjudge.model.local_folder", lambda name: None)
    config = small_judge(text_encoder="auto", style_encoder="auto").config
    assert (config.text_encoder, config.style_encoder) == ("hash", "label-code")


def test_auto_is_the_clip_of_the_paper_where_it_is_here(monkeypatch: pytest.MonkeyPatch, clip: Path) -> None:
    monkeypatch.setattr("ppad_model.ppjudge.model.local_folder", lambda name: clip)
    config = PPJudge.from_preset("tiny").config
    assert config.text_encoder == config.style_encoder == "openai/clip-vit-base-patch16"


def test_the_27_style_codes_stand_at_right_angles() -> None:
    for dim in (32, 512):
        codes = style_codes(dim)
        torch.testing.assert_close(codes @ codes.T, torch.eye(27), atol=1e-6, rtol=0)


@pytest.mark.parametrize(
    "spelling",
    ["Naïve Art (Primitivism)", "naive_art_primitivism", "Naive Art", "NAIVE ART (PRIMITIVISM)", " naive-art primitivism "],
)
def test_a_style_is_known_however_it_is_spelled(spelling: str) -> None:
    assert style_number(spelling) == STYLES.index("Naive Art (Primitivism)")


@pytest.mark.parametrize(
    "folder", ["Art_Nouveau_Modern", "Mannerism_Late_Renaissance", "Ukiyo_e", "Post_Impressionism", "Action_painting"]
)
def test_wikiarts_folder_names_are_known(folder: str) -> None:
    assert style_number(folder) is not None


def test_without_a_clip_the_rows_label_is_the_style_and_an_unknown_one_is_none() -> None:
    targets = LabelCodes(64)(["Cubism", None, "my own style"], [None, None, None])
    assert torch.equal(targets[0], style_codes(64)[STYLES.index("Cubism")])
    assert targets[1:].isnan().all()


def test_with_a_clip_the_style_is_the_nearest_text_to_the_picture(clip: Path) -> None:
    """Eq. 3, written out once more."""
    picture, network = torch.rand(3, 40, 40), Clip(clip)
    texts = network.embed_texts([f"This is a {style} painting." for style in STYLES])
    cosines = [cosine(network.embed_pictures(picture[None])[0], text) for text in texts]
    expected = texts[max(range(27), key=cosines.__getitem__)]
    found = ClipStyles(str(clip), DIM)(["Cubism", None], [picture, None])
    assert torch.equal(found[0], expected)
    assert found[1].isnan().all()
