"""The board: tabs of tables, and the few decisions that are made on it. After each, everything is shown anew.

Every handler asks the database who calls, by the cookie of the request that brought it: what Gradio knows of a session is
a name that a client chose.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import gradio as gr

from ppad.errors import ConfigError, PpadError
from ppad_annotation.app.access import cookie_name
from ppad_annotation.app.admin import views
from ppad_annotation.app.admin.agreement import Agreement
from ppad_annotation.app.admin.disputes import item_with
from ppad_annotation.app.clock import utc_now
from ppad_annotation.app.messages import say
from ppad_annotation.app.templates import page as template
from ppad_annotation.service import board, exclusions, flags
from ppad_annotation.service.campaigns import campaign
from ppad_annotation.service.database import Database
from ppad_annotation.service.exporting import ratings_of
from ppad_annotation.service.raters import add_rater, reset_password, set_disabled
from ppad_annotation.service.sessions import session_of

_LONGEST = 2000


def admin_page(db: Database, language: str, agreement: Agreement, secure: bool) -> gr.Blocks:
    """The board in one language."""
    desk = Desk(db, language, agreement, secure)
    with gr.Blocks(title="PPAD", analytics_enabled=False, fill_width=True) as blocks:
        gr.HTML(template("admin/head.html", language), js_on_load=None, apply_default_css=False)
        with gr.Tabs():
            tabs = [make(desk) for make in (_overview, _raters, _agreement, _disputes, _problems, _leases, _exclusions)]
        told = _board("told")
        shown = [told, *(place for tab in tabs for place in tab.shown)]
        for action in (action for tab in tabs for action in tab.actions):
            _on(action.button, desk.guarded(_then_all(desk, action.act)), action.inputs, shown)
        everything = desk.guarded(lambda _actor: ["", *_everything(desk)])
        blocks.load(everything, None, shown, api_visibility="private", show_progress="hidden")
    return blocks


@dataclass(frozen=True)
class Desk:
    """What all handlers of one board share."""

    db: Database
    language: str
    agreement: Agreement
    secure: bool

    def say(self, key: str, **values: object) -> str:
        """A message of the board."""
        return say(self.language, f"admin.{key}", **values)

    def guarded(self, handler: Callable[..., Any]) -> Callable[..., Any]:
        """A handler that runs for admins only; it gets the admin's pseudonym first, and texts of a sane length."""

        def run(request: gr.Request, *values: Any) -> Any:  # Gradio hands the request over by its annotation
            actor = self.admin(request)
            if any(isinstance(value, str) and len(value) > _LONGEST for value in values):
                raise gr.Error(self.say("too_long"), print_exception=False)
            return handler(actor, *values)

        return run

    def chosen(self, value: str | None) -> str:
        """What was chosen from a list.

        Raises:
            ConfigError: nothing.
        """
        if not value:
            raise ConfigError(self.say("choose"), "")
        return value

    def admin(self, request: gr.Request) -> str:
        """The pseudonym of the admin who calls.

        Raises:
            gr.Error: nobody, or somebody else.
        """
        token = dict(request.cookies).get(cookie_name(self.secure), "")
        session = session_of(self.db, token, utc_now()) if token else None
        if session is None or session.role != "admin":
            raise gr.Error(self.say("not_you"), print_exception=False)
        return session.rater_id


@dataclass(frozen=True)
class _Action:
    """A button, what it does for whom with which values, and what it tells."""

    button: gr.Button
    act: Callable[..., str]
    inputs: list[Any]


@dataclass(frozen=True)
class _Tab:
    """What a tab shows, in the order of `_everything`, and what can be done on it."""

    shown: list[Any]
    actions: list[_Action]


def _everything(desk: Desk) -> list[Any]:
    now, last = utc_now(), desk.agreement.last
    known = board.rater_facts(desk.db, now)
    in_force = [one.id for one in board.exclusions(desk.db) if one.revoked_at is None]
    disputed = last.findings["disputed"] if last and last.findings else []
    return [
        views.overview(desk.db, desk.language, now),
        views.raters(desk.db, desk.language, now, last),
        gr.update(choices=[one.login for one in known], value=None),
        views.agreement(desk.db, desk.language, last),
        views.disputed(desk.db, desk.language, disputed),
        views.problems(desk.db, desk.language),
        gr.update(choices=[flag.id for flag in board.flags(desk.db)], value=None),
        views.leases(desk.db, desk.language, now),
        views.exclusions(desk.db, desk.language),
        gr.update(choices=[(f"{one.id} ({one.login})", one.id) for one in known], value=None),
        gr.update(choices=in_force, value=None),
    ]


def _then_all(desk: Desk, act: Callable[..., str]) -> Callable[..., list[Any]]:
    def acted(actor: str, *values: Any) -> list[Any]:
        try:
            told = act(actor, *values)
        except PpadError as error:  # said in its place: Gradio would put a badge over everything that is shown
            told = f"{error.message} {error.fix}".strip()
        return [views.told(told), *_everything(desk)]

    return acted


def _on(button: gr.Button, handler: Callable[..., Any], inputs: list[Any], outputs: list[Any]) -> None:
    button.click(handler, inputs, outputs, api_visibility="private", show_progress="minimal")


def _board(name: str) -> gr.HTML:
    return gr.HTML("", js_on_load=None, apply_default_css=False, elem_id=f"board-{name}")


