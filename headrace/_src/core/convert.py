"""Conversion of Python values to tensors.

A conversion function is `(value, dtype, name, as_ref) -> Tensor | NotImplemented`, registered for a
type with a priority; lower
priorities are asked first.
"""

from __future__ import annotations

import bisect
from collections.abc import Callable, Sequence
from typing import Any, Final

from headrace._api.export import export
from headrace._src.core import dtypes
from headrace._src.core import graph as graph_lib
from headrace._src.core.tensor import Tensor

ConversionFunction = Callable[..., Any]

_REGISTRY: Final[list[tuple[int, int, tuple[type, ...], ConversionFunction]]] = []
_BY_TYPE: Final[dict[type, list[ConversionFunction]]] = {}
_DENSE_TYPES: Final[list[type]] = [Tensor]


@export("register_tensor_conversion_function")
def register_tensor_conversion_function(
    base_type: Any, conversion_func: ConversionFunction, priority: int = 100
) -> None:
    """Registers how objects of `base_type` become tensors.

    Args:
      base_type: a type or a tuple of types.
      conversion_func: `(value, dtype=None, name=None, as_ref=False)`; returns a `Tensor` or
        NotImplemented.
      priority: functions with a lower number are asked first.

    Raises:
      TypeError: an argument is of the wrong kind.
    """
    types = base_type if isinstance(base_type, tuple) else (base_type,)
    if not all(isinstance(t, type) for t in types):
        raise TypeError("base_type must be a type or a tuple of types.")
    if not callable(conversion_func):
        raise TypeError("conversion_func must be callable.")
    bisect.insort(
        _REGISTRY, (priority, len(_REGISTRY), types, conversion_func), key=lambda entry: entry[:2]
    )
    _BY_TYPE.clear()


def functions_for(kind: type) -> list[ConversionFunction]:
    """The conversion functions that apply to a type, in the order in which they are asked."""
    functions = _BY_TYPE.get(kind)
    if functions is None:
        functions = [f for _, _, types, f in _REGISTRY if issubclass(kind, types)]
        _BY_TYPE[kind] = functions
    return functions


def register_dense_tensor_like_type(kind: type) -> None:
    """Declares that objects of a type stand for one dense tensor."""
    if not isinstance(getattr(kind, "name", None), property) or not isinstance(
        getattr(kind, "dtype", None), property
    ):
        raise TypeError(f"Type {kind.__name__} does not define `name` and `dtype` properties")
    _DENSE_TYPES.append(kind)


@export("is_tensor", "contrib.framework.is_tensor", v2=("is_tensor",))
def is_tensor(x: Any) -> bool:
    """Returns whether `x` is a tensor, a sparse tensor, indexed slices or a variable."""
    return isinstance(x, tuple(_DENSE_TYPES)) or getattr(x, "_is_graph_tensor_like", False)


def is_dense_tensor_like(x: Any) -> bool:
    """Whether `x` stands for one dense tensor."""
    return isinstance(x, tuple(_DENSE_TYPES))


def _check_capture() -> None:
    """Refuses a value of eager execution where a plain graph is built, which takes none in."""
    default = graph_lib.get_default_graph()
    if not (default.executes or default.building_function):
        raise RuntimeError(graph_lib.NO_CAPTURE)


