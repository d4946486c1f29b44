"""Random ops: seeds given and absent, dtypes, tensor shapes, values of successive runs, errors."""

SNIPPETS = {}


def add(name, code, **options):
    """Each snippet runs twice in one session, so that the second run continues the streams."""
    SNIPPETS[name] = (code, {"runs": 2, **options})


def add_error(name, code):
    SNIPPETS[name] = code


# -- uniform ----------------------------------------------------------------------------------
add("uniform", "fetch = tf.random_uniform([2, 3])")
add("uniform_op_seed", "fetch = tf.random_uniform([2, 3], seed=7)")
add("uniform_bounds", "fetch = tf.random.uniform([5], -0.3, 0.7, name='u')")
add("uniform_float64", "fetch = tf.random_uniform([5], -3, 11, dtype=tf.float64, seed=5)")
add("uniform_half", "fetch = tf.random_uniform([7], dtype=tf.float16)")
add("uniform_bfloat16", "fetch = tf.cast(tf.random_uniform([7], dtype=tf.bfloat16), tf.float32)")
add("uniform_scalar", "fetch = tf.random_uniform([])")
add("uniform_scalar_tuple", "fetch = tf.random_uniform((), seed=3)")
add("uniform_empty", "fetch = tf.random_uniform([0, 3])")
add("uniform_dimensions", "fetch = tf.random_uniform((tf.Dimension(2), 3))")
add("uniform_tensor_shape", "fetch = tf.random_uniform(tf.TensorShape([2, 3]))")
add("uniform_large", "fetch = tf.random_uniform([300, 70])")
add(
    "uniform_shape_of",
    """
x = tf.placeholder(tf.float32, [None, 3])
fetch = tf.random_uniform(tf.shape(x))
feed = {x: np.ones([4, 3])}
""",
)
add("uniform_long_shape", "fetch = tf.random_uniform(tf.constant([2, 2], tf.int64))")
add(
    "uniform_tensor_bounds",
    """
low = tf.constant([0., 10.])
fetch = tf.random_uniform([3, 2], low, low + 1.)
""",
)
add("uniform_int", "fetch = tf.random_uniform([2, 3], 0, 100, dtype=tf.int32)")
add("uniform_int_default_min", "fetch = tf.random_uniform([9], maxval=10, dtype=tf.int32)")
add("uniform_int64", "fetch = tf.random_uniform([9], -5, 2**40, dtype=tf.int64, seed=1)")
add(
    "uniform_int_wide", "fetch = tf.random_uniform([9], tf.int32.min, tf.int32.max, dtype=tf.int32)"
)
add("uniform_int_empty", "fetch = tf.random_uniform([0], 0, 10, dtype=tf.int32)")
add("uniform_int_named", "fetch = tf.random_uniform([3], 0, 10, tf.int64, name='dice')")
add(
    "uniform_int_fed_bounds",
    """
low = tf.placeholder(tf.int32, [])
fetch = tf.random_uniform([3], low, low + 6, tf.int32)
feed = {low: 1}
""",
)

# -- normal -----------------------------------------------------------------------------------
add("normal", "fetch = tf.random_normal([2, 3])")
add("normal_op_seed", "fetch = tf.random_normal([2, 3], seed=7)")
add("normal_moments", "fetch = tf.random.normal([9], 0.1, 0.35)")
add("normal_float64", "fetch = tf.random_normal([9], 1., 2., tf.float64)")
add("normal_half", "fetch = tf.random_normal([9], dtype=tf.float16)")
add("normal_bfloat16", "fetch = tf.cast(tf.random_normal([5], dtype=tf.bfloat16), tf.float32)")
add("normal_named", "fetch = tf.random_normal([3], name='noise')")
add(
    "normal_tensor_stddev",
    """
deviation = tf.constant([[1.], [2.]])
fetch = tf.random_normal([2, 3], stddev=deviation)
""",
)
add(
    "normal_shape_of",
    """
x = tf.placeholder(tf.float32, [None, 3])
fetch = tf.random_normal(tf.shape(x), stddev=0.5)
feed = {x: np.ones([2, 3])}
""",
)
add(
    "normal_batch",
    """
n = tf.placeholder(tf.int32, [])
fetch = tf.random_normal([n, 4])
feed = {n: 3}
""",
)
add("normal_large", "fetch = tf.random_normal([300, 70])")
add("truncated", "fetch = tf.truncated_normal([4, 5])")
add("truncated_moments", "fetch = tf.random.truncated_normal([9], 1., 0.02, seed=4)")
add("truncated_float64", "fetch = tf.truncated_normal([9], dtype=tf.float64)")
add("truncated_half", "fetch = tf.truncated_normal([9], dtype=tf.float16)")
add("truncated_scalar", "fetch = tf.truncated_normal([])")
add("truncated_empty", "fetch = tf.truncated_normal([0])")
add("truncated_large", "fetch = tf.truncated_normal([200, 70], stddev=0.1)")

