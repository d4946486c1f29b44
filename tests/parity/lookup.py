"""Snippets of tables from keys to values."""

# Tables from tensors have random names that sessions share them by; names of nodes are fetched instead.
RANDOM = {"nodes": False}
NAMES = """
names = tf.constant(str([(op.name, op.type) for op in tf.get_default_graph().get_operations()]))
"""

SNIPPETS = {
    "static": (
        """
t = tf.lookup.StaticHashTable(tf.lookup.KeyValueTensorInitializer(["a", "b"], [1, 2]), -1)
u = tf.lookup.StaticHashTable(tf.lookup.KeyValueTensorInitializer(np.array([3, 4]), tf.constant([.5, 1.5]), name="kv"), default_value=0., name="u")
s = tf.SparseTensor([[0, 1], [2, 0]], ["b", "q"], [3, 2])
sparse = t.lookup(s)
keys, values = t.export()
p = t.lookup(tf.placeholder_with_default(["a"], None))
found = [t.lookup(tf.constant([["a"], ["z"]])), u.lookup(tf.constant([4, 5], tf.int64), name="l"), t.size(), u.size(name="n"), sparse.values, sparse.indices]
tf.constant(str([f.shape for f in found + [p, keys, values]] + [t.name, u.name, t.key_dtype, u.value_dtype, t.initializer.name]), name="static")
"""
        + NAMES
        + "fetch = [found, p, tf.sort(values), tf.size(keys), names, tf.get_default_graph().get_tensor_by_name('static:0')]",
        RANDOM,
    ),
    "vocabulary": (
        """
K = tf.lookup.KeyValueTensorInitializer
v = tf.lookup.StaticVocabularyTable(K(["a", "b"], np.array([0, 1])), 3)
w = tf.lookup.StaticVocabularyTable(None, 4, name="w")
i = tf.lookup.StaticVocabularyTable(K(np.array([7, 8]), np.array([0, 1])), 2, lookup_key_dtype=tf.int32)
found = [v.lookup(tf.constant(["a", "q", "r"])), w.lookup(tf.constant(["q"])), i.lookup(tf.constant([8, 5])), v.size(), w.size()]
"""
        + NAMES
        + "fetch = [found, names]",
        RANDOM,
    ),
    "contrib": (
        """
L = tf.contrib.lookup
a = L.index_table_from_tensor(tf.constant(["x", "y"]), num_oov_buckets=2)
b = L.index_table_from_tensor(["x", "y"], default_value=9)
c = L.index_to_string_table_from_tensor(tf.constant(["x", "y"]), default_value="?")
d = L.HashTable(L.KeyValueTensorInitializer(["a"], [1]), 0, name="d")
e = L.IdTableWithHashBuckets(None, 5, hasher_spec=L.StrongHashSpec([3, 4]))
words = tf.constant(["y", "k"])
found = [a.lookup(words), b.lookup(words), c.lookup(tf.constant([1, 5], tf.int64)), d.lookup(words), e.lookup(words), a.size(),
         L.string_to_index(words, tf.constant(["k", "y"])), L.index_to_string(tf.constant([1], tf.int64), tf.constant(["k", "y"]))]
"""
        + NAMES
        + "fetch = [found, names]",
        RANDOM,
    ),
    "files": """
with open(tmp + "/words", "w") as f: f.write("w0\\nw1\\nw2\\n")
with open(tmp + "/pairs", "w") as f: f.write("a\\t1\\nb\\t2\\n")
T, I = tf.lookup.TextFileInitializer, tf.lookup.TextFileIndex
a = tf.lookup.StaticHashTable(T(tmp + "/words", tf.string, I.WHOLE_LINE, tf.int64, I.LINE_NUMBER), -1)
b = tf.lookup.StaticHashTable(T(tmp + "/words", tf.int64, I.LINE_NUMBER, tf.string, I.WHOLE_LINE, vocab_size=2, name="i"), "?", name="b")
c = tf.lookup.StaticHashTable(T(tmp + "/pairs", tf.string, 0, tf.int64, 1), -1)
d = tf.contrib.lookup.index_table_from_file(tmp + "/words", num_oov_buckets=2)
e = tf.contrib.lookup.index_to_string_table_from_file(vocabulary_file=tmp + "/words")
fetch = [a.lookup(tf.constant(["w1", "q"])), b.lookup(tf.constant([1, 2], tf.int64)), c.lookup(tf.constant(["b"])), b.size(),
         d.lookup(tf.constant(["w2", "z"])), e.lookup(tf.constant([0, 7], tf.int64))]
""",
    "key_twice": (
        "fetch = tf.lookup.StaticHashTable(tf.lookup.KeyValueTensorInitializer(['a', 'a'], [1, 2]), -1).lookup(tf.constant('a'))",
        RANDOM,
    ),
    "lengths": "tf.lookup.StaticHashTable(tf.lookup.KeyValueTensorInitializer(['a', 'b'], [1]), -1)",
    "key_dtype": "tf.lookup.StaticHashTable(tf.lookup.KeyValueTensorInitializer(['a'], [1]), -1).lookup(tf.constant([1]))",
    "no_file": "fetch = tf.lookup.StaticHashTable(tf.lookup.TextFileInitializer(tmp + '/none', tf.string, 0, tf.int64, 1), -1).size()",
    "file_dtype": "tf.lookup.TextFileInitializer('f', tf.string, -1, tf.int64, 1)",
    "no_buckets": "tf.lookup.StaticVocabularyTable(None, 0)",
    "few_lines": """
with open(tmp + "/words", "w") as f: f.write("w0\\nw1\\n")
fetch = tf.contrib.lookup.index_table_from_file(tmp + "/words", vocab_size=5).size()
""",
}

SNIPPETS["raw"] = """
r = tf.raw_ops
t = r.HashTableV2(key_dtype=tf.string, value_dtype=tf.int64, shared_name="shared")
u = r.HashTableV2(key_dtype=tf.int64, value_dtype=tf.string, name="u")
with tf.control_dependencies([r.LookupTableImportV2(table_handle=t, keys=["a", "b"], values=tf.constant([1, 2], tf.int64)),
                              r.InitializeTableV2(table_handle=u, keys=tf.constant([5], tf.int64), values=["five"])]):
    k, v = r.LookupTableExportV2(table_handle=u, Tkeys=tf.int64, Tvalues=tf.string)
    fetch = [r.LookupTableSizeV2(table_handle=t), k, v, r.LookupTableFindV2(table_handle=t, keys=["b", "c"], default_value=tf.constant(-1, tf.int64))]
"""
