"""tf.switch_case, tf.case, smart_cond, Defun and functional ops under v2 control flow."""

V2 = {"cfv2": True}
VALUES = {"cfv2": True, "nodes": False}

SNIPPETS = {
    "switch_case": (
        """
i = tf.placeholder_with_default(1, [])
x = tf.constant([1., 2.])
fetch = tf.switch_case(i, [lambda: x, lambda: x * 2., lambda: x * 3.])
""",
        V2,
    ),
    "switch_case_out_of_range": (
        """
x = tf.constant(3.)
fns = {1: lambda: x * 2., 0: lambda: x}
fetch = [tf.switch_case(tf.placeholder_with_default(np.int32(i), []), fns, lambda: -x, name="s")
         for i in (-1, 0, 1, 2, 7)]
fetch.append(tf.switch_case(tf.placeholder_with_default(9, []), [lambda: x, lambda: x * 2.]))
""",
        V2,
    ),
    "switch_case_structures": (
        """
i = tf.placeholder_with_default(0, [])
a, b = tf.zeros([2, 3]), tf.placeholder_with_default(np.ones([4, 3], np.float32), [None, 3])
out = tf.switch_case(i, [(0, lambda: {"x": a, "y": [1]}), (1, lambda: {"x": b, "y": [2]})])
assert out["x"].shape.as_list() == [None, 3]
fetch = out
""",
        V2,
    ),
    "switch_case_with_effects": (
        """
v = tf.get_variable("v", initializer=1., use_resource=True)
i = tf.placeholder_with_default(1, [])
r = tf.switch_case(i, [lambda: v.assign_add(1.), lambda: v.assign_add(10.)])
with tf.control_dependencies([r]):
    fetch = v.read_value()
""",
        VALUES,
    ),
    "gradient_of_switch_case": (
        """
i = tf.placeholder_with_default(1, [])
x = tf.constant([1., 2.])
w = tf.constant(3.)
y = tf.switch_case(i, [lambda: x, lambda: tf.exp(x * w), lambda: x * x * w])
fetch = [y] + tf.gradients(y, [x, w])
""",
        VALUES,
    ),
    "index_is_an_int": ("tf.switch_case(1, [lambda: 1])", V2),
    "index_is_a_float": ("tf.switch_case(tf.constant(1.), [lambda: 1])", V2),
    "no_functions": ("tf.switch_case(tf.constant(1), [])", V2),
    "functions_of_no_kind": ("tf.switch_case(tf.constant(1), 5)", V2),
    "missing_index": ("tf.switch_case(tf.constant(1), {0: lambda: 1, 2: lambda: 2})", V2),
    "key_is_no_int": ("tf.switch_case(tf.constant(1), {'a': lambda: 1})", V2),
    "no_pair": ("tf.switch_case(tf.constant(1), [1, 2])", V2),
    "no_function": ("tf.switch_case(tf.constant(1), {0: 1})", V2),
    "other_dtypes": (
        "tf.switch_case(tf.constant(1), [lambda: 1, lambda: 2.])",
        V2,
    ),
    "case": (
        """
x = tf.placeholder_with_default(2, [])
fetch = tf.case([(tf.equal(x, 1), lambda: tf.constant(10)), (tf.equal(x, 2), lambda: tf.constant(20))],
                default=lambda: tf.constant(0), exclusive=True)
""",
        V2,
    ),
    "case_strict": (
        """
x = tf.placeholder_with_default(2, [])
out = tf.case([(x < 1, lambda: [tf.constant(10)]), (x < 3, lambda: [tf.constant(20)])], strict=True,
              default=lambda: [tf.constant(0)])
assert isinstance(out, list)
fetch = out
""",
        V2,
    ),
    "case_not_exclusive": (
        """
x = tf.placeholder_with_default(2, [])
fetch = tf.case([(x < 3, lambda: tf.constant(10)), (x < 4, lambda: tf.constant(20))],
                default=lambda: tf.constant(0), exclusive=True)
""",
        {"cfv2": True, "error": "type", "nodes": False},
    ),
    "case_none_holds": (
        """
x = tf.placeholder_with_default(5, [])
fetch = tf.case([(x < 3, lambda: tf.constant(10)), (x < 4, lambda: tf.constant(20))])
""",
        {"cfv2": True, "error": "type", "nodes": False},
    ),
}

_IMPORTS = """
if tf.__name__.startswith("headrace"):
    from headrace._src.function import defun as function, functional_ops
    from headrace._src.ops import smart_cond
else:
    from tensorflow.python.framework import function, smart_cond
    from tensorflow.python.ops import functional_ops
"""

