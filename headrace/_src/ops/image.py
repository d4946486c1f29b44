"""Geometry of images: flips, rotations, crops, padding and resizing by method; standardisation."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from headrace._api.export import export
from headrace._src.core import dtypes
from headrace._src.core.constant_value import constant_value_as_dims
from headrace._src.core.convert import convert_to_tensor
from headrace._src.core.scopes import name_scope
from headrace._src.core.shape import TensorShape
from headrace._src.core.tensor import Tensor
from headrace._src.ops import debugging, image_color, image_resize
from headrace._src.ops._late import late
from headrace._src.ops.grouping import with_dependencies

_RANKS = "'image' must have either 3 or 4 dimensions."

# -- Checks ---------------------------------------------------------------------------------------


def _is_tensor(x: Any) -> bool:
    return isinstance(x, Tensor) or hasattr(x, "initializer")


def check(condition: Any, message: str) -> list[Any]:
    """Raises `ValueError` for a false Python condition; gives the Assert op for a tensor.

    Raises:
      ValueError: the condition is known to be false.
    """
    if _is_tensor(condition):
        return [debugging.assert_(condition, [message])]
    if not condition:
        raise ValueError(message)
    return []


def _check_image(image: Tensor) -> list[Any]:
    """Checks that an image has three dimensions or more, all positive: now, or when it runs."""
    shape = image.shape
    if shape.ndims is not None and shape.ndims < 3:
        raise ValueError("'image' must be at least three-dimensional.")
    if shape.ndims is not None and 0 in shape.as_list():
        raise ValueError(f"all dims of 'image.shape' must be > 0: {shape}")
    if shape.is_fully_defined():
        return []
    return [
        late.assert_positive(late.shape(image), ["all dims of 'image.shape' must be > 0."]),
        late.assert_greater_equal(
            late.rank(image), 3, message="'image' must be at least three-dimensional."
        ),
    ]


def _checked(image: Any) -> Tensor:
    image = convert_to_tensor(image, name="image")
    return with_dependencies(_check_image(image), image)


def _by_rank(image: Tensor, single: Callable[[], Any], batch: Callable[[], Any]) -> Any:
    rank = image.shape.ndims
    if rank in (3, None):
        return single()
    if rank == 4:
        return batch()
    raise ValueError(_RANKS)


def _sizes(image: Tensor) -> list[Any]:
    """All four sizes, as numbers where they are known."""
    if image.shape.is_fully_defined():
        return image.shape.as_list()
    static = image.shape.with_rank(4).as_list()
    dynamic = late.unstack(late.shape(image), 4)
    return [d if s is None else s for s, d in zip(static, dynamic, strict=True)]


def _known(sizes: list[Any]) -> list[Any]:
    return [None if _is_tensor(size) else size for size in sizes]


def _as_batch(image: Any) -> tuple[Tensor, bool]:
    """The image as a batch of one, and whether it was a batch already."""
    image = convert_to_tensor(image, name="image")
    rank = image.shape.ndims
    if rank == 4:
        return image, True
    if rank not in (3, None):
        raise ValueError(_RANKS)
    image = late.expand_dims(image, 0)
    if rank is None:
        image.set_shape([None] * 4)
    return image, False


def _unbatch(image: Tensor, was_batch: bool) -> Tensor:
    return image if was_batch else late.squeeze(image, axis=[0])


def _keep_shape(image: Tensor, result: Tensor) -> Tensor:
    result.set_shape([None, None, None] if image.dims is None else image.shape)
    return result


# -- Flips and rotations --------------------------------------------------------------------------


def _flip(image: Any, axis: int, scope: str) -> Tensor:
    with name_scope(None, scope, [image]):
        image = _checked(image)
        return _by_rank(
            image,
            lambda: _keep_shape(image, late.reverse(image, [axis])),
            lambda: late.reverse(image, [axis + 1]),
        )


@export("image.flip_left_right")
def flip_left_right(image: Any) -> Tensor:
    """Mirror images left to right.

    Args:
      image: `[height, width, channels]` or `[batch, height, width, channels]`.

    Returns:
      A tensor of the shape and type of `image`.

    Raises:
      ValueError: Build: another rank.
    """
    return _flip(image, 1, "flip_left_right")


@export("image.flip_up_down")
def flip_up_down(image: Any) -> Tensor:
    """Mirror images upside down.

    Args:
      image: `[height, width, channels]` or `[batch, height, width, channels]`.

    Returns:
      A tensor of the shape and type of `image`.

    Raises:
      ValueError: Build: another rank.
    """
    return _flip(image, 0, "flip_up_down")


def _random_flip(image: Any, axis: int, seed: int | None, scope_name: str) -> Tensor:
    with name_scope(None, scope_name, [image]) as scope:
        image = _checked(image)

        def single() -> Tensor:
            chance = late.random_uniform([], 0, 1.0, seed=seed)
            mirror = late.less(chance, 0.5)
            result = late.cond(
                mirror, lambda: late.reverse(image, [axis]), lambda: image, name=scope
            )
            return _keep_shape(image, result)

        def batch() -> Tensor:
            count = late.shape(image)[0]
            chance = late.random_uniform([count], 0, 1.0, seed=seed)
            flips = late.round(late.reshape(chance, [count, 1, 1, 1]))
            flips = late.cast(flips, image.dtype)
            flipped = late.reverse(image, [axis + 1])
            return flips * flipped + (1 - flips) * image

        return _by_rank(image, single, batch)


@export("image.random_flip_left_right")
def random_flip_left_right(image: Any, seed: int | None = None) -> Tensor:
    """Mirror each image left to right with probability one half.

    Args:
      image: `[height, width, channels]` or `[batch, height, width, channels]`.
      seed: Op seed.

    Returns:
      A tensor of the shape and type of `image`.

    Raises:
      ValueError: Build: another rank.
    """
    return _random_flip(image, 1, seed, "random_flip_left_right")


@export("image.random_flip_up_down")
def random_flip_up_down(image: Any, seed: int | None = None) -> Tensor:
    """Mirror each image upside down with probability one half.

    Args:
      image: `[height, width, channels]` or `[batch, height, width, channels]`.
      seed: Op seed.

    Returns:
      A tensor of the shape and type of `image`.

    Raises:
      ValueError: Build: another rank.
    """
    return _random_flip(image, 0, seed, "random_flip_up_down")


def _rotated(image: Tensor, k: Tensor, scope: str, first: int) -> Tensor:
    """Rotates over dimensions `first` and `first + 1`."""
    swap = [1, 0, 2] if first == 0 else [0, 2, 1, 3]
    cases = [
        (late.equal(k, 1), lambda: late.transpose(late.reverse(image, [first + 1]), swap)),
        (late.equal(k, 2), lambda: late.reverse(image, [first, first + 1])),
        (late.equal(k, 3), lambda: late.reverse(late.transpose(image, swap), [first + 1])),
    ]
    return late.case(cases, default=lambda: image, exclusive=True, name=scope)


@export("image.rot90")
def rot90(image: Any, k: Any = 1, name: str | None = None) -> Tensor:
    """Rotate images by `k` quarter turns, counter-clockwise.

    Args:
      image: `[height, width, channels]` or `[batch, height, width, channels]`.
      k: Number of quarter turns, an int32 scalar.
      name: Name of the op.

    Returns:
      The rotated images.

    Raises:
      ValueError: Build: another rank.
    """
    with name_scope(name, "rot90", [image, k]) as scope:
        image = _checked(image)
        k = convert_to_tensor(k, dtype=dtypes.int32, name="k")
        k.shape.assert_has_rank(0)
        k = late.mod(k, 4)

        def single() -> Tensor:
            result = _rotated(image, k, scope, 0)
            channels = None if image.dims is None else image.dims[2]
            result.set_shape([None, None, channels])
            return result

        def batch() -> Tensor:
            result = _rotated(image, k, scope, 1)
            assert image.dims is not None
            result.set_shape([image.dims[0], None, None, image.dims[3]])
            return result

        return _by_rank(image, single, batch)


@export("image.transpose", "image.transpose_image", v2=("image.transpose",))
def transpose_image(image: Any, name: str | None = None) -> Tensor:
    """Swap height and width.

    Args:
      image: `[height, width, channels]` or `[batch, height, width, channels]`.
      name: Name of the op.

    Returns:
      The transposed images.

    Raises:
      ValueError: Build: another rank.
    """
    with name_scope(name, "transpose", [image]):
        image = _checked(image)
        return _by_rank(
            image,
            lambda: late.transpose(image, [1, 0, 2], name=name),
            lambda: late.transpose(image, [0, 2, 1, 3], name=name),
        )


# -- Crops and padding ----------------------------------------------------------------------------


def _margin(image: Tensor, axis: int, fraction: float) -> tuple[Any, Any, bool]:
    """Where the central part starts, its size, and whether they are tensors."""
    static = image.shape.as_list()[axis]
    if static is not None:
        start = int((float(static) - float(static) * fraction) / 2)
        return start, static - start * 2, False
    size = late.shape(image)[axis]
    wide = late.cast(size, dtypes.float64)
    start = late.cast((wide - wide * fraction) / 2, dtypes.int32)
    return start, size - start * 2, True


@export("image.central_crop")
def central_crop(image: Any, central_fraction: float) -> Tensor:
    """Keep the central part of each image.

    Args:
      image: `[height, width, channels]` or `[batch, height, width, channels]`.
      central_fraction: The share of height and width to keep, in `(0, 1]`.

    Returns:
      The cropped images.

    Raises:
      ValueError: Build: another rank, or a share out of range.
    """
    with name_scope(None, "central_crop", [image]):
        image = convert_to_tensor(image, name="image")
        if central_fraction <= 0.0 or central_fraction > 1.0:
            raise ValueError("central_fraction must be within (0, 1]")
        if central_fraction == 1.0:
            return image
        _checked(image)
        rank = image.shape.ndims
        if rank not in (3, 4):
            raise ValueError(
                f"`image` should either be a Tensor with rank = 3 or rank = 4. Had rank = {rank}."
            )
        top, height, any_height = _margin(image, rank - 3, central_fraction)
        left, width, any_width = _margin(image, rank - 2, central_fraction)
        batch = rank == 4
        begin = late.stack([0, top, left, 0] if batch else [top, left, 0])
        size = late.stack([-1, height, width, -1] if batch else [height, width, -1])
        dims = image.shape.as_list()
        result = late.slice(image, begin, size)
        inner = [None if any_height else height, None if any_width else width, dims[-1]]
        result.set_shape([dims[0], *inner] if batch else inner)
        return result


@export("image.pad_to_bounding_box")
def pad_to_bounding_box(
    image: Any, offset_height: Any, offset_width: Any, target_height: Any, target_width: Any
) -> Tensor:
    """Put images into larger ones of zeros.

    Args:
      image: `[height, width, channels]` or `[batch, height, width, channels]`.
      offset_height: Rows of zeros above.
      offset_width: Columns of zeros on the left.
      target_height: Height of the result.
      target_width: Width of the result.

    Returns:
      The padded images.

    Raises:
      ValueError: Build: another rank, or images that do not fit.
    """
    with name_scope(None, "pad_to_bounding_box", [image]):
        image, was_batch = _as_batch(image)
        checks = _check_image(image)
        batch, height, width, depth = _sizes(image)
        after_width = target_width - offset_width - width
        after_height = target_height - offset_height - height
        checks += check(offset_height >= 0, "offset_height must be >= 0")
        checks += check(offset_width >= 0, "offset_width must be >= 0")
        checks += check(after_width >= 0, "width must be <= target - offset")
        checks += check(after_height >= 0, "height must be <= target - offset")
        image = with_dependencies(checks, image)
        amounts = [0, 0, offset_height, after_height, offset_width, after_width, 0, 0]
        padded = late.pad(image, late.reshape(late.stack(amounts), [4, 2]))
        padded.set_shape(_known([batch, target_height, target_width, depth]))
        return _unbatch(padded, was_batch)


@export("image.crop_to_bounding_box")
def crop_to_bounding_box(
    image: Any, offset_height: Any, offset_width: Any, target_height: Any, target_width: Any
) -> Tensor:
    """Cut a rectangle out of each image.

    Args:
      image: `[height, width, channels]` or `[batch, height, width, channels]`.
      offset_height: Rows to leave out above.
      offset_width: Columns to leave out on the left.
      target_height: Height of the result.
      target_width: Width of the result.

    Returns:
      The cropped images.

    Raises:
      ValueError: Build: another rank, or a rectangle that does not fit.
    """
    with name_scope(None, "crop_to_bounding_box", [image]):
        image, was_batch = _as_batch(image)
        checks = _check_image(image)
        batch, height, width, depth = _sizes(image)
        checks += check(offset_width >= 0, "offset_width must be >= 0.")
        checks += check(offset_height >= 0, "offset_height must be >= 0.")
        checks += check(target_width > 0, "target_width must be > 0.")
        checks += check(target_height > 0, "target_height must be > 0.")
        checks += check(width >= target_width + offset_width, "width must be >= target + offset.")
        checks += check(
            height >= target_height + offset_height, "height must be >= target + offset."
        )
        image = with_dependencies(checks, image)
        begin = late.stack([0, offset_height, offset_width, 0])
        cropped = late.slice(image, begin, late.stack([-1, target_height, target_width, -1]))
        cropped.set_shape(_known([batch, target_height, target_width, depth]))
        return _unbatch(cropped, was_batch)


def _pick(x: Any, y: Any, op: Callable[..., Any], python: Callable[..., Any]) -> Any:
    return op(x, y) if _is_tensor(x) or _is_tensor(y) else python(x, y)


def _largest(x: Any, y: Any) -> Any:
    return _pick(x, y, late.maximum, max)


def _smallest(x: Any, y: Any) -> Any:
    return _pick(x, y, late.minimum, min)


def _same(x: Any, y: Any) -> Any:
    return _pick(x, y, late.equal, lambda a, b: a == b)


@export(
    "image.resize_with_crop_or_pad",
    "image.resize_image_with_crop_or_pad",
    v2=("image.resize_with_crop_or_pad",),
)
def resize_image_with_crop_or_pad(image: Any, target_height: Any, target_width: Any) -> Tensor:
    """Crop or pad images, centred, to a size.

    Args:
      image: `[height, width, channels]` or `[batch, height, width, channels]`.
      target_height: Height of the result.
      target_width: Width of the result.

    Returns:
      The images of the new size.

    Raises:
      ValueError: Build: another rank, or a size that is not positive.
    """
    with name_scope(None, "resize_image_with_crop_or_pad", [image]):
        image, was_batch = _as_batch(image)
        checks = _check_image(image)
        checks += check(target_width > 0, "target_width must be > 0.")
        checks += check(target_height > 0, "target_height must be > 0.")
        image = with_dependencies(checks, image)
        if _is_tensor(target_height):
            target_height = with_dependencies(checks, target_height)
        if _is_tensor(target_width):
            target_width = with_dependencies(checks, target_width)
        _, height, width, _ = _sizes(image)
        more_width = target_width - width
        crop_left = _largest(-more_width // 2, 0)
        pad_left = _largest(more_width // 2, 0)
        more_height = target_height - height
        crop_top = _largest(-more_height // 2, 0)
        pad_top = _largest(more_height // 2, 0)
        cropped = crop_to_bounding_box(
            image, crop_top, crop_left, _smallest(target_height, height),
            _smallest(target_width, width),
        )  # fmt: skip
        resized = pad_to_bounding_box(cropped, pad_top, pad_left, target_height, target_width)
        _, new_height, new_width, _ = _sizes(resized)
        checks = check(_same(new_height, target_height), "resized height is not correct.")
        checks += check(_same(new_width, target_width), "resized width is not correct.")
        return _unbatch(with_dependencies(checks, resized), was_batch)


# -- Resizing -------------------------------------------------------------------------------------


@export("image.ResizeMethod", v2=())
class ResizeMethod:
    """How `resize_images` interpolates."""

    BILINEAR = 0
    NEAREST_NEIGHBOR = 1
    BICUBIC = 2
    AREA = 3


@export(v2=("image.ResizeMethod",))
class ResizeMethodV2:
    """How `compat.v2.image.resize` interpolates."""

    BILINEAR = "bilinear"
    NEAREST_NEIGHBOR = "nearest"
    BICUBIC = "bicubic"
    AREA = "area"
    LANCZOS3 = "lanczos3"
    LANCZOS5 = "lanczos5"
    GAUSSIAN = "gaussian"
    MITCHELLCUBIC = "mitchellcubic"


_RESIZERS = {
    ResizeMethod.BILINEAR: image_resize.ResizeBilinear,
    ResizeMethodV2.BILINEAR: image_resize.ResizeBilinear,
    ResizeMethod.NEAREST_NEIGHBOR: image_resize.ResizeNearestNeighbor,
    ResizeMethodV2.NEAREST_NEIGHBOR: image_resize.ResizeNearestNeighbor,
    ResizeMethod.BICUBIC: image_resize.ResizeBicubic,
    ResizeMethodV2.BICUBIC: image_resize.ResizeBicubic,
    ResizeMethod.AREA: image_resize.ResizeArea,
    ResizeMethodV2.AREA: image_resize.ResizeArea,
}

# Kernels of another op.
_SMOOTHING = (
    ResizeMethodV2.LANCZOS3,
    ResizeMethodV2.LANCZOS5,
    ResizeMethodV2.GAUSSIAN,
    ResizeMethodV2.MITCHELLCUBIC,
)


def _kept_ratio(images: Tensor, height: Any, width: Any) -> Tensor:
    """The largest size of the images' ratio within `height` and `width`."""
    _, now_height, now_width, _ = _sizes(images)
    by_height = late.cast(height, dtypes.float32) / late.cast(now_height, dtypes.float32)
    by_width = late.cast(width, dtypes.float32) / late.cast(now_width, dtypes.float32)
    factor = late.minimum(by_height, by_width)
    new = [
        late.cast(late.round(factor * late.cast(size, dtypes.float32)), dtypes.int32)
        for size in (now_height, now_width)
    ]
    return convert_to_tensor(new, dtypes.int32, name="size")


