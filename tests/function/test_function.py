"""tf.function inside a graph: tracing, methods, variables, warnings, errors."""

import gc
import inspect
import threading
import weakref

import numpy as np
import pytest

import headrace as tf
from headrace import testing
from headrace._src.core import errors
from headrace._src.function import eager, tracing


@pytest.fixture(autouse=True)
def graph():
    with tf.Graph().as_default() as g:
        yield g


@pytest.fixture
def session(graph):
    with tf.Session(graph=graph) as s:
        yield s


def test_python_effects_happen_while_tracing_only(session):
    seen = []

    @tf.function
    def f(x):
        seen.append(x)
        return x + 1

    out = f(tf.constant(1))
    assert [session.run(out) for _ in range(3)] == [2, 2, 2]
    f(tf.constant(5))
    assert len(seen) == 1


def test_each_object_has_a_function_of_its_own(session):
    class Layer:
        def __init__(self, scale):
            self.scale = scale

        @tf.function
        def call(self, x):
            return x * self.scale

    a, b = Layer(2.0), Layer(3.0)
    assert a.call is a.call
    assert a.call is not b.call
    assert session.run([a.call(tf.constant(1.0)), b.call(tf.constant(1.0))]) == [2.0, 3.0]
    gone = weakref.ref(a)
    del a
    gc.collect()
    assert gone() is None


def test_a_method_keeps_its_input_signature(session):
    class Layer:
        @tf.function(input_signature=[tf.TensorSpec([None], tf.float32)])
        def call(self, x):
            return x * 2.0

    layer = Layer()
    out = [layer.call([1.0]), layer.call(np.float32([1, 2]))]
    assert [v.tolist() for v in session.run(out)] == [[2.0], [2.0, 4.0]]
    first = layer.call.get_concrete_function()
    assert [t.shape.as_list() for t in first.inputs] == [[None]]


def test_variables_are_made_once_and_shared(session):
    kept = []

    @tf.function
    def count(x):
        if not kept:
            kept.append(tf.Variable(10.0))
        kept[0].assign_add(x)
        return kept[0].read_value()

    first = count(tf.constant(1.0))
    with tf.control_dependencies([first]):
        second = count(tf.constant(5.0))
    session.run(tf.global_variables_initializer())
    assert session.run([first, second]) == [11.0, 16.0]
    assert session.run(kept[0]) == 16.0
    assert len(kept) == 1


def test_a_variable_that_depends_on_an_argument_is_refused():
    kept = []

    @tf.function
    def f(x):
        if not kept:
            kept.append(tf.Variable(x))
        return kept[0]

    with pytest.raises(Exception, match="depends transitively on placeholder"):
        f(tf.constant(1.0))


def test_variables_only_on_the_first_call():
    @tf.function
    def f(x):
        if x.dtype == tf.int32:
            tf.Variable(1.0)
        return x

    f(tf.constant(1.0))
    with pytest.raises(ValueError, match="Creating variables on a non-first call"):
        f(tf.constant(1))


def test_effects_run_in_the_order_of_the_program(session):
    v = tf.Variable(1.0, use_resource=True)

    @tf.function
    def f():
        v.assign_add(1.0)
        before = v * 1.0
        v.assign(v * 10.0)
        v.assign_sub(3.0)
        return before, v.read_value()

    out = f()
    for _ in range(20):
        session.run(v.initializer)
        assert session.run(out) == (2.0, 17.0)


def test_effects_run_even_if_no_result_needs_them(session):
    v = tf.Variable(1.0, use_resource=True)

    @tf.function
    def f(x):
        v.assign(5.0)
        return x

    session.run(v.initializer)
    session.run(f(tf.constant(0)))
    assert session.run(v) == 5.0


@pytest.mark.xla
def test_both_executors_agree(session):
    @tf.function
    def inner(x, n):
        for i in tf.range(n):
            x = x * 1.1 + tf.cast(i, tf.float32)
        return x

    @tf.function
    def outer(x):
        return tf.reduce_sum(inner(x, 3)) + tf.reduce_sum(inner(x, tf.constant(4)))

    x = tf.placeholder_with_default(np.float32([1, 2, 3]), [3])
    y = outer(x)
    testing.check_both(session, [y, tf.gradients(y, x)[0]])


def test_gradients_of_one_call_leave_the_others_alone(session):
    @tf.function
    def f(x):
        return tf.sin(x) * x

    x = tf.constant(2.0)
    a, b = f(x), f(x)
    (g,) = tf.gradients(a, x)
    assert len(a.op.outputs) > 1
    assert len(b.op.outputs) == 1
    expected = np.sin(2.0) + 2.0 * np.cos(2.0)
    np.testing.assert_allclose(session.run([a, b, g]), [np.sin(2.0) * 2] * 2 + [expected], 1e-6)


def test_three_orders_of_gradients(session):
    @tf.function
    def f(x):
        return x * x * x * x

    x = tf.constant(2.0)
    y, found = f(x), []
    for _ in range(3):
        y = tf.gradients(y, x)[0]
        found.append(y)
    np.testing.assert_allclose(session.run(found), [32.0, 48.0, 48.0])


