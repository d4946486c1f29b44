import numpy as np
import tensorflow.compat.v1 as tf
tf.disable_eager_execution(); tf.disable_resource_variables()
tf.enable_control_flow_v2()
tf.set_random_seed(17)
def metric_variable(shape, dtype, name):
    return tf.get_variable(name, shape=shape, dtype=dtype, initializer=tf.zeros_initializer(), trainable=False, collections=[tf.GraphKeys.LOCAL_VARIABLES, tf.GraphKeys.METRIC_VARIABLES])
def streaming_mean(values, name):
    with tf.variable_scope(name, 'mean', [values]):
        total, count = metric_variable([], tf.float32, 'total'), metric_variable([], tf.float32, 'count')
        up_t = tf.assign_add(total, tf.reduce_sum(values))
        with tf.control_dependencies([values]):
            up_c = tf.assign_add(count, tf.to_float(tf.size(values)))
        m = tf.div_no_nan(total, count, name='value')
        return m, tf.div_no_nan(up_t, tf.maximum(up_c, 0), name='update_op')
def np_f1(p, l):
    tp = np.sum((p == 1) & (l == 1)); return np.float32(2. * tp / max(1, np.sum(p == 1) + np.sum(l == 1))), np.int64(tp)
X = tf.placeholder(tf.float32, [None, 6]); Y1 = tf.placeholder(tf.float32, [None]); Y2 = tf.placeholder_with_default(np.zeros([8], np.int32), [None])
phase = tf.placeholder_with_default(True, [], 'phase')
def shared_fn(x, n):
    w = tf.get_variable('w', [x.shape[1], n], initializer=tf.initializers.he_normal(seed=1)); b = tf.get_variable('b', n, initializer=tf.ones_initializer())
    return tf.nn.selu(tf.nn.xw_plus_b(x, w, b))
shared = tf.make_template('shared', shared_fn, n=7)
shared_u = tf.make_template('uniq', shared_fn, create_scope_now_=True, n=3)
h = shared(X); h2 = shared(X * 2.); hu = shared_u(h)
def bn(x, name):
    with tf.variable_scope(name):
        g = tf.get_variable('g', [x.shape[-1]], initializer=tf.ones_initializer()); bta = tf.get_variable('beta', [x.shape[-1]], initializer=tf.zeros_initializer())
        bm, bv = tf.nn.moments(x, [0])
        ema = tf.train.ExponentialMovingAverage(decay=0.5)
        def up():
            op = ema.apply([bm, bv])
            with tf.control_dependencies([op]):
                return tf.identity(bm), tf.identity(bv)
        mean, var = up()
        mean = tf.where(tf.fill(tf.shape(mean), phase), mean, ema.average(bm)); var = tf.where(tf.fill(tf.shape(var), phase), var, ema.average(bv))
        return tf.nn.batch_normalization(x, mean, var, bta, g, 1e-3)
hb = bn(h, 'bn')
with tf.variable_scope('head1', reuse=tf.AUTO_REUSE):
    reg = tf.squeeze(tf.matmul(tf.concat([hb, hu], -1), tf.get_variable('w', [10, 1])), -1)
with tf.variable_scope('head2', regularizer=tf.keras.regularizers.l2(0.01) if False else (lambda w: 0.01 * tf.reduce_sum(tf.abs(w)))):
    cls = tf.einsum('bi,ij->bj', hb + h2, tf.get_variable('w', [7, 2])) + tf.get_variable('b', shape=[2], initializer=tf.constant_initializer([0.1, -.1]))
err = tf.abs(Y1 - reg); quad = tf.minimum(err, 0.5)
l1 = tf.reduce_mean(0.5 * quad * quad + 0.5 * (err - quad)); l2 = 2.0 * tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=Y2, logits=cls))
tot = tf.add_n([l1, l2] + tf.get_collection('regularization_losses'))
gs = tf.train.create_global_step()
v1 = tf.trainable_variables('head1') + tf.trainable_variables('shared'); v2 = tf.get_collection(tf.GraphKeys.TRAINABLE_VARIABLES, 'head2')
o1 = tf.train.AdamOptimizer(tf.train.polynomial_decay(0.05, gs, 10, 0.001, power=2.)); o2 = tf.train.MomentumOptimizer(tf.train.cosine_decay(0.1, gs, 10), .9)
g1 = o1.compute_gradients(l1, var_list=v1)
g2 = o2.compute_gradients(l2 + tf.add_n(tf.get_collection(tf.GraphKeys.REGULARIZATION_LOSSES)), var_list=v2)
with tf.control_dependencies([g for g, _ in g1 + g2]):
    t1 = o1.apply_gradients(g1)
    with tf.control_dependencies([t1]):
        t2 = o2.apply_gradients(g2, global_step=gs)
pred = tf.argmax(cls, 1, output_type=tf.int32)
f1, tp = tf.py_func(np_f1, [pred, Y2], [tf.float32, tf.int64], stateful=False, name='f1'); f1.set_shape([])
acc, acc_up = streaming_mean(tf.cast(tf.equal(pred, Y2), tf.float32), 'acc')
macc, macc_up = streaming_mean(tf.squared_difference(Y1, reg), 'mse'); mrec, mrec_up = streaming_mean(err, None)
cm = tf.confusion_matrix(Y2, pred, num_classes=2)
bad = tf.report_uninitialized_variables()
rng = np.random.RandomState(2)
data = lambda: {X: rng.randn(8, 6), Y1: rng.randn(8), Y2: rng.randint(0, 2, 8)}
with tf.Session() as sess:
    print(sess.run(bad)[:3])
    sess.run(tf.group(tf.global_variables_initializer(), tf.local_variables_initializer()))
    for i in range(5):
        d = data()
        print(sess.run([l1, l2, tot], d)); sess.run(t2, d); print(sess.run(gs))
        print(sess.run({'acc': acc_up, 'f1': f1, 'tp': tp, 'm': (macc_up, mrec_up)}, d))
    print(sess.run([acc, macc, mrec, cm], d))
    d[phase] = False; print(sess.run([reg, hb], d)[0])
    for t in [h, h2, hb, cls, reg, pred, l1]:
        val = sess.run(t, d)
        dd = dict(d); dd[t] = val
        print(t.name, np.sum(sess.run(tot, dd)))
    print([o.get_slot_names() for o in (o1, o2)], o2.get_slot(v2[0], 'momentum').name, [v.name for v in o1.variables()])
    print([v.name for v in tf.local_variables()], [v.name for v in shared.trainable_variables], shared_u.name)
