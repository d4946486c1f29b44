"""Initializers: the nodes they add, their numbers, their errors and configurations."""

_ALL = {
    "zeros": "tf.zeros_initializer()",
    "zeros_dtype": "tf.zeros_initializer(tf.float64)",
    "ones": "tf.ones_initializer()",
    "constant": "tf.constant_initializer(0.25)",
    "constant_list": "tf.constant_initializer([1.0, 2.0, 3.0, 4.0, 5.0, 6.0])",
    "constant_array": "tf.constant_initializer(np.arange(6.0).reshape(2, 3))",
    "constant_verified": "tf.constant_initializer(np.arange(6.0).reshape(2, 3), verify_shape=True)",
    "random_uniform": "tf.random_uniform_initializer(-0.5, 0.5)",
    "random_uniform_default": "tf.random_uniform_initializer()",
    "random_uniform_seed": "tf.random_uniform_initializer(-0.5, 0.5, seed=7)",
    "random_normal": "tf.random_normal_initializer()",
    "random_normal_seed": "tf.random_normal_initializer(1.0, 0.1, seed=7)",
    "truncated_normal": "tf.truncated_normal_initializer(stddev=0.1)",
    "uniform_unit_scaling": "tf.uniform_unit_scaling_initializer(1.4, seed=3)",
    "variance_scaling": "tf.variance_scaling_initializer()",
    "variance_scaling_fan_out": "tf.variance_scaling_initializer(2.0, 'fan_out', 'untruncated_normal')",
    "variance_scaling_fan_avg": "tf.initializers.variance_scaling(2.0, 'fan_avg', 'uniform')",
    "variance_scaling_normal": "tf.variance_scaling_initializer(distribution='normal', seed=2)",
    "glorot_uniform": "tf.glorot_uniform_initializer()",
    "glorot_normal": "tf.glorot_normal_initializer(seed=4)",
    "lecun_normal": "tf.initializers.lecun_normal()",
    "lecun_uniform": "tf.initializers.lecun_uniform(seed=1)",
    "he_normal": "tf.initializers.he_normal()",
    "he_uniform": "tf.initializers.he_uniform()",
    "identity": "tf.initializers.identity(2.0)",
    "keras_random_normal": "tf.keras.initializers.RandomNormal()",
    "keras_random_uniform": "tf.keras.initializers.RandomUniform()",
    "keras_truncated_normal": "tf.keras.initializers.TruncatedNormal()",
    "keras_he_normal": "tf.keras.initializers.he_normal(seed=2)",
    "keras_get": "tf.keras.initializers.get('ones')",
    "contrib_xavier": "tf.contrib.layers.xavier_initializer()",
    "contrib_xavier_normal": "tf.contrib.layers.xavier_initializer(uniform=False, seed=5)",
    "contrib_variance_scaling": "tf.contrib.layers.variance_scaling_initializer()",
    "contrib_variance_scaling_uniform": "tf.contrib.layers.variance_scaling_initializer(1.0, 'FAN_OUT', True)",
}
SNIPPETS = {
    name: f"v = tf.get_variable('v', [2, 3], initializer={code})\nfetch = v"
    for name, code in _ALL.items()
}
SNIPPETS.update(
    {
        f"shape_{n}_{kind}": f"v = tf.get_variable('v', {shape}, initializer={code})\nfetch = v"
        for n, shape in enumerate(("[]", "[4]", "[3, 2, 4]", "[3, 3, 2, 4]"))
        for kind, code in (
            ("glorot", "tf.glorot_uniform_initializer()"),
            ("xavier", "tf.contrib.layers.xavier_initializer()"),
            ("unit", "tf.uniform_unit_scaling_initializer()"),
        )
    }
)
SNIPPETS.update(
    {
        # Whole tensors are written to GraphDef where 1.15 keeps the short list: values only.
        "constant_short": (
            "v = tf.get_variable('v', [2, 3], initializer=tf.constant_initializer([1.0, 2.0]))\nfetch = v",
            {"nodes": False},
        ),
        "orthogonal": (
            "v = tf.get_variable('v', [4, 4], initializer=tf.orthogonal_initializer(seed=3))\nfetch = v",
            {"rtol": 1e-3, "atol": 1e-5},
        ),
        "orthogonal_wide": (
            "v = tf.get_variable('v', [2, 5], initializer=tf.initializers.orthogonal(2.0, seed=3))\nfetch = v",
            {"rtol": 1e-3, "atol": 1e-5},
        ),
        "orthogonal_deep": (
            "v = tf.get_variable('v', [2, 3, 4], initializer=tf.orthogonal_initializer(seed=3))\nfetch = v",
            {"rtol": 1e-3, "atol": 1e-5},
        ),
        "orthogonal_vector": "tf.get_variable('v', [2], initializer=tf.orthogonal_initializer())",
        "delta_orthogonal": (
            """
i = tf.contrib.framework.convolutional_delta_orthogonal(seed=3)
v = tf.get_variable('v', [3, 3, 2, 4], initializer=i)
fetch = v
""",
            {"rtol": 1e-3, "atol": 1e-5},
        ),
        "delta_orthogonal_rank": "tf.get_variable('v', [3, 3], initializer=tf.contrib.framework.convolutional_delta_orthogonal())",
        "conv_orthogonal_1d": (
            "i = tf.contrib.framework.convolutional_orthogonal_1d(seed=3)\nv = tf.get_variable('v', [3, 2, 4], initializer=i)\nfetch = v",
            {"rtol": 1e-3, "atol": 1e-5},
        ),
        "conv_orthogonal_1d_size_1": (
            "i = tf.contrib.framework.convolutional_orthogonal_1d()\nv = tf.get_variable('v', [1, 2, 4], initializer=i)\nfetch = v",
            {"rtol": 1e-3, "atol": 1e-5},
        ),
        "conv_orthogonal_2d": (
            "i = tf.contrib.framework.convolutional_orthogonal_2d(2.0, seed=3)\nv = tf.get_variable('v', [3, 3, 2, 4], initializer=i)\nfetch = v",
            {"rtol": 1e-3, "atol": 1e-5},
        ),
        "conv_orthogonal_3d": (
            "i = tf.contrib.framework.convolutional_orthogonal_3d(seed=3)\nv = tf.get_variable('v', [2, 2, 2, 2, 2], initializer=i)\nfetch = v",
            {"rtol": 1e-3, "atol": 1e-5},
        ),
        "conv_orthogonal_rank": "tf.get_variable('v', [3, 3], initializer=tf.contrib.framework.convolutional_orthogonal_2d())",
        "conv_orthogonal_sizes": "tf.get_variable('v', [3, 2, 2, 2], initializer=tf.contrib.framework.convolutional_orthogonal_2d())",
        "conv_orthogonal_filters": "tf.get_variable('v', [3, 4, 2], initializer=tf.contrib.framework.convolutional_orthogonal_1d())",
        "partitioned_identity": """
v = tf.get_variable('v', [4, 4], initializer=tf.initializers.identity(), partitioner=tf.fixed_size_partitioner(2))
fetch = tf.identity(v)
""",
        "partitioned_glorot": """
v = tf.get_variable('v', [4, 4], initializer=tf.glorot_uniform_initializer(), partitioner=tf.fixed_size_partitioner(2))
w = tf.get_variable('w', [4, 4], initializer=tf.uniform_unit_scaling_initializer(), partitioner=tf.fixed_size_partitioner(2))
fetch = [tf.identity(v), tf.identity(w)]
""",
        "integers": """
a = tf.get_variable('a', [2], tf.int32, tf.random_uniform_initializer(0, 10))
b = tf.get_variable('b', [2], tf.int64, tf.constant_initializer(3))
c = tf.get_variable('c', [2], tf.bool, tf.zeros_initializer())
d = tf.get_variable('d', [2], tf.string, tf.constant_initializer('x'))
fetch = [a, b, c, d]
""",
        "doubles": """
a = tf.get_variable('a', [2, 2], tf.float64, tf.random_normal_initializer())
b = tf.get_variable('b', [2, 2], tf.float64, tf.truncated_normal_initializer())
c = tf.get_variable('c', [2, 2], tf.float64)
fetch = [a, b, c]
""",
        "called_directly": """
a = tf.random_normal_initializer(seed=1)([2, 3])
b = tf.glorot_uniform_initializer()([2, 3], tf.float64)
c = tf.zeros_initializer()(tf.TensorShape([2]))
d = tf.constant_initializer([1, 2])([2], dtype=tf.int32)
fetch = [a, b, c, d]
""",
        "big_zeros": "v = tf.get_variable('v', [100, 100], initializer=tf.zeros_initializer())\nfetch = tf.reduce_sum(v)",
        "big_constant": "v = tf.get_variable('v', [100, 100], initializer=tf.constant_initializer(2.0))\nfetch = tf.reduce_sum(v)",
        "seeds_in_order": """
tf.set_random_seed(5)
vs = [tf.get_variable('v%d' % i, [2, 2]) for i in range(3)]
fetch = vs
""",
        "configs": """
made = [tf.zeros_initializer(), tf.ones_initializer(tf.int32), tf.constant_initializer(3.0),
        tf.random_uniform_initializer(-1, 1, 3), tf.random_normal_initializer(0.5, 2.0, 3),
        tf.truncated_normal_initializer(), tf.uniform_unit_scaling_initializer(2.0),
        tf.variance_scaling_initializer(2.0, 'fan_out', 'uniform', 3),
        tf.glorot_uniform_initializer(4), tf.glorot_normal_initializer(),
        tf.orthogonal_initializer(2.0), tf.initializers.identity(3.0),
        tf.initializers.he_normal(), tf.keras.initializers.RandomNormal()]
text = [str(sorted(i.get_config().items())) for i in made]
text += [str(sorted(type(i).from_config(i.get_config()).get_config().items())) for i in made]
fetch = tf.constant(text)
""",
        "constant_wrong_type": "tf.constant_initializer({'a': 1})",
        "constant_too_many": "tf.get_variable('v', [2], initializer=tf.constant_initializer([1.0, 2.0, 3.0]))",
        "constant_wrong_shape": "tf.get_variable('v', [3, 2], initializer=tf.constant_initializer(np.zeros([2, 3]), verify_shape=True))",
        "normal_integer": "tf.random_normal_initializer(dtype=tf.int32)",
        "truncated_integer": "tf.truncated_normal_initializer(dtype=tf.int32)",
        "scaling_negative": "tf.variance_scaling_initializer(-1.0)",
        "scaling_mode": "tf.variance_scaling_initializer(mode='fan')",
        "scaling_distribution": "tf.variance_scaling_initializer(distribution='cauchy')",
        "identity_rank": "tf.get_variable('v', [2], initializer=tf.initializers.identity())",
        "contrib_integer": "tf.contrib.layers.xavier_initializer(dtype=tf.int32)",
        "contrib_mode": "tf.contrib.layers.variance_scaling_initializer(mode='x')",
    }
)
