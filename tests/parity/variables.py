"""Variables: constructors, assignments, reads, collections, both kinds."""

SNIPPETS = {}

# -- Construction ---------------------------------------------------------------------------------
_KINDS = {"ref": "", "resource": ", use_resource=True"}
for _kind, _extra in _KINDS.items():
    _CASES = {
        "scalar": "v = tf.Variable(0.5{x})\nfetch = v",
        "list_named": "v = tf.Variable([1, 2, 3], name='v'{x})\nfetch = v",
        "array": "v = tf.Variable(np.arange(6).reshape(2, 3){x})\nfetch = [v, v.read_value()]",
        "dtype": "v = tf.Variable([1, 2], dtype=tf.float64{x})\nfetch = v",
        "tensor": "v = tf.Variable(tf.ones([2, 3]) * 2.0{x})\nfetch = v",
        "callable": "v = tf.Variable(lambda: tf.zeros([2]), name='c'{x})\nfetch = v",
        "callable_dtype": "v = tf.Variable(lambda: [1, 2], dtype=tf.float32{x})\nfetch = v",
        "not_trainable": """
v = tf.Variable(1.0, trainable=False{x})
fetch = tf.constant([str(tf.trainable_variables()), str(tf.global_variables())])
""",
        "collections": """
v = tf.Variable(1.0, collections=['mine', tf.GraphKeys.LOCAL_VARIABLES]{x})
fetch = tf.constant([str(tf.get_collection(k)) for k in sorted(tf.get_default_graph().get_all_collection_keys())])
""",
        "collection_keys": """
v = tf.get_variable('v', [2]{x})
fetch = tf.constant(str(sorted(tf.get_default_graph().get_all_collection_keys())))
""",
        "caching_device": """
with tf.device('/cpu:0'):
    v = tf.Variable([1.0, 2.0], caching_device='/gpu:0'{x})
with tf.device('/gpu:0'):
    a, b = v.read_value(), v.value()
w = v + 1.0
""",
        "device": """
with tf.device('/job:ps/task:1'):
    v = tf.Variable([1.0, 2.0]{x})
    u = tf.get_variable('u', [2]{x})
s = tf.constant([v.device, u.device, v.op.device])
""",
        "colocated_reads": """
v = tf.Variable([1.0, 2.0]{x})
with tf.colocate_with(v.op):
    a, b = v.read_value(), v.value()
""",
        "control_dependencies": """
p = tf.placeholder(tf.float32, [2])
with tf.control_dependencies([p]):
    v = tf.Variable([1.0, 2.0]{x})
    u = tf.get_variable('u', [2]{x})
    t = v + 1.0
""",
        "name_scopes": """
with tf.name_scope('a'):
    v = tf.Variable(1.0, name='v'{x})
    u = tf.get_variable('u', [2]{x})
    w = tf.Variable(1.0, name='v'{x})
fetch = tf.constant([v.name, u.name, w.name, v.op.name])
""",
        "repr": """
v = tf.Variable([[1.0, 2.0]], name='v'{x})
fetch = tf.constant([repr(v), str(v), str(v.dtype), str(v.shape), str(v.get_shape().as_list()),
    str(v.trainable), str(v.constraint), str(v.synchronization), str(v.aggregation),
    v.initializer.name, v.initial_value.name, str(v.op.type), v._shared_name])
""",
        "shape": "v = tf.Variable([1.0, 2.0], shape=tf.TensorShape([None]){x})\ns = tf.constant(str(v.shape))",
        "roles": """
v = tf.Variable(1.0, synchronization=tf.VariableSynchronization.ON_READ,
                aggregation=tf.VariableAggregation.SUM{x})
fetch = tf.constant([str(v.trainable), str(v.synchronization), str(v.aggregation)])
""",
        "bad_synchronization": "tf.Variable(1.0, synchronization='x', name='v'{x})",
        "bad_aggregation": "tf.Variable(1.0, aggregation=17, name='v'{x})",
        "no_value": "tf.Variable(name='v'{x})",
        "bad_collections": "tf.Variable(1.0, collections='mine'{x})",
        "bad_constraint": "tf.Variable(1.0, constraint=3{x})",
        "bad_dtype": "tf.Variable([1.5], dtype=tf.int32{x})",
        "iteration": "v = tf.Variable([1.0, 2.0]{x})\nlist(v)",
        "unknown_shape": "v = tf.Variable(tf.placeholder(tf.float32){x})",
        "unknown_shape_allowed": """
v = tf.Variable(tf.placeholder_with_default([1.0, 2.0], None), validate_shape=False{x})
s = tf.constant(str(v.shape))
fetch = v
""",
        "uniquified": "a = tf.Variable(1.0{x})\nb = tf.Variable(1.0{x})\nfetch = tf.constant([a.name, b.name])",
        "string": "v = tf.Variable(['a', 'b']{x})\nfetch = v",
        "bool": "v = tf.Variable([True, False]{x})\nfetch = tf.logical_not(v)",
        "equality": """
v = tf.Variable([1.0, 2.0]{x})
w = tf.Variable([1.0, 2.0]{x})
fetch = tf.constant([str(v == w), str(v == v), str(v != w), str(len({{v, w, v}}))])
""",
        # -- Reading
        "operators": """
v = tf.Variable([1.0, 2.0]{x})
fetch = [v + 1.0, 1.0 + v, v - v, 2.0 - v, v * 3.0, 3.0 * v, v / 2.0, 2.0 / v, v ** 2.0,
         2.0 ** v, -v, abs(v), v > 1.5, v <= 1.0, v // 1.5, 3.0 % v]
""",
        "as_input": """
v = tf.Variable([[1.0, 2.0]]{x})
fetch = [tf.exp(v), tf.matmul(v, v, transpose_b=True), tf.reduce_sum(v), tf.identity(v)]
""",
        "convert": """
v = tf.Variable([1.0, 2.0]{x})
t = tf.convert_to_tensor(v)
fetch = [t, tf.stack([v, v]), tf.concat([v, [3.0]], 0)]
""",
        "convert_wrong": "v = tf.Variable([1.0, 2.0]{x})\ntf.convert_to_tensor(v, tf.int32)",
        "slicing": "v = tf.Variable([[1.0, 2.0], [3.0, 4.0]]{x})\nfetch = [v[0], v[:, 1], v[-1, 0], v[..., :1]]",
        "sliced_assign": """
v = tf.Variable(tf.zeros([2, 3]){x})
fetch = v[0].assign([1.0, 2.0, 3.0])
""",
        "sliced_assign_part": """
v = tf.Variable(tf.zeros([2, 3]){x})
fetch = v[:, 1:].assign(tf.ones([2, 2]))
""",
        "uninitialized": """
v = tf.Variable([1.0], collections=[]{x})
fetch = v + 1.0
""",
        # -- Assigning
        "assign": "v = tf.Variable([1.0, 2.0]{x})\nfetch = v.assign([3.0, 4.0])",
        "assign_named": "v = tf.Variable([1.0, 2.0]{x})\na = v.assign([3.0, 4.0], name='a')\nfetch = a",
        "assign_op": """
v = tf.Variable([1.0, 2.0]{x})
a = v.assign([3.0, 4.0], read_value=False)
with tf.control_dependencies([a]):
    fetch = v.read_value()
""",
        "assign_add": "v = tf.Variable([1.0, 2.0]{x})\nfetch = v.assign_add([3.0, 4.0], use_locking=True)",
        "assign_sub": "v = tf.Variable([1.0, 2.0]{x})\nfetch = v.assign_sub([3.0, 4.0], name='s')",
        "assign_function": """
v = tf.Variable([1.0, 2.0]{x})
fetch = tf.assign(v, [3.0, 4.0], name='a')
""",
        "assign_add_function": "v = tf.Variable(1{x})\nfetch = tf.assign_add(v, 2)",
        "assign_sub_function": "v = tf.Variable(1{x})\nfetch = tf.assign_sub(v, 2)",
        "assign_wrong_shape": "v = tf.Variable([1.0, 2.0]{x})\nv.assign([1.0, 2.0, 3.0])",
        "assign_function_wrong_shape": "v = tf.Variable([1.0, 2.0]{x})\ntf.assign(v, [1.0, 2.0, 3.0])",
        "assign_wrong_dtype": "v = tf.Variable([1.0, 2.0]{x})\nv.assign(tf.constant([1, 2]))",
        "assign_add_wrong_shape": """
v = tf.Variable([1.0, 2.0]{x})
p = tf.placeholder_with_default([1.0, 2.0, 3.0], None)
fetch = v.assign_add(p)
""",
        "assign_chain": """
v = tf.Variable([1.0, 2.0]{x})
a = v.assign_add([1.0, 1.0])
fetch = a + 1.0
""",
        "assign_repr": """
v = tf.Variable([1.0, 2.0]{x})
a = v.assign_add([1.0, 1.0])
fetch = tf.constant([a.name, str(a.dtype), str(a.shape), a.op.name])
""",
        "count_up_to": "v = tf.Variable(3{x})\nfetch = v.count_up_to(5)",
        "count_up_to_runs": "v = tf.Variable(3{x})\nfetch = tf.count_up_to(v, 5)",
        "count_up_to_end": "v = tf.Variable(5{x})\nfetch = tf.count_up_to(v, 5)",
        # -- Scatters
        "scatter_update": "v = tf.Variable([1.0, 2.0, 3.0]{x})\nfetch = tf.scatter_update(v, [0, 2], [9.0, 8.0])",
        "scatter_add": "v = tf.Variable([1.0, 2.0, 3.0]{x})\nfetch = tf.scatter_add(v, [0, 2, 0], [9.0, 8.0, 1.0])",
        "scatter_add_scalar": "v = tf.Variable([1.0, 2.0, 3.0]{x})\nfetch = tf.scatter_add(v, [0, 2, 0], 1.0)",
        "scatter_sub": "v = tf.Variable([1.0, 2.0, 3.0]{x})\nfetch = tf.scatter_sub(v, [0, 2, 0], [9.0, 8.0, 1.0])",
        "scatter_mul": "v = tf.Variable([1.0, 2.0, 3.0]{x})\nfetch = tf.scatter_mul(v, [0, 2, 0], [9.0, 8.0, 2.0])",
        "scatter_div": "v = tf.Variable([12.0, 2.0, 3.0]{x})\nfetch = tf.scatter_div(v, [0, 2, 0], [2.0, 8.0, 3.0])",
        "scatter_div_int": "v = tf.Variable([-7, 9]{x})\nfetch = tf.scatter_div(v, [0, 1], [2, -2])",
        "scatter_min": "v = tf.Variable([1.0, 2.0, 3.0]{x})\nfetch = tf.scatter_min(v, [0, 2], [9.0, -8.0])",
        "scatter_max": "v = tf.Variable([1.0, 2.0, 3.0]{x})\nfetch = tf.scatter_max(v, [0, 2], [9.0, -8.0])",
        "scatter_rows": """
v = tf.Variable(tf.ones([3, 2]){x})
fetch = tf.scatter_add(v, [[0, 2], [0, 1]], tf.ones([2, 2, 2]))
""",
        "scatter_methods": """
v = tf.Variable([1.0, 2.0, 3.0]{x})
d = tf.IndexedSlices(tf.constant([4.0]), tf.constant([1]))
a = v.scatter_add(d)
with tf.control_dependencies([a.op]):
    b = v.scatter_mul(d)
with tf.control_dependencies([b.op]):
    c = v.scatter_sub(d, name='c')
with tf.control_dependencies([c.op]):
    e = v.scatter_update(d)
with tf.control_dependencies([e.op]):
    f = v.scatter_max(d)
with tf.control_dependencies([f.op]):
    g = v.scatter_min(d)
with tf.control_dependencies([g.op]):
    fetch = v.scatter_div(d)
""",
        "scatter_not_slices": "v = tf.Variable([1.0]{x})\nv.scatter_add([1.0])",
        "scatter_out_of_range": "v = tf.Variable([1.0, 2.0]{x})\nfetch = tf.scatter_add(v, [0, 2], [1.0, 1.0])",
        "scatter_bad_shapes": "v = tf.Variable([1.0, 2.0]{x})\ntf.scatter_add(v, [0, 1, 0], [1.0, 1.0])",
        "scatter_bad_rank": "v = tf.Variable([[1.0, 2.0]]{x})\ntf.scatter_add(v, [0], [1.0])",
        "scatter_bad_run": """
v = tf.Variable([1.0, 2.0]{x})
fetch = tf.scatter_update(v, tf.placeholder_with_default([1, 0, 1], None), [1.0, 2.0])
""",
        "scatter_nd_update": "v = tf.Variable([[1.0, 2.0], [3.0, 4.0]]{x})\nfetch = tf.scatter_nd_update(v, [[0, 1], [1, 0]], [9.0, 8.0])",
        "scatter_nd_add": "v = tf.Variable([1.0, 2.0, 3.0]{x})\nfetch = tf.scatter_nd_add(v, [[0], [2], [0]], [9.0, 8.0, 1.0])",
        "scatter_nd_sub": "v = tf.Variable(tf.ones([2, 2]){x})\nfetch = tf.scatter_nd_sub(v, [[1]], [[9.0, 8.0]])",
        "scatter_nd_methods": """
v = tf.Variable([1.0, 2.0, 3.0]{x})
a = v.scatter_nd_add([[1]], [2.0])
with tf.control_dependencies([a.op]):
    b = v.scatter_nd_sub([[0]], [2.0])
with tf.control_dependencies([b.op]):
    fetch = v.scatter_nd_update([[2]], [7.0], name='u')
""",
        "scatter_nd_out_of_range": "v = tf.Variable([1.0, 2.0]{x})\nfetch = tf.scatter_nd_add(v, [[0], [4]], [1.0, 1.0])",
        "scatter_nd_bad_shapes": "v = tf.Variable([1.0, 2.0]{x})\ntf.scatter_nd_add(v, [[0], [0], [1]], [1.0, 1.0])",
        "scatter_nd_bad_run": """
v = tf.Variable([1.0, 2.0]{x})
fetch = tf.scatter_nd_update(v, tf.placeholder_with_default([[1], [0], [1]], None), [1.0, 2.0])
""",
        "batch_scatter_update": """
v = tf.Variable(tf.zeros([2, 3]){x})
fetch = v.batch_scatter_update(tf.IndexedSlices(tf.ones([2, 1]), tf.constant([[0], [1]])))
"""
        if _kind == "ref"
        else """
v = tf.Variable(tf.zeros([2, 3]){x})
fetch = tf.batch_scatter_update(v, tf.constant([[0], [1]]), tf.ones([2, 1]))
""",
        # -- Protos
        "to_proto": """
v = tf.Variable([1.0, 2.0], name='v', trainable=False{x})
fetch = tf.constant(str(v.to_proto()))
""",
        "to_proto_scope": """
with tf.name_scope('s'):
    v = tf.Variable([1.0, 2.0], name='v'{x})
fetch = tf.constant([str(v.to_proto('s')), str(v.to_proto('other'))])
""",
        "from_proto": """
v = tf.Variable([1.0, 2.0], name='v'{x})
w = tf.Variable.from_proto(v.to_proto()) if 'ref' in str(v.dtype) else type(v).from_proto(v.to_proto())
fetch = [w, tf.constant([repr(w), w.initializer.name, w.initial_value.name, w.value().op.type])]
""",
        "is_initialized": "v = tf.Variable([1.0]{x})\nfetch = tf.is_variable_initialized(v)",
        "is_not_initialized": "v = tf.Variable([1.0], collections=[]{x})\nfetch = tf.is_variable_initialized(v)",
    }
    SNIPPETS.update(
        {
            f"{_kind}_{_n}": _c.replace("{x}", _extra).replace("{{", "{").replace("}}", "}")
            for _n, _c in _CASES.items()
        }
    )

