"""Normalization of `tf.contrib.layers`."""

from __future__ import annotations

from typing import Any

from headrace._api.export import export
from headrace._src.contrib.arg_scope import add_arg_scope
from headrace._src.contrib.layers_shared import (
    add_variable,
    finished,
    known_value,
    model_variable_getter,
    names,
    smart_cond,
    variable_collections,
)
from headrace._src.contrib.model_variables import model_variable
from headrace._src.core import dtypes
from headrace._src.core.convert import convert_to_tensor
from headrace._src.core.graph import add_to_collections
from headrace._src.core.graphkeys import GraphKeys
from headrace._src.core.scopes import control_dependencies
from headrace._src.core.tensor import Tensor
from headrace._src.layers.batch_normalization import BatchNormalization
from headrace._src.ops._late import late
from headrace._src.state.initializers import Ones, Zeros
from headrace._src.state.variable_scope import get_variable_scope, variable_scope
from headrace._src.train.moving_averages import assign_moving_average

_INITIALIZERS = {
    "beta": Zeros(),
    "gamma": Ones(),
    "moving_mean": Zeros(),
    "moving_variance": Ones(),
}


def normalization_variable(given: dict[str, Any], name: str, shape: Any, dtype: Any) -> Any:
    """One of the variables of a normalization."""
    moving = name.startswith("moving")
    more = {}
    if not moving and "param_regularizers" in given:
        more["regularizer"] = (given["param_regularizers"] or {}).get(name)
    initializers = given.get("param_initializers") or {}
    return model_variable(
        name,
        shape=shape,
        dtype=dtype,
        initializer=initializers.get(name, _INITIALIZERS[name]),
        collections=variable_collections(given["variables_collections"], name),
        trainable=False if moving else given["trainable"],
        **more,
    )


def _statistics(given: dict[str, Any], shape: Any, dtype: Any) -> tuple[Any, Any]:
    """The moving mean and variance, which are never split."""
    with variable_scope(get_variable_scope()) as scope:
        scope.set_partitioner(None)
        return (
            normalization_variable(given, "moving_mean", shape, dtype),
            normalization_variable(given, "moving_variance", shape, dtype),
        )


def _update(given: dict[str, Any], moving: tuple[Any, Any], batch: tuple[Any, Any]) -> Any:
    """The updates of the moving statistics."""
    debias = given["zero_debias_moving_mean"]
    return (
        assign_moving_average(moving[0], batch[0], given["decay"], zero_debias=debias),
        assign_moving_average(moving[1], batch[1], given["decay"], zero_debias=False),
    )


def _collect_updates(given: dict[str, Any], moving: tuple[Any, Any], batch: Any) -> None:
    updates = smart_cond(
        given["is_training"], lambda: _update(given, moving, batch), lambda: moving
    )
    for update in updates:
        add_to_collections(given["updates_collections"], update)


def _check_format(data_format: Any) -> None:
    if data_format not in ("NCHW", "NHWC"):
        raise ValueError("data_format has to be either NCHW or NHWC.")


# -- batch_norm -----------------------------------------------------------------------------------


def _as_images(inputs: Tensor, data_format: str) -> Tensor:
    """The inputs as a batch of images, which vectors are not."""
    rank = inputs.shape.ndims
    if rank is None:
        raise ValueError(f"Inputs {inputs.name} has undefined rank")
    if rank not in (2, 4):
        raise ValueError(
            f"Inputs {inputs.name} has unsupported rank. Expected 2 or 4 but got {rank}"
        )
    if rank == 4:
        return inputs
    channels = inputs.shape.as_list()[-1]
    if channels is None:
        raise ValueError("`C` dimension must be known but is None")
    shape = [-1, 1, 1, channels] if data_format == "NHWC" else [-1, channels, 1, 1]
    return late.reshape(inputs, shape)  # type: ignore[no-any-return]


def _fused(given: dict[str, Any]) -> Any:
    """Normalize with one op, and update as the arguments say."""
    data_format = given["data_format"]
    _check_format(data_format)
    scope, reuse = given["scope"], given["reuse"]
    with variable_scope(scope, "BatchNorm", [given["inputs"]], reuse=reuse) as sc:
        original = convert_to_tensor(given["inputs"])
        inputs = _as_images(original, data_format)
        shape = inputs.shape[-1:] if data_format == "NHWC" else inputs.shape[1:2]
        if not shape.is_fully_defined():
            raise ValueError(f"Inputs {inputs.name} has undefined `C` dimension {shape}.")
        dtype = dtypes.float32
        if given["center"]:
            beta = normalization_variable(given, "beta", shape, dtype)
        else:
            beta = late.constant(0.0, dtype=dtype, shape=shape)
        if given["scale"]:
            gamma = normalization_variable(given, "gamma", shape, dtype)
        else:
            gamma = late.constant(1.0, dtype=dtype, shape=shape)
        moving = _statistics(given, shape, dtype)
        outputs = _fused_outputs(given, inputs, gamma, beta, moving)
        outputs.set_shape(inputs.shape)
        if original.shape.ndims == 2:
            outputs = late.reshape(outputs, late.shape(original))
        return finished(outputs, given["activation_fn"], given["outputs_collections"], sc.name)


