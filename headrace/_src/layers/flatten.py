"""Flatten: all dimensions but the first become one."""

from __future__ import annotations

import math
from typing import Any

from headrace._api.export import export
from headrace._src.core.shape import TensorShape
from headrace._src.core.tensor import Tensor
from headrace._src.layers.base import Layer
from headrace._src.layers.input_spec import InputSpec
from headrace._src.layers.windows import normalized_data_format
from headrace._src.ops._late import late


@export("layers.Flatten", v2=())
class Flatten(Layer):
    """Joins all dimensions but the first.

    Args:
      data_format: `"channels_first"` moves the second dimension to the end first.
      **kwargs: as for `tf.layers.Layer`.

    Raises:
      ValueError: an unknown `data_format`.
    """

    def __init__(self, data_format: Any = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.data_format = normalized_data_format(data_format)
        self.input_spec = InputSpec(min_ndim=1)

    def call(self, inputs: Any) -> Tensor:
        """Return `[batch, size]` for inputs `[batch, ...]`."""
        rank = inputs.shape.ndims
        if self.data_format == "channels_first" and rank is not None and rank > 1:
            inputs = late.transpose(inputs, perm=[0, *range(2, rank), 1])
        batch = inputs.shape.as_list()[0] or late.shape(inputs)[0]
        outputs = late.reshape(inputs, (batch, -1))
        outputs.set_shape(self.compute_output_shape(inputs.shape))
        return outputs  # type: ignore[no-any-return]

    def compute_output_shape(self, input_shape: Any) -> TensorShape:
        """Return the shape of the output for a shape of the input."""
        batch, *rest = TensorShape(input_shape).as_list()
        return TensorShape([batch, math.prod(rest) if all(rest) else None])

    def get_config(self) -> dict[str, Any]:
        """Return the arguments that make an equal layer."""
        return super().get_config() | {"data_format": self.data_format}


@export("layers.flatten", v2=(), deprecated="tf.keras.layers.Flatten")
def flatten(inputs: Any, name: Any = None, data_format: Any = "channels_last") -> Tensor:
    """Join all dimensions but the first.

    Args:
      inputs: tensor `[batch, ...]`.
      name: name of the layer.
      data_format: `"channels_first"` moves the second dimension to the end first.

    Returns:
      A tensor `[batch, size]`.

    Raises:
      ValueError: an unknown `data_format`, or inputs of unknown rank.
    """
    return Flatten(name=name, data_format=data_format).apply(inputs)  # type: ignore[no-any-return]
