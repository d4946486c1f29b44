"""headrace reads what TensorFlow 1.15 and 2.21 wrote; `scripts/interchange.py` wrote the archives.

The other direction needs the TensorFlows: that script does both.
"""

import pathlib
import tarfile

import pytest

import headrace as tf
from tests.interchange import exchange, models

GOLDEN = pathlib.Path(__file__).parents[1] / "golden"
WRITERS = ("tensorflow_1_15", "tensorflow_2_21")


@pytest.fixture(scope="module", params=WRITERS)
def written(request, tmp_path_factory):
    """The folder with what one TensorFlow wrote."""
    folder = tmp_path_factory.mktemp(request.param)
    with tarfile.open(GOLDEN / f"interchange_{request.param}.tar.xz") as archive:
        archive.extractall(folder, filter="data")
    return folder


@pytest.mark.parametrize("build", models.MODELS, ids=lambda f: f.__name__)
def test_read(build, written):
    """All forms of a model are read, and compute what they did when they were written."""
    found = exchange.read_one(tf, build, str(written / build.__name__))
    assert found == dict.fromkeys(exchange.FORMS, "ok")


@pytest.mark.parametrize("build", models.MODELS, ids=lambda f: f.__name__)
def test_same_bytes(build, written, tmp_path):
    """headrace's checkpoint of the model is the same file, byte for byte."""
    with tf.Graph().as_default(), tf.Session() as session:
        build(tf)
        session.run(tf.global_variables_initializer())
        models.fill(tf, session)
        tf.train.Saver().save(session, f"{tmp_path}/model", write_meta_graph=False)
    for name in ("model.index", "model.data-00000-of-00001"):
        theirs = written / build.__name__ / name
        assert (tmp_path / name).read_bytes() == theirs.read_bytes(), name


def test_signature_of_a_model_of_tensorflow_2(written):
    """A SavedModel of TensorFlow 2's own kind: its function, its variables, its condition."""
    if not (written / "native").exists():
        pytest.skip("TensorFlow 1.15 has no models of this kind")
    with tf.Graph().as_default(), tf.Session() as session:
        meta = tf.saved_model.load(session, ["serve"], str(written / "native"))
        signature = meta.signature_def["serving_default"]
        outputs = {k: v.name for k, v in signature.outputs.items()}
        feed = signature.inputs["x"].name
        found = session.run(outputs, {feed: [[1.0, 1.0]]})
        assert found["y"].tolist() == [[8, 12]] and found["count"] == 1
        found = session.run(outputs, {feed: [[-1.0, -1.0]]})
        assert found["y"].tolist() == [[-4, -6]] and found["count"] == 2


def test_later_attrs():
    """Attrs that TensorFlow 2 added are left out at their defaults, and refused otherwise."""
    with tf.Graph().as_default() as graph:
        tf.nn.max_pool(tf.zeros([1, 2, 2, 1]), [1, 2, 2, 1], [1, 2, 2, 1], "VALID", name="pool")
        graph_def = graph.as_graph_def()
    (pool,) = [node for node in graph_def.node if node.op == "MaxPool"]
    pool.attr["explicit_paddings"].list.SetInParent()
    with tf.Graph().as_default():
        (made,) = tf.import_graph_def(graph_def, return_elements=["pool"])
        assert "explicit_paddings" not in made.node_def.attr
        pool.attr["explicit_paddings"].list.i.extend([1, 1])
        with pytest.raises(ValueError, match="'explicit_paddings' not in Op<name=MaxPool"):
            tf.import_graph_def(graph_def)
