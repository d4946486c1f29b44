"""tf.contrib.opt: optimizers around optimizers, and lazy Adam."""

from __future__ import annotations

import types
from typing import Any

from headrace._api.export import export
from headrace._src.core import dtypes, scopes
from headrace._src.ops import casts, clip_ops, conditional, grouping, variable_scatter
from headrace._src.ops._late import late
from headrace._src.state import assign, collections
from headrace._src.state.partitioned_variable import PartitionedVariable
from headrace._src.train import saveable
from headrace._src.train.adam import AdamOptimizer
from headrace._src.train.moving_averages import ExponentialMovingAverage
from headrace._src.train.optimizer import Optimizer
from headrace._src.train.saver import Saver


@export("contrib.opt.LazyAdamOptimizer", v2=())
class LazyAdamOptimizer(AdamOptimizer):
    """Adam whose sparse gradients change only the rows they have; see `tf.train.AdamOptimizer`."""

    def _scalars_for(self, var: Any) -> tuple[Any, Any, Any, Any]:
        """The step size, both decays and epsilon."""
        dtype = var.dtype.base_dtype
        powers = [casts.cast(power, dtype) for power in self._get_beta_accumulators()]
        held = (self._lr_t, self._beta1_t, self._beta2_t, self._epsilon_t)
        rate, beta1, beta2, epsilon = (casts.cast(t, dtype) for t in held)
        rate = rate * late.sqrt(1 - powers[1]) / (1 - powers[0])
        return rate, beta1, beta2, epsilon

    def _apply_sparse(self, grad: Any, var: Any) -> Any:
        rate, beta1, beta2, epsilon = self._scalars_for(var)
        locking = self._use_locking

        def moment(name: str, beta: Any, power: Any) -> Any:
            cell = self.get_slot(var, name)
            rows = beta * late.gather(cell, grad.indices) + (1 - beta) * power(grad.values)
            return assign.scatter_update(cell, grad.indices, rows, use_locking=locking)

        m = moment("m", beta1, lambda g: g)
        v = moment("v", beta2, late.square)
        m_rows, v_rows = late.gather(m, grad.indices), late.gather(v, grad.indices)
        root = late.sqrt(v_rows) + epsilon
        step = rate * m_rows / root
        update = assign.scatter_sub(var, grad.indices, step, use_locking=locking)
        return grouping.group(update, m, v)

    def _resource_apply_sparse(self, grad: Any, handle: Any, indices: Any) -> Any:
        rate, beta1, beta2, epsilon = self._scalars_for(handle)

        def moment(name: str, beta: Any, power: Any) -> Any:
            cell = self.get_slot(handle, name)
            rows = beta * late.gather(cell, indices) + (1 - beta) * power(grad)
            return rows, variable_scatter.ResourceScatterUpdate(cell.handle, indices, rows)

        m_rows, m_update = moment("m", beta1, lambda g: g)
        v_rows, v_update = moment("v", beta2, late.square)
        step = rate * m_rows / (late.sqrt(v_rows) + epsilon)
        update = variable_scatter.ResourceScatterSub(handle.handle, indices, step)
        return grouping.group(update, m_update, v_update)


