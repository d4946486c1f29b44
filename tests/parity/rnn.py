"""Recurrent networks: static, dynamic, in both directions, raw; nodes, values, gradients, errors."""

C = "C = tf.nn.rnn_cell\n"
LIST = C + (
    "xs = [tf.constant([[0.1, -0.4, 0.3], [0.7, 0.2, -0.5]]) * k for k in (1., 2., -1.)]\n"
    "n = tf.constant([3, 1])\n"
)
SEQ = C + (
    "x = tf.constant(np.linspace(-1, 1, 24).reshape(2, 4, 3).astype('f'))\n"
    "n = tf.constant([4, 2])\n"
)
GRADS = "fetch = [y, s, tf.gradients(tf.add_n([tf.reduce_sum(t * t) for t in nest(y)]), " + (
    "tf.trainable_variables())]\n"
)
NEST = "nest = tf.nest.flatten\n"
V2 = {"cfv2": True}

CELLS = {
    "basic": "C.BasicRNNCell(4)",
    "gru": "C.GRUCell(4)",
    "basic_lstm": "C.BasicLSTMCell(4)",
    "lstm": "C.LSTMCell(4)",
    "lstm_full": "C.LSTMCell(4, True, 0.3, num_proj=3, proj_clip=0.2)",
    "lstm_joined": "C.LSTMCell(4, state_is_tuple=False)",
    "multi": "C.MultiRNNCell([C.LSTMCell(4), C.GRUCell(3)])",
    "dropout": "C.DropoutWrapper(C.GRUCell(4), 0.9, 0.8, 0.7, seed=1)",
    "variational": "C.DropoutWrapper(C.GRUCell(4), 0.9, 0.8, 0.7, variational_recurrent=True, "
    "input_size=3, dtype=tf.float32, seed=1)",
    "residual": "C.ResidualWrapper(C.GRUCell(3))",
}

SNIPPETS = {}
for name, cell in CELLS.items():
    # Random operations that do not wait for the step before race in TensorFlow's parallel loop.
    one = ", parallel_iterations=1" if name == "dropout" else ""
    SNIPPETS[f"static_{name}"] = (
        LIST + NEST + f"y, s = tf.nn.static_rnn({cell}, xs, dtype=tf.float32)\n" + GRADS
    )
    SNIPPETS[f"static_lengths_{name}"] = (
        LIST + f"y, s = tf.nn.static_rnn({cell}, xs, dtype=tf.float32, sequence_length=n)\n"
        "fetch = [y, s]",
        V2,
    )
    SNIPPETS[f"dynamic_{name}"] = (
        SEQ + f"y, s = tf.nn.dynamic_rnn({cell}, x, dtype=tf.float32{one})\nfetch = [y, s]",
        V2,
    )
    SNIPPETS[f"dynamic_lengths_{name}"] = (
        SEQ + f"y, s = tf.nn.dynamic_rnn({cell}, x, n, dtype=tf.float32{one})\nfetch = [y, s]",
        V2,
    )
    SNIPPETS[f"gradient_{name}"] = (
        SEQ + NEST + f"y, s = tf.nn.dynamic_rnn({cell}, x, n, dtype=tf.float32{one})\n" + GRADS,
        V2,
    )

