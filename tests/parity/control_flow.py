"""Loops and conditions, their gradients, and how they number operations."""

_FUNCTIONAL = {
    "while_counts": """
n = tf.placeholder(tf.int32, [], "n")
fetch = tf.while_loop(lambda i, t: i < n, lambda i, t: (i + 1, t + tf.cast(i, tf.float32)), [0, tf.constant(0.0)])
feed = {n: 4}
""",
    "while_never_runs": """
fetch = tf.while_loop(lambda i, x: i < 0, lambda i, x: (i + 1, x * 2.0), [0, tf.constant([1.0, 2.0])])
""",
    "while_one_variable": """
fetch = [tf.while_loop(lambda i: i < 5, lambda i: i * 2 + 1, [0]),
         tf.while_loop(lambda i: i < 5, lambda i: [i + 2], (1,), return_same_structure=True)]
""",
    "while_maximum": """
m = tf.placeholder(tf.int32, [])
fetch = [tf.while_loop(lambda i: i >= 0, lambda i: i + 1, [0], maximum_iterations=3, name="three"),
         tf.while_loop(lambda i: i < 2, lambda i: i + 1, [0], maximum_iterations=m)]
feed = {m: 5}
""",
    "while_structure": """
import collections
State = collections.namedtuple("State", "count parts")
start = State(tf.constant(0), {"b": [tf.zeros([2]), tf.ones([2])], "a": 1.0})
def body(s):
    return [State(s.count + 1, {"a": s.parts["a"] * 2.0, "b": [s.parts["b"][1], s.parts["b"][0] + s.parts["a"]]})]
fetch = tf.while_loop(lambda s: s.count < 3, body, [start], name="structured")
""",
    "while_composites": """
sparse = tf.SparseTensor([[0, 1], [1, 0]], [1.0, 2.0], [2, 2])
slices = tf.IndexedSlices(tf.ones([2, 2]), tf.constant([0, 1]), tf.constant([4, 2]))
def body(i, s, x):
    return i + 1, tf.SparseTensor(s.indices, s.values * 2.0, s.dense_shape), tf.IndexedSlices(x.values + 1.0, x.indices, x.dense_shape)
_, s, x = tf.while_loop(lambda i, s, x: i < 3, body, [0, sparse, slices])
fetch = [s, x.values]
""",
    "while_grows": """
fetch = tf.while_loop(lambda x: tf.size(x) < 20, lambda x: tf.concat([x, x + 1], 0), [tf.constant([1])],
                      shape_invariants=[tf.TensorShape([None])], parallel_iterations=1)
""",
    "while_condition_of_rank_1": """
fetch = tf.while_loop(lambda i: i < [3], lambda i: i + 1, [tf.constant([0])])
""",
    "while_control_dependencies": """
v = tf.Variable(0.0, use_resource=True)
with tf.control_dependencies([v.assign_add(1.0)]):
    a = tf.while_loop(lambda i: i < 2, lambda i: i + 1, [0])
def body(i):
    with tf.control_dependencies([v.assign_add(10.0)]):
        return i + 1
with tf.control_dependencies([a]):
    b = tf.while_loop(lambda i: i < 3, body, [0], name="adds")
with tf.control_dependencies([b]):
    fetch = v.read_value()
""",
    "while_resource_variables": """
v = tf.get_variable("v", [2], use_resource=True, initializer=tf.ones_initializer())
def body(i):
    with tf.control_dependencies([v.assign_add(v * 2.0)]):
        return i + 1
done = tf.while_loop(lambda i: i < 3, body, [0])
with tf.control_dependencies([done]):
    fetch = v.read_value()
""",
    "while_host_operations": """
def body(i, text):
    return i + 1, tf.strings.join([text, tf.as_string(i)], ",")
_, text = tf.while_loop(lambda i, t: i < 4, body, [0, tf.constant("n")])
_, squared = tf.while_loop(lambda i, x: i < 3, lambda i, x: (i + 1, tf.reshape(tf.py_func(lambda v: v * v, [x], tf.float32), [])), [0, tf.constant(1.5)])
fetch = [text, squared]
""",
    "while_queue": """
q = tf.FIFOQueue(10, tf.int32, [[]])
fill = q.enqueue_many([[5, 6, 7]])
with tf.control_dependencies([fill]):
    total = tf.while_loop(lambda i, t: i < 3, lambda i, t: (i + 1, t + q.dequeue()), [0, 0])
fetch = total
""",
    "while_random": """
tf.set_random_seed(4)
_, walk = tf.while_loop(lambda i, x: i < 4, lambda i, x: (i + 1, x + tf.random_normal([2])), [0, tf.zeros([2])])
after = tf.random_uniform([2])
fetch = [walk, after]
""",
    "nested_loops": """
def outer(i, total):
    _, inner = tf.while_loop(lambda j, s: j <= i, lambda j, s: (j + 1, s + i * j), [0, 0], name="inner")
    return i + 1, total + inner
fetch = tf.while_loop(lambda i, t: i < 5, outer, [0, 0], name="outer")[1]
""",
    "condition_in_loop": """
def body(k, n):
    return tf.cond(tf.equal(k % 2, 0), lambda: k // 2, lambda: 3 * k + 1), n + 1
fetch = tf.while_loop(lambda k, n: k > 1, body, [tf.constant(27), 0])[1]
""",
    "loop_in_condition": """
p = tf.placeholder(tf.bool, [])
x = tf.constant(3.0)
fetch = tf.cond(p, lambda: tf.while_loop(lambda i, y: i < 3, lambda i, y: (i + 1, y * x), [0, 1.0])[1], lambda: x)
feed = {p: True}
""",
    "gradient_loop": """
w = tf.Variable([2.0, 0.5])
x = tf.constant([1.0, 3.0])
_, y = tf.while_loop(lambda i, y: i < 3, lambda i, y: (i + 1, y * w + tf.sin(y)), [0, x])
fetch = tf.gradients(y, [w, x])
""",
    "gradient_loop_unknown_trips": """
a = tf.Variable(2.0)
root = tf.while_loop(lambda x: tf.abs(x * x - a) > 1e-4, lambda x: 0.5 * (x + a / x), [tf.constant(1.0)])
fetch = [root] + tf.gradients(root, a)
""",
    "gradient_loop_twice": """
w = tf.Variable(1.5)
_, y = tf.while_loop(lambda i, y: i < 4, lambda i, y: (i + 1, y * w), [0, tf.constant(1.0)])
first = tf.gradients(y * y, w)[0]
again = tf.gradients(y, w)[0]
fetch = [y, first, again]
""",
    "gradient_loop_embedding": """
e = tf.get_variable("e", [5, 2], initializer=tf.constant_initializer(0.25))
_, s = tf.while_loop(lambda i, s: i < 3, lambda i, s: (i + 1, s * 2.0 + tf.nn.embedding_lookup(e, [i, 1])), [0, tf.zeros([2, 2])])
fetch = tf.gradients(s, e)
""",
    "gradient_loop_integers": """
x = tf.constant([1.0, 2.0])
i, y, n = tf.while_loop(lambda i, y, n: i < 3, lambda i, y, n: (i + 1, y * tf.cast(n, tf.float32), n + 2), [0, x, 1])
fetch = tf.gradients(y, x)
""",
    "gradient_loop_unused": """
x = tf.constant(2.0)
z = tf.constant(3.0)
_, y, _ = tf.while_loop(lambda i, y, z: i < 3, lambda i, y, z: (i + 1, y + 1.0, z * y), [0, x, z])
fetch = tf.gradients(y, [x, z])
""",
    "gradient_stopped_in_loop": """
x = tf.constant(2.0)
_, y = tf.while_loop(lambda i, y: i < 3, lambda i, y: (i + 1, tf.stop_gradient(y) * x), [0, x])
fetch = tf.gradients(y, x)
""",
    "gradient_in_loop": """
w = tf.Variable([1.0, 2.0])
def body(i, a):
    y = tf.reduce_sum(a * a * w)
    return i + 1, a - 0.1 * tf.gradients(y, a)[0]
fetch = tf.while_loop(lambda i, a: i < 5, body, [0, tf.constant([3.0, 4.0])])[1]
""",
    "gradient_condition": """
p = tf.placeholder(tf.bool, [])
x = tf.constant([1.0, 2.0])
w = tf.Variable([0.5, 0.25])
y = tf.cond(p, lambda: tf.exp(x) * w, lambda: tf.sin(x * w))
fetch = tf.gradients(y, [x, w])
feed = {p: False}
""",
    "gradient_condition_one_side": """
p = tf.placeholder(tf.bool, [])
x = tf.constant([1.0, 2.0])
z = tf.constant(5.0)
y, k = tf.cond(p, lambda: (x * x, tf.constant(1)), lambda: (x + z, tf.constant(2)))
fetch = tf.gradients(y, [x, z]) + [k]
feed = {p: True}
""",
    "gradient_nested": """
w = tf.Variable(1.1)
def outer(i, s):
    _, t = tf.while_loop(lambda j, t: j < i, lambda j, t: (j + 1, tf.sin(t) * w), [0, s])
    return i + 1, tf.cond(t > 0.2, lambda: t * w, lambda: t - w)
_, y = tf.while_loop(lambda i, s: i < 4, outer, [0, tf.constant(0.7)])
fetch = [y] + tf.gradients(y, w)
""",
    "case_defaults": """
x = tf.placeholder(tf.int32, [])
fetch = [tf.case([(x < 2, lambda: tf.constant(1)), (x < 5, lambda: tf.constant(2))], default=lambda: tf.constant(3)),
         tf.case([(x < 2, lambda: tf.constant(1)), (x > 5, lambda: tf.constant(2))], default=lambda: tf.constant(3), exclusive=True)]
feed = {x: 3}
""",
    "optional_values": """
a, b = tf.constant([1.0, 2.0]), tf.constant(3.0)
some = tf.raw_ops.OptionalFromValue(components=[a, b], name="some")
none = tf.raw_ops.OptionalNone()
types = dict(output_types=[tf.float32, tf.float32], output_shapes=[[2], []])
fetch = [tf.raw_ops.OptionalHasValue(optional=some), tf.raw_ops.OptionalHasValue(optional=none),
         tf.raw_ops.OptionalGetValue(optional=some, **types)]
y = fetch[-1][0]
fetch += tf.gradients(y * y, a)
""",
    "optional_without_value": """
fetch = tf.raw_ops.OptionalGetValue(optional=tf.raw_ops.OptionalNone(), output_types=[tf.float32], output_shapes=[[2]])
""",
    "condition_array": """
p = tf.placeholder(tf.bool, [])
a = tf.TensorArray(tf.float32, 2, element_shape=[]).write(0, 1.0)
fetch = tf.cond(p, lambda: a.write(1, 2.0), lambda: a.write(1, 3.0)).stack()
feed = {p: True}
""",
}

