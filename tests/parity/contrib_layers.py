"""tf.contrib.layers, tf.contrib.slim and arg_scope."""

HEAD = (
    "slim = tf.contrib.slim\n"
    "x = tf.constant(np.sin(np.arange(96.)).reshape(2, 6, 4, 2), tf.float32)\n"
    "v = tf.constant(np.cos(np.arange(12.)).reshape(4, 3), tf.float32)\n"
)
LOSS = HEAD + (
    "w = tf.get_variable('w', [3], initializer=tf.constant_initializer([1., -1., 2.]))\n"
    "loss = tf.reduce_sum(tf.square(v * w))\nstep = tf.train.get_or_create_global_step()\n"
)
NAMES = (
    "\nfetch = [y, tf.constant([u.name for u in tf.global_variables()] + [y.name] + "
    "[u.name for u in tf.get_collection(tf.GraphKeys.MODEL_VARIABLES)])]"
)
UPDATED = """
updates = tf.get_collection(tf.GraphKeys.UPDATE_OPS)
with tf.control_dependencies(updates):
    fetch = [y, [tf.identity(u) for u in tf.global_variables()]]
"""
BOTH = {"runs": 2}
ANY = {"runs": 2, "nodes": False}

SNIPPETS = {
    "conv2d": HEAD + "y = slim.conv2d(x, 3, [2, 2])" + NAMES,
    "conv2d_options": HEAD + "y = tf.contrib.layers.conv2d(x, 3, 2, 2, 'VALID', "
    "activation_fn=None, weights_initializer=tf.ones_initializer(), "
    "weights_regularizer=slim.l2_regularizer(0.1), biases_regularizer=slim.l1_regularizer(0.1), "
    "variables_collections=['a'], outputs_collections='o', scope='c')\n"
    "z = slim.conv2d(y, 2, [1, 1], biases_initializer=None, scope='d', "
    "variables_collections={'weights': ['b']})\n"
    "fetch = [z, tf.losses.get_regularization_losses(), tf.get_collection('o'), "
    "tf.constant([u.name for k in 'ab' for u in tf.get_collection(k)] + y.aliases)]",
    "conv2d_rate": HEAD + "y = slim.convolution2d(x, 3, 2, rate=2)" + NAMES,
    "conv2d_normalized": HEAD + "y = slim.conv2d(x, 3, [3, 3], normalizer_fn=slim.batch_norm, "
    "normalizer_params={'is_training': False, 'scale': True})" + NAMES,
    "conv2d_reuse": HEAD + "y = slim.conv2d(x, 2, 1, scope='c')\n"
    "y = slim.conv2d(y, 2, 1, scope='c', reuse=True)\n"
    "with tf.variable_scope('s', reuse=tf.AUTO_REUSE):\n"
    "    y = slim.conv2d(y, 2, 1, scope='c')\n    y = slim.conv2d(y, 2, 1, scope='c')" + NAMES,
    "conv_ranks": HEAD + "a = tf.contrib.layers.conv1d(x[:, 0], 2, 2)\n"
    "b = tf.contrib.layers.conv3d(x[:, None], 2, 1)\n"
    "y = tf.contrib.layers.convolution(x, 2, 1)\nfetch = [a, b, y]",
    "conv2d_transpose": HEAD + "y = slim.conv2d_transpose(x, 3, [2, 2], stride=2)" + NAMES,
    "conv3d_transpose": HEAD + "y = slim.conv3d_transpose(x[:, None], 3, 2, stride=2)" + NAMES,
    "separable_conv2d": HEAD + "y = slim.separable_conv2d(x, 3, [2, 2])" + NAMES,
    "separable_conv2d_depthwise": HEAD + "y = slim.separable_conv2d(x, None, [2, 2], "
    "depth_multiplier=2, stride=2, scope='d', weights_regularizer=slim.l2_regularizer(0.5))\n"
    "z = slim.separable_conv2d(y, None, 3, normalizer_fn=slim.batch_norm, rate=1)\n"
    "y = z" + NAMES,
    "pools": HEAD + "fetch = [slim.max_pool2d(x, [2, 2]), slim.avg_pool2d(x, 2, scope='a'), "
    "slim.max_pool2d(x, 3, stride=1, padding='SAME', outputs_collections='o'), "
    "tf.contrib.layers.max_pool3d(x[:, None], [1, 2, 2]), "
    "tf.contrib.layers.avg_pool3d(x[:, None], 1)]",
    "fully_connected": HEAD + "y = slim.fully_connected(v, 4)" + NAMES,
    "fully_connected_options": HEAD + "y = tf.contrib.layers.fully_connected(x, 2, "
    "activation_fn=tf.tanh, normalizer_fn=slim.layer_norm, scope='f', "
    "weights_regularizer=slim.l2_regularizer(0.1), outputs_collections='o')" + NAMES,
    "fully_connected_kinds": HEAD + "L = tf.contrib.layers\n"
    "fetch = [L.linear(v, 2), L.relu(v, 2), L.relu6(v, 2, scope='six'), L.elu(v, 2)]",
    "bias_add": HEAD
    + "y = tf.contrib.layers.bias_add(x, tf.nn.relu, tf.ones_initializer())"
    + NAMES,
    "dropout": HEAD + "fetch = [slim.dropout(x, 0.6), slim.dropout(x, is_training=False, "
    "scope='d'), slim.dropout(x, 0.3, seed=3)]",
    "flatten": HEAD + "fetch = [slim.flatten(x), slim.flatten(x, scope='f'), "
    "slim.flatten(x, outputs_collections='o')]",
    "one_hot": HEAD + "fetch = [slim.one_hot_encoding([0, 2, 1], 3), "
    "slim.one_hot_encoding(tf.constant([1, 0], tf.int64), 2, 5., -1., scope='h')]",
    "softmax": HEAD + "fetch = [slim.softmax(v), tf.contrib.layers.softmax(x)]",
    "unit_norm": HEAD
    + "fetch = [slim.unit_norm(x, 0), slim.unit_norm(x, 2), slim.unit_norm(v, 1)]",
    "maxout": HEAD + "fetch = slim.maxout(v, 1)",
    "repeat": HEAD + "y = slim.repeat(x, 2, slim.conv2d, 3, [1, 1], scope='c')\n"
    "y = slim.repeat(y, 2, slim.fully_connected, 2)" + NAMES,
    "stack": HEAD + "y = slim.stack(v, slim.fully_connected, [4, 3], scope='fc')\n"
    "y = slim.stack(x, slim.conv2d, [(2, [1, 1]), (3, [2, 2])])" + NAMES,
    "layer_norm": HEAD + "fetch = [slim.layer_norm(v), slim.layer_norm(x, begin_norm_axis=2, "
    "scope='l'), tf.contrib.layers.layer_norm(x, center=False, scale=False), "
    "slim.layer_norm(x, begin_params_axis=1, activation_fn=tf.nn.relu)]",
    "batch_norm": (HEAD + "y = slim.batch_norm(x)" + UPDATED, BOTH),
    "batch_norm_scale": (
        HEAD + "y = slim.batch_norm(x, 0.9, False, True, activation_fn=tf.nn.relu, "
        "param_initializers={'gamma': tf.constant_initializer(2.)}, "
        "param_regularizers={'gamma': slim.l2_regularizer(0.1)}, scope='b', "
        "variables_collections={'gamma': ['g'], 'moving_mean': ['g']})" + UPDATED,
        BOTH,
    ),
    "batch_norm_vectors": (HEAD + "y = slim.batch_norm(v, scale=True)" + UPDATED, BOTH),
    "batch_norm_at_once": (
        HEAD + "y = slim.batch_norm(x, updates_collections=None, decay=0.8)\n"
        "with tf.control_dependencies([y]):\n"
        "    fetch = [y, [tf.identity(u) for u in tf.global_variables()]]",
        BOTH,
    ),
    "batch_norm_inference": HEAD + "fetch = [slim.batch_norm(x, is_training=False), "
    "slim.batch_norm(v, is_training=False)]",
    "batch_norm_not_fused": (HEAD + "y = slim.batch_norm(x, fused=False)" + UPDATED, BOTH),
    "batch_norm_not_fused_vectors": (HEAD + "y = slim.batch_norm(v, fused=False)" + UPDATED, BOTH),
    "batch_norm_not_fused_at_once": (
        HEAD + "y = slim.batch_norm(x, fused=False, updates_collections=None, scale=True)\n"
        "with tf.control_dependencies([y]):\n"
        "    fetch = [y, [tf.identity(u) for u in tf.global_variables()]]",
        BOTH,
    ),
    "batch_norm_weights": (
        HEAD + "y = slim.batch_norm(v, batch_weights=[1., 2., 0., 1.], "
        "updates_collections='u')\nwith tf.control_dependencies(tf.get_collection('u')):\n"
        "    fetch = [y, [tf.identity(u) for u in tf.global_variables()]]",
        BOTH,
    ),
    "batch_norm_debias": (
        HEAD + "y = slim.batch_norm(x, zero_debias_moving_mean=True)" + UPDATED,
        {"runs": 2, "nodes": False},
    ),
    "batch_norm_renorm": (HEAD + "y = slim.batch_norm(x, renorm=True)" + UPDATED, BOTH),
    "batch_norm_rank3": (HEAD + "y = slim.batch_norm(x[0])" + UPDATED, BOTH),
    "batch_norm_fed": (
        HEAD + "t = tf.placeholder(tf.bool)\ny = slim.batch_norm(x, is_training=t)\n"
        "z = slim.batch_norm(v, is_training=t)" + UPDATED + "fetch += [z]\nfeed = {t: True}",
        ANY,
    ),
    "arg_scope": HEAD
    + """
with slim.arg_scope([slim.conv2d, slim.fully_connected], activation_fn=tf.tanh,
                    weights_initializer=tf.constant_initializer(0.1)) as outer:
    with slim.arg_scope([slim.conv2d], padding='VALID', normalizer_fn=slim.batch_norm):
        with slim.arg_scope([slim.batch_norm], is_training=False, scale=True) as sc:
            y = slim.conv2d(x, 3, 2)
            z = slim.conv2d(x, 3, 2, activation_fn=None)
    w = slim.fully_connected(v, 2)
with slim.arg_scope(sc):
    u = slim.conv2d(x, 2, 2)
fetch = [y, z, w, u, tf.constant([len(outer), len(sc), len(slim.current_arg_scope()),
         int(slim.has_arg_scope(slim.conv2d)), int(slim.has_arg_scope(slim.repeat))])]
""",
    "arg_scope_own": HEAD
    + """
@slim.add_arg_scope
def f(a, b=1, c=2):
    return a + 10 * b + 100 * c
with tf.contrib.framework.arg_scope([f], b=3):
    one, two = f(0), f(0, b=5)
    with tf.contrib.framework.arg_scope([f], c=7):
        three = f(0)
fetch = tf.constant([one, two, three, f(0)])
""",
    "variables": HEAD
    + """
with tf.variable_scope('s'):
    a = slim.model_variable('a', [2], regularizer=slim.l2_regularizer(0.1))
    b = slim.variable('b', [2], trainable=False, device='/cpu:0', collections=['k'])
c = slim.local_variable(tf.zeros([1]), name='c')
d = slim.global_variable(tf.zeros([1]), name='d')
slim.add_model_variable(d)
n = lambda vs: ' '.join(u.op.name for u in vs)
fetch = tf.constant([n(slim.get_variables()), n(slim.get_variables('s')),
    n(slim.get_model_variables()), n(slim.get_local_variables()), n(slim.get_trainable_variables()),
    n(slim.get_variables_by_name('a')), n(slim.get_variables_by_suffix('a')),
    n(slim.get_variables_to_restore(exclude=['s'])), n(slim.get_variables_to_restore(['s'])),
    n([slim.get_unique_variable('s/a')]), slim.get_variable_full_name(a),
    n(tf.contrib.framework.filter_variables(slim.get_variables(), ['a', 'd'], ['s/'])), b.device])
""",
    "assign_from_values": HEAD
    + """
a = slim.model_variable('a', [2, 2])
op, feed = slim.assign_from_values({'a': np.arange(4.)})
with tf.control_dependencies([op]):
    fetch = tf.identity(a)
""",
    "network": (
        HEAD
        + """
with slim.arg_scope([slim.conv2d, slim.fully_connected], weights_regularizer=slim.l2_regularizer(0.01)):
    y = slim.conv2d(x, 4, [3, 3], normalizer_fn=slim.batch_norm, scope='conv1')
    y = slim.max_pool2d(y, [2, 2], scope='pool1')
    y = slim.dropout(slim.flatten(y), 0.8, is_training=False)
    y = slim.fully_connected(y, 2, activation_fn=None, scope='logits')
tf.losses.sparse_softmax_cross_entropy([0, 1], y)
loss = tf.losses.get_total_loss()
with tf.control_dependencies(tf.get_collection(tf.GraphKeys.UPDATE_OPS)):
    step = tf.train.GradientDescentOptimizer(0.1).minimize(loss)
fetch = [loss, step][:1]
""",
        BOTH,
    ),
    "instance_norm": (
        HEAD + "fetch = [slim.instance_norm(x), slim.instance_norm(x, center=False, "
        "scope='i', activation_fn=tf.nn.relu), slim.instance_norm(x, data_format='NCHW', "
        "param_initializers={'gamma': tf.constant_initializer(2.)})]",
        {"atol": 1e-5},
    ),
    "group_norm": (
        HEAD + "z = tf.concat([x, x * 2], -1)\n"
        "fetch = [tf.contrib.layers.group_norm(z, 2), tf.contrib.layers.group_norm(z, 4, scale=False, "
        "scope='g', reduction_axes=[1]), tf.contrib.layers.group_norm(z, 2, center=False, "
        "mean_close_to_zero=True), tf.contrib.layers.group_norm(z, 3, channels_axis=1, "
        "reduction_axes=(2, 3))]",
        {"atol": 1e-5},
    ),
    "group_norm_fed": HEAD + "z = tf.placeholder(tf.float32, [None, 3, 3, 4])\n"
    "fetch = tf.contrib.layers.group_norm(z, 2)\n"
    "feed = {z: np.sin(np.arange(36.)).reshape(1, 3, 3, 4)}",
    "optimize_loss": (
        LOSS + "fetch = [tf.contrib.layers.optimize_loss(loss, step, 0.1, 'SGD'), step]",
        {"runs": 2},
    ),
    "optimize_loss_kinds": LOSS + "L = tf.contrib.layers\n"
    "[L.optimize_loss(loss, step, 0.1, o, name='o%d' % i, summaries=[]) for i, o in enumerate("
    "['Adam', 'Momentum', 'RMSProp', 'Adagrad', 'Ftrl', tf.train.GradientDescentOptimizer, "
    "lambda r: tf.train.AdamOptimizer(r)])]\nL.optimize_loss(loss, step, None, "
    "tf.train.GradientDescentOptimizer(0.1), increment_global_step=False)\n"
    "fetch = tf.constant(sorted(L.OPTIMIZER_CLS_NAMES) + L.OPTIMIZER_SUMMARIES)",
    "optimize_loss_options": (
        LOSS + "y = slim.batch_norm(v, scope='b')\n"
        "t = tf.contrib.layers.optimize_loss(loss, None, 0.5, 'SGD', clip_gradients=0.3, "
        "gradient_multipliers={'w:0': 2.}, learning_rate_decay_fn=lambda r, s: "
        "tf.train.exponential_decay(r, s, 1, 0.5), summaries=tf.contrib.layers."
        "OPTIMIZER_SUMMARIES, name='opt')\n"
        "fetch = [t, tf.constant(len(tf.get_collection(tf.GraphKeys.SUMMARIES)))]",
        # Which of the updates comes first is chance in TensorFlow.
        {"runs": 2, "nodes": False},
    ),
    "optimize_loss_noise": LOSS + "fetch = tf.contrib.layers.optimize_loss(loss, step, "
    "tf.constant(0.1), 'SGD', gradient_noise_scale=0.1, clip_gradients=lambda g: g)",
    "nest": HEAD + "n = tf.contrib.framework.nest\n"
    "a = n.map_structure(lambda q: q + 1, {'a': [1, 2], 'b': 3})\n"
    "fetch = tf.constant(n.flatten(a) + [int(n.is_sequence(a)), int(n.is_sequence(3))] + "
    "n.pack_sequence_as([1, [2]], [5, 6])[1] + n.flatten_up_to([1, 2], [3, 4]))",
    "utils": HEAD + "y = slim.layers.conv2d(x, 2, 1, outputs_collections='o', scope='one')\n"
    "y = slim.flatten(y, outputs_collections='o')\nslim.utils.collect_named_outputs('o', 'a', y)\n"
    "o = slim.utils.convert_collection_to_dict('o', clear_collection=True)\n"
    "fetch = tf.constant(list(o) + slim.utils.gather_tensors_aliases([x, y]) + "
    "[str(len(tf.get_collection('o')))])",
    "model_analyzer": HEAD + "y = slim.conv2d(x, 3, 2)\na = slim.model_analyzer\n"
    "fetch = tf.constant([*a.analyze_vars(tf.global_variables(), print_info=True), "
    "a.analyze_ops(tf.get_default_graph())])",
    "error_optimizer": LOSS + "tf.contrib.layers.optimize_loss(loss, step, 0.1, 'Nope')",
    "error_optimizer_kind": LOSS + "tf.contrib.layers.optimize_loss(loss, step, 0.1, 3)",
    "error_optimizer_rate": LOSS + "tf.contrib.layers.optimize_loss(loss, step, None, 'SGD')",
    "error_rate": LOSS + "tf.contrib.layers.optimize_loss(loss, step, 1, 'SGD')",
    "error_negative_rate": LOSS + "tf.contrib.layers.optimize_loss(loss, step, -1., 'SGD')",
    "error_summaries": LOSS + "tf.contrib.layers.optimize_loss(loss, step, 0.1, 'SGD', "
    "summaries=['x'])",
    "error_clip": LOSS + "tf.contrib.layers.optimize_loss(loss, step, 0.1, 'SGD', "
    "clip_gradients=3)",
    "error_groups": HEAD + "tf.contrib.layers.group_norm(x, 3)",
    "error_group_axes": HEAD + "tf.contrib.layers.group_norm(x, 1, reduction_axes=[3])",
    "error_rank": HEAD + "slim.conv2d(v, 2, 2)",
    "error_format": HEAD + "slim.conv2d(x, 2, 2, data_format='X')",
    "error_pool_format": HEAD + "slim.max_pool2d(x, 2, data_format='X')",
    "error_outputs": HEAD + "slim.fully_connected(v, 2.5)",
    "error_batch_norm_format": HEAD + "slim.batch_norm(x, data_format='X')",
    "error_batch_norm_renorm": HEAD + "slim.batch_norm(x, renorm=True, updates_collections=None)",
    "error_layer_norm": HEAD + "slim.layer_norm(v, begin_norm_axis=2)",
    "error_unit_norm": HEAD + "slim.unit_norm(v, 2)",
    "error_maxout": HEAD + "slim.maxout(v, 2)",
    "error_stack": HEAD + "slim.stack(v, slim.fully_connected, 3)",
    "error_arg_scope": HEAD + "with slim.arg_scope(slim.conv2d, padding='X'):\n    pass",
    "error_arg_scope_dict": HEAD + "with slim.arg_scope({}, padding='X'):\n    pass",
    "error_unique": HEAD + "slim.get_unique_variable('nope')",
    "error_restore": HEAD + "slim.get_variables_to_restore('s')",
    "error_values": HEAD + "slim.assign_from_values({'nope': 1})",
}
