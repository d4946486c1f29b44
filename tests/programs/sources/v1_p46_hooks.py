import glob
import logging
import os
import re
import tempfile
import time

import tensorflow as tf

tf.logging.set_verbosity(tf.logging.INFO)


class Shown(logging.Handler):
    def emit(self, r):
        if "deprecated" in r.getMessage() or "seems that global" in r.getMessage():
            return
        print(
            "LOG",
            r.levelname,
            (re.sub(r"\d+\.\d+(e-\d+)?( sec)?$|\(\d+\.\d+ sec", "T", r.getMessage()))[:110],
        )


log = logging.getLogger("tensorflow")
log.handlers[:] = [Shown()]
log.propagate = False


def model(nan=False):
    tf.reset_default_graph()
    step = tf.train.get_or_create_global_step()
    x = tf.get_variable("x", [2], initializer=tf.ones_initializer())
    # Slow enough for the hooks to read the step before.
    with tf.control_dependencies([tf.py_func(lambda: time.sleep(0.01), [], [])]):
        inc = tf.assign_add(step, 1)
    with tf.control_dependencies([inc]):
        y = tf.reduce_sum(x * 0.001, name="y")
    tf.summary.scalar("s", y)
    return step, x, inc, y


print("== logging")
step, x, inc, y = model()
with tf.train.MonitoredSession(
    hooks=[
        tf.train.LoggingTensorHook({"b": y, "a": "x/read"}, every_n_iter=2, at_end=True),
        tf.train.StopAtStepHook(num_steps=5),
        tf.train.LoggingTensorHook(["y:0"], at_end=True),
        tf.train.LoggingTensorHook([y], every_n_iter=3, formatter=lambda d: "F%d" % len(d)),
    ]
) as s:
    n = 0
    while not s.should_stop():
        s.run(inc)
        n += 1
    try:
        s.run(inc)
    except RuntimeError as e:
        print(type(e).__name__, e)
print(n, s.should_stop(), s.graph)
try:
    s.close()
except Exception as e:
    print(type(e).__name__, e)
print("== files")
d = tempfile.mkdtemp()


class L(tf.train.CheckpointSaverListener):
    def begin(self):
        print("L begin")

    def before_save(self, s, g):
        print("L before", g)

    def after_save(self, s, g):
        print("L after", g)
        return g >= 7

    def __str__(self):
        return "L"

    def end(self, s, g):
        print("L end", g)


for _ in range(2):
    step, x, inc, y = model()
    with tf.train.MonitoredTrainingSession(
        checkpoint_dir=d,
        save_checkpoint_steps=3,
        save_summaries_steps=2,
        log_step_count_steps=4,
        chief_only_hooks=[tf.train.CheckpointSaverHook(d + "/o", save_steps=4, listeners=[L()])],
    ) as s:
        for _ in range(9):
            if s.should_stop():
                break
            s.run(inc)
    print(sorted(os.path.basename(p) for p in glob.glob(d + "/*") if "events" not in p))
tf.summary.FileWriterCache.clear()
for p in sorted(glob.glob(d + "/events*")):
    for e in tf.train.summary_iterator(p):
        print(
            e.step,
            e.WhichOneof("what"),
            [v.tag for v in e.summary.value],
            e.session_log.status if e.HasField("session_log") else "",
        )
print("== nan")
for fail in (True, False):
    model()
    z = tf.constant(float("nan"))
    try:
        with tf.train.MonitoredSession(hooks=[tf.train.NanTensorHook(z, fail)]) as s:
            s.run(z)
            print(s.should_stop())
    except tf.train.NanLossDuringTrainingError as e:
        print(repr(str(e)), isinstance(e, RuntimeError))
print("== feed, final, step_fn")
step, x, inc, y = model()
ph = tf.placeholder(tf.float32, name="ph")
w = ph * 2
fin = tf.train.FinalOpsHook({"a": step, "b": [x]})


def fn(step_context):
    a = step_context.session.run(w, {ph: 4.0})
    b = step_context.run_with_hooks([w, inc])
    if b[1] >= 3:
        step_context.request_stop()
    return a, b


with tf.train.MonitoredSession(hooks=[tf.train.FeedFnHook(lambda: {ph: 3.0}), fin]) as s:
    print(s.run(w))
    try:
        s.run(w, {ph: 1.0})
    except RuntimeError as e:
        print(str(e)[:60])
    try:
        s.run_step_fn(lambda a: 0)
    except ValueError as e:
        print(e)
    while not s.should_stop():
        print(s.run_step_fn(fn))
print(fin.final_ops_values)
print("== recovery")
step, x, inc, y = model()


