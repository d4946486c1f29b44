"""Records of elementwise maths."""

import numpy as np

from headrace._src.ops import (
    bitwise,
    clip_ops,
    comparison,
    math_binary,
    math_functions,
    math_unary,
    special,
)
from tests.ops.record import Record, arr, positive

OPEN = arr(2, 3, low=-0.9, high=0.9)
ABOVE_ONE = positive(2, 3) + np.float32(0.75)
INTS = np.array([[7, -7, 3], [5, -8, 1]], np.int32)
DIVISORS = np.array([3, -3, 2], np.int32)
BITS = np.array([5, -8, 1, -1], np.int32)
NAN = np.array([1.0, np.nan, -np.inf, np.inf, 0.0], np.float32)


def _sigmoid(x):
    return 1 / (1 + np.exp(-x))


def _unary(op, build, x, oracle, grad=True, order=1, **options):
    options.setdefault("rtol", 2e-5)
    return Record(op, build, [x], oracle, grad=(0,) if grad else (), grad_order=order, **options)


UNARY = [
    _unary("Neg", lambda tf, x: -x, arr(2, 3), np.negative, order=2),
    _unary("Abs", lambda tf, x: tf.abs(x), arr(2, 3), np.abs),
    _unary("Abs", lambda tf, x: tf.abs(x), INTS, np.abs, grad=False, name="int"),
    _unary("Sign", lambda tf, x: tf.sign(x), NAN, lambda x: np.array([1, 0, -1, 1, 0]), grad=False),
    _unary("Square", lambda tf, x: tf.square(x), arr(2, 3), np.square, order=2),
    _unary("Sqrt", lambda tf, x: tf.sqrt(x), positive(2, 3), np.sqrt, order=2),
    _unary("Rsqrt", lambda tf, x: tf.rsqrt(x), positive(2, 3), lambda x: 1 / np.sqrt(x), order=2),
    _unary("Reciprocal", lambda tf, x: tf.reciprocal(x), positive(2, 3), np.reciprocal, order=2),
    _unary(
        "Reciprocal",
        lambda tf, x: tf.reciprocal(x),
        np.array([1, -1, 2, -5], np.int32),
        lambda x: np.array([1, -1, 0, 0], np.int32),
        grad=False,
        name="int",
    ),
    _unary("Inv", lambda tf, x: math_unary.Inv(x), positive(2, 3), np.reciprocal),
    _unary("Exp", lambda tf, x: tf.exp(x), arr(2, 3), np.exp, order=2),
    _unary("Expm1", lambda tf, x: tf.expm1(x), arr(2, 3), np.expm1, order=2),
    _unary("Log", lambda tf, x: tf.log(x), positive(2, 3), np.log, order=2),
    _unary("Log1p", lambda tf, x: tf.log1p(x), positive(2, 3), np.log1p, order=2),
    _unary("Sin", lambda tf, x: tf.sin(x), arr(2, 3), np.sin, order=2),
    _unary("Cos", lambda tf, x: tf.cos(x), arr(2, 3), np.cos, order=2),
    _unary("Tan", lambda tf, x: tf.tan(x), OPEN, np.tan, order=2),
    _unary("Asin", lambda tf, x: tf.asin(x), OPEN, np.arcsin, order=2),
    _unary("Acos", lambda tf, x: tf.acos(x), OPEN, np.arccos, order=2),
    _unary("Atan", lambda tf, x: tf.atan(x), arr(2, 3), np.arctan, order=2),
    _unary("Sinh", lambda tf, x: tf.sinh(x), arr(2, 3), np.sinh, order=2),
    _unary("Cosh", lambda tf, x: tf.cosh(x), arr(2, 3), np.cosh, order=2),
    _unary("Tanh", lambda tf, x: tf.tanh(x), arr(2, 3), np.tanh, order=2),
    _unary("Asinh", lambda tf, x: tf.asinh(x), arr(2, 3), np.arcsinh, order=2),
    _unary("Acosh", lambda tf, x: tf.acosh(x), ABOVE_ONE, np.arccosh, order=2),
    _unary("Atanh", lambda tf, x: tf.atanh(x), OPEN, np.arctanh, order=2),
    _unary("Sigmoid", lambda tf, x: tf.sigmoid(x), arr(2, 3), _sigmoid, order=2),
    _unary(
        "Sigmoid",
        lambda tf, x: tf.sigmoid(x),
        np.array([-1e4, 1e4], np.float32),
        lambda x: np.array([0.0, 1.0]),
        grad=False,
        name="far",
    ),
    _unary("Ceil", lambda tf, x: tf.ceil(x), arr(2, 3), np.ceil, grad=False),
    _unary("Floor", lambda tf, x: tf.floor(x), arr(2, 3), np.floor, grad=False),
    _unary(
        "Round",
        lambda tf, x: tf.round(x),
        np.array([0.5, 1.5, -0.5, 2.4], np.float32),
        np.round,
        grad=False,
    ),
    _unary(
        "Rint",
        lambda tf, x: tf.rint(x),
        np.array([0.5, 1.5, -0.5, 2.4], np.float32),
        np.rint,
        grad=False,
    ),
    _unary("IsNan", lambda tf, x: tf.is_nan(x), NAN, np.isnan, grad=False),
    _unary("IsInf", lambda tf, x: tf.is_inf(x), NAN, np.isinf, grad=False),
    _unary("IsFinite", lambda tf, x: tf.is_finite(x), NAN, np.isfinite, grad=False),
    _unary("Erf", lambda tf, x: tf.erf(x), arr(2, 3), None, order=2),
    _unary("Erfc", lambda tf, x: tf.erfc(x), arr(2, 3), None, order=2),
    _unary("Lgamma", lambda tf, x: tf.lgamma(x), positive(2, 3), None, order=2),
    _unary("Digamma", lambda tf, x: tf.digamma(x), positive(2, 3), None, order=2),
    _unary("BesselI0e", lambda tf, x: tf.math.bessel_i0e(x), positive(2, 3), None),
    _unary("BesselI1e", lambda tf, x: tf.math.bessel_i1e(x), positive(2, 3), None),
    _unary("Invert", lambda tf, x: tf.bitwise.invert(x), BITS, np.invert, grad=False),
    _unary(
        "PopulationCount",
        lambda tf, x: bitwise.PopulationCount(x),
        BITS,
        lambda x: np.array([2, 29, 1, 32], np.uint8),
        grad=False,
    ),
    _unary(
        "LogicalNot",
        lambda tf, x: tf.logical_not(x),
        np.array([True, False]),
        np.logical_not,
        grad=False,
    ),
]


