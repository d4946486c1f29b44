"""`tf.contrib.layers.optimize_loss`: a training step with clipping, noise, decay and summaries."""

from __future__ import annotations

from typing import Any

from headrace._api.export import export, export_value
from headrace._src.core.convert import convert_to_tensor
from headrace._src.core.graph import get_collection
from headrace._src.core.graphkeys import GraphKeys
from headrace._src.core.indexed_slices import IndexedSlices
from headrace._src.core.tensor import Tensor
from headrace._src.ops import clip_ops, summary
from headrace._src.ops._late import late
from headrace._src.ops.grouping import with_dependencies
from headrace._src.state import collections, global_step
from headrace._src.state import variable_scope as scopes
from headrace._src.state.initializers import Constant
from headrace._src.train.adagrad import AdagradOptimizer
from headrace._src.train.adam import AdamOptimizer
from headrace._src.train.ftrl import FtrlOptimizer
from headrace._src.train.gradient_descent import GradientDescentOptimizer
from headrace._src.train.momentum import MomentumOptimizer
from headrace._src.train.optimizer import Optimizer
from headrace._src.train.rmsprop import RMSPropOptimizer

OPTIMIZER_CLS_NAMES = export_value(
    {
        "Adagrad": AdagradOptimizer,
        "Adam": AdamOptimizer,
        "Ftrl": FtrlOptimizer,
        "Momentum": lambda learning_rate: MomentumOptimizer(learning_rate, momentum=0.9),
        "RMSProp": RMSPropOptimizer,
        "SGD": GradientDescentOptimizer,
    },
    "contrib.layers.OPTIMIZER_CLS_NAMES",
    "contrib.slim.OPTIMIZER_CLS_NAMES",
    v2=(),
)
OPTIMIZER_SUMMARIES = export_value(
    ["learning_rate", "loss", "gradients", "gradient_norm", "global_gradient_norm"],
    "contrib.layers.OPTIMIZER_SUMMARIES",
    "contrib.slim.OPTIMIZER_SUMMARIES",
    v2=(),
)


def _rate(learning_rate: Any) -> Any:
    """The learning rate as a tensor or a variable that is not trained."""
    if learning_rate is None:
        return None
    if isinstance(learning_rate, Tensor) and learning_rate.shape.ndims == 0:
        return learning_rate
    if isinstance(learning_rate, float):
        if learning_rate < 0.0:
            raise ValueError("Invalid learning_rate %s.", learning_rate)
        return scopes.get_variable(
            "learning_rate", [], trainable=False, initializer=Constant(learning_rate)
        )
    raise ValueError(
        f"Learning rate should be 0d Tensor or float. Got {learning_rate} of type "
        f"{type(learning_rate)}"
    )


def _checked_summaries(summaries: Any) -> Any:
    if summaries is None:
        return ["loss", "learning_rate", "global_gradient_norm"]
    for one in summaries:
        if one not in OPTIMIZER_SUMMARIES:
            raise ValueError(
                f"Summaries should be one of [{', '.join(OPTIMIZER_SUMMARIES)}], you provided "
                f"{one}."
            )
    return summaries


def _named_optimizer(optimizer: Any, rate: Any) -> Any:
    is_name = isinstance(optimizer, str)
    if rate is None:
        kind = "string" if is_name else "class"
        raise ValueError(
            f"Learning rate is None, but should be specified if optimizer is {kind} ({optimizer})."
        )
    if not is_name:
        return optimizer(learning_rate=rate)
    if optimizer not in OPTIMIZER_CLS_NAMES:
        raise ValueError(
            f"Optimizer name should be one of [{', '.join(OPTIMIZER_CLS_NAMES)}], you provided "
            f"{optimizer}."
        )
    return OPTIMIZER_CLS_NAMES[optimizer](learning_rate=rate)


def _optimizer(optimizer: Any, rate: Any, has_rate: bool) -> Any:
    """The optimizer that a name, a class, a function or an optimizer stands for."""
    is_class = isinstance(optimizer, type) and issubclass(optimizer, Optimizer)
    if isinstance(optimizer, str) or is_class:
        return _named_optimizer(optimizer, rate)
    if isinstance(optimizer, Optimizer):
        return optimizer
    if not callable(optimizer):
        raise ValueError(
            "Unrecognized optimizer: should be string, subclass of Optimizer, instance of subclass "
            f"of Optimizer or function with one argument. Got {optimizer}."
        )
    made = optimizer(rate) if has_rate else optimizer()
    if not isinstance(made, Optimizer):
        raise ValueError(
            f"Unrecognized optimizer: function should return subclass of Optimizer. Got {made}."
        )
    return made


def _noisy(gradients: Any, scale: Any) -> list[Any]:
    noisy = []
    for gradient, variable in gradients:
        if gradient is not None:
            sparse = isinstance(gradient, IndexedSlices)
            shape = gradient.dense_shape if sparse else gradient.shape
            gradient = gradient + late.truncated_normal(shape) * scale
        noisy.append((gradient, variable))
    return noisy


def _multiplied(gradients: Any, multipliers: Any) -> list[Any]:
    multiplied = []
    for gradient, variable in gradients:
        key = variable if variable in multipliers else variable.name
        if gradient is not None and key in multipliers:
            factor = multipliers[key]
            if isinstance(gradient, IndexedSlices):
                values = gradient.values * factor
                gradient = IndexedSlices(values, gradient.indices, gradient.dense_shape)
            else:
                gradient *= late.cast(factor, gradient.dtype)
        multiplied.append((gradient, variable))
    if not multiplied:
        raise ValueError(
            "Empty list of (gradient, var) pairs encountered. This is most likely to be caused by "
            "an improper value of gradient_multipliers."
        )
    return multiplied


