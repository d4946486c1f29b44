"""A loop of 1,000,000 additions of scalars: the cost of an iteration."""

import numpy as np

TIMES = 1_000_000


def parameters(random):
    return {}


def batch(random):
    return (random.standard_normal(1).astype(np.float32),)


def tensorflow(tf, v, x):
    start = tf.reshape(x, [-1])[0]
    _, total = tf.while_loop(
        lambda i, t: i < TIMES, lambda i, t: (i + 1, t + 1e-6), [tf.constant(0), start]
    )
    return total


def jax(jax):
    def run(params, x):
        def step(i, t):
            return t + np.float32(1e-6)

        return jax.lax.fori_loop(0, TIMES, step, x[0])

    return run


def torch(torch, params):
    def run(x):
        total, step = x[0], torch.tensor(1e-6)
        for _ in range(TIMES):
            total = total + step
        return total

    return torch.nn.Module(), run
