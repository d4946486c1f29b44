"""Jacobians by the graph's gradients and by differences: `tf.test.compute_gradient`."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from headrace._api.export import export
from headrace._src.core import default_session


def _run(fetch: Any, feed: dict[Any, Any]) -> Any:
    session = default_session.get_default_session()
    if session is None:
        raise ValueError("compute_gradient needs a default session: enter `with session:`.")
    return session.run(fetch, feed)


def _size(shape: Any, dtype: Any) -> int:
    return math.prod(shape) * (2 if dtype.is_complex else 1)


def _gradient_node(x: Any, y: Any, y_shape: Any) -> tuple[Any, Any]:
    """Return dy/dx contracted with a feedable dy, and that dy."""
    from headrace._src.autodiff import gradients as autodiff
    from headrace._src.ops import constant, identity

    with x.graph.as_default():
        dy_source = constant.constant(1.0, shape=y_shape, dtype=y.dtype)
        dy = identity.identity(dy_source)
    (grad,) = autodiff.gradients(y, x, dy)
    return grad, dy_source


def _theoretical(
    x: Any, x_shape: Any, x_data: np.ndarray, dy: Any, y_shape: Any, dx: Any, feeds: dict[Any, Any]
) -> np.ndarray:
    from headrace._src.core.indexed_slices import IndexedSlices

    out = np.zeros(
        (_size(x_shape, x.dtype), _size(y_shape, dy.dtype)), x.dtype.real_dtype.as_numpy_dtype
    )
    y_real = dy.dtype.real_dtype.as_numpy_dtype
    for column in range(out.shape[1]):
        unit = np.zeros(y_shape, dy.dtype.as_numpy_dtype)
        unit.reshape(-1).view(y_real)[column] = 1
        feed = {**feeds, x: x_data, dy: unit}
        if isinstance(dx, IndexedSlices):
            values, indices = _run([dx.values, dx.indices], feed)
            dense = np.zeros(x_shape, x.dtype.as_numpy_dtype)
            np.add.at(dense, indices, values)
        else:
            dense = np.ascontiguousarray(_run(dx, feed))
        out[:, column] = dense.reshape(-1).view(out.dtype)
    return out


def _numeric(
    x: Any,
    x_shape: Any,
    x_data: np.ndarray,
    y: Any,
    y_shape: Any,
    delta: float,
    feeds: dict[Any, Any],
) -> np.ndarray:
    x_real, y_real = x.dtype.real_dtype.as_numpy_dtype, y.dtype.real_dtype.as_numpy_dtype
    out = np.zeros((_size(x_shape, x.dtype), _size(y_shape, y.dtype)), x_real)
    for row in range(out.shape[0]):
        ahead, behind = x_data.copy(), x_data.copy()
        ahead.reshape(-1).view(x_real)[row] += delta
        behind.reshape(-1).view(x_real)[row] -= delta
        change = _run(y, {**feeds, x: ahead}) - _run(y, {**feeds, x: behind})
        out[row] = np.ascontiguousarray(change / y_real(2 * delta)).reshape(-1).view(y_real)
    return out


@export("test.compute_gradient", v2=())
def compute_gradient(
    x: Any,
    x_shape: Any,
    y: Any,
    y_shape: Any,
    x_init_value: Any = None,
    delta: float = 1e-3,
    init_targets: Any = None,
    extra_feed_dict: Any = None,
) -> Any:
    r"""Return the Jacobian dy/dx by the graph's gradients and by central differences.

    A complex tensor counts as twice as many real numbers.

    Args:
      x: A floating or complex tensor, or a list of them.
      x_shape: Its shape, or the list of shapes.
      y: A tensor that depends on `x`.
      y_shape: Its shape.
      x_init_value: Where to differentiate, an array or the list of arrays; random when None.
      delta: Step of the differences.
      init_targets: Operations to run first.
      extra_feed_dict: More tensors to feed.

    Returns:
      Two arrays `[size of x, size of y]`, by gradients and by differences; for a list of tensors
      the list of such pairs.
    """
    for target in init_targets or ():
        target.run()
    if isinstance(x, list):
        starts = x_init_value if x_init_value is not None else [None] * len(x)
        return [
            compute_gradient(one, shape, y, y_shape, start, delta, None, extra_feed_dict)
            for one, shape, start in zip(x, x_shape, starts, strict=True)
        ]
    dtype = x.dtype.as_numpy_dtype
    dx, dy = _gradient_node(x, y, y_shape)
    if x_init_value is None:
        x_init_value = np.random.random_sample(x_shape)
        if x.dtype.is_complex:
            x_init_value = x_init_value + 1j * np.random.random_sample(x_shape)
    elif list(x_init_value.shape) != list(x_shape):
        raise AssertionError(f"x_shape = {x_shape}, init_data shape = {list(x_init_value.shape)}")
    data = np.ascontiguousarray(np.asarray(x_init_value, dtype)).reshape(x_shape)
    feeds = extra_feed_dict or {}
    return (
        _theoretical(x, x_shape, data, dy, y_shape, dx, feeds),
        _numeric(x, x_shape, data, y, y_shape, delta, feeds),
    )


@export("test.compute_gradient_error", v2=())
def compute_gradient_error(
    x: Any,
    x_shape: Any,
    y: Any,
    y_shape: Any,
    x_init_value: Any = None,
    delta: float = 1e-3,
    init_targets: Any = None,
    extra_feed_dict: Any = None,
) -> float:
    """Return the greatest difference between the two Jacobians of `tf.test.compute_gradient`.

    Args:
      x: A tensor or a list of tensors.
      x_shape: Its shape, or the list of shapes.
      y: A tensor that depends on `x`.
      y_shape: Its shape.
      x_init_value: Where to differentiate; random when None.
      delta: Step of the differences.
      init_targets: Operations to run first.
      extra_feed_dict: More tensors to feed.

    Returns:
      The greatest absolute difference, 0 for empty tensors.
    """
    pairs = compute_gradient(
        x, x_shape, y, y_shape, x_init_value, delta, init_targets, extra_feed_dict
    )
    pairs = [pairs] if isinstance(pairs, tuple) else pairs
    return max((float(np.fabs(a - b).max()) for a, b in pairs if a.size), default=0.0)
