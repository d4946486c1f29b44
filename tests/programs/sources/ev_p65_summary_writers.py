"""Summaries that write themselves, and checks of values, in eager mode."""

import glob
import re
import tempfile

import numpy as np
import tensorflow as tf

tf.enable_eager_execution()
d = tempfile.mkdtemp()


def err(f):
    try:
        return f()
    except Exception as e:
        print(type(e).__name__, str(e).split("\n")[0].replace(d, "D")[:150])


def show(d):
    for f in sorted(glob.glob(d + "/events*")):
        print(f.split(".")[-1])
        for e in tf.train.summary_iterator(f):
            e.ClearField("wall_time")
            print(re.sub(r"(\d)\.0$", r"\1", str(e), flags=re.M)[:600])


S = tf.compat.v2.summary
w = S.create_file_writer(d + "/e", filename_suffix=".mine")
with w.as_default():
    for i in range(3):
        print(S.scalar("loss", 1.0 / (i + 1), step=i).numpy())
    S.text("t", "hello", step=0)
    S.histogram("h", np.random.RandomState(0).randn(50), step=0, buckets=3)
    S.histogram("e", tf.zeros([0]), step=0)
    step = tf.Variable(5, dtype=tf.int64)
    S.experimental.set_step(step)

    @tf.function
    def f(x):
        y = tf.reduce_sum(x)
        S.scalar("inside", y)
        with S.record_if(tf.greater(y, 100.0)):
            S.scalar("cond", y)
        return y

    f(tf.ones([3]))
    step.assign_add(1)
    f(tf.ones([3]) * 99.0)
    with S.record_if(lambda: False):
        print(S.scalar("no", 1.0).numpy())
    err(lambda: S.scalar("bad", [1.0, 2.0]))
    err(lambda: S.text("bad", 3))
    S.experimental.write_raw_pb(
        tf.Summary(value=[tf.Summary.Value(tag="r", simple_value=2.0)]).SerializeToString()
    )
S.experimental.set_step(None)
w.close()
w.close()
err(w.set_as_default)
err(w.init)
with S.create_noop_writer().as_default():
    print(S.scalar("x", 1.0, step=1).numpy())
show(d + "/e")
gs = tf.train.get_or_create_global_step()
w = tf.contrib.summary.create_file_writer(d + "/c")
with w.as_default(), tf.contrib.summary.record_summaries_every_n_global_steps(2):
    for i in range(4):
        gs.assign_add(1)
        tf.contrib.summary.scalar("q", float(i))
    tf.contrib.summary.image("i", tf.ones([1, 2, 2, 1]))
print(tf.contrib.summary.all_summary_ops())
show(d + "/c")
w = S.create_file_writer(d + "/i")
with w.as_default():
    S.image("im", np.linspace(0, 1, 24).reshape([2, 2, 2, 3]).astype(np.float32), step=1)
    S.image("one", np.zeros([4, 2, 2, 1], np.uint8), step=1, max_outputs=1)
    S.audio("au", np.linspace(-1, 1, 12).reshape(2, 3, 2).astype("f"), 8000, step=1, max_outputs=1)
    S.audio("none", np.ones([0, 2, 1], "f"), 8000, step=1, description="empty")
show(d + "/i")


@tf.function
def inner(x):
    return x + 1


@tf.function
def outer(x):
    return tf.nn.relu(x @ x + inner(x))


w = S.create_file_writer(d + "/t")
with w.as_default():
    S.trace_on(graph=True)
    outer(tf.ones([2, 2]))
    outer(tf.ones([2, 2]))
    S.trace_export("graphs", step=3)
    S.trace_on(graph=False)
    S.trace_export("nothing", step=4)
    S.trace_on()
    outer(tf.ones([3, 3]))
    S.trace_off()
w.close()
for name in sorted(os.listdir(d + "/t")):
    for e in tf.compat.v1.train.summary_iterator(os.path.join(d, "t", name)):
        for v in e.summary.value:
            print(e.step, v.tag, v.metadata.plugin_data.plugin_name)
            meta = tf.compat.v1.RunMetadata.FromString(v.tensor.string_val[0])
            for g in meta.function_graphs:
                print([(n.name, n.op) for n in g.pre_optimization_graph.node])


def err(f):
    try:
        print(f())
    except Exception as e:
        print(type(e).__name__, str(e)[:120])


x = tf.constant([1.0, -2.0])
for f in [
    lambda: tf.assert_rank(x, 2),
    lambda: tf.assert_rank_at_least(x, 2),
    lambda: tf.assert_rank_in(x, [0, 2]),
    lambda: tf.assert_non_negative(x),
    lambda: tf.assert_positive(x),
    lambda: tf.assert_equal(x, [1.0, 2.0]),
    lambda: tf.assert_less(x, x, message="m"),
    lambda: tf.assert_integer(x),
    lambda: tf.debugging.assert_type(x, tf.int32),
    lambda: tf.assert_near(x, x + 1),
    lambda: tf.assert_non_negative(3),
    lambda: tf.assert_scalar(x),
    lambda: tf.assert_none_equal(x, x),
    lambda: tf.assert_rank(x, 2, message="hi"),
    lambda: tf.Assert(False, [x]),
]:
    err(f)
err(lambda: S.trace_export("x", step=1))
err(lambda: S.audio("au", np.ones([1, 2, 1], "f"), 8000, step=1, encoding="mp3"))
err(lambda: tf.map_fn(tf.as_string, tf.zeros([0, 2]), dtype=tf.string))
