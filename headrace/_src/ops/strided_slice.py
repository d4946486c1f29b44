"""Indexing of tensors: StridedSlice, its gradient, assignment to slices, and `tensor[...]`."""

from __future__ import annotations

import functools
import sys
from typing import Any, NamedTuple

import numpy as np

from headrace._api.export import export, export_value
from headrace._src.core import attrs as A
from headrace._src.core import constant_value as constants
from headrace._src.core import dims as dims_lib
from headrace._src.core import dtypes, errors
from headrace._src.core import graph as graph_lib
from headrace._src.core.dtypes import groups as G
from headrace._src.core.eager_tensor import EagerTensor
from headrace._src.core.opspec import op
from headrace._src.core.scopes import name_scope
from headrace._src.core.shape import Dimension
from headrace._src.core.tensor import Tensor
from headrace._src.engine import structures
from headrace._src.ops import constant as constant_ops
from headrace._src.ops import shapes as shape_ops
from headrace._src.ops._arguments import spec
from headrace._src.ops._late import late

newaxis = export_value(None, "newaxis")

_MASKS = {
    "begin_mask": A.integer(default=0),
    "end_mask": A.integer(default=0),
    "ellipsis_mask": A.integer(default=0),
    "new_axis_mask": A.integer(default=0),
    "shrink_axis_mask": A.integer(default=0),
}

# -- what an index means -----------------------------------------------------------------------


class _Item(NamedTuple):
    """One entry of an index after the ellipsis is spread; `entry` is its place in the vectors."""

    kind: str  # "range", "index" or "new"
    entry: int | None
    axis: int
    begin_masked: bool = True
    end_masked: bool = True


def _items(rank: int, count: int, masks: dict[str, int]) -> list[_Item]:
    """Spreads the ellipsis of an index of `count` entries over a tensor of the given rank."""
    ellipsis, new_axis = masks["ellipsis_mask"], masks["new_axis_mask"]
    shrink = masks["shrink_axis_mask"]
    if bin(ellipsis & ((1 << count) - 1)).count("1") > 1:
        raise ValueError("Multiple ellipses in slice spec not allowed")
    items: list[_Item] = []
    axis = 0
    seen_ellipsis = False
    for i in range(count):
        bit = 1 << i
        if ellipsis & bit:
            seen_ellipsis = True
            later = range(i + 1, count)
            taken = sum(1 for j in later if not new_axis & (1 << j))
            stop = min(max(rank - taken, axis), rank)
            items.extend(_Item("range", None, a) for a in range(axis, stop))
            axis = stop
        elif new_axis & bit:
            items.append(_Item("new", i, axis))
        else:
            if axis >= rank:
                raise ValueError(
                    f"Index out of range using input dim {axis}; input has only {rank} dims"
                )
            kind = "index" if shrink & bit else "range"
            begin_masked = bool(masks["begin_mask"] & bit)
            end_masked = bool(masks["end_mask"] & bit)
            items.append(_Item(kind, i, axis, begin_masked, end_masked))
            axis += 1
    if not seen_ellipsis:
        items.extend(_Item("range", None, a) for a in range(axis, rank))
    return items


def _clamped(value, masked, size, stride, is_end):
    """A range bound inside the valid ones of its stride's direction."""
    low, high = (0, size) if stride > 0 else (-1, size - 1)
    if masked:
        return high if is_end == (stride > 0) else low
    value = value + size if value < 0 else value
    return min(max(value, low), high)


def _range_size(begin, end, stride):
    length = end - begin
    if length == 0 or (length < 0) != (stride < 0):
        return 0
    return (abs(length) + abs(stride) - 1) // abs(stride)


def _index_at(item, begin, stride, size):
    if stride <= 0:
        raise ValueError("only stride 1 allowed on non-range indexing.")
    at = begin + size if begin < 0 else begin
    if not 0 <= at < size:
        raise ValueError(f"slice index {at} of dimension {item.axis} out of bounds.")
    return at


def _stride_of(item, strides):
    if item.entry is None:
        return 1
    stride = int(strides[item.entry])
    if stride == 0:
        raise ValueError(f"strides[{item.entry}] must be non-zero")
    return stride


