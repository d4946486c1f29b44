"""The algebra of raw shapes, against 1.15's shape rules where it has them."""

import pytest

from headrace._src.core import dims
from headrace._src.core.shape import Dimension, TensorShape
from tests.core import _goldens

RULES = _goldens.golden()["shape_rules"]


def _raw(value):
    return None if value is None else tuple(value)


def _outcome(function, *args):
    try:
        return function(*args)
    except ValueError as e:
        return str(e)


def _expected(recorded):
    return recorded if isinstance(recorded, str) else _raw(recorded)


@pytest.mark.parametrize(("a", "b", "recorded"), RULES["broadcast"])
def test_broadcast_as_in_1_15(a, b, recorded):
    assert _outcome(dims.broadcast, _raw(a), _raw(b)) == _expected(recorded)


@pytest.mark.parametrize(("a", "b", "recorded"), RULES["merge"])
def test_merge_all_as_in_1_15(a, b, recorded):
    assert _outcome(dims.merge_all, [_raw(a), _raw(b)]) == _expected(recorded)


@pytest.mark.parametrize(
    ("name", "function", "args"),
    [
        ("equal_rank_2", dims.with_rank, ((2, 3), 4)),
        ("at_least_1", dims.with_rank_at_least, ((), 1)),
        ("at_most_1", dims.with_rank_at_most, ((2, 3), 1)),
        ("dim_4", dims.with_value, (2, 4)),
        ("subtract", dims.subtract, (2, 3)),
        ("divide", dims.divide, (3, 2)),
    ],
)
def test_errors_as_in_1_15(name, function, args):
    assert _outcome(function, *args) == RULES[name]


def test_broadcast_that_may_fail():
    assert dims.broadcast((2,), (3,), must_match=False) is None
    assert dims.broadcast((2, 1), (1, 3), must_match=False) == (2, 3)


def test_merge():
    assert dims.merge((2, None), (None, 3)) == (2, 3)
    with pytest.raises(ValueError, match=r"Dimension 0 in both shapes must be equal, but are 2 a"):
        dims.merge((2,), (3,))
    assert dims.merge_all([]) is None


def test_merge_prefix():
    assert dims.merge_prefix((None, 3, 5), (2, None)) == ((2, 3, 5), (2, 3))
    assert dims.merge_prefix(None, (2,)) == (None, (2,))
    with pytest.raises(ValueError, match="Shape must be at least rank 2 but is rank 1"):
        dims.merge_prefix((2,), (2, 3))


@pytest.mark.parametrize(
    ("a", "b", "relaxed"),
    [((2, 3), (2, 5), (2, None)), ((2,), (2, 3), None), (None, (2,), None), ((), (), ())],
)
def test_relax(a, b, relaxed):
    assert dims.relax(a, b) == relaxed


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, None),
        (3, (3,)),
        ([2, None], (2, None)),
        (TensorShape([2, None]), (2, None)),
        (TensorShape(None), None),
        (TensorShape([2, 3]).as_proto(), (2, 3)),
        (TensorShape(None).as_proto(), None),
        (Dimension(4), (4,)),
        ([Dimension(None), 2.0, "3"], (None, 2, 3)),
        (range(2), (0, 1)),
    ],
)
def test_from_any(value, expected):
    assert dims.from_any(value) == expected


@pytest.mark.parametrize(
    ("function", "args", "expected"),
    [
        (dims.add, (2, None), None),
        (dims.add, (0, None), None),
        (dims.add, (2, 3), 5),
        (dims.multiply, (0, None), 0),
        (dims.multiply, (1, None), None),
        (dims.multiply, (None, 3), None),
        (dims.subtract, (None, 0), None),
        (dims.subtract, (5, 3), 2),
        (dims.divide, (7, 2, False), 3),
        (dims.divide, (6, 2), 3),
        (dims.divide, (None, 2), None),
        (dims.merge_dim, (None, 3), 3),
    ],
)
def test_arithmetic(function, args, expected):
    assert function(*args) == expected


def test_text():
    assert dims.text((2, None, 3)) == "[2,?,3]"
    assert dims.text(()) == "[]"
    assert dims.text(None) == "?"


def test_questions():
    assert dims.is_full((2, 3))
    assert not dims.is_full((2, None))
    assert not dims.is_full(None)
    assert dims.num_elements((2, 3)) == 6
    assert dims.num_elements(()) == 1
    assert dims.num_elements((0, None)) is None
    assert dims.compatible((2, None), (None, 3))
    assert not dims.compatible((2,), (3,))
    assert dims.rank(None) is None
    assert dims.dim(None, 7) is None
    assert dims.replace((2, 3), -1, None) == (2, None)
    assert dims.concat((2,), None) is None
    assert dims.unknown(2) == (None, None)
