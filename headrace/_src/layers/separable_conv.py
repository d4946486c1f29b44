"""Separable convolutional layers: one kernel for each channel, then one that mixes channels."""

from __future__ import annotations

from typing import Any

from headrace._api.export import export
from headrace._src.core.shape import TensorShape
from headrace._src.core.tensor import Tensor
from headrace._src.layers import activations, windows
from headrace._src.layers.arguments import call_new, passed_on
from headrace._src.layers.convolution import Convolution
from headrace._src.layers.layer import callable_or_none
from headrace._src.ops._late import late
from headrace._src.state import keras_initializers
from headrace._src.state.initializers import Zeros

_ZEROS = Zeros()


class _Separable(Convolution):
    """What separable convolutions share; arguments as for `tf.layers.SeparableConv2D`."""

    def __init__(
        self,
        rank: int,
        depth_multiplier: Any,
        depthwise_initializer: Any,
        pointwise_initializer: Any,
        depthwise_regularizer: Any,
        pointwise_regularizer: Any,
        depthwise_constraint: Any,
        pointwise_constraint: Any,
        **kwargs: Any,
    ) -> None:
        self.depthwise_initializer = keras_initializers.get(depthwise_initializer)
        self.pointwise_initializer = keras_initializers.get(pointwise_initializer)
        self.depthwise_regularizer = callable_or_none(depthwise_regularizer, "regularizer")
        self.pointwise_regularizer = callable_or_none(pointwise_regularizer, "regularizer")
        self.depthwise_constraint = callable_or_none(depthwise_constraint, "constraint")
        self.pointwise_constraint = callable_or_none(pointwise_constraint, "constraint")
        super().__init__(rank, **kwargs)
        self.depth_multiplier = depth_multiplier
        self.depthwise_kernel: Any = None
        self.pointwise_kernel: Any = None

    def build(self, input_shape: Any) -> None:
        """Make the kernels and the bias.

        Raises:
          ValueError: the number of channels is unknown.
        """
        channels = self._input_channels(TensorShape(input_shape))
        shape = (*self.kernel_size, channels, self.depth_multiplier)
        self.depthwise_kernel = self._add_kernel(shape, "depthwise_kernel")
        shape = (*[1] * self.rank, self.depth_multiplier * channels, self.filters)
        self.pointwise_kernel = self._add_kernel(shape, "pointwise_kernel")
        self._make_bias()
        self.built = True

    def _convolved(
        self, inputs: Any, depthwise: Any, pointwise: Any, strides: Any, rate: Any
    ) -> Any:
        padding = "valid" if self.padding == "causal" else self.padding
        return getattr(late, "nn.separable_conv2d")(
            inputs,
            depthwise,
            pointwise,
            strides=windows.joined(1, strides, 1, self.data_format),
            padding=padding.upper(),
            rate=rate,
            data_format=windows.op_data_format(self.data_format, 4),
        )

    def get_config(self) -> dict[str, Any]:
        """Return the arguments that make an equal layer, without its variables."""
        return super().get_config() | {
            "depth_multiplier": self.depth_multiplier,
            "depthwise_initializer": keras_initializers.serialize(self.depthwise_initializer),
            "pointwise_initializer": keras_initializers.serialize(self.pointwise_initializer),
            "depthwise_regularizer": activations.serialize(self.depthwise_regularizer),
            "pointwise_regularizer": activations.serialize(self.pointwise_regularizer),
            "depthwise_constraint": activations.serialize(self.depthwise_constraint),
            "pointwise_constraint": activations.serialize(self.pointwise_constraint),
        }


