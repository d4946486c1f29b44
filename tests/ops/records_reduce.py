"""Records of reductions, positions of extrema, running sums, segments and counts."""

import numpy as np

from headrace._src.ops import histogram, sparse_segment
from tests.ops.record import Record, arr, positive

CUBE = arr(2, 3, 5)
IDS = np.array([0, 0, 2, 2, 3], np.int32)
ROWS = arr(5, 3)
UNSORTED = np.array([2, 0, 2, -1, 1], np.int32)
BAD_AXIS = [([arr(2, 3)], ValueError, "Invalid reduction dimension 2 for input with 2 dimensions")]


def _reduction(op, function, oracle, x=CUBE, grad=(0,), **options):
    return [
        Record(
            op,
            lambda tf, x: function(tf)(x),
            [x],
            lambda x: oracle(x),
            grad=grad,
            name="all",
            **options,
        ),
        Record(
            op,
            lambda tf, x: function(tf)(x, 1),
            [x],
            lambda x: oracle(x, axis=1),
            grad=grad,
            name="one",
            **options,
        ),
        Record(
            op,
            lambda tf, x: function(tf)(x, [0, -1], keepdims=True),
            [x],
            lambda x: oracle(x, axis=(0, 2), keepdims=True),
            grad=grad,
            name="keep",
            **options,
        ),
    ]


TRUTH = arr(2, 3, 5) > 0
REDUCTIONS = [
    *_reduction("Sum", lambda tf: tf.reduce_sum, np.sum, grad_order=2),
    *_reduction("Mean", lambda tf: tf.reduce_mean, np.mean, grad_order=2),
    *_reduction(
        "Prod",
        lambda tf: tf.reduce_prod,
        np.prod,
        x=positive(2, 3, 5),
        rtol=1e-4,
        limits={"xla": "setdiff1d"},
    ),
    *_reduction("Max", lambda tf: tf.reduce_max, np.max),
    *_reduction("Min", lambda tf: tf.reduce_min, np.min),
    *_reduction("All", lambda tf: tf.reduce_all, np.all, x=TRUTH, grad=()),
    *_reduction("Any", lambda tf: tf.reduce_any, np.any, x=TRUTH, grad=()),
    *_reduction(
        "EuclideanNorm",
        lambda tf: tf.math.reduce_euclidean_norm,
        lambda x, **k: np.sqrt(np.sum(x * x, **k)),
        grad=(),
    ),
    Record(
        "Sum",
        lambda tf, x: tf.reduce_sum(x, 2),
        [arr(2, 3, 5)],
        lambda x: x.sum(2),
        name="bad",
        bad_build=BAD_AXIS,
    ),
    Record(
        "Sum",
        lambda tf, x, a: tf.reduce_sum(x, a),
        [CUBE, np.array([1, 0], np.int64)],
        lambda x, a: x.sum((0, 1)),
        name="fed",
        bad_run=[
            (
                [CUBE, np.int32(5)],
                "InvalidArgumentError",
                r"Invalid reduction dimension \(5 for input",
            )
        ],
    ),
    Record(
        "Mean",
        lambda tf, x: tf.reduce_mean(x, 0),
        [np.array([[7, -8], [4, -1]], np.int32)],
        lambda x: np.array([5, -4], np.int32),
        name="int",
    ),
    Record(
        "Sum",
        lambda tf, x: tf.reduce_sum(x),
        [np.array([200, 100], np.uint8)],
        lambda x: np.uint8(44),
        name="wrap",
    ),
    Record(
        "Max",
        lambda tf, x: tf.reduce_max(x, 1),
        [np.array([[np.nan, 1], [2, np.nan]], np.float32)],
        lambda x: np.array([1, 2], np.float32),
        name="nan",
    ),
    Record(
        "Max",
        lambda tf, x: tf.reduce_max(x, 0),
        [arr(0, 2)],
        lambda x: np.full(2, -np.inf, np.float32),
        name="empty",
    ),
]

