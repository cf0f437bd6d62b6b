"""Publishing and pulling against a stand-in for the Hub: what must not go does not, and what comes is what went."""

from __future__ import annotations

import io
import json
import shutil
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from PIL import Image

from fixtures.faults import Disk
from fixtures.hub_server import TOKEN, HubServer, running_hub
from fixtures.learnable import write_learnable
from fixtures.runs import contents as files_of
from ppad.cli.check import CheckFile, check_path
from ppad.cli.main import main
from ppad.cli.progress import RunView
from ppad.errors import AccessError, ContractError, DiskFullError, NotFoundError, NotWritableError, PublishError
from ppad.hub.client import Hub
from ppad.hub.contents import contents_of
from ppad.hub.gates import Consent
from ppad.hub.names import Forbidden
from ppad.hub.publishing import Review, publish, review
from ppad.hub.pulling import pull
from ppad.schema import Picture
from ppad.stages import UNSEEN, InProcess
from ppad.storage import Dataset
from ppad.storage.remote import place
from ppad_pipelines.build.config import BuildConfig
from ppad_pipelines.build.run import run_build
from tests.unit.build.samples import rating, record, synthetic, write_collection, write_ratings

# huggingface_hub 2.4 calls httpx2 in an old way where it uploads by Git LFS.
pytestmark = pytest.mark.filterwarnings("ignore:Use 'content=:DeprecationWarning")

HOME = "/" + "home"
AGREED = Consent(artists=True, raters=True)


@pytest.fixture(scope="module")
def server() -> Iterator[HubServer]:
    with running_hub() as hub:
        yield hub


@pytest.fixture(autouse=True)
def apart(server: HubServer) -> None:
    server.requests.clear()
    server.repositories.clear()
    server.stored.clear()


def built(folder: Path, licence: str | None = "CC-BY-4.0", **changes: Any) -> Path:
    """A dataset of four real and four synthetic processes, rated by three people; `changes` of the first real one."""
    records = [record("real0", artist_id="artist-0", **changes)]
    records += [record(f"real{n}", artist_id=f"artist-{n}") for n in range(1, 4)]
    records += [synthetic(f"synth{n}", f"Boat number {n // 2}") for n in range(4)]
    collection = write_collection(folder / "collection", records)
    rows = [rating(f"real{n}", f"r{m}", 5) for n in range(1, 4) for m in range(3)]
    ratings = write_ratings(folder / "ratings.parquet", rows)
    config = BuildConfig(licence=licence)
    outcome = run_build([collection], folder / "dataset", [ratings], config, InProcess(), partial(RunView, quiet=True))
    assert outcome.published
    return folder / "dataset"


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return built(tmp_path_factory.mktemp("built"))


def reviewed(folder: Path, *names: str, consent: Consent = AGREED, allowed: tuple[str, ...] = ()) -> Review:
    return review(contents_of(folder), Forbidden(names, allowed), consent, InProcess(), UNSEEN)


def messages(found: Review) -> list[str]:
    return [f"{problem.place}: {problem.message}" for problem in found.problems]


def send(folder: Path, repository: str = "lab/paintings") -> str:
    return publish(reviewed(folder), Hub(repository), private=True)


def test_what_is_pulled_is_what_was_published_and_follows_the_contract(server: HubServer, dataset: Path, tmp_path: Path) -> None:
    send(dataset)
    repository = server.repositories["datasets/lab/paintings"]
    assert repository.private and repository.commits[-1] == files_of(dataset)
    pulled = pull(Hub("lab/paintings"), tmp_path / "pulled")
    assert (pulled.kind, pulled.was_there) == ("dataset", False)
    assert files_of(tmp_path / "pulled") == files_of(dataset)
    assert check_path(tmp_path / "pulled", "dataset", CheckFile(fast=True), InProcess(), quiet=True)[0] == []
    assert pull(Hub("lab/paintings"), tmp_path / "pulled").was_there
    assert len(Dataset.open(place("hf://datasets/lab/paintings"))) == 8


def test_publishing_again_sends_no_shard_and_removes_what_is_gone(server: HubServer, dataset: Path) -> None:
    send(dataset)
    server.repositories["datasets/lab/paintings"].commits.append(files_of(dataset) | {"data/old.parquet": b"old"})
    server.requests.clear()
    send(dataset)
    assert [path for method, path in server.requests if method == "PUT"] == []
    assert server.repositories["datasets/lab/paintings"].commits[-1] == files_of(dataset)