@export("layers.SeparableConv1D", v2=())
class SeparableConv1D(_Separable):
    """Convolves each channel, then mixes the channels at each place.

    Args:
      filters: int, number of output channels.
      kernel_size: int, or a sequence with one for each spatial dimension.
      strides: distance between places of the kernel, given like `kernel_size`.
      padding: `"valid"`, `"same"` or `"causal"`.
      data_format: `"channels_last"` or `"channels_first"`.
      dilation_rate: distance between elements of the kernel; not together with strides.
      depth_multiplier: int, number of depthwise outputs for each input channel.
      activation: function of the result, or a name; None for none.
      use_bias: whether to add a bias.
      depthwise_initializer: initializer of the depthwise kernel; that of the scope by default.
      pointwise_initializer: initializer of the pointwise kernel; that of the scope by default.
      bias_initializer: initializer of the bias.
      depthwise_regularizer: function of the depthwise kernel that gives a loss.
      pointwise_regularizer: function of the pointwise kernel that gives a loss.
      bias_regularizer: function of the bias that gives a loss.
      activity_regularizer: function of the output that gives a loss.
      depthwise_constraint: projection of the depthwise kernel after each update.
      pointwise_constraint: projection of the pointwise kernel after each update.
      bias_constraint: projection of the bias after each update.
      trainable: whether the variables are trained.
      name: name of the layer.
      **kwargs: as for `tf.layers.Layer`.
    """

    _may_be_causal = True

    def __init__(
        self,
        filters: Any,
        kernel_size: Any,
        strides: Any = 1,
        padding: Any = "valid",
        data_format: Any = "channels_last",
        dilation_rate: Any = 1,
        depth_multiplier: Any = 1,
        activation: Any = None,
        use_bias: Any = True,
        depthwise_initializer: Any = None,
        pointwise_initializer: Any = None,
        bias_initializer: Any = _ZEROS,
        depthwise_regularizer: Any = None,
        pointwise_regularizer: Any = None,
        bias_regularizer: Any = None,
        activity_regularizer: Any = None,
        depthwise_constraint: Any = None,
        pointwise_constraint: Any = None,
        bias_constraint: Any = None,
        trainable: Any = True,
        name: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(1, **passed_on(locals()))

    def call(self, inputs: Any) -> Tensor:
        """Convolve the inputs, add the bias, apply the activation."""
        inputs = self._padded(inputs)
        # In two dimensions, of which the first has size one.
        extra = 1 if self.data_format == "channels_last" else 2
        outputs = self._convolved(
            late.expand_dims(inputs, extra),
            late.expand_dims(self.depthwise_kernel, 0),
            late.expand_dims(self.pointwise_kernel, 0),
            self.strides * 2,
            (1, *self.dilation_rate),
        )
        return self._activated(late.squeeze(self._with_bias(outputs), [extra]))


@export("layers.separable_conv1d", v2=(), deprecated="tf.keras.layers.SeparableConv1D")
def separable_conv1d(
    inputs: Any,
    filters: Any,
    kernel_size: Any,
    strides: Any = 1,
    padding: Any = "valid",
    data_format: Any = "channels_last",
    dilation_rate: Any = 1,
    depth_multiplier: Any = 1,
    activation: Any = None,
    use_bias: Any = True,
    depthwise_initializer: Any = None,
    pointwise_initializer: Any = None,
    bias_initializer: Any = _ZEROS,
    depthwise_regularizer: Any = None,
    pointwise_regularizer: Any = None,
    bias_regularizer: Any = None,
    activity_regularizer: Any = None,
    depthwise_constraint: Any = None,
    pointwise_constraint: Any = None,
    bias_constraint: Any = None,
    trainable: Any = True,
    name: Any = None,
    reuse: Any = None,
) -> Tensor:
    """Convolve each channel, then mix the channels at each place.

    Args:
      inputs: tensor `[batch, steps, channels]`, or the order of `data_format`.
      filters: int, number of output channels.
      kernel_size: int, or a sequence with one for each spatial dimension.
      strides: distance between places of the kernel, given like `kernel_size`.
      padding: `"valid"`, `"same"` or `"causal"`.
      data_format: `"channels_last"` or `"channels_first"`.
      dilation_rate: distance between elements of the kernel; not together with strides.
      depth_multiplier: int, number of depthwise outputs for each input channel.
      activation: function of the result, or a name; None for none.
      use_bias: whether to add a bias.
      depthwise_initializer: initializer of the depthwise kernel; that of the scope by default.
      pointwise_initializer: initializer of the pointwise kernel; that of the scope by default.
      bias_initializer: initializer of the bias.
      depthwise_regularizer: function of the depthwise kernel that gives a loss.
      pointwise_regularizer: function of the pointwise kernel that gives a loss.
      bias_regularizer: function of the bias that gives a loss.
      activity_regularizer: function of the output that gives a loss.
      depthwise_constraint: projection of the depthwise kernel after each update.
      pointwise_constraint: projection of the pointwise kernel after each update.
      bias_constraint: projection of the bias after each update.
      trainable: whether the variables are trained.
      name: name of the layer.
      reuse: whether to share the variables of a layer of the same name.

    Returns:
      The output, in the layout and of the type of `inputs`.

    Raises:
      ValueError: arguments that make no sense, or inputs of another rank or of unknown depth.
    """
    return call_new(SeparableConv1D, **locals())  # type: ignore[no-any-return]


@export("layers.SeparableConv2D", v2=())
class SeparableConv2D(_Separable):
    """Convolves each channel, then mixes the channels at each place.

    Args:
      filters: int, number of output channels.
      kernel_size: int, or a sequence with one for each spatial dimension.
      strides: distance between places of the kernel, given like `kernel_size`.
      padding: `"valid"` or `"same"`.
      data_format: `"channels_last"` or `"channels_first"`.
      dilation_rate: distance between elements of the kernel; not together with strides.
      depth_multiplier: int, number of depthwise outputs for each input channel.
      activation: function of the result, or a name; None for none.
      use_bias: whether to add a bias.
      depthwise_initializer: initializer of the depthwise kernel; that of the scope by default.
      pointwise_initializer: initializer of the pointwise kernel; that of the scope by default.
      bias_initializer: initializer of the bias.
      depthwise_regularizer: function of the depthwise kernel that gives a loss.
      pointwise_regularizer: function of the pointwise kernel that gives a loss.
      bias_regularizer: function of the bias that gives a loss.
      activity_regularizer: function of the output that gives a loss.
      depthwise_constraint: projection of the depthwise kernel after each update.
      pointwise_constraint: projection of the pointwise kernel after each update.
      bias_constraint: projection of the bias after each update.
      trainable: whether the variables are trained.
      name: name of the layer.
      **kwargs: as for `tf.layers.Layer`.
    """

    def __init__(
        self,
        filters: Any,
        kernel_size: Any,
        strides: Any = (1, 1),
        padding: Any = "valid",
        data_format: Any = "channels_last",
        dilation_rate: Any = (1, 1),
        depth_multiplier: Any = 1,
        activation: Any = None,
        use_bias: Any = True,
        depthwise_initializer: Any = None,
        pointwise_initializer: Any = None,
        bias_initializer: Any = _ZEROS,
        depthwise_regularizer: Any = None,
        pointwise_regularizer: Any = None,
        bias_regularizer: Any = None,
        activity_regularizer: Any = None,
        depthwise_constraint: Any = None,
        pointwise_constraint: Any = None,
        bias_constraint: Any = None,
        trainable: Any = True,
        name: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(2, **passed_on(locals()))

    def call(self, inputs: Any) -> Tensor:
        """Convolve the inputs, add the bias, apply the activation."""
        outputs = self._convolved(
            inputs, self.depthwise_kernel, self.pointwise_kernel, self.strides, self.dilation_rate
        )
        return self._activated(self._with_bias(outputs))


@export("layers.separable_conv2d", v2=(), deprecated="tf.keras.layers.SeparableConv2D")
def separable_conv2d(
    inputs: Any,
    filters: Any,
    kernel_size: Any,
    strides: Any = (1, 1),
    padding: Any = "valid",
    data_format: Any = "channels_last",
    dilation_rate: Any = (1, 1),
    depth_multiplier: Any = 1,
    activation: Any = None,
    use_bias: Any = True,
    depthwise_initializer: Any = None,
    pointwise_initializer: Any = None,
    bias_initializer: Any = _ZEROS,
    depthwise_regularizer: Any = None,
    pointwise_regularizer: Any = None,
    bias_regularizer: Any = None,
    activity_regularizer: Any = None,
    depthwise_constraint: Any = None,
    pointwise_constraint: Any = None,
    bias_constraint: Any = None,
    trainable: Any = True,
    name: Any = None,
    reuse: Any = None,
) -> Tensor:
    """Convolve each channel, then mix the channels at each place.

    Args:
      inputs: tensor `[batch, *spatial, channels]`, or the order of `data_format`.
      filters: int, number of output channels.
      kernel_size: int, or a sequence with one for each spatial dimension.
      strides: distance between places of the kernel, given like `kernel_size`.
      padding: `"valid"` or `"same"`.
      data_format: `"channels_last"` or `"channels_first"`.
      dilation_rate: distance between elements of the kernel; not together with strides.
      depth_multiplier: int, number of depthwise outputs for each input channel.
      activation: function of the result, or a name; None for none.
      use_bias: whether to add a bias.
      depthwise_initializer: initializer of the depthwise kernel; that of the scope by default.
      pointwise_initializer: initializer of the pointwise kernel; that of the scope by default.
      bias_initializer: initializer of the bias.
      depthwise_regularizer: function of the depthwise kernel that gives a loss.
      pointwise_regularizer: function of the pointwise kernel that gives a loss.
      bias_regularizer: function of the bias that gives a loss.
      activity_regularizer: function of the output that gives a loss.
      depthwise_constraint: projection of the depthwise kernel after each update.
      pointwise_constraint: projection of the pointwise kernel after each update.
      bias_constraint: projection of the bias after each update.
      trainable: whether the variables are trained.
      name: name of the layer.
      reuse: whether to share the variables of a layer of the same name.

    Returns:
      The output, in the layout and of the type of `inputs`.

    Raises:
      ValueError: arguments that make no sense, or inputs of another rank or of unknown depth.
    """
    return call_new(SeparableConv2D, **locals())  # type: ignore[no-any-return]
