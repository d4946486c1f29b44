"""Snippets of meta graphs that are imported and of SavedModels: nodes, collections and errors."""

# What cannot be fetched is compared as constants of the graph.
_ANSWER = """
for answer in answer if isinstance(answer, list) else [answer]:
    tf.constant(str(answer).replace(tmp, 'TMP'), name='answer')
"""
_TOOLS = """
import os

def fields(message):
    return [(f.name, v) for f, v in message.ListFields()]

def members():
    graph = tf.get_default_graph()
    return [(key, [getattr(x, "name", x) for x in graph.get_collection(key)])
            for key in sorted(graph.get_all_collection_keys())]

def files(folder):
    return sorted(os.path.join(where, name)[len(folder):]
                  for where, _, names in os.walk(folder) for name in names)
"""
_MODEL = """
def model():
    x = tf.placeholder(tf.float32, [None, 2], name="x")
    with tf.variable_scope("m"):
        w = tf.get_variable("w", [2, 3], initializer=tf.constant_initializer([1, 2, 3, 4, 5, 6]))
        r = tf.get_variable("r", [3], use_resource=True, initializer=tf.ones_initializer())
        p = tf.get_variable("p", [4], partitioner=tf.fixed_size_partitioner(2))
    n = tf.Variable(7, name="n", trainable=False)
    tf.get_variable("loc", [2], collections=[tf.GraphKeys.LOCAL_VARIABLES])
    with tf.device("/cpu:0"):
        y = tf.add(tf.matmul(x, w), r, name="y")
    tf.train.get_or_create_global_step()
    queue = tf.FIFOQueue(3, [tf.float32], [[]], name="q")
    tf.train.add_queue_runner(tf.train.QueueRunner(queue, [queue.enqueue(1.)]))
    for key, values in (("strings", ["abc", b"d", "^e"]), ("ints", [3, 4]), ("floats", [1.5]),
                        ("nodes", [y, y.op])):
        for value in values:
            tf.add_to_collection(key, value)
    tf.summary.scalar("s", tf.reduce_sum(y))
    return x, y, w, r, n
"""
_META = (
    _TOOLS
    + _MODEL
    + """
with tf.Graph().as_default(), tf.Session() as sess:
    x, y, w, r, n = model()
    saver = tf.train.Saver(max_to_keep=3)
    sess.run([tf.global_variables_initializer(), tf.local_variables_initializer()])
    sess.run([w.assign_add(tf.ones([2, 3])), n.assign(9)])
    saver.save(sess, tmp + "/m")
    saver.export_meta_graph(tmp + "/text.meta", as_text=True)
"""
)
_SAVED = (
    _TOOLS
    + _MODEL
    + """
with tf.Graph().as_default(), tf.Session() as sess:
    x, y, w, r, n = model()
    sess.run([tf.global_variables_initializer(), tf.local_variables_initializer()])
    sess.run([w.assign_add(tf.ones([2, 3])), n.assign(9)])
    tf.saved_model.simple_save(sess, tmp + "/s", {"x": x, "w": w}, {"y": y, "r": r})
"""
)
_USE = """
with tf.Session() as sess:
    saver.restore(sess, tmp + "/m")
    values = sess.run([scope + "y:0", scope + "n:0"], {scope + "x:0": [[1., 2.]]})
answer = members() + [[v.tolist() for v in values]]
answer += [v.op.type + " " + str(v.trainable) for v in tf.global_variables()]
answer += [[v.initial_value.name for v in tf.trainable_variables()], fields(saver.saver_def)]
q, = tf.get_collection("queue_runners")
answer += [q.name, q.close_op.name, [op.name for op in q.enqueue_ops]]
"""
_BUILDER = """
b = tf.saved_model.builder.SavedModelBuilder(tmp + "/b")
v = tf.get_variable("v", [2], initializer=tf.ones_initializer())
sess = tf.Session()
sess.run(v.initializer)
"""
_INFO = "info = tf.saved_model.utils.build_tensor_info\n"
_SIGNATURES = """
e = tf.placeholder(tf.string, [None], name="e")
f = tf.placeholder(tf.float32, [None, 3], name="f")
"""

