"""tf.contrib.training and tf.contrib.slim.learning: the operation that trains, and loops."""

from __future__ import annotations

import os
import time
from typing import Any, Final

from headrace._api.export import export
from headrace._src.core import convert, errors, scopes
from headrace._src.core.graph import get_collection, get_collection_ref, get_default_graph
from headrace._src.core.graphkeys import GraphKeys
from headrace._src.core.indexed_slices import IndexedSlices
from headrace._src.core.tensor import Tensor
from headrace._src.ops import clip_ops, grouping, numerics, summary
from headrace._src.ops import constant as constant_ops
from headrace._src.ops._late import late
from headrace._src.platform import gfile, logging
from headrace._src.state import collections
from headrace._src.state import global_step as global_step_lib
from headrace._src.train import monitored_session
from headrace._src.train import saver as saver_lib
from headrace._src.train.optimizer import Optimizer
from headrace._src.train.supervisor import Supervisor
from headrace._src.train.sync_replicas import SyncReplicasOptimizer

# Says that an argument was left out, where None means something.
_DEFAULT: Final = 0


def _summarize_gradients(grads_and_vars: Any, separator: str) -> list[Tensor]:
    made = []
    for grad, var in grads_and_vars:
        if grad is None:
            logging.info("Var %s has no gradient", var.op.name)
            continue
        values = grad.values if isinstance(grad, IndexedSlices) else grad
        name = f"{var.op.name}{separator}gradient"
        made.append(summary.histogram(name, values))
        made.append(summary.scalar(f"{name}_norm", clip_ops.global_norm([values])))
    return made


@export("contrib.training.add_gradients_summaries", v2=())
def add_gradients_summaries(grads_and_vars: Any) -> list[Tensor]:
    """Summarize gradients and their norms.

    Args:
      grads_and_vars: pairs of a gradient and its variable.

    Returns:
      The summaries, string scalars.
    """
    return _summarize_gradients(grads_and_vars, "_")


@export("contrib.slim.learning.add_gradients_summaries", v2=())
def add_gradients_summaries_in_scopes(grads_and_vars: Any) -> list[Tensor]:
    """Summarize gradients and their norms, under names below those of the variables.

    Args:
      grads_and_vars: pairs of a gradient and its variable.

    Returns:
      The summaries, string scalars.
    """
    return _summarize_gradients(grads_and_vars, "/")


@export("contrib.training.clip_gradient_norms", "contrib.slim.learning.clip_gradient_norms", v2=())
def clip_gradient_norms(gradients_to_variables: Any, max_norm: Any) -> list[Any]:
    """Clip each gradient by its norm.

    Args:
      gradients_to_variables: pairs of a gradient and its variable.
      max_norm: the greatest norm.

    Returns:
      The pairs with the clipped gradients.
    """
    clipped = []
    for grad, var in gradients_to_variables:
        if isinstance(grad, IndexedSlices):
            values = clip_ops.clip_by_norm(grad.values, max_norm)
            grad = IndexedSlices(values, grad.indices, grad.dense_shape)
        elif grad is not None:
            grad = clip_ops.clip_by_norm(grad, max_norm)
        clipped.append((grad, var))
    return clipped


@export("contrib.training.clip_gradient_norms_fn", v2=())
def clip_gradient_norms_fn(max_norm: Any) -> Any:
    """Return a function that clips each gradient by its norm; see `clip_gradient_norms`."""
    return lambda gradients_to_variables: clip_gradient_norms(gradients_to_variables, max_norm)


@export("contrib.training.multiply_gradients", v2=())
def multiply_gradients(grads_and_vars: Any, gradient_multipliers: Any) -> list[Any]:
    """Multiply gradients by numbers of their variables.

    Args:
      grads_and_vars: list of pairs of a gradient and its variable.
      gradient_multipliers: dict variable, or name of one → number.

    Returns:
      The pairs with the multiplied gradients.

    Raises:
      ValueError: (build) an argument is of another kind, or a variable has no gradient.
    """
    return _multiplied(grads_and_vars, gradient_multipliers, convert.convert_to_tensor)


