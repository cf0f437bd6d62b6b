"""The raters' app for as long as asked: a real server process, raters who do what people do, an admin who looks at the board."""

from __future__ import annotations

import json
import random
import re
import tempfile
import threading
import time
import uuid
from collections import Counter, defaultdict
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.client import HTTPException
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.annotate import make_ready
from benchmarks.annotate_clients import PASSWORD, RaterClient, Times, rate_item, rating, together
from benchmarks.annotate_data import make_campaign
from benchmarks.annotate_server import free_port, servers
from benchmarks.common import Calm, machine_facts, print_table
from benchmarks.soak_watch import Watch, slope, watching
from ppad.storage.sqlite import journal_mode, sqlite_version
from ppad_annotation.service.campaigns import campaign
from ppad_annotation.service.checking import check
from ppad_annotation.service.database import Database
from ppad_annotation.service.exporting import rating_events
from ppad_annotation.service.raters import add_rater
from ppad_annotation.service.workspace import Workspace

BOARD_EVERY_S = 20
WARM_MINUTES = 5
"""Left out of slopes: caches and connection pools fill."""
_CONFIG = re.compile(r"window\.gradio_config = (\{.*?\});</script>")


@dataclass
class Heard:
    """What the clients were told.

    Attributes:
        acknowledged: ids of ratings, revisions and withdrawals that the server confirmed.
        errors: what went wrong, by its sentence.
    """

    acknowledged: list[str] = field(default_factory=list)
    errors: Counter[str] = field(default_factory=Counter)

    @contextmanager
    def noted(self) -> Any:
        """Whatever goes wrong in the block is counted; the client goes on."""
        try:
            yield
        except (OSError, HTTPException, RuntimeError, ValueError, KeyError) as error:
            self.errors[f"{type(error).__name__}: {error}"[:120]] += 1


@dataclass(frozen=True)
class Minute:
    """A minute of the soak; times are seconds."""

    number: int
    times: Times
    database_mb: float
    errors: int


def soak_app(minutes: float, raters: int, items: int, pace: float) -> None:
    """Serve, rate, watch, and print what was seen."""
    facts = {"SQLite": f"{'.'.join(map(str, sqlite_version()))} ({journal_mode()} journal)"}
    print(machine_facts(["gradio", "fastapi", "uvicorn", "sqlalchemy", "psutil"], facts))
    with tempfile.TemporaryDirectory(prefix="ppad-soak-") as name:
        folder = Path(name) / "campaign"
        db = Workspace(folder).make()
        people = make_campaign(db, items, raters, 0.3)
        make_ready(db, people)
        add_rater(db, "boss", PASSWORD, "admin", datetime.now(UTC))
        calm = Calm()
        with servers(folder, free_port()) as running:
            running.start()
            times, heard = defaultdict(list), Heard()
            clients = [RaterClient(running.port, login, times) for login in people]
            boss = RaterClient(running.port, "boss", times)
            with watching(running.pid, 5.0) as watch:
                found = _minutes(minutes, times, heard, folder, lambda until: _load(clients, boss, db, pace, until, heard))
        title = f"{raters} raters, an item each {pace:g} s, {minutes:g} minutes ({calm})"
        _print(title, found, watch, heard)
        _print_stored(db, heard)
        db.close()


def _minutes(minutes: float, times: Times, heard: Heard, folder: Path, load: Callable[[float], None]) -> list[Minute]:
    """Run the load in a thread, and put what was measured away each minute."""
    began = time.perf_counter()
    working = threading.Thread(target=load, args=(began + 60 * minutes,), daemon=True)
    working.start()
    found: list[Minute] = []
    errors = 0
    while working.is_alive():
        working.join(max(0.0, began + 60 * (len(found) + 1) - time.perf_counter()))
        taken: Times = defaultdict(list)
        for name in list(times):
            count = len(times[name])  # what is added meanwhile belongs to the next minute
            taken[name] = times[name][:count]
            del times[name][:count]
        size = sum(file.stat().st_size for file in folder.glob("campaign.sqlite*")) / 1e6
        total = heard.errors.total()
        found.append(Minute(len(found) + 1, taken, size, total - errors))
        errors = total
    return found


