"""Broadcasting of weights: scalars, or of the values' rank with sizes 1 or those of the values."""

from __future__ import annotations

from typing import Any, Final

from headrace._src.core.constant_value import constant_value
from headrace._src.core.convert import convert_to_tensor
from headrace._src.core.operation import Operation
from headrace._src.core.scopes import control_dependencies, name_scope
from headrace._src.core.tensor import Tensor
from headrace._src.ops import sets
from headrace._src.ops._eager_assertions import described
from headrace._src.ops._late import late

_PREFIX = "weights can not be broadcast to values."


def _sizes(value: Any, label: str) -> tuple[Tensor, Tensor, Tensor]:
    """The tensor, its shape and its rank."""
    with name_scope(None, label, (value,)) as scope:
        tensor = convert_to_tensor(value, name=scope)
        return tensor, late.shape(tensor, name="shape"), late.rank(tensor, name="rank")


# What is not decided before the run: checks have no result in eager execution.
_UNDECIDED: Final = object()


def _static_check(
    weights: Tensor, weights_shape: Tensor, values: Tensor, values_shape: Tensor
) -> Any:
    """Decide by static shapes; `_UNDECIDED` when they do not suffice."""
    if weights.dims is None or values.dims is None:
        return _UNDECIDED
    if not weights.dims:
        return late.no_op(name="static_scalar_check_success")  # type: ignore[no-any-return]
    if len(weights.dims) != len(values.dims):
        raise ValueError(
            f"{_PREFIX} values.rank={len(values.dims)}. weights.rank={len(weights.dims)}. "
            f"values.shape={values.shape}. weights.shape={weights.shape}."
        )
    small, big = constant_value(weights_shape), constant_value(values_shape)
    if small is None or big is None:
        return _UNDECIDED
    for i, (size, full) in enumerate(zip(small, big, strict=True)):
        if size not in (1, full):
            raise ValueError(
                f"{_PREFIX} Mismatch at dim {i}. values.shape={big} weights.shape={small}."
            )
    return late.no_op(name="static_dims_check_success")  # type: ignore[no-any-return]


def _sizes_fit(weights_shape: Tensor, values_shape: Tensor) -> Tensor:
    with name_scope(None, "has_invalid_dims", (weights_shape, values_shape)) as scope:
        full = late.expand_dims(values_shape, -1)
        allowed = late.concat((full, late.ones_like(full)), axis=1)
        given = late.expand_dims(weights_shape, -1)
        wrong = sets.dense_difference(given, allowed)
        return late.equal(0, late.size(wrong, name="num_invalid_dims"), name=scope)  # type: ignore[no-any-return]


def _shapes_fit(
    weights_rank: Tensor, weights_shape: Tensor, values_rank: Tensor, values_shape: Tensor
) -> Tensor:
    inputs = (weights_rank, weights_shape, values_rank, values_shape)
    with name_scope(None, "has_valid_nonscalar_shape", inputs) as scope:
        same_rank = late.equal(values_rank, weights_rank, name="is_same_rank")
        return late.cond(  # type: ignore[no-any-return]
            same_rank,
            lambda: _sizes_fit(weights_shape, values_shape),
            lambda: same_rank,
            name=scope,
        )


def assert_broadcastable(weights: Any, values: Any) -> Operation | None:
    """An operation that fails unless weights can be broadcast to values.

    Raises:
      ValueError: static shapes show that they cannot.
    """
    with name_scope(None, "assert_broadcastable", (weights, values)) as scope:
        weights, weights_shape, weights_rank = _sizes(weights, "weights")
        values, values_shape, values_rank = _sizes(values, "values")
        decided = _static_check(weights, weights_shape, values, values_shape)
        if decided is not _UNDECIDED:
            return decided  # type: ignore[no-any-return]
        is_scalar = late.equal(0, weights_rank, name="is_scalar")
        data = (
            _PREFIX,
            "weights.shape=",
            described(weights),
            weights_shape,
            "values.shape=",
            described(values),
            values_shape,
            "is_scalar=",
            is_scalar,
        )
        valid = late.cond(
            is_scalar,
            lambda: is_scalar,
            lambda: _shapes_fit(weights_rank, weights_shape, values_rank, values_shape),
            name="is_valid_shape",
        )
        return getattr(late, "debugging.Assert")(valid, data, name=scope)  # type: ignore[no-any-return]


def broadcast_weights(weights: Any, values: Any) -> Tensor:
    """Weights, broadcast to the shape of values."""
    with name_scope(None, "broadcast_weights", (weights, values)) as scope:
        values = convert_to_tensor(values, name="values")
        weights = convert_to_tensor(weights, dtype=values.dtype.base_dtype, name="weights")
        if weights.shape.is_fully_defined() and weights.dims == values.dims:
            return weights
        with control_dependencies((assert_broadcastable(weights, values),)):
            return late.multiply(weights, late.ones_like(values), name=scope)  # type: ignore[no-any-return]