def _button(text: str) -> gr.Button:
    return gr.Button(text, scale=0, min_width=170)


def _overview(desk: Desk) -> _Tab:
    with gr.Tab(desk.say("tab_overview")):
        shown, again = _board("overview"), _button(desk.say("refresh"))
    return _Tab([shown], [_Action(again, lambda _actor: "", [])])


def _raters(desk: Desk) -> _Tab:
    def invite(actor: str, name: str) -> str:
        made = add_rater(desk.db, name, None, "rater", utc_now(), actor)
        return desk.say("password_once", login=made.login, password=made.password)

    def renew(actor: str, name: str | None) -> str:
        made = reset_password(desk.db, desk.chosen(name), utc_now(), actor=actor)
        return desk.say("password_once", login=made.login, password=made.password)

    def switch(disabled: bool) -> Callable[[str, str | None], str]:
        def switched(actor: str, name: str | None) -> str:
            set_disabled(desk.db, desk.chosen(name), disabled, utc_now(), actor)
            return desk.say("done")

        return switched

    with gr.Tab(desk.say("tab_raters")):
        shown = _board("raters")
        with gr.Row(elem_classes="decide"):
            login = gr.Textbox(label=desk.say("invite_login"), max_lines=1, max_length=80)
            inviting = _button(desk.say("invite"))
        with gr.Row(elem_classes="decide"):
            who = gr.Dropdown([], label=desk.say("account"), interactive=True)
            renewing, closing, opening = (_button(desk.say(key)) for key in ("new_password", "disable", "enable"))
    actions = [_Action(inviting, invite, [login]), _Action(renewing, renew, [who])]
    actions += [_Action(closing, switch(True), [who]), _Action(opening, switch(False), [who])]
    return _Tab([shown, who], actions)


def _agreement(desk: Desk) -> _Tab:
    def compute(_actor: str) -> str:
        desk.agreement.compute()
        return ""

    with gr.Tab(desk.say("tab_agreement")):
        shown, computing = _board("agreement"), _button(desk.say("compute"))
    return _Tab([shown], [_Action(computing, compute, [])])


def _disputes(desk: Desk) -> _Tab:
    def find(_actor: str, process_id: str) -> str:
        rows = ratings_of(desk.db, process_id.strip())
        attributes = campaign(desk.db).rubric.attribute_ids
        return views.disputed(desk.db, desk.language, [item_with(process_id.strip(), rows, attributes)] if rows else [])

    with gr.Tab(desk.say("tab_disputes")):
        with gr.Row(elem_classes="decide"):
            name = gr.Textbox(label=desk.say("col_process"), max_lines=1, max_length=120)
            finding = _button(desk.say("find"))
        shown = _board("disputes")
        _on(finding, desk.guarded(find), [name], [shown])
    return _Tab([shown], [])


def _problems(desk: Desk) -> _Tab:
    def resolve(actor: str, flag_id: str | None, text: str) -> str:
        flags.resolve_flag(desk.db, desk.chosen(flag_id), text, actor, utc_now())
        return desk.say("done")

    with gr.Tab(desk.say("tab_problems")):
        shown = _board("problems")
        with gr.Row(elem_classes="decide"):
            which = gr.Dropdown([], label=desk.say("flag_id"), interactive=True)
            answer = gr.Textbox(label=desk.say("resolution"), max_lines=3, max_length=_LONGEST)
            resolving = _button(desk.say("resolve"))
    return _Tab([shown, which], [_Action(resolving, resolve, [which, answer])])


def _leases(desk: Desk) -> _Tab:
    with gr.Tab(desk.say("tab_leases")):
        shown, again = _board("leases"), _button(desk.say("refresh"))
    return _Tab([shown], [_Action(again, lambda _actor: "", [])])


def _exclusions(desk: Desk) -> _Tab:
    def exclude(actor: str, rater_id: str | None, process_id: str, reason: str, again: bool) -> str:
        decided = (reason, actor, utc_now())
        if process_id.strip():
            exclusions.exclude_ratings(desk.db, desk.chosen(rater_id), process_id.strip(), *decided, replace=bool(again))
        else:
            exclusions.exclude_rater(desk.db, desk.chosen(rater_id), *decided, replace=bool(again))
        return desk.say("done")

    def revoke(actor: str, decision_id: str | None) -> str:
        exclusions.revoke_exclusion(desk.db, desk.chosen(decision_id), actor, utc_now())
        return desk.say("done")

    with gr.Tab(desk.say("tab_exclusions")):
        shown = _board("exclusions")
        with gr.Row(elem_classes="decide"):
            who = gr.Dropdown([], label=desk.say("exclude_whom"), interactive=True)
            of = gr.Textbox(label=desk.say("exclude_of"), max_lines=1, max_length=120)
            why = gr.Textbox(label=desk.say("col_reason"), max_lines=3, max_length=_LONGEST)
            again = gr.Checkbox(label=desk.say("replace"), container=False)
            excluding = _button(desk.say("exclude"))
        with gr.Row(elem_classes="decide"):
            decision = gr.Dropdown([], label=desk.say("col_decision"), interactive=True)
            revoking = _button(desk.say("revoke"))
    actions = [_Action(excluding, exclude, [who, of, why, again]), _Action(revoking, revoke, [decision])]
    return _Tab([shown, who, decision], actions)
