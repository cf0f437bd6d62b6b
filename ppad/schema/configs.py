"""What every stage's settings have in common: frozen, no unknown keys, read from YAML and flags, hashed as JSON."""

from __future__ import annotations

import difflib
import reprlib
from pathlib import Path
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, ValidationError

from ppad.errors import ConfigError, NotFoundError
from ppad.schema.texts import yaml_value
from ppad.schema.versions import canonical_json, config_hash


class StageConfig(BaseModel):
    """Base of a stage's settings. What a run merely needs (workers, folders) is no setting: it changes no byte of the result."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    @classmethod
    def load(cls, file: Path | None = None, **flags: Any) -> Self:
        """Settings from a YAML file, overridden by the flags that are not None.

        Raises:
            NotFoundError: the file does not exist.
            ConfigError: a key is unknown or a value is out of range; all problems in one sentence.
        """
        values: dict[str, Any] = {}
        if file is not None:
            values.update(read_yaml(file))
        values.update({name: value for name, value in flags.items() if value is not None})
        try:
            return cls.model_validate(values)
        except ValidationError as error:
            sentence = validation_sentence(error, known=tuple(cls.model_fields))
            raise ConfigError(sentence, "See the command's --help for the settings and their ranges.") from error

    def to_json(self) -> str:
        """The settings as canonical JSON."""
        return canonical_json(self.model_dump(mode="json"))

    def hash(self) -> str:
        """12 hexadecimal digits that stand for these settings."""
        return config_hash(self.to_json())


_INPUT = reprlib.Repr()
_INPUT.maxlevel, _INPUT.maxstring, _INPUT.maxlong, _INPUT.maxother = 2, 200, 200, 200
"""Shows what was given; a few lines of YAML can stand for a billion values."""


def validation_sentence(error: ValidationError, known: tuple[str, ...] = ()) -> str:
    """Every problem that pydantic found, as one readable sentence."""
    sentence = "; ".join(_one_problem(dict(problem), known) for problem in error.errors())
    return sentence if sentence.endswith("?") else f"{sentence}."


def _one_problem(problem: dict[str, Any], known: tuple[str, ...]) -> str:
    name = ".".join(str(part) for part in problem["loc"])
    if problem["type"] == "extra_forbidden":
        close = difflib.get_close_matches(name, known, n=1) if len(problem["loc"]) == 1 else []  # `known` are the outermost
        return f"Unknown key '{name}'" + (f", did you mean '{close[0]}'?" if close else "")
    if problem["type"] == "missing":
        return f"'{name}' is missing"
    text = str(problem["msg"]).removeprefix("Value error, ")
    text = text[:1].lower() + text[1:]
    return f"'{name}': {text}, not {_INPUT.repr(problem['input'])}" if name else text


def read_yaml(file: Path) -> dict[str, Any]:
    """The settings of a YAML file, one `key: value` a line.

    Raises:
        NotFoundError: the file does not exist.
        ConfigError: it is something else.
    """
    if not file.is_file():
        raise NotFoundError(f"There is no settings file {file}.", "Check the path given to --config.")
    try:
        values = yaml_value(file.read_text("utf-8")) or {}
    except ValueError as error:
        raise ConfigError(f"{file} is not YAML: {error}", "Correct the file.") from error
    if not isinstance(values, dict):
        raise ConfigError(f"{file} must hold one 'key: value' a line.", "Correct the file.")
    return values
