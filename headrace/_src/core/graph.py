"""Graph: the nodes of a program, their names and collections, and the default graph.

State inventory of `Graph`:
  _nodes: the operations in the order of their ids.         _by_name: name → operation.
  _names: lower-case name → next suffix to try.             _version: the id of the newest
    operation.
  _mutations: grows when edges of existing nodes change.    _collections: key → list.
  _skipped: how many more operations TensorFlow 1 would have made, see core/numbering.py.
  stacks: the scope stacks of each thread (core/scopes.py). _functions: name → function body.
"""

from __future__ import annotations

import contextlib
import difflib
import re
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from types import CodeType
from typing import TYPE_CHECKING, Any, Final

from headrace._api.export import export
from headrace._src.core import device as device_lib
from headrace._src.core import origin as origin_lib
from headrace._src.core import scopes
from headrace._src.core.indexed_slices import IndexedSlices
from headrace._src.core.numbering import Numbering
from headrace._src.core.operation import Operation
from headrace._src.core.tensor import Tensor
from headrace._src.core.uids import next_uid

if TYPE_CHECKING:
    from headrace._src.core.opspec import OpSpec

_OP_NAME: Final = re.compile(r"^[A-Za-z0-9.][A-Za-z0-9_.\\\-/]*$")
_SCOPE_NAME: Final = re.compile(r"^[A-Za-z0-9_.\\\-/]*$")
_NO_OPERATIONS: Final[Sequence[Operation]] = ()


