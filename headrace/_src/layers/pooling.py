"""Pooling layers in one, two and three dimensions."""

from __future__ import annotations

from typing import Any

from headrace._api.export import export
from headrace._src.core.shape import TensorShape
from headrace._src.core.tensor import Tensor
from headrace._src.layers import windows
from headrace._src.layers.base import Layer
from headrace._src.layers.input_spec import InputSpec
from headrace._src.ops._late import late


class _Pooling(Layer):
    """What pooling layers share; subclasses say how many spatial dimensions, and the function."""

    _rank: int
    _pool: str

    def __init__(
        self,
        pool_size: Any,
        strides: Any,
        padding: Any,
        data_format: Any,
        name: Any,
        **kwargs: Any,
    ) -> None:
        if strides is None:
            raise ValueError("Argument `strides` must not be None.")
        super().__init__(name=name, **kwargs)
        self.pool_size = windows.normalized_tuple(pool_size, self._rank, "pool_size")
        self.strides = windows.normalized_tuple(strides, self._rank, "strides")
        self.padding = windows.normalized_padding(padding)
        self.data_format = windows.normalized_data_format(data_format)
        self.input_spec = InputSpec(ndim=self._rank + 2)

    def call(self, inputs: Any) -> Tensor:
        """Pool the inputs."""
        if self._rank == 1:
            return self._call_1d(inputs)
        if self._rank == 2:
            return self._pooled(inputs, self.data_format)
        # In three dimensions the layout is changed, not the op's attribute.
        first = self.data_format == "channels_first"
        if first:
            inputs = late.transpose(inputs, (0, 2, 3, 4, 1))
        outputs = self._pooled(inputs, "channels_last")
        return late.transpose(outputs, (0, 4, 1, 2, 3)) if first else outputs  # type: ignore[no-any-return]

    def _call_1d(self, inputs: Any) -> Tensor:
        """Pool in two dimensions, of which the second has size one."""
        first = self.data_format == "channels_first"
        extra = 3 if first else 2
        inputs = late.expand_dims(inputs, extra)
        if first:
            inputs = late.transpose(inputs, (0, 2, 3, 1))
        if self.padding not in ("same", "valid"):
            raise ValueError(f"Invalid padding: {self.padding}")
        outputs = self._pooled(inputs, "channels_last")
        if first:
            outputs = late.transpose(outputs, (0, 3, 1, 2))
        return late.squeeze(outputs, extra)  # type: ignore[no-any-return]

    def _pooled(self, inputs: Any, data_format: str) -> Any:
        more = (1,) if self._rank == 1 else ()
        return getattr(late, self._pool)(
            inputs,
            windows.joined(1, self.pool_size + more, 1, data_format),
            windows.joined(1, self.strides + more, 1, data_format),
            padding=self.padding.upper(),
            data_format=windows.op_data_format(data_format, 5 if self._rank == 3 else 4),
        )

    def compute_output_shape(self, input_shape: Any) -> TensorShape:
        """Return the shape of the output for a shape of the input."""
        batch, spatial, channels = windows.spatial_sizes(input_shape, self.data_format)
        lengths = [
            windows.window_length(length, size, self.padding, stride)
            for length, size, stride in zip(spatial, self.pool_size, self.strides, strict=True)
        ]
        return TensorShape(windows.joined(batch, lengths, channels, self.data_format))

    def get_config(self) -> dict[str, Any]:
        """Return the arguments that make an equal layer."""
        return super().get_config() | {
            "pool_size": self.pool_size,
            "strides": self.strides,
            "padding": self.padding,
            "data_format": self.data_format,
        }


