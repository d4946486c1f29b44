"""Snippets of reductions, positions of extrema, running sums and segments."""

SNIPPETS = {}

for _name in (
    "sum",
    "mean",
    "prod",
    "max",
    "min",
    "logsumexp",
    "euclidean_norm",
    "variance",
    "std",
):
    for _kind, _x, _args in (
        ("all", "tf.constant([[1.5, 2.0, -0.5], [0.3, 2.0, 1.0]])", ""),
        ("axis", "tf.constant([[1.5, 2.0, -0.5], [0.3, 2.0, 1.0]])", ", axis=1"),
        ("axes", "tf.constant([[[1.5, 2.0], [0.5, 0.25]], [[0.3, 3.0], [1.0, 1.0]]])", ", [0, -1]"),
        ("keep", "tf.constant([[1.5, 2.0, -0.5], [0.3, 2.0, 1.0]])", ", axis=[0], keepdims=True"),
        ("none", "tf.constant([[1.5, 2.0]])", ", axis=[]"),
        ("rows", "tf.placeholder_with_default([[1.5, 2.0], [0.3, 3.0]], [None, 2])", ", 0"),
        ("all_rows", "tf.placeholder_with_default([[1.5, 2.0], [0.3, 3.0]], [None, 2])", ""),
        ("rankless", "tf.placeholder_with_default([[1.5, 2.0], [0.3, 3.0]], None)", ""),
        (
            "axis_rankless",
            "tf.placeholder_with_default([[1.5, 2.0], [0.3, 3.0]], None)",
            ", 1, name='r'",
        ),
        (
            "tensor",
            "tf.constant([[1.5, 2.0], [0.3, 3.0]])",
            ", tf.placeholder_with_default([1], [None])",
        ),
    ):
        _f = (
            f"tf.reduce_{_name}"
            if _name in ("sum", "mean", "prod", "max", "min", "logsumexp")
            else f"tf.math.reduce_{_name}"
        )
        _grad = _name != "euclidean_norm"
        SNIPPETS[f"{_name}_{_kind}"] = f"""
x = {_x}
y = {_f}(x{_args})
fetch = [y{", tf.gradients(y, x)" if _grad else ""}]
"""

