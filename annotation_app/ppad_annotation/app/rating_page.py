"""The rating page: one Gradio component that holds player and form, and no handler at all."""

from __future__ import annotations

import gradio as gr

from ppad_annotation.app.static_files import FOLDER


def process_player() -> gr.HTML:
    """Player and form in one component.

    Template, style and script are files of `static/`. The script finds the template by its id and talks to the app's
    JSON endpoints; nothing of a rater's passes through Gradio, whose sessions belong to nobody.
    """
    template = (FOLDER / "player.html").read_text("utf-8")
    return gr.HTML("", html_template=template, js_on_load=None, apply_default_css=False, elem_id="player")


def rating_page() -> gr.Blocks:
    """The page of raters."""
    with gr.Blocks(title="PPAD", analytics_enabled=False, fill_width=True) as page:
        process_player()
    return page
