"""Snippets of checkpoints: the nodes of a Saver, its files, what reads them, and errors."""

_VARS = """
a = tf.get_variable("a", [2, 3])
b = tf.get_variable("m/b", [3], initializer=tf.ones_initializer(), dtype=tf.float64)
n = tf.Variable(7, name="n", trainable=False)
"""
_RESOURCE = """
tf.enable_resource_variables
r = tf.get_variable("r", [2], use_resource=True, initializer=tf.ones_initializer())
"""
_PARTS = """
p = tf.get_variable("p", [5, 2], partitioner=tf.fixed_size_partitioner(2))
q = tf.get_variable("q", [2, 4], partitioner=tf.fixed_size_partitioner(2, axis=1),
                    use_resource=True)
"""
_SHARDS = """
with tf.device("/cpu:0"):
    c = tf.get_variable("c", [2])
with tf.device("/device:CPU:1"):
    d = tf.get_variable("d", [2])
"""
# What cannot be fetched is compared as constants of the graph.
_ANSWER = """
for answer in answer if isinstance(answer, list) else [answer]:
    tf.constant(str(answer).replace(tmp, 'TMP'), name='answer')
"""
_TEXT = """
def fields(message):
    return [(f.name, v) for f, v in message.ListFields()]

def text(path):
    with open(path) as file:
        return file.read()
"""
_ROUND = (
    """
import os
with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    path = saver.save(sess, tmp + "/m", global_step=3)
    tensors = [v for v in tf.global_variables()]
    before = sess.run(tensors)
with tf.Session() as sess:
    saver.restore(sess, path)
    after = sess.run(tensors)
answer = [path, sorted(os.listdir(tmp)), [np.array_equal(x, y) for x, y in zip(before, after)],
          [(k, s) for k, s in tf.train.list_variables(tmp)], text(tmp + "/checkpoint"),
          fields(saver.saver_def)]
"""
    + _ANSWER
)
_SAVED = """
with tf.Graph().as_default(), tf.Session() as sess:
    x = tf.get_variable("old/x", [2, 2], initializer=tf.constant_initializer(3.))
    y = tf.get_variable("old/y", [4], initializer=tf.constant_initializer(5.))
    z = tf.get_variable("z", [], dtype=tf.int64, initializer=tf.constant_initializer(9))
    sess.run(tf.global_variables_initializer())
    tf.train.Saver().save(sess, tmp + "/old")
"""
_NAMES = """
def names(vs):
    with tf.Session() as sess:
        sess.run(tf.global_variables_initializer())
        return [(v.name, v.initializer.name, v.initial_value.name, sess.run(v).tolist())
                for v in vs]
"""


def _fails(call):
    return (
        "\ntry:\n    " + call + "\nexcept Exception as e:\n"
        "    lines = getattr(e, 'message', str(e)).split('\\n')\n"
        "    answer = [type(e).__name__, lines[0]]\n    for line in lines[1:4]:\n"
        "        if line.startswith(('Key', 'Assign', 'tensor_name')): answer.append(line)\n"
        "else:\n    answer = 'no error'" + _ANSWER
    )


