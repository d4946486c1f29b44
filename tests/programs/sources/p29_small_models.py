import numpy as np
import tensorflow as tf

rng = np.random.RandomState(0)


def fresh(seed):
    tf.reset_default_graph(); tf.set_random_seed(seed)


# character softmax regression
fresh(1)
text = "hello world, hello tensors"
chars = sorted(set(text)); ix = {c: i for i, c in enumerate(chars)}
X = tf.placeholder(tf.int32, [None]); Y = tf.placeholder(tf.int32, [None])
W = tf.get_variable("W", [len(chars), len(chars)])
b = tf.get_variable("b", [len(chars)], initializer=tf.zeros_initializer)
logits = tf.matmul(tf.one_hot(X, len(chars)), W) + b
cost = tf.reduce_mean(tf.nn.softmax_cross_entropy_with_logits_v2(logits=logits, labels=tf.one_hot(Y, len(chars))))
opt = tf.train.AdagradOptimizer(1.0).minimize(cost)
nxt = tf.multinomial(logits / 0.5, 1)[0][0]
with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    ids = [ix[c] for c in text]
    for _ in range(30):
        _, c = sess.run([opt, cost], {X: ids[:-1], Y: ids[1:]})
    out = [ix["h"]]
    for _ in range(10):
        out.append(sess.run(nxt, feed_dict={X: out[-1:]}))
    print("%.4f" % c, "".join(chars[i] for i in out))
# autoencoder
fresh(2)
x = tf.placeholder("float", [None, 12])
ws = {"e": tf.Variable(tf.random_normal([12, 4])), "d": tf.Variable(tf.random_normal([4, 12]))}
bs = {"e": tf.Variable(tf.random_normal([4])), "d": tf.Variable(tf.random_normal([12]))}
enc = tf.nn.sigmoid(tf.add(tf.matmul(x, ws["e"]), bs["e"]))
dec = tf.nn.sigmoid(tf.add(tf.matmul(enc, ws["d"]), bs["d"]))
noise = x + 0.1 * tf.random_normal(tf.shape(x))
loss = tf.reduce_mean(tf.pow(x - dec, 2)) + 0.001 * tf.add_n([tf.nn.l2_loss(v) for v in tf.trainable_variables()])
op = tf.train.RMSPropOptimizer(0.01).minimize(loss)
D = rng.rand(20, 12).astype("float32")
with tf.Session() as sess:
    sess.run(tf.initialize_all_variables())
    for i in range(10):
        _, l = sess.run([op, loss], {x: D[(i % 2) * 10:][:10]})
    print("%.5f" % l, sess.run(noise, {x: D[:1]}))
# matrix factorisation / collaborative filtering
fresh(3)
u, it, r = tf.placeholder(tf.int32, [None]), tf.placeholder(tf.int32, [None]), tf.placeholder(tf.float32, [None])
U = tf.Variable(tf.truncated_normal([6, 3], stddev=0.3)); V = tf.Variable(tf.truncated_normal([5, 3], stddev=0.3))
ub = tf.Variable(tf.zeros([6])); gb = tf.Variable(3.0, trainable=False)
pred = tf.reduce_sum(tf.nn.embedding_lookup(U, u) * tf.nn.embedding_lookup(V, it), 1) + tf.gather(ub, u) + gb
reg = tf.nn.l2_loss(U) + tf.nn.l2_loss(V)
mf = tf.reduce_sum(tf.square(pred - r)) + 0.05 * reg
rmse = tf.sqrt(tf.reduce_mean(tf.squared_difference(pred, r)))
op = tf.train.AdamOptimizer(0.05).minimize(mf)
with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    uu, ii, rr = rng.randint(0, 6, 15), rng.randint(0, 5, 15), rng.randint(1, 6, 15)
    for _ in range(20):
        _, e = sess.run((op, rmse), {u: uu, it: ii, r: rr})
    print("%.5f" % e)
# logistic regression with l1
fresh(4)
A = rng.randn(40, 5).astype(np.float32); t = (A.dot([1, -2, 0, 0, 0]) > 0).astype(np.float32).reshape(-1, 1)
xb, yb = tf.constant(A), tf.constant(t)
w = tf.Variable(tf.zeros([5, 1])); bb = tf.Variable(0.0)
lg = xb @ w + bb
nll = tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(labels=yb, logits=lg)) + 0.01 * tf.reduce_sum(tf.abs(w))
ftrl = tf.train.FtrlOptimizer(0.5, l1_regularization_strength=0.05)
step = tf.train.create_global_step()
op = ftrl.minimize(nll, global_step=step, var_list=[w, bb])
acc = tf.reduce_mean(tf.to_float(tf.equal(tf.greater(tf.sigmoid(lg), 0.5), tf.cast(yb, tf.bool))))
with tf.Session() as sess:
    tf.global_variables_initializer().run()
    for _ in range(20):
        op.run()
    print("%.4f %.3f" % (nll.eval(), acc.eval()), w.eval().ravel(), sess.run(step))
