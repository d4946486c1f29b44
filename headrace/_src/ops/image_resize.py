"""Resizing images: bilinear, nearest neighbour, bicubic and area.

All four are separable: the result is `rows @ image @ columns` for two small matrices of weights,
which depend on sizes alone. Gradients
multiply with the transposed matrices.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from headrace._api.export import export
from headrace._src.core import attrs as A
from headrace._src.core import dims as dims_lib
from headrace._src.core import dtypes, errors
from headrace._src.core.dtypes import groups as G
from headrace._src.core.opspec import op
from headrace._src.core.tensor import Tensor
from headrace._src.ops._late import late
from headrace._src.ops._shapes import require_rank

_SIZED = tuple(
    dtypes.as_dtype(name)
    for name in (
        "int8", "uint8", "int16", "uint16", "int32", "int64", "float16", "float32", "float64",
    )
)  # fmt: skip
_GRID = {
    "align_corners": A.boolean(default=False),
    "half_pixel_centers": A.boolean(default=False),
}
_TABLE_SIZE = 1024

# -- Weights --------------------------------------------------------------------------------------


def _scale(size: int, out: int, align_corners: bool) -> np.float32:
    if align_corners and out > 1:
        return np.float32(size - 1) / np.float32(out - 1)
    return np.float32(size) / np.float32(out)


def _places(size: int, out: int, align_corners: bool, half_pixel_centers: bool) -> Any:
    """Where each output element lies on the input's axis, in float32 as in 1.15."""
    index = np.arange(out, dtype=np.float32)
    scale = _scale(size, out, align_corners)
    half = np.float32(0.5)
    return (index + half) * scale - half if half_pixel_centers else index * scale


def _matrix(size: int, indices: Any, weights: Any) -> Any:
    """`[out, size]` from the input indices and weights, `[out, k]`, of each output element."""
    matrix = np.zeros((len(indices), size), np.float32)
    rows = np.arange(len(indices))[:, None]
    np.add.at(matrix, (rows, np.clip(indices, 0, size - 1)), weights)
    return matrix


def _bilinear(size: int, out: int, align_corners: bool, half_pixel_centers: bool) -> Any:
    place = _places(size, out, align_corners, half_pixel_centers)
    lower = np.floor(place)
    share = place - lower
    indices = np.stack([lower, np.ceil(place)], 1).astype(np.int64)
    return _matrix(size, indices, np.stack([1 - share, share], 1))


def _nearest_indices(size: int, out: int, align_corners: bool, half_pixel_centers: bool) -> Any:
    scale = _scale(size, out, align_corners)
    index = np.arange(out, dtype=np.float32)
    place = (index + np.float32(0.5 if half_pixel_centers else 0)) * scale
    if align_corners:
        place = place + np.float32(0.5)
    return np.clip(np.floor(place).astype(np.int64), 0, size - 1)


def _cubic(a: float, x: Any, far: bool) -> Any:
    """Keys' cubic: the inner piece at distance `x`, or the outer one at distance `x + 1`."""
    if not far:
        return ((a + 2) * x - (a + 3)) * x * x + 1
    x = x + 1
    return ((a * x - 5 * a) * x + 8 * a) * x - 4 * a


def _bicubic(size: int, out: int, align_corners: bool, half_pixel_centers: bool) -> Any:
    place = _places(size, out, align_corners, half_pixel_centers)
    lower = np.floor(place)
    # 1.15 looks weights up in a table of 1024 steps.
    step = np.rint((place - lower) * _TABLE_SIZE) / _TABLE_SIZE
    a = -0.5 if half_pixel_centers else -0.75
    weights = np.stack(
        [_cubic(a, step, True), _cubic(a, step, False), _cubic(a, 1 - step, False),
         _cubic(a, 1 - step, True)], 1,
    )  # fmt: skip
    indices = lower.astype(np.int64)[:, None] + np.arange(-1, 3)
    if half_pixel_centers:
        weights = np.where((indices >= 0) & (indices < size), weights, 0)
        weights = weights / weights.sum(1, keepdims=True)
    return _matrix(size, indices, weights.astype(np.float32))