SNIPPETS = {
    "plain": _VARS + "saver = tf.train.Saver()" + _ROUND,
    "resource": _VARS + _RESOURCE + "saver = tf.train.Saver()" + _ROUND,
    "partitioned": _PARTS + "saver = tf.train.Saver()" + _ROUND,
    "partitioned in a dict": _PARTS + "saver = tf.train.Saver({'x': p, 'y': list(q)})",
    "sharded": _VARS + _RESOURCE + "saver = tf.train.Saver(sharded=True)" + _ROUND,
    "sharded by device": _SHARDS + _RESOURCE + "saver = tf.train.Saver(sharded=True)",
    "dict": _VARS + "saver = tf.train.Saver({'x': a, 'y': b})",
    "tensors in a dict": _VARS + "saver = tf.train.Saver({'x': a.op.outputs[0]})",
    "list": _VARS
    + "saver = tf.train.Saver([n, a], name='keep')"
    + _ROUND.replace("tf.global_variables()]", "[n, a]]"),
    "reshape": _VARS + _RESOURCE + "saver = tf.train.Saver(reshape=True)" + _ROUND,
    "reshape of unknown": "v = tf.Variable(tf.placeholder(tf.float32), validate_shape=False)\n"
    "saver = tf.train.Saver(reshape=True)",
    "sequentially": _VARS + "saver = tf.train.Saver(restore_sequentially=True)",
    "first format": _VARS
    + _PARTS
    + "saver = tf.train.Saver(write_version=tf.train.SaverDef.V1)"
    + _ROUND,
    "first format sharded": _SHARDS
    + "saver = tf.train.Saver(write_version=tf.train.SaverDef.V1, sharded=True)",
    "file name": _VARS + "saver = tf.train.Saver(filename='elsewhere')",
    "in a scope": _VARS + "with tf.name_scope('s'):\n    saver = tf.train.Saver()\n"
    "other = tf.train.Saver()",
    "builder": _VARS + _RESOURCE + "Builder = type(tf.train.Saver()._builder).__mro__[1]\n"
    "saver = tf.train.Saver(builder=Builder())" + _ROUND,
    "on a device": "with tf.device('/job:ps/task:1'):\n"
    + _VARS.replace("\n", "\n    ")
    + "\n    r = tf.get_variable('r', [2], use_resource=True)\nsaver = tf.train.Saver()",
    "deferred": "saver = tf.train.Saver(defer_build=True)\n" + _VARS + "saver.build()" + _ROUND,
    "empty": "saver = tf.train.Saver(allow_empty=True)\nwith tf.Session() as sess:\n"
    "    answer = [saver.save(sess, tmp + '/m'), saver.restore(sess, 'x'), saver.saver_def]"
    + _ANSWER,
    "many": _VARS
    + """
import os
saver = tf.train.Saver(max_to_keep=2, pad_step_number=True)
with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    answer = []
    for i in range(4):
        saver.save(sess, tmp + "/m", global_step=n, write_meta_graph=i % 2 == 0)
        answer.append([saver.last_checkpoints, text(tmp + "/checkpoint")])
        sess.run(tf.assign_add(n, 1) if i == 0 else n.op.outputs[0].graph.get_tensor_by_name(
            "AssignAdd:0"))
    answer.append(sorted(os.listdir(tmp)))
    saver.set_last_checkpoints(["x"])
    answer.append(saver.last_checkpoints)
    saver.recover_last_checkpoints([tmp + "/m-00000010", tmp + "/none", tmp + "/m-00000009"])
    answer.append(saver.last_checkpoints)
    other = tf.train.Saver(max_to_keep=0)
    other.save(sess, tmp + "/o", latest_filename="mine")
    answer += [other.last_checkpoints, text(tmp + "/mine")]
    answer += [tf.train.latest_checkpoint(tmp), tf.train.latest_checkpoint(tmp, "mine"),
               str(tf.train.get_checkpoint_state(tmp)),
               tf.train.checkpoint_exists(tmp + "/o"), tf.train.checkpoint_exists(tmp + "/none"),
               len(tf.train.get_checkpoint_mtimes([tmp + "/o", tmp + "/none"]))]
    tf.train.remove_checkpoint(tmp + "/o")
    answer.append(sorted(os.listdir(tmp)))
"""
    + _ANSWER,
    "kept for ever": """
import os
a = tf.get_variable("a", [2])
saver = tf.train.Saver(max_to_keep=1, keep_checkpoint_every_n_hours=1e-12)
rare = tf.train.Saver(max_to_keep=1)
with tf.Session() as sess:
    sess.run(a.initializer)
    for i in range(3):
        saver.save(sess, tmp + "/m", i, write_meta_graph=False)
        rare.save(sess, tmp + "/r", i, write_meta_graph=False)
    saver.restore(sess, (tmp + "/m-0").encode())
answer = [sorted(os.listdir(tmp)), saver.last_checkpoints]
"""
    + _ANSWER,
    "known with times": """
import os
a = tf.get_variable("a", [2])
saver = tf.train.Saver({a.op.name: a}, max_to_keep=2)
with tf.Session() as sess:
    sess.run(a.initializer)
    for i in range(2):
        saver.save(sess, tmp + "/m", i, write_meta_graph=False)
    saver.set_last_checkpoints_with_time([(tmp + "/m-1", 5.), (tmp + "/m-0", 6.)])
    saver.save(sess, tmp + "/m", 2, write_meta_graph=False)
answer = [sorted(os.listdir(tmp)), saver.last_checkpoints]
"""
    + _ANSWER,
    "set of variables": _VARS + "saver = tf.train.Saver({a, n})",
    "relative": _VARS
    + """
import os
here = os.getcwd()
try:
    os.chdir(tmp)
    os.mkdir("sub")
    saver = tf.train.Saver(save_relative_paths=True)
    other = tf.train.Saver()
    with tf.Session() as sess:
        sess.run(tf.global_variables_initializer())
        answer = [saver.save(sess, tmp + "/sub/m", 1), text("sub/checkpoint"),
                  saver.save(sess, "sub/m", 2), text("sub/checkpoint"),
                  other.save(sess, "sub/o", 2), text("sub/checkpoint"),
                  other.save(sess, "o", 2), text("checkpoint"),
                  tf.train.latest_checkpoint("sub"), tf.train.latest_checkpoint(".")]
finally:
    os.chdir(here)
"""
    + _ANSWER,
    "state": """
tf.train.update_checkpoint_state(tmp, tmp + "/b", [tmp + "/a", "c"],
                                 all_model_checkpoint_timestamps=[1.5, 2., 1574947200.25],
                                 last_preserved_timestamp=0.1)
answer = [text(tmp + "/checkpoint"), fields(tf.train.get_checkpoint_state(tmp)),
          tf.train.latest_checkpoint(tmp), tf.train.get_checkpoint_state(tmp + "/none"),
          str(tf.train.generate_checkpoint_state_proto("x/y", "x/y/m", ["x/y/l", "x/y/m"]))]
"""
    + _ANSWER,
    "state conflict": _fails("tf.train.update_checkpoint_state(tmp, tmp + '/checkpoint')"),
    "state times": _fails(
        "tf.train.generate_checkpoint_state_proto('a', 'b', all_model_checkpoint_timestamps=[1, 2])"
    ),
    "state invalid": "with open(tmp + '/checkpoint', 'w') as file:\n    file.write('')\n"
    + _fails("tf.train.get_checkpoint_state(tmp)"),
    "state unreadable": "with open(tmp + '/checkpoint', 'w') as file:\n    _ = file.write('what: 3')\n"
    "answer = tf.train.get_checkpoint_state(tmp)" + _ANSWER,
    "moving averages": """
tf.enable_control_flow_v2()
a = tf.get_variable("a", [2])
b = tf.get_variable("b", [2])
ema = tf.train.ExponentialMovingAverage(0.9)
ema.apply([a, b])
saver = tf.train.Saver(ema.variables_to_restore())
""",
    "optimizer": """
a = tf.get_variable("a", [2], initializer=tf.ones_initializer())
train = tf.train.AdamOptimizer(0.1).minimize(tf.reduce_sum(a * a))
saver = tf.train.Saver()
"""
    + _ROUND,
    "saveable object": """
a = tf.get_variable("a", [2], initializer=tf.ones_initializer())
t = tf.Variable([1., 2.], collections=["mine"], name="t")
Builder = type(tf.train.Saver([a])._builder).__mro__[1]
class Twice(Builder.SaveableObject):
    def __init__(self, var, name):
        specs = [Builder.SaveSpec(var.op.outputs[0], "", name + "-one"),
                 Builder.SaveSpec(var * 2., "", name + "-two")]
        super(Twice, self).__init__(var, specs, name)
    def restore(self, restored_tensors, restored_shapes):
        return tf.assign(self.op, restored_tensors[1])
tf.add_to_collection(tf.GraphKeys.SAVEABLE_OBJECTS, Twice(t, "tt"))
saver = tf.train.Saver()
with tf.Session() as sess:
    sess.run([a.initializer, t.initializer])
    saver.save(sess, tmp + "/m")
    saver.restore(sess, tmp + "/m")
    answer = [sess.run(t).tolist(), tf.train.list_variables(tmp)]
"""
    + _ANSWER,
    "same file again": """
a = tf.get_variable("a", [2], initializer=tf.ones_initializer())
saver = tf.train.Saver()
import os
with tf.Session() as sess:
    sess.run(a.initializer)
    saver.save(sess, tmp + "/m", write_meta_graph=False)
    sess.run(a.initializer)
    saver.save(sess, tmp + "/m", write_meta_graph=False, write_state=False)
    answer = [saver.last_checkpoints, sorted(os.listdir(tmp))]
"""
    + _ANSWER,
    "missing key": _SAVED
    + "a = tf.get_variable('old/a', [2])\nx = tf.get_variable('old/x', [2, 2])\n"
    "sess = tf.Session()\nsaver = tf.train.Saver()" + _fails("saver.restore(sess, tmp + '/old')"),
    "wrong shape": _SAVED + "x = tf.get_variable('old/x', [2, 3])\n"
    "sess = tf.Session()\nsaver = tf.train.Saver()" + _fails("saver.restore(sess, tmp + '/old')"),
    "wrong type": _SAVED + "x = tf.get_variable('old/x', [2, 2], dtype=tf.float64)\n"
    "sess = tf.Session()\nsaver = tf.train.Saver()" + _fails("saver.restore(sess, tmp + '/old')"),
    "reshaped": _SAVED + "x = tf.get_variable('old/x', [4])\nsess = tf.Session()\n"
    "saver = tf.train.Saver(reshape=True)\nsaver.restore(sess, tmp + '/old')\n"
    "answer = sess.run(x).tolist()" + _ANSWER,
    "resliced": _SAVED + "y = tf.get_variable('old/y', [4], "
    "partitioner=tf.fixed_size_partitioner(3))\nsess = tf.Session()\nsaver = tf.train.Saver()\n"
    "saver.restore(sess, tmp + '/old')\nanswer = [v.tolist() for v in sess.run(list(y))]" + _ANSWER,
    "no checkpoint": _VARS
    + "sess = tf.Session()\nsaver = tf.train.Saver()"
    + _fails("saver.restore(sess, tmp + '/none')"),
    "restore None": _VARS
    + "sess = tf.Session()\nsaver = tf.train.Saver()"
    + _fails("saver.restore(sess, None)"),
    "no directory": "a = tf.Variable(1.)\nsess = tf.Session()\nsess.run(a.initializer)\n"
    "saver = tf.train.Saver()" + _fails("saver.save(sess, tmp + '/no/dir/m')"),
    "uninitialized": "a = tf.Variable(1., name='a')\nsess = tf.Session()\nsaver = tf.train.Saver()"
    + _fails("saver.save(sess, tmp + '/m')"),
    "no session": "a = tf.Variable(1.)\nsaver = tf.train.Saver()" + _fails("saver.save(3, 'x')"),
    "collides": "a = tf.Variable(1.)\nsaver = tf.train.Saver()"
    + _fails("saver.save(tf.Session(), tmp + '/checkpoint')"),
    "latest with folder": "a = tf.Variable(1.)\nsaver = tf.train.Saver()"
    + _fails("saver.save(tf.Session(), tmp + '/m', latest_filename='a/b')"),
    "not built": "saver = tf.train.Saver(defer_build=True)"
    + _fails("saver.save(tf.Session(), tmp + '/m')"),
    "nothing to save": "tf.train.Saver()",
    "defer with variables": "tf.train.Saver([tf.Variable(1.)], defer_build=True)",
    "two names": "a = tf.Variable(1.)\ntf.train.Saver({'x': a, 'y': a})",
    "one name": "a = tf.Variable(1., name='a')\nb = tf.get_variable('b', [])\n"
    "tf.train.Saver([a, a])",
    "not a variable": "tf.train.Saver([tf.constant(1.)])",
    "not a variable in a dict": "tf.train.Saver({'x': tf.constant(1.)})",
    "name is no string": "tf.train.Saver({1: tf.Variable(1.)})",
    "not a list": "tf.train.Saver(3)",
    "bad saver_def": "tf.train.Saver(saver_def=3)",
    "empty saver_def": "tf.train.Saver(saver_def=tf.train.SaverDef(filename_tensor_name='x'))",
    "from proto": _VARS + "saver = tf.train.Saver(name='s', max_to_keep=3)\n"
    "other = tf.train.Saver.from_proto(saver.to_proto())\n"
    "answer = [fields(other.as_saver_def()), fields(saver.to_proto('s')), saver.to_proto('t'),\n"
    "          fields(tf.train.Saver(saver_def=saver.to_proto('s'), name='imp').saver_def)]"
    + _ANSWER,
    "reader": _SAVED
    + """
r = tf.train.NewCheckpointReader(tmp + "/old")
answer = [sorted(r.get_variable_to_shape_map().items()),
          sorted((k, v.name) for k, v in r.get_variable_to_dtype_map().items()),
          r.has_tensor("z"), r.has_tensor("w"), r.get_tensor("old/y").tolist(),
          type(r.get_tensor("z")).__name__, r.debug_string(), int(tf.train.load_variable(tmp, "z:0")),
          int(tf.train.load_checkpoint(tmp).get_tensor("z")), tf.train.list_variables(tmp + "/old")]
"""
    + _ANSWER,
    "reader misses": _SAVED + _fails("tf.train.load_variable(tmp, 'w')"),
    "reader without file": _fails("tf.train.NewCheckpointReader(tmp + '/none')"),
    "reader without state": _fails("tf.train.load_checkpoint(tmp)"),
    "init by name": _SAVED
    + _NAMES
    + """
with tf.variable_scope("new"):
    x = tf.get_variable("x", [2, 2])
    y = tf.get_variable("y", [4], use_resource=True)
tf.train.init_from_checkpoint(tmp, {"old/x": "new/x", "old/y": "new/y"})
answer = names([x, y])
"""
    + _ANSWER,
    "init by scope": _SAVED
    + _NAMES
    + """
with tf.variable_scope("new"):
    x = tf.get_variable("x", [2, 2])
    y = tf.get_variable("y", [4], partitioner=tf.fixed_size_partitioner(2))
tf.train.init_from_checkpoint(tmp, {"old/": "new/"})
answer = names([x] + list(y))
"""
    + _ANSWER,
    "init by root": _SAVED
    + _NAMES
    + """
z = tf.get_variable("z", [], dtype=tf.int64)
x = tf.get_variable("old/x", [2, 2])
tf.train.init_from_checkpoint(tmp + "/old", {"/": "/"})
answer = names([x, z])
"""
    + _ANSWER,
    "init of variables": _SAVED
    + _NAMES
    + """
x = tf.get_variable("x", [2, 2])
y = tf.get_variable("y", [4], partitioner=tf.fixed_size_partitioner(2))
v = tf.Variable([1., 2., 3., 4.])
tf.train.init_from_checkpoint(tmp, {"old/x": x, "old/y": list(y)})
tf.train.init_from_checkpoint(tmp, {"old/y": v})
answer = names([x, v] + list(y))
"""
    + _ANSWER,
    "init wrong shape": _SAVED + "x = tf.get_variable('x', [2, 5])\n"
    "tf.train.init_from_checkpoint(tmp + '/old', {'old/x': x})",
    "init unknown scope": _SAVED + "x = tf.get_variable('x', [2, 5])\n"
    "tf.train.init_from_checkpoint(tmp + '/old', {'old/x': 's/'})",
    "init missing": _SAVED + "with tf.variable_scope('new'):\n    x = tf.get_variable('w', [2])\n"
    "tf.train.init_from_checkpoint(tmp + '/old', {'old/': 'new/'})",
    "warm start": _SAVED
    + _NAMES
    + """
with tf.variable_scope("old"):
    x = tf.get_variable("x", [2, 2])
    y = tf.get_variable("y2", [4])
tf.train.warm_start(tmp, var_name_to_prev_var_name={"old/y2": "old/y"})
answer = names([x, y])
"""
    + _ANSWER,
    "old ops": """
x = tf.constant([[1., 2., 3.], [4., 5., 6.]])
save = tf.raw_ops.Save(filename=tmp + "/v1", tensor_names=["x", "i"], data=[x, [1, 2]])
with tf.control_dependencies([save]):
    more = tf.raw_ops.SaveSlices(filename=tmp + "/v2", tensor_names=["x", "x"],
        shapes_and_slices=["4 3 0,2:-", "4 3 2,2:0,3"], data=[x, x + 1.])
with tf.control_dependencies([more]):
    y = tf.raw_ops.Restore(file_pattern=tmp + "/v1", tensor_name="i", dt=tf.int32)
    z = tf.raw_ops.RestoreSlice(file_pattern=tmp + "/v?", tensor_name="x", dt=tf.float32,
        shape_and_slice="2 3 1,1:-")
    w = tf.raw_ops.RestoreV2(prefix=tmp + "/v2", tensor_names=["x", "x"],
        shape_and_slices=["", "4 3 1,2:1,2"], dtypes=[tf.float32, tf.float32])
    s = tf.raw_ops.ShardedFilename(basename="b", shard=2, num_shards=30)
    f = tf.raw_ops.ShardedFilespec(basename="b", num_shards=30)
tf.constant(str([t.shape for t in [y, z] + w]), name="static")
fetch = [y, w, s, f]
""",
    "merge": """
x = tf.constant([1., 2.])
with tf.control_dependencies([
    tf.raw_ops.SaveV2(prefix=tmp + "/t/1", tensor_names=["p", "a"], shape_and_slices=["4 0,2", ""],
                      tensors=[x, ["s", "t"]]),
    tf.raw_ops.SaveV2(prefix=tmp + "/t/2", tensor_names=["p", "b"], shape_and_slices=["4 2,2", ""],
                      tensors=[x + 2., x * x])]):
    merged = tf.raw_ops.MergeV2Checkpoints(checkpoint_prefixes=[tmp + "/t/1", tmp + "/t/2"],
                                           destination_prefix=tmp + "/all")
with tf.control_dependencies([merged]):
    fetch = tf.raw_ops.RestoreV2(prefix=tmp + "/all", tensor_names=["p", "a", "b"],
        shape_and_slices=["", "", ""], dtypes=[tf.float32, tf.string, tf.float32])
""",
    "save too few names": "tf.raw_ops.SaveV2(prefix='x', tensor_names=['a'], "
    "shape_and_slices=['', ''], tensors=[1., 2.])",
    "restore bad slice": "tf.raw_ops.RestoreV2(prefix='x', tensor_names=['a'], "
    "shape_and_slices=['junk'], dtypes=[tf.float32])",
    "restore too few slices": "tf.raw_ops.RestoreV2(prefix='x', tensor_names=['a'], "
    "shape_and_slices=[''], dtypes=[tf.float32, tf.float32])",
}
_O = {"xla": False}
SNIPPETS = {
    name: (_TEXT + code.replace("\ntf.enable_resource_variables\n", "\n"), _O)
    for name, code in SNIPPETS.items()
}
