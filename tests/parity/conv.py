"""Snippets of convolutions: 1-D, 2-D, 3-D, depthwise, separable, dilated and transposed."""

_DATA = """
r = np.random.RandomState(0)
x = tf.constant(r.uniform(-1, 1, (2, 7, 6, 3)).astype("f"))
w = tf.constant(r.uniform(-1, 1, (3, 2, 3, 4)).astype("f"))
"""

SNIPPETS = {}

for _padding in ("SAME", "VALID"):
    for _strides in ("[1, 1, 1, 1]", "[1, 2, 2, 1]", "[1, 2, 3, 1]", "2"):
        _key = f"{_padding.lower()}_{_strides.strip('[]').replace(', ', '')}"
        SNIPPETS["conv2d_" + _key] = f"""{_DATA}
y = tf.nn.conv2d(x, w, {_strides}, "{_padding}")
fetch = [y, tf.gradients(y, [x, w])]
"""
SNIPPETS["conv2d_second"] = f"""{_DATA}
y = tf.square(tf.nn.conv2d(x, w, [1, 2, 1, 1], "SAME", name="conv"))
g = tf.gradients(y, [x, w])
fetch = [tf.gradients(g[0], [x, w]), tf.gradients(g[1], [x, w])]
"""
SNIPPETS["conv2d_unknown"] = """
r = np.random.RandomState(0)
x = tf.placeholder_with_default(r.uniform(-1, 1, (2, 7, 6, 3)).astype("f"), [None, 7, None, 3])
w = tf.get_variable("w", initializer=tf.constant(r.uniform(-1, 1, (3, 2, 3, 4)).astype("f")))
y = tf.nn.conv2d(x, w, strides=[1, 1, 1, 1], padding="SAME")
fetch = [y, tf.gradients(y, [x, w])]
"""
SNIPPETS["conv2d_rankless"] = """
x = tf.placeholder_with_default(np.ones((2, 7, 6, 3), "f"), None)
y = tf.nn.conv2d(x, np.ones((3, 2, 3, 4), "f"), 1, "VALID")
fetch = y
"""
SNIPPETS["conv2d_explicit"] = f"""{_DATA}
y = tf.nn.conv2d(x, w, 2, [[0, 0], [1, 2], [3, 0], [0, 0]])
fetch = [y, tf.gradients(y, [x, w])]
"""
SNIPPETS["conv2d_dilated"] = f"""{_DATA}
y = tf.nn.conv2d(x, w, 1, "SAME", dilations=[1, 2, 2, 1])
fetch = y
"""
SNIPPETS["conv2d_double"] = """
x = tf.constant(np.arange(2 * 4 * 4 * 2).reshape(2, 4, 4, 2) / 7.0)
w = tf.constant(np.arange(2 * 2 * 2 * 3).reshape(2, 2, 2, 3) / 5.0)
y = tf.nn.conv2d(x, filters=w, strides=[1, 1], padding="VALID", use_cudnn_on_gpu=False)
fetch = [y, tf.gradients(y, [x, w])]
"""
SNIPPETS["conv2d_half"] = """
x = tf.constant(np.arange(2 * 4 * 4 * 2).reshape(2, 4, 4, 2) / 64.0, tf.float16)
w = tf.constant(np.arange(2 * 2 * 2 * 3).reshape(2, 2, 2, 3) / 32.0, tf.float16)
fetch = tf.nn.conv2d(x, w, 1, "VALID")
"""
SNIPPETS["conv2d_half"] = (SNIPPETS["conv2d_half"], {"rtol": 3e-3})
SNIPPETS["conv2d_pointwise"] = """
x = tf.constant(np.arange(2 * 4 * 4 * 2).reshape(2, 4, 4, 2) / 7.0, tf.float32)
w = tf.constant([[[[1.0, 2, 3], [4, 5, 6]]]])
y = tf.nn.conv2d(x, w, [1, 2, 2, 1], "SAME")
fetch = [y, tf.gradients(y, [x, w])]
"""
SNIPPETS["conv2d_empty"] = """
fetch = tf.nn.conv2d(tf.zeros([0, 4, 4, 2]), tf.ones([2, 2, 2, 3]), 1, "SAME")
"""
SNIPPETS["conv2d_nchw_graph"] = """
x = tf.placeholder(tf.float32, [None, 3, 7, 6])
w = tf.placeholder(tf.float32, [3, 2, 3, 4])
y = tf.nn.conv2d(x, w, [1, 1, 2, 2], "SAME", data_format="NCHW")
g = tf.gradients(y, [x, w])
"""
_BAD = {
    "depth": "tf.zeros([1, 4, 4, 3]), tf.zeros([2, 2, 4, 5]), 1, 'SAME'",
    "groups": "tf.zeros([1, 4, 4, 4]), tf.zeros([2, 2, 2, 5]), 1, 'SAME'",
    "negative": "tf.zeros([1, 2, 4, 4]), tf.zeros([3, 2, 4, 5]), 1, 'VALID'",
    "rank": "tf.zeros([2, 4, 4]), tf.zeros([3, 2, 4, 5]), 1, 'VALID'",
    "filter_rank": "tf.zeros([2, 4, 4, 4]), tf.zeros([3, 2, 4]), 1, 'VALID'",
    "stride": "tf.zeros([1, 2, 4, 4]), tf.zeros([1, 2, 4, 5]), [1, 0, 1, 1], 'VALID'",
    "strides": "tf.zeros([1, 2, 4, 4]), tf.zeros([1, 2, 4, 5]), [1, 1, 1, 1, 1], 'VALID'",
    "padding": "tf.zeros([1, 2, 4, 4]), tf.zeros([1, 2, 4, 5]), 1, 'FULL'",
    "dilation": "tf.zeros([1, 2, 4, 4]), tf.zeros([1, 2, 4, 5]), 1, 'VALID', dilations=[1, 0, 1, 1]",
    "explicit": "tf.zeros([1, 2, 4, 4]), tf.zeros([1, 2, 4, 5]), 1, 'EXPLICIT'",
    "explicit_size": "tf.zeros([1, 2, 4, 4]), tf.zeros([1, 2, 4, 5]), 1, [[1, 1]]",
    "explicit_pair": "tf.zeros([1, 2, 4, 4]), tf.zeros([1, 2, 4, 5]), 1, [[1, 1, 1], [1, 1]]",
    "explicit_item": "tf.zeros([1, 2, 4, 4]), tf.zeros([1, 2, 4, 5]), 1, [1, [1, 1]]",
    "explicit_negative": "tf.zeros([1, 2, 4, 4]), tf.zeros([1, 2, 4, 5]), 1, [[0, 0], [1, 1], [-1, 0], [0, 0]]",
    "explicit_depth": "tf.zeros([1, 2, 4, 4]), tf.zeros([1, 2, 4, 5]), 1, [[0, 0], [1, 1], [1, 0], [1, 0]]",
    "int": "tf.zeros([1, 2, 4, 4], tf.int32), tf.zeros([1, 2, 4, 5], tf.int32), 1, 'SAME'",
    "mixed": "tf.zeros([1, 2, 4, 4], tf.float64), tf.zeros([1, 2, 4, 5]), 1, 'SAME'",
}
for _name, _call in _BAD.items():
    SNIPPETS["conv2d_bad_" + _name] = f"tf.nn.conv2d({_call})\n"
