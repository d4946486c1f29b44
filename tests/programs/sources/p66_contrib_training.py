"""HParams, optimizers and metrics of tf.contrib, and the operation of tf.contrib.training."""

import numpy as np
import tensorflow as tf

tf.enable_control_flow_v2()
tf.set_random_seed(1)


def err(f):
    try:
        return f()
    except Exception as e:
        print(type(e).__name__, str(e).split("\n")[0][:200])


H = tf.contrib.training.HParams
h = H(lr=0.1, n=3, name="x", flag=True, l=[1, 2], fs=[0.5])
print(h, repr(h), h.to_json(sort_keys=True), "lr" in h, h.get("n", 4), h.get("zz", 7))
h.parse("lr=0.2,n=5,name=abc,flag=false,l=[3,4,5]")
print(h.values())
h.add_hparam("new", None)
h.set_hparam("lr", 1)
print(h.lr, h.parse_json('{"n": 8}').n)
h.del_hparam("n")
print("n" in h)
for f in [
    lambda: h.parse("q=1"),
    lambda: h.parse("lr=a"),
    lambda: h.set_hparam("flag", 3),
    lambda: h.set_hparam("l", 3),
    lambda: h.set_hparam("lr", [3]),
    lambda: h.parse("lr=1,lr=2"),
    lambda: h.parse("lr"),
    lambda: H(a=[]),
    lambda: H(parse=1),
    lambda: h.get("l", 3),
    lambda: h.get("name", 3),
    lambda: h.set_hparam("nope", 1),
    lambda: h.override_from_dict({"name": 3}),
]:
    err(f)
print(
    tf.contrib.training.parse_values("a=1,b[1]=2,b[0]=3,c=[x y]", {"a": int, "b": float, "c": str})
)
emb = tf.get_variable("emb", [5, 3])
remb = tf.get_variable("remb", [5, 3], use_resource=True)
w = tf.get_variable("w", [3, 2], use_resource=True)
gs = tf.train.get_or_create_global_step()
y = tf.matmul(tf.nn.embedding_lookup(emb, [1, 3]) + tf.nn.embedding_lookup(remb, [0, 3]), w)
loss = tf.reduce_mean(y * y)
ops = []
ops.append(tf.contrib.opt.AdamWOptimizer(0.01, 0.05).minimize(loss, gs, decay_var_list=[w]))
ops.append(tf.contrib.opt.MomentumWOptimizer(0.01, 0.05, 0.9).minimize(loss))
ops.append(tf.contrib.opt.LazyAdamOptimizer(0.02).minimize(loss))
ma = tf.contrib.opt.MovingAverageOptimizer(tf.train.GradientDescentOptimizer(0.1), 0.5)
ops.append(ma.minimize(loss))
sv = ma.swapping_saver()
mt = tf.contrib.opt.MultitaskOptimizerWrapper(tf.train.AdamOptimizer(0.01))
g = mt.compute_gradients(loss, [w])
g, n = tf.contrib.opt.clip_gradients_by_global_norm(g, 1.0)
ops.append(mt.apply_gradients(g))
C = tf.contrib.opt.extend_with_decoupled_weight_decay(tf.train.AdagradOptimizer)
ops.append(C(0.1, learning_rate=0.1).minimize(loss))
op = tf.contrib.training.create_train_op(
    loss,
    tf.train.GradientDescentOptimizer(0.1),
    transform_grads_fn=tf.contrib.training.clip_gradient_norms_fn(1.0),
    summarize_gradients=True,
)
ops.append(op)
err(lambda: tf.contrib.opt.MultitaskOptimizerWrapper(3))
err(lambda: tf.contrib.training.multiply_gradients([], {}))
with tf.Session() as s:
    s.run(tf.global_variables_initializer())
    for o in ops:
        s.run(o)
        print(s.run([loss, n]))
    print(s.run(tf.global_variables()))
tf.reset_default_graph()
tf.set_random_seed(1)
M = tf.contrib.metrics
p = tf.constant([1, 0, 1, 1])
lab = tf.constant([1, 1, 1, 0])
pf = tf.constant([0.9, 0.2, 0.6, 0.7])
s = tf.constant([[0.1, 0.9, 0.3], [0.5, 0.2, 0.1]])
sl = tf.constant([[1], [2]], tf.int64)
m = {
    "acc": M.streaming_accuracy(p, lab),
    "auc": M.streaming_auc(pf, lab, num_thresholds=10, curve="PR"),
    "mean": M.streaming_mean(pf),
    "prec": M.streaming_precision(p, lab, metrics_collections=["mc"]),
    "rec": M.streaming_recall(p, lab),
    "mse": M.streaming_mean_squared_error(pf, tf.to_float(lab)),
    "iou": M.streaming_mean_iou(p, lab, 2),
    "rk": M.streaming_sparse_recall_at_k(s, sl, 2),
    "pt": M.streaming_precision_at_thresholds(pf, lab, [0.3, 0.65]),
    "fn": M.streaming_false_negatives(p, lab),
    "pl": M.streaming_percentage_less(pf, 0.5),
    "ss": M.streaming_sensitivity_at_specificity(pf, lab, 0.5, None, 20),
}
v, u = M.aggregate_metric_map(m)
a = M.accuracy(p, lab)
aw = M.accuracy(p, lab, tf.constant([1.0, 2.0, 0.0, 1.0]))
with tf.Session() as s:
    s.run(tf.local_variables_initializer())
    s.run(u)
    print({k: np.round(x, 4) for k, x in s.run(v).items()})
    print(s.run([a, aw]))
