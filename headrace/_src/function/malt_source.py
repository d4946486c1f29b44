"""From a function to its syntax tree, and from a converted tree to a function.

Every node of a tree knows where in the user's program it is from, so that errors in the generated
code can tell it. The generated code is in no file: `linecache` has its text, for tracebacks and
debuggers.
"""

from __future__ import annotations

import ast
import inspect
import itertools
import linecache
import types
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from malt.pyct import anno, parser, transpiler

from headrace._src.core import origin
from headrace._src.function import malt_trees as trees

_CLOSERS: Final = (")", "]", "}")
_FUNCTIONS: Final = ("def ", "async def ")
_NUMBERS: Final = itertools.count(1)


class Source(NamedTuple):
    """The syntax tree of a function, and where it stands.

    Attributes:
      node: a function's definition or a lambda.
      filename: the user's file.
      line: the line of the file of the tree's first line.
    """

    node: Any
    filename: str
    line: int


# -- reading -------------------------------------------------------------------------------------


def _block_end(lines: list[str], start: int, indent: int) -> int | None:
    """The line after the definition that begins in a line; None where that is not plain to see."""
    first = start
    while first < len(lines) and lines[first][indent : indent + 1] == "@":
        first += 1
    if first == len(lines) or not lines[first][indent:].startswith(_FUNCTIONS):
        return None
    for i in range(first + 1, len(lines)):
        text = lines[i].lstrip()
        if not text or text[0] == "#" or text.startswith(_CLOSERS):
            continue
        if len(lines[i]) - len(text) <= indent:
            return i
    return len(lines)


def _plain(lines: list[str], start: int, indent: int) -> Any:
    """The definition that begins in a line, where it is written as most are; None otherwise.

    What ends too early, in a text or in brackets, cannot be parsed.
    """
    end = _block_end(lines, start, indent)
    if end is None:
        return None
    text = "".join(lines[start:end])
    if "\\\n" in text or "\t" in text:
        return None
    try:
        body = ast.parse("if 1:\n" + text if indent else text).body
    except SyntaxError:
        return None
    if indent:
        body = body[0].body  # type: ignore[attr-defined]
    return body[0] if len(body) == 1 else None


def read(function: Any, future_features: tuple[str, ...]) -> Source:
    """The syntax tree of a function."""
    code = function.__code__
    filename = inspect.getsourcefile(function)
    if code.co_name != "<lambda>" and function.__name__ != "<lambda>" and filename is not None:
        try:
            lines, start = inspect.findsource(function)
        except OSError:
            lines, start = [], 0
        if start < len(lines):
            indent = len(lines[start]) - len(lines[start].lstrip())
            node = _plain(lines, start, indent)
            if node is not None and node.name == code.co_name:
                return Source(node, filename, start + 1 - (indent > 0))
    node, _ = parser.parse_entity(function, future_features=future_features)
    lines, start = inspect.findsource(function)
    first = node.decorator_list[0] if getattr(node, "decorator_list", None) else node
    return Source(node, filename or code.co_filename, start - first.lineno + 2)


class _Survey:
    """Notes at the nodes of a tree where they are from, and finds out what is in it.

    Attributes:
      kinds: the kinds of nodes.
      is_odd: whether there may be something that malt refuses.
    """

    def __init__(self, source: Source) -> None:
        self._source = source
        self.kinds: set[type] = set()
        self.is_odd = False
        self._places: dict[tuple[int, str | None], origin.Origin] = {}

    def _place(self, node: Any, function: str | None, fallback: str) -> origin.Origin:
        line = node.lineno
        found = self._places.get((line, function))
        if found is None:
            at = self._source.line + line - 1
            found = origin.Origin(self._source.filename, at, function or fallback)
            self._places[line, function] = found
        return found

    def note(self, node: Any, function: str | None, fallback: str, is_read: bool) -> None:
        """Looks at a node and those in it.

        Args:
          node: the node.
          function: the innermost function around it.
          fallback: the name of the function where there is none around it.
          is_read: whether malt would look for the definitions of names in it.
        """
        kind = node.__class__
        self.kinds.add(kind)
        if kind is ast.FunctionDef:
            function = node.name
        notes: dict[Any, Any] = {}
        if hasattr(node, "lineno"):
            notes[anno.Basic.ORIGIN] = self._place(node, function, fallback)
            node.__dict__[trees.NOTES] = notes
        if kind is ast.Name:
            if is_read:
                notes[anno.Static.ORIG_DEFINITIONS] = ()
            return
        if kind is ast.FunctionDef:
            for child in (node.args, *node.body):
                self.note(child, function, fallback, True)
            for child in (*node.decorator_list, *([node.returns] if node.returns else ())):
                self.note(child, function, fallback, False)
            return
        if kind is ast.Attribute:
            name = node.attr
            self.is_odd |= name.startswith("__") and not name.endswith("__")
        elif kind in (ast.For, ast.While):
            self.is_odd |= bool(node.orelse)
        for child in trees.children(node):
            # malt looks neither at annotations nor at the types of `except`.
            is_inside = is_read and kind is not ast.arg and child is not getattr(node, "type", None)
            self.note(child, function, fallback, is_inside)


