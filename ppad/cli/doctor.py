import typer


def doctor() -> None:
    typer.echo("")
