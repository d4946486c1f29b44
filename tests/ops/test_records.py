"""Every op record: values, both executors, static shapes, gradients, GraphDef, errors.

Records are data in records_<family>.py, found by listing this directory.
"""

import importlib
import pathlib
import re

import numpy as np
import pytest

import headrace as tf
from headrace import testing
from tests.ops.record import Record, as_array, masks


def all_records():
    for path in sorted(pathlib.Path(__file__).parent.glob("records_*.py")):
        module = importlib.import_module(f"tests.ops.{path.stem}")
        for place, record in enumerate(module.RECORDS):
            assert type(record).__name__ == Record.__name__, f"{path.stem}[{place}] is no Record"
            label = f"{path.stem[8:]}-{record.op}{'-' + record.name if record.name else ''}"
            yield pytest.param(record, id=f"{label}-{place}")


RECORDS = list(all_records())
each = pytest.mark.parametrize("record", RECORDS)


class Case:
    """A record built in a fresh graph on placeholders of the given static shapes."""

    def __init__(self, record, arrays, shapes=None):
        self.graph = tf.Graph()
        shapes = [a.shape for a in arrays] if shapes is None else shapes
        with self.graph.as_default():
            tf.set_random_seed(1)
            self.placeholders = [
                tf.placeholder(tf.string if a.dtype == object else a.dtype, shape)
                for a, shape in zip(arrays, shapes, strict=True)
            ]
            self.result = record.build(tf, *self.placeholders)
        self.feed = dict(zip(self.placeholders, arrays, strict=True))

    def session(self):
        with self.graph.as_default():
            todo = [v.initializer for v in tf.global_variables() + tf.local_variables()]
            todo += tf.get_collection(tf.GraphKeys.TABLE_INITIALIZERS)
        session = tf.Session(graph=self.graph)
        if todo:
            session.run(todo)
        return session

    def tensors(self):
        out = []
        for item in tf.nest.flatten(self.result) if not is_leaf(self.result) else [self.result]:
            if isinstance(item, tf.Operation):
                continue
            parts = (item.values, item.indices) if isinstance(item, tf.IndexedSlices) else (item,)
            if isinstance(item, tf.SparseTensor):
                parts = (item.indices, item.values, item.dense_shape)
            out += [tf.convert_to_tensor(p) if not isinstance(p, tf.Tensor) else p for p in parts]
        return out

    def run(self):
        with self.graph.as_default():
            tensors = self.tensors()
        with self.session() as session:
            if not tensors:
                session.run(self.result, self.feed)
            return [np.asarray(v) for v in session.run(tensors, self.feed)]


def is_leaf(value):
    return isinstance(value, (tf.Tensor, tf.Operation, tf.IndexedSlices, tf.SparseTensor))


def flat(value):
    return list(value) if isinstance(value, (list, tuple)) else [value]


@each
def test_value(record):
    """The interpreter's values are the oracle's, with the static dtypes."""
    case = Case(record, record.arrays())
    assert record.op in {op.type for op in case.graph.get_operations()}, (
        f"the builder made no {record.op} but {[op.type for op in case.graph.get_operations()]}"
    )
    got = case.run()
    with case.graph.as_default():
        tensors = case.tensors()
    for tensor, value in zip(tensors, got, strict=True):
        wanted = np.dtype(tensor.dtype.as_numpy_dtype)
        assert value.dtype == wanted or tensor.dtype == tf.string, (
            f"{tensor.name} is {wanted}, its value {value.dtype}"
        )
    if record.oracle is None:
        return
    expected = flat(record.oracle(*record.arrays()))
    assert len(expected) == len(got), f"{len(expected)} values expected, got {len(got)}"
    for e, g in zip(expected, got, strict=True):
        e = as_array(e)
        assert e.shape == g.shape, f"shape {e.shape} expected, got {g.shape}"
        if g.dtype.kind in "fcV":
            wide = np.complex128 if g.dtype.kind == "c" else np.float64
            np.testing.assert_allclose(
                g.astype(wide), e.astype(wide), rtol=record.rtol, atol=record.atol
            )
        else:
            np.testing.assert_array_equal(g, e)


