"""What an evaluation of critics leaves: a page that opens without a server, its pictures, and the figures for scripts."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined

from ppad import __version__
from ppad.agreement.estimates import Estimate
from ppad.critique import Critique, labels
from ppad.media.images import Pixels, decode_image, encode_image
from ppad.storage import write_bytes, write_text
from ppad_model.critic.evaluation.evaluating import SCORES, Evaluation
from ppad_model.critic.evaluation.plots import nearness_plot
from ppad_model.critic.evaluation.texts import NEARNESS, Texts
from ppad_model.evaluation.evaluating import Question
from ppad_model.evaluation.examples import choose_examples
from ppad_model.evaluation.metrics import Metric
from ppad_model.evaluation.plots import Panels
from ppad_model.evaluation.tables import Difference, Line, Table
from ppad_model.evaluation.words import UNSAID, figure, interval, p_value, plain, plain_estimate

PAGE, FIGURES, SAID = "index.html", "evaluation.json", "critiques.jsonl"
EACH = 3
"""Examples of the best-scored works, and of the worst-scored."""
_PICTURE = 360


def write_report(found: Evaluation, question: Question, out: Path) -> None:
    """Write page, pictures, figures, and what was said of each work.

    Raises:
        DiskFullError, NotWritableError: the place refuses.
    """
    pictures = {title: encode_image(pixels, "png") for title, pixels in _pictures(found)}
    for title, data in pictures.items():
        write_bytes(out / f"{_file_name(title)}.png", data)
    write_text(out / SAID, "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in _said(found)))
    write_text(out / FIGURES, json.dumps(to_json(found, question), indent=2, ensure_ascii=False, allow_nan=False) + "\n")
    write_text(out / PAGE, page_of(found, question, pictures))


def to_json(found: Evaluation, question: Question) -> dict[str, Any]:
    """All figures, for scripts; null where the rows do not say. Errors are in percent of the scale."""
    prepared = found.prepared
    names = found.rows.attributes
    return {
        "ppad": __version__,
        "dataset": {"name": prepared.dataset.root.resolve().name, "digest": prepared.digest, "rows": len(found.rows)},
        "notice": notice(found),
        "settings": {
            "splits": list(question.splits),
            "draws": question.draws,
            "seed": question.seed,
            "encoder": found.encoder or None,
        },
        "runs": [
            {"name": run.run.name, "weights_sha256": run.run.digest(), "base": run.config.base.name} for run in prepared.runs
        ],
        "leaks": [asdict(leak) | {"ids": list(leak.ids)} for leak in prepared.leaks],
        "remarks": list(found.remarks),
        "failed": [asdict(failure) for failure in found.failed],
        "scales": {name: list(scale) for name, scale in prepared.rubric.scales.items()},
        "tables": [_table(table, (*names, "mean")) for table in found.tables],
        "ceilings": {
            source: {name: plain_estimate(ceiling.pcc) for name, ceiling in ceilings.items()}
            for source, ceilings in found.ceilings.items()
        },
        "within": {
            "group": found.group or None,
            "runs": {
                one.name: {"pcc": _by_name(names, one.pearson), "srcc": _by_name(names, one.spearman)} for one in found.within
            },
        },
        "texts": {texts.name: _texts(texts, (*names, "mean")) for texts in found.texts},
        "generic": found.generic,
        "pairs": [
            {"first": pair[0], "second": pair[1], "nearness": _tested(estimate, p)} for pair, (estimate, p) in found.pairs.items()
        ],
    }


def page_of(found: Evaluation, question: Question, pictures: dict[str, bytes]) -> str:
    """The page; every text in it is escaped, every picture a part of it."""
    environment = Environment(
        loader=ChoiceLoader([PackageLoader("ppad_model.critic.evaluation"), PackageLoader("ppad_model.evaluation")]),
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    environment.globals |= {"figure": figure, "interval": interval, "p_value": p_value, "UNSAID": UNSAID, "NEARNESS": NEARNESS}
    runs = [run.run.name for run in found.prepared.runs]
    html = environment.get_template("critic.html").render(
        title=f"{', '.join(runs)} on {found.prepared.dataset.root.resolve().name}",
        found=found,
        question=question,
        notice=notice(found),
        names=list(labels(found.prepared.rubric).values()),
        metrics=SCORES,
        units=units(found),
        in_points=in_points,
        ceiling_row=ceiling_row,
        pictures={title: _embedded("png", data) for title, data in pictures.items()},
        examples=list(_examples(found)),
        version=__version__,
    )
    return html.encode("utf-8", "replace").decode()


def notice(found: Evaluation) -> str:
    """What the dataset insists on being said; empty for nothing."""
    return found.prepared.dataset.metadata.get("notice", "")


def units(found: Evaluation) -> list[float]:
    """Points of each attribute's scale in one percent of it, and last 1, for the mean over attributes."""
    return [*((high - low) / 100 for low, high in found.prepared.rubric.scales.values()), 1.0]


