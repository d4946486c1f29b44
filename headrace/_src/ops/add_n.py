"""Sums of many tensors: `add_n` and `accumulate_n`."""

from __future__ import annotations

import functools
from typing import Any, NoReturn

import numpy as np

from headrace._api.export import export
from headrace._src.core import attrs as A
from headrace._src.core import dims as dims_lib
from headrace._src.core import dtypes, errors
from headrace._src.core.convert import convert_to_tensor
from headrace._src.core.dtypes import groups as G
from headrace._src.core.indexed_slices import IndexedSlices
from headrace._src.core.opspec import op
from headrace._src.core.shape import TensorShape
from headrace._src.core.tensor import Tensor
from headrace._src.engine import list_lowering
from headrace._src.engine.tensor_lists import TensorList
from headrace._src.engine.traced_lists import TracedList
from headrace._src.ops import _tensor_lists as lists
from headrace._src.ops import identity as identity_ops

_ADD_N_ERROR = (
    "inputs must be a list of at least one Tensor/IndexedSlices with the same dtype and shape"
)
_ACCUMULATE_ERROR = "inputs must be a list of at least one Tensor with the same dtype and shape"


def _merge_all(inputs: list[Any]) -> Any:
    result = None
    for i, dims in enumerate(inputs):
        try:
            result = dims_lib.merge(result, dims)
        except ValueError as e:
            raise ValueError(f"{e}\n\tFrom merging shape {i - 1} with other shapes.") from None
    return result


def _merged_data(data: list[Any]) -> Any:
    """What is known of the sum of lists."""
    known = [d for d in data if d is not None]
    if len(known) < len(data):
        return None
    first = known[0][0]
    for dtype, _ in known[1:]:
        if dtype is not first:
            raise ValueError(
                f"shapes_and_types[0][0].dtype() == {lists.type_text(first)} != "
                f"shapes_and_types[0][0].dtype == {lists.type_text(dtype)}"
            )
    return first, _merge_all([dims for _, dims in known])


def _total(k: Any, inputs: list[Any]) -> Any:
    first = inputs[0]
    if isinstance(first, TensorList):
        return functools.reduce(_sum_of_lists, inputs)
    if isinstance(first, TracedList):
        return functools.reduce(lambda a, b: list_lowering.added(k, a, b), inputs)
    for i, value in enumerate(inputs[1:], 1):
        if np.shape(value) != np.shape(first):
            shapes = [",".join(map(str, np.shape(v))) for v in (first, value)]
            raise errors.InvalidArgumentError(
                None,
                None,
                "Inputs to operation AddN of type AddN must have the same size and shape.  "
                f"Input 0: [{shapes[0]}] != input {i}: [{shapes[1]}]",
            )
    total = first
    for value in inputs[1:]:
        total = total + value
    return total


def _sum_of_lists(a: TensorList, b: TensorList) -> TensorList:
    """Two lists added element by element; what was never set adds nothing."""

    def refuse(what: str, x: Any, y: Any) -> NoReturn:
        lists.fail(f"Trying to add two {what}. One is {x} and the other is {y}")

    if a.element_dtype is not b.element_dtype:
        names = (lists.type_text(v.element_dtype) for v in (a, b))
        refuse("lists of tensors of different dtypes", *names)
    if not dims_lib.compatible(a.dims, b.dims):
        shapes = (lists.dims_text(v.dims) for v in (a, b))
        refuse("lists of tensors with incompatible element shapes", *shapes)
    if a.length != b.length:
        refuse("lists of tensors with different lengths", a.length, b.length)

    def plus(x: Any, y: Any) -> Any:
        if x is None or y is None:
            return y if x is None else x
        if isinstance(x, TensorList):
            return _sum_of_lists(x, y)
        if x.shape != y.shape:
            shapes = (lists.dims_text(v.shape) for v in (x, y))
            refuse("tensors with incompatible element shapes", *shapes)
        return x + y

    dims = dims_lib.merge(a.dims, b.dims)
    few, rest = (a, b) if b.touched is None else (b, a)
    if few.touched is not None and rest.dims == dims:
        for i in few.touched:
            rest = rest.set_item(i, plus(rest.get(i), few.get(i)))
        return rest
    pairs = zip(a.items(), b.items(), strict=True)
    return TensorList(a.element_dtype, dims, [plus(x, y) for x, y in pairs])


