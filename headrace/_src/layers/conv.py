"""Convolutional layers in one, two and three dimensions."""

from __future__ import annotations

from typing import Any

from headrace._api.export import export
from headrace._src.core.tensor import Tensor
from headrace._src.layers.arguments import call_new, passed_on
from headrace._src.layers.convolution import Convolution
from headrace._src.state.initializers import Zeros

_ZEROS = Zeros()


@export("layers.Conv1D", v2=())
class Conv1D(Convolution):
    """Convolves with a kernel `[size, channels, filters]`.

    Args:
      filters: int, number of output channels.
      kernel_size: int, or a sequence with one for each spatial dimension.
      strides: distance between places of the kernel, given like `kernel_size`.
      padding: `"valid"`, `"same"` or `"causal"`.
      data_format: `"channels_last"` or `"channels_first"`.
      dilation_rate: distance between elements of the kernel; not together with strides.
      activation: function of the result, or a name; None for none.
      use_bias: whether to add a bias.
      kernel_initializer: initializer of the kernel; that of the scope by default.
      bias_initializer: initializer of the bias.
      kernel_regularizer: function of the kernel that gives a loss.
      bias_regularizer: function of the bias that gives a loss.
      activity_regularizer: function of the output that gives a loss.
      kernel_constraint: projection of the kernel after each update.
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
        activation: Any = None,
        use_bias: Any = True,
        kernel_initializer: Any = None,
        bias_initializer: Any = _ZEROS,
        kernel_regularizer: Any = None,
        bias_regularizer: Any = None,
        activity_regularizer: Any = None,
        kernel_constraint: Any = None,
        bias_constraint: Any = None,
        trainable: Any = True,
        name: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(1, **passed_on(locals()))


@export("layers.conv1d", v2=(), deprecated="tf.keras.layers.Conv1D")
def conv1d(
    inputs: Any,
    filters: Any,
    kernel_size: Any,
    strides: Any = 1,
    padding: Any = "valid",
    data_format: Any = "channels_last",
    dilation_rate: Any = 1,
    activation: Any = None,
    use_bias: Any = True,
    kernel_initializer: Any = None,
    bias_initializer: Any = _ZEROS,
    kernel_regularizer: Any = None,
    bias_regularizer: Any = None,
    activity_regularizer: Any = None,
    kernel_constraint: Any = None,
    bias_constraint: Any = None,
    trainable: Any = True,
    name: Any = None,
    reuse: Any = None,
) -> Tensor:
    """Convolve in one dimension with a kernel that is trained.

    Args:
      inputs: tensor `[batch, steps, channels]`, or the order of `data_format`.
      filters: int, number of output channels.
      kernel_size: int, or a sequence with one for each spatial dimension.
      strides: distance between places of the kernel, given like `kernel_size`.
      padding: `"valid"`, `"same"` or `"causal"`.
      data_format: `"channels_last"` or `"channels_first"`.
      dilation_rate: distance between elements of the kernel; not together with strides.
      activation: function of the result, or a name; None for none.
      use_bias: whether to add a bias.
      kernel_initializer: initializer of the kernel; that of the scope by default.
      bias_initializer: initializer of the bias.
      kernel_regularizer: function of the kernel that gives a loss.
      bias_regularizer: function of the bias that gives a loss.
      activity_regularizer: function of the output that gives a loss.
      kernel_constraint: projection of the kernel after each update.
      bias_constraint: projection of the bias after each update.
      trainable: whether the variables are trained.
      name: name of the layer.
      reuse: whether to share the variables of a layer of the same name.

    Returns:
      The output, in the layout and of the type of `inputs`.

    Raises:
      ValueError: arguments that make no sense, or inputs of another rank or of unknown depth.
    """
    return call_new(Conv1D, **locals())  # type: ignore[no-any-return]


@export("layers.Conv2D", v2=())
class Conv2D(Convolution):
    """Convolves with a kernel `[height, width, channels, filters]`.

    Args:
      filters: int, number of output channels.
      kernel_size: int, or a sequence with one for each spatial dimension.
      strides: distance between places of the kernel, given like `kernel_size`.
      padding: `"valid"` or `"same"`.
      data_format: `"channels_last"` or `"channels_first"`.
      dilation_rate: distance between elements of the kernel; not together with strides.
      activation: function of the result, or a name; None for none.
      use_bias: whether to add a bias.
      kernel_initializer: initializer of the kernel; that of the scope by default.
      bias_initializer: initializer of the bias.
      kernel_regularizer: function of the kernel that gives a loss.
      bias_regularizer: function of the bias that gives a loss.
      activity_regularizer: function of the output that gives a loss.
      kernel_constraint: projection of the kernel after each update.
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
        activation: Any = None,
        use_bias: Any = True,
        kernel_initializer: Any = None,
        bias_initializer: Any = _ZEROS,
        kernel_regularizer: Any = None,
        bias_regularizer: Any = None,
        activity_regularizer: Any = None,
        kernel_constraint: Any = None,
        bias_constraint: Any = None,
        trainable: Any = True,
        name: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(2, **passed_on(locals()))