def _load(clients: list[RaterClient], boss: RaterClient, db: Database, pace: float, until: float, heard: Heard) -> None:
    attributes = campaign(db).rubric.attribute_ids
    boards = threading.Thread(target=_watch_board, args=(boss, until, heard), daemon=True)
    boards.start()
    together(clients, lambda client: _rate(client, attributes, pace, until, heard))
    boards.join()


def _rate(client: RaterClient, attributes: tuple[str, ...], pace: float, until: float, heard: Heard) -> None:
    """A rater's day: log in, rate; now and then look back, revise, undo, skip, flag, load the page again, log in anew."""
    rng = random.Random(client.login)
    time.sleep(rng.random() * pace)
    with heard.noted():
        client.log_in()
    while time.perf_counter() < until:
        with heard.noted():
            _, work = client.post("/api/claim", {}, "next item")
            if work["state"] != "item":
                return
            item = work["item"]
            if rng.random() < 0.03:
                _ask(client, "/api/skip", {"assignment_id": item["assignment_id"], "reason": "other", "text": "cannot see it"})
                continue
            if rng.random() < 0.03:
                _ask(client, "/api/flag", {"assignment_id": item["assignment_id"], "reason": "other", "text": "upside down"})
            heard.acknowledged.append(rate_item(client, item, attributes, pace, rng)["event_id"])
            if rng.random() < 0.1:
                _look_back(client, attributes, rng, heard)
            if rng.random() < 0.05:
                _come_back(client, rng)


def _look_back(client: RaterClient, attributes: tuple[str, ...], rng: random.Random, heard: Heard) -> None:
    """The history, and of one of its ratings a revision; of some the withdrawal, and the rating anew."""
    last = json.loads(client.fetch("/api/history?limit=20", "history"))["ratings"]
    chosen = rng.choice(last)["assignment_id"]
    item = json.loads(client.fetch(f"/api/assignment/{chosen}", "history"))["item"]
    head = item["head_event"]
    if rng.random() < 0.3:
        undo = {"assignment_id": chosen, "event_id": str(uuid.uuid4()), "prev_event": head}
        head = _ask(client, "/api/withdraw", undo)["event_id"]
        heard.acknowledged.append(head)
    answer = _ask(client, "/api/submit", rating(item | {"head_event": head}, attributes, rng))
    heard.acknowledged.append(answer["event_id"])


def _come_back(client: RaterClient, rng: random.Random) -> None:
    """The page loaded anew; at times after logging out, and a wrong password."""
    if rng.random() < 0.3:
        _ask(client, "/logout", {})
        client.log_in()
    client.fetch("/rate", "page")
    client.fetch("/api/start", "page")


def _watch_board(boss: RaterClient, until: float, heard: Heard) -> None:
    """Open the board in either language as its page does, again and again: each visit is a new session of Gradio's."""
    rng = random.Random("boss")
    with heard.noted():
        boss.log_in()
    while time.perf_counter() < until:
        with heard.noted():
            path, session = f"/admin/{rng.choice(['en', 'zh'])}", uuid.uuid4().hex[:12]
            match = _CONFIG.search(boss.fetch(path, "board").decode())
            if match is None:
                raise RuntimeError("the board has no configuration")
            loading = json.loads(match[1])["dependencies"][-1]["id"]
            asked = {"data": [], "fn_index": loading, "session_hash": session}
            _ask(boss, f"{path}/gradio_api/queue/join", asked)
            told = boss.fetch(f"{path}/gradio_api/queue/data?session_hash={session}", "board, filled").decode()
            if "process_completed" not in told or '"success": false' in told.replace('":f', '": f'):
                raise RuntimeError(f"the board was not filled: {told[-100:]}")
        time.sleep(BOARD_EVERY_S)


