"""`headrace ckpt`, `headrace graph` and `headrace freeze`."""

import pathlib
import re

import numpy as np
import pytest

import headrace as tf
from headrace._src.cli.main import main
from tests.graph_view.test_html import Checker

TESTS = pathlib.Path(__file__).parents[1]
CHECKPOINTS = TESTS / "checkpoint/golden"
MODELS = TESTS / "saved_model/golden"


@pytest.fixture
def command(capsys):
    """Runs the command; gives its status, standard output and standard error."""

    def run(*args):
        status = main([str(a) for a in args])
        done = capsys.readouterr()
        return status, done.out, done.err

    return run


def save(path, **values):
    """A checkpoint with these variables."""
    with tf.Graph().as_default(), tf.Session() as session:
        made = [tf.Variable(value, name=name) for name, value in values.items()]
        session.run([v.initializer for v in made])
        return tf.train.Saver().save(session, str(path))


# -- ckpt ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["", "shards", "shards.index", "shards.data-00000-of-00002"])
def test_ls(name, command):
    """A folder, a checkpoint or a file of it: all its tensors, one a line."""
    status, out, err = command("ckpt", "ls", CHECKPOINTS / name)
    assert (status, err) == (0, "")
    lines = [line.split() for line in out.splitlines()]
    assert lines[:3] == [["float32", "[2]", "8", "a"], ["float32", "[]", "4", "b"],
                         ["float32", "[3,1]", "12", "p"]]  # fmt: skip
    assert "3 tensors, 24 bytes" in out


def test_ls_of_the_first_format(command):
    """The first format, and strings."""
    status, out, _ = command("ckpt", "ls", CHECKPOINTS / "first")
    assert status == 0 and re.search(r"^string .* ", out, re.MULTILINE)


def test_show(command):
    """Values with their statistics; names that are missing with those like them."""
    status, out, _ = command("ckpt", "show", CHECKPOINTS / "shards", "a", "b")
    assert status == 0
    assert "a  float32 [2]\n  min 1  max 2  mean 1.5  std 0.5  zeros 0\n[1. 2.]\n" in out
    assert out.endswith("7.\n")
    status, out, err = command("ckpt", "show", CHECKPOINTS / "all", "a", "whol")
    assert (status, out) == (2, "")
    assert (
        "not found in checkpoint" in err
        and "whole" in command("ckpt", "show", CHECKPOINTS / "all", "whol")[2]
    )


def test_show_of_much(command, tmp_path):
    """Big tensors are shortened, unless all is asked for; NaNs are counted."""
    path = save(tmp_path / "m", v=np.append(np.arange(998.0), [np.nan, np.inf]))
    assert "..." in command("ckpt", "show", path, "v")[1]
    out = command("ckpt", "show", path, "v", "--full")[1]
    assert "..." not in out and "nan 1  infinite 1" in out


def test_diff(command, tmp_path):
    """What differs, each tensor with how; the status tells whether anything does."""
    a = save(tmp_path / "a", same=[1.0], value=[1.0, 2.0], kind=[1], shape=[1.0], old=1, s="x")
    b = save(
        tmp_path / "b", same=[1.0], value=[1.0, 2.5], kind=[1.0], shape=[1.0, 2.0], new=1, s="y"
    )
    status, out, _ = command("ckpt", "diff", a, b)
    assert status == 1
    assert out.splitlines() == [
        "kind: dtype int32 and float32",
        f"new: only in {b}",
        f"old: only in {a}",
        "s: 1 of 1 values",
        "shape: shape [1] and [2]",
        "value: 1 of 2 values, by 0.5 at most",
        "1 tensors are the same, 6 differ",
    ]
    assert "value:" not in command("ckpt", "diff", a, b, "--tolerance", 0.5)[1]
    assert command("ckpt", "diff", a, a)[0] == 0


def test_diff_of_odd_numbers(command, tmp_path):
    """NaNs are the same as NaNs; integers are compared exactly."""
    big = 2**60
    a = save(tmp_path / "a", n=[np.nan, 1.0], i=np.array([big, 1]))
    b = save(tmp_path / "b", n=[np.nan, np.inf], i=np.array([big + 1, 1]))
    assert command("ckpt", "diff", a, b)[1].splitlines()[:2] == [
        "i: 1 of 2 values, by 0 at most",
        "n: 1 of 2 values, by inf at most",
    ]


