"""SavedModels of TensorFlow 1.15 load and compute the same, and it loads those of headrace.

The truth is in tests/saved_model/golden, written by tests/saved_model/record_goldens.py.
"""

import json
import os
import pathlib
import re
import subprocess
import sys

import numpy as np
import pytest
from google.protobuf import text_format

import headrace as tf
from headrace._src.proto import messages
from tests.saved_model import models, record_goldens

GOLDEN = pathlib.Path(record_goldens.GOLDEN)
ANSWERS = json.loads((GOLDEN / "answers.json").read_text())


def same(truth, ours):
    assert len(truth) == len(ours)
    for x, y in zip(truth, ours, strict=True):
        assert x.keys() == y.keys()
        for key in x:
            if isinstance(x[key][0], str):
                assert x[key] == y[key]
            else:
                assert x[key][0] == y[key][0], key
                np.testing.assert_allclose(x[key][1], y[key][1], 1e-4, 1e-5, err_msg=key)


def files(folder):
    return sorted(str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file())


@pytest.mark.parametrize("name", sorted(ANSWERS))
def test_loads_and_computes_as_tensorflow(name, tmp_path):
    """Graphs with the control flow of both kinds, variables, assets, and further training."""
    ours = models.load_and_run(tf, name.split("_")[0], str(GOLDEN / name), str(tmp_path))
    same(ANSWERS[name], ours)


@pytest.mark.parametrize("name", models.MODELS)
def test_round_trip(name, tmp_path):
    """What headrace writes has the files and the numbers of what TensorFlow writes."""
    os.mkdir(tmp_path / "files")
    models.save(tf, name, str(tmp_path / "m"), str(tmp_path / "files"))
    theirs = GOLDEN / f"{name}_v1"
    assert files(theirs) == files(tmp_path / "m")
    ours = models.load_and_run(tf, name, str(tmp_path / "m"), str(tmp_path / "files"))
    same(ANSWERS[f"{name}_v1"], ours)


def test_the_message_is_tensorflows(tmp_path):
    """Without control flow, every field but the version of the build is the same."""
    models.save(tf, "dense", str(tmp_path / "m"), str(tmp_path))
    both = [
        messages.SavedModel.FromString((folder / "saved_model.pb").read_bytes())
        for folder in (GOLDEN / "dense_v1", tmp_path / "m")
    ]
    for model in both:
        model.meta_graphs[0].meta_info_def.ClearField("tensorflow_git_version")
    # The folder of temporary files has a name of its own in each graph.
    texts = [
        re.sub("_temp_[0-9a-f]{32}", "_temp_X", text_format.MessageToString(model))
        for model in both
    ]
    assert texts[0] == texts[1]


@pytest.mark.slow
def test_tensorflow_loads_what_headrace_writes(tmp_path):
    """Needs TensorFlow 1.15 itself: $ORACLE, or ~/.cache/headrace-oracle."""
    home = os.environ.get("ORACLE") or os.path.expanduser("~/.cache/headrace-oracle")
    if not os.path.exists(f"{home}/bin/python"):
        pytest.skip("no TensorFlow 1.15 here")
    os.mkdir(tmp_path / "files")
    for name in models.MODELS:
        models.save(tf, name, str(tmp_path / "all" / name), str(tmp_path / "files"))
    command = [sys.executable, record_goldens.__file__, "--read", str(tmp_path / "all")]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]
    for name, truth in json.loads(done.stdout.splitlines()[-1]).items():
        same(truth, ANSWERS[f"{name}_v1"])


def test_continued_training(tmp_path):
    """The training step is in its collection, and a saver of the imported graph goes on."""
    with tf.Graph().as_default(), tf.Session() as session:
        meta = tf.saved_model.load(session, ["serve"], str(GOLDEN / "training_v1"))
        (step,) = tf.get_collection("train_op")
        x = meta.signature_def["serving_default"].inputs["x"].name
        session.run(step, {x: models.X})
        saver = tf.train.Saver()
        path = saver.save(session, str(tmp_path / "more"))
        before = session.run(tf.trainable_variables())
    with tf.Graph().as_default(), tf.Session() as session:
        tf.train.import_meta_graph(path + ".meta").restore(session, path)
        assert session.run(tf.train.get_global_step()) == 1
        for left, right in zip(before, session.run(tf.trainable_variables()), strict=True):
            assert np.array_equal(left, right)
        session.run(tf.get_collection("train_op")[0], {x: models.X})


@pytest.mark.parametrize("name, content", [("pb", b"\xff\xff"), ("pbtxt", b"nonsense {")])
def test_damaged_files(name, content, tmp_path):
    """A file that is no SavedModel is named."""
    (tmp_path / f"saved_model.{name}").write_bytes(content)
    with pytest.raises(OSError, match=f"Cannot parse file .*saved_model.{name}"):
        tf.saved_model.load(None, ["serve"], str(tmp_path))


def test_predictor():
    """A SavedModel as a function; a signature that is not there is an error that names those."""
    predict = tf.contrib.predictor.from_saved_model(str(GOLDEN / "branches_v1"))
    same(ANSWERS["branches_v1"][:1], [{"y": models.plain(predict({"x": models.X})["y"])}])
    with pytest.raises(ValueError, match="Got unexpected keys in input_dict: {'other'}"):
        predict({"other": 1})
    with pytest.raises(ValueError, match=r"Available signatures are \['serving_default'\]"):
        tf.contrib.predictor.from_saved_model(str(GOLDEN / "branches_v1"), "other")
    with pytest.raises(ValueError, match="both be specified"):
        tf.contrib.predictor.from_saved_model(str(GOLDEN / "branches_v1"), input_names={})
    with pytest.raises(ValueError, match="at most one of"):
        tf.contrib.predictor.from_saved_model("x", "a", input_names={}, output_names={})


def test_eager():
    """There is no graph to import into, nor a name for a tensor, when operations are executed."""
    program = """
import headrace as tf
tf.enable_eager_execution()
for call in (lambda: tf.train.import_meta_graph("x"),
             lambda: tf.saved_model.build_tensor_info(tf.constant(1))):
    try:
        call()
    except RuntimeError as error:
        print(error)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.stdout.splitlines() == [
        "Exporting/importing meta graphs is not supported when eager execution is enabled. No "
        "graph exists when eager execution is enabled.",
        "build_tensor_info is not supported in Eager mode.",
    ]
