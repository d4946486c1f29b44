"""Ops that hand their input on: Identity and its kin, NoOp."""

from __future__ import annotations

from typing import Any

from headrace._api.export import export
from headrace._src.core import attrs as A
from headrace._src.core.dtypes import groups as G
from headrace._src.core.operation import Operation
from headrace._src.core.opspec import op
from headrace._src.core.tensor import Tensor


def _shape_same(s, input):
    s.set_handle_data(s.handle_data(0))
    return input


def _kernel_same(k, input):
    return input


def _grad_same(op, dy):
    return dy


# -- Identity ----------------------------------------------------------------------------------
Identity = op(
    "Identity",
    "input: T -> output: T",
    T=G.ANY,
    forwards_reference=True,
    preserves_elements=True,
    shape=_shape_same,
)
Identity.kernel(_kernel_same)
Identity.gradient(_grad_same)


@export("identity")
def identity(input: Any, name: str | None = None) -> Tensor:
    """Make a node with the value of its input.

    Args:
        input: Tensor, variable or value.
        name: Name of the node.

    Returns:
        Tensor equal to `input`.
    """
    return Identity(input, name=name)


# -- RefIdentity -------------------------------------------------------------------------------
RefIdentity = op(
    "RefIdentity",
    "input: Ref(T) -> output: Ref(T)",
    T=G.ANY,
    allows_uninitialized=True,
    shape=_shape_same,
)
RefIdentity.kernel(_kernel_same)
RefIdentity.gradient(_grad_same)


# -- IdentityN ---------------------------------------------------------------------------------
IdentityN = op("IdentityN", "input: list:T -> output: list:T", T=A.dtypes(minimum=1))


@IdentityN.shape
def _shape_identity_n(s, input):
    for i in range(len(input)):
        s.set_handle_data(s.handle_data(i), i)
    return list(input)


@IdentityN.kernel
def _kernel_identity_n(k, input):
    return list(input)


@IdentityN.gradient
def _grad_identity_n(op, *dys):
    return list(dys)


@export("identity_n")
def identity_n(input: Any, name: str | None = None) -> list[Tensor]:
    """Make one node with the values of several inputs.

    Args:
        input: List of tensors.
        name: Name of the node.

    Returns:
        List of tensors equal to the inputs.
    """
    return IdentityN(input, name=name)


# -- StopGradient ------------------------------------------------------------------------------
StopGradient = op(
    "StopGradient", "input: T -> output: T", T=G.ANY, preserves_elements=True, shape=_shape_same
)
StopGradient.kernel(_kernel_same)
StopGradient.no_gradient("that is its purpose")


@export("stop_gradient")
def stop_gradient(input: Any, name: str | None = None) -> Tensor:
    """Hand a tensor on, but count as a constant when gradients are taken.

    Args:
        input: Tensor.
        name: Name of the node.

    Returns:
        Tensor equal to `input`.
    """
    return StopGradient(input, name=name)


# -- PreventGradient ---------------------------------------------------------------------------
PreventGradient = op(
    "PreventGradient",
    "input: T -> output: T",
    T=G.ANY,
    message=A.text(default=""),
    preserves_elements=True,
    shape=_shape_same,
)
PreventGradient.kernel(_kernel_same)


@PreventGradient.gradient
def _grad_prevent_gradient(op, dy):
    raise LookupError(f"Gradient explicitly disabled. Reason: {op.get_attr('message')!r}")


# -- Snapshot ----------------------------------------------------------------------------------
Snapshot = op(
    "Snapshot", "input: T -> output: T", T=G.ANY, preserves_elements=True, shape=_shape_same
)
Snapshot.kernel(_kernel_same)
Snapshot.no_gradient("made by graph rewriters only, and 1.15 has no rule", undefined=True)


# -- GuaranteeConst ----------------------------------------------------------------------------
GuaranteeConst = op(
    "GuaranteeConst", "input: T -> output: T", T=G.ANY, stateful=True, shape=_shape_same
)
GuaranteeConst.kernel(_kernel_same)
GuaranteeConst.no_gradient("1.15 has no rule", undefined=True)


@export("guarantee_const")
def guarantee_const(input: Any, name: str | None = None) -> Tensor:
    """Promise that a tensor never changes.

    Args:
        input: Tensor.
        name: Name of the node.

    Returns:
        Tensor equal to `input`.
    """
    return GuaranteeConst(input, name=name)


# -- NoOp --------------------------------------------------------------------------------------
NoOp = op("NoOp", "->")


@NoOp.shape
def _shape_no_op(s):
    return []


@NoOp.kernel
def _kernel_no_op(k):
    return []


NoOp.no_gradient("it has no inputs")


@export("no_op")
def no_op(name: str | None = None) -> Operation:
    """Make an operation that does nothing; it is good for carrying control inputs.

    Args:
        name: Name of the node.

    Returns:
        The operation.
    """
    return NoOp(name=name)