SNIPPETS["conv2d_bad_run_batch"] = """
fetch = tf.nn.conv2d(tf.zeros([1, 2, 4, 4]), tf.zeros([1, 2, 4, 5]), [1, 1, 1, 2], "VALID")
"""
SNIPPETS["conv2d_bad_run_size"] = """
fetch = tf.nn.conv2d(tf.placeholder_with_default(np.zeros((1, 2, 2, 2), "f"), None), np.ones((5, 5, 2, 3), "f"), 1, "VALID")
"""

# -- backprops as ops -----------------------------------------------------------------------------

SNIPPETS["conv2d_backprops"] = f"""{_DATA}
dy = tf.ones([2, 4, 3, 4])
dx = tf.nn.conv2d_backprop_input([2, 7, 6, 3], w, dy, [1, 2, 2, 1], "SAME")
dw = tf.nn.conv2d_backprop_filter(x, [3, 2, 3, 4], dy, [1, 2, 2, 1], "SAME")
fetch = [dx, dw, tf.gradients(dx, [w, dy]), tf.gradients(dw, [x, dy])]
"""
SNIPPETS["conv2d_backprop_bad"] = """
fetch = tf.nn.conv2d_backprop_input([1, 9, 8, 5], tf.zeros([2, 2, 5, 3]), tf.zeros([1, 4, 4, 3]), [1, 2, 2, 1], "SAME")
"""
SNIPPETS["conv2d_transpose"] = """
r = np.random.RandomState(0)
x = tf.constant(r.uniform(-1, 1, (2, 4, 3, 4)).astype("f"))
w = tf.constant(r.uniform(-1, 1, (3, 2, 3, 4)).astype("f"))
y = tf.nn.conv2d_transpose(x, w, [2, 8, 6, 3], [1, 2, 2, 1])
z = tf.nn.conv2d_transpose(x, w, tf.stack([tf.shape(x)[0], 9, 6, 3]), 2, padding="VALID", name="up")
fetch = [y, z, tf.gradients(y, [x, w])]
"""
SNIPPETS["conv2d_transpose_rank"] = """
tf.nn.conv2d_transpose(tf.zeros([1, 4, 4, 3]), tf.zeros([2, 2, 5, 3]), [1, 8, 8], [1, 2, 2, 1], "SAME")
"""
SNIPPETS["conv_transpose"] = """
a = tf.nn.conv_transpose(tf.ones([1, 4, 2]), tf.ones([3, 5, 2]), [1, 8, 5], 2)
b = tf.nn.conv_transpose(tf.ones([1, 4, 4, 2]), tf.ones([3, 3, 5, 2]), [1, 8, 8, 5], [2, 2])
c = tf.nn.conv_transpose(tf.ones([1, 2, 2, 2, 2]), tf.ones([3, 3, 3, 5, 2]), [1, 4, 4, 4, 5], 2)
fetch = [a, b, c]
"""
SNIPPETS["atrous_transpose"] = """
x = tf.constant(np.arange(1 * 6 * 6 * 2).reshape(1, 6, 6, 2) / 7.0, tf.float32)
w = tf.constant(np.arange(3 * 3 * 3 * 2).reshape(3, 3, 3, 2) / 5.0, tf.float32)
y = tf.nn.atrous_conv2d_transpose(x, w, [1, 6, 6, 3], 2, "SAME")
z = tf.nn.atrous_conv2d_transpose(x, w, [1, 10, 10, 3], 2, "VALID")
u = tf.nn.atrous_conv2d_transpose(x, w, [1, 6, 6, 3], 1, "SAME")
fetch = [y, z, u]
"""

