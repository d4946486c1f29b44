"""py_func: Python functions as operations."""

from __future__ import annotations

import itertools
import threading
import traceback
from collections.abc import Callable
from typing import Any, Final

import numpy as np

from headrace._api.export import export
from headrace._src.core import attrs as A
from headrace._src.core import convert, dtypes, errors, nest, scopes
from headrace._src.core import graph as graph_lib
from headrace._src.core.opspec import op

_FUNCTIONS: Final[dict[str, Callable[..., Any]]] = {}
_TOKENS: Final = itertools.count()
_LOCK: Final = threading.Lock()

# What 1.15 makes of the exceptions of a Python function; of all others, UnknownError.
_KINDS: Final = (
    ((ValueError, TypeError), errors.InvalidArgumentError),
    (StopIteration, errors.OutOfRangeError),
    (MemoryError, errors.ResourceExhaustedError),
    (NotImplementedError, errors.UnimplementedError),
)

_SIGNATURE = "input: list:Tin -> output: list:Tout"


def new_token() -> str:
    """A name for a Python function."""
    with _LOCK:
        return f"pyfunc_{next(_TOKENS)}"


def _register(graph: Any, function: Callable[..., Any]) -> str:
    """Names a function; the graph keeps it alive, as long as its nodes may call it."""
    token = new_token()
    kept = graph.__dict__.setdefault("_py_functions", {})
    kept[token] = function
    _FUNCTIONS[token] = function
    return token


def as_error(e: Exception, place: str = "") -> errors.OpError:
    """What the exception of a Python function becomes, while it is handled."""
    kind: Any = next((k for t, k in _KINDS if isinstance(e, t)), errors.UnknownError)
    text = f"{type(e).__name__}: {e}\n{traceback.format_exc()}{place}"
    return kind(None, None, text)  # type: ignore[no-any-return]


def _results(token: str, function: Callable[..., Any], values: Any, types: Any) -> list[Any]:
    try:
        result = function(*values)
    except Exception as e:
        raise as_error(e) from e
    if not types:
        return []
    if not isinstance(result, (list, tuple)):
        result = [] if result is None else [result]
    if len(result) != len(types):
        raise errors.InvalidArgumentError(
            None,
            None,
            f"{token} returns {len(result)} values, but expects to see {len(types)} values.",
        )
    return [_result(token, v, t, i) for i, (v, t) in enumerate(zip(result, types, strict=True))]


def _word(dtype: Any) -> str:
    """The name of a dtype as run-time messages have it."""
    return {"float32": "float", "float64": "double"}.get(dtype.name, dtype.name)


def _result(token: str, value: Any, dtype: Any, i: int) -> Any:
    wanted = np.dtype(dtype.as_numpy_dtype)
    if wanted.kind == "O":
        array = np.asarray(value)
        flat = [v.encode() if isinstance(v, str) else bytes(v) for v in array.ravel().tolist()]
        text = np.empty(array.size, dtype=object)
        text[:] = flat
        return text.reshape(array.shape)
    array = np.asarray(value)
    if array.dtype != wanted:
        # Python numbers take the declared type; arrays must have it already.
        if isinstance(value, (np.ndarray, np.generic)):
            got = "object" if array.dtype.kind in "OSU" else _word(dtypes.as_dtype(array.dtype))
            raise errors.InvalidArgumentError(
                None,
                None,
                f"{i}-th value returned by {token} is {got}, but expects {_word(dtype)}",
            )
        array = array.astype(wanted)
    return array.copy()


def _kernel(k: Any, input: Any, *, token: str, Tout: Any) -> Any:  # noqa: N803
    function = _FUNCTIONS.get(token)
    if function is None:
        raise errors.InvalidArgumentError(
            None,
            None,
            f"callback {token} is not found: graphs with py_func cannot be loaded from files",
        )
    values = [np.array(v) if isinstance(v, np.ndarray) else v for v in input]
    values = [v[()] if isinstance(v, np.ndarray) and v.ndim == 0 else v for v in values]
    return _results(token, function, values, Tout)


def _shape(s: Any, input: Any, *, Tout: Any) -> Any:  # noqa: N803
    return [None] * len(Tout)


# -- PyFunc --------------------------------------------------------------------------------------
PyFunc = op(
    "PyFunc",
    _SIGNATURE,
    token=A.text(),
    Tin=A.dtypes(minimum=0),
    Tout=A.dtypes(minimum=0),
    stateful=True,
    host_only=True,
)
PyFunc.shape(_shape)
PyFunc.kernel(_kernel)
PyFunc.no_gradient("a Python function has no gradient rule")

