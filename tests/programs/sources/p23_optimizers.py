import numpy as np
import tensorflow as tf

tf.enable_control_flow_v2()

for name, opt in [
        ("sgd", lambda lr: tf.train.GradientDescentOptimizer(lr)), ("mom", lambda lr: tf.train.MomentumOptimizer(lr, 0.9)),
        ("nest", lambda lr: tf.train.MomentumOptimizer(lr, 0.9, use_nesterov=True)), ("adam", lambda lr: tf.train.AdamOptimizer(lr)),
        ("adagrad", lambda lr: tf.train.AdagradOptimizer(lr)), ("adadelta", lambda lr: tf.train.AdadeltaOptimizer(lr, rho=0.9)),
        ("rms", lambda lr: tf.train.RMSPropOptimizer(lr, decay=0.8, momentum=0.5)), ("rmsc", lambda lr: tf.train.RMSPropOptimizer(lr, centered=True)),
        ("ftrl", lambda lr: tf.train.FtrlOptimizer(lr, l1_regularization_strength=0.01, l2_regularization_strength=0.01)),
        ("prox", lambda lr: tf.train.ProximalGradientDescentOptimizer(lr, 0.01, 0.01)), ("proxada", lambda lr: tf.train.ProximalAdagradOptimizer(lr)),
        ("da", lambda lr: tf.train.AdagradDAOptimizer(lr, tf.train.get_or_create_global_step()))]:
    for resource in (False, True):
        tf.reset_default_graph()
        tf.set_random_seed(1)
        step = tf.train.get_or_create_global_step()
        with tf.variable_scope("m", use_resource=resource):
            emb = tf.get_variable("emb", [6, 3], initializer=tf.random_normal_initializer())
            w = tf.get_variable("w", [3, 1], initializer=tf.ones_initializer())
            b = tf.get_variable("b", [], initializer=tf.zeros_initializer())
        ids = tf.placeholder(tf.int32, [None])
        e = tf.nn.embedding_lookup(emb, ids)
        loss = tf.reduce_mean(tf.square(tf.matmul(e, w) + b - 2.0), name="loss")
        lr = tf.train.exponential_decay(0.1, step, 2, 0.9, staircase=True)
        o = opt(lr)
        gv = o.compute_gradients(loss)
        train = o.apply_gradients([(g if isinstance(g, tf.IndexedSlices) else tf.clip_by_norm(g, 1.0), v) for g, v in gv if g is not None], global_step=step)
        train_op = train
        init = tf.global_variables_initializer()
        with tf.Session() as sess:
            sess.run(init)
            for k in range(4):
                _, l = sess.run([train_op, loss], {ids: [k % 3, 1, 1, 5]})
            print(name, resource, o.get_name(), sorted(o.get_slot_names()), "%.5f" % l, sess.run(step))
            print(sess.run([emb, w, b]))
            print([v.name for v in tf.global_variables()])
            print([v.name for v in o.variables()], len(sess.graph.get_operations()))
            for n in tf.get_default_graph().as_graph_def().node:
                if "update_m" in n.name or "Adam" in n.name:
                    print(n.name, n.op, list(n.input))
