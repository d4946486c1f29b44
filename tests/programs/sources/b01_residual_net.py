"""A residual network with moving averages by tf.assign, and an up-convolution path with a skip."""
import numpy as np
import tensorflow as tf

tf.enable_control_flow_v2()
tf.set_random_seed(7)


def weights(name, shape):
    return tf.get_variable(name, shape, initializer=tf.truncated_normal_initializer(stddev=0.2),
                           regularizer=tf.contrib.layers.l2_regularizer(1e-4))


def normed(t, name):
    with tf.variable_scope(name):
        n = t.shape[-1:]
        scale = tf.get_variable("scale", n, initializer=tf.ones_initializer)
        shift = tf.get_variable("shift", n, initializer=tf.zeros_initializer)
        kept = tf.get_variable("kept_mean", n, initializer=tf.zeros_initializer, trainable=False)
        out, mean, _ = tf.nn.fused_batch_norm(t, scale, shift, epsilon=1e-3)
        with tf.control_dependencies([tf.assign(kept, 0.9 * kept + mean * 0.1)]):
            return tf.identity(out)


def unit(t, width, stride, name):
    with tf.variable_scope(name):
        side = tf.nn.conv2d(t, weights("side", [1, 1, t.shape[-1], width]), [1, stride, stride, 1], "SAME")
        t = tf.nn.conv2d(t, weights("k1", [3, 3, t.shape[-1], width]), [1, stride, stride, 1], "SAME")
        t = tf.nn.relu(normed(t, "n1"))
        t = normed(tf.nn.conv2d(t, weights("k2", [3, 3, width, width]), [1, 1, 1, 1], "SAME"), "n2")
        return tf.nn.relu(t + side)


image = tf.placeholder(tf.float32, [None, 8, 8, 2])
wanted = tf.placeholder(tf.int32, [None])
low = unit(image, 4, 1, "low")
high = unit(tf.nn.max_pool(low, [1, 3, 3, 1], [1, 2, 2, 1], "SAME"), 6, 2, "high")
grown = tf.nn.conv2d_transpose(high, weights("grow", [4, 4, 4, 6]), tf.shape(low), [1, 4, 4, 1])
joined = tf.concat([tf.nn.relu(grown), low], 3)
painted = tf.nn.conv2d(joined, weights("paint", [1, 1, 8, 2]), [1, 1, 1, 1], "SAME")
scores = tf.nn.xw_plus_b(tf.reduce_mean(high, [1, 2]), weights("w", [6, 3]), tf.get_variable("b", [3]))
fit = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=wanted, logits=scores))
loss = tf.add_n([fit, tf.nn.l2_loss(painted - image) / 100.0]
                + tf.get_collection(tf.GraphKeys.REGULARIZATION_LOSSES))
step = tf.train.get_or_create_global_step()
rate = tf.train.piecewise_constant(step, [2, 4], [0.1, 0.05, 0.01])
train = tf.train.MomentumOptimizer(rate, 0.9).minimize(loss, global_step=step)
rng = np.random.RandomState(0)
with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    feed = {image: rng.rand(5, 8, 8, 2), wanted: rng.randint(0, 3, 5)}
    for _ in range(6):
        sess.run(train, feed)
        print("%.5f %.3f" % tuple(sess.run([fit, rate], feed)))
    print(sess.run(tf.nn.in_top_k(scores, wanted, 2), feed))
