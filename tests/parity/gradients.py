"""tf.gradients, custom gradients and Hessians."""

_XY = """
x = tf.constant([[1., 2., 3.], [-1., 0.5, 2.]], name='x')
y = tf.constant([[0.5, -2., 1.5], [3., 1., -0.5]], name='y')
w = tf.get_variable('w', initializer=np.array([[1., -2.], [3., 0.5], [-1., 4.]], np.float32))
"""

_CASES = {
    "single": "fetch = tf.gradients(tf.square(x), x)",
    "default_ones": "fetch = tf.gradients(tf.matmul(x, w), [x, w])",
    "several_ys": "fetch = tf.gradients([tf.square(x), x * y, tf.reduce_sum(y)], [x, y])",
    "ys_of_one_op": "a, b = tf.split(x, [1, 2], 1)\nfetch = tf.gradients([a * 2., b], x)",
    "y_used_by_other_y": "z = tf.square(x)\nfetch = tf.gradients([z, tf.exp(z)], x)",
    "same_y_twice": "z = tf.square(x)\nfetch = tf.gradients([z, z], x)",
    "same_x_twice": "fetch = tf.gradients(x * y, [x, x, y])",
    "y_is_x": "fetch = tf.gradients(x, x)",
    "x_between": "z = tf.square(x)\nu = tf.exp(z)\nfetch = tf.gradients(u * y, [z, x, u])",
    "x_behind_x": "z = tf.square(x)\nfetch = tf.gradients([z * y, x * 2.], [z, x])",
    "grad_ys": "fetch = tf.gradients([x * y, tf.square(x)], [x, y], grad_ys=[tf.ones([2, 3]) * 3., None])",
    "grad_ys_array": "fetch = tf.gradients(x * y, [x, y], grad_ys=np.full([2, 3], 2., np.float32))",
    "grad_ys_list": "fetch = tf.gradients([x * y], [x, y], grad_ys=[[[1., 2., 3.], [4., 5., 6.]]])",
    "grad_ys_slices": """
rows = tf.IndexedSlices(tf.ones([1, 2]), tf.constant([1]), tf.constant([3, 2]))
fetch = tf.gradients(tf.identity(w), w, grad_ys=[rows])
fetch = [fetch[0].values, fetch[0].indices]
""",
    "name": "fetch = tf.gradients(x * y, x, name='back')",
    "twice": "a = tf.gradients(x * y, x)\nb = tf.gradients(x * y, y)\nfetch = [a, b]",
    "second_order": "g = tf.gradients(tf.reduce_sum(x * x * y), x)[0]\nfetch = tf.gradients(g, [x, y])",
    "third_order": """
z = x * x * x * x
for _ in range(3):
    z = tf.gradients(z, x)[0]
fetch = z
""",
    "stop_gradients": "z = tf.square(x)\nfetch = tf.gradients(z * x, x, stop_gradients=[z])",
    "stop_gradients_x": "z = tf.square(x)\nfetch = tf.gradients(z * x, [x, z], stop_gradients=[x, z])",
    "stop_gradient": "fetch = tf.gradients(tf.stop_gradient(x) * x, x)",
    "unconnected_none": "g = tf.gradients(tf.square(x), [x, y, w])\nassert g[1] is None and g[2] is None\nfetch = g[0]",
    "unconnected_zero": "fetch = tf.gradients(tf.square(x), [x, y, w], unconnected_gradients=tf.UnconnectedGradients.ZERO)",
    "unconnected_zero_text": "fetch = tf.gradients(tf.square(x), [y], unconnected_gradients='zero')",
    "unconnected_zero_resource": """
r = tf.get_variable('r', [2, 3], initializer=tf.ones_initializer(), use_resource=True)
fetch = tf.gradients(tf.square(x), [x, r], unconnected_gradients='zero')
""",
    "consumers": "z = x * 2.\nfetch = tf.gradients(tf.exp(z) + tf.square(z) + z * y, [x, z])",
    "consumers_accumulate": """
z = x * 2.
fetch = tf.gradients(tf.exp(z) + tf.square(z) + z * y, [x, z],
                     aggregation_method=tf.AggregationMethod.EXPERIMENTAL_ACCUMULATE_N)
""",
    "consumers_tree": """
z = x * 2.
fetch = tf.gradients(tf.exp(z) + tf.square(z) + z * y, [x, z],
                     aggregation_method=tf.AggregationMethod.EXPERIMENTAL_TREE)
""",
    "gate": "fetch = tf.gradients(tf.matmul(x, w) + tf.reduce_sum(y), [x, w, y], gate_gradients=True)",
    "gate_devices": """
with tf.device('/cpu:0'):
    z = tf.matmul(x, w)
fetch = tf.gradients(z, [x, w], gate_gradients=True, colocate_gradients_with_ops=True)
""",
    "colocate": "fetch = tf.gradients(tf.exp(tf.matmul(x, w)), [x, w], colocate_gradients_with_ops=True)",
    "colocate_sum": """
with tf.device('/cpu:0'):
    z = x * 2.
    a = tf.exp(z)
with tf.device('/device:CPU:0'):
    b = tf.square(z)
fetch = tf.gradients([a, b, tf.sin(z)], [x], colocate_gradients_with_ops=True)
""",
    "devices": """
with tf.device('/cpu:0'):
    z = x * 2.
    a = tf.exp(z)
with tf.device('/gpu:0'):
    b = tf.square(z)
tf.gradients([a, b, tf.sin(z), tf.cos(z)], [x, z], colocate_gradients_with_ops=True)
""",
    "inside_device": "with tf.device('/cpu:0'):\n    fetch = tf.gradients(tf.matmul(x, w), [x, w])",
    "inside_scopes": """
with tf.name_scope('outer'), tf.control_dependencies([tf.no_op('first')]):
    z = tf.matmul(x, w)
    fetch = tf.gradients(z, [x, w])
""",
    "control_dependencies": """
z = tf.matmul(x, w)
with tf.control_dependencies([z]):
    fetch = tf.gradients(tf.square(z), [x, w])
""",
    "slices": "g = tf.gradients(tf.gather(w, [0, 2, 0]), w)[0]\nfetch = [g.values, g.indices, g.dense_shape]",
    "slices_sum": """
g = tf.gradients(tf.reduce_sum(tf.gather(w, [0, 2, 0])) + tf.reduce_sum(tf.gather(w, [1])), w)[0]
fetch = [g.values, g.indices]
""",
    "slices_mixed_indices": """
g = tf.gradients([tf.gather(w, [0, 2, 0]), tf.gather(w, tf.constant([1], tf.int64))], w)[0]
fetch = [g.values, g.indices]
""",
    "slices_and_dense": "fetch = tf.gradients([tf.gather(w, [0, 2, 0]), tf.square(w)], w)",
    "slices_resource": """
r = tf.get_variable('r', initializer=np.ones([4, 2], np.float32), use_resource=True)
g = tf.gradients([tf.gather(r, [0, 3]), tf.nn.embedding_lookup(r, [[1, 1], [2, 0]])], r)[0]
fetch = [g.values, g.indices]
""",
    "slices_and_dense_resource": """
r = tf.get_variable('r', initializer=np.ones([4, 2], np.float32), use_resource=True)
fetch = tf.gradients([tf.gather(r, [0, 3]), tf.square(r)], r)
""",
    "slices_behind": "fetch = tf.gradients(tf.gather(tf.square(w), [0, 2]), w)",
    "resource": """
r = tf.get_variable('r', initializer=np.ones([3, 2], np.float32), use_resource=True)
fetch = tf.gradients(tf.matmul(x, r) + tf.reduce_sum(r), [r, x])
""",
    "resource_value": """
r = tf.get_variable('r', initializer=np.ones([3, 2], np.float32), use_resource=True)
v = r.read_value()
fetch = tf.gradients(tf.matmul(x, v), [r, v])
""",
    "variable_read": "fetch = tf.gradients(tf.matmul(x, w.value()), [w.value(), w])",
    "integers": """
i = tf.cast(x, tf.int32)
g = tf.gradients(tf.cast(i * 2, tf.float32) * x, [x, i])
assert g[1] is None
fetch = g[0]
""",
    "complex": "c = tf.complex(x, y)\nfetch = tf.gradients(tf.abs(c * c), [x, y])",
    "bool_mask": "fetch = tf.gradients(tf.boolean_mask(x, [True, False]), x)",
    "many_outputs": "a, b, c = tf.unstack(x, axis=1)\nfetch = tf.gradients(a * c, x)",
    "top_k": "v, i = tf.nn.top_k(x, 2)\nfetch = tf.gradients(v, x)",
    "moments": "m, v = tf.nn.moments(x, [0])\nfetch = tf.gradients([m, v], x)",
    "unknown_shape": """
p = tf.placeholder(tf.float32)
fetch, feed = tf.gradients(tf.reduce_mean(p * p + 1.), p), {p: [[1., 2.], [3., 4.]]}
""",
    "partial_shape": """
p = tf.placeholder(tf.float32, [None, 3])
fetch = tf.gradients(tf.nn.softmax_cross_entropy_with_logits_v2(labels=y, logits=tf.matmul(p, tf.matmul(w, w, transpose_b=True))), [p, w])
feed = {p: [[1., 2., 3.], [3., 4., 5.]]}
""",
    "broadcast": "fetch = tf.gradients(x * tf.constant([1., 2., 3.]) / (y[0] + 4.), [x, y])",
    "override": """
@tf.RegisterGradient('Scaled')
def _scaled(op, dy):
    return dy * 10.
with tf.get_default_graph().gradient_override_map({'Identity': 'Scaled'}):
    z = tf.identity(x)
fetch = tf.gradients(z * y, x)
""",
    "override_square": """
@tf.RegisterGradient('Zero')
def _zero(op, dy):
    return tf.zeros_like(op.inputs[0])
with tf.get_default_graph().gradient_override_map({'Square': 'Zero'}):
    z = tf.square(x)
fetch = tf.gradients(z * x, x)
""",
    "py_func_override": """
@tf.RegisterGradient('Doubled')
def _doubled(op, dy):
    return 2. * dy
with tf.get_default_graph().gradient_override_map({'PyFunc': 'Doubled'}):
    z = tf.py_func(lambda a: a * 3., [x], tf.float32)
fetch = tf.gradients(z, x)
""",
    "chain": """
z = x
for _ in range(5):
    z = tf.tanh(z + y)
fetch = tf.gradients(z, [x, y])
""",
    "diamond": """
a = tf.exp(x)
b = a * y
c = a + b
d = b * c
fetch = tf.gradients([d, c], [x, y, a, b])
""",
    "generator_xs": "fetch = tf.gradients((tf.square(x),), (x, y * 1.)[:1])",
    "gate_slices": """
r = tf.get_variable('r', initializer=np.ones([4, 2], np.float32))
z = tf.gather(r, [0, 3]) * tf.gather(r, [1, 1])
fetch = [(g.values, g.indices) for g in tf.gradients(z, [r], gate_gradients=True)]
""",
    "tree_slices": """
z = tf.gather(w, [0]) + tf.gather(w, [1]) + tf.gather(w, [2])
g = tf.gradients(z, w, aggregation_method=tf.AggregationMethod.EXPERIMENTAL_TREE, colocate_gradients_with_ops=True)[0]
fetch = [g.values, g.indices]
""",
    "partitioned": """
p = tf.get_variable('p', [5, 2], initializer=tf.ones_initializer(), partitioner=tf.fixed_size_partitioner(2))
fetch = tf.gradients(tf.reduce_sum(tf.square(tf.convert_to_tensor(p))), list(p))
""",
    "accumulate_two": """
z = x * 2.
fetch = tf.gradients(tf.exp(z) + tf.square(z), z, aggregation_method=tf.AggregationMethod.EXPERIMENTAL_ACCUMULATE_N)
""",
    "accumulate_unknown": """
p = tf.placeholder(tf.float32)
z = p * 2.
fetch = tf.gradients(tf.exp(z) + tf.square(z) + tf.sin(z), z,
                     aggregation_method=tf.AggregationMethod.EXPERIMENTAL_ACCUMULATE_N)
feed = {p: [1., 2.]}
""",
    "y_colocated_grad_ys": """
with tf.device('/cpu:0'):
    z = tf.exp(x)
fetch = tf.gradients([z, y], [x, y], grad_ys=[tf.ones([2, 3]), None], colocate_gradients_with_ops=True)
""",
    "inside_gradients_scope": """
with tf.name_scope('gradients'):
    a = tf.gradients(tf.exp(x), x)
fetch = [a, tf.gradients(tf.exp(y), y)]
""",
    "colocated_variables": """
with tf.device('/cpu:0'):
    r = tf.get_variable('r', initializer=np.ones([3, 2], np.float32), use_resource=True)
fetch = tf.gradients(tf.nn.relu(tf.matmul(x, r)) + tf.matmul(x, w), [r, w], colocate_gradients_with_ops=True, gate_gradients=True)
""",
    "layers": """
h = tf.nn.relu(tf.nn.bias_add(tf.matmul(x, w), tf.constant([0.1, 0.2])))
p = tf.nn.softmax(h)
loss = -tf.reduce_mean(tf.reduce_sum(tf.log(p + 1e-6) * tf.constant([[1., 0.], [0., 1.]]), axis=1)) + 0.01 * tf.nn.l2_loss(w)
fetch = tf.gradients(loss, [w, x, h])
""",
    "sparse_in_second_order": """
z = tf.reduce_sum(tf.square(tf.gather(tf.square(w), [0, 0])))
g = tf.gradients(z, w)[0]
fetch = tf.gradients(tf.reduce_sum(g * g), w)
""",
    "reused_branches": """
a, b, c = tf.split(x, 3, axis=1)
fetch = tf.gradients([a * b, tf.concat([c, a], 1), b], [x, a])
""",
    "error_grad_ys_count": "tf.gradients([x, y], x, grad_ys=[x])",
    "error_integer_y": "tf.gradients(tf.constant([1, 2]), x)",
    "error_integer_grad": "tf.gradients(tf.square(x), x, grad_ys=[tf.constant([1])])",
    "error_float_for_integer": "tf.gradients(tf.cast(x, tf.int32), x, grad_ys=[tf.ones([2, 3])])",
    "error_complex": "tf.gradients(tf.complex(x, y), x)",
    "error_complex_grad": "tf.gradients(x * 1., x, grad_ys=[tf.complex(x, y)])",
    "error_text": "tf.gradients(tf.constant('a'), x)",
    "error_unconnected": "tf.gradients(x, x, unconnected_gradients='nothing')",
    "error_aggregation": "z = x * 2.\ntf.gradients(z + z, x, aggregation_method=9)",
    "py_func": """
g = tf.gradients(tf.py_func(lambda a: a, [x], tf.float32), x)
assert g == [None]
""",
    "error_no_gradient": "v = tf.reshape(x, [-1])\ntf.gradients(tf.unique(v)[0], v)",
    "error_wrong_number": """
@tf.RegisterGradient('TooMany')
def _too_many(op, dy):
    return dy, dy
with tf.get_default_graph().gradient_override_map({'Square': 'TooMany'}):
    z = tf.square(x)
tf.gradients(z, x)
""",
    "error_wrong_shape": """
@tf.RegisterGradient('WrongShape')
def _wrong_shape(op, dy):
    return tf.ones([7])
with tf.get_default_graph().gradient_override_map({'Square': 'WrongShape'}):
    z = tf.square(x)
tf.gradients(z, x)
""",
    # -- custom_gradient ---------------------------------------------------------------------
    "custom": """
@tf.custom_gradient
def log1pexp(v):
    e = tf.exp(v)
    def grad(dy):
        return dy * (1 - 1 / (1 + e))
    return tf.log(1 + e), grad
fetch = [tf.gradients(log1pexp(x), x), log1pexp(3.)]
""",
    "custom_two": """
@tf.custom_gradient
def both(a, b):
    def grad(da, db):
        return da * 2., db * 3.
    return [a + b, a * b], grad
p, q = both(x, y)
fetch = tf.gradients([p, tf.square(q)], [x, y])
""",
    "custom_tuple": """
@tf.custom_gradient
def both(a, b):
    def grad(da, db):
        return [da * 2., None]
    return (a + b, a * b), grad
p, q = both(x, y)
fetch = tf.gradients(p * q, [x])
""",
    "custom_unused_output": """
@tf.custom_gradient
def both(a):
    def grad(da, db):
        return da + db
    return (a * 2., a * 3.), grad
p, q = both(x)
fetch = tf.gradients(p, x)
""",
    "custom_clip": """
@tf.custom_gradient
def clipped(v):
    return tf.identity(v), lambda dy: tf.clip_by_value(dy, -0.1, 0.1)
fetch = tf.gradients(tf.square(clipped(x)), x)
""",
    "custom_variables": """
tf.get_variable_scope().set_use_resource(True)
@tf.custom_gradient
def layer(v):
    k = tf.get_variable('k', initializer=2.0)
    def grad(dy, variables=None):
        return dy * 5., [tf.reduce_sum(dy) * 7. for _ in variables]
    return v * k, grad
z = layer(x)
fetch = tf.gradients(z, [x] + tf.trainable_variables()[-1:])
""",
    "custom_ref_variables": """
@tf.custom_gradient
def layer(v):
    k = tf.get_variable('k', initializer=2.0)
    return v * k, lambda dy, variables=None: (dy, [])
layer(x)
""",
    "custom_keywords": """
@tf.custom_gradient
def f(v, scale=1.):
    return v, lambda dy: dy
f(x, scale=2.)
""",
    "custom_without_variables_argument": """
tf.get_variable_scope().set_use_resource(True)
@tf.custom_gradient
def layer(v):
    k = tf.get_variable('k', initializer=2.0)
    return v * k, lambda dy: dy
layer(x)
""",
    "custom_second_order": """
@tf.custom_gradient
def f(v):
    return v * v, lambda dy: dy * 2. * v
g = tf.gradients(f(x), x)[0]
fetch = tf.gradients(g, x)
""",
    "grad_pass_through": """
tf.get_variable_scope().set_use_resource(True)
f = tf.grad_pass_through(lambda v: tf.round(v))
fetch = [f(x), tf.gradients(f(x) * y, x)]
""",
    "grad_pass_through_ref_scope": """
f = tf.grad_pass_through(lambda v: tf.round(v))
fetch = [f(x), tf.gradients(f(x) * y, x)]
""",
}
SNIPPETS = {name: _XY + code for name, code in _CASES.items()}
# The clause about where the operation was made is this project's own.
SNIPPETS["error_no_gradient"] = (SNIPPETS["error_no_gradient"], {"error": "type"})

# Hessians loop over the elements in TensorFlow: the values alone agree.
_HESSIANS = {
    "hessian": "v = tf.constant([1., 2., 3.])\nfetch = tf.hessians(tf.reduce_prod(v), v)",
    "hessian_matrix": "fetch = tf.hessians(tf.reduce_sum(x * x * x * y), [x, y])",
    "hessian_scalar": "v = tf.constant(2.)\nfetch = tf.hessians(v * v * v, v)",
    "hessian_linear": "v = tf.constant([1., 2.])\nfetch = tf.hessians(tf.reduce_sum(tf.square(v[:1])) * v[1], [v])",
}
SNIPPETS.update((name, (_XY + code, {"nodes": False})) for name, code in _HESSIANS.items())
