"""Copies of function bodies: inlined into another graph, or whole."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from headrace._src.core import scopes
from headrace._src.core.attrs import FuncRef
from headrace._src.core.graph import Graph
from headrace._src.core.operation import Operation
from headrace._src.core.tensor import Tensor
from headrace._src.core.uids import next_uid
from headrace._src.ops import func_graph


def inlined(
    source: func_graph.FuncGraph,
    target: Graph,
    arguments: Sequence[Tensor],
    copies: dict[Tensor, Tensor] | None = None,
) -> list[Tensor]:
    """Adds the operations of a body to another graph; returns its results there.

    Args:
      source: the body.
      target: the graph to add to.
      arguments: what stands for the arguments of the body, in `target`.
      copies: comes to hold the copy of every tensor.
    """
    known = {} if copies is None else copies
    known.update(zip(source.inputs, arguments, strict=True))
    return _copied_operations(source, target, known)


def _copied_operations(
    source: func_graph.FuncGraph, target: Graph, known: dict[Tensor, Tensor]
) -> list[Tensor]:
    operations: dict[Operation, Operation] = {}
    with target.as_default(), scopes.control_dependencies(None):
        for operation in source.get_operations():
            if operation.outputs and operation.outputs[0] in known:
                operations[operation] = known[operation.outputs[0]].op
                continue
            waits = [operations[c] for c in operation.control_inputs if c in operations]
            with scopes.control_dependencies(waits):
                copy = target.add_operation(
                    operation.spec,
                    target.unique_name(operation.name),
                    [known[t] for t in operation.inputs],
                    _copied_attrs(operation, target, known),
                )
            operations[operation] = copy
            for old, new in zip(operation.outputs, copy.outputs, strict=True):
                new.handle_data = old.handle_data
                known[old] = new
    return [known[t] for t in source.outputs]


def _copied_attrs(
    operation: Operation, target: Graph, known: dict[Tensor, Tensor]
) -> dict[str, Any]:
    """The attrs of an operation; the functions in them are copied too.

    A gradient changes the functions of the conditions and loops on its way, so no two nodes may
    share them.
    """
    result = {}
    for name, value in operation.attrs.items():
        if isinstance(value, FuncRef):
            value = _copied_function(value, target, known)
        elif isinstance(value, tuple) and value and isinstance(value[0], FuncRef):
            value = tuple([_copied_function(v, target, known) for v in value])
        result[name] = value
    return result


def _copied_function(function: FuncRef, target: Graph, known: dict[Tensor, Tensor]) -> FuncRef:
    source: func_graph.FuncGraph = function.graph
    with target.as_default():
        copy = func_graph.FuncGraph(f"{source.name}_{next_uid()}")
    with copy.as_default(), scopes.control_dependencies(None):
        inner: dict[Tensor, Tensor] = {}
        for t in source.inputs:
            inner[t] = copy.stand_in(t)
            # The static shape of an argument, not that of what stands outside.
            inner[t].dims = t.dims
    copy.inputs = [inner[t] for t in source.inputs]
    copy.captured = {known.get(t, t): inner[a] for t, a in source.captured.items() if a in inner}
    copy.outputs = _copied_operations(source, copy, inner)
    copy.structured_outputs = source.structured_outputs
    target._functions[copy.name] = copy
    return FuncRef(copy.name, copy, function.attrs)
