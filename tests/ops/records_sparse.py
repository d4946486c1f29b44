"""Records of the ops of sparse tensors."""

import numpy as np

from tests.ops.record import Record, arr, positive

INDICES = np.array([[0, 1], [1, 2], [2, 0]], np.int64)
SHAPE = np.array([3, 4], np.int64)
VALUES = arr(3)
OTHER = np.array([[0, 1], [2, 3]], np.int64)
MATRIX = arr(4, 2, seed=1)


def made(tf, values, indices=INDICES, shape=SHAPE):
    """A sparse tensor of these values at constant places."""
    return tf.SparseTensor(indices, values, shape)


def dense(values, indices=INDICES, shape=SHAPE):
    """The same as an array."""
    out = np.zeros(shape, np.asarray(values).dtype)
    out[tuple(np.asarray(indices).T)] = values
    return out


def parts(array):
    """Indices, values and shape of the non-zero elements of an array."""
    places = np.argwhere(array)
    return [places, array[tuple(places.T)], np.array(array.shape, np.int64)]


RECORDS = [
    Record(
        "SparseToDense",
        lambda tf, v: tf.sparse_tensor_to_dense(made(tf, v)),
        [VALUES],
        dense,
        grad=(0,),
    ),
    Record(
        "SparseToDense",
        lambda tf, i, v: tf.sparse_to_dense(i, [5], v, -1.0),
        [np.array([1, 3], np.int32), arr(2)],
        lambda i, v: np.array([-1, v[0], -1, v[1], -1]),
        bad_run=[
            ([np.array([3, 1], np.int32), arr(2)], "InvalidArgumentError", "is out of order"),
            ([np.array([1, 1], np.int32), arr(2)], "InvalidArgumentError", "is repeated"),
            ([np.array([1, 5], np.int32), arr(2)], "InvalidArgumentError", "is out of bounds"),
        ],
        name="vector",
    ),
    Record(
        "SparseTensorDenseMatMul",
        lambda tf, v, b: tf.sparse_tensor_dense_matmul(made(tf, v), b),
        [VALUES, MATRIX],
        lambda v, b: dense(v) @ b,
        grad=(0, 1),
    ),
    Record(
        "SparseTensorDenseMatMul",
        lambda tf, v, b: tf.sparse_tensor_dense_matmul(made(tf, v), b, True, True),
        [VALUES, arr(2, 3, seed=1)],
        lambda v, b: dense(v).T @ b.T,
        grad=(0, 1),
        name="adjoint",
    ),
    Record(
        "SparseAdd",
        lambda tf, v, w: tf.sparse_add(made(tf, v), made(tf, w, OTHER)),
        [VALUES, arr(2, seed=3)],
        lambda v, w: parts(dense(v) + dense(w, OTHER)),
        grad=(0, 1),
    ),
    Record(
        "SparseTensorDenseAdd",
        lambda tf, v, b: tf.sparse_add(made(tf, v), b),
        [VALUES, arr(3, 4)],
        lambda v, b: dense(v) + b,
        grad=(0, 1),
    ),
    Record(
        "SparseReduceSum",
        lambda tf, v: tf.sparse_reduce_sum(made(tf, v), 1, keepdims=True),
        [VALUES],
        lambda v: dense(v).sum(1, keepdims=True),
        grad=(0,),
    ),
    Record(
        "SparseReorder",
        lambda tf, v: tf.sparse_reorder(made(tf, v, INDICES[::-1])),
        [VALUES],
        lambda v: [INDICES, v[::-1], SHAPE],
        grad=(0,),
    ),
    Record(
        "SparseReshape",
        lambda tf, v: tf.sparse_reshape(made(tf, v), [2, -1]),
        [VALUES],
        lambda v: parts(dense(v).reshape(2, 6)),
    ),
    Record(
        "SparseSlice",
        lambda tf, v: tf.sparse_slice(made(tf, v), [0, 1], [2, 3]),
        [VALUES],
        lambda v: parts(dense(v)[:2, 1:]),
        grad=(0,),
    ),
    Record(
        "SparseConcat",
        lambda tf, v, w: tf.sparse_concat(1, [made(tf, v), made(tf, w, OTHER)]),
        [VALUES, arr(2, seed=3)],
        lambda v, w: parts(np.concatenate([dense(v), dense(w, OTHER)], 1)),
    ),
    Record(
        "SparseDenseCwiseMul",
        lambda tf, v, b: (made(tf, v) * b).values,
        [VALUES, arr(3, 4)],
        lambda v, b: v * b[tuple(INDICES.T)],
        grad=(0, 1),
    ),
    Record(
        "SparseDenseCwiseDiv",
        lambda tf, v, b: (made(tf, v) / b).values,
        [VALUES, positive(3, 4)],
        lambda v, b: v / b[tuple(INDICES.T)],
        grad=(0, 1),
    ),
    Record(
        "SparseMatMul",
        lambda tf, a, b: tf.sparse_matmul(a, b, a_is_sparse=True),
        [arr(2, 3), arr(3, 2)],
        np.matmul,
    ),
    Record(
        "SparseFillEmptyRows",
        lambda tf, v: tf.sparse_fill_empty_rows(made(tf, v, INDICES, [5, 4]), 9.0)[0],
        [VALUES],
        lambda v: [
            np.concatenate([INDICES, [[3, 0], [4, 0]]]),
            np.concatenate([v, np.float32([9, 9])]),
            np.array([5, 4]),
        ],
        grad=(0,),
    ),
]
