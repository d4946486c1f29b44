"""The functions of compat.v2, by their own signatures."""

import numpy as np
import tensorflow as tf1

tf1.enable_eager_execution()
tf = tf1.compat.v2


def at(label, f, n=1):
    try:
        print(label, f())
    except Exception as e:
        print(
            label,
            type(e).__name__,
            "|".join((l.strip() for l in str(e).strip().split("\n")[:n]))[:200],
        )


tf.random.set_seed(5)
x = tf.constant([[1.0, 2.0], [3.0, 4.0]])
for n, f in [
    ("sum", lambda: tf.reduce_sum(x, axis=1, keepdims=True)),
    ("mean", lambda: tf.reduce_mean(x)),
    ("math.sum", lambda: tf.math.reduce_sum(x, 0)),
    ("argmax", lambda: tf.argmax(x, axis=1)),
    ("argmax dt", lambda: tf.argmax(x, 1, tf.int32)),
    ("uniform", lambda: tf.random.uniform([2], seed=1)),
    ("normal", lambda: tf.random.normal([2], mean=1.0, stddev=2.0, seed=3)),
    ("uniform int", lambda: tf.random.uniform([3], maxval=5, dtype=tf.int32)),
    ("shuffle", lambda: tf.random.shuffle([1, 2, 3], seed=2)),
    ("cat", lambda: tf.random.categorical([[0.0, 1.0]], 3, seed=2)),
    ("stateless", lambda: tf.random.stateless_normal([2], [1, 2])),
    ("truncated", lambda: tf.random.truncated_normal([2], seed=1)),
    ("split", lambda: tf.split(x, 2, axis=1)),
    ("split l", lambda: [t.numpy().tolist() for t in tf.split(x, [1, 1], 1)]),
    ("split num", lambda: tf.split(value=x, num_or_size_splits=2)[0]),
    (
        "softmax ce",
        lambda: tf.nn.softmax_cross_entropy_with_logits(labels=[[0.0, 1.0]], logits=[[1.0, 2.0]]),
    ),
    (
        "ce axis",
        lambda: tf.nn.softmax_cross_entropy_with_logits([[0.0, 1.0]], [[1.0, 2.0]], axis=0),
    ),
    ("sparse ce", lambda: tf.nn.sparse_softmax_cross_entropy_with_logits([1], [[1.0, 2.0]])),
    ("sigmoid ce", lambda: tf.nn.sigmoid_cross_entropy_with_logits(labels=[1.0], logits=[2.0])),
    (
        "conv2d",
        lambda: tf.nn.conv2d(
            tf.ones([1, 3, 3, 1]), tf.ones([2, 2, 1, 1]), strides=1, padding="VALID"
        )[0, :, :, 0],
    ),
    (
        "conv2d pos",
        lambda: tf.nn.conv2d(
            tf.ones([1, 3, 3, 1]), tf.ones([2, 2, 1, 1]), [1, 2, 2, 1], "SAME", "NHWC", None
        )[0, :, :, 0],
    ),
    (
        "conv dil",
        lambda: (
            tf.nn.conv2d(
                tf.ones([1, 5, 5, 1]), tf.ones([2, 2, 1, 1]), 1, "VALID", dilations=2
            ).shape
        ),
    ),
    ("conv1d", lambda: tf.nn.conv1d(tf.ones([1, 4, 1]), tf.ones([2, 1, 1]), 1, "SAME")),
    (
        "transpose",
        lambda: (
            tf.nn.conv2d_transpose(
                tf.ones([1, 2, 2, 1]), tf.ones([2, 2, 1, 1]), [1, 4, 4, 1], 2
            ).shape
        ),
    ),
    (
        "depthwise",
        lambda: (
            tf.nn.depthwise_conv2d(
                tf.ones([1, 3, 3, 2]), tf.ones([2, 2, 2, 1]), [1, 1, 1, 1], "SAME"
            ).shape
        ),
    ),
    ("max_pool", lambda: tf.nn.max_pool(tf.ones([1, 4, 4, 1]), 2, 2, "SAME").shape),
    (
        "max_pool2d",
        lambda: tf.nn.max_pool2d(tf.ones([1, 4, 4, 1]), ksize=2, strides=2, padding="VALID").shape,
    ),
    (
        "avg_pool",
        lambda: tf.nn.avg_pool(tf.ones([1, 4, 4, 1]), ksize=2, strides=2, padding="VALID").shape,
    ),
    ("dropout", lambda: tf.nn.dropout(tf.ones([4]), rate=0.5, seed=1)),
    ("dropout0", lambda: tf.nn.dropout(x, 0.0)),
    ("moments", lambda: tf.nn.moments(x, [0])),
    ("bn", lambda: tf.nn.batch_normalization(x, 0.0, 1.0, None, None, 0.001)),
    ("l2n", lambda: tf.nn.l2_normalize(x, axis=1)),
    ("log_softmax", lambda: tf.nn.log_softmax(x, axis=-1)),
    ("softmax", lambda: tf.nn.softmax(x, axis=0)),
    ("top_k", lambda: tf.nn.top_k(x, 1)),
    ("in_top_k", lambda: tf.nn.in_top_k([0], [[1.0, 2.0]], 1)),
    ("embedding", lambda: tf.nn.embedding_lookup(x, [1])),
    ("leaky", lambda: tf.nn.leaky_relu([-1.0])),
    ("crelu", lambda: tf.nn.crelu(x)),
    ("where", lambda: tf.where(x > 2, x, 0.0)),
    ("where1", lambda: tf.where(x > 2)),
    ("where bc", lambda: tf.where([True, False], x, 7.0)),
    ("shape", lambda: tf.shape(x, tf.int64)),
    ("size", lambda: tf.size(x, out_type=tf.int64)),
    ("squeeze", lambda: tf.squeeze([[1]])),
    ("expand", lambda: tf.expand_dims([1], 0)),
    ("transpose", lambda: tf.transpose(x, [1, 0])),
    ("gather", lambda: tf.gather(x, [0], axis=1)),
    ("gather b", lambda: tf.gather(x, [[1], [0]], batch_dims=1)),
    ("gather_nd", lambda: tf.gather_nd(x, [[0, 1]])),
    ("pad", lambda: tf.pad([1], [[1, 1]], "CONSTANT", 7)),
    ("ones_like", lambda: tf.ones_like(input=x, dtype=tf.int32)),
    ("zeros_like", lambda: tf.zeros_like(x)),
    ("tuple", lambda: tf.tuple([x])),
    ("one_hot", lambda: tf.one_hot(1, 3)),
    ("tile", lambda: tf.tile([1], [2])),
    ("stack", lambda: tf.stack([1, 2])),
    ("concat", lambda: tf.concat([[1], [2]], axis=0)),
    ("reverse", lambda: tf.reverse([1, 2], [0])),
    ("revseq", lambda: tf.reverse_sequence([[1, 2, 3]], [2], seq_axis=1, batch_axis=0)),
    ("space", lambda: tf.space_to_batch(tf.ones([1, 2, 2, 1]), [2, 2], [[0, 0], [0, 0]]).shape),
    ("batch", lambda: tf.batch_to_space(tf.ones([4, 1, 1, 1]), [2, 2], [[0, 0], [0, 0]]).shape),
    ("d2s", lambda: tf.nn.depth_to_space(tf.ones([1, 1, 1, 4]), 2).shape),
    ("eye", lambda: tf.eye(2)),
    ("linspace", lambda: tf.linspace(0.0, 1.0, 3)),
    ("range", lambda: tf.range(3)),
    ("cast", lambda: tf.cast(1.7, tf.int32)),
    ("sort", lambda: tf.sort([2, 1])),
    ("unique", lambda: tf.unique([1, 1, 2])),
    ("meshgrid", lambda: tf.meshgrid([1], [2])),
    ("einsum", lambda: tf.einsum("ij,jk->ik", x, x)),
    ("tensordot", lambda: tf.tensordot(x, x, 1)),
    ("matmul", lambda: tf.matmul(x, x, transpose_a=True)),
    ("norm", lambda: tf.norm(x, axis=1)),
    ("clip", lambda: tf.clip_by_value(x, 2, 3)),
    ("clipn", lambda: tf.clip_by_norm(x, 1.0)),
    ("gn", lambda: tf.linalg.global_norm([x])),
    ("cgn", lambda: tf.clip_by_global_norm([x], 1.0)[1]),
    ("det", lambda: tf.linalg.det(x)),
    ("band", lambda: tf.linalg.band_part(x, 0, -1)),
    ("diag", lambda: tf.linalg.diag([1, 2])),
    ("diag_part", lambda: tf.linalg.diag_part(x)),
    ("diag k", lambda: tf.linalg.diag([1], k=1)),
    ("trace", lambda: tf.linalg.trace(x)),
    ("cumsum", lambda: tf.cumsum(x, axis=1)),
    ("count", lambda: tf.math.count_nonzero([0, 1, 2], axis=0)),
    ("confusion", lambda: tf.math.confusion_matrix([0, 1], [1, 1])),
    ("seg", lambda: tf.math.segment_sum([1, 2, 3], [0, 0, 1])),
    ("useg", lambda: tf.math.unsorted_segment_mean([1.0, 2.0, 3.0], [0, 0, 1], 2)),
    ("lse", lambda: tf.reduce_logsumexp(x, keepdims=True)),
    ("any", lambda: tf.reduce_any(x > 3)),
    ("topk", lambda: tf.math.top_k([1, 3, 2], 2)),
    ("div", lambda: tf.math.divide(3, 2)),
    ("dnn", lambda: tf.math.divide_no_nan(1.0, 0.0)),
    ("pow", lambda: tf.pow(2, 3)),
    ("l2", lambda: tf.nn.l2_loss(x)),
    ("zero_frac", lambda: tf.math.zero_fraction([0, 1])),
    ("accn", lambda: tf.math.accumulate_n([x, x])),
    ("addn", lambda: tf.add_n([x, x])),
    ("bincount", lambda: tf.math.bincount([1, 1, 2])),
    ("is_nan", lambda: tf.math.is_nan([np.nan])),
    ("strings", lambda: tf.strings.join(["a", "b"], separator="-")),
    ("substr", lambda: tf.strings.substr("hello", 1, 3)),
    ("length", lambda: tf.strings.length("héé", unit="UTF8_CHAR")),
    ("number", lambda: tf.strings.to_number("3.5")),
    ("rj", lambda: tf.strings.reduce_join(["a", "b"], axis=0, separator=",")),
    ("as_string", lambda: tf.as_string(3)),
    ("bucket", lambda: tf.strings.to_hash_bucket_fast("a", 10)),
    ("lower", lambda: tf.strings.lower("AB")),
    ("regex", lambda: tf.strings.regex_replace("aa", "a", "b")),
    ("cond", lambda: tf.cond(True, lambda: 1, lambda: 2)),
    ("while", lambda: tf.while_loop(lambda i: i < 3, lambda i: [i + 1], [0])),
    ("case", lambda: tf.case([(tf.constant(True), lambda: 1)], default=lambda: 2)),
    ("switch", lambda: tf.switch_case(1, [lambda: 1, lambda: 5])),
    ("map", lambda: tf.map_fn(lambda t: t * 2, x)),
    ("foldl", lambda: tf.foldl(lambda a, b: a + b, x)),
    ("scan", lambda: tf.scan(lambda a, b: a + b, x)),
    ("variable", lambda: tf.Variable([1.0])),
    (
        "var kw",
        lambda: tf.Variable(1.0, trainable=False, name="v", shape=tf.TensorShape([])).trainable,
    ),
    ("module", lambda: tf.Module().name),
    ("tensorspec", lambda: tf.TensorSpec([2], tf.float32)),
    ("is_tensor", lambda: tf.is_tensor(x)),
    ("rank", lambda: tf.rank(x)),
    ("bool mask", lambda: tf.boolean_mask([1, 2], [True, False])),
    ("argsort", lambda: tf.argsort([2, 1])),
    ("searchsorted", lambda: tf.searchsorted([1, 3], [2])),
    ("roll", lambda: tf.roll([1, 2], 1, 0)),
    ("scatter", lambda: tf.scatter_nd([[0]], [5], [2])),
    ("tsu", lambda: tf.tensor_scatter_nd_update([1, 2], [[0]], [9])),
    ("seqmask", lambda: tf.sequence_mask([1, 2], 3)),
    ("dyn", lambda: tf.dynamic_partition([1, 2], [0, 1], 2)),
    ("repeat", lambda: tf.repeat([1, 2], 2)),
    ("ensure", lambda: tf.ensure_shape(x, [2, 2]).shape),
    ("identity", lambda: tf.identity(1)),
    ("stop", lambda: tf.stop_gradient(1.0)),
    ("numpy_function", lambda: tf.numpy_function(lambda a: a, [tf.constant(1)], tf.int32)),
    ("print", lambda: tf.print("x", output_stream="file:///dev/null")),
    ("guarantee", lambda: tf.init_scope is not None),
    ("saturate", lambda: tf.saturate_cast(300, tf.uint8)),
    ("bitcast", lambda: tf.bitcast(1.0, tf.int32)),
    ("complex", lambda: tf.complex(1.0, 2.0)),
    ("broadcast", lambda: tf.broadcast_to([1], [2])),
    ("unstack", lambda: tf.unstack([1, 2])),
    ("slice", lambda: tf.slice([1, 2, 3], [1], [1])),
    ("strided", lambda: tf.strided_slice([1, 2, 3], [0], [3], [2])),
    ("fill", lambda: tf.fill([2], 3)),
    ("edit", lambda: tf.executing_eagerly()),
    ("hist", lambda: tf.histogram_fixed_width([1.0, 2.0], [0.0, 4.0], nbins=2)),
    ("init", lambda: tf.initializers.GlorotUniform(seed=1)([2, 2])),
    ("init2", lambda: tf.random_normal_initializer(seed=1)([2])),
    ("init3", lambda: tf.constant_initializer([1, 2])([2], dtype=tf.float32)),
    ("init4", lambda: tf.zeros_initializer()([2], tf.int32)),
    ("init5", lambda: tf.initializers.Orthogonal(seed=2)([2, 2])),
    ("init6", lambda: tf.initializers.VarianceScaling(seed=3)([3, 2])),
    ("init7", lambda: tf.initializers.he_normal(3)([3, 2])),
    ("init8", lambda: tf.random_uniform_initializer(0, 5, seed=3)([3], tf.int32)),
    ("dbg", lambda: tf.debugging.assert_equal(1, 2, "msg")),
    ("dbg2", lambda: tf.debugging.assert_rank(x, 3)),
    ("dbg3", lambda: tf.debugging.assert_scalar(1)),
    ("flip", lambda: tf.image.flip_left_right(tf.ones([2, 2, 1])).shape),
    ("crop", lambda: tf.image.central_crop(tf.ones([4, 4, 1]), 0.5).shape),
    ("tostd", lambda: tf.image.per_image_standardization(tf.ones([2, 2, 1])).shape),
    ("rgb", lambda: tf.image.rgb_to_grayscale(tf.ones([2, 2, 3])).shape),
    ("adj", lambda: tf.image.adjust_brightness(tf.ones([1, 1, 1]), 0.5)),
    ("ema", lambda: tf.train.ExponentialMovingAverage(0.9) is not None),
    ("example", lambda: tf.train.Example() is not None),
    ("ns", lambda: tf.name_scope("a").__enter__()),
    ("ns bad", lambda: tf.name_scope(3)),
    ("device", lambda: tf.device(lambda op: "x")),
    ("dtypes", lambda: (tf.dtypes.float32, tf.float32.is_floating, tf.dtypes.as_dtype("int32"))),
    ("errors", lambda: tf.errors.InvalidArgumentError.__name__),
    ("dataset?", lambda: hasattr(tf, "placeholder")),
    ("Session?", lambda: hasattr(tf, "Session")),
    ("get_variable?", lambda: hasattr(tf, "get_variable")),
    ("log?", lambda: hasattr(tf, "log")),
    ("math.log", lambda: tf.math.log(2.0)),
    ("to_float?", lambda: hasattr(tf, "to_float")),
    ("contrib?", lambda: hasattr(tf, "contrib")),
    ("layers?", lambda: hasattr(tf, "layers")),
    ("version", lambda: tf.__version__),
    ("compat", lambda: tf.compat.v1.log(1.0)),
    ("custom", lambda: tf.custom_gradient(lambda x: (x, lambda d: d))(1.0)),
    ("grads", lambda: tf.gradients(x, x)),
    ("autograph", lambda: "ag__" in tf.autograph.to_code(at)),
    (
        "sparse",
        lambda: tf.sparse.to_dense(
            tf.sparse.concat(0, [tf.sparse.from_dense([[0, 1]]), tf.sparse.from_dense([[1, 0]])])
        ),
    ),
    ("ssum", lambda: tf.sparse.reduce_sum(tf.sparse.from_dense([[0, 1], [2, 0]]), axis=1)),
    (
        "sadd",
        lambda: tf.sparse.to_dense(
            tf.sparse.add(tf.sparse.from_dense([[0, 1]]), tf.sparse.from_dense([[1, 0]]))
        ),
    ),
    ("config", lambda: tf.config.experimental_run_functions_eagerly(False)),
]:
    at(n, f)
at("const v", lambda: tf.constant([1, 2, 3], shape=[2]))
at("hint", lambda: tf.convert_to_tensor(1, dtype_hint=tf.float32))


@tf.function
def f(x, n):

    def body(i, a):
        return (i + 1, a * 2.0)

    i, a = tf.while_loop(lambda i, a: i < n, body, (0, x))
    return tf.cond(a > 3.0, lambda: {"r": a}, lambda: {"r": -a})


at("fn", lambda: f(tf.constant(1.0), tf.constant(3)))
