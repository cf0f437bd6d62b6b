"""Paths in a store: written and taken apart like local ones, and refused by name where only a local one will do."""

from __future__ import annotations

import pickle
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from ppad.cli.places import taking_places
from ppad.errors import AccessError, BucketError, CredentialsError, LocalOnlyError, NetworkError, NotFoundError, NotWritableError
from ppad.storage import write_text
from ppad.storage.remote import RemotePath, place
from ppad.storage.store_errors import remote_errors


@pytest.mark.parametrize("text", ["s3://bucket/a/b.parquet", "gs://bucket/a", "hf://datasets/lab/paintings@main/data"])
def test_a_path_in_a_store_is_written_as_it_was_given(text: str) -> None:
    path = place(text)
    assert isinstance(path, RemotePath)
    assert str(path) == text
    assert str(place(Path(text))) == text  # with one slash less, as the command line gives it
    assert pickle.loads(pickle.dumps(path)) == path


def test_its_parts_are_those_of_any_path() -> None:
    path = place("s3://bucket/collection") / "processes" / "castle.parquet"
    assert (path.name, path.stem, path.suffix) == ("castle.parquet", "castle", ".parquet")
    assert str(path.parent.parent) == "s3://bucket/collection"
    assert str(path.with_name("boat.parquet")) == "s3://bucket/collection/processes/boat.parquet"
    assert path.relative_to(place("s3://bucket/collection")).as_posix() == "processes/castle.parquet"
    assert path.resolve() == path.absolute() == path


@pytest.mark.parametrize("text", ["collection", "/a/b", "./s3/x", "a:b/c"])
def test_a_local_path_stays_a_plain_one(text: str) -> None:
    assert type(place(text)) is type(Path(text))


def test_a_folder_that_is_named_like_a_store_is_local(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "s3:").mkdir()
    assert not isinstance(place("s3:/x"), RemotePath)


@pytest.mark.parametrize(("text", "words"), [("http://host/x", "no store http://"), ("s3://", "names no bucket")])
def test_what_is_no_place_in_a_store_is_named(text: str, words: str) -> None:
    with pytest.raises(NotFoundError, match=words):
        place(text)


def test_what_a_store_cannot_do_says_so_whatever_asks_for_it(tmp_path: Path) -> None:
    path = place("s3://bucket/run")
    for attempt in (
        lambda: open(path),  # noqa: PTH123, SIM115 - what a library does
        lambda: shutil.copy(path, tmp_path),
        lambda: path.rename("x"),
        lambda: path.touch(),
        lambda: path.open("a"),
    ):
        with pytest.raises(LocalOnlyError, match="s3://bucket/run is in a store, where this cannot be done"):
            attempt()


def test_repositories_of_the_hub_are_not_written_file_by_file() -> None:
    with pytest.raises(NotWritableError, match=r"each file would be a commit\. .* ppad publish"):
        write_text(place("hf://datasets/lab/paintings/README.md"), "x")


def test_a_command_takes_them_in_every_path() -> None:
    def command(folder: Path, more: list[Path], count: int = 1) -> list[str]:
        return [str(folder), *map(str, more), str(count)]

    given = taking_places(command)(folder=Path("s3://b/x"), more=[Path("gs://b/y"), Path("z")], count=2)
    assert given == ["s3://b/x", "gs://b/y", "z", "2"]


def _raised(name: str, *, code: str = "", bases: tuple[type[Exception], ...] = (Exception,)) -> Exception:
    error = type(name, bases, {})("refused")
    if code:
        error.response = {"Error": {"Code": code}, "ResponseMetadata": {}}
    return error


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (_raised("NoCredentialsError"), CredentialsError),
        (_raised("ClientError", code="AccessDenied"), AccessError),
        (PermissionError("Forbidden"), AccessError),
        (_raised("ClientError", code="NoSuchBucket"), BucketError),
        (FileNotFoundError("The specified bucket does not exist"), BucketError),
        (_raised("EndpointConnectionError", bases=(_raised("ConnectionError").__class__,)), NetworkError),
        (_raised("ClientError", code="SlowDown"), NetworkError),
        (TimeoutError(), NetworkError),
    ],
)
def test_refusals_of_a_store_have_names(error: Exception, kind: type[Exception]) -> None:
    with pytest.raises(kind, match="s3://bucket"), remote_errors(place("s3://bucket/x")):
        raise error


@pytest.mark.parametrize("error", [FileNotFoundError("x"), FileExistsError("x"), ValueError("x")])
def test_other_errors_stay_what_they_are(error: Exception) -> None:
    with pytest.raises(type(error), match="x"), remote_errors(place("s3://bucket/x")):
        raise error


def test_local_work_loads_no_store_library() -> None:
    code = (
        "import sys; from pathlib import Path; from ppad.storage import Collection, Dataset; import ppad.cli.main; "
        "Collection(Path('nowhere')).ids(); "
        "print(sorted({name.split('.')[0] for name in sys.modules} & {'fsspec', 's3fs', 'botocore', 'huggingface_hub'}))"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"
