"""Snippets of activations, softmax, losses, biases, dropout, embeddings and sampled losses."""

SNIPPETS = {}

_ACTIVATIONS = "relu relu6 elu selu softplus softsign leaky_relu".split()

for _name in _ACTIVATIONS:
    SNIPPETS["act_" + _name] = f"""
x = tf.constant([[-1.5, -0.3, 0.2], [0.7, 6.5, -30.0]])
y = tf.nn.{_name}(x)
g = tf.gradients(y, x)
z = tf.nn.{_name}(tf.placeholder(tf.float64, [None, 3]), name="named")
fetch = [y, g]
"""

for _name in "relu relu6 elu selu softplus leaky_relu".split():
    SNIPPETS["act_second_" + _name] = f"""
x = tf.constant([[-1.5, -0.3, 0.2], [0.7, 5.5, -3.0]])
y = tf.nn.{_name}(x * x - 1.0)
g = tf.gradients(y, x)
fetch = [y, g, tf.gradients(g, x)]
"""

SNIPPETS["act_softsign_second"] = """
x = tf.constant([0.5])
tf.gradients(tf.gradients(tf.nn.softsign(x), x), x)
"""
SNIPPETS["act_crelu"] = """
x = tf.constant([[-1.5, 0.2], [0.7, 6.5]])
y = tf.nn.crelu(x)
fetch = [y, tf.nn.crelu(x, axis=0), tf.gradients(y, x)]
"""
SNIPPETS["act_log_sigmoid"] = """
x = tf.constant([[-1.5, 0.2], [0.7, 6.5]])
y = tf.log_sigmoid(x)
fetch = [y, tf.math.log_sigmoid([0.5]), tf.gradients(y, x)]
"""
SNIPPETS["act_swish"] = """
x = tf.placeholder_with_default([0.5, -1.0], [2])
y = tf.nn.swish(x)
fetch = [y, tf.gradients(y, x)]
"""
SNIPPETS["act_leaky_int"] = """
fetch = [tf.nn.leaky_relu([-2, 3], alpha=0.5), tf.nn.leaky_relu([-2.0, 3], alpha=np.array(0.1))]
"""
SNIPPETS["act_relu_types"] = """
fetch = [tf.nn.relu([-2, 3]), tf.nn.relu(np.float16([-2, 3])), tf.nn.relu6(np.int64([-2, 9])), tf.nn.relu(2.0)]
"""
SNIPPETS["act_sigmoid_tanh"] = """
x = tf.constant([0.5, -1.0])
fetch = [tf.nn.sigmoid(x), tf.nn.tanh(x)]
"""
SNIPPETS["act_bad_type"] = """
tf.nn.elu([1, 2])
"""

# -- softmax --------------------------------------------------------------------------------------

for _name in ("softmax", "log_softmax"):
    for _kind, _make, _axis in (
        ("matrix", "tf.constant([[1.0, 2, 3.5], [4, -5, 6]])", "None"),
        ("vector", "tf.constant([1.0, 2, 3.5])", "-1"),
        ("first", "tf.constant([[1.0, 2, 3.5], [4, -5, 6]])", "0"),
        ("middle", "tf.constant(np.arange(24.0).reshape(2, 3, 4) / 5, tf.float32)", "-2"),
        ("last", "tf.constant(np.arange(24.0).reshape(2, 3, 4) / 5, tf.float32)", "2"),
        ("tensor", "tf.constant([[1.0, 2, 3.5], [4, -5, 6]])", "tf.constant(0)"),
        ("unknown", "tf.placeholder_with_default([[1.0, 2, 3.5], [4, -5, 6]], [None, 3])", "0"),
    ):
        SNIPPETS[f"{_name}_{_kind}"] = f"""
x = {_make}
y = tf.nn.{_name}(x, axis={_axis})
g = tf.gradients(y[..., 0], x)
fetch = [y, g]
"""
    SNIPPETS[f"{_name}_second"] = f"""
x = tf.constant([[1.0, 2, 3.5], [4, 5, 6]])
g = tf.gradients(tf.nn.{_name}(x)[:, 0], x)
fetch = [g, tf.gradients(g[0][:, 1], x)]
"""
    SNIPPETS[f"{_name}_dim"] = f"""
fetch = tf.nn.{_name}([[1.0, 2], [3, 5]], dim=0, name="named")
"""
    SNIPPETS[f"{_name}_both"] = f"""
tf.nn.{_name}([[1.0, 2], [3, 5]], dim=0, axis=0)
"""
    SNIPPETS[f"{_name}_range"] = f"""
tf.nn.{_name}([[1.0, 2], [3, 5]], axis=2)
"""
    SNIPPETS[f"{_name}_scalar"] = f"""
tf.nn.{_name}(1.0)
"""

