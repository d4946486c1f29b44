"""Normalization of `tf.contrib.layers` within each example: by channel or by group of channels."""

from __future__ import annotations

from typing import Any

from headrace._api.export import export
from headrace._src.contrib.arg_scope import add_arg_scope
from headrace._src.contrib.layers_normalization import normalization_variable
from headrace._src.contrib.layers_shared import finished, names
from headrace._src.core.convert import convert_to_tensor
from headrace._src.core.tensor import Tensor
from headrace._src.ops._late import late
from headrace._src.state.variable_scope import variable_scope


@export(*names("instance_norm"), v2=())
@add_arg_scope
def instance_norm(
    inputs: Any,
    center: Any = True,
    scale: Any = True,
    epsilon: Any = 1e-06,
    activation_fn: Any = None,
    param_initializers: Any = None,
    reuse: Any = None,
    variables_collections: Any = None,
    outputs_collections: Any = None,
    trainable: Any = True,
    data_format: Any = "NHWC",
    scope: Any = None,
) -> Tensor:
    """Normalize each channel of each example by itself (Ulyanov et al., 2016).

    Args:
      inputs: tensor of a float type and known rank.
      center: whether to add `beta`.
      scale: whether to multiply by `gamma`.
      epsilon: small number added to variances.
      activation_fn: function of the result; None for none.
      param_initializers: dict, `beta`, `gamma` → initializer.
      reuse: whether to share the variables of the scope.
      variables_collections: collections of the variables, or a dict with those of each.
      outputs_collections: collections that the output joins.
      trainable: whether offset and scale are trained.
      data_format: `"NHWC"` or `"NCHW"`.
      scope: name of the variable scope.

    Returns:
      A tensor of the shape and type of `inputs`.

    Raises:
      ValueError: inputs of unknown rank or number of channels, or another data format.
    """
    given = locals()
    inputs = convert_to_tensor(inputs)
    rank = inputs.shape.ndims
    if rank is None:
        raise ValueError(f"Inputs {inputs.name} has undefined rank.")
    if data_format not in ("NCHW", "NHWC"):
        raise ValueError("data_format has to be either NCHW or NHWC.")
    with variable_scope(scope, "InstanceNorm", [inputs], reuse=reuse) as sc:
        first = data_format == "NCHW"
        channels = 1 if first else rank - 1
        shape = inputs.shape[channels : channels + 1]
        if not shape.is_fully_defined():
            raise ValueError(f"Inputs {inputs.name} has undefined channels dimension {shape}.")
        wide = [1, inputs.shape.as_list()[1]] + [1] * (rank - 2)
        parameters: dict[str, Any] = {"beta": None, "gamma": None}
        for name, wanted in (("beta", center), ("gamma", scale)):
            if wanted:
                made = normalization_variable(given, name, shape, inputs.dtype.base_dtype)
                parameters[name] = late.reshape(made, wide) if first else made
        axes = [i for i in range(1, rank) if i != channels]
        mean, variance = getattr(late, "nn.moments")(inputs, axes, keep_dims=True)
        outputs = getattr(late, "nn.batch_normalization")(
            inputs, mean, variance, *parameters.values(), epsilon, name="instancenorm"
        )
        return finished(outputs, activation_fn, outputs_collections, sc.name)  # type: ignore[no-any-return]


def _checked_axes(inputs: Tensor, groups: int, channels_axis: int, axes: Any) -> tuple[int, Any]:
    """The axes, counted from the first dimension."""
    if inputs.shape.ndims is None:
        raise ValueError(f"Inputs {inputs.name} has undefined rank.")
    sizes = inputs.shape.as_list()
    rank = len(sizes)
    if channels_axis > rank - 1:
        raise ValueError("Axis is out of bounds.")
    channels_axis = channels_axis + rank if channels_axis < 0 else channels_axis
    channels = sizes[channels_axis]
    if channels is None:
        raise ValueError(f"Inputs {inputs.name} has undefined channel dimension: {channels_axis}.")
    axes = [axis + rank if axis < 0 else axis for axis in axes]
    for axis in axes:
        if axis > rank:
            raise ValueError("Axis is out of bounds.")
        if sizes[axis] is None:
            raise ValueError(f"Inputs {inputs.name} has undefined dimensions {axis}.")
        if axis == channels_axis:
            raise ValueError("reduction_axis must be mutually exclusive with channels_axis")
    if groups > channels:
        raise ValueError(f"Invalid groups {groups} for {channels} channels.")
    if channels % groups:
        raise ValueError(f"{channels} channels is not commensurate with {groups} groups.")
    return channels_axis, axes


