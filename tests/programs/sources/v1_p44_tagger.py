"""A tagger: characters and words in both directions, dense layers, masks, several losses, and
regularization."""
import numpy as np
import tensorflow as tf

tf.set_random_seed(5)
rng = np.random.RandomState(1)
words = tf.placeholder(tf.int32, [None, None], "words")
chars = tf.placeholder(tf.int32, [None, None, None], "chars")
word_counts = tf.placeholder(tf.int32, [None], "word_counts")
char_counts = tf.placeholder(tf.int32, [None, None], "char_counts")
tags = tf.placeholder(tf.int32, [None, None], "tags")
keep = tf.placeholder_with_default(1.0, [], "keep")

with tf.variable_scope("chars"):
    table = tf.get_variable("table", [12, 4], initializer=tf.contrib.layers.xavier_initializer())
    embedded = tf.nn.embedding_lookup(table, chars)
    shape = tf.shape(embedded)
    flat = tf.reshape(embedded, [shape[0] * shape[1], shape[2], 4])
    counts = tf.reshape(char_counts, [-1])
    cells = [tf.contrib.rnn.LSTMCell(3, state_is_tuple=True) for _ in range(2)]
    _, ((_, forward), (_, backward)) = tf.nn.bidirectional_dynamic_rnn(
        cells[0], cells[1], flat, sequence_length=counts, dtype=tf.float32)
    of_chars = tf.reshape(tf.concat([forward, backward], -1), [shape[0], shape[1], 6])
with tf.variable_scope("words", regularizer=tf.contrib.layers.l2_regularizer(0.01)):
    table = tf.get_variable("table", [20, 5], trainable=True)
    x = tf.concat([tf.nn.embedding_lookup(table, words), of_chars], -1)
    x = tf.nn.dropout(x, keep)
    cells = [
        tf.nn.rnn_cell.DropoutWrapper(
            tf.nn.rnn_cell.GRUCell(4), output_keep_prob=keep, state_keep_prob=keep, seed=i)
        for i in range(2)
    ]
    (fw, bw), _ = tf.nn.bidirectional_dynamic_rnn(
        cells[0], cells[1], x, sequence_length=word_counts, dtype=tf.float32)
    y = tf.layers.dense(tf.concat([fw, bw], -1), 8, tf.nn.relu, name="hidden",
                        kernel_regularizer=tf.contrib.layers.l1_regularizer(0.001))
    y = tf.layers.dropout(y, 0.2, training=tf.less(keep, 1.0))
    logits = tf.layers.dense(y, 3, name="logits")
mask = tf.sequence_mask(word_counts, tf.shape(words)[1], dtype=tf.float32)
tf.losses.sparse_softmax_cross_entropy(tags, logits, weights=mask)
tf.losses.mean_squared_error(tf.reduce_mean(logits), 0.1, scope="centre")
loss = tf.losses.get_total_loss()
train = tf.train.AdamOptimizer(0.05).minimize(loss)
right = tf.cast(tf.equal(tf.argmax(logits, -1, output_type=tf.int32), tags), tf.float32)
accuracy = tf.reduce_sum(right * mask) / tf.reduce_sum(mask)

for v in tf.trainable_variables():
    print(v.name, v.shape)
print([t.name for t in tf.losses.get_losses()], len(tf.losses.get_regularization_losses()))


def batch(n, longest):
    lengths = rng.randint(1, longest + 1, n)
    lengths[0] = longest
    w = rng.randint(0, 20, (n, longest))
    c = rng.randint(0, 12, (n, longest, 5))
    return {words: w, chars: c, word_counts: lengths, char_counts: rng.randint(1, 6, (n, longest)),
            tags: w % 3}


with tf.Session() as session:
    session.run(tf.global_variables_initializer())
    for step in range(12):
        feed = batch(3, 3 + step % 3)
        print("%.4f" % session.run([train, loss], feed)[1])
    feed = batch(4, 6)
    print(session.run([accuracy, tf.shape(logits)], feed))
    feed[keep] = 0.7
    print(session.run([tf.shape(y), tf.reduce_all(tf.is_finite(logits))], feed))
