"""What options of `ppad ratings import` may be; apart from the code, so that the command line is quick to load."""

from __future__ import annotations

from typing import Literal

Format = Literal["auto", "csv", "label-studio", "authors"]
"""Layout of the source; `auto` tells by its ending and content."""

Method = Literal["hash", "numbers", "none"]
"""How raters are called; see `ppad_annotation.ratings.pseudonyms`."""

Again = Literal["refuse", "latest", "repeat"]
"""What to do where a rater rated a process twice and the source does not number the times."""