def _clipped(gradients: Any, clip: Any) -> Any:
    if isinstance(clip, float):
        values, variables = zip(*gradients, strict=True)
        return [*zip(clip_ops.clip_by_global_norm(values, clip)[0], variables, strict=True)]
    if callable(clip):
        return clip(gradients)
    if clip is not None:
        raise ValueError(f"Unknown type {type(clip)} for clip_gradients")
    return gradients


def _summarize_norm(name: str, gradients: Any) -> None:
    norm = clip_ops.global_norm([gradient for gradient, _ in gradients])
    summary.scalar(f"global_norm/{name}", norm)


def _summarize_each(gradients: Any, summaries: Any) -> None:
    for gradient, variable in gradients:
        values = gradient.values if isinstance(gradient, IndexedSlices) else gradient
        if values is None:
            continue
        name = variable.name.replace(":", "_")
        if "gradients" in summaries:
            summary.histogram(f"gradients/{name}", values)
        if "gradient_norm" in summaries:
            summary.scalar(f"gradient_norm/{name}", clip_ops.global_norm([values]))


@export("contrib.layers.optimize_loss", "contrib.slim.optimize_loss", v2=())
def optimize_loss(
    loss: Any,
    global_step: Any,
    learning_rate: Any,
    optimizer: Any,
    gradient_noise_scale: Any = None,
    gradient_multipliers: Any = None,
    clip_gradients: Any = None,
    learning_rate_decay_fn: Any = None,
    update_ops: Any = None,
    variables: Any = None,
    name: Any = None,
    summaries: Any = None,
    colocate_gradients_with_ops: bool = False,
    increment_global_step: bool = True,
) -> Tensor:
    """Make a training step.

    Args:
      loss: scalar tensor.
      global_step: the global step; that of the graph when None.
      learning_rate: float or scalar tensor; None if the optimizer knows it.
      optimizer: name, class, optimizer, or function of the learning rate that makes one.
      gradient_noise_scale: standard deviation of noise that is added to gradients.
      gradient_multipliers: dict, variable or its name → factor of its gradient.
      clip_gradients: largest norm of all gradients, or a function of pairs of gradients and
        variables.
      learning_rate_decay_fn: function of learning rate and global step.
      update_ops: operations that go before; those of `GraphKeys.UPDATE_OPS` when None.
      variables: what to train; all variables that are trained when None.
      name: name of the variable scope.
      summaries: list of what to summarize, see `OPTIMIZER_SUMMARIES`.
      colocate_gradients_with_ops: whether gradients are colocated with their operations.
      increment_global_step: whether the step counts.

    Returns:
      The loss, to be had after the step.

    Raises:
      ValueError: arguments that make no sense.
    """
    return _optimize_loss(locals())


def _optimize_loss(given: dict[str, Any]) -> Tensor:
    loss = convert_to_tensor(given["loss"])
    late.assert_scalar(loss)
    step = given["global_step"]
    if step is None:
        step = global_step.get_global_step()
    else:
        global_step.assert_global_step(step)
    with scopes.variable_scope(given["name"], "OptimizeLoss", [loss, step]):
        updates = given["update_ops"]
        if updates is None:
            updates = dict.fromkeys(get_collection(GraphKeys.UPDATE_OPS))
        if updates:
            loss = with_dependencies(list(updates), loss)
        rate = _rate(given["learning_rate"])
        summaries = _checked_summaries(given["summaries"])
        if given["learning_rate"] is not None and given["learning_rate_decay_fn"] is not None:
            if step is None:
                raise ValueError("global_step is required for learning_rate_decay_fn.")
            rate = given["learning_rate_decay_fn"](rate, step)
            if "learning_rate" in summaries:
                summary.scalar("learning_rate", rate)
        optimizer = _optimizer(given["optimizer"], rate, given["learning_rate"] is not None)
        gradients = _gradients(given, optimizer, loss, summaries)
        applied = optimizer.apply_gradients(
            gradients, global_step=step if given["increment_global_step"] else None, name="train"
        )
        return with_dependencies([applied], loss)


def _gradients(given: dict[str, Any], optimizer: Any, loss: Any, summaries: Any) -> Any:
    """The gradients to apply, summarized."""
    variables = given["variables"]
    gradients = optimizer.compute_gradients(
        loss,
        collections.trainable_variables() if variables is None else variables,
        colocate_gradients_with_ops=given["colocate_gradients_with_ops"],
    )
    if given["gradient_noise_scale"] is not None:
        gradients = _noisy(gradients, given["gradient_noise_scale"])
    if given["gradient_multipliers"] is not None:
        gradients = _multiplied(gradients, given["gradient_multipliers"])
    norms = "global_gradient_norm" in summaries or "gradient_norm" in summaries
    if norms:
        _summarize_norm("gradient_norm", gradients)
    gradients = _clipped(gradients, given["clip_gradients"])
    if "loss" in summaries:
        summary.scalar("loss", loss)
    _summarize_each(gradients, summaries)
    if norms and given["clip_gradients"] is not None:
        _summarize_norm("clipped_gradient_norm", gradients)
    return gradients
