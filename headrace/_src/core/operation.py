"""Operation: a node of a graph."""

from __future__ import annotations

from collections.abc import Sequence
from types import CodeType
from typing import TYPE_CHECKING, Any

from headrace._api.export import export
from headrace._src.core import device as device_lib
from headrace._src.core import origin as origin_lib
from headrace._src.core.attrs import FuncRef
from headrace._src.core.dtypes import DType
from headrace._src.core.tensor import Tensor

if TYPE_CHECKING:
    from headrace._src.core.graph import Graph
    from headrace._src.core.opspec import OpSpec


@export("Operation")
class Operation:
    """A node of a `Graph`: it takes tensors and produces tensors.

    Attributes:
      graph: the `Graph` that contains the operation.
      name: its unique name.
      type: its op type, such as `MatMul`.
      inputs: the input tensors.
      control_inputs: the operations that run before it without giving it data.
      outputs: the output tensors.
      device: the requested device, or an empty string.
      attrs: attr name → value in the internal form; `get_attr` gives the public form.
      spec: the `OpSpec` of its type.
      origin: the user's frame that made it, or None.
    """

    __slots__ = (
        "__dict__",
        "__weakref__",
        "_code",
        "_control_inputs",
        "_control_outputs",
        "_device",
        "_early",
        "_id",
        "_inputs",
        "_line",
        "attrs",
        "graph",
        "name",
        "outputs",
        "spec",
        "type",
    )

    def __init__(
        self,
        graph: Graph,
        spec: OpSpec,
        name: str,
        inputs: list[Tensor],
        control_inputs: Sequence[Operation],
        attrs: dict[str, Any],
    ) -> None:
        self.graph = graph
        self.spec = spec
        self.type = spec.type
        self.name = name
        self._inputs = inputs
        self._control_inputs = control_inputs
        self._control_outputs: list[Operation] | None = None
        self.attrs = attrs
        self._device = ""
        self._id = 0
        # Whether it is executed as soon as it can be, before operations made earlier.
        self._early = False
        self._code: CodeType | None = None
        self._line = 0
        self.outputs: list[Tensor] = []

    # -- what it is ----------------------------------------------------------------------------

    @property
    def inputs(self) -> tuple[Tensor, ...]:
        """The input tensors, in order."""
        return tuple(self._inputs)

    @property
    def control_inputs(self) -> list[Operation]:
        """The operations that must run before this one."""
        return list(self._control_inputs)

    @property
    def device(self) -> str:
        """The requested device, or an empty string."""
        return self._device

    @property
    def origin(self) -> origin_lib.Origin | None:
        """The user's frame that made the operation, or None."""
        return origin_lib.of(self._code, self._line)

    @property
    def has_effects(self) -> bool:
        """Whether executing it changes something; of a call, whether the functions called do."""
        if self.spec.calls_functions:
            return any(f.graph.has_effects for f in self.functions)
        return self.spec.has_effects

    @property
    def functions(self) -> list[FuncRef]:
        """The function bodies that it may call."""
        found = list(self.spec.functions)
        for value in self.attrs.values():
            if isinstance(value, FuncRef):
                found.append(value)
            elif isinstance(value, tuple):
                found += [v for v in value if isinstance(v, FuncRef)]
        return found

    @property
    def called(self) -> list[FuncRef]:
        """The function bodies that its kernel calls: those that it names, or made from these."""
        found = self.spec.called
        return self.functions if found is None else found(self)

    def values(self) -> tuple[Tensor, ...]:
        """Returns the outputs as a tuple."""
        return tuple(self.outputs)

    @property
    def op_def(self) -> Any:
        """The `OpDef` of the op type, a protocol buffer."""
        from headrace._src.proto import graph_export

        return graph_export.op_def(self.spec)

    @property
    def node_def(self) -> Any:
        """The operation as a `NodeDef` protocol buffer."""
        from headrace._src.proto import graph_export

        return graph_export.node_def(self)

    @property
    def traceback(self) -> list[tuple[str, int, str, str]]:
        """The user's frame that made the operation: (file, line, function, text)."""
        o = self.origin
        return [] if o is None else [(o.filename, o.line, o.function, o.text)]

    def get_attr(self, name: str) -> Any:
        """Returns the value of an attr as 1.15 does: bytes for strings, protocol buffers for
        shapes, tensors and functions.

        Raises:
          ValueError: the operation has no such attr.
        """
        if name not in self.attrs:
            raise ValueError(f"Operation '{self.name}' has no attr named '{name}'.")
        value = self.attrs[name]
        if value is None or type(value) in (int, float, bool) or isinstance(value, DType):
            spec = self.spec.attrs.get(name)
            if value is not None or spec is None or spec.kind != "shape":
                return value
        if isinstance(value, str):
            return value.encode("utf-8")
        if isinstance(value, bytes):
            return value
        if isinstance(value, tuple) and value and isinstance(value[0], (int, float, DType)):
            spec = self.spec.attrs.get(name)
            if spec is None or spec.is_list:
                return list(value)
        from headrace._src.proto import graph_export

        return graph_export.public_attr(self, name)

    def colocation_groups(self) -> list[bytes]:
        """Returns the colocation groups, `loc:@<op name>` each; the op's own when it has none."""
        groups = [g if isinstance(g, bytes) else g.encode() for g in self.attrs.get("_class", ())]
        return [g for g in groups if g.startswith(b"loc:@")] or [b"loc:@" + self.name.encode()]

    def run(self, feed_dict: Any = None, session: Any = None) -> None:
        """Runs the operation in a session.

        Args:
          feed_dict: tensor → value, see `Session.run`.
          session: the `Session`; the default session when left out.

        Raises:
          ValueError: there is no session, or it has another graph.
        """
        from headrace._src.core import default_session

        default_session.run_in(self, feed_dict, self.graph, session, "run")

    # -- changing it ---------------------------------------------------------------------------

    def _set_device(self, device: Any) -> None:
        self._device = device_lib.to_text(device)

    def _set_attr(self, name: str, value: Any) -> None:
        if hasattr(value, "WhichOneof"):
            from headrace._src.proto import graph_export

            value = graph_export.internal_attr(value)
        self.attrs[name] = value

    def _clear_attr(self, name: str) -> None:
        self.attrs.pop(name, None)

    def _add_control_input(self, op: Operation) -> None:
        self._add_control_inputs([op])

    def _add_control_inputs(self, ops: list[Operation]) -> None:
        for op in ops:
            if not isinstance(op, Operation):
                raise TypeError(f"op must be an Operation: {op}")
            if op.graph is not self.graph:
                raise ValueError(f"{op} must be from the same graph as {self}.")
            if op not in self._control_inputs:
                self._control_inputs = [*self._control_inputs, op]
                op._note_control_output(self)
        self.graph._mutations += 1

    def _remove_all_control_inputs(self) -> None:
        for op in self._control_inputs:
            if op._control_outputs and self in op._control_outputs:
                op._control_outputs.remove(self)
        self._control_inputs = ()
        self.graph._mutations += 1

    def _note_control_output(self, op: Operation) -> None:
        if self._control_outputs is None:
            self._control_outputs = []
        self._control_outputs.append(op)

    def _update_input(self, index: int, tensor: Tensor) -> None:
        if not isinstance(tensor, Tensor):
            raise TypeError(f"tensor must be a Tensor: {tensor}")
        if tensor.graph is not self.graph:
            raise ValueError(f"{tensor} must be from the same graph as {self}.")
        old = self._inputs[index]
        self._inputs[index] = tensor
        if old not in self._inputs and old._consumers:
            old._consumers.remove(self)
        if tensor._consumers is None:
            tensor._consumers = [self]
        elif self not in tensor._consumers:
            tensor._consumers.append(self)
        self.graph._mutations += 1

    def _add_inputs(self, tensors: Sequence[Tensor]) -> None:
        """Appends inputs; the caller keeps the attrs true."""
        for t in tensors:
            if t.graph is not self.graph:
                raise ValueError(f"{t} must be from the same graph as {self}.")
            self._inputs.append(t)
            if t._consumers is None:
                t._consumers = [self]
            elif self not in t._consumers:
                t._consumers.append(self)
        self.graph._mutations += 1

    def _add_outputs(self, like: Sequence[Tensor]) -> None:
        """Appends outputs of the dtypes and static shapes of `like`; the caller sets the attrs."""
        for t in like:
            out = Tensor(self, len(self.outputs), t.dtype.base_dtype)
            out.dims, out.handle_data = t.dims, t.handle_data
            self.outputs.append(out)
        self.graph._mutations += 1

    def _as_graph_element(self) -> Operation:
        return self

    def __str__(self) -> str:
        from google.protobuf import text_format

        # Its attrs come sorted, unlike those of `str`.
        return str(text_format.MessageToString(self.node_def))

    def __repr__(self) -> str:
        return f"<tf.Operation '{self.name}' type={self.type}>"
