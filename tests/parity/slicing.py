"""Snippets of indexing, slices, gathering and scattering."""

_STATIC = 'static = lambda *ts: tf.constant(str([str(t.shape) for t in ts]), name="static")\n'

_CODE = {
    "index_forms": """
c = tf.constant(np.arange(24, dtype=np.float32).reshape(2, 3, 4))
fetch = [c[0], c[-1], c[1, 2], c[1, 2, 3], c[:, 1], c[0:1], c[..., 0], c[:, ::2], c[::-1], c[:, None], c[None, ..., None],
         c[1:, :-1, 1:3], c[0, ..., 1:], c[:, 2:0:-1], c[:], c[...], c[:, :, ::-2], c[5:], c[1:1], c[np.int64(1)], c[0][1],
         c[:, tf.newaxis, 1], c[-1:, -2:], c[:, 0:100]]
static(*fetch)
""",
    "index_unknown": """
x = tf.placeholder(tf.float32, [None, 3, None])
u = tf.placeholder(tf.float32)
fetch = [x[0], x[:, 1], x[1:], x[..., 0], x[:, ::2], x[:, None], x[:, :, :2], x[:, -1], x[:-1, 0:2], u[0], u[..., 1:]]
static(*fetch)
feed = {x: np.arange(24.0).reshape(2, 3, 4), u: np.arange(6.0).reshape(2, 3)}
""",
    "index_tensors": """
c = tf.constant(np.arange(12, dtype=np.float32).reshape(3, 4))
i = tf.placeholder_with_default(1, [])
j = tf.constant(2, tf.int64)
fetch = [c[i], c[i, 2], c[i:], c[:i], c[i:i + 1, ::2], c[:, i], c[j], c[j:, 1], c[0:2:i], c[-i], c[i:j]]
static(*fetch)
""",
    "index_shape_of": """
x = tf.placeholder(tf.float32, [None, 3, 5])
s = tf.shape(x)
y = tf.reshape(x, [s[0], s[1] * s[2]])
z = tf.reshape(x, [s[0], 15])
w = tf.reshape(x, tf.concat([s[:2], [5, 1]], 0))
v = tf.zeros(tf.stack([s[0], s[2]]))
q = tf.reshape(x, [-1, s[1] * 5])
static(y, z, w, v, q, tf.fill(s[1:], 0.0))
fetch = [y, z, w, v]
feed = {x: np.ones((2, 3, 5))}
""",
    "index_gradients": """
c = tf.constant(np.arange(12, dtype=np.float32).reshape(3, 4))
x = tf.placeholder(tf.float32, [None, 4])
fetch = [tf.gradients(tf.square(c[1]), c), tf.gradients(tf.square(c[:, ::2]), c), tf.gradients(tf.square(c[::-1, None, 1]), c),
         tf.gradients(tf.square(x[1:, 2]), x)]
g = tf.gradients(c[0] ** 3.0, c)[0]
fetch.append(tf.gradients(g, c))
feed = {x: np.ones((3, 4))}
""",
    "index_mask": """
c = tf.constant([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])
fetch = [c[c > 2.0], c[tf.constant([True, False, True])], c[np.array([False, True, True])]]
static(*fetch)
""",
    "index_empty_tuple": "fetch = tf.constant(3)[()]",
    "index_list": "fetch = tf.constant([[1, 2], [3, 4]])[[0, 1]]",
    "index_float": "tf.zeros([2])[1.5]",
    "index_string": "tf.zeros([2])['a']",
    "index_vector": "tf.zeros([2])[tf.constant([0, 1])]",
    "index_array": "tf.zeros([2])[np.array([0, 1])]",
    "index_out": "tf.zeros([2])[2]",
    "index_out_negative": "tf.zeros([2, 3])[0, -4]",
    "index_too_many": "tf.zeros([2])[0, 1]",
    "index_two_ellipses": "tf.zeros([2])[..., ...]",
    "index_zero_stride": "tf.zeros([2])[::0]",
    "index_run_out": "x = tf.placeholder_with_default(np.zeros(2), None); fetch = tf.identity(x)[2]",
    "index_run_scalar": "x = tf.placeholder_with_default(1.0, None); fetch = tf.identity(x)[0]",
    "index_assign_constant": "tf.zeros([2])[0].assign(1.0)",
    "shape_vectors": """
x = tf.placeholder(tf.float32, [None, 3, 5])
s = tf.shape(x)
u = tf.placeholder(tf.float32)
vectors = [tf.identity(s), s[:2], s[1:], s[::2], tf.slice(s, [1], [2]), tf.gather(s, [1, 2]), tf.concat([s[:1], s[1:]], 0),
           tf.stack([3, s[0]]), [s[0], s[2]], [s[2], 5], [-1, s[1]], tf.reshape(s, [3]), tf.tile(s, [1]), tf.reverse(s, [0]),
           tf.concat([tf.expand_dims(s[1], 0), [2]], 0), tf.shape_n([x, x])[1], s[1:] * 2, tf.split(s, 3)[1], s[-2:], s[1:2],
           tf.concat([[2], s[1:]], 0), [tf.size(x[0]), 2], tf.cast(tf.shape(x, out_type=tf.int64), tf.int32), tf.stack(tf.unstack(s))]
static(*[tf.reshape(u, v) for v in vectors])
static(tf.range(s[1]), tf.one_hot([1], s[1]), tf.zeros([s[1]]), tf.fill(s[1:], 0), tf.tile([1], s[1:2]), tf.broadcast_to(1, s[1:]))
""",
    "assign_ref": """
v = tf.Variable([[1.0, 2.0], [3.0, 4.0]], use_resource=False)
fetch = v[0].assign([7.0, 8.0])
""",
    "assign_resource": """
v = tf.Variable([[1.0, 2.0], [3.0, 4.0]], use_resource=True)
a = v[:, 1].assign([7.0, 8.0])
with tf.control_dependencies([a]):
    fetch = [v.read_value()]
""",
    "variable_slices": """
v = tf.Variable([[1.0, 2.0], [3.0, 4.0]], use_resource=False)
r = tf.get_variable("r", initializer=[1.0, 2.0, 3.0], use_resource=True)
fetch = [v[0], v[:, 1], r[1:], tf.gradients(tf.square(v[0]), v), tf.gradients(tf.square(r[1:]), r)]
""",
    "strided_slice": """
c = tf.constant(np.arange(12, dtype=np.float32).reshape(3, 4))
fetch = [tf.strided_slice(c, [0, 1], [2, 3]), tf.strided_slice(c, [0, 0], [3, 4], [2, 2], name="s"),
         tf.strided_slice(c, [1], [2], shrink_axis_mask=1), tf.strided_slice(c, [2, 3], [0, 0], [-1, -2], end_mask=1)]
static(*fetch)
""",
    "slice": """
c = tf.constant(np.arange(12, dtype=np.float32).reshape(3, 4))
x = tf.placeholder(tf.float32, [None, 4])
b = tf.placeholder_with_default([1, 0], [2])
n = tf.placeholder_with_default([1, 2], [2])
fetch = [tf.slice(c, [1, 0], [2, 3]), tf.slice(c, [0, 1], [-1, -1], name="s"), tf.slice(x, [0, 1], [-1, 2]), tf.slice(c, b, [1, 2]),
         tf.slice(c, [0, 0], n), tf.slice(c, b, n), tf.slice(x, [1, 0], [1, -1]), tf.slice(c, b, [1, -1])]
static(*fetch)
fetch.append(tf.gradients(tf.square(tf.slice(c, [1, 0], [2, 3])), c))
fetch.append(tf.gradients(tf.square(tf.slice(x, b, [1, -1])), x))
feed = {x: np.ones((3, 4))}
""",
    "slice_bad": "tf.slice(tf.zeros([2, 3]), [0], [1])",
    "slice_beyond": "tf.slice(tf.zeros([2, 3]), [0, 4], [1, -1])",
    "slice_run": "x = tf.placeholder_with_default(np.zeros((2, 3)), None); fetch = tf.slice(x, [0, 2], [1, 2], name='s')",
    "slice_run_begin": "x = tf.placeholder_with_default(np.zeros((2, 3)), None); fetch = tf.slice(x, [3, 0], [0, 2], name='s')",
    "gather": """
c = tf.constant(np.arange(12, dtype=np.float32).reshape(3, 4))
x = tf.placeholder(tf.float32, [None, 4])
i = tf.constant([2, 0])
k = tf.placeholder_with_default(1, [])
fetch = [tf.gather(c, i), tf.gather(c, 1), tf.gather(c, [[0, 1], [2, 2]]), tf.gather(c, i, axis=1), tf.gather(x, i, axis=-1, name="g"),
         tf.gather(["a", "b"], [1, 0]), tf.gather(c, tf.constant([1], tf.int64)), tf.gather(c, i, axis=k), tf.gather(x, [0]),
         tf.gather(c, [[1], [0], [3]], batch_dims=1, axis=1), tf.gather(c, [[1, 0], [0, 0], [3, 1]], batch_dims=1),
         tf.gather(c, [[1], [0], [3]], batch_dims=-1)]
static(*fetch)
fetch += [tf.gradients(tf.square(tf.gather(c, [0, 2, 0])), c), tf.gradients(tf.gather(c, i, axis=1) * 2.0, c)]
feed = {x: np.ones((3, 4))}
""",
    "gather_gradient_dense": """
c = tf.constant(np.arange(12, dtype=np.float32).reshape(3, 4))
x = tf.placeholder(tf.float32, [None, 4])
y = tf.gather(c * 2.0, [0, 2, 0])
z = tf.gather(x * 2.0, [[0, 1]])
w = tf.gather(c, [[1, 0], [0, 0], [3, 1]], batch_dims=1)
fetch = [tf.gradients(y * y, c), tf.gradients(z, x), tf.gradients(w * w, c)]
feed = {x: np.ones((3, 4))}
""",
    "gather_variable": """
v = tf.Variable([[1.0, 2.0], [3.0, 4.0]], use_resource=False)
r = tf.get_variable("r", initializer=[[1.0, 2.0], [3.0, 4.0]], use_resource=True)
a, b = tf.gather(v, [1, 1]), tf.gather(r, [0, 1, 0], name="g")
static(a, b)
fetch = [a, b, tf.gradients(a * a, v), tf.gradients(b * b, r), tf.gather(r, [0], axis=1), tf.gather_nd(r, [[0, 1]])]
""",
    "gather_out": "x = tf.placeholder_with_default([1, 7], [2]); fetch = tf.gather([1.0, 2.0, 3.0], x, name='g')",
    "gather_out_scalar": "fetch = tf.gather([1.0, 2.0, 3.0], tf.placeholder_with_default(-1, []), name='g')",
    "gather_out_axis": "fetch = tf.gather([[1.0, 2.0, 3.0]], tf.placeholder_with_default([[1, 5]], [1, 2]), axis=1, name='g')",
    "gather_scalar": "tf.gather(1.0, 0)",
    "gather_axis": "tf.gather([1.0], 0, axis=1)",
    "batch_gather": """
c = tf.constant(np.arange(12, dtype=np.float32).reshape(3, 4))
y = tf.batch_gather(c, [[1, 2], [0, 0], [3, 3]])
static(y)
fetch = [y, tf.gradients(y * y, c)]
""",
    "gather_nd": """
c = tf.constant(np.arange(24, dtype=np.float32).reshape(2, 3, 4))
i = tf.placeholder_with_default([[0, 1]], [None, 2])
fetch = [tf.gather_nd(c, [[0, 1, 2], [1, 2, 3]]), tf.gather_nd(c, [[1], [0]]), tf.gather_nd(c, i), tf.gather_nd(c, [1, 2], name="n"),
         tf.gather_nd(c, [[[0], [1]]]), tf.manip.gather_nd(c, [[0, 0]])]
static(*fetch)
fetch += [tf.gradients(tf.square(tf.gather_nd(c, [[0, 1], [1, 2], [0, 1]])), c), tf.gradients(tf.gather_nd(c, [[1], [0]]) * 2.0, c)]
""",
    "gather_nd_batch": """
c = tf.constant(np.arange(24, dtype=np.float32).reshape(2, 3, 4))
fetch = tf.gather_nd(c, [[[1]], [[2]]], batch_dims=1)
""",
    "gather_nd_out": "fetch = tf.gather_nd(np.zeros((2, 3)), tf.placeholder_with_default([[0, 0], [1, 3]], [2, 2]), name='n')",
    "gather_nd_deep": "tf.gather_nd(tf.zeros([2]), [[0, 0]])",
    "scatter_nd": """
i = tf.constant([[4], [3], [1], [4]])
u = tf.constant([9.0, 10.0, 11.0, 12.0])
n = tf.placeholder_with_default([8], [1])
fetch = [tf.scatter_nd(i, u, [8]), tf.scatter_nd(i, u, n, name="s"), tf.scatter_nd([[0, 1]], [[5, 6]], [2, 2, 2]),
         tf.manip.scatter_nd([[1]], [2.0], [2])]
static(*fetch)
fetch.append(tf.gradients(tf.square(tf.scatter_nd(i, u, [8])), u))
""",
    "scatter_nd_out": "fetch = tf.scatter_nd(tf.placeholder_with_default([[3]], [1, 1]), [1.0], [2], name='s')",
    "scatter_nd_bad": "tf.scatter_nd([[0]], [1.0, 2.0], [2])",
    "tensor_scatter": """
t = tf.constant([1.0, 2.0, 3.0, 4.0])
u = tf.constant([10.0, 20.0])
i = [[1], [3]]
fetch = []
for f in (tf.tensor_scatter_update, tf.tensor_scatter_add, tf.tensor_scatter_sub):
    y = f(t, i, u)
    static(y)
    fetch += [y, tf.gradients(y * y, [t, u])]
fetch.append(tf.tensor_scatter_nd_update(t, [[0]], [5.0], name="n"))
""",
}

SNIPPETS = {name: _STATIC + code.strip("\n") for name, code in _CODE.items()}
