"""Snippets of moments, batch normalisation, local response normalisation and norms."""

_DATA = """
r = np.random.RandomState(0)
x = tf.constant(r.uniform(-1, 1, (2, 4, 3, 5)).astype("f"))
scale = tf.constant(r.uniform(0.5, 1, 5).astype("f"))
offset = tf.constant(r.uniform(-1, 1, 5).astype("f"))
mean = tf.constant(r.uniform(-1, 1, 5).astype("f"))
var = tf.constant(r.uniform(0.5, 1, 5).astype("f"))
"""

SNIPPETS = {}
SNIPPETS["fused_train"] = f"""{_DATA}
y, m, v = tf.nn.fused_batch_norm(x, scale, offset)
g = tf.gradients(tf.square(y), [x, scale, offset])
fetch = [y, m, v, g]
"""
SNIPPETS["fused_infer"] = f"""{_DATA}
y, m, v = tf.nn.fused_batch_norm(x, scale, offset, mean, var, is_training=False, epsilon=1e-7, name="named")
g = tf.gradients(tf.square(y), [x, scale, offset])
fetch = [tf.identity(y), g]
"""
SNIPPETS["fused_half"] = """
x = tf.constant(np.arange(16.0).reshape(2, 2, 2, 2), tf.float16)
y, m, v = tf.nn.fused_batch_norm(x, [1.0, 2.0], [0.0, 1.0])
fetch = [y, m, v]
"""
SNIPPETS["fused_half"] = (SNIPPETS["fused_half"], {"rtol": 3e-3})
SNIPPETS["fused_unknown"] = """
x = tf.placeholder_with_default(np.arange(16, dtype="f").reshape(2, 2, 2, 2), [None, None, None, None])
y, m, v = tf.nn.fused_batch_norm(x, [1.0, 2.0], [0.0, 1.0])
fetch = [y, m, v, tf.gradients(tf.square(y), x)]
"""
SNIPPETS["fused_second"] = (
    f"""{_DATA}
y, m, v = tf.nn.fused_batch_norm(x, scale, offset)
g = tf.gradients(tf.square(y), [x, scale])
h = [tf.identity(t, name="second_%d" % i) for i, t in enumerate(tf.gradients([tf.square(g[0]), g[1]], [x, scale, offset]))]
fetch = h
""",
    {"nodes": False, "rtol": 2e-3, "atol": 1e-4},
)
SNIPPETS["fused_second_infer"] = (
    f"""{_DATA}
y, m, v = tf.nn.fused_batch_norm(x, scale, offset, mean, var, is_training=False)
g = tf.gradients(tf.square(y), [x, scale])
fetch = tf.gradients([tf.square(g[0]), g[1]], [x, scale, offset])
""",
    {"nodes": False, "rtol": 2e-3, "atol": 1e-4},
)
SNIPPETS["fused_nchw_graph"] = """
x = tf.placeholder(tf.float32, [2, 3, 4, 5])
y, m, v = tf.nn.fused_batch_norm(x, tf.ones([3]), tf.ones([3]), data_format="NCHW")
z, _, _ = tf.nn.fused_batch_norm(x, tf.ones([3]), tf.ones([3]), tf.ones([3]), tf.ones([3]), data_format="NCHW", is_training=False)
g = tf.gradients([y, z], x)
"""
for _version in ("", "V2"):
    SNIPPETS["fused_op" + _version] = f"""{_DATA}
t = tf.raw_ops.FusedBatchNorm{_version}(x=x, scale=scale, offset=offset, mean=[], variance=[])
fetch = [list(t), tf.gradients(tf.square(t[0]), [x, scale, offset])]
"""
for _name, _call in {
    "rank": "tf.ones([2, 3]), [1.0], [1.0]",
    "scale": "tf.ones([2, 3, 4, 2]), [1.0], [1.0, 2.0]",
    "mean": "tf.ones([2, 3, 4, 2]), [1.0, 2], [1.0, 2.0], [1.0, 2.0]",
}.items():
    SNIPPETS["fused_bad_" + _name] = f"tf.nn.fused_batch_norm({_call})\n"

