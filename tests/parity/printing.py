"""Snippets of tf.print, tf.strings.format, tf.case and what else is new in text."""

SNIPPETS = {
    "format": """
fetch = [tf.strings.format("x {} y {}", (tf.constant([1, 2]), tf.constant(2.5))),
         tf.strings.format("{}", tf.constant([0.1, 1 / 3, 1e10, 1e-5, 123456.789, 1234567.5, -2.0, float("nan"), float("inf")]), summarize=-1),
         tf.strings.format("%s!", tf.constant([True, False]), placeholder="%s", name="b"),
         tf.strings.format("{}", tf.constant(1 + 2j)), tf.strings.format("nothing", ()),
         tf.strings.format("a {} b", [tf.constant(["p", "q"])]), tf.strings.format("{}", tf.constant("s"))]
""",
    "format_shapes": """
fetch = [tf.strings.format("{}", tf.reshape(tf.range(n), shape)) for n, shape in
         [(10, [10]), (6, [6]), (7, [7]), (6, [2, 3]), (24, [2, 3, 4]), (100, [10, 10]), (16, [2, 2, 2, 2]), (0, [0]), (0, [2, 0]), (1, [1, 1])]]
fetch += [tf.strings.format("{}", tf.range(9), summarize=s) for s in (1, 2, 4, 5, -1)]
fetch += [tf.strings.format("{}", tf.reshape(tf.range(400), [20, 20]), summarize=1)]
""",
    "format_numbers": """
fetch = [tf.strings.format("{}", tf.constant([0.1, 1 / 3, 1e22, 1e16, 1e-7], tf.float64), summarize=-1),
         tf.strings.format("{}", tf.constant([0.1, 1 / 3, 6e4], tf.float16)), tf.strings.format("{}", tf.constant([1, 255], tf.uint8)),
         tf.strings.format("{}", tf.constant([-1, 5], tf.int8)), tf.strings.format("{}", tf.constant([2 ** 40], tf.int64)),
         tf.strings.format("{}", tf.constant([1.5 - 2j], tf.complex64)), tf.strings.format("{}", tf.constant(["a\\n", "b\\"c"]))]
""",
    "format_bad": "tf.strings.format('{} {}', (tf.constant(1),))",
    "print": """
p = tf.print("loss", tf.constant([1, 2, 3]), 7, {"k": tf.constant(2.0)}, [tf.constant(1), "x"], None)
q = tf.print(tf.constant([1.0]), output_stream="file:///dev/null", name="q", summarize=5, end="")
r = tf.print("plain", sep="-")
t = tf.print("{} {}", tf.constant(1))
s = tf.print(tf.constant("text"), "a", 1.5, sep="-", output_stream=tf.logging.info)
with tf.control_dependencies([q]):
    fetch = tf.constant(1.0)
""",
    "print_scalar_string": """
p = tf.print(tf.constant("text"), output_stream="file:///dev/null")
with tf.control_dependencies([p]):
    fetch = tf.constant(1.0)
""",
    "print_bad": "tf.print(1, foo=2)",
    "print_bad_stream": "tf.print(1, output_stream=7)",
    "unravel": """
fetch = [tf.unravel_index([22, 41, 37], (7, 6)), tf.unravel_index(5, [2, 3], name="u"), tf.unravel_index(tf.constant([1, 2], tf.int64), tf.constant([2, 2], tf.int64))]
tf.constant(str([str(t.shape) for t in fetch]), name="static")
""",
    "unravel_wrapped": "fetch = [tf.unravel_index([9, 6, 7, 100, -1, -7], [2, 3]), tf.unravel_index(100, [2, 3, 4])]",
    "base64": """
a = tf.encode_base64(["hello", "a?>", ""])
fetch = [a, tf.io.encode_base64("hello", pad=True, name="e"), tf.decode_base64(a), tf.decode_base64("aGVsbG8=")]
""",
    "base64_bad": "fetch = tf.decode_base64('a')",
    "hash_bucket": """
words = ["", "a", "hello", "0123456789abcdef", "0123456789abcdefg", "x" * 33, "y" * 64, "z" * 65, "w" * 200, "v" * 1000]
fetch = [tf.string_to_hash_bucket_fast(words, 10 ** 9), tf.string_to_hash_bucket(words, 10 ** 9),
         tf.string_to_hash_bucket_strong(words, 10 ** 9, [123, 456]), tf.strings.to_hash_bucket_fast(["a"], 7, name="f"),
         tf.strings.to_hash_bucket(["a"], 7, name="h"), tf.strings.to_hash_bucket_strong("a", 7, key=[1, 2], name="s")]
""",
    "tables_initializer": "a, b = tf.tables_initializer(), tf.tables_initializer(name='t')",
    "timestamp": "t = tf.timestamp(); u = tf.timestamp(name='u')",
    "device_setter": """
with tf.device(tf.train.replica_device_setter(cluster={"ps": ["a:1", "b:1"], "worker": ["c:1"]})):
    v = tf.get_variable("v", [2]); w = tf.get_variable("w", [2]); u = tf.get_variable("u", [2]); c = tf.constant(1.0)
with tf.device(tf.train.replica_device_setter(ps_tasks=2, worker_device="/job:worker/task:1/gpu:0")):
    with tf.device("/cpu:0"):
        x = tf.get_variable("x", [2], use_resource=True)
    y = v * x
none = tf.train.replica_device_setter()
assert none is None
""",
}

_CASE = {
    "case": """
x = tf.constant(1.0); y = tf.constant(2.0)
a = tf.case([(x < y, lambda: tf.constant(17)), (x > y, lambda: tf.constant(23))], default=lambda: tf.constant(-1))
b = tf.case({x < y: lambda: x + 1.0, x > y: lambda: y * 2.0}, default=lambda: x - y, exclusive=True, name="choice")
c = tf.case([(x > y, lambda: (x, y))], default=lambda: (y, x))
fetch = [a, b, c]
""",
    "case_no_default": """
x = tf.constant(1.0)
fetch = [tf.case([(x < 2.0, lambda: tf.constant(17))]), tf.case([(x > 2.0, lambda: x), (x < 2.0, lambda: x * 3.0)])]
""",
    "case_exclusive": """
x = tf.constant(1.0)
fetch = tf.case([(x < 2.0, lambda: x), (x < 3.0, lambda: x * 3.0)], default=lambda: x, exclusive=True)
""",
    "case_bad": "tf.case(3)",
    "case_bad_pair": "tf.case([3])",
    "case_bad_pred": "tf.case([(True, lambda: 1)])",
    "case_bad_type": "tf.case([(tf.constant(1), lambda: 1)])",
    "case_bad_fn": "tf.case([(tf.constant(True), 1)])",
}

SNIPPETS.update({name: (code, {"cfv2": True}) for name, code in _CASE.items()})
