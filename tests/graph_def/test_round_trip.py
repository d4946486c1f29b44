"""What is exported can be imported, and gives the same nodes."""

import importlib.util
import pathlib

import pytest

import headrace as tf

pytestmark = pytest.mark.slow

ROOT = pathlib.Path(__file__).parents[2]
_spec = importlib.util.spec_from_file_location("record_parity", ROOT / "scripts/record_parity.py")
recorder = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(recorder)

# One snippet in so many, so that the test takes seconds.
EVERY = 12
# Their nodes are raised.
RAISED = {"tensor_array_resources"}
SNIPPETS = [
    (family, name, code, options)
    for family in recorder.families()
    if family not in RAISED
    for name, (code, options) in recorder.load_snippets(family).items()
][::EVERY]


@pytest.mark.parametrize(
    "family, name, code, options", [pytest.param(*s, id=f"{s[0]}-{s[1]}") for s in SNIPPETS]
)
@pytest.mark.filterwarnings("ignore")
def test_exported_graphs_can_be_imported(family, name, code, options, tmp_path):
    """Nodes and functions survive; devices follow colocation, as they do in 1.15."""
    built = recorder.Built(tf, family, name, code, options, str(tmp_path))
    if built.error is not None:
        return
    graph_def = built.graph.as_graph_def()
    with tf.Graph().as_default() as graph:
        tf.import_graph_def(graph_def, name="")
    again = graph.as_graph_def()
    for node in [*graph_def.node, *again.node]:
        if "_class" in node.attr:
            node.ClearField("device")
    # 1.15 adds nodes after those they need, wherever they stand.
    assert by_name(again.node) == by_name(graph_def.node)
    assert functions(again) == functions(graph_def)


def by_name(nodes):
    return {node.name: node for node in nodes}


def functions(graph_def):
    return {f.signature.name: f for f in graph_def.library.function}


def test_values_survive():
    """A loop and a condition give the same values when they have been written and read."""
    with tf.Graph().as_default() as graph:
        x = tf.placeholder(tf.float32, [2], name="x")
        y = tf.while_loop(
            lambda i, a: i < 3,
            lambda i, a: (i + 1, tf.cond(a[0] > 1.0, lambda: a * x, lambda: a + x)),
            [0, x],
        )[1]
        tf.identity(y, name="y")
        tf.identity(tf.gradients(y, x)[0], name="dx")
    with tf.Graph().as_default() as again:
        tf.import_graph_def(graph.as_graph_def(), name="")
    results = []
    for g in (graph, again):
        with tf.Session(graph=g) as session:
            results.append([v.tolist() for v in session.run(["y:0", "dx:0"], {"x:0": [0.75, 2.0]})])
    assert results[0] == results[1]
