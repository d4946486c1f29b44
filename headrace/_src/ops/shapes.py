"""Ops about shapes: Shape, Size, Rank, and broadcasting to a shape."""

from __future__ import annotations

from typing import Any

import numpy as np

from headrace._api.export import export
from headrace._src.core import attrs as A
from headrace._src.core import dims as dims_lib
from headrace._src.core import dtypes, errors
from headrace._src.core.convert import convert_to_tensor
from headrace._src.core.dtypes import groups as G
from headrace._src.core.opspec import op
from headrace._src.core.scopes import name_scope
from headrace._src.core.shape import TensorShape, as_shape
from headrace._src.core.sparse_tensor import SparseTensor, SparseTensorValue
from headrace._src.core.tensor import Tensor
from headrace._src.ops import broadcast_args
from headrace._src.ops import constant as constant_ops
from headrace._src.ops._arguments import spec
from headrace._src.ops._late import late

_SPARSE = (SparseTensor, SparseTensorValue)


def _vector_of_dims(dims):
    """Dims as the value of a shape vector: -1 where unknown, None for an unknown rank."""
    return None if dims is None else np.array([-1 if d is None else d for d in dims], np.int64)


# -- Shape -------------------------------------------------------------------------------------
Shape = op(
    "Shape",
    "input: T -> output: out_type",
    T=G.ANY,
    out_type=A.dtype(G.INDEX, default=dtypes.int32),
    value_from_shapes=_vector_of_dims,
    python_constant=True,
    padding="size",
)


@Shape.shape
def _shape_shape(s, input):
    return (None,) if input is None else (len(input),)


@Shape.kernel
def _kernel_shape(k, input, *, out_type):
    return np.array(np.shape(input), out_type.as_numpy_dtype)


Shape.no_gradient("integer output")


def shape_internal(
    input: Any, name: str | None = None, optimize: bool = True, out_type: Any = dtypes.int32
) -> Tensor:
    """The shape of a tensor; a constant when it is fully known and `optimize` holds."""

    with name_scope(name, "Shape", [input]) as name:
        if isinstance(input, _SPARSE):
            return spec("Cast")(input.dense_shape, DstT=out_type)
        input = convert_to_tensor(input)
        if optimize and dims_lib.is_full(input.dims):
            return constant_ops.constant(list(input.dims), out_type, name=name)
        return Shape(input, out_type=out_type, name=name)


@export("shape", v2=())
def shape(input: Any, name: str | None = None, out_type: Any = dtypes.int32) -> Tensor:
    """Give the shape of a tensor.

    Args:
        input: Tensor or `SparseTensor`.
        name: Name of the node.
        out_type: int32 or int64.

    Returns:
        1-D tensor with one element a dim.
    """
    return shape_internal(input, name, True, out_type)


# -- ShapeN ------------------------------------------------------------------------------------
ShapeN = op(
    "ShapeN",
    "input: N * T -> output: N * out_type",
    N=A.integer(minimum=1),
    T=G.ANY,
    out_type=A.dtype(G.INDEX, default=dtypes.int32),
    value_from_shapes=lambda inputs: [_vector_of_dims(d) for d in inputs],
)


@ShapeN.shape
def _shape_shape_n(s, input):
    return [(None,) if d is None else (len(d),) for d in input]


@ShapeN.kernel
def _kernel_shape_n(k, input, *, out_type):
    return [np.array(np.shape(x), out_type.as_numpy_dtype) for x in input]


ShapeN.no_gradient("integer outputs")


@export("shape_n")
def shape_n(input: Any, out_type: Any = dtypes.int32, name: str | None = None) -> list[Tensor]:
    """Give the shapes of several tensors of one dtype.

    Args:
        input: List of tensors.
        out_type: int32 or int64.
        name: Name of the node.

    Returns:
        List of 1-D tensors.
    """
    return ShapeN(input, out_type=out_type, name=name)


# -- Size --------------------------------------------------------------------------------------
def _size_of_dims(dims):
    return np.int64(dims_lib.num_elements(dims)) if dims_lib.is_full(dims) else None


