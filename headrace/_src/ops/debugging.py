"""Assert and Print: operations that watch values as they pass."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np

from headrace._api.export import export
from headrace._src.core import attrs as A
from headrace._src.core import convert, dtypes, errors, scopes
from headrace._src.core.graph import get_default_graph
from headrace._src.core.opspec import op
from headrace._src.ops import conditional, identity

# -- Assert --------------------------------------------------------------------------------------
Assert = op(
    "Assert",
    "condition: bool, data: list:T ->",
    T=A.dtypes(minimum=1),
    summarize=A.integer(default=3),
    stateful=True,
    xla_ignores=("data",),
)


@Assert.shape
def _shape_assert(s: Any, condition: Any, data: Any) -> Any:
    if condition is not None and len(condition):
        raise ValueError(f"Shape must be rank 0 but is rank {len(condition)}")
    return []


@Assert.host_kernel
def _kernel_assert(k: Any, condition: Any, data: Any, *, summarize: int) -> None:
    if not np.all(condition):
        parts = " ".join(f"[{_summary(d, summarize)}]" for d in data)
        raise errors.InvalidArgumentError(None, None, f"assertion failed: {parts}")


@Assert.xla_kernel
def _lower_assert(k: Any, condition: Any, data: Any) -> None:
    k.require(condition)


Assert.no_gradient("an assertion has no outputs")


_ESCAPES = {10: "\\n", 13: "\\r", 9: "\\t", 34: '\\"', 39: "\\'", 92: "\\\\"}


def _escaped(value: bytes) -> str:
    """Bytes as C writes them: special ones escaped, unprintable ones in octal."""
    return "".join(_ESCAPES.get(b) or (chr(b) if 32 <= b < 127 else f"\\{b:03o}") for b in value)


def _text(value: Any) -> str:
    if isinstance(value, bytes):
        return _escaped(value)
    if isinstance(value, (bool, np.bool_)):
        return str(int(value))
    if isinstance(value, (float, np.floating)):
        return f"{value:.6g}"
    return str(value)


def _summary(value: Any, limit: int) -> str:
    """The first `limit` elements, as 1.15 prints them; all when the limit is negative."""
    array = np.asarray(value)
    if array.ndim == 0:
        return _text(array[()])
    limit = array.size if limit < 0 else limit
    return _rows(array, [limit], True) + ("..." if array.size > limit else "")


def _rows(array: np.ndarray[Any, Any], left: list[int], outermost: bool) -> str:
    """Elements between blanks, inner dimensions in brackets, until `left` elements are printed."""
    if array.ndim == 1:
        shown = array[: left[0]]
        left[0] -= len(shown)
        cut = not outermost and len(shown) < len(array)
        return " ".join(_text(v) for v in shown) + ("..." if cut else "")
    parts = []
    for row in array:
        if left[0] <= 0:
            break
        parts.append(f"[{_rows(row, left, False)}]")
    return "".join(parts)


def _assert_now(condition: Any, data: Any, summarize: int | None) -> None:
    """The check of eager execution."""
    if np.all(np.asarray(convert.convert_to_tensor(condition).numpy())):
        return
    texts = []
    for tensor in convert.convert_n_to_tensor(data):
        flat = np.asarray(tensor.numpy()).reshape(-1)
        count = 3 if summarize is None else summarize
        count = flat.size if count < 0 else count
        texts.append(", ".join([str(v) for v in flat[:count]] + ["..."] * (count < flat.size)))
    raise errors.InvalidArgumentError(
        None,
        None,
        f"Expected '{condition!s}' to be true. Summarized data: " + "\n".join(texts),
    )


@export("debugging.Assert", "Assert")
def assert_(condition: Any, data: Any, summarize: Any = None, name: Any = None) -> Any:
    """Fails the run unless `condition` is true.

    Args:
      condition: a scalar bool tensor.
      data: tensors to print when it is false.
      summarize: how many elements of each to print; 3 when left out.
      name: the name of the operation.

    Returns:
      The operation to make others wait for.

    Raises:
      InvalidArgumentError: (run) the condition is false.
    """
    if get_default_graph().executes:
        return _assert_now(condition, data, summarize)
    with scopes.name_scope(name, "Assert", [condition, data]):
        tensors = convert.convert_n_to_tensor(data)
        summarize = 3 if summarize is None else summarize
        if all(t.dtype.base_dtype in (dtypes.string, dtypes.int32) for t in tensors):
            return Assert(condition, data, summarize=summarize, name="Assert")
        condition = convert.convert_to_tensor(condition, name="Condition")
        return conditional.guard(
            condition,
            lambda: Assert(condition, data, summarize=summarize, name="Assert"),
            identity.no_op,
            "AssertGuard",
        )


# -- Print ---------------------------------------------------------------------------------------
PrintOp = op(
    "Print",
    "input: T, data: list:U -> output: T",
    T=None,
    U=A.dtypes(minimum=0),
    message=A.text(default=""),
    first_n=A.integer(default=-1),
    summarize=A.integer(default=3),
    stateful=True,
    host_only=True,
)


@PrintOp.shape
def _shape_print(s: Any, input: Any, data: Any) -> Any:
    return input


@PrintOp.kernel
def _kernel_print(
    k: Any, input: Any, data: Any, *, message: str, first_n: int, summarize: int
) -> Any:
    count = k.state(lambda: [0])
    if first_n < 0 or count[0] < first_n:
        count[0] += 1
        parts = "".join(f"[{_summary(d, summarize)}]" for d in data)
        sys.stderr.write(f"{message}{parts}\n")
    return input


@PrintOp.gradient
def _grad_print(op: Any, dy: Any) -> Any:
    return [dy] + [None] * (len(op.inputs) - 1)


@export("Print", v2=())
def print_(
    input_: Any,
    data: Any,
    message: Any = None,
    first_n: Any = None,
    summarize: Any = None,
    name: Any = None,
) -> Any:
    """Prints `data` to standard error whenever the result is computed.

    Args:
      input_: a tensor, passed through.
      data: tensors to print.
      message: text before them.
      first_n: how many times to print at the most; always when negative.
      summarize: how many elements of each to print; 3 when left out, all when negative.
      name: the name of the operation.

    Returns:
      `input_`.
    """
    return PrintOp(
        input_, list(data), message=message, first_n=first_n, summarize=summarize, name=name
    )
