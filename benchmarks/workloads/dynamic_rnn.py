"""The LSTM of `lstm` as one loop over time, `tf.nn.dynamic_rnn`."""

from . import lstm

OPTIMIZER = lstm.OPTIMIZER
UNITS = lstm.UNITS

parameters, batch, jax, torch = lstm.parameters, lstm.batch, lstm.jax, lstm.torch


def cell_of(tf, v):
    """(cell, scope) of a `BasicLSTMCell` whose variables are the workload's."""

    def given(getter, name, *args, **kwargs):
        return v[name.rsplit("/", 1)[-1]]

    scope = tf.variable_scope("rnn", custom_getter=given)
    return tf.nn.rnn_cell.BasicLSTMCell(UNITS), scope


def loss_of(tf, v, last, labels):
    """The loss of a classifier on the last state."""
    logits = tf.matmul(last, v["w"]) + v["b"]
    return tf.reduce_mean(
        tf.nn.sparse_softmax_cross_entropy_with_logits(labels=labels, logits=logits)
    )


def tensorflow(tf, v, x, labels):
    cell, scope = cell_of(tf, v)
    with scope as opened:
        _, state = tf.nn.dynamic_rnn(cell, x, dtype=tf.float32, scope=opened)
    return loss_of(tf, v, state.h, labels)