# -- dilation through space-to-batch --------------------------------------------------------------

SNIPPETS["atrous_same"] = f"""{_DATA}
y = tf.nn.atrous_conv2d(x, w, 2, "SAME")
fetch = [y, tf.gradients(y, [x, w])]
"""
SNIPPETS["atrous_valid"] = f"""{_DATA}
y = tf.nn.atrous_conv2d(x, w, 3, "VALID", name="spread")
fetch = y
"""
SNIPPETS["atrous_one"] = f"""{_DATA}
fetch = tf.nn.atrous_conv2d(x, w, 1, "SAME")
"""
SNIPPETS["atrous_unknown"] = """
x = tf.placeholder_with_default(np.ones((2, 7, 6, 3), "f"), [None, None, None, 3])
w = tf.constant(np.ones((3, 2, 3, 4), "f"))
fetch = tf.nn.atrous_conv2d(x, w, 2, "SAME")
"""
SNIPPETS["convolution"] = f"""{_DATA}
a = tf.nn.convolution(x, w, "SAME")
b = tf.nn.convolution(x, w, "VALID", strides=[2, 1])
c = tf.nn.convolution(x, w, "SAME", dilation_rate=[1, 2])
d = tf.nn.convolution(tf.ones([1, 7, 3]), tf.ones([3, 3, 2]), "SAME", dilation_rate=[2])
e = tf.nn.convolution(tf.ones([1, 7, 3]), tf.ones([3, 3, 2]), "SAME", strides=[2])
f = tf.nn.convolution(tf.ones([1, 5, 5, 5, 2]), tf.ones([2, 2, 2, 2, 3]), "SAME", dilations=[2, 1, 2])
fetch = [a, b, c, d, e, f]
"""
for _name, _call in {
    "depth": "tf.ones([1, 7, 6, 2]), tf.ones([3, 2, 3, 4]), 'SAME', dilation_rate=[2, 2]",
    "both": "tf.ones([1, 7, 6, 3]), tf.ones([3, 2, 3, 4]), 'SAME', strides=[2, 2], dilation_rate=[2, 2]",
    "zero": "tf.ones([1, 7, 6, 3]), tf.ones([3, 2, 3, 4]), 'SAME', dilation_rate=[0, 2]",
    "rank": "tf.ones([7, 6]), tf.ones([3, 2]), 'SAME'",
    "format": "tf.ones([1, 7, 6, 3]), tf.ones([3, 2, 3, 4]), 'SAME', dilation_rate=[2, 2], data_format='X'",
    "padding": "tf.ones([1, 7, 6, 3]), tf.ones([3, 2, 3, 4]), 'FULL', dilation_rate=[2, 2]",
}.items():
    SNIPPETS["convolution_bad_" + _name] = f"tf.nn.convolution({_call})\n"