# -- seeds ------------------------------------------------------------------------------------
add(
    "three_ops",
    """
a = tf.random_uniform([3])
b = tf.random_normal([3])
c = tf.constant(1.0)
d = tf.truncated_normal([3])
fetch = [a, b, d]
""",
)
add(
    "one_of_three",
    """
a = tf.random_uniform([3])
b = tf.random_normal([3])
fetch = b
""",
)
add(
    "used_twice",
    """
x = tf.random_normal([3])
fetch = [x - x, x + x, x]
""",
)
add("equal_seeds", "fetch = [tf.random_uniform([2], seed=3), tf.random_uniform([2], seed=3)]")
add(
    "graph_seed_changes",
    """
a = tf.random_uniform([2])
tf.set_random_seed(99)
b = tf.random_uniform([2])
fetch = [a, b]
""",
)
add(
    "graph_seed_zero",
    """
tf.set_random_seed(0)
fetch = [tf.random_uniform([2], seed=0), tf.random_uniform([2])]
""",
)
add(
    "graph_seed_large",
    """
tf.random.set_random_seed(2**33 + 1)
fetch = tf.random_normal([2], seed=2**31 + 5)
""",
)
add(
    "negative_seeds",
    """
tf.set_random_seed(-3)
fetch = tf.random_uniform([2], seed=-7)
""",
)
add(
    "op_seed_alone",
    """
tf.get_default_graph().seed = None
fetch = [tf.random_uniform([2], seed=12), tf.random_normal([2], seed=2**31 - 1)]
""",
)
SNIPPETS["no_seed"] = """
tf.get_default_graph().seed = None
x = tf.random_uniform([1000])
fetch = [tf.less(tf.reduce_max(x), 1.), tf.greater(tf.reduce_max(x), .9)]
"""
add(
    "get_seed",
    """
pairs = [tf.get_seed(None), tf.get_seed(5), tf.random.get_seed(-1)]
tf.constant(0)
pairs.append(tf.get_seed(None))
tf.set_random_seed(0)
pairs.append(tf.get_seed(0))
fetch = tf.constant(pairs, tf.int64)
""",
)
add(
    "in_scope",
    """
with tf.name_scope('outer'):
    a = tf.random_normal([2])
    b = tf.random_uniform([2], name='inner')
fetch = [a, b]
""",
)

# -- shuffle and crop ---------------------------------------------------------------------------
add("shuffle", "fetch = tf.random_shuffle(tf.range(20))")
add("shuffle_list", "fetch = tf.random.shuffle([1., 2., 3., 4., 5.])")
add("shuffle_rows", "fetch = tf.random_shuffle(np.arange(12).reshape(6, 2), seed=3, name='s')")
add("shuffle_strings", "fetch = tf.random_shuffle(['a', 'b', 'c', 'd'])")
add("shuffle_one", "fetch = tf.random_shuffle([[1, 2]])")
add("shuffle_scalar", "fetch = tf.random_shuffle(3)")
add("shuffle_large", "fetch = tf.random_shuffle(tf.range(5000))")
add("crop", "fetch = tf.random_crop(tf.reshape(tf.range(300), [10, 10, 3]), [4, 5, 3], seed=8)")
add("crop_default", "fetch = tf.image.random_crop(np.arange(24).reshape(4, 6), (2, 3), name='c')")
add("crop_too_large", "fetch = tf.random_crop(tf.zeros([2, 2]), [3, 2])")