Size = op(
    "Size",
    "input: T -> output: out_type",
    T=G.ANY,
    out_type=A.dtype(G.INDEX, default=dtypes.int32),
    value_from_shapes=_size_of_dims,
    python_constant=True,
)


def _shape_scalar(s, input):
    return ()


Size.shape(_shape_scalar)


@Size.kernel
def _kernel_size(k, input, *, out_type):
    return np.array(np.prod(np.shape(input), dtype=np.int64), out_type.as_numpy_dtype)


Size.no_gradient("integer output")


@export("size", v2=())
def size(input: Any, name: str | None = None, out_type: Any = dtypes.int32) -> Tensor:
    """Count the elements of a tensor.

    Args:
        input: Tensor or `SparseTensor` (whose dense elements count).
        name: Name of the node.
        out_type: int32 or int64.

    Returns:
        Scalar tensor.
    """
    return size_internal(input, name, True, out_type)


def size_internal(
    input: Any, name: str | None = None, optimize: bool = True, out_type: Any = dtypes.int32
) -> Tensor:
    """The number of elements; a constant when it is known and `optimize` holds."""

    with name_scope(name, "Size", [input]) as name:
        if isinstance(input, _SPARSE):
            dense_shape = spec("Cast")(input.dense_shape, DstT=out_type)
            return spec("Prod")(dense_shape, 0, name=name)
        input = convert_to_tensor(input)
        if optimize and dims_lib.is_full(input.dims):
            return constant_ops.constant(dims_lib.num_elements(input.dims), out_type, name=name)
        if optimize and input.dims and 0 in input.dims:
            return constant_ops.constant(0, out_type, name=name)
        return Size(input, out_type=out_type, name=name)


# -- Rank --------------------------------------------------------------------------------------
Rank = op(
    "Rank",
    "input: T -> output: int32",
    T=G.ANY,
    value_from_shapes=lambda dims: None if dims is None else np.int64(len(dims)),
    python_constant=True,
    shape=_shape_scalar,
)


@Rank.kernel
def _kernel_rank(k, input):
    return np.array(np.ndim(input), np.int32)


Rank.no_gradient("integer output")


def rank_internal(input: Any, name: str | None = None, optimize: bool = True) -> Tensor:
    """The number of dims; a constant when it is known and `optimize` holds."""
    with name_scope(name, "Rank", [input]) as name:
        if isinstance(input, _SPARSE):
            return Size(input.dense_shape, name=name)
        input = convert_to_tensor(input)
        if optimize and input.dims is not None:
            return constant_ops.constant(len(input.dims), dtypes.int32, name=name)
        return Rank(input, name=name)


@export("rank")
def rank(input: Any, name: str | None = None) -> Tensor:
    """Count the dims of a tensor.

    Args:
        input: Tensor or `SparseTensor`.
        name: Name of the node.

    Returns:
        Scalar int32 tensor.
    """
    return rank_internal(input, name)


# -- broadcasting shapes -----------------------------------------------------------------------


@export("broadcast_dynamic_shape")
def broadcast_dynamic_shape(shape_x: Any, shape_y: Any) -> Tensor:
    """Give the shape that two run-time shapes broadcast to.

    Args:
        shape_x: 1-D int32 or int64 tensor.
        shape_y: 1-D tensor of the same dtype.

    Returns:
        1-D tensor.

    Raises:
        errors.InvalidArgumentError: (run) the shapes do not broadcast.
    """
    return broadcast_args.BroadcastArgs(shape_x, shape_y)


@export("broadcast_static_shape")
def broadcast_static_shape(shape_x: Any, shape_y: Any) -> TensorShape:
    """Give the static shape that two static shapes broadcast to.

    Args:
        shape_x: `TensorShape`.
        shape_y: `TensorShape`.

    Returns:
        `TensorShape`.

    Raises:
        ValueError: (build) the shapes do not broadcast.
    """
    x, y = as_shape(shape_x), as_shape(shape_y)
    if x.ndims is None or y.ndims is None:
        return TensorShape(None)
    try:
        return TensorShape(dims_lib.broadcast(tuple(x.as_list()), tuple(y.as_list())))
    except ValueError:
        raise ValueError(f"Incompatible shapes for broadcasting: {shape_x} and {shape_y}") from None


