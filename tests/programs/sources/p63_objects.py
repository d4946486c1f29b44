"""Checkpoints of objects in graph mode: modules, slots, restoring what is made later, errors."""

import os
import tempfile

import tensorflow as tf

d = tempfile.mkdtemp()
tf.set_random_seed(1)


class Net(tf.Module):
    def __init__(self):
        super().__init__(name="net")
        self.w = tf.get_variable("w", [3, 2], use_resource=True)
        self.parts = [
            tf.Variable(1.0, use_resource=True, name="p0"),
            tf.Variable(2.0, use_resource=True, name="p1"),
        ]
        self.d = {"a": tf.Variable(3.0, name="da"), "b": 5}

    def __call__(self, x):
        return tf.matmul(x, self.w) * self.parts[0] + self.parts[1] + self.d["a"]


n = Net()
dense = tf.layers.Dense(4, name="dd")
x = tf.ones([5, 3])
y = dense(n(x))
loss = tf.reduce_mean(y * y)
opt = tf.train.AdamOptimizer(0.1)
gs = tf.train.get_or_create_global_step()
train = opt.minimize(loss, gs)
ck = tf.train.Checkpoint(net=n, dense=dense, opt=opt, step=gs)
with tf.Session() as s:
    s.run(tf.global_variables_initializer())
    for _ in range(3):
        s.run(train)
    p = ck.save(d + "/m", session=s)
    print(os.path.basename(p))
    l1 = s.run(loss)
    for _ in range(3):
        s.run(train)
    p2 = ck.save(d + "/m", session=s)
    print(os.path.basename(p2), sorted(os.listdir(d)))
    st = ck.restore(p)
    st.assert_consumed().run_restore_ops(s)
    print(abs(s.run(loss) - l1) < 1e-6, s.run(gs), s.run(ck.save_counter))
    print(open(d + "/checkpoint").read())
for k, sh in tf.train.list_variables(p):
    print(k, sh)
r = tf.train.NewCheckpointReader(p)
print(tf.contrib.checkpoint.object_metadata(p))
print(tf.contrib.checkpoint.dot_graph_from_checkpoint(p))
print(type(n.parts).__name__, n.d, len(n.variables), [v.name for v in n.variables])

tf.reset_default_graph()
tf.set_random_seed(7)


def nm(p):
    return os.path.basename(p)


def err(f):
    try:
        return f()
    except Exception as e:
        print(type(e).__name__, str(e).split("\n")[0].replace(d, "D")[:20])


# deferred restoration in graph mode
v = tf.Variable([1.0, 2.0], name="v", use_resource=True)
u = tf.get_variable("u", [2])
ck = tf.train.Checkpoint(v=v, u=u)
m = tf.train.CheckpointManager(ck, d + "/sub", max_to_keep=2)
with tf.Session() as s:
    s.run(tf.global_variables_initializer())
    s.run(v.assign([5.0, 6.0]))
    for _ in range(4):
        print(nm(m.save()), [nm(c) for c in m.checkpoints])
    print(sorted(os.listdir(d + "/sub")), nm(m.latest_checkpoint))
    p = m.latest_checkpoint
    print(nm(ck.write(d + "/w")))
with tf.Graph().as_default():
    root = tf.train.Checkpoint()
    st = root.restore(p)
    err(st.assert_consumed)
    err(st.assert_existing_objects_matched)
    err(st.assert_nontrivial_match)
    root.v = tf.Variable([0.0, 0.0], name="other")
    err(st.assert_consumed)
    root.u = tf.Variable([0.0, 0.0], name="u2", use_resource=True)
    root.extra = tf.Variable(9.0, name="extra")
    err(st.assert_existing_objects_matched)
    with tf.Session() as s:
        st.initialize_or_restore(s)
        print(s.run([root.v, root.u, root.extra, root.save_counter]))
    st2 = tf.train.Checkpoint(v=root.v).restore(None)
    err(st2.assert_consumed)
    err(st2.run_restore_ops)
    with tf.Session() as s:
        st2.initialize_or_restore(s)
        print(s.run(root.v))
    err(lambda: tf.train.Checkpoint(a=3))
    err(lambda: root.restore(d + "/nothing"))
# optimizer slots deferred
tf.reset_default_graph()


def model():
    tf.set_random_seed(2)
    t = tf.make_template(
        "t",
        lambda x: (
            tf.layers.dense(x, 2, name="de")
            + tf.get_variable("off", [2], initializer=tf.zeros_initializer())
        ),
    )
    loss = tf.reduce_sum(t(tf.ones([3, 2])) ** 2)
    o = tf.train.MomentumOptimizer(0.01, 0.9)
    return t, loss, o


t, loss, o = model()
tr = o.minimize(loss)
ck = tf.train.Checkpoint(t=t, o=o)
with tf.Session() as s:
    s.run(tf.global_variables_initializer())
    s.run(tr)
    s.run(tr)
    p = ck.save(d + "/slots", s)
    a = s.run(loss)
    s.run(tr)
    b = s.run(loss)
    print(a, b)
tf.reset_default_graph()
ck = tf.train.Checkpoint()
st = ck.restore(p)
t, loss, o = model()
ck.t = t
ck.o = o
tr = o.minimize(loss)
with tf.Session() as s:
    st.assert_consumed().initialize_or_restore(s)
    print(s.run(loss))
    s.run(tr)
    print(s.run(loss))
    print(sorted(o.variables(), key=lambda v: v.name), t._checkpoint_dependencies)
# name based
tf.reset_default_graph()
a = tf.Variable(1.5, name="a")
b = tf.Variable([2], name="b", use_resource=True)
with tf.Session() as s:
    s.run(tf.global_variables_initializer())
    p = tf.train.Saver().save(s, d + "/byname")
tf.reset_default_graph()
a = tf.Variable(0.0, name="a")
b = tf.Variable([0], name="b", use_resource=True)
ck = tf.train.Checkpoint(x=a, y=b)
st = ck.restore(p)
err(st.assert_consumed)
with tf.Session() as s:
    err(lambda: st.run_restore_ops(s))

for k, sh in tf.train.list_variables(d + "/slots-1"):
    print(k, sh)
s1 = tf.train.Checkpoint(l=tf.contrib.checkpoint.List([a, b]), m=tf.contrib.checkpoint.Mapping(q=a))
print(s1.l, s1.m)
err(lambda: tf.contrib.checkpoint.List([1]))
err(lambda: tf.contrib.checkpoint.Mapping({1: a}))
s1.k = [a, 3]
s1.k[0] = b
with tf.Session() as s:
    err(lambda: s1.save(d + "/zz", s))
s1.k = {1: a}
with tf.Session() as s:
    err(lambda: s1.save(d + "/zz", s))
s1.k = tf.contrib.checkpoint.NoDependency([b])
print(type(s1.k).__name__)
