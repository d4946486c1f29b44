"""Small programs whose plans are kept as snapshots.

Each piece of code runs with `tf` and `np` in a fresh graph and sets `fetch`, and `feeds` (a list of
feed dictionaries, used in turn) where it needs any. Variables are initialised before the runs.
"""

PROGRAMS = {
    "constants": """
fetch = tf.reduce_sum(tf.range(10) * 2) + tf.size(tf.zeros([3, 4]))
""",
    "scalar_arithmetic": """
x = tf.placeholder(tf.float32, [])
fetch = (x + 1.0) * (x - 1.0) / 2.0
feeds = [{x: 3.0}]
""",
    "common_subexpressions": """
x = tf.placeholder(tf.float32, [8, 8])
a = tf.identity(tf.tanh(x) + 1.0)
b = tf.tanh(x) + 1.0
fetch = [a * b, tf.identity(a)]
feeds = [{x: np.ones((8, 8))}]
""",
    "linear_regression": """
x, y = tf.placeholder(tf.float32, [32, 4]), tf.placeholder(tf.float32, [32, 1])
w = tf.get_variable("w", [4, 1], initializer=tf.zeros_initializer())
b = tf.get_variable("b", [1], initializer=tf.zeros_initializer())
loss = tf.reduce_mean(tf.square(x @ w + b - y))
fetch = [tf.train.GradientDescentOptimizer(0.1).minimize(loss), loss]
feeds = [{x: np.ones((32, 4)), y: np.ones((32, 1))}]
""",
    "mlp_adam": """
x, y = tf.placeholder(tf.float32, [64, 784]), tf.placeholder(tf.int64, [64])
w1 = tf.get_variable("w1", [784, 256], use_resource=True)
w2 = tf.get_variable("w2", [256, 10], use_resource=True)
logits = tf.nn.relu(x @ w1) @ w2
loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=y, logits=logits))
fetch = [tf.train.AdamOptimizer(0.01).minimize(loss), loss]
feeds = [{x: np.ones((64, 784)), y: np.zeros(64)}]
""",
    "convolution": """
x = tf.placeholder(tf.float32, [8, 16, 16, 3])
f = tf.get_variable("f", [3, 3, 3, 8])
h = tf.nn.relu(tf.nn.conv2d(x, f, [1, 1, 1, 1], "SAME"))
h = tf.nn.max_pool(h, [1, 2, 2, 1], [1, 2, 2, 1], "SAME")
loss = tf.reduce_mean(tf.square(h))
fetch = [tf.train.MomentumOptimizer(0.1, 0.9).minimize(loss), loss]
feeds = [{x: np.ones((8, 16, 16, 3))}]
""",
    "dropout": """
x = tf.placeholder(tf.float32, [64, 64])
fetch = tf.reduce_sum(tf.nn.dropout(x, 0.5) + tf.random_normal([64, 64]))
feeds = [{x: np.ones((64, 64))}]
""",
    "clipped_gradients": """
x = tf.placeholder(tf.float32, [16, 8])
w = tf.get_variable("w", [8, 8])
v = tf.get_variable("v", [8, 2])
loss = tf.reduce_sum(tf.tanh(x @ w) @ v)
optimizer = tf.train.RMSPropOptimizer(0.01)
pairs = optimizer.compute_gradients(loss)
clipped, norm = tf.clip_by_global_norm([g for g, _ in pairs], 1.0)
fetch = [optimizer.apply_gradients(list(zip(clipped, [w, v]))), norm]
feeds = [{x: np.ones((16, 8))}]
""",
    "embedding": """
ids = tf.placeholder(tf.int32, [12])
table = tf.get_variable("table", [50, 4])
loss = tf.reduce_sum(tf.square(tf.nn.embedding_lookup(table, ids)))
fetch = [tf.train.AdagradOptimizer(0.1).minimize(loss), loss]
feeds = [{ids: np.arange(12) % 5}]
""",
    "moving_average": """
x = tf.placeholder(tf.float32, [4, 4])
w = tf.get_variable("w", [4, 4], use_resource=True)
update = w.assign_add(x).op
average = tf.train.ExponentialMovingAverage(0.9)
with tf.control_dependencies([update]):
    applied = average.apply([w])
fetch = [applied, average.average(w)]
feeds = [{x: np.ones((4, 4))}]
""",
    "reads_between_writes": """
v = tf.get_variable("v", initializer=np.zeros(16, np.float32), use_resource=True)
first = v.read_value()
with tf.control_dependencies([first]):
    added = v.assign_add(first + 1.0)
with tf.control_dependencies([added]):
    second = v.read_value()
with tf.control_dependencies([second]):
    doubled = v.assign(second * 2.0)
fetch = [first, second, doubled]
""",
    "host_in_the_middle": """
x = tf.placeholder(tf.float32, [32, 32])
called = tf.py_func(lambda a: a + np.float32(1), [tf.tanh(x) * 2.0], tf.float32)
called.set_shape([32, 32])
fetch = tf.reduce_sum(tf.sigmoid(called) * 3.0)
feeds = [{x: np.ones((32, 32))}]
""",
    "queue": """
queue = tf.FIFOQueue(4, [tf.float32], [[8]])
w = tf.get_variable("w", [8])
put = queue.enqueue(w * 2.0)
with tf.control_dependencies([put]):
    got = queue.dequeue()
fetch = tf.reduce_sum(tf.tanh(got) + w)
""",
    "strings": """
x = tf.placeholder(tf.float32, [4])
text = tf.string_join(["mean: ", tf.as_string(tf.reduce_mean(tf.tanh(x) * 2.0))])
fetch = [text, tf.strings.length(text)]
feeds = [{x: np.ones(4)}]
""",
    "summaries": """
x = tf.placeholder(tf.float32, [16, 16])
w = tf.get_variable("w", [16, 16])
loss = tf.reduce_mean(tf.square(x @ w))
tf.summary.scalar("loss", loss)
tf.summary.histogram("w", w)
fetch = [tf.summary.merge_all(), tf.train.GradientDescentOptimizer(0.1).minimize(loss)]
feeds = [{x: np.ones((16, 16))}]
""",
    "assertion": """
x = tf.placeholder(tf.float32, [16])
v = tf.get_variable("v", [16])
with tf.control_dependencies([tf.Assert(tf.reduce_all(x < 2.0), [x])]):
    fetch = [v.assign_sub(tf.identity(x) * 0.5).op, tf.check_numerics(tf.log(x), "log")]
feeds = [{x: np.ones(16)}]
""",
    "shape_from_a_value": """
n = tf.placeholder(tf.int32, [])
x = tf.placeholder(tf.float32, [12])
fetch = tf.reduce_sum(tf.reshape(tf.tanh(x), tf.stack([n, -1])), 0)
feeds = [{n: 3, x: np.ones(12)}, {n: 4, x: np.ones(12)}]
""",
    "changing_batch": """
x = tf.placeholder(tf.float32, [None, 4])
fetch = tf.reduce_sum(tf.tanh(x) * 2.0, 1)
feeds = [{x: np.ones((i, 4))} for i in (1, 2, 3, 4, 5, 6)]
""",
    "masks": """
x = tf.placeholder(tf.float32, [16])
y = tf.tanh(x) * 2.0
fetch = tf.reduce_sum(tf.boolean_mask(y, y > 0.5) + 1.0)
feeds = [{x: np.linspace(-1, 1, 16)}]
""",
    "unrolled_recurrence": """
x = tf.placeholder(tf.float32, [8, 10, 4])
w = tf.get_variable("w", [12, 8])
h = tf.zeros([8, 8])
for t in range(10):
    h = tf.tanh(tf.concat([x[:, t], h], 1) @ w)
loss = tf.reduce_sum(tf.square(h))
fetch = [tf.train.GradientDescentOptimizer(0.01).minimize(loss), loss]
feeds = [{x: np.ones((8, 10, 4))}]
""",
    "condition": """
x = tf.placeholder(tf.float32, [8])
p = tf.placeholder(tf.bool, [])
fetch = tf.cond(p, lambda: tf.tanh(x) * 2.0, lambda: x - 1.0) + tf.exp(x)
feeds = [{x: np.ones(8), p: True}, {x: np.ones(8), p: False}]
""",
    "devices": """
x = tf.placeholder(tf.float32, [64, 64])
with tf.device("/cpu:0"):
    w = tf.get_variable("w", [64, 64])
with tf.device("/gpu:0"):
    y = tf.matmul(x, w)
with tf.device("/gpu:1"):
    z = tf.matmul(y, w)
fetch = tf.reduce_sum(y + z)
feeds = [{x: np.ones((64, 64))}]
""",
}