# -- losses ---------------------------------------------------------------------------------------

_LOGITS = "logits = tf.constant([[1.0, 2, 3.5], [4, -5, 6]])\n"
_LABELS = "labels = tf.constant([[0.2, 0.3, 0.5], [0.0, 1.0, 0.0]])\n"

for _name in ("softmax_cross_entropy_with_logits", "softmax_cross_entropy_with_logits_v2"):
    SNIPPETS[_name] = f"""{_LOGITS}{_LABELS}
y = tf.nn.{_name}(labels=labels, logits=logits)
fetch = [y, tf.gradients(y, logits), tf.gradients(y, [logits, labels])[0]]
"""
    SNIPPETS[_name + "_second"] = f"""{_LOGITS}{_LABELS}
y = tf.nn.{_name}(labels=labels, logits=logits)
g = tf.gradients(y, logits)[0]
fetch = [g, tf.gradients(g[:, 0], logits)]
"""
    SNIPPETS[_name + "_rank3"] = f"""
logits = tf.constant(np.arange(24.0).reshape(2, 3, 4) % 5, tf.float32)
labels = tf.constant(np.ones((2, 3, 4)) / 4, tf.float32)
y = tf.nn.{_name}(labels=labels, logits=logits)
fetch = [y, tf.gradients(y, logits)]
"""
    SNIPPETS[_name + "_unknown"] = f"""{_LABELS}
logits = tf.placeholder_with_default([[1.0, 2, 3.5], [4, -5, 6]], [None, 3])
y = tf.nn.{_name}(labels=labels, logits=logits, name="loss")
fetch = [y, tf.gradients(y, logits)]
"""
    SNIPPETS[_name + "_rankless"] = f"""{_LABELS}
logits = tf.placeholder_with_default([[1.0, 2, 3.5], [4, -5, 6]], None)
y = tf.nn.{_name}(labels=labels, logits=logits, name="loss")
fetch = y
"""
SNIPPETS["xent_axis0"] = f"""{_LOGITS}{_LABELS}
y = tf.nn.softmax_cross_entropy_with_logits_v2(labels=labels, logits=logits, axis=0)
z = tf.nn.softmax_cross_entropy_with_logits(labels=labels, logits=logits, dim=0)
fetch = [y, z]
"""
SNIPPETS["xent_half"] = """
y = tf.nn.softmax_cross_entropy_with_logits_v2(
    labels=np.float16([[0, 1.0]]), logits=tf.constant([[1.0, 2]], tf.float16))
fetch = y
"""
SNIPPETS["xent_int_labels"] = """
fetch = tf.nn.softmax_cross_entropy_with_logits_v2(labels=[[0, 1]], logits=[[1.0, 2]])
"""
SNIPPETS["xent_labels_gradient"] = f"""{_LOGITS}{_LABELS}
y = tf.nn.softmax_cross_entropy_with_logits_v2(labels=labels, logits=logits)
fetch = tf.gradients(y, labels)
"""
SNIPPETS["xent_broadcast"] = """
fetch = tf.nn.softmax_cross_entropy_with_logits_v2(labels=[[0.0, 1]], logits=[[1.0, 2], [3, 4]])
"""
SNIPPETS["xent_positional"] = """
tf.nn.softmax_cross_entropy_with_logits([[0.0, 1]], [[1.0, 2]])
"""
SNIPPETS["xent_missing"] = """
tf.nn.softmax_cross_entropy_with_logits(labels=[[0.0, 1]])
"""
SNIPPETS["xent_mismatch"] = """
tf.nn.softmax_cross_entropy_with_logits_v2(labels=[[0.0, 1]], logits=[[1.0, 2, 3]])
"""
SNIPPETS["xent_axis_and_dim"] = """
tf.nn.softmax_cross_entropy_with_logits(labels=[[0.0, 1]], logits=[[1.0, 2]], axis=1)
"""