SNIPPETS["with_space_to_batch"] = """
x = tf.constant(np.arange(2 * 6 * 5 * 1).reshape(2, 6, 5, 1), tf.float32)
def pool(inp, n, padding):
    return tf.nn.max_pool(inp, [1, 2, 2, 1], [1, 1, 1, 1], padding)
a = tf.nn.with_space_to_batch(x, [2, 1], "VALID", pool)
b = tf.nn.with_space_to_batch(x, [2], "VALID", pool, spatial_dims=[2])
c = tf.nn.with_space_to_batch(x, [2, 2], "SAME", pool, filter_shape=[2, 2])
fetch = [a, b, c]
"""

# -- 1-D, 3-D -------------------------------------------------------------------------------------

SNIPPETS["conv1d"] = """
r = np.random.RandomState(0)
x = tf.constant(r.uniform(-1, 1, (2, 7, 3)).astype("f"))
w = tf.constant(r.uniform(-1, 1, (3, 3, 4)).astype("f"))
y = tf.nn.conv1d(x, w, 2, "SAME")
z = tf.nn.conv1d(x, filters=w, stride=1, padding="VALID", data_format="NHWC", name="named")
fetch = [y, z, tf.gradients(y, [x, w])]
"""
SNIPPETS["conv1d_transpose"] = """
r = np.random.RandomState(0)
x = tf.constant(r.uniform(-1, 1, (2, 4, 3)).astype("f"))
w = tf.constant(r.uniform(-1, 1, (3, 5, 3)).astype("f"))
y = tf.nn.conv1d_transpose(x, w, [2, 8, 5], 2)
fetch = [y, tf.gradients(y, [x, w])]
"""
SNIPPETS["conv1d_bad_format"] = """
tf.nn.conv1d(tf.ones([1, 4, 2]), tf.ones([2, 2, 2]), 1, "SAME", data_format="WC")
"""
for _padding in ("SAME", "VALID"):
    SNIPPETS["conv3d_" + _padding.lower()] = f"""
r = np.random.RandomState(0)
x = tf.constant(r.uniform(-1, 1, (2, 5, 4, 6, 3)).astype("f"))
w = tf.constant(r.uniform(-1, 1, (3, 2, 2, 3, 4)).astype("f"))
y = tf.nn.conv3d(x, w, [1, 2, 1, 2, 1], "{_padding}")
fetch = [y, tf.gradients(y, [x, w])]
"""
SNIPPETS["conv3d_second"] = """
x = tf.constant(np.arange(27.0).reshape(1, 3, 3, 3, 1) / 9, tf.float32)
w = tf.constant(np.arange(8.0).reshape(2, 2, 2, 1, 1) / 9, tf.float32)
y = tf.square(tf.nn.conv3d(x, w, [1, 1, 1, 1, 1], "VALID"))
g = tf.gradients(y, [x, w])
fetch = [tf.gradients(g[0], [x, w]), tf.gradients(g[1], [x, w])]
"""
SNIPPETS["conv3d_transpose"] = """
x = tf.constant(np.arange(16.0).reshape(1, 2, 2, 2, 2) / 9, tf.float32)
w = tf.constant(np.arange(81.0).reshape(3, 3, 3, 3, 1)[..., :2] * [[1.0, 2.0]] / 50, tf.float32)
y = tf.nn.conv3d_transpose(x, w, [1, 4, 4, 4, 3], [1, 2, 2, 2, 1])
fetch = y
"""
SNIPPETS["conv3d_bad"] = """
tf.nn.conv3d(tf.zeros([1, 1, 4, 4, 3]), tf.zeros([2, 2, 2, 3, 5]), [1, 1, 1, 1, 1], "VALID")
"""
SNIPPETS["conv3d_bad_depth"] = """
tf.nn.conv3d(tf.zeros([1, 1, 4, 4, 3]), tf.zeros([2, 2, 2, 4, 5]), [1, 1, 1, 1, 1], "SAME")
"""

