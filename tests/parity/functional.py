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
