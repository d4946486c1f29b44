#!/usr/bin/env python3
"""Record how 1.15's dtypes, shapes, errors and nested structures behave.

    scripts/goldens/core_types.py

The script runs itself again under the oracle ($ORACLE/bin/python, or ~/.cache/headrace-oracle) and
writes tests/golden/core_types.json: for each expression below its value as text, or its error. The
tests in tests/core evaluate the same expressions; `outcome` serves both. Python 3.7 must run it.
"""

import functools
import json
import os
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PATH = os.path.join(ROOT, "tests", "golden", "core_types.json")

SETUP = """
import collections, copy, operator, pickle
import numpy as np

P = collections.namedtuple("P", "a b")
Q = collections.namedtuple("Q", "x y")
P2 = collections.namedtuple("P", "a b")
OD = collections.OrderedDict
DefaultDict = collections.defaultdict

class Field(object):
    def __init__(self, name):
        self.name = name

class At(object):
    __attrs_attrs__ = (Field("b"), Field("a"))
    def __init__(self, b, a):
        self.b, self.a = b, a
    def __repr__(self):
        return "At(%r, %r)" % (self.b, self.a)

class L(list):
    pass

class TT(tuple):
    pass

class DD(dict):
    pass

array = np.zeros(2)
"""

DTYPE_NAMES = (
    "float16 float32 float64 half double bfloat16 int8 int16 int32 int64 uint8 uint16 uint32 "
    "uint64 complex64 complex128 string resource variant qint8 qint16 qint32 quint8 quint16"
).split()

DTYPES = (
    """
D.as_dtype('bool')
D.as_dtype('float'), D.as_dtype('double'), D.as_dtype('half'), D.as_dtype('float32_ref')
D.as_dtype('int')
D.as_dtype('object')
D.as_dtype('complex')
D.as_dtype('f4')
D.as_dtype('foo')
D.as_dtype('1')
D.as_dtype(np.float32), D.as_dtype(np.dtype('f4')), D.as_dtype(np.dtype('>f4'))
D.as_dtype(np.dtype('S3')), D.as_dtype(np.dtype('U3')), D.as_dtype(np.str_), D.as_dtype(np.bytes_)
D.as_dtype(np.object_), D.as_dtype(object), D.as_dtype(np.bool_), D.as_dtype(np.dtype(bool))
D.as_dtype(np.int_), D.as_dtype(np.longlong), D.as_dtype(np.intc), D.as_dtype(np.uint)
D.as_dtype(np.complex64), D.as_dtype(np.complex128), D.as_dtype(np.uint16)
D.as_dtype(float), D.as_dtype(bool)
D.as_dtype(int)
D.as_dtype(str)
D.as_dtype(bytes)
D.as_dtype(complex)
D.as_dtype(list)
D.as_dtype(None)
D.as_dtype(1), D.as_dtype(101), D.as_dtype(2.0), D.as_dtype(True)
D.as_dtype(0)
D.as_dtype(99)
D.as_dtype([])
D.as_dtype(np.dtype([('a', np.int8)]))
D.as_dtype(D.qint8.as_numpy_dtype), D.as_dtype(D.quint16.as_numpy_dtype)
D.as_dtype(D.bfloat16.as_numpy_dtype)
D.as_dtype(array.dtype)
D.as_dtype(D.float32)
D.DType(1), D.DType(101)
D.DType(0)
D.DType('a')
D.DType(999)
[D.float32 == o for o in ('float32', 'float', np.float32, None, 1, 101, 'foo', 2.0, [], object())]
[D.float32 != o for o in ('float32', 'float', np.float32, None, 1, 101, 'foo', 2.0, [], object())]
D.float32 == D.float32_ref, D.float32_ref == D.float32, D.float32_ref == 'float32_ref'
[D.float32.is_compatible_with(o) for o in ('float', 1, D.float32_ref, D.float64)]
D.float32_ref.is_compatible_with(D.float32), D.float32_ref.is_compatible_with(D.float32_ref)
D.float32.is_compatible_with(None)
D.float32.is_compatible_with('foo')
D.float32_ref.base_dtype, D.float32_ref._is_ref_dtype, D.float32._is_ref_dtype, D.float32._as_ref
D.float32_ref.real_dtype, D.complex64._as_ref.real_dtype, D.int32._as_ref.as_datatype_enum
D.float32_ref.size, D.float32_ref.is_floating, D.int8._as_ref.is_integer
D.uint8._as_ref.is_unsigned
hash(D.float32), {D.int32: 1}[D.int32]
D.float32.limits, D.uint8.limits, D.int16.limits, D.float64.limits
D.as_dtype('bool').limits
D.float16.limits
D.resource.limits
D.float32 < D.int32
D.float32.as_numpy_dtype is np.float32, D.string.as_numpy_dtype is object
D.as_dtype('bool').as_numpy_dtype is bool
D.string.as_datatype_enum, int(D.string.size)
sorted(d.name for d in D.QUANTIZED_DTYPES)
pickle.loads(pickle.dumps(D.float32)) is D.float32, copy.deepcopy(D.int8) is D.int8
len(D.TF_VALUE_DTYPES)
""".strip().splitlines()
    + [
        "[(d, str(d), d.name, d.as_datatype_enum, d.size, d.base_dtype, d.real_dtype, d.is_bool, "
        "d.is_complex, d.is_floating, d.is_integer, d.is_quantized, d.is_unsigned, "
        f"d.is_numpy_compatible, d._as_ref) for d in [D.{name}]]"
        for name in DTYPE_NAMES
    ]
    + [
        f"float(D.as_dtype({name!r}).{end})"
        for name in DTYPE_NAMES + ["bool"]
        for end in ("min", "max")
    ]
)

