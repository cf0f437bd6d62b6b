"""The campaign: raters, items, leases, ratings. It knows neither Gradio nor the web; time comes in as an argument."""

from importlib.util import find_spec

from ppad.errors import MissingExtraError

for _package in ("sqlalchemy", "alembic", "argon2"):
    if find_spec(_package) is None:
        raise MissingExtraError.of(_package, "annotate")