ARGS = [
    Record(
        "ArgMax",
        lambda tf, x: tf.argmax(x, 1),
        [CUBE],
        lambda x: np.argmax(x, 1),
        bad_run=[
            ([arr(2, 0)], "InvalidArgumentError", r"Reduction axis 1 is empty in shape \[2,0\]")
        ],
    ),
    Record(
        "ArgMax",
        lambda tf, x: tf.argmax(x),
        [np.array([np.nan, 1, 3, 3], np.float32)],
        lambda x: np.int64(2),
        name="nan",
    ),
    Record(
        "ArgMin",
        lambda tf, x: tf.argmin(x, -1, output_type=tf.int32),
        [CUBE],
        lambda x: np.argmin(x, -1).astype(np.int32),
    ),
]

CUMULATIVE = [
    Record(
        "Cumsum",
        lambda tf, x: tf.cumsum(x, 1),
        [CUBE],
        lambda x: np.cumsum(x, 1),
        grad=(0,),
        grad_order=2,
    ),
    Record(
        "Cumsum",
        lambda tf, x: tf.cumsum(x, -1, exclusive=True, reverse=True),
        [arr(2, 3)],
        lambda x: np.stack([x[:, 1] + x[:, 2], x[:, 2], 0 * x[:, 0]], 1),
        grad=(0,),
        name="exclusive",
    ),
    Record(
        "Cumsum",
        lambda tf, x: tf.cumsum(x),
        [np.array([100, 100, 100], np.int8)],
        lambda x: np.array([100, -56, 44], np.int8),
        name="wrap",
    ),
    Record(
        "Cumprod",
        lambda tf, x: tf.cumprod(x, 1),
        [positive(2, 3)],
        lambda x: np.cumprod(x, 1),
        grad=(0,),
    ),
    Record(
        "Cumprod",
        lambda tf, x: tf.cumprod(x, 0, exclusive=True),
        [positive(3)],
        lambda x: np.array([1, x[0], x[0] * x[1]]),
        grad=(0,),
        name="exclusive",
    ),
    Record(
        "CumulativeLogsumexp",
        lambda tf, x: tf.math.cumulative_logsumexp(x, 1),
        [arr(2, 3)],
        lambda x: np.log(np.cumsum(np.exp(x), 1)),
    ),
]


def _by_group(rows, ids, count, function, empty=0.0):
    return np.stack(
        [
            function(rows[ids == i], 0)
            if np.any(ids == i)
            else np.full(rows.shape[1:], empty, rows.dtype)
            for i in range(count)
        ]
    )


DECREASING = [([ROWS, IDS[::-1].copy()], "InvalidArgumentError", "segment ids are not increasing")]
SEGMENTS = [
    Record(
        "SegmentSum",
        lambda tf, x, i: tf.segment_sum(x, i),
        [ROWS, IDS],
        lambda x, i: _by_group(x, i, 4, np.sum),
        grad=(0,),
        bad_run=DECREASING,
    ),
    Record(
        "SegmentMean",
        lambda tf, x, i: tf.segment_mean(x, i),
        [ROWS, IDS],
        lambda x, i: _by_group(x, i, 4, np.mean),
        grad=(0,),
    ),
    Record(
        "SegmentProd",
        lambda tf, x, i: tf.segment_prod(x, i),
        [ROWS, IDS],
        lambda x, i: _by_group(x, i, 4, np.prod, 1.0),
    ),
    Record(
        "SegmentMax",
        lambda tf, x, i: tf.segment_max(x, i),
        [ROWS, IDS],
        lambda x, i: _by_group(x, i, 4, np.max),
        grad=(0,),
    ),
    Record(
        "SegmentMin",
        lambda tf, x, i: tf.segment_min(x, i),
        [ROWS, IDS],
        lambda x, i: _by_group(x, i, 4, np.min),
        grad=(0,),
    ),
    Record(
        "UnsortedSegmentSum",
        lambda tf, x, i: tf.unsorted_segment_sum(x, i, 4),
        [ROWS, UNSORTED],
        lambda x, i: _by_group(x, i, 4, np.sum),
        grad=(0,),
        limits={"shapes": "the gradient of negative ids needs known ranks"},
    ),
    Record(
        "UnsortedSegmentProd",
        lambda tf, x, i: tf.unsorted_segment_prod(x, i, 4),
        [ROWS, UNSORTED],
        lambda x, i: _by_group(x, i, 4, np.prod, 1.0),
        grad=(0,),
    ),
    Record(
        "UnsortedSegmentMax",
        lambda tf, x, i: tf.unsorted_segment_max(x, i, 3),
        [ROWS, UNSORTED],
        lambda x, i: _by_group(x, i, 3, np.max),
        grad=(0,),
    ),
    Record(
        "UnsortedSegmentMin",
        lambda tf, x, i: tf.unsorted_segment_min(x, i, 3),
        [ROWS, UNSORTED],
        lambda x, i: _by_group(x, i, 3, np.min),
        grad=(0,),
    ),
]

