"""The annotation app as raters meet it: a real server process on loopback, real clients, a real browser.

    python -m benchmarks.annotate [--items 25000] [--raters 15 100] [--pace 7.5] [--seconds 60] [--postgresql URL]
    python -m benchmarks.annotate --kills 100        the server is killed so often under load
    python -m benchmarks.annotate --browser          page to first frame, next item after a submission

Each rater works like the page does: two drafts, a submission, the next item, its reservation and its pictures; `--pace` is
the seconds that an item takes, a tenth of what people need. Commits are durable. The PostgreSQL database must be empty.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections import defaultdict
from datetime import UTC, datetime
from pathlib import Path
from statistics import quantiles

import numpy as np
from sqlalchemy import update

from benchmarks.annotate_browser import browser_rows
from benchmarks.annotate_clients import PASSWORD, RaterClient, Times, rate_at_pace, together
from benchmarks.annotate_data import make_campaign
from benchmarks.annotate_kills import kill_while_rating
from benchmarks.annotate_server import Servers, free_port, servers
from benchmarks.common import Calm, machine_facts, print_table
from ppad.media.images import encode_image
from ppad.storage.sqlite import journal_mode, sqlite_version
from ppad_annotation.service.campaigns import campaign
from ppad_annotation.service.database import Database
from ppad_annotation.service.layouts import pack_path
from ppad_annotation.service.passwords import hashed
from ppad_annotation.service.tables import Item, Rater
from ppad_annotation.service.workspace import Workspace

FRAMES = 15
SIZE = (1024, 768)
CALLS = ("submit", "next item", "reserve the next", "save a draft", "picture")


def main() -> None:
    """Measure what is asked for, and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--items", type=int, default=25_000)
    parser.add_argument("--raters", type=int, nargs="+", default=[15, 100])
    parser.add_argument("--pace", type=float, default=7.5, help="seconds an item")
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--postgresql", help="URL of an empty database, in place of SQLite")
    parser.add_argument("--kills", type=int, help="kill the server so often while 15 raters rate without a pause")
    parser.add_argument("--browser", action="store_true")
    args = parser.parse_args()
    facts = {"SQLite": f"{'.'.join(map(str, sqlite_version()))} ({journal_mode()} journal)"}
    print(machine_facts(["gradio", "fastapi", "uvicorn", "sqlalchemy", "psycopg"], facts))
    with tempfile.TemporaryDirectory() as folder:
        _measure("PostgreSQL" if args.postgresql else "SQLite", Path(folder) / "campaign", args.postgresql, args)


def _measure(name: str, folder: Path, url: str | None, args: argparse.Namespace) -> None:
    db = Workspace(folder).make(url)
    items, rated = (args.items, 0.5) if args.kills is None else (min(args.items, 40 * args.kills), 0.0)
    people = make_campaign(db, items, max(args.raters) if args.kills is None else 15, rated)
    make_ready(db, people)
    with servers(folder, free_port()) as running:
        running.start()
        if args.kills is not None:
            print_table(
                f"{name}: the server killed under load", ("what", "found"), _kills(running, db, people, args.kills, folder)
            )
        elif args.browser:
            print_table(
                f"{name}: in Chromium, {items:,} items", ("what", "n", "p50 ms", "max ms"), browser_rows(running.port, people)
            )
        else:
            for count in args.raters:
                calm = Calm()
                times = _load(running.port, people[:count], campaign(db).rubric.attribute_ids, args.pace, args.seconds)
                title = f"{name}, {items:,} items, {count} raters, an item each {args.pace:g} s ({calm})"
                print_table(title, ("call", "n", "p50 ms", "p99 ms", "max ms"), [_row(call, times[call]) for call in CALLS])
    db.close()


def make_ready(db: Database, people: list[str]) -> None:
    """Real pictures and a password for everybody: all items share one pack, which says as much about the server's work."""
    key, layout = _one_pack(db.media)
    password = hashed(PASSWORD)
    with db.write() as session:
        session.execute(update(Item).values(media_key=key, layout=layout))
        session.execute(update(Rater).where(Rater.id.in_(people)).values(password_hash=password, last_seen_at=datetime.now(UTC)))


def _one_pack(media: Path) -> tuple[str, dict[str, object]]:
    rng = np.random.default_rng(0)
    width, height = SIZE
    soft = np.kron(rng.integers(40, 215, (height // 32, width // 32, 3)), np.ones((32, 32, 1)))
    pictures = []
    for frame in range(FRAMES + 1):
        grain = rng.normal(0, 6, (height, width, 3))
        pictures.append(encode_image(np.clip(soft * (frame + 1) / (FRAMES + 1) + grain, 0, 255).astype(np.uint8)))
    key = "benchmark-pictures-0001"[:22]
    file = pack_path(media, key)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(b"".join(pictures))
    starts = np.cumsum([0, *(len(picture) for picture in pictures)]).tolist()
    places = [[start, len(picture)] for start, picture in zip(starts, pictures, strict=False)]
    return key, {"frames": places[:-1], "reference": places[-1], "width": width, "height": height, "sha256": "0" * 64}


def _load(port: int, logins: list[str], attributes: tuple[str, ...], pace: float, seconds: float) -> Times:
    times: Times = defaultdict(list)
    clients = [RaterClient(port, login, times) for login in logins]
    for client in clients:
        client.log_in()
    until = time.perf_counter() + seconds
    together(clients, lambda client: rate_at_pace(client, attributes, pace, until))
    return times


def _kills(running: Servers, db: Database, people: list[str], kills: int, folder: Path) -> list[tuple[str, str]]:
    found = kill_while_rating(running, db, people, kills, folder)
    return [
        ("kills", f"{found.kills}, {found.restart_s:.1f} s until the next server answers"),
        ("ratings that a client saw acknowledged", f"{found.acknowledged:,}"),
        ("of these lost", str(found.lost)),
        ("assignments with two ratings", str(found.duplicates)),
        ("ratings that nobody sent", str(found.unasked)),
        ("items with more ratings than planned", str(found.over_assigned)),
        ("slots that stayed open or held", str(found.stuck)),
        ("history", "every hash right" if found.chain_intact else "broken"),
    ]


def _row(call: str, found: list[float]) -> tuple[str, ...]:
    cuts = quantiles(found, n=100)
    return call, f"{len(found):,}", f"{1000 * cuts[49]:.1f}", f"{1000 * cuts[98]:.1f}", f"{1000 * max(found):.0f}"


if __name__ == "__main__":
    main()