def _fused_outputs(given: dict[str, Any], inputs: Any, gamma: Any, beta: Any, moving: Any) -> Any:
    normalize = getattr(late, "nn.fused_batch_norm")
    common = {"epsilon": given["epsilon"], "data_format": given["data_format"]}
    is_training = given["is_training"]
    outputs, mean, variance = smart_cond(
        is_training,
        lambda: normalize(inputs, gamma, beta, **common),
        lambda: normalize(
            inputs, gamma, beta, mean=moving[0], variance=moving[1], is_training=False, **common
        ),
    )
    known = known_value(is_training)
    if known is not None and not known:
        return outputs
    if given["updates_collections"] is not None:
        _collect_updates(given, moving, (mean, variance))
        return outputs

    def updated() -> Any:
        with control_dependencies(_update(given, moving, (mean, variance))):
            return late.identity(outputs)

    return smart_cond(is_training, updated, lambda: outputs)


def _by_layer(given: dict[str, Any], inputs: Any, scope: Any) -> Any:
    """Normalize with the layer of `tf.layers`."""
    initializers = _INITIALIZERS | (given["param_initializers"] or {})
    regularizers = given["param_regularizers"] or {}
    layer = BatchNormalization(
        axis=1 if given["data_format"] == "NCHW" else -1,
        momentum=given["decay"],
        epsilon=given["epsilon"],
        center=given["center"],
        scale=given["scale"],
        **{f"{name}_initializer": initializers[name] for name in _INITIALIZERS},
        beta_regularizer=regularizers.get("beta"),
        gamma_regularizer=regularizers.get("gamma"),
        trainable=given["trainable"],
        renorm=given["renorm"],
        renorm_clipping=given["renorm_clipping"],
        renorm_momentum=given["renorm_decay"],
        adjustment=given["adjustment"],
        name=scope.name,
        _scope=scope,
        _reuse=given["reuse"],
        fused=given["fused"],
    )
    outputs = layer.apply(inputs, training=given["is_training"])
    for name in ("moving_mean", "moving_variance", "beta", "gamma"):
        if getattr(layer, name) is not None:
            add_variable(getattr(layer, name), given["variables_collections"], name)
    return outputs


def _by_ops(given: dict[str, Any], inputs: Any) -> Any:
    """Normalize with elementary ops, and update as the arguments say."""
    rank = inputs.shape.ndims
    if rank is None:
        raise ValueError(f"Inputs {inputs.name} has undefined rank.")
    dtype = inputs.dtype.base_dtype
    weights = given["batch_weights"]
    if weights is not None:
        weights = convert_to_tensor(weights)
        inputs.shape[0:1].assert_is_compatible_with(weights.shape)
        weights = late.reshape(weights, [-1] + [1] * (rank - 1))
    first = given["data_format"] == "NCHW"
    axes = [0, *range(2, rank)] if first else [*range(rank - 1)]
    shape = inputs.shape[1:2] if first else inputs.shape[-1:]
    if not shape.is_fully_defined():
        raise ValueError(f"Inputs {inputs.name} has undefined channels dimension {shape}.")
    # Regularizers do not apply here.
    mine = {key: value for key, value in given.items() if key != "param_regularizers"}
    beta = normalization_variable(mine, "beta", shape, dtype) if given["center"] else None
    gamma = normalization_variable(mine, "gamma", shape, dtype) if given["scale"] else None
    moving = _statistics(mine, shape, dtype)
    mean, variance = _used_moments(given, inputs, axes, weights, moving)
    if first:
        wide = [1, inputs.shape.as_list()[1]] + [1] * (rank - 2)
        mean = late.reshape(mean, wide)
        variance = late.reshape(variance, wide)
        beta = None if beta is None else late.reshape(beta, wide)
        gamma = None if gamma is None else late.reshape(gamma, wide)
    normalize = getattr(late, "nn.batch_normalization")
    outputs = normalize(inputs, mean, variance, beta, gamma, given["epsilon"])
    outputs.set_shape(inputs.shape)
    return outputs


