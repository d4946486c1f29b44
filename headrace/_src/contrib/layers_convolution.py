"""Convolutions of `tf.contrib.layers`."""

from __future__ import annotations

from typing import Any

from headrace._api.export import export
from headrace._src.contrib.arg_scope import add_arg_scope
from headrace._src.contrib.layers_basics import xavier_initializer
from headrace._src.contrib.layers_shared import (
    add_variable,
    finished,
    layer_format,
    names,
    renaming_getter,
)
from headrace._src.core.convert import convert_to_tensor
from headrace._src.core.tensor import Tensor
from headrace._src.layers.conv import Conv1D, Conv2D, Conv3D
from headrace._src.layers.conv_transpose import Conv2DTranspose, Conv3DTranspose
from headrace._src.ops.nn_activations import relu
from headrace._src.state.initializers import Zeros
from headrace._src.state.variable_scope import variable_scope

_XAVIER, _ZEROS = xavier_initializer(), Zeros()
_LAYERS = {3: Conv1D, 4: Conv2D, 5: Conv3D}


def applied(layer_class: Any, inputs: Any, scope: Any, given: dict[str, Any], **more: Any) -> Any:
    """The outputs of a new layer, whose weights join their collections."""
    layer = layer_class(
        filters=given["num_outputs"],
        kernel_size=given["kernel_size"],
        strides=given["stride"],
        padding=given["padding"],
        data_format=layer_format(given["data_format"]),
        activation=None,
        use_bias=not given["normalizer_fn"] and given["biases_initializer"],
        bias_initializer=given["biases_initializer"],
        bias_regularizer=given["biases_regularizer"],
        activity_regularizer=None,
        trainable=given["trainable"],
        name=scope.name,
        dtype=inputs.dtype.base_dtype,
        _scope=scope,
        _reuse=given["reuse"],
        **more,
    )
    outputs = layer.apply(inputs)
    for kernel in ("kernel", "depthwise_kernel", "pointwise_kernel"):
        if getattr(layer, kernel, None) is not None:
            add_variable(getattr(layer, kernel), given["variables_collections"], "weights")
    if layer.bias is not None:
        add_variable(layer.bias, given["variables_collections"], "biases")
    return outputs


def _with_kernel(layer_class: Any, given: dict[str, Any], default: str, **more: Any) -> Any:
    """Call a layer that has one kernel, in a scope of its own."""
    getter = renaming_getter(bias="biases", kernel="weights")
    inputs = given["inputs"]
    with variable_scope(
        given["scope"], default, [inputs], reuse=given["reuse"], custom_getter=getter
    ) as sc:
        inputs = convert_to_tensor(inputs)
        if isinstance(layer_class, dict):
            layer_class = _layer_for(inputs.shape.ndims, given["conv_dims"])
        outputs = applied(
            layer_class,
            inputs,
            sc,
            given,
            kernel_initializer=given["weights_initializer"],
            kernel_regularizer=given["weights_regularizer"],
            **more,
        )
        return finished(
            outputs,
            given["activation_fn"],
            given["outputs_collections"],
            sc.name,
            given["normalizer_fn"],
            given["normalizer_params"],
        )


def _layer_for(rank: Any, conv_dims: Any) -> Any:
    if conv_dims is not None and conv_dims + 2 != rank:
        raise ValueError(f"Convolution expects input with rank {conv_dims + 2}, got {rank}")
    if rank not in _LAYERS:
        raise ValueError("Convolution not supported for input with rank", rank)
    return _LAYERS[rank]


def check_format(data_format: Any, *allowed: str) -> None:
    if data_format not in allowed:
        raise ValueError(f"data_format has to be either {' or '.join(allowed)}.")


