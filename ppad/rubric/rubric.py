"""Reading and checking a rubric definition."""

from __future__ import annotations

import hashlib
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from ppad.errors import ConfigError, NotFoundError
from ppad.schema.configs import validation_sentence
from ppad.schema.dataset import dataset_columns
from ppad.schema.texts import yaml_value
from ppad.schema.versions import canonical_json

Identifier = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Scale(_Strict):
    """The whole numbers from `low` to `high`, both included; they fit an int8 column."""

    low: int = Field(ge=0, le=127)
    high: int = Field(ge=1, le=127)

    @model_validator(mode="after")
    def _rises(self) -> Self:
        if self.low >= self.high:
            raise ValueError(f"the scale must rise: low {self.low}, high {self.high}")
        return self


class Attribute(_Strict):
    """One thing that is rated: its id names the column, the rest is what a rater reads."""

    id: Identifier
    name: str
    short: str
    aspect: str
    level: Literal["low", "high"]
    question: str
    low: str
    high: str
    scale: Scale | None = None


class Rubric(_Strict):
    """A set of attributes rated together, under an id and a version."""

    id: Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]*$")]
    version: int = Field(ge=1)
    title: str
    subject: Literal["process", "artwork"]
    scale: Scale
    attributes: tuple[Attribute, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _distinct(self) -> Self:
        ids = [attribute.id for attribute in self.attributes]
        twice = sorted({name for name in ids if ids.count(name) > 1})
        if twice:
            raise ValueError(f"attribute ids must differ: {', '.join(twice)}")
        columns = [column for name in ids for column in (name, f"{name}_std", f"{name}_adjusted")]
        taken = sorted({name for name in columns if name in dataset_columns(()) or columns.count(name) > 1})
        if taken:
            raise ValueError(f"these ids would name columns that a dataset has already: {', '.join(taken)}")
        return self

    @property
    def attribute_ids(self) -> tuple[str, ...]:
        """Names of the score columns, in the order of the definition."""
        return tuple(attribute.id for attribute in self.attributes)

    def scale_of(self, attribute_id: str) -> Scale:
        """The scale of one attribute: its own, or the rubric's."""
        own = next(attribute.scale for attribute in self.attributes if attribute.id == attribute_id)
        return own or self.scale

    @property
    def scales(self) -> dict[str, tuple[int, int]]:
        """Lowest and highest score of each attribute, in the order of the definition."""
        return {name: (self.scale_of(name).low, self.scale_of(name).high) for name in self.attribute_ids}

    def digest(self) -> str:
        """SHA-256 of the definition, hexadecimal: two rubrics with one digest ask the same."""
        return hashlib.sha256(canonical_json(self.model_dump(mode="json")).encode()).hexdigest()


def builtin_rubrics() -> tuple[str, ...]:
    """Ids of the rubrics that ship with PPAD."""
    files = resources.files("ppad.rubric").joinpath("definitions").iterdir()
    return tuple(sorted(Path(file.name).stem for file in files if file.name.endswith(".yaml")))


def load_rubric(name_or_path: str | Path) -> Rubric:
    """The rubric of that id, or the one defined in that YAML file.

    Raises:
        NotFoundError: neither an id that ships nor a file.
        ConfigError: the definition breaks a rule; the message names every problem.
    """
    if str(name_or_path) in builtin_rubrics():
        file: Traversable = resources.files("ppad.rubric").joinpath("definitions", f"{name_or_path}.yaml")
    else:
        file = Path(name_or_path)
        if not file.is_file():
            raise NotFoundError(
                f"There is no rubric {str(name_or_path)!r}.", f"Use {' or '.join(builtin_rubrics())}, or the path of a YAML file."
            )
    try:
        return Rubric.model_validate(yaml_value(file.read_text("utf-8")))
    except ValidationError as error:
        raise ConfigError(f"Rubric {name_or_path}: {validation_sentence(error)}", "Correct the definition.") from error
    except ValueError as error:
        raise ConfigError(f"Rubric {name_or_path} is not YAML: {error}", "Correct the definition.") from error