# -- categorical ------------------------------------------------------------------------------
add("multinomial", "fetch = tf.multinomial(tf.log([[.1, .2, .7], [.3, .3, .4]]), 6)")
add("multinomial_list", "fetch = tf.multinomial([[1., 2., 3.]], 5, seed=3, name='m')")
add("multinomial_int32", "fetch = tf.random.multinomial([[10., 10.]], 5, output_dtype=tf.int32)")
add("categorical", "fetch = tf.random.categorical([[0., 0., 5.], [5., 0., 0.]], 7)")
add(
    "categorical_float64",
    """
logits = tf.constant([[0., 1.], [2., 3.], [4., 0.]], tf.float64)
fetch = tf.random.categorical(logits, 4, dtype=tf.int32, seed=9)
""",
)
add("categorical_half", "fetch = tf.random.categorical(tf.constant([[0., 1.]], tf.float16), 4)")
add(
    "categorical_infinite",
    """
fetch = tf.random.categorical([[-np.inf, 0., np.nan, 0.], [-np.inf, np.inf, 1., 2.]], 9)
""",
)
add("categorical_none_finite", "fetch = tf.random.categorical([[-np.inf, -np.inf]], 3)")
add("categorical_no_samples", "fetch = tf.random.categorical([[0., 1.]], 0)")
add("categorical_no_rows", "fetch = tf.random.categorical(np.zeros([0, 2], np.float32), 3)")
add(
    "categorical_fed",
    """
x = tf.placeholder(tf.float32)
n = tf.placeholder(tf.int32)
fetch = tf.random.categorical(x, n)
feed = {x: np.linspace(0, 2, 12).reshape(3, 4), n: 5}
""",
)
add("categorical_rows", "fetch = tf.random.categorical(np.sin(np.arange(40.)).reshape(20, 2), 1)")

# -- gamma and Poisson --------------------------------------------------------------------------
add("gamma", "fetch = tf.random_gamma([10], 0.7, beta=2.0)")
add("gamma_no_rate", "fetch = tf.random.gamma([5], 2.5, seed=1)")
add("gamma_vector", "fetch = tf.random_gamma([4], [0.5, 1.0, 7.0], dtype=tf.float64)")
add("gamma_broadcast", "fetch = tf.random_gamma([2, 2], [[.5], [3.]], [1., 2., 3.], name='g')")
add("gamma_half", "fetch = tf.random_gamma([4], 2., dtype=tf.float16)")
add("gamma_empty", "fetch = tf.random_gamma([0], [2., 3.])")
add(
    "gamma_fed",
    """
alpha = tf.placeholder(tf.float32, [None])
fetch = tf.random_gamma([3], alpha)
feed = {alpha: [1., 2.]}
""",
)
SNIPPETS["gamma_gradient"] = (
    """
alpha = tf.constant([0.5, 1., 3., 20.])
x = tf.random_gamma([3], alpha)
fetch = [x, tf.gradients(x, alpha)[0]]
""",
    {"rtol": 1e-3},
)
SNIPPETS["gamma_gradient_rate"] = (
    """
alpha, beta = tf.constant([[0.5], [3.]]), tf.constant([1., 2.])
x = tf.random_gamma([2], alpha, beta)
fetch = tf.gradients(x, [alpha, beta])
""",
    {"rtol": 1e-3},
)
add("poisson", "fetch = tf.random_poisson(5.0, [10])")
add("poisson_rates", "fetch = tf.random.poisson([0.5, 12., 100.], [4], seed=3)")
add("poisson_int", "fetch = tf.random_poisson(tf.constant([3., 30.]), [4], dtype=tf.int32)")
add(
    "poisson_double", "fetch = tf.random_poisson(tf.constant(9.99, tf.float64), [3, 2], tf.float64)"
)
add("poisson_int_rate", "fetch = tf.random_poisson(tf.constant([3, 30]), [4], name='p')")
add("poisson_zero", "fetch = tf.random_poisson([0., 1e-9], [3])")
add("poisson_invalid_rate", "fetch = tf.random_poisson([-1., np.inf, 2.], [2])")
add("poisson_empty", "fetch = tf.random_poisson([1., 2.], [0])")

