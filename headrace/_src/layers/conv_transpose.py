"""Transposed convolutional layers: what convolutions do to gradients."""

from __future__ import annotations

from typing import Any

from headrace._api.export import export
from headrace._src.core.shape import TensorShape
from headrace._src.core.tensor import Tensor
from headrace._src.layers import windows
from headrace._src.layers.arguments import call_new, passed_on
from headrace._src.layers.convolution import Convolution
from headrace._src.layers.input_spec import InputSpec
from headrace._src.layers.windows import normalized_tuple
from headrace._src.ops._late import late
from headrace._src.state.initializers import Zeros

_ZEROS = Zeros()


class _Transposed(Convolution):
    """What transposed convolutions share.

    Args:
      rank: number of spatial dimensions.
      output_padding: how much longer than the shortest possible output; None for the longest.
      **kwargs: as for convolutions.

    Raises:
      ValueError: `output_padding` is not less than the strides.
    """

    def __init__(self, rank: int, output_padding: Any = None, **kwargs: Any) -> None:
        super().__init__(rank, **kwargs)
        self.output_padding: Any = output_padding
        if output_padding is None:
            return
        self.output_padding = normalized_tuple(output_padding, rank, "output_padding")
        if any(p >= s for s, p in zip(self.strides, self.output_padding, strict=True)):
            raise ValueError(
                f"Stride {self.strides} must be greater than output padding {self.output_padding}"
            )

    def _check_shape(self, shape: TensorShape) -> None:
        raise NotImplementedError

    def _transpose(self, inputs: Any, sizes: Any) -> Tensor:
        raise NotImplementedError

    def build(self, input_shape: Any) -> None:
        """Make the kernel and the bias.

        Raises:
          ValueError: another rank, or the number of channels is unknown.
        """
        shape = TensorShape(input_shape)
        self._check_shape(shape)
        channels = shape.as_list()[windows.channel_axis(self.data_format)]
        self.input_spec = InputSpec(
            ndim=self.rank + 2, axes={windows.channel_axis(self.data_format): channels}
        )
        self.kernel = self._add_kernel((*self.kernel_size, self.filters, channels))
        self._make_bias()
        self.built = True

    def call(self, inputs: Any) -> Tensor:
        """Convolve the inputs, add the bias, apply the activation."""
        shape = late.shape(inputs)
        batch = shape[0]
        first = 2 if self.data_format == "channels_first" else 1
        spatial = self._lengths([shape[first + i] for i in range(self.rank)])
        sizes = windows.joined(batch, spatial, self.filters, self.data_format)
        outputs = self._transpose(inputs, late.stack(sizes))
        outputs.set_shape(self.compute_output_shape(inputs.shape))
        return self._activated(self._with_bias(outputs))

    def _lengths(self, spatial: Any) -> list[Any]:
        paddings = self.output_padding or [None] * self.rank
        return [
            windows.transposed_length(length, size, self.padding, stride, padding, dilation)
            for length, size, stride, padding, dilation in zip(
                spatial, self.kernel_size, self.strides, paddings, self.dilation_rate, strict=True
            )
        ]

    def compute_output_shape(self, input_shape: Any) -> TensorShape:
        """Return the shape of the output for a shape of the input."""
        batch, spatial, _ = windows.spatial_sizes(input_shape, self.data_format)
        lengths = self._lengths(spatial)
        return TensorShape(windows.joined(batch, lengths, self.filters, self.data_format))

    def get_config(self) -> dict[str, Any]:
        """Return the arguments that make an equal layer, without its variables."""
        return super().get_config() | {"output_padding": self.output_padding}