@pytest.mark.xla
@each
def test_compiled(record):
    """XLA gives what the interpreter gives."""
    if "xla" in record.limits:
        pytest.skip(record.limits["xla"])
    case = Case(record, record.arrays())
    expected = case.run()
    with case.graph.as_default():
        tensors = case.tensors()
    with case.session() as session:
        try:
            got = testing.run_compiled(session, tensors, case.feed)
        except testing.NotCompiled as reason:
            ops = case.graph.get_operations()
            text = any(t.dtype.base_dtype == tf.string for op in ops for t in op.outputs)
            if testing.compiles() and not text and not any(op.spec.host_only for op in ops):
                raise
            pytest.skip(str(reason))
    for e, g in zip(expected, got, strict=True):
        testing.compare(e, np.asarray(g), record.rtol, record.atol)


@pytest.mark.slow
@each
def test_static_shape(record):
    """Whatever is unknown about the inputs, the static shape agrees with the value's."""
    arrays = record.arrays()
    if "shapes" in record.limits or not arrays:
        pytest.skip(record.limits.get("shapes", "no inputs"))
    for shapes in [None, *masks([a.shape for a in arrays])]:
        case = Case(record, arrays, shapes)
        with case.graph.as_default():
            tensors = case.tensors()
        for tensor, value in zip(tensors, case.run(), strict=True):
            assert tensor.shape.is_compatible_with(value.shape), (
                f"{tensor.name} is {tensor.shape} for inputs {shapes}, its value {value.shape}"
            )


@pytest.mark.slow
@each
def test_gradient(record):
    """Gradients agree with finite differences."""
    if not record.grad:
        pytest.skip("no gradient to check")
    arrays = record.arrays()
    for i, a in enumerate(arrays):
        if a.dtype == np.float32:
            arrays[i] = a.astype(np.float64)
        elif a.dtype == np.complex64:
            arrays[i] = a.astype(np.complex128)
    case = Case(record, arrays)
    xs = [case.placeholders[i] for i in record.grad]
    rtol = record.limits.get("grad_rtol", 1e-4)
    with case.graph.as_default():
        outputs = [t for t in case.tensors() if t.dtype.is_floating or t.dtype.is_complex]
    assert outputs, "no output of a floating type to differentiate"
    with case.session() as session:
        for y in outputs:
            testing.check_gradients(
                session, y, xs, case.feed, rtol=rtol, atol=1e-6, order=record.grad_order
            )


@pytest.mark.slow
@each
def test_graph_def(record):
    """The graph survives GraphDef: the same nodes, the same values."""
    if "graph_def" in record.limits:
        pytest.skip(record.limits["graph_def"])
    case = Case(record, record.arrays())
    with case.graph.as_default():
        tensors = case.tensors()
    expected = case.run()
    graph_def = case.graph.as_graph_def()
    if not hasattr(tf, "import_graph_def"):
        pytest.skip("this build cannot import graphs")
    again = tf.Graph()
    with again.as_default():
        tf.import_graph_def(graph_def, name="")
    assert again.as_graph_def() == graph_def
    if any(op.type.startswith(("Variable", "VarHandle")) for op in again.get_operations()):
        return
    feed = {p.name: a for p, a in case.feed.items()}
    with tf.Session(graph=again) as session:
        for e, g in zip(expected, session.run([t.name for t in tensors], feed), strict=True):
            testing.compare(e, np.asarray(g), 1e-6, 1e-6)


@each
def test_errors(record):
    """Bad inputs are refused, when building or when running, with the message that helps."""
    if not record.bad_build and not record.bad_run:
        pytest.skip("no bad inputs")
    for inputs, error, pattern in record.bad_build:
        with pytest.raises(error) as caught:
            Case(record, [as_array(x) for x in inputs])
        assert re.search(pattern, str(caught.value)), f"{pattern!r} not in: {caught.value}"
    for inputs, error, pattern in record.bad_run:
        error = getattr(tf.errors, error) if isinstance(error, str) else error
        arrays = [as_array(x) for x in inputs]
        case = Case(record, arrays, [None] * len(arrays))
        with pytest.raises(error) as caught:
            case.run()
        assert re.search(pattern, str(caught.value)), f"{pattern!r} not in: {caught.value}"
