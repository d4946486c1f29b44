"""Records of convolutions; the oracle is a sum over window and channels, term by term."""

import itertools

import numpy as np

from headrace._src.ops import conv1d_3d, conv_depthwise
from tests.ops.record import Record, arr


def _pads(size, window, stride, padding, dilation=1):
    reach = (window - 1) * dilation + 1
    if padding == "VALID":
        return (size - reach) // stride + 1, 0
    out = -(-size // stride)
    return out, max((out - 1) * stride + reach - size, 0) // 2


def convolve(x, w, strides, padding, dilation=1, depthwise=False):
    """Channels-last convolution, one output position at a time."""
    n = w.ndim - 2
    outs, starts = zip(
        *(_pads(x.shape[i + 1], w.shape[i], strides[i], padding, dilation) for i in range(n)),
        strict=True,
    )
    channels = w.shape[-2] * w.shape[-1] if depthwise else w.shape[-1]
    y = np.zeros((x.shape[0], *outs, channels))
    for position in itertools.product(*map(range, outs)):
        for tap in itertools.product(*map(range, w.shape[:n])):
            at = [
                p * s + t * dilation - b
                for p, s, t, b in zip(position, strides, tap, starts, strict=True)
            ]
            if all(0 <= a < size for a, size in zip(at, x.shape[1:-1], strict=True)):
                values = x[(slice(None), *at)].astype(float)
                part = (
                    (values[..., None] * w[tap]).reshape(x.shape[0], -1)
                    if depthwise
                    else values @ w[tap].astype(float)
                )
                y[(slice(None), *position)] += part
    return y.astype(x.dtype)


def _ones(n):
    return [1] * (n + 2)


X, W = arr(2, 5, 7, 3), arr(3, 2, 3, 4)
D = arr(3, 2, 3, 2, seed=1)
X3, W3 = arr(1, 3, 5, 4, 2), arr(2, 3, 2, 2, 3)

RECORDS = []
for _padding in ("SAME", "VALID"):
    for _stride in (1, 2):
        RECORDS.append(
            Record(
                "Conv2D",
                lambda tf, x, w, p=_padding, s=_stride: tf.nn.conv2d(x, w, s, p),
                [X, W],
                lambda x, w, p=_padding, s=_stride: convolve(x, w, (s, s), p),
                rtol=1e-4, atol=1e-5, grad=(0, 1), grad_order=1, name=f"{_padding}{_stride}",
            )
        )  # fmt: skip
        RECORDS.append(
            Record(
                "DepthwiseConv2dNative",
                lambda tf, x, w, p=_padding, s=_stride: tf.nn.depthwise_conv2d_native(
                    x, w, [1, s, s, 1], p
                ),
                [X, D],
                lambda x, w, p=_padding, s=_stride: convolve(x, w, (s, s), p, depthwise=True),
                rtol=1e-4, atol=1e-5, grad=(0, 1), name=f"{_padding}{_stride}",
            )
        )  # fmt: skip
RECORDS += [
    Record(
        "Conv2D",
        lambda tf, x, w: tf.nn.conv2d(x, w, 1, "SAME", dilations=2),
        [X, W],
        lambda x, w: convolve(x, w, (1, 1), "SAME", 2),
        rtol=1e-4,
        atol=1e-5,
        grad=(0, 1),
        name="dilated",
        bad_build=[
            (
                [arr(1, 4, 4, 3), arr(2, 2, 4, 5)],
                ValueError,
                "Depth of input .3. is not a multiple",
            ),
            ([arr(4, 4, 3), arr(2, 2, 3, 5)], ValueError, "Shape must be rank 4 but is rank 3"),
        ],
    ),
    Record(
        "Conv2D",
        lambda tf, x, w: tf.nn.conv2d(x, w, [1, 1, 2, 1], "VALID", data_format="NCHW"),
        [arr(2, 3, 5, 7), W],
        lambda x, w: np.moveaxis(convolve(np.moveaxis(x, 1, -1), w, (2, 1), "VALID"), -1, 1),
        rtol=1e-4,
        atol=1e-5,
        grad=(0, 1),
        name="nchw",
    ),
    Record(
        "Conv2D",
        lambda tf, x, w: tf.nn.conv2d(x, w, 1, [[0, 0], [2, 1], [0, 3], [0, 0]]),
        [X, W],
        lambda x, w: convolve(np.pad(x, [(0, 0), (2, 1), (0, 3), (0, 0)]), w, (1, 1), "VALID"),
        rtol=1e-4,
        atol=1e-5,
        grad=(0, 1),
        name="explicit",
    ),
    Record(
        "Conv2D",
        lambda tf, x, w: tf.nn.conv2d(x, w, 1, "VALID"),
        [arr(1, 5, 7, 3), W],
        bad_build=[
            (
                [arr(1, 2, 7, 3), W],
                ValueError,
                "Negative dimension size caused by subtracting 3 from 2",
            )
        ],
        bad_run=[
            ([arr(1, 1, 7, 3), W], "InvalidArgumentError", "Computed output size would be negative")
        ],
        name="small",
    ),
    Record(
        "Conv2D",
        lambda tf, x, w: tf.nn.conv2d(x, w, 2, "SAME"),
        [X, arr(1, 1, 3, 4)],
        lambda x, w: convolve(x, w, (2, 2), "SAME"),
        rtol=1e-4,
        atol=1e-5,
        grad=(0, 1),
        grad_order=2,
        name="pointwise",
    ),
    Record(
        "Conv2D",
        lambda tf, x, w: tf.nn.conv2d(x, w, 1, "SAME"),
        [arr(0, 5, 7, 3), W],
        lambda x, w: np.zeros((0, 5, 7, 4), np.float32),
        name="empty",
    ),
    Record(
        "Conv2DBackpropInput",
        lambda tf, w, dy: tf.nn.conv2d_transpose(dy, w, [2, 5, 7, 3], 2),
        [W, arr(2, 3, 4, 4)],
        rtol=1e-4,
        atol=1e-5,
        grad=(0, 1),
    ),
    Record(
        "Conv2DBackpropFilter",
        lambda tf, x, dy: tf.nn.conv2d_backprop_filter(x, [3, 2, 3, 4], dy, [1, 2, 2, 1], "SAME"),
        [X, arr(2, 3, 4, 4)],
        rtol=1e-4,
        atol=1e-5,
        grad=(0, 1),
    ),
    Record(
        "DepthwiseConv2dNativeBackpropInput",
        lambda tf, w, dy: conv_depthwise.DepthwiseConv2dNativeBackpropInput(
            [2, 5, 7, 3], w, dy, strides=[1, 2, 2, 1], padding="SAME"
        ),
        [D, arr(2, 3, 4, 6)],
        rtol=1e-4,
        atol=1e-5,
        grad=(0, 1),
    ),
    Record(
        "DepthwiseConv2dNativeBackpropFilter",
        lambda tf, x, dy: conv_depthwise.DepthwiseConv2dNativeBackpropFilter(
            x, [3, 2, 3, 2], dy, strides=[1, 2, 2, 1], padding="SAME"
        ),
        [X, arr(2, 3, 4, 6)],
        rtol=1e-4,
        atol=1e-5,
        grad=(0, 1),
    ),
    Record(
        "Conv3D",
        lambda tf, x, w: tf.nn.conv3d(x, w, [1, 1, 2, 1, 1], "SAME"),
        [X3, W3],
        lambda x, w: convolve(x, w, (1, 2, 1), "SAME"),
        rtol=1e-4,
        atol=1e-5,
        grad=(0, 1),
    ),
    Record(
        "Conv3D",
        lambda tf, x, w: tf.nn.conv3d(x, w, _ones(3), "VALID"),
        [X3, W3],
        lambda x, w: convolve(x, w, (1, 1, 1), "VALID"),
        rtol=1e-4,
        atol=1e-5,
        grad=(0, 1),
        name="valid",
    ),
    Record(
        "Conv3DBackpropInputV2",
        lambda tf, w, dy: conv1d_3d.Conv3DBackpropInputV2(
            [1, 3, 5, 4, 2], w, dy, strides=[1, 1, 2, 1, 1], padding="SAME"
        ),
        [W3, arr(1, 3, 3, 4, 3)],
        rtol=1e-4,
        atol=1e-5,
        grad=(0, 1),
    ),
    Record(
        "Conv3DBackpropFilterV2",
        lambda tf, x, dy: conv1d_3d.Conv3DBackpropFilterV2(
            x, [2, 3, 2, 2, 3], dy, strides=[1, 1, 2, 1, 1], padding="SAME"
        ),
        [X3, arr(1, 3, 3, 4, 3)],
        rtol=1e-4,
        atol=1e-5,
        grad=(0, 1),
    ),
    Record(
        "Conv3DBackpropInput",
        lambda tf, x, w, dy: conv1d_3d.Conv3DBackpropInput(
            x, w, dy, strides=_ones(3), padding="SAME"
        ),
        [X3, W3, arr(1, 3, 5, 4, 3)],
        rtol=1e-4,
        atol=1e-5,
    ),
    Record(
        "Conv3DBackpropFilter",
        lambda tf, x, w, dy: conv1d_3d.Conv3DBackpropFilter(
            x, w, dy, strides=_ones(3), padding="SAME"
        ),
        [X3, W3, arr(1, 3, 5, 4, 3)],
        rtol=1e-4,
        atol=1e-5,
    ),
    Record(
        "Conv2D",
        lambda tf, x, w: tf.nn.conv1d(x, w, 2, "SAME"),
        [arr(2, 7, 3), arr(3, 3, 4)],
        lambda x, w: convolve(x, w, (2,), "SAME"),
        rtol=1e-4,
        atol=1e-5,
        grad=(0, 1),
        name="conv1d",
    ),
    Record(
        "Conv2D",
        lambda tf, x, w: tf.nn.atrous_conv2d(x, w, 2, "SAME"),
        [X, W],
        lambda x, w: convolve(x, w, (1, 1), "SAME", 2),
        rtol=1e-4,
        atol=1e-5,
        grad=(0, 1),
        name="atrous",
        limits={"shapes": "building needs a known rank"},
    ),
]