# -- What only one kind does ----------------------------------------------------------------------
SNIPPETS.update(
    {
        "ref_assign_any_shape": """
v = tf.Variable([1.0, 2.0])
fetch = tf.assign(v, [1.0, 2.0, 3.0], validate_shape=False)
""",
        "ref_assign_run_shape": """
v = tf.Variable([1.0, 2.0])
fetch = tf.assign(v, tf.placeholder_with_default([1.0, 2.0, 3.0], None))
""",
        "ref_set_shape": """
v = tf.Variable(tf.placeholder_with_default([1.0, 2.0], None), validate_shape=False)
v.set_shape([2])
fetch = tf.constant([str(v.shape), str(v.value().shape)])
""",
        "ref_sparse_read": "tf.Variable([1.0]).sparse_read([0])",
        "resource_set_shape": "tf.Variable([1.0], use_resource=True).set_shape([1])",
        "resource_sparse_read": """
v = tf.Variable([[1.0, 2.0], [3.0, 4.0]], use_resource=True)
fetch = [v.sparse_read([1, 1]), v.sparse_read(0, name='g'), v.gather_nd([[0, 1]])]
""",
        "resource_sparse_read_range": """
v = tf.Variable([1.0, 2.0], use_resource=True)
fetch = v.sparse_read([0, 3])
""",
        "resource_gather_nd_range": """
v = tf.Variable([1.0, 2.0], use_resource=True)
fetch = v.gather_nd([[0], [3]])
""",
        "resource_iadd": "v = tf.Variable([1.0], use_resource=True)\nv += 1.0",
        "ref_iadd": "v = tf.Variable([1.0])\nv += 1.0\nv *= 2.0\nv -= 1.0\nfetch = v",
        "resource_is_initialized_method": "v = tf.Variable([1.0], use_resource=True)\nfetch = v.is_initialized()",
        "resource_handle": """
v = tf.Variable([1.0], use_resource=True)
fetch = tf.constant([v.handle.name, str(v.handle.dtype), str(v.handle.shape), v.create.name])
""",
        "resource_shape_mismatch": "tf.Variable([1.0], shape=[2], use_resource=True)",
        "resource_assign_of_variable": """
a = tf.Variable([1.0, 2.0], use_resource=True)
b = tf.Variable([3.0, 4.0], use_resource=True)
fetch = [a.assign(b)]
""",
        "mixed_assign": """
a = tf.Variable([1.0, 2.0], use_resource=True)
b = tf.Variable([3.0, 4.0])
fetch = b.assign(a)
""",
        "gradient_of_resource": """
v = tf.Variable([1.0, 2.0], use_resource=True)
fetch = tf.gradients(tf.reduce_sum(v * v), [v])
""",
        "gradient_of_ref": """
v = tf.Variable([1.0, 2.0])
fetch = tf.gradients(tf.reduce_sum(v * v), [v])
""",
        "gradient_of_sparse_read": """
v = tf.Variable([[1.0, 2.0], [3.0, 4.0]], use_resource=True)
g, = tf.gradients(tf.reduce_sum(v.sparse_read([1, 1])), [v])
fetch = [g.values, g.indices, g.dense_shape]
""",
        "initial_value_from_resource": (
            """
a = tf.Variable([1.0, 2.0], use_resource=True)
b = tf.Variable(a.initialized_value() * 2.0, use_resource=True, collections=[])
""",
            {"cfv2": True},
        ),
        "initial_value_from_variable": (
            """
a = tf.Variable([1.0, 2.0])
b = tf.Variable(a * 2.0 + 1.0)
""",
            {"cfv2": True},
        ),
        "initial_value_from_resource_read": """
a = tf.Variable([1.0, 2.0], use_resource=True)
b = tf.Variable(a * 2.0)
""",
        "initialized_value": (
            """
a = tf.Variable([1.0, 2.0])
fetch = a.initialized_value()
""",
            {"cfv2": True},
        ),
        "assigned_in_branch": (
            """
v = tf.Variable([1.0, 2.0])
w = tf.Variable([5.0, 2.0], use_resource=True)
p = tf.placeholder_with_default(False, [])
a = tf.cond(p, lambda: v.assign_add([7.0, 7.0]), lambda: v.assign(v * 2.0))
b = tf.cond(p, lambda: w.assign_add([7.0, 7.0]).value(), lambda: w.assign(w * 2.0).value())
with tf.control_dependencies([a, b]):
    fetch = [v.read_value(), w.read_value()]
""",
            {"nodes": False},
        ),
        "loaded": """
v = tf.Variable([1.0, 2.0])
with tf.Session() as session:
    v.load([5.0, 6.0], session)
    got = session.run(v)
fetch = tf.constant(str(got.tolist()))
""",
        "load_no_session": "tf.Variable([1.0]).load([2.0])",
        "eval": """
v = tf.Variable([1.0, 2.0])
with tf.Session():
    v.initializer.run()
    got = v.eval()
fetch = tf.constant(str(got.tolist()))
""",
    }
)