SNIPPETS["sparse_xent"] = """
logits = tf.constant([[1.0, 2, 3.5], [4, -5, 6]])
y = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=[2, 0], logits=logits)
z = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=np.int64([2, 0]), logits=logits, name="named")
fetch = [y, z, tf.gradients(y, logits)]
"""
SNIPPETS["sparse_xent_rank3"] = """
logits = tf.constant(np.arange(24.0).reshape(2, 3, 4) % 5, tf.float32)
y = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=[[0, 1, 2], [3, 2, 1]], logits=logits)
fetch = [y, tf.gradients(y, logits)]
"""
SNIPPETS["sparse_xent_rank1"] = """
logits = tf.constant([1.0, 2, 3.5])
y = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=2, logits=logits)
fetch = [y, tf.gradients(y, logits)]
"""
SNIPPETS["sparse_xent_unknown"] = """
logits = tf.placeholder_with_default([[1.0, 2, 3.5], [4, -5, 6]], [None, 3])
labels = tf.placeholder_with_default([2, 0], [None])
y = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=labels, logits=logits)
fetch = [y, tf.gradients(y, logits)]
"""
SNIPPETS["sparse_xent_unknown3"] = """
logits = tf.placeholder_with_default(np.float32(np.arange(24).reshape(2, 3, 4) % 5), [None, 3, 4])
labels = tf.placeholder_with_default([[0, 1, 2], [3, 2, 1]], [None, None])
y = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=labels, logits=logits)
fetch = [y, tf.gradients(y, logits)]
"""
SNIPPETS["sparse_xent_half"] = """
fetch = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=[1], logits=np.float16([[1.0, 2]]))
"""
SNIPPETS["sparse_xent_second"] = """
logits = tf.constant([[1.0, 2, 3.5], [4, -5, 6]])
y = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=[2, 0], logits=logits)
tf.gradients(tf.gradients(y, logits), logits)
"""
SNIPPETS["sparse_xent_range"] = """
fetch = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=[1, 3], logits=[[1.0, 2], [3, 4]])
"""
SNIPPETS["sparse_xent_rank_mismatch"] = """
tf.nn.sparse_softmax_cross_entropy_with_logits(labels=[[1]], logits=[[1.0, 2], [3, 4]])
"""
SNIPPETS["sparse_xent_shape_mismatch"] = """
tf.nn.sparse_softmax_cross_entropy_with_logits(labels=[1, 0, 1], logits=[[1.0, 2], [3, 4]])
"""
SNIPPETS["sparse_xent_scalar"] = """
tf.nn.sparse_softmax_cross_entropy_with_logits(labels=1, logits=1.0)
"""

