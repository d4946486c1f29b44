"""Moving blocks between space, depth and batch, and cutting images into patches."""

from __future__ import annotations

from typing import Any

import numpy as np

from headrace._api.export import export
from headrace._src.core import attrs as A
from headrace._src.core import constant_value as constants
from headrace._src.core import dims as dims_lib
from headrace._src.core import dtypes, errors
from headrace._src.core.convert import convert_to_tensor
from headrace._src.core.dtypes import groups as G
from headrace._src.core.opspec import op
from headrace._src.core.scopes import name_scope
from headrace._src.core.sparse_tensor import SparseTensor
from headrace._src.core.tensor import Tensor
from headrace._src.ops import constant as constant_ops
from headrace._src.ops import shapes as shape_ops
from headrace._src.ops._arguments import renamed
from headrace._src.ops._late import late

_INDEX = A.dtype(G.INDEX, default=dtypes.int32)


# -- SpaceToBatchND ----------------------------------------------------------------------------
def _known_blocks(s, block_dims, margin_dims):
    """(number of block dims, block sizes or None, margins or None)."""
    (count,) = dims_lib.with_rank(block_dims, 1)
    margin_dims = dims_lib.with_rank(margin_dims, 2)
    if margin_dims[1] not in (None, 2):
        raise ValueError(f"Dimension must be 2 but is {margin_dims[1]}")
    if count is None:
        count = margin_dims[0]
    elif margin_dims[0] is not None and margin_dims[0] != count:
        raise ValueError(f"Dimensions must be equal, but are {margin_dims[0]} and {count}")
    block, margins = s.value(1), s.value(2)
    for size in [] if block is None else block.tolist():
        if size < 1:
            raise ValueError(f"block_shape must be positive, got {size}")
    for first, last in [] if margins is None else margins.tolist():
        if first < 0 or last < 0:
            raise ValueError(
                f"paddings cannot be negative: {first}, {last}"
                if s.operation.type.startswith("Space")
                else f"crops cannot be negative: {first}, {last}"
            )
    return count, block, margins


def _block_shape(s, input, block_dims, margin_dims, to_batch):
    count, block, margins = _known_blocks(s, block_dims, margin_dims)
    if count is None or input is None:
        if input is not None and count is None:
            return (None,) * len(input)
        return None
    dims_lib.with_rank_at_least(input, count + 1)
    batch = input[0]
    factor = None if block is None else int(np.prod(block))
    if factor is None:
        batch = None
    else:
        batch = dims_lib.multiply(batch, factor) if to_batch else dims_lib.divide(batch, factor)
    sizes = []
    for i in range(count):
        size = input[i + 1]
        if block is None or margins is None or size is None:
            sizes.append(None)
        elif to_batch:
            sizes.append(dims_lib.divide(size + int(margins[i].sum()), int(block[i])))
        else:
            sizes.append(dims_lib.subtract(size * int(block[i]), int(margins[i].sum())))
    return (batch, *sizes, *input[count + 1 :])


def _check_blocks(block, margins, rank):
    if np.ndim(block) != 1 or np.shape(margins) != (len(block), 2):
        raise errors.InvalidArgumentError(
            None, None, "block_shape and its margins must be [n] and [n, 2]"
        )
    if rank < len(block) + 1:
        raise errors.InvalidArgumentError(
            None, None, f"input rank should be >= {len(block) + 1} instead of {rank}"
        )
    for i, size in enumerate(block):
        if size < 1:
            raise errors.InvalidArgumentError(None, None, f"block_shape[{i}]={size} must be >= 1")


