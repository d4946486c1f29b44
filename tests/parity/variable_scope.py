"""Variable scopes, sharing, partitions, templates."""

SNIPPETS = {
    "get_variable_defaults": """
a = tf.get_variable('a', [2, 3])
b = tf.get_variable('b', [2], tf.int32)
c = tf.get_variable('c', [2], tf.bool)
d = tf.get_variable('d', [2], tf.string)
e = tf.get_variable('e', [])
f = tf.get_variable('f', [2], tf.float64)
fetch = [a, b, c, d, e, f]
""",
    "get_variable_resource": """
a = tf.get_variable('a', [2, 3], use_resource=True)
with tf.variable_scope('s', use_resource=True):
    b = tf.get_variable('b', [2])
    c = tf.Variable(1.0)
fetch = [a, b, c]
""",
    "enabled_resource": """
try:
    tf.enable_resource_variables()
    a = tf.get_variable('a', [2])
    b = tf.Variable(1.0)
    c = tf.Variable(1.0, use_resource=False)
finally:
    tf.disable_resource_variables()
d = tf.Variable(1.0)
fetch = tf.constant(str(tf.resource_variables_enabled()))
""",
    "get_variable_complex": "tf.get_variable('a', [2], tf.complex64)",
    "by_tensor": "a = tf.get_variable('a', initializer=tf.ones([2]))\nfetch = a",
    "by_array": "a = tf.get_variable('a', initializer=np.arange(3.0))\nfetch = a",
    "by_value_and_dtype": "a = tf.get_variable('a', dtype=tf.float32, initializer=2.0)\nfetch = a",
    "by_value_wrong_dtype": "tf.get_variable('a', dtype=tf.int32, initializer=2.0)",
    "by_value_and_shape": "tf.get_variable('a', [2], initializer=tf.ones([2]))",
    "by_function": "a = tf.get_variable('a', initializer=lambda: tf.ones([2]))\nfetch = a",
    "by_function_of_shape": """
a = tf.get_variable('a', [2], initializer=lambda shape, dtype, partition_info: tf.fill(shape, 3.0))
fetch = a
""",
    "by_class": "a = tf.get_variable('a', [2], initializer=tf.ones_initializer)\nfetch = a",
    "no_shape": "tf.get_variable('a')",
    "partial_shape": "tf.get_variable('a', [None, 2])",
    "initializer_needs_shape": "tf.get_variable('a', initializer=tf.ones_initializer())",
    "all_arguments": """
a = tf.get_variable('a', [2], tf.float32, tf.zeros_initializer(), None, False, ['mine'],
                    '/cpu:0', None, True, False, None, lambda x: x,
                    tf.VariableSynchronization.AUTO, tf.VariableAggregation.MEAN)
fetch = tf.constant([str(tf.get_collection('mine')), str(a.trainable), str(a.aggregation)])
""",
    "local_variable": """
a = tf.get_local_variable('a', [2], initializer=tf.zeros_initializer(), collections=['mine'])
fetch = tf.constant([str(tf.local_variables()), str(tf.global_variables()),
                     str(tf.trainable_variables()), str(tf.get_collection('mine'))])
""",
    "nested": """
with tf.variable_scope('a') as s:
    x = tf.get_variable('x', [2])
    with tf.variable_scope('b') as t:
        y = tf.get_variable('y', [2])
        z = tf.Variable(1.0, name='z')
        c = tf.constant(1.0)
fetch = tf.constant([x.name, y.name, z.name, s.name, t.name, s.original_name_scope,
                     t.original_name_scope, tf.get_variable_scope().name])
""",
    "slash_name": """
with tf.variable_scope('a/b'):
    x = tf.get_variable('c/d', [1])
    c = tf.constant(1.0)
""",
    "reopened": """
with tf.variable_scope('a'):
    x = tf.get_variable('x', [1])
    c = tf.constant(1.0)
with tf.variable_scope('a', reuse=True):
    y = tf.get_variable('x', [1])
    d = tf.constant(1.0)
fetch = tf.constant([str(x is y), c.name, d.name])
""",
    "returned_to": """
with tf.variable_scope('a') as s:
    x = tf.get_variable('x', [1])
    with tf.variable_scope('b'):
        pass
with tf.variable_scope('z'):
    with tf.variable_scope(s) as t:
        y = tf.get_variable('y', [1])
        c = tf.constant(1.0)
    with tf.variable_scope(s, reuse=True):
        d = tf.constant(2.0)
        w = tf.get_variable('x')
fetch = tf.constant([y.name, c.name, d.name, w.name, s.original_name_scope, t.original_name_scope])
""",
    "original_name_scope": """
with tf.variable_scope('a') as s:
    c = tf.constant(1.0)
with tf.variable_scope(s, auxiliary_name_scope=False) as t:
    with tf.name_scope(t.original_name_scope):
        d = tf.constant(1.0)
    e = tf.constant(1.0)
fetch = tf.constant([c.name, d.name, e.name])
""",
    "no_auxiliary": """
with tf.name_scope('n'):
    with tf.variable_scope('a', auxiliary_name_scope=False):
        c = tf.constant(1.0)
        x = tf.get_variable('x', [1])
        with tf.variable_scope(None, 'd', auxiliary_name_scope=False):
            e = tf.constant(1.0)
            y = tf.get_variable('y', [1])
""",
    "bad_auxiliary": "tf.variable_scope('a', auxiliary_name_scope=None)",
    "default_name": """
names = []
for _ in range(3):
    with tf.variable_scope(None, default_name='d') as s:
        names += [s.name, s.original_name_scope, tf.get_variable('x', [1]).name]
with tf.variable_scope('d') as s:
    names += [s.name, s.original_name_scope]
with tf.variable_scope(None, 'd') as s:
    names += [s.name, s.original_name_scope]
    with tf.variable_scope(None, 'd') as t:
        names += [t.name, t.original_name_scope]
fetch = tf.constant(names)
""",
    "default_name_in_scope": """
names = []
with tf.variable_scope('a') as a:
    for _ in range(2):
        with tf.variable_scope(None, 'd') as s:
            names += [s.name, s.original_name_scope]
with tf.variable_scope(a):
    with tf.variable_scope(None, 'd') as s:
        names += [s.name, s.original_name_scope]
with tf.variable_scope('a'):
    with tf.variable_scope(None, 'd') as s:
        names += [s.name, s.original_name_scope]
fetch = tf.constant(names)
""",
    "empty_name": """
with tf.variable_scope('') as s:
    x = tf.get_variable('x', [1])
    c = tf.constant(1.0)
with tf.variable_scope('a'):
    with tf.variable_scope('') as t:
        y = tf.get_variable('y', [1])
        d = tf.constant(1.0)
fetch = tf.constant([x.name, y.name, c.name, d.name, s.name, t.name])
""",
    "root_scope_returned_to": """
root = tf.get_variable_scope()
with tf.variable_scope('a'):
    with tf.variable_scope(root):
        x = tf.get_variable('x', [1])
        c = tf.constant(1.0)
with tf.variable_scope(tf.get_variable_scope(), reuse=tf.AUTO_REUSE):
    y = tf.get_variable('x', [1])
fetch = tf.constant([x.name, c.name, str(x is y)])
""",
    "no_name": "tf.variable_scope(None)",
    "wrong_name": "with tf.variable_scope(3):\n    pass",
    "wrong_reuse": "tf.variable_scope('a', reuse='yes')",
    "reuse_without_name": "with tf.variable_scope(None, 'd', reuse=True):\n    pass",
    "reuse_variables": """
with tf.variable_scope('a') as s:
    x = tf.get_variable('x', [1])
    s.reuse_variables()
    y = tf.get_variable('x', [1])
    tf.get_variable_scope().reuse_variables()
fetch = tf.constant([str(x is y), str(s.reuse)])
""",
    "reuse_inherited": """
with tf.variable_scope('a', reuse=tf.AUTO_REUSE) as s:
    with tf.variable_scope('b') as t:
        x = tf.get_variable('x', [1])
        with tf.variable_scope('c', reuse=False) as u:
            y = tf.get_variable('y', [1])
    with tf.variable_scope('b'):
        z = tf.get_variable('x', [1])
fetch = tf.constant([str(x is z), str(t.reuse), str(u.reuse)])
""",
    "reuse_of_scope_object": """
with tf.variable_scope('a', reuse=tf.AUTO_REUSE) as s:
    x = tf.get_variable('x', [1])
with tf.variable_scope(s) as t:
    y = tf.get_variable('x', [1])
fetch = tf.constant([str(x is y), str(t.reuse)])
""",
    "exists": "tf.get_variable('x', [1], use_resource=True)\ntf.get_variable('x', [1])",
    "exists_ref": "tf.get_variable('x', [1])\ntf.get_variable('x', [1])",
    "made_in_branch": (
        """
def f():
    with tf.variable_scope('a', reuse=tf.AUTO_REUSE):
        return 2.0 * tf.get_variable('x', [2], initializer=tf.ones_initializer())
fetch = tf.cond(tf.constant(True), f, f)
""",
        {"nodes": False},
    ),
    "made_in_branch_by_tensor": (
        "tf.cond(tf.constant(True), lambda: tf.Variable(tf.zeros([2]), name='v') + 1.0, lambda: tf.zeros([2]))",
        {"error": "type"},
    ),
    "made_in_branch_by_function": (
        """
v = tf.cond(tf.constant(True), lambda: tf.Variable(lambda: tf.ones([2]), name='v') + 1.0, lambda: tf.zeros([2]))
fetch = v
""",
        {"nodes": False},
    ),
    "exists_in_scope": """
with tf.variable_scope('a'):
    tf.get_variable('x', [1], use_resource=True)
with tf.variable_scope('a'):
    tf.get_variable('x', [1])
""",
    "does_not_exist": "with tf.variable_scope('a', reuse=True):\n    tf.get_variable('x', [1])",
    "shared_shape": "tf.get_variable('x', [1])\nwith tf.variable_scope('', reuse=True):\n    tf.get_variable('x', [2])",
    "shared_dtype": "tf.get_variable('x', [1])\nwith tf.variable_scope('', reuse=True):\n    tf.get_variable('x', [1], tf.int32)",
    "shared_without_shape": """
a = tf.get_variable('x', [1])
with tf.variable_scope('', reuse=True):
    b = tf.get_variable('x')
fetch = tf.constant(str(a is b))
""",
    "not_made_by_get_variable": """
with tf.variable_scope('a'):
    tf.Variable(1.0, name='x')
with tf.variable_scope('a', reuse=True):
    tf.get_variable('x', [])
""",
    "name_taken_by_variable": """
tf.Variable(1.0, name='x')
v = tf.get_variable('x', [1])
fetch = tf.constant(v.name)
""",
    "inherited_defaults": """
with tf.variable_scope('a', initializer=tf.ones_initializer(), dtype=tf.float64, caching_device='/cpu:0',
                       regularizer=tf.reduce_sum, constraint=tf.nn.relu) as s:
    x = tf.get_variable('x', [2])
    with tf.variable_scope('b') as t:
        y = tf.get_variable('y', [2])
        z = tf.get_variable('z', [2], tf.float32, tf.zeros_initializer(), tf.no_regularizer)
fetch = [x, y, z, tf.constant([str(s.dtype), str(t.dtype), str(t.caching_device), str(t.initializer is s.initializer),
    str(t.constraint), str(x.constraint is None), str(y.constraint is None),
    str([l.name for l in tf.get_collection(tf.GraphKeys.REGULARIZATION_LOSSES)])])]
""",
    "setters": """
with tf.variable_scope('a') as s:
    s.set_initializer(tf.ones_initializer())
    s.set_dtype(tf.float64)
    s.set_regularizer(tf.nn.l2_loss)
    s.set_use_resource(True)
    s.set_caching_device('/cpu:0')
    s.set_partitioner(tf.fixed_size_partitioner(2))
    x = tf.get_variable('x', [4])
    s.set_partitioner(None)
    s.set_custom_getter(lambda getter, name, *a, **k: getter(name + '_s', *a, **k))
    y = tf.get_variable('y', [4])
fetch = [tf.convert_to_tensor(x), y]
""",
    "regularizer": """
x = tf.get_variable('x', [2], regularizer=lambda v: tf.reduce_sum(tf.square(v)))
with tf.variable_scope('a', regularizer=tf.nn.l2_loss):
    y = tf.get_variable('y', [2])
    z = tf.get_variable('z', [2], regularizer=tf.no_regularizer)
fetch = tf.get_collection(tf.GraphKeys.REGULARIZATION_LOSSES)
""",
    "regularizer_once": """
with tf.variable_scope('a', regularizer=tf.nn.l2_loss, reuse=tf.AUTO_REUSE):
    y = tf.get_variable('y', [2])
    z = tf.get_variable('y', [2])
fetch = tf.constant(str([l.name for l in tf.get_collection(tf.GraphKeys.REGULARIZATION_LOSSES)]))
""",
    "custom_getter": """
def getter(getter, name, *args, **kwargs):
    v = getter(name + '_raw', *args, **kwargs)
    return tf.identity(v, name=name + '_got')
with tf.variable_scope('a', custom_getter=getter):
    x = tf.get_variable('x', [2])
    with tf.variable_scope('b', custom_getter=lambda g, name, *a, **k: 2.0 * g(name + '_in', *a, **k)):
        y = tf.get_variable('y', [2], initializer=tf.ones_initializer())
fetch = [x, y]
""",
    "custom_getter_arguments": """
seen = []
def getter(getter, name, shape=None, **kwargs):
    seen.append(sorted(kwargs))
    return getter(name=name, shape=shape, **kwargs)
x = tf.get_variable('x', [2], custom_getter=getter)
fetch = tf.constant(str(seen))
""",
    "custom_getter_bad": "tf.get_variable('x', [2], custom_getter=3)",
    "creator": """
seen = []
def creator(next_creator, **kwargs):
    seen.append(sorted(kwargs))
    kwargs['name'] = 'made_' + str(kwargs['name'])
    return next_creator(**kwargs)
with tf.variable_creator_scope(creator):
    a = tf.Variable(1.0, name='a')
    with tf.variable_creator_scope(lambda n, **k: n(**dict(k, trainable=False))):
        b = tf.get_variable('b', [1])
c = tf.Variable(1.0, name='c')
fetch = tf.constant([a.name, b.name, c.name, str(b.trainable), str(seen)])
""",
    "op_scope": """
with tf.variable_op_scope([tf.constant(1.0)], None, 'd') as s:
    x = tf.get_variable('x', [1])
fetch = tf.constant([s.name, x.name])
""",
    "values_graph": """
other = tf.Graph()
with other.as_default():
    c = tf.constant(1.0)
with tf.variable_scope('a', values=[c]):
    same = tf.get_default_graph() is other
d = tf.constant(str(same))
fetch = d
""",
    "scope_collections": """
with tf.variable_scope('a') as s:
    tf.get_variable('x', [1])
    tf.get_variable('y', [1], trainable=False)
    tf.get_local_variable('z', [1])
fetch = tf.constant([str(s.global_variables()), str(s.trainable_variables()), str(s.local_variables()),
                     str(s.get_collection('none')), str(tf.get_variable_scope().global_variables())])
""",
    "own_scope": """
s = tf.VariableScope(reuse=None, name='own', initializer=tf.ones_initializer())
with tf.variable_scope(s):
    x = tf.get_variable('x', [2])
fetch = x
""",
    "entered_twice": """
s = tf.variable_scope('a')
with s as t:
    x = tf.get_variable('x', [1])
    c = tf.constant(1.0)
with s as u:
    y = tf.get_variable('y', [1])
    d = tf.constant(1.0)
fetch = tf.constant([x.name, y.name, c.name, d.name])
""",
    "loop_of_layers": """
def layer(x, n, reuse=None):
    with tf.variable_scope('layer', reuse=reuse):
        w = tf.get_variable('w', [2, 2], initializer=tf.constant_initializer(0.5))
        b = tf.get_variable('b', [2], initializer=tf.zeros_initializer())
        return tf.matmul(x, w) + b
x = tf.ones([1, 2])
with tf.variable_scope('net', reuse=tf.AUTO_REUSE):
    for n in range(3):
        x = layer(x, n)
fetch = x
""",
    # -- Partitioned variables
    "partitioned": """
v = tf.get_variable('v', [5, 2], partitioner=tf.fixed_size_partitioner(2))
fetch = [tf.convert_to_tensor(v), tf.constant([str(v.name), str(v.dtype), str(v.shape), str(len(v)), str(list(v)),
    str([p._get_save_slice_info().spec for p in v])])]
""",
    "partitioned_axis": """
v = tf.get_variable('v', [2, 5], partitioner=tf.fixed_size_partitioner(3, axis=1),
                    initializer=tf.random_normal_initializer(seed=3))
fetch = tf.identity(v)
""",
    "partitioned_single": "v = tf.get_variable('v', [5, 2], partitioner=tf.fixed_size_partitioner(1))\nfetch = tf.identity(v)",
    "partitioned_scalar": "v = tf.get_variable('v', [], partitioner=tf.fixed_size_partitioner(2))\nfetch = v",
    "partitioned_tensor": """
v = tf.get_variable('v', initializer=tf.reshape(tf.range(10.0), [5, 2]), partitioner=tf.fixed_size_partitioner(2))
fetch = tf.identity(v)
""",
    "partitioned_scope": """
with tf.variable_scope('a', partitioner=tf.fixed_size_partitioner(2)):
    v = tf.get_variable('v', [4], initializer=tf.ones_initializer())
    with tf.variable_scope('b'):
        w = tf.get_variable('w', [3], initializer=tf.zeros_initializer(), regularizer=tf.nn.l2_loss)
fetch = [tf.identity(v), tf.identity(w)]
""",
    "partitioned_resource": """
v = tf.get_variable('v', [4], initializer=tf.ones_initializer(), use_resource=True, partitioner=tf.fixed_size_partitioner(2))
fetch = tf.identity(v)
""",
    "partitioned_reuse": """
with tf.variable_scope('a', partitioner=tf.fixed_size_partitioner(2)):
    v = tf.get_variable('v', [4])
with tf.variable_scope('a', reuse=True):
    w = tf.get_variable('v', [4])
with tf.variable_scope('a', partitioner=tf.fixed_size_partitioner(2), reuse=True):
    x = tf.get_variable('v', [4])
fetch = tf.constant([str(v is w), str(v is x)])
""",
    "partitioned_exists": """
p = tf.fixed_size_partitioner(2)
tf.get_variable('v', [4], partitioner=p)
tf.get_variable('v', [4], partitioner=p)
""",
    "partitioned_missing": """
with tf.variable_scope('a', reuse=True):
    tf.get_variable('v', [4], partitioner=tf.fixed_size_partitioner(2))
""",
    "partitioned_other_parts": """
tf.get_variable('v', [4], partitioner=tf.fixed_size_partitioner(2))
with tf.variable_scope('', reuse=True):
    tf.get_variable('v', [4], partitioner=tf.fixed_size_partitioner(4))
""",
    "partitioned_other_shape": """
tf.get_variable('v', [4], partitioner=tf.fixed_size_partitioner(2))
with tf.variable_scope('', reuse=True):
    tf.get_variable('v', [6], partitioner=tf.fixed_size_partitioner(2))
""",
    "partitioned_not_before": """
tf.get_variable('v', [4])
tf.get_variable('v', [4], partitioner=tf.fixed_size_partitioner(2))
""",
    "partitioned_before": """
tf.get_variable('v', [4], partitioner=tf.fixed_size_partitioner(2))
tf.get_variable('v', [4])
""",
    "partitioner_bad": "tf.get_variable('v', [4], partitioner=3)",
    "partitioner_rank": "tf.get_variable('v', [4], partitioner=lambda shape, dtype: [2, 2])",
    "partitioner_zero": "tf.get_variable('v', [4], partitioner=lambda shape, dtype: [0])",
    "partitioner_two_axes": "tf.get_variable('v', [4, 4], partitioner=lambda shape, dtype: [2, 2])",
    "partitioned_no_shape": "tf.get_variable('v', partitioner=tf.fixed_size_partitioner(2))",
    "partitioned_add": "v = tf.get_variable('v', [4], partitioner=tf.fixed_size_partitioner(2))\nfetch = tf.add(v, 1.0)",
    "partitioned_assign": """
v = tf.get_variable('v', [5], partitioner=tf.fixed_size_partitioner(2))
fetch = v.assign(tf.range(5.0))
""",
    "partitioned_assign_add": """
v = tf.get_variable('v', [4], initializer=tf.ones_initializer(), partitioner=tf.fixed_size_partitioner(2))
fetch = v.assign_add([tf.ones([2]), tf.ones([2])])
""",
    "partitioned_assign_variable": """
v = tf.get_variable('v', [4], initializer=tf.ones_initializer(), partitioner=tf.fixed_size_partitioner(2))
w = tf.get_variable('w', [4], initializer=tf.ones_initializer(), partitioner=tf.fixed_size_partitioner(2))
fetch = v.assign_sub(w)
""",
    "size_partitioner": """
p = tf.variable_axis_size_partitioner(20)
q = tf.variable_axis_size_partitioner(20, max_shards=2)
r = tf.min_max_variable_partitioner(3, min_slice_size=8)
s = tf.TensorShape([7, 2])
fetch = tf.constant([str(p(s, tf.float32)), str(q(s, tf.float32)), str(r(s, tf.float32)), str(p(s, tf.string)),
                     str(tf.min_max_variable_partitioner(9, axis=1, min_slice_size=1)(s, tf.float64))])
""",
    "size_partitioner_bad": "tf.variable_axis_size_partitioner(0)",
    "size_partitioner_shards": "tf.variable_axis_size_partitioner(10, max_shards=-1)",
    "min_max_bad_axis": "tf.min_max_variable_partitioner(2, axis=3)(tf.TensorShape([2]), tf.float32)",
    "create_partitioned": """
vs = tf.create_partitioned_variables([4, 2], [2, 1], tf.ones_initializer(), name='p')
ws = tf.create_partitioned_variables([4, 2], [2, 1], tf.zeros([4, 2]))
fetch = vs + ws
""",
    "create_partitioned_bad": "tf.create_partitioned_variables([4, 2], [2], tf.ones_initializer())",
    # -- Templates
    "template": """
def f(x):
    w = tf.get_variable('w', [2], initializer=tf.ones_initializer())
    return x * w
t = tf.make_template('t', f)
a, b = t(1.0), t(2.0)
fetch = [a, b, tf.constant([t.name, t.variable_scope_name, str(t.variables), str(t.trainable_variables),
    str(t.non_trainable_variables), str(t.local_variables), t.variable_scope.name])]
""",
    "template_names": """
def f():
    return tf.get_variable('w', [2])
names = [tf.make_template('t', f)().name, tf.make_template('t', f)().name]
with tf.variable_scope('s'):
    names += [tf.make_template('t', f)().name]
fetch = tf.constant(names)
""",
    "template_now": """
def f():
    return tf.get_variable('w', [2])
a = tf.make_template('t', f, create_scope_now_=True)
b = tf.make_template('t', f, create_scope_now_=True)
y, x = b(), a()
fetch = tf.constant([x.name, y.name])
""",
    "template_unique": """
def f(n):
    return tf.get_variable(n, [2])
a = tf.make_template('t', f, unique_name_='u', n='w')
x, y = a(), a()
fetch = tf.constant([x.name, str(x is y)])
""",
    "template_getter": """
def f():
    return tf.get_variable('w', [2])
a = tf.make_template('t', f, custom_getter_=lambda getter, name, *a, **k: getter(name + '_c', *a, **k))
fetch = tf.constant([a().name, a().name])
""",
    "template_new_variable": """
t = tf.make_template('t', lambda: tf.Variable(1.0))
t()
t()
""",
    "template_no_name": "tf.make_template(None, lambda: None)",
    # -- tf.contrib.layers
    "contrib_regularizers": """
L = tf.contrib.layers
x = tf.get_variable('x', [2], initializer=tf.ones_initializer(), regularizer=L.l2_regularizer(0.1))
y = tf.get_variable('y', [2], initializer=tf.ones_initializer(), regularizer=L.l1_regularizer(0.1))
z = tf.get_variable('z', [2], initializer=tf.ones_initializer(), regularizer=L.l1_l2_regularizer(0.1, 0.2))
w = tf.get_variable('w', [2], regularizer=L.l2_regularizer(0.0))
fetch = tf.get_collection(tf.GraphKeys.REGULARIZATION_LOSSES) + [L.apply_regularization(L.l2_regularizer(0.5), [x, y])]
""",
    "contrib_regularizer_int": "tf.contrib.layers.l2_regularizer(1)",
    "contrib_regularizer_negative": "tf.contrib.layers.l2_regularizer(-1.0)",
}