def _binary(op, build, oracle, x=None, y=None, grad=(0, 1), **options):
    x = arr(2, 3) if x is None else x
    y = arr(3, seed=1) if y is None else y
    options.setdefault("rtol", 2e-5)
    return Record(op, build, [x, y], oracle, grad=grad, **options)


UNFIT = [([arr(2, 3), arr(4)], ValueError, "Dimensions must be equal, but are 3 and 4")]
UNFIT_RUN = [
    ([arr(2, 3), arr(4)], "InvalidArgumentError", r"Incompatible shapes: \[2,3\] vs. \[4\]")
]
BY_ZERO = [([INTS, np.zeros(3, np.int32)], "InvalidArgumentError", "Integer division by zero")]

BINARY = [
    _binary(
        "AddV2", lambda tf, x, y: x + y, np.add, grad_order=2, bad_build=UNFIT, bad_run=UNFIT_RUN
    ),
    _binary("Add", lambda tf, x, y: tf.add(x, y), np.add),
    _binary("Sub", lambda tf, x, y: x - y, np.subtract, grad_order=2),
    _binary("Mul", lambda tf, x, y: x * y, np.multiply, grad_order=2),
    _binary("Mul", lambda tf, x, y: x * y, np.multiply, x=arr(2, 1), y=arr(1, 5), name="both"),
    _binary(
        "Mul", lambda tf, x, y: x * y, np.multiply, x=np.float32(2.5), y=arr(0, 3), name="empty"
    ),
    _binary("RealDiv", lambda tf, x, y: x / y, np.divide, y=positive(3), grad_order=2),
    _binary("Div", lambda tf, x, y: math_binary.Div(x, y), np.divide, y=positive(3)),
    _binary(
        "Div",
        lambda tf, x, y: math_binary.Div(x, y),
        lambda x, y: np.trunc(x / y).astype(np.int32),
        x=INTS,
        y=DIVISORS,
        grad=(),
        name="int",
        bad_run=BY_ZERO,
    ),
    _binary(
        "FloorDiv",
        lambda tf, x, y: x // y,
        np.floor_divide,
        x=INTS,
        y=DIVISORS,
        grad=(),
        bad_run=BY_ZERO,
    ),
    _binary(
        "FloorDiv",
        lambda tf, x, y: x // y,
        lambda x, y: np.floor(x / y),
        y=positive(3),
        grad=(),
        name="float",
    ),
    _binary(
        "TruncateDiv",
        lambda tf, x, y: tf.truncatediv(x, y),
        lambda x, y: np.trunc(x / y).astype(np.int32),
        x=INTS,
        y=DIVISORS,
        grad=(),
    ),
    _binary(
        "FloorMod", lambda tf, x, y: x % y, np.mod, x=INTS, y=DIVISORS, grad=(), bad_run=BY_ZERO
    ),
    _binary("FloorMod", lambda tf, x, y: x % y, np.mod, y=positive(3), grad=(0,), name="float"),
    _binary("Mod", lambda tf, x, y: math_binary.Mod(x, y), np.fmod, x=INTS, y=DIVISORS, grad=()),
    _binary(
        "TruncateMod", lambda tf, x, y: tf.truncatemod(x, y), np.fmod, x=INTS, y=DIVISORS, grad=()
    ),
    _binary(
        "DivNoNan", lambda tf, x, y: tf.div_no_nan(x, y), np.divide, y=positive(3), grad_order=2
    ),
    _binary(
        "DivNoNan",
        lambda tf, x, y: tf.div_no_nan(x, y),
        lambda x, y: np.zeros(3, np.float32),
        x=np.array([1.0, 0.0, np.nan], np.float32),
        y=np.zeros(3, np.float32),
        grad=(),
        name="zero",
    ),
    _binary("MulNoNan", lambda tf, x, y: tf.math.multiply_no_nan(x, y), np.multiply),
    _binary("Xdivy", lambda tf, x, y: tf.math.xdivy(x, y), np.divide, y=positive(3)),
    _binary(
        "Xlogy", lambda tf, x, y: tf.math.xlogy(x, y), lambda x, y: x * np.log(y), y=positive(3)
    ),
    _binary("Pow", lambda tf, x, y: x**y, np.power, x=positive(2, 3), grad_order=2),
    _binary(
        "Pow",
        lambda tf, x, y: x**y,
        np.power,
        x=INTS,
        y=np.array([2, 3, 0], np.int32),
        grad=(),
        name="int",
        bad_run=[([INTS, -DIVISORS], "InvalidArgumentError", "negative integer powers")],
    ),
    _binary("Maximum", lambda tf, x, y: tf.maximum(x, y), np.maximum),
    _binary("Minimum", lambda tf, x, y: tf.minimum(x, y), np.minimum),
    _binary(
        "SquaredDifference",
        lambda tf, x, y: tf.squared_difference(x, y),
        lambda x, y: (x - y) ** 2,
        grad_order=2,
    ),
    _binary(
        "Atan2",
        lambda tf, x, y: tf.atan2(x, y),
        np.arctan2,
        x=positive(2, 3),
        y=positive(2, 3, seed=3),
    ),
    _binary("NextAfter", lambda tf, x, y: tf.math.nextafter(x, y), np.nextafter, grad=()),
    _binary(
        "SqrtGrad",
        lambda tf, x, y: math_unary.SqrtGrad(x, y),
        lambda y, dy: dy * 0.5 / y,
        x=positive(3),
        y=arr(3),
        grad_order=2,
    ),
    _binary(
        "RsqrtGrad",
        lambda tf, x, y: math_unary.RsqrtGrad(x, y),
        lambda y, dy: -0.5 * dy * y**3,
        x=positive(3),
        y=arr(3),
        grad_order=2,
    ),
    _binary(
        "ReciprocalGrad",
        lambda tf, x, y: math_unary.ReciprocalGrad(x, y),
        lambda y, dy: -dy * y * y,
        x=positive(3),
        y=arr(3),
        grad_order=2,
    ),
    _binary(
        "InvGrad",
        lambda tf, x, y: math_unary.InvGrad(x, y),
        lambda y, dy: -dy * y * y,
        x=positive(3),
        y=arr(3),
    ),
    _binary(
        "TanhGrad",
        lambda tf, x, y: math_functions.TanhGrad(x, y),
        lambda y, dy: dy * (1 - y * y),
        x=arr(3),
        y=arr(3, seed=2),
        grad_order=2,
    ),
    _binary(
        "SigmoidGrad",
        lambda tf, x, y: math_functions.SigmoidGrad(x, y),
        lambda y, dy: dy * y * (1 - y),
        x=arr(3),
        y=arr(3, seed=2),
        grad_order=2,
    ),
    _binary(
        "Igamma",
        lambda tf, x, y: tf.igamma(x, y),
        None,
        x=positive(2, 3),
        y=positive(3),
        limits={"grad_rtol": 1e-3},
    ),
    _binary(
        "Igammac",
        lambda tf, x, y: tf.igammac(x, y),
        None,
        x=positive(2, 3),
        y=positive(3),
        limits={"grad_rtol": 1e-3},
    ),
    _binary(
        "IgammaGradA",
        lambda tf, x, y: special.IgammaGradA(x, y),
        None,
        x=positive(2, 3),
        y=positive(3),
        grad=(),
        rtol=1e-4,
    ),
    _binary(
        "Zeta",
        lambda tf, x, y: tf.zeta(x, y),
        None,
        x=positive(2, 3) + np.float32(1.25),
        y=positive(3),
        grad=(1,),
    ),
    _binary(
        "Polygamma",
        lambda tf, x, y: tf.polygamma(x, y),
        None,
        x=np.array([1.0, 2.0, 3.0], np.float32),
        y=positive(3),
        grad=(1,),
    ),
    _binary(
        "ApproximateEqual",
        lambda tf, x, y: comparison.ApproximateEqual(x, y, tolerance=0.5),
        lambda x, y: abs(x - y) < 0.5,
        x=arr(5),
        y=arr(5, seed=1),
        grad=(),
    ),
    _binary(
        "BitwiseAnd",
        lambda tf, x, y: tf.bitwise.bitwise_and(x, y),
        np.bitwise_and,
        x=INTS,
        y=DIVISORS,
        grad=(),
    ),
    _binary(
        "BitwiseOr",
        lambda tf, x, y: tf.bitwise.bitwise_or(x, y),
        np.bitwise_or,
        x=INTS,
        y=DIVISORS,
        grad=(),
    ),
    _binary(
        "BitwiseXor",
        lambda tf, x, y: tf.bitwise.bitwise_xor(x, y),
        np.bitwise_xor,
        x=INTS,
        y=DIVISORS,
        grad=(),
    ),
    _binary(
        "LeftShift",
        lambda tf, x, y: tf.bitwise.left_shift(x, y),
        lambda x, y: np.array([40, -1 << 31], np.int32),
        x=np.array([5, 1], np.int32),
        y=np.array([3, 40], np.int32),
        grad=(),
    ),
    _binary(
        "RightShift",
        lambda tf, x, y: tf.bitwise.right_shift(x, y),
        lambda x, y: np.array([-2, 0], np.int32),
        x=np.array([-8, 5], np.int32),
        y=np.array([2, 40], np.int32),
        grad=(),
    ),
]

