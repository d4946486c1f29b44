"""Tensor arrays and tables in loops as TensorFlow 1's own control flow has them.

What arrays refuse, and which gradients of tables are slices; optimizers treat rows apart.
"""
import re

import numpy as np
import tensorflow as tf

def read_twice():
    ta = tf.TensorArray(tf.float32, 3).unstack(tf.constant([1.,2.,3.]))
    a = ta.read(0)
    with tf.control_dependencies([a]): return [a, ta.read(0)]
def read_twice_ok():
    ta = tf.TensorArray(tf.float32, 3, clear_after_read=False).unstack(tf.constant([1.,2.,3.]))
    a = ta.read(0)
    return [a, ta.read(0)]
def read_then_stack():
    ta = tf.TensorArray(tf.float32, 3).unstack(tf.constant([1.,2.,3.]))
    a = ta.read(1)
    with tf.control_dependencies([a]): return [a, ta.stack()]
def stack_twice():
    ta = tf.TensorArray(tf.float32, 3).unstack(tf.constant([1.,2.,3.]))
    a = ta.stack()
    with tf.control_dependencies([a]): return [a, ta.stack()]
def gather_then_read():
    ta = tf.TensorArray(tf.float32, 3).unstack(tf.constant([1.,2.,3.]))
    a = ta.gather([0,1])
    with tf.control_dependencies([a]): return [a, ta.read(1)]
def gather_dup():
    ta = tf.TensorArray(tf.float32, 3).unstack(tf.constant([1.,2.,3.]))
    return ta.gather([0,0])
def concat_then_read():
    ta = tf.TensorArray(tf.float32, 3, infer_shape=False).split(tf.constant([1.,2.,3.]), [1,1,1])
    a = ta.concat()
    with tf.control_dependencies([a]): return [a, ta.read(1)]
def unwritten():
    ta = tf.TensorArray(tf.float32, 3)
    return ta.read(0)
def unwritten_shape():
    ta = tf.TensorArray(tf.float32, 3, element_shape=[2])
    return ta.read(0)
def unwritten_infer():
    ta = tf.TensorArray(tf.float32, 3).write(0, [1.,2.])
    return ta.read(1)
def unwritten_stack():
    ta = tf.TensorArray(tf.float32, 3).write(0, [1.,2.])
    return ta.stack()
def write_twice():
    ta = tf.TensorArray(tf.float32, 3).write(0, 1.).write(0, 2.)
    return ta.read(0)
def write_after_read():
    ta = tf.TensorArray(tf.float32, 3).write(0, 1.)
    a = ta.read(0)
    with tf.control_dependencies([a]): ta = ta.write(0, 2.)
    return [a, ta.read(0)]
def write_after_read_noclear():
    ta = tf.TensorArray(tf.float32, 3, clear_after_read=False).write(0, 1.)
    a = ta.read(0)
    with tf.control_dependencies([a]): ta = ta.write(0, 2.)
    return [a, ta.read(0)]
def oob_read():
    return tf.TensorArray(tf.float32, 3).unstack(tf.constant([1.,2.,3.])).read(5)
def oob_read_neg():
    return tf.TensorArray(tf.float32, 3).unstack(tf.constant([1.,2.,3.])).read(-1)
def oob_write():
    return tf.TensorArray(tf.float32, 3).write(3, 1.).stack()
def oob_write_neg():
    return tf.TensorArray(tf.float32, 3).write(-1, 1.).stack()
def oob_gather():
    return tf.TensorArray(tf.float32, 3).unstack(tf.constant([1.,2.,3.])).gather([0,7])
def oob_scatter():
    return tf.TensorArray(tf.float32, 3).scatter([0,7], tf.constant([1.,2.])).read(0)
def unstack_size():
    return tf.TensorArray(tf.float32, 2).unstack(tf.constant([1.,2.,3.])).stack()
def unstack_size_small():
    return tf.TensorArray(tf.float32, 5).unstack(tf.constant([1.,2.,3.])).stack()
def write_dtype():
    return tf.TensorArray(tf.float32, 3).write(0, tf.constant(1)).read(0)
