"""A campaign that is guided by coverage: python -m tests.fuzz parquet --seconds 600

Needs `pip install -e '.[dev,fuzz]'`. Inputs that reach new code are kept in the corpus, and the next campaign begins with them.
An input that breaks a promise is kept beside them, with its traceback on the terminal; `--replay FILE` runs it alone. With
`--examples N` no fuzzer is needed: Hypothesis makes up the inputs. Arguments after `--` go to libFuzzer.
"""

from __future__ import annotations

import argparse
import hashlib
import importlib
import sys
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))  # so that targets find `fixtures`, as tests do

from tests.fuzz.driving import drive

TARGETS = ("documents", "forms", "media", "parquet")
OURS = ("ppad", "ppad_annotation", "ppad_model", "ppad_pipelines")
CORPUS = Path.home() / ".cache" / "ppad-fuzz"
LONGEST_INPUT, SLOWEST_S, MOST_MEMORY_MB = 1 << 16, 60, 3000


def main(arguments: Sequence[str]) -> None:
    """Run one target over what a coverage-guided fuzzer makes up."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description="Fuzz one kind of input, guided by coverage.")
    parser.add_argument("target", choices=TARGETS)
    parser.add_argument("--seconds", type=int, default=600, help="how long (600)")
    parser.add_argument("--corpus", type=Path, default=CORPUS, help=f"folder of inputs, outside the repository ({CORPUS})")
    parser.add_argument("--replay", type=Path, help="run this input alone, without a fuzzer")
    parser.add_argument("--examples", type=int, help="so many inputs by Hypothesis, without a fuzzer")
    parser.add_argument("more", nargs="*", help="options of libFuzzer, after --")
    asked = parser.parse_args(arguments)
    name = f"tests.fuzz.{asked.target}"
    if asked.replay is not None:
        importlib.import_module(name).target(asked.replay.read_bytes())
    elif asked.examples is not None:
        drive(importlib.import_module(name), asked.examples)
    else:
        campaign(name, asked)


def campaign(name: str, asked: argparse.Namespace) -> None:
    """Fuzz a target with atheris; libFuzzer ends the process."""
    import atheris

    folder = asked.corpus / asked.target
    folder.mkdir(parents=True, exist_ok=True)
    with atheris.instrument_imports(include=list(OURS)):
        module = importlib.import_module(name)
        for number, seed in enumerate(module.seeds()):
            module.target(seed)  # what is imported on the way is followed, too
            (folder / f"seed-{number:03}").write_bytes(seed)
    options = [
        f"-max_total_time={asked.seconds}", f"-max_len={LONGEST_INPUT}", f"-timeout={SLOWEST_S}",
        f"-rss_limit_mb={MOST_MEMORY_MB}", f"-artifact_prefix={folder}-", "-print_final_stats=1",
    ]  # fmt: skip
    words = getattr(module, "dictionary", list[str])()
    if words:
        dictionary = asked.corpus / f"{asked.target}.dict"
        dictionary.write_text("".join(f'"{_escaped(word)}"\n' for word in words))
        options.append(f"-dict={dictionary}")
    faults = _Faults(module.target, asked.corpus / f"{asked.target}-faults")
    atheris.Setup([sys.argv[0], *options, *asked.more, str(folder)], faults)
    atheris.Fuzz()


class _Faults:
    """A target that goes on after a broken promise: of each kind, the first input is kept, and its traceback printed."""

    def __init__(self, target: Callable[[bytes], None], folder: Path) -> None:
        self._target, self._folder = target, folder
        self._seen: set[str] = set()

    def __call__(self, data: bytes) -> None:
        try:
            self._target(data)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is a finding
            places = [f"{frame.filename}:{frame.lineno}" for frame in traceback.extract_tb(error.__traceback__)]
            kind = hashlib.sha256("\n".join([type(error).__name__, *places[-3:]]).encode()).hexdigest()[:12]
            if kind not in self._seen:
                self._seen.add(kind)
                self._folder.mkdir(exist_ok=True)
                (self._folder / kind).write_bytes(data)
                print(f"FAULT {len(self._seen)}: {self._folder / kind}", file=sys.stderr)
                traceback.print_exception(error)


def _escaped(word: str) -> str:
    return "".join(f"\\x{byte:02x}" for byte in word.encode())


if __name__ == "__main__":
    main(sys.argv[1:])
