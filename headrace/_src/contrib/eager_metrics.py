"""tf.contrib.eager.metrics: metrics as objects, in eager execution and in graphs."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from headrace._api.export import export
from headrace._src.core import convert, dtypes
from headrace._src.core import graph as graph_lib
from headrace._src.core.graphkeys import GraphKeys
from headrace._src.function import function as function_lib
from headrace._src.ops import (
    add_n,
    arg_reductions,
    assertions,
    casts,
    comparison,
    grouping,
    identity,
    reductions,
    shapes,
)
from headrace._src.state import initializers, variable_scope

_SPACE = "contrib.eager.metrics"


@export(f"{_SPACE}.Metric", v2=())
class Metric:
    """The base of metrics.

    A metric makes its variables in `build`, updates them in `call`, and computes its value from
    them in `result`. Calling it builds it the first time.

    Args:
      name: the name; that of the class when left out.
      use_global_variables: whether, in a graph, the variables are global ones, not local.
    """

    def __init__(self, name: str | None = None, use_global_variables: bool = False) -> None:
        self._built = False
        self._vars: list[Any] = []
        self._initial_values: list[Any] = []
        self._use_global_variables = use_global_variables
        name = name or type(self).__name__
        scope_name = re.sub("[^A-Za-z0-9.]", "_", name)
        with variable_scope.variable_scope(scope_name, use_resource=True, reuse=False) as scope:
            end = scope.name.rfind(scope_name) + len(scope_name)
            self._name = name + scope.name[end:]
            self._scope = scope
        graph = graph_lib.get_default_graph()
        self._graph = graph
        if not graph.executes:
            # One node then stands for all updates.
            self.call = function_lib.defun(self.call)  # type: ignore[method-assign]

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Updates the metric with the arguments; see `call`."""
        if not self._built:
            with variable_scope.variable_scope(self._scope), self._graph.as_default():
                self.build(*args, **kwargs)
            self._built = True
        return self.call(*args, **kwargs)

    @property
    def name(self) -> str:
        """The name."""
        return self._name

    @property
    def variables(self) -> list[Any]:
        """The variables."""
        return self._vars

    def init_variables(self) -> Any:
        """Starts anew: in a graph, returns the operation that does so."""
        if graph_lib.get_default_graph().executes:
            for v, value in zip(self._vars, self._initial_values, strict=True):
                v.assign(value)
            return None
        return grouping.group(*[v.initializer for v in self._vars])

    def build(self, *args: Any, **kwargs: Any) -> None:
        """Makes the variables, with `add_variable`; takes the arguments of the first call."""
        raise NotImplementedError("Metrics must define a build() member function")

    def call(self, *args: Any, **kwargs: Any) -> Any:
        """Updates the variables."""
        raise NotImplementedError("Metrics must define a call() member function")

    def result(self) -> Any:
        """Computes the value."""
        raise NotImplementedError("Metrics must define a result() member function")

    def value(self) -> Any:
        """The value in a graph; in eager execution the function that computes it."""
        return self.result if graph_lib.get_default_graph().executes else self.result()

    def aggregate(self, metrics: Sequence[Metric]) -> None:
        """Adds the variables of other metrics of the same kind.

        Raises:
          TypeError: one is of another kind.
          ValueError: their variables differ.
        """
        for m in metrics:
            if type(m) is not type(self):
                raise TypeError(
                    f"All metrics must be the same type, '{type(self)}' != '{type(m)}'."
                )
        for i, v in enumerate(self._vars):
            if any(m._vars[i].name != v.name for m in metrics):
                raise ValueError("All metrics must have variables in the same order.")
            v.assign_add(add_n.add_n([m._vars[i] for m in metrics]))

    def add_variable(
        self, name: str, shape: Any = None, dtype: Any = None, initializer: Any = None
    ) -> Any:
        """Makes a variable; to be called in `build`.

        Raises:
          RuntimeError: the metric is built already.
        """
        if self._built:
            raise RuntimeError("Can't call add_variable() except in build().")
        executes = graph_lib.get_default_graph().executes
        kind = (
            GraphKeys.GLOBAL_VARIABLES if self._use_global_variables else GraphKeys.LOCAL_VARIABLES
        )
        v = variable_scope.get_variable(
            name,
            shape=shape,
            dtype=dtype,
            initializer=initializer,
            trainable=False,
            collections=None if executes else [kind, GraphKeys.METRIC_VARIABLES],
            use_resource=True,
        )
        self._vars.append(v)
        if executes:
            self._initial_values.append(v.value())
        return v


