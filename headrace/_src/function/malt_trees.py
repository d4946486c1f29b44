"""Quick walks over syntax trees, for converting functions.

malt's converters walk a tree many times, copy what they move into a template, and read every
template anew. Here are the same walks, with what a kind of node can hold looked up once, templates
that are read once, and statements that move without being copied.
"""

from __future__ import annotations

import ast
import contextlib
import functools
import textwrap
import threading
from collections.abc import Callable, Iterator
from typing import Any, Final

from malt.pyct import anno, parser, qual_names, templates

NOTES: Final = "___pyct_anno"
"""The attribute in which malt keeps what it notes at a node."""

_COMMENTED: Final = (ast.Assign, ast.For, ast.FunctionDef, ast.With)
"""The statements for which Python's writer of source code looks up a comment by their line."""

LEAVES: Final = frozenset(
    leaf
    for kind in (ast.expr_context, ast.operator, ast.unaryop, ast.boolop, ast.cmpop)
    for leaf in kind.__subclasses__()
)
_WITHOUT_NODES: Final = frozenset(
    "arg asname attr conversion ctx id is_async kind kwd_attrs level lineno module n name op ops "
    "rest s simple tag type_comment type_ignores".split()
)
_KEPT: Final = (
    anno.Basic.DIRECTIVES,
    anno.Basic.EXTRA_LOOP_TEST,
    anno.Basic.ORIGIN,
    anno.Basic.SKIP_PROCESSING,
    anno.Static.ORIG_DEFINITIONS,
    "function_context_name",
)
_SKIP, _ORIGIN, _QN = anno.Basic.SKIP_PROCESSING, anno.Basic.ORIGIN, anno.Basic.QN


class _Fields(dict[type, tuple[str, ...]]):
    """For each kind of node the names of what may hold nodes."""

    def __missing__(self, kind: type[ast.AST]) -> tuple[str, ...]:
        found = kind._fields if kind is not ast.Constant else ()
        self[kind] = names = tuple(f for f in found if f not in _WITHOUT_NODES)
        return names


FIELDS: Final = _Fields()


def children(node: ast.AST) -> Iterator[ast.AST]:
    """The nodes in a node, without those that hold nothing."""
    for name in FIELDS[node.__class__]:
        held = getattr(node, name, None)
        if held.__class__ is list:
            for child in held:
                if isinstance(child, ast.AST):
                    yield child
        elif isinstance(held, ast.AST):
            yield held


def noted(node: Any, key: Any) -> Any:
    """What is noted at a node under a key, or None."""
    notes = node.__dict__.get(NOTES)
    return None if notes is None else notes.get(key)


def note(node: Any, key: Any, value: Any, field_name: str = NOTES) -> None:
    """Notes something at a node."""
    node.__dict__.setdefault(field_name, {})[key] = value


class Walk:
    """Put before a class of malt's that walks trees: it walks as before, and quicker."""

    _methods: dict[type, Any]
    ctx: Any

    def __init_subclass__(cls) -> None:
        cls._methods = {}

    def visit(self, node: Any) -> Any:
        """What takes the place of a node: the node, another, several or none."""
        kind = node.__class__
        if kind in LEAVES:
            return node
        method = self._methods.get(kind)
        if method is None:
            method = getattr(type(self), f"visit_{kind.__name__}", Walk.generic_visit)
            self._methods[kind] = method
        notes = node.__dict__.get(NOTES)
        own = None
        if notes is not None:
            if _SKIP in notes:
                return node
            own = notes.get(_ORIGIN)
        context = self.ctx
        around = context.current_origin
        if own is not None:
            context.current_origin = own
        if kind is ast.Expr:
            value = node.value
            made = method(self, node)
            # A statement that takes the place of an expression is no part of an expression.
            if (
                made.__class__ is ast.Expr
                and made.value is not value
                and isinstance(made.value, (list, tuple, ast.Assign, ast.AugAssign))
            ):
                made = made.value
        else:
            made = method(self, node)
        context.current_origin = around
        if made is not node and made is not None:
            origin = around if own is None else own
            if origin is not None:
                for n in made if isinstance(made, (list, tuple)) else (made,):
                    n.__dict__.setdefault(NOTES, {}).setdefault(_ORIGIN, origin)
        return made

    def generic_visit(self, node: Any) -> Any:
        """Visits what is in a node."""
        visit = self.visit
        for name in FIELDS[node.__class__]:
            held = getattr(node, name, None)
            if held.__class__ is list:
                made: list[Any] = []
                same = True
                for child in held:
                    if not isinstance(child, ast.AST):
                        made.append(child)
                        continue
                    new = visit(child)
                    if new is child:
                        made.append(child)
                        continue
                    same = False
                    if isinstance(new, ast.AST):
                        made.append(new)
                    elif new is not None:
                        made.extend(new)
                if not same:
                    held[:] = made
            elif isinstance(held, ast.AST):
                new = visit(held)
                if new is None:
                    delattr(node, name)
                elif new is not held:
                    setattr(node, name, new)
        return node


