"""The HTML that the app writes itself. Everything put into it is escaped."""

from __future__ import annotations

from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from ppad_annotation.app.messages import LANGUAGES, say
from ppad_annotation.app.static_files import static_url

_pages = Environment(
    loader=PackageLoader("ppad_annotation.app", "pages"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def page(name: str, language: str, **values: Any) -> str:
    """A template filled; in it, `say` gives messages in the reader's language."""

    def words(key: str, **places: Any) -> str:
        return say(language, key, **places)

    return _pages.get_template(name).render(say=words, language=language, languages=LANGUAGES, static=static_url, **values)
