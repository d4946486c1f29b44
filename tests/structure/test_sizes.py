"""Files and functions stay small enough to be read."""

import ast
import pathlib

import pytest

ROOT = pathlib.Path(__file__).parents[2]
MAX_FILE, MAX_FUNCTION = 1000, 80

# Functions over the limit, with their present size: they may only shrink.
LONG_FUNCTIONS = {}


def sources():
    folders = ("headrace", "scripts", "tests", "benchmarks", "examples")
    found = [p for folder in folders for p in (ROOT / folder).rglob("*.py")]
    return sorted(p for p in found if "sources" not in p.parts and "__pycache__" not in p.parts)


@pytest.mark.parametrize("path", sources(), ids=lambda p: str(p.relative_to(ROOT)))
def test_file_size(path):
    """No file is over 1,000 lines, no function over 80, no line a heap of statements."""
    text = path.read_text("utf-8")
    assert text.count("\n") <= MAX_FILE
    # Recorded test data (snippets, records) is not code to be split.
    if path.name.startswith("records_"):
        return
    long = []
    for node in ast.walk(ast.parse(text)):
        if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            continue
        body = node.body[1:] if ast.get_docstring(node) and len(node.body) > 1 else node.body
        size = node.end_lineno - body[0].lineno + 1
        limit = LONG_FUNCTIONS.get(f"{path.relative_to(ROOT).as_posix()}:{node.name}", MAX_FUNCTION)
        if size > limit:
            long.append(f"{node.name} (line {node.lineno}): {size} lines, limit {limit}")
    assert not long, "\n".join(long)


def test_root_package_is_small():
    """`headrace/__init__.py` holds no code: at most 40 lines."""
    assert (ROOT / "headrace/__init__.py").read_text("utf-8").count("\n") <= 40


def test_package_names():
    """No split by number, no file of gradients alone."""
    bad = [p.name for p in sources() if p.stem.endswith(("_part2", "_grad", "_2", "_misc"))]
    assert not bad
