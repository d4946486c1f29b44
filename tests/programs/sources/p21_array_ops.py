import numpy as np
import tensorflow as tf

x = tf.placeholder(tf.float32, [None, 4], name="x")
m = tf.reshape(tf.range(24), [2, 3, 4])
X = np.arange(12, dtype=np.float32).reshape(3, 4)
out = []
out += [m[0], m[:, 1], m[..., -1], m[1, ::-1, 1:3], m[:, tf.newaxis, 0], m[tf.constant(1)], x[-2:], x[:, 1:-1:2], x[tf.shape(x)[0] - 1, 2]]
out += [tf.gather(x, [2, 0]), tf.gather(x, [[1], [3]], axis=1), tf.gather_nd(m, [[0, 1], [1, 2]]), tf.gather_nd(x, tf.stack([tf.range(3), [3, 0, 1]], 1)), tf.batch_gather(x, [[0], [1], [2]])]
out += [tf.scatter_nd([[1], [3], [1]], [5.0, 6.0, 7.0], [5]), tf.scatter_nd([[0, 1]], tf.ones([1, 2]), tf.constant([2, 3, 2]))]
out += [tf.tensor_scatter_update(tf.zeros([4]), [[2]], [9.0]), tf.tensor_scatter_add(tf.ones([4]), [[0], [0]], [1.0, 2.0])]
out += [tf.where(x > 5), tf.where(x > 5, x, tf.zeros_like(x)), tf.where([True, False, True], x, -x), tf.boolean_mask(x, [True, False, True]), tf.boolean_mask(x, x > 6)]
out += [tf.one_hot([0, 2, -1], 3), tf.one_hot([[1]], 2, on_value=5, off_value=-1, axis=1), tf.one_hot(tf.argmax(x, 1), 4, True, False)]
out += [tf.sequence_mask([1, 3, 2], 5), tf.sequence_mask([1, 2], dtype=tf.float32), tf.reverse(m, [0, -1]), tf.reverse_sequence(x, [1, 2, 4], seq_axis=1, batch_axis=0)]
parts = tf.dynamic_partition(x, [1, 0, 1], 2)
out += parts + [tf.dynamic_stitch([[1], [0, 2]], parts)]
top = tf.nn.top_k(x, 2); out += [top.values, top.indices, tf.nn.in_top_k(x, [3, 0, 1], 2), tf.sort(x, direction="DESCENDING"), tf.argsort([3, 1, 2])]
u, idx = tf.unique([4, 5, 4, 7]); out += [u, idx] + list(tf.unique_with_counts([4, 5, 4, 7])) + [tf.setdiff1d([1, 2, 3], [2])[0], tf.unique([b"a", b"b", b"a"])[0]]
out += [tf.tile(x, [1, 2]), tf.pad(x, [[0, 1], [1, 0]]), tf.pad(x, [[1, 1], [2, 2]], "REFLECT"), tf.pad(x, [[1, 0], [0, 1]], mode="SYMMETRIC"), tf.pad([1], [[1, 1]], constant_values=7)]
out += tf.split(x, 2, axis=1) + tf.split(m, [1, 3], 2) + tf.unstack(m, axis=1)
out += [tf.stack([x, x], axis=-1), tf.parallel_stack([[1, 2], [3, 4]]), tf.concat([m, m], -1), tf.expand_dims(x, -1), tf.squeeze(tf.ones([1, 2, 1]), [0]), tf.transpose(m, [2, 0, 1]), tf.transpose(x)]
out += [tf.zeros_like(m), tf.ones_like(x, dtype=tf.int64), tf.fill([2, 2], "s"), tf.shape(x), tf.shape(m, out_type=tf.int64), tf.size(x), tf.rank(m), tf.shape_n([x, x])[1], tf.broadcast_to([1, 2], [3, 2]), tf.broadcast_dynamic_shape([3, 1], [1, 4])]
out += [tf.slice(m, [0, 1, 1], [2, -1, 2]), tf.strided_slice(m, [0, 0, 0], [2, 3, 4], [1, 2, 3]), tf.meshgrid([1, 2], [3, 4, 5])[1], tf.space_to_depth(tf.reshape(tf.range(16.), [1, 4, 4, 1]), 2), tf.batch_to_space_nd(tf.reshape(tf.range(4), [4, 1, 1, 1]), [2, 2], [[0, 0], [0, 0]]), tf.depth_to_space(tf.ones([1, 1, 1, 4]), 2)]
out += [tf.extract_image_patches(tf.reshape(tf.range(16.), [1, 4, 4, 1]), [1, 2, 2, 1], [1, 2, 2, 1], [1, 1, 1, 1], "VALID"), tf.searchsorted([1, 3, 5], [2, 5]), tf.identity(x), tf.repeat([1, 2], [2, 3]), tf.guarantee_const([1.]), tf.identity_n([m, x])[1], tf.stop_gradient(x)]
grads = tf.gradients([tf.reduce_sum(tf.gather(x, [0, 0]) ** 2), tf.gather_nd(x, [[1, 1]]), x[:, 1:3], tf.tile(x, [2, 1]), top.values, tf.pad(x, [[1, 1], [2, 2]], "REFLECT"), tf.concat([x, x], 0), tf.transpose(x), tf.boolean_mask(x, x > 6), tf.reverse(x, [0])] + parts, x)
with tf.Session() as sess:
    for i, t in enumerate(out):
        print(i, t.name, t.shape, sess.run(t, {x: X}).tolist())
    print(sess.run(grads, {x: X}))
