"""A run's folder: which file holds what, one writer at a time."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ppad.errors import NotWritableError
from ppad.storage import storage_errors
from ppad.storage.atomic import TEMP_PREFIX, make_folder, remove_leftovers
from ppad.storage.locking import alone
from ppad.storage.mirror import Mirror
from ppad.storage.remote import RemotePath, place
from ppad_model.packages import safetensors
from ppad_model.runs import BEST, RUN_FILE, WEIGHTS_FILE
from ppad_model.trainable import Trainable
from ppad_model.training.checkpoint import Checkpoint, Position
from ppad_model.training.journal import Journal

CHECKPOINT_FILE, LOCK_FILE = "last.pt", ".lock"
BASE_FOLDER = "base"
"""Where a training lays the frozen weights that it made itself."""


class RunFolder:
    """Where a training writes.

    A folder in a store is worked on in a local copy, which is brought here at the beginning, and sent at every checkpoint.

    Args:
        root: the folder.
    """

    def __init__(self, root: Path) -> None:
        root = place(root)
        self._mirror = Mirror(root) if isinstance(root, RemotePath) else None
        self.root = root if self._mirror is None else self._mirror.local

    @property
    def manifest(self) -> Path:
        """What the run is: `run.json`."""
        return self.root / RUN_FILE

    @property
    def best(self) -> Path:
        """The folder of the best weights."""
        return self.root / BEST

    @property
    def checkpoint(self) -> Path:
        """Where the training is, with all that it needs to go on."""
        return self.root / CHECKPOINT_FILE

    @contextlib.contextmanager
    def writing(self) -> Iterator[None]:
        """Be the one that writes.

        Raises:
            LockedError: another training writes here.
            NotWritableError: the folder holds something else, or cannot be written.
        """
        with contextlib.ExitStack() as held:
            if self._mirror is not None:
                held.enter_context(self._alone(self._mirror.remote))
                _refuse_foreign(self._mirror.remote)
                self._mirror.pull()
            _refuse_foreign(self.root)
            make_folder(self.root)
            with storage_errors(self.root):
                held.enter_context(self._alone(self.root))
            for folder in (self.root, self.best):
                remove_leftovers(folder)
            yield
            self.send()

    def bring(self) -> None:
        """On a rank that does not write: see what the one that writes found in the store."""
        if self._mirror is not None:
            self._mirror.pull()

    def send(self) -> None:
        """Bring the folder in the store up to date: first what marks it as a run, last the checkpoint, which needs the rest."""
        if self._mirror is not None:
            self._mirror.push(first=RUN_FILE, last=CHECKPOINT_FILE)

    def write_checkpoint(self, checkpoint: Checkpoint) -> None:
        """Keep where the training is.

        Raises:
            DiskFullError, NotWritableError, NetworkError: the place refuses.
        """
        checkpoint.write(self.checkpoint)
        self.send()

    @staticmethod
    def _alone(root: Path) -> contextlib.AbstractContextManager[None]:
        return alone(root / LOCK_FILE, f"Another training writes to {root}.", "Wait for it, or choose another --out.")

    @contextlib.contextmanager
    def journal(self, model: Trainable, at: Position, *, writes: bool) -> Iterator[Journal | None]:
        """The logs up to a position; None for a rank that does not write."""
        if not writes:
            yield None
            return
        with Journal(self.root, model.config.attributes, at.steps, at.validations, model.loss_terms) as journal:
            yield journal

    def write_best(self, model: Trainable) -> None:
        """Keep these weights: settings once, then the weights, each file whole at any moment.

        Raises:
            DiskFullError, NotWritableError: the place refuses.
        """
        model.save_pretrained(self.best)

    def best_state(self) -> dict[str, Any]:
        """The best weights."""
        state: dict[str, Any] = safetensors.load_file(self.best / WEIGHTS_FILE)
        return state

    def last(self) -> Checkpoint | None:
        """Where an earlier run of the same training was; None for a new one.

        Raises:
            ContractError: it cannot be read.
        """
        return Checkpoint.read(self.checkpoint) if self.checkpoint.is_file() else None


def _refuse_foreign(root: Path) -> None:
    if not root.is_dir() or (root / RUN_FILE).is_file():
        return
    # A run that was killed before its first file was whole has left its lock, its base, and a temporary file.
    if any(path.name != BASE_FOLDER and not path.name.startswith((LOCK_FILE, TEMP_PREFIX)) for path in root.iterdir()):
        raise NotWritableError(f"{root} holds something else than a training.", "Choose another --out: a new folder.")
