"""Constant values of tensors at build time.

Two questions, as in 1.15: what its Python sees (`constant_value`: few op types, flagged
`python_constant`), which decides the nodes that are
built; and what its C++ shape functions see (`evaluate`: any constant subgraph), which decides
static shapes.

Unknown entries of shape vectors are `UNKNOWN` (-1) while they pass through ops that only move data.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from headrace._api.export import export
from headrace._src.core import kernel
from headrace._src.core.dims import Dims

if TYPE_CHECKING:
    from headrace._src.core.operation import Operation
    from headrace._src.core.tensor import Tensor

UNKNOWN: Final = -1
_NOTHING: Final = object()
_LIMIT: Final = 10000


def _run_kernel(operation: Operation, inputs: list[Any]) -> list[np.ndarray[Any, Any]]:
    """The values of all outputs."""
    body = operation.spec.bind(operation)
    if inputs:
        with np.errstate(all="ignore"):
            result = body(kernel.HOST, *inputs)
    else:
        result = body(kernel.HOST)
    results = (result,) if operation.spec.single_output else result
    return [
        np.asarray(value, dtype=t.dtype.np_dtype)
        for value, t in zip(results, operation.outputs, strict=True)
    ]


def _from_shapes(tensor: Tensor) -> np.ndarray[Any, Any] | None:
    """The value of an op that depends on its inputs' static shapes only; -1 where unknown."""
    operation = tensor.op
    rule = operation.spec.value_from_shapes
    if rule is None:
        return None
    dims = [t.dims for t in operation._inputs]
    grouped = operation.spec.group(operation, dims) if operation.spec.has_list_inputs else dims
    value = rule(*grouped)
    if value is not None and not operation.spec.single_output:
        value = value[tensor.value_index]
    return None if value is None else np.asarray(value)


def constant_value(tensor: Any, partial: bool = False) -> np.ndarray[Any, Any] | None:
    """The value that 1.15's `tensor_util.constant_value` finds, or None."""
    return _fold(tensor, 0)


def _fold(tensor: Any, kind: int) -> np.ndarray[Any, Any] | None:
    """Folds; kind 0: ops that 1.15's Python sees through, kind 1: any stateless op."""
    if isinstance(tensor, (np.ndarray, np.generic)):
        return np.asarray(tensor)
    stack = [tensor]
    while stack:
        t = stack[-1]
        if _cached(t, kind) is _NOTHING:
            pending = _pending_inputs(t, kind)
            if pending:
                stack.extend(pending)
                continue
        stack.pop()
    return tensor._constant[kind]  # type: ignore[no-any-return]


def _cached(t: Tensor, kind: int) -> Any:
    cache = t._constant
    return _NOTHING if cache is None else cache[kind]


def _store(t: Tensor, kind: int, value: Any) -> None:
    if t._constant is None:
        t._constant = [_NOTHING, _NOTHING]
    t._constant[kind] = value


def _folds(t: Tensor, kind: int) -> bool:
    spec = t.op.spec
    if kind == 0:
        return spec.python_constant
    if spec.has_effects or spec.random or spec.calls_functions or spec.needs_op:
        return False
    if not spec.foldable:
        return False
    return spec.host is not None and (bool(spec.inputs) or spec.python_constant)


def _is_known(value: np.ndarray[Any, Any] | None) -> bool:
    return value is not None and min(value.ravel().tolist(), default=0) >= 0


def _pending_inputs(t: Tensor, kind: int) -> list[Tensor]:
    """Inputs that must be folded first; when there are none, the value is stored."""
    operation = t.op
    spec = operation.spec
    if not _folds(t, kind):
        _store(t, kind, None)
        return []
    if spec.value_from_shapes is not None:
        value = _from_shapes(t)
        if value is not None and _is_known(value):
            _store(t, kind, value.astype(t.dtype.as_numpy_dtype))
            return []
        if kind == 0:
            # Not constant today; set_shape may still complete the input's shape.
            _store(t, kind, None)
            return []
        # Shape functions may also compute the inputs.
    inputs: list[Any] = []
    pending = []
    for i in operation._inputs:
        known = _cached(i, kind)
        if known is None:
            _store(t, kind, None)
            return []
        if known is _NOTHING:
            pending.append(i)
        inputs.append(known)
    if not pending:
        _fold_operation(operation, kind, inputs)
    return pending


