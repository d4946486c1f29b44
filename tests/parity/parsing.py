"""Snippets of ops that read examples, bytes and lines of text."""

EXAMPLES = """
F = tf.train.Feature
ints = lambda *v: F(int64_list=tf.train.Int64List(value=v))
reals = lambda *v: F(float_list=tf.train.FloatList(value=v))
texts = lambda *v: F(bytes_list=tf.train.BytesList(value=v))
example = lambda **f: tf.train.Example(features=tf.train.Features(feature=f)).SerializeToString(deterministic=True)
one = example(a=reals(1., 2.), b=ints(3), s=texts(b"x", b"y"))
two = example(a=reals(4., 5.), s=texts(b"z"))
"""

SEQUENCES = (
    EXAMPLES
    + """
def sequence(context, **lists):
    return tf.train.SequenceExample(
        context=tf.train.Features(feature=context),
        feature_lists=tf.train.FeatureLists(
            feature_list={k: tf.train.FeatureList(feature=v) for k, v in lists.items()}
        ),
    ).SerializeToString(deterministic=True)
first = sequence({"n": ints(5)}, x=[ints(1, 2), ints(3, 4)], y=[reals(1.), reals(), reals(2., 3.)])
second = sequence({}, x=[ints(7, 8)])
"""
)

FEATURES = """
fixed = {"a": tf.FixedLenFeature([2], tf.float32), "b": tf.FixedLenFeature((), tf.int64, default_value=-1)}
several = dict(fixed, s=tf.VarLenFeature(tf.string), **{"odd key": tf.FixedLenFeature([1], tf.string, "d")})
"""

