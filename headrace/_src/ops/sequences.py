"""Regular sequences: Range, LinSpace, identity matrices."""

from __future__ import annotations

import math
import numbers
from typing import Any

import numpy as np

from headrace._api.export import export
from headrace._src.core import attrs as A
from headrace._src.core import dtypes, errors
from headrace._src.core.convert import convert_to_tensor
from headrace._src.core.dtypes import groups as G
from headrace._src.core.opspec import op
from headrace._src.core.scopes import name_scope
from headrace._src.core.tensor import Tensor
from headrace._src.ops._late import late

# -- Range -------------------------------------------------------------------------------------
Range = op(
    "Range",
    "start: Tidx, limit: Tidx, delta: Tidx -> output: Tidx",
    Tidx=A.dtype(
        (dtypes.bfloat16, dtypes.float32, dtypes.float64, dtypes.int32, dtypes.int64),
        default=dtypes.int32,
    ),
    static=("start", "limit", "delta"),
    python_constant=True,
)


def _check_range(start, limit, delta):
    """What 1.15 requires of the bounds of a range; returns the complaint, or None."""
    if delta == 0:
        return "Requires delta != 0"
    if delta > 0 and start > limit:
        return f"Requires start <= limit when delta > 0: {start}/{limit}"
    if delta < 0 and start < limit:
        return f"Requires start >= limit when delta < 0: {start}/{limit}"
    return None


def _range_length(start, limit, delta):
    if isinstance(start, (int, np.integer)):
        return (abs(int(limit) - int(start)) + abs(int(delta)) - 1) // abs(int(delta))
    return math.ceil(abs((float(limit) - float(start)) / float(delta)))


@Range.shape
def _shape_range(s, start, limit, delta):
    for dims in (start, limit, delta):
        if dims is not None and len(dims) != 0:
            raise ValueError(f"Shape must be rank 0 but is rank {len(dims)}")
    bounds = [s.value(0), s.value(1), s.value(2)]
    if any(b is None for b in bounds):
        return (None,)
    bounds = [np.asarray(b)[()] for b in bounds]
    complaint = _check_range(*bounds)
    if complaint:
        raise ValueError(complaint)
    return (_range_length(*bounds),)


@Range.kernel
def _kernel_range(k, start, limit, delta):
    if any(np.ndim(b) for b in (start, limit, delta)):
        name, value = next(
            (n, b) for n, b in (("start", start), ("limit", limit), ("delta", delta)) if np.ndim(b)
        )
        raise errors.InvalidArgumentError(
            None, None, f"{name} must be a scalar, not shape {list(np.shape(value))}"
        )
    dtype = np.asarray(start).dtype
    start, limit, delta = (np.asarray(b)[()] for b in (start, limit, delta))
    complaint = _check_range(start, limit, delta)
    if complaint:
        shown = f"{complaint}: {delta}" if delta == 0 else complaint
        raise errors.InvalidArgumentError(None, None, shown)
    count = _range_length(start, limit, delta)
    if dtype.kind == "i":
        return start + delta * np.arange(count, dtype=dtype)
    # 1.15 adds the step up in the type itself, rounding each time.
    steps = np.full(count, delta, dtype)
    if count:
        steps[0] = start
    return np.add.accumulate(steps, dtype=dtype)


Range.no_gradient("1.15 treats the bounds as constants")

_RANGE_ORDER = (dtypes.int32, dtypes.int64, dtypes.float32, dtypes.float64)


@export("range")
def range_(
    start: Any, limit: Any = None, delta: Any = 1, dtype: Any = None, name: str | None = "range"
) -> Tensor:
    """Count from `start` (included) to `limit` (excluded) in steps of `delta`.

    Args:
        start: First element; with one argument the range is `0 .. start`.
        limit: Bound that is not reached.
        delta: Step, not zero.
        dtype: Type of the elements; by default the widest among the arguments.
        name: Name of the node.

    Returns:
        1-D tensor.

    Raises:
        ValueError: (build) known bounds and a step that never reaches them.
        errors.InvalidArgumentError: (run) the same.
    """
    if limit is None:
        start, limit = 0, start
    with name_scope(name, "Range", [start, limit, delta]) as name:
        start = convert_to_tensor(start, dtype=dtype, name="start")
        limit = convert_to_tensor(limit, dtype=dtype, name="limit")
        delta = convert_to_tensor(delta, dtype=dtype, name="delta")
        if dtype is None:
            bounds = (start, limit, delta)
            widest = max((b.dtype for b in bounds), key=_RANGE_ORDER.index)
            start, limit, delta = (late.cast(b, widest) for b in bounds)
        return Range(start, limit, delta, name=name)


