import numpy as np
import tensorflow as tf
from sklearn.datasets import load_digits

slim = tf.contrib.slim

tf.set_random_seed(11)
data = load_digits()
xs = (data.images / 16.0).astype(np.float32)[..., None]
ys = data.target


def network(images, is_training, reuse=None):
    with tf.variable_scope("net", reuse=reuse):
        with slim.arg_scope(
            [slim.conv2d, slim.fully_connected],
            weights_regularizer=slim.l2_regularizer(1e-4),
            activation_fn=tf.nn.relu,
        ):
            with slim.arg_scope([slim.batch_norm], is_training=is_training, decay=0.9, scale=True):
                net = slim.conv2d(images, 8, [3, 3], normalizer_fn=slim.batch_norm, scope="conv1")
                net = slim.max_pool2d(net, [2, 2], scope="pool1")
                net = slim.repeat(net, 2, slim.conv2d, 12, [3, 3], scope="conv2")
                net = slim.flatten(slim.avg_pool2d(net, [2, 2], scope="pool2"))
                net = slim.dropout(net, 0.8, is_training=is_training, scope="drop")
                net = slim.fully_connected(net, 32, scope="fc")
                return slim.fully_connected(net, 10, activation_fn=None, scope="logits")


x = tf.placeholder(tf.float32, [None, 8, 8, 1], "images")
y = tf.placeholder(tf.int64, [None], "labels")
logits = network(x, True)
tf.losses.sparse_softmax_cross_entropy(y, logits)
total = tf.losses.get_total_loss()
step = tf.train.get_or_create_global_step()
with tf.control_dependencies(tf.get_collection(tf.GraphKeys.UPDATE_OPS)):
    train = tf.train.AdamOptimizer(0.01).minimize(total, global_step=step)

scores = network(x, False, reuse=True)
guess = tf.argmax(scores, 1)
chance = tf.nn.softmax(scores)
with tf.variable_scope("metrics"):
    metrics = {
        "accuracy": tf.metrics.accuracy(y, guess),
        "per class": tf.metrics.mean_per_class_accuracy(y, guess, 10),
        "iou": tf.metrics.mean_iou(y, guess, 10),
        "precision": tf.metrics.precision(tf.equal(y, 3), tf.equal(guess, 3)),
        "recall": tf.metrics.recall(tf.equal(y, 3), tf.equal(guess, 3)),
        "auc": tf.metrics.auc(tf.equal(y, 3), chance[:, 3]),
        "top 3": tf.metrics.recall_at_k(y, scores, 3),
        "error": tf.metrics.root_mean_squared_error(tf.one_hot(y, 10), chance),
        "mean": tf.metrics.mean(chance),
    }
values = {k: m[0] for k, m in metrics.items()}
updates = [metrics[k][1] for k in sorted(metrics)]
reset = tf.variables_initializer(tf.get_collection(tf.GraphKeys.METRIC_VARIABLES))

print([v.op.name for v in slim.get_model_variables()])
print([v.op.name for v in tf.local_variables()])
with tf.Session() as sess:
    sess.run([tf.global_variables_initializer(), tf.local_variables_initializer()])
    for i in range(30):
        lo = i * 32
        _, loss = sess.run([train, total], {x: xs[lo : lo + 32], y: ys[lo : lo + 32]})
    print("loss %.3f after %d steps" % (loss, sess.run(step)))
    for round in range(2):
        sess.run(reset)
        for lo in range(1200, 1500, 100):
            sess.run(updates, {x: xs[lo : lo + 100], y: ys[lo : lo + 100]})
        found = sess.run(values)
        for k in sorted(found):
            print(round, k, "%.3f" % found[k])
