"""What an evaluation leaves: a page that opens without a server, its pictures, and the figures for scripts."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
from jinja2 import Environment, PackageLoader, StrictUndefined

from ppad import __version__
from ppad.errors import NotWritableError
from ppad.media.images import Pixels, encode_image
from ppad.plotting.labels import count
from ppad.storage import Dataset, write_bytes, write_rows, write_text
from ppad_model.evaluation.ceiling import Ceiling
from ppad_model.evaluation.evaluating import Evaluation, Question, rubric_of_dataset
from ppad_model.evaluation.examples import choose_examples, example_sheet
from ppad_model.evaluation.metrics import METRICS, Metric
from ppad_model.evaluation.plots import Panels
from ppad_model.evaluation.tables import Difference, Line, Table
from ppad_model.evaluation.words import UNSAID, figure, interval, p_value, plain, plain_estimate

PAGE, FIGURES, PREDICTIONS = "index.html", "evaluation.json", "predictions.parquet"
_SIGN = '<meta name="generator" content="ppad evaluate">'
MEAN = "mean"
SIGNIFICANT = 0.05


@dataclass(frozen=True, slots=True)
class Names:
    """The attributes as people read them: A names and short names."""

    full: tuple[str, ...]
    short: tuple[str, ...]

    @classmethod
    def of(cls, dataset: Dataset) -> Names:
        """Those of a dataset's rubric; its ids, where that does not ship."""
        rubric = rubric_of_dataset(dataset)
        if rubric is None:
            ids = dataset.attribute_ids
            return cls(ids, ids)
        by_id = {attribute.id: attribute for attribute in rubric.attributes}
        found = [by_id[name] for name in dataset.attribute_ids]
        return cls(tuple(one.name for one in found), tuple(one.short for one in found))


def refuse_foreign_page(out: Path) -> None:
    """Never replace a page that something else wrote.

    Raises:
        NotWritableError: the folder holds such a page.
    """
    page = out / PAGE
    if page.is_file() and _SIGN not in page.read_text("utf-8", errors="replace")[:2000]:
        raise NotWritableError(f"{page} was not written by ppad evaluate.", "Choose another --out.")


def write_report(found: Evaluation, question: Question, dataset: Dataset, out: Path) -> None:
    """Write page, pictures and figures.

    Raises:
        DiskFullError, NotWritableError: the place refuses.
    """
    names = Names.of(dataset)
    pictures: dict[str, list[tuple[str, bytes]]] = {}
    for place, run in enumerate(found.runs):
        drawn = [(title, encode_image(pixels, "png")) for title, pixels in _pictures(found, place, names, dataset)]
        pictures[run.name] = drawn
        for title, data in drawn:
            write_bytes(out / f"{title}-{_file_name(run.name)}.png", data)
    write_rows(out / PREDICTIONS, list(_predictions(found)), _predictions_schema(found.rows.attributes))
    write_text(out / FIGURES, json.dumps(to_json(found, question), indent=2, ensure_ascii=False, allow_nan=False) + "\n")
    write_text(out / PAGE, page_of(found, question, names, pictures))


def to_json(found: Evaluation, question: Question) -> dict[str, Any]:
    """All figures, for scripts; null where the rows do not say."""
    attributes = found.rows.attributes
    return {
        "ppad": __version__,
        "dataset": {"name": found.dataset, "digest": found.digest, "rows": len(found.rows), "left_out": found.rows.left_out},
        "notice": found.notice,
        "settings": {"splits": list(question.splits), "draws": question.draws, "seed": question.seed, "level": 0.95},
        "runs": [
            {"name": run.name, "model": run.manifest.model, "weights_sha256": run.digest(), "card": run.card()}
            for run in found.runs
        ],
        "leaks": [asdict(leak) | {"ids": list(leak.ids)} for leak in found.leaks],
        "remarks": list(found.remarks),
        "failed": [asdict(failure) for failure in found.failed],
        "attributes": list(attributes),
        "metrics": {metric.name: _metric(metric) for metric in METRICS},
        "tables": [_table(table, attributes) for table in found.tables],
        "ceilings": {
            source: {name: _ceiling(ceiling) for name, ceiling in ceilings.items()} for source, ceilings in found.ceilings.items()
        },
    }


