"""Bad input at build time: the message names what is wrong."""

import pytest

import headrace as tf


def test_wrong_dtype():
    with pytest.raises(TypeError) as e:
        tf.add(tf.constant(1.0), tf.constant(1))
    assert str(e.value).startswith(
        "Input 'y' of 'Add' Op has type int32 that does not match type float32 of argument 'x'."
    )


def test_dtype_not_allowed():
    with pytest.raises(TypeError, match="DataType string not in list of allowed values"):
        tf.sqrt(tf.constant("word"))


def test_wrong_shape():
    with pytest.raises(ValueError) as e:
        tf.matmul(tf.ones([2, 3]), tf.ones([4, 5]))
    assert str(e.value) == (
        "Dimensions must be equal, but are 3 and 4 for 'MatMul' (op: 'MatMul') with input shapes: "
        "[2,3], [4,5]."
    )


def test_wrong_rank():
    with pytest.raises(ValueError, match=r"Shape must be rank 4 but is rank 2 for 'Conv2D'"):
        tf.nn.conv2d(tf.ones([2, 3]), tf.ones([1, 1, 3, 4]), [1, 1, 1, 1], "SAME")


def test_attr_value():
    with pytest.raises(ValueError, match="passed string 'WRONG' not in"):
        tf.nn.conv2d(tf.ones([1, 4, 4, 1]), tf.ones([1, 1, 1, 1]), [1, 1, 1, 1], "WRONG")


def test_duplicate_variable_names_both_lines():
    tf.get_variable("w", [2])
    with pytest.raises(ValueError, match="Variable w already exists, disallowed") as e:
        tf.get_variable("w", [2])
    assert str(e.value).count("test_bad_input.py") >= 2


def test_missing_symbols_are_named():
    missing = r"tf\.fake_quant_with_min_max_args is part of TensorFlow 1\.15 but"
    with pytest.raises(AttributeError, match=missing):
        tf.fake_quant_with_min_max_args  # noqa: B018
    with pytest.raises(AttributeError, match="no attribute 'plaseholder'"):
        tf.plaseholder  # noqa: B018
