"""Summary ops: names, tags, collections, and the bytes they give."""

SNIPPETS = {
    "scalar": """
x = tf.constant(2.5)
a = tf.summary.scalar("loss", x)
with tf.name_scope("outer"):
    b = tf.summary.scalar("loss", x * 2.0)
    c = tf.summary.scalar("loss", 3)
d = tf.summary.scalar("a b:c", tf.constant(7, tf.int64))
e = tf.summary.scalar("/lead", np.float64(1e40), family="fam ily")
with tf.name_scope("s"):
    f = tf.summary.scalar("x", tf.constant(1.1, tf.float16), family="fam")
g = tf.summary.scalar("none", x, collections=[])
h = tf.summary.scalar("mine", x, collections=["mine", "summaries"])
fetch = [a, b, c, d, e, f, g, h, tf.summary.merge_all(), tf.summary.merge_all("mine")]
""",
    "scalar_of_a_vector": """
fetch = tf.summary.scalar("v", tf.constant([1.0, 2.0]))
""",
    "scalar_of_bool": """
tf.summary.scalar("v", tf.constant(True))
""",
    "histogram": """
fetch = [
    tf.summary.histogram("h", tf.constant(v))
    for v in ([1.0, 2.0, 3.0], [0.0], [-1.0, 1.0, 0.5, 1e-13, -1e-12, 1e25], [2**24 + 1, 3])
]
fetch.append(tf.summary.histogram("e", tf.constant([], tf.float32), family="f"))
fetch.append(tf.summary.histogram("u", tf.constant(np.arange(256, dtype=np.uint8))))
fetch.append(tf.summary.histogram("d", np.linspace(-3.0, 5.0, 101)))
fetch.append(tf.summary.histogram("half", tf.constant([0.1, 0.2], tf.float16)))
fetch.append(tf.summary.histogram("python", [1.0, 2.0]))
""",
    "histogram_nan": """
fetch = tf.summary.histogram("h", tf.constant([1.0, float("nan")]))
""",
    "histogram_infinity": """
fetch = tf.summary.histogram("h", tf.constant([1.0, float("inf")]))
""",
    "image": """
tf.summary.image("i", tf.zeros([2, 3, 5, 1]))
with tf.name_scope("s"):
    tf.summary.image("i", tf.zeros([2, 3, 5, 3], tf.uint8), max_outputs=1, family="f")
tf.summary.merge_all(name="all")
""",
    "image_of_bad_shape": """
fetch = tf.summary.image("i", tf.zeros([2, 3, 5]))
""",
    "image_of_no_pixels": """
fetch = tf.summary.image("i", tf.zeros([1, 0, 5, 1]))
""",
    "image_of_int32": """
tf.summary.image("i", tf.zeros([2, 3, 5, 1], tf.int32))
""",
    "audio": """
x = tf.constant(np.linspace(-1.2, 1.2, 24).reshape(4, 3, 2), tf.float32)
fetch = [
    tf.summary.audio("a", x, 100.5),
    tf.summary.audio("a", x, tf.constant(8000.0), max_outputs=1, family="f"),
    tf.summary.audio("flat", x[:, :, 0], 22050),
]
""",
    "audio_of_bad_rate": """
fetch = tf.summary.audio("a", tf.zeros([1, 2]), -1.0)
""",
    "audio_of_bad_shape": """
fetch = tf.summary.audio("a", tf.zeros([2]), 1.0)
""",
    "tensor": """
fetch = [
    tf.summary.tensor_summary("t", tf.constant(v))
    for v in (1.0, [1, 2], "a", [["a", "b"]], True, [1j])
]
fetch.append(
    tf.summary.tensor_summary(
        "t", tf.constant(1), summary_description="words", display_name="shown", family="fam"
    )
)
fetch.append(tf.summary.tensor_summary("same", tf.constant("x", shape=[2])))
""",
    "text": """
with tf.name_scope("s"):
    fetch = [tf.summary.text("t", tf.constant("hello")), tf.summary.text("t", tf.constant(["a"]))]
""",
    "text_of_numbers": """
tf.summary.text("t", tf.constant(1))
""",
    "merge": """
a = tf.summary.scalar("a", 1.0)
b = tf.summary.histogram("b", [1.0, 2.0])
m = tf.summary.merge([a, b], collections=["merged"], name="to gether")
fetch = [m, tf.summary.merge([m]), tf.get_collection("merged"), tf.summary.merge_all(scope="b")]
""",
    "merge_of_one_tag": """
a = tf.summary.scalar("a", 1.0)
fetch = tf.summary.merge([a, a])
""",
    "written_at_once": """
tf.enable_control_flow_v2()
cs = tf.contrib.summary
with cs.create_file_writer("/tmp/none").as_default(), cs.always_record_summaries():
    cs.scalar("s", 1.0, step=1)
    cs.histogram("h", [1.0, 2.0], step=1, family="f")
    cs.image("i", tf.ones([1, 2, 2, 1]), step=1)
    cs.audio("a", tf.ones([1, 4, 1]), 8.0, 1, step=1)
    cs.generic("g", [1, 2], step=1)
    cs.graph(tf.constant("x"), step=1)
    cs.import_event(tf.constant("x"))
    tf.raw_ops.WriteRawProtoSummary(
        writer=cs.summary_writer_initializer_op()[0].inputs[0], step=tf.constant(1, tf.int64),
        tensor=tf.constant("x"))
""",
    "merge_of_nothing": """
tf.summary.merge([])
""",
    "merge_all_of_nothing": """
assert tf.summary.merge_all() is None
""",
    "deprecated": """
D = tf.contrib.deprecated
x = tf.constant([1.0, 2.0])
a = [D.scalar_summary("a b", tf.reduce_sum(x)), D.scalar_summary(["p", "q"], x, name="two"),
     D.histogram_summary("h", x), D.image_summary("i", tf.ones([2, 2, 2, 1]), 1, name="im"),
     D.audio_summary("s", [[0.0, 1.0]], 100.0, collections=["z"])]
assert D.merge_all_summaries("none") is None
fetch = [*a, D.merge_summary(a[:2]), D.merge_summary(a[:2], ["y"], "mm"), D.merge_all_summaries()]
""",
}
