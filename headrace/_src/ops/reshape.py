"""Ops that rearrange dims: Reshape, Squeeze, ExpandDims, Transpose."""

from __future__ import annotations

import math
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
from headrace._src.core.tensor import Tensor
from headrace._src.ops import shapes as shape_ops
from headrace._src.ops._arguments import renamed, spec
from headrace._src.ops._late import late

# -- Reshape -----------------------------------------------------------------------------------
Reshape = op(
    "Reshape",
    "tensor: T, shape: Tshape -> output: T",
    T=G.ANY,
    Tshape=A.dtype(G.INDEX, default=dtypes.int32),
    preserves_elements=True,
    static=("shape",),
)


@Reshape.shape
def _shape_reshape(s, tensor, shape):
    out = s.value_as_dims(1)
    if out is None or tensor is None:
        return out
    unknown = [i for i, d in enumerate(out) if d is None]
    if not unknown:
        if dims_lib.is_full(tensor):
            have, want = dims_lib.num_elements(tensor), dims_lib.num_elements(out)
            if have != want:
                raise ValueError(
                    f"Cannot reshape a tensor with {have} elements to shape "
                    f"{dims_lib.text(out)} ({want} elements)"
                )
        return out
    if len(unknown) == 1 and dims_lib.is_full(tensor):
        return _infer_dim(out, unknown[0], dims_lib.num_elements(tensor))
    return _carry_unknown(tensor, out, unknown, s.value(1))