SNIPPETS.update(
    {
        "static_initial_state": LIST
        + "y, s = tf.nn.static_rnn(C.GRUCell(2), xs, initial_state=tf.ones([2, 2]))\nfetch = [y, s]",
        "static_scope": LIST + "with tf.variable_scope('outer'):\n"
        "    y, s = tf.nn.static_rnn(C.GRUCell(2), xs, dtype=tf.float32, scope='mine')\n"
        "with tf.variable_scope('outer', reuse=True):\n"
        "    z, s = tf.nn.static_rnn(C.GRUCell(2), xs, dtype=tf.float32, scope='mine')\n"
        "fetch = [y, z, s]",
        "static_unknown_batch": C
        + "x = [tf.placeholder(tf.float32, [None, 3]) for _ in range(2)]\n"
        "fetch = tf.nn.static_rnn(C.GRUCell(2), x, dtype=tf.float32)\n"
        "feed = {t: np.ones((2, 3)) for t in x}",
        "static_tuples": LIST
        + """
class Two(C.RNNCell):
    state_size = property(lambda self: 2)
    output_size = property(lambda self: (2, 3))
    def call(self, inputs, state):
        a, b = inputs
        new = state + tf.layers.dense(a, 2, name='d')
        return (new, b), new
y, s = tf.nn.static_rnn(Two(), [(x, x * 2) for x in xs], dtype=tf.float32)
fetch = [y, s]
""",
        "static_caching_device": LIST + "with tf.device('/cpu:0'):\n"
        "    fetch = tf.nn.static_rnn(C.GRUCell(2), xs, dtype=tf.float32)",
        "static_bidirectional": LIST
        + "y, a, b = tf.nn.static_bidirectional_rnn(C.GRUCell(2), C.LSTMCell(3), xs, "
        "dtype=tf.float32)\nfetch = [y, a, b]",
        "static_bidirectional_lengths": (
            LIST + "y, a, b = tf.nn.static_bidirectional_rnn(C.GRUCell(2), C.GRUCell(3), xs, "
            "dtype=tf.float32, sequence_length=n, scope='bi')\nfetch = [y, a, b]",
            V2,
        ),
        "static_state_saving": LIST
        + """
class Saver(object):
    def __init__(self):
        self.held = {k: tf.Variable(tf.ones([2, 2]), name=k) for k in ('c', 'h')}
    def state(self, name):
        return self.held[name] + 0.5
    def save_state(self, name, value):
        return tf.assign(self.held[name], value)
y, s = tf.nn.static_state_saving_rnn(C.LSTMCell(2), xs, Saver(), C.LSTMStateTuple('c', 'h'))
fetch = [y, s]
""",
        "static_state_saving_single": (
            LIST
            + """
class Saver(object):
    def __init__(self):
        self.held = tf.Variable(tf.ones([2, 2]))
    def state(self, name):
        return self.held + 0.5
    def save_state(self, name, value):
        return tf.assign(self.held, value)
y, s = tf.nn.static_state_saving_rnn(C.GRUCell(2), xs, Saver(), 'h', sequence_length=n)
fetch = [y, s]
""",
            V2,
        ),
        "dynamic_time_major": (
            SEQ + "y, s = tf.nn.dynamic_rnn(C.GRUCell(2), tf.transpose(x, [1, 0, 2]), n, "
            "dtype=tf.float32, time_major=True, parallel_iterations=7, swap_memory=True)\n"
            "fetch = [y, s]",
            V2,
        ),
        "dynamic_fed": (
            C + "x = tf.placeholder(tf.float32, [None, None, 3])\n"
            "n = tf.placeholder(tf.int64, [None])\n"
            "fetch = tf.nn.dynamic_rnn(C.LSTMCell(2), x, n, dtype=tf.float32)\n"
            "feed = {x: np.linspace(0, 1, 24).reshape(2, 4, 3), n: [1, 3]}",
            V2,
        ),
        "dynamic_no_steps": (
            C + "x = tf.placeholder(tf.float32, [None, None, 3])\n"
            "fetch = tf.nn.dynamic_rnn(C.LSTMCell(2), x, dtype=tf.float32)\n"
            "feed = {x: np.zeros((2, 0, 3))}",
            V2,
        ),
        "dynamic_zero_lengths": (
            SEQ + "fetch = tf.nn.dynamic_rnn(C.GRUCell(2), x, [0, 0], dtype=tf.float32)",
            V2,
        ),
        "dynamic_initial_state": (
            SEQ + "cell = C.LSTMCell(2)\n"
            "fetch = tf.nn.dynamic_rnn(cell, x, n, initial_state="
            "C.LSTMStateTuple(tf.ones([2, 2]), tf.zeros([2, 2])))",
            V2,
        ),
        "dynamic_scope": (
            SEQ + "with tf.variable_scope('outer', reuse=tf.AUTO_REUSE):\n"
            "    y, s = tf.nn.dynamic_rnn(C.GRUCell(2), x, dtype=tf.float32, scope='mine')\n"
            "    z, s = tf.nn.dynamic_rnn(C.GRUCell(2), x, dtype=tf.float32, scope='mine')\n"
            "fetch = [y, z, s]",
            V2,
        ),
        "dynamic_built_before": (
            SEQ + "cell = C.GRUCell(2)\ncell(x[:, 0], tf.zeros([2, 2]))\n"
            "fetch = tf.nn.dynamic_rnn(cell, x, dtype=tf.float32)",
            V2,
        ),
        "dynamic_nested": (
            SEQ
            + """
class Two(C.RNNCell):
    state_size = property(lambda self: (2, C.LSTMStateTuple(2, 2)))
    output_size = property(lambda self: (2, {'a': tf.TensorShape([3])}))
    def build(self, shapes):
        self.cell = C.LSTMCell(2)
        self.built = True
    def call(self, inputs, state):
        count, inner = state
        y, inner = self.cell(inputs['p'], inner)
        return (y, {'a': inputs['q'][0]}), (count + 1, inner)
y, s = tf.nn.dynamic_rnn(Two(), {'p': x, 'q': (x * 2,)}, n, dtype=tf.float32)
fetch = [y[0], y[1]['a'], s]
""",
            V2,
        ),
        "dynamic_high_rank": (
            C
            + """
class Cell(C.RNNCell):
    state_size = property(lambda self: tf.TensorShape([2, 3]))
    output_size = property(lambda self: tf.TensorShape([2, 3]))
    def call(self, inputs, state):
        return inputs + state, inputs + state
x = tf.constant(np.arange(24).reshape(2, 2, 2, 3).astype('f'))
fetch = tf.nn.dynamic_rnn(Cell(), x, [1, 2], dtype=tf.float32)
""",
            V2,
        ),
        "dynamic_float64": (
            SEQ + "fetch = tf.nn.dynamic_rnn(C.GRUCell(2), tf.cast(x, tf.float64), n, "
            "dtype=tf.float64)",
            V2,
        ),
        "dynamic_regularized": (
            SEQ + "with tf.variable_scope('r', regularizer=tf.nn.l2_loss, "
            "initializer=tf.ones_initializer()):\n"
            "    y, s = tf.nn.dynamic_rnn(C.GRUCell(2), x, dtype=tf.float32)\n"
            "fetch = [y, tf.losses.get_regularization_losses()]",
            V2,
        ),
        "dynamic_wrong_batch_length": (
            C + "x = tf.placeholder(tf.float32, [None, None, 3])\n"
            "n = tf.placeholder(tf.int32, [None])\n"
            "fetch = tf.nn.dynamic_rnn(C.GRUCell(2), x, n, dtype=tf.float32)\n"
            "feed = {x: np.zeros((2, 4, 3)), n: [1, 3, 2]}",
            V2,
        ),
        "bidirectional": (
            SEQ + "fetch = tf.nn.bidirectional_dynamic_rnn(C.GRUCell(2), C.LSTMCell(3), x, "
            "dtype=tf.float32)",
            V2,
        ),
        "bidirectional_lengths": (
            SEQ + "y, s = tf.nn.bidirectional_dynamic_rnn(C.GRUCell(2), C.GRUCell(3), "
            "tf.transpose(x, [1, 0, 2]), n, tf.ones([2, 2]), tf.ones([2, 3]), time_major=True, "
            "scope='bi')\nfetch = [tf.concat(y, 2), s]",
            V2,
        ),
        "stacked_bidirectional": (
            SEQ + "y, a, b = tf.contrib.rnn.stack_bidirectional_dynamic_rnn("
            "[C.GRUCell(2), C.GRUCell(2)], [C.GRUCell(3), C.LSTMCell(2)], x, "
            "dtype=tf.float32, sequence_length=n)\nfetch = [y, a, b]",
            V2,
        ),
        "stacked_static_bidirectional": LIST + "y, a, b = tf.contrib.rnn.stack_bidirectional_rnn("
        "[C.GRUCell(2), C.GRUCell(2)], [C.GRUCell(3), C.GRUCell(1)], xs, dtype=tf.float32)\n"
        "fetch = [y, a, b]",
        "raw": (
            SEQ
            + """
cell = C.LSTMCell(3)
inputs = tf.TensorArray(tf.float32, 4).unstack(tf.transpose(x, [1, 0, 2]))
def loop_fn(time, output, state, loop_state):
    done = time >= n
    if output is None:
        state = cell.zero_state(2, tf.float32)
    nxt = tf.cond(tf.reduce_all(done), lambda: tf.zeros([2, 3]), lambda: inputs.read(time))
    return done, nxt, state, output, None
ta, s, extra = tf.nn.raw_rnn(cell, loop_fn)
fetch = [ta.stack(), s]
""",
            V2,
        ),
        "raw_emit_and_loop_state": (
            SEQ
            + """
cell = C.GRUCell(3)
def loop_fn(time, output, state, loop_state):
    done = time >= n
    if output is None:
        return done, x[:, 0], tf.zeros([2, 3]), (tf.zeros([3]), tf.zeros([], tf.int32)), tf.constant(1.)
    return done, output * 2, state, (output, tf.fill([2], time)), loop_state + 1
ta, s, extra = tf.nn.raw_rnn(cell, loop_fn, parallel_iterations=3, scope='raw')
fetch = [ta[0].stack(), ta[1].stack(), s, extra]
""",
            V2,
        ),
        "error_static_no_list": C + "tf.nn.static_rnn(C.GRUCell(2), 3, dtype=tf.float32)",
        "error_static_empty": C + "tf.nn.static_rnn(C.GRUCell(2), [], dtype=tf.float32)",
        "error_static_dtype": LIST + "tf.nn.static_rnn(C.GRUCell(2), xs)",
        "error_static_depth": C
        + "tf.nn.static_rnn(C.GRUCell(2), [tf.placeholder(tf.float32, [2, None])], dtype=tf.float32)",
        "error_static_length": LIST
        + "tf.nn.static_rnn(C.GRUCell(2), xs, dtype=tf.float32, sequence_length=[[1, 2]])",
        "error_static_batches": C + "tf.nn.static_rnn(C.GRUCell(2), [tf.zeros([2, 3]), "
        "tf.zeros([3, 3])], dtype=tf.float32)",
        "error_static_rank": C + "tf.nn.static_rnn(C.GRUCell(2), [tf.zeros([])], dtype=tf.float32)",
        "error_state_name": LIST + "tf.nn.static_state_saving_rnn(C.LSTMCell(2), xs, None, 'name')",
        "error_state_names": LIST
        + "tf.nn.static_state_saving_rnn(C.LSTMCell(2), xs, None, ('a', 'b', 'c'))",
        "error_no_cell": "tf.nn.dynamic_rnn(3, tf.zeros([1, 2, 3]))",
        "error_bidirectional_no_cell": C
        + "tf.nn.bidirectional_dynamic_rnn(C.GRUCell(2), None, tf.zeros([1, 2, 3]))",
        "error_dtype": C + "tf.nn.dynamic_rnn(C.GRUCell(2), tf.zeros([1, 2, 3]))",
        "error_rank": C + "tf.nn.dynamic_rnn(C.GRUCell(2), tf.zeros([2, 3]), dtype=tf.float32)",
        "error_vector": C + "tf.nn.dynamic_rnn(C.GRUCell(2), tf.zeros([2]), dtype=tf.float32)",
        "error_unknown_rank": C
        + "tf.nn.dynamic_rnn(C.GRUCell(2), tf.placeholder(tf.float32), dtype=tf.float32)",
        "error_unknown_rank_time_major": C + "tf.nn.dynamic_rnn(C.GRUCell(2), "
        "tf.placeholder(tf.float32), dtype=tf.float32, time_major=True)",
        "error_depth": C + "tf.nn.dynamic_rnn(C.GRUCell(2), "
        "tf.placeholder(tf.float32, [None, None, None]), dtype=tf.float32)",
        "error_length_rank": SEQ
        + "tf.nn.dynamic_rnn(C.GRUCell(2), x, tf.zeros([2, 1], tf.int32), dtype=tf.float32)",
        "error_times_differ": C + "tf.nn.dynamic_rnn(C.GRUCell(2), (tf.zeros([2, 3, 4]), "
        "tf.zeros([2, 2, 4])), dtype=tf.float32)",
        "error_batches_differ": C + "tf.nn.dynamic_rnn(C.GRUCell(2), (tf.zeros([2, 3, 4]), "
        "tf.zeros([1, 3, 4])), dtype=tf.float32)",
        "error_mixed_state": C + "c = C.MultiRNNCell([C.GRUCell(2), C.GRUCell(2)])\n"
        "tf.nn.dynamic_rnn(c, tf.zeros([1, 2, 3]), "
        "initial_state=(tf.zeros([1, 2]), tf.zeros([1, 2], tf.float64)))",
        "error_name_taken": SEQ + "tf.nn.dynamic_rnn(C.GRUCell(2), x, dtype=tf.float32)\n"
        "tf.nn.dynamic_rnn(C.GRUCell(2), x, dtype=tf.float32)",
        "error_state_shape": (
            SEQ + "tf.nn.dynamic_rnn(C.GRUCell(2), x, initial_state=tf.zeros([2, 3]))",
            {"cfv2": True, "error": "type"},
        ),
        "error_state_structure": (
            SEQ + "tf.nn.dynamic_rnn(C.LSTMCell(2), x, initial_state=tf.zeros([2, 2]))",
            {"cfv2": True, "error": "type"},
        ),
        "error_raw_function": C + "tf.nn.raw_rnn(C.GRUCell(2), 3)",
        "error_raw_state": C + "tf.nn.raw_rnn(C.GRUCell(2), lambda *a: (tf.zeros([1], tf.bool), "
        "tf.zeros([1, 2]), (tf.zeros([1, 2]),), None, None))",
    }
)