def _ask(client: RaterClient, path: str, body: Any) -> dict[str, Any]:
    status, answer = client.post(path, body, path.rpartition("/")[2])
    if status != 200:
        raise RuntimeError(f"{path}: {status} {answer}")
    return dict(answer)


def _print(title: str, found: list[Minute], watch: Watch, heard: Heard) -> None:
    heads = (
        "minute", "ratings", "memory, MB", "descriptors", "threads", "database, MB", "submit p50 / p99, ms",
        "next item p50 / p99, ms", "picture p99, ms", "board, ms", "errors",
    )  # fmt: skip
    print_table(title, heads, [_row(minute, watch) for minute in found])
    print_table("What went wrong", ("sentence", "times"), [(what, str(count)) for what, count in heard.errors.most_common()])
    steady = [minute for minute in found[:-1] if minute.number > WARM_MINUTES]
    if len(steady) < 3:
        print(f"\nNo slopes: give more than {WARM_MINUTES + 3} --minutes.")
        return
    late = [sample for sample in watch.parent if 60 * WARM_MINUTES < sample.at_s <= 60 * steady[-1].number]
    hours = [sample.at_s / 3600 for sample in late]
    rows = [
        ("memory", *_verdict(hours, [sample.rss_mb for sample in late], 1, "MB an hour")),
        ("descriptors", *_verdict(hours, [float(sample.descriptors) for sample in late], 1, "an hour")),
        ("threads", *_verdict(hours, [float(sample.threads) for sample in late], 1, "an hour")),
    ]
    places = [minute.number / 60 for minute in steady]
    for call in ("submit", "next item", "picture", "save a draft"):
        for share in (50, 99):
            values = [_percentile(minute.times[call], share) for minute in steady]
            rows.append((f"{call}, p{share}", *_verdict(places, values, 1000, "ms an hour")))
    print_table(f"From minute {WARM_MINUTES + 1} on (Theil–Sen slope, 95 % interval)", ("what", "slope", "verdict"), rows)


def _print_stored(db: Database, heard: Heard) -> None:
    """What the clients were told, beside what the database holds."""
    health = check(db)
    stored = Counter(str(event["event_id"]) for event in rating_events(db))
    rows = [
        ("events that a client saw acknowledged", f"{len(heard.acknowledged):,}"),
        ("of these lost, or stored twice", str(sum(stored[event] != 1 for event in heard.acknowledged))),
        ("history and counters", "; ".join(health.problems) or f"{health.chain.events:,} events, every hash right"),
    ]
    print_table("In the database at the end", ("what", "found"), rows)


def _row(minute: Minute, watch: Watch) -> tuple[str, ...]:
    now = [sample for sample in watch.parent if minute.number - 1 <= sample.at_s / 60 < minute.number] or watch.parent[-1:]
    pairs = (f"{1000 * _percentile(minute.times[c], 50):.0f} / {1000 * _percentile(minute.times[c], 99):.0f}" for c in CALLS)
    return (
        str(minute.number), str(len(minute.times["submit"])), f"{median(one.rss_mb for one in now):.0f}",
        str(max(one.descriptors for one in now)), str(max(one.threads for one in now)), f"{minute.database_mb:.1f}", *pairs,
        f"{1000 * _percentile(minute.times['picture'], 99):.0f}", f"{1000 * _percentile(minute.times['board, filled'], 50):.0f}",
        str(minute.errors),
    )  # fmt: skip


CALLS = ("submit", "next item")


def _verdict(places: list[float], values: list[float], factor: float, unit: str) -> tuple[str, str]:
    found = slope(places, values)
    return found.shown(factor, unit), "flat" if found.is_flat else "grows"


def _percentile(values: list[float], share: int) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, len(ordered) * share // 100)] if ordered else 0.0