# -- LinSpace ----------------------------------------------------------------------------------
LinSpace = op(
    "LinSpace",
    "start: T, stop: T, num: Tidx -> output: T",
    T=(dtypes.bfloat16, dtypes.float32, dtypes.float64),
    Tidx=A.dtype(G.INDEX, default=dtypes.int32),
    static=("num",),
)


@LinSpace.shape
def _shape_lin_space(s, start, stop, num):
    for dims in (start, stop, num):
        if dims is not None and len(dims) != 0:
            raise ValueError(f"Shape must be rank 0 but is rank {len(dims)}")
    count = s.value(2)
    if count is None:
        return (None,)
    if count <= 0:
        raise ValueError(f"Requires num > 0: {count}")
    return (int(count),)


@LinSpace.kernel
def _kernel_lin_space(k, start, stop, num):
    count = int(num)
    if count <= 0:
        raise errors.InvalidArgumentError(None, None, f"Requires num > 0: {count}")
    np_ = k.np_for(start, stop)
    first = np_.reshape(start, (1,))
    if count == 1:
        return first
    step = (stop - start) / np.asarray(count - 1, start.dtype)
    middle = start + step * np.arange(1, count - 1, dtype=start.dtype)
    return np_.concatenate([first, middle.astype(start.dtype), np_.reshape(stop, (1,))])


LinSpace.no_gradient("1.15 has no rule")


@export("linspace", "lin_space", v2=("linspace",))
def linspace(start: Any, stop: Any, num: Any, name: str | None = None) -> Tensor:
    """Space `num` numbers evenly from `start` to `stop`, both included.

    Args:
        start: Scalar floating-point tensor.
        stop: Scalar of the same type.
        num: Scalar integer, at least 1.
        name: Name of the node.

    Returns:
        1-D tensor of `num` elements.

    Raises:
        ValueError: (build) `num` is known and not positive.
        errors.InvalidArgumentError: (run) `num` is not positive.
    """
    return LinSpace(start, stop, num, name=name)


# -- eye ---------------------------------------------------------------------------------------


@export("eye", "linalg.eye")
def eye(
    num_rows: Any,
    num_columns: Any = None,
    batch_shape: Any = None,
    dtype: Any = dtypes.float32,
    name: str | None = None,
) -> Tensor:
    """Make identity matrices.

    Args:
        num_rows: Number of rows, an integer or a scalar int32 tensor.
        num_columns: Number of columns; as many as rows by default.
        batch_shape: Dims in front of the matrices.
        dtype: Type of the elements.
        name: Name of the scope.

    Returns:
        Tensor `[*batch_shape, num_rows, num_columns]`.

    Raises:
        TypeError: (build) sizes that are neither integers nor tensors.
    """
    with name_scope(name, "eye", [num_rows, num_columns, batch_shape]):
        square = num_columns is None
        batch_shape = [] if batch_shape is None else batch_shape
        num_columns = num_rows if square else num_columns
        if isinstance(num_rows, Tensor) or isinstance(num_columns, Tensor):
            diagonal = late.minimum(num_rows, num_columns)
        else:
            integral = (numbers.Integral, np.integer)
            if not (isinstance(num_rows, integral) and isinstance(num_columns, integral)):
                raise TypeError("num_rows and num_columns must be positive integer values.")
            square = num_rows == num_columns
            diagonal = np.minimum(num_rows, num_columns)
        if isinstance(batch_shape, Tensor) or isinstance(diagonal, Tensor):
            batch_shape = convert_to_tensor(batch_shape, name="shape", dtype=dtypes.int32)
            diagonal_shape = late.concat((batch_shape, [diagonal]), axis=0)
            if not square:
                shape = late.concat((batch_shape, [num_rows, num_columns]), axis=0)
        else:
            diagonal_shape = [*batch_shape, diagonal]
            shape = [*batch_shape, num_rows, num_columns]
        ones = late.ones(diagonal_shape, dtype=dtype)
        if square:
            return late.matrix_diag(ones)
        return late.matrix_set_diag(late.zeros(shape, dtype=dtype), ones)