class R(tf.train.SessionRunHook):
    n = 0

    def begin(self):
        print("begin")

    def after_create_session(self, s, c):
        print("create")

    def before_run(self, c):
        R.n += 1
        print("before", R.n, c.original_args)
        if R.n == 3:
            raise tf.errors.AbortedError(None, None, "gone")

    def after_run(self, c, v):
        print("after", v.results, type(v.options).__name__, type(v.run_metadata).__name__)

    def end(self, s):
        print("end")


d = tempfile.mkdtemp()
with tf.train.MonitoredTrainingSession(
    checkpoint_dir=d, hooks=[R()], save_checkpoint_steps=1, log_step_count_steps=None
) as s:
    for _ in range(4):
        print(s.run(inc))
    f = s.run({"g": step, "h": [step]})
    print(f)
step, x, inc, y = model()
try:
    with tf.train.SingularMonitoredSession(hooks=[R()]) as s:
        print(s.raw_session().run(step))
        R.n = 2
        s.run(inc)
except tf.errors.AbortedError as e:
    print("aborted", e.message)
print("== queue")
tf.reset_default_graph()
q = tf.FIFOQueue(4, tf.float32, shapes=[[]])
src = tf.get_variable("src", [], initializer=tf.zeros_initializer())
nx = tf.constant(2.0)
tf.train.add_queue_runner(tf.train.QueueRunner(q, [q.enqueue(nx)]))
o = q.dequeue()
with tf.train.MonitoredSession() as s:
    print([s.run(o) for _ in range(4)], s.graph.finalized)
print(tf.get_default_graph().finalized)
print("== manager")
step, x, inc, y = model()
sm = tf.train.SessionManager(ready_op=tf.report_uninitialized_variables())
for kw in (
    {},
    {"init_op": tf.no_op(name="nop")},
    {"init_fn": None, "init_op": tf.variables_initializer([x])},
):
    try:
        sm.prepare_session("", **kw)
    except Exception as e:
        print(type(e).__name__, str(e).split(", init fn")[0], str(e)[-60:])
sm = tf.train.SessionManager(ready_op=tf.report_uninitialized_variables(), recovery_wait_secs=5)
try:
    sm.wait_for_session("", max_wait_secs=0.25)
except Exception as e:
    print(type(e).__name__, e.message)
print(sm.recover_session("", tf.train.Saver(), checkpoint_dir=d)[1])
print(
    sm.recover_session(
        "", tf.train.Saver(), checkpoint_filename_with_path=tf.train.latest_checkpoint(d)
    )[1]
)
for a in [dict(ready_for_local_init_op=1)]:
    try:
        tf.train.SessionManager(**a)
    except Exception as e:
        print(type(e).__name__, e)
try:
    sm.prepare_session("", None, tf.train.Saver(), d, "x")
except Exception as e:
    print(type(e).__name__, e)
print("== wrong")
for f in (
    lambda: tf.train.StopAtStepHook(),
    lambda: tf.train.StopAtStepHook(1, 1),
    lambda: tf.train.SecondOrStepTimer(),
    lambda: tf.train.SecondOrStepTimer(1, 1),
    lambda: tf.train.LoggingTensorHook([x]),
    lambda: tf.train.LoggingTensorHook([x], every_n_iter=0),
    lambda: tf.train.CheckpointSaverHook(d, 1, saver=1, scaffold=1),
    lambda: tf.train.StepCounterHook(None),
    lambda: tf.train.SummarySaverHook(1),
    lambda: tf.train.Scaffold(copy_from_scaffold=1),
    lambda: tf.train.ProfilerHook(output_dir=d),
):
    try:
        f()
        print("fine")
    except Exception as e:
        print(type(e).__name__, e)
tf.reset_default_graph()
for h in (
    tf.train.StopAtStepHook(1),
    tf.train.StepCounterHook(),
    tf.train.SummarySaverHook(1, scaffold=1),
    tf.train.GlobalStepWaiterHook(1),
    tf.train.CheckpointSaverHook(d, 1),
    tf.train.LoggingTensorHook([x], 1),
    tf.train.ProfilerHook(1, output_dir=d),
):
    try:
        h.begin()
        print("fine")
    except Exception as e:
        print(type(e).__name__, str(e)[:60])
print("== profile")
step, x, inc, y = model()
d = tempfile.mkdtemp()
with tf.train.SingularMonitoredSession(
    hooks=[tf.train.ProfilerHook(save_steps=2, output_dir=d), tf.train.GlobalStepWaiterHook(0)]
) as s:
    for _ in range(6):
        s.run(inc)
print(sorted(glob.os.path.basename(p) for p in glob.glob(d + "/t*")))
t = tf.train.SecondOrStepTimer(every_steps=3)
print(
    [
        (
            t.should_trigger_for_step(i),
            t.update_last_triggered_step(i)[1] if t.should_trigger_for_step(i) else 0,
        )
        for i in range(8)
    ],
    t.last_triggered_step(),
)