SNIPPETS["sigmoid_xent"] = """
logits = tf.constant([[1.0, -2], [30, -40]])
labels = tf.constant([[1.0, 0], [0.3, 0.6]])
y = tf.nn.sigmoid_cross_entropy_with_logits(labels=labels, logits=logits)
fetch = [y, tf.gradients(y, [logits, labels])]
"""
SNIPPETS["sigmoid_xent_mismatch"] = """
tf.nn.sigmoid_cross_entropy_with_logits(labels=[[1.0]], logits=[1.0, 2])
"""
SNIPPETS["weighted_xent"] = """
logits = tf.constant([[1.0, -2], [3, -4]])
labels = tf.constant([[1.0, 0], [0.3, 0.6]])
y = tf.nn.weighted_cross_entropy_with_logits(labels=labels, logits=logits, pos_weight=2.0)
z = tf.nn.weighted_cross_entropy_with_logits(targets=labels, logits=logits, pos_weight=tf.constant([2.0, 3]))
fetch = [y, z, tf.gradients(y, logits)]
"""
SNIPPETS["log_poisson"] = """
x = tf.constant([0.5, 1.0, 2.0])
y = tf.nn.log_poisson_loss([1.0, 0.5, 3.0], x)
z = tf.nn.log_poisson_loss([1.0, 0.5, 3.0], x, compute_full_loss=True)
fetch = [y, z, tf.gradients(z, x)]
"""
SNIPPETS["l2_loss"] = """
x = tf.constant([[0.5, 1.0], [2.0, 3.0]])
y = tf.nn.l2_loss(x)
fetch = [y, tf.gradients(y, x), tf.nn.l2_loss(np.float64([1, 2])), tf.nn.l2_loss(np.float16([1, 2]))]
"""

# -- biases ---------------------------------------------------------------------------------------

SNIPPETS["bias_add"] = """
x = tf.constant(np.arange(24.0).reshape(2, 3, 4), tf.float32)
b = tf.constant([1.0, 2, 3, 4])
y = tf.nn.bias_add(x, b)
g = tf.gradients(y, [x, b])
fetch = [y, g, tf.nn.bias_add([[1, 2]], [3, 4])]
"""
SNIPPETS["bias_add_nchw"] = """
x = tf.constant(np.arange(48.0).reshape(2, 3, 4, 2), tf.float32)
b = tf.constant([1.0, 2, 3])
y = tf.nn.bias_add(x, b, data_format="NCHW")
fetch = [y, tf.gradients(y, [x, b])]
"""
SNIPPETS["bias_add_second"] = """
x = tf.placeholder_with_default(np.float32([[1, 2], [3, 4]]), [None, 2])
b = tf.constant([1.0, 2])
y = tf.square(tf.nn.bias_add(x, b))
g = tf.gradients(y, b)
fetch = [g, tf.gradients(g, [x, b])]
"""
SNIPPETS["bias_add_formats"] = """
x = tf.zeros([2, 3, 4, 4])
ys = [tf.nn.bias_add(x, tf.zeros([4]), data_format=f) for f in ("NHWC", "N..C")]
tf.nn.bias_add(x, tf.zeros([4]), data_format="HWC")
"""
SNIPPETS["bias_add_mismatch"] = """
tf.nn.bias_add(tf.zeros([2, 3]), tf.zeros([4]))
"""
SNIPPETS["bias_add_vector"] = """
tf.nn.bias_add(tf.zeros([3]), tf.zeros([3]))
"""
SNIPPETS["bias_add_run_mismatch"] = """
fetch = tf.nn.bias_add(tf.placeholder_with_default(np.zeros((2, 3), "f"), None), tf.zeros([4]))
"""
SNIPPETS["xw_plus_b"] = """
x = tf.constant([[1.0, 2], [3, 4]])
w = tf.constant([[1.0, 2, 3], [-4, 5, 6]])
b = tf.constant([1.0, 2, 3])
y = tf.nn.xw_plus_b(x, w, b)
z = tf.nn.relu_layer(x, w, b)
fetch = [y, z, tf.gradients(z, [x, w, b])]
"""

# -- dropout --------------------------------------------------------------------------------------