def survey(source: Source, fallback: str) -> _Survey:
    """Notes at each node where it is from, and at each name that is read that it is the user's."""
    made = _Survey(source)
    made.note(source.node, None, fallback, False)
    return made


# -- loading -------------------------------------------------------------------------------------


def _lines(nodes: list[Any], tree: ast.Module, filename: str) -> dict[Any, origin.Origin]:
    """(file, line) of the generated code → where it is from.

    A statement of several lines is one line of generated code: it is from the first of them.
    """
    found: dict[int, origin.Origin] = {}
    pairs: list[tuple[Any, Any]] = list(zip(nodes, tree.body, strict=True))
    while pairs:
        before, after = pairs.pop()
        notes = before.__dict__.get(trees.NOTES)
        place: origin.Origin | None = notes.get(anno.Basic.ORIGIN) if notes else None
        if place is not None:
            line = getattr(after, "lineno", None)
            if line is not None:
                known = found.get(line)
                if known is None or known.line > place.line:
                    found[line] = place
        if before.__class__ is not after.__class__:
            raise ValueError(f"{ast.dump(after)} is read for {ast.dump(before)}")
        for name in trees.FIELDS[before.__class__]:
            one, other = getattr(before, name, None), getattr(after, name, None)
            if isinstance(one, (list, tuple)):
                pairs.extend(p for p in zip(one, other, strict=True) if isinstance(p[0], ast.AST))
            elif isinstance(one, ast.AST):
                pairs.append((one, other))
    return {(filename, line): place for line, place in found.items()}


class Factory:
    """Makes functions of one converted code.

    Attributes:
      module: the module of the generated code.
      lines: (file, line) of the generated code → where it is from.
    """

    def __init__(self, nodes: Any, function: Any, context: Any, extra: Mapping[str, Any]) -> None:
        """Makes code of a converted function.

        Args:
          nodes: its definition.
          function: the user's function.
          context: malt's context of the conversion.
          extra: names and values that the code has besides those of the user's function.
        """
        self._name = context.info.name
        self._extra = extra
        self._free = function.__code__.co_freevars
        inner = context.namer.new_symbol("inner_factory", ())
        outer = context.namer.new_symbol("outer_factory", ())
        wrapped = transpiler._wrap_into_factory(
            nodes, self._name, inner, outer, self._free, extra, context.info.future_features
        )
        text = "\n".join(["# coding=utf-8", *(ast.unparse(n).strip() for n in wrapped)])
        name = f"__autograph_generated_{next(_NUMBERS)}_{self._name}"
        filename = f"<{name}>"
        tree = ast.parse(text, filename)
        self.module = types.ModuleType(name)
        self.module.__file__ = filename
        exec(compile(tree, filename, "exec", dont_inherit=True), self.module.__dict__)
        self._text = filename, [line + "\n" for line in text.split("\n")]
        self.lines = _lines(wrapped, tree, filename)
        origin.map_lines(self.lines)
        self._unbound = getattr(self.module, outer)()

    def make(self, function: Any) -> Any:
        """The converted form of a function with that code."""
        filename, written = self._text
        if filename not in linecache.cache:  # New, or somebody has emptied it.
            linecache.cache[filename] = sum(map(len, written)), None, written, filename
        cells = dict(zip(self._free, function.__closure__ or (), strict=True))
        code = self._unbound.__code__
        bound = types.FunctionType(
            code, function.__globals__, self._name, (), tuple(cells[n] for n in code.co_freevars)
        )
        made = bound(**self._extra)
        made.__defaults__ = function.__defaults__
        made.__kwdefaults__ = function.__kwdefaults__
        return made
