"""Snippets of sparse tensors."""

_HEAD = """static = lambda *ts: tf.constant(str([str(t.shape) for t in ts]), name="static")
s = tf.SparseTensor([[0, 1], [1, 2], [2, 0]], [1.0, 2.0, 3.0], [3, 4])
r = tf.SparseTensor([[0, 1], [2, 3]], [5.0, -1.0], [3, 4])
"""

_CODE = {
    "to_dense": """
fetch = [tf.sparse_tensor_to_dense(s), tf.sparse.to_dense(s, -1.0, name="d"), tf.sparse_to_dense([1, 3], [5], [7, 8]),
         tf.sparse_to_dense([[0, 1], [1, 0]], [2, 2], 1.0), tf.sparse_to_dense(2, [4], 1.0, 0.5)]
static(*fetch)
fetch.append(tf.gradients(tf.square(tf.sparse_tensor_to_dense(s)), s.values))
""",
    "to_dense_order": "fetch = tf.sparse_to_dense([[1, 0], [0, 1]], [2, 2], [1, 2], name='d')",
    "to_dense_repeat": "fetch = tf.sparse_to_dense([[0, 0], [0, 0]], [2, 2], [1, 2], name='d')",
    "to_dense_out": "fetch = tf.sparse_to_dense([[0, 5]], [2, 2], [1], name='d')",
    "from_dense": "t = tf.sparse.from_dense([[0, 1], [2, 0]]); fetch = [t.indices, t.values, t.dense_shape]",
    "matmul": """
b = tf.constant([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0], [7.0, 8.0]])
c = tf.constant([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])
y = tf.sparse_tensor_dense_matmul(s, b)
z = tf.sparse.matmul(s, c, adjoint_a=True, name="m")
w = tf.sparse.sparse_dense_matmul(s, tf.transpose(b), adjoint_b=True)
static(y, z, w)
fetch = [y, z, w, tf.gradients(y * y, [s.values, b]), tf.gradients(z * z, [s.values, c]), tf.gradients(w * w, [s.values, b])]
""",
    "matmul_bad": "tf.sparse_tensor_dense_matmul(s, tf.zeros([3, 2]))",
    "matmul_dense": "tf.sparse_tensor_dense_matmul(tf.zeros([3, 2]), tf.zeros([2, 2]))",
    "add": """
t = tf.sparse_add(s, r)
d = tf.sparse_add(s, tf.ones([3, 4]))
e = tf.sparse.add(tf.ones([3, 4]), r)
fetch = [t.indices, t.values, t.dense_shape, d, e, tf.gradients(t.values * t.values, [s.values, r.values]), tf.gradients(d * d, s.values)]
""",
    "add_dense": "tf.sparse_add(tf.zeros([1]), tf.zeros([1]))",
    "reduce_sum": """
fetch = [tf.sparse_reduce_sum(s), tf.sparse_reduce_sum(s, 0), tf.sparse.reduce_sum(s, axis=1, keepdims=True)]
y = tf.sparse_reduce_sum(s, 1)
fetch.append(tf.gradients(y * y, s.values))
""",
    "layout": """
u = tf.SparseTensor([[1, 2], [0, 1]], [2.0, 1.0], [3, 4])
fetch = []
for t in (tf.sparse_reorder(u), tf.sparse_reshape(s, [2, -1]), tf.sparse_slice(s, [0, 1], [2, 3]), tf.sparse_retain(s, [True, False, True]),
          tf.sparse_transpose(s), tf.sparse_concat(1, [s, r]), tf.sparse.concat(0, [s, r], name="c")):
    static(t.indices, t.values, t.dense_shape)
    fetch.append([t.indices, t.values, t.dense_shape])
v = tf.sparse_reorder(u)
fetch.append(tf.gradients(v.values * [3.0, 5.0], u.values))
v = tf.sparse_slice(s, [0, 1], [2, 3])
fetch.append(tf.gradients(v.values * v.values, s.values))
""",
    "reshape_bad": "tf.sparse_reshape(s, [5, 2])",
    "fill_empty_rows": """
q = tf.SparseTensor([[0, 1], [3, 0]], [1.0, 2.0], [5, 4])
t, e = tf.sparse_fill_empty_rows(q, 9.0)
fetch = [t.indices, t.values, e, tf.gradients(t.values * t.values, q.values)]
""",
    "patches_gradient": """
c = tf.constant(np.arange(16, dtype=np.float32).reshape(1, 4, 4, 1))
y = tf.image.extract_image_patches(c, [1, 2, 2, 1], [1, 1, 1, 1], [1, 1, 1, 1], "SAME")
fetch = tf.gradients(y * y, c)
""",
}

SNIPPETS = {name: _HEAD + code.strip("\n") for name, code in _CODE.items()}
