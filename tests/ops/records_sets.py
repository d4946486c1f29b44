"""Records of sets."""

import numpy as np

from headrace._src.ops import sets
from tests.ops.record import Record, ints

INDICES = np.int64([[0, 0], [0, 1], [1, 0]])
OTHER = np.int64([[0, 0], [1, 0], [1, 1]])
VALUES, MORE = np.int32([2, 7, 5]), np.int32([7, 5, 6])
SHAPE = [2, 2]


def listed(*rows):
    """The three parts of a sparse tensor with these rows."""
    indices = [(i, j) for i, row in enumerate(rows) for j in range(len(row))]
    return [
        np.int64(indices).reshape(-1, 2),
        np.int32(sum(map(sorted, rows), [])),
        np.int64([len(rows), max(map(len, rows))]),
    ]


def difference(a, b):
    return listed(*(list({*x} - {*y}) for x, y in zip(a.tolist(), b.tolist(), strict=True)))


RECORDS = [
    Record(
        "DenseToDenseSetOperation",
        lambda tf, a, b: sets.DenseToDenseSetOperation(a, b, set_operation="a-b"),
        [ints(2, 5), ints(2, 3, seed=1)],
        difference,
        bad_build=[([ints(2), ints(2)], ValueError, "at least rank 2")],
    ),
    Record(
        "DenseToSparseSetOperation",
        lambda tf, a, v: tf.sets.union(a, tf.SparseTensor(INDICES, v, SHAPE)),
        [ints(2, 5), VALUES],
        lambda a, v: listed(list({*a[0].tolist(), 2, 7}), list({*a[1].tolist(), 5})),
    ),
    Record(
        "SparseToSparseSetOperation",
        lambda tf, v, w: tf.sets.intersection(
            tf.SparseTensor(INDICES, v, SHAPE), tf.SparseTensor(OTHER, w, SHAPE)
        ),
        [VALUES, MORE],
        lambda v, w: listed([7], [5]),
    ),
    Record(
        "SetSize",
        lambda tf, v: tf.sets.size(tf.SparseTensor(INDICES, v, SHAPE)),
        [np.int32([2, 2, 5])],
        lambda v: np.int32([1, 1]),
    ),
]
