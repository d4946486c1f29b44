"""Two attention blocks with lookups through a sliced table, masks and smoothed labels."""
import numpy as np
import tensorflow as tf

tf.set_random_seed(2)
SIZE, STEPS, WORDS, HEADS = 8, 5, 11, 2
words = tf.placeholder(tf.int32, [None, STEPS])
answers = tf.placeholder(tf.int32, [None, STEPS])
lengths = tf.placeholder(tf.int32, [None])


def project(t, width, name, act=tf.identity):
    with tf.variable_scope(name):
        return act(tf.tensordot(t, tf.get_variable("m", [t.shape[-1].value, width]), 1)
                   + tf.get_variable("b", [width], initializer=tf.zeros_initializer()))


def level(t, name):
    with tf.variable_scope(name):
        mean, var = tf.nn.moments(t, [-1], keep_dims=True)
        return (t - mean) * tf.rsqrt(var + 1e-6) * tf.get_variable("gain", [SIZE]) + mean


def heads(t):
    return tf.transpose(tf.reshape(t, [-1, STEPS, HEADS, SIZE // HEADS]), [0, 2, 1, 3])


table = tf.get_variable("table", [WORDS, SIZE])
padded = tf.concat([tf.zeros([1, SIZE]), table[1:]], 0)
angles = np.arange(STEPS)[:, None] / 100.0 ** (np.arange(SIZE) / SIZE)
hidden = tf.nn.embedding_lookup(padded, words) * SIZE ** 0.5 + np.sin(angles).astype(np.float32)
mask = tf.sequence_mask(lengths, STEPS, dtype=tf.float32)
causal = tf.matrix_band_part(tf.ones([STEPS, STEPS]), -1, 0)
for i in range(2):
    with tf.variable_scope("block%d" % i):
        q, k, v = [heads(project(hidden, SIZE, n)) for n in "qkv"]
        match = tf.matmul(q, k, transpose_b=True) / np.sqrt(SIZE / HEADS)
        allowed = mask[:, tf.newaxis, tf.newaxis, :] * causal
        share = tf.nn.dropout(tf.nn.softmax(match + (1.0 - allowed) * -1e9), rate=0.1, seed=i)
        mixed = tf.reshape(tf.transpose(tf.matmul(share, v), [0, 2, 1, 3]), [-1, STEPS, SIZE])
        hidden = level(hidden + mixed, "first")
        hidden = level(hidden + project(project(hidden, 16, "up", tf.nn.relu), SIZE, "down"), "second")
logits = project(hidden, WORDS, "out")
soft = tf.one_hot(answers, WORDS) * 0.9 + 0.1 / WORDS
each = tf.nn.softmax_cross_entropy_with_logits_v2(labels=soft, logits=logits)
loss = tf.reduce_sum(each * mask) / tf.reduce_sum(mask)
train = tf.train.AdamOptimizer(0.02, beta2=0.98).minimize(loss)
rng = np.random.RandomState(0)
with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    for _ in range(5):
        feed = {words: rng.randint(1, WORDS, (3, STEPS)), answers: rng.randint(0, WORDS, (3, STEPS)), lengths: [5, 3, 4]}
        print("%.5f" % sess.run([loss, train], feed)[0])
    print(sess.run(tf.argmax(logits, -1), feed))