SHAPES = """
T(5)
T("23")
T([None, -1])
T(-1)
T([2.0, 3]), T(["3"]), T([np.int32(3)]), T(np.array([1, 2])), T((2,)), T([True]), T({3: 1})
T(range(3))
T([2.5])
T(B), T(U), T(Dm(3)), T([Dm(3), Dm(None)]), T(x for x in [1, 2]), T([2**40]), T(dims=[1])
T(B.as_proto()), T(U.as_proto()), T(A.as_proto()), T(C.as_proto())
str(A.as_proto()), str(U.as_proto()), str(C.as_proto())
str(U), repr(U), str(A), repr(A), str(C), repr(C), str(T([1])), repr(T([1]))
U.dims, A.dims, C.dims
U.ndims, A.ndims, U.rank, A.rank
len(A), len(C)
len(U)
bool(A), bool(U), bool(C), B.__nonzero__()
list(A), tuple(B), [*B]
list(U)
A[0], A[1], A[-1], B[Dm(1)], B[True], B[np.int64(1)]
B[0:1], B[1:], B[:1], B[::-1], B[:-1], B[5:]
U[0], U[5]
U[0:2], U[1:], U[:2], U[-1:], U[:], U[1:1], U[3:1]
U[::2]
B[5]
B["a"]
B[None]
B[(0, 1)]
A.num_elements(), B.num_elements(), U.num_elements(), C.num_elements(), T([0, 3]).num_elements()
A.merge_with(B), U.merge_with(A), A.merge_with(U), B.merge_with(None), A.merge_with([None, 4])
B.merge_with(E)
B.merge_with([3, 3])
B.concatenate(A), B.concatenate(U), B.concatenate([7]), U.concatenate(B), B.concatenate(3)
A + B, A + [1], [1] + A
B.assert_same_rank(E)
B.assert_same_rank(U), U.assert_same_rank(B), A.assert_same_rank(B)
B.assert_has_rank(3)
U.assert_has_rank(3), U.assert_has_rank(None)
B.with_rank(3)
U.with_rank(2), B.with_rank(2), B.with_rank(None)
B.with_rank_at_least(3)
U.with_rank_at_least(3), B.with_rank_at_least(2)
B.with_rank_at_most(1)
B.with_rank_at_most(2), U.with_rank_at_most(1)
A.is_compatible_with(B), A.is_compatible_with(E), A.is_compatible_with(None)
B.is_compatible_with([3, 3])
B.assert_is_compatible_with([3, 3])
B.assert_is_compatible_with(E)
[A.most_specific_compatible_shape(x) for x in (A, B, E, U, [2, 5])]
B.most_specific_compatible_shape(B), U.most_specific_compatible_shape(B)
A.is_fully_defined(), B.is_fully_defined(), U.is_fully_defined(), C.is_fully_defined()
A.assert_is_fully_defined()
B.assert_is_fully_defined()
A.as_list(), B.as_list(), C.as_list()
U.as_list()
A == B, B == [2, 3], B == (2, 3), B == T([2, 3]), U == None, U == T(None), C == [], A == A
A == T([2, None]), A == [2, None], B == "foo", B == 3, B == object(), B == None, T([3]) == 3
B != [2, 3], B != E, A != B, A != A, B != "foo", B != object()
U != B
B != U
U != T(None)
pickle.loads(pickle.dumps(A)), pickle.loads(pickle.dumps(U))
S.unknown_shape(), S.unknown_shape(2), S.unknown_shape(rank=3), S.unknown_shape(ndims=1)
S.unknown_shape(foo=2)
S.scalar(), S.vector(3), S.matrix(2, 3), S.as_shape([1]), S.as_shape(None)
S.as_dimension(3), S.as_dimension(None)
S.dimension_value(Dm(3)), S.dimension_value(3), S.dimension_value(None)
S.dimension_at_index(B, 0), S.dimension_at_index(U, 0)
S.dimension_at_index(B, 5)
2 in B, None in A, 7 in B, B in [T([2, 3])]
np.zeros(B).shape, np.zeros([2, Dm(3)]).shape, np.prod(B), [1, 2, 3][Dm(1)], list(range(Dm(3)))
B.foo
U < B
str(Dm(2)), str(Dm(None)), repr(Dm(None)), repr(Dm(2)), int(Dm(2))
int(Dm(None))
bool(Dm(0)), bool(Dm(2)), bool(Dm(None))
Dm(-1)
Dm("a")
Dm("4"), Dm(2.0), Dm(b"4"), Dm(Dm(3)), Dm(True), Dm(None)
Dm(2.5)
Dm(2).merge_with(Dm(None)), Dm(None).merge_with(3), Dm(2).merge_with(2)
Dm(2).merge_with(3)
Dm(2).is_compatible_with(3), Dm(None).is_compatible_with(3), Dm(2).is_compatible_with(None)
Dm(2).assert_is_compatible_with(3)
Dm(7).__div__(2)
Dm(2) ** 2
-Dm(2)
"%d" % Dm(3), "%s" % Dm(3), "{}".format(Dm(3))
np.array([Dm(2), Dm(3)]).dtype, np.array(T([2, 3])).dtype
Dm(5) in [5], sorted([Dm(3), Dm(1)]), max(Dm(3), 2), [0] * Dm(3), Dm(0) == False
pickle.loads(pickle.dumps(Dm(2))), Dm(2).value, Dm(None).value
""".strip().splitlines() + [
    f"operator.{name}({a}, {b})"
    for name in "add sub mul floordiv truediv mod lt le gt ge eq ne".split()
    for a, b in [
        ("Dm(2)", "3"), ("3", "Dm(2)"), ("Dm(2)", "Dm(None)"), ("Dm(None)", "3"), ("3", "Dm(None)"),
        ("Dm(2)", "'4'"), ("'4'", "Dm(2)"), ("Dm(2)", "2.5"), ("Dm(2)", "None"), ("None", "Dm(2)"),
        ("Dm(2)", "np.int64(5)"), ("Dm(2)", "2.0"), ("2.0", "Dm(2)"), ("Dm(2)", "0"),
        ("Dm(9)", "Dm(4)"),
    ]
]  # fmt: skip

