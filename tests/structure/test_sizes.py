"""Files and functions stay small enough to be read."""

import ast
import pathlib

ROOT = pathlib.Path(__file__).parents[2]
MAX_FILE, MAX_FUNCTION = 1000, 80

# Functions over the limit, with their present size: they may only shrink.
LONG_FUNCTIONS = {}


def sources():
    folders = ("headrace", "scripts", "tests", "benchmarks", "examples")
    found = [p for folder in folders for p in (ROOT / folder).rglob("*.py")]
    return sorted(p for p in found if "sources" not in p.parts and "__pycache__" not in p.parts)


def too_long(path):
    """What is over its limit in a file."""
    text, place = path.read_text("utf-8"), path.relative_to(ROOT).as_posix()
    found = [f"{place}: over {MAX_FILE} lines"] if text.count("\n") > MAX_FILE else []
    # Recorded test data (snippets, records) is not code to be split.
    if path.name.startswith("records_"):
        return found
    for node in ast.walk(ast.parse(text)):
        if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            continue
        body = node.body[1:] if ast.get_docstring(node) and len(node.body) > 1 else node.body
        size = node.end_lineno - body[0].lineno + 1
        limit = LONG_FUNCTIONS.get(f"{place}:{node.name}", MAX_FUNCTION)
        if size > limit:
            found.append(f"{place}:{node.lineno}: {node.name} has {size} lines, limit {limit}")
    return found


def test_sizes():
    """No file is over 1,000 lines, no function over 80."""
    long = [problem for path in sources() for problem in too_long(path)]
    assert not long, "\n".join(long)


def test_root_package_is_small():
    """`headrace/__init__.py` holds no code: at most 40 lines."""
    assert (ROOT / "headrace/__init__.py").read_text("utf-8").count("\n") <= 40


def test_package_names():
    """No split by number, no file of gradients alone."""
    bad = [p.name for p in sources() if p.stem.endswith(("_part2", "_grad", "_2", "_misc"))]
    assert not bad