def test_rename(command, tmp_path):
    """The new checkpoint restores under the new names."""
    source = save(tmp_path / "m", **{"old/w": [1.0, 2.0], "old/b": [3.0], "c": [4.0], "lr": 0.5})
    target = tmp_path / "new"
    status, out, err = command(
        "ckpt", "rename", source, target, "--prefix", "old/=net/layer/", "--name", "c=d", "--drop",
        "lr",
    )  # fmt: skip
    assert (status, err) == (0, "")
    assert "3 tensors, 3 renamed, 1 left out" in out
    assert sorted(n for n, _ in tf.train.list_variables(str(target))) == [
        "d", "net/layer/b", "net/layer/w",
    ]  # fmt: skip
    assert tf.train.load_variable(str(target), "net/layer/w").tolist() == [1, 2]


def test_rename_of_objects(command, tmp_path):
    """In a checkpoint of objects the description follows the keys."""
    command("ckpt", "rename", CHECKPOINTS / "objects", tmp_path / "o", "--prefix", "w/=u/")
    with tf.Graph().as_default(), tf.Session() as session:
        w = tf.get_variable("w", [2])
        tf.get_variable("step", initializer=0)
        tf.train.Saver([w]).restore(session, str(tmp_path / "o"))
        assert session.run(w).tolist() == [5, 6]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--name", "a=b"], "a and b would both become b"),
        (["--name", "x=y"], "Key x not found in checkpoint"),
        (["--name", "a"], "'a' is not of the form OLD=NEW"),
        (["--name", "a="], "a would get an empty name"),
    ],
)
def test_bad_renaming(options, message, command, tmp_path):
    """Nothing is written when names collide or are missing."""
    status, _, err = command("ckpt", "rename", CHECKPOINTS / "shards", tmp_path / "n", *options)
    assert status == 2 and message in err
    assert not list(tmp_path.iterdir())


def test_rename_onto_itself(command):
    assert (
        "replace itself"
        in command("ckpt", "rename", CHECKPOINTS / "shards", CHECKPOINTS / "shards")[2]
    )


# -- graph -----------------------------------------------------------------------------------------


def write_forms(folder):
    """The same graph in files of every kind."""
    with tf.Graph().as_default() as graph, tf.Session() as session:
        x = tf.placeholder(tf.float32, [None, 3], name="x")
        with tf.name_scope("layer"):
            w = tf.get_variable("w", [3, 2])
            y = tf.matmul(x, w, name="product")
        session.run(tf.global_variables_initializer())
        tf.train.write_graph(graph, folder, "graph.pb", as_text=False)
        tf.train.write_graph(graph, folder, "graph.pbtxt")
        tf.train.export_meta_graph(f"{folder}/model.meta")
        tf.train.export_meta_graph(f"{folder}/text.meta.pbtxt", as_text=True)
        (pathlib.Path(folder) / "noname").write_bytes(graph.as_graph_def().SerializeToString())
        tf.saved_model.simple_save(session, f"{folder}/saved", {"x": x}, {"y": y})
        with tf.summary.FileWriter(f"{folder}/logs", graph):
            pass
    return [
        *(f"{folder}/{n}" for n in ("graph.pb", "graph.pbtxt", "model.meta", "text.meta.pbtxt")),
        f"{folder}/noname",
        f"{folder}/saved",
        str(next(pathlib.Path(folder, "logs").iterdir())),
    ]


def test_forms(command, tmp_path):
    """Every kind of file is recognized; the list has each node with its inputs."""
    for path in write_forms(str(tmp_path)):
        status, out, err = command("graph", path)
        assert (status, err) == (0, ""), path
        assert re.search(
            r"^layer/product  MatMul  float32.* <- x, (layer/)?w/read$", out, re.MULTILINE
        )
    assert "signature serving_default" in command("graph", tmp_path / "saved")[1]


def test_search(command):
    """Names and op types that hold a text; the status tells whether there are any."""
    status, out, _ = command("graph", CHECKPOINTS / "loop.meta", "--search", "enter")
    assert status == 0 and all("Enter" in line for line in out.splitlines()) and out
    assert command("graph", CHECKPOINTS / "loop.meta", "--search", "nowhere")[:2] == (1, "")


def test_tree(command):
    """Scopes with the number of their nodes, to a depth."""
    out = command("graph", CHECKPOINTS / "loop.meta", "--tree", "--depth", 1)[1]
    assert re.search(r"^while/  \d+ nodes: \d+ Enter", out, re.MULTILINE)
    assert "  Merge" not in out
    assert "  Merge  Merge" in command("graph", CHECKPOINTS / "loop.meta", "--tree")[1]


