"""Tensor: one output of an Operation."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, Final, NoReturn

from headrace._api.export import export
from headrace._src.core import conversion_status, errors
from headrace._src.core import dims as dims_lib
from headrace._src.core.dims import Dims
from headrace._src.core.dtypes import DType
from headrace._src.core.shape import TensorShape
from headrace._src.core.uids import next_uid

if TYPE_CHECKING:
    from headrace._src.core.graph import Graph
    from headrace._src.core.operation import Operation

_OPERATORS: Final[dict[str, Callable[..., Any]]] = {}
_LOADER: list[Callable[[], dict[str, Callable[..., Any]]]] = []


def set_operators(loader: Callable[[], dict[str, Callable[..., Any]]]) -> None:
    """Registers what loads the functions behind the overloaded operators, at their first use."""
    _LOADER[:] = [loader]


def operator_function(name: str) -> Callable[..., Any]:
    """The function behind an overloaded operator, such as `__add__`."""
    if not _OPERATORS and _LOADER:
        _OPERATORS.update(_LOADER[0]())
        _settle()
    return _OPERATORS[name]


@export("Tensor")
class Tensor:
    """A symbolic handle to one output of an `Operation`.

    It holds no value: `Session.run` computes it. Arithmetic, comparison and indexing on it add
    nodes to its graph.

    Attributes:
      op: the `Operation` that produces it.
      value_index: its position among the outputs of `op`.
      dtype: the `DType` of its elements.
      dims: its static shape in the internal form.
    """

    __slots__ = (
        "__dict__",
        "__weakref__",
        "_constant",
        "_consumers",
        "_id",
        "dims",
        "dtype",
        "handle_data",
        "op",
        "value_index",
    )
    __array_priority__ = 100
    OVERLOADABLE_OPERATORS: Final = frozenset(
        "__add__ __radd__ __sub__ __rsub__ __mul__ __rmul__ __div__ __rdiv__ __truediv__ "
        "__rtruediv__ __floordiv__ __rfloordiv__ __mod__ __rmod__ __lt__ __le__ __gt__ __ge__ "
        "__ne__ __eq__ __and__ __rand__ __or__ __ror__ __xor__ __rxor__ __getitem__ __pow__ "
        "__rpow__ __invert__ __neg__ __abs__ __matmul__ __rmatmul__".split()
    )

    def __init__(self, op: Operation, value_index: int, dtype: DType) -> None:
        self.op = op
        self.value_index = value_index
        self.dtype = dtype
        self._id = next_uid()
        self.dims: Dims = None
        self.handle_data: tuple[DType, Dims] | None = None
        self._consumers: list[Operation] | None = None
        self._constant: Any = None

    @property
    def graph(self) -> Graph:
        """The `Graph` that contains the tensor."""
        return self.op.graph

    @property
    def name(self) -> str:
        """`<op name>:<value index>`."""
        return f"{self.op.name}:{self.value_index}"

    @property
    def device(self) -> str:
        """The device on which the tensor is to be produced, or an empty string."""
        return self.op.device

    @property
    def shape(self) -> TensorShape:
        """The static shape, a `TensorShape`."""
        return TensorShape._from_dims(self.dims)

    def get_shape(self) -> TensorShape:
        """Returns the static shape, a `TensorShape`."""
        return TensorShape._from_dims(self.dims)

    def set_shape(self, shape: Any) -> None:
        """Merges `shape` into the static shape.

        Args:
          shape: a `TensorShape`, a list, tuple, `TensorShapeProto` or None.

        Raises:
          ValueError: the shapes are not compatible.
        """
        given = dims_lib.from_any(shape)
        merged = dims_lib.merge(self.dims, given)
        if merged != self.dims:
            self.dims = merged
            self._forget_constants()

    def _forget_constants(self) -> None:
        """Drops what is known of values behind this tensor: they may depend on its shape."""
        stack = [self]
        while stack:
            for op in stack.pop()._consumers or ():
                for t in op.outputs:
                    if t._constant is not None:
                        t._constant = None
                        stack.append(t)

    @property
    def _shape(self) -> TensorShape:
        return self.shape

    def _shape_as_list(self) -> list[int | None] | None:
        return None if self.dims is None else list(self.dims)

    def _shape_tuple(self) -> Dims:
        return self.dims

    def _rank(self) -> int | None:
        return None if self.dims is None else len(self.dims)

    def consumers(self) -> list[Operation]:
        """Returns the operations that take the tensor as an input."""
        return list(self._consumers or ())

    def _as_node_def_input(self) -> str:
        if self.value_index == 0:
            return self.op.name
        return self.name

    def _as_graph_element(self) -> Tensor:
        return self

    def eval(self, feed_dict: Any = None, session: Any = None) -> Any:
        """Computes the tensor in a session.

        Args:
          feed_dict: tensor → value, see `Session.run`.
          session: the `Session`; the default session when left out.

        Returns:
          The value, a NumPy array or scalar.

        Raises:
          ValueError: there is no session, or it has another graph.
        """
        from headrace._src.core import default_session

        return default_session.run_in(self, feed_dict, self.graph, session, "eval")

    def experimental_ref(self) -> TensorReference:
        """Returns a hashable reference to the tensor."""
        return TensorReference(self)

    # -- what a tensor is not ------------------------------------------------------------------

    def __len__(self) -> NoReturn:
        raise TypeError(
            f"len is not well defined for symbolic Tensors. ({self.name}) Please call "
            "`x.shape` rather than `len(x)` for shape information."
        )

    def __iter__(self) -> Iterator[Any]:
        # A generator, as in 1.15: `iter(tensor)` works, the first element does not.
        from headrace._src.core.graph import get_default_graph

        if get_default_graph().executes and self.dims == ():
            raise TypeError("Cannot iterate over a scalar tensor.")
        yield _not_in_graph_mode("iterating over `tf.Tensor`")

    def __bool__(self) -> bool:
        return _not_in_graph_mode("using a `tf.Tensor` as a Python `bool`")

    def __array__(self, dtype: Any = None, copy: Any = None) -> NoReturn:
        raise NotImplementedError(
            f"Cannot convert a symbolic Tensor ({self.name}) to a numpy array."
        )

    # -- identity and text ---------------------------------------------------------------------

    def __hash__(self) -> int:
        return id(self)

    def __copy__(self) -> Tensor:
        return self

    def __deepcopy__(self, memo: Any) -> Tensor:
        return self

    def __eq__(self, other: object) -> bool:
        return self is other

    def __ne__(self, other: object) -> bool:
        return self is not other

    def __str__(self) -> str:
        parts = [f'"{self.name}"']
        if self.dims is not None:
            parts.append(f"shape={self.shape}")
        if self.dtype is not None:
            parts.append(f"dtype={self.dtype.name}")
        if self.op.device:
            parts.append(f"device={self.op.device}")
        return f"Tensor({', '.join(parts)})"

    def __repr__(self) -> str:
        return f"<tf.Tensor '{self.name}' shape={self.shape} dtype={self.dtype.name}>"

    @staticmethod
    def _override_operator(operator: str, func: Callable[..., Any]) -> None:
        if operator not in Tensor.OVERLOADABLE_OPERATORS:
            raise ValueError(f"Overriding {operator} is disallowed.")
        setattr(Tensor, operator, func)


def _not_in_graph_mode(what: str) -> NoReturn:
    raise errors.OperatorNotAllowedInGraphError(conversion_status.refusal(what))


class TensorReference:
    """A hashable reference to a tensor; `deref()` gives the tensor back."""

    def __init__(self, tensor: Any) -> None:
        self._tensor = tensor

    def deref(self) -> Any:
        """Returns the tensor referred to."""
        return self._tensor

    def __hash__(self) -> int:
        return id(self._tensor)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, TensorReference) and self._tensor is other._tensor


def _operator(name: str) -> Callable[..., Any]:
    def method(self: Tensor, *args: Any) -> Any:
        return operator_function(name)(self, *args)

    method.__name__ = name
    method.__qualname__ = f"Tensor.{name}"
    return method


_WAITING: Final[dict[str, Callable[..., Any]]] = {}


def _settle() -> None:
    """Puts the functions in the place of the methods that looked them up."""
    for name, method in _WAITING.items():
        if Tensor.__dict__[name] is method:
            setattr(Tensor, name, _OPERATORS[name])


for _name in Tensor.OVERLOADABLE_OPERATORS - {"__eq__", "__ne__"}:
    _WAITING[_name] = _operator(_name)
    setattr(Tensor, _name, _WAITING[_name])