def in_points(metric: Metric, estimate: Estimate, unit: float) -> Estimate:
    """An error in points of its own scale; any other figure as it is."""
    return Estimate(estimate.value * unit, estimate.low * unit, estimate.high * unit) if metric.name == "mae" else estimate


def ceiling_row(found: Evaluation, table: Table, metric: Metric) -> list[str]:
    """The raters' ceiling in a metric, one figure an attribute; empty where it bounds nothing."""
    if metric.name != "pcc" or table.target != "rated":
        return []
    return [figure(ceiling.pcc.value) for ceiling in found.ceilings[table.source].values()]


def _pictures(found: Evaluation) -> Iterator[tuple[str, Pixels]]:
    names = list(labels(found.prepared.rubric).values())
    for name, scores in found.scores.items():
        panels = Panels(f"{name}, percent of the scale", names, found.rows, scores, 0, 100, notice(found))
        yield f"scatter of {name}", panels.scatter()
        yield f"calibration of {name}", panels.calibration()
    if any(texts.nearness for texts in found.texts):
        yield "nearness", nearness_plot(found.texts, notice(found))


def _examples(found: Evaluation) -> Iterator[dict[str, Any]]:
    """Works that the first run scored nearest to the raters, and farthest from them, with what was written of them."""
    name = found.prepared.runs[0].run.name
    best, worst = choose_examples(found.rows, found.scores[name], EACH)
    place = {process_id: number for number, process_id in enumerate(found.rows.ids)}
    for heading, chosen in (("Nearest to the raters", best), ("Farthest from the raters", worst)):
        for one in chosen:
            row = place[one.process_id]
            process = found.prepared.dataset.read(one.process_id).process
            picture = encode_image(decode_image(process.frames[-1].bytes, _PICTURE, one.process_id), quality=88)
            authors = [(f"rater {number}", critique) for number, critique in enumerate(found.told.measured[row], start=1)]
            authors += [(run, critiques[row]) for run, critiques in found.critiques.items()]
            yield {
                "heading": heading,
                "id": one.process_id,
                "error": one.error,
                "description": process.description or process.prompt or "",
                "picture": _embedded("jpeg", picture),
                "authors": [author for author, _ in authors],
                "lines": list(_lines(found, [critique for _, critique in authors])),
            }


def _lines(found: Evaluation, critiques: Sequence[Critique]) -> Iterator[tuple[str, list[tuple[str, str]]]]:
    """What each author says of each attribute, and what else."""
    for key, name in labels(found.prepared.rubric).items():
        passages = [critique.passages[key] for critique in critiques]
        yield name, [("" if one.score is None else f"{one.score:g}", one.text) for one in passages]
    if any(critique.remarks for critique in critiques):
        yield "Remarks", [("", critique.remarks) for critique in critiques]


def _said(found: Evaluation) -> Iterator[dict[str, Any]]:
    for run, critiques in found.critiques.items():
        for process_id, critique in zip(found.rows.ids, critiques, strict=True):
            yield {"run": run, "id": process_id, "scores": critique.scores, "text": critique.prose}


def _texts(texts: Texts, columns: Sequence[str]) -> dict[str, Any]:
    return {
        "critiques": texts.written,
        "empty": texts.empty,
        "nearness": {name: _tested(*found) for name, found in texts.nearness.items()},
        "agreement": None if texts.agreement is None else _by_name(columns, texts.agreement),
        "words": plain_estimate(texts.words),
        "repeated_4grams": plain_estimate(texts.repeated),
        **{f"distinct_{size}": plain(value) for size, value in texts.distinct.items()},
        "copied": plain(texts.copied),
    }


def _table(table: Table, columns: Sequence[str]) -> dict[str, Any]:
    return {
        "source": table.source,
        "target": table.target,
        "rows": table.rows,
        "components": table.clusters,
        "lines": [_line(line, columns) for line in table.lines],
        "differences": [_difference(difference, columns) for difference in table.differences],
    }


def _line(line: Line, columns: Sequence[str]) -> dict[str, Any]:
    return {"name": line.name, "kind": line.kind, **{name: _by_name(columns, found) for name, found in line.figures.items()}}


def _difference(difference: Difference, columns: Sequence[str]) -> dict[str, Any]:
    figures = {}
    for name, estimate, p, holm in zip(columns, difference.estimates, difference.p, (*difference.holm, np.nan), strict=True):
        tested = _tested(estimate, p)
        figures[name] = None if tested is None else {**tested, "p_holm": plain(holm)}
    return {"first": difference.first, "second": difference.second, "metric": difference.metric, "figures": figures}


def _by_name(names: Sequence[str], estimates: Sequence[Estimate]) -> dict[str, Any]:
    return {name: plain_estimate(one) for name, one in zip(names, estimates, strict=True)}


def _tested(estimate: Estimate, p: float) -> dict[str, Any] | None:
    found = plain_estimate(estimate)
    return None if found is None else {**found, "p": plain(p)}


def _embedded(kind: str, data: bytes) -> str:
    return f"data:image/{kind};base64,{base64.b64encode(data).decode()}"


def _file_name(name: str) -> str:
    return re.sub(r"[^\w.-]+", "-", name)