COMPARISONS = [
    _binary(op, build, oracle, x=INTS, y=DIVISORS, grad=())
    for op, build, oracle in (
        ("Equal", lambda tf, x, y: tf.equal(x, y), np.equal),
        ("NotEqual", lambda tf, x, y: tf.not_equal(x, y), np.not_equal),
        ("Less", lambda tf, x, y: x < y, np.less),
        ("LessEqual", lambda tf, x, y: x <= y, np.less_equal),
        ("Greater", lambda tf, x, y: x > y, np.greater),
        ("GreaterEqual", lambda tf, x, y: x >= y, np.greater_equal),
    )
]
TRUTH = [np.array([[True], [False]]), np.array([True, False, True])]
LOGIC = [
    Record("LogicalAnd", lambda tf, x, y: x & y, TRUTH, np.logical_and),
    Record("LogicalOr", lambda tf, x, y: x | y, TRUTH, np.logical_or),
    Record("LogicalNot", lambda tf, x, y: x ^ y, TRUTH, np.logical_xor, name="xor"),
    Record(
        "Equal",
        lambda tf, x, y: comparison.Equal(x, y, incompatible_shape_error=False),
        [arr(2), arr(3)],
        lambda x, y: np.bool_(False),
        name="unfit",
    ),
    Record(
        "NotEqual",
        lambda tf, x, y: comparison.NotEqual(x, y, incompatible_shape_error=False),
        [arr(2), arr(3)],
        lambda x, y: np.bool_(True),
        name="unfit",
    ),
]

