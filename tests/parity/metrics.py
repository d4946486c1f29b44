"""tf.metrics: local variables, values and updates over several runs."""

L = "l, p = tf.constant([0, 1, 1, 0, 2, 2]), tf.constant([0, 1, 0, 0, 1, 2])\n"
F = (
    "l, p = tf.constant([[1., 2., 3.], [4., 0., 6.]]), "
    "tf.constant([[1.5, 2., 2.], [3., 1., 6.5]])\n"
)
B = "l, p = tf.constant([1, 1, 0, 0, 1, 0]), tf.constant([True, False, True, False, True, False])\n"
P = (
    "l, p = tf.constant([1, 1, 0, 0, 1, 0]), tf.constant([0.9, 0.4, 0.35, 0.1, 0.6, 0.62])\n"
    "w = tf.constant([1., 2., 0.5, 1., 1., 3.])\n"
)
K = (
    "l = tf.constant([[0, 2], [1, 3], [4, 0]], tf.int64)\n"
    "p = tf.constant([[.1, .5, .3, .2, .4], [.3, .2, .1, .9, .8], [.5, .4, .3, .2, .1]])\n"
)
SPARSE = (
    "l = tf.SparseTensor([[0, 0], [0, 1], [1, 0], [2, 0]], tf.constant([0, 2, 3, 4], tf.int64), "
    "[3, 2])\n"
    "p = tf.constant([[.1, .5, .3, .2, .4], [.3, .2, .1, .9, .8], [.5, .4, .3, .2, .1]])\n"
)
# A run's value races with the run's update, so the update comes first.
AFTER = """
with tf.control_dependencies(m[1:]):
    now = [tf.identity(v) for v in tf.get_collection(tf.GraphKeys.METRIC_VARIABLES)]
fetch = [m[1], now]
"""
THREE = {"runs": 3}
# Checks are conditions.
CHECKED = {"runs": 3, "cfv2": True}
# TensorFlow puts other nodes into conditions.
COND = {"runs": 2, "nodes": False}


def value(call):
    """Code that fetches the value of a metric whose variables nobody updates."""
    return "fetch = tf.metrics." + call + "[0]"


def update(call, extra=""):
    """Code that fetches the update, and the variables after it."""
    return "m = tf.metrics." + call + AFTER + extra


