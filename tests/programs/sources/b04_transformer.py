import numpy as np
import tensorflow as tf
tf.set_random_seed(2)
def normalize(inputs, epsilon=1e-8, scope="ln", reuse=None):
    with tf.variable_scope(scope, reuse=reuse):
        inputs_shape = inputs.get_shape()
        params_shape = inputs_shape[-1:]
        mean, variance = tf.nn.moments(inputs, [-1], keep_dims=True)
        beta = tf.Variable(tf.zeros(params_shape))
        gamma = tf.Variable(tf.ones(params_shape))
        normalized = (inputs - mean) / ((variance + epsilon) ** (.5))
        return gamma * normalized + beta
def embedding(inputs, vocab_size, num_units, zero_pad=True, scale=True, scope="embedding", reuse=None):
    with tf.variable_scope(scope, reuse=reuse):
        lookup_table = tf.get_variable('lookup_table', dtype=tf.float32, shape=[vocab_size, num_units], initializer=tf.contrib.layers.xavier_initializer())
        if zero_pad:
            lookup_table = tf.concat((tf.zeros(shape=[1, num_units]), lookup_table[1:, :]), 0)
        outputs = tf.nn.embedding_lookup(lookup_table, inputs)
        if scale:
            outputs = outputs * (num_units ** 0.5)
    return outputs
def positional_encoding(inputs, num_units, scope="positional_encoding"):
    N, T = inputs.get_shape().as_list()
    with tf.variable_scope(scope):
        position_ind = tf.tile(tf.expand_dims(tf.range(T), 0), [N, 1])
        position_enc = np.array([[pos / np.power(10000, 2. * i / num_units) for i in range(num_units)] for pos in range(T)])
        position_enc[:, 0::2] = np.sin(position_enc[:, 0::2]); position_enc[:, 1::2] = np.cos(position_enc[:, 1::2])
        lookup_table = tf.cast(tf.convert_to_tensor(position_enc), tf.float32)
        return tf.nn.embedding_lookup(lookup_table, position_ind) * num_units ** 0.5
def dense(x, units, name, activation=None):
    with tf.variable_scope(name):
        w = tf.get_variable("kernel", [x.shape[-1].value, units], initializer=tf.glorot_uniform_initializer())
        y = tf.tensordot(x, w, [[x.shape.ndims - 1], [0]]) + tf.get_variable("bias", [units], initializer=tf.zeros_initializer())
        return activation(y) if activation else y
def multihead_attention(queries, keys, num_heads=2, rate=0.1, causality=False, scope="mha"):
    with tf.variable_scope(scope):
        C = queries.get_shape().as_list()[-1]
        Q, K, V = dense(queries, C, 'q', tf.nn.relu), dense(keys, C, 'k', tf.nn.relu), dense(keys, C, 'v', tf.nn.relu)
        Q_, K_, V_ = [tf.concat(tf.split(t, num_heads, axis=2), axis=0) for t in (Q, K, V)]
        outputs = tf.matmul(Q_, tf.transpose(K_, [0, 2, 1]))
        outputs = outputs / (K_.get_shape().as_list()[-1] ** 0.5)
        key_masks = tf.to_float(tf.sequence_mask(lens, tf.shape(keys)[1]))
        key_masks = tf.tile(key_masks, [num_heads, 1])
        key_masks = tf.tile(tf.expand_dims(key_masks, 1), [1, tf.shape(queries)[1], 1])
        paddings = tf.ones_like(outputs) * (-2 ** 32 + 1)
        outputs = tf.where(tf.equal(key_masks, 0), paddings, outputs)
        if causality:
            diag_vals = tf.ones_like(outputs[0, :, :])
            tril = tf.linalg.LinearOperatorLowerTriangular(diag_vals).to_dense() if False else tf.matrix_band_part(diag_vals, -1, 0)
            masks = tf.tile(tf.expand_dims(tril, 0), [tf.shape(outputs)[0], 1, 1])
            outputs = tf.where(tf.equal(masks, 0), paddings, outputs)
        attn = tf.nn.softmax(outputs)
        query_masks = tf.cast(tf.not_equal(x, 0), tf.float32)
        query_masks = tf.tile(tf.expand_dims(tf.tile(query_masks, [num_heads, 1]), -1), [1, 1, tf.shape(keys)[1]])
        outputs = tf.nn.dropout(attn * query_masks, rate=rate, seed=1)
        outputs = tf.concat(tf.split(tf.matmul(outputs, V_), num_heads, axis=0), axis=2)
        return normalize(outputs + queries), attn
def feedforward(x, units, scope="ff"):
    with tf.variable_scope(scope):
        return normalize(x + dense(dense(x, units[0], 'a', tf.nn.relu), units[1], 'b'))
def label_smoothing(inputs, epsilon=0.1):
    K = inputs.get_shape().as_list()[-1]
    return ((1 - epsilon) * inputs) + (epsilon / K)
B, T, V, C = 3, 5, 11, 8
x = tf.placeholder(tf.int32, (B, T)); y = tf.placeholder(tf.int32, (B, T)); lens = tf.placeholder(tf.int32, [B])
enc = embedding(x, V, C) + positional_encoding(x, C)
enc *= tf.expand_dims(tf.to_float(tf.sequence_mask(lens, T)), -1)
for i in range(2):
    with tf.variable_scope("num_blocks_{}".format(i)):
        enc, attn = multihead_attention(enc, enc, causality=(i == 1))
        enc = feedforward(enc, [4 * C, C])
logits = dense(enc, V, 'out')
preds = tf.to_int32(tf.arg_max(logits, dimension=-1))
istarget = tf.to_float(tf.not_equal(y, 0)) * tf.sequence_mask(lens, T, dtype=tf.float32)
acc = tf.reduce_sum(tf.to_float(tf.equal(preds, y)) * istarget) / (tf.reduce_sum(istarget))
loss = tf.nn.softmax_cross_entropy_with_logits(logits=logits, labels=label_smoothing(tf.one_hot(y, depth=V)))
mean_loss = tf.reduce_sum(loss * istarget) / (tf.reduce_sum(istarget))
global_step = tf.train.get_or_create_global_step()
step = tf.cast(global_step + 1, dtype=tf.float32)
lr = 0.05 * 4 ** 0.5 * tf.minimum(step * 4 ** -1.5, step ** -0.5)
train_op = tf.train.AdamOptimizer(learning_rate=lr, beta1=0.9, beta2=0.98, epsilon=1e-8).minimize(mean_loss, global_step=global_step)
rng = np.random.RandomState(0)
with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    for i in range(6):
        print(sess.run([train_op, mean_loss, acc, lr], {x: rng.randint(1, V, (B, T)), y: rng.randint(0, V, (B, T)), lens: [5, 3, 4]})[1:])
    print(sess.run([attn, preds], {x: rng.randint(1, V, (B, T)), lens: [5, 1, 4]})[0].sum())
