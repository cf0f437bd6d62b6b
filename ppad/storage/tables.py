"""Tables that people bring: CSV with a header, parted by commas, semicolons or tabs."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

DELIMITERS = ",;\t"


def read_table(file: Path, encoding: str = "utf-8") -> tuple[list[str], list[dict[str, Any]]]:
    """Header and rows of a table, cells as text.

    A row that is too short lacks its last cells (None); what a row has beyond the header stands under the key None.

    Raises:
        ValueError: it is no table, or no text in that encoding; the message goes on from the name of the file.
        LookupError: there is no such encoding.
    """
    is_utf8 = encoding.casefold() in ("utf-8", "utf8")
    try:
        text = file.read_text("utf-8-sig" if is_utf8 else encoding)
    except UnicodeError as error:
        raise ValueError(f"is not {encoding.upper()} text") from error
    header = text.splitlines()[0] if text.strip() else ""
    reader = csv.DictReader(io.StringIO(text), delimiter=max(DELIMITERS, key=header.count), strict=True)
    try:
        return list(reader.fieldnames or []), list(reader)
    except csv.Error as error:
        raise ValueError(f"is not CSV: {error} (line {reader.line_num})") from error
