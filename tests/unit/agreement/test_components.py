"""Variance components of any design, against a published analysis and the likelihood itself."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from ppad.agreement.bias import fit
from ppad.agreement.components import crossed, variance_components
from tests.unit.agreement.published import SHROUT_FLEISS, columns_of, numbered, scored, sparse


def test_ratings_of_abstract_pictures_give_the_published_components(real_data: Path) -> None:
    """Germine et al. 2015, as Bignardi published it: 60 people rated 30 pictures, half of them twice."""
    columns = columns_of(real_data / "ratings" / "vca" / "germine2015_abstract.csv")
    known = np.array([rating != "NA" for rating in columns["Rating"]])
    scores = np.array([float(rating) for rating in columns["Rating"] if rating != "NA"])
    picture, person, exposure = (numbered(columns[name])[known] for name in ("Obj", "Sub", "Block"))
    effects = {
        "Stimulus": picture,
        "Individual": person,
        "Exposure": exposure,
        "Stimulus*Individual": crossed(picture, person),
        "Exposure*Individual": crossed(exposure, person),
        "Stimulus*Exposure": crossed(picture, exposure),
    }
    found = variance_components(picture, effects, scores)
    found["Residual"] = found.pop("residual")
    total = sum(found.values())
    table = columns_of(real_data / "ratings" / "vca" / "germine2015_abstract_published_vca.csv")
    published = dict(zip(table["Component"], map(float, table["Value"]), strict=True))
    assert {name: round(value / total, 4) for name, value in found.items()} == {name: round(published[name], 4) for name in found}


def test_items_and_raters_alone_give_what_the_adjustment_of_scores_finds() -> None:
    (items, raters, scores), _ = sparse(seed=3)
    found = variance_components(items, {"item": items, "rater": raters}, scores)
    assert [found[name] for name in ("item", "rater", "residual")] == pytest.approx(
        fit(items, raters, scores).variances, rel=1e-4
    )


def test_a_balanced_table_gives_the_variances_of_the_analysis_of_variance() -> None:
    items, raters, scores = scored(SHROUT_FLEISS)
    found = variance_components(items, {"item": items, "rater": raters}, scores)
    # Mean squares as published: between targets 11.24, between judges 32.49, residual 1.02.
    assert found == pytest.approx({"item": (11.24 - 1.02) / 4, "rater": (32.49 - 1.02) / 6, "residual": 1.02}, abs=0.01)


def test_repeats_tell_taste_from_chance() -> None:
    rng = np.random.default_rng(0)
    (items, raters, scores), _ = sparse(seed=1, count=800, panel=12, error=0.9)
    again = rng.choice(len(items), 400, replace=False)
    both = np.concatenate([np.arange(len(items)), again])
    scores = scores[both] + rng.normal(0, 0.5, len(both))
    cell = crossed(items[both], raters[both])
    found = variance_components(items[both], {"item": items[both], "rater": raters[both], "taste": cell}, scores)
    assert found["taste"] == pytest.approx(0.81, abs=0.08)
    assert found["residual"] == pytest.approx(0.25, abs=0.04)


def test_an_effect_that_is_not_there_gets_no_variance() -> None:
    (items, raters, scores), _ = sparse(seed=2, rater=0.0, panel=20)
    half = np.arange(len(items)) % 2
    found = variance_components(items, {"item": items, "rater": raters, "half": half}, scores)
    assert found["half"] < 0.02
    assert found["rater"] < 0.1


def test_the_order_of_the_scores_does_not_matter() -> None:
    (items, raters, scores), _ = sparse(seed=4)
    order = np.random.default_rng(0).permutation(len(items))
    one = variance_components(items, {"item": items, "rater": raters}, scores)
    other = variance_components(items[order], {"item": items[order], "rater": raters[order]}, scores[order])
    assert one == pytest.approx(other, rel=1e-5)


def test_statsmodels_finds_the_same() -> None:
    pandas, api = pytest.importorskip("pandas"), pytest.importorskip("statsmodels.formula.api")
    (items, raters, scores), _ = sparse(seed=5, count=40, panel=6)
    frame = pandas.DataFrame({"item": items, "rater": raters, "score": scores, "all": 1})
    model = api.mixedlm("score ~ 1", frame, groups="all", vc_formula={"item": "0 + C(item)", "rater": "0 + C(rater)"})
    theirs = model.fit(reml=True)
    ours = variance_components(items, {"item": items, "rater": raters}, scores)
    assert [ours["item"], ours["rater"], ours["residual"]] == pytest.approx([*theirs.vcomp, theirs.scale], rel=0.01)
