"""PPJudge, the paper's model: one file an idea, with the equations that it implements."""
