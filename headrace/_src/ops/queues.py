"""Queue operations and the classes that make them: FIFOQueue and its kin."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

import numpy as np

from headrace._api.export import export
from headrace._src.core import attrs as A
from headrace._src.core import constant_value, convert, dims, random_seed, scopes
from headrace._src.core import dtypes as dtypes_lib
from headrace._src.core.opspec import OpSpec, op
from headrace._src.core.shape import TensorShape
from headrace._src.core.tensor import Tensor
from headrace._src.engine import queues as host

_NO_GRADIENT = "a queue keeps values between runs"


def _queue_op(op_type: str, types_minimum: int = 1, **extra: Any) -> OpSpec:
    """Declares an op that gives the handle of a queue."""
    required = op_type == "PriorityQueueV2"
    shapes = A.shapes(minimum=0) if required else A.shapes(default=(), minimum=0)
    types = (
        A.dtypes(default=()) if op_type == "PriorityQueueV2" else A.dtypes(minimum=types_minimum)
    )
    spec = op(
        op_type,
        "-> handle: resource",
        component_types=types,
        shapes=shapes,
        capacity=A.integer(default=-1),
        **extra,
        container=A.text(default=""),
        shared_name=A.text(default=""),
        stateful=True,
        handle=True,
        host_only=True,
    )
    spec.shape(lambda s: ())
    spec.no_gradient(_NO_GRADIENT, undefined=True)
    return spec


def _name(k: Any) -> str:
    return k.op.attrs["shared_name"] or host.private_name(k.op.name)


def _make(k: Any, kind: type, **attrs: Any) -> Any:
    return k.resource(
        lambda: kind(_name(k), attrs["capacity"], attrs["component_types"], attrs["shapes"])
    )


# -- FIFOQueueV2 -----------------------------------------------------------------------------------
FIFOQueueV2 = _queue_op("FIFOQueueV2")


@FIFOQueueV2.kernel
def _kernel_fifo_queue(k: Any, *, capacity: int, component_types: Any, shapes: Any) -> Any:
    return _make(
        k, host.HostQueue, capacity=capacity, component_types=component_types, shapes=shapes
    )


# -- PaddingFIFOQueueV2 ----------------------------------------------------------------------------
PaddingFIFOQueueV2 = _queue_op("PaddingFIFOQueueV2")


@PaddingFIFOQueueV2.kernel
def _kernel_padding_queue(k: Any, *, capacity: int, component_types: Any, shapes: Any) -> Any:
    return _make(
        k, host.PaddingQueue, capacity=capacity, component_types=component_types, shapes=shapes
    )


# -- PriorityQueueV2 -------------------------------------------------------------------------------
PriorityQueueV2 = _queue_op("PriorityQueueV2")


@PriorityQueueV2.kernel
def _kernel_priority_queue(k: Any, *, capacity: int, component_types: Any, shapes: Any) -> Any:
    return _make(
        k,
        host.PriorityQueue,
        capacity=capacity,
        component_types=(dtypes_lib.int64, *component_types),
        shapes=((), *shapes) if shapes else (),
    )


# -- RandomShuffleQueueV2 --------------------------------------------------------------------------
RandomShuffleQueueV2 = _queue_op(
    "RandomShuffleQueueV2",
    min_after_dequeue=A.integer(default=0),
    seed=A.integer(default=0),
    seed2=A.integer(default=0),
)


@RandomShuffleQueueV2.kernel
def _kernel_shuffle_queue(
    k: Any,
    *,
    capacity: int,
    component_types: Any,
    shapes: Any,
    min_after_dequeue: int,
    seed: int,
    seed2: int,
) -> Any:
    return k.resource(
        lambda: host.ShuffleQueue(
            _name(k), capacity, component_types, shapes, min_after_dequeue, (seed, seed2)
        )
    )


def _call_op(op_type: str, signature: str, blocking: bool = True, **attrs: Any) -> OpSpec:
    """Declares an op that takes the handle of a queue."""
    spec = op(op_type, signature, stateful=True, host_only=True, blocking=blocking, **attrs)
    spec.no_gradient(_NO_GRADIENT, undefined=True)
    return spec


# -- QueueEnqueueV2 --------------------------------------------------------------------------------
QueueEnqueueV2 = _call_op(
    "QueueEnqueueV2",
    "handle: resource, components: list:Tcomponents ->",
    Tcomponents=A.dtypes(minimum=1),
    timeout_ms=A.integer(default=-1),
)


@QueueEnqueueV2.shape
def _shape_nothing(s: Any, handle: Any, *rest: Any) -> Any:
    return []


@QueueEnqueueV2.kernel
def _kernel_enqueue(k: Any, handle: Any, components: Any) -> None:
    handle.enqueue([tuple([k.own(np.asarray(c)) for c in components])], k.run)


# -- QueueEnqueueManyV2 ----------------------------------------------------------------------------
QueueEnqueueManyV2 = _call_op(
    "QueueEnqueueManyV2",
    "handle: resource, components: list:Tcomponents ->",
    Tcomponents=A.dtypes(minimum=1),
    timeout_ms=A.integer(default=-1),
)
QueueEnqueueManyV2.shape(_shape_nothing)


def _row(array: Any, i: int) -> Any:
    """A copy of one row; strings stay object arrays."""
    return array[i : i + 1].reshape(array.shape[1:]).copy()


@QueueEnqueueManyV2.kernel
def _kernel_enqueue_many(k: Any, handle: Any, components: Any) -> None:
    handle.check_rows(components)
    count = len(components[0])
    handle.enqueue([tuple([_row(c, i) for c in components]) for i in range(count)], k.run)


# -- QueueDequeueV2 --------------------------------------------------------------------------------
QueueDequeueV2 = _call_op(
    "QueueDequeueV2",
    "handle: resource -> components: list:component_types",
    component_types=A.dtypes(minimum=1),
    timeout_ms=A.integer(default=-1),
)


@QueueDequeueV2.shape
def _shape_dequeue(s: Any, handle: Any, *, component_types: Any) -> Any:
    return [None] * len(component_types)


@QueueDequeueV2.kernel
def _kernel_dequeue(k: Any, handle: Any) -> Any:
    return list(handle.dequeue(1, k.run)[0])


# -- QueueDequeueManyV2 ----------------------------------------------------------------------------
QueueDequeueManyV2 = _call_op(
    "QueueDequeueManyV2",
    "handle: resource, n: int32 -> components: list:component_types",
    component_types=A.dtypes(minimum=1),
    timeout_ms=A.integer(default=-1),
)


def _shape_dequeue_many(s: Any, handle: Any, n: Any, *, component_types: Any) -> Any:
    return [None] * len(component_types)


def _check_count(n: Any, method: str) -> int:
    from headrace._src.core import errors

    if n < 0:
        raise errors.InvalidArgumentError(None, None, f"{method} requested {int(n)} < 0 elements")
    return int(n)


QueueDequeueManyV2.shape(_shape_dequeue_many)


@QueueDequeueManyV2.kernel
def _kernel_dequeue_many(k: Any, handle: Any, n: Any) -> Any:
    handle.check_batchable("DequeueMany")
    count = _check_count(n, "DequeueManyOp")
    return handle.stacked(handle.dequeue(count, k.run))


# -- QueueDequeueUpToV2 ----------------------------------------------------------------------------
QueueDequeueUpToV2 = _call_op(
    "QueueDequeueUpToV2",
    "handle: resource, n: int32 -> components: list:component_types",
    component_types=A.dtypes(minimum=1),
    timeout_ms=A.integer(default=-1),
)
QueueDequeueUpToV2.shape(_shape_dequeue_many)


@QueueDequeueUpToV2.kernel
def _kernel_dequeue_up_to(k: Any, handle: Any, n: Any) -> Any:
    handle.check_batchable("DequeueUpTo")
    count = _check_count(n, "DequeueUpToOp")
    return handle.stacked(handle.dequeue(count, k.run, up_to=True))


# -- QueueCloseV2 ----------------------------------------------------------------------------------
QueueCloseV2 = _call_op(
    "QueueCloseV2",
    "handle: resource ->",
    blocking=False,
    cancel_pending_enqueues=A.boolean(default=False),
)
QueueCloseV2.shape(_shape_nothing)


@QueueCloseV2.kernel
def _kernel_close(k: Any, handle: Any, *, cancel_pending_enqueues: bool) -> None:
    handle.close(cancel_pending_enqueues)


# -- QueueIsClosedV2 -------------------------------------------------------------------------------
QueueIsClosedV2 = _call_op("QueueIsClosedV2", "handle: resource -> is_closed: bool", False)
QueueIsClosedV2.shape(lambda s, handle: ())


@QueueIsClosedV2.kernel
def _kernel_is_closed(k: Any, handle: Any) -> Any:
    return np.bool_(handle.closed)


# -- QueueSizeV2 -----------------------------------------------------------------------------------
QueueSizeV2 = _call_op("QueueSizeV2", "handle: resource -> size: int32", False)
QueueSizeV2.shape(lambda s, handle: ())


@QueueSizeV2.kernel
def _kernel_size(k: Any, handle: Any) -> Any:
    return np.int32(handle.size())


# -- classes ---------------------------------------------------------------------------------------


def _type_list(types: Any) -> list[Any]:
    if not isinstance(types, (list, tuple)):
        types = [types]
    return [dtypes_lib.as_dtype(t) for t in types]


def _shape_list(
    shapes: Any, types: list[Any], unknown_dim: bool = False, unknown_rank: bool = False
) -> Any:
    if shapes is None:
        return None
    if isinstance(shapes, TensorShape):
        shapes = [shapes]
    if not isinstance(shapes, (tuple, list)):
        raise TypeError(
            f"shapes must be a TensorShape or a list or tuple of TensorShapes, got {shapes}."
        )
    if all(s is None or isinstance(s, int) for s in shapes):
        shapes = [shapes]
    result = [dims.from_any(s) for s in shapes]
    if not unknown_dim and any(s is None or None in s for s in result):
        raise ValueError(
            f"All shapes must be fully defined: {[TensorShape._from_dims(s) for s in result]}"
        )
    if not unknown_rank and any(s is None for s in result):
        raise ValueError(
            f"All shapes must have a defined rank: {[TensorShape._from_dims(s) for s in result]}"
        )
    return result


def _name_list(names: Any, types: list[Any]) -> list[str] | None:
    if names is None:
        return None
    if not isinstance(names, (list, tuple)):
        names = [names]
    if len(names) != len(types):
        raise ValueError("List of names must have the same length as the list of dtypes")
    return list(names)


@export("queue.QueueBase", "QueueBase", "io.QueueBase", v2=("queue.QueueBase",))
class QueueBase:
    """A queue of tuples of tensors; the base of the queue classes.

    Args:
      dtypes: the dtypes of the components.
      shapes: the shapes of the components, or None.
      names: the names of the components, or None.
      queue_ref: the handle, a resource tensor.
    """

    def __init__(self, dtypes: Any, shapes: Any, names: Any, queue_ref: Any) -> None:
        self._dtypes = dtypes
        if shapes is not None and len(shapes) != len(dtypes):
            raise ValueError("Queue shapes must have the same length as dtypes")
        if names is not None and len(names) != len(dtypes):
            raise ValueError("Queue names must have the same length as dtypes")
        self._shapes = [
            TensorShape(None) if s is None else TensorShape(s)
            for s in (shapes if shapes is not None else [None] * len(dtypes))
        ]
        self._names = names
        self._queue_ref = queue_ref
        self._name = queue_ref.op.name.split("/")[-1]

    @property
    def queue_ref(self) -> Tensor:
        """The handle of the queue."""
        return self._queue_ref  # type: ignore[no-any-return]

    @property
    def name(self) -> str:
        """The name of the queue's operation."""
        return self._queue_ref.op.name  # type: ignore[no-any-return]

    @property
    def dtypes(self) -> Any:
        """The dtypes of the components."""
        return self._dtypes

    @property
    def shapes(self) -> Any:
        """The shapes of the components."""
        return self._shapes

    @property
    def names(self) -> Any:
        """The names of the components, or None."""
        return self._names

    @staticmethod
    def from_list(index: Any, queues: Any) -> QueueBase:
        """Returns the queue of a list that a tensor names.

        Raises:
          TypeError: `queues` is no list of queues, or they differ in dtypes or names.
        """
        if (
            not queues
            or not isinstance(queues, list)
            or not all(isinstance(q, QueueBase) for q in queues)
        ):
            raise TypeError("A list of queues expected")
        if not all(queues[0].dtypes == q.dtypes for q in queues[1:]):
            raise TypeError("Queues do not have matching component dtypes.")
        if not all(queues[0].names == q.names for q in queues[1:]):
            raise TypeError("Queues do not have matching component names.")
        from headrace._src.ops import concat, gather

        shapes = [
            a[0] if all(x == a[0] for x in a) else TensorShape(None)
            for a in zip(*[q.shapes for q in queues], strict=True)
        ]
        refs = concat.stack([q.queue_ref for q in queues])
        return QueueBase(queues[0].dtypes, shapes, queues[0].names, gather.gather(refs, index))

    def _components(self, vals: Any) -> list[Tensor]:
        if isinstance(vals, dict):
            if not self._names:
                raise ValueError("Queue must have names to enqueue a dictionary")
            if sorted(self._names, key=str) != sorted(vals, key=str):
                raise ValueError(
                    "Keys in dictionary to enqueue do not match names of Queue.  Dictionary: "
                    f"({sorted(vals)}), Queue: ({sorted(self._names)})"
                )
            vals = [vals[k] for k in self._names]
        else:
            if self._names:
                raise ValueError("You must enqueue a dictionary in a Queue with names")
            if not isinstance(vals, (list, tuple)):
                vals = [vals]
        return [
            convert.convert_to_tensor(v, dtype=t, name=f"component_{i}")
            for i, (v, t) in enumerate(zip(vals, self._dtypes, strict=False))
        ]

    @staticmethod
    def _listed(vals: Any) -> list[Any]:
        if isinstance(vals, dict):
            return list(vals.values())
        return list(vals) if isinstance(vals, (list, tuple)) else [vals]

    def enqueue(self, vals: Any, name: str | None = None) -> Any:
        """Returns an operation that adds one element, waiting while the queue is full.

        Args:
          vals: a tensor, a list of tensors, or a dict when the queue has names.
          name: the name of the operation.

        Raises:
          CancelledError: (run) the queue is closed.
        """
        with scopes.name_scope(name, f"{self._name}_enqueue", self._listed(vals)) as scope:
            tensors = self._components(vals)
            for t, shape in zip(tensors, self._shapes, strict=False):
                t.get_shape().assert_is_compatible_with(shape)
            return QueueEnqueueV2(self._queue_ref, tensors, name=scope)

    def enqueue_many(self, vals: Any, name: str | None = None) -> Any:
        """Returns an operation that adds one element for each row of the tensors.

        Args:
          vals: as for `enqueue`, each with one more dimension in front.
          name: the name of the operation.
        """
        with scopes.name_scope(name, f"{self._name}_EnqueueMany", self._listed(vals)) as scope:
            tensors = self._components(vals)
            batch = tensors[0].get_shape().with_rank_at_least(1)[0]
            for t, shape in zip(tensors, self._shapes, strict=False):
                batch = batch.merge_with(t.get_shape().with_rank_at_least(1)[0])
                t.get_shape()[1:].assert_is_compatible_with(shape)
            return QueueEnqueueManyV2(self._queue_ref, tensors, name=scope)

    def _result(self, tensors: list[Tensor], shape_of: Callable[[Any], Any]) -> Any:
        for t, shape in zip(tensors, self._shapes, strict=True):
            t.set_shape(shape_of(shape))
        if self._names:
            return dict(zip(self._names, tensors, strict=True))
        return tensors[0] if len(tensors) == 1 else tensors

    def dequeue(self, name: str | None = None) -> Any:
        """Takes one element, waiting until there is one.

        Returns:
          A tensor, a list of tensors, or a dict when the queue has names.

        Raises:
          OutOfRangeError: (run) the queue is closed and empty.
        """
        tensors = QueueDequeueV2(
            self._queue_ref, component_types=self._dtypes, name=name or f"{self._name}_Dequeue"
        )
        return self._result(tensors, lambda shape: shape)

    def dequeue_many(self, n: Any, name: str | None = None) -> Any:
        """Takes `n` elements, stacked along a new first dimension.

        Raises:
          OutOfRangeError: (run) the queue is closed and holds fewer.
        """
        tensors = QueueDequeueManyV2(
            self._queue_ref,
            n,
            component_types=self._dtypes,
            name=name or f"{self._name}_DequeueMany",
        )
        executed = tensors[0].op.graph.executes
        count = convert.convert_to_tensor(n) if executed else tensors[0].op.inputs[1]
        value = constant_value.constant_value(count)
        batch = None if value is None else int(value)
        return self._result(tensors, lambda shape: TensorShape([batch]).concatenate(shape))

    def dequeue_up_to(self, n: Any, name: str | None = None) -> Any:
        """Takes `n` elements, or what is left of a closed queue."""
        tensors = QueueDequeueUpToV2(
            self._queue_ref,
            n,
            component_types=self._dtypes,
            name=name or f"{self._name}_DequeueUpTo",
        )
        return self._result(tensors, lambda shape: TensorShape([None]).concatenate(shape))

    def close(self, cancel_pending_enqueues: bool = False, name: str | None = None) -> Any:
        """Returns an operation that closes the queue; it can still be emptied.

        Args:
          cancel_pending_enqueues: whether waiting enqueues fail.
          name: the name of the operation.
        """
        return QueueCloseV2(
            self._queue_ref,
            cancel_pending_enqueues=cancel_pending_enqueues,
            name=name or f"{self._name}_Close",
        )

    def is_closed(self, name: str | None = None) -> Tensor:
        """Returns whether the queue is closed, a bool tensor."""
        return QueueIsClosedV2(self._queue_ref, name=name or f"{self._name}_Is_Closed")  # type: ignore[no-any-return]

    def size(self, name: str | None = None) -> Tensor:
        """Returns the number of elements, an int32 tensor."""
        return QueueSizeV2(self._queue_ref, name=name or f"{self._name}_Size")  # type: ignore[no-any-return]


