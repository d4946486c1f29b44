"""Nested structures: lists, tuples, namedtuples, dicts, attrs classes, and what is in them.

A structure is a tree; anything else is a leaf, strings, sets and arrays included. Dicts go by
sorted key whatever their own order. With `expand_composites`, an object that is several tensors (a
`SparseTensor`, an `IndexedSlices`) is a node too, with one child: the list of its components. Such
a class says `_is_composite_tensor = True` and has `_components()` and `_from_components(parts)`.
"""

from __future__ import annotations

import collections
import collections.abc as abc
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Final

from headrace._api.export import export

_LEAF: Final = 0
_SEQUENCE: Final = 1
_MAPPING: Final = 2
_ATTRS: Final = 3
_VIEW: Final = 4
_COMPOSITE: Final = 5
_SPEC: Final = 6

_EXPANDABLE: Final = (_COMPOSITE, _SPEC)

# Asking the abstract classes takes longer than all the rest, so each class is asked about once.
_KINDS: Final[dict[type, int]] = {list: _SEQUENCE, tuple: _SEQUENCE, dict: _MAPPING}
_KINDS_LIMIT: Final = 4096


def _classify(kind: type) -> int:
    if issubclass(kind, (str, bytes)):
        found = _LEAF
    elif issubclass(kind, abc.Mapping):
        found = _MAPPING
    elif issubclass(kind, abc.MappingView):
        found = _VIEW
    elif hasattr(kind, "__attrs_attrs__"):
        found = _ATTRS
    elif issubclass(kind, abc.Sequence):
        found = _SEQUENCE
    elif getattr(kind, "_is_composite_tensor", False):
        found = _COMPOSITE
    elif hasattr(kind, "_from_components") and hasattr(kind, "_component_specs"):
        found = _SPEC
    else:
        found = _LEAF
    if len(_KINDS) >= _KINDS_LIMIT:
        _KINDS.clear()
    _KINDS[kind] = found
    return found


def _kind(value: Any, expand: bool = False) -> int:
    """What `value` is; composites are leaves unless `expand`."""
    cls = type(value)
    kind = _KINDS.get(cls)
    if kind is None:
        kind = _classify(cls)
    return _LEAF if kind >= _COMPOSITE and not expand else kind


def _children(value: Any, expand: bool) -> Any:
    """The children in order; None for a leaf."""
    cls = type(value)
    kind = _KINDS.get(cls)
    if kind is None:
        kind = _classify(cls)
    if kind == _SEQUENCE or kind == _VIEW:
        return value
    if kind == _LEAF:
        return None
    if kind == _MAPPING:
        return [value[key] for key in sorted(value)]
    if kind == _ATTRS:
        return [getattr(value, field.name) for field in cls.__attrs_attrs__]
    if not expand:
        return None
    return (_components(value, kind),)


def _components(value: Any, kind: int) -> Any:
    return value._components() if kind == _COMPOSITE else value._component_specs


def _items(value: Any, expand: bool) -> list[tuple[Any, Any]]:
    """The children with their keys, in order; `value` is no leaf."""
    kind = _kind(value, expand)
    if kind == _MAPPING:
        try:
            keys = sorted(value)
        except TypeError:
            raise TypeError("nest only supports dicts with sortable keys.") from None
        return [(key, value[key]) for key in keys]
    if kind == _ATTRS:
        return [(field.name, getattr(value, field.name)) for field in value.__attrs_attrs__]
    if kind in _EXPANDABLE:
        held = type(value) if kind == _COMPOSITE else value.value_type
        return [(held.__name__, _components(value, kind))]
    if _is_namedtuple(value):
        return list(zip(value._fields, value, strict=True))
    return list(enumerate(value))


def _is_namedtuple(value: Any) -> bool:
    if not isinstance(value, tuple):
        return False
    fields = getattr(value, "_fields", None)
    return isinstance(fields, abc.Sequence) and all(isinstance(f, str) for f in fields)


def _same_namedtuples(a: Any, b: Any) -> bool:
    """Whether two namedtuples are of classes with the same name and fields."""
    return type(a).__name__ == type(b).__name__ and a._fields == b._fields