@export("layers.conv2d", v2=(), deprecated="tf.keras.layers.Conv2D")
def conv2d(
    inputs: Any,
    filters: Any,
    kernel_size: Any,
    strides: Any = (1, 1),
    padding: Any = "valid",
    data_format: Any = "channels_last",
    dilation_rate: Any = (1, 1),
    activation: Any = None,
    use_bias: Any = True,
    kernel_initializer: Any = None,
    bias_initializer: Any = _ZEROS,
    kernel_regularizer: Any = None,
    bias_regularizer: Any = None,
    activity_regularizer: Any = None,
    kernel_constraint: Any = None,
    bias_constraint: Any = None,
    trainable: Any = True,
    name: Any = None,
    reuse: Any = None,
) -> Tensor:
    """Convolve in two dimensions with a kernel that is trained.

    Args:
      inputs: tensor `[batch, *spatial, channels]`, or the order of `data_format`.
      filters: int, number of output channels.
      kernel_size: int, or a sequence with one for each spatial dimension.
      strides: distance between places of the kernel, given like `kernel_size`.
      padding: `"valid"` or `"same"`.
      data_format: `"channels_last"` or `"channels_first"`.
      dilation_rate: distance between elements of the kernel; not together with strides.
      activation: function of the result, or a name; None for none.
      use_bias: whether to add a bias.
      kernel_initializer: initializer of the kernel; that of the scope by default.
      bias_initializer: initializer of the bias.
      kernel_regularizer: function of the kernel that gives a loss.
      bias_regularizer: function of the bias that gives a loss.
      activity_regularizer: function of the output that gives a loss.
      kernel_constraint: projection of the kernel after each update.
      bias_constraint: projection of the bias after each update.
      trainable: whether the variables are trained.
      name: name of the layer.
      reuse: whether to share the variables of a layer of the same name.

    Returns:
      The output, in the layout and of the type of `inputs`.

    Raises:
      ValueError: arguments that make no sense, or inputs of another rank or of unknown depth.
    """
    return call_new(Conv2D, **locals())  # type: ignore[no-any-return]


@export("layers.Conv3D", v2=())
class Conv3D(Convolution):
    """Convolves with a kernel `[depth, height, width, channels, filters]`.

    Args:
      filters: int, number of output channels.
      kernel_size: int, or a sequence with one for each spatial dimension.
      strides: distance between places of the kernel, given like `kernel_size`.
      padding: `"valid"` or `"same"`.
      data_format: `"channels_last"` or `"channels_first"`.
      dilation_rate: distance between elements of the kernel; not together with strides.
      activation: function of the result, or a name; None for none.
      use_bias: whether to add a bias.
      kernel_initializer: initializer of the kernel; that of the scope by default.
      bias_initializer: initializer of the bias.
      kernel_regularizer: function of the kernel that gives a loss.
      bias_regularizer: function of the bias that gives a loss.
      activity_regularizer: function of the output that gives a loss.
      kernel_constraint: projection of the kernel after each update.
      bias_constraint: projection of the bias after each update.
      trainable: whether the variables are trained.
      name: name of the layer.
      **kwargs: as for `tf.layers.Layer`.
    """

    def __init__(
        self,
        filters: Any,
        kernel_size: Any,
        strides: Any = (1, 1, 1),
        padding: Any = "valid",
        data_format: Any = "channels_last",
        dilation_rate: Any = (1, 1, 1),
        activation: Any = None,
        use_bias: Any = True,
        kernel_initializer: Any = None,
        bias_initializer: Any = _ZEROS,
        kernel_regularizer: Any = None,
        bias_regularizer: Any = None,
        activity_regularizer: Any = None,
        kernel_constraint: Any = None,
        bias_constraint: Any = None,
        trainable: Any = True,
        name: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(3, **passed_on(locals()))


@export("layers.conv3d", v2=(), deprecated="tf.keras.layers.Conv3D")
def conv3d(
    inputs: Any,
    filters: Any,
    kernel_size: Any,
    strides: Any = (1, 1, 1),
    padding: Any = "valid",
    data_format: Any = "channels_last",
    dilation_rate: Any = (1, 1, 1),
    activation: Any = None,
    use_bias: Any = True,
    kernel_initializer: Any = None,
    bias_initializer: Any = _ZEROS,
    kernel_regularizer: Any = None,
    bias_regularizer: Any = None,
    activity_regularizer: Any = None,
    kernel_constraint: Any = None,
    bias_constraint: Any = None,
    trainable: Any = True,
    name: Any = None,
    reuse: Any = None,
) -> Tensor:
    """Convolve in three dimensions with a kernel that is trained.

    Args:
      inputs: tensor `[batch, *spatial, channels]`, or the order of `data_format`.
      filters: int, number of output channels.
      kernel_size: int, or a sequence with one for each spatial dimension.
      strides: distance between places of the kernel, given like `kernel_size`.
      padding: `"valid"` or `"same"`.
      data_format: `"channels_last"` or `"channels_first"`.
      dilation_rate: distance between elements of the kernel; not together with strides.
      activation: function of the result, or a name; None for none.
      use_bias: whether to add a bias.
      kernel_initializer: initializer of the kernel; that of the scope by default.
      bias_initializer: initializer of the bias.
      kernel_regularizer: function of the kernel that gives a loss.
      bias_regularizer: function of the bias that gives a loss.
      activity_regularizer: function of the output that gives a loss.
      kernel_constraint: projection of the kernel after each update.
      bias_constraint: projection of the bias after each update.
      trainable: whether the variables are trained.
      name: name of the layer.
      reuse: whether to share the variables of a layer of the same name.

    Returns:
      The output, in the layout and of the type of `inputs`.

    Raises:
      ValueError: arguments that make no sense, or inputs of another rank or of unknown depth.
    """
    return call_new(Conv3D, **locals())  # type: ignore[no-any-return]
