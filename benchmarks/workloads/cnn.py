"""Two convolutions with pooling and a wide layer, the digits network of many a tutorial."""

import numpy as np

from . import cross_entropy, labelled, scaled

OPTIMIZER = "adam"
SHAPES = ((5, 5, 1, 32), (5, 5, 32, 64), (7 * 7 * 64, 1024), (1024, 10))


def parameters(random):
    values = {}
    for i, shape in enumerate(SHAPES):
        values[f"w{i}"] = scaled(random, *shape)
        values[f"b{i}"] = np.zeros(shape[-1], np.float32)
    return values


def batch(random):
    return labelled(random, 64, 28, 28, 1)


def tensorflow(tf, v, x, labels):
    for i in "01":
        x = tf.nn.conv2d(x, v["w" + i], strides=[1, 1, 1, 1], padding="SAME")
        x = tf.nn.relu(x + v["b" + i])
        x = tf.nn.max_pool(x, ksize=[1, 2, 2, 1], strides=[1, 2, 2, 1], padding="SAME")
    x = tf.reshape(x, [-1, 7 * 7 * 64])
    x = tf.nn.relu(tf.matmul(x, v["w2"]) + v["b2"])
    logits = tf.matmul(x, v["w3"]) + v["b3"]
    return tf.reduce_mean(
        tf.nn.sparse_softmax_cross_entropy_with_logits(labels=labels, logits=logits)
    )


def jax(jax):
    mean = cross_entropy(jax)

    def pool(x):
        return jax.lax.reduce_window(
            x, -np.inf, jax.lax.max, (1, 2, 2, 1), (1, 2, 2, 1), padding="SAME"
        )

    def loss(p, x, labels):
        for i in "01":
            x = jax.lax.conv_general_dilated(
                x, p["w" + i], (1, 1), "SAME", dimension_numbers=("NHWC", "HWIO", "NHWC")
            )
            x = pool(jax.nn.relu(x + p["b" + i]))
        x = x.reshape(len(x), -1)
        x = jax.nn.relu(x @ p["w2"] + p["b2"])
        return mean(x @ p["w3"] + p["b3"], labels)

    return loss


def torch(torch, params):
    nn = torch.nn
    module = nn.Sequential(
        nn.Conv2d(1, 32, 5, padding=2),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(32, 64, 5, padding=2),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(7 * 7 * 64, 1024),
        nn.ReLU(),
        nn.Linear(1024, 10),
    )
    # The same function with channels first: the wide layer's rows in PyTorch's order of pixels.
    wide = params["w2"].reshape(7, 7, 64, 1024).transpose(2, 0, 1, 3).reshape(-1, 1024)
    weights = [
        params["w0"].transpose(3, 2, 0, 1),
        params["w1"].transpose(3, 2, 0, 1),
        wide.T,
        params["w3"].T,
    ]
    for i, layer in enumerate(layer for layer in module if hasattr(layer, "weight")):
        layer.weight = nn.Parameter(torch.from_numpy(weights[i].copy()))
        layer.bias = nn.Parameter(torch.from_numpy(params[f"b{i}"]))
    entropy = nn.functional.cross_entropy
    return module, lambda x, labels: entropy(module(x.permute(0, 3, 1, 2)), labels.long())