SNIPPETS["moments"] = f"""{_DATA}
m, v = tf.nn.moments(x, [0, 1, 2])
m1, v1 = tf.nn.moments(x, [1], keep_dims=True, name="named")
fetch = [m, v, m1, v1, tf.gradients(v, x)]
"""
SNIPPETS["moments_half"] = """
fetch = tf.nn.moments(tf.constant([[1.0, 2], [3, 5]], tf.float16), [0])
"""
SNIPPETS["moments_tensor_axes"] = """
x = tf.placeholder_with_default(np.float32([[1, 2], [3, 5]]), [None, 2])
fetch = tf.nn.moments(x, axes=[0, 1], keepdims=False)
"""
SNIPPETS["weighted_moments"] = f"""{_DATA}
m, v = tf.nn.weighted_moments(x, [0, 1, 2], tf.constant([1.0, 2, 3, 4, 5]))
m1, v1 = tf.nn.weighted_moments(x, [1], 2, keep_dims=True, name="named")
fetch = [m, v, m1, v1]
"""
SNIPPETS["sufficient"] = f"""{_DATA}
c, m, v, s = tf.nn.sufficient_statistics(x, [0, 1, 2])
c1, m1, v1, s1 = tf.nn.sufficient_statistics(x, [0, 1], shift=0.5, keep_dims=True, name="named")
n = tf.nn.normalize_moments(c, m, v, s)
n1 = tf.nn.normalize_moments(c1, m1, v1, s1)
fetch = [c, m, v, c1, m1, v1, n, n1]
"""
SNIPPETS["sufficient_unknown"] = """
x = tf.placeholder_with_default(np.float32([[1, 2], [3, 5]]), [None, 2])
c, m, v, s = tf.nn.sufficient_statistics(x, [0])
fetch = [c, m, v]
"""
SNIPPETS["batch_normalization"] = f"""{_DATA}
a = tf.nn.batch_normalization(x, mean, var, offset, scale, 1e-3)
b = tf.nn.batch_normalization(x, mean, var, None, scale, 1e-3, name="named")
c = tf.nn.batch_normalization(x, mean, var, offset, None, 1e-3)
d = tf.nn.batch_normalization(x, mean, var, None, None, 1e-3)
fetch = [a, b, c, d, tf.gradients(a, [x, mean, var, offset, scale])]
"""
SNIPPETS["batch_norm_global"] = f"""{_DATA}
a = tf.nn.batch_norm_with_global_normalization(x, mean, var, offset, scale, 1e-3, True)
b = tf.nn.batch_norm_with_global_normalization(x, mean, var, offset, scale, 1e-3, False)
fetch = [a, b]
"""
SNIPPETS["lrn"] = f"""{_DATA}
a = tf.nn.lrn(x)
b = tf.nn.local_response_normalization(x, 1, bias=2.0, alpha=0.3, beta=0.7, name="named")
c = tf.nn.lrn(x, depth_radius=0)
fetch = [a, b, c, tf.gradients(a, x), tf.gradients(b, x), tf.gradients(c, x)]
"""
SNIPPETS["lrn_bad"] = """
tf.nn.lrn(tf.ones([2, 2]))
"""
SNIPPETS["lrn_second"] = """
x = tf.ones([2, 2, 2, 2])
tf.gradients(tf.gradients(tf.nn.lrn(x), x), x)
"""
SNIPPETS["l2_normalize"] = f"""{_DATA}
a = tf.nn.l2_normalize(x, 3)
b = tf.nn.l2_normalize(x, [1, 2], epsilon=1e-3, name="named")
c = tf.nn.l2_normalize([[3.0, 4.0]], dim=1)
d = tf.math.l2_normalize([3.0, 4.0])
fetch = [a, b, c, d, tf.gradients(a[..., 0], x)]
"""
SNIPPETS["zero_fraction"] = (
    """
fetch = [tf.nn.zero_fraction([0.0, 1.0, 2.0, 0.0]), tf.nn.zero_fraction([[0, 3]], name="named")]
""",
    {"cfv2": True},
)
for _name in list(SNIPPETS):
    if isinstance(SNIPPETS[_name], str):
        SNIPPETS[_name] = (SNIPPETS[_name], {"atol": 1e-5})
