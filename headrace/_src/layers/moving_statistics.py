"""Batch normalization's variables, and how they follow the statistics of batches."""

from __future__ import annotations

import functools
from typing import Any

from headrace._src.core import dtypes
from headrace._src.core.convert import convert_to_tensor
from headrace._src.core.scopes import colocate_with, control_dependencies, name_scope
from headrace._src.core.shape import TensorShape
from headrace._src.core.tensor import Tensor
from headrace._src.layers.base import Layer
from headrace._src.layers.conditions import smart_cond
from headrace._src.ops._late import late
from headrace._src.state.assign import assign, assign_sub
from headrace._src.state.variable import VariableAggregation, VariableSynchronization


class MovingStatistics(Layer):
    """The part of batch normalization that holds and updates variables."""

    axis: Any
    momentum: Any
    epsilon: Any
    center: Any
    scale: Any
    renorm: Any
    fused: Any

    @property
    def _param_dtype(self) -> Any:
        """The dtype of the variables, which half precision does not suffice for."""
        if self.dtype in ("float16", "bfloat16"):
            return dtypes.float32
        return self.dtype or dtypes.float32

    # -- variables -----------------------------------------------------------------------------

    def _make_variables(self, shape: Any) -> None:
        self.gamma = self._trained("gamma", shape) if self.scale else None
        if self.fused and not self.scale:
            self._gamma_const = late.constant(1.0, dtype=self._param_dtype, shape=shape)
        self.beta = self._trained("beta", shape) if self.center else None
        if self.fused and not self.center:
            self._beta_const = late.constant(0.0, dtype=self._param_dtype, shape=shape)
        # Statistics are never split.
        scope = self._scope
        partitioner = scope.partitioner if scope else None
        if scope:
            scope.set_partitioner(None)
        try:
            self._make_statistics(shape)
        finally:
            if partitioner:
                scope.set_partitioner(partitioner)

    def _trained(self, name: str, shape: Any) -> Any:
        return self.add_weight(
            name=name,
            shape=shape,
            dtype=self._param_dtype,
            initializer=getattr(self, f"{name}_initializer"),
            regularizer=getattr(self, f"{name}_regularizer"),
            constraint=getattr(self, f"{name}_constraint"),
            trainable=True,
            experimental_autocast=False,
        )

    def _statistic(self, name: str, shape: Any, initializer: Any) -> Any:
        return self.add_weight(
            name=name,
            shape=shape,
            dtype=self._param_dtype,
            initializer=initializer,
            synchronization=VariableSynchronization.ON_READ,
            trainable=False,
            aggregation=VariableAggregation.MEAN,
            experimental_autocast=False,
        )

    def _make_statistics(self, shape: Any) -> None:
        of_mean, of_variance = self.moving_mean_initializer, self.moving_variance_initializer
        self.moving_mean = self._statistic("moving_mean", shape, of_mean)
        self.moving_variance = self._statistic("moving_variance", shape, of_variance)
        if not self.renorm:
            return

        def of_stddev(*args: Any, **kwargs: Any) -> Tensor:
            return late.sqrt(of_variance(*args, **kwargs))  # type: ignore[no-any-return]

        with colocate_with(self.moving_variance):
            self.moving_stddev = self._statistic("moving_stddev", shape, of_stddev)
        with colocate_with(self.moving_mean):
            self.renorm_mean = self._statistic("renorm_mean", shape, of_mean)
        with colocate_with(self.moving_stddev):
            self.renorm_stddev = self._statistic("renorm_stddev", shape, of_stddev)

    # -- updates -------------------------------------------------------------------------------

    def _assign_moving_average(self, variable: Any, value: Any, momentum: Any) -> Any:
        with name_scope("AssignMovingAvg") as scope, colocate_with(variable):
            decay = convert_to_tensor(1.0 - momentum, name="decay")
            if decay.dtype != variable.dtype.base_dtype:
                decay = late.cast(decay, variable.dtype.base_dtype)
            delta = (variable - late.cast(value, variable.dtype)) * decay
            return assign_sub(variable, delta, name=scope)

    def _assign_new_value(self, variable: Any, value: Any) -> Any:
        with name_scope("AssignNewValue") as scope, colocate_with(variable):
            return assign(variable, value, name=scope)

    def _update_moving_mean(self, mean: Any, momentum: Any) -> Any:
        return self._assign_moving_average(self.moving_mean, mean, momentum)

    def _update_moving_variance(self, variance: Any, momentum: Any) -> Any:
        if not self.renorm:
            return self._assign_moving_average(self.moving_variance, variance, momentum)
        stddev = late.sqrt(variance + self.epsilon)
        stddev = self._assign_moving_average(self.moving_stddev, stddev, momentum)
        variance = getattr(late, "nn.relu")(stddev * stddev - self.epsilon)
        return self._assign_new_value(self.moving_variance, variance)

    def _add_updates(self, training: Any, mean: Any, variance: Any) -> None:
        """Let the moving statistics follow, where the layer trains."""
        update_mean = functools.partial(self._update_moving_mean, mean, self.momentum)
        update_variance = functools.partial(self._update_moving_variance, variance, self.momentum)
        self.add_update(lambda: smart_cond(training, update_mean, lambda: self.moving_mean))
        self.add_update(lambda: smart_cond(training, update_variance, lambda: self.moving_variance))

    # -- renormalization -----------------------------------------------------------------------

    def _renorm_correction(
        self, mean: Any, variance: Any, training: Any
    ) -> tuple[Any, Any, Tensor, Tensor]:
        """The factor and the offset that bring batch statistics near the moving ones.

        Returns:
          Both, and the mean and the variance, to be had once their averages are updated.
        """
        stddev = late.sqrt(variance + self.epsilon)
        renorm_mean = self.renorm_mean
        renorm_stddev = late.maximum(self.renorm_stddev, late.sqrt(self.epsilon))
        r = stddev / renorm_stddev
        d = (mean - renorm_mean) / renorm_stddev
        # The correction is that of the averages before their update.
        with control_dependencies([r, d]):
            mean = late.identity(mean)
            stddev = late.identity(stddev)
        r, d = self._clipped(r, d)
        factor = smart_cond(training, lambda: r, lambda: late.ones_like(r))
        offset = smart_cond(training, lambda: d, lambda: late.zeros_like(d))
        updates = [
            self._update_renorm(self.renorm_mean, mean, training),
            self._update_renorm(self.renorm_stddev, stddev, training),
        ]
        with control_dependencies(updates):
            return factor, offset, late.identity(mean), late.identity(variance)

    def _clipped(self, r: Any, d: Any) -> tuple[Any, Any]:
        rmin, rmax, dmax = (self.renorm_clipping.get(key) for key in ("rmin", "rmax", "dmax"))
        if rmin is not None:
            r = late.maximum(r, rmin)
        if rmax is not None:
            r = late.minimum(r, rmax)
        if dmax is not None:
            d = late.maximum(d, -dmax)
            d = late.minimum(d, dmax)
        return r, d

    def _update_renorm(self, variable: Any, value: Any, training: Any) -> Any:
        value = late.identity(value)
        return smart_cond(
            training,
            lambda: self._assign_moving_average(variable, value, self.renorm_momentum),
            lambda: late.identity(variable),
        )

    def compute_output_shape(self, input_shape: Any) -> Any:
        """Return the shape of the output: that of the input."""
        return input_shape

    def _settle_axes(self, shape: TensorShape) -> dict[int, Any]:
        """Make `axis` a list of non-negative positions; return the size of each.

        Raises:
          ValueError: an axis lies outside the inputs or comes twice.
        """
        rank = len(shape)
        axes = [self.axis] if isinstance(self.axis, int) else self.axis
        self.axis = axes = [axis + rank if axis < 0 else axis for axis in axes]
        for axis in axes:
            if not 0 <= axis < rank:
                raise ValueError(f"Invalid axis: {axis}")
        if len(axes) != len(set(axes)):
            raise ValueError(f"Duplicate axis: {axes}")
        sizes = shape.as_list()
        return {axis: sizes[axis] for axis in axes}
