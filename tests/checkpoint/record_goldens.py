#!/usr/bin/env python3
"""Writes the checkpoints in tests/checkpoint/golden with TensorFlow 1.15.

    tests/checkpoint/record_goldens.py

It runs itself again under the oracle: $ORACLE/bin/python, or ~/.cache/headrace-oracle. With
`--read DIRECTORY` it prints, as JSON, what TensorFlow reads in checkpoints written by headrace.
"""

import hashlib
import json
import os
import shutil
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
GOLDEN = os.path.join(HERE, "golden")


def save_tensors(tf, cases):
    """The two formats, with every dtype."""
    with tf.Graph().as_default(), tf.Session() as session:

        def arguments(tensors):
            return (
                [name for name, _, _, _ in tensors],
                [spec for _, _, _, spec in tensors],
                [tf.constant(value, getattr(tf, kind)) for _, kind, value, _ in tensors],
            )

        names, specs, tensors = arguments(cases.TENSORS)
        session.run(
            tf.raw_ops.SaveV2(
                prefix=GOLDEN + "/all", tensor_names=names, shape_and_slices=specs, tensors=tensors
            )
        )
        names, specs, tensors = arguments(cases.FIRST)
        session.run(
            tf.raw_ops.SaveSlices(
                filename=GOLDEN + "/first",
                tensor_names=names,
                shapes_and_slices=specs,
                data=tensors,
            )
        )
        names = [cases.many_name(i) for i in range(cases.MANY)]
        folder = tempfile.mkdtemp()
        session.run(
            tf.raw_ops.SaveV2(
                prefix=folder + "/many",
                tensor_names=names,
                shape_and_slices=[""] * len(names),
                tensors=[tf.constant(i) for i in range(cases.MANY)],
            )
        )
        digests = {}
        for name in sorted(os.listdir(folder)):
            with open(os.path.join(folder, name), "rb") as file:
                digests[name] = hashlib.sha256(file.read()).hexdigest()
        with open(GOLDEN + "/many.json", "w") as file:
            json.dump(digests, file, indent=1)
        shutil.rmtree(folder)


def save_models(tf):
    """What savers write: shards, the state file, and checkpoints of objects."""
    config = tf.ConfigProto(device_count={"CPU": 2})
    with tf.Graph().as_default(), tf.Session(config=config) as session:
        tf.set_random_seed(1)
        with tf.device("/cpu:0"):
            tf.get_variable("a", [2], initializer=tf.constant_initializer([1.0, 2.0]))
            part = tf.fixed_size_partitioner(2)
            tf.get_variable("p", [3, 1], initializer=tf.ones_initializer(), partitioner=part)
        with tf.device("/device:CPU:1"):
            tf.get_variable("b", [], initializer=tf.constant_initializer(7.0), use_resource=True)
        session.run(tf.global_variables_initializer())
        saver = tf.train.Saver(sharded=True, save_relative_paths=True)
        saver.save(session, GOLDEN + "/shards", write_meta_graph=False)
    with tf.Graph().as_default(), tf.Session() as session:
        step = tf.Variable(4, name="step")
        w = tf.get_variable("w", [2], initializer=tf.constant_initializer([5.0, 6.0]))
        session.run([step.initializer, w.initializer])
        with session.as_default():
            tf.train.Checkpoint(w=w, step=step).write(GOLDEN + "/objects", session=session)


def save_meta_graphs(tf, models):
    """What is exported of a graph; the list of ops is kept for one export only."""
    with tf.Graph().as_default():
        saver = models.build(tf)
        for name, meta in models.exports(tf, saver).items():
            if name != "model":
                meta.meta_info_def.ClearField("stripped_op_list")
            with open(f"{GOLDEN}/{name}.meta", "wb") as file:
                file.write(meta.SerializeToString(deterministic=True))


def save_loop(tf, models):
    """A model with old control flow, and what training goes on with."""
    with tf.Graph().as_default(), tf.Session() as session:
        saver = models.build_loop(tf)
        session.run(tf.global_variables_initializer())
        train, loss = tf.get_collection("train")
        session.run(train, {"x:0": models.FEEDS[0]})
        saver.save(session, GOLDEN + "/loop", write_state=False)
        with open(GOLDEN + "/loop.json", "w") as file:
            json.dump(models.train_loop(session, train, loss), file)


def read_all(tf, folder):
    """Returns {checkpoint: {name: [dtype, value]}} for the checkpoints of a folder."""
    out = {}
    for name in sorted(os.listdir(folder)):
        if not name.endswith((".index", ".v1")):
            continue
        prefix = name[: -len(".index")] if name.endswith(".index") else name
        reader = tf.train.NewCheckpointReader(os.path.join(folder, prefix))
        out[prefix] = {}
        for key in reader.get_variable_to_shape_map():
            try:
                value = reader.get_tensor(key)
            except tf.errors.UnimplementedError:
                continue  # TensorFlow's reader of the first format lacks some types, and slices.
            out[prefix][key] = [
                str(value.dtype) if hasattr(value, "dtype") else "bytes",
                repr(value),
            ]
    return out


def main(arguments):
    if arguments[:1] != ["--here"]:
        home = os.environ.get("ORACLE") or os.path.expanduser("~/.cache/headrace-oracle")
        python = os.path.join(home, "bin", "python")
        os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
        os.execv(python, [python, "-W", "ignore", os.path.abspath(__file__), "--here", *arguments])
    sys.path.insert(0, HERE)
    import cases
    import models
    import tensorflow as tf

    tf.compat.v1.logging.set_verbosity(tf.compat.v1.logging.ERROR)
    if arguments[1:2] == ["--read"]:
        print(json.dumps(read_all(tf, arguments[2])))
        return
    shutil.rmtree(GOLDEN, ignore_errors=True)
    os.makedirs(GOLDEN)
    save_tensors(tf, cases)
    save_models(tf)
    save_meta_graphs(tf, models)
    save_loop(tf, models)
    print(sorted((name, os.path.getsize(GOLDEN + "/" + name)) for name in os.listdir(GOLDEN)))


if __name__ == "__main__":
    main(sys.argv[1:])