# -- PyFuncStateless -----------------------------------------------------------------------------
PyFuncStateless = op(
    "PyFuncStateless",
    _SIGNATURE,
    token=A.text(),
    Tin=A.dtypes(minimum=0),
    Tout=A.dtypes(minimum=0),
    host_only=True,
)
PyFuncStateless.shape(_shape)
PyFuncStateless.kernel(_kernel)
PyFuncStateless.no_gradient("a Python function has no gradient rule")


# -- EagerPyFunc ---------------------------------------------------------------------------------
EagerPyFunc = op(
    "EagerPyFunc",
    _SIGNATURE,
    token=A.text(),
    is_async=A.boolean(default=False),
    Tin=A.dtypes(minimum=0),
    Tout=A.dtypes(minimum=0),
    stateful=True,
    host_only=True,
)
EagerPyFunc.shape(_shape)


@EagerPyFunc.kernel
def _kernel_eager_py_func(k: Any, input: Any, *, token: str, Tout: Any) -> Any:  # noqa: N803
    function = _FUNCTIONS.get(token)
    if function is None:
        raise errors.InvalidArgumentError(
            None, None, f"callback {token} is not found: graphs with py_function cannot be loaded"
        )
    return _results(token, lambda *values: function(values, Tout), list(input), Tout)


@EagerPyFunc.gradient
def _grad_eager_py_func(op: Any, *dys: Any) -> Any:
    backward = _FUNCTIONS[op.attrs["token"]].backward  # type: ignore[attr-defined]
    with scopes.control_dependencies(op.outputs):
        return eager_py_func(backward, list(dys), [t.dtype.base_dtype for t in op.inputs])


def eager_py_func(function: Any, inputs: Any, types: Any, name: Any = None) -> list[Any]:
    """Adds the operation that calls a function of run-time values.

    Args:
      function: takes the values and the dtypes of the results; gives arrays of these. Its
        attribute `backward` is such a function for the gradients.
      inputs: the input tensors.
      types: the dtypes of the results.
      name: the name of the operation.
    """
    graph = graph_lib.get_default_graph()
    while graph.building_function:
        graph = graph.outer_graph
    made: Any = EagerPyFunc(inputs, token=_register(graph, function), Tout=types, name=name)
    return list(made) if types else made


@export("py_func", v2=())
def py_func(func: Any, inp: Any, Tout: Any, stateful: bool = True, name: Any = None) -> Any:  # noqa: N803
    """Wraps a Python function of NumPy arrays as an operation.

    Args:
      func: takes an array for each input and returns an array or a list of arrays.
      inp: the input tensors.
      Tout: the dtype of the result, or a list of dtypes.
      stateful: whether the function may return different things for the same inputs.
      name: the name of the operation.

    Returns:
      A tensor, or a list of tensors when `Tout` is a list; the operation when it is empty.

    Raises:
      ValueError: `func` cannot be called.
      InvalidArgumentError: (run) the function returns other dtypes or another number of values.
    """
    if not callable(func):
        raise ValueError(f"Expected func to be callable, got func of type {type(func)}")
    single = not isinstance(Tout, (list, tuple))
    types = [dtypes.as_dtype(t) for t in ([Tout] if single else Tout)]
    graph = graph_lib.get_default_graph()
    inputs = list(inp) if isinstance(inp, (list, tuple)) else [inp]
    if graph.executes:
        # As in 1.15 it is a plain call: what it raises is not translated, what it returns has the
        # dtype that it has.
        given = [convert.convert_to_tensor(x).numpy() for x in inputs]  # type: ignore[attr-defined]
        flat = nest.flatten(func(*given))
        made = [None if v is None else convert.convert_to_tensor(v) for v in flat]
        return made[0] if len(made) == 1 else made
    while graph.building_function:
        graph = graph.outer_graph
    spec = PyFunc if stateful else PyFuncStateless
    result = spec(
        inputs,
        token=_register(graph, func),
        Tout=types,
        name=name,
    )
    return result[0] if single else result


@export("numpy_function")
def numpy_function(func: Any, inp: Any, Tout: Any, name: Any = None) -> Any:  # noqa: N803
    """Wraps a stateful Python function of NumPy arrays as an operation; see `tf.py_func`."""
    return py_func(func, inp, Tout, stateful=True, name=name)
