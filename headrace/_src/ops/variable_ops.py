"""Variables as ops: reference cells (`VariableV2`) and resource cells (`VarHandleOp`).

Both kinds of variable are the same `Cell` of the session's resource manager at run time. A
`Ref(T)` output and a handle output are that cell; kernels look at it only through `k.read` and
`k.write`, so that a failing run undoes what it wrote.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from headrace._src.core import attrs as A
from headrace._src.core import dims as dims_lib
from headrace._src.core import dtypes, errors
from headrace._src.core.dtypes import groups as G
from headrace._src.core.opspec import op
from headrace._src.core.tensor import Tensor

if TYPE_CHECKING:
    from headrace._src.engine.resources import Cell

_INTEGERS = (dtypes.int32, dtypes.int64)
_NO_SLOPE = "an update of state has no derivative"


def handle_dims(handle: Tensor) -> dims_lib.Dims:
    """The static shape of the variable behind a resource handle; None where unknown."""
    data = getattr(handle, "handle_data", None)
    if data is not None:
        return data[1]
    source = handle.op
    return source.attrs["shape"] if source.type == "VarHandleOp" else None


def new_cell(k: Any, dtype: dtypes.DType, dims: dims_lib.Dims, name: str = "") -> Cell:
    """An empty cell for the variable that `k` makes."""
    from headrace._src.engine import resources

    return resources.Cell(name or k.op.name, dtype, dims, k.op.origin)


def shape_of_cell(cell: Cell) -> tuple[int, ...]:
    """The shape that an update must match: the value's, or at first the declared one."""
    if cell.value is not None:
        return tuple(cell.value.shape)
    return tuple(cell.dims or ())


def spell(shape: Any) -> str:
    """A run-time shape as messages show it: `[2,3]`."""
    return "[" + ",".join(str(int(d)) for d in shape) + "]"


def read_resource(k: Any, cell: Cell, failure: type[errors.OpError]) -> Any:
    """The value behind a handle; raises `failure`, worded as 1.15 does, when there is none."""
    try:
        return k.read(cell)
    except errors.FailedPreconditionError:
        if k.xla:
            # The interpreter, which then runs instead, finds the words.
            raise
        missing = f"Resource localhost/{cell.name}/N10tensorflow3VarE does not exist."
        others = (r for r in k.run.resources.all() if r is not cell)
        if all(getattr(r, "value", None) is None for r in others):
            missing = (
                "Container localhost does not exist. "
                f"(Could not find resource: localhost/{cell.name})"
            )
        if failure is errors.FailedPreconditionError:
            missing = (
                f"Error while reading resource variable {cell.name} from Container: localhost. "
                f"This could mean that the variable was uninitialized. Not found: {missing}"
            )
        raise failure(None, None, missing) from None


# -- VariableV2, Variable ------------------------------------------------------------------------
VariableV2 = op(
    "VariableV2",
    "-> ref: Ref(dtype)",
    shape=A.shape(),
    dtype=A.dtype(),
    container=A.text(default=""),
    shared_name=A.text(default=""),
    stateful=True,
    handle=True,
)


@VariableV2.shape
def _shape_variable_v2(s, *, shape):
    return shape


@VariableV2.kernel
def _kernel_variable_v2(k, *, shape, dtype):
    return k.resource(lambda: new_cell(k, dtype, shape))


VariableV2.no_gradient("a variable has no inputs")


Variable = op(
    "Variable",
    "-> ref: Ref(dtype)",
    shape=A.shape(),
    dtype=A.dtype(),
    container=A.text(default=""),
    shared_name=A.text(default=""),
    stateful=True,
    handle=True,
)


@Variable.shape
def _shape_variable(s, *, shape):
    # The scalar shape was how this older op said "unknown".
    return shape or None


Variable.kernel(_kernel_variable_v2)
Variable.no_gradient("a variable has no inputs")


# -- TemporaryVariable, DestroyTemporaryVariable --------------------------------------------------
TemporaryVariable = op(
    "TemporaryVariable",
    "-> ref: Ref(dtype)",
    shape=A.shape(),
    dtype=A.dtype(),
    var_name=A.text(default=""),
    stateful=True,
    host_only=True,
)


@TemporaryVariable.shape
def _shape_temporary_variable(s, *, shape):
    return shape


@TemporaryVariable.kernel
def _kernel_temporary_variable(k, *, shape, dtype, var_name):
    return new_cell(k, dtype, shape, var_name)


TemporaryVariable.no_gradient("a variable has no inputs")


DestroyTemporaryVariable = op(
    "DestroyTemporaryVariable",
    "ref: Ref(T) -> value: T",
    T=A.dtype(),
    var_name=A.text(),
    host_only=True,
)


@DestroyTemporaryVariable.shape
def _shape_destroy_temporary_variable(s, ref):
    return ref