def test_functions_are_listed(command):
    """Bodies of functions are scopes, their edges stay inside."""
    out = command("graph", MODELS / "loops_v2")[1]
    scope, op = re.search(r"^(\w+\(\))/\S+  (\w+) .*<- \1/", out, re.MULTILINE).groups()
    assert scope and op


def test_dot(command, tmp_path):
    """Edges, dashed ones for control, clusters; to a file or printed."""
    path = tmp_path / "out.dot"
    assert command("graph", CHECKPOINTS / "loop.meta", "--dot", path)[0] == 0
    text = path.read_text()
    assert text.count("{") == text.count("}")
    assert '  "while/Merge" -> "while/Switch";' in text
    assert '[style="dashed"]' in text and 'subgraph "cluster_while"' in text
    assert command("graph", CHECKPOINTS / "loop.meta", "--dot")[1] == text


def test_html(command, tmp_path):
    """A whole page, well formed."""
    path = tmp_path / "out.html"
    assert command("graph", MODELS / "loops_v2", "--html", path)[0] == 0
    page = Checker(path.read_text().replace("<!DOCTYPE html>", ""))
    assert "details" in page.tags


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is empty"),
        (b"\xff\xff\xff", "holds no GraphDef"),
        (b"node { name: 'x'", "holds no GraphDef"),
        (b"\x0a\x00", "holds no GraphDef: no node with a name"),
    ],
)
def test_no_graph(content, message, command, tmp_path):
    """Files that hold no graph: their name, and why."""
    for name in ("g.pb", "g.pbtxt"):
        (tmp_path / name).write_bytes(content)
        status, out, err = command("graph", tmp_path / name)
        assert (status, out) == (2, "") and str(tmp_path / name) in err
    assert message.partition(":")[0] in err
    assert command("graph", tmp_path / "none.pb")[0] == 2
    assert "folder without saved_model.pb" in command("graph", tmp_path)[2]


def test_deep_text(command, tmp_path):
    """Messages in messages without end are refused."""
    deep = "attr { value { func { " * 5000
    (tmp_path / "g.pbtxt").write_text("node { name: 'x' op: 'y' " + deep)
    status, _, err = command("graph", tmp_path / "g.pbtxt")
    assert status == 2 and "g.pbtxt holds no" in err


# -- freeze ----------------------------------------------------------------------------------------


def run_frozen(path, fetch, feed):
    graph_def = tf.GraphDef.FromString(pathlib.Path(path).read_bytes())
    assert not any("Variable" in n.op or n.op == "VarHandleOp" for n in graph_def.node)
    with tf.Graph().as_default(), tf.Session() as session:
        tf.import_graph_def(graph_def, name="")
        return session.run(fetch, feed)


def test_freeze(command, tmp_path):
    """A checkpoint and a SavedModel of it give the same graph, which computes what they did."""
    with tf.Graph().as_default(), tf.Session() as session:
        x = tf.placeholder(tf.float32, [None, 2], name="x")
        w = tf.get_variable("w", [2, 1], initializer=tf.ones_initializer(), use_resource=True)
        y = tf.matmul(x, w, name="y")
        session.run(w.initializer)
        tf.train.Saver().save(session, f"{tmp_path}/m", 7)
        tf.saved_model.simple_save(session, f"{tmp_path}/saved", {"x": x}, {"y": y})
    for source, options in ((tmp_path, ["--outputs", "y:0"]), (tmp_path / "saved", [])):
        status, out, err = command("freeze", source, tmp_path / "frozen.pb", *options)
        assert (status, err) == (0, ""), source
        assert "1 of them constants" in out
        assert run_frozen(tmp_path / "frozen.pb", "y:0", {"x:0": [[2, 3]]}) == [[5]]


def test_freeze_refuses(command, tmp_path):
    """What is missing is said: nodes, the graph, signatures, tags."""
    target = tmp_path / "f.pb"
    loop, model = CHECKPOINTS / "loop", MODELS / "dense_v1"
    for arguments, message in (
        ([loop, target], "--outputs"),
        ([loop, target, "--outputs", "y"], "y"),
        ([CHECKPOINTS / "shards", target, "--outputs", "a"], "--meta"),
        ([model, target, "--signature", "none"], "has no signature none; there are: "),
        ([model, target, "--tags", "gpu"], "gpu"),
        ([tmp_path / "nothing", target], "nothing"),
    ):
        status, _, err = command("freeze", *arguments)
        assert status == 2 and message in err, (arguments, err)
    assert not target.exists()
