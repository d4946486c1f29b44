"""`headrace doctor`: what a script uses of TensorFlow, read from its source without running it."""

from __future__ import annotations

import ast
import dataclasses
from typing import TextIO

from headrace._api import namespace
from headrace._src.alias import deep

_ROOT = "tensorflow"


@dataclasses.dataclass(frozen=True)
class Use:
    """One symbol at one line: `status` is "supported", "missing" or "unknown"."""

    line: int
    symbol: str
    status: str


class _Scan(ast.NodeVisitor):
    """Collects dotted names that start at an imported TensorFlow module."""

    def __init__(self) -> None:
        self.modules: dict[str, str] = {}
        self.found: list[tuple[int, str]] = []

    def visit_Import(self, node: ast.Import) -> None:
        for item in node.names:
            if item.name.split(".")[0] == _ROOT:
                self.modules[item.asname or _ROOT] = item.name if item.asname else _ROOT
                if item.name != _ROOT:
                    self.found.append((node.lineno, item.name))

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        if node.module is None or node.module.split(".")[0] != _ROOT or node.level:
            return
        for item in node.names:
            if item.name == "*":
                self.found.append((node.lineno, node.module))
            else:
                full = f"{node.module}.{item.name}"
                self.modules[item.asname or item.name] = full
                self.found.append((node.lineno, full))

    def visit_Attribute(self, node: ast.Attribute) -> None:
        parts = []
        at: ast.expr = node
        while isinstance(at, ast.Attribute):
            parts.append(at.attr)
            at = at.value
        if isinstance(at, ast.Name) and at.id in self.modules:
            self.found.append((node.lineno, ".".join([self.modules[at.id], *reversed(parts)])))
        else:
            self.generic_visit(node)


def scan(source: str, filename: str = "<script>") -> list[Use]:
    """Return the symbols of TensorFlow that a source text uses, by line.

    Raises:
      SyntaxError: The text is not Python 3.
    """
    visitor = _Scan()
    tree = ast.parse(source, filename)
    # Imports inside functions count wherever they stand.
    for node in ast.walk(tree):
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            visitor.visit(node)
    for statement in tree.body:
        visitor.visit(statement)
    judged = _judge_all(visitor.found)
    return [
        Use(line, symbol.replace(_ROOT + ".", "tf.", 1), status) for line, symbol, status in judged
    ]


def _judge_all(found: list[tuple[int, str]]) -> list[tuple[int, str, str]]:
    judged = [(line, judge(name)) for line, name in found]
    return sorted({(line, *verdict) for line, verdict in judged if verdict is not None})


def judge(name: str) -> tuple[str, str] | None:
    """Return (symbol, status) of a dotted name; None for namespaces themselves."""
    parts = name.split(".")[1:]
    if parts[:1] in (["python"], ["core"]):
        return _judge_inner(name)
    version = "1"
    while parts[:1] == ["compat"] and parts[1:2] in (["v1"], ["v2"]):
        version = "2" if parts[1] == "v2" else "1"
        parts = parts[2:]
    space = ""
    for part in parts:
        if part.startswith("__") or (space == "compat" and part in ("v1", "v2")):
            return None
        if part in namespace.tables()[version].get(space, {}):
            return f"{_ROOT}.{namespace.public_name(space, part)}", "supported"
        space = namespace.public_name(space, part)
        parent, _, leaf = space.rpartition(".")
        if leaf in namespace.known().get(parent, ()):
            return f"{_ROOT}.{space}", "missing"
        if leaf in namespace.children(version, parent):
            continue
        known = any(s == space or s.startswith(space + ".") for s in namespace.known())
        return (name, "missing") if known else (f"{_ROOT}.{space}", "unknown")
    return None


def _judge_inner(name: str) -> tuple[str, str] | None:
    """Judge a name in `tensorflow.python` or `tensorflow.core` without importing anything of it."""
    module = name
    while not deep.is_module(module):
        module = module.rpartition(".")[0]
        if "." not in module:
            return name, "missing"
    rest = name[len(module) + 1 :].split(".")[0]
    if not rest:
        return None
    return f"{module}.{rest}", "supported" if deep.has(module, rest) else "missing"


def report(scripts: list[str], everything: bool, out: TextIO) -> int:
    """Print what scripts use; return 1 when something is missing, 2 when one cannot be read."""
    status = 0
    for script in scripts:
        try:
            with open(script, encoding="utf-8") as file:
                uses = scan(file.read(), script)
        except (OSError, SyntaxError, UnicodeDecodeError) as error:
            print(f"{script}: cannot be read: {error}", file=out)
            status = 2
            continue
        missing = [use for use in uses if use.status != "supported"]
        for use in uses if everything else missing:
            note = {
                "missing": "missing: in TensorFlow 1.15, not implemented in headrace",
                "unknown": "unknown: not in TensorFlow 1.15",
                "supported": "supported",
            }[use.status]
            print(f"{script}:{use.line}: {use.symbol}: {note}", file=out)
        symbols = {use.symbol for use in uses}
        lacking = {use.symbol for use in missing}
        print(
            f"{script}: {len(symbols)} symbols used, {len(symbols - lacking)} supported, "
            f"{len(lacking)} missing",
            file=out,
        )
        if missing:
            status = max(status, 1)
    return status