SHAPES_V2 = """
T([2, None])[0], T([2, None])[1], list(T([2, None])), repr(T([2, None])), str(T([2, None]))
T([2, None]).dims
T([1])[0:1], repr(T(None)), str(T([1])), T(None)[0], T(None)[1:3], T(None)[1:], str(T(None))
S.dimension_at_index(T([2, 3]), 0), S.dimension_at_index(T(None), 0)
S.dimension_value(T([2, 3])[0])
tuple(T([2, 3])), T([2, 3]) == [2, 3], T([2, 3]).as_list(), T([2, None]) + [3]
list(T(None))
""".strip().splitlines()

NEST = """
N.flatten(1), N.flatten([1, [2, (3,)]]), N.flatten({'b': 1, 'a': [2, 3]}), N.flatten(P(1, [2]))
N.flatten(OD([('b', 1), ('a', 2)])), N.flatten(At(1, 2)), N.flatten(None), N.flatten('abc')
N.flatten({1})
N.flatten([array])[0] is array, N.flatten([]), N.flatten({}), N.flatten(()), N.flatten(range(2))
N.flatten(b'a')
N.flatten({1: 2, 'a': 3})
N.flatten({(1, 2): 3, (0, 5): 4}), N.flatten(bytearray(b'ab')), N.flatten([None, [None]])
N.flatten(DefaultDict(list, {'b': 1, 'a': 2})), N.flatten({'b': 1, 'a': 2}.keys())
N.flatten({'b': 1, 'a': 2}.values())
N.flatten(collections.deque([1, 2])), N.flatten(L([1])), N.flatten(TT([1, 2])), N.flatten(DD(a=1))
N.flatten({'a': 1}.items())
[N.is_sequence(x) for x in (1, [], (), {}, 'a', set(), array, range(3), P(1, 2), At(1, 2))]
[N.is_sequence(x) for x in (collections.deque(), None, iter([]))]
[N.is_nested(x) for x in ({}.keys(), {}.values(), OD(), L(), 1.5, b'', bytearray())]
N.pack_sequence_as([1, [2, 3]], [4, 5, 6]), N.pack_sequence_as(P(1, [2]), [7, 8])
N.pack_sequence_as(At(1, 2), [7, 8])
N.pack_sequence_as({'b': 1, 'a': 2}, ['A', 'B'])
N.pack_sequence_as(OD([('b', 1), ('a', 2)]), ['A', 'B'])
N.pack_sequence_as(1, [9]), N.pack_sequence_as([], []), N.pack_sequence_as([1], (3,))
N.pack_sequence_as([[], 1], [2])
[type(N.pack_sequence_as(x, [3])).__name__ for x in (L([1]), TT([1]), DD(a=1), range(1))]
N.pack_sequence_as(DefaultDict(list, {'b': 1, 'a': 2}), [5, 6])
N.pack_sequence_as([1, 2], [3])
N.pack_sequence_as([1, 2], [3, 4, 5])
N.pack_sequence_as(1, [3, 4])
N.pack_sequence_as(1, [])
N.pack_sequence_as(1, 3)
N.pack_sequence_as([1], 3)
N.pack_sequence_as([1, 2], iter([1, 2]))
N.pack_sequence_as([1, 2], np.array([1, 2]))
N.map_structure(lambda x: x + 1, [1, (2, {'a': 3})]), N.map_structure(lambda x: None, P(1, 2))
N.map_structure(lambda x, y: x + y, [1, 2], [3, 4])
N.map_structure(lambda x: x, [1], check_types=1)
N.map_structure(lambda x, y: x + y, [1, 2], (3, 4))
N.map_structure(lambda x, y: x + y, [1, 2], (3, 4), check_types=False)
N.map_structure(lambda x, y: x + y, [1, 2], [3])
N.map_structure(lambda x, y: x + y, [1, 2], [3, [4]])
N.map_structure(lambda x: x)
N.map_structure(3, [1])
N.map_structure(lambda x: x, [1], foo=1)
N.assert_same_structure([1, 2], [1, [2]])
N.assert_same_structure([1, 2], [1, 2, 3])
N.assert_same_structure([1, 2], 3)
N.assert_same_structure(3, [1, 2])
N.assert_same_structure({'a': 1}, {'b': 1})
N.assert_same_structure({'a': 1}, {'a': 1, 'b': 1})
N.assert_same_structure({'a': 1}, OD(a=1))
N.assert_same_structure([1], (1,))
N.assert_same_structure((1,), TT((1,)))
N.assert_same_structure(P(1, 2), Q(1, 2))
N.assert_same_structure(P(1, 2), P2(1, 2))
N.assert_same_structure(P(1, 2), (1, 2))
N.assert_same_structure([[1], 2], [2, [1]])
N.assert_same_structure([1, [2]], [1, (2,)])
N.assert_same_structure([1, [2]], [1, (2,)], check_types=False)
N.assert_same_structure(L([1]), [1]), N.assert_same_structure(DD(a=1), dict(a=1))
N.assert_same_structure(1, 'a')
N.assert_same_structure({'a': 1}, {'b': 1}, check_types=False)
N.assert_same_structure({'a': 1}, [1], check_types=False)
N.assert_same_structure({'a': 1}, [1])
N.assert_same_structure({'a': {'c': 1}}, {'a': {'c': [1]}})
N.assert_same_structure([1, [2], 3], [1, 2])
N.assert_same_structure(At(1, 2), At(3, 4))
N.assert_same_structure({'a': 1}.values(), {'b': 2}.values())
N.flatten_up_to([1, 2], [[3, 4], (5,)]), N.flatten_up_to(1, [2, 3])
N.flatten_up_to({'a': 1, 'b': 2}, {'b': [1], 'a': 3})
N.flatten_up_to([1, 2], [3])
N.flatten_up_to([1, 2], 3)
N.flatten_up_to([1, 2], (3, 4))
N.flatten_up_to([1, 2], (3, 4), check_types=False)
N.flatten_up_to([[1], 2], [3, 4])
N.flatten_up_to({'a': 1}, {'b': 1})
N.flatten_up_to({'a': 1}, {'b': 1, 'a': 2})
N.flatten_up_to({'a': 1}, {'b': 1, 'a': 2}, check_subtrees_length=False)
N.flatten_up_to([1], [4, 5], check_subtrees_length=False)
N.assert_shallow_structure([1, 2], [3])
N.assert_shallow_structure([1, [2]], [3, 4])
N.assert_shallow_structure([1, 2], (1, 2))
N.assert_shallow_structure([1, 2], (1, 2), check_types=False)
N.assert_shallow_structure({'a': 1}, {'a': 1, 'b': 2})
N.assert_shallow_structure({'a': 1}, OD(a=[1])), N.assert_shallow_structure(P(1, 2), P2(1, 2))
N.assert_shallow_structure(P(1, 2), Q(1, 2))
N.assert_shallow_structure({'a': 1, 'b': 1}, {'a': 1})
N.assert_shallow_structure({'a': 1, 'b': 1}, {'a': 1, 'c': 3})
N.map_structure_up_to([1, 2], lambda x, y: (x, y), [[3], 4], [5, (6,)])
N.map_structure_up_to([1, 2], lambda x: x)
N.map_structure_up_to(1, lambda x: x, [1, 2])
N.map_structure_up_to([1, 2], lambda x: x, [1])
N.map_structure_with_tuple_paths_up_to([1, 2], lambda p, x: (p, x), [[3], 4])
list(N.yield_flat_paths({'a': [1, {'b': 2}], 'c': P(3, 4)})), list(N.yield_flat_paths(1))
list(N.yield_flat_paths([1, [2]]))
N.flatten_with_joined_string_paths({'a': [1, {'b': 2}], 'c': P(3, 4), 4: 5})
N.flatten_with_joined_string_paths({'a': [1, {'b': 2}], 'c': P(3, 4)})
N.flatten_with_joined_string_paths([1], separator='.')
N.flatten_with_joined_string_paths(1)
N.flatten_with_tuple_paths({'a': [1, {'b': 2}], 'c': P(3, At(1, 2))})
N.flatten_with_tuple_paths_up_to([1, [1]], [[3], [4]])
N.map_structure_with_paths(lambda p, x: (p, x), {'a': [1, 2]})
N.map_structure_with_paths(lambda p, x: p, 1)
N.map_structure_with_paths(lambda p, x, y: (p, x, y), [1], [2])
N.map_structure_with_paths(lambda p, x, y: (p, x, y), [1], [2, 3])
N.map_structure_with_tuple_paths(lambda p, x: (p, x), {'a': [1, 2]})
N.flatten_dict_items({(1, (2, 3)): ('a', ('b', 'c')), 4: 'd'})
N.flatten_dict_items({(1, 2): (3,)})
N.flatten_dict_items({(1, 1): (3, 4)})
N.flatten_dict_items([1])
N.get_traverse_shallow_structure(lambda s: isinstance(s, tuple), (1, [2], (3,)))
N.get_traverse_shallow_structure(lambda s: [True, False] if len(s) == 2 else False, [[1], [2]])
N.get_traverse_shallow_structure(lambda s: 3, [[1], [2]])
N.get_traverse_shallow_structure(lambda s: [True], [[1], [2]])
N.get_traverse_shallow_structure(lambda s: [1, 2], [[1], [2]])
N.get_traverse_shallow_structure(lambda s: [True], 1)
N.get_traverse_shallow_structure(lambda s: True, 1)
""".strip().splitlines()