@export(*names("convolution"), v2=())
@add_arg_scope
def convolution(
    inputs: Any,
    num_outputs: Any,
    kernel_size: Any,
    stride: Any = 1,
    padding: Any = "SAME",
    data_format: Any = None,
    rate: Any = 1,
    activation_fn: Any = relu,
    normalizer_fn: Any = None,
    normalizer_params: Any = None,
    weights_initializer: Any = _XAVIER,
    weights_regularizer: Any = None,
    biases_initializer: Any = _ZEROS,
    biases_regularizer: Any = None,
    reuse: Any = None,
    variables_collections: Any = None,
    outputs_collections: Any = None,
    trainable: Any = True,
    scope: Any = None,
    conv_dims: Any = None,
) -> Tensor:
    """Convolve, add biases or normalize, and activate.

    Args:
      inputs: tensor.
      num_outputs: int, number of output channels.
      kernel_size: int, or a sequence with one for each spatial dimension.
      stride: distance between windows, given like `kernel_size`.
      padding: `"SAME"` or `"VALID"`.
      data_format: `"NHWC"`, `"NCHW"` or the like.
      rate: distance between elements of the kernel, given like `kernel_size`.
      activation_fn: function of the result; None for none.
      normalizer_fn: function that normalizes the result, used instead of biases.
      normalizer_params: dict of its arguments.
      weights_initializer: initializer of the weights.
      weights_regularizer: function of the weights that gives a loss.
      biases_initializer: initializer of the biases; None for no biases.
      biases_regularizer: function of the biases that gives a loss.
      reuse: whether to share the variables of the scope.
      variables_collections: collections of the variables, or a dict with those of each.
      outputs_collections: collections that the output joins.
      trainable: whether the variables are trained.
      scope: name of the variable scope.
      conv_dims: number of spatial dimensions; that of the inputs when None.

    Returns:
      The output, in the layout of the inputs.

    Raises:
      ValueError: arguments or inputs that make no sense.
    """
    if data_format not in (None, "NWC", "NCW", "NHWC", "NCHW", "NDHWC", "NCDHW"):
        raise ValueError(f"Invalid data_format: {data_format!r}")
    return _with_kernel(_LAYERS, locals(), "Conv", dilation_rate=rate)  # type: ignore[no-any-return]


@export(*names("convolution1d", "conv1d"), v2=())
@add_arg_scope
def convolution1d(
    inputs: Any,
    num_outputs: Any,
    kernel_size: Any,
    stride: Any = 1,
    padding: Any = "SAME",
    data_format: Any = None,
    rate: Any = 1,
    activation_fn: Any = relu,
    normalizer_fn: Any = None,
    normalizer_params: Any = None,
    weights_initializer: Any = _XAVIER,
    weights_regularizer: Any = None,
    biases_initializer: Any = _ZEROS,
    biases_regularizer: Any = None,
    reuse: Any = None,
    variables_collections: Any = None,
    outputs_collections: Any = None,
    trainable: Any = True,
    scope: Any = None,
) -> Tensor:
    """Convolve in one dimension, add biases or normalize, and activate.

    Args:
      inputs: tensor.
      num_outputs: int, number of output channels.
      kernel_size: int, or a sequence with one for each spatial dimension.
      stride: distance between windows, given like `kernel_size`.
      padding: `"SAME"` or `"VALID"`.
      data_format: `"NHWC"`, `"NCHW"` or the like.
      rate: distance between elements of the kernel, given like `kernel_size`.
      activation_fn: function of the result; None for none.
      normalizer_fn: function that normalizes the result, used instead of biases.
      normalizer_params: dict of its arguments.
      weights_initializer: initializer of the weights.
      weights_regularizer: function of the weights that gives a loss.
      biases_initializer: initializer of the biases; None for no biases.
      biases_regularizer: function of the biases that gives a loss.
      reuse: whether to share the variables of the scope.
      variables_collections: collections of the variables, or a dict with those of each.
      outputs_collections: collections that the output joins.
      trainable: whether the variables are trained.
      scope: name of the variable scope.

    Returns:
      The output, in the layout of the inputs.

    Raises:
      ValueError: arguments or inputs that make no sense.
    """
    return convolution(**locals(), conv_dims=1)