# -- bounded normal -----------------------------------------------------------------------------
# The op has no public function: 1.15 offers it as a raw op alone.
BOUNDED = """
def bounded(**inputs):
    if hasattr(tf, 'raw_ops'):
        return tf.raw_ops.ParameterizedTruncatedNormal(seed=3, seed2=4, **inputs)
    from headrace._src.ops.random_values import ParameterizedTruncatedNormal
    return ParameterizedTruncatedNormal(*inputs.values(), seed=3, seed2=4)
"""
add(
    "bounded_raw",
    BOUNDED
    + """
fetch = bounded(
    shape=[40], means=0., stdevs=1., minvals=-2., maxvals=2.)
""",
)
add(
    "bounded_batches",
    BOUNDED
    + """
fetch = bounded(
    shape=[2, 5], means=[0., 1.], stdevs=[1., 2.], minvals=[-1., 3.], maxvals=[1., 9.])
""",
)
add(
    "bounded_tail",
    BOUNDED
    + """
fetch = bounded(
    shape=[150], means=0., stdevs=1., minvals=3., maxvals=np.inf)
""",
)
add(
    "bounded_below",
    BOUNDED
    + """
fetch = bounded(
    shape=[7], means=0., stdevs=1., minvals=-np.inf, maxvals=-1.)
""",
)
add(
    "bounded_double",
    BOUNDED
    + """
fetch = bounded(
    shape=[3, 3], means=np.float64(0), stdevs=np.float64(1), minvals=np.float64(-.1),
    maxvals=np.float64(.1))
""",
)
add(
    "bounded_invalid",
    BOUNDED
    + """
fetch = bounded(
    shape=[3], means=0., stdevs=-1., minvals=-2., maxvals=2.)
""",
)
add(
    "bounded_wrong_length",
    BOUNDED
    + """
x = tf.placeholder(tf.float32)
fetch = bounded(
    shape=[2, 3], means=x, stdevs=1., minvals=-2., maxvals=2.)
feed = {x: [0., 1., 2.]}
""",
)

# -- stateless ----------------------------------------------------------------------------------
add("stateless_uniform", "fetch = tf.random.stateless_uniform([2, 3], seed=[1, 2])")
add("stateless_uniform_bounds", "fetch = tf.random.stateless_uniform([5], [3, 4], -1., 1.)")
add(
    "stateless_uniform_int",
    """
fetch = tf.random.stateless_uniform([5], [3, -4], 0, 100, dtype=tf.int32, name='s')
""",
)
add(
    "stateless_uniform_int64",
    """
fetch = tf.random.stateless_uniform([5], np.array([3, 4]), 0, 2**40, dtype=tf.int64)
""",
)
add("stateless_normal", "fetch = tf.random.stateless_normal([5], [5, 6], 1., 2.)")
add(
    "stateless_normal_double",
    """
fetch = tf.random.stateless_normal([5], tf.constant([5, 6], tf.int64), dtype=tf.float64)
""",
)
add("stateless_half", "fetch = tf.random.stateless_normal([5], [5, 6], dtype=tf.float16)")
add("stateless_truncated", "fetch = tf.random.stateless_truncated_normal([9], [0, 0], stddev=3.)")
add(
    "stateless_fed_seed",
    """
seed = tf.placeholder(tf.int64, [2])
fetch = tf.random.stateless_normal([3], seed)
feed = {seed: [-7, 123456789]}
""",
)
add(
    "stateless_categorical",
    """
fetch = tf.random.stateless_categorical([[0., 1., 2.], [2., 1., 0.]], 5, [1, 2])
""",
)
add(
    "stateless_multinomial",
    """
fetch = tf.random.stateless_multinomial([[0., 1.]], 5, [1, 2], tf.int32, name='m')
""",
)

# -- candidate samplers ---------------------------------------------------------------------------
TRUE = "true = tf.constant([[1], [5], [17]], tf.int64)\n"
for kind in ("uniform", "log_uniform", "learned_unigram"):
    for unique in (True, False):
        add(
            f"{kind}_sampler_{'unique' if unique else 'repeated'}",
            f"{TRUE}fetch = tf.nn.{kind}_candidate_sampler(true, 1, 12, {unique}, 40)",
        )