# -- Collections and initializers -----------------------------------------------------------------
SNIPPETS.update(
    {
        "initializer_ops": """
a = tf.Variable(1.0)
b = tf.Variable(2.0, trainable=False)
c = tf.get_local_variable('c', [2])
i = tf.global_variables_initializer()
j = tf.local_variables_initializer()
k = tf.variables_initializer([a], name='k')
l = tf.variables_initializer([])
m = tf.initializers.global_variables()
fetch = tf.constant([str(tf.global_variables()), str(tf.local_variables()),
                     str(tf.trainable_variables()), str(tf.model_variables()),
                     str(tf.moving_average_variables()), str(tf.all_variables())])
""",
        "initializer_devices": """
with tf.device('/cpu:0'):
    a = tf.Variable(1.0)
with tf.device('/gpu:0'):
    b = tf.Variable(1.0)
i = tf.global_variables_initializer()
""",
        "old_initializers": """
a = tf.Variable(1.0)
i = tf.initialize_all_variables()
j = tf.initialize_local_variables()
k = tf.initialize_variables([a])
""",
        "by_scope": """
with tf.variable_scope('a'):
    tf.get_variable('x', [1])
with tf.variable_scope('b'):
    tf.get_variable('x', [1])
fetch = tf.constant([str(tf.global_variables('a')), str(tf.trainable_variables('b/')),
                     str(tf.global_variables('x'))])
""",
        "report_uninitialized": """
a = tf.Variable(tf.zeros([2]))
b = tf.Variable(tf.zeros([2]), use_resource=True)
c = tf.Variable(1.0, collections=[], name='c')
fetch = tf.report_uninitialized_variables([a, b, c])
""",
        "report_uninitialized_none": "fetch = tf.report_uninitialized_variables()",
        "report_uninitialized_default": "a = tf.Variable(1.0)\nfetch = tf.report_uninitialized_variables()",
        "assert_initialized": """
a = tf.Variable(tf.zeros([2]))
b = tf.Variable(tf.zeros([2]))
fetch = tf.assert_variables_initialized()
""",
        "assert_initialized_one": "a = tf.Variable(tf.zeros([2]), collections=[])\nfetch = tf.assert_variables_initialized([a])",
        "assert_initialized_none": "tf.constant(str(tf.assert_variables_initialized()))",
        "global_step": """
g = tf.train.get_global_step()
s = tf.train.create_global_step()
t = tf.train.get_global_step()
u = tf.train.get_or_create_global_step()
fetch = [s, tf.constant([str(g), str(t), str(s is u), str(tf.get_collection(tf.GraphKeys.GLOBAL_STEP))])]
""",
        "global_step_scoped": """
with tf.name_scope('a'), tf.variable_scope('b'):
    s = tf.train.get_or_create_global_step()
fetch = s
""",
        "global_step_twice": "tf.train.create_global_step()\ntf.train.create_global_step()",
        "global_step_by_name": "v = tf.Variable(3, name='global_step')\nfetch = tf.train.get_global_step()",
        "global_step_not_integer": "v = tf.Variable(3.0, name='global_step')\ntf.train.get_global_step()",
        "global_step_not_scalar": "v = tf.Variable([3], name='global_step')\ntf.train.get_global_step()",
        "global_step_value": """
s = tf.train.create_global_step()
with tf.Session() as session:
    session.run(s.initializer)
    got = tf.train.global_step(session, s)
fetch = tf.constant(str(got))
""",
    }
)
