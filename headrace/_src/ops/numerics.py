"""Checks that tensors hold finite numbers."""

from __future__ import annotations

from typing import Any

import numpy as np

from headrace._api.export import export
from headrace._src.core import attrs as A
from headrace._src.core import dtypes, errors
from headrace._src.core.convert import convert_to_tensor
from headrace._src.core.dtypes import groups as G
from headrace._src.core.graph import get_default_graph
from headrace._src.core.operation import Operation
from headrace._src.core.opspec import op
from headrace._src.core.scopes import colocate_with, control_dependencies, name_scope
from headrace._src.core.tensor import Tensor
from headrace._src.ops import _shapes
from headrace._src.ops._conditions import require_finite
from headrace._src.ops._late import late
from headrace._src.ops.reductions import one_of

# -- CheckNumerics ----------------------------------------------------------------------------
CheckNumerics = op(
    "CheckNumerics",
    "tensor: T -> output: T",
    T=A.dtype(G.ELEMENTWISE_FLOAT),
    message=A.text(),
    stateful=True,
    shape=_shapes.unchanged,
)


@CheckNumerics.host_kernel
def _kernel_check_numerics(k, tensor, *, message):
    if np.all(np.isfinite(tensor)):
        return tensor
    found = [word for word, test in (("Inf", np.isinf), ("NaN", np.isnan)) if np.any(test(tensor))]
    raise errors.InvalidArgumentError(
        None, None, f"{message} : Tensor had {' and '.join(found)} values"
    )


@CheckNumerics.xla_kernel
def _lower_check_numerics(k, tensor):
    require_finite(k, tensor)
    return tensor


@CheckNumerics.gradient
def _grad_check_numerics(op, dy):
    message = op.get_attr("message")
    return check_numerics(
        dy, f"Not a number (NaN) or infinity (Inf) values detected in gradient. {message}"
    )


@export("debugging.check_numerics", "check_numerics", v2=("debugging.check_numerics",))
def check_numerics(tensor: Any, message: str, name: str | None = None) -> Tensor:
    """Pass a tensor on, or fail when it holds an infinity or NaN.

    Args:
      tensor: A floating tensor.
      message: The beginning of the error message.
      name: The node's name.

    Returns:
      `tensor`.

    Raises:
      InvalidArgumentError: (run) an element is infinite or NaN.
    """
    return CheckNumerics(tensor, message=message, name=name)


@export("debugging.assert_all_finite", "verify_tensor_all_finite", v2=())
def verify_tensor_all_finite(
    t: Any = None, msg: str | None = None, name: str | None = None, x: Any = None,
    message: str | None = None,
) -> Tensor:  # fmt: skip
    """Pass a tensor on, or fail when it holds an infinity or NaN.

    Args:
      t: A floating tensor.
      msg: The beginning of the error message.
      name: A name scope.
      x: Another name of `t`.
      message: Another name of `msg`.

    Returns:
      The tensor.

    Raises:
      InvalidArgumentError: (run) an element is infinite or NaN.
    """
    x = one_of("x", x, "t", t)
    message = one_of("message", message, "msg", msg)
    return verify_tensor_all_finite_v2(x, message, name)


@export(v2=("debugging.assert_all_finite",))
def verify_tensor_all_finite_v2(x: Any, message: str, name: str | None = None) -> Tensor:
    """Pass a tensor on, or fail when it holds an infinity or NaN.

    Args:
      x: A floating tensor.
      message: The beginning of the error message.
      name: A name scope.

    Returns:
      `x`.

    Raises:
      InvalidArgumentError: (run) an element is infinite or NaN.
    """
    with name_scope(name, "VerifyFinite", [x]):
        x = convert_to_tensor(x, name="x")
        with colocate_with(x):
            checked = check_numerics(x, message=message)
            from headrace._src.ops import grouping

            return grouping.with_dependencies([checked], x)


@export("add_check_numerics_ops", v2=())
def add_check_numerics_ops() -> Operation:
    """Check every floating tensor of the graph so far, one after the other.

    Returns:
      An operation that fails when any of them holds an infinity or NaN.

    Raises:
      RuntimeError: in eager execution.
    """
    if get_default_graph().executes:
        raise RuntimeError(
            "add_check_numerics_ops() is not compatible with eager execution. To check for Inf's "
            "and NaN's under eager execution, call tfe.seterr(inf_or_nan='raise') once before "
            "executing the checked operations."
        )
    checks: list[Any] = []
    for operation in get_default_graph().get_operations():
        for output in operation.outputs:
            if output.dtype in (dtypes.float16, dtypes.float32, dtypes.float64):
                message = f"{operation.name}:{output.value_index}"
                with control_dependencies(checks):
                    checks = [check_numerics(output, message=message)]
    return late.group(*checks)
