"""tf.function inside graphs and sessions, and the switches of version 2."""
import numpy as np
import tensorflow as tf

def at(label, f, n=1):
    try:
        print(label, f())
    except Exception as e:
        print(label, type(e).__name__, '|'.join((l.strip() for l in str(e).strip().split('\n')[:n]))[:200])
x = tf.placeholder(tf.float32, [None, 2], name='x')
v = tf.get_variable('v', [2, 1], initializer=tf.ones_initializer())
r = tf.Variable(1.0, use_resource=True, name='r')

@tf.function
def dense(x, n=2):
    for i in range(n):
        x = tf.nn.relu(x)
    if tf.reduce_sum(x) > 100.0:
        return x * 0.0
    return x * r
y = tf.matmul(dense(x), v)
loss = tf.reduce_mean(y)
g = tf.gradients(loss, [v, r, x])

@tf.function
def count():
    return r.assign_add(1.0)
c = count()
train = tf.train.GradientDescentOptimizer(0.1).minimize(loss)
s = tf.Session()
s.run(tf.global_variables_initializer())
print(s.run([y, loss] + g, {x: [[1, 2], [3, -4]]}))
print(s.run(y, {x: [[100, 2]]}), s.run(c), s.run(c))
s.run(train, {x: [[1.0, 2.0]]})
print(s.run([v, r]))
print([o.type for o in tf.get_default_graph().get_operations() if 'artitioned' in o.type])
at('ref capture', lambda: s.run(tf.function(lambda: v + 1.0)()))

@tf.function
def loop(n):
    i, t = (0, 0.0)
    while i < n:
        t += tf.cast(i, tf.float32)
        i += 1
    return t
at('loop', lambda: s.run(loop(tf.constant(4))))
at('grad loop', lambda: s.run(tf.gradients((lambda z: tf.function(lambda q: tf.while_loop(lambda i, a: i < 3, lambda i, a: (i + 1, a * q), (0, 1.0))[1])(z))(r), r)))
with tf.variable_scope('a'):

    @tf.function
    def sc(x):
        with tf.name_scope('inner'):
            return tf.add(x, 1.0, name='plus')
    out = sc(tf.constant(1.0))
print(out.name, out.op.name)
at('collect', lambda: [q.name for q in tf.global_variables()])
at('print', lambda: s.run(tf.function(lambda q: tf.print('hello', q, output_stream='file:///dev/null') or q)(tf.constant(1))))
at('random', lambda: len(s.run(tf.function(lambda: tf.random_normal([2], seed=1))())))
at('twice', lambda: (lambda t: [s.run(t).tolist(), s.run(t).tolist()])(tf.function(lambda: tf.random_uniform([1], seed=1))()))
at('cond', lambda: s.run(tf.cond(tf.constant(True), lambda: loop(tf.constant(3)), lambda: 0.0)))
at('map', lambda: s.run(tf.map_fn(lambda t: loop(t), tf.constant([1, 2, 3]), dtype=tf.float32)))

@tf.function
def mk(x):
    w = tf.get_variable('w_in', [1], initializer=tf.zeros_initializer())
    return w + x
at('get_variable in fn', lambda: mk(tf.constant(1.0)).shape)
at('nested grads', lambda: s.run(tf.function(lambda q: tf.gradients(q * q, q)[0])(tf.constant(3.0))))
with tf.control_dependencies([c]):
    at('deps', lambda: s.run(tf.function(lambda: r + 0.0)()))
at('saver', lambda: len(tf.train.Saver().as_saver_def().save_tensor_name) > 0)
at('defun', lambda: s.run(tf.contrib.eager.defun(lambda q: q + 1)(tf.constant(1))))
at('graphdef', lambda: sorted(set((f.signature.name.split('_')[3] for f in tf.get_default_graph().as_graph_def().library.function if 'inference' in f.signature.name)))[:3])
at('switches', lambda: (tf.control_flow_v2_enabled(), tf.resource_variables_enabled()))
tf.enable_resource_variables()
at('rv', lambda: (tf.resource_variables_enabled(), type(tf.Variable(1.0, name='rv1')).__name__ in ('ResourceVariable', 'Variable'), tf.Variable(1.0, name='rv2').op.type, tf.get_variable('rv3', [1]).op.type))
tf.disable_resource_variables()
at('rv off', lambda: (tf.Variable(1.0, name='rv4').op.type, tf.get_variable('rv5', [1]).op.type))
at('shape', lambda: (tf.zeros([2, 3]).shape[0], tf.zeros([2, 3]).shape, repr(tf.zeros([2]).shape), [d for d in tf.zeros([2, 3]).shape], x.shape[0], tf.zeros([2]).shape[:1]))
tf.enable_v2_tensorshape()
at('shape v2', lambda: (tf.zeros([2, 3]).shape[0], tf.zeros([2, 3]).shape, repr(tf.zeros([2]).shape), [d for d in tf.zeros([2, 3]).shape], x.shape[0], tf.zeros([2]).shape[:1], x.shape.as_list(), tf.TensorShape([None, 2]), str(x.shape)))
tf.disable_v2_tensorshape()
at('shape v1', lambda: tf.zeros([2]).shape[0])
tf.enable_control_flow_v2()
at('cf2', lambda: tf.cond(tf.placeholder(tf.bool), lambda: tf.constant(1.0), lambda: tf.constant(2.0)).op.type)
at('cf2 w', lambda: tf.while_loop(lambda i: i < 3, lambda i: i + 1, [0]).op.type)
at('cfe', lambda: tf.control_flow_v2_enabled())
tf.disable_control_flow_v2()
at('cf1', lambda: tf.control_flow_v2_enabled())
at('eq', lambda: (tf.constant(1) == tf.constant(1), tf.constant(1) == 1, hash(tf.constant(1)) is not None))
tf.enable_tensor_equality()
at('eq2', lambda: type(tf.constant(1) == tf.constant(1)).__name__)
at('ref', lambda: tf.constant(1).experimental_ref() is not None)
at('ne2', lambda: s.run(tf.constant([1, 2]) != tf.constant([1, 3])))
at('none2', lambda: tf.constant(1) == None)

tf.disable_tensor_equality()
at('eq1', lambda: tf.constant(1) == tf.constant(1))
at('eager late', lambda: tf.enable_eager_execution())
at('v2 late', lambda: tf.enable_v2_behavior())
