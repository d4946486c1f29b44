"""What is random after gradients of loops, conditions and arrays depends on how many nodes these have; effects in bodies."""
import numpy as np
import tensorflow as tf

tf.set_random_seed(7)
w = tf.get_variable("w", [2, 2])
x = tf.get_variable("x", [1, 2])
r = tf.get_variable("r", [4, 2], use_resource=True)
u = tf.placeholder(tf.float32, [None, 2], "u")
seq = tf.placeholder(tf.float32, [None, 3, 4], "seq")
lens = tf.placeholder(tf.int32, [None], "lens")

def loop(body, *values, n=3, **options):
    return tf.while_loop(lambda i, *_: i < n, body, [0, *values], **options)[1:]

def seed():
    return tf.multinomial([[0.0]], 1).op.get_attr("seed2")

def nested(h):
    return tf.while_loop(lambda j, g: tf.reduce_sum(g) < 9.0, lambda j, g: (j + 1, tf.cond(j > 1, lambda: g * w, lambda: g + h)), [0, h])[1]

def written(i, t):
    return i + 1, t.write(i, u * tf.cast(i, tf.float32))

p = x[0, 0] > 0
cases = dict(
    scalar=lambda: (loop(lambda i, a: (i + 1, a * 1.5), x), [x]),
    matrix=lambda: (loop(lambda i, h: (i + 1, tf.tanh(tf.matmul(h, w) + 1.0)), u), [w, u]),
    invariant=lambda: (loop(lambda i, h: (i + 1, h + u), tf.zeros([5, 2])), [u]),
    unused=lambda: (loop(lambda i, h, s: (i + 1, h * 0.5, s + tf.reduce_sum(h)), x, 0.0)[0], [x]),
    one_at_a_time=lambda: (loop(lambda i, h: (i + 1, tf.sin(h)), x, parallel_iterations=1), [x]),
    limited=lambda: (tf.while_loop(lambda i, h: i < 4, lambda i, h: (i + 1, tf.matmul(h, w)), (0, x), maximum_iterations=2)[1], [x, w]),
    not_back=lambda: (loop(lambda i, h: (i + 1, h * 2), x, back_prop=False), [x]),
    cond=lambda: (tf.cond(p, lambda: tf.matmul(x, w), lambda: tf.sin(x)), [x, w]),
    conds=lambda: (tf.cond(p, lambda: tf.cond(x[0, 1] > 0, lambda: tf.concat([x, x * w[:1]], 1), lambda: tf.reshape(w, [1, 4])), lambda: tf.reshape(tf.sin(w), [1, 4])), [x, w]),
    lookup=lambda: (tf.cond(p, lambda: tf.nn.embedding_lookup(w, [1, 0]), lambda: tf.nn.embedding_lookup(w, [1, 1]) * x), [w, x]),
    cond_in_loop=lambda: (loop(lambda i, h: (i + 1, tf.cond(tf.reduce_sum(h) > 1, lambda: tf.cond(i > 0, lambda: tf.sin(h), lambda: h * h), lambda: tf.exp(h))), u), [u]),
    loop_in_cond=lambda: (tf.cond(p, lambda: loop(lambda i, h: (i + 1, tf.sin(tf.matmul(h, w))), x)[0], lambda: x), [x, w]),
    everything=lambda: (loop(lambda i, h: (i + 1, tf.cond(i > 0, lambda: nested(h), lambda: h * u[:2])), w), [w, u]),
    rows=lambda: (loop(lambda i, h: (i + 1, h + tf.gather(w, [i, 0])), tf.zeros([2, 2]), n=2), [w]),
    handle=lambda: (loop(lambda i, h: (i + 1, h + tf.gather(r, [i])), x), [r, x]),
    grown=lambda: (tf.while_loop(lambda i, t: i < 3, written, [0, tf.TensorArray(tf.float32, 0, dynamic_size=True)])[1].concat(), [u]),
    parts=lambda: (loop(lambda i, h: (i + 1, h * tf.TensorArray(tf.float32, 2).split(w, [1, 1]).read(i)), x, n=2), [w, x]),
    mapped=lambda: (tf.map_fn(lambda row: tf.map_fn(lambda v: v * w[0, 0], row), u), [u, w]),
    scanned=lambda: (tf.scan(lambda a, e: a * e + w[0], u, reverse=True), [u, w]),
    folded=lambda: (tf.foldr(lambda a, e: tf.tanh(a + e), u), [u]),
)
for name, make in cases.items():
    ys, xs = make()
    before = seed()
    grads = tf.gradients(ys, xs)
    print(name, before, seed(), [g is None for g in grads])

out, _ = tf.nn.bidirectional_dynamic_rnn(
    tf.nn.rnn_cell.DropoutWrapper(tf.nn.rnn_cell.LSTMCell(3), 0.8), tf.nn.rnn_cell.GRUCell(3), seq, lens, dtype=tf.float32)
loss = tf.reduce_mean(tf.concat(out, 2) ** 2)
train = tf.train.AdamOptimizer().minimize(loss)
print("rnn", seed())
late = tf.layers.dense(u, 2, name="late")

# What nothing needs is not executed, in branches and bodies either.
def counted():
    r.assign_add(tf.ones([4, 2]))
    tf.Assert(False, ["never"])
    return tf.constant(1.0)
unneeded = tf.cond(tf.reduce_sum(u) > 0, counted, lambda: tf.constant(2.0))
repeated = loop(lambda i, a: (i + 1, a + counted()), 0.0)
with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    print(sess.run(late, {u: np.eye(2)}))
    before = sess.run(r)
    print(sess.run([unneeded, repeated], {u: np.eye(2)}), (sess.run(r) - before).max())