@export(*names("convolution2d", "conv2d"), v2=())
@add_arg_scope
def convolution2d(
    inputs: Any,
    num_outputs: Any,
    kernel_size: Any,
    stride: Any = 1,
    padding: Any = "SAME",
    data_format: Any = None,
    rate: Any = 1,
    activation_fn: Any = relu,
    normalizer_fn: Any = None,
    normalizer_params: Any = None,
    weights_initializer: Any = _XAVIER,
    weights_regularizer: Any = None,
    biases_initializer: Any = _ZEROS,
    biases_regularizer: Any = None,
    reuse: Any = None,
    variables_collections: Any = None,
    outputs_collections: Any = None,
    trainable: Any = True,
    scope: Any = None,
) -> Tensor:
    """Convolve in two dimensions, add biases or normalize, and activate.

    Args:
      inputs: tensor.
      num_outputs: int, number of output channels.
      kernel_size: int, or a sequence with one for each spatial dimension.
      stride: distance between windows, given like `kernel_size`.
      padding: `"SAME"` or `"VALID"`.
      data_format: `"NHWC"`, `"NCHW"` or the like.
      rate: distance between elements of the kernel, given like `kernel_size`.
      activation_fn: function of the result; None for none.
      normalizer_fn: function that normalizes the result, used instead of biases.
      normalizer_params: dict of its arguments.
      weights_initializer: initializer of the weights.
      weights_regularizer: function of the weights that gives a loss.
      biases_initializer: initializer of the biases; None for no biases.
      biases_regularizer: function of the biases that gives a loss.
      reuse: whether to share the variables of the scope.
      variables_collections: collections of the variables, or a dict with those of each.
      outputs_collections: collections that the output joins.
      trainable: whether the variables are trained.
      scope: name of the variable scope.

    Returns:
      The output, in the layout of the inputs.

    Raises:
      ValueError: arguments or inputs that make no sense.
    """
    return convolution(**locals(), conv_dims=2)


@export(*names("convolution3d", "conv3d"), v2=())
@add_arg_scope
def convolution3d(
    inputs: Any,
    num_outputs: Any,
    kernel_size: Any,
    stride: Any = 1,
    padding: Any = "SAME",
    data_format: Any = None,
    rate: Any = 1,
    activation_fn: Any = relu,
    normalizer_fn: Any = None,
    normalizer_params: Any = None,
    weights_initializer: Any = _XAVIER,
    weights_regularizer: Any = None,
    biases_initializer: Any = _ZEROS,
    biases_regularizer: Any = None,
    reuse: Any = None,
    variables_collections: Any = None,
    outputs_collections: Any = None,
    trainable: Any = True,
    scope: Any = None,
) -> Tensor:
    """Convolve in three dimensions, add biases or normalize, and activate.

    Args:
      inputs: tensor.
      num_outputs: int, number of output channels.
      kernel_size: int, or a sequence with one for each spatial dimension.
      stride: distance between windows, given like `kernel_size`.
      padding: `"SAME"` or `"VALID"`.
      data_format: `"NHWC"`, `"NCHW"` or the like.
      rate: distance between elements of the kernel, given like `kernel_size`.
      activation_fn: function of the result; None for none.
      normalizer_fn: function that normalizes the result, used instead of biases.
      normalizer_params: dict of its arguments.
      weights_initializer: initializer of the weights.
      weights_regularizer: function of the weights that gives a loss.
      biases_initializer: initializer of the biases; None for no biases.
      biases_regularizer: function of the biases that gives a loss.
      reuse: whether to share the variables of the scope.
      variables_collections: collections of the variables, or a dict with those of each.
      outputs_collections: collections that the output joins.
      trainable: whether the variables are trained.
      scope: name of the variable scope.

    Returns:
      The output, in the layout of the inputs.

    Raises:
      ValueError: arguments or inputs that make no sense.
    """
    return convolution(**locals(), conv_dims=3)


