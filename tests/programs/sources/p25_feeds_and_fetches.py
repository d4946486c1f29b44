import collections
import numpy as np
import tensorflow as tf

tf.enable_control_flow_v2()
Pair = collections.namedtuple("Pair", "left right")
x = tf.placeholder(tf.float32, shape=(None, 2), name="x")
d = tf.placeholder_with_default([[1.0, 2.0]], [None, 2], name="d")
anyp = tf.placeholder("int32")
s = tf.placeholder(tf.string, [], name="s")
sp = tf.sparse_placeholder(tf.float32, name="sp")
v = tf.get_variable("v", [2, 2], initializer=tf.constant_initializer([[1, 2], [3, 4]]))
y = tf.matmul(x, v, name="y")
z = d * 2
st = tf.SparseTensor(indices=[[0, 0], [1, 2]], values=[1.0, 2.0], dense_shape=[3, 4])
dn = tf.sparse_tensor_to_dense(st)
spd = tf.sparse_tensor_dense_matmul(sp, tf.ones([4, 2]))
sr = tf.sparse_reduce_sum(st, 1)
isl = tf.IndexedSlices(tf.constant([[1.0, 2.0]]), tf.constant([1]), tf.constant([3, 2]))


def stats(a, b):
    return np.float32(a.sum()), (b * 2).astype(np.int64)


p1, p2 = tf.py_func(stats, [y, anyp], [tf.float32, tf.int64], stateful=False, name="stats")
p1.set_shape([])
joined = tf.string_join([s, tf.as_string(tf.constant([1, 2]))], "-")
hv = tf.string_to_number(["3.5", "2"])
chk = tf.assert_positive(x, data=[x], message="bad x")
with tf.control_dependencies([chk, tf.assert_rank(x, 2), tf.assert_equal(tf.shape(x)[1], 2)]):
    checked = tf.identity(x)
q = tf.cond(tf.reduce_sum(x) > 5, lambda: x + 1.0, lambda: x - 1.0)
q2 = tf.cond(tf.constant(True), lambda: (tf.constant(1), [tf.constant(2.0)]), lambda: (tf.constant(3), [tf.constant(4.0)]))
pr = tf.Print(y, [y, tf.shape(y)], "y is ", first_n=1)
with tf.Session() as sess:
    print(sess.run(tf.report_uninitialized_variables()))
    try:
        sess.run(y, {x: [[1, 2]]})
    except tf.errors.FailedPreconditionError as e:
        print(e.message.split("\n")[0], e.op.name, e.error_code)
    v.initializer.run()
    print(sess.run(y, feed_dict={x: [[1, 2]]}), sess.run("y:0", {"x:0": np.ones((2, 2))}), sess.run(z), sess.run([z], {d: [[5, 6]]}))
    print(sess.run({"a": y, "b": [z, (v, v.op)], "c": Pair(z, {"k": y})}, {x: [[0, 1]]}))
    print(sess.run([]), sess.run(()), sess.run({}), sess.run([[], [z]]), sess.run(y.op, {x: [[1, 1]]}), sess.run(v), sess.run("v"), sess.run(collections.OrderedDict([("q", z), ("a", z)])))
    print(sess.run(st), sess.run([st.values, dn, sr]), sess.run(isl))
    print(sess.run(spd, {sp: tf.SparseTensorValue([[0, 1], [2, 3]], [1.0, 2.0], [3, 4])}), sess.run(spd, {sp: (np.array([[0, 0]]), np.array([3.0]), np.array([1, 4]))}))
    print(sess.run([p1, p2], {x: [[1, 2]], anyp: [3, 4]}), sess.run(joined, {s: "ab"}), sess.run(hv))
    print(sess.run(checked, {x: [[1, 2]]}), sess.run(q, {x: [[1, 2]]}), sess.run([q], {x: [[3, 4]]}), sess.run(q2))
    print(sess.run(y, {y: [[9.0, 1.0]]}), sess.run(tf.add(y, 1), {v: np.zeros((2, 2)), x: [[1, 1]]}))
    f = sess.make_callable([y, z], feed_list=[x]); print(f([[2, 2]]))
    for bad in (lambda: sess.run(y), lambda: sess.run(y, {x: [1, 2]}), lambda: sess.run(y, {x: [[1, 2, 3]]}), lambda: sess.run("nope"), lambda: sess.run("nope:0"), lambda: sess.run(3), lambda: sess.run(None),
                lambda: sess.run(y, {"x": [[1, 2]]}), lambda: sess.run(y, {x: z}), lambda: sess.run(y, {x: "abc"}), lambda: sess.run(checked, {x: [[-1, 2]]}), lambda: sess.run(anyp, {anyp: 1.5}), lambda: sess.run(tf.constant(1), {3: 4}),
                lambda: sess.run(anyp, {anyp: 2 ** 40}), lambda: sess.run([y, None], {x: [[1, 2]]}), lambda: tf.Session(graph=tf.Graph()).run(y), lambda: sess.run(joined)):
        try:
            print("ok", bad())
        except Exception as e:
            print(type(e).__name__, str(e).split("\n")[0])
try:
    sess.run(y, {x: [[1, 2]]})
except RuntimeError as e:
    print(e)
try:
    y.eval()
except ValueError as e:
    print(e)