# -- BroadcastTo -------------------------------------------------------------------------------
BroadcastTo = op(
    "BroadcastTo",
    "input: T, shape: Tidx -> output: T",
    kernel_ignores=("Tidx",),
    T=G.ANY,
    Tidx=A.dtype(G.INDEX, default=dtypes.int32),
    preserves_elements=True,
    static=("shape",),
)


@BroadcastTo.shape
def _shape_broadcast_to(s, input, shape):
    dims_lib.with_rank(shape, 1)
    out = s.value_as_dims(1)
    if out is None or input is None:
        return out
    if len(input) > len(out):
        raise ValueError(f"Shape must be at most rank {len(out)} but is rank {len(input)}")
    result = list(out)
    for i, size_ in enumerate(input, len(out) - len(input)):
        if size_ is not None and size_ > 1:
            if out[i] is not None and out[i] != size_:
                raise ValueError(f"Dimensions must be equal, but are {size_} and {out[i]}")
            result[i] = size_
    return tuple(result)


@BroadcastTo.kernel
def _kernel_broadcast_to(k, input, shape):
    target = tuple(int(d) for d in shape)
    np_ = k.np_for(input)
    if input.ndim > len(target) or any(
        a not in (1, b) for a, b in zip(input.shape[::-1], target[::-1], strict=False)
    ):
        raise errors.InvalidArgumentError(
            None,
            None,
            f"Incompatible shapes: {dims_lib.text(input.shape)} vs. {dims_lib.text(target)}",
        )
    return np_.broadcast_to(input, target)


@BroadcastTo.gradient
def _grad_broadcast_to(op, dy):

    input_shape = shape(op.inputs[0])
    _, axes = broadcast_args.BroadcastGradientArgs(op.inputs[1], input_shape)
    summed = late.reduce_sum(dy, axis=axes, keepdims=True)
    return [late.reshape(summed, input_shape), None]


@export("broadcast_to")
def broadcast_to(input: Any, shape: Any, name: str | None = None) -> Tensor:
    """Repeat a tensor along dims of size 1 (or missing in front) until it has a shape.

    Args:
        input: Tensor.
        shape: 1-D int32 or int64 tensor.
        name: Name of the node.

    Returns:
        Tensor of the given shape.

    Raises:
        ValueError: (build) the shapes are known and do not fit.
        errors.InvalidArgumentError: (run) they do not fit.
    """
    return BroadcastTo(input, shape, name=name)


# -- EnsureShape -------------------------------------------------------------------------------
# The message names the node of the input.
EnsureShape = op("EnsureShape", "input: T -> output: T", T=G.ANY, shape=A.shape(), needs_op=True)


@EnsureShape.shape
def _shape_ensure_shape(s, input, *, shape):
    return dims_lib.merge(shape, input)


@EnsureShape.kernel
def _kernel_ensure_shape(k, input, *, shape):
    if shape is not None and (
        len(shape) != input.ndim
        or any(d is not None and d != size_ for d, size_ in zip(shape, input.shape, strict=True))
    ):
        name = "dummy_input" if k.op.graph.executes else k.op.inputs[0].op.name
        raise errors.InvalidArgumentError(
            None,
            None,
            f"Shape of tensor {name} "
            f"{dims_lib.text(input.shape)} is not compatible with expected shape "
            f"{dims_lib.text(shape)}.",
        )
    return input


@EnsureShape.gradient
def _grad_ensure_shape(op, dy):
    return dy


@export("ensure_shape")
def ensure_shape(x: Any, shape: Any, name: str | None = None) -> Tensor:
    """Check at run time that a tensor has a shape, and know it statically from here on.

    Args:
        x: Tensor.
        shape: Static shape, possibly with unknown dims.
        name: Name of the node.

    Returns:
        Tensor equal to `x`.

    Raises:
        errors.InvalidArgumentError: (run) the shape is another one.
    """
    return EnsureShape(x, shape=as_shape(shape), name=name)
