import numpy as np
import tensorflow as tf
from tensorflow.python.framework import dtypes
from tensorflow.python.framework import ops
from tensorflow.python.ops import array_ops
from tensorflow.python.ops import clip_ops
from tensorflow.python.ops import init_ops
from tensorflow.python.ops import math_ops
from tensorflow.python.ops import nn_ops
from tensorflow.python.ops import variable_scope as vs
from tensorflow.python.training import adagrad
from tensorflow.python.util import nest


def linear(args, output_size, bias, bias_start=0.0, scope=None):
    if not nest.is_sequence(args):
        args = [args]
    total = 0
    for shape in [a.get_shape() for a in args]:
        total += shape[1].value
    dtype = [a.dtype for a in args][0]
    with vs.variable_scope(scope or "linear"):
        weights = vs.get_variable("weights", [total, output_size], dtype=dtype)
        res = math_ops.matmul(args[0] if len(args) == 1 else array_ops.concat(args, 1), weights)
        if not bias:
            return res
        biases = vs.get_variable("biases", [output_size], dtype=dtype, initializer=init_ops.constant_initializer(bias_start, dtype=dtype))
    return nn_ops.bias_add(res, biases)


class LSTM(object):
    def __init__(self, n, forget=1.0):
        self.n, self.forget = n, forget

    def zero_state(self, batch):
        c = array_ops.zeros(array_ops.stack([batch, self.n]), dtype=dtypes.float32)
        c.set_shape([None, self.n])
        h = array_ops.zeros_like(c)
        return c, h

    def __call__(self, x, state, scope):
        with vs.variable_scope(scope):
            c, h = state
            i, j, f, o = array_ops.split(value=linear([x, h], 4 * self.n, True), num_or_size_splits=4, axis=1)
            w_i = vs.get_variable("w_i_diag", shape=[self.n], dtype=dtypes.float32)
            new_c = c * math_ops.sigmoid(f + self.forget + w_i * c) + math_ops.sigmoid(i) * math_ops.tanh(j)
            new_h = math_ops.tanh(new_c) * math_ops.sigmoid(o)
            return new_h, (new_c, new_h)


def unrolled(cells, inputs, lengths):
    batch = array_ops.shape(inputs)[0]
    states = [c.zero_state(batch) for c in cells]
    outs = []
    steps = array_ops.unstack(inputs, axis=1)
    for t, x in enumerate(steps):
        with vs.variable_scope("rnn", reuse=True if t > 0 else None):
            for k, cell in enumerate(cells):
                new_x, new_s = cell(x, states[k], "layer_%d" % k)
                live = math_ops.less(t, lengths)
                states[k] = nest.map_structure(lambda a, b: array_ops.where(live, a, b), new_s, states[k])
                x = nn_ops.dropout(new_x, keep_prob=0.9, seed=3 + t)
            outs.append(x)
    return array_ops.stack(outs, axis=1), states


def main(_):
    ops.reset_default_graph()
    tf.set_random_seed(21)
    B, T, V, N = 4, 5, 9, 6
    tokens = array_ops.placeholder(dtypes.int64, [None, T], name="tokens")
    targets = array_ops.placeholder(dtypes.int64, [None, T], name="targets")
    lengths = array_ops.placeholder(dtypes.int32, [None], name="lengths")
    with vs.variable_scope("model", initializer=init_ops.random_uniform_initializer(-0.2, 0.2)):
        with tf.device("/cpu:0"):
            table = vs.get_variable("embedding", [V, N])
            inputs = tf.nn.embedding_lookup(table, tokens)
        outs, states = unrolled([LSTM(N), LSTM(N)], inputs, lengths)
        flat = array_ops.reshape(outs, [-1, N])
        logits = nn_ops.xw_plus_b(flat, vs.get_variable("softmax_w", [N, V]), vs.get_variable("softmax_b", [V]))
    xent = nn_ops.sparse_softmax_cross_entropy_with_logits(logits=logits, labels=array_ops.reshape(targets, [-1]))
    mask = array_ops.reshape(array_ops.sequence_mask(lengths, T, dtype=dtypes.float32), [-1])
    cost = math_ops.reduce_sum(xent * mask) / math_ops.reduce_sum(mask)
    lr = tf.Variable(0.0, trainable=False)
    tvars = tf.trainable_variables()
    grads, norm = clip_ops.clip_by_global_norm(tf.gradients(cost, tvars), 1.0)
    train_op = adagrad.AdagradOptimizer(lr).apply_gradients(zip(grads, tvars), global_step=tf.train.get_or_create_global_step())
    new_lr = array_ops.placeholder(dtypes.float32, shape=[], name="new_learning_rate")
    lr_update = tf.assign(lr, new_lr)
    rng = np.random.RandomState(0)
    with tf.Session(config=tf.ConfigProto(allow_soft_placement=True)) as sess:
        sess.run(tf.global_variables_initializer())
        for epoch in range(6):
            sess.run(lr_update, feed_dict={new_lr: 0.5 * 0.8 ** epoch})
            feed = {tokens: rng.randint(0, V, (B, T)), targets: rng.randint(0, V, (B, T)), lengths: [5, 2, 3, 4]}
            _, c, n, p = sess.run([train_op, cost, norm, math_ops.exp(cost)], feed)
            print("Epoch %d perplexity %.4f norm %.4f lr %.3f" % (epoch, p, n, sess.run(lr)))
        print(nest.flatten(sess.run(states, feed))[0].shape)
    for v in tvars:
        print(v.name, v.get_shape(), v.device)


if __name__ == "__main__":
    tf.app.run()
