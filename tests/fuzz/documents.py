"""Texts of strangers: settings, rubrics, tables, exports, ledgers, manifests, checksums, critiques.

The first byte chooses the reader, the second whether the rest is the text itself or says how to change a sound one.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

from fixtures.postgresql import memory_folder
from ppad import critique
from ppad.cli.settings import read_settings
from ppad.hub.gates import Consent, gate_problems
from ppad.hub.names import Forbidden, read_names
from ppad.keyframes.config import ExtractConfig
from ppad.rubric import load_rubric
from ppad.schema import check_rating_rows
from ppad.schema.ratings import pins_of, rating_columns
from ppad.storage import Collection, DigestCache
from ppad.storage.folder_checks import collection_problems
from ppad.storage.ratings import read_exclusions, read_ratings
from ppad.storage.sums import read_sums, write_sums
from tests.fuzz.choices import WORDS, Choices, edited
from tests.fuzz.promises import accepted, contained
from tests.unit.build.samples import process_id, record, write_collection

RUBRIC = load_rubric("ppad-8")
NOW = datetime(2026, 1, 1, tzinfo=UTC)


def seeds() -> Iterator[bytes]:
    """A sound text for each reader, as it is and with an edit."""
    for number, reader in enumerate(READERS):
        yield bytes([number, 0]) + reader.sound.encode()
        yield bytes([number, 1, 9, 0, 4])


def dictionary() -> list[str]:
    """Words that the formats are made of."""
    marks = [
        "{",
        "}",
        "[",
        "]",
        ": ",
        "- ",
        "&a ",
        "*a",
        "!!int ",
        "!!timestamp ",
        "<<: ",
        "\\ud800",
        "null",
        "NaN",
        "1e999",
        '"',
        ";",
        "\t",
    ]
    return [*marks, *(word for word in WORDS if 0 < len(word) < 60), *RUBRIC.attribute_ids]


def target(data: bytes) -> None:
    """Read a text as what it claims to be; what is taken must hold together."""
    choices = Choices(data)
    reader = choices.one(READERS)
    text = edited(reader.sound.encode(), choices) if choices.flag() else choices.rest()
    _collection()
    with contained() as folder:
        file = folder / "in" / reader.name
        file.parent.mkdir()
        file.write_bytes(text)
        reader.read(file)


def _settings(file: Path) -> None:
    found = accepted(lambda: ExtractConfig.load(file))
    if found is not None:
        assert ExtractConfig.load(None, **found.model_dump()).hash() == found.hash()
    text = file.read_text("utf-8", "replace")
    accepted(lambda: read_settings([text, f"part.{text}"]))


def _rubric(file: Path) -> None:
    found = accepted(lambda: load_rubric(file))
    if found is not None:
        assert len(found.digest()) == 64
        assert all(low < high for low, high in found.scales.values())
        _critiques_under(found, "7/10. Bold.\n")


def _critique(file: Path) -> None:
    from ppad_annotation.app.critic import Critiques

    _critiques_under(RUBRIC, file.read_text("utf-8", "replace"))
    found = accepted(lambda: Critiques(file, RUBRIC))
    if found is not None:
        json.dumps([found.of(name) for name in found._texts]).encode()


def _critiques_under(rubric: critique.Rubric, text: str) -> None:
    once = critique.parse(text, rubric)
    again = critique.parse(critique.render(once, rubric), rubric)
    assert again.scores == once.scores
    assert all(low <= once.scores[name] <= high for name, (low, high) in rubric.scales.items() if once.scores[name] is not None)
    pins_of(json.dumps(once.pins()))


def _sidecar(file: Path) -> None:
    from ppad_pipelines.extract.sidecar import read_sidecar

    found = accepted(lambda: read_sidecar(file))
    for name, facts in found.rows.items() if found else ():
        name.encode()
        facts.to_json(None).encode()


def _ratings(file: Path) -> None:
    from ppad_annotation.ratings.importing import import_ratings

    out = file.parents[1] / "out" / "ratings.parquet"
    imported = accepted(
        lambda: import_ratings(
            file,
            out,
            RUBRIC,
            collections=[Path(_collection().name)],
            layout="auto",
            columns={},
            method="numbers",
            key_file=file.parents[1] / "key.json",
            again="repeat",
            rounding=True,
            dry_run=False,
        )
    )
    if imported is not None:
        assert len(read_ratings([out], RUBRIC)) == len(imported.rows)
        assert check_rating_rows(imported.rows, rating_columns(RUBRIC.attribute_ids), RUBRIC.scales, "") == []
    else:
        assert not out.exists()


@cache
def _collection() -> tempfile.TemporaryDirectory[str]:
    """A collection of two processes that ratings may be about."""
    folder = tempfile.TemporaryDirectory(prefix="ppad-documents-", dir=memory_folder())
    write_collection(Path(folder.name), [record("castle"), record("harbour")])
    return folder


def _artworks(file: Path) -> None:
    from ppad_annotation.ratings.artworks.table import works_of
    from ppad_annotation.ratings.tables import read_table

    pictures = file.parent / "pictures"
    pictures.mkdir()
    (pictures / "castle.jpg").touch()
    works = accepted(lambda: works_of(*read_table(file), load_rubric("artwork-5"), {}, pictures))
    for path in works.pictures.values() if works else ():
        assert path.parent == pictures


def _key_file(file: Path) -> None:
    from ppad_annotation.ratings.pseudonyms import load_pseudonyms

    found = accepted(lambda: load_pseudonyms("numbers", file, file.parents[1] / "out" / "ratings.parquet"))
    if found is not None:
        found.learn(["Ada", "Ben"])
        assert found.of("Ada") != found.of("Ben")
        found.save(file)


def _exclusions(file: Path) -> None:
    for one in accepted(lambda: read_exclusions(file)) or ():
        assert one.rater_id
        assert one.reason


def _campaign_tables(file: Path) -> None:
    from ppad_annotation.service.pairs import read_pairs
    from ppad_annotation.service.raters import _read_table
    from ppad_annotation.service.references import read_references

    for reference in (accepted(lambda: read_references(file, RUBRIC)) or {}).values():
        assert all(1 <= score <= 10 for score in reference.scores.values())
    for pairs in (accepted(lambda: read_pairs([file], RUBRIC)) or {}).values():
        json.dumps([pair.to_json() for pair in pairs], allow_nan=False).encode()
    for login, _, role in accepted(lambda: _read_table(file)) or ():
        assert login.strip() == login != ""
        assert role in ("rater", "admin")


def _workspace(file: Path) -> None:
    from ppad_annotation.service.workspace import Workspace

    file.rename(file.with_name("campaign.yaml"))
    accepted(lambda: Workspace(file.parent).database)


def _backup(file: Path) -> None:
    from ppad_annotation.service.backup import read_manifest

    accepted(lambda: read_manifest(file.parent))


def _ledgers(file: Path) -> None:
    data = file.read_bytes()
    collection = Collection(file.parent)
    with collection.writing():
        for ledger in (collection.failures_file, collection.rejects_file, collection.summary_file):
            ledger.write_bytes(data)
    assert all(problem.message and problem.fix for problem in collection_problems(file.parent))
    collection.write_failures(collection.failures())
    collection.write_rejects(collection.rejects())
    collection.write_summary()
    assert collection_problems(file.parent) == []


def _digests(file: Path) -> None:
    cache = DigestCache(file)
    assert len(cache.sha256(file)) == 64 if file.stat().st_size else True


def _sums(file: Path) -> None:
    for name in accepted(lambda: read_sums(file.parent)) or {}:
        assert (file.parent / name).resolve().is_relative_to(file.parent.resolve()), name
    (file.parent / "data.txt").touch()
    (file.parent / "data.txt").write_bytes(b"x")
    write_sums(file.parent)
    assert set(read_sums(file.parent)) == {"data.txt"}


def _card(file: Path) -> None:
    from collections import Counter

    from ppad.hub.contents import Contents
    from ppad.storage.folder_checks import dataset_problems

    contents = Contents("dataset", {"README.md": file}, {})
    assert gate_problems(contents, Counter(), (), {}, Consent()) is not None
    assert dataset_problems(file.parent, {}) is not None
    names = accepted(lambda: read_names(file))
    list(Forbidden(names or ()).found_in(file.read_text("utf-8", "replace")))


def _run(file: Path) -> None:
    from ppad_model.runs import _read_manifest

    accepted(lambda: _read_manifest(file.parent))


def _prompts(file: Path) -> None:
    from ppad_pipelines.synth.inputs import motifs_from_prompts

    for motif in accepted(lambda: motifs_from_prompts(None, file)) or ():
        assert motif.prompt and motif.prompt.strip() == motif.prompt


@dataclass(frozen=True)
class _Reader:
    name: str
    read: Callable[[Path], None]
    sound: str


_ID = process_id("castle")
_SCORES = ",".join(RUBRIC.attribute_ids)
_TASK = {
    "id": 1,
    "data": {"process_id": _ID},
    "annotations": [
        {"id": 5, "completed_by": {"email": "a@b.de"}, "lead_time": 3.5, "created_at": "2026-01-01T00:00:00Z",
         "result": [{"from_name": name, "value": {"rating": 5}} for name in RUBRIC.attribute_ids]}
    ],
}  # fmt: skip
_ENTRY = {"images_path": "castle", "valuationResults": {"drawingAccuracy": {"imageConsistency": 5}}}
_ATTRIBUTE = "{id: mood, name: Mood, short: M., aspect: all, level: low, question: Is there one?, low: no, high: 'yes'}"
_RUBRIC = f"id: own\nversion: 1\ntitle: Own\nsubject: artwork\nscale: {{low: 1, high: 5}}\nattributes: [{_ATTRIBUTE}]\n"
_CRITIQUE = "Consistency: 7/10. Bold. [frame 3: 10,20,35,40]\n**2. Style stability** (4)\nSteady.\nRemarks: None."
_WIDE = f"process_id,rater_id,{_SCORES},replicate,active_ms,created_at\n{_ID},ada,{'5,' * 8}0,900,2026-01-01\n"
_PAIRS = "".join(json.dumps({"process_id": "p", "source": name, "scores": {"consistency": 5}}) + "\n" for name in "ab")
_FAILURE = {"input": "a.mp4", "stage": "extract", "code": "media-empty", "message": "a.mp4 is empty.", "fix": "Copy it again."}
_MANIFEST = {
    "version": "1", "campaign": "c", "created_at": "2026", "kind": "sqlite", "sha256": "0" * 64, "events": 1, "chain_hash": "0",
    "counts": {"rater": 1}, "pictures": 0,
}  # fmt: skip
_PHASE = {"name": "train", "dataset": "d", "digest": "0", "splits": ["train"], "train": 1, "validation": 0}
_RUN = {
    "format": 1,
    "state": "finished",
    "model": "ppjudge",
    "rubric": "ppad-8",
    "phases": [_PHASE],
    "targets": "mean",
    "labels": {},
}

READERS = (
    _Reader("settings.yaml", _settings, "every: 3\nsensitivity: 1.5\ncrop: [0, 0, 10, 10]\ncodec: png\n"),
    _Reader("rubric.yaml", _rubric, _RUBRIC),
    _Reader("critique.txt", _critique, _CRITIQUE),
    _Reader("critiques.jsonl", _critique, json.dumps({"input": f"c/{_ID}.parquet", "text": "Consistency: 7/10. Bold."}) + "\n"),
    _Reader("sidecar.csv", _sidecar, "file;prompt;artist_id;origin\na.mp4;\"a castle; at dusk\";artist-7;real\n"),
    _Reader("sidecar.jsonl", _sidecar, json.dumps({"file": "a.mp4", "reference": "a.png", "style": "Cubism"}) + "\n"),
    _Reader("ratings.csv", _ratings, _WIDE),
    _Reader("long.csv", _ratings, f"process,rater,attribute,score\n{_ID},ada,Consistency,7\n{_ID},ada,detail_depth,3\n"),
    _Reader("tasks.json", _ratings, json.dumps([_TASK])),
    _Reader("authors.json", _ratings, json.dumps([_ENTRY])),
    _Reader("flat.json", _ratings, json.dumps([{"process_id": _ID, "annotator": 4, "consistency": 7}])),
    _Reader("works.csv", _artworks, "image,originality,critique,critique_2,caption\ncastle.jpg,7,Bold.,Dull.,A castle\n"),
    _Reader("key.json", _key_file, json.dumps({"version": 1, "method": "numbers", "secret": "00ff", "names": ["Cleo"]})),
    _Reader("exclusions.csv", _exclusions, "rater_id,process_id,reason,decided_by\nr1,,in a hurry,MR\n"),
    _Reader("references.csv", _campaign_tables, f"process_id,role,{_SCORES},comment\np,gold,{'5,' * 8}Note\n"),
    _Reader("raters.csv", _campaign_tables, "login,role,password\nada,rater,correct-horse\nboss,admin,\n"),
    _Reader("pairs.jsonl", _campaign_tables, _PAIRS),
    _Reader("settings.txt", _workspace, "database: campaign.sqlite\n"),
    _Reader("manifest.json", _backup, json.dumps(_MANIFEST)),
    _Reader("ledger.jsonl", _ledgers, json.dumps(_FAILURE) + "\n"),
    _Reader("digests.jsonl", _digests, json.dumps(["/a", 1, 2, "0" * 64]) + "\n"),
    _Reader("SHA256SUMS", _sums, f"{'0' * 64}  data/a.parquet\n"),
    _Reader("README.md", _card, "---\nlicense: mit\npretty_name: x\n---\n# x\n## Load it\nask a@b.de\n"),
    _Reader("run.json", _run, json.dumps(_RUN)),
    _Reader("prompts.txt", _prompts, "# prompts\na castle at dusk\n"),
)  # fmt: skip
