"""Settings given one by one on the command line: `--set key=value`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ppad.errors import ConfigError
from ppad.schema import yaml_value


def read_settings(pairs: Sequence[str]) -> dict[str, Any]:
    """The settings of `--set key=value`, values read as YAML; `part.key=value` is a setting within a part.

    Raises:
        ConfigError: a pair has no `=`, its value is no YAML, or a key is both a setting and a part.
    """
    settings: dict[str, Any] = {}
    for pair in pairs:
        key, sign, text = pair.partition("=")
        if not sign:
            raise ConfigError(f"'--set {pair}' has no '='.", "Give it as key=value.")
        try:
            value = yaml_value(text)
        except ValueError as error:
            raise ConfigError(f"'--set {pair}' has a value that is no YAML.", "Quote it as YAML wants it.") from error
        *parts, name = key.strip().replace("-", "_").split(".")
        place = settings
        for part in parts:
            place = place.setdefault(part, {})
            if not isinstance(place, dict):
                raise ConfigError(
                    f"'--set {pair}' gives settings to '{part}', which already has a value.", "Give one of the two."
                )
        place[name] = value
    return settings
