"""Reports and small files: tf.profiler, HParams as messages, WAV files, writers with a session."""

import contextlib
import io
import os
import tempfile

import numpy as np
import tensorflow as tf
from tensorflow.contrib.training.python.training import hparam_pb2

folder = tempfile.mkdtemp()


def attempt(f):
    try:
        print(f())
    except Exception as e:
        print(type(e).__name__, str(e).split("\n")[0])


# -- parameters and floating-point operations ------------------------------------------------------
x = tf.placeholder(tf.float32, [2, 8, 8, 3], "x")
with tf.variable_scope("net"):
    h = tf.layers.conv2d(x, 4, 3, name="conv", activation=tf.nn.relu)
    h = tf.layers.flatten(tf.layers.max_pooling2d(h, 2, 2))
    dense = tf.layers.Dense(5, name="dense")
    h = dense(h)
loss = tf.reduce_mean(tf.nn.softmax(h))
tf.gradients(loss, tf.trainable_variables())
quiet = tf.profiler.ProfileOptionBuilder
parameters = quiet(quiet.trainable_variables_parameter()).with_empty_output().build()
operations = quiet(quiet.float_operation()).with_empty_output().build()
graph = tf.get_default_graph()


def profile(**options):
    # TensorFlow prints past sys.stdout.
    with contextlib.redirect_stdout(io.StringIO()):
        return tf.profiler.profile(graph, **options)


print(profile(options=parameters))
by_name = quiet(operations).order_by("name").build()
types = profile(cmd="op", options=by_name)
while types.children:
    print(types.name, types.float_ops, types.total_float_ops, len(types.graph_nodes))
    (types,) = types.children
print(types)
report = os.path.join(folder, "report")
options = quiet(operations).with_file_output(report).select(["params", "float_ops"])
node = profile(options=options.order_by("name").build())
print(node.total_float_ops, node.total_definition_count)
print(open(report).read())
attempt(lambda: profile(cmd="wrong", options=operations))

# -- hyperparameters -------------------------------------------------------------------------------
hparams = tf.contrib.training.HParams(a=1, b=2.5, c="x", d=[1, 2], e=True, f=["p", "q"])
message = hparams.to_proto()
print(sorted((k, v.WhichOneof("kind")) for k, v in message.hparam.items()))
print(sorted(tf.contrib.training.HParams(message).values().items()))
other = hparam_pb2.HParamDef()
other.hparam["z"].int64_value = 3
print(tf.contrib.training.HParams.from_proto(other).z)
attempt(lambda: tf.contrib.training.HParams(message, z=1))
attempt(lambda: tf.contrib.training.HParams(z=None).to_proto())

# -- sound -----------------------------------------------------------------------------------------
sound = tf.placeholder(tf.float32, None, "sound")
rate = tf.placeholder(tf.int32, None, "rate")
data = tf.placeholder(tf.string, None, "data")
encoded = tf.audio.encode_wav(sound, rate)
decoded = tf.audio.decode_wav(data)
wide = tf.audio.decode_wav(data, desired_channels=3, desired_samples=5)
print(decoded, wide)
attempt(lambda: tf.audio.encode_wav([1.0], 1))
attempt(lambda: tf.audio.decode_wav("a", desired_samples=-2))

with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    wav = sess.run(encoded, {sound: [[0.0, 1.0], [0.5, -1.0], [np.nan, 2.0]], rate: 8000})
    print(wav)
    print(sess.run([decoded, wide], {data: wav}))
    for bad in (b"", wav[:30], wav[:-1], b"RIFX" + wav[4:], wav[:20] + b"\3" + wav[21:]):
        attempt(lambda: sess.run(decoded, {data: bad}))
    attempt(lambda: sess.run(encoded, {sound: [[1.0]], rate: 0}))

    # -- a writer that works through the session ---------------------------------------------------
    writer = tf.summary.FileWriter(os.path.join(folder, "events"), graph, session=sess)
    scalar = tf.summary.scalar("mean", tf.reduce_mean(x))
    for step in range(2):
        writer.add_summary(sess.run(scalar, {x: np.ones([2, 8, 8, 3])}), step)
    writer.close()
    writer.add_summary(sess.run(scalar, {x: np.ones([2, 8, 8, 3])}), 9)
    (path,) = os.listdir(os.path.join(folder, "events"))
    print(path.endswith(".v2"))
    for event in tf.train.summary_iterator(os.path.join(folder, "events", path)):
        print(event.step, event.WhichOneof("what"), [v.tag for v in event.summary.value])

# -- layers ----------------------------------------------------------------------------------------
with tf.Graph().as_default(), tf.Session() as sess:
    layer = tf.layers.Dense(2, use_bias=False, kernel_initializer=tf.ones_initializer())
    layer(tf.ones([1, 3]))
    print([w.shape for w in layer.get_weights()])
    layer.set_weights([np.arange(6).reshape(3, 2)])
    print(layer.get_weights())
    attempt(lambda: layer.set_weights([]))
    attempt(lambda: layer.set_weights([np.ones([3, 5])]))
for name in ("input", "output", "input_shape", "output_mask", "inbound_nodes", "metrics"):
    attempt(lambda: getattr(dense, name))
for name in ("get_input_at", "get_output_shape_at"):
    attempt(lambda: getattr(dense, name)(0))
print(dense.compute_mask(h), dense.submodules)
print(dense.compute_output_signature(tf.TensorSpec([7, 36], tf.float32)))
