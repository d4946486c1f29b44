"""Arrangements of old control flow that programs do not usually write, and those refused."""

import numpy as np
import pytest

import headrace as tf

F, B, I = (t.as_datatype_enum for t in (tf.float32, tf.bool, tf.int32))  # noqa: E741


class Nodes:
    """Writes a GraphDef node by node."""

    def __init__(self):
        self.graph_def = tf.GraphDef()

    def add(self, op, name, *inputs, **attrs):
        node = self.graph_def.node.add(op=op, name=name)
        node.input.extend(inputs)
        for key, value in attrs.items():
            attr = node.attr[key]
            if key in ("T", "dtype", "SrcT", "DstT"):
                attr.type = value
            elif isinstance(value, bool):
                attr.b = value
            elif isinstance(value, int):
                attr.i = value
            elif isinstance(value, str):
                attr.s = value.encode()
            else:
                attr.tensor.CopyFrom(tf.make_tensor_proto(value))
        return name

    def source(self, name, dtype=F):
        return self.add("Placeholder", name, dtype=dtype)

    def const(self, name, value, *controls):
        array = np.asarray(value)
        dtype = tf.as_dtype(array.dtype).as_datatype_enum
        return self.add("Const", name, *controls, dtype=dtype, value=array)

    def enter(self, name, x, frame, constant=False, dtype=F):
        return self.add(
            "Enter",
            name,
            x,
            T=dtype,
            frame_name=frame,
            is_constant=constant,
            parallel_iterations=10,
        )

    def loop(self, scope, start, limit, step="Add"):
        """A loop that adds `limit` to its variable while it is smaller than it."""
        s = f"{scope}/"
        self.enter(s + "enter", start, s)
        self.enter(s + "limit", limit, s, True)
        self.add("Merge", s + "merge", s + "enter", s + "next", T=F, N=2)
        self.add("Less", s + "less", s + "merge", s + "limit", T=F)
        self.add("LoopCond", s + "cond", s + "less")
        self.add("Switch", s + "switch", s + "merge", s + "cond", T=F)
        self.add(step, s + "step", s + "switch:1", s + "limit", T=F)
        self.add("NextIteration", s + "next", s + "step", T=F)
        return self.add("Exit", s + "exit", s + "switch", T=F)

    def run(self, fetches, feeds):
        with tf.Graph().as_default() as graph:
            tf.import_graph_def(self.graph_def, name="")
        with tf.Session(graph=graph) as session:
            return session.run(fetches, feeds)

    def refused(self):
        with tf.Graph().as_default() as graph:
            with pytest.raises(ValueError) as caught:
                tf.import_graph_def(self.graph_def, name="")
            assert not graph.get_operations()
        return str(caught.value)


@pytest.fixture
def nodes():
    return Nodes()


def test_a_merge_of_three(nodes):
    """A merge of more than two inputs asks one predicate after another, and says which it took."""
    x, p, q = nodes.source("x"), nodes.source("p", B), nodes.source("q", B)
    nodes.add("Switch", "sp", x, p, T=F)
    nodes.add("Switch", "qp", q, p, T=B)
    nodes.add("Switch", "sq", "sp", "qp", T=F)
    nodes.add("Neg", "a", "sp:1", T=F)
    nodes.add("Exp", "b", "sq", T=F)
    nodes.add("Square", "c", "sq:1", T=F)
    nodes.add("Merge", "m", "c", "a", "b", T=F, N=3)
    nodes.add("Cast", "which", "m:1", SrcT=I, DstT=F)
    for p, q, wanted in (
        (True, True, (-2, 1)),
        (False, False, (np.exp(2), 2)),
        (False, True, (4, 0)),
    ):
        got = nodes.run(["m:0", "which:0"], {"x:0": 2.0, "p:0": p, "q:0": q})
        np.testing.assert_allclose(got, wanted, rtol=1e-6)
    assert nodes.run("m:1", {"x:0": 2.0, "p:0": True, "q:0": True}) == 1


