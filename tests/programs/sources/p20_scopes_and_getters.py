import numpy as np
import tensorflow as tf

tf.set_random_seed(3)


def scaled_getter(getter, name, *args, **kwargs):
    v = getter(name, *args, **kwargs)
    print("getter", name, kwargs.get("shape"), kwargs.get("trainable"))
    if name.endswith("kernel"):
        return tf.multiply(v, 0.5, name=name.split("/")[-1] + "_scaled")
    return v


def dense(x, units, scope="dense", reuse=None):
    with tf.variable_scope(scope, reuse=reuse):
        k = tf.get_variable("kernel", [x.get_shape()[1].value, units], dtype=tf.float32,
                            regularizer=lambda w: 0.01 * tf.nn.l2_loss(w))
        b = tf.get_variable("bias", shape=(units,), initializer=tf.zeros_initializer())
        return tf.nn.bias_add(tf.matmul(x, k), b)


x = tf.placeholder(tf.float32, [None, 3], "x")
with tf.variable_scope("net", initializer=tf.random_uniform_initializer(-0.1, 0.1),
                       custom_getter=scaled_getter) as net:
    h = tf.nn.relu(dense(x, 4, "d1"))
    y = dense(h, 2, "d2")
with tf.variable_scope(net, reuse=True):
    h2 = tf.nn.relu(dense(x, 4, "d1"))
    print(h2.name, tf.get_variable_scope().reuse)
with tf.variable_scope("parts", partitioner=tf.variable_axis_size_partitioner(20)):
    p = tf.get_variable("emb", [6, 4], initializer=tf.random_normal_initializer(seed=4))
    print(type(p).__name__, len(list(p)), [v.name for v in p])
    looked = tf.nn.embedding_lookup(p, [0, 3, 5], partition_strategy="div")
    s = tf.convert_to_tensor(p)
with tf.variable_scope("min", partitioner=tf.min_max_variable_partitioner(max_partitions=3, min_slice_size=16)):
    q = tf.get_variable("w", [6, 2], initializer=tf.ones_initializer())
    print([v.op.name for v in q], [v._get_save_slice_info().spec for v in q])


def make(a, units):
    w = tf.get_variable("w", [a.shape[-1], units], initializer=tf.glorot_normal_initializer())
    c = tf.Variable(0, trainable=False, name="calls")
    return tf.matmul(a, w), tf.assign_add(c, 1)


t = tf.make_template("enc", make, units=2)
o1, i1 = t(x)
o2, i2 = t(tf.ones([2, 3]))
print(o1.name, o2.name, i1.name, i2.name, t.name, t.variable_scope.name)
with tf.variable_scope("outer"):
    with tf.variable_scope("inner", use_resource=True) as sc:
        r = tf.get_variable("r", initializer=tf.constant([1.0, 2.0]))
        print(sc.name, r, r.op.type)
    with tf.variable_scope(sc, reuse=tf.AUTO_REUSE):
        r2 = tf.get_variable("r", [2])
        print(r2 is r)
    with tf.name_scope("ns"), tf.variable_scope("vs"):
        z = tf.get_variable("z", [], tf.float64, initializer=tf.constant_initializer(2))
        print(z.name, tf.add(z, 1).name, tf.get_default_graph().get_name_scope())
try:
    with tf.variable_scope("net"):
        with tf.variable_scope("d1"):
            tf.get_variable("kernel", [3, 4])
except ValueError as e:
    print(str(e).split("\n")[0])
try:
    with tf.variable_scope("net", reuse=True):
        tf.get_variable("nope", [3])
except ValueError as e:
    print(e)
try:
    with tf.variable_scope("net/d1", reuse=True):
        tf.get_variable("bias", [5])
except ValueError as e:
    print(e)
print(tf.get_collection(tf.GraphKeys.REGULARIZATION_LOSSES))
print([v.name for v in tf.trainable_variables("net")], [v.name for v in tf.global_variables(scope="outer")])
with tf.Session() as sess:
    print(sess.run(tf.report_uninitialized_variables(tf.global_variables("outer"))))
    sess.run(tf.global_variables_initializer())
    print(sess.run([y, h2, looked, s], {x: np.arange(6).reshape(2, 3)}))
    print(sess.run(o1, {x: np.ones((1, 3))}), sess.run(i1), sess.run(i2))
    print(sess.run([r, z, list(q)]))
