"""Snippets of constants, shapes, reshaping, joining, dividing and padding.

`static(...)` puts static shapes into a constant, so that the comparison of nodes compares them too.
"""

_STATIC = 'static = lambda *ts: tf.constant(str([str(t.shape) for t in ts]), name="static")\n'

_CODE = {
    # constants
    "constant_kinds": """
fetch = [tf.constant(1), tf.constant(1.5), tf.constant(True), tf.constant(1j), tf.constant("a"),
         tf.constant(2**40), tf.constant([1, 2.5]), tf.constant([[1, 2], [3, 4]]), tf.constant([]),
         tf.constant([["a", b"b"]]), tf.constant(np.float64(1)), tf.constant([np.float64(1)]),
         tf.constant(np.int64(1)), tf.constant([np.int64(1)]), tf.constant((1, 2.0)),
         tf.constant([True, 2]), tf.constant(np.arange(6).reshape(2, 3)),
         tf.constant(np.array(["a", "bc"])), tf.constant(300, tf.uint8), tf.constant(-1, tf.uint8)]
""",
    "constant_dtype": """
fetch = [tf.constant(1, tf.float32), tf.constant([1, 2], tf.int64), tf.constant(1.5, tf.float64),
         tf.constant([1.5, 2.5], tf.float16), tf.constant(True, tf.float32),
         tf.constant(np.array([1.7, 2.2]), tf.int32), tf.constant(3, tf.complex64)]
""",
    "constant_shape": """
fetch = [tf.constant([[1], [2]], shape=[2, 1]), tf.constant(0.5, shape=[2, 2], name="half"),
         tf.constant([1, 2, 3, 4], shape=[2, 2]), tf.constant("a", shape=[2]),
         tf.constant([], shape=[0, 3]), tf.constant(1, shape=[0]),
         tf.constant(5, shape=tf.TensorShape([2, 2])), tf.constant([7], shape=[])]
""",
    "constant_ragged": "tf.constant([[1], [1, 2]])",
    "constant_ragged_dtype": "tf.constant([[1], [1, 2]], tf.int32)",
    "constant_none": "tf.constant(None)",
    "constant_none_inside": "tf.constant([1, None])",
    "constant_none_dtype": "tf.constant([1, None], tf.float32)",
    "constant_mixed": "tf.constant([1, 'a'])",
    "constant_float_as_int": "tf.constant(1.5, tf.int32)",
    "constant_string_as_float": "tf.constant('a', tf.float32)",
    "constant_too_many": "tf.constant([1, 2, 3], shape=[2])",
    "constant_verify": "tf.constant([1, 2], shape=[3], verify_shape=True)",
    "constant_tensor": "tf.constant(tf.placeholder(tf.float32, []))",
    "constant_tensors": "x = tf.placeholder(tf.float32, []); tf.constant([x, x])",
    "constant_dict": "tf.constant({})",
    "constant_huge": "tf.constant(2**70)",
    "constant_range": "tf.constant(range(3))",
    "constant_dense_end": "tf.constant([[1, 2], 3])",
    "convert_shapes": """
fetch = [tf.convert_to_tensor(tf.TensorShape([2, 3])), tf.convert_to_tensor(tf.Dimension(3)),
         tf.convert_to_tensor([tf.Dimension(2), 3]), tf.convert_to_tensor(tf.TensorShape([2**40]))]
""",
    "convert_partial_shape": "tf.convert_to_tensor(tf.TensorShape([2, None]))",
    "autopack": """
x = tf.placeholder(tf.float32, [])
fetch = [tf.convert_to_tensor([x, 1.0]), tf.convert_to_tensor([[x, 1.0], [2.0, x]], name="p"),
         tf.convert_to_tensor([x, 1], tf.float32), tf.convert_to_tensor([[1, 2], [3, x]], tf.float64),
         tf.reshape(tf.zeros([6]), [tf.constant(2), -1]), tf.convert_to_tensor([[x], [x]])]
feed = {x: 0.5}
""",
    "autopack_mismatch": "tf.convert_to_tensor([tf.placeholder(tf.float32, []), 'a'])",
    "autopack_types": "tf.convert_to_tensor([tf.constant(1.0), tf.constant(1)])",
    # zeros, ones, fill
    "zeros_ones": """
fetch = [tf.zeros([2, 3]), tf.zeros(5), tf.zeros([]), tf.zeros([2], tf.bool), tf.zeros([2], tf.string),
         tf.zeros(tf.constant(3)), tf.zeros(tf.TensorShape([2, 3])), tf.zeros((2, tf.Dimension(3))),
         tf.ones([2, 3], tf.int32), tf.ones([3], tf.bool), tf.zeros([40, 50]), tf.ones([2000], tf.int64),
         tf.fill([2, 3], 1.5), tf.fill([2], "x"), tf.fill([], 7), tf.zeros(np.array([2, 2]))]
""",
    "zeros_dynamic": """
x = tf.placeholder(tf.float32, [None, 3])
n = tf.shape(x)[0]
fetch = [tf.zeros([n, 3]), tf.ones([n], tf.int32), tf.zeros(tf.shape(x)), tf.zeros([2, n, 3]),
         tf.zeros_like(x), tf.ones_like(x), tf.zeros_like(x, tf.int32), tf.ones_like(x, tf.float64),
         tf.fill([n, 2], 1.0), tf.zeros(tf.stack([n, 2]))]
static(*fetch)
feed = {x: np.ones((2, 3))}
""",
    "zeros_like": """
fetch = [tf.zeros_like(tf.zeros([2, 3])), tf.ones_like(np.ones([2, 3])), tf.zeros_like([1, 2]),
         tf.zeros_like(tf.constant(["a", "b"])), tf.zeros_like(tf.constant(1.0), optimize=False),
         tf.ones_like(tf.constant([1, 2]), optimize=False), tf.zeros_like([True])]
""",
    "fill_gradient": """
v = tf.constant(2.0)
y = tf.fill([2, 3], v)
fetch = tf.gradients(y * y, v)
""",
    "fill_negative": "fetch = tf.fill(tf.placeholder_with_default([-1], [1]), 0)",
    # placeholders
    "placeholders": """
a = tf.placeholder(tf.float32)
b = tf.placeholder(tf.int32, [None, 3], name="b")
c = tf.placeholder(tf.string, [])
d = tf.placeholder_with_default([[1.0, 2.0]], [None, 2])
e = tf.placeholder_with_default(5, [], name="e")
s = tf.sparse_placeholder(tf.float32)
t = tf.sparse_placeholder(tf.float32, [3, 4], name="t")
u = tf.sparse.placeholder(tf.int32, [None, 4], name="u")
static(a, b, c, d, e)
fetch = [a, d + 1.0, e]
feed = {a: [1.0, 2.0]}
""",
    "unfed": "x = tf.placeholder(tf.float32, [None, 3], name='x'); fetch = x + 1.0",
    "unfed_scalar": "x = tf.placeholder(tf.int64, [], name='y'); fetch = tf.identity(x)",
    "unfed_unknown": "x = tf.placeholder(tf.float16, name='z'); fetch = tf.identity(x)",
    "placeholder_default_bad": "tf.placeholder_with_default([1, 2], [3])",
    # identity family
    "identities": """
x = tf.constant([1.0, 2.0])
y = tf.identity(x, name="same")
a, b = tf.identity_n([x, tf.constant(1)])
fetch = [y, a, b, tf.stop_gradient(x), tf.guarantee_const(x), tf.identity(3.0)]
g = tf.gradients([tf.identity(x) * 2.0, tf.stop_gradient(x) * 3.0, tf.identity_n([x, x])[1] * 5.0], x)
fetch.append(g)
""",
    "groups": """
x, y = tf.constant(1.0), tf.constant(2.0)
a = tf.group(x, y)
b = tf.group(x.op, [y], name="named")
c = tf.group()
d = tf.tuple([x, y, None])
e = tf.tuple([x, y.op], name="t", control_inputs=[a])
with tf.device("/cpu:0"):
    z = tf.constant(3.0)
f = tf.group(x, z, name="two")
n = tf.no_op()
fetch = [d[0], d[1], e[0], a, f]
""",
    "group_keyword": "tf.group(tf.constant(1), nme='x')",
    "group_value": "tf.group(1)",
    "tuple_nothing": "tf.tuple([None])",
    # shapes
    "shapes": """
x = tf.placeholder(tf.float32, [None, 3])
y = tf.zeros([2, 3])
z = tf.placeholder(tf.float32)
fetch = [tf.shape(x), tf.shape(y), tf.shape(x, out_type=tf.int64), tf.shape(y, name="s", out_type=tf.int64),
         tf.size(x), tf.size(y), tf.rank(x), tf.rank(z), tf.shape_n([x, z]), tf.size(z, out_type=tf.int64),
         tf.shape([[1, 2]]), tf.size([1, 2, 3]), tf.rank(5)]
static(*[f for f in fetch if not isinstance(f, list)])
feed = {x: np.ones((4, 3)), z: np.ones((2, 5))}
""",
    "sparse_shapes": """
s = tf.SparseTensor([[0, 1], [1, 2]], [1.0, 2.0], [3, 4])
fetch = [tf.shape(s), tf.size(s), tf.rank(s)]
""",
    "size_empty": """
x = tf.placeholder(tf.float32, [None, 0])
fetch = tf.size(x)
feed = {x: np.ones((4, 0))}
""",
    "broadcasting": """
x = tf.constant([[1.0], [2.0]])
n = tf.placeholder_with_default([2, 3], [2])
y = tf.broadcast_to(x, [2, 3])
z = tf.broadcast_to(x, n)
static(y, z)
fetch = [y, z, tf.broadcast_dynamic_shape([2, 1], [3]), tf.broadcast_to(5, [2]),
         tf.gradients(y * y, x), tf.gradients(z * z, x)]
print(tf.broadcast_static_shape(tf.TensorShape([2, 1]), tf.TensorShape([3])))
""",
    "broadcast_bad": "tf.broadcast_to(tf.zeros([2]), [3])",
    "broadcast_static_bad": "tf.broadcast_static_shape(tf.TensorShape([2]), tf.TensorShape([3]))",
    "broadcast_args_bad": "fetch = tf.broadcast_dynamic_shape(tf.placeholder_with_default([2], [1]), [3])",
    "ensure_shape": """
x = tf.placeholder(tf.float32, [None, None])
y = tf.ensure_shape(x, [None, 3])
static(y)
fetch = [y, tf.gradients(y * y, x)]
feed = {x: np.ones((2, 3))}
""",
    "ensure_shape_bad": """
x = tf.placeholder_with_default(np.ones((2, 4)), None, name="x")
fetch = tf.ensure_shape(x, [None, 3])
""",
    "ensure_shape_static_bad": "tf.ensure_shape(tf.zeros([2, 4]), [None, 3])",
    # reshape
    "reshape": """
x = tf.placeholder(tf.float32, [None, 3])
c = tf.constant(np.arange(12.0, dtype=np.float32).reshape(4, 3))
n = tf.shape(x)[0]
fetch = [tf.reshape(x, [-1]), tf.reshape(c, [2, -1]), tf.reshape(x, [n, 3, 1]), tf.reshape(c, [-1, 2]),
         tf.reshape(x, tf.shape(x)), tf.reshape(x, tf.concat([tf.shape(x)[:1], [3, 1]], 0)),
         tf.reshape(5, [1, 1]), tf.reshape([1], []), tf.manip.reshape(c, (12,), name="m"),
         tf.reshape(x, [-1, n]), tf.reshape(x, tf.stack([n, -1])), tf.reshape(c, tf.constant([6, 2], tf.int64))]
static(*fetch)
fetch.append(tf.gradients(tf.reshape(x, [-1, 1]) * 2.0, x))
fetch.append(tf.gradients(tf.square(tf.reshape(c, [2, 6])), c))
feed = {x: np.arange(9.0).reshape(3, 3)}
""",
    "reshape_bad": "tf.reshape(tf.zeros([2, 3]), [4])",
    "reshape_uneven": "tf.reshape(tf.zeros([2, 3]), [4, -1])",
    "reshape_run_bad": "x = tf.placeholder_with_default(np.zeros(6), None); fetch = tf.reshape(x, [4], name='r')",
    "reshape_run_uneven": "x = tf.placeholder_with_default(np.zeros(6), None); fetch = tf.reshape(x, [4, -1], name='r')",
    "reshape_two_open": "fetch = tf.reshape(tf.zeros([4]), [-1, -1], name='r')",
    "reshape_type": "tf.reshape(tf.zeros([4]), [2.0, 2.0])",
    "squeeze": """
x = tf.placeholder(tf.float32, [1, None, 1, 3])
c = tf.constant([[[1.0], [2.0]]])
fetch = [tf.squeeze(x, 0), tf.squeeze(x, [0, 2]), tf.squeeze(x, -2), tf.squeeze(c), tf.squeeze(c, axis=[0]),
         tf.squeeze(c, squeeze_dims=[-1]), tf.squeeze(x, [0], name="q"), tf.squeeze(x)]
static(*fetch)
fetch.append(tf.gradients(tf.squeeze(c) * 3.0, c))
feed = {x: np.ones((1, 2, 1, 3))}
""",
    "squeeze_bad": "tf.squeeze(tf.zeros([2, 1]), 0)",
    "squeeze_range": "tf.squeeze(tf.zeros([2, 1]), 5)",
    "squeeze_run_bad": "x = tf.placeholder_with_default(np.zeros((2, 1)), None); fetch = tf.squeeze(x, [0], name='s')",
    "squeeze_both": "tf.squeeze(tf.zeros([1]), axis=0, squeeze_dims=0)",
    "expand_dims": """
x = tf.placeholder(tf.float32, [None, 3])
c = tf.constant([1.0, 2.0])
k = tf.placeholder_with_default(0, [])
fetch = [tf.expand_dims(x, 0), tf.expand_dims(x, -1), tf.expand_dims(x, 1), tf.expand_dims(c, [1]),
         tf.expand_dims(c, dim=0), tf.expand_dims(x, k), tf.expand_dims(5.0, 0), tf.expand_dims(c, axis=-2, name="e")]
static(*fetch)
fetch.append(tf.gradients(tf.expand_dims(c, 1) * 3.0, c))
feed = {x: np.ones((2, 3))}
""",
    "expand_dims_none": "tf.expand_dims(tf.zeros([2]))",
    "expand_dims_range": "tf.expand_dims(tf.zeros([2]), 3)",
    # transpose
    "transpose": """
x = tf.placeholder(tf.float32, [None, 2, 3])
c = tf.constant([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
u = tf.placeholder(tf.float32)
z = tf.constant([[1 + 2j, 3 - 1j]])
fetch = [tf.transpose(x), tf.transpose(x, [0, 2, 1]), tf.transpose(c), tf.transpose(c, [1, 0], name="t"),
         tf.transpose(u), tf.transpose(z, conjugate=True), tf.transpose(c, conjugate=True),
         tf.linalg.matrix_transpose(x), tf.matrix_transpose(u), tf.linalg.transpose(c), tf.transpose(1.0),
         tf.transpose(x, tf.constant([2, 0, 1])), tf.invert_permutation([2, 0, 1])]
static(*fetch)
fetch.append(tf.gradients(tf.transpose(c, [1, 0]) * 2.0, c))
fetch.append(tf.gradients(tf.transpose(x) * 2.0, x))
fetch.append(tf.gradients(tf.real(tf.transpose(z, [1, 0], conjugate=True)), z))
feed = {x: np.arange(12.0).reshape(2, 2, 3), u: np.arange(6.0).reshape(2, 3)}
""",
    "transpose_bad": "tf.transpose(tf.zeros([2, 3]), [0, 1, 2])",
    "transpose_range": "tf.transpose(tf.zeros([2, 3]), [0, 2])",
    "transpose_repeat": "fetch = tf.transpose(tf.zeros([2, 3]), tf.placeholder_with_default([0, 0], [2]), name='t')",
    "matrix_transpose_bad": "tf.matrix_transpose(tf.zeros([2]))",
    "invert_bad": "fetch = tf.invert_permutation([0, 0], name='i')",
    # concat, stack, split
    "concat": """
a, b = tf.constant([[1.0, 2.0]]), tf.constant([[3.0, 4.0], [5.0, 6.0]])
x = tf.placeholder(tf.float32, [None, 2])
k = tf.placeholder_with_default(0, [])
fetch = [tf.concat([a, b], 0), tf.concat([b, b], 1), tf.concat([x, b], axis=0, name="c"), tf.concat([b, b], -1),
         tf.concat([a], 0), tf.concat(a, 0), tf.concat([x, x], k), tf.concat([["a"], ["b"]], 0),
         tf.concat([[1, 2], [3]], 0), tf.concat([x, x, [[1.0, 2.0]]], 0)]
static(*fetch)
fetch.append(tf.gradients(tf.concat([a, b], 0) * 2.0, [a, b]))
fetch.append(tf.gradients(tf.concat([x, b], 0) * 2.0, [x, b]))
fetch.append(tf.gradients(tf.concat([b, b * 2.0], -1) * 2.0, b))
feed = {x: np.ones((3, 2))}
""",
    "concat_many": """
xs = [tf.constant([[float(i), 1.0]]) for i in range(18)]
fetch = tf.gradients(tf.square(tf.concat(xs, 1)), xs[3:5])
""",
    "concat_bad": "tf.concat([tf.zeros([2, 3]), tf.zeros([2, 4])], 0)",
    "concat_rank": "tf.concat([tf.zeros([2, 3]), tf.zeros([2])], 0)",
    "concat_axis": "tf.concat([tf.zeros([2, 3]), tf.zeros([2, 3])], 2)",
    "concat_types": "tf.concat([tf.zeros([2]), tf.zeros([2], tf.int32)], 0)",
    "concat_run_bad": """
x = tf.placeholder_with_default(np.zeros((2, 4)), None)
fetch = tf.concat([np.zeros((2, 3)), x], 0, name="c")
""",
    "stack": """
a, b = tf.constant([1.0, 2.0]), tf.constant([3.0, 4.0])
x = tf.placeholder(tf.float32, [None])
fetch = [tf.stack([a, b]), tf.stack([a, b], 1), tf.stack([a, x], axis=-1, name="s"), tf.stack([1, 2]), tf.stack([x, x]),
         tf.stack([[1, 2], [3, 4]], axis=1), tf.parallel_stack([a, b]), tf.stack(["a", "b"])]
static(*fetch)
fetch.append(tf.gradients(tf.stack([a, b], 1) * [[1.0, 2.0], [3.0, 4.0]], [a, b]))
feed = {x: [5.0, 6.0]}
""",
    "stack_axis": "tf.stack([tf.zeros([2])], axis=3)",
    "stack_bad": "tf.stack([tf.zeros([2]), tf.zeros([3])])",
    "unstack": """
x = tf.placeholder(tf.float32, [None, 2])
c = tf.constant([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])
fetch = [tf.unstack(c), tf.unstack(x, axis=1), tf.unstack(c, axis=-1, name="u"), tf.unstack(x, num=2)]
static(*[t for f in fetch for t in f])
a, b = tf.unstack(c, axis=1)
fetch.append(tf.gradients(a * a, c))
feed = {x: np.ones((2, 2))}
""",
    "unstack_unknown": "tf.unstack(tf.placeholder(tf.float32, [None]))",
    "unstack_axis": "tf.unstack(tf.zeros([2]), axis=1)",
    "unstack_run": "x = tf.placeholder_with_default(np.zeros(3), None); fetch = tf.unstack(x, num=2)",
    "split": """
x = tf.placeholder(tf.float32, [None, 6])
c = tf.constant(np.arange(12.0, dtype=np.float32).reshape(2, 6))
n = tf.placeholder_with_default([2, 4], [2])
fetch = [tf.split(c, 2), tf.split(x, 3, axis=1), tf.split(c, [1, 2, 3], 1), tf.split(c, [4, -1], axis=-1, name="v"),
         tf.split(x, n, 1), tf.split(c, num_or_size_splits=2, axis=1), tf.split(x, 2, tf.constant(1))]
static(*[t for f in fetch for t in f])
a, b, d = tf.split(c, 3, 1)
fetch.append(tf.gradients([a * a, d], c))
a, b = tf.split(c, [1, 5], 1)
fetch.append(tf.gradients(b * b, c))
feed = {x: np.ones((1, 6))}
""",
    "split_uneven": "tf.split(tf.zeros([5]), 2)",
    "split_sizes": "tf.split(tf.zeros([5]), [2, 2])",
    "split_scalar": "tf.split(tf.zeros([5]), tf.constant(5))",
    "split_axis": "tf.split(tf.zeros([5]), 5, axis=1)",
    "split_run": "x = tf.placeholder_with_default(np.zeros(5), None); fetch = tf.split(x, 2, name='s')",
    "split_v_run": "x = tf.placeholder_with_default(np.zeros(5), None); fetch = tf.split(x, [2, 2], name='s')",
    "meshgrid": """
fetch = [tf.meshgrid([1, 2, 3], [4, 5]), tf.meshgrid([1.0, 2.0], [3.0], indexing="ij"), tf.meshgrid([1, 2], name="m")]
""",
    "meshgrid_bad": "tf.meshgrid([1], [2], indexing='no')",
    "meshgrid_keyword": "tf.meshgrid([1], [2], foo=1)",
    # pad, tile
    "pad": """
x = tf.placeholder(tf.float32, [None, 3])
c = tf.constant([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
n = tf.placeholder_with_default(1, [])
fetch = [tf.pad(c, [[1, 1], [2, 0]]), tf.pad(x, [[0, 1], [1, 1]]), tf.pad(c, [[1, 0], [0, 1]], constant_values=7.0),
         tf.pad(c, [[1, 1], [2, 2]], "REFLECT"), tf.pad(c, [[1, 1], [2, 2]], "symmetric"), tf.pad(x, [[0, n], [1, 1]]),
         tf.pad(c, tf.constant([[0, 0], [0, 1]]), name="p")]
static(*fetch)
for mode in ("CONSTANT", "REFLECT", "SYMMETRIC"):
    fetch.append(tf.gradients(tf.square(tf.pad(c, [[1, 0], [1, 2]], mode)), c))
fetch.append(tf.gradients(tf.square(tf.pad(c, [[1, 0], [1, 2]], constant_values=2.0)), c))
feed = {x: np.ones((2, 3))}
""",
    "pad_mode": "tf.pad(tf.zeros([2]), [[1, 1]], 'WRAP')",
    "pad_rank": "tf.pad(tf.zeros([2]), [[1, 1], [1, 1]])",
    "pad_reflect_large": "fetch = tf.pad(tf.zeros([2]), [[2, 0]], 'REFLECT', name='p')",
    "tile": """
x = tf.placeholder(tf.float32, [None, 2])
c = tf.constant([[1.0, 2.0]])
n = tf.placeholder_with_default(2, [])
fetch = [tf.tile(c, [2, 3]), tf.tile(x, [1, 2]), tf.tile(c, [n, 1]), tf.tile([1, 2], [3], name="t"), tf.tile(["a"], [2]),
         tf.manip.tile(c, [0, 1])]
static(*fetch)
fetch.append(tf.gradients(tf.tile(c, [2, 3]) * 2.0, c))
fetch.append(tf.gradients(tf.tile(x, [n, 2]) * 2.0, x))
feed = {x: np.ones((2, 2))}
""",
    "tile_rank": "tf.tile(tf.zeros([2]), [1, 2])",
    "tile_negative": "fetch = tf.tile(tf.zeros([2]), tf.placeholder_with_default([-1], [1]), name='t')",
    "repeat": """
c = tf.constant([[1, 2], [3, 4]])
x = tf.placeholder(tf.int32, [None, 2])
fetch = [tf.repeat(c, 2), tf.repeat(c, 2, axis=0), tf.repeat(c, [1, 2], axis=1), tf.repeat(3, 4), tf.repeat(x, [2, 1], axis=0)]
feed = {x: [[1, 2], [3, 4]]}
""",
    # sequences
    "range": """
n = tf.placeholder_with_default(4, [])
fetch = [tf.range(5), tf.range(2, 7, 2), tf.range(5, 0, -2), tf.range(0.0, 1.0, 0.25), tf.range(n), tf.range(1, n),
         tf.range(3, dtype=tf.float32), tf.range(0, 2.0, 0.5), tf.range(tf.constant(3, tf.int64)), tf.range(3, name="r"),
         tf.range(0, n, delta=2), tf.range(1.0, 2.0, 0.1)]
static(*fetch)
""",
    "range_bad": "tf.range(5, 0)",
    "range_zero": "tf.range(0, 5, 0)",
    "range_run": "fetch = tf.range(tf.placeholder_with_default(5, []), 0, name='r')",
    "linspace": """
n = tf.placeholder_with_default(3, [])
fetch = [tf.linspace(0.0, 1.0, 5), tf.lin_space(1.0, 2.0, n, name="l"), tf.linspace(3.0, 4.0, 1)]
static(*fetch)
""",
    "linspace_bad": "tf.linspace(0.0, 1.0, 0)",
    "eye": """
n = tf.placeholder_with_default(2, [])
fetch = [tf.eye(3), tf.eye(2, 3), tf.eye(2, batch_shape=[2]), tf.eye(n), tf.eye(n, 3), tf.linalg.eye(2, dtype=tf.int32, name="e")]
static(*fetch)
""",
    "eye_bad": "tf.eye(2.5)",
    "constant_short": """
fetch = [tf.constant([1, 2, 3], shape=[5]), tf.constant([[1.0, 2.0], [3.0, 4.0]], shape=[3, 2]), tf.constant(["a", "b"], shape=[4]),
         tf.constant([1, 2], tf.int64, shape=[2, 2]), tf.constant([True, False], shape=[3]), tf.constant([1.0, 2.0], tf.float16, shape=[3])]
fetch += [fetch[0] + 1, tf.reshape(tf.range(6), tf.constant([3, 2], shape=[2]))]
""",
}

SNIPPETS = {name: _STATIC + code.strip("\n") for name, code in _CODE.items()}
