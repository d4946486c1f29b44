"""An encoder and decoder that copy sequences, as programs of TensorFlow 1 wrote them: default seeds everywhere."""
import numpy as np
import tensorflow as tf

tf.set_random_seed(7)
VOCAB, UNITS = 11, 16
source = tf.placeholder(tf.int32, [None, None], name="source")
lengths = tf.placeholder(tf.int32, [None], name="lengths")
keep = tf.placeholder_with_default(1.0, [], name="keep")
with tf.variable_scope("embed"):
    table = tf.get_variable("table", [VOCAB, 8])
    embedded = tf.nn.embedding_lookup(table, source)


def cell(n):
    return tf.nn.rnn_cell.DropoutWrapper(tf.nn.rnn_cell.GRUCell(n), output_keep_prob=keep)


with tf.variable_scope("encoder"):
    (fw, bw), (last_fw, last_bw) = tf.nn.bidirectional_dynamic_rnn(
        cell(UNITS), cell(UNITS), embedded, sequence_length=lengths, dtype=tf.float32)
    memory = tf.concat([fw, bw], 2)
with tf.variable_scope("decoder"):
    state = tf.layers.dense(tf.concat([last_fw, last_bw], 1), UNITS, activation=tf.tanh, name="bridge")
    shifted = tf.concat([tf.zeros_like(embedded[:, :1]), embedded[:, :-1]], 1)
    outputs, _ = tf.nn.dynamic_rnn(tf.nn.rnn_cell.GRUCell(UNITS), shifted, lengths, initial_state=state)
    scores = tf.matmul(outputs, tf.layers.dense(memory, UNITS, use_bias=False), transpose_b=True)
    context = tf.matmul(tf.nn.softmax(scores), memory)
    logits = tf.layers.dense(tf.concat([outputs, context], 2), VOCAB)
mask = tf.sequence_mask(lengths, tf.shape(source)[1], dtype=tf.float32)
losses = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=source, logits=logits)
loss = tf.reduce_sum(losses * mask) / tf.reduce_sum(mask)
step = tf.train.get_or_create_global_step()
rate = tf.cond(step < 5, lambda: 0.01 * tf.cast(step + 1, tf.float32), lambda: tf.constant(0.05))
optimizer = tf.train.AdamOptimizer(rate)
noise = tf.random_uniform([3], name="noise")
grads, variables = zip(*optimizer.compute_gradients(loss))
clipped, norm = tf.clip_by_global_norm(grads, 5.0)
train = optimizer.apply_gradients(list(zip(clipped, variables)), global_step=step)
rng = np.random.RandomState(0)
with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    print([v.name for v in tf.trainable_variables()])
    for i in range(12):
        n = 3 + i % 3
        feed = {source: rng.randint(1, VOCAB, (4, n)), lengths: rng.randint(1, n + 1, 4)}
        feed[keep] = 1.0 if i % 2 else 0.8
        value, size, now, _ = sess.run([loss, norm, rate, train], feed)
        print("%2d loss %.4f norm %.3f rate %.3f" % (i, value, size, now))
    print(np.round(sess.run(noise), 4))
