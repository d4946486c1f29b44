"""Batch normalization: inputs of mean zero and variance one, scaled and shifted."""

from __future__ import annotations

import functools
from typing import Any

from headrace._api.export import export
from headrace._src.core.convert import convert_to_tensor
from headrace._src.core.shape import TensorShape
from headrace._src.core.tensor import Tensor
from headrace._src.layers import activations
from headrace._src.layers.arguments import call_new
from headrace._src.layers.conditions import constant_value, smart_cond
from headrace._src.layers.input_spec import InputSpec
from headrace._src.layers.layer import callable_or_none
from headrace._src.layers.learning_phase import learning_phase
from headrace._src.layers.moving_statistics import MovingStatistics
from headrace._src.ops._late import late
from headrace._src.platform import logging
from headrace._src.state import keras_initializers
from headrace._src.state.initializers import Ones, Zeros

_ZEROS, _ONES = Zeros(), Ones()
_CLIPPING_KEYS = ("rmax", "rmin", "dmax")


def _composed(scale: Any, offset: Any, then_scale: Any, then_offset: Any) -> tuple[Any, Any]:
    """One scale and offset that do what two in a row do."""
    if then_scale is not None:
        scale *= then_scale
        offset *= then_scale
    if then_offset is not None:
        offset += then_offset
    return scale, offset


