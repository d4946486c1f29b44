"""tf.assert_*: checks of values, ranks and types, made at build time where that is possible."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from headrace._api.export import export
from headrace._src.core import constant_value, convert, dtypes, errors, scopes
from headrace._src.core import graph as graph_lib
from headrace._src.core.eager_tensor import EagerTensor
from headrace._src.core.sparse_tensor import SparseTensor
from headrace._src.core.tensor import Tensor
from headrace._src.ops import (
    _eager_assertions,
    comparison,
    debugging,
    grouping,
    identity,
    math_unary,
    reductions,
)
from headrace._src.ops import shapes as shape_ops
from headrace._src.ops._eager_assertions import described

_ARGS = """
    Args:
      {tensors}
      data: tensors to print when the check fails; what is needed to understand it when left out.
      summarize: how many elements of each to print.
      message: text before them.
      name: the name scope of the operations.

    Returns:
      The operation that checks at run time.

    Raises:
      InvalidArgumentError: the check fails, at build time for constants or at run time.
    """


def _text(value: Any) -> Any:
    """A value as text in a message made at build time."""
    if not isinstance(value, Tensor):
        return str(value)
    known = constant_value.constant_value(value)
    return str(value) if known is None else str(known[()] if known.ndim == 0 else known)


def _compare(
    symbol: str,
    name: str,
    function: Callable[..., Tensor],
    on_host: Callable[..., Any],
    x: Any,
    y: Any,
    data: Any,
    summarize: Any,
    message: Any,
    scope: Any,
) -> Any:
    values = [x, y, *(data or [])]
    with scopes.name_scope(scope, name, values):
        x = convert.convert_to_tensor(x, name="x")
        y = convert.convert_to_tensor(y, name="y")
        if graph_lib.get_default_graph().executes:
            holds = function(x, y)
            return _eager_assertions.check_pair(symbol, x, y, holds, data, summarize, message)
        if data is None:
            data = [
                f"Condition x {symbol} y did not hold element-wise:",
                f"x ({x.name}) = ",
                x,
                f"y ({y.name}) = ",
                y,
            ]
        if message is not None:
            data = [message, *data]
        condition = reductions.reduce_all(function(x, y))
        known_x, known_y = constant_value.constant_value(x), constant_value.constant_value(y)
        if known_x is not None and known_y is not None and not np.all(on_host(known_x, known_y)):
            raise errors.InvalidArgumentError(None, None, "\n".join(_text(d) for d in data))
        return debugging.assert_(condition, data, summarize=summarize)


def _binary(symbol: str, name: str, function: Any, on_host: Any, *names: str) -> Any:
    def check(
        x: Any,
        y: Any,
        data: Any = None,
        summarize: Any = None,
        message: Any = None,
        name: Any = None,
    ) -> Any:
        if op_name == "assert_equal":
            # 1.15 opens this scope once more than it needs; the counter of its name moves on.
            with scopes.name_scope(name, op_name, [x, y, *(data or [])]):
                if x is y:
                    return identity.no_op()
        return _compare(symbol, op_name, function, on_host, x, y, data, summarize, message, name)

    op_name = name
    check.__name__ = check.__qualname__ = name
    tensors = "x: a numeric tensor.\n      y: a tensor of the same dtype."
    check.__doc__ = f"Checks `x {symbol} y` for every element.\n{_ARGS.format(tensors=tensors)}"
    return export(*names, v2=())(check)


assert_equal = _binary(
    "==", "assert_equal", comparison.equal, np.equal, "debugging.assert_equal", "assert_equal"
)
assert_none_equal = _binary(
    "!=",
    "assert_none_equal",
    comparison.not_equal,
    np.not_equal,
    "debugging.assert_none_equal",
    "assert_none_equal",
)
assert_less = _binary(
    "<", "assert_less", comparison.less, np.less, "debugging.assert_less", "assert_less"
)
assert_less_equal = _binary(
    "<=",
    "assert_less_equal",
    comparison.less_equal,
    np.less_equal,
    "debugging.assert_less_equal",
    "assert_less_equal",
)
assert_greater = _binary(
    ">",
    "assert_greater",
    comparison.greater,
    np.greater,
    "debugging.assert_greater",
    "assert_greater",
)
assert_greater_equal = _binary(
    ">=",
    "assert_greater_equal",
    comparison.greater_equal,
    np.greater_equal,
    "debugging.assert_greater_equal",
    "assert_greater_equal",
)


def _unary(symbol: str, name: str, check: Any, zero_first: bool, *names: str) -> Any:
    def unary(
        x: Any, data: Any = None, summarize: Any = None, message: Any = None, name: Any = None
    ) -> Any:
        message = message or ""
        with scopes.name_scope(name, op_name, [x, *(data or [])]):
            x = convert.convert_to_tensor(x, name="x")
            if data is None:
                condition = f"Condition x {symbol} 0 did not hold element-wise:"
                label = f"x ({described(x)}) = "
                # 1.15 joins these two texts in one of the four checks.
                texts = (
                    [condition + label] if op_name.endswith("non_positive") else [condition, label]
                )
                data = [message, *texts, x]
            zero = convert.convert_to_tensor(0, dtype=x.dtype)
            pair = (zero, x) if zero_first else (x, zero)
            return check(*pair, data=data, summarize=summarize)

    op_name = name
    unary.__name__ = unary.__qualname__ = name
    doc = _ARGS.format(tensors="x: a numeric tensor.")
    unary.__doc__ = f"Checks `x {symbol} 0` for every element.\n{doc}"
    return export(*names, v2=())(unary)


assert_negative = _unary(
    "<", "assert_negative", assert_less, False, "debugging.assert_negative", "assert_negative"
)
assert_positive = _unary(
    ">", "assert_positive", assert_less, True, "debugging.assert_positive", "assert_positive"
)
assert_non_negative = _unary(
    ">=",
    "assert_non_negative",
    assert_less_equal,
    True,
    "debugging.assert_non_negative",
    "assert_non_negative",
)
assert_non_positive = _unary(
    "<=",
    "assert_non_positive",
    assert_less_equal,
    False,
    "debugging.assert_non_positive",
    "assert_non_positive",
)


@export("debugging.assert_near", "assert_near", v2=())
def assert_near(
    x: Any,
    y: Any,
    rtol: Any = None,
    atol: Any = None,
    data: Any = None,
    summarize: Any = None,
    message: Any = None,
    name: Any = None,
) -> Any:
    """Checks `|x - y| < atol + rtol * |y|` for every element.

    Args:
      x: a float tensor.
      y: a tensor of the same dtype.
      rtol: the relative tolerance; ten times the dtype's epsilon when left out.
      atol: the absolute tolerance; ten times the dtype's epsilon when left out.
      data: tensors to print when the check fails.
      summarize: how many elements of each to print.
      message: text before them.
      name: the name scope of the operations.

    Returns:
      The operation that checks at run time.

    Raises:
      InvalidArgumentError: (run) the check fails.
    """
    message = message or ""
    values = [v for v in (x, y, rtol, atol, *(data or [])) if v is not None]
    with scopes.name_scope(name, "assert_near", values):
        x = convert.convert_to_tensor(x, name="x")
        y = convert.convert_to_tensor(y, name="y", dtype=x.dtype)
        epsilon = np.finfo(x.dtype.as_numpy_dtype).eps
        rtol = convert.convert_to_tensor(
            10 * epsilon if rtol is None else rtol, name="rtol", dtype=x.dtype
        )
        atol = convert.convert_to_tensor(
            10 * epsilon if atol is None else atol, name="atol", dtype=x.dtype
        )
        if data is None:
            data = [
                message,
                f"x and y not equal to tolerance rtol = {rtol}, atol = {atol}",
                f"x ({described(x)}) = ",
                x,
                f"y ({described(y)}) = ",
                y,
            ]
        tolerance = atol + rtol * math_unary.abs_(y)
        difference = math_unary.abs_(x - y)
        condition = reductions.reduce_all(comparison.less(difference, tolerance))
        return debugging.assert_(condition, data, summarize=summarize)


# -- ranks -----------------------------------------------------------------------------------------


def _label(x: Tensor) -> str:
    """The name of a tensor; nothing for a value, which has none."""
    return "" if isinstance(x, EagerTensor) else x.name


def _check_rank(
    x: Tensor,
    ranks: list[Tensor],
    holds: Callable[[int, list[int]], bool],
    condition: Callable[[Tensor, list[Tensor]], Tensor],
    data: Any,
    summarize: Any,
    complaint: Callable[[list[int]], str],
) -> Any:
    """The common part of the rank checks: at build time when everything is known."""
    for rank in ranks:
        assert_type(rank, dtypes.int32)
    known = [constant_value.constant_value(r) for r in ranks]
    if all(k is not None for k in known):
        if any(k.ndim != 0 for k in known if k is not None):
            raise ValueError("Rank must be a scalar.")
        if x.dims is not None:
            wanted = [int(k) for k in known if k is not None]
            if not holds(len(x.dims), wanted):
                raise ValueError(
                    f"{complaint(wanted)}.  Received rank {len(x.dims)}, shape {x.shape}"
                )
            return identity.no_op(name="static_checks_determined_all_ok")
    checked = condition(shape_ops.rank(x), ranks)
    for rank, k in zip(ranks, known, strict=True):
        if k is None:
            text = ["Rank must be a scalar. Received rank: ", rank]
            scalar = assert_rank(rank, 0, data=text)
            checked = grouping.with_dependencies([scalar], checked)
    return debugging.assert_(checked, data, summarize=summarize)


def _rank_check(op_name: str, words: str, holds: Any, compare: Any, doc: str, *names: str) -> Any:
    def check(
        x: Any,
        rank: Any,
        data: Any = None,
        summarize: Any = None,
        message: Any = None,
        name: Any = None,
    ) -> Any:
        with scopes.name_scope(name, op_name, [x, rank, *(data or [])]):
            x = convert.convert_to_tensor(x, name="x")
            rank = convert.convert_to_tensor(rank, name="rank")
            message = message or ""
            label = _label(x)
            if data is None:
                data = [
                    message,
                    f"Tensor {label} must have rank{words}",
                    rank,
                    "Received shape: ",
                    shape_ops.shape(x),
                ]
            return _check_rank(
                x,
                [rank],
                lambda actual, wanted: holds(actual, wanted[0]),
                lambda actual, wanted: compare(actual, wanted[0]),
                data,
                summarize,
                lambda wanted: f"{message}.  Tensor {label} must have rank{words} {wanted[0]}",
            )

    check.__name__ = check.__qualname__ = op_name
    tensors = "x: a tensor.\n      rank: a scalar int32 tensor."
    check.__doc__ = f"{doc}\n{_ARGS.format(tensors=tensors)}"
    return export(*names, v2=())(check)


assert_rank = _rank_check(
    "assert_rank",
    "",
    lambda actual, wanted: actual == wanted,
    comparison.equal,
    "Checks that `x` has rank `rank`.",
    "debugging.assert_rank",
    "assert_rank",
)
assert_rank_at_least = _rank_check(
    "assert_rank_at_least",
    " at least",
    lambda actual, wanted: actual >= wanted,
    comparison.greater_equal,
    "Checks that `x` has rank `rank` or higher.",
    "debugging.assert_rank_at_least",
    "assert_rank_at_least",
)


def _is_one_of(actual: Tensor, wanted: list[Tensor]) -> Tensor:
    if not wanted:
        return convert.convert_to_tensor(False)
    result = comparison.equal(wanted[0], actual)
    for rank in wanted[1:]:
        result = comparison.logical_or(result, comparison.equal(rank, actual))
    return result  # type: ignore[no-any-return]


@export("debugging.assert_rank_in", "assert_rank_in", v2=())
def assert_rank_in(
    x: Any,
    ranks: Any,
    data: Any = None,
    summarize: Any = None,
    message: Any = None,
    name: Any = None,
) -> Any:
    """Checks that the rank of `x` is one of `ranks`.

    Args:
      x: a tensor.
      ranks: scalar int32 tensors.
      data: tensors to print when the check fails.
      summarize: how many elements of each to print.
      message: text before them.
      name: the name scope of the operations.

    Returns:
      The operation that checks at run time.

    Raises:
      ValueError: the check fails at build time.
      InvalidArgumentError: (run) the check fails.
    """
    with scopes.name_scope(name, "assert_rank_in", [x, *ranks, *(data or [])]):
        x = convert.convert_to_tensor(x, name="x")
        ranks = [convert.convert_to_tensor(r, name="rank") for r in ranks]
        message = message or ""
        label = _label(x)
        if data is None:
            data = [
                message,
                f"Tensor {label} must have rank in",
                *ranks,
                "Received shape: ",
                shape_ops.shape(x),
            ]
        return _check_rank(
            x,
            ranks,
            lambda actual, wanted: actual in wanted,
            _is_one_of,
            data,
            summarize,
            lambda wanted: (
                f"{message}.  Tensor {label} must have rank in "
                f"{tuple(r if x.graph.executes else np.array(r, np.int32) for r in wanted)}"
            ),
        )


@export("debugging.assert_scalar", "assert_scalar", v2=())
def assert_scalar(tensor: Any, name: Any = None, message: Any = None) -> Any:
    """Checks at build time that a tensor is a scalar; returns it.

    Args:
      tensor: a tensor.
      name: the name scope of the operations.
      message: text before the error.

    Raises:
      ValueError: it is not, or its rank is not known.
    """
    with scopes.name_scope(name, "assert_scalar", [tensor]) as scope:
        tensor = convert.convert_to_tensor(tensor, name=scope)
        if tensor.dims is None or len(tensor.dims):
            which = f" for {tensor.name}" if _label(tensor) else ""
            raise ValueError(
                f"{message or ''}Expected scalar shape{which}, saw shape: {tensor.shape}."
            )
        return tensor


# -- types -----------------------------------------------------------------------------------------


@export("debugging.assert_integer", "assert_integer", v2=())
def assert_integer(x: Any, message: Any = None, name: Any = None) -> Any:
    """Checks at build time that a tensor is of an integer dtype.

    Args:
      x: a tensor.
      message: text before the error.
      name: the name scope of the operations.

    Raises:
      TypeError: it is not.
    """
    with scopes.name_scope(name, "assert_integer", [x]):
        x = convert.convert_to_tensor(x, name="x")
        if not x.dtype.is_integer:
            raise TypeError(
                f'{message or ""}  Expected "x" to be integer type.  Found: '
                f"{_label(x) or 'tensor'} of dtype "
                f"{x.dtype}"
            )
        return identity.no_op("statically_determined_was_integer")


@export("debugging.assert_type", "assert_type", v2=())
def assert_type(tensor: Any, tf_type: Any, message: Any = None, name: Any = None) -> Any:
    """Checks at build time that a tensor is of a dtype.

    Args:
      tensor: a tensor.
      tf_type: the dtype.
      message: text before the error.
      name: the name scope of the operations.

    Raises:
      TypeError: it is not.
    """
    with scopes.name_scope(name, "assert_type", [tensor]):
        tensor = convert.convert_to_tensor(tensor, name="tensor")
        if tensor.dtype != tf_type:
            label = f" {tensor.name}" if _label(tensor) else "tensor"
            raise TypeError(f"{message or ''} {label} must be of type {tf_type}")
        return identity.no_op("statically_determined_correct_type")


@export(
    "debugging.assert_same_float_dtype",
    "assert_same_float_dtype",
    v2=("debugging.assert_same_float_dtype",),
)
def assert_same_float_dtype(tensors: Any = None, dtype: Any = None) -> Any:
    """Checks that tensors have one float dtype; returns it.

    Args:
      tensors: tensors; None and an empty list are allowed.
      dtype: the dtype they must have; float32 when nothing else tells.

    Raises:
      ValueError: they differ, or are not float.
    """
    expected = None if dtype is None else dtypes.as_dtype(dtype)
    if tensors:
        first = None
        for t in tensors:
            if t is None:
                continue
            if expected is None:
                expected, first = t.dtype.base_dtype, t
            elif t.dtype.base_dtype != expected:
                beside = "" if first is None else f" as {first.name}"
                raise ValueError(
                    f"Tensor {t.name} must be of the same type{beside} ({expected.name}); it is "
                    f"{t.dtype.name}."
                )
    if expected is None:
        return dtypes.float32
    if not expected.is_floating:
        raise ValueError(f"Expected floating point type, got {expected}.")
    return expected


@export(
    "debugging.assert_proper_iterable",
    "assert_proper_iterable",
    v2=("debugging.assert_proper_iterable",),
)
def assert_proper_iterable(values: Any) -> None:
    """Checks that `values` is a collection, not a tensor, array or string.

    Args:
      values: anything.

    Raises:
      TypeError: it is not.
    """
    if isinstance(values, (Tensor, SparseTensor, np.ndarray, str, bytes)):
        raise TypeError(
            f'Expected argument "values" to be a "proper" iterable.  Found: {type(values)}'
        )
    if not hasattr(values, "__iter__"):
        raise TypeError(f'Expected argument "values" to be iterable.  Found: {type(values)}')


@export("debugging.is_numeric_tensor", "is_numeric_tensor", v2=("debugging.is_numeric_tensor",))
def is_numeric_tensor(tensor: Any) -> bool:
    """Returns whether `tensor` is a tensor of a numeric dtype."""
    return isinstance(tensor, Tensor) and tensor.dtype in (
        dtypes.float32,
        dtypes.float64,
        dtypes.int8,
        dtypes.int16,
        dtypes.int32,
        dtypes.int64,
        dtypes.uint8,
        dtypes.qint8,
        dtypes.qint32,
        dtypes.quint8,
        dtypes.complex64,
    )
