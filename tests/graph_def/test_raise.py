"""GraphDefs that 1.15 writes by default: imported, raised, and run on both executors.

The truth is in golden/, written by record_goldens.py.
"""

import json
import pathlib

import numpy as np
import pytest

import headrace as tf

pytestmark = pytest.mark.slow

GOLDEN = pathlib.Path(__file__).parent / "golden"
CASES = sorted(p.stem for p in GOLDEN.glob("*.json"))
OLD = {
    "Switch", "Merge", "Enter", "Exit", "NextIteration", "LoopCond", "RefSwitch", "RefMerge",
    "RefEnter", "RefExit", "RefNextIteration", "ControlTrigger",
}  # fmt: skip


def imported(case):
    graph_def = tf.GraphDef.FromString((GOLDEN / f"{case}.pb").read_bytes())
    with tf.Graph().as_default() as graph:
        tf.import_graph_def(graph_def, name="")
    return graph_def, graph


def array(value):
    made = np.array(value["values"], value["dtype"])
    return made.reshape(value["shape"])


@pytest.mark.parametrize("jit", ["off", "always"])
@pytest.mark.parametrize("case", CASES)
def test_raised_graphs_give_the_values_of_tensorflow(case, jit, monkeypatch):
    """Values, effects and errors are 1.15's, whether the graph is interpreted or compiled."""
    monkeypatch.setenv("HEADRACE_JIT", jit)
    _, graph = imported(case)
    with tf.Session(graph=graph) as session:
        if "init" in {op.name for op in graph.get_operations()}:
            session.run("init")
        for run in json.loads((GOLDEN / f"{case}.json").read_text("utf-8")):
            if "error" in run:
                with pytest.raises(tf.errors.OpError) as caught:
                    session.run(run["fetches"], run["feeds"])
                assert [type(caught.value).__name__, str(caught.value).split("\n")[0]] == run[
                    "error"
                ]
                continue
            values = session.run(run["fetches"], run["feeds"])
            for name, got, truth in zip(run["fetches"], values, run["values"], strict=True):
                if truth is None:
                    continue
                wanted = array(truth)
                assert np.asarray(got).dtype == wanted.dtype, name
                np.testing.assert_allclose(got, wanted, rtol=2e-5, atol=1e-6, err_msg=name)


@pytest.mark.parametrize("case", CASES)
def test_results_keep_their_names(case):
    """Old control flow is gone, and nodes that stood for results are there under their names."""
    graph_def, graph = imported(case)
    types = {op.type for op in graph.get_operations()}
    assert not types & OLD
    if not any(n.op == "TensorArrayGradV3" for n in graph_def.node):
        assert not any(t.startswith("TensorArray") for t in types)
    runs = json.loads((GOLDEN / f"{case}.json").read_text("utf-8"))
    for name in {f for run in runs for f in run["fetches"]}:
        assert graph.as_graph_element(name).name == name
    exported = graph.as_graph_def()
    with tf.Graph().as_default() as again:
        tf.import_graph_def(exported, name="")
    assert again.as_graph_def().node == exported.node


@pytest.mark.parametrize("case", ["nested_while", "tensor_arrays", "gradient_of_while"])
def test_seeds_of_later_operations_are_those_of_tensorflow(case):
    """The default seed of an operation is the number of nodes before it, raised or not."""
    graph_def, graph = imported(case)
    with graph.as_default():
        tf.set_random_seed(1)
        tf.random_uniform([2], name="later")
    op = graph.get_operation_by_name("later/RandomUniform")
    # The shape and the bounds come before it.
    assert op.get_attr("seed2") == len(graph_def.node) + 3
