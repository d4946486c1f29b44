"""Names of compat.v2 at work eagerly: checkpoints, text, files, errors, signals, images."""

import os
import tempfile

import numpy as np
import tensorflow.compat.v2 as tf

tf.enable_v2_behavior()
d = tempfile.mkdtemp()


class Counter(tf.Module):
    def __init__(self):
        self.n = tf.Variable(0, dtype=tf.int64)
        self.items = {"a": tf.Variable([1.0, 2.0]), "b": [tf.Variable(3.0)]}

    @tf.function(input_signature=[tf.TensorSpec([None], tf.float32)])
    def add(self, x):
        self.n.assign_add(1)
        tf.print("adding", tf.shape(x), output_stream="file://" + os.path.join(d, "log"))
        return self.items["a"] + tf.reduce_sum(x)


c = Counter()
print(c.add(tf.constant([1.0, 2.0, 3.0])).numpy(), c.n.numpy())
ck = tf.train.Checkpoint(model=c, step=tf.Variable(1, dtype=tf.int64))
mgr = tf.train.CheckpointManager(ck, d, max_to_keep=2)
for _i in range(3):
    ck.step.assign_add(1)
    print(os.path.basename(mgr.save()))
c.items["a"].assign([9.0, 9.0])
st = ck.restore(mgr.latest_checkpoint)
st.assert_consumed()
print(c.items["a"].numpy(), int(ck.step), [os.path.basename(p) for p in mgr.checkpoints])
print(sorted(n for n, _ in tf.train.list_variables(mgr.latest_checkpoint)))
try:
    c.add(tf.constant([[1.0]]))
except Exception as e:
    print(type(e).__name__, str(e).split("\n")[0][:100])
r = tf.train.load_checkpoint(d)
print(r.get_tensor("step/.ATTRIBUTES/VARIABLE_VALUE"))
w = tf.summary.create_file_writer(os.path.join(d, "logs"))
with w.as_default():
    for s in range(3):
        tf.summary.scalar("loss", 0.5 / (s + 1), step=s)
    tf.summary.histogram("h", tf.range(10.0), step=3)
    tf.summary.text("t", "hello", step=1)
w.flush()
print(len(os.listdir(os.path.join(d, "logs"))))
# strings, io, lookup-free text handling, errors
s = tf.constant(["Hello World", "foo bar baz"])
print(
    tf.strings.lower(s),
    tf.strings.length(s),
    tf.strings.substr(s, 0, 3),
    tf.strings.regex_replace(s, "o", "0"),
)
print(
    tf.strings.join(["a", "b"], "-"),
    tf.strings.reduce_join(s, separator="|"),
    tf.strings.to_number("3.5"),
    tf.strings.as_string([1, 2]),
)
print(tf.strings.format("x={}", tf.constant([1, 2])))
print(
    tf.strings.strip(" a "),
    tf.strings.upper("b"),
    tf.strings.to_hash_bucket(s, 10),
    tf.strings.to_hash_bucket_strong(s, 10, [1, 2]),
)
print(tf.io.decode_base64(tf.io.encode_base64("hi")), tf.io.decode_raw(b"ab", tf.uint8))
ex = tf.train.Example(
    features=tf.train.Features(
        feature={"a": tf.train.Feature(int64_list=tf.train.Int64List(value=[1, 2]))}
    )
).SerializeToString()
print(
    tf.io.parse_single_example(ex, {"a": tf.io.FixedLenFeature([2], tf.int64)}),
    tf.io.parse_example([ex], {"a": tf.io.VarLenFeature(tf.int64)})["a"],
)
for f in (
    lambda: tf.constant([1, 2]) + tf.constant([1.0, 2.0]),
    lambda: tf.matmul([[1.0]], [[1.0, 2.0], [3.0, 4.0]]),
    lambda: tf.reshape([1, 2, 3], [2, 2]),
    lambda: tf.constant([[1, 2], [3]]),
    lambda: tf.gather([1, 2], [5]),
    lambda: tf.strings.to_number("x"),
    lambda: tf.zeros([2])[3],
    lambda: bool(tf.constant([1, 2])),
    lambda: tf.concat([[1], [[2]]], 0),
    lambda: tf.Variable(1.0).assign([1.0, 2.0]),
    lambda: tf.debugging.assert_equal(1, 2),
    lambda: tf.debugging.check_numerics([float("nan")], "bad"),
    lambda: tf.io.read_file("/nonexistent"),
    lambda: tf.cast("a", tf.int32),
    lambda: tf.Variable(1).assign(2.5),
    lambda: tf.convert_to_tensor([1, "a"]),
    lambda: tf.one_hot([1], -1),
    lambda: tf.split([1, 2, 3], 2),
):
    try:
        print(f())
    except Exception as e:
        print(type(e).__name__, "|", str(e).split("\n")[0][:140])
t = tf.range(0.0, 1.0, 1 / 64.0)
sig = tf.sin(2 * np.pi * 5 * t)
st = tf.signal.stft(sig, 16, 8)
back = tf.signal.inverse_stft(st, 16, 8, window_fn=tf.signal.inverse_stft_window_fn(8))
print(st.shape, np.round(tf.abs(st)[1, :4].numpy(), 2), np.round(back[16:20].numpy(), 2))
print(tf.signal.frame(tf.range(6), 3, 2), tf.signal.overlap_and_add(tf.ones([2, 3]), 2))
for a, b in ((1, 2), (3, 4)):
    # Lists of tensors within a list are other tensors at each call.
    print(
        tf.concat([tf.constant([0]), [tf.constant(a), tf.constant(b)]], 0),
        tf.switch_case(tf.constant(a), [lambda: 5, lambda: 6]),
    )
x = tf.reshape(tf.range(32.0), [1, 4, 4, 2])
print(tf.image.resize(x, [2, 3], "nearest")[0, ..., 0], tf.image.resize(x, [2, 2])[0, ..., 1])
print(
    tf.image.crop_and_resize(x, [[0.0, 0.0, 1.0, 1.0]], [0], [2, 2])[0, ..., 0],
    tf.image.non_max_suppression([[0.0, 0.0, 1.0, 1.0], [0.0, 0.0, 1.0, 0.9]], [0.5, 0.9], 2),
)
cpus = tf.config.experimental.list_physical_devices("CPU")
print(
    cpus,
    tf.config.experimental.list_physical_devices("GPU"),
    tf.config.threading.get_intra_op_parallelism_threads(),
)
try:
    tf.config.experimental.set_memory_growth(cpus[0], True)
except ValueError as e:
    print(e)