COMPLEX = arr(2, 3, dtype=np.complex64)
CASTS = [
    Record(
        "Cast", lambda tf, x: tf.cast(x, tf.float64), [arr(2, 3)], lambda x: x.astype(np.float64)
    ),
    Record(
        "Cast",
        lambda tf, x: tf.cast(x, tf.int32),
        [np.array([1.9, -1.9, np.nan, 3e9, -np.inf], np.float32)],
        lambda x: np.array([1, -1, -(2**31), -(2**31), -(2**31)], np.int32),
        name="to_int",
    ),
    Record(
        "Cast",
        lambda tf, x: tf.cast(x, tf.uint8),
        [np.array([1.9, -3.0, 300.0], np.float32)],
        lambda x: np.array([1, 253, 44], np.uint8),
        name="to_byte",
    ),
    Record(
        "Cast",
        lambda tf, x: tf.cast(x, tf.int8),
        [np.array([300, -129, 5], np.int32)],
        lambda x: np.array([44, 127, 5], np.int8),
        name="narrow",
    ),
    Record(
        "Cast",
        lambda tf, x: tf.cast(x, tf.bool),
        [NAN],
        lambda x: np.array([1, 1, 1, 1, 0], bool),
        name="to_bool",
    ),
    Record("Cast", lambda tf, x: tf.cast(x, tf.float32), [COMPLEX], np.real, name="to_real"),
    Record(
        "Cast",
        lambda tf, x: tf.cast(x, tf.float16),
        [arr(2, 3)],
        lambda x: x.astype(np.float16),
        rtol=1e-3,
        name="half",
    ),
    Record(
        "Bitcast", lambda tf, x: tf.bitcast(x, tf.int32), [arr(2, 3)], lambda x: x.view(np.int32)
    ),
    Record(
        "Bitcast",
        lambda tf, x: tf.bitcast(x, tf.uint8),
        [arr(2)],
        lambda x: x.view(np.uint8).reshape(2, 4),
        name="split",
    ),
    Record(
        "Bitcast",
        lambda tf, x: tf.bitcast(x, tf.float64),
        [arr(3, 2)],
        lambda x: x.view(np.float64).reshape(3),
        name="join",
    ),
    Record(
        "Complex",
        lambda tf, x, y: tf.complex(x, y),
        [arr(2, 3), arr(3, seed=1)],
        lambda x, y: x + 1j * y,
    ),
    Record("Real", lambda tf, x: tf.real(x), [COMPLEX], np.real),
    Record("Imag", lambda tf, x: tf.imag(x), [COMPLEX], np.imag),
    Record("Angle", lambda tf, x: tf.angle(x), [COMPLEX], np.angle),
    Record("Conj", lambda tf, x: tf.conj(x), [COMPLEX], np.conj),
    Record("ComplexAbs", lambda tf, x: tf.abs(x), [COMPLEX], np.abs),
]

