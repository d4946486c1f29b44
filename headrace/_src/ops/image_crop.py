"""Parts of images at other sizes: CropAndResize and its gradients."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from headrace._api.export import export
from headrace._src.core import attrs as A
from headrace._src.core import dims as dims_lib
from headrace._src.core import dtypes, errors
from headrace._src.core.opspec import op
from headrace._src.core.tensor import Tensor
from headrace._src.ops._arguments import renamed
from headrace._src.ops._late import late

_TYPES = (
    dtypes.uint8,
    dtypes.uint16,
    dtypes.int8,
    dtypes.int16,
    dtypes.int32,
    dtypes.int64,
    dtypes.float16,
    dtypes.float32,
    dtypes.float64,
)
_METHODS = ("bilinear", "nearest")


class _Places(NamedTuple):
    """Where the rows (or columns) of crops lie in their images: [boxes, rows]."""

    inside: Any
    # The rows above and below, and how far towards the one below.
    first: Any
    last: Any
    way: Any


def _places(xp: Any, low: Any, high: Any, extent: int, count: int, nearest: bool) -> _Places:
    """The places between `low` and `high` [boxes], parts of the extent, in float32 as 1.15's."""
    f = np.float32
    last = f(extent - 1)
    if count > 1:
        step = (high - low) * last / f(count - 1)
        at = low[:, None] * last + xp.arange(count, dtype=np.float32)[None, :] * step[:, None]
    else:
        at = (f(0.5) * (low + high) * last)[:, None]
    inside = (at >= 0) & (at <= last)
    at = xp.where(inside, at, f(0))
    if nearest:
        # Halves are rounded away from zero.
        whole = xp.floor(at + f(0.5)).astype(np.int32)
        return _Places(inside, whole, whole, xp.zeros_like(at))
    top = xp.floor(at)
    return _Places(
        inside, top.astype(np.int32), xp.ceil(at).astype(np.int32), (at - top).astype(np.float32)
    )


def _check(boxes: Any, box_ind: Any) -> None:
    if np.ndim(boxes) != 2 or np.shape(boxes)[1] != 4:
        raise errors.InvalidArgumentError(None, None, "boxes must have 4 columns")
    if np.shape(boxes)[0] != np.shape(box_ind)[0]:
        raise errors.InvalidArgumentError(None, None, "box_index has incompatible shape")


def _check_within(k: Any, box_ind: Any, batch: int) -> None:
    if k.xla:
        k.require_within(box_ind, batch)
    elif np.size(box_ind) and (np.min(box_ind) < 0 or np.max(box_ind) >= batch):
        raise errors.OutOfRangeError(None, None, "box_index has values outside [0, batch_size)")


def _grid(xp: Any, boxes: Any, shape: Any, crops: Any, method: str) -> tuple[_Places, _Places]:
    nearest = method == "nearest"
    rows = _places(xp, boxes[:, 0], boxes[:, 2], shape[1], crops[0], nearest)
    columns = _places(xp, boxes[:, 1], boxes[:, 3], shape[2], crops[1], nearest)
    return rows, columns


def _corners(image: Any, box_ind: Any, rows: _Places, columns: _Places) -> tuple[Any, ...]:
    """The four pixels around each place: [boxes, rows, columns, depth]."""
    which = box_ind[:, None, None]
    return tuple(
        image[which, r[:, :, None], c[:, None, :]].astype(np.float32)
        for r in (rows.first, rows.last)
        for c in (columns.first, columns.last)
    )


# -- CropAndResize -----------------------------------------------------------------------------
CropAndResize = op(
    "CropAndResize",
    "image: T, boxes: float, box_ind: int32, crop_size: int32 -> crops: float",
    T=_TYPES,
    method=A.text(default="bilinear", allowed=_METHODS),
    extrapolation_value=A.number(default=0.0),
    static=("crop_size",),
)