@export("Graph")
class Graph:
    """A dataflow graph: operations and the tensors that flow between them.

    Attributes:
      seed: the graph-level random seed, or None.
      building_function: whether the graph is the body of a function.
    """

    building_function = False
    # Whether operations are executed as they are added.
    executes = False
    outer_graph: Any = None
    numbering: Numbering | None = None
    # Whether it is the gradient of a body that has a numbering.
    differentiates_numbered = False

    def __init__(self) -> None:
        self._graph_key = f"graph-key-{next_uid()}/"
        self._nodes: list[Operation] = []
        self._by_name: dict[str, Operation] = {}
        self._names: dict[str, int] = {}
        self._version = 0
        self._mutations = 0
        self._skipped = 0
        self._collections: dict[Any, list[Any]] = {}
        self._functions: dict[str, Any] = {}
        self._lock = threading.RLock()
        self._finalized = False
        self._container = ""
        self._seed: int | None = None
        self._unfeedable: set[Any] = set()
        self._unfetchable: set[Any] = set()
        self._gradient_overrides: dict[str, str] = {}
        self._attr_scope_map: dict[str, Any] = {}
        self._kernel_labels: dict[str, str] = {}
        self._plans: dict[Any, Any] = {}
        self.stacks = scopes.Stacks()

    # -- nodes ---------------------------------------------------------------------------------

    def capture_inputs(self, inputs: list[Tensor]) -> list[Tensor]:
        """Brings tensors of other graphs in; a plain graph refuses them."""
        for t in inputs:
            if t.op.graph is not self:
                if t.op.graph.executes:
                    raise RuntimeError(NO_CAPTURE)
                raise ValueError(f"{t} must be from the same graph as {inputs[0]}.")
        return inputs

    def add_operation(
        self,
        spec: OpSpec,
        name: str,
        inputs: list[Tensor],
        attrs: dict[str, Any],
        colocate_with: Sequence[Tensor] = (),
        output_types: Sequence[Any] | None = None,
        origin: tuple[CodeType | None, int] | None = None,
    ) -> Operation:
        """Adds a node; `name` is final and unique.

        Args:
          spec: the spec of its op type.
          name: its name.
          inputs: its flat inputs.
          attrs: attr name → value in the internal form, all of them.
          colocate_with: inputs that it is to be colocated with.
          output_types: the dtypes of its outputs, where `attrs` do not tell.
          origin: the code and line that make it; found when left out.

        Raises:
          RuntimeError: the graph is finalized.
          ValueError: the name is taken, or the shapes of the inputs do not fit the op.
        """
        if self._finalized:
            raise RuntimeError("Graph is finalized and cannot be modified.")
        inputs = self.capture_inputs(inputs)
        stacks = self.stacks
        controllers = stacks.control
        control = scopes.control_inputs_for(controllers, inputs) if controllers else _NO_OPERATIONS
        operation = Operation(self, spec, name, inputs, control, attrs)
        types = spec.output_types(attrs) if output_types is None else output_types
        if len(types) == 1:
            operation.outputs = outputs = [Tensor(operation, 0, types[0])]
            (outputs[0].dims,) = spec.infer_shapes(operation)
        else:
            operation.outputs = outputs = [Tensor(operation, i, t) for i, t in enumerate(types)]
            if outputs:
                for tensor, dims in zip(outputs, spec.infer_shapes(operation), strict=True):
                    tensor.dims = dims
            elif spec.shape_rule is not None:
                spec.infer_shapes(operation)
        operation._code, operation._line = origin or origin_lib.current()
        with self._lock:
            if name in self._by_name:
                raise ValueError(f"Duplicate node name in graph: '{name}'")
            self._version += 1
            operation._id = self._version
            self._nodes.append(operation)
            self._by_name[name] = operation
        for t in inputs:
            consumers = t._consumers
            if not consumers:
                t._consumers = [operation]
            elif consumers[-1] is not operation:
                consumers.append(operation)
        for op in control:
            op._note_control_output(operation)
        if (
            controllers
            or stacks.devices
            or stacks.colocation
            or colocate_with
            or self._attr_scope_map
            or self._kernel_labels
            or self._gradient_overrides
            or self._container
        ):
            self._decorate(operation, stacks, colocate_with)
        return operation

    def _decorate(
        self, operation: Operation, stacks: scopes.Stacks, colocate_with: Sequence[Tensor]
    ) -> None:
        """Applies attr scopes, devices and colocation to a new operation."""
        if self._attr_scope_map:
            for key, value in self._attr_scope_map.items():
                if key not in operation.attrs:
                    value = value(operation.node_def) if callable(value) else value
                    if value:
                        operation._set_attr(key, value)
        if self._kernel_labels and operation.type in self._kernel_labels:
            operation.attrs["_kernel"] = self._kernel_labels[operation.type]
        if self._gradient_overrides and operation.type in self._gradient_overrides:
            operation.attrs["_gradient_op_type"] = self._gradient_overrides[operation.type]
        for controller in stacks.control:
            controller.add_op(operation)
        if stacks.devices and not colocate_with:
            self._apply_devices(operation, stacks.devices)
        if stacks.colocation or colocate_with:
            groups: set[bytes] = set()
            targets = [*stacks.colocation, *(t.op for t in colocate_with)]
            for target in reversed(targets):
                groups.update(target.colocation_groups())
                if target._device:
                    operation._device = target._device
            operation.attrs["_class"] = tuple(g.decode() for g in sorted(groups))
        if self._container and operation.spec.stateful and operation.attrs.get("container") == "":
            operation.attrs["container"] = self._container

    @staticmethod
    def _apply_devices(operation: Operation, devices: list[Any]) -> None:
        for item in reversed(devices):
            if item is None:
                break
            if callable(item):
                given = item(operation)
                # Unlike a scope's string, what a function answers is kept as it is.
                operation._device = given if isinstance(given, str) else device_lib.to_text(given)
            elif item:
                operation._device = device_lib.merged(item, operation._device)

    def create_op(
        self,
        op_type: str,
        inputs: Sequence[Tensor],
        dtypes: Any = None,
        input_types: Any = None,
        name: str | None = None,
        attrs: dict[str, Any] | None = None,
        op_def: Any = None,
        compute_shapes: bool = True,
        compute_device: bool = True,
    ) -> Operation:
        """Adds an operation of any known type; for programs that build nodes by hand.

        Args:
          op_type: the op type.
          inputs: the input tensors, flat.
          dtypes: ignored; the op type decides the output types.
          input_types: ignored.
          name: the name; the op type when left out.
          attrs: attr name → `AttrValue` protocol buffer or internal value.
          op_def: ignored.
          compute_shapes: ignored; shapes are always inferred.
          compute_device: ignored; devices are always applied.

        Raises:
          NotFoundError: the op type is not known.
          TypeError: an input is not a tensor.
        """
        from headrace._src.core import errors, opspec

        for i, t in enumerate(inputs):
            if not isinstance(t, Tensor):
                raise TypeError(f"Input #{i} is not a tensor: {t}")
        spec = opspec.lookup(op_type)
        if spec is None:
            raise errors.NotFoundError(
                None, None, f"Op type not registered '{op_type}' in headrace"
            )
        if name is None:
            name = op_type
        unique = name[:-1] if name[-1:] == "/" else self.unique_name(name)
        values: dict[str, Any] = {}
        for key, value in (attrs or {}).items():
            if hasattr(value, "WhichOneof"):
                from headrace._src.proto import graph_export

                value = graph_export.internal_attr(value)
            declared = spec.attrs.get(key)
            values[key] = value if declared is None else declared.normalize(op_type, key, value)
        for key, declared in spec.attrs.items():
            if key not in values and declared.has_default:
                values[key] = declared.default
        spec.complete_from_inputs(values, list(inputs))
        return spec._add(self, unique, list(inputs), values)

    @property
    def version(self) -> int:
        """A number that grows with every operation added."""
        return self._version

    @property
    def _last_id(self) -> int:
        return self._version + self._skipped

    def executed(
        self, spec: OpSpec, inputs: Sequence[Any], name: str | None, attrs: dict[str, Any]
    ) -> Any:
        """The result of an operation, in the form that calling its spec returns, if `executes`.

        Raises:
          TypeError: a plain graph executes nothing.
        """
        raise TypeError("operations of a graph are executed by a session")

    def default_op_seed(self) -> int:
        """The seed of an operation that was given none: how many were made before it."""
        return self._last_id

    @property
    def graph_def_versions(self) -> Any:
        """The `VersionDef` of the graph."""
        from headrace._src.proto import messages

        return messages.VersionDef(producer=134, min_consumer=12)

    @property
    def seed(self) -> int | None:
        """The graph-level random seed, or None."""
        return self._seed

    @seed.setter
    def seed(self, seed: int | None) -> None:
        self._seed = seed

    @property
    def finalized(self) -> bool:
        """Whether the graph refuses new operations."""
        return self._finalized

    def finalize(self) -> None:
        """Makes the graph read-only."""
        self._finalized = True

    def _unsafe_unfinalize(self) -> None:
        self._finalized = False

    def _check_not_finalized(self) -> None:
        if self._finalized:
            raise RuntimeError("Graph is finalized and cannot be modified.")

    def as_graph_def(self, from_version: int | None = None, add_shapes: bool = False) -> Any:
        """Returns the graph as a `GraphDef` protocol buffer.

        Args:
          from_version: only operations added after this version.
          add_shapes: adds an `_output_shapes` attr to every node.
        """
        from headrace._src.proto import graph_export

        return graph_export.graph_def(self, from_version, add_shapes)

    def _repr_html_(self) -> str:
        """The graph in a notebook: name scopes to open and close, in one part of a page."""
        from headrace._src.graph_view import html, items

        return html.part(items.of_graph(self), "Graph")

    def get_operations(self) -> list[Operation]:
        """Returns the operations in the order of their creation."""
        return list(self._nodes)

    # -- lookups -------------------------------------------------------------------------------

    def as_graph_element(
        self, obj: Any, allow_tensor: bool = True, allow_operation: bool = True
    ) -> Any:
        """Returns the operation or tensor of this graph that `obj` is or names.

        Args:
          obj: a tensor, an operation, their name, or an object with `_as_graph_element()`.
          allow_tensor: whether a tensor may be returned.
          allow_operation: whether an operation may be returned.

        Raises:
          TypeError: `obj` cannot be converted.
          ValueError: it belongs to another graph or is not of an allowed kind.
          KeyError: the name is not in the graph; nearest names are given.
        """
        if allow_tensor and allow_operation:
            wanted = "Tensor or Operation"
        elif allow_tensor:
            wanted = "Tensor"
        elif allow_operation:
            wanted = "Operation"
        else:
            raise ValueError("allow_tensor and allow_operation can't both be False.")
        convert = getattr(obj, "_as_graph_element", None)
        if convert is not None:
            obj = convert()
        if isinstance(obj, bytes):
            obj = obj.decode("utf-8")
        if isinstance(obj, str):
            return self._element_by_name(obj, allow_tensor, allow_operation, wanted)
        if isinstance(obj, Tensor) and allow_tensor:
            if obj.graph is not self:
                raise ValueError(f"Tensor {obj} is not an element of this graph.")
            return obj
        if isinstance(obj, Operation) and allow_operation:
            if obj.graph is not self:
                raise ValueError(f"Operation {obj!r} is not an element of this graph.")
            return obj
        raise TypeError(f"Can not convert a {type(obj).__name__} into a {wanted}.")

    def _element_by_name(
        self, name: str, allow_tensor: bool, allow_operation: bool, wanted: str
    ) -> Any:
        form = 'Tensor names must be of the form "<op_name>:<output_index>".'
        if ":" in name:
            if not allow_tensor:
                raise ValueError(f"Name {name!r} appears to refer to a Tensor, not a {wanted}.")
            op_name, _, index = name.partition(":")
            if not index.lstrip("-").isdigit():
                raise ValueError(
                    f"The name {name!r} looks a like a Tensor name, but is not a valid one. {form}"
                )
            op = self._by_name.get(op_name)
            if op is None:
                raise KeyError(
                    f"The name {name!r} refers to a Tensor which does not exist. The operation, "
                    f"{op_name!r}, does not exist in the graph.{self.nearest(op_name)}"
                )
            try:
                return op.outputs[int(index)]
            except IndexError:
                raise KeyError(
                    f"The name {name!r} refers to a Tensor which does not exist. The operation, "
                    f"{op_name!r}, exists but only has {len(op.outputs)} outputs."
                ) from None
        if allow_operation:
            op = self._by_name.get(name)
            if op is None:
                raise KeyError(
                    f"The name {name!r} refers to an Operation not in the graph."
                    f"{self.nearest(name)}"
                )
            return op
        if name in self._by_name:
            raise ValueError(f"The name {name!r} refers to an Operation, not a {wanted}. {form}")
        raise ValueError(
            f"The name {name!r} looks like an (invalid) Operation name, not a {wanted}. {form}"
        )

    def nearest(self, name: str) -> str:
        """A hint with the existing names most like `name`, or an empty string."""
        names = list(self._by_name) if len(self._by_name) <= 20000 else []
        close = difflib.get_close_matches(name, names, n=3, cutoff=0.6)
        return f" Nearest names: {', '.join(map(repr, close))}." if close else ""

    def get_operation_by_name(self, name: str) -> Operation:
        """Returns the operation with this name.

        Raises:
          TypeError: `name` is not a string.
          KeyError: there is none.
        """
        if not isinstance(name, (str, bytes)):
            raise TypeError(f"Operation names are strings (or similar), not {type(name).__name__}.")
        return self.as_graph_element(name, allow_tensor=False)  # type: ignore[no-any-return]

    def get_tensor_by_name(self, name: str) -> Tensor:
        """Returns the tensor with this name, `<op name>:<index>`.

        Raises:
          TypeError: `name` is not a string.
          KeyError: there is none.
        """
        if not isinstance(name, (str, bytes)):
            raise TypeError(f"Tensor names are strings (or similar), not {type(name).__name__}.")
        return self.as_graph_element(name, allow_operation=False)  # type: ignore[no-any-return]

    def prevent_feeding(self, tensor: Any) -> None:
        """Makes a tensor or operation unfeedable."""
        self._unfeedable.add(tensor)

    def is_feedable(self, tensor: Any) -> bool:
        """Returns whether a tensor may be fed."""
        return tensor not in self._unfeedable

    def prevent_fetching(self, op: Any) -> None:
        """Makes an operation unfetchable."""
        self._unfetchable.add(op)

    def is_fetchable(self, tensor_or_op: Any) -> bool:
        """Returns whether a tensor or operation may be fetched."""
        op = tensor_or_op.op if isinstance(tensor_or_op, Tensor) else tensor_or_op
        return op not in self._unfetchable

    # -- names ---------------------------------------------------------------------------------

    def unique_name(self, name: str, mark_as_used: bool = True) -> str:
        """Returns a name for an operation that is unique in the graph.

        Args:
          name: the wanted name, without the current name scope.
          mark_as_used: whether to keep the name for the caller.
        """
        scope = self.stacks.name
        if scope:
            name = f"{scope}/{name}"
        names = self._names
        key = name.lower()
        i = names.get(key, 0)
        if mark_as_used:
            names[key] = i + 1
        if i:
            base = key
            while key in names:
                key = f"{base}_{i}"
                i += 1
            if mark_as_used:
                names[key] = 1
            name = f"{name}_{i - 1}"
        return name

    unique_scope = unique_name

    @contextlib.contextmanager
    def entered(self, scope: str) -> Iterator[None]:
        """Makes `scope`, a full name without a final slash, the current name scope."""
        stacks = self.stacks
        outer = stacks.name
        stacks.name = scope
        try:
            if get_default_graph() is self:
                yield
            else:
                with self.as_default():
                    yield
        finally:
            stacks.name = outer

    @property
    def _name_stack(self) -> str:
        return self.stacks.name

    def get_name_scope(self) -> str:
        """Returns the current name scope, without a final slash."""
        return self.stacks.name

    def resolve_scope(self, name: Any) -> str:
        """The full name of the scope that `name` asks for, no final slash; the name is taken."""
        if not name:
            return ""
        if isinstance(name, bytes):
            name = name.decode()
        check_scope_name(self, name)
        return name[:-1] if name[-1] == "/" else self.unique_name(name)

    @contextlib.contextmanager
    def name_scope(self, name: str | None) -> Iterator[str]:
        """Returns a context manager that names the operations made inside it.

        Args:
          name: a new scope inside the present one; with a final slash an absolute scope to
            re-enter; None or an empty string for
            the top level.

        Raises:
          ValueError: the name holds characters that names may not have.
        """
        stacks = self.stacks
        outer = stacks.name
        inner = self.resolve_scope(name)
        stacks.name = inner
        try:
            yield inner + "/" if inner else ""
        finally:
            stacks.name = outer

    # -- scopes --------------------------------------------------------------------------------

    @contextlib.contextmanager
    def as_default(self) -> Iterator[Graph]:
        """Returns a context manager that makes this the default graph of the thread."""
        stack = _DEFAULTS.stack
        stack.append(self)
        try:
            yield self
        finally:
            if stack:
                if stack[-1] is not self:
                    raise AssertionError(
                        f"Nesting violated for default stack of {type(self)} objects"
                    )
                stack.pop()

    @contextlib.contextmanager
    def device(self, device_name_or_function: Any) -> Iterator[None]:
        """Returns a context manager that requests a device; see `tf.device`."""
        item = device_name_or_function
        if item is not None and not callable(item):
            item = device_lib.to_text(item)
        devices = self.stacks.devices
        devices.append(item)
        try:
            yield
        finally:
            devices.pop()

    def control_dependencies(self, control_inputs: Any) -> scopes.Controller:
        """Returns a context manager; see `tf.control_dependencies`."""
        if control_inputs is None:
            return scopes.Controller(self, [], True)
        operations: list[Operation] = []
        for c in control_inputs:
            if hasattr(c, "_handle") and hasattr(c, "op") and hasattr(c, "handle"):
                c = c.op
            elif hasattr(c, "indices") and hasattr(c, "values") and not isinstance(c, Tensor):
                c = c.op
            element = self.as_graph_element(c)
            if isinstance(element, Tensor):
                element = element.op
            if element not in operations:
                operations.append(element)
        return scopes.Controller(self, operations, False)

    @contextlib.contextmanager
    def colocate_with(self, op: Any, ignore_existing: bool = False) -> Iterator[None]:
        """Returns a context manager that colocates the operations made inside it with `op`."""
        if op is None and not ignore_existing:
            raise ValueError(
                "Trying to reset colocation (op is None) but ignore_existing is not True"
            )
        stacks = self.stacks
        devices, colocation = stacks.devices, stacks.colocation
        stacks.devices = []
        stacks.colocation = [] if ignore_existing else list(colocation)
        if op is not None:
            if getattr(op, "_is_resource_variable", False):
                # As in TensorFlow, a function gets the handle even if it only stands near it.
                is_function = self.building_function and self.numbering is None
                op = self.capture_inputs([op.handle])[0] if is_function else op.handle
            elif isinstance(op, IndexedSlices):
                op = op.values
            element = _element(op) if self.building_function else self.as_graph_element(op)
            stacks.colocation.append(element.op if isinstance(element, Tensor) else element)
        try:
            yield
        finally:
            stacks.devices, stacks.colocation = devices, colocation

    @contextlib.contextmanager
    def container(self, container_name: str) -> Iterator[str]:
        """Returns a context manager that sets the resource container of stateful operations."""
        outer = self._container
        self._container = container_name
        try:
            yield container_name
        finally:
            self._container = outer

    @contextlib.contextmanager
    def gradient_override_map(self, op_type_map: dict[str, str]) -> Iterator[None]:
        """Returns a context manager that overrides the gradients of op types.

        Args:
          op_type_map: op type → the name given to `tf.RegisterGradient`.
        """
        if not isinstance(op_type_map, dict):
            raise TypeError("`op_type_map` must be a dictionary mapping strings to strings")
        for key, value in op_type_map.items():
            if not (isinstance(key, str) and isinstance(value, str)):
                raise TypeError("`op_type_map` must be a dictionary mapping strings to strings")
        with _overlaid(self._gradient_overrides, op_type_map):
            yield

    @contextlib.contextmanager
    def _attr_scope(self, attr_map: dict[str, Any]) -> Iterator[None]:
        with _overlaid(self._attr_scope_map, attr_map):
            yield

    @contextlib.contextmanager
    def _kernel_label_map(self, labels: dict[str, str]) -> Iterator[None]:
        with _overlaid(self._kernel_labels, labels):
            yield

    @contextlib.contextmanager
    def _variable_creator_scope(
        self, creator: Callable[..., Any], priority: int = 100
    ) -> Iterator[None]:
        stacks = self.stacks
        outer = stacks.variable_creators
        stacks.variable_creators = sorted([*outer, (priority, creator)], key=lambda x: x[0])
        try:
            yield
        finally:
            stacks.variable_creators = outer

    @property
    def _variable_creator_stack(self) -> list[tuple[int, Callable[..., Any]]]:
        return list(self.stacks.variable_creators)

    # -- collections ---------------------------------------------------------------------------

    @property
    def collections(self) -> list[Any]:
        """The names of the collections."""
        return list(self._collections)

    def add_to_collection(self, name: Any, value: Any) -> None:
        """Appends `value` to a collection."""
        self._check_not_finalized()
        self._collections.setdefault(name, []).append(value)

    def add_to_collections(self, names: Any, value: Any) -> None:
        """Appends `value` to several collections, once to each."""
        keys = (names,) if isinstance(names, str) else tuple(dict.fromkeys(names or ()))
        for name in keys:
            self.add_to_collection(name, value)

    def get_collection_ref(self, name: Any) -> list[Any]:
        """Returns the collection itself; changes to it stay."""
        return self._collections.setdefault(name, [])

    def get_collection(self, name: Any, scope: str | None = None) -> list[Any]:
        """Returns a copy of a collection.

        Args:
          name: its key.
          scope: a regular expression; only items whose `name` it matches from the start are
            returned.
        """
        items = self._collections.get(name)
        if items is None:
            return []
        if scope is None:
            return list(items)
        pattern = re.compile(scope)
        return [x for x in items if hasattr(x, "name") and pattern.match(x.name)]

    def get_all_collection_keys(self) -> list[str]:
        """Returns the keys of the collections that hold anything."""
        return [x for x in self._collections if isinstance(x, str)]

    def clear_collection(self, name: Any) -> None:
        """Empties a collection."""
        self._check_not_finalized()
        self._collections.pop(name, None)

    def switch_to_thread_local(self) -> None:
        """Does nothing: the scope stacks are always one set a thread."""