def _batch_moments(inputs: Any, axes: list[int], weights: Any, first: bool) -> tuple[Any, Any]:
    if weights is None:
        more = {"keep_dims": True} if first else {}
        mean, variance = getattr(late, "nn.moments")(inputs, axes, **more)
    else:
        more = {"keepdims": True} if first else {}
        mean, variance = getattr(late, "nn.weighted_moments")(inputs, axes, weights, **more)
    if first:
        return late.reshape(mean, [-1]), late.reshape(variance, [-1])
    return mean, variance


def _used_moments(
    given: dict[str, Any], inputs: Any, axes: list[int], weights: Any, moving: tuple[Any, Any]
) -> Any:
    """The mean and the variance to normalize by, once updates are arranged for."""
    is_training = given["is_training"]
    known = known_value(is_training)
    if known is not None and not known:
        return moving
    batch = _batch_moments(inputs, axes, weights, given["data_format"] == "NCHW")
    if given["updates_collections"] is not None:
        _collect_updates(given, moving, batch)
        return smart_cond(is_training, lambda: batch, lambda: moving)

    def updated() -> Any:
        with control_dependencies(_update(given, moving, batch)):
            return late.identity(batch[0]), late.identity(batch[1])

    return smart_cond(is_training, updated, lambda: moving)


@export(*names("batch_norm"), v2=())
@add_arg_scope
def batch_norm(
    inputs: Any,
    decay: Any = 0.999,
    center: Any = True,
    scale: Any = False,
    epsilon: Any = 0.001,
    activation_fn: Any = None,
    param_initializers: Any = None,
    param_regularizers: Any = None,
    updates_collections: Any = GraphKeys.UPDATE_OPS,
    is_training: Any = True,
    reuse: Any = None,
    variables_collections: Any = None,
    outputs_collections: Any = None,
    trainable: Any = True,
    batch_weights: Any = None,
    fused: Any = None,
    data_format: Any = "NHWC",
    zero_debias_moving_mean: Any = False,
    scope: Any = None,
    renorm: Any = False,
    renorm_clipping: Any = None,
    renorm_decay: Any = 0.99,
    adjustment: Any = None,
) -> Tensor:
    """Normalize by the statistics of the batch in training, else by moving averages of them.

    Args:
      inputs: tensor of a float type.
      decay: how much of the averages remains in each step.
      center: whether to add `beta`.
      scale: whether to multiply by `gamma`.
      epsilon: small number added to variances.
      activation_fn: function of the result; None for none.
      param_initializers: dict, `beta`, `gamma`, `moving_mean`, `moving_variance` → initializer.
      param_regularizers: dict, `beta`, `gamma` → function of the variable that gives a loss.
      updates_collections: collections of the updates; None updates before the output is there.
      is_training: bool or scalar bool tensor.
      reuse: whether to share the variables of the scope.
      variables_collections: collections of the variables, or a dict with those of each.
      outputs_collections: collections that the output joins.
      trainable: whether offset and scale are trained.
      batch_weights: vector, what each element of the batch counts.
      fused: whether to use one op where possible; True when None.
      data_format: `"NHWC"` or `"NCHW"`.
      zero_debias_moving_mean: whether to correct the mean for having begun at zero.
      scope: name of the variable scope.
      renorm: whether to correct batch statistics towards the averages.
      renorm_clipping: dict that may hold `rmax`, `rmin` and `dmax`, limits of the correction.
      renorm_decay: momentum of the averages that the correction goes by.
      adjustment: function of the shape of the inputs that gives a scale and an offset.

    Returns:
      A tensor of the shape and type of `inputs`.

    Raises:
      ValueError: arguments or inputs that make no sense.
    """
    return _batch_norm(locals())  # type: ignore[no-any-return]


def _batch_norm(given: dict[str, Any]) -> Any:
    given["fused"] = True if given["fused"] is None else given["fused"]
    given["inputs"] = inputs = convert_to_tensor(given["inputs"])
    rank = inputs.shape.ndims
    usual = given["updates_collections"] is GraphKeys.UPDATE_OPS
    debias = given["zero_debias_moving_mean"]
    plain = given["batch_weights"] is None and not given["renorm"] and given["adjustment"] is None
    if given["fused"] and plain and rank in (2, 4) and (debias or rank == 2 or not usual):
        return _fused(given)
    _check_format(given["data_format"])
    with variable_scope(
        given["scope"],
        "BatchNorm",
        [inputs],
        reuse=given["reuse"],
        custom_getter=model_variable_getter,
    ) as sc:
        inputs = convert_to_tensor(inputs)
        if given["batch_weights"] is None and usual and not debias:
            outputs = _by_layer(given, inputs, sc)
        else:
            if given["renorm"]:
                raise ValueError(
                    "renorm is not supported with batch_weights, updates_collections or "
                    "zero_debias_moving_mean"
                )
            outputs = _by_ops(given, inputs)
        return finished(outputs, given["activation_fn"], given["outputs_collections"], sc.name)


