"""Placeholders: tensors whose value a run is given."""

from __future__ import annotations

from typing import Any

from headrace._api.export import export
from headrace._src.core import attrs as A
from headrace._src.core import dims as dims_lib
from headrace._src.core import dtypes, errors
from headrace._src.core.convert import convert_to_tensor
from headrace._src.core.dtypes import groups as G
from headrace._src.core.opspec import op
from headrace._src.core.sparse_tensor import SparseTensor
from headrace._src.core.tensor import Tensor

# The names that run-time messages give to types, where they are not the Python ones.
_MESSAGE_NAMES = {"float16": "half", "float32": "float", "float64": "double"}

# -- Placeholder -------------------------------------------------------------------------------
# The message names the node.
Placeholder = op(
    "Placeholder",
    "-> output: dtype",
    dtype=G.ANY,
    shape=A.shape(default=None),
    host_only=True,
    needs_op=True,
)


@Placeholder.shape
def _shape_placeholder(s, *, shape):
    return shape


@Placeholder.kernel
def _kernel_placeholder(k, *, dtype, shape):
    message = (
        f"You must feed a value for placeholder tensor '{k.op.name}' with dtype "
        f"{_MESSAGE_NAMES.get(dtype.name, dtype.name)}"
    )
    if shape:
        message += f" and shape {dims_lib.text(shape)}"
    raise errors.InvalidArgumentError(None, None, message)


Placeholder.no_gradient("a placeholder has no inputs")


@export("placeholder", v2=())
def placeholder(dtype: Any, shape: Any = None, name: str | None = None) -> Tensor:
    """Make a tensor whose value must be fed.

    Args:
        dtype: Type of the elements.
        shape: Static shape, dims unknown where None; None for a shape not known at all.
        name: Name of the node.

    Returns:
        Tensor of the given dtype and static shape.

    Raises:
        errors.InvalidArgumentError: (run) no value was fed.
    """
    return Placeholder(dtype=dtype, shape=shape, name=name)


# -- PlaceholderWithDefault --------------------------------------------------------------------
PlaceholderWithDefault = op(
    "PlaceholderWithDefault",
    "input: dtype -> output: dtype",
    dtype=G.ANY,
    shape=A.shape(),
    # A fed value may differ from the default, so shapes must not be computed from it.
    foldable=False,
)


@PlaceholderWithDefault.shape
def _shape_placeholder_with_default(s, input, *, shape):
    dims_lib.merge(input, shape)
    return shape


@PlaceholderWithDefault.kernel
def _kernel_placeholder_with_default(k, input):
    return input


@PlaceholderWithDefault.gradient
def _grad_placeholder_with_default(op, dy):
    return dy


@export("placeholder_with_default", v2=())
def placeholder_with_default(input: Any, shape: Any, name: str | None = None) -> Tensor:
    """Make a tensor that has a default value and may be fed another one.

    Args:
        input: The default.
        shape: Static shape of what may be fed; the default must agree with it.
        name: Name of the node.

    Returns:
        Tensor with the dtype of `input` and the given static shape.
    """
    return PlaceholderWithDefault(input, shape=shape, name=name)


# -- sparse placeholders -----------------------------------------------------------------------


@export("sparse.placeholder", "sparse_placeholder", v2=())
def sparse_placeholder(dtype: Any, shape: Any = None, name: str | None = None) -> SparseTensor:
    """Make a sparse tensor whose indices, values and dense shape must be fed.

    Args:
        dtype: Type of the values.
        shape: Dense shape; when fully known it is a constant and need not be fed.
        name: Prefix of the names of the nodes.

    Returns:
        A `SparseTensor` of placeholders.
    """

    def part(suffix: str) -> str | None:
        return None if name is None else f"{name}/{suffix}"

    dense_shape, rank = None, None
    if isinstance(shape, Tensor):
        rank = shape.shape[0]
        dense_shape = convert_to_tensor(shape, dtype=dtypes.int64, name=part("shape"))
    elif shape is not None:
        rank = len(shape)
        if None not in shape:
            dense_shape = convert_to_tensor(shape, dtype=dtypes.int64, name=part("shape"))
    if dense_shape is None:
        dense_shape = placeholder(dtypes.int64, shape=[rank], name=part("shape"))
    values = placeholder(dtype, shape=[None], name=part("values"))
    indices = placeholder(dtypes.int64, shape=[None, rank], name=part("indices"))
    return SparseTensor(indices=indices, values=values, dense_shape=dense_shape)
