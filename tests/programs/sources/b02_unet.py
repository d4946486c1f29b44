import numpy as np
import tensorflow as tf
tf.set_random_seed(3)

def weight_variable(shape, stddev=0.1, name="weight"):
    return tf.Variable(tf.truncated_normal(shape, stddev=stddev), name=name)
def bias_variable(shape, name="bias"):
    return tf.Variable(tf.constant(0.1, shape=shape), name=name)
def conv2d(x, W, b, keep_prob_):
    with tf.name_scope("conv2d"):
        conv_2d = tf.nn.conv2d(x, W, strides=[1, 1, 1, 1], padding='VALID')
        conv_2d_b = tf.nn.bias_add(conv_2d, b)
        return tf.nn.dropout(conv_2d_b, keep_prob_)
def deconv2d(x, W, stride):
    with tf.name_scope("deconv2d"):
        x_shape = tf.shape(x)
        output_shape = tf.stack([x_shape[0], x_shape[1] * 2, x_shape[2] * 2, x_shape[3] // 2])
        return tf.nn.conv2d_transpose(x, W, output_shape, strides=[1, stride, stride, 1], padding='VALID', name="conv2d_transpose")
def max_pool(x, n):
    return tf.nn.max_pool(x, ksize=[1, n, n, 1], strides=[1, n, n, 1], padding='VALID')
def crop_and_concat(x1, x2):
    with tf.name_scope("crop_and_concat"):
        x1_shape = tf.shape(x1); x2_shape = tf.shape(x2)
        offsets = [0, (x1_shape[1] - x2_shape[1]) // 2, (x1_shape[2] - x2_shape[2]) // 2, 0]
        size = [-1, x2_shape[1], x2_shape[2], -1]
        x1_crop = tf.slice(x1, offsets, size)
        return tf.concat([x1_crop, x2], 3)
def pixel_wise_softmax(output_map):
    with tf.name_scope("pixel_wise_softmax"):
        max_axis = tf.reduce_max(output_map, axis=3, keepdims=True)
        exponential_map = tf.exp(output_map - max_axis)
        normalize = tf.reduce_sum(exponential_map, axis=3, keepdims=True)
        return exponential_map / normalize

layers, features_root, n_class = 2, 4, 2
x = tf.placeholder("float", shape=[None, None, None, 1], name="x")
y = tf.placeholder("float", shape=[None, None, None, n_class], name="y")
keep_prob = tf.placeholder(tf.float32, name="dropout_probability")
with tf.name_scope("preprocessing"):
    nx = tf.shape(x)[1]; ny = tf.shape(x)[2]
    x_image = tf.reshape(x, tf.stack([-1, nx, ny, 1]))
    in_node = x_image
weights, dw_h, convs, variables = [], {}, [], []
for layer in range(layers):
    with tf.name_scope("down_conv_{}".format(str(layer))):
        features = 2 ** layer * features_root
        stddev = np.sqrt(2 / (9 * features))
        w1 = weight_variable([3, 3, 1 if layer == 0 else features // 2, features], stddev, name="w1")
        w2 = weight_variable([3, 3, features, features], stddev, name="w2")
        b1 = bias_variable([features], name="b1"); b2 = bias_variable([features], name="b2")
        conv1 = tf.nn.relu(conv2d(in_node, w1, b1, keep_prob))
        conv2 = conv2d(conv1, w2, b2, keep_prob)
        dw_h[layer] = tf.nn.relu(conv2)
        weights.append((w1, w2)); convs.append((conv1, conv2)); variables += [w1, w2, b1, b2]
        if layer < layers - 1:
            in_node = max_pool(dw_h[layer], 2)
in_node = dw_h[layers - 1]
for layer in range(layers - 2, -1, -1):
    with tf.name_scope("up_conv_{}".format(str(layer))):
        features = 2 ** (layer + 1) * features_root
        stddev = np.sqrt(2 / (9 * features))
        wd = weight_variable([2, 2, features // 2, features], stddev, name="wd")
        bd = bias_variable([features // 2], name="bd")
        h_deconv = tf.nn.relu(deconv2d(in_node, wd, 2) + bd)
        h_cat = crop_and_concat(dw_h[layer], h_deconv)
        w1 = weight_variable([3, 3, features, features // 2], stddev, name="w1")
        b1 = bias_variable([features // 2], name="b1")
        in_node = tf.nn.relu(conv2d(h_cat, w1, b1, keep_prob))
        variables += [wd, bd, w1, b1]
with tf.name_scope("output_map"):
    weight = weight_variable([1, 1, features_root, n_class], stddev)
    bias = bias_variable([n_class], name="bias")
    logits = tf.nn.relu(conv2d(in_node, weight, bias, tf.constant(1.0)))
with tf.name_scope("results"):
    predicter = pixel_wise_softmax(logits)
    correct_pred = tf.equal(tf.argmax(predicter, 3), tf.argmax(y, 3))
    accuracy = tf.reduce_mean(tf.cast(correct_pred, tf.float32))
with tf.name_scope("cost"):
    flat_logits = tf.reshape(logits, [-1, n_class]); flat_labels = tf.reshape(y, [-1, n_class])
    class_weights = tf.constant(np.array([1.0, 2.0], dtype=np.float32))
    weight_map = tf.reduce_sum(tf.multiply(flat_labels, class_weights), axis=1)
    loss_map = tf.nn.softmax_cross_entropy_with_logits_v2(logits=flat_logits, labels=flat_labels)
    loss = tf.reduce_mean(tf.multiply(loss_map, weight_map))
    loss += 0.001 * sum([tf.nn.l2_loss(v) for v in variables])
    eps = 1e-5
    intersection = tf.reduce_sum(predicter * y)
    union = eps + tf.reduce_sum(predicter) + tf.reduce_sum(y)
    dice = -(2 * intersection / (union))
grads = tf.gradients(loss + dice, variables)
global_step = tf.Variable(0, name="global_step")
lr = tf.train.exponential_decay(0.1, global_step, decay_steps=2, decay_rate=0.95, staircase=True)
train = tf.train.MomentumOptimizer(lr, 0.5).minimize(loss + dice, global_step=global_step)
norms = tf.Variable(tf.constant(0.0, shape=[len(grads)]), name="norm_gradients")
upd = norms.assign([tf.norm(g) for g in grads])
rng = np.random.RandomState(1)
X = rng.rand(2, 20, 20, 1); out = 20 - 4; out = out // 2 - 4; out = out * 2 - 2
Y = np.eye(2)[rng.randint(0, 2, (2, out, out))]
with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    for i in range(5):
        sess.run(train, {x: X, y: Y, keep_prob: 0.8})
        print(sess.run([loss, dice, accuracy, lr, upd], {x: X, y: Y, keep_prob: 0.8}))
    print(sess.run(predicter, {x: X, keep_prob: 1.}).shape, sess.run(global_step))
