"""What goes wrong in loops, conditions and tensor arrays, when they are built and when they run."""
import numpy as np
import tensorflow as tf

tf.enable_control_flow_v2()


def attempt(name, make, feed=None):
    tf.reset_default_graph()
    try:
        result = make()
        if result is not None:
            with tf.Session() as sess:
                sess.run(tf.global_variables_initializer())
                print(name, "gives", sess.run(result, feed))
    except Exception as e:
        print(name, type(e).__name__, str(e).splitlines()[0][:160])


attempt("cond no function", lambda: tf.while_loop(1, lambda i: i, [0]))
attempt("body no function", lambda: tf.while_loop(lambda i: i < 3, 2, [0]))
attempt("parallel", lambda: tf.while_loop(lambda i: i < 3, lambda i: i + 1, [0], parallel_iterations=0))
attempt("dtype", lambda: tf.while_loop(lambda i: i < 3, lambda i: tf.cast(i, tf.float32), [tf.constant(0)]))
attempt("shape", lambda: tf.while_loop(lambda i: tf.reduce_sum(i) < 3, lambda i: tf.concat([i, i], 0), [tf.constant([1])]))
attempt("shape allowed", lambda: tf.while_loop(lambda i: tf.reduce_sum(i) < 3, lambda i: tf.concat([i, i], 0), [tf.constant([1])],
                                               shape_invariants=[tf.TensorShape([None])]))
attempt("more results", lambda: tf.while_loop(lambda i: i < 3, lambda i: (i + 1, i), [0]))
attempt("branch dtypes", lambda: tf.cond(tf.constant(True), lambda: 1, lambda: 2.0))
attempt("python bool", lambda: tf.cond(True, lambda: 1, lambda: 2))
leaked = []
attempt("leak", lambda: (tf.while_loop(lambda i: i < 3, lambda i: leaked.append(i) or i + 1, [0]), leaked[-1] + 1)[0])
attempt("case pairs", lambda: tf.case([(tf.constant(True), 1)]))
attempt("switch_case", lambda: tf.switch_case(tf.constant(1), {0: lambda: 1}))
attempt("switch_case default", lambda: tf.switch_case(tf.constant(7), [lambda: 1, lambda: 2]))
attempt("array size", lambda: tf.TensorArray(tf.float32))
attempt("array shape", lambda: tf.TensorArray(tf.float32, 2).write(0, [1.0]).write(1, [1.0, 2.0]).stack())
attempt("array bounds", lambda: tf.TensorArray(tf.float32, 2).write(2, 1.0).stack())
attempt("array grows", lambda: tf.TensorArray(tf.float32, 1, dynamic_size=True).write(0, 1.0).write(1, 2.0).stack())
attempt("map structure", lambda: tf.map_fn(lambda x: (x, x), tf.range(3)))
attempt("map dtype", lambda: tf.map_fn(lambda x: tf.cast(x, tf.float32), tf.range(3)))
attempt("map function", lambda: tf.map_fn(3, tf.range(3)))
attempt("scan function", lambda: tf.scan(None, tf.range(3)))


def with_check(i):
    with tf.control_dependencies([tf.Assert(i < 3, ["too far", i])]):
        return i + 1


attempt("assert in loop", lambda: tf.while_loop(lambda i: i < 5, with_check, [0]))
attempt("dynamic_rnn no dtype", lambda: tf.nn.dynamic_rnn(tf.nn.rnn_cell.GRUCell(2), tf.ones([1, 2, 3])))
attempt("dynamic_rnn rank", lambda: tf.nn.dynamic_rnn(tf.nn.rnn_cell.GRUCell(2), tf.ones([2, 3]), dtype=tf.float32))
attempt("dynamic_rnn lengths", lambda: tf.nn.dynamic_rnn(tf.nn.rnn_cell.GRUCell(2), tf.ones([1, 2, 3]), [[1]], dtype=tf.float32))
attempt("gradient", lambda: tf.gradients(tf.while_loop(lambda i, x: i < 3, lambda i, x: (i + 1, tf.py_func(lambda v: np.sin(v), [x], tf.float32)), [0, 1.0],
                                                       shape_invariants=[tf.TensorShape([]), tf.TensorShape(None)])[1], tf.ones([])))