@export("queue.FIFOQueue", "FIFOQueue", v2=("queue.FIFOQueue",))
class FIFOQueue(QueueBase):
    """A first-in, first-out queue.

    Args:
      capacity: the number of elements it holds at the most; no limit when negative.
      dtypes: the dtypes of the components.
      shapes: their shapes, needed for `dequeue_many`.
      names: their names, to enqueue and dequeue dicts.
      shared_name: the name under which sessions of one server share it.
      name: the name of the operation.
    """

    def __init__(
        self,
        capacity: int,
        dtypes: Any,
        shapes: Any = None,
        names: Any = None,
        shared_name: str | None = None,
        name: str = "fifo_queue",
    ) -> None:
        types = _type_list(dtypes)
        shapes = _shape_list(shapes, types)
        names = _name_list(names, types)
        ref = FIFOQueueV2(
            component_types=types,
            shapes=shapes,
            capacity=capacity,
            shared_name=shared_name,
            name=name,
        )
        super().__init__(types, shapes, names, ref)


@export(
    "queue.PaddingFIFOQueue",
    "io.PaddingFIFOQueue",
    "PaddingFIFOQueue",
    v2=("queue.PaddingFIFOQueue",),
)
class PaddingFIFOQueue(QueueBase):
    """A first-in, first-out queue that pads the elements of a batch to one shape.

    Args:
      capacity: the number of elements it holds at the most.
      dtypes: the dtypes of the components.
      shapes: their shapes; unknown dimensions are padded.
      names: their names, to enqueue and dequeue dicts.
      shared_name: the name under which sessions of one server share it.
      name: the name of the operation.
    """

    def __init__(
        self,
        capacity: int,
        dtypes: Any,
        shapes: Any,
        names: Any = None,
        shared_name: str | None = None,
        name: str = "padding_fifo_queue",
    ) -> None:
        types = _type_list(dtypes)
        shapes = _shape_list(shapes, types, unknown_dim=True)
        names = _name_list(names, types)
        if len(types) != len(shapes):
            raise ValueError(
                f"Shapes must be provided for all components, but received {len(types)} dtypes "
                f"and {len(shapes)} shapes."
            )
        ref = PaddingFIFOQueueV2(
            component_types=types,
            shapes=shapes,
            capacity=capacity,
            shared_name=shared_name,
            name=name,
        )
        super().__init__(types, shapes, names, ref)