def test_what_is_never_executed_is_left_out(nodes):
    """What needs a predicate to be true and false is dead, and a merge hands on the other input."""
    x, p = nodes.source("x"), nodes.source("p", B)
    nodes.add("Switch", "s", x, p, T=F)
    nodes.add("Switch", "dead", "s:1", p, T=F)
    nodes.add("Neg", "a", "dead", T=F)
    nodes.add("Exp", "b", "dead:1", T=F)
    nodes.add("Merge", "inner", "a", "b", T=F, N=2)
    nodes.add("Merge", "m", "s", "inner", T=F, N=2)
    assert nodes.run("m:0", {"x:0": 0.0, "p:0": True}) == 1.0
    assert nodes.run("m:0", {"x:0": 3.0, "p:0": False}) == 3.0


def test_effects_that_nothing_merges_happen_when_asked_for(nodes):
    """An operation with effects under conditions can be run by its name."""
    p, q = nodes.source("p", B), nodes.source("q", B)
    nodes.const("one", np.float32(1.0))
    var = nodes.add("VarHandleOp", "v", dtype=F, shared_name="v")
    nodes.graph_def.node[-1].attr["shape"].shape.SetInParent()
    nodes.add("AssignVariableOp", "set", var, "one", dtype=F)
    nodes.add("ReadVariableOp", "read", var, dtype=F)
    nodes.add("Switch", "sp", "one", p, T=F)
    nodes.add("Switch", "qp", q, p, T=B)
    nodes.add("Switch", "sq", "sp:1", "qp:1", T=F)
    nodes.add("AssignAddVariableOp", "add", var, "sq", dtype=F)
    with tf.Graph().as_default() as graph:
        tf.import_graph_def(nodes.graph_def, name="")
    with tf.Session(graph=graph) as session:
        session.run("set")
        for p, q, wanted in (
            (True, False, 2),
            (True, True, 2),
            (False, False, 2),
            (True, False, 3),
        ):
            session.run("add", {"p:0": p, "q:0": q})
            assert session.run("read:0") == wanted


def test_effects_shared_by_results_happen_once(nodes):
    """Two results in different scopes that need one operation with effects share a condition."""
    p = nodes.source("p", B)
    nodes.const("one", np.float32(1.0))
    var = nodes.add("VarHandleOp", "v", dtype=F, shared_name="v")
    nodes.graph_def.node[-1].attr["shape"].shape.SetInParent()
    nodes.add("AssignVariableOp", "set", var, "one", dtype=F)
    nodes.add("ReadVariableOp", "read", var, dtype=F)
    nodes.add("Switch", "sp", "one", p, T=F)
    nodes.add("AssignAddVariableOp", "add", var, "sp:1", dtype=F)
    for scope in "ab":
        nodes.add("Identity", f"{scope}/t", "sp:1", "^add", T=F)
        nodes.add("Neg", f"{scope}/f", "sp", T=F)
        nodes.add("Merge", f"{scope}/m", f"{scope}/f", f"{scope}/t", T=F, N=2)
    with tf.Graph().as_default() as graph:
        tf.import_graph_def(nodes.graph_def, name="")
    assert sum(op.type == "If" for op in graph.get_operations()) == 1
    with tf.Session(graph=graph) as session:
        session.run("set")
        assert session.run(["a/m:0", "b/m:0"], {"p:0": True}) == [1.0, 1.0]
        assert session.run("read:0") == 2.0


def test_one_condition_after_another(nodes):
    """Merges in one scope on one predicate that need each other become conditions in a row."""
    x, p = nodes.source("x"), nodes.source("p", B)
    for i in range(3):
        nodes.add("Switch", f"s{i}", x, p, T=F)
        nodes.add("Neg", f"a{i}", f"s{i}", T=F)
        nodes.add("Merge", f"m{i}", f"a{i}", f"s{i}:1", T=F, N=2)
        nodes.const(f"c{i}", np.float32(i))
        x = nodes.add("Add", f"y{i}", f"m{i}", f"c{i}", T=F)
    assert nodes.run("y2:0", {"x:0": 5.0, "p:0": True}) == 8.0
    assert nodes.run("y2:0", {"x:0": 5.0, "p:0": False}) == -(-(-5.0 + 0) + 1) + 2


