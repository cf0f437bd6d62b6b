"""Stages on a Ray cluster: the executor behind `--on ray`. Ray is imported here and nowhere else."""
