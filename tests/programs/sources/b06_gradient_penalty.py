"""A critic whose loss holds a gradient, trained in turn with a generator by lists of variables."""
import numpy as np
import tensorflow as tf

tf.set_random_seed(9)


def critic(t, reuse=None):
    with tf.variable_scope("critic", reuse=reuse):
        t = tf.nn.conv2d(tf.reshape(t, [-1, 6, 6, 1]), tf.get_variable("k", [3, 3, 1, 3]), [1, 2, 2, 1], "SAME")
        t = tf.reshape(tf.nn.avg_pool(tf.nn.leaky_relu(t), [1, 3, 3, 1], [1, 1, 1, 1], "SAME"), [-1, 27])
        t = tf.nn.elu(tf.matmul(t, tf.get_variable("w", [27, 5]))) + tf.nn.softplus(t[:, 3:8])
        return tf.reduce_sum(tf.tanh(t) * tf.get_variable("v", [5]), 1)


true = tf.placeholder(tf.float32, [None, 36])
with tf.variable_scope("generator"):
    noise = tf.random_normal([4, 3], seed=3)
    made = tf.sigmoid(tf.matmul(noise, tf.get_variable("w", [3, 36])))
between = true + tf.random_uniform([4, 1], seed=8) * (made - true)
gap = tf.reduce_mean(critic(made)) - tf.reduce_mean(critic(true, reuse=True))
slope = tf.norm(tf.gradients(critic(between, reuse=True), between)[0], axis=1)
loss = gap + 10.0 * tf.reduce_mean(tf.square(slope - 1.0))
turns = [tf.train.AdamOptimizer(1e-2, beta1=0.5).minimize(goal, var_list=tf.trainable_variables(scope))
         for goal, scope in ((loss, "critic"), (-gap, "generator"))]
rng = np.random.RandomState(0)
with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    for _ in range(4):
        feed = {true: rng.rand(4, 36)}
        for turn in turns:
            sess.run(turn, feed)
        print("%.5f %.5f" % tuple(sess.run([loss, gap], feed)))
