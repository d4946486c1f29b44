"""Two towers share variables, their gradients are averaged, their input comes from a thread."""
import threading
import numpy as np
import tensorflow as tf

tf.app.flags.DEFINE_integer("towers", 2, "how many")
tf.app.flags.DEFINE_list("sizes", ["6", "3"], "widths")
FLAGS = tf.app.flags.FLAGS


def main(argv):
    tf.set_random_seed(12)
    queue = tf.FIFOQueue(30, [tf.float32, tf.int32], [[4], []])
    row, label = tf.placeholder(tf.float32, [4]), tf.placeholder(tf.int32, [])
    put, close = queue.enqueue([row, label]), queue.close()
    rows, labels = queue.dequeue_many(4)
    optimizer, per_tower = tf.train.FtrlOptimizer(0.5), []
    for i, (x, y) in enumerate(zip(tf.split(rows, FLAGS.towers), tf.split(labels, FLAGS.towers))):
        with tf.device("/gpu:%d" % i), tf.name_scope("tower_%d" % i):
            with tf.variable_scope("net", reuse=i > 0):
                for k, width in enumerate(map(int, FLAGS.sizes)):
                    with tf.device("/cpu:0"):
                        w = tf.get_variable("w%d" % k, [x.shape[1].value, width])
                    x = tf.nn.relu6(tf.matmul(x, w)) if k == 0 else tf.matmul(x, w)
            loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=y, logits=x))
            per_tower.append(optimizer.compute_gradients(loss))
    mean = [(tf.reduce_mean(tf.stack([g for g, _ in pairs]), 0), pairs[0][1]) for pairs in zip(*per_tower)]
    train = optimizer.apply_gradients(mean, tf.train.get_or_create_global_step())
    with tf.Session(config=tf.ConfigProto(allow_soft_placement=True)) as sess:
        sess.run(tf.global_variables_initializer())

        def fill():
            rng = np.random.RandomState(0)
            for k in range(14):
                sess.run(put, {row: rng.rand(4), label: k % 3})
            sess.run(close)

        thread = threading.Thread(target=fill)
        thread.start()
        thread.join()
        try:
            while True:
                print("%.5f" % sess.run([loss, train])[0])
        except tf.errors.OutOfRangeError as e:
            print(e.op.name)
        print(sess.run([tf.train.get_global_step(), mean[0][1]]))


if __name__ == "__main__":
    tf.app.run()
