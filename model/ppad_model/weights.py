"""Pretrained weights on this machine. Nothing is downloaded: what is not here is done without, and that is said."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ppad_model.packages import huggingface_hub, transformers

_FILES = ("model.safetensors", "pytorch_model.bin")


def local_folder(name: str) -> Path | None:
    """The folder of a model that is on this machine; None where it is not.

    Args:
        name: a folder, or a hub id that was downloaded before.
    """
    if Path(name).is_dir():
        return Path(name) if any((Path(name) / file).is_file() for file in _FILES) else None
    for file in _FILES:
        try:
            found = huggingface_hub.try_to_load_from_cache(name, file)
        except huggingface_hub.errors.HFValidationError:
            return None
        if isinstance(found, str):
            return Path(found).parent
    return None


@contextmanager
def quiet_loading() -> Iterator[None]:
    """Transformers shows no bar and no list of keys while it loads."""
    logging = transformers.utils.logging
    level = logging.get_verbosity()
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        logging.set_verbosity(level)
        logging.enable_progress_bar()
