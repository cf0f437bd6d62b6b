"""The ladder: the paper's ablations and the baselines on one simulated dataset, equal budgets, several seeds.

    python -m benchmarks.ladder DATASET --test ANOTHER --runs FOLDER [--size tiny] [--seeds 3] [--groups table3 baselines]

Hypotheses, and how to read the tables: docs/ladder.md. A finished run is not trained again; a killed one goes on.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.common import machine_facts
from benchmarks.ladder_tables import Floats, Measured, apart_table, compare, difference_table, measure, row_table
from ppad.schema import ProcessRecord, canonical_json
from ppad.schema.versions import config_hash
from ppad.stages import available_cores
from ppad.storage import Dataset
from ppad_model.clip import CLIP_B16
from ppad_model.data import ReadExample
from ppad_model.evaluation.evaluating import Prepared, Question, predict, prepare
from ppad_model.registry import model_config
from ppad_model.runs import Run
from ppad_model.styles import style_number
from ppad_model.training.choices import full_name
from ppad_model.training.config import merged
from ppad_model.training.devices import Machine
from ppad_model.training.manifest import begun_training
from ppad_model.training.planning import make_plan
from ppad_model.training.run import run_training
from ppad_model.weights import local_folder

MAIN = ("style_stability", "color_stability", "composition_stability", "process_stability")

GROUPS: dict[str, list[str]] = {
    "baselines": ["full", "constant", "final-frame-vit", "mean-frame-vit", "gru", "hand-ridge"],
    "table3": ["table3-base", "table3-angular", "table3-depth", "table3-style"],
    "table4": ["table4-1+2", "table4-2+2", "table4-2+4", "table4-2+6", "table4-4+4"],
    "table5": ["table5-a1", "table5-a2", "table5-a3", "table5-ours"],
    "others": ["full", "mrope", "dense"],
    "paper-baselines": ["full", "saan", "artclip", "aacp-style", "laion"],
}
PAIRS: dict[str, list[tuple[str, str]]] = {
    "baselines": [("full", name) for name in ("constant", "final-frame-vit", "mean-frame-vit", "gru", "hand-ridge")],
    "table3": [("table3-angular", "table3-base"), ("table3-depth", "table3-angular"), ("table3-style", "table3-depth")],
    "table4": [("table4-2+4", name) for name in ("table4-1+2", "table4-2+2", "table4-2+6", "table4-4+4")],
    "table5": [("table5-ours", name) for name in ("table5-a1", "table5-a2", "table5-a3")],
    "others": [("full", "mrope"), ("full", "dense")],
    "paper-baselines": [("full", name) for name in ("saan", "artclip", "aacp-style", "laion")],
}

BUDGETS: dict[str, dict[str, Any]] = {
    "tiny": {"recipe": "small", "pretrain": {"batch": 64}},
    "paper": {"recipe": "paper"},
}
TINY_SHAPE = {"image_size": 32, "patch_size": 16}
"""Pictures of 32 px for every row; 4 tokens a frame for every network that cuts them into patches: a training is a CPU minute."""
CLOSED_FORM = ("constant", "hand-ridge")


def model_of(row: str, size: str) -> tuple[str, dict[str, Any]]:
    """The model of a row, and its settings."""
    if row == "full":
        row = size
    name = f"{row}-tiny" if size == "tiny" and row in ("final-frame-vit", "mean-frame-vit", "gru") else row
    if size == "tiny" and row.startswith(("table", "mrope", "dense")):
        name = f"tiny/{row}"
    shape = TINY_SHAPE if size == "tiny" else {}
    fields = type(model_config(full_name(name))).model_fields
    return full_name(name), {key: value for key, value in shape.items() if key in fields}


def decode_once() -> None:
    """All networks of the tiny size look at the same small pictures: from now on they are decoded for the first one alone."""
    decode, known = ReadExample.pictures, dict[tuple[Any, ...], Any]()

    def pictures(self: ReadExample, process: ProcessRecord) -> Any:
        key = (process.process_id, self._config.image_size, self._config.max_frames, self._config.fit)
        if key not in known:
            known[key] = decode(self, process)
        return known[key]

    ReadExample.pictures = pictures  # type: ignore[method-assign]


def knows_styles(dataset: Dataset) -> bool:
    """Whether a process has a style that experts are pulled to: by CLIP, by its own embedding, or by a label among the 27."""
    tables = [dataset.table(split, ["style_label", "style_embedding"]) for split in dataset.splits]
    labels = [label for table in tables for label in table["style_label"].unique().to_pylist()]
    embedded = any(table["style_embedding"].null_count < len(table) for table in tables)
    return embedded or local_folder(CLIP_B16) is not None or any(style_number(label) is not None for label in labels)


def train_row(row: str, seed: int, dataset: Dataset, folder: Path, options: argparse.Namespace) -> Path:
    """Train a row, unless its twin under another name is trained already; the folder of its run."""
    name, settings = model_of(row, options.size)
    phase = {"epochs": options.epochs} if options.epochs else {}
    asked = merged(
        BUDGETS[options.size], {"model": name, "model_settings": settings, "seed": seed, "pretrain": phase, "train": phase}
    )
    # Rows of one content have several names in the paper; they are one run.
    network = model_config(name, **settings).model_dump(mode="json") | {"model": name if row in CLOSED_FORM else ""}
    if not knows_styles(dataset):  # the style loss is then 0 and has no gradient: its factor changes no score
        network.pop("style_weight", None)
    run = folder / f"{config_hash(canonical_json([network, asked['pretrain'], asked['recipe']]))}-seed{seed}"
    if begun_training(run) is not None:
        asked = {}  # it keeps its settings, and the name that it was begun under
    machine = Machine(threads=available_cores(), micro_batch=options.micro_batch)
    outcome = run_training(make_plan(dataset, run, asked, machine), run, machine, quiet=True)
    print(f"{row}, seed {seed}: {'trained before' if outcome.was_done else 'trained'}, {run.name}", flush=True)
    return run


def score_runs(runs: Sequence[Path], tests: Dataset, question: Question, folder: Path) -> tuple[list[Floats], Prepared]:
    """What runs say of the test rows; kept in `folder`."""
    prepared = prepare([Run.open(run) for run in runs], tests, question)
    said, _ = predict(prepared, folder, "cpu")
    return [one.scores for one in said], prepared


def measure_group(rows: Sequence[str], dataset: Dataset, options: argparse.Namespace) -> dict[str, Measured]:
    """Train and measure the rows of a group: on another dataset as a whole, or on the test splits of the same."""
    tests = Dataset.open(options.test) if options.test else dataset
    question = Question(splits=tests.splits if options.test else ())
    found = {}
    for row in rows:
        seeds = range(1 if row in CLOSED_FORM else options.seeds)
        runs = [train_row(row, seed, dataset, options.runs, options) for seed in seeds]
        scores, prepared = score_runs(runs, tests, question, options.runs / "predictions")
        aims, clusters = prepared.rows.rated, prepared.rows.clusters
        main = [prepared.rows.attributes.index(name) for name in MAIN]
        found[row] = measure(scores, aims, main, clusters, options.draws)
    return found


def report(group: str, rows: Mapping[str, Measured], titles: Sequence[str]) -> str:
    """The tables of a group."""
    pairs = {(one, other): compare(rows[one], rows[other]) for one, other in PAIRS[group]}
    tables = [row_table(rows, titles), difference_table(pairs, titles)]
    if group == "baselines":
        tables.append(apart_table(rows, "full", ("constant", "final-frame-vit", "mean-frame-vit"), titles))
    return "\n\n".join([f"### {group}", *tables, ""])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("dataset", type=Path)
    parser.add_argument(
        "--test", type=Path, help="measure on all rows of this dataset; by default on the test splits of the first"
    )
    parser.add_argument("--runs", type=Path, required=True, help="folder that keeps the runs")
    parser.add_argument("--size", choices=sorted(BUDGETS), default="tiny")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--epochs", type=int, default=12, help="of each phase; 0 leaves them to the recipe")
    parser.add_argument("--micro-batch", type=int, default=64)
    parser.add_argument("--draws", type=int, default=1000, help="resamples")
    parser.add_argument(
        "--groups", nargs="+", choices=sorted(GROUPS), default=["baselines", "table3", "table4", "table5", "others"]
    )
    options = parser.parse_args()
    if options.size == "tiny":
        decode_once()
    dataset = Dataset.open(options.dataset)
    titles = [name.replace("_", " ") for name in dataset.attribute_ids] + ["main measure"]
    print(dataset.metadata.get("notice", ""), machine_facts(["torch", "numpy"]), sep="\n")
    for group in options.groups:
        print("\n" + report(group, measure_group(GROUPS[group], dataset, options), titles), flush=True)


if __name__ == "__main__":
    main()
