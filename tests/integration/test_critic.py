"""Critics from a dataset to critiques: they learn, go on after a kill as if nothing had happened, and agree on two ranks."""

from __future__ import annotations

import dataclasses
import json
import shutil
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pyarrow.parquet as pq
import pytest
import torch

from fixtures.artworks import artworks_dataset
from fixtures.critic_trainings import QUICK, loss_curve_of, run_python, silenced, train, train_in_child
from ppad.errors import ConfigError, RatingsError, RunError
from ppad.storage import Dataset
from ppad_model.critic.planning import make_critic_plan
from ppad_model.critic.predicting import write_rows
from ppad_model.critic.saving import CriticRun, merge_critic
from ppad_model.critic.training import train_critic
from ppad_model.packages import transformers
from ppad_model.runs import Run
from ppad_model.training.config import merged
from ppad_model.training.devices import Machine
from ppad_model.training.folder import RunFolder


@pytest.fixture(scope="module", autouse=True)
def one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return artworks_dataset(tmp_path_factory.mktemp("artworks"), n=18)


@pytest.fixture(scope="module")
def whole(dataset: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A training that nobody interrupted."""
    run = tmp_path_factory.mktemp("whole") / "run"
    train(dataset, run)
    return run


def test_a_run_says_what_it_stands_on_and_what_random_weights_cannot_show(whole: Path, dataset: Path) -> None:
    values = json.loads((whole / "run.json").read_text("utf-8"))
    assert (values["model"], values["state"]) == ("critic", "finished")
    assert values["model_settings"]["base"]["random"]
    card = (whole / "best" / "README.md").read_text("utf-8")
    for words in (
        "Judge no artwork by it.",
        "critiques;",
        "MSE of the training mean",
        "no description or prompt can change them",
    ):
        assert words in card
    assert train(dataset, whole).was_done


def test_a_critic_of_a_run_scores_and_writes(whole: Path, dataset: Path) -> None:
    run = CriticRun.open(whole)
    critic, gather = run.load()
    records = [Dataset.open(dataset)[row] for row in range(2)]
    for written in write_rows(critic, gather, records, batch=2):
        for name, (low, high) in run.config.rubric.scales.items():
            assert low <= written.scores[name] <= high
    (scored,) = write_rows(critic, gather, records[:1], text=False)
    assert not any(passage.text for passage in scored.critique.passages.values())


def test_a_merged_critic_is_a_model_of_transformers_with_a_head_beside_it(whole: Path, tmp_path: Path) -> None:
    run = CriticRun.open(whole)
    merge_critic(run, tmp_path / "merged")
    network = transformers.Qwen2VLForConditionalGeneration.from_pretrained(tmp_path / "merged")
    critic, _ = run.load()
    ids = torch.arange(20, 40)[None]
    torch.testing.assert_close(network(input_ids=ids).logits, critic.network(input_ids=ids).logits, atol=1e-4, rtol=1e-4)
    assert (tmp_path / "merged" / "critic_head.safetensors").is_file()
    assert (tmp_path / "merged" / "tokenizer.json").is_file()


def test_other_settings_other_data_and_other_runs_are_refused(whole: Path, dataset: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"critic\.rank 16, not 4"):
        make_critic_plan(Dataset.open(dataset), whole, {"critic": {"rank": 4}})
    other = artworks_dataset(tmp_path, n=10, seed=3)
    with pytest.raises(RunError, match="another dataset"):
        make_critic_plan(Dataset.open(other), whole, {})
    with pytest.raises(RunError, match="ppad critic"):
        Run.open(whole).load()


def test_works_without_critiques_teach_the_head_alone_and_are_counted(dataset: Path, tmp_path: Path) -> None:
    plan = make_critic_plan(Dataset.open(dataset), tmp_path / "run", QUICK)
    works = len(plan.phases[0].learn)
    assert (plan.silent, len(plan.learned)) == (0, 2 * works)
    half = make_critic_plan(Dataset.open(silenced(dataset, tmp_path / "half", 2)), tmp_path / "run", QUICK)
    assert 0 < half.silent < works
    assert len(half.learned) == 2 * (works - half.silent)
    plan = make_critic_plan(Dataset.open(silenced(dataset, tmp_path / "none", 1)), tmp_path / "run", QUICK)
    assert (plan.silent, plan.learned) == (works, [])
    outcome = train_critic(plan, tmp_path / "run", Machine(), quiet=True)
    assert "It has seen no critique" in (tmp_path / "run" / "best" / "README.md").read_text("utf-8")
    assert outcome.manifest["state"] == "finished"
    assert {row[5] for row in loss_curve_of(tmp_path / "run")} == {"0.0"}


def test_scores_off_the_scale_are_refused_by_name(dataset: Path, tmp_path: Path) -> None:
    root = Path(shutil.copytree(dataset, tmp_path / "d"))
    file = next(root.glob("data/pretrain-*.parquet"))
    table = pq.read_table(file)
    at = table.schema.get_field_index("color")
    pq.write_table(table.set_column(at, table.schema.field(at), [[11.0] * len(table)]), file)
    with pytest.raises(RatingsError, match="has the score 11 of color, off its scale from 1 to 10"):
        make_critic_plan(Dataset.open(root), tmp_path / "run", QUICK)


@pytest.mark.parametrize("dies_at", [1, 9, 16])
def test_a_training_killed_while_it_writes_goes_on_to_the_same_bits(
    whole: Path, dataset: Path, tmp_path: Path, dies_at: int
) -> None:
    assert train_in_child(dataset, tmp_path / "run", Machine(checkpoint_s=0.0), dies_at) == -signal.SIGKILL
    train(dataset, tmp_path / "run")
    assert loss_curve_of(tmp_path / "run") == loss_curve_of(whole)
    one, other = RunFolder(whole).best_state(), RunFolder(tmp_path / "run").best_state()
    assert one.keys() == other.keys()
    assert all(torch.equal(tensor, other[name]) for name, tensor in one.items())


def ppad(*arguments: object, ranks: int = 0) -> subprocess.CompletedProcess[str]:
    return run_python("-m", "ppad", *arguments, ranks=ranks)


def test_two_ranks_learn_what_one_process_learns_and_the_run_writes_from_the_command_line(
    whole: Path, dataset: Path, tmp_path: Path
) -> None:
    settings = tmp_path / "quick.yaml"
    settings.write_text(json.dumps(QUICK))
    result = ppad("critic", "train", dataset, "--out", tmp_path / "run", "--config", settings, "--cpu", ranks=2)
    assert result.returncode == 0, result.stderr
    assert result.stderr.count("The critic is trained") == 1
    for column in (3, 4, 5):
        together = [float(row[column]) for row in loss_curve_of(tmp_path / "run")]
        assert together == pytest.approx([float(row[column]) for row in loss_curve_of(whole)], rel=5e-3)
    picture = tmp_path / "picture.jpg"
    picture.write_bytes(Dataset.open(dataset)[0].process.frames[0].bytes)
    written = ppad("critic", "write", tmp_path / "run", picture)
    assert written.returncode == 0, written.stderr
    assert [line.partition(":")[0] for line in written.stdout.splitlines()] == [
        "Originality", "Colour", "Texture", "Composition", "Content", "Overall",
    ]  # fmt: skip
    assert "random weights" in written.stderr
    (tmp_path / "no.png").write_text("no picture")
    many = ppad("critic", "write", tmp_path / "run", picture, tmp_path / "no.png", "--out", tmp_path / "c.jsonl")
    assert many.returncode == 1
    assert "media-unreadable" in many.stderr
    assert len((tmp_path / "c.jsonl").read_text().splitlines()) == 1


def test_a_tiny_critic_learns_a_dozen_works_by_heart(dataset: Path, tmp_path: Path) -> None:
    changes = {"validation": 0.0, "pretrain": {"epochs": 200, "batch": 12, "learning_rate": 1e-2}}
    asked = merged(QUICK, changes, {"critic": {"use_description": False, "picture_tokens": 16, "paragraph_tokens": 96}})
    plan = make_critic_plan(Dataset.open(dataset), tmp_path / "run", asked)
    first = {name: said[:1] for name, said in plan.critiques.items()}  # one critique a work: two cannot both be repeated
    train_critic(dataclasses.replace(plan, critiques=first), tmp_path / "run", Machine(checkpoint_s=1e9), quiet=True)
    critic, gather = CriticRun.open(tmp_path / "run").load()
    records = [plan.dataset.read(name) for name in plan.phases[0].learn.ids]
    assert len(records) >= 12
    errors, wrong = [], []
    for one, written in zip(records, write_rows(critic, gather, records, batch=12), strict=True):
        errors += [abs(written.scores["overall"] - (one.scores["overall"] or 0))]
        errors += [10 * abs(score - (one.scores[name] or 0)) for name, score in written.scores.items() if name != "overall"]
        wanted = first[written.id][0].passages
        wrong += [name for name, passage in written.critique.passages.items() if passage.text != wanted[name].text]
    assert max(errors) < 2  # of 100
    assert wrong == []