# Values only: what 1.15 accumulates for gradients follows from what it forgets of shapes when it
# reads the definitions of its functions anew.
_VALUES = {
    "gradient_condition_gather": """
p = tf.placeholder(tf.bool, [])
e = tf.get_variable("e", [4, 2], use_resource=True, initializer=tf.ones_initializer())
y = tf.cond(p, lambda: tf.reduce_sum(tf.gather(e, [1, 2, 1])), lambda: tf.reduce_sum(e * e))
g = tf.gradients(y, e)[0]
fetch = tf.convert_to_tensor(g)
feed = {p: True}
""",
    "gradient_loop_captures": """
v = tf.get_variable("v", [3], use_resource=True, initializer=tf.constant_initializer(0.3))
w = tf.get_variable("w", [3, 3], initializer=tf.constant_initializer(0.1))
k = tf.constant([1, 0, 2])
def body(i, h):
    return i + 1, tf.tanh(tf.matmul(h, w) + v) + tf.cast(tf.gather(k, i), tf.float32)
_, h = tf.while_loop(lambda i, h: i < 3, body, [0, tf.ones([2, 3])], maximum_iterations=7)
fetch = tf.gradients(tf.reduce_sum(h), [v, w])
""",
    "while_makes_variables": """
def body(i, h):
    with tf.variable_scope("cell", reuse=tf.AUTO_REUSE):
        w = tf.get_variable("w", [3, 3], initializer=tf.constant_initializer(0.5))
    return i + 1, tf.tanh(tf.matmul(h, w))
_, h = tf.while_loop(lambda i, h: i < 3, body, [0, tf.ones([1, 3])])
fetch = [h] + tf.gradients(h, tf.trainable_variables()[0])
""",
    "second_gradient_loop": """
w = tf.Variable(1.5)
_, y = tf.while_loop(lambda i, y: i < 4, lambda i, y: (i + 1, y * w), [0, tf.constant(1.0)])
g = tf.gradients(y, w)[0]
fetch = [g, tf.gradients(g, w)[0]]
""",
    "second_gradient_condition": """
p = tf.placeholder(tf.bool, [])
w = tf.Variable([0.5, 0.25])
y = tf.cond(p, lambda: tf.exp(w) * w, lambda: tf.sin(w * w))
g = tf.gradients(y, w)[0]
fetch = [g, tf.gradients(g, w)[0]]
feed = {p: False}
""",
    "gradient_in_loop_through_outer_tensors": """
w = tf.Variable([1.0, 2.0])
x = w * w
v = tf.get_variable("v", [2], use_resource=True, initializer=tf.ones_initializer())
def body(i, a):
    y = tf.reduce_sum(a * x) * tf.reduce_sum(v)
    g = tf.gradients(y, [a, w, x, v])
    return i + 1, a + 0.1 * g[0] + g[1] + 0.01 * g[2] + g[3]
_, r = tf.while_loop(lambda i, a: i < 3, body, [0, tf.constant([0.5, 0.25])])
fetch = [r] + tf.gradients(r, [w, v])
""",
    "second_gradient_nested": """
w = tf.Variable([1.0, 2.0])
def outer(i, s):
    _, t = tf.while_loop(lambda j, s: j < i, lambda j, s: (j + 1, tf.sin(s) * w), [0, s])
    return i + 1, tf.cond(tf.reduce_sum(t) > 0, lambda: tf.exp(t * 0.1) * w, lambda: t - 1.0)
_, q = tf.while_loop(lambda i, s: i < 4, outer, [0, tf.constant([0.5, 0.25])], maximum_iterations=10)
g = tf.gradients(q, w)[0]
fetch = [q, g, tf.gradients(g, w)[0]]
""",
}