SNIPPETS.update(
    {
        "second_mean": "x = tf.constant([[1.0, 2.0], [3.0, 5.0]]); y = tf.reduce_mean(tf.square(x), 1); g = tf.gradients(y, x); fetch = [y, g, tf.gradients(g, x)]",
        "second_max": "x = tf.constant([[1.0, 2.0], [3.0, 5.0]]); y = tf.square(tf.reduce_max(x, 1)); g = tf.gradients(y, x); fetch = [y, g, tf.gradients(g, x)]",
        "second_prod": "x = tf.constant([[1.0, 2.0], [3.0, 0.0]]); y = tf.reduce_prod(x, 1); g = tf.gradients(y, x); fetch = [y, g]",
        "reuse": """
x = tf.placeholder(tf.float32, [4, 3]); y = tf.reduce_sum(x, 1) + tf.reduce_mean(x, 1); z = tf.reduce_sum(y)
fetch = tf.gradients(z, x)
feed = {x: np.ones([4, 3], np.float32)}
""",
        "deprecated": """
x = tf.constant([[1.0, 2.0]])
fetch = [tf.reduce_sum(x, reduction_indices=[1]), tf.reduce_mean(x, reduction_indices=1, keep_dims=True), tf.reduce_max(x, axis=1, keep_dims=True)]
""",
        "deprecated_both": "tf.reduce_sum(tf.constant([1.0]), axis=0, reduction_indices=0)",
        "deprecated_keep_both": "tf.reduce_sum(tf.constant([1.0]), keepdims=True, keep_dims=True)",
        "python": "fetch = [tf.reduce_sum([1.0, 2.0]), tf.reduce_mean([[1, 2], [4, 6]]), tf.reduce_max([1, 5, 2], 0)]",
        "booleans": """
x = tf.constant([[True, False], [True, True]])
fetch = [tf.reduce_all(x), tf.reduce_any(x), tf.reduce_all(x, 1), tf.reduce_any(x, [0], keepdims=True), tf.reduce_all(x, axis=0, name="n")]
""",
        "integers": """
x = tf.placeholder_with_default(np.array([[7, -8], [3, -2]], np.int32), [2, 2])
b = tf.placeholder_with_default(np.array([200, 100], np.uint8), [2])
fetch = [tf.reduce_sum(x), tf.reduce_mean(x), tf.reduce_mean(x, 0), tf.reduce_prod(x), tf.reduce_max(x), tf.reduce_min(x, 1), tf.reduce_sum(b), tf.reduce_mean(b)]
""",
        "empty": """
x = tf.placeholder_with_default(np.zeros([0, 2], np.float32), [None, 2])
n = tf.placeholder_with_default(np.zeros([0], np.int32), [None])
fetch = [tf.reduce_sum(x), tf.reduce_mean(x, 0), tf.reduce_max(x), tf.reduce_min(x), tf.reduce_prod(x), tf.reduce_max(n), tf.reduce_min(n), tf.reduce_mean(n), tf.reduce_sum(x, 1)]
""",
        "nan": """
x = tf.placeholder_with_default([[np.nan, 1.0], [2.0, np.nan], [np.nan, np.nan]], [3, 2])
fetch = [tf.reduce_max(x, 1), tf.reduce_min(x, 1), tf.reduce_sum(x, 1), tf.argmax(x, 1), tf.argmin(x, 1)]
""",
        "half": """
x = tf.constant(np.linspace(0.1, 3.0, 50), tf.float16)
fetch = [tf.reduce_sum(x), tf.reduce_mean(x), tf.reduce_max(x)]
""",
        "complex": "x = tf.constant([[1 + 2j, 3j], [1.0, 2.0]], tf.complex64); fetch = [tf.reduce_sum(x), tf.reduce_mean(x, 1), tf.reduce_prod(x, 0)]",
        "bad_axis": "tf.reduce_sum(tf.zeros([2, 3]), 2)",
        "bad_axis_negative": "tf.reduce_mean(tf.zeros([2, 3]), [-3])",
        "bad_axis_rank": "tf.reduce_sum(tf.zeros([2, 3]), [[0]])",
        "bad_axis_run": "fetch = tf.reduce_sum(tf.zeros([2, 3]), tf.placeholder_with_default(5, []))",
        "bad_dtype": "tf.reduce_all(tf.zeros([2]))",
        "count": """
x = tf.constant([[0.0, 1.0], [2.0, 0.0]]); s = tf.constant(["", "a"])
fetch = [tf.count_nonzero(x), tf.count_nonzero(x, 1, dtype=tf.int32), tf.count_nonzero(x, axis=0, keepdims=True, name="c"), tf.math.count_nonzero(s)]
""",
        "arg": """
x = tf.constant([[1.0, 3.0, 2.0], [5.0, 4.0, 5.0]])
fetch = [tf.argmax(x), tf.argmax(x, 1), tf.argmin(x, axis=-1, output_type=tf.int32), tf.argmax(x, dimension=1), tf.arg_max(x, 0), tf.arg_min(x, 1), tf.argmax([1, 7, 3])]
none = tf.gradients(tf.argmax(x), x)
""",
        "arg_bad": "tf.argmax(tf.zeros([2, 3]), 2)",
        "arg_rank": "tf.argmax(tf.zeros([2, 3]), [0])",
        "arg_empty": "fetch = tf.argmax(tf.placeholder_with_default(np.zeros([0, 2], np.float32), [None, 2]))",
        "arg_unknown": "x = tf.placeholder_with_default([[1.0, 2.0]], None); fetch = [tf.argmax(x, 1), tf.argmax(x, tf.placeholder_with_default(0, []))]",
        "cumulative_bad": "fetch = tf.cumsum(tf.zeros([2]), tf.placeholder_with_default(3, []))",
        "logsumexp_extremes": """
x = tf.placeholder_with_default([[1000.0, 1000.0], [-1000.0, -1001.0], [-np.inf, -np.inf], [np.inf, 1.0]], [None, 2])
y = tf.reduce_logsumexp(x, 1); z = tf.reduce_logsumexp(x, [1], keepdims=True, name="lse")
fetch = [y, z, tf.gradients(y[:2], x)]
""",
        "segments": """
x = tf.constant([[1.0, 2.0], [3.0, 4.0], [5.0, 1.0], [5.0, 1.0]]); ids = tf.constant([0, 0, 2, 2])
a = [tf.segment_sum(x, ids), tf.segment_mean(x, ids), tf.segment_max(x, ids), tf.segment_min(x, ids)]
p = tf.segment_prod(x, ids)
fetch = [a, p, [tf.gradients(t, x) for t in a]]
""",
        "segments_unknown": """
x = tf.placeholder_with_default([1.0, 2.0, 4.0], [None]); ids = tf.placeholder_with_default([1, 1, 3], [None])
fetch = [tf.segment_sum(x, ids), tf.segment_mean(x, ids), tf.gradients(tf.segment_mean(x, ids), x)]
""",
        "segments_decreasing": "fetch = tf.segment_sum(tf.zeros([2]), tf.placeholder_with_default([1, 0], [2]))",
        "segments_size": "fetch = tf.segment_sum(tf.zeros([3]), tf.placeholder_with_default([0, 1], [None]))",
        "unsorted": """
x = tf.constant([[1.0, 2.0], [3.0, 4.0], [0.0, 1.0], [5.0, 0.0]]); ids = tf.constant([2, 0, 2, -1])
a = [tf.unsorted_segment_sum(x, ids, 4), tf.unsorted_segment_max(x, ids, 4), tf.unsorted_segment_min(x, ids, 4), tf.unsorted_segment_prod(x, ids, 4),
  tf.math.unsorted_segment_mean(x, ids, 4), tf.math.unsorted_segment_sqrt_n(x, ids, 4)]
fetch = [a, [tf.gradients(t, x) for t in a]]
""",
        "unsorted_matrix_ids": """
x = tf.constant([[1.0, 2.0], [3.0, 4.0]]); ids = tf.constant([[0, 1], [1, 1]])
y = tf.unsorted_segment_sum(x, ids, tf.placeholder_with_default(3, []))
fetch = [y, tf.gradients(y, x)]
""",
        "unsorted_bad": "fetch = tf.unsorted_segment_sum(tf.zeros([3]), tf.placeholder_with_default([0, 1, 7], [3]), 5)",
        "unsorted_shape": "tf.unsorted_segment_sum(tf.zeros([3]), tf.zeros([2], tf.int32), 5)",
        "sparse_segments": """
x = tf.constant([[1.0, 2.0], [3.0, 4.0], [0.5, 1.0]]); i = tf.constant([2, 0, 1, 1]); ids = tf.constant([0, 0, 2, 2])
a = [tf.sparse_segment_sum(x, i, ids), tf.sparse_segment_mean(x, i, ids), tf.sparse_segment_sqrt_n(x, i, ids),
  tf.sparse_segment_sum(x, i, ids, num_segments=4), tf.sparse_segment_mean(x, i, ids, num_segments=4), tf.sparse_segment_sqrt_n(x, i, ids, num_segments=5)]
fetch = [a, [tf.gradients(t, x) for t in a]]
""",
        "histogram": """
v = tf.constant([-1.0, 0.0, 1.5, 2.0, 5.0, 15.0])
fetch = [tf.histogram_fixed_width(v, [0.0, 5.0], nbins=5), tf.histogram_fixed_width(v, [0.0, 5.0], 5, dtype=tf.int64, name="h"), tf.histogram_fixed_width_bins(v, [0.0, 5.0], nbins=5)]
""",
        "bincount": """
n = tf.constant([1, 1, 3]); w = tf.constant([0.5, 1.0, 2.0])
fetch = [tf.bincount(n), tf.bincount(n, weights=w), tf.bincount(n, minlength=6), tf.bincount(n, maxlength=2, dtype=tf.float32)]
""",
        "confusion": (
            """
l = tf.constant([1, 2, 4]); p = tf.constant([2, 2, 4])
fetch = [tf.confusion_matrix(l, p), tf.confusion_matrix(l, p, num_classes=5, weights=[0.5, 1.0, 2.0], dtype=tf.float32), tf.confusion_matrix(tf.constant([[1], [0]]), tf.constant([1, 1]))]
""",
            {"cfv2": True},
        ),
    }
)

for _name in ("tf.cumsum", "tf.cumprod", "tf.math.cumulative_logsumexp"):
    for _kind, _args in (
        ("plain", ""),
        ("axis", ", axis=1"),
        ("exclusive", ", exclusive=True"),
        ("reverse", ", reverse=True"),
        ("both", ", -1, True, True, name='c'"),
    ):
        if "logsumexp" in _name and _kind in ("exclusive", "both"):
            continue
        SNIPPETS[f"{_name.rpartition('.')[2]}_{_kind}"] = f"""
x = tf.constant([[1.0, 2.0, 3.0], [0.5, 1.5, -1.0]])
y = {_name}(x{_args})
fetch = [y, tf.gradients(y, x)]
"""