@DestroyTemporaryVariable.kernel
def _kernel_destroy_temporary_variable(k, ref):
    return k.read(ref)


DestroyTemporaryVariable.no_gradient(_NO_SLOPE, undefined=True)


# -- IsVariableInitialized ------------------------------------------------------------------------
IsVariableInitialized = op(
    "IsVariableInitialized",
    "ref: Ref(dtype) -> is_initialized: bool",
    dtype=A.dtype(),
    allows_uninitialized=True,
    host_only=True,
)


@IsVariableInitialized.shape
def _shape_is_variable_initialized(s, ref):
    return ()


@IsVariableInitialized.kernel
def _kernel_is_variable_initialized(k, ref):
    return np.bool_(ref.value is not None)


IsVariableInitialized.no_gradient("a bool has no derivative", undefined=True)


# -- Assign, AssignAdd, AssignSub -----------------------------------------------------------------
Assign = op(
    "Assign",
    "ref: Ref(T), value: T -> output_ref: Ref(T)",
    T=A.dtype(),
    validate_shape=A.boolean(default=True),
    use_locking=A.boolean(default=True),
    allows_uninitialized=True,
    # A value changes hands; compiling a restored model's assignments would not pay.
    cost=0,
)


@Assign.shape
def _shape_assign(s, ref, value, *, validate_shape):
    return dims_lib.merge(ref, value) if validate_shape else value


@Assign.kernel
def _kernel_assign(k, ref, value, *, validate_shape):
    if validate_shape:
        held, given = shape_of_cell(ref), tuple(np.shape(value))
        if held != given:
            raise errors.InvalidArgumentError(
                None,
                None,
                "Assign requires shapes of both tensors to match. "
                f"lhs shape= {spell(held)} rhs shape= {spell(given)}",
            )
    k.write(ref, value)
    return ref


Assign.no_gradient(_NO_SLOPE)


def _shape_update(s, ref, value):
    return dims_lib.merge(ref, value)


def _updated_ref(k, ref, value, combine):
    old = k.read(ref)
    if tuple(old.shape) != tuple(np.shape(value)):
        raise errors.InvalidArgumentError(None, None, "Parameters and update must be the same size")
    k.write(ref, combine(old, value))
    return ref


AssignAdd = op(
    "AssignAdd",
    "ref: Ref(T), value: T -> output_ref: Ref(T)",
    T=G.NUMBER,
    use_locking=A.boolean(default=False),
    shape=_shape_update,
)


@AssignAdd.kernel
def _kernel_assign_add(k, ref, value):
    return _updated_ref(k, ref, value, k.np.add)


AssignAdd.no_gradient(_NO_SLOPE)


AssignSub = op(
    "AssignSub",
    "ref: Ref(T), value: T -> output_ref: Ref(T)",
    T=G.NUMBER,
    use_locking=A.boolean(default=False),
    shape=_shape_update,
)


@AssignSub.kernel
def _kernel_assign_sub(k, ref, value):
    return _updated_ref(k, ref, value, k.np.subtract)


AssignSub.no_gradient(_NO_SLOPE)


# -- CountUpTo, ResourceCountUpTo -----------------------------------------------------------------
CountUpTo = op(
    "CountUpTo",
    "ref: Ref(T) -> output: T",
    limit=A.integer(),
    T=A.dtype(_INTEGERS),
    host_only=True,
)


@CountUpTo.shape
def _shape_count_up_to(s, ref, *, limit):
    return dims_lib.with_rank(ref, 0)


def _next_count(k, cell, old, limit):
    if int(old) >= limit:
        raise errors.OutOfRangeError(None, None, f"Reached limit of {limit}")
    k.write(cell, np.asarray(old + 1, dtype=np.asarray(old).dtype))
    return old


@CountUpTo.kernel
def _kernel_count_up_to(k, ref, *, limit):
    return _next_count(k, ref, np.asarray(k.read(ref)), limit)


CountUpTo.no_gradient(_NO_SLOPE, undefined=True)


ResourceCountUpTo = op(
    "ResourceCountUpTo",
    "resource: resource -> output: T",
    limit=A.integer(),
    T=A.dtype(_INTEGERS),
    stateful=True,
    host_only=True,
)


@ResourceCountUpTo.shape
def _shape_resource_count_up_to(s, resource, *, limit):
    return dims_lib.with_rank(handle_dims(s.tensor(0)), 0)


@ResourceCountUpTo.kernel
def _kernel_resource_count_up_to(k, resource, *, limit):
    old = read_resource(k, resource, errors.NotFoundError)
    return _next_count(k, resource, np.asarray(old), limit)


ResourceCountUpTo.no_gradient(_NO_SLOPE, undefined=True)


# -- VarHandleOp, VarIsInitializedOp, DestroyResourceOp -------------------------------------------
VarHandleOp = op(
    "VarHandleOp",
    "-> resource: resource",
    container=A.text(default=""),
    shared_name=A.text(default=""),
    dtype=A.dtype(),
    shape=A.shape(),
    stateful=True,
    handle=True,
)


