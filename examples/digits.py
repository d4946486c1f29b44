"""Train a small convolutional network on handwritten digits: a plain TensorFlow 1 script.

    python digits.py [--steps=300] [--logdir=digits_logs]      with TensorFlow 1.15
    headrace run digits.py [--steps=300] [--logdir=...]        with headrace

The event files show the graph, the loss and the accuracy: tensorboard --logdir=digits_logs
"""

import numpy as np
import tensorflow as tf
from sklearn.datasets import load_digits

flags = tf.flags
flags.DEFINE_integer("steps", 400, "Number of training steps.")
flags.DEFINE_integer("batch_size", 64, "Images in a training step.")
flags.DEFINE_float("learning_rate", 0.003, "Step size of Adam.")
flags.DEFINE_string("logdir", "digits_logs", "Where the event files go.")
FLAGS = flags.FLAGS


def load():
    """Return training and test images [n, 8, 8, 1] in [0, 1] and labels [n]."""
    digits = load_digits()
    images = (digits.images / 16.0).astype(np.float32)[..., np.newaxis]
    order = np.random.RandomState(0).permutation(len(images))
    train, test = order[:1400], order[1400:]
    return (images[train], digits.target[train]), (images[test], digits.target[test])


def conv(x, filters, name):
    """3x3 convolution with a bias, ReLU and 2x2 max-pooling."""
    with tf.variable_scope(name):
        depth = int(x.shape[-1])
        kernel = tf.get_variable(
            "kernel",
            [3, 3, depth, filters],
            initializer=tf.truncated_normal_initializer(stddev=0.1),
        )
        bias = tf.get_variable("bias", [filters], initializer=tf.zeros_initializer())
        y = tf.nn.conv2d(x, kernel, strides=[1, 1, 1, 1], padding="SAME")
        y = tf.nn.relu(tf.nn.bias_add(y, bias))
        return tf.nn.max_pool(y, [1, 2, 2, 1], [1, 2, 2, 1], padding="SAME")


def dense(x, units, name, activation=None):
    with tf.variable_scope(name):
        kernel = tf.get_variable("kernel", [int(x.shape[-1]), units])
        bias = tf.get_variable("bias", [units], initializer=tf.zeros_initializer())
        y = tf.matmul(x, kernel) + bias
        return y if activation is None else activation(y)


def build():
    """Build the graph; return what the training loop feeds and fetches."""
    images = tf.placeholder(tf.float32, [None, 8, 8, 1], name="images")
    labels = tf.placeholder(tf.int64, [None], name="labels")
    with tf.variable_scope("network"):
        h = conv(images, 16, "conv1")
        h = conv(h, 32, "conv2")
        h = tf.reshape(h, [-1, 2 * 2 * 32], name="flat")
        h = dense(h, 64, "hidden", tf.nn.relu)
        logits = dense(h, 10, "logits")
    with tf.name_scope("objective"):
        losses = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=labels, logits=logits)
        loss = tf.reduce_mean(losses, name="mean")
    with tf.name_scope("evaluation"):
        right = tf.equal(tf.argmax(logits, 1), labels)
        accuracy = tf.reduce_mean(tf.cast(right, tf.float32), name="mean")
    with tf.name_scope("train"):
        step = tf.train.get_or_create_global_step()
        train = tf.train.AdamOptimizer(FLAGS.learning_rate).minimize(loss, global_step=step)
    tf.summary.scalar("loss", loss)
    tf.summary.scalar("accuracy", accuracy)
    return images, labels, loss, accuracy, train, tf.summary.merge_all()


def main(_):
    tf.set_random_seed(1)
    (train_x, train_y), (test_x, test_y) = load()
    images, labels, loss, accuracy, train, summaries = build()
    rng = np.random.RandomState(1)
    with tf.Session() as sess:
        sess.run(tf.global_variables_initializer())
        writer = tf.summary.FileWriter(FLAGS.logdir, sess.graph)
        for step in range(1, FLAGS.steps + 1):
            batch = rng.randint(len(train_x), size=FLAGS.batch_size)
            feed = {images: train_x[batch], labels: train_y[batch]}
            sess.run(train, feed)
            if step % 50 == 0 or step == 1:
                value, share, events = sess.run([loss, accuracy, summaries], feed)
                writer.add_summary(events, step)
                print("step %3d  loss %.4f  accuracy of the batch %.3f" % (step, value, share))
        share = sess.run(accuracy, {images: test_x, labels: test_y})
        writer.close()
    print("accuracy on %d test images: %.4f" % (len(test_x), share))
    print("event files are in %s" % FLAGS.logdir)


if __name__ == "__main__":
    tf.app.run()
