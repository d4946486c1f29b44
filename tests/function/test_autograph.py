"""Converted programs give in a graph what Python gives, in both executors."""

import ast
import inspect
import linecache

import numpy as np
import pytest

import headrace as tf
from headrace import testing

from .autograph_programs import PROGRAMS

pytestmark = pytest.mark.slow

CASES = [
    pytest.param(function, args, id=f"{name}-{i}")
    for name, (function, inputs) in PROGRAMS.items()
    for i, args in enumerate(inputs)
]


def as_tensors(args):
    """A tensor of which the graph does not know the value for each argument."""
    kinds = {float: np.float32, int: np.int32, bool: np.bool_}
    made = []
    for a in args:
        leaf = np.asarray(a)
        value = leaf.astype(kinds[type(leaf.ravel()[0].item())])
        made.append(tf.placeholder_with_default(value, value.shape))
    return made


def flat(value):
    return [np.asarray(v) for v in (value if isinstance(value, tuple) else (value,))]


def check(got, expected):
    for g, e in zip(flat(got), flat(expected), strict=True):
        np.testing.assert_allclose(g, e, rtol=1e-4, atol=1e-6)


def test_there_are_sixty():
    assert len(PROGRAMS) >= 60


@pytest.mark.parametrize("function, args", CASES)
def test_gives_what_python_gives(function, args):
    with tf.Graph().as_default(), tf.Session() as session:
        out = tf.function(function)(*as_tensors(args))
        check(session.run(out), function(*args))


@pytest.mark.xla
@pytest.mark.parametrize("function, args", CASES)
def test_compiled_gives_what_python_gives(function, args):
    with tf.Graph().as_default(), tf.Session() as session:
        out = tf.function(function)(*as_tensors(args))
        try:
            got = testing.run_compiled(session, out, {})
        except testing.NotCompiled as reason:
            pytest.skip(str(reason))
        check(got, function(*args))


@pytest.mark.parametrize("name", ["absolute", "collatz", "break_and_continue", "for_over_matrix"])
def test_to_graph_gives_the_same(name):
    """Outside of a tf.function, in the graph itself."""
    function, inputs = PROGRAMS[name]
    with tf.Graph().as_default(), tf.Session() as session:
        converted = tf.autograph.to_graph(function)
        check(session.run(converted(*as_tensors(inputs[0]))), function(*inputs[0]))


def test_nodes_come_from_the_users_lines():
    function = PROGRAMS["absolute"][0]
    first = inspect.getsourcelines(function)[1]
    with tf.Graph().as_default():
        converted = tf.autograph.to_graph(function)
        converted(*as_tensors((3,)))
        less = next(o for o in tf.get_default_graph().get_operations() if o.type == "Less")
    assert (less.origin.filename, less.origin.line) == (inspect.getsourcefile(function), first + 2)


def test_errors_name_the_users_line():
    @tf.function
    def fails(x):
        if x > 0:
            y = tf.matmul(x, x)
        else:
            y = x
        return y

    with tf.Graph().as_default(), pytest.raises(ValueError) as caught:
        fails(tf.placeholder(tf.float32, []))
    text = str(caught.value)
    assert text.startswith("in converted code:\n")
    first = inspect.getsourcelines(fails.python_function)[1]
    assert (
        f"{__file__}:{first + 3} if_body  *" in text or f"{__file__}:{first + 3} fails  *" in text
    )


def test_errors_in_a_statement_of_several_lines_name_its_first():
    """As 1.15 does."""

    class Model:
        def call(self, x):
            y = x + 1.0
            return tf.ones([2]) * (
                y
                + tf.matmul(y, y)
            )  # fmt: skip

    model = Model()
    with tf.Graph().as_default(), pytest.raises(ValueError) as caught:
        tf.function(model.call)(tf.placeholder(tf.float32, []))
    first = inspect.getsourcelines(Model.call)[1]
    assert f"{__file__}:{first + 2} call  *" in str(caught.value)


def test_generated_code_can_be_read_after_the_cache_of_lines_is_cleared():
    def doubled(x):
        return x + x if x > 0 else x

    first = tf.autograph.to_code(doubled)
    linecache.clearcache()
    assert tf.autograph.to_code(doubled) == first
    assert "ag__.if_exp" in first


