"""What `ppad doctor` says of the engines: which can paint here, and what the others lack."""

from __future__ import annotations

from collections.abc import Iterator

from ppad.cli.findings import Finding, finding
from ppad.errors import MissingExtraError
from ppad_pipelines.synth.registry import ENGINES, Entry, config_class


def findings() -> Iterator[Finding]:
    """One finding an engine. Nothing is fetched."""
    for name, entry in ENGINES.items():
        yield _engine(f"engine {name}", entry)


def _engine(what: str, entry: Entry) -> Finding:
    if entry.licences.weights is None:
        return finding("ok", what, "needs no weights")
    try:
        from ppad_pipelines.synth.diffusion.weights import in_cache
    except MissingExtraError as error:
        return finding("missing", what, error.message, error.fix)
    settings = config_class(entry)().model_dump()
    missing = [settings[key] for key in ("model", "base") if key in settings and not in_cache(settings[key])]
    if not missing:
        return finding("ok", what, f"weights are in the hub's cache ({entry.licences.weights})")
    fix = "Fetched at the first use where there is a network; elsewhere, give their folder with --model."
    return finding("missing", what, f"weights are not on this machine: {', '.join(missing)}", fix)
