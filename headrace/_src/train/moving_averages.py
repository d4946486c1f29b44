"""Moving averages of variables and tensors."""

from __future__ import annotations

from typing import Any

from headrace._api.export import export
from headrace._src.core import convert, dtypes, scopes
from headrace._src.core.graph import add_to_collection, get_default_graph
from headrace._src.core.graphkeys import GraphKeys
from headrace._src.core.operation import Operation
from headrace._src.ops import casts, grouping
from headrace._src.ops._late import late
from headrace._src.state import assign, collections, initializers, variable_scope
from headrace._src.state.variable import Variable
from headrace._src.train import slot_creator

_FLOATS = (dtypes.bfloat16, dtypes.float16, dtypes.float32, dtypes.float64)
_VARIABLE_NODES = ("Variable", "VariableV2", "VarHandleOp")


def assign_moving_average(
    variable: Any, value: Any, decay: Any, zero_debias: bool = True, name: str | None = None
) -> Any:
    """Move a variable towards a value: `variable -= (1 - decay) * (variable - value)`.

    Args:
      variable: the average, a float variable.
      value: tensor of its shape and dtype.
      decay: float or scalar tensor, near 1.
      zero_debias: whether to undo the pull of a start at zero; makes the variables `biased` and
        `local_step`.
      name: name of the scope.

    Returns:
      What assigning to the variable returns.
    """
    with scopes.name_scope(name, "AssignMovingAvg", [variable, value, decay]) as scope:
        rest = convert.convert_to_tensor(1.0 - decay, name="decay")
        if rest.dtype != variable.dtype.base_dtype:
            rest = casts.cast(rest, variable.dtype.base_dtype)
        if zero_debias:
            return _debiased(variable, value, rest)
        return assign.assign_sub(variable, (variable - value) * rest, name=scope)


def weighted_moving_average(
    value: Any,
    decay: Any,
    weight: Any,
    truediv: bool = True,
    collections: Any = None,
    name: str | None = None,
) -> Any:
    """Keep the moving average of a value with weights.

    It is the moving average of `value * weight` over that of `weight`.

    Args:
      value: numeric tensor of known shape.
      decay: float or scalar tensor, near 1.
      weight: tensor that broadcasts to the shape of `value`.
      truediv: False divides integers by rounding down.
      collections: collections of the two variables; the global variables by default.
      name: name of the variable scope.

    Returns:
      Tensor of the shape of `value`.
    """
    if collections is None:
        collections = [GraphKeys.GLOBAL_VARIABLES]

    def average(what: str, like: Any) -> Any:
        return variable_scope.get_variable(
            what,
            shape=like.get_shape(),
            dtype=like.dtype,
            initializer=initializers.Zeros(),
            trainable=False,
            collections=collections,
        )

    with variable_scope.variable_scope(name, "WeightedMovingAvg", [value, weight, decay]) as scope:
        total = average("value_x_weight", value)
        weights = average("weight", weight)
        numerator = assign_moving_average(total, value * weight, decay, zero_debias=False)
        denominator = assign_moving_average(weights, weight, decay, zero_debias=False)
        divide = late.truediv if truediv else late.div
        return divide(numerator, denominator, name=scope.name)


def _unused_name(name: str) -> str:
    """`name`, with a number behind it when the variable scope has a variable of that name."""
    scope = variable_scope.get_variable_scope()
    if scope.reuse:
        return name
    taken = {v.op.name for v in scope.global_variables()}
    full = f"{scope.name}/{name}"
    if full not in taken:
        return name
    number = 1
    while f"{full}_{number}" in taken:
        number += 1
    return f"{name}_{number}"


def _debiased(average: Any, value: Any, rest: Any) -> Any:
    """Moves a biased average that starts at zero, and assigns it divided by `1 - decay**steps`.

    Source: Kingma and Ba, 2015, section 3.
    """
    with variable_scope.variable_scope(average.op.name, values=[average, value, rest]):
        with scopes.colocate_with(average):
            biased, steps = (
                variable_scope.get_variable(
                    _unused_name(name),
                    shape=shape,
                    dtype=average.dtype,
                    initializer=initializers.Zeros(),
                    trainable=False,
                )
                for name, shape in (("biased", average.get_shape()), ("local_step", []))
            )
    moved = assign.assign_sub(biased, (biased - value) * rest)
    counted = steps.assign_add(1)
    factor = 1 - late.pow(1.0 - rest, counted)
    scope = get_default_graph().get_name_scope() + "/"
    return assign.assign(average, moved / factor, name=scope)