# k-means
fresh(5)
P = tf.constant(np.concatenate([rng.randn(10, 2), rng.randn(10, 2) + 4]).astype(np.float32))
C = tf.Variable(tf.slice(tf.random_shuffle(P, seed=1), [0, 0], [2, -1]))
d = tf.reduce_sum(tf.square(tf.subtract(tf.expand_dims(P, 0), tf.expand_dims(C, 1))), 2)
a = tf.argmin(d, 0)
means = tf.concat([tf.reduce_mean(tf.gather(P, tf.reshape(tf.where(tf.equal(a, c)), [1, -1])), axis=[1]) for c in range(2)], 0)
upd = tf.assign(C, means)
alt = tf.unsorted_segment_sum(P, a, 2) / tf.expand_dims(tf.unsorted_segment_sum(tf.ones([20]), a, 2), 1)
with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    for _ in range(5):
        _, cen, asg = sess.run([upd, C, a])
    print(cen, asg, sess.run(alt))
# 1-D GAN
fresh(6)


def gen(z):
    with tf.variable_scope("gen"):
        h = tf.nn.softplus(z * tf.get_variable("w0", [1, 4], initializer=tf.random_normal_initializer()) + tf.get_variable("b0", [4], initializer=tf.zeros_initializer()))
        return tf.matmul(h, tf.get_variable("w1", [4, 1]))


def disc(x, reuse=False):
    with tf.variable_scope("disc", reuse=reuse) as scope:
        h = tf.tanh(tf.matmul(x, tf.get_variable("w0", [1, 6])))
        h = tf.nn.dropout(h, 0.8)
        return tf.sigmoid(tf.matmul(h, tf.get_variable("w1", [6, 1])))


z = tf.placeholder(tf.float32, [None, 1]); real = tf.random_normal([8, 1], 3.0, 0.5)
fake = gen(z)
d1, d2 = disc(real), disc(fake, True)
dl = -tf.reduce_mean(tf.log(d1 + 1e-8) + tf.log(1 - d2 + 1e-8)); gl = -tf.reduce_mean(tf.log(d2 + 1e-8))
tv = tf.trainable_variables()
dv, gv = [v for v in tv if v.name.startswith("disc/")], [v for v in tv if "gen" in v.name]
batch = tf.Variable(0)
lr = tf.train.exponential_decay(0.01, batch, 15, 0.95, staircase=True)
do = tf.train.GradientDescentOptimizer(lr).minimize(dl, global_step=batch, var_list=dv)
go = tf.train.AdamOptimizer(0.01, beta1=0.5).minimize(gl, var_list=gv)
clip = [v.assign(tf.clip_by_value(v, -0.5, 0.5)) for v in dv]
with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    for i in range(10):
        zz = rng.rand(8, 1)
        l1, _ = sess.run([dl, do], {z: zz}); sess.run(clip)
        l2, _ = sess.run([gl, go], {z: zz})
    print("%.4f %.4f" % (l1, l2), sess.run(fake, {z: [[0.5]]}), sess.run(lr))
# word2vec, sampled softmax
fresh(7)
emb = tf.Variable(tf.random_uniform([20, 6], -1, 1)); sw = tf.Variable(tf.truncated_normal([20, 6], stddev=0.4)); sb = tf.Variable(tf.zeros([20]))
ti, tl = tf.placeholder(tf.int32, shape=[8]), tf.placeholder(tf.int32, shape=[8, 1])
e = tf.nn.embedding_lookup(emb, ti)
ls = tf.reduce_mean(tf.nn.sampled_softmax_loss(weights=sw, biases=sb, inputs=e, labels=tl, num_sampled=5, num_classes=20))
op = tf.train.AdagradOptimizer(1.0).minimize(ls)
nrm = emb / tf.sqrt(tf.reduce_sum(tf.square(emb), 1, keep_dims=True))
with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    for _ in range(10):
        _, l = sess.run([op, ls], {ti: rng.randint(0, 20, 8), tl: rng.randint(0, 20, (8, 1))})
    print("%.5f" % l, sess.run(nrm)[:2], sess.run(tf.nn.embedding_lookup([emb, sw], [1, 3, 5]))[0], sess.run(tf.nn.embedding_lookup_sparse(emb, tf.SparseTensor([[0, 0], [0, 1], [1, 0]], [1, 2, 3], [2, 2]), None, combiner="mean")))