@export(*names("group_norm"), v2=())
@add_arg_scope
def group_norm(
    inputs: Any,
    groups: Any = 32,
    channels_axis: Any = -1,
    reduction_axes: Any = (-3, -2),
    center: Any = True,
    scale: Any = True,
    epsilon: Any = 1e-06,
    activation_fn: Any = None,
    param_initializers: Any = None,
    reuse: Any = None,
    variables_collections: Any = None,
    outputs_collections: Any = None,
    trainable: Any = True,
    scope: Any = None,
    mean_close_to_zero: Any = False,
) -> Tensor:
    """Normalize groups of channels of each example (Wu and He, 2018).

    Args:
      inputs: tensor of a float type and known rank.
      groups: int, number of groups, a divisor of the number of channels.
      channels_axis: the dimension of the channels.
      reduction_axes: the dimensions to normalize along.
      center: whether to add `beta`.
      scale: whether to multiply by `gamma`.
      epsilon: small number added to variances.
      activation_fn: function of the result; None for none.
      param_initializers: dict, `beta`, `gamma` → initializer.
      reuse: whether to share the variables of the scope.
      variables_collections: collections of the variables, or a dict with those of each.
      outputs_collections: collections that the output joins.
      trainable: whether offset and scale are trained.
      scope: name of the variable scope.
      mean_close_to_zero: whether sums of squares are exact enough for the variance.

    Returns:
      A tensor of the shape and type of `inputs`.

    Raises:
      ValueError: unknown sizes, or axes or groups that do not fit them.
    """
    return _group_norm(locals())  # type: ignore[no-any-return]


def _group_norm(given: dict[str, Any]) -> Any:
    inputs, groups = convert_to_tensor(given["inputs"]), given["groups"]
    at, axes = _checked_axes(inputs, groups, given["channels_axis"], given["reduction_axes"])
    in_run = late.shape(inputs)
    sizes = [in_run[i] if n is None else n for i, n in enumerate(inputs.shape.as_list())]
    split = [groups, sizes[at] // groups]
    wide = [1] * at + split + [1] * (len(sizes) - at - 1)
    inputs = late.reshape(inputs, sizes[:at] + split + sizes[at + 1 :])
    axes = [at + 1, *(axis + 1 if axis > at else axis for axis in axes)]
    with variable_scope(given["scope"], "GroupNorm", [inputs], reuse=given["reuse"]) as sc:
        parameters: dict[str, Any] = {"beta": None, "gamma": None}
        for name, wanted in (("beta", given["center"]), ("gamma", given["scale"])):
            if wanted:
                dtype = inputs.dtype.base_dtype
                made = normalization_variable(given, name, [sizes[at]], dtype)
                parameters[name] = late.reshape(made, wide)
        if given["mean_close_to_zero"]:
            sums = getattr(late, "nn.sufficient_statistics")(inputs, axes, keep_dims=True)
            mean, variance = getattr(late, "nn.normalize_moments")(*sums[:3], shift=None)
        else:
            mean, variance = getattr(late, "nn.moments")(inputs, axes, keep_dims=True)
        gain = late.rsqrt(variance + given["epsilon"])
        offset = -mean * gain
        if parameters["gamma"] is not None:
            gain *= parameters["gamma"]
            offset *= parameters["gamma"]
        if parameters["beta"] is not None:
            offset += parameters["beta"]
        outputs = late.reshape(inputs * gain + offset, sizes)
        return finished(outputs, given["activation_fn"], given["outputs_collections"], sc.name)