add(
    "uniform_sampler_op_seed",
    """
fetch = tf.random.uniform_candidate_sampler([[0, 1]], 2, 4, True, 8, seed=3, name='c')
""",
)
add(
    "uniform_sampler_power_of_two",
    TRUE
    + """
fetch = tf.random.uniform_candidate_sampler(true, 1, 10, False, 64, seed=3)
""",
)
add(
    "log_uniform_sampler_large",
    """
fetch = tf.random.log_uniform_candidate_sampler([[7], [0]], 1, 200, True, 50000)
""",
)
add(
    "learned_unigram_two",
    """
true = tf.placeholder(tf.int64, [None, 2])
fetch = tf.random.learned_unigram_candidate_sampler(true, 2, 6, False, 5, seed=2)
feed = {true: [[1, 2], [1, 3], [1, 1]]}
""",
    runs=4,
)
add(
    "fixed_unigram_unique",
    """
fetch = tf.nn.fixed_unigram_candidate_sampler(
    [[1], [2]], 1, 4, True, 6, unigrams=[1., 5., 3., 2., 8., 4.])
""",
)
add(
    "fixed_unigram_repeated",
    """
fetch = tf.nn.fixed_unigram_candidate_sampler(
    [[1], [2]], 1, 9, False, 6, unigrams=[1., 5., 3., 2., 8., 4.], distortion=0.75, seed=3)
""",
)
add(
    "fixed_unigram_reserved",
    """
fetch = tf.nn.fixed_unigram_candidate_sampler(
    [[0], [4]], 1, 9, False, 8, num_reserved_ids=2, unigrams=[1., 5., 3., 2., 8., 4.])
""",
)
add(
    "fixed_unigram_shard",
    """
fetch = tf.nn.fixed_unigram_candidate_sampler(
    [[0], [2]], 1, 9, False, 3, num_shards=2, shard=1, unigrams=[1., 5., 3., 2., 8., 4.])
""",
)
add(
    "fixed_unigram_shard_reserved",
    """
fetch = tf.nn.fixed_unigram_candidate_sampler(
    [[0], [2]], 1, 9, False, 4, num_reserved_ids=2, num_shards=2, shard=1,
    unigrams=[1., 5., 3., 2., 8., 4.])
""",
)
add(
    "fixed_unigram_file",
    """
import os
path = os.path.join(tmp, 'vocabulary.csv')
with open(path, 'w') as file:
    file.write('the,7\\nof,5.5\\na cat,2\\n')
fetch = tf.nn.fixed_unigram_candidate_sampler([[0], [2]], 1, 5, False, 3, vocab_file=path)
""",
)
add(
    "fixed_unigram_no_weights",
    """
fetch = tf.nn.fixed_unigram_candidate_sampler([[0]], 1, 2, False, 3)
""",
)
add("all_sampler", TRUE + "fetch = tf.nn.all_candidate_sampler(true, 1, 20, True)")
add("sampler_too_many", TRUE + "fetch = tf.nn.uniform_candidate_sampler(true, 1, 12, True, 10)")
add(
    "sampler_wrong_columns",
    """
true = tf.placeholder(tf.int64)
fetch = tf.nn.uniform_candidate_sampler(true, 2, 3, True, 10)
feed = {true: [[1], [2]]}
""",
)
add(
    "sampler_not_a_matrix",
    """
true = tf.placeholder(tf.int64)
fetch = tf.nn.uniform_candidate_sampler(true, 2, 3, True, 10)
feed = {true: [1, 2]}
""",
)
add_error("sampler_static_columns", TRUE + "tf.nn.uniform_candidate_sampler(true, 2, 3, True, 10)")
add_error("sampler_static_rank", "tf.nn.uniform_candidate_sampler([1, 2], 1, 3, True, 10)")
add(
    "accidental_hits",
    """
sampled = tf.constant([3, 5, 1, 9, 5], tf.int64)
fetch = tf.nn.compute_accidental_hits(tf.constant([[1, 5], [9, 2], [4, 4]], tf.int64), sampled, 2)
""",
)
add(
    "accidental_hits_seed",
    """
fetch = tf.nn.compute_accidental_hits([[1], [5]], [3, 1], 1, seed=3, name='hits')
""",
)
add("accidental_hits_none", "fetch = tf.nn.compute_accidental_hits([[1], [5]], [3, 2], 1)")
add(
    "accidental_hits_wrong_columns",
    """
true = tf.placeholder(tf.int64)
fetch = tf.nn.compute_accidental_hits(true, [3, 2], 2)
feed = {true: [[1], [2]]}
""",
)