def page_of(found: Evaluation, question: Question, names: Names, pictures: Mapping[str, Sequence[tuple[str, bytes]]]) -> str:
    """The page; every text in it is escaped, every picture a part of it."""
    environment = Environment(
        loader=PackageLoader("ppad_model.evaluation"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals |= {
        "figure": figure,
        "interval": interval,
        "p_value": p_value,
        "UNSAID": UNSAID,
        "SIGNIFICANT": SIGNIFICANT,
    }
    html = environment.get_template("report.html").render(
        title=f"{', '.join(run.name for run in found.runs)} on {found.dataset}",
        found=found,
        question=question,
        counts=[count(len(found.rows), "process", "processes"), count(len(set(found.rows.clusters)), "component")],
        names=names,
        metrics=METRICS,
        sections=[_section(found, table) for table in found.tables],
        pictures={run: [(title, _embedded(data)) for title, data in drawn] for run, drawn in pictures.items()},
        version=__version__,
    )
    return html.encode("utf-8", "replace").decode()


def ceiling_row(metric: Metric, ceilings: Mapping[str, Ceiling]) -> list[str]:
    """The raters' ceiling in a metric, one figure an attribute; empty for a metric that it does not bound."""
    if metric.name == "pcc":
        return [figure(ceiling.pcc.value) for ceiling in ceilings.values()]
    return [figure(ceiling.mse) for ceiling in ceilings.values()] if metric.name == "mse" else []


def _section(found: Evaluation, table: Table) -> dict[str, Any]:
    ceilings = found.ceilings[table.source]
    pairs: dict[tuple[str, str], dict[str, Difference]] = {}
    for difference in table.differences:
        pairs.setdefault((difference.first, difference.second), {})[difference.metric] = difference
    return {
        "table": table,
        "ceilings": ceilings,
        "rows": {metric.name: ceiling_row(metric, ceilings) if table.target == "rated" else [] for metric in METRICS},
        "pairs": pairs,
    }


def _predictions(found: Evaluation) -> Iterator[dict[str, Any]]:
    """One row a run and process: what was predicted, and what was rated."""
    rows = found.rows
    for run, said in zip(found.runs, found.said, strict=True):
        for place, process_id in enumerate(rows.ids):
            facts = {"run": run.name, "process_id": process_id, "origin": rows.origins[place], "held_out": rows.held[place]}
            scores = zip(rows.attributes, said[place], rows.rated[place], strict=True)
            yield facts | {
                column: plain(value) for name, one, other in scores for column, value in ((name, one), (f"{name}_rated", other))
            }


def _predictions_schema(attributes: Sequence[str]) -> pa.Schema:
    facts = [(name, pa.string()) for name in ("run", "process_id", "origin", "held_out")]
    return pa.schema(facts + [(column, pa.float64()) for name in attributes for column in (name, f"{name}_rated")])


def _pictures(found: Evaluation, place: int, names: Names, dataset: Dataset) -> Iterator[tuple[str, Pixels]]:
    run, said = found.runs[place], found.said[place]
    config = run.config()
    panels = Panels(run.name, names.full, found.rows, said, config.score_low, config.score_high, found.notice)
    yield "scatter", panels.scatter()
    yield "calibration", panels.calibration()
    best, worst = choose_examples(found.rows, said)
    if best:
        scale = (config.score_low, config.score_high)
        yield "examples", example_sheet(run.name, names.short, best, worst, dataset, scale, found.notice)


def _metric(metric: Metric) -> dict[str, Any]:
    high = plain(metric.high)
    return {
        "title": metric.title,
        "meaning": metric.meaning,
        "range": [metric.low, high],
        "higher_is_better": metric.higher_is_better,
    }


def _table(table: Table, attributes: Sequence[str]) -> dict[str, Any]:
    columns = (*attributes, MEAN)
    return {
        "source": table.source,
        "is_held_out": table.is_held_out,
        "target": table.target,
        "rows": table.rows,
        "components": table.clusters,
        "lines": [_line(line, columns) for line in table.lines],
        "differences": [_difference(difference, columns) for difference in table.differences],
    }


def _line(line: Line, columns: Sequence[str]) -> dict[str, Any]:
    figures = {
        metric: {name: plain_estimate(one) for name, one in zip(columns, estimates, strict=True)}
        for metric, estimates in line.figures.items()
    }
    return {"name": line.name, "kind": line.kind, "figures": figures}


def _difference(difference: Difference, columns: Sequence[str]) -> dict[str, Any]:
    holm = (*difference.holm, float("nan"))
    return {
        "first": difference.first,
        "second": difference.second,
        "metric": difference.metric,
        "figures": {
            name: None if (estimate := plain_estimate(one)) is None else estimate | {"p": plain(p), "p_holm": plain(adjusted)}
            for name, one, p, adjusted in zip(columns, difference.estimates, difference.p, holm, strict=True)
        },
    }


def _ceiling(ceiling: Ceiling) -> dict[str, Any]:
    return {
        "label_sd": plain(ceiling.spread),
        "reliability": plain_estimate(ceiling.reliability),
        "pcc": plain_estimate(ceiling.pcc),
        "mse": plain(ceiling.mse),
        "raters": plain(ceiling.raters),
    }


def _embedded(png: bytes) -> str:
    return f"data:image/png;base64,{base64.b64encode(png).decode()}"


def _file_name(name: str) -> str:
    return re.sub(r"[^\w.-]+", "-", name)