@export(f"{_SPACE}.Mean", v2=())
class Mean(Metric):
    """The mean, perhaps weighted, of all values seen.

    Args:
      name: the name.
      dtype: the dtype of the variables.
      use_global_variables: see `Metric`.
    """

    def __init__(
        self,
        name: str | None = None,
        dtype: Any = dtypes.float64,
        use_global_variables: bool = False,
    ) -> None:
        super().__init__(name, use_global_variables)
        self.dtype = dtype

    def build(self, *args: Any, **kwargs: Any) -> None:
        """Makes the sums of values and of weights."""
        zeros = initializers.Zeros
        self.numer = self.add_variable("numer", (), self.dtype, zeros)
        self.denom = self.add_variable("denom", (), self.dtype, zeros)

    def call(self, values: Any, weights: Any = None) -> Any:
        """Counts values in.

        Args:
          values: a tensor.
          weights: a tensor that broadcasts with it, or None for 1.

        Returns:
          The arguments.
        """
        if weights is None:
            count = casts.cast(identity.identity(shapes.size(values)), self.dtype)
            self.denom.assign_add(count)
            values = reductions.reduce_sum(values)
            self.numer.assign_add(casts.cast(values, self.dtype))
            return values
        weights = casts.cast(weights, self.dtype)
        self.denom.assign_add(reductions.reduce_sum(weights))
        values = casts.cast(values, self.dtype) * weights
        self.numer.assign_add(reductions.reduce_sum(values))
        return values, weights

    def result(self, write_summary: bool = True) -> Any:
        """The mean.

        Args:
          write_summary: accepted for programs that say it; summaries are not written.
        """
        return self.numer / self.denom


def _check_same(labels: Any, predictions: Any, message: str) -> None:
    assertions.assert_equal(labels, predictions, message=message)


_UNEQUAL = "Shapes of labels and predictions are unequal"


@export(f"{_SPACE}.Accuracy", v2=())
class Accuracy(Mean):
    """How often predictions are the labels.

    Args:
      name: the name.
      dtype: the dtype of the variables.
    """

    def __init__(self, name: str | None = None, dtype: Any = dtypes.float64) -> None:
        super().__init__(name, dtype)

    def call(self, labels: Any, predictions: Any, weights: Any = None) -> Any:
        """Counts predictions in.

        Args:
          labels: a tensor.
          predictions: a tensor of its shape and dtype.
          weights: a tensor that broadcasts with it, or None for 1.

        Returns:
          The arguments.

        Raises:
          InvalidArgumentError: the shapes differ.
        """
        _check_same(shapes.shape(labels), shapes.shape(predictions), _UNEQUAL)
        return self._counted(comparison.equal(labels, predictions), labels, predictions, weights)

    def _counted(self, matches: Any, labels: Any, predictions: Any, weights: Any) -> Any:
        super().call(casts.cast(matches, self.dtype), weights)
        return (labels, predictions) if weights is None else (labels, predictions, weights)


@export(f"{_SPACE}.CategoricalAccuracy", v2=())
class CategoricalAccuracy(Accuracy):
    """How often the greatest of the predictions is where the label is 1."""

    def call(self, labels: Any, predictions: Any, weights: Any = None) -> Any:
        """Counts predictions in; see `Accuracy.call`."""
        _check_same(shapes.shape(labels), shapes.shape(predictions), _UNEQUAL)
        labels = arg_reductions.argmax(labels, axis=-1)
        predictions = arg_reductions.argmax(predictions, axis=-1)
        return self._counted(comparison.equal(labels, predictions), labels, predictions, weights)


@export(f"{_SPACE}.BinaryAccuracy", v2=())
class BinaryAccuracy(Accuracy):
    """How often predictions are on the label's side of a threshold.

    Args:
      threshold: what counts as a yes is greater.
      name: the name.
      dtype: the dtype of the variables.
    """

    def __init__(
        self, threshold: Any, name: str | None = None, dtype: Any = dtypes.float64
    ) -> None:
        super().__init__(name, dtype)
        self.threshold = threshold

    def call(self, labels: Any, predictions: Any, weights: Any = None) -> Any:
        """Counts predictions in; see `Accuracy.call`."""
        _check_same(shapes.shape(labels), shapes.shape(predictions), _UNEQUAL)
        predictions = convert.convert_to_tensor(predictions) > self.threshold  # type: ignore[operator]
        labels = casts.cast(labels, dtypes.bool_)
        return self._counted(comparison.equal(labels, predictions), labels, predictions, weights)


@export(f"{_SPACE}.SparseAccuracy", v2=())
class SparseAccuracy(Accuracy):
    """How often the greatest of the predictions is the one that the label numbers."""

    def call(self, labels: Any, predictions: Any, weights: Any = None) -> Any:
        """Counts predictions in; see `Accuracy.call`."""
        message = "First axis of labels and predictions is unequal"
        _check_same(shapes.shape(labels)[0], shapes.shape(predictions)[0], message)
        predictions = arg_reductions.argmax(predictions, axis=-1)
        labels = casts.cast(labels, dtypes.int64)
        return self._counted(comparison.equal(labels, predictions), labels, predictions, weights)