ERRORS = """
[(n, getattr(R, n)) for n in sorted(dir(R)) if n.isupper() and n[0] != "_"]
[R.exception_type_from_error_code(i).__name__ for i in range(1, 17)]
[R.exception_type_from_error_code(i).__bases__[0].__name__ for i in range(1, 17)]
[R.error_code_from_exception_type(R.exception_type_from_error_code(i)) for i in range(1, 17)]
R.exception_type_from_error_code(0)
R.exception_type_from_error_code(99)
str(R.InvalidArgumentError(None, None, 'boom')), R.InvalidArgumentError(None, None, 'boom').args
R.NotFoundError(None, None, 'm').message, R.NotFoundError(None, None, 'm').op
R.NotFoundError(None, None, 'm').node_def
R.OpError(None, None, 'x', 3).error_code, str(R.OpError(None, None, 'x', 3))
R.OpError(None, None, 'x', 77).error_code
R.UnknownError(None, None, 'x').error_code, R.UnknownError(None, None, 'x', 77).error_code
str(pickle.loads(pickle.dumps(R.NotFoundError(None, None, 'm'))))
type(pickle.loads(pickle.dumps(R.AbortedError(None, None, 'm')))).__name__
R.InvalidArgumentError('boom')
""".strip().splitlines()

GRAPH_KEYS = [
    "sorted((k, getattr(GraphKeys, k)) for k in dir(GraphKeys) if k.isupper() and k[0] != '_')",
    "GraphKeys._SUMMARY_COLLECTION, list(GraphKeys._VARIABLE_COLLECTIONS)",
]

