"""Snippets of elementwise maths: operators, broadcasting, dtypes and gradients."""

_UNARY = "negative abs sign square sqrt rsqrt exp expm1 log log1p sin cos tan asin acos atan sinh \
cosh tanh asinh acosh atanh sigmoid reciprocal erf erfc lgamma digamma".split()

SNIPPETS = {}

for _name in _UNARY:
    SNIPPETS["unary_" + _name] = f"""
f = getattr(tf, "{_name}", None) or getattr(tf.math, "{_name}")
x = tf.constant([[0.3, 0.5, 0.7], [1.1, 0.25, 0.9]] if "{_name}" != "acosh" else [[1.3, 2.0, 1.7]])
y = f(x)
g = tf.gradients(y, x)
h = tf.gradients(g, x)
z = f(tf.placeholder(tf.float64, [None]), name="named")
fetch = [y, g] + ([h] if h[0] is not None else [])
"""

for _name in ("ceil", "floor", "round", "rint", "is_nan", "is_inf", "is_finite"):
    SNIPPETS["step_" + _name] = f"""
f = getattr(tf, "{_name}", None) or getattr(tf.math, "{_name}")
x = tf.constant([0.5, 1.5, 2.5, -0.5, -1.7, np.nan, np.inf, 0.0])
fetch = f(x)
none = tf.gradients(f(x), x) if "{_name}" in ("floor", "ceil", "round", "rint") else None
"""

_BINARY = "add subtract multiply divide maximum minimum squared_difference pow div_no_nan \
floormod floordiv atan2 realdiv truediv div math.xdivy math.xlogy math.multiply_no_nan".split()

for _name in _BINARY:
    for _kind, _x, _y in (
        (
            "same",
            "tf.constant([[1.5, 2.0, -0.5], [0.3, 3.0, 1.0]])",
            "tf.constant([[0.5, 2.0, 1.5], [2.3, 4.0, 1.1]])",
        ),
        ("row", "tf.constant([[1.5, 2.0, 0.5], [0.3, 3.0, 1.0]])", "tf.constant([2.0, 1.5, 3.0])"),
        ("scalar", "tf.constant([[1.5, 2.0, 0.5]])", "tf.constant(1.25)"),
        ("left", "tf.constant([[1.5], [2.0]])", "tf.constant([[2.0, 1.5, 3.0]])"),
        (
            "unknown",
            "tf.placeholder_with_default([[1.5, 2.0], [0.3, 3.0]], [None, 2])",
            "tf.placeholder_with_default([2.0, 1.5], [None])",
        ),
        (
            "rankless",
            "tf.placeholder_with_default([[1.5, 2.0], [0.3, 3.0]], None)",
            "tf.constant([2.0, 1.5])",
        ),
        ("double", "tf.constant([1.5, 2.5], tf.float64)", "tf.constant([0.5, 2.0], tf.float64)"),
    ):
        SNIPPETS[f"binary_{_name.replace('.', '_')}_{_kind}"] = f"""
x = {_x}
y = {_y}
z = tf.{_name}(x, y)
g = [t for t in tf.gradients(z, [x, y]) if t is not None]
fetch = [z, g]
"""

for _name in ("add", "multiply", "truediv", "pow", "squared_difference"):
    SNIPPETS[f"second_{_name}"] = f"""
x = tf.constant([[1.5, 2.0, 0.5], [0.3, 3.0, 1.0]])
y = tf.constant([2.0, 1.5, 3.0])
z = tf.{_name}(x, y)
g = tf.gradients(z, [x, y])
h = [t for t in tf.gradients(g, [x, y]) if t is not None]
fetch = [z, g, h]
"""

