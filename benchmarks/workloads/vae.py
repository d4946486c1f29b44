"""A variational autoencoder 784-500-500-20 with its noise drawn in the step."""

import numpy as np

from . import scaled

OPTIMIZER = "adam"
# The frameworks other than TensorFlow draw noise of their own: their losses agree on average.
OWN_NOISE = True
SHAPES = {
    "e0": (784, 500),
    "e1": (500, 500),
    "mean": (500, 20),
    "log": (500, 20),
    "d0": (20, 500),
    "d1": (500, 500),
    "out": (500, 784),
}


def parameters(random):
    values = {}
    for name, shape in SHAPES.items():
        values[name] = scaled(random, *shape)
        values[name + "_b"] = np.zeros(shape[1], np.float32)
    return values


def batch(random):
    return (random.random_sample((128, 784)).astype(np.float32),)


def tensorflow(tf, v, x):
    tf.set_random_seed(7)

    def dense(value, name):
        return tf.matmul(value, v[name]) + v[name + "_b"]

    hidden = tf.nn.softplus(dense(tf.nn.softplus(dense(x, "e0")), "e1"))
    mean, log = dense(hidden, "mean"), dense(hidden, "log")
    z = mean + tf.exp(0.5 * log) * tf.random_normal(tf.shape(mean), seed=11)
    hidden = tf.nn.softplus(dense(tf.nn.softplus(dense(z, "d0")), "d1"))
    logits = dense(hidden, "out")
    entropy = tf.nn.sigmoid_cross_entropy_with_logits(labels=x, logits=logits)
    divergence = -0.5 * tf.reduce_sum(1.0 + log - tf.square(mean) - tf.exp(log), 1)
    return tf.reduce_mean(tf.reduce_sum(entropy, 1) + divergence)


def jax(jax):
    jnp = jax.numpy

    def loss(p, x, key):
        def dense(value, name):
            return value @ p[name] + p[name + "_b"]

        hidden = jax.nn.softplus(dense(jax.nn.softplus(dense(x, "e0")), "e1"))
        mean, log = dense(hidden, "mean"), dense(hidden, "log")
        z = mean + jnp.exp(0.5 * log) * jax.random.normal(key, mean.shape)
        hidden = jax.nn.softplus(dense(jax.nn.softplus(dense(z, "d0")), "d1"))
        logits = dense(hidden, "out")
        entropy = jax.nn.softplus(logits) - x * logits
        divergence = -0.5 * jnp.sum(1.0 + log - mean**2 - jnp.exp(log), 1)
        return jnp.mean(jnp.sum(entropy, 1) + divergence)

    return loss


def torch(torch, params):
    torch.manual_seed(7)
    functional = torch.nn.functional
    layers = torch.nn.ModuleDict()
    for name, shape in SHAPES.items():
        layers[name] = torch.nn.Linear(*shape)
        layers[name].weight = torch.nn.Parameter(torch.from_numpy(params[name].T.copy()))
        layers[name].bias = torch.nn.Parameter(torch.from_numpy(params[name + "_b"]))

    def loss(x):
        hidden = functional.softplus(layers["e1"](functional.softplus(layers["e0"](x))))
        mean, log = layers["mean"](hidden), layers["log"](hidden)
        z = mean + torch.exp(0.5 * log) * torch.randn_like(mean)
        hidden = functional.softplus(layers["d1"](functional.softplus(layers["d0"](z))))
        logits = layers["out"](hidden)
        entropy = functional.binary_cross_entropy_with_logits(logits, x, reduction="none")
        divergence = -0.5 * torch.sum(1.0 + log - mean**2 - torch.exp(log), 1)
        return torch.mean(entropy.sum(1) + divergence)

    return layers, loss