SNIPPETS = {
    "import file": _META
    + "saver = tf.train.import_meta_graph(tmp + '/m.meta')\nscope = ''"
    + _USE
    + _ANSWER,
    "import text": _META
    + "saver = tf.train.import_meta_graph(tmp + '/text.meta')\nscope = ''"
    + _USE
    + _ANSWER,
    "import scope": _META
    + "saver = tf.train.import_meta_graph(tmp + '/m.meta', True, 'in')\nscope = 'in/'"
    + _USE
    + _ANSWER,
    "import scope twice": _META
    + """
tf.train.import_meta_graph(tmp + '/m.meta', import_scope='in')
saver = tf.train.import_meta_graph(tmp + '/m.meta', import_scope='in')
answer = members() + [fields(saver.saver_def)]
"""
    + _ANSWER,
    "import in a name scope": _META
    + """
with tf.name_scope("outer"):
    saver = tf.train.import_meta_graph(tmp + '/m.meta', clear_devices=True, import_scope="in")
answer = [[v.name for v in tf.global_variables()], fields(saver.saver_def)]
"""
    + _ANSWER,
    "import some": _META
    + """
saver = tf.train.import_meta_graph(tmp + '/m.meta', input_map={'x': tf.ones([1, 2], name='mine')},
    restore_collections_predicate=lambda key: key in ("variables", "ints"))
answer = members()
"""
    + _ANSWER,
    "import no variables": _TOOLS
    + """
with tf.Graph().as_default() as graph:
    tf.add_to_collection("k", tf.constant(1, name="c"))
    meta = tf.train.export_meta_graph()
answer = [tf.train.import_meta_graph(meta), members()]
"""
    + _ANSWER,
    "import no saver": _TOOLS
    + """
with tf.Graph().as_default() as graph:
    tf.get_variable("v", [2])
    meta = tf.train.export_meta_graph()
answer = [fields(tf.train.import_meta_graph(meta).saver_def), members()]
"""
    + _ANSWER,
    "import old": _TOOLS
    + """
with tf.Graph().as_default() as graph:
    tf.get_variable("v", [2], trainable=True)
    tf.get_variable("w", [2], trainable=False)
    meta = tf.train.export_meta_graph()
meta.meta_info_def.tensorflow_version = "1.8.0"
tf.train.import_meta_graph(meta)
answer = members() + [v.trainable for v in tf.global_variables()]
"""
    + _ANSWER,
    "import part": _META
    + """
with tf.Graph().as_default():
    x, y, w, r, n = model()
    with tf.name_scope("part"):
        z = tf.multiply(y, 2.)
    meta = tf.train.export_meta_graph(export_scope="part")
tf.train.import_meta_graph(meta, input_map={"$unbound_inputs_y": tf.placeholder(tf.float32, [None, 3])},
    import_scope="new")
answer = members()
"""
    + _ANSWER,
    "import unbound": """
with tf.Graph().as_default():
    y = tf.constant(1.)
    with tf.name_scope("part"):
        z = tf.multiply(y, 2.)
    meta = tf.train.export_meta_graph(export_scope="part")
tf.train.import_meta_graph(meta)
""",
    "import missing file": "tf.train.import_meta_graph(tmp + '/none.meta')",
    "import junk": "with open(tmp + '/junk', 'w') as file:\n    file.write('nonsense')\ntf.train.import_meta_graph(tmp + '/junk')",
    "import unknown node": """
with tf.Graph().as_default() as graph:
    tf.add_to_collection("k", tf.constant(1, name="c"))
    meta = tf.train.export_meta_graph()
meta.collection_def["k"].node_list.value.append("other:0")
tf.train.import_meta_graph(meta)
""",
    "simple save": _SAVED
    + """
answer = [files(tmp + "/s"), tf.train.list_variables(tmp + "/s/variables/variables"),
          tf.saved_model.contains_saved_model(tmp + "/s"),
          tf.saved_model.loader.maybe_saved_model_directory(tmp)]
with tf.Session() as sess:
    meta = tf.saved_model.loader.load(sess, ["serve"], tmp + "/s")
    values = sess.run(["y:0", "n:0"], {"x:0": [[1., 2.]]})
sig = meta.signature_def["serving_default"]
answer += members() + [[v.tolist() for v in values], list(meta.meta_info_def.tags),
    sorted((k, fields(i)) for k, i in sig.inputs.items()), sig.method_name,
    sorted((k, fields(i)) for k, i in sig.outputs.items()), fields(meta.saver_def)]
"""
    + _ANSWER,
    "load into scope": _SAVED
    + """
with tf.Session() as sess:
    meta = tf.saved_model.load(sess, {"serve"}, tmp + "/s", import_scope="in", clear_devices=True)
    values = sess.run(["in/y:0", "in/n:0"], {"in/x:0": [[1., 2.]]})
sig = meta.signature_def["serving_default"]
tensor = tf.saved_model.utils.get_tensor_from_tensor_info(sig.outputs["y"], import_scope="in")
answer = members() + [[v.tolist() for v in values], tensor, fields(meta.saver_def)]
"""
    + _ANSWER,
    "wrong tags": _SAVED
    + "with tf.Session() as sess:\n    tf.saved_model.load(sess, ['serve', 'gpu'], tmp + '/s')",
    "load nothing": "tf.saved_model.load(tf.Session(), ['serve'], tmp + '/none')",
    "two graphs": _TOOLS
    + _MODEL
    + """
b = tf.saved_model.Builder(tmp + "/two")
with tf.Graph().as_default(), tf.Session() as sess:
    x, y, w, r, n = model()
    sess.run(tf.global_variables_initializer())
    b.add_meta_graph_and_variables(sess, ["train", "a"], strip_default_attrs=True)
with tf.Graph().as_default():
    w = tf.Variable(0, name="n")
    c = tf.add(w, 1, name="c")
    sig = tf.saved_model.predict_signature_def({"in": w}, {"out": c})
    b.add_meta_graph(["serve"], {"k": sig}, saver=tf.train.Saver())
path = b.save(as_text=True)
with tf.Session() as sess:
    meta = tf.saved_model.load(sess, ["serve"], tmp + "/two")
    answer = [path, files(tmp), sess.run("c:0"), list(meta.signature_def)]
"""
    + _ANSWER,
    "no variables": _TOOLS
    + """
with tf.Graph().as_default(), tf.Session() as sess:
    x = tf.placeholder(tf.float32, [], name="x")
    tf.saved_model.simple_save(sess, tmp + "/s", {"x": x}, {"y": x * 2.})
with tf.Session() as sess:
    meta = tf.saved_model.load(sess, ["serve"], tmp + "/s")
    answer = [sess.run("mul:0", {"x:0": 4.}), files(tmp), fields(meta.saver_def)]
"""
    + _ANSWER,
    "assets and main op": _TOOLS
    + """
os.mkdir(tmp + "/1"); os.mkdir(tmp + "/2"); os.mkdir(tmp + "/3")
for i in "123":
    with open(tmp + "/" + i + "/words", "w") as file:
        file.write("same" if i != "3" else "other")
with tf.Graph().as_default(), tf.Session() as sess:
    names = [tf.constant(tmp + "/" + i + "/words", name="asset") for i in "123"]
    for name in names:
        tf.add_to_collection(tf.GraphKeys.ASSET_FILEPATHS, name)
    got = tf.Variable("none", name="got", trainable=False)
    read = got.assign(tf.read_file(names[2]))
    sess.run(got.initializer)
    b = tf.saved_model.builder.SavedModelBuilder(tmp + "/s")
    b.add_meta_graph_and_variables(sess, ["serve"], main_op=read.op,
        assets_collection=tf.get_collection(tf.GraphKeys.ASSET_FILEPATHS))
    b.save()
for scope in ("", "in"):
    with tf.Session() as sess:
        meta = tf.saved_model.load(sess, ["serve"], tmp + "/s", import_scope=scope or None)
        found = sess.run((scope + "/" if scope else "") + "got:0")
    tf.constant(str([found, files(tmp + "/s"), sorted(
        k for k in tf.get_default_graph().get_all_collection_keys())]))
assets = [(x.type_url, x.value) for x in tf.get_collection("saved_model_assets")]
answer = [assets, [op.name for op in tf.get_collection("saved_model_main_op")]]
"""
    + _ANSWER,
    "legacy init op": _TOOLS
    + """
with tf.Graph().as_default(), tf.Session() as sess:
    v = tf.Variable(1, name="v")
    local = tf.get_variable("l", initializer=5, collections=[tf.GraphKeys.LOCAL_VARIABLES])
    sess.run(v.initializer)
    tf.saved_model.simple_save(sess, tmp + "/s", {"v": v}, {"l": local},
                               legacy_init_op=tf.group(local.initializer, name="start"))
with tf.Session() as sess:
    tf.saved_model.load(sess, ["serve"], tmp + "/s")
    answer = [int(x) for x in sess.run(["v:0", "l:0"])] + members()
"""
    + _ANSWER,
    "main op": """
v = tf.Variable(1, name="v")
op = tf.saved_model.main_op.main_op()
both = tf.saved_model.main_op_with_restore(tf.no_op("restore"))
tf.constant(str([op.name, both.name]))
""",
    "full folder": "open(tmp + '/f', 'w').close()\ntf.saved_model.Builder(tmp)",
    "graph before variables": _BUILDER + "b.add_meta_graph(['serve'])",
    "variables twice": _BUILDER
    + "for _ in range(2):\n    b.add_meta_graph_and_variables(sess, ['serve'])",
    "main op no operation": _BUILDER + "b.add_meta_graph_and_variables(sess, ['serve'], main_op=v)",
    "main op twice": _BUILDER
    + "b.add_meta_graph_and_variables(sess, ['serve'], main_op=tf.no_op())\n"
    "b.add_meta_graph(['t'], main_op=tf.no_op())",
    "reserved signature": _BUILDER
    + "sig = tf.saved_model.predict_signature_def({'v': v}, {'v': v})\n"
    "b.add_meta_graph_and_variables(sess, ['s'], {'__saved_model_init_op': sig})",
    "signature without encoding": _BUILDER
    + "sig = tf.saved_model.build_signature_def({'v': tf.TensorInfo(dtype=1)})\n"
    "b.add_meta_graph_and_variables(sess, ['s'], {'k': sig})",
    "signature without dtype": _BUILDER
    + "sig = tf.saved_model.build_signature_def(None, {'v': tf.TensorInfo(name='v:0')})\n"
    "b.add_meta_graph_and_variables(sess, ['s'], {'k': sig})",
    "asset no tensor": _BUILDER
    + "b.add_meta_graph_and_variables(sess, ['s'], assets_collection=['a'])",
    "asset no constant": _BUILDER
    + "b.add_meta_graph_and_variables(sess, ['s'], assets_collection=[tf.identity('a')])",
    "asset number": _BUILDER
    + "b.add_meta_graph_and_variables(sess, ['s'], assets_collection=[tf.constant(1)])",
    "asset list": _BUILDER
    + "b.add_meta_graph_and_variables(sess, ['s'], assets_collection=[tf.constant(['a', 'b'])])",
    "asset empty": _BUILDER
    + "b.add_meta_graph_and_variables(sess, ['s'], assets_collection=[tf.constant('')])",
    "signatures": _TOOLS
    + _SIGNATURES
    + """
s = tf.saved_model.signature_def_utils
all = [s.regression_signature_def(e, f), s.classification_signature_def(e, e, f),
       s.classification_signature_def(e, None, f), s.predict_signature_def({"e": e}, {"f": f}),
       s.build_signature_def(), s.build_signature_def(method_name="other")]
answer = [(sorted((k, fields(i)) for k, i in x.inputs.items()), x.method_name,
           sorted((k, fields(i)) for k, i in x.outputs.items()), s.is_valid_signature(x))
          for x in all]
for method in (tf.saved_model.signature_constants.CLASSIFY_METHOD_NAME, "tensorflow/serving/regress",
               "tensorflow/serving/predict"):
    for x in all:
        x.method_name = method
    answer.append([s.is_valid_signature(x) for x in all + [None]])
"""
    + _ANSWER,
    "tensor info": _TOOLS
    + _INFO
    + """
sp = tf.sparse_placeholder(tf.int64, [3, 4], name="sp")
v = tf.get_variable("v", [2])
r = tf.get_variable("r", [2], use_resource=True)
u = tf.placeholder(tf.bool)
get = tf.saved_model.get_tensor_from_tensor_info
answer = [fields(info(t)) for t in (sp, v, r, u)]
answer += [get(info(sp)).values.name, get(info(sp)).dense_shape.name, get(info(u)), get(info(v))]
"""
    + _ANSWER,
    "tensor info empty": "tf.saved_model.utils.get_tensor_from_tensor_info(tf.TensorInfo())",
    "tensor info unknown": "tf.saved_model.get_tensor_from_tensor_info(tf.TensorInfo(name='a:0'))",
    "regression no examples": _SIGNATURES + "tf.saved_model.regression_signature_def(None, f)",
    "regression other examples": _SIGNATURES + "tf.saved_model.regression_signature_def(f, f)",
    "regression array": _SIGNATURES + "tf.saved_model.regression_signature_def('a', f)",
    "regression none": _SIGNATURES + "tf.saved_model.regression_signature_def(e, None)",
    "regression other": _SIGNATURES + "tf.saved_model.regression_signature_def(e, e)",
    "classification none": _SIGNATURES
    + "tf.saved_model.classification_signature_def(e, None, None)",
    "classification other classes": _SIGNATURES
    + "tf.saved_model.classification_signature_def(e, f, f)",
    "classification other scores": _SIGNATURES
    + "tf.saved_model.classification_signature_def(e, e, e)",
    "classification no examples": _SIGNATURES
    + "tf.saved_model.classification_signature_def(None, e, e)",
    "predict no inputs": _SIGNATURES + "tf.saved_model.predict_signature_def({}, {'f': f})",
    "predict no outputs": _SIGNATURES + "tf.saved_model.predict_signature_def({'f': f}, None)",
    "predictor": _SAVED
    + """
predictor = tf.contrib.predictor
p = predictor.from_saved_model(tmp + "/s")
w = np.ones([2, 3], np.float32)
got = p({"x": [[1., 2.]]})
q = predictor.from_saved_model(tmp + "/s", input_names={"a": "x:0"}, output_names={"b": "y:0"})
other = q({"a": [[0., 1.]]})
answer = [got["y"].tolist(), sorted(got), other["b"].tolist(),
          sorted(p.feed_tensors), sorted(p.fetch_tensors), p.graph is q.graph]
"""
    + _ANSWER,
    "predictor unexpected": _SAVED + "predictor = tf.contrib.predictor\n"
    "predictor.from_saved_model(tmp + '/s')({'z': 1.})",
}
_O = {"xla": False}
SNIPPETS = {name: (code, _O) for name, code in SNIPPETS.items()}
