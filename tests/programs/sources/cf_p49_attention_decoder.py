"""An attention decoder by raw_rnn over a bidirectional encoder, and a pointer network by while_loop."""
import numpy as np
import tensorflow as tf

tf.enable_control_flow_v2()
tf.set_random_seed(3)
rs = np.random.RandomState(1)
B, T, D, H, V = 3, 5, 4, 6, 8
x = tf.placeholder(tf.float32, [B, None, D])
lens = tf.placeholder(tf.int32, [B])
tgt = tf.placeholder(tf.int32, [B, None])
with tf.variable_scope("enc"):
    fw, bw = tf.nn.rnn_cell.GRUCell(H), tf.nn.rnn_cell.GRUCell(H)
    (of, ob), (sf, sb) = tf.nn.bidirectional_dynamic_rnn(fw, bw, x, sequence_length=lens, dtype=tf.float32)
    mem = tf.concat([of, ob], 2)
emb = tf.get_variable("emb", [V, D], initializer=tf.random_normal_initializer(seed=4))
key = tf.layers.dense(mem, H, use_bias=False, name="key")
dec = tf.nn.rnn_cell.GRUCell(H, name="dec")
query = tf.layers.Dense(H, name="query", use_bias=False)


def attend(h):
    e = tf.reduce_sum(tf.tanh(key + query(h)[:, None]), 2)
    e = tf.where(tf.sequence_mask(lens, tf.shape(x)[1]), e, tf.fill(tf.shape(e), -1e9))
    a = tf.nn.softmax(e)
    return tf.squeeze(tf.matmul(a[:, None], mem), 1), a


tlen = tf.shape(tgt)[1]
tgt_ta = tf.TensorArray(tf.int32, size=tlen).unstack(tf.transpose(tgt))


def loop_fn(time, out, state, loop_state):
    if out is None:
        nxt = sf + sb
        ids = tf.ones([B], tf.int32)
        al = tf.TensorArray(tf.float32, size=0, dynamic_size=True)
        emit = None
    else:
        nxt = state
        emit = out
        ids = tf.cond(time >= tlen, lambda: tf.zeros([B], tf.int32), lambda: tgt_ta.read(tf.maximum(time - 1, 0)))
        al = loop_state
    ctx, a = attend(nxt)
    al = al.write(time, a)
    fin = tf.fill([B], time >= tlen)
    inp = tf.concat([tf.nn.embedding_lookup(emb, ids), ctx], 1)
    return fin, inp, nxt, emit, al


out_ta, st, al = tf.nn.raw_rnn(dec, loop_fn, scope="decoder")
out_w = tf.get_variable("out_w", [H, V], initializer=tf.glorot_uniform_initializer(seed=5))
logits = tf.transpose(tf.tensordot(out_ta.stack(), out_w, 1), [1, 0, 2])
align = al.stack()
loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=tgt, logits=logits))
# pointer network: greedy choice without replacement by while_loop
q0 = tf.reduce_mean(key, 1)


def ptr_body(i, mask, q, ta):
    sc = tf.reduce_sum(key * q[:, None], 2) + mask * -1e9
    p = tf.cast(tf.argmax(sc, 1), tf.int32)
    oh = tf.one_hot(p, tf.shape(key)[1])
    q = tf.reduce_sum(key * oh[:, :, None], 1)
    return i + 1, mask + oh, q, ta.write(i, p)


_, _, _, pta = tf.while_loop(lambda i, *a: i < tf.shape(key)[1], ptr_body,
                             [0, tf.zeros_like(key[:, :, 0]), q0, tf.TensorArray(tf.int32, tf.shape(key)[1])])
ptr = tf.transpose(pta.stack())
opt = tf.train.AdamOptimizer(.02)
gv = opt.compute_gradients(loss)
print([(type(g).__name__, v.op.name) for g, v in gv])
train = opt.apply_gradients(gv)
with tf.Session() as s:
    s.run(tf.global_variables_initializer())
    for k in range(4):
        t = T - k % 2
        f = {x: rs.randn(B, t, D), lens: [t, t - 1, 2], tgt: rs.randint(0, V, (B, 4 + k % 2))}
        l, a, p, _ = s.run([loss, align, ptr, train], f)
        print("%.4f" % l, a.shape, p.tolist())
print([v.name for v in tf.global_variables()])