@export("contrib.slim.learning.multiply_gradients", v2=())
def multiply_gradients_by_constants(grads_and_vars: Any, gradient_multipliers: Any) -> list[Any]:
    """Multiply gradients by numbers of their variables; see `contrib.training`.

    Args:
      grads_and_vars: list of pairs of a gradient and its variable.
      gradient_multipliers: dict variable, or name of one → number.

    Returns:
      The pairs with the multiplied gradients.

    Raises:
      ValueError: (build) an argument is of another kind, or a variable has no gradient.
    """

    def factor(value: Any, dtype: Any) -> Any:
        return value if isinstance(value, Tensor) else constant_ops.constant(value, dtype=dtype)

    return _multiplied(grads_and_vars, gradient_multipliers, factor)


def _multiplied(grads_and_vars: Any, multipliers: Any, factor: Any) -> list[Any]:
    if not isinstance(grads_and_vars, list):
        raise ValueError("`grads_and_vars` must be a list.")
    if not multipliers:
        raise ValueError("`gradient_multipliers` is empty.")
    if not isinstance(multipliers, dict):
        raise ValueError("`gradient_multipliers` must be a dict.")
    made = []
    for grad, var in grads_and_vars:
        key = var if var in multipliers else var.op.name
        if key in multipliers:
            if grad is None:
                raise ValueError("Requested multiple of `None` gradient.")
            by = factor(multipliers[key], dtype=grad.dtype)
            if isinstance(grad, IndexedSlices):
                grad = IndexedSlices(grad.values * by, grad.indices, grad.dense_shape)
            else:
                grad = grad * by
        made.append((grad, var))
    return made


@export("contrib.training.create_train_op", v2=())
def create_train_op(
    total_loss: Any,
    optimizer: Any,
    global_step: Any = _DEFAULT,
    update_ops: Any = None,
    variables_to_train: Any = None,
    transform_grads_fn: Any = None,
    summarize_gradients: bool = False,
    gate_gradients: int = Optimizer.GATE_OP,
    aggregation_method: Any = None,
    colocate_gradients_with_ops: bool = False,
    check_numerics: bool = True,
) -> Tensor:
    """Add the operation that trains and gives the loss.

    Args:
      total_loss: tensor to minimize, float.
      optimizer: a `tf.train.Optimizer`.
      global_step: variable to increment; the global step by default, none when None.
      update_ops: operations to run before; those of `GraphKeys.UPDATE_OPS` by default.
      variables_to_train: the variables; the trainable ones by default.
      transform_grads_fn: function of the list of (gradient, variable) that returns another one.
      summarize_gradients: whether gradients are summarized.
      gate_gradients: see `tf.train.Optimizer.minimize`.
      aggregation_method: likewise.
      colocate_gradients_with_ops: likewise.
      check_numerics: whether a loss that is not finite is an error.

    Returns:
      The loss, a tensor; evaluating it trains.
    """
    if global_step is _DEFAULT:
        global_step = global_step_lib.get_or_create_global_step()
    everyone = get_collection(GraphKeys.UPDATE_OPS)
    update_ops = list(dict.fromkeys(everyone if update_ops is None else update_ops))
    if not set(everyone) <= set(update_ops):
        logging.warning(
            "update_ops in create_train_op does not contain all the update_ops in "
            "GraphKeys.UPDATE_OPS"
        )
    if update_ops:
        with scopes.control_dependencies(update_ops):
            barrier = late.no_op(name="update_barrier")
        total_loss = grouping.with_dependencies([barrier], total_loss)
    trainable = collections.trainable_variables()
    if variables_to_train is None:
        variables_to_train = trainable
    else:
        assert all(v.trainable or v in trainable for v in variables_to_train)
    assert variables_to_train
    grads = optimizer.compute_gradients(
        total_loss,
        variables_to_train,
        gate_gradients=gate_gradients,
        aggregation_method=aggregation_method,
        colocate_gradients_with_ops=colocate_gradients_with_ops,
    )
    if transform_grads_fn:
        grads = transform_grads_fn(grads)
    if summarize_gradients:
        with scopes.name_scope("summarize_grads"):
            add_gradients_summaries(grads)
    updates = optimizer.apply_gradients(grads, global_step=global_step)
    with scopes.name_scope("train_op"):
        if check_numerics:
            total_loss = numerics.check_numerics(total_loss, "LossTensor is inf or nan")
        train_op: Tensor = grouping.with_dependencies([updates], total_loss)
    held = get_collection_ref(GraphKeys.TRAIN_OP)
    if train_op not in held:
        held.append(train_op)
    return train_op


