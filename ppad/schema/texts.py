"""Text from outside as values. Whatever is wrong with it is a ValueError: one case for a reader to turn into its sentence."""

from __future__ import annotations

import json
import re
from typing import Any

import yaml

_HALF_PAIR = re.compile(r"\\u[dD][89a-fA-F]")
"""An escape that may stand for one half of a surrogate pair."""

_YAML_FAULTS = (AttributeError, IndexError, KeyError, OverflowError, RecursionError, TypeError)
"""What PyYAML lets through, besides ValueError, for dates, numbers and tags that are none, and for nesting without measure."""


def json_value(text: str) -> Any:
    """The value of a JSON text.

    Raises:
        ValueError: it is none, is nested without measure, or has a string that cannot be written as UTF-8.
    """
    try:
        value = json.loads(text)  # noqa: TID251 - its one home
        if _HALF_PAIR.search(text):
            json.dumps(value, ensure_ascii=False).encode()
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error
    return value


def yaml_value(text: str) -> Any:
    """The value of a YAML text, of plain types alone.

    Raises:
        ValueError: it is none, or is nested without measure, or has a string that cannot be written as UTF-8.
    """
    try:
        return yaml.load(text, _Plain)
    except yaml.YAMLError as error:
        raise ValueError(str(error)) from error
    except _YAML_FAULTS as error:
        raise ValueError("a value is malformed, or nested too deeply") from error


class _Plain(yaml.SafeLoader):
    def construct_scalar(self, node: yaml.ScalarNode | yaml.MappingNode) -> Any:
        value = super().construct_scalar(node)
        value.encode()
        return value
