"""The functions that change variables: `assign`, `assign_add`, `scatter_update` and so on.

Each takes a reference variable (or its tensor), for which it adds the op on references, or a
resource variable.
"""

from __future__ import annotations

from typing import Any

from headrace._api.export import export
from headrace._src.core import dtypes
from headrace._src.core.convert import convert_to_tensor
from headrace._src.core.scopes import name_scope
from headrace._src.ops import variable_ops, variable_scatter
from headrace._src.ops._late import late


def _is_ref(ref: Any) -> bool:
    return bool(ref.dtype._is_ref_dtype)


def is_variable_initialized(ref: Any, name: str | None = None) -> Any:
    """Whether a variable has a value, a scalar bool tensor."""
    if _is_ref(ref):
        return variable_ops.IsVariableInitialized(ref, name=name)
    return ref.is_initialized(name=name)


@export("assign", v2=())
def assign(
    ref: Any,
    value: Any,
    validate_shape: Any = None,
    use_locking: Any = None,
    name: str | None = None,
) -> Any:
    """Assign a new value to a variable.

    Args:
      ref: the variable.
      value: [variable's shape] tensor of its dtype.
      validate_shape: False lets the value have any shape, which the variable then takes.
      use_locking: whether concurrent assignments wait for each other; True by default.
      name: name of the node.

    Returns:
      A tensor (reference variables) or a variable (resource variables) with the new value.

    Raises:
      ValueError: (build) the shapes do not match.
      InvalidArgumentError: (run) the same.
    """
    if _is_ref(ref):
        return variable_ops.Assign(
            ref, value, validate_shape=validate_shape, use_locking=use_locking, name=name
        )
    return ref.assign(value, name=name)


@export("assign_add", v2=())
def assign_add(ref: Any, value: Any, use_locking: Any = None, name: str | None = None) -> Any:
    """Add to a variable.

    Args:
      ref: the variable, numeric.
      value: [variable's shape] tensor of its dtype.
      use_locking: whether concurrent assignments wait for each other; False by default.
      name: name of the node.

    Returns:
      The new value, as `tf.assign` does.
    """
    if _is_ref(ref):
        return variable_ops.AssignAdd(ref, value, use_locking=use_locking, name=name)
    return ref.assign_add(value)


@export("assign_sub", v2=())
def assign_sub(ref: Any, value: Any, use_locking: Any = None, name: str | None = None) -> Any:
    """Subtract from a variable.

    Args:
      ref: the variable, numeric.
      value: [variable's shape] tensor of its dtype.
      use_locking: whether concurrent assignments wait for each other; False by default.
      name: name of the node.

    Returns:
      The new value, as `tf.assign` does.
    """
    if _is_ref(ref):
        return variable_ops.AssignSub(ref, value, use_locking=use_locking, name=name)
    return ref.assign_sub(value)


@export("count_up_to", v2=(), deprecated="tf.data.Dataset.range")
def count_up_to(ref: Any, limit: Any, name: str | None = None) -> Any:
    """Increment a variable until it is `limit`.

    Args:
      ref: the variable, a scalar int32 or int64.
      limit: int.
      name: name of the node.

    Returns:
      The value before the increment, a scalar.

    Raises:
      OutOfRangeError: (run) the limit is reached.
    """
    if _is_ref(ref):
        return variable_ops.CountUpTo(ref, limit=limit, name=name)
    return variable_ops.ResourceCountUpTo(ref.handle, limit=limit, T=ref.dtype, name=name)


def _scatter(kind: str, ref: Any, indices: Any, updates: Any, use_locking: Any, name: Any) -> Any:
    if _is_ref(ref):
        spec = getattr(variable_scatter, kind)
        return spec(ref, indices, updates, use_locking=use_locking, name=name)
    spec = getattr(variable_scatter, f"Resource{kind}")
    updates = convert_to_tensor(updates, ref.dtype)
    return ref._lazy_read(spec(ref.handle, indices, updates, name=name))


@export("scatter_update", v2=())
def scatter_update(
    ref: Any, indices: Any, updates: Any, use_locking: bool = True, name: str | None = None
) -> Any:
    """Replace slices of a variable: `ref[indices] = updates`.

    Args:
      ref: the variable, of rank 1 or more.
      indices: integer tensor, positions along the first dimension.
      updates: [indices' shape, ...rest of the variable's] tensor, or a scalar.
      use_locking: whether concurrent assignments wait for each other.
      name: name of the node.

    Returns:
      The new value, as `tf.assign` does.

    Raises:
      InvalidArgumentError: (run) an index out of range.
    """
    return _scatter("ScatterUpdate", ref, indices, updates, use_locking, name)


@export("scatter_add", v2=())
def scatter_add(
    ref: Any, indices: Any, updates: Any, use_locking: bool = False, name: str | None = None
) -> Any:
    """Add to slices of a variable: `ref[indices] += updates`; see `tf.scatter_update`."""
    return _scatter("ScatterAdd", ref, indices, updates, use_locking, name)


