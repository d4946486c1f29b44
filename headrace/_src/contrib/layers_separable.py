"""Separable convolutions of `tf.contrib.layers`."""

from __future__ import annotations

from typing import Any

from headrace._api.export import export
from headrace._src.contrib.arg_scope import add_arg_scope
from headrace._src.contrib.layers_basics import xavier_initializer
from headrace._src.contrib.layers_convolution import applied, check_format
from headrace._src.contrib.layers_shared import (
    finished,
    known_size,
    layer_format,
    names,
    renaming_getter,
    two_numbers,
    variable_collections,
)
from headrace._src.contrib.model_variables import model_variable
from headrace._src.core.convert import convert_to_tensor
from headrace._src.core.tensor import Tensor
from headrace._src.layers.separable_conv import SeparableConv2D
from headrace._src.ops._late import late
from headrace._src.ops.nn_activations import relu
from headrace._src.state.initializers import Zeros
from headrace._src.state.variable_scope import variable_scope

_XAVIER, _ZEROS = xavier_initializer(), Zeros()


def _depthwise(given: dict[str, Any], inputs: Any) -> Any:
    """A convolution of each channel, with biases unless it is normalized."""
    height, width = two_numbers(given["kernel_size"])
    stride_h, stride_w = two_numbers(given["stride"])
    first = layer_format(given["data_format"]) == "channels_first"
    channels = known_size(inputs.shape, 1 if first else -1, min_rank=4)
    collections = given["variables_collections"]
    common: dict[str, Any] = {"dtype": inputs.dtype.base_dtype, "trainable": given["trainable"]}
    weights = model_variable(
        "depthwise_weights",
        shape=[height, width, channels, given["depth_multiplier"]],
        initializer=given["weights_initializer"],
        regularizer=given["weights_regularizer"],
        collections=variable_collections(collections, "weights"),
        **common,
    )
    outputs = getattr(late, "nn.depthwise_conv2d")(
        inputs,
        weights,
        [1, 1, stride_h, stride_w] if first else [1, stride_h, stride_w, 1],
        given["padding"],
        rate=two_numbers(given["rate"]),
        data_format=given["data_format"],
    )
    if given["normalizer_fn"] is None and given["biases_initializer"] is not None:
        biases = model_variable(
            "biases",
            shape=[given["depth_multiplier"] * channels],
            initializer=given["biases_initializer"],
            regularizer=given["biases_regularizer"],
            collections=variable_collections(collections, "biases"),
            **common,
        )
        outputs = getattr(late, "nn.bias_add")(outputs, biases, data_format=given["data_format"])
    return outputs


@export(*names("separable_convolution2d", "separable_conv2d"), v2=())
@add_arg_scope
def separable_convolution2d(
    inputs: Any,
    num_outputs: Any,
    kernel_size: Any,
    depth_multiplier: Any = 1,
    stride: Any = 1,
    padding: Any = "SAME",
    data_format: Any = "NHWC",
    rate: Any = 1,
    activation_fn: Any = relu,
    normalizer_fn: Any = None,
    normalizer_params: Any = None,
    weights_initializer: Any = _XAVIER,
    pointwise_initializer: Any = None,
    weights_regularizer: Any = None,
    biases_initializer: Any = _ZEROS,
    biases_regularizer: Any = None,
    reuse: Any = None,
    variables_collections: Any = None,
    outputs_collections: Any = None,
    trainable: Any = True,
    scope: Any = None,
) -> Tensor:
    """Convolve each channel, mix channels, add biases or normalize, and activate.

    Args:
      inputs: tensor.
      num_outputs: int, number of output channels; None does not mix channels.
      kernel_size: int, or a sequence with one for each spatial dimension.
      depth_multiplier: int, number of depthwise outputs for each input channel.
      stride: distance between windows, given like `kernel_size`.
      padding: `"SAME"` or `"VALID"`.
      data_format: `"NHWC"`, `"NCHW"` or the like.
      rate: distance between elements of the kernel, given like `kernel_size`.
      activation_fn: function of the result; None for none.
      normalizer_fn: function that normalizes the result, used instead of biases.
      normalizer_params: dict of its arguments.
      weights_initializer: initializer of the weights.
      pointwise_initializer: initializer of the weights that mix channels; the other one when None.
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
    given = locals()
    getter = renaming_getter(
        bias="biases",
        depthwise_kernel="depthwise_weights",
        pointwise_kernel="pointwise_weights",
    )
    with variable_scope(
        scope, "SeparableConv2d", [inputs], reuse=reuse, custom_getter=getter
    ) as sc:
        inputs = convert_to_tensor(inputs)
        if num_outputs is None:
            outputs = _depthwise(given, inputs)
        else:
            if pointwise_initializer is None:
                pointwise_initializer = weights_initializer
            outputs = applied(
                SeparableConv2D,
                inputs,
                sc,
                given,
                dilation_rate=two_numbers(rate),
                depth_multiplier=depth_multiplier,
                depthwise_initializer=weights_initializer,
                pointwise_initializer=pointwise_initializer,
                depthwise_regularizer=weights_regularizer,
                pointwise_regularizer=weights_regularizer,
            )
        return finished(  # type: ignore[no-any-return]
            outputs, activation_fn, outputs_collections, sc.name, normalizer_fn, normalizer_params
        )