def test_a_loop_hands_an_invariant_out(nodes):
    """An exit may give what the loop does not change."""
    nodes.loop("l", nodes.source("x"), nodes.source("n"))
    nodes.add("Switch", "l/s2", "l/limit", "l/cond", T=F)
    nodes.add("Exit", "l/out", "l/s2", T=F)
    assert nodes.run(["l/exit:0", "l/out:0"], {"x:0": 0.5, "n:0": 2.0}) == [2.5, 2.0]


def test_loops_in_a_row_and_inside_each_other(nodes):
    """A loop's result starts another loop, and loops may be invariants of loops."""
    x, n = nodes.source("x"), nodes.source("n")
    first = nodes.loop("a", x, n)
    nodes.loop("b", x, nodes.add("Add", "sum", first, n, T=F))
    assert nodes.run("b/exit:0", {"x:0": 0.5, "n:0": 2.0}) == 5.0


def test_the_condition_and_the_body_may_share_what_has_no_effects(nodes):
    """A value of the condition used by the body is computed in both."""
    x, n = nodes.source("x"), nodes.source("n")
    nodes.loop("l", x, n)
    nodes.add("Cast", "l/as_number", "l/less", SrcT=B, DstT=F)
    nodes.graph_def.node[[v.name for v in nodes.graph_def.node].index("l/step")].input[1] = (
        "l/as_number"
    )
    assert nodes.run("l/exit:0", {"x:0": 0.5, "n:0": 2.0}) == 2.5


def test_gradients_go_through_raised_graphs(nodes):
    """A raised loop in a raised condition can be differentiated."""
    x, n, p = nodes.source("x"), nodes.source("n"), nodes.source("p", B)
    nodes.add("Switch", "c/x", x, p, T=F)
    nodes.add("Switch", "c/n", n, p, T=F)
    out = nodes.loop("c/l", "c/x:1", "c/n:1")
    nodes.add("Square", "c/sq", out, T=F)
    nodes.add("Mul", "c/mul", "c/x", "c/n", T=F)
    nodes.add("Merge", "c/Merge", "c/mul", "c/sq", T=F, N=2)
    with tf.Graph().as_default() as graph:
        x, n, y = tf.import_graph_def(
            nodes.graph_def, name="", return_elements=["x:0", "n:0", "c/Merge:0"]
        )
        grads = tf.gradients(y, [x, n])
    with tf.Session(graph=graph) as session:
        feeds = {"x:0": 0.5, "n:0": 2.0, "p:0": True}
        np.testing.assert_allclose(session.run(grads, feeds), [5.0, 5.0])
        feeds["p:0"] = False
        np.testing.assert_allclose(session.run(grads, feeds), [2.0, 0.5])


def test_mapped_inputs_and_prefixes(nodes):
    """Raised nodes get the prefix, and mapped inputs are captured."""
    nodes.loop("l", nodes.source("x"), nodes.source("n"))
    with tf.Graph().as_default() as graph:
        n = tf.constant(3.0)
        for _ in range(2):
            (out,) = tf.import_graph_def(
                nodes.graph_def, {"n:0": n, "x": 1.0}, return_elements=["l/exit:0"], name="m"
            )
    assert out.name == "m_1/l/exit:0"
    with tf.Session(graph=graph) as session:
        assert session.run([out, "m/l/exit:0"]) == [4.0, 4.0]


# -- what is refused -------------------------------------------------------------------------------


def test_inputs_of_different_frames(nodes):
    """A node that takes what is inside and what is outside of a loop is named."""
    nodes.loop("l", nodes.source("x"), nodes.source("n"))
    nodes.add("Add", "bad", "l/step", "x", T=F)
    assert nodes.refused().startswith(
        "{{node bad}} has inputs from different frames. The input {{node x}} is in frame ''."
    )


def test_a_loop_without_a_condition(nodes):
    """A frame without LoopCond is named."""
    nodes.loop("l", nodes.source("x"), nodes.source("n"))
    cond = next(n for n in nodes.graph_def.node if n.name == "l/cond")
    cond.op = "Identity"
    cond.attr["T"].type = B
    assert "the loop of frame 'l/' (node 'l/enter') has 0 LoopCond nodes" in nodes.refused()


def test_an_exit_outside_of_loops(nodes):
    """An exit that leaves nothing is named."""
    nodes.add("Exit", "bad", nodes.source("x"), T=F)
    assert nodes.refused() == "Node 'bad': an Exit that is in no loop"


