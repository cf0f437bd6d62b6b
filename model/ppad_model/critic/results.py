"""Where critiques are kept: a line of JSON each, or a Parquet table; what is there already is not written again."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa

from ppad.critique import render
from ppad.errors import ConfigError
from ppad.rubric import Rubric
from ppad.schema import json_value
from ppad.storage import open_parquet, storage_errors, write_rows, write_text
from ppad.storage.atomic import make_folder
from ppad_model.critic.predicting import Written

SUFFIXES = (".jsonl", ".parquet")


def result_row(label: str, written: Written, rubric: Rubric, critic: str) -> dict[str, Any]:
    """A critique as data.

    Args:
        label: what was judged, as it was named.
        critic: digest of the weights.
    """
    passages = written.critique.passages.items()
    return {
        "input": label,
        "frames": written.frames,
        "scores": {name: round(score, 3) for name, score in written.scores.items()},
        "critique": [{"attribute": name, "score": passage.score, "text": passage.text} for name, passage in passages],
        "remarks": written.critique.remarks,
        "pins": written.critique.pins(),
        "text": render(written.critique, rubric),
        "critic": critic,
    }


class Results:
    """A file of critiques that grows; a killed run leaves whole ones, and the next goes on.

    Args:
        out: the file; its suffix says the format.
        critic: digest of the weights.

    Raises:
        ConfigError: the suffix is another one, or the file holds critiques of another critic.
        DiskFullError, NotWritableError: the place refuses.
    """

    def __init__(self, out: Path, rubric: Rubric, critic: str) -> None:
        if out.suffix not in SUFFIXES:
            raise ConfigError(f"--out {out} has the suffix {out.suffix!r}.", f"End it in {' or '.join(SUFFIXES)}.")
        self._out, self._rubric, self._critic = out, rubric, critic
        self._lines = out if out.suffix == ".jsonl" else out.with_name(f".{out.name}.jsonl")
        make_folder(out.parent)
        rows = [*self._finished(), *_whole_lines(self._lines)]
        others = {row["critic"] for row in rows} - {critic}
        if others:
            raise ConfigError(f"{out} holds critiques of another critic.", "Choose another --out.")
        self.rows = {row["input"]: row for row in rows}
        write_text(self._lines, "".join(map(_line, self.rows.values())))

    def add(self, rows: Sequence[Mapping[str, Any]]) -> None:
        """Keep further critiques; they are on the disk afterwards.

        Raises:
            DiskFullError, NotWritableError: the place refuses.
        """
        with storage_errors(self._lines), self._lines.open("a", encoding="utf-8") as file:
            file.writelines(map(_line, rows))
            file.flush()
            os.fsync(file.fileno())
        self.rows |= {row["input"]: dict(row) for row in rows}

    def finish(self) -> None:
        """Bring the file into its final form.

        Raises:
            DiskFullError, NotWritableError: the place refuses.
        """
        if self._lines != self._out:
            flat = [row | row["scores"] for row in self.rows.values()]
            write_rows(self._out, flat, _schema(self._rubric))
            self._lines.unlink()

    def _finished(self) -> list[dict[str, Any]]:
        """The rows of an earlier table."""
        if self._lines == self._out or not self._out.is_file():
            return []
        with open_parquet(self._out) as file:
            rows: list[dict[str, Any]] = file.read().to_pylist()
        names = self._rubric.attribute_ids
        if any(name not in row for row in rows[:1] for name in (*names, "critic")):
            raise ConfigError(f"{self._out} holds something else than critiques of this rubric.", "Choose another --out.")
        for row in rows:
            row["scores"] = {name: row.pop(name) for name in names}
        return rows


def _line(row: Mapping[str, Any]) -> str:
    return json.dumps(row, ensure_ascii=False) + "\n"


def _whole_lines(file: Path) -> list[dict[str, Any]]:
    """The critiques of a file; a line that a kill cut off is left out."""
    if not file.is_file():
        return []
    try:
        rows = [json_value(line) for line in file.read_text("utf-8", errors="replace").split("\n")[:-1]]
        return [row for row in rows if row["critic"] and row["input"]]
    except (ValueError, KeyError, TypeError) as error:
        raise ConfigError(f"{file} holds something else than critiques.", "Choose another --out.") from error


def _schema(rubric: Rubric) -> pa.Schema:
    text, box = pa.string(), pa.list_(pa.float64())
    passage = pa.struct([("attribute", text), ("score", pa.float64()), ("text", text)])
    pin = pa.struct([("attribute", text), ("frame", pa.int64()), ("box", box)])
    scores = [(name, pa.float64()) for name in rubric.attribute_ids]
    critique = [("critique", pa.list_(passage)), ("remarks", text), ("pins", pa.list_(pin)), ("text", text), ("critic", text)]
    return pa.schema([("input", text), ("frames", pa.int64()), *scores, *critique])
