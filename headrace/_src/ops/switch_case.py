"""`Case` and tf.switch_case: one of several functions, chosen by an index."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from headrace._api.export import export
from headrace._src.core import attrs as A
from headrace._src.core import graph as graph_lib
from headrace._src.core import nest, scopes
from headrace._src.core.opspec import op
from headrace._src.core.tensor import Tensor
from headrace._src.core.uids import next_uid
from headrace._src.ops import branches, flows, func_graph, identity

# -- Case ----------------------------------------------------------------------------------------
Case = op(
    "Case",
    "branch_index: int32, input: list:Tin -> output: list:Tout",
    Tin=A.dtypes(minimum=0),
    Tout=A.dtypes(minimum=0),
    branches=A.funcs(minimum=1),
    output_shapes=A.shapes(default=()),
    stateful=True,
    calls_functions=True,
)


@Case.shape
def _shape_case(s: Any, branch_index: Any, input: Any, *, output_shapes: Any, Tout: Any) -> Any:  # noqa: N803
    return list(output_shapes) if output_shapes else [None] * len(Tout)


@Case.host_kernel
def _kernel_case(k: Any, branch_index: Any, input: Any, *, branches: Any) -> Any:
    index = int(np.asarray(branch_index).reshape(-1)[0])
    # As in 1.15, the last function also serves every index that has none.
    return k.call(branches[index if 0 <= index < len(branches) else -1], input)


@Case.xla_kernel
def _xla_case(k: Any, branch_index: Any, input: Any, *, branches: Any) -> Any:
    return k.branch(branch_index.reshape(-1)[0], branches, input)


Case.gradient(branches.grad_branches)


@export("switch_case")
def switch_case(
    branch_index: Any,
    branch_fns: Any,
    default: Callable[[], Any] | None = None,
    name: str | None = "switch_case",
) -> Any:
    """Return what the function at an index gives; only that one is executed.

    Args:
      branch_index: int32 scalar tensor.
      branch_fns: a list of functions, or of pairs of an index and a function, or a dict; the
        indices are 0, 1, 2, ... in any order. The functions give the same structure and dtypes.
      default: the function for every other index; the last one when left out.
      name: the name scope.

    Returns:
      Tensors in the structure that the functions return.

    Raises:
      TypeError: `branch_index` is no whole-number tensor, `branch_fns` is of another form, or the
        results differ in structure or dtype.
      ValueError: there are no functions, or an index is missing.
    """
    functions = _functions(branch_fns, default, branch_index)
    with scopes.name_scope(name, "case", [branch_index]):
        if graph_lib.get_default_graph().executes:
            index = int(branch_index)
            return functions[index if 0 <= index < len(functions) else -1]()
        with scopes.name_scope("indexed_case") as scope:
            return _build(branch_index, functions, scope)


def _functions(
    given: Any, default: Callable[[], Any] | None, branch_index: Any
) -> list[Callable[[], Any]]:
    """The functions in the order of their indices."""
    if not isinstance(branch_index, Tensor):
        raise TypeError(f"branch_index must a Tensor, got {type(branch_index)}")
    if not branch_index.dtype.is_integer:
        raise TypeError(f"branch_index must an integer Tensor, got {branch_index.dtype!s}")
    if not given:
        raise ValueError("Must provide at least one item in branch_fns")
    if not isinstance(given, (list, tuple, dict)):
        raise TypeError("branch_fns must be a list, tuple, or dict")
    pairs = list(given.items()) if isinstance(given, dict) else list(given)
    if all(callable(fn) for fn in pairs):
        pairs = list(enumerate(pairs))
    for pair in pairs:
        if not isinstance(pair, tuple) or len(pair) != 2:
            raise TypeError("Each entry in branch_fns must be a 2-tuple")
        key, function = pair
        if not isinstance(key, int):
            raise TypeError(f"key must be a Python `int`, got {type(key)}")
        if not callable(function):
            raise TypeError(f"fn for key {key} must be callable.")
    keys = sorted(key for key, _ in pairs)
    if keys != list(range(len(keys))):
        found = ",".join(map(str, keys))
        raise ValueError(
            f"branch indices (keys) must form contiguous range of [0 to {len(keys)}) but found "
            f"{{{found}}}"
        )
    functions = [function for _, function in sorted(pairs, key=lambda pair: pair[0])]
    return functions if default is None else [*functions, default]


def _build(branch_index: Tensor, functions: Sequence[Callable[[], Any]], scope: str) -> Any:
    base = scope[:-1].replace("/", "_")
    names = [f"{base}_branch{i}_{next_uid()}" for i in range(len(functions))]
    bodies = [
        func_graph.trace(name, function, branch_index)
        for name, function in zip(names, functions, strict=True)
    ]
    branches.check_captures(bodies, [str(i) for i in range(len(bodies))])
    for i in range(1, len(bodies)):
        _check_same(bodies[0], bodies[i], i)
    node = branches.add(
        branch_index, bodies, [body.outer_captures for body in bodies], scope, is_case=True
    )
    if not node.outputs:
        return node
    node.graph.prevent_fetching(node)
    results = [identity.identity(t) for t in node.outputs]
    return flows.from_flows(bodies[0].structured_outputs, results)


def _check_same(first: func_graph.FuncGraph, other: func_graph.FuncGraph, i: int) -> None:
    """Raises `TypeError` unless both functions return the same structure and dtypes."""
    message = (
        f"branches[0] and branches[{i}] arguments to tf.switch_case must have the same number, "
        "type, and overall structure of return values.\n\n"
        f"branches[0] output:  {first.structured_outputs}\n"
        f"branches[{i}] output: {other.structured_outputs}"
    )
    try:
        nest.assert_same_structure(
            first.structured_outputs, other.structured_outputs, expand_composites=True
        )
    except (ValueError, TypeError) as e:
        raise TypeError(f"{message}\n\nError details:\n{e}") from None
    if func_graph.output_types(first) != func_graph.output_types(other):
        raise TypeError(message)


__all__ = ["Case", "switch_case"]