# The numbers of operations, which are default seeds, in TensorFlow 1's default mode.
_NUMBERS = {
    "numbers_condition": """
x = tf.placeholder(tf.float32, [])
def t(): L(); r = x + 1.0; L(); return r
def f(): L(); return x
tf.cond(x > 0, t, f)
""",
    "numbers_nested_conditions": """
x, y = tf.placeholder(tf.float32, []), tf.placeholder(tf.float32, [])
def t():
    L(); r = tf.cond(y > 0, lambda: (L(), x + y)[1], lambda: x - 1.0); L()
    return r, tf.no_op()
tf.cond(x > 0, t, lambda: (x, tf.group(y)))
""",
    "numbers_condition_assigns": """
v, p = tf.Variable(1.0), tf.placeholder(tf.bool, [1])
tf.cond(p[0], lambda: (L(), v.assign(2.0))[1], lambda: (L(), v.read_value())[1])
""",
    "numbers_loop": """
n = tf.placeholder(tf.int32, [])
tf.while_loop(lambda i: (L(), i < n)[1], lambda i: (L(), i + n)[1], [0])
""",
    "numbers_limited_loop": """
n = tf.placeholder(tf.int32, [])
tf.while_loop(lambda i: (L(), i < n)[1], lambda i: (L(), i + n)[1], [0], maximum_iterations=5)
tf.while_loop(lambda i: (L(), i < n)[1], lambda i: (L(), i + n)[1], [tf.constant(0)], maximum_iterations=n)
""",
    "numbers_nested_loops": """
n, z = tf.placeholder(tf.int32, []), tf.placeholder(tf.float32, [3])
def body(i, a):
    L()
    r = tf.while_loop(lambda j, a: (L(), j < i)[1], lambda j, a: (L(), (j + 1, a * z))[1], [0, a])[1]
    L(); r = tf.cond(r[0] > 0, lambda: (L(), r + z)[1], lambda: z); L()
    return i + 1, r
tf.while_loop(lambda i, a: (L(), i < n)[1], body, [0, z])
""",
    "numbers_loop_makes_variable": """
def body(i, h):
    L(); w = tf.get_variable("w", [3]); L()
    return i + 1, h * w
tf.while_loop(lambda i, h: i < 3, body, [0, tf.ones([3])])
""",
    "numbers_loop_waits": """
v = tf.Variable(1.0)
def body(i):
    with tf.control_dependencies([v.assign_add(1.0)]):
        L(); return i + 1
tf.while_loop(lambda i: i < 3, body, [0])
""",
    "numbers_case": """
n = tf.placeholder(tf.int32, [])
tf.case([(n < 1, lambda: (L(), n + 1)[1]), (n < 2, lambda: (L(), n + 2)[1])], default=lambda: (L(), n)[1])
L()
tf.case([(n < 1, lambda: n + 1), (n < 2, lambda: n + 2)], exclusive=True)
""",
    "numbers_array_in_loop": """
def test(k, count, found):
    L()
    def inner(i, ok):
        L(); r = (i + 1, k % found.read(i) > 0); L(); return r
    _, prime = tf.while_loop(lambda i, ok: (L(), tf.logical_and(ok, i < count))[1], inner, [0, tf.constant(True)])
    L(); c = count + tf.cast(prime, tf.int32); L()
    return k + 1, c, tf.cond(prime, lambda: (L(), found.write(count, k), L())[1], lambda: found)
empty = tf.TensorArray(tf.int32, size=0, dynamic_size=True, clear_after_read=False, element_shape=[])
L(); tf.while_loop(lambda k, *_: k < 30, test, [2, 0, empty])[2].stack()
""",
}
_BEGIN = """
log = []
def L():
    log.append(tf.random.get_seed(None)[1])
"""
_END = "L()\nfetch = tf.constant(log)\n"