_FUNCTIONS = {
    "stateless_while": """
@function.Defun(tf.int32, tf.float32, func_name="again")
def again(i, x):
    return i < 3
@function.Defun(tf.int32, tf.float32, func_name="step")
def step(i, x):
    return i + 1, x * 2.0
fetch = tf.raw_ops.StatelessWhile(input=[tf.constant(0), tf.constant(1.5)], cond=again, body=step)
""",
    "defun": """
@function.Defun(tf.float32, tf.float32, func_name="Fn")
def fn(x, y):
    return x * y, x + y
with tf.name_scope("s"):
    a, b = fn(1., 2.)
    c = fn(3., 4., name="call")
assert fn.name == "Fn" and fn.declared_input_types == (tf.float32, tf.float32)
assert a.shape.dims is None
fetch = [a, b, c]
""",
    "defun_captures": """
k = tf.constant(5.)
@function.Defun(tf.float32, func_name="Fn", noinline=True)
def fn(x):
    return x * k
assert fn.captured_inputs == [k] and fn.stateful_ops == []
fetch = fn(2.)
""",
    "defun_captures_by_value": """
k = tf.constant(5.) + 1.
@function.Defun(tf.float32, func_name="Fn", capture_by_value=True)
def fn(x):
    return x * k
fetch = fn(2.)
""",
    "defun_captures_a_placeholder_by_value": """
k = tf.placeholder_with_default(5., []) + tf.placeholder(tf.float32)
@function.Defun(tf.float32, func_name="Fn", capture_by_value=True)
def fn(x):
    return x * k
fn(2.)
""",
    "defun_overloaded": """
@function.Defun(func_name="Square")
def square(x):
    return x * x
fetch = [square(2.), square(3), square(tf.constant([4.]))]
""",
    "defun_gets_variables": """
@function.Defun(tf.float32, func_name="Fn")
def fn(x):
    w = tf.get_variable("w", [], initializer=tf.ones_initializer())
    r = tf.get_variable("r", [], initializer=tf.ones_initializer(), use_resource=True)
    return x * w * r
with tf.variable_scope("outer"):
    fetch = fn(2.)
assert [v.op.name for v in tf.global_variables()] == ["outer/w", "outer/r"]
""",
    "defun_gradient": """
@function.Defun(tf.float32, tf.float32, func_name="Fn")
def fn(x, y):
    return x * y, x + y
x, y = tf.constant(2.), tf.constant(3.)
a, b = fn(x, y)
fetch = tf.gradients([a, b], [x, y]) + tf.gradients(a, x)
""",
    "defun_of_loop_and_condition": """
@function.Defun(tf.float32, tf.float32, func_name="Fn")
def fn(x, y):
    _, z = tf.while_loop(lambda i, _: i < 3, lambda i, z: (i + 1, z * tf.reshape(y, [])), (0, tf.reshape(x, [])))
    return tf.cond(z > 0., lambda: z * z, lambda: -z)
fetch = fn(2., 3.)
""",
    "defun_python_gradient": """
@function.Defun(tf.float32, func_name="Fn", python_grad_func=lambda op, dy: dy * 10.)
def fn(x):
    return x * x
x = tf.constant(2.)
fetch = tf.gradients(fn(x), x)
""",
    "defun_gradient_function": """
@function.Defun(tf.float32, tf.float32, func_name="Back")
def back(x, dy):
    return dy * x * 100.
@function.Defun(tf.float32, func_name="Fn", grad_func=back)
def fn(x):
    return x * x
assert fn.grad_func_name == "Back"
x = tf.constant(2.)
fetch = tf.gradients(fn(x), x)
""",
    "defun_shape_function": """
@function.Defun(tf.float32, func_name="Fn", shape_func=lambda op: [op.inputs[0].shape])
def fn(x):
    return x * x
y = fn([1., 2.])
assert y.shape.as_list() == [2]
fetch = y
""",
    "defun_without_results": """
@function.Defun(func_name="Fn")
def fn():
    tf.no_op()
node = fn()
assert isinstance(node, tf.Operation)
fetch = node
""",
    "defun_nested": """
@function.Defun(tf.float32, func_name="Inner")
def inner(x):
    return x + 1.
@function.Defun(tf.float32, func_name="Outer")
def outer(x):
    return inner(x) * 2.
x = tf.constant(1.)
fetch = [outer(x)] + tf.gradients(outer(x), x)
""",
    "defun_too_few_arguments": "function.Defun(tf.float32)(lambda: 1)",
    "defun_no_function": "function.Defun(tf.float32)(3)",
    "defun_returns_none": "function.Defun(tf.float32, func_name='F')(lambda x: (x, None))(1.)",
    "defun_unknown_option": "function.Defun(tf.float32, func_name='Fq', bad=1)(lambda x: x)(1.)",
    "defun_named_like_an_op": "function.Defun(tf.float32, func_name='Add')(lambda x: x)(1.)",
    "defun_arguments": "function.Defun(tf.float32, func_name='Fw')(lambda x: x)(1., 2.)",
    "functional_if": """
@function.Defun(tf.float32, func_name="Then")
def then(x):
    return x * 2.
@function.Defun(tf.float32, func_name="Else")
def other(x):
    return x * 3.
one = tf.constant(1.)
fetch = [functional_ops.If(tf.constant(True), [one], then, other),
         functional_ops.If(tf.constant(0), [one], then, other, name="i"),
         functional_ops.If(tf.constant(""), [one], then, other),
         functional_ops.If(tf.zeros([0]), [one], then, other)]
""",
    "functional_while": """
@function.Defun(tf.int32, tf.float32, func_name="Cond")
def cond(i, x):
    return i < 3
@function.Defun(tf.int32, tf.float32, func_name="Body")
def body(i, x):
    return i + 1, x * 2.
fetch = functional_ops.While([tf.constant(0), tf.constant(1.)], cond, body)
""",
    "functional_while_with_captures": """
k = tf.constant(3.)
@function.Defun(tf.int32, tf.float32, func_name="Cond")
def cond(i, x):
    return i < 3
@function.Defun(tf.int32, tf.float32, func_name="Body")
def body(i, x):
    return i + 1, x * k
fetch = functional_ops.While([tf.constant(0), tf.constant(1.)], cond, body, name="w", hostmem=[0])
""",
    "functional_if_gradient": """
then = function.Defun(tf.float32, func_name="Then")(lambda x: x * x)
other = function.Defun(tf.float32, func_name="Else")(lambda x: x * 2.)
x = tf.constant(3.)
fetch = tf.gradients(functional_ops.If(tf.constant(True), [x], then, other)[0], x)
""",
    "defun_second_gradient": """
fn = function.Defun(tf.float32, func_name="Fn")(lambda x: x * x * x)
x = tf.constant(3.)
tf.gradients(tf.gradients(fn(x), x)[0], x)
""",
    "functional_while_signatures": """
cond = function.Defun(tf.int32, func_name="Cond")(lambda i: i < 3)
body = function.Defun(tf.float32, func_name="Body")(lambda i: i + 1)
functional_ops.While([tf.constant(0)], cond, body)
""",
    "functional_for": """
k = tf.constant(3.)
@function.Defun(tf.int32, tf.float32, func_name="Body")
def body(i, x):
    return x * 2. + tf.cast(i, tf.float32)
@function.Defun(tf.int32, tf.float32, func_name="Capturing")
def capturing(i, x):
    return x * k + tf.cast(i, tf.float32)
one = tf.constant(1.)
fetch = [functional_ops.For(0, 5, 2, [one], body),
         functional_ops.For(5, 0, -2, [one], body, name="f"),
         functional_ops.For(0, 3, 1, [one], capturing),
         functional_ops.For(0, 5, 2, [one], body, rewrite_with_while=True)]
""",
    "functional_gradient": """
fn = function.Defun(tf.float32, func_name="Fn")(lambda x: x * x)
fetch = functional_ops.Gradient([tf.constant(3.), tf.constant(1.)], fn)
""",
    "partitioned_call": """
fn = function.Defun(tf.float32, func_name="Fn")(lambda x: x * x)
noisy = function.Defun(tf.float32, func_name="Noisy")(lambda x: tf.Print(x, [x], first_n=0))
fetch = [functional_ops.partitioned_call([tf.constant(3.)], fn), functional_ops.partitioned_call([tf.constant(3.)], noisy)]
""",
    "partitioned_call_shapes": """
fn = function.Defun(tf.float32, tf.float32, func_name="Fn")(lambda x, y: (tf.matmul(x, y), tf.shape(x)))
a, b = functional_ops.partitioned_call([tf.zeros([2, 3]), tf.placeholder_with_default(np.zeros([3, 4], np.float32), [None, 4])], fn)
assert a.shape.as_list() == [2, 4] and b.shape.as_list() == [2]
fetch = [a, b] + tf.gradients(a, [a.op.inputs[0]])
""",
    "smart_cond": """
x = tf.placeholder_with_default(True, [])
t, f = (lambda: tf.constant(1.)), (lambda: tf.constant(2.))
fetch = [smart_cond.smart_cond(True, t, f), smart_cond.smart_cond(0, t, f), smart_cond.smart_cond(tf.constant(True), t, f),
         smart_cond.smart_cond(x, t, f, name="c"), smart_cond.smart_cond(tf.equal(tf.constant(1), 2), t, f)]
assert smart_cond.smart_constant_value(x) is None and smart_cond.smart_constant_value(1) is True
""",
    "smart_case": """
x = tf.placeholder_with_default(2, [])
fetch = smart_cond.smart_case([(False, lambda: tf.constant(1.)), (x < 3, lambda: tf.constant(2.))], lambda: tf.constant(3.))
""",
    "smart_cond_of_text": "smart_cond.smart_cond('x', lambda: 1, lambda: 2)",
    "smart_cond_without_function": "smart_cond.smart_cond(True, 1, lambda: 2)",
}
for _name, _code in _FUNCTIONS.items():
    SNIPPETS[_name] = (_IMPORTS + _code, {"cfv2": True})
# TensorFlow infers the shapes in a function anew for the arguments of the call.
SNIPPETS["functional_if_gradient"][1]["nodes"] = False
