"""A word model after the PTB tutorial: truncated back-propagation, a state that is fed back,
dropout, a reused graph for validation, and a learning rate assigned by the program."""
import collections

import numpy as np
import tensorflow as tf

tf.set_random_seed(11)
TEXT = ("the cat sat on the mat . the dog sat on the log . a cat and a dog saw the mat . " * 6).split()
words = [w for w, _ in sorted(collections.Counter(TEXT).items(), key=lambda p: (-p[1], p[0]))]
data = np.array([words.index(w) for w in TEXT], np.int32)
BATCH, STEPS, SIZE = 4, 5, 8
Config = collections.namedtuple("Config", "keep layers")


def batches():
    length = len(data) // BATCH
    rows = data[: length * BATCH].reshape(BATCH, length)
    for i in range((length - 1) // STEPS):
        yield rows[:, i * STEPS : (i + 1) * STEPS], rows[:, i * STEPS + 1 : (i + 1) * STEPS + 1]


class Model(object):
    def __init__(self, is_training, config):
        self.x = tf.placeholder(tf.int32, [BATCH, STEPS])
        self.y = tf.placeholder(tf.int32, [BATCH, STEPS])

        def make_cell():
            cell = tf.contrib.rnn.BasicLSTMCell(
                SIZE, forget_bias=0.0, state_is_tuple=True, reuse=not is_training)
            if is_training and config.keep < 1:
                cell = tf.contrib.rnn.DropoutWrapper(cell, output_keep_prob=config.keep)
            return cell

        cell = tf.contrib.rnn.MultiRNNCell([make_cell() for _ in range(config.layers)])
        self.initial_state = cell.zero_state(BATCH, tf.float32)
        with tf.device("/cpu:0"):
            embedding = tf.get_variable("embedding", [len(words), SIZE])
            inputs = tf.nn.embedding_lookup(embedding, self.x)
        if is_training and config.keep < 1:
            inputs = tf.nn.dropout(inputs, config.keep)
        outputs = []
        state = self.initial_state
        with tf.variable_scope("RNN"):
            for step in range(STEPS):
                if step > 0:
                    tf.get_variable_scope().reuse_variables()
                output, state = cell(inputs[:, step, :], state)
                outputs.append(output)
        self.final_state = state
        output = tf.reshape(tf.concat(outputs, 1), [-1, SIZE])
        w = tf.get_variable("softmax_w", [SIZE, len(words)])
        b = tf.get_variable("softmax_b", [len(words)])
        loss = tf.nn.sparse_softmax_cross_entropy_with_logits(
            labels=tf.reshape(self.y, [-1]), logits=tf.nn.xw_plus_b(output, w, b))
        self.cost = tf.reduce_sum(loss) / BATCH
        if not is_training:
            return
        self.rate = tf.Variable(0.0, trainable=False)
        variables = tf.trainable_variables()
        grads, self.norm = tf.clip_by_global_norm(tf.gradients(self.cost, variables), 2)
        self.train = tf.train.GradientDescentOptimizer(self.rate).apply_gradients(
            zip(grads, variables), global_step=tf.train.get_or_create_global_step())
        self.new_rate = tf.placeholder(tf.float32, [])
        self.set_rate = tf.assign(self.rate, self.new_rate)


def run_epoch(session, model, op=None):
    costs, iters = 0.0, 0
    state = session.run(model.initial_state)
    fetches = {"cost": model.cost, "state": model.final_state}
    if op is not None:
        fetches["op"] = op
    for x, y in batches():
        feed = {model.x: x, model.y: y}
        for i, (c, h) in enumerate(model.initial_state):
            feed[c] = state[i].c
            feed[h] = state[i].h
        values = session.run(fetches, feed)
        costs, iters, state = costs + values["cost"], iters + STEPS, values["state"]
    return np.exp(costs / iters)


init = tf.random_uniform_initializer(-0.5, 0.5)
with tf.name_scope("Train"):
    with tf.variable_scope("Model", reuse=None, initializer=init):
        train = Model(True, Config(0.8, 2))
with tf.name_scope("Valid"):
    with tf.variable_scope("Model", reuse=True, initializer=init):
        valid = Model(False, Config(1.0, 2))
print([(v.name, v.shape.as_list()) for v in tf.trainable_variables()])
with tf.Session() as session:
    session.run(tf.global_variables_initializer())
    for epoch in range(3):
        session.run(train.set_rate, {train.new_rate: 0.5 ** epoch})
        a = run_epoch(session, train, train.train)
        b = run_epoch(session, valid)
        print("epoch %d: train %.3f valid %.3f" % (epoch, a, b))
    print(session.run(tf.train.get_global_step()))