_WRONG = {
    "wrong_cond": "tf.while_loop(1, lambda i: i, [0])",
    "wrong_body": "tf.while_loop(lambda i: i < 3, None, [0])",
    "wrong_parallel": "tf.while_loop(lambda i: i < 3, lambda i: i + 1, [0], parallel_iterations=0)",
    "wrong_dtype": "tf.while_loop(lambda i: i < 3, lambda i: tf.cast(i, tf.float32), [tf.constant(0)])",
    "wrong_shape": "tf.while_loop(lambda i: tf.reduce_sum(i) < 3, lambda i: tf.concat([i, i], 0), [tf.constant([1])])",
    "wrong_structure": "tf.while_loop(lambda i: i < 3, lambda i: (i, i), [tf.constant(0)])",
    "wrong_nesting": "tf.while_loop(lambda i, x: i < 3, lambda i, x: (i, [x]), [tf.constant(0), tf.constant(1.0)])",
    "wrong_invariants": "tf.while_loop(lambda i: i < 3, lambda i: i, [tf.constant(0)], shape_invariants=[tf.TensorShape([]), tf.TensorShape([])])",
    "wrong_maximum": "tf.while_loop(lambda i: i < 3, lambda i: i, [0], maximum_iterations=3.5)",
    "wrong_branch_dtypes": "tf.cond(tf.constant(True), lambda: 1, lambda: 2.0)",
    "wrong_python_bool": "tf.cond(True, lambda: 1, lambda: 2)",
    "wrong_leak": """
leaked = []
tf.while_loop(lambda i: i < 3, lambda i: leaked.append(i) or i + 1, [0])
def use(x):
    return x + leaked[0]
tf.while_loop(lambda i: i < 3, use, [0])
""",
}

