"""tf.py_function: Python functions of eager tensors as operations that have gradients."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from headrace._api.export import export
from headrace._src.autodiff.tape import GradientTape
from headrace._src.core import convert, dtypes, eager_inputs, errors
from headrace._src.core import graph as graph_lib
from headrace._src.core.eager_tensor import EagerTensor
from headrace._src.core.operation import Operation
from headrace._src.function import eager
from headrace._src.ops import identity, py_func


class _Called:
    """A Python function as run-time values call it, and what its gradient needs of the last call.

    State inventory:
      _taped: for each thread the tape, inputs and results of its last call.
    """

    def __init__(self, function: Callable[..., Any]) -> None:
        self._function = function
        self._taped = threading.local()

    def __call__(self, values: Sequence[Any], types: Sequence[dtypes.DType]) -> list[Any]:
        with eager.shared().as_default():
            inputs = [_tensor(v) for v in values]
            with GradientTape(persistent=True) as tape:
                for t in inputs:
                    if t.dtype.is_floating or t.dtype.is_complex:
                        tape.watch(t)
                made = self._function(*inputs)
                results = _as_tensors(made, types)
            self._taped.last = (tape, inputs, results)
            return [t.held for t in results]

    def backward(self, values: Sequence[Any], types: Sequence[dtypes.DType]) -> list[Any]:
        """The gradients of the inputs of the last call, from those of its results."""
        tape, inputs, results = self._taped.last
        with eager.shared().as_default():
            dys = [_tensor(v) for v in values]
            grads = tape.gradient(results, inputs, output_gradients=dys)
            return [
                np.zeros(np.shape(t.held), t.dtype.as_numpy_dtype)
                if g is None
                else convert.convert_to_tensor(g).held  # type: ignore[attr-defined]
                for g, t in zip(grads, inputs, strict=True)
            ]


def _tensor(value: Any) -> EagerTensor:
    array = value if isinstance(value, (np.ndarray, np.generic)) else np.asarray(value)
    dtype = dtypes.string if array.dtype.kind == "O" else dtypes.as_dtype(array.dtype)
    graph = graph_lib.get_default_graph()
    return EagerTensor(Operation(graph, identity.Identity, "input", [], (), {}), 0, dtype, array)


def _as_tensors(made: Any, types: Sequence[dtypes.DType]) -> list[Any]:
    if made is None:
        return []
    values = made if isinstance(made, (list, tuple)) else [made]
    # As in 1.15, values beyond the declared ones are dropped.
    return [convert.convert_to_tensor(v, dtype=t) for v, t in zip(values, types, strict=False)]


def _called_at_once(func: Any, inputs: Sequence[Any], types: Sequence[dtypes.DType]) -> list[Any]:
    """The results in eager execution, where tapes see what the function does."""
    place = eager_inputs.place("EagerPyFunc", None)
    given = [convert.convert_to_tensor(x) for x in inputs]
    try:
        results = _as_tensors(func(*given), types)
    except Exception as e:
        raise py_func.as_error(e, f"\n{place}") from e
    if len(results) != len(types):
        raise errors.InvalidArgumentError(
            None,
            None,
            f"{py_func.new_token()} returns {len(results)} values, but expects to see "
            f"{len(types)} values.{place}",
        )
    return results


@export("py_function", "contrib.eager.py_func", v2=("py_function",))
def py_function(func: Any, inp: Any, Tout: Any, name: Any = None) -> Any:  # noqa: N803
    """Wraps a Python function of eager tensors as an operation.

    Args:
      func: takes an eager tensor for each input and returns a tensor or a list of tensors; it may
        be differentiated through.
      inp: the input tensors.
      Tout: the dtype of the result, or a list of dtypes.
      name: the name of the operation.

    Returns:
      A tensor, or a list of tensors when `Tout` is a list; the operation when it is empty.

    Raises:
      ValueError: `func` cannot be called.
      InvalidArgumentError: (run) the function returns another number of values.
    """
    if not callable(func):
        raise ValueError(f"Expected func to be callable, got func of type {type(func)}")
    single = not isinstance(Tout, (list, tuple))
    types = [dtypes.as_dtype(t) for t in ([Tout] if single else Tout)]
    inputs = list(inp) if isinstance(inp, (list, tuple)) else [inp]
    if graph_lib.get_default_graph().executes:
        results = _called_at_once(func, inputs, types)
    else:
        results = py_func.eager_py_func(_Called(func), inputs, types, name)
    return results[0] if single else results
