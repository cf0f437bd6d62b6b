"""How well a model judges: metrics with intervals, beside what needs no model at all, and what it must not have seen."""
