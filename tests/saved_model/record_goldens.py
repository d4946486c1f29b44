#!/usr/bin/env python3
"""Writes the SavedModels in tests/saved_model/golden with TensorFlow 1.15, and what they compute.

    tests/saved_model/record_goldens.py

It runs itself again under the oracle: $ORACLE/bin/python, or ~/.cache/headrace-oracle. With
`--read DIRECTORY` it prints, as JSON, what TensorFlow computes from the SavedModels there.
"""

import json
import os
import shutil
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
GOLDEN = os.path.join(HERE, "golden")


def shrink(path):
    """Takes out the long list of ops, which is compared elsewhere, and fixes the order of maps."""
    from tensorflow.core.protobuf import saved_model_pb2

    with open(path, "rb") as file:
        model = saved_model_pb2.SavedModel.FromString(file.read())
    for meta in model.meta_graphs:
        meta.meta_info_def.ClearField("stripped_op_list")
    with open(path, "wb") as file:
        file.write(model.SerializeToString(deterministic=True))


def write_all(tf, models):
    shutil.rmtree(GOLDEN, ignore_errors=True)
    os.makedirs(GOLDEN)
    answers = {}
    for mode in ("v1", "v2"):
        (tf.disable_control_flow_v2 if mode == "v1" else tf.enable_control_flow_v2)()
        for name in models.MODELS:
            if mode == "v2" and name in ("dense", "words"):
                continue
            folder = os.path.join(GOLDEN, name + "_" + mode)
            files = tempfile.mkdtemp()
            models.save(tf, name, folder, files)
            answers[name + "_" + mode] = models.load_and_run(tf, name, folder, files)
            shutil.rmtree(files)
            if name != "dense":
                shrink(folder + "/saved_model.pb")
    with open(GOLDEN + "/answers.json", "w") as file:
        lines = [json.dumps({k: v}, sort_keys=True)[1:-1] for k, v in answers.items()]
        file.write("{\n" + ",\n".join(lines) + "\n}\n")


def main(arguments):
    if arguments[:1] != ["--here"]:
        home = os.environ.get("ORACLE") or os.path.expanduser("~/.cache/headrace-oracle")
        python = os.path.join(home, "bin", "python")
        os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
        os.execv(python, [python, "-W", "ignore", os.path.abspath(__file__), "--here", *arguments])
    sys.path.insert(0, HERE)
    import models
    import tensorflow as tf

    tf.compat.v1.logging.set_verbosity(tf.compat.v1.logging.ERROR)
    if arguments[1:2] == ["--read"]:
        folder = arguments[2]
        files = tempfile.mkdtemp()
        print(
            json.dumps(
                {
                    name: models.load_and_run(tf, name, os.path.join(folder, name), files)
                    for name in sorted(os.listdir(folder))
                }
            )
        )
        shutil.rmtree(files)
        return
    write_all(tf, models)


if __name__ == "__main__":
    main(sys.argv[1:])
