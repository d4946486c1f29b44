"""Hooks: when they act, what they log, and what monitored sessions do around them."""

import json
import logging
import time

import numpy as np
import pytest

import headrace as tf


@pytest.fixture(autouse=True)
def graph():
    with tf.Graph().as_default():
        yield
    tf.summary.FileWriterCache.clear()


@pytest.fixture
def lines():
    """What is logged, at level INFO and above."""
    kept = []

    class Keep(logging.Handler):
        def emit(self, record):
            kept.append(record.getMessage())

    logger, handler = tf.get_logger(), Keep()
    level = logger.level
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    yield kept
    logger.setLevel(level)
    logger.removeHandler(handler)


def counting():
    step = tf.train.get_or_create_global_step()
    return step, tf.assign_add(step, 1)


def test_logging_format(lines):
    """The text of LoggingTensorHook is 1.15's: tags in order, seconds from the second time on."""
    x = tf.constant([0.00001, 2.0], name="x")
    hook = tf.train.LoggingTensorHook({"b": x, "a": tf.constant(1)}, every_n_iter=2)
    with tf.train.MonitoredSession(hooks=[hook]) as sess:
        for _ in range(3):
            sess.run(x)
    said = [line for line in lines if line.startswith("a = ")]
    assert said[0] == "a = 1, b = [0.00001 2.     ]"
    assert said[1].startswith("a = 1, b = [0.00001 2.     ] (0.") and said[1].endswith(" sec)")
    assert len(said) == 2
    assert np.get_printoptions()["suppress"] is False


@pytest.mark.parametrize("resource", [False, True])
def test_hooks_read_the_step_before(resource):
    """A run that increments the global step gives hooks the value before, made later though."""
    with tf.variable_scope("", use_resource=resource):
        step, inc = counting()
    seen = []

    class Seen(tf.train.SessionRunHook):
        def begin(self):
            stop.begin()
            self.read = tf.get_collection("global_step_read_op_cache")[0]

        def before_run(self, run_context):
            return tf.train.SessionRunArgs(self.read)

        def after_run(self, run_context, run_values):
            seen.append(int(run_values.results))

    stop = tf.train.StopAtStepHook(last_step=9)
    with tf.train.MonitoredSession(hooks=[Seen()]) as sess:
        for _ in range(4):
            sess.run(inc)
    assert seen == [0, 1, 2, 3]


def test_recovery_restores_and_goes_on(tmp_path, lines):
    """After AbortedError the run is made again, in a session restored from the checkpoint."""
    step, inc = counting()
    failures = {3: tf.errors.AbortedError, 5: tf.errors.UnavailableError}

    class Fail(tf.train.SessionRunHook):
        def after_run(self, run_context, run_values):
            failure = failures.pop(int(run_context.session.run(step)), None)
            if failure is not None:
                raise failure(None, None, "gone")

    with tf.train.MonitoredTrainingSession(
        checkpoint_dir=str(tmp_path), hooks=[Fail()], save_checkpoint_steps=1
    ) as sess:
        got = [int(sess.run(inc)) for _ in range(5)]
    # The saving hook saved steps 3 and 5 before the other failed.
    assert got == [1, 2, 4, 6, 7]
    assert sum(line.startswith("An error was raised.") for line in lines) == 2
    assert tf.train.latest_checkpoint(str(tmp_path)).endswith("model.ckpt-7")


def test_other_errors_end_without_hooks(tmp_path):
    """An error that is no preemption reaches the caller; `end` is not called."""
    _, inc = counting()
    bad = tf.check_numerics(tf.placeholder_with_default(float("nan"), []), "bad")
    ended = []

    class End(tf.train.SessionRunHook):
        def end(self, session):
            ended.append(session)

    with pytest.raises(tf.errors.InvalidArgumentError):
        with tf.train.MonitoredSession(hooks=[End()]) as sess:
            sess.run(inc)
            sess.run(bad)
    assert not ended


def test_end_of_input_is_no_error():
    """OutOfRangeError ends the block quietly, and the hooks are ended."""
    final = tf.train.FinalOpsHook(tf.constant(7))
    with tf.train.MonitoredSession(hooks=[final]):
        raise tf.errors.OutOfRangeError(None, None, "end")
    assert final.final_ops_values == 7
    assert not tf.get_default_graph().finalized


