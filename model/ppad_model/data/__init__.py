"""From a dataset's folder to batches of tensors: which rows, which frames, at which size, in which order."""

from ppad_model.data.batches import Batch, collate
from ppad_model.data.examples import Example, ReadExample
from ppad_model.data.rows import Rows, hold_out, open_rows
from ppad_model.data.sources import MemorySource, Share, Source, StreamSource, batches_in_order, open_source, parts_in_order

__all__ = [
    "Batch",
    "Example",
    "MemorySource",
    "ReadExample",
    "Rows",
    "Share",
    "Source",
    "StreamSource",
    "batches_in_order",
    "collate",
    "hold_out",
    "open_rows",
    "open_source",
    "parts_in_order",
]