def test_a_value_of_the_first_iteration_only(nodes):
    """What only the first iteration has cannot be used by the body."""
    nodes.loop("l", nodes.source("x"), nodes.source("n"))
    step = next(n for n in nodes.graph_def.node if n.name == "l/step")
    step.input[1] = "l/enter"
    assert "'l/enter', which has a value in the first iteration only" in nodes.refused()


def test_values_of_unrelated_conditions(nodes):
    """A node that needs two predicates that do not lie in each other is named."""
    x, p, q = nodes.source("x"), nodes.source("p", B), nodes.source("q", B)
    nodes.add("Switch", "sp", x, p, T=F)
    nodes.add("Switch", "sq", x, q, T=F)
    nodes.add("Add", "bad", "sp:1", "sq:1", T=F)
    assert nodes.refused() == (
        "Node 'bad' takes values that are there when 'p' is true and values that are there when "
        "'q' is true"
    )


def test_a_merge_of_what_is_always_there(nodes):
    """Where one input is there whenever another is, it is handed on, as 1.15 may do."""
    x, p = nodes.source("x"), nodes.source("p", B)
    nodes.add("Switch", "sp", x, p, T=F)
    nodes.add("Neg", "a", "sp:1", T=F)
    nodes.add("Exp", "b", x, T=F)
    nodes.add("Merge", "m", "a", "b", T=F, N=2)
    nodes.add("Cast", "which", "m:1", SrcT=I, DstT=F)
    for p in (True, False):
        assert nodes.run(["m:0", "which:0"], {"x:0": 0.0, "p:0": p}) == [1.0, 1.0]


@pytest.mark.parametrize("second", ["sq", "spq"])
def test_merges_that_are_no_choice(nodes, second):
    """A merge whose inputs may all be missing, or depend on two predicates, is named."""
    x, p, q = nodes.source("x"), nodes.source("p", B), nodes.source("q", B)
    nodes.add("Switch", "sp", x, p, T=F)
    nodes.add("Switch", "sq", x, q, T=F)
    nodes.add("Switch", "qp", q, p, T=B)
    nodes.add("Switch", "spq", "sp", "qp", T=F)
    nodes.add("Neg", "a", "sp:1", T=F)
    nodes.add("Merge", "bad", "a", second, T=F, N=2)
    assert nodes.refused().startswith("Node 'bad' merges ")


def test_effects_in_condition_and_body_of_a_loop(nodes):
    """An operation with effects that a loop's condition and its body need is named."""
    nodes.loop("l", nodes.source("x"), nodes.source("n"))
    nodes.add("Print", "l/print", "l/less", "l/less", T=B)
    node = nodes.graph_def.node[-1]
    node.attr["U"].list.type.append(B)
    by_name = {n.name: n for n in nodes.graph_def.node}
    by_name["l/cond"].input[0] = "l/print"
    by_name["l/next"].input.append("^l/print")
    assert nodes.refused().startswith("Node 'l/print' has effects, and both the condition and")


def test_what_is_inside_cannot_be_returned(nodes):
    """return_elements that have become part of a function are named; the graph stays as it was."""
    nodes.loop("l", nodes.source("x"), nodes.source("n"))
    with tf.Graph().as_default():
        with pytest.raises(ValueError, match="'l/step' is part of a condition or loop"):
            tf.import_graph_def(nodes.graph_def, return_elements=["l/step:0"])


def test_the_flow_of_a_tensor_array_is_no_number(nodes):
    """Arithmetic on a flow is refused, and so is a gradient array."""
    nodes.const("size", np.int32(3))
    nodes.add("TensorArrayV3", "ta", "size", dtype=F)
    nodes.add("Neg", "bad", "ta:1", T=F)
    assert nodes.refused().startswith("Node 'bad' (Neg) uses the flow of a tensor array")


def test_old_ops_cannot_be_made_by_hand():
    """No graph holds nodes of old control flow."""
    with tf.Graph().as_default() as graph:
        x, p = tf.constant(1.0), tf.constant(True)
        with pytest.raises(tf.errors.NotFoundError, match="Op type not registered 'Switch'"):
            graph.create_op("Switch", [x, p], [tf.float32, tf.float32])