@export("layers.BatchNormalization", v2=())
class BatchNormalization(MovingStatistics):
    """Normalizes by the statistics of the batch in training, else by moving averages of them.

    The operations that update the averages join the collection `GraphKeys.UPDATE_OPS`; a training
    step must run them.

    Args:
      axis: int or list of int, the dimensions that keep statistics of their own.
      momentum: how much of the averages remains in each step.
      epsilon: small number added to variances.
      center: whether to add `beta`.
      scale: whether to multiply by `gamma`.
      beta_initializer: initializer of the offset.
      gamma_initializer: initializer of the scale.
      moving_mean_initializer: initializer of the average mean.
      moving_variance_initializer: initializer of the average variance.
      beta_regularizer: function of the offset that gives a loss.
      gamma_regularizer: function of the scale that gives a loss.
      beta_constraint: projection of the offset after each update.
      gamma_constraint: projection of the scale after each update.
      renorm: whether to correct batch statistics towards the averages (Ioffe, 2017).
      renorm_clipping: dict that may hold `rmax`, `rmin` and `dmax`, limits of the correction.
      renorm_momentum: momentum of the averages that the correction goes by.
      fused: whether to use one op where possible; True when None.
      trainable: whether offset and scale are trained.
      virtual_batch_size: int, size of the parts of the batch to normalize each by itself.
      adjustment: function of the shape of the inputs that gives a scale and an offset to apply
        while training.
      name: name of the layer.
      **kwargs: as for `tf.layers.Layer`.

    Raises:
      TypeError: `axis` is neither int nor list.
      ValueError: unknown keys in `renorm_clipping`.
    """

    def __init__(
        self,
        axis: Any = -1,
        momentum: Any = 0.99,
        epsilon: Any = 1e-3,
        center: Any = True,
        scale: Any = True,
        beta_initializer: Any = _ZEROS,
        gamma_initializer: Any = _ONES,
        moving_mean_initializer: Any = _ZEROS,
        moving_variance_initializer: Any = _ONES,
        beta_regularizer: Any = None,
        gamma_regularizer: Any = None,
        beta_constraint: Any = None,
        gamma_constraint: Any = None,
        renorm: Any = False,
        renorm_clipping: Any = None,
        renorm_momentum: Any = 0.99,
        fused: Any = None,
        trainable: Any = True,
        virtual_batch_size: Any = None,
        adjustment: Any = None,
        name: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(name=name, **kwargs)
        if not isinstance(axis, (list, int)):
            raise TypeError(f"axis must be int or list, type given: {type(axis)}")
        self.axis = list(axis) if isinstance(axis, list) else axis
        self.momentum = momentum
        self.epsilon = epsilon
        self.center = center
        self.scale = scale
        self.beta_initializer = keras_initializers.get(beta_initializer)
        self.gamma_initializer = keras_initializers.get(gamma_initializer)
        self.moving_mean_initializer = keras_initializers.get(moving_mean_initializer)
        self.moving_variance_initializer = keras_initializers.get(moving_variance_initializer)
        self.beta_regularizer = callable_or_none(beta_regularizer, "regularizer")
        self.gamma_regularizer = callable_or_none(gamma_regularizer, "regularizer")
        self.beta_constraint = callable_or_none(beta_constraint, "constraint")
        self.gamma_constraint = callable_or_none(gamma_constraint, "constraint")
        self.renorm = renorm
        self.virtual_batch_size = virtual_batch_size
        self.adjustment = adjustment
        self.fused = True if fused is None else fused
        self.supports_masking = True
        self.trainable = trainable
        if renorm:
            self.renorm_clipping = renorm_clipping or {}
            if set(self.renorm_clipping) - set(_CLIPPING_KEYS):
                raise ValueError(
                    f"renorm_clipping {self.renorm_clipping} contains keys not in "
                    f"{list(_CLIPPING_KEYS)}"
                )
            self.renorm_momentum = renorm_momentum

    # -- building ------------------------------------------------------------------------------

    def build(self, input_shape: Any) -> None:
        """Make the variables.

        Raises:
          ValueError: inputs of unknown rank or unknown size along the axis, or arguments that do
            not fit them.
        """
        shape = TensorShape(input_shape)
        if not shape.ndims:
            raise ValueError("Input has undefined rank:", shape)
        sizes = self._settle_axes(shape)
        self._check_virtual_batch_size()
        if self.fused:
            self.fused = len(shape) == 4 and self._can_fuse(list(sizes))
        for size in sizes.values():
            if size is None:
                raise ValueError("Input has undefined `axis` dimension. Input shape: ", shape)
        self.input_spec = InputSpec(ndim=len(shape), axes=sizes)
        self._make_variables(self._param_shape(len(shape), sizes))
        self.built = True

    def _check_virtual_batch_size(self) -> None:
        if self.virtual_batch_size is None:
            return
        if self.virtual_batch_size <= 0:
            raise ValueError(
                "virtual_batch_size must be a positive integer that divides the true batch size of "
                "the input Tensor"
            )
        if 0 in self.axis:
            raise ValueError(
                "When using virtual_batch_size, the batch dimension must be 0 and thus axis cannot "
                "include 0"
            )
        if self.adjustment is not None:
            raise ValueError("When using virtual_batch_size, adjustment cannot be specified")

    def _can_fuse(self, axes: list[int]) -> bool:
        extras = self.renorm or self.adjustment is not None or self.virtual_batch_size is not None
        return axes in ([1], [3]) and not extras

    def _param_shape(self, rank: int, sizes: dict[int, Any]) -> Any:
        if len(sizes) == 1 and self.virtual_batch_size is None:
            return (*sizes.values(),)
        shape = [sizes.get(i, 1) for i in range(rank)]
        if self.virtual_batch_size is not None:
            # The second dimension will count the parts of the batch.
            shape.insert(1, 1)
            self.axis = [axis + 1 for axis in self.axis]
        return shape

    # -- calling -------------------------------------------------------------------------------

    def call(self, inputs: Any, training: Any = False) -> Tensor:
        """Normalize the inputs.

        Args:
          inputs: tensor of a float type.
          training: whether to use the statistics of the batch: a bool or a scalar bool tensor;
            None for the placeholder `keras_learning_phase`.

        Returns:
          A tensor of the shape and type of `inputs`.
        """
        if training is None:
            training = learning_phase()
        if self.virtual_batch_size is not None:
            whole = [-1, *inputs.shape.as_list()[1:]]
            inputs = late.reshape(inputs, [self.virtual_batch_size, *whole])
            return late.reshape(self._normalized(inputs, training), whole)  # type: ignore[no-any-return]
        if self.fused:
            return self._fused_batch_norm(inputs, training)
        return self._normalized(inputs, training)

    def _fused_batch_norm(self, inputs: Any, training: Any) -> Tensor:
        normalize = functools.partial(
            getattr(late, "nn.fused_batch_norm"),
            inputs,
            self.gamma if self.scale else self._gamma_const,
            self.beta if self.center else self._beta_const,
            epsilon=self.epsilon,
            data_format="NCHW" if self.axis == [1] else "NHWC",
        )

        def by_averages() -> Any:
            return normalize(
                mean=self.moving_mean, variance=self.moving_variance, is_training=False
            )

        output, mean, variance = smart_cond(training, normalize, by_averages)
        known = constant_value(training)
        if known is None:
            momentum = smart_cond(training, lambda: self.momentum, lambda: 1.0)
        else:
            momentum = convert_to_tensor(self.momentum)
        if known is None or known:
            self.add_update(lambda: self._update_moving_mean(mean, momentum))
            self.add_update(lambda: self._update_moving_variance(variance, momentum))
        return output  # type: ignore[no-any-return]

    def _normalized(self, inputs: Any, training: Any) -> Tensor:
        """Normalize with elementary ops."""
        rank = len(inputs.shape)
        reduced = [i for i in range(rank) if i not in self.axis]
        if self.virtual_batch_size is not None:
            del reduced[1]
        fitting = [1] * rank
        fitting[self.axis[0]] = inputs.shape.as_list()[self.axis[0]]

        def fit(v: Any) -> Any:
            if v is None or len(v.shape) == rank or reduced == [*range(rank - 1)]:
                return v
            return late.reshape(v, fitting)

        scale, offset = fit(self.gamma), fit(self.beta)
        known = constant_value(training)
        if known is not None and not known:
            mean, variance = self.moving_mean, self.moving_variance
        else:
            if self.adjustment:
                scale, offset = self._adjusted(inputs, training, scale, offset)
            mean, variance = self._moments(inputs, reduced, training)
            new_mean, new_variance = mean, variance
            if self.virtual_batch_size is not None:
                new_mean = late.reduce_mean(mean, axis=1, keepdims=True)
                new_variance = late.reduce_mean(variance, axis=1, keepdims=True)
            if self.renorm:
                r, d, new_mean, new_variance = self._renorm_correction(
                    new_mean, new_variance, training
                )
                r = fit(late.stop_gradient(r, name="renorm_r"))
                d = fit(late.stop_gradient(d, name="renorm_d"))
                scale, offset = _composed(r, d, scale, offset)
            self._add_updates(training, new_mean, new_variance)
        mean = late.cast(mean, inputs.dtype)
        variance = late.cast(variance, inputs.dtype)
        offset = None if offset is None else late.cast(offset, inputs.dtype)
        scale = None if scale is None else late.cast(scale, inputs.dtype)
        normalize = getattr(late, "nn.batch_normalization")
        outputs = normalize(inputs, fit(mean), fit(variance), offset, scale, self.epsilon)
        outputs.set_shape(inputs.shape)
        return outputs  # type: ignore[no-any-return]

    def _adjusted(self, inputs: Any, training: Any, scale: Any, offset: Any) -> tuple[Any, Any]:
        factor, bias = self.adjustment(late.shape(inputs))
        factor_now = smart_cond(training, lambda: factor, lambda: late.ones_like(factor))
        bias_now = smart_cond(training, lambda: bias, lambda: late.zeros_like(bias))
        return _composed(factor_now, bias_now, scale, offset)

    def _moments(self, inputs: Any, reduced: list[int], training: Any) -> tuple[Any, Any]:
        """The mean and the variance to normalize by: the batch's if it trains, else averages."""
        keep = self.virtual_batch_size is not None or len(self.axis) > 1
        values = late.cast(inputs, self._param_dtype)
        mean, variance = getattr(late, "nn.moments")(values, reduced, keep_dims=keep)
        moving_mean, moving_variance = self.moving_mean, self.moving_variance
        return (
            smart_cond(training, lambda: mean, lambda: convert_to_tensor(moving_mean)),
            smart_cond(training, lambda: variance, lambda: convert_to_tensor(moving_variance)),
        )

    def get_config(self) -> dict[str, Any]:
        """Return the arguments that make an equal layer, without its variables."""
        config = super().get_config() | {
            "axis": self.axis,
            "momentum": self.momentum,
            "epsilon": self.epsilon,
            "center": self.center,
            "scale": self.scale,
        }
        for name in ("beta", "gamma", "moving_mean", "moving_variance"):
            initializer = getattr(self, f"{name}_initializer")
            config[f"{name}_initializer"] = keras_initializers.serialize(initializer)
        for name in ("beta", "gamma"):
            for kind in ("regularizer", "constraint"):
                key = f"{name}_{kind}"
                config[key] = activations.serialize(getattr(self, key))
        if self.renorm:
            config["renorm"] = True
            config["renorm_clipping"] = self.renorm_clipping
            config["renorm_momentum"] = self.renorm_momentum
        if self.virtual_batch_size is not None:
            config["virtual_batch_size"] = self.virtual_batch_size
        if self.adjustment is not None:
            logging.warning(
                "The `adjustment` function of a `BatchNormalization` layer is not part of its "
                "config."
            )
        return config


@export(
    "layers.batch_normalization",
    v2=(),
    deprecated="tf.keras.layers.BatchNormalization",
)
def batch_normalization(
    inputs: Any,
    axis: Any = -1,
    momentum: Any = 0.99,
    epsilon: Any = 1e-3,
    center: Any = True,
    scale: Any = True,
    beta_initializer: Any = _ZEROS,
    gamma_initializer: Any = _ONES,
    moving_mean_initializer: Any = _ZEROS,
    moving_variance_initializer: Any = _ONES,
    beta_regularizer: Any = None,
    gamma_regularizer: Any = None,
    beta_constraint: Any = None,
    gamma_constraint: Any = None,
    training: Any = False,
    trainable: Any = True,
    name: Any = None,
    reuse: Any = None,
    renorm: Any = False,
    renorm_clipping: Any = None,
    renorm_momentum: Any = 0.99,
    fused: Any = None,
    virtual_batch_size: Any = None,
    adjustment: Any = None,
) -> Tensor:
    """Normalize by the statistics of the batch in training, else by moving averages of them.

    The operations that update the averages join the collection `GraphKeys.UPDATE_OPS`; a training
    step must run them.

    Args:
      inputs: tensor of a float type.
      axis: int or list of int, the dimensions that keep statistics of their own.
      momentum: how much of the averages remains in each step.
      epsilon: small number added to variances.
      center: whether to add `beta`.
      scale: whether to multiply by `gamma`.
      beta_initializer: initializer of the offset.
      gamma_initializer: initializer of the scale.
      moving_mean_initializer: initializer of the average mean.
      moving_variance_initializer: initializer of the average variance.
      beta_regularizer: function of the offset that gives a loss.
      gamma_regularizer: function of the scale that gives a loss.
      beta_constraint: projection of the offset after each update.
      gamma_constraint: projection of the scale after each update.
      training: whether to use the statistics of the batch: a bool or a scalar bool tensor.
      trainable: whether offset and scale are trained.
      name: name of the layer.
      reuse: whether to share the variables of a layer of the same name.
      renorm: whether to correct batch statistics towards the averages (Ioffe, 2017).
      renorm_clipping: dict that may hold `rmax`, `rmin` and `dmax`, limits of the correction.
      renorm_momentum: momentum of the averages that the correction goes by.
      fused: whether to use one op where possible; True when None.
      virtual_batch_size: int, size of the parts of the batch to normalize each by itself.
      adjustment: function of the shape of the inputs that gives a scale and an offset to apply
        while training.

    Returns:
      A tensor of the shape and type of `inputs`.

    Raises:
      ValueError: arguments that do not fit the inputs.
    """
    given = {key: value for key, value in locals().items() if key != "training"}
    return call_new(BatchNormalization, call={"training": training}, **given)  # type: ignore[no-any-return]
