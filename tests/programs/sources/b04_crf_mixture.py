import math
import numpy as np
import tensorflow as tf
tf.set_random_seed(31)
B, T, K, D = 3, 4, 5, 6
# CRF by an unrolled forward recursion and Viterbi
feats = tf.placeholder(tf.float32, [B, T, D]); tags = tf.placeholder(tf.int32, [B, T]); lens = tf.placeholder(tf.int64, [B])
W = tf.get_variable('W', [D, K], initializer=tf.orthogonal_initializer(seed=1)); trans = tf.get_variable('transitions', [K, K], initializer=tf.uniform_unit_scaling_initializer())
unary = tf.reshape(tf.matmul(tf.reshape(feats, [-1, D]), W), [B, T, K])
mask = tf.sequence_mask(tf.to_int32(lens), maxlen=T, dtype=tf.float32)
flat_idx = tf.expand_dims(tf.range(0, B) * T * K, 1) + tf.expand_dims(tf.range(0, T) * K, 0) + tags
un = tf.reduce_sum(tf.reshape(tf.gather(tf.reshape(unary, [-1]), tf.reshape(flat_idx, [-1])), [B, T]) * mask, 1)
start, end = tf.slice(tags, [0, 0], [-1, T - 1]), tf.slice(tags, [0, 1], [-1, T - 1])
bi = tf.reduce_sum(tf.gather(tf.reshape(trans, [-1]), start * K + end) * tf.slice(mask, [0, 1], [-1, -1]), 1)
alpha = tf.squeeze(tf.slice(unary, [0, 0, 0], [-1, 1, -1]), [1])
vit, back = alpha, []
for t in range(1, T):
    new = tf.expand_dims(alpha, 2) + tf.expand_dims(trans, 0)
    new = unary[:, t] + tf.reduce_logsumexp(new, [1])
    alpha = tf.where(t < lens, new, alpha)
    sc = tf.expand_dims(vit, 2) + trans[tf.newaxis, ...]
    back.append(tf.argmax(sc, 1, output_type=tf.int32)); vit = unary[:, t, :] + tf.reduce_max(sc, axis=1)
log_norm = tf.reduce_logsumexp(alpha, [1])
best = [tf.argmax(vit, axis=-1, output_type=tf.int32)]
for bp in reversed(back):
    best.insert(0, tf.gather_nd(bp, tf.stack([tf.range(B), best[0]], -1)))
path = tf.transpose(tf.stack(best))
crf_loss = tf.reduce_mean(log_norm - un - bi)
decay = tf.train.inverse_time_decay(0.5, tf.train.get_or_create_global_step(), 2, 0.5)
crf_train = tf.train.GradientDescentOptimizer(decay).minimize(crf_loss, global_step=tf.train.get_global_step(), colocate_gradients_with_ops=True)
# mixture density network
x = tf.placeholder(tf.float64, [None, 1]); y = tf.placeholder(tf.float64, [None, 1])
with tf.variable_scope('mdn', initializer=tf.random_normal_initializer(stddev=0.5, dtype=tf.float64), dtype=tf.float64):
    h = tf.nn.tanh(tf.matmul(x, tf.get_variable('w1', [1, 12])) + tf.get_variable('b1', 12))
    out = tf.nn.xw_plus_b(h, tf.get_variable('w2', (12, 9)), tf.get_variable('b2', (9,)))
pi, sigma, mu = tf.split(out, 3, 1)
pi = pi - tf.reduce_max(pi, 1, keepdims=True)
pi = pi - tf.log(tf.reduce_sum(tf.exp(pi), 1, keep_dims=True))
sigma = tf.maximum(tf.exp(sigma), 1e-3)
lp = pi - tf.log(sigma) - 0.5 * math.log(2 * math.pi) - 0.5 * tf.squared_difference(y, mu) / sigma ** 2
nll = -tf.reduce_mean(tf.reduce_logsumexp(lp, 1, keepdims=True))
opt = tf.train.RMSPropOptimizer(0.01, momentum=0.5, centered=True)
gv = [(tf.clip_by_norm(g, 1.0), v) for g, v in opt.compute_gradients(nll, tf.get_collection(tf.GraphKeys.TRAINABLE_VARIABLES, 'mdn'))]
mdn_train = opt.apply_gradients(gv)
check = tf.add_check_numerics_ops()
rng = np.random.RandomState(5)
with tf.Session() as sess:
    tf.global_variables_initializer().run()
    fd = {feats: rng.randn(B, T, D), tags: rng.randint(0, K, (B, T)), lens: [4, 2, 3]}
    xs = rng.uniform(-1, 1, (20, 1)); fd2 = {y: xs, x: xs + 0.3 * np.sin(7 * xs)}
    for i in range(5):
        fd.update(fd2)
        _, a, _, b, _ = sess.run([crf_train, crf_loss, mdn_train, nll, check], fd)
        print(i, '%.5f %.6f' % (a, b))
    print(sess.run([path, log_norm, decay], fd))
    print(sess.run([log_norm, path], {unary: rng.randn(B, T, K), lens: [1, 1, 4]}))
    print(sess.run(tf.gradients(nll, [mu, sigma]), fd2)[0].shape)
