"""Rubrics: what raters are asked, as data. Two ship with PPAD; a lab can bring its own YAML file."""

from ppad.rubric.rubric import Attribute, Rubric, Scale, builtin_rubrics, load_rubric

__all__ = ["Attribute", "Rubric", "Scale", "builtin_rubrics", "load_rubric"]
