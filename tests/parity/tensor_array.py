"""tf.TensorArray as TensorFlow 1.15 builds it under tf.enable_control_flow_v2()."""

V2 = {"cfv2": True}

SNIPPETS = {
    "write_read_stack": (
        """
ta = tf.TensorArray(tf.float32, size=3)
ta = ta.write(0, [1., 2.])
ta = ta.write(1, [3., 4.])
ta = ta.write(2, tf.constant([5., 6.]))
assert ta.element_shape.as_list() == [2]
fetch = [ta.read(1), ta.stack(), ta.size(), ta.gather([2, 0])]
""",
        V2,
    ),
    "names": (
        """
ta = tf.TensorArray(tf.float32, size=2, name="arr", element_shape=[2], tensor_array_name="t")
ta = ta.write(0, [1., 2.], name="w")
ta = ta.write(1, [1., 2.], name="w")
fetch = [ta.read(0, name="r"), ta.stack(name="s"), ta.gather([0], name="g"), ta.size(name="n"),
         ta.concat(name="c")]
""",
        V2,
    ),
    "unstack_concat": (
        """
ta = tf.TensorArray(tf.float32, size=0)
ta = ta.unstack([[1., 2.], [3., 4.], [5., 6.]])
assert ta.element_shape.as_list() == [2]
again = tf.TensorArray(tf.float32, size=4, infer_shape=False).unstack(tf.zeros([2, 3]), name="u")
assert again.element_shape.dims is None
fetch = [ta.concat(), ta.stack(), ta.read(2), again.stack(), again.concat()]
""",
        V2,
    ),
    "split_concat": (
        """
ta = tf.TensorArray(tf.float32, size=3, infer_shape=False)
ta = ta.split(tf.reshape(tf.range(12.), [6, 2]), [1, 2, 3])
even = tf.TensorArray(tf.float32, size=3).split(tf.reshape(tf.range(12.), [6, 2]), [2, 2, 2])
assert even.element_shape.as_list() == [2, 2]
fetch = [ta.concat(), ta.read(1), even.stack(), even.concat(name="again")]
""",
        V2,
    ),
    "scatter_gather": (
        """
ta = tf.TensorArray(tf.int32, size=4, element_shape=[2])
ta = ta.scatter([0, 3], [[1, 2], [3, 4]])
fetch = [ta.gather([3, 0, 1]), ta.stack()]
""",
        V2,
    ),
    "unwritten_elements_are_zeros": (
        """
ta = tf.TensorArray(tf.float32, size=3, element_shape=[2])
ta = ta.write(1, [1., 2.])
free = tf.TensorArray(tf.float32, size=2).write(0, [7., 8., 9.])
fetch = [ta.read(0), ta.stack(), free.stack()]
""",
        V2,
    ),
    "unknown_shapes": (
        """
x = tf.placeholder_with_default(np.ones([2, 3], np.float32), None)
ta = tf.TensorArray(tf.float32, size=2, infer_shape=False)
ta = ta.write(0, x).write(1, tf.placeholder_with_default(np.ones([1, 3], np.float32), [None, 3]))
assert ta.element_shape.dims is None
partial = tf.TensorArray(tf.float32, size=2, element_shape=[None, 3]).write(0, x)
fetch = [ta.read(0), ta.read(1), ta.concat(), partial.read(0), partial.stack()]
""",
        V2,
    ),
    "dynamic_size": (
        """
ta = tf.TensorArray(tf.float32, size=1, dynamic_size=True)
assert ta.dynamic_size
for i in range(3):
    ta = ta.write(i, tf.fill([2], float(i)))
n = tf.placeholder_with_default(np.int32(5), [])
ta = ta.write(n, [9., 9.])
fetch = [ta.stack(), ta.size()]
""",
        V2,
    ),
    "size_tensor": (
        """
n = tf.placeholder_with_default(np.int32(2), [])
ta = tf.TensorArray(tf.string, size=n, element_shape=[])
ta = ta.write(n - 1, "x")
fetch = [ta.stack(), ta.size(), ta.read(0)]
""",
        V2,
    ),
    "old_arrays_keep_their_elements": (
        """
a = tf.TensorArray(tf.float32, size=2).unstack([1., 2.])
b = a.write(0, 5.)
c = b.write(0, 6.)
d = a.write(1, 7.)
fetch = [a.stack(), b.stack(), c.stack(), d.stack(), a.read(0)]
""",
        V2,
    ),
    "identity_close_flow": (
        """
a = tf.TensorArray(tf.float32, size=2).unstack([1., 2.])
b = a.identity()
assert b.flow.op.type == "Identity" and a.handle is None and a.flow.dtype == tf.variant
c = tf.TensorArray(tf.float32, flow=b.flow)
assert c.element_shape.dims is None and b.element_shape.as_list() == []
fetch = [b.read(1), c.stack(), b.close()]
""",
        V2,
    ),
    "gradients_of_write_and_read": (
        """
x = tf.constant([1., 2.])
y = tf.constant([3., 4.])
ta = tf.TensorArray(tf.float32, size=2).write(0, x * x).write(1, y)
out = ta.read(0) * 3. + ta.read(1) * 2.
fetch = tf.gradients(out, [x, y])
""",
        V2,
    ),
    "gradients_of_stack_and_unstack": (
        """
x = tf.constant([[1., 2.], [3., 4.]])
ta = tf.TensorArray(tf.float32, size=2).unstack(x)
fetch = tf.gradients(ta.stack() * [[1., 2.], [3., 4.]], x) + tf.gradients(ta.read(0), x)
""",
        V2,
    ),
    "gradients_of_gather_scatter_concat_split": (
        """
x = tf.constant([[1., 2.], [3., 4.], [5., 6.]])
scattered = tf.TensorArray(tf.float32, size=4, element_shape=[2]).scatter([0, 3, 1], x)
parts = tf.TensorArray(tf.float32, size=2, infer_shape=False).split(x, [1, 2])
out = tf.reduce_sum(scattered.gather([3, 0]) * 2.) + tf.reduce_sum(parts.concat() * x)
fetch = [out] + tf.gradients(out, x)
""",
        V2,
    ),
    "gradients_of_unknown_shapes": (
        """
x = tf.placeholder_with_default(np.float32([[1., 2.], [3., 4.]]), [None, None])
ta = tf.TensorArray(tf.float32, size=2).unstack(x)
ta = ta.write(1, ta.read(0) * 2.)
fetch = tf.gradients(ta.stack(), x)
""",
        V2,
    ),
    "in_cond": (
        """
p = tf.placeholder_with_default(True, [])
ta = tf.TensorArray(tf.float32, size=2, element_shape=[])
flow = tf.cond(p, lambda: ta.write(0, 1.).flow, lambda: ta.write(1, 2.).flow)
fetch = tf.TensorArray(tf.float32, flow=flow).stack()
""",
        V2,
    ),
    "result_of_cond": (
        """
p = tf.placeholder_with_default(True, [])
ta = tf.TensorArray(tf.float32, size=2, element_shape=[])
out, x = tf.cond(p, lambda: (ta.write(0, 1.), 3.), lambda: (ta, 4.))
alone = tf.cond(p, lambda: ta.write(1, 7.), lambda: ta)
assert isinstance(out, tf.TensorArray) and out.element_shape.as_list() == []
later = tf.TensorArray(tf.float32, size=1)
fetch = [out.stack(), x, alone.stack()]
""",
        V2,
    ),
    "gradient_through_cond": (
        """
p = tf.placeholder_with_default(True, [])
x = tf.constant(3.)
ta = tf.TensorArray(tf.float32, size=2).write(0, x).write(1, x * x)
out = tf.cond(p, lambda: ta.write(0, x * 5.), lambda: ta)
fetch = tf.gradients(out.stack() * [1., 2.], x)
""",
        {"cfv2": True, "nodes": False},
    ),
    "result_of_switch_case": (
        """
i = tf.placeholder_with_default(1, [])
ta = tf.TensorArray(tf.float32, size=2, element_shape=[])
out = tf.switch_case(i, [lambda: ta, lambda: ta.write(0, 1.), lambda: ta.write(1, 1.)])
fetch = out.stack()
""",
        V2,
    ),
    "cond_in_while_loop": (
        """
x = tf.constant([1., 2., 3., 4.])
def body(i, ta, keep):
    ta = tf.cond(tf.equal(i % 2, 0), lambda: ta.write(i, x[i] * 10.), lambda: ta.write(i, -x[i]))
    return i + 1, ta, {"n": keep["n"] + 1, "a": keep["a"].write(0, x[i])}
_, ta, keep = tf.while_loop(lambda i, *_: i < 4, body, (0, tf.TensorArray(tf.float32, size=4),
                            {"n": 0, "a": tf.TensorArray(tf.float32, size=1)}))
loss = tf.reduce_sum(ta.stack() * x) + keep["a"].read(0)
fetch = [ta.stack(), keep["n"], loss] + tf.gradients(loss, x)
""",
        {"cfv2": True, "nodes": False},
    ),
    "shape_invariants": (
        """
x = tf.zeros([1, 2])
def body(i, x, ta):
    return i + 1, tf.concat([x, x], 0), ta.write(i, tf.shape(x)[0])
_, x, ta = tf.while_loop(lambda i, *_: i < 3, body, [0, x, tf.TensorArray(tf.int32, size=3)],
    shape_invariants=[tf.TensorShape([]), tf.TensorShape([None, 2]), tf.TensorShape(None)])
_, tb = tf.while_loop(lambda i, *_: i < 3, lambda i, t: (i + 1, t.write(i, 1.)),
    [0, tf.TensorArray(tf.float32, size=3)], shape_invariants=[tf.TensorShape([]), tf.TensorShape([])])
fetch = [ta.stack(), tf.shape(x), tb.stack()]
""",
        V2,
    ),
    "nested_loops": (
        """
x = tf.constant([[1., 2.], [3., 4.]])
rows = tf.TensorArray(tf.float32, size=2).unstack(x)
def outer(i, out):
    row = tf.TensorArray(tf.float32, size=2).unstack(rows.read(i))
    def inner(j, total):
        return j + 1, total + row.read(j) * tf.cast(i + 1, tf.float32)
    _, total = tf.while_loop(lambda j, _: j < 2, inner, [0, 0.])
    return i + 1, out.write(i, total)
_, out = tf.while_loop(lambda i, _: i < 2, outer, [0, tf.TensorArray(tf.float32, size=2)])
fetch = [out.stack()] + tf.gradients(out.stack() * [3., 5.], x)
""",
        {"cfv2": True, "nodes": False},
    ),
    "array_made_and_stacked_in_a_loop": (
        """
def body(i, out):
    ta = tf.TensorArray(tf.float32, size=0, dynamic_size=True, element_shape=[])
    ta = ta.write(0, out[0]).write(1, out[1] + 1.)
    return i + 1, ta.stack()
_, out = tf.while_loop(lambda i, _: i < 3, body, [0, tf.constant([1., 2.])],
                       shape_invariants=[tf.TensorShape([]), tf.TensorShape([None])])
fetch = out
""",
        {"cfv2": True, "nodes": False},
    ),
    "in_while_loop": (
        """
def body(i, ta):
    return i + 1, ta.write(i, tf.cast(i, tf.float32) * [1., 2.])
_, ta = tf.while_loop(lambda i, _: i < 4, body, [0, tf.TensorArray(tf.float32, size=4)])
later = tf.TensorArray(tf.float32, size=1)
fetch = [ta.stack(), ta.read(3)]
""",
        V2,
    ),
    "read_in_while_loop_with_gradient": (
        """
x = tf.constant([[1., 2.], [3., 4.], [5., 6.]])
inputs = tf.TensorArray(tf.float32, size=3).unstack(x)
def body(i, total, out):
    total = total * inputs.read(i)
    return i + 1, total, out.write(i, total)
_, total, out = tf.while_loop(lambda i, *_: i < 3, body,
                              [0, tf.ones([2]), tf.TensorArray(tf.float32, size=3)])
loss = tf.reduce_sum(out.stack()) + tf.reduce_sum(total)
fetch = [loss] + tf.gradients(loss, x)
""",
        {"cfv2": True, "nodes": False},
    ),
    "grad_is_refused": (
        "tf.TensorArray(tf.float32, size=1).grad('x')",
        {"cfv2": True, "error": "type"},
    ),
    "size_is_required": ("tf.TensorArray(tf.float32)", V2),
    "flow_and_size": (
        "tf.TensorArray(tf.float32, size=1, flow=tf.TensorArray(tf.float32, size=1).flow)",
        V2,
    ),
    "flow_and_element_shape": (
        "tf.TensorArray(tf.float32, element_shape=[1], flow=tf.TensorArray(tf.float32, size=1).flow)",
        V2,
    ),
    "flow_of_another_dtype": ("tf.TensorArray(tf.float32, flow=tf.constant(1.))", V2),
    "other_shape_than_before": (
        "tf.TensorArray(tf.float32, size=2).write(0, [1.]).write(1, [1., 2.])",
        V2,
    ),
    "other_shape_than_said": (
        "tf.TensorArray(tf.float32, size=2, element_shape=[None, 2]).unstack([[1., 2.]])",
        V2,
    ),
    "other_dtype": (
        "fetch = tf.TensorArray(tf.float32, size=2).write(0, tf.constant(1)).stack()",
        V2,
    ),
    "write_outside": ("fetch = tf.TensorArray(tf.float32, size=2).write(2, 1.).stack()", V2),
    "read_outside": ("fetch = tf.TensorArray(tf.float32, size=2).unstack([1., 2.]).read(2)", V2),
    "read_unwritten": ("fetch = tf.TensorArray(tf.float32, size=2).read(0)", V2),
    "stack_unwritten": ("fetch = tf.TensorArray(tf.float32, size=2).stack()", V2),
    "stack_of_different_shapes": (
        """
ta = tf.TensorArray(tf.float32, size=2, infer_shape=False).write(0, [1.]).write(1, [1., 2.])
fetch = ta.stack()
""",
        V2,
    ),
    "split_that_does_not_add_up": (
        "fetch = tf.TensorArray(tf.float32, size=2).split([1., 2., 3.], [1, 1]).concat()",
        V2,
    ),
}