SNIPPETS = {name: (code, {"cfv2": True}) for name, code in _FUNCTIONAL.items()}
SNIPPETS.update({name: (code, {"cfv2": True, "nodes": False}) for name, code in _VALUES.items()})
SNIPPETS.update({name: (_BEGIN + code + _END, {"nodes": False}) for name, code in _NUMBERS.items()})
SNIPPETS.update({name: (code, {"cfv2": True}) for name, code in _WRONG.items()})

# In the default mode an input that no gradient can reach has none; functional loops give zeros.
_DEFAULT = {
    "default_gradient_reaches": """
w, u, z = tf.Variable([1.0, 2.0]), tf.Variable([0.5, 0.5]), tf.Variable(3.0)
def body(i, x, k):
    chosen = tf.argmax(u * x, output_type=tf.int32)
    return i + 1, x * w + tf.cast(chosen, tf.float32), k + chosen
_, x, k = tf.while_loop(lambda i, *_: i < 3, body, [0, tf.constant([0.1, 0.2]), 0])
y = tf.cond(tf.reduce_sum(x) > 0.0, lambda: x * 2.0, lambda: x + tf.cast(z > 0.0, tf.float32))
grads = tf.gradients(y, [w, u, z])
fetch = [tf.constant([g is not None for g in grads]), grads[0]]
""",
    # Sums of slices are slices, also where only one branch was taken.
    "default_slices": """
table = tf.Variable(np.arange(10, dtype=np.float32).reshape(5, 2) * 0.1 - 0.3)
ids = tf.constant([[1, 2, 1], [3, 0, 1]])
def step(i, h):
    return i + 1, tf.tanh(h + tf.gather(table, ids[:, i]))
_, h = tf.while_loop(lambda i, _: i < 3, step, [0, tf.zeros([2, 2])])
b = tf.cond(tf.reduce_sum(h) > 9.0, lambda: tf.gather(table, [0, 1]), lambda: tf.gather(table, [2, 2]) * 3.0)
slices = [tf.gradients(y * y, table)[0] for y in (h, b)]
fetch = [(g.values, g.indices, g.dense_shape) for g in slices]
""",
    "default_loop_refuses": """
import re
def said(*args, **kwargs):
    try:
        return str(tf.while_loop(*args, **kwargs).shape)
    except (TypeError, ValueError) as e:
        text = re.sub("'[^']*LoopCond'", "it", str(e).splitlines()[0])
        return type(e).__name__ + ": " + re.sub("for [^ ]*Const[_0-9]*:0 is", "for it is", text)
less, more = lambda i: i < 3, lambda i: i + 1
fetch = [tf.constant(said(*args, **kwargs)) for args, kwargs in [
    ((lambda i: i, more, [0]), {}),
    ((less, more, [tf.constant([0])]), {}),
    ((lambda i: [i < 3], more, [0]), {}),
    ((lambda i: (i < 3, i < 2), more, [0]), {}),
    ((less, lambda i: None, [0]), {}),
    ((lambda i, j: i < 3, lambda i, j: (i + 1, None), [0, 1]), {}),
    ((less, more, [0]), {"shape_invariants": [tf.TensorShape([2])]}),
    ((less, more, [tf.constant([0])]), {"shape_invariants": [tf.TensorShape([None, None])]}),
    ((lambda i: True, more, [0]), {"maximum_iterations": 2}),
]]
""",
    "default_refuses": """
import re
p = tf.constant(True)
one, two = tf.constant(1), tf.constant(2.0)
def said(f, *args, **kwargs):
    try:
        return str(f(*args, **kwargs).shape)
    except (TypeError, ValueError) as e:
        return type(e).__name__ + ": " + re.sub("'[^']*Switch'", "it", str(e).splitlines()[0])
fetch = [tf.constant(said(tf.cond, *args, **kwargs)) for args, kwargs in [
    ((p, lambda: 1, lambda: (1, 2)), {}),
    ((p, lambda: (1,), lambda: (1, 2)), {}),
    ((p, lambda: [1, 2], lambda: (1, 2)), {}),
    ((p, lambda: {"a": 1}, lambda: {"b": 1}), {}),
    ((p, lambda: [1, [two]], lambda: [1, two]), {}),
    ((p, lambda: one, lambda: two), {}),
    ((p, tf.no_op, lambda: two), {}),
    ((p, lambda: None, lambda: two), {}),
    ((p, lambda: one, lambda: None), {}),
    ((p, list, list), {}),
    ((p, lambda: [one], lambda: one), {}),
    ((p, lambda: [one], lambda: (one,)), {}),
    ((p, lambda: [one], lambda: (one,)), {"strict": True}),
    ((one, lambda: one, lambda: one), {}),
    ((two, lambda: one, lambda: one), {}),
    (([True, False], lambda: one, lambda: one), {}),
    ((True, lambda: one, lambda: one), {}),
    ((p, lambda: one), {}),
    ((p, 1, lambda: one), {}),
    ((p, lambda: one, lambda: one), {"fn1": lambda: one}),
]]
""",
    # An array keeps its length, whatever fills it, and has the elements that were there.
    "default_array_length": """
x = tf.constant([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])
longer = tf.TensorArray(tf.float32, 5).write(4, [7.0, 8.0]).unstack(x).stack()
grown = tf.TensorArray(tf.float32, 2, dynamic_size=True).unstack(x).stack()
fetch = [longer, grown, tf.gradients(longer * longer, x)[0]]
""",
}
SNIPPETS.update({name: (code, {"nodes": False}) for name, code in _DEFAULT.items()})