# -- depthwise ------------------------------------------------------------------------------------

_DEPTHWISE = """
r = np.random.RandomState(0)
x = tf.constant(r.uniform(-1, 1, (2, 7, 6, 3)).astype("f"))
w = tf.constant(r.uniform(-1, 1, (3, 2, 3, 2)).astype("f"))
"""
for _padding in ("SAME", "VALID"):
    for _stride in (1, 2):
        SNIPPETS[f"depthwise_{_padding.lower()}_{_stride}"] = f"""{_DEPTHWISE}
y = tf.nn.depthwise_conv2d(x, w, [1, {_stride}, {_stride}, 1], "{_padding}")
fetch = [y, tf.gradients(y, [x, w])]
"""
SNIPPETS["depthwise_rate"] = f"""{_DEPTHWISE}
y = tf.nn.depthwise_conv2d(x, w, [1, 1, 1, 1], "SAME", rate=[2, 2])
fetch = [y, tf.gradients(y, [x, w])]
"""
SNIPPETS["depthwise_unknown"] = """
x = tf.placeholder_with_default(np.ones((2, 7, 6, 3), "f"), [None, None, None, 3])
w = tf.constant(np.ones((3, 2, 3, 2), "f"))
fetch = tf.nn.depthwise_conv2d(x, w, [1, 1, 1, 1], "SAME", rate=[2, 1], name="named")
"""
SNIPPETS["depthwise_second"] = f"""{_DEPTHWISE}
y = tf.square(tf.nn.depthwise_conv2d_native(x, w, [1, 2, 2, 1], "SAME"))
g = tf.gradients(y, [x, w])
fetch = [tf.gradients(g[0], [x, w]), tf.gradients(g[1], [x, w])]
"""
SNIPPETS["depthwise_native_backprops"] = f"""{_DEPTHWISE}
dy = tf.ones([2, 7, 6, 6])
fetch = [tf.nn.depthwise_conv2d_native_backprop_input([2, 7, 6, 3], w, dy, [1, 1, 1, 1], "SAME"),
         tf.nn.depthwise_conv2d_native_backprop_filter(x, [3, 2, 3, 2], dy, [1, 1, 1, 1], "SAME")]
"""
SNIPPETS["depthwise_bad"] = """
tf.nn.depthwise_conv2d(tf.zeros([1, 4, 4, 3]), tf.zeros([2, 2, 4, 5]), [1, 1, 1, 1], "SAME")
"""
SNIPPETS["depthwise_bad_strides"] = """
fetch = tf.nn.depthwise_conv2d(tf.zeros([1, 4, 4, 3]), tf.zeros([2, 2, 3, 5]), [1, 1, 2, 1], "SAME")
"""
SNIPPETS["separable"] = f"""{_DEPTHWISE}
p = tf.constant(r.uniform(-1, 1, (1, 1, 6, 4)).astype("f"))
y = tf.nn.separable_conv2d(x, w, p, [1, 1, 1, 1], "SAME")
z = tf.nn.separable_conv2d(x, w, p, [1, 2, 2, 1], "VALID", name="named")
u = tf.nn.separable_conv2d(x, w, p, [1, 1, 1, 1], "SAME", rate=[2, 2])
fetch = [y, z, u, tf.gradients(y, [x, w, p])]
"""
SNIPPETS["separable_bad"] = """
tf.nn.separable_conv2d(tf.ones([1, 5, 5, 2]), tf.ones([2, 2, 2, 1]), tf.ones([2, 1, 2, 3]), [1, 1, 1, 1], "SAME")
"""
for _name in list(SNIPPETS):
    if isinstance(SNIPPETS[_name], str):
        SNIPPETS[_name] = (SNIPPETS[_name], {"atol": 2e-5})
