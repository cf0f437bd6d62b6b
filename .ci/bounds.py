"""Constraints for an installer: `lowest` holds what users install at the lowest release line that PPAD allows; `newest` frees it.

torch stays at the pin of `constraints.txt` in both: it is the one build that installs without the CUDA packages.
"""

import re
import sys
import tomllib
from pathlib import Path

TOOLS = ("bench", "dev", "docs")
"""Extras for those who work on PPAD; no user has them."""


def lowest() -> list[str]:
    """One `name==version.*` for each requirement with a lower bound; the highest, where several extras bound it."""
    project = tomllib.loads(Path("pyproject.toml").read_text("utf-8"))["project"]
    extras = [texts for extra, texts in project["optional-dependencies"].items() if extra not in TOOLS]
    bounds: dict[str, tuple[int, ...]] = {}
    for text in (text for texts in [project["dependencies"], *extras] for text in texts):
        if bound := re.match(r"([\w.-]+)(?:\[[\w,]+\])?>=([\d.]+)", text):
            version = tuple(map(int, bound[2].split(".")))
            bounds[bound[1]] = max(version, bounds.get(bound[1], version))
    return [f"{name}=={'.'.join(map(str, version))}.*" for name, version in sorted(bounds.items()) if name != "torch"]


def torch() -> list[str]:
    """The pin of torch."""
    return re.findall(r"^torch==.*$", Path("constraints.txt").read_text("utf-8"), re.MULTILINE)


if __name__ == "__main__":
    sys.stdout.writelines(f"{line}\n" for line in torch() + (lowest() if sys.argv[1] == "lowest" else []))