# Operand shapes of the rules that every element-wise op and every merge goes through.
PAIRS = [
    ([a, 5], [b, 5]) for a in (None, 0, 1, 2, 3) for b in (None, 0, 1, 2, 3)
] + [
    (None, None), (None, [2]), ([], []), ([], [2, 3]), ([2, 3], []), ([3], [2, 3]), ([2, 3], [3]),
    ([2], [2, 3]), ([7, 1, 5], [3, 1]), ([None, 3, 5], [4, 5]),
    ([3, None, 2], [3, 4, 5]), ([None], [2, None]),
]  # fmt: skip


def namespace(modules):
    """Make the names that the expressions use; `modules` gives D, S, N, R and GraphKeys."""
    names = {"__name__": "core_types"}
    exec(SETUP, names)
    names.update(modules)
    shape, names["Dm"] = modules["S"].TensorShape, modules["S"].Dimension
    names.update(T=shape, U=shape(None), A=shape([2, None]), B=shape([2, 3]), C=shape([]))
    names["E"] = shape([4, 5, 6])
    return names


def outcome(expression, names):
    """The value as text, or the error's type and message."""
    try:
        return repr(eval(expression, names))
    except Exception as e:
        return f"{type(e).__name__}: {e}"


def all_outcomes(names):
    """Outcomes of all groups but SHAPES_V2, which needs a switch, and the shape rules."""
    groups = dict(dtypes=DTYPES, shapes=SHAPES, nest=NEST, errors=ERRORS, graphkeys=GRAPH_KEYS)
    return {g: {e: outcome(e, names) for e in exprs} for g, exprs in groups.items()}


