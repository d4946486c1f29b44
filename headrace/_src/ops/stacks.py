"""Stacks: on them 1.x's loops keep what their gradients need."""

from __future__ import annotations

from typing import Any

from headrace._src.core import attrs as A
from headrace._src.core.opspec import op
from headrace._src.engine.tensor_arrays import Stack

_NO_RULE = "nodes of this kind come from the gradients of loops that 1.x made"

# -- StackV2 -------------------------------------------------------------------------------------
StackV2 = op(
    "StackV2",
    "max_size: int32 -> handle: resource",
    stateful=True,
    host_only=True,
    needs_op=True,
    elem_type=A.dtype(),
    stack_name=A.text(default=""),
)


@StackV2.shape
def _shape_stack(s, max_size):
    return (2,)


@StackV2.kernel
def _kernel_stack(k, max_size, *, stack_name):
    return Stack(stack_name or k.op.name, int(max_size))


StackV2.no_gradient(_NO_RULE, undefined=True)

# -- StackPushV2 ---------------------------------------------------------------------------------
StackPushV2 = op(
    "StackPushV2",
    "handle: resource, elem: T -> output: T",
    stateful=True,
    host_only=True,
    T=A.dtype(),
    swap_memory=A.boolean(default=False),
)


@StackPushV2.shape
def _shape_push(s, handle, elem):
    return elem


@StackPushV2.kernel
def _kernel_push(k: Any, handle: Stack, elem: Any) -> Any:
    handle.push(elem)
    return elem


StackPushV2.no_gradient(_NO_RULE, undefined=True)

# -- StackPopV2 ----------------------------------------------------------------------------------
StackPopV2 = op(
    "StackPopV2",
    "handle: resource -> elem: elem_type",
    stateful=True,
    host_only=True,
    elem_type=A.dtype(),
)


@StackPopV2.shape
def _shape_pop(s, handle):
    return None


@StackPopV2.kernel
def _kernel_pop(k: Any, handle: Stack) -> Any:
    return handle.pop()


StackPopV2.no_gradient(_NO_RULE, undefined=True)

# -- StackCloseV2 --------------------------------------------------------------------------------
StackCloseV2 = op("StackCloseV2", "handle: resource ->", stateful=True, host_only=True)


@StackCloseV2.kernel
def _kernel_close(k: Any, handle: Stack) -> None:
    """Nothing is left to be done: a stack ends with its run."""


StackCloseV2.no_gradient(_NO_RULE, undefined=True)
