"""Compiled code refuses what the interpreter refuses, with its words, and changes nothing then."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import headrace as tf
from headrace._src.core import errors

pytestmark = pytest.mark.xla

I32, I64, F32 = tf.int32, tf.int64, tf.float32


def _op(op_type: str, *inputs: Any, **attrs: Any) -> Any:
    from headrace._src.core.opspec import lookup

    spec = lookup(op_type)
    assert spec is not None
    return spec(*inputs, **attrs)


def _table(shape: tuple[int, ...] = (4, 3), resource: bool = False, dtype: Any = F32) -> Any:
    start = np.arange(1, 1 + np.prod(shape)).reshape(shape)
    return tf.Variable(tf.constant(start, dtype), use_resource=resource)


def _matrix(rows: Any) -> np.ndarray:
    return np.array(rows, np.float32)


_PARAMS = np.arange(12, dtype=np.float32).reshape(4, 3)
_UPDATES = np.arange(6, dtype=np.float32).reshape(2, 3) + 1


# Every case: what to build from placeholders of the good values, good values, bad values.
CASES: dict[str, tuple[Any, list[Any], list[Any]]] = {
    "Gather": (lambda i: _op("Gather", _PARAMS, i * 1), [np.int32([0, 3])], [np.int32([0, 4])]),
    "Gather: on the host": (lambda i: _op("Gather", _PARAMS, i), [np.int32([3])], [np.int32([-1])]),
    "GatherV2": (lambda i: tf.gather(_PARAMS, i, axis=1), [np.int64([2])], [np.int64([3])]),
    "GatherV2: narrowed": (
        lambda i: tf.gather(_PARAMS, tf.cast(tf.reshape(i, [-1]), I32)),
        [np.int64([[1], [3]])],
        [np.int64([[1], [4]])],
    ),
    "GatherV2: batches": (
        lambda i: tf.gather(_PARAMS, i, axis=1, batch_dims=1),
        [np.int32([[0], [1], [2], [0]])],
        [np.int32([[0], [1], [3], [0]])],
    ),
    "GatherNd": (
        lambda i: tf.gather_nd(_PARAMS, i),
        [np.int32([[3, 2], [0, 0]])],
        [np.int32([[3, 3], [0, 0]])],
    ),
    "ResourceGather": (
        lambda i: tf.gather(_table(resource=True), i + 0),
        [np.int32([0, 3])],
        [np.int32([0, -1])],
    ),
    "ResourceGatherNd": (
        lambda i: _op("ResourceGatherNd", _table(resource=True).handle, i, dtype=F32),
        [np.int32([[3, 2]])],
        [np.int32([[4, 0]])],
    ),
    "ScatterNd": (
        lambda i: tf.scatter_nd(i, _UPDATES, [4, 3]),
        [np.int32([[0], [3]])],
        [np.int32([[0], [4]])],
    ),
    "TensorScatterUpdate": (
        lambda i: tf.tensor_scatter_update(_PARAMS, i, _UPDATES[0, :2]),
        [np.int32([[0, 2], [3, 1]])],
        [np.int32([[0, 3], [3, 1]])],
    ),
    "UnsortedSegmentSum": (
        lambda i: tf.unsorted_segment_sum(_UPDATES, i, 3),
        [np.int32([2, -1])],
        [np.int32([2, 3])],
    ),
    "SparseSegmentSum": (
        lambda i: tf.sparse_segment_sum(_PARAMS, i, [0, 0]),
        [np.int32([3, 1])],
        [np.int32([4, 1])],
    ),
    "SparseToDense": (
        lambda i: tf.sparse_to_dense(i, [3, 4], [1.0, 2.0]),
        [np.int32([[0, 3], [1, 0]])],
        [np.int32([[0, 4], [1, 0]])],
    ),
    "SparseToDense: order": (
        lambda i: tf.sparse_to_dense(i, [3, 4], [1.0, 2.0]),
        [np.int32([[0, 3], [1, 0]])],
        [np.int32([[1, 0], [0, 3]])],
    ),
    "SparseTensorDenseMatMul": (
        lambda i: _op("SparseTensorDenseMatMul", i, [1.0, 2.0], np.int64([2, 4]), _PARAMS),
        [np.int64([[0, 3], [1, 0]])],
        [np.int64([[0, 4], [1, 0]])],
    ),
    "SparseSoftmaxCrossEntropyWithLogits": (
        lambda i: tf.nn.sparse_softmax_cross_entropy_with_logits(labels=i, logits=_PARAMS),
        [np.int32([0, 1, 2, 0])],
        [np.int32([0, 1, 3, 0])],
    ),
    "ReverseSequence": (
        lambda n: tf.reverse_sequence(_PARAMS, n, seq_axis=1),
        [np.int32([0, 3, 2, 1])],
        [np.int32([0, 4, 2, 1])],
    ),
    "InvertPermutation": (
        tf.math.invert_permutation,
        [np.int32([2, 0, 1])],
        [np.int32([2, 0, 2])],
    ),
    "Bincount": (
        lambda a: _op("Bincount", a, 4, np.float32([])),
        [np.int32([1, 3, 9])],
        [np.int32([1, -3, 9])],
    ),
    "HistogramFixedWidth": (
        lambda r: tf.histogram_fixed_width([1.0, 2.0], r, nbins=3),
        [np.float32([0, 3])],
        [np.float32([3, 3])],
    ),
    "FloorDiv": (lambda y: 7 // y, [np.int32([2, -3])], [np.int32([2, 0])]),
    "FloorMod": (lambda y: 7 % y, [np.int32([2, -3])], [np.int32([2, 0])]),
    "Div": (lambda y: _op("Div", 7, y), [np.int32([2, -3])], [np.int32([2, 0])]),
    "Mod": (lambda y: _op("Mod", 7, y), [np.int32([2, -3])], [np.int32([2, 0])]),
    "TruncateDiv": (lambda y: tf.truncatediv(7, y), [np.int32([2, -3])], [np.int32([2, 0])]),
    "TruncateMod": (lambda y: tf.truncatemod(7, y), [np.int32([2, -3])], [np.int32([2, 0])]),
    "Pow": (lambda y: tf.pow(3, y), [np.int32([2, 0])], [np.int32([2, -1])]),
    "MatrixInverse": (
        tf.linalg.inv,
        [_matrix([[2, 1], [1, 2]])],
        [_matrix([[0, 0], [0, 0]])],
    ),
    "Cholesky": (tf.linalg.cholesky, [_matrix([[2, 1], [1, 2]])], [_matrix([[1, 2], [2, 1]])]),
    "MatrixSolve": (
        lambda a: tf.linalg.solve(a, _UPDATES),
        [_matrix([[2, 1], [1, 2]])],
        [_matrix([[0, 0], [0, 0]])],
    ),
    "MatrixTriangularSolve": (
        lambda a: tf.linalg.triangular_solve(a, _UPDATES),
        [_matrix([[2, 1], [1, 2]])],
        [_matrix([[0, 1], [1, 2]])],
    ),
    "CheckNumerics": (
        lambda x: tf.check_numerics(x * 2, "bad x"),
        [np.float32([1, 2])],
        [np.float32([1, np.nan])],
    ),
    "Assert": (
        lambda x: _guarded(tf.Assert(x[0] > 0, ["x is", x]), x),
        [np.int32([1, 2])],
        [np.int32([0, 2])],
    ),
    "assert_less": (
        lambda x: _guarded(tf.assert_less(x, 5, message="too large"), x),
        [np.int32([1, 2])],
        [np.int32([7, 2])],
    ),
}


def _guarded(check: Any, x: Any) -> Any:
    with tf.control_dependencies([check]):
        return x * 3


def _adagrad(op_type: str) -> Any:
    def build(i: Any) -> Any:
        resource = op_type.startswith("Resource")
        cells = [_table(resource=resource), _table(resource=resource)]
        refs = [c.handle if resource else c._ref() for c in cells]
        return _op(op_type, *refs, 0.5, _UPDATES, i)

    return build


def _scatter(op_type: str) -> Any:
    def build(i: Any) -> Any:
        resource = op_type.startswith("Resource")
        cell = _table(resource=resource)
        return _op(op_type, cell.handle if resource else cell._ref(), i, _UPDATES)

    return build


def _checked_step(make: Any) -> Any:
    """An update of a variable that a check guards, but that comes before it in no order."""

    def build(x: Any) -> Any:
        v = _table((2,))
        return tf.group(tf.assign_add(v, tf.cast(x, F32)), make(x))

    return build


# As `CASES`; what is built changes variables.
UPDATES: dict[str, tuple[Any, list[Any], list[Any]]] = {
    **{
        name: (_scatter(name), [np.int32([0, 3])], [np.int32([0, 4])])
        for name in ("ScatterUpdate", "ScatterAdd", "ScatterMax", "ResourceScatterAdd")
    },
    **{
        name: (_scatter(name), [np.int32([[0], [3]])], [np.int32([[0], [-1]])])
        for name in ("ScatterNdUpdate", "ResourceScatterNdAdd")
    },
    **{
        f"{name}: {label}": (_adagrad(name), [np.int32(rows)], [np.int32([0, 4])])
        for name in ("SparseApplyAdagrad", "ResourceSparseApplyAdagrad")
        for label, rows in (("distinct", [0, 3]), ("repeated", [2, 2]))
    },
    "Assert": (
        _checked_step(lambda x: tf.Assert(tf.reduce_all(x > 0), ["x:", x, "!"])),
        [np.int32([1, 2])],
        [np.int32([0, 2])],
    ),
    "CheckNumerics": (
        _checked_step(lambda x: tf.check_numerics(tf.log(x), "log")),
        [np.float32([1, 2])],
        [np.float32([1, 0])],
    ),
    "indices of this run": (
        _checked_step(lambda x: tf.assign_add(_table((2, 3)), tf.gather(_PARAMS, x + x))),
        [np.int32([1, 0])],
        [np.int32([1, 2])],
    ),
}


class _Program:
    """What a case builds, in a session of its own."""

    def __init__(self, monkeypatch: Any, mode: str, build: Any, good: list[Any]) -> None:
        monkeypatch.setenv("HEADRACE_JIT", mode)
        self.graph = tf.Graph()
        with self.graph.as_default():
            self.feeds = [tf.placeholder(v.dtype, v.shape) for v in good]
            self.fetch = build(*self.feeds)
            self.variables = tf.global_variables()
            initial = tf.global_variables_initializer()
            self.session = tf.Session(graph=self.graph)
        self.session.run(initial)

    def run(self, values: list[Any]) -> Any:
        result = self.session.run(self.fetch, dict(zip(self.feeds, values, strict=True)))
        return None if result is None else np.asarray(result)

    def failure(self, values: list[Any]) -> tuple[type, str]:
        with pytest.raises(errors.OpError) as info:
            self.run(values)
        return type(info.value), info.value.message.split("\n")[0]

    def state(self) -> list[Any]:
        return [np.asarray(v) for v in self.session.run(self.variables)]

    def segments(self) -> list[Any]:
        """The compiled units of the fetch."""
        staged = [p.staged for p in self.session.prepared if p.staged is not None]
        return [s for units in staged for s in units.segments if s.programs]


def _check(monkeypatch: Any, build: Any, good: list[Any], bad: list[Any]) -> None:
    plain = _Program(monkeypatch, "off", build, good)
    hot = _Program(monkeypatch, "always", build, good)
    for _ in range(3):
        expected, got = plain.run(good), hot.run(good)
        _same(expected, got)
    programs = [p for s in hot.segments() for p in s.programs.values()]
    assert programs and all(p is not None for p in programs), "nothing was compiled"
    before = hot.state()
    assert hot.failure(bad) == plain.failure(bad)
    for old, new in zip(before, hot.state(), strict=True):
        np.testing.assert_array_equal(old, new)
    _same(plain.run(good), hot.run(good))
    for expected, got in zip(plain.state(), hot.state(), strict=True):
        _same(expected, got)


def _same(expected: Any, got: Any) -> None:
    if expected is None:
        assert got is None
        return
    assert expected.dtype == got.dtype
    np.testing.assert_allclose(expected, got, rtol=1e-5)


@pytest.mark.parametrize("name", CASES)
def test_value_refused(name, monkeypatch):
    _check(monkeypatch, *CASES[name])


@pytest.mark.parametrize("name", UPDATES)
def test_update_refused(name, monkeypatch):
    _check(monkeypatch, *UPDATES[name])
