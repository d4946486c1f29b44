"""What a `Saver` saves: variables and other objects, as tensors with names."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from headrace._src.core.convert import convert_to_tensor
from headrace._src.core.device import DeviceSpec
from headrace._src.core.scopes import device
from headrace._src.core.tensor import Tensor
from headrace._src.ops import identity as identity_ops
from headrace._src.ops import reshape as reshape_ops
from headrace._src.ops import variable_ops
from headrace._src.state import assign
from headrace._src.state.partitioned_variable import PartitionedVariable
from headrace._src.state.resource_variable import BaseResourceVariable
from headrace._src.state.variable import Variable

_REFERENCE_TYPES: Final = ("Variable", "VariableV2", "AutoReloadVariable")
_VARIABLE_TYPES: Final = (*_REFERENCE_TYPES, "VarHandleOp", "ReadVariableOp")


def set_cpu0(device_string: str) -> str:
    """The first CPU of the machine that a device belongs to."""
    spec = DeviceSpec.from_string(device_string)
    spec.device_type, spec.device_index = "CPU", 0
    return spec.to_string()


class SaveSpec:
    """One tensor to save.

    Args:
      tensor: the tensor, or a function that makes it when the saving nodes are built.
      slice_spec: which slice of a bigger tensor it is; empty for a whole tensor.
      name: the key in the checkpoint.
      dtype: the dtype; needed when `tensor` is a function.
      device: where the tensor lives; needed when `tensor` is a function.
    """

    def __init__(
        self, tensor: Any, slice_spec: str, name: str, dtype: Any = None, device: Any = None
    ) -> None:
        self._tensor = tensor
        self.slice_spec = slice_spec
        self.name = name
        if not callable(tensor):
            self.dtype, self.device = tensor.dtype, tensor.device
        elif dtype is None or device is None:
            raise AssertionError(
                "When passing a callable `tensor` to a SaveSpec, an explicit dtype and device must "
                "be provided."
            )
        else:
            self.dtype, self.device = dtype, device

    @property
    def tensor(self) -> Any:
        """The tensor; a function makes it anew each time."""
        return self._tensor() if callable(self._tensor) else self._tensor


class SaveableObject:
    """An object that a `Saver` can save; subclasses say how it is restored.

    Args:
      op: the object, or the tensor that makes its value.
      specs: list of `SaveSpec`, all on one device.
      name: the key in the checkpoint.
    """

    def __init__(self, op: Any, specs: list[Any], name: str) -> None:
        self.op = op
        self.specs = specs
        self.name = name

    @property
    def optional_restore(self) -> bool:
        """Whether checkpoints may lack the object."""
        return False

    @property
    def device(self) -> str:
        """Where its tensors live."""
        return str(self.specs[0].device)

    def restore(self, restored_tensors: list[Any], restored_shapes: Any) -> Any:
        """Makes the operation that gives the object its restored value.

        Args:
          restored_tensors: a tensor for each spec, from a checkpoint.
          restored_shapes: the shape each is to get, or None.
        """
        raise ValueError("Calling an abstract method.")


class ReferenceVariableSaveable(SaveableObject):
    """A variable that is a reference tensor."""

    def __init__(self, var: Any, slice_spec: str, name: str) -> None:
        super().__init__(var, [SaveSpec(var, slice_spec, name, dtype=var.dtype)], name)

    def restore(self, restored_tensors: list[Any], restored_shapes: Any) -> Any:
        """Assigns the restored tensor."""
        value = restored_tensors[0]
        if restored_shapes is not None:
            value = reshape_ops.reshape(value, restored_shapes[0])
        checked = restored_shapes is None and self.op.get_shape().is_fully_defined()
        return assign.assign(self.op, value, validate_shape=checked)


class ResourceVariableSaveable(SaveableObject):
    """A resource variable, or a tensor that reads one."""

    def __init__(self, var: Any, slice_spec: str, name: str) -> None:
        self._var_device = var.device
        self._var_shape = var.shape
        tensor: Any = var
        if isinstance(var, Tensor):
            self.handle_op = var.op.inputs[0]
        elif isinstance(var, BaseResourceVariable):
            self.handle_op = var.handle
            tensor = self._reader(var)
        else:
            raise ValueError(
                f"Saveable is neither a resource variable nor a read operation. Got: {var!r}"
            )
        spec = SaveSpec(tensor, slice_spec, name, dtype=var.dtype, device=var.device)
        super().__init__(var, [spec], name)

    @staticmethod
    def _reader(var: BaseResourceVariable) -> Any:
        def read() -> Tensor:
            with device(var.device):
                value = var.read_value()
                # The files are written on the host, wherever the variable lives.
                with device("/device:CPU:0"):
                    return identity_ops.identity(value)

        return read

    def restore(self, restored_tensors: list[Any], restored_shapes: Any) -> Any:
        """Assigns the restored tensor."""
        value = restored_tensors[0]
        if restored_shapes is not None:
            value = reshape_ops.reshape(value, restored_shapes[0])
        with device(self._var_device):
            value = identity_ops.identity(value)
            self._var_shape.assert_is_compatible_with(value.shape)
            return variable_ops.AssignVariableOp(self.handle_op, value)


def _is_trackable(value: Any) -> bool:
    """Whether `value` says itself what a checkpoint of it holds, and is no variable."""
    return hasattr(value, "_gather_saveables_for_checkpoint") and not isinstance(value, Variable)


def _of_reference_type(value: Any) -> bool:
    return value.op.type in _REFERENCE_TYPES


def saveable_objects_for_op(op: Any, name: Any) -> Iterator[SaveableObject]:
    """Yields the saveable objects of a variable, its slices or another object.

    Args:
      op: a variable, tensor of one, partitioned variable, list of slices, or `SaveableObject`.
      name: the key in the checkpoint.

    Raises:
      TypeError: `name` is no string, or `op` nothing that can be saved.
      ValueError: the slices do not belong together.
    """
    if not isinstance(name, str):
        raise TypeError(
            "names_to_saveables must be a dict mapping string names to trackable operations. Name "
            f"is not a string: {name}"
        )
    if isinstance(op, SaveableObject):
        yield op
    elif isinstance(op, (list, tuple, PartitionedVariable)):
        yield from _saveables_of_slices(list(op), name)
    elif _is_trackable(op):
        for attr, factory in op._gather_saveables_for_checkpoint().items():
            full = name if attr == "VARIABLE_VALUE" else f"{name}_{attr}"
            made = factory(full) if callable(factory) else factory
            yield from saveable_objects_for_op(made, made.name)
    elif isinstance(op, BaseResourceVariable):
        yield ResourceVariableSaveable(op._graph_element if op._in_graph_mode else op, "", name)
    else:
        tensor = convert_to_tensor(op, as_ref=True)
        if tensor.op.type not in _VARIABLE_TYPES:
            raise TypeError(
                "names_to_saveables must be a dict mapping string names to Tensors/Variables. Not "
                f"a variable: {tensor}"
            )
        kind = ReferenceVariableSaveable if _of_reference_type(tensor) else ResourceVariableSaveable
        yield kind(tensor, "", name)


def _saveables_of_slices(parts: list[Any], name: str) -> Iterator[SaveableObject]:
    whole = None
    for part in parts:
        if not isinstance(part, Variable):
            raise ValueError(f"Slices must all be Variables: {part}")
        info = part._get_save_slice_info()
        if not info:
            raise ValueError(f"Slices must all be slices: {part}")
        if whole is None:
            whole = info.full_name
        elif whole != info.full_name:
            raise ValueError(
                f"Slices must all be from the same tensor: {whole} != {info.full_name}"
            )
        kind = ReferenceVariableSaveable if _of_reference_type(part) else ResourceVariableSaveable
        yield kind(part, info.spec, name)


def op_list_to_dict(op_list: Any, convert_variable_to_tensor: bool = True) -> dict[str, Any]:
    """Gives each variable of a list its key in the checkpoint.

    Args:
      op_list: list, tuple or set of variables and other objects that can be saved.
      convert_variable_to_tensor: whether plain variables are replaced by their tensors.

    Returns:
      Key → variable, tensor, or list of slices.

    Raises:
      TypeError: `op_list` is no list, or holds something that is no variable.
      ValueError: two variables have one name.
    """
    if not isinstance(op_list, (list, tuple, set)):
        raise TypeError(f"Variables to save should be passed in a dict or a list: {op_list}")
    found: dict[str, Any] = {}
    for var in sorted(op_list, key=lambda v: v.name):
        if isinstance(var, SaveableObject):
            found[var.name] = var
        elif isinstance(var, PartitionedVariable):
            _add_new(found, var.name, var)
        elif isinstance(var, Variable) and var._get_save_slice_info():
            _add_slice(found, var)
        elif _is_trackable(var):
            members = var._gather_saveables_for_checkpoint().values()
            found.update(op_list_to_dict([m() if callable(m) else m for m in members]))
        elif not getattr(var, "_in_graph_mode", True):
            _add_eager(found, var)
        else:
            if convert_variable_to_tensor:
                var = _tensor_of(var)
            op = var.op.inputs[0].op if var.op.type == "ReadVariableOp" else var.op
            _add_new(found, op.name, var)
    return found


def _tensor_of(var: Any) -> Any:
    resource = isinstance(var, BaseResourceVariable)
    tensor = var._graph_element if resource else convert_to_tensor(var, as_ref=True)
    if not isinstance(tensor, Tensor) or tensor.op.type not in _VARIABLE_TYPES:
        raise TypeError(f"Variable to save is not a Variable: {tensor}")
    return tensor


def _add_eager(found: dict[str, Any], var: Any) -> None:
    """Adds a variable of eager mode, where several may have one name."""
    if not isinstance(var, BaseResourceVariable):
        raise ValueError(
            "Can only save/restore ResourceVariables when eager execution is enabled, type: "
            f"{type(var)}."
        )
    name = var._shared_name
    if found.setdefault(name, var) is not var:
        raise ValueError(
            f"Two different ResourceVariable objects with the same shared_name '{name}' were "
            "passed to the Saver. This likely means that they were created in different Graphs or "
            "isolation contexts, and may not be checkpointed together."
        )


def _add_new(found: dict[str, Any], name: str, var: Any) -> None:
    if name in found:
        raise ValueError(f"At least two variables have the same name: {name}")
    found[name] = var


def _add_slice(found: dict[str, Any], var: Variable) -> None:
    info = var._get_save_slice_info()
    assert info is not None
    name = info.full_name or ""
    parts = found.setdefault(name, [])
    if not isinstance(parts, list):
        raise ValueError(f"Mixing slices and non-slices with the same name: {name}")
    parts.append(var)


def validate_and_slice_inputs(names_to_saveables: Any) -> list[SaveableObject]:
    """Returns the saveable objects of a list or dict of variables, sorted by key.

    Raises:
      TypeError: something in it cannot be saved.
      ValueError: a variable has two names, or two variables have one.
    """
    if not isinstance(names_to_saveables, dict):
        names_to_saveables = op_list_to_dict(names_to_saveables)
    saveables: list[SaveableObject] = []
    seen: set[int] = set()
    for name, op in sorted(names_to_saveables.items(), key=lambda item: item[0]):
        for saveable in saveable_objects_for_op(op, name):
            if id(saveable.op) in seen:
                raise ValueError(
                    f"The same saveable will be restored with two names: {saveable.name}"
                )
            seen.add(id(saveable.op))
            saveables.append(saveable)
    return saveables


__all__ = [
    "ReferenceVariableSaveable",
    "ResourceVariableSaveable",
    "SaveSpec",
    "SaveableObject",
    "op_list_to_dict",
    "saveable_objects_for_op",
    "set_cpu0",
    "validate_and_slice_inputs",
]
