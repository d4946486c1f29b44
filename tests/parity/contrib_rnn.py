"""tf.contrib.rnn: cells, wrappers, networks in one operation."""

HEAD = (
    "C = tf.contrib.rnn\n"
    "x = tf.constant([[0.1, -0.4, 0.3], [0.7, 0.2, -0.5]])\n"
    "seq = tf.constant(np.linspace(-1, 1, 24).reshape(4, 2, 3).astype('f'))\n"
    "n = tf.constant([4, 2])\n"
)
STEP = (
    "s = cell.zero_state(2, tf.float32)\n"
    "y, s = cell(x, s)\n"
    "y, s = cell(x * 2, s)\n"
    "fetch = [y, s, tf.gradients(y, tf.trainable_variables())]\n"
)
CELLS = {
    "layer_norm": "C.LayerNormBasicLSTMCell(4)",
    "layer_norm_dropout": "C.LayerNormBasicLSTMCell(4, norm_gain=0.5, norm_shift=0.1, "
    "dropout_keep_prob=0.5, dropout_prob_seed=3, activation=tf.sigmoid)",
    "no_layer_norm": "C.LayerNormBasicLSTMCell(4, layer_norm=False, forget_bias=0.0)",
    "ugrnn": "C.UGRNNCell(4)",
    "ugrnn_initializer": "C.UGRNNCell(4, tf.ones_initializer(), 0.5, tf.nn.relu)",
    "sru": "C.SRUCell(3)",
    "indrnn": "C.IndRNNCell(4)",
    "nas": "C.NASCell(4)",
    "nas_projection": "C.NASCell(4, num_proj=3, use_bias=True)",
    "lstm_block": "C.LSTMBlockCell(4)",
    "lstm_block_peepholes": "C.LSTMBlockCell(4, 0.5, 0.1, True)",
    "gru_block": "C.GRUBlockCell(4)",
    "gru_block_2": "C.GRUBlockCellV2(4)",
    "input_projection": "C.InputProjectionWrapper(C.GRUCell(4), 5, tf.nn.relu)",
    "output_projection": "C.OutputProjectionWrapper(C.LSTMCell(4), 5, tf.tanh)",
    "attention": "C.AttentionCellWrapper(C.GRUCell(4), 3)",
    "attention_lstm": "C.AttentionCellWrapper(C.LSTMCell(4), 2, 3, 5, 2)",
    "attention_joined": "C.AttentionCellWrapper(C.GRUCell(4), 3, state_is_tuple=False)",
}
SNIPPETS = {name: HEAD + f"cell = {made}\n" + STEP for name, made in CELLS.items()}
SNIPPETS.update(
    {
        "highway": HEAD + "with tf.variable_scope('h', reuse=tf.AUTO_REUSE):\n"
        "    cell = C.HighwayWrapper(C.GRUCell(3))\n    y, s = cell(x, tf.zeros([2, 3]))\n"
        "    y, s = cell(y, s)\nfetch = [y, s, tf.gradients(y, tf.trainable_variables())]",
        "highway_gates": HEAD + "cell = C.HighwayWrapper(C.GRUCell(3), False, 0.5)\n"
        "fetch = cell(x, tf.zeros([2, 3]))",
        "embedding": HEAD + "cell = C.EmbeddingWrapper(C.GRUCell(4), 5, 3)\n"
        "y, s = cell(tf.constant([1, 4]), tf.zeros([2, 4]))\n"
        "fetch = [y, tf.gradients(y, tf.trainable_variables()[1:])]",
        "embedding_static": HEAD + "cell = C.EmbeddingWrapper(C.GRUCell(4), 5, 3)\n"
        "fetch = C.static_rnn(cell, [tf.constant([1, 4]), tf.constant([0, 2])], dtype=tf.float32)",
        "fused": HEAD + "cell = C.LSTMBlockFusedCell(4)\ny, s = cell(seq, dtype=tf.float32)\n"
        "fetch = [y, s, tf.gradients([y] + list(s), tf.trainable_variables())]",
        "fused_lengths": HEAD + "cell = C.LSTMBlockFusedCell(4, 0.3, 0.2, True)\n"
        "y, s = cell(seq, initial_state=(tf.ones([2, 4]), tf.zeros([2, 4])), sequence_length=n - 1)\n"
        "fetch = [y, s, tf.gradients([y] + list(s), [seq] + tf.trainable_variables())]",
        "fused_reversed": HEAD + "cell = C.TimeReversedFusedRNN(C.LSTMBlockFusedCell(4))\n"
        "fetch = cell(seq, dtype=tf.float32, sequence_length=n)",
        "fused_list": HEAD + "cell = C.LSTMBlockFusedCell(4)\n"
        "fetch = cell([x, x * 2], dtype=tf.float32)",
        "fused_adaptor": HEAD
        + "fetch = C.FusedRNNCellAdaptor(C.GRUCell(2))(seq, dtype=tf.float32)",
        "fused_adaptor_list": HEAD + "cell = C.TimeReversedFusedRNN(C.FusedRNNCellAdaptor("
        "C.GRUCell(2)))\nfetch = cell([x, x * 2], dtype=tf.float32)",
        "fused_adaptor_dynamic": (
            HEAD + "cell = C.TimeReversedFusedRNN(C.FusedRNNCellAdaptor(C.GRUCell(2), True))\n"
            "fetch = cell(seq, dtype=tf.float32, sequence_length=n)",
            {"cfv2": True},
        ),
        "attention_dynamic": (
            HEAD + "cell = C.AttentionCellWrapper(C.LSTMCell(4), 3)\n"
            "y, s = tf.nn.dynamic_rnn(cell, seq, time_major=True, dtype=tf.float32)\n"
            "fetch = [{v.name: v for v in tf.global_variables()}, y, s, "
            "tf.gradients(y, tf.trainable_variables())]",
            {"nodes": False},
        ),
        "lstm_block_dynamic": (
            HEAD + "y, s = tf.nn.dynamic_rnn(C.LSTMBlockCell(4), seq, n, time_major=True, "
            "dtype=tf.float32)\n"
            "fetch = [y, s, tf.gradients(y, tf.trainable_variables())]",
            {"nodes": False},
        ),
        "layer_norm_dynamic": (
            HEAD + "y, s = tf.nn.dynamic_rnn(C.LayerNormBasicLSTMCell(4), seq, n, "
            "time_major=True, dtype=tf.float32)\n"
            "fetch = [y, s, tf.gradients(y, tf.trainable_variables())]",
            {"nodes": False},
        ),
        "same_classes": "fetch = tf.constant(str([tf.contrib.rnn.LSTMCell is tf.nn.rnn_cell.LSTMCell, "
        "tf.contrib.rnn.static_rnn is tf.nn.static_rnn]))",
        "error_gru_block": "tf.contrib.rnn.GRUBlockCell()",
        "error_embedding": "C = tf.contrib.rnn\nC.EmbeddingWrapper(C.GRUCell(2), 0, 3)",
        "error_output_projection": "C = tf.contrib.rnn\nC.OutputProjectionWrapper(C.GRUCell(2), 0)",
        "error_attention": "C = tf.contrib.rnn\nC.AttentionCellWrapper(C.GRUCell(2), 0)",
        "error_attention_state": "C = tf.contrib.rnn\n"
        "C.AttentionCellWrapper(C.LSTMCell(2), 2, state_is_tuple=False)",
        "error_stack_empty": "tf.contrib.rnn.stack_bidirectional_dynamic_rnn([], [], None)",
        "error_stack_depth": "C = tf.contrib.rnn\n"
        "C.stack_bidirectional_rnn([C.GRUCell(2)], [C.GRUCell(2)] * 2, None)",
        "error_stack_states": "C = tf.contrib.rnn\n"
        "C.stack_bidirectional_rnn([C.GRUCell(2)], [C.GRUCell(2)], None, initial_states_fw=3)",
        "error_fused_dtype": (HEAD + "C.LSTMBlockFusedCell(4)(seq)", {"error": "type"}),
    }
)
