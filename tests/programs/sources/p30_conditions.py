import numpy as np
import tensorflow as tf

tf.enable_control_flow_v2()
tf.logging.set_verbosity(tf.logging.ERROR)
g = tf.Graph()
with g.as_default(), tf.Session(graph=g) as sess:
    tf.set_random_seed(42)
    phase = tf.placeholder(tf.bool, name="phase_train")
    x = tf.placeholder(tf.float32, [None, 5, 5, 2])

    def batch_norm(x, n_out, phase_train, scope="bn"):
        with tf.variable_scope(scope, use_resource=True):
            beta = tf.get_variable("beta", initializer=tf.constant(0.0, shape=[n_out]), trainable=True)
            gamma = tf.get_variable("gamma", initializer=tf.constant(1.0, shape=[n_out]), trainable=True)
            batch_mean, batch_var = tf.nn.moments(x, [0, 1, 2], name="moments")
            pm = tf.get_variable("pop_mean", [n_out], initializer=tf.zeros_initializer(), trainable=False)
            pv = tf.get_variable("pop_var", [n_out], initializer=tf.ones_initializer(), trainable=False)

            def update():
                with tf.control_dependencies([pm.assign(pm * 0.9 + batch_mean * 0.1), pv.assign(pv * 0.9 + batch_var * 0.1)]):
                    return tf.identity(batch_mean), tf.identity(batch_var)
            mean, var = tf.cond(phase_train, update, lambda: (pm.read_value(), pv.read_value()))
            return tf.nn.batch_normalization(x, mean, var, beta, gamma, 1e-3), pm, pv

    y, pm, pv = batch_norm(x, 2, phase)
    v = tf.get_variable("v", [], initializer=tf.constant_initializer(3.0), use_resource=True)
    inc = tf.cond(v < 5, lambda: tf.assign_add(v, 1.5), lambda: tf.assign(v, 0.0))
    lr = tf.get_variable("lr", [], trainable=False, initializer=tf.constant_initializer(0.5))
    new_lr = tf.placeholder(tf.float32, shape=[], name="new_lr")
    update_lr = tf.assign(lr, new_lr)
    safe = tf.cond(tf.equal(new_lr, 0), lambda: tf.constant(-1.0), lambda: 1 / new_lr)
    nested = tf.cond(new_lr > 1, lambda: tf.cond(new_lr > 2, lambda: new_lr * 10, lambda: new_lr * 100), lambda: tf.zeros([]))
    pick = tf.cond(phase, lambda: tf.nn.dropout(tf.ones([4]), 0.5, seed=9), lambda: tf.ones([4]))
    smart = tf.cond(tf.reduce_any(x > 100), lambda: tf.no_op(), lambda: tf.group(update_lr))
    with tf.control_dependencies([tf.Assert(tf.reduce_all(x < 50), [tf.reduce_max(x)], name="bound"), tf.assert_less_equal(tf.rank(x), 4), tf.assert_none_equal(new_lr, 77.0), tf.assert_non_negative(new_lr), tf.assert_integer(tf.shape(x)), tf.assert_scalar(new_lr), tf.assert_greater(tf.size(x), 0), tf.assert_near(new_lr, new_lr), tf.assert_rank_in(x, [3, 4])]):
        z = tf.reduce_mean(y) + new_lr
    tf.global_variables_initializer().run()
    X = np.random.RandomState(0).rand(3, 5, 5, 2)
    for tr in (True, False, True):
        print(sess.run([tf.reduce_mean(y)], {x: X, phase: tr}), pm.eval(), sess.run(pv))
    print([float(sess.run(inc)) for _ in range(4)])
    print(sess.run([safe, nested], {new_lr: 0.0}), sess.run([safe, nested], {new_lr: 1.5}), sess.run(nested, {new_lr: 3}))
    print(sess.run(pick, {phase: True}), sess.run(pick, {phase: False}))
    sess.run(update_lr, feed_dict={new_lr: 0.25}); print(lr.eval(), lr.eval(session=sess))
    print(sess.run(z, {x: X, new_lr: 2.0, phase: False}))
    for bad in ({x: X * 1000, new_lr: 2.0, phase: False}, {x: X, new_lr: -2.0, phase: False}, {x: X, new_lr: 77.0, phase: False}, {x: np.zeros((0, 5, 5, 2)), new_lr: 1.0, phase: False}):
        try:
            sess.run(z, bad)
        except tf.errors.InvalidArgumentError as e:
            print(e.message.split("\n")[0])
    print(sorted(g.get_all_collection_keys()), [o.name for o in g.get_operations() if o.type == "Assert"])
    op = g.get_operation_by_name("phase_train")
    print(op.type, op.outputs, list(op.inputs), op.control_inputs, op.device == "", op.get_attr("dtype"), sorted(c.name for c in x.consumers()), y.op.inputs[0].name, y.graph is g, op.node_def.op)
    print(x.op.name, x.value_index, x.dtype.is_floating, x.dtype.name, x.dtype.size, tf.float32.as_numpy_dtype, tf.as_dtype("int32"), x.shape.ndims, x.shape[1:].as_list(), x.shape.is_fully_defined(), tf.TensorShape([None, 3]).concatenate([4]), x.shape == tf.TensorShape([None, 5, 5, 2]))