@export("queue.PriorityQueue", "io.PriorityQueue", "PriorityQueue", v2=("queue.PriorityQueue",))
class PriorityQueue(QueueBase):
    """A queue that gives elements in the order of their priority, an int64 first component.

    Args:
      capacity: the number of elements it holds at the most.
      types: the dtypes of the components after the priority.
      shapes: their shapes.
      names: names of all components, to enqueue and dequeue dicts.
      shared_name: the name under which sessions of one server share it.
      name: the name of the operation.
    """

    def __init__(
        self,
        capacity: int,
        types: Any,
        shapes: Any = None,
        names: Any = None,
        shared_name: str | None = None,
        name: str = "priority_queue",
    ) -> None:
        types = _type_list(types)
        shapes = _shape_list(shapes, types)
        ref = PriorityQueueV2(
            component_types=types,
            shapes=shapes or (),
            capacity=capacity,
            shared_name=shared_name,
            name=name,
        )
        all_shapes = [(), *shapes] if shapes else None
        super().__init__([dtypes_lib.int64, *types], all_shapes, names, ref)


@export(
    "queue.RandomShuffleQueue",
    "io.RandomShuffleQueue",
    "RandomShuffleQueue",
    v2=("queue.RandomShuffleQueue",),
)
class RandomShuffleQueue(QueueBase):
    """A queue that gives a random one of its elements.

    Args:
      capacity: the number of elements it holds at the most.
      min_after_dequeue: how many elements stay in an open queue.
      dtypes: the dtypes of the components.
      shapes: their shapes, needed for `dequeue_many`.
      names: their names, to enqueue and dequeue dicts.
      seed: the operation's random seed.
      shared_name: the name under which sessions of one server share it.
      name: the name of the operation.
    """

    def __init__(
        self,
        capacity: int,
        min_after_dequeue: int,
        dtypes: Any,
        shapes: Any = None,
        names: Any = None,
        seed: Any = None,
        shared_name: str | None = None,
        name: str = "random_shuffle_queue",
    ) -> None:
        types = _type_list(dtypes)
        shapes = _shape_list(shapes, types)
        names = _name_list(names, types)
        seed1, seed2 = random_seed.get_seed(seed)
        if seed1 is None and seed2 is None:
            seed1, seed2 = 0, 0
        elif seed is None and shared_name is not None:
            text = (str(seed1) + shared_name).encode("utf-8")
            seed2 = int(hashlib.md5(text).hexdigest()[:8], 16) & 0x7FFFFFFF
        ref = RandomShuffleQueueV2(
            component_types=types,
            shapes=shapes,
            capacity=capacity,
            min_after_dequeue=min_after_dequeue,
            seed=seed1,
            seed2=seed2,
            shared_name=shared_name,
            name=name,
        )
        super().__init__(types, shapes, names, ref)
