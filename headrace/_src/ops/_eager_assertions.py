"""Assertions in eager execution: they look at the values and fail at once, with their own text."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np

from headrace._src.core import convert, errors
from headrace._src.core.eager_tensor import EagerTensor
from headrace._src.core.tensor import Tensor
from headrace._src.ops import reductions

_ALL: Final = 10**9


def _limit(summarize: Any) -> int:
    if summarize is None:
        return 3
    return _ALL if summarize < 0 else int(summarize)


def described(x: Tensor) -> str:
    """What stands for the name of a tensor in messages: values have none."""
    if isinstance(x, EagerTensor):
        return f"shape={x.shape} dtype={x.dtype.name}"
    return x.name


def _shown(item: Any, limit: int) -> str:
    if not isinstance(item, EagerTensor):
        return str(item)
    value = item.numpy()
    if np.isscalar(value):
        return str(value)
    texts = [str(v) for v in value.ravel()[:limit]]
    return str(texts + ["..."] * (len(texts) < value.size))


def _compared(symbol: str, x: Any, y: Any, holds: Any, limit: int) -> list[Any]:
    """What a failed comparison tells: the first elements that differ, and the first of all."""
    data: list[Any] = [f"Condition x {symbol} y did not hold."]
    if limit <= 0:
        return data
    left, right = np.asarray(x.numpy()), np.asarray(y.numpy())
    if left.shape == right.shape and left.ndim:
        wrong = ~np.asarray(holds.numpy())
        where = np.argwhere(wrong)[:limit]
        data += [f"Indices of first {len(where)} different values:", where]
        data += ["Corresponding x values:", left[wrong][:limit]]
        data += ["Corresponding y values:", right[wrong][:limit]]
    for name, value in (("x", left.ravel()[:limit]), ("y", right.ravel()[:limit])):
        data += [f"First {value.size} elements of {name}:", value]
    return data


def check_pair(
    symbol: str, x: Any, y: Any, holds: Any, data: Any, summarize: Any, message: Any
) -> None:
    """Fails unless a comparison holds for every element.

    Args:
      symbol: the comparison in words.
      x: an eager tensor.
      y: the other one.
      holds: the result of the comparison, a bool tensor.
      data: what to tell, or None.
      summarize: how many elements of each tensor to tell.
      message: what to tell first, or None.

    Raises:
      InvalidArgumentError: it does not.
    """
    if reductions.reduce_all(holds):
        return
    limit = _limit(summarize)
    told = _compared(symbol, x, y, holds, limit) if data is None else list(data)
    told = told if message is None else [message, *told]
    raise errors.InvalidArgumentError(None, None, "\n".join(_shown(d, limit) for d in told))


def check(condition: Any, data: Sequence[Any], summarize: Any) -> None:
    """Fails unless a condition is true.

    Raises:
      InvalidArgumentError: it is not.
    """
    if condition:
        return
    limit = _limit(summarize)
    told = []
    for tensor in convert.convert_n_to_tensor(data):
        value = np.asarray(tensor.numpy())  # type: ignore[attr-defined]
        texts = [str(v) for v in value.ravel()[:limit]]
        more = ["..."] * (value.ndim > 0 and len(texts) < value.size)
        told.append(", ".join(texts + more))
    summary = "\n".join(told)
    raise errors.InvalidArgumentError(
        None, None, f"Expected '{condition!s}' to be true. Summarized data: {summary}"
    )


__all__ = ["check", "check_pair", "described"]