@CropAndResize.shape
def _shape_crop_and_resize(s, image, boxes, box_ind, crop_size):
    depth = dims_lib.with_rank(image, 4)[3]
    number, four = dims_lib.with_rank(boxes, 2)
    number = dims_lib.merge_dim(number, dims_lib.with_rank(box_ind, 1)[0])
    dims_lib.with_value(four, 4)
    dims_lib.with_value(dims_lib.with_rank(crop_size, 1)[0], 2)
    size = s.value(3)
    height, width = (None, None) if size is None else (int(n) for n in size)
    return (number, height, width, depth)


@CropAndResize.kernel
def _kernel_crop_and_resize(k, image, boxes, box_ind, crop_size, *, method, extrapolation_value):
    _check(boxes, box_ind)
    crops = [int(n) for n in crop_size]
    if min(crops) <= 0:
        raise errors.InvalidArgumentError(None, None, "crop dimensions must be positive")
    _check_within(k, box_ind, image.shape[0])
    xp = k.np_for(image, boxes, box_ind)
    rows, columns = _grid(xp, boxes, image.shape, crops, method)
    tl, tr, bl, br = _corners(image, box_ind, rows, columns)
    x, y = columns.way[:, None, :, None], rows.way[:, :, None, None]
    top, bottom = tl + (tr - tl) * x, bl + (br - bl) * x
    inside = (rows.inside[:, :, None] & columns.inside[:, None, :])[..., None]
    out = xp.where(inside, top + (bottom - top) * y, np.float32(extrapolation_value))
    return out.astype(np.float32)


@CropAndResize.gradient
def _grad_crop_and_resize(op, dy):
    image, boxes, box_ind, _ = op.inputs
    shape = image.dims if dims_lib.is_full(image.dims) else late.shape(image)
    d_image = None
    if op.attrs["T"] in (dtypes.float16, dtypes.float32, dtypes.float64):
        d_image = CropAndResizeGradImage(
            dy,
            boxes,
            box_ind,
            list(shape) if isinstance(shape, tuple) else shape,
            T=op.attrs["T"],
            method=op.attrs["method"],
        )
    d_boxes = CropAndResizeGradBoxes(dy, image, boxes, box_ind)
    return d_image, d_boxes, None, None


@export("image.crop_and_resize", v2=(), deprecated_args="box_ind")
def crop_and_resize(
    image: Any,
    boxes: Any,
    box_ind: Any = None,
    crop_size: Any = None,
    method: str = "bilinear",
    extrapolation_value: float = 0,
    name: str | None = None,
    box_indices: Any = None,
) -> Tensor:
    """Cut boxes out of images and bring them to one size.

    Args:
      image: tensor [batch, height, width, depth] of numbers.
      boxes: float32 tensor [boxes, 4]: top, left, bottom and right, where 0 is the middle of the
        first pixel and 1 that of the last one; a box may be mirrored or lie outside.
      box_ind: int32 tensor [boxes]: which image.
      crop_size: int32 tensor [2]: height and width of the results.
      method: "bilinear" or "nearest".
      extrapolation_value: the value outside of the image.
      name: name of the operation.
      box_indices: present name of `box_ind`.

    Returns:
      float32 tensor [boxes, crop height, crop width, depth].

    Raises:
      OutOfRangeError: (run) there is no such image.
    """
    box_ind = renamed("box_indices", box_indices, "box_ind", box_ind)
    return crop_and_resize_v2(image, boxes, box_ind, crop_size, method, extrapolation_value, name)


@export(v2=("image.crop_and_resize",))
def crop_and_resize_v2(
    image: Any,
    boxes: Any,
    box_indices: Any,
    crop_size: Any,
    method: str = "bilinear",
    extrapolation_value: float = 0,
    name: str | None = None,
) -> Tensor:
    """Cut boxes out of images; see `tf.compat.v1.image.crop_and_resize`."""
    made: Tensor = CropAndResize(
        image,
        boxes,
        box_indices,
        crop_size,
        method=method,
        extrapolation_value=extrapolation_value,
        name=name,
    )
    return made


