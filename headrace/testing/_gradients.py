"""Check gradients of a graph against finite differences."""

from __future__ import annotations

from typing import Any

import numpy as np


def check_gradients(
    session: Any,
    y: Any,
    xs: Any,
    feed_dict: Any,
    delta: float = 1e-5,
    rtol: float = 1e-4,
    atol: float = 1e-6,
    order: int = 1,
) -> None:
    r"""Assert that `tf.gradients` agrees with central differences.

    The check contracts the output with a fixed random vector \(v\) and compares
    \(\partial (v \cdot y) / \partial x\) element by element. Use float64 inputs.

    Args:
      session: The session to run in.
      y: The output tensor, of a floating or complex type.
      xs: The placeholders to differentiate by.
      feed_dict: Values of all placeholders.
      delta: Step of the difference quotient.
      rtol: Relative tolerance.
      atol: Absolute tolerance.
      order: 2 also checks the gradient of the gradient.

    Raises:
      AssertionError: A derivative differs, or a gradient is missing where the output changes.
    """
    from headrace._src.autodiff import gradients as autodiff

    with session.graph.as_default():
        weight = _direction(np.shape(session.run(y, feed_dict)), y.dtype.as_numpy_dtype)
        for x in xs:
            (grad,) = autodiff.gradients(y, [x], grad_ys=[weight])
            numeric = _numeric(session, y, x, feed_dict, weight, delta)
            if grad is None:
                np.testing.assert_allclose(numeric, 0.0, atol=atol, err_msg=f"no gradient to {x}")
                continue
            grad = _dense(grad)
            got = session.run(grad, feed_dict)
            np.testing.assert_allclose(
                got, numeric, rtol=rtol, atol=atol, err_msg=f"gradient to {x}"
            )
            if order > 1:
                check_gradients(session, grad, xs, feed_dict, delta, rtol, atol, order - 1)


def _dense(grad: Any) -> Any:
    from headrace._src.core.convert import convert_to_tensor

    return convert_to_tensor(grad)


def _direction(shape: tuple[int, ...], dtype: Any) -> np.ndarray:
    rng = np.random.default_rng(7)
    weight = rng.uniform(0.5, 1.5, shape)
    if np.dtype(dtype).kind == "c":
        weight = weight + 1j * rng.uniform(0.5, 1.5, shape)
    return np.asarray(weight, dtype)


def _numeric(
    session: Any, y: Any, x: Any, feed_dict: Any, weight: np.ndarray, delta: float
) -> np.ndarray:
    base = np.array(feed_dict[x])
    out = np.zeros(base.shape, base.dtype)

    def value(at: np.ndarray) -> float:
        got = session.run(y, {**feed_dict, x: at})
        return float(np.sum(got * np.conj(weight)).real)

    # The gradient of a real function of a complex x is dL/dRe + i dL/dIm.
    steps = (1.0, 1j) if base.dtype.kind == "c" else (1.0,)
    for index in np.ndindex(*base.shape):
        for step in steps:
            ahead, behind = base.copy(), base.copy()
            ahead[index] += step * delta
            behind[index] -= step * delta
            out[index] += step * (value(ahead) - value(behind)) / (2 * delta)
    return out
