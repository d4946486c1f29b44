"""Slots: variables that an optimizer keeps for another variable, of its shape and beside it."""

from __future__ import annotations

from typing import Any

from headrace._src.core import scopes
from headrace._src.ops._late import late
from headrace._src.state import initializers, variable_scope
from headrace._src.state.ref_variable import RefVariable
from headrace._src.state.resource_variable import is_resource_variable
from headrace._src.state.variable import SaveSliceInfo, Variable


def _make(primary: Any, val: Any, validate_shape: bool, shape: Any, dtype: Any) -> Any:
    """Makes the variable in the present variable scope, whose name it takes."""
    scope = variable_scope.get_variable_scope()
    use_resource = None
    if is_resource_variable(primary):
        use_resource = True
    elif isinstance(primary, RefVariable):
        use_resource = False
    # A slot of a part must not be cut up again.
    partitioner = scope.partitioner
    scope.set_partitioner(None)
    try:
        slot = variable_scope.get_variable(
            "",
            initializer=val,
            trainable=False,
            use_resource=use_resource,
            shape=shape if callable(val) else None,
            dtype=dtype,
            validate_shape=validate_shape,
        )
    finally:
        scope.set_partitioner(partitioner)
    part = primary._get_save_slice_info() if isinstance(primary, Variable) else None
    if part:
        own_name = slot.op.name[len(primary.op.name) + 1 :]
        slot._set_save_slice_info(
            SaveSliceInfo(
                f"{part.full_name}/{own_name}",
                part.full_shape[:],
                part.var_offset[:],
                part.var_shape[:],
            )
        )
    return slot


def _make_beside(
    primary: Any, val: Any, shape: Any, dtype: Any, full: bool, name: str, colocate: bool
) -> Any:
    with variable_scope.variable_scope(None, f"{primary.op.name}/{name}"):
        if not colocate:
            return _make(primary, val, full, shape, dtype)
        with scopes.colocate_with(primary):
            return _make(primary, val, full, shape, dtype)


def create_slot(primary: Any, val: Any, name: str, colocate_with_primary: bool = True) -> Any:
    """Makes a slot whose initial value is the tensor `val`."""
    full = val.get_shape().is_fully_defined()
    return _make_beside(primary, val, None, None, full, name, colocate_with_primary)


def create_slot_with_initializer(
    primary: Any,
    initializer: Any,
    shape: Any,
    dtype: Any,
    name: str,
    colocate_with_primary: bool = True,
) -> Any:
    """Makes a slot of a `TensorShape` whose initial value an initializer makes."""
    full = shape.is_fully_defined()
    return _make_beside(primary, initializer, shape, dtype, full, name, colocate_with_primary)


def create_zeros_slot(
    primary: Any, name: str, dtype: Any = None, colocate_with_primary: bool = True
) -> Any:
    """Makes a slot of zeros with the shape of `primary`, a variable or tensor."""
    dtype = primary.dtype if dtype is None else dtype
    shape = primary.get_shape()
    if shape.is_fully_defined():
        return create_slot_with_initializer(
            primary, initializers.Zeros(), shape, dtype, name, colocate_with_primary
        )
    value = primary.initialized_value() if isinstance(primary, Variable) else primary
    zeros = late.zeros(late.shape(value), dtype=dtype)
    return create_slot(primary, zeros, name, colocate_with_primary)
