"""tf.losses: reductions, weights, collections."""

A = "p = tf.constant([[0.2, 0.9], [0.6, 0.4], [0.5, 0.1]])\nl = tf.constant([[0., 1.], [1., 0.], [0., 0.]])\n"
RUN = "fetch = [tf.losses.get_losses(), tf.losses.get_total_loss()]"

SNIPPETS = {
    name: A + f"tf.losses.{name}(l, p{more})\n" + RUN
    for name in (
        "absolute_difference",
        "mean_squared_error",
        "huber_loss",
        "log_loss",
        "hinge_loss",
        "mean_pairwise_squared_error",
        "sigmoid_cross_entropy",
        "softmax_cross_entropy",
    )
    for more in ("",)
}
for reduction in (
    "NONE",
    "SUM",
    "MEAN",
    "SUM_OVER_BATCH_SIZE",
    "SUM_BY_NONZERO_WEIGHTS",
    "SUM_OVER_NONZERO_WEIGHTS",
):
    SNIPPETS[f"reduction_{reduction.lower()}"] = (
        A + "w = tf.constant([[2.], [0.], [1.]])\n"
        f"fetch = tf.losses.mean_squared_error(l, p, w, reduction=tf.losses.Reduction.{reduction})"
    )

SNIPPETS.update(
    {
        "scalar_tensor_weight": A + "tf.losses.mean_squared_error(l, p, tf.constant(0.5))\n" + RUN,
        "zero_weight": A + "tf.losses.log_loss(l, p, 0.0)\n" + RUN,
        "integer_weight": A + "tf.losses.log_loss(l, p, 2)\n" + RUN,
        "full_weights": A + "tf.losses.absolute_difference(l, p, tf.ones([3, 2]) * 0.3)\n" + RUN,
        "row_weights": A + "tf.losses.absolute_difference(l, p, tf.constant([[1., 0.]]))\n" + RUN,
        "fed_shapes": (
            "p = tf.placeholder(tf.float32, [None, 2])\nl = tf.placeholder(tf.float32, [None, 2])\n"
            "w = tf.placeholder(tf.float32, [None, 1])\n"
            "fetch = tf.losses.mean_squared_error(l, p, w)\n"
            "feed = {p: [[1., 2.], [3., 4.]], l: [[0., 0.], [1., 1.]], w: [[1.], [0.]]}",
            {"cfv2": True},
        ),
        "fed_ranks": (
            "p = tf.placeholder(tf.float32)\nl = tf.placeholder(tf.float32)\n"
            "w = tf.placeholder(tf.float32)\n"
            "fetch = tf.losses.mean_squared_error(l, p, w)\n"
            "feed = {p: [[1., 2.], [3., 4.]], l: [[0., 0.], [1., 1.]], w: [[1.], [0.]]}",
            {"cfv2": True},
        ),
        "fed_weights_too_long": (
            "p = tf.placeholder(tf.float32, [None, 2])\nl = tf.placeholder(tf.float32, [None, 2])\n"
            "w = tf.placeholder(tf.float32, [None, 2])\n"
            "fetch = tf.losses.mean_squared_error(l, p, w)\n"
            "feed = {p: [[1., 2.], [3., 4.]], l: [[0., 0.], [1., 1.]], w: [[1., 1.]] * 3}",
            {"cfv2": True, "error": "type"},
        ),
        "smoothing": A
        + "tf.losses.softmax_cross_entropy(l, p, label_smoothing=0.1)\n"
        + "tf.losses.sigmoid_cross_entropy(l, p, label_smoothing=0.1)\n"
        + RUN,
        "sparse": (
            "p = tf.constant([[0.2, 0.9, 0.], [0.6, 0.4, 1.]])\n"
            "tf.losses.sparse_softmax_cross_entropy([2, 1], p)\n"
            "tf.losses.sparse_softmax_cross_entropy([[2], [1]], p, weights=[[1.], [0.5]])\n" + RUN
        ),
        "sparse_fed": (
            "p = tf.placeholder(tf.float32)\nl = tf.placeholder(tf.int32)\n"
            "fetch = tf.losses.sparse_softmax_cross_entropy(l, p, weights=tf.placeholder_with_default("
            "[[0.5], [1.]], None))\n"
            "feed = {p: [[0.2, 0.9, 0.], [0.6, 0.4, 1.]], l: [2, 1]}",
            {"cfv2": True},
        ),
        "cosine": A + "tf.losses.cosine_distance(l, p, axis=1)\n"
        "tf.losses.cosine_distance(l, p, dim=0, scope='named')\n" + RUN,
        "pairwise_weights": A
        + "tf.losses.mean_pairwise_squared_error(l, p, tf.constant([[1.], [0.], [2.]]))\n"
        + RUN,
        "float64": "p = tf.constant([[0.2, 0.9]], tf.float64)\n"
        "fetch = [tf.losses.softmax_cross_entropy([[0, 1]], p), "
        "tf.losses.mean_squared_error(p * 2, p)]",
        "gradient": A + "loss = tf.losses.mean_squared_error(l, p, [[1.], [0.], [3.]])\n"
        "loss += tf.losses.huber_loss(l, p, delta=0.3)\nfetch = tf.gradients(loss, [p, l])",
        "regularization": "w = tf.get_variable('w', [3], regularizer=lambda v: tf.reduce_sum(v * v))\n"
        "tf.losses.add_loss(tf.constant(2.))\ntf.losses.add_loss(tf.constant(7.), None)\n"
        "fetch = [tf.losses.get_total_loss(), tf.losses.get_total_loss(False), "
        "tf.losses.get_regularization_loss(), tf.losses.get_regularization_losses('x')]",
        "no_regularization": "fetch = tf.losses.get_regularization_loss()",
        "scoped": A + "with tf.variable_scope('a'):\n    tf.losses.log_loss(l, p)\n"
        "tf.losses.log_loss(l, p, scope='b', loss_collection='mine')\n"
        "fetch = [tf.losses.get_losses('a'), tf.losses.get_losses(loss_collection='mine')]",
        "error_labels": "tf.losses.mean_squared_error(None, [1.])",
        "error_predictions": "tf.losses.huber_loss([1.], None)",
        "error_logits": "tf.losses.softmax_cross_entropy([1.], None)",
        "error_shapes": "tf.losses.mean_squared_error(tf.zeros([2, 3]), tf.zeros([3, 2]))",
        "error_axis": "tf.losses.cosine_distance([1.], [1.])",
        "error_axis_twice": "tf.losses.cosine_distance([1.], [1.], axis=0, dim=0)",
        "error_reduction": "tf.losses.log_loss([1.], [1.], reduction='mean')",
        "error_rank": A + "tf.losses.log_loss(l, p, weights=tf.ones([3]))",
        "error_sizes": A + "tf.losses.log_loss(l, p, weights=tf.ones([2, 1]))",
        "error_no_loss": "tf.losses.get_total_loss()",
    }
)