def _area(size: int, out: int, align_corners: bool, _: bool) -> Any:
    scale = _scale(size, out, align_corners)
    start = np.arange(out, dtype=np.float32) * scale
    cells = np.arange(size + int(np.ceil(scale)) + 1, dtype=np.float32)
    overlap = np.minimum(cells + 1, (start + scale)[:, None]) - np.maximum(cells, start[:, None])
    matrix = np.zeros((out, size), np.float32)
    places = np.minimum(cells.astype(np.int64), size - 1)
    np.add.at(matrix, (np.arange(out)[:, None], places), np.maximum(overlap, 0) / scale)
    return matrix


_Weights = Callable[[int, int, bool, bool], Any]


def _matrices(
    shape: Any, size: Any, weights: _Weights, align_corners: bool, half_pixel_centers: bool
) -> tuple[Any, Any]:
    """Matrices `[out height, height]` and `[out width, width]` for images of `shape`.

    Raises:
      InvalidArgumentError: empty images or outputs, or both ways to place the grid.
    """
    height, width = int(size[0]), int(size[1])
    if align_corners and half_pixel_centers:
        raise errors.InvalidArgumentError(
            None, None, "If half_pixel_centers is True, align_corners must be False."
        )
    if height <= 0 or width <= 0:
        raise errors.InvalidArgumentError(None, None, "output dimensions must be positive")
    if not shape[1] or not shape[2]:
        raise errors.InvalidArgumentError(None, None, "input image must be of non-zero size")
    return (
        weights(shape[1], height, align_corners, half_pixel_centers),
        weights(shape[2], width, align_corners, half_pixel_centers),
    )


def _apply(k: Any, rows: Any, images: Any, columns: Any) -> Any:
    """`rows @ image @ columns.T` for every image and channel."""
    xp = k.np_for(images)
    rows, columns = rows.astype(images.dtype), columns.astype(images.dtype)
    batch, height, width, channels = images.shape
    flat = xp.matmul(rows, images.reshape(batch, height, width * channels))
    return xp.matmul(columns, flat.reshape(batch, len(rows), width, channels))


# -- Shapes ---------------------------------------------------------------------------------------


def _shape_resized(s: Any, images: Any, size: Any) -> Any:
    batch, _, _, channels = require_rank(images, 4)
    if size is not None and len(size) != 1:
        raise ValueError(f"Shape must be rank 1 but is rank {len(size)}")
    if size is not None and size[0] not in (None, 2):
        raise ValueError(f"Dimension must be 2 but is {size[0]}")
    value = s.value(1)
    height, width = (None, None) if value is None else (int(v) for v in value)
    return (batch, height, width, channels)


def _shape_original(s: Any, grads: Any, original_image: Any) -> Any:
    return original_image


def _check_resized(images: Any, size: Any) -> None:
    said = None
    if images.ndim != 4:
        said = f"input must be 4-dimensional{dims_lib.text(images.shape)}"
    elif np.ndim(size) != 1:
        said = f"shape_t must be 1-dimensional{dims_lib.text(np.shape(size))}"
    elif np.size(size) != 2:
        said = f"shape_t must have two elements{dims_lib.text(np.shape(size))}"
    if said is not None:
        raise errors.InvalidArgumentError(None, None, said)


# -- ResizeBilinear -------------------------------------------------------------------------------
ResizeBilinear = op(
    "ResizeBilinear",
    "images: T, size: int32 -> resized_images: float",
    T=A.dtype((*_SIZED, dtypes.bfloat16)),
    static=("size",),
    shape=_shape_resized,
    **_GRID,
)


@ResizeBilinear.kernel
def _kernel_resize_bilinear(
    k: Any, images: Any, size: Any, *, align_corners: bool, half_pixel_centers: bool
) -> Any:
    _check_resized(images, size)
    grid = _matrices(images.shape, size, _bilinear, align_corners, half_pixel_centers)
    return _apply(k, grid[0], images.astype(np.float32), grid[1])


@ResizeBilinear.gradient
def _grad_resize_bilinear(op: Any, dy: Tensor) -> tuple[Tensor, None]:
    return ResizeBilinearGrad(dy, op.inputs[0], **{n: op.attrs[n] for n in _GRID}), None


