"""What metrics share: their variables, the fitting of weights, collections."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from headrace._src.core import dtypes
from headrace._src.core.convert import convert_to_tensor
from headrace._src.core.graph import add_to_collections, get_default_graph
from headrace._src.core.graphkeys import GraphKeys
from headrace._src.core.tensor import Tensor
from headrace._src.ops import confusion_matrix
from headrace._src.ops._late import late
from headrace._src.state.variable import (
    VariableAggregation,
    VariableSynchronization,
    VariableV1,
)

Metric = tuple[Tensor, Tensor]


_EAGER_NAMES = {
    "recall": "recall is not supported",
    "precision_at_k": "sparse_precision_at_k",
    "average_precision_at_k": "sparse_average_precision_at_k",
}


def graph_only(metric: Callable[..., Any]) -> Callable[..., Any]:
    """Makes a metric refuse eager execution, where nothing would keep its variables.

    1.15 names some by those that stand for them, and stutters about one.
    """

    @functools.wraps(metric)
    def checked(*args: Any, **kwargs: Any) -> Any:
        if get_default_graph().executes:
            name = metric.__name__.rstrip("_")
            name = _EAGER_NAMES.get(name, name)
            raise RuntimeError(
                f"tf.metrics.{name} is not supported when eager execution is enabled."
            )
        return metric(*args, **kwargs)

    return checked


def metric_variable(shape: Any, dtype: Any, name: Any = None) -> Any:
    """A local variable of zeros that joins the metrics' variables."""
    return VariableV1(
        lambda: late.zeros(shape, dtype),
        trainable=False,
        collections=[GraphKeys.LOCAL_VARIABLES, GraphKeys.METRIC_VARIABLES],
        synchronization=VariableSynchronization.ON_READ,
        aggregation=VariableAggregation.SUM,
        name=name,
    )


def collected(collections: Any, value: Any) -> Any:
    """The value, which joins the collections if there are any."""
    if collections:
        add_to_collections(collections, value)
    return value


def read(variable: Any, collections: Any) -> Any:
    """The value of a variable, which joins the collections."""
    return collected(collections, late.identity(variable))


def divided(numerator: Any, denominator: Any, name: Any = None) -> Tensor:
    """The quotient; 0 where the denominator is."""
    return getattr(late, "math.divide_no_nan")(numerator, denominator, name=name)  # type: ignore[no-any-return]


def average(total: Any, count: Any, name: str) -> Tensor:
    """The quotient of a sum and a count; 0 where the count is not above 0."""
    return divided(total, late.maximum(count, 0), name)


def squeezed(predictions: Any, labels: Any, weights: Any) -> tuple[Tensor, Any, Any]:
    """Predictions, labels and weights of the same rank, where one has a dimension more or less.

    Args:
      predictions: tensor.
      labels: tensor, or None.
      weights: tensor, or None; scalars stay what they are.

    Raises:
      ValueError: predictions and labels of shapes that do not fit.
    """
    predictions = convert_to_tensor(predictions)
    if labels is not None:
        labels, predictions = confusion_matrix.remove_squeezable_dimensions(labels, predictions)
        predictions.shape.assert_is_compatible_with(labels.shape)
    if weights is None:
        return predictions, labels, None
    weights = convert_to_tensor(weights)
    rank, wanted = weights.shape.ndims, predictions.shape.ndims
    if rank == 0:
        return predictions, labels, weights
    if rank is not None and wanted is not None:
        if rank == wanted + 1:
            weights = late.squeeze(weights, [-1])
        elif rank == wanted - 1:
            weights = late.expand_dims(weights, [-1])
        return predictions, labels, weights
    return predictions, labels, _fitted_weights(weights, predictions)


def _fitted_weights(weights: Tensor, predictions: Tensor) -> Tensor:
    """The weights with the rank of the predictions, which is known only in the run."""
    rank = late.rank(weights)
    difference = rank - late.rank(predictions)

    def expanded() -> Any:
        return late.cond(
            late.equal(difference, -1),
            lambda: late.expand_dims(weights, [-1]),
            lambda: weights,
        )

    may_squeeze = weights.dims is None or weights.dims[-1] in (1, None)

    def adjusted() -> Any:
        return late.cond(
            late.equal(difference, 1),
            lambda: late.squeeze(weights, [-1]) if may_squeeze else weights,
            expanded,
        )

    return late.cond(late.equal(rank, 0), lambda: weights, adjusted)  # type: ignore[no-any-return]


def squeezed_bools(predictions: Any, labels: Any, weights: Any) -> tuple[Tensor, Any, Any]:
    """As `squeezed`, with predictions and labels as bools."""
    return squeezed(
        late.cast(predictions, dtype=dtypes.bool_), late.cast(labels, dtype=dtypes.bool_), weights
    )


def twice(
    compute: Callable[..., Any],
    values: Any,
    updates: Any,
    metrics_collections: Any,
    updates_collections: Any,
) -> Metric:
    """A metric from its variables, and the same from their updates.

    Args:
      compute: function of variables and a name.
      values: the variables.
      updates: their updates.
      metrics_collections: collections that the value joins.
      updates_collections: collections that the update joins.
    """
    value = collected(metrics_collections, compute(*values, "value"))
    return value, collected(updates_collections, compute(*updates, "update_op"))