@export("contrib.slim.learning.create_train_op", v2=())
def create_clipping_train_op(
    total_loss: Any,
    optimizer: Any,
    global_step: Any = _DEFAULT,
    update_ops: Any = None,
    variables_to_train: Any = None,
    clip_gradient_norm: Any = 0,
    summarize_gradients: bool = False,
    gate_gradients: int = Optimizer.GATE_OP,
    aggregation_method: Any = None,
    colocate_gradients_with_ops: bool = False,
    gradient_multipliers: Any = None,
    check_numerics: bool = True,
) -> Tensor:
    """Add the operation that trains and gives the loss; see `tf.contrib.training`.

    Args:
      total_loss: tensor to minimize, float.
      optimizer: a `tf.train.Optimizer`.
      global_step: variable to increment; the global step by default, none when None.
      update_ops: operations to run before; those of `GraphKeys.UPDATE_OPS` by default.
      variables_to_train: the variables; the trainable ones by default.
      clip_gradient_norm: the greatest norm of a gradient; 0 clips nothing.
      summarize_gradients: whether gradients are summarized.
      gate_gradients: see `tf.train.Optimizer.minimize`.
      aggregation_method: likewise.
      colocate_gradients_with_ops: likewise.
      gradient_multipliers: dict variable, or name of one → number.
      check_numerics: whether a loss that is not finite is an error.

    Returns:
      The loss, a tensor; evaluating it trains.
    """

    def transform(grads: Any) -> Any:
        if gradient_multipliers:
            with scopes.name_scope("multiply_grads"):
                grads = multiply_gradients_by_constants(grads, gradient_multipliers)
        if clip_gradient_norm > 0:
            with scopes.name_scope("clip_grads"):
                grads = clip_gradient_norms(grads, clip_gradient_norm)
        return grads

    return create_train_op(
        total_loss,
        optimizer,
        global_step=global_step,
        update_ops=update_ops,
        variables_to_train=variables_to_train,
        transform_grads_fn=transform,
        summarize_gradients=summarize_gradients,
        gate_gradients=gate_gradients,
        aggregation_method=aggregation_method,
        colocate_gradients_with_ops=colocate_gradients_with_ops,
        check_numerics=check_numerics,
    )


@export("contrib.training.train", v2=())
def train_monitored(
    train_op: Any,
    logdir: Any,
    master: str = "",
    is_chief: bool = True,
    scaffold: Any = None,
    hooks: Any = None,
    chief_only_hooks: Any = None,
    save_checkpoint_secs: Any = 600,
    save_summaries_steps: Any = 100,
    config: Any = None,
    max_wait_secs: int = 7200,
    run_metadata: Any = None,
) -> Any:
    """Train in a monitored session until a hook stops it.

    Args:
      train_op: what to run, such as what `create_train_op` returned.
      logdir: folder of checkpoints and summaries; may be None when neither is written.
      master: target of the session.
      is_chief: whether this process writes checkpoints.
      scaffold: a `tf.train.Scaffold`.
      hooks: hooks of every worker.
      chief_only_hooks: hooks of the chief.
      save_checkpoint_secs: seconds between checkpoints.
      save_summaries_steps: steps between summaries.
      config: a `ConfigProto`.
      max_wait_secs: how long workers wait for the chief.
      run_metadata: a `RunMetadata` to fill.

    Returns:
      What `train_op` gave last; None without a step.

    Raises:
      ValueError: no folder for what is to be written.
    """
    if logdir is None and is_chief:
        if save_summaries_steps:
            raise ValueError("logdir cannot be None when save_summaries_steps is not None")
        if save_checkpoint_secs:
            raise ValueError("logdir cannot be None when save_checkpoint_secs is not None")
    loss = None
    with monitored_session.MonitoredTrainingSession(
        master=master,
        is_chief=is_chief,
        checkpoint_dir=logdir,
        scaffold=scaffold,
        hooks=hooks,
        chief_only_hooks=chief_only_hooks,
        save_checkpoint_secs=save_checkpoint_secs,
        save_summaries_steps=save_summaries_steps,
        config=config,
        max_wait_secs=max_wait_secs,
    ) as session:
        while not session.should_stop():
            loss = session.run(train_op, run_metadata=run_metadata)
    return loss


