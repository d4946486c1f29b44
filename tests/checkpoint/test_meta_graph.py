"""Meta graphs are TensorFlow's: nodes, shapes, ops, collections and savers.

tests/checkpoint/golden/*.meta come from tests/checkpoint/record_goldens.py.
"""

import json
import logging
import pathlib

import pytest
from google.protobuf import text_format

import headrace as tf
from headrace._src.proto import messages
from tests.checkpoint import models, record_goldens

GOLDEN = pathlib.Path(record_goldens.GOLDEN)


@pytest.fixture(scope="module")
def exported():
    logger = logging.getLogger("tensorflow")
    level = logger.level
    # Objects in a collection are left out with a warning.
    logger.setLevel(logging.ERROR)
    with tf.Graph().as_default():
        made = models.exports(tf, models.build(tf))
    logger.setLevel(level)
    return made


@pytest.mark.parametrize("name", ["model", "lean", "scope", "outside", "some"])
def test_exports(name, exported):
    """Every field but the version of the build."""
    truth = messages.MetaGraphDef.FromString((GOLDEN / f"{name}.meta").read_bytes())
    ours = messages.MetaGraphDef.FromString(exported[name].SerializeToString())
    assert ours.meta_info_def.tensorflow_version == truth.meta_info_def.tensorflow_version
    assert ours.meta_info_def.stripped_op_list.op
    if name != "model":
        ours.meta_info_def.ClearField("stripped_op_list")
    for meta in (truth, ours):
        meta.meta_info_def.ClearField("tensorflow_git_version")
    assert text_format.MessageToString(ours) == text_format.MessageToString(truth)


def test_written_files(tmp_path):
    """Saving writes a meta graph; text and bytes say the same; other suffixes are possible."""
    with tf.Graph().as_default() as graph, tf.Session() as session:
        a = tf.get_variable("a", [2], initializer=tf.zeros_initializer())
        saver = tf.train.Saver()
        session.run(a.initializer)
        saver.save(session, f"{tmp_path}/m", global_step=7, meta_graph_suffix="graph")
        saver.export_meta_graph(f"{tmp_path}/text", as_text=True)
        read = messages.MetaGraphDef.FromString((tmp_path / "m-7.graph").read_bytes())
        text = text_format.Parse((tmp_path / "text").read_text(), messages.MetaGraphDef())
        assert read == text
        assert read.saver_def == saver.as_saver_def()
        assert read.graph_def == graph.as_graph_def(add_shapes=True)
        assert read.collection_def["variables"].bytes_list.value == [
            a.to_proto().SerializeToString()
        ]


def test_wrong_arguments():
    """Messages of another class, and debug info, are refused."""
    with pytest.raises(TypeError, match="graph_def must be of type GraphDef"):
        tf.train.export_meta_graph(graph_def=tf.train.SaverDef(max_to_keep=1))
    with pytest.raises(NotImplementedError, match="debug info"):
        tf.train.export_meta_graph(save_debug_info=True)


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    """A saved model: the name of its checkpoint and the value of m/w."""
    folder = tmp_path_factory.mktemp("model")
    logging.getLogger("tensorflow").setLevel(logging.ERROR)
    with tf.Graph().as_default(), tf.Session() as session:
        saver = models.build(tf)
        session.run(tf.global_variables_initializer())
        path = saver.save(session, f"{folder}/m", global_step=7)
        value = session.run("m/w:0")
    logging.getLogger("tensorflow").setLevel(logging.WARNING)
    return path, value