def test_failed_thread_is_raised():
    """What a queue's thread raised is raised when the session is closed."""
    queue = tf.FIFOQueue(2, tf.float32, shapes=[[]])
    bad = tf.constant(float("nan"))
    checked = tf.check_numerics(bad, "bad input")
    tf.train.add_queue_runner(tf.train.QueueRunner(queue, [queue.enqueue(checked)]))
    out = queue.dequeue()
    with pytest.raises(tf.errors.OpError):
        with tf.train.MonitoredSession(stop_grace_period_secs=5) as sess:
            sess.run(out)


def test_profiler_writes_a_trace(tmp_path):
    """The file of ProfilerHook is a trace with events, one every `save_steps` steps."""
    _, inc = counting()
    hook = tf.train.ProfilerHook(save_steps=2, output_dir=str(tmp_path))
    with tf.train.SingularMonitoredSession(hooks=[hook]) as sess:
        for _ in range(5):
            sess.run(inc)
    files = sorted(p.name for p in tmp_path.glob("timeline*"))
    assert files == ["timeline-2.json", "timeline-4.json"]
    assert json.loads((tmp_path / files[0]).read_text())["traceEvents"]


def test_worker_waits_for_the_chief():
    """A worker's session is not ready before the variables of its graph are."""
    tf.get_variable("x", [2])
    manager = tf.train.SessionManager(
        ready_op=tf.report_uninitialized_variables(), recovery_wait_secs=5
    )
    with pytest.raises(tf.errors.DeadlineExceededError) as error:
        manager.wait_for_session("", max_wait_secs=1)
    assert error.value.message == "Session was not ready after waiting 1 secs."


def test_supervisor_services(tmp_path, lines):
    """The threads of a supervisor save, summarize and measure at once, and note it as 1.15 does."""
    step, _ = counting()
    tf.summary.scalar("s", tf.constant(1.0))
    sv = tf.train.Supervisor(logdir=str(tmp_path), save_summaries_secs=600, save_model_secs=600)
    wanted = {"global_step/sec: ", "Recording summary at step 0.", "Saving checkpoint to path "}
    with sv.managed_session():
        end = time.monotonic() + 20
        while time.monotonic() < end:
            if all(any(line.startswith(w) for line in lines) for w in wanted):
                break
            time.sleep(0.01)
    assert all(any(line.startswith(w) for line in lines) for w in wanted), lines
    assert (tmp_path / "graph.pbtxt").exists()
    assert tf.train.latest_checkpoint(str(tmp_path)).endswith("model.ckpt-0")
    (path,) = tmp_path.glob("events*")
    events = list(tf.train.summary_iterator(str(path)))
    tags = sorted(v.tag for e in events for v in e.summary.value)
    assert tags == ["global_step/sec", "s"]
    status = sorted(e.session_log.status for e in events if e.HasField("session_log"))
    assert status == [1, 2, 3]


def test_supervisor_raises_what_its_block_raised():
    """An error of the block is raised after the threads have ended."""
    tf.get_variable("x", [2])
    sv = tf.train.Supervisor()
    with pytest.raises(ValueError, match="mine"), sv.managed_session():
        raise ValueError("mine")
    assert sv.should_stop()


def test_merged_run_options():
    """Options of hooks are added to the caller's: the greater number, either flag."""
    asked = []

    class Ask(tf.train.SessionRunHook):
        def before_run(self, run_context):
            options = tf.RunOptions(timeout_in_ms=70000, trace_level=tf.RunOptions.FULL_TRACE)
            return tf.train.SessionRunArgs(None, options=options)

        def after_run(self, run_context, run_values):
            asked.append(run_values)

    metadata = tf.RunMetadata()
    with tf.train.MonitoredSession(hooks=[Ask()]) as sess:
        sess.run(tf.get_default_graph().get_operations()[0], None, None, metadata)
        sess.run(
            tf.get_default_graph().get_operations()[0],
            options=tf.RunOptions(timeout_in_ms=90000),
        )
    assert [v.options.timeout_in_ms for v in asked] == [70000, 90000]
    assert asked[0].run_metadata is metadata and metadata.step_stats.dev_stats
    assert all(v.options.trace_level == tf.RunOptions.FULL_TRACE for v in asked)