# -- slim.learning ---------------------------------------------------------------------------------
@export("contrib.slim.learning.train_step", v2=())
def train_step(sess: Any, train_op: Any, global_step: Any, train_step_kwargs: Any) -> Any:
    """Train one step.

    Args:
      sess: the session.
      train_op: what `create_train_op` returned.
      global_step: the global step.
      train_step_kwargs: dict; `should_log`, `should_stop` and `should_trace` are bool tensors,
        `logdir` and `summary_writer` say where traces go.

    Returns:
      The loss, and whether to stop.

    Raises:
      ValueError: `should_trace` without `logdir`.
    """
    from headrace._src.proto import messages

    start = time.time()
    options = metadata = None
    if "should_trace" in train_step_kwargs:
        if "logdir" not in train_step_kwargs:
            raise ValueError(
                "logdir must be present in train_step_kwargs when should_trace is present"
            )
        if sess.run(train_step_kwargs["should_trace"]):
            options = messages.RunOptions(trace_level=messages.RunOptions.FULL_TRACE)
            metadata = messages.RunMetadata()
    loss, step = sess.run([train_op, global_step], options=options, run_metadata=metadata)
    elapsed = time.time() - start
    if metadata is not None:
        _write_trace(metadata, int(step), train_step_kwargs)
    if "should_log" in train_step_kwargs and sess.run(train_step_kwargs["should_log"]):
        logging.info("global step %d: loss = %.4f (%.3f sec/step)", step, loss, elapsed)
    stop = "should_stop" in train_step_kwargs and sess.run(train_step_kwargs["should_stop"])
    return loss, stop


def _write_trace(metadata: Any, step: int, arguments: Any) -> None:
    from headrace._src.engine import timeline

    path = os.path.join(arguments["logdir"], f"tf_trace-{step}.json")
    logging.info("Writing trace to %s", path)
    with gfile.FileIO(path, "w") as file:
        file.write(timeline.Timeline(metadata.step_stats).generate_chrome_trace_format())
    if "summary_writer" in arguments:
        arguments["summary_writer"].add_run_metadata(metadata, f"run_metadata-{step}")


def _check_train(
    train_op: Any,
    logdir: Any,
    summary_op: Any,
    saver: Any,
    trace_every: Any,
    optimizers: Any,
    delay: int,
    steps: Any,
) -> None:
    if train_op is None:
        raise ValueError("train_op cannot be None.")
    if logdir is None:
        if summary_op is not _DEFAULT:
            raise ValueError("Cannot provide summary_op because logdir=None")
        if saver is not None:
            raise ValueError("Cannot provide saver because logdir=None")
        if trace_every is not None:
            raise ValueError("Cannot provide trace_every_n_steps because logdir=None")
    if optimizers is not None and delay > 0:
        raise ValueError("startup_delay_steps must be zero when sync_optimizer is supplied.")
    if steps is not None and steps <= 0:
        raise ValueError("`number_of_steps` must be either None or a positive number.")
    for optimizer in optimizers or ():
        if not isinstance(optimizer, SyncReplicasOptimizer):
            raise ValueError("`sync_optimizer` must be a tf.train.SyncReplicasOptimizer.")


