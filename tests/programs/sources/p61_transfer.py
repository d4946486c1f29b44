"""Part of a model is taken from a checkpoint of another one."""

import os
import tempfile

import numpy as np
import tensorflow as tf

folder = tempfile.mkdtemp()


def encoder(x):
    with tf.variable_scope("encoder", reuse=tf.AUTO_REUSE):
        for i in range(2):
            w = tf.get_variable(
                "w%d" % i, [3, 3], initializer=tf.random_uniform_initializer(seed=i)
            )
            x = tf.nn.relu(tf.matmul(x, w))
    return x


with tf.Graph().as_default(), tf.Session() as sess:
    encoder(tf.ones([1, 3]))
    tf.get_variable("head", [3, 5])
    tf.get_variable("table", [6, 2], initializer=tf.random_normal_initializer(seed=9))
    sess.run(tf.global_variables_initializer())
    path = tf.train.Saver().save(sess, folder + "/old", global_step=100, write_state=False)
    kept = sess.run("encoder/w1:0")
print(os.path.basename(path), tf.train.latest_checkpoint(folder))

# With a Saver for what both have.
with tf.Graph().as_default(), tf.Session() as sess:
    y = encoder(tf.ones([1, 3]))
    head = tf.get_variable("head", [3, 2], initializer=tf.ones_initializer())
    shapes = tf.train.NewCheckpointReader(path).get_variable_to_shape_map()
    common = [v for v in tf.global_variables() if shapes.get(v.op.name) == v.shape.as_list()]
    print(sorted(v.op.name for v in common))
    sess.run(tf.global_variables_initializer())
    tf.train.Saver(common).restore(sess, path)
    print(np.array_equal(sess.run("encoder/w1:0"), kept), sess.run(tf.matmul(y, head)).shape)
    try:
        tf.train.Saver().restore(sess, path)
    except tf.errors.InvalidArgumentError as e:
        print(e.message.split("\n")[0][:60])
    tf.get_variable("new", [1])
    try:
        tf.train.Saver().restore(sess, path)
    except tf.errors.NotFoundError as e:
        print([line for line in e.message.split("\n") if line.startswith("Key")])

# With other initializers.
with tf.Graph().as_default(), tf.Session() as sess:
    with tf.variable_scope("model"):
        y = encoder(tf.ones([1, 3]))
        table = tf.get_variable("embedding", [6, 2], partitioner=tf.fixed_size_partitioner(2))
    tf.train.init_from_checkpoint(
        path, {"encoder/": "model/encoder/", "table": table._get_variable_list()}
    )
    sess.run(tf.global_variables_initializer())
    print(np.array_equal(sess.run("model/encoder/w1:0"), kept))
    print(sess.run(tf.concat(list(table), 0)))

# Renamed, and restored under the averages' names.
with tf.Graph().as_default(), tf.Session() as sess:
    a = tf.get_variable("a", [3, 3])
    b = tf.get_variable("b", [3, 5])
    saver = tf.train.Saver({"encoder/w0": a, "head": b}, name="renamed")
    saver.restore(sess, path)
    print(sess.run(a).sum() > 0, [v.op.name for v in tf.global_variables()])
    print(sess.run(tf.report_uninitialized_variables()))
