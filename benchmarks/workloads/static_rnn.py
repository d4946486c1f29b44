"""The LSTM of `lstm` by `tf.nn.static_rnn`."""

from . import dynamic_rnn, lstm

OPTIMIZER = lstm.OPTIMIZER

parameters, batch, jax, torch = lstm.parameters, lstm.batch, lstm.jax, lstm.torch


def tensorflow(tf, v, x, labels):
    cell, scope = dynamic_rnn.cell_of(tf, v)
    with scope as opened:
        steps = tf.unstack(x, lstm.STEPS, axis=1)
        _, state = tf.nn.static_rnn(cell, steps, dtype=tf.float32, scope=opened)
    return dynamic_rnn.loss_of(tf, v, state.h, labels)