@export("image.resize_bilinear", v2=())
def resize_bilinear(
    images: Any,
    size: Any,
    align_corners: bool = False,
    name: str | None = None,
    half_pixel_centers: bool = False,
) -> Tensor:
    """Resize images with bilinear interpolation.

    Args:
      images: `[batch, height, width, channels]`, of a real type.
      size: New height and width, int32 `[2]`.
      align_corners: Let the centres of the corner pixels coincide.
      name: Name of the op.
      half_pixel_centers: Count from the centres of pixels.

    Returns:
      `[batch, *size, channels]`, float32.

    Raises:
      InvalidArgumentError: Run: an empty size or image.
    """
    return ResizeBilinear(
        images, size, align_corners=align_corners, half_pixel_centers=half_pixel_centers, name=name
    )


def _input_gradient(
    k: Any, grads: Any, image: Any, weights: _Weights, align: bool, half: bool
) -> Any:
    rows, columns = _matrices(image.shape, grads.shape[1:3], weights, align, half)
    return _apply(k, rows.T, grads, columns.T).astype(image.dtype)


ResizeBilinearGrad = op(
    "ResizeBilinearGrad",
    "grads: float, original_image: T -> output: T",
    T=G.FLOAT,
    shape=_shape_original,
    **_GRID,
)


@ResizeBilinearGrad.kernel
def _kernel_resize_bilinear_grad(
    k: Any, grads: Any, original_image: Any, *, align_corners: bool, half_pixel_centers: bool
) -> Any:
    return _input_gradient(k, grads, original_image, _bilinear, align_corners, half_pixel_centers)


ResizeBilinearGrad.no_gradient("1.15 has no rule", undefined=True)


# -- ResizeNearestNeighbor ------------------------------------------------------------------------
ResizeNearestNeighbor = op(
    "ResizeNearestNeighbor",
    "images: T, size: int32 -> resized_images: T",
    T=A.dtype(_SIZED),
    static=("size",),
    shape=_shape_resized,
    **_GRID,
)


@ResizeNearestNeighbor.kernel
def _kernel_resize_nearest(
    k: Any, images: Any, size: Any, *, align_corners: bool, half_pixel_centers: bool
) -> Any:
    _check_resized(images, size)
    rows, columns = _matrices(
        images.shape, size, _nearest_indices, align_corners, half_pixel_centers
    )
    return images[:, rows[:, None], columns]


@ResizeNearestNeighbor.gradient
def _grad_resize_nearest(op: Any, dy: Tensor) -> tuple[Tensor, None]:
    image = op.inputs[0]
    known = image.dims is not None and None not in image.dims[1:3]
    size = image.shape[1:3] if known else late.shape(image)[1:3]
    return ResizeNearestNeighborGrad(dy, size, **{n: op.attrs[n] for n in _GRID}), None


@export("image.resize_nearest_neighbor", v2=())
def resize_nearest_neighbor(
    images: Any,
    size: Any,
    align_corners: bool = False,
    name: str | None = None,
    half_pixel_centers: bool = False,
) -> Tensor:
    """Resize images by repeating or leaving out pixels.

    Args:
      images: `[batch, height, width, channels]`, of a real type.
      size: New height and width, int32 `[2]`.
      align_corners: Let the centres of the corner pixels coincide.
      name: Name of the op.
      half_pixel_centers: Count from the centres of pixels.

    Returns:
      `[batch, *size, channels]`, of the type of `images`.

    Raises:
      InvalidArgumentError: Run: an empty size or image.
    """
    return ResizeNearestNeighbor(
        images, size, align_corners=align_corners, half_pixel_centers=half_pixel_centers, name=name
    )


ResizeNearestNeighborGrad = op(
    "ResizeNearestNeighborGrad",
    "grads: T, size: int32 -> output: T",
    T=A.dtype(
        tuple(
            dtypes.as_dtype(n) for n in ("uint8", "int8", "int32", "float16", "float32", "float64")
        )
    ),
    static=("size",),
    shape=_shape_resized,
    **_GRID,
)


