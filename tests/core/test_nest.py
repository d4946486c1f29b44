"""Nested structures: everything 1.15 answers, and composites."""

import pytest

from headrace._src.core import dtypes, nest
from headrace._src.core.shape import TensorShape
from tests.core import _goldens


class Pair:
    """Two values that count as one thing unless composites are expanded."""

    _is_composite_tensor = True
    shape = TensorShape(None)

    def __init__(self, a, b, dtype=dtypes.float32):
        self.a, self.b, self.dtype = a, b, dtype

    def _components(self):
        return [self.a, self.b]

    def _from_components(self, parts):
        return Pair(*parts, dtype=self.dtype)


class PairSpec:
    """What describes a pair, with a description for each component."""

    value_type = Pair
    _component_specs = ("spec a", "spec b")

    def __init__(self, ok=True):
        self.ok = ok

    def _from_components(self, parts):
        return Pair(*parts)

    def is_compatible_with(self, other):
        return self.ok


@pytest.mark.parametrize("expression", _goldens.cases("nest"))
def test_as_in_1_15(expression):
    _goldens.check("nest", expression)


@pytest.mark.parametrize("expression", _goldens.cases("graphkeys"))
def test_graph_keys_as_in_1_15(expression):
    _goldens.check("graphkeys", expression)


def test_composites_are_leaves_until_expanded():
    pair = Pair(1, 2)
    assert nest.flatten([pair, 3]) == [pair, 3]
    assert nest.flatten([pair, 3], expand_composites=True) == [1, 2, 3]
    assert nest.is_sequence_or_composite(pair)
    assert not nest.is_nested(pair)


def test_composites_are_packed_and_mapped():
    packed = nest.pack_sequence_as([Pair(1, 2), 3], [4, 5, 6], expand_composites=True)
    assert (packed[0].a, packed[0].b, packed[1]) == (4, 5, 6)
    mapped = nest.map_structure(lambda x, y: x + y, Pair(1, 2), Pair(3, 4), expand_composites=True)
    assert (mapped.a, mapped.b) == (4, 6)


def test_paths_into_composites():
    found = nest.flatten_with_joined_string_paths({"x": Pair(1, 2)}, expand_composites=True)
    assert found == [("x/Pair/0", 1), ("x/Pair/1", 2)]
    assert nest.flatten_with_joined_string_paths(PairSpec(), expand_composites=True) == [
        ("Pair/0", "spec a"),
        ("Pair/1", "spec b"),
    ]


def test_composites_of_different_kinds():
    nest.assert_same_structure(Pair(1, 2), Pair(3, 4), expand_composites=True)
    with pytest.raises(ValueError, match="Incompatible CompositeTensor TypeSpecs"):
        nest.assert_same_structure(Pair(1, 2), Pair(1, 2, dtypes.int32), expand_composites=True)
    with pytest.raises(TypeError, match="The two structures don't have the same nested structure"):
        nest.assert_same_structure(Pair(1, 2), [[1, 2]], expand_composites=True)
    nest.assert_shallow_structure(PairSpec(), PairSpec(), expand_composites=True)
    with pytest.raises(ValueError, match="Incompatible CompositeTensor TypeSpecs"):
        nest.assert_same_structure(PairSpec(False), PairSpec(False), expand_composites=True)


def test_deep_structures():
    deep = leaf = []
    for _ in range(100):
        leaf.append([])
        leaf = leaf[0]
    leaf.append(7)
    assert nest.flatten(deep) == [7]
    assert nest.flatten(nest.map_structure(lambda x: x + 1, deep)) == [8]


def test_stop_iteration_of_a_function_is_not_swallowed():
    def stop(_):
        raise StopIteration

    with pytest.raises(StopIteration):
        nest.map_structure(stop, [1])
