"""How long a rater waits for the service: claims, submissions, reservations, drafts; on SQLite and PostgreSQL.

    python -m benchmarks.annotate_service [--threads 1 15] [--pause 5] [--seconds 20] [--postgresql URL]

Each thread is a rater who claims, saves a draft, submits, reserves the next item, and pauses for `--pause` seconds on average;
people take some 75. Without a pause it shows what the service can do at most. Commits are durable. The PostgreSQL database must
be empty.
"""

from __future__ import annotations

import argparse
import random
import tempfile
import threading
import time
import uuid
from collections import defaultdict
from datetime import timedelta
from pathlib import Path
from statistics import quantiles

from benchmarks.annotate_data import START, make_campaign
from benchmarks.common import Calm, machine_facts, print_table
from ppad.storage.sqlite import journal_mode, sqlite_version
from ppad_annotation.service import board
from ppad_annotation.service.campaigns import campaign
from ppad_annotation.service.chain import verify
from ppad_annotation.service.database import Database
from ppad_annotation.service.drafts import save_draft
from ppad_annotation.service.exporting import current_ratings
from ppad_annotation.service.queue import Done, claim, heartbeat, upcoming
from ppad_annotation.service.ratings import submit
from ppad_annotation.service.sessions import session_of
from ppad_annotation.service.submissions import Submission

Times = dict[str, list[float]]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--items", type=int, default=25_000)
    parser.add_argument("--raters", type=int, default=100)
    parser.add_argument("--rated", type=float, default=0.5, help="share of the items that have all their ratings")
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 15])
    parser.add_argument("--pause", type=float, default=5, help="seconds between two items of a rater, on average")
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--postgresql", help="URL of an empty database")
    args = parser.parse_args()
    version = ".".join(map(str, sqlite_version()))
    print(machine_facts(["sqlalchemy", "psycopg"], {"SQLite": f"{version} ({journal_mode()} journal)"}))
    with tempfile.TemporaryDirectory() as folder:
        urls = {"SQLite": f"sqlite:///{Path(folder) / 'campaign.sqlite'}"}
        urls |= {"PostgreSQL": args.postgresql} if args.postgresql else {}
        for name, url in urls.items():
            db = Database.open(url, Path(folder) / "media")
            people = make_campaign(db, args.items, args.raters, args.rated)
            for threads in args.threads:
                calm = Calm()
                times, seconds = load(db, people[:threads], args.seconds, args.pause)
                title = f"{name}, {threads} raters: {len(times['submit']) / seconds:.1f} ratings a second ({calm})"
                print_table(
                    title, ("call", "n", "p50 ms", "p99 ms", "max ms"), [_row(call, found) for call, found in times.items()]
                )
            print_table(f"{name}: once", ("what", "ms"), _once(db))
            db.close()


def load(db: Database, people: list[str], seconds: float, pause: float) -> tuple[Times, float]:
    """Let raters work in threads; the seconds that each call took, and how long it all ran."""
    times: Times = defaultdict(list)
    started = time.perf_counter()
    threads = [threading.Thread(target=_rate, args=(db, person, started + seconds, pause, times)) for person in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return times, time.perf_counter() - started


def _rate(db: Database, person: str, until: float, pause: float, times: Times) -> None:
    chance = random.Random(person)
    names = campaign(db).rubric.attribute_ids

    def timed(call: str, started: float) -> None:
        times[call].append(time.perf_counter() - started)  # appending to a list is atomic

    while True:
        time.sleep(chance.uniform(0, 2 * pause))
        started = time.perf_counter()
        if started > until:
            return
        now = START + timedelta(days=1, seconds=started)
        item = claim(db, person, now)
        timed("claim", started)
        if isinstance(item, Done):
            raise SystemExit("The campaign is over: take more --items.")
        started = time.perf_counter()
        save_draft(db, item.id, person, {"scores": dict.fromkeys(names, 5), "full_pass": True}, now)
        timed("save draft", started)
        started = time.perf_counter()
        heartbeat(db, item.id, person, now)
        timed("heartbeat", started)
        started = time.perf_counter()
        upcoming(db, person, now)
        timed("reserve the next", started)
        answer = Submission(
            event_id=str(uuid.uuid4()), prev_event=None, assignment_id=item.id, scores=dict.fromkeys(names, 5),
            critique="Calm and sure.", active_ms=75_000, full_pass=True,
        )  # fmt: skip
        started = time.perf_counter()
        submit(db, answer, person, now)
        timed("submit", started)
        started = time.perf_counter()
        session_of(db, "no such token", now)
        timed("look a session up", started)


def _row(call: str, found: list[float]) -> tuple[str, ...]:
    cuts = quantiles(found, n=100)
    return call, str(len(found)), f"{1000 * cuts[49]:.1f}", f"{1000 * cuts[98]:.1f}", f"{1000 * max(found):.0f}"


def _once(db: Database) -> list[tuple[str, str]]:
    rows = []
    works = {
        "coverage": lambda: board.coverage(db),
        "pace": lambda: board.pace(db, START),
        "facts of all raters": lambda: board.rater_facts(db, START),
        "export of all ratings": lambda: sum(1 for _ in current_ratings(db)),
        "verification of the history": lambda: verify(db),
    }
    for name, work in works.items():
        started = time.perf_counter()
        work()
        rows.append((name, f"{1000 * (time.perf_counter() - started):.0f}"))
    return rows


if __name__ == "__main__":
    main()
