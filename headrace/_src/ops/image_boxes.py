"""Boxes on images: drawn, or drawn by lot for cropping."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from headrace._api.export import export
from headrace._src.core import attrs as A
from headrace._src.core import dims as dims_lib
from headrace._src.core import dtypes, errors
from headrace._src.core.opspec import op
from headrace._src.core.random_seed import get_seed
from headrace._src.core.scopes import name_scope
from headrace._src.core.tensor import Tensor
from headrace._src.engine import philox_stream

# Red, green, blue and opacity of the boxes of an image, in turn.
_COLORS = np.array(
    [
        [1, 1, 0, 1],
        [0, 0, 1, 1],
        [1, 0, 0, 1],
        [0, 1, 0, 1],
        [0.5, 0, 0.5, 1],
        [0.5, 0.5, 0, 1],
        [0.5, 0, 0, 1],
        [0, 0, 0.5, 1],
        [0, 1, 1, 1],
        [1, 0, 1, 1],
    ],
    np.float32,
)


_DEPTHS = "Channel depth should be either 1 (GRY), 3 (RGB), or 4 (RGBA)"


def _refuse(message: str) -> errors.InvalidArgumentError:
    return errors.InvalidArgumentError(None, None, message)


def _shape_draw(s: Any, images: Any, boxes: Any, *rest: Any) -> Any:
    depth = dims_lib.with_rank(images, 4)[3]
    if depth not in (None, 1, 3, 4):
        raise ValueError(_DEPTHS)
    dims_lib.with_value(dims_lib.with_rank(boxes, 3)[2], 4)
    return images


def _drawn(images: Any, boxes: Any, colors: Any) -> np.ndarray:
    """A copy of the images with boxes on them, each with the next colour of the table."""
    images, boxes = np.array(images), np.asarray(boxes, np.float32)
    depth = images.shape[3]
    if len(boxes) != len(images):
        raise _refuse("The batch sizes should be the same")
    for image, corners in zip(images, boxes, strict=True):
        for i, corner in enumerate(corners):
            _draw_box(image, corner, colors[i % len(colors), :depth])
    return images


def _draw_box(image: np.ndarray, corner: np.ndarray, color: np.ndarray) -> None:
    """Draws the sides of one box that lie on the image; what is inside out has none."""
    height, width = image.shape[:2]
    extent = np.array([height - 1, width - 1] * 2, np.float32)
    top, left, bottom, right = (int(n) for n in corner * extent)
    if top > bottom or left > right:
        return
    if top >= height or bottom < 0 or left >= width or right < 0:
        return
    rows = slice(max(top, 0), min(bottom, height - 1) + 1)
    columns = slice(max(left, 0), min(right, width - 1) + 1)
    if top >= 0:
        image[top, columns] = color
    if bottom < height:
        image[bottom, columns] = color
    if left >= 0:
        image[rows, left] = color
    if right < width:
        image[rows, right] = color


_FLOATS = (dtypes.float32, dtypes.float16)

# -- DrawBoundingBoxes -------------------------------------------------------------------------
DrawBoundingBoxes = op(
    "DrawBoundingBoxes",
    "images: T, boxes: float -> output: T",
    T=A.dtype(_FLOATS, default=dtypes.float32),
    host_only=True,
    shape=_shape_draw,
)
DrawBoundingBoxes.no_gradient("TensorFlow defines none")


@DrawBoundingBoxes.kernel
def _kernel_draw_bounding_boxes(k: Any, images: Any, boxes: Any) -> Any:
    depth = images.shape[3]
    if depth not in (1, 3, 4):
        raise _refuse(_DEPTHS)
    return _drawn(images, boxes, np.ones((1, 1), np.float32) if depth == 1 else _COLORS)


@export("image.draw_bounding_boxes", v2=())
def draw_bounding_boxes(
    images: Any, boxes: Any, name: str | None = None, colors: Any = None
) -> Tensor:
    """Draw boxes on images.

    Args:
      images: float tensor [batch, height, width, 1, 3 or 4].
      boxes: float32 tensor [batch, boxes, 4]: top, left, bottom and right as parts of the height
        and the width.
      name: name of the operation.
      colors: float32 tensor [colors, channels]; boxes take them in turn.

    Returns:
      Tensor like `images`.

    Raises:
      InvalidArgumentError: (run) another number of channels.
    """
    return draw_bounding_boxes_v2(images, boxes, colors, name)


# -- DrawBoundingBoxesV2 -----------------------------------------------------------------------
DrawBoundingBoxesV2 = op(
    "DrawBoundingBoxesV2",
    "images: T, boxes: float, colors: float -> output: T",
    T=A.dtype(_FLOATS, default=dtypes.float32),
    host_only=True,
    shape=_shape_draw,
)
DrawBoundingBoxesV2.no_gradient("TensorFlow defines none", undefined=True)


@DrawBoundingBoxesV2.kernel
def _kernel_draw_bounding_boxes_v2(k: Any, images: Any, boxes: Any, colors: Any) -> Any:
    depth = images.shape[3]
    if depth not in (1, 3, 4):
        raise _refuse(_DEPTHS)
    colors = np.asarray(colors)
    if colors.size == 0:
        colors = np.ones((1, 1), np.float32) if depth == 1 else _COLORS
    elif colors.shape[1] < depth:
        raise _refuse(
            f"Channel depth of colors {colors.shape[1]} is less than that of images {depth}"
        )
    return _drawn(images, boxes, colors)


@export(v2=("image.draw_bounding_boxes",))
def draw_bounding_boxes_v2(images: Any, boxes: Any, colors: Any, name: str | None = None) -> Tensor:
    """Draw boxes on images; see `tf.compat.v1.image.draw_bounding_boxes`."""
    made: Tensor
    if colors is None:
        made = DrawBoundingBoxes(images, boxes, name=name)
    else:
        made = DrawBoundingBoxesV2(images, boxes, colors, name=name)
    return made


# -- SampleDistortedBoundingBoxV2 --------------------------------------------------------------
SampleDistortedBoundingBoxV2 = op(
    "SampleDistortedBoundingBoxV2",
    "image_size: T, bounding_boxes: float, min_object_covered: float -> "
    "begin: T, size: T, bboxes: float",
    T=(dtypes.uint8, dtypes.int8, dtypes.int16, dtypes.int32, dtypes.int64),
    seed=A.integer(default=0),
    seed2=A.integer(default=0),
    aspect_ratio_range=A.numbers(default=(0.75, 1.33)),
    area_range=A.numbers(default=(0.05, 1.0)),
    max_attempts=A.integer(default=100),
    use_image_if_no_bounding_boxes=A.boolean(default=False),
    stateful=True,
    random=True,
    host_only=True,
)
SampleDistortedBoundingBoxV2.no_gradient("a crop is drawn by lot")


@SampleDistortedBoundingBoxV2.shape
def _shape_sample_box(s: Any, image_size: Any, boxes: Any, covered: Any) -> list[Any]:
    dims_lib.with_value(dims_lib.with_rank(image_size, 1)[0], 3)
    dims_lib.with_value(dims_lib.with_rank(boxes, 3)[2], 4)
    dims_lib.with_rank(covered, 0)
    return [(3,), (3,), (1, 1, 4)]


class _Box(NamedTuple):
    """A part of an image in pixels; the last row and column lie outside."""

    top: int
    left: int
    bottom: int
    right: int

    def area(self) -> float:
        return float((self.bottom - self.top) * (self.right - self.left))

    def covered_by(self, other: _Box) -> float:
        height = min(self.bottom, other.bottom) - max(self.top, other.top)
        width = min(self.right, other.right) - max(self.left, other.left)
        if height <= 0 or width <= 0:
            return 0.0
        return float(np.float32(height * width) / np.float32(self.area()))


def _round(value: np.float32) -> int:
    return int(np.rint(value))


def _random_crop(
    height: int, width: int, areas: tuple[float, float], ratio: np.float32, stream: Any
) -> _Box | None:
    """A box of about this ratio of width to height; None when there is none in this attempt."""
    f = np.float32
    smallest, largest = (f(f(part) * f(width)) * f(height) for part in areas)
    rows = _round(np.sqrt(f(smallest / ratio)))
    most = _round(np.sqrt(f(largest / ratio)))
    if _round(f(most) * ratio) > width:
        most = int((width + 0.5 - 1e-7) / float(ratio))
        if _round(f(most) * ratio) > width:
            most -= 1
    most = min(most, height)
    rows = min(rows, most)
    if rows < most:
        rows += stream.below(most - rows + 1)
    columns = _round(f(rows) * ratio)
    if f(rows * columns) < smallest:
        rows += 1
        columns = _round(f(rows) * ratio)
    if f(rows * columns) > largest:
        rows -= 1
        columns = _round(f(rows) * ratio)
    area = f(rows * columns)
    if area < smallest or area > largest or columns > width or rows > height:
        return None
    if rows <= 0 or columns <= 0:
        return None
    top = stream.below(height - rows) if rows < height else 0
    left = stream.below(width - columns) if columns < width else 0
    return _Box(top, left, top + rows, left + columns)


def _objects(boxes: np.ndarray, height: int, width: int, use_image: bool) -> list[_Box]:
    """The boxes of which a crop must cover enough, in pixels."""
    if not boxes.size:
        if not use_image:
            raise _refuse(
                "No bounding boxes provided as input. One must enable "
                "use_image_if_no_bounding_boxes if you wish to not provide any bounding boxes."
            )
        return [_Box(0, 0, height, width)]
    flat = boxes.reshape(-1, 4)
    outside = flat[(flat < 0) | (flat > 1)]
    if outside.size:
        raise _refuse(f"All bounding box coordinates must be in [0.0, 1.0]: {outside[0]:g}")
    extent = np.array([height, width] * 2, np.float32)
    return [_Box(*(int(n) for n in row)) for row in flat * extent]


@SampleDistortedBoundingBoxV2.kernel
def _kernel_sample_box(
    k: Any,
    image_size: Any,
    bounding_boxes: Any,
    min_object_covered: Any,
    *,
    aspect_ratio_range: Any,
    area_range: Any,
    max_attempts: int,
    use_image_if_no_bounding_boxes: bool,
) -> list[Any]:
    height, width = int(image_size[0]), int(image_size[1])
    if height <= 0 or width <= 0:
        raise _refuse(f"Image {'height' if height <= 0 else 'width'} must be positive")
    least = float(min_object_covered)
    if not 0 <= least <= 1:
        raise _refuse(f"Min object covered must be between 0 and 1: {least:g}")
    objects = _objects(np.asarray(bounding_boxes), height, width, use_image_if_no_bounding_boxes)
    stream = philox_stream.Stream(k.philox(max_attempts))
    low, high = (np.float32(n) for n in aspect_ratio_range)
    chosen = _Box(0, 0, height, width)
    for _ in range(max_attempts):
        ratio = np.float32(stream.float32()) * (high - low) + low
        crop = _random_crop(height, width, area_range, ratio, stream)
        if crop is None or crop.area() < 1:
            continue
        if any(o.area() >= 1 and o.covered_by(crop) >= least for o in objects):
            chosen = crop
            break
    kind = np.asarray(image_size).dtype
    begin = np.array([chosen.top, chosen.left, 0], kind)
    size = np.array([chosen.bottom - chosen.top, chosen.right - chosen.left, -1], kind)
    corners = np.array(chosen, np.float32) / np.array([height, width] * 2, np.float32)
    return [begin, size, corners.reshape(1, 1, 4)]


@export(
    "image.sample_distorted_bounding_box",
    v2=(),
    deprecated="tf.compat.v2.image.sample_distorted_bounding_box",
)
def sample_distorted_bounding_box(
    image_size: Any,
    bounding_boxes: Any,
    seed: int | None = None,
    seed2: int | None = None,
    min_object_covered: Any = 0.1,
    aspect_ratio_range: Any = None,
    area_range: Any = None,
    max_attempts: int | None = None,
    use_image_if_no_bounding_boxes: bool | None = None,
    name: str | None = None,
) -> Any:
    """Draw by lot a part of an image that covers enough of at least one object.

    Args:
      image_size: integer tensor [3]: height, width, channels.
      bounding_boxes: float32 tensor [batch, boxes, 4]: top, left, bottom and right of the objects
        as parts of the height and the width.
      seed: first seed; with both seeds 0 or None every run differs.
      seed2: second seed.
      min_object_covered: float32 scalar: the part of an object that the crop must cover.
      aspect_ratio_range: least and greatest ratio of width to height; 0.75 and 1.33 when None.
      area_range: least and greatest part of the image's area; 0.05 and 1 when None.
      max_attempts: after how many attempts the whole image is taken; 100 when None.
      use_image_if_no_bounding_boxes: whether the image is the object when there are no boxes.
      name: name of the operation.

    Returns:
      (begin [3], size [3], box float32 [1, 1, 4]), the first two for `tf.slice`, the last one for
      `tf.image.draw_bounding_boxes`.

    Raises:
      InvalidArgumentError: (run) no boxes, boxes outside of the image.
    """
    with name_scope(name, "sample_distorted_bounding_box"):
        return SampleDistortedBoundingBoxV2(
            image_size,
            bounding_boxes,
            min_object_covered,
            seed=seed,
            seed2=seed2,
            aspect_ratio_range=aspect_ratio_range,
            area_range=area_range,
            max_attempts=max_attempts,
            use_image_if_no_bounding_boxes=use_image_if_no_bounding_boxes,
            name=name,
        )


@export(v2=("image.sample_distorted_bounding_box",))
def sample_distorted_bounding_box_v2(
    image_size: Any,
    bounding_boxes: Any,
    seed: int = 0,
    min_object_covered: Any = 0.1,
    aspect_ratio_range: Any = None,
    area_range: Any = None,
    max_attempts: int | None = None,
    use_image_if_no_bounding_boxes: bool | None = None,
    name: str | None = None,
) -> Any:
    """Draw a crop by lot; see `tf.compat.v1.image.sample_distorted_bounding_box`.

    Args:
      image_size: integer tensor [3].
      bounding_boxes: float32 tensor [batch, boxes, 4].
      seed: seed of the operation; every run differs when 0.
      min_object_covered: float32 scalar.
      aspect_ratio_range: two numbers.
      area_range: two numbers.
      max_attempts: an int.
      use_image_if_no_bounding_boxes: a bool.
      name: name of the operation.

    Returns:
      (begin [3], size [3], box float32 [1, 1, 4]).
    """
    seed1, seed2 = get_seed(seed) if seed else (0, 0)
    return sample_distorted_bounding_box(
        image_size,
        bounding_boxes,
        seed1,
        seed2,
        min_object_covered,
        aspect_ratio_range,
        area_range,
        max_attempts,
        use_image_if_no_bounding_boxes,
        name,
    )
