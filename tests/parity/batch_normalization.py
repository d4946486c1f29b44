"""tf.layers.batch_normalization: training or not, fused or not, moving averages, variants."""

X2 = "x = tf.constant(np.arange(12.).reshape(4, 3) ** 1.5 / 7, tf.float32)\n"
X3 = "x = tf.constant(np.sin(np.arange(24.)).reshape(4, 2, 3), tf.float32)\n"
X4 = "x = tf.constant(np.cos(np.arange(96.)).reshape(4, 2, 4, 3), tf.float32)\n"
# What a run gives for variables that it also updates is a race; so updates run first.
AFTER = """
updates = tf.get_collection(tf.GraphKeys.UPDATE_OPS)
with tf.control_dependencies(updates):
    fetch = [y, [tf.identity(v) for v in tf.global_variables()], len(updates) * tf.ones([])]
"""
AFTER_RESOURCES = AFTER.replace("tf.identity(v)", "v.read_value()")
FED = "t = tf.placeholder(tf.bool, [])\n"
# TensorFlow cannot put references into functional conditions, so its nodes are others.
COND = {"nodes": False}

SNIPPETS = {
    "inference": X2 + "fetch = tf.layers.batch_normalization(x)",
    "inference_fused": X4 + "fetch = tf.layers.batch_normalization(x)",
    "training": (X2 + "y = tf.layers.batch_normalization(x, training=True)" + AFTER, {"runs": 3}),
    "training_3d": (
        X3 + "y = tf.layers.batch_normalization(x, training=True)" + AFTER,
        {"runs": 2},
    ),
    "training_3d_axis": (
        X3 + "y = tf.layers.batch_normalization(x, axis=1, training=True)" + AFTER,
        {"runs": 2},
    ),
    "training_fused": (
        X4 + "y = tf.layers.batch_normalization(x, training=True)" + AFTER,
        {"runs": 3},
    ),
    "training_not_fused": (
        X4 + "y = tf.layers.batch_normalization(x, training=True, fused=False)" + AFTER,
        {"runs": 3},
    ),
    "training_resources": (
        X4 + "with tf.variable_scope('s', use_resource=True):\n"
        "    y = tf.layers.batch_normalization(x, training=True)" + AFTER_RESOURCES,
        {"runs": 2},
    ),
    "training_channels_first": X4 + "y = tf.layers.batch_normalization(x, axis=1, training=True)\n"
    "fetch = tf.constant([str(y.shape), y.op.type])",
    "channels_first_not_fused": (
        X4 + "y = tf.layers.batch_normalization(x, axis=1, training=True, fused=False)" + AFTER,
        {"runs": 2, "atol": 1e-5},
    ),
    "two_axes": (
        X4 + "y = tf.layers.batch_normalization(x, axis=[1, -1], training=True)" + AFTER,
        {"runs": 2, "atol": 1e-5},
    ),
    "two_axes_inference": X4 + "fetch = tf.layers.batch_normalization(x, axis=[1, 2])",
    "list_axis_fused": X4 + "fetch = tf.layers.batch_normalization(x, axis=[3])",
    "training_numbers": X2 + "fetch = [tf.layers.batch_normalization(x, training=1), "
    "tf.layers.batch_normalization(x, training=0)]",
    "training_constant": X2
    + "fetch = tf.layers.batch_normalization(x, training=tf.constant(True))",
    "training_constant_fused": X4
    + "fetch = tf.layers.batch_normalization(x, training=tf.constant(True))",
    "training_false_constant": X2
    + "fetch = tf.layers.batch_normalization(x, training=tf.constant(False))",
    "training_fed_true": (
        X2 + FED + "y = tf.layers.batch_normalization(x, training=t)" + AFTER + "feed = {t: True}",
        {"runs": 2, **COND},
    ),
    "training_fed_false": (
        X2 + FED + "y = tf.layers.batch_normalization(x, training=t)" + AFTER + "feed = {t: False}",
        {"runs": 2, **COND},
    ),
    "training_fed_fused_true": (
        X4 + FED + "y = tf.layers.batch_normalization(x, training=t)" + AFTER + "feed = {t: True}",
        {"runs": 2, **COND},
    ),
    "training_fed_fused_false": (
        X4 + FED + "y = tf.layers.batch_normalization(x, training=t)" + AFTER + "feed = {t: False}",
        {"runs": 2, **COND},
    ),
    "training_none": (
        X2 + "y = tf.layers.batch_normalization(x, training=None)\n"
        "z = tf.layers.batch_normalization(x, training=None)\n"
        "fetch = [y, z, tf.get_default_graph().get_tensor_by_name('keras_learning_phase:0')]",
        COND,
    ),
    "training_variable": (
        X2 + "t = tf.Variable(True)\ny = tf.layers.batch_normalization(x, training=t)" + AFTER,
        {"runs": 2, **COND},
    ),
    "no_center": (X2 + "y = tf.layers.batch_normalization(x, center=False, training=True)" + AFTER),
    "no_scale": X2 + "y = tf.layers.batch_normalization(x, scale=False, training=True)" + AFTER,
    "neither": X2 + "y = tf.layers.batch_normalization(x, center=False, scale=False, "
    "training=True)" + AFTER,
    "neither_fused": X4 + "y = tf.layers.batch_normalization(x, center=False, scale=False, "
    "training=True)" + AFTER,
    "options": (
        X4 + "y = tf.layers.batch_normalization(x, momentum=0.5, epsilon=0.1, training=True, "
        "beta_initializer=tf.constant_initializer(0.3), "
        "gamma_initializer=tf.constant_initializer([1., 2., 3.]), "
        "moving_mean_initializer=tf.constant_initializer(0.1), "
        "moving_variance_initializer=tf.constant_initializer(2.), "
        "beta_regularizer=tf.nn.l2_loss, gamma_regularizer=tf.nn.l2_loss, name='bn')\n"
        "losses = tf.losses.get_regularization_losses()" + AFTER + "fetch.append(losses)",
        {"runs": 3},
    ),
    "not_trainable": X2 + "l = tf.layers.BatchNormalization(trainable=False)\n"
    "y = l(x, training=True)\n"
    "fetch = [y, tf.constant([len(l.trainable_weights), len(l.updates), "
    "len(tf.trainable_variables()), len(tf.get_collection(tf.GraphKeys.UPDATE_OPS))])]",
    "renorm": (
        X2 + "y = tf.layers.batch_normalization(x, renorm=True, training=True, momentum=0.8, "
        "renorm_momentum=0.7)" + AFTER,
        {"runs": 3},
    ),
    "renorm_clipping": (
        X4 + "y = tf.layers.batch_normalization(x, renorm=True, training=True, "
        "renorm_clipping={'rmin': 0.5, 'rmax': 1.5, 'dmax': 0.2})" + AFTER,
        {"runs": 3},
    ),
    "renorm_axis": (
        X3 + "y = tf.layers.batch_normalization(x, axis=1, renorm=True, training=True)" + AFTER,
        {"runs": 2},
    ),
    "renorm_inference": X2 + "fetch = tf.layers.batch_normalization(x, renorm=True)",
    "renorm_fed": (
        X2 + FED + "y = tf.layers.batch_normalization(x, renorm=True, training=t, "
        "renorm_momentum=0.5)" + AFTER + "feed = {t: True}",
        {"runs": 2, **COND},
    ),
    "virtual_batch": (
        X2 + "y = tf.layers.batch_normalization(x, virtual_batch_size=2, training=True)" + AFTER,
        {"runs": 2},
    ),
    "virtual_batch_4d": (
        X4 + "y = tf.layers.batch_normalization(x, virtual_batch_size=2, training=True)" + AFTER,
        {"runs": 2},
    ),
    "virtual_batch_inference": X4 + "fetch = tf.layers.batch_normalization(x, "
    "virtual_batch_size=2)",
    "adjustment": (
        X2 + "y = tf.layers.batch_normalization(x, training=True, adjustment=lambda s: "
        "(tf.random_uniform(s[-1:], 0.9, 1.1), tf.random_uniform(s[-1:], -0.1, 0.1)))" + AFTER,
        {"runs": 2},
    ),
    "adjustment_4d": X4 + "y = tf.layers.batch_normalization(x, training=True, adjustment="
    "lambda s: (tf.fill(s[-1:], 1.1), tf.fill(s[-1:], 0.2)))" + AFTER,
    "float16": "x = tf.constant(np.arange(12.).reshape(4, 3), tf.float16)\n"
    "y = tf.layers.batch_normalization(x, training=True)\n"
    "fetch = [tf.cast(y * 0, tf.float32), tf.constant(str([v.dtype for v in tf.global_variables()]))]",
    "float64": "y = tf.layers.batch_normalization(tf.constant(np.arange(12.).reshape(4, 3)), "
    "training=True)" + AFTER,
    "fed_batch": "x = tf.placeholder(tf.float32, [None, 3])\n"
    "y = tf.layers.batch_normalization(x, training=True)"
    + AFTER
    + "feed = {x: np.arange(15.).reshape(5, 3)}",
    "fed_images": "x = tf.placeholder(tf.float32, [None, None, None, 3])\n"
    "y = tf.layers.batch_normalization(x, training=True)"
    + AFTER
    + "feed = {x: np.arange(24.).reshape(2, 2, 2, 3)}",
    "reuse": X2 + "y = tf.layers.batch_normalization(x, training=True, name='b')\n"
    "z = tf.layers.batch_normalization(x, name='b', reuse=True)\n"
    "fetch = [z, tf.constant(len(tf.global_variables()))]",
    "auto_reuse": X2 + "with tf.variable_scope('s', reuse=tf.AUTO_REUSE):\n"
    "    a = tf.layers.batch_normalization(x, training=True, name='b')\n"
    "    b = tf.layers.batch_normalization(x * 2, training=True, name='b')\n"
    "fetch = [a, b, tf.constant(str([u.name for u in "
    "tf.get_collection(tf.GraphKeys.UPDATE_OPS)]))]",
    "names": X4 + "y = tf.layers.batch_normalization(tf.layers.batch_normalization(x))\n"
    "with tf.variable_scope('s'):\n    y = tf.layers.batch_normalization(y)\n"
    "with tf.name_scope('n'):\n    fetch = tf.layers.batch_normalization(y, training=True)",
    "partitioned": X2 + "with tf.variable_scope('s', partitioner=tf.fixed_size_partitioner(3)):\n"
    "    y = tf.layers.batch_normalization(x)\nfetch = tf.constant(str([v.name for v in "
    "tf.global_variables()]))",
    "layer": X4
    + """
l = tf.layers.BatchNormalization(name='q')
y = l(x, training=True)
z = l(x * 2, training=True)
w = l(x)
fetch = [y, z, tf.constant([l.name, l.scope_name, str(l.count_params()), repr(l.input_spec),
    str(l.compute_output_shape((None, 7, 8, 3))), str([v.name for v in l.variables]),
    str([v.name for v in l.trainable_variables]), str(sorted(l.get_config())), str(l.axis),
    str(l.fused), str(len(l.updates)), str(len(l.get_updates_for(x))),
    str(len(l.get_updates_for(None))), str(len(tf.get_collection(tf.GraphKeys.UPDATE_OPS)))])]
""",
    "layer_config": "l = tf.layers.BatchNormalization(renorm=True, virtual_batch_size=2)\n"
    "fetch = tf.constant(str(sorted(l.get_config())))",
    "constraint": X2 + "l = tf.layers.BatchNormalization(beta_constraint=lambda v: v, "
    "gamma_constraint=lambda v: v)\nl(x)\n"
    "fetch = tf.constant(str([v.constraint is not None for v in l.variables]))",
    "gradient": X2 + "y = tf.layers.batch_normalization(x, training=True)\n"
    "fetch = tf.gradients(tf.reduce_sum(y ** 3), tf.trainable_variables() + [x])",
    "gradient_fused": X4 + "y = tf.layers.batch_normalization(x, training=True)\n"
    "fetch = tf.gradients(tf.reduce_sum(y ** 3), tf.trainable_variables() + [x])",
    "gradient_renorm": (
        X2 + "y = tf.layers.batch_normalization(x, renorm=True, training=True)\n"
        "fetch = tf.gradients(tf.reduce_sum(y ** 3), tf.trainable_variables() + [x])",
        {"rtol": 1e-4, "atol": 1e-4},
    ),
    "training_loop": (
        X4
        + """
y = tf.layers.conv2d(x, 4, 2, use_bias=False)
y = tf.nn.relu(tf.layers.batch_normalization(y, training=True))
loss = tf.reduce_mean(tf.square(tf.layers.dense(tf.layers.flatten(y), 1) - 1.))
with tf.control_dependencies(tf.get_collection(tf.GraphKeys.UPDATE_OPS)):
    step = tf.train.GradientDescentOptimizer(0.05).minimize(loss)
fetch = [loss, step][:1]
""",
        {"runs": 2},
    ),
    "error_axis_type": "tf.layers.BatchNormalization(axis=(1,))",
    "error_axis": X2 + "tf.layers.batch_normalization(x, axis=4)",
    "error_axis_negative": X2 + "tf.layers.batch_normalization(x, axis=-4)",
    "error_axis_twice": X2 + "tf.layers.batch_normalization(x, axis=[1, -1])",
    "error_rank": "tf.layers.batch_normalization(tf.placeholder(tf.float32))",
    "error_size": "tf.layers.batch_normalization(tf.placeholder(tf.float32, [3, None]))",
    "error_other_size": X2 + "l = tf.layers.BatchNormalization()\nl(x)\nl(tf.zeros([2, 4]))",
    "error_virtual": X2 + "tf.layers.batch_normalization(x, virtual_batch_size=0)",
    "error_virtual_axis": X2 + "tf.layers.batch_normalization(x, 0, virtual_batch_size=2)",
    "error_virtual_adjustment": X2 + "tf.layers.batch_normalization(x, virtual_batch_size=2, "
    "adjustment=lambda s: (1, 2))",
    "error_clipping": "tf.layers.BatchNormalization(renorm=True, renorm_clipping={'a': 1})",
    "error_kwargs": "tf.layers.BatchNormalization(colour=1)",
    "error_training": (X2 + "tf.layers.batch_normalization(x, training='yes')", {"error": "type"}),
    "error_reuse": X2 + "tf.layers.batch_normalization(x, name='b', reuse=True)",
    "error_taken": X2 + "tf.layers.batch_normalization(x, name='b')\n"
    "tf.layers.batch_normalization(x, name='b')",
}
