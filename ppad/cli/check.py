import typer


def check(path: str) -> None:
    typer.echo(path)
