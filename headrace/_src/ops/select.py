"""Choosing by condition: Select, Where, boolean masks, one-hot vectors, sequence masks."""

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
from headrace._src.core.sparse_tensor import SparseTensor
from headrace._src.core.tensor import Tensor
from headrace._src.ops import broadcast_args
from headrace._src.ops import constant as constant_ops
from headrace._src.ops import shapes as shape_ops
from headrace._src.ops._arguments import spec
from headrace._src.ops._late import late

# -- Select ------------------------------------------------------------------------------------
Select = op("Select", "condition: bool, t: T, e: T -> output: T", T=G.ANY)


@Select.shape
def _shape_select(s, condition, t, e):
    data = dims_lib.merge(t, e)
    if condition is None or data is None or condition == ():
        return data
    if len(condition) == 1 and data:
        # A vector is checked against the rows but, as in 1.15, adds nothing to the shape.
        dims_lib.merge(condition, data[:1])
        return data
    return dims_lib.merge(data, condition)


@Select.kernel
def _kernel_select(k, condition, t, e):
    if np.shape(t) != np.shape(e):
        raise errors.InvalidArgumentError(
            None,
            None,
            "'then' and 'else' must have the same size.  but received: "
            f"{dims_lib.text(np.shape(t))} vs. {dims_lib.text(np.shape(e))}",
        )
    np_ = k.np_for(condition, t, e)
    shape, rank = np.shape(condition), np.ndim(t)
    if len(shape) == 1 and rank > 1:
        if shape[0] != t.shape[0]:
            raise errors.InvalidArgumentError(
                None,
                None,
                f"Number of batches of 'then' must match size of 'cond', but saw: {t.shape[0]} "
                f"vs. {shape[0]}",
            )
        condition = np_.reshape(condition, (-1,) + (1,) * (rank - 1))
    elif shape and shape != np.shape(t):
        raise errors.InvalidArgumentError(
            None,
            None,
            f"'cond' must be a vector or of the same shape as 'then', got "
            f"{dims_lib.text(shape)} and {dims_lib.text(np.shape(t))}",
        )
    return np_.where(condition, t, e)


@Select.gradient
def _grad_select(op, dy):
    condition, t, _ = op.inputs
    zeros = late.zeros_like(t)
    return None, Select(condition, dy, zeros), Select(condition, zeros, dy)


# -- SelectV2 ----------------------------------------------------------------------------------
SelectV2 = op("SelectV2", "condition: bool, t: T, e: T -> output: T", T=G.ANY)


@SelectV2.shape
def _shape_select_v2(s, condition, t, e):
    return dims_lib.broadcast(condition, dims_lib.broadcast(t, e))


@SelectV2.kernel
def _kernel_select_v2(k, condition, t, e):
    return k.np_for(condition, t, e).where(condition, t, e)


@SelectV2.gradient
def _grad_select_v2(op, dy):
    condition, t, e = op.inputs
    zeros = constant_ops.zeros([], dtype=dy.dtype.base_dtype)
    dt = SelectV2(condition, dy, zeros)
    t_shape = shape_ops.shape(t)
    output_shape = shape_ops.shape(op.outputs[0])
    axes, _ = broadcast_args.BroadcastGradientArgs(t_shape, output_shape)
    dt = late.reshape(late.reduce_sum(dt, keepdims=True, axis=axes), t_shape)
    de = SelectV2(condition, zeros, dy)
    e_shape = shape_ops.shape(e)
    axes, _ = broadcast_args.BroadcastGradientArgs(e_shape, output_shape)
    de = late.reshape(late.reduce_sum(de, keepdims=True, axis=axes), e_shape)
    return None, dt, de


# -- Where -------------------------------------------------------------------------------------
Where = op(
    "Where",
    "input: T -> index: int64",
    T=A.dtype((*G.NUMBER, dtypes.bool_), default=dtypes.bool_),
    host_only=True,
)


@Where.shape
def _shape_where(s, input):
    return (None, None if input is None else len(input))


@Where.kernel
def _kernel_where(k, input):
    if not 1 <= np.ndim(input) <= 8:
        raise errors.InvalidArgumentError(
            None, None, f"WhereOp : Unhandled input dimensions: {np.ndim(input)}"
        )
    return np.argwhere(input).astype(np.int64)


Where.no_gradient("integer output", undefined=True)


def _coordinates_where(condition: Any, name: str | None) -> Tensor:
    with name_scope(name, "Where", [condition]) as name:
        condition = convert_to_tensor(condition, preferred_dtype=dtypes.bool_, name="condition")
        return Where(condition, name=name)


