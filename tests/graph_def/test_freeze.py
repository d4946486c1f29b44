"""Variables become constants also where functions read them."""

import numpy as np
import pytest

import headrace as tf

X = np.sin(np.arange(24.0)).reshape(2, 4, 3).astype(np.float32)


def frozen(build, name="out"):
    """What `build` computes before and after its variables have become constants."""
    with tf.Graph().as_default() as graph:
        x = tf.placeholder(tf.float32, [2, None, 3], name="x")
        tf.identity(build(x), name=name)
        with tf.Session() as session:
            session.run(tf.global_variables_initializer())
            before = session.run(f"{name}:0", {"x:0": X})
            made = tf.graph_util.convert_variables_to_constants(
                session, graph.as_graph_def(), [name]
            )
    ops = {n.op for n in made.node} | {n.op for f in made.library.function for n in f.node_def}
    assert not ops & {"VariableV2", "VarHandleOp"}
    with tf.Graph().as_default() as graph:
        tf.import_graph_def(made, name="")
    with tf.Session(graph=graph) as session:
        return before, session.run(f"{name}:0", {"x:0": X}), graph


@pytest.mark.parametrize("use_resource", [False, True])
def test_a_recurrent_network(use_resource):
    """The loop of dynamic_rnn takes the values of weights in place of handles."""

    def build(x):
        with tf.variable_scope("net", use_resource=use_resource):
            cell = tf.nn.rnn_cell.GRUCell(4)
            return tf.nn.dynamic_rnn(cell, x, sequence_length=[4, 2], dtype=tf.float32)[0]

    before, after, _ = frozen(build)
    np.testing.assert_allclose(after, before, rtol=1e-6)


def test_conditions_loops_and_gathers():
    """Reads and gathers in conditions in loops are converted, whichever branch has them."""

    def build(x):
        v = tf.get_variable("v", [5, 3], use_resource=True)
        w = tf.get_variable("w", [3], use_resource=True)

        def step(i, a):
            a = tf.cond(
                tf.equal(i % 2, 0),
                lambda: a + tf.nn.embedding_lookup(v, i),
                lambda: tf.cond(i > 2, lambda: a * w, lambda: a - w),
            )
            return i + 1, a

        return tf.while_loop(lambda i, a: i < 4, step, [0, tf.reduce_sum(x, 1)])[1]

    before, after, graph = frozen(build)
    np.testing.assert_allclose(after, before, rtol=1e-6)
    names = [f for f in graph._functions if f.endswith("_frozen")]
    assert len(names) >= 4


def test_a_function_that_changes_a_variable_is_named():
    """What assigns to a variable cannot become constant."""

    def build(x):
        w = tf.get_variable("w", [], use_resource=True)

        def step(i):
            with tf.control_dependencies([w.assign_add(1.0)]):
                return i + 1

        return tf.while_loop(lambda i: i < 3, step, [0]) + tf.cast(w, tf.int32)

    with pytest.raises(ValueError, match=r"\(AssignAddVariableOp\) uses the variable"):
        frozen(build)
