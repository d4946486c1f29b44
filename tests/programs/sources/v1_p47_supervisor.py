import glob
import logging
import os
import re
import tempfile

import tensorflow as tf

tf.logging.set_verbosity(tf.logging.INFO)


class Shown(logging.Handler):
    def emit(self, r):
        m = r.getMessage()
        if "deprecated" in m:
            return
        print("LOG", r.levelname, re.sub(r"<class '[\w.]*\.", "<class '", m))


log = logging.getLogger("tensorflow")
log.handlers[:] = [Shown()]
log.propagate = False
d = tempfile.mkdtemp()
for _ in range(2):
    tf.reset_default_graph()
    step = tf.train.get_or_create_global_step()
    inc = tf.assign_add(step, 1)
    tf.summary.scalar("s", tf.constant(1.0))
    sv = tf.train.Supervisor(logdir=d, save_summaries_secs=0, save_model_secs=0)
    print(
        [
            str(getattr(v, "name", v))
            for v in (
                sv.init_op,
                sv.ready_op,
                sv.ready_for_local_init_op,
                sv.summary_op,
                sv.global_step,
            )
        ],
        sv.is_chief,
        sv.save_model_secs,
        os.path.basename(sv.save_path),
        type(sv.saver).__name__,
        type(sv.session_manager).__name__,
    )
    with sv.managed_session() as sess:
        for _ in range(3):
            sess.run(inc)
        sv.summary_computed(sess, sess.run(sv.summary_op))
        sv.saver.save(sess, sv.save_path, global_step=step)
        print(sess.run(step), sv.should_stop())
    print(
        sv.should_stop(),
        sorted({re.sub(r"\d{9,}.*", "", os.path.basename(p)) for p in glob.glob(d + "/*")}),
    )
# Two files of one second have one name in TensorFlow.
for p in [max(glob.glob(d + "/events*"), key=os.path.getmtime)]:
    for e in tf.train.summary_iterator(p):
        print(
            e.step,
            e.WhichOneof("what"),
            [v.tag for v in e.summary.value],
            e.session_log.status if e.HasField("session_log") else "",
        )
tf.reset_default_graph()
v = tf.Variable(1.0)
sv = tf.train.Supervisor(logdir=None, summary_op=None)
try:
    with sv.managed_session("") as sess:
        raise ValueError("mine")
except ValueError as e:
    print(e)
with sv.managed_session("") as sess:
    raise tf.errors.OutOfRangeError(None, None, "end")
for f in (
    lambda: sv.summary_computed(sess, b""),
    lambda: tf.train.Supervisor(is_chief=False),
    lambda: tf.train.Supervisor(init_op=None, local_init_op=None).prepare_or_wait_for_session(),
):
    try:
        f()
    except Exception as e:
        print(type(e).__name__, str(e).split("{")[0][:100])
n = []


def f(sess, k):
    n.append(k)
    if len(n) == 2:
        raise tf.errors.AbortedError(None, None, "x")
    if len(n) == 4:
        sv.request_stop()


tf.train.basic_train_loop(sv, f, args=[7])
print(n)
