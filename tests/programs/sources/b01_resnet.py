import numpy as np
import tensorflow as tf

tf.enable_control_flow_v2()
tf.set_random_seed(7)
BN_DECAY = 0.9
UPDATE_OPS_COLLECTION = 'resnet_update_ops'
RESNET_VARIABLES = 'resnet_variables'


def _get_variable(name, shape, initializer, weight_decay=0.0, dtype='float', trainable=True):
    if weight_decay > 0:
        regularizer = tf.contrib.layers.l2_regularizer(weight_decay)
    else:
        regularizer = None
    collections = [tf.GraphKeys.GLOBAL_VARIABLES, RESNET_VARIABLES]
    return tf.get_variable(name, shape=shape, initializer=initializer, dtype=dtype,
                           regularizer=regularizer, collections=collections, trainable=trainable)


def conv(x, ksize, stride, filters_out):
    filters_in = x.get_shape()[-1]
    shape = [ksize, ksize, filters_in, filters_out]
    initializer = tf.truncated_normal_initializer(stddev=0.1)
    weights = _get_variable('weights', shape=shape, dtype='float', initializer=initializer, weight_decay=0.00004)
    return tf.nn.conv2d(x, weights, [1, stride, stride, 1], padding='SAME')


def bn(x, is_training):
    x_shape = x.get_shape()
    params_shape = x_shape[-1:]
    axis = list(range(len(x_shape) - 1))
    beta = _get_variable('beta', params_shape, initializer=tf.zeros_initializer)
    gamma = _get_variable('gamma', params_shape, initializer=tf.ones_initializer)
    moving_mean = _get_variable('moving_mean', params_shape, initializer=tf.zeros_initializer, trainable=False)
    moving_variance = _get_variable('moving_variance', params_shape, initializer=tf.ones_initializer, trainable=False)
    if is_training:
        y, mean, variance = tf.nn.fused_batch_norm(x, gamma, beta, epsilon=1e-3, is_training=True)
        train_mean = tf.assign(moving_mean, moving_mean * BN_DECAY + mean * (1 - BN_DECAY))
        train_var = tf.assign(moving_variance, moving_variance * BN_DECAY + variance * (1 - BN_DECAY))
        tf.add_to_collection(UPDATE_OPS_COLLECTION, train_mean)
        tf.add_to_collection(UPDATE_OPS_COLLECTION, train_var)
        with tf.control_dependencies([train_mean, train_var]):
            return tf.identity(y)
    y, _, _ = tf.nn.fused_batch_norm(x, gamma, beta, mean=moving_mean, variance=moving_variance, epsilon=1e-3, is_training=False)
    return y


def block(x, filters, stride, is_training):
    shortcut = x
    with tf.variable_scope('a'):
        x = tf.nn.relu(bn(conv(x, 3, stride, filters), is_training))
    with tf.variable_scope('b'):
        x = bn(conv(x, 3, 1, filters), is_training)
    with tf.variable_scope('shortcut'):
        if filters != shortcut.get_shape()[-1] or stride != 1:
            shortcut = bn(conv(shortcut, 1, stride, filters), is_training)
    return tf.nn.relu(x + shortcut)


def inference(x, is_training, reuse=None):
    with tf.variable_scope('resnet', reuse=reuse):
        with tf.variable_scope('scale1'):
            x = tf.nn.relu(bn(conv(x, 3, 1, 8), is_training))
        x = tf.nn.max_pool(x, ksize=[1, 3, 3, 1], strides=[1, 2, 2, 1], padding='SAME')
        for i, (f, s) in enumerate([(8, 1), (16, 2)]):
            with tf.variable_scope('block%d' % (i + 1)):
                x = block(x, f, s, is_training)
        x = tf.reduce_mean(x, reduction_indices=[1, 2], name='avg_pool')
        with tf.variable_scope('fc'):
            w = _get_variable('weights', [x.get_shape()[-1], 10], initializer=tf.truncated_normal_initializer(stddev=0.01), weight_decay=0.00004)
            b = _get_variable('biases', shape=[10], initializer=tf.zeros_initializer)
            return tf.nn.xw_plus_b(x, w, b)


def main():
    rng = np.random.RandomState(0)
    images = tf.placeholder(tf.float32, [None, 16, 16, 3])
    labels = tf.placeholder(tf.int32, [None])
    logits = inference(images, True)
    eval_logits = inference(images, False, reuse=True)
    xent = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(logits=logits, labels=labels))
    reg = tf.get_collection(tf.GraphKeys.REGULARIZATION_LOSSES)
    loss = tf.add_n([xent] + reg)
    ema = tf.train.ExponentialMovingAverage(0.9)
    ema_op = ema.apply([loss])
    global_step = tf.get_variable('global_step', [], initializer=tf.constant_initializer(0), trainable=False, dtype=tf.int64)
    lr = tf.train.piecewise_constant(global_step, [3, 6], [0.1, 0.05, 0.01])
    opt = tf.train.MomentumOptimizer(lr, 0.9)
    grads = opt.compute_gradients(loss)
    apply_op = opt.apply_gradients(grads, global_step=global_step)
    batchnorm_updates_op = tf.group(*tf.get_collection(UPDATE_OPS_COLLECTION))
    train_op = tf.group(apply_op, batchnorm_updates_op, ema_op)
    top1 = tf.reduce_mean(tf.cast(tf.nn.in_top_k(eval_logits, labels, 1), tf.float32))
    with tf.Session() as sess:
        sess.run(tf.global_variables_initializer())
        x = rng.rand(8, 16, 16, 3).astype(np.float32)
        y = rng.randint(0, 10, 8)
        for _ in range(8):
            _, l, r = sess.run([train_op, loss, lr], {images: x, labels: y})
            print('%.4f %.3f' % (l, r))
        print('top1', sess.run([top1, ema.average(loss)], {images: x, labels: y}))
        print(sess.run(tf.get_collection(RESNET_VARIABLES)[3]))


main()