OTHERS = [
    Record(
        "Digamma",
        lambda tf, x: tf.digamma(x),
        [np.array([0.0, -1.0, 1.0], np.float32)],
        lambda x: np.array([np.inf, np.inf, -0.57721566], np.float32),
        name="poles",
    ),
    Record(
        "TruncateDiv",
        lambda tf, x, y: tf.truncatediv(x, y),
        [arr(2, 3), positive(3)],
        np.divide,
        name="float",
    ),
    Record(
        "AddN",
        lambda tf, x, y: tf.add_n([x, y, x]),
        [arr(2, 3), arr(2, 3, seed=1)],
        lambda x, y: 2 * x + y,
        grad=(0, 1),
        bad_build=[([arr(2), arr(3)], ValueError, "must be equal")],
        bad_run=[([arr(2), arr(3)], "InvalidArgumentError", "must have the same size and shape")],
    ),
    Record(
        "AccumulateNV2",
        lambda tf, x, y: tf.accumulate_n([x, y]),
        [arr(2, 3), arr(2, 3, seed=1)],
        np.add,
        grad=(0, 1),
    ),
    Record(
        "ClipByValue",
        lambda tf, x: clip_ops.ClipByValue(x, -1.0, 1.0),
        [arr(2, 3)],
        lambda x: np.clip(x, -1, 1),
    ),
    Record(
        "CheckNumerics",
        lambda tf, x: tf.check_numerics(x, "bad"),
        [arr(2, 3)],
        lambda x: x,
        grad=(0,),
        bad_run=[([NAN], "InvalidArgumentError", "bad : Tensor had Inf and NaN values")],
    ),
    Record(
        "Betainc",
        lambda tf, a, b, x: tf.betainc(a, b, x),
        [positive(3), positive(3, seed=2), positive(3, seed=4) / 3],
        None,
        grad=(2,),
    ),
    Record(
        "BroadcastGradientArgs",
        lambda tf, x, y: list(special.late.BroadcastGradientArgs(tf.shape(x), tf.shape(y))),
        [arr(2, 3, 1), arr(3, 5)],
        lambda x, y: [np.array([2], np.int32), np.array([0], np.int32)],
    ),
    Record(
        "BroadcastArgs",
        lambda tf, x, y: special.late.BroadcastArgs(tf.shape(x), tf.shape(y)),
        [arr(2, 3, 1), arr(3, 5)],
        lambda x, y: np.array([2, 3, 5], np.int32),
    ),
]

RECORDS = [*UNARY, *BINARY, *COMPARISONS, *LOGIC, *CASTS, *OTHERS]
