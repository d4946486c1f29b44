"""Views of a profile: nodes as a tree of their name scopes, or grouped by op type."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, Final

from headrace._src.profiler.options import Options

ROOT: Final = "_TFProfRoot"
# The type of what is a name scope only.
_SCOPE: Final = "_kTFScopeParent"
_WORDS: Final = {"params": "params", "float_ops": "flops"}


class Node:
    """A node, a name scope, or all nodes of one type.

    Attributes:
      name: its name.      types: the op type, and the types that a program gave it.
      own: what it has itself, for "params" and "float_ops".     total: that and what is below.
      shape: the shape of a variable.     op: the operation, None for a scope.
      children: by name.      shown: those that are shown, in order.
      count: how many are shown, with itself.
      is_counted: whether it counts.
    """

    def __init__(self, name: str, op: Any = None) -> None:
        self.name, self.op = name, op
        self.types = [_SCOPE if op is None else op.type]
        self.own = {"params": 0, "float_ops": 0}
        self.total = dict(self.own)
        self.shape: tuple[int, ...] | None = None
        self.children: dict[str, Node] = {}
        self.shown: list[Node] = []
        self.count = 0
        self.is_counted = False

    def add_up(self, children: Iterable[Node]) -> None:
        """Sets the totals to what the node and its children have."""
        children = list(children)
        for key in self.total:
            own = self.own[key] if self.is_counted else 0
            self.total[key] = own + sum(c.total[key] for c in children)
        self.count = 1 + sum(c.count for c in children)


def matches(patterns: Iterable[str], text: str) -> bool:
    """Whether a text is what one of several regular expressions describes."""
    return any(re.fullmatch(p, text) for p in patterns)


def number(n: int) -> str:
    """A number in at most a few digits."""
    for size, unit in ((10**9, "b"), (10**6, "m"), (10**3, "k")):
        if n >= size:
            return f"{n / size:.2f}{unit}"
    return str(n)


def _has_enough(values: dict[str, int], options: Options) -> bool:
    numbers = options.numbers
    return (
        values["params"] >= numbers["min_params"]
        and values["float_ops"] >= numbers["min_float_ops"]
        and numbers["min_occurrence"] <= 1
    )


def _is_chosen(node: Node, options: Options, depth: int) -> bool:
    regexes = options.regexes
    return (
        depth <= options.numbers["max_depth"]
        and matches(regexes["show_name_regexes"], node.name)
        and not matches(regexes["hide_name_regexes"], node.name)
    )


def _is_shown(node: Node, options: Options, depth: int) -> bool:
    return _has_enough(node.own, options) and _is_chosen(node, options, depth)


def _ordered(nodes: list[Node], options: Options, key: str) -> list[Node]:
    by = options.order_by
    if by not in ("params", "float_ops"):
        return sorted(nodes, key=lambda n: n.name)
    return sorted(nodes, key=lambda n: (-getattr(n, key)[by], n.name))


def _selected(options: Options) -> list[str]:
    return [s for s in ("params", "float_ops") if s in options.select]


# -- by name scope ---------------------------------------------------------------------------------
class ScopeView:
    """The tree of name scopes.

    Args:
      nodes: the nodes of a graph.
      options: what to show.

    Attributes:
      root: the tree, with what is shown.     lines: the lines of the report.
    """

    doc = (
        "scope: The nodes in the model graph are organized by their names, which is hierarchical "
        "like filesystem."
    )
    headings: Final = {"params": "# parameters", "float_ops": "# float_ops"}

    def __init__(self, nodes: Iterable[Node], options: Options) -> None:
        self._options = options
        self.root = Node(ROOT)
        for node in nodes:
            self._place(node)
        self._count(self.root)
        self.root.is_counted = False
        starts = options.regexes["start_name_regexes"]
        top = list(self.root.children.values())
        if starts != [".*"]:
            top = self._starts(top, starts)
        shown = self._show(top, 2)
        self.root.shown = _ordered(shown, options, "total")
        self.root.add_up(self.root.shown if options.only_displayed else top)
        self.lines = self._lines(self.root, 0)

    def _place(self, node: Node) -> None:
        parent = self.root
        parts = node.name.split("/")
        for i in range(1, len(parts)):
            name = "/".join(parts[:i])
            parent = parent.children.setdefault(name, Node(name))
        known = parent.children.get(node.name)
        if known is not None:
            # The name of a node that is also a scope.
            node.children = known.children
        parent.children[node.name] = node

    def _count(self, node: Node) -> None:
        for child in node.children.values():
            self._count(child)
        wanted = self._options.regexes["account_type_regexes"]
        node.is_counted = any(matches(wanted, t) for t in node.types)
        node.add_up(node.children.values())

    def _starts(self, nodes: Iterable[Node], patterns: list[str]) -> list[Node]:
        found: list[Node] = []
        for node in nodes:
            if matches(patterns, node.name):
                found.append(node)
            else:
                found += self._starts(node.children.values(), patterns)
        return found

    def _show(self, nodes: Iterable[Node], depth: int) -> list[Node]:
        """What is shown of nodes: a node, or in its place what is shown below it."""
        found: list[Node] = []
        for node in nodes:
            below: list[Node] = []
            if not matches(self._options.regexes["trim_name_regexes"], node.name):
                below = self._show(node.children.values(), depth + 1)
            if not _is_shown(node, self._options, depth) or not (node.is_counted or below):
                found += below
                continue
            if self._options.only_displayed:
                node.add_up(below)
            node.shown = _ordered(below, self._options, "total")
            found.append(node)
        return found

    def _lines(self, node: Node, indent: int) -> list[str]:
        parts = []
        for key in _selected(self._options):
            own = number(node.own[key]) if node.is_counted else "--"
            text = f"{own}/{number(node.total[key])} {_WORDS[key]}"
            if key == "params" and node.shape is not None and node.is_counted:
                text = f"{'x'.join(map(str, node.shape)) or 1}, {text}"
            parts.append(text)
        lines = [f"{' ' * indent}{node.name} ({', '.join(parts)})"]
        for child in node.shown:
            lines += self._lines(child, indent + 2)
        return lines

    def message(self) -> Any:
        """The tree as a `GraphNodeProto`."""
        from headrace._src.proto import messages

        made = messages.GraphNodeProto()
        _fill(made, self.root)
        return made


def _fill(made: Any, node: Node) -> None:
    made.name = node.name
    if node.is_counted:
        made.parameters, made.float_ops = node.own["params"], node.own["float_ops"]
    made.total_parameters, made.total_float_ops = node.total["params"], node.total["float_ops"]
    made.total_definition_count = node.count
    for i, t in enumerate(node.op.inputs if node.op is not None else ()):
        if t.dims is not None and None not in t.dims:
            # Scalars are told as vectors of one element.
            for size in t.dims or (1,):
                made.input_shapes[i].dim.add(size=size)
    for child in node.shown:
        _fill(made.children.add(), child)


def _accumulate(kinds: list[Node]) -> dict[str, int]:
    """Makes the total of each type what it and those behind it have; returns that of all."""
    total = {"params": 0, "float_ops": 0}
    for kind in reversed(kinds):
        for key in total:
            total[key] += kind.own[key]
        kind.total = dict(total)
    return total


# -- by op type ------------------------------------------------------------------------------------
class OpView:
    """Op types, each with all its nodes.

    Args:
      nodes: the nodes of a graph.
      options: what to show.

    Attributes:
      lines: the lines of the report.
    """

    doc = (
        "op: The nodes are operation kernel type, such as MatMul, Conv2D. Graph nodes belonging to "
        "the same type are aggregated together."
    )
    headings: Final = {"params": "# parameters", "float_ops": "# float_ops"}

    def __init__(self, nodes: Iterable[Node], options: Options) -> None:
        self._options = options
        wanted = options.regexes["account_type_regexes"]
        starts = options.regexes["start_name_regexes"]
        kinds: dict[str, Node] = {}
        for node in nodes:
            if any(matches(wanted, t) for t in node.types):
                node.is_counted = True
                node.add_up(())
                kind = kinds.setdefault(node.types[0], Node(node.types[0]))
                kind.children[node.name] = node
                for key in kind.own:
                    kind.own[key] += node.own[key]
        found = [k for k in kinds.values() if matches(starts, k.name)]
        if options.only_displayed:
            found = [k for k in found if _is_chosen(k, options, 1)]
        ordered = _ordered(found, options, "own")
        self.total = _accumulate(ordered)
        self._shown = [
            k for k in ordered if _is_chosen(k, options, 1) and _has_enough(k.total, options)
        ]
        if options.only_displayed:
            self.total = _accumulate(self._shown)
        self.lines = [self._line(k) for k in self._shown]

    def _line(self, kind: Node) -> str:
        parts = []
        for key in _selected(self._options):
            whole = self.total[key]
            own, rest = kind.own[key], kind.total[key]
            shares = [100 * n / whole if whole else 0.0 for n in (rest, own)]
            text = f"{number(own)} {key} ({shares[0]:.2f}%, {shares[1]:.2f}%)"
            parts.append(text.rjust(30))
        return f"{kind.name:<25}{', '.join(parts)}"

    def message(self) -> Any:
        """The types as a `MultiGraphNodeProto`, each the child of the one before it."""
        from headrace._src.proto import messages

        made = messages.MultiGraphNodeProto(name=ROOT)
        made.total_parameters, made.total_float_ops = self.total["params"], self.total["float_ops"]
        at = made
        for kind in self._shown:
            at = at.children.add(name=kind.name)
            at.parameters, at.float_ops = kind.own["params"], kind.own["float_ops"]
            at.total_parameters = kind.total["params"]
            at.total_float_ops = kind.total["float_ops"]
            for name in sorted(kind.children):
                _fill(at.graph_nodes.add(), kind.children[name])
        return made