SNIPPETS["dropout"] = """
x = tf.constant(np.arange(1.0, 13.0).reshape(3, 4), tf.float32)
y = tf.nn.dropout(x, 0.7)
z = tf.nn.dropout(x, rate=0.3, seed=4, name="named")
fetch = [y, z, tf.gradients(y, x)]
"""
SNIPPETS["dropout_tensor"] = """
x = tf.placeholder_with_default(np.ones((3, 4), "f"), [None, 4])
keep = tf.placeholder_with_default(0.6, [])
fetch = [tf.nn.dropout(x, keep), tf.nn.dropout(x, keep_prob=keep, noise_shape=[None, 1])]
"""
SNIPPETS["dropout_noise"] = """
x = tf.constant(np.ones((3, 4, 2), "f"))
fetch = [tf.nn.dropout(x, 0.5, noise_shape=[3, 1, 2]), tf.nn.dropout(x, 0.5, noise_shape=tf.stack([3, 1, 1]))]
"""
SNIPPETS["dropout_none"] = """
x = tf.constant(np.ones((3, 4, 2), "f"))
fetch = [tf.nn.dropout(x, 1.0), tf.nn.dropout(x, tf.constant(1.0)), tf.nn.dropout(x, rate=tf.constant(0.0))]
"""
for _name, _call in {
    "range": "x, 0.0",
    "rate": "x, rate=1.5",
    "none": "x",
    "both": "x, 0.5, rate=0.5",
    "text": "x, '0.5'",
    "int": "tf.constant([1]), 0.5",
    "rank": "x, tf.constant([0.5])",
}.items():
    SNIPPETS["dropout_bad_" + _name] = f"""
x = tf.constant([1.0])
tf.nn.dropout({_call})
"""

# -- embeddings -----------------------------------------------------------------------------------

SNIPPETS["embedding"] = """
w = tf.constant(np.arange(12.0).reshape(6, 2), tf.float32)
y = tf.nn.embedding_lookup(w, [[1, 3], [5, 0]])
fetch = [y, tf.convert_to_tensor(tf.gradients(y, w)[0])]
"""
SNIPPETS["embedding_variable"] = """
w = tf.get_variable("w", [6, 2], initializer=tf.ones_initializer())
y = tf.nn.embedding_lookup(w, [1, 3])
g = tf.gradients(y, w)[0]
fetch = [y, g.values, g.indices, g.dense_shape]
"""
SNIPPETS["embedding_resource"] = """
w = tf.get_variable("w", [6, 2], initializer=tf.ones_initializer(), use_resource=True)
y = tf.nn.embedding_lookup(w, [1, 3], name="rows")
g = tf.gradients(y, w)[0]
fetch = [y, g.values, g.indices, g.dense_shape]
"""
SNIPPETS["embedding_mod"] = """
parts = [tf.constant(np.float32([[0, 0], [2, 2], [4, 4]])), tf.constant(np.float32([[1, 1], [3, 3]]))]
y = tf.nn.embedding_lookup(parts, tf.constant([[4, 1], [3, 0]]))
fetch = [y, [tf.convert_to_tensor(g) for g in tf.gradients(y, parts)]]
"""
SNIPPETS["embedding_div"] = """
parts = [tf.constant(np.float32([[0, 0], [1, 1], [2, 2]])), tf.constant(np.float32([[3, 3], [4, 4]]))]
fetch = tf.nn.embedding_lookup(parts, np.int64([4, 1, 3, 0]), partition_strategy="div")
"""
SNIPPETS["embedding_div_unknown"] = """
parts = [tf.placeholder_with_default(np.float32([[0, 0], [1, 1], [2, 2]]), [None, 2]), tf.constant(np.float32([[3, 3], [4, 4]]))]
fetch = tf.nn.embedding_lookup(parts, [4, 1, 3, 0], partition_strategy="div")
"""
SNIPPETS["embedding_rankless"] = """
parts = [tf.placeholder_with_default(np.float32([[0, 0], [1, 1], [2, 2]]), [3, None]), tf.placeholder_with_default(np.float32([[3, 3], [4, 4]]), [2, None])]
fetch = tf.nn.embedding_lookup(parts, [4, 1, 3, 0])
"""
SNIPPETS["embedding_max_norm"] = """
w = tf.constant(np.arange(12.0).reshape(6, 2), tf.float32)
y = tf.nn.embedding_lookup(w, [1, 3], max_norm=2.0)
z = tf.nn.embedding_lookup([w, w], [1, 3], max_norm=2.0)
fetch = [y, z]
"""
SNIPPETS["embedding_partitioned"] = """
w = tf.get_variable("w", [5, 2], initializer=tf.ones_initializer(), partitioner=tf.fixed_size_partitioner(2))
fetch = tf.nn.embedding_lookup(w, [4, 0], partition_strategy="div")
"""
SNIPPETS["embedding_bad_strategy"] = """
tf.nn.embedding_lookup([tf.ones([2, 2]), tf.ones([2, 2])], [1], partition_strategy="x")
"""
SNIPPETS["embedding_none"] = """
tf.nn.embedding_lookup(None, [1])
"""
SNIPPETS["embedding_empty"] = """
tf.nn.embedding_lookup([], [1])
"""
SNIPPETS["embedding_run_range"] = """
fetch = tf.nn.embedding_lookup(tf.ones([3, 2]), [1, 7])
"""
for _combiner in ("sum", "mean", "sqrtn"):
    SNIPPETS["embedding_sparse_" + _combiner] = f"""
w = tf.constant(np.arange(12.0).reshape(6, 2), tf.float32)
ids = tf.SparseTensor([[0, 0], [0, 1], [1, 0], [2, 1]], tf.constant([1, 3, 1, 5], tf.int64), [3, 2])
weights = tf.SparseTensor([[0, 0], [0, 1], [1, 0], [2, 1]], [1.0, 2.0, 3.0, 0.5], [3, 2])
y = tf.nn.embedding_lookup_sparse(w, ids, None, combiner="{_combiner}")
z = tf.nn.embedding_lookup_sparse(w, ids, weights, combiner="{_combiner}", name="named")
fetch = [y, z]
"""
    SNIPPETS["embedding_safe_" + _combiner] = f"""
w = tf.constant(np.arange(12.0).reshape(6, 2), tf.float32)
ids = tf.SparseTensor([[0, 0], [0, 1], [2, 0], [2, 1]], tf.constant([1, 3, -1, 5], tf.int64), [4, 2])
weights = tf.SparseTensor([[0, 0], [0, 1], [2, 0], [2, 1]], [1.0, 2.0, 3.0, 0.5], [4, 2])
y = tf.nn.safe_embedding_lookup_sparse(w, ids, combiner="{_combiner}")
z = tf.nn.safe_embedding_lookup_sparse([w], ids, weights, combiner="{_combiner}", default_id=2, name="named")
fetch = [y, z]
"""
SNIPPETS["embedding_sparse_dense_ids"] = """
tf.nn.embedding_lookup_sparse(tf.ones([3, 2]), [1], None, combiner="sum")
"""
SNIPPETS["embedding_sparse_bad_combiner"] = """
tf.nn.embedding_lookup_sparse(tf.ones([3, 2]), [1], None, combiner="max")
"""

