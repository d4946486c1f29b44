"""A multilayer perceptron."""

import numpy as np

from . import cross_entropy, labelled, scaled

OPTIMIZER = "adam"
SIZES = (784, 256, 256, 10)


def parameters(random):
    values = {}
    for i in range(3):
        values[f"w{i}"] = scaled(random, SIZES[i], SIZES[i + 1])
        values[f"b{i}"] = np.zeros(SIZES[i + 1], np.float32)
    return values


def batch(random):
    return labelled(random, 128, 784)


def tensorflow(tf, v, x, labels):
    x = tf.nn.relu(tf.matmul(x, v["w0"]) + v["b0"])
    x = tf.nn.relu(tf.matmul(x, v["w1"]) + v["b1"])
    logits = tf.matmul(x, v["w2"]) + v["b2"]
    return tf.reduce_mean(
        tf.nn.sparse_softmax_cross_entropy_with_logits(labels=labels, logits=logits)
    )


def jax(jax):
    mean = cross_entropy(jax)

    def loss(p, x, labels):
        x = jax.nn.relu(x @ p["w0"] + p["b0"])
        x = jax.nn.relu(x @ p["w1"] + p["b1"])
        return mean(x @ p["w2"] + p["b2"], labels)

    return loss


def torch(torch, params):
    layers = []
    for i in range(3):
        layers += [torch.nn.Linear(SIZES[i], SIZES[i + 1]), torch.nn.ReLU()]
        layers[-2].weight = torch.nn.Parameter(torch.from_numpy(params[f"w{i}"].T.copy()))
        layers[-2].bias = torch.nn.Parameter(torch.from_numpy(params[f"b{i}"]))
    module = torch.nn.Sequential(*layers[:-1])
    entropy = torch.nn.functional.cross_entropy
    return module, lambda x, labels: entropy(module(x), labels.long())
