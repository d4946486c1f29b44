"""Python functions that the benchmark of functions traces; each call of what is made traces anew.

Runs on Python 3.7 too, since TensorFlow 1.15 needs it.
"""

import importlib.util
import os
import tempfile

SOURCE = """
def looped_{i}(tf, x, n):
    total = tf.zeros_like(x)
    for i in tf.range(n):
        if i % 2 == 0:
            continue
        total = total + x * tf.cast(i, tf.float32)
        j = 0
        while tf.reduce_sum(total) > 100.0:
            total = total / 2.0
            j += 1
            if j > 10:
                break
    if tf.reduce_sum(total) > 0.0:
        return total
    return -total
"""


def _modules(numbers):
    """The functions of a module that is made for this purpose: AutoGraph reads its source."""
    handle, path = tempfile.mkstemp(suffix=".py")
    with os.fdopen(handle, "w") as file:
        file.write("".join(SOURCE.format(i=i) for i in numbers))
    spec = importlib.util.spec_from_file_location("functions_traced_" + str(numbers[0]), path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return [getattr(module, "looped_" + str(i)) for i in numbers]


def _tracer(tf, function):
    shapes = [tf.TensorSpec([4], tf.float32), tf.TensorSpec([], tf.int32)]

    def trace():
        def call(x, n):
            return function(tf, x, n)

        return tf.function(call).get_concrete_function(*shapes)

    return trace


_LOOPED = []


def loops(tf):
    """Traces a function with loops and conditions, the same at each call."""
    if not _LOOPED:
        _LOOPED.extend(_modules([0]))
    return _tracer(tf, _LOOPED[0])


def converted(tf, numbers):
    """Traces functions with loops and conditions, each from a source of its own."""
    return [_tracer(tf, f) for f in _modules(numbers)]


def mlp_gradients(tf, np):
    """Traces the loss of an MLP with the gradients of its variables."""
    layers = []
    for n, m in ((784, 256), (256, 256), (256, 10)):
        layers.append(
            (tf.Variable(np.zeros((n, m), np.float32)), tf.Variable(np.zeros(m, np.float32)))
        )
    variables = [v for layer in layers for v in layer]

    def gradients(x, labels):
        with tf.GradientTape() as tape:
            for i, (w, b) in enumerate(layers):
                x = tf.matmul(x, w) + b
                if i < 2:
                    x = tf.nn.relu(x)
            loss = tf.reduce_mean(
                tf.nn.sparse_softmax_cross_entropy_with_logits(labels=labels, logits=x)
            )
        return [loss] + tape.gradient(loss, variables)

    shapes = [tf.TensorSpec([128, 784], tf.float32), tf.TensorSpec([128], tf.int32)]
    return lambda: tf.function(gradients).get_concrete_function(*shapes)