@export("layers.Conv2DTranspose", v2=())
class Conv2DTranspose(_Transposed):
    """Inserts zeros and convolves with a kernel `[height, width, filters, channels]`.

    Args:
      filters: int, number of output channels.
      kernel_size: int, or a sequence with one for each spatial dimension.
      strides: distance between places of the kernel, given like `kernel_size`.
      padding: `"valid"` or `"same"`.
      data_format: `"channels_last"` or `"channels_first"`.
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

    def _check_shape(self, shape: TensorShape) -> None:
        if len(shape) != 4:
            raise ValueError(f"Inputs should have rank 4. Received input shape: {shape}")
        if shape.as_list()[windows.channel_axis(self.data_format)] is None:
            raise ValueError("The channel dimension of the inputs should be defined. Found `None`.")

    def _transpose(self, inputs: Any, sizes: Any) -> Tensor:
        first = self.data_format == "channels_first"
        # The processor's kernels know only one layout.
        if first:
            inputs = late.transpose(inputs, (0, 2, 3, 1))
            sizes = late.stack([sizes[i] for i in (0, 2, 3, 1)])
        else:
            # Asking whether the batch size is None takes the element, which is a node.
            sizes[0]
        padding = self.padding.upper()
        if self.dilation_rate == (1, 1):
            outputs = getattr(late, "nn.conv2d_transpose")(
                inputs, self.kernel, sizes, (1, *self.strides, 1), padding, "NHWC"
            )
        else:
            if self.dilation_rate[0] != self.dilation_rate[1]:
                raise AssertionError
            outputs = getattr(late, "nn.atrous_conv2d_transpose")(
                inputs, self.kernel, sizes, rate=self.dilation_rate[0], padding=padding
            )
        return late.transpose(outputs, (0, 3, 1, 2)) if first else outputs


@export("layers.conv2d_transpose", v2=(), deprecated="tf.keras.layers.Conv2DTranspose")
def conv2d_transpose(
    inputs: Any,
    filters: Any,
    kernel_size: Any,
    strides: Any = (1, 1),
    padding: Any = "valid",
    data_format: Any = "channels_last",
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
    """Convolve transposed in two dimensions with a kernel that is trained.

    Args:
      inputs: tensor `[batch, *spatial, channels]`, or the order of `data_format`.
      filters: int, number of output channels.
      kernel_size: int, or a sequence with one for each spatial dimension.
      strides: distance between places of the kernel, given like `kernel_size`.
      padding: `"valid"` or `"same"`.
      data_format: `"channels_last"` or `"channels_first"`.
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
    return call_new(Conv2DTranspose, **locals())  # type: ignore[no-any-return]


@export("layers.Conv3DTranspose", v2=())
class Conv3DTranspose(_Transposed):
    """Inserts zeros and convolves with a kernel `[depth, height, width, filters, channels]`.

    Args:
      filters: int, number of output channels.
      kernel_size: int, or a sequence with one for each spatial dimension.
      strides: distance between places of the kernel, given like `kernel_size`.
      padding: `"valid"` or `"same"`.
      data_format: `"channels_last"` or `"channels_first"`.
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

    def _check_shape(self, shape: TensorShape) -> None:
        if len(shape) != 5:
            raise ValueError("Inputs should have rank 5, received input shape:", str(shape))
        if shape.as_list()[windows.channel_axis(self.data_format)] is None:
            raise ValueError(
                f"The channel dimension of the inputs should be defined, found None: {shape}"
            )

    def _transpose(self, inputs: Any, sizes: Any) -> Tensor:
        return getattr(late, "nn.conv3d_transpose")(  # type: ignore[no-any-return]
            inputs,
            self.kernel,
            sizes,
            windows.joined(1, self.strides, 1, self.data_format),
            data_format=windows.op_data_format(self.data_format, 5),
            padding=self.padding.upper(),
        )

    def get_config(self) -> dict[str, Any]:
        """Return the arguments that make an equal layer, without its variables."""
        config = super().get_config()
        del config["dilation_rate"]
        return config


@export("layers.conv3d_transpose", v2=(), deprecated="tf.keras.layers.Conv3DTranspose")
def conv3d_transpose(
    inputs: Any,
    filters: Any,
    kernel_size: Any,
    strides: Any = (1, 1, 1),
    padding: Any = "valid",
    data_format: Any = "channels_last",
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
    """Convolve transposed in three dimensions with a kernel that is trained.

    Args:
      inputs: tensor `[batch, *spatial, channels]`, or the order of `data_format`.
      filters: int, number of output channels.
      kernel_size: int, or a sequence with one for each spatial dimension.
      strides: distance between places of the kernel, given like `kernel_size`.
      padding: `"valid"` or `"same"`.
      data_format: `"channels_last"` or `"channels_first"`.
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
    return call_new(Conv3DTranspose, **locals())  # type: ignore[no-any-return]
