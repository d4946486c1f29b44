"""tf.layers: convolutions, transposed and separable ones."""

X1 = "x = tf.constant(np.arange(24.).reshape(2, 6, 2) / 10, tf.float32)\n"
X2 = "x = tf.constant(np.arange(96.).reshape(2, 6, 4, 2) / 50 - 1, tf.float32)\n"
X3 = "x = tf.constant(np.sin(np.arange(192.)).reshape(2, 4, 3, 4, 2), tf.float32)\n"
F2 = "x = tf.transpose(tf.constant(np.arange(96.).reshape(2, 6, 4, 2) / 50, tf.float32), [0, 3, 1, 2])\n"

SNIPPETS = {
    "conv1d": X1 + "fetch = tf.layers.conv1d(x, 3, 2)",
    "conv1d_options": X1 + "fetch = [tf.layers.conv1d(x, 3, [2], 2, 'SAME'), "
    "tf.layers.conv1d(x, 3, 2, dilation_rate=2, padding='same'), "
    "tf.layers.conv1d(x, 3, 2, padding='causal', dilation_rate=2, activation=tf.nn.relu), "
    "tf.layers.conv1d(x, 3, 3, padding='causal', use_bias=False)]",
    "conv1d_first": X1 + "y = tf.layers.conv1d(tf.transpose(x, [0, 2, 1]), 3, 2, "
    "data_format='channels_first', padding='causal')\nfetch = tf.constant(str(y.shape))",
    "conv1d_fed": "x = tf.placeholder(tf.float32, [None, None, 2])\n"
    "fetch = [tf.layers.conv1d(x, 3, 2), tf.layers.conv1d(x, 3, 2, dilation_rate=3, "
    "padding='same')]\nfeed = {x: np.ones((1, 5, 2))}",
    "conv2d": X2 + "fetch = tf.layers.conv2d(x, 3, 2)",
    "conv2d_options": X2 + "y = tf.layers.conv2d(x, 3, [3, 2], (2, 1), 'SAME', "
    "activation=tf.nn.relu, name='a', kernel_initializer=tf.random_normal_initializer(), "
    "bias_initializer=tf.ones_initializer(), kernel_regularizer=tf.nn.l2_loss, "
    "bias_regularizer=lambda b: tf.reduce_sum(b), activity_regularizer=tf.reduce_mean)\n"
    "fetch = [y, tf.get_collection(tf.GraphKeys.REGULARIZATION_LOSSES), "
    "tf.losses.get_regularization_loss()]",
    "conv2d_no_bias": X2 + "fetch = tf.layers.conv2d(x, 3, 2, use_bias=False, activation='tanh')",
    "conv2d_dilated": X2 + "fetch = [tf.layers.conv2d(x, 3, 2, dilation_rate=2), "
    "tf.layers.conv2d(x, 3, (3, 2), dilation_rate=(2, 1), padding='same')]",
    "conv2d_dilated_fed": "x = tf.placeholder(tf.float32, [None, None, None, 2])\n"
    "fetch = tf.layers.conv2d(x, 3, 3, dilation_rate=2, padding='same')\n"
    "feed = {x: np.ones((1, 5, 6, 2))}",
    "conv2d_fed": "x = tf.placeholder(tf.float32, [None, 5, 5, 2])\n"
    "fetch = tf.layers.conv2d(tf.layers.conv2d(x, 3, 2), 2, 2, 2)\n"
    "feed = {x: np.ones((1, 5, 5, 2))}",
    "conv2d_first": F2 + "y = tf.layers.conv2d(x, 3, 2, data_format='channels_first')\n"
    "z = tf.layers.conv2d(x, 3, 2, data_format='Channels_First', dilation_rate=2)\n"
    "fetch = tf.constant([str(y.shape), str(z.shape)])",
    "conv2d_names": X2 + "y = tf.layers.conv2d(tf.layers.conv2d(x, 2, 1), 3, 1)\n"
    "with tf.variable_scope('s'):\n    y = tf.layers.conv2d(tf.layers.conv2d(y, 2, 1), 2, 1, "
    "name='other')\nwith tf.name_scope('n'):\n    y = tf.layers.conv2d(y, 2, 1)\n"
    "l = tf.layers.Conv2D(2, 1)\nfetch = l(l(y))",
    "conv2d_reuse": X2 + "a = tf.layers.conv2d(x, 2, 2, name='d')\n"
    "b = tf.layers.conv2d(x * 2, 2, 2, name='d', reuse=True)\n"
    "with tf.variable_scope('s', reuse=tf.AUTO_REUSE):\n"
    "    c = tf.layers.conv2d(x, 2, 2, name='d')\n    d = tf.layers.conv2d(x, 2, 2, name='d')\n"
    "fetch = [a, b, c, d]",
    "conv2d_scope_defaults": X2 + "with tf.variable_scope('s', "
    "initializer=tf.constant_initializer(0.1), regularizer=tf.nn.l2_loss, use_resource=True):\n"
    "    y = tf.layers.conv2d(x, 2, 2)\nfetch = [y, tf.losses.get_regularization_loss()]",
    "conv2d_partitioned": X2 + "with tf.variable_scope('s', "
    "partitioner=tf.fixed_size_partitioner(2)):\n    fetch = tf.layers.conv2d(x, 4, 2)",
    "conv2d_gradient": X2 + "y = tf.layers.conv2d(tf.layers.conv2d(x, 3, 2, 1, 'same', "
    "activation=tf.sigmoid), 2, 3, 2, 'same')\n"
    "fetch = tf.gradients(tf.reduce_sum(y * y), tf.trainable_variables() + [x])",
    "conv2d_float16": (
        "y = tf.layers.conv2d(tf.ones([1, 3, 3, 2], tf.float16), 3, 2)\nfetch = tf.shape(y)"
    ),
    "conv2d_float64": "fetch = tf.layers.Conv2D(2, 2, dtype=tf.float64)(np.ones((2, 3, 3, 2)))",
    "conv2d_train": X2 + "y = tf.layers.flatten(tf.layers.conv2d(x, 3, 3, activation=tf.nn.relu))\n"
    "loss = tf.reduce_mean(tf.square(tf.layers.dense(y, 1) - 1.))\n"
    "fetch = [loss, tf.train.GradientDescentOptimizer(0.1).minimize(loss)][:1]",
    "conv2d_facts": X2
    + """
l = tf.layers.Conv2D(3, 2, kernel_regularizer=tf.nn.l2_loss, name='q')
y = l(x)
config = l.get_config()
same = tf.layers.Conv2D.from_config({k: v for k, v in config.items()
                                     if k not in ('kernel_regularizer',)})
fetch = tf.constant([l.name, l.scope_name, str(l.count_params()), repr(l.input_spec),
    str(l.compute_output_shape((None, 7, 8, 2))), str([v.name for v in l.variables]),
    str(sorted(config)), str(same.kernel_size), str(config['strides']), l.padding, l.data_format,
    str(l.dilation_rate), str(len(l.losses)), str(l.kernel.shape), str(l.bias.shape)])
""",
    "conv2d_constraint": X2 + "l = tf.layers.Conv2D(2, 2, kernel_constraint=lambda w: w / 2, "
    "bias_constraint=lambda w: w)\nl(x)\n"
    "fetch = tf.constant(str([v.constraint is not None for v in l.variables]))",
    "conv2d_losses": X2 + "l = tf.layers.Conv2D(2, 2, kernel_regularizer=tf.nn.l2_loss, "
    "activity_regularizer=tf.reduce_sum)\ny = l(x)\nz = l(x + 1)\n"
    "fetch = [l.get_losses_for(x), l.get_losses_for(None), l.losses]",
    "conv2d_not_trainable": X2 + "l = tf.layers.Conv2D(2, 2, trainable=False)\nl(x)\n"
    "fetch = tf.constant([len(l.trainable_weights), len(tf.trainable_variables())])",
    "conv3d": X3 + "fetch = [tf.layers.conv3d(x, 3, 2), tf.layers.conv3d(x, 2, (2, 1, 2), "
    "strides=(1, 2, 2), padding='same', activation=tf.nn.relu)]",
    "conv3d_dilated": X3 + "fetch = tf.layers.conv3d(x, 2, 2, dilation_rate=(2, 1, 1))",
    "conv3d_first": "x = tf.zeros([2, 2, 4, 3, 4])\n"
    "y = tf.layers.conv3d(x, 3, 2, data_format='channels_first')\nfetch = tf.constant(str(y.shape))",
    "conv2d_transpose": X2 + "fetch = [tf.layers.conv2d_transpose(x, 3, 2), "
    "tf.layers.conv2d_transpose(x, 3, (3, 2), strides=(2, 3), padding='same', name='t'), "
    "tf.layers.conv2d_transpose(x, 3, 3, strides=2, activation=tf.nn.relu, use_bias=False)]",
    "conv2d_transpose_fed": "x = tf.placeholder(tf.float32, [None, None, 4, 2])\n"
    "y = tf.layers.conv2d_transpose(x, 3, 3, strides=2)\n"
    "fetch = [y, tf.layers.conv2d_transpose(x, 3, 3, strides=2, padding='same')]\n"
    "feed = {x: np.ones((1, 3, 4, 2))}",
    "conv2d_transpose_first": (
        F2 + "fetch = tf.layers.conv2d_transpose(x, 3, 2, strides=2, "
        "data_format='channels_first', use_bias=False)",
        # Keras, which looks for graphics cards here, initialises all variables on the way.
        {"nodes": False},
    ),
    "conv2d_transpose_first_bias": (
        F2 + "y = tf.layers.conv2d_transpose(x, 3, 2, strides=2, data_format='channels_first')\n"
        "fetch = tf.constant(str(y.shape))",
        {"nodes": False},
    ),
    "conv2d_transpose_padding": X2 + "l = tf.layers.Conv2DTranspose(3, 3, 2, padding='same', "
    "output_padding=1)\nm = tf.layers.Conv2DTranspose(2, 2, dilation_rate=(2, 2))\n"
    "fetch = [l(x), m(x), tf.constant(str(l.compute_output_shape([None, 3, None, 2]))), "
    "tf.constant(sorted(l.get_config()))]",
    "conv2d_transpose_gradient": X2 + "y = tf.layers.conv2d_transpose(x, 3, 2, 2)\n"
    "fetch = tf.gradients(tf.reduce_sum(y * y), tf.trainable_variables() + [x])",
    "conv3d_transpose": X3 + "fetch = [tf.layers.conv3d_transpose(x, 3, 2), "
    "tf.layers.conv3d_transpose(x, 3, (3, 2, 1), strides=(2, 3, 1), padding='same', name='t'), "
    "tf.layers.conv3d_transpose(x, 2, 3, strides=2, activation=tf.nn.relu, use_bias=False)]",
    "conv3d_transpose_facts": X3 + "l = tf.layers.Conv3DTranspose(3, 2, output_padding=0)\n"
    "fetch = [l(x), tf.constant(sorted(l.get_config())), tf.constant(str(l.kernel.shape))]",
    "conv3d_transpose_first": "x = tf.zeros([2, 2, 4, 3, 4])\ny = tf.layers.conv3d_transpose("
    "x, 3, 2, data_format='channels_first')\nfetch = tf.constant(str(y.shape))",
    "separable_conv1d": X1 + "fetch = [tf.layers.separable_conv1d(x, 3, 2), "
    "tf.layers.separable_conv1d(x, 3, 2, 2, 'same', depth_multiplier=2, "
    "activation=tf.nn.relu), tf.layers.separable_conv1d(x, 3, 2, use_bias=False), "
    "tf.layers.separable_conv1d(x, 3, 3, padding='causal')]",
    "separable_conv1d_first": X1 + "y = tf.layers.separable_conv1d(tf.transpose(x, [0, 2, 1]), 3, "
    "2, data_format='channels_first')\nfetch = tf.constant(str(y.shape))",
    "separable_conv2d": X2 + "fetch = [tf.layers.separable_conv2d(x, 3, 2), "
    "tf.layers.separable_conv2d(x, 3, (2, 2), (2, 2), 'same', depth_multiplier=2, "
    "activation=tf.nn.relu, name='s'), tf.layers.separable_conv2d(x, 3, 2, use_bias=False), "
    "tf.layers.separable_conv2d(x, 3, 2, dilation_rate=(2, 2))]",
    "separable_conv2d_options": X2 + "y = tf.layers.separable_conv2d(x, 3, 2, "
    "depthwise_regularizer=tf.nn.l2_loss, pointwise_regularizer=tf.nn.l2_loss, "
    "bias_regularizer=tf.nn.l2_loss, depthwise_initializer=tf.ones_initializer(), "
    "pointwise_initializer=tf.random_normal_initializer())\n"
    "fetch = [y, tf.losses.get_regularization_loss()]",
    "separable_conv2d_facts": X2 + "l = tf.layers.SeparableConv2D(3, 2, name='q')\ny = l(x)\n"
    "fetch = tf.constant([str(l.count_params()), str(l.compute_output_shape((None, 7, 8, 2))), "
    "str([v.name for v in l.variables]), str(sorted(l.get_config())), repr(l.input_spec)])",
    "separable_conv2d_gradient": X2 + "y = tf.layers.separable_conv2d(x, 3, 2)\n"
    "fetch = tf.gradients(tf.reduce_sum(y * y), tf.trainable_variables() + [x])",
    "error_rank": "tf.layers.conv2d(tf.zeros([3, 4, 5]), 2, 2)",
    "error_channels": "tf.layers.conv2d(tf.placeholder(tf.float32, [2, 5, 5, None]), 2, 2)",
    "error_other_channels": X2 + "l = tf.layers.Conv2D(2, 2)\nl(x)\nl(tf.zeros([2, 5, 5, 3]))",
    "error_unknown_rank": "tf.layers.conv2d(tf.placeholder(tf.float32), 2, 2)",
    "error_kernel_size": "tf.layers.Conv2D(2, (1, 2, 3))",
    "error_kernel_type": "tf.layers.Conv2D(2, None)",
    "error_kernel_element": "tf.layers.Conv2D(2, (1, 'a'))",
    "error_strides": "tf.layers.Conv1D(2, 2, strides=(1, 2))",
    "error_padding": "tf.layers.Conv2D(2, 2, padding='full')",
    "error_causal": "tf.layers.Conv2D(2, 2, padding='causal')",
    "error_format": "tf.layers.Conv2D(2, 2, data_format='NHWC')",
    "error_dilation": "tf.layers.Conv2D(2, 2, dilation_rate=(1, 2, 3))",
    "error_strides_and_dilation": X2 + "tf.layers.conv2d(x, 2, 2, strides=2, dilation_rate=2)",
    # TensorFlow says that converted code failed, then shows that code.
    "error_too_big": (X2 + "tf.layers.conv2d(x, 2, 7)", {"error": "type"}),
    "error_activation": "tf.layers.Conv2D(2, 2, activation='nope')",
    "error_initializer": "tf.layers.Conv2D(2, 2, kernel_initializer=3)",
    "error_regularizer": "tf.layers.Conv2D(2, 2, kernel_regularizer=3)",
    "error_kwargs": "tf.layers.Conv2D(2, 2, colour=3)",
    "error_reuse_missing": X2 + "tf.layers.conv2d(x, 2, 2, name='d', reuse=True)",
    "error_name_taken": X2
    + "tf.layers.conv2d(x, 2, 2, name='d')\ntf.layers.conv2d(x, 2, 2, name='d')",
    "error_integers": (
        "tf.layers.conv2d(tf.zeros([1, 3, 3, 2], tf.int32), 2, 2)",
        {"error": "type"},
    ),
    "error_transpose_rank": "tf.layers.Conv2DTranspose(2, 2).build([2, 3])",
    "error_transpose_rank3": "tf.layers.Conv3DTranspose(2, 2).build([2, 3])",
    "error_transpose_channels": "tf.layers.Conv2DTranspose(2, 2).build([2, 3, 3, None])",
    "error_transpose_channels3": "tf.layers.Conv3DTranspose(2, 2).build([2, 3, 3, 3, None])",
    "error_output_padding": "tf.layers.Conv2DTranspose(2, 2, output_padding=1)",
    "error_separable_channels": "tf.layers.separable_conv2d("
    "tf.placeholder(tf.float32, [2, 5, 5, None]), 2, 2)",
    "error_separable_strides": X2 + "tf.layers.separable_conv2d(x, 2, 2, strides=(1, 2))",
}