def test_a_chain_of_comparisons_keeps_its_middle_apart():
    """The middle is in two comparisons, and is converted in each of them."""

    def between(x):
        return x if 0 < abs(x) < 3 else -x

    code = tf.autograph.to_code(between)
    assert code.count("ag__.converted_call(ag__.ld(abs), (ag__.ld(x),), None, fscope)") == 2
    with tf.Graph().as_default(), tf.Session() as session:
        out = [tf.function(between)(tf.constant(v)) for v in (2, 5, 0)]
        assert session.run(out) == [2, -5, 0]


def test_conversions_leave_malt_as_it_is():
    """Other programs that use malt get what malt does: nodes are copied into templates."""
    templates = pytest.importorskip("malt.pyct.templates")
    tf.autograph.to_code(PROGRAMS["absolute"][0])
    body = ast.parse("y = 1").body
    (made,) = templates.replace("if x: body", body=body)
    assert made.body[0] is not body[0]


def test_what_cannot_be_converted_runs_with_one_warning(monkeypatch):
    told = []
    from headrace._src.function import autograph

    monkeypatch.setattr(autograph.logging, "warning", lambda *args: told.append(args[0] % args[1:]))

    def with_else(x):
        for _ in (1, 2):
            x = x + 1
        else:
            x = x * 10
        return x

    with tf.Graph().as_default(), tf.Session() as session:
        for start in (1, 2.0):
            out = tf.function(with_else)(tf.constant(start))
            assert session.run(out) == (start + 2) * 10
    line = inspect.getsourcelines(with_else)[1]
    assert len(told) == 1
    assert f"({__file__}:{line})" in told[0]


def test_do_not_convert_leaves_a_function_as_it_is():
    @tf.autograph.experimental.do_not_convert
    def plain(x):
        return 1 if x > 0 else 2

    @tf.function
    def calls(x):
        return plain(x)

    with tf.Graph().as_default(), pytest.raises(TypeError) as caught:
        calls(tf.placeholder(tf.int32, []))
    assert "AutoGraph is disabled in this function" in str(caught.value)


def test_options_of_a_loop_have_no_effect_as_in_1_15():
    @tf.function
    def limited(n):
        i = 0
        while i < n:
            tf.autograph.experimental.set_loop_options(maximum_iterations=3, parallel_iterations=2)
            i += 1
        return i

    assert "set_loop_options" not in tf.autograph.to_code(limited.python_function)
    with tf.Graph().as_default(), tf.Session() as session:
        assert session.run(limited(tf.placeholder_with_default(10, []))) == 10


def test_features():
    every = tf.autograph.experimental.Feature.ALL

    @tf.function(experimental_autograph_options=every)
    def fills(n):
        kept = []
        tf.contrib.autograph.set_element_type(kept, tf.int32)
        for i in range(n):
            assert i < 5, "small"
            if i == 2:
                kept.append(i * 100)
            else:
                kept.append(i)
        return tf.contrib.autograph.stack(kept, tf.int32)

    with tf.Graph().as_default(), tf.Session() as session:
        assert session.run(fills(tf.placeholder_with_default(4, []))).tolist() == [0, 1, 200, 3]
        with pytest.raises(tf.errors.InvalidArgumentError, match="small"):
            session.run(fills(tf.placeholder_with_default(9, [])))


def test_print_of_tensors_prints_when_the_graph_runs(capsys):
    @tf.function(experimental_autograph_options=tf.autograph.experimental.Feature.BUILTIN_FUNCTIONS)
    def shows(x):
        print("value", x, sep="=")
        return x

    with tf.Graph().as_default(), tf.Session() as session:
        out = shows(tf.constant(3))
        assert capsys.readouterr().out == ""
        session.run(out)
    assert capsys.readouterr().out == "value=3\n"


def test_code_can_be_read():
    code = tf.autograph.to_code(PROGRAMS["collatz"][0])
    assert code.startswith("def tf__collatz(n):")
    assert "ag__.while_stmt" in code


def test_what_has_no_source_is_refused():
    made = {}
    exec("def f(x):\n    return x", made)
    with pytest.raises(tf.contrib.autograph.AutoGraphError, match="converting"):
        tf.autograph.to_graph(made["f"])