def quick(base: type) -> Any:
    """A class of malt's that walks trees, quicker."""
    return type(base.__name__, (Walk, base), {})


# -- names ---------------------------------------------------------------------------------------

_name = functools.lru_cache(4096)(qual_names.QN)


def resolve_names(node: Any) -> Any:
    """Notes at names, attributes and items by which name they can be told."""
    kind = node.__class__
    if kind is ast.Name:
        node.__dict__.setdefault(NOTES, {})[_QN] = _name(node.id)
        return node
    for name in FIELDS[kind]:
        held = getattr(node, name, None)
        if held.__class__ is list:
            for child in held:
                if isinstance(child, ast.AST):
                    resolve_names(child)
        elif isinstance(held, ast.AST):
            resolve_names(held)
    if kind is ast.Attribute:
        base = node.value.__dict__.get(NOTES, {}).get(_QN)
        if base is not None:
            node.__dict__.setdefault(NOTES, {})[_QN] = qual_names.QN(base, attr=node.attr)
    elif kind is ast.Subscript:
        _resolve_item(node)
    elif kind is ast.arg:
        node.__dict__.setdefault(NOTES, {})[_QN] = _name(node.arg)
    return node


def _resolve_item(node: ast.Subscript) -> None:
    at = node.slice
    if isinstance(at, (ast.Tuple, ast.Slice)):
        return
    if isinstance(at, ast.Constant) and at.value != Ellipsis:
        index: Any = qual_names.QN(qual_names.Literal(at.value))
    else:
        index = at.__dict__.get(NOTES, {}).get(_QN)
    base = node.value.__dict__.get(NOTES, {}).get(_QN)
    if index is not None and base is not None:
        node.__dict__.setdefault(NOTES, {})[_QN] = qual_names.QN(base, subscript=index)


# -- copies and templates ------------------------------------------------------------------------


def copied(node: Any) -> Any:
    """A copy with those notes only that hold wherever a node is."""
    kind = node.__class__
    if kind is list:
        return [copied(n) for n in node]
    if kind is tuple:
        return tuple(copied(n) for n in node)
    if kind in LEAVES or not isinstance(node, ast.AST):
        return node
    made = kind.__new__(kind)
    fields = node.__dict__
    target = made.__dict__
    if kind in _COMMENTED:
        made.lineno = 0
    for name in kind._fields:
        if name in fields:
            held = fields[name]
            target[name] = copied(held) if isinstance(held, (ast.AST, list, tuple)) else held
    notes = fields.get(NOTES)
    if notes:
        kept = {key: notes[key] for key in _KEPT if key in notes}
        if kept:
            target[NOTES] = kept
    return made


# Where a converter gives these to a template, it has no other use for them. What it uses twice is
# not here: `arg1`, which is the right side of another comparison too, and targets.
_MOVED: Final = frozenset(
    "arg arg2 args block body entity_defs expr extra_test extra_test_expr extra_test_function "
    "false_expr func guarded_state_vars iter_ iterate_expansion iterated kwargs l options "
    "original original_node orelse retval state_functions test true_expr undefined_assigns".split()
)
_CONTEXTS: Final = {kind: kind() for kind in (ast.Load, ast.Store, ast.Del)}


def _in_context(node: Any, kind: Any) -> None:
    """Makes an expression one that is read, assigned or deleted."""
    if node.ctx.__class__ is kind:
        return
    node.ctx = _CONTEXTS[kind]
    if isinstance(node, (ast.Attribute, ast.Subscript)):
        for child in children(node):
            _inside_context(child, ast.Load)
    else:
        for child in children(node):
            _inside_context(child, kind)


def _inside_context(node: Any, kind: Any) -> None:
    if hasattr(node, "ctx"):
        _in_context(node, kind)
    elif not isinstance(node, (ast.Call, ast.Dict, ast.comprehension, ast.Lambda)):
        for child in children(node):
            _inside_context(child, kind)


