"""What the functions of `tf.contrib.layers` share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from headrace._src.contrib.layers_utils import collect_named_outputs
from headrace._src.contrib.model_variables import model_variable
from headrace._src.core import constant_value as constant
from headrace._src.core.convert import is_tensor
from headrace._src.core.graph import add_to_collection, get_collection
from headrace._src.ops._late import late
from headrace._src.state.partitioned_variable import PartitionedVariable
from headrace._src.state.variable import (
    Variable,
    VariableAggregation,
    VariableSynchronization,
)


def names(*given: str) -> tuple[str, ...]:
    """The public names of a layer."""
    return tuple(
        f"contrib.{where}.{name}" for where in ("layers", "slim", "slim.layers") for name in given
    )


def variable_collections(collections: Any, name: str) -> Any:
    """The collections for a variable: of a dict, those of its name."""
    return collections.get(name) if isinstance(collections, dict) else collections


def add_variable(variable: Any, collections: Any, name: str) -> None:
    """Let a layer's variable join the collections."""
    parts = list(variable) if isinstance(variable, PartitionedVariable) else [variable]
    for key in variable_collections(collections, name) or []:
        for part in parts:
            if all(part is not held for held in get_collection(key)):
                add_to_collection(key, part)


def model_variable_getter(
    getter: Any,
    name: str,
    shape: Any = None,
    dtype: Any = None,
    initializer: Any = None,
    regularizer: Any = None,
    trainable: Any = True,
    collections: Any = None,
    caching_device: Any = None,
    partitioner: Any = None,
    rename: Any = None,
    use_resource: Any = None,
    synchronization: Any = VariableSynchronization.AUTO,
    aggregation: Any = VariableAggregation.NONE,
    **_: Any,
) -> Any:
    """A getter of variables that makes model variables, some under other names."""
    head, slash, last = name.rpartition("/")
    name = head + slash + (rename or {}).get(last, last)
    return model_variable(
        name,
        shape=shape,
        dtype=dtype,
        initializer=initializer,
        regularizer=regularizer,
        collections=collections,
        trainable=trainable,
        caching_device=caching_device,
        partitioner=partitioner,
        custom_getter=getter,
        use_resource=use_resource,
        synchronization=synchronization,
        aggregation=aggregation,
    )


def renaming_getter(**rename: str) -> Callable[..., Any]:
    """A getter that makes model variables and gives them other names."""

    def renaming(getter: Any, *args: Any, **kwargs: Any) -> Any:
        kwargs["rename"] = rename
        return model_variable_getter(getter, *args, **kwargs)

    return renaming


def known_value(value: Any) -> Any:
    """The value of a condition that is known while building, else None.

    Raises:
      ValueError: it is None.
    """
    if value is None:
        raise ValueError("value_or_tensor_or_var cannot be None")
    if isinstance(value, Variable):
        return None
    return constant.constant_value(value) if is_tensor(value) else value


def smart_cond(pred: Any, fn1: Callable[[], Any], fn2: Callable[[], Any]) -> Any:
    """The result of one of two functions, chosen now where the condition is known."""
    known = known_value(pred)
    if known is None:
        return late.cond(pred, fn1, fn2)
    return fn1() if known else fn2()


def layer_format(data_format: Any) -> str:
    """The data format of `tf.layers` for that of an op."""
    first = data_format and data_format.startswith("NC")
    return "channels_first" if first else "channels_last"


def finished(
    outputs: Any,
    activation_fn: Any,
    outputs_collections: Any,
    name: str,
    normalizer_fn: Any = None,
    normalizer_params: Any = None,
) -> Any:
    """The outputs, normalized, activated and collected."""
    if normalizer_fn is not None:
        outputs = normalizer_fn(outputs, **(normalizer_params or {}))
    if activation_fn is not None:
        outputs = activation_fn(outputs)
    return collect_named_outputs(outputs_collections, name, outputs)


def two_numbers(value: Any) -> tuple[int, int]:
    """A pair of integers; one stands for both.

    Raises:
      ValueError: it is neither.
    """
    if isinstance(value, (list, tuple)):
        if len(value) != 2:
            raise ValueError(f"Must be a list with 2 elements: {value}")
        return int(value[0]), int(value[1])
    if isinstance(value, int):
        return value, value
    raise ValueError("Must be an int, a list with 2 elements or a TensorShape of length 2")


def known_size(shape: Any, dim: int, min_rank: int = 1) -> int:
    """The size of a dimension.

    Raises:
      ValueError: it is unknown, or the rank is unknown or less than `min_rank`.
    """
    if shape.ndims is None:
        raise ValueError("dims of shape must be known but is None")
    if shape.ndims < min_rank:
        raise ValueError(f"rank of shape must be at least {min_rank} not: {shape.ndims}")
    size = shape.as_list()[dim]
    if size is None:
        raise ValueError(f"dimension {dim} of shape must be known but is None: {shape}")
    return size  # type: ignore[no-any-return]
