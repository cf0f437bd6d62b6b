"""`ppad check`: every problem of a collection, a dataset or one Parquet file, with its place and fix."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape

from ppad.cli.progress import RunView, print_json
from ppad.errors import NotFoundError, PpadError
from ppad.media.images import decode_image, image_size
from ppad.schema import Problem
from ppad.stages import Executor, Job, Progress, Report, choose_executor, run_stage
from ppad.storage import Collection
from ppad.storage.checking import FileCheck, check_parquet
from ppad.storage.digests import sha256_of
from ppad.storage.folder_checks import collection_problems, dataset_problems, dataset_sums, kind_of
from ppad.storage.remote import fetched
from ppad.storage.sums import sizes_below


@dataclass(frozen=True, slots=True)
class Item:
    """A file to check: where it is, what to call it, its size in bytes, and the digest that it should have, if one is known."""

    path: Path
    place: str
    size: int
    sha256: str | None = None


@dataclass(frozen=True, slots=True)
class CheckFile:
    """The work on one file; `fast` reads the headers of its pictures only."""

    fast: bool

    def __call__(self, job: Job, progress: Progress) -> Mapping[str, Any]:
        item: Item = job.payload
        try:
            with fetched(item.path) as file:
                return {"found": self._check(file, item)}
        except NotFoundError as error:
            return {"found": FileCheck(problems=[Problem(item.place, error.message, error.fix)])}

    def _check(self, file: Path, item: Item) -> FileCheck:
        changed = list(_digest_problems(file, item))
        if file.suffix != ".parquet":
            return FileCheck(problems=changed)
        found = check_parquet(file, item.place, image_size if self.fast else _decoded_size)
        found.problems[:0] = changed
        return found


def check(
    path: Annotated[Path, typer.Argument(help="A collection, a dataset, or one .parquet file.", show_default=False)],
    fast: Annotated[bool, typer.Option("--fast", help="Read only the headers of the pictures.")] = False,
    workers: Annotated[int | None, typer.Option(min=1, help="Worker processes; one a core by default.")] = None,
    on: Annotated[str, typer.Option(help="Where it runs: local, inline, or ray\\[://HOST:PORT].")] = "local",
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object on standard output.")] = False,
) -> None:
    """Check a collection, a dataset or one file against the data contract, and list every problem.

    Exits with 0 where all is well, 1 where there are problems, 2 where PATH is nothing that can be checked.

    Example: [bold]ppad check dataset/[/]
    """
    kind = kind_of(path)
    problems, count = check_path(path, kind, CheckFile(fast), choose_executor(on, workers), quiet=as_json)
    if as_json:
        print_json({"path": str(path), "kind": kind, "files": count, "problems": [asdict(problem) for problem in problems]})
    else:
        _print_problems(path, kind, count, problems)
    raise typer.Exit(1 if problems else 0)


def check_path(path: Path, kind: str, work: CheckFile, executor: Executor, *, quiet: bool) -> tuple[list[Problem], int]:
    """Every problem of what `kind_of` found, and the number of files checked."""
    items, problems = _plan(path, kind)
    jobs = [Job(item.place, item.place, item, float(item.size)) for item in items]
    with RunView("Checking", len(jobs), "files", quiet=quiet, each=False) as view:
        report = run_stage("check", work, jobs, executor, view)
    if report.fatal is not None:
        raise report.fatal  # the files that were not looked at would count as missing
    found = {job.id: summary["found"] for job, summary in report.done}
    checks = {name: found[name] for name in sorted(found)}
    problems += _dead(report) + list(itertools.chain.from_iterable(one.problems for one in checks.values()))
    if kind == "dataset":
        parquet = {name: one for name, one in checks.items() if name.endswith(".parquet")}
        problems += dataset_problems(path, parquet)
    return problems, len(jobs)


def _plan(path: Path, kind: str) -> tuple[list[Item], list[Problem]]:
    if kind == "file":
        return [Item(path, path.name, path.stat().st_size)], []
    if kind == "collection":
        collection = Collection(path)
        files = {collection.path_of(process_id): size for process_id, size in collection.sizes().items()}
        return [Item(file, f"processes/{file.name}", size) for file, size in files.items()], collection_problems(path)
    sums, problems = dataset_sums(path)
    return [Item(path / name, name, size, sums.get(name)) for name, size in sizes_below(path).items()], problems


def _digest_problems(file: Path, item: Item) -> Iterator[Problem]:
    if item.sha256 is None:
        return
    try:
        if sha256_of(file) != item.sha256:
            yield Problem(item.place, "has other bytes than SHA256SUMS says.", "Copy it again, or build the dataset again.")
    except PpadError as error:
        yield Problem(item.place, error.message, error.fix)


def _decoded_size(data: bytes, name: str) -> tuple[int, int]:
    height, width = decode_image(data, name=name).shape[:2]
    return width, height


def _dead(report: Report) -> list[Problem]:
    """Files whose check killed its worker or never ended."""
    return [Problem(failure.input, failure.message, failure.fix) for failure in report.failed]


def _print_problems(path: Path, kind: str, count: int, problems: list[Problem]) -> None:
    console = Console(highlight=False, soft_wrap=True)
    for problem in problems:
        console.print(f"[bold]{escape(problem.place)}[/]: {escape(problem.message)} [dim]{escape(problem.fix)}[/]")
    name = {"file": "file"}.get(kind, kind)
    files = f"{count} file{'s' if count != 1 else ''}"
    if problems:
        console.print(
            f"[red]{len(problems)} problem{'s' if len(problems) != 1 else ''}[/] in the {name} {escape(str(path))} ({files})."
        )
    else:
        console.print(f"The {name} {escape(str(path))} follows the contract ({files}).")
