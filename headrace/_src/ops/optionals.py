"""Optional values: what a branch that is not taken cannot give.

Gradients of conditions use them: a branch wraps what its own gradient will need, the others give
nothing in its place.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from headrace._src.core import attrs as A
from headrace._src.core import dims as dims_lib
from headrace._src.core import errors
from headrace._src.core.opspec import op
from headrace._src.core.tensor import Tensor
from headrace._src.engine.optional_values import OptionalValue
from headrace._src.engine.traced_lists import TracedOptional

# -- OptionalNone --------------------------------------------------------------------------------
OptionalNone = op("OptionalNone", "-> optional: variant", stateful=False)


@OptionalNone.shape
def _shape_optional_none(s: Any) -> Any:
    return ()


@OptionalNone.host_kernel
def _kernel_optional_none(k: Any) -> Any:
    return OptionalValue(None)


@OptionalNone.xla_kernel
def _xla_optional_none(k: Any) -> Any:
    return TracedOptional(False, {})


OptionalNone.no_gradient("it holds nothing")

# -- OptionalFromValue ---------------------------------------------------------------------------
OptionalFromValue = op(
    "OptionalFromValue", "components: list:Toutput_types -> optional: variant", needs_op=True
)


@OptionalFromValue.shape
def _shape_optional_from_value(s: Any, components: Any) -> Any:
    return ()


@OptionalFromValue.host_kernel
def _kernel_optional_from_value(k: Any, components: Any) -> Any:
    label = _label(k.op)
    return OptionalValue(tuple(components), {label: tuple(components)} if label else None)


@OptionalFromValue.xla_kernel
def _xla_optional_from_value(k: Any, components: Any) -> Any:
    return TracedOptional(True, {_label(k.op): tuple(components)})


@OptionalFromValue.gradient
def _grad_optional_from_value(op: Any, dy: Any) -> Any:
    node = OptionalGetValue.make(
        dy,
        output_types=[t.dtype.base_dtype for t in op.inputs],
        output_shapes=[t.dims for t in op.inputs],
    )
    _set_label(node, _label(op))
    return node.outputs


# -- OptionalHasValue ----------------------------------------------------------------------------
OptionalHasValue = op("OptionalHasValue", "optional: variant -> has_value: bool")


@OptionalHasValue.shape
def _shape_optional_has_value(s: Any, optional: Any) -> Any:
    dims_lib.with_rank(optional, 0)
    return ()


@OptionalHasValue.host_kernel
def _kernel_optional_has_value(k: Any, optional: Any) -> Any:
    return np.bool_(_opened(optional).has_value)


@OptionalHasValue.xla_kernel
def _xla_optional_has_value(k: Any, optional: Any) -> Any:
    return np.bool_(optional.has) if isinstance(optional.has, bool) else optional.has


OptionalHasValue.no_gradient("whether there is a value does not change smoothly", undefined=True)

# -- OptionalGetValue ----------------------------------------------------------------------------
OptionalGetValue = op(
    "OptionalGetValue",
    "optional: variant -> components: list:output_types",
    output_types=A.dtypes(),
    output_shapes=A.shapes(minimum=1),
    needs_op=True,
)


@OptionalGetValue.shape
def _shape_optional_get_value(s: Any, optional: Any, *, output_shapes: Any) -> Any:
    dims_lib.with_rank(optional, 0)
    return list(output_shapes)


@OptionalGetValue.host_kernel
def _kernel_optional_get_value(k: Any, optional: Any, *, output_types: Any) -> Any:
    components = _opened(optional).opened(_label(k.op))
    if components is None:
        raise errors.InvalidArgumentError(None, None, "The given optional does not have a value.")
    if len(components) != len(output_types):
        raise errors.InvalidArgumentError(
            None,
            None,
            f"The given optional has {len(components)} components, expected {len(output_types)}.",
        )
    return components


@OptionalGetValue.xla_kernel
def _xla_optional_get_value(k: Any, optional: Any) -> Any:
    k.require(np.bool_(optional.has) if isinstance(optional.has, bool) else optional.has)
    return optional.parts[_label(k.op)]


@OptionalGetValue.gradient
def _grad_optional_get_value(op: Any, *dys: Any) -> Any:
    optional = OptionalFromValue(list(dys))
    _set_label(optional.op, _label(op))
    return optional


def _opened(value: Any) -> OptionalValue:
    if not isinstance(value, OptionalValue):
        raise errors.InvalidArgumentError(
            None, None, "Input is not an optional value but something else of dtype variant."
        )
    return value


def _label(node: Any) -> str:
    """Which of several values an optional of compiled code holds, see `wrapped`."""
    label: str = node.attrs.get("_label", "")
    return label


def _set_label(node: Any, label: str) -> None:
    if label:
        node.attrs["_label"] = label


# -- labels --------------------------------------------------------------------------------------


def wrapped(value: Tensor, label: str) -> Tensor:
    """An optional that holds `value`; `label` tells compiled code which value it is."""
    optional: Tensor = OptionalFromValue([value])
    optional.op.attrs["_label"] = label
    return optional


def unwrapped(optional: Tensor, like: Tensor, label: str) -> Tensor:
    """The value that `wrapped` put into an optional under `label`; it looks like `like`."""
    node = OptionalGetValue.make(
        optional, output_types=[like.dtype.base_dtype], output_shapes=[like.dims]
    )
    node.attrs["_label"] = label
    node.outputs[0].handle_data = like.handle_data
    return node.outputs[0]


__all__ = [
    "OptionalFromValue",
    "OptionalGetValue",
    "OptionalHasValue",
    "OptionalNone",
    "OptionalValue",
    "unwrapped",
    "wrapped",
]
