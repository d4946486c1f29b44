"""ResNet-20 for images of 32×32, with fused batch normalisation and its moving averages."""

import numpy as np

from . import cross_entropy, labelled, scaled

OPTIMIZER = "adam"
EPSILON, KEEP = 1e-3, 0.99
# (name, filter, stride) of every convolution with its normalisation; "skip" widens a shortcut.
LAYERS = [("first", (3, 3, 3, 16), 1)]
BLOCKS = []
for _stage, _width in enumerate((16, 32, 64)):
    for _block in range(3):
        _name = f"s{_stage}b{_block}"
        _wider = _stage > 0 and _block == 0
        _depth = _width // 2 if _wider else _width
        _stride = 2 if _wider else 1
        LAYERS.append((_name + "a", (3, 3, _depth, _width), _stride))
        LAYERS.append((_name + "b", (3, 3, _width, _width), 1))
        if _wider:
            LAYERS.append((_name + "skip", (1, 1, _depth, _width), _stride))
        BLOCKS.append((_name, _wider))
STRIDES = {name: stride for name, _, stride in LAYERS}
STATE = [name + part for name, _, _ in LAYERS for part in ("_mean", "_variance")]


def parameters(random):
    values = {}
    for name, shape, _ in LAYERS:
        values[name] = scaled(random, *shape) * np.float32(2**0.5)
        values[name + "_scale"] = np.ones(shape[-1], np.float32)
        values[name + "_offset"] = np.zeros(shape[-1], np.float32)
        values[name + "_mean"] = np.zeros(shape[-1], np.float32)
        values[name + "_variance"] = np.ones(shape[-1], np.float32)
    values["w"] = scaled(random, 64, 10)
    values["b"] = np.zeros(10, np.float32)
    return values


def batch(random):
    return labelled(random, 32, 32, 32, 3)


def forward(x, layer, relu):
    """The blocks, given how to convolve and normalise `x` by the layer of a name."""
    x = relu(layer(x, "first"))
    for name, wider in BLOCKS:
        shortcut = layer(x, name + "skip") if wider else x
        x = relu(layer(relu(layer(x, name + "a")), name + "b") + shortcut)
    return x


def tensorflow(tf, v, x, labels):
    averages = {}

    def layer(value, name):
        strides = [1, STRIDES[name], STRIDES[name], 1]
        value = tf.nn.conv2d(value, v[name], strides=strides, padding="SAME")
        value, mean, variance = tf.nn.fused_batch_norm(
            value, v[name + "_scale"], v[name + "_offset"], epsilon=EPSILON
        )
        for part, new in (("_mean", mean), ("_variance", variance)):
            averages[name + part] = v[name + part] * KEEP + new * (1 - KEEP)
        return value

    x = tf.reduce_mean(forward(x, layer, tf.nn.relu), [1, 2])
    logits = tf.matmul(x, v["w"]) + v["b"]
    loss = tf.reduce_mean(
        tf.nn.sparse_softmax_cross_entropy_with_logits(labels=labels, logits=logits)
    )
    return loss, averages


def jax(jax):
    jnp = jax.numpy
    entropy = cross_entropy(jax)

    def loss(p, x, labels):
        averages = {}

        def layer(value, name):
            strides = (STRIDES[name], STRIDES[name])
            value = jax.lax.conv_general_dilated(
                value, p[name], strides, "SAME", dimension_numbers=("NHWC", "HWIO", "NHWC")
            )
            count = value.size // value.shape[-1]
            mean, variance = jnp.mean(value, (0, 1, 2)), jnp.var(value, (0, 1, 2))
            unbiased = variance * (count / (count - 1))
            for part, new in (("_mean", mean), ("_variance", unbiased)):
                averages[name + part] = p[name + part] * KEEP + new * (1 - KEEP)
            scale = p[name + "_scale"] * jax.lax.rsqrt(variance + EPSILON)
            return (value - mean) * scale + p[name + "_offset"]

        x = jnp.mean(forward(x, layer, jax.nn.relu), (1, 2))
        return entropy(x @ p["w"] + p["b"], labels), averages

    return loss


def torch(torch, params):
    nn = torch.nn
    layers = nn.ModuleDict()
    for name, shape, stride in LAYERS:
        # Strides of two pad the end only, as TensorFlow's SAME does; done by hand below.
        padding = 1 if shape[0] == 3 and stride == 1 else 0
        layers[name] = nn.Conv2d(shape[2], shape[3], shape[0], stride, padding, bias=False)
        weight = torch.from_numpy(params[name].transpose(3, 2, 0, 1).copy())
        layers[name].weight = nn.Parameter(weight)
        layers[name + "_norm"] = nn.BatchNorm2d(shape[3], eps=EPSILON, momentum=1 - KEEP)
    layers["dense"] = nn.Linear(64, 10)
    layers["dense"].weight = nn.Parameter(torch.from_numpy(params["w"].T.copy()))
    layers["dense"].bias = nn.Parameter(torch.from_numpy(params["b"]))
    layers.to(memory_format=torch.channels_last)

    def layer(value, name):
        if STRIDES[name] == 2 and not name.endswith("skip"):
            value = nn.functional.pad(value, (0, 1, 0, 1))
        return layers[name + "_norm"](layers[name](value))

    def loss(x, labels):
        x = forward(x.permute(0, 3, 1, 2), layer, torch.relu)
        return nn.functional.cross_entropy(layers["dense"](x.mean((2, 3))), labels.long())

    return layers, loss
