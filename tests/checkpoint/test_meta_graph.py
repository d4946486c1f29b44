"""Meta graphs are TensorFlow's: nodes, shapes, ops, collections and savers.

tests/checkpoint/golden/*.meta come from tests/checkpoint/record_goldens.py.
"""

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
