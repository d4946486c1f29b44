"""Tensor arrays of 1.x: resources with a handle, ordered by a "flow".

tf.TensorArray uses lists. These nodes come from GraphDefs in which 1.x has differentiated a loop.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from headrace._src.core import attrs as A
from headrace._src.core import dims as dims_lib
from headrace._src.core import errors
from headrace._src.core.opspec import op
from headrace._src.engine.tensor_arrays import TensorArrayResource, shape_text

_NO_RULE = "tf.TensorArray makes lists; nodes of this kind come from GraphDefs of 1.x"
_FLOW = np.float32(0.0)
_FLAGS: dict[str, Any] = {"stateful": True, "host_only": True}
_IO = "handle: resource"


def _invalid(message: str) -> errors.InvalidArgumentError:
    return errors.InvalidArgumentError(None, None, message)


def _shape_flow(s, *inputs):
    return ()


# -- TensorArrayV3 -------------------------------------------------------------------------------
TensorArrayV3 = op(
    "TensorArrayV3",
    "size: int32 -> handle: resource, flow: float32",
    needs_op=True,
    dtype=A.dtype(),
    element_shape=A.shape(default=None),
    dynamic_size=A.boolean(default=False),
    clear_after_read=A.boolean(default=True),
    identical_element_shapes=A.boolean(default=False),
    tensor_array_name=A.text(default=""),
    **_FLAGS,
)


@TensorArrayV3.shape
def _shape_tensor_array(s, size):
    return (2,), ()


@TensorArrayV3.kernel
def _kernel_tensor_array(k, size, **attrs):
    array = TensorArrayResource(
        attrs["tensor_array_name"] or k.op.name,
        attrs["dtype"],
        int(size),
        attrs["element_shape"],
        attrs["dynamic_size"],
        attrs["clear_after_read"],
        attrs["identical_element_shapes"],
    )
    return array, _FLOW


TensorArrayV3.no_gradient(_NO_RULE)

# -- TensorArrayGradV3 ---------------------------------------------------------------------------
TensorArrayGradV3 = op(
    "TensorArrayGradV3",
    f"{_IO}, flow_in: float32 -> grad_handle: resource, flow_out: float32",
    source=A.text(),
    **_FLAGS,
)


@TensorArrayGradV3.shape
def _shape_gradient(s, handle, flow_in):
    return (2,), ()


@TensorArrayGradV3.kernel
def _kernel_gradient(k, handle, flow_in, *, source):
    return handle.gradient(source), _FLOW


TensorArrayGradV3.no_gradient(_NO_RULE)

# -- TensorArrayWriteV3 --------------------------------------------------------------------------
TensorArrayWriteV3 = op(
    "TensorArrayWriteV3",
    f"{_IO}, index: int32, value: T, flow_in: float32 -> flow_out: float32",
    T=A.dtype(),
    **_FLAGS,
)
TensorArrayWriteV3.shape(_shape_flow)


@TensorArrayWriteV3.kernel
def _kernel_write(k, handle, index, value, flow_in, *, T):
    handle.check_dtype(T, "is trying to write dtype")
    handle.write(int(index), value)
    return _FLOW


TensorArrayWriteV3.no_gradient(_NO_RULE, undefined=True)

# -- TensorArrayReadV3 ---------------------------------------------------------------------------
TensorArrayReadV3 = op(
    "TensorArrayReadV3",
    f"{_IO}, index: int32, flow_in: float32 -> value: dtype",
    dtype=A.dtype(),
    **_FLAGS,
)


@TensorArrayReadV3.shape
def _shape_read(s, handle, index, flow_in):
    return None


@TensorArrayReadV3.kernel
def _kernel_read(k, handle, index, flow_in, *, dtype):
    handle.check_dtype(dtype, "requested dtype")
    return handle.read(int(index))


TensorArrayReadV3.no_gradient(_NO_RULE, undefined=True)

# -- TensorArrayGatherV3 -------------------------------------------------------------------------
TensorArrayGatherV3 = op(
    "TensorArrayGatherV3",
    f"{_IO}, indices: int32, flow_in: float32 -> value: dtype",
    dtype=A.dtype(),
    element_shape=A.shape(default=None),
    **_FLAGS,
)


@TensorArrayGatherV3.shape
def _shape_gather(s, handle, indices, flow_in, *, element_shape):
    return dims_lib.concat(indices, element_shape)


@TensorArrayGatherV3.kernel
def _kernel_gather(k, handle, indices, flow_in, *, dtype, element_shape):
    handle.check_dtype(dtype, "requested dtype")
    wanted = [int(i) for i in np.asarray(indices)]
    shape = dims_lib.merge(handle.shape, element_shape)
    if not wanted:
        if not dims_lib.is_full(shape):
            raise errors.UnimplementedError(
                None,
                None,
                f"TensorArray has size zero, but element shape {shape_text(shape)} is not fully "
                "defined. Currently only static shapes are supported when packing zero-size "
                "TensorArrays.",
            )
        return np.zeros((0, *shape), dtype.np_dtype)
    values = [handle.read(i) for i in wanted]
    first = np.shape(values[0])
    for i, value in zip(wanted, values, strict=True):
        if np.shape(value) != first:
            raise _invalid(
                f"TensorArray has inconsistent shapes.  Index 0 has shape: "
                f"{shape_text(first)} but index {i} has shape: {shape_text(np.shape(value))}"
            )
    return np.stack(values)


TensorArrayGatherV3.no_gradient(_NO_RULE, undefined=True)

# -- TensorArrayScatterV3 ------------------------------------------------------------------------
TensorArrayScatterV3 = op(
    "TensorArrayScatterV3",
    f"{_IO}, indices: int32, value: T, flow_in: float32 -> flow_out: float32",
    T=A.dtype(),
    **_FLAGS,
)
TensorArrayScatterV3.shape(_shape_flow)


@TensorArrayScatterV3.kernel
def _kernel_scatter(k, handle, indices, value, flow_in, *, T):
    handle.check_dtype(T, "is trying to write dtype")
    wanted = [int(i) for i in np.asarray(indices)]
    value = np.asarray(value)
    if not value.ndim or len(value) != len(wanted):
        raise _invalid(
            f"Expected len(indices) == values.shape[0], but saw: {len(wanted)} vs. "
            f"{len(value) if value.ndim else 0}"
        )
    last = max(wanted, default=-1)
    if handle.dynamic:
        handle.resize(last + 1)
    elif last >= len(handle):
        raise _invalid(f"Max scatter index must be < array size ({last} vs. {len(handle)})")
    for i, item in zip(wanted, value, strict=True):
        handle.write(i, item)
    return _FLOW


TensorArrayScatterV3.no_gradient(_NO_RULE, undefined=True)

# -- TensorArrayConcatV3 -------------------------------------------------------------------------
TensorArrayConcatV3 = op(
    "TensorArrayConcatV3",
    f"{_IO}, flow_in: float32 -> value: dtype, lengths: int64",
    dtype=A.dtype(),
    element_shape_except0=A.shape(default=None),
    **_FLAGS,
)


@TensorArrayConcatV3.shape
def _shape_concat(s, handle, flow_in):
    return None, (None,)


@TensorArrayConcatV3.kernel
def _kernel_concat(k, handle, flow_in, *, dtype, element_shape_except0):
    handle.check_dtype(dtype, "requested dtype")
    if not len(handle):
        if not dims_lib.is_full(element_shape_except0):
            raise errors.UnimplementedError(
                None,
                None,
                "TensorArray has size zero, but element_shape_except0 "
                f"{shape_text(element_shape_except0)} is not fully defined. Currently only "
                "static shapes are supported when concatenating zero-size TensorArrays.",
            )
        empty = np.zeros((0, *element_shape_except0), dtype.np_dtype)
        return empty, np.zeros(0, np.int64)
    values = [handle.read(i) for i in range(len(handle))]
    for i, value in enumerate(values):
        if not np.ndim(value):
            raise _invalid(
                f"Concat saw a scalar shape at index {i} but requires at least vectors.  Did you "
                "mean to call pack?"
            )
        rest, first = np.shape(value)[1:], np.shape(values[0])[1:]
        if rest != first:
            raise _invalid(
                "TensorArray has inconsistent shapes.  Index 0 has (excepting dimension 0) shape: "
                f"{shape_text(first)} but index {i} has (excepting dimension 0) shape: "
                f"{shape_text(rest)}"
            )
    return np.concatenate(values), np.array([len(v) for v in values], np.int64)


TensorArrayConcatV3.no_gradient(_NO_RULE, undefined=True)

# -- TensorArraySplitV3 --------------------------------------------------------------------------
TensorArraySplitV3 = op(
    "TensorArraySplitV3",
    f"{_IO}, value: T, lengths: int64, flow_in: float32 -> flow_out: float32",
    T=A.dtype(),
    **_FLAGS,
)
TensorArraySplitV3.shape(_shape_flow)


@TensorArraySplitV3.kernel
def _kernel_split(k, handle, value, lengths, flow_in, *, T):
    handle.check_dtype(T, "is trying to write dtype")
    value, sizes = np.asarray(value), [int(n) for n in np.asarray(lengths)]
    if not value.ndim:
        raise _invalid(
            f"Expected value to be at least a vector, but received shape: {shape_text(value.shape)}"
        )
    if sum(sizes) != len(value):
        raise _invalid(
            "Expected sum of lengths to be equal to values.shape[0], but sum of lengths is "
            f"{sum(sizes)} and value's shape is: {shape_text(value.shape)}"
        )
    if handle.dynamic:
        handle.resize(len(sizes))
    elif len(sizes) != len(handle):
        raise _invalid(
            "TensorArray's size is not equal to the size of lengths "
            f"({len(handle)} vs. {len(sizes)}), and the TensorArray is not marked as dynamically "
            "resizeable"
        )
    start = 0
    for i, n in enumerate(sizes):
        handle.write(i, value[start : start + n])
        start += n
    return _FLOW


TensorArraySplitV3.no_gradient(_NO_RULE, undefined=True)

# -- TensorArraySizeV3 ---------------------------------------------------------------------------
TensorArraySizeV3 = op("TensorArraySizeV3", f"{_IO}, flow_in: float32 -> size: int32", **_FLAGS)
TensorArraySizeV3.shape(_shape_flow)


@TensorArraySizeV3.kernel
def _kernel_size(k, handle, flow_in):
    return np.int32(len(handle))


TensorArraySizeV3.no_gradient(_NO_RULE)

# -- TensorArrayCloseV3 --------------------------------------------------------------------------
TensorArrayCloseV3 = op("TensorArrayCloseV3", f"{_IO} ->", **_FLAGS)


@TensorArrayCloseV3.kernel
def _kernel_close(k: Any, handle: TensorArrayResource) -> None:
    handle.close()


TensorArrayCloseV3.no_gradient(_NO_RULE)
