"""Which dimensions broadcasting stretched: the ops, and the gradient helper of every binary op."""

from __future__ import annotations

import weakref
from typing import Any

import numpy as np

from headrace._src.core import attrs as A
from headrace._src.core import dtypes, errors, numbering
from headrace._src.core.dtypes import groups as G
from headrace._src.core.graph import Graph, get_default_graph
from headrace._src.core.opspec import op
from headrace._src.core.tensor import Tensor
from headrace._src.ops._late import late


def _aligned(s0: Any, s1: Any) -> tuple[list[int], list[int]]:
    """Both shapes with ones put in front of the shorter one."""
    a, b = [int(d) for d in s0], [int(d) for d in s1]
    rank = max(len(a), len(b))
    return [1] * (rank - len(a)) + a, [1] * (rank - len(b)) + b


def _check_fit(s0: Any, s1: Any, a: list[int], b: list[int]) -> None:
    if any(x != y and x != 1 and y != 1 for x, y in zip(a, b, strict=True)):
        first, second = (",".join(str(int(d)) for d in v) for v in (s0, s1))
        raise errors.InvalidArgumentError(
            None, None, f"Incompatible shapes: [{first}] vs. [{second}]"
        )


def reduced_axes(s0: Any, s1: Any) -> tuple[list[int], list[int]]:
    """The axes of the result over which each operand's gradient is summed.

    An axis of size 1 on both sides is in both lists unless all sizes are equal.
    """
    if [int(d) for d in s0] == [int(d) for d in s1]:
        return [], []
    a, b = _aligned(s0, s1)
    _check_fit(s0, s1, a, b)
    first = [i for i, d in enumerate(a) if d == 1]
    second = [i for i, d in enumerate(b) if d == 1]
    return first, second


# -- BroadcastGradientArgs --------------------------------------------------------------------
BroadcastGradientArgs = op(
    "BroadcastGradientArgs",
    "s0: T, s1: T -> r0: T, r1: T",
    T=A.dtype(G.INDEX, default=dtypes.int32),
    static=("s0", "s1"),
)


@BroadcastGradientArgs.shape
def _shape_broadcast_gradient_args(s, s0, s1):
    for dims in (s0, s1):
        if dims is not None and len(dims) != 1:
            raise ValueError(f"Shape must be rank 1 but is rank {len(dims)}")
    return [(None,), (None,)]


@BroadcastGradientArgs.kernel
def _kernel_broadcast_gradient_args(k, s0, s1):
    return [np.asarray(axes, np.asarray(s0).dtype) for axes in reduced_axes(s0, s1)]


BroadcastGradientArgs.no_gradient("The output is a list of axes.")


# -- BroadcastArgs ----------------------------------------------------------------------------
BroadcastArgs = op(
    "BroadcastArgs",
    "s0: T, s1: T -> r0: T",
    T=A.dtype(G.INDEX, default=dtypes.int32),
    static=("s0", "s1"),
)


@BroadcastArgs.shape
def _shape_broadcast_args(s, s0, s1):
    for dims in (s0, s1):
        if dims is not None and len(dims) != 1:
            raise ValueError(f"Shape must be rank 1 but is rank {len(dims)}")
    if s0 is None or s1 is None or s0[0] is None or s1[0] is None:
        return (None,)
    return (max(s0[0], s1[0]),)


@BroadcastArgs.kernel
def _kernel_broadcast_args(k, s0, s1):
    a, b = _aligned(s0, s1)
    _check_fit(s0, s1, a, b)
    result = [y if x == 1 else x for x, y in zip(a, b, strict=True)]
    return np.asarray(result, np.asarray(s0).dtype)


BroadcastArgs.no_gradient("The output is a shape.", undefined=True)


# -- gradients of stretched operands ----------------------------------------------------------
_SEEN: weakref.WeakKeyDictionary[Graph, set[Any]] = weakref.WeakKeyDictionary()


def seen_before(key: Any) -> bool:
    """Whether the default graph has already been asked this question; remembers the question.

    1.15 computes axes and shapes with nodes the first time a graph needs them, and reuses their
    constant values later, so that only the first gradient of its kind leaves those nodes.
    """
    seen = _SEEN.setdefault(numbering.counted_graph(get_default_graph()), set())
    if key in seen:
        return True
    seen.add(key)
    return False


def is_full(dims: Any) -> bool:
    """Whether every dimension is known."""
    return dims is not None and None not in dims


def same_full_shape(*tensors: Tensor) -> bool:
    """Whether all these have one shape, which is fully known."""
    first = tensors[0].dims
    return is_full(first) and all(t.dims == first for t in tensors)


class Stretch:
    """How one operand of a binary op was stretched; `undo` sums its gradient back.

    Attributes:
      shape: the operand's shape, a tuple or a tensor.
      axes: the axes to sum over, a list or a tensor.
      needed: False when the gradient has the operand's shape already.
    """

    __slots__ = ("axes", "needed", "shape")

    def __init__(self, shape: Any, axes: Any, needed: bool = True) -> None:
        self.shape = shape
        self.axes = axes
        self.needed = needed

    def undo(self, dy: Tensor) -> Tensor:
        """Sums `dy` over the stretched axes and gives it the operand's shape."""
        return late.reshape(late.reduce_sum(dy, self.axes), self.shape)


def stretches(x: Tensor, y: Tensor) -> tuple[Stretch, Stretch]:
    """How `x` and `y` stretch over each other, computed in the graph."""
    sx = late.shape(x)
    sy = late.shape(y)
    rx, ry = BroadcastGradientArgs(sx, sy)
    return Stretch(sx, rx), Stretch(sy, ry)


def static_stretches(x: Tensor, y: Tensor, dy: Tensor) -> tuple[Stretch, Stretch]:
    """Like `stretches`, with constants where the static shapes are fully known."""
    if not isinstance(dy, Tensor):
        return stretches(x, y)
    if not (is_full(x.dims) and is_full(y.dims)):
        sx = late.Shape(x)
        sy = late.Shape(y)
        rx, ry = BroadcastGradientArgs(sx, sy)
        return Stretch(sx, rx), Stretch(sy, ry)
    if not seen_before(("broadcast", x.dims, y.dims)):
        BroadcastGradientArgs(x.dims, y.dims)
    first, second = reduced_axes(x.dims, y.dims)
    return (
        Stretch(x.dims, tuple(first), x.dims != dy.dims),
        Stretch(y.dims, tuple(second), y.dims != dy.dims),
    )