def _step_arguments(
    global_step: Any, steps: Any, log_every: int, trace_every: Any, logdir: Any, is_chief: bool
) -> dict[str, Any]:
    """What the default step function takes."""
    with scopes.name_scope("train_step"):
        made: dict[str, Any] = {}
        if steps:
            made["should_stop"] = late.greater_equal(global_step, steps)
        else:
            made["should_stop"] = constant_ops.constant(False)
        if log_every > 0:
            made["should_log"] = late.equal(late.mod(global_step, log_every), 0)
        if is_chief and trace_every is not None:
            made["should_trace"] = late.equal(late.mod(global_step, trace_every), 0)
            made["logdir"] = logdir
        return made


def _init_ops(
    init_op: Any, ready_op: Any, local_init_op: Any, optimizers: Any, is_chief: bool
) -> tuple[Any, Any, Any, Any]:
    """What initializes, what says that it has, the same for local variables."""
    with scopes.name_scope("init_ops"):
        if init_op is _DEFAULT:
            init_op = collections.global_variables_initializer()
        if ready_op is _DEFAULT:
            ready_op = collections.report_uninitialized_variables()
        if local_init_op is _DEFAULT:
            local_init_op = grouping.group(
                collections.local_variables_initializer(), late.tables_initializer()
            )
        if optimizers is None:
            return init_op, ready_op, local_init_op, None
        with scopes.control_dependencies([] if local_init_op is None else [local_init_op]):
            local_init_op = grouping.group(
                *(o.chief_init_op if is_chief else o.local_step_init_op for o in optimizers)
            )
        ready = grouping.group(*(o.ready_for_local_init_op for o in optimizers))
        return init_op, ready_op, local_init_op, ready


