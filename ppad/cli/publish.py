"""`ppad publish` and `ppad pull`: to the Hugging Face Hub, and from it."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ppad.cli.progress import RunView, print_json
from ppad.stages import choose_executor

if TYPE_CHECKING:
    from ppad.hub.client import Hub
    from ppad.hub.publishing import Review

MAX_FILES = 8
"""Files that a summary names."""


def publish(
    folder: Annotated[Path, typer.Argument(metavar="DATASET|RUN|COLLECTION", help="A dataset; a run; a collection to rate.")],
    to: Annotated[str, typer.Option("--to", metavar="ORG/NAME", help="Repository of the Hub.", show_default=False)],
    upload: Annotated[bool, typer.Option("--upload", help="Send it. Without, nothing leaves this machine.")] = False,
    public: Annotated[bool, typer.Option("--public", help="Everyone may see a new repository; without, it is private.")] = False,
    artists_agreed: Annotated[bool, typer.Option("--artists-agreed", help="You state that the artists agreed to this.")] = False,
    raters_agreed: Annotated[bool, typer.Option("--raters-agreed", help="You state that the raters agreed to this.")] = False,
    names: Annotated[Path | None, typer.Option(help="Names that must stand nowhere: a text file, one a line.")] = None,
    allow: Annotated[list[str] | None, typer.Option(help="Text that was found and may stand; again for more.")] = None,
    wheel: Annotated[Path | None, typer.Option(help="Wheel of PPAD, for the Space of a collection.")] = None,
    workers: Annotated[int | None, typer.Option(min=1, help="Worker processes; one a core by default.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object on standard output.")] = False,
) -> None:
    """Look a dataset, a run or a collection through, and publish it on the Hugging Face Hub.

    Without --upload it shows what would go, and everything that keeps it from going: a missing licence or consent, an
    incomplete card, names, addresses and paths in any text, metadata in any picture, changed files.

    Example: [bold]ppad publish dataset/ --to my-lab/paintings --names names.txt[/]
    """
    from ppad.hub.client import Hub
    from ppad.hub.contents import contents_of
    from ppad.hub.gates import Consent
    from ppad.hub.names import Forbidden, read_names
    from ppad.hub.publishing import publish as send
    from ppad.hub.publishing import review

    contents = contents_of(folder, wheel=wheel)
    hub = Hub(to)
    forbidden = Forbidden(read_names(names) if names is not None else (), allow or ())
    with RunView("Looking through", len(contents.files), "files", quiet=as_json, each=False) as view:
        found = review(contents, forbidden, Consent(artists_agreed, raters_agreed), choose_executor("local", workers), view)
    commit = send(found, hub, private=not public) if upload and not found.problems else None
    _say(found, hub, commit, has_names=names is not None, as_json=as_json)
    raise typer.Exit(2 if found.problems and upload else 1 if found.problems else 0)


def pull(
    repository: Annotated[str, typer.Argument(metavar="ORG/NAME", help="Repository of the Hub.", show_default=False)],
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder for it; it appears when all of it is verified.")],
    kind: Annotated[str | None, typer.Option(help="dataset, model or space; found out without.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object on standard output.")] = False,
) -> None:
    """Fetch what ppad publish sent, and verify every byte. A fetch that is killed goes on where it was.

    Example: [bold]ppad pull my-lab/paintings --out dataset/[/]
    """
    from ppad.errors import ConfigError
    from ppad.hub.client import KINDS, Hub
    from ppad.hub.pulling import pull as fetch

    known = next((one for one in KINDS if one == kind), None)
    if kind is not None and known is None:
        raise ConfigError(f"There is no kind {kind!r}.", f"Choose one of: {', '.join(KINDS)}.")
    pulled = fetch(Hub(repository), out, known)
    if as_json:
        print_json({**asdict(pulled), "out": str(out)})
    else:
        state = "was there already" if pulled.was_there else "is there"
        typer.echo(f"The {pulled.kind} {repository} {state}: {out} ({pulled.files} files, all verified).", err=True)


def _say(found: Review, hub: Hub, commit: str | None, *, has_names: bool, as_json: bool) -> None:
    url = hub.url(found.contents.kind)
    if as_json:
        print_json(
            {
                "repository": hub.repository,
                "kind": found.contents.kind,
                "url": url,
                "files": found.sizes,
                "licences": dict(found.licences),
                "problems": [asdict(problem) for problem in found.problems],
                "commit": commit,
            }
        )
        return
    from rich.console import Console
    from rich.markup import escape

    console = Console(highlight=False, soft_wrap=True)
    largest = sorted(found.sizes, key=lambda name: (-found.sizes[name], name))
    for name in largest[:MAX_FILES]:
        console.print(f"{found.sizes[name]:>14,} B  {escape(name)}")
    if len(largest) > MAX_FILES:
        rest = largest[MAX_FILES:]
        console.print(f"{sum(found.sizes[name] for name in rest):>14,} B  in {len(rest)} more files")
    for licence, count in sorted(found.licences.items()):
        console.print(f"{count} processes that people painted: {escape(licence) or 'no licence'}")
    for problem in found.problems:
        console.print(f"[bold]{escape(problem.place)}[/]: {escape(problem.message)} [dim]{escape(problem.fix)}[/]")
    if not has_names:
        console.print("No list of names was given: names in texts can be found by --names only.")
    console.print(_outcome(found, url, commit))


def _outcome(found: Review, url: str, commit: str | None) -> str:
    if commit is not None:
        return f"Published: {url} (commit {commit[:12]})."
    count = f"{len(found.sizes) + 1} files, {sum(found.sizes.values()) / 1e6:,.1f} MB,"
    if found.problems:
        return f"[red]{len(found.problems)} problems[/] keep {count} from going to {url}. Nothing was sent."
    return f"{count} would go to {url}. Nothing was sent; --upload sends them."