def _index(shape, begin, end, strides, masks) -> tuple[Any, ...]:
    """The NumPy index that the vectors and masks of a StridedSlice stand for."""
    try:
        index: list[Any] = []
        for item in _items(len(shape), len(begin), masks):
            if item.kind == "new":
                index.append(None)
                continue
            size, stride = shape[item.axis], _stride_of(item, strides)
            if item.kind == "index":
                at = 0 if item.begin_masked else int(begin[item.entry])
                index.append(_index_at(item, at, stride, size))
                continue
            first = 0 if item.entry is None else int(begin[item.entry])
            last = 0 if item.entry is None else int(end[item.entry])
            first = _clamped(first, item.begin_masked, size, stride, False)
            last = _clamped(last, item.end_masked, size, stride, True)
            if _range_size(first, last, stride) == 0:
                index.append(slice(0, 0))
            else:
                index.append(slice(first, None if last < 0 else last, stride))
        # The trailing ellipsis makes NumPy return an array even where all dims are gone.
        return (*index, Ellipsis)
    except ValueError as error:
        raise errors.InvalidArgumentError(None, None, str(error)) from None


def _sliced_dims(dims, begin, end, strides, masks):
    """Static shape of a slice; `begin` and `end` are None where not known."""
    result: list[int | None] = []
    for item in _items(len(dims), len(strides), masks):
        if item.kind == "new":
            result.append(1)
            continue
        size, stride = dims[item.axis], _stride_of(item, strides)
        if item.kind == "index":
            if stride <= 0:
                raise ValueError("only stride 1 allowed on non-range indexing.")
            if size is not None and begin is not None and not item.begin_masked:
                _index_at(item, int(begin[item.entry]), stride, size)
            continue
        if size is None:
            result.append(None)
        elif item.entry is None or (item.begin_masked and item.end_masked):
            result.append((size + abs(stride) - 1) // abs(stride))
        elif begin is None or end is None:
            result.append(None)
        else:
            first = _clamped(int(begin[item.entry]), item.begin_masked, size, stride, False)
            last = _clamped(int(end[item.entry]), item.end_masked, size, stride, True)
            result.append(_range_size(first, last, stride))
    return tuple(result)


def _static_inputs(op):
    """What must be known before lowering: bounds of ranges, but not entries that are indices."""
    names = [arg.name for arg in op.spec.inputs if arg.name in ("shape", "begin", "end", "strides")]
    begin, end = op._inputs[1:3]
    if begin.dims is None or len(begin.dims) != 1 or begin.dims[0] is None:
        return tuple(names)
    masks = {name: op.attrs[name] for name in _MASKS}
    free = masks["ellipsis_mask"] | masks["new_axis_mask"] | masks["shrink_axis_mask"]
    for i in range(begin.dims[0]):
        bounds = ((begin, "begin_mask"), (end, "end_mask"))
        if not free & (1 << i) and not all(
            masks[mask] & (1 << i) or _is_known(vector, i) for vector, mask in bounds
        ):
            return tuple(names)
    return tuple(name for name in names if name not in ("begin", "end"))


def _is_known(vector, i):
    """Whether an element of a vector is known although others are not.

    Where a gradient takes it back from the forward loop the slice itself was lowered, and the size
    of the range is that of its gradient.
    """
    if vector.op.type in ("Const", "TensorListPopBack"):
        return True
    return vector.op.type == "Pack" and constants.constant_value(vector.op._inputs[i]) is not None


class _Parts(NamedTuple):
    """A slice of which some entries are traced.

    Attributes:
      strides: the index that takes the dims' steps where they are whole.
      begins: axis → where its part begins, traced or known, within the dim.
      sizes: axis → how long that part is.
    """

    strides: tuple[Any, ...]
    begins: dict[int, Any]
    sizes: dict[int, int]


def _parts(k, shape, begin, end, strides, masks, known_sizes=None):
    """What a slice of which some entries are traced takes of each dim.

    Args:
      shape: the shape of what is sliced.
      known_sizes: the shape of the slice, where it is known.
    """
    begin, end = k.elements_of(begin), k.elements_of(end)
    steps, begins, sizes = [], {}, {}
    left = None if known_sizes is None else list(known_sizes)
    for item in _items(len(shape), len(begin), masks):
        if item.kind == "new":
            if left is not None:
                left.pop(0)
            continue
        size, stride = shape[item.axis], _stride_of(item, strides)
        if item.kind == "index":
            if stride <= 0 or not size:
                raise errors.InvalidArgumentError(None, None, "an index cannot be in bounds")
            at = 0 if item.begin_masked else begin[item.entry]
            k.require((at >= -size) & (at < size))
            begins[item.axis] = k.np.where(at < 0, at + size, at)
            sizes[item.axis] = 1
            steps.append(slice(None))
            continue
        length = None if left is None else left.pop(0)
        if item.entry is None or (item.begin_masked and item.end_masked):
            steps.append(slice(None, None, stride))
            continue
        steps.append(_range(k, item, size, stride, begin, end, length))
        if not isinstance(steps[-1], slice):
            begins[item.axis] = steps[-1]
            sizes[item.axis] = length
            steps[-1] = slice(None)
    return _Parts(tuple(steps), begins, sizes)


def _range(k, item, size, stride, begin, end, length):
    """What a range takes of a dim: a slice, or where it begins, if that is traced."""
    first = 0 if item.begin_masked else begin[item.entry]
    last = 0 if item.end_masked else end[item.entry]
    if not any(structures.is_traced(v) for v in (first, last)):
        first = _clamped(int(first), item.begin_masked, size, stride, False)
        last = _clamped(int(last), item.end_masked, size, stride, True)
        if _range_size(first, last, stride) == 0:
            return slice(0, 0)
        return slice(first, None if last < 0 else last, stride)
    if stride != 1 or length is None:
        raise errors.InvalidArgumentError(None, None, "how long a range is must be known")
    if item.begin_masked:
        return slice(0, length)
    return k.np.clip(k.np.where(first < 0, first + size, first), 0, size - length)


# -- StridedSlice ------------------------------------------------------------------------------
StridedSlice = op(
    "StridedSlice",
    "input: T, begin: Index, end: Index, strides: Index -> output: T",
    kernel_ignores=("Index",),
    T=G.ANY,
    Index=G.INDEX,
    **_MASKS,
    static=_static_inputs,
    moves_data=True,
    padding="part",
)


@StridedSlice.shape
def _shape_strided_slice(s, input, begin, end, strides, **masks):
    begin, end, strides = (dims_lib.with_rank(d, 1) for d in (begin, end, strides))
    dims_lib.merge(dims_lib.merge(begin, end), strides)
    s.set_handle_data(s.handle_data(0))
    if input is None or begin[0] is None:
        return None
    step = s.value(3)
    if step is None:
        return None
    return _sliced_dims(input, s.value(1), s.value(2), step, masks)


@functools.lru_cache(4096)
def _known_index(shape, kind, begin, end, strides, masks):
    """`_index` of the bytes of the vectors: a program asks for the same slices again and again."""
    vectors = [np.frombuffer(v, kind) for v in (begin, end, strides)]
    return _index(shape, *vectors, dict(zip(_MASKS, masks, strict=True)))


@StridedSlice.kernel
def _kernel_strided_slice(k, input, begin, end, strides, **masks):
    return input[_index(np.shape(input), begin, end, strides, masks)]


@StridedSlice.direct
def _direct_strided_slice(op):
    masks = tuple(op.attrs[name] for name in _MASKS)

    def sliced(input, begin, end, strides):
        vectors = begin.tobytes(), end.tobytes(), strides.tobytes()
        return input[_known_index(input.shape, begin.dtype.char, *vectors, masks)]

    return sliced


@StridedSlice.xla_kernel
def _xla_strided_slice(k, input, begin, end, strides, **masks):
    if not any(structures.is_traced(v) for v in (begin, end)):
        return _kernel_strided_slice(k, input, begin, end, strides, **masks)
    parts = _parts(k, np.shape(input), begin, end, strides, masks)
    result = k.np.asarray(input)[parts.strides]
    for axis, at in parts.begins.items():
        result = k.lax.dynamic_index_in_dim(result, at, axis, allow_negative_indices=False)
    new = [item.kind for item in _items(np.ndim(input), len(begin), masks)]
    sizes = iter(np.shape(result))
    shape = []
    for kind in new:
        size = 1 if kind == "new" else next(sizes)
        if kind != "index":
            shape.append(size)
    return result.reshape(shape)


@StridedSlice.gradient
def _grad_strided_slice(op, dy):
    _, begin, end, strides = op.inputs
    shape = shape_ops.shape(op.inputs[0], out_type=begin.dtype)
    masks = {name: op.attrs[name] for name in _MASKS}
    return StridedSliceGrad(shape, begin, end, strides, dy, **masks), None, None, None


@export("strided_slice")
def strided_slice(
    input_: Any,
    begin: Any,
    end: Any,
    strides: Any = None,
    begin_mask: int = 0,
    end_mask: int = 0,
    ellipsis_mask: int = 0,
    new_axis_mask: int = 0,
    shrink_axis_mask: int = 0,
    var: Any = None,
    name: str | None = None,
) -> Tensor:
    """Index a tensor with vectors of begins, ends and strides; `x[...]` is the readable form.

    Args:
        input_: Tensor.
        begin: 1-D int32 or int64, first index of every entry.
        end: 1-D, the index of every entry that is not reached any more.
        strides: 1-D, steps, not zero; ones by default.
        begin_mask: Bits of the entries whose `begin` does not count.
        end_mask: Bits of the entries whose `end` does not count.
        ellipsis_mask: Bit of the entry that stands for all dims not named.
        new_axis_mask: Bits of the entries that insert a dim of size 1.
        shrink_axis_mask: Bits of the entries that take one index and remove the dim.
        var: Variable that `assign` on the result writes to.
        name: Name of the node.

    Returns:
        Tensor; its `assign` method writes to the slice of `var`.

    Raises:
        ValueError: (build) an index known to be out of bounds, or a stride of zero.
        errors.InvalidArgumentError: (run) the same.
    """
    if strides is None:
        strides = constant_ops.ones_like(begin)
    masks = {
        "begin_mask": begin_mask,
        "end_mask": end_mask,
        "ellipsis_mask": ellipsis_mask,
        "new_axis_mask": new_axis_mask,
        "shrink_axis_mask": shrink_axis_mask,
    }
    # What is not said is not looked at when operations are told apart.
    if graph_lib.get_default_graph().executes:
        masks = {name: mask for name, mask in masks.items() if mask}
    result = StridedSlice(input_, begin, end, strides, name=name, **masks)
    scope = name

    def assign(val: Any, name: str | None = None) -> Any:
        if var is None:
            raise ValueError("Sliced assignment is only supported for variables")
        return var._strided_slice_assign(
            begin=begin,
            end=end,
            strides=strides,
            value=val,
            name=scope + "_assign" if name is None else name,
            **masks,
        )

    result.assign = assign
    return result


# -- StridedSliceGrad --------------------------------------------------------------------------
StridedSliceGrad = op(
    "StridedSliceGrad",
    "shape: Index, begin: Index, end: Index, strides: Index, dy: T -> output: T",
    kernel_ignores=("Index",),
    T=G.ANY,
    Index=G.INDEX,
    **_MASKS,
    static=_static_inputs,
)


@StridedSliceGrad.shape
def _shape_strided_slice_grad(s, shape, begin, end, strides, dy):
    return s.value_as_dims(0)


@StridedSliceGrad.kernel
def _kernel_strided_slice_grad(k, shape, begin, end, strides, dy, **masks):
    target = tuple(int(d) for d in shape)
    index = _index(target, begin, end, strides, masks)
    np_ = k.np_for(dy)
    if np_ is np:
        result = np.zeros(target, dy.dtype)
        if result[index].shape != np.shape(dy):
            raise errors.InvalidArgumentError(
                None,
                None,
                f"shape of dy was {dims_lib.text(np.shape(dy))} instead of "
                f"{dims_lib.text(result[index].shape)}",
            )
        result[index] = dy
        return result
    return np_.zeros(target, dy.dtype).at[index].set(dy)


@StridedSliceGrad.xla_kernel
def _xla_strided_slice_grad(k, shape, begin, end, strides, dy, **masks):
    if not any(structures.is_traced(v) for v in (begin, end)):
        return _kernel_strided_slice_grad(k, shape, begin, end, strides, dy, **masks)
    target = tuple(int(d) for d in shape)
    parts = _parts(k, target, begin, end, strides, masks, np.shape(dy))
    zeros = k.np.zeros(target, dy.dtype)
    sizes = list(zeros[parts.strides].shape)
    for axis, size in parts.sizes.items():
        sizes[axis] = size
    part = dy.reshape(sizes)
    if all(r.step in (None, 1) for r in parts.strides):
        starts = [parts.begins.get(axis, r.start or 0) for axis, r in enumerate(parts.strides)]
        starts = [k.np.asarray(start, np.int32) for start in starts]
        return k.lax.dynamic_update_slice(zeros, part, starts)
    if any(size != 1 for size in parts.sizes.values()):
        raise errors.InvalidArgumentError(None, None, "ranges with steps must be known")
    for axis, at in parts.begins.items():
        part = k.np.where(_along(k, target, axis) == at, part, 0)
    return zeros.at[parts.strides].set(part.astype(dy.dtype))


def _along(k, shape, axis):
    """The positions along one dim, in a shape that broadcasts."""
    sizes = [1] * len(shape)
    sizes[axis] = shape[axis]
    return k.np.arange(shape[axis]).reshape(sizes)


@StridedSliceGrad.gradient
def _grad_strided_slice_grad(op, dy):
    _, begin, end, strides, _ = op.inputs
    masks = {name: op.attrs[name] for name in _MASKS}
    return None, None, None, None, strided_slice(dy, begin, end, strides, **masks)


# -- assignment to slices ----------------------------------------------------------------------
def _updated(k, current, begin, end, strides, value, masks):
    index = _index(np.shape(current), begin, end, strides, masks)
    np_ = k.np_for(current, value)
    if np_ is np:
        result = np.array(current)
        result[index] = np.broadcast_to(value, result[index].shape)
        return result
    return np_.asarray(current).at[index].set(value)


StridedSliceAssign = op(
    "StridedSliceAssign",
    "ref: Ref(T), begin: Index, end: Index, strides: Index, value: T -> output_ref: Ref(T)",
    T=G.ANY,
    Index=G.INDEX,
    **_MASKS,
    static=("begin", "end", "strides"),
)


@StridedSliceAssign.shape
def _shape_strided_slice_assign(s, ref, begin, end, strides, value):
    return ref


@StridedSliceAssign.kernel
def _kernel_strided_slice_assign(k, ref, begin, end, strides, value, **masks):
    k.write(ref, _updated(k, k.read(ref), begin, end, strides, value, masks))
    return ref


StridedSliceAssign.no_gradient("assignments carry no gradient", undefined=True)


ResourceStridedSliceAssign = op(
    "ResourceStridedSliceAssign",
    "ref: resource, begin: Index, end: Index, strides: Index, value: T ->",
    kernel_ignores=("Index",),
    T=G.ANY,
    Index=G.INDEX,
    **_MASKS,
    static=("begin", "end", "strides"),
    stateful=True,
)


@ResourceStridedSliceAssign.shape
def _shape_resource_strided_slice_assign(s, ref, begin, end, strides, value):
    return []


@ResourceStridedSliceAssign.kernel
def _kernel_resource_strided_slice_assign(k, ref, begin, end, strides, value, **masks):
    k.write(ref, _updated(k, k.read(ref), begin, end, strides, value, masks))
    return []


ResourceStridedSliceAssign.no_gradient("assignments carry no gradient", undefined=True)


TensorStridedSliceUpdate = op(
    "TensorStridedSliceUpdate",
    "input: T, begin: Index, end: Index, strides: Index, value: T -> output: T",
    kernel_ignores=("Index",),
    T=G.ANY,
    Index=G.INDEX,
    **_MASKS,
    static=("begin", "end", "strides"),
)


@TensorStridedSliceUpdate.shape
def _shape_tensor_strided_slice_update(s, input, begin, end, strides, value):
    return input


@TensorStridedSliceUpdate.kernel
def _kernel_tensor_strided_slice_update(k, input, begin, end, strides, value, **masks):
    return _updated(k, input, begin, end, strides, value, masks)


TensorStridedSliceUpdate.no_gradient("1.15 has no rule", undefined=True)


# -- tensor[...] -------------------------------------------------------------------------------
_INDEX_DTYPES = (dtypes.int32, dtypes.int64, dtypes.int32_ref, dtypes.int64_ref)


def _check_index(value: Any) -> None:
    if isinstance(value, (int, Dimension)):
        return
    dtype = getattr(value, "dtype", None)
    if (
        dtype is None
        or dtypes.as_dtype(dtype) not in _INDEX_DTYPES
        or (value.shape and len(value.shape) == 1)
    ):
        raise TypeError(
            "Only integers, slices (`:`), ellipsis (`...`), tf.newaxis (`None`) and scalar "
            f"tf.int32/tf.int64 tensors are valid indices, got {value!r}"
        )


def _is_given(bound: Any) -> bool:
    return bound is not None and (isinstance(bound, Tensor) or bound != sys.maxsize)


class _Entries:
    """The vectors and masks that Python index entries are collected into."""

    def __init__(self) -> None:
        self.begin: list[Any] = []
        self.end: list[Any] = []
        self.strides: list[Any] = []
        self.masks = dict.fromkeys(_MASKS, 0)

    def _append(self, begin: Any, end: Any, stride: Any, *masks: str) -> None:
        for mask in masks:
            self.masks[mask] |= 1 << len(self.begin)
        self.begin.append(begin)
        self.end.append(end)
        self.strides.append(stride)

    def add(self, entry: Any) -> None:
        """Adds one entry of an index."""
        if isinstance(entry, slice):
            self._add_slice(entry)
        elif entry is Ellipsis:
            self._append(0, 0, 1, "ellipsis_mask")
        elif entry is None:
            self._append(0, 0, 1, "new_axis_mask")
        else:
            _check_index(entry)
            self._append(entry, entry + 1, 1, "shrink_axis_mask")

    def _add_slice(self, entry: slice) -> None:
        masks = []
        bounds = []
        for bound, mask in ((entry.start, "begin_mask"), (entry.stop, "end_mask")):
            if _is_given(bound):
                _check_index(bound)
                bounds.append(bound)
            else:
                bounds.append(0)
                masks.append(mask)
        stride = 1
        if entry.step is not None:
            _check_index(entry.step)
            stride = entry.step
        self._append(*bounds, stride, *masks)


def _packed_vectors(entries: _Entries) -> list[Any]:
    if not entries.begin:
        return [constant_ops.constant([], dtype=dtypes.int32)] * 3
    given = entries.begin, entries.end, entries.strides
    graph: Any = graph_lib.get_default_graph()
    if graph.executes and all(type(i) is int and abs(i) < 2**31 for v in given for i in v):
        arrays = [np.array(v, np.int32) for v in given]
        return [graph.constant(constant_ops.Const, a, dtypes.int32) for a in arrays]
    vectors = [late.stack(v) for v in given]
    if any(v.dtype == dtypes.int64 for v in vectors):
        cast = spec("Cast")
        vectors = [v if v.dtype == dtypes.int64 else cast(v, DstT=dtypes.int64) for v in vectors]
    return vectors


def _plain(entry: Any) -> Any:
    """What tells an index of plain integers apart from others; None for other entries."""
    if type(entry) is int:
        return entry
    if type(entry) is slice:
        bounds = entry.start, entry.stop, entry.step
        return bounds if all(b is None or type(b) is int for b in bounds) else None
    return None


@functools.lru_cache(4096)
def _eager_vectors(graph: Any, plain: tuple[Any, ...]) -> tuple[list[Any], dict[str, int]]:
    """The vectors of an index as values, and those masks that are not 0."""
    entries = _Entries()
    for p in plain:
        entries.add(slice(*p) if isinstance(p, tuple) else p)
    return _packed_vectors(entries), {name: m for name, m in entries.masks.items() if m}


def _sliced_value(tensor: Any, graph: Any, slice_spec: Any, var: Any) -> Tensor | None:
    """What slicing gives in eager mode where the index is of plain integers; None elsewhere."""
    given = slice_spec if type(slice_spec) is tuple else (slice_spec,)
    plain = tuple([_plain(entry) for entry in given])
    if not plain or None in plain:
        return None
    vectors, masks = _eager_vectors(graph, plain)
    name = graph.resolve_scope("strided_slice") + "/"
    return strided_slice(tensor, *vectors, var=var, name=name, **masks)


def slice_helper(tensor: Any, slice_spec: Any, var: Any = None) -> Tensor:
    """What `tensor[slice_spec]` adds to the graph.

    Args:
        tensor: Tensor.
        slice_spec: Integer, slice, `...`, None, scalar integer tensor, a tuple of them, or a
            boolean mask.
        var: Variable that `assign` on the result writes to.

    Returns:
        Tensor.

    Raises:
        TypeError: (build) an entry of another kind.
    """
    if isinstance(slice_spec, bool) or (
        isinstance(slice_spec, (Tensor, np.ndarray)) and slice_spec.dtype == bool
    ):
        return late.boolean_mask(tensor=tensor, mask=slice_spec)
    graph: Any = graph_lib.get_default_graph()
    if graph.executes and type(tensor) is EagerTensor:
        sliced = _sliced_value(tensor, graph, slice_spec, var)
        if sliced is not None:
            return sliced
    entries = _Entries()
    for entry in slice_spec if isinstance(slice_spec, (list, tuple)) else [slice_spec]:
        entries.add(entry)
    values = [tensor, *entries.begin, *entries.end, *entries.strides]
    with name_scope(None, "strided_slice", values) as name:
        begin, end, strides = _packed_vectors(entries)
        return strided_slice(tensor, begin, end, strides, var=var, name=name, **entries.masks)


def slice_variable(var: Any, slice_spec: Any) -> Tensor:
    """What `variable[slice_spec]` adds to the graph; the result can be assigned to."""
    return slice_helper(var.value(), slice_spec, var)
