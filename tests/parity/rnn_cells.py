"""Recurrent cells and their wrappers: nodes, values, errors of single steps."""

HEAD = "C = tf.nn.rnn_cell\nx = tf.constant([[0.1, -0.4, 0.3], [0.7, 0.2, -0.5]])\n"
# Two steps, so that the second shares the variables of the first, and gradients of all.
STEP = (
    "s = cell.zero_state(2, tf.float32)\n"
    "y, s = cell(x, s)\n"
    "y, s = cell(x * 2, s)\n"
    "fetch = [y, s, tf.gradients(y, tf.trainable_variables())]\n"
)

CELLS = {
    "basic": "C.BasicRNNCell(4)",
    "basic_relu": "C.BasicRNNCell(4, activation='relu', name='named')",
    "basic_function": "C.BasicRNNCell(4, activation=tf.nn.softsign)",
    "gru": "C.GRUCell(4)",
    "gru_initializers": "C.GRUCell(4, activation=tf.sigmoid, "
    "kernel_initializer=tf.random_normal_initializer(seed=2), "
    "bias_initializer=tf.constant_initializer(0.3))",
    "gru_initializer_name": "C.GRUCell(4, kernel_initializer='orthogonal')",
    "basic_lstm": "C.BasicLSTMCell(4)",
    "basic_lstm_joined": "C.BasicLSTMCell(4, forget_bias=0.5, state_is_tuple=False, "
    "activation='sigmoid')",
    "lstm": "C.LSTMCell(4)",
    "lstm_peepholes": "C.LSTMCell(4, use_peepholes=True, "
    "initializer=tf.random_uniform_initializer(-0.5, 0.5, seed=7))",
    "lstm_clip": "C.LSTMCell(4, cell_clip=0.05, forget_bias=0.0)",
    "lstm_projection": "C.LSTMCell(4, num_proj=3, proj_clip=0.1, use_peepholes=True, "
    "cell_clip=0.5)",
    "lstm_joined": "C.LSTMCell(4, num_proj=3, state_is_tuple=False)",
    "lstm_shards": "C.LSTMCell(4, num_proj=4, num_unit_shards=2, num_proj_shards=2)",
    "multi": "C.MultiRNNCell([C.BasicRNNCell(4), C.GRUCell(3)])",
    "multi_lstm": "C.MultiRNNCell([C.LSTMCell(n) for n in (4, 3)])",
    "multi_joined": "C.MultiRNNCell([C.GRUCell(4), C.GRUCell(3)], state_is_tuple=False)",
    "multi_nested": "C.MultiRNNCell([C.BasicLSTMCell(4), C.MultiRNNCell([C.GRUCell(3)])])",
    "residual": "C.ResidualWrapper(C.BasicRNNCell(3))",
    "residual_function": "C.ResidualWrapper(C.BasicRNNCell(4), lambda i, o: o * 2)",
    "device": "C.DeviceWrapper(C.GRUCell(4), '/cpu:0')",
    "dropout_output": "C.DropoutWrapper(C.GRUCell(4), output_keep_prob=0.5, seed=3)",
    "dropout_input": "C.DropoutWrapper(C.BasicRNNCell(4), input_keep_prob=0.7)",
    "dropout_all": "C.DropoutWrapper(C.LSTMCell(4), 0.9, 0.8, 0.7, seed=5)",
    "dropout_tensor": "C.DropoutWrapper(C.LSTMCell(4), "
    "output_keep_prob=tf.placeholder_with_default(0.8, []))",
    "dropout_variational": "C.DropoutWrapper(C.LSTMCell(4), 0.9, 0.8, 0.7, "
    "variational_recurrent=True, input_size=3, dtype=tf.float32, seed=1)",
    "dropout_variational_shape": "C.DropoutWrapper(C.GRUCell(4), 0.9, 0.8, 0.7, "
    "variational_recurrent=True, input_size=tf.TensorShape([3]), dtype=tf.float32)",
    "dropout_variational_multi": "C.DropoutWrapper(C.MultiRNNCell([C.LSTMCell(4), C.GRUCell(3)]), "
    "1.0, 0.8, 0.7, variational_recurrent=True, dtype=tf.float32, seed=1)",
    "dropout_filter": "C.DropoutWrapper(C.LSTMCell(4), state_keep_prob=0.5, seed=2, "
    "dropout_state_filter_visitor=lambda s: C.LSTMStateTuple(True, False) "
    "if isinstance(s, C.LSTMStateTuple) else True)",
    "dropout_multi": "C.MultiRNNCell([C.DropoutWrapper(C.LSTMCell(4), 1.0, 0.5), "
    "C.ResidualWrapper(C.DropoutWrapper(C.GRUCell(4), 1.0, 0.5, seed=2))])",
    "contrib_names": "tf.contrib.rnn.MultiRNNCell([tf.contrib.rnn.LSTMCell(4), "
    "tf.contrib.rnn.DropoutWrapper(tf.contrib.rnn.GRUCell(3), 0.5, seed=1)])",
}

