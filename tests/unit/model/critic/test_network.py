"""The network: vision runs once, the head and the cache agree with a plain way to compute them, adapters merge to the same."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
import torch

from fixtures.critics import ARTWORK, artwork, config_of, count_vision, critic_on, process, tiny_base
from ppad.errors import ConfigError, MissingExtraError, WeightsError
from ppad_model.critic.adapters import merge_adapters
from ppad_model.critic.base import Base, find_base, refuse_other_base
from ppad_model.critic.batches import UNLEARNED, GatherWorks
from ppad_model.critic.head import TemporalEncoder
from ppad_model.critic.model import Critic
from ppad_model.critic.packages import has_bitsandbytes
from ppad_model.critic.predicting import write_works
from ppad_model.critic.saving import load_trained, save_critic
from ppad_model.packages import F, transformers


def test_the_base_is_tiny_and_of_the_published_layout(base: Base) -> None:
    network = base.network(32)
    assert 50_000 < sum(weight.numel() for weight in network.parameters()) < 250_000
    names = {file.name for file in base.folder.iterdir()}
    assert {"config.json", "model.safetensors", "tokenizer.json", "preprocessor_config.json"} <= names
    assert json.loads((base.folder / "config.json").read_text())["model_type"] == "qwen2_vl"


def test_vision_runs_once_for_scores_and_critiques(base: Base) -> None:
    critic, gather = critic_on(base)
    passes = count_vision(critic)
    write_works(critic, gather, [artwork(1), artwork(2)])
    assert len(passes) == 1
    critic.train()
    critic.step_losses(gather([artwork(1), artwork(2)], 0))
    assert len(passes) == 2
    write_works(critic, gather, [artwork(1)], text=False)
    assert len(passes) == 3


def test_the_head_is_mean_norm_linear_gelu_linear_on_z_scores(base: Base) -> None:
    critic, gather = critic_on(base)
    batch = gather.prompts([artwork(1), artwork(2)])
    seen = critic.see(batch)
    norm, first, _, last = critic.head.layers
    for row, tokens in enumerate(seen.pooler_output):
        vector = F.layer_norm(tokens.mean(0), norm.normalized_shape, norm.weight, norm.bias)
        plain = last.weight @ F.gelu(first.weight @ vector + first.bias) + last.bias
        torch.testing.assert_close(critic.score(batch, seen)[row], plain, atol=1e-5, rtol=1e-4)
    middle = torch.tensor([5.5] * 5 + [50.5])
    torch.testing.assert_close(critic.on_scale(torch.zeros(1, 6))[0], middle)
    assert critic.on_scale(torch.full((1, 6), 99.0))[0].tolist() == [10.0] * 5 + [100.0]


def test_reading_what_was_seen_is_the_forward_pass_of_transformers(base: Base) -> None:
    critic, gather = critic_on(base)
    batch = gather([artwork(1), artwork(2)], 0)
    own = critic.logits(critic.read(batch, critic.see(batch)).states)
    theirs = critic.network(
        input_ids=batch.tokens, attention_mask=batch.mask, pixel_values=batch.patches, image_grid_thw=batch.grids,
        mm_token_type_ids=batch.kinds,
    ).logits  # fmt: skip
    kept = batch.mask.bool()
    torch.testing.assert_close(own[kept], theirs[kept], atol=1e-4, rtol=1e-4)


def test_the_loss_is_the_mean_over_works_of_their_mean_cross_entropy_and_of_their_smooth_error(base: Base) -> None:
    critic, gather = critic_on(base, score_weight=3.0)
    batch = gather([artwork(1), artwork(2, words="A longer text of {}, for once."), artwork(3, words=None)], 0)
    seen = critic.see(batch)
    logits = critic.logits(critic.read(batch, seen).states)
    text = sum(
        F.cross_entropy(logits[row, :-1], batch.labels[row, 1:], ignore_index=UNLEARNED) for row in range(2)
    )  # the third has none
    z = (batch.targets - critic.means) / critic.spreads
    score = F.smooth_l1_loss(critic.score(batch, seen), z)
    found = critic.step_losses(batch)
    torch.testing.assert_close(found, torch.stack((3 * score + text / 3, score, text / 3)), atol=1e-5, rtol=1e-4)


def test_writing_with_the_cache_is_the_likeliest_token_of_a_full_pass_each_time(base: Base) -> None:
    critic, gather = critic_on(base, sections=("originality",))
    work = artwork(1)
    (written,) = write_works(critic, gather, [work])
    batch = gather.prompts([work])
    seen = critic.see(batch)
    tokens = gather.tokens
    ids = [*batch.tokens[0].tolist(), *tokens.encode("\n"), *_answer(gather)]
    chosen: list[int] = []
    for _ in range(critic.config.paragraph_tokens):
        row = torch.tensor([ids + chosen])
        full = type(batch)(**{name: getattr(batch, name) for name in batch.__slots__})
        full = full._changed(lambda tensor: tensor)
        object.__setattr__(full, "tokens", row)
        object.__setattr__(full, "mask", torch.ones_like(row))
        object.__setattr__(full, "kinds", (row == tokens.picture).int())
        logits = critic.logits(critic.read(full, seen).states[0, -1])
        logits[[mark for mark in tokens.marks if mark != tokens.end]] = -torch.inf
        chosen.append(int(logits.argmax()))
        if chosen[-1] == tokens.end or "\n" in tokens.decode(chosen):
            break
    text = tokens.decode(chosen).partition("\n")[0].replace("\N{REPLACEMENT CHARACTER}", "")
    assert written.critique.passages["originality"].text == " ".join(text.split())


def _answer(gather: GatherWorks) -> list[int]:
    from ppad_model.critic.prompt import answer_begins, heading

    begun = gather.tokens.encode_parts(answer_begins(gather._config, None)[1:], ())
    return [*begun, *gather.tokens.encode(heading(ARTWORK, "originality"))]


@pytest.mark.parametrize("changes", [{}, {"head_site": "text"}, {"conditioned": True}, {"processes": True}])
def test_works_in_a_batch_are_judged_as_each_alone(base: Base, changes: dict[str, object]) -> None:
    critic, gather = critic_on(base, **changes)
    works = [process(1, 2), process(2, 4, reference=True)] if "processes" in changes else [artwork(1), artwork(2, "A hut.")]
    together = write_works(critic, gather, works)
    for one, work in zip(together, works, strict=True):
        (alone,) = write_works(critic, gather, [work])
        assert one.scores == pytest.approx(alone.scores, abs=1e-3)
        assert [p.text for p in one.critique.passages.values()] == [p.text for p in alone.critique.passages.values()]


def test_a_random_critic_learns_whatever_the_choices_are(base: Base) -> None:
    for changes in ({"merger": "frozen"}, {"conditioned": True, "head_site": "text"}, {"use_rubric": True}):
        critic, gather = critic_on(base, **changes)
        critic.train().step_losses(gather([artwork(1), artwork(2)], 0))[0].backward()
        merger = critic.network.model.visual.merger.mlp[0].weight.grad
        assert (merger is None) == (changes.get("merger") == "frozen")
        assert critic.network.model.visual.blocks[0].mlp.fc1.weight.grad is None
        learned = critic.learned_state()
        assert all("lora_" in name or "merger" in name or not name.startswith("network.") for name in learned)
        assert sum("lora_A" in name for name in learned) == 2 * 7  # two layers of the language model, seven places each


def test_frames_are_told_apart_by_their_order_and_padding_says_nothing() -> None:
    torch.manual_seed(0)
    encoder = TemporalEncoder(8, 16).eval()
    vectors, none = torch.randn(1, 4, 8), torch.tensor([False])
    whole = encoder(vectors, torch.tensor([4]), none)
    padded = encoder(torch.cat((vectors, torch.randn(1, 3, 8)), dim=1), torch.tensor([4]), none)
    torch.testing.assert_close(padded, whole, atol=1e-5, rtol=1e-4)
    assert not torch.allclose(encoder(vectors.flip(1), torch.tensor([4]), none), whole, atol=1e-2)
    assert not torch.allclose(encoder(vectors, torch.tensor([4]), torch.tensor([True])), whole, atol=1e-2)


def test_checkpointing_changes_no_gradient(base: Base) -> None:
    found = []
    for checkpointing in (False, True):
        critic, gather = critic_on(base)
        if checkpointing:
            critic.use_checkpointing()
        critic.train().step_losses(gather([artwork(1)], 0))[0].backward()
        found.append({name: weight.grad for name, weight in critic.named_parameters() if weight.grad is not None})
    assert found[0].keys() == found[1].keys()
    for name, gradient in found[0].items():
        torch.testing.assert_close(found[1][name], gradient, atol=1e-5, rtol=1e-4)


def test_merged_weights_say_what_the_adapters_said(base: Base) -> None:
    critic, gather = critic_on(base)
    batch = gather([artwork(1)], 0)
    before = critic.logits(critic.read(batch, critic.see(batch)).states)
    merge_adapters(critic.network)
    assert not [name for name, _ in critic.network.named_parameters() if "lora_" in name]
    after = critic.logits(critic.read(batch, critic.see(batch)).states)
    torch.testing.assert_close(after, before, atol=1e-4, rtol=1e-4)


def test_what_is_saved_comes_back_to_the_bit(base: Base, tmp_path: Path) -> None:
    critic, gather = critic_on(base)
    save_critic(critic, tmp_path)
    other, _ = critic_on(base, seed=1)
    load_trained(other, tmp_path)
    assert all(torch.equal(value, other.state_dict()[name]) for name, value in critic.state_dict().items())
    batch = gather.prompts([artwork(1)])
    assert torch.equal(critic.score(batch, critic.see(batch)), other.score(batch, other.see(batch)))


def test_an_adapter_that_does_not_fit_its_base_is_named(base: Base, tmp_path: Path) -> None:
    other = tiny_base(tmp_path / "other", seed=1)
    with pytest.raises(WeightsError, match="does not fit tiny: it was trained on tiny"):
        refuse_other_base(other.facts, base.facts, tmp_path)
    critic, _ = critic_on(base)
    save_critic(critic, tmp_path / "saved")
    wider, _ = critic_on(base, rank=8)
    with pytest.raises(WeightsError, match="does not fit tiny"):
        load_trained(wider, tmp_path / "saved")


def test_bases_that_are_not_here_or_not_of_this_kind_are_refused_with_a_way_out(base: Base, tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match="hf download Qwen/Qwen2-VL-7B-Instruct"):
        find_base("7b")
    shutil.copytree(base.folder, tmp_path / "llama")
    values = json.loads((tmp_path / "llama" / "config.json").read_text()) | {"model_type": "llama"}
    (tmp_path / "llama" / "config.json").write_text(json.dumps(values))
    with pytest.raises(WeightsError, match="of the kind 'llama'"):
        find_base(str(tmp_path / "llama"))
    (tmp_path / "empty").mkdir()
    with pytest.raises(WeightsError, match="published layout"):
        find_base(str(tmp_path / "empty"))


def test_four_bits_ask_for_their_package_or_for_a_gpu(base: Base) -> None:
    if torch.cuda.is_available():
        pytest.skip("there is a GPU")
    with pytest.raises(ConfigError if has_bitsandbytes() else MissingExtraError, match="4 bits"):
        base.network(4)


def test_qwen2_5_vl_is_served_by_the_same_code(base: Base, tmp_path: Path) -> None:
    shutil.copytree(base.folder, tmp_path / "b")
    text = json.loads((base.folder / "config.json").read_text())
    config = transformers.Qwen2_5_VLConfig(
        text_config=text["text_config"] | {"model_type": "qwen2_5_vl_text"},
        vision_config={
            "depth": 2, "hidden_size": 32, "intermediate_size": 64, "num_heads": 2, "patch_size": 8, "out_hidden_size": 64,
            "window_size": 32, "fullatt_block_indexes": [1],
        },
        tie_word_embeddings=True,
        **{key: text[key] for key in ("image_token_id", "video_token_id", "vision_start_token_id", "vision_end_token_id")},
    )  # fmt: skip
    transformers.Qwen2_5_VLForConditionalGeneration(config).save_pretrained(tmp_path / "b")
    critic, gather = critic_on(find_base(str(tmp_path / "b")))
    assert critic.config.base.kind == "qwen2_5_vl"
    critic.step_losses(gather([artwork(1)], 0))[0].backward()
    assert len(write_works(critic, gather, [artwork(1), artwork(2)])) == 2


def test_weights_of_bfloat16_work_beside_trained_ones_of_float32(base: Base) -> None:
    config = config_of(base, bits=16)
    critic = Critic(config, base.network(16))
    gather = GatherWorks(config, base.tokens(), base.pictures(config.max_pixels))
    critic.train().step_losses(gather([artwork(1)], 0))[0].backward()
    assert critic.network.model.language_model.layers[0].self_attn.q_proj.base_layer.weight.dtype == torch.bfloat16
    assert all(weight.dtype == torch.float32 for weight in critic.parameters() if weight.requires_grad)
    assert len(write_works(critic.eval(), gather, [artwork(1)])) == 1