def _like(instance: Any, children: list[Any]) -> Any:
    """Makes a node like `instance` from new children, given in the order of `_children`."""
    cls = type(instance)
    if cls is list:
        return children
    if cls is tuple:
        return tuple(children)
    kind = _kind(instance, True)
    if kind == _MAPPING:
        new = dict(zip(sorted(instance), children, strict=True))
        # The copy keeps the order of the original, not the sorted one.
        pairs = [(key, new[key]) for key in instance]
        if isinstance(instance, collections.defaultdict):
            return cls(instance.default_factory, pairs)
        return cls(pairs)
    if kind == _VIEW or cls is range:
        return children
    if kind == _ATTRS or _is_namedtuple(instance):
        return cls(*children)
    if kind in _EXPANDABLE:
        return instance._from_components(children[0])
    return cls(children)


# -- Questions -------------------------------------------------------------------------------------


@export("nest.is_nested", "contrib.framework.nest.is_sequence", v2=("nest.is_nested",))
def is_nested(seq: Any) -> bool:
    """Tells whether a value is a structure rather than a leaf.

    Args:
      seq: Any value.

    Returns:
      True for lists, tuples, mappings, attrs objects and other sequences except strings.
    """
    return _kind(seq) != _LEAF


is_sequence = is_nested


def is_sequence_or_composite(value: Any) -> bool:
    """Tells whether a value is a structure, or an object made of several tensors."""
    return _kind(value, True) != _LEAF


def is_mapping(value: Any) -> bool:
    """Tells whether a value is a dict or another mapping."""
    return _kind(value) == _MAPPING


def is_namedtuple(value: Any) -> bool:
    """Tells whether a value is a namedtuple."""
    return _is_namedtuple(value)


# -- Flattening, packing, mapping ------------------------------------------------------------------


def _flatten_into(children: Iterable[Any], out: list[Any], expand: bool) -> None:
    for child in children:
        inner = _children(child, expand)
        if inner is None:
            out.append(child)
        else:
            _flatten_into(inner, out, expand)


@export("nest.flatten", "contrib.framework.nest.flatten", v2=("nest.flatten",))
def flatten(structure: Any, expand_composites: bool = False) -> list[Any]:
    """Lists the leaves of a structure.

    Args:
      structure: A structure or a leaf.
      expand_composites: Whether to go on into the components of sparse tensors and the like.

    Returns:
      A list of leaves, depth first, dicts by sorted key; `[structure]` for a leaf.

    Raises:
      TypeError: A dict's keys cannot be sorted.
    """
    children = _children(structure, expand_composites)
    if children is None:
        return [structure]
    out: list[Any] = []
    _flatten_into(children, out, expand_composites)
    return out


@export(
    "nest.pack_sequence_as",
    "contrib.framework.nest.pack_sequence_as",
    v2=("nest.pack_sequence_as",),
)
def pack_sequence_as(
    structure: Any, flat_sequence: Sequence[Any], expand_composites: bool = False
) -> Any:
    """Puts a flat sequence of values into the form of a structure; undoes `flatten`.

    Args:
      structure: The form: a structure or a leaf.
      flat_sequence: As many values as `structure` has leaves.
      expand_composites: Whether the components of sparse tensors and the like count as leaves.

    Returns:
      A structure with the nodes of `structure` and the leaves of `flat_sequence`.

    Raises:
      TypeError: `flat_sequence` is no sequence.
      ValueError: The number of values is wrong.
    """
    if _kind(flat_sequence) == _LEAF:
        raise TypeError("flat_sequence must be a sequence")
    flat = list(flat_sequence)
    children = _children(structure, expand_composites)
    if children is None:
        if len(flat) != 1:
            raise ValueError(f"Structure is a scalar but len(flat_sequence) == {len(flat)} > 1")
        return flat[0]
    values = iter(flat)
    try:
        packed = _pack(structure, children, values, expand_composites)
        left = next(values, _END)
    except StopIteration:
        left = None
    if left is not _END:
        raise ValueError(
            "Could not pack sequence. Structure had "
            f"{len(flatten(structure, expand_composites))} elements, but flat_sequence had "
            f"{len(flat)} elements.  Structure: {structure}, flat_sequence: {flat_sequence}."
        )
    return packed


_END: Final = object()


def _pack(node: Any, children: Iterable[Any], values: Iterator[Any], expand: bool) -> Any:
    packed = []
    for child in children:
        inner = _children(child, expand)
        packed.append(next(values) if inner is None else _pack(child, inner, values, expand))
    return _like(node, packed)


def _map_one(func: Callable[..., Any], node: Any, expand: bool) -> Any:
    children = _children(node, expand)
    if children is None:
        return func(node)
    return _like(node, [_map_one(func, child, expand) for child in children])


