"""Items on which raters differ most: where to look first."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

MOST = 20
Json = dict[str, Any]


def disputed_items(rows: Iterable[Json], attributes: Sequence[str]) -> list[Json]:
    """The items whose scores lie farthest apart in some attribute, the widest first.

    Args:
        rows: ratings that stand, as they are exported.

    Returns:
        `process_id`, `spread` (the widest range of scores over the attributes, points) and `ratings`.
    """
    by_process: dict[str, list[Json]] = defaultdict(list)
    for row in rows:
        by_process[row["process_id"]].append(row)
    found = [item_with(name, rated, attributes) for name, rated in by_process.items() if len(rated) > 1]
    return sorted(found, key=lambda item: (-item["spread"], item["process_id"]))[:MOST]


def item_with(process_id: str, ratings: list[Json], attributes: Sequence[str]) -> Json:
    """An item with its ratings and how far they lie apart."""
    known = [[row[name] for row in ratings if row[name] is not None] for name in attributes]
    spread = max((max(scores) - min(scores) for scores in known if scores), default=0)
    return {"process_id": process_id, "spread": spread, "ratings": ratings}