SNIPPETS.update(
    {
        "operators": """
x = tf.constant([1.0, -2.0, 3.0])
y = tf.placeholder_with_default([2.0, 2.0, 4.0], [3])
fetch = [x + y, x - y, x * y, x / y, x // y, x % y, x ** y, -x, abs(x), x < y, x <= y, x > y, x >= y,
  x + 1, 1 + x, x - 1.5, 1.5 - x, 2 * x, x * 2, x / 2, 2 / x, x // 2, 7 // y, x % 2, 7 % y, x ** 2, 2 ** x,
  x < 1, 1 < x, x + np.float32(2), np.ones(3, np.float32) * x, x * np.array(2.0)]
""",
        "operators_matmul": """
x = tf.constant([[1.0, 2.0], [3.0, 4.0]])
fetch = [x @ x, x @ np.eye(2, dtype=np.float32), np.eye(2, dtype=np.float32) @ x]
""",
        "operators_bool": """
p = tf.constant([True, True, False])
q = tf.constant([True, False, False])
fetch = [p & q, p | q, p ^ q, ~p, p & True, False | q, True ^ q, tf.logical_xor(p, q), tf.logical_and(p, q, name="both")]
""",
        "operators_int": """
x = tf.constant([7, -7, 7, -7])
y = tf.placeholder_with_default([3, 3, -3, -3], [None])
fetch = [x / y, x // y, x % y, tf.truncatediv(x, y), tf.truncatemod(x, y), tf.div(x, y), tf.divide(x, y), tf.mod(x, y),
  tf.floor_div(x, y), x + 1, 3 - x, x * 2, x ** 2, abs(x), -x, tf.truediv(x, 2, name="td"), tf.floordiv(x, 2, name="fd")]
""",
        "divide_by_name": "fetch = tf.divide(tf.constant(3.0), 2.0, name='half')",
        "divide_python": "fetch = tf.constant(tf.divide(3, 2))",
        "int_division_by_zero": """
fetch = tf.constant([1, 2]) // tf.placeholder_with_default([1, 0], [2])
""",
        "int_mod_by_zero": "fetch = tf.constant([1, 2]) % tf.placeholder_with_default([1, 0], [2])",
        "float_division_by_zero": "x = tf.placeholder_with_default([1.0, 0.0, -1.0], [3]); fetch = [x / 0.0, x // 0.0, x % 0.0]",
        "int_pow": "x = tf.constant([2, 3]); fetch = [x ** 3, tf.pow(x, [40, 2])]",
        "int_pow_negative": "fetch = tf.placeholder_with_default([2, 3], [2]) ** tf.placeholder_with_default([1, -1], [2])",
        "int_overflow": """
x = tf.placeholder_with_default(np.array([2**31 - 1, -2**31], np.int32), [2])
fetch = [x + 1, x - 1, x * 2, -x, tf.square(x), tf.abs(x)]
""",
        "uint8_wrap": "x = tf.placeholder_with_default(np.array([200, 3], np.uint8), [2]); fetch = [x * x, x - tf.constant(4, tf.uint8)]",
        "half": (
            """
x = tf.constant([0.1, 1.5, -2.25], tf.float16)
y = tf.constant([3.0, 0.25, 1.5], tf.float16)
fetch = [x + y, x * y, x / y, tf.exp(x), tf.sigmoid(x), tf.tanh(x), tf.gradients(tf.exp(x) * y, [x, y])]
""",
            {"rtol": 2e-3},
        ),
        "complex_maths": """
x = tf.constant([1 + 2j, -0.5 + 1j, 2j], tf.complex64)
y = tf.constant([2 - 1j, 1 + 1j, 3], tf.complex64)
z = x * y + x / y - tf.exp(x) + tf.square(y) + tf.conj(x)
g = tf.gradients(tf.real(z), [x, y])
fetch = [z, g, tf.abs(x), tf.angle(x), tf.real(x), tf.imag(y), tf.gradients(tf.abs(x), x), tf.sign(x), tf.sqrt(x)]
""",
        "complex_make": """
a = tf.constant([1.0, 2.0]); b = tf.constant([[3.0], [4.0]])
c = tf.complex(a, b)
fetch = [c, tf.gradients(tf.abs(c), [a, b]), tf.real(a), tf.imag(a), tf.gradients(tf.angle(c), a)]
""",
        "complex_bad": "tf.complex(tf.constant(1.0), tf.constant(1.0, tf.float64))",
        "nan_maximum": """
x = tf.placeholder_with_default([np.nan, 1.0, np.nan, 2.0], [4])
y = tf.placeholder_with_default([1.0, np.nan, np.nan, 3.0], [4])
fetch = [tf.maximum(x, y), tf.minimum(x, y), tf.sign(x), x % y, tf.floor(x)]
""",
        "sigmoid_extremes": """
x = tf.placeholder_with_default([-1000.0, -50.0, 0.0, 50.0, 1000.0, np.inf, -np.inf, np.nan], [8])
fetch = [tf.sigmoid(x), tf.tanh(x), tf.gradients(tf.sigmoid(x), x), tf.gradients(tf.tanh(x), x), tf.nn.sigmoid(x)]
""",
        "add_n": """
x = tf.constant([1.0, 2.0]); y = tf.placeholder_with_default([3.0, 4.0], [None])
s = tf.add_n([x, y, x]); t = tf.accumulate_n([x, y], name="acc"); one = tf.add_n([x]); named = tf.add_n([x], name="id")
fetch = [s, t, one, named, tf.gradients(s, [x, y]), tf.gradients(t, [x, y])]
""",
        "add_n_bad": "tf.add_n([])",
        "add_n_shapes": "tf.add_n([tf.zeros([2]), tf.zeros([3])])",
        "scalar_mul": "x = tf.constant([1.0, 2.0]); fetch = [tf.scalar_mul(2.0, x), tf.scalar_mul(3, x, name='three')]",
        "scalar_mul_bad": "tf.scalar_mul([2.0, 1.0], tf.constant([1.0, 2.0]))",
        "polyval": "x = tf.constant([1.0, 2.0]); fetch = [tf.math.polyval([1.0, 2.0, 3.0], x), tf.math.reciprocal_no_nan(x)]",
        "casts": """
x = tf.placeholder_with_default([1.9, -1.9, 0.0, 250.5], [4])
n = tf.constant([1, -2, 300])
fetch = [tf.cast(x, tf.int32), tf.to_int64(x), tf.to_double(x), tf.cast(x, tf.bool), tf.cast(n, tf.uint8), tf.cast(n, tf.float32),
  tf.to_float(n), tf.cast(x > 0, tf.float32), tf.cast(x, tf.float16), tf.cast(n, tf.complex64), tf.cast(x, tf.uint8),
  tf.saturate_cast(x, tf.uint8), tf.saturate_cast(n, tf.uint8), tf.cast(3, tf.float32), tf.cast(x, tf.float32),
  tf.gradients(tf.cast(x, tf.float64), x)]
assert tf.gradients(tf.cast(x, tf.int32), x) == [None]
""",
        "casts_extreme": """
x = tf.placeholder_with_default([np.nan, 3e9, -3e9, np.inf], [4])
fetch = [tf.cast(x, tf.int32), tf.cast(x, tf.int64), tf.cast(x, tf.bool), tf.cast(x, tf.float16)]
""",
        "bitcast": """
x = tf.constant([1.0, -2.0])
fetch = [tf.bitcast(x, tf.int32), tf.bitcast(x, tf.uint8), tf.bitcast(tf.constant([[1, 2]]), tf.int64), tf.bitcast(tf.constant([[1, 2]]), tf.float32)]
""",
        "bitcast_bad": "tf.bitcast(tf.constant([1, 2, 3]), tf.int64)",
        "compare": """
x = tf.constant([[1, 2, 3]]); y = tf.constant([[2], [2]])
s = tf.constant(["a", "b"])
fetch = [tf.equal(x, y), tf.not_equal(x, y), tf.less(x, y), tf.less_equal(x, y), tf.greater(x, y), tf.greater_equal(x, y),
  tf.equal(s, "a"), tf.not_equal(s, ["a", "c"]), tf.equal(True, [True, False])]
""",
        "bitwise": """
x = tf.constant([5, -8, 1, -1]); y = tf.constant([3, 1, 33, 2])
fetch = [tf.bitwise.bitwise_and(x, y), tf.bitwise.bitwise_or(x, y), tf.bitwise.bitwise_xor(x, y), tf.bitwise.invert(x),
  tf.bitwise.left_shift(x, y), tf.bitwise.right_shift(x, y)]
""",
        "check_numerics": """
x = tf.constant([1.0, 2.0]); y = tf.check_numerics(x * 2.0, "bad"); z = tf.verify_tensor_all_finite(x, "worse")
fetch = [y, z, tf.gradients(y, x)]
""",
        "check_numerics_fails": "fetch = tf.check_numerics(tf.placeholder_with_default([1.0, np.nan], [2]), 'bad')",
        "check_all_numerics": "x = tf.constant([1.0, 2.0]); y = tf.log(x); fetch = [y, tf.cast(x, tf.float64)]; tf.add_check_numerics_ops()",
        "clip_value": """
x = tf.constant([[1.0, -3.0, 0.5], [4.0, 0.1, 2.0]])
y = tf.clip_by_value(x, 0.0, 1.5)
fetch = [y, tf.gradients(y, x), tf.clip_by_value(x, [0.0, -1.0, 0.0], 3.0, name="clip")]
""",
        "clip_value_bad": "tf.clip_by_value(tf.zeros([2]), tf.zeros([3, 2]), 1.0)",
        "clip_norms": """
x = tf.constant([[3.0, 4.0], [0.0, 0.3]])
y = tf.placeholder_with_default([1.0, 2.0], [None])
n = tf.clip_by_norm(x, 2.0); a = tf.clip_by_norm(x, 2.0, axes=[1]); v = tf.clip_by_average_norm(x, 0.5)
c, g = tf.clip_by_global_norm([x, None, y], 1.5)
d, _ = tf.clip_by_global_norm([x], 1.5, use_norm=tf.constant(2.0), name="mine")
fetch = [n, a, v, c[0], c[2], g, d, tf.gradients(n, x), tf.global_norm([x, y])]
""",
        "errors_broadcast": "tf.zeros([2, 3]) + tf.zeros([4])",
        "errors_dtype": "tf.zeros([2]) + tf.zeros([2], tf.int32)",
        "errors_text": "tf.zeros([2]) + 'a'",
        "errors_float_to_int": "tf.zeros([2], tf.int32) + 1.5",
        "errors_sqrt_int": "tf.sqrt(tf.constant([1, 2]))",
        "errors_sqrt_number": "tf.sqrt(4)",
        "errors_truediv_dtype": "tf.zeros([2]) / tf.zeros([2], tf.int32)",
        "errors_run_broadcast": "fetch = tf.placeholder_with_default([1.0, 2.0], [None]) + tf.placeholder_with_default([1.0, 2.0, 3.0], [None])",
        "string_add": "x = tf.constant(['a', 'b']); fetch = [x + 'c', tf.add(x, x)]",
        "scopes": """
with tf.name_scope("outer"):
  x = tf.constant(1.0); y = x + 2.0; z = tf.add(x, 2.0); w = tf.multiply(x, y, name="w")
fetch = [y, z, w]
""",
        "broadcast_gradient_reuse": """
x = tf.constant([[1.0, 2.0]]); y = tf.constant([[1.0], [2.0]])
z = x * y + x / y + (x - y) * y
fetch = [tf.gradients(z, [x, y])]
""",
        "ones_dims": "x = tf.constant([[1.0]]); y = tf.constant([2.0]); fetch = tf.gradients(x * y + x + y, [x, y])",
        "special": """
a = tf.constant([0.5, 1.5, 3.0]); x = tf.constant([0.4, 1.0, 0.7])
fetch = [tf.igamma(a, x), tf.igammac(a, x), tf.betainc(a, a, x * 0.5), tf.zeta(a + 1.0, x), tf.polygamma(tf.constant([1.0, 2.0, 3.0]), x),
  tf.math.bessel_i0e(x), tf.math.bessel_i1e(x), tf.math.bessel_i0(x), tf.math.bessel_i1(x), tf.lbeta(a), tf.math.nextafter(a, x)]
""",
        "special_gradients": """
a = tf.constant([0.5, 1.5, 3.0]); x = tf.constant([0.4, 0.6, 0.7])
fetch = [tf.gradients(tf.igamma(a, x), [a, x]), tf.gradients(tf.igammac(a, x), [a, x]), tf.gradients(tf.betainc(a, a, x), x),
  tf.gradients(tf.zeta(a + 1.0, x), x), tf.gradients(tf.polygamma(tf.constant(1.0), x), x), tf.gradients(tf.math.bessel_i0e(x), x),
  tf.gradients(tf.math.bessel_i1e(x), x)]
""",
        "monotony": (
            """
x = tf.constant([1, 2, 2]); y = tf.placeholder_with_default([[1.0, 2.0], [3.0, 4.0]], None)
fetch = [tf.is_non_decreasing(x), tf.is_strictly_increasing(x), tf.math.is_strictly_increasing(y), tf.debugging.is_non_decreasing(tf.constant([1.0]))]
""",
            {"cfv2": True},
        ),
        "monotony_bad": "tf.is_non_decreasing(tf.constant(['a']))",
        "dtypes_bfloat16": (
            """
x = tf.constant([1.5, -2.25, 3.0], tf.bfloat16)
fetch = [tf.cast(t, tf.float32) for t in (x + x, x * x, x / x, tf.exp(x), tf.maximum(x, -x), tf.reduce_sum(x), tf.abs(x), tf.floor(x), tf.sigmoid(x))]
""",
            {"rtol": 1e-2},
        ),
        "dtypes_small_integers": """
a = tf.placeholder_with_default(np.array([100, -100, 7], np.int8), [3]); b = tf.placeholder_with_default(np.array([3, 3, -2], np.int8), [3])
c = tf.placeholder_with_default(np.array([60000, 5], np.uint16), [2])
fetch = [a + b, a * b, a - b, a // b, tf.abs(a), a < b, tf.equal(a, b), c * c, c // 7, tf.cast(a, tf.uint16), a / b, c / c]
""",
        "dtypes_long": """
a = tf.placeholder_with_default(np.array([2**40, -7], np.int64), [2])
fetch = [a + 1, a * a, a // 3, a % 3, a ** 2, a / 4, tf.cast(a, tf.int32), tf.cast(a, tf.float64), -a, tf.square(a), tf.sign(a)]
""",
        "sparse_operators": """
sp = tf.SparseTensor([[0, 1], [1, 0]], [2.0, 3.0], [2, 2]); d = tf.constant([[1.0, 2.0], [4.0, 5.0]]); r = tf.constant([0.5, 4.0])
a = sp * d; b = sp / d; c = sp * 2.0; e = sp / 2.0; f = d * sp; h = sp * r
fetch = [a.values, b.values, c.values, e.values, f.values, h.values, tf.gradients(a.values, [sp.values, d]), tf.gradients(b.values, [sp.values, d]), tf.gradients(h.values, r)]
""",
        "sparse_operators_int": "b = tf.SparseTensor([[0, 1], [1, 0]], [2, 3], [2, 2]) / tf.constant([[1, 2], [4, 5]]); fetch = b.values",
        "numpy_left": "x = tf.constant([1.0, 2.0]); fetch = [np.array([1.0, 2.0], np.float32) + x, np.float32(3) - x, np.float64(2) * x, np.int64(2) * x, 3 / x]",
        "numpy_left_bad": "x = tf.constant([1, 2]); fetch = np.float64(2.5) * x",
        "slices": """
s = tf.IndexedSlices(tf.constant([[1.0, 2.0]]), tf.constant([0]), tf.constant([3, 2])); c = tf.cast(s, tf.float64, name="cc"); n = tf.clip_by_norm(s, 1.0)
d, g = tf.clip_by_global_norm([s, tf.ones([2])], 1.0); e = tf.clip_by_value(s, 0.0, 1.0); z = tf.scalar_mul(2.0, s)
fetch = [c.values, tf.add_n([s, tf.ones([3, 2])]), tf.add_n([s]), n.values, d[0].values, d[1], g, e.values, z.values]
""",
        "names": "a = tf.add(1.0, 2.0, name='a/b'); b = tf.add(1.0, 2.0, name='a/b'); c = tf.matmul([[1.0]], [[1.0]], name='x/'); fetch = [a, b, c, tf.div(7, 2, name='e'), tf.mod(7, 2, name='m')]",
        "bad_name": "tf.add(1.0, 2.0, name='a b')",
    }
)
