"""Summaries that write themselves, in graph mode, and what is in the files."""

import glob
import re
import tempfile

import tensorflow as tf

tf.enable_control_flow_v2()
tf.set_random_seed(1)
d = tempfile.mkdtemp()


def err(f):
    try:
        return f()
    except Exception as e:
        print(type(e).__name__, str(e).split("\n")[0].replace(d, "D")[:150])


def show(d):
    out = []
    for f in sorted(glob.glob(d + "/events*")):
        print(".v2" in f)
        for e in tf.train.summary_iterator(f):
            e.ClearField("wall_time")
            if e.WhichOneof("what") == "graph_def":
                print("graph", e.step, len(tf.GraphDef.FromString(e.graph_def).node) > 10)
            else:
                out.append(re.sub(r"(\d)\.0$", r"\1", str(e), flags=re.M)[:600])
    for o in sorted(out):
        print(o)


gs = tf.train.get_or_create_global_step()
w = tf.contrib.summary.create_file_writer(d + "/a", flush_millis=10000)
x = tf.get_variable("x", [3], initializer=tf.ones_initializer())
inc = tf.assign_add(gs, 1)
with w.as_default(), tf.contrib.summary.record_summaries_every_n_global_steps(2):
    with tf.name_scope("loss"):
        tf.contrib.summary.scalar("s", tf.reduce_sum(x), family="fam")
    tf.contrib.summary.histogram("h", x * 2)
with w.as_default(), tf.contrib.summary.always_record_summaries():
    tf.contrib.summary.image("im", tf.ones([1, 2, 2, 3]), max_images=1)
    tf.contrib.summary.generic("g", x, step=7)
    tf.contrib.summary.audio("au", tf.zeros([1, 4, 1]), 8000.0, 1)
    with tf.contrib.summary.never_record_summaries():
        tf.contrib.summary.scalar("never", 1.0)
print(tf.contrib.summary.scalar("nowriter", 1.0))
err(lambda: tf.contrib.summary.initialize())
print(len(tf.contrib.summary.all_summary_ops()), tf.contrib.summary.all_summary_ops())
w2 = tf.compat.v2.summary.create_file_writer(d + "/b", name="w2")
with w2.as_default():
    tf.compat.v2.summary.scalar("v2s", x[0], step=gs, description="what")
    tf.compat.v2.summary.text("v2t", tf.constant(["a", "b"]), step=3)
    tf.compat.v2.summary.write("raw", x, step=2)
    with tf.compat.v2.summary.record_if(False):
        tf.compat.v2.summary.scalar("no", 1.0, step=1)
    err(lambda: tf.compat.v2.summary.scalar("nostep", 1.0))
    tf.compat.v2.summary.experimental.set_step(11)
    with tf.name_scope("sc"):
        tf.compat.v2.summary.scalar("st ep!", 1)
    print(tf.compat.v2.summary.experimental.get_step())
    tf.compat.v2.summary.histogram("hh", tf.constant([1.0, 2.0, 5.0, 5.0]), buckets=4)
    tf.compat.v2.summary.histogram("one", tf.constant([2.0, 2.0]), buckets=4)
    tf.compat.v2.summary.experimental.set_step(None)
    fl = tf.compat.v2.summary.flush()
ops = tf.summary.all_v2_summary_ops()
cl = w2.close()
print(tf.contrib.summary.eval_dir("q", "z"), tf.contrib.summary.summary_writer_initializer_op())
with tf.Session() as s, w.as_default():
    s.run(tf.global_variables_initializer())
    tf.contrib.summary.initialize(graph=tf.get_default_graph())
    for _ in range(3):
        s.run(ops)
        s.run(inc)
    s.run(fl)
    s.run(cl)
    s.run(w.flush())
    err(lambda: s.run(ops))
show(d + "/a")
show(d + "/b")
err(lambda: tf.compat.v2.summary.create_file_writer(None))
print(type(tf.contrib.summary.create_file_writer(None)).__name__)
