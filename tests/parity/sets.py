"""tf.sets."""

A = "a, b = tf.constant([[1, 2, 2], [3, 4, 5]]), tf.constant([[2, 2, 9], [5, 4, 1]])\n"
SPARSE = "s = tf.SparseTensor([[0, 0], [0, 1], [1, 0]], [2, 7, 5], [2, 2])\n"
MIXED = "m = tf.SparseTensor([[0, 1], [0, 0], [1, 0]], [2, 2, 5], [2, 2])\n"

SNIPPETS = {
    "dense": A + "fetch = [tf.sets.union(a, b), tf.sets.set_intersection(a, b), "
    "tf.sets.difference(a, b), tf.sets.set_difference(a, b, aminusb=False)]",
    "dense_and_sparse": A + SPARSE + "fetch = [tf.sets.set_union(a, s), "
    "tf.sets.intersection(s, a), tf.sets.difference(a, s), tf.sets.difference(s, a), "
    "tf.sets.difference(s, a, False)]",
    "sparse": SPARSE + "t = tf.SparseTensor([[0, 0], [1, 0]], [2, 7], [2, 2])\n"
    "fetch = [tf.sets.union(s, t), tf.sets.intersection(s, t), tf.sets.difference(s, t), "
    "tf.sets.difference(t, s)]",
    "size": SPARSE + "fetch = [tf.sets.size(s), tf.sets.set_size(tf.SparseTensor("
    "[[0, 0, 1], [1, 1, 0], [1, 1, 1]], ['a', 'b', 'b'], [2, 3, 2]))]",
    "strings": "fetch = tf.sets.union([['b', 'a']], [['c', 'a']])",
    "more_dimensions": "fetch = tf.sets.union([[[3, 1]], [[2, 2]]], "
    "tf.SparseTensor([[0, 0, 0], [1, 0, 0]], [7, 8], [2, 1, 1]))",
    "unknown": "x = tf.placeholder(tf.int64, [None, None])\n"
    "fetch = tf.sets.intersection(x, tf.constant([[1, 2]], tf.int64))\nfeed = {x: [[2, 3]]}",
    "error_order": A + MIXED + "fetch = tf.sets.intersection(a, m)",
    "unordered_size": MIXED + "fetch = tf.sets.size(m, validate_indices=False)",
    "unordered": A + MIXED + "fetch = tf.sets.union(a, m, validate_indices=False)",
    "error_shapes": A + "fetch = tf.sets.intersection(a, "
    "tf.SparseTensor([[0, 1], [2, 0]], [2, 5], [3, 2]))",
    "error_sparse_shapes": SPARSE + "fetch = tf.sets.intersection(s, "
    "tf.SparseTensor([[0, 1], [2, 0]], [2, 5], [3, 2]))",
    "error_ranks": "tf.sets.intersection([[1, 2]], [[[1, 2]]])",
    "error_sparse_ranks": SPARSE + "tf.sets.union(s, tf.SparseTensor([[0, 0, 1]], [2], [1, 2, 2]))",
    "error_rank": "tf.sets.intersection([1, 2], [1, 2])",
    "error_sizes": A + "tf.sets.intersection(a, [[1], [1], [2]])",
    "error_size_rank": "fetch = tf.sets.size(tf.SparseTensor([[0]], [1], [2]))",
    "error_size_dense": "tf.sets.size(tf.constant([[1]]))",
    "error_types": "tf.sets.union([[1]], [[1.]])",
    "error_floats": "tf.sets.union([[1.]], [[1.]])",
    "error_size_floats": "tf.sets.size(tf.SparseTensor([[0, 0]], [1.], [2, 2]))",
}
