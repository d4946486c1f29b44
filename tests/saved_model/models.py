"""Models that are saved by TensorFlow 1.15 and by headrace, and loaded by the other one.

Each function builds a model in the default graph with the `tf` it is given, and returns
(inputs, outputs, feeds of the runs): dicts from the names in the signature. It must run on
Python 3.7. What depends on random numbers is only where they are the same in both.
"""

import os

import numpy as np

X = [[1.0, -2.0, 0.5], [0.0, 3.0, -1.0]]


def dense(tf):
    """All kinds of variables, a sparse input, and devices."""
    x = tf.placeholder(tf.float32, [None, 3], name="x")
    s = tf.sparse_placeholder(tf.float32, [2, 3], name="s")
    w = tf.get_variable("w", [3, 4])
    r = tf.get_variable("r", [4], use_resource=True, initializer=tf.ones_initializer())
    p = tf.get_variable("p", [4, 2], partitioner=tf.fixed_size_partitioner(2))
    with tf.device("/cpu:0"):
        y = tf.nn.relu(tf.matmul(x, w) + r, name="y")
    z = tf.matmul(y, p) + tf.reduce_sum(tf.sparse_tensor_to_dense(s))
    feed = {"x": X, "s": ([[0, 1], [1, 2]], [1.0, 2.0], [2, 3])}
    return {"x": x, "s": s}, {"y": y, "z": z, "r": r + 0.0}, [feed]


def branches(tf):
    """Conditions, one in another, and batch normalization that is told whether it trains."""
    # References cannot go into the branches of TensorFlow's second kind of conditions.
    tf.get_variable_scope().set_use_resource(True)
    x = tf.placeholder(tf.float32, [None, 3], name="x")
    train = tf.placeholder_with_default(False, [], name="train")
    h = tf.layers.dense(x, 4, name="d")
    h = tf.layers.batch_normalization(h, training=train, name="bn")
    big = tf.reduce_sum(h) > 0.5
    y = tf.cond(big, lambda: tf.cond(train, lambda: h * 2.0, lambda: h - 1.0), lambda: -h, name="c")
    average = tf.train.ExponentialMovingAverage(0.9)
    average.apply(tf.trainable_variables())
    runs = [{"x": X, "train": False}, {"x": X, "train": True}, {"x": X[:1], "train": False}]
    return {"x": x, "train": train}, {"y": y}, runs


def loops(tf):
    """A recurrent network over sequences of several lengths, and a plain loop with an array."""
    x = tf.placeholder(tf.float32, [2, None, 3], name="x")
    n = tf.placeholder(tf.int32, [2], name="n")
    cell = tf.nn.rnn_cell.BasicLSTMCell(4)
    outputs, state = tf.nn.dynamic_rnn(cell, x, sequence_length=n, dtype=tf.float32)
    array = tf.TensorArray(tf.float32, 3)
    _, array = tf.while_loop(
        lambda i, a: i < 3, lambda i, a: (i + 1, a.write(i, tf.cast(i, tf.float32))), [0, array]
    )
    runs = [{"x": [X, X], "n": [2, 1]}, {"x": [X * 2, X * 2], "n": [4, 0]}]
    return {"x": x, "n": n}, {"o": outputs, "h": state.h, "a": array.stack()}, runs


def training(tf):
    """A training step through a condition and a loop; each run makes one."""
    x = tf.placeholder(tf.float32, [None, 3], name="x")
    h = tf.layers.dense(x, 4, tf.nn.tanh, name="d")
    h = tf.cond(tf.reduce_sum(h) > 0.0, lambda: h * 2.0, lambda: h - 1.0)
    _, total = tf.while_loop(
        lambda i, a: i < 3, lambda i, a: (i + 1, a * 0.5 + h), [tf.constant(0), tf.zeros_like(h)]
    )
    loss = tf.reduce_mean(tf.square(total - 1.0), name="loss")
    step = tf.train.get_or_create_global_step()
    train = tf.train.AdamOptimizer(0.1).minimize(loss, global_step=step)
    with tf.control_dependencies([train]):
        after = tf.identity(loss)
    return {"x": x}, {"loss": after, "step": tf.identity(step)}, [{"x": X}] * 4


def words(tf, folder):
    """A file that goes along and is read when the model is loaded."""
    path = os.path.join(folder, "words.txt")
    with open(path, "w") as file:
        file.write("one\ntwo")
    name = tf.constant(path)
    tf.add_to_collection(tf.GraphKeys.ASSET_FILEPATHS, name)
    text = tf.get_variable("text", initializer="none", dtype=tf.string, trainable=False)
    tf.add_to_collection("start", text.assign(tf.read_file(name)).op)
    x = tf.placeholder(tf.string, [None], name="x")
    return {"x": x}, {"y": tf.string_join([x, text])}, [{"x": ["a", "b"]}]


MODELS = ("dense", "branches", "loops", "training", "words")


def save(tf, name, export_dir, folder):
    """Builds a model and saves it; `folder` is for files that are copied."""
    with tf.Graph().as_default(), tf.Session() as session:
        tf.set_random_seed(5)
        arguments = (tf, folder) if name == "words" else (tf,)
        inputs, outputs, _ = globals()[name](*arguments)
        session.run(tf.global_variables_initializer())
        start = tf.get_collection_ref("start")
        op = start.pop() if start else None
        tf.saved_model.simple_save(session, export_dir, inputs, outputs, legacy_init_op=op)


def load_and_run(tf, name, export_dir, folder):
    """Loads a model and returns what its runs give: a list of dicts."""
    with tf.Graph().as_default():
        arguments = (tf, folder) if name == "words" else (tf,)
        runs = globals()[name](*arguments)[2]
    with tf.Graph().as_default(), tf.Session() as session:
        meta = tf.saved_model.load(session, ["serve"], export_dir)
        signature = meta.signature_def["serving_default"]
        get = tf.saved_model.utils.get_tensor_from_tensor_info
        inputs = {k: get(v) for k, v in signature.inputs.items()}
        outputs = {k: get(v) for k, v in signature.outputs.items()}
        done = [session.run(outputs, {inputs[k]: v for k, v in run.items()}) for run in runs]
    return [{k: plain(v) for k, v in sorted(run.items())} for run in done]


def plain(value):
    array = np.asarray(value)
    if array.dtype.kind in "OSU":
        return [x.decode() for x in array.ravel().tolist()]
    return [list(array.shape), array.ravel().tolist()]