LOOK_UP = np.array([2, 0, 1, 1, 4], np.int32)


def _looked_up(divide):
    def oracle(x, look_up, ids):
        sums = _by_group(x[look_up], ids, 4, np.sum)
        sizes = np.maximum(np.bincount(ids, minlength=4), 1)[:, None]
        return (sums / divide(sizes)).astype(x.dtype)

    return oracle


def _padded(divide):
    return lambda x, j, i: np.concatenate([_looked_up(divide)(x, j, i), np.zeros((2, 3), x.dtype)])


SPARSE = []
for _name, _word, _divide in (
    ("Sum", "sum", np.ones_like),
    ("Mean", "mean", lambda s: s),
    ("SqrtN", "sqrt_n", np.sqrt),
):
    SPARSE += [
        Record(
            f"SparseSegment{_name}",
            lambda tf, x, j, i, w=_word: getattr(tf.sparse, f"segment_{w}")(x, j, i),
            [ROWS, LOOK_UP, IDS],
            _looked_up(_divide),
            grad=(0,),
        ),
        Record(
            f"SparseSegment{_name}WithNumSegments",
            lambda tf, x, j, i, w=_word: getattr(tf.sparse, f"segment_{w}")(
                x, j, i, num_segments=6
            ),
            [ROWS, LOOK_UP, IDS],
            _padded(_divide),
            grad=(0,),
        ),
    ]
SPARSE += [
    Record(
        "SparseSegmentMeanGrad",
        lambda tf, x, j, i: sparse_segment.SparseSegmentMeanGrad(x, j, i, 6),
        [arr(4, 3), LOOK_UP, IDS],
        None,
    ),
    Record(
        "SparseSegmentSqrtNGrad",
        lambda tf, x, j, i: sparse_segment.SparseSegmentSqrtNGrad(x, j, i, 6),
        [arr(4, 3), LOOK_UP, IDS],
        None,
    ),
]

COUNTS = [
    Record(
        "HistogramFixedWidth",
        lambda tf, x: tf.histogram_fixed_width(x, [0.0, 5.0], nbins=5),
        [np.array([-1.0, 0.0, 1.5, 2.0, 5.0, 15.0], np.float32)],
        lambda x: np.array([2, 1, 1, 0, 2], np.int32),
    ),
    Record(
        "Bincount",
        lambda tf, x: histogram.Bincount(x, 3, tf.constant([], tf.float32)),
        [np.array([1, 1, 3, 0], np.int32)],
        lambda x: np.array([1, 2, 0], np.float32),
    ),
    Record(
        "Bucketize",
        lambda tf, x: histogram.Bucketize(x, boundaries=[0.0, 10.0, 100.0]),
        [np.array([[-5.0, 10000.0], [150.0, 10.0], [5.0, 100.0]], np.float32)],
        lambda x: np.array([[0, 3], [3, 2], [1, 3]], np.int32),
    ),
]

RECORDS = [*REDUCTIONS, *ARGS, *CUMULATIVE, *SEGMENTS, *SPARSE, *COUNTS]
