"""Colours of images: types, brightness, contrast, hue, saturation, and colour spaces."""

from __future__ import annotations

from typing import Any

import numpy as np

from headrace._api.export import export
from headrace._src.core import attrs as A
from headrace._src.core import dtypes, errors
from headrace._src.core.convert import convert_to_tensor
from headrace._src.core.dtypes import groups as G
from headrace._src.core.opspec import op
from headrace._src.core.scopes import name_scope
from headrace._src.core.tensor import Tensor
from headrace._src.ops._late import late
from headrace._src.ops._shapes import require_rank_at_least
from headrace._src.ops.grouping import with_dependencies

_FLOATS = (dtypes.float16, dtypes.float32)

# -- Types ----------------------------------------------------------------------------------------


@export("image.convert_image_dtype")
def convert_image_dtype(
    image: Any, dtype: Any, saturate: bool = False, name: str | None = None
) -> Tensor:
    """Cast images, scaling so that the full range of one type becomes that of the other.

    Floats range over `[0, 1)`, integers over `[0, max]`.

    Args:
      image: Tensor of a real type.
      dtype: The type to give.
      saturate: Clip before casting.
      name: Name of the op.

    Returns:
      A tensor of the shape of `image` and type `dtype`.

    Raises:
      AttributeError: Build: `dtype` is neither a float nor an integer type.
    """
    image = convert_to_tensor(image, name="image")
    dtype = dtypes.as_dtype(dtype)
    if not dtype.is_floating and not dtype.is_integer:
        raise AttributeError("dtype must be either floating point or integer")
    if dtype == image.dtype:
        return late.identity(image, name=name)
    with name_scope(name, "convert_image", [image]) as name:
        to = late.saturate_cast if saturate else late.cast
        if image.dtype.is_integer and dtype.is_integer:
            most_in, most_out = int(image.dtype.max), int(dtype.max)
            if most_in > most_out:
                return to(late.div(image, (most_in + 1) // (most_out + 1)), dtype, name=name)
            return late.multiply(to(image, dtype), (most_out + 1) // (most_in + 1), name=name)
        if image.dtype.is_floating and dtype.is_floating:
            return late.cast(image, dtype, name=name)
        if image.dtype.is_integer:
            return late.multiply(late.cast(image, dtype), 1.0 / image.dtype.max, name=name)
        return to(late.multiply(image, dtype.max + 0.5), dtype, name=name)


def _as_float(image: Tensor) -> Tensor:
    return image if image.dtype in _FLOATS else convert_image_dtype(image, dtypes.float32)


# -- Brightness and gamma -------------------------------------------------------------------------


@export("image.adjust_brightness")
def adjust_brightness(image: Any, delta: Any) -> Tensor:
    """Add `delta` to every pixel, on the scale where images range over `[0, 1)`.

    Args:
      image: Tensor of a real type.
      delta: A number.

    Returns:
      A tensor of the shape and type of `image`.
    """
    with name_scope(None, "adjust_brightness", [image, delta]) as name:
        image = convert_to_tensor(image, name="image")
        wide = _as_float(image)
        adjusted = late.add(wide, late.cast(delta, wide.dtype), name=name)
        return convert_image_dtype(adjusted, image.dtype, saturate=True)


@export("image.random_brightness")
def random_brightness(image: Any, max_delta: float, seed: int | None = None) -> Tensor:
    """Add a random number from `[-max_delta, max_delta)` to every pixel.

    Args:
      image: Tensor of a real type.
      max_delta: Not negative.
      seed: Op seed.

    Returns:
      A tensor of the shape and type of `image`.

    Raises:
      ValueError: Build: a negative `max_delta`.
    """
    if max_delta < 0:
        raise ValueError("max_delta must be non-negative.")
    delta = late.random_uniform([], -max_delta, max_delta, seed=seed)
    return adjust_brightness(image, delta)


@export("image.adjust_gamma")
def adjust_gamma(image: Any, gamma: Any = 1, gain: Any = 1) -> Tensor:
    """Compute `gain * image ** gamma`, on the scale where images range over `[0, 1)`.

    Args:
      image: Tensor of a real type.
      gamma: Not negative.
      gain: A number.

    Returns:
      A tensor of the shape and type of `image`.

    Raises:
      ValueError: Build: a negative `gamma`.
    """
    from headrace._src.ops import image as image_ops

    with name_scope(None, "adjust_gamma", [image, gamma, gain]):
        image = convert_to_tensor(image, name="image")
        wide = _as_float(image)
        checks = image_ops.check(gamma >= 0, "Gamma should be a non-negative real number.")
        if checks:
            gamma = with_dependencies(checks, gamma)
        return convert_image_dtype(gain * wide**gamma, image.dtype, saturate=True)


# -- AdjustContrastv2 -----------------------------------------------------------------------------
AdjustContrastv2 = op(
    "AdjustContrastv2",
    "images: T, contrast_factor: float -> output: T",
    T=A.dtype(_FLOATS, default=dtypes.float32),
)


@AdjustContrastv2.shape
def _shape_adjust_contrast(s: Any, images: Any, contrast_factor: Any) -> Any:
    return require_rank_at_least(images, 3)


@AdjustContrastv2.kernel
def _kernel_adjust_contrast(k: Any, images: Any, contrast_factor: Any) -> Any:
    wide = images.astype(np.float32)
    mean = wide.mean(axis=(-3, -2), keepdims=True)
    return ((wide - mean) * contrast_factor + mean).astype(images.dtype)


AdjustContrastv2.no_gradient("1.15 has no rule", undefined=True)


@export("image.adjust_contrast")
def adjust_contrast(images: Any, contrast_factor: Any) -> Tensor:
    """Compute `(x - mean) * contrast_factor + mean` for every channel of every image.

    Args:
      images: Tensor `[..., height, width, channels]` of a real type.
      contrast_factor: A number.

    Returns:
      A tensor of the shape and type of `images`.
    """
    with name_scope(None, "adjust_contrast", [images, contrast_factor]) as name:
        images = convert_to_tensor(images, name="images")
        wide = _as_float(images)
        adjusted = AdjustContrastv2(wide, contrast_factor, name=name)
        return convert_image_dtype(adjusted, images.dtype, saturate=True)


def _check_range(lower: float, upper: float) -> None:
    if upper <= lower:
        raise ValueError("upper must be > lower.")
    if lower < 0:
        raise ValueError("lower must be non-negative.")


@export("image.random_contrast")
def random_contrast(image: Any, lower: float, upper: float, seed: int | None = None) -> Tensor:
    """Adjust the contrast by a random factor from `[lower, upper)`.

    Args:
      image: Tensor `[..., height, width, channels]` of a real type.
      lower: Not negative.
      upper: Above `lower`.
      seed: Op seed.

    Returns:
      A tensor of the shape and type of `image`.

    Raises:
      ValueError: Build: bounds that are not so.
    """
    _check_range(lower, upper)
    return adjust_contrast(image, late.random_uniform([], lower, upper, seed=seed))


# -- Colour spaces --------------------------------------------------------------------------------


def _shape_colors(s: Any, images: Any) -> Any:
    require_rank_at_least(images, 1)
    if images is not None and images[-1] not in (None, 3):
        raise ValueError(f"Dimension must be 3 but is {images[-1]}")
    return images if images is None else (*images[:-1], 3)


def _to_hsv(xp: Any, rgb: Any) -> tuple[Any, Any, Any]:
    """Hue, saturation and value, each in `[0, 1]`."""
    one = rgb.dtype.type(1)
    red, green, blue = rgb[..., 0], rgb[..., 1], rgb[..., 2]
    value = rgb.max(axis=-1)
    span = value - rgb.min(axis=-1)
    saturation = xp.where(value > 0, span / xp.where(value > 0, value, one), 0 * value)
    norm = one / (6 * xp.where(span > 0, span, one))
    hue = xp.where(
        red == value,
        norm * (green - blue),
        xp.where(
            green == value,
            norm * (blue - red) + rgb.dtype.type(2 / 6),
            norm * (red - green) + rgb.dtype.type(4 / 6),
        ),
    )
    hue = xp.where(span > 0, hue, 0 * hue)
    return xp.where(hue < 0, hue + one, hue), saturation, value


def _to_rgb(xp: Any, hue: Any, saturation: Any, value: Any) -> Any:
    kind = hue.dtype.type
    sixths = hue * kind(6)
    red = xp.clip(abs(sixths - kind(3)) - kind(1), kind(0), kind(1))
    green = xp.clip(kind(2) - abs(sixths - kind(2)), kind(0), kind(1))
    blue = xp.clip(kind(2) - abs(sixths - kind(4)), kind(0), kind(1))
    colors = xp.stack([red, green, blue], axis=-1)
    saturation, value = saturation[..., None], value[..., None]
    return ((kind(1) - saturation) + saturation * colors) * value


RGBToHSV = op(
    "RGBToHSV",
    "images: T -> output: T",
    T=A.dtype(G.FLOAT, default=dtypes.float32),
    shape=_shape_colors,
)


def _check_channels(images: Any) -> None:
    if images.ndim < 1:
        raise errors.InvalidArgumentError(None, None, "input must be at least 1D[]")
    if images.shape[-1] != 3:
        raise errors.FailedPreconditionError(
            None,
            None,
            f"input must have 3 channels but input only has {images.shape[-1]} channels.",
        )


@RGBToHSV.kernel
def _kernel_rgb_to_hsv(k: Any, images: Any) -> Any:
    _check_channels(images)
    xp = k.np_for(images)
    return xp.stack(_to_hsv(xp, images), axis=-1)


@RGBToHSV.gradient
def _grad_rgb_to_hsv(op: Any, dy: Tensor) -> Tensor:
    # With `i` the channel of the maximum, `j` that of the minimum and `d = max - min`: dv is 1 at
    # i; ds is min / max**2 at
    # i and -1 / max at j; dh is the derivative of (next - last) / (6 d), the other channels in
    # cyclic order after i.
    rgb = op.inputs[0]
    value = late.reduce_max(rgb, -1, keepdims=True)
    least = late.reduce_min(rgb, -1, keepdims=True)
    top = late.one_hot(late.argmax(rgb, -1), 3, dtype=rgb.dtype)
    low = late.one_hot(late.argmin(rgb, -1), 3, dtype=rgb.dtype)
    span = value - least
    after = late.concat([top[..., 2:], top[..., :2]], -1)
    last = late.concat([top[..., 1:], top[..., :1]], -1)
    difference = late.reduce_sum(rgb * (after - last), -1, keepdims=True)
    dh = late.div_no_nan(after - last, 6.0 * span) - late.div_no_nan(
        difference * (top - low), 6.0 * late.square(span)
    )
    ds = late.div_no_nan(least * top, late.square(value)) - late.div_no_nan(low, value)
    return dy[..., 0:1] * dh + dy[..., 1:2] * ds + dy[..., 2:3] * top


@export("image.rgb_to_hsv")
def rgb_to_hsv(images: Any, name: str | None = None) -> Tensor:
    """Convert red, green and blue in `[0, 1]` to hue, saturation and value in `[0, 1]`.

    Args:
      images: Tensor `[..., 3]` of a float type.
      name: Name of the op.

    Returns:
      A tensor of the shape and type of `images`.
    """
    return RGBToHSV(images, name=name)


HSVToRGB = op(
    "HSVToRGB",
    "images: T -> output: T",
    T=A.dtype(G.FLOAT, default=dtypes.float32),
    shape=_shape_colors,
)


@HSVToRGB.kernel
def _kernel_hsv_to_rgb(k: Any, images: Any) -> Any:
    _check_channels(images)
    return _to_rgb(k.np_for(images), images[..., 0], images[..., 1], images[..., 2])


HSVToRGB.no_gradient("1.15 has no rule")


@export("image.hsv_to_rgb")
def hsv_to_rgb(images: Any, name: str | None = None) -> Tensor:
    """Convert hue, saturation and value in `[0, 1]` to red, green and blue in `[0, 1]`.

    Args:
      images: Tensor `[..., 3]` of a float type.
      name: Name of the op.

    Returns:
      A tensor of the shape and type of `images`.
    """
    return HSVToRGB(images, name=name)


# -- AdjustHue, AdjustSaturation ------------------------------------------------------------------


def _shape_images(s: Any, images: Any, amount: Any) -> Any:
    return require_rank_at_least(images, 3)


AdjustHue = op(
    "AdjustHue",
    "images: T, delta: float -> output: T",
    T=A.dtype(_FLOATS, default=dtypes.float32),
    shape=_shape_images,
)


@AdjustHue.kernel
def _kernel_adjust_hue(k: Any, images: Any, delta: Any) -> Any:
    xp = k.np_for(images, delta)
    hue, saturation, value = _to_hsv(xp, images.astype(np.float32))
    hue = hue + delta
    return _to_rgb(xp, hue - xp.floor(hue), saturation, value).astype(images.dtype)


AdjustHue.no_gradient("1.15 has no rule", undefined=True)


@export("image.adjust_hue")
def adjust_hue(image: Any, delta: Any, name: str | None = None) -> Tensor:
    """Turn the hue by `delta`, a share of the full circle.

    Args:
      image: Tensor `[..., height, width, 3]` of a real type.
      delta: A number in `[-1, 1]`.
      name: Name of the op.

    Returns:
      A tensor of the shape and type of `image`.
    """
    with name_scope(name, "adjust_hue", [image]) as name:
        image = convert_to_tensor(image, name="image")
        return convert_image_dtype(AdjustHue(_as_float(image), delta), image.dtype)


@export("image.random_hue")
def random_hue(image: Any, max_delta: float, seed: int | None = None) -> Tensor:
    """Turn the hue by a random number from `[-max_delta, max_delta)`.

    Args:
      image: Tensor `[..., height, width, 3]` of a real type.
      max_delta: In `[0, 0.5]`.
      seed: Op seed.

    Returns:
      A tensor of the shape and type of `image`.

    Raises:
      ValueError: Build: `max_delta` out of range.
    """
    if max_delta > 0.5:
        raise ValueError("max_delta must be <= 0.5.")
    if max_delta < 0:
        raise ValueError("max_delta must be non-negative.")
    return adjust_hue(image, late.random_uniform([], -max_delta, max_delta, seed=seed))


AdjustSaturation = op(
    "AdjustSaturation",
    "images: T, scale: float -> output: T",
    T=A.dtype(_FLOATS, default=dtypes.float32),
    shape=_shape_images,
)


@AdjustSaturation.kernel
def _kernel_adjust_saturation(k: Any, images: Any, scale: Any) -> Any:
    xp = k.np_for(images, scale)
    hue, saturation, value = _to_hsv(xp, images.astype(np.float32))
    saturation = xp.clip(saturation * scale, np.float32(0), np.float32(1))
    return _to_rgb(xp, hue, saturation, value).astype(images.dtype)


AdjustSaturation.no_gradient("1.15 has no rule", undefined=True)


@export("image.adjust_saturation")
def adjust_saturation(image: Any, saturation_factor: Any, name: str | None = None) -> Tensor:
    """Multiply the saturation with a factor.

    Args:
      image: Tensor `[..., height, width, 3]` of a real type.
      saturation_factor: A number.
      name: Name of the op.

    Returns:
      A tensor of the shape and type of `image`.
    """
    with name_scope(name, "adjust_saturation", [image]) as name:
        image = convert_to_tensor(image, name="image")
        adjusted = AdjustSaturation(_as_float(image), saturation_factor)
        return convert_image_dtype(adjusted, image.dtype)


@export("image.random_saturation")
def random_saturation(image: Any, lower: float, upper: float, seed: int | None = None) -> Tensor:
    """Multiply the saturation with a random factor from `[lower, upper)`.

    Args:
      image: Tensor `[..., height, width, 3]` of a real type.
      lower: Not negative.
      upper: Above `lower`.
      seed: Op seed.

    Returns:
      A tensor of the shape and type of `image`.

    Raises:
      ValueError: Build: bounds that are not so.
    """
    _check_range(lower, upper)
    return adjust_saturation(image, late.random_uniform([], lower, upper, seed=seed))


# -- Grey -----------------------------------------------------------------------------------------


@export("image.rgb_to_grayscale")
def rgb_to_grayscale(images: Any, name: str | None = None) -> Tensor:
    """Compute the brightness `0.2989 red + 0.587 green + 0.114 blue`.

    Args:
      images: Tensor `[..., 3]` of a real type.
      name: Name of the op.

    Returns:
      A tensor `[..., 1]` of the type of `images`.
    """
    with name_scope(name, "rgb_to_grayscale", [images]) as name:
        images = convert_to_tensor(images, name="images")
        wide = convert_image_dtype(images, dtypes.float32)
        gray = late.expand_dims(late.tensordot(wide, [0.2989, 0.587, 0.114], [-1, -1]), -1)
        return convert_image_dtype(gray, images.dtype, name=name)


def _check_gray(images: Any) -> Any:
    rank = images.shape.ndims
    if rank is not None and rank < 2:
        raise ValueError("A grayscale image must be at least two-dimensional.")
    if images.shape.is_fully_defined():
        if images.shape.as_list()[-1] != 1:
            raise ValueError("Last dimension of a grayscale image should be size 1.")
        return with_dependencies([], images)
    checks = [
        late.assert_equal(
            late.shape(images)[-1],
            1,
            message="Last dimension of a grayscale image should be size 1.",
        ),
        late.assert_greater_equal(
            late.rank(images), 3, message="A grayscale image must be at least two-dimensional."
        ),
    ]
    return with_dependencies(checks, images)


@export("image.grayscale_to_rgb")
def grayscale_to_rgb(images: Any, name: str | None = None) -> Tensor:
    """Repeat the only channel three times.

    Args:
      images: Tensor `[..., 1]`.
      name: Name of the op.

    Returns:
      A tensor `[..., 3]` of the type of `images`.

    Raises:
      ValueError: Build: several channels.
    """
    with name_scope(name, "grayscale_to_rgb", [images]) as name:
        images = convert_to_tensor(_check_gray(images), name="images")
        count = late.expand_dims(late.rank(images) - 1, 0)
        multiples = late.concat([late.ones(count, dtype=dtypes.int32), late.expand_dims(3, 0)], 0)
        rgb = late.tile(images, multiples, name=name)
        rgb.set_shape(images.shape[:-1].concatenate([3]))
        return rgb
