"""tf.contrib.opt: optimizers with weight decay that is no part of the gradient."""

from __future__ import annotations

from typing import Any

from headrace._api.export import export
from headrace._src.core import convert, scopes
from headrace._src.ops import variable_scatter
from headrace._src.ops._late import late
from headrace._src.state import assign
from headrace._src.train.adam import AdamOptimizer
from headrace._src.train.momentum import MomentumOptimizer
from headrace._src.train.optimizer import Optimizer


@export("contrib.opt.DecoupledWeightDecayExtension", v2=())
class DecoupledWeightDecayExtension:
    """Adds weight decay to an optimizer: a class derived from this and from the optimizer's.

    Before each update, `var -= weight_decay * var`.

    Args:
      weight_decay: float, scalar tensor, or a function that returns one.
      *args: what the optimizer takes.
      **kwargs: likewise.

    Source: Loshchilov and Hutter, 2017.
    """

    def __init__(self, weight_decay: Any, *args: Any, **kwargs: Any) -> None:
        # The variables that decay; all when False or None.
        self._decay_var_list: Any = None
        self._weight_decay = weight_decay
        self._weight_decay_tensor: Any = None
        super().__init__(*args, **kwargs)

    def minimize(
        self,
        loss: Any,
        global_step: Any = None,
        var_list: Any = None,
        gate_gradients: int = Optimizer.GATE_OP,
        aggregation_method: Any = None,
        colocate_gradients_with_ops: bool = False,
        name: str | None = None,
        grad_loss: Any = None,
        decay_var_list: Any = None,
    ) -> Any:
        """Add the operation that trains; see `tf.train.Optimizer.minimize`.

        Args:
          loss: tensor to minimize, float.
          global_step: variable to increment after the update.
          var_list: variables to update; the trainable ones by default.
          gate_gradients: `GATE_NONE`, `GATE_OP` or `GATE_GRAPH`.
          aggregation_method: one of `tf.AggregationMethod`.
          colocate_gradients_with_ops: whether gradients are placed with their operations.
          name: name of the operation.
          grad_loss: gradient of the loss.
          decay_var_list: variables that decay; all by default.
        """
        # As in 1.15: the choice does not reach `apply_gradients`, which lets all decay.
        self._decay_var_list = set(decay_var_list) if decay_var_list else False
        return super().minimize(  # type: ignore[misc]
            loss,
            global_step=global_step,
            var_list=var_list,
            gate_gradients=gate_gradients,
            aggregation_method=aggregation_method,
            colocate_gradients_with_ops=colocate_gradients_with_ops,
            name=name,
            grad_loss=grad_loss,
        )

    def apply_gradients(
        self,
        grads_and_vars: Any,
        global_step: Any = None,
        name: str | None = None,
        decay_var_list: Any = None,
    ) -> Any:
        """Add the operation that updates; see `tf.train.Optimizer.apply_gradients`.

        Args:
          grads_and_vars: pairs of a gradient and its variable.
          global_step: variable to increment after the update.
          name: name of the operation.
          decay_var_list: variables that decay; all by default.
        """
        self._decay_var_list = set(decay_var_list) if decay_var_list else False
        return super().apply_gradients(  # type: ignore[misc]
            grads_and_vars, global_step=global_step, name=name
        )

    def _prepare(self) -> None:
        decay = self._weight_decay() if callable(self._weight_decay) else self._weight_decay
        self._weight_decay_tensor = convert.convert_to_tensor(decay, name="weight_decay")
        super()._prepare()  # type: ignore[misc]

    def _decays(self, var: Any) -> bool:
        return not self._decay_var_list or var in self._decay_var_list

    def _decay_weights_op(self, var: Any) -> Any:
        if not self._decays(var):
            return late.no_op()
        return var.assign_sub(self._weight_decay * var, self._use_locking)  # type: ignore[attr-defined]

    def _decay_weights_sparse_op(self, var: Any, indices: Any, scatter_add: Any) -> Any:
        if not self._decays(var):
            return late.no_op()
        update = -self._weight_decay * late.gather(var, indices)
        return scatter_add(var, indices, update, self._use_locking)  # type: ignore[attr-defined]

    def _apply_dense(self, grad: Any, var: Any) -> Any:
        with scopes.control_dependencies([self._decay_weights_op(var)]):
            return super()._apply_dense(grad, var)  # type: ignore[misc]

    def _resource_apply_dense(self, grad: Any, var: Any) -> Any:
        with scopes.control_dependencies([self._decay_weights_op(var)]):
            return super()._resource_apply_dense(grad, var)  # type: ignore[misc]

    def _apply_sparse(self, grad: Any, var: Any) -> Any:
        decay = self._decay_weights_sparse_op(var, grad.indices, assign.scatter_add)
        with scopes.control_dependencies([decay]):
            return super()._apply_sparse(grad, var)  # type: ignore[misc]

    def _resource_scatter_add(self, x: Any, i: Any, v: Any, _: Any = None) -> Any:
        done = variable_scatter.ResourceScatterAdd(x.handle, i, v)
        with scopes.control_dependencies([done]):
            return x.value()

    def _resource_apply_sparse(self, grad: Any, var: Any, indices: Any) -> Any:
        decay = self._decay_weights_sparse_op(var, indices, self._resource_scatter_add)
        with scopes.control_dependencies([decay]):
            return super()._resource_apply_sparse(grad, var, indices)  # type: ignore[misc]


