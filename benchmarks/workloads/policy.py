"""A policy network asked for one observation at a time, as reinforcement learning does."""

from . import scaled

SIZES = ((16, 64), (64, 64), (64, 4))


def parameters(random):
    return {f"w{i}": scaled(random, *size) for i, size in enumerate(SIZES)}


def batch(random):
    return (random.standard_normal((1, 16)).astype("float32"),)


def tensorflow(tf, v, x):
    x = tf.tanh(tf.matmul(x, v["w0"]))
    x = tf.tanh(tf.matmul(x, v["w1"]))
    return tf.nn.softmax(tf.matmul(x, v["w2"]))


def jax(jax):
    def probabilities(params, x):
        x = jax.numpy.tanh(x @ params["w0"])
        x = jax.numpy.tanh(x @ params["w1"])
        return jax.nn.softmax(x @ params["w2"])

    return probabilities


def torch(torch, params):
    layers = []
    for value in params.values():
        layers += [torch.nn.Linear(*value.shape, bias=False), torch.nn.Tanh()]
        layers[-2].weight = torch.nn.Parameter(torch.from_numpy(value.T.copy()))
    module = torch.nn.Sequential(*layers[:-1], torch.nn.Softmax(dim=-1))
    return module, module
