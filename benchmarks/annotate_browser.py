"""What a rater waits for, seen from inside a real browser."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from statistics import median
from typing import Any

from benchmarks.annotate_clients import PASSWORD

ITEMS = 20
VISITS = 5

SHOWN = "document.querySelector('#ppad')?.dataset.shown"
"""Set when the first frame of the item has been decoded and given to the canvas."""

WATCH = """
(() => {
  window.submitted = [];
  const page = document.querySelector("#ppad");
  let began = 0;
  addEventListener("keydown", (event) => {
    if (event.ctrlKey && event.key === "Enter") began = performance.now();
  }, { capture: true });
  new MutationObserver(() => {
    if (!began || page.dataset.shown !== page.dataset.assignment) return;
    const start = began;
    began = 0;
    requestAnimationFrame(() => requestAnimationFrame(() => window.submitted.push(performance.now() - start)));
  }).observe(page, { attributes: true, attributeFilter: ["data-shown"] });
})()
"""
"""From the key that submits to the second repaint after the next item's first frame was drawn."""

NEXT_IS_READY = "(({ next, assignment }) => next && next !== assignment)(document.querySelector('#ppad').dataset)"
PAINTED = """new Promise((done) => {
  requestAnimationFrame(() => requestAnimationFrame(() => done(performance.now())));
})"""


def browser_rows(port: int, logins: list[str]) -> list[tuple[str, ...]]:
    """Rows of the table: cold and warm starts, and the way from one item to the next."""
    url = f"http://127.0.0.1:{port}"
    rows = []
    with _browser() as browser:
        cold, warm = [], []
        for login in logins[:VISITS]:
            context = browser.new_context(viewport={"width": 1440, "height": 900})
            page = context.new_page()
            _log_in(page, url, login)
            cold.append(_first_frame(page))
            page.goto(f"{url}/rate")
            warm.append(_first_frame(page))
            context.close()
        rows += [_row("page to first frame, nothing cached", cold), _row("page to first frame, scripts cached", warm)]
        page = browser.new_context(viewport={"width": 1440, "height": 900}).new_page()
        _log_in(page, url, logins[VISITS])
        rows.append(_row("submission to next item on the screen", _rate(page)))
    return rows


def _rate(page: Any) -> list[float]:
    page.wait_for_selector("#question .score", timeout=60_000)
    page.evaluate(WATCH)
    for done in range(1, ITEMS + 1):
        page.wait_for_function(
            "document.querySelector('#ppad').dataset.next !== document.querySelector('#ppad').dataset.assignment"
        )
        page.wait_for_timeout(2000)  # people take longer; the pictures of the next item have come meanwhile
        for digit in "78654321":
            page.keyboard.press(digit)
        page.keyboard.press("Control+Enter")
        page.wait_for_function("done => window.submitted.length === done", arg=done, timeout=60_000)
        page.wait_for_selector("#question .score", timeout=60_000)
    return page.evaluate("window.submitted")


def _log_in(page: Any, url: str, login: str) -> None:
    page.goto(f"{url}/login")
    page.fill("#login", login)
    page.fill("#password", PASSWORD)
    page.click("button[type=submit]")


def _first_frame(page: Any) -> float:
    page.wait_for_function(f"{SHOWN} !== undefined", timeout=60_000)
    return page.evaluate(
        "new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done(performance.now()))))"
    )


@contextmanager
def _browser() -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    found = shutil.which("chromium") or shutil.which("google-chrome")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=["--no-sandbox", "--disable-gpu"])
        yield browser
        browser.close()


def _row(what: str, milliseconds: list[float]) -> tuple[str, ...]:
    return what, str(len(milliseconds)), f"{median(milliseconds):.0f}", f"{max(milliseconds):.0f}"
