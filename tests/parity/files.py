"""Snippets of ops that read and write whole files."""

SNIPPETS = {
    "read_write": """
path = tmp + "/deep/er/a.txt"
w = tf.write_file(path, "line\\n")
v = tf.io.write_file(tf.constant(tmp + "/deep/er/b.txt"), b"\\x00\\xff", name="w")
with tf.control_dependencies([w, v]):
    a, b = tf.read_file(path), tf.io.read_file(tmp + "/deep/er/b.txt", name="r")
with tf.control_dependencies([a, b]):
    n = tf.strings.length(tf.matching_files(tmp + "/deep/er/*.txt"))
    m = tf.io.matching_files([tmp + "/none*", tmp + "/deep/er/b*"], name="m")
tf.constant(str([str(t.shape) for t in (a, b, m)]), name="static")
fetch = [a, b, tf.size(n), tf.size(m)]
""",
    "read_nothing": "fetch = tf.read_file(tmp + '/nothing')",
    "read_several": "tf.read_file(['a', 'b'])",
    "matching_matrix": "tf.matching_files([['a']])",
}
