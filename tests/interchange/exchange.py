"""Writes the models of `models.py` in every form, and reads what another one wrote.

It runs in TensorFlow 1.15 (Python 3.7), in TensorFlow 2's compat.v1 and in headrace.
"""

import hashlib
import json
import os

import numpy as np

try:
    import models
except ImportError:
    from tests.interchange import models

FORMS = ("checkpoint", "meta graph", "frozen graph", "SavedModel")


def plain(value):
    """A value as JSON."""
    array = np.asarray(value)
    if array.dtype.kind in "OSU":
        return [x.decode() for x in array.ravel().tolist()]
    return [list(array.shape), array.astype(np.float64).ravel().tolist()]


def same(a, b):
    """Whether outputs are the same but for rounding."""
    if sorted(a) != sorted(b):
        return False
    for name in a:
        x, y = a[name], b[name]
        if isinstance(x[0], list):
            if x[0] != y[0] or not np.allclose(x[1], y[1], 1e-5, 1e-6):
                return False
        elif x != y:
            return False
    return True


def tensors(tf, prefix):
    """Name → dtype, shape and digest of the bytes, for all tensors of a checkpoint."""
    reader = tf.train.NewCheckpointReader(prefix)
    shapes, types = reader.get_variable_to_shape_map(), reader.get_variable_to_dtype_map()
    found = {}
    for name, shape in shapes.items():
        value = np.asarray(reader.get_tensor(name))
        data = repr(value.tolist()).encode() if value.dtype == object else value.tobytes()
        found[name] = [types[name].name, list(shape), hashlib.sha256(data).hexdigest()]
    return found


# -- writing ---------------------------------------------------------------------------------------


def write(tf, folder):
    """Writes all models, and what they compute, into `folder`."""
    for build in models.MODELS:
        place = os.path.join(folder, build.__name__)
        os.makedirs(place)
        with tf.Graph().as_default() as graph, tf.Session() as session:
            inputs, outputs, feeds = build(tf)
            session.run(tf.global_variables_initializer())
            models.fill(tf, session)
            saver = tf.train.Saver()
            prefix = saver.save(session, place + "/model", write_meta_graph=False)
            meta = saver.export_meta_graph()
            meta.meta_info_def.ClearField("stripped_op_list")
            put(place + "/model.meta", meta.SerializeToString(deterministic=True))
            os.remove(place + "/checkpoint")
            names = [t.op.name for t in outputs.values()]
            frozen = tf.graph_util.convert_variables_to_constants(
                session, graph.as_graph_def(), names
            )
            put(place + "/frozen.pb", frozen.SerializeToString(deterministic=True))
            tf.saved_model.simple_save(session, place + "/saved", inputs, outputs)
            found = session.run(outputs, {inputs[k]: v for k, v in feeds.items()})
            answer = {
                "inputs": {k: t.name for k, t in inputs.items()},
                "outputs": {k: t.name for k, t in outputs.items()},
                "values": {k: plain(v) for k, v in found.items()},
                "tensors": tensors(tf, prefix),
            }
        with open(place + "/answer.json", "w") as file:
            json.dump(answer, file, sort_keys=True)


def put(path, data):
    with open(path, "wb") as file:
        file.write(data)


# -- reading ---------------------------------------------------------------------------------------


def read(tf, folder):
    """Reads all models; returns model → form → "ok" or what went wrong."""
    return {
        build.__name__: read_one(tf, build, os.path.join(folder, build.__name__))
        for build in models.MODELS
    }


def read_one(tf, build, place):
    """Reads one model in every form."""
    with open(place + "/answer.json") as file:
        answer = json.load(file)
    found = {}
    for form, function in zip(FORMS, (checkpoint, meta_graph, frozen_graph, saved_model)):  # noqa: B905
        try:
            problem = function(tf, build, place, answer)
        except Exception as error:
            problem = "%s: %s" % (type(error).__name__, str(error).strip()[:300])
        found[form] = problem or "ok"
    return found


def run(session, answer, feeds, inputs=None, outputs=None):
    """Computes the outputs; returns what is wrong with them, or None."""
    inputs, outputs = inputs or answer["inputs"], outputs or answer["outputs"]
    values = session.run(outputs, {inputs[k]: v for k, v in feeds.items()})
    found = {k: plain(v) for k, v in values.items()}
    return None if same(found, answer["values"]) else "other values: %s" % str(found)[:200]


def checkpoint(tf, build, place, answer):
    """Every tensor has its bytes, and a Saver restores them into the reader's own graph."""
    found = tensors(tf, place + "/model")
    if found != answer["tensors"]:
        return "other tensors: %s" % sorted(set(found) ^ set(answer["tensors"]))
    with tf.Graph().as_default(), tf.Session() as session:
        inputs, outputs, feeds = build(tf)
        tf.train.Saver().restore(session, place + "/model")
        return run(session, answer, feeds, inputs, outputs)


def feeds_of(tf, build):
    with tf.Graph().as_default():
        return build(tf)[2]


def meta_graph(tf, build, place, answer):
    """The graph is imported, its saver restores it."""
    with tf.Graph().as_default(), tf.Session() as session:
        saver = tf.train.import_meta_graph(place + "/model.meta")
        saver.restore(session, place + "/model")
        return run(session, answer, feeds_of(tf, build))


def frozen_graph(tf, build, place, answer):
    """The graph without variables is imported."""
    with open(place + "/frozen.pb", "rb") as file:
        graph_def = tf.GraphDef.FromString(file.read())
    with tf.Graph().as_default(), tf.Session() as session:
        tf.import_graph_def(graph_def, name="")
        return run(session, answer, feeds_of(tf, build))


def saved_model(tf, build, place, answer):
    """The model is loaded, its signature names inputs and outputs."""
    with tf.Graph().as_default(), tf.Session() as session:
        meta = tf.saved_model.load(session, ["serve"], place + "/saved")
        signature = meta.signature_def["serving_default"]
        inputs = {k: v.name for k, v in signature.inputs.items()}
        outputs = {k: v.name for k, v in signature.outputs.items()}
        return run(session, answer, feeds_of(tf, build), inputs, outputs)