def _fold_operation(operation: Operation, kind: int, inputs: list[Any]) -> None:
    """Stores the values of the outputs of an operation whose inputs are known."""
    values: list[Any] = [None] * len(operation.outputs)
    try:
        if sum([v.size for v in inputs]) <= _LIMIT:
            values = _run_kernel(operation, inputs)
    except (ValueError, TypeError, IndexError, ArithmeticError, NotImplementedError):
        # A constant that cannot be computed is not known; the run reports the error.
        pass
    except Exception as e:
        if not (type(e).__module__.endswith("errors") or hasattr(e, "error_code")):
            raise
    for t, value in zip(operation.outputs, values, strict=True):
        _store(t, kind, value)


def evaluate(tensor: Any) -> np.ndarray[Any, Any] | None:
    """The value of a constant subgraph, or None."""
    return _fold(tensor, 1)


def _partial(tensor: Tensor, kind: int) -> np.ndarray[Any, Any] | None:
    """An integer vector or scalar with -1 where unknown, or None when nothing is known."""
    value = _fold(tensor, kind)
    if value is not None:
        return value.astype(np.int64, copy=False) if value.dtype.kind in "iu" else None
    if tensor.dims == ():
        # 1.15 sees partially known vectors, but of scalars only the wholly known.
        return None
    operation = tensor.op
    spec = operation.spec
    if spec.value_from_shapes is not None:
        return _from_shapes(tensor)
    if not spec.moves_data:
        return None
    inputs: list[Any] = []
    known = False
    for t in operation._inputs:
        part = _partial(t, kind) if t.dtype.is_integer else None
        if part is None:
            if t.dims is None or None in t.dims:
                return None
            part = np.full(t.dims, UNKNOWN, np.int64)
        else:
            known = True
        inputs.append(part)
    if not known:
        return None
    try:
        result = spec.bind(operation)(kernel.HOST, *inputs)
    except (ValueError, TypeError, IndexError):
        # Unknown entries may not be legal where the op reads them as positions.
        return None
    if not spec.single_output:
        result = result[tensor.value_index]
    return np.asarray(result).astype(np.int64)


def evaluate_as_dims(tensor: Any, kind: int = 1) -> Dims:
    """The dims that a shape vector describes, as the C++ shape functions see them."""
    dims = tensor.dims
    value = _partial(tensor, kind)
    if value is None:
        if dims is not None and len(dims) == 1 and dims[0] is not None:
            return tuple([None] * int(dims[0]))
        return None
    if value.ndim == 0:
        if value == UNKNOWN:
            return None
        raise ValueError(
            f"Input tensor must be rank 1, or if its rank 0 it must have value -1 but is {value}"
        )
    result = []
    for v in value.tolist():
        if v < UNKNOWN:
            raise ValueError(f"Dimension {v} must be >= -1")
        result.append(None if v == UNKNOWN else v)
    return tuple(result)


def constant_value_as_dims(tensor: Any) -> Dims:
    """The dims that a shape vector describes, as 1.15's Python sees them."""
    return evaluate_as_dims(tensor, 0)


@export("get_static_value", v2=("get_static_value",))
def get_static_value(tensor: Any, partial: bool = False) -> Any:
    """Returns the value of a tensor that is constant at build time, or None.

    Args:
      tensor: the `Tensor`.
      partial: whether a partly known value may be returned.
    """
    return constant_value(tensor, partial)


def constant_value_as_shape(tensor: Any) -> Any:
    """The `TensorShape` that a shape vector describes."""
    from headrace._src.core.shape import TensorShape

    return TensorShape._from_dims(constant_value_as_dims(tensor))