@export("train.ExponentialMovingAverage")
class ExponentialMovingAverage:
    """Keeps moving averages of variables and tensors.

    `average = decay * average + (1 - decay) * value`.

    Args:
      decay: float, near 1.
      num_updates: count of updates; makes the decay `min(decay, (1 + num_updates) / (10 +
        num_updates))`.
      zero_debias: whether averages of tensors, which start at zero, are corrected for that.
      name: end of the names of the averages.
    """

    def __init__(
        self,
        decay: Any,
        num_updates: Any = None,
        zero_debias: bool = False,
        name: str = "ExponentialMovingAverage",
    ) -> None:
        self._decay = decay
        self._num_updates = num_updates
        self._zero_debias = zero_debias
        self._name = name
        self._averages: dict[Any, Any] = {}

    @property
    def name(self) -> str:
        """The end of the names of the averages."""
        return self._name

    def apply(self, var_list: Any = None) -> Operation:
        """Makes averages where there are none, and the operation that updates them.

        The average of a variable starts at the variable's initial value, that of a tensor at zero.

        Args:
          var_list: list of float variables and tensors; the trainable variables by default.

        Returns:
          The operation.

        Raises:
          TypeError: (build) something is not float.
        """
        if var_list is None:
            var_list = collections.trainable_variables()
        debiased = set()
        for var in var_list:
            if var.dtype.base_dtype not in _FLOATS:
                raise TypeError(f"The variables must be half, float, or double: {var.name}")
            if get_default_graph().executes and not isinstance(var, Variable):
                raise TypeError(
                    "tf.train.ExponentialMovingAverage does not support non-Variable tensors when "
                    "eager execution is enabled."
                )
            key = var.experimental_ref()
            if key not in self._averages:
                self._averages[key] = self._make_average(var)
                if self._zero_debias and not isinstance(var, Variable):
                    debiased.add(key)
        with scopes.name_scope(self.name) as scope:
            decay = convert.convert_to_tensor(self._decay, name="decay")
            if self._num_updates is not None:
                count = casts.cast(self._num_updates, dtypes.float32, name="num_updates")
                decay = late.minimum(decay, (1.0 + count) / (10.0 + count))
            keys = [(var, var.experimental_ref()) for var in var_list]
            updates = [
                assign_moving_average(self._averages[key], var, decay, key in debiased)
                for var, key in keys
            ]
            done = grouping.group(*updates, name=scope)
        return done

    def _make_average(self, var: Any) -> Any:
        with scopes.init_scope():
            if isinstance(var, Variable):
                made = slot_creator.create_slot(var, var.initialized_value(), self.name)
                add_to_collection(GraphKeys.MOVING_AVERAGE_VARIABLES, var)
                return made
            beside = var.op.type in _VARIABLE_NODES
            return slot_creator.create_zeros_slot(var, self.name, colocate_with_primary=beside)

    def average(self, var: Any) -> Any:
        """Returns the variable that holds the average of `var`, or None."""
        return self._averages.get(var.experimental_ref())

    def average_name(self, var: Any) -> str:
        """Returns the name of the variable that holds, or will hold, the average of `var`."""
        held = self.average(var)
        if held is not None:
            return held.op.name  # type: ignore[no-any-return]
        return get_default_graph().unique_name(f"{var.op.name}/{self.name}", mark_as_used=False)

    def variables_to_restore(self, moving_avg_variables: Any = None) -> dict[str, Any]:
        """Returns what a `tf.train.Saver` takes to restore averages into the variables themselves.

        Args:
          moving_avg_variables: variables to restore from their averages; by default the trainable
            ones and all of which an
            average has been made.

        Returns:
          Name in the checkpoint → variable, for all global variables.
        """
        if moving_avg_variables is None:
            moving_avg_variables = collections.trainable_variables()
            moving_avg_variables += collections.moving_average_variables()
        averaged = list(dict.fromkeys(moving_avg_variables))
        result = {self.average_name(v): v for v in averaged}
        names = {v.name for v in averaged}
        for v in collections.global_variables():
            if v.name not in names:
                result.setdefault(v.op.name, v)
        return result
