"""Records of shapes as values, of sets and partitions, and of slices that are updated."""

import numpy as np

from headrace._src.ops import partition, shapes, strided_slice
from tests.ops.record import Record, arr

X = arr(2, 3, 5)
M = arr(2, 3, seed=1)
ROWS = arr(4, 3, seed=2)
PLACES = np.array([2, 0, 2, 1], np.int32)
NUMBERS = np.array([4, 9, 4, 2, 9, 4], np.int32)
TABLE = np.array([[3, 1], [3, 1], [2, 1]], np.int32)
ONE = np.int64(1)


def _with_columns(x, value):
    out = x.copy()
    out[:, 1:3] = value
    return out


def _stitched(a, b):
    out = np.zeros((4, 3), np.float32)
    out[[2, 0]], out[[1, 3]] = a, b
    return out


RECORDS = [
    Record("Shape", lambda tf, x: shapes.Shape(x), [X], lambda x: np.array(x.shape, np.int32)),
    Record(
        "Shape",
        lambda tf, x: shapes.Shape(x, out_type=tf.int64),
        [X],
        lambda x: np.array(x.shape, np.int64),
        name="wide",
    ),
    Record("Size", lambda tf, x: shapes.Size(x), [X], lambda x: np.int32(x.size)),
    Record("Size", lambda tf, x: shapes.Size(x), [arr(2, 0)], lambda x: np.int32(0), name="empty"),
    Record("Rank", lambda tf, x: shapes.Rank(x), [X], lambda x: np.int32(x.ndim)),
    Record(
        "Unique",
        lambda tf, x: list(tf.unique(x)),
        [NUMBERS],
        lambda x: [np.int32([4, 9, 2]), np.int32([0, 1, 0, 2, 1, 0])],
        bad_build=[([TABLE], ValueError, "Shape must be rank 1 but is rank 2")],
        bad_run=[([TABLE], "InvalidArgumentError", "unique expects a 1D vector")],
    ),
    Record(
        "Unique",
        lambda tf, x: list(tf.unique(x, tf.int64)),
        [["b", "a", "b"]],
        lambda x: [["b", "a"], np.array([0, 1, 0])],
        name="strings",
    ),
    Record(
        "UniqueWithCounts",
        lambda tf, x: list(tf.unique_with_counts(x)),
        [NUMBERS],
        lambda x: [np.int32([4, 9, 2]), np.int32([0, 1, 0, 2, 1, 0]), np.int32([3, 2, 1])],
    ),
    Record(
        "UniqueV2",
        lambda tf, x: list(partition.UniqueV2(x, [ONE])),
        [TABLE],
        lambda x: [x, np.int32([0, 1])],
        limits={"shapes": "as in TensorFlow 1.15, the static shape is right for vectors only"},
    ),
    Record(
        "UniqueWithCountsV2",
        lambda tf, x: list(partition.UniqueWithCountsV2(x, [0 * ONE])),
        [TABLE],
        lambda x: [x[1:], np.int32([0, 0, 1]), np.int32([2, 1])],
        limits={"shapes": "as in TensorFlow 1.15, the static shape is right for vectors only"},
        bad_run=[([np.int32(3)], "InvalidArgumentError", "axis")],
    ),
    Record(
        "ListDiff",
        lambda tf, x, y: list(tf.setdiff1d(x, y)),
        [NUMBERS, np.array([9, 7], np.int32)],
        lambda x, y: [np.int32([4, 4, 2, 4]), np.int32([0, 2, 3, 5])],
    ),
    Record(
        "DynamicPartition",
        lambda tf, x, p: tf.dynamic_partition(x, p, 3),
        [ROWS, PLACES],
        lambda x, p: [x[p == i] for i in range(3)],
        grad=(0,),
        bad_run=[
            (
                [ROWS, np.array([0, 3, 1, 0], np.int32)],
                "InvalidArgumentError",
                r"is not in \[0, 3\)",
            )
        ],
    ),
    Record(
        "DynamicStitch",
        lambda tf, a, b: tf.dynamic_stitch([[2, 0], [1, 3]], [a, b]),
        [arr(2, 3), arr(2, 3, seed=1)],
        _stitched,
        grad=(0, 1),
    ),
    Record(
        "DynamicStitch",
        lambda tf, i, a: tf.dynamic_stitch([i, [0]], [a, [[7.0, 8.0, 9.0]]]),
        [np.array([1, 0], np.int32), arr(2, 3)],
        lambda i, a: np.array([[7, 8, 9], a[0]], np.float32),
        limits={"shapes": "data"},
        name="later wins",
    ),
    Record(
        "LowerBound",
        lambda tf, s, v: tf.searchsorted(s, v),
        [np.array([1, 3, 3, 5], np.float32), np.array([3, 0, 9], np.float32)],
        lambda s, v: np.searchsorted(s, v).astype(np.int32),
    ),
    Record(
        "UpperBound",
        lambda tf, s, v: tf.searchsorted(s, v, side="right"),
        [np.array([1, 3, 3, 5], np.float32), np.array([3, 0, 9], np.float32)],
        lambda s, v: np.searchsorted(s, v, "right").astype(np.int32),
    ),
    Record(
        "TensorStridedSliceUpdate",
        lambda tf, x, v: strided_slice.TensorStridedSliceUpdate(
            x, [0, 1], [2, 3], [1, 1], v, begin_mask=1, end_mask=1
        ),
        [arr(2, 4), arr(2, 2, seed=1)],
        _with_columns,
    ),
]
