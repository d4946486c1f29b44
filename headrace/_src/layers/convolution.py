"""What convolutional layers share."""

from __future__ import annotations

from typing import Any

from headrace._src.core.shape import TensorShape
from headrace._src.core.tensor import Tensor
from headrace._src.layers import activations, windows
from headrace._src.layers.base import Layer
from headrace._src.layers.input_spec import InputSpec
from headrace._src.layers.layer import callable_or_none
from headrace._src.ops._late import late
from headrace._src.ops.convolution import prepared_convolution
from headrace._src.state import keras_initializers


class Convolution(Layer):
    """A kernel slides over the inputs; a bias and an activation follow.

    Args:
      rank: number of spatial dimensions.
      filters: number of output channels.
      kernel_size: size of the kernel in each spatial dimension.
      strides: distance between places of the kernel in each spatial dimension.
      padding: `"valid"`, `"same"`, or in one dimension `"causal"`.
      data_format: `"channels_last"` or `"channels_first"`.
      dilation_rate: distance between elements of the kernel in each spatial dimension.
      activation: function of the result, or a name; None for none.
      use_bias: whether to add a bias.
      kernel_initializer: initializer of the kernel.
      bias_initializer: initializer of the bias.
      kernel_regularizer: function of the kernel that gives a loss.
      bias_regularizer: function of the bias that gives a loss.
      activity_regularizer: function of the output that gives a loss.
      kernel_constraint: projection of the kernel after each update.
      bias_constraint: projection of the bias after each update.
      trainable: whether the variables are trained.
      name: name of the layer.
      **kwargs: as for `tf.layers.Layer`.

    Raises:
      ValueError: sizes, padding or data format that make no sense.
    """

    _may_be_causal = False

    def __init__(
        self,
        rank: int,
        filters: Any,
        kernel_size: Any,
        strides: Any = 1,
        padding: Any = "valid",
        data_format: Any = None,
        dilation_rate: Any = 1,
        activation: Any = None,
        use_bias: Any = True,
        kernel_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        kernel_regularizer: Any = None,
        bias_regularizer: Any = None,
        activity_regularizer: Any = None,
        kernel_constraint: Any = None,
        bias_constraint: Any = None,
        trainable: Any = True,
        name: Any = None,
        **kwargs: Any,
    ) -> None:
        self.activation = activations.get(activation)
        self.kernel_initializer = keras_initializers.get(kernel_initializer)
        self.bias_initializer = keras_initializers.get(bias_initializer)
        self.kernel_regularizer = callable_or_none(kernel_regularizer, "regularizer")
        self.bias_regularizer = callable_or_none(bias_regularizer, "regularizer")
        activity_regularizer = callable_or_none(activity_regularizer, "regularizer")
        self.kernel_constraint = callable_or_none(kernel_constraint, "constraint")
        self.bias_constraint = callable_or_none(bias_constraint, "constraint")
        super().__init__(
            trainable=trainable, name=name, activity_regularizer=activity_regularizer, **kwargs
        )
        self.rank = rank
        self.filters = filters
        self.kernel_size = windows.normalized_tuple(kernel_size, rank, "kernel_size")
        self.strides = windows.normalized_tuple(strides, rank, "strides")
        self.padding = windows.normalized_padding(padding)
        if self.padding == "causal" and not self._may_be_causal:
            raise ValueError("Causal padding is only supported for `Conv1D`and ``SeparableConv1D`.")
        self.data_format = windows.normalized_data_format(data_format)
        self.dilation_rate = windows.normalized_tuple(dilation_rate, rank, "dilation_rate")
        self.use_bias = use_bias
        self.input_spec = InputSpec(ndim=rank + 2)
        self.kernel: Any = None
        self.bias: Any = None

    def _input_channels(self, shape: TensorShape) -> int:
        """The number of channels, which the layer demands from then on.

        Raises:
          ValueError: it is unknown.
        """
        axis = windows.channel_axis(self.data_format)
        channels = shape.as_list()[axis]
        if channels is None:
            raise ValueError("The channel dimension of the inputs should be defined. Found `None`.")
        self.input_spec = InputSpec(ndim=self.rank + 2, axes={axis: channels})
        return channels  # type: ignore[no-any-return]

    def _add_kernel(self, shape: Any, kind: str = "kernel") -> Any:
        """Make a kernel, with the initializer, regularizer and constraint of this kind."""
        return self.add_weight(
            name=kind,
            shape=shape,
            initializer=getattr(self, f"{kind.removesuffix('_kernel')}_initializer"),
            regularizer=getattr(self, f"{kind.removesuffix('_kernel')}_regularizer"),
            constraint=getattr(self, f"{kind.removesuffix('_kernel')}_constraint"),
            trainable=True,
            dtype=self.dtype,
        )

    def _make_bias(self) -> None:
        if self.use_bias:
            self.bias = self._add_kernel((self.filters,), "bias")

    def build(self, input_shape: Any) -> None:
        """Make the kernel and the bias.

        Raises:
          ValueError: the number of channels is unknown.
        """
        shape = TensorShape(input_shape)
        channels = self._input_channels(shape)
        self.kernel = self._add_kernel((*self.kernel_size, channels, self.filters))
        self._make_bias()
        padding = "valid" if self.padding == "causal" else self.padding
        self._convolve = prepared_convolution(
            shape,
            TensorShape(self.kernel.shape),
            padding.upper() if isinstance(padding, str) else padding,
            self.strides,
            self.dilation_rate,
            data_format=windows.op_data_format(self.data_format, self.rank + 2),
        )
        self.built = True

    def call(self, inputs: Any) -> Tensor:
        """Convolve the inputs, add the bias, apply the activation."""
        outputs = self._convolve(self._padded(inputs), self.kernel)
        if self.use_bias and self.rank == 1 and self.data_format == "channels_first":
            outputs += late.reshape(self.bias, (1, self.filters, 1))
        else:
            outputs = self._with_bias(outputs)
        return self._activated(outputs)

    def _padded(self, inputs: Any) -> Any:
        """The inputs, for causal padding with zeros before them."""
        if self.padding != "causal":
            return inputs
        before = [self.dilation_rate[0] * (self.kernel_size[0] - 1), 0]
        return late.pad(inputs, windows.joined([0, 0], [before], [0, 0], self.data_format))

    def _with_bias(self, outputs: Tensor) -> Tensor:
        if not self.use_bias:
            return outputs
        layout = windows.op_data_format(self.data_format, 4)
        return getattr(late, "nn.bias_add")(outputs, self.bias, data_format=layout)  # type: ignore[no-any-return]

    def _activated(self, outputs: Tensor) -> Tensor:
        return outputs if self.activation is None else self.activation(outputs)

    def compute_output_shape(self, input_shape: Any) -> TensorShape:
        """Return the shape of the output for a shape of the input."""
        batch, spatial, _ = windows.spatial_sizes(input_shape, self.data_format)
        sizes = zip(spatial, self.kernel_size, self.strides, self.dilation_rate, strict=True)
        lengths = [
            windows.window_length(length, size, self.padding, stride, dilation)
            for length, size, stride, dilation in sizes
        ]
        return TensorShape(windows.joined(batch, lengths, self.filters, self.data_format))

    def get_config(self) -> dict[str, Any]:
        """Return the arguments that make an equal layer, without its variables."""
        return super().get_config() | {
            "filters": self.filters,
            "kernel_size": self.kernel_size,
            "strides": self.strides,
            "padding": self.padding,
            "data_format": self.data_format,
            "dilation_rate": self.dilation_rate,
            "activation": activations.serialize(self.activation),
            "use_bias": self.use_bias,
            "kernel_initializer": keras_initializers.serialize(self.kernel_initializer),
            "bias_initializer": keras_initializers.serialize(self.bias_initializer),
            "kernel_regularizer": activations.serialize(self.kernel_regularizer),
            "bias_regularizer": activations.serialize(self.bias_regularizer),
            "activity_regularizer": activations.serialize(self.activity_regularizer),
            "kernel_constraint": activations.serialize(self.kernel_constraint),
            "bias_constraint": activations.serialize(self.bias_constraint),
        }