@export("scatter_sub", v2=())
def scatter_sub(
    ref: Any, indices: Any, updates: Any, use_locking: bool = False, name: str | None = None
) -> Any:
    """Subtract from slices of a variable: `ref[indices] -= updates`; see `tf.scatter_update`."""
    return _scatter("ScatterSub", ref, indices, updates, use_locking, name)


@export("scatter_mul", v2=())
def scatter_mul(
    ref: Any, indices: Any, updates: Any, use_locking: bool = False, name: str | None = None
) -> Any:
    """Multiply slices of a variable: `ref[indices] *= updates`; see `tf.scatter_update`."""
    return _scatter("ScatterMul", ref, indices, updates, use_locking, name)


@export("scatter_div", v2=())
def scatter_div(
    ref: Any, indices: Any, updates: Any, use_locking: bool = False, name: str | None = None
) -> Any:
    """Divide slices of a variable: `ref[indices] /= updates`; see `tf.scatter_update`."""
    return _scatter("ScatterDiv", ref, indices, updates, use_locking, name)


@export("scatter_max", v2=())
def scatter_max(
    ref: Any, indices: Any, updates: Any, use_locking: bool = False, name: str | None = None
) -> Any:
    """Raise slices of a variable to at least `updates`; see `tf.scatter_update`."""
    return _scatter("ScatterMax", ref, indices, updates, use_locking, name)


@export("scatter_min", v2=())
def scatter_min(
    ref: Any, indices: Any, updates: Any, use_locking: bool = False, name: str | None = None
) -> Any:
    """Lower slices of a variable to at most `updates`; see `tf.scatter_update`."""
    return _scatter("ScatterMin", ref, indices, updates, use_locking, name)


@export("scatter_nd_update", v2=())
def scatter_nd_update(
    ref: Any, indices: Any, updates: Any, use_locking: bool = True, name: str | None = None
) -> Any:
    """Replace slices of a variable at index vectors.

    Args:
      ref: the variable, of rank P.
      indices: [..., K] integer tensor with K <= P, index vectors.
      updates: [..., rest of the variable's shape] tensor.
      use_locking: whether concurrent assignments wait for each other.
      name: name of the node.

    Returns:
      The new value, as `tf.assign` does.

    Raises:
      InvalidArgumentError: (run) an index vector out of range.
    """
    return _scatter("ScatterNdUpdate", ref, indices, updates, use_locking, name)


@export("scatter_nd_add", v2=())
def scatter_nd_add(
    ref: Any, indices: Any, updates: Any, use_locking: bool = False, name: str | None = None
) -> Any:
    """Add to slices of a variable at index vectors; see `tf.scatter_nd_update`."""
    return _scatter("ScatterNdAdd", ref, indices, updates, use_locking, name)


@export("scatter_nd_sub", v2=())
def scatter_nd_sub(
    ref: Any, indices: Any, updates: Any, use_locking: bool = False, name: str | None = None
) -> Any:
    """Subtract from slices of a variable at index vectors; see `tf.scatter_nd_update`."""
    return _scatter("ScatterNdSub", ref, indices, updates, use_locking, name)


@export("batch_scatter_update", v2=(), deprecated="Variable.batch_scatter_update")
def batch_scatter_update(
    ref: Any, indices: Any, updates: Any, use_locking: bool = True, name: str | None = None
) -> Any:
    """Replace slices of a variable, each index counting within its batch entry.

    `ref[i, indices[i, j]] = updates[i, j]` for indices of rank 2, and so on.

    Args:
      ref: the variable.
      indices: [batch..., n] integer tensor of known rank.
      updates: [batch..., n, ...rest of the variable's shape] tensor.
      use_locking: whether concurrent assignments wait for each other.
      name: name of the scope.

    Returns:
      The new value, as `tf.assign` does.

    Raises:
      ValueError: (build) the rank of `indices` is not known.
    """
    with name_scope(name):
        indices = convert_to_tensor(indices, name="indices")
        sizes = late.shape(indices)
        if indices.dims is None:
            raise ValueError("batch_gather does not allow indices with unknown shape.")
        rank = len(indices.dims)
        last = late.expand_dims(indices, axis=-1)
        parts = [_batch_positions(sizes[axis], axis, rank, last) for axis in range(rank - 1)]
        vectors = late.concat([*parts, last], axis=-1)
        return scatter_nd_update(ref, vectors, updates, use_locking=use_locking)


def _batch_positions(size: Any, axis: int, rank: int, like: Any) -> Any:
    """The position along `axis` at every entry of `like`."""
    from headrace._src.ops._arguments import spec

    shape: list[Any] = [1] * (rank + 1)
    shape[axis] = size
    positions = late.reshape(spec("Range")(0, size, 1), shape)
    if positions.dtype.base_dtype != like.dtype:
        positions = spec("Cast")(positions, DstT=dtypes.as_dtype(like.dtype))
    return positions * late.ones_like(like)
