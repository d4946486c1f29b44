"""Flows: how control flow carries tensor arrays: as the tensor that holds their elements.

A `TensorArray` says `_is_tensor_array = True`; its `flow` is the tensor, and `_with_flow(flow)` is
the same array with another one.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from headrace._src.core import nest


def is_tensor_array(value: Any) -> bool:
    """Whether `value` is a `TensorArray`."""
    return getattr(type(value), "_is_tensor_array", False)


def flow_of(value: Any) -> Any:
    """The flow of a tensor array; any other value itself."""
    return value.flow if is_tensor_array(value) else value


def to_flows(structure: Any) -> Any:
    """The structure with each tensor array replaced by its flow."""
    return nest.map_structure(flow_of, structure, expand_composites=True)


def from_flows(template: Any, flat: Sequence[Any]) -> Any:
    """Flat tensors in the structure of `template`, as tensor arrays where it has them."""
    like = nest.flatten(template, expand_composites=True)
    values = [
        old._with_flow(new) if is_tensor_array(old) else new
        for old, new in zip(like, flat, strict=True)
    ]
    return nest.pack_sequence_as(template, values, expand_composites=True)
