"""Clipping by value and by norm."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from headrace._api.export import export
from headrace._src.core import attrs as A
from headrace._src.core import dtypes
from headrace._src.core.convert import convert_to_tensor
from headrace._src.core.dtypes import groups as G
from headrace._src.core.indexed_slices import IndexedSlices
from headrace._src.core.opspec import op
from headrace._src.core.scopes import colocate_with, name_scope
from headrace._src.core.tensor import Tensor
from headrace._src.ops import _shapes, casts
from headrace._src.ops._late import late


def _values(t: Any, name: str = "t") -> Tensor:
    return convert_to_tensor(t.values if isinstance(t, IndexedSlices) else t, name=name)


def _like(t: Any, values: Tensor) -> Any:
    return (
        IndexedSlices(values, t.indices, t.dense_shape) if isinstance(t, IndexedSlices) else values
    )


# -- ClipByValue ------------------------------------------------------------------------------
ClipByValue = op(
    "ClipByValue",
    "t: T, clip_value_min: T, clip_value_max: T -> output: T",
    T=A.dtype(G.NUMBER),
    shape=_shapes.unchanged,
)


@ClipByValue.kernel
def _kernel_clip_by_value(k, t, clip_value_min, clip_value_max):
    xp = k.np_for(t, clip_value_min, clip_value_max)
    return xp.maximum(xp.minimum(t, clip_value_max), clip_value_min)


ClipByValue.no_gradient(
    "1.15 has none either; tf.clip_by_value is made of other ops.", undefined=True
)


@export("clip_by_value")
def clip_by_value(t: Any, clip_value_min: Any, clip_value_max: Any, name: str | None = None) -> Any:
    """Limit values to a range.

    Args:
      t: A tensor or `IndexedSlices` of a floating type, int32 or int64.
      clip_value_min: The lower bound, which broadcasts to `t`.
      clip_value_max: The upper bound, which broadcasts to `t`.
      name: The node's name.

    Returns:
      What `t` is, with `max(min(t, clip_value_max), clip_value_min)`.

    Raises:
      ValueError: (build) a bound does not broadcast to the shape of `t`.
    """
    with name_scope(name, "clip_by_value", [t, clip_value_min, clip_value_max]) as scope:
        values = _values(t)
        low = late.minimum(values, clip_value_max)
        values.shape.merge_with(low.shape)
        result = late.maximum(low, clip_value_min, name=scope)
        values.shape.merge_with(result.shape)
        return _like(t, result)


@export("clip_by_norm")
def clip_by_norm(t: Any, clip_norm: Any, axes: Any = None, name: str | None = None) -> Any:
    """Scale a tensor down to an L2 norm.

    Args:
      t: A floating tensor or `IndexedSlices`.
      clip_norm: The largest norm, a scalar.
      axes: The dimensions over which the norm is taken; all when None.
      name: The node's name.

    Returns:
      What `t` is: `t * clip_norm / max(norm(t), clip_norm)`.
    """
    with name_scope(name, "clip_by_norm", [t, clip_norm]) as scope:
        values = _values(t)
        total = late.reduce_sum(values * values, axes, keepdims=True)
        positive = total > 0
        # The square root has no finite gradient at 0.
        safe = late.where(positive, total, late.ones_like(total))
        norm = late.where(positive, late.sqrt(safe), total)
        scaled = values * clip_norm
        values.shape.merge_with(scaled.shape)
        result = late.identity(scaled / late.maximum(norm, clip_norm), name=scope)
        return _like(t, result)


def _as_list(t_list: Any) -> list[Any]:
    if not isinstance(t_list, Sequence) or isinstance(t_list, str):
        raise TypeError("t_list should be a sequence")
    return list(t_list)


def _all_values(t_list: list[Any]) -> list[Tensor | None]:
    return [None if t is None else _values(t, f"t_{i}") for i, t in enumerate(t_list)]


@export("linalg.global_norm", "global_norm", v2=("linalg.global_norm",))
def global_norm(t_list: Any, name: str | None = None) -> Tensor:
    """Compute the norm of many tensors as if they were one: `sqrt(sum(l2norm(t) ** 2))`.

    Args:
      t_list: A list of floating tensors, `IndexedSlices` and None.
      name: A name scope.

    Returns:
      A scalar of the tensors' dtype.

    Raises:
      TypeError: (build) `t_list` is no sequence.
    """
    t_list = _as_list(t_list)
    with name_scope(name, "global_norm", t_list):
        halves = []
        for value in _all_values(t_list):
            if value is not None:
                with colocate_with(value):
                    halves.append(late.L2Loss(value))
        half = late.reduce_sum(late.stack(halves))
        return late.sqrt(half * late.constant(2.0, dtype=half.dtype), name="global_norm")


@export("clip_by_global_norm")
def clip_by_global_norm(
    t_list: Any, clip_norm: Any, use_norm: Any = None, name: str | None = None
) -> tuple[list[Any], Tensor]:
    """Scale many tensors down together so that their common norm is at most `clip_norm`.

    Args:
      t_list: A list of floating tensors, `IndexedSlices` and None.
      clip_norm: The largest norm, a scalar.
      use_norm: The common norm, when it is known already.
      name: A name scope.

    Returns:
      The scaled tensors (NaN when the norm is not finite), and the common norm.

    Raises:
      TypeError: (build) `t_list` is no sequence.
    """
    t_list = _as_list(t_list)
    norm = global_norm(t_list, name) if use_norm is None else use_norm
    with name_scope(name, "clip_by_global_norm", [*t_list, clip_norm]) as scope:
        inverse = 1.0 / norm
        limit = late.constant(1.0, dtype=norm.dtype) / clip_norm
        finite_scale = clip_norm * late.minimum(inverse, limit)
        is_finite = late.is_finite(norm)
        nan = late.constant(float("nan"), dtype=norm.dtype)
        scale = late.where(is_finite, finite_scale, nan)
        clipped: list[Any] = []
        for i, (t, value) in enumerate(zip(t_list, _all_values(t_list), strict=True)):
            if value is None:
                clipped.append(None)
                continue
            with colocate_with(value):
                clipped.append(_like(t, late.identity(value * scale, name=f"{scope}_{i}")))
        return clipped, norm


@export("clip_by_average_norm", v2=(), deprecated="tf.clip_by_norm")
def clip_by_average_norm(t: Any, clip_norm: Any, name: str | None = None) -> Tensor:
    """Scale a tensor down to an average L2 norm, the norm divided by the number of elements.

    Args:
      t: A floating tensor.
      clip_norm: The largest average norm, a scalar.
      name: The node's name.

    Returns:
      A tensor of the dtype and shape of `t`.
    """
    with name_scope(name, "clip_by_average_norm", [t, clip_norm]) as scope:
        t = convert_to_tensor(t, name="t")
        count = casts.cast(late.size(t), dtypes.float32)
        inverse = late.rsqrt(late.reduce_sum(t * t, late.range(late.rank(t))))
        scaled = t * clip_norm
        average = inverse * count
        scale = late.minimum(average, late.constant(1.0) / clip_norm)
        return late.identity(scaled * scale, name=scope)
