"""Element types: everything 1.15 answers, and what only headrace's types promise."""

import ml_dtypes
import numpy as np
import pytest

from headrace._src.core import dtypes
from tests.core import _goldens


@pytest.mark.parametrize("expression", _goldens.cases("dtypes"))
def test_as_in_1_15(expression):
    _goldens.check("dtypes", expression)


def test_each_type_exists_once():
    assert dtypes.DType(1) is dtypes.float32
    assert dtypes.as_dtype("float64") is dtypes.double
    assert dtypes.as_dtype("half")._as_ref.base_dtype is dtypes.float16


def test_bfloat16_is_numpy_s_extension_type():
    assert dtypes.bfloat16.as_numpy_dtype is ml_dtypes.bfloat16
    assert dtypes.as_dtype(np.zeros(2, ml_dtypes.bfloat16).dtype) is dtypes.bfloat16
    assert dtypes.as_dtype(ml_dtypes.bfloat16) is dtypes.bfloat16


def test_a_stranger_named_bfloat16_is_no_type():
    with pytest.raises(TypeError, match="Cannot convert value"):
        dtypes.as_dtype(type("bfloat16", (), {}))


@pytest.mark.parametrize("dtype", [dtypes.resource, dtypes.variant])
def test_resources_are_objects_at_run_time(dtype):
    assert dtype.np_dtype == np.dtype(object)
    with pytest.raises(KeyError):
        _ = dtype.as_numpy_dtype


def test_run_time_dtypes():
    assert dtypes.bool_.np_dtype == np.dtype(bool)
    assert dtypes.string.np_dtype == np.dtype(object)
    assert dtypes.float32_ref.np_dtype == np.dtype(np.float32)


def test_values_with_a_numpy_dtype():
    class Holder:
        dtype = np.dtype(np.int16)

    assert dtypes.as_dtype(Holder()) is dtypes.int16
    Holder.dtype = "int16"
    with pytest.raises(TypeError):
        dtypes.as_dtype(Holder())


def test_groups_hold_types_once():
    for name, group in vars(dtypes.groups).items():
        if group is not None:
            assert len(set(group)) == len(group), name
            assert all(d.base_dtype is d for d in group), name