def _static_size(size: Tensor) -> tuple[Any, Any]:
    dims = constant_value_as_dims(size)
    return (None, None) if dims is None else (dims[0], dims[1])


def _resize(
    images: Any,
    resizer: Callable[[Tensor, Tensor], Tensor],
    size: Any,
    preserve_aspect_ratio: bool,
    name: str | None,
    skip_same: bool,
) -> Tensor:
    with name_scope(name, "resize", [images, size]):
        images = convert_to_tensor(images, name="images")
        rank = images.shape.ndims
        if rank is None:
            raise ValueError("'images' contains no shape.")
        if rank not in (3, 4):
            raise ValueError("'images' must have either 3 or 4 dimensions.")
        was_batch = rank == 4
        if not was_batch:
            images = late.expand_dims(images, 0)
        _, height, width, _ = images.shape.as_list()
        try:
            size = convert_to_tensor(size, dtypes.int32, name="size")
        except (TypeError, ValueError):
            raise ValueError("'size' must be a 1-D int32 Tensor") from None
        if not size.shape.is_compatible_with(TensorShape([2])):
            raise ValueError("'size' must be a 1-D Tensor of 2 elements: new_height, new_width")
        new_height, new_width = _static_size(size)
        if preserve_aspect_ratio:
            size = _kept_ratio(images, new_height, new_width)
            new_height, new_width = _static_size(size)
        known = None not in (new_height, new_width, height, width)
        if not (skip_same and known and (height, width) == (new_height, new_width)):
            images = resizer(images, size)
            images.set_shape([None, new_height, new_width, None])
        return _unbatch(images, was_batch)