@export(*names("convolution2d_transpose", "conv2d_transpose"), v2=())
@add_arg_scope
def convolution2d_transpose(
    inputs: Any,
    num_outputs: Any,
    kernel_size: Any,
    stride: Any = 1,
    padding: Any = "SAME",
    data_format: Any = "NHWC",
    activation_fn: Any = relu,
    normalizer_fn: Any = None,
    normalizer_params: Any = None,
    weights_initializer: Any = _XAVIER,
    weights_regularizer: Any = None,
    biases_initializer: Any = _ZEROS,
    biases_regularizer: Any = None,
    reuse: Any = None,
    variables_collections: Any = None,
    outputs_collections: Any = None,
    trainable: Any = True,
    scope: Any = None,
) -> Tensor:
    """Convolve transposed in two dimensions, add biases or normalize, and activate.

    Args:
      inputs: tensor.
      num_outputs: int, number of output channels.
      kernel_size: int, or a sequence with one for each spatial dimension.
      stride: distance between windows, given like `kernel_size`.
      padding: `"SAME"` or `"VALID"`.
      data_format: `"NHWC"`, `"NCHW"` or the like.
      activation_fn: function of the result; None for none.
      normalizer_fn: function that normalizes the result, used instead of biases.
      normalizer_params: dict of its arguments.
      weights_initializer: initializer of the weights.
      weights_regularizer: function of the weights that gives a loss.
      biases_initializer: initializer of the biases; None for no biases.
      biases_regularizer: function of the biases that gives a loss.
      reuse: whether to share the variables of the scope.
      variables_collections: collections of the variables, or a dict with those of each.
      outputs_collections: collections that the output joins.
      trainable: whether the variables are trained.
      scope: name of the variable scope.

    Returns:
      The output, in the layout of the inputs.

    Raises:
      ValueError: arguments or inputs that make no sense.
    """
    check_format(data_format, "NCHW", "NHWC")
    return _with_kernel(Conv2DTranspose, locals(), "Conv2d_transpose")  # type: ignore[no-any-return]


@export(*names("convolution3d_transpose", "conv3d_transpose"), v2=())
@add_arg_scope
def convolution3d_transpose(
    inputs: Any,
    num_outputs: Any,
    kernel_size: Any,
    stride: Any = 1,
    padding: Any = "SAME",
    data_format: Any = "NDHWC",
    activation_fn: Any = relu,
    normalizer_fn: Any = None,
    normalizer_params: Any = None,
    weights_initializer: Any = _XAVIER,
    weights_regularizer: Any = None,
    biases_initializer: Any = _ZEROS,
    biases_regularizer: Any = None,
    reuse: Any = None,
    variables_collections: Any = None,
    outputs_collections: Any = None,
    trainable: Any = True,
    scope: Any = None,
) -> Tensor:
    """Convolve transposed in three dimensions, add biases or normalize, and activate.

    Args:
      inputs: tensor.
      num_outputs: int, number of output channels.
      kernel_size: int, or a sequence with one for each spatial dimension.
      stride: distance between windows, given like `kernel_size`.
      padding: `"SAME"` or `"VALID"`.
      data_format: `"NHWC"`, `"NCHW"` or the like.
      activation_fn: function of the result; None for none.
      normalizer_fn: function that normalizes the result, used instead of biases.
      normalizer_params: dict of its arguments.
      weights_initializer: initializer of the weights.
      weights_regularizer: function of the weights that gives a loss.
      biases_initializer: initializer of the biases; None for no biases.
      biases_regularizer: function of the biases that gives a loss.
      reuse: whether to share the variables of the scope.
      variables_collections: collections of the variables, or a dict with those of each.
      outputs_collections: collections that the output joins.
      trainable: whether the variables are trained.
      scope: name of the variable scope.

    Returns:
      The output, in the layout of the inputs.

    Raises:
      ValueError: arguments or inputs that make no sense.
    """
    check_format(data_format, "NCDHW", "NDHWC")
    return _with_kernel(Conv3DTranspose, locals(), "Conv3d_transpose")  # type: ignore[no-any-return]
