"""Records of pooling, batch normalisation and local response normalisation."""

import itertools

import numpy as np

from headrace._src.ops import avg_pooling, batch_norm, normalization, pooling, pooling3d
from tests.ops.record import Record, arr, distinct, positive


def _windows(x, ksize, strides, padding):
    """Output shape, and (output position, input slices) of every window."""
    outs, starts = [], []
    for size, window, stride in zip(x.shape[1:-1], ksize, strides, strict=True):
        if padding == "VALID":
            outs.append((size - window) // stride + 1)
            starts.append(0)
        else:
            out = -(-size // stride)
            outs.append(out)
            starts.append(max((out - 1) * stride + window - size, 0) // 2)
    cells = []
    for position in itertools.product(*map(range, outs)):
        where = tuple(
            slice(max(p * s - b, 0), p * s - b + k)
            for p, s, b, k in zip(position, strides, starts, ksize, strict=True)
        )
        cells.append((position, where))
    return (x.shape[0], *outs, x.shape[-1]), cells


def pooled(x, ksize, strides, padding, reduce):
    shape, cells = _windows(x, ksize, strides, padding)
    y = np.zeros(shape, x.dtype)
    axes = tuple(range(1, x.ndim - 1))
    for position, where in cells:
        y[(slice(None), *position)] = reduce(x[(slice(None), *where)], axis=axes)
    return y


X = distinct(2, 5, 7, 3)
X3 = distinct(1, 3, 5, 4, 2)
TIES = np.ones((1, 5, 7, 2), np.float32)
_POOL = {"ksize": [1, 3, 2, 1], "strides": [1, 2, 2, 1], "padding": "SAME"}
_POOL3 = {"ksize": [1, 2, 2, 2, 1], "strides": [1, 1, 2, 1, 1], "padding": "SAME"}
Y = pooled(X, (3, 2), (2, 2), "SAME", np.max)
Y3 = pooled(X3, (2, 2, 2), (1, 2, 1), "SAME", np.max)


def _call(spec, **attrs):
    return lambda tf, *inputs: spec(*inputs, **attrs)


def _argmax(x):
    flat = np.arange(5 * 7 * 3).reshape(1, 5, 7, 3) * np.ones((2, 1, 1, 1), int)
    shape, cells = _windows(x, (3, 2), (2, 2), "SAME")
    out = np.zeros(shape, np.int64)
    for position, where in cells:
        part, places = x[(slice(None), *where)], flat[(slice(None), *where)]
        for b, c in np.ndindex(2, 3):
            out[(b, *position, c)] = places[b, ..., c].ravel()[part[b, ..., c].argmax()]
    return Y, out


RECORDS = []
for _name, _spec, _reduce in (
    ("MaxPool", pooling.MaxPool, np.max),
    ("AvgPool", avg_pooling.AvgPool, np.mean),
):
    for _padding in ("SAME", "VALID"):
        RECORDS.append(
            Record(
                _name,
                _call(_spec, ksize=[1, 3, 2, 1], strides=[1, 2, 1, 1], padding=_padding),
                [X],
                lambda x, p=_padding, r=_reduce: pooled(x, (3, 2), (2, 1), p, r),
                grad=(0,), grad_order=2, name=_padding,
                bad_build=[([arr(5, 7, 3)], ValueError, "Shape must be rank 4 but is rank 3")],
            )
        )  # fmt: skip
    RECORDS.append(
        Record(
            _name,
            _call(
                _spec, ksize=[1, 1, 3, 2], strides=[1, 1, 2, 1], padding="SAME", data_format="NCHW"
            ),
            [arr(2, 3, 5, 7)],
            lambda x, r=_reduce: np.moveaxis(
                pooled(np.moveaxis(x, 1, -1), (3, 2), (2, 1), "SAME", r), -1, 1
            ),
            name="nchw",
        )
    )
for _name, _spec, _reduce in (
    ("MaxPool3D", pooling3d.MaxPool3D, np.max),
    ("AvgPool3D", pooling3d.AvgPool3D, np.mean),
):
    RECORDS.append(
        Record(
            _name, _call(_spec, **_POOL3), [X3],
            lambda x, r=_reduce: pooled(x, (2, 2, 2), (1, 2, 1), "SAME", r),
            grad=(0,) if _name[0] == "A" else (),
        )
    )  # fmt: skip

RECORDS += [
    Record(
        "MaxPool",
        _call(pooling.MaxPool, ksize=[1, 1, 1, 2], strides=[1, 1, 1, 2], padding="SAME"),
        [arr(2, 3, 5, 4)],
        lambda x: x.reshape(2, 3, 5, 2, 2).max(-1),
        name="depth",
        bad_run=[([arr(1, 1, 1, 3)], "UnimplementedError", "evenly divide")],
    ),
    Record("MaxPoolGrad", _call(pooling.MaxPoolGrad, **_POOL), [X, Y, arr(2, 3, 4, 3)], grad=(2,)),
    Record(
        "MaxPoolGrad",
        lambda tf, x: tf.gradients(tf.nn.max_pool(x, 3, 1, "SAME"), x),
        [TIES],
        name="ties",
    ),
    Record(
        "MaxPoolGrad",
        lambda tf, x: tf.gradients(tf.nn.max_pool(x, 9, 9, "SAME"), x),
        [X],
        name="large window",
    ),
    Record(
        "MaxPoolGradGrad",
        _call(pooling.MaxPoolGradGrad, **_POOL),
        [X, Y, arr(2, 5, 7, 3)],
        grad=(2,),
    ),
    Record(
        "MaxPoolV2",
        lambda tf, x: pooling.MaxPoolV2(x, [1, 3, 2, 1], [1, 2, 2, 1], padding="SAME"),
        [X],
        lambda x: Y,
        grad=(0,),
        grad_order=2,
    ),
    Record(
        "MaxPoolGradV2",
        lambda tf, x, y, g: pooling.MaxPoolGradV2(
            x, y, g, [1, 3, 2, 1], [1, 2, 2, 1], padding="SAME"
        ),
        [X, Y, arr(2, 3, 4, 3)],
        grad=(2,),
    ),
    Record(
        "MaxPoolGradGradV2",
        lambda tf, x, y, g: pooling.MaxPoolGradGradV2(
            x, y, g, [1, 3, 2, 1], [1, 2, 2, 1], padding="SAME"
        ),
        [X, Y, arr(2, 5, 7, 3)],
    ),
    Record("MaxPoolWithArgmax", _call(pooling.MaxPoolWithArgmax, **_POOL), [X], _argmax),
    Record(
        "MaxPoolGradWithArgmax",
        lambda tf, x: tf.gradients(
            tf.nn.max_pool_with_argmax(x, [1, 3, 3, 1], [1, 1, 1, 1], "SAME")[0], x
        ),
        [X],
    ),
    Record(
        "MaxPoolGradGradWithArgmax",
        lambda tf, x, g, i: pooling.MaxPoolGradGradWithArgmax(x, g, i, **_POOL),
        [X, X, _argmax(X)[1]],
        lambda x, g, i: Y,
    ),
    Record(
        "AvgPoolGrad",
        lambda tf, g: avg_pooling.AvgPoolGrad([2, 5, 7, 3], g, **_POOL),
        [arr(2, 3, 4, 3)],
        grad=(0,),
    ),
    Record("MaxPool3DGrad", _call(pooling3d.MaxPool3DGrad, **_POOL3), [X3, Y3, arr(1, 3, 3, 4, 2)]),
    Record(
        "MaxPool3DGradGrad",
        _call(pooling3d.MaxPool3DGradGrad, **_POOL3),
        [X3, Y3, arr(1, 3, 5, 4, 2)],
    ),
    Record(
        "AvgPool3DGrad",
        lambda tf, g: pooling3d.AvgPool3DGrad([1, 3, 5, 4, 2], g, **_POOL3),
        [arr(1, 3, 3, 4, 2)],
        grad=(0,),
    ),
]


def _norm(x, scale, offset, mean, var, eps=0.001):
    return (x - mean) / np.sqrt(var + eps) * scale + offset


def _train(x, scale, offset):
    mean, var = x.mean((0, 1, 2)), x.var((0, 1, 2))
    unbiased = x.var((0, 1, 2), ddof=1)
    return _norm(x, scale, offset, mean, var), mean, unbiased, mean, var


VECTORS = [positive(3), arr(3), arr(3, seed=1), positive(3, seed=1)]
IMAGES = arr(2, 5, 7, 3)


def _lrn(x, r, bias, alpha, beta):
    c = x.shape[-1]
    energy = np.stack([(x[..., max(i - r, 0) : i + r + 1] ** 2).sum(-1) for i in range(c)], -1)
    return x / (bias + alpha * energy) ** beta


for _version in ("", "V2", "V3"):
    _spec = getattr(batch_norm, "FusedBatchNorm" + _version)
    RECORDS += [
        Record(
            "FusedBatchNorm" + _version,
            lambda tf, x, s, o, f=_spec: f(x, s, o, [], [], epsilon=0.001)[:5],
            [IMAGES, *VECTORS[:2]], _train, rtol=1e-4, atol=1e-5, name="train",
            bad_build=[([IMAGES, arr(4), arr(3)], ValueError, "must be equal, but are 3 and 4")],
        ),
        Record(
            "FusedBatchNorm" + _version,
            lambda tf, *v, f=_spec: f(*v, epsilon=0.001, is_training=False)[0],
            [IMAGES, *VECTORS], _norm, rtol=1e-4, atol=1e-5, name="inference",
        ),
    ]  # fmt: skip
    _grad = getattr(batch_norm, "FusedBatchNormGrad" + _version)
    _extra = [0.0] if _version == "V3" else []
    RECORDS.append(
        Record(
            "FusedBatchNormGrad" + _version,
            lambda tf, dy, x, s, m, v, f=_grad, e=_extra: f(dy, x, s, m, v, *e)[:3],
            [IMAGES[::-1], IMAGES, VECTORS[0], IMAGES.mean((0, 1, 2)), IMAGES.var((0, 1, 2))],
            rtol=1e-4, atol=1e-4,
        )
    )  # fmt: skip
RECORDS += [
    Record(
        "LRN",
        lambda tf, x: tf.nn.lrn(x, 1, 2.0, 0.3, 0.7),
        [arr(2, 3, 5, 7)],
        lambda x: _lrn(x, 1, 2.0, 0.3, 0.7),
    ),
    Record(
        "LRN",
        lambda tf, x: tf.nn.lrn(x),
        [arr(2, 3, 5, 7)],
        lambda x: _lrn(x, 5, 1, 1, 0.5),
        name="wide",
    ),
    Record(
        "LRNGrad",
        _call(normalization.LRNGrad, depth_radius=2),
        [arr(2, 3, 5, 7, seed=1), arr(2, 3, 5, 7), _lrn(arr(2, 3, 5, 7), 2, 1, 1, 0.5)],
        rtol=1e-4,
    ),
]
