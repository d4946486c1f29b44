"""tf.TensorArray: an array of tensors that loops write to and read from.

The elements are a list, a variant tensor that the array's `flow` is; each change gives a new array
with another flow. Unless a program asked for functional control flow, the methods count as many
operations as those of TensorFlow 1's own arrays make (see core/numbering.py), and an array refuses
what those refuse: reading an element that was cleared, writing one twice (see `array_checks`).
In eager execution an array is of another kind (see `eager_tensor_array`).
"""

from __future__ import annotations

from typing import Any

from headrace._api.export import export
from headrace._src.core import constant_value, dtypes, numbering, scopes
from headrace._src.core import graph as graph_lib
from headrace._src.core.convert import convert_to_tensor
from headrace._src.core.operation import Operation
from headrace._src.core.shape import TensorShape, as_shape
from headrace._src.core.tensor import Tensor
from headrace._src.ops import _tensor_lists as lists
from headrace._src.ops import (
    array_checks,
    casts,
    constant,
    identity,
    sequences,
    tensor_list,
    tensor_list_concat,
    tensor_list_stack,
)
from headrace._src.ops import shapes as shape_ops


@export("TensorArray")
class TensorArray:
    """An array of tensors of one dtype, for use in loops.

    Nothing is changed in place: `write` and its kin return the array with the change, and only
    that one shows it. In eager execution they change the array itself, and return it.

    Args:
      dtype: the dtype of the elements.
      size: the number of elements, an int32 scalar; required without `flow`.
      dynamic_size: whether writing behind the end makes the array longer.
      clear_after_read: whether an element can be read once only; true unless false is given. A
        program that asked for functional control flow can read it again in any case.
      tensor_array_name: kept for programs that say it.
      handle: None: arrays are known by their flow.
      flow: the flow of an existing array, a variant tensor.
      infer_shape: whether all elements have the shape of the first one written.
      element_shape: the shape that every element fits.
      colocate_with_first_write_call: kept for programs that say it.
      name: the name of the node.

    Raises:
      ValueError: (build) not just one of `size` and `flow`, or `flow` with `element_shape`; a
        `handle` with a name, or at all.
      TypeError: (build) `handle` or `flow` is not what it should be.
    """

    _is_tensor_array = True
    # Whether elements that are read or written twice are refused where TensorFlow 1 does that.
    _may_keep_history = True

    def __init__(
        self,
        dtype: Any,
        size: Any = None,
        dynamic_size: bool | None = None,
        clear_after_read: bool | None = None,
        tensor_array_name: str | None = None,
        handle: Tensor | None = None,
        flow: Tensor | None = None,
        infer_shape: bool = True,
        element_shape: Any = None,
        colocate_with_first_write_call: bool = True,
        name: str | None = None,
    ) -> None:
        graph = graph_lib.get_default_graph()
        if graph.executes and type(self) is TensorArray and _has_no_list(flow):
            self._become_eager(
                dtype, size, dynamic_size, clear_after_read, handle, infer_shape, element_shape
            )
            return
        _check_handle(handle, tensor_array_name)
        if flow is not None and (not isinstance(flow, Tensor) or flow.dtype != dtypes.variant):
            raise TypeError("flow must be a variant tensor")
        if flow is None and size is None:
            raise ValueError("Size must be provided if flow is not provided")
        if flow is not None and size is not None:
            raise ValueError("Cannot provide both a flow and size at the same time")
        if flow is not None and element_shape is not None:
            raise ValueError("Cannot provide both a flow and element_shape at the same time")
        self._dynamic_size = dynamic_size or False
        self._dtype = dtypes.as_dtype(dtype).base_dtype
        # In a list, since arrays that only differ in their flow learn the shape from each other.
        self._shapes = [as_shape(element_shape)]
        self._infer_shape = infer_shape
        made_for = self._shapes[0].dims is not None
        known = made_for and (infer_shape or self._shapes[0].is_fully_defined())
        self._handle = _Handle(graph, known)
        self._description = ""
        self._keeps_history = (
            self._may_keep_history
            and flow is None
            and not graph.executes
            and numbering.for_bodies(graph) is not None
        )
        with scopes.name_scope(name, "TensorArrayV2", [size, flow]) as scope:
            if flow is None:
                shape = lists.element_shape_argument(element_shape)
                reserve = tensor_list.TensorListReserve
                if self._keeps_history:
                    reserve = array_checks.Reserve
                flow = reserve(shape, size, element_dtype=self._dtype, name=scope)
                self._handle.count(-1)
        if self._keeps_history:
            name = tensor_array_name or flow.op.name.replace("TensorArrayV2", "TensorArray")
            clears = clear_after_read is None or bool(clear_after_read)
            self._description = array_checks.described(
                name, self._dynamic_size, clears, infer_shape
            )
            flow.op.attrs["_array"] = self._description
            fixed = constant_value.constant_value(flow.op._inputs[1])
            if fixed is not None and not self._dynamic_size:
                self._handle.size = int(fixed)
        self._flow: Tensor = flow

    def _become_eager(self, *given: Any) -> None:
        """Makes this the kind of array that eager execution has.

        The class changes rather than a call of it making another: its signature stays that of
        `__init__`, and classes derived from it are left alone.
        """
        from headrace._src.ops.eager_tensor_array import EagerTensorArray

        self.__class__ = EagerTensorArray
        self._start(*given)

    def _with_flow(self, flow: Tensor) -> TensorArray:
        """The array with another flow."""
        array = TensorArray(self._dtype, flow=flow, infer_shape=self._infer_shape)
        array._dynamic_size = self._dynamic_size
        array._shapes = self._shapes
        array._handle = self._handle
        array._keeps_history = self._keeps_history
        array._description = self._description
        return array

    # -- what it is ----------------------------------------------------------------------------

    @property
    def flow(self) -> Tensor:
        """The variant `Tensor` that holds the elements."""
        return self._flow

    @property
    def dtype(self) -> dtypes.DType:
        """The dtype of the elements."""
        return self._dtype

    @property
    def handle(self) -> None:
        """None: arrays are known by their flow."""
        return None

    @property
    def element_shape(self) -> TensorShape:
        """What is known of the shape of the elements, a `TensorShape`."""
        return self._shapes[0]

    @property
    def dynamic_size(self) -> bool:
        """Whether writing behind the end makes the array longer."""
        return self._dynamic_size

    def size(self, name: str | None = None) -> Tensor:
        """Return the number of elements.

        Args:
          name: the name of the node.

        Returns:
          An int32 scalar.
        """
        self._handle.count(0)
        return tensor_list.tensor_list_length(self._flow, name=name)

    def identity(self) -> TensorArray:
        """Return an array with the same elements, whose flow passes through a node made here."""
        return self._with_flow(identity.identity(self._flow))

    def grad(self, source: str, flow: Any = None, name: str | None = None) -> Any:
        """Refused: gradients of lists need no array of their own.

        Raises:
          NotImplementedError: always.
        """
        raise NotImplementedError("TensorArray.grad: use tf.gradients; arrays are lists here")

    def close(self, name: str | None = None) -> Operation:
        """Return an operation that does nothing; elements are freed when nothing needs them."""
        return identity.no_op(name=name)

    # -- reading -------------------------------------------------------------------------------

    def read(self, index: Any, name: str | None = None) -> Tensor:
        """Return the element at a position.

        Args:
          index: int32 scalar.
          name: the name of the node.

        Returns:
          The element; zeros where none was written and the shape is known.

        Raises:
          errors.InvalidArgumentError: (run) no such position, nothing is known of an element that
            was never written, or the element was cleared when it was read before.
        """
        self._handle.count(-1)
        with scopes.name_scope(name, "TensorArrayV2Read", [self._flow, index]):
            if self._keeps_history:
                shape = lists.element_shape_argument(self.element_shape)
                return array_checks.GetItem(
                    self._flow, index, shape, element_dtype=self._dtype, name=name
                )
            return tensor_list.tensor_list_get_item(
                self._flow, index, self._dtype, self.element_shape, name=name
            )

    def stack(self, name: str | None = None) -> Tensor:
        """Return all elements as one tensor.

        Args:
          name: the name scope.

        Returns:
          Tensor `[size] + element shape`.

        Raises:
          errors.InvalidArgumentError: (run) the elements differ in shape.
        """
        self._handle.count(3)
        with scopes.name_scope(name, "TensorArrayV2Stack", [self._flow]):
            if self._keeps_history:
                shape = lists.element_shape_argument(self.element_shape)
                return array_checks.Stack(self._flow, shape, element_dtype=self._dtype)
            return tensor_list_stack.tensor_list_stack(
                self._flow, self._dtype, element_shape=self.element_shape
            )

    def gather(self, indices: Any, name: str | None = None) -> Tensor:
        """Return elements as one tensor.

        Args:
          indices: int32 vector of positions.
          name: the name of the node.

        Returns:
          Tensor `[number of indices] + element shape`.
        """
        self._handle.count(-1)
        if self._keeps_history:
            shape = lists.element_shape_argument(self.element_shape)
            rows = array_checks.Gather(
                self._flow, indices, shape, element_dtype=self._dtype, name=name
            )
            if rows.dims is not None and not self._handle.knows_shape:
                # TensorFlow 1's arrays look how many positions there are only where the array
                # was made for elements of a shape.
                rows.dims = (None, *rows.dims[1:])
            return rows
        return tensor_list_stack.tensor_list_gather(
            self._flow, indices, self._dtype, self.element_shape, name=name
        )

    def concat(self, name: str | None = None) -> Tensor:
        """Return all elements behind each other along their first dimension.

        Args:
          name: the name of the node.

        Returns:
          Tensor `[sum of first dimensions] + element shape[1:]`.
        """
        self._handle.count(-2)
        shape = self.element_shape
        inner = [None, *shape.dims[1:]] if shape else None
        if self._keeps_history:
            none = constant.constant([], dtypes.int64)
            argument = lists.element_shape_argument(inner)
            return array_checks.Concat(
                self._flow, argument, none, element_dtype=self._dtype, name=name
            )[0]
        return tensor_list_concat.tensor_list_concat(self._flow, self._dtype, inner, name=name)

    # -- writing -------------------------------------------------------------------------------

    def write(self, index: Any, value: Any, name: str | None = None) -> TensorArray:
        """Return the array with an element at a position.

        Args:
          index: int32 scalar.
          value: tensor of the array's dtype.
          name: the name of the node.

        Returns:
          The array to use from now on.

        Raises:
          ValueError: (build) the shape is not that of the elements.
          errors.InvalidArgumentError: (run) no such position, another shape, or the element was
            written or read before.
        """
        with scopes.name_scope(name, "TensorArrayV2Write", [self._flow, index, value]):
            value = self._converted(value)
            self._learn_shape(value.shape)
            flow = self._flow
            # Brought in first: what follows is not counted.
            here = graph_lib.get_default_graph()
            here.capture_inputs([flow, *([index] if isinstance(index, Tensor) else [])])
            before = _number()
            if self._dynamic_size:
                flow = tensor_list.grown(flow, index)
            self._handle.count(before - _number())
            if self._keeps_history:
                flow = array_checks.SetItem(flow, index, value, name=name)
            else:
                flow = tensor_list.tensor_list_set_item(flow, index, value, name=name)
            return self._with_flow(flow)

    def unstack(self, value: Any, name: str | None = None) -> TensorArray:
        """Return the array with the rows of a tensor as its elements.

        Args:
          value: tensor `[size] + element shape`.
          name: the name scope.

        Returns:
          The array to use from now on.

        Raises:
          ValueError: (build) the shape is not that of the elements.
        """
        self._handle.count(7)
        with scopes.name_scope(name, "TensorArrayUnstack", [self._flow, value]):
            before = _number()
            value = self._converted(value)
            # TensorFlow 1's arrays convert it twice.
            self._handle.count(_number() - before)
            self._learn_shape(value.shape[1:])
            if not self._keeps_history:
                flow = tensor_list_stack.tensor_list_from_tensor(value, value.shape[1:])
                return self._with_flow(flow)
            # The array keeps its length, which the rows need not fill.
            before = _number()
            rows = sequences.range_(shape_ops.shape(value)[0])
            # Lists made from tensors take a constant that this does not.
            self._handle.count(before - _number() + 1)
            return self._with_flow(array_checks.ScatterInto(self._flow, value, rows))

    def scatter(self, indices: Any, value: Any, name: str | None = None) -> TensorArray:
        """Return the array with the rows of a tensor at the given positions.

        Args:
          indices: int32 vector of positions.
          value: tensor `[number of indices] + element shape`.
          name: the name scope.

        Returns:
          The array to use from now on.

        Raises:
          ValueError: (build) the shape is not that of the elements.
        """
        self._handle.count(0)
        with scopes.name_scope(name, "TensorArrayScatter", [self._flow, value, indices]):
            value = self._converted(value)
            self._learn_shape(value.shape[1:])
            if self._keeps_history:
                flow = array_checks.ScatterInto(self._flow, value, indices)
            else:
                flow = tensor_list_stack.tensor_list_scatter(
                    value, indices, self.element_shape, input_handle=self._flow
                )
            return self._with_flow(flow)

    def split(self, value: Any, lengths: Any, name: str | None = None) -> TensorArray:
        """Return the array with consecutive parts of a tensor as its elements.

        Args:
          value: tensor `[sum of lengths] + element shape[1:]`.
          lengths: int32 vector of the lengths of the parts.
          name: the name of the node.

        Returns:
          The array to use from now on.

        Raises:
          ValueError: (build) the shape is not that of the elements.
          errors.InvalidArgumentError: (run) the lengths do not add up to that of `value`.
        """
        self._handle.count(-1)
        with scopes.name_scope(name, "TensorArraySplit", [self._flow, value, lengths]):
            if self._keeps_history:
                value = convert_to_tensor(value, dtype=self._dtype, name="value")
            else:
                value = self._converted(value)
            lengths = casts.cast(lengths, dtypes.int64)
            known = constant_value.constant_value(lengths)
            if value.dims is not None and known is not None and known.size:
                if known.max() == known.min():
                    first = TensorShape([int(known.reshape(-1)[0])])
                    self._learn_shape(first.concatenate(value.shape[1:]))
            if self._keeps_history:
                shape = lists.element_shape_argument(self.element_shape)
                flow = array_checks.Split(value, shape, lengths, name=name)
                flow.op.attrs["_array"] = self._description
                flow.op.attrs["_array_size"] = self._handle.size
            else:
                flow = tensor_list_concat.tensor_list_split(
                    value, self.element_shape, lengths, name=name
                )
            return self._with_flow(flow)

    def _converted(self, value: Any) -> Tensor:
        tensor = convert_to_tensor(value, preferred_dtype=self._dtype, name="value")
        if tensor.dtype != self._dtype:
            from headrace._src.platform import logging

            # As in 1.15 this is an error when it runs, not when it is built.
            logging.error(
                "A value of dtype %s is written to a TensorArray of dtype %s: %s",
                tensor.dtype.name,
                self._dtype.name,
                tensor,
            )
        return tensor

    def _learn_shape(self, shape: TensorShape) -> None:
        """Checks the shape of a new element, and remembers it when all are to have it.

        Raises:
          ValueError: it does not fit.
        """
        if not shape.is_compatible_with(self.element_shape):
            raise ValueError(f"Inconsistent shapes: saw {shape} but expected {self.element_shape} ")
        if self._infer_shape:
            self._shapes[0] = self.element_shape.merge_with(shape)


