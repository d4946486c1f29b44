import numpy as np
import tensorflow as tf

tf.enable_control_flow_v2()

tf.set_random_seed(11)
rng = np.random.RandomState(1)
img = tf.placeholder(tf.float32, [None, 8, 8, 3], name="img")
lab = tf.placeholder(tf.int32, [None])
is_train = tf.placeholder_with_default(True, [], name="is_train")


def weight(shape, name):
    return tf.Variable(tf.truncated_normal(shape, stddev=0.1), name=name)


w1, b1 = weight([3, 3, 3, 4], "w1"), tf.Variable(tf.constant(0.1, shape=[4]), name="b1")
c1 = tf.nn.conv2d(img, w1, strides=[1, 1, 1, 1], padding="SAME")
r1 = tf.nn.relu(tf.nn.bias_add(c1, b1))
p1 = tf.nn.max_pool(r1, ksize=[1, 2, 2, 1], strides=[1, 2, 2, 1], padding="SAME", name="p1")
l1 = tf.nn.lrn(p1, 4, bias=1.0, alpha=0.001 / 9.0, beta=0.75, name="norm1")
gamma, beta = tf.Variable(tf.ones([4])), tf.Variable(tf.zeros([4]))
mean, var = tf.nn.moments(l1, [0, 1, 2])
bn = tf.nn.batch_normalization(l1, mean, var, beta, gamma, 1e-3)
fbn, bm, bv = tf.nn.fused_batch_norm(bn, gamma, beta, epsilon=0.001)
w2 = weight([3, 3, 4, 2], "dw")
dw = tf.nn.depthwise_conv2d(fbn, w2, [1, 1, 1, 1], "VALID")
sep = tf.nn.separable_conv2d(fbn, w2, weight([1, 1, 8, 5], "pw"), [1, 1, 1, 1], "SAME")
wt = weight([3, 3, 6, 5], "wt")
up = tf.nn.conv2d_transpose(sep, wt, tf.stack([tf.shape(img)[0], 8, 8, 6]), [1, 2, 2, 1], padding="SAME")
at = tf.nn.atrous_conv2d(img, w1, 2, "SAME")
av = tf.nn.avg_pool(up, [1, 3, 3, 1], [1, 2, 2, 1], "VALID")
c1d = tf.nn.conv1d(tf.reduce_mean(img, 1), weight([3, 3, 2], "k1"), 2, "SAME")
c3d = tf.nn.conv3d(tf.expand_dims(img, 1), weight([1, 2, 2, 3, 2], "k3"), [1, 1, 2, 2, 1], "SAME")
flat = tf.reshape(av, [-1, int(np.prod(av.get_shape().as_list()[1:]))])
drop = tf.nn.dropout(flat, keep_prob=0.75, seed=3)
w3 = weight([54, 4], "w3")
logits = tf.nn.xw_plus_b(drop, w3, tf.zeros([4]), name="logits")
acts = [f(logits) for f in (tf.nn.relu6, tf.nn.elu, tf.nn.selu, tf.nn.softplus, tf.nn.softsign, tf.nn.leaky_relu, tf.nn.crelu, tf.nn.swish, tf.nn.softmax, tf.nn.log_softmax, tf.nn.sigmoid, tf.nn.tanh)]
xent = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=lab, logits=logits)
onehot = tf.one_hot(lab, 4)
xent2 = tf.nn.softmax_cross_entropy_with_logits_v2(labels=onehot, logits=logits)
xent3 = tf.nn.softmax_cross_entropy_with_logits(labels=onehot, logits=logits)
sig = tf.nn.sigmoid_cross_entropy_with_logits(labels=onehot, logits=logits)
wsig = tf.nn.weighted_cross_entropy_with_logits(labels=onehot, logits=logits, pos_weight=2.0)
logp = tf.nn.log_poisson_loss(onehot, logits)
loss = tf.reduce_mean(xent + xent2 + xent3) + tf.reduce_mean(sig) + tf.nn.l2_loss(w3) + 0.1 * tf.reduce_mean(dw ** 2) + 0.01 * tf.reduce_sum(at) + tf.reduce_mean(c1d) + tf.reduce_mean(tf.abs(c3d))
vs = tf.trainable_variables()
grads = tf.gradients(loss, vs + [img])
acc = tf.reduce_mean(tf.cast(tf.equal(tf.argmax(logits, 1, output_type=tf.int32), lab), tf.float32))
zf = tf.nn.zero_fraction(r1); s_stats = tf.nn.sufficient_statistics(flat, [0]); cos = tf.reduce_sum(tf.nn.l2_normalize(flat, 1))
mp, am = tf.nn.max_pool_with_argmax(img, [1, 2, 2, 1], [1, 2, 2, 1], "SAME")
train = tf.train.MomentumOptimizer(0.01, 0.9, use_nesterov=True).minimize(loss)
with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    feed = {img: rng.rand(4, 8, 8, 3), lab: rng.randint(0, 4, 4)}
    print(sess.run([loss, logits], feed))
    print([g.shape for g in sess.run(grads, feed)])
    sess.run(acts, feed)
    sess.run([wsig, logp, zf, s_stats[:3], cos, mp, am, bm, bv, mean, var], feed)
    for _ in range(4):
        sess.run(train, feed)
        l, a = sess.run([loss, acc], feed)
        print("%.4f %.2f" % (l, a))