@export("contrib.opt.extend_with_decoupled_weight_decay", v2=())
def extend_with_decoupled_weight_decay(base_optimizer: Any) -> Any:
    """Return the class of an optimizer with weight decay, whose first argument is the decay.

    Args:
      base_optimizer: the class of the optimizer.
    """

    class OptimizerWithDecoupledWeightDecay(DecoupledWeightDecayExtension, base_optimizer):  # type: ignore[misc]
        pass

    return OptimizerWithDecoupledWeightDecay


@export("contrib.opt.MomentumWOptimizer", v2=())
class MomentumWOptimizer(DecoupledWeightDecayExtension, MomentumOptimizer):  # type: ignore[misc]
    """Momentum with weight decay.

    Args:
      weight_decay: float or scalar tensor, or a function that returns one.
      learning_rate: see `tf.train.MomentumOptimizer`.
      momentum: likewise.
      use_locking: likewise.
      name: name of the optimizer.
      use_nesterov: see `tf.train.MomentumOptimizer`.
    """

    def __init__(
        self,
        weight_decay: Any,
        learning_rate: Any,
        momentum: Any,
        use_locking: bool = False,
        name: str = "MomentumW",
        use_nesterov: bool = False,
    ) -> None:
        super().__init__(
            weight_decay,
            learning_rate=learning_rate,
            momentum=momentum,
            use_locking=use_locking,
            name=name,
            use_nesterov=use_nesterov,
        )


@export("contrib.opt.AdamWOptimizer", v2=())
class AdamWOptimizer(DecoupledWeightDecayExtension, AdamOptimizer):  # type: ignore[misc]
    """Adam with weight decay.

    Args:
      weight_decay: float or scalar tensor, or a function that returns one.
      learning_rate: see `tf.train.AdamOptimizer`.
      beta1: likewise.
      beta2: likewise.
      epsilon: likewise.
      use_locking: likewise.
      name: name of the optimizer.
    """

    def __init__(
        self,
        weight_decay: Any,
        learning_rate: Any = 0.001,
        beta1: Any = 0.9,
        beta2: Any = 0.999,
        epsilon: Any = 1e-8,
        use_locking: bool = False,
        name: str = "AdamW",
    ) -> None:
        super().__init__(
            weight_decay,
            learning_rate=learning_rate,
            beta1=beta1,
            beta2=beta2,
            epsilon=epsilon,
            use_locking=use_locking,
            name=name,
        )
