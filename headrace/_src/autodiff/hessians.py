"""Second derivatives: tf.hessians."""

from __future__ import annotations

from typing import Any

from headrace._api.export import export
from headrace._src.autodiff.gradients import gradients
from headrace._src.core.tensor import Tensor
from headrace._src.ops._late import late


@export("hessians", v2=())
def hessians(
    ys: Any,
    xs: Any,
    name: str = "hessians",
    colocate_gradients_with_ops: bool = False,
    gate_gradients: bool = False,
    aggregation_method: Any = None,
) -> list[Tensor]:
    """Adds the nodes that compute the second derivatives of `sum(ys)` with respect to each x.

    TensorFlow loops over the elements of x in the graph; here the graph has the second gradient of
    every element, so the number of
    elements must be known, and should be small.

    Args:
      ys: a tensor or a list of tensors.
      xs: a tensor, variable or a list of them, of known shapes.
      name: ignored, as in TensorFlow 1.15.
      colocate_gradients_with_ops: see `tf.gradients`; for the first gradients.
      gate_gradients: likewise.
      aggregation_method: likewise.

    Returns:
      For each x a tensor of its shape twice, one after the other.

    Raises:
      ValueError: (build) an element of the gradient does not depend on x.
      NotImplementedError: (build) the shape of an x is not known.
    """
    xs = list(xs) if isinstance(xs, (list, tuple)) else [xs]
    first = gradients(
        ys,
        xs,
        colocate_gradients_with_ops=colocate_gradients_with_ops,
        gate_gradients=gate_gradients,
        aggregation_method=aggregation_method,
    )
    return [_hessian(gradient, x) for gradient, x in zip(first, xs, strict=True)]


def _hessian(gradient: Any, x: Any) -> Tensor:
    flat = late.reshape(gradient, [-1])
    shape = x.get_shape()
    size = shape.num_elements()
    if size is None:
        raise NotImplementedError(
            f"The Hessian with respect to {x.name} needs its shape, which is not known: {shape}. "
            "Give it one with set_shape."
        )
    rows = [gradients(flat[j], x)[0] for j in range(size)]
    if any(row is None for row in rows):
        raise ValueError("None values not supported.")
    stacked = late.stack(rows) if rows else late.zeros([0], dtype=x.dtype.base_dtype)
    return late.reshape(stacked, shape.as_list() * 2)  # type: ignore[no-any-return]