# Without functional control flow the nodes differ; names of variables and default seeds do not.
AFTER = (
    "z = tf.layers.dense(tf.ones([1, 2]), 2)\n"
    "fetch = [{v.name: v for v in tf.global_variables()}, y, s, z]\n"
)
DEFAULT = {"nodes": False}
for name, cell in CELLS.items():
    one = ", parallel_iterations=1" if name == "dropout" else ""
    SNIPPETS[f"default_{name}"] = (
        SEQ + f"y, s = tf.nn.dynamic_rnn({cell}, x, dtype=tf.float32{one})\n" + AFTER,
        DEFAULT,
    )
    SNIPPETS[f"default_lengths_{name}"] = (
        SEQ + f"y, s = tf.nn.dynamic_rnn({cell}, x, n, dtype=tf.float32{one})\n" + AFTER,
        DEFAULT,
    )
SNIPPETS.update(
    {
        "default_static_lengths": (
            LIST + "y, s = tf.nn.static_rnn(C.LSTMCell(4), xs, dtype=tf.float32, "
            "sequence_length=n)\n" + AFTER,
            DEFAULT,
        ),
        "default_fed": (
            C + "x = tf.placeholder(tf.float32, [None, None, 3])\n"
            "n = tf.placeholder(tf.int64, [None])\n"
            "y, s = tf.nn.dynamic_rnn(C.DropoutWrapper(C.LSTMCell(2), 0.8, 0.7), x, n, "
            "dtype=tf.float32, parallel_iterations=1)\n"
            + AFTER
            + "feed = {x: np.linspace(0, 1, 24).reshape(2, 4, 3), n: [1, 3]}",
            DEFAULT,
        ),
        "default_bidirectional": (
            SEQ + "y, s = tf.nn.bidirectional_dynamic_rnn(C.GRUCell(2), C.LSTMCell(3), x, n, "
            "dtype=tf.float32)\n" + AFTER,
            DEFAULT,
        ),
        "default_stacked_bidirectional": (
            SEQ + "y, s, _ = tf.contrib.rnn.stack_bidirectional_dynamic_rnn("
            "[C.GRUCell(2), C.GRUCell(2)], [C.GRUCell(3), C.LSTMCell(2)], x, "
            "dtype=tf.float32, sequence_length=n)\n" + AFTER,
            DEFAULT,
        ),
        "default_time_major": (
            SEQ + "y, s = tf.nn.dynamic_rnn(C.GRUCell(2), tf.transpose(x, [1, 0, 2]), n, "
            "dtype=tf.float32, time_major=True, swap_memory=True)\n" + AFTER,
            DEFAULT,
        ),
        "default_resource": (
            SEQ + "with tf.variable_scope('v', use_resource=True):\n"
            "    y, s = tf.nn.dynamic_rnn(C.LSTMCell(2), x, n, dtype=tf.float32)\n" + AFTER,
            DEFAULT,
        ),
        "default_regularized": (
            SEQ + "with tf.variable_scope('r', regularizer=tf.nn.l2_loss):\n"
            "    y, s = tf.nn.dynamic_rnn(C.GRUCell(2), x, dtype=tf.float32)\n"
            + AFTER
            + "fetch.append(tf.losses.get_regularization_losses())",
            DEFAULT,
        ),
        "default_twice": (
            SEQ + "y, s = tf.nn.dynamic_rnn(C.GRUCell(2), x, dtype=tf.float32)\n"
            "y, s = tf.nn.dynamic_rnn(C.LSTMCell(2), y, n, dtype=tf.float32, scope='two')\n"
            + AFTER,
            DEFAULT,
        ),
        "default_dense_in_cell": (
            SEQ
            + """
class Cell(C.RNNCell):
    state_size = property(lambda self: 2)
    output_size = property(lambda self: 3)
    def call(self, inputs, state):
        w = tf.get_variable('w', [3, 2])
        new = tf.layers.dense(tf.concat([tf.matmul(inputs, w), state], 1), 2, tf.tanh)
        return tf.layers.dense(new, 3), new
y, s = tf.nn.dynamic_rnn(Cell(), x, n, dtype=tf.float32)
"""
            + AFTER,
            DEFAULT,
        ),
        "default_raw": (
            SEQ
            + """
cell = C.LSTMCell(3)
inputs = tf.TensorArray(tf.float32, 4).unstack(tf.transpose(x, [1, 0, 2]))
def loop_fn(time, output, state, loop_state):
    done = time >= n
    if output is None:
        state = cell.zero_state(2, tf.float32)
    nxt = tf.cond(tf.reduce_all(done), lambda: tf.zeros([2, 3]), lambda: inputs.read(time))
    return done, nxt, state, output, None
ta, s, extra = tf.nn.raw_rnn(cell, loop_fn)
y = ta.stack()
"""
            + AFTER,
            DEFAULT,
        ),
        "default_decoder": (
            SEQ
            + """
cell = C.GRUCell(3)
table = tf.get_variable('table', [5, 3])
def loop_fn(time, output, state, loop_state):
    done = time >= n
    if output is None:
        return done, tf.nn.embedding_lookup(table, [0, 1]), tf.zeros([2, 3]), None, None
    with tf.variable_scope('out', reuse=tf.AUTO_REUSE):
        logits = tf.layers.dense(output, 5, name='logits')
    return done, tf.nn.embedding_lookup(table, tf.argmax(logits, 1)), state, output, None
ta, s, extra = tf.nn.raw_rnn(cell, loop_fn)
y = ta.stack()
"""
            + AFTER,
            DEFAULT,
        ),
        "default_gradient": (
            SEQ
            + "y, s = tf.nn.dynamic_rnn(C.LSTMCell(2, True), x, n, dtype=tf.float32)\n"
            + AFTER
            + "fetch.append(tf.gradients(tf.reduce_sum(y * y), tf.trainable_variables()[:-2]))",
            DEFAULT,
        ),
        "default_training": (
            SEQ + "y, s = tf.nn.dynamic_rnn(C.LSTMCell(2), x, n, dtype=tf.float32)\n"
            "loss = tf.losses.mean_squared_error(tf.ones([2, 4, 2]), y)\n"
            "train = tf.train.AdamOptimizer(0.1).minimize(loss)\nfetch = [loss, train]",
            {"nodes": False, "runs": 4},
        ),
    }
)
