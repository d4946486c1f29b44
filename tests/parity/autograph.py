"""AutoGraph: converted statements as graphs, values and errors."""

V2 = {"cfv2": True}
VALUES = {"nodes": False}
ERROR = {"error": "type"}


def in_function(body, call, options=""):
    """A snippet: a tf.function `f` with a body, and a call."""
    lines = "\n".join("    " + line for line in body.strip().split("\n"))
    return f"@tf.function{options}\ndef f(x):\n{lines}\nfetch = {call}\n"


X = "f(tf.placeholder_with_default(3, []))"
BOTH = "[f(tf.placeholder_with_default(3, [])), f(tf.placeholder_with_default(-3, []))]"
ALL = "(experimental_autograph_options=tf.autograph.experimental.Feature.ALL)"


def to_graph(body, call="c(tf.placeholder_with_default(3, []))"):
    """A snippet: a function converted into the graph itself."""
    lines = "\n".join("    " + line for line in body.strip().split("\n"))
    return f"def f(x):\n{lines}\nc = tf.autograph.to_graph(f)\nfetch = {call}\n"


SNIPPETS = {
    "graph_if": (to_graph("if x > 0:\n    x = x * 2\nelse:\n    x = -x\nreturn x"), V2),
    "graph_if_one_branch": (to_graph("y = 1\nif x > 0:\n    y = x\nreturn y"), V2),
    "graph_while": (to_graph("while x < 50:\n    x = x * 2\nreturn x"), V2),
    "graph_for_range": (
        to_graph("s = 0\nfor i in tf.range(x):\n    s += i * i\nreturn s"),
        V2,
    ),
    "graph_for_rows": (
        to_graph("s = 0\nfor r in tf.constant([[1, 2], [3, 4]]):\n    s += r[0] * x\nreturn s"),
        V2,
    ),
    "graph_expression": (to_graph("return x if x > 0 else -x"), V2),
    "graph_logic": (to_graph("return (x > 0 and x < 5) or not x > 7"), V2),
    "graph_builtins": to_graph("return int(x) + abs(x) + int(float(x)) + len(tf.ones([4]))"),
    "graph_return": (to_graph("if x > 0:\n    return x\nreturn -x"), V2),
    "equality_is_identity": in_function("if x == 3:\n    return 1\nreturn 2", X),
    "equality_of_elements": (in_function("return x == 3, x != 3", X, ALL), VALUES),
    "range_of_tensors": (
        in_function(
            "s = 0\nfor i in range(x):\n    s += i\nfor i in range(x, 6):\n    s += i\n"
            "for i in range(9, x, -2):\n    s += i\nreturn s",
            X,
        ),
        VALUES,
    ),
    "break_continue": (
        in_function(
            "s = 0\nfor i in tf.range(x * 4):\n    if i % 2 > 0:\n        continue\n"
            "    if i > 8:\n        break\n    s += i\nreturn s",
            X,
        ),
        VALUES,
    ),
    "break_while": (
        in_function("i = 0\nwhile i < 100:\n    if i > x:\n        break\n    i += 1\nreturn i", X),
        VALUES,
    ),
    "outer_nodes_of_a_loop": in_function("while x < 50:\n    x = x * 2\nreturn x", X),
    "gradient_of_a_loop": (
        """
@tf.function
def f(x):
    y = x
    i = 0
    while i < 3:
        if y > 5.0:
            y = y * x
        else:
            y = y + x * x
        i += 1
    return y
x = tf.placeholder_with_default(1.5, [])
fetch = [f(x), tf.gradients(f(x), x)[0]]
""",
        VALUES,
    ),
    "gradient_of_rows": (
        """
@tf.function
def f(v):
    s = 0.0
    for x in v:
        if x > 0:
            s = s + x * x
    return s
v = tf.placeholder_with_default(np.float32([1, -2, 3]), [3])
fetch = [f(v), tf.gradients(f(v), v)[0]]
""",
        VALUES,
    ),
    "assert_passes": (in_function("assert x > 0, 'positive'\nreturn x", X, ALL), VALUES),
    "assert_fails": (in_function("assert x > 5, 'large'\nreturn x", X, ALL), ERROR),
    "lists": (
        in_function(
            "l = []\ntf.contrib.autograph.set_element_type(l, tf.int32)\n"
            "for i in tf.range(x):\n    l.append(i * 2)\n"
            "return tf.contrib.autograph.stack(l, tf.int32)",
            X,
            ALL,
        ),
        VALUES,
    ),
    "called_code_is_converted": (
        """
def g(x):
    while x > 10:
        x = x // 2
    return x
class C(object):
    def m(self, x):
        return g(x) if x > 0 else x
@tf.function
def f(x):
    return C().m(x) + (lambda v: v if v > 0 else -v)(x)
"""
        + f"fetch = {BOTH}",
        VALUES,
    ),
    "loop_options": (
        in_function(
            "i = 0\nwhile i < x:\n    tf.autograph.experimental.set_loop_options("
            "maximum_iterations=2)\n    i += 1\nreturn i",
            X,
        ),
        VALUES,
    ),
    "attributes": (
        """
class C(object):
    pass
@tf.function
def f(x):
    c = C()
    c.v = x
    while c.v < 20:
        c.v = c.v * 2
    if c.v > 22:
        c.v = c.v - 1
    return c.v
"""
        + f"fetch = {X}",
        VALUES,
    ),
    "dtypes_agree_with_a_number": in_function(
        "if x > 0:\n    y = 1\nelse:\n    y = x\nreturn y", X
    ),
    "shapes_of_branches": (
        in_function("if x > 0:\n    y = tf.ones([2])\nelse:\n    y = tf.ones([3])\nreturn y", X),
        VALUES,
    ),
    "layer_of_the_users": (
        """
class Layer(tf.layers.Layer):
    def call(self, x):
        i = 0
        while i < tf.size(x):
            i += 1
        if tf.reduce_sum(x) > 2.0:
            x = -x
        return x + tf.cast(i, tf.float32)
fetch = [Layer()(tf.placeholder_with_default(np.float32([k, 2]), [2])) for k in (1, -1)]
""",
        VALUES,
    ),
    # -- bad input -----------------------------------------------------------------------------
    "undefined_in_one_branch": in_function("if x > 0:\n    y = 1\nreturn y", X),
    "return_in_one_branch": in_function("if x > 0:\n    return x", X),
    "undefined_before_a_loop": in_function("while x > 0:\n    y = x\n    x -= 1\nreturn y", X),
    "none_in_one_branch": in_function("if x > 0:\n    y = None\nelse:\n    y = x\nreturn y", X),
    "dtypes_of_branches": in_function("if x > 0:\n    y = 1\nelse:\n    y = 2.0\nreturn y", X),
    "return_in_a_loop": in_function(
        "for i in tf.range(x):\n    if i > 2:\n        return i\nreturn x", X
    ),
    "dtype_after_an_iteration": in_function(
        "s = 0\nwhile x > 0:\n    s = 1.0\n    x -= 1\nreturn s", X
    ),
    "shape_after_an_iteration": in_function(
        "s = tf.ones([1])\nwhile x > 0:\n    s = tf.concat([s, s], 0)\n    x -= 1\nreturn s", X
    ),
    "structure_after_an_iteration": in_function(
        "s = 0\nwhile x > 0:\n    s = (s, s)\n    x -= 1\nreturn s", X
    ),
    "not_converted": in_function("if x > 0:\n    return x\nreturn x", X, "(autograph=False)"),
    "outside": "if tf.placeholder(tf.int32, []) > 0:\n    pass",
    "assert_without_the_feature": in_function("assert x > 0\nreturn x", X),
    "python_range_break": in_function(
        "for i in [1, 2]:\n    if x > 0:\n        break\nreturn x", X
    ),
    "raised": in_function("raise ValueError('boo')", X),
    "raised_key": in_function("return {'a': 1}['b']", X),
    "raised_own": in_function(
        "class Own(Exception):\n    def __init__(self, a, b):\n        pass\nraise Own(1, 2)", X
    ),
    "raised_inside": """
def g(x):
    return tf.matmul(x, x)
@tf.function
def f(x):
    return g(x)
fetch = f(tf.ones([2, 3]))
""",
    "raised_in_a_layer": """
class Layer(tf.layers.Layer):
    def call(self, x):
        return tf.matmul(x, x)
fetch = Layer()(tf.ones([2, 3]))
""",
    "tensor_as_bool_in_a_layer": """
class Layer(tf.layers.Layer):
    def call(self, x):
        return x if bool(x > 0) else -x
fetch = Layer()(tf.constant(1))
""",
    "layer_where_conversion_is_off": """
class Layer(tf.layers.Layer):
    def call(self, x):
        return x if x > 0 else -x
@tf.function(autograph=False)
def f(x):
    return Layer()(x)
fetch = f(tf.constant(1))
""",
    "no_source": "fetch = tf.autograph.to_graph(len)",
}
