"""The rating page: one Gradio component that holds player and form, and no handler at all."""

from __future__ import annotations

import gradio as gr

from ppad_annotation.app.static_files import FOLDER

from gradio.events import Dependency

class ProcessPlayer(gr.HTML):  # type: ignore[misc]
    """Player and form in one component.

    Template, style and script are files of `static/`. The script finds the template by its id and talks to the app's
    JSON endpoints; nothing of a rater's passes through Gradio, whose sessions belong to nobody.
    """

    def __init__(self) -> None:
        super().__init__(
            "",
            html_template=(FOLDER / "player.html").read_text("utf-8"),
            js_on_load=None,
            apply_default_css=False,
            elem_id="player",
        )
    from typing import Callable, Literal, Sequence, Any, TYPE_CHECKING
    from gradio.blocks import Block
    if TYPE_CHECKING:
        from gradio.components import Timer
        from gradio.components.base import Component


def rating_page() -> gr.Blocks:
    """The page of raters."""
    with gr.Blocks(title="PPAD", analytics_enabled=False, fill_width=True) as page:
        ProcessPlayer()
    return page