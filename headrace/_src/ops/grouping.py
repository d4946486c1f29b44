"""Operations that run together: `group`, `tuple` and control dependencies of tensors."""

from __future__ import annotations

from typing import Any

from headrace._api.export import export
from headrace._src.core import nest
from headrace._src.core.convert import convert_to_tensor
from headrace._src.core.graph import get_default_graph
from headrace._src.core.indexed_slices import IndexedSlices
from headrace._src.core.operation import Operation
from headrace._src.core.scopes import colocate_with, control_dependencies, device, name_scope
from headrace._src.core.sparse_tensor import SparseTensor
from headrace._src.core.tensor import Tensor
from headrace._src.ops import identity as identity_ops


def _no_op_after(where: str | None, after: list[Any], name: str | None = None) -> Operation:
    with control_dependencies(after):
        if where is None:
            return identity_ops.no_op(name=name)
        with device(where):
            return identity_ops.no_op(name=name)


def _parts(value: Any) -> list[Any]:
    if isinstance(value, IndexedSlices):
        parts = [value.values, value.indices]
        return parts if value.dense_shape is None else [*parts, value.dense_shape]
    if isinstance(value, SparseTensor):
        return [value.indices, value.values, value.dense_shape]
    return [value]


@export("group")
def group(*inputs: Any, **kwargs: Any) -> Operation | None:
    """Make an operation that runs after all the given ones.

    Args:
        *inputs: Operations and tensors, in any nest.
        **kwargs: `name`, the name of the node.

    Returns:
        An operation without outputs; None in eager execution, where all has happened.

    Raises:
        ValueError: (build) an unknown keyword.
        TypeError: (build) an input that is no operation or tensor.
    """
    if get_default_graph().executes:
        return None
    name = kwargs.pop("name", None)
    if kwargs:
        raise ValueError("Unknown keyword arguments: " + ", ".join(kwargs))
    with name_scope(name, "group_deps", inputs) as name:
        if not inputs:
            return identity_ops.no_op(name=name)
        by_device: dict[str, list[Any]] = {}
        for item in nest.flatten(inputs):
            for part in _parts(item):
                if not hasattr(part, "device"):
                    raise TypeError(
                        f"Expected tf.group() expected Tensor arguments not '{part}' "
                        f"with type '{type(part)}'"
                    )
                by_device.setdefault(part.device, []).append(part)
        if len(by_device) == 1:
            ((where, after),) = by_device.items()
            return _no_op_after(where, after, name=name)
        per_device = [
            _no_op_after(w, by_device[w]) for w in sorted(by_device, key=lambda d: d or "")
        ]
        return _no_op_after(None, per_device, name=name)


def with_dependencies(dependencies: list[Any], output_tensor: Any, name: str | None = None) -> Any:
    """Hand on a tensor once the given operations have run.

    Args:
        dependencies: Operations and tensors.
        output_tensor: Tensor or `IndexedSlices`.
        name: Name of the node.

    Returns:
        The same value, behind the dependencies.
    """
    if get_default_graph().executes:
        return output_tensor
    with (
        name_scope(name, "control_dependency", [*dependencies, output_tensor]) as name,
        colocate_with(output_tensor),
        control_dependencies(dependencies),
    ):
        if isinstance(output_tensor, IndexedSlices):
            return IndexedSlices(
                identity_ops.identity(output_tensor.values, name=name),
                output_tensor.indices,
                output_tensor.dense_shape,
            )
        return identity_ops.identity(convert_to_tensor(output_tensor), name=name)


def _is_tensor(value: Any) -> bool:
    return isinstance(value, (Tensor, IndexedSlices, SparseTensor)) or bool(
        getattr(value, "is_tensor_like", False)
    )


@export("tuple", v2=())
def tuple_(tensors: Any, name: str | None = None, control_inputs: Any = None) -> list[Any]:
    """Hand on several tensors once all of them are computed.

    Args:
        tensors: Tensors, `IndexedSlices`, operations or None.
        name: Name of the scope.
        control_inputs: More operations or tensors to wait for.

    Returns:
        List like `tensors`.

    Raises:
        ValueError: (build) nothing but None.
        TypeError: (build) a control input that is no operation or tensor.
    """
    if get_default_graph().executes:
        return tensors
    with name_scope(name, "tuple", tensors) as name:
        items = [
            t if t is None or isinstance(t, Operation) or _is_tensor(t) else convert_to_tensor(t)
            for t in tensors
        ]
        waited = [t if isinstance(t, Operation) else t.op for t in items if t is not None]
        for item in control_inputs or ():
            if isinstance(item, Tensor):
                item = item.op
            elif not isinstance(item, Operation):
                raise TypeError(f"Control input must be Operation or Tensor: {item}")
            waited.append(item)
        waited = sorted(set(waited), key=lambda o: o._id)
        if not waited:
            raise ValueError(f"Must have at least one Tensor: {items}")
        gate = group(*waited)
        return [_gated(item, gate) for item in items]


def _gated(item: Any, gate: Operation) -> Any:
    if item is None:
        return None
    if isinstance(item, Operation):
        with control_dependencies([gate]):
            return group(item)
    return with_dependencies([gate], item)
