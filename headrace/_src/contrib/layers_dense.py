"""Dense layers and small parts of `tf.contrib.layers`."""

from __future__ import annotations

import functools
from typing import Any

from headrace._api.export import export, export_value
from headrace._src.contrib.arg_scope import add_arg_scope
from headrace._src.contrib.layers_basics import xavier_initializer
from headrace._src.contrib.layers_shared import (
    add_variable,
    finished,
    known_size,
    model_variable_getter,
    names,
    renaming_getter,
    variable_collections,
)
from headrace._src.contrib.layers_utils import collect_named_outputs
from headrace._src.contrib.model_variables import model_variable
from headrace._src.core import dtypes
from headrace._src.core.convert import convert_to_tensor
from headrace._src.core.scopes import name_scope
from headrace._src.core.tensor import Tensor
from headrace._src.layers.dense import Dense
from headrace._src.layers.dropout import Dropout
from headrace._src.layers.flatten import flatten as flatten_layer
from headrace._src.ops import nn_activations as activations
from headrace._src.ops._late import late
from headrace._src.ops.nn_activations import relu
from headrace._src.state.initializers import Zeros
from headrace._src.state.variable_scope import variable_scope

_XAVIER, _ZEROS = xavier_initializer(), Zeros()


@export(*names("fully_connected"), v2=())
@add_arg_scope
def fully_connected(
    inputs: Any,
    num_outputs: Any,
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
    """Multiply by weights, add biases or normalize, and activate.

    Args:
      inputs: tensor.
      num_outputs: int, size of the output's last dimension.
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
      A tensor `[..., num_outputs]`.

    Raises:
      ValueError: arguments or inputs that make no sense.
    """
    if not isinstance(num_outputs, int):
        raise ValueError(f"num_outputs type should be one of {[int]}, got {type(num_outputs)}.")
    getter = renaming_getter(bias="biases", kernel="weights")
    with variable_scope(
        scope, "fully_connected", [inputs], reuse=reuse, custom_getter=getter
    ) as sc:
        inputs = convert_to_tensor(inputs)
        layer = Dense(
            units=num_outputs,
            activation=None,
            use_bias=not normalizer_fn and biases_initializer,
            kernel_initializer=weights_initializer,
            bias_initializer=biases_initializer,
            kernel_regularizer=weights_regularizer,
            bias_regularizer=biases_regularizer,
            activity_regularizer=None,
            trainable=trainable,
            name=sc.name,
            dtype=inputs.dtype.base_dtype,
            _scope=sc,
            _reuse=reuse,
        )
        outputs = layer.apply(inputs)
        add_variable(layer.kernel, variables_collections, "weights")
        if layer.bias is not None:
            add_variable(layer.bias, variables_collections, "biases")
        return finished(  # type: ignore[no-any-return]
            outputs, activation_fn, outputs_collections, sc.name, normalizer_fn, normalizer_params
        )


linear_layer = export_value(
    functools.partial(fully_connected, activation_fn=None), *names("linear"), v2=()
)
relu_layer = export_value(
    functools.partial(fully_connected, activation_fn=relu), *names("relu"), v2=()
)
relu6_layer = export_value(
    functools.partial(fully_connected, activation_fn=activations.relu6), *names("relu6"), v2=()
)
elu_layer = export_value(
    functools.partial(fully_connected, activation_fn=activations.elu), *names("elu"), v2=()
)


@export(*names("bias_add"), v2=())
@add_arg_scope
def bias_add(
    inputs: Any,
    activation_fn: Any = None,
    initializer: Any = _ZEROS,
    regularizer: Any = None,
    reuse: Any = None,
    variables_collections: Any = None,
    outputs_collections: Any = None,
    trainable: Any = True,
    data_format: Any = "NHWC",
    scope: Any = None,
) -> Tensor:
    """Add biases that are trained, one a channel.

    Args:
      inputs: tensor.
      activation_fn: function of the result; None for none.
      initializer: initializer of the biases.
      regularizer: function of the biases that gives a loss.
      reuse: whether to share the variables of the scope.
      variables_collections: collections of the variables, or a dict with those of each.
      outputs_collections: collections that the output joins.
      trainable: whether the variables are trained.
      data_format: `"NHWC"`, `"NCHW"` or the like.
      scope: name of the variable scope.

    Returns:
      The output, in the layout of the inputs.

    Raises:
      ValueError: arguments or inputs that make no sense.
    """
    if data_format not in ("NCHW", "NHWC"):
        raise ValueError("data_format has to be either NCHW or NHWC.")
    with variable_scope(scope, "BiasAdd", [inputs], reuse=reuse) as sc:
        inputs = convert_to_tensor(inputs)
        rank = inputs.shape.ndims
        if rank is None:
            raise ValueError("Dims of shape must be known but is None")
        if rank != 4 and data_format == "NCHW":
            raise ValueError("Data format NCHW only supports 4D Tensor")
        size = inputs.shape.as_list()[1 if data_format == "NCHW" else -1]
        if size is None:
            raise ValueError("`C` dimension must be known but is None")
        biases = model_variable(
            "biases",
            shape=[size],
            dtype=inputs.dtype.base_dtype,
            initializer=initializer,
            regularizer=regularizer,
            collections=variable_collections(variables_collections, "biases"),
            trainable=trainable,
        )
        outputs = getattr(late, "nn.bias_add")(inputs, biases, data_format=data_format)
        return finished(outputs, activation_fn, outputs_collections, sc.name)  # type: ignore[no-any-return]


@export(*names("dropout"), v2=())
@add_arg_scope
def dropout(
    inputs: Any,
    keep_prob: Any = 0.5,
    noise_shape: Any = None,
    is_training: Any = True,
    outputs_collections: Any = None,
    scope: Any = None,
    seed: Any = None,
) -> Tensor:
    """Zero each element with probability `1 - keep_prob` while training; scale up the others.

    Args:
      inputs: tensor.
      keep_prob: share of elements to keep.
      noise_shape: shape of the noise; elements that share noise are dropped together.
      is_training: bool or scalar bool tensor.
      outputs_collections: collections that the output joins.
      scope: name of the variable scope.
      seed: op seed, see `tf.set_random_seed`.

    Returns:
      The output, in the layout of the inputs.

    Raises:
      ValueError: arguments or inputs that make no sense.
    """
    with variable_scope(scope, "Dropout", [inputs], custom_getter=model_variable_getter) as sc:
        inputs = convert_to_tensor(inputs)
        layer = Dropout(
            rate=1 - keep_prob, noise_shape=noise_shape, seed=seed, name=sc.name, _scope=sc
        )
        outputs = layer.apply(inputs, training=is_training)
        return collect_named_outputs(outputs_collections, sc.name, outputs)  # type: ignore[no-any-return]


@export(*names("flatten"), v2=())
@add_arg_scope
def flatten(
    inputs: Any,
    outputs_collections: Any = None,
    scope: Any = None,
) -> Tensor:
    """Join all dimensions but the first.

    Args:
      inputs: tensor.
      outputs_collections: collections that the output joins.
      scope: name of the variable scope.

    Returns:
      A tensor `[batch, size]`.

    Raises:
      ValueError: arguments or inputs that make no sense.
    """
    with name_scope(scope, "Flatten", [inputs]) as sc:
        inputs = convert_to_tensor(inputs)
        outputs = flatten_layer(inputs)
        return collect_named_outputs(outputs_collections, sc, outputs)  # type: ignore[no-any-return]


@export(*names("one_hot_encoding"), v2=())
@add_arg_scope
def one_hot_encoding(
    labels: Any,
    num_classes: Any,
    on_value: Any = 1.0,
    off_value: Any = 0.0,
    outputs_collections: Any = None,
    scope: Any = None,
) -> Tensor:
    """Put a vector with one element set in place of each label.

    Args:
      labels: tensor of integers.
      num_classes: int, size of the vectors.
      on_value: the element that is set.
      off_value: the others.
      outputs_collections: collections that the output joins.
      scope: name of the variable scope.

    Returns:
      A tensor `[..., num_classes]`.

    Raises:
      ValueError: arguments or inputs that make no sense.
    """
    with name_scope(scope, "OneHotEncoding", [labels, num_classes]) as sc:
        labels = convert_to_tensor(labels)
        if labels.dtype == dtypes.int32:
            labels = late.to_int64(labels)
        outputs = late.one_hot(labels, num_classes, on_value=on_value, off_value=off_value)
        return collect_named_outputs(outputs_collections, sc, outputs)  # type: ignore[no-any-return]


@export(*names("softmax"), v2=())
@add_arg_scope
def softmax(
    logits: Any,
    scope: Any = None,
) -> Tensor:
    """Compute softmax over the last dimension.

    Args:
      logits: tensor of rank 2 or more.
      scope: name of the variable scope.

    Returns:
      A tensor of the shape of `logits`.

    Raises:
      ValueError: arguments or inputs that make no sense.
    """
    with variable_scope(scope, "softmax", [logits]):
        size = known_size(logits.shape, -1, min_rank=2)
        rows = late.reshape(logits, [-1, size])
        outputs = getattr(late, "nn.softmax")(rows)
        outputs = late.reshape(outputs, late.shape(logits))
        outputs.set_shape(logits.shape)
        return outputs  # type: ignore[no-any-return]


@export(*names("maxout"), v2=())
@add_arg_scope
def maxout(
    inputs: Any,
    num_units: Any,
    axis: Any = -1,
    scope: Any = None,
) -> Tensor:
    """Take the largest of the channels of each unit.

    Args:
      inputs: tensor.
      num_units: int, size of `axis` afterwards, a divisor of the present size.
      axis: the dimension of the channels.
      scope: name of the variable scope.

    Returns:
      The output, in the layout of the inputs.

    Raises:
      ValueError: arguments or inputs that make no sense.
    """
    with variable_scope(scope, "MaxOut", [inputs]):
        inputs = convert_to_tensor(inputs)
        shape = inputs.shape.as_list()
        channels = shape[axis]
        if channels % num_units:
            raise ValueError(
                f"number of features({channels}) is not a multiple of num_units({num_units})"
            )
        shape[axis] = num_units
        shape += [channels // num_units]
        # Sizes that are not known yet are taken in the run.
        sizes = [late.shape(inputs)[i] if n is None else n for i, n in enumerate(shape)]
        return late.reduce_max(late.reshape(inputs, sizes), -1, keepdims=False)  # type: ignore[no-any-return]


def _scope_name(layer: Any, default: str) -> str:
    for named in (layer, getattr(layer, "func", None)):
        if hasattr(named, "__name__"):
            return named.__name__  # type: ignore[no-any-return]
    return default


@export(*names("repeat"), v2=())
def repeat(inputs: Any, repetitions: int, layer: Any, *args: Any, **kwargs: Any) -> Tensor:
    """Apply a layer several times.

    Args:
      inputs: tensor.
      repetitions: how often.
      layer: function of a tensor.
      *args: more arguments of it.
      **kwargs: likewise; `scope` names the scope of all, and with a number that of each.

    Returns:
      The output of the last.
    """
    scope = kwargs.pop("scope", None)
    with variable_scope(scope, "Repeat", [inputs]):
        outputs = convert_to_tensor(inputs)
        scope = _scope_name(layer, "repeat") if scope is None else scope
        for i in range(repetitions):
            outputs = layer(outputs, *args, **(kwargs | {"scope": f"{scope}_{i + 1}"}))
        return outputs


@export(*names("stack"), v2=())
def stack(inputs: Any, layer: Any, stack_args: Any, **kwargs: Any) -> Tensor:
    """Apply a layer several times with different arguments.

    Args:
      inputs: tensor.
      layer: function of a tensor.
      stack_args: list with the arguments of each, a list or one argument.
      **kwargs: more arguments of all; `scope` names the scope of all, and with a number that of
        each.

    Returns:
      The output of the last.

    Raises:
      ValueError: `stack_args` is no list.
    """
    scope = kwargs.pop("scope", None)
    if not isinstance(stack_args, (list, tuple)):
        raise ValueError("stack_args need to be a list or tuple")
    with variable_scope(scope, "Stack", [inputs]):
        outputs = convert_to_tensor(inputs)
        scope = _scope_name(layer, "stack") if scope is None else scope
        for i, args in enumerate(stack_args):
            args = args if isinstance(args, (list, tuple)) else [args]
            outputs = layer(outputs, *args, **(kwargs | {"scope": f"{scope}_{i + 1}"}))
        return outputs
