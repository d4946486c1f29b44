"""A small model with something in every kind of collection; built by the recorder and by tests."""


def build(tf):
    """Adds the model to the default graph; returns its saver."""
    with tf.variable_scope("m"):
        w = tf.get_variable("w", [3, 4])
        b = tf.get_variable("b", [4], use_resource=True, initializer=tf.zeros_initializer())
        tf.get_variable("p", [4, 2], partitioner=tf.fixed_size_partitioner(2))
    x = tf.placeholder(tf.float32, [None, 3], name="x")
    with tf.device("/cpu:0"):
        y = tf.nn.relu(tf.matmul(x, w) + b, name="y")
    queue = tf.FIFOQueue(3, [tf.float32], [[]], name="q")
    tf.train.add_queue_runner(tf.train.QueueRunner(queue, [queue.enqueue(1.0)]))
    step = tf.train.get_or_create_global_step()
    bump = tf.assign_add(step, 1)
    tf.get_variable("loc", [2], collections=[tf.GraphKeys.LOCAL_VARIABLES])
    for key, members in (
        ("strings", ["abc", b"d"]),
        ("ints", [3]),
        ("floats", [1.5]),
        ("objects", [object()]),
        (("tuple", 1), [3]),
        ("nodes", [y, bump]),
    ):
        for member in members:
            tf.add_to_collection(key, member)
    tf.summary.scalar("loss", tf.reduce_mean(y))
    saver = tf.train.Saver()
    tf.train.Saver([w])
    tf.add_to_collection(tf.GraphKeys.SAVERS, saver)
    return saver


def exports(tf, saver):
    """Returns {name: MetaGraphDef}: the graph exported in various ways."""
    return {
        "model": saver.export_meta_graph(strip_default_attrs=True),
        "lean": saver.export_meta_graph(clear_devices=True, clear_extraneous_savers=True),
        "scope": tf.train.export_meta_graph(export_scope="m"),
        "outside": tf.train.export_meta_graph(export_scope="save_1"),
        "some": saver.export_meta_graph(collection_list=["strings", "variables", "none"]),
    }


def build_loop(tf):
    """Adds a model whose loss goes through a loop and a condition; returns its saver."""
    x = tf.placeholder(tf.float32, [2], name="x")
    w = tf.get_variable("w", [2], initializer=tf.constant_initializer([0.5, -0.25]))
    _, y = tf.while_loop(lambda i, y: i < 3, lambda i, y: (i + 1, y * w + x), (0, x))
    loss = tf.cond(tf.reduce_sum(x) > 0, lambda: tf.reduce_sum(y * y), lambda: tf.reduce_sum(w))
    train = tf.train.GradientDescentOptimizer(0.1).minimize(loss)
    tf.add_to_collection("train", train)
    tf.add_to_collection("train", loss)
    return tf.train.Saver()


FEEDS = ([1.0, 2.0], [-1.0, 0.5], [0.5, 0.5])


def train_loop(session, train, loss):
    """Returns the losses of some steps, and w after them."""
    losses = [float(session.run([loss, train], {"x:0": x})[0]) for x in FEEDS]
    return losses + session.run("w:0").tolist()
