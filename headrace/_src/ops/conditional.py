"""Conditions: `If`, `StatelessIf` and tf.cond."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from headrace._api.export import export
from headrace._src.core import attrs as A
from headrace._src.core import convert, nest, numbering, scopes
from headrace._src.core import graph as graph_lib
from headrace._src.core.operation import Operation
from headrace._src.core.opspec import op
from headrace._src.core.tensor import Tensor
from headrace._src.core.uids import next_uid
from headrace._src.ops import _shapes, branches, flows, func_graph, identity
from headrace._src.ops._late import late

_SIGNATURE = "cond: Tcond, input: list:Tin -> output: list:Tout"


def _attrs() -> dict[str, Any]:
    return {
        "Tcond": A.dtype(),
        "Tin": A.dtypes(minimum=0),
        "Tout": A.dtypes(minimum=0),
        "then_branch": A.func(),
        "else_branch": A.func(),
        "output_shapes": A.shapes(default=()),
    }


# -- If ------------------------------------------------------------------------------------------
If = op("If", _SIGNATURE, stateful=True, calls_functions=True, **_attrs())


@If.shape
def _shape_if(s: Any, cond: Any, input: Any, *, output_shapes: Any, Tout: Any) -> Any:  # noqa: N803
    return list(output_shapes) if output_shapes else [None] * len(Tout)


def _holds(cond: Any) -> bool:
    # As in 1.15, a condition that is no scalar asks whether there is anything in it.
    return bool(np.size(cond)) if np.ndim(cond) else bool(np.asarray(cond)[()])


@If.host_kernel
def _kernel_if(k: Any, cond: Any, input: Any, *, then_branch: Any, else_branch: Any) -> Any:
    return k.call(then_branch if _holds(cond) else else_branch, input)


@If.xla_kernel
def _xla_if(k: Any, cond: Any, input: Any, *, then_branch: Any, else_branch: Any) -> Any:
    is_known = isinstance(cond, (np.ndarray, np.generic)) or np.ndim(cond)
    taken = np.bool_(_holds(cond)) if is_known else cond != 0
    return k.branch(taken, [else_branch, then_branch], input)


If.gradient(branches.grad_branches)

# -- StatelessIf ---------------------------------------------------------------------------------
StatelessIf = op("StatelessIf", _SIGNATURE, calls_functions=True, **_attrs())
StatelessIf.shape(_shape_if)
StatelessIf.host_kernel(_kernel_if)
StatelessIf.xla_kernel(_xla_if)
StatelessIf.gradient(branches.grad_branches)


@export("cond", v2=())
def cond(
    pred: Any,
    true_fn: Callable[[], Any] | None = None,
    false_fn: Callable[[], Any] | None = None,
    strict: bool = False,
    name: str | None = None,
    fn1: Callable[[], Any] | None = None,
    fn2: Callable[[], Any] | None = None,
) -> Any:
    """Returns `true_fn()` where `pred` holds, else `false_fn()`; only one of them is executed.

    Args:
      pred: a scalar bool tensor.
      true_fn: makes the result when `pred` is true.
      false_fn: makes the result otherwise; the same structure and dtypes.
      strict: whether a result of one element keeps its list or tuple.
      name: the name of the node.
      fn1: deprecated name of `true_fn`.
      fn2: deprecated name of `false_fn`.

    Returns:
      Tensors in the structure that the functions return.

    Raises:
      TypeError: a function is missing or no function, or the results differ in the types of their
        structure, or, where control flow is functional, at all.
      ValueError: the results differ in number, structure or dtype.
    """
    true_fn = _function(true_fn, fn1, "true_fn", "fn1")
    false_fn = _function(false_fn, fn2, "false_fn", "fn2")
    graph = graph_lib.get_default_graph()
    if graph.executes:
        return _taken(true_fn if pred else false_fn, strict)
    if isinstance(pred, bool) and numbering.for_bodies(graph) is None:
        raise TypeError("pred must not be a Python bool", pred)
    with scopes.name_scope(name or None, "cond") as scope:
        return _build(pred, true_fn, false_fn, scope, strict)


def _function(given: Any, older: Any, name: str, older_name: str) -> Callable[[], Any]:
    """The function that was given under its name or the deprecated one."""
    if older is not None:
        if given is not None:
            raise TypeError(f"cond(): {name} and {older_name} may not be set simultaneously.")
        given = older
    if given is None:
        raise TypeError(f"cond(): {name} argument required")
    if not callable(given):
        raise TypeError(f"{name} must be callable.")
    return given  # type: ignore[no-any-return]


def _taken(function: Callable[[], Any], strict: bool) -> Any:
    """The result of the branch that is taken, in eager execution."""
    return _unpacked(function(), strict)


def _unpacked(result: Any, strict: bool) -> Any:
    """What is in a list or tuple of one element, unless it is to be kept."""
    single = not strict and isinstance(result, (list, tuple)) and len(result) == 1
    return result[0] if single else result


def _build(
    pred: Any,
    true_fn: Callable[[], Any],
    false_fn: Callable[[], Any],
    scope: str,
    strict: bool,
) -> Any:
    if isinstance(pred, bool):
        raise TypeError("pred must not be a Python bool")
    base = scope[:-1].replace("/", "_")
    names = [f"{base}_{word}_{next_uid()}" for word in ("true", "false")]
    pred = convert.convert_to_tensor(pred)
    graph = graph_lib.get_default_graph()
    as_functions = numbering.for_bodies(graph) is None
    if not as_functions:
        _shapes.require_bool_scalar(pred, "pred", f"{scope}Switch", uses=2)
    if pred.dims != ():
        pred = late.squeeze(pred)
        numbering.skip(graph, -1)
    (pred,) = graph.capture_inputs([pred])
    # TensorFlow 1 makes here: Switch, switch_t, switch_f, pred_id.
    numbering.skip(graph, 4)
    bodies = []
    for branch_name, fn in zip(names, (true_fn, false_fn), strict=True):
        branch = func_graph.FuncGraph(branch_name, numbering.for_bodies(graph))
        branch.is_part = True
        bodies.append(func_graph.trace(branch, fn, pred))
    true_graph, false_graph = bodies
    if as_functions:
        _check_same(true_graph, false_graph)
    else:
        _check_alike(true_graph, false_graph, strict)
    branches.check_captures(bodies, ("true_fn", "false_fn"))
    n = len(true_graph.outputs)
    node = branches.add(
        pred,
        bodies,
        [b.outer_captures for b in bodies],
        scope,
        gives_everything=func_graph.gives_everything(graph),
    )
    # It makes a Merge for each result, where here are the node and an Identity for each.
    numbering.skip(graph, -1)
    if not node.outputs:
        return node
    node.graph.prevent_fetching(node)
    results = [identity.identity(t) for t in node.outputs]
    return _unpacked(flows.from_flows(true_graph.structured_outputs, results[:n]), strict)


_MISMATCH = (
    "true_fn and false_fn arguments to tf.cond must have the same number, type, and overall "
    "structure of return values."
)


def _check_same(a: func_graph.FuncGraph, b: func_graph.FuncGraph) -> None:
    shown = f"\n\ntrue_fn output:  {a.structured_outputs}\nfalse_fn output: {b.structured_outputs}"
    try:
        nest.assert_same_structure(
            a.structured_outputs, b.structured_outputs, expand_composites=True
        )
    except (ValueError, TypeError) as e:
        raise TypeError(f"{_MISMATCH}{shown}\n\nError details:\n{e}") from None
    if len(a.outputs) != len(b.outputs):
        raise ValueError(
            "Lengths of branch outputs of cond must match.\n"
            f"len(graphs[0].outputs): {len(a.outputs)}\n"
            f"len(graphs[1].outputs): {len(b.outputs)}\n"
        )
    for x, y in zip(a.outputs, b.outputs, strict=True):
        if x.dtype.base_dtype is not y.dtype.base_dtype:
            raise TypeError(f"{_MISMATCH}{shown}")


def _check_alike(a: func_graph.FuncGraph, b: func_graph.FuncGraph, strict: bool) -> None:
    """The same for TensorFlow 1's own control flow, which compares what a single result holds."""
    for graph, name in ((a, "true_fn"), (b, "false_fn")):
        if graph.structured_outputs is None:
            raise ValueError(f"{name} must have a return value.")
    x, y = (_unpacked(g.structured_outputs, strict) for g in (a, b))
    try:
        nest.assert_same_structure(x, y, expand_composites=True)
    except (ValueError, TypeError) as e:
        nest.assert_same_structure(x, y)
        # Only what stands for several tensors differs.
        kind, what = (TypeError, "types") if isinstance(e, TypeError) else (ValueError, "values")
        raise kind(f"Incompatible return {what} of true_fn and false_fn: {e}") from None
    if not a.outputs:
        raise ValueError("true_fn and false_fn must return at least one result.")
    for t, f in zip(a.outputs, b.outputs, strict=True):
        if t.dtype.base_dtype is not f.dtype.base_dtype:
            raise ValueError(
                "Outputs of true_fn and false_fn must have the same type: "
                f"{t.dtype.name}, {f.dtype.name}"
            )


def guard(
    condition: Tensor, otherwise: Callable[[], Operation], no_op: Callable[[], Operation], name: str
) -> Operation:
    """Executes `otherwise()` unless `condition` holds; returns the operation to wait for."""
    result = cond(condition, no_op, otherwise, name=name)
    return result if isinstance(result, Operation) else result.op  # type: ignore[no-any-return]


__all__ = ["If", "StatelessIf", "cond", "guard"]
