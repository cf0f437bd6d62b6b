"""What the house promises of its shape: light to import, small files, a README that names what is there."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ROOMS = ("ppad", "pipelines", "annotation_app", "model", "benchmarks")
SOURCES = sorted(path for room in ROOMS for path in ROOT.glob(f"{room}/**/*.py"))


def test_importing_ppad_loads_nothing_heavy_and_changes_nothing() -> None:
    code = (
        "import sys, os, warnings; before = dict(os.environ), list(warnings.filters); import ppad; "
        "assert (dict(os.environ), list(warnings.filters)) == before; "
        "print(sorted({name.split('.')[0] for name in sys.modules} & "
        "{'torch', 'gradio', 'diffusers', 'transformers', 'ray', 'av', 'cv2', 'pyarrow', 'numpy', 'matplotlib', 'pydantic'}))"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"


def test_the_statistics_load_numpy_and_no_other_library() -> None:
    names = sorted(f"ppad.agreement.{path.stem}" for path in (ROOT / "ppad" / "agreement").glob("[a-z]*.py"))
    code = f"import sys, importlib; [importlib.import_module(name) for name in {names}]; " + (
        "print(sorted({name.split('.')[0] for name in sys.modules} & {'scipy', 'pandas', 'matplotlib', 'threadpoolctl'}))"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert len(names) > 10
    assert result.stdout.strip() == "[]"


@pytest.mark.parametrize("package", ["ppad.schema", "ppad.storage", "ppad.signals", "ppad.rubric", "ppad.stages"])
def test_a_facade_exports_what_it_lists(package: str) -> None:
    module = __import__(package, fromlist=["__all__"])
    assert sorted(set(module.__all__)) == sorted(module.__all__)
    assert [name for name in module.__all__ if not hasattr(module, name)] == []


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_file_stays_below_400_lines_and_a_function_below_60(path: Path) -> None:
    text = path.read_text("utf-8")
    assert text.count("\n") <= 400
    long = [
        node.name
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and _body_lines(node) > 60
    ]
    assert long == []


def _body_lines(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    docstring = ast.get_docstring(node)
    first = node.body[1] if docstring and len(node.body) > 1 else node.body[0]
    return (node.end_lineno or 0) - first.lineno + 1


def test_the_tree_in_the_readme_is_the_tree_on_disk() -> None:
    block = re.search(r"```text\n(.*?)```", (ROOT / "README.md").read_text("utf-8"), re.DOTALL)
    assert block is not None
    named = [line.split()[0] for line in block.group(1).splitlines() if line.strip()]
    assert [name for name in named if not (ROOT / name).exists()] == []
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines()
    on_disk = {path.partition("/")[0] for path in tracked if "/" in path}
    assert on_disk <= {name.strip("/").split("/")[0] for name in named}


def test_no_committed_text_holds_a_path_of_a_machine() -> None:
    files = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
    found = [
        name
        for name in files
        if Path(ROOT, name).suffix in {".py", ".md", ".toml", ".yaml", ".txt", ".jinja", ".html"}
        and re.search(r"(?<![\w.])/(?:work|home|root)/\w", Path(ROOT, name).read_text("utf-8"))
    ]
    assert found == []


def test_every_error_code_is_explained() -> None:
    from ppad import errors

    codes = {cls.code for name in errors.__all__ if isinstance(cls := getattr(errors, name), type) and not cls.__subclasses__()}
    explained = set(re.findall(r"^## `([a-z-]+)`", (ROOT / "docs" / "errors.md").read_text("utf-8"), re.MULTILINE))
    assert codes == explained
