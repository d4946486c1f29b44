"""`tf.train.SyncReplicasOptimizer`: updates with the mean gradient of several workers."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from headrace._api.export import export
from headrace._src.core import dtypes
from headrace._src.core.graphkeys import GraphKeys
from headrace._src.core.indexed_slices import IndexedSlices
from headrace._src.core.scopes import colocate_with, control_dependencies, device, name_scope
from headrace._src.core.tensor import Tensor
from headrace._src.ops import accumulators, grouping, queues
from headrace._src.ops._late import late
from headrace._src.platform import logging
from headrace._src.state import assign, collections
from headrace._src.state.variable import VariableV1
from headrace._src.train import session_manager
from headrace._src.train.optimizer import Optimizer
from headrace._src.train.queue_runner import QueueRunner
from headrace._src.train.session_run_hook import SessionRunHook


@export("train.SyncReplicasOptimizer", v2=(), deprecated="tf.distribute.Strategy")
class SyncReplicasOptimizer(Optimizer):
    """Gather the gradients of several workers, and update with their mean.

    Every worker gives its gradients to accumulators and waits for a token. A queue runner of the
    chief takes the means, updates, increments the global step and hands out tokens, each the
    number of the new step. Gradients of earlier steps are dropped.

    Args:
      opt: the optimizer that updates.
      replicas_to_aggregate: how many gradients an update is the mean of.
      total_num_replicas: how many workers there are; as many by default.
      variable_averages: an `ExponentialMovingAverage` to update with each step.
      variables_to_average: the variables that it averages.
      use_locking: kept from old programs.
      name: name of the scope of the nodes.
    """

    def __init__(
        self,
        opt: Optimizer,
        replicas_to_aggregate: int,
        total_num_replicas: int | None = None,
        variable_averages: Any = None,
        variables_to_average: Any = None,
        use_locking: bool = False,
        name: str = "sync_replicas",
    ) -> None:
        super().__init__(use_locking, name)
        if total_num_replicas is None:
            total_num_replicas = replicas_to_aggregate
        logging.info(
            "SyncReplicasV2: replicas_to_aggregate=%s; total_num_replicas=%s",
            replicas_to_aggregate,
            total_num_replicas,
        )
        self._opt = opt
        self._replicas_to_aggregate = replicas_to_aggregate
        self._total_num_replicas = total_num_replicas
        self._tokens_per_step = max(total_num_replicas, replicas_to_aggregate)
        self._variable_averages = variable_averages
        self._variables_to_average = variables_to_average
        self._gradients_applied = False
        self._global_step: Any = None
        self._sync_token_queue: Any = None
        self._chief_queue_runner: Any = None
        # (accumulator, device of its variable)
        self._accumulator_list: list[tuple[Any, str]] = []

    def compute_gradients(self, *args: Any, **kwargs: Any) -> list[tuple[Any, Any]]:
        """Add the nodes that compute gradients; see `tf.train.Optimizer.compute_gradients`."""
        return self._opt.compute_gradients(*args, **kwargs)

    def apply_gradients(
        self, grads_and_vars: Iterable[Any], global_step: Any = None, name: str | None = None
    ) -> Any:
        """Add the operations that gather gradients and update.

        Args:
          grads_and_vars: pairs of a gradient (a tensor, `IndexedSlices` or None) and its variable.
          global_step: the global step, a variable.
          name: ignored.

        Returns:
          The operation that a worker runs: it gives its gradients and waits for a token.

        Raises:
          ValueError: (build) there are no pairs, no global step, or a gradient is no tensor.
        """
        if not grads_and_vars:
            raise ValueError("Must supply at least one variable")
        if global_step is None:
            raise ValueError("Global step is required to check staleness")
        self._global_step = global_step
        self._make_local_step(global_step)
        with name_scope(None, self._name):
            gave, aggregated = self._gather(grads_and_vars)
            with device(global_step.device), name_scope(""):
                update = self._opt.apply_gradients(aggregated, global_step)
            train_op = self._exchange_tokens(gave, update)
            init = [self.local_step_init_op]
            for accumulator, where in self._accumulator_list:
                with device(where):
                    init.append(accumulator.set_global_step(global_step, name="SetGlobalStep"))
            self.chief_init_op = grouping.group(*init)
            self._gradients_applied = True
            return train_op

    def _make_local_step(self, global_step: Any) -> None:
        anchor = late.no_op()
        with colocate_with(anchor):
            self._local_step = VariableV1(
                0,
                trainable=False,
                collections=[GraphKeys.LOCAL_VARIABLES],
                dtype=global_step.dtype.base_dtype,
                name="sync_rep_local_step",
            )
        self.local_step_init_op = assign.assign(self._local_step, global_step)
        self.ready_for_local_init_op = collections.report_uninitialized_variables(
            collections.global_variables()
        )

    def _gather(self, grads_and_vars: Any) -> tuple[list[Any], list[Any]]:
        """Makes the accumulators; returns what gives gradients, and the means with variables."""
        gave: list[Any] = []
        means: list[Any] = []
        for grad, var in grads_and_vars:
            with device(var.device):
                if grad is None:
                    means.append((None, var))
                    continue
                shared = var.name + "/grad_accum"
                accumulator: Any
                if isinstance(grad, Tensor):
                    accumulator = accumulators.ConditionalAccumulator(
                        grad.dtype, shape=var.get_shape(), shared_name=shared
                    )
                    gave.append(accumulator.apply_grad(grad, local_step=self._local_step))
                    mean = accumulator.take_grad(self._replicas_to_aggregate)
                elif isinstance(grad, IndexedSlices):
                    accumulator = accumulators.SparseConditionalAccumulator(
                        grad.dtype, shape=(), shared_name=shared
                    )
                    gave.append(
                        accumulator.apply_indexed_slices_grad(grad, local_step=self._local_step)
                    )
                    mean = accumulator.take_indexed_slices_grad(self._replicas_to_aggregate)
                else:
                    raise ValueError("Unknown grad type!")
                means.append((mean, var))
                self._accumulator_list.append((accumulator, var.device))
        return gave, means

    def _exchange_tokens(self, gave: list[Any], update: Any) -> Any:
        where = self._global_step.device
        dtype = self._global_step.dtype.base_dtype
        with device(where), name_scope(""):
            self._sync_token_queue = queues.FIFOQueue(
                -1, dtype, shapes=(), name="sync_token_q", shared_name="sync_token_q"
            )
            dummy = queues.FIFOQueue(
                1, dtypes.int32, shapes=(), name="dummy_queue", shared_name="dummy_queue"
            )
        with device(where), name_scope(""):
            with control_dependencies(gave):
                token = self._sync_token_queue.dequeue()
            train_op = assign.assign(self._local_step, token)
            with control_dependencies([update]):
                tokens = late.fill([self._tokens_per_step], self._global_step)
                sync = self._sync_token_queue.enqueue_many((tokens,))
            if self._variable_averages is not None:
                with control_dependencies([sync]), name_scope(""):
                    sync = self._variable_averages.apply(self._variables_to_average)
            self._chief_queue_runner = QueueRunner(dummy, [sync])
        return train_op

    def get_chief_queue_runner(self) -> QueueRunner:
        """Return the queue runner that updates, for the chief to start.

        Raises:
          ValueError: (build) `apply_gradients` was not called.
        """
        if not self._gradients_applied:
            raise ValueError("Should be called after apply_gradients().")
        return self._chief_queue_runner  # type: ignore[no-any-return]

    def get_slot(self, *args: Any, **kwargs: Any) -> Any:
        """Return the slot variable of a variable; see `tf.train.Optimizer.get_slot`."""
        return self._opt.get_slot(*args, **kwargs)

    def variables(self) -> list[Any]:
        """Return the variables of the optimizer that updates."""
        return self._opt.variables()

    def get_slot_names(self, *args: Any, **kwargs: Any) -> list[str]:
        """Return the names of the slots of the optimizer that updates."""
        return self._opt.get_slot_names(*args, **kwargs)

    def get_init_tokens_op(self, num_tokens: int = -1) -> Any:
        """Return the operation that hands out the first tokens, for the chief to run.

        Args:
          num_tokens: how many; as many as gradients are gathered by default.

        Raises:
          ValueError: (build) `apply_gradients` was not called, or there are too few tokens.
        """
        if not self._gradients_applied:
            raise ValueError("get_init_tokens_op() should be called after apply_gradients().")
        needed = self._replicas_to_aggregate - self._total_num_replicas
        if num_tokens == -1:
            num_tokens = self._replicas_to_aggregate
        elif num_tokens < needed:
            raise ValueError(
                f"Too few tokens to finish the first step: {num_tokens} (given) vs {needed} "
                "(needed)"
            )
        if num_tokens <= 0:
            return late.no_op(name="no_init_tokens")
        with device(self._global_step.device), name_scope(""):
            tokens = late.fill([num_tokens], self._global_step)
            return self._sync_token_queue.enqueue_many((tokens,))

    def make_session_run_hook(self, is_chief: bool, num_tokens: int = -1) -> SessionRunHook:
        """Return the hook that initializes a worker, and on the chief starts the updates.

        Args:
          is_chief: whether this worker is the chief.
          num_tokens: how many tokens the chief hands out first.
        """
        return _SyncReplicasHook(self, is_chief, num_tokens)


class _SyncReplicasHook(SessionRunHook):
    def __init__(self, optimizer: SyncReplicasOptimizer, is_chief: bool, num_tokens: int) -> None:
        self._optimizer = optimizer
        self._is_chief = is_chief
        self._num_tokens = num_tokens
        self._runner: Any = None
        self._init_tokens: Any = None

    def begin(self) -> None:
        """Makes the operation that hands out the first tokens."""
        optimizer = self._optimizer
        if not optimizer._gradients_applied:
            raise ValueError(
                "SyncReplicasOptimizer.apply_gradient should be called before using the hook."
            )
        self._local_init = optimizer.local_step_init_op
        if self._is_chief:
            self._local_init = optimizer.chief_init_op
            self._runner = optimizer.get_chief_queue_runner()
            self._init_tokens = optimizer.get_init_tokens_op(self._num_tokens)

    def after_create_session(self, session: Any, coord: Any) -> None:
        """Initializes the local step, hands out tokens and starts the updates."""
        ready, message = session_manager._ready(
            self._optimizer.ready_for_local_init_op,
            session,
            "Model is not ready for SyncReplicasOptimizer local init.",
        )
        if not ready:
            raise RuntimeError(
                "Init operations did not make model ready for SyncReplicasOptimizer local_init. "
                f"Init op: {self._local_init.name}, error: {message}"
            )
        session.run(self._local_init)
        if self._init_tokens is not None:
            session.run(self._init_tokens)
        if self._runner is not None:
            self._runner.create_threads(session, coord=coord, daemon=True, start=True)