@pytest.mark.parametrize("scope", [None, "imp"])
def test_imports(scope, model):
    """Nodes, collections and the saver come back, also below a scope that is taken already."""
    path, value = model
    with tf.Graph().as_default() as graph, tf.Session() as session:
        if scope:
            tf.constant(1, name=scope)
        saver = tf.train.import_meta_graph(path + ".meta", import_scope=scope)
        saver.restore(session, path)
        prefix = "imp_1/" if scope else ""
        names = ["m/w", "m/b", "m/p/part_0", "m/p/part_1", "global_step"]
        assert [v.op.name for v in tf.global_variables()] == [prefix + n for n in names]
        assert (session.run(f"{prefix}m/w:0") == value).all()
        assert tf.trainable_variables()[0] is tf.global_variables()[0]
        assert saver.saver_def.restore_op_name == prefix + "save/restore_all"
        assert tf.get_collection("ints") == [3] and tf.get_collection("floats") == [1.5]
        assert [str(x) for x in tf.get_collection("strings")] == (
            ["imp_1/abc", "imp_1/d"] if scope else ["b'abc'", "b'd'"]
        )
        assert [x.name for x in tf.get_collection("nodes")] == [
            prefix + "y:0",
            prefix + "AssignAdd:0",
        ]
        (runner,) = tf.get_collection(tf.GraphKeys.QUEUE_RUNNERS)
        assert runner.enqueue_ops[0].name == prefix + "q_enqueue"
        # What was imported can be exported again.
        if not scope:
            read = messages.MetaGraphDef.FromString(pathlib.Path(path + ".meta").read_bytes())
            assert graph.as_graph_def(add_shapes=True) == read.graph_def


@pytest.mark.parametrize("name", ["model", "lean"])
def test_imports_tensorflows_files(name, model):
    """A meta graph of TensorFlow, with a checkpoint of headrace: names are the contract."""
    path, value = model
    with tf.Graph().as_default(), tf.Session() as session:
        saver = tf.train.import_meta_graph(f"{GOLDEN}/{name}.meta", clear_devices=True)
        saver.restore(session, path)
        assert (session.run(tf.trainable_variables()[0]) == value).all()
        assert session.run("y:0", {"x:0": [[1, 2, 3]]}).shape == (1, 4)


def test_goes_on_training_a_model_of_tensorflow():
    """A model that TensorFlow saved, with its loops and conditions, trains on as it did there."""
    with tf.Graph().as_default(), tf.Session() as session:
        saver = tf.train.import_meta_graph(f"{GOLDEN}/loop.meta")
        saver.restore(session, f"{GOLDEN}/loop")
        found = models.train_loop(session, *tf.get_collection("train"))
    assert found == pytest.approx(json.loads((GOLDEN / "loop.json").read_text()), rel=1e-5)


def test_imports_with_inputs_from_outside():
    """What a scope was cut off from must be given."""
    with tf.Graph().as_default():
        with tf.name_scope("in"):
            a = tf.constant(2.0, name="a")
        with tf.name_scope("s"):
            tf.square(a, name="b")
        meta = tf.train.export_meta_graph(export_scope="s")
    with tf.Graph().as_default(), tf.Session() as session:
        with pytest.raises(ValueError, match=r"unbound inputs: \$unbound_inputs_in/a\."):
            tf.train.import_meta_graph(meta)
        tf.train.import_meta_graph(meta, input_map={"$unbound_inputs_in/a": tf.constant(3.0)})
        assert session.run("b:0") == 9


def test_files_that_are_no_meta_graphs(tmp_path):
    """The error names the file."""
    with pytest.raises(OSError, match="none does not exist"):
        tf.train.import_meta_graph(f"{tmp_path}/none")
    for data in (b"\xff\xff", b"what is this"):
        (tmp_path / "junk").write_bytes(data)
        with pytest.raises(OSError, match="Cannot parse file .*junk"):
            tf.train.import_meta_graph(f"{tmp_path}/junk")


def test_no_saver_without_variables():
    """A graph without variables gives no saver."""
    with tf.Graph().as_default():
        tf.constant(1.0, name="c")
        meta = tf.train.export_meta_graph()
    with tf.Graph().as_default():
        assert tf.train.import_meta_graph(meta) is None
        assert tf.get_default_graph().get_tensor_by_name("c:0") is not None
