"""How a node that repeats a body is added to a graph."""

from __future__ import annotations

from collections.abc import Sequence

from headrace._src.core import dims
from headrace._src.core import graph as graph_lib
from headrace._src.core.operation import Operation
from headrace._src.core.tensor import Tensor
from headrace._src.ops._late import late
from headrace._src.ops.func_graph import FuncGraph


def add(
    initial: Sequence[Tensor],
    cond: FuncGraph,
    body: FuncGraph,
    shapes: Sequence[dims.Dims],
    parallel_iterations: int,
    name: str,
) -> Operation:
    """Adds a `While` node for functions that take the same values.

    Args:
      initial: the inputs.
      cond: takes them; gives one bool.
      body: takes them; gives their next values.
      shapes: the static shapes of the results.
      parallel_iterations: the attr of this name.
      name: the node's name, ending in a slash when it is final.
    """
    node: Operation = late.While.make(
        list(initial),
        cond=cond.reference(),
        body=body.reference(),
        output_shapes=list(shapes),
        parallel_iterations=parallel_iterations,
        name=name,
    )
    node.attrs["_lower_using_switch_merge"] = True
    register(cond, body)
    for t, result in zip(node.outputs, body.outputs, strict=True):
        t.handle_data = result.handle_data
    return node


def register(*functions: FuncGraph) -> None:
    """Adds functions to the library of the default graph."""
    graph = graph_lib.get_default_graph()
    for function in functions:
        graph._functions[function.name] = function