def test_a_stored_graph_has_the_functions(graph):
    @tf.function
    def f(x):
        return x * 2.0 if x > 0 else x

    x = tf.placeholder_with_default(3.0, [], name="x")
    tf.gradients(f(x), x)
    stored = graph.as_graph_def()
    named = {g.signature.name for g in stored.library.function}
    calls = [n for n in stored.node if n.op == "PartitionedCall"]
    assert len(calls) == 2
    assert {n.attr["f"].func.name for n in calls} <= named
    assert any(name.startswith("__forward_f_") for name in named)


def test_many_traces_are_told_once(monkeypatch):
    told = []
    monkeypatch.setattr(tracing.logging, "warning", lambda *a: told.append(a[0] % a[1:]))

    @tf.function
    def f(x, step):
        return x + step

    for step in range(12):
        f(tf.constant(1), step)
    assert len(told) == 1
    assert "'step' (before: 4, now: 5)" in told[0]


def test_a_leaked_tensor_is_named_with_its_function_and_line():
    kept = []

    @tf.function
    def f(n):
        for i in tf.range(n):
            kept.append(i)
        return kept[0]

    with pytest.raises(errors.InaccessibleTensorError) as caught:
        f(tf.constant(3))
    line = inspect.getsourcelines(f.python_function)[1] + 2
    assert f"at {__file__}:{line}" in str(caught.value)
    assert "while_body" in str(caught.value)


def test_what_cannot_be_hashed_is_refused():
    @tf.function
    def f(x, k):
        return x

    with pytest.raises(AttributeError, match="must be hashable"):
        f(tf.constant(1), {1, 2})


def test_functions_are_traced_in_threads(graph):
    count = []

    @tf.function
    def f(x):
        count.append(1)
        return x + 1

    outs = []

    def work():
        with graph.as_default():
            outs.append(f(tf.constant(1)))

    f(tf.constant(0))
    workers = [threading.Thread(target=work) for _ in range(8)]
    for w in workers:
        w.start()
    for w in workers:
        w.join()
    assert len(count) == 1
    with tf.Session(graph=graph) as s:
        assert s.run(outs) == [2] * 8


def test_functions_may_run_as_plain_python(session):
    @tf.function
    def f(x):
        return x + 1

    tf.config.experimental_run_functions_eagerly(True)
    try:
        assert f(tf.constant(1)).op.type == "AddV2"
    finally:
        tf.config.experimental_run_functions_eagerly(False)


def test_attributes_of_the_function():
    def f(x, y=1):
        """Says something."""
        return x

    made = tf.function(f, experimental_compile=True)
    assert made.python_function is f
    assert made.__name__ == "f"
    assert made.__doc__ == "Says something."
    assert made.input_signature is None
    assert made.function_spec.arg_names == ["x", "y"]
    concrete = made.get_concrete_function(tf.constant(1))
    assert concrete.function_def.attr["_XlaCompile"].b


def test_traces_of_a_deleted_graph_are_not_used():
    @tf.function
    def f(x):
        return x + 1

    for value in (1, 2, 3):
        with tf.Graph().as_default(), tf.Session() as s:
            assert s.run(f(tf.constant(value))) == value + 1


def test_a_leaked_tensor_is_told_with_its_function_and_line():
    """The first line of the error is 1.15's; the second one says where the tensor comes from."""
    kept = []

    @tf.function
    def leaks(x):
        kept.append(x + 1)
        return x

    leaks(tf.constant(1))
    line = leaks.python_function.__code__.co_firstlineno + 2
    with eager.shared().as_default(), pytest.raises(TypeError) as caught:
        tf.constant(1) + kept[0]
    first, second, *_ = str(caught.value).split("\n")
    assert first == "An op outside of the function building code is being passed"
    assert "the function 'leaks'" in second
    assert f"test_function.py:{line}." in second


def test_a_second_gradient_of_a_call_that_kept_a_handle(session):
    """The first gradient makes the call give a handle, which has no gradient of its own."""
    r = tf.Variable(2.0, use_resource=True)

    @tf.function
    def f(x):
        if x > 100.0:
            return x * 0.0
        return x * r

    x = tf.constant(3.0)
    y = f(x)
    first = tf.gradients(y, [r, x])
    second = tf.gradients(y * 2.0, [r, x])
    session.run(r.initializer)
    assert session.run([first, second]) == [[3.0, 2.0], [6.0, 4.0]]


def test_a_gradient_of_the_program_may_use_what_the_function_computed():
    """The body of a gradient holds a copy of the function: the program's closure means that."""
    with eager.shared().as_default():

        @tf.custom_gradient
        def square(x):
            twice = x * 2.0
            return x * x, lambda dy: dy * twice

        x = tf.constant(3.0)
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = tf.function(square)(x)
        assert tape.gradient(y, x).numpy() == 6.0


def test_imported_operations_are_executed():
    """In eager mode the nodes of a GraphDef are executed as they are added."""
    with tf.Graph().as_default() as graph:
        tf.multiply(tf.constant([1.0, 2.0]), 3.0, name="y")
    with eager.shared().as_default():
        (y,) = tf.import_graph_def(graph.as_graph_def(), return_elements=["y:0"])
        np.testing.assert_array_equal(y.numpy(), [3.0, 6.0])