@contextlib.contextmanager
def _overlaid(target: dict[str, Any], changes: dict[str, Any]) -> Iterator[None]:
    saved = dict(target)
    target.update(changes)
    try:
        yield
    finally:
        target.clear()
        target.update(saved)


def check_scope_name(graph: Graph, name: str) -> None:
    """Raises `ValueError` when `name` cannot name a scope or operation here."""
    pattern = _SCOPE_NAME if graph.stacks.name else _OP_NAME
    if not pattern.match(name):
        raise ValueError(f"'{name}' is not a valid scope name")


class _Defaults(threading.local):
    """The stack of default graphs, one a thread."""

    def __init__(self) -> None:
        self.stack: list[Graph] = []


_DEFAULTS: Final = _Defaults()
_GLOBAL: Final[list[Graph]] = []
_GLOBAL_LOCK: Final = threading.Lock()
_OUTERMOST: Final[list[Graph]] = []


def set_outermost(graph: Graph | None) -> None:
    """Sets the graph that is the default outside of every block; None for the global one."""
    _OUTERMOST[:] = [] if graph is None else [graph]


def executes_by_default() -> bool:
    """Whether operations outside of every block are executed as they are added."""
    return bool(_OUTERMOST) and _OUTERMOST[0].executes


@export("get_default_graph", v2=())
def get_default_graph() -> Graph:
    """Returns the innermost default graph of the thread, or the global one."""
    stack = _DEFAULTS.stack
    if stack:
        return stack[-1]
    if _OUTERMOST:
        return _OUTERMOST[0]
    if not _GLOBAL:
        with _GLOBAL_LOCK:
            if not _GLOBAL:
                _GLOBAL.append(Graph())
    return _GLOBAL[0]