@VarHandleOp.shape
def _shape_var_handle_op(s):
    return ()


@VarHandleOp.kernel
def _kernel_var_handle_op(k, *, shape, dtype, shared_name):
    return k.resource(lambda: new_cell(k, dtype, shape, shared_name))


VarHandleOp.no_gradient("a handle has no inputs")


VarIsInitializedOp = op(
    "VarIsInitializedOp",
    "resource: resource -> is_initialized: bool",
    stateful=True,
    host_only=True,
)


@VarIsInitializedOp.shape
def _shape_var_is_initialized_op(s, resource):
    return ()


@VarIsInitializedOp.kernel
def _kernel_var_is_initialized_op(k, resource):
    return np.bool_(resource.value is not None)


VarIsInitializedOp.no_gradient("a bool has no derivative")


DestroyResourceOp = op(
    "DestroyResourceOp",
    "resource: resource ->",
    ignore_lookup_error=A.boolean(default=True),
    stateful=True,
    host_only=True,
)


@DestroyResourceOp.shape
def _shape_destroy_resource_op(s, resource):
    return []


@DestroyResourceOp.kernel
def _kernel_destroy_resource_op(k, resource, *, ignore_lookup_error):
    if not ignore_lookup_error:
        read_resource(k, resource, errors.NotFoundError)
    k.write(resource, None)
    return ()


DestroyResourceOp.no_gradient(_NO_SLOPE, undefined=True)


# -- ReadVariableOp, VariableShape ----------------------------------------------------------------
ReadVariableOp = op(
    "ReadVariableOp",
    "resource: resource -> value: dtype",
    dtype=A.dtype(),
    stateful=True,
)


@ReadVariableOp.shape
def _shape_read_variable_op(s, resource):
    return handle_dims(s.tensor(0))


@ReadVariableOp.kernel
def _kernel_read_variable_op(k, resource):
    return read_resource(k, resource, errors.FailedPreconditionError)


@ReadVariableOp.gradient
def _grad_read_variable_op(op, dy):
    return dy


VariableShape = op(
    "VariableShape",
    "input: resource -> output: out_type",
    out_type=A.dtype(_INTEGERS, default=dtypes.int32),
    stateful=True,
    known_when_lowered=True,
)


@VariableShape.shape
def _shape_variable_shape(s, input):
    held = handle_dims(s.tensor(0))
    return (None if held is None else len(held),)


@VariableShape.kernel
def _kernel_variable_shape(k, input, *, out_type):
    value = read_resource(k, input, errors.NotFoundError)
    return np.array(np.shape(value), dtype=out_type.as_numpy_dtype)


VariableShape.no_gradient("a shape has no derivative")


# -- AssignVariableOp, AssignAddVariableOp, AssignSubVariableOp ------------------------------------
def _shape_assign_resource(s, resource, value):
    dims_lib.merge(handle_dims(s.tensor(0)), value)
    return []


AssignVariableOp = op(
    "AssignVariableOp",
    "resource: resource, value: dtype ->",
    dtype=A.dtype(),
    stateful=True,
    shape=_shape_assign_resource,
    cost=0,
)


@AssignVariableOp.kernel
def _kernel_assign_variable_op(k, resource, value):
    k.write(resource, value)
    return ()


AssignVariableOp.no_gradient(_NO_SLOPE, undefined=True)


def _update_resource(k, resource, value, combine):
    old = read_resource(k, resource, errors.NotFoundError)
    if tuple(old.shape) != tuple(np.shape(value)):
        raise errors.InvalidArgumentError(
            None,
            None,
            f"Cannot update variable with shape {spell(old.shape)} using a Tensor with shape "
            f"{spell(np.shape(value))}, shapes must be equal.",
        )
    k.write(resource, combine(old, value))
    return ()


AssignAddVariableOp = op(
    "AssignAddVariableOp",
    "resource: resource, value: dtype ->",
    dtype=A.dtype(),
    stateful=True,
    shape=_shape_assign_resource,
)


@AssignAddVariableOp.kernel
def _kernel_assign_add_variable_op(k, resource, value):
    return _update_resource(k, resource, value, k.np.add)


AssignAddVariableOp.no_gradient(_NO_SLOPE, undefined=True)


AssignSubVariableOp = op(
    "AssignSubVariableOp",
    "resource: resource, value: dtype ->",
    dtype=A.dtype(),
    stateful=True,
    shape=_shape_assign_resource,
)


@AssignSubVariableOp.kernel
def _kernel_assign_sub_variable_op(k, resource, value):
    return _update_resource(k, resource, value, k.np.subtract)


AssignSubVariableOp.no_gradient(_NO_SLOPE, undefined=True)