def convert_to_tensor(
    value: Any,
    dtype: Any = None,
    name: str | None = None,
    preferred_dtype: Any = None,
    as_ref: bool = False,
) -> Tensor:
    """Converts a value to a tensor of the default graph.

    Args:
      value: an object with a registered conversion.
      dtype: the dtype the tensor must have, or None.
      name: the name of a new node, when one is made.
      preferred_dtype: the dtype it should have if that is possible.
      as_ref: whether a variable may give its reference.

    Raises:
      TypeError: there is no conversion, or not to this dtype.
      ValueError: the value does not fit the dtype.
    """
    if isinstance(value, Tensor):
        if type(value) is not Tensor and value.op.graph.executes:
            _check_capture()
        if dtype is None or value.dtype is dtype:
            return value
        wanted = dtypes.as_dtype(dtype)
        if not wanted.is_compatible_with(value.dtype):
            raise ValueError(
                f"Tensor conversion requested dtype {wanted.name} for Tensor with dtype "
                f"{value.dtype.name}: {value!r}"
            )
        return value
    if dtype is not None:
        dtype = dtypes.as_dtype(dtype)
    if preferred_dtype is not None:
        preferred_dtype = dtypes.as_dtype(preferred_dtype)
    prefix = "" if name is None else f"{name}: "
    for function in functions_for(type(value)):
        result = NotImplemented
        if dtype is None and preferred_dtype is not None:
            try:
                result = function(value, dtype=preferred_dtype, name=name, as_ref=as_ref)
            except (TypeError, ValueError):
                # 1.15 asks again without the preference.
                result = NotImplemented
            if result is not NotImplemented and not result.dtype.is_compatible_with(
                preferred_dtype
            ):
                raise TypeError(
                    "convert_to_tensor did not convert to the preferred dtype: "
                    f"{result.dtype.name} vs {preferred_dtype.name} "
                )
        if result is NotImplemented:
            result = function(value, dtype=dtype, name=name, as_ref=as_ref)
        if result is NotImplemented:
            continue
        if not isinstance(result, Tensor):
            raise RuntimeError(
                f"{prefix}Conversion function {function!r} for type {type(value)} returned "
                f"non-Tensor: {result!r}"
            )
        if dtype is not None and not dtype.is_compatible_with(result.dtype):
            raise RuntimeError(
                f"{prefix}Conversion function {function!r} for type {type(value)} returned "
                f"incompatible dtype: requested = {dtype.name}, actual = {result.dtype.name}"
            )
        tensor: Tensor = result
        return tensor
    raise TypeError(
        f"{prefix}Cannot convert {value!r} with type {type(value)} to Tensor: no conversion "
        "function registered."
    )


@export("convert_to_tensor", v2=())
def _convert_to_tensor_v1(
    value: Any,
    dtype: Any = None,
    name: str | None = None,
    preferred_dtype: Any = None,
    dtype_hint: Any = None,
) -> Tensor:
    """Converts a value to a `Tensor`.

    Args:
      value: a number, string, list, NumPy array, variable, or any object with a registered
        conversion.
      dtype: the dtype the tensor must have; inferred when None.
      name: the name of a new node, when one is made.
      preferred_dtype: the dtype it should have if that is possible.
      dtype_hint: the same as `preferred_dtype`.

    Returns:
      A `Tensor`.

    Raises:
      TypeError: there is no conversion, or not to this dtype.
      ValueError: the value does not fit the dtype.
    """
    if dtype_hint is not None:
        if preferred_dtype is not None:
            raise ValueError("Cannot specify both 'dtype_hint' and 'preferred_dtype'")
        preferred_dtype = dtype_hint
    return convert_to_tensor(value, dtype, name, preferred_dtype)


def convert_n_to_tensor(
    values: Sequence[Any],
    dtype: Any = None,
    name: str | None = None,
    preferred_dtype: Any = None,
    as_ref: bool = False,
) -> list[Tensor]:
    """Converts several values; the i-th new node is named `<name>_<i>`."""
    if not isinstance(values, (list, tuple)):
        raise TypeError("values must be a sequence.")
    return [
        convert_to_tensor(
            v, dtype, None if name is None else f"{name}_{i}", preferred_dtype, as_ref
        )
        for i, v in enumerate(values)
    ]


@export("convert_to_tensor_or_indexed_slices", v2=())
def convert_to_tensor_or_indexed_slices(
    value: Any, dtype: Any = None, name: str | None = None
) -> Any:
    """Converts a value to a `Tensor`; `IndexedSlices` and `SparseTensor` are returned as they are.

    Raises:
      TypeError: there is no conversion.
      ValueError: the dtype does not fit.
    """
    if getattr(value, "_is_composite_tensor", False):
        if dtype is not None and not dtypes.as_dtype(dtype).is_compatible_with(value.dtype):
            raise ValueError(
                f"Tensor conversion requested dtype {dtypes.as_dtype(dtype).name} for Tensor with "
                f"dtype {value.dtype.name}: {str(value)!r}"
            )
        return value
    return convert_to_tensor(value, dtype, name)