def write_shape():
    return tf.TensorArray(tf.float32, 3, element_shape=[2]).write(0, tf.constant([1.,2.,3.])).read(0)
def write_shape_run():
    p = tf.placeholder_with_default([1.,2.,3.], [None])
    return tf.TensorArray(tf.float32, 3, element_shape=[2]).write(0, p).read(0)
def write_shape_infer():
    p = tf.placeholder_with_default([1.,2.,3.], [None])
    return tf.TensorArray(tf.float32, 3).write(0, tf.constant([1.,2.])).write(1, p).stack()
def write_shape_noinfer():
    p = tf.placeholder_with_default([1.,2.,3.], [None])
    return tf.TensorArray(tf.float32, 2, infer_shape=False).write(0, tf.constant([1.,2.])).write(1, p).stack()
def split_len():
    return tf.TensorArray(tf.float32, 2).split(tf.constant([1.,2.,3.]), [1,1]).read(0)
def loop_read_twice():
    ta = tf.TensorArray(tf.float32, 3).unstack(tf.constant([1.,2.,3.]))
    return tf.while_loop(lambda i, s: i < 3, lambda i, s: (i+1, s + ta.read(0)), [0, 0.])
def loop_read_then_stack():
    ta = tf.TensorArray(tf.float32, 3).unstack(tf.constant([1.,2.,3.]))
    _, s = tf.while_loop(lambda i, s: i < 3, lambda i, s: (i+1, s + ta.read(i)), [0, 0.])
    with tf.control_dependencies([s]): return [s, ta.stack()]
def loop_write_twice():
    ta = tf.TensorArray(tf.float32, 3)
    _, ta = tf.while_loop(lambda i, t: i < 3, lambda i, t: (i+1, t.write(0, 1.)), [0, ta])
    return ta.stack()
def loop_out_of_bounds():
    ta = tf.TensorArray(tf.float32, 3)
    _, ta = tf.while_loop(lambda i, t: i < 4, lambda i, t: (i+1, t.write(i, 1.)), [0, ta])
    return ta.stack()
def loop_prev():
    ta = tf.TensorArray(tf.float32, 4).write(0, 1.)
    _, ta = tf.while_loop(lambda i, t: i < 4, lambda i, t: (i+1, t.write(i, t.read(i-1)*2.)), [1, ta])
    return ta.stack()
def loop_prev_noclear():
    ta = tf.TensorArray(tf.float32, 4, clear_after_read=False).write(0, 1.)
    _, ta = tf.while_loop(lambda i, t: i < 4, lambda i, t: (i+1, t.write(i, t.read(i-1)*2.)), [1, ta])
    return ta.stack()
def neg_size():
    return tf.TensorArray(tf.float32, -1).size()
def empty_stack():
    return tf.TensorArray(tf.float32, 0).stack()
def empty_stack_dyn():
    return tf.TensorArray(tf.float32, 0, dynamic_size=True).stack()
def empty_concat():
    return tf.TensorArray(tf.float32, 0, dynamic_size=True).concat()
def empty_stack_shape():
    return tf.TensorArray(tf.float32, 0, element_shape=[2]).stack()
def dyn_gap():
    return tf.TensorArray(tf.float32, 1, dynamic_size=True).write(3, [1., 2.]).stack()
def concat_scalar():
    return tf.TensorArray(tf.float32, 1, infer_shape=False).write(0, 1.).concat()
def concat_diff():
    return tf.TensorArray(tf.float32, 2, infer_shape=False).write(0, [[1.,2.]]).write(1, [[1.,2.,3.]]).concat()
def grad_read():
    x = tf.constant([1.,2.,3.])
    ta = tf.TensorArray(tf.float32, 3).unstack(x)
    y = ta.read(0) * ta.read(2)
    return tf.gradients(y, x)
def after_other_branch():
    ta = tf.TensorArray(tf.float32, 3).unstack(tf.constant([1.,2.,3.]))
    a = ta.read(0)
    b = ta.read(0)
    return a
def two_versions():
    t0 = tf.TensorArray(tf.float32, 3)
    t1 = t0.write(0, 1.)
    with tf.control_dependencies([t1.flow]): t2 = t0.write(0, 2.)
    return t2.size()


