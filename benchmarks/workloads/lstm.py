"""An LSTM over 28 steps of 28 features, unrolled where TensorFlow programs unroll."""

import numpy as np

from . import cross_entropy, labelled, scaled

OPTIMIZER = "adam"
STEPS, FEATURES, UNITS = 28, 28, 128


def parameters(random):
    return {
        "kernel": scaled(random, FEATURES + UNITS, 4 * UNITS),
        "bias": np.zeros(4 * UNITS, np.float32),
        "w": scaled(random, UNITS, 10),
        "b": np.zeros(10, np.float32),
    }


def batch(random):
    return labelled(random, 128, STEPS, FEATURES)


def tensorflow(tf, v, x, labels):
    h = c = tf.zeros([128, UNITS])
    for step in tf.unstack(x, axis=1):
        gates = tf.matmul(tf.concat([step, h], 1), v["kernel"]) + v["bias"]
        i, j, f, o = tf.split(gates, 4, axis=1)
        c = c * tf.sigmoid(f + 1.0) + tf.sigmoid(i) * tf.tanh(j)
        h = tf.tanh(c) * tf.sigmoid(o)
    logits = tf.matmul(h, v["w"]) + v["b"]
    return tf.reduce_mean(
        tf.nn.sparse_softmax_cross_entropy_with_logits(labels=labels, logits=logits)
    )


def jax(jax):
    jnp = jax.numpy
    mean = cross_entropy(jax)

    def loss(p, x, labels):
        def cell(carry, step):
            h, c = carry
            gates = jnp.concatenate([step, h], 1) @ p["kernel"] + p["bias"]
            i, j, f, o = jnp.split(gates, 4, axis=1)
            c = c * jax.nn.sigmoid(f + 1.0) + jax.nn.sigmoid(i) * jnp.tanh(j)
            h = jnp.tanh(c) * jax.nn.sigmoid(o)
            return (h, c), None

        zeros = jnp.zeros((len(x), UNITS))
        (h, _), _ = jax.lax.scan(cell, (zeros, zeros), x.swapaxes(0, 1))
        return mean(h @ p["w"] + p["b"], labels)

    return loss


def torch(torch, params):
    nn = torch.nn
    # PyTorch orders the gates i, f, j, o and has no constant added to the forget gate.
    i, j, f, o = np.split(params["kernel"], 4, axis=1)
    kernel = np.concatenate([i, f, j, o], axis=1).T
    i, j, f, o = np.split(params["bias"], 4)
    lstm, dense = nn.LSTM(FEATURES, UNITS, batch_first=True), nn.Linear(UNITS, 10)

    def parameter(value, trained=True):
        return nn.Parameter(torch.from_numpy(value.copy()), requires_grad=trained)

    lstm.weight_ih_l0 = parameter(kernel[:, :FEATURES])
    lstm.weight_hh_l0 = parameter(kernel[:, FEATURES:])
    lstm.bias_ih_l0 = parameter(np.concatenate([i, f + 1, j, o]))
    lstm.bias_hh_l0 = parameter(np.zeros_like(params["bias"]), trained=False)
    dense.weight = parameter(params["w"].T)
    dense.bias = parameter(params["b"])
    entropy = nn.functional.cross_entropy
    return nn.ModuleList([lstm, dense]), lambda x, labels: entropy(
        dense(lstm(x)[0][:, -1]), labels.long()
    )