def _space_to_batch(k, x, block, paddings):
    _check_blocks(block, paddings, x.ndim)
    np_ = k.np_for(x)
    count = len(block)
    widths = [(0, 0), *((int(a), int(b)) for a, b in paddings), *[(0, 0)] * (x.ndim - count - 1)]
    x = np_.pad(x, widths)
    batch, rest = x.shape[0], x.shape[count + 1 :]
    split: list[int] = [batch]
    for i, (size, part) in enumerate(zip(x.shape[1:], block, strict=False)):
        if size % part:
            raise errors.InvalidArgumentError(
                None,
                None,
                f"padded_shape[{i}]={size} is not divisible by block_shape[{i}]={int(part)}",
            )
        split += [size // int(part), int(part)]
    x = np_.reshape(x, (*split, *rest))
    inner = list(range(2, 2 * count + 1, 2))
    outer = list(range(1, 2 * count + 1, 2))
    x = np_.transpose(x, [*inner, 0, *outer, *range(2 * count + 1, x.ndim)])
    return np_.reshape(x, (batch * int(np.prod(block)), *split[1::2], *rest))


def _batch_to_space(k, x, block, crops):
    _check_blocks(block, crops, x.ndim)
    np_ = k.np_for(x)
    count, factor = len(block), int(np.prod(block))
    if x.shape[0] % factor:
        raise errors.InvalidArgumentError(
            None,
            None,
            f"Input batch dimension ({x.shape[0]}) is not divisible by product of block sizes "
            f"({factor})",
        )
    batch, spatial, rest = x.shape[0] // factor, x.shape[1 : count + 1], x.shape[count + 1 :]
    sizes = [int(b) for b in block]
    x = np_.reshape(x, (*sizes, batch, *spatial, *rest))
    order = [count]
    for i in range(count):
        order += [count + 1 + i, i]
    x = np_.transpose(x, [*order, *range(2 * count + 1, x.ndim)])
    whole = [a * b for a, b in zip(spatial, sizes, strict=True)]
    x = np_.reshape(x, (batch, *whole, *rest))
    cut = []
    for i, (first, last) in enumerate(crops):
        first, last = int(first), int(last)
        if first < 0 or last < 0 or first + last > whole[i]:
            raise errors.InvalidArgumentError(
                None,
                None,
                f"cropped_shape[{i}]={whole[i] - first - last} must be non-negative",
            )
        cut.append(slice(first, whole[i] - last))
    return x[(slice(None), *cut)]


SpaceToBatchND = op(
    "SpaceToBatchND",
    "input: T, block_shape: Tblock_shape, paddings: Tpaddings -> output: T",
    kernel_ignores=(
        "Tblock_shape",
        "Tpaddings",
    ),
    T=G.ANY,
    Tblock_shape=_INDEX,
    Tpaddings=_INDEX,
    static=("block_shape", "paddings"),
)


@SpaceToBatchND.shape
def _shape_space_to_batch_nd(s, input, block_shape, paddings):
    return _block_shape(s, input, block_shape, paddings, True)


@SpaceToBatchND.kernel
def _kernel_space_to_batch_nd(k, input, block_shape, paddings):
    return _space_to_batch(k, input, block_shape, paddings)


@SpaceToBatchND.gradient
def _grad_space_to_batch_nd(op, dy):
    return [BatchToSpaceND(dy, op.inputs[1], op.inputs[2]), None, None]


@export("manip.space_to_batch_nd", "space_to_batch_nd", v2=("space_to_batch_nd",))
def space_to_batch_nd(
    input: Any, block_shape: Any, paddings: Any, name: str | None = None
) -> Tensor:
    """Move blocks of the spatial dims into the batch dim.

    Args:
        input: Tensor `[batch, *spatial, ...]`.
        block_shape: 1-D integers, size of a block along each spatial dim.
        paddings: Integers `[n, 2]`, zeros put before and after each spatial dim first.
        name: Name of the node.

    Returns:
        Tensor with the batch dim larger, and the spatial ones smaller, by the block sizes.
    """
    return SpaceToBatchND(input, block_shape, paddings, name=name)


@export("nn.space_to_batch", "space_to_batch", v2=())
def space_to_batch(
    input: Any,
    paddings: Any,
    block_size: Any = None,
    name: str | None = None,
    block_shape: Any = None,
) -> Tensor:
    """Move square blocks of an image batch into the batch dim.

    Args:
        input: Tensor `[batch, height, width, channels]`.
        paddings: Integers `[2, 2]`.
        block_size: Size of a block.
        name: Name of the node.
        block_shape: Other name of `block_size`.

    Returns:
        Tensor of rank 4.
    """
    size = renamed("block_shape", block_shape, "block_size", block_size)
    block = np.array([size, size], dtype=np.int64)
    result = space_to_batch_nd(input, paddings=paddings, block_shape=block, name=name)
    result.set_shape(result.shape.with_rank(4))
    return result


# -- BatchToSpaceND ----------------------------------------------------------------------------
BatchToSpaceND = op(
    "BatchToSpaceND",
    "input: T, block_shape: Tblock_shape, crops: Tcrops -> output: T",
    kernel_ignores=(
        "Tblock_shape",
        "Tcrops",
    ),
    T=G.ANY,
    Tblock_shape=_INDEX,
    Tcrops=_INDEX,
    static=("block_shape", "crops"),
)


@BatchToSpaceND.shape
def _shape_batch_to_space_nd(s, input, block_shape, crops):
    return _block_shape(s, input, block_shape, crops, False)


@BatchToSpaceND.kernel
def _kernel_batch_to_space_nd(k, input, block_shape, crops):
    return _batch_to_space(k, input, block_shape, crops)


@BatchToSpaceND.gradient
def _grad_batch_to_space_nd(op, dy):
    return [SpaceToBatchND(dy, op.inputs[1], op.inputs[2]), None, None]


@export("batch_to_space_nd", "manip.batch_to_space_nd", v2=())
def batch_to_space_nd(input: Any, block_shape: Any, crops: Any, name: str | None = None) -> Tensor:
    """Move blocks of the batch dim into the spatial dims.

    Args:
        input: Tensor `[batch, *spatial, ...]`.
        block_shape: 1-D integers, size of a block along each spatial dim.
        crops: Integers `[n, 2]`, how much is cut off each spatial dim afterwards.
        name: Name of the node.

    Returns:
        Tensor with the batch dim smaller, and the spatial ones larger, by the block sizes.
    """
    return BatchToSpaceND(input, block_shape, crops, name=name)


@export("batch_to_space", v2=())
def batch_to_space(
    input: Any, crops: Any, block_size: Any, name: str | None = None, block_shape: Any = None
) -> Tensor:
    """Move square blocks of the batch dim into the height and width of images.

    Args:
        input: Tensor `[batch, height, width, channels]`.
        crops: Integers `[2, 2]`.
        block_size: Size of a block.
        name: Name of the node.
        block_shape: Other name of `block_size`.

    Returns:
        Tensor of rank 4.
    """
    size = renamed("block_shape", block_shape, "block_size", block_size)
    block = np.array([size, size], dtype=np.int64)
    result = batch_to_space_nd(input, crops=crops, block_shape=block, name=name)
    result.set_shape(result.shape.with_rank(4))
    return result


# -- SpaceToDepth and DepthToSpace -------------------------------------------------------------
_FORMATS = A.text(default="NHWC", allowed=("NHWC", "NCHW", "NCHW_VECT_C"))
_BLOCK = A.integer(minimum=2)


def _refuse_vectors(data_format):
    if data_format == "NCHW_VECT_C":
        raise errors.UnimplementedError(None, None, "NCHW_VECT_C is for GPU kernels of qint8 only")


def _depth_dims(input, data_format, height, width, depth):
    if data_format == "NHWC":
        return (input[0], height(input[1]), width(input[2]), depth(input[3]))
    return (input[0], depth(input[1]), height(input[2]), width(input[3]))


SpaceToDepth = op(
    "SpaceToDepth", "input: T -> output: T", T=G.ANY, block_size=_BLOCK, data_format=_FORMATS
)


@SpaceToDepth.shape
def _shape_space_to_depth(s, input, *, block_size, data_format):
    if data_format == "NCHW_VECT_C":
        return dims_lib.with_rank(input, 5)
    input = dims_lib.with_rank(input, 4)

    def smaller(size):
        return dims_lib.divide(size, block_size)

    return _depth_dims(
        input, data_format, smaller, smaller, lambda d: dims_lib.multiply(d, block_size**2)
    )


@SpaceToDepth.kernel
def _kernel_space_to_depth(k, input, *, block_size, data_format):
    _refuse_vectors(data_format)
    np_, b = k.np_for(input), block_size
    h, w = input.shape[1:3] if data_format == "NHWC" else input.shape[2:]
    if h % b or w % b:
        raise errors.InvalidArgumentError(
            None, None, f"Image width {w} and height {h} should be divisible by block_size: {b}"
        )
    if data_format == "NHWC":
        n, h, w, c = input.shape
        x = np_.reshape(input, (n, h // b, b, w // b, b, c))
        return np_.reshape(np_.transpose(x, (0, 1, 3, 2, 4, 5)), (n, h // b, w // b, b * b * c))
    n, c, h, w = input.shape
    x = np_.reshape(input, (n, c, h // b, b, w // b, b))
    return np_.reshape(np_.transpose(x, (0, 3, 5, 1, 2, 4)), (n, b * b * c, h // b, w // b))


def _attr_block(op):
    if op.attrs["data_format"] == "NCHW_VECT_C":
        raise ValueError(
            f"Cannot compute {op.type} gradient with NCHW_VECT_C. NCHW_VECT_C requires qint8 data "
            "type."
        )
    return {"block_size": op.attrs["block_size"], "data_format": op.attrs["data_format"]}


@SpaceToDepth.gradient
def _grad_space_to_depth(op, dy):
    return DepthToSpace(dy, **_attr_block(op))


@export("nn.space_to_depth", "space_to_depth", v2=())
def space_to_depth(
    input: Any, block_size: int, name: str | None = None, data_format: str = "NHWC"
) -> Tensor:
    """Move square blocks of an image batch into the channels.

    Args:
        input: Tensor of rank 4.
        block_size: Size of a block, at least 2.
        name: Name of the node.
        data_format: "NHWC" or "NCHW".

    Returns:
        Tensor with height and width divided by `block_size`, and channels times its square.
    """
    return SpaceToDepth(input, block_size=block_size, data_format=data_format, name=name)


DepthToSpace = op(
    "DepthToSpace", "input: T -> output: T", T=G.ANY, block_size=_BLOCK, data_format=_FORMATS
)


@DepthToSpace.shape
def _shape_depth_to_space(s, input, *, block_size, data_format):
    if data_format == "NCHW_VECT_C":
        return dims_lib.with_rank(input, 5)
    input = dims_lib.with_rank(input, 4)

    def larger(size):
        return dims_lib.multiply(size, block_size)

    return _depth_dims(
        input, data_format, larger, larger, lambda d: dims_lib.divide(d, block_size**2)
    )


@DepthToSpace.kernel
def _kernel_depth_to_space(k, input, *, block_size, data_format):
    _refuse_vectors(data_format)
    np_, b = k.np_for(input), block_size
    depth = input.shape[3 if data_format == "NHWC" else 1]
    if depth % (b * b):
        raise errors.InvalidArgumentError(
            None, None, f"Input depth dimension {depth} should be divisible by: {b * b}"
        )
    if data_format == "NHWC":
        n, h, w, c = input.shape
        x = np_.reshape(input, (n, h, w, b, b, c // (b * b)))
        return np_.reshape(np_.transpose(x, (0, 1, 3, 2, 4, 5)), (n, h * b, w * b, c // (b * b)))
    n, c, h, w = input.shape
    x = np_.reshape(input, (n, b, b, c // (b * b), h, w))
    return np_.reshape(np_.transpose(x, (0, 3, 4, 1, 5, 2)), (n, c // (b * b), h * b, w * b))


@DepthToSpace.gradient
def _grad_depth_to_space(op, dy):
    return SpaceToDepth(dy, **_attr_block(op))


@export("depth_to_space", "nn.depth_to_space", v2=())
def depth_to_space(
    input: Any, block_size: int, name: str | None = None, data_format: str = "NHWC"
) -> Tensor:
    """Move channels of an image batch into square blocks of height and width.

    Args:
        input: Tensor of rank 4.
        block_size: Size of a block, at least 2.
        name: Name of the node.
        data_format: "NHWC" or "NCHW".

    Returns:
        Tensor with height and width times `block_size`, and channels divided by its square.
    """
    return DepthToSpace(input, block_size=block_size, data_format=data_format, name=name)


# -- required_space_to_batch_paddings ----------------------------------------------------------


@export("required_space_to_batch_paddings")
def required_space_to_batch_paddings(
    input_shape: Any, block_shape: Any, base_paddings: Any = None, name: str | None = None
) -> Any:
    """Find the paddings that make dims divisible by block sizes, and the crops that undo them.

    Args:
        input_shape: 1-D int32.
        block_shape: 1-D int32 of the same, known length.
        base_paddings: int32 `[n, 2]`, the least paddings; zeros by default.
        name: Name of the scope.

    Returns:
        `(paddings, crops)`, int32 `[n, 2]`.
    """
    with name_scope(name, "required_space_to_batch_paddings", [input_shape, block_shape]):
        input_shape = convert_to_tensor(input_shape, dtype=dtypes.int32, name="input_shape")
        block_shape = convert_to_tensor(block_shape, dtype=dtypes.int32, name="block_shape")
        block_shape.shape.assert_is_fully_defined()
        block_shape.shape.assert_has_rank(1)
        count = block_shape.dims[0]
        if count == 0:
            zeros = constant_ops.zeros
            return zeros([0, 2], dtypes.int32), zeros([0, 2], dtypes.int32)
        input_shape.shape.assert_is_compatible_with([count])
        if base_paddings is None:
            base_paddings = constant_ops.zeros([count, 2], dtypes.int32)
        else:
            base_paddings = convert_to_tensor(
                base_paddings, dtype=dtypes.int32, name="base_paddings"
            )
            base_paddings.shape.assert_is_compatible_with([count, 2])
        values = [constants.constant_value(t) for t in (block_shape, input_shape, base_paddings)]
        if all(v is not None for v in values):
            block_shape, input_shape, base_paddings = values
        start = base_paddings[:, 0]
        least_end = base_paddings[:, 1]
        full = input_shape + start + least_end
        extra = (block_shape - full % block_shape) % block_shape
        end = least_end + extra
        paddings = late.stack([[start[i], end[i]] for i in range(count)], name="paddings")
        crops = late.stack([[0, extra[i]] for i in range(count)], name="crops")
        return paddings, crops


# -- ExtractImagePatches -----------------------------------------------------------------------
def _patch_count(size, window, step, padding):
    """Patches along one dim, and the zeros needed before and after it."""
    if padding == "VALID":
        return max((size - window + step) // step, 0), 0, 0
    count = (size + step - 1) // step
    missing = max((count - 1) * step + window - size, 0)
    return count, missing // 2, missing - missing // 2


ExtractImagePatches = op(
    "ExtractImagePatches",
    "images: T -> patches: T",
    ksizes=A.integers(minimum=4),
    strides=A.integers(minimum=4),
    rates=A.integers(minimum=4),
    T=G.REAL,
    padding=A.text(allowed=("SAME", "VALID")),
)


@ExtractImagePatches.shape
def _shape_extract_image_patches(s, images, *, ksizes, strides, rates, padding):
    images = dims_lib.with_rank(images, 4)
    for label, values in (("ksizes", ksizes), ("strides", strides), ("rates", rates)):
        if len(values) != 4:
            raise ValueError(
                f"ExtractImagePatches requires the {label} attribute to contain 4 values, but "
                f"got: {len(values)}"
            )
    depth = None if images[3] is None else images[3] * ksizes[1] * ksizes[2]
    if images[1] is None or images[2] is None:
        return (images[0], None, None, depth)
    counts = []
    for i in (1, 2):
        window = ksizes[i] + (ksizes[i] - 1) * (rates[i] - 1)
        counts.append(_patch_count(images[i], window, strides[i], padding)[0])
    return (images[0], *counts, depth)


@ExtractImagePatches.kernel
def _kernel_extract_image_patches(k, images, *, ksizes, strides, rates, padding):
    np_ = k.np_for(images)
    widths, places = [(0, 0)], []
    for i in (1, 2):
        window = ksizes[i] + (ksizes[i] - 1) * (rates[i] - 1)
        count, before, after = _patch_count(images.shape[i], window, strides[i], padding)
        widths.append((before, after))
        steps = np.arange(count)[:, None] * strides[i]
        places.append(steps + np.arange(ksizes[i])[None, :] * rates[i])
    padded = np_.pad(images, [*widths, (0, 0)])
    rows, columns = places
    patches = padded[:, rows[:, None, :, None], columns[None, :, None, :]]
    n, h, w, a, b, c = patches.shape
    return np_.reshape(patches, (n, h, w, a * b * c))


@ExtractImagePatches.gradient
def _grad_extract_image_patches(op, dy):
    shape = shape_ops.shape(op.inputs[0], out_type=dtypes.int64)
    batch, rows_in, cols_in, channels = shape[0], shape[1], shape[2], shape[3]
    # Place 0 stands for the margin, so inputs are numbered from 1.
    places = 1 + rows_in * cols_in
    numbered = late.reshape(late.range(1, places, dtype=dtypes.int64), (1, rows_in, cols_in, 1))
    geometry = {key: op.attrs[key] for key in ("ksizes", "strides", "rates", "padding")}
    sources = ExtractImagePatches(numbered, **geometry)
    out_shape = shape_ops.shape(op.outputs[0], out_type=dtypes.int64)
    rows_out, cols_out = out_shape[1], out_shape[2]
    _, rows_k, cols_k, _ = op.attrs["ksizes"]
    targets = rows_out * cols_out * rows_k * cols_k
    numbers = late.reshape(
        late.range(targets, dtype=dtypes.int64), (1, rows_out, cols_out, rows_k * cols_k)
    )
    pairs = late.concat(
        [late.expand_dims(sources, axis=-1), late.expand_dims(numbers, axis=-1)], axis=-1
    )
    pairs = late.reshape(pairs, (-1, 2))
    full = SparseTensor(pairs, constant_ops.ones([targets], dtype=dy.dtype), (places, targets))
    jacobian = late.sparse_slice(full, (1, 0), (places - 1, targets))
    expanded = late.transpose(
        late.reshape(dy, (batch, rows_out, cols_out, rows_k, cols_k, channels)),
        (1, 2, 3, 4, 0, 5),
    )
    flat = late.reshape(expanded, (-1, batch * channels))
    summed = late.sparse_tensor_dense_matmul(jacobian, flat)
    dx = late.reshape(summed, (rows_in, cols_in, batch, channels))
    return [late.transpose(dx, (2, 0, 1, 3))]


@export("image.extract_image_patches", "extract_image_patches", v2=())
def extract_image_patches(
    images: Any,
    ksizes: Any = None,
    strides: Any = None,
    rates: Any = None,
    padding: Any = None,
    name: str | None = None,
    sizes: Any = None,
) -> Tensor:
    """Cut patches out of images and lay each into the channels.

    Args:
        images: Tensor `[batch, height, width, channels]` of a real type.
        ksizes: Size of a patch, `[1, rows, columns, 1]`.
        strides: Distance of the patches, `[1, rows, columns, 1]`.
        rates: Distance of the elements taken within a patch, `[1, rows, columns, 1]`.
        padding: "SAME" or "VALID".
        name: Name of the node.
        sizes: Newer name of `ksizes`.

    Returns:
        Tensor `[batch, rows, columns, patch rows * patch columns * channels]`.
    """
    ksizes = renamed("sizes", sizes, "ksizes", ksizes)
    return ExtractImagePatches(
        images, ksizes=ksizes, strides=strides, rates=rates, padding=padding, name=name
    )


@export("image.extract_patches")
def extract_patches(
    images: Any, sizes: Any, strides: Any, rates: Any, padding: Any, name: str | None = None
) -> Tensor:
    """Cut patches out of images and lay each into the channels; see `extract_image_patches`."""
    return extract_image_patches(images, sizes, strides, rates, padding, name)
