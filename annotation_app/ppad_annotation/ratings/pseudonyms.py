"""Names of raters become pseudonyms; what ties the two lies in a key file, which is kept apart from the ratings."""

from __future__ import annotations

import hashlib
import hmac
import json
import random
import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ppad.errors import ConfigError
from ppad.schema import json_value
from ppad.storage import write_text
from ppad_annotation.ratings.choices import Method

_DIGITS = 10
_VERSION = 1


@dataclass(slots=True)
class Pseudonyms:
    """How raters are called.

    Attributes:
        method: `hash`: the first 10 hexadecimal digits of HMAC-SHA256 of the name under a secret key, so that nothing needs
            to be remembered of a name; `numbers`: `rater-01`, `rater-02`, … in an order that chance decides, which the key file
            remembers; `none`: the names are pseudonyms already.
        secret: key of the hash, or seed of the order; hexadecimal.
        names: names that have a number, in the order of their numbers.
    """

    method: Method
    secret: str = ""
    names: list[str] = field(default_factory=list)

    def learn(self, names: Iterable[str]) -> None:
        """Give numbers to names that have none yet: shuffled, so that a number says nothing of a place in a list."""
        if self.method == "numbers":
            new = sorted(set(names) - set(self.names))
            random.Random(f"{self.secret}/{len(self.names)}").shuffle(new)
            self.names += new

    def of(self, name: str) -> str:
        """The pseudonym of a name; with `numbers`, of one that was learnt."""
        if self.method == "none":
            return name
        if self.method == "numbers":
            return f"rater-{self.names.index(name) + 1:02}"
        digest = hmac.new(bytes.fromhex(self.secret), name.strip().casefold().encode(), hashlib.sha256).hexdigest()
        return f"rater-{digest[:_DIGITS]}"

    def save(self, key_file: Path) -> None:
        """Write the key file, readable by its owner alone.

        Raises:
            DiskFullError, NotWritableError: the place refuses.
        """
        text = json.dumps({"version": _VERSION, "method": self.method, "secret": self.secret, "names": self.names}, indent=2)
        if not key_file.exists():
            key_file.parent.mkdir(parents=True, exist_ok=True)
            key_file.touch(mode=0o600)
        write_text(key_file, text + "\n")
        key_file.chmod(0o600)


def load_pseudonyms(method: Method, key_file: Path | None, out: Path) -> Pseudonyms:
    """The pseudonyms of a key file; new ones where there is none yet.

    Args:
        method: wanted; that of the key file goes before it.
        key_file: where the key is, or is to be.
        out: where the ratings go.

    Raises:
        ConfigError: a key file is needed, lies beside the ratings, is damaged, or is for another method.
    """
    if method == "none":
        return Pseudonyms("none")
    if key_file is None:
        raise ConfigError(
            "Names of raters become pseudonyms, which needs a key file.",
            "Give --key FILE, kept apart from the ratings, or --pseudonyms none where the names are pseudonyms already.",
        )
    if key_file.resolve().parent == out.resolve().parent:
        raise ConfigError(f"The key file would lie beside the ratings in {out.parent}.", "Keep it in another folder.")
    if not key_file.exists():
        return Pseudonyms(method, secrets.token_hex(32))
    try:
        found: dict[str, Any] = json_value(key_file.read_text("utf-8"))
        known = Pseudonyms(found["method"], str(found["secret"]), [str(name) for name in found["names"]])
        bytes.fromhex(known.secret)
    except (ValueError, KeyError, TypeError) as error:
        raise ConfigError(f"{key_file.name} is no key file of ppad.", "Name another --key.") from error
    if known.method != method:
        raise ConfigError(f"The key file is for --pseudonyms {known.method}.", f"Use that, or another key file than {key_file}.")
    return known
