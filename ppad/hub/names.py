"""Words that must not be published: names of people, addresses, paths of machines, secrets."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from ppad.errors import ConfigError, NotFoundError

_PATTERNS = {
    "an e-mail address": re.compile(r"(?<![\w.+-])[\w.+-]+@[\w-]+(?:\.[\w-]+)*\.[A-Za-z]{2,}\b"),
    "a path of a machine": re.compile(
        r"(?<![\w.:/-])(?:file://)?/(?:home|Users|root|mnt|media|Volumes|work|tmp|scratch|data/home)/[\w.@-]*[\w@-]"
        r"|\b[A-Za-z]:\\+Users\\+[\w.-]+|(?<!\w)\\\\[\w.-]+\\[\w.$-]+"
    ),
    "a secret": re.compile(r"\bhf_[A-Za-z0-9]{20,}\b|\bAKIA[0-9A-Z]{16}\b|-----BEGIN [A-Z ]*PRIVATE KEY-----"),
}
_PSEUDONYM = re.compile(r"[^\s@]*\d[^\s@]*|rater-[a-z2-7]{8}")
_NO_WORD = re.compile(r"[\W_]+")


@dataclass(frozen=True)
class Forbidden:
    """What is looked for.

    Attributes:
        names: of artists, raters and others, as people write them.
        allowed: texts that may stand all the same.
    """

    names: Sequence[str] = ()
    allowed: Sequence[str] = field(default=())

    def found_in(self, text: str) -> Iterator[tuple[str, str]]:
        """What a text holds: the kind, and the words themselves."""
        for kind, pattern in _PATTERNS.items():
            for match in pattern.finditer(text):
                if not self._is_allowed(match[0]):
                    yield kind, match[0]
        words = _plain(text)
        for name, plain in self._plain_names:
            if plain in words and not self._is_allowed(name):
                yield "a name", name

    def names_a_person(self, pseudonym: str) -> bool:
        """Whether a pseudonym looks like a name: one has a digit and no space or @, or the form that campaigns give."""
        return not _PSEUDONYM.fullmatch(pseudonym) and not self._is_allowed(pseudonym)

    def _is_allowed(self, words: str) -> bool:
        return any(words.casefold() == allowed.casefold() for allowed in self.allowed)

    @cached_property
    def _plain_names(self) -> list[tuple[str, str]]:
        """Each name, and its words reversed. One in an alphabet stands as whole words; Chinese has no spaces to go by."""
        found = []
        for name in self.names:
            words = _plain(name).split()
            for joined in dict.fromkeys((" ".join(words), " ".join(words[::-1]))):
                found.append((name, f" {joined} " if joined.isascii() else joined))
        return found


def read_names(file: Path) -> list[str]:
    """Names that must not be published, one a line; empty lines and those that begin with `#` are passed by.

    Raises:
        NotFoundError: there is no such file.
        ConfigError: it is not UTF-8 text: names would be overlooked.
    """
    if not file.is_file():
        raise NotFoundError(f"There is no file {file}.", "Check the path given to --names.")
    try:
        lines = [line.strip() for line in file.read_text("utf-8-sig").splitlines()]
    except UnicodeDecodeError as error:
        raise ConfigError(f"{file.name} is not UTF-8 text.", "Save it as UTF-8.") from error
    return [line for line in lines if _plain(line).strip() and not line.startswith("#")]


def shown(words: Iterable[str], most: int = 3) -> str:
    """Some of the words, for a sentence."""
    distinct = list(dict.fromkeys(words))
    return ", ".join(repr(one) for one in distinct[:most]) + (f" and {len(distinct) - most} more" if len(distinct) > most else "")


def _plain(text: str) -> str:
    return f" {_NO_WORD.sub(' ', text.casefold()).strip()} "
