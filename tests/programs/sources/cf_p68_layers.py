"""Conditions and loops in calls of layers, which give every value inside them."""
import numpy as np
import tensorflow as tf
tf.enable_control_flow_v2()
tf.set_random_seed(5)
tr = tf.placeholder_with_default(False, [], name="tr"); x = tf.placeholder(tf.float32, [None, 8], name="x")
h = tf.layers.dense(x, 6, activation=tf.nn.relu, name="d1")
h = tf.layers.dropout(h, 0.4, training=tr)
h = tf.layers.batch_normalization(h, training=True)
c = tf.layers.conv1d(tf.expand_dims(h, 2), 3, 2, padding="same")
c = tf.layers.batch_normalization(c, training=True, fused=False, momentum=0.9)
c = tf.layers.dropout(tf.layers.flatten(c), 0.2, training=tr)
im = tf.layers.conv2d(tf.reshape(x, [-1, 2, 2, 2]), 3, 2, name="cc")
im = tf.layers.batch_normalization(im, training=True)
class L(tf.layers.Layer):
    def build(self, s): self.w = self.add_weight("w", [8, 3]); self.built = True
    def call(self, x):
        y = tf.cond(tf.reduce_sum(x) > 0, lambda: tf.matmul(x, self.w), lambda: tf.nn.relu(tf.matmul(x * 2, self.w)))
        _, z = tf.while_loop(lambda i, a: i < 3, lambda i, a: (i + 1, tf.tanh(a) * tf.reduce_mean(self.w)), [0, y])
        m = tf.map_fn(lambda r: tf.cond(r[0] > 0, lambda: r * 2, lambda: tf.exp(r)), y)
        return z + m
o = L()(x)
y = tf.layers.dense(tf.concat([c, tf.layers.flatten(im), o], 1), 1)
loss = tf.reduce_mean(y ** 2)
with tf.control_dependencies(tf.get_collection(tf.GraphKeys.UPDATE_OPS)):
    train = tf.train.GradientDescentOptimizer(0.01).minimize(loss)
# A condition in a loop in a loop: what its gradient needs comes out of the loop inside as a list; slices with an index of the loop.
lens = tf.placeholder(tf.int32, [5])
v = tf.get_variable("v", [8, 8])
def rows(i, acc):
    def steps(j, h):
        return j + 1, tf.cond(tf.equal(j % 2, 0), lambda: tf.tanh(tf.squeeze(tf.matmul(h[None], v), 0)), lambda: h * 0.5)
    _, h = tf.while_loop(lambda j, h: j < lens[i], steps, [0, x[i]])
    return i + 1, acc + tf.reduce_sum(h) + tf.reduce_prod(x[i, 1:3]) + tf.reduce_sum(x[-1 - i, -2:])
_, total = tf.while_loop(lambda i, a: i < 5, rows, [0, 0.0])
back = tf.gradients(total, [x, v])
d = np.sin(np.arange(40)).reshape(5, 8)
with tf.Session() as s:
    s.run(tf.global_variables_initializer())
    for k in range(4): print(s.run([loss, train], {x: d, tr: True})[0], s.run(loss, {x: d}))
    for ln in ([0, 1, 2, 3, 4], [5, 0, 3, 1, 2]):
        print(s.run([total, back], {x: d, lens: ln}))
