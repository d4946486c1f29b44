"""Python's builtin functions in converted code: graph operations where arguments are tensors."""

from __future__ import annotations

import builtins
import sys
import types
from collections.abc import Callable
from typing import Any, Final

import numpy as np

from headrace._src.core import dtypes
from headrace._src.core.tensor import Tensor
from headrace._src.ops import conditional, flows, py_func
from headrace._src.ops._late import late

_NOT_GIVEN: Final = object()
_PRINT_ARGUMENTS: Final = ("sep", "end", "file", "flush")


def abs_(x: Any) -> Any:
    """`abs(x)`."""
    return late.abs(x) if isinstance(x, Tensor) else abs(x)


def float_(x: Any = 0) -> Any:
    """`float(x)`; a float32 tensor of a tensor."""
    if not isinstance(x, Tensor):
        return float(x)
    if x.dtype is dtypes.string:
        return late.string_to_number(x, out_type=dtypes.float32)
    return late.cast(x, dtypes.float32)


def int_(x: Any = 0, base: Any = _NOT_GIVEN) -> Any:
    """`int(x, base)`; an int32 tensor of a tensor."""
    if not isinstance(x, Tensor):
        return int(x) if base is _NOT_GIVEN else int(x, base)
    if base is not _NOT_GIVEN and base != 10:
        raise NotImplementedError(f"base {base} not supported for int")
    if x.dtype is dtypes.string:
        return late.string_to_number(x, out_type=dtypes.int32)
    return late.cast(x, dtypes.int32)


def len_(s: Any) -> Any:
    """`len(s)`: of a tensor how many rows it has, a number where it is known."""
    if flows.is_tensor_array(s):
        return s.size()
    if not isinstance(s, Tensor):
        return len(s)
    if s.dtype is dtypes.variant:
        return late.TensorListLength(s)
    if s.dims:
        return late.shape(s)[0] if s.dims[0] is None else s.dims[0]
    shape = late.shape(s)
    if s.dims is not None:
        raise ValueError(f"len requires a non-scalar tensor, got one of shape {shape}")
    return conditional.cond(late.rank(s) > 0, lambda: late.shape(s)[0], lambda: _no_length(s))


def _no_length(s: Tensor) -> Tensor:
    text = late.string_join(["len requires non-zero rank, got ", late.as_string(late.rank(s))])
    with s.graph.control_dependencies([late.Assert(False, [text])]):
        zero: Tensor = late.constant(0, dtype=dtypes.int32)
    return zero


def print_(*objects: Any, **kwargs: Any) -> Any:
    """`print(...)`; of tensors their values, when the graph runs."""
    unknown = tuple(k for k in kwargs if k not in _PRINT_ARGUMENTS)
    if unknown:
        raise ValueError(f"invalid keyword arguments: {unknown}")
    if not any(isinstance(o, Tensor) for o in objects):
        print(*objects, **kwargs)
        return None
    tensors = [o for o in objects if isinstance(o, Tensor)]

    def show(*values: Any) -> Any:
        given = iter(values)
        row = [next(given) if isinstance(o, Tensor) else o for o in objects]
        row = [v.decode("utf-8") if isinstance(v, bytes) else v for v in row]
        print(*row, **{"flush": True, **kwargs})
        return np.int64(0)

    return py_func.py_func(show, tensors, dtypes.int64)


def range_(start_or_stop: Any, stop: Any = _NOT_GIVEN, step: Any = _NOT_GIVEN) -> Any:
    """`range(...)`; `tf.range` of tensors, which is empty where Python's is."""
    given = [a for a in (start_or_stop, stop, step) if a is not _NOT_GIVEN]
    if not any(isinstance(a, Tensor) for a in given):
        return range(*given)
    if len(given) == 3:
        return late.range(*given)
    if len(given) == 2:
        return late.range(start_or_stop, late.maximum(start_or_stop, stop))
    return late.range(late.maximum(start_or_stop, 0))


_OVERLOADS: Final[dict[Any, Callable[..., Any]]] = {
    abs: abs_,
    float: float_,
    int: int_,
    len: len_,
    print: print_,
    range: range_,
}


def overload_of(function: Any) -> Any:
    """What converted code calls in place of a builtin function."""
    return _OVERLOADS.get(function, function)


def is_builtin(function: Any) -> bool:
    """Whether a value is a builtin function or one of the types that are called like one."""
    if isinstance(function, types.BuiltinFunctionType):
        return True
    return isinstance(function, type) and getattr(builtins, function.__name__, None) is function


def in_original_context(function: Any, args: tuple[Any, ...], scope: Any) -> Any:
    """Calls `eval`, `super`, `locals` or `globals` as if from the frame of the user's function."""
    inner = _frame_of(scope, innermost=True)
    if function is locals:
        return inner.f_locals
    if function is globals:
        return inner.f_globals
    if function is eval:
        defaults = (None, inner.f_globals, inner.f_locals)
        return eval(*args, *defaults[len(args) :])
    if args:
        return function(*args)
    outer = _frame_of(scope, innermost=False)
    return function(outer.f_locals["__class__"], outer.f_locals[outer.f_code.co_varnames[0]])


def _frame_of(scope: Any, innermost: bool) -> types.FrameType:
    """The frame of a converted function that opened a scope."""
    found = None
    frame: types.FrameType | None = sys._getframe(1)
    while frame is not None:
        if frame.f_locals.get(scope.name) is scope:
            found = frame
            if innermost:
                break
        frame = frame.f_back
    assert found is not None, "the frame that opened a scope is always on the stack"
    return found


CONTEXT_FUNCTIONS: Final = (eval, super, locals, globals)

__all__ = [
    "CONTEXT_FUNCTIONS",
    "abs_",
    "float_",
    "in_original_context",
    "int_",
    "is_builtin",
    "len_",
    "overload_of",
    "print_",
    "range_",
]