# -- layer_norm -----------------------------------------------------------------------------------


@export(*names("layer_norm"), v2=())
@add_arg_scope
def layer_norm(
    inputs: Any,
    center: Any = True,
    scale: Any = True,
    activation_fn: Any = None,
    reuse: Any = None,
    variables_collections: Any = None,
    outputs_collections: Any = None,
    trainable: Any = True,
    begin_norm_axis: Any = 1,
    begin_params_axis: Any = -1,
    scope: Any = None,
) -> Tensor:
    """Normalize each example by itself (Ba et al., 2016).

    Args:
      inputs: tensor of a float type.
      center: whether to add `beta`.
      scale: whether to multiply by `gamma`.
      activation_fn: function of the result; None for none.
      reuse: whether to share the variables of the scope.
      variables_collections: collections of the variables, or a dict with those of each.
      outputs_collections: collections that the output joins.
      trainable: whether offset and scale are trained.
      begin_norm_axis: the first dimension to normalize along.
      begin_params_axis: the first dimension of offset and scale.
      scope: name of the variable scope.

    Returns:
      A tensor of the shape and type of `inputs`.

    Raises:
      ValueError: inputs of unknown rank or size, or axes outside it.
    """
    given = locals()
    with variable_scope(scope, "LayerNorm", [inputs], reuse=reuse) as sc:
        inputs = convert_to_tensor(inputs)
        rank = inputs.shape.ndims
        if rank is None:
            raise ValueError(f"Inputs {inputs.name} has undefined rank.")
        dtype = inputs.dtype.base_dtype
        if begin_norm_axis < 0:
            begin_norm_axis += rank
        if begin_params_axis >= rank or begin_norm_axis >= rank:
            raise ValueError(
                f"begin_params_axis ({begin_params_axis}) and begin_norm_axis ({begin_norm_axis}) "
                f"must be < rank(inputs) ({rank})"
            )
        shape = inputs.shape[begin_params_axis:]
        if not shape.is_fully_defined():
            raise ValueError(
                f"Inputs {inputs.name}: shape(inputs)[{begin_params_axis}:] is not fully defined: "
                f"{inputs.shape}"
            )
        beta = normalization_variable(given, "beta", shape, dtype) if center else None
        gamma = normalization_variable(given, "gamma", shape, dtype) if scale else None
        axes = [*range(begin_norm_axis, rank)]
        mean, variance = getattr(late, "nn.moments")(inputs, axes, keep_dims=True)
        epsilon = 1e-3 if dtype == dtypes.float16 else 1e-12
        outputs = getattr(late, "nn.batch_normalization")(
            inputs, mean, variance, offset=beta, scale=gamma, variance_epsilon=epsilon
        )
        outputs.set_shape(inputs.shape)
        return finished(outputs, activation_fn, outputs_collections, sc.name)  # type: ignore[no-any-return]


# -- unit_norm ------------------------------------------------------------------------------------


@export(*names("unit_norm"), v2=())
@add_arg_scope
def unit_norm(inputs: Any, dim: Any, epsilon: Any = 1e-07, scope: Any = None) -> Tensor:
    """Scale vectors to length one.

    Args:
      inputs: tensor of a float type and known rank.
      dim: the dimension of the vectors.
      epsilon: small number added to squared lengths.
      scope: name of the variable scope.

    Returns:
      A tensor of the shape and type of `inputs`.

    Raises:
      ValueError: inputs of unknown rank, or `dim` outside it.
    """
    with variable_scope(scope, "UnitNorm", [inputs]):
        if inputs.shape.ndims is None:
            raise ValueError("The input rank must be known.")
        rank = inputs.shape.ndims
        if not 0 <= dim < rank:
            raise ValueError("dim must be positive but smaller than the input rank.")
        squares = late.reduce_sum(late.square(inputs), dim, True)
        lengths = late.sqrt(epsilon + squares)
        multiples = [late.ones([dim], dtypes.int32)] if dim > 0 else []
        multiples.append(late.strided_slice(late.shape(inputs), [dim], [dim + 1]))
        if dim < rank - 1:
            multiples.append(late.ones([rank - 1 - dim], dtypes.int32))
        return late.div(inputs, late.tile(lengths, late.concat(multiples, 0)))  # type: ignore[no-any-return]