# -- errors ---------------------------------------------------------------------------------------
add_error("uniform_bad_dtype", "tf.random_uniform([2], dtype=tf.bool)")
add_error("uniform_bad_dtype_uint8", "tf.random_uniform([2], dtype=tf.uint8)")
add_error("uniform_int_without_max", "tf.random_uniform([2], dtype=tf.int32)")
add_error("normal_int", "tf.random_normal([2], dtype=tf.int32)")
add_error("truncated_int", "tf.truncated_normal([2], dtype=tf.int32)")
add_error("negative_shape", "tf.random_uniform([-1, 2])")
SNIPPETS["minus_two"] = ("tf.random_uniform([-2])", {"error": "type"})
add_error("float_shape", "tf.random_uniform([1.5])")
add_error("scalar_shape", "tf.random_uniform(3)")
add_error("matrix_shape", "tf.random_uniform([[3]])")
add_error(
    "fed_negative_shape",
    """
n = tf.placeholder(tf.int32, [1])
fetch = tf.random_uniform(n)
feed = {n: [-2]}
""",
)
add_error(
    "fed_scalar_shape",
    """
n = tf.placeholder(tf.int32)
fetch = tf.random_normal(n)
feed = {n: 3}
""",
)
add_error("uniform_int_equal_bounds", "fetch = tf.random_uniform([2], 3, 3, tf.int32)")
add_error("uniform_int_no_values", "fetch = tf.random_uniform([0], 3, 3, tf.int32)")
add_error("uniform_int_vector_bounds", "tf.random_uniform([2], [0, 0], [1, 1], tf.int32)")
add_error(
    "uniform_int_fed_vector",
    """
low = tf.placeholder(tf.int32)
fetch = tf.random_uniform([2], low, 6, tf.int32)
feed = {low: [1, 2]}
""",
)
add_error("multinomial_vector", "tf.multinomial([1., 2.], 3)")
add_error("multinomial_vector_samples", "tf.multinomial([[1., 2.]], [3])")
add_error("multinomial_negative", "fetch = tf.multinomial([[1., 2.]], -3)")
add_error(
    "multinomial_fed_negative",
    """
n = tf.placeholder(tf.int32)
fetch = tf.multinomial([[1., 2.]], n)
feed = {n: -3}
""",
)
add_error(
    "multinomial_fed_vector",
    """
x = tf.placeholder(tf.float32)
fetch = tf.multinomial(x, 2)
feed = {x: [1., 2.]}
""",
)
add_error("multinomial_no_classes", "fetch = tf.multinomial(np.zeros([2, 0], np.float32), 3)")
add_error("multinomial_bad_output", "tf.random.categorical([[1.]], 2, dtype=tf.float32)")
add_error("gamma_int", "tf.random_gamma([2], 1, dtype=tf.int32)")
add_error("gamma_scalar_shape", "fetch = tf.random_gamma(2, 1.)")
add_error("poisson_bad_dtype", "tf.random_poisson(1., [2], dtype=tf.uint8)")
add_error("stateless_seed_length", "tf.random.stateless_normal([2], [1, 2, 3])")
add_error("stateless_seed_scalar", "tf.random.stateless_normal([2], 1)")
add_error("stateless_seed_float", "tf.random.stateless_normal([2], [1., 2.])")
add_error(
    "stateless_fed_seed_length",
    """
seed = tf.placeholder(tf.int64)
fetch = tf.random.stateless_normal([3], seed)
feed = {seed: [1]}
""",
)
add_error(
    "stateless_int_bounds", "fetch = tf.random.stateless_uniform([2], [1, 2], 5, 5, tf.int32)"
)
add_error("stateless_int_without_max", "tf.random.stateless_uniform([2], [1, 2], dtype=tf.int64)")
add_error(
    "no_gradient",
    """
x = tf.random_normal([2], stddev=tf.constant(1.))
fetch = tf.gradients(x, x.op.inputs[0].op.inputs[0].op.inputs[0])
""",
)
add(
    "gradient_through",
    """
s = tf.constant(2.)
x = tf.random_normal([2], stddev=s)
fetch = tf.gradients(x, s)
""",
)
