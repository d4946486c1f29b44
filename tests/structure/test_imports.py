"""Which part may import which: core <- ops <- {autodiff, state} <- the rest."""

import ast
import pathlib

SRC = pathlib.Path(__file__).parents[2] / "headrace/_src"
PREFIX = "headrace._src."

# Part -> the parts it may import when it is imported (imports inside functions are free).
ALLOWED = {
    "core": {"core"},
    "proto": {"proto", "core"},
    "engine": {"engine", "core", "native", "proto"},
    "native": {"native"},
    "checkpoint": {"checkpoint", "core", "native", "proto"},
    "ops": {"ops", "core", "engine", "native", "proto", "checkpoint"},
    "autodiff": {"autodiff", "ops", "core"},
    "state": {"state", "ops", "core", "autodiff", "engine", "proto", "checkpoint"},
}
UPPER = {"cli", "alias"}
HEAVY = {"jax", "jaxlib", "google", "absl", "PIL", "malt", "scipy", "tensorboard"}
# Modules that are themselves loaded only when their subject is used.
MAY_BE_HEAVY = (
    "headrace/_src/platform/",
    "headrace/_src/engine/roll",
    "headrace/_src/engine/guard.py",
    "headrace/_src/function/malt_",
)


def modules():
    return sorted(p for p in SRC.rglob("*.py"))


def top_level_imports(path):
    """(line, module) of the imports that run when the module is imported."""
    tree = ast.parse(path.read_text("utf-8"))
    todo = list(tree.body)
    while todo:
        node = todo.pop()
        if isinstance(node, ast.Import):
            yield from ((node.lineno, item.name) for item in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.lineno, node.module
            yield from ((node.lineno, f"{node.module}.{item.name}") for item in node.names)
        elif isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            todo += node.orelse
        elif not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
            todo += [child for child in ast.iter_child_nodes(node) if isinstance(child, ast.stmt)]


def wrong_imports(path):
    """The imports of a part above, of a public namespace and, at once, of a heavy package."""
    part = path.relative_to(SRC).parts[0].removesuffix(".py")
    place, bad = path.relative_to(SRC), []
    for line, name in top_level_imports(path):
        root = name.split(".")[0]
        if root in HEAVY and not any(h in path.as_posix() for h in MAY_BE_HEAVY):
            bad.append(
                f"{place}:{line}: {name} is heavy: import it inside the function that uses it"
            )
        if name.startswith(PREFIX):
            other = name[len(PREFIX) :].split(".")[0]
            if other not in ALLOWED.get(part, {other}):
                bad.append(f"{place}:{line}: {part} imports {other}")
            if other in UPPER and part not in UPPER:
                bad.append(f"{place}:{line}: {part} imports {other}")
        elif root == "headrace" and not name.startswith(("headrace._api", "headrace._src")):
            if part not in UPPER:
                bad.append(f"{place}:{line}: imports the public {name}")
    return bad


def test_imports_point_downwards():
    """No part imports one above it, a public namespace or, at once, a heavy package."""
    bad = [problem for path in modules() for problem in wrong_imports(path)]
    assert not bad, "\n".join(bad)