@export("nest.map_structure", "contrib.framework.nest.map_structure", v2=("nest.map_structure",))
def map_structure(func: Callable[..., Any], *structure: Any, **kwargs: Any) -> Any:
    """Applies a function to the leaves of one or several structures of the same form.

    Args:
      func: Takes as many arguments as there are structures.
      *structure: Structures or leaves.
      **kwargs: `check_types` (True): whether nodes must have the same type;
        `expand_composites` (False): whether to go into sparse tensors and the like.

    Returns:
      A structure of the form of the first one, with the results.

    Raises:
      TypeError: `func` is not callable, or nodes have different types.
      ValueError: There is no structure, their forms differ, or a keyword is unknown.
    """
    if not callable(func):
        raise TypeError(f"func must be callable, got: {func}")
    if not structure:
        raise ValueError("Must provide at least one structure")
    check_types = kwargs.pop("check_types", True)
    expand = kwargs.pop("expand_composites", False)
    if kwargs:
        raise ValueError(
            "Only valid keyword arguments are `check_types` and `expand_composites`, not: "
            f"`{'`, `'.join(kwargs)}`"
        )
    if len(structure) == 1:
        return _map_one(func, structure[0], expand)
    for other in structure[1:]:
        assert_same_structure(structure[0], other, check_types, expand)
    flat = [flatten(s, expand) for s in structure]
    return pack_sequence_as(
        structure[0], [func(*leaves) for leaves in zip(*flat, strict=True)], expand
    )


# -- Comparing forms -------------------------------------------------------------------------------


class _Dot:
    """Stands for a leaf where only the form is shown."""

    def __repr__(self) -> str:
        return "."


def _described(value: Any) -> str:
    return f"type={type(value).__name__} str={value}"


@export(
    "nest.assert_same_structure",
    "contrib.framework.nest.assert_same_structure",
    v2=("nest.assert_same_structure",),
)
def assert_same_structure(
    nest1: Any, nest2: Any, check_types: bool = True, expand_composites: bool = False
) -> None:
    """Checks that two structures have the same form.

    Args:
      nest1: A structure or a leaf.
      nest2: A structure or a leaf.
      check_types: Whether nodes must have the same type, and dicts the same keys. All mappings
        count as one type, lists and their subclasses as one, namedtuples by name and fields.
      expand_composites: Whether to go into sparse tensors and the like.

    Raises:
      TypeError: Two nodes have different types.
      ValueError: The forms differ.
    """
    try:
        _compare(nest1, nest2, check_types, expand_composites)
    except (TypeError, ValueError) as e:
        first, second = (str(_map_one(lambda _: _Dot(), n, False)) for n in (nest1, nest2))
        raise type(e)(
            "The two structures don't have the same nested structure.\n\n"
            f"First structure: {_described(nest1)}\n\nSecond structure: {_described(nest2)}\n\n"
            f"More specifically: {e}\n"
            f"Entire first structure:\n{first}\nEntire second structure:\n{second}"
        ) from None


def _compare(a: Any, b: Any, check_types: bool, expand: bool) -> None:
    inner_a, inner_b = _children(a, expand), _children(b, expand)
    if inner_a is None and inner_b is None:
        return
    if inner_a is None or inner_b is None:
        node, leaf = (b, a) if inner_a is None else (a, b)
        raise ValueError(
            f'Substructure "{_described(node)}" is a sequence, while substructure '
            f'"{_described(leaf)}" is not'
        )
    if check_types:
        _compare_types(a, b, expand)
    last_a, last_b = iter(inner_a), iter(inner_b)
    while True:
        x, y = next(last_a, _END), next(last_b, _END)
        if x is _END and y is _END:
            return
        if x is _END or y is _END:
            raise ValueError(
                "The two structures don't have the same number of elements. "
                f"First structure: {_described(a)}. Second structure: {_described(b)}"
            )
        _compare(x, y, check_types, expand)


def _compare_types(a: Any, b: Any, expand: bool) -> None:
    kind_a, kind_b = _kind(a, expand), _kind(b, expand)
    if kind_a == kind_b == _MAPPING:
        if a.keys() != b.keys():
            raise ValueError(
                "The two dictionaries don't have the same set of keys. First structure has keys "
                f"{_described(list(a))}, while second structure has keys {_described(list(b))}"
            )
        return
    if kind_a in _EXPANDABLE and kind_b in _EXPANDABLE:
        _compare_specs(a, b)
        return
    if type(a) is type(b) or (isinstance(a, list) and isinstance(b, list)):
        return
    if _is_namedtuple(a) and _is_namedtuple(b) and _same_namedtuples(a, b):
        return
    raise TypeError(
        "The two namedtuples don't have the same sequence type. "
        f"First structure {_described(a)} has type {type(a).__name__}, "
        f"while second structure {_described(b)} has type {type(b).__name__}"
    )


