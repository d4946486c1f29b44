"""tf.layers: the base class, dense, dropout, flatten."""

X = "x = tf.constant([[1., 2., 3.], [-1., 0.5, 2.]])\n"

SNIPPETS = {
    "dense": X + "fetch = tf.layers.dense(x, 4)",
    "dense_options": X + "y = tf.layers.dense(x, 4, tf.nn.relu, name='a', "
    "kernel_initializer=tf.random_normal_initializer(), bias_initializer=tf.ones_initializer(), "
    "kernel_regularizer=lambda w: tf.reduce_sum(w * w), bias_regularizer=tf.nn.l2_loss, "
    "activity_regularizer=tf.reduce_mean)\n"
    "fetch = [y, tf.get_collection(tf.GraphKeys.REGULARIZATION_LOSSES)]",
    "dense_no_bias": X + "fetch = tf.layers.dense(x, 2, use_bias=False, activation='tanh')",
    "dense_names": X + "y = tf.layers.dense(tf.layers.dense(tf.layers.dense(x, 2), 3), 2)\n"
    "with tf.variable_scope('s'):\n    y = tf.layers.dense(tf.layers.dense(y, 2), 2, name='other')\n"
    "with tf.name_scope('n'):\n    y = tf.layers.dense(y, 2)\n"
    "l = tf.layers.Dense(2)\nfetch = l(l(y))",
    "dense_3d": "x = tf.placeholder(tf.float32, [None, 2, 3])\n"
    "fetch = tf.layers.dense(x, 2)\nfeed = {x: np.ones((1, 2, 3))}",
    "dense_reuse": X + "a = tf.layers.dense(x, 2, name='d')\n"
    "b = tf.layers.dense(x * 2, 2, name='d', reuse=True)\nfetch = [a, b]",
    "dense_auto_reuse": X + "with tf.variable_scope('s', reuse=tf.AUTO_REUSE):\n"
    "    a = tf.layers.dense(x, 2, name='d')\n    b = tf.layers.dense(x, 2, name='d')\n"
    "fetch = [a, b]",
    "dense_scope_defaults": X + "with tf.variable_scope('s', initializer=tf.ones_initializer(), "
    "regularizer=tf.nn.l2_loss, use_resource=True):\n    fetch = tf.layers.dense(x, 2)\n"
    "fetch = [fetch, tf.losses.get_regularization_loss()]",
    "dense_scope_argument": X + "l = tf.layers.Dense(2, _scope='mine', _reuse=None)\n"
    "fetch = [l(x), l.weights[0]]",
    "dense_call_scope": X + "l = tf.layers.Dense(2)\nfetch = l(x, scope='there')",
    "dense_numpy": "fetch = tf.layers.Dense(2, dtype=tf.float64)(np.ones((2, 3)))",
    "dense_float16": "fetch = tf.layers.dense(tf.ones([2, 3], tf.float16), 2)",
    "dense_partitioned": X + "with tf.variable_scope('s', "
    "partitioner=tf.fixed_size_partitioner(2)):\n    fetch = tf.layers.dense(x, 4)",
    "dense_sparse": "s = tf.SparseTensor([[0, 1], [1, 0]], [1., 2.], [2, 3])\n"
    "l = tf.layers.Dense(2)\nl.build(tf.TensorShape([2, 3]))\nfetch = l(s)",
    "dense_trainable": X + "a = tf.layers.Dense(2, trainable=False)\nfetch = [a(x), "
    "[len(a.trainable_weights), len(a.non_trainable_weights), len(tf.trainable_variables())]]\n"
    "fetch[1] = tf.constant(fetch[1])",
    "dense_facts": X + "a = tf.layers.Dense(2, name='q')\na(x)\na(x)\n"
    "fetch = tf.constant([a.name, a.scope_name, a.dtype, str(a.count_params()), "
    "str(a.compute_output_shape((None, 3))), str([v.name for v in a.variables]), "
    "repr(a.input_spec), str(a.built), str(sorted(a.get_config()))])",
    "dense_gradient": X + "y = tf.layers.dense(tf.layers.dense(x, 3, tf.sigmoid), 1)\n"
    "fetch = tf.gradients(y, tf.trainable_variables())",
    "dense_constraint": X + "l = tf.layers.Dense(2, kernel_constraint=lambda w: w / 2)\n"
    "l(x)\nfetch = tf.constant(str(l.kernel.constraint is not None))",
    "losses_of_inputs": X + "l = tf.layers.Dense(2, kernel_regularizer=tf.nn.l2_loss, "
    "activity_regularizer=tf.reduce_sum)\ny = l(x)\nz = l(x + 1)\n"
    "fetch = [l.get_losses_for(x), l.get_losses_for(None), l.losses]",
    "activations": X + "fetch = [getattr(tf.keras.activations, n)(x) for n in ('relu', 'elu', "
    "'selu', 'softplus', 'softsign', 'tanh', 'sigmoid', 'exponential', 'hard_sigmoid', 'linear', "
    "'softmax')]\n"
    "fetch += [tf.keras.activations.relu(x, alpha=0.1), tf.keras.activations.relu(x, max_value=6), "
    "tf.keras.activations.relu(x, 0.2, 1., 0.5), tf.keras.activations.elu(x, 0.5), "
    "tf.keras.activations.softmax(x[None])]",
    "dropout": X + "fetch = [tf.layers.dropout(x, training=True), tf.layers.dropout(x), "
    "tf.layers.dropout(x, 0.2, noise_shape=[2, 1], seed=3, training=True), "
    "tf.layers.dropout(x, 0.2, noise_shape=[None, 1], training=True, name='d')]",
    "dropout_switch": (
        X + "t = tf.placeholder(tf.bool, [])\nfetch = tf.layers.dropout(x, 0.4, training=t)\n"
        "feed = {t: True}",
        # TensorFlow's node also gives the branch's intermediate values.
        {"cfv2": True, "nodes": False},
    ),
    "dropout_constant": X + "fetch = tf.layers.dropout(x, 0.4, training=tf.constant(True))",
    "flatten": "fetch = [tf.layers.flatten(tf.zeros([2, 3, 4])), "
    "tf.layers.flatten(tf.reshape(tf.range(12.), [2, 3, 2]), data_format='channels_first'), "
    "tf.layers.flatten(tf.ones([3]))]",
    "flatten_fed": "x = tf.placeholder(tf.float32, [None, 2, 3])\n"
    "y = tf.placeholder(tf.float32, [3, None, 2])\n"
    "fetch = [tf.layers.flatten(x), tf.layers.flatten(y)]\n"
    "feed = {x: np.ones((2, 2, 3)), y: np.ones((3, 4, 2))}",
    "own_layer": X
    + """
class Scale(tf.layers.Layer):
    def build(self, input_shape):
        self.scale = self.add_variable('scale', [int(input_shape[-1])],
                                       initializer=tf.ones_initializer())
        self.count = self.add_weight('count', [], tf.int32, trainable=False)
        self.built = True
    def call(self, inputs, training=False):
        self.add_update(self.count.assign_add(1))
        self.add_update(tf.assign(self.scale, inputs[0]))
        return tf.layers.dropout(inputs * self.scale, 0.5) if training else inputs * self.scale
l = Scale()
a, b = l(x), l(x, training=True)
fetch = [a, b, len(tf.get_collection(tf.GraphKeys.UPDATE_OPS)) * x, len(l.get_updates_for(x)) * x,
         len(l.get_updates_for(None)) * x, len(l.updates) * x]
""",
    "nested_training": X
    + """
class Outer(tf.layers.Layer):
    def __init__(self):
        super(Outer, self).__init__(name='outer')
        self.inner = tf.layers.Dropout(0.5)
    def call(self, inputs, training=False):
        return self.inner(inputs)
fetch = [Outer()(x, training=True), Outer()(x)]
""",
    "scope_in_call": X
    + """
class L(tf.layers.Layer):
    def call(self, inputs, scope=None):
        return inputs * tf.get_variable('v', [3]) + len(scope.name)
l = L()
fetch = [l(x), L(_reuse=True, name='l')(x)]
""",
    "scopes_mixed": X
    + """
with tf.variable_scope('a') as a:
    y = tf.layers.dense(x, 2)
    with tf.name_scope('n'):
        y = tf.layers.dense(y, 2)
    with tf.variable_scope('b'):
        y = tf.layers.dense(y, 2, name='d')
with tf.variable_scope(a):
    y = tf.layers.dense(y, 2, name='again')
with tf.variable_scope(a, auxiliary_name_scope=False):
    y = tf.layers.dense(y, 2, name='e')
with tf.variable_scope(a, reuse=True):
    y = tf.layers.dense(y, 2, name='e')
    y = tf.layers.dense(y, 2, name='e')
with tf.variable_scope('c', reuse=tf.AUTO_REUSE):
    y = tf.layers.dense(y, 2)
    y = tf.layers.dense(y, 2)
with tf.variable_scope('c', reuse=tf.AUTO_REUSE):
    y = tf.layers.dense(y, 2)
fetch = y
""",
    "scopes_of_one_layer": X
    + """
l = tf.layers.Dense(3)
with tf.name_scope('n'):
    y = l(x)
with tf.variable_scope('v'):
    y = l(y)
with tf.device('/cpu:0'), tf.control_dependencies([y]):
    y = l(y)
m = tf.layers.Dense(3, name='m')
with tf.variable_scope('v'):
    y = m(y)
with tf.variable_scope('w'):
    z = tf.layers.Dense(3, name='m')(y)
    z = tf.layers.Dense(3, _reuse=True, name='m')(z)
fetch = z
""",
    "scope_object_as_name": X
    + """
with tf.variable_scope('s') as s:
    pass
y = tf.layers.dense(x, 3, name=s)
fetch = tf.layers.dense(y, 3, name=s, reuse=True)
""",
    "slash_in_name": X
    + "fetch = tf.layers.dense(tf.layers.dense(x, 2, name='a/b'), 2, name='a/c')",
    "custom_getter": X
    + """
def getter(getter, name, *args, **kwargs):
    v = getter(name, *args, **kwargs)
    return v * 2 if 'kernel' in name else v
with tf.variable_scope('s', custom_getter=getter):
    l = tf.layers.Dense(2)
    y = l(x)
fetch = [y, tf.constant([len(l.trainable_weights), len(l.non_trainable_weights)])]
""",
    "build_twice": X
    + "l = tf.layers.Dense(2)\nl.build([None, 3])\nfetch = [l(x), tf.constant(l.scope_name)]",
    "make_template": X
    + "t = tf.make_template('t', lambda v: tf.layers.dense(v, 3))\nfetch = [t(x), t(x * 2)]",
    "two_graphs": X
    + """
names = []
for _ in range(2):
    with tf.Graph().as_default():
        l = tf.layers.Dense(2)
        l(tf.zeros([1, 3]))
        names += [l.name, l.scope_name]
fetch = [tf.layers.dense(x, 2), tf.constant(names)]
""",
    "input_lists": X
    + """
class Add(tf.layers.Layer):
    def build(self, shapes):
        assert [s.as_list() for s in shapes] == [[2, 3], [2, 3]]
        self.w = self.add_weight('w', [3], initializer=tf.ones_initializer(), regularizer=tf.nn.l2_loss)
        super(Add, self).build(shapes)
    def call(self, inputs):
        return [inputs[0] + self.w, inputs[1] - self.w]
l = Add(activity_regularizer=lambda t: tf.reduce_sum(t))
y = l([x, x * 2])
fetch = [y, l.losses, tf.losses.get_regularization_losses()]
""",
    "weights_in_scopes": X
    + """
class L(tf.layers.Layer):
    def build(self, shape):
        self.a = self.add_variable('a', [3, 2], regularizer=tf.nn.l2_loss, use_resource=True)
        with tf.variable_scope('in', initializer=tf.zeros_initializer()):
            self.b = self.add_variable('b', [2])
            self.c = tf.get_variable('c', [2])
        self.d = self.add_variable('d', [], tf.int32)
        self.built = True
    def call(self, inputs):
        return tf.matmul(inputs, self.a) + self.b + self.c + tf.cast(self.d, tf.float32)
l = L(trainable=True)
y = l(x)
fetch = [y, tf.constant([v.name for v in l.weights]), tf.losses.get_regularization_loss()]
""",
    "deepcopy": X + "import copy\na = tf.layers.Dense(2, name='q')\nb = copy.deepcopy(a)\n"
    "fetch = [a(x), b(x)]",
    "error_kwargs": "tf.layers.Dense(2, colour=3)",
    "error_rank": "tf.layers.dense(tf.zeros([3]), 2)",
    "error_unknown_rank": "tf.layers.dense(tf.placeholder(tf.float32), 2)",
    "error_depth": "tf.layers.dense(tf.placeholder(tf.float32, [2, None]), 2)",
    "error_dtype": "tf.layers.dense(tf.zeros([2, 3], tf.int32), 2)",
    "error_axes": X + "l = tf.layers.Dense(2)\nl(x)\nl(tf.zeros([2, 4]))",
    "error_name_taken": X + "tf.layers.dense(x, 2, name='d')\ntf.layers.dense(x, 2, name='d')",
    "error_reuse_missing": X + "tf.layers.dense(x, 2, name='d', reuse=True)",
    "error_scope_name": "tf.layers.Dense(2).scope_name",
    "error_count": "tf.layers.Dense(2).count_params()",
    "error_none": X + "class L(tf.layers.Layer):\n"
    "    def call(self, inputs):\n        return None\nL()(x)",
    "error_activation": "tf.layers.Dense(2, activation='nope')",
    "error_activation_type": "tf.layers.Dense(2, activation=3)",
    "error_initializer": "tf.layers.Dense(2, kernel_initializer=3)",
    "error_regularizer": "tf.layers.Dense(2, kernel_regularizer=3)",
    "error_constraint": "tf.layers.Dense(2, kernel_constraint=3)",
    "error_input_spec": "tf.layers.Dense(2).input_spec = 3",
    "error_spec_axes": "tf.layers.InputSpec(ndim=2, axes={2: 3})",
    "error_spec_keys": "tf.layers.InputSpec(axes={'a': 3})",
    "error_spec_number": "class L(tf.layers.Layer):\n    pass\nl = L()\n"
    "l.input_spec = [tf.layers.InputSpec(ndim=1)] * 2\nl(tf.zeros([1]))",
    "error_spec_ndim": "class L(tf.layers.Layer):\n    pass\nl = L(name='l')\n"
    "l.input_spec = tf.layers.InputSpec(ndim=1)\nl(tf.zeros([1, 2]))",
    "error_spec_max": "class L(tf.layers.Layer):\n    pass\nl = L(name='l')\n"
    "l.input_spec = tf.layers.InputSpec(max_ndim=1)\nl(tf.zeros([1, 2]))",
    "error_spec_shape": "class L(tf.layers.Layer):\n    pass\nl = L(name='l')\n"
    "l.input_spec = tf.layers.InputSpec(shape=(None, 3))\nl(tf.zeros([1, 2]))",
    "error_spec_dtype": "class L(tf.layers.Layer):\n    pass\nl = L(name='l')\n"
    "l.input_spec = tf.layers.InputSpec(dtype=tf.int32)\nl(tf.zeros([1, 2]))",
    "error_string_weight": "class L(tf.layers.Layer):\n    def build(self, _):\n"
    "        self.add_weight('s', [], tf.string)\nL(name='l')(tf.zeros([1]))",
    "error_add_weight": "tf.layers.Layer().add_weight('s', [], colour=3)",
    "error_training": (X + "tf.layers.dropout(x, training='yes')", {"error": "type"}),
    "error_data_format": "tf.layers.flatten(tf.zeros([1]), data_format='NHWC')",
}
