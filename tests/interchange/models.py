"""Ten small models that TensorFlow 1.15, TensorFlow 2's compat.v1 and headrace write and read.

Each function builds a model in the default graph with the `tf` it is given and returns
(inputs, outputs, feeds): dicts from names. It must run on Python 3.7, and use nothing that
TensorFlow 2 has left to Keras. What variables hold does not depend on random numbers: see `fill`.
"""

import zlib

import numpy as np

X = [[1.0, -2.0, 0.5], [0.0, 3.0, -1.0]]


def fill(tf, session):
    """Gives all variables values that follow from their names and shapes."""
    for variable in tf.global_variables():
        kind = variable.dtype.base_dtype
        shape = variable.shape.as_list()
        draw = np.random.RandomState(zlib.crc32(variable.name.encode()) & 0x7FFFFFFF)
        if kind == tf.string:
            value = np.array([b"v%d" % n for n in draw.randint(0, 999, int(np.prod(shape)))])
            value = value.astype(object).reshape(shape)
        elif kind.is_floating or kind.is_complex:
            # Thirds of powers of two: as many bits as the dtype has, the same for every writer.
            value = (draw.randint(-32, 32, shape) / 24.0).astype(kind.as_numpy_dtype)
        else:
            value = draw.randint(0, 2, shape).astype(kind.as_numpy_dtype)
        if "variance" in variable.name:
            value = np.abs(value) + kind.as_numpy_dtype(0.5)
        variable.load(value, session)


def linear(tf):
    """References, and one scalar."""
    x = tf.placeholder(tf.float32, [None, 3], name="x")
    w = tf.get_variable("w", [3, 2])
    b = tf.get_variable("b", [], initializer=tf.zeros_initializer())
    return {"x": x}, {"y": tf.add(tf.matmul(x, w), b, name="y")}, {"x": X}


def trained(tf):
    """A training step with slots, and the global step."""
    x = tf.placeholder(tf.float32, [None, 3], name="x")
    with tf.variable_scope("hidden"):
        w = tf.get_variable("kernel", [3, 4])
        h = tf.nn.tanh(tf.matmul(x, w))
    with tf.variable_scope("out"):
        y = tf.matmul(h, tf.get_variable("kernel", [4, 1]), name="y")
    step = tf.train.get_or_create_global_step()
    loss = tf.reduce_mean(tf.square(y - 1.0), name="loss")
    tf.train.AdamOptimizer(0.1).minimize(loss, global_step=step, name="train")
    return {"x": x}, {"y": y}, {"x": X}


def convolution(tf):
    """Convolution and pooling."""
    x = tf.placeholder(tf.float32, [None, 6, 6, 1], name="x")
    w = tf.get_variable("w", [3, 3, 1, 2])
    b = tf.get_variable("b", [2], initializer=tf.zeros_initializer())
    h = tf.nn.relu(tf.nn.bias_add(tf.nn.conv2d(x, w, [1, 1, 1, 1], "SAME"), b))
    h = tf.nn.max_pool(h, [1, 2, 2, 1], [1, 2, 2, 1], "VALID")
    y = tf.reshape(h, [-1, 18], name="y")
    return {"x": x}, {"y": y}, {"x": (np.arange(72).reshape([2, 6, 6, 1]) / 72).tolist()}


def normalized(tf):
    """Fused batch normalization with resource variables."""
    x = tf.placeholder(tf.float32, [None, 2, 2, 3], name="x")
    with tf.variable_scope("bn", use_resource=True):
        names = ("gamma", "beta", "moving_mean", "moving_variance")
        variables = [tf.get_variable(n, [3], trainable=n in names[:2]) for n in names]
    y, _, _ = tf.nn.fused_batch_norm(
        x, *variables[:2], mean=variables[2], variance=variables[3], is_training=False
    )
    value = (np.arange(24).reshape([2, 2, 2, 3]) / 5).tolist()
    return {"x": x}, {"y": tf.identity(y, name="y")}, {"x": value}


