"""The tools about files: freeze_graph in its forms, inspect_checkpoint, strip_unused."""

import tempfile

import tensorflow as tf
from tensorflow.python.tools import freeze_graph, strip_unused_lib
from tensorflow.python.tools.inspect_checkpoint import print_tensors_in_checkpoint_file

d = tempfile.mkdtemp()
with tf.Graph().as_default(), tf.Session() as sess:
    x = tf.placeholder(tf.float32, [None, 2], "x")
    w = tf.get_variable("w", [2, 2], initializer=tf.ones_initializer())
    with tf.device("/cpu:0"):
        b = tf.get_variable("b", [2], initializer=tf.zeros_initializer())
    y = tf.nn.bias_add(tf.matmul(x, w), b, name="y")
    tf.identity(y * 2.0, "z")
    sess.run(tf.global_variables_initializer())
    saver = tf.train.Saver()
    p = saver.save(sess, d + "/model")
    tf.train.write_graph(sess.graph, d, "in.pbtxt")
    tf.train.write_graph(sess.graph, d, "in.pb", False)
    with open(d + "/saver.pb", "wb") as file:
        file.write(saver.saver_def.SerializeToString())
    tf.saved_model.simple_save(sess, d + "/saved", {"x": x}, {"y": y})
    graph_def = sess.graph.as_graph_def()


def freeze(graph, saver, binary, checkpoint, outputs, out="", clear=True, **more):
    with tf.Graph().as_default():
        try:
            made = freeze_graph.freeze_graph(
                graph, saver, binary, checkpoint, outputs, None, None, out, clear, "", **more
            )
            print([(n.name, n.op, n.device) for n in made.node])
        except Exception as e:
            print(type(e).__name__, str(e).split("\n")[0])


freeze(d + "/in.pbtxt", "", False, p, "y", d + "/out.pb")
freeze(d + "/in.pb", "", True, p, "y, z", clear=False, variable_names_blacklist="b")
freeze(d + "/in.pb", d + "/saver.pb", True, p, "z", variable_names_whitelist="w")
freeze("", "", True, p, "y", input_meta_graph=p + ".meta")
freeze(None, None, True, None, "y", input_saved_model_dir=d + "/saved")
freeze(None, None, True, None, "y", input_saved_model_dir=d + "/saved", saved_model_tags="x")
freeze(d + "/in.pb", "", True, d + "/none", "y")
freeze(d + "/in.pb", "", True, p, "")
freeze(d + "/none", "", True, p, "y")
freeze(d + "/out.pb", "", True, p, "y")
freeze(d + "/in.pb", d + "/none", True, p, "y")
freeze(d + "/in.pb", "", True, p, "none")
with open(d + "/out.pb", "rb") as file:
    frozen = tf.GraphDef.FromString(file.read())
with tf.Graph().as_default(), tf.Session() as sess:
    (y,) = tf.import_graph_def(frozen, return_elements=["y:0"])
    print(sess.run(y, {"import/x:0": [[1.0, 2.0]]}))
print_tensors_in_checkpoint_file(p, tensor_name="", all_tensors=True)
print_tensors_in_checkpoint_file(p, "w", False)
print_tensors_in_checkpoint_file(p, "", False)
print_tensors_in_checkpoint_file(p, None, False, True, count_exclude_pattern="b")
kept = strip_unused_lib.strip_unused(graph_def, ["y"], ["z"], tf.float32.as_datatype_enum)
print([(n.name, n.op) for n in kept.node])
for name in ("y:0", "none"):
    try:
        strip_unused_lib.strip_unused(graph_def, [name], ["z"], 1)
    except Exception as e:
        print(type(e).__name__, e)
