"""A server that is killed again and again while raters work: what was acknowledged is stored, once, and nothing is stuck."""

from __future__ import annotations

import os
import random
import signal
import threading
import time
from collections import Counter
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path
from typing import Any

from sqlalchemy import func, select

from benchmarks.annotate_clients import RaterClient, rating, together
from benchmarks.annotate_server import Servers
from ppad_annotation.service.campaigns import campaign
from ppad_annotation.service.chain import verify
from ppad_annotation.service.database import Database
from ppad_annotation.service.slots import PLANNED
from ppad_annotation.service.tables import Assignment, RatingEvent, Slot

_AWAY = (OSError, HTTPException, ValueError)
"""What a client sees while the server is away, or dies in the middle of an answer."""


@dataclass(frozen=True)
class Verdict:
    """What was found after the last kill, when all raters had finished.

    Attributes:
        kills: of the server, and `restart_s`, the mean time until the next one answered.
        acknowledged: ratings that a client saw confirmed.
        lost: of these, not stored. `duplicates`: assignments with several first events. `unasked`: stored, though never sent.
        over_assigned: items with more ratings than the plan has, blind repeats aside. `stuck`: slots that nobody could fill.
        chain_intact: whether every hash of the history is right.
    """

    kills: int
    restart_s: float
    acknowledged: int
    lost: int
    duplicates: int
    unasked: int
    over_assigned: int
    stuck: int
    chain_intact: bool


class Journal:
    """Acknowledged ids of one rater, on disk before the next is sent."""

    def __init__(self, file: Path) -> None:
        self._file = file.open("a", encoding="ascii")

    def note(self, word: str, event_id: str) -> None:
        """Write a line down durably."""
        self._file.write(f"{word} {event_id}\n")
        self._file.flush()
        os.fsync(self._file.fileno())

    def close(self) -> None:
        """Close the file."""
        self._file.close()


def rate_through_kills(client: RaterClient, attributes: tuple[str, ...], journal: Journal) -> None:
    """Rate everything there is; a request that got no answer is sent again as it was."""
    rng = random.Random(client.login)
    while True:
        work = _insist(client, "/api/claim", {})
        if work["state"] != "item":
            return
        item = work["item"]
        _insist(client, "/api/upcoming", {})
        body = rating(item, attributes, rng)
        journal.note("sent", body["event_id"])
        answer = _insist(client, "/api/submit", body)
        if answer["event_id"] != body["event_id"]:
            raise RuntimeError(f"another event was acknowledged: {answer}")
        journal.note("acknowledged", body["event_id"])


def _insist(client: RaterClient, path: str, body: Any) -> dict[str, Any]:
    for _ in range(3000):
        try:
            status, answer = client.post(path, body)
        except _AWAY:
            time.sleep(0.05)
            continue
        if status == 200:
            return answer
        if status < 500:
            raise RuntimeError(f"{path}: {status} {answer}")
        time.sleep(0.05)
    raise RuntimeError(f"{path}: the server did not come back")


def kill_while_rating(servers: Servers, db: Database, logins: list[str], kills: int, journals: Path, seed: int = 0) -> Verdict:
    """Kill the server so many times at random moments, let the raters finish, and look at what is stored.

    Args:
        servers: started.
        journals: folder for the clients' journals.
    """
    attributes = campaign(db).rubric.attribute_ids
    clients = [RaterClient(servers.port, login) for login in logins]
    for client in clients:
        client.log_in()
    books = {client.login: Journal(journals / f"{client.login}.txt") for client in clients}
    restarts: list[float] = []
    killer = threading.Thread(target=_kill, args=(servers, kills, restarts, random.Random(seed)), daemon=True)
    killer.start()
    together(clients, lambda client: rate_through_kills(client, attributes, books[client.login]))
    killer.join()
    for book in books.values():
        book.close()
    return _verdict(db, journals, restarts)


def _kill(servers: Servers, kills: int, restarts: list[float], rng: random.Random) -> None:
    for _ in range(kills):
        time.sleep(rng.uniform(0.05, 1.0))
        os.kill(servers.pid, signal.SIGKILL)
        restarts.append(servers.start())


def _verdict(db: Database, journals: Path, restarts: list[float]) -> Verdict:
    lines = [line.split() for file in journals.glob("*.txt") for line in file.read_text().splitlines()]
    acknowledged = {name for word, name in lines if word == "acknowledged"}
    sent = {name for word, name in lines if word == "sent"}
    with db.read() as session:
        stored = Counter(session.scalars(select(RatingEvent.event_id)))
        firsts = Counter(session.scalars(select(RatingEvent.assignment_id).where(RatingEvent.prev_event.is_(None))))
        rated = select(Assignment.item_id, func.count()).where(Assignment.state == "submitted", Assignment.kind.in_(PLANNED))
        planned = dict(session.execute(select(Slot.item_id, func.count()).group_by(Slot.item_id)).all())
        over = [item for item, count in session.execute(rated.group_by(Assignment.item_id)) if count > planned[item]]
        stuck = session.scalar(select(func.count()).where(Slot.state != "filled"))
    return Verdict(
        kills=len(restarts),
        restart_s=sum(restarts) / max(1, len(restarts)),
        acknowledged=len(acknowledged),
        lost=len(acknowledged - set(stored)),
        duplicates=sum(count > 1 for count in firsts.values()),
        unasked=len(set(stored) - sent),
        over_assigned=len(over),
        stuck=stuck or 0,
        chain_intact=_intact(db),
    )


def _intact(db: Database) -> bool:
    verify(db)  # raises where a hash is wrong
    return True
