"""Programs whose GraphDefs TensorFlow 1.15 recorded."""

CASES = {
    "constants": """
tf.constant(1.0)
tf.constant([1, 2, 3])
tf.constant(2.0, shape=[2, 3])
tf.constant([1.5], shape=[4])
tf.constant([[1.0]])
tf.constant(np.arange(6.0).reshape(2, 3))
tf.constant(np.float32(2.5))
tf.constant(np.broadcast_to(np.float32(1), [3]))
tf.constant([], dtype=tf.float32)
tf.constant(0, shape=[0, 2])
tf.constant("abc")
tf.constant(["a", "bc"])
tf.constant("x", shape=[2])
tf.constant(True)
tf.constant([True, False])
tf.constant(True, shape=[2])
tf.constant([1.0, 2.0], dtype=tf.float16)
tf.constant(1.0, dtype=tf.float16, shape=[2])
tf.constant([1, 2], dtype=tf.int64)
tf.constant([1 + 2j])
tf.constant([1, 2], dtype=tf.uint16)
tf.constant([7], dtype=tf.uint8)
tf.zeros([2, 3])
tf.ones([2], dtype=tf.int32)
tf.zeros([], dtype=tf.bool)
tf.zeros([3], dtype=tf.string)
tf.ones([40, 50])
""",
    "inputs_and_controls": """
z = tf.no_op("z")
y = tf.no_op("y")
a = tf.no_op("a")
b = tf.constant(1.0, name="b")
parts = tf.unstack(tf.constant([1.0, 2.0]))
with tf.control_dependencies([z, y]):
    with tf.control_dependencies([a, b]):
        c = tf.add(parts[1], b, name="c")
        tf.constant(3)
with tf.device("/cpu:0"), tf.colocate_with(c):
    tf.identity(c, "d")
with tf.device("/job:ps/task:1"):
    tf.identity(c)
""",
    "placeholders": """
tf.placeholder(tf.float32, [None, 3])
tf.placeholder(tf.float32)
tf.placeholder(tf.string, [])
tf.placeholder_with_default(tf.constant([1, 2]), [None])
""",
    "variables": """
v = tf.Variable(1.0)
w = tf.get_variable("w", [2, 3], initializer=tf.zeros_initializer())
tf.assign_add(v, 2.0)
""",
    "cond": """
p = tf.placeholder(tf.bool, [])
x = tf.constant(2.0, name="x")
tf.cond(p, lambda: x + 1.0, lambda: x * 3.0)
""",
}