@export("contrib.opt.MovingAverageOptimizer", v2=())
class MovingAverageOptimizer(Optimizer):
    """An optimizer that also keeps moving averages of the variables.

    Args:
      opt: the optimizer that updates.
      average_decay: see `tf.train.ExponentialMovingAverage`.
      num_updates: likewise.
      sequential_update: whether averages are updated after the variables, not beside them.
    """

    def __init__(
        self,
        opt: Any,
        average_decay: Any = 0.9999,
        num_updates: Any = None,
        sequential_update: bool = True,
    ) -> None:
        self._optimizer = opt
        self._ema = ExponentialMovingAverage(average_decay, num_updates=num_updates)
        # Name of a variable → that of its average, and the other way round.
        self._swapped: dict[str, str] | None = None
        self._sequential_update = sequential_update

    def compute_gradients(self, *args: Any, **kwargs: Any) -> Any:
        """Add the nodes that compute gradients; see `tf.train.Optimizer.compute_gradients`."""
        return self._optimizer.compute_gradients(*args, **kwargs)

    def apply_gradients(
        self, grads_and_vars: Any, global_step: Any = None, name: str | None = None
    ) -> Any:
        """Add the operation that updates variables and averages.

        Args:
          grads_and_vars: pairs of a gradient and its variable.
          global_step: variable to increment after the update.
          name: name of the operation.
        """
        train_op = self._optimizer.apply_gradients(
            grads_and_vars, global_step=global_step, name=name
        )
        variables = [var for grad, var in grads_and_vars if grad is not None]
        with scopes.control_dependencies([train_op] if self._sequential_update else []):
            average_op = self._ema.apply(variables)
        self._swapped = {}
        for var in variables:
            average = self._ema.average(var)
            self._swapped[var.op.name] = average.op.name
            self._swapped[average.op.name] = var.op.name
        return grouping.group(train_op, average_op, name="train_with_avg")

    def swapping_saver(
        self, var_list: Any = None, name: str = "swapping_saver", **kwargs: Any
    ) -> Saver:
        """Return a saver that saves averages under the names of variables and the reverse.

        Args:
          var_list: see `tf.train.Saver`.
          name: name of the scope of its nodes.
          **kwargs: what else `tf.train.Saver` takes.

        Raises:
          RuntimeError: (build) `apply_gradients` was not called.
          ValueError: (build) the average of a variable is not saved.
        """
        if self._swapped is None:
            raise RuntimeError(
                "Must call apply_gradients or minimize before creating the swapping_saver"
            )
        if var_list is None:
            var_list = collections.global_variables()
        if not isinstance(var_list, dict):
            var_list = saveable.op_list_to_dict(var_list)
        by_name: dict[str, Any] = {}
        for key, value in var_list.items():
            if isinstance(value, (list, PartitionedVariable)):
                by_name.update({part.op.name: part for part in value})
            else:
                by_name[key] = value
        swapped: dict[str, Any] = {}
        for key, value in var_list.items():
            if isinstance(value, list):
                swapped[key] = [self._other(by_name, part.op.name, part) for part in value]
            else:
                swapped[key] = self._other(by_name, key, value)
        return Saver(swapped, name=name, **kwargs)

    def _other(self, by_name: dict[str, Any], name: str, value: Any) -> Any:
        assert self._swapped is not None
        other = self._swapped.get(name)
        if other is None:
            return value
        if other not in by_name:
            raise ValueError(
                f"Variable to swap {other} is not part of variables to save. This breaks "
                "MovingAverageOptimizer."
            )
        return by_name[other]


def _is_all_zeros(grad: Any) -> Any:
    return late.equal(late.count_nonzero(grad), 0)


def _skipping_zeros(function: Any, optimizer: Any) -> Any:
    """A method that does nothing for gradients that are zero."""

    def wrapper(self: Any, grad: Any, *args: Any, **kwargs: Any) -> Any:
        zeros = _is_all_zeros(grad)

        def call() -> Any:
            with scopes.control_dependencies([function(grad, *args, **kwargs)]):
                return late.no_op()

        return conditional.cond(zeros, late.no_op, call)

    return types.MethodType(wrapper, optimizer)


@export("contrib.opt.MultitaskOptimizerWrapper", v2=())
class MultitaskOptimizerWrapper:
    """Changes an optimizer so that it leaves variables alone whose gradients are all zero.

    Args:
      opt: the optimizer.

    Raises:
      TypeError: it is no optimizer.
    """

    def __init__(self, opt: Any) -> None:
        if not isinstance(opt, Optimizer):
            raise TypeError("Supplied optimizer must be an instance of tf.train.Optimizer")
        self._opt = opt
        for name in (
            "_apply_dense",
            "_resource_apply_dense",
            "_apply_sparse",
            "_resource_apply_sparse",
        ):
            setattr(opt, name, _skipping_zeros(getattr(opt, name), opt))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._opt, name)


@export("contrib.opt.clip_gradients_by_global_norm", v2=())
def clip_gradients_by_global_norm(gradients_variables: Any, clip_norm: Any = 20.0) -> Any:
    """Clip gradients by their global norm, those of other tasks, which are zero, left out.

    Args:
      gradients_variables: pairs of a gradient and its variable.
      clip_norm: the greatest norm.

    Returns:
      The pairs with the clipped gradients, and the norm.
    """
    gradients, variables = zip(*gradients_variables, strict=True)

    def of_task(grad: Any) -> Any:
        if grad is None:
            return None
        return conditional.cond(
            _is_all_zeros(grad),
            lambda: late.zeros([], dtype=dtypes.as_dtype(grad.dtype)),
            lambda: grad,
        )

    norm = clip_ops.global_norm([of_task(g) for g in gradients])
    clipped, _ = clip_ops.clip_by_global_norm(gradients, clip_norm, use_norm=norm)
    return list(zip(clipped, variables, strict=True)), norm
