"""tf.function inside graphs: traces, call nodes, variables, gradients, errors."""

VALUES = {"nodes": False}

SNIPPETS = {
    "one_call": """
@tf.function
def f(x, y=2.0):
    return x * y
fetch = f(tf.placeholder_with_default(np.float32([1, 2]), [2], name="a"))
""",
    "traces_by_kind": """
count = []
@tf.function
def f(x, k=1, name="n", **more):
    count.append(1)
    return tf.cast(x, tf.float32) * k + sum(more[n] for n in sorted(more))
a = [f(tf.constant(1)), f(tf.constant(2)), f(tf.constant([1, 2])), f(tf.constant(1.5)),
     f(tf.constant(1), 2), f(tf.constant(1), k=2), f(tf.constant(1), name="m"),
     f(tf.constant(3), z=tf.constant(2.0)), f(np.ones([2], np.int32)), f(x=tf.constant(7))]
assert len(count) == 6, count
fetch = a
""",
    "structures": """
@tf.function
def f(x, y, *a, **k):
    z = x["p"] * y[0] + y[1][0]
    for e in a:
        z += e
    return {"z": z, "more": [k["q"] * 2.0, None]}, (y[1], 3)
fetch = f({"p": tf.constant(2.0)}, (tf.constant(3.0), [tf.constant(4.0)]), tf.constant(5.0), 6.0,
          q=tf.constant(7.0))
assert fetch[0]["more"][1] is None
del fetch[0]["more"][1]
""",
    "captures": """
a = tf.constant(2.0, name="a")
v = tf.Variable(3.0, use_resource=True)
w = tf.Variable(4.0)
@tf.function
def f(x):
    return x * a + v + w
fetch = f(tf.constant(1.0))
for o in (v, w):
    tf.add_to_collection("init", o.initializer)
""",
    "gradients": """
a = tf.constant([2.0, 3.0], name="a")
@tf.function
def f(x, y):
    z = tf.tanh(x) * a
    return z * y, tf.reduce_sum(z)
x, y = tf.constant([1.0, 2.0]), tf.constant(3.0)
p, q = f(x, y)
fetch = [tf.gradients(p, [x, y, a]), tf.gradients(q, [x]), tf.gradients(p + q, [x, y])]
""",
    "second_gradients": (
        """
@tf.function
def f(x):
    return x * x * x
x = tf.constant(2.0)
g = tf.gradients(f(x), x)[0]
fetch = [g, tf.gradients(g, x)[0]]
""",
        VALUES,
    ),
    "gradients_inside": """
@tf.function
def f(x):
    return tf.gradients(x * x * x, x)[0]
x = tf.constant(2.0)
fetch = [f(x), tf.gradients(f(x), x)[0]]
""",
    "functions_that_call": """
@tf.function
def inner(x, k):
    return x * k
@tf.function
def outer(x):
    return inner(x, 2.0) + inner(x, 3.0) + inner(inner(x, x), x)
x = tf.constant(2.0)
y = outer(x)
fetch = [y, tf.gradients(y, x)[0]]
""",
    "no_results": """
@tf.function
def f(x):
    tf.identity(x)
@tf.function
def g():
    return None
assert f(tf.constant(1)).type == "PartitionedCall"
assert g().name == "PartitionedFunctionCall_1"
fetch = tf.constant(0)
""",
    "effects_in_order": """
v = tf.Variable(1.0, use_resource=True)
@tf.function
def f(x):
    with tf.control_dependencies(None):
        v.assign(2.0)
    a = v.read_value()
    v.assign_add(x)
    v.assign(v * 3.0)
    return a, v.read_value()
with tf.control_dependencies([v.initializer]):
    fetch = f(tf.constant(5.0))
""",
    "effects_in_branches": (
        """
v = tf.Variable(1.0, use_resource=True)
@tf.function
def f(x):
    if x > 0:
        v.assign_add(10.0)
        v.assign(v * 2.0)
    else:
        v.assign(-1.0)
    a = v.read_value()
    for i in tf.range(3):
        v.assign(v + tf.cast(i, tf.float32))
    return a, v.read_value()
with tf.control_dependencies([v.initializer]):
    first = f(tf.placeholder_with_default(1, []))
with tf.control_dependencies(first):
    fetch = [first, f(tf.placeholder_with_default(-1, []))]
""",
        VALUES,
    ),
    "variables_made_once": """
kept = []
@tf.function
def f(x):
    if not kept:
        kept.append(tf.Variable(2.0, name="v"))
        kept.append(tf.Variable(lambda: tf.ones([2]) * 3.0, name="w"))
    return kept[0] * x + kept[1]
with tf.name_scope("outer"):
    a = f(tf.constant(1.0))
b = f(tf.constant(2.0))
assert [x.name for x in tf.global_variables()] == ["v:0", "w:0"]
assert tf.trainable_variables() == []
fetch = tf.constant(0)
""",
    "random_initial_values": """
kept = []
@tf.function
def f(x):
    if not kept:
        kept.append(tf.Variable(tf.random.uniform([2, 2]) * 2.0, name="w"))
    return kept[0] * x
a = f(tf.constant(1.0))
fetch = tf.constant(0)
""",
    "variables_of_an_object": """
class Model(object):
    def __init__(self):
        self.v = None
    @tf.function
    def __call__(self, x):
        if self.v is None:
            self.v = tf.Variable(3.0)
        self.v.assign_add(x)
        return self.v * x
a, b = Model(), Model()
out = [a(tf.constant(2.0)), b(tf.constant(3.0)), a(tf.constant(4.0))]
assert a.v is not b.v
assert a.__call__ is a.__call__
g = tf.gradients(out[0], a.v)
fetch = tf.constant(0)
""",
    "concrete_function": """
@tf.function
def f(x, y, k=2.0):
    return x + y["q"] * k
c = f.get_concrete_function(tf.TensorSpec([None], tf.float32), {"q": tf.TensorSpec([], tf.float32)})
assert [t.name for t in c.inputs] == ["x:0", "y:0"], c.inputs
assert [t.name for t in c.outputs] == ["Identity:0"]
assert c.captured_inputs == []
args, kwargs = c.structured_input_signature
assert args == (tf.TensorSpec([None], tf.float32, "x"), {"q": tf.TensorSpec([], tf.float32, "y/q")},
                2.0), args
assert kwargs == {}
assert c.structured_outputs.shape.as_list() == [None]
assert c.name.startswith(b"__inference_f_")
sig = c.function_def.signature
assert [a.name for a in sig.input_arg] == ["x", "y"]
assert [a.name for a in sig.output_arg] == ["identity"]
fetch = [c(tf.constant([1.0, 2.0]), tf.constant(3.0)), c(x=tf.ones([3]), y=tf.constant(1.0))]
""",
    "input_signature": """
@tf.function(input_signature=[tf.TensorSpec([None], tf.float32), tf.TensorSpec([], tf.int32, "n")])
def f(x, n):
    return x * tf.cast(n, tf.float32)
assert f.get_concrete_function() is f.get_concrete_function()
assert [t.name for t in f.get_concrete_function().inputs] == ["x:0", "n:0"]
fetch = [f([1.0, 2.0], 3), f(np.ones([3], np.float32), tf.constant(2))]
""",
    "relaxed_shapes": """
seen = []
@tf.function(experimental_relax_shapes=True)
def f(x):
    seen.append(x.shape.as_list())
    return tf.reduce_sum(x)
fetch = [f(tf.ones([n])) for n in (1, 2, 3, 4)]
assert seen == [[1], [2], [None]], seen
""",
    "stateful_random": """
tf.set_random_seed(7)
@tf.function
def f(x):
    return x + tf.random_uniform([2], seed=3)
out = f(tf.constant(1.0))
assert out.op.type == "StatefulPartitionedCall"
fetch = tf.shape(out)
""",
    "custom_gradient_inside": """
@tf.custom_gradient
def f(x):
    return x * 2.0, lambda dy: dy * 100.0
@tf.function
def g(x):
    return f(x) * 3.0
x = tf.constant(2.0)
fetch = [g(x), tf.gradients(g(x), x)[0]]
""",
    "sparse_argument": """
@tf.function
def f(s):
    return tf.sparse.to_dense(s), s
fetch = f(tf.SparseTensor([[0], [2]], [1.0, 2.0], [4]))
""",
    "tensor_array_inside": """
@tf.function
def f(x):
    a = tf.TensorArray(tf.float32, size=3)
    for i in range(3):
        a = a.write(i, x * float(i))
    return a.stack()
x = tf.constant(2.0)
fetch = [f(x), tf.gradients(f(x), x)[0]]
""",
    "partial": """
import functools
def f(x, y, z=1.0):
    return x * y + z
fetch = tf.function(functools.partial(f, y=3.0))(tf.constant(2.0))
""",
    "name_scopes": """
@tf.function
def f(x):
    with tf.name_scope("inside"):
        return tf.identity(x, name="here")
with tf.name_scope("outside"):
    y = f(tf.constant(1.0))
assert f.get_concrete_function(tf.constant(1.0)).outputs[0].op.inputs[0].name == "inside/here:0"
fetch = y
""",
    "python_arguments_are_hashable": (
        """
@tf.function
def f(x, k):
    return x
class Key(object):
    pass
a, b = Key(), Key()
f(tf.constant(1), a), f(tf.constant(1), a), f(tf.constant(1), b), f(tf.constant(1), None)
names = sorted(set(o.get_attr("f").name for o in tf.get_default_graph().get_operations()
                   if o.type == "PartitionedCall"))
assert len(names) == 3
fetch = tf.constant(0)
""",
        VALUES,
    ),
    "named_tuples": """
import collections
P = collections.namedtuple("P", "a b")
@tf.function
def f(p):
    return P(p.b, p.a + 1)
fetch = tuple(f(P(tf.constant(1), tf.constant(2))))
""",
    "waits_for_an_outer_operation": """
a = tf.constant(1.0, name="a")
@tf.function
def f(x):
    with tf.control_dependencies([a.op]):
        return tf.identity(x)
fetch = f(tf.constant(2.0))
""",
    "tf_control_flow_inside": """
@tf.function
def f(x):
    v = tf.while_loop(lambda i, s: i < 3, lambda i, s: (i + 1, s * x), [0, 1.0])
    return tf.cond(v[1] > 1.0, lambda: v[1], lambda: x)
x = tf.constant(2.0)
r = f(x)
fetch = [r, tf.gradients(r, x)[0]]
""",
    "effects_of_functions_that_call": """
v = tf.Variable([1.0, 2.0], use_resource=True)
@tf.function
def inner(x):
    v.assign_add(x)
    return tf.reduce_sum(v)
@tf.function
def outer(x):
    a = inner(x)
    b = inner(x * 2.0)
    return a, b, v
with tf.control_dependencies([v.initializer]):
    fetch = outer(tf.constant([1.0, 1.0]))
""",
    "optimizer": """
v = tf.Variable(3.0, use_resource=True)
@tf.function
def f(x):
    return x * v * v
with tf.control_dependencies([v.initializer]):
    loss = f(tf.constant(2.0))
fetch = tf.train.GradientDescentOptimizer(0.1).compute_gradients(loss, [v])[0][0]
""",
    "layer_made_inside": """
made = []
@tf.function
def f(x):
    if not made:
        made.append(tf.layers.Dense(2, kernel_initializer=tf.ones_initializer()))
    return made[0](x)
out = f(tf.ones([1, 3]))
fetch = tf.constant(0)
""",
    # -- bad input -----------------------------------------------------------------------------
    "variables_on_second_call": """
@tf.function
def f(x):
    tf.Variable(1.0)
    return x
fetch = f(tf.constant(1.0))
""",
    "signature_of_numbers": "fetch = tf.function(lambda x: x, input_signature=[3])",
    "signature_is_no_sequence": (
        """
fetch = tf.function(lambda x: x, input_signature=tf.TensorSpec([], tf.float32))
""",
        {"error": "type"},
    ),
    "signature_mismatch": """
f = tf.function(lambda x: x, input_signature=[tf.TensorSpec([None], tf.float32)])
fetch = f(tf.constant(1.0))
""",
    "signature_has_too_few": """
f = tf.function(lambda x, y=1: x, input_signature=[tf.TensorSpec([None], tf.float32)])
fetch = f(tf.constant([1.0]), 2)
""",
    "signature_keyword": """
f = tf.function(lambda x: x, input_signature=[tf.TensorSpec([None], tf.float32)])
fetch = f(tf.constant([1.0]), y=2)
""",
    "signature_structure": (
        """
f = tf.function(lambda x: x, input_signature=[[tf.TensorSpec([], tf.float32)] * 2])
fetch = f(tf.constant([1.0]))
""",
        {"error": "type"},
    ),
    "missing_argument": """
fetch = tf.function(lambda x, y=1: x)()
""",
    "no_function": "fetch = tf.function(3)",
    "result_is_no_tensor": (
        """
@tf.function
def f(x):
    return object()
fetch = f(tf.constant(1))
""",
        {"error": "type"},
    ),
    "argument_changed": """
@tf.function
def f(x):
    x.append(1)
    return x
fetch = f([tf.constant(1)])
""",
    "leaked_from_a_loop": (
        """
@tf.function
def f(n):
    kept = []
    for i in tf.range(n):
        kept.append(i)
    return kept[0]
fetch = f(tf.constant(3))
""",
        {"error": "type"},
    ),
    "leaked_into_another_function": """
kept = []
@tf.function
def f(x):
    kept.append(x + 1)
    return x
@tf.function
def g(x):
    return kept[0] + x
f(tf.constant(1))
fetch = g(tf.constant(1))
""",
    "concrete_shape": """
c = tf.function(lambda x: x).get_concrete_function(tf.TensorSpec([2], tf.float32))
fetch = c(tf.constant([1.0]))
""",
    "concrete_names": """
@tf.function
def f(x):
    return x
fetch = f.get_concrete_function(tf.TensorSpec([2], tf.float32))(y=tf.constant([1.0]))
""",
    "concrete_too_many": """
@tf.function
def f(x):
    return x
c = f.get_concrete_function(tf.TensorSpec([], tf.float32))
fetch = c(tf.constant(1.0), tf.constant(2.0))
""",
    "concrete_number": """
@tf.function
def f(x):
    return x
fetch = f.get_concrete_function(tf.TensorSpec([], tf.float32))(1.0)
""",
    "concrete_signature_keyword": """
f = tf.function(lambda x: x, input_signature=[tf.TensorSpec([None], tf.float32)])
fetch = f.get_concrete_function(x=tf.constant([1.0]))
""",
    "concrete_signature_number": """
f = tf.function(lambda x: x, input_signature=[tf.TensorSpec([], tf.float32)])
fetch = f.get_concrete_function(3.0)
""",
}
