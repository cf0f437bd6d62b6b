"""What a run leaves in a collection besides processes: the account of what failed, and the summary."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict

from ppad.errors import StorageError
from ppad.stages.runner import Report
from ppad.storage import Collection
from ppad.storage.atomic import remove_leftovers


def keep_account(collection: Collection, report: Report, also_tried: Iterable[str] = ()) -> None:
    """Bring `failures.jsonl` and `collection.json` up to date: what was tried anew takes the place of what was known.

    Call it while the collection is held for writing.

    Args:
        also_tried: labels of inputs that the report does not name, because they were done in batches.
    """
    tried = set(also_tried) | {job.label for job, _ in report.done} | {item.label for item in report.skipped}
    tried |= {failure.input for failure in report.failed}
    earlier = [failure for failure in collection.failures() if failure["input"] not in tried]
    try:
        for folder in (collection.root, collection.processes, collection.work):
            remove_leftovers(folder)  # of workers that died, or whose node was lost
        collection.write_failures([*earlier, *(asdict(failure) for failure in report.failed)])
        collection.write_summary()
    except StorageError as error:
        report.fatal = report.fatal or error