def _compare_specs(a: Any, b: Any) -> None:
    first, second = _spec(a), _spec(b)
    if first is not None and second is not None:
        if first.is_compatible_with(second) or second.is_compatible_with(first):
            return
    elif type(a) is type(b) and a.dtype == b.dtype and a.shape.is_compatible_with(b.shape):
        return
    raise ValueError(
        "Incompatible CompositeTensor TypeSpecs: "
        f"{_described(first or a)} vs. {_described(second or b)}"
    )


def _spec(value: Any) -> Any:
    """The type spec of a composite or of itself; None for a composite that has none."""
    return value if _kind(value, True) == _SPEC else getattr(value, "_type_spec", None)


# -- Up to a shallow structure ---------------------------------------------------------------------


@export("contrib.framework.nest.assert_shallow_structure", v2=())
def assert_shallow_structure(
    shallow_tree: Any,
    input_tree: Any,
    check_types: bool = True,
    expand_composites: bool = False,
    check_subtrees_length: bool = True,
) -> None:
    """Checks that a structure begins with the form of a shallower one.

    Args:
      shallow_tree: The shallow structure.
      input_tree: The structure; below the leaves of `shallow_tree` it may have any form.
      check_types: Whether nodes must have the same type.
      expand_composites: Whether to go into sparse tensors and the like.
      check_subtrees_length: Whether nodes must have as many children; otherwise at least as many.

    Raises:
      TypeError: A node's type differs, or there is a leaf where `shallow_tree` has a node.
      ValueError: A node has another number of children, or lacks a key.
    """
    if _kind(shallow_tree, expand_composites) == _LEAF:
        return
    if _kind(input_tree, expand_composites) == _LEAF:
        raise TypeError(
            "If shallow structure is a sequence, input must also be a sequence. "
            f"Input has type: {type(input_tree)}."
        )
    if check_types:
        _check_shallow_type(shallow_tree, input_tree, expand_composites)
    shallow = _items(shallow_tree, expand_composites)
    size = len(_items(input_tree, expand_composites))
    if size != len(shallow) and check_subtrees_length:
        raise ValueError(
            "The two structures don't have the same sequence length. "
            f"Input structure has length {size}, while shallow structure has length {len(shallow)}."
        )
    if size < len(shallow):
        raise ValueError(
            "The input_tree has fewer elements than the shallow_tree. "
            f"Input structure has length {size}, while shallow structure has length {len(shallow)}."
        )
    if is_mapping(shallow_tree) and is_mapping(input_tree):
        missing = sorted(set(shallow_tree) - set(input_tree))
        if missing:
            raise ValueError(
                "The shallow_tree's keys are not a subset of the input_tree's keys. The "
                f"shallow_tree has the following keys that are not in the input_tree: {missing}."
            )
    for _, branch, value in _aligned(shallow_tree, input_tree, expand_composites):
        assert_shallow_structure(
            branch, value, check_types, expand_composites, check_subtrees_length
        )


def _check_shallow_type(shallow: Any, deep: Any, expand: bool) -> None:
    kinds = _kind(shallow, expand), _kind(deep, expand)
    if kinds[0] in _EXPANDABLE and kinds[1] in _EXPANDABLE:
        _compare_specs(shallow, deep)
        return
    if isinstance(deep, type(shallow)) or kinds == (_MAPPING, _MAPPING):
        return
    if _is_namedtuple(shallow) and _is_namedtuple(deep) and _same_namedtuples(shallow, deep):
        return
    raise TypeError(
        "The two structures don't have the same sequence type. "
        f"Input structure has type {type(deep)}, while shallow structure has type {type(shallow)}."
    )


def _aligned(shallow: Any, deep: Any, expand: bool) -> Iterator[tuple[Any, Any, Any]]:
    """Pairs the children of two nodes: (key in `shallow`, child of it, child of `deep`)."""
    items = _items(shallow, expand)
    if is_mapping(shallow) and is_mapping(deep):
        for key, branch in items:
            yield key, branch, deep[key]
    else:
        for (key, branch), (_, value) in zip(items, _items(deep, expand), strict=False):
            yield key, branch, value


