"""What the card of a simulated dataset says besides what every card says."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from importlib import resources

import jinja2

from ppad_pipelines.simulate.audit import Audit
from ppad_pipelines.simulate.config import SimulateConfig
from ppad_pipelines.simulate.design import ATTRIBUTES, HELD_OUT, PARTS, Process
from ppad_pipelines.simulate.pictures import FOLDER
from ppad_pipelines.simulate.truth import MEANINGS, NOTICE, severities, true_score

PURPOSES = {
    "independent": "every severity drawn by itself: what a judge learns of one it cannot read from another",
    "correlated": "severities that go together, as faults do: stabilities with stabilities, depths with depths",
    "same-end": "twins with the same last frame, to the byte, and another history",
    "same-frames": "twins with the same frames in another order: one goes straight on, one goes back",
    "step-ramp": "twins with the same change of hue in all: in one step, or evenly",
    "contrast": "twins that differ in one attribute, the other seven at 10",
}
HELD_MEANINGS = {
    "medium": "painted in pastel; training knows oil, gouache, watercolour and crayon",
    "motif": "things on a table; training knows villages, coasts, mountains and deserts",
    "length": "16 to 20 key frames; training knows 8 to 12",
    "fault": "faults of another form: a first manner in slabs of paint, things that stand mirrored",
}


def render_section(
    config: SimulateConfig, processes: Sequence[Process], examples: Sequence[tuple[Process, Process]], found: Audit
) -> str:
    """Markdown for the card."""
    environment = jinja2.Environment(undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True, autoescape=False)
    template = environment.from_string(resources.files(__package__).joinpath("card.md.jinja").read_text("utf-8"))
    parts = Counter(process.part for process in processes)
    held = Counter(process.held for process in processes if process.is_test)
    return template.render(
        notice=NOTICE,
        config=config,
        meanings=MEANINGS,
        folder=FOLDER,
        examples=[
            (name, *(_score_of(process, name) for process in pair)) for name, pair in zip(ATTRIBUTES, examples, strict=True)
        ],
        parts=[(number, name, parts[name], PURPOSES[name]) for number, name in enumerate(PARTS)],
        train=sum(not process.is_test for process in processes),
        test=sum(process.is_test for process in processes),
        in_distribution=held[""],
        held=[(name, held[name], HELD_MEANINGS[name]) for name in HELD_OUT],
        audit=found,
    )


def _score_of(process: Process, attribute: str) -> str:
    return f"{true_score(severities(process.recipe)[attribute]):.1f}"
