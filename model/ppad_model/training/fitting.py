"""Models that are fitted in one pass, without gradients."""

from __future__ import annotations

from ppad_model.baselines.closed_form import ClosedForm
from ppad_model.data import Example, Share, Source, collate
from ppad_model.training.view import View


def fit_closed_form(model: ClosedForm, source: Source[Example], view: View) -> None:
    """Show a model each process once, and fit it.

    Raises:
        MediaError, ContractError: a process cannot be read.
    """
    for number, example in enumerate(source.in_order(Share())):
        batch = collate([example])
        model.observe(batch.frames, batch.reference, batch.targets, lengths=batch.lengths)
        view.decoded(number + 1, len(source.rows))
    model.fit()
    model.eval()