SNIPPETS = {
    "single": EXAMPLES
    + FEATURES
    + """
p = tf.parse_single_example(one, several)
q = tf.io.parse_single_example(tf.placeholder_with_default(two, []), fixed, name="q")
r = tf.parse_single_example(one, {"a": tf.FixedLenSequenceFeature([1], tf.float32, allow_missing=True)})
tf.constant(str([p["a"].shape, p["b"].shape, p["s"].shape, p["odd key"].shape, r["a"].shape]), name="static")
fetch = [p["a"], p["b"], p["s"].indices, p["s"].values, p["s"].dense_shape, p["odd key"], q["a"], q["b"], r["a"]]
""",
    "single_named": EXAMPLES
    + FEATURES
    + """
p = tf.parse_single_example(one, several, example_names="first")
q = tf.parse_single_example(tf.placeholder_with_default(two, None), fixed, example_names="second", name="q")
fetch = [p["a"], p["b"], p["s"].indices, p["s"].values, p["s"].dense_shape, p["odd key"], q["a"], q["b"]]
""",
    "batch": EXAMPLES
    + FEATURES
    + """
p = tf.parse_example([one, two], several)
q = tf.io.parse_example(tf.placeholder_with_default([two], [None]), fixed, name="q")
r = tf.parse_example(
    [example(a=reals(1., 2., 3., 4.)), two, example()],
    {"a": tf.FixedLenSequenceFeature([2], tf.float32, allow_missing=True, default_value=-1.),
     "z": tf.FixedLenSequenceFeature([], tf.string, allow_missing=True)}, example_names=["x", "y", "z"])
tf.constant(str([p["a"].shape, p["b"].shape, p["s"].shape, r["a"].shape, q["a"].shape]), name="static")
fetch = [p["a"], p["b"], p["s"].indices, p["s"].values, p["s"].dense_shape, p["odd key"], q["a"], q["b"], r["a"], r["z"]]
""",
    "sparse_feature": EXAMPLES
    + """
rows = [example(i=ints(3, 1), v=reals(1., 2.)), example(i=ints(0), v=reals(3.))]
p = tf.parse_example(rows, {"s": tf.SparseFeature("i", "v", tf.float32, 10)})["s"]
q = tf.parse_single_example(rows[0], {"s": tf.SparseFeature("i", "v", tf.float32, 10)})["s"]
fetch = [p.indices, p.values, p.dense_shape, q.indices, q.values, q.dense_shape]
""",
    "missing": EXAMPLES
    + "fetch = tf.parse_example([one, two], {'b': tf.FixedLenFeature([], tf.int64)})",
    "missing_single": EXAMPLES
    + "fetch = tf.parse_single_example(two, {'b': tf.FixedLenFeature([], tf.int64)})",
    "wrong_type": EXAMPLES
    + "fetch = tf.parse_single_example(one, {'a': tf.FixedLenFeature([2], tf.int64)})",
    "wrong_type_var": EXAMPLES
    + "fetch = tf.parse_example([one], {'a': tf.VarLenFeature(tf.int64)})['a'].values",
    "wrong_size": EXAMPLES
    + "fetch = tf.parse_example([one], {'a': tf.FixedLenFeature([3], tf.float32)})",
    "wrong_stride": EXAMPLES
    + "fetch = tf.parse_example([one], {'a': tf.FixedLenSequenceFeature([3], tf.float32, True)})",
    "wrong_dtype": "tf.parse_single_example('', {'a': tf.FixedLenFeature([3], tf.int32)})",
    "unknown_size": "tf.parse_single_example('', {'a': tf.FixedLenFeature([None, 2], tf.int64)})",
    "no_features": "tf.parse_single_example('', {})",
    "no_batch": "tf.parse_example('', {'a': tf.VarLenFeature(tf.int64)})",
    "invalid_feature": "tf.parse_single_example('', {'a': tf.int64})",
    "single_sequence": SEQUENCES
    + """
c, s = tf.parse_single_sequence_example(
    first, {"n": tf.FixedLenFeature([], tf.int64), "m": tf.FixedLenFeature([], tf.float32, 2.), "v": tf.VarLenFeature(tf.string)},
    {"x": tf.FixedLenSequenceFeature([2], tf.int64), "y": tf.VarLenFeature(tf.float32),
     "z": tf.FixedLenSequenceFeature([3], tf.int64, allow_missing=True)}, example_name="e")
tf.constant(str([c["n"].shape, s["x"].shape, s["z"].shape]), name="static")
fetch = [c["n"], c["m"], c["v"].indices, c["v"].dense_shape, s["x"], s["y"].indices, s["y"].values, s["y"].dense_shape, s["z"]]
""",
    "sequence_batch": SEQUENCES
    + """
c, s, n = tf.io.parse_sequence_example(
    [first, second], {"n": tf.VarLenFeature(tf.int64), "m": tf.FixedLenFeature([], tf.float32, 2.)},
    {"x": tf.FixedLenSequenceFeature([2], tf.int64), "y": tf.VarLenFeature(tf.float32)}, name="p")
tf.constant(str([c["m"].shape, s["x"].shape, n["x"].shape]), name="static")
fetch = [c["n"].indices, c["n"].values, c["m"], s["x"], s["y"].indices, s["y"].values, s["y"].dense_shape, n["x"]]
""",
    "sequence_missing": SEQUENCES
    + "fetch = tf.parse_single_sequence_example(first, sequence_features={'q': tf.FixedLenSequenceFeature([], tf.int64)})[1]",
    "sequence_size": SEQUENCES
    + "fetch = tf.parse_single_sequence_example(first, sequence_features={'x': tf.FixedLenSequenceFeature([3], tf.int64)})[1]",
    "sequence_batch_missing": SEQUENCES
    + "fetch = tf.io.parse_sequence_example([first, second], sequence_features={'y': tf.FixedLenSequenceFeature([], tf.float32)})[1]",
    "raw": """
a, b = tf.decode_raw([b"abcd", b"efgh"], tf.int32), tf.decode_raw(b"\\x01\\x02", out_type=tf.int16, little_endian=False, name="b")
c = tf.cast(tf.io.decode_raw(b"\\x01\\xff", tf.uint8), tf.float32)
d = tf.compat.v2.io.decode_raw([b"abc", b"d"], tf.uint8, fixed_length=4)
tf.constant(str([a.shape, b.shape, d.shape]), name="static")
fetch = [a, b, c, d]
""",
    "raw_odd": "fetch = tf.decode_raw(b'abc', tf.int16)",
    "raw_uneven": "fetch = tf.decode_raw([b'ab', b'abc'], tf.uint8)",
    "raw_no_type": "tf.decode_raw(b'a')",
    "padded_odd": "tf.compat.v2.io.decode_raw(b'a', tf.int16, fixed_length=3)",
    "csv": """
rows = tf.decode_csv(["1,2.5,x", '3,,"y,""z"'], [[1], [5.], [""]])
picked = tf.io.decode_csv("a|NA|7", [["q"], tf.constant([], tf.int64)], field_delim="|", na_value="NA", select_cols=[0, 2], name="c")
plain = tf.decode_csv([['"q",1']], record_defaults=[[""], [0]], use_quote_delim=False)
tf.constant(str([t.shape for t in rows + picked + plain]), name="static")
fetch = [rows, picked, plain]
""",
    "csv_fields": "fetch = tf.decode_csv(['1,2,3'], [[1], [1]])",
    "csv_number": "fetch = tf.decode_csv(['1', 'x'], [[1.]])",
    "csv_empty": "fetch = tf.decode_csv([',1'], [tf.constant([], tf.int32), [1]])",
    "csv_quote": "fetch = tf.decode_csv(['a\"b\"'], [['']])",
    "csv_columns": "tf.decode_csv(['1,2'], [[1], [2]], select_cols=[1, 0])",
    "csv_default": "tf.decode_csv(['1'], [[1, 2]])",
}
