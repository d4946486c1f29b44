"""Accumulators of gradients, and the optimizer that waits for several workers."""

import numpy as np
import tensorflow as tf

tf.enable_control_flow_v2()


def err(f):
    try:
        return f()
    except Exception as e:
        print(type(e).__name__, str(e).split("\n")[0][:200])


a = tf.ConditionalAccumulator(tf.float32, shape=[2], name="acc")
x = tf.placeholder(tf.float32)
ls = tf.placeholder(tf.int64)
ap = a.apply_grad(x, local_step=ls)
ap2 = a.apply_grad([1.0, 3.0])
tk = a.take_grad(2)
n = a.num_accumulated()
sg = a.set_global_step(5)
b = tf.ConditionalAccumulator(
    tf.float32, shape=tf.TensorShape([None, 2]), reduction_type="SUM", shared_name="q"
)
bt = b.take_grad(1)
ba = b.apply_grad(tf.ones([3, 2]), local_step=9)
bad = b.apply_grad(x, 9)
zero = a.take_grad(0)
s = tf.SparseConditionalAccumulator(tf.float32, shape=[4, 2])
i = tf.placeholder(tf.int64)
v = tf.placeholder(tf.float32)
sa = s.apply_grad(i, v, local_step=9)
sb = s.apply_indexed_slices_grad(tf.IndexedSlices(tf.ones([2, 2]), [1, 3], [4, 2]), 9)
st = s.take_grad(1)
si = s.take_indexed_slices_grad(2)
sn = s.num_accumulated()
ss = s.set_global_step(1)
with tf.Session() as sess:
    sess.run(ap2)
    sess.run(ap, {x: [2.0, 2.0], ls: 0})
    print(sess.run(n))
    print(sess.run(tk))
    print(sess.run(n))
    sess.run(ap, {x: [2.0, 2.0], ls: 0})
    print(sess.run(n))
    sess.run(ap, {x: [2.0, 2.0], ls: 1})
    print(sess.run(n))
    sess.run(sg)
    sess.run(ap, {x: [2.0, 2.0], ls: 4})
    print(sess.run(n))
    sess.run(ap, {x: [2.0, 6.0], ls: 7})
    print(sess.run(tk))
    err(lambda: sess.run(ap, {x: [2.0, 2.0, 3.0], ls: 10}))
    err(lambda: sess.run(ap, {x: 1.0, ls: 10}))
    err(lambda: sess.run(zero))
    sess.run(ba)
    sess.run(ba)
    print(sess.run(bt))
    sess.run(ba)
    err(lambda: sess.run(bad, {x: np.ones([2, 2])}))
    print(sess.run(bt))
    err(lambda: sess.run(bad, {x: np.ones([2, 3])}))
    sess.run(sa, {i: [0, 2], v: [[1, 1], [2, 2]]})
    sess.run(sb)
    sess.run(sa, {i: [2, 3], v: [[4, 4], [8, 9]]})
    print(sess.run(sn))
    print(sess.run(st))
    sess.run(sb)
    sess.run(sa, {i: [3, 1], v: [[1, 1], [2, 2]]})
    print(sess.run(si))
    sess.run(ss)
    err(lambda: sess.run(sa, {i: [0, 2], v: [[1, 1]]}))
    err(lambda: sess.run(sa, {i: [0, 2], v: [1, 1]}))
    err(lambda: sess.run(sa, {i: [[0, 2]], v: [[1, 1]]}))
    err(lambda: sess.run(sa, {i: [0, 7], v: [[1, 1], [2, 3]]}))
    err(lambda: sess.run(sa, {i: [0, 1], v: [[1, 1, 3], [2, 3, 3]]}))
    err(lambda: sess.run(sa, {i: [], v: np.zeros([0, 2])}))
    err(lambda: sess.run(s.apply_grad(i, v, [4, 3], 9), {i: [0, 1], v: [[1, 1, 2], [2, 3, 2]]}))
    err(lambda: sess.run(s.apply_grad(i, v, [4, 2, 3], 9), {i: [0, 1], v: [[1, 1], [2, 3]]}))
    print(sess.run(sn))
err(lambda: tf.ConditionalAccumulator(tf.float32, reduction_type="X"))
err(lambda: a.apply_grad([1.0, 2.0, 3.0]))
err(lambda: a.apply_grad([1, "a"]))
print(a.name, a.dtype, a.accumulator_ref, b.accumulator_ref, s.accumulator_ref)
tf.reset_default_graph()
tf.set_random_seed(1)
emb = tf.get_variable("emb", [5, 3])
ids = tf.constant([1, 3, 3])
w = tf.get_variable("w", [3, 2])
unused = tf.get_variable("u", [2])
y = tf.matmul(tf.nn.embedding_lookup(emb, ids), w)
loss = tf.reduce_mean(y * y)
gs = tf.train.get_or_create_global_step()
ema = tf.train.ExponentialMovingAverage(0.9)
opt = tf.train.SyncReplicasOptimizer(
    tf.train.MomentumOptimizer(0.0, 0.9),
    replicas_to_aggregate=1,
    variable_averages=ema,
    variables_to_average=[w],
)
err(opt.get_init_tokens_op)
err(opt.get_chief_queue_runner)
err(lambda: opt.make_session_run_hook(True).begin())
err(lambda: opt.apply_gradients([], gs))
err(lambda: opt.apply_gradients([(w, w)]))
train = opt.minimize(loss, global_step=gs)
err(lambda: opt.get_init_tokens_op(-3))
print(opt.get_init_tokens_op(0).name)
hook = opt.make_session_run_hook(is_chief=True)
with tf.train.MonitoredTrainingSession(is_chief=True, hooks=[hook], stop_grace_period_secs=1) as s:
    for _ in range(4):
        s.run(train)
print(
    [v.name for v in tf.global_variables()],
    [v.name for v in tf.local_variables()],
    opt.get_slot_names(),
    [v.name for v in opt.variables()],
)
print(opt.get_slot(w, "momentum"))
