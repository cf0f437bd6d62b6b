"""The card of a saved model: what it is, and every setting that was left open."""

from __future__ import annotations

import yaml

from ppad_model.settings import AssessorConfig


def model_card(config: AssessorConfig, parameters: int) -> str:
    """A README for a model's folder, with the header that the Hugging Face hub reads."""
    header = {"library_name": "ppad", "tags": ["painting-process-assessment", config.model], "license": "apache-2.0"}
    settings = "\n".join(f"| `{name}` | {_shown(value)} |" for name, value in config.model_dump(mode="json").items())
    return f"""---
{yaml.safe_dump(header, sort_keys=True).strip()}
---

# {config.model}

Scores painting processes: {", ".join(config.attributes)}; each from {config.score_low:g} to {config.score_high:g}.
{parameters:,} parameters. {" ".join(_remarks(config))}

```python
from ppad_model import load_model

model = load_model("this/folder")
scores = model(frames, reference).scores  # frames (B, T, 3, {config.image_size}, {config.image_size}) from 0 to 1
```

| setting | value |
| --- | --- |
{settings}
"""


def _remarks(config: AssessorConfig) -> list[str]:
    """What was done without, since its weights were not on the machine."""
    remarks = []
    if getattr(config, "text_encoder", None) == "hash":
        remarks.append(
            "Prompts are hashed words: no CLIP was at hand, and prompts of one meaning in other words have nothing in common."
        )
    if getattr(config, "style_encoder", None) == "label-code":
        remarks.append("Styles are codes of the dataset's own labels: no CLIP was at hand to name the style of a picture.")
    if getattr(config, "weights", None) == "random":
        remarks.append("The backbone began from random weights: its published ones were not at hand.")
    return remarks


def _shown(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