# -- sampled losses -------------------------------------------------------------------------------

_SAMPLED = """
w = tf.constant(np.arange(20.0).reshape(10, 2) / 10, tf.float32)
b = tf.constant(np.arange(10.0), tf.float32)
x = tf.constant([[1.0, 2.0], [0.5, -1.0]])
labels = tf.constant([[1], [4]], tf.int64)
"""
SNIPPETS["nce_loss"] = f"""{_SAMPLED}
y = tf.nn.nce_loss(weights=w, biases=b, labels=labels, inputs=x, num_sampled=3, num_classes=10)
fetch = [y, tf.gradients(y, x)]
"""
SNIPPETS["sampled_softmax"] = f"""{_SAMPLED}
y = tf.nn.sampled_softmax_loss(weights=w, biases=b, labels=labels, inputs=x, num_sampled=3, num_classes=10, seed=3)
fetch = [y, tf.gradients(y, x)]
"""
SNIPPETS["nce_loss_given"] = f"""{_SAMPLED}
values = (tf.constant([1, 2, 7], tf.int64), tf.constant([[0.5], [0.25]]), tf.constant([0.5, 0.3, 0.1]))
y = tf.nn.nce_loss(w, b, labels, x, 3, 10, sampled_values=values, remove_accidental_hits=True)
fetch = y
"""
SNIPPETS["nce_loss_two_true"] = f"""{_SAMPLED}
y = tf.nn.nce_loss([w[::2], w[1::2]], b, tf.constant([[1, 2], [3, 4]]), x, 3, 10, num_true=2)
fetch = y
"""

