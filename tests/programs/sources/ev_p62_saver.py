"""A Saver in eager mode: it saves and restores at once, and there is no graph to write."""

import os
import tempfile

import tensorflow as tf

tf.enable_eager_execution()
folder = tempfile.mkdtemp()
a = tf.Variable([1.0, 2.0], name="a")
b = tf.get_variable("b", [2], use_resource=True, initializer=tf.ones_initializer())


def attempt(call):
    try:
        print(call())
    except Exception as e:
        print(type(e).__name__, str(e).split("\n")[0])


attempt(lambda: tf.train.Saver())
saver = tf.train.Saver([a, b])
print(os.path.basename(saver.save(None, folder + "/m", global_step=3)))
print(sorted(os.listdir(folder)), tf.train.list_variables(folder))
a.assign([5.0, 6.0])
saver.restore(None, folder + "/m-3")
print(a.numpy())

saver = tf.train.Saver({"x": a}, max_to_keep=1)
for i in range(3):
    a.assign_add([1.0, 1.0])
    saver.save(None, folder + "/n", global_step=i)
print(sorted(os.listdir(folder)), [os.path.basename(p) for p in saver.last_checkpoints])
print(tf.train.load_variable(folder, "x"))
attempt(lambda: saver.restore(None, folder + "/m-3"))
attempt(lambda: tf.train.Saver([a]).build())
attempt(lambda: tf.train.export_meta_graph())
attempt(lambda: tf.train.import_meta_graph("x"))
c = tf.Variable([1.0, 2.0, 3.0], name="a")
attempt(lambda: tf.train.Saver([c]).restore(None, folder + "/m-3"))
attempt(lambda: tf.train.Saver([c, a]).save(None, folder + "/q"))
attempt(lambda: tf.train.Saver([tf.constant(1.0)]).save(None, folder + "/r"))