@export("image.resize_images", "image.resize", v2=())
def resize_images(
    images: Any,
    size: Any,
    method: Any = ResizeMethod.BILINEAR,
    align_corners: bool = False,
    preserve_aspect_ratio: bool = False,
    name: str | None = None,
) -> Tensor:
    """Resize images; the same images come back when the size is theirs.

    Args:
      images: `[height, width, channels]` or `[batch, height, width, channels]`.
      size: New height and width, int32 `[2]`.
      method: One of `tf.image.ResizeMethod`.
      align_corners: Let the centres of the corner pixels coincide.
      preserve_aspect_ratio: Take the largest size within `size` that keeps the images' ratio.
      name: Name of the scope.

    Returns:
      The resized images, float32 except for `NEAREST_NEIGHBOR`.

    Raises:
      ValueError: Build: another rank, size or method.
    """

    def resizer(batch: Tensor, new_size: Tensor) -> Tensor:
        spec = _RESIZERS.get(method)
        if spec is None:
            raise ValueError("Resize method is not implemented.")
        return spec(batch, new_size, align_corners=align_corners)

    return _resize(images, resizer, size, preserve_aspect_ratio, name, skip_same=True)


@export("image.resize_image_with_pad", v2=())
def resize_image_with_pad(
    image: Any,
    target_height: Any,
    target_width: Any,
    method: Any = ResizeMethod.BILINEAR,
    align_corners: bool = False,
) -> Tensor:
    """Resize images to fit into a size, keeping their ratio, and pad them with zeros.

    Args:
      image: `[height, width, channels]` or `[batch, height, width, channels]`.
      target_height: Height of the result.
      target_width: Width of the result.
      method: One of `tf.image.ResizeMethod`.
      align_corners: Let the centres of the corner pixels coincide.

    Returns:
      The images of the new size.

    Raises:
      ValueError: Build: another rank, or a size that is not positive.
    """

    def resize(batch: Tensor, size: Any) -> Tensor:
        return resize_images(batch, size, method, align_corners=align_corners)

    return _padded_to_size(image, target_height, target_width, resize)


