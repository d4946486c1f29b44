"""Tensors of the golden checkpoints; read by the recorder (Python 3.7) and by the tests."""

import numpy as np

# Name, dtype, value, and which slice of a bigger tensor it is.
TENSORS = (
    ("f", "float32", np.arange(6.0).reshape(2, 3), ""),
    ("m/scalar", "int64", 3, ""),
    ("m/bool", "bool", [True, False, True], ""),
    ("m/half", "float16", [1.5, -2.0], ""),
    ("c64", "complex64", [1 + 2j], ""),
    ("c128", "complex128", [1 - 2j], ""),
    ("s", "string", [[b"a", b""], [b"hello", b"x" * 300]], ""),
    ("s0", "string", b"one", ""),
    ("double", "float64", [1e300, -0.0], ""),
    ("part", "float32", np.arange(4.0).reshape(2, 2), "4 2 0,2:0,2"),
    ("part", "float32", np.arange(4.0).reshape(2, 2) + 4, "4 2 2,2:-"),
    ("wide", "int32", [[1], [2]], "2 70 -:69,1"),
    ("wide", "int32", np.arange(138).reshape(2, 69), "2 70 -:0,69"),
    ("whole", "float32", np.arange(4.0).reshape(2, 2) + 4, "2 2 0,2:-"),
    ("u8", "uint8", [1, 2, 255], ""),
    ("i8", "int8", [-1, 2, -128], ""),
    ("i16", "int16", [-1, 300], ""),
    ("neg", "int32", [[-1, 5]], ""),
    ("empty", "float64", np.zeros((0, 3)), ""),
    ("bf", "bfloat16", [1.5, 2.0], ""),
    ("u16", "uint16", [65535], ""),
    ("u32", "uint32", [2**32 - 1], ""),
    ("u64", "uint64", [2**64 - 1], ""),
)
# What the first format cannot hold.
NEW_ONLY = ("bf", "u16", "u32", "u64")
# TensorFlow sorts more than 16 tensors of this format by name unstably, so slices change places.
FIRST = [t for t in TENSORS if t[0] not in (*NEW_ONLY, "double", "c128", "whole")]

# A checkpoint whose index has several blocks; only the digest of its files is kept.
MANY = 9000


def many_name(i):
    deeper = "deeper/" * (i % 5)
    return f"model/layer_{i // 7}/some_long_scope_name/{deeper}kernel_{i * 7919 % MANY}"
