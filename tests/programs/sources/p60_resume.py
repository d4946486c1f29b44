"""Train, stop, and go on in another process's graph; old checkpoints are deleted."""

import os
import tempfile

import numpy as np
import tensorflow as tf

FLAGS_DIR = tempfile.mkdtemp()


def model():
    tf.set_random_seed(4)
    x = tf.placeholder(tf.float32, [None, 4], name="x")
    t = tf.placeholder(tf.float32, [None, 1], name="t")
    with tf.variable_scope("net", partitioner=tf.variable_axis_size_partitioner(64)):
        w1 = tf.get_variable("w1", [4, 8], initializer=tf.glorot_uniform_initializer(seed=1))
        b1 = tf.get_variable("b1", [8], initializer=tf.zeros_initializer())
        h = tf.tanh(tf.matmul(x, w1) + b1)
        w2 = tf.get_variable("w2", [8, 1], initializer=tf.glorot_uniform_initializer(seed=2))
        y = tf.matmul(h, w2, name="y")
    loss = tf.reduce_mean(tf.square(y - t))
    step = tf.train.get_or_create_global_step()
    rate = tf.train.exponential_decay(0.05, step, 10, 0.9)
    train = tf.train.AdamOptimizer(rate).minimize(loss, global_step=step)
    tf.add_to_collection("train_op", train)
    tf.add_to_collection("loss", loss)
    return x, t, loss, train, step


def batches(n):
    rng = np.random.RandomState(0)
    for _ in range(n):
        x = rng.randn(16, 4).astype(np.float32)
        yield x, x.sum(1, keepdims=True)


def session_for(saver, folder):
    sess = tf.Session()
    state = tf.train.get_checkpoint_state(folder)
    if state and state.model_checkpoint_path:
        saver.restore(sess, state.model_checkpoint_path)
        saver.recover_last_checkpoints(state.all_model_checkpoint_paths)
        print("restored", os.path.basename(state.model_checkpoint_path))
    else:
        sess.run(tf.global_variables_initializer())
        print("initialized")
    return sess


for part in range(2):
    with tf.Graph().as_default():
        x, t, loss, train, step = model()
        saver = tf.train.Saver(max_to_keep=3)
        with session_for(saver, FLAGS_DIR) as sess:
            for i, (a, b) in enumerate(batches(12)):
                _, value, n = sess.run([train, loss, step], {x: a, t: b})
                if i % 4 == 3:
                    saver.save(sess, os.path.join(FLAGS_DIR, "model.ckpt"), global_step=step)
                    print(sess.run(step), "%.4f" % value)
            print([os.path.basename(p) for p in saver.last_checkpoints])

print(sorted(f for f in os.listdir(FLAGS_DIR) if not f.endswith("meta")))
for name, shape in tf.train.list_variables(FLAGS_DIR):
    print(name, shape)
print(tf.train.load_variable(FLAGS_DIR, "global_step"))

# Only the files are left: the graph comes back from the meta graph.
with tf.Graph().as_default(), tf.Session() as sess:
    path = tf.train.latest_checkpoint(FLAGS_DIR)
    saver = tf.train.import_meta_graph(path + ".meta")
    saver.restore(sess, path)
    train, loss = tf.get_collection("train_op")[0], tf.get_collection("loss")[0]
    for a, b in batches(3):
        print("%.4f" % sess.run([train, loss], {"x:0": a, "t:0": b})[1])
    print([v.name for v in tf.trainable_variables()])
