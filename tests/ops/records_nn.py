"""Records of activations, softmax, losses on logits, and biases."""

import numpy as np
from scipy import special

from headrace._src.ops import nn_activations, nn_bias, nn_losses
from tests.ops.record import Record, arr, distinct, ints

_SCALE, _ALPHA = 1.0507009873554805, 1.6732632423543772


def _softmax(x):
    return special.softmax(x, axis=-1)


def _sparse_backprop(x, labels):
    return _softmax(x) - np.eye(x.shape[-1])[labels]


def _nchw(x, b):
    return x + b.reshape(-1, 1, 1)


X = distinct(5, 3)
DY = arr(5, 3)
P = _softmax(arr(5, 3, seed=1))
OUT = np.where(X > 0, X, np.expm1(X)).astype(np.float32)


def _call(spec, **attrs):
    return lambda tf, *inputs: spec(*inputs, **attrs)


RECORDS = [
    Record("Relu", lambda tf, x: tf.nn.relu(x), [X], lambda x: np.maximum(x, 0), grad=(0,)),
    Record(
        "Relu",
        lambda tf, x: tf.nn.relu(x),
        [ints(5, low=-3)],
        lambda x: np.maximum(x, 0),
        name="int",
    ),
    Record(
        "ReluGrad",
        _call(nn_activations.ReluGrad),
        [DY, X],
        lambda g, x: g * (x > 0),
        grad=(0,),
        bad_build=[([arr(2), arr(3)], ValueError, "Dimension.* must be equal")],
    ),
    Record("Relu6", lambda tf, x: tf.nn.relu6(x), [X * 3], lambda x: np.clip(x, 0, 6), grad=(0,)),
    Record(
        "Relu6Grad",
        _call(nn_activations.Relu6Grad),
        [DY, X * 3],
        lambda g, x: g * ((x > 0) & (x < 6)),
        grad=(0,),
    ),
    Record(
        "LeakyRelu",
        lambda tf, x: tf.nn.leaky_relu(x, 0.3),
        [X],
        lambda x: np.where(x > 0, x, np.float32(0.3) * x),
        grad=(0,),
    ),
    Record(
        "LeakyReluGrad",
        _call(nn_activations.LeakyReluGrad, alpha=0.3),
        [DY, X],
        lambda g, x: np.where(x > 0, g, np.float32(0.3) * g),
        grad=(0,),
    ),
    Record(
        "Elu",
        lambda tf, x: tf.nn.elu(x),
        [X],
        lambda x: np.where(x > 0, x, np.expm1(x)),
        grad=(0,),
        grad_order=2,
    ),
    Record(
        "EluGrad",
        _call(nn_activations.EluGrad),
        [DY, OUT],
        lambda g, y: np.where(y < 0, g * (y + 1), g),
        grad=(0, 1),
    ),
    Record(
        "Selu",
        lambda tf, x: tf.nn.selu(x),
        [X],
        lambda x: _SCALE * np.where(x > 0, x, _ALPHA * np.expm1(x)),
        grad=(0,),
        grad_order=2,
    ),
    Record(
        "SeluGrad",
        _call(nn_activations.SeluGrad),
        [DY, OUT],
        lambda g, y: np.where(y < 0, g * (y + _SCALE * _ALPHA), _SCALE * g),
        grad=(0, 1),
    ),
    Record(
        "Softplus",
        lambda tf, x: tf.nn.softplus(x),
        [X],
        lambda x: np.logaddexp(x, 0),
        grad=(0,),
        grad_order=2,
    ),
    Record(
        "SoftplusGrad",
        _call(nn_activations.SoftplusGrad),
        [DY, X],
        lambda g, x: g * special.expit(x),
        grad=(0, 1),
    ),
    Record("Softsign", lambda tf, x: tf.nn.softsign(x), [X], lambda x: x / (1 + abs(x)), grad=(0,)),
    Record(
        "SoftsignGrad",
        _call(nn_activations.SoftsignGrad),
        [DY, X],
        lambda g, x: g / (1 + abs(x)) ** 2,
    ),
    Record(
        "Softmax",
        lambda tf, x: tf.nn.softmax(x),
        [arr(2, 5, 3)],
        _softmax,
        grad=(0,),
        grad_order=2,
        bad_build=[([np.float32(1)], ValueError, "at least rank 1 but is rank 0")],
    ),
    Record("Softmax", lambda tf, x: tf.nn.softmax(x), [arr(0, 3)], _softmax, name="empty"),
    Record(
        "Softmax",
        lambda tf, x: tf.nn.softmax(x),
        [np.float32([[1000, -1000, 999]])],
        _softmax,
        name="large",
    ),
    Record(
        "LogSoftmax",
        lambda tf, x: tf.nn.log_softmax(x),
        [arr(5, 3)],
        lambda x: special.log_softmax(x, axis=-1),
        grad=(0,),
        grad_order=2,
    ),
    Record(
        "SoftmaxCrossEntropyWithLogits",
        _call(nn_losses.SoftmaxCrossEntropyWithLogits),
        [arr(5, 3), P],
        lambda x, p: (-(p * special.log_softmax(x, axis=-1)).sum(-1), _softmax(x) - p),
        bad_build=[
            ([arr(2, 3), arr(2, 4)], ValueError, "Dimensions must be equal, but are 3 and 4"),
            ([arr(3), arr(3)], ValueError, "Shape must be rank 2 but is rank 1"),
        ],
    ),
    Record(
        "SoftmaxCrossEntropyWithLogits",
        lambda tf, x, p: tf.nn.softmax_cross_entropy_with_logits_v2(labels=p, logits=x),
        [arr(5, 3), P],
        lambda x, p: -(p * special.log_softmax(x, axis=-1)).sum(-1),
        grad=(0, 1),
        name="function",
    ),
    Record(
        "SparseSoftmaxCrossEntropyWithLogits",
        _call(nn_losses.SparseSoftmaxCrossEntropyWithLogits),
        [arr(5, 3), ints(5, high=3)],
        lambda x, i: (
            -np.take_along_axis(special.log_softmax(x, axis=-1), i[:, None], 1)[:, 0],
            _sparse_backprop(x, i),
        ),
        bad_build=[([arr(2, 3), ints(3)], ValueError, "Dimensions must be equal, but are 2 and 3")],
        bad_run=[
            ([arr(2, 3), np.int32([0, 3])], "InvalidArgumentError", "Received a label value of 3")
        ],
    ),
    Record(
        "SparseSoftmaxCrossEntropyWithLogits",
        lambda tf, x: tf.nn.sparse_softmax_cross_entropy_with_logits(
            labels=[0, 2, 1, 1, 0], logits=x
        ),
        [arr(5, 3)],
        grad=(0,),
        name="function",
    ),
    Record(
        "L2Loss",
        lambda tf, x: tf.nn.l2_loss(x),
        [arr(5, 3)],
        lambda x: (x**2).sum() / 2,
        grad=(0,),
        grad_order=2,
    ),
    Record(
        "L2Loss", lambda tf, x: tf.nn.l2_loss(x), [arr(0, 3)], lambda x: np.float32(0), name="empty"
    ),
    Record(
        "BiasAdd",
        lambda tf, x, b: tf.nn.bias_add(x, b),
        [arr(2, 5, 3), arr(3)],
        lambda x, b: x + b,
        grad=(0, 1),
        grad_order=2,
        bad_build=[
            ([arr(2, 3), arr(4)], ValueError, "Dimensions must be equal, but are 3 and 4"),
            ([arr(3), arr(3)], ValueError, "Shape must be at least rank 2 but is rank 1"),
        ],
        bad_run=[([arr(2, 3), arr(4)], "InvalidArgumentError", "Must provide as many biases")],
    ),
    Record(
        "BiasAdd",
        lambda tf, x, b: tf.nn.bias_add(x, b, data_format="NCHW"),
        [arr(2, 3, 5, 7), arr(3)],
        _nchw,
        grad=(0, 1),
        grad_order=2,
        name="nchw",
    ),
    Record(
        "BiasAddGrad",
        _call(nn_bias.BiasAddGrad),
        [arr(2, 5, 3)],
        lambda x: x.sum((0, 1)),
        grad=(0,),
    ),
    Record(
        "BiasAddGrad",
        _call(nn_bias.BiasAddGrad, data_format="NCHW"),
        [ints(2, 3, 5)],
        lambda x: x.sum((0, 2), dtype=x.dtype),
        name="nchw",
    ),
    Record(
        "BiasAddV1",
        _call(nn_bias.BiasAddV1),
        [arr(2, 5, 3), arr(3)],
        lambda x, b: x + b,
        grad=(0, 1),
    ),
]
