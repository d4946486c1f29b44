"""Snippets of choosing, sets, order, and moving blocks."""

_STATIC = 'static = lambda *ts: tf.constant(str([str(t.shape) for t in ts]), name="static")\n'

_CODE = {
    "select": """
c = tf.constant([[True, False], [False, True]])
x, y = tf.constant([[1.0, 2.0], [3.0, 4.0]]), tf.constant([[5.0, 6.0], [7.0, 8.0]])
p = tf.placeholder(tf.float32, [None, 2])
fetch = [tf.where(c, x, y), tf.where([True, False], x, y), tf.where(True, x, y), tf.where(p > 0.5, p, -p), tf.where(c, x, y, name="w")]
static(*fetch)
fetch += [tf.gradients(tf.where(c, x * x, y), [x, y]), tf.gradients(tf.where(p > 0.5, p, -p), p)]
feed = {p: [[0.0, 1.0]]}
""",
    "select_v2": """
x, y = tf.constant([[1.0, 2.0], [3.0, 4.0]]), tf.constant([5.0, 6.0])
z = tf.where_v2([[True], [False]], x, y)
static(z)
fetch = [z, tf.where_v2(x > 1.0, x, 0.0, name="w"), tf.gradients(z * z, [x, y]), tf.where_v2([True, False])]
""",
    "select_bad": "tf.where([True], tf.zeros([2, 2]), tf.zeros([2, 2]))",
    "select_shapes": "tf.where(True, tf.zeros([2]), tf.zeros([3]))",
    "select_half": "tf.where([True], tf.zeros([1]))",
    "where": """
x = tf.placeholder(tf.int32, [None, 2])
fetch = [tf.where([True, False, True]), tf.where([[1.0, 0.0], [0.0, 2.0]]), tf.where(x, name="w")]
static(*fetch)
feed = {x: [[0, 1], [2, 0]]}
""",
    "where_scalar": "fetch = tf.where(tf.constant(True))",
    "boolean_mask": """
c = tf.constant(np.arange(12, dtype=np.float32).reshape(2, 3, 2))
x = tf.placeholder(tf.float32, [None, 3])
fetch = [tf.boolean_mask(c, [True, False]), tf.boolean_mask(c, [[True, False, True], [False, False, True]]),
         tf.boolean_mask(c, [True, False, True], axis=1), tf.boolean_mask(x, x[:, 0] > 0.0, name="m")]
static(*fetch)
fetch.append(tf.gradients(tf.square(tf.boolean_mask(c, [False, True])), c))
feed = {x: np.ones((2, 3))}
""",
    "boolean_mask_scalar": "tf.boolean_mask([1, 2], True)",
    "boolean_mask_bad": "tf.boolean_mask([1, 2], [True, False, True])",
    "one_hot": """
i = tf.placeholder(tf.int32, [None])
d = tf.placeholder_with_default(4, [])
fetch = [tf.one_hot([0, 2, -1], 3), tf.one_hot(i, 4), tf.one_hot([1, 0], 2, 5, 7), tf.one_hot([[1], [0]], 3, axis=0), tf.one_hot(i, d),
         tf.one_hot([1], 2, dtype=tf.int32, name="o"), tf.one_hot(1, 3, on_value=True, off_value=False), tf.one_hot([1], 3, on_value=2.5),
         tf.one_hot(tf.constant([1], tf.uint8), 2), tf.one_hot([0, 1], 3, axis=1)]
static(*fetch)
feed = {i: [3, 1]}
""",
    "one_hot_types": "tf.one_hot([1], 2, on_value=1.0, dtype=tf.int32)",
    "one_hot_mixed": "tf.one_hot([1], 2, on_value=1.0, off_value=0)",
    "sequence_mask": """
n = tf.placeholder(tf.int32, [None])
fetch = [tf.sequence_mask([1, 3, 2], 5), tf.sequence_mask([1, 3]), tf.sequence_mask(n, 4, tf.float32), tf.sequence_mask(n, name="m"),
         tf.sequence_mask([[1], [2]], tf.constant(3))]
static(*fetch)
feed = {n: [2, 0]}
""",
    "sequence_mask_bad": "tf.sequence_mask([1], [2, 3])",
    "unique": """
x = tf.placeholder(tf.int32, [None])
a, b = tf.unique([3, 1, 3, 2])
c = tf.unique_with_counts(["b", "a", "b"], out_idx=tf.int64)
d = tf.unique(x, name="u")
static(a, b, c.y, c.count, d.y, d.idx)
fetch = [a, b, c, d, tf.setdiff1d([1, 2, 3, 4], [2, 4])]
feed = {x: [5, 5]}
""",
    "partition": """
c = tf.constant([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])
p = tf.constant([1, 0, 1])
a, b = tf.dynamic_partition(c, p, 2)
s = tf.dynamic_stitch([[0, 2], [1]], [[[1.0], [3.0]], [[2.0]]])
t = tf.dynamic_stitch([tf.placeholder_with_default([1, 0], [2]), 2], [[1.0, 2.0], 3.0], name="t")
static(a, b, s, t)
fetch = [a, b, s, t, tf.gradients([a * a, b], c)]
u = tf.constant([1.0, 2.0])
fetch.append(tf.gradients(tf.square(tf.dynamic_stitch([[0, 1], [2]], [u, [3.0]])), u))
""",
    "partition_out": "fetch = tf.dynamic_partition([1, 2], tf.placeholder_with_default([0, 2], [2]), 2, name='p')",
    "searchsorted": """
s = tf.constant([[1.0, 3.0, 5.0], [2.0, 4.0, 6.0]])
v = tf.constant([[3.0, 6.0], [0.0, 4.0]])
fetch = [tf.searchsorted(s, v), tf.searchsorted(s, v, side="right", out_type=tf.int64), tf.searchsorted([1, 2, 3], [2])]
static(*fetch)
""",
    "reverse": """
c = tf.constant([[1, 2, 3], [4, 5, 6]])
f = tf.constant([[1.0, 2.0], [3.0, 4.0]])
fetch = [tf.reverse(c, [0]), tf.reverse(c, [-1, 0], name="r"), tf.reverse(c, tf.placeholder_with_default([1], [1])), tf.reverse_v2(c, [1]),
         tf.manip.reverse(c, []), tf.gradients(tf.reverse(f, [1]) * f, f)]
""",
    "roll": """
x = tf.constant([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
n = tf.placeholder_with_default(-1, [])
y = tf.roll(x, [1, 2], [0, 1])
static(y, tf.roll(x, n, 0))
fetch = [y, tf.manip.roll(x, 1, axis=1, name="r"), tf.roll(x, n, -1), tf.gradients(y * y, x)]
""",
    "reverse_bad": "tf.reverse(tf.zeros([2]), [1])",
    "reverse_twice": "tf.reverse(tf.zeros([2]), [0, -1])",
    "reverse_sequence": """
c = tf.constant(np.arange(12, dtype=np.float32).reshape(3, 4))
y = tf.reverse_sequence(c, [1, 4, 2], seq_axis=1)
z = tf.reverse_sequence(c, tf.constant([3, 0, 1, 2], tf.int64), seq_axis=0, batch_axis=1, name="z")
fetch = [y, z, tf.reverse_sequence(c, [2, 2, 2], seq_dim=1, batch_dim=0), tf.gradients(y * c, c)]
static(y, z)
""",
    "reverse_sequence_long": "fetch = tf.reverse_sequence(np.zeros((1, 2)), tf.placeholder_with_default([3], [1]), seq_axis=1, name='r')",
    "top_k": """
c = tf.constant([[1.0, 5.0, 3.0, 5.0], [2.0, 2.0, 9.0, 1.0]])
x = tf.placeholder(tf.float32, [None, 4])
a, b = tf.nn.top_k(c, 2), tf.math.top_k(x, tf.placeholder_with_default(3, []), name="t")
fetch = [a, b, tf.nn.top_k([3, 1, 2]), tf.gradients(a.values * a.values, c), tf.gradients(b.values, x)]
static(a.values, a.indices, b.values)
feed = {x: np.ones((1, 4))}
""",
    "top_k_large": "tf.nn.top_k(tf.zeros([3]), 4)",
    "top_k_scalar": "tf.nn.top_k(1.0)",
    "in_top_k": """
p = tf.constant([[0.1, 0.5, 0.4], [0.3, 0.3, 0.4], [np.inf, 0.1, 0.2]])
fetch = [tf.nn.in_top_k(p, [1, 0, 0], 1), tf.math.in_top_k(p, [2, 0, 1], 2, name="i")]
""",
    "sort": """
c = tf.constant([[3.0, 1.0, 2.0], [0.5, 9.0, -1.0]])
x = tf.placeholder(tf.float32, [None, None])
fetch = [tf.sort(c), tf.sort(c, axis=0), tf.sort(c, direction="DESCENDING"), tf.argsort(c), tf.argsort(c, axis=0, direction="DESCENDING"),
         tf.sort(x, axis=-2, name="s"), tf.argsort([3, 1, 3], stable=True)]
static(*fetch)
fetch.append(tf.gradients(tf.sort(c) * [1.0, 2.0, 3.0], c))
feed = {x: [[2.0, 1.0], [0.0, 3.0]]}
""",
    "sort_direction": "tf.sort([1], direction='UP')",
    "space_to_batch": """
c = tf.constant(np.arange(16, dtype=np.float32).reshape(1, 4, 4, 1))
x = tf.placeholder(tf.float32, [None, 4, None, 1])
y = tf.space_to_batch_nd(c, [2, 2], [[0, 0], [2, 0]])
fetch = [y, tf.space_to_batch(c, [[0, 0], [0, 0]], 2), tf.space_to_batch_nd(x, [2, 2], [[0, 0], [0, 0]]),
         tf.batch_to_space_nd(y, [2, 2], [[0, 0], [2, 0]]), tf.batch_to_space(y, [[0, 0], [0, 0]], 2), tf.gradients(y * y, c),
         tf.gradients(tf.square(tf.batch_to_space_nd(y, [2, 2], [[0, 0], [2, 0]])), y)]
static(*fetch[:5])
feed = {x: np.ones((1, 4, 4, 1))}
""",
    "space_to_batch_uneven": "tf.space_to_batch_nd(tf.zeros([1, 3, 4, 1]), [2, 2], [[0, 0], [0, 0]])",
    "space_to_depth": """
c = tf.constant(np.arange(16, dtype=np.float32).reshape(1, 4, 4, 1))
y = tf.space_to_depth(c, 2)
z = tf.depth_to_space(y, 2, name="d")
static(y, z, tf.nn.space_to_depth(tf.placeholder(tf.float32, [None, None, 4, 3]), 2), tf.space_to_depth(tf.zeros([1, 3, 4, 6]), 2, data_format="NCHW"))
fetch = [y, z, tf.gradients(y * y, c), tf.gradients(z * z, y)]
""",
    "space_to_depth_block": "tf.space_to_depth(tf.zeros([1, 4, 4, 1]), 1)",
    "required_paddings": """
a, b = tf.required_space_to_batch_paddings([5, 7], [2, 3])
c, d = tf.required_space_to_batch_paddings(tf.placeholder_with_default([5, 7], [2]), [2, 3], [[1, 0], [0, 0]])
fetch = [a, b, c, d]
""",
    "patches": """
c = tf.constant(np.arange(32, dtype=np.float32).reshape(1, 4, 4, 2))
y = tf.image.extract_image_patches(c, [1, 2, 2, 1], [1, 2, 1, 1], [1, 1, 1, 1], "VALID")
z = tf.extract_image_patches(c, sizes=[1, 3, 3, 1], strides=[1, 2, 2, 1], rates=[1, 2, 2, 1], padding="SAME", name="z")
static(y, z)
fetch = [y, z]
""",
}

SNIPPETS = {name: _STATIC + code.strip("\n") for name, code in _CODE.items()}