@export("where", v2=())
def where(condition: Any, x: Any = None, y: Any = None, name: str | None = None) -> Tensor:
    """Choose between two tensors, or find where a condition holds.

    Args:
        condition: bool tensor; with `x` of the same shape, or a vector over its first dim, or a
            scalar.
        x: Tensor to take elements from where the condition holds.
        y: Tensor like `x` to take elements from elsewhere.
        name: Name of the node.

    Returns:
        Tensor like `x`; without `x` and `y` the int64 coordinates `[count, rank]` of the true
        elements, in row-major order.

    Raises:
        ValueError: (build) only one of `x` and `y`, or shapes that do not fit.
    """
    if x is None and y is None:
        return _coordinates_where(condition, name)
    if x is None or y is None:
        raise ValueError("x and y must both be non-None or both be None.")
    return Select(condition, x, y, name=name)


@export("where_v2", v2=("where",))
def where_v2(condition: Any, x: Any = None, y: Any = None, name: str | None = None) -> Tensor:
    """Choose between two tensors with broadcasting, or find where a condition holds.

    Args:
        condition: bool tensor.
        x: Tensor to take elements from where the condition holds.
        y: Tensor to take elements from elsewhere.
        name: Name of the node.

    Returns:
        Tensor of the common broadcast shape; without `x` and `y` the coordinates of the true
        elements.

    Raises:
        ValueError: (build) only one of `x` and `y`, or shapes that do not broadcast.
    """
    if x is None and y is None:
        return _coordinates_where(condition, name)
    if x is None or y is None:
        raise ValueError("x and y must both be non-None or both be None.")
    return SelectV2(condition, x, y, name=name)


# -- boolean_mask ------------------------------------------------------------------------------


@export("boolean_mask", v2=())
def boolean_mask(
    tensor: Any, mask: Any, name: str | None = "boolean_mask", axis: int | None = None
) -> Tensor:
    """Keep the elements for which a mask holds.

    Args:
        tensor: Tensor.
        mask: bool tensor of known rank, shaped like the dims of `tensor` from `axis` on.
        name: Name of the scope.
        axis: First dim that the mask covers, 0 by default.

    Returns:
        Tensor in which one dim stands for the covered ones.

    Raises:
        ValueError: (build) a scalar mask, one of unknown rank, or one that does not fit.
    """
    with name_scope(name, values=[tensor, mask]):
        tensor = convert_to_tensor(tensor, name="tensor")
        mask = convert_to_tensor(mask, name="mask")
        if mask.dims is None:
            raise ValueError(
                "Number of mask dimensions must be specified, even if some dimensions are None.  "
                "E.g. shape=[None] is ok, but shape=None is not."
            )
        if mask.dims == ():
            raise ValueError("mask cannot be scalar.")
        axis = 0 if axis is None else axis
        end = axis + len(mask.dims)
        static = tensor.shape
        static[axis:end].assert_is_compatible_with(mask.shape)
        covered = spec("Prod")(shape_ops.shape(tensor)[axis:end], [0])
        before = shape_ops.shape(tensor)[:axis]
        after = shape_ops.shape(tensor)[end:]
        flat = late.reshape(tensor, late.concat([before, [covered], after], 0))
        count = static[axis:end].num_elements()
        flat.set_shape(static[:axis].concatenate([count]).concatenate(static[end:]))
        mask = late.reshape(mask, [-1])
        indices = late.squeeze(where(mask), axis=[1])
        return late.gather(flat, indices, axis=axis)


@export(v2=("boolean_mask",))
def boolean_mask_v2(
    tensor: Any, mask: Any, axis: int | None = None, name: str | None = "boolean_mask"
) -> Tensor:
    """Keep the elements for which a mask holds; see `boolean_mask`."""
    return boolean_mask(tensor, mask, name, axis)


# -- OneHot ------------------------------------------------------------------------------------
OneHot = op(
    "OneHot",
    "indices: TI, depth: int32, on_value: T, off_value: T -> output: T",
    axis=A.integer(default=-1),
    T=G.ANY,
    TI=A.dtype((dtypes.uint8, dtypes.int32, dtypes.int64), default=dtypes.int64),
    static=("depth",),
)


@OneHot.shape
def _shape_one_hot(s, indices, depth, on_value, off_value, *, axis):
    if axis < -1:
        raise ValueError(f"axis must be >= -1, not {axis}")
    value = s.value(1)
    if value is not None and int(value) < 0:
        raise ValueError(
            f"Dimension size, given by scalar input 1, must be non-negative but is {int(value)}"
        )
    for dims in (depth, on_value, off_value):
        dims_lib.with_rank(dims, 0)
    if indices is None:
        return None
    if axis > len(indices):
        raise ValueError(f"axis must be <= {len(indices)}")
    at = len(indices) if axis == -1 else axis
    return (*indices[:at], None if value is None else int(value), *indices[at:])


