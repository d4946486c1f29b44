"""TensorProtos: byte for byte those of TensorFlow 1.15."""

import json
import pathlib

import numpy as np
import pytest

import headrace as tf
from headrace._src.core import dtypes
from headrace._src.core.tensor_proto import (
    array_to_proto,
    attr_from_proto,
    attr_value,
    make_ndarray,
    proto_to_array,
)
from headrace._src.proto import messages

from .tensor_proto_cases import CASES

GOLDEN = json.loads((pathlib.Path(__file__).parent / "tensor_protos_1_15.json").read_text())


@pytest.mark.parametrize("code", CASES)
def test_make_tensor_proto(code):
    expected = GOLDEN[code]
    scope = {"tf": tf, "np": np, "M": tf.make_tensor_proto}
    if "error" in expected:
        with pytest.raises((TypeError, ValueError)) as caught:
            eval(code, scope)
        assert type(caught.value).__name__ == expected["error"]
        assert str(caught.value).split("\n")[0] == expected["message"]
        return
    proto = eval(code, scope)
    wanted = messages.TensorProto.FromString(bytes.fromhex(expected["value"]))
    assert str(proto) == str(wanted)


ARRAYS = {
    "float32": np.arange(6, dtype=np.float32).reshape(2, 3),
    "float64": np.arange(3.0),
    "float16": np.array([1.5, -2], np.float16),
    "int8": np.array(-3, np.int8),
    "uint16": np.array([1, 2], np.uint16),
    "uint32": np.array([7], np.uint32),
    "uint64": np.array(2**63, np.uint64),
    "bool": np.array([True, False]),
    "complex64": np.array([1 + 2j, 3], np.complex64),
    "complex128": np.array(1j),
    "string": np.array([[b"a"], [b"\x00\xff"]], object),
    "splat": np.broadcast_to(np.float32(2), (2, 3)),
    "splat_string": np.broadcast_to(np.array(b"x", object), (2,)),
    "empty": np.zeros((0, 2), np.int32),
    "qint8": np.array([(1,), (2,)], dtypes.qint8.as_numpy_dtype),
    "bfloat16": np.array([1, 2], dtypes.bfloat16.as_numpy_dtype),
}


@pytest.mark.parametrize("name", ARRAYS)
def test_round_trip(name):
    array = ARRAYS[name]
    proto = array_to_proto(array)
    assert proto_to_array(proto).dtype == array.dtype
    for again in (proto_to_array(proto), make_ndarray(proto)):
        np.testing.assert_array_equal(again, array)
    assert array_to_proto(proto_to_array(proto)) == proto
    assert make_ndarray(proto).flags.writeable


def test_the_last_value_fills_up():
    proto = messages.TensorProto(dtype=3, int_val=[1, 2])
    proto.tensor_shape.dim.add(size=4)
    np.testing.assert_array_equal(make_ndarray(proto), [1, 2, 2, 2])


def test_unsupported_type():
    with pytest.raises(TypeError, match="Unsupported tensor type: 20"):
        make_ndarray(messages.TensorProto(dtype=20))


ATTRS = [
    ("int", 3), ("float", 1.5), ("bool", True), ("bool", False), ("string", "a"),
    ("string", b"\xff"), ("type", dtypes.int64), ("shape", None), ("shape", (2, None)),
    ("shape", ()), ("list(int)", (1, 2)), ("list(int)", ()), ("list(float)", (0.5,)),
    ("list(bool)", (True, False)), ("list(string)", ("a", "b")), ("list(shape)", (None, (1,))),
    ("list(type)", (dtypes.int32, dtypes.string)),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "value"), ATTRS)
def test_attr_round_trip(kind, value):
    proto = attr_value(kind, value)
    assert proto.WhichOneof("value") is not None
    assert attr_from_proto(messages.AttrValue.FromString(proto.SerializeToString())) == value


def test_tensor_attr_round_trip():
    array = np.arange(3)
    np.testing.assert_array_equal(attr_from_proto(attr_value("tensor", array)), array)


def test_attr_of_unknown_kind():
    assert attr_value(None, ("loc:@x",)).list.s == [b"loc:@x"]
    assert attr_value(None, True).b is True
    with pytest.raises(TypeError, match="not the value of an attr"):
        attr_value(None, object())
