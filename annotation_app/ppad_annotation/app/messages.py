"""The words of the app in every language it speaks."""

from __future__ import annotations

from functools import cache
from importlib import resources

from starlette.requests import HTTPConnection

from ppad.schema import json_value

LANGUAGES = {"en": "English", "zh": "中文"}
"""By code: the name of the language in itself."""
COOKIE = "ppad_language"


@cache
def messages(language: str) -> dict[str, str]:
    """All messages of a language, by key."""
    text = resources.files("ppad_annotation.app").joinpath("messages", f"{language}.json").read_text("utf-8")
    return json_value(text)


def say(language: str, key: str, **values: object) -> str:
    """One message, with its {places} filled."""
    text = messages(language)[key]
    for name, value in values.items():
        text = text.replace(f"{{{name}}}", str(value))
    return text


def language_of(request: HTTPConnection, default: str) -> str:
    """The language that the reader chose; else the first that the browser asks for; else the campaign's."""
    chosen = request.cookies.get(COOKIE)
    asked = [part.split(";")[0].strip()[:2].lower() for part in request.headers.get("accept-language", "").split(",")]
    return next((code for code in (chosen, *asked) if code in LANGUAGES), default)
