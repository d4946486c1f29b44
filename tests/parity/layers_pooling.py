"""tf.layers: pooling."""

X1 = "x = tf.constant(np.sin(np.arange(40.)).reshape(2, 10, 2), tf.float32)\n"
X2 = "x = tf.constant(np.sin(np.arange(96.)).reshape(2, 6, 4, 2), tf.float32)\n"
X3 = "x = tf.constant(np.sin(np.arange(192.)).reshape(2, 4, 3, 4, 2), tf.float32)\n"
# Keras, which looks for graphics cards here, initialises all variables on the way.
CARDS = {"nodes": False}

SNIPPETS = {
    "1d": X1 + "fetch = [tf.layers.max_pooling1d(x, 2, 2), tf.layers.average_pooling1d(x, 2, 2), "
    "tf.layers.max_pooling1d(x, (3,), [2], 'SAME', name='m'), "
    "tf.layers.average_pooling1d(x, 3, 1, 'same', name='a')]",
    "1d_first": (
        X1 + "x = tf.transpose(x, [0, 2, 1])\n"
        "fetch = [tf.layers.max_pooling1d(x, 2, 2, data_format='channels_first'), "
        "tf.layers.average_pooling1d(x, 3, 2, data_format='channels_first')]",
        CARDS,
    ),
    "2d": X2 + "fetch = [tf.layers.max_pooling2d(x, 2, 2), tf.layers.average_pooling2d(x, 2, 2), "
    "tf.layers.max_pooling2d(x, (3, 2), [2, 1], 'SAME', name='m'), "
    "tf.layers.average_pooling2d(x, 3, 1, 'same', name='a'), "
    "tf.layers.max_pooling2d(x, [2, 3], [3, 1])]",
    "error_no_strides": "tf.layers.MaxPooling2D((1, 2), None)",
    "2d_first": X2 + "x = tf.transpose(x, [0, 3, 1, 2])\n"
    "y = tf.layers.max_pooling2d(x, 2, 2, data_format='channels_first')\n"
    "z = tf.layers.average_pooling2d(x, 2, 2, data_format='channels_first')\n"
    "fetch = tf.constant([str(y.shape), str(z.shape)])",
    "3d": X3 + "fetch = [tf.layers.max_pooling3d(x, 2, 2), tf.layers.average_pooling3d(x, 2, 2), "
    "tf.layers.max_pooling3d(x, (3, 2, 1), [2, 1, 2], 'SAME', name='m'), "
    "tf.layers.average_pooling3d(x, 3, 1, 'same', name='a')]",
    "3d_first": X3 + "x = tf.transpose(x, [0, 4, 1, 2, 3])\n"
    "fetch = [tf.layers.max_pooling3d(x, 2, 2, data_format='channels_first'), "
    "tf.layers.average_pooling3d(x, 3, 2, data_format='channels_first')]",
    "fed": "x = tf.placeholder(tf.float32, [None, None, 4, 2])\n"
    "y = tf.placeholder(tf.float32, [None, None, 2])\n"
    "fetch = [tf.layers.max_pooling2d(x, 2, 1), tf.layers.average_pooling2d(x, 2, 2, 'same'), "
    "tf.layers.max_pooling1d(y, 2, 1)]\nfeed = {x: np.arange(24.).reshape(1, 3, 4, 2), "
    "y: np.arange(8.).reshape(1, 4, 2)}",
    "scopes": X2 + "y = tf.layers.max_pooling2d(x, 1, 1)\n"
    "with tf.variable_scope('s'):\n    y = tf.layers.max_pooling2d(y, 1, 1)\n"
    "    y = tf.layers.MaxPooling2D(2, 2)(y)\n"
    "with tf.name_scope('n'):\n    fetch = tf.layers.average_pooling2d(y, 1, 1)",
    "facts": X2
    + """
facts = []
for l in (tf.layers.MaxPooling1D(3, 2), tf.layers.AveragePooling1D(2, 2, 'same', 'channels_first'),
          tf.layers.MaxPooling2D((3, 2), 2), tf.layers.AveragePooling2D(2, 2, 'same'),
          tf.layers.MaxPooling3D(3, 2, data_format='channels_first'),
          tf.layers.AveragePooling3D(2, 2, 'same')):
    shape = [None, 5, 6, 7, 8][:l.input_spec.ndim]
    config = l.get_config()
    facts += [str(l.compute_output_shape(shape)), l.name, str(sorted(config)),
              str(config['pool_size']), str(config['strides']), repr(l.input_spec),
              type(l).from_config(config).padding]
fetch = tf.constant(facts)
""",
    "gradients": X2
    + "y = tf.layers.max_pooling2d(x, 2, 2)\nz = tf.layers.average_pooling2d(x, 3, 1)"
    "\nfetch = [tf.gradients(tf.reduce_sum(y * y), x), tf.gradients(tf.reduce_sum(z * z), x)]",
    "gradients_1d": X1 + "y = tf.layers.max_pooling1d(x, 3, 2)\n"
    "z = tf.layers.average_pooling1d(x, 3, 2)\n"
    "fetch = [tf.gradients(tf.reduce_sum(y * y), x), tf.gradients(tf.reduce_sum(z * z), x)]",
    "error_rank_1d": "tf.layers.max_pooling1d(tf.zeros([1, 2]), 1, 1)",
    "error_rank_2d": "tf.layers.max_pooling2d(tf.zeros([1, 2]), 1, 1)",
    "error_rank_3d": "tf.layers.average_pooling3d(tf.zeros([1, 2]), 1, 1)",
    "error_size": "tf.layers.MaxPooling2D((1, 2, 3), 1)",
    "error_size_1d": "tf.layers.MaxPooling1D((1, 2), 1)",
    "error_strides": "tf.layers.MaxPooling2D(2, 'ab1')",
    "error_padding": "tf.layers.MaxPooling2D(2, 2, 'full')",
    "error_format": "tf.layers.MaxPooling2D(2, 2, data_format='NHWC')",
    "error_kwargs": "tf.layers.MaxPooling2D(2, 2, colour=1)",
    "error_too_big": (X2 + "tf.layers.max_pooling2d(x, 7, 1)", {"error": "type"}),
    "error_causal_1d": (X1 + "tf.layers.max_pooling1d(x, 2, 1, 'causal')", {"error": "type"}),
    "error_causal": (X2 + "tf.layers.max_pooling2d(x, 2, 1, 'causal')", {"error": "type"}),
}