class _Template:
    """A template with what shall stand in the place of names."""

    def __init__(self, given: dict[str, Any]) -> None:
        self._given = given
        self._moved: set[str] = set()

    def _nodes(self, value: Any, moved: bool) -> Any:
        if isinstance(value, ast.AST):
            return value if moved else copied(value)
        if isinstance(value, str):
            return ast.Name(value, None)
        if isinstance(value, qual_names.QN):
            return value.ast()
        if isinstance(value, list):
            return [self._nodes(v, moved) for v in value]
        if isinstance(value, tuple):
            return tuple(self._nodes(v, moved) for v in value)
        return value

    def _taken(self, name: str) -> Any:
        moved = name in _MOVED and name not in self._moved
        self._moved.add(name)
        return self._nodes(self._given[name], moved)

    def _name(self, node: ast.Name) -> Any:
        found = self._taken(node.id)
        if isinstance(found, ast.AST):
            found = [found]
        kind = node.ctx.__class__
        for n in found:
            if hasattr(n, "ctx"):
                _in_context(n, kind)
        return found[0] if len(found) == 1 else found

    def _arg(self, node: ast.arg) -> Any:
        def made(n: Any) -> Any:
            return ast.arg(n.id, None) if isinstance(n, ast.Name) else n

        found = self._taken(node.arg)
        return [made(n) for n in found] if isinstance(found, list) else made(found)

    def _renamed(self, name: str) -> str:
        found = self._nodes(self._given[name], False)
        if not isinstance(found, ast.Name):
            raise ValueError(f"a name can only be replaced by a Name node. Found: {found}")
        return found.id

    def grown(self, node: Any) -> Any:
        """What a node of the template becomes: a node, or several."""
        kind = node.__class__
        given = self._given
        if kind is ast.Name and node.id in given:
            return self._name(node)
        if kind is ast.arg and node.arg in given:
            return self._arg(node)
        if kind is ast.keyword and node.arg in given:
            return self._taken(node.arg)
        if kind is ast.Expr and node.value.__class__ is ast.Name and node.value.id in given:
            return self._name(node.value)
        if kind in LEAVES:
            return node
        made = kind.__new__(kind)
        target = made.__dict__
        if kind in _COMMENTED:
            made.lineno = 0
        fields = node.__dict__
        for name in kind._fields:
            if name not in fields:
                continue
            held = fields[name]
            if held.__class__ is list:
                several: list[Any] = []
                for child in held:
                    new = self.grown(child) if isinstance(child, ast.AST) else child
                    if isinstance(new, (list, tuple)):
                        several.extend(new)
                    else:
                        several.append(new)
                target[name] = several
            else:
                target[name] = self.grown(held) if isinstance(held, ast.AST) else held
        if kind is ast.FunctionDef and node.name in given:
            made.name = self._renamed(node.name)
        elif kind is ast.Attribute and node.attr in given:
            made.attr = self._renamed(node.attr)
        return made


@functools.lru_cache(512)
def _parsed(template: str) -> list[Any]:
    return ast.parse(textwrap.dedent(template)).body


def replace(template: str, **given: Any) -> list[Any]:
    """The statements of a template, with other nodes in the place of some names."""
    growing = _Template(given)
    made: list[Any] = []
    for node in _parsed(template):
        new = growing.grown(node)
        if isinstance(new, (list, tuple)):
            made.extend(new)
        else:
            made.append(new)
    return made


def parse_expression(text: str) -> Any:
    """The syntax tree of an expression."""
    return copied(_parsed(text.strip())[0].value)


class _State(threading.local):
    """Whether this thread converts a function; malt's other users keep what malt does.

    State inventory: is_converting.
    """

    is_converting = False


_STATE: Final = _State()


@contextlib.contextmanager
def converting() -> Iterator[None]:
    """In it malt's converters use the templates of this module."""
    before = _STATE.is_converting
    _STATE.is_converting = True
    try:
        yield
    finally:
        _STATE.is_converting = before


def _instead(of: Callable[..., Any], here: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(of)
    def function(*args: Any, **kwargs: Any) -> Any:
        return (here if _STATE.is_converting else of)(*args, **kwargs)

    return function


def _is_noted(node: Any, key: Any, field_name: str = NOTES) -> bool:
    notes = getattr(node, field_name, None)
    return notes is not None and key in notes


def _hash(self: Any) -> int:
    known: int | None = self.__dict__.get("_hash")
    if known is None:
        known = self._hash = hash((self.qn, self._has_attr, self._has_subscript))
    return known


@functools.cache
def install() -> None:
    """Lets malt use what is here, with the same results."""
    # An enumeration hashes the names of its members, a qualified name all of its parts.
    anno.NoValue.__hash__ = object.__hash__
    qual_names.QN.__hash__ = _hash
    anno.hasanno = _is_noted
    anno.setanno = note
    templates.replace = _instead(templates.replace, replace)
    parser.parse_expression = _instead(parser.parse_expression, parse_expression)
