"""Raters over HTTP: each logs in, and then does what the page does for every item."""

from __future__ import annotations

import json
import random
import threading
import time
import uuid
from collections import defaultdict
from collections.abc import Callable
from http.client import HTTPConnection, HTTPException
from typing import Any
from urllib.parse import urlencode

PASSWORD = "correct-horse-7"  # noqa: S105  of accounts that live as long as a benchmark
Times = dict[str, list[float]]


class RaterClient:
    """One rater's browser without a screen; a connection that breaks is made anew."""

    def __init__(self, port: int, login: str, times: Times | None = None) -> None:
        self.port = port
        self.login = login
        self.times = defaultdict(list) if times is None else times
        self.cookies: dict[str, str] = {}
        self.csrf = ""
        self._connection: HTTPConnection | None = None

    def log_in(self) -> None:
        """Get a session."""
        form = json.loads(self._send("GET", "/login/token")[1])["form"]
        body = urlencode({"login": self.login, "password": PASSWORD, "form": form}).encode()
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
        status, answer = self._send("POST", "/login", body, headers)
        if status != 200:
            raise RuntimeError(f"{self.login} cannot log in: {status} {answer!r}")
        self.csrf = json.loads(answer)["csrf"]

    def post(self, path: str, body: Any, name: str | None = None) -> tuple[int, Any]:
        """Post JSON; the time until the answer is there is kept under a name.

        Raises:
            OSError, HTTPException: the server is away.
        """
        headers = {"Content-Type": "application/json", "X-CSRF-Token": self.csrf}
        started = time.perf_counter()
        status, answer = self._send("POST", path, json.dumps(body).encode(), headers)
        if name is not None and status == 200:
            self.times[name].append(time.perf_counter() - started)
        return status, json.loads(answer)

    def fetch(self, path: str, name: str = "picture") -> bytes:
        """Get a picture or a page; the time until it is there is kept under a name."""
        started = time.perf_counter()
        status, answer = self._send("GET", path)
        if status != 200:
            raise RuntimeError(f"{path}: {status}")
        self.times[name].append(time.perf_counter() - started)
        return answer

    def close(self) -> None:
        """Drop the connection."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _send(
        self, method: str, path: str, body: bytes | None = None, headers: dict[str, str] | None = None
    ) -> tuple[int, bytes]:
        if self._connection is None:
            self._connection = HTTPConnection("127.0.0.1", self.port, timeout=60)
        cookies = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        try:
            self._connection.request(method, path, body, {"Cookie": cookies, **(headers or {})})
            response = self._connection.getresponse()
            answer = response.read()
        except (OSError, HTTPException):
            self.close()
            raise
        for cookie in response.headers.get_all("set-cookie") or ():
            name, _, value = cookie.split(";")[0].partition("=")
            self.cookies[name] = value
        return response.status, answer


def rating(item: dict[str, Any], attributes: tuple[str, ...], rng: random.Random) -> dict[str, Any]:
    """A rating as the page sends it."""
    return {
        "event_id": str(uuid.UUID(int=rng.getrandbits(128), version=4)), "prev_event": item["head_event"],
        "assignment_id": item["assignment_id"], "scores": {name: rng.randint(1, 10) for name in attributes},
        "cannot_judge": [], "choice": None, "critique": "Calm and sure." * 5, "pins": [], "active_ms": 70_000, "full_pass": True,
    }  # fmt: skip


def rate_at_pace(client: RaterClient, attributes: tuple[str, ...], seconds_an_item: float, until: float) -> None:
    """What the page of one rater sends, item after item."""
    rng = random.Random()
    time.sleep(rng.random() * seconds_an_item)
    _, work = client.post("/api/claim", {})
    while time.perf_counter() < until and work["state"] == "item":
        rate_item(client, work["item"], attributes, seconds_an_item, rng)
        _, work = client.post("/api/claim", {}, "next item")


def rate_item(
    client: RaterClient, item: dict[str, Any], attributes: tuple[str, ...], seconds: float, rng: random.Random
) -> dict[str, Any]:
    """Drafts while rating, the pictures of the next item ahead, and the rating; the server's answer to it."""
    began = time.perf_counter()
    _, ahead = client.post("/api/upcoming", {}, "reserve the next")
    for picture in ahead["item"]["frames"] if ahead["state"] == "item" else ():
        client.fetch(picture)
    for share in (0.3, 0.7):
        time.sleep(max(0.0, began + share * seconds - time.perf_counter()))
        client.post("/api/draft", {"assignment_id": item["assignment_id"], "draft": {"full_pass": True}}, "save a draft")
    time.sleep(max(0.0, began + seconds * rng.uniform(0.8, 1.2) - time.perf_counter()))
    status, answer = client.post("/api/submit", rating(item, attributes, rng), "submit")
    if status != 200:
        raise RuntimeError(f"{client.login}: {answer}")
    return dict(answer)


def together(clients: list[RaterClient], act: Callable[[RaterClient], None]) -> None:
    """Let all raters work at once, each in a thread; the first failure is raised."""
    failures: list[BaseException] = []

    def run(client: RaterClient) -> None:
        try:
            act(client)
        except BaseException as error:  # noqa: BLE001  raised below, in the main thread
            failures.append(error)
        finally:
            client.close()

    threads = [threading.Thread(target=run, args=(client,), daemon=True) for client in clients]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]