@ResizeNearestNeighborGrad.kernel
def _kernel_resize_nearest_grad(
    k: Any, grads: Any, size: Any, *, align_corners: bool, half_pixel_centers: bool
) -> Any:
    batch, _, _, channels = grads.shape
    height, width = int(size[0]), int(size[1])
    rows, columns = _matrices(
        (batch, height, width), grads.shape[1:3], _nearest_indices, align_corners,
        half_pixel_centers,
    )  # fmt: skip
    eye_rows = (np.arange(height)[:, None] == rows).astype(np.float32)
    eye_columns = (np.arange(width)[:, None] == columns).astype(np.float32)
    return _apply(k, eye_rows, grads, eye_columns)


ResizeNearestNeighborGrad.no_gradient("1.15 has no rule", undefined=True)


# -- ResizeBicubic --------------------------------------------------------------------------------
ResizeBicubic = op(
    "ResizeBicubic",
    "images: T, size: int32 -> resized_images: float",
    T=A.dtype(_SIZED),
    static=("size",),
    shape=_shape_resized,
    **_GRID,
)


@ResizeBicubic.kernel
def _kernel_resize_bicubic(
    k: Any, images: Any, size: Any, *, align_corners: bool, half_pixel_centers: bool
) -> Any:
    _check_resized(images, size)
    grid = _matrices(images.shape, size, _bicubic, align_corners, half_pixel_centers)
    return _apply(k, grid[0], images.astype(np.float32), grid[1])


@ResizeBicubic.gradient
def _grad_resize_bicubic(op: Any, dy: Tensor) -> tuple[Tensor | None, None]:
    image = op.inputs[0]
    if image.dtype.base_dtype not in (dtypes.float32, dtypes.float64):
        return None, None
    return ResizeBicubicGrad(dy, image, **{n: op.attrs[n] for n in _GRID}), None


@export("image.resize_bicubic", v2=())
def resize_bicubic(
    images: Any,
    size: Any,
    align_corners: bool = False,
    name: str | None = None,
    half_pixel_centers: bool = False,
) -> Tensor:
    """Resize images with bicubic interpolation.

    Args:
      images: `[batch, height, width, channels]`, of a real type.
      size: New height and width, int32 `[2]`.
      align_corners: Let the centres of the corner pixels coincide.
      name: Name of the op.
      half_pixel_centers: Count from the centres of pixels.

    Returns:
      `[batch, *size, channels]`, float32.

    Raises:
      InvalidArgumentError: Run: an empty size or image.
    """
    return ResizeBicubic(
        images, size, align_corners=align_corners, half_pixel_centers=half_pixel_centers, name=name
    )


ResizeBicubicGrad = op(
    "ResizeBicubicGrad",
    "grads: float, original_image: T -> output: T",
    T=A.dtype((dtypes.float32, dtypes.float64)),
    shape=_shape_original,
    **_GRID,
)


@ResizeBicubicGrad.kernel
def _kernel_resize_bicubic_grad(
    k: Any, grads: Any, original_image: Any, *, align_corners: bool, half_pixel_centers: bool
) -> Any:
    return _input_gradient(k, grads, original_image, _bicubic, align_corners, half_pixel_centers)


ResizeBicubicGrad.no_gradient("1.15 has no rule", undefined=True)


# -- ResizeArea -----------------------------------------------------------------------------------
ResizeArea = op(
    "ResizeArea",
    "images: T, size: int32 -> resized_images: float",
    T=A.dtype(_SIZED),
    align_corners=A.boolean(default=False),
    static=("size",),
    shape=_shape_resized,
)


@ResizeArea.kernel
def _kernel_resize_area(k: Any, images: Any, size: Any, *, align_corners: bool) -> Any:
    _check_resized(images, size)
    grid = _matrices(images.shape, size, _area, align_corners, False)
    return _apply(k, grid[0], images.astype(np.float32), grid[1])


ResizeArea.no_gradient("1.15 has no rule", undefined=True)


@export("image.resize_area", v2=())
def resize_area(
    images: Any, size: Any, align_corners: bool = False, name: str | None = None
) -> Tensor:
    """Resize images to the means over the area that each new pixel covers.

    Args:
      images: `[batch, height, width, channels]`, of a real type.
      size: New height and width, int32 `[2]`.
      align_corners: Let the centres of the corner pixels coincide.
      name: Name of the op.

    Returns:
      `[batch, *size, channels]`, float32.

    Raises:
      InvalidArgumentError: Run: an empty size or image.
    """
    return ResizeArea(images, size, align_corners=align_corners, name=name)