def _rule(tf, make):
    """The static shape that an op gets, or the first sentence of its rule's error."""
    with tf.Graph().as_default():
        try:
            shape = make()
        except ValueError as e:
            return str(e).split(" for '")[0]
        return None if shape.ndims is None else shape.as_list()


def _shape_rules(tf):
    def placeholder(dims):
        return tf.placeholder(tf.float32, dims)

    raw, rules = tf.raw_ops, {"broadcast": [], "merge": []}

    def add(a, b):
        return raw.Add(x=placeholder(a), y=placeholder(b)).shape

    def add_n(a, b):
        return raw.AddN(inputs=[placeholder(a), placeholder(b)]).shape

    for a, b in PAIRS:
        rules["broadcast"].append([a, b, _rule(tf, functools.partial(add, a, b))])
        rules["merge"].append([a, b, _rule(tf, functools.partial(add_n, a, b))])
    rules["equal_rank_2"] = _rule(tf, lambda: raw.LRN(input=placeholder([2, 3])).shape)
    rules["at_least_1"] = _rule(tf, lambda: raw.Diag(diagonal=placeholder([])).shape)
    rules["at_most_1"] = _rule(
        tf, lambda: raw.BroadcastTo(input=placeholder([2, 3]), shape=[2]).shape
    )
    rules["dim_4"] = _rule(tf, lambda: raw.Unpack(value=placeholder([2, 3]), num=4)[0].shape)
    rules["subtract"] = _rule(
        tf,
        lambda: (
            raw.MaxPool(
                input=placeholder([1, 2, 2, 1]),
                ksize=[1, 3, 3, 1],
                strides=[1, 1, 1, 1],
                padding="VALID",
            ).shape
        ),
    )
    rules["divide"] = _rule(
        tf,
        lambda: raw.SpaceToDepth(input=placeholder([1, 3, 4, 1]), block_size=2).shape,
    )
    return rules


def _record():
    import tensorflow as tf
    from tensorflow.python.framework import dtypes, errors, ops, tensor_shape
    from tensorflow.python.util import nest

    tf.compat.v1.logging.set_verbosity(tf.compat.v1.logging.ERROR)
    names = namespace(dict(D=dtypes, S=tensor_shape, N=nest, R=errors, GraphKeys=ops.GraphKeys))
    golden = all_outcomes(names)
    golden["shape_rules"] = _shape_rules(tf.compat.v1)
    tf.compat.v1.enable_v2_tensorshape()
    golden["shapes_v2"] = {e: outcome(e, names) for e in SHAPES_V2}
    with open(PATH, "w") as f:
        json.dump(golden, f, indent=1, sort_keys=True)
        f.write("\n")


def main():
    """Record, or start the oracle's Python that does."""
    if sys.version_info[:2] == (3, 7):
        _record()
        return
    oracle = os.environ.get("ORACLE", os.path.expanduser("~/.cache/headrace-oracle"))
    python = os.path.join(oracle, "bin", "python")
    os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
    os.execv(python, [python, os.path.abspath(__file__)])


if __name__ == "__main__":
    main()
