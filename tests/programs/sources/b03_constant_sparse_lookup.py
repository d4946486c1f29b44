"""Weighted lookups of constant sparse ids in a partitioned table; gradients see their shapes."""
import tensorflow as tf

tf.set_random_seed(4)
table = tf.get_variable("table", [12, 4], partitioner=tf.fixed_size_partitioner(3))
ids = tf.SparseTensor([[0, 0], [0, 2], [2, 1]], tf.constant([1, 5, 3], tf.int64), [3, 3])
shares = tf.SparseTensor([[0, 0], [0, 2], [2, 1]], [1.0, 2.0, 0.5], [3, 3])
with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    for how in ("sum", "mean", "sqrtn"):
        rows = tf.nn.embedding_lookup_sparse(table, ids, shares, combiner=how, partition_strategy="div")
        print(rows.shape, sess.run([rows] + tf.gradients(rows, list(table))))
