"""Products and convolutions are weighed by their floating-point operations, as counted by hand."""

import numpy as np
import pytest

import headrace as tf
from headrace._src.engine import costs

X2, X3 = (2, 8, 6, 3), (2, 4, 6, 5, 3)


def of(shape):
    return tf.placeholder(tf.float32, shape)


def conv2d():
    return tf.nn.conv2d(of(X2), of((5, 3, 3, 7)), [1, 2, 2, 1], "SAME")


def conv3d():
    return tf.nn.conv3d(of(X3), of((3, 2, 1, 3, 7)), [1, 1, 1, 1, 1], "SAME")


def depthwise():
    return tf.nn.depthwise_conv2d(of(X2), of((5, 3, 3, 2)), [1, 1, 1, 1], "SAME")


# Results, times the elements of the filter that each takes, times two.
CONV2D = 2 * (2 * 4 * 3 * 7) * (5 * 3 * 3)
CONV3D = 2 * (2 * 4 * 6 * 5 * 7) * (3 * 2 * 1 * 3)
DEPTHWISE = 2 * (2 * 8 * 6 * 6) * (5 * 3)
CASES = {
    "Conv2D": (conv2d, CONV2D),
    "Conv2DBackpropInput": (lambda: gradient(conv2d, 0), CONV2D),
    "Conv2DBackpropFilter": (lambda: gradient(conv2d, 1), CONV2D),
    "Conv3D": (conv3d, CONV3D),
    "Conv3DBackpropInputV2": (lambda: gradient(conv3d, 0), CONV3D),
    "Conv3DBackpropFilterV2": (lambda: gradient(conv3d, 1), CONV3D),
    "DepthwiseConv2dNative": (depthwise, DEPTHWISE),
    "DepthwiseConv2dNativeBackpropInput": (lambda: gradient(depthwise, 0), DEPTHWISE),
    "DepthwiseConv2dNativeBackpropFilter": (lambda: gradient(depthwise, 1), DEPTHWISE),
    "MatMul": (lambda: tf.matmul(of((4, 5)), of((4, 3)), transpose_a=True), 2 * 5 * 3 * 4),
    "BatchMatMulV2": (lambda: tf.matmul(of((7, 2, 5)), of((7, 5, 3))), 2 * 7 * 2 * 3 * 5),
}


def gradient(build, position):
    y = build()
    return tf.gradients(y, y.op.inputs[position])[0]


@pytest.mark.parametrize("kind", CASES)
def test_operations(kind):
    build, operations = CASES[kind]
    fetch = build()
    with tf.Session() as sess:
        given = [op.outputs[0] for op in sess.graph.get_operations() if op.type == "Placeholder"]
        sess.run(fetch, {x: np.ones(x.shape) for x in given})
        known = sess.prepared[0].plan.costs
    (pair,) = [pair for op, pair in known.items() if op.type == kind]
    slow, fast = pair
    assert fast == pytest.approx(operations * costs._FLOP)
    assert slow > fast