@export("reset_default_graph", v2=())
def reset_default_graph() -> None:
    """Replaces the global default graph by an empty one.

    Raises:
      AssertionError: inside a `with graph.as_default()` block.
    """
    if _DEFAULTS.stack:
        raise AssertionError(
            "Do not use tf.reset_default_graph() to clear nested graphs. If you need a cleared "
            "graph, exit the nesting and create a new graph."
        )
    with _GLOBAL_LOCK:
        _GLOBAL[:] = []


# What a plain graph says of a value of eager execution.
NO_CAPTURE: Final = "Attempting to capture an EagerTensor without building a function."


def graph_from_inputs(values: Iterable[Any], graph: Graph | None = None) -> Graph:
    """The graph in which an operation on these inputs belongs.

    Raises:
      ValueError: the inputs are of different graphs.
    """
    default = get_default_graph()
    if default.building_function or default.executes:
        return default
    first: Any = None
    for value in values:
        if type(value) is Tensor:
            element: Any = value
        elif isinstance(value, (list, tuple)):
            graph_of_list = graph_from_inputs(value, graph)
            elements = [e for v in value if (e := _element(v)) is not None and not e.graph.executes]
            if graph is None and elements:
                first, graph = elements[0], graph_of_list
            continue
        else:
            element = _element(value)
            # A value belongs to no graph; that this one cannot take it in is said later.
            if element is None or element.graph.executes:
                continue
        if graph is None:
            first = element
            graph = element.graph
        elif element.graph is not graph:
            if first is None:
                raise ValueError(f"{element} is not from the passed-in graph.")
            raise ValueError(f"{element} must be from the same graph as {first}.")
    return graph or default


def _element(value: Any) -> Any:
    if isinstance(value, (Tensor, Operation)):
        return value
    convert = getattr(value, "_as_graph_element", None)
    if convert is not None:
        return convert()
    if hasattr(value, "graph") and hasattr(value, "dense_shape"):
        return value
    return None


@export("add_to_collection", v2=())
def add_to_collection(name: Any, value: Any) -> None:
    """Appends `value` to a collection of the default graph."""
    get_default_graph().add_to_collection(name, value)


@export("add_to_collections", v2=())
def add_to_collections(names: Any, value: Any) -> None:
    """Appends `value` to several collections of the default graph."""
    get_default_graph().add_to_collections(names, value)


@export("get_collection_ref", v2=())
def get_collection_ref(key: Any) -> list[Any]:
    """Returns a collection of the default graph itself."""
    return get_default_graph().get_collection_ref(key)


@export("get_collection", v2=())
def get_collection(key: Any, scope: str | None = None) -> list[Any]:
    """Returns a copy of a collection of the default graph; see `Graph.get_collection`."""
    return get_default_graph().get_collection(key, scope)


def get_all_collection_keys() -> list[str]:
    """Returns the keys of the collections of the default graph."""
    return get_default_graph().get_all_collection_keys()