def _padded_to_size(
    image: Any, target_height: Any, target_width: Any, resize: Callable[..., Tensor]
) -> Tensor:
    with name_scope(None, "resize_image_with_pad", [image]):
        image, was_batch = _as_batch(image)
        checks = _check_image(image)
        checks += check(target_width > 0, "target_width must be > 0.")
        checks += check(target_height > 0, "target_height must be > 0.")
        image = with_dependencies(checks, image)
        _, height, width, _ = _sizes(image)
        sizes = [
            late.cast(v, dtype=dtypes.float64) for v in (height, width, target_height, target_width)
        ]
        ratio = _largest(sizes[1] / sizes[3], sizes[0] / sizes[2])
        wanted = [sizes[0] / ratio, sizes[1] / ratio]
        new_size = [late.cast(late.floor(v), dtype=dtypes.int32) for v in wanted]
        margins = [(sizes[2] - wanted[0]) / 2, (sizes[3] - wanted[1]) / 2]
        floors = [late.floor(v) for v in margins]
        pads = [_largest(0, late.cast(v, dtype=dtypes.int32)) for v in floors]
        padded = pad_to_bounding_box(resize(image, new_size), *pads, target_height, target_width)
        _sizes(padded)
        return _unbatch(padded, was_batch)


@export(v2=("image.resize",))
def resize_images_v2(
    images: Any,
    size: Any,
    method: Any = ResizeMethodV2.BILINEAR,
    preserve_aspect_ratio: bool = False,
    antialias: bool = False,
    name: str | None = None,
) -> Tensor:
    """Resize images; pixels are squares whose middles are compared.

    Args:
      images: `[height, width, channels]` or `[batch, height, width, channels]`.
      size: New height and width, int32 `[2]`.
      method: One of `tf.image.ResizeMethod`: "bilinear", "nearest", "bicubic" or "area".
      preserve_aspect_ratio: Take the largest size within `size` that keeps the images' ratio.
      antialias: Whether images that shrink are smoothed, which is not supported.
      name: Name of the scope.

    Returns:
      The resized images, float32 except for "nearest".

    Raises:
      NotImplementedError: Build: smoothing, or another kernel of `ResizeMethod`.
      ValueError: Build: another rank, size or method.
    """

    def resizer(batch: Tensor, new_size: Tensor) -> Tensor:
        smooth = antialias and method in (ResizeMethodV2.BILINEAR, ResizeMethodV2.BICUBIC)
        if smooth or method in _SMOOTHING:
            what = "antialias=True" if smooth else f"method={method!r}"
            raise NotImplementedError(
                f"tf.image.resize: {what} needs ScaleAndTranslate, which headrace has not"
            )
        spec = _RESIZERS.get(method) if isinstance(method, str) else None
        if spec is None:
            raise ValueError("Resize method is not implemented.")
        if method == ResizeMethodV2.AREA:
            return spec(batch, new_size)
        return spec(batch, new_size, half_pixel_centers=True)

    return _resize(images, resizer, size, preserve_aspect_ratio, name, skip_same=False)