def test_a_look_sends_nothing(server: HubServer, dataset: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    arguments = [
        "ppad",
        "publish",
        str(dataset),
        "--to",
        "lab/paintings",
        "--artists-agreed",
        "--raters-agreed",
        "--workers",
        "1",
    ]
    monkeypatch.setattr("sys.argv", arguments)
    with pytest.raises(SystemExit) as end:
        main()
    assert end.value.code == 0
    assert server.requests == [] and server.repositories == {}


def test_without_consent_nothing_goes(server: HubServer, dataset: Path) -> None:
    found = reviewed(dataset, consent=Consent())
    assert messages(found) == ["data: 4 processes were painted by people.", "ratings: 3 people rated."]
    with pytest.raises(PublishError, match="2 things keep this from being published"):
        publish(found, Hub("lab/paintings"), private=True)
    assert server.requests == []


def test_a_missing_licence_is_named_on_the_card_and_in_the_rows(tmp_path: Path) -> None:
    unlicensed = replace(record("x").provenance, licence=None)
    assert messages(reviewed(built(tmp_path, licence=None, provenance=unlicensed))) == [
        "README.md: names no licence.",
        "data: 1 of 4 processes that people painted name no licence.",
    ]


def test_names_of_people_are_found_in_columns_notes_and_texts(tmp_path: Path) -> None:
    told = replace(record("x").provenance, source_name="anna_kim castle.mp4", notes=[f"see {HOME}/anna/films"])
    folder = built(tmp_path, provenance=told, prompt=None)
    (folder / "README.md").write_text((folder / "README.md").read_text() + "\nAsk anna@lab.example.org.\n")
    found = messages(reviewed(folder, "Anna Kim"))
    assert sorted(line.split(": ", 1)[1] for line in found) == [
        "holds an e-mail address: 'anna@lab.example.org'.",
        f"provenance.notes: holds a path of a machine: '{HOME}/anna'.",
        "provenance.source_name: holds a name: 'Anna Kim'.",
    ]
    assert reviewed(folder, "Anna Kim", allowed=("anna kim", f"{HOME}/anna", "anna@lab.example.org")).problems == []


def test_an_artist_named_by_name_is_no_pseudonym(tmp_path: Path) -> None:
    collection = write_collection(
        tmp_path / "c", [record(f"real{n}", artist_id=f"Anna Kim{'' if n else ' Jr'}") for n in range(2)]
    )
    run_build([collection], tmp_path / "d", [], BuildConfig(licence="CC0-1.0"), InProcess(), partial(RunView, quiet=True))
    found = messages(reviewed(tmp_path / "d"))
    assert all("artist_id: looks like a name, not a pseudonym: 'Anna Kim" in line for line in found)
    assert len(found) == 1


def test_pictures_with_metadata_are_held_back(tmp_path: Path) -> None:
    exif, out = Image.Exif(), io.BytesIO()
    exif[0x013B] = "Anna Kim"  # the tag Artist
    frame = record("x").frames[0]
    Image.open(io.BytesIO(frame.bytes)).save(out, "jpeg", quality=95, exif=exif)
    frames = [Picture(bytes=out.getvalue(), path="0.jpg"), *record("x").frames[1:]]
    found = messages(reviewed(built(tmp_path, frames=frames)))
    assert len(found) == 1
    assert found[0].endswith("frames.bytes: has pictures with metadata: exif in 1.")


def test_a_changed_shard_is_not_published_and_an_improved_card_is(tmp_path: Path, dataset: Path) -> None:
    folder = tmp_path / "dataset"
    shutil.copytree(dataset, folder)
    card = folder / "README.md"
    card.write_text(card.read_text().replace("# painting-processes", "# Boats and castles"))
    assert messages(reviewed(folder)) == []
    card.write_text("# Boats\n")
    splits = folder / "splits.parquet"
    pq.write_table(pq.read_table(splits), splits)
    found = messages(reviewed(folder))
    assert "README.md: has no header between lines of three hyphens." in found
    assert "splits.parquet: has other bytes than SHA256SUMS says." in found


def test_a_fetch_that_breaks_off_goes_on_where_it_was(server: HubServer, dataset: Path, tmp_path: Path) -> None:
    send(dataset)
    out = tmp_path / "pulled"
    server.cut_after = 20_000
    pull(Hub("lab/paintings"), out)
    assert files_of(out) == files_of(dataset)


@pytest.mark.filterwarnings("ignore:Not enough free disk space:UserWarning")  # what the library says of it
def test_a_fetch_that_fills_the_disk_says_so_and_goes_on_where_it_was(server: HubServer, dataset: Path, small_disk: Disk) -> None:
    send(dataset)
    out = small_disk.place / "pulled"
    small_disk.leave(sum(map(len, files_of(dataset).values())) // 2)
    with pytest.raises(DiskFullError, match="run the same command to go on"):
        pull(Hub("lab/paintings"), out)
    assert not out.exists()
    small_disk.clear()
    pull(Hub("lab/paintings"), out)
    assert files_of(out) == files_of(dataset)


def test_a_file_with_other_bytes_is_not_put_in_place_and_fetched_anew(server: HubServer, dataset: Path, tmp_path: Path) -> None:
    send(dataset)
    files = server.repositories["datasets/lab/paintings"].commits[-1]
    whole, out = files["splits.parquet"], tmp_path / "pulled"
    files["splits.parquet"] = whole[:-1] + b"?"
    with pytest.raises(ContractError, match=r"1 of 7 files are not what SHA256SUMS says, first splits\.parquet"):
        pull(Hub("lab/paintings"), out)
    assert not out.exists()
    files["splits.parquet"] = whole
    server.requests.clear()
    pull(Hub("lab/paintings"), out)
    assert files_of(out) == files_of(dataset)
    assert not any(method == "GET" and path.endswith("croissant.json") for method, path in server.requests)


def test_checksums_that_name_a_file_outside_delete_nothing(server: HubServer, dataset: Path, tmp_path: Path) -> None:
    send(dataset)
    mine = tmp_path / "mine.txt"
    mine.write_text("mine")
    files = server.repositories["datasets/lab/paintings"].commits[-1]
    files["SHA256SUMS"] += f"{'0' * 64}  ../mine.txt\n{'0' * 64}  {mine}\n".encode()
    with pytest.raises(ContractError, match="names a place outside its folder"):
        pull(Hub("lab/paintings"), tmp_path / "pulled")
    assert mine.read_text() == "mine"
    assert not (tmp_path / "pulled").exists()


def test_a_folder_with_something_else_is_left_alone(server: HubServer, dataset: Path, tmp_path: Path) -> None:
    send(dataset)
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "notes.txt").write_text("mine")
    with pytest.raises(NotWritableError, match="holds something else"):
        pull(Hub("lab/paintings"), tmp_path / "mine")
    assert (tmp_path / "mine" / "notes.txt").read_text() == "mine"


def test_the_hub_refuses_in_sentences_without_the_token(
    server: HubServer, dataset: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(NotFoundError, match="no lab/nothing that you may see"):
        pull(Hub("lab/nothing"), tmp_path / "out")
    monkeypatch.setenv("HF_TOKEN", TOKEN[:-1])
    with pytest.raises(AccessError) as refused:
        send(dataset)
    assert "hf_t" not in str(refused.value)


def test_a_run_is_published_as_a_model_and_pulled_as_a_run(server: HubServer, tmp_path: Path) -> None:
    from fixtures.trainings import train
    from ppad_model.registry import load_model
    from ppad_model.runs import Run

    train(write_learnable(tmp_path / "dataset", {"train": 10}), tmp_path / "run", train={"epochs": 1, "batch": 4})
    send(tmp_path / "run", "lab/judge")
    files = server.repositories["models/lab/judge"].commits[-1]
    assert {"README.md", "config.json", "model.safetensors", "run.json", "seen.parquet", "SHA256SUMS"} <= set(files)
    assert "last.pt" not in files and not any(name.startswith("tensorboard") for name in files)
    assert pull(Hub("lab/judge"), tmp_path / "pulled").kind == "model"
    assert Run.open(tmp_path / "pulled").digest() == Run.open(tmp_path / "run").digest()
    assert load_model(tmp_path / "pulled").config == load_model(tmp_path / "run").config


def test_a_collection_becomes_a_private_space_that_serves_it(server: HubServer, dataset: Path, tmp_path: Path) -> None:
    wheel = tmp_path / "ppad-1-py3-none-any.whl"
    wheel.write_bytes(b"wheel")
    collection = dataset.parent / "collection"
    with pytest.raises(PublishError, match="it would become a Space, which installs PPAD from a wheel"):
        contents_of(collection)
    found = review(contents_of(collection, wheel=wheel), Forbidden(), AGREED, InProcess(), UNSEEN)
    assert messages(found) == []
    publish(found, Hub("lab/rate"), private=True)
    space = server.repositories["spaces/lab/rate"]
    assert space.private
    assert space.commits[-1]["Dockerfile"].decode().splitlines()[1:3] == [
        "COPY ppad-1-py3-none-any.whl /app/",
        'RUN pip install --no-cache-dir "/app/ppad-1-py3-none-any.whl[annotate]"',
    ]
    assert sum(name.startswith("collection/processes/") for name in space.commits[-1]) == 8


def test_the_summary_for_scripts_holds_the_problems(dataset: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    monkeypatch.setattr("sys.argv", ["ppad", "publish", str(dataset), "--to", "lab/paintings", "--json", "--workers", "1"])
    with pytest.raises(SystemExit) as end:
        main()
    assert end.value.code == 1
    said = json.loads(capsys.readouterr().out)
    assert said["kind"] == "dataset" and said["commit"] is None
    assert [problem["fix"] for problem in said["problems"]] == [
        "If they all agreed to this, say so: --artists-agreed", "If they all agreed to this, say so: --raters-agreed",
    ]  # fmt: skip
