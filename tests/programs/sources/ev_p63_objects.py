"""Checkpoints of objects in eager mode: slots and variables restored as they are made, managers."""

import os
import re
import tempfile

import numpy as np
import tensorflow as tf

tf.enable_eager_execution()
tf.set_random_seed(3)
d = tempfile.mkdtemp()


def err(f):
    try:
        return f()
    except Exception as e:
        print(type(e).__name__, str(e).split("\n")[0].replace(d, "D")[:150])


class Net(tf.Module):
    def __init__(self):
        super().__init__()
        self.k = tf.Variable(tf.random_normal([2, 2]), name="k")
        self.b = None

    def __call__(self, x):
        if self.b is None:
            self.b = tf.Variable(tf.zeros([2]), name="b")
        return tf.matmul(x, self.k) + self.b


n = Net()
o = tf.train.AdamOptimizer(0.1)
gs = tf.train.get_or_create_global_step()
x = tf.ones([3, 2])


def step(n, o):
    with tf.GradientTape() as t:
        loss = tf.reduce_sum(n(x) ** 2)
    vs = [n.k, n.b]
    grads = t.gradient(loss, vs)
    o.apply_gradients([(grads[0], n.k), (grads[1], n.b)], global_step=gs)
    return loss.numpy()


print([step(n, o) for _ in range(3)])
dense = tf.layers.Dense(2, name="q")
dense(x)
py = tf.contrib.checkpoint.NumpyState()
py.a = np.arange(3.0)
ck = tf.train.Checkpoint(n=n, o=o, gs=gs, dense=dense, py=py)
p = ck.save(d + "/e")
print(os.path.basename(p), ck.save_counter.numpy())
print([step(n, o) for _ in range(2)])
st = ck.restore(p)
st.assert_consumed()
print([step(n, o) for _ in range(2)])
n2 = Net()
o2 = tf.train.AdamOptimizer(0.1)
dense2 = tf.layers.Dense(2, name="q")
py2 = tf.contrib.checkpoint.NumpyState()
ck2 = tf.train.Checkpoint(n=n2, o=o2, gs=gs, dense=dense2, py=py2)
st = ck2.restore(p)
err(st.assert_consumed)
print(py2.a, ck2.save_counter.numpy())
print([step(n2, o2) for _ in range(2)])
dense2(x)
print(np.abs(dense2.kernel.numpy() - dense.kernel.numpy()).max())
st.assert_consumed()
st.initialize_or_restore()
for k, s in tf.train.list_variables(p):
    print(k, s)

print(re.sub(r'(k|b)_\d+|_\d+"', r'\1"', str(tf.contrib.checkpoint.object_metadata(p))))
m = tf.train.CheckpointManager(ck, d + "/m", 3, keep_checkpoint_every_n_hours=1)
for i in range(4):
    m.save(checkpoint_number=10 * i)
print(
    [os.path.basename(c) for c in m.checkpoints],
    os.path.basename(tf.train.latest_checkpoint(d + "/m")),
)
m2 = tf.train.CheckpointManager(ck, d + "/m", 3)
print([os.path.basename(c) for c in m2.checkpoints])
print(os.path.basename(m2.save()), [os.path.basename(c) for c in m2.checkpoints])
print(tf.train.global_step(None, ck.save_counter))
err(lambda: tf.train.CheckpointManager(ck, d, 0))
s = tf.contrib.eager.Saver([n.k, n.b])
q = s.save(d + "/tfe", 3)
print(os.path.basename(q))
n.b.assign([7.0, 7.0])
s.restore(q)
print(n.b.numpy())
# name based into objects
ck3 = tf.train.Checkpoint(n=n)
st = ck3.restore(q)

print(n.b.numpy())