def _paths_up_to(
    shallow: Any, deep: Any, expand: bool, path: tuple[Any, ...] = ()
) -> Iterator[tuple[tuple[Any, ...], Any]]:
    if _kind(shallow, expand) == _LEAF:
        yield path, deep
        return
    for key, branch, value in _aligned(shallow, deep, expand):
        yield from _paths_up_to(branch, value, expand, (*path, key))


def flatten_with_tuple_paths_up_to(
    shallow_tree: Any,
    input_tree: Any,
    check_types: bool = True,
    expand_composites: bool = False,
    check_subtrees_length: bool = True,
) -> list[tuple[tuple[Any, ...], Any]]:
    """Lists the parts of a structure at the leaves of a shallower one, with their paths.

    Arguments and errors are those of `assert_shallow_structure`.

    Returns:
      A list of (path, part); a path is a tuple of keys, field names and indices.
    """
    assert_shallow_structure(
        shallow_tree, input_tree, check_types, expand_composites, check_subtrees_length
    )
    return list(_paths_up_to(shallow_tree, input_tree, expand_composites))


@export("contrib.framework.nest.flatten_up_to", v2=())
def flatten_up_to(
    shallow_tree: Any,
    input_tree: Any,
    check_types: bool = True,
    expand_composites: bool = False,
    check_subtrees_length: bool = True,
) -> list[Any]:
    """Lists the parts of a structure at the leaves of a shallower one.

    Arguments and errors are those of `assert_shallow_structure`.

    Returns:
      A list with one entry a leaf of `shallow_tree`.
    """
    pairs = flatten_with_tuple_paths_up_to(
        shallow_tree, input_tree, check_types, expand_composites, check_subtrees_length
    )
    return [part for _, part in pairs]


def map_structure_with_tuple_paths_up_to(
    shallow_tree: Any, func: Callable[..., Any], *inputs: Any, **kwargs: Any
) -> Any:
    """Applies `func(path, *parts)` to the parts of structures at the leaves of a shallower one.

    Args:
      shallow_tree: The shallow structure.
      func: Takes a path (a tuple) and one part of each input.
      *inputs: Structures that begin with the form of `shallow_tree`.
      **kwargs: `check_types` (True), `expand_composites` (False) and `check_subtrees_length`
        (True), as in `assert_shallow_structure`; the others are passed to `func`.

    Returns:
      A structure of the form of `shallow_tree`, with the results.

    Raises:
      TypeError: As `assert_shallow_structure`.
      ValueError: As `assert_shallow_structure`, or there are no inputs.
    """
    if not inputs:
        raise ValueError("Cannot map over no sequences")
    check_types = kwargs.pop("check_types", True)
    expand = kwargs.pop("expand_composites", False)
    check_length = kwargs.pop("check_subtrees_length", True)
    found = [
        flatten_with_tuple_paths_up_to(shallow_tree, tree, check_types, expand, check_length)
        for tree in inputs
    ]
    results = [
        func(parts[0][0], *[part for _, part in parts], **kwargs)
        for parts in zip(*found, strict=True)
    ]
    return pack_sequence_as(shallow_tree, results, expand)


@export("contrib.framework.nest.map_structure_up_to", v2=())
def map_structure_up_to(
    shallow_tree: Any, func: Callable[..., Any], *inputs: Any, **kwargs: Any
) -> Any:
    """Applies `func(*parts)` to the parts of structures at the leaves of a shallower one.

    Arguments, result and errors are those of `map_structure_with_tuple_paths_up_to`, but other
    keywords are not passed on: they are a `TypeError`.
    """
    return map_structure_with_tuple_paths_up_to(
        shallow_tree, lambda _, *parts: func(*parts), *inputs, **kwargs
    )


# -- Paths -----------------------------------------------------------------------------------------


@export("contrib.framework.nest.yield_flat_paths", v2=())
def yield_flat_paths(nest: Any, expand_composites: bool = False) -> Iterator[tuple[Any, ...]]:
    """Yields the path of every leaf, in the order of `flatten`.

    Args:
      nest: A structure or a leaf.
      expand_composites: Whether to go into sparse tensors and the like.

    Yields:
      Tuples of keys, field names and indices; `()` for a leaf by itself.
    """
    for path, _ in _paths_up_to(nest, nest, expand_composites):
        yield path


