import numpy as np
import tensorflow as tf

tf.enable_control_flow_v2()


@tf.RegisterGradient("GuidedRelu")
def _guided(op, grad):
    return tf.where(0.0 < grad, tf.nn.relu(grad) * tf.cast(op.outputs[0] > 0, tf.float32), tf.zeros(tf.shape(grad)))


@tf.custom_gradient
def log1pexp(x):
    e = tf.exp(x)

    def grad(dy):
        return dy * (1 - 1 / (1 + e))
    return tf.log(1 + e), grad


@tf.custom_gradient
def two(x, y):
    def grad(da, db):
        return da * 2.0, db * 3.0 + da
    return (x * y, x + y), grad


def flip(x, l=1.0):
    g = tf.get_default_graph()
    name = "Flip%d" % len(g.get_operations())

    @tf.RegisterGradient(name)
    def _flip(op, grad):
        return [tf.negative(grad) * l]
    with g.gradient_override_map({"Identity": name}):
        return tf.identity(x)


x = tf.placeholder(tf.float32, [3], name="x")
w = tf.Variable([1.0, -2.0, 3.0])
with tf.get_default_graph().gradient_override_map({"Relu": "GuidedRelu"}):
    r = tf.nn.relu(x * w)
s = x + tf.stop_gradient(tf.round(x) - x)
g = tf.gradients([r, s], [x, w], grad_ys=[tf.constant([1.0, -1.0, 2.0]), None])
g1 = tf.gradients(log1pexp(100.0 * x), x)
a, b = two(x, w)
g2 = tf.gradients(a + b, [x, w])
f = flip(x, 0.5)
g3 = tf.gradients(f * f, x)
y = tf.reduce_sum(x[0] ** 2 * x[1] + tf.sin(x[2] * x[0]))
h = tf.stack([tf.gradients(tf.gradients(y, x)[0][i], x)[0] for i in range(3)])
gg = tf.gradients(tf.gradients(y, x)[0][0], x)
hv = tf.gradients(tf.reduce_sum(tf.gradients(y, x)[0] * tf.constant([1.0, 2.0, 3.0])), x)
n = tf.gradients(y, [x, w]); print(n[1])
un = tf.gradients(y, [x, w], unconnected_gradients=tf.UnconnectedGradients.ZERO)
sg = tf.gradients(y + tf.reduce_sum(s), x, stop_gradients=[s], colocate_gradients_with_ops=True, name="mine", gate_gradients=True)
agg = tf.gradients([x * w, x + w, w * w], w, aggregation_method=tf.AggregationMethod.EXPERIMENTAL_TREE)
emb = tf.Variable(np.arange(6, dtype=np.float32).reshape(3, 2))
sl = tf.gradients(tf.gather(emb, [0, 2, 0]) * 2, emb)[0]
print(type(sl).__name__, sl, sl.values, sl.indices, sl.dense_shape)
sl2 = tf.gradients([tf.gather(emb, [0, 1]), tf.gather(emb, [2])], emb)[0]
dense = tf.convert_to_tensor(sl2)
cx = tf.complex(x, w); cg = tf.gradients(tf.abs(cx), [x, w])
jac = tf.stack([tf.gradients((x * w * w)[i], w)[0] for i in range(3)])
xx = tf.placeholder(tf.float64); yy = tf.reduce_sum(xx * xx, axis=-1)
gx = tf.gradients(yy, xx)
ints = tf.gradients(tf.cast(tf.cast(x, tf.int32), tf.float32), x); print(ints)
try:
    tf.gradients(tf.py_func(lambda v: v, [x], tf.float32), x)[0].eval
except (LookupError, AttributeError) as e:
    print(type(e).__name__, e)
try:
    tf.gradients(tf.floordiv(tf.constant(1), tf.constant(2)), x, grad_ys=[1.0, 2.0])
except ValueError as e:
    print(e)
with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    fd = {x: [0.5, 1.5, -1.0]}
    for t in (g, g1, g2, g3, h, gg, hv, un, sg, agg, [sl, sl2], dense, cg, jac):
        print(sess.run(t, fd))
    print(sess.run(gx, {xx: [[1, 2], [3, 4]]}))
    print(tf.test.compute_gradient_error(x, [3], r * s, [3], x_init_value=np.array([.3, .4, .6], np.float32), delta=1e-2) > -1)