# -- CropAndResizeGradImage --------------------------------------------------------------------
CropAndResizeGradImage = op(
    "CropAndResizeGradImage",
    "grads: float, boxes: float, box_ind: int32, image_size: int32 -> output: T",
    T=A.dtype((dtypes.float32, dtypes.float16, dtypes.float64)),
    method=A.text(default="bilinear", allowed=_METHODS),
    static=("image_size",),
)
CropAndResizeGradImage.no_gradient("TensorFlow defines none", undefined=True)


@CropAndResizeGradImage.shape
def _shape_crop_grad_image(s, grads, boxes, box_ind, image_size):
    dims_lib.with_value(dims_lib.with_rank(image_size, 1)[0], 4)
    return dims_lib.with_rank(s.value_as_dims(3), 4)


@CropAndResizeGradImage.kernel
def _kernel_crop_grad_image(k, grads, boxes, box_ind, image_size, *, T, method):
    _check(boxes, box_ind)
    shape = tuple(int(n) for n in image_size)
    _check_within(k, box_ind, shape[0])
    xp = k.np_for(grads, boxes, box_ind)
    rows, columns = _grid(xp, boxes, shape, grads.shape[1:3], method)
    kind = T.as_numpy_dtype
    inside = (rows.inside[:, :, None] & columns.inside[:, None, :])[..., None]
    flow = xp.where(inside, grads, np.float32(0))
    x, y = columns.way[:, None, :, None], rows.way[:, :, None, None]
    out = xp.zeros(shape, kind)
    for row, part in ((rows.first, 1 - y), (rows.last, y)):
        for column, share in ((columns.first, 1 - x), (columns.last, x)):
            place = (box_ind[:, None, None], row[:, :, None], column[:, None, :])
            added = (flow * part * share).astype(kind)
            if xp is np:
                np.add.at(out, place, added)
            else:
                out = out.at[place].add(added)
    return out


# -- CropAndResizeGradBoxes --------------------------------------------------------------------
CropAndResizeGradBoxes = op(
    "CropAndResizeGradBoxes",
    "grads: float, image: T, boxes: float, box_ind: int32 -> output: float",
    T=_TYPES,
    method=A.text(default="bilinear", allowed=("bilinear",)),
)
CropAndResizeGradBoxes.no_gradient("TensorFlow defines none", undefined=True)


@CropAndResizeGradBoxes.shape
def _shape_crop_grad_boxes(s, grads, image, boxes, box_ind):
    return boxes


def _ends(xp: Any, flow: Any, extent: int, count: int) -> tuple[Any, Any]:
    """What the two ends of boxes get of the slopes [boxes, rows] along one side."""
    f = np.float32
    last = f(extent - 1)
    if count == 1:
        half = (flow * f(0.5) * last).sum(axis=1)
        return half, half
    share = xp.arange(count, dtype=np.float32)[None, :] * (last / f(count - 1))
    return (flow * (last - share)).sum(axis=1), (flow * share).sum(axis=1)


@CropAndResizeGradBoxes.kernel
def _kernel_crop_grad_boxes(k, grads, image, boxes, box_ind):
    _check(boxes, box_ind)
    _check_within(k, box_ind, image.shape[0])
    xp = k.np_for(grads, image, boxes, box_ind)
    crops = grads.shape[1:3]
    rows, columns = _grid(xp, boxes, image.shape, crops, "bilinear")
    tl, tr, bl, br = _corners(image, box_ind, rows, columns)
    x, y = columns.way[:, None, :, None], rows.way[:, :, None, None]
    inside = (rows.inside[:, :, None] & columns.inside[:, None, :])[..., None]
    flow = xp.where(inside, grads, np.float32(0))
    down = (((1 - x) * (bl - tl) + x * (br - tr)) * flow).sum(axis=3)
    right = (((1 - y) * (tr - tl) + y * (br - bl)) * flow).sum(axis=3)
    y1, y2 = _ends(xp, down.sum(axis=2), image.shape[1], crops[0])
    x1, x2 = _ends(xp, right.sum(axis=1), image.shape[2], crops[1])
    return xp.stack([y1, x1, y2, x2], axis=1).astype(np.float32)
