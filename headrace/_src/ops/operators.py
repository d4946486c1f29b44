"""The functions behind the overloaded operators of `Tensor` and `SparseTensor`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from headrace._src.core import dtypes, errors
from headrace._src.core.convert import convert_to_tensor
from headrace._src.core.eager_tensor import EagerTensor, of_number
from headrace._src.core.scopes import name_scope
from headrace._src.core.sparse_tensor import SparseTensor
from headrace._src.core.tensor import Tensor
from headrace._src.ops import casts, comparison, math_binary, math_unary, matmul
from headrace._src.ops._late import late

Function = Callable[..., Any]


def _convert_like(value: Any, like: Any, name: str) -> Tensor:
    """Converts with a preferred dtype: what does not fit it keeps its own type."""
    return convert_to_tensor(value, name=name, preferred_dtype=like.dtype.base_dtype)


# Operators that make exactly one node when both operands are tensors.
_ONE_NODE: Final = frozenset({"add", "sub", "mul", "mod", "and", "or"})


def _binary(function: Function, word: str) -> tuple[Function, Function]:
    """The operator and its reflected form; `word` names the scope and the node."""

    makes_one_node = word in _ONE_NODE

    def forward(x: Any, y: Any) -> Any:
        if makes_one_node:
            kind = type(x)
            if kind is EagerTensor and type(y) in (int, float):
                y = of_number(y, x) or y
            if type(y) is kind and (kind is Tensor or kind is EagerTensor):
                # Nothing is converted, so nothing but the node itself is named in the scope.
                try:
                    return function(x, y, name=word)
                except errors.OpError:
                    pass  # It fails again below, where the message names the scope.
        with name_scope(None, word, [x, y]) as scope:
            if not (isinstance(x, Tensor) and isinstance(y, (Tensor, SparseTensor))):
                if not isinstance(y, SparseTensor):
                    try:
                        y = _convert_like(y, x, "y")
                    except TypeError:
                        # The other operand's class may know what to do.
                        if hasattr(type(y), f"__r{word}__"):
                            return NotImplemented
                        raise
            return function(x, y, name=scope)

    def reflected(y: Any, x: Any) -> Any:
        with name_scope(None, word, [x, y]) as scope:
            x = convert_to_tensor(x, dtype=y.dtype.base_dtype, name="x")
            return function(x, y, name=scope)

    return forward, reflected


def _sparse_binary(function: Function, word: str) -> Function:
    """The operator of a `SparseTensor` and a dense value that broadcasts to it."""

    def forward(x: SparseTensor, y: Any) -> SparseTensor:
        with name_scope(None, word, [x, y]) as scope:
            y = convert_to_tensor(y, dtype=x.dtype.base_dtype, name="y")
            values = function(x.indices, x.values, x.dense_shape, y, name=scope)
            return SparseTensor(x.indices, values, x.dense_shape)

    return forward


def _add(x: Any, y: Any, name: str | None = None) -> Tensor:
    spec = math_binary.Add if x.dtype.base_dtype is dtypes.string else math_binary.AddV2
    return spec(x, y, name=name)


def _multiply(x: Any, y: Any, name: str | None = None) -> Any:
    if not isinstance(y, SparseTensor):
        return math_binary.Mul(x, y, name=name)
    values = late.SparseDenseCwiseMul(y.indices, y.values, y.dense_shape, x, name=name)
    return SparseTensor(y.indices, values, y.dense_shape)


def _matmul(x: Any, y: Any, name: str | None = None) -> Tensor:
    return matmul.matmul(x, y, name=name)


def _getitem(tensor: Any, spec: Any, var: Any = None) -> Tensor:
    from headrace._src.ops import strided_slice

    return strided_slice.slice_helper(tensor, spec, var)


def _invert(x: Any) -> Tensor:
    return comparison.LogicalNot(x)


def _sparse_true_divide(
    indices: Any, values: Any, shape: Any, y: Any, name: str | None = None
) -> Tensor:
    with name_scope(name, "truediv", [indices, values, shape, y]) as scope:
        values = convert_to_tensor(values, name="sp_values")
        y = convert_to_tensor(y, name="y")
        dtype = math_binary.true_division_type(values, y)
        if dtype is not None:
            values = casts.cast(values, dtype)
            y = casts.cast(y, dtype)
        return late.SparseDenseCwiseDiv(indices, values, shape, y, name=scope)


def _sparse_divide(*inputs: Any, name: str | None = None) -> Tensor:
    return late.SparseDenseCwiseDiv(*inputs, name=name)


def _sparse_multiply(*inputs: Any, name: str | None = None) -> Tensor:
    return late.SparseDenseCwiseMul(*inputs, name=name)


_BINARY: Final[dict[str, Function]] = {
    "add": _add,
    "sub": math_binary.Sub,
    "mul": _multiply,
    "div": math_binary.div,
    "truediv": math_binary.truediv,
    "floordiv": math_binary.floordiv,
    "mod": math_binary.FloorMod,
    "pow": math_binary.pow_,
    "matmul": _matmul,
    "and": comparison.LogicalAnd,
    "or": comparison.LogicalOr,
    "xor": comparison.logical_xor,
}

OPERATORS: Final[dict[str, Function]] = {
    "__neg__": lambda x: math_unary.Neg(x),
    "__abs__": lambda x: math_unary.abs_(x),
    "__invert__": _invert,
    "__eq__": lambda x, y: comparison.Equal(x, y),
    "__ne__": lambda x, y: comparison.NotEqual(x, y),
    "__lt__": lambda x, y: comparison.Less(x, y),
    "__le__": lambda x, y: comparison.LessEqual(x, y),
    "__gt__": lambda x, y: comparison.Greater(x, y),
    "__ge__": lambda x, y: comparison.GreaterEqual(x, y),
    "__getitem__": _getitem,
}
for _word, _function in _BINARY.items():
    OPERATORS[f"__{_word}__"], OPERATORS[f"__r{_word}__"] = _binary(_function, _word)

# `SparseTensor` looks its own operators up in the same table.
OPERATORS["sparse.__div__"] = _sparse_binary(_sparse_divide, "div")
OPERATORS["sparse.__truediv__"] = _sparse_binary(_sparse_true_divide, "truediv")
OPERATORS["sparse.__mul__"] = _sparse_binary(_sparse_multiply, "mul")
