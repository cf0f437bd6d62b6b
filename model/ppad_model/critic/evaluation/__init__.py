"""How well a critic scores and writes: beside what needs no model, and beside the raters themselves."""