@OneHot.kernel
def _kernel_one_hot(k, indices, depth, on_value, off_value, *, axis):
    rank, count = np.ndim(indices), int(depth)
    if axis != -1 and not 0 <= axis <= rank:
        raise errors.InvalidArgumentError(
            None, None, f"Expected axis to be -1 or between [0, {rank + 1}).  But received: {axis}"
        )
    if count < 0:
        raise errors.InvalidArgumentError(None, None, f"depth must be non-negative, got: {count}")
    np_ = k.np_for(indices, on_value, off_value)
    at = rank if axis == -1 else axis
    levels = np.arange(count, dtype=np.int64).reshape((-1,) + (1,) * (rank - at))
    return np_.where(np_.expand_dims(indices, at) == levels, on_value, off_value)


OneHot.no_gradient("1.15 has no rule")


def _one_hot_dtype(on_value, off_value, dtype):
    """The dtype that the given values and the given dtype agree on."""
    found = []
    for label, value in (("on_value", on_value), ("off_value", off_value)):
        kind = None if value is None else convert_to_tensor(value).dtype.base_dtype
        found.append(kind)
        if kind is not None and dtype is not None and kind != dtype:
            raise TypeError(f"dtype {kind} of {label} does not match dtype parameter {dtype}")
    on_dtype, off_dtype = found
    if dtype is None:
        dtype = on_dtype or off_dtype or dtypes.float32
    return dtype, on_dtype or dtype, off_dtype or dtype


@export("one_hot")
def one_hot(
    indices: Any,
    depth: Any,
    on_value: Any = None,
    off_value: Any = None,
    axis: int | None = None,
    dtype: Any = None,
    name: str | None = None,
) -> Tensor:
    """Turn each index into a vector that is "on" at that place and "off" elsewhere.

    Args:
        indices: uint8, int32 or int64 tensor; an index out of range gives a vector all off.
        depth: Scalar int32, length of the vectors.
        on_value: Scalar, 1 by default.
        off_value: Scalar, 0 by default.
        axis: Where the new dim shall be, last by default.
        dtype: Type of the result; by default that of the values, or float32.
        name: Name of the node.

    Returns:
        Tensor of rank one more.

    Raises:
        TypeError: (build) dtypes that do not agree.
    """
    with name_scope(name, "one_hot", [indices, depth, on_value, off_value, axis, dtype]) as name:
        dtype, on_dtype, off_dtype = _one_hot_dtype(on_value, off_value, dtype)
        if on_value is None:
            on_value = convert_to_tensor(1, dtype, name="on_value")
        if off_value is None:
            off_value = convert_to_tensor(0, dtype, name="off_value")
        if on_dtype != off_dtype:
            raise TypeError(
                f"dtype {on_dtype} of on_value does not match dtype {off_dtype} of off_value"
            )
        return OneHot(indices, depth, on_value, off_value, axis=axis, name=name)


# -- sequence_mask -----------------------------------------------------------------------------


def all_dimensions(x: Any) -> Tensor:
    """All dims of a tensor, as reductions want them: a constant when the rank is known."""
    if isinstance(x, Tensor) and x.dims is not None:
        return constant_ops.constant(np.arange(len(x.dims)), dtype=dtypes.int32)
    if isinstance(x, SparseTensor) and dims_lib.is_full(x.dense_shape.dims):
        return constant_ops.constant(np.arange(x.dense_shape.dims[0]), dtype=dtypes.int32)
    return spec("Range")(0, shape_ops.rank(x), 1)


@export("sequence_mask")
def sequence_mask(
    lengths: Any, maxlen: Any = None, dtype: Any = dtypes.bool_, name: str | None = None
) -> Tensor:
    """Mark the first `lengths[...]` of `maxlen` places.

    Args:
        lengths: Integer tensor.
        maxlen: Scalar integer, by default the greatest length.
        dtype: Type of the result.
        name: Name of the scope.

    Returns:
        Tensor `[*lengths.shape, maxlen]`.

    Raises:
        ValueError: (build) `maxlen` is not a scalar.
    """
    with name_scope(name, "SequenceMask", [lengths, maxlen]):
        lengths = convert_to_tensor(lengths)
        if maxlen is None:
            maxlen = spec("Max")(lengths, all_dimensions(lengths))
            maxlen = spec("Maximum")(constant_ops.constant(0, maxlen.dtype), maxlen)
        else:
            maxlen = convert_to_tensor(maxlen)
        if maxlen.dims:
            raise ValueError("maxlen must be scalar for sequence_mask")
        zero = constant_ops.constant(0, maxlen.dtype)
        one = constant_ops.constant(1, maxlen.dtype)
        places = spec("Range")(zero, maxlen, one)
        column = spec("Cast")(late.expand_dims(lengths, -1), DstT=maxlen.dtype)
        result = places < column
        if dtype is None or result.dtype.base_dtype == dtypes.as_dtype(dtype).base_dtype:
            return result
        return spec("Cast")(result, DstT=dtype)
