"""Records of the string ops."""

import re

import numpy as np

from tests.ops.record import Record, as_array

WORDS = np.array(["hello", " Big ", "wOrld"])
GRID = np.array([["a", "b"], ["c", "d"]])
NUMBERS = np.array([1, -20, 300], np.int32)


def each(fn):
    """An oracle that maps a function of `str` over an array of text."""

    def oracle(x):
        values = [fn(v.decode()) for v in x.ravel().tolist()]
        return np.array(values).reshape(x.shape)

    return oracle


def sparse(indices, values, shape):
    """The parts of a sparse tensor as a run gives them."""
    return [np.array(indices, np.int64), as_array(values), np.array(shape, np.int64)]


RECORDS = [
    Record(
        "StringJoin",
        lambda tf, x, y: tf.string_join([x, y], "-"),
        [["a", "b"], "z"],
        lambda x, y: np.array(["a-z", "b-z"]),
        bad_build=[
            ([["a", "b"], ["c", "d", "e"]], ValueError, "Dimension 0 in both shapes must be equal")
        ],
    ),
    Record(
        "AsString",
        lambda tf, x: tf.as_string(x),
        [NUMBERS],
        lambda x: np.array(["1", "-20", "300"]),
    ),
    Record(
        "AsString",
        lambda tf, x: tf.as_string(x, precision=2, width=8, fill="0"),
        [np.array([1.5, -2.25], np.float32)],
        lambda x: np.array(["00001.50", "-0002.25"]),
        name="padded",
    ),
    Record(
        "StringToNumber",
        lambda tf, x: tf.string_to_number(x),
        [["1.5", "-2e3", "7"]],
        lambda x: np.array([1.5, -2000, 7], np.float32),
        bad_run=[([["x"]], "InvalidArgumentError", "StringToNumberOp could not correctly convert")],
    ),
    Record("Substr", lambda tf, x: tf.substr(x, 1, 3), [WORDS], each(lambda t: t[1:4])),
    Record(
        "Substr",
        lambda tf, x, p: tf.substr(x, p, 0 * p + 2),
        [WORDS, np.array([0, -2, 3], np.int32)],
        lambda x, p: np.array(["he", "g ", "ld"]),
        name="positions",
        bad_run=[([["abc"], np.array([4], np.int32)], "InvalidArgumentError", "pos 4 out of")],
    ),
    Record(
        "StringLength",
        lambda tf, x: tf.strings.length(x),
        [WORDS],
        lambda x: each(len)(x).astype(np.int32),
    ),
    Record("StringStrip", lambda tf, x: tf.string_strip(x), [WORDS], each(str.strip)),
    Record("StringLower", lambda tf, x: tf.strings.lower(x), [WORDS], each(str.lower)),
    Record("StringUpper", lambda tf, x: tf.strings.upper(x), [WORDS], each(str.upper)),
    Record(
        "RegexReplace",
        lambda tf, x, p: tf.regex_replace(x, p, "#"),
        [WORDS, "[lo]+"],
        lambda x, p: each(lambda t: re.sub("[lo]+", "#", t))(x),
    ),
    Record(
        "StaticRegexReplace",
        lambda tf, x: tf.regex_replace(x, "l", "L", replace_global=False),
        [WORDS],
        each(lambda t: t.replace("l", "L", 1)),
    ),
    Record(
        "RegexFullMatch",
        lambda tf, x, p: tf.strings.regex_full_match(x, p),
        [WORDS, "h.*o"],
        lambda x, p: np.array([True, False, False]),
    ),
    Record(
        "StaticRegexFullMatch",
        lambda tf, x: tf.strings.regex_full_match(x, "[a-z]+"),
        [WORDS],
        lambda x: np.array([True, False, False]),
    ),
    Record(
        "StringSplit",
        lambda tf, x: tf.string_split(x),
        [["a b", "c"]],
        lambda x: sparse([[0, 0], [0, 1], [1, 0]], ["a", "b", "c"], [2, 2]),
    ),
    Record(
        "StringSplitV2",
        lambda tf, x: tf.strings.split(x, sep="--"),
        [["a--b", "c"]],
        lambda x: sparse([[0, 0], [0, 1], [1, 0]], ["a", "b", "c"], [2, 2]),
    ),
    Record(
        "ReduceJoin", lambda tf, x: tf.reduce_join(x, 0), [GRID], lambda x: np.array(["ac", "bd"])
    ),
    Record(
        "ReduceJoin",
        lambda tf, x: tf.reduce_join(x, [1, 0], keep_dims=True, separator="+"),
        [GRID],
        lambda x: np.array([["a+b+c+d"]]),
        name="kept",
    ),
]
