"""Conditions, loops and gradients of functions made with Defun.

TensorFlow has them in `tensorflow.python.ops.functional_ops`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from headrace._src.core import convert, dtypes
from headrace._src.core.operation import Operation
from headrace._src.core.tensor import Tensor
from headrace._src.function import defun
from headrace._src.ops import casts, conditional, func_graph, function_call, while_loop
from headrace._src.ops._late import late

# What 1.15 puts into a call's `config_proto` to keep its own rewrites away.
_NO_REWRITES = b"R\x05R\x03\x98\x01\x01"


def If(  # noqa: N802
    cond: Any, inputs: Sequence[Any], then_branch: Any, else_branch: Any, name: str | None = None
) -> Any:
    """Call one of two functions.

    Args:
      cond: a tensor; a scalar holds when it is not zero or empty, others when they have elements.
      inputs: what the functions take.
      then_branch: the `Defun` to call when the condition holds.
      else_branch: the `Defun` to call otherwise.
      name: the name of the node.

    Returns:
      A list of tensors.
    """
    return conditional.If(
        cond,
        list(inputs),
        Tout=func_graph.output_types(then_branch.graph),
        then_branch=then_branch.reference(),
        else_branch=else_branch.reference(),
        name=name,
    )


def Gradient(inputs: Sequence[Any], f: Any, name: str | None = None) -> list[Tensor]:  # noqa: N802
    """Compute the gradients of a function.

    Args:
      inputs: its arguments, then the gradients of its results.
      f: the `Defun`.
      name: the name of the node.

    Returns:
      The gradients of the arguments.
    """
    types = [t.dtype.base_dtype for t in f.graph.inputs]
    result: list[Tensor] = function_call.SymbolicGradient(
        list(inputs), Tout=types, f=f.reference(), name=name
    )
    return result


def _handing_on(function: Any) -> Any:
    """The function, with what it captures returned behind its results."""

    @defun.Defun(*function.declared_input_types, func_name=f"{function.name}_Wrapper")
    def wrapper(*args: Any) -> Any:
        result = function(*args)
        extra = tuple(defun.get_extra_args())
        if isinstance(result, Operation):
            return extra
        return (*result, *extra) if isinstance(result, tuple) else (result, *extra)

    return wrapper


def _set_host_memory(op: Operation, inputs: Sequence[int], outputs: Sequence[int]) -> None:
    op.attrs["_input_hostmem"] = tuple(inputs)
    op.attrs["_output_hostmem"] = tuple(outputs)


def While(  # noqa: N802
    input_: Sequence[Any],
    cond: Any,
    body: Any,
    name: str | None = None,
    hostmem: Sequence[int] | None = None,
) -> Any:
    """Call a function on its own results while another one holds.

    Args:
      input_: the first values.
      cond: the `Defun` that takes the values and says whether to go on.
      body: the `Defun` that takes the values and returns the next ones.
      name: the name of the node.
      hostmem: the positions of values kept in host memory; kept in the node.

    Returns:
      A list of the last values.

    Raises:
      ValueError: `cond` captures tensors, or takes other dtypes than `body`.
    """
    if cond.captured_inputs:
        raise ValueError(
            "While op 'cond' argument must be a function without implicitly captured inputs."
        )
    types = list(body.declared_input_types)
    if list(cond.declared_input_types) != types:
        raise ValueError(
            "While op 'cond' and 'body' signatures do not match. "
            f"{cond.declared_input_types!r} vs {body.declared_input_types!r}"
        )
    captured = body.captured_inputs
    values = list(input_)
    if captured:
        plain = cond

        @defun.Defun(*types, *(t.dtype for t in captured), func_name=f"{cond.name}_Wrapper")
        def wrapper(*args: Any) -> Any:
            return plain(*args[: len(types)])

        values, cond, body = [*values, *captured], wrapper, _handing_on(body)
    results = while_loop.While(values, cond=cond.reference(), body=body.reference(), name=name)
    if captured:
        results = results[: -len(captured)]
    if hostmem:
        _set_host_memory(results[0].op, hostmem, hostmem)
    return results


def For(  # noqa: N802
    start: Any,
    limit: Any,
    delta: Any,
    inputs: Sequence[Any],
    body: Any,
    name: str | None = None,
    hostmem: Sequence[int] | None = None,
    rewrite_with_while: bool | None = None,
) -> Any:
    """Call a function on its own results for each number of a range.

    Args:
      start: the first number, an int32 scalar.
      limit: the end of the range.
      delta: the step.
      inputs: the first values.
      body: the `Defun` that takes the number and the values, and returns the next values.
      name: the name of the node.
      hostmem: the positions of values kept in host memory; kept in the node.
      rewrite_with_while: whether to make a `While` node.

    Returns:
      A list of the last values.
    """
    if rewrite_with_while:
        return _for_with_while(start, limit, delta, inputs, body, name, hostmem)
    captured = body.captured_inputs
    values = [*inputs, *captured]
    function = _handing_on(body) if captured else body
    results = function_call.For(start, limit, delta, values, body=function.reference(), name=name)
    if captured:
        results = results[: -len(captured)]
    if hostmem:
        _set_host_memory(results[0].op, [3 + i for i in hostmem], hostmem)
    return results


def _for_with_while(
    start: Any,
    limit: Any,
    delta: Any,
    inputs: Sequence[Any],
    body: Any,
    name: str | None,
    hostmem: Sequence[int] | None,
) -> list[Tensor]:
    step = late.abs(delta)
    distance = casts.cast(late.abs(limit - start) + step - 1, dtypes.float32)
    count = casts.cast(distance / casts.cast(step, dtypes.float32), dtypes.int32)
    types = [dtypes.int32] * 4 + list(body.declared_input_types)[1:]

    @defun.Defun(*types, func_name=f"{body.name}_Cond")
    def goes_on(i: Any, n: Any, *args: Any) -> Any:
        return i < n

    @defun.Defun(*types, func_name=f"{body.name}_Body")
    def next_values(i: Any, n: Any, start: Any, delta: Any, *args: Any) -> Any:
        result = body(start + i * delta, *args)
        if isinstance(result, Operation):
            result = ()
        elif isinstance(result, Tensor):
            result = (result,)
        return (i + 1, n, start, delta, *result)

    results = While(
        [0, count, start, delta, *inputs],
        goes_on,
        next_values,
        name=name,
        hostmem=[0, 1, 2, 3, *(4 + i for i in hostmem or ())],
    )
    return list(results[4:])


def partitioned_call(
    args: Sequence[Any],
    f: Any,
    tout: Any = None,
    executing_eagerly: bool | None = None,
    config: Any = None,
    executor_type: str | None = None,
) -> Any:
    """Call a function with a `PartitionedCall` node.

    Args:
      args: the arguments, those for captured tensors last.
      f: the `Defun`.
      tout: the dtypes of the results; those of the function when left out.
      executing_eagerly: kept for programs that say it.
      config: a serialized `ConfigProto`; kept in the node.
      executor_type: kept in the node.

    Returns:
      A list of tensors; the `Operation` when the function gives none.
    """
    types = func_graph.output_types(f.graph) if tout is None else tuple(tout)
    spec = function_call.PartitionedCall
    if f.stateful_ops:
        spec = function_call.StatefulPartitionedCall
    node = spec.make(
        [convert.convert_to_tensor(a) for a in args],
        Tout=types,
        f=f.reference(),
        config_proto=_NO_REWRITES if config is None else config,
        executor_type=executor_type or "",
        name=None if types else "PartitionedFunctionCall",
    )
    return list(node.outputs) or node


__all__ = ["For", "Gradient", "If", "While", "partitioned_call"]
