"""The LSTM of `dynamic_rnn` on sequences whose lengths are fed."""

import numpy as np

from . import cross_entropy, dynamic_rnn, labelled, lstm

OPTIMIZER = lstm.OPTIMIZER

parameters = lstm.parameters


def batch(random):
    x, labels = labelled(random, 128, lstm.STEPS, lstm.FEATURES)
    lengths = random.randint(lstm.STEPS // 2, lstm.STEPS + 1, 128).astype(np.int32)
    return x, lengths, labels


def tensorflow(tf, v, x, lengths, labels):
    cell, scope = dynamic_rnn.cell_of(tf, v)
    with scope as opened:
        _, state = tf.nn.dynamic_rnn(cell, x, lengths, dtype=tf.float32, scope=opened)
    return dynamic_rnn.loss_of(tf, v, state.h, labels)


def jax(jax):
    jnp = jax.numpy
    mean = cross_entropy(jax)

    def loss(p, x, lengths, labels):
        def cell(carry, timed):
            h, c = carry
            t, step = timed
            gates = jnp.concatenate([step, h], 1) @ p["kernel"] + p["bias"]
            i, j, f, o = jnp.split(gates, 4, axis=1)
            new_c = c * jax.nn.sigmoid(f + 1.0) + jax.nn.sigmoid(i) * jnp.tanh(j)
            new_h = jnp.tanh(new_c) * jax.nn.sigmoid(o)
            on = (t < lengths)[:, None]
            return (jnp.where(on, new_h, h), jnp.where(on, new_c, c)), None

        zeros = jnp.zeros((len(x), lstm.UNITS))
        times = jnp.arange(x.shape[1])
        (h, _), _ = jax.lax.scan(cell, (zeros, zeros), (times, x.swapaxes(0, 1)))
        return mean(h @ p["w"] + p["b"], labels)

    return loss


def torch(torch, params):
    modules, _ = lstm.torch(torch, params)
    recurrent, dense = modules
    pack = torch.nn.utils.rnn.pack_padded_sequence

    def loss(x, lengths, labels):
        packed = pack(x, lengths.long(), batch_first=True, enforce_sorted=False)
        _, (h, _) = recurrent(packed)
        return torch.nn.functional.cross_entropy(dense(h[-1]), labels.long())

    return modules, loss
