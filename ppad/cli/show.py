import typer


def show(path: str) -> None:
    typer.echo(path)
