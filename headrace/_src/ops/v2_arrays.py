"""compat.v2: array and string functions whose arguments have other names, orders or defaults.

Each adds the nodes of its counterpart of version 1.
"""

from __future__ import annotations

from typing import Any

from headrace._api.export import export
from headrace._src.core import convert, dtypes
from headrace._src.core.sparse_tensor import SparseTensor
from headrace._src.core.tensor import Tensor
from headrace._src.ops import constant as constant_ops
from headrace._src.ops import (
    gather,
    grouping,
    ordering,
    pad_tile,
    reductions,
    reshape,
    shapes,
    space,
    sparse,
    sparse_layout,
    string_codes,
    strings,
)


@export(v2=("constant",))
def constant_v2(
    value: Any, dtype: Any = None, shape: Any = None, name: str | None = "Const"
) -> Tensor:
    """Makes a tensor that always has the given value; see `tf.constant`.

    Args:
      value: number, string, (nested) list of them, or array; as many elements as `shape` holds, or
        a scalar.
      dtype: type of the elements.
      shape: dims of the result.
      name: name of the node.

    Raises:
      ValueError: another number of elements.
    """
    return constant_ops.constant(value, dtype, shape, name)


@export(v2=("convert_to_tensor",))
def convert_to_tensor_v2(
    value: Any, dtype: Any = None, dtype_hint: Any = None, name: str | None = None
) -> Tensor:
    """Converts a value to a `Tensor`; see `tf.convert_to_tensor`.

    Args:
      value: anything with a registered conversion.
      dtype: the dtype the tensor must have; inferred when None.
      dtype_hint: the dtype it should have if that is possible.
      name: the name of a new node, when one is made.
    """
    return convert.convert_to_tensor(value, dtype, name, dtype_hint)


@export(v2=("zeros_like",))
def zeros_like_v2(input: Any, dtype: Any = None, name: str | None = None) -> Tensor:
    """Zeros in the shape of `input`, of its dtype or of `dtype`; see `tf.zeros_like`."""
    return constant_ops.zeros_like(input, dtype, name)


@export(v2=("ones_like",))
def ones_like_v2(input: Any, dtype: Any = None, name: str | None = None) -> Tensor:
    """Ones in the shape of `input`, of its dtype or of `dtype`; see `tf.ones_like`."""
    return constant_ops.ones_like(input, dtype, name)


@export(v2=("shape",))
def shape_v2(input: Any, out_type: Any = dtypes.int32, name: str | None = None) -> Tensor:
    """The shape of `input`, a vector of `out_type`; see `tf.shape`."""
    return shapes.shape(input, name, out_type)


@export(v2=("size",))
def size_v2(input: Any, out_type: Any = dtypes.int32, name: str | None = None) -> Tensor:
    """The number of elements of `input`, a scalar of `out_type`; see `tf.size`."""
    return shapes.size(input, name, out_type)


@export(v2=("expand_dims",))
def expand_dims_v2(input: Any, axis: Any, name: str | None = None) -> Tensor:
    """Inserts a dim of size 1 at `axis`; see `tf.expand_dims`."""
    return reshape.expand_dims(input, axis, name)


@export(v2=("squeeze",))
def squeeze_v2(input: Any, axis: Any = None, name: str | None = None) -> Tensor:
    """Removes dims of size 1, those of `axis` or all; see `tf.squeeze`."""
    return reshape.squeeze(input, axis, name)


@export(v2=("transpose",))
def transpose_v2(
    a: Any, perm: Any = None, conjugate: bool = False, name: str | None = "transpose"
) -> Tensor:
    """Permutes dims; see `tf.transpose`."""
    return reshape.transpose(a, perm, name, conjugate)


@export(v2=("pad",))
def pad_v2(
    tensor: Any,
    paddings: Any,
    mode: str = "CONSTANT",
    constant_values: Any = 0,
    name: str | None = None,
) -> Tensor:
    """Adds elements around a tensor; see `tf.pad`."""
    return pad_tile.pad(tensor, paddings, mode, name, constant_values)


@export(v2=("gather",))
def gather_v2(
    params: Any,
    indices: Any,
    validate_indices: Any = None,
    axis: Any = None,
    batch_dims: int = 0,
    name: str | None = None,
) -> Tensor:
    """Takes slices along an axis; see `tf.gather`."""
    return gather.gather(params, indices, validate_indices, name, axis, batch_dims)


@export(v2=("gather_nd",))
def gather_nd_v2(params: Any, indices: Any, batch_dims: int = 0, name: str | None = None) -> Tensor:
    """Takes slices at index vectors; see `tf.gather_nd`."""
    return gather.gather_nd(params, indices, name, batch_dims)


@export(v2=("tuple",))
def tuple_v2(tensors: Any, control_inputs: Any = None, name: str | None = None) -> list[Any]:
    """Copies of tensors that are there when all are; see `tf.tuple`."""
    return grouping.tuple_(tensors, name, control_inputs)