for name, make in [(n, f) for n, f in list(globals().items()) if callable(f) and getattr(f, "__module__", "") == __name__]:
    with tf.Graph().as_default():
        try:
            made = make()
            with tf.Session() as sess:
                print(name, np.asarray(sess.run(made)).tolist())
        except (ValueError, tf.errors.OpError) as e:
            print(name, type(e).__name__, re.sub(r"_\d+:", ":", str(e).splitlines()[0]))

# -- tables in loops and conditions --------------------------------------------------------------
IDS = np.array([[1, 2, 1], [3, 0, 1]], np.int32)


def losses(E, W, ids):
    x = lambda i: tf.nn.embedding_lookup(E, ids[:, i])
    def loop(step, n=3):
        return tf.while_loop(lambda i, h: i < n, lambda i, h: (i + 1, step(i, h)), [0, tf.zeros([2, 2])])[1]
    cell = lambda i, h: tf.tanh(tf.matmul(h, W) + x(i))
    positive = tf.reduce_sum(W) > 0
    yield "loop", loop(cell)
    yield "two lookups", loop(lambda i, h: tf.tanh(h + x(i) * x(0)))
    yield "also dense", loop(lambda i, h: cell(i, h) + .1 * tf.reduce_mean(E))
    yield "both branches", tf.cond(positive, lambda: x(0), lambda: x(1) * 2.)
    yield "one branch", tf.cond(positive, lambda: x(0), lambda: tf.ones([2, 2]))
    yield "a dense branch", tf.cond(positive, lambda: x(0), lambda: E[:2])
    yield "scan", tf.scan(lambda a, t: tf.tanh(a + tf.gather(E, t)), tf.transpose(ids), initializer=tf.zeros([2, 2]))[-1]
    yield "map", tf.map_fn(lambda t: tf.gather(E, t), ids, dtype=tf.float32)
    if W.dtype._is_ref_dtype:
        # With a resource TensorFlow fails, or puts the slices in another order.
        yield "loop in loop", loop(lambda i, h: loop(cell) + .1 * h, 2)
        yield "outside too", loop(cell) + tf.gather(E, [4, 4])


for resource in (False, True):
    with tf.Graph().as_default(), tf.variable_scope("tables", use_resource=resource):
        E = tf.get_variable("E", initializer=tf.constant(np.arange(10, dtype="f").reshape(5, 2) * .1 - .3))
        W = tf.get_variable("W", initializer=tf.constant([[.5, -.3], [.2, .8]]))
        named = [(name, tf.gradients(tf.reduce_sum(h * h), E)[0]) for name, h in losses(E, W, tf.constant(IDS))]
        with tf.Session() as sess:
            sess.run(tf.global_variables_initializer())
            for (name, g), value in zip(named, sess.run([g for _, g in named])):
                print(name, type(g).__name__, g.dtype.name, getattr(value, "indices", None))

for optimizer in (tf.train.MomentumOptimizer(.1, .9), tf.train.AdagradOptimizer(.1), tf.train.AdamOptimizer(.05)):
    with tf.Graph().as_default():
        ids = tf.placeholder(tf.int32, [2, 3])
        E = tf.get_variable("E", initializer=tf.constant(np.arange(10, dtype="f").reshape(5, 2) * .1 - .3))
        W = tf.get_variable("W", initializer=tf.constant([[.5, -.3], [.2, .8]]))
        _, h = tf.while_loop(
            lambda i, h: i < 3,
            lambda i, h: (i + 1, tf.tanh(tf.matmul(h, W) + tf.gather(E, ids[:, i]))), [0, tf.zeros([2, 2])])
        gradients, variables = zip(*optimizer.compute_gradients(tf.reduce_sum(h * h)))
        gradients, norm = tf.clip_by_global_norm(gradients, .5)
        train = optimizer.apply_gradients(zip(gradients, variables))
        with tf.Session() as sess:
            sess.run(tf.global_variables_initializer())
            for k in range(4):
                sess.run([norm], {ids: (IDS + k) % 4})
                sess.run(train, {ids: (IDS + k) % 4})
            sess.run([E, W])
