"""How the inputs of an operation become tensors when it is executed at once.

The rules are those of graphs but for two: a Python value takes the dtype of any tensor among the
inputs that must have the same one, not only of those before it; and what does not fit is refused
as kernels refuse it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from headrace._src.core import convert, errors
from headrace._src.core.attrs import wrapper_name
from headrace._src.core.tensor import Tensor

if TYPE_CHECKING:
    from headrace._src.core.dtypes import DType
    from headrace._src.core.opspec import Arg, OpSpec

_NAMES: Final = {"float32": "float", "float64": "double", "float16": "half"}


def type_name(dtype: DType) -> str:
    """A dtype as the messages of eager execution name it."""
    return _NAMES.get(dtype.name, dtype.name)


def place(op_type: str, name: str | None) -> str:
    """Which operation a message is about: its type, and its name if it was given one."""
    return f" [Op:{op_type}]" + (f" name: {name}" if name else "")


def check_no_references(spec: OpSpec) -> None:
    """Refuses an operation on reference variables, which eager execution has none of.

    Raises:
      RuntimeError: it is one.
    """
    refs = [arg.name for arg in (*spec.inputs, *spec.outputs) if arg.is_ref]
    if refs:
        raise RuntimeError(
            f"{wrapper_name(spec.type)} op does not support eager execution. Arg '{refs[-1]}' is "
            "a ref."
        )


def truths(spec: OpSpec, attrs: dict[str, Any]) -> None:
    """Replaces tensors that were given for attrs of kind bool by their truth, as 1.15 does."""
    for name, value in attrs.items():
        if isinstance(value, Tensor) and name in spec.attrs and spec.attrs[name].kind == "bool":
            attrs[name] = bool(value)


def refusal(spec: OpSpec, e: Exception) -> Exception:
    """The error of an executed operation that was given a value that an attr may not have."""
    refused = getattr(e, "refused", None)
    if refused is not None:
        return _no_kernel(spec, *refused)
    executed = getattr(e, "executed", None)
    if executed is None:
        return e
    message = f"{executed}\n\t; in the attrs of{place(spec.type, None)}"
    return errors.InvalidArgumentError(None, None, message)


def converted(
    spec: OpSpec, inputs: Sequence[Any], values: dict[str, Any], name: str | None
) -> list[Tensor]:
    """The flat input tensors of an operation; `values` comes to hold the attrs that they give.

    Args:
      spec: the spec of the operation.
      inputs: a value, or list of values, for each of its arguments.
      values: the attrs.
      name: the name that the operation was given.

    Raises:
      InvalidArgumentError: two inputs that must have one dtype have different ones.
      NotFoundError: the operation does not take such a dtype.
      TypeError: a Python value cannot become a tensor of the dtype, or a list is none.
      ValueError: a value cannot become a tensor, or lists have lengths that do not fit.
    """
    wanted = _dtypes_of_tensors(spec, inputs)
    tensors: list[Tensor] = []
    for arg, value in zip(spec.inputs, inputs, strict=True):
        start = len(tensors)
        for item in _items(spec, arg, value):
            tensor = _tensor(spec, arg, item, wanted, values)
            expected = arg.dtype or values.get(arg.type_attr or "")
            if expected is None and arg.type_attr is not None:
                _check_allowed(spec, arg.type_attr, tensor.dtype.base_dtype)
                values[arg.type_attr] = tensor.dtype.base_dtype
            elif expected is not None and tensor.dtype.base_dtype != expected.base_dtype:
                raise errors.InvalidArgumentError(
                    None,
                    None,
                    f"cannot compute {spec.type} as input #{len(tensors)}(zero-based) was expected "
                    f"to be a {type_name(expected)} tensor but is a {type_name(tensor.dtype)} "
                    f"tensor{place(spec.type, name)}",
                )
            tensors.append(tensor)
        if arg.is_list:
            _note_list(spec, arg, tensors[start:], values)
    return tensors


def _dtypes_of_tensors(spec: OpSpec, inputs: Sequence[Any]) -> dict[str, DType]:
    """The dtype of the first tensor for each attr that several inputs may share."""
    found: dict[str, DType] = {}
    for arg, value in zip(spec.inputs, inputs, strict=True):
        if arg.type_attr is None or arg.type_attr in found:
            continue
        for item in value if isinstance(value, (list, tuple)) and arg.is_list else (value,):
            if isinstance(item, Tensor) or convert.is_dense_tensor_like(item):
                found[arg.type_attr] = item.dtype.base_dtype
                break
    return found


def _items(spec: OpSpec, arg: Arg, value: Any) -> Sequence[Any]:
    if not arg.is_list:
        return (value,)
    if not isinstance(value, (list, tuple)):
        raise TypeError(
            f"Expected list for '{arg.name}' argument to '{spec.type}' Op, not {value}."
        )
    return value


def _tensor(
    spec: OpSpec, arg: Arg, value: Any, wanted: dict[str, DType], values: dict[str, Any]
) -> Tensor:
    if isinstance(value, Tensor):
        return value
    attr = arg.type_attr or ""
    dtype = arg.dtype or values.get(attr) or wanted.get(attr)
    if dtype is not None and convert.is_dense_tensor_like(value):
        # A variable of another dtype is refused as a tensor would be.
        dtype = None
    preferred = None
    if dtype is None and not isinstance(value, (np.ndarray, np.generic)):
        # The default of the attr is for values without a dtype of their own.
        preferred = spec._default_types.get(attr)
    return convert.convert_to_tensor(
        value, dtype=dtype, name=arg.name, preferred_dtype=preferred, as_ref=arg.is_ref
    )


def _check_allowed(spec: OpSpec, attr: str, dtype: DType) -> None:
    allowed = spec.attrs[attr].allowed
    if allowed is not None and dtype not in allowed:
        raise _no_kernel(spec, attr, dtype)


def _no_kernel(spec: OpSpec, attr: str, dtype: DType) -> errors.OpError:
    allowed = spec.attrs[attr].allowed or ()
    if attr in spec.kernel_ignores:
        message = (
            f"Value for attr '{attr}' of {type_name(dtype)} is not in the list of allowed values: "
            f"{', '.join(map(type_name, allowed))}\n\t; in the attrs of{place(spec.type, None)}"
        )
        return errors.InvalidArgumentError(None, None, message)
    return errors.NotFoundError(
        None,
        None,
        f"Could not find valid device for node.\n{spec.type} takes no {dtype.name}: its "
        f"attr {attr} may be {', '.join(sorted(t.name for t in allowed))}.",
    )


def _note_list(spec: OpSpec, arg: Arg, tensors: list[Tensor], values: dict[str, Any]) -> None:
    """Keeps what the value of a list argument says of the attrs."""
    if arg.number_attr is not None:
        count = values.setdefault(arg.number_attr, len(tensors))
        least = spec.attrs[arg.number_attr].minimum
        if count != len(tensors):
            raise ValueError(
                f"List argument '{arg.name}' to '{spec.type}' Op with length {len(tensors)} must "
                f"match length {count}."
            )
        if least is not None and 0 < count < least:
            raise errors.InvalidArgumentError(
                None,
                None,
                f"Value for attr '{arg.number_attr}' of {count} must be at least minimum {least}"
                f"\n\t; in the attrs of{place(spec.type, None)}",
            )
        if least is not None and count < least:
            # Of a list of nothing it is not known what it would hold.
            raise errors.InvalidArgumentError(
                None,
                None,
                f"OpKernel '{spec.type}' has constraint on attr 'T' not in NodeDef: list argument "
                f"'{arg.name}' is empty, and has {least} at least.{place(spec.type, None)}",
            )
    elif arg.type_list_attr is not None:
        types = tuple(t.dtype.base_dtype for t in tensors)
        known = values.setdefault(arg.type_list_attr, types)
        if tuple(known) != types:
            raise TypeError(
                f"Input '{arg.name}' of '{spec.type}' Op has type list of "
                f"{', '.join(t.name for t in types)} that does not match type list "
                f"{', '.join(t.name for t in known)}."
            )
    if arg.type_attr is not None and arg.type_attr not in values:
        raise TypeError(
            "Don't know how to infer type variable from empty input list passed to input "
            f"'{arg.name}' of '{spec.type}' Op."
        )


__all__ = [
    "check_no_references",
    "converted",
    "place",
    "refusal",
    "truths",
    "type_name",
]
