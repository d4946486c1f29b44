"""tf.map_fn, tf.scan, tf.foldl and tf.foldr under tf.enable_control_flow_v2()."""

V2 = {"cfv2": True}
VALUES = {"cfv2": True, "nodes": False}

SNIPPETS = {
    "map": ("fetch = tf.map_fn(lambda x: x * x, tf.constant([1., 2., 3.]))", V2),
    "map_of_numpy": (
        "fetch = tf.map_fn(lambda x: x + 1, np.arange(6).reshape(3, 2), name='m')",
        V2,
    ),
    "map_of_several": (
        """
a, b = tf.constant([1., 2., 3.]), tf.constant([[1], [2], [3]])
fetch = [tf.map_fn(lambda v: (v[0] * 2., v[1]), (a, b)),
         tf.map_fn(lambda v: v['x'] * tf.cast(v['y'], tf.float32), {'x': a, 'y': b}, dtype=tf.float32)]
""",
        V2,
    ),
    "map_to_other_structure": (
        """
out = tf.map_fn(lambda x: (x, [-x, tf.cast(x, tf.float64)]), tf.constant([1, 2]),
                dtype=(tf.int32, [tf.int32, tf.float64]))
assert [t.shape.as_list() for t in tf.nest.flatten(out)] == [[2], [2], [2]]
fetch = out
""",
        V2,
    ),
    "map_of_unknown_size": (
        """
x = tf.placeholder_with_default(np.ones([3, 2], np.float32), [None, 2])
y = tf.map_fn(lambda v: v * 2., x, parallel_iterations=3, back_prop=False, swap_memory=True)
assert y.shape.as_list() == [None, 2]
fetch = y
""",
        V2,
    ),
    "map_of_unknown_rank": (
        """
x = tf.placeholder_with_default(np.ones([3, 2], np.float32), None)
fetch = tf.map_fn(lambda v: v * 2., x, infer_shape=False)
""",
        V2,
    ),
    "map_of_nothing": (
        "fetch = tf.map_fn(lambda v: v + 1., tf.zeros([0, 2]))",
        V2,
    ),
    "map_with_capture": (
        """
k = tf.constant(3.)
w = tf.get_variable('w', initializer=[2., 5.])
fetch = tf.map_fn(lambda v: v * k + w, tf.constant([[1., 2.], [3., 4.]]))
""",
        VALUES,
    ),
    "map_gets_a_variable": (
        """
def fn(v):
    w = tf.get_variable('w', [2], initializer=tf.ones_initializer())
    return v * w
fetch = tf.map_fn(fn, tf.constant([[1., 2.], [3., 4.]]))
assert tf.get_variable_scope().caching_device is None
""",
        VALUES,
    ),
    "map_of_map": (
        "fetch = tf.map_fn(lambda r: tf.map_fn(lambda v: v + 1., r), tf.constant([[1., 2.], [3., 4.]]))",
        V2,
    ),
    "second_gradient_of_map": (
        """
x = tf.constant([1., 2., 3.])
y = tf.map_fn(lambda v: v * v * v, x)
g = tf.gradients(y, x)[0]
fetch = [g] + tf.gradients(g, x)
""",
        VALUES,
    ),
    "gradient_of_map_of_map": (
        """
x = tf.constant([[1., 2.], [3., 4.]])
fetch = tf.gradients(tf.map_fn(lambda r: tf.map_fn(lambda v: v * v, r), x), x)
""",
        VALUES,
    ),
    "map_with_cond": (
        """
x = tf.constant([1., -2., 3.])
y = tf.map_fn(lambda v: tf.cond(v > 0., lambda: v * v, lambda: -v), x)
fetch = [y] + tf.gradients(y, x)
""",
        VALUES,
    ),
    "map_of_strings": (
        "fetch = tf.map_fn(lambda s: tf.strings.join([s, '!']), tf.constant(['a', 'b']))",
        V2,
    ),
    "map_of_ragged_results": (
        "fetch = tf.map_fn(lambda n: tf.ones([n]), tf.constant([1, 2]), dtype=tf.float32, infer_shape=False)",
        VALUES,
    ),
    "map_returns_other_dtype": (
        "fetch = tf.map_fn(lambda n: tf.cast(n, tf.float32), tf.constant([1, 2]))",
        {"cfv2": True, "nodes": False, "error": "type"},
    ),
    "gradient_of_map": (
        """
x = tf.constant([[1., 2.], [3., 4.]])
w = tf.constant([2., 3.])
y = tf.map_fn(lambda v: v * v * w, x)
fetch = tf.gradients(y, [x, w])
""",
        VALUES,
    ),
    "map_of_matmul": (
        """
x = tf.constant(np.arange(12.).reshape(3, 2, 2).astype(np.float32))
fetch = tf.map_fn(lambda m: tf.matmul(m, m), x)
""",
        V2,
    ),
    "scan": ("fetch = tf.scan(lambda a, x: a + x, tf.constant([1., 2., 3.]))", V2),
    "scan_reverse": (
        "fetch = tf.scan(lambda a, x: a * x, tf.constant([1., 2., 3.]), reverse=True)",
        V2,
    ),
    "scan_with_initializer": (
        """
fetch = [tf.scan(lambda a, x: a + x, tf.constant([1., 2., 3.]), initializer=10.),
         tf.scan(lambda a, x: a * x, [[1., 2.], [3., 4.]][0] and tf.constant([[1., 2.], [3., 4.]]),
                 tf.ones([2]), reverse=True, name='r')]
""",
        V2,
    ),
    "scan_of_several": (
        """
x = tf.constant([[1., 2.], [3., 4.], [5., 6.]])
out = tf.scan(lambda a, v: (a[0] + v[0], a[1] * v[1]), (x, x))
fib = tf.scan(lambda a, _: (a[1], a[0] + a[1]), tf.range(6), initializer=(0, 1))
fetch = [out, fib]
""",
        V2,
    ),
    "scan_of_unknown_size": (
        """
x = tf.placeholder_with_default(np.ones([3, 2], np.float32), [None, 2])
y = tf.scan(lambda a, v: a + v, x)
assert y.shape.as_list() == [None, 2]
fetch = [y, tf.scan(lambda a, v: a + v, x, reverse=True, infer_shape=False)]
""",
        V2,
    ),
    "gradient_of_scan": (
        """
x = tf.constant([1., 2., 3.])
w = tf.constant(2.)
y = tf.scan(lambda a, v: a * w + v, x)
fetch = [y] + tf.gradients(y, [x, w])
""",
        VALUES,
    ),
    "foldl": ("fetch = tf.foldl(lambda a, x: a - x, tf.constant([1., 2., 3.]))", V2),
    "foldr": ("fetch = tf.foldr(lambda a, x: a - x, tf.constant([1., 2., 3.]))", V2),
    "fold_with_initializer": (
        """
x = tf.constant([[1., 2.], [3., 4.], [5., 6.]])
fetch = [tf.foldl(lambda a, v: a * v, x, initializer=tf.ones([2]), name='l'),
         tf.foldr(lambda a, v: a - v, x, initializer=tf.ones([2]), name='r')]
""",
        V2,
    ),
    "fold_of_several": (
        """
x = tf.constant([1., 2., 3.])
fetch = [tf.foldl(lambda a, v: a + v[0] * v[1], (x, x), initializer=0.),
         tf.foldr(lambda a, v: (a[0] + v[0], a[1] * v[1]), (x, x))]
""",
        V2,
    ),
    "fold_of_unknown_size": (
        """
x = tf.placeholder_with_default(np.float32([1, 2, 3]), [None])
fetch = [tf.foldl(lambda a, v: a - v, x), tf.foldr(lambda a, v: a - v, x),
         tf.foldr(lambda a, v: a - v, x, initializer=1.)]
""",
        V2,
    ),
    "gradient_of_folds": (
        """
x = tf.constant([1., 2., 3.])
fetch = tf.gradients(tf.foldl(lambda a, v: a * v, x), x) + tf.gradients(
    tf.foldr(lambda a, v: a * v + a, x, initializer=1.), x)
""",
        VALUES,
    ),
    "fn_is_no_function": ("tf.map_fn(1, [1.])", V2),
    "scan_fn_is_no_function": ("tf.scan(1, [1.])", V2),
    "map_of_scalar": ("tf.map_fn(lambda x: x, 1.)", V2),
    "map_of_scalars": ("tf.map_fn(lambda x: x, (1., 2.))", V2),
    "map_of_sparse": (
        "tf.map_fn(lambda x: x, tf.SparseTensor([[0]], [1.], [2]))",
        V2,
    ),
    "map_returns_another_structure": (
        "tf.map_fn(lambda x: (x, x), tf.constant([1., 2.]))",
        {"cfv2": True, "error": "type"},
    ),
    "scan_changes_shape": (
        "tf.scan(lambda a, x: [a], tf.constant([1., 2.]))",
        {"cfv2": True, "error": "type"},
    ),
    "map_of_different_sizes": (
        "fetch = tf.map_fn(lambda v: v[0] + v[1], (tf.zeros([2]), tf.zeros([3])), dtype=tf.float32)",
        V2,
    ),
}
