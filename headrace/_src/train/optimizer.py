"""`tf.train.Optimizer`: from a loss to the operation that updates variables.

State of an optimizer: `_slots`, slot name → key of the variable (`_key`) → slot variable;
`_non_slot_dict`, (name, graph) → variable that
belongs to no variable in particular. Subclasses create both in `_create_slots`, make tensors of
their hyperparameters in
`_prepare`, and add one update for each variable in `_apply_dense` and its three kin.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from headrace._api.export import export
from headrace._src.autodiff import gradients as gradients_lib
from headrace._src.autodiff import tape
from headrace._src.core import convert, dtypes, nest, scopes
from headrace._src.core.graph import get_collection, get_collection_ref, get_default_graph
from headrace._src.core.graphkeys import GraphKeys
from headrace._src.core.indexed_slices import IndexedSlices
from headrace._src.core.tensor import Tensor
from headrace._src.core.trackable import VARIABLE_VALUE, Trackable, TrackableReference
from headrace._src.ops import grouping, variable_ops
from headrace._src.ops._late import late
from headrace._src.state import assign, collections
from headrace._src.state.resource_variable import is_resource_variable
from headrace._src.state.variable import Variable, VariableV1
from headrace._src.train import slot_creator


def _key(var: Any) -> tuple[Any, str]:
    # In eager execution several variables may have one name.
    name = var._unique_id if var.op.graph.executes else var.op.name
    return var.op.graph, name


def _deduplicate_indexed_slices(values: Any, indices: Any) -> tuple[Tensor, Tensor]:
    """Adds up the slices of equal indices; returns the sums and the distinct indices."""
    distinct, position = late.unique(indices)
    count = late.shape(distinct)[0]
    return late.unsorted_segment_sum(values, position, count), distinct


# -- How a variable takes part ---------------------------------------------------------------------
class _Target:
    """A thing that a loss is differentiated by, and perhaps updated.

    Args:
      v: the variable or tensor.
    """

    def __init__(self, v: Any) -> None:
        self._v = v

    def target(self) -> Any:
        """What `gradients` takes as x."""
        return self._v

    def update_op(self, optimizer: Optimizer, g: Any) -> Any:
        """Adds the update for the gradient `g`; returns what has to run."""
        raise NotImplementedError("Trying to update a Tensor ", self._v)

    def _constrained(self, update: Any) -> Any:
        if self._v.constraint is None:
            return update
        with scopes.control_dependencies([update]):
            return self._v.assign(self._v.constraint(self._v))

    def _refuse_constraint(self) -> None:
        if self._v.constraint is not None:
            raise RuntimeError("Cannot use a constraint function on a sparse variable.")


class _RefTarget(_Target):
    def target(self) -> Any:
        return self._v._ref()

    def update_op(self, optimizer: Optimizer, g: Any) -> Any:
        if isinstance(g, IndexedSlices):
            self._refuse_constraint()
            return optimizer._apply_sparse_duplicate_indices(g, self._v)
        return self._constrained(optimizer._apply_dense(g, self._v))


class _ResourceTarget(_Target):
    def update_op(self, optimizer: Optimizer, g: Any) -> Any:
        if isinstance(g, IndexedSlices):
            self._refuse_constraint()
            return optimizer._resource_apply_sparse_duplicate_indices(g.values, self._v, g.indices)
        return self._constrained(optimizer._resource_apply_dense(g, self._v))


def _target_of(v: Any) -> _Target:
    if isinstance(v, Tensor) and v.op.type != "VarHandleOp":
        return _Target(v)
    if v.op.type == "VarHandleOp":
        return _ResourceTarget(v)
    if isinstance(v, Variable):
        return _RefTarget(v)
    raise NotImplementedError("Trying to optimize unsupported type ", v)


def _converted(g: Any) -> Any:
    if g is None:
        return None
    try:
        g = convert.convert_to_tensor_or_indexed_slices(g)
    except TypeError:
        raise TypeError(
            f"Gradient must be convertible to a Tensor or IndexedSlices, or None: {g}"
        ) from None
    if not isinstance(g, (Tensor, IndexedSlices)):
        raise TypeError(f"Gradient must be a Tensor, IndexedSlices, or None: {g}")
    return g


@export("train.Optimizer", v2=())
class Optimizer(Trackable):
    """Base class of optimizers.

    A subclass implements `_apply_dense` and `_apply_sparse` for reference variables,
    `_resource_apply_dense` and
    `_resource_apply_sparse` for resource variables, and where needed `_create_slots`, `_prepare`
    and `_finish`.

    Args:
      use_locking: whether updates of a variable exclude each other.
      name: name of the optimizer, for its variables and scopes.

    Raises:
      ValueError: (build) the name is empty.
    """

    GATE_NONE = 0
    GATE_OP = 1
    GATE_GRAPH = 2

    def __init__(self, use_locking: bool, name: str) -> None:
        if not name:
            raise ValueError("Must specify the optimizer name")
        self._use_locking = use_locking
        self._name = name
        self._slots: dict[str, dict[Any, Any]] = {}
        self._non_slot_dict: dict[tuple[str, Any], Any] = {}
        # Slot name → key of the variable → positions in checkpoints that wait for the slot.
        self._deferred_slot_restorations: dict[str, dict[Any, list[Any]]] = {}

    def get_name(self) -> str:
        """Returns the optimizer's name."""
        return self._name

    def minimize(
        self,
        loss: Any,
        global_step: Any = None,
        var_list: Any = None,
        gate_gradients: int = GATE_OP,
        aggregation_method: Any = None,
        colocate_gradients_with_ops: bool = False,
        name: str | None = None,
        grad_loss: Any = None,
    ) -> Any:
        """Adds the operation that changes variables so that `loss` becomes smaller.

        Args:
          loss: tensor to minimize, float.
          global_step: variable to increment after the update.
          var_list: variables to update; the trainable ones by default.
          gate_gradients: `GATE_NONE`, `GATE_OP` or `GATE_GRAPH`.
          aggregation_method: one of `tf.AggregationMethod`.
          colocate_gradients_with_ops: whether gradients are placed with their operations.
          name: name of the operation.
          grad_loss: gradient of the loss, a tensor; ones by default.

        Returns:
          The operation (a tensor of `global_step` where that is a reference variable).

        Raises:
          ValueError: (build) no variable has a gradient.
        """
        grads_and_vars = self.compute_gradients(
            loss,
            var_list=var_list,
            gate_gradients=gate_gradients,
            aggregation_method=aggregation_method,
            colocate_gradients_with_ops=colocate_gradients_with_ops,
            grad_loss=grad_loss,
        )
        if all(g is None for g, _ in grads_and_vars):
            raise ValueError(
                "No gradients provided for any variable, check your graph for ops that do not "
                f"support gradients, between variables {[str(v) for _, v in grads_and_vars]} and "
                f"loss {loss}."
            )
        return self.apply_gradients(grads_and_vars, global_step=global_step, name=name)

    # -- gradients ---------------------------------------------------------------------------

    def compute_gradients(
        self,
        loss: Any,
        var_list: Any = None,
        gate_gradients: int = GATE_OP,
        aggregation_method: Any = None,
        colocate_gradients_with_ops: bool = False,
        grad_loss: Any = None,
    ) -> list[tuple[Any, Any]]:
        """Adds the nodes that compute the gradients of `loss`; see `minimize` for the arguments.

        A function may be given as the loss: it is called, and the variables default to the
        trainable resource variables
        that the result depends on. Its gradients are those of a tensor.

        Returns:
          List of pairs of a gradient (or None) and its variable.

        Raises:
          ValueError: (build) there are no variables, or something is not of a float dtype.
        """
        if not callable(loss) and get_default_graph().executes:
            raise RuntimeError(
                "`loss` passed to Optimizer.compute_gradients should be a function when eager "
                "execution is enabled."
            )
        if callable(loss):
            return self._gradients_of_function(loss, var_list, grad_loss)
        if gate_gradients not in (self.GATE_NONE, self.GATE_OP, self.GATE_GRAPH):
            raise ValueError(
                "gate_gradients must be one of: Optimizer.GATE_NONE, Optimizer.GATE_OP, "
                f"Optimizer.GATE_GRAPH.  Not {gate_gradients}"
            )
        self._assert_valid_dtypes([loss])
        if grad_loss is not None:
            self._assert_valid_dtypes([grad_loss])
        if var_list is None:
            var_list = collections.trainable_variables()
            var_list += get_collection(GraphKeys.TRAINABLE_RESOURCE_VARIABLES)
        else:
            var_list = nest.flatten(var_list)
        targets = [_target_of(v) for v in var_list]
        if not var_list:
            raise ValueError("No variables to optimize.")
        grads = gradients_lib.gradients(
            loss,
            [t.target() for t in targets],
            grad_ys=grad_loss,
            gate_gradients=gate_gradients == self.GATE_OP,
            aggregation_method=aggregation_method,
            colocate_gradients_with_ops=colocate_gradients_with_ops,
        )
        if gate_gradients == self.GATE_GRAPH:
            grads = grouping.tuple_(grads)
        pairs = list(zip(grads, var_list, strict=True))
        self._assert_valid_dtypes(
            v for g, v in pairs if g is not None and v.dtype != dtypes.resource
        )
        return pairs

    def _gradients_of_function(self, loss: Any, var_list: Any, grad_loss: Any) -> list[Any]:
        if get_default_graph().executes:
            with tape.GradientTape() as recorded:
                if var_list is not None:
                    recorded.watch(nest.flatten(var_list))
                value = loss()
            used = recorded.watched_variables() if var_list is None else nest.flatten(var_list)
            grads = recorded.gradient(value, list(used), grad_loss)
            return list(zip(grads, used, strict=True))
        value = loss()
        if var_list is None:
            found = [v for v in collections.trainable_variables() if is_resource_variable(v)]
            grads = gradients_lib.gradients(value, found, grad_ys=grad_loss)
            return [(g, v) for g, v in zip(grads, found, strict=True) if g is not None]
        var_list = nest.flatten(var_list)
        grads = gradients_lib.gradients(value, var_list, grad_ys=grad_loss)
        return list(zip(grads, var_list, strict=True))

    # -- updates -----------------------------------------------------------------------------

    def apply_gradients(
        self, grads_and_vars: Iterable[Any], global_step: Any = None, name: str | None = None
    ) -> Any:
        """Adds the operation that updates variables by their gradients.

        Args:
          grads_and_vars: pairs of a gradient (a tensor, `IndexedSlices` or None) and its variable.
          global_step: variable to increment after the update.
          name: name of the operation; the optimizer's by default.

        Returns:
          The operation, which also increments `global_step`.

        Raises:
          TypeError: (build) a gradient is no tensor.
          ValueError: (build) there are no variables, or none has a gradient.
        """
        pairs = tuple(grads_and_vars)
        if not pairs:
            raise ValueError("No variables provided.")
        work = [(_converted(g), v, _target_of(v)) for g, v in pairs]
        var_list = [v for g, v, _ in work if g is not None]
        if not var_list:
            raise ValueError(
                f"No gradients provided for any variable: {[str(v) for _, v, _ in work]}."
            )
        with scopes.init_scope():
            self._create_slots(var_list)
        with scopes.name_scope(name, self._name) as scope:
            self._prepare()
            updates = [self._update(target, v, g) for g, v, target in work if g is not None]
            if global_step is None:
                done = self._finish(updates, scope)
            else:
                with scopes.control_dependencies([self._finish(updates, "update")]):
                    done = _increment(global_step, scope)
        if isinstance(done, Tensor):
            done = done.op
        if get_default_graph().executes:
            return done
        train_op = get_collection_ref(GraphKeys.TRAIN_OP)
        if done not in train_op:
            train_op.append(done)
        return done

    def _update(self, target: _Target, var: Any, grad: Any) -> Any:
        with scopes.name_scope("update_" + var.op.name), scopes.colocate_with(var):
            return target.update_op(self, grad)

    # -- slots -------------------------------------------------------------------------------

    def get_slot(self, var: Any, name: str) -> Any:
        """Returns the slot variable of a variable.

        Args:
          var: a variable that the optimizer has updated.
          name: name of the slot.

        Returns:
          The variable, or None.
        """
        return self._slots.get(name, {}).get(_key(var))

    def get_slot_names(self) -> list[str]:
        """Returns the names of the slots that the optimizer has made, sorted."""
        return sorted(self._slots)

    def variables(self) -> list[Any]:
        """Returns the variables that the optimizer made in the default graph, sorted by name."""
        graph = get_default_graph()
        made = [*self._non_slot_variables(), *(v for s in self._slots.values() for v in s.values())]
        return sorted((v for v in made if v.op.graph is graph), key=lambda v: v.name)

    def _slot_dict(self, slot_name: str) -> dict[Any, Any]:
        return self._slots.setdefault(slot_name, {})

    def _get_or_make_slot(self, var: Any, val: Any, slot_name: str, op_name: str) -> Any:
        """The slot of a variable, made with the value `val` if it is missing."""
        slots = self._slot_dict(slot_name)
        if _key(var) not in slots:
            slots[_key(var)] = self._restored(
                slot_name, var, slot_creator.create_slot(var, val, op_name)
            )
        return slots[_key(var)]

    def _get_or_make_slot_with_initializer(
        self, var: Any, initializer: Any, shape: Any, dtype: Any, slot_name: str, op_name: str
    ) -> Any:
        """The slot of a variable, made by an initializer if it is missing."""
        slots = self._slot_dict(slot_name)
        if _key(var) not in slots:
            made = slot_creator.create_slot_with_initializer(
                var, initializer, shape, dtype, op_name
            )
            slots[_key(var)] = self._restored(slot_name, var, made)
        return slots[_key(var)]

    def _zeros_slot(self, var: Any, slot_name: str, op_name: str) -> Any:
        """The slot of a variable, made with zeros if it is missing."""
        slots = self._slot_dict(slot_name)
        if _key(var) not in slots:
            slots[_key(var)] = self._restored(
                slot_name, var, slot_creator.create_zeros_slot(var, op_name)
            )
        return slots[_key(var)]

    def _create_non_slot_variable(self, initial_value: Any, name: str, colocate_with: Any) -> Any:
        """The variable of this name in the graph of `colocate_with`; made if it is missing."""
        key = (name, colocate_with.graph)
        if key not in self._non_slot_dict:
            self._maybe_initialize_trackable()
            with scopes.colocate_with(colocate_with):
                if get_default_graph().executes:
                    restored = self._preload_simple_restoration(name, None)
                    initial_value = initial_value if restored is None else restored
                made = VariableV1(
                    initial_value,
                    name=name,
                    trainable=False,
                    use_resource=is_resource_variable(colocate_with),
                )
            self._handle_deferred_dependencies(name, made)
            self._non_slot_dict[key] = made
        return self._non_slot_dict[key]

    def _get_non_slot_variable(self, name: str, graph: Any = None) -> Any:
        return self._non_slot_dict.get((name, graph))

    def _non_slot_variables(self) -> Iterable[Any]:
        return self._non_slot_dict.values()

    # -- object-based checkpoints --------------------------------------------------------------

    @property
    def _checkpoint_dependencies(self) -> list[TrackableReference]:
        # Variables of one name may be there in several graphs; only one graph is saved.
        graph = get_default_graph()
        own = [
            TrackableReference(name, made)
            for (name, _), made in sorted(self._non_slot_dict.items(), key=lambda item: item[0][0])
            if made.op.graph is graph
        ]
        return super()._checkpoint_dependencies + own

    def _lookup_dependency(self, name: str) -> Any:
        found = super()._lookup_dependency(name)
        if found is not None:
            return found
        graph = get_default_graph()
        return next(
            (v for (n, g), v in self._non_slot_dict.items() if n == name and g is graph), None
        )

    def _restored(self, slot_name: str, variable: Any, slot: Any) -> Any:
        """A new slot variable, restored if a checkpoint waits for it."""
        waiting = self._deferred_slot_restorations.get(slot_name, {}).pop(_key(variable), [])
        for position in sorted(waiting, key=lambda p: p.restore_uid, reverse=True):
            position.restore(slot)
        return slot

    def _create_or_restore_slot_variable(
        self, slot_variable_position: Any, slot_name: str, variable: Any
    ) -> None:
        """Restores a slot variable that a checkpoint has; eagerly it is made if it is missing."""
        key = _key(variable)
        slot = self._slot_dict(slot_name).get(key)
        graph = get_default_graph()
        if (
            slot is None
            and graph.executes
            and slot_variable_position.is_simple_variable()
            and not graph._variable_creator_stack
        ):
            value = slot_variable_position.value_tensors()[VARIABLE_VALUE]
            slot = self._get_or_make_slot(variable, value, slot_name, self._name)
        if slot is not None:
            slot_variable_position.restore(slot)
            return
        by_variable = self._deferred_slot_restorations.setdefault(slot_name, {})
        by_variable.setdefault(key, []).append(slot_variable_position)

    # -- what subclasses may replace ---------------------------------------------------------

    def _valid_dtypes(self) -> set[Any]:
        """The dtypes that a loss, a gradient or a variable may have."""
        return {dtypes.float16, dtypes.bfloat16, dtypes.float32, dtypes.float64}

    def _assert_valid_dtypes(self, tensors: Iterable[Any]) -> None:
        valid = self._valid_dtypes()
        for t in tensors:
            dtype = t.dtype.base_dtype
            if dtype not in valid:
                raise ValueError(f"Invalid type {dtype!r} for {t.name}, expected: {list(valid)}.")

    def _create_slots(self, var_list: Sequence[Any]) -> None:
        """Makes the slots of all variables."""

    def _prepare(self) -> None:
        """Makes tensors of the hyperparameters, inside the optimizer's name scope."""

    def _apply_dense(self, grad: Any, var: Any) -> Any:
        """Adds the update of a reference variable by a tensor."""
        raise NotImplementedError()

    def _resource_apply_dense(self, grad: Any, handle: Any) -> Any:
        """Adds the update of a resource variable by a tensor."""
        raise NotImplementedError()

    def _apply_sparse(self, grad: Any, var: Any) -> Any:
        """Adds the update of a reference variable by an `IndexedSlices` of distinct indices."""
        raise NotImplementedError()

    def _resource_apply_sparse(self, grad: Any, handle: Any, indices: Any) -> Any:
        """Adds the update of slices of a resource variable, at distinct indices."""
        raise NotImplementedError()

    def _apply_sparse_duplicate_indices(self, grad: Any, var: Any) -> Any:
        """Adds the update of a reference variable by an `IndexedSlices`."""
        values, indices = _deduplicate_indexed_slices(grad.values, grad.indices)
        return self._apply_sparse(IndexedSlices(values, indices, grad.dense_shape), var)

    def _resource_apply_sparse_duplicate_indices(self, grad: Any, handle: Any, indices: Any) -> Any:
        """Adds the update of slices of a resource variable."""
        values, distinct = _deduplicate_indexed_slices(grad, indices)
        return self._resource_apply_sparse(values, handle, distinct)

    def _finish(self, update_ops: list[Any], name_scope: str) -> Any:
        """Adds what has to happen once after all updates; returns one operation for everything."""
        return grouping.group(*update_ops, name=name_scope)

    def _call_if_callable(self, param: Any) -> Any:
        return param() if callable(param) else param


def _increment(global_step: Any, name: str) -> Any:
    with scopes.colocate_with(global_step):
        if is_resource_variable(global_step):
            one = convert.convert_to_tensor(1, dtype=global_step.dtype)
            return variable_ops.AssignAddVariableOp(global_step.handle, one, name=name)
        return assign.assign_add(global_step, 1, name=name)
