"""Pretrained weights on this machine. Nothing is downloaded: what is not here is done without, and that is said."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ppad.errors import WeightsError
from ppad_model.packages import SafetensorError, Tensor, huggingface_hub, transformers

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


def load_published(network: Any, kind: Any, name: str, *, required: bool, **options: Any) -> bool:
    """Copy the weights of a published network of transformers into one of its architecture, or into one that is its beginning.

    Args:
        network: what receives them.
        kind: class of the published network.
        name: a folder, or a hub id that was downloaded before.
        required: whether to insist.
        options: of `from_pretrained`.

    Returns:
        whether they are here.

    Raises:
        WeightsError: they are required and not here, or are damaged or of another shape.
    """
    folder = local_folder(name)
    if folder is None:
        if required:
            raise WeightsError(f"{name} is not on this machine.", f"Download it where there is a network: hf download {name}")
        return False
    try:
        with quiet_loading():
            published = kind.from_pretrained(folder, local_files_only=True, **options)
    except (OSError, ValueError, RuntimeError, SafetensorError) as error:
        raise WeightsError(f"The weights in {folder} cannot be loaded: {error}", "Download them again.") from error
    take_over(network, published.state_dict(), name)
    return True


def take_over(network: Any, state: Mapping[str, Tensor], name: str) -> None:
    """Copy what a network needs from a state that may hold more.

    Raises:
        WeightsError: something is missing or of another shape.
    """
    try:
        network.load_state_dict({key: state[key] for key in network.state_dict()})
    except (KeyError, RuntimeError) as error:
        raise WeightsError(
            f"{name} does not fit this network: {error}", "Use weights: random, or the published shape."
        ) from error


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