class PlainArray(TensorArray):
    """An array of which its maker knows that no element is read or written twice."""

    _may_keep_history = False


def build_ta_with_new_flow(old_ta: TensorArray, flow: Tensor) -> TensorArray:
    """The array with another flow; TensorFlow's inner name for it."""
    return old_ta._with_flow(flow)


class _Handle:
    """What TensorFlow 1's own arrays are known by; bodies that use one bring it in from outside.

    Attributes:
      knows_shape: whether the array was made for elements of a shape.
      size: how many elements the array has; -1 where it grows or nobody knows before it runs.
    """

    size = -1

    def __init__(self, home: graph_lib.Graph, knows_shape: bool) -> None:
        self._home = home
        self.knows_shape = knows_shape

    def count(self, difference: int) -> None:
        """Counts how many more operations TensorFlow 1's own arrays make here than lists."""
        present = graph_lib.get_default_graph()
        inside = []
        graph: Any = present
        while graph is not None and graph is not self._home:
            if graph.numbering is not None:
                inside.append(graph.numbering)
            graph = graph.outer_graph
        for body in reversed(inside):
            body.note_capture(self)
        if difference:
            numbering.skip(present, difference)


def _number() -> int:
    """The number of operations counted so far."""
    graph = graph_lib.get_default_graph()
    return graph._last_id if graph.numbering is None else graph.numbering.root._last_id


def _has_no_list(flow: Any) -> bool:
    """Whether a flow is none that holds elements: functions return arrays as such flows."""
    return flow is None or flow.dtype != dtypes.variant


def _check_handle(handle: Any, tensor_array_name: str | None) -> None:
    """Refuses handles.

    Raises:
      ValueError: there is one.
      TypeError: it is no tensor either.
    """
    if handle is None:
        return
    if tensor_array_name:
        raise ValueError("Cannot construct with both handle and tensor_array_name")
    if not isinstance(handle, Tensor):
        raise TypeError("Handle must be a Tensor")
    raise ValueError(
        f"A TensorArray cannot be made from the handle {handle.name}: arrays are lists here, made "
        "from their flow"
    )


__all__ = ["PlainArray", "TensorArray", "build_ta_with_new_flow"]