# What each of these computes is random through the seeds that nodes record.
SNIPPETS = {f"step_{name}": HEAD + f"cell = {made}\n" + STEP for name, made in CELLS.items()}

OWN_CELL = """
class Cell(tf.nn.rnn_cell.RNNCell):
    @property
    def state_size(self):
        return (3, tf.TensorShape([2, 2]))
    @property
    def output_size(self):
        return 3
    def call(self, inputs, state):
        a, b = state
        w = tf.get_variable('w', [3, 3])
        with tf.variable_scope('inner'):
            v = tf.get_variable('v', [3], trainable=False, initializer=tf.ones_initializer())
        out = tf.tanh(tf.matmul(inputs + a, w) + v)
        return out, (out, b + tf.reduce_sum(out))
"""

SNIPPETS.update(
    {
        "own_cell": HEAD + OWN_CELL + "cell = Cell()\n" + STEP,
        "own_cell_scope": HEAD + OWN_CELL + "cell = Cell(name='mine')\n"
        "s = cell.zero_state(2, tf.float32)\nwith tf.variable_scope('out'):\n"
        "    y, s = cell(x, s, scope='given')\n    y, s = cell(x, s, scope='given')\n"
        "fetch = [y, tf.constant([str([v.name for v in cell.trainable_variables]), "
        "str([v.name for v in cell.non_trainable_variables]), str(len(cell.weights))])]",
        "old_style_cell": HEAD + "class Cell(C.RNNCell):\n"
        "    def __init__(self, n):\n        self._n = n\n"
        "    state_size = property(lambda self: self._n)\n"
        "    output_size = property(lambda self: self._n)\n"
        "    def __call__(self, inputs, state, scope=None):\n"
        "        with tf.variable_scope(scope or type(self).__name__):\n"
        "            w = tf.get_variable('w', [3, self._n])\n"
        "            out = tf.tanh(tf.matmul(inputs, w) + state)\n"
        "        return out, out\n"
        "cell = Cell(2)\ny, s = cell(x, tf.zeros([2, 2]))\nfetch = [y, s]",
        "zero_states": HEAD + "b = tf.placeholder(tf.int32, [])\n"
        "fetch = [C.LSTMCell(3).zero_state(b, tf.float64), "
        "C.MultiRNNCell([C.GRUCell(2), C.LSTMCell(1, state_is_tuple=False)]).zero_state(2, tf.float32), "
        "C.GRUCell(2).get_initial_state(x), C.GRUCell(2).get_initial_state(batch_size=3, dtype=tf.float32), "
        "C.DropoutWrapper(C.GRUCell(2)).zero_state(1, tf.float32), "
        "C.ResidualWrapper(C.GRUCell(2)).zero_state(1, tf.float32), "
        "C.DeviceWrapper(C.GRUCell(2), '/cpu:0').zero_state(1, tf.float32)]\nfeed = {b: 2}",
        "zero_state_unknown_batch": "C = tf.nn.rnn_cell\nx = tf.placeholder(tf.float32, [None, 3])\n"
        "fetch = C.GRUCell(2).get_initial_state(x)\nfeed = {x: np.ones((4, 3))}",
        "facts": HEAD
        + "cells = [C.LSTMCell(4, num_proj=3, name='l'), C.BasicLSTMCell(4), C.GRUCell(2), "
        "C.MultiRNNCell([C.GRUCell(2), C.LSTMCell(3)]), C.DropoutWrapper(C.GRUCell(5), 0.5)]\n"
        "for c in cells:\n    c(x, c.zero_state(2, tf.float32))\n"
        "fetch = tf.constant([str([c.name, c.state_size, c.output_size, c.dtype, c.built, "
        "[v.name for v in c.weights], [v.name for v in c.trainable_variables]]) for c in cells])",
        "configs": HEAD + "fetch = tf.constant([str(sorted(c.get_config().items())) for c in ("
        "C.LSTMCell(4, num_proj=3, name='l'), C.BasicLSTMCell(4, activation='relu'), C.GRUCell(2), "
        "C.BasicRNNCell(3, reuse=True))])",
        "from_config": HEAD
        + "cell = C.LSTMCell.from_config(C.LSTMCell(4, True, 0.1).get_config())\n"
        + STEP,
        "reuse_by_name": HEAD
        + "a = C.GRUCell(2, name='g')\nb = C.GRUCell(2, name='g', reuse=True)\n"
        "s = tf.zeros([2, 2])\nfetch = [a(x, s)[0], b(x, s)[0]]",
        "reuse_scope": HEAD + "s = tf.zeros([2, 2])\nwith tf.variable_scope('s'):\n"
        "    a = C.GRUCell(2)(x, s)[0]\nwith tf.variable_scope('s', reuse=True):\n"
        "    b = C.GRUCell(2)(x, s)[0]\nfetch = [a, b]",
        "scope_changes": HEAD + "c = C.BasicRNNCell(2)\ns = tf.zeros([2, 2])\n"
        "with tf.variable_scope('a'):\n    y = c(x, s)[0]\nwith tf.variable_scope('b'):\n"
        "    z = c(x, y)[0]\nfetch = [y, z]",
        "shared_cells": HEAD + "c = C.BasicRNNCell(3)\ncell = C.MultiRNNCell([c, c])\n" + STEP,
        "regularized": HEAD + "with tf.variable_scope('r', regularizer=tf.nn.l2_loss):\n"
        "    cell = C.GRUCell(2)\n    y, s = cell(x, tf.zeros([2, 2]))\n"
        "fetch = [y, tf.losses.get_regularization_losses()]",
        "float64": "C = tf.nn.rnn_cell\nx = tf.ones([2, 3], tf.float64)\ncell = C.LSTMCell(2)\n"
        "fetch = cell(x, cell.zero_state(2, tf.float64))",
        "resource": HEAD + "with tf.variable_scope('v', use_resource=True):\n"
        "    cell = C.GRUCell(2)\n    fetch = cell(x, tf.zeros([2, 2]))",
        "partitioned": HEAD + "with tf.variable_scope('v', "
        "partitioner=tf.fixed_size_partitioner(2)):\n"
        "    fetch = C.LSTMCell(2)(x, C.LSTMStateTuple(tf.zeros([2, 2]), tf.ones([2, 2])))",
        "state_tuple": "s = tf.nn.rnn_cell.LSTMStateTuple(tf.zeros([1]), tf.ones([1]))\n"
        "fetch = [s.c, s.h, tf.constant(str(s.dtype) + str(s._fields))]",
        "trainable_false": HEAD + "c = C.BasicRNNCell(2, trainable=False)\nc(x, tf.zeros([2, 2]))\n"
        "fetch = tf.constant([len(tf.trainable_variables()), len(c.weights)])",
        "getter_not_trainable": HEAD + "def getter(getter, *args, **kwargs):\n"
        "    kwargs['trainable'] = False\n    return getter(*args, **kwargs)\n"
        "with tf.variable_scope('s', custom_getter=getter):\n    c = C.BasicRNNCell(2)\n"
        "    c(x, tf.zeros([2, 2]))\n"
        "fetch = tf.constant([len(c.trainable_variables), len(c.non_trainable_variables)])",
        "build_before_call": "c = tf.nn.rnn_cell.LSTMCell(2, dtype=tf.float32)\nc.build([None, 3])\n"
        "fetch = c(tf.ones([1, 3]), c.zero_state(1, tf.float32))",
        "error_rank": "c = tf.nn.rnn_cell.GRUCell(2)\nc(tf.zeros([2, 3, 4]), tf.zeros([2, 2]))",
        "error_depth": "c = tf.nn.rnn_cell.GRUCell(2)\n"
        "c(tf.placeholder(tf.float32, [2, None]), tf.zeros([2, 2]))",
        "error_dtype": "tf.nn.rnn_cell.GRUCell(2, dtype=tf.int32)",
        "error_input_dtype": "c = tf.nn.rnn_cell.GRUCell(2)\n"
        "c(tf.zeros([2, 3], tf.int32), tf.zeros([2, 2], tf.int32))",
        # TensorFlow puts a line of AutoGraph's before what an error in `call` says.
        "error_state_dtype": (
            "c = tf.nn.rnn_cell.GRUCell(2)\nc(tf.zeros([2, 3]), tf.zeros([2, 2], tf.float64))",
            {"error": "type"},
        ),
        "error_joined_state": "c = tf.nn.rnn_cell.LSTMCell(2)\nc(tf.zeros([2, 3]), tf.zeros([2, 4]))",
        "error_no_cells": "tf.nn.rnn_cell.MultiRNNCell([])",
        "error_cells": "tf.nn.rnn_cell.MultiRNNCell(3)",
        "error_state_tuples": "C = tf.nn.rnn_cell\n"
        "C.MultiRNNCell([C.LSTMCell(2), C.GRUCell(3)], state_is_tuple=False)",
        "error_multi_state": (
            "C = tf.nn.rnn_cell\nc = C.MultiRNNCell([C.GRUCell(2)])\n"
            "c(tf.zeros([2, 3]), tf.zeros([2, 2]))",
            {"error": "type"},
        ),
        "error_multi_name_taken": "C = tf.nn.rnn_cell\nx, s = tf.zeros([2, 3]), tf.zeros([2, 2])\n"
        "C.GRUCell(2, name='g')(x, s)\nC.GRUCell(2, name='g')(x, s)",
        "error_not_cell": "tf.nn.rnn_cell.DropoutWrapper(3)",
        "error_not_cell_like": "class Q(object):\n    output_size = 3\n    __str__ = lambda s: 'q'\n"
        "tf.nn.rnn_cell.ResidualWrapper(Q())",
        "error_keep_prob": "C = tf.nn.rnn_cell\nC.DropoutWrapper(C.GRUCell(2), input_keep_prob=1.5)",
        "error_visitor": "C = tf.nn.rnn_cell\n"
        "C.DropoutWrapper(C.GRUCell(2), dropout_state_filter_visitor=3)",
        "error_variational_dtype": "C = tf.nn.rnn_cell\n"
        "C.DropoutWrapper(C.GRUCell(2), variational_recurrent=True)",
        "error_variational_size": "C = tf.nn.rnn_cell\n"
        "C.DropoutWrapper(C.GRUCell(2), 0.5, variational_recurrent=True, dtype=tf.float32)",
        "error_residual_shapes": "C = tf.nn.rnn_cell\nc = C.ResidualWrapper(C.GRUCell(2))\n"
        "c(tf.zeros([2, 3]), tf.zeros([2, 2]))",
        "error_state_size": "tf.nn.rnn_cell.RNNCell().state_size",
        "error_output_size": "tf.nn.rnn_cell.RNNCell().output_size",
        "error_zero_state": "tf.nn.rnn_cell.GRUCell(2).get_initial_state(dtype=tf.float32)",
        "error_initial_batch": "tf.nn.rnn_cell.GRUCell(2).get_initial_state(tf.zeros([2, 3]), 4)",
        "error_initial_dtype": "tf.nn.rnn_cell.GRUCell(2).get_initial_state("
        "tf.zeros([2, 3]), dtype=tf.float64)",
        "error_state_tuple_dtype": "tf.nn.rnn_cell.LSTMStateTuple("
        "tf.zeros([]), tf.zeros([], tf.int32)).dtype",
        "error_activation": "tf.nn.rnn_cell.GRUCell(2, activation='nope')",
    }
)