# -- AddN -------------------------------------------------------------------------------------
AddN = op(
    "AddN",
    "inputs: N * T -> sum: T",
    N=A.integer(minimum=1),
    T=A.dtype((*G.NUMBER, dtypes.variant)),
    commutative=True,
    aggregate=True,
    padding="each",
)


@AddN.shape
def _shape_add_n(s, inputs):
    s.set_handle_data(_merged_data([s.handle_data(i) for i in range(len(inputs))]))
    return _merge_all(inputs)


@AddN.kernel
def _kernel_add_n(k, inputs):
    return _total(k, inputs)


@AddN.gradient
def _grad_add_n(op, dy):
    return [dy] * len(op.inputs)


def _converted(inputs: Any, message: str, accepted: tuple[type, ...]) -> list[Any]:
    if not inputs or not isinstance(inputs, (list, tuple)):
        raise ValueError(message)
    values = [v if isinstance(v, IndexedSlices) else convert_to_tensor(v) for v in inputs]
    if not all(isinstance(v, accepted) for v in values):
        raise ValueError(message)
    return values


@export("math.add_n", "add_n")
def add_n(inputs: Any, name: str | None = None) -> Tensor:
    """Add tensors of one shape elementwise.

    Args:
      inputs: A list of tensors or `IndexedSlices` of one dtype and shape.
      name: The node's name.

    Returns:
      The sum, of the inputs' dtype and shape; a single input itself when no name is given.

    Raises:
      ValueError: (build) no list, an empty list, or shapes that differ.
      InvalidArgumentError: (run) shapes that differ.
    """
    values = _converted(inputs, _ADD_N_ERROR, (Tensor, IndexedSlices))
    if len(values) > 1:
        return AddN(values, name=name)
    value = convert_to_tensor(values[0])
    return identity_ops.identity(value, name=name) if name else value


# -- AccumulateNV2 ----------------------------------------------------------------------------
AccumulateNV2 = op(
    "AccumulateNV2",
    "inputs: N * T -> sum: T",
    N=A.integer(minimum=1),
    T=A.dtype(G.NUMBER),
    shape=A.shape(),
    commutative=True,
    aggregate=True,
)


@AccumulateNV2.shape
def _shape_accumulate_n(s, inputs, *, shape):
    return _merge_all([shape, *inputs])


@AccumulateNV2.kernel
def _kernel_accumulate_n(k, inputs):
    return _total(k, inputs)


@AccumulateNV2.gradient
def _grad_accumulate_n(op, dy):
    return [dy] * len(op.inputs)


@export("math.accumulate_n", "accumulate_n", v2=("math.accumulate_n",))
def accumulate_n(
    inputs: Any, shape: Any = None, tensor_dtype: Any = None, name: str | None = None
) -> Tensor:
    """Add tensors of one shape elementwise, in memory for one of them.

    Args:
      inputs: A list of tensors of one dtype and shape.
      shape: The shape of the inputs, when it is not known otherwise.
      tensor_dtype: The dtype that the inputs must have.
      name: The node's name.

    Returns:
      The sum, of the inputs' dtype and shape.

    Raises:
      ValueError: (build) no list, an empty list, mixed dtypes, or shapes that differ.
      TypeError: (build) another dtype than `tensor_dtype`.
    """
    values = _converted(inputs, _ACCUMULATE_ERROR, (Tensor,))
    if not all(v.dtype == values[0].dtype for v in values):
        raise ValueError(_ACCUMULATE_ERROR)
    total = TensorShape(shape)
    for value in values:
        total = total.merge_with(value.shape)
    if tensor_dtype is not None and tensor_dtype != values[0].dtype:
        raise TypeError(f"tensor_dtype is {tensor_dtype}, but input is of type {values[0].dtype}")
    if len(values) > 1:
        return AccumulateNV2(values, shape=total, name=name)
    return values[0] if name is None else identity_ops.identity(values[0], name=name)
