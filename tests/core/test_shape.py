"""TensorShape and Dimension: everything 1.15 answers, in both behaviours."""

import pytest

from headrace._src.core import shape
from headrace._src.core.shape import Dimension, TensorShape
from tests.core import _goldens


@pytest.mark.parametrize("expression", _goldens.cases("shapes"))
def test_as_in_1_15(expression):
    _goldens.check("shapes", expression)


@pytest.mark.parametrize("expression", _goldens.cases("shapes_v2"))
def test_v2_behavior_as_in_1_15(expression):
    shape.enable_v2_tensorshape()
    try:
        _goldens.check("shapes_v2", expression)
    finally:
        shape.disable_v2_tensorshape()


def test_shapes_are_dict_keys():
    sizes = {TensorShape([2, 3]): 6, TensorShape(None): None}
    assert sizes[TensorShape([2, 3])] == 6
    assert TensorShape(None) in sizes


def test_dimensions_are_dict_keys():
    assert {2: "two"}[Dimension(2)] == "two"


def test_from_dims_keeps_the_tuple():
    dims = (2, None)
    made = TensorShape._from_dims(dims)
    assert made._dims is dims
    assert made == TensorShape(made)


def test_a_dtype_is_no_dimension():
    from headrace._src.core import dtypes

    with pytest.raises(TypeError, match="Cannot convert <dtype: 'float32'> to Dimension"):
        Dimension(dtypes.float32)
