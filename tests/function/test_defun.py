"""Functions of the graph: what TensorFlow 1.15 gets wrong or names after itself."""

import numpy as np
import pytest

import headrace as tf
from headrace._src.function import defun, functional_ops


def run(fetches):
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        return session.run(fetches)


@pytest.fixture(autouse=True)
def graph():
    with tf.Graph().as_default() as made:
        yield made


def power(x, y):
    """(x y^3)^2 by a loop and a condition."""
    y = tf.reshape(y, [])
    _, z = tf.while_loop(lambda i, _: i < 3, lambda i, z: (i + 1, z * y), (0, tf.reshape(x, [])))
    return tf.cond(z > 0.0, lambda: z * z, lambda: -z)


def test_gradients_go_through_loops_and_conditions_in_functions():
    """TensorFlow 1.15 gives zeros; the functions in the body are copied, not changed."""
    fn = defun.Defun(tf.float32, tf.float32, func_name="Power")(power)
    x, y = tf.constant(2.0), tf.constant(3.0)
    value = fn(x, y)
    dx, dy = tf.gradients(value, [x, y])
    again = fn(x, y)
    np.testing.assert_allclose(run([value, dx, dy, again]), [2916.0, 2916.0, 5832.0, 2916.0])


def test_the_same_function_has_the_same_name_everywhere():
    """A name made from the Python name ends in a digest of the body."""
    fns = [defun.Defun(tf.float32)(power_of) for power_of in (square, square, cube)]
    names = [fn.name for fn in fns]
    assert names[0] == names[1] != names[2]
    assert names[0].startswith("square_")


def square(x):
    return x * x


def cube(x):
    return x * x * x


def test_definition_names_nested_functions():
    """GraphDef holds the functions with attrs, and which computes the gradients of which."""
    back = defun.Defun(tf.float32, tf.float32, func_name="Back")(lambda x, dy: dy * x)
    inner = defun.Defun(tf.float32, func_name="Inner", grad_func=back, noinline=True)(square)
    outer = defun.Defun(tf.float32, func_name="Outer")(lambda x: inner(x) + 1.0)
    outer(2.0)
    library = tf.get_default_graph().as_graph_def().library
    functions = {f.signature.name: f for f in library.function}
    assert set(functions) == {"Back", "Inner", "Outer"}
    assert functions["Inner"].attr["_noinline"].b
    assert [n.op for n in functions["Outer"].node_def] == ["Inner", "Const", "AddV2"]
    assert [(g.function_name, g.gradient_func) for g in library.gradient] == [("Inner", "Back")]


def test_functions_with_effects_run_for_their_effects():
    """A call without results runs when it is fetched or waited for."""
    v = tf.get_variable("v", initializer=1.0, use_resource=True)

    @defun.Defun(func_name="Bump", capture_resource_var_by_value=False)
    def bump():
        tf.get_default_graph()
        v.assign_add(10.0)

    with tf.control_dependencies([bump()]):
        value = v.read_value()
    assert run(value) == 11.0


def test_two_functions_of_one_name_are_refused():
    """Calls name their function, so a graph has one of a name."""
    defun.Defun(tf.float32, func_name="Same")(square)(1.0)
    with pytest.raises(ValueError, match="Cannot add function 'Same'"):
        defun.Defun(tf.float32, func_name="Same")(cube)(1.0)


def test_loops_that_do_not_count_have_no_gradient():
    """TensorFlow 1.15 takes the first value for the number of iterations, and is wrong."""
    loop = [
        defun.Defun(tf.int32, tf.int32, tf.float32, func_name="Cond")(lambda i, n, x: i < n),
        defun.Defun(tf.int32, tf.int32, tf.float32, func_name="Body")(
            lambda i, n, x: (i + 2, n, x * 2.0)
        ),
    ]
    x = tf.constant(1.0)
    values = functional_ops.While([tf.constant(0), tf.constant(4), x], *loop)
    assert run(values[2]) == 4.0
    with pytest.raises(LookupError, match="No gradient defined for operation 'While'"):
        tf.gradients(values[2], x)


def test_bodies_of_for_get_every_number():
    """A For that counts nothing gives its inputs."""
    body = defun.Defun(tf.int32, tf.float32, func_name="B")(lambda i, x: x + tf.cast(i, tf.float32))
    one = tf.constant(1.0)
    got = run([functional_ops.For(0, n, 1, [one], body)[0] for n in (0, 1, 4)])
    assert got == [1.0, 1.0, 7.0]
