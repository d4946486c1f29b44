"""tf.contrib.layers: summaries of activations, variables and collections."""

from __future__ import annotations

import functools
import re
from typing import Any

from headrace._api.export import export, export_value
from headrace._src.core import dtypes
from headrace._src.core.graph import get_collection
from headrace._src.core.graphkeys import GraphKeys
from headrace._src.core.tensor import Tensor
from headrace._src.ops import summary
from headrace._src.ops._late import late


def _scalar(tensor: Any, tag: str | None = None) -> Tensor:
    tensor.get_shape().assert_has_rank(0)
    return summary.scalar(tag or f"{tensor.op.name}_summary", tensor)


def _histogram(tensor: Any, tag: str | None = None) -> Tensor:
    return summary.histogram(tag or f"{tensor.op.name}_summary", tensor)


def _share(op: Any, compare: Any, limit: float, name: str) -> None:
    """Summarizes how many inputs of an activation are beyond a limit."""
    source = op.op.inputs[0]
    beyond = compare(source, late.cast(limit, source.dtype))
    _scalar(late.reduce_mean(late.to_float(beyond)), f"{op.op.name}/{name}")


@export("contrib.layers.summarize_activation", "contrib.slim.summarize_activation", v2=())
def summarize_activation(op: Any) -> Tensor:
    """Summarize an activation: its values, and how many of its inputs it cuts off.

    Args:
      op: the activation, a tensor.

    Returns:
      The histogram, a string scalar.
    """
    if op.op.type in ("Relu", "Softplus", "Relu6"):
        _share(op, late.less, 0.0, "zeros")
    if op.op.type == "Relu6":
        _share(op, late.greater, 6.0, "sixes")
    return _histogram(op, f"{op.op.name}/activation")


@export("contrib.layers.summarize_tensor", "contrib.slim.summarize_tensor", v2=())
def summarize_tensor(tensor: Any, tag: str | None = None) -> Tensor | None:
    """Summarize a tensor: a scalar as a number, others as a histogram.

    Args:
      tensor: the tensor or variable.
      tag: name of the series; that of the tensor with `_summary` by default.

    Returns:
      The summary, a string scalar; None for strings and bools.
    """
    if tensor.dtype.base_dtype in (dtypes.string, dtypes.bool_):
        return None
    return _scalar(tensor, tag) if tensor.get_shape().ndims == 0 else _histogram(tensor, tag)


@export("contrib.layers.summarize_tensors", "contrib.slim.summarize_tensors", v2=())
def summarize_tensors(tensors: Any, summarizer: Any = summarize_tensor) -> list[Any]:
    """Summarize tensors.

    Args:
      tensors: the tensors.
      summarizer: function that summarizes one.

    Returns:
      What it returned for each.
    """
    return [summarizer(tensor) for tensor in tensors]


@export("contrib.layers.summarize_collection", "contrib.slim.summarize_collection", v2=())
def summarize_collection(
    collection: Any, name_filter: Any = None, summarizer: Any = summarize_tensor
) -> list[Any]:
    """Summarize the members of a collection.

    Args:
      collection: its key.
      name_filter: regular expression for the beginning of names; all when None.
      summarizer: function that summarizes one.

    Returns:
      What it returned for each.
    """
    found = [
        op
        for op in get_collection(collection)
        if name_filter is None or re.match(name_filter, op.op.name)
    ]
    return summarize_tensors(found, summarizer)


@export("contrib.layers.summarize_activations", "contrib.slim.summarize_activations", v2=())
def summarize_activations(
    name_filter: Any = None, summarizer: Any = summarize_activation
) -> list[Any]:
    """Summarize the members of `GraphKeys.ACTIVATIONS`; see `summarize_collection`.

    Args:
      name_filter: regular expression for the beginning of names; all when None.
      summarizer: function that summarizes one.

    Returns:
      What it returned for each.
    """
    return summarize_collection(GraphKeys.ACTIVATIONS, name_filter, summarizer)


summarize_variables = export_value(
    functools.partial(summarize_collection, GraphKeys.GLOBAL_VARIABLES),
    "contrib.slim.summarize_variables",
    v2=(),
)
summarize_weights = export_value(
    functools.partial(summarize_collection, GraphKeys.WEIGHTS),
    "contrib.slim.summarize_weights",
    v2=(),
)
summarize_biases = export_value(
    functools.partial(summarize_collection, GraphKeys.BIASES),
    "contrib.slim.summarize_biases",
    v2=(),
)
