"""Snippets of string ops."""

SNIPPETS = {
    "join": """
fetch = [tf.string_join(["a", ["b", "c"]], separator="-"), tf.strings.join([["x"], ["y"]], name="j"), tf.string_join(["a"])]
""",
    "join_bad": "tf.string_join([['a'], ['b', 'c']])",
    "as_string": """
fetch = [tf.as_string([1, -2]), tf.as_string([1.5, 1e10]), tf.as_string(3.14159, precision=2), tf.as_string([True, False]),
         tf.as_string(1.5, scientific=True), tf.as_string(1.5, shortest=True), tf.as_string(7, width=4, fill="0"), tf.as_string(1 + 2j),
         tf.strings.as_string(tf.constant(2.5, tf.float64), name="s"), tf.as_string(5, width=3)]
""",
    "to_number": """
fetch = [tf.string_to_number(["1.5", "-2e3"]), tf.string_to_number("7", tf.int32), tf.strings.to_number(["8"], out_type=tf.int64, name="n")]
""",
    "to_number_bad": "fetch = tf.string_to_number(['x1'], name='n')",
    "substr": """
fetch = [tf.substr(["hello", "world"], 1, 3), tf.strings.substr("hello", -2, 5), tf.substr(["abc", "de"], [0, 1], [2, 1], name="s")]
""",
    "length_case": """
fetch = [tf.strings.length(["a", "bcd", ""]), tf.strings.length(u"h\\u00e9", unit="UTF8_CHAR"), tf.string_strip([" a ", "b\\n"]),
         tf.strings.lower("ABc"), tf.strings.upper(["x", "Yz"], name="u"), tf.strings.strip(" q ")]
""",
    "regex": """
fetch = [tf.regex_replace(["a1b22"], "[0-9]+", "#"), tf.strings.regex_replace("abcabc", "(b)(c)", "\\\\2\\\\1", replace_global=False),
         tf.strings.regex_replace("aXb", tf.constant("X"), "-"), tf.strings.regex_full_match(["abc", "abd"], "ab[c]"),
         tf.strings.regex_full_match("abc", tf.constant("a.*"))]
""",
    "split": """
a = tf.string_split(["hello big world", "a  b"])
b = tf.string_split(["a,b;c", ""], ",;", skip_empty=False)
c = tf.strings.split(["x  y", "z"])
d = tf.strings.split(["a--b-c"], sep="--", maxsplit=1)
e = tf.string_split(["ab"], "")
f = tf.string_split(["q r"], delimiter=" ", name="f")
fetch = [[t.indices, t.values, t.dense_shape] for t in (a, b, c, d, e, f)]
""",
    "reduce_join": """
x = tf.constant([["a", "b"], ["c", "d"]])
fetch = [tf.reduce_join(x, 0), tf.reduce_join(x, axis=1, separator="-"), tf.reduce_join(x), tf.reduce_join(x, [0, 1]),
         tf.strings.reduce_join(x, -1, keepdims=True), tf.reduce_join(tf.placeholder_with_default([["u", "v"]], None))]
""",
}
