"""Records of image ops: resizing and colours."""

import colorsys

import numpy as np

from headrace._src.ops import image_color, image_resize
from tests.ops.record import Record, arr, ints


def _axis_linear(size, out):
    rows = np.zeros((out, size))
    for i in range(out):
        place = i * size / out
        low = int(place)
        rows[i, low] += 1 - (place - low)
        rows[i, min(low + 1, size - 1)] += place - low
    return rows


def _linear(x, height, width):
    return np.einsum(
        "ph,bhwc,qw->bpqc", _axis_linear(x.shape[1], height), x, _axis_linear(x.shape[2], width)
    ).astype(np.float32)


def _nearest(x, height, width):
    rows = [i * x.shape[1] // height for i in range(height)]
    columns = [i * x.shape[2] // width for i in range(width)]
    return x[:, rows][:, :, columns]


def _area(x, height, width):
    """Exact for sizes that divide."""
    b, h, w, c = x.shape
    return x.reshape(b, height, h // height, width, w // width, c).mean((2, 4))


def _contrast(x, f):
    mean = x.mean((1, 2), keepdims=True)
    return (x - mean) * f + mean


def _colors(function):
    def convert(x, *rest):
        flat = [function(*map(float, pixel), *rest) for pixel in x.reshape(-1, 3)]
        return np.array(flat, np.float32).reshape(x.shape)

    return convert


def _hue(r, g, b, delta):
    h, s, v = colorsys.rgb_to_hsv(r, g, b)
    return colorsys.hsv_to_rgb((h + float(delta)) % 1, s, v)


def _saturation(r, g, b, scale):
    h, s, v = colorsys.rgb_to_hsv(r, g, b)
    return colorsys.hsv_to_rgb(h, min(max(s * float(scale), 0), 1), v)


def _call(spec, **attrs):
    return lambda tf, *inputs: spec(*inputs, **attrs)


X = arr(2, 5, 7, 3)
RGB = arr(5, 7, 3, low=0, high=1)

RECORDS = [
    Record(
        "ResizeBilinear",
        lambda tf, x: tf.image.resize_bilinear(x, [3, 11]),
        [X],
        lambda x: _linear(x, 3, 11),
        bad_build=[([arr(5, 7, 3)], ValueError, "Shape must be rank 4 but is rank 3")],
        bad_run=[([arr(1, 0, 7, 3)], "InvalidArgumentError", "non-zero size")],
    ),
    Record(
        "ResizeBilinear",
        lambda tf, x: tf.image.resize_bilinear(x, [3, 11], align_corners=True),
        [ints(2, 5, 7, 3, high=255, dtype=np.uint8)],
        rtol=1e-4,
        name="uint8",
    ),
    Record("ResizeBilinearGrad", _call(image_resize.ResizeBilinearGrad), [arr(2, 3, 11, 3), X]),
    Record(
        "ResizeNearestNeighbor",
        lambda tf, x: tf.image.resize_nearest_neighbor(x, [3, 11]),
        [X],
        lambda x: _nearest(x, 3, 11),
        grad=(0,),
    ),
    Record(
        "ResizeNearestNeighborGrad",
        lambda tf, g: image_resize.ResizeNearestNeighborGrad(g, [5, 7]),
        [arr(2, 3, 11, 3)],
    ),
    Record(
        "ResizeBicubic",
        lambda tf, x: tf.image.resize_bicubic(x, [3, 11]),
        [X],
        rtol=1e-4,
        atol=1e-5,
    ),
    Record(
        "ResizeBicubicGrad",
        _call(image_resize.ResizeBicubicGrad),
        [arr(2, 3, 11, 3), X],
        rtol=1e-4,
        atol=1e-5,
    ),
    Record(
        "ResizeArea",
        lambda tf, x: tf.image.resize_area(x, [3, 2]),
        [arr(2, 6, 4, 3)],
        lambda x: _area(x, 3, 2),
    ),
    Record(
        "AdjustContrastv2",
        lambda tf, x: tf.image.adjust_contrast(x, 1.5),
        [X],
        lambda x: _contrast(x, 1.5),
    ),
    Record(
        "RGBToHSV",
        lambda tf, x: tf.image.rgb_to_hsv(x),
        [RGB],
        _colors(colorsys.rgb_to_hsv),
        grad=(0,),
        bad_build=[([arr(2, 4)], ValueError, "Dimension must be 3 but is 4")],
    ),
    Record(
        "HSVToRGB",
        lambda tf, x: tf.image.hsv_to_rgb(x),
        [RGB],
        _colors(colorsys.hsv_to_rgb),
        atol=1e-5,
    ),
    Record(
        "AdjustHue",
        _call(image_color.AdjustHue),
        [RGB, np.float32(0.3)],
        _colors(_hue),
        atol=1e-5,
    ),
    Record(
        "AdjustSaturation",
        _call(image_color.AdjustSaturation),
        [RGB, np.float32(1.7)],
        _colors(_saturation),
        atol=1e-5,
    ),
]