@export(v2=("reverse_sequence",))
def reverse_sequence_v2(
    input: Any,
    seq_lengths: Any,
    seq_axis: int | None = None,
    batch_axis: int | None = None,
    name: str | None = None,
) -> Tensor:
    """Reverses the first steps of each sequence of a batch; see `tf.reverse_sequence`."""
    return ordering.reverse_sequence(input, seq_lengths, seq_axis, batch_axis, name)


# -- blocks and convolutions -----------------------------------------------------------------------


@export(v2=("nn.depth_to_space",))
def depth_to_space_v2(
    input: Any, block_size: int, data_format: str = "NHWC", name: str | None = None
) -> Tensor:
    """Moves channels into blocks of height and width; see `tf.nn.depth_to_space`."""
    return space.depth_to_space(input, block_size, name, data_format)


@export(v2=("nn.space_to_depth",))
def space_to_depth_v2(
    input: Any, block_size: int, data_format: str = "NHWC", name: str | None = None
) -> Tensor:
    """Moves blocks of height and width into channels; see `tf.nn.space_to_depth`."""
    return space.space_to_depth(input, block_size, name, data_format)


@export(v2=("space_to_batch", "nn.space_to_batch"))
def space_to_batch_v2(
    input: Any, block_shape: Any, paddings: Any, name: str | None = None
) -> Tensor:
    """Moves blocks of the spatial dims into the batch; see `tf.space_to_batch_nd`."""
    return space.space_to_batch_nd(input, block_shape, paddings, name)


@export(v2=("batch_to_space",))
def batch_to_space_v2(input: Any, block_shape: Any, crops: Any, name: str | None = None) -> Tensor:
    """Moves blocks of the batch into the spatial dims; see `tf.batch_to_space_nd`."""
    if isinstance(block_shape, int):
        block_shape = [block_shape, block_shape]
    return space.batch_to_space_nd(input, block_shape, crops, name)


# -- strings ---------------------------------------------------------------------------------------


@export(v2=("strings.substr",))
def substr_v2(
    input: Any, pos: Any, len: Any, unit: str = "BYTE", name: str | None = None
) -> Tensor:
    """Parts of strings; see `tf.strings.substr`."""
    return strings.substr(input, pos, len, name, unit)


@export(v2=("strings.length",))
def string_length_v2(input: Any, unit: str = "BYTE", name: str | None = None) -> Tensor:
    """How long strings are; see `tf.strings.length`."""
    return strings.string_length(input, name, unit)


@export(v2=("strings.reduce_join",))
def reduce_join_v2(
    inputs: Any,
    axis: Any = None,
    keepdims: bool = False,
    separator: str = "",
    name: str | None = None,
) -> Tensor:
    """Joins strings along dims; see `tf.strings.reduce_join`."""
    return strings.reduce_join(inputs, axis, None, separator, name, keepdims=keepdims)


@export(v2=("strings.to_number",))
def string_to_number_v2(
    input: Any, out_type: Any = dtypes.float32, name: str | None = None
) -> Tensor:
    """Numbers that strings write; see `tf.strings.to_number`."""
    return strings.string_to_number(input, out_type, name)


@export(v2=("strings.to_hash_bucket",))
def string_to_hash_bucket_v2(input: Any, num_buckets: int, name: str | None = None) -> Tensor:
    """Numbers strings by a hash; see `tf.strings.to_hash_bucket`."""
    return string_codes.string_to_hash_bucket(input, num_buckets, name)


# -- sparse tensors --------------------------------------------------------------------------------


@export(v2=("sparse.concat",))
def sparse_concat_v2(
    axis: int, sp_inputs: Any, expand_nonconcat_dims: bool = False, name: str | None = None
) -> SparseTensor:
    """Joins sparse tensors along a dim; see `tf.sparse.concat`."""
    return sparse_layout.sparse_concat(axis, sp_inputs, name, expand_nonconcat_dims)


@export(v2=("sparse.reduce_sum",))
def sparse_reduce_sum_v2(
    sp_input: Any,
    axis: Any = None,
    keepdims: bool | None = None,
    output_is_sparse: bool = False,
    name: str | None = None,
) -> Any:
    """Sums a sparse tensor along dims; see `tf.sparse.reduce_sum`.

    Args:
      sp_input: a `SparseTensor`.
      axis: the dims; all when left out.
      keepdims: whether they stay, of size 1.
      output_is_sparse: whether the sum is a `SparseTensor`.
      name: the name of the node.

    Raises:
      NotImplementedError: a sparse sum is asked for.
    """
    if output_is_sparse:
        raise NotImplementedError(
            "tf.compat.v2.sparse.reduce_sum with output_is_sparse=True is not implemented in "
            "headrace."
        )
    return sparse.SparseReduceSum(
        sp_input.indices,
        sp_input.values,
        sp_input.dense_shape,
        reductions.reduction_dims(sp_input, axis),
        keep_dims=bool(keepdims),
        name=name,
    )
