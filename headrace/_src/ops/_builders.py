"""Builders of plain ops: a unary, binary, comparing, reducing or cumulating op in a few lines."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from headrace._src.core import attrs as A
from headrace._src.core import dtypes, errors
from headrace._src.core.dtypes import groups as G
from headrace._src.core.opspec import op
from headrace._src.core.scopes import control_dependencies
from headrace._src.ops import _shapes
from headrace._src.ops._late import late

Rule = Callable[..., Any]


def decide_gradient(
    spec: Any, grad: Rule | None, no_gradient: str | None, undefined_gradient: str | None
) -> None:
    """Registers the gradient rule, or the reason why there is none or why it is undefined."""
    if grad is not None:
        spec.gradient(grad)
    elif no_gradient is not None:
        spec.no_gradient(no_gradient)
    elif undefined_gradient is not None:
        spec.no_gradient(undefined_gradient, undefined=True)
    else:
        raise ValueError(f"{spec.type}: say a gradient or a reason for none.")


# What NumPy computes with as the kernels do, without a further check.
_PLAIN = frozenset((dtypes.float32, dtypes.float64, dtypes.int32, dtypes.int64))


def unary(
    op_type: str,
    fn: Callable[[Any, Any], Any],
    allowed: Sequence[dtypes.DType],
    *,
    grad: Rule | None = None,
    no_gradient: str | None = None,
    undefined_gradient: str | None = None,
    output: str = "T",
    ufunc: np.ufunc | None = None,
    **flags: Any,
) -> Any:
    """An elementwise op of one input.

    Args:
      op_type: The type in the graph.
      fn: `fn(xp, x)`; `xp` is NumPy or `jax.numpy`.
      allowed: The accepted dtypes.
      grad: The gradient rule `(op, dy)`.
      no_gradient: Why there is none.
      undefined_gradient: Why asking for it is an error.
      output: The output's type: `"T"`, or the name of a dtype.
      ufunc: What the interpreter may call for NumPy's own dtypes.
      **flags: Further flags of `op`.

    Returns:
      The spec.
    """
    spec = op(
        op_type,
        f"x: T -> y: {output}",
        T=A.dtype(allowed),
        shape=_shapes.unchanged,
        padding="each",
        **flags,
    )

    @spec.host_kernel
    def _kernel_unary(k: Any, x: Any) -> Any:
        return fn(np, x)

    if ufunc is not None:
        spec.direct(lambda op: ufunc if op.attrs["T"] in _PLAIN else None)

    if not spec.host_only:

        @spec.xla_kernel
        def _lower_unary(k: Any, x: Any) -> Any:
            return fn(k.np_for(x), x)

    decide_gradient(spec, grad, no_gradient, undefined_gradient)
    return spec


def binary(
    op_type: str,
    fn: Callable[[Any, Any, Any], Any],
    allowed: Sequence[dtypes.DType],
    *,
    grad: Rule | None = None,
    no_gradient: str | None = None,
    undefined_gradient: str | None = None,
    names: tuple[str, str, str] = ("x", "y", "z"),
    output: str = "T",
    default: Any = A.REQUIRED,
    shape: Rule = _shapes.broadcast,
    condition: Rule | None = None,
    ufunc: np.ufunc | None = None,
    **flags: Any,
) -> Any:
    """An elementwise op of two inputs that stretch over each other.

    Args:
      op_type: The type in the graph.
      fn: `fn(xp, x, y)`; `xp` is NumPy or `jax.numpy`.
      allowed: The accepted dtypes.
      grad: The gradient rule `(op, dy)`.
      no_gradient: Why there is none.
      undefined_gradient: Why asking for it is an error.
      names: Names of the inputs and of the output.
      output: The output's type: `"T"`, or the name of a dtype.
      default: The default of `T`.
      shape: The shape rule.
      condition: `condition(xp, x, y)`: what must hold where `fn` with NumPy does not raise.
      ufunc: What the interpreter may call for NumPy's own dtypes.
      **flags: Further flags of `op`.

    Returns:
      The spec.
    """
    a, b, c = names
    spec = op(
        op_type,
        f"{a}: T, {b}: T -> {c}: {output}",
        T=A.dtype(allowed, default),
        shape=shape,
        # A condition would have to hold for surplus rows, too.
        padding="each" if shape is _shapes.broadcast and condition is None else "",
        **flags,
    )

    @spec.host_kernel
    def _kernel_binary(k: Any, x: Any, y: Any) -> Any:
        try:
            return fn(np, x, y)
        except ValueError:
            check_broadcast(x, y)
            raise

    if ufunc is not None:
        spec.direct(lambda op: ufunc if op.attrs["T"] in _PLAIN else None)

    if not spec.host_only:

        @spec.xla_kernel
        def _lower_binary(k: Any, x: Any, y: Any) -> Any:
            check_broadcast(x, y)
            if condition is not None:
                k.require(condition(k.np_for(x, y), x, y))
            return fn(k.np_for(x, y), x, y)

    decide_gradient(spec, grad, no_gradient, undefined_gradient)
    return spec


def comparison(
    op_type: str, fn: Callable[[Any, Any, Any], Any], allowed: Sequence[dtypes.DType], **flags: Any
) -> Any:
    """An elementwise op of two inputs that answers with booleans and has no gradient."""
    return binary(
        op_type, fn, allowed, output="bool", no_gradient="The output is boolean.", **flags
    )


def shape_text(shape: Any) -> str:
    """A run-time shape as messages show it, `[2,3]`."""
    return "[" + ",".join(str(int(d)) for d in shape) + "]"


def check_broadcast(x: Any, y: Any) -> None:
    """Raises `InvalidArgumentError` unless the shapes stretch over each other."""
    try:
        np.broadcast_shapes(np.shape(x), np.shape(y))
    except ValueError:
        raise errors.InvalidArgumentError(
            None,
            None,
            f"Incompatible shapes: {shape_text(np.shape(x))} vs. {shape_text(np.shape(y))}",
        ) from None


def from_input(rule: Callable[[Any, Any], Any]) -> Rule:
    """A gradient from the conjugated first input, built after `dy`: `rule(x, dy)`."""

    def _grad_from_input(op: Any, dy: Any) -> Any:
        with control_dependencies([dy]):
            return rule(late.conj(op.inputs[0]), dy)

    return _grad_from_input


def from_output(rule: Callable[[Any, Any], Any]) -> Rule:
    """A gradient from the conjugated output, built after `dy`: `rule(y, dy)`."""

    def _grad_from_output(op: Any, dy: Any) -> Any:
        with control_dependencies([dy]):
            return rule(late.conj(op.outputs[0]), dy)

    return _grad_from_output


def axes_of(value: Any, rank: int) -> tuple[int, ...]:
    """The reduced axes as a sorted tuple of plain non-negative integers.

    Raises:
      InvalidArgumentError: an axis is out of range.
    """
    axes = []
    # Of any rank: 1.15 takes them one after the other.
    listed = value.reshape(-1).tolist()
    for axis in listed:
        if axis < -rank or axis >= rank:
            raise errors.InvalidArgumentError(
                None,
                None,
                f"Invalid reduction dimension ({axis} for input with {rank} dimension(s)",
            )
        axes.append(axis % rank)
    return tuple(sorted(set(axes)))


def reduction(
    op_type: str,
    fn: Callable[[Any, Any, tuple[int, ...], bool], Any],
    allowed: Sequence[dtypes.DType] | None,
    *,
    grad: Rule | None = None,
    no_gradient: str | None = None,
    undefined_gradient: str | None = None,
    ufunc: Any = None,
) -> Any:
    """An op that reduces the dimensions named by its second input.

    Args:
      op_type: The type in the graph.
      fn: `fn(xp, x, axes, keep_dims)`.
      allowed: The accepted dtypes; None for booleans only.
      grad: The gradient rule `(op, dy)`.
      no_gradient: Why there is none.
      undefined_gradient: Why asking for it is an error.
      ufunc: The ufunc of NumPy that reduces as `fn` does.

    Returns:
      The spec.
    """
    element = "bool" if allowed is None else "T"
    attrs = {} if allowed is None else {"T": A.dtype(allowed)}
    spec = op(
        op_type,
        f"input: {element}, reduction_indices: Tidx -> output: {element}",
        keep_dims=A.boolean(default=False),
        **attrs,
        Tidx=A.dtype(G.INDEX, default=dtypes.int32),
        static=("reduction_indices",),
        shape=_shapes.reduction,
    )

    @spec.kernel
    def _kernel_reduction(k: Any, input: Any, reduction_indices: Any, *, keep_dims: bool) -> Any:
        xp = k.np_for(input)
        result = fn(xp, input, axes_of(reduction_indices, np.ndim(input)), keep_dims)
        return result if result.dtype == input.dtype else result.astype(input.dtype)

    if ufunc is not None:
        spec.direct(lambda op: _direct_reduction(ufunc, op))
    decide_gradient(spec, grad, no_gradient, undefined_gradient)
    return spec


def _direct_reduction(ufunc: Any, op: Any) -> Callable[..., Any] | None:
    """A reduction by a ufunc alone, of dtypes whose elements need no other accumulator."""
    if op.attrs["T"] not in _PLAIN:
        return None
    keep_dims = op.attrs["keep_dims"]

    def reduced(input: Any, reduction_indices: Any) -> Any:
        axes = _known_axes(reduction_indices.tobytes(), reduction_indices.dtype.char, input.ndim)
        return ufunc.reduce(input, axes, input.dtype, None, keep_dims)

    return reduced


@functools.lru_cache(1024)
def _known_axes(value: bytes, kind: str, rank: int) -> tuple[int, ...]:
    """`axes_of` of the bytes of a vector: programs reduce the same axes again and again."""
    return axes_of(np.frombuffer(value, kind), rank)


def cumulative(
    op_type: str,
    fn: Callable[[Any, Any, int], Any],
    neutral: Any,
    allowed: Sequence[dtypes.DType],
    *,
    grad: Rule,
) -> Any:
    """An op that combines all elements up to each one along an axis.

    Args:
      op_type: The type in the graph.
      fn: `fn(xp, x, axis)`, inclusive and forward.
      neutral: The first element of an exclusive result.
      allowed: The accepted dtypes.
      grad: The gradient rule `(op, dy)`.

    Returns:
      The spec.
    """
    spec = op(
        op_type,
        "x: T, axis: Tidx -> out: T",
        exclusive=A.boolean(default=False),
        reverse=A.boolean(default=False),
        T=A.dtype(allowed),
        Tidx=A.dtype(G.INDEX, default=dtypes.int32),
        static=("axis",),
        shape=_shapes.unchanged,
    )

    @spec.kernel
    def _kernel_cumulative(k: Any, x: Any, axis: Any, *, exclusive: bool, reverse: bool) -> Any:
        xp = k.np_for(x)
        rank = np.ndim(x)
        index = int(axis)
        if index < -rank or index >= rank:
            raise errors.InvalidArgumentError(
                None,
                None,
                f"ScanOp: Expected scan axis in the range [{-rank}, {rank}), but got {index}",
            )
        index %= rank
        if reverse:
            x = xp.flip(x, index)
        if exclusive:
            head = xp.full(x.shape[:index] + (1,) + x.shape[index + 1 :], neutral, x.dtype)
            kept = (slice(None),) * index + (slice(0, max(x.shape[index] - 1, 0)),)
            joined = xp.concatenate([head, x[kept]], index)
            x = joined if x.shape[index] else x
        result = fn(xp, x, index).astype(x.dtype)
        return xp.flip(result, index) if reverse else result

    spec.gradient(grad)
    return spec