def flatten_with_tuple_paths(
    structure: Any, expand_composites: bool = False
) -> list[tuple[tuple[Any, ...], Any]]:
    """Lists the leaves of a structure with their paths, which are tuples."""
    return list(_paths_up_to(structure, structure, expand_composites))


@export("contrib.framework.nest.flatten_with_joined_string_paths", v2=())
def flatten_with_joined_string_paths(
    structure: Any, separator: str = "/", expand_composites: bool = False
) -> list[tuple[str, Any]]:
    """Lists the leaves of a structure with their paths, which are strings such as `a/0/b`."""
    return [
        (separator.join(map(str, path)), leaf)
        for path, leaf in _paths_up_to(structure, structure, expand_composites)
    ]


def map_structure_with_tuple_paths(func: Callable[..., Any], *structure: Any, **kwargs: Any) -> Any:
    """Applies `func(path, *leaves)` to structures of the same form; paths are tuples."""
    return map_structure_with_tuple_paths_up_to(structure[0], func, *structure, **kwargs)


@export("contrib.framework.nest.map_structure_with_paths", v2=())
def map_structure_with_paths(func: Callable[..., Any], *structure: Any, **kwargs: Any) -> Any:
    """Applies `func(path, *leaves)` to structures of the same form; paths are like `a/0/b`."""
    return map_structure_with_tuple_paths_up_to(
        structure[0],
        lambda path, *leaves, **extra: func("/".join(map(str, path)), *leaves, **extra),
        *structure,
        **kwargs,
    )


# -- Others ----------------------------------------------------------------------------------------


@export("contrib.framework.nest.flatten_dict_items", v2=())
def flatten_dict_items(dictionary: Any) -> dict[Any, Any]:
    """Flattens the keys and the values of a dict alike: `{(1, 2): (a, b)}` to `{1: a, 2: b}`.

    Args:
      dictionary: A mapping whose keys are structures of the form of their values.

    Returns:
      A dict.

    Raises:
      TypeError: `dictionary` is no mapping.
      ValueError: A key and its value differ in form, or a flat key occurs twice.
    """
    if not isinstance(dictionary, abc.Mapping):
        raise TypeError("input must be a dictionary")
    flat: dict[Any, Any] = {}
    for key, value in dictionary.items():
        keys, values = flatten(key), flatten(value)
        if len(keys) != len(values):
            raise ValueError(
                f"Could not flatten dictionary. Key had {len(keys)} elements, but value had "
                f"{len(values)} elements. Key: {keys}, value: {values}."
            )
        for k, v in zip(keys, values, strict=True):
            if k in flat:
                raise ValueError(f"Could not flatten dictionary: key {k} is not unique.")
            flat[k] = v
    return flat


@export("contrib.framework.nest.get_traverse_shallow_structure", v2=())
def get_traverse_shallow_structure(
    traverse_fn: Callable[[Any], Any], structure: Any, expand_composites: bool = False
) -> Any:
    """Makes a shallow structure of booleans that says where to go on into a structure.

    Args:
      traverse_fn: Given a node, tells whether to go into it: a bool, or one bool a child.
      structure: A structure.
      expand_composites: Whether to go into sparse tensors and the like.

    Returns:
      A structure of booleans.

    Raises:
      TypeError: `traverse_fn` returned something else.
      ValueError: `traverse_fn` returned another number of bools than there are children.
    """
    answer = traverse_fn(structure)
    children = _children(structure, expand_composites)
    if children is None:
        if not isinstance(answer, bool):
            raise TypeError(
                f"traverse_fn returned structure: {answer} for non-structure: {structure}"
            )
        return answer
    children = list(children)
    if isinstance(answer, bool):
        if not answer:
            return False
        answers: list[Any] = [True] * len(children)
    elif _kind(answer) == _LEAF:
        raise TypeError(f"traverse_fn returned a non-bool scalar: {answer} for input: {structure}")
    else:
        assert_shallow_structure(answer, structure, expand_composites=expand_composites)
        answers = list(_children(answer, expand_composites) or ())
    level = []
    for enter, child in zip(answers, children, strict=True):
        if not isinstance(enter, bool):
            raise TypeError(
                "traverse_fn didn't return a depth=1 structure of bools.  "
                f"saw: {answer}  for structure: {structure}"
            )
        level.append(
            enter and get_traverse_shallow_structure(traverse_fn, child, expand_composites)
        )
    return _like(structure, level)
