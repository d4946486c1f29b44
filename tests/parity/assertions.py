"""Snippets of the assertion family: Assert, assert_*, Print, py_func."""

_PREPARE = """
x = tf.placeholder(tf.float32, [None, 3], name="x")
y = tf.placeholder(tf.float32, [None, 3], name="y")
feed = {x: np.arange(6.).reshape(2, 3), y: np.arange(6.).reshape(2, 3) + 1}
"""
_CF = {"cfv2": True, "xla": False}

SNIPPETS = {
    f"{name} {case}": (
        _PREPARE
        + f"a = tf.{name}({args})\nwith tf.control_dependencies([a]):\n    fetch = tf.identity(x)\n",
        _CF,
    )
    for name in (
        "assert_equal",
        "assert_none_equal",
        "assert_less",
        "assert_less_equal",
        "assert_greater",
        "assert_greater_equal",
    )
    for case, args in (
        ("placeholders", "x, y"),
        ("swapped", "y, x, message='no'"),
        ("same", "x, x, name='check'"),
    )
}
SNIPPETS.update(
    {
        f"{name} {case}": (
            _PREPARE
            + f"a = tf.{name}(x - {n})\nwith tf.control_dependencies([a]):\n    fetch = tf.identity(x)\n",
            _CF,
        )
        for name in (
            "assert_negative",
            "assert_positive",
            "assert_non_negative",
            "assert_non_positive",
        )
        for case, n in (("low", 9.0), ("high", -9.0))
    }
)
SNIPPETS.update(
    {
        "assert_equal constants hold": ("fetch = tf.assert_equal([1, 2], [1, 2])", _CF),
        "assert_equal constants differ": ("fetch = tf.assert_equal([1, 2], [1, 3])", _CF),
        "assert_rank static": (_PREPARE + "fetch = tf.assert_rank(x, 2)", _CF),
        "assert_rank static fails": (_PREPARE + "fetch = tf.assert_rank(x, 3)", _CF),
        "assert_rank dynamic": (
            "z = tf.placeholder(tf.float32, name='z')\nfeed = {z: [[1.]]}\nfetch = tf.assert_rank(z, 2)",
            _CF,
        ),
        "assert_rank dynamic fails": (
            "z = tf.placeholder(tf.float32, name='z')\nfeed = {z: [1.]}\nfetch = tf.assert_rank(z, 2)",
            _CF,
        ),
        "assert_rank_at_least": (_PREPARE + "fetch = tf.assert_rank_at_least(x, 1)", _CF),
        "assert_rank_in": (_PREPARE + "fetch = tf.assert_rank_in(x, [1, 2])", _CF),
        "assert_rank_in fails": (
            _PREPARE + "fetch = tf.assert_rank_in(x, [0, 1])",
            {**_CF, "error": "type"},
        ),
        "assert_integer": ("fetch = tf.assert_integer(tf.constant([1]))", _CF),
        "assert_integer fails": ("fetch = tf.assert_integer(tf.constant([1.]))", _CF),
        "assert_type": ("fetch = tf.assert_type(tf.constant([1]), tf.int32)", _CF),
        "assert_type fails": ("fetch = tf.assert_type(tf.constant([1]), tf.int64)", _CF),
        "assert_near": (_PREPARE + "fetch = tf.assert_near(x, x + 1e-9)", _CF),
        "assert_near fails": (_PREPARE + "fetch = tf.assert_near(x, y)", _CF),
        "assert_scalar": ("fetch = tf.assert_scalar(tf.constant(1.))", _CF),
        "Assert holds": (_PREPARE + "fetch = tf.Assert(tf.constant(True), [x, 'text'])", _CF),
        "Assert fails on floats": (
            "fetch = tf.Assert(False, [tf.constant([[1., 2.5], [3., 4.]]), 'text'], summarize=3)",
            _CF,
        ),
        "Assert fails on ints": (
            "fetch = tf.Assert(tf.constant(False), [tf.constant([1, 2, 3, 4]), 'text'])",
            _CF,
        ),
        "Assert on NaN": (
            "v = tf.constant([1., np.nan])\nfetch = tf.Assert(tf.reduce_all(tf.is_finite(v)), [v])",
            _CF,
        ),
        "Print": (_PREPARE + "fetch = tf.Print(x, [x, tf.shape(x)], 'x is ', first_n=1)", _CF),
        "Print gradient": (
            _PREPARE + "fetch = tf.gradients(tf.Print(x, [x]) * 2., x)",
            _CF,
        ),
        "py_func": (
            _PREPARE
            + "fetch = tf.py_func(lambda a, b: (a + b).astype(np.float32), [x, y], tf.float32)",
            {"xla": False, "nodes": False},
        ),
        "py_func list": (
            _PREPARE
            + "fetch = tf.py_func(lambda a: [a * 2, np.int64(len(a))], [x], [tf.float32, tf.int64])",
            {"xla": False, "nodes": False},
        ),
        "py_func wrong dtype": (
            _PREPARE + "fetch = tf.py_func(lambda a: a.astype(np.float64), [x], tf.float32)",
            {"xla": False, "nodes": False, "error": "type"},
        ),
        "cond": (
            _PREPARE
            + "fetch = tf.cond(tf.reduce_sum(x) > 3., lambda: x * 2., lambda: y, name='choose')",
            {"cfv2": True, "xla": False},
        ),
        "cond structure": (
            _PREPARE
            + "fetch = tf.cond(tf.reduce_sum(x) > 99., lambda: [x, tf.constant(1)], lambda: [y, tf.constant(2)])",
            {"cfv2": True, "xla": False},
        ),
        "cond python bool": ("fetch = tf.cond(True, lambda: 1, lambda: 2)", _CF),
        "cond dtypes differ": (
            _PREPARE + "fetch = tf.cond(tf.reduce_sum(x) > 0., lambda: 1., lambda: 2)",
            {"cfv2": True, "nodes": False},
        ),
    }
)
