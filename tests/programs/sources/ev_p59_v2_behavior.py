"""Everything that enable_v2_behavior switches."""
import numpy as np
import tensorflow as tf
tf.enable_v2_behavior()

def at(label, f, n=1):
    try:
        print(label, f())
    except Exception as e:
        print(label, type(e).__name__, '|'.join((l.strip() for l in str(e).strip().split('\n')[:n]))[:200])
at('modes', lambda: (tf.executing_eagerly(), tf.control_flow_v2_enabled(), tf.resource_variables_enabled()))
a, b = (tf.constant([1, 2]), tf.constant([1, 3]))
at('eq', lambda: a == b)
at('ne', lambda: a != b)
at('eq none', lambda: a == None)
at('eq num', lambda: a == 1)
at('eq bad', lambda: a == tf.constant([1.0, 2.0]))
at('eq shape', lambda: tf.constant([1, 2]) == tf.constant([1, 2, 3]))
at('hash', lambda: hash(a))
at('in', lambda: a in [a])
at('if', lambda: 1 if tf.constant(1) == 1 else 2)
at('ref', lambda: a.experimental_ref() == a.experimental_ref())
at('dict', lambda: {a.experimental_ref(): 1}[a.experimental_ref()])
at('set', lambda: {a})
v = tf.Variable([1.0, 2.0])
at('v eq', lambda: v == v)
at('v hash', lambda: hash(v))
at('v ref', lambda: v.experimental_ref().deref() is v)
at('v ne', lambda: v != 1.0)
at('shape', lambda: (a.shape, a.shape[0], repr(a.shape), tf.TensorShape([2, None])[1], list(tf.TensorShape([2, None])), tf.TensorShape([2]) == [2], tf.TensorShape([2, 3]).as_list()))
at('while', lambda: tf.while_loop(lambda i: i < 3, lambda i: [i + 1], [0]))

@tf.function
def f(x):
    if x == 1:
        return x + 1
    if tf.reduce_sum(x) != 3:
        return x * 0
    return x
at('f', lambda: (f(tf.constant(1)), f(tf.constant(3)), f(tf.constant(4))))

@tf.function
def fizz(n):
    out = tf.TensorArray(tf.string, n)
    for i in tf.range(n):
        if i % 3 == 0 and i % 5 == 0:
            w = tf.constant('FizzBuzz')
        elif i % 3 == 0:
            w = tf.constant('Fizz')
        elif i % 5 == 0:
            w = tf.constant('Buzz')
        else:
            w = tf.strings.as_string(i)
        out = out.write(i, w)
    return out.stack()
at('fizz', lambda: fizz(tf.constant(16)).numpy().tolist())
net = lambda x: tf.reduce_sum(x * v)
opt = tf.train.AdamOptimizer(0.1)

@tf.function
def step(x, y):
    with tf.GradientTape() as t:
        l = (net(x) - y) ** 2
    g = t.gradient(l, [v])
    opt.apply_gradients(zip(g, [v]))
    return l
at('train', lambda: ['%.5f' % step(tf.constant([1.0, 2.0]), tf.constant(3.0)) for _ in range(4)])
at('opt vars', lambda: (len(opt.variables()), v))
with tf.Graph().as_default():
    p = tf.placeholder(tf.float32, [None])
    at('graph eq', lambda: (type(p == p).__name__, (p == p).op.type))
    at('g shape', lambda: (p.shape[0], p.shape))
    at('g cond', lambda: tf.cond(tf.placeholder(tf.bool), lambda: 1.0, lambda: 2.0).op.type)
    at('g var', lambda: tf.Variable(1.0).op.type)
    at('g gv', lambda: tf.get_variable('q', [1]).op.type)
    at('sess', lambda: tf.Session().run(p * 2, {p: [1.0]}))
    at('feed', lambda: tf.Session().run([p], feed_dict={p: [3.0]}))
tf.disable_v2_behavior()
at('off', lambda: (tf.executing_eagerly(), tf.control_flow_v2_enabled(), tf.resource_variables_enabled(), tf.constant([1]).shape[0]))
