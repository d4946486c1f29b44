"""Snippets of ops that only `tf.raw_ops` makes."""

SNIPPETS = {
    "concat": """
x = tf.constant([[1.0, 2.0]])
y = tf.raw_ops.Concat(concat_dim=0, values=[x, x * 2.0])
z = tf.raw_ops.Concat(concat_dim=1, values=[x, y[:1]], name="wide")
fetch = [y, z, tf.gradients(y * y, x), tf.gradients(z * z, x)]
""",
    "gather": """
x = tf.constant([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])
y = tf.raw_ops.Gather(params=x, indices=[2, 0, 2])
z = tf.raw_ops.Gather(params=x, indices=[[0], [1]], validate_indices=False, name="z")
fetch = [y, z]
g = tf.gradients(y * y, x)[0]
fetch += [g.values, g.indices]
""",
    "in_top_k": """
p = tf.constant([[0.1, 0.9, 0.3], [0.5, 0.2, 0.4]])
fetch = [tf.raw_ops.InTopK(predictions=p, targets=[2, 1], k=2),
         tf.raw_ops.InTopK(predictions=p, targets=tf.constant([1, 2], tf.int64), k=1, name="t")]
""",
    "ones_like": """
x = tf.constant([[1.0, 2.0]])
fetch = [tf.raw_ops.OnesLike(x=x), tf.raw_ops.OnesLike(x=[True, False]), tf.raw_ops.OnesLike(x=7, name="o")]
assert tf.gradients(fetch[0], x) == [None]
""",
    "reverse": """
x = tf.constant([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
y = tf.raw_ops.Reverse(tensor=x, dims=[True, False])
fetch = [y, tf.raw_ops.Reverse(tensor=["a", "b"], dims=[True], name="r"), tf.gradients(y * x, x)]
""",
    "scatter_nd_non_aliasing_add": """
x = tf.constant([1.0, 2.0, 3.0])
u = tf.constant([10.0, 20.0])
y = tf.raw_ops.ScatterNdNonAliasingAdd(input=x, indices=[[2], [0]], updates=u)
fetch = [y, tf.gradients(y * y, [x, u])]
""",
    "snapshot": """
x = tf.constant([1.0, 2.0])
fetch = [tf.raw_ops.Snapshot(input=x), tf.raw_ops.Snapshot(input=[7], name="s")]
""",
    "unique": """
x = tf.constant([[3, 1], [3, 1], [2, 1]])
a = tf.raw_ops.UniqueV2(x=x, axis=[0])
b = tf.raw_ops.UniqueV2(x=[4, 4, 2], axis=tf.constant([], tf.int64), out_idx=tf.int64)
c = tf.raw_ops.UniqueWithCountsV2(x=x, axis=[1])
d = tf.raw_ops.UniqueWithCountsV2(x=[4.0, 4.0, 2.0], axis=[0], name="d")
tf.constant(str([str(t.shape) for v in (a, b, c, d) for t in v]), name="static")
fetch = [list(a), list(b), list(c), list(d)]
""",
    "ref_identity": """
v = tf.Variable([1.0, 2.0], name="v")
r = tf.raw_ops.RefIdentity(input=v._ref())
w = tf.raw_ops.AssignAdd(ref=r, value=[1.0, 1.0])
fetch = w * 1.0
""",
    "py_func_stateless": """
def double(x):
    return 2.0 * x
y = tf.py_func(double, [tf.constant([1.0, 2.0])], tf.float32, stateful=False)
fetch = [y, tf.py_func(lambda a, b: (a + b, a), [1, 2], [tf.int32, tf.int32], stateful=False, name="two")]
""",
    "outputs": """
a = tf.raw_ops.Add(x=1.0, y=[2.0])
b = tf.raw_ops.NoOp(name="nothing")
c = tf.raw_ops.Split(axis=0, value=[1.0, 2.0], num_split=2)
d = tf.raw_ops.Unpack(value=[[1.0], [2.0]], num=2, name="u")
fetch = [a, b, c, d]
""",
    "positional": "tf.raw_ops.Add(1, 2)",
    "missing_input": "tf.raw_ops.Add(x=1)",
    "unexpected": "tf.raw_ops.Add(x=1, y=2, z=3)",
}