@export("layers.AveragePooling1D", v2=())
class AveragePooling1D(_Pooling):
    """Averages the elements in windows.

    Args:
      pool_size: size of the windows: int, or a sequence with one for each spatial dimension.
      strides: distance between windows, given like `pool_size`.
      padding: `"valid"` or `"same"`.
      data_format: `"channels_last"` or `"channels_first"`.
      name: name of the layer.
      **kwargs: as for `tf.layers.Layer`.
    """

    _rank, _pool = 1, "nn.avg_pool"

    def __init__(
        self,
        pool_size: Any,
        strides: Any,
        padding: Any = "valid",
        data_format: Any = "channels_last",
        name: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(pool_size, strides, padding, data_format, name, **kwargs)


@export("layers.average_pooling1d", v2=(), deprecated="tf.keras.layers.AveragePooling1D")
def average_pooling1d(
    inputs: Any,
    pool_size: Any,
    strides: Any,
    padding: Any = "valid",
    data_format: Any = "channels_last",
    name: Any = None,
) -> Tensor:
    """Average the elements in windows.

    Args:
      inputs: tensor `[batch, steps, channels]`, or the order of `data_format`.
      pool_size: size of the windows: int, or a sequence with one for each spatial dimension.
      strides: distance between windows, given like `pool_size`.
      padding: `"valid"` or `"same"`.
      data_format: `"channels_last"` or `"channels_first"`.
      name: name of the layer.

    Returns:
      A tensor in the layout and of the type of `inputs`.

    Raises:
      ValueError: arguments that make no sense, or inputs of another rank.
    """
    return AveragePooling1D(pool_size, strides, padding, data_format, name).apply(inputs)  # type: ignore[no-any-return]


@export("layers.MaxPooling1D", v2=())
class MaxPooling1D(_Pooling):
    """Takes the largest element in each window.

    Args:
      pool_size: size of the windows: int, or a sequence with one for each spatial dimension.
      strides: distance between windows, given like `pool_size`.
      padding: `"valid"` or `"same"`.
      data_format: `"channels_last"` or `"channels_first"`.
      name: name of the layer.
      **kwargs: as for `tf.layers.Layer`.
    """

    _rank, _pool = 1, "nn.max_pool"

    def __init__(
        self,
        pool_size: Any,
        strides: Any,
        padding: Any = "valid",
        data_format: Any = "channels_last",
        name: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(pool_size, strides, padding, data_format, name, **kwargs)


@export("layers.max_pooling1d", v2=(), deprecated="tf.keras.layers.MaxPooling1D")
def max_pooling1d(
    inputs: Any,
    pool_size: Any,
    strides: Any,
    padding: Any = "valid",
    data_format: Any = "channels_last",
    name: Any = None,
) -> Tensor:
    """Take the largest element in each window.

    Args:
      inputs: tensor `[batch, steps, channels]`, or the order of `data_format`.
      pool_size: size of the windows: int, or a sequence with one for each spatial dimension.
      strides: distance between windows, given like `pool_size`.
      padding: `"valid"` or `"same"`.
      data_format: `"channels_last"` or `"channels_first"`.
      name: name of the layer.

    Returns:
      A tensor in the layout and of the type of `inputs`.

    Raises:
      ValueError: arguments that make no sense, or inputs of another rank.
    """
    return MaxPooling1D(pool_size, strides, padding, data_format, name).apply(inputs)  # type: ignore[no-any-return]


@export("layers.AveragePooling2D", v2=())
class AveragePooling2D(_Pooling):
    """Averages the elements in windows.

    Args:
      pool_size: size of the windows: int, or a sequence with one for each spatial dimension.
      strides: distance between windows, given like `pool_size`.
      padding: `"valid"` or `"same"`.
      data_format: `"channels_last"` or `"channels_first"`.
      name: name of the layer.
      **kwargs: as for `tf.layers.Layer`.
    """

    _rank, _pool = 2, "nn.avg_pool"

    def __init__(
        self,
        pool_size: Any,
        strides: Any,
        padding: Any = "valid",
        data_format: Any = "channels_last",
        name: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(pool_size, strides, padding, data_format, name, **kwargs)


@export("layers.average_pooling2d", v2=(), deprecated="tf.keras.layers.AveragePooling2D")
def average_pooling2d(
    inputs: Any,
    pool_size: Any,
    strides: Any,
    padding: Any = "valid",
    data_format: Any = "channels_last",
    name: Any = None,
) -> Tensor:
    """Average the elements in windows.

    Args:
      inputs: tensor `[batch, height, width, channels]`, or the order of `data_format`.
      pool_size: size of the windows: int, or a sequence with one for each spatial dimension.
      strides: distance between windows, given like `pool_size`.
      padding: `"valid"` or `"same"`.
      data_format: `"channels_last"` or `"channels_first"`.
      name: name of the layer.

    Returns:
      A tensor in the layout and of the type of `inputs`.

    Raises:
      ValueError: arguments that make no sense, or inputs of another rank.
    """
    return AveragePooling2D(pool_size, strides, padding, data_format, name).apply(inputs)  # type: ignore[no-any-return]


@export("layers.MaxPooling2D", v2=())
class MaxPooling2D(_Pooling):
    """Takes the largest element in each window.

    Args:
      pool_size: size of the windows: int, or a sequence with one for each spatial dimension.
      strides: distance between windows, given like `pool_size`.
      padding: `"valid"` or `"same"`.
      data_format: `"channels_last"` or `"channels_first"`.
      name: name of the layer.
      **kwargs: as for `tf.layers.Layer`.
    """

    _rank, _pool = 2, "nn.max_pool"

    def __init__(
        self,
        pool_size: Any,
        strides: Any,
        padding: Any = "valid",
        data_format: Any = "channels_last",
        name: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(pool_size, strides, padding, data_format, name, **kwargs)


@export("layers.max_pooling2d", v2=(), deprecated="tf.keras.layers.MaxPooling2D")
def max_pooling2d(
    inputs: Any,
    pool_size: Any,
    strides: Any,
    padding: Any = "valid",
    data_format: Any = "channels_last",
    name: Any = None,
) -> Tensor:
    """Take the largest element in each window.

    Args:
      inputs: tensor `[batch, height, width, channels]`, or the order of `data_format`.
      pool_size: size of the windows: int, or a sequence with one for each spatial dimension.
      strides: distance between windows, given like `pool_size`.
      padding: `"valid"` or `"same"`.
      data_format: `"channels_last"` or `"channels_first"`.
      name: name of the layer.

    Returns:
      A tensor in the layout and of the type of `inputs`.

    Raises:
      ValueError: arguments that make no sense, or inputs of another rank.
    """
    return MaxPooling2D(pool_size, strides, padding, data_format, name).apply(inputs)  # type: ignore[no-any-return]


@export("layers.AveragePooling3D", v2=())
class AveragePooling3D(_Pooling):
    """Averages the elements in windows.

    Args:
      pool_size: size of the windows: int, or a sequence with one for each spatial dimension.
      strides: distance between windows, given like `pool_size`.
      padding: `"valid"` or `"same"`.
      data_format: `"channels_last"` or `"channels_first"`.
      name: name of the layer.
      **kwargs: as for `tf.layers.Layer`.
    """

    _rank, _pool = 3, "nn.avg_pool3d"

    def __init__(
        self,
        pool_size: Any,
        strides: Any,
        padding: Any = "valid",
        data_format: Any = "channels_last",
        name: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(pool_size, strides, padding, data_format, name, **kwargs)


@export("layers.average_pooling3d", v2=(), deprecated="tf.keras.layers.AveragePooling3D")
def average_pooling3d(
    inputs: Any,
    pool_size: Any,
    strides: Any,
    padding: Any = "valid",
    data_format: Any = "channels_last",
    name: Any = None,
) -> Tensor:
    """Average the elements in windows.

    Args:
      inputs: tensor `[batch, depth, height, width, channels]`, or the order of `data_format`.
      pool_size: size of the windows: int, or a sequence with one for each spatial dimension.
      strides: distance between windows, given like `pool_size`.
      padding: `"valid"` or `"same"`.
      data_format: `"channels_last"` or `"channels_first"`.
      name: name of the layer.

    Returns:
      A tensor in the layout and of the type of `inputs`.

    Raises:
      ValueError: arguments that make no sense, or inputs of another rank.
    """
    return AveragePooling3D(pool_size, strides, padding, data_format, name).apply(inputs)  # type: ignore[no-any-return]


@export("layers.MaxPooling3D", v2=())
class MaxPooling3D(_Pooling):
    """Takes the largest element in each window.

    Args:
      pool_size: size of the windows: int, or a sequence with one for each spatial dimension.
      strides: distance between windows, given like `pool_size`.
      padding: `"valid"` or `"same"`.
      data_format: `"channels_last"` or `"channels_first"`.
      name: name of the layer.
      **kwargs: as for `tf.layers.Layer`.
    """

    _rank, _pool = 3, "nn.max_pool3d"

    def __init__(
        self,
        pool_size: Any,
        strides: Any,
        padding: Any = "valid",
        data_format: Any = "channels_last",
        name: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(pool_size, strides, padding, data_format, name, **kwargs)


@export("layers.max_pooling3d", v2=(), deprecated="tf.keras.layers.MaxPooling3D")
def max_pooling3d(
    inputs: Any,
    pool_size: Any,
    strides: Any,
    padding: Any = "valid",
    data_format: Any = "channels_last",
    name: Any = None,
) -> Tensor:
    """Take the largest element in each window.

    Args:
      inputs: tensor `[batch, depth, height, width, channels]`, or the order of `data_format`.
      pool_size: size of the windows: int, or a sequence with one for each spatial dimension.
      strides: distance between windows, given like `pool_size`.
      padding: `"valid"` or `"same"`.
      data_format: `"channels_last"` or `"channels_first"`.
      name: name of the layer.

    Returns:
      A tensor in the layout and of the type of `inputs`.

    Raises:
      ValueError: arguments that make no sense, or inputs of another rank.
    """
    return MaxPooling3D(pool_size, strides, padding, data_format, name).apply(inputs)  # type: ignore[no-any-return]