def partitioned(tf):
    """A table of embeddings in three parts."""
    x = tf.placeholder(tf.int64, [None], name="x")
    part = tf.fixed_size_partitioner(3)
    table = tf.get_variable("table", [7, 2], partitioner=part)
    y = tf.nn.embedding_lookup(table, x, partition_strategy="div", name="y")
    return {"x": x}, {"y": tf.identity(y, name="z")}, {"x": [0, 6, 3, 3]}


def recurrent(tf):
    """A cell in a loop over time, its outputs in a tensor array."""
    x = tf.placeholder(tf.float32, [4, None, 3], name="x")
    w = tf.get_variable("w", [5, 2], use_resource=False)
    start = tf.zeros([tf.shape(x)[1], 2])

    def step(i, state, array):
        state = tf.nn.tanh(tf.matmul(tf.concat([x[i], state], 1), w))
        return i + 1, state, array.write(i, state)

    array = tf.TensorArray(tf.float32, 4)
    _, last, array = tf.while_loop(lambda i, s, a: i < 4, step, [0, start, array])
    return (
        {"x": x},
        {"all": tf.identity(array.stack(), name="all"), "last": tf.identity(last, name="last")},
        {"x": [X, X, X, X]},
    )


def conditional(tf):
    """A condition in a condition."""
    x = tf.placeholder(tf.float32, [None, 3], name="x")
    big = tf.placeholder(tf.bool, [], name="big")
    w = tf.get_variable("w", [3, 2])
    h = tf.matmul(x, w)
    positive = tf.reduce_sum(h) > 0.0
    y = tf.cond(big, lambda: tf.cond(positive, lambda: h * 2.0, lambda: h - 1.0), lambda: -h)
    return {"x": x, "big": big}, {"y": tf.identity(y, name="y")}, {"x": X, "big": True}


def kinds(tf):
    """Variables of every kind of number, and of text."""
    x = tf.placeholder(tf.float32, [], name="x")
    total = x
    for kind in "float16 float32 float64 int8 uint8 int16 int32 int64 bool complex64".split():
        value = tf.zeros([2, 3], getattr(tf, kind))
        held = tf.get_variable("v_" + kind, initializer=value, trainable=False)
        real = tf.real(held) if kind == "complex64" else tf.cast(held, tf.float32)
        total += tf.reduce_sum(real)
    text = tf.get_variable("v_text", initializer=tf.constant(["a", "b"]), trainable=False)
    y = tf.identity(total, name="y")
    return {"x": x}, {"y": y, "text": tf.identity(text, name="text")}, {"x": 1.0}


def averaged(tf):
    """Moving averages, which the saver stores under names of their own."""
    x = tf.placeholder(tf.float32, [None, 3], name="x")
    w = tf.get_variable("w", [3, 2])
    average = tf.train.ExponentialMovingAverage(0.9)
    average.apply([w])
    y = tf.matmul(x, average.average(w), name="y")
    return {"x": x}, {"y": y}, {"x": X}


def attention(tf):
    """Scopes entered twice, shared weights, broadcasting, and a softmax."""
    x = tf.placeholder(tf.float32, [None, 4, 3], name="x")

    def project(name):
        with tf.variable_scope(name, reuse=tf.AUTO_REUSE):
            return tf.tensordot(x, tf.get_variable("kernel", [3, 3]), 1)

    with tf.variable_scope("attention"):
        query, key, value = project("query"), project("key"), project("key")
        weights = tf.nn.softmax(tf.matmul(query, key, transpose_b=True) / np.sqrt(3.0))
        y = tf.matmul(weights, value, name="y")
    return {"x": x}, {"y": y}, {"x": (np.arange(24).reshape([2, 4, 3]) / 12 - 1).tolist()}


MODELS = (
    linear, trained, convolution, normalized, partitioned, recurrent, conditional, kinds, averaged,
    attention,
)  # fmt: skip
