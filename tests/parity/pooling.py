"""Snippets of pooling: maximum and average, one to three dimensions, positions, and `tf.nn.pool`."""

_DATA = """
r = np.random.RandomState(0)
x = tf.constant(r.randint(-4, 5, (2, 7, 6, 3)).astype("f"))
"""

SNIPPETS = {}

for _kind in ("max", "avg"):
    for _padding in ("SAME", "VALID"):
        for _key, _ksize, _strides in (
            ("22", "[1, 2, 2, 1]", "[1, 2, 2, 1]"),
            ("31", "[1, 3, 2, 1]", "[1, 1, 2, 1]"),
            ("number", "3", "2"),
        ):
            SNIPPETS[f"{_kind}_pool_{_padding.lower()}_{_key}"] = f"""{_DATA}
y = tf.nn.{_kind}_pool(x, {_ksize}, {_strides}, "{_padding}")
fetch = [y, tf.gradients(tf.square(y), x)]
"""
    SNIPPETS[f"{_kind}_pool_second"] = f"""{_DATA}
y = tf.square(tf.nn.{_kind}_pool(x, [1, 3, 3, 1], [1, 2, 2, 1], "SAME", name="named"))
g = tf.gradients(y, x)[0]
h = tf.gradients(tf.square(g), x)
fetch = [g, h]
"""
    SNIPPETS[f"{_kind}_pool_unknown"] = f"""
x = tf.placeholder_with_default(np.arange(64, dtype="f").reshape(1, 8, 8, 1), [None, None, 8, 1])
y = tf.nn.{_kind}_pool(x, ksize=[1, 2, 2, 1], strides=[1, 2, 2, 1], padding="SAME")
fetch = [y, tf.gradients(y, x)]
"""
    SNIPPETS[f"{_kind}_pool_1d"] = f"""
x = tf.constant(np.arange(14, dtype="f").reshape(1, 7, 2))
y = tf.nn.{_kind}_pool1d(x, 3, 2, "SAME")
z = tf.nn.{_kind}_pool1d(x, [2], [1], "VALID", name="named")
fetch = [y, z, tf.gradients(y, x)]
"""
    SNIPPETS[f"{_kind}_pool_3d"] = f"""
x = tf.constant(np.random.RandomState(0).randint(-4, 5, (1, 4, 5, 3, 2)).astype("f"))
y = tf.nn.{_kind}_pool3d(x, [1, 2, 2, 2, 1], [1, 1, 2, 1, 1], "SAME")
z = tf.nn.{_kind}_pool3d(x, 2, 1, "VALID", name="named")
fetch = [y, z, tf.gradients(y, x)]
"""
    SNIPPETS[f"{_kind}_pool_v2"] = f"""
a = tf.nn.{_kind}_pool_v2(tf.ones([1, 4, 2]), 2, 2, "SAME")
b = tf.nn.{_kind}_pool_v2(tf.ones([1, 4, 4, 2]), 2, 2, "SAME")
c = tf.nn.{_kind}_pool_v2(tf.ones([1, 4, 4, 4, 2]), 2, 2, "SAME")
fetch = [a, b, c]
"""
    SNIPPETS[f"pool_{_kind}"] = f"""{_DATA}
a = tf.nn.pool(x, [2, 2], "{_kind.upper()}", "SAME")
b = tf.nn.pool(x, [2, 2], "{_kind.upper()}", "VALID", dilation_rate=[2, 1])
c = tf.nn.pool(x, [3, 2], "{_kind.upper()}", "VALID", strides=[2, 2], name="named")
d = tf.nn.pool(tf.ones([1, 7, 2]), [2], "{_kind.upper()}", "SAME")
e = tf.nn.pool(tf.ones([1, 5, 5, 5, 2]), [2, 2, 2], "{_kind.upper()}", "SAME")
fetch = [a, b, c, d, e]
"""
    for _name, _call in {
        "negative": "tf.zeros([1, 2, 4, 4]), [1, 3, 1, 1], 1, 'VALID'",
        "rank": "tf.zeros([1, 2, 4]), 2, 1, 'VALID'",
        "stride": "tf.zeros([1, 2, 4, 4]), 2, [1, 0, 1, 1], 'VALID'",
        "padding": "tf.zeros([1, 2, 4, 4]), 2, 1, 'FULL'",
        "ksize": "tf.zeros([1, 2, 4, 4]), [1, 2, 3], 1, 'SAME'",
        "zero": "tf.zeros([1, 2, 4, 4]), [1, 0, 1, 1], 1, 'SAME'",
    }.items():
        if not (_kind == "avg" and _name == "zero"):
            SNIPPETS[f"{_kind}_pool_bad_{_name}"] = f"tf.nn.{_kind}_pool({_call})\n"
    SNIPPETS[f"{_kind}_pool_bad_batch"] = f"""
fetch = tf.nn.{_kind}_pool(tf.zeros([2, 2, 4, 4]), [2, 1, 1, 1], 1, "SAME")
"""
    SNIPPETS[f"{_kind}_pool_bad_depth"] = f"""
fetch = tf.nn.{_kind}_pool(tf.zeros([2, 2, 4, 4]), [1, 2, 1, 2], [1, 1, 1, 2], "SAME")
"""
SNIPPETS["max_pool_depth"] = f"""{_DATA}
fetch = tf.nn.max_pool(x, [1, 1, 1, 3], [1, 1, 1, 3], "SAME")
"""
SNIPPETS["max_pool_depth_uneven"] = f"""{_DATA}
fetch = tf.nn.max_pool(x, [1, 1, 1, 2], [1, 1, 1, 2], "SAME")
"""
SNIPPETS["max_pool_types"] = """
x = np.arange(16).reshape(1, 4, 4, 1)
fetch = [tf.nn.max_pool(x.astype(t), 2, 2, "SAME") for t in ("int32", "int64", "uint8", "float64", "float16")]
"""
SNIPPETS["max_pool_extremes"] = """
x = np.float32([[[[np.nan], [1.0]], [[-np.inf], [np.nan]]]])
fetch = [tf.nn.max_pool(x, 2, 2, "SAME"), tf.nn.max_pool(x, [1, 2, 1, 1], 1, "VALID")]
"""
SNIPPETS["max_pool_ties"] = """
x = tf.constant(np.ones((1, 4, 4, 2), "f"))
y = tf.nn.max_pool2d(x, 3, 1, "SAME")
fetch = tf.gradients(y, x)
"""
SNIPPETS["max_pool_v2_op"] = f"""{_DATA}
y = tf.raw_ops.MaxPoolV2(input=x, ksize=tf.constant([1, 2, 2, 1]), strides=[1, 2, 2, 1], padding="SAME")
g = tf.gradients(tf.square(y), x)[0]
fetch = [y, g, tf.gradients(g, x)]
"""
SNIPPETS["argmax"] = f"""{_DATA}
y, i = tf.nn.max_pool_with_argmax(x, [1, 2, 2, 1], [1, 2, 2, 1], "SAME")
z, j = tf.nn.max_pool_with_argmax(x, [1, 3, 3, 1], [1, 1, 2, 1], "VALID", include_batch_in_index=True)
fetch = [y, i, z, j, tf.gradients(y, x), tf.gradients(z, x)]
"""
SNIPPETS["argmax_format"] = """
tf.nn.max_pool_with_argmax(tf.ones([1, 2, 2, 1]), 1, 1, "SAME", data_format="NCHW")
"""
for _name, _call in {
    "type": "tf.ones([1, 4, 4, 1]), [2, 2], 'SUM', 'SAME'",
    "same": "tf.ones([1, 4, 4, 1]), [2, 2], 'MAX', 'SAME', dilation_rate=[2, 2]",
    "strides": "tf.ones([1, 4, 4, 1]), [2, 2], 'MAX', 'SAME', strides=[3, 3]",
    "rank": "tf.ones([1, 4, 4]), [2, 2], 'MAX', 'SAME'",
    "count": "tf.ones([1, 4, 4]), [], 'MAX', 'SAME'",
    "format": "tf.ones([1, 4, 4]), [2], 'MAX', 'SAME', data_format='NHWC'",
}.items():
    SNIPPETS["pool_bad_" + _name] = f"tf.nn.pool({_call})\n"