def _infer_dim(out, position, have):
    known = dims_lib.num_elements(tuple(d for d in out if d is not None))
    if known == 0 or have % known:
        if known == 0:
            return out
        raise ValueError(f"Dimension size must be evenly divisible by {known} but is {have}")
    return (*out[:position], have // known, *out[position + 1 :])


def _carry_unknown(tensor, out, unknown, value):
    """With one unknown dim on each side and equal products besides, nothing more is known."""
    return out


def _requested(tensor, shape):
    """The shape that a Reshape asks for, its -1 resolved."""
    if np.ndim(shape) != 1:
        raise errors.InvalidArgumentError(
            None, None, f"sizes input must be 1-D, not {dims_lib.text(np.shape(shape))}"
        )
    sizes = np.asarray(shape).tolist()
    have = math.prod(np.shape(tensor))
    if math.prod(sizes) == have and min(sizes, default=0) >= 0:
        return tuple(sizes)
    open_at = [i for i, d in enumerate(sizes) if d == -1]
    if len(open_at) > 1:
        raise errors.InvalidArgumentError(
            None,
            None,
            f"Only one input size may be -1, not both {open_at[0]} and {open_at[1]}",
        )
    for i, d in enumerate(sizes):
        if d < -1:
            raise errors.InvalidArgumentError(None, None, f"Size {i} must be non-negative, not {d}")
    if open_at:
        known = math.prod([d for d in sizes if d != -1])
        if known == 0:
            raise errors.InvalidArgumentError(
                None,
                None,
                "Reshape cannot infer the missing input size for an empty tensor unless all "
                "specified input sizes are non-zero",
            )
        if have % known:
            raise errors.InvalidArgumentError(
                None,
                None,
                f"Input to reshape is a tensor with {have} values, but the requested shape "
                f"requires a multiple of {known}",
            )
        sizes[open_at[0]] = have // known
    want = math.prod(sizes)
    if want != have:
        raise errors.InvalidArgumentError(
            None,
            None,
            f"Input to reshape is a tensor with {have} values, but the requested shape has {want}",
        )
    return tuple(sizes)


@Reshape.kernel
def _kernel_reshape(k, tensor, shape):
    return k.np_for(tensor).reshape(tensor, _requested(tensor, shape))


def reshape_to(dy: Any, like: Tensor) -> Tensor:
    """Reshapes a cotangent to the shape of an input, as most gradients of this family end."""
    return reshape(dy, shape_ops.shape(like))


@Reshape.gradient
def _grad_reshape(op, dy):
    return [reshape_to(dy, op.inputs[0]), None]


@export("reshape", "manip.reshape", v2=("reshape",))
def reshape(tensor: Any, shape: Any, name: str | None = None) -> Tensor:
    """Give the elements of a tensor, in row-major order, another shape.

    Args:
        tensor: Tensor.
        shape: 1-D int32 or int64; one dim may be -1, it is then inferred.
        name: Name of the node.

    Returns:
        Tensor of the given shape.

    Raises:
        ValueError: (build) the numbers of elements are known and differ.
        errors.InvalidArgumentError: (run) they differ.
    """
    return Reshape(tensor, shape, name=name)


# -- Squeeze -----------------------------------------------------------------------------------
Squeeze = op(
    "Squeeze",
    "input: T -> output: T",
    T=G.ANY,
    preserves_elements=True,
    squeeze_dims=A.integers(default=(), minimum=0),
)


def _positive_axes(axes, rank):
    result = set()
    for axis in axes:
        if not -rank <= axis < rank:
            raise ValueError(
                f"Tried to squeeze dim index {axis} for tensor with {rank} dimensions."
            )
        result.add(axis % rank)
    return result


@Squeeze.shape
def _shape_squeeze(s, input, *, squeeze_dims):
    if input is None:
        return None
    if not squeeze_dims:
        return None if None in input else tuple(d for d in input if d != 1)
    for axis in squeeze_dims:
        if not -len(input) <= axis < len(input):
            raise ValueError(
                f"squeeze_dims[{list(squeeze_dims).index(axis)}] not in "
                f"[{-len(input)},{len(input)})."
            )
    axes = {axis % len(input) for axis in squeeze_dims}
    for axis in sorted(axes):
        if input[axis] not in (None, 1):
            raise ValueError(
                f"Can not squeeze dim[{axis}], expected a dimension of 1, got {input[axis]}"
            )
    return tuple(d for i, d in enumerate(input) if i not in axes)


@Squeeze.kernel
def _kernel_squeeze(k, input, *, squeeze_dims):
    np_ = k.np_for(input)
    if not squeeze_dims:
        return np_.squeeze(input)
    for axis in squeeze_dims:
        if not -input.ndim <= axis < input.ndim:
            raise errors.InvalidArgumentError(
                None,
                None,
                f"Tried to squeeze dim index {axis} for tensor with {input.ndim} dimensions.",
            )
        if input.shape[axis] != 1:
            raise errors.InvalidArgumentError(
                None,
                None,
                f"Can not squeeze dim[{axis % input.ndim}], expected a dimension of 1, "
                f"got {input.shape[axis]}",
            )
    return np_.squeeze(input, axis=tuple({axis % input.ndim for axis in squeeze_dims}))


@Squeeze.gradient
def _grad_squeeze(op, dy):
    return reshape_to(dy, op.inputs[0])


@export("squeeze", v2=())
def squeeze(
    input: Any, axis: Any = None, name: str | None = None, squeeze_dims: Any = None
) -> Tensor:
    """Remove dims of size 1.

    Args:
        input: Tensor.
        axis: Dim or list of dims to remove, all those of size 1 by default; negative ones count
            from the end.
        name: Name of the node.
        squeeze_dims: Former name of `axis`.

    Returns:
        Tensor with the same elements.

    Raises:
        ValueError: (build) a dim to remove is known not to be 1.
        errors.InvalidArgumentError: (run) a dim to remove is not 1.
    """
    axis = renamed("axis", axis, "squeeze_dims", squeeze_dims)
    if np.isscalar(axis):
        axis = [axis]
    return Squeeze(input, squeeze_dims=axis, name=name)


# -- ExpandDims --------------------------------------------------------------------------------
ExpandDims = op(
    "ExpandDims",
    "input: T, dim: Tdim -> output: T",
    T=G.ANY,
    Tdim=A.dtype(G.INDEX, default=dtypes.int32),
    preserves_elements=True,
    static=("dim",),
)


@ExpandDims.shape
def _shape_expand_dims(s, input, dim):
    axis = s.value(1)
    if axis is None:
        return None
    if np.size(axis) != 1:
        raise ValueError(
            f"'dim' input must be a tensor with a single value. {np.size(axis)} values"
        )
    if input is None:
        return None
    axis, rank = int(np.reshape(axis, ())), len(input)
    if not -1 - rank <= axis <= rank:
        raise ValueError(f"dim {axis} not in the interval [{-1 - rank}, {rank}].")
    axis = axis if axis >= 0 else axis + rank + 1
    return (*input[:axis], 1, *input[axis:])


@ExpandDims.kernel
def _kernel_expand_dims(k, input, dim):
    if np.size(dim) != 1:
        raise errors.InvalidArgumentError(None, None, "'dim' must be a tensor with a single value")
    axis = int(np.reshape(dim, ()))
    if not -1 - input.ndim <= axis <= input.ndim:
        raise errors.InvalidArgumentError(
            None,
            None,
            f"Tried to expand dim index {axis} for tensor with {input.ndim} dimensions.",
        )
    return k.np_for(input).expand_dims(input, axis)


@ExpandDims.gradient
def _grad_expand_dims(op, dy):
    return [reshape_to(dy, op.inputs[0]), None]


@export("expand_dims", v2=())
def expand_dims(input: Any, axis: Any = None, name: str | None = None, dim: Any = None) -> Tensor:
    """Insert a dim of size 1.

    Args:
        input: Tensor.
        axis: Where the new dim shall be, in `[-rank - 1, rank]`.
        name: Name of the node.
        dim: Former name of `axis`.

    Returns:
        Tensor with the same elements and one dim more.

    Raises:
        ValueError: (build) no axis, or an axis out of range.
    """
    axis = renamed("axis", axis, "dim", dim)
    if axis is None:
        raise ValueError("Must specify an axis argument to tf.expand_dims()")
    return ExpandDims(input, axis, name=name)


# -- InvertPermutation -------------------------------------------------------------------------
InvertPermutation = op(
    "InvertPermutation", "x: T -> y: T", T=A.dtype(G.INDEX, default=dtypes.int32)
)


@InvertPermutation.shape
def _shape_invert_permutation(s, x):
    return dims_lib.with_rank(x, 1)


@InvertPermutation.kernel
def _kernel_invert_permutation(k, x):
    np_ = k.np_for(x)
    if k.xla:
        order = np_.argsort(x).astype(x.dtype)
        k.require(np_.all(x[order] == np.arange(x.size, dtype=x.dtype)))
        return order
    if x.ndim != 1:
        raise errors.InvalidArgumentError(None, None, "invert_permutation expects a 1D vector.")
    result = np.full(x.shape, -1, x.dtype)
    for i, position in enumerate(x):
        if not 0 <= position < x.size:
            raise errors.InvalidArgumentError(
                None, None, f"{position} is not between 0 and {x.size}"
            )
        if result[position] != -1:
            raise errors.InvalidArgumentError(None, None, f"{position} is duplicated in the input.")
        result[position] = i
    return result


InvertPermutation.no_gradient("integer output")


@export("math.invert_permutation", "invert_permutation", v2=("math.invert_permutation",))
def invert_permutation(x: Any, name: str | None = None) -> Tensor:
    """Invert a permutation: `y[x[i]] = i`.

    Args:
        x: 1-D int32 or int64 tensor holding each of `0 .. n - 1` once.
        name: Name of the node.

    Returns:
        Tensor like `x`.

    Raises:
        errors.InvalidArgumentError: (run) `x` is no permutation.
    """
    return InvertPermutation(x, name=name)


# -- Transpose ---------------------------------------------------------------------------------
Transpose = op(
    "Transpose",
    "x: T, perm: Tperm -> y: T",
    kernel_ignores=("Tperm",),
    T=G.ANY,
    Tperm=A.dtype(G.INDEX, default=dtypes.int32),
    preserves_elements=True,
    static=("perm",),
)


def _shape_transpose(s, x, perm):
    value = s.value(1)
    rank = None if x is None else len(x)
    if perm is not None:
        dims_lib.with_rank(perm, 1)
        if rank is None:
            rank = perm[0]
        elif perm[0] is not None and perm[0] != rank and not (rank == 1 and perm[0] == 0):
            raise ValueError(f"Dimension must be {rank} but is {perm[0]}")
    if rank is None:
        return None
    if x is None:
        x = (None,) * rank
    if value is None:
        return x if rank == 1 else (None,) * rank
    for i in value:
        if not -rank <= i < rank:
            raise ValueError(f"perm dim {i} is out of range of input rank {rank}")
    return tuple(x[int(i)] for i in value)


def _permutation(x, perm):
    order = [int(i) for i in perm]
    if len(order) != x.ndim:
        raise errors.InvalidArgumentError(
            None,
            None,
            f"transpose expects a vector of size {x.ndim}. But input(1) is a vector of size "
            f"{len(order)}",
        )
    for i in order:
        if not -x.ndim <= i < x.ndim:
            raise errors.InvalidArgumentError(None, None, f"{i} is out of range [0 .. {x.ndim})")
    order = [i % x.ndim for i in order]
    for i in range(x.ndim):
        if i not in order:
            listed = ",".join(str(int(j)) for j in perm)
            raise errors.InvalidArgumentError(None, None, f"{i} is missing from {{{listed}}}.")
    return order


Transpose.shape(_shape_transpose)


@Transpose.kernel
def _kernel_transpose(k, x, perm):
    return k.np_for(x).transpose(x, _permutation(x, perm))


@Transpose.gradient
def _grad_transpose(op, dy):
    return [transpose(dy, invert_permutation(op.inputs[1])), None]


@export("transpose", v2=())
def transpose(
    a: Any, perm: Any = None, name: str | None = "transpose", conjugate: bool = False
) -> Tensor:
    """Permute the dims of a tensor.

    Args:
        a: Tensor.
        perm: The dim of `a` that each dim of the result is; reversed order by default.
        name: Name of the node.
        conjugate: Whether complex elements are conjugated too.

    Returns:
        Tensor with `result.shape[i] = a.shape[perm[i]]`.
    """
    with name_scope(name, "transpose", [a]) as name:
        make = ConjugateTranspose if conjugate and a.dtype.is_complex else Transpose
        if perm is not None:
            return make(a, perm, name=name)
        a = convert_to_tensor(a, name="a")
        if a.dims:
            result = make(a, np.arange(len(a.dims))[::-1], name=name)
            result.set_shape(a.dims[::-1])
            return result
        rank = shape_ops.Rank(a)
        last = rank - 1
        result = make(a, last - spec("Range")(0, rank, 1), name=name)
        if a.dims is not None:
            result.set_shape(a.dims)
        return result


# -- ConjugateTranspose ------------------------------------------------------------------------
ConjugateTranspose = op(
    "ConjugateTranspose",
    "x: T, perm: Tperm -> y: T",
    kernel_ignores=("Tperm",),
    T=G.ANY,
    Tperm=A.dtype(G.INDEX, default=dtypes.int32),
    static=("perm",),
    shape=_shape_transpose,
)


@ConjugateTranspose.kernel
def _kernel_conjugate_transpose(k, x, perm):
    np_ = k.np_for(x)
    return np_.conj(np_.transpose(x, _permutation(x, perm)))


@ConjugateTranspose.gradient
def _grad_conjugate_transpose(op, dy):
    return [transpose(dy, invert_permutation(op.inputs[1]), conjugate=True), None]


@export(
    "linalg.matrix_transpose",
    "linalg.transpose",
    "matrix_transpose",
    v2=("linalg.matrix_transpose",),
)
def matrix_transpose(
    a: Any, name: str | None = "matrix_transpose", conjugate: bool = False
) -> Tensor:
    """Transpose the last two dims of a tensor.

    Args:
        a: Tensor of rank 2 or more.
        name: Name of the scope.
        conjugate: Whether complex elements are conjugated too.

    Returns:
        Tensor `[..., columns, rows]`.

    Raises:
        ValueError: (build) the rank is known and less than 2.
    """
    with name_scope(name, values=[a]):
        a = convert_to_tensor(a, name="a")
        if a.dims is None:
            rank = shape_ops.rank(a)
            ahead = spec("Range")(0, rank - 2, 1)
            perm = late.concat((ahead, [rank - 1, rank - 2]), 0)
            return transpose(a, perm=perm, conjugate=conjugate)
        if len(a.dims) < 2:
            raise ValueError(
                f"Argument 'a' should be a (batch) matrix, with rank >= 2.  Found: {a.shape}"
            )
        rank = len(a.dims)
        perm = [*range(rank - 2), rank - 1, rank - 2]
        return transpose(a, perm=perm, conjugate=conjugate)
