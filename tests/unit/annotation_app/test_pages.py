"""The head and the policy that a page of Gradio gets, cookies behind TLS, and limits without a server."""

from __future__ import annotations

import base64
import hashlib

from starlette.responses import Response

from ppad_annotation.app.access import cookie_name, set_session
from ppad_annotation.app.gradio_mount import READING, Door, policy_of, with_head
from ppad_annotation.app.static_files import FOLDER, static_url

DOOR = Door("/rate", "rater", READING, scripts=("main.js", "dom.js"), styles=("rate.css",))


def test_only_inline_scripts_are_named_in_the_policy() -> None:
    page = b'<script>let a = 1</script><script type="module" src="/x.js"></script><script data-x>\nb()\n</script>'
    digests = [base64.b64encode(hashlib.sha256(text).digest()).decode() for text in (b"let a = 1", b"\nb()\n")]
    policy = policy_of(page)
    assert [f"'sha256-{digest}'" in policy for digest in digests] == [True, True]
    assert policy.count("sha256-") == 2


def test_the_page_loads_our_script_at_once_and_nothing_else_is_touched() -> None:
    page = with_head(b'<head><base href="./" /><title>t</title></head><body>b</body>', DOOR).decode()
    assert f'<script type="module" src="{static_url("main.js")}"></script></head><body>b</body>' in page
    assert f'<link rel="modulepreload" href="{static_url("dom.js")}">' in page
    assert '<base href="/rate/" />' in page


def test_behind_tls_the_cookie_is_bound_to_https_and_to_the_host() -> None:
    response = Response()
    set_session(response, "token", secure=True)
    cookie = response.headers["set-cookie"]
    assert cookie.startswith("__Host-ppad=token")
    assert "; Secure" in cookie
    assert "; HttpOnly" in cookie
    assert cookie_name(secure=False) == "ppad_session"


def test_every_module_is_loaded_by_the_page_or_by_another() -> None:
    modules = {file.name for file in FOLDER.glob("*.js")} - {"main.js", "admin.js"}
    imported = {
        name
        for name in modules
        if any(f'"./{name}"' in file.read_text() or f'"{name}"' in file.read_text() for file in FOLDER.glob("*.js"))
    }
    assert modules - imported == set()


def test_no_script_sets_markup() -> None:
    for file in FOLDER.glob("*.js"):
        text = file.read_text("utf-8")
        for word in ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "new Function"):
            assert word not in text, (file.name, word)
