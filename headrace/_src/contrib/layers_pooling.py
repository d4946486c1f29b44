"""Pooling of `tf.contrib.layers`."""

from __future__ import annotations

from typing import Any

from headrace._api.export import export
from headrace._src.contrib.arg_scope import add_arg_scope
from headrace._src.contrib.layers_shared import layer_format, names
from headrace._src.contrib.layers_utils import collect_named_outputs
from headrace._src.core.convert import convert_to_tensor
from headrace._src.core.scopes import name_scope
from headrace._src.core.tensor import Tensor
from headrace._src.layers import pooling


def _pooled(layer: Any, default: str, formats: tuple[str, str], given: dict[str, Any]) -> Any:
    """The outputs of a pooling layer, which join their collections."""
    if given["data_format"] not in formats:
        raise ValueError(f"data_format has to be either {' or '.join(formats)}.")
    with name_scope(given["scope"], default, [given["inputs"]]) as sc:
        inputs = convert_to_tensor(given["inputs"])
        outputs = layer(
            pool_size=given["kernel_size"],
            strides=given["stride"],
            padding=given["padding"],
            data_format=layer_format(given["data_format"]),
            _scope=sc,
        ).apply(inputs)
        return collect_named_outputs(given["outputs_collections"], sc, outputs)


@export(*names("avg_pool2d"), v2=())
@add_arg_scope
def avg_pool2d(
    inputs: Any,
    kernel_size: Any,
    stride: Any = 2,
    padding: Any = "VALID",
    data_format: Any = "NHWC",
    outputs_collections: Any = None,
    scope: Any = None,
) -> Tensor:
    """Average the elements in windows.

    Args:
      inputs: tensor.
      kernel_size: int, or a sequence with one for each spatial dimension.
      stride: distance between windows, given like `kernel_size`.
      padding: `"SAME"` or `"VALID"`.
      data_format: `"NHWC"`, `"NCHW"` or the like.
      outputs_collections: collections that the output joins.
      scope: name of the scope.

    Returns:
      The output, in the layout of the inputs.

    Raises:
      ValueError: arguments or inputs that make no sense.
    """
    layer = pooling.AveragePooling2D
    return _pooled(layer, "AvgPool2D", ("NCHW", "NHWC"), locals())  # type: ignore[no-any-return]


@export(*names("avg_pool3d"), v2=())
@add_arg_scope
def avg_pool3d(
    inputs: Any,
    kernel_size: Any,
    stride: Any = 2,
    padding: Any = "VALID",
    data_format: Any = "NDHWC",
    outputs_collections: Any = None,
    scope: Any = None,
) -> Tensor:
    """Average the elements in windows.

    Args:
      inputs: tensor.
      kernel_size: int, or a sequence with one for each spatial dimension.
      stride: distance between windows, given like `kernel_size`.
      padding: `"SAME"` or `"VALID"`.
      data_format: `"NHWC"`, `"NCHW"` or the like.
      outputs_collections: collections that the output joins.
      scope: name of the scope.

    Returns:
      The output, in the layout of the inputs.

    Raises:
      ValueError: arguments or inputs that make no sense.
    """
    layer = pooling.AveragePooling3D
    return _pooled(layer, "AvgPool3D", ("NCDHW", "NDHWC"), locals())  # type: ignore[no-any-return]


@export(*names("max_pool2d"), v2=())
@add_arg_scope
def max_pool2d(
    inputs: Any,
    kernel_size: Any,
    stride: Any = 2,
    padding: Any = "VALID",
    data_format: Any = "NHWC",
    outputs_collections: Any = None,
    scope: Any = None,
) -> Tensor:
    """Take the largest element in each window.

    Args:
      inputs: tensor.
      kernel_size: int, or a sequence with one for each spatial dimension.
      stride: distance between windows, given like `kernel_size`.
      padding: `"SAME"` or `"VALID"`.
      data_format: `"NHWC"`, `"NCHW"` or the like.
      outputs_collections: collections that the output joins.
      scope: name of the scope.

    Returns:
      The output, in the layout of the inputs.

    Raises:
      ValueError: arguments or inputs that make no sense.
    """
    layer = pooling.MaxPooling2D
    return _pooled(layer, "MaxPool2D", ("NCHW", "NHWC"), locals())  # type: ignore[no-any-return]


@export(*names("max_pool3d"), v2=())
@add_arg_scope
def max_pool3d(
    inputs: Any,
    kernel_size: Any,
    stride: Any = 2,
    padding: Any = "VALID",
    data_format: Any = "NDHWC",
    outputs_collections: Any = None,
    scope: Any = None,
) -> Tensor:
    """Take the largest element in each window.

    Args:
      inputs: tensor.
      kernel_size: int, or a sequence with one for each spatial dimension.
      stride: distance between windows, given like `kernel_size`.
      padding: `"SAME"` or `"VALID"`.
      data_format: `"NHWC"`, `"NCHW"` or the like.
      outputs_collections: collections that the output joins.
      scope: name of the scope.

    Returns:
      The output, in the layout of the inputs.

    Raises:
      ValueError: arguments or inputs that make no sense.
    """
    layer = pooling.MaxPooling3D
    return _pooled(layer, "MaxPool3D", ("NCDHW", "NDHWC"), locals())  # type: ignore[no-any-return]