# -- CTC ------------------------------------------------------------------------------------------

_CTC = """
x = tf.constant(np.random.RandomState(0).uniform(-1, 1, (5, 3, 4)).astype("f"))
labels = tf.SparseTensor([[0, 0], [0, 1], [1, 0], [1, 1], [2, 0]], [1, 1, 0, 2, 2], [3, 2])
"""
SNIPPETS["ctc_loss"] = f"""{_CTC}
y = tf.nn.ctc_loss(labels, x, [5, 3, 4])
fetch = [y, tf.gradients(y, x)]
"""
SNIPPETS["ctc_loss_options"] = f"""{_CTC}
a = tf.nn.ctc_loss(labels, x, [5, 3, 4], ctc_merge_repeated=False)
b = tf.nn.ctc_loss(labels, x, [5, 3, 4], preprocess_collapse_repeated=True)
c = tf.nn.ctc_loss(labels, logits=tf.transpose(x, [1, 0, 2]), sequence_length=[5, 3, 4], time_major=False)
fetch = [a, b, c, tf.gradients(a, x)]
"""
SNIPPETS["ctc_loss_impossible"] = f"""{_CTC}
y = tf.nn.ctc_loss(labels, x, [2, 2, 2])
fetch = [y, tf.gradients(y, x)]
"""
SNIPPETS["ctc_loss_longer"] = f"""{_CTC}
y = tf.nn.ctc_loss(labels, x, [2, 1, 2], ignore_longer_outputs_than_inputs=True)
fetch = [y, tf.gradients(y, x)]
"""
SNIPPETS["ctc_loss_bad_length"] = f"""{_CTC}
fetch = tf.nn.ctc_loss(labels, x, [6, 3, 4])
"""
SNIPPETS["ctc_loss_no_labels"] = f"""{_CTC}
fetch = tf.nn.ctc_loss(tf.SparseTensor([[0, 0], [2, 0]], [1, 1], [3, 2]), x, [5, 3, 4])
"""
SNIPPETS["ctc_loss_only_blank"] = """
x = tf.constant(np.random.RandomState(0).randn(6, 3, 4).astype("f"))
labels = tf.SparseTensor([[0, 0], [1, 0], [1, 1], [2, 0]], [3, 1, 2, 3], [3, 2])
y = tf.nn.ctc_loss(labels, x, [6, 5, 2])
fetch = [y, tf.gradients(y, x)]
"""
SNIPPETS["ctc_loss_class_after_blank"] = f"""{_CTC}
labels = tf.SparseTensor([[0, 0], [1, 0], [1, 1], [1, 2], [2, 0]], [1, 1, 3, 0, 2], [3, 3])
fetch = tf.nn.ctc_loss(labels, x, [5, 3, 4])
"""
SNIPPETS["ctc_loss_negative"] = f"""{_CTC}
labels = tf.SparseTensor([[0, 0], [1, 0], [1, 1], [2, 0]], [1, 1, -1, 2], [3, 2])
fetch = tf.nn.ctc_loss(labels, x, [5, 3, 4])
"""
SNIPPETS["ctc_loss_dense"] = f"""{_CTC}
tf.nn.ctc_loss([[1]], x, [5, 3, 4])
"""
SNIPPETS["ctc_greedy"] = """
x = tf.constant(np.random.RandomState(1).randint(0, 3, (6, 3, 4)).astype("f"))
(a,), p = tf.nn.ctc_greedy_decoder(x, [6, 3, 4])
(b,), q = tf.nn.ctc_greedy_decoder(x, [6, 3, 4], merge_repeated=False)
fetch = [a.indices, a.values, a.dense_shape, p, b.indices, b.values, b.dense_shape, q]
"""
