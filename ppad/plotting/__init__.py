"""What people look at: contact sheets of single processes, and one page for a whole collection."""

from importlib.util import find_spec

from ppad.errors import MissingExtraError

if find_spec("matplotlib") is None:
    raise MissingExtraError.of("matplotlib", "show")