SNIPPETS = {
    "mean": (update("mean([1., 2., 6.])"), THREE),
    "mean_value": value("mean([1., 2., 6.])"),
    "mean_weights": (update("mean([1., 2., 6.], weights=[1, 0, 2])"), THREE),
    "mean_weight": (update("mean([[1., 2., 6.]], weights=3., name='n')"), THREE),
    "mean_squeezed_weights": (update("mean([1., 2., 6.], weights=[[1.], [0.], [2.]])"), THREE),
    "mean_expanded_weights": (update("mean([[1.], [2.]], weights=[1., 3.])"), THREE),
    "mean_integers": (update("mean(tf.constant([1, 2, 6]))"), THREE),
    "mean_collections": """
m = tf.metrics.mean([1., 2.], metrics_collections=['a', 'b'], updates_collections='u')
fetch = [tf.get_collection('u'), tf.constant([len(tf.get_collection('a')), len(tf.get_collection('b')),
    len(tf.local_variables()), len(tf.global_variables()), len(tf.trainable_variables()),
    len(tf.get_collection(tf.GraphKeys.METRIC_VARIABLES)), int(tf.get_collection('a')[0] is m[0])]),
    tf.constant([v.name for v in tf.local_variables()] + [m[0].name, m[1].name])]
""",
    "mean_scopes": "with tf.variable_scope('s'):\n    a = tf.metrics.mean([1.])\n"
    "    b = tf.metrics.mean([2.])\nwith tf.name_scope('n'):\n    c = tf.metrics.mean([3.])\n"
    "fetch = tf.constant([a[0].name, b[1].name, c[0].name] + [v.name for v in tf.local_variables()])",
    "mean_resources": (
        "with tf.variable_scope('s', use_resource=True):\n"
        "    m = tf.metrics.mean([1., 2., 6.])\nfetch = m[1]",
        THREE,
    ),
    "mean_fed": (
        "x = tf.placeholder(tf.float32, [None])\nw = tf.placeholder(tf.float32, [None])\n"
        + update("mean(x, w)")
        + "feed = {x: [1., 2., 3.], w: [1., 0., 1.]}",
        COND,
    ),
    "mean_unknown_rank": (
        "x = tf.placeholder(tf.float32)\nw = tf.placeholder(tf.float32)\n"
        + update("mean(x, w)")
        + "feed = {x: [1., 2., 3.], w: [[1.], [0.], [1.]]}",
        COND,
    ),
    "mean_unknown_weights": (
        "x = tf.placeholder(tf.float32, [2, 1])\nw = tf.placeholder(tf.float32)\n"
        + update("mean(x, w)")
        + "feed = {x: [[1.], [2.]], w: [1., 3.]}",
        COND,
    ),
    "mean_unknown_scalar": (
        "x = tf.placeholder(tf.float32, [2, 1])\nw = tf.placeholder(tf.float32)\n"
        + update("mean(x, w)")
        + "feed = {x: [[1.], [2.]], w: 3.}",
        COND,
    ),
    "mean_tensor": (F + update("mean_tensor(p)"), THREE),
    "mean_tensor_weights": (F + update("mean_tensor(p, [[1., 0., 2.]], name='t')"), THREE),
    "mean_tensor_value": F + value("mean_tensor(p)"),
    "accuracy": (L + update("accuracy(l, p)"), THREE),
    "accuracy_value": L + value("accuracy(l, p)"),
    "accuracy_weights": (L + update("accuracy(l, p, [1., 2., 0., 1., 3., 1.])"), THREE),
    "accuracy_squeezed": (L + update("accuracy(l[:, None], p, name='a')"), THREE),
    "accuracy_types": (L + update("accuracy(tf.cast(l, tf.int64), tf.cast(p, tf.float32))"), THREE),
    "accuracy_strings": update("accuracy(tf.constant(['a', 'b']), tf.constant(['a', 'c']))"),
    "accuracy_fed": (
        "l, p = tf.placeholder(tf.int64, [None]), tf.placeholder(tf.int64, [None])\n"
        + update("accuracy(l, p)")
        + "feed = {l: [1, 2, 3, 4], p: [1, 2, 0, 4]}",
        THREE,
    ),
    "errors": (
        F + "m = [tf.metrics.mean_absolute_error(l, p)[1], tf.metrics.mean_squared_error(l, p)[1], "
        "tf.metrics.root_mean_squared_error(l, p)[1], "
        "tf.metrics.mean_relative_error(l, p, l)[1], "
        "tf.metrics.mean_cosine_distance(l, p, 1)[1], tf.metrics.percentage_below(p, 2.5)[1]]\n"
        "fetch = m",
        THREE,
    ),
    "error_values": F
    + "fetch = [tf.metrics.mean_absolute_error(l, p)[0], tf.metrics.mean_squared_error(l, p)[0], "
    "tf.metrics.root_mean_squared_error(l, p)[0], tf.metrics.mean_relative_error(l, p, l)[0], "
    "tf.metrics.mean_cosine_distance(l, p, 1)[0], tf.metrics.percentage_below(p, 2.5)[0]]",
    "errors_weights": (
        F + "w = tf.constant([[1.], [2.]])\n"
        "fetch = [tf.metrics.mean_absolute_error(l, p, w, name='a')[1], "
        "tf.metrics.mean_squared_error(l, p, w, name='b')[1], "
        "tf.metrics.root_mean_squared_error(l, p, w, name='c')[1], "
        "tf.metrics.mean_relative_error(l, p, l, w, name='d')[1], "
        "tf.metrics.mean_cosine_distance(l, p, 1, w, name='e')[1], "
        "tf.metrics.percentage_below(p, 2.5, w, name='f')[1]]",
        THREE,
    ),
    "errors_collections": F
    + "for f in (tf.metrics.mean_absolute_error, tf.metrics.root_mean_squared_error):\n"
    "    f(l, p, metrics_collections='m', updates_collections='u')\n"
    "tf.metrics.mean_cosine_distance(l, p, 1, None, 'm', 'u')\n"
    "fetch = [tf.get_collection('m'), tf.constant([t.name for t in tf.get_collection('m') + "
    "tf.get_collection('u')])]",
    "counts": (
        B + "fetch = [[f(l, p)[1], f(l, p, [1., 2., 3., 4., 5., 6.], name='w')[1], "
        "f(l, p, 2., name='s')[1]] for f in (tf.metrics.true_positives, "
        "tf.metrics.true_negatives, tf.metrics.false_positives, tf.metrics.false_negatives)]",
        THREE,
    ),
    "counts_values": B + "fetch = [f(l, p, metrics_collections='m', updates_collections='u')[0] "
    "for f in (tf.metrics.true_positives, tf.metrics.true_negatives, tf.metrics.false_positives, "
    "tf.metrics.false_negatives)] + [tf.constant([t.name for t in tf.get_collection('m') + "
    "tf.get_collection('u')])]",
    "counts_at_thresholds": (
        P + "fetch = [[f(l, p, [0., 0.5, 0.8])[1], f(l, p, [0.4], w, name='w')[1]] for f in "
        "(tf.metrics.true_positives_at_thresholds, tf.metrics.true_negatives_at_thresholds, "
        "tf.metrics.false_positives_at_thresholds, tf.metrics.false_negatives_at_thresholds)]",
        CHECKED,
    ),
    "counts_at_thresholds_values": (
        P + "fetch = [f(l, p, [0., 0.5, 0.8], None, 'm', 'u')[0] "
        "for f in (tf.metrics.true_positives_at_thresholds, tf.metrics.true_negatives_at_thresholds, "
        "tf.metrics.false_positives_at_thresholds, tf.metrics.false_negatives_at_thresholds)] + "
        "[tf.constant([t.name for t in tf.get_collection('m') + tf.get_collection('u')])]",
        {"cfv2": True},
    ),
    "precision": (B + update("precision(l, p)"), THREE),
    "precision_weights": (B + update("precision(l, p, [1., 2., 3., 4., 5., 6.], name='q')"), THREE),
    "precision_value": B + value("precision(l, p)"),
    "recall": (B + update("recall(l, p)"), THREE),
    "recall_weights": (B + update("recall(l, p, 2.)"), THREE),
    "recall_value": B + value("recall(l, p, None, 'm', 'u')"),
    "precision_at_thresholds": (
        P + update("precision_at_thresholds(l, p, [0.2, 0.7], w)"),
        CHECKED,
    ),
    "recall_at_thresholds": (P + update("recall_at_thresholds(l, p, [0.2, 0.7])"), CHECKED),
    "at_thresholds_values": (
        P + "fetch = [tf.metrics.precision_at_thresholds(l, p, [0.2])[0], "
        "tf.metrics.recall_at_thresholds(l, p, [0.2])[0]]",
        {"cfv2": True},
    ),
    "thresholds_fed": (
        "l, p = tf.placeholder(tf.bool, [None, 1]), tf.placeholder(tf.float32, [None])\n"
        + update("recall_at_thresholds(l, p, [0.2, 0.7])")
        + "feed = {l: [[True], [False]], p: [0.5, 0.6]}",
        CHECKED,
    ),
    "auc": (P + update("auc(l, p)"), CHECKED),
    "auc_few": (P + update("auc(l, p, w, num_thresholds=5, name='a')"), CHECKED),
    "auc_value": (P + value("auc(l, p, num_thresholds=5)"), {"cfv2": True}),
    "auc_thresholds": (P + update("auc(l, p, thresholds=[0.7, 0.2, 0.5])"), CHECKED),
    "auc_kinds": (
        P + "fetch = [tf.metrics.auc(l, p, num_thresholds=10, curve=c, summation_method=s)[1] "
        "for c in ('ROC', 'PR') for s in ('trapezoidal', 'careful_interpolation', 'minoring', "
        "'majoring')]",
        {"runs": 2, "cfv2": True},
    ),
    "auc_collections": (
        P + "tf.metrics.auc(l, p, None, 3, 'm', 'u')\n"
        "fetch = [tf.get_collection('u'), tf.constant(tf.get_collection('m')[0].name)]",
        {"cfv2": True},
    ),
    "error_out_of_range": "fetch = tf.metrics.auc([1, 0], [0.5, 1.5], num_thresholds=3)[1]",
    "sensitivity": (P + update("sensitivity_at_specificity(l, p, 0.6, num_thresholds=9)"), CHECKED),
    "sensitivity_value": (P + value("sensitivity_at_specificity(l, p, 0.6, w, 4)"), {"cfv2": True}),
    "specificity": (
        P + update("specificity_at_sensitivity(l, p, 0.6, w, num_thresholds=9)"),
        CHECKED,
    ),
    "specificity_value": (
        P + value("specificity_at_sensitivity(l, p, 0.6, None, 4)"),
        {"cfv2": True},
    ),
    "mean_iou": (L + update("mean_iou(l, p, 3)"), CHECKED),
    "mean_iou_weights": (
        L + "w = tf.constant([[1., 2., 0.], [1., 3., 1.]])\nl, p = tf.reshape(l, [2, 3]), "
        "tf.reshape(p, [2, 3])\n" + update("mean_iou(l, p, 4, w, name='i')"),
        CHECKED,
    ),
    "mean_iou_value": (
        L + "m = tf.metrics.mean_iou(l, p, 3, None, 'm', 'u')\n"
        "with tf.control_dependencies([m[1]]):\n    pass\nfetch = m[0]",
        {"cfv2": True},
    ),
    "mean_per_class_accuracy": (L + update("mean_per_class_accuracy(l, p, 3)"), THREE),
    "mean_per_class_accuracy_weights": (
        L + "w = tf.constant([[1., 2., 0.], [1., 3., 1.]])\nl, p = tf.reshape(l, [2, 3]), "
        "tf.reshape(tf.cast(p, tf.int64), [2, 3])\n"
        + update("mean_per_class_accuracy(l, p, 4, w, name='i')"),
        THREE,
    ),
    "mean_per_class_accuracy_value": L + value("mean_per_class_accuracy(l, p, 3)"),
    "recall_at_k": (K + update("recall_at_k(l, p, 2)"), THREE),
    "recall_at_k_class": (K + update("recall_at_k(l, p, 2, class_id=3)"), THREE),
    "recall_at_k_weights": (K + update("recall_at_k(l, p, 2, weights=[1., 2., 3.])"), CHECKED),
    "recall_at_k_value": K + value("recall_at_k(l, p, 2)"),
    "recall_at_k_one_label": (
        K + update("recall_at_k(tf.constant([2, 3, 1], tf.int64), p, 3, name='r')"),
        THREE,
    ),
    "recall_at_k_sparse": (SPARSE + update("recall_at_k(l, p, 2)"), COND),
    "recall_at_k_sparse_class": (SPARSE + update("recall_at_k(l, p, 3, class_id=2)"), COND),
    "recall_at_top_k": (
        K + update("recall_at_top_k(l, tf.constant([[1, 2], [3, 4], [0, 1]]), 2, 0)"),
        THREE,
    ),
    "precision_at_k": (K + update("precision_at_k(l, p, 2)"), THREE),
    "precision_at_k_class": (K + update("precision_at_k(l, p, 2, 3, [2., 1., 1.])"), CHECKED),
    "precision_at_k_sparse": (SPARSE + update("precision_at_k(l, p, 1)"), COND),
    "precision_at_k_value": K + value("precision_at_k(l, p, 2, None, None, 'm', 'u')"),
    "precision_at_top_k": (
        K + update("precision_at_top_k(l, tf.constant([[1, 2], [3, 4], [0, 1]], tf.int64))"),
        THREE,
    ),
    "sparse_precision_at_k": (K + update("sparse_precision_at_k(l, p, 2)"), THREE),
    "average_precision": (K + update("average_precision_at_k(l, p, 3)"), COND),
    "average_precision_one": (K + update("average_precision_at_k(l, p, 1)"), COND),
    "average_precision_weights": (
        K + update("average_precision_at_k(l, p, 2, [1., 2., 0.5], name='a')"),
        COND,
    ),
    "average_precision_sparse": (SPARSE + update("average_precision_at_k(l, p, 3)"), COND),
    "average_precision_unknown": (
        K + update("average_precision_at_k(l + 2, p, 3)"),
        COND,
    ),
    "sparse_average_precision": (K + update("sparse_average_precision_at_k(l, p, 3)"), COND),
    "average_precision_value": (
        K + value("average_precision_at_k(l, p, 3, None, 'm', 'u')"),
        {"nodes": False},
    ),
    "training": (
        """
x = tf.constant(np.sin(np.arange(24.)).reshape(8, 3), tf.float32)
y = tf.constant([0, 1, 0, 1, 1, 0, 1, 0])
logits = tf.layers.dense(x, 2)
loss = tf.losses.sparse_softmax_cross_entropy(y, logits)
guess = tf.argmax(logits, 1)
step = tf.train.GradientDescentOptimizer(0.5).minimize(loss)
with tf.control_dependencies([step]):
    fetch = tf.metrics.accuracy(y, guess)[1]
""",
        THREE,
    ),
    "error_shapes": "tf.metrics.accuracy(tf.zeros([3]), tf.zeros([4]))",
    "error_weights": "tf.metrics.mean([1., 2., 3.], weights=[1., 2.])",
    "error_curve": P + "tf.metrics.auc(l, p, curve='X')",
    "error_method": P + "tf.metrics.auc(l, p, summation_method='X')",
    "error_specificity": P + "tf.metrics.sensitivity_at_specificity(l, p, 1.5)",
    "error_sensitivity": P + "tf.metrics.specificity_at_sensitivity(l, p, -1)",
    "error_k": K + "tf.metrics.average_precision_at_k(l, p, 0)",
    "error_labels": K + "tf.metrics.recall_at_k(tf.zeros([2, 2, 3, 1], tf.int64), p, 1)",
    "error_count_weights": B + "tf.metrics.true_positives(l, p, tf.zeros([1, 1, 2]))",
    "error_classes": (L + "fetch = tf.metrics.mean_iou(l, p, 2)[1]", {"cfv2": True}),
    "error_at_k_weights": (K + "tf.metrics.recall_at_k(l, p, 2, weights=[1., 2.])", {"cfv2": True}),
}