@export("contrib.slim.learning.train", v2=())
def train(
    train_op: Any,
    logdir: Any,
    train_step_fn: Any = train_step,
    train_step_kwargs: Any = _DEFAULT,
    log_every_n_steps: int = 1,
    graph: Any = None,
    master: str = "",
    is_chief: bool = True,
    global_step: Any = None,
    number_of_steps: Any = None,
    init_op: Any = _DEFAULT,
    init_feed_dict: Any = None,
    local_init_op: Any = _DEFAULT,
    init_fn: Any = None,
    ready_op: Any = _DEFAULT,
    summary_op: Any = _DEFAULT,
    save_summaries_secs: Any = 600,
    summary_writer: Any = _DEFAULT,
    startup_delay_steps: int = 0,
    saver: Any = None,
    save_interval_secs: Any = 600,
    sync_optimizer: Any = None,
    session_config: Any = None,
    session_wrapper: Any = None,
    trace_every_n_steps: Any = None,
    ignore_live_threads: bool = False,
) -> Any:
    """Train with a `Supervisor`, which writes checkpoints and summaries from time to time.

    Args:
      train_op: what `create_train_op` returned.
      logdir: folder of checkpoints and summaries; None writes neither.
      train_step_fn: function of session, train_op, global_step and `train_step_kwargs` that trains
        one step and returns the loss and whether to stop.
      train_step_kwargs: what it gets; see `train_step`.
      log_every_n_steps: steps between messages.
      graph: the graph; the default one by default.
      master: target of the session.
      is_chief: whether this process initializes and writes.
      global_step: the global step.
      number_of_steps: value of the global step at which training ends; None never ends.
      init_op: what initializes global variables.
      init_feed_dict: what it is fed.
      local_init_op: what initializes local variables and tables.
      init_fn: function of the session, called after `init_op`.
      ready_op: lists variables that are not initialized.
      summary_op: the summaries to write; all by default, none when None.
      save_summaries_secs: seconds between summaries.
      summary_writer: a `FileWriter`; one to `logdir` by default, none when None.
      startup_delay_steps: global step for which a worker waits.
      saver: the `Saver`.
      save_interval_secs: seconds between checkpoints.
      sync_optimizer: a `SyncReplicasOptimizer` or a list of them.
      session_config: a `ConfigProto`.
      session_wrapper: function of the session that returns another one.
      trace_every_n_steps: steps between traces.
      ignore_live_threads: whether threads may be left when training ends.

    Returns:
      The loss of the last step.

    Raises:
      ValueError: arguments contradict each other.
    """
    if isinstance(sync_optimizer, SyncReplicasOptimizer):
        sync_optimizer = [sync_optimizer]
    _check_train(
        train_op,
        logdir,
        summary_op,
        saver,
        trace_every_n_steps,
        sync_optimizer,
        startup_delay_steps,
        number_of_steps,
    )
    graph = graph or get_default_graph()
    tokens, runners = [], []
    with graph.as_default():
        if global_step is None:
            global_step = global_step_lib.get_or_create_global_step()
        saver = saver or saver_lib.Saver()
        init_op, ready_op, local_init_op, ready_for_local_init_op = _init_ops(
            init_op, ready_op, local_init_op, sync_optimizer, is_chief
        )
        if summary_op is _DEFAULT:
            summary_op = summary.merge_all()
        if is_chief and sync_optimizer is not None:
            tokens = [o.get_init_tokens_op() for o in sync_optimizer]
            runners = [o.get_chief_queue_runner() for o in sync_optimizer]
        if train_step_kwargs is _DEFAULT:
            train_step_kwargs = _step_arguments(
                global_step,
                number_of_steps,
                log_every_n_steps,
                trace_every_n_steps,
                logdir,
                is_chief,
            )
    supervisor = Supervisor(
        graph=graph,
        is_chief=is_chief,
        logdir=logdir,
        init_op=init_op,
        init_feed_dict=init_feed_dict,
        local_init_op=local_init_op,
        ready_for_local_init_op=ready_for_local_init_op,
        ready_op=ready_op,
        summary_op=summary_op,
        summary_writer=(Supervisor.USE_DEFAULT if summary_writer is _DEFAULT else summary_writer),
        global_step=global_step,
        saver=saver,
        save_summaries_secs=save_summaries_secs,
        save_model_secs=save_interval_secs,
        init_fn=init_fn,
    )
    if summary_writer is not None:
        train_step_kwargs["summary_writer"] = supervisor.summary_writer
    wait_for = min(startup_delay_steps, number_of_steps or startup_delay_steps)
    loop = _Loop(supervisor, train_op, train_step_fn, global_step, train_step_kwargs)
    while True:
        try:
            with supervisor.managed_session(
                master, start_standard_services=False, config=session_config
            ) as session:
                logging.info("Starting Session.")
                if session_wrapper is not None:
                    session = session_wrapper(session)
                if is_chief and logdir:
                    supervisor.start_standard_services(session)
                elif not is_chief and startup_delay_steps > 0:
                    while global_step_lib.global_step(session, global_step) < wait_for:
                        time.sleep(1.0)
                threads = supervisor.start_queue_runners(session)
                logging.info("Starting Queues.")
                if runners:
                    supervisor.start_queue_runners(session, runners)
                    session.run(tokens)
                loop.run(session)
                if logdir and is_chief:
                    loop.finish(session, threads, ignore_live_threads)
            return loop.loss
        except errors.AbortedError:
            logging.info("Retrying training!")


class _Loop:
    """The steps of `train`."""

    def __init__(
        self, supervisor: Supervisor, train_op: Any, step: Any, global_step: Any, arguments: Any
    ) -> None:
        self._supervisor, self._train_op, self._step = supervisor, train_op, step
        self._global_step, self._arguments = global_step, arguments
        self.loss: Any = None

    def run(self, session: Any) -> None:
        """Trains until it is time to stop."""
        try:
            while not self._supervisor.should_stop():
                self.loss, stop = self._step(
                    session, self._train_op, self._global_step, self._arguments
                )
                if stop:
                    logging.info("Stopping Training.")
                    self._supervisor.request_stop()
                    break
        except errors.OutOfRangeError as error:
            logging.info("Caught OutOfRangeError. Stopping Training. %s", error)

    def finish(self, session: Any, threads: Any, ignore_live_threads: bool) -> None:
        """Writes the last checkpoint and ends the services."""
        supervisor = self._supervisor
        logging.info("Finished training! Saving model to disk.")
        supervisor.saver.save(session, supervisor.save_path, global_step=supervisor.global_step)
        supervisor.stop(threads, close_summary_writer=True, ignore_live_threads=ignore_live_threads)