# Operations are counted as those of TensorFlow 1's own arrays, so later seeds are the same.
_COUNTED = {
    "write_read": "ta = tf.TensorArray(tf.float32, 2).write(0, 1.).write(tf.constant(1), x); ta.read(0)",
    "dynamic": "ta = tf.TensorArray(tf.float32, 1, True).write(0, 1.).write(tf.constant(3), x); ta.size()",
    "stack": "tf.TensorArray(tf.float32, 2, element_shape=[]).stack()",
    "gather": "tf.TensorArray(tf.float32, tf.constant(2), element_shape=[]).gather([1, 0]).op",
    "unstack": "tf.TensorArray(tf.float32, 2).unstack([1., 2.]); tf.TensorArray(tf.float32, 2).unstack(v)",
    "unstack_unknown": "tf.TensorArray(tf.float32, 2).unstack(tf.placeholder(tf.float32)).concat()",
    "scatter": "tf.TensorArray(tf.float32, 2).scatter([0, 1], v).size()",
    "split": "tf.TensorArray(tf.float32, 2).split(v, [1, 1]).concat()",
    "identity": "tf.TensorArray(tf.float32, 2).identity().close()",
    "loop": "tf.while_loop(lambda i, *_: i < 2, lambda i, t: (i + 1, t.write(i, x)), (0, tf.TensorArray(tf.float32, 2)))[1].stack()",
    "dynamic_loop": "tf.while_loop(lambda i, *_: i < 2, lambda i, t: (i + 1, t.write(i, x)), (0, tf.TensorArray(tf.float32, 0, True)))[1].stack()",
    "map": "tf.map_fn(lambda a: a * x, v)",
    "map_unknown": "tf.map_fn(lambda a: a * x, tf.placeholder(tf.float32, [None, 2]))",
    "scan": "tf.scan(lambda a, b: a * b, v); tf.scan(lambda a, b: a * b, v, 1., reverse=True)",
    "folds": "tf.foldl(lambda a, b: a * b, v); tf.foldr(lambda a, b: a * b, v, 1.)",
}
for _name, _code in _COUNTED.items():
    SNIPPETS["counted_" + _name] = (
        "x, v = tf.constant(2.), tf.constant([1., 2.])\n"
        + _code
        + "\nfetch = tf.random_uniform([2])",
        {"nodes": False, "xla": False},
    )
SNIPPETS["random_in_map"] = (
    "fetch = [tf.map_fn(lambda a: a * tf.random_uniform([]), tf.ones([3])), tf.random_normal([2])]",
    {"nodes": False, "xla": False},
)