@export(v2=("image.resize_with_pad",))
def resize_image_with_pad_v2(
    image: Any,
    target_height: Any,
    target_width: Any,
    method: Any = ResizeMethodV2.BILINEAR,
    antialias: bool = False,
) -> Tensor:
    """Resize images to fit into a size, keeping their ratio, and pad them with zeros.

    Args:
      image: `[height, width, channels]` or `[batch, height, width, channels]`.
      target_height: Height of the result.
      target_width: Width of the result.
      method: One of `tf.image.ResizeMethod`.
      antialias: As of `tf.image.resize`.

    Returns:
      The images of the new size.

    Raises:
      ValueError: Build: another rank, or a size that is not positive.
    """

    def resize(batch: Tensor, size: Any) -> Tensor:
        return resize_images_v2(batch, size, method, antialias=antialias)

    return _padded_to_size(image, target_height, target_width, resize)


# -- Standardisation ------------------------------------------------------------------------------


@export("image.per_image_standardization")
def per_image_standardization(image: Any) -> Tensor:
    """Scale each image to mean zero and standard deviation one.

    `(x - mean) / max(stddev, 1 / sqrt(number of pixels))`

    Args:
      image: Tensor `[..., height, width, channels]` of a real type.

    Returns:
      A tensor of the shape and type of `image`.

    Raises:
      ValueError: Build: a rank below three.
    """
    with name_scope(None, "per_image_standardization", [image]) as scope:
        image = _checked(image)
        dtype = image.dtype
        if dtype not in (dtypes.float16, dtypes.float32):
            image = image_color.convert_image_dtype(image, dtypes.float32)
        count = late.reduce_prod(late.shape(image)[-3:])
        axes = [-1, -2, -3]
        mean = late.reduce_mean(image, axis=axes, keepdims=True)
        deviation = getattr(late, "math.reduce_std")(image, axis=axes, keepdims=True)
        least = late.rsqrt(late.cast(count, image.dtype))
        deviation = late.maximum(deviation, least)
        image -= mean
        image = late.div(image, deviation, name=scope)
        return image_color.convert_image_dtype(image, dtype, saturate=True)


@export("image.total_variation")
def total_variation(images: Tensor, name: str | None = None) -> Tensor:
    """Compute the sum of the absolute differences of neighbouring pixels.

    Args:
      images: `[height, width, channels]` or `[batch, height, width, channels]`.
      name: Name of the scope.

    Returns:
      A scalar, or one number an image.

    Raises:
      ValueError: Build: another rank.
    """
    with name_scope(name, "total_variation"):
        rank = images.shape.ndims
        if rank == 3:
            down = images[1:, :, :] - images[:-1, :, :]
            right = images[:, 1:, :] - images[:, :-1, :]
            axes = None
        elif rank == 4:
            down = images[:, 1:, :, :] - images[:, :-1, :, :]
            right = images[:, :, 1:, :] - images[:, :, :-1, :]
            axes = [1, 2, 3]
        else:
            raise ValueError("'images' must be either 3 or 4-dimensional.")
        return late.reduce_sum(late.abs(down), axis=axes) + late.reduce_sum(
            late.abs(right), axis=axes
        )
